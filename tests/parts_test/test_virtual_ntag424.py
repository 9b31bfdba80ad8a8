"""The virtual NTAG 424: published values, factory state, refusals, and SUN messages."""

import pytest

from tests.device.cards.published import Vector, vector, vectors
from tests.parts.card_ciphers import aes_decrypt
from tests.parts.card_frames import scripted_random
from tests.parts.card_sessions import Ev2Session
from tests.parts.virtual_ntag424 import NDEF_FILE, PROPRIETARY_FILE, VirtualNtag424
from tests.parts_test.card_terminal import ZERO_KEY, Terminal, send, span, status, wrap

UID = bytes.fromhex("04DE5F1EACC040")
SELECT = bytes.fromhex("00A4040C07D276000085010100")
NEW_KEY = bytes(range(16, 32))
SETTINGS_OF_TABLE_19 = bytes.fromhex("40 00E0 C1 F121 200000 430000 430000")


def selected() -> VirtualNtag424:
    card = VirtualNtag424(UID)
    assert card.handle(SELECT) == b"\x90\x00"
    return card


def authenticated(card: VirtualNtag424, key_no: int = 0, key: bytes = ZERO_KEY) -> Terminal:
    card.handle(SELECT)
    terminal = Terminal(card.handle)
    terminal.authenticate(key_no, key)
    return terminal


# --- Published values ---


def in_session(source: str, counter: int) -> VirtualNtag424:
    """Return a tag in the session of an AN12196 example."""
    card = selected()
    if source == "AN12196 table 14":
        published = vector("authenticate_ev2_first", source)
        ti = published["ti"]
    else:
        published = vector("authenticate_ev2_non_first", source)
        ti = bytes.fromhex("7614281A")
    keys = published["session_enc_key"], published["session_mac_key"]
    card.session = Ev2Session(0, *keys, ti, counter)
    return card


def test_a_published_authentication_runs() -> None:
    published = vector("authenticate_ev2_first", "AN12196 table 14")
    card = selected()
    card.rng = scripted_random(published["rndb"], published["ti"])
    assert card.handle(bytes.fromhex("9071000002000000")) == published["rndb_enc"] + b"\x91\xaf"
    assert card.handle(wrap(0xAF, published["sent"])) == published["reply"] + b"\x91\x00"


def test_published_settings_are_told_with_the_published_mac() -> None:
    published = vector("secure_messaging", "AN12196 table 8")
    card = selected()
    told = published["response_data"]
    file = card.memory.files[NDEF_FILE]
    file.option, file.rights, file.sdm = told[1], int.from_bytes(told[2:4], "little"), told[7:]
    card.session = Ev2Session(0, bytes(16), published["mac_key"], published["ti"])
    assert card.handle(published["command"]) == told + published["response_mac"] + b"\x91\x00"


def test_a_published_write_is_taken() -> None:
    published = vector("write_data", "AN12196 table 17")
    card = in_session("AN12196 table 14", 0)
    # The example's file is in FULL mode for key 0 by then.
    file = card.memory.files[NDEF_FILE]
    file.option, file.rights = 3, 0x0000
    assert card.handle(published["command"]) == published["response"]
    assert file.data[:128] == published["data"]


def test_a_published_change_of_settings_is_taken() -> None:
    published = vector("secure_messaging", "AN12196 table 19")
    card = in_session("AN12196 table 14", 1)
    assert card.handle(published["command"]) == published["response_mac"] + b"\x91\x00"
    file = card.memory.files[NDEF_FILE]
    assert bytes([file.option]) + file.rights.to_bytes(2, "little") + file.sdm == published["plain_unpadded"]


def test_a_published_change_of_another_key_is_taken() -> None:
    published = vector("secure_messaging", "AN12196 table 26")
    card = in_session("AN12196 table 23", 2)
    assert card.handle(published["command"]) == published["response_mac"] + b"\x91\x00"
    key = card.memory.keys[2]
    assert (key.value, key.version) == (published["new_key"], published.number("version"))


def test_a_published_change_of_the_own_key_is_taken() -> None:
    published = vector("secure_messaging", "AN12196 table 27")
    card = in_session("AN12196 table 23", 3)
    assert card.handle(wrap(0xC4, b"\x00" + published["ciphertext"] + published["mac"])) == b"\x91\x00"
    key = card.memory.keys[0]
    assert (key.value, key.version) == (published["new_key"], published.number("version"))
    assert card.session is None


@pytest.mark.parametrize("published", vectors("sun"))
def test_a_published_sun_message_is_made(published: Vector) -> None:
    random = aes_decrypt(published["meta_key"], published["picc_data"])[11:]
    card = VirtualNtag424(published["uid"], rng=scripted_random(random))
    message = card.sun_message(
        published.number("counter"),
        mac_input=published.text("mac_input_ascii").encode(),
        meta_key=published["meta_key"],
        file_key=published["file_key"],
    )
    assert (message.picc_data, message.mac) == (published["picc_data"], published["mac"])


# --- The factory's state ---


def test_a_tag_tells_what_it_is_in_three_frames() -> None:
    handle = VirtualNtag424(UID).handle
    frames = [handle(wrap(0x60)), handle(wrap(0xAF)), handle(wrap(0xAF))]
    assert [frame[-2:].hex() for frame in frames] == ["91af", "91af", "9100"]
    assert frames[0][:7] == bytes.fromhex("04040230001105")
    assert (len(frames[2]), frames[2][:7]) == (16, UID)


@pytest.mark.parametrize(
    ("number", "expected"),
    [
        pytest.param(1, "00 00 00E0 200000", id="capabilities"),
        pytest.param(2, "00 00 E0EE 000100", id="NDEF"),
        pytest.param(3, "00 03 3023 800000", id="proprietary"),
    ],
)
def test_files_have_the_factorys_settings(number: int, expected: str) -> None:
    assert send(selected().handle, 0xF5, bytes([number])) == bytes.fromhex(expected)


