"""Diversification of keys (AN10922), look-up values and what keys are made of."""

import pytest
from cryptography.hazmat.primitives import cmac
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from hypothesis import given
from hypothesis import strategies as st

from device.cards import keys
from device.cards.ciphers import aes_cmac, encrypt
from tests.device.cards.published import Vector, vectors
from wire import card_keys
from wire.card_keys import _subkeys, card_key_message, diversify_aes128, lookup

KEY = bytes(range(16))
UID = bytes.fromhex("04782E21801D80")
SYSTEM = b"system"


@pytest.mark.parametrize("published", vectors("an10922_aes128"))
def test_a_published_key_is_diversified(published: Vector) -> None:
    assert diversify_aes128(published["key"], published["message"]) == published["diversified"]
    assert _subkeys(published["key"]) == (published["subkey1"], published["subkey2"])


@pytest.mark.parametrize("published", vectors("cmac"))
def test_a_published_cmac_is_right(published: Vector) -> None:
    assert aes_cmac(published["key"], published["message"]) == published["cmac"]


def test_the_device_has_the_same_function() -> None:
    assert keys.diversify_aes128 is card_keys.diversify_aes128


def reference(key: bytes, message: bytes) -> bytes:
    """Work out AN10922 section 2.2 step by step, on integers, independently of the product."""
    data = b"\x01" + message
    padded = data if len(data) == 32 else data + b"\x80" + bytes(31 - len(data))
    zero = int.from_bytes(encrypt(key, bytes(16)), "big")
    k1 = (zero << 1) % 2**128 ^ (0x87 if zero >> 127 else 0)
    k2 = (k1 << 1) % 2**128 ^ (0x87 if k1 >> 127 else 0)
    last = int.from_bytes(padded[16:], "big") ^ (k1 if len(data) == 32 else k2)
    first = int.from_bytes(encrypt(key, padded[:16]), "big")
    return encrypt(key, (first ^ last).to_bytes(16, "big"))


@given(key=st.binary(min_size=16, max_size=16), message=st.binary(min_size=1, max_size=31))
def test_any_message_is_diversified_as_the_note_says(key: bytes, message: bytes) -> None:
    assert diversify_aes128(key, message) == reference(key, message)


@given(key=st.binary(min_size=16, max_size=16), message=st.binary(min_size=16, max_size=31))
def test_a_message_of_16_bytes_and_more_gives_the_cmac(key: bytes, message: bytes) -> None:
    mac = cmac.CMAC(AES(key))
    mac.update(b"\x01" + message)
    assert diversify_aes128(key, message) == mac.finalize()


@given(message=st.binary(min_size=1, max_size=15))
def test_a_shorter_message_does_not(message: bytes) -> None:
    # The padding goes to two blocks, so up to 15 bytes of message (one block with the 01) CMAC would stop after one.
    mac = cmac.CMAC(AES(KEY))
    mac.update(b"\x01" + message)
    assert diversify_aes128(KEY, message) != mac.finalize()


@pytest.mark.parametrize("length", [0, 32, 33])
def test_a_message_that_fits_no_two_blocks_is_refused(length: int) -> None:
    with pytest.raises(ValueError, match=f"1 to 31 bytes, not {length}"):
        diversify_aes128(KEY, b"\xab" * length)


@pytest.mark.parametrize("length", [0, 15, 17, 24, 32])
def test_a_master_key_of_another_length_is_refused_and_not_shown(length: int) -> None:
    with pytest.raises(ValueError, match=f"16 bytes, not {length}") as refused:
        diversify_aes128(b"\xab" * length, b"message")
    assert "abab" not in str(refused.value)


def test_a_key_message_is_uid_application_system_and_number() -> None:
    message = card_key_message(UID, card_keys.DESFIRE_APPLICATION, SYSTEM, 1)
    assert message == UID + b"ANK" + b"system" + b"\x01"
    assert len(message) == 17


def test_each_key_of_each_card_is_another_one() -> None:
    made = {
        diversify_aes128(KEY, card_key_message(uid, application, system, number))
        for uid in (UID, UID[:-1] + b"\x81")
        for application in (
            card_keys.PICC_APPLICATION,
            card_keys.DESFIRE_APPLICATION,
            card_keys.NTAG424_APPLICATION,
        )
        for system in (SYSTEM, b"others")
        for number in range(5)
    }
    assert len(made) == 2 * 3 * 2 * 5


@pytest.mark.parametrize(
    ("uid", "application", "system", "number"),
    [
        pytest.param(UID[:4], b"ANK", SYSTEM, 0, id="a UID of four bytes"),
        pytest.param(UID, b"AN", SYSTEM, 0, id="a short application id"),
        pytest.param(UID, b"ANK", b"", 0, id="no system id"),
        pytest.param(UID, b"ANK", SYSTEM + b"!", 0, id="a long system id"),
        pytest.param(UID, b"ANK", SYSTEM, 14, id="a key that no card has"),
        pytest.param(UID, b"ANK", SYSTEM, -1, id="a negative key number"),
    ],
)
def test_a_part_of_another_length_is_refused(
    uid: bytes, application: bytes, system: bytes, number: int
) -> None:
    with pytest.raises(ValueError, match="bytes, not|is not 0 to 13"):
        card_key_message(uid, application, system, number)


def test_a_look_up_value_is_the_hmac_and_does_not_show_itself() -> None:
    # RFC 4231, test case 2.
    value = lookup(b"Jefe", b"what do ya want for nothing?")
    assert value.digits == "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
    assert value.digits not in f"{value} {value!r}"


def test_a_key_for_a_card_is_16_bytes_and_not_the_factorys() -> None:
    assert keys.check_key(KEY) == KEY
    with pytest.raises(ValueError, match="everybody knows"):
        keys.check_key(bytes(16))
    with pytest.raises(ValueError, match="not 15"):
        keys.check_key(KEY[:15])
