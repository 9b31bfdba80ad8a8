"""Whatever members, hosts, cards, time and jobs do in whatever order: never two active bookings of a desk at once."""

import itertools
import shutil
import tempfile
from collections.abc import Callable
from contextlib import suppress
from datetime import date, time, timedelta
from functools import cache
from pathlib import Path
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, initialize, invariant, rule

from hub.booking_ports import Blocking, Change, DayChange, Days, SeriesWish, Which
from hub.domain.booking import BookingKind
from hub.domain.booking_refusals import BookingRefused, DeskTaken
from hub.domain.series import Frequency, SeriesRule
from hub.domain.time import Interval
from hub.storage.claim_guards import missing_guards
from hub.storage.engine import make_engine
from hub.storage.schema import migrate
from tests.hub.bookings.world import BARE, A, B, BookingWorld, berlin
from tests.hub.desks.world import CLI, SPACE

HOUR_US = 3_600_000_000
DAYS = [date(2026, 11, 18) + timedelta(days=ahead) for ahead in range(3)]
DESKS = st.sampled_from([A, B, BARE])


@cache
def template() -> Path:
    """Return a SQLite database with the two spaces, made once."""
    path = Path(tempfile.mkdtemp(prefix="ankerort-laws-")) / "template.db"
    engine = make_engine(f"sqlite:///{path}")
    migrate(engine)
    world = BookingWorld(engine)
    world.set_up()
    world.space(several_desks=True, release=True)
    engine.dispose()
    return path


