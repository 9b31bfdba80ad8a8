"""The PC/SC service of the test bench: real taps arrive, and kills and restarts work."""

import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from tests.parts.pcscd import Pcscd
from tests.parts.virtual_card import DESFIRE_ATR, HOLD_S, VirtualCard
from tests.parts.waiting import wait_until

scard: Any = pytest.importorskip(
    "smartcard.scard", reason="pyscard is missing: apt install swig libpcsclite-dev gcc"
)

UID = bytes.fromhex("04112233445566")
GET_UID = list(bytes.fromhex("FFCA000000"))
MakeCard = Callable[..., VirtualCard]


@contextmanager
def pcsc_context() -> Iterator[Any]:
    code, context = scard.SCardEstablishContext(scard.SCARD_SCOPE_USER)
    assert code == scard.SCARD_S_SUCCESS, scard.SCardGetErrorMessage(code)
    yield context
    scard.SCardReleaseContext(context)


def has_card(context: Any, reader: str) -> bool:
    code, states = scard.SCardGetStatusChange(context, 0, [(reader, scard.SCARD_STATE_UNAWARE)])
    assert code == scard.SCARD_S_SUCCESS, scard.SCardGetErrorMessage(code)
    return bool(states[0][1] & scard.SCARD_STATE_PRESENT)


def exchange(context: Any, reader: str, apdu: list[int]) -> bytes:
    code, card, protocol = scard.SCardConnect(
        context, reader, scard.SCARD_SHARE_SHARED, scard.SCARD_PROTOCOL_T0 | scard.SCARD_PROTOCOL_T1
    )
    assert code == scard.SCARD_S_SUCCESS, scard.SCardGetErrorMessage(code)
    code, answer = scard.SCardTransmit(card, protocol, apdu)
    assert code == scard.SCARD_S_SUCCESS, scard.SCardGetErrorMessage(code)
    scard.SCardDisconnect(card, scard.SCARD_LEAVE_CARD)
    return bytes(answer)


def tap(context: Any, pcscd: Pcscd, card: VirtualCard) -> bytes:
    reader = pcscd.reader_name(card.slot)
    with card:
        wait_until(lambda: has_card(context, reader), 5.0, "the card to be seen")
        answer = exchange(context, reader, GET_UID)
    wait_until(lambda: not has_card(context, reader), 5.0, "the card to be gone")
    return answer


def test_a_card_is_seen_read_and_missed_in_either_slot(pcscd: Pcscd, virtual_card: MakeCard) -> None:
    with pcsc_context() as context:
        for slot, uid in [(0, UID), (1, UID[::-1])]:
            assert tap(context, pcscd, virtual_card(uid, slot=slot)) == uid + b"\x90\x00"


def test_the_service_lists_exactly_its_two_slots(pcscd: Pcscd) -> None:
    with pcsc_context() as context:
        code, readers = scard.SCardListReaders(context, [])
    assert code == scard.SCARD_S_SUCCESS
    assert readers == [pcscd.reader_name(0), pcscd.reader_name(1)]


def test_the_atr_and_other_apdus_are_answered_by_the_card(pcscd: Pcscd, virtual_card: MakeCard) -> None:
    def echo(apdu: bytes) -> bytes:
        return apdu[::-1] + b"\x91\x00"

    card = virtual_card(UID, handler=echo)
    reader = pcscd.reader_name()
    with pcsc_context() as context, card:
        wait_until(lambda: has_card(context, reader), 5.0, "the card to be seen")
        _, states = scard.SCardGetStatusChange(context, 0, [(reader, scard.SCARD_STATE_UNAWARE)])
        assert bytes(states[0][2]) == DESFIRE_ATR
        command = [0x90, 0x5A, 0x00, 0x00, 0x03, 0x01, 0x02, 0x03, 0x00]
        assert exchange(context, reader, command) == bytes(reversed(command)) + b"\x91\x00"
        assert exchange(context, reader, [0xFF, 0x00, 0x52, 0x00, 0x00]) == b"\x6a\x81"
    assert card.apdus == [bytes(command), bytes.fromhex("FF00520000")]


