"""Ids as they stand in topics, messages, settings and file names.

An id is 1 to 40 of `a-z`, `0-9` and inner single hyphens: safe in an MQTT topic (no `/ + # $`), in a path, in
a certificate's common name and in a URL.
"""

import re
import secrets
from typing import Annotated, Final, NoReturn, Self

from msgspec import Meta

from wire.errors import InvalidIdentifier

MAX_ID_LENGTH: Final = 40
# The look-ahead stands for "end of text"; a plain `$` would let a trailing line feed through.
ID_PATTERN: Final = r"^[a-z0-9]+(-[a-z0-9]+)*(?![\s\S])"
HEX16_PATTERN: Final = r"^[0-9a-f]{16}(?![\s\S])"
CREDENTIAL_PATTERN: Final = r"^[0-9a-f]{64}(?![\s\S])"

RESERVED_IDS: Final = frozenset({"hub"})
"""Ids that no space and no device may have: `ankerort/v1/hub/…` is the hub's own."""

Id = Annotated[str, Meta(pattern=ID_PATTERN, max_length=MAX_ID_LENGTH)]
Hex16 = Annotated[str, Meta(pattern=HEX16_PATTERN)]
Hex64 = Annotated[str, Meta(pattern=CREDENTIAL_PATTERN)]

_ID = re.compile(ID_PATTERN)
_CREDENTIAL = re.compile(CREDENTIAL_PATTERN)


def check_id(value: str, what: str = "id") -> str:
    """Return an id unchanged when it has the form every topic relies on.

    Args:
        value: the id.
        what: what it is the id of, for the message ("space", "device").

    Raises:
        InvalidIdentifier: when it is empty, longer than 40, reserved, or holds anything but `a-z`, `0-9` and
            single inner hyphens.
    """
    if len(value) > MAX_ID_LENGTH or not _ID.match(value):
        form = f"1 to {MAX_ID_LENGTH} of a-z, 0-9 and single inner hyphens"
        raise InvalidIdentifier(f"{what} {value[:60]!r} is not usable: use {form}")
    if value in RESERVED_IDS:
        raise InvalidIdentifier(f"{what} {value!r} is reserved for the hub: choose another")
    return value


def new_hex16() -> str:
    """Return 64 random bits as 16 hex digits, for epochs, boots and sessions."""
    return secrets.token_hex(8)


class CredentialId:
    """A card's look-up value: HMAC-SHA-256 over its UID or credential id.

    It is pseudonymous, not anonymous (requirement P9), so it never shows itself: `repr`, `str` and formatting
    give a fixed text, pickling is refused, and only `digits` gives the value, for storage and the wire. (No
    dataclass and no `str`: either would be written out by any encoder that meets it.)

    Args:
        digits: 64 lower-case hex digits.

    Raises:
        InvalidIdentifier: when it is not 64 lower-case hex digits; the message does not hold the value.
        TypeError: when it is no text.
    """

    __slots__ = ("_digits",)

    def __init__(self, digits: str) -> None:
        if not _CREDENTIAL.match(digits):
            raise InvalidIdentifier("a credential is not 64 lower-case hex digits")
        self._digits = digits

    @property
    def digits(self) -> str:
        """The value itself."""
        return self._digits

    def __eq__(self, other: object) -> bool:
        return self._digits == other._digits if isinstance(other, CredentialId) else NotImplemented

    def __hash__(self) -> int:
        return hash(self._digits)

    def __repr__(self) -> str:
        return "CredentialId(…)"

    def __copy__(self) -> Self:
        return self

    def __deepcopy__(self, memo: object) -> Self:
        return self

    def __reduce__(self) -> NoReturn:
        raise TypeError("a credential is not pickled: it would be readable wherever the pickle ends up")
