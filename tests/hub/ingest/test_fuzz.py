"""Bad input: random and mutated payloads and topics through codec and intake. Nothing crashes, everything refused is
counted or in quarantine, good batches in between are counted, memory stays flat. `ANKERORT_FUZZ` sets how many."""

import gc
import os
import random
import resource
import string
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from hub.ingest.intake import Message
from hub.services.count_events import OUTCOME_COUNTS
from tests.hub.ingest.hub import Hub
from tests.hub.ingest.spool import Spool
from wire.codec import MAX_BATCH_BYTES

if TYPE_CHECKING:
    from collections.abc import Callable

PAYLOADS = int(os.environ.get("ANKERORT_FUZZ", "200000"))
GROUP = 500
MAX_GROWTH_BYTES = 48 * 1024 * 1024

Rng = random.Random


class Fuzzer:
    """Makes messages from a seed; `good` ones must be counted, whatever surrounds them."""

    def __init__(self, seed: int) -> None:
        self.rng = Rng(seed)
        self.good = Spool(device="pi-3", epoch="a00d000000000000")
        self.sample = Spool()
        self.sample.many(3)
        self.sample.session("flur", 60, 30)
        self.sample.card()
        self.sample.started()
        self.odd = 1
        self.base = self.sample.batch(1).payload
        self.kinds: list[Callable[[], Message]] = [
            self.noise, self.cut, self.flipped, self.spliced, self.huge, self.deep, self.wrong_type, self.bad_text,
            self.extreme_time, self.header_lies, self.gaps, self.topic, self.stranger, self.bad_events,
        ]  # fmt: skip

    def message(self) -> Message:
        return self.rng.choice(self.kinds)()

    def good_message(self) -> Message:
        self.good.desk("flur", self.rng.choice(["occupied", "vacant"]), self.rng.randrange(10**6))
        seq = self.good.next_seq - 1
        return self.good.batch(seq, seq)

    def on_topic(self, payload: bytes) -> Message:
        return Message(self.sample.topic, payload)

    def noise(self) -> Message:
        return self.on_topic(self.rng.randbytes(self.rng.choice([0, 1, 7, 100, 2000])))

    def cut(self) -> Message:
        return self.on_topic(self.base[: self.rng.randrange(len(self.base))])

    def flipped(self) -> Message:
        data = bytearray(self.base)
        for _ in range(self.rng.randint(1, 8)):
            data[self.rng.randrange(len(data))] = self.rng.randrange(256)
        return self.on_topic(bytes(data))

    def spliced(self) -> Message:
        at, to = sorted(self.rng.randrange(len(self.base)) for _ in range(2))
        return self.on_topic(self.base[:to] + self.base[at:])

    def huge(self) -> Message:
        size = self.rng.choice(
            [MAX_BATCH_BYTES - 1, MAX_BATCH_BYTES, MAX_BATCH_BYTES + 1, 4 * MAX_BATCH_BYTES]
        )
        if self.rng.random() < 0.97:
            size //= 100
        return self.on_topic(self.base + b" " * max(0, size - len(self.base)))

    def deep(self) -> Message:
        depth = self.rng.choice([10, 1000, 4000])
        line = b'{"x":' + b"[" * depth + b"]" * depth + b"}"
        return self.on_topic(self.rng.choice([line, self.header(1) + b"\n" + line]))

    def header(self, count: int, **changes: Any) -> bytes:
        first = self.rng.randint(1, 10**6)
        values: dict[str, Any] = {
            "epoch": f'"{self.rng.randrange(40):016x}"', "first": first, "last": first + count - 1, "floor": 1
        }  # fmt: skip
        values.update(changes)
        return ("{" + ",".join(f'"{k}":{v}' for k, v in values.items()) + "}").encode()

    def event(self, **changes: Any) -> bytes:
        values: dict[str, Any] = {
            "type": '"desk_state"', "boot": '"b00700000000000a"', "mono_us": 5, "wall_us": 1795000000000000,
            "synced": "true", "desk": '"flur"', "state": '"vacant"',
        }  # fmt: skip
        values.update(changes)
        return ("{" + ",".join(f'"{k}":{v}' for k, v in values.items()) + "}").encode()

    def odd_value(self) -> str:
        return self.rng.choice(
            ["null", "true", "NaN", "Infinity", "-1", "1.5", "1e400", '""', '"x"', "[]", "{}", "9" * 40, str(2**63),
             str(-(2**63)), '"\\u0000"', '"\\ud800"', '"' + "a" * 500 + '"', "1E2", "0x10", "''"]
        )  # fmt: skip

    def wrong_type(self) -> Message:
        if self.rng.random() < 0.5:
            name = self.rng.choice(["epoch", "first", "last", "floor", "lost"])
            return self.on_topic(self.header(1, **{name: self.odd_value()}) + b"\n" + self.event())
        name = self.rng.choice(["type", "boot", "mono_us", "wall_us", "synced", "desk", "state", "reason"])
        return self.on_topic(self.header(1) + b"\n" + self.event(**{name: self.odd_value()}))

    def bad_text(self) -> Message:
        bad = self.rng.choice(
            [b"\xff", b"\xc3\x28", b"\xed\xa0\x80", b"\xf8\x88\x80\x80\x80", b"\x00", b"\r", b"\xef\xbb\xbf"]
        )
        at = self.rng.randrange(len(self.base))
        return self.on_topic(self.base[:at] + bad + self.base[at:])

    def extreme_time(self) -> Message:
        wall = self.rng.choice([0, 1, 253402300799999999, 253402300800000000, -1, 2**53, 2**63 - 1])
        mono = self.rng.choice([0, 1, 2**53, 2**53 + 1])
        ago = self.rng.choice([0, 1, 400 * 86_400_000_000, 2**62])
        lines = [
            self.event(wall_us=wall, mono_us=mono, synced=self.rng.choice(["true", "false"])),
            self.event(
                type='"desk_session"',
                wall_us=wall,
                mono_us=mono,
                start_ago_us=ago,
                end_ago_us=self.rng.choice([0, ago]),
            ),
            self.event(
                type='"device_started"', version='"1"', not_before_us=wall, synced="false", mono_us=mono
            ),
        ]
        return self.on_topic(b"\n".join([self.header(3), *lines]))

    def header_lies(self) -> Message:
        high = self.rng.choice([0, 1, 499, 500, 501, 10**6, 2**63 - 1])
        changes = {
            # Numberings of their own: a lie may take a mark to the end of all numbers.
            "epoch": f'"{self.rng.randrange(100, 140):016x}"',
            "last": high,
            "floor": self.rng.choice([1, high, 2**63 - 1]),
            "first": self.rng.choice([1, high]),
        }
        lost = self.rng.choice(["[]", "[[1,2]]", "[[2,1]]", "[[1,500000]]", f"[[1,{high}]]"])
        return self.on_topic(self.header(1, lost=lost, **changes) + b"\n" * self.rng.choice([0, 1, 500]))

    def gaps(self) -> Message:
        self.odd += 2
        numbers = {"epoch": '"0dd0000000000000"', "first": self.odd, "last": self.odd}
        return self.on_topic(self.header(1, **numbers) + b"\n" + self.event())

    def topic(self) -> Message:
        letters = string.printable + "äß\u2028\ud7ff+#$/\x00"
        text = "".join(self.rng.choices(letters, k=self.rng.choice([0, 3, 30, 300])))
        name = self.rng.choice(
            [text, f"ankerort/v1/{text}", f"ankerort/v1/stadtlabor/pi-1/{text}", "ankerort/v1/hub/status"]
        )
        return Message(name, self.base)

    def stranger(self) -> Message:
        return Message(f"ankerort/v1/raum-{self.rng.randrange(10**6)}/pi-1/event", self.base)

    def bad_events(self) -> Message:
        lines = [
            self.rng.choice([b"{}", b"", b"[1]", self.event(), self.event(desk='"keller"')]) for _ in range(5)
        ]
        return self.on_topic(b"\n".join([self.header(5), *lines]))


