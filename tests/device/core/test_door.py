"""What a door tells and when its lock holds: contact, button, housing, and the times between."""

from typing import Any

import pytest

from device.core.door import GRACE_US
from device.core.effects import Pattern, Record
from device.core.inputs import CardPresented, DoorLevel, DoorLine, Level, Stop, Tick
from tests.device.core.door_kit import (
    BACK,
    DOORS,
    FRONT,
    IN,
    IN_BACK,
    MEMBER,
    OTHER,
    SESSION,
    SLOW,
    Site,
    access_list,
    arrival,
    changes,
    decisions,
    locks,
    reason,
    rule,
    shown,
    whats,
)
from wire.access import OpenDoor

COMMAND = "00000000000000c1"
OPEN_FRONT = OpenDoor(command=COMMAND, session=SESSION, door=FRONT)


# -- starting and stopping -------------------------------------------------------------------------------------


def test_every_lock_holds_from_the_start_and_how_doors_are_is_told() -> None:
    site = Site()
    assert locks(site.effects) == [(FRONT, False), (BACK, False)]
    started = [one for one in changes(site.effects) if one.what == "started"]
    assert [(one.door, one.mode, one.contact, one.released) for one in started] == [
        (FRONT, "normal", "unknown", False),
        (BACK, "normal", "unknown", False),
    ]


def test_a_door_found_open_at_the_start_was_not_forced_but_may_not_stand_so_for_ever() -> None:
    site = Site()
    assert [(one.what, one.contact) for one in changes(site.open())] == [("contact", "open")]
    assert whats(site.wait(29.9)) == []
    assert whats(site.wait(0.1)) == ["held_soon"]
    assert whats(site.wait(30)) == ["held"]


def test_a_button_that_is_down_at_the_start_or_as_its_cable_comes_back_releases_nothing() -> None:
    site = Site()
    assert locks(site.line(Level.ACTIVE, DoorLine.EXIT)) == []
    site.line(Level.MISSING, DoorLine.EXIT)
    assert locks(site.line(Level.ACTIVE, DoorLine.EXIT)) == []
    site.line(Level.IDLE, DoorLine.EXIT)
    assert locks(site.line(Level.ACTIVE, DoorLine.EXIT)) == [(FRONT, True)]


def test_stopping_locks_a_door_that_was_just_released() -> None:
    site = Site().shut()
    site.tap(MEMBER)
    effects = site.do(Stop())
    assert locks(effects) == [(FRONT, False), (BACK, False)]
    assert whats(effects) == ["not_opened"]
    assert shown(effects)[-1] is Pattern.OFF
    assert site.deadline_us is None


# -- grants ----------------------------------------------------------------------------------------------------


def test_the_lock_acts_first_then_the_light_then_what_is_written() -> None:
    site = Site().shut()
    effects = site.do(CardPresented(IN, MEMBER, proven=True))
    assert [type(one).__name__ for one in effects] == ["SetLock", "Show", "Record"]
    assert locks(effects) == [(FRONT, True)]
    assert shown(effects) == [Pattern.GRANTED]
    [decided] = decisions(effects)
    assert (decided.door, decided.reader, decided.credential) == (FRONT, IN, MEMBER)
    assert (decided.granted, decided.reason, decided.list_version) == (True, "granted", 1)
    assert all(one.urgent for one in effects if isinstance(one, Record))


def test_a_door_that_is_taken_locks_as_soon_as_it_closes() -> None:
    site = Site().shut()
    site.tap(MEMBER)
    site.wait(1)
    taken = site.open()
    assert [(one.what, one.credential, one.contact, one.released) for one in changes(taken)] == [
        ("taken", MEMBER, "open", True)
    ]
    assert locks(taken) == []
    site.wait(1)
    closed = site.close()
    assert locks(closed) == [(FRONT, False)]
    assert [(one.what, one.contact, one.released) for one in changes(closed)] == [("closed", "closed", False)]
    assert whats(site.wait(3600)) == []


@pytest.mark.parametrize(
    ("label", "card", "times", "released_s"),
    [
        ("as the list says", MEMBER, {"open_s": 7}, 7),
        ("longer, for who needs it", SLOW, {"longer_s": 20}, 20),
        ("as usual", MEMBER, {}, 5),
        ("longer as usual", SLOW, {}, 15),
    ],
)
def test_a_grant_releases_for_its_time(
    label: str, card: object, times: dict[str, Any], released_s: float
) -> None:
    site = Site(access_list(front=rule(**times))).shut()
    site.tap(card)  # type: ignore[arg-type]
    assert locks(site.wait(released_s - 0.000_001)) == [], label
    assert locks(site.wait(0.000_001)) == [(FRONT, False)], label


