"""The factory's 2K3DES card master key: recorded runs, and the change to AES."""

import pytest
from cryptography.hazmat.decrepit.ciphers.algorithms import TripleDES
from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.modes import CBC

from device.cards.errors import CardError, CardRefuses, NotAuthentic, ProtocolViolation, SessionOver
from device.cards.factory_key import FactorySession, _decrypt, authenticate_iso
from device.cards.keys import checksum
from tests.device.cards.published import Scripted, Vector, always, vector, vectors

NEW = bytes.fromhex("00112233445566778899AABBCCDDEEFF")


def without_parity(key: bytes) -> bytes:
    return bytes(byte & 0xFE for byte in key)


def script_of(published: Vector) -> Scripted:
    return Scripted(
        ("901A0000010000", published["rndb_enc"] + b"\x91\xaf"),
        (bytes.fromhex("90AF000010") + published["sent"] + b"\x00", published["reply"] + b"\x91\x00"),
    )


@pytest.mark.parametrize("published", vectors("authenticate_iso"))
def test_a_recorded_authentication_runs(published: Vector) -> None:
    script = script_of(published)
    talk = authenticate_iso(script, published["key"], published["rnda"])
    assert script.is_done
    assert without_parity(talk.session_key) == without_parity(published["session_key"])
    assert _decrypt(published["key"], published["rndb_enc"], bytes(8)) == published["rndb"]


@pytest.mark.parametrize("published", vectors("change_des_key"))
def test_a_recorded_change_of_key_runs(published: Vector) -> None:
    talk = FactorySession(Scripted((published["command"], "9100")), published["session_key"])
    talk._change(published.number("key_no"), published["key_data"])
    head = bytes([0xC4, published.number("key_no")])
    assert checksum(head + published["key_data"]) == published["checksum"]


@pytest.mark.parametrize("published", vectors("change_key_checksum"))
def test_a_recorded_checksum_is_right(published: Vector) -> None:
    head = bytes([0xC4, published.number("key_no")])
    assert checksum(head + published["key_data"]) == published["checksum"]


def test_the_change_to_aes_says_the_keys_type_and_version() -> None:
    published = vector("authenticate_iso", "recorded run, single DES")
    sent: list[bytes] = []

    def card(command: bytes) -> bytes:
        sent.append(command)
        return b"\x91\x00"

    FactorySession(card, published["session_key"]).change_to_aes(NEW, version=7)
    command = sent[0]
    assert command[:6].hex() == "90c40000" + "19" + "80"
    key = published["session_key"]
    decryptor = Cipher(TripleDES(key + key[:8]), CBC(bytes(8))).decryptor()
    plain = decryptor.update(command[6:-1]) + decryptor.finalize()
    assert plain == NEW + b"\x07" + checksum(b"\xc4\x80" + NEW + b"\x07") + bytes(3)


def test_a_session_is_good_for_one_change() -> None:
    talk = FactorySession(always("9100"), bytes(16))
    talk.change_to_aes(NEW)
    with pytest.raises(SessionOver):
        talk.change_to_aes(NEW)


def test_a_refused_change_ends_it_too() -> None:
    talk = FactorySession(always("911E"), bytes(16))
    with pytest.raises(CardRefuses, match="integrity"):
        talk.change_to_aes(NEW)
    with pytest.raises(SessionOver):
        talk.change_to_aes(NEW)


@pytest.mark.parametrize(
    ("answers", "error"),
    [
        pytest.param(["91AE"], NotAuthentic, id="the key is AES"),
        pytest.param(["AA" * 8 + "91AF", "91AE"], NotAuthentic, id="another key"),
        pytest.param(["AA" * 8 + "91AF", "AA" * 8 + "9100"], NotAuthentic, id="a card that guesses"),
        pytest.param(["AA" * 16 + "91AF"], ProtocolViolation, id="the key is 3K3DES"),
        pytest.param(["AA" * 8 + "91AF", "AA" * 7 + "9100"], ProtocolViolation, id="a short proof"),
        pytest.param(["911C"], CardRefuses, id="switched off"),
    ],
)
def test_a_card_that_does_not_prove_it_is_an_error(answers: list[str], error: type[CardError]) -> None:
    left = [bytes.fromhex(answer) for answer in answers]
    with pytest.raises(error):
        authenticate_iso(lambda _command: left.pop(0))


def test_lengths_are_checked_and_nothing_is_shown() -> None:
    with pytest.raises(ValueError, match="16 bytes"):
        authenticate_iso(always(""), bytes(8))
    with pytest.raises(ValueError, match="not 8"):
        FactorySession(always(""), bytes(16)).change_to_aes(bytes(8))
    assert repr(FactorySession(always(""), bytes(16))) == "FactorySession()"
