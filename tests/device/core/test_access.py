"""A card and a door: one reason for each answer, at the edges of every window, and quickly."""

import gc
import time as clock
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from device.core.access import AccessBook, Schedule, decide, reason_of
from device.core.door_mode import Mode
from device.core.trusted_time import Known
from tests.device.core.door_kit import (
    ALL_DAY,
    ALWAYS,
    BACK,
    BARE,
    BLOCKED_CARD,
    CREDENTIALS,
    DEAD,
    FRONT,
    HOSTS,
    ISSUED,
    MEMBER,
    SLOW,
    T0,
    UID,
    UNKNOWN,
    UPSTAIRS,
    access_list,
    card_id,
    credential,
    rule,
)
from wire.access import ALWAYS_WORKS, MAX_CREDENTIALS, AccessList, Credential, Window
from wire.events import AccessReason
from wire.identifiers import CredentialId

START, END = ALL_DAY[0].start_us, ALL_DAY[0].end_us
NOW = Known(trusted=True, at_us=T0)


def book(body: AccessList | None = None) -> AccessBook:
    return AccessBook(7, DEAD, body or access_list())


def ask(
    card: CredentialId,
    time: Known = NOW,
    *,
    door: str = FRONT,
    mode: Mode = Mode.NORMAL,
    proven: bool = True,
    of: AccessBook | None = None,
) -> AccessReason:
    return decide(of or book(), door, card, proven=proven, time=time, mode=mode).reason


@pytest.mark.parametrize(
    ("label", "card", "proven", "door", "expected"),
    [
        ("a member in time", MEMBER, True, FRONT, "granted"),
        ("a member at the other door", MEMBER, True, BACK, "granted"),
        ("a copy of its UID", MEMBER, False, FRONT, "not_authentic"),
        ("nobody's card", UNKNOWN, False, FRONT, "unknown_card"),
        ("a blocked card, which can prove nothing", BLOCKED_CARD, False, FRONT, "blocked"),
        ("a blocked card that has proven something", BLOCKED_CARD, True, FRONT, "blocked"),
        ("a card for the other door", UPSTAIRS, True, FRONT, "wrong_door"),
        ("a host's card without a right", BARE, True, FRONT, "wrong_door"),
        ("a door that the list does not know", MEMBER, True, "cellar", "wrong_door"),
        ("a card without a key", UID, False, FRONT, "uid_not_allowed"),
        ("a card without a key at the other door", UID, False, BACK, "uid_not_allowed"),
    ],
)
def test_who_may_enter(label: str, card: CredentialId, proven: bool, door: str, expected: str) -> None:
    assert ask(card, door=door, proven=proven) == expected, label


def test_a_card_without_a_key_opens_where_the_space_has_said_so_and_there_alone() -> None:
    of = book(access_list(front=rule(uid_cards=True)))
    assert ask(UID, proven=False, of=of) == "granted"
    assert ask(UID, proven=False, of=of, door=BACK) == "uid_not_allowed"
    # What may be left out for cards without a key may not be left out for others.
    assert ask(MEMBER, proven=False, of=of) == "not_authentic"


@pytest.mark.parametrize(
    ("label", "at_us", "expected"),
    [
        ("just before the window", START - 1, "outside_window"),
        ("as it begins", START, "granted"),
        ("just after", START + 1, "granted"),
        ("just before its end", END - 1, "granted"),
        ("at its end", END, "outside_window"),
        ("just after its end", END + 1, "outside_window"),
    ],
)
def test_a_window_is_half_open(label: str, at_us: int, expected: str) -> None:
    assert ask(MEMBER, Known(trusted=True, at_us=at_us)) == expected, label


@pytest.mark.parametrize(
    ("label", "card", "at_us", "expected"),
    [
        ("a host just before the list is dead", HOSTS, DEAD - 1, "granted"),
        ("a host as it dies", HOSTS, DEAD, "list_expired"),
        ("a host just after", HOSTS, DEAD + 1, "list_expired"),
        ("a card that always works, before, out of its window", ALWAYS, DEAD - 1, "outside_window"),
        ("a card that always works, as it dies", ALWAYS, DEAD, "granted"),
        ("a card that always works, long after", ALWAYS, DEAD + 10**14, "granted"),
        ("an unknown card", UNKNOWN, DEAD, "unknown_card"),
        ("a blocked card", BLOCKED_CARD, DEAD, "blocked"),
    ],
)
def test_a_dead_list_opens_for_cards_that_always_work(
    label: str, card: CredentialId, at_us: int, expected: str
) -> None:
    assert ask(card, Known(trusted=True, at_us=at_us)) == expected, label
    if at_us >= DEAD:
        assert ask(card, Known(trusted=False, at_us=at_us)) == expected, label


@pytest.mark.parametrize(
    ("label", "start_us", "end_us", "expected"),
    [
        ("from the bound to the end", T0, DEAD, "granted"),
        ("from before the bound to after the end", T0 - 1, DEAD + 1, "granted"),
        ("from just after the bound", T0 + 1, DEAD, "time_not_trusted"),
        ("to just before the end", T0, DEAD - 1, "time_not_trusted"),
    ],
)
def test_without_trusted_time_a_window_opens_that_holds_whatever_the_time_is(
    label: str, start_us: int, end_us: int, expected: str
) -> None:
    of = book(access_list(schedules=[[Window(start_us, end_us)], [Window(ISSUED, DEAD)]]))
    assert ask(MEMBER, Known(trusted=False, at_us=T0), of=of) == expected, label


