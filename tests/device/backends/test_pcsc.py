"""Card readers against a real pcscd with virtual cards."""

import contextlib
import hashlib
import hmac
import logging
import os
import signal
import statistics
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from device.backends import pcsc
from device.backends.pcsc import PcscReaders, commands_at_first
from device.card_desk import Desk
from device.core.inputs import CardPresented, CardRefused, CardRemoved, ReaderPresence
from device.errors import MissingExtra
from tests.device.backends.recorder import Recorder
from tests.parts.pcscd import Pcscd
from tests.parts.virtual_card import HOLD_S, PAUSE_S, VirtualCard
from tests.parts.waiting import wait_until
from wire.errors import InvalidSetting
from wire.identifiers import CredentialId

KEY = bytes(range(32))
UID = bytes.fromhex("04A1B2C3D4E5F6")
OTHER_UID = bytes.fromhex("0411223344556A")

FOUND = ReaderPresence("door-1", connected=True)
LOST = ReaderPresence("door-1", connected=False)

MakeCard = Callable[..., VirtualCard]


def credential(uid: bytes) -> CredentialId:
    return CredentialId(hmac.new(KEY, uid, hashlib.sha256).hexdigest())


@contextlib.contextmanager
def watching(
    match: str = "Virtual PCD 00 00", *, desk: Desk | None = None, hang_s: float = 5.0, **more: str
) -> Iterator[Recorder]:
    """Run the back-end with a reader `door-1`, and wait until it has said whether it is there."""
    recorder = Recorder()
    readers = {"door-1": match, **{name.replace("_", "-"): text for name, text in more.items()}}
    source = PcscReaders(readers, desk or Desk({}, KEY, None), poll_s=1.0, hang_s=hang_s)
    source.start(recorder)
    try:
        recorder.wait_for(lambda r: len(r.of(ReaderPresence)) >= len(readers), "word of each reader")
        yield recorder
    finally:
        source.stop()


def tap(card: VirtualCard, recorder: Recorder, taps: int) -> None:
    """Hold a card to the reader until it was seen for the given time, and away until that was seen."""
    kinds = (CardPresented, CardRefused)
    card.insert()
    recorder.wait_for(lambda r: len(r.of(*kinds)) == taps, f"tap {taps}")
    card.remove()
    recorder.wait_for(lambda r: len(r.of(CardRemoved)) == taps, f"the end of tap {taps}")


