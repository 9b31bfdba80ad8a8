"""Who does not come loses the desk; who is there, or can't be noticed, does not."""

from typing import Any

import pytest
from sqlalchemy import insert, select

from hub.domain import booking_refusals as refusals
from hub.domain.booking import BookingState
from hub.domain.errors import NotAllowed
from hub.domain.no_show import Verdict
from hub.domain.time import Interval
from hub.storage.event_tables import DeskLiveRow, EpochRow
from hub.storage.tables import DeskRow, DeviceRow
from tests.hub.bookings.world import BARE, A, B, BookingWorld, berlin, span
from tests.hub.desks.world import CLI, SPACE
from tests.parts.queries import counting

MORNING = span("09:00", "12:00")


def sense(world: BookingWorld, desk: str, state: str, since: str, reason: str = "") -> None:
    """Have a sensor say something."""
    device_pk = world.device_pk("pi-1")
    with world.engine.begin() as connection:
        desk_pk = connection.execute(
            select(DeskRow.pk)
            .join(DeviceRow, DeviceRow.pk == DeskRow.device_pk)
            .where(DeskRow.id == desk, DeviceRow.pk == device_pk)
        ).scalar_one()
        made = connection.execute(
            insert(EpochRow).values(device_pk=device_pk, epoch="e" * 16, ordinal=1, first_seen_us=1)
        )
        assert made.inserted_primary_key is not None
        connection.execute(
            insert(DeskLiveRow).values(
                desk_pk=desk_pk, device_pk=device_pk, state=state, reason=reason, since_us=berlin(since),
                time_quality="exact", epoch_pk=made.inserted_primary_key[0], epoch_ordinal=1, seq=1,
            )
        )  # fmt: skip


@pytest.mark.parametrize(
    ("desk", "state", "since", "released"),
    [
        pytest.param(A, "vacant", "2026-11-19T07:00", True, id="silent"),
        pytest.param(A, "occupied", "2026-11-19T09:05", False, id="somebody is there, not confirmed"),
        pytest.param(A, "vacant", "2026-11-19T09:10", False, id="a cleaner has just left"),
        pytest.param(A, "unknown", "2026-11-19T08:00", False, id="the sensor is unplugged"),
        pytest.param(A, "", "", False, id="the sensor never said anything"),
        pytest.param(BARE, "", "", True, id="no sensor, no card"),
    ],
)
def test_released_when_card_and_sensor_were_silent_and_heard(
    world: BookingWorld, desk: str, state: str, since: str, released: bool
) -> None:
    made = world.book(MORNING, desk)
    if state:
        sense(world, desk, state, since, "unplugged" if state == "unknown" else "")
    world.at("2026-11-19T09:29")
    assert world.release.run(world.now_us) == []
    world.at("2026-11-19T09:30")
    before = world.wanted()
    assert world.release.run(world.now_us) == ([SPACE] if released else [])
    found = world.bookings.booking(made.id, CLI)
    assert (found.state is BookingState.RELEASED_NO_SHOW) == released
    assert (world.active() == []) == released
    assert (world.wanted() != before) == released, "its door is closed to who did not come"
    if released:
        assert (found.ended_us, bool(found.ended_reason)) == (world.now_us, True)
        assert world.release.run(world.now_us + 1) == []
    assert world.rows("SELECT * FROM check_in") == [], "presence checks nobody in"


def test_hosts_see_what_becomes_of_desks_that_nobody_confirmed(world: BookingWorld) -> None:
    occupied, silent = world.book(MORNING, A), world.book(MORNING, BARE, member=world.mia)
    sense(world, A, "occupied", "2026-11-19T09:05")
    world.at("2026-11-19T09:31")
    late = world.book(span("09:00", "12:00"), B, member=world.somebody("Ada"))
    found = {
        one.id: verdict for one, verdict in world.bookings.unconfirmed(SPACE, world.actor(1), world.now_us)
    }
    assert found == {
        occupied.id: Verdict.OCCUPIED, silent.id: Verdict.RELEASE, late.id: Verdict.NOT_DUE,
    }  # fmt: skip
    for actor in (world.me(world.jo), world.actor(3)):
        with pytest.raises(NotAllowed):
            world.bookings.unconfirmed(SPACE, actor, world.now_us)


def test_a_door_that_is_away_is_no_silence(world: BookingWorld) -> None:
    made = world.book(MORNING, BARE)
    world.at("2026-11-19T09:30")
    world.say("pi-2", status="lost")
    world.release.run(world.now_us)
    assert world.states() == {made.id: "booked"}
    world.say("pi-2", readers={"leser": False})
    world.release.run(world.now_us)
    assert world.states() == {made.id: "booked"}, "nor is a reader that is not connected"
    world.say("pi-2")
    world.release.run(world.now_us)
    assert world.states() == {made.id: "released_no_show"}