def test_a_grant_that_nobody_takes_is_told_once_it_is_sure() -> None:
    site = Site().shut()
    site.tap(MEMBER)
    site.wait(5)
    assert whats(site.effects) == []
    told = changes(site.wait(1))
    assert [(one.what, one.credential, one.released) for one in told] == [("not_opened", MEMBER, False)]


@pytest.mark.parametrize(
    ("label", "after_us", "told"),
    [
        ("just in the moment after", GRACE_US - 1, ["taken"]),
        ("as it ends", GRACE_US, ["taken"]),
        ("too late", GRACE_US + 1, ["not_opened", "forced"]),
    ],
)
def test_whoever_pulls_as_the_time_runs_out_was_let_in(label: str, after_us: int, told: list[str]) -> None:
    site = Site().shut()
    site.tap(MEMBER)
    # The contact is believed a tenth of a second after it moved.
    site.wait(5 + after_us / 1e6 - 0.1)
    site.open()
    assert whats(site.effects) == told, label


def test_two_who_come_together_are_both_let_in_by_one_opening() -> None:
    site = Site().shut()
    site.tap(MEMBER)
    site.wait(2)
    site.tap(OTHER)
    assert [(one.what, one.credential) for one in changes(site.open())] == [
        ("taken", MEMBER),
        ("taken", OTHER),
    ]


def test_a_second_card_at_the_open_door_is_not_locked_out_by_its_closing() -> None:
    site = Site().shut()
    site.tap(MEMBER)
    site.open()
    site.wait(1)
    site.tap(OTHER)
    assert locks(site.close()) == []
    assert site.locks[FRONT]
    assert whats(site.open()) == ["contact"], "whether it was for this card can't be told"
    assert locks(site.close()) == [(FRONT, False)]


def test_a_tap_while_the_lock_is_released_makes_it_last() -> None:
    site = Site().shut()
    site.tap(MEMBER)
    site.wait(4)
    site.tap(MEMBER)
    assert locks(site.wait(4.9)) == []
    assert locks(site.wait(0.1)) == [(FRONT, False)]


def test_a_short_release_does_not_cut_a_longer_one() -> None:
    site = Site().shut()
    site.tap(SLOW)
    site.wait(1)
    site.tap(MEMBER)
    assert locks(site.wait(13.9)) == []
    assert locks(site.wait(0.1)) == [(FRONT, False)]


def test_a_grant_that_was_not_taken_does_not_keep_the_card_from_trying_again() -> None:
    site = Site().shut()
    for pause_s in (1.5, 5.5, 30):
        assert reason(site.tap(MEMBER)) == "granted"
        site.wait(pause_s)


@pytest.mark.parametrize(
    ("label", "card", "after_s", "expected"),
    [
        ("handed back through the door", MEMBER, 3, "double_tap"),
        ("just before the time", MEMBER, 4.9, "double_tap"),
        ("after the time", MEMBER, 5, "granted"),
        ("another card", OTHER, 3, "granted"),
        ("who needs longer", SLOW, 3, "granted"),
    ],
)
def test_a_card_is_not_handed_back(label: str, card: object, after_s: float, expected: str) -> None:
    site = Site().shut()
    site.tap(SLOW if card is SLOW else MEMBER)
    site.open()
    site.wait(after_s)
    assert reason(site.tap(card)) == expected, label  # type: ignore[arg-type]


# -- alarms ----------------------------------------------------------------------------------------------------


def test_a_closed_door_that_opens_by_itself_was_forced() -> None:
    site = Site().shut()
    effects = site.open()
    assert [(one.what, one.credential, one.contact) for one in changes(effects)] == [("forced", None, "open")]
    assert shown(effects) == [Pattern.ALARM]
    closed = site.close()
    assert whats(closed) == ["closed"]
    assert shown(closed) == [Pattern.READY]


def test_a_contact_that_bounces_forces_nothing() -> None:
    site = Site().shut()
    for _ in range(40):
        site.do(DoorLevel(FRONT, DoorLine.CONTACT, Level.IDLE))
        site.wait(0.09)
        site.do(DoorLevel(FRONT, DoorLine.CONTACT, Level.ACTIVE))
        site.wait(0.5)
    assert site.effects == []


