"""The virtual DESFire card: published and recorded values, factory state, and every refusal that readers must meet."""

import zlib
from collections.abc import Callable
from random import Random

import pytest

from tests.device.cards.published import Vector, vector, vectors
from tests.parts.card_ciphers import (
    crc16,
    des_cmac,
    des_decrypt,
    des_encrypt,
    des_undo_send_mode,
    pad,
    rotate_left,
    unpad,
    xor,
)
from tests.parts.card_frames import scripted_random
from tests.parts.card_sessions import Ev2Session, IsoDesSession
from tests.parts.virtual_desfire import VirtualDesfire
from tests.parts_test.card_terminal import ZERO_KEY, Handle, Terminal, little, send, span, status, wrap

UID = bytes.fromhex("04112233445566")
AID = bytes.fromhex("F48120")
SECRET = bytes(range(16))
NEW_KEY = bytes(range(16, 32))
CONTENT, OPEN, SEALED, WRITABLE, LOGGED = 1, 2, 3, 4, 5


def prepared(settings: int = 0x0B, uid: bytes = UID) -> VirtualDesfire:
    card = VirtualDesfire(uid, rng=Random(7).randbytes)
    send(card.handle, 0xCA, AID + bytes([settings, 0x83]))
    send(card.handle, 0x5A, AID)
    terminal = Terminal(card.handle)
    terminal.authenticate(0)
    # Number, mode, rights with their last byte first: read 1, write 0, both 0, change 0.
    terminal.send(0xCD, bytes([CONTENT]) + bytes.fromhex("03 0010") + little(32))
    terminal.send(0xCD, bytes([OPEN]) + bytes.fromhex("00 E0EE") + little(100))
    terminal.send(0xCD, bytes([SEALED]) + bytes.fromhex("03 F0FF") + little(8))
    terminal.send(0xCD, bytes([WRITABLE]) + bytes.fromhex("01 E1EE") + little(100))
    terminal.send(0xCD, bytes([LOGGED]) + bytes.fromhex("01 0010") + little(100))
    terminal.send(0x8D, span(CONTENT, 0, 16), SECRET)
    return card


def authenticated(card: VirtualDesfire, key_no: int = 0, key: bytes = ZERO_KEY) -> Terminal:
    card.power_off()
    send(card.handle, 0x5A, AID)
    terminal = Terminal(card.handle)
    terminal.authenticate(key_no, key)
    return terminal


# --- Published and recorded values ---


@pytest.mark.parametrize("published", vectors("authenticate_ev2_first"))
def test_a_published_ev2_authentication_runs(published: Vector) -> None:
    card = prepared()
    card.rng = scripted_random(published["rndb"], published["ti"])
    assert card.handle(bytes.fromhex("9071000002000000")) == published["rndb_enc"] + b"\x91\xaf"
    assert card.handle(wrap(0xAF, published["sent"])) == published["reply"] + b"\x91\x00"
    session = Ev2Session(0, published["session_enc_key"], published["session_mac_key"], published["ti"])
    assert card.session == session


def test_a_published_second_authentication_keeps_identifier_and_counter() -> None:
    published = vector("authenticate_ev2_non_first", "AN12196 table 23")
    card = prepared()
    card.session = Ev2Session(1, bytes(16), bytes(16), bytes.fromhex("7614281A"), 2)
    card.rng = scripted_random(published["rndb"])
    assert card.handle(bytes.fromhex("90770000010000")) == published["rndb_enc"] + b"\x91\xaf"
    assert card.handle(wrap(0xAF, published["sent"])) == published["reply"] + b"\x91\x00"
    keys = published["session_enc_key"], published["session_mac_key"]
    assert card.session == Ev2Session(0, *keys, bytes.fromhex("7614281A"), 2)


