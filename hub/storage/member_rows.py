"""Members and their memberships in SQL (`hub.services.member_desk.MemberUnit`)."""

from collections.abc import Sequence
from typing import Any, Final

from sqlalchemy import delete, insert, literal, select, update

from hub.domain.collation import german_key
from hub.domain.errors import RuleRefused
from hub.domain.people import Member, Membership
from hub.storage.access_tables import MemberRow, MembershipDoorRow, MembershipRow
from hub.storage.group_rows import group_keys
from hub.storage.member_tables import MemberGroupRow, MembershipGroupRow
from hub.storage.request_rows import RequestRows
from hub.storage.statements import together
from hub.storage.tables import DoorRow, SpaceRow


class MemberRows(RequestRows):
    """Members within one transaction."""

    def members(self, space: str) -> Sequence[Member]:
        """Return the members of a space with all memberships, by name as Germans sort it; three queries."""
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
        groups: dict[int, list[str]] = {}
        parts = together(_MEMBERSHIP_DOORS.where(of_membership), _MEMBERSHIP_GROUPS.where(of_membership))
        for row in sorted(self._connection.execute(parts), key=lambda row: (row.position, row.id)):
            kept = doors if row.what == "door" else groups
            kept.setdefault(row.membership_pk, []).append(row.id)
        found: dict[int, Any] = {}
        memberships: dict[int, list[Membership]] = {}
        for row in self._connection.execute(_MEMBERS.where(of_member).order_by(SpaceRow.id)):
            found[row.pk] = row
            belongs = memberships.setdefault(row.pk, [])
            if row.membership_pk is not None:
                belongs.append(
                    Membership(
                        space=row.space,
                        hours=row.hours,
                        valid_from=row.valid_from,
                        valid_to=row.valid_to,
                        doors=tuple(doors.get(row.membership_pk, ())),
                        is_host=row.is_host,
                        works_offline=row.works_offline,
                        groups=tuple(groups.get(row.membership_pk, ())),
                    )
                )
        members = [
            Member(
                pk=pk,
                name=row.name,
                mail=row.mail,
                needs_longer=row.needs_longer,
                memberships=tuple(memberships[pk]),
                phone=row.phone,
                shows_presence=row.shows_presence,
                in_statistics=row.in_statistics,
                answers=row.answers_pk,
            )
            for pk, row in found.items()
        ]
        return sorted(members, key=lambda member: (german_key(member.name), member.pk))


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


# A member comes once for each of its memberships.
_MEMBERS: Final = (
    select(
        MemberRow.pk,
        MemberRow.name,
        MemberRow.mail,
        MemberRow.needs_longer,
        MemberRow.phone,
        MemberRow.shows_presence,
        MemberRow.in_statistics,
        MemberRow.answers_pk,
        MembershipRow.pk.label("membership_pk"),
        SpaceRow.id.label("space"),
        MembershipRow.hours,
        MembershipRow.valid_from,
        MembershipRow.valid_to,
        MembershipRow.is_host,
        MembershipRow.works_offline,
    )
    .outerjoin(MembershipRow, MembershipRow.member_pk == MemberRow.pk)
    .outerjoin(SpaceRow, SpaceRow.pk == MembershipRow.space_pk)
)
_MEMBERSHIP_DOORS: Final = (
    select(
        literal("door").label("what"),
        MembershipDoorRow.membership_pk,
        DoorRow.id,
        DoorRow.position,
    )
    .join(DoorRow, DoorRow.pk == MembershipDoorRow.door_pk)
    .join(MembershipRow, MembershipRow.pk == MembershipDoorRow.membership_pk)
)
_MEMBERSHIP_GROUPS: Final = (
    select(
        literal("group").label("what"),
        MembershipGroupRow.membership_pk,
        MemberGroupRow.id,
        literal(0).label("position"),
    )
    .join(MemberGroupRow, MemberGroupRow.pk == MembershipGroupRow.group_pk)
    .join(MembershipRow, MembershipRow.pk == MembershipGroupRow.membership_pk)
)