def test_an_apdu_takes_less_than_the_40_ms_of_a_delayed_acknowledgement(
    pcscd: Pcscd, virtual_card: MakeCard
) -> None:
    reader = pcscd.reader_name()
    with pcsc_context() as context, virtual_card(UID):
        wait_until(lambda: has_card(context, reader), 5.0, "the card to be seen")
        took_s = []
        for _ in range(20):
            start = time.perf_counter()
            exchange(context, reader, GET_UID)
            took_s.append(time.perf_counter() - start)
    assert sorted(took_s)[10] < 0.03, took_s


@pytest.mark.parametrize("kill", [True, False], ids=["killed", "stopped"])
def test_taps_go_on_after_a_restart(pcscd: Pcscd, virtual_card: MakeCard, kill: bool) -> None:
    with pcsc_context() as context:
        assert tap(context, pcscd, virtual_card(UID)) == UID + b"\x90\x00"
    pcscd.restart(kill=kill)
    with pcsc_context() as context:
        assert tap(context, pcscd, virtual_card(UID)) == UID + b"\x90\x00"


def test_a_kill_takes_the_card_away_and_leaves_a_stale_socket(pcscd: Pcscd, virtual_card: MakeCard) -> None:
    card = virtual_card(UID)
    card.insert()
    pcscd.kill()
    wait_until(lambda: not card.is_inserted, 5.0, "the card to lose its reader")
    assert pcscd.socket_path.is_socket()
    with pytest.raises(ConnectionRefusedError):
        virtual_card(UID).insert()


def test_another_process_finds_the_same_readers(pcscd: Pcscd) -> None:
    script = "import smartcard.System as s; print(*s.readers(), sep='|')"
    for environment in (None, pcscd.environ):
        seen = subprocess.run(
            [sys.executable, "-c", script], env=environment, capture_output=True, text=True, check=True
        )
        assert seen.stdout.strip() == f"{pcscd.reader_name(0)}|{pcscd.reader_name(1)}"


def test_two_services_run_side_by_side(pcscd: Pcscd, virtual_card: MakeCard) -> None:
    if not pcscd.is_isolated:
        # Without namespaces there is one /run/pcscd: then the second would wait for the first.
        return
    other = Pcscd()
    other.start()
    try:
        assert other.socket_path != pcscd.socket_path
        # This process is bound to the first; a client of the second is another process.
        script = (
            "import smartcard.System as s; c = s.readers()[0].createConnection(); c.connect();"
            "print(bytes(c.transmit([0xFF, 0xCA, 0, 0, 0])[0]).hex())"
        )
        with virtual_card(UID), VirtualCard(other, UID[::-1]):
            time.sleep(HOLD_S)
            for service, uid in [(pcscd, UID), (other, UID[::-1])]:
                seen = subprocess.run(
                    [sys.executable, "-c", script],
                    env=service.environ,
                    capture_output=True,
                    text=True,
                    check=True,
                )
                assert seen.stdout.strip() == uid.hex()
    finally:
        other.close()


def test_an_error_in_the_cards_handler_reaches_the_test(pcscd: Pcscd, virtual_card: MakeCard) -> None:
    def broken(_apdu: bytes) -> bytes:
        raise ValueError("no such instruction in this card")

    card = virtual_card(UID, handler=broken)
    card.insert()
    reader = pcscd.reader_name()
    with pcsc_context() as context:
        wait_until(lambda: has_card(context, reader), 5.0, "the card to be seen")
        _, handle, protocol = scard.SCardConnect(
            context, reader, scard.SCARD_SHARE_SHARED, scard.SCARD_PROTOCOL_T1
        )
        scard.SCardTransmit(handle, protocol, [0x90, 0x60, 0, 0, 0])
        wait_until(lambda: not card.is_inserted, 5.0, "the broken card to leave the reader")
        scard.SCardDisconnect(handle, scard.SCARD_LEAVE_CARD)
    with pytest.raises(ValueError, match="no such instruction"):
        card.remove()


def test_a_card_leaves_no_thread(pcscd: Pcscd, virtual_card: MakeCard) -> None:
    card = virtual_card(UID)
    card.insert()
    assert any(thread.name == "virtual-card" for thread in threading.enumerate())
    time.sleep(HOLD_S)
    card.remove()
    assert not any(thread.name == "virtual-card" for thread in threading.enumerate())
