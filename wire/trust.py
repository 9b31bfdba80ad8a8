"""What a device is given when it becomes one of the hub's: its own secret key, and the hub's public ones.

`ankerort-hub device add` writes it as a file for that device alone; the hub keeps only the public half.
"""

import base64
import binascii
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from msgspec import Meta, Struct

from wire.errors import InvalidSetting
from wire.identifiers import Id
from wire.settings import read_secret

_Key = Annotated[str, Meta(min_length=44, max_length=44)]


class _TrustFile(Struct, frozen=True, kw_only=True):
    space: Id
    device: Id
    secret_key: _Key
    hub_signing_key: _Key
    hub_sealing_key: _Key

    def __repr__(self) -> str:
        return "_TrustFile(…)"


@dataclass(frozen=True, slots=True, repr=False)
class DeviceTrust:
    """Keys of one device.

    Args:
        space, device: whose they are.
        secret_key: opens what the hub seals to this device (X25519).
        hub_signing_key: checks what the hub signed (Ed25519).
        hub_sealing_key: seals what only the hub may read (X25519).
    """

    space: str
    device: str
    secret_key: X25519PrivateKey
    hub_signing_key: Ed25519PublicKey
    hub_sealing_key: X25519PublicKey


def write_trust(trust: DeviceTrust) -> bytes:
    """Return the file's bytes, JSON; whoever writes them lets only the device's user read them."""
    return msgspec.json.format(
        msgspec.json.encode(
            _TrustFile(
                space=trust.space,
                device=trust.device,
                secret_key=_text(trust.secret_key.private_bytes_raw()),
                hub_signing_key=_text(trust.hub_signing_key.public_bytes_raw()),
                hub_sealing_key=_text(trust.hub_sealing_key.public_bytes_raw()),
            )
        )
    )


def read_trust(file: Path, space: str, device: str) -> DeviceTrust:
    """Return the keys in a file.

    Raises:
        InvalidSetting: when it can't be read, others may read it, it is no such file, or it is another device's; the
            text never holds a key.
    """
    data = read_secret(file)
    try:
        found = msgspec.json.decode(data, type=_TrustFile)
        keys = [
            base64.b64decode(text, validate=True)
            for text in (found.secret_key, found.hub_signing_key, found.hub_sealing_key)
        ]
        trust = DeviceTrust(
            found.space,
            found.device,
            X25519PrivateKey.from_private_bytes(keys[0]),
            Ed25519PublicKey.from_public_bytes(keys[1]),
            X25519PublicKey.from_public_bytes(keys[2]),
        )
    except (msgspec.MsgspecError, binascii.Error, ValueError, RecursionError):
        raise InvalidSetting(
            f"{file} is no file of `ankerort-hub device add`, or was damaged: make it anew there and copy it whole"
        ) from None
    if (trust.space, trust.device) != (space, device):
        raise InvalidSetting(
            f"{file} is for {trust.space}/{trust.device}, but this device is {space}/{device}: "
            "take the file that was made for it"
        )
    return trust


def _text(key: bytes) -> str:
    return base64.b64encode(key).decode("ascii")
