"""Bookings in SQL (`hub.services.booking_unit.BookingUnit`): one transaction on them and on what they depend on."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import date
from typing import Any, Final

from sqlalchemy import Connection, bindparam, delete, insert, select, text, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from hub.booking_ports import Page, Query, Series
from hub.domain.admission import Admission
from hub.domain.booking import Booking, BookingKind, CheckInWay
from hub.domain.booking_limits import Held
from hub.domain.booking_refusals import DeskTaken, UnknownBooking
from hub.domain.errors import RuleRefused, StoreBusy
from hub.domain.no_show import Silence
from hub.domain.pass_windows import PassFacts
from hub.domain.people import Membership
from hub.domain.place import Place
from hub.domain.requests import Request
from hub.domain.space import SpaceBookings
from hub.domain.tariffs import WithoutPass
from hub.domain.time import Interval
from hub.domain.webhooks import TOLD, Happening, booking_data, happening_of, instant_text
from hub.storage.access_tables import MemberRow
from hub.storage.booking_reads import (
    desks_of,
    is_id,
    last_before,
    load_bookings,
    page_of,
    reaching,
    taken_times,
)
from hub.storage.booking_tables import BookingRow, BookingSeriesRow, ClaimRow, SpaceBookingsRow
from hub.storage.check_ins import CheckIn, add_check_in
from hub.storage.claim_guards import EXCLUSION
from hub.storage.group_rows import load_admission
from hub.storage.member_rows import MemberRows
from hub.storage.pass_store import facts_of_member, load_rule
from hub.storage.request_rows import RequestRows
from hub.storage.series_rows import add_series, load_series
from hub.storage.silences import silences
from hub.storage.site_rows import bookings_of, load_space
from hub.storage.tables import DeskRow, SpaceRow
from hub.storage.visit_rows import Said, add_visits
from hub.storage.waiting_rows import WaitingRows
from hub.storage.webhook_rows import Teller


class BookingRows(RequestRows, WaitingRows):
    """Bookings within one transaction, in which spaces and desks stay as they are: they are looked up once."""

    def __init__(self, connection: Connection, is_writing: bool) -> None:
        super().__init__(connection, is_writing)
        self._desks: dict[int, dict[str, int]] = {}
        self._held: set[int] = set()
        self._teller = Teller(connection)

    def place(self, space: str) -> Place:
        """Return a space with its rules and its town's calendar.

        Raises:
            UnknownSpace: when there is none of this id.
        """
        self.space(space)
        with Session(bind=self._connection) as session:
            found = load_space(session, space)
        if found is None:
            raise RuleRefused(f'the town of space "{space}" is retired', code="unknown_space", space=space)
        town, one = found
        return Place(one, town.land, town.catholic)

    def membership(self, member: int, space: str) -> Membership | None:
        """Return a member's membership of a space, and hold the member so that limits are counted one by one.

        Raises:
            RuleRefused: when there is no such member.
        """
        if self._is_writing:
            locked = select(MemberRow.pk).where(MemberRow.pk == member).with_for_update(key_share=True)
            self._connection.execute(locked)
        found = MemberRows(self._connection, is_writing=False).member(member)
        return next((one for one in found.memberships if one.space == space), None)

    def spaces_of(self, member: int) -> frozenset[str]:
        """Return the spaces that a member has or had a right to; refused when there is no such member."""
        found = MemberRows(self._connection, is_writing=False).member(member)
        return frozenset(one.space for one in found.memberships)

    def admission(self, space: str) -> Admission:
        """Return what a space has decided about who is let in from which day on."""
        return load_admission(self._connection, self.space(space).pk)

    def without_pass(self, space: str) -> WithoutPass:
        """Return what a space's doors do for members without a valid pass."""
        return load_rule(self._connection, self.space(space).pk)

    def passes(self, space: str, member: int, day: date) -> PassFacts:
        """Return what is stored of a member's passes from a day on; of none where doors open without one."""
        return facts_of_member(self._connection, self.space(space).pk, member, day)

    def hold_desks(self, space: str, desks: Collection[str]) -> None:
        """Let others who book these desks wait until the end, in one order everywhere."""
        keys = self._desk_pks(self.space(space).pk)
        wanted = {keys[desk] for desk in desks} - self._held
        if self._is_writing and wanted:
            query = select(DeskRow.pk).where(DeskRow.pk.in_(sorted(wanted))).order_by(DeskRow.pk)
            self._connection.execute(query.with_for_update(key_share=True))
            self._held |= wanted

    # -- what is there

    def booking(self, id_: str) -> Booking:
        """Return a booking, held until the end.

        Raises:
            UnknownBooking: when there is none of this id.
        """
        if not is_id(id_):
            raise UnknownBooking(id_)
        found = load_bookings(self._connection, BookingRow.id == id_, is_locked=self._is_writing)
        if not found:
            raise UnknownBooking(id_)
        return found[0]

    def by_request(self, key: str) -> tuple[Booking, bytes] | None:
        """Return what a request has made, and what it had asked for; None when it made nothing yet."""
        row = self._connection.execute(
            select(BookingRow.id, BookingRow.request_digest).where(BookingRow.request == key)
        ).one_or_none()
        return None if row is None else (self.booking(row.id), bytes(row.request_digest))

    def held(self, space: str, member: int, from_us: int, but: Collection[str]) -> Sequence[Held]:
        """Return a member's active bookings of a space that end after a moment, but for some, by begin."""
        # Space and order are no part of the query: either would lure SQLite away from the member's own index.
        rows = self._connection.execute(_HELD, {"member": member, "from_us": from_us}).all()
        space_pk = self.space(space).pk
        found = [row for row in rows if row.space_pk == space_pk and row.id not in but]
        return [
            Held(row.id, row.desk, Interval(row.start_us, row.end_us))
            for row in sorted(found, key=lambda row: (row.start_us, row.id))
        ]

    def in_the_way(
        self, space: str, desks: Collection[str], times: Sequence[Interval], but: Collection[str] = ()
    ) -> Sequence[tuple[str, Booking]]:
        """Return (desk, booking) for what takes some desks in some times, by begin.

        Args:
            but: ids of bookings that do not count.
        """
        if not times or not desks:
            return []
        keys = self._desk_pks(self.space(space).pk)
        names = {keys[desk]: desk for desk in desks}
        start_us, end_us = min(one.start_us for one in times), max(one.end_us for one in times)
        rows = self._connection.execute(
            _IN_THE_WAY, {"desks": sorted(names), "start_us": start_us, "end_us": end_us}
        ).all()
        hit = [
            row
            for row in rows
            if any(row.start_us < one.end_us and one.start_us < row.end_us for one in times)
        ]
        wanted = BookingRow.pk.in_(sorted({row.booking_pk for row in hit}))
        found = {one.id: one for one in load_bookings(self._connection, wanted)}
        by_pk = {row.booking_pk: found[row.id] for row in hit}
        return [(names[row.desk_pk], by_pk[row.booking_pk]) for row in hit if row.id not in but]

    def unconfirmed(self, now_us: int) -> Sequence[Booking]:
        """Return members' desks that run and nobody checked in, of all spaces, by begin."""
        return load_bookings(
            self._connection,
            # Written out: an index is used only for a condition that names it word for word.
            text("booking.state = 'booked'"),
            BookingRow.kind == BookingKind.DESK,
            *reaching(Interval(now_us, now_us + 1), None),
        )

    def silences(self, bookings: Sequence[Booking], now_us: int) -> Mapping[str, Silence]:
        """Return by id what is heard at the desks of some bookings, which take one each, and at their spaces' doors."""
        return silences(self._connection, bookings, now_us)

    def rules(self, spaces: Collection[str]) -> Mapping[str, SpaceBookings]:
        """Return what some spaces have decided about bookings, decided or by default."""
        query = select(SpaceRow.id, SpaceBookingsRow).join(
            SpaceBookingsRow, SpaceBookingsRow.space_pk == SpaceRow.pk
        )
        with Session(bind=self._connection) as session:
            rows = session.execute(query.where(SpaceRow.id.in_(sorted(spaces)))).all()
            decided = {space: bookings_of(row) for space, row in rows}
        return {space: decided.get(space, SpaceBookings()) for space in spaces}

    def page(self, query: Query) -> Page:
        """Return one page of bookings."""
        return page_of(self._connection, query)

    def taken(self, space: str, desks: Collection[str], time: Interval) -> Mapping[str, tuple[Interval, ...]]:
        """Return by id when some desks are taken in a time, rising and apart."""
        keys = self._desk_pks(self.space(space).pk)
        return taken_times(self._connection, {keys[desk]: desk for desk in desks}, time)

    # -- what changes

    def add(self, bookings: Sequence[Booking], request: Request | None = None) -> None:
        """Store new bookings with their claims.

        Args:
            request: what made the one booking.

        Raises:
            DeskTaken: when the database says so.
        """
        space_pk = self.space(bookings[0].space).pk
        series = {one.series for one in bookings if one.series is not None}
        keys = select(BookingSeriesRow.id, BookingSeriesRow.pk).where(BookingSeriesRow.id.in_(sorted(series)))
        series_pks = dict(self._connection.execute(keys).all()) if series else {}
        asked = {
            "request": None if request is None else request.key,
            "request_digest": None if request is None else request.digest,
        }
        rows = [
            _values(one)
            | asked
            | {
                "id": one.id,
                "space_pk": space_pk,
                "kind": one.kind,
                "member_pk": one.member,
                "series_pk": None if one.series is None else series_pks[one.series],
                "series_day": one.series_day,
                "created_us": one.created_us,
            }
            for one in bookings
        ]
        with _taken_when_refused():
            self._connection.execute(insert(BookingRow), rows)
            made = select(BookingRow.id, BookingRow.pk).where(BookingRow.id.in_([one.id for one in bookings]))
            pks = dict(self._connection.execute(made).all())
            self._claim({pks[one.id]: one for one in bookings}, space_pk)
        for one in bookings:
            self._tell(Happening.BOOKING_MADE, one, space_pk)

    def add_series(self, series: Series, now_us: int) -> None:
        """Store a series with its bookings."""
        space_pk = self.space(series.space).pk
        add_series(self._connection, series, space_pk, self._desk_pks(space_pk).get(series.desk), now_us)
        self.add(series.bookings)

    def series(self, id_: str) -> Series:
        """Return a series with its bookings, held until the end."""
        return load_series(self._connection, id_, is_locked=self._is_writing)

    def save(self, booking: Booking) -> Booking:
        """Write how a booking is now, one version later; return it so.

        Raises:
            DeskTaken: when the database says so.
        """
        later = replace(booking, version=booking.version + 1)
        row = self._connection.execute(
            select(BookingRow.pk, BookingRow.space_pk, BookingRow.state).where(BookingRow.id == booking.id)
        ).one()
        before = desks_of(self._connection, [row.pk]).get(row.pk, ())
        with _taken_when_refused():
            is_elsewhere = set(before) != set(later.desks)
            if is_elsewhere:
                # Not one after the other: the new desk may be taken at the old time, and the other way round.
                self._connection.execute(delete(ClaimRow).where(ClaimRow.booking_pk == row.pk))
            values = _values(later)
            self._connection.execute(update(BookingRow).where(BookingRow.pk == row.pk).values(values))
            if is_elsewhere:
                self._claim({row.pk: later}, row.space_pk)
        if (happened := happening_of(row.state, later.state)) is not None:
            self._tell(happened, later, row.space_pk)
        return later

    def add_check_in(
        self, booking: Booking, member: int | None, at_us: int, way: CheckInWay, account: int | None
    ) -> None:
        """Note that somebody said to be there, and the visit of the day."""
        space = self.space(booking.space)
        booking_pk = self._connection.execute(
            select(BookingRow.pk).where(BookingRow.id == booking.id)
        ).scalar_one()
        desk_pk = self._desk_pks(space.pk)[booking.desks[0]] if len(booking.desks) == 1 else None
        add_check_in(self._connection, CheckIn(space, member, at_us, way, booking_pk, desk_pk, account))
        told = {
            "booking": booking.id,
            "desks": list(booking.desks),
            "at": instant_text(at_us),
            "how": way.value,
        }
        key = f"check_in/{booking.id}/{at_us}/{way.value}"
        self._teller.tell(space.pk, Happening.CHECK_IN, key, lambda: told, member)
        if member is not None:
            said = Said(space.pk, space.time_zone, member, at_us)
            add_visits(self._connection, (), at_us, said=[said])

    def _tell(self, happened: Happening, booking: Booking, space_pk: int) -> None:
        if booking.kind in TOLD:
            key = f"booking/{booking.id}/{booking.version}"
            self._teller.tell(space_pk, happened, key, lambda: booking_data(booking), booking.member)

    def _claim(self, bookings: Mapping[int, Booking], space_pk: int) -> None:
        keys = self._desk_pks(space_pk)
        rows = [
            {
                "booking_pk": pk,
                "space_pk": space_pk,
                "desk_pk": desk_pk,
                "start_us": one.time.start_us,
                "end_us": one.time.end_us,
                "is_active": one.is_active,
            }
            for pk, one in bookings.items()
            for desk_pk in sorted(keys[desk] for desk in one.desks)
        ]
        if rows:
            self._connection.execute(insert(ClaimRow), rows)

    def _desk_pks(self, space_pk: int) -> dict[str, int]:
        if space_pk not in self._desks:
            query = select(DeskRow.id, DeskRow.pk).where(DeskRow.space_pk == space_pk)
            self._desks[space_pk] = dict(self._connection.execute(query).all())
        return self._desks[space_pk]