def test_a_door_that_falls_shut_and_bounces_was_not_forced() -> None:
    site = Site().shut()
    site.tap(MEMBER)
    site.open()
    site.close()
    site.wait(0.3)
    site.open()
    site.close()
    site.wait(60)
    assert whats(site.effects) == ["taken", "closed", "contact", "closed"], "one card, one opening"


@pytest.mark.parametrize(("held_s", "released_s"), [(10, 5), (3, 5), (5, 5)])
def test_a_door_that_stands_open_warns_then_alarms_and_never_while_it_is_released(
    held_s: int, released_s: int
) -> None:
    site = Site(access_list(front=rule(held_s=held_s))).shut()
    site.tap(MEMBER)
    site.open()  # believed after 0.1 s
    soon_s = max(held_s, released_s - 0.1)
    assert whats(site.wait(soon_s - 0.001)) == []
    effects = site.wait(0.001)
    assert whats(effects) == ["held_soon"]
    assert shown(effects) == [Pattern.CLOSE_DOOR]
    assert whats(site.wait(held_s - 0.001)) == []
    effects = site.wait(0.001)
    assert whats(effects) == ["held"]
    assert shown(effects) == [Pattern.ALARM]
    assert whats(site.wait(10_000)) == []
    assert whats(site.close()) == ["closed"]


def test_a_card_at_a_door_in_alarm_answers_it() -> None:
    site = Site().shut()
    site.open()
    effects = site.tap(MEMBER)
    assert locks(effects) == [(FRONT, True)]
    assert shown(effects) == [Pattern.READY, Pattern.GRANTED]
    # Whether somebody went through a door that was open before can't be told.
    assert whats(site.wait(29.9)) == []
    assert whats(site.wait(0.1)) == ["held_soon"]


# -- the contact -----------------------------------------------------------------------------------------------


def test_a_contact_that_is_lost_is_told_and_no_longer_says_what_happens() -> None:
    site = Site().shut()
    assert [(one.what, one.contact) for one in changes(site.line(Level.MISSING))] == [("contact", "unknown")]
    site.tap(MEMBER)
    assert locks(site.wait(10)) == [(FRONT, False)]
    assert [(one.what, one.contact) for one in changes(site.open())] == [("contact", "open")]
    assert "forced" not in whats(site.effects)
    assert "not_opened" not in whats(site.effects)


def test_a_contact_that_is_lost_while_somebody_is_awaited_tells_neither() -> None:
    site = Site().shut()
    site.tap(MEMBER)
    site.line(Level.MISSING)
    site.line(Level.ACTIVE)
    assert locks(site.wait(5)) == [(FRONT, False)]
    site.wait(60)
    assert whats(site.effects) == ["contact", "contact"]


def test_a_contact_that_never_rests_is_unknown() -> None:
    site = Site().shut()
    for n in range(200):
        site.do(DoorLevel(FRONT, DoorLine.CONTACT, Level.IDLE if n % 2 == 0 else Level.ACTIVE))
        site.wait(0.05)
    assert [(one.what, one.contact) for one in changes(site.effects)] == [("contact", "unknown")]
    assert site.agent.doors()[FRONT].contact == "unknown"


def test_a_door_without_a_contact_opens_and_locks_and_tells_nothing_that_it_can_not_know() -> None:
    site = Site().shut()
    assert locks(site.tap(MEMBER, IN_BACK)) == [(BACK, True)]
    assert locks(site.wait(5)) == [(BACK, False)]
    assert reason(site.tap(MEMBER, IN_BACK)) == "granted"
    site.do(DoorLevel(BACK, DoorLine.CONTACT, Level.ACTIVE))  # a line that it has not
    site.wait(600)
    assert whats(site.effects) == []
    assert site.agent.doors()[BACK].contact == "unknown"


# -- button, command, housing ----------------------------------------------------------------------------------


def test_the_exit_button_releases_once_for_each_press() -> None:
    site = Site().shut()
    pressed = site.line(Level.ACTIVE, DoorLine.EXIT)
    assert locks(pressed) == [(FRONT, True)]
    assert [(one.what, one.credential, one.released) for one in changes(pressed)] == [
        ("exit_requested", None, True)
    ]
    # A button that stays down holds nothing open.
    assert locks(site.wait(5)) == [(FRONT, False)]
    assert locks(site.wait(600)) == []
    # It is not told that nobody left.
    assert whats(site.effects) == ["exit_requested"]