@pytest.mark.parametrize("published", vectors("authenticate_iso"))
def test_a_recorded_authentication_with_des_runs(published: Vector) -> None:
    card = VirtualDesfire(UID, rng=scripted_random(published["rndb"]))
    card.master.keys[0].value = published["key"]
    assert card.handle(bytes.fromhex("901A0000010000")) == published["rndb_enc"] + b"\x91\xaf"
    assert card.handle(wrap(0xAF, published["sent"])) == published["reply"] + b"\x91\x00"
    assert isinstance(card.session, IsoDesSession)
    # The recording's key is without parity bits, which DES doesn't use.
    key = card.session.key if len(card.session.key) == 16 else card.session.key * 2
    assert bytes(byte & 0xFE for byte in key) == bytes(byte & 0xFE for byte in published["session_key"])


def test_a_recorded_change_of_a_des_key_is_taken() -> None:
    published = vector("change_des_key", "recorded run, 2K3DES in a single DES session")
    card = VirtualDesfire(UID)
    card.session = IsoDesSession(0, published["session_key"])
    assert card.handle(published["command"]) == b"\x91\x00"
    assert card.master.keys[0].value == published["key_data"]
    assert card.session is None


def test_a_published_change_of_the_sessions_own_key_is_taken() -> None:
    published = vector("change_key", "AN12343 table 40")
    card = prepared()
    card.session = Ev2Session(0, published["enc_key"], published["mac_key"], published["ti"])
    terminal = Terminal(card.handle, published["enc_key"], published["mac_key"], published["ti"])
    body = b"\x00" + published["ciphertext"]
    assert card.handle(wrap(0xC4, body + terminal.mac(0xC4, body))) == b"\x91\x00"
    assert card.applications[AID].keys[0].value == published["new_key"]


# --- The factory's state ---


def test_a_card_tells_what_it_is_in_three_frames() -> None:
    handle = VirtualDesfire(UID).handle
    frames = [handle(wrap(0x60)), handle(wrap(0xAF)), handle(wrap(0xAF))]
    assert [status(frame) for frame in frames] == ["91AF", "91AF", "9100"]
    assert [len(frame) - 2 for frame in frames] == [7, 7, 14]
    assert frames[0][:7] == bytes.fromhex("04010112001A05")
    assert frames[2][:7] == UID


def test_a_new_card_is_empty_and_open_to_everybody() -> None:
    card = VirtualDesfire(UID)
    assert send(card.handle, 0x6A) == b""
    assert send(card.handle, 0x45) == bytes.fromhex("0F01")
    assert send(card.handle, 0x64, b"\x00") == b"\x00"
    assert card.default_keys() == ["PICC key 0"]
    assert card.handle(bytes.fromhex("FFCA000000")) == UID + b"\x90\x00"


def test_a_new_application_has_aes_keys_of_zeros() -> None:
    card = prepared()
    application = "application 2081F4"
    assert card.default_keys() == ["PICC key 0", *(f"{application} key {number}" for number in range(3))]
    assert send(card.handle, 0x5A, bytes(3)) == b""
    assert send(card.handle, 0x6A) == AID
    send(card.handle, 0x5A, AID)
    assert send(card.handle, 0x45) == bytes.fromhex("0B83")
    assert [send(card.handle, 0x64, bytes([number])) for number in range(3)] == [b"\x00"] * 3
    assert send(card.handle, 0x6F) == bytes([CONTENT, OPEN, SEALED, WRITABLE, LOGGED])
    assert send(card.handle, 0xF5, bytes([CONTENT])) == bytes.fromhex("00 03 0010 200000")


def test_many_applications_are_listed_in_frames() -> None:
    card = VirtualDesfire(UID)
    names = [bytes([number, 0, 1]) for number in range(25)]
    for name in names:
        send(card.handle, 0xCA, name + b"\x0f\x81")
    assert send(card.handle, 0x6A) == b"".join(names)


def test_an_ev1_card_knows_no_ev2_authentication() -> None:
    card = VirtualDesfire(UID, version="ev1")
    assert card.handle(wrap(0x60))[3] == 1
    card.power_off()
    assert status(card.handle(wrap(0x71, b"\x00\x00"))) == "911C"


# --- Messaging ---


