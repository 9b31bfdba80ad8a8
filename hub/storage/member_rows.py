"""Members and their memberships in SQL (`hub.services.member_desk.MemberUnit`)."""

from collections.abc import Sequence
from typing import Any, Final

from sqlalchemy import delete, insert, select, update

from hub.domain.collation import german_key
from hub.domain.errors import RuleRefused
from hub.domain.people import Member, Membership
from hub.storage.access_tables import MemberRow, MembershipDoorRow, MembershipRow
from hub.storage.access_unit import AccessUnit
from hub.storage.group_rows import group_keys
from hub.storage.member_tables import MemberGroupRow, MembershipGroupRow
from hub.storage.tables import DoorRow, SpaceRow


class MemberRows(AccessUnit):
    """Members within one transaction."""

    def members(self, space: str) -> Sequence[Member]:
        """Return the members of a space with all memberships, by name as Germans sort it; five queries."""
        of_space = select(MembershipRow.member_pk).where(MembershipRow.space_pk == self.space(space).pk)
        return self._members(MemberRow.pk.in_(of_space), MembershipRow.member_pk.in_(of_space))

    def member(self, pk: int) -> Member:
        """Return one member with all memberships.

        Raises:
            RuleRefused: when there is none of this key.
        """
        found = self._members(MemberRow.pk == pk, MembershipRow.member_pk == pk)
        if not found:
            raise RuleRefused(f"there is no member {pk}: see the members of a space", code="unknown_member")
        return found[0]

    def add(self, member: Member, now_us: int) -> int:
        """Store a new member without memberships; return the key."""
        made = self._connection.execute(insert(MemberRow).values(**_values(member), created_us=now_us))
        key = made.inserted_primary_key
        assert key is not None
        return int(key[0])

    def change(self, member: Member) -> None:
        """Write what is known of a member, memberships apart."""
        self._connection.execute(update(MemberRow).where(MemberRow.pk == member.pk).values(**_values(member)))

    def save_membership(self, member: int, membership: Membership) -> None:
        """Make a member's membership of a space be as given.

        Raises:
            RuleRefused: when one of its doors or groups is none of the space.
        """
        space_pk = self.space(membership.space).pk
        doors = self._doors(space_pk, membership)
        groups = group_keys(self._connection, space_pk, membership.space, membership.groups)
        values = {
            "hours": membership.hours,
            "valid_from": membership.valid_from,
            "valid_to": membership.valid_to,
            "is_host": membership.is_host,
            "works_offline": membership.works_offline,
        }
        here = (MembershipRow.member_pk == member, MembershipRow.space_pk == space_pk)
        pk = self._connection.execute(select(MembershipRow.pk).where(*here)).scalar()
        if pk is None:
            made = self._connection.execute(
                insert(MembershipRow).values(member_pk=member, space_pk=space_pk, **values)
            )
            key = made.inserted_primary_key
            assert key is not None
            pk = int(key[0])
        else:
            self._connection.execute(update(MembershipRow).where(*here).values(**values))
            self._drop_parts(pk)
        rows = [{"space_pk": space_pk, "membership_pk": pk, "door_pk": door_pk} for door_pk in doors]
        if rows:
            self._connection.execute(insert(MembershipDoorRow), rows)
        belongs = [
            {"space_pk": space_pk, "membership_pk": pk, "group_pk": key} for key in sorted(groups.values())
        ]
        if belongs:
            self._connection.execute(insert(MembershipGroupRow), belongs)

    def drop_membership(self, member: int, space: str) -> None:
        """Take a membership away."""
        space_pk = self.space(space).pk
        pk = self._connection.execute(
            select(MembershipRow.pk).where(
                MembershipRow.member_pk == member, MembershipRow.space_pk == space_pk
            )
        ).scalar()
        if pk is not None:
            self._drop_parts(pk)
            self._connection.execute(delete(MembershipRow).where(MembershipRow.pk == pk))

    def _drop_parts(self, membership_pk: int) -> None:
        for table in (MembershipDoorRow, MembershipGroupRow):
            self._connection.execute(delete(table).where(table.membership_pk == membership_pk))

    def _doors(self, space_pk: int, membership: Membership) -> list[int]:
        if not membership.doors:
            return []
        query = select(DoorRow.id, DoorRow.pk).where(
            DoorRow.space_pk == space_pk, DoorRow.retired_us.is_(None)
        )
        known = {row.id: row.pk for row in self._connection.execute(query)}
        if unknown := sorted(set(membership.doors) - set(known)):
            told = ", ".join(sorted(known)) or "none"
            raise RuleRefused(
                f'space "{membership.space}" has no door "{unknown[0]}"; known are {told}',
                code="unknown_door",
                door=unknown[0],
            )
        return sorted(known[door] for door in set(membership.doors))

    def _members(self, of_member: Any, of_membership: Any) -> list[Member]:
        doors: dict[int, list[str]] = {}
        for pk, door in self._connection.execute(
            _MEMBERSHIP_DOORS.where(of_membership).order_by(DoorRow.position)
        ):
            doors.setdefault(pk, []).append(door)
        groups: dict[int, list[str]] = {}
        for pk, group in self._connection.execute(_MEMBERSHIP_GROUPS.where(of_membership)):
            groups.setdefault(pk, []).append(group)
        memberships: dict[int, list[Membership]] = {}
        for row in self._connection.execute(_MEMBERSHIPS.where(of_membership).order_by(SpaceRow.id)):
            memberships.setdefault(row.member_pk, []).append(
                Membership(
                    space=row.space,
                    hours=row.hours,
                    valid_from=row.valid_from,
                    valid_to=row.valid_to,
                    doors=tuple(doors.get(row.pk, ())),
                    is_host=row.is_host,
                    works_offline=row.works_offline,
                    groups=tuple(groups.get(row.pk, ())),
                )
            )
        found = [
            Member(
                pk=row.pk,
                name=row.name,
                mail=row.mail,
                needs_longer=row.needs_longer,
                memberships=tuple(memberships.get(row.pk, ())),
                phone=row.phone,
                shows_presence=row.shows_presence,
                in_statistics=row.in_statistics,
                answers=row.answers_pk,
            )
            for row in self._connection.execute(_MEMBERS.where(of_member))
        ]
        return sorted(found, key=lambda member: (german_key(member.name), member.pk))


