"""Reading a card's UID, without a card."""

import hashlib
import hmac

import pytest

from device.cards.uid import GET_UID, CardUnusable, credential_of, read_uid


def answered(answer: str) -> bytes:
    """Read the UID of a card that gives one answer, in hex."""

    def transmit(command: bytes) -> bytes:
        assert command == GET_UID
        return bytes.fromhex(answer)

    return read_uid(transmit)


@pytest.mark.parametrize(
    "uid",
    [
        pytest.param("04A1B2C3D4E5F6", id="seven bytes, a double size UID"),
        pytest.param("DEADBEEF", id="four bytes, a single size UID"),
        pytest.param("880102030405060708AA", id="ten bytes, a triple size UID"),
        pytest.param("E004010012345678", id="eight bytes, ISO 15693"),
        pytest.param("08A1B2C3D4E5F6", id="08 is only special before three other bytes"),
        pytest.param("07000000", id="just below 08"),
        pytest.param("09000000", id="just above 08"),
    ],
)
def test_a_uid_of_a_known_size_is_read(uid: str) -> None:
    assert answered(uid + "9000") == bytes.fromhex(uid)


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        pytest.param("081122339000", "random_id", id="a random id"),
        pytest.param("08000000" + "9000", "random_id", id="a random id of zeros"),
        pytest.param("", "unreadable", id="no answer"),
        pytest.param("90", "unreadable", id="half a status word"),
        pytest.param("9000", "unreadable", id="done, and no UID"),
        pytest.param("6A81", "unreadable", id="function not supported"),
        pytest.param("04A1B2C3D4E5F66300", "unreadable", id="a UID with a failed status"),
        pytest.param("04A1B29000", "unreadable", id="three bytes"),
        pytest.param("04A1B2C3D49000", "unreadable", id="five bytes"),
        pytest.param("04A1B2C3D4E5F60708090A9000", "unreadable", id="eleven bytes"),
        pytest.param("00000000" + "9000", "unreadable", id="zeros are a misreading"),
    ],
)
def test_a_card_without_a_usable_uid_is_refused(answer: str, reason: str) -> None:
    with pytest.raises(CardUnusable) as refused:
        answered(answer)
    assert refused.value.reason == reason


def test_a_refusal_holds_nothing_of_the_card() -> None:
    with pytest.raises(CardUnusable) as refused:
        answered("08C0FFEE9000")
    assert "c0ffee" not in f"{refused.value!r} {refused.value} {refused.value.args}".lower()


def test_the_look_up_value_is_the_hmac_of_the_uid_and_does_not_show_itself() -> None:
    # RFC 4231, test case 2: key "Jefe".
    value = credential_of(b"Jefe", b"what do ya want for nothing?")
    assert value.digits == "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
    assert value.digits == hmac.new(b"Jefe", b"what do ya want for nothing?", hashlib.sha256).hexdigest()
    assert value.digits not in f"{value} {value!r}"
