"""Doors without hardware: lists, cards, moments, and an agent that is played second by second."""

from collections.abc import Iterable
from typing import Any, Final

from device.core.agent import Agent
from device.core.door_settings import DoorSettings, ReaderPlace
from device.core.effects import Effect, Pattern, Record, SetLock, Show
from device.core.inputs import (
    CardPresented,
    CardRemoved,
    CommandArrived,
    DoorLevel,
    DoorLine,
    Input,
    Level,
    LinkUp,
    ListArrived,
    Moment,
    Tick,
)
from tests.device.core.traces import S, us
from wire.access import (
    ALWAYS_WORKS,
    BLOCKED,
    HOST,
    LONGER,
    AccessList,
    Command,
    Credential,
    DoorRule,
    Right,
    Window,
)
from wire.events import AccessDecided, CardKind, CommandAnswered, DoorChanged, DoorModeName, Event
from wire.fields import SeqOrZero
from wire.identifiers import CredentialId

BOOT: Final = "00000000000000b0"
SESSION: Final = "00000000000000a1"
T0: Final = 1_760_000_000 * S
"""Wall time at mono 0, and when the list was issued."""
HOUR: Final = 3_600 * S
ISSUED, DEAD = T0 - HOUR, T0 + 14 * 24 * HOUR

FRONT, BACK = "front", "back"
"""A door with everything, and one with a lock and nothing else."""
IN, OUT, IN_BACK, AT_DESK = "front-in", "front-out", "back-in", "desk-1"
DOORS: Final = {
    FRONT: DoorSettings(has_contact=True, has_exit=True, has_tamper=True, has_button=True, exit_reader=True),
    BACK: DoorSettings(has_contact=False),
}
PLACES: Final = {
    IN: ReaderPlace(FRONT),
    OUT: ReaderPlace(FRONT, leaving=True),
    IN_BACK: ReaderPlace(BACK),
    "elsewhere": ReaderPlace("door-of-another-device"),
}


def card_id(number: int) -> CredentialId:
    return CredentialId(f"{number:064x}")


MEMBER, OTHER, HOSTS, ALWAYS, SLOW, BLOCKED_CARD, UID, UPSTAIRS, BARE, UNKNOWN = map(card_id, range(1, 11))
"""Cards: members, a host, one that always works, one that needs longer, a blocked one, one without a key, one with a
right at the other door only, one without any right, and one that no list has."""

ALL_DAY: Final = [Window(T0 - HOUR, T0 + 10 * HOUR)]
WHOLE_LIST: Final = [Window(ISSUED, DEAD)]


def credential(
    card: CredentialId, rights: Iterable[tuple[int, int]], flags: int = 0, kind: CardKind = "desfire"
) -> Credential:
    has_key = kind != "uid" and not flags & BLOCKED
    return Credential(
        lookup=bytes.fromhex(card.digits),
        kind=kind,
        flags=flags,
        key=bytes(16) if has_key else b"",
        proof=bytes(16) if has_key else b"",
        rights=[Right(door, schedule) for door, schedule in rights],
    )


CREDENTIALS: Final = [
    credential(MEMBER, [(0, 0), (1, 0)]),
    credential(OTHER, [(0, 0), (1, 0)]),
    credential(HOSTS, [(0, 1), (1, 1)], HOST),
    credential(ALWAYS, [(0, 0)], ALWAYS_WORKS | HOST),
    credential(SLOW, [(0, 0)], LONGER),
    credential(BLOCKED_CARD, [(0, 0)], BLOCKED),
    credential(UID, [(0, 0), (1, 0)], kind="uid"),
    credential(UPSTAIRS, [(1, 0)]),
    credential(BARE, [], ALWAYS_WORKS | HOST),
]


def rule(door: str = FRONT, **other: Any) -> DoorRule:
    return DoorRule(id=door, **other)


def access_list(
    front: DoorRule | None = None,
    back: DoorRule | None = None,
    credentials: list[Credential] | None = None,
    schedules: list[list[Window]] | None = None,
) -> AccessList:
    return AccessList(
        lookup_key=bytes(32),
        doors=[front or rule(), back or rule(BACK)],
        schedules=schedules or [ALL_DAY, WHOLE_LIST],
        credentials=CREDENTIALS if credentials is None else credentials,
    )


def arrival(
    body: AccessList | None = None, version: SeqOrZero = 1, issued_us: int = ISSUED, dead_us: int = DEAD
) -> ListArrived:
    return ListArrived(version, issued_us, dead_us, body or access_list())


