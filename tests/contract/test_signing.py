"""Envelopes: signed by the hub, sealed for one device, refused whenever anything is different."""

import base64
import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.contract.golden import WALL_US, payload_of
from tests.contract.strategies import struct_strategy
from wire.codec import MAX_BYTES, decode, encode
from wire.errors import InvalidIdentifier, NotAuthentic, WireError
from wire.fields import MAX_SEQ, MAX_WALL_US
from wire.messages import Sealed
from wire.signing import (
    MAX_BODY_BYTES,
    SIGNATURE_DOMAIN,
    Purpose,
    SealedHeader,
    seal,
    unseal,
)
from wire.topics import ACCESS, COMMAND

HUB_KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
DEVICE_KEY = X25519PrivateKey.from_private_bytes(bytes(range(32, 64)))
BODY = b'{"open":["desk-1"]}'


def _header(**other: Any) -> SealedHeader:
    fields: dict[str, Any] = {
        "purpose": "access",
        "space": "wittenberge",
        "device": "front-door",
        "version": 42,
        "issued_us": WALL_US,
        "valid_until_us": WALL_US + 10_000_000,
    }
    return SealedHeader(**{**fields, **other})


def _seal(header: SealedHeader | None = None, body: bytes = BODY) -> Sealed:
    return seal(header or _header(), body, HUB_KEY, DEVICE_KEY.public_key())


def _unseal(sealed: Sealed, **other: Any) -> tuple[SealedHeader, bytes]:
    expected: dict[str, Any] = {"purpose": "access", "space": "wittenberge", "device": "front-door"}
    return unseal(sealed, HUB_KEY.public_key(), DEVICE_KEY, **{**expected, **other})


def _sign_again(sealed: Sealed, key: Ed25519PrivateKey = HUB_KEY) -> Sealed:
    """Return the message with a right signature over whatever it now holds, as a hub gone wrong could send."""
    text, ciphertext = sealed.header.encode(), base64.b64decode(sealed.body)
    signature = key.sign(_to_sign(text, ciphertext))
    return Sealed(header=sealed.header, body=sealed.body, signature=base64.b64encode(signature).decode())


def _to_sign(text: bytes, ciphertext: bytes) -> bytes:
    lengths = len(text).to_bytes(8, "big") + len(ciphertext).to_bytes(8, "big")
    return SIGNATURE_DOMAIN + lengths + text + ciphertext


def _with_header(sealed: Sealed, **other: Any) -> Sealed:
    text = json.dumps({**json.loads(sealed.header), **other}, separators=(",", ":"))
    return msgspec.structs.replace(sealed, header=text)


def test_the_recipient_reads_what_the_hub_sealed() -> None:
    assert _unseal(_seal()) == (_header(), BODY)


@settings(max_examples=50)
@given(
    header=struct_strategy(SealedHeader).filter(lambda one: "hub" not in (one.space, one.device)),
    body=st.binary(),
)
def test_any_header_and_body_come_back_through_the_wire(header: SealedHeader, body: bytes) -> None:
    channel = ACCESS if header.purpose == "access" else COMMAND
    payload = encode(seal(header, body, HUB_KEY, DEVICE_KEY.public_key()))
    expected = {"purpose": header.purpose, "space": header.space, "device": header.device}
    assert _unseal(decode(channel, Sealed, payload), **expected) == (header, body)


def test_the_body_can_not_be_read_from_the_message() -> None:
    sealed = _seal(body=b"desk-1" * 20)
    assert b"desk-1" not in base64.b64decode(sealed.body)
    assert "desk-1" not in sealed.header


def test_sealing_twice_gives_two_ciphertexts() -> None:
    assert _seal().body != _seal().body


@pytest.mark.parametrize("purpose", ["access", "command"])
def test_a_golden_envelope_still_opens(purpose: Purpose) -> None:
    channel = ACCESS if purpose == "access" else COMMAND
    sealed = decode(channel, Sealed, payload_of(f"sealed_{purpose}.json"))
    assert _unseal(sealed, purpose=purpose) == (_header(purpose=purpose), BODY)


def test_the_golden_envelope_is_signed_over_domain_lengths_header_and_ciphertext() -> None:
    sealed = decode(ACCESS, Sealed, payload_of("sealed_access.json"))
    signed = _to_sign(sealed.header.encode(), base64.b64decode(sealed.body))
    assert HUB_KEY.sign(signed) == base64.b64decode(sealed.signature)


def _flip(text: str, at: int) -> str:
    """Return base64 text with one bit of its content changed."""
    data = bytearray(base64.b64decode(text))
    data[at] ^= 1
    return base64.b64encode(bytes(data)).decode()


@dataclass(frozen=True)
class Forgery:
    """How a message is changed on its way, and what its refusal says."""

    change: Callable[[Sealed], Sealed]
    reason: str


_NOT_THE_HUBS = "the signature is not the hub's"
_DOES_NOT_OPEN = "it does not open with this device's key"
_UNREADABLE = "its header is signed and can't be read"

