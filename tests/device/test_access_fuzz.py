"""100,000 lists and commands that are not quite the hub's: nothing is applied, and nothing breaks."""

import base64
import contextlib
import random
from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec
import pytest

from device.access_store import AccessStore
from device.core.inputs import Moment
from device.errors import NotTaken
from device.kept_state import KeptState
from device.sealed_mail import SealedMail
from tests.device.sealed import (
    DOOR,
    HOUR_US,
    TRUST,
    access_list,
    credential,
    now_us,
    sealed,
    sealed_command,
    sealed_list,
)
from wire.access import OpenDoor, encode_body
from wire.codec import MAX_BYTES
from wire.topics import ACCESS, COMMAND

OPEN = OpenDoor(command="c" * 16, session="5" * 16, door=DOOR)
COUNT = 45_000
"""Of lists, and of commands; the rest are signed ones whose bodies are wrong."""
SIGNED = 5_000


def mutations(good: bytes, dice: random.Random, count: int) -> Iterator[bytes]:
    """Change a message in one of several ways; always another one."""
    fields = msgspec.json.decode(good)
    names = list(fields)

    def flip() -> bytes:
        data = bytearray(good)
        data[dice.randrange(len(data))] ^= 1 << dice.randrange(8)
        return bytes(data)

    def cut() -> bytes:
        return good[: dice.randrange(len(good))]

    def insert() -> bytes:
        at = dice.randrange(len(good))
        return good[:at] + dice.randbytes(dice.randrange(1, 9)) + good[at:]

    def field() -> bytes:
        name = dice.choice(names)
        value: object = dice.choice([None, 7, [], {}, "", "é" * 3, "=" * 8, dice.randbytes(6).hex(), [[[]]]])
        return msgspec.json.encode(fields | {name: value})

    def header() -> bytes:
        inner = msgspec.json.decode(fields["header"])
        key = dice.choice(list(inner))
        inner[key] = dice.choice([0, -1, 2**63, "access", "command", "town", "x" * 50, None, inner[key]])
        inner["extra"] = dice.random()
        return msgspec.json.encode(fields | {"header": msgspec.json.encode(inner).decode()})

    def noise() -> bytes:
        return dice.randbytes(dice.randrange(200))

    def nested() -> bytes:
        return b'{"header":' + b"[" * dice.randrange(5_000)

    ways: list[Callable[[], bytes]] = [flip, cut, insert, field, header, noise]
    for number in range(count):
        mutated = nested() if number % 500 == 0 else dice.choice(ways)()
        if mutated != good:
            yield mutated


def bad_bodies(good: bytes, dice: random.Random, count: int) -> Iterator[bytes]:
    """Change a body that the hub then signs all the same: its own bug must not break a device."""
    for _ in range(count):
        data = bytearray(good)
        for _ in range(dice.randrange(1, 4)):
            data[dice.randrange(len(data))] ^= 1 << dice.randrange(8)
        yield bytes(data)


@pytest.fixture
def store(tmp_path: Path) -> AccessStore:
    return AccessStore(tmp_path / "access.list", KeptState(tmp_path / "access.list.state"), TRUST)


def same_meaning(mutated: bytes, good: bytes) -> bool:
    """Whether a change is none: a flipped bit of white space or of a key that is ignored."""
    try:
        one, other = msgspec.json.decode(mutated), msgspec.json.decode(good)
    except (msgspec.MsgspecError, ValueError, RecursionError):
        return False
    return isinstance(one, dict) and all(_bytes(one.get(name)) == _bytes(other[name]) for name in other)


def _bytes(value: object) -> object:
    """What a text is in base64, whose last character may be written in several ways; other texts as they are."""
    with contextlib.suppress(ValueError, TypeError):
        return base64.b64decode(value, validate=True)  # type: ignore[arg-type]
    return value


def test_mutated_lists_apply_nothing(store: AccessStore, tmp_path: Path) -> None:
    now = Moment(1, now_us(), True)
    assert store.take_list(sealed_list(1, access_list(credential(b"\x04abcdef"))), now) is not None
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    good = sealed_list(2, access_list(credential(b"\x04ghijkl")))
    refused = 0
    for mutated in mutations(good, random.Random(11), COUNT):
        if same_meaning(mutated, good):
            continue
        with pytest.raises(NotTaken):
            store.take_list(mutated, now)
        refused += 1
    assert refused > 0.9 * COUNT
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before
    assert store.take_list(good, now) is not None, "the unchanged one is still taken"


def test_mutated_commands_get_nowhere(store: AccessStore) -> None:
    good = sealed_command(OPEN, 1)
    refused = 0
    for mutated in mutations(good, random.Random(12), COUNT):
        if same_meaning(mutated, good):
            continue
        with pytest.raises(NotTaken):
            store.take_command(mutated, retained=False)
        refused += 1
    assert refused > 0.9 * COUNT


def test_bodies_that_the_hub_signed_by_mistake_are_refused_or_whole(store: AccessStore) -> None:
    now = Moment(1, now_us(), True)
    content = access_list(credential(b"\x04abcdef"))
    for version, bad in enumerate(bad_bodies(encode_body(content), random.Random(13), SIGNED), start=2):
        payload = sealed("access", version, bad, now.wall_us, now.wall_us + HOUR_US)
        # A checksum over the unpacked bytes finds all changes but some of the compression's own words.
        try:
            arrived = store.take_list(payload, now)
        except NotTaken:
            continue
        assert arrived is not None
        assert arrived.body == content
    command = encode_body(OPEN)
    for number, bad in enumerate(bad_bodies(command, random.Random(14), SIGNED), start=1):
        payload = sealed("command", number, bad, now.wall_us, now.wall_us + HOUR_US)
        try:
            found = store.take_command(payload, retained=False)
        except NotTaken:
            continue
        assert found.command == OPEN


@pytest.mark.parametrize("channel", [ACCESS, COMMAND], ids=["access", "command"])
def test_a_flood_is_dropped_and_counted_and_the_door_goes_on(store: AccessStore, channel: object) -> None:
    from device.backends.clock import SimulatedClock
    from device.core.inputs import Input, MessageRefused

    mail = SealedMail(store, SimulatedClock())
    came: list[Input] = []
    mail.start(came.append)
    big = b" " * (MAX_BYTES[ACCESS] + 1)
    for _ in range(500):
        mail.take(channel, big, False)  # type: ignore[arg-type]
    mail.stop()
    assert {given.reason for given in came if isinstance(given, MessageRefused)} <= {"too-large", "too-many"}
    assert all(isinstance(given, MessageRefused) for given in came)