def test_whoever_leaves_by_the_button_forces_nothing() -> None:
    site = Site().shut()
    site.line(Level.ACTIVE, DoorLine.EXIT)
    # No card opened it, and no `taken` says so: only that it is open.
    assert [(one.what, one.contact) for one in changes(site.open())] == [("contact", "open")]


@pytest.mark.parametrize(("press_ms", "releases"), [(29, False), (30, True), (31, True), (400, True)])
def test_a_press_counts_when_it_is_no_bounce(press_ms: int, releases: bool) -> None:
    site = Site().shut()
    site.do(DoorLevel(FRONT, DoorLine.EXIT, Level.ACTIVE))
    site.wait(press_ms / 1000)
    site.do(DoorLevel(FRONT, DoorLine.EXIT, Level.IDLE))
    site.wait(0.1)
    assert locks(site.effects) == ([(FRONT, True)] if releases else [])


def test_a_command_releases_once_and_tells_whether_it_was_taken() -> None:
    site = Site().shut()
    effects = site.command(OPEN_FRONT)
    assert locks(effects) == [(FRONT, True)]
    assert shown(effects) == [Pattern.GRANTED]
    assert [(one.what, one.command) for one in changes(effects)] == [("opened_remotely", COMMAND)]
    assert [(one.what, one.command) for one in changes(site.wait(6))] == [("not_opened", COMMAND)]
    site.command(OPEN_FRONT)
    assert [(one.what, one.command) for one in changes(site.open())] == [("taken", COMMAND)]


def test_an_opened_housing_is_told_and_seen() -> None:
    site = Site().shut()
    assert whats(site.line(Level.ACTIVE, DoorLine.TAMPER)) == ["tamper"]
    assert site.agent.doors()[FRONT].tampered
    assert whats(site.line(Level.MISSING, DoorLine.TAMPER)) == []
    assert site.agent.doors()[FRONT].tampered
    assert whats(site.line(Level.IDLE, DoorLine.TAMPER)) == ["tamper_ended"]
    assert not site.agent.doors()[FRONT].tampered


# -- lists and late ticks --------------------------------------------------------------------------------------


def test_whose_card_a_new_list_blocks_has_no_running_release_any_more() -> None:
    site = Site().shut()
    site.tap(MEMBER)
    site.wait(1)
    effects = site.do(arrival(access_list(credentials=[]), version=2))
    assert locks(effects) == [(FRONT, False)]
    assert [(one.what, one.credential) for one in changes(effects)] == [("not_opened", MEMBER)]


def test_a_release_for_somebody_else_goes_on() -> None:
    site = Site().shut()
    site.tap(SLOW)
    site.wait(1)
    site.tap(MEMBER)
    kept = [one for one in access_list().credentials if one.lookup.hex() == MEMBER.digits]
    effects = site.do(arrival(access_list(credentials=kept), version=2))
    assert locks(effects) == []
    assert [(one.what, one.credential) for one in changes(effects)] == [("not_opened", SLOW)]
    # For as long as the other one's own time, not for that of the card that was taken back.
    assert locks(site.wait(4.9)) == []
    assert locks(site.wait(0.1)) == [(FRONT, False)]


def test_a_button_pressed_meanwhile_keeps_the_door_released() -> None:
    site = Site().shut()
    site.tap(MEMBER)
    site.line(Level.ACTIVE, DoorLine.EXIT)
    assert locks(site.do(arrival(access_list(credentials=[]), version=2))) == []
    assert locks(site.wait(5)) == [(FRONT, False)]


def test_a_list_that_changes_nothing_for_the_card_locks_nobody_out() -> None:
    site = Site().shut()
    site.tap(MEMBER)
    assert locks(site.do(arrival(version=2))) == []
    assert site.locks[FRONT]


def test_a_late_tick_steps_through_all_that_was_due() -> None:
    site = Site().shut()
    site.tap(MEMBER)
    site.open()
    site.at_us += 3_600_000_000
    effects = site.do(Tick())
    assert whats(effects) == ["held_soon", "held"]
    assert locks(effects) == [(FRONT, False)]


def test_the_settings_of_a_door_are_checked() -> None:
    with pytest.raises(ValueError, match="held_s is 0"):
        type(DOORS[FRONT])(held_s=0)
