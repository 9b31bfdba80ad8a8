"""A release: the program's wheels, and a manifest that names each of them, signed by whoever makes releases.

The manifest is a file in the folder of the wheels: one line of JSON, and below it the Ed25519 signature (RFC 8032) of
that line as it stands there. The key is of its own and on no hub: whoever gets hold of a hub can't become root on its
devices by it.
"""

import base64
import binascii
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Final

import msgspec
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from msgspec import Meta, Struct

from wire.codec import encode
from wire.errors import InvalidSetting, NotAuthentic
from wire.fields import WallUs

MANIFEST_FILE: Final = "manifest.json"
MAX_MANIFEST_BYTES: Final = 256 * 1024
MAX_WHEEL_BYTES: Final = 512 * 1024 * 1024

DOMAIN: Final = b"ankerort/v1/release\x00"
"""What is signed begins with it, so that no other signature passes for one of a release."""

_KEY_BYTES: Final = 32

Version = Annotated[str, Meta(pattern=r"^(0|[1-9][0-9]{0,5})(\.(0|[1-9][0-9]{0,5})){2}(?![\s\S])")]
"""Three numbers. Nothing else can be compared without a library, and a release has no other."""

_VERSION = re.compile(r"(\d{1,6})\.(\d{1,6})\.(\d{1,6})")


class Wheel(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One file of a release.

    Args:
        name: of the file; it has no folder.
        size_bytes: of it.
        sha256: of it, in hex digits.
    """

    name: Annotated[str, Meta(pattern=r"^[A-Za-z0-9_][A-Za-z0-9_.+!-]{0,199}\.whl(?![\s\S])")]
    size_bytes: Annotated[int, Meta(ge=1, le=MAX_WHEEL_BYTES)]
    sha256: Annotated[str, Meta(pattern=r"^[0-9a-f]{64}(?![\s\S])")]


class Release(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is in a release.

    Args:
        format: of this manifest.
        version: of the program.
        made_us: when it was signed.
        extras: of the program, which devices install.
        wheels: the program's, and those of everything that it needs, for all machines that it is meant for.
    """

    format: Annotated[int, Meta(ge=1, le=1)] = 1
    version: Version
    made_us: WallUs
    extras: Annotated[
        tuple[Annotated[str, Meta(pattern=r"^[a-z]{1,30}(?![\s\S])")], ...], Meta(max_length=10)
    ]
    wheels: Annotated[tuple[Wheel, ...], Meta(min_length=1, max_length=500)]


_decoder = msgspec.json.Decoder(Release)


def sign_release(release: Release, key: Ed25519PrivateKey) -> bytes:
    """Return the manifest's bytes.

    Raises:
        ValueError: when the release breaks its own ranges.
    """
    text = encode(release)
    try:
        _decoder.decode(text)
    except msgspec.ValidationError as error:
        raise ValueError(f"manifest of a release: {error}") from error
    return text + b"\n" + base64.b64encode(key.sign(DOMAIN + text)) + b"\n"


def verify_release(data: bytes, keys: Sequence[Ed25519PublicKey]) -> Release:
    """Return what a manifest says, when one of the keys signed it.

    Args:
        data: as it came; anyone may have written it.
        keys: of those whose releases are taken.

    Raises:
        NotAuthentic: when nobody of them signed it, or it can't be read.
    """
    lines = data.split(b"\n")
    if len(data) > MAX_MANIFEST_BYTES or len(lines) != 3 or lines[2]:
        raise NotAuthentic("its manifest is not one: it is cut off, or something was added")
    try:
        signature = base64.b64decode(lines[1], validate=True)
    except (binascii.Error, ValueError):
        raise NotAuthentic("its manifest has no signature") from None
    # One text for each signature: base64 leaves bits at its end that mean nothing.
    is_whole = base64.b64encode(signature) == lines[1]
    if not is_whole or not any(_is_signed(key, signature, DOMAIN + lines[0]) for key in keys):
        raise NotAuthentic(
            "its manifest was changed after it was signed, or signed by somebody whose releases are not taken here"
        )
    try:
        return _decoder.decode(lines[0])
    except (msgspec.MsgspecError, ValueError, RecursionError):
        raise NotAuthentic(
            "its manifest is signed, and of a form that this version can't read: take a release in between"
        ) from None


def compare_key(version: str) -> tuple[int, int, int] | None:
    """Return what versions are compared by, or None for a version that is not three numbers."""
    found = _VERSION.fullmatch(version)
    return None if found is None else (int(found[1]), int(found[2]), int(found[3]))


def write_release_key(key: Ed25519PublicKey) -> str:
    """Return the line that a file of release keys has for a key."""
    return base64.b64encode(key.public_bytes_raw()).decode("ascii")


def read_release_keys(file: Path) -> list[Ed25519PublicKey]:
    """Return the keys in a file: one a line, in base64; what follows a # is a note.

    Raises:
        InvalidSetting: when it can't be read, or holds none.
    """
    remedy = "put the public key of whoever makes your releases there (`ankerort-hub release key` prints it)"
    try:
        lines = [line.partition("#")[0].strip() for line in file.read_text("ascii").splitlines()]
        raw = [base64.b64decode(line, validate=True) for line in lines if line]
    except OSError as error:
        raise InvalidSetting(f"release keys {file}: {error.strerror}; {remedy}") from error
    except ValueError:
        raise InvalidSetting(f"release keys {file}: a line is not base64; {remedy}") from None
    if not raw or any(len(key) != _KEY_BYTES for key in raw):
        raise InvalidSetting(
            f"release keys {file}: a key has 32 bytes, and at least one must be there; {remedy}"
        )
    return [Ed25519PublicKey.from_public_bytes(key) for key in raw]


def _is_signed(key: Ed25519PublicKey, signature: bytes, signed: bytes) -> bool:
    try:
        key.verify(signature, signed)
    except InvalidSignature:
        return False
    return True