def test_what_is_written_in_full_mode_is_read_again_after_the_card_left_the_field() -> None:
    card = prepared()
    card.power_off()
    assert status(card.handle(wrap(0xAD, span(CONTENT, 0, 16)))) == "919D"
    terminal = authenticated(card, 1)
    assert terminal.send(0xAD, span(CONTENT, 0, 16), encrypted=True) == SECRET
    assert terminal.send(0xAD, span(CONTENT, 4, 2), encrypted=True) == SECRET[4:6]
    assert terminal.send(0xAD, span(CONTENT, 0, 0), encrypted=True) == SECRET + bytes(16)


def test_what_full_mode_transmits_is_unreadable_and_never_the_same() -> None:
    card = prepared()
    terminal = authenticated(card, 1)
    heard = card.record()
    for _ in range(3):
        assert terminal.send(0xAD, span(CONTENT, 0, 16), encrypted=True) == SECRET
    answers = [exchange.answer for exchange in heard]
    assert len(set(answers)) == 3
    assert not any(SECRET in answer for answer in answers)


def test_a_file_in_mac_mode_is_readable_and_signed() -> None:
    terminal = authenticated(prepared())
    terminal.send(0x8D, span(LOGGED, 0, 5) + b"hello")
    assert terminal.send(0xAD, span(LOGGED, 0, 5)) == b"hello"
    assert len(terminal.send(0xAD, span(LOGGED, 0, 0))) == 100


def test_commands_from_before_ev2_take_and_give_long_data_in_frames() -> None:
    card = prepared()
    card.power_off()
    send(card.handle, 0x5A, AID)
    content = bytes(range(100))
    assert card.handle(wrap(0x3D, span(OPEN, 0, 100) + content[:40])) == b"\x91\xaf"
    assert card.handle(wrap(0xAF, content[40:])) == b"\x91\x00"
    assert card.handle(wrap(0xBD, span(OPEN, 0, 100))) == content[:59] + b"\x91\xaf"
    assert card.handle(wrap(0xAF)) == content[59:] + b"\x91\x00"


def test_a_plain_command_counts_too() -> None:
    terminal = authenticated(prepared(), 1)
    # Key 1 has no right of its own to this file, everybody has: so it is read in plain.
    assert len(send(terminal.handle, 0xAD, span(OPEN, 0, 4))) == 4
    terminal.counter += 1
    assert terminal.send(0x64, b"\x01") == b"\x00"


def test_a_second_authentication_goes_on_counting() -> None:
    terminal = authenticated(prepared())
    terminal.send(0x64, b"\x00")
    assert len(terminal.authenticate(1, first=False)) == 16
    assert terminal.send(0xAD, span(CONTENT, 0, 16), encrypted=True) == SECRET
    assert terminal.counter == 2


def test_version_and_uid_are_signed_and_sealed_in_a_session() -> None:
    terminal = authenticated(prepared())
    assert terminal.send(0x60)[14:21] == UID
    assert terminal.send(0x51, encrypted=True) == UID


def test_settings_of_a_file_are_changed_and_its_rights_follow() -> None:
    card = prepared()
    terminal = authenticated(card)
    terminal.send(0x5F, bytes([CONTENT]), bytes.fromhex("00 0FE0"))
    assert send(terminal.handle, 0x5A, AID) == b""
    assert send(card.handle, 0xAD, span(CONTENT, 0, 16)) == SECRET
    assert status(card.handle(wrap(0x5F, bytes([CONTENT]) + bytes.fromhex("00 EEEE")))) == "919D"


# --- Keys ---


def test_a_key_of_an_application_is_changed_with_the_master_key() -> None:
    card = prepared()
    terminal = authenticated(card)
    terminal.change_key(1, NEW_KEY, ZERO_KEY, version=3)
    assert terminal.send(0x64, b"\x01") == b"\x03"
    assert authenticated(card, 1, NEW_KEY).send(0xAD, span(CONTENT, 0, 16), encrypted=True) == SECRET
    assert "application 2081F4 key 1" not in card.default_keys()