class _taken_when_refused:  # noqa: N801 - reads as what it does
    """Turns the database's refusals of an overlap, and of a request done twice, into the domain's; others pass."""

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: object, error: BaseException | None, traceback: object) -> None:
        if not isinstance(error, IntegrityError):
            return
        told = str(error.orig)
        if EXCLUSION in told:
            raise DeskTaken from error
        if "uq_booking_request" in told or "booking.request" in told:
            # The same request twice at once: the next attempt finds what the other one made.
            raise StoreBusy("the same request is being done") from error


def _values(booking: Booking) -> dict[str, Any]:
    return {
        "state": booking.state,
        "is_active": booking.is_active,
        "start_us": booking.time.start_us,
        "end_us": booking.time.end_us,
        "any_hours": booking.any_hours,
        "note": booking.note,
        "version": booking.version,
        "fresh_us": booking.fresh_us,
        "ended_us": booking.ended_us,
        "ended_reason": booking.ended_reason,
    }


_HELD: Final = (
    select(
        BookingRow.id, BookingRow.space_pk, DeskRow.id.label("desk"), BookingRow.start_us, BookingRow.end_us
    )
    .join(ClaimRow, ClaimRow.booking_pk == BookingRow.pk)
    .join(DeskRow, DeskRow.pk == ClaimRow.desk_pk)
    .where(
        BookingRow.member_pk == bindparam("member"),
        BookingRow.end_us > bindparam("from_us"),
        BookingRow.is_active,
        BookingRow.kind == BookingKind.DESK,
    )
)
_IN_THE_WAY: Final = (
    select(
        ClaimRow.booking_pk,
        BookingRow.id,
        ClaimRow.desk_pk,
        ClaimRow.start_us,
        ClaimRow.end_us,
    )
    .join(DeskRow, DeskRow.pk == ClaimRow.desk_pk)
    .join(BookingRow, BookingRow.pk == ClaimRow.booking_pk)
    .where(
        DeskRow.pk.in_(bindparam("desks", expanding=True)),
        ClaimRow.is_active,
        ClaimRow.start_us < bindparam("end_us"),
        ClaimRow.end_us > bindparam("start_us"),
        ClaimRow.start_us >= last_before(),
    )
    .order_by(ClaimRow.start_us, ClaimRow.desk_pk)
)
