"""Modes of a door: who begins them, what ends them, and what survives a restart."""

from typing import Any

import pytest

from device.core.effects import KeepMode, Pattern
from device.core.inputs import DoorLine, Level, LinkDown, LinkUp
from tests.device.core.door_kit import (
    BACK,
    DEAD,
    FRONT,
    HOSTS,
    IN,
    MEMBER,
    OTHER,
    OUT,
    SESSION,
    T0,
    Site,
    access_list,
    answers,
    arrival,
    changes,
    locks,
    reason,
    rule,
    shown,
    whats,
)
from tests.device.core.traces import us
from wire.access import OpenDoor, SetMode, Window
from wire.events import DoorModeName

OFFICE = [Window(T0 + us(60), T0 + us(600)), Window(T0 + us(3_600), T0 + us(4_200))]


def office_site(office: list[Window] | None = None, **other: Any) -> Site:
    """Return a site at second 15.x, 45 s before its first office window."""
    return Site(access_list(front=rule(office=OFFICE if office is None else office, **other))).shut()


def set_mode(site: Site, mode: DoorModeName, door: str = FRONT) -> list[str]:
    """Give the command; return what was told, and the outcome last."""
    site.command(SetMode(command="00000000000000c2", session=SESSION, door=door, mode=mode))
    return [*whats(site.last), *(outcome for _command, outcome in answers(site.last))]


def to(site: Site, at_s: float) -> None:
    """Let time pass until a wall time, in seconds after T0."""
    site.wait(at_s - (site.now.wall_us - T0) / 1e6)


# -- office ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("label", "at_s", "begins"),
    [
        ("just before the window", 59.999, False),
        ("as it begins", 60, True),
        ("just before its end", 599.999, True),
        ("at its end", 600, False),
    ],
)
def test_office_begins_with_the_first_grant_inside_its_window(label: str, at_s: float, begins: bool) -> None:
    site = office_site()
    to(site, at_s)
    site.tap(MEMBER)
    assert ("mode" in whats(site.effects)) is begins, label
    assert site.agent.doors()[FRONT].mode == ("office" if begins else "normal")


def test_the_window_alone_opens_nothing() -> None:
    site = office_site()
    to(site, 5_000)
    assert locks(site.effects) == []


def test_office_holds_the_door_open_until_the_windows_end() -> None:
    site = office_site()
    to(site, 100)
    effects = site.tap(MEMBER)
    assert [(one.what, one.mode, one.released) for one in changes(effects)] == [("mode", "office", True)]
    site.effects.clear()
    # Who comes and goes is nobody's business now.
    for _ in range(3):
        site.open()
        site.close()
    to(site, 599.999)
    assert site.effects == []
    assert site.locks[FRONT]
    site.wait(0.001)
    assert locks(site.effects) == [(FRONT, False)]
    assert [(one.what, one.mode, one.released) for one in changes(site.effects)] == [
        ("mode", "normal", False)
    ]


def test_a_door_that_stands_open_as_office_ends_is_warned_about() -> None:
    site = office_site()
    to(site, 100)
    site.tap(MEMBER)
    site.open()
    to(site, 600)
    assert "forced" not in whats(site.effects)
    assert whats(site.wait(30)) == ["held_soon"]


def test_office_does_not_begin_where_a_host_begins_it_nor_by_leaving() -> None:
    site = office_site(office_from_first=False)
    to(site, 100)
    site.tap(MEMBER)
    assert site.agent.doors()[FRONT].mode == "normal"
    site = office_site()
    to(site, 100)
    site.tap(MEMBER, OUT)
    assert site.agent.doors()[FRONT].mode == "normal"


def test_a_host_begins_office_inside_its_window_alone() -> None:
    site = office_site(office_from_first=False)
    assert set_mode(site, "office") == ["expired"]
    assert locks(site.last) == []
    assert site.agent.refused() == {"outside-window": 1}
    to(site, 100)
    assert set_mode(site, "office") == ["mode", "done"]
    assert locks(site.last) == [(FRONT, True)]
    assert set_mode(site, "office", BACK) == ["expired"]


