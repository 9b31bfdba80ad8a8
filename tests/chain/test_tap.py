"""Twenty taps of cards on a real pcscd are twenty events in the hub's database, and the cards' numbers are nowhere."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import paho.mqtt.client as mqtt
import pytest
from paho.mqtt.enums import CallbackAPIVersion

from device.cards.uid import credential_of
from tests.chain.installation import Hub, Pi
from tests.parts.mosquitto import Mosquitto
from tests.parts.pcscd import Pcscd
from tests.parts.virtual_card import VirtualCard
from tests.parts.waiting import wait_until

TAPS = 20
# Two cards in turns: one that is back within a second lay on the reader all the time.
UIDS = (bytes.fromhex("04D1A7F3C29E5B"), bytes.fromhex("0462B8E14D3A97"))
CARDS = "SELECT count(*) FROM event WHERE kind = 'card_read'"
READER = """
[[reader]]
id = "tuer"
door = "haupttuer"
match = "Virtual PCD 00 00"
"""


def is_card_on(reader: str) -> bool:
    """Ask pcscd itself."""
    scard = pytest.importorskip("smartcard.scard")
    code, context = scard.SCardEstablishContext(scard.SCARD_SCOPE_SYSTEM)
    assert code == scard.SCARD_S_SUCCESS, scard.SCardGetErrorMessage(code)
    try:
        code, ((_name, state, _atr),) = scard.SCardGetStatusChange(context, 0, [(reader, 0)])
        assert code == scard.SCARD_S_SUCCESS, scard.SCardGetErrorMessage(code)
        return bool(state & scard.SCARD_STATE_PRESENT)
    finally:
        scard.SCardReleaseContext(context)


@contextmanager
def everything_said(port: int) -> Iterator[list[bytes]]:
    """Listen to every topic of a broker; gives the payloads, with their topics, as they come."""
    said: list[bytes] = []
    ready = threading.Event()
    client = mqtt.Client(CallbackAPIVersion.VERSION2, protocol=mqtt.MQTTv5)

    def subscribe(*_: Any) -> None:
        client.subscribe("#", qos=1)

    client.on_connect = subscribe
    client.on_subscribe = lambda *_: ready.set()
    client.on_message = lambda _client, _data, message: said.append(
        message.topic.encode() + b"\n" + bytes(message.payload)
    )
    client.connect("127.0.0.1", port)
    client.loop_start()
    assert ready.wait(10), "the broker did not answer"
    try:
        yield said
    finally:
        client.disconnect()
        client.loop_stop()


def places_of(needle: bytes, folder: Path, said: list[bytes]) -> set[str]:
    """Return where bytes stand: names of files, their parts in SQLite's log included, and "MQTT"."""
    files = {path.name for path in folder.rglob("*") if path.is_file() and needle in path.read_bytes()}
    return files | ({"MQTT"} if any(needle in message for message in said) else set())


@pytest.mark.slow
def test_twenty_taps_are_twenty_events_although_pcscd_is_killed_and_no_uid_is_anywhere(
    mosquitto: Mosquitto, pcscd: Pcscd, virtual_card: Callable[..., VirtualCard], tmp_path: Path
) -> None:
    cards, reader = [virtual_card(uid) for uid in UIDS], pcscd.reader_name(0)
    with (
        everything_said(mosquitto.port) as said,
        Hub(tmp_path, mosquitto.url) as hub,
        Pi(tmp_path, mosquitto.url, READER, has_pins=False) as pi,
    ):
        hub.set_up()
        hub.start("ingest")

        def tap(number: int) -> None:
            with cards[number % 2]:
                wait_until(lambda: hub.number(CARDS) >= number, 15.0, f"tap {number} in the hub's database")
                assert hub.number(CARDS) == number
            wait_until(lambda: not is_card_on(reader), 5.0, "the reader to be empty")

        for number in range(1, TAPS // 2 + 1):
            tap(number)
        pcscd.restart(kill=True)
        for number in range(TAPS // 2 + 1, TAPS + 1):
            tap(number)

        assert hub.number("SELECT count(*) FROM event") == hub.number("SELECT sum(upto) FROM cursor")
        assert hub.query("SELECT * FROM quarantine") == []
        readers = [row[0] for row in hub.query("SELECT payload FROM event WHERE kind = 'reader_state'")]
        assert sum(b'"connected":false' in payload for payload in readers) == 1

        # Searched while all run, so that SQLite's logs are there too. What must be found shows that the search finds.
        key = bytes.fromhex(pi.card_key.read_text())
        for uid in UIDS:
            known = credential_of(key, uid).digits.encode()
            assert places_of(known, tmp_path, said) >= {"hub.db-wal", "spool.db-wal", "MQTT"}
            for digits in (uid, uid[::-1]):
                text = digits.hex()
                for form in (digits, text.encode(), text.upper().encode(), str(list(digits)).encode()):
                    assert places_of(form, tmp_path, said) == set(), f"a UID stands there as {form!r}"
        assert places_of(pi.card_key.read_bytes(), tmp_path, said) == {"card.key"}
