"""Reads all that the access lists of one space are made of, in one consistent look."""

from typing import Any, Final

from sqlalchemy import Connection, bindparam, select
from sqlalchemy.orm import Session

from hub.custody_ports import ChainHead, ListedDevice, Recipient, SealedCard, SpaceLook
from hub.domain.access import CardFacts
from hub.domain.audit import HOST_CHAIN
from hub.domain.people import Member, Membership
from hub.domain.space import Space, SpaceAccess
from hub.domain.time import local_date
from hub.storage.access_tables import (
    AccessStateRow,
    CardRow,
    DeviceTrustRow,
    MemberRow,
    MembershipDoorRow,
    MembershipRow,
)
from hub.storage.door_tables import ChainRow
from hub.storage.group_rows import load_admission
from hub.storage.member_tables import MemberGroupRow, MembershipGroupRow
from hub.storage.pass_store import pass_facts
from hub.storage.site_rows import load_space
from hub.storage.tables import DeviceRow, DoorRow, SpaceRow


def look_at(connection: Connection, space: str, now_us: int) -> SpaceLook | None:
    """Return what a space's lists are made of; None when there is no such space, or its town is retired.

    Args:
        connection: that sees one state throughout.
        now_us: passes that ended before are left out.
    """
    with Session(bind=connection) as session:
        found = load_space(session, space)
    if found is None:
        return None
    town, whole = found
    space_pk = connection.execute(select(SpaceRow.pk).where(SpaceRow.id == space)).scalar_one()
    cards = connection.execute(_CARDS, {"space_pk": space_pk}).all()
    return SpaceLook(
        space=whole,
        land=town.land,
        catholic=town.catholic,
        rules=whole.access or SpaceAccess(),
        members=_members(connection, space_pk, space),
        states=[
            CardFacts(row.pk, row.kind, row.state, row.member_pk, row.active_until_us, row.changed_us)
            for row in cards
        ],
        cards={
            row.pk: SealedCard(
                row.pk,
                row.kind,
                bytes(row.uid_tag),
                bytes(row.sealed_uid),
                _bytes(row.sealed_id),
                row.generation,
            )
            for row in cards
        },
        devices=_devices(connection, space_pk, space),
        heads=_heads(connection, whole),
        admission=load_admission(connection, space_pk),
        passes=pass_facts(connection, space_pk, local_date(now_us, whole.time_zone)),
    )


def _members(connection: Connection, space_pk: int, space: str) -> list[Member]:
    doors: dict[int, list[str]] = {}
    for membership_pk, door in connection.execute(_DOORS, {"space_pk": space_pk}):
        doors.setdefault(membership_pk, []).append(door)
    groups: dict[int, list[str]] = {}
    for membership_pk, group in connection.execute(_OF_GROUPS, {"space_pk": space_pk}):
        groups.setdefault(membership_pk, []).append(group)
    return [
        Member(
            pk=row.member_pk,
            name="",  # a list has no names
            needs_longer=row.needs_longer,
            memberships=(
                Membership(
                    space=space,
                    hours=row.hours,
                    valid_from=row.valid_from,
                    valid_to=row.valid_to,
                    doors=tuple(doors.get(row.pk, ())),
                    is_host=row.is_host,
                    works_offline=row.works_offline,
                    groups=tuple(groups.get(row.pk, ())),
                ),
            ),
        )
        for row in connection.execute(_MEMBERSHIPS, {"space_pk": space_pk})
    ]


def _devices(connection: Connection, space_pk: int, space: str) -> dict[str, ListedDevice]:
    return {
        row.id: ListedDevice(
            pk=row.pk,
            to=Recipient(space, row.id, bytes(row.sealing_key), row.generation),
            wanted=row.wanted,
            version=row.version,
            applied=row.applied,
            digest=bytes(row.digest),
            valid_until_us=row.valid_until_us,
        )
        for row in connection.execute(_DEVICES, {"space_pk": space_pk})
    }


def _heads(connection: Connection, space: Space) -> list[ChainHead]:
    """Return the heads of the host chain, of this space's devices, and of others of the same controller, in this order.

    A space that names no controller shares none with another.
    """
    mine = [space.id]
    if space.controller:
        others = select(SpaceRow.id).where(SpaceRow.controller == space.controller, SpaceRow.id != space.id)
        mine += connection.execute(others.order_by(SpaceRow.id)).scalars()
    rows = connection.execute(
        select(ChainRow.name, ChainRow.length, ChainRow.head).where(ChainRow.length > 0)
    )
    order = {name: number for number, name in enumerate([HOST_CHAIN, *mine])}
    heads = [
        (order[place], ChainHead(name, length, bytes(head)))
        for name, length, head in rows
        if (place := name.partition("/")[0]) in order
    ]
    return [head for _, head in sorted(heads, key=lambda one: (one[0], one[1].chain))]


def _bytes(value: Any) -> bytes | None:
    return None if value is None else bytes(value)


CARD_FACTS: Final = (
    CardRow.pk,
    CardRow.kind,
    CardRow.state,
    CardRow.member_pk,
    CardRow.active_until_us,
    CardRow.changed_us,
)
"""Columns of `CardFacts`, in its order."""

_CARDS: Final = (
    select(
        *CARD_FACTS,
        CardRow.uid_tag,
        CardRow.sealed_uid,
        CardRow.sealed_id,
        CardRow.generation,
    )
    .where(CardRow.space_pk == bindparam("space_pk"))
    .order_by(CardRow.pk)
)
_MEMBERSHIPS: Final = (
    select(
        MembershipRow.pk,
        MembershipRow.member_pk,
        MembershipRow.hours,
        MembershipRow.valid_from,
        MembershipRow.valid_to,
        MembershipRow.is_host,
        MembershipRow.works_offline,
        MemberRow.needs_longer,
    )
    .join(MemberRow, MemberRow.pk == MembershipRow.member_pk)
    .where(MembershipRow.space_pk == bindparam("space_pk"))
    .order_by(MembershipRow.member_pk)
)
_DOORS: Final = (
    select(MembershipDoorRow.membership_pk, DoorRow.id)
    .join(DoorRow, DoorRow.pk == MembershipDoorRow.door_pk)
    .where(MembershipDoorRow.space_pk == bindparam("space_pk"))
    .order_by(DoorRow.id)
)
_OF_GROUPS: Final = (
    select(MembershipGroupRow.membership_pk, MemberGroupRow.id)
    .join(MemberGroupRow, MemberGroupRow.pk == MembershipGroupRow.group_pk)
    .where(MembershipGroupRow.space_pk == bindparam("space_pk"))
    .order_by(MemberGroupRow.id)
)
_DEVICES: Final = (
    select(
        DeviceRow.pk,
        DeviceRow.id,
        DeviceTrustRow.sealing_key,
        DeviceTrustRow.generation,
        AccessStateRow.wanted,
        AccessStateRow.version,
        AccessStateRow.applied,
        AccessStateRow.digest,
        AccessStateRow.valid_until_us,
    )
    .join(DeviceTrustRow, DeviceTrustRow.device_pk == DeviceRow.pk)
    .join(AccessStateRow, AccessStateRow.device_pk == DeviceRow.pk)
    .where(
        DeviceRow.space_pk == bindparam("space_pk"),
        DeviceRow.retired_us.is_(None),
        DeviceTrustRow.revoked_us.is_(None),
    )
)
