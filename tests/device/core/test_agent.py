"""The agent joins the machines: which input makes which effects, in which order."""

from collections.abc import Iterable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from device.core.agent import Agent
from device.core.effects import Effect, Pattern, Record, Show
from device.core.inputs import (
    CardPresented,
    CardRefused,
    CardRemoved,
    ClockBecameSynchronised,
    Input,
    Level,
    LinkDown,
    LinkUp,
    MarkArrived,
    Moment,
    ReaderPresence,
    SensorLevel,
    Stop,
    Tick,
)
from device.core.presence import Presence
from tests.device.core.traces import MAT, PIR, S, Step, every, play, pulses, traces, us
from wire.codec import decode_event, encode_event
from wire.events import CardRead, ClockSynchronised, DeskSession, DeskState, DeviceStarted, Event, ReaderState
from wire.identifiers import CredentialId

BOOT = "00000000000000b0"
WALL_US = 1_760_000_000 * S
CARD = CredentialId("ab" * 32)
OTHER = CredentialId("cd" * 32)
READER = "front"


def moment(at_us: int, wall_off_us: int = 0, *, synced: bool = True) -> Moment:
    return Moment(at_us, WALL_US + at_us + wall_off_us, synced)


def make_agent(**other: object) -> Agent:
    given = {"sensors": {"desk-1": PIR, "desk-2": MAT}, "readers": [READER, "back"], **other}
    return Agent(boot=BOOT, version="1.2.3", not_before_us=77, **given)  # type: ignore[arg-type]


def run(agent: Agent, inputs: Iterable[tuple[float, Input]]) -> list[Effect]:
    effects: list[Effect] = []
    for at_s, one in inputs:
        effects += agent.handle(one, moment(us(at_s)))[0]
    return effects


def events(effects: Iterable[Effect]) -> list[Event]:
    return [one.event for one in effects if isinstance(one, Record)]


def shown(effects: Iterable[Effect]) -> list[Pattern]:
    return [one.pattern for one in effects if isinstance(one, Show)]


# -- starting and stopping -----------------------------------------------------------------------------------


def test_the_start_is_told_first_and_then_that_nothing_is_known() -> None:
    effects = make_agent().started(moment(us(5)))
    assert shown(effects) == [Pattern.READY]
    started, *states = events(effects)
    assert isinstance(started, DeviceStarted)
    assert (started.version, started.not_before_us, started.boot) == ("1.2.3", 77, BOOT)
    assert [(one.desk, one.state, one.reason) for one in states if isinstance(one, DeskState)] == [
        ("desk-1", "unknown", "no_data"),
        ("desk-2", "unknown", "no_data"),
    ]


def test_stopping_tells_open_sessions_and_darkens_the_lamp() -> None:
    agent = make_agent()
    run(agent, [(0, SensorLevel("desk-2", Level.IDLE)), (10, SensorLevel("desk-2", Level.ACTIVE))])
    effects, deadline = agent.handle(Stop(), moment(us(310)))
    assert deadline is None
    assert shown(effects) == [Pattern.OFF]
    [session] = [one for one in events(effects) if isinstance(one, DeskSession)]
    assert (session.desk, session.open, session.continues) == ("desk-2", True, False)
    assert (session.start_ago_us, session.end_ago_us) == (us(300), 0)


# -- cards ---------------------------------------------------------------------------------------------------


def test_a_card_is_shown_before_it_is_written() -> None:
    effects = run(make_agent(), [(1, CardPresented(READER, CARD))])
    assert [type(one) for one in effects] == [Show, Record]
    assert shown(effects) == [Pattern.CARD_SEEN]
    [read] = events(effects)
    assert isinstance(read, CardRead)
    assert (read.reader, read.credential, read.mono_us) == (READER, CARD, us(1))
    assert effects[1] == Record(read, urgent=True)


