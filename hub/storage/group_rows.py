"""Groups and phases of spaces in SQL (`hub.services.group_desk.GroupUnit`)."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from sqlalchemy import Connection, delete, insert, select, update

from hub.domain.admission import AccessPhase, Admission, Group
from hub.domain.errors import RuleRefused
from hub.storage.access_unit import AccessUnit
from hub.storage.member_tables import (
    AccessPhaseGroupRow,
    AccessPhaseRow,
    MemberGroupRow,
    MembershipGroupRow,
)

if TYPE_CHECKING:
    from datetime import date


class GroupRows(AccessUnit):
    """Groups and phases within one transaction."""

    def admission(self, space: str) -> Admission:
        """Return what a space has decided about who is let in."""
        return load_admission(self._connection, self.space(space).pk)

    def save_group(self, space: str, group: Group) -> None:
        """Make a group of a space be as given."""
        space_pk = self.space(space).pk
        values = {"name": group.name, "starts_on": group.starts_on, "ends_on": group.ends_on}
        here = (MemberGroupRow.space_pk == space_pk, MemberGroupRow.id == group.id)
        if self._connection.execute(select(MemberGroupRow.pk).where(*here)).scalar() is None:
            self._connection.execute(insert(MemberGroupRow).values(space_pk=space_pk, id=group.id, **values))
        else:
            self._connection.execute(update(MemberGroupRow).where(*here).values(**values))

    def drop_group(self, space: str, group: str) -> None:
        """Take a group away, from its members too.

        Raises:
            RuleRefused: when a phase lets it in.
        """
        space_pk = self.space(space).pk
        pk = group_keys(self._connection, space_pk, space, [group])[group]
        if self._connection.execute(
            select(AccessPhaseGroupRow.phase_pk).where(AccessPhaseGroupRow.group_pk == pk)
        ).first():
            raise RuleRefused(
                f'a phase of space "{space}" lets group "{group}" in: change the phases first',
                code="group_in_phase",
                group=group,
            )
        self._connection.execute(delete(MembershipGroupRow).where(MembershipGroupRow.group_pk == pk))
        self._connection.execute(delete(MemberGroupRow).where(MemberGroupRow.pk == pk))

    def save_phases(self, space: str, phases: Sequence[AccessPhase]) -> None:
        """Make the phases of a space be as given."""
        space_pk = self.space(space).pk
        keys = group_keys(self._connection, space_pk, space, {g for phase in phases for g in phase.groups})
        for table in (AccessPhaseGroupRow, AccessPhaseRow):
            self._connection.execute(delete(table).where(table.space_pk == space_pk))
        for phase in phases:
            made = self._connection.execute(
                insert(AccessPhaseRow).values(space_pk=space_pk, starts_on=phase.starts_on)
            )
            key = made.inserted_primary_key
            assert key is not None
            rows = [
                {"space_pk": space_pk, "phase_pk": int(key[0]), "group_pk": keys[group]}
                for group in sorted(set(phase.groups))
            ]
            if rows:
                self._connection.execute(insert(AccessPhaseGroupRow), rows)


def load_admission(connection: Connection, space_pk: int) -> Admission:
    """Return what a space has decided about who is let in; two queries."""
    groups = tuple(
        Group(row.id, row.name, row.starts_on, row.ends_on)
        for row in connection.execute(_GROUPS.where(MemberGroupRow.space_pk == space_pk))
    )
    starts: dict[int, date] = {}
    let_in: dict[int, list[str]] = {}
    for row in connection.execute(_PHASES.where(AccessPhaseRow.space_pk == space_pk)):
        starts[row.pk] = row.starts_on
        let_in.setdefault(row.pk, []).extend([] if row.group is None else [row.group])
    phases = tuple(AccessPhase(starts_on, tuple(let_in[pk])) for pk, starts_on in starts.items())
    return Admission(groups, phases)


def group_keys(
    connection: Connection, space_pk: int, space: str, wanted: Sequence[str] | set[str]
) -> dict[str, int]:
    """Return the keys of groups by id.

    Raises:
        RuleRefused: when one is none of the space.
    """
    if not wanted:
        return {}
    query = select(MemberGroupRow.id, MemberGroupRow.pk).where(MemberGroupRow.space_pk == space_pk)
    known = {row.id: row.pk for row in connection.execute(query)}
    if unknown := sorted(set(wanted) - set(known)):
        told = ", ".join(sorted(known)) or "none: `ankerort-hub group add`"
        raise RuleRefused(
            f'space "{space}" has no group "{unknown[0]}"; known are {told}',
            code="unknown_group",
            group=unknown[0],
        )
    return {group: known[group] for group in wanted}


_GROUPS: Final = select(
    MemberGroupRow.id, MemberGroupRow.name, MemberGroupRow.starts_on, MemberGroupRow.ends_on
).order_by(MemberGroupRow.id)
_PHASES: Final = (
    select(AccessPhaseRow.pk, AccessPhaseRow.starts_on, MemberGroupRow.id.label("group"))
    .outerjoin(AccessPhaseGroupRow, AccessPhaseGroupRow.phase_pk == AccessPhaseRow.pk)
    .outerjoin(MemberGroupRow, MemberGroupRow.pk == AccessPhaseGroupRow.group_pk)
    .order_by(AccessPhaseRow.starts_on, MemberGroupRow.id)
)