class Site:
    """An agent at work; `at_s` moves on with `wait` and `do`, and every deadline on the way is a tick.

    Args:
        body: of the list that it has from the start; None for no list.
    """

    def __init__(
        self,
        body: AccessList | None = None,
        *,
        has_list: bool = True,
        kept_modes: dict[str, DoorModeName] | None = None,
        doors: dict[str, DoorSettings] | None = None,
        synced: bool = True,
        link: bool = True,
    ) -> None:
        self.agent = Agent(
            {},
            [IN, OUT, IN_BACK, AT_DESK, "elsewhere"],
            BOOT,
            "1.2.3",
            ISSUED,
            doors=DOORS if doors is None else doors,
            reader_doors=PLACES,
            kept_modes=kept_modes,
        )
        self.at_us = us(10)
        self.jump_us = 0
        self.synced = synced
        self.battery = False
        self.deadline_us: int | None = None
        self.locks: dict[str, bool] = {}
        self.effects: list[Effect] = []
        self._number = 0
        self.last = self._note(self.agent.started(self.now))
        if has_list:
            self.do(arrival(body))
        if link:
            self.do(LinkUp(SESSION))

    @property
    def now(self) -> Moment:
        return Moment(self.at_us, T0 + self.at_us + self.jump_us, self.synced, self.battery)

    def _note(self, effects: list[Effect]) -> list[Effect]:
        for effect in effects:
            if isinstance(effect, SetLock):
                self.locks[effect.door] = effect.released
        self.effects += effects
        return effects

    def do(self, given: Input) -> list[Effect]:
        """Give an input now, and return its effects."""
        effects, self.deadline_us = self.agent.handle(given, self.now)
        self.last = self._note(effects)
        return effects

    def wait(self, seconds: float) -> list[Effect]:
        """Let time pass with a tick at every deadline, and return all effects."""
        end_us, effects = self.at_us + us(seconds), []
        while self.deadline_us is not None and self.deadline_us <= end_us:
            self.at_us = max(self.at_us, self.deadline_us)
            effects += self.do(Tick())
        self.at_us = end_us
        return effects

    def tap(self, card: CredentialId, reader: str = IN, *, proven: bool = True) -> list[Effect]:
        """Hold a card to a reader for a moment."""
        effects = self.do(CardPresented(reader, card, proven))
        self.do(CardRemoved(reader))
        return effects

    def line(self, level: Level, line: DoorLine = DoorLine.CONTACT, door: str = FRONT) -> list[Effect]:
        """Move a line and let it settle."""
        return [*self.do(DoorLevel(door, line, level)), *self.wait(0.1)]

    def close(self) -> list[Effect]:
        return self.line(Level.ACTIVE)

    def open(self) -> list[Effect]:
        return self.line(Level.IDLE)

    def call(self, door: str = FRONT) -> list[Effect]:
        """Press the button outside and let go of it."""
        effects = self.line(Level.ACTIVE, DoorLine.BUTTON, door)
        return [*effects, *self.line(Level.IDLE, DoorLine.BUTTON, door)]

    def command(
        self,
        command: Command,
        *,
        number: int | None = None,
        valid_s: float = 10,
        retained: bool = False,
    ) -> list[Effect]:
        """Let a command arrive that is valid for so long from now."""
        self._number += 1
        return self.do(
            CommandArrived(
                command,
                self._number if number is None else number,
                self.now.wall_us + us(valid_s),
                retained,
            )
        )

    def shut(self) -> "Site":
        """Close the front door and let everything settle, as on an ordinary morning."""
        self.close()
        self.line(Level.IDLE, DoorLine.EXIT)
        self.line(Level.IDLE, DoorLine.TAMPER)
        self.line(Level.IDLE, DoorLine.BUTTON)
        self.wait(5)
        self.effects.clear()
        return self


def events(effects: Iterable[Effect]) -> list[Event]:
    return [one.event for one in effects if isinstance(one, Record)]


def changes(effects: Iterable[Effect]) -> list[DoorChanged]:
    return [event for event in events(effects) if isinstance(event, DoorChanged)]


def whats(effects: Iterable[Effect]) -> list[str]:
    return [event.what for event in changes(effects)]


def decisions(effects: Iterable[Effect]) -> list[AccessDecided]:
    return [event for event in events(effects) if isinstance(event, AccessDecided)]


def reason(effects: Iterable[Effect]) -> str:
    [decided] = decisions(effects)
    return decided.reason


def answers(effects: Iterable[Effect]) -> list[tuple[str, str]]:
    return [(one.command, one.outcome) for one in events(effects) if isinstance(one, CommandAnswered)]


def locks(effects: Iterable[Effect]) -> list[tuple[str, bool]]:
    return [(one.door, one.released) for one in effects if isinstance(one, SetLock)]


def shown(effects: Iterable[Effect]) -> list[Pattern]:
    return [one.pattern for one in effects if isinstance(one, Show)]
