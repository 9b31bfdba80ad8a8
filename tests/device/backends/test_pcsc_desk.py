"""Cards with keys, and orders of the hub, on a real pcscd with virtual cards."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from device.backends.pcsc import PcscReaders
from device.card_desk import Desk
from device.core.inputs import CardOffer, CardPresented, CardRefused, CardRemoved, ReaderPresence, WriteEnded
from tests.device.backends.recorder import Recorder
from tests.device.cards.personalising import UID, content, credential_id
from tests.device.sealed import LOOKUP_KEY, TRUST
from tests.device.test_card_desk import COMMAND, keyed_list, named, read_order, write_order
from tests.parts.pcscd import Pcscd
from tests.parts.virtual_card import PAUSE_S, CardPulled, VirtualCard
from tests.parts.virtual_desfire import VirtualDesfire

MakeCard = Callable[..., VirtualCard]


@contextmanager
def watching(desk: Desk) -> Iterator[Recorder]:
    recorder = Recorder()
    source = PcscReaders({"r1": "Virtual PCD 00 00"}, desk)
    source.start(recorder)
    try:
        recorder.wait_for(lambda r: bool(r.of(ReaderPresence)), "the reader")
        yield recorder
    finally:
        source.stop()


@pytest.fixture
def desk() -> Desk:
    return Desk({"r1": "front"}, LOOKUP_KEY, TRUST)


@pytest.fixture
def put_on(virtual_card: MakeCard) -> Callable[[VirtualDesfire], VirtualCard]:
    """A function that makes a card of the reader's out of a DESFire."""

    def make(card: VirtualDesfire) -> VirtualCard:
        return virtual_card(card.uid, handler=card.handle, on_reset=card.power_off)

    return make


PutOn = Callable[[VirtualDesfire], VirtualCard]


def test_a_card_is_offered_written_and_let_in_without_being_lifted(
    pcscd: Pcscd, put_on: PutOn, desk: Desk
) -> None:
    desfire = VirtualDesfire(UID)
    with watching(desk) as recorder, put_on(desfire) as card:
        recorder.wait_for(lambda r: len(r.of(CardPresented)) == 1, "the card")
        desk.use(read_order())
        recorder.wait_for(lambda r: len(r.of(CardOffer)) == 1, "the offer")
        desk.use(write_order(command="f" * 16))
        recorder.wait_for(lambda r: len(r.of(WriteEnded)) == 1, "the end of writing")
        assert recorder.of(WriteEnded) == [WriteEnded("r1", "f" * 16, done=True)]
        assert content(desfire) == credential_id(1)
        desk.use(write_order(2, command="d" * 16, old=(1,)))
        recorder.wait_for(lambda r: len(r.of(WriteEnded)) == 2, "the end of writing anew")
        assert content(desfire) == credential_id(2)
        assert recorder.of(CardRemoved) == []
        desk.use(write_order(1, command="e" * 16, old=(2,)))
        recorder.wait_for(lambda r: len(r.of(WriteEnded)) == 3, "the end of writing back")
        card.remove()
        recorder.wait_for(lambda r: len(r.of(CardRemoved)) == 1, "its end")
        desk.learn(keyed_list())
        card.insert()
        recorder.wait_for(lambda r: len(r.of(CardPresented)) == 2, "the next tap")
    assert recorder.of(CardPresented)[-1] == CardPresented("r1", named(UID), proven=True)
    assert recorder.of(CardRefused) == []


def test_a_card_that_comes_while_it_is_waited_for_is_no_visitor(
    pcscd: Pcscd, put_on: PutOn, desk: Desk
) -> None:
    with watching(desk) as recorder:
        desk.use(read_order())
        with put_on(VirtualDesfire(UID)):
            recorder.wait_for(lambda r: len(r.of(CardOffer)) == 1, "the offer")
        recorder.wait_for(lambda r: len(r.of(CardRemoved)) == 1, "its end")
    assert recorder.of(CardPresented) == []


def test_a_card_pulled_away_at_any_command_of_its_proof_harms_nothing(
    pcscd: Pcscd, virtual_card: MakeCard, desk: Desk
) -> None:
    desfire = VirtualDesfire(UID)
    left = 1_000

    def flighty(apdu: bytes) -> bytes:
        nonlocal left
        left -= 1
        if left < 0:
            raise CardPulled
        return desfire.handle(apdu)

    card = virtual_card(UID, handler=flighty, on_reset=desfire.power_off)
    with watching(desk) as recorder:
        desk.use(write_order())
        card.insert()
        recorder.wait_for(lambda r: len(r.of(WriteEnded)) == 1, "the end of writing")
        assert recorder.of(WriteEnded) == [WriteEnded("r1", COMMAND, done=True)]
        card.remove()
        recorder.wait_for(lambda r: len(r.of(CardRemoved)) == 1, "its end")
        desk.learn(keyed_list())
        for count in range(4):
            left = count
            card.insert()
            recorder.wait_for(lambda _: not card.is_inserted, "the card to be pulled away")
            card.remove()
            time.sleep(PAUSE_S)
        assert recorder.of(CardPresented) == []
        left = 1_000
        time.sleep(PAUSE_S)
        card.insert()
        recorder.wait_for(lambda r: len(r.of(CardPresented)) == 1, "the next tap")
    assert recorder.of(CardPresented) == [CardPresented("r1", named(UID), proven=True)]
    assert set(recorder.of(CardRefused)) <= {CardRefused("r1", "unreadable")}


def test_a_card_pulled_away_while_it_is_written_is_told_and_written_the_next_time(
    pcscd: Pcscd, virtual_card: MakeCard, desk: Desk
) -> None:
    desfire = VirtualDesfire(UID)
    left = 20

    def flighty(apdu: bytes) -> bytes:
        nonlocal left
        left -= 1
        if left < 0:
            raise CardPulled
        return desfire.handle(apdu)

    card = virtual_card(UID, handler=flighty, on_reset=desfire.power_off)
    with watching(desk) as recorder:
        desk.use(write_order())
        card.insert()
        recorder.wait_for(lambda r: len(r.of(WriteEnded)) == 1, "the end of writing")
        assert recorder.of(WriteEnded) == [WriteEnded("r1", COMMAND, done=False, reason="removed")]
        card.remove()
        left = 1_000
        time.sleep(PAUSE_S)
        desk.use(write_order())
        card.insert()
        recorder.wait_for(lambda r: len(r.of(WriteEnded)) == 2, "the end of writing")
    assert recorder.of(WriteEnded)[-1] == WriteEnded("r1", COMMAND, done=True)


def test_another_program_that_has_the_card_open_shuts_no_door(
    pcscd: Pcscd, put_on: PutOn, desk: Desk
) -> None:
    scard = pytest.importorskip("smartcard.scard")
    with watching(desk) as recorder, put_on(VirtualDesfire(UID)):
        recorder.wait_for(lambda r: len(r.of(CardPresented)) == 1, "the card")
        code, context = scard.SCardEstablishContext(scard.SCARD_SCOPE_USER)
        assert code == 0
        try:
            code, handle, _ = scard.SCardConnect(
                context, pcscd.reader_name(0), scard.SCARD_SHARE_SHARED, scard.SCARD_PROTOCOL_ANY
            )
            assert code == 0
            desk.use(read_order())
            recorder.wait_for(lambda r: len(r.of(CardOffer)) == 1, "the offer")
            scard.SCardDisconnect(handle, scard.SCARD_LEAVE_CARD)
        finally:
            scard.SCardReleaseContext(context)
