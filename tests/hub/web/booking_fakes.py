"""The ports of bookings without a database: a day in Mölln with something of everything."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date, time
from typing import TYPE_CHECKING, Any, Final

from hub.booking_ports import (
    Availability,
    Blocking,
    Change,
    Conflict,
    DayChange,
    Days,
    Page,
    Query,
    Series,
    SeriesChange,
    SeriesPlan,
    SeriesWish,
    Wish,
)
from hub.calendar_ports import Feed
from hub.domain.access import joined
from hub.domain.booking import Booking, BookingKind, BookingState, CheckInWay
from hub.domain.booking_refusals import UnknownBooking, UnknownSeries
from hub.domain.people import HOSTS, Actor, need_role
from hub.domain.series import Frequency, SeriesRule
from hub.domain.space import Granularity
from hub.domain.time import Interval, day_bounds, wall_us
from hub.web.parts import BookingDesks
from tests.hub.web.fakes import TUESDAY_MORNING_US as NOW_US
from tests.hub.web.waiting_fakes import FakeWaiting

if TYPE_CHECKING:
    from hub.domain.errors import RuleRefused

SPACE: Final = "moelln"
ZONE: Final = "Europe/Berlin"
TODAY: Final = date(2026, 11, 17)
DESKS: Final = ("s1", "s2", "s3", "s4", "s5", "s6", "k1", "k2")
SERIES: Final = "5" * 16
CALENDAR: Final = "2-geheim"
OWN, OWN_LATER, CANCELLED, LATE, SENSED, MAINTENANCE, FOREIGN = (digit * 16 for digit in "1234678")
RULE: Final = SeriesRule(Frequency.WEEKLY, TODAY, date(2026, 12, 15), time(), time(12), 1, (1,))


def part(day: date, which: str) -> Interval:
    """Return a half or a whole day of Mölln."""
    whole, noon_us = day_bounds(day, ZONE), wall_us(day, time(12), ZONE)
    return {
        "day": whole,
        "morning": Interval(whole.start_us, noon_us),
        "afternoon": Interval(noon_us, whole.end_us),
    }[which]


def _made(id_: str, desk: str, when: Interval, member: int | None, **more: Any) -> Booking:
    values: dict[str, Any] = {"space": SPACE, "kind": BookingKind.DESK, "state": BookingState.BOOKED, **more}
    desks = values.pop("desks", (desk,))
    return Booking(
        id=id_, desks=desks, time=when, member=member, version=1, created_us=NOW_US, fresh_us=NOW_US, **values
    )


class FakeBookings:
    """`BookingDesk` from memory; a test lets it refuse."""

    def __init__(self) -> None:
        tomorrow = date(2026, 11, 18)
        self.kept = {
            one.id: one
            for one in (
                _made(OWN, "s1", part(TODAY, "morning"), 2, note="mit Ölkreide"),
                _made(OWN_LATER, "k1", part(tomorrow, "day"), 2, series=SERIES, series_day=tomorrow),
                _made(
                    CANCELLED, "s3", part(date(2026, 11, 20), "afternoon"), 2,
                    state=BookingState.CANCELLED, ended_us=NOW_US,
                ),
                _made(LATE, "s2", part(TODAY, "day"), 4),
                _made(SENSED, "s4", part(TODAY, "morning"), 3),
                _made("9" * 16, "k1", part(TODAY, "day"), 4, state=BookingState.CHECKED_IN),
                _made("a" * 16, "s3", part(TODAY, "afternoon"), None, note="Gast des Vereins"),
                _made(MAINTENANCE, "s6", part(TODAY, "day"), None, kind=BookingKind.MAINTENANCE, note="Lampe"),
                _made("b" * 16, "", part(date(2026, 11, 19), "day"), None, kind=BookingKind.EVENT, desks=DESKS),
                _made(FOREIGN, "f1", part(TODAY, "day"), 9, space="wittenberge"),
            )
        }  # fmt: skip
        self.calls: list[tuple[object, ...]] = []
        self.refuses: RuleRefused | None = None

    def book(self, wish: Wish, actor: Actor, now_us: int) -> Booking:
        self._call("book", wish, actor)
        made = _made("c" * 16, wish.desk, wish.time, wish.member, kind=wish.kind)
        self.kept[made.id] = made
        return made

    def booking(self, booking: str, actor: Actor) -> Booking:
        found = self.kept.get(booking)
        if found is None or not (found.member == actor.member or actor.may(found.space, *HOSTS)):
            raise UnknownBooking(booking)
        return found

    def bookings(self, query: Query, actor: Actor) -> Page:
        if query.member is None or query.member != actor.member:
            need_role(actor, query.space or "", *HOSTS)
        found = [
            one
            for one in self.kept.values()
            if (query.space is None or one.space == query.space)
            and (query.member is None or one.member == query.member)
            and one.state in query.states
            and one.kind in query.kinds
            and (query.time is None or _touch(one.time, query.time))
        ]
        return Page(tuple(sorted(found, key=lambda one: (one.time.start_us, one.id))))

    def availability(self, space: str, time: Interval, actor: Actor) -> Availability:
        taken: dict[str, list[Interval]] = {}
        for one in sorted(self.kept.values(), key=lambda one: one.time):
            if one.space == space and one.is_active and _touch(one.time, time):
                for desk in one.desks:
                    taken.setdefault(desk, []).append(one.time)
        times = {desk: joined(spans) for desk, spans in taken.items()}
        return Availability(DESKS, times, (), Granularity.HALF_DAY)

    def change(
        self,
        booking: str,
        change: Change,
        version: int,
        actor: Actor,
        now_us: int,
        *,
        reason: str = "",
        beyond_rules: bool = False,
    ) -> Booking:
        self._call("change", booking, change, version, actor)
        return self.kept[booking]

    def cancel(self, booking: str, actor: Actor, now_us: int, *, reason: str = "") -> Booking:
        self._call("cancel", booking, reason, actor)
        return self._set(booking, state=BookingState.CANCELLED)

    def restore(self, booking: str, actor: Actor, now_us: int, *, reason: str = "") -> Booking:
        self._call("restore", booking, reason, actor)
        return self._set(booking, state=BookingState.BOOKED)

    def check_in(self, booking: str, actor: Actor, now_us: int, way: CheckInWay | None = None) -> Booking:
        self._call("check_in", booking, actor)
        return self._set(booking, state=BookingState.CHECKED_IN)

    def _set(self, booking: str, **changed: object) -> Booking:
        self.kept[booking] = replace(self.kept[booking], **changed)  # type: ignore[arg-type]
        return self.kept[booking]

    def _call(self, *call: object) -> None:
        if self.refuses is not None:
            raise self.refuses
        self.calls.append(call)


def _touch(one: Interval, other: Interval) -> bool:
    return one.start_us < other.end_us and other.start_us < one.end_us


class FakeSeries:
    """`SeriesDesk` from memory: four free days and one that is taken."""

    def __init__(self, bookings: FakeBookings) -> None:
        self._bookings = bookings
        self.calls: list[tuple[object, ...]] = []

    def plan(self, wish: SeriesWish, actor: Actor, now_us: int) -> SeriesPlan:
        days = [date(2026, 11, day) for day in (17, 24)] + [date(2026, 12, day) for day in (1, 8)]
        taken = date(2026, 12, 15)
        return SeriesPlan(
            tuple((day, part(day, "morning")) for day in days),
            (Conflict(taken, part(taken, "morning"), "desk_taken"),),
        )

    def book_series(
        self, wish: SeriesWish, actor: Actor, now_us: int, *, without_conflicts: bool = False
    ) -> Series:
        self.calls.append(("book_series", wish, without_conflicts, actor))
        return Series(SERIES, wish.space, wish.desk, wish.member, wish.kind, wish.rule)

    def series(self, series: str, actor: Actor) -> Series:
        if series != SERIES or actor.member != 2:
            raise UnknownSeries(series)
        return Series(SERIES, SPACE, "k1", 2, BookingKind.DESK, RULE, (self._bookings.kept[OWN_LATER],))

    def cancel_days(
        self, series: str, days: Days, actor: Actor, now_us: int, *, reason: str = ""
    ) -> SeriesChange:
        self.calls.append(("cancel_days", series, days, actor))
        return SeriesChange((self._bookings.kept[OWN_LATER],), ())

    def change_days(
        self, series: str, days: Days, to: DayChange, actor: Actor, now_us: int, *, reason: str = ""
    ) -> SeriesChange:
        raise NotImplementedError


class FakeBlockings:
    """`BlockingDesk` from memory."""

    def __init__(self, bookings: FakeBookings) -> None:
        self._bookings = bookings
        self.calls: list[tuple[object, ...]] = []

    def block(self, blocking: Blocking, actor: Actor, now_us: int) -> tuple[Booking, Sequence[Booking]]:
        self.calls.append(("block", blocking, actor))
        made = _made("d" * 16, "", blocking.time, None, kind=blocking.kind, desks=blocking.desks or DESKS)
        return made, ()

    def lift(self, booking: str, actor: Actor, now_us: int) -> Booking:
        self.calls.append(("lift", booking, actor))
        return self._bookings.kept[booking]


class FakeCalendar:
    """`CalendarDesk` from memory; a secret is the member's number with a word behind it, and that of 2 is there."""

    def __init__(self) -> None:
        self.made = {2: NOW_US}
        self.file = b"BEGIN:VCALENDAR\r\nEND:VCALENDAR\r\n"

    def since_us(self, member: int, actor: Actor) -> int | None:
        return self.made.get(member)

    def make(self, member: int, actor: Actor, now_us: int) -> str:
        assert actor.member == member
        self.made[member] = now_us
        return f"{member}-geheim"

    def end(self, member: int, actor: Actor, now_us: int) -> bool:
        return self.made.pop(member, None) is not None

    def feed(self, secret: str, now_us: int) -> Feed | None:
        member = int(secret.partition("-")[0]) if secret.endswith("-geheim") else 0
        return Feed(self.file, self.made[member]) if member in self.made else None


@dataclass
class BookingFakes:
    """All of them."""

    bookings: FakeBookings = field(default_factory=FakeBookings)
    series: FakeSeries = field(init=False)
    blockings: FakeBlockings = field(init=False)
    waiting: FakeWaiting = field(default_factory=FakeWaiting)

    def __post_init__(self) -> None:
        self.series, self.blockings = FakeSeries(self.bookings), FakeBlockings(self.bookings)
        self.calendar = FakeCalendar()

    @property
    def desks(self) -> BookingDesks:
        """As the application takes them."""
        return BookingDesks(
            bookings=self.bookings, series=self.series, blockings=self.blockings, tokens=None,  # type: ignore[arg-type]
            calendar=self.calendar,
            waiting=self.waiting,
        )  # fmt: skip

    @property
    def calls(self) -> list[tuple[object, ...]]:
        """What was done, whoever did it."""
        return [*self.bookings.calls, *self.series.calls, *self.blockings.calls]
