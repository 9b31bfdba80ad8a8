"""The host's own reader, as the hub uses it: a child process with a pipe."""

import contextlib
import json
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from device.cards.identify import Identified
from tests.device.cards.personalising import CREDENTIAL, UID, at_door, content, credential_id, known
from tests.device.test_card_desk import card_keys, on_reader
from tests.parts.pcscd import Pcscd
from tests.parts.virtual_card import PAUSE_S, CardPulled, VirtualCard
from tests.parts.virtual_desfire import VirtualDesfire

COMMAND = [sys.executable, "-m", "device.cli", "--verbose", "card-station", "--reader"]
MakeCard = Callable[..., VirtualCard]


class Station:
    """The child, and what it says."""

    def __init__(self, folder: Path, reader: str = "Virtual PCD 00 00") -> None:
        self.log = folder / "station.log"
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                [*COMMAND, reader], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log
            )

    def ask(self, **question: Any) -> None:
        self.send(json.dumps(question).encode())

    def send(self, line: bytes) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(line + b"\n")
        self.process.stdin.flush()

    def answer(self) -> dict[str, Any]:
        assert self.process.stdout is not None
        found: dict[str, Any] = json.loads(self.process.stdout.readline())
        return found

    def hang_up(self) -> int:
        assert self.process.stdin is not None
        self.process.stdin.close()
        return self.process.wait(10)

    def end(self) -> None:
        self.process.kill()
        self.process.wait(10)
        for pipe in (self.process.stdin, self.process.stdout):
            if pipe is not None:
                with contextlib.suppress(BrokenPipeError):
                    pipe.close()


@pytest.fixture
def station(pcscd: Pcscd, tmp_path: Path) -> Iterator[Station]:
    made = Station(tmp_path)
    yield made
    made.end()


def write_question(number: int = 1, **more: Any) -> dict[str, Any]:
    keys = card_keys(number)
    return {
        "ask": "write",
        "uid": UID.hex(),
        "kind": "desfire",
        "credential_id": credential_id(number).hex(),
        "new": {"picc": keys.picc.hex(), "keys": [key.hex() for key in keys.keys]},
    } | more


def test_a_card_is_read_then_written_without_being_lifted_and_proves_itself(
    station: Station, virtual_card: MakeCard
) -> None:
    desfire = VirtualDesfire(UID)
    with virtual_card(UID, handler=desfire.handle, on_reset=desfire.power_off):
        station.ask(ask="read")
        assert station.answer() == {"kind": "desfire", "uid": UID.hex()}
        station.ask(**write_question())
        assert station.answer() == {"done": True, "reason": ""}
        station.ask(**write_question())
        assert station.answer() == {"done": True, "reason": ""}
    assert station.hang_up() == 0
    assert content(desfire) == credential_id(1)
    assert at_door(on_reader(desfire), known("desfire")) == Identified(CREDENTIAL, "desfire", known=True)
    said = station.log.read_text().lower()
    assert UID.hex() not in said
    assert credential_id(1).hex() not in said


def test_a_card_that_comes_later_is_read(station: Station, virtual_card: MakeCard) -> None:
    station.ask(ask="read", wait_s=20)
    time.sleep(PAUSE_S)
    with virtual_card(bytes.fromhex("AABBCCDD")):
        assert station.answer() == {"kind": "uid", "uid": "aabbccdd"}


def test_a_card_is_left_alone_as_long_as_nobody_asks(station: Station, virtual_card: MakeCard) -> None:
    card = virtual_card(UID)
    with card:
        time.sleep(1.5)
        assert card.apdus == []
        station.ask(ask="read")
        assert station.answer()["uid"] == UID.hex()


def test_when_nobody_comes_it_says_so(station: Station) -> None:
    station.ask(ask="read", wait_s=1)
    assert station.answer() == {"error": "nobody_came"}


def test_a_card_with_a_random_number_is_unusable(station: Station, virtual_card: MakeCard) -> None:
    with virtual_card(bytes.fromhex("08112233")):
        station.ask(ask="read", wait_s=5)
        assert station.answer() == {"error": "unusable"}


def test_another_card_than_the_one_that_is_meant_is_not_written(
    station: Station, virtual_card: MakeCard
) -> None:
    other = VirtualDesfire(bytes.fromhex("0411223344556A"))
    with virtual_card(other.uid, handler=other.handle, on_reset=other.power_off):
        station.ask(**write_question())
        assert station.answer() == {"done": False, "reason": "another_card"}
    assert other.applications == {}


def test_a_card_that_is_pulled_away_is_told_and_finished_the_next_time(
    station: Station, virtual_card: MakeCard
) -> None:
    desfire, left = VirtualDesfire(UID), 15

    def flighty(apdu: bytes) -> bytes:
        nonlocal left
        left -= 1
        if left < 0:
            raise CardPulled
        return desfire.handle(apdu)

    card = virtual_card(UID, handler=flighty, on_reset=desfire.power_off)
    station.ask(**write_question(wait_s=20))
    card.insert()
    assert station.answer() == {"done": False, "reason": "removed"}
    card.remove()
    left = 1_000
    time.sleep(PAUSE_S)
    station.ask(**write_question(wait_s=20))
    card.insert()
    assert station.answer() == {"done": True, "reason": ""}
    card.remove()


@pytest.mark.parametrize(
    "line",
    [
        pytest.param(b"{", id="no JSON"),
        pytest.param(b'{"ask": "open"}', id="unknown question"),
        pytest.param(b'{"ask": "read", "wait_s": 100000}', id="for too long"),
        pytest.param(json.dumps(write_question(uid="04")).encode(), id="UID too short"),
        pytest.param(json.dumps(write_question(kind="uid")).encode(), id="kind that takes no keys"),
        pytest.param(json.dumps(write_question(credential_id="zz" * 16)).encode(), id="no hex"),
        pytest.param(b"[" * 20_000, id="long and deep"),
        pytest.param(b"\xff\xfe", id="no text"),
    ],
)
def test_a_bad_question_is_answered_and_the_next_one_too(station: Station, line: bytes) -> None:
    station.send(line)
    assert station.answer() == {"error": "bad_question"}
    if len(line) > 16_384:
        assert station.answer() == {"error": "bad_question"}
    station.ask(ask="read", wait_s=1)
    assert station.answer() == {"error": "nobody_came"}
    assert b"ask" not in station.log.read_bytes()


def test_it_ends_with_its_standard_input_although_a_card_is_waited_for(station: Station) -> None:
    station.ask(ask="read", wait_s=100)
    time.sleep(1.0)
    began = time.monotonic()
    assert station.hang_up() == 0
    assert time.monotonic() - began < 5.0


def test_a_reader_that_is_not_there_is_told(pcscd: Pcscd, tmp_path: Path) -> None:
    station = Station(tmp_path, "ACR122U")
    try:
        station.ask(ask="ready")
        assert station.answer() == {"error": "no_reader"}
        assert station.hang_up() == 0
    finally:
        station.end()
