"""(f) From a card on the reader to the lock's pin, beside a bare loop of the same APDUs, and the agent's memory.

A real pcscd has two slots. A real agent with a full access list serves one, the bare loop the other; virtual DESFire
cards come to both in turns (a hold at one is the pause that the other needs), so that both have the same machine at
the same time. Times begin when the reader finds
the card, which is the first that the card hears of it: how often `vpcd` looks is not what is measured.
"""

import os
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from statistics import median
from typing import Final

import psutil

from bench import access_list
from bench.access_list import DEVICE, DOOR, READER, SPACE, KnownKey, SealedList
from bench.world import Bench, bench, percentile
from device.cards.identify import KnownCard, identify, proof_of
from device.cards.personalise import Generation, Order, personalise
from tests.parts.pcscd import Pcscd
from tests.parts.process import ChildProcess
from tests.parts.virtual_card import HOLD_S, VirtualCard
from tests.parts.virtual_desfire import VirtualDesfire
from tests.parts.waiting import wait_until
from wire.card_keys import DESFIRE_KEY_NUMBERS, READ_KEY, lookup

ROOT: Final = Path(__file__).parents[1]
TAPS: Final = 50
MEMBERS: Final = 5
"""Cards in turns: none comes back so soon that the door takes it for the same passage."""
LOCK_PIN: Final = 5
OURS, FLOORS = 0, 1
"""Slots."""
_GET_UID = bytes.fromhex("FFCA000000")

_SETTINGS = """
device = "{device}"
space = "{space}"
mqtt.url = "{url}"
spool.path = "{folder}/agent.db"
access.trust_file = "{trust}"
access.list_file = "{list}"
[[reader]]
id = "{reader}"
door = "{door}"
match = "{match}"
[[door]]
id = "{door}"
lock_pin = {pin}
"""


class NotedCard(VirtualCard):
    """A virtual card that notes when the reader finds it: `found_ns`, of the monotonic clock; 0 until then."""

    found_ns = 0

    def insert(self) -> None:
        """Put the card on the reader."""
        self.found_ns = 0
        super().insert()

    def _answer(self, message: bytes) -> bytes | None:
        self.found_ns = self.found_ns or time.monotonic_ns()
        return super()._answer(message)


def measure() -> dict[str, dict[str, float]]:
    """Return times from card to lock and of the bare loop (milliseconds), memory (MB), and `access_list.measure`."""
    return {**_taps(), **access_list.measure()}


def _taps() -> dict[str, dict[str, float]]:
    members = [_card(number) for number in range(MEMBERS)]
    sealed = SealedList(*(known for _, known in members))
    # The bare loop says the same words again and again: its card must have the same random number each time.
    repeating, known = _card(MEMBERS, rng=lambda length: bytes(range(length)))
    words = _spoken(repeating, known)
    pcscd = Pcscd()
    try:
        pcscd.start()
        with bench() as world:
            agent, floor = _Agent(world, pcscd, sealed), _Floor(world, pcscd, words)
            try:
                return _play(pcscd, [card for card, _ in members], repeating, agent, floor)
            except AssertionError as error:
                error.add_note(f"log of the device:\n{agent.process.log_tail()}")
                error.add_note(f"log of pcscd:\n{pcscd.log_tail()}")
                raise
            finally:
                agent.process.terminate()
                floor.process.terminate()
    finally:
        pcscd.close()


def _play(
    pcscd: Pcscd, members: list[VirtualDesfire], repeating: VirtualDesfire, agent: "_Agent", floor: "_Floor"
) -> dict[str, dict[str, float]]:
    cards = [_on_reader(pcscd, card, OURS) for card in members]
    other = _on_reader(pcscd, repeating, FLOORS)
    # Both have started, imported and greeted their reader after a first card.
    _tap(cards[-1], agent.releases)
    _tap(other, floor.ends)
    whole_ms, floor_ms = [], []
    for number in range(TAPS):
        wait_until(lambda: not agent.is_released, 10, "the lock to hold again")
        whole_ms.append(_tap(cards[number % MEMBERS], agent.releases))
        floor_ms.append(_tap(other, floor.ends))
    usual_ms = median(floor_ms)
    ours_ms = [whole - usual_ms for whole in whole_ms]
    return {
        "card_to_lock": {
            "taps": TAPS,
            "p50_ms": percentile(whole_ms, 0.50),
            "p95_ms": percentile(whole_ms, 0.95),
            "p99_ms": percentile(whole_ms, 0.99),
            "floor_p50_ms": percentile(floor_ms, 0.50),
            "floor_p99_ms": percentile(floor_ms, 0.99),
            "ratio_to_floor": median(whole_ms) / usual_ms,
            "share_p50_ms": percentile(ours_ms, 0.50),
            "share_p99_ms": percentile(ours_ms, 0.99),
        },
        "memory": {"rss_mb": psutil.Process(agent.process.pid).memory_info().rss / 1e6},
    }