class Bookings(RuleBasedStateMachine):
    """A space where anybody does anything; what a rule refuses is refused, all else must hold."""

    made: Bundle[str] = Bundle("made")
    series: Bundle[str] = Bundle("series")
    waits: Bundle[str] = Bundle("waits")

    def __init__(self) -> None:
        super().__init__()
        self._folder = Path(tempfile.mkdtemp(prefix="ankerort-law-"))
        shutil.copy(template(), self._folder / "hub.db")
        self.world = BookingWorld(make_engine(f"sqlite:///{self._folder / 'hub.db'}"))
        self.world.jo, self.world.mia = 1, 2

    def teardown(self) -> None:
        self.world.engine.dispose()
        shutil.rmtree(self._folder)

    @initialize()
    def devices_are_there(self) -> None:
        self.world.at("2026-11-18T09:40")

    def _try(self, work: Callable[[], Any]) -> str:
        """Return the id of what was made; empty when a rule said no."""
        try:
            return str(work().id)
        except BookingRefused:
            return ""

    @rule(
        target=made, member=st.sampled_from([1, 2]), desk=DESKS, day=st.sampled_from(DAYS),
        start=st.integers(8, 16), length=st.integers(1, 4), beyond=st.booleans(),
    )  # fmt: skip
    def book(self, member: int, desk: str, day: date, start: int, length: int, *, beyond: bool) -> str:
        wanted = span(day, start, length)
        taken = self._taken(desk, wanted)
        actor = CLI if beyond else self.world.me(member)
        try:
            booking = self.world.book(
                wanted, desk, member, actor, beyond_rules=beyond, reason="so gewünscht" if beyond else ""
            )
        except DeskTaken:
            assert taken, "refused though it was free"
            return ""
        except BookingRefused:
            return ""
        return booking.id

    @rule(target=made, day=st.sampled_from(DAYS), start=st.integers(8, 20), length=st.integers(1, 4))
    def event(self, day: date, start: int, length: int) -> str:
        return self._try(
            lambda: self.world.book(
                span(day, start, length), "", actor=CLI, kind=BookingKind.EVENT, reason="Fest"
            )
        )

    @rule(
        target=made, desk=DESKS, day=st.sampled_from(DAYS), start=st.integers(8, 16), length=st.integers(1, 6),
        displace=st.booleans(),
    )  # fmt: skip
    def block(self, desk: str, day: date, start: int, length: int, *, displace: bool) -> str:
        blocking = Blocking(
            SPACE, BookingKind.MAINTENANCE, span(day, start, length), (desk,), "defekt", displace=displace
        )
        return self._try(lambda: self.world.blockings.block(blocking, CLI, self.world.now_us)[0])

    @rule(
        target=series,
        member=st.sampled_from([1, 2]),
        desk=DESKS,
        start=st.integers(8, 15),
        partly=st.booleans(),
    )
    def book_series(self, member: int, desk: str, start: int, *, partly: bool) -> str:
        daily = SeriesRule(Frequency.DAILY, DAYS[0], DAYS[-1], time(start), time(start + 2))
        wish = SeriesWish(SPACE, desk, daily, member)
        return self._try(
            lambda: self.world.series.book_series(
                wish, self.world.me(member), self.world.now_us, without_conflicts=partly
            )
        )

    @rule(id_=made, desk=DESKS, day=st.sampled_from(DAYS), start=st.integers(8, 16), length=st.integers(1, 4))
    def move(self, id_: str, desk: str, day: date, start: int, length: int) -> None:
        with suppress(BookingRefused):
            version = self.world.bookings.booking(id_, CLI).version
            to = Change(desk, span(day, start, length))
            self.world.bookings.change(
                id_, to, version, CLI, self.world.now_us, reason="Umzug", beyond_rules=True
            )

    @rule(id_=made)
    def cancel(self, id_: str) -> None:
        with suppress(BookingRefused):
            self.world.bookings.cancel(id_, CLI, self.world.now_us, reason="abgesagt")

    @rule(id_=made)
    def restore(self, id_: str) -> None:
        with suppress(BookingRefused):
            self.world.bookings.restore(id_, CLI, self.world.now_us, reason="doch")

    @rule(id_=made)
    def check_in(self, id_: str) -> None:
        with suppress(BookingRefused):
            self.world.bookings.check_in(id_, CLI, self.world.now_us)

    @rule(id_=made)
    def lift(self, id_: str) -> None:
        with suppress(BookingRefused):
            self.world.blockings.lift(id_, CLI, self.world.now_us)

    @rule(id_=series, which=st.sampled_from(list(Which)), day=st.sampled_from(DAYS))
    def cancel_days(self, id_: str, which: Which, day: date) -> None:
        with suppress(BookingRefused):
            days = Days(which, day, DAYS[-1])
            self.world.series.cancel_days(id_, days, CLI, self.world.now_us, reason="Ferien")

    @rule(id_=series, desk=DESKS, day=st.sampled_from(DAYS), start=st.integers(8, 14))
    def change_days(self, id_: str, desk: str, day: date, start: int) -> None:
        with suppress(BookingRefused):
            to = DayChange(desk, start * 60, (start + 3) * 60)
            self.world.series.change_days(
                id_, Days(Which.FOLLOWING, day), to, CLI, self.world.now_us, reason="Umzug"
            )

    @rule(
        target=waits, member=st.sampled_from([1, 2]), desk=st.sampled_from(["", A, B, BARE]),
        day=st.sampled_from(DAYS), start=st.integers(8, 16), length=st.integers(1, 4),
    )  # fmt: skip
    def wait(self, member: int, desk: str, day: date, start: int, length: int) -> str:
        return self._try(lambda: self.world.wait(span(day, start, length), desk, member))

    @rule(id_=waits, member=st.sampled_from([1, 2]))
    def confirm(self, id_: str, member: int) -> None:
        with suppress(BookingRefused):
            self.world.waiting.confirm(id_, self.world.me(member), self.world.now_us)

    @rule(id_=waits, member=st.sampled_from([1, 2]))
    def leave(self, id_: str, member: int) -> None:
        with suppress(BookingRefused):
            self.world.waiting.leave(id_, self.world.me(member), self.world.now_us)

    @rule(minutes=st.sampled_from([5, 30, 31, 60, 600]))
    def time_passes(self, minutes: int) -> None:
        self.world.now_us += minutes * 60_000_000
        for device in ("pi-1", "pi-2"):
            self.world.say(device)
        self.world.release.run(self.world.now_us)
        self.world.line.run(self.world.now_us)

    @invariant()
    def no_desk_is_taken_twice(self) -> None:
        active = self.world.active()
        for one, other in itertools.pairwise(active):
            assert one[0] != other[0] or one[2] <= other[1], (one, other)

    @invariant()
    def what_is_active_has_its_desks_and_nothing_else_has(self) -> None:
        assert (
            self.world.rows(
                "SELECT b.id FROM booking b LEFT JOIN claim c ON c.booking_pk = b.pk AND c.is_active = b.is_active"
                " AND c.start_us = b.start_us AND c.end_us = b.end_us WHERE c.pk IS NULL"
            )
            == []
        )

    @invariant()
    def nothing_is_held_but_for_somebody_in_line(self) -> None:
        held = "SELECT b.id FROM booking b JOIN waiting w ON w.hold_pk = b.pk WHERE NOT b.is_active"
        lost = (
            "SELECT b.id FROM booking b LEFT JOIN waiting w ON w.hold_pk = b.pk"
            " WHERE b.is_active AND b.kind = 'hold' AND w.pk IS NULL"
        )
        assert self.world.rows(held) == self.world.rows(lost) == []

    @invariant()
    def the_guards_stand(self) -> None:
        with self.world.engine.connect() as connection:
            assert missing_guards(connection) == []

    def _taken(self, desk: str, wanted: Interval) -> bool:
        return any(
            one == desk and start_us < wanted.end_us and wanted.start_us < end_us
            for one, start_us, end_us in self.world.active()
        )


def span(day: date, start: int, length: int) -> Interval:
    begin_us = berlin(f"{day}T00:00") + start * HOUR_US
    return Interval(begin_us, begin_us + length * HOUR_US)


Bookings.TestCase.settings = settings(max_examples=12, stateful_step_count=30, deadline=None)
TestBookings = Bookings.TestCase
