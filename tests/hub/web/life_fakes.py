"""The life of spaces without a database: whatever is decided is noted, and an end takes a booking with it."""

from datetime import date

from hub.domain.booking import Booking, BookingKind, BookingState
from hub.domain.errors import NotAllowed, RuleRefused
from hub.domain.people import Actor, Role
from hub.domain.space import Period, PeriodKind
from hub.domain.time import Interval
from hub.life_ports import Closing, Reach
from tests.hub.web.fakes import TUESDAY_MORNING_US as NOW_US

DAY_US = 86_400_000_000


class FakeLife:
    """`LifeDesk` from memory."""

    def __init__(self) -> None:
        self.calls: list[tuple[object, ...]] = []
        self.refuses: RuleRefused | None = None
        self.bookings = [_booking(number) for number in range(2)]

    def open_space(
        self, space: str, on: date, test_from: date | None, actor: Actor, now_us: int
    ) -> tuple[Period, ...]:
        self._call(actor, "open_space", space, on, test_from)
        return (Period(on, PeriodKind.OPEN),)

    def move(self, space: str, on: date, address: str, actor: Actor, now_us: int) -> tuple[Period, ...]:
        self._call(actor, "move", space, on, address)
        return (Period(on, PeriodKind.MOVED, address),)

    def look_at_closing(self, space: str, on: date, actor: Actor, now_us: int) -> Closing:
        self._check(actor, space)
        return Closing(on, tuple(self.bookings), (), Reach(3, 2, 1))

    def close(self, space: str, on: date, reason: str, actor: Actor, now_us: int) -> Closing:
        self._call(actor, "close", space, on, reason)
        return Closing(on, tuple(self.bookings), (), Reach(3, 2, 1))

    def take_back(self, space: str, kind: PeriodKind, actor: Actor, now_us: int) -> tuple[Period, ...]:
        self._call(actor, "take_back", space, kind)
        return ()

    def _check(self, actor: Actor, space: str) -> None:
        if not actor.may(space, Role.MANAGER):
            raise NotAllowed("this takes another role", code="not_allowed")
        if self.refuses is not None:
            raise self.refuses

    def _call(self, actor: Actor, what: str, space: str, *more: object) -> None:
        self._check(actor, space)
        self.calls.append((what, space, *more))


def _booking(number: int) -> Booking:
    start_us = NOW_US + (30 + number) * DAY_US
    return Booking(
        id=f"{number:016x}",
        space="moelln",
        kind=BookingKind.DESK,
        desks=("s1",),
        time=Interval(start_us, start_us + 3_600_000_000),
        state=BookingState.BOOKED,
        member=2,
        version=1,
        created_us=NOW_US,
        fresh_us=NOW_US,
        note="",
    )