def test_a_host_ends_office_for_this_window_and_the_next_one_begins_by_itself() -> None:
    site = office_site()
    to(site, 100)
    site.tap(MEMBER)
    assert set_mode(site, "normal") == ["mode", "done"]
    assert locks(site.last) == [(FRONT, False)]
    site.wait(20)
    site.tap(OTHER)
    assert site.agent.doors()[FRONT].mode == "normal"
    to(site, 3_700)
    site.tap(OTHER)
    assert site.agent.doors()[FRONT].mode == "office"


def test_a_host_may_begin_again_what_a_host_ended() -> None:
    site = office_site()
    to(site, 100)
    set_mode(site, "normal")
    assert set_mode(site, "office") == ["mode", "done"]
    assert site.locks[FRONT]


def test_the_last_one_out_ends_office_and_gets_out() -> None:
    site = office_site()
    to(site, 100)
    site.tap(MEMBER)
    site.wait(60)
    site.tap(OTHER)
    site.wait(60)
    site.tap(MEMBER, OUT)
    assert site.agent.doors()[FRONT].mode == "office"
    site.wait(60)
    effects = site.tap(OTHER, OUT)
    assert reason(effects) == "granted"
    assert whats(effects) == ["mode"]
    assert site.agent.doors()[FRONT].mode == "normal"
    assert site.locks[FRONT]
    assert locks(site.wait(5)) == [(FRONT, False)]
    # Whoever arrives next begins it again.
    site.tap(MEMBER)
    assert site.agent.doors()[FRONT].mode == "office"


def test_office_ends_with_the_list() -> None:
    body = access_list(front=rule(office=[Window(T0, DEAD)]))
    site = Site(body, has_list=False).shut()
    site.do(arrival(body, dead_us=T0 + us(200)))
    site.tap(MEMBER)
    assert site.agent.doors()[FRONT].mode == "office"
    to(site, 199.999)
    assert site.locks[FRONT]
    site.wait(0.001)
    assert not site.locks[FRONT]


@pytest.mark.parametrize(
    ("label", "office", "mode"),
    [
        ("the same hours", OFFICE, "office"),
        ("longer hours", [Window(T0 + us(60), T0 + us(700))], "office"),
        ("other hours", [Window(T0 + us(200), T0 + us(700))], "normal"),
        ("no hours", [], "normal"),
    ],
)
def test_a_new_list_brings_new_hours_and_opens_nothing(label: str, office: list[Window], mode: str) -> None:
    site = office_site()
    to(site, 100)
    site.tap(MEMBER)
    effects = site.do(arrival(access_list(front=rule(office=office)), version=2))
    assert site.agent.doors()[FRONT].mode == mode, label
    assert locks(effects) == ([] if mode == "office" else [(FRONT, False)])
    if label == "longer hours":
        to(site, 699.999)
        assert site.locks[FRONT]
        site.wait(0.001)
        assert not site.locks[FRONT]


def test_new_hours_alone_do_not_begin_office() -> None:
    site = Site().shut()
    to(site, 100)
    site.tap(MEMBER)
    site.wait(60)
    site.do(arrival(access_list(front=rule(office=OFFICE)), version=2))
    assert site.agent.doors()[FRONT].mode == "normal"
    assert not site.locks[FRONT]


def test_time_that_is_not_trusted_ends_office_and_lets_none_begin() -> None:
    site = office_site()
    to(site, 100)
    site.tap(HOSTS)
    site.synced = False
    assert locks(site.wait(60)) == [(FRONT, False)]
    assert reason(site.tap(HOSTS)) == "granted"
    assert site.agent.doors()[FRONT].mode == "normal"


@pytest.mark.parametrize(
    ("label", "jump_s", "ends"),
    [
        ("set back by a little", -10, False),
        ("set back to before the window", -1_000, True),
        ("set ahead by a little", 10, False),
        ("set ahead to after the window", 1_000, True),
        ("set ahead into the next window", 3_600, True),
    ],
)
def test_a_clock_that_is_set_never_keeps_a_door_open_for_longer(
    label: str, jump_s: float, ends: bool
) -> None:
    site = office_site()
    to(site, 300)
    site.tap(MEMBER)
    site.jump_us += us(jump_s)
    site.wait(60)
    assert (site.agent.doors()[FRONT].mode == "normal") is ends, label
    site.wait(240)
    assert not site.locks[FRONT], label


# -- lockdown and evacuation -----------------------------------------------------------------------------------