def test_without_trusted_time_cards_that_always_work_open() -> None:
    unsure = Known(trusted=False, at_us=T0)
    assert ask(ALWAYS, unsure) == "granted"
    assert ask(MEMBER, unsure) == "time_not_trusted"
    assert ask(HOSTS, unsure) == "granted"  # its window is as long as the list
    assert ask(BARE, unsure) == "wrong_door"


@pytest.mark.parametrize(
    ("label", "card", "hosts", "expected"),
    [
        ("a member", MEMBER, True, "lockdown"),
        ("a host", HOSTS, True, "granted"),
        ("a host where hosts are kept out too", HOSTS, False, "lockdown"),
        ("a host's card that always works", ALWAYS, False, "lockdown"),
        ("a blocked card", BLOCKED_CARD, True, "blocked"),
    ],
)
def test_a_lockdown_lets_in_hosts_at_most(label: str, card: CredentialId, hosts: bool, expected: str) -> None:
    of = book(access_list(front=rule(lockdown_hosts=hosts)))
    assert ask(card, mode=Mode.LOCKDOWN, of=of) == expected, label


def test_a_lockdown_is_not_undone_by_a_card_that_always_works_and_is_no_hosts() -> None:
    of = book(access_list(credentials=[credential(MEMBER, [(0, 1)], ALWAYS_WORKS)]))
    assert ask(MEMBER, mode=Mode.LOCKDOWN, of=of) == "lockdown"


def test_without_a_list_nothing_opens() -> None:
    assert decide(None, FRONT, ALWAYS, proven=True, time=NOW, mode=Mode.NORMAL).reason == "no_list"


def test_who_needs_longer_is_told_by_the_card() -> None:
    for card, longer in ((SLOW, True), (MEMBER, False)):
        assert decide(book(), FRONT, card, proven=True, time=NOW, mode=Mode.NORMAL).longer is longer


def test_a_right_by_any_of_several_schedules_opens() -> None:
    days = [[Window(T0 + n * 100, T0 + n * 100 + 50)] for n in range(3)]
    of = book(access_list(credentials=[credential(MEMBER, [(0, 0), (0, 2)])], schedules=days))
    found = [ask(MEMBER, Known(trusted=True, at_us=T0 + at), of=of) for at in (0, 60, 100, 200, 249, 250)]
    assert found == ["granted", "outside_window", "outside_window", "granted", "granted", "outside_window"]


@pytest.mark.parametrize(
    ("refusal", "expected"),
    [
        ("random_id", "card_unusable"),
        ("unreadable", "card_unusable"),
        ("not_authentic", "not_authentic"),
        ("too_slow", "too_slow"),
        ("a word of a newer back-end", "card_unusable"),
    ],
)
def test_a_card_that_could_not_be_used_has_a_reason(refusal: str, expected: str) -> None:
    assert reason_of(refusal) == expected


# -- schedules -------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Night:
    """A night in which clocks change: its local noon before and after, and how long it is."""

    zone: str
    day: datetime
    hours: int


@pytest.mark.parametrize(
    "night",
    [
        _Night("Europe/Berlin", datetime(2026, 3, 28, 12), 23),  # noqa: DTZ001 - local, as people say it
        _Night("Europe/Berlin", datetime(2026, 10, 24, 12), 25),  # noqa: DTZ001
        _Night("Europe/Berlin", datetime(2026, 6, 1, 12), 24),  # noqa: DTZ001
    ],
    ids=lambda night: f"{night.hours} h",
)
def test_summer_time_means_nothing_to_a_door(night: _Night) -> None:
    zone = ZoneInfo(night.zone)
    start, end = (
        int(day.replace(tzinfo=zone).astimezone(UTC).timestamp()) * 1_000_000
        for day in (night.day, night.day + timedelta(days=1))
    )
    schedule = Schedule([Window(start, end)])
    hour = 3_600_000_000
    inside = sum(schedule.end_of(start + n * hour) is not None for n in range(-5, 40))
    assert inside == night.hours


def test_windows_that_touch_are_one() -> None:
    schedule = Schedule([Window(20, 30), Window(10, 20), Window(40, 50)])
    assert [schedule.end_of(at) for at in (9, 10, 19, 20, 29, 30, 39, 40, 49, 50)] == [
        None, 30, 30, 30, 30, None, None, 50, 50, None,
    ]  # fmt: skip


# -- speed -----------------------------------------------------------------------------------------------------


def _long_list() -> AccessList:
    """Return as many cards as a list may have, with schedules that are their own, 28 windows each."""
    windows = [
        [Window(T0 + n * 3_600 + day * 86_400, T0 + n * 3_600 + day * 86_400 + 1_800) for day in range(28)]
        for n in range(200)
    ]
    cards: list[Credential] = [
        credential(card_id(1_000 + n), [(0, n % 200), (1, (n + 1) % 200)]) for n in range(MAX_CREDENTIALS)
    ]
    return access_list(credentials=cards, schedules=windows)


@pytest.mark.alone
def test_a_decision_among_all_cards_of_the_longest_list_takes_less_than_a_millisecond() -> None:
    of = book(_long_list())
    took: list[int] = []
    gc.collect()
    for n in range(MAX_CREDENTIALS):
        card, at = card_id(1_000 + n), Known(trusted=True, at_us=T0 + n)
        start = clock.perf_counter_ns()
        decide(of, FRONT, card, proven=True, time=at, mode=Mode.NORMAL)
        took.append(clock.perf_counter_ns() - start)
    took.sort()
    assert took[len(took) * 99 // 100] < 1_000_000


def test_no_key_is_kept_where_cards_are_looked_up() -> None:
    of = book(access_list(credentials=[*CREDENTIALS]))
    assert all(
        not isinstance(value, bytes) for entry in of._entries.values() for value in (entry.flags, entry.doors)
    )
