"""Makes visits: a member whose card was let in, or who said to be there, on the local date there; once, and no time.

Inside the transaction of the events, so that a visit exists when its event is counted, and never twice (D2, D9).
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import UTC, date, datetime, time
from typing import Final, NamedTuple

from sqlalchemy import Connection, bindparam, delete, select, tuple_

from hub.domain.booking import CheckInWay
from hub.domain.door_events import ACCESS, DoorWord
from hub.domain.entries import Entry, holders
from hub.domain.time import local_date, to_us
from hub.event_ports import ToldEvent
from hub.storage.access_tables import MemberRow, MembershipRow
from hub.storage.booking_tables import CheckInRow
from hub.storage.door_tables import DoorLogRow
from hub.storage.entry_rows import EntryRows
from hub.storage.member_tables import VisitRow
from hub.storage.pass_store import insert_visit, use_passes_anew
from hub.storage.tables import DoorRow, SpaceRow
from hub.storage.wanted_lists import want_lists


class Came(NamedTuple):
    """A card that was let in at a door."""

    door_pk: int
    card: int
    at_us: int
    epoch_pk: int
    seq: int


class Said(NamedTuple):
    """A member who said to be in a space: at a desk's reader, by phone, or by a host's hand."""

    space_pk: int
    time_zone: str
    member: int
    at_us: int


class _Visit(NamedTuple):
    """In the order in which visits are written everywhere, so that two workers do not wait for each other.

    Args:
        told: (epoch key, number) of the event at a door; empty where somebody said it.
    """

    space_pk: int
    member_pk: int
    day: date
    told: tuple[int, ...] = ()

    def values(self) -> dict[str, object]:
        """Return it as a row."""
        epoch_pk, seq = self.told or (None, None)
        return {
            "space_pk": self.space_pk,
            "member_pk": self.member_pk,
            "day": self.day,
            "epoch_pk": epoch_pk,
            "seq": seq,
        }


def came_in(events: Iterable[ToldEvent], cards: Mapping[str, int]) -> list[Came]:
    """Return which cards were let in.

    Args:
        events: of doors of one device.
        cards: keys of cards by the look-up value under which that device knows them.
    """
    return [
        Came(event.door_pk, cards[word.credential], event.latest_us, event.epoch_pk, event.seq)
        for event in events
        if event.door_pk is not None
        and isinstance(word := event.told, DoorWord)
        and word.what == ACCESS
        and word.granted
        and word.credential in cards
    ]


def add_visits(
    connection: Connection,
    came: Collection[Came],
    now_us: int,
    *,
    said: Collection[Said] = (),
    besides: Collection[tuple[int, int]] = (),
) -> None:
    """Store visits of those who are there; who has come on that day already is left out.

    Args:
        now_us: tells the local day on which what is left of a pass decides whether doors must learn of it.
        besides: (space, member) of those whose visits use their passes anew in any case.
    """
    if not came and not said and not besides:
        return
    doors = {row.pk: row for row in connection.execute(_DOORS, {"doors": {one.door_pk for one in came}})}
    entries = [Entry(one.at_us, True, "", one.card, "") for one in came]
    # A spare card is given to one after the other: whose it was then, not whose it is now.
    who = holders(EntryRows(connection, False).holdings({one.card for one in came}), entries)
    of_space = _members(connection, {m for m in (*who, *(one.member for one in said)) if m is not None})
    visits = [
        _Visit(
            doors[one.door_pk].space_pk,
            member,
            local_date(one.at_us, doors[one.door_pk].time_zone),
            (one.epoch_pk, one.seq),
        )
        for one, member in zip(came, who, strict=True)
        if member is not None and (member, doors[one.door_pk].space_pk) in of_space
    ]
    visits += [
        _Visit(one.space_pk, one.member, local_date(one.at_us, one.time_zone))
        for one in said
        if (one.member, one.space_pk) in of_space
    ]
    fresh = _add(connection, sorted(visits)) | set(besides)
    zones = _zones(connection, {space_pk for space_pk, _ in fresh})
    for space_pk in sorted({space_pk for space_pk, _ in fresh}):
        members = {member for space, member in fresh if space == space_pk}
        if use_passes_anew(connection, space_pk, members, today=local_date(now_us, zones[space_pk])):
            want_lists(connection, space_pk)


def retime_visits(connection: Connection, events: Sequence[ToldEvent], now_us: int) -> None:
    """Give visits the day that is known now of the events that told of them (D8)."""
    keys = [(event.epoch_pk, event.seq) for event in events if event.door_pk is not None]
    moving = (tuple_(VisitRow.epoch_pk, VisitRow.seq).in_(keys), VisitRow.member_pk.is_not(None))
    old = connection.execute(select(VisitRow.space_pk, VisitRow.member_pk, VisitRow.day).where(*moving)).all()
    if not old:
        return
    connection.execute(delete(VisitRow).where(*moving))
    # Somebody may have come twice on the day that the visit leaves: the log knows, the visit was one.
    days = [to_us(datetime.combine(row.day, time(), UTC)) for row in old]
    beside = (
        DoorRow.space_pk.in_({row.space_pk for row in old})
        & (DoorLogRow.at_us >= min(days) - DAY_US)
        & (DoorLogRow.at_us < max(days) + 2 * DAY_US)
    )
    again = _LOG.where(beside | tuple_(DoorLogRow.epoch_pk, DoorLogRow.seq).in_(keys))
    came = [
        Came(row.door_pk, row.card_pk, row.at_us, row.epoch_pk, row.seq)
        for row in connection.execute(again.order_by(DoorLogRow.epoch_pk, DoorLogRow.seq))
        if row.card_pk is not None
    ]
    left = {(row.space_pk, row.member_pk) for row in old if row.member_pk is not None}
    since_us, until_us = min(days) - DAY_US, max(days) + 2 * DAY_US
    rows = connection.execute(
        _SAID, {"spaces": {r.space_pk for r in old}, "since": since_us, "until": until_us}
    )
    said = [Said(row[0], row[1], row[2], row[3]) for row in rows if row[2] is not None]
    add_visits(connection, came, now_us, said=said, besides=left)


def _zones(connection: Connection, space_pks: Collection[int]) -> dict[int, str]:
    query = select(SpaceRow.pk, SpaceRow.time_zone).where(SpaceRow.pk.in_(space_pks))
    return {pk: zone for pk, zone in connection.execute(query)}  # noqa: C416 - rows, not pairs


def _add(connection: Connection, visits: Sequence[_Visit]) -> set[tuple[int, int]]:
    """Store visits that are new; return by space and member whose."""
    fresh: set[tuple[int, int]] = set()
    seen: set[tuple[int, int, date]] = set()
    for visit in visits:
        if visit[:3] not in seen and insert_visit(connection, visit.values()):
            fresh.add((visit.space_pk, visit.member_pk))
        seen.add(visit[:3])
    return fresh


def _members(connection: Connection, members: Collection[int]) -> set[tuple[int, int]]:
    """Return (member, space) of those who still are members: who was erased meanwhile, or moved away, visits nobody."""
    if not members:
        return set()
    query = (
        select(MemberRow.pk, MembershipRow.space_pk)
        .join(MembershipRow, MembershipRow.member_pk == MemberRow.pk)
        .where(MemberRow.pk.in_(sorted(members)))
    )
    return {(pk, space_pk) for pk, space_pk in connection.execute(query)}


_DOORS: Final = (
    select(DoorRow.pk, DoorRow.space_pk, SpaceRow.time_zone)
    .join(SpaceRow, SpaceRow.pk == DoorRow.space_pk)
    .where(DoorRow.pk.in_(bindparam("doors", expanding=True)))
)
_LOG: Final = (
    select(DoorLogRow.door_pk, DoorLogRow.card_pk, DoorLogRow.at_us, DoorLogRow.epoch_pk, DoorLogRow.seq)
    .join(DoorRow, DoorRow.pk == DoorLogRow.door_pk)
    .where(DoorLogRow.what == ACCESS, DoorLogRow.granted.is_(True), DoorLogRow.card_pk.is_not(None))
)
_SAID: Final = (
    select(CheckInRow.space_pk, SpaceRow.time_zone, CheckInRow.member_pk, CheckInRow.at_us)
    .join(SpaceRow, SpaceRow.pk == CheckInRow.space_pk)
    .where(
        CheckInRow.space_pk.in_(bindparam("spaces", expanding=True)),
        CheckInRow.member_pk.is_not(None),
        CheckInRow.how.in_((CheckInWay.DESK, CheckInWay.PHONE, CheckInWay.HOST)),
        CheckInRow.at_us >= bindparam("since"),
        CheckInRow.at_us < bindparam("until"),
    )
)
DAY_US: Final = 86_400_000_000