def test_it_is_released_to_whoever_asks_for_the_desk(world: BookingWorld) -> None:
    gone = world.book(MORNING, BARE)
    world.at("2026-11-19T09:29")
    with pytest.raises(refusals.DeskTaken):
        world.book(span("09:00", "10:00"), BARE, member=world.mia)
    world.at("2026-11-19T09:30")
    made = world.book(span("09:00", "10:00"), BARE, member=world.mia)
    assert world.states() == {gone.id: "released_no_show", made.id: "booked"}


def test_a_late_booking_and_a_restored_one_have_fresh_grace(world: BookingWorld) -> None:
    world.at("2026-11-19T09:40")
    late = world.book(MORNING, BARE)
    world.at("2026-11-19T10:09")
    assert world.release.run(world.now_us) == []
    world.at("2026-11-19T10:10")
    assert world.release.run(world.now_us) == [SPACE]
    world.bookings.restore(late.id, world.actor(1), world.now_us, reason="kommt noch")
    world.at("2026-11-19T10:39")
    assert world.release.run(world.now_us) == []
    world.at("2026-11-19T10:40")
    assert world.release.run(world.now_us) == [SPACE]


def test_who_comes_too_late_finds_the_desk_again_if_it_is_free(world: BookingWorld) -> None:
    made, me = world.book(MORNING, BARE), world.me(world.jo)
    world.at("2026-11-19T09:45")
    world.release.run(world.now_us)
    other = world.book(span("09:00", "10:00"), BARE, member=world.mia)
    with pytest.raises(refusals.DeskTaken):
        world.bookings.check_in(made.id, me, world.now_us)
    world.bookings.cancel(other.id, CLI, world.now_us, reason="frei gegeben")
    here = world.bookings.check_in(made.id, me, world.now_us)
    assert (here.state, here.ended_us) == (BookingState.CHECKED_IN, None)
    assert len(world.active()) == 1


def test_who_stays_at_the_desk_is_checked_in_again_without_a_card(world: BookingWorld) -> None:
    first, second = world.book(span("09:00", "10:00"), BARE), world.book(span("10:00", "12:00"), BARE)
    world.at("2026-11-19T09:10")
    world.bookings.check_in(first.id, world.me(world.jo), world.now_us)
    world.at("2026-11-19T10:00")
    assert world.release.run(world.now_us) == [SPACE]
    assert world.states() == {first.id: "checked_in", second.id: "checked_in"}
    assert world.rows("SELECT how FROM check_in ORDER BY pk") == [("phone",), ("continued",)]
    assert len(world.rows("SELECT * FROM visit")) == 1


@pytest.mark.parametrize("day", ["2026-03-29", "2026-10-25"])
def test_grace_over_a_change_of_the_clock(sqlite_world: BookingWorld, day: str) -> None:
    world = sqlite_world
    world.space(grace_min=90)
    world.at(f"{day}T00:10")
    begin_us = berlin(f"{day}T01:00")
    made = world.book(
        Interval(begin_us, begin_us + 4 * 3_600_000_000),
        BARE,
        actor=CLI,
        beyond_rules=True,
        reason="Nachtschicht",
    )
    for minutes, state in ((89, "booked"), (90, "released_no_show")):
        world.now_us = begin_us + minutes * 60_000_000
        for device in ("pi-1", "pi-2"):
            world.say(device)
        world.release.run(world.now_us)
        assert world.states() == {made.id: state}


def test_a_space_may_release_nothing(sqlite_world: BookingWorld) -> None:
    sqlite_world.space(release=False)
    made = sqlite_world.book(MORNING, BARE)
    sqlite_world.at("2026-11-19T11:59")
    assert sqlite_world.release.run(sqlite_world.now_us) == []
    assert sqlite_world.states() == {made.id: "booked"}


def test_looking_takes_as_many_queries_for_many_bookings_as_for_one(world: BookingWorld) -> None:
    def queries() -> int:
        with counting(world.engine) as counted:
            assert world.release.run(world.now_us) == []
        return counted.count

    values: dict[str, Any] = {"actor": CLI, "reason": "viele", "beyond_rules": True}
    world.book(MORNING, A, **values)
    world.at("2026-11-19T09:20")
    one = queries()
    for desk in (B, BARE):
        world.book(MORNING, desk, **values)
    assert queries() == one
