"""What doors never do, whatever happens to them and in whatever order.

A model beside the agent keeps only what laws need: why a lock may be released and until when, what the contacts said,
and what is known of the time. It knows nothing of the tables.
"""

from collections import Counter
from dataclasses import dataclass, field
from typing import ClassVar, Final, Literal, get_args

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from device.core.agent import Agent
from device.core.door_settings import DoorSettings, ReaderPlace
from device.core.effects import Effect, KeepMode, Record, SetLock
from device.core.inputs import (
    CardPresented,
    CardRefused,
    CardRemoved,
    ClockBecameSynchronised,
    CommandArrived,
    DoorLevel,
    DoorLine,
    Input,
    Level,
    LinkDown,
    LinkUp,
    ListArrived,
    MarkArrived,
    MessageRefused,
    Moment,
    Stop,
    Tick,
)
from tests.device.core.door_kit import (
    ALWAYS,
    BLOCKED_CARD,
    CREDENTIALS,
    DEAD,
    HOSTS,
    ISSUED,
    MEMBER,
    OTHER,
    SLOW,
    T0,
    UID,
    UNKNOWN,
    UPSTAIRS,
    access_list,
)
from tests.device.core.door_kit import rule as door_rule
from tests.device.core.traces import us
from wire.access import OpenDoor, SetMode, Window
from wire.events import AccessDecided, DoorChanged, DoorModeName
from wire.identifiers import CredentialId

EXAMPLES: Final = 600
STEPS: Final = 110
"""Of each example; some are cut short, and 50,000 are asked for in all."""

FRONT, BACK = "front", "back"
DOORS: Final = {
    FRONT: DoorSettings(has_contact=True, has_exit=True, has_button=True, exit_reader=True, rex_s=3),
    BACK: DoorSettings(has_contact=False, has_exit=True, rex_s=4),
}
REX_US: Final = {FRONT: us(3), BACK: us(4)}
PRESS_US: Final = 30_000
OPEN_US, LONGER_US = us(5), us(15)
READERS: Final = {
    "front-in": ReaderPlace(FRONT),
    "front-out": ReaderPlace(FRONT, leaving=True),
    "back-in": ReaderPlace(BACK),
}
KEYED: Final = {MEMBER, OTHER, HOSTS, ALWAYS, SLOW, BLOCKED_CARD, UPSTAIRS}
RIGHTS: Final = {
    FRONT: {MEMBER, OTHER, HOSTS, ALWAYS, SLOW, UID},
    BACK: {MEMBER, OTHER, HOSTS, UPSTAIRS, UID},
}
HOST_CARDS: Final = {HOSTS, ALWAYS}
MEMBERS_END: Final = T0 + us(36_000)
"""Where the window of all but HOSTS ends; that one is as long as the list."""
OFFICE: Final = {
    FRONT: [Window(T0 + us(n * 400), T0 + us(n * 400 + 200)) for n in range(30)],
    BACK: [Window(T0, T0 + us(100))],
}
OFTEN: Final = st.sampled_from([True, True, True, False])


@dataclass
class _Seen:
    """What the model knows of a door.

    Args:
        released: as the last `SetLock` said.
        until_us: until when the releases so far may last, in mono_us.
        mode: as a command, an event or a restart said.
        closed: whether the contact has said closed since it last said nothing.
        button, button_us: its raw level, and since when.
        was_up: whether the button was up, for as long as a level needs, since it last said nothing.
        holders: for whom it is released, and until when; None stands for button and command.
        called_us: when it was pressed last, unless an opening has used that.
    """

    released: bool = False
    until_us: int = 0
    mode: DoorModeName = "normal"
    closed: bool = False
    button: Level = Level.MISSING
    button_us: int = 0
    was_up: bool = False
    holders: dict[CredentialId | None, int] = field(default_factory=dict)
    called_us: int | None = None