def test_a_change_of_the_own_key_ends_the_session_without_a_mac() -> None:
    card = prepared()
    terminal = authenticated(card)
    terminal.change_key(0, NEW_KEY)
    assert card.session is None
    assert status(card.handle(wrap(0xAD, span(CONTENT, 0, 16)))) == "91AE"
    authenticated(card, 0, NEW_KEY)


def test_a_change_that_names_the_wrong_old_key_is_refused() -> None:
    card = prepared()
    terminal = authenticated(card)
    data = xor(NEW_KEY, b"\xff" * 16) + b"\x01" + (zlib.crc32(NEW_KEY) ^ 0xFFFFFFFF).to_bytes(4, "little")
    assert status(card.handle(wrap(0xC4, terminal.seal(0xC4, b"\x01", data)))) == "911E"
    assert card.applications[AID].keys[1].is_default


@pytest.mark.parametrize(
    ("settings", "session_key", "changed", "expected"),
    [
        pytest.param(0x0B, 0, 1, "9100", id="master key for another"),
        pytest.param(0x0B, 1, 2, "91AE", id="not the master key"),
        pytest.param(0x1B, 1, 2, "9100", id="the key named for changes"),
        pytest.param(0x1B, 0, 2, "91AE", id="master key, another named"),
        pytest.param(0x1B, 0, 1, "9100", id="master key for the one named"),
        pytest.param(0xEB, 2, 2, "9100", id="each key for itself"),
        pytest.param(0xEB, 0, 2, "91AE", id="master key, each for itself"),
        pytest.param(0xFB, 0, 2, "919D", id="frozen"),
        pytest.param(0x0A, 0, 0, "919D", id="master key frozen"),
        pytest.param(0x0B, 0, 3, "9140", id="no such key"),
    ],
)
def test_who_may_change_which_key(settings: int, session_key: int, changed: int, expected: str) -> None:
    terminal = authenticated(prepared(settings), session_key)
    plain = NEW_KEY + b"\x01"
    if session_key != changed:
        plain += (zlib.crc32(NEW_KEY) ^ 0xFFFFFFFF).to_bytes(4, "little")
    assert status(terminal.handle(wrap(0xC4, terminal.seal(0xC4, bytes([changed]), plain)))) == expected


def iso_session(handle: Handle) -> bytes:
    """Authenticate with the factory's DES key in the newer way; return the session's key."""
    challenge = handle(wrap(0x1A, b"\x00"))[:-2]
    rnd_a, rnd_b = bytes(range(8)), des_decrypt(bytes(8), challenge)
    token = des_encrypt(bytes(8), rnd_a + rotate_left(rnd_b), challenge)
    answer = handle(wrap(0xAF, token))
    assert des_decrypt(bytes(8), answer[:-2], token[-8:]) == rotate_left(rnd_a)
    return rnd_a[:4] + rnd_b[:4]


def legacy_send(key: bytes, plain: bytes) -> bytes:
    """Decipher in order to send, each block xored with the one before."""
    sent, previous = b"", bytes(8)
    for start in range(0, len(plain), 8):
        previous = des_decrypt(key, xor(plain[start : start + 8], previous))
        sent += previous
    return sent


def legacy_session(handle: Handle) -> bytes:
    """Authenticate with the factory's DES key in the oldest way; return the session's key."""
    rnd_a, rnd_b = bytes(range(8)), des_decrypt(bytes(8), handle(wrap(0x0A, b"\x00"))[:-2])
    answer = handle(wrap(0xAF, legacy_send(bytes(8), rnd_a + rotate_left(rnd_b))))
    assert des_decrypt(bytes(8), answer[:-2]) == rotate_left(rnd_a)
    return rnd_a[:4] + rnd_b[:4]


def iso_cryptogram(handle: Handle) -> bytes:
    key = iso_session(handle)
    plain = NEW_KEY + b"\x05"
    check = (zlib.crc32(b"\xc4\x80" + plain) ^ 0xFFFFFFFF).to_bytes(4, "little")
    return des_encrypt(key, plain + check + bytes(3))


