"""What tests may do to virtual cards: pull, record, replay, clone, delay."""

import time
from collections.abc import Callable

import pytest

from tests.parts.card_attacks import ReplayedCard, relayed
from tests.parts.native_card import NativeCard
from tests.parts.virtual_card import CardPulled
from tests.parts.virtual_desfire import VirtualDesfire
from tests.parts.virtual_ntag424 import PROPRIETARY_FILE, VirtualNtag424
from tests.parts_test.card_terminal import Terminal, send, span, status, wrap

UID = bytes.fromhex("04112233445566")
AID = bytes.fromhex("F48120")
SELECT = bytes.fromhex("00A4040C07D276000085010100")
SECRET = bytes(range(16))


def desfire() -> VirtualDesfire:
    card = VirtualDesfire(UID)
    send(card.handle, 0xCA, AID + b"\x0b\x82")
    send(card.handle, 0x5A, AID)
    terminal = Terminal(card.handle)
    terminal.authenticate(0)
    terminal.send(0xCD, bytes.fromhex("03 03 0000 200000"))
    terminal.send(0x8D, span(3, 0, 16), SECRET)
    card.power_off()
    send(card.handle, 0x5A, AID)
    return card


def ntag() -> VirtualNtag424:
    card = VirtualNtag424(UID)
    card.handle(SELECT)
    terminal = Terminal(card.handle)
    terminal.authenticate(3)
    terminal.send(0x8D, span(PROPRIETARY_FILE, 0, 16), SECRET)
    return card


both = pytest.mark.parametrize("make", [desfire, ntag])


def read(card: NativeCard) -> bytes:
    """Select, authenticate, read: 4 APDUs."""
    is_desfire = isinstance(card, VirtualDesfire)
    card.handle(wrap(0x5A, AID) if is_desfire else SELECT)
    terminal = Terminal(card.handle)
    terminal.authenticate(0 if is_desfire else 2)
    return terminal.send(0xAD, span(3, 0, 16), encrypted=True)


@both
@pytest.mark.parametrize("count", [1, 2, 3, 4])
def test_a_card_is_pulled_at_its_apdu_once(make: Callable[[], NativeCard], count: int) -> None:
    card = make()
    card.pull_after(count)
    heard = card.record()
    with pytest.raises(CardPulled):
        read(card)
    assert len(heard) == count - 1
    assert card.session is None
    assert read(card) == SECRET


def test_apdus_are_counted_from_the_next_presentation() -> None:
    card = desfire()
    card.pull_after(5)
    assert read(card) == SECRET
    card.power_off()
    assert read(card) == SECRET
    with pytest.raises(CardPulled):
        read(card)


@pytest.mark.parametrize(("processed", "version"), [(False, b"\x00"), (True, b"\x09")])
def test_a_pulled_card_has_or_has_not_done_what_it_was_told(processed: bool, version: bytes) -> None:
    card = desfire()
    terminal = Terminal(card.handle)
    terminal.authenticate(0)
    card.pull_after(1, processed=processed)
    with pytest.raises(CardPulled):
        terminal.change_key(0, SECRET, version=9)
    send(card.handle, 0x5A, AID)
    assert send(card.handle, 0x64, b"\x00") == version


def test_the_question_for_the_uid_is_no_apdu_of_the_card() -> None:
    card = desfire()
    card.pull_after(1)
    assert card.handle(bytes.fromhex("FFCA000000")) == UID + b"\x90\x00"
    with pytest.raises(CardPulled):
        card.handle(wrap(0x60))


@both
def test_a_recording_played_to_another_challenge_proves_nothing(make: Callable[[], NativeCard]) -> None:
    card = make()
    heard = card.record()
    read(card)
    replayed = ReplayedCard(UID, heard)
    assert replayed.handle(bytes.fromhex("FFCA000000")) == UID + b"\x90\x00"
    # The same bytes get the same answers, in any order.
    assert [replayed.handle(exchange.apdu) for exchange in heard] == [exchange.answer for exchange in heard]
    assert replayed.handle(heard[0].apdu) == bytes.fromhex("911C")
    replayed.power_off()
    assert replayed.handle(heard[1].apdu) == heard[1].answer
    # Another proof is asked for: the old one is all there is.
    assert replayed.handle(wrap(0xAF, bytes(32))) == heard[2].answer


@both
def test_a_clone_and_a_card_of_other_keys_fail_at_authentication(make: Callable[[], NativeCard]) -> None:
    card = make()
    for other in (card.clone_uid(), card.with_wrong_key()):
        assert other.uid == card.uid
        assert other.default_keys() == []
        with pytest.raises(AssertionError, match="91AE"):
            read(other)
    assert read(card) == SECRET


@both
def test_a_clone_has_the_files_but_not_what_is_in_them(make: Callable[[], NativeCard]) -> None:
    card = make()
    holds = {
        kind: any(
            SECRET in file.data for app in other.all_applications().values() for file in app.files.values()
        )
        for kind, other in [("clone", card.clone_uid()), ("other keys", card.with_wrong_key())]
    }
    assert holds == {"clone": False, "other keys": True}
    # The original is another memory.
    assert read(card) == SECRET


def test_a_relayed_card_is_right_and_late() -> None:
    card = desfire()
    late = relayed(card.handle, 0.02)
    start = time.perf_counter()
    assert status(late(wrap(0x6F))) == "9100"
    assert time.perf_counter() - start >= 0.02
