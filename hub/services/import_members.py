"""Takes a list of members in: every row has a fate, and either all of them are written or none; one transaction."""

from collections.abc import Sequence

from hub.domain.member_file import Fate, MemberFile, Row
from hub.domain.people import Actor, Member, Role, need_role
from hub.services.group_desk import GroupUnits
from hub.services.member_desk import MemberUnit, MemberUnits


class ImportMembers:
    """Takes lists of members in.

    Args:
        units: where members are kept.
        groups: where groups are.
    """

    def __init__(self, units: MemberUnits, groups: GroupUnits) -> None:
        self._units, self._groups = units, groups

    def run(
        self,
        space: str,
        file: MemberFile,
        actor: Actor,
        now_us: int,
        *,
        dry_run: bool = False,
        skip_refused: bool = False,
    ) -> Sequence[Row]:
        """Return the fate of each row; managers only.

        Nothing is written when a row is refused, unless those are to be skipped.

        Args:
            dry_run: whether everything is tried and then undone.
        """
        need_role(actor, space, Role.MANAGER)
        with self._groups.reading() as look:
            groups = {group.id for group in look.admission(space).groups}
        with self._units.writing() as unit:
            rows = file.rows(unit.members(space), groups)
            if any(row.fate is Fate.REFUSED for row in rows) and not skip_refused:
                return rows
            added = [self._write(unit, space, row.member, row.fate, now_us) for row in rows if row.member]
            if any(added):
                unit.want_lists(space)
                entry = {"what": "members_imported", "space": space, "members": [pk for pk in added if pk]}
                unit.log({**entry, "by": actor.account}, now_us)
            if not dry_run:
                unit.commit()
        return rows

    @staticmethod
    def _write(unit: MemberUnit, space: str, member: Member, fate: Fate, now_us: int) -> int:
        """Write what a row says; return the member's key, 0 when nothing changes."""
        if fate is Fate.SAME:
            return 0
        if fate is Fate.CHANGED:
            unit.change(member)
            pk = member.pk
        else:
            pk = unit.add(member, now_us)
        here = next(one for one in member.memberships if one.space == space)
        unit.save_membership(pk, here)
        return pk
