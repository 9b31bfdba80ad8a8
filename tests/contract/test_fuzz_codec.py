"""Rubbish by the ten thousand: the codec refuses it as the peer's doing, and nothing else ever comes out of it.

Seeded, so that a failure can be seen again: the message of a failing assertion holds seed and payload.
"""

import random
import tracemalloc
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import partial

import msgspec
import pytest

from tests.contract.golden import BATCHES, MESSAGES, payload_of
from wire.codec import MAX_BATCH_EVENTS, STRUCTS, batch_seqs, decode, decode_batch, decode_event
from wire.errors import PeerSentRubbish, UnknownTopic
from wire.topics import CHANNELS, EVENT, Channel, parse_topic

SEED = 20_260_329
PAYLOADS = 50_000

_SAMPLES = [
    *((golden.channel.address, payload_of(name)) for name, golden in MESSAGES.items()),
    *(("batch", payload_of(name)) for name in BATCHES),
]
_GOLDEN = [payload for _, payload in _SAMPLES]
# One kind of message has one golden payload, another sixteen: each kind is drawn as often as the next.
_KINDS: dict[str, list[tuple[str, bytes]]] = {"batch": [("batch", payload_of(name)) for name in BATCHES]}
for _name, _golden in MESSAGES.items():
    _kind = f"{_golden.channel.address} {type(_golden.message).__name__}"
    _KINDS.setdefault(_kind, []).append((_golden.channel.address, payload_of(_name)))
_TOPICS = [channel.address.format(space="moelln", device="door-1") for channel in CHANNELS]

_NUMBERS = [
    b"0",
    b"-1",
    b"1.5",
    b"1e999",
    b"-0",
    b"9" * 30,
    b"9" * 3_000,
    b"9223372036854775808",
    b"253402300800000000",
]
_WRONG = [
    *_NUMBERS,
    *(b"NaN", b"Infinity", b"null", b"true", b"[]", b"{}", b'""', b"[[1,2],[3]]", b'{"a":[{"b":null}]}'),
    *(
        b'"\\ud800"',
        b'"\xff\xfe"',
        b'"\\u0000"',
        b'"' + b"a" * 300 + b'"',
        b'"+/#"',
        b'"../.."',
        b"\xef\xbb\xbf",
    ),
]
_TOKENS = [
    b"{",
    b"}",
    b"[",
    b"]",
    b'"',
    b",",
    b":",
    b"\\",
    b"\n",
    b"\r\n",
    b"\x00",
    b"\x80",
    b"\xff",
    b"\xed\xa0\x80",
    b"1e",
    b"tru",
]


def _truncated(rng: random.Random, payload: bytes) -> bytes:
    return payload[: rng.randrange(len(payload) + 1)]


def _spliced(rng: random.Random, payload: bytes) -> bytes:
    other = rng.choice(_GOLDEN)
    return payload[: rng.randrange(len(payload) + 1)] + other[rng.randrange(len(other)) :]


def _with_flipped_bits(rng: random.Random, payload: bytes) -> bytes:
    data = bytearray(payload)
    for _ in range(rng.randint(1, 8)):
        data[rng.randrange(len(data))] ^= 1 << rng.randrange(8)
    return bytes(data)


def _with_tokens(rng: random.Random, payload: bytes) -> bytes:
    for _ in range(rng.randint(1, 4)):
        at = rng.randrange(len(payload) + 1)
        payload = payload[:at] + rng.choice(_TOKENS) + payload[at + rng.randrange(4) :]
    return payload


def _with_wrong_value(rng: random.Random, payload: bytes) -> bytes:
    """Put something else behind one of the colons: JSON stays whole, the type does not."""
    colons = [at for at, byte in enumerate(payload) if byte == ord(":")]
    if not colons:
        return payload
    start = rng.choice(colons) + 1
    ends = [at for at in range(start, len(payload)) if payload[at : at + 1] in b",}\n"]
    return payload[:start] + rng.choice(_WRONG) + payload[rng.choice(ends[:3] or [len(payload)]) :]


def _deep(rng: random.Random, payload: bytes) -> bytes:
    opened, closed = rng.choice([(b"[", b"]"), (b'{"a":', b"}"), (b'[{"a":', b"}]")])
    depth = rng.choice([10, 200, 900, 5_000])
    nested = opened * depth + b"1" + closed * rng.choice([depth, depth - 1, 0])
    return payload[:-1] + b',"z":' + nested + b"}" if rng.random() < 0.5 else nested