def test_lockdown_locks_at_once_lets_in_hosts_and_whoever_is_inside_still_leaves() -> None:
    site = office_site()
    to(site, 100)
    site.tap(MEMBER)
    assert set_mode(site, "lockdown") == ["mode", "done"]
    assert locks(site.last) == [(FRONT, False)]
    assert shown(site.last) == [Pattern.LOCKDOWN]
    assert KeepMode(FRONT, "lockdown") in site.last
    site.wait(30)
    assert reason(site.tap(MEMBER)) == "lockdown"
    assert reason(site.tap(HOSTS)) == "granted"
    site.wait(30)
    assert locks(site.line(Level.ACTIVE, DoorLine.EXIT)) == [(FRONT, True)]
    assert site.agent.doors()[FRONT].mode == "lockdown"


def test_lockdown_takes_a_running_release_back() -> None:
    site = Site().shut()
    site.tap(MEMBER)
    set_mode(site, "lockdown")
    assert locks(site.last) == [(FRONT, False)]
    assert "not_opened" in whats(site.last)


def test_a_host_in_a_lockdown_does_not_begin_office() -> None:
    site = office_site()
    to(site, 100)
    set_mode(site, "lockdown")
    site.tap(HOSTS)
    assert site.agent.doors()[FRONT].mode == "lockdown"
    assert locks(site.wait(5)) == [(FRONT, False)]


def test_lockdown_survives_a_restart_until_a_host_ends_it() -> None:
    site = Site(kept_modes={FRONT: "lockdown", "a door of long ago": "lockdown"}).shut()
    assert site.agent.doors()[FRONT].mode == "lockdown"
    assert site.agent.doors()[BACK].mode == "normal"
    assert reason(site.tap(MEMBER)) == "lockdown"
    assert set_mode(site, "normal") == ["mode", "done"]
    assert KeepMode(FRONT, "normal") in site.last
    assert locks(site.last) == []
    site.wait(5)
    assert reason(site.tap(MEMBER)) == "granted"


@pytest.mark.parametrize("mode", ["office", "evacuate", "normal"])
def test_no_other_mode_survives_a_restart(mode: DoorModeName) -> None:
    site = Site(kept_modes={FRONT: mode})
    assert site.agent.doors()[FRONT].mode == "normal"
    assert locks(site.effects) == [(FRONT, False), (BACK, False)]


def test_evacuation_opens_until_a_command_ends_it_whatever_else_happens() -> None:
    site = Site().shut()
    assert set_mode(site, "evacuate") == ["mode", "done"]
    assert locks(site.last) == [(FRONT, True)]
    assert not [one for one in site.effects if isinstance(one, KeepMode)]
    site.do(LinkDown())
    site.synced = False
    site.wait(100_000)
    site.tap(HOSTS)
    site.do(arrival(access_list(credentials=[]), version=2))
    assert site.locks[FRONT]
    site.do(LinkUp(SESSION))
    # It only locks, so it needs no trusted time.
    assert set_mode(site, "normal") == ["mode", "done"]
    assert not site.locks[FRONT]


def test_evacuation_ends_a_lockdown_for_good() -> None:
    site = Site(kept_modes={FRONT: "lockdown"}).shut()
    assert set_mode(site, "evacuate") == ["mode", "done"]
    assert KeepMode(FRONT, "evacuate") in site.last
    assert site.locks[FRONT]


def test_a_lockdown_becomes_office_only_after_a_host_ended_it() -> None:
    site = office_site()
    to(site, 100)
    set_mode(site, "lockdown")
    assert set_mode(site, "office") == ["lockdown"]
    assert not site.locks[FRONT]


def test_a_command_opens_no_door_in_lockdown() -> None:
    site = Site(kept_modes={FRONT: "lockdown"}).shut()
    effects = site.command(OpenDoor(command="00000000000000c3", session=SESSION, door=FRONT))
    assert answers(effects) == [("00000000000000c3", "lockdown")]
    assert locks(effects) == []


def test_a_mode_that_is_on_already_is_answered_and_not_told() -> None:
    site = Site().shut()
    assert set_mode(site, "normal") == ["done"]
    set_mode(site, "lockdown")
    assert set_mode(site, "lockdown") == ["done"]


def test_a_card_in_office_is_told_and_cannot_be_tapped_too_often() -> None:
    site = office_site()
    to(site, 100)
    site.tap(MEMBER)
    site.open()
    site.wait(2)
    assert reason(site.tap(MEMBER, IN)) == "granted"