@pytest.mark.parametrize(
    ("label", "inputs", "reads"),
    [
        ("left on the reader", [(1, CardPresented(READER, CARD)), (600, CardPresented(READER, CARD))], 1),
        (
            "flickering at the edge of the field",
            [
                (1, CardPresented(READER, CARD)),
                (2, CardRemoved(READER)),
                (4.9, CardPresented(READER, CARD)),
                (7, CardRemoved(READER)),
                (9.9, CardPresented(READER, CARD)),
            ],
            1,
        ),
        (
            "tapped again",
            [(1, CardPresented(READER, CARD)), (2, CardRemoved(READER)), (5, CardPresented(READER, CARD))],
            2,
        ),
        (
            "another card in between",
            [
                (1, CardPresented(READER, CARD)),
                (2, CardRemoved(READER)),
                (2.5, CardPresented(READER, OTHER)),
                (3, CardRemoved(READER)),
                (3.5, CardPresented(READER, CARD)),
            ],
            3,
        ),
        ("at two readers", [(1, CardPresented(READER, CARD)), (2, CardPresented("back", CARD))], 2),
        (
            "tapped after the reader was away",
            [
                (1, CardPresented(READER, CARD)),
                (2, ReaderPresence(READER, connected=False)),
                (9, ReaderPresence(READER, connected=True)),
                (10, CardPresented(READER, CARD)),
            ],
            2,
        ),
        (
            "lying there while the reader is away for a moment",
            [
                (1, CardPresented(READER, CARD)),
                (2, ReaderPresence(READER, connected=False)),
                (3, ReaderPresence(READER, connected=True)),
                (4, CardPresented(READER, CARD)),
            ],
            1,
        ),
        ("removed and no more", [(1, CardRemoved(READER)), (2, CardRemoved(READER))], 0),
    ],
)
def test_one_presentation_is_one_reading(label: str, inputs: list[tuple[float, Input]], reads: int) -> None:
    effects = run(make_agent(), inputs)
    assert len([one for one in events(effects) if isinstance(one, CardRead)]) == reads, label


def test_how_soon_a_card_counts_again_is_a_setting() -> None:
    taps: list[tuple[float, Input]] = [
        (1, CardPresented(READER, CARD)),
        (2, CardRemoved(READER)),
        (2.5, CardPresented(READER, CARD)),
    ]
    assert len(events(run(make_agent(same_card_s=0.5), taps))) == 2


def test_a_card_that_cannot_be_used_is_shown_and_not_written() -> None:
    effects = run(
        make_agent(), [(1, CardRefused(READER, "random_id")), (1.4, CardRefused(READER, "random_id"))]
    )
    assert effects == [Show(Pattern.CARD_UNUSABLE)]


# -- readers and clock ---------------------------------------------------------------------------------------


def test_a_missing_reader_is_told_and_seen_until_it_is_back() -> None:
    agent = make_agent()
    effects = run(
        agent,
        [
            (1, ReaderPresence(READER, connected=True)),
            (2, ReaderPresence("back", connected=False)),
            (3, ReaderPresence(READER, connected=False)),
            (4, ReaderPresence("back", connected=True)),
            (5, ReaderPresence(READER, connected=True)),
        ],
    )
    assert shown(effects) == [Pattern.DEGRADED, Pattern.READY]
    states = [(one.reader, one.connected) for one in events(effects) if isinstance(one, ReaderState)]
    assert states == [(READER, True), ("back", False), (READER, False), ("back", True), (READER, True)]
    assert agent.readers() == {READER: True, "back": True}


def test_the_clock_becoming_right_is_written_at_once() -> None:
    agent = make_agent()
    [effect] = agent.handle(ClockBecameSynchronised(), moment(us(9)))[0]
    assert effect == Record(
        ClockSynchronised(boot=BOOT, mono_us=us(9), wall_us=WALL_US + us(9), synced=True), urgent=True
    )


@pytest.mark.parametrize("one", [LinkUp("0" * 16), LinkDown(), MarkArrived("0" * 16, 5), Tick()])
def test_what_is_the_delivery_machines_business_has_no_effect_here(one: Input) -> None:
    assert make_agent().handle(one, moment(0)) == ([], None)


