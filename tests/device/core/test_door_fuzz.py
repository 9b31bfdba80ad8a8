"""100,000 commands, lists and cards of which each has one thing wrong: nothing is applied, nothing opens.

What reaches the core was the hub's own or a reader's: the bytes before that are `tests/device/test_access_fuzz.py`.
"""

import random
from collections import Counter
from collections.abc import Callable
from typing import get_args

from device.core.effects import KeepMode, SetLock, UseReader
from device.core.inputs import CardPresented, CardRefused, CommandArrived, Input, MessageRefused
from tests.device.core.door_kit import (
    AT_DESK,
    BACK,
    BARE,
    BLOCKED_CARD,
    FRONT,
    HOSTS,
    IN,
    IN_BACK,
    MEMBER,
    OTHER,
    OUT,
    SESSION,
    SLOW,
    UID,
    UNKNOWN,
    UPSTAIRS,
    Site,
    access_list,
    arrival,
    credential,
    locks,
    rule,
)
from tests.device.core.traces import us
from wire.access import (
    ALWAYS_WORKS,
    HOST,
    Cancel,
    CardKeys,
    Command,
    OpenDoor,
    ReadCard,
    SetMode,
    WriteCard,
)
from wire.events import DoorModeName

COUNT = 100_000
VERSION = 1_000
READERS = (IN, OUT, IN_BACK, AT_DESK)
MODES: tuple[DoorModeName, ...] = get_args(DoorModeName)

# Everybody comes in with it, at any door and any time; it is only too old.
GENEROUS = access_list(
    front=rule(uid_cards=True),
    back=rule(BACK, uid_cards=True),
    credentials=[
        credential(card, [(0, 1), (1, 1)], ALWAYS_WORKS | HOST, kind="uid")
        for card in (MEMBER, UNKNOWN, BLOCKED_CARD, UPSTAIRS, BARE)
    ],
)

Way = Callable[[], Input]


class Attacker:
    """Makes inputs that must do nothing.

    Args:
        site: the agent that gets them.
        seed: decides which.
    """

    def __init__(self, site: Site, seed: int) -> None:
        self.site = site
        self.dice = random.Random(seed)
        self.number = 1
        """The highest that the agent has looked at: void ones do not count."""
        self.ways: list[Way] = [
            self.kept_by_the_broker,
            self.of_another_connection,
            self.repeated,
            self.over,
            self.valid_for_too_long,
            self.for_another_device,
            self.older_list,
            self.not_taken,
            self.without_right,
            self.not_proven,
            self.not_usable,
        ]

    def kept_by_the_broker(self) -> Input:
        return self._arrived(self._command(), number=self._ahead(), retained=True)

    def of_another_connection(self) -> Input:
        session = self.dice.choice([f"{self.dice.getrandbits(64):016x}", SESSION[::-1]])
        return self._arrived(self._command(session=session), number=self._ahead())

    def repeated(self) -> Input:
        return self._arrived(self._command(), number=self.dice.randint(0, self.number))

    def over(self) -> Input:
        return self._arrived(self._command(), left_us=-self.dice.choice([0, 1, us(1), us(3_600)]))

    def valid_for_too_long(self) -> Input:
        return self._arrived(self._command(), left_us=us(30) + self.dice.choice([1, us(1), us(86_400)]))

    def for_another_device(self) -> Input:
        return self._arrived(self._command(doors=("door-of-another-device", "x"), readers=("x", "front")))

    def older_list(self) -> Input:
        return arrival(GENEROUS, version=self.dice.choice([0, 1, VERSION - 1, self.dice.randrange(VERSION)]))

    def not_taken(self) -> Input:
        return MessageRefused(self.dice.choice(["wrong-signature", "older-list", "x" * 40, ""]))

    def without_right(self) -> Input:
        reader, card = self.dice.choice(
            [(IN, UNKNOWN), (IN, BLOCKED_CARD), (IN, UPSTAIRS), (OUT, BARE), (IN_BACK, HOSTS), (IN, UID)]
        )
        if card in {HOSTS, UID}:
            # These have a right: it is the proof that is missing, or cards without a key that are not wanted.
            return CardPresented(reader, card, proven=False)
        return CardPresented(reader, card, proven=self.dice.random() < 0.5)

    def not_proven(self) -> Input:
        return CardPresented(self.dice.choice((IN, OUT)), self.dice.choice((MEMBER, OTHER, HOSTS, SLOW)))

    def not_usable(self) -> Input:
        reason = self.dice.choice(["random_id", "unreadable", "not_authentic", "too_slow", "something else"])
        return CardRefused(self.dice.choice(READERS), reason, self.dice.choice([None, MEMBER, HOSTS]))

    def _ahead(self) -> int:
        return self.number + self.dice.randint(1, 3)

    def _arrived(
        self,
        command: Command,
        *,
        number: int | None = None,
        left_us: int | None = None,
        retained: bool = False,
    ) -> CommandArrived:
        if number is None:
            number = self.number = self._ahead()
        left = self.dice.randint(1, us(30)) if left_us is None else left_us
        return CommandArrived(command, number, self.site.now.wall_us + left, retained)

    def _command(
        self,
        *,
        session: str = SESSION,
        doors: tuple[str, ...] = (FRONT, BACK),
        readers: tuple[str, ...] = READERS,
    ) -> Command:
        name, door = f"{self.dice.getrandbits(64):016x}", self.dice.choice(doors)
        reader = self.dice.choice(readers)
        commands: list[Command] = [
            OpenDoor(command=name, session=session, door=door),
            SetMode(command=name, session=session, door=door, mode=self.dice.choice(MODES)),
            ReadCard(command=name, session=session, reader=reader),
            Cancel(command=name, session=session, reader=reader),
            WriteCard(
                command=name,
                session=session,
                reader=reader,
                uid=bytes(7),
                kind="desfire",
                credential_id=bytes(16),
                new=CardKeys(picc=bytes(16), keys=[bytes(16)]),
            ),
        ]
        return self.dice.choice(commands)


def test_what_has_one_thing_wrong_does_nothing() -> None:
    site = Site(has_list=False)
    site.do(arrival(version=VERSION))
    site.shut()
    attacker = Attacker(site, seed=15)
    # `repeated` has something to repeat.
    site.do(attacker._arrived(Cancel(command="c" * 16, session=SESSION, reader=IN), number=attacker.number))
    tried: Counter[str] = Counter()
    for _ in range(COUNT):
        way = attacker.dice.choice(attacker.ways)
        tried[way.__name__] += 1
        given = way()
        effects = site.do(given)
        if attacker.dice.random() < 0.2:
            effects += site.wait(attacker.dice.choice([0.001, 0.5, 2]))
        wrong = [
            effect
            for effect in effects
            if isinstance(effect, KeepMode | UseReader) or (isinstance(effect, SetLock) and effect.released)
        ]
        assert not wrong, f"{way.__name__}: {given} did {wrong}"
        assert site.agent.access_version == VERSION, f"{way.__name__} changed the list"
        site.effects.clear()
    assert min(tried.values()) > COUNT / len(attacker.ways) / 2
    assert {(door.mode, door.released) for door in site.agent.doors().values()} == {("normal", False)}
    site.wait(5)
    assert (FRONT, True) in locks(site.tap(MEMBER)), "who has a right still comes in"
    site.wait(20)
    opening = OpenDoor(command="d" * 16, session=SESSION, door=FRONT)
    assert (FRONT, True) in locks(site.do(attacker._arrived(opening))), "the hub still opens"