def _tap(card: NotedCard, ends: Callable[[], list[int]]) -> float:
    """Hold a card to its reader and take it away; return the milliseconds until a new end was noted."""
    before, heard = len(ends()), len(card.apdus)
    card.insert()
    held_until_s = time.monotonic() + HOLD_S
    try:
        wait_until(lambda: len(ends()) > before, 15, "what follows a card")
    except AssertionError as error:
        found = "was found" if card.found_ns else "was never found by its reader"
        error.add_note(f"the card in slot {card.slot} {found}, and heard {len(card.apdus) - heard} APDUs")
        raise
    time.sleep(max(0.0, held_until_s - time.monotonic()))
    card.remove()
    return (ends()[before] - card.found_ns) / 1e6


class _Agent:
    """`ankerort-device run` with one door."""

    def __init__(self, world: Bench, pcscd: Pcscd, sealed: SealedList) -> None:
        self._outputs = world.folder / "outputs"
        self._outputs.touch()
        trust_file, list_file = sealed.write(world.folder)
        settings = world.folder / "device.toml"
        settings.write_text(
            _SETTINGS.format(
                device=DEVICE,
                space=SPACE,
                url=world.broker.url,
                folder=world.folder,
                trust=trust_file,
                list=list_file,
                reader=READER,
                door=DOOR,
                match=pcscd.reader_name(OURS),
                pin=LOCK_PIN,
            ),
            encoding="utf-8",
        )
        self.process = ChildProcess("ankerort-device run", world.folder / "device.log")
        played = {"BENCH_OUTPUTS": str(self._outputs), "PYTHONPATH": str(ROOT)}
        self.process.spawn(
            [sys.executable, "-m", "bench.pi_with_lock", "run", "--config", str(settings)],
            env=os.environ | pcscd.environ | played,
        )

    def releases(self) -> list[int]:
        """Return when the lock's pin went up, in nanoseconds."""
        self.process.check_alive()
        return [at_ns for at_ns, level in self._changes() if level]

    @property
    def is_released(self) -> bool:
        """Whether it is up."""
        changes = self._changes()
        return bool(changes and changes[-1][1])

    def _changes(self) -> list[tuple[int, bool]]:
        lines = [line.split() for line in _whole_lines(self._outputs)]
        return [(int(at), level == "1") for at, pin, level in lines if int(pin) == LOCK_PIN]


class _Floor:
    """`bench.bare_reader`."""

    def __init__(self, world: Bench, pcscd: Pcscd, words: list[bytes]) -> None:
        self.process = ChildProcess("bare loop", world.folder / "bare-reader.log")
        command = [sys.executable, "-m", "bench.bare_reader", pcscd.reader_name(FLOORS)]
        self.process.spawn(
            [*command, *(word.hex() for word in words)],
            env=os.environ | pcscd.environ | {"PYTHONPATH": str(ROOT)},
        )

    def ends(self) -> list[int]:
        """Return when it was done with each card, in nanoseconds."""
        self.process.check_alive()
        return [int(line) for line in _whole_lines(self.process.log)]


def _whole_lines(file: Path) -> list[str]:
    return file.read_text(encoding="ascii").rpartition("\n")[0].splitlines()


def _card(number: int, rng: Callable[[int], bytes] = os.urandom) -> tuple[VirtualDesfire, KnownKey]:
    """Return a card with keys of its own, personalised, and what a list must say of it."""
    uid = b"\x04\xbe" + number.to_bytes(5, "big")
    keys = {key_no: os.urandom(16) for key_no in DESFIRE_KEY_NUMBERS}
    known = KnownKey(uid, keys[READ_KEY], os.urandom(16))
    card = VirtualDesfire(uid, rng=rng)
    order = Order(uid, "desfire", known.credential_id, Generation(keys, os.urandom(16)), ())
    personalise(partial(_transmit, card), order)
    card.power_off()
    return card, known


def _spoken(card: VirtualDesfire, known: KnownKey) -> list[bytes]:
    """Return the APDUs with which a door identifies a card."""
    words: list[bytes] = []
    key = os.urandom(32)

    def transmit(command: bytes) -> bytes:
        words.append(command)
        return _transmit(card, command)

    listed = KnownCard(lookup(key, known.uid), "desfire", known.read_key, proof_of(key, known.credential_id))
    identify(transmit, lambda _uid: listed, lookup_key=key)
    card.power_off()
    return words


def _transmit(card: VirtualDesfire, command: bytes) -> bytes:
    return card.uid + b"\x90\x00" if command == _GET_UID else card.handle(command)


def _on_reader(pcscd: Pcscd, card: VirtualDesfire, slot: int) -> NotedCard:
    return NotedCard(pcscd, card.uid, slot=slot, handler=card.handle, on_reset=card.power_off)