# -- desks ---------------------------------------------------------------------------------------------------


def test_a_desk_is_told_as_its_machine_sees_it() -> None:
    agent = make_agent()
    steps = pulses(*every(40, 1000, 5000))
    effects: list[Effect] = []
    deadline: int | None = None
    for at_us, level in [*steps, (us(9000), Level.IDLE)]:
        while deadline is not None and deadline < at_us:
            more, deadline = agent.handle(Tick(), moment(deadline))
            effects += more
        more, deadline = agent.handle(SensorLevel("desk-1", level), moment(at_us))
        effects += more
    told = events(effects)
    expected = play(Presence(PIR), steps, us(9000), stop=False)
    assert [(one.mono_us, one.state, one.reason) for one in told if isinstance(one, DeskState)] == [
        (one.at_us, one.state, one.reason) for one in expected.live
    ]
    assert [
        (one.mono_us - one.start_ago_us, one.mono_us - one.end_ago_us, one.continues, one.open)
        for one in told
        if isinstance(one, DeskSession)
    ] == [(one.start_us, one.end_us, one.continues, one.open) for one in expected.pieces]
    assert all(isinstance(one, Record) and not one.urgent for one in effects)
    assert agent.desk_states() == {"desk-1": "vacant", "desk-2": "unknown"}


def test_one_input_moves_every_desk_whose_deadline_has_come() -> None:
    agent = make_agent()
    run(agent, [(0, SensorLevel("desk-1", Level.IDLE)), (0, SensorLevel("desk-2", Level.IDLE))])
    effects, _deadline = agent.handle(CardRemoved(READER), moment(us(600)))
    assert {(one.desk, one.state) for one in events(effects) if isinstance(one, DeskState)} == {
        ("desk-1", "vacant"),
        ("desk-2", "vacant"),
    }


def test_a_sensor_that_nobody_configured_is_a_bug() -> None:
    with pytest.raises(KeyError):
        make_agent().handle(SensorLevel("desk-9", Level.IDLE), moment(0))


# -- the wall clock ------------------------------------------------------------------------------------------


def _relative(effects: list[Effect]) -> list[object]:
    """Return effects without what their wall clock said."""
    return [
        {
            name: getattr(one.event, name)
            for name in one.event.__struct_fields__
            if name not in {"wall_us", "synced"}
        }
        if isinstance(one, Record)
        else one
        for one in effects
    ]


@given(traces(PIR), st.lists(st.integers(-400 * 86_400 * S, 400 * 86_400 * S), min_size=1, max_size=20))
def test_a_wall_clock_that_jumps_changes_nothing_but_what_it_said(
    steps: list[Step], jumps: list[int]
) -> None:
    steady, jumping = make_agent(), make_agent()
    for number, (at_us, level) in enumerate([*steps, (us(10**6), Level.IDLE)]):
        one = SensorLevel("desk-1", level)
        jump = jumps[number % len(jumps)]
        as_it_is = steady.handle(one, moment(at_us))
        as_it_jumps = jumping.handle(one, moment(at_us, jump, synced=False))
        assert _relative(as_it_is[0]) == _relative(as_it_jumps[0])
        assert as_it_is[1] == as_it_jumps[1]


@given(traces(PIR), traces(MAT))
def test_every_event_that_the_agent_makes_passes_the_wire(first: list[Step], second: list[Step]) -> None:
    agent = make_agent()
    inputs: list[tuple[int, Input]] = [
        *((at, SensorLevel("desk-1", level)) for at, level in first),
        *((at, SensorLevel("desk-2", level)) for at, level in second),
    ]
    inputs.sort(key=lambda one: one[0])
    end_us = (inputs[-1][0] if inputs else 0) + us(7200)
    effects = agent.started(moment(0))
    for at_us, one in [*inputs, (end_us, Stop())]:
        effects += agent.handle(one, moment(at_us))[0]
    for event in events(effects):
        assert decode_event(encode_event(event)) == event
