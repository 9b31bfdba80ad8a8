"""Tokens that programs sign in with: what they may do, and how they are told apart; pure.

A token is 32 random bytes as text behind a prefix that scanners for leaked secrets find. The hub keeps its SHA-256: of
something that can't be guessed, that is enough.
"""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from secrets import token_urlsafe
from typing import Final

from hub.domain.errors import RuleRefused

PREFIX: Final = "ankerort_"
TOKEN_BYTES: Final = 32
MAX_TOKEN: Final = 200


class Scope(StrEnum):
    """What a token may do, within the rights of whoever it acts for."""

    AVAILABILITY = "availability:read"
    READ_BOOKINGS = "bookings:read"
    WRITE_BOOKINGS = "bookings:write"
    CHECK_IN = "check-ins:write"
    WRITE_BLOCKINGS = "blockings:write"
    READ_MEMBERS = "members:read"
    WRITE_MEMBERS = "members:write"
    READ_PASSES = "passes:read"
    WRITE_PASSES = "passes:write"
    WRITE_VISITS = "visits:write"


@dataclass(frozen=True, slots=True)
class Token:
    """A token as it is kept, without itself.

    Args:
        name: what it is for.
        member: key of the member that it acts for, or None.
        account: key of the account whose rights it has, or None; a token has one of the two.
        until_us: when it ends by itself; None for never.
        revoked_us: when it was ended; None while it works.
    """

    pk: int
    name: str
    scopes: frozenset[Scope]
    member: int | None
    account: int | None
    created_us: int
    until_us: int | None = None
    revoked_us: int | None = None

    def is_good(self, now_us: int) -> bool:
        """Say whether it works at a moment."""
        return self.revoked_us is None and (self.until_us is None or now_us < self.until_us)


def new_token() -> str:
    """Return a new token."""
    return PREFIX + token_urlsafe(TOKEN_BYTES)


def digest_of(token: str) -> bytes:
    """Return what the hub keeps of a token; of one that is too long to be ours it is no token's."""
    return hashlib.sha256(token[:MAX_TOKEN].encode("utf-8", "replace")).digest()


def scopes_of(names: Iterable[str]) -> frozenset[Scope]:
    """Return scopes by name.

    Raises:
        RuleRefused: when one is unknown, or there is none.
    """
    known = {scope.value: scope for scope in Scope}
    found = list(names)
    if unknown := [name for name in found if name not in known]:
        raise RuleRefused(
            f'there is no scope "{unknown[0][:40]}"; known are {", ".join(known)}', code="unknown_scope"
        )
    if not found:
        raise RuleRefused(f"a token needs a scope: {', '.join(known)}", code="no_scope")
    return frozenset(known[name] for name in found)
