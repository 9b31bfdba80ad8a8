"""The recovery sheet: all keys, encrypted under a passphrase, as text that can be printed and typed in again.

scrypt (RFC 7914) makes the key, AES-256-GCM encrypts. The text is Crockford's base32, which has no letters that look
like digits; each line ends in a check of its own, so that a mistyped one is named.
"""

import re
import secrets
import zlib
from typing import Annotated, Final

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt
from msgspec import Meta, Struct

from hub.keys import Keys
from wire.errors import InvalidSetting

MIN_PASSPHRASE: Final = 12
"""Characters of a passphrase at least."""

BEGIN: Final = "-----BEGIN ANKERORT RECOVERY SHEET-----"
END: Final = "-----END ANKERORT RECOVERY SHEET-----"

_BEGIN: Final = re.compile(re.escape(BEGIN), re.IGNORECASE)
_END: Final = re.compile(re.escape(END), re.IGNORECASE)
_ALPHABET: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_VERSION: Final = b"\x01"
_SALT_BYTES: Final = 16
_NONCE_BYTES: Final = 12
# 128 MiB and about half a second on a Raspberry Pi 4: once in years, and dear for whoever tries passphrases.
_SCRYPT: Final = {"length": 32, "n": 2**17, "r": 8, "p": 1}
_GROUP: Final = 5
_GROUPS: Final = 7
_LINE: Final = re.compile(r"^\s*(\d{1,2}):([0-9A-Za-z\s-]+)$")
_ASSOCIATED: Final = b"ankerort/recovery\x01"

_Secret = Annotated[bytes, Meta(min_length=32, max_length=32)]


class _Sheet(Struct, frozen=True, array_like=True):
    signing: _Secret
    sealing: _Secret
    custody: _Secret
    system_id: Annotated[bytes, Meta(min_length=6, max_length=6)]
    masters: list[Annotated[bytes, Meta(min_length=16, max_length=16)]]

    def __repr__(self) -> str:
        return "_Sheet(…)"


def write_sheet(keys: Keys, passphrase: str, made_on: str) -> str:
    """Return the recovery sheet.

    Args:
        passphrase: at least `MIN_PASSPHRASE` characters.
        made_on: a date, for whoever finds two sheets.

    Raises:
        InvalidSetting: when the passphrase is too short.
    """
    if len(passphrase) < MIN_PASSPHRASE:
        raise InvalidSetting(
            f"the passphrase is shorter than {MIN_PASSPHRASE} characters: take five or six words"
        )
    signing, sealing, custody, masters = keys.raw()
    body = msgspec.msgpack.encode(
        _Sheet(signing, sealing, custody, keys.system_id, [masters[number] for number in sorted(masters)])
    )
    salt, nonce = secrets.token_bytes(_SALT_BYTES), secrets.token_bytes(_NONCE_BYTES)
    sealed = AESGCM(_key(passphrase, salt)).encrypt(nonce, body, _ASSOCIATED)
    lines = [
        BEGIN,
        f"Made {made_on} for system {keys.system_id.hex()}, with {len(masters)} generation(s) of card keys.",
        f"Signing key {keys.fingerprints()['signing']}",
        "With its passphrase it gives back all keys: ankerort-hub keys recover FILE",
        "",
        *_lines(_VERSION + salt + nonce + sealed),
        END,
        "",
    ]
    return "\n".join(lines)


def read_sheet(text: str, passphrase: str) -> Keys:
    """Return the keys of a recovery sheet.

    Raises:
        InvalidSetting: when it is none, a line is mistyped, or the passphrase is another one.
    """
    data = _read_lines(text)
    head = len(_VERSION) + _SALT_BYTES
    if data[:1] != _VERSION or len(data) < head + _NONCE_BYTES + 16:
        raise InvalidSetting("the recovery sheet is of another version, or lines are missing")
    salt, nonce = data[1:head], data[head : head + _NONCE_BYTES]
    try:
        body = AESGCM(_key(passphrase, salt)).decrypt(nonce, data[head + _NONCE_BYTES :], _ASSOCIATED)
        sheet = msgspec.msgpack.decode(body, type=_Sheet)
        return Keys(
            signing=sheet.signing,
            sealing=sheet.sealing,
            custody=sheet.custody,
            system_id=sheet.system_id,
            masters=dict(enumerate(sheet.masters, start=1)),
        )
    except (InvalidTag, msgspec.MsgspecError, ValueError):
        raise InvalidSetting("the recovery sheet does not open: the passphrase is another one") from None


def _key(passphrase: str, salt: bytes) -> bytes:
    return Scrypt(salt=salt, **_SCRYPT).derive(passphrase.encode("utf-8"))


def _lines(data: bytes) -> list[str]:
    """Return numbered lines of groups, each with two digits that check it."""
    digits = _to_base32(data)
    width = _GROUP * _GROUPS
    found = []
    for number, start in enumerate(range(0, len(digits), width), start=1):
        part = digits[start : start + width]
        groups = [part[at : at + _GROUP] for at in range(0, len(part), _GROUP)]
        found.append(f"{number:>2}: {' '.join(groups)} - {_check(number, part)}")
    return found


def _read_lines(text: str) -> bytes:
    # Typed in from paper, everything may be in lower case.
    inside = _BEGIN.sub(BEGIN, text).partition(BEGIN)[2]
    inside = _END.sub(END, inside).partition(END)[0]
    parts: list[str] = []
    for line in inside.splitlines():
        match = _LINE.match(line)
        if match is None:
            continue
        number, typed = int(match[1]), match[2].upper()
        # What Crockford's alphabet leaves out is read as the digit that it looks like.
        typed = re.sub(r"[\s-]", "", typed).translate(str.maketrans("OIL", "011"))
        part, check = typed[:-2], typed[-2:]
        if number != len(parts) + 1 or _check(number, part) != check or "U" in part:
            raise InvalidSetting(
                f"line {number} of the recovery sheet is mistyped, missing or in another place"
            )
        parts.append(part)
    if not parts:
        raise InvalidSetting(f"this is no recovery sheet: it begins with {BEGIN!r} and has numbered lines")
    return _from_base32("".join(parts))


def _check(number: int, part: str) -> str:
    value = zlib.crc32(f"{number}:{part}".encode("ascii")) & 0x3FF
    return _ALPHABET[value >> 5] + _ALPHABET[value & 31]


def _to_base32(data: bytes) -> str:
    bits = len(data) * 8
    digits = -(-bits // 5)
    number = int.from_bytes(data, "big") << (digits * 5 - bits)
    return "".join(_ALPHABET[(number >> (5 * at)) & 31] for at in reversed(range(digits)))


def _from_base32(digits: str) -> bytes:
    number = 0
    for digit in digits:
        number = number << 5 | _ALPHABET.index(digit)
    size = len(digits) * 5 // 8
    return (number >> (len(digits) * 5 - size * 8)).to_bytes(size, "big")