_FORGERIES: dict[str, Forgery] = {
    "another version": Forgery(lambda s: _with_header(s, version=43), _NOT_THE_HUBS),
    "a longer validity": Forgery(lambda s: _with_header(s, valid_until_us=MAX_WALL_US), _NOT_THE_HUBS),
    "a space in the header": Forgery(
        lambda s: msgspec.structs.replace(s, header=s.header + " "), _NOT_THE_HUBS
    ),
    "an empty header": Forgery(lambda s: msgspec.structs.replace(s, header=""), _NOT_THE_HUBS),
    "a surrogate in the header": Forgery(
        lambda s: msgspec.structs.replace(s, header="\ud800"), _NOT_THE_HUBS
    ),
    "the first bit of the body": Forgery(
        lambda s: msgspec.structs.replace(s, body=_flip(s.body, 0)), _NOT_THE_HUBS
    ),
    "the last bit of the body": Forgery(
        lambda s: msgspec.structs.replace(s, body=_flip(s.body, -1)), _NOT_THE_HUBS
    ),
    "an empty body": Forgery(lambda s: msgspec.structs.replace(s, body=""), _NOT_THE_HUBS),
    "the first bit of the signature": Forgery(
        lambda s: msgspec.structs.replace(s, signature=_flip(s.signature, 0)), _NOT_THE_HUBS
    ),
    "the last bit of the signature": Forgery(
        lambda s: msgspec.structs.replace(s, signature=_flip(s.signature, -1)), _NOT_THE_HUBS
    ),
    "no signature": Forgery(lambda s: msgspec.structs.replace(s, signature=""), _NOT_THE_HUBS),
    "a signature of zeros": Forgery(
        lambda s: msgspec.structs.replace(s, signature=base64.b64encode(bytes(64)).decode()), _NOT_THE_HUBS
    ),
    "someone else's signature": Forgery(
        lambda s: _sign_again(s, Ed25519PrivateKey.from_private_bytes(bytes(32))), _NOT_THE_HUBS
    ),
    "the signature of another message": Forgery(
        lambda s: msgspec.structs.replace(s, signature=_seal(body=b"other").signature), _NOT_THE_HUBS
    ),
    "header and body cut at another place": Forgery(
        lambda s: msgspec.structs.replace(
            s,
            header=s.header[:-1],
            body=base64.b64encode(s.header[-1:].encode() + base64.b64decode(s.body)).decode(),
        ),
        _NOT_THE_HUBS,
    ),
    "a truncated body": Forgery(
        lambda s: msgspec.structs.replace(s, body=s.body[:-1]), "its body is not base64"
    ),
    "a line feed in the body": Forgery(
        lambda s: msgspec.structs.replace(s, body=s.body + "\n"), "its body is not base64"
    ),
    "an umlaut in the body": Forgery(
        lambda s: msgspec.structs.replace(s, body=s.body + "ä"), "its body is not base64"
    ),
    "base64 for addresses": Forgery(
        lambda s: msgspec.structs.replace(s, body="-_-_" + s.body), "its body is not base64"
    ),
    "a truncated signature": Forgery(
        lambda s: msgspec.structs.replace(s, signature=s.signature[:-1]), "its signature is not base64"
    ),
    "another version, signed": Forgery(lambda s: _sign_again(_with_header(s, version=43)), _DOES_NOT_OPEN),
    "another moment, signed": Forgery(
        lambda s: _sign_again(_with_header(s, issued_us=WALL_US - 1)), _DOES_NOT_OPEN
    ),
    "a changed body, signed": Forgery(
        lambda s: _sign_again(msgspec.structs.replace(s, body=_flip(s.body, -1))), _DOES_NOT_OPEN
    ),
    "a body shorter than its key, signed": Forgery(
        lambda s: _sign_again(msgspec.structs.replace(s, body="YWE=")), _DOES_NOT_OPEN
    ),
    "a body under a weak key, signed": Forgery(
        lambda s: _sign_again(msgspec.structs.replace(s, body=base64.b64encode(bytes(48)).decode())),
        _DOES_NOT_OPEN,
    ),
    "no body, signed": Forgery(lambda s: _sign_again(msgspec.structs.replace(s, body="")), _DOES_NOT_OPEN),
    "a header that is no JSON, signed": Forgery(
        lambda s: _sign_again(msgspec.structs.replace(s, header="{")), _UNREADABLE
    ),
    "a header without end, signed": Forgery(
        lambda s: _sign_again(msgspec.structs.replace(s, header='{"z":' + "[" * 900)), _UNREADABLE
    ),
    "a version out of range, signed": Forgery(
        lambda s: _sign_again(_with_header(s, version=MAX_SEQ + 1)), _UNREADABLE
    ),
    "void before it is issued, signed": Forgery(
        lambda s: _sign_again(_with_header(s, valid_until_us=WALL_US)), _UNREADABLE
    ),
    "a reserved space, signed": Forgery(lambda s: _sign_again(_with_header(s, space="hub")), _UNREADABLE),
    "a purpose that does not exist, signed": Forgery(
        lambda s: _sign_again(_with_header(s, purpose="update")), _UNREADABLE
    ),
    "another purpose, signed": Forgery(
        lambda s: _sign_again(_with_header(s, purpose="command")), "it is for command, not for access"
    ),
    "another device, signed": Forgery(
        lambda s: _sign_again(_with_header(s, device="back-door")),
        "it is for wittenberge/back-door, not for wittenberge/front-door",
    ),
    "another space, signed": Forgery(
        lambda s: _sign_again(_with_header(s, space="moelln")),
        "it is for moelln/front-door, not for wittenberge/front-door",
    ),
}


