"""What commands and the API need of tokens, as a protocol.

Every method raises `RuleRefused` when a rule says no, and `StoreUnavailable` when the database can't be used now.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Protocol

from hub.domain.people import Actor
from hub.domain.tokens import Scope, Token


@dataclass(frozen=True, slots=True)
class Bearer:
    """Whoever came with a token.

    Args:
        token: key of the token, for what must be told apart between programs.
    """

    token: int
    actor: Actor
    scopes: frozenset[Scope]


class TokenDesk(Protocol):
    """Tokens of the API."""

    def create(
        self,
        name: str,
        scopes: Collection[Scope],
        holder: tuple[int | None, int | None],
        until_us: int | None,
        actor: Actor,
        now_us: int,
    ) -> tuple[Token, str]:
        """Make a token for `holder` = (member, account), one of the two; return it and the text that is told once.

        Everyone may make one for oneself, the command line for anybody.
        """
        ...

    def tokens(self, actor: Actor) -> Sequence[Token]:
        """Return the actor's own tokens, all of them to the command line; by key."""
        ...

    def revoke(self, token: int, actor: Actor, now_us: int) -> None:
        """End a token; the next request with it is refused. A second time changes nothing."""
        ...

    def bearer(self, text: str, now_us: int) -> Bearer | None:
        """Return whoever comes with a token, None for one that is unknown, over, or whose holder is gone."""
        ...
