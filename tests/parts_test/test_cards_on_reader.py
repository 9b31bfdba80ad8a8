"""Virtual cards behind the real PC/SC service: the session goes with the card, its memory stays."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from tests.parts.native_card import NativeCard
from tests.parts.pcscd import Pcscd
from tests.parts.virtual_card import VirtualCard
from tests.parts.virtual_desfire import VirtualDesfire
from tests.parts.virtual_ntag424 import VirtualNtag424
from tests.parts.waiting import wait_until
from tests.parts_test.card_terminal import Handle, Terminal, send, span, status, wrap

scard: Any = pytest.importorskip(
    "smartcard.scard", reason="pyscard is missing: apt install swig libpcsclite-dev gcc"
)

UID = bytes.fromhex("04112233445566")
AID = bytes.fromhex("F48120")
SELECT = bytes.fromhex("00A4040C07D276000085010100")
SECRET = bytes(range(16))
MakeCard = Callable[..., VirtualCard]


class Gone(Exception):
    """PC/SC says that an APDU wasn't answered."""


def is_present(context: Any, reader: str) -> bool:
    code, states = scard.SCardGetStatusChange(context, 0, [(reader, scard.SCARD_STATE_UNAWARE)])
    assert code == scard.SCARD_S_SUCCESS, scard.SCardGetErrorMessage(code)
    return bool(states[0][1] & scard.SCARD_STATE_PRESENT)


@contextmanager
def presented(pcscd: Pcscd, on_reader: VirtualCard) -> Iterator[Handle]:
    """Hold a card to the reader and connect to it."""
    reader = pcscd.reader_name(on_reader.slot)
    code, context = scard.SCardEstablishContext(scard.SCARD_SCOPE_USER)
    assert code == scard.SCARD_S_SUCCESS, scard.SCardGetErrorMessage(code)
    with on_reader:
        wait_until(lambda: is_present(context, reader), 5.0, "the card to be seen")
        code, handle, protocol = scard.SCardConnect(
            context, reader, scard.SCARD_SHARE_SHARED, scard.SCARD_PROTOCOL_T1
        )
        assert code == scard.SCARD_S_SUCCESS, scard.SCardGetErrorMessage(code)

        def transmit(apdu: bytes) -> bytes:
            code, answer = scard.SCardTransmit(handle, protocol, list(apdu))
            # pcscd with vpcd reports a card pulled in the middle as success, with nothing for an answer.
            if code != scard.SCARD_S_SUCCESS or not answer:
                raise Gone(scard.SCardGetErrorMessage(code))
            return bytes(answer)

        yield transmit
        scard.SCardDisconnect(handle, scard.SCARD_LEAVE_CARD)
    wait_until(lambda: not is_present(context, reader), 5.0, "the card to be gone")
    scard.SCardReleaseContext(context)


def lying(virtual_card: MakeCard, card: NativeCard) -> VirtualCard:
    return virtual_card(card.uid, handler=card.handle, on_reset=card.power_off)


def test_a_desfire_card_keeps_its_memory_and_not_its_session(pcscd: Pcscd, virtual_card: MakeCard) -> None:
    card = VirtualDesfire(UID)
    on_reader = lying(virtual_card, card)
    with presented(pcscd, on_reader) as transmit:
        assert transmit(bytes.fromhex("FFCA000000")) == UID + b"\x90\x00"
        send(transmit, 0xCA, AID + b"\x0b\x82")
        send(transmit, 0x5A, AID)
        terminal = Terminal(transmit)
        terminal.authenticate(0)
        terminal.send(0xCD, bytes.fromhex("01 03 0010 200000"))
        terminal.send(0x8D, span(1, 0, 16), SECRET)
        had_session = card.session is not None
    assert (had_session, card.session) == (True, None)
    with presented(pcscd, on_reader) as transmit:
        assert send(transmit, 0x6A) == AID
        send(transmit, 0x5A, AID)
        assert status(transmit(wrap(0xAD, span(1, 0, 16)))) == "91AE"
        terminal = Terminal(transmit)
        terminal.authenticate(1)
        assert terminal.send(0xAD, span(1, 0, 16), encrypted=True) == SECRET


def test_an_ntag_is_selected_and_read(pcscd: Pcscd, virtual_card: MakeCard) -> None:
    card = VirtualNtag424(UID)
    with presented(pcscd, lying(virtual_card, card)) as transmit:
        assert transmit(SELECT) == b"\x90\x00"
        terminal = Terminal(transmit)
        terminal.authenticate(2)
        assert terminal.send(0xAD, span(3, 0, 16), encrypted=True) == bytes(16)
    assert not card.is_selected


def test_a_pulled_card_leaves_the_reader_without_an_answer(pcscd: Pcscd, virtual_card: MakeCard) -> None:
    card = VirtualDesfire(UID)
    on_reader = lying(virtual_card, card)
    card.pull_after(2)
    with presented(pcscd, on_reader) as transmit:
        assert status(transmit(wrap(0x6A))) == "9100"
        with pytest.raises(Gone):
            transmit(wrap(0x45))
        wait_until(lambda: not on_reader.is_inserted, 5.0, "the card to leave")
    with presented(pcscd, on_reader) as transmit:
        assert send(transmit, 0x45) == bytes.fromhex("0F01")