def _values(member: Member) -> dict[str, Any]:
    return {
        "name": member.name,
        "mail": member.mail,
        "needs_longer": member.needs_longer,
        "phone": member.phone,
        "shows_presence": member.shows_presence,
        "in_statistics": member.in_statistics,
        "answers_pk": member.answers,
    }


_MEMBERS: Final = select(
    MemberRow.pk,
    MemberRow.name,
    MemberRow.mail,
    MemberRow.needs_longer,
    MemberRow.phone,
    MemberRow.shows_presence,
    MemberRow.in_statistics,
    MemberRow.answers_pk,
)
_MEMBERSHIPS: Final = select(
    MembershipRow.pk,
    MembershipRow.member_pk,
    SpaceRow.id.label("space"),
    MembershipRow.hours,
    MembershipRow.valid_from,
    MembershipRow.valid_to,
    MembershipRow.is_host,
    MembershipRow.works_offline,
).join(SpaceRow, SpaceRow.pk == MembershipRow.space_pk)
_MEMBERSHIP_DOORS: Final = (
    select(MembershipDoorRow.membership_pk, DoorRow.id)
    .join(DoorRow, DoorRow.pk == MembershipDoorRow.door_pk)
    .join(MembershipRow, MembershipRow.pk == MembershipDoorRow.membership_pk)
)
_MEMBERSHIP_GROUPS: Final = (
    select(MembershipGroupRow.membership_pk, MemberGroupRow.id)
    .join(MemberGroupRow, MemberGroupRow.pk == MembershipGroupRow.group_pk)
    .join(MembershipRow, MembershipRow.pk == MembershipGroupRow.membership_pk)
    .order_by(MemberGroupRow.id)
)