def resident_bytes() -> int:
    gc.collect()
    return int(Path("/proc/self/statm").read_text("ascii").split()[1]) * resource.getpagesize()


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_nothing_that_a_peer_sends_crashes_the_intake_or_grows_its_memory(hub: Hub) -> None:
    fuzzer = Fuzzer(seed=20260731)
    became, sent, settled_bytes = Counter[str](), 0, 0
    # PostgreSQL refuses other things than SQLite does (NUL in a text, numbers over 64 bits): a part is enough for that.
    wanted = PAYLOADS if hub.engine.dialect.name == "sqlite" else PAYLOADS // 10
    while sent < wanted:
        messages = [fuzzer.message() for _ in range(GROUP - 1)]
        messages.insert(fuzzer.rng.randrange(GROUP), fuzzer.good_message())
        outcome = hub.take(*messages)
        became.update({name: getattr(outcome, name) for name in OUTCOME_COUNTS})
        sent += len(messages)
        hub.now_us += 100_000
        if sent == GROUP * 40:
            settled_bytes = resident_bytes()
    good = fuzzer.good
    assert hub.mark(good.device, good.epoch) == good.next_seq - 1
    counted = hub.payloads()
    assert all(counted[good.device, good.epoch, seq] == line for seq, line in good.lines.items())
    # Every kind of refusal was met, and each left its trace.
    few = {"scattered"} if sent < 20_000 else set()  # a thousand gaps take many messages
    assert {name for name in OUTCOME_COUNTS if not became[name]} <= few, became
    reasons = dict(hub.rows("SELECT reason, sum(times) FROM quarantine GROUP BY reason"))
    assert {"unreadable_header", "unreadable_event", "unknown_desk"} <= set(reasons)
    assert "unprocessable" not in reasons, "our own code failed over a payload"
    rung = hub.alarms()
    assert rung["unknown_topic"] == became["stray"]
    assert rung["unknown_device"] == became["unknown"]
    assert rung["unreadable_header"] == became["unreadable"]
    assert (
        reasons["unreadable_event"] + reasons["unknown_desk"] + reasons.get("other_content", 0)
        == became["refused"]
    )
    if settled_bytes:
        assert resident_bytes() - settled_bytes < MAX_GROWTH_BYTES