@pytest.mark.parametrize("label", _FORGERIES)
def test_a_changed_message_is_not_authentic_and_the_reason_is_said(label: str) -> None:
    forgery = _FORGERIES[label]
    with pytest.raises(NotAuthentic, match=forgery.reason):
        _unseal(forgery.change(_seal()))


@pytest.mark.parametrize("label", _FORGERIES)
def test_a_refusal_holds_no_secret(label: str) -> None:
    sealed = _FORGERIES[label].change(_seal())
    with pytest.raises(NotAuthentic) as refusal:
        _unseal(sealed)
    said = str(refusal.value)
    assert refusal.value.__cause__ is None
    for secret in (sealed.body[:16], sealed.signature[:16], "open"):
        assert not secret or secret not in said.replace("does not open", "")


def test_another_devices_key_does_not_open_the_message() -> None:
    stranger = X25519PrivateKey.generate()
    with pytest.raises(NotAuthentic, match=_DOES_NOT_OPEN):
        unseal(
            _seal(),
            HUB_KEY.public_key(),
            stranger,
            purpose="access",
            space="wittenberge",
            device="front-door",
        )


def test_a_message_for_another_device_is_refused_before_it_is_opened() -> None:
    sealed = seal(_header(device="back-door"), BODY, HUB_KEY, DEVICE_KEY.public_key())
    with pytest.raises(NotAuthentic, match="it is for wittenberge/back-door"):
        _unseal(sealed)


def test_an_access_list_is_no_command() -> None:
    with pytest.raises(NotAuthentic, match="it is for access, not for command"):
        _unseal(_seal(), purpose="command")


def test_a_repeated_or_expired_message_still_opens_because_only_the_caller_knows_the_time() -> None:
    sealed = _seal(_header(issued_us=0, valid_until_us=1))
    assert _unseal(sealed) == _unseal(sealed)


def test_a_body_is_sealed_up_to_its_limit_and_no_further() -> None:
    for size in (MAX_BODY_BYTES - 1, MAX_BODY_BYTES):
        sealed = _seal(body=bytes(size))
        assert len(encode(sealed)) <= MAX_BYTES[ACCESS]
        assert _unseal(decode(ACCESS, Sealed, encode(sealed)))[1] == bytes(size)
    with pytest.raises(ValueError, match=f"body of {MAX_BODY_BYTES + 1} bytes is over the limit"):
        _seal(body=bytes(MAX_BODY_BYTES + 1))


def test_a_command_that_its_channel_would_refuse_is_not_sealed() -> None:
    with pytest.raises(ValueError, match=r"command of \d+ bytes sealed is over its channel's limit of 8192"):
        _seal(_header(purpose="command"), bytes(6_000))


_UNUSABLE_HEADERS: dict[str, tuple[dict[str, object], str]] = {
    "version 0": ({"version": 0}, "version"),
    "version too high": ({"version": MAX_SEQ + 1}, "version"),
    "before 1970": ({"issued_us": -1}, "issued_us"),
    "after 9999": ({"valid_until_us": MAX_WALL_US + 1}, "valid_until_us"),
    "an unknown purpose": ({"purpose": "update"}, "purpose"),
    "a wildcard": ({"device": "+"}, "device"),
    "the hub's own id": ({"space": "hub"}, "space"),
}


@pytest.mark.parametrize("label", _UNUSABLE_HEADERS)
def test_a_header_out_of_range_is_not_sealed(label: str) -> None:
    other, named = _UNUSABLE_HEADERS[label]
    with pytest.raises((ValueError, InvalidIdentifier), match=named):
        _seal(_header(**other))


def test_a_header_is_not_void_before_it_is_issued() -> None:
    assert _header(valid_until_us=WALL_US + 1).valid_until_us == WALL_US + 1
    for moment in (WALL_US, WALL_US - 1):
        with pytest.raises(ValueError, match="void before it is issued"):
            _header(valid_until_us=moment)


@settings(max_examples=200)
@given(header=st.text(max_size=200), body=st.text(max_size=200), signature=st.text(max_size=88))
def test_whatever_arrives_is_refused_and_never_crashes(header: str, body: str, signature: str) -> None:
    with pytest.raises(NotAuthentic):
        _unseal(Sealed(header=header, body=body, signature=signature))


def test_not_authentic_is_an_error_of_the_contract() -> None:
    assert issubclass(NotAuthentic, WireError)
