"""`WaitingDesk` from memory: the member of the fakes waits for one desk, and another one is held for them."""

from collections.abc import Sequence
from datetime import date, time
from typing import Final

from hub.domain.booking import Booking, BookingKind, BookingState
from hub.domain.booking_refusals import UnknownWait
from hub.domain.people import Actor
from hub.domain.time import Interval, wall_us
from hub.domain.waiting import Wait
from hub.waiting_ports import Turn, WaitWish
from tests.hub.web.fakes import TUESDAY_MORNING_US as NOW_US

SPACE: Final = "moelln"
MEMBER_PK: Final = 2
HELD, WAITED = "e" * 16, "f" * 16
_HOUR_US: Final = 3_600_000_000


class FakeWaiting:
    """The line."""

    def __init__(self) -> None:
        day, zone = date(2026, 11, 18), "Europe/Berlin"
        morning = Interval(wall_us(day, time(), zone), wall_us(day, time(12), zone))
        held = Wait(HELD, SPACE, MEMBER_PK, "s2", morning, NOW_US, "0" * 16, NOW_US + _HOUR_US)
        waited = Wait(WAITED, SPACE, MEMBER_PK, "", morning, NOW_US)
        self.kept = {HELD: Turn(held, 0, "s2", morning), WAITED: Turn(waited, 2, "", morning)}

    def wait(self, wish: WaitWish, actor: Actor, now_us: int) -> Wait:
        return Wait("0" * 16, wish.space, actor.member or 0, wish.desk, wish.time, now_us)

    def turns(self, actor: Actor, now_us: int) -> Sequence[Turn]:
        return [one for one in self.kept.values() if one.wait.member == actor.member]

    def turn(self, wait: str, actor: Actor, now_us: int) -> Turn:
        for one in self.turns(actor, now_us):
            if one.wait.id == wait:
                return one
        raise UnknownWait(wait)

    def leave(self, wait: str, actor: Actor, now_us: int) -> None:
        self.turn(wait, actor, now_us)

    def confirm(self, wait: str, actor: Actor, now_us: int) -> Booking:
        found = self.turn(wait, actor, now_us)
        return Booking(
            "0" * 16, SPACE, BookingKind.DESK, (found.desk or "s1",), found.time, BookingState.BOOKED, actor.member,
            1, now_us, now_us,
        )  # fmt: skip
