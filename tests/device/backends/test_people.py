"""The story of simulated people, read without a clock."""

import itertools
from collections import defaultdict

import pytest
from hypothesis import given
from hypothesis import strategies as st

from device.backends.people import CLOSING_S, NIGHT_S, OPENING_S, REREAD_S, SimulatedDesk, tell_people
from device.backends.simulated import Happening
from device.cards.uid import credential_of
from device.core.agent import Agent
from device.core.effects import Record
from device.core.inputs import (
    CardPresented,
    CardRemoved,
    Input,
    Level,
    Moment,
    ReaderPresence,
    SensorLevel,
    Tick,
)
from device.core.presence import PresenceSettings, SensorKind
from wire.events import DeskState
from wire.identifiers import CredentialId

DESKS = [SimulatedDesk(f"desk-{number}", pulses=number % 2 == 0) for number in range(6)]


def card_of(person: str) -> CredentialId:
    return credential_of(b"k" * 32, person.encode())


def story(
    seed: str, until_s: float, desks: list[SimulatedDesk] = DESKS, day_s: float = 9.5 * 3600
) -> list[Happening]:
    told = tell_people(desks, ["door-1"], card_of, seed, day_s)
    return list(itertools.takewhile(lambda happening: happening.at_us < until_s * 1e6, told))


def test_the_same_seed_tells_the_same_story_and_another_one_another() -> None:
    assert story("a", 7200.0) == story("a", 7200.0)
    assert story("a", 7200.0) != story("b", 7200.0)


@given(st.text(max_size=8), st.integers(1, 20))
def test_somebody_sits_down_within_the_first_twenty_seconds_whatever_the_seed(seed: str, desks: int) -> None:
    told = story(seed, 20.0, [SimulatedDesk(f"desk-{number}") for number in range(desks)])
    kinds = {type(happening.input) for happening in told}
    assert CardPresented in kinds
    assert any(isinstance(h.input, SensorLevel) and h.input.level is Level.ACTIVE for h in told)


@given(st.text(max_size=8))
def test_time_never_falls(seed: str) -> None:
    times = [happening.at_us for happening in story(seed, 3600.0)]
    assert times == sorted(times)
    assert times[0] == 0


def test_another_kind_of_sensor_at_one_desk_leaves_the_people_of_the_others_as_they_were() -> None:
    def without_last(desks: list[SimulatedDesk]) -> list[Happening]:
        told = story("a", 4 * 3600.0, desks)
        return [h for h in told if isinstance(h.input, SensorLevel) and h.input.desk != "desk-5"]

    changed = [*DESKS[:-1], SimulatedDesk("desk-5", pulses=True)]
    assert story("a", 4 * 3600.0, changed) != story("a", 4 * 3600.0)
    assert without_last(changed) == without_last(DESKS)


def test_every_level_is_told_again_at_least_as_often_as_hardware_does() -> None:
    last: dict[str, int] = {}
    for happening in story("a", 1800.0):
        if isinstance(happening.input, SensorLevel):
            desk = happening.input.desk
            assert happening.at_us - last.get(desk, 0) <= REREAD_S * 1e6
            last[desk] = happening.at_us
    assert set(last) == {desk.desk for desk in DESKS}


def test_readers_are_connected_first_and_every_card_that_comes_goes() -> None:
    told = [happening.input for happening in story("a", 6 * 3600.0)]
    assert told[0] == ReaderPresence("door-1", connected=True)
    cards = [given for given in told if isinstance(given, CardPresented | CardRemoved)]
    assert len(cards) > 10
    assert {given.reader for given in cards} == {"door-1"}
    presented = sum(isinstance(given, CardPresented) for given in cards)
    assert len(cards) - 2 * presented in (0, -1)


def test_a_regular_keeps_the_same_card_and_desks_have_different_ones() -> None:
    cards = [
        happening.input.credential
        for happening in story("a", 3 * (CLOSING_S - OPENING_S))
        if isinstance(happening.input, CardPresented)
    ]
    assert len(set(cards)) < len(cards)
    assert len(set(cards)) <= 2 * len(DESKS)