def legacy_cryptogram(handle: Handle) -> bytes:
    key = legacy_session(handle)
    plain = NEW_KEY + b"\x05"
    return legacy_send(key, plain + crc16(plain) + bytes(5))


@pytest.mark.parametrize("cryptogram", [iso_cryptogram, legacy_cryptogram])
def test_the_factorys_master_key_becomes_an_aes_key(cryptogram: Callable[[Handle], bytes]) -> None:
    card = VirtualDesfire(UID)
    sent = cryptogram(card.handle)
    assert card.handle(wrap(0xC4, b"\x80" + sent)) == b"\x91\x00"
    assert card.default_keys() == []
    assert send(card.handle, 0x45) == bytes.fromhex("0F81")
    assert send(card.handle, 0x64, b"\x00") == b"\x05"
    assert status(card.handle(wrap(0x1A, b"\x00"))) == "91AE"
    terminal = Terminal(card.handle)
    terminal.authenticate(0, NEW_KEY)
    # Once it is AES, the flag stays in the number, and the change is one of the session's own key.
    terminal.change_key(0x80, bytes(range(32, 48)))
    terminal.authenticate(0, bytes(range(32, 48)))


@pytest.mark.parametrize("cryptogram", [iso_cryptogram, legacy_cryptogram])
def test_a_changed_bit_in_a_des_cryptogram_leaves_the_master_key(
    cryptogram: Callable[[Handle], bytes],
) -> None:
    card = VirtualDesfire(UID)
    sent = bytearray(cryptogram(card.handle))
    sent[3] ^= 1
    assert status(card.handle(wrap(0xC4, b"\x80" + sent))) == "911E"
    assert card.default_keys() == ["PICC key 0"]


def test_plain_commands_in_a_des_session_go_into_the_running_cmac() -> None:
    card = VirtualDesfire(UID)
    key = iso_session(card.handle)
    answer = card.handle(wrap(0x45))
    iv = des_cmac(key, bytes(8), b"\x45")
    assert answer == bytes.fromhex("0F01") + des_cmac(key, iv, bytes.fromhex("0F0100")) + b"\x91\x00"


def test_a_wrong_factory_key_is_refused() -> None:
    card = VirtualDesfire(UID)
    card.handle(wrap(0x1A, b"\x00"))
    assert status(card.handle(wrap(0xAF, bytes(16)))) == "91AE"
    assert status(card.handle(wrap(0x71, b"\x00\x00"))) == "91AE"


def test_settings_close_the_card_to_who_has_not_authenticated() -> None:
    card = prepared()
    card.power_off()
    assert card.handle(wrap(0xC4, b"\x80" + iso_cryptogram(card.handle))) == b"\x91\x00"
    terminal = Terminal(card.handle)
    terminal.authenticate(0, NEW_KEY)
    terminal.send(0x54, b"", b"\x09")
    card.power_off()
    assert status(card.handle(wrap(0x6A))) == "91AE"
    assert status(card.handle(wrap(0x45))) == "91AE"
    assert status(card.handle(wrap(0xCA, b"\x01\x02\x03\x0f\x81"))) == "91AE"
    terminal.authenticate(0, NEW_KEY)
    assert terminal.send(0x6A) == AID
    terminal.send(0xDA, AID)
    assert terminal.send(0x6A) == b""


# --- Refusals ---