def test_a_card_becomes_its_look_up_value_and_its_uid_is_nowhere(
    pcscd: Pcscd, virtual_card: MakeCard, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    with watching() as recorder:
        tap(virtual_card(UID), recorder, 1)
    assert recorder.inputs == [
        ReaderPresence("door-1", connected=True),
        CardPresented("door-1", credential(UID)),
        CardRemoved("door-1"),
    ]
    shown = (caplog.text + repr(recorder.inputs)).lower()
    assert UID.hex() not in shown
    assert str(list(UID)) not in shown
    assert credential(UID).digits not in shown


def test_twenty_taps_are_twenty_inputs(pcscd: Pcscd, virtual_card: MakeCard) -> None:
    cards = [virtual_card(UID), virtual_card(OTHER_UID)]
    with watching() as recorder:
        for number in range(20):
            tap(cards[number % 2], recorder, number + 1)
    seen = [given.credential for given in recorder.inputs if isinstance(given, CardPresented)]
    assert seen == [credential(UID), credential(OTHER_UID)] * 10


def test_taps_go_on_after_pcscd_was_killed_and_started_again(pcscd: Pcscd, virtual_card: MakeCard) -> None:
    card = virtual_card(UID)
    handles = 0
    with watching() as recorder:
        for number in range(6):
            tap(card, recorder, number + 1)
            pcscd.kill()
            recorder.wait_for(lambda r: r.inputs[-1] == LOST, "word that the reader is lost")
            pcscd.start()
            recorder.wait_for(lambda r: r.inputs[-1] == FOUND, "word that the reader is back")
            # Each lost connection must be given back, or the agent ends after a thousand restarts.
            handles = handles or len(list(Path("/proc/self/fd").iterdir()))
        assert len(list(Path("/proc/self/fd").iterdir())) <= handles
    assert len(recorder.of(CardPresented)) == 6


def test_a_card_shown_while_pcscd_restarts_is_not_missed(pcscd: Pcscd, virtual_card: MakeCard) -> None:
    card = virtual_card(UID)
    with watching() as recorder:
        pcscd.restart(kill=True)
        card.insert()
        recorder.wait_for(lambda r: len(r.of(CardPresented)) == 1, "the tap")


def test_a_card_that_is_left_on_the_reader_is_one_input(pcscd: Pcscd, virtual_card: MakeCard) -> None:
    with watching() as recorder, virtual_card(UID):
        recorder.wait_for(lambda r: bool(r.of(CardPresented)), "the card")
        time.sleep(3.0)
        assert len(recorder.of(CardPresented, CardRemoved)) == 1


def test_a_removal_that_was_missed_is_told_by_the_event_counter(pcscd: Pcscd, virtual_card: MakeCard) -> None:
    card = virtual_card(UID)
    recorder = Recorder()
    source = PcscReaders({"door-1": "Virtual PCD 00 00"}, Desk({}, KEY, None), poll_s=1.0)
    held_up = False

    def slow_queue(given: object) -> None:
        nonlocal held_up
        recorder(given)  # type: ignore[arg-type]
        if isinstance(given, CardPresented) and not held_up:
            held_up = True
            card.remove()
            time.sleep(PAUSE_S)
            card.insert()
            time.sleep(HOLD_S)

    source.start(slow_queue)
    try:
        recorder.wait_for(lambda r: bool(r.of(ReaderPresence)), "the reader")
        card.insert()
        recorder.wait_for(lambda r: len(r.of(CardPresented)) == 2, "the second presentation")
    finally:
        source.stop()
    assert [type(given) for given in recorder.inputs[1:]] == [CardPresented, CardRemoved, CardPresented]


@pytest.mark.parametrize(
    ("uid", "reason"),
    [
        pytest.param(bytes.fromhex("08C3D4E5"), "random_id", id="four bytes beginning with 08 are made up"),
        pytest.param(bytes.fromhex("04C3D4E5F6"), "unreadable", id="five bytes are no UID"),
        pytest.param(b"", "unreadable", id="no bytes are no UID"),
    ],
)
def test_a_card_without_a_lasting_id_is_refused(
    pcscd: Pcscd, virtual_card: MakeCard, uid: bytes, reason: str
) -> None:
    with watching() as recorder:
        tap(virtual_card(uid), recorder, 1)
    assert recorder.of(CardRefused) == [CardRefused("door-1", reason)]


def test_a_card_pulled_away_in_the_middle_of_reading_harms_nothing(
    pcscd: Pcscd, virtual_card: MakeCard
) -> None:
    class Flighty(VirtualCard):
        def _answer(self, message: bytes) -> bytes | None:
            if message == bytes.fromhex("FFCA000000"):
                raise OSError("pulled away")
            return super()._answer(message)

        def _serve(self, reader: object) -> None:
            super()._serve(reader)  # type: ignore[arg-type]
            assert self._socket is not None
            self._socket.close()

    flighty = Flighty(pcscd, UID)
    card = virtual_card(OTHER_UID)
    with watching() as recorder:
        for _ in range(3):
            flighty.insert()
            wait_until(lambda: not flighty.is_inserted, 5.0, "the card to be pulled away")
            flighty.remove()
            time.sleep(PAUSE_S)
        before = len(recorder.of(CardPresented))
        card.insert()
        recorder.wait_for(lambda r: len(r.of(CardPresented)) == 1, "the next card")
        card.remove()
    assert before == 0
    assert set(recorder.of(CardRefused)) <= {CardRefused("door-1", "unreadable")}


def test_two_readers_keep_their_cards_apart(pcscd: Pcscd, virtual_card: MakeCard) -> None:
    cards = virtual_card(UID), virtual_card(OTHER_UID, slot=1)
    with watching("pcd 00 00", desk_1="Virtual PCD 00 01") as recorder, cards[0], cards[1]:
        recorder.wait_for(lambda r: len(r.of(CardPresented)) == 2, "both cards")
    assert set(recorder.of(CardPresented)) == {
        CardPresented("door-1", credential(UID)),
        CardPresented("desk-1", credential(OTHER_UID)),
    }


def test_one_name_that_fits_two_readers_takes_one_and_says_so(
    pcscd: Pcscd, virtual_card: MakeCard, caplog: pytest.LogCaptureFixture
) -> None:
    with watching("Virtual PCD") as recorder:
        tap(virtual_card(UID), recorder, 1)
    assert "'Virtual PCD' fits 'Virtual PCD 00 00', 'Virtual PCD 00 01'" in caplog.text


def test_a_reader_that_is_not_attached_is_not_connected(pcscd: Pcscd) -> None:
    with watching("ACR122U") as recorder:
        assert recorder.inputs == [ReaderPresence("door-1", connected=False)]


def test_a_daemon_that_comes_later_is_found(pcscd: Pcscd, virtual_card: MakeCard) -> None:
    pcscd.kill()
    with watching() as recorder:
        assert recorder.inputs == [ReaderPresence("door-1", connected=False)]
        pcscd.start()
        recorder.wait_for(lambda r: r.inputs[-1] == ReaderPresence("door-1", connected=True), "the reader")
        tap(virtual_card(UID), recorder, 1)


def test_a_hung_daemon_is_left_and_taps_go_on_when_it_wakes(
    pcscd: Pcscd, virtual_card: MakeCard, caplog: pytest.LogCaptureFixture
) -> None:
    card = virtual_card(UID)
    with watching(hang_s=1.0) as recorder:
        tap(card, recorder, 1)
        daemon = pcscd.pid
        os.kill(daemon, signal.SIGSTOP)
        try:
            recorder.wait_for(lambda r: r.inputs[-1] == LOST, "word that the reader is lost")
        finally:
            os.kill(daemon, signal.SIGCONT)
        recorder.wait_for(lambda r: r.inputs[-1] == FOUND, "word that the reader is back")
        tap(card, recorder, 2)
    assert "pcscd does not answer" in caplog.text


def test_it_ends_at_once_although_the_daemon_hangs(pcscd: Pcscd) -> None:
    source = PcscReaders({"door-1": "Virtual PCD 00 00"}, Desk({}, KEY, None))
    recorder = Recorder()
    source.start(recorder)
    recorder.wait_for(lambda r: bool(r.of(ReaderPresence)), "the reader")
    os.kill(pcscd.pid, signal.SIGSTOP)
    try:
        began = time.monotonic()
        source.stop()
        assert time.monotonic() - began < 2.0
    finally:
        os.kill(pcscd.pid, signal.SIGCONT)


@pytest.mark.alone
def test_from_the_cards_first_answer_to_the_queue_is_under_twenty_milliseconds(pcscd: Pcscd) -> None:
    class Stopwatch(VirtualCard):
        asked = 0.0

        def _answer(self, message: bytes) -> bytes | None:
            if message == b"\x04":
                # The reader asks for the ATR: only now does the daemon know that there is a card.
                self.asked = time.monotonic()
            return super()._answer(message)

    card = Stopwatch(pcscd, UID)
    took_s = []
    with watching() as recorder:
        for number in range(9):
            card.insert()
            recorder.wait_for(lambda r, n=number: len(r.of(CardPresented)) == n + 1, "the tap")  # type: ignore[misc]
            took_s.append(recorder.times[-1] - card.asked)
            card.remove()
            recorder.wait_for(lambda r, n=number: len(r.of(CardRemoved)) == n + 1, "its end")  # type: ignore[misc]
    assert statistics.median(took_s) < 0.020, took_s


def test_only_an_acr122u_is_told_to_be_quiet(pcscd: Pcscd, virtual_card: MakeCard) -> None:
    card = virtual_card(UID)
    with watching() as recorder:
        tap(card, recorder, 1)
    assert card.apdus == [bytes.fromhex("FFCA000000")]
    assert commands_at_first("ACS ACR122U PICC Interface 00 00") == [bytes.fromhex("FF00520000")]


def test_an_acr122u_is_told_once_and_its_cards_are_read_all_the_same(
    pcscd: Pcscd, virtual_card: MakeCard, monkeypatch: pytest.MonkeyPatch
) -> None:
    # The virtual reader answers 6A81 to what it does not know, as some clones of the ACR122U do.
    monkeypatch.setattr(pcsc, "commands_at_first", lambda _name: commands_at_first("ACR122U"))
    card = virtual_card(UID)
    with watching() as recorder:
        tap(card, recorder, 1)
        tap(card, recorder, 2)
    assert [apdu.hex().upper() for apdu in card.apdus] == ["FF00520000", "FFCA000000", "FFCA000000"]


def test_without_pyscard_the_error_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pcsc, "scard", None)
    with pytest.raises(MissingExtra, match=r"pip install 'ankerort\[reader\]'"):
        PcscReaders({"door-1": "ACR122U"}, Desk({}, KEY, None))


def test_two_readers_with_the_same_match_are_refused_by_name() -> None:
    with pytest.raises(InvalidSetting, match=r"door-1 and desk-2 both match 'ACR122U'.*serial number"):
        PcscReaders({"door-1": "ACR122U", "desk-2": "acr122u"}, Desk({}, KEY, None))
