"""Makes check-ins and visits of cards that were shown, in the transaction of the events that tell of them (DESIGN 7).

A card at a door says that its member is in the space, one at a desk that the member is at that desk. What happened when
the device knew no time is taken in once it is known (D8). A card is no booking: without one it is a visit all the same.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final, NamedTuple

from sqlalchemy import Connection, bindparam, exists, select, update
from sqlalchemy.exc import IntegrityError

from hub.domain.booking import BookingKind, BookingState, CheckInWay
from hub.domain.booking_limits import MINUTE_US
from hub.domain.cards import CardState
from hub.domain.door_events import ACCESS, DoorWord, TapWord
from hub.domain.events import TimeQuality
from hub.domain.space import SpaceBookings
from hub.domain.webhooks import Happening, instant_text
from hub.event_ports import ToldEvent
from hub.storage.access_tables import CardRow
from hub.storage.access_unit import SpaceKey
from hub.storage.booking_tables import BookingRow, ClaimRow, SpaceBookingsRow
from hub.storage.check_ins import CheckIn, add_check_in
from hub.storage.claim_guards import EXCLUSION
from hub.storage.device_facts import said
from hub.storage.tables import DeskRow, DeviceRow, DeviceStateRow, SpaceRow
from hub.storage.visit_rows import Said
from hub.storage.wanted_lists import want_lists
from hub.storage.webhook_rows import Teller


class _Place(NamedTuple):
    """Where a device stands.

    Args:
        early_us: how long before its begin a booking can be checked in there.
        desks: reader id to the key of the desk where it is.
    """

    space: SpaceKey
    early_us: int
    desks: Mapping[str, int]


class Taps:
    """Check-ins by card; commits nothing.

    Args:
        connection: inside a writing transaction.
    """

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def take(self, events: Sequence[ToldEvent], cards: Mapping[str, int]) -> list[Said]:
        """Take in what one device told; return who is there by a desk's reader (of doors, the log makes the visits).

        Args:
            cards: look-up value to the key of the card.
        """
        taps = [(event, cards[word]) for event in events if (word := _shown(event)) in cards]
        if not taps:
            return []
        members = self._members({card for _, card in taps})
        place = self._place(taps[0][0].device_pk)
        for event, card in taps:
            member = members.get(card)
            if member is not None:
                self._tap(event, member, place)
        return [
            Said(place.space.pk, place.space.time_zone, members[card], event.latest_us)
            for event, card in taps
            if event.door_pk is None and card in members
        ]

    def _tap(self, event: ToldEvent, member: int, place: _Place) -> None:
        desk_pk = place.desks.get(event.told.reader) if isinstance(event.told, TapWord) else None
        at_us = event.latest_us
        found = self._connection.execute(
            _BOOKINGS,
            {
                "member_pk": member,
                "space_pk": place.space.pk,
                "at_us": at_us,
                "until_us": at_us + place.early_us,
            },
        ).all()
        # At a desk's reader it is the booking of that desk, at a door any of the member's.
        meant = [row for row in found if desk_pk is None or self._takes(row.pk, desk_pk)]
        one = CheckIn(
            place.space,
            member,
            at_us,
            CheckInWay.DOOR if desk_pk is None else CheckInWay.DESK,
            booking_pk=meant[0].pk if meant else None,
            desk_pk=desk_pk,
            event=(event.epoch_pk, event.seq),
        )
        if add_check_in(self._connection, one):
            self._tell(one, [row.pk for row in meant])
            for row in meant:
                self._check_in(row, place)

    def _tell(self, one: CheckIn, booking_pks: Sequence[int]) -> None:
        def data() -> dict[str, object]:
            query = select(BookingRow.id).where(BookingRow.pk.in_(booking_pks)).order_by(BookingRow.start_us)
            bookings = list(self._connection.execute(query).scalars())
            return {
                "booking": bookings[0] if bookings else None,
                "at": instant_text(one.at_us),
                "how": one.way.value,
            }

        epoch_pk, seq = one.event or (0, 0)
        key = f"check_in/{epoch_pk}/{seq}"
        Teller(self._connection).tell(one.space.pk, Happening.CHECK_IN, key, data, one.member)

    def _takes(self, booking_pk: int, desk_pk: int) -> bool:
        query = select(exists().where(ClaimRow.booking_pk == booking_pk, ClaimRow.desk_pk == desk_pk))
        return bool(self._connection.execute(query).scalar())

    def _check_in(self, row: Any, place: _Place) -> None:
        if row.state == BookingState.CHECKED_IN:
            return
        to = (
            update(BookingRow)
            .where(BookingRow.pk == row.pk)
            .values(
                state=BookingState.CHECKED_IN,
                is_active=True,
                ended_us=None,
                ended_reason="",
                version=BookingRow.version + 1,
            )
        )
        if row.state == BookingState.BOOKED:
            self._connection.execute(to)
            return
        # Released, as the card came late or its event did: taken up again unless somebody else has the desk by now.
        try:
            with self._connection.begin_nested():
                self._connection.execute(to)
        except IntegrityError as error:
            if EXCLUSION not in str(error.orig):
                raise
        else:
            want_lists(self._connection, place.space.pk)

    def _members(self, cards: set[int]) -> dict[int, int]:
        rows = self._connection.execute(_MEMBERS, {"cards": sorted(cards)})
        return {row.pk: row.member_pk for row in rows}

    def _place(self, device_pk: int) -> _Place:
        row = self._connection.execute(_PLACE, {"device_pk": device_pk}).one()
        readers = said(row.meta).get("readers", ())
        named = {reader["desk"]: reader["id"] for reader in readers if reader.get("desk")}
        query = select(DeskRow.id, DeskRow.pk).where(
            DeskRow.space_pk == row.pk, DeskRow.id.in_(sorted(named)), DeskRow.retired_us.is_(None)
        )
        desks = {named[id_]: pk for id_, pk in self._connection.execute(query)} if named else {}
        early_min = SpaceBookings().early_min if row.early_min is None else row.early_min
        return _Place(SpaceKey(row.pk, row.id, row.time_zone), early_min * MINUTE_US, desks)


def _shown(event: ToldEvent) -> str:
    """Return the look-up value of a card that lets its member be here; empty for none, or while no time is known."""
    word = event.told
    if event.time_quality == TimeQuality.UNKNOWN:
        return ""
    if isinstance(word, TapWord):
        return word.credential
    is_entry = isinstance(word, DoorWord) and word.what == ACCESS and bool(word.granted)
    return word.credential if is_entry and isinstance(word, DoorWord) else ""


_MEMBERS: Final = select(CardRow.pk, CardRow.member_pk).where(
    CardRow.pk.in_(bindparam("cards", expanding=True)),
    CardRow.member_pk.is_not(None),
    CardRow.state == CardState.ACTIVE,
)
_PLACE: Final = (
    select(SpaceRow.pk, SpaceRow.id, SpaceRow.time_zone, SpaceBookingsRow.early_min, DeviceStateRow.meta)
    .join(DeviceRow, DeviceRow.space_pk == SpaceRow.pk)
    .outerjoin(SpaceBookingsRow, SpaceBookingsRow.space_pk == SpaceRow.pk)
    .outerjoin(DeviceStateRow, DeviceStateRow.device_pk == DeviceRow.pk)
    .where(DeviceRow.pk == bindparam("device_pk"))
)
_BOOKINGS: Final = (
    select(BookingRow.pk, BookingRow.state)
    .where(
        BookingRow.member_pk == bindparam("member_pk"),
        BookingRow.space_pk == bindparam("space_pk"),
        BookingRow.end_us > bindparam("at_us"),
        BookingRow.start_us <= bindparam("until_us"),
        BookingRow.kind.in_((BookingKind.DESK, BookingKind.EVENT)),
        BookingRow.state != BookingState.CANCELLED,
    )
    .order_by(BookingRow.start_us, BookingRow.pk)
    .with_for_update()
)