@pytest.mark.parametrize(
    ("ins", "data", "expected"),
    [
        pytest.param(0x99, b"", "911C", id="unknown command"),
        pytest.param(0xAF, b"", "911C", id="frame of nothing"),
        pytest.param(0xAD, span(CONTENT, 0, 16), "91AE", id="read without authentication"),
        pytest.param(0xAD, span(SEALED, 0, 8), "919D", id="nobody may read"),
        pytest.param(0xAD, span(9, 0, 8), "91F0", id="no such file"),
        pytest.param(0xAD, span(OPEN, 90, 11), "91BE", id="past the end"),
        pytest.param(0xAD, span(OPEN, 101, 0), "91BE", id="from past the end"),
        pytest.param(0xAD, span(OPEN, 0, 8)[:-1], "917E", id="header too short"),
        pytest.param(0x8D, span(OPEN, 0, 8) + b"four", "917E", id="data too short"),
        pytest.param(0x8D, span(OPEN, 98, 4) + b"four", "91BE", id="write past the end"),
        pytest.param(0x8D, span(CONTENT, 0, 4) + b"four", "91AE", id="write without authentication"),
        pytest.param(0x71, b"\x03\x00", "9140", id="no such key"),
        pytest.param(0x71, b"\x00", "917E", id="authenticate, too short"),
        pytest.param(0x77, b"\x00", "919D", id="second authentication without a first"),
        pytest.param(0x5A, b"\x01\x02\x03", "91A0", id="no such application"),
        pytest.param(0x6A, b"", "919D", id="applications, asked inside of one"),
        pytest.param(0xC4, b"\x00" + bytes(40), "91AE", id="change a key without authentication"),
        pytest.param(0xCD, bytes.fromhex("06 00 EEEE 080000"), "91AE", id="create a file without it"),
    ],
)
def test_a_card_refuses(ins: int, data: bytes, expected: str) -> None:
    card = prepared()
    send(card.handle, 0x5A, AID)
    assert status(card.handle(wrap(ins, data))) == expected


def sent_again(terminal: Terminal) -> bytes:
    command = terminal.seal(0xAD, span(CONTENT, 0, 16))
    send(terminal.handle, 0xAD, command)
    return command


def from_the_future(terminal: Terminal) -> bytes:
    terminal.counter += 1
    return terminal.seal(0xAD, span(CONTENT, 0, 16))


def with_a_changed_mac(terminal: Terminal) -> bytes:
    command = terminal.seal(0xAD, span(CONTENT, 0, 16))
    return command[:-1] + bytes([command[-1] ^ 1])


def with_a_changed_header(terminal: Terminal) -> bytes:
    command = terminal.seal(0xAD, span(CONTENT, 0, 16))
    return command[:4] + b"\x08" + command[5:]


def of_another_session(terminal: Terminal) -> bytes:
    terminal.ti = bytes(4)
    return terminal.seal(0xAD, span(CONTENT, 0, 16))


@pytest.mark.parametrize(
    "forge",
    [sent_again, from_the_future, with_a_changed_mac, with_a_changed_header, of_another_session],
)
def test_a_forged_command_is_refused_and_ends_the_session(forge: Callable[[Terminal], bytes]) -> None:
    card = prepared()
    terminal = authenticated(card, 1)
    assert status(card.handle(wrap(0xAD, forge(terminal)))) == "911E"
    assert card.session is None


def test_a_command_without_its_mac_is_refused() -> None:
    assert status(authenticated(prepared(), 1).handle(wrap(0xAD, span(CONTENT, 0, 16)))) == "917E"


@pytest.mark.parametrize(
    "padding",
    [
        pytest.param(bytes(16), id="no end mark"),
        pytest.param(b"\x80" + bytes(31), id="more than a block"),
        pytest.param(b"\x80" + bytes(14) + b"\x01", id="not zeros"),
    ],
)
def test_wrong_padding_is_refused(padding: bytes) -> None:
    card = prepared()
    terminal = authenticated(card)
    # As the terminal would seal it, but with this padding instead of its own.
    sealed = terminal.seal(0x8D, span(CONTENT, 0, 16), SECRET[::-1] + padding)
    body = sealed[:-8][: 7 + 16 + len(padding)]
    assert status(card.handle(wrap(0x8D, body + terminal.mac(0x8D, body)))) == "911E"
    assert card.applications[AID].files[CONTENT].data[:16] == SECRET


