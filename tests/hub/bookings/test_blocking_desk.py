"""What hosts take out of use: nobody books it, and who is in the way gives way only when a host says so."""

from typing import Any

import pytest

from hub.booking_ports import Blocking
from hub.domain import booking_refusals as refusals
from hub.domain.booking import BookingKind, BookingState
from hub.domain.errors import NotAllowed, RuleRefused
from hub.domain.time import Interval
from tests.hub.bookings.world import A, B, BookingWorld, berlin, span
from tests.hub.desks.world import CLI, SPACE
from tests.hub.domain.overlaps import OVERLAPS


def blocking(time: Interval, *desks: str, **changed: Any) -> Blocking:
    values: dict[str, Any] = {"kind": BookingKind.MAINTENANCE, "note": "Lampe wird getauscht"} | changed
    return Blocking(SPACE, values.pop("kind"), time, desks, **values)


@pytest.mark.parametrize(("other", "overlaps"), OVERLAPS)
def test_what_is_blocked_is_not_booked(world: BookingWorld, other: tuple[int, int], overlaps: bool) -> None:
    made, gone = world.blockings.block(blocking(span("11:00", "14:00"), A), world.actor(1), world.now_us)
    assert gone == []
    assert world.chain()[-1]["what"] == "desks_blocked"
    wanted = span(f"{other[0] + 2:02}:00", f"{other[1] + 2:02}:00")
    if overlaps:
        with pytest.raises(refusals.DeskTaken):
            world.book(wanted)
    else:
        world.book(wanted)
    assert world.bookings.booking(made.id, CLI) == made


def test_who_is_in_the_way_stays_unless_a_host_says_so(world: BookingWorld) -> None:
    host = world.actor(1)
    early = world.book(span("09:00", "12:00"), A)
    later = world.book(span("13:00", "15:00"), B, member=world.mia)
    closing = blocking(span("10:00", "18:00"), kind=BookingKind.CLOSING, note="Wasserschaden")
    with pytest.raises(refusals.DeskTaken) as refused:
        world.blockings.block(closing, host, world.now_us)
    assert refused.value.data["desk"] == A
    world.at("2026-11-19T10:30")
    made, gone = world.blockings.block(
        blocking(span("10:00", "18:00"), kind=BookingKind.CLOSING, note="Wasserschaden", displace=True),
        host,
        world.now_us,
    )
    assert made.time.start_us == world.now_us, "what has passed stays as it was"
    assert {one.id for one in gone} == {early.id, later.id}
    cut = world.bookings.booking(early.id, CLI)
    assert (cut.state, cut.time) == (
        BookingState.BOOKED, Interval(early.time.start_us, world.now_us),
    )  # fmt: skip
    ended = world.bookings.booking(later.id, CLI)
    assert (ended.state, ended.ended_reason) == (BookingState.CANCELLED, "Wasserschaden")
    with pytest.raises(refusals.DeskTaken):
        world.blockings.block(blocking(span("11:00", "12:00"), A, displace=True), host, world.now_us)


def test_lifted_before_it_begins_or_for_the_rest(world: BookingWorld) -> None:
    host = world.actor(1)
    made, _ = world.blockings.block(blocking(span("10:00", "18:00"), A), host, world.now_us)
    assert world.blockings.lift(made.id, host, world.now_us).state is BookingState.CANCELLED
    assert world.blockings.lift(made.id, host, world.now_us).version == 2, "twice is once"
    made, _ = world.blockings.block(blocking(span("10:00", "18:00"), A), host, world.now_us)
    world.at("2026-11-19T11:30")
    assert world.blockings.lift(made.id, host, world.now_us).time.end_us == world.now_us
    world.book(span("12:00", "13:00"))
    world.at("2026-11-19T18:30")
    with pytest.raises(refusals.TooLate):
        world.blockings.lift(made.id, host, world.now_us)


@pytest.mark.parametrize(
    ("values", "refusal"),
    [
        ({"kind": BookingKind.DESK}, refusals.BookingRefused),
        ({"note": " "}, refusals.BookingRefused),
        ({"desks": ("zimmer",)}, refusals.UnknownDesk),
        ({"time": span("08:00", "09:00", "2026-11-18")}, refusals.TooLate),
        ({"time": span("08:00", "09:00", "2029-11-18")}, refusals.TooFarAhead),
        ({"time": Interval(berlin("2027-01-02T00:00"), berlin("2027-01-01T00:00"))}, refusals.TooLong),
        ({"time": Interval(0, 1)}, refusals.NoSuchTime),
        ({"time": Interval(berlin("2026-12-01T00:00"), berlin("2028-03-01T00:00"))}, refusals.TooLong),
        ({"member": 99}, RuleRefused),
    ],
)
def test_what_can_not_be_blocked_is_refused(
    sqlite_world: BookingWorld, values: dict[str, Any], refusal: type[Exception]
) -> None:
    wanted: dict[str, Any] = {"time": span("09:00", "10:00"), "desks": (A,)} | values
    with pytest.raises(refusal):
        sqlite_world.blockings.block(
            blocking(wanted.pop("time"), *wanted.pop("desks"), **wanted), CLI, sqlite_world.now_us
        )
    assert sqlite_world.rows("SELECT * FROM booking") == []


def test_blocking_is_for_hosts(world: BookingWorld) -> None:
    made, _ = world.blockings.block(blocking(span("10:00", "18:00"), A), CLI, world.now_us)
    mine = world.book(span("10:00", "11:00"), B)
    for actor in (world.me(world.jo), world.actor(3), world.actor(5)):
        with pytest.raises(NotAllowed):
            world.blockings.block(blocking(span("09:00", "10:00"), B), actor, world.now_us)
        # To whoever may not lift it, it is not there.
        with pytest.raises(refusals.UnknownBooking):
            world.blockings.lift(made.id, actor, world.now_us)
    with pytest.raises(refusals.BookingRefused, match="no blocking"):
        world.blockings.lift(mine.id, CLI, world.now_us)
