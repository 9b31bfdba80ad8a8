"""The button outside: what it says, what it opens (nothing), and for how long an opening may lean on it."""

from collections.abc import Callable

import pytest

from device.core.effects import Pattern
from device.core.inputs import DoorLevel, DoorLine, Level
from tests.device.core.door_kit import (
    BACK,
    DOORS,
    FRONT,
    SESSION,
    Site,
    answers,
    changes,
    locks,
    shown,
    whats,
)
from tests.device.core.traces import us
from wire.access import OpenDoor, SetMode

ID = "00000000000000c1"
ASKING = OpenDoor(command=ID, session=SESSION, door=FRONT, called_s=30)
PLAIN = OpenDoor(command=ID, session=SESSION, door=FRONT)
REFUSED = [(ID, "not_called")]


def test_a_press_is_told_and_shown_and_releases_nothing() -> None:
    site = Site().shut()
    effects = site.call()
    assert [(one.what, one.released, one.command, one.credential) for one in changes(effects)] == [
        ("called", False, None, None)
    ]
    assert Pattern.CALLED in shown(effects)
    assert locks(site.effects) == []


def test_a_press_and_a_command_that_asks_for_one_open() -> None:
    site = Site().shut()
    site.call()
    effects = site.command(ASKING)
    assert locks(effects) == [(FRONT, True)]
    assert answers(effects) == [(ID, "done")]
    assert [(one.what, one.command) for one in changes(effects)] == [("opened_remotely", ID)]


def test_without_a_press_it_is_refused_and_counted_and_nothing_opens() -> None:
    site = Site().shut()
    effects = site.command(ASKING)
    assert answers(effects) == REFUSED
    assert locks(effects) == []
    assert site.agent.refused() == {"not-called": 1}


@pytest.mark.parametrize(
    ("label", "later_us", "opens"),
    [("just in time", us(30) - 1, True), ("on the stroke", us(30), False), ("just over", us(30) + 1, False)],
)
def test_a_press_counts_for_as_long_as_the_command_says(label: str, later_us: int, opens: bool) -> None:
    site = Site().shut()
    site.do(DoorLevel(FRONT, DoorLine.BUTTON, Level.ACTIVE))
    site.wait(0.03)
    pressed_us = site.at_us
    site.line(Level.IDLE, DoorLine.BUTTON)
    site.wait((pressed_us + later_us - site.at_us) / 1e6)
    assert site.at_us == pressed_us + later_us
    assert answers(site.command(ASKING)) == ([(ID, "done")] if opens else REFUSED), label


def test_one_press_is_for_one_opening() -> None:
    site = Site().shut()
    site.call()
    assert answers(site.command(ASKING)) == [(ID, "done")]
    assert answers(site.command(ASKING)) == REFUSED
    site.call()
    assert answers(site.command(ASKING)) == [(ID, "done")]


def test_a_host_who_opens_needs_no_press_and_uses_none() -> None:
    site = Site().shut()
    assert answers(site.command(PLAIN)) == [(ID, "done")]
    site.call()
    assert answers(site.command(PLAIN)) == [(ID, "done")]
    assert answers(site.command(ASKING)) == [(ID, "done")]


def _bounce(site: Site) -> None:
    site.do(DoorLevel(FRONT, DoorLine.BUTTON, Level.ACTIVE))
    site.wait(0.029)
    site.line(Level.IDLE, DoorLine.BUTTON)


def _cut(site: Site) -> None:
    site.line(Level.MISSING, DoorLine.BUTTON)
    site.line(Level.ACTIVE, DoorLine.BUTTON)


def _jam(site: Site) -> None:
    site.line(Level.ACTIVE, DoorLine.BUTTON)
    site.wait(30)


def _leave(site: Site) -> None:
    site.line(Level.ACTIVE, DoorLine.EXIT)
    site.line(Level.IDLE, DoorLine.EXIT)
    site.wait(6)


@pytest.mark.parametrize(
    ("label", "do"),
    [
        ("a bounce", _bounce),
        ("a cable that comes back pressed", _cut),
        ("a button that got stuck", _jam),
        ("the exit button, which is inside", _leave),
        ("a press at another door", lambda site: site.call(BACK)),
    ],
)
def test_what_is_no_press_of_now_opens_nothing(label: str, do: Callable[[Site], object]) -> None:
    site = Site().shut()
    do(site)
    assert answers(site.command(ASKING)) == REFUSED, label
    assert locks(site.last) == [], label


def test_a_button_that_is_down_at_the_start_was_not_pressed_now() -> None:
    site = Site()
    site.line(Level.ACTIVE, DoorLine.BUTTON)
    assert answers(site.command(ASKING)) == REFUSED


def test_no_wall_clock_makes_an_old_press_new_or_a_new_one_old() -> None:
    site = Site().shut()
    site.call()
    site.wait(30)
    site.jump_us = -us(29)
    assert answers(site.command(ASKING)) == REFUSED
    site.call()
    site.jump_us = us(3_600)
    assert answers(site.command(ASKING)) == [(ID, "done")]


def test_a_restart_forgets_the_press() -> None:
    site = Site().shut()
    site.call()
    again = Site().shut()
    assert answers(again.command(ASKING)) == REFUSED


def test_a_door_without_the_button_is_never_called() -> None:
    site = Site().shut()
    assert not DOORS[BACK].has_button
    command = OpenDoor(command=ID, session=SESSION, door=BACK, called_s=600)
    assert answers(site.command(command)) == REFUSED


@pytest.mark.parametrize(
    ("label", "site", "outcome"),
    [
        ("lockdown", lambda: Site(kept_modes={FRONT: "lockdown"}), "lockdown"),
        ("no trusted time", lambda: Site(synced=False), "time_not_trusted"),
    ],
)
def test_a_press_overrules_nothing_and_is_kept_for_whoever_may(
    label: str, site: Callable[[], Site], outcome: str
) -> None:
    here = site().shut()
    here.call()
    assert answers(here.command(ASKING)) == [(ID, outcome)], label
    here.synced = True
    here.command(SetMode(command=ID, session=SESSION, door=FRONT, mode="normal"))
    assert answers(here.command(ASKING)) == [(ID, "done")], label


def test_whoever_plays_with_the_button_fills_no_spool_and_sees_that_it_works() -> None:
    site = Site().shut()
    for _ in range(100):
        site.call()
    assert whats(site.effects) == ["called"]
    assert shown(site.effects).count(Pattern.CALLED) == 100
    site.wait(30)
    assert whats(site.call()) == ["called"]