@pytest.mark.parametrize(
    ("create", "expected"),
    [
        pytest.param(wrap(0xCA, AID + b"\x0f\x81"), "91DE", id="application twice"),
        pytest.param(wrap(0xCA, b"\x01\x02\x03\x0f\x01"), "919E", id="application with DES keys"),
        pytest.param(wrap(0xCA, b"\x01\x02\x03\x0f\x80"), "919E", id="application without keys"),
        pytest.param(wrap(0xCA, b"\x01\x02\x03\x0f"), "917E", id="too short"),
    ],
)
def test_an_application_is_not_created(create: bytes, expected: str) -> None:
    card = prepared()
    card.power_off()
    assert status(card.handle(create)) == expected


@pytest.mark.parametrize(
    ("description", "expected"),
    [
        pytest.param("01 00 EEEE 080000", "91DE", id="file twice"),
        pytest.param("20 00 EEEE 080000", "919E", id="number too high"),
        pytest.param("06 00 EEEE 000000", "919E", id="no bytes"),
        pytest.param("06 07 EEEE 080000", "919E", id="unknown mode"),
        pytest.param("06 00 EE3E 080000", "919E", id="rights of a key that isn't there"),
        pytest.param("06 00 EEEE 002000", "910E", id="more than the card holds"),
    ],
)
def test_a_file_is_not_created(description: str, expected: str) -> None:
    card = prepared()
    terminal = authenticated(card)
    sealed = terminal.seal(0xCD, bytes.fromhex(description))
    assert status(card.handle(wrap(0xCD, sealed))) == expected


def test_a_wrong_answer_to_the_challenge_is_refused_and_may_be_tried_again() -> None:
    card = prepared()
    card.power_off()
    send(card.handle, 0x5A, AID)
    for _ in range(3):
        card.handle(wrap(0x71, b"\x01\x00"))
        assert status(card.handle(wrap(0xAF, bytes(32)))) == "91AE"
    authenticated(card, 1)


def test_an_answer_to_a_challenge_serves_once() -> None:
    card = prepared()
    terminal = authenticated(card, 1)
    heard = card.record()
    terminal.authenticate(1)
    card.handle(wrap(0x71, b"\x01\x00"))
    assert status(card.handle(heard[1].apdu)) == "91AE"


def test_another_command_between_two_frames_ends_the_chain() -> None:
    card = VirtualDesfire(UID)
    assert status(card.handle(wrap(0x60))) == "91AF"
    assert status(card.handle(wrap(0x6F))) == "91CA"
    assert status(card.handle(wrap(0xAF))) == "911C"


@pytest.mark.parametrize(
    ("apdu", "expected"),
    [
        pytest.param("9060", "6700", id="cut"),
        pytest.param("9060000001", "917E", id="Le not 0"),
        pytest.param("905A000003F48100", "917E", id="Lc too long"),
        pytest.param("9060010000", "917E", id="P1 not 0"),
        pytest.param("00A4040C07D276000085010100", "6A82", id="an ISO name"),
        pytest.param("00B0000000", "6D00", id="an ISO command"),
        pytest.param("8060000000", "6E00", id="another class"),
    ],
)
def test_a_malformed_or_foreign_apdu_is_refused(apdu: str, expected: str) -> None:
    assert status(VirtualDesfire(UID).handle(bytes.fromhex(apdu))) == expected


def test_every_error_ends_the_session() -> None:
    card = prepared()
    for bad in (wrap(0x99), wrap(0x5A, b"\x01\x02\x03"), bytes.fromhex("00A40400"), wrap(0xF5, b"\x09")):
        authenticated(card)
        assert card.session is not None
        card.handle(bad)
        assert card.session is None


# --- Ciphers ---


def test_sent_in_legacy_mode_is_read_as_it_was_meant() -> None:
    plain = bytes(range(32))
    assert des_undo_send_mode(SECRET, legacy_send(SECRET, plain)) == plain


@pytest.mark.parametrize("length", [0, 1, 15, 16, 17])
def test_padding_is_taken_off_again(length: int) -> None:
    data = bytes(range(length))
    assert unpad(pad(data)) == data