class DoorMachine(RuleBasedStateMachine):
    """Everything that can happen at two doors."""

    counts: ClassVar[Counter[str]] = Counter()
    """What was done and told so far, in all examples: a door that never opens would keep every law."""

    @initialize(synced=OFTEN, battery=st.booleans(), is_ready=OFTEN)
    def begin(self, synced: bool, battery: bool, is_ready: bool) -> None:
        self.mono_us = us(20)
        self.wall_us = T0
        self.synced, self.battery = synced, battery
        self.stored_us = ISSUED
        self.kept: dict[str, DoorModeName] = {}
        self.session: str | None = None
        self.connections = 0
        self.version = 0
        self.start(is_ready=is_ready)

    # -- playing ---------------------------------------------------------------------------------------------------

    def start(self, *, is_ready: bool) -> None:
        """Begin a new agent.

        Args:
            is_ready: whether it has its list and link at once, and the contact of its door has been read.
        """
        self.seen = {door: _Seen() for door in DOORS}
        for door, mode in self.kept.items():
            self.seen[door].mode = mode
        self.session, self.number = None, 0
        self.blocked: set[CredentialId] = set()
        self.has_list = False
        self.dead_us = DEAD
        self.facts = [(self.mono_us, self.stored_us)]
        self.agent = Agent(
            {},
            list(READERS),
            "00000000000000b0",
            "1.2.3",
            self.stored_us,
            doors=DOORS,
            reader_doors=READERS,
            kept_modes=self.kept,
        )
        effects = self.agent.started(self.now)
        self.deadline_us: int | None = None
        assert {(one.door, one.released) for one in effects if isinstance(one, SetLock)} == {
            (FRONT, False),
            (BACK, False),
        }
        self.learn_time()
        if is_ready:
            self.give_list(set(), DEAD)
            self.connect()
            self.move_contact(FRONT, Level.ACTIVE)
            self.move_button(FRONT, Level.IDLE)
            self.wait(100_000)

    @property
    def now(self) -> Moment:
        return Moment(self.mono_us, self.wall_us, self.synced, self.battery)

    @property
    def least_us(self) -> int:
        """What the time is at least: every fact, and what has passed since."""
        return max(wall_us + self.mono_us - mono_us for mono_us, wall_us in self.facts)

    @property
    def trusted(self) -> bool:
        return self.synced or (self.battery and self.wall_us >= self.least_us - us(60))

    @property
    def is_dead(self) -> bool:
        return (self.wall_us if self.trusted else self.least_us) >= self.dead_us

    def learn_time(self) -> None:
        if self.trusted:
            self.facts = [(self.mono_us, max(self.least_us, self.wall_us))]
            self.stored_us = max(self.stored_us, self.wall_us)

    def may_hold_open(self, door: str) -> bool:
        windows = OFFICE[door] if self.has_list else []
        return (
            self.trusted
            and self.wall_us < self.dead_us
            and any(one.start_us <= self.wall_us < one.end_us for one in windows)
        )

    def may_enter(self, door: str, card: CredentialId, proven: bool) -> bool:
        """Say whether a card may open a door now, whatever happened before."""
        if not self.has_list or card in self.blocked or card is UID or not proven:
            return False
        if card not in RIGHTS[door] & KEYED - {BLOCKED_CARD}:
            return False
        if self.seen[door].mode == "lockdown" and card not in HOST_CARDS:
            return False
        if self.is_dead:
            return card is ALWAYS
        if self.trusted:
            end_us = DEAD if card is HOSTS else MEMBERS_END
            start_us = ISSUED if card is HOSTS else T0 - us(3_600)
            return start_us <= self.wall_us < end_us
        whole = card is HOSTS and self.least_us >= ISSUED
        return card is ALWAYS or whole or (self.least_us >= T0 - us(3_600) and self.dead_us <= MEMBERS_END)

    def do(
        self,
        given: Input,
        *,
        card: tuple[str, CredentialId, bool] | None = None,
        opens: str = "",
        mode: tuple[str, DoorModeName] | None = None,
    ) -> list[Effect]:
        """Give an input, and hold its effects against the laws.

        Args:
            card: reader's door, card and whether it proved itself, when it is presented.
            opens: door that a valid command opens.
            mode: what a valid command sets.
        """
        self.learn_time()
        may_enter = card is not None and self.may_enter(*card)
        effects, self.deadline_us = self.agent.handle(given, self.now)
        told = [effect.event for effect in effects if isinstance(effect, Record)]
        granted = {one.door for one in told if isinstance(one, AccessDecided) and one.granted}
        assert may_enter or not granted
        for door in granted:
            holder = card[1] if card else None
            self.extend(door, LONGER_US if holder is SLOW else OPEN_US, holder)
        for event in told:
            if isinstance(event, DoorChanged):
                self.door_told(event, granted, mode)
        for effect in effects:
            if isinstance(effect, KeepMode):
                self.kept[effect.door] = effect.mode
        reasons = granted | {door for door in DOORS if self.is_pressed(door)}
        for door in reasons - granted:
            self.extend(door, REX_US[door])
        if opens:
            self.extend(opens, OPEN_US)
            reasons.add(opens)
        if mode is not None:
            assert self.agent.doors()[mode[0]].mode == mode[1]
            self.seen[mode[0]].mode = mode[1]
            reasons |= {mode[0]} if mode[1] in {"office", "evacuate"} else set()
        self.locks_move(effects, reasons, given)
        return effects

    def locks_move(self, effects: list[Effect], reasons: set[str], given: Input) -> None:
        for effect in effects:
            if isinstance(effect, SetLock):
                assert effect.door in reasons or not effect.released, f"{effect.door} released by {given}"
                one = self.seen[effect.door]
                one.released = effect.released
                if not effect.released:
                    one.holders.clear()
                DoorMachine.counts["released"] += effect.released
        if isinstance(given, Stop):
            assert not any(door.released for door in self.seen.values())

    def extend(self, door: str, open_us: int, holder: CredentialId | None = None) -> None:
        until_us, one = self.mono_us + open_us, self.seen[door]
        one.until_us = max(one.until_us, until_us)
        one.holders[holder] = max(one.holders.get(holder, 0), until_us)

    def door_told(self, event: DoorChanged, granted: set[str], mode: tuple[str, DoorModeName] | None) -> None:
        door = self.seen[event.door]
        DoorMachine.counts[event.mode if event.what == "mode" else event.what] += 1
        if event.what in {"taken", "not_opened", "forced"} or event.contact == "closed":
            assert door.closed, f"{event.what} was told of a contact that never said closed"
        if event.what == "mode" and mode is None:
            if event.mode == "office":
                assert event.door in granted
                assert self.may_hold_open(event.door)
            else:
                assert (door.mode, event.mode) == ("office", "normal")
            door.mode = event.mode

    def is_pressed(self, door: str) -> bool:
        one = self.seen[door]
        return one.button is Level.ACTIVE and one.was_up and self.mono_us == one.button_us + PRESS_US

    def wait(self, for_us: int) -> None:
        """Let time pass with a tick at each deadline."""
        end_us = self.mono_us + for_us
        while self.deadline_us is not None and self.deadline_us <= end_us:
            self.pass_to(max(self.mono_us, self.deadline_us))
            self.do(Tick())
        self.pass_to(end_us)

    def pass_to(self, mono_us: int) -> None:
        self.wall_us += mono_us - self.mono_us
        self.mono_us = mono_us
        for door in self.seen.values():
            if door.button is Level.IDLE and mono_us >= door.button_us + PRESS_US:
                door.was_up = True

    # -- what can happen -------------------------------------------------------------------------------------------

    @rule(for_us=st.sampled_from([1_000, 29_999, 30_000, 100_000, 1_000_000, 5_000_000, us(40), us(300)]))
    def time_passes(self, for_us: int) -> None:
        DoorMachine.counts["steps"] += 1
        self.wait(for_us)

    @rule(
        door=st.sampled_from([FRONT, FRONT, BACK]),
        level=st.sampled_from([Level.ACTIVE, Level.ACTIVE, Level.IDLE, Level.IDLE, Level.MISSING]),
        settles=OFTEN,
    )
    def contact_moves(self, door: str, level: Level, settles: bool) -> None:
        DoorMachine.counts["steps"] += 1
        self.move_contact(door, level)
        self.wait(100_000 if settles else 1_000)

    def move_contact(self, door: str, level: Level) -> None:
        if level is Level.MISSING:
            self.seen[door].closed = False
        if level is Level.ACTIVE and DOORS[door].has_contact:
            self.seen[door].closed = True
        self.do(DoorLevel(door, DoorLine.CONTACT, level))

    @rule(
        door=st.sampled_from(list(DOORS)),
        level=st.sampled_from(Level),
        for_us=st.sampled_from([1_000, 40_000]),
    )
    def button_moves(self, door: str, level: Level, for_us: int) -> None:
        DoorMachine.counts["steps"] += 1
        self.move_button(door, level)
        self.wait(for_us)

    def move_button(self, door: str, level: Level) -> None:
        one = self.seen[door]
        if level is not one.button:
            one.button, one.button_us = level, self.mono_us
            one.was_up = one.was_up and level is not Level.MISSING
        self.do(DoorLevel(door, DoorLine.EXIT, level))

    @rule(
        door=st.sampled_from([FRONT, FRONT, BACK]),
        for_us=st.sampled_from([0, 0, us(5), us(29), us(30)]),
        asks=OFTEN,
    )
    def somebody_calls(self, door: str, for_us: int, asks: bool) -> None:
        """Press the button outside, wait, and perhaps ask by phone to be let in."""
        DoorMachine.counts["steps"] += 1
        self.do(DoorLevel(door, DoorLine.BUTTON, Level.IDLE))
        self.wait(PRESS_US)
        self.do(DoorLevel(door, DoorLine.BUTTON, Level.ACTIVE))
        self.wait(PRESS_US)
        self.seen[door].called_us = self.mono_us if DOORS[door].has_button else None
        self.do(DoorLevel(door, DoorLine.BUTTON, Level.IDLE))
        self.wait(for_us)
        if asks:
            self.command(door, "", "", 30)

    @rule(
        reader=st.sampled_from(list(READERS)),
        card=st.sampled_from(
            [MEMBER, MEMBER, HOSTS, OTHER, HOSTS, ALWAYS, SLOW, UID, UPSTAIRS, BLOCKED_CARD, UNKNOWN]
        ),
        proven=st.sampled_from([True, True, True, False]),
    )
    def card_comes(self, reader: str, card: CredentialId, proven: bool) -> None:
        DoorMachine.counts["steps"] += 1
        self.do(CardPresented(reader, card, proven), card=(READERS[reader].door, card, proven))
        self.do(CardRemoved(reader))

    @rule(
        reader=st.sampled_from(list(READERS)),
        why=st.sampled_from(["unreadable", "not_authentic", "too_slow"]),
    )
    def card_is_refused(self, reader: str, why: str) -> None:
        DoorMachine.counts["steps"] += 1
        self.do(CardRefused(reader, why, MEMBER))

    @rule(
        without=st.sets(st.sampled_from([MEMBER, HOSTS, SLOW])),
        dead=st.sampled_from([DEAD, DEAD, T0 + us(5_000)]),
    )
    def list_arrives(self, without: set[CredentialId], dead: int) -> None:
        DoorMachine.counts["steps"] += 1
        self.give_list(without, dead)

    def give_list(self, without: set[CredentialId], dead: int) -> None:
        self.version += 1
        self.learn_time()
        self.blocked = without
        self.has_list = True
        self.dead_us = dead
        self.facts.append((self.mono_us, ISSUED))
        body = access_list(
            front=door_rule(FRONT, office=OFFICE[FRONT]),
            back=door_rule(BACK, office=OFFICE[BACK], office_from_first=False),
            credentials=[
                one
                for one in CREDENTIALS
                if one.lookup not in {bytes.fromhex(card.digits) for card in without}
            ],
        )
        self.do(ListArrived(self.version, ISSUED, dead, body))
        for one in self.seen.values():
            live = {card for card, until_us in one.holders.items() if until_us > self.mono_us}
            if live and live <= without and one.mode in {"normal", "lockdown"}:
                assert not one.released, "released for a card that the list has taken out"

    @rule()
    def link_comes(self) -> None:
        DoorMachine.counts["steps"] += 1
        self.connect()

    def connect(self) -> None:
        self.connections += 1
        self.session, self.number = f"{self.connections:016x}", 0
        self.do(LinkUp(self.session))

    @rule(
        given=st.sampled_from(
            [ClockBecameSynchronised(), MarkArrived("0" * 16, 5), MessageRefused("wrong-signature"), Tick()]
        )
    )
    def something_else(self, given: Input) -> None:
        DoorMachine.counts["steps"] += 1
        self.do(given)

    @rule()
    def link_goes(self) -> None:
        DoorMachine.counts["steps"] += 1
        self.session = None
        self.do(LinkDown())

    @rule(
        door=st.sampled_from([FRONT, FRONT, BACK, "cellar"]),
        mode=st.sampled_from(["", "", "normal", "normal", "office", "evacuate", "lockdown"]),
        flaw=st.sampled_from(["", "", "", "retained", "session", "repeated", "expired", "too long"]),
        called_s=st.sampled_from([0, 0, 30]),
    )
    def command_arrives(self, door: str, mode: DoorModeName | Literal[""], flaw: str, called_s: int) -> None:
        DoorMachine.counts["steps"] += 1
        self.command(door, mode, flaw, called_s)

    def command(self, door: str, mode: DoorModeName | Literal[""], flaw: str, called_s: int) -> None:
        session = self.session if self.session and flaw != "session" else "f" * 16
        name = "00000000000000c1"
        command = (
            SetMode(command=name, session=session, door=door, mode=mode)
            if mode
            else OpenDoor(command=name, session=session, door=door, called_s=called_s)
        )
        number = self.number if flaw == "repeated" and self.number else self.number + 1
        repeats = number == self.number
        if flaw != "retained" and self.session and session == self.session:
            self.number = number
        valid_us = self.wall_us + us({"expired": 0, "too long": 31}.get(flaw, 10))
        given = CommandArrived(command, number, valid_us, retained=flaw == "retained")
        self.learn_time()
        in_time = (
            self.wall_us < valid_us <= self.wall_us + us(30) if self.trusted else self.least_us < valid_us
        )
        works = self.session is not None and flaw not in {"retained", "session"}
        works = works and not repeats and in_time and door in DOORS
        if works:
            before = self.seen[door].mode
            # Office may have to end in this very input.
            if before == "office" and not self.may_hold_open(door):
                before = "normal"
            is_opening = mode in {"", "office", "evacuate"} or (before == "lockdown" and mode != "lockdown")
            works = (self.trusted or not is_opening) and not (before == "lockdown" and mode in {"", "office"})
            works = works and (mode != "office" or self.may_hold_open(door))
        if works and called_s and not mode:
            called_us = self.seen[door].called_us
            works = called_us is not None and self.mono_us - called_us < us(called_s)
            if works:
                DoorMachine.counts["opened after a call"] += 1
                self.seen[door].called_us = None
        if not works:
            self.do(given)
        elif mode:
            self.do(given, mode=(door, mode))
        else:
            self.do(given, opens=door)

    @rule(by_us=st.sampled_from([-us(10**6), -us(300), -us(30), us(30), us(300), us(3_000), us(10**6)]))
    def wall_clock_jumps(self, by_us: int) -> None:
        DoorMachine.counts["steps"] += 1
        self.wall_us = max(0, self.wall_us + by_us)
        self.do(Tick())

    @rule(synced=OFTEN, battery=st.booleans())
    def trust_changes(self, synced: bool, battery: bool) -> None:
        DoorMachine.counts["steps"] += 1
        self.synced, self.battery = synced, battery
        self.do(Tick())

    @precondition(lambda self: self.wall_us != T0)
    @rule()
    def wall_clock_is_set_right(self) -> None:
        DoorMachine.counts["steps"] += 1
        self.wall_us = T0
        self.do(Tick())

    @rule(orderly=st.booleans(), is_ready=OFTEN)
    def agent_restarts(self, orderly: bool, is_ready: bool) -> None:
        DoorMachine.counts["steps"] += 1
        if orderly:
            self.do(Stop())
        self.kept = {door: mode for door, mode in self.kept.items() if mode == "lockdown"}
        assert {door for door, one in self.seen.items() if one.mode == "lockdown"} == set(self.kept)
        self.start(is_ready=is_ready)

    # -- laws ------------------------------------------------------------------------------------------------------

    @invariant()
    def a_released_lock_has_a_reason_that_still_holds(self) -> None:
        for door, one in self.seen.items():
            if not one.released:
                continue
            if one.mode in {"normal", "lockdown"}:
                assert self.mono_us < one.until_us, f"{door} is released for too long"

    @invariant()
    def what_is_told_to_the_hub_is_so(self) -> None:
        for door, health in self.agent.doors().items():
            one = self.seen[door]
            assert (health.released, health.mode) == (one.released, one.mode), door
            assert health.contact != "closed" or one.closed, door
            assert DOORS[door].has_contact or health.contact == "unknown", door

    def teardown(self) -> None:
        """Nobody comes any more: unless a mode holds it open, every lock holds soon."""
        if not hasattr(self, "agent"):
            return
        self.wait(LONGER_US)
        for door, one in self.seen.items():
            assert not one.released or one.mode in {"office", "evacuate"}, door
            if one.mode == "office":
                self.synced = self.battery = False
                self.wait(us(61))
                assert not one.released, door


@pytest.mark.slow
def test_a_lock_is_never_released_without_a_reason_that_holds() -> None:
    DoorMachine.counts.clear()
    run_state_machine_as_test(
        DoorMachine,
        settings=settings(
            max_examples=EXAMPLES,
            stateful_step_count=STEPS,
            deadline=None,
            report_multiple_bugs=False,
            suppress_health_check=list(HealthCheck),
        ),
    )
    counts = DoorMachine.counts
    assert counts["steps"] >= 50_000
    assert counts["released"] >= 500
    often = {
        "taken",
        "not_opened",
        "forced",
        "held",
        "held_soon",
        "closed",
        "exit_requested",
        "opened_remotely",
        "called",
        "opened after a call",
    }
    modes: set[str] = set(get_args(DoorModeName))
    assert not [what for what in often | modes if counts[what] < 5], counts
