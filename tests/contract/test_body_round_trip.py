"""Access lists and commands inside the seal come back as they were sent; rubbish of any kind is refused."""

import random
import zlib
from typing import get_args

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.contract.golden_bodies import BODIES, body_of, reader_of
from tests.contract.strategies import hex16, ids, struct_strategy
from wire.access import (
    BLOCKED,
    AccessList,
    Cancel,
    CardKeys,
    Command,
    Credential,
    DoorRule,
    OpenDoor,
    ReadCard,
    Right,
    SetMode,
    Window,
    WriteCard,
    decode_access_list,
    decode_command,
    encode_body,
)
from wire.errors import UnreadableMessage
from wire.events import CardKind
from wire.fields import MAX_WALL_US
from wire.messages import ChainHead


@st.composite
def _schedules(draw: st.DrawFn) -> list[Window]:
    ends = draw(st.lists(st.integers(0, MAX_WALL_US), max_size=12, unique=True).map(sorted))
    return [Window(*pair) for pair in zip(ends[::2], ends[1::2], strict=False)]


@st.composite
def _credentials(draw: st.DrawFn, doors: int, schedules: int) -> Credential:
    kind: CardKind = draw(st.sampled_from(get_args(CardKind)))
    flags = draw(st.integers(0, 255))
    has_key = kind != "uid" and not flags & BLOCKED
    secret = st.binary(min_size=16, max_size=16) if has_key else st.just(b"")
    rights = st.builds(Right, st.integers(0, max(0, doors - 1)), st.integers(0, max(0, schedules - 1)))
    return Credential(
        lookup=draw(st.binary(min_size=32, max_size=32)),
        kind=kind,
        flags=flags,
        key=draw(secret),
        proof=draw(secret),
        rights=draw(st.lists(rights, max_size=4 if doors and schedules else 0)),
    )


@st.composite
def _access_lists(draw: st.DrawFn) -> AccessList:
    doors = draw(st.lists(struct_strategy(DoorRule), max_size=4, unique_by=lambda door: door.id))
    schedules = draw(st.lists(_schedules(), max_size=4))
    cards = st.lists(_credentials(len(doors), len(schedules)), max_size=6, unique_by=lambda card: card.lookup)
    return AccessList(
        lookup_key=draw(st.binary(min_size=32, max_size=32)),
        doors=doors,
        schedules=schedules,
        credentials=draw(cards),
        heads=draw(st.lists(struct_strategy(ChainHead), max_size=3)),
    )


_keys = st.builds(
    CardKeys,
    picc=st.one_of(st.just(b""), st.binary(min_size=16, max_size=16)),
    keys=st.lists(st.binary(min_size=16, max_size=16), min_size=1, max_size=14),
)
_writes = st.builds(
    WriteCard,
    command=hex16,
    session=hex16,
    reader=ids,
    wait_s=st.integers(1, 600),
    uid=st.binary(min_size=7, max_size=7),
    kind=st.sampled_from(["desfire", "ntag424"]),
    credential_id=st.binary(min_size=16, max_size=16),
    new=_keys,
    old=st.lists(_keys, max_size=8),
)
_commands = st.one_of(_writes, *(struct_strategy(kind) for kind in (OpenDoor, SetMode, ReadCard, Cancel)))


@settings(suppress_health_check=[HealthCheck.too_slow])
@given(body=_access_lists())
def test_an_access_list_comes_back_as_it_was_sent(body: AccessList) -> None:
    assert decode_access_list(encode_body(body)) == body


@settings(suppress_health_check=[HealthCheck.too_slow])
@given(body=_commands)
def test_a_command_comes_back_as_it_was_sent(body: Command) -> None:
    assert decode_command(encode_body(body)) == body


def test_every_command_is_drawn_from() -> None:
    assert {OpenDoor, SetMode, ReadCard, WriteCard, Cancel} == set(get_args(Command))


@given(data=st.binary(max_size=200))
def test_whatever_is_in_a_body_is_read_or_refused_and_never_crashes(data: bytes) -> None:
    for body in (data, zlib.compress(data)):
        for read in (decode_access_list, decode_command):
            with pytest.raises(UnreadableMessage):
                read(body)


def test_twenty_thousand_changed_bodies_are_read_or_refused_and_nothing_else() -> None:
    """Seeded; changed before they are compressed, so that the change reaches the decoder."""
    seed = 20_260_330
    rng, outcomes = random.Random(seed), {"read": 0, "refused": 0}
    names = list(BODIES)
    for number in range(20_000):
        name = rng.choice(names)
        data = bytearray(body_of(name))
        for _ in range(rng.randint(1, 4)):
            at = rng.randrange(len(data))
            if rng.random() < 0.5:
                data[at] ^= 1 << rng.randrange(8)
            else:
                data[at : at + rng.randrange(4)] = rng.randbytes(rng.randrange(4))
        try:
            reader_of(rng.choice(names) if rng.random() < 0.1 else name)(zlib.compress(bytes(data), 1))
            outcomes["read"] += 1
        except UnreadableMessage as refusal:
            outcomes["refused"] += 1
            said = str(refusal)
        except Exception as error:
            pytest.fail(f"seed {seed}, body {number} from {name}: {error!r} from {data.hex()}")
        else:
            said = ""
        assert len(said) < 200, f"seed {seed}, body {number}"
    assert min(outcomes.values()) > 1_000, outcomes