def test_a_desk_with_a_reader_is_tapped_there_too() -> None:
    told = story("a", 600.0, [SimulatedDesk("desk-0", reader="reader-0")])
    readers = [h.input.reader for h in told if isinstance(h.input, CardPresented)]
    assert readers[:2] == ["door-1", "reader-0"]


def test_one_sensor_is_unplugged_for_a_minute_and_comes_back() -> None:
    missing: dict[str, list[int]] = defaultdict(list)
    back: list[int] = []
    for happening in story("a", 900.0):
        if isinstance(happening.input, SensorLevel):
            if happening.input.level is Level.MISSING:
                missing[happening.input.desk].append(happening.at_us)
            elif happening.input.desk in missing:
                back.append(happening.at_us)
    assert len(missing) == 1
    times = next(iter(missing.values()))
    assert 100e6 <= times[0] <= 240e6
    assert back
    assert 45e6 <= back[0] - times[0] <= 101e6


@pytest.mark.parametrize("day", [0, 1, 2])
def test_by_night_nobody_is_there_and_by_day_somebody_is(day: int) -> None:
    length_s = CLOSING_S - OPENING_S + NIGHT_S
    busy: dict[int, set[str]] = defaultdict(set)
    for happening in story("a", 3 * length_s, day_s=OPENING_S):
        if isinstance(happening.input, SensorLevel) and happening.input.level is Level.ACTIVE:
            busy[int(happening.at_us / 60e6)].add(happening.input.desk)
    start = day * length_s / 60
    night = range(int(start + length_s / 60) - 1, int(start + length_s / 60))
    noon = range(int(start + 150), int(start + 210))
    assert not any(busy[minute] for minute in night)
    assert len(set().union(*(busy[minute] for minute in noon))) >= 2


def live_changes(told: list[Happening], kinds: dict[str, SensorKind]) -> list[float]:
    """Return when the live picture changed, in seconds, as the real agent sees it with its defaults."""
    sensors = {desk: PresenceSettings.defaults(kind) for desk, kind in kinds.items()}
    agent = Agent(sensors, ["door-1"], "0" * 16, "1", 0)
    changes: list[float] = []
    deadline_us: int | None = None

    def take(given: Input, at_us: int) -> int | None:
        effects, deadline = agent.handle(given, Moment(at_us, at_us, synced=True))
        changes.extend(
            at_us / 1e6 for e in effects if isinstance(e, Record) and isinstance(e.event, DeskState)
        )
        return deadline

    for happening in told:
        while deadline_us is not None and deadline_us <= happening.at_us:
            deadline_us = take(Tick(), deadline_us)
        deadline_us = take(happening.input, happening.at_us)
    return changes


@pytest.mark.parametrize("seed", ["a", "b", "c", "wittenberge"])
def test_whoever_looks_at_a_small_space_sees_it_change_by_itself(seed: str) -> None:
    mixed = [SensorKind.PIR] * 3 + [SensorKind.MMWAVE] * 3 + [SensorKind.MAT] * 2
    kinds = {f"desk-{number}": kind for number, kind in enumerate(mixed)}
    desks = [SimulatedDesk(desk, pulses=kind is SensorKind.PIR) for desk, kind in kinds.items()]
    changes = live_changes(story(seed, 3600.0, desks), kinds)
    assert sum(at <= 60.0 for at in changes) >= 8
    assert max(later - earlier for earlier, later in itertools.pairwise(changes)) < 180.0


def test_a_motion_sensor_pulses_and_any_other_stays_active() -> None:
    active_s: dict[str, float] = defaultdict(float)
    since: dict[str, int] = {}
    for happening in story("a", 4 * 3600.0):
        if isinstance(happening.input, SensorLevel):
            desk = happening.input.desk
            if happening.input.level is Level.ACTIVE:
                since.setdefault(desk, happening.at_us)
            elif desk in since:
                active_s[desk] += (happening.at_us - since.pop(desk)) / 1e6
    pulsing = max(active_s[desk.desk] for desk in DESKS if desk.pulses)
    lasting = max(active_s[desk.desk] for desk in DESKS if not desk.pulses)
    assert lasting > 3 * pulsing