def test_a_new_tag_has_five_keys_of_zeros() -> None:
    card = selected()
    assert card.default_keys() == [f"NTAG key {number}" for number in range(5)]
    assert [send(card.handle, 0x64, bytes([number])) for number in range(5)] == [b"\x00"] * 5


def test_everybody_reads_and_writes_a_new_tags_address() -> None:
    card = selected()
    send(card.handle, 0x8D, span(NDEF_FILE, 0, 5) + b"hello")
    card.power_off()
    card.handle(SELECT)
    assert send(card.handle, 0xAD, span(NDEF_FILE, 0, 5)) == b"hello"


# --- Keys, files, settings ---


def test_the_proprietary_file_is_read_and_written_in_full_mode() -> None:
    card = selected()
    authenticated(card, 3).send(0x8D, span(PROPRIETARY_FILE, 0, 16), NEW_KEY)
    assert authenticated(card, 2).send(0xAD, span(PROPRIETARY_FILE, 0, 16), encrypted=True) == NEW_KEY


def test_all_keys_are_changed_and_none_of_the_factory_is_left() -> None:
    card = selected()
    terminal = authenticated(card)
    for number in range(1, 5):
        terminal.change_key(number, NEW_KEY, ZERO_KEY)
    terminal.change_key(0, NEW_KEY)
    assert card.default_keys() == []
    authenticated(card, 4, NEW_KEY)


def test_settings_for_sun_name_the_keys_of_its_messages() -> None:
    card = selected()
    terminal = authenticated(card)
    terminal.send(0x5F, bytes([NDEF_FILE]), SETTINGS_OF_TABLE_19)
    terminal.change_key(2, NEW_KEY, ZERO_KEY)
    first, second = card.sun_message(), card.sun_message()
    assert (first.counter, second.counter) == (1, 2)
    plain = aes_decrypt(NEW_KEY, second.picc_data)
    assert plain[:11] == b"\xc7" + UID + b"\x02\x00\x00"
    assert first.mac != second.mac


def test_a_second_authentication_keeps_the_session() -> None:
    terminal = authenticated(selected())
    terminal.authenticate(2, first=False)
    assert terminal.send(0xAD, span(PROPRIETARY_FILE, 0, 16), encrypted=True) == bytes(16)


# --- Refusals ---


@pytest.mark.parametrize(
    ("ins", "data", "expected"),
    [
        pytest.param(0x45, b"", "911C", id="a command of DESFire"),
        pytest.param(0x0A, b"\x00", "911C", id="legacy authentication"),
        pytest.param(0xAD, span(PROPRIETARY_FILE, 0, 16), "91AE", id="read without authentication"),
        pytest.param(0xAD, span(4, 0, 16), "91F0", id="no such file"),
        pytest.param(0xAD, span(NDEF_FILE, 250, 7), "91BE", id="past the end"),
        pytest.param(0xAD, b"\x02", "917E", id="too short"),
        pytest.param(0x71, b"\x05\x00", "9140", id="no such key"),
        pytest.param(0x77, b"\x00", "919D", id="second authentication without a first"),
        pytest.param(0xC4, b"\x01" + bytes(40), "91AE", id="change a key without authentication"),
        pytest.param(0x5F, b"\x02" + bytes(40), "91AE", id="change settings without authentication"),
    ],
)
def test_a_tag_refuses(ins: int, data: bytes, expected: str) -> None:
    assert status(selected().handle(wrap(ins, data))) == expected


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        pytest.param(SETTINGS_OF_TABLE_19[:-3], "917E", id="an offset is missing"),
        pytest.param(SETTINGS_OF_TABLE_19 + bytes(3), "917E", id="an offset too many"),
        pytest.param(bytes.fromhex("00 00E0 00"), "917E", id="SUN off, but described"),
        pytest.param(bytes.fromhex("40 00E0"), "917E", id="SUN on, not described"),
        pytest.param(bytes.fromhex("00 0050"), "919E", id="rights of a key that isn't there"),
        pytest.param(bytes.fromhex("08 00E0"), "919E", id="unknown option"),
        pytest.param(bytes.fromhex("00"), "917E", id="no rights"),
    ],
)
def test_wrong_settings_are_refused(settings: bytes, expected: str) -> None:
    card = selected()
    terminal = authenticated(card)
    sealed = terminal.seal(0x5F, bytes([NDEF_FILE]), settings)
    assert status(card.handle(wrap(0x5F, sealed))) == expected
    assert card.memory.files[NDEF_FILE].rights == 0xEEE0


def test_a_key_is_changed_with_key_0_alone() -> None:
    terminal = authenticated(selected(), 1)
    assert status(terminal.handle(wrap(0xC4, terminal.seal(0xC4, b"\x02", bytes(21))))) == "91AE"


def test_before_selection_a_tag_tells_its_version_alone() -> None:
    card = VirtualNtag424(UID)
    assert status(card.handle(wrap(0x71, b"\x00\x00"))) == "919D"
    assert status(card.handle(wrap(0xAD, span(NDEF_FILE, 0, 5)))) == "919D"
    assert status(card.handle(wrap(0x60))) == "91AF"
    assert card.handle(bytes.fromhex("00A4040C07D276000085010200")) == bytes.fromhex("6A82")


def test_power_off_and_selection_end_the_session() -> None:
    card = selected()
    authenticated(card)
    card.handle(SELECT)
    assert card.session is None
    authenticated(card)
    card.power_off()
    assert card.session is None
    assert status(card.handle(wrap(0x64, b"\x00"))) == "919D"