def _huge(rng: random.Random, payload: bytes) -> bytes:
    size = rng.choice([1_025, 4_097, 8_193, 70_000, 400_000])
    filler = rng.choice([b"x", b" ", b"\n", b"0", b"\x00", '"ä",'.encode()])
    return payload[:-1] + b',"z":"' + filler * (size // len(filler)) + b'"}'


def _with_repeated_lines(rng: random.Random, payload: bytes) -> bytes:
    lines = payload.split(b"\n")
    return b"\n".join(rng.choice(lines) for _ in range(rng.choice([2, 5, 50])))


def _noise(rng: random.Random, payload: bytes) -> bytes:
    return rng.randbytes(rng.randrange(2 * len(payload)))


_MUTATIONS: list[tuple[int, Callable[[random.Random, bytes], bytes]]] = [
    (15, _truncated),
    (15, _spliced),
    (15, _with_flipped_bits),
    (15, _with_tokens),
    (25, _with_wrong_value),
    (1, _deep),
    (1, _huge),
    (8, _with_repeated_lines),
    (5, _noise),
]


def _cases(rng: random.Random, count: int) -> Iterator[tuple[str, bytes]]:
    """Yield whom a payload is for and the payload; now and then it came to the wrong place or was changed twice."""
    weights, mutations = zip(*_MUTATIONS, strict=True)
    places = sorted({place for place, _ in _SAMPLES})
    kinds = list(_KINDS.values())
    for mutation in rng.choices(mutations, weights, k=count):
        place, payload = rng.choice(rng.choice(kinds))
        payload = mutation(rng, payload)
        if payload and rng.random() < 0.2:
            payload = rng.choice(mutations)(rng, payload)
        yield place if rng.random() < 0.9 else rng.choice(places), payload


def _read_as_batch(payload: bytes) -> str:
    header, lines = decode_batch(payload)
    assert len(lines) == len(batch_seqs(header)) <= MAX_BATCH_EVENTS
    return "batch"


def _read_as_event(payload: bytes) -> str:
    return type(decode_event(payload)).__name__


def _readers() -> dict[str, Callable[[bytes], str]]:
    readers: dict[str, Callable[[bytes], str]] = {"batch": _read_as_batch, EVENT.address: _read_as_event}
    for channel, struct in STRUCTS.items():
        readers[channel.address] = partial(_read_as_message, channel, struct)
    return readers


def _read_as_message(channel: Channel, struct: type[msgspec.Struct], payload: bytes) -> str:
    return type(decode(channel, struct, payload)).__name__


def test_fifty_thousand_payloads_are_read_or_refused_and_nothing_else() -> None:
    rng, readers, outcomes = random.Random(SEED), _readers(), Counter[str]()
    for number, (place, payload) in enumerate(_cases(rng, PAYLOADS)):
        said = ""
        try:
            outcomes[readers[place](payload)] += 1
        except PeerSentRubbish as refusal:
            outcomes[type(refusal).__name__] += 1
            said = str(refusal)
        except Exception as error:
            pytest.fail(f"seed {SEED}, payload {number} as {place}: {error!r} from {payload[:300]!r}")
        assert len(said) < 400, f"seed {SEED}, payload {number} as {place}"
        assert "\n" not in said, f"seed {SEED}, payload {number} as {place}"
    assert sum(outcomes.values()) == PAYLOADS
    # Were all refused at the first brace, or hardly any, the mutations would prove nothing.
    read = {"batch", *(type(golden.message).__name__ for golden in MESSAGES.values())}
    refused = {"UnreadableHeader", "UnreadableEvent", "UnreadableMessage", "MessageTooLarge"}
    assert min(outcomes[name] for name in read | refused) > 10, outcomes


def test_every_event_of_a_mutated_batch_is_read_or_refused_on_its_own() -> None:
    rng, outcomes = random.Random(SEED + 1), Counter[str]()
    header, *lines = payload_of("batch_with_losses.ndjson").split(b"\n")
    for number in range(5_000):
        changed = [_with_wrong_value(rng, line) if rng.random() < 0.3 else line for line in lines]
        taken = (
            decode_batch(b"\n".join([header, *changed]))[1] if not any(b"\n" in c for c in changed) else []
        )
        for line in taken:
            try:
                outcomes[_read_as_event(line)] += 1
            except PeerSentRubbish as refusal:
                outcomes[type(refusal).__name__] += 1
            except Exception as error:
                pytest.fail(f"seed {SEED + 1}, batch {number}: {error!r} from {line[:300]!r}")
    assert outcomes["UnreadableEvent"] > 1_000
    assert outcomes["CardRead"] > 1_000


def test_fifty_thousand_topics_are_known_or_unknown_and_nothing_else() -> None:
    rng, outcomes = random.Random(SEED + 2), Counter[str]()
    for number in range(PAYLOADS):
        data = rng.choice(_TOPICS).encode()
        for _ in range(rng.randrange(3)):
            change = rng.choice([_truncated, _with_flipped_bits, _with_tokens, _noise])
            data = change(rng, data or b"a")
        text = data.decode("utf-8", rng.choice(["replace", "surrogateescape", "ignore"]))
        try:
            outcomes[parse_topic(text).channel.name] += 1
        except UnknownTopic:
            outcomes["unknown"] += 1
        except Exception as error:
            pytest.fail(f"seed {SEED + 2}, topic {number}: {error!r} from {text!r}")
    assert outcomes["unknown"] > 10_000
    assert outcomes["event"] > 500


def test_refusing_leaves_no_memory_behind() -> None:
    readers = _readers()

    def refuse(seed: int) -> None:
        for place, payload in _cases(random.Random(seed), 3_000):
            with suppress(PeerSentRubbish):
                readers[place](payload)

    refuse(SEED + 3)
    tracemalloc.start()
    try:
        refuse(SEED + 4)
        before, _ = tracemalloc.get_traced_memory()
        refuse(SEED + 5)
        after, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert after - before < 64 * 1024
