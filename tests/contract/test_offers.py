"""A card offered to the hub: its UID opens for the hub, for the question that was asked, and for nothing else."""

import base64

import pytest
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.contract.golden import BOOT, COMMAND_ID, MESSAGES, SEALED_OFFER, SESSION
from wire.codec import decode_event, encode_event
from wire.errors import NotAuthentic
from wire.events import CardOffered
from wire.signing import open_offer, seal_offer

HUB_KEY = X25519PrivateKey.from_private_bytes(bytes(range(64, 96)))
UID = bytes.fromhex("04a2b3c4d5e680")
_RIGHT = (COMMAND_ID, "wittenberge", "front-door")


def _seal(uid: bytes = UID) -> str:
    return seal_offer(uid, *_RIGHT, HUB_KEY.public_key())


def test_the_hub_reads_the_card_that_was_offered() -> None:
    assert open_offer(_seal(), *_RIGHT, HUB_KEY) == UID


def test_a_golden_offer_still_opens() -> None:
    assert open_offer(SEALED_OFFER, *_RIGHT, HUB_KEY) == UID


@settings(max_examples=30)
@given(uid=st.binary(max_size=10))
def test_any_uid_comes_back_through_the_event(uid: bytes) -> None:
    event = CardOffered(
        boot=BOOT,
        mono_us=1,
        wall_us=1,
        synced=False,
        command=COMMAND_ID,
        reader="r",
        kind="uid",
        sealed=_seal(uid),
    )
    read = decode_event(encode_event(event))
    assert isinstance(read, CardOffered)
    assert open_offer(read.sealed, *_RIGHT, HUB_KEY) == uid


def test_the_card_can_not_be_read_from_the_event() -> None:
    sealed = _seal(UID * 4)
    assert UID not in base64.b64decode(sealed)
    for name in ("uid", "desfire", "ntag424"):
        assert UID.hex() not in repr(MESSAGES[f"event_card_offered_{name}.json"].message)


def test_the_same_card_offered_twice_does_not_look_the_same() -> None:
    assert _seal() != _seal()


_OTHERS: dict[str, tuple[str, str, str]] = {
    "another question": (SESSION, "wittenberge", "front-door"),
    "another device": (COMMAND_ID, "wittenberge", "back-door"),
    "another space": (COMMAND_ID, "moelln", "front-door"),
    "space and device turned": (COMMAND_ID, "front-door", "wittenberge"),
    "no question": ("", "wittenberge", "front-door"),
}


@pytest.mark.parametrize("label", _OTHERS)
def test_an_offer_opens_for_its_question_and_its_device_only(label: str) -> None:
    with pytest.raises(NotAuthentic, match="does not open with the hub's key for this question") as refusal:
        open_offer(_seal(), *_OTHERS[label], HUB_KEY)
    assert refusal.value.__cause__ is None


def test_an_offer_does_not_open_with_another_key() -> None:
    with pytest.raises(NotAuthentic, match="does not open with the hub's key"):
        open_offer(_seal(), *_RIGHT, X25519PrivateKey.generate())


@pytest.mark.parametrize("at", [0, 31, 32, 38, 39, -1])
def test_an_offer_with_a_changed_bit_does_not_open(at: int) -> None:
    data = bytearray(base64.b64decode(_seal()))
    data[at] ^= 1
    with pytest.raises(NotAuthentic):
        open_offer(base64.b64encode(bytes(data)).decode(), *_RIGHT, HUB_KEY)


def test_an_offer_cut_off_anywhere_does_not_open() -> None:
    sealed = _seal()
    for length in range(len(sealed)):
        with pytest.raises(NotAuthentic):
            open_offer(sealed[:length], *_RIGHT, HUB_KEY)


@pytest.mark.parametrize("text", ["", "!", "YQ==", "ä", "\ud800", "AAAA" * 14, "YWFh\n"])
def test_what_is_no_offer_is_not_authentic_and_nothing_else(text: str) -> None:
    with pytest.raises(NotAuthentic):
        open_offer(text, *_RIGHT, HUB_KEY)
