"""Tokens of the API: `hub.token_ports.TokenDesk`, one transaction each."""

from collections.abc import Collection, Mapping, Sequence
from contextlib import AbstractContextManager
from typing import Final, Protocol

from hub.access_ports import Accounts
from hub.domain.errors import NotAllowed, RuleRefused
from hub.domain.people import Actor
from hub.domain.tokens import Scope, Token, digest_of, new_token
from hub.services.booking_rules import tidy
from hub.token_ports import Bearer

NO_ACCOUNT: Final = 0
"""Account of an actor who comes with a member's token: nobody's, and never the command line's."""


class TokenUnit(Protocol):
    """Tokens within one transaction; rolled back unless committed."""

    def add(self, token: Token, digest: bytes) -> int:
        """Store a new token; return its key. Refused when there is no such member or account."""
        ...

    def tokens(self) -> Sequence[Token]:
        """Return all tokens, by key."""
        ...

    def by_digest(self, digest: bytes) -> Token | None:
        """Return a token, or None."""
        ...

    def revoke(self, pk: int, now_us: int) -> None:
        """Note when a token was ended."""
        ...

    def log(self, what: Mapping[str, object], now_us: int, card: int | None = None) -> None:
        """Add an entry to the log of actions."""
        ...

    def commit(self) -> None:
        """Make all of it durable."""
        ...


class TokenUnits(Protocol):
    """Begins transactions; each raises `StoreUnavailable` when the database can't be used now."""

    def writing(self) -> AbstractContextManager[TokenUnit]:
        """Begin one that may commit."""
        ...

    def reading(self) -> AbstractContextManager[TokenUnit]:
        """Begin one that only looks."""
        ...


class TokenService:
    """Tokens of the API.

    Args:
        units: where they are kept.
        accounts: whose rights some of them have.
    """

    def __init__(self, units: TokenUnits, accounts: Accounts) -> None:
        self._units, self._accounts = units, accounts

    def create(
        self,
        name: str,
        scopes: Collection[Scope],
        holder: tuple[int | None, int | None],
        until_us: int | None,
        actor: Actor,
        now_us: int,
    ) -> tuple[Token, str]:
        """Make a token; return it and the text that is told once."""
        member, account = holder
        name = tidy(name)
        if (member is None) == (account is None):
            raise RuleRefused(
                "a token acts for a member or has the rights of an account: name one of them",
                code="no_holder",
            )
        if not name:
            raise RuleRefused("a token needs a name: say what it is for", code="no_token_name")
        if until_us is not None and until_us <= now_us:
            raise RuleRefused("that moment is over: choose a later one", code="until_is_over")
        is_own = (member is not None and member == actor.member) or account == actor.account
        if actor.account is not None and not is_own:
            raise NotAllowed("everyone makes tokens for oneself alone", code="not_allowed")
        text = new_token()
        made = Token(0, name, frozenset(scopes), member, account, now_us, until_us)
        with self._units.writing() as unit:
            pk = unit.add(made, digest_of(text))
            entry: dict[str, object] = {"what": "token_made", "token": pk, "scopes": sorted(scopes)}
            unit.log({**entry, "member": member, "account": account, "by": actor.account}, now_us)
            unit.commit()
        return Token(pk, name, made.scopes, member, account, now_us, until_us), text

    def tokens(self, actor: Actor) -> Sequence[Token]:
        """Return the actor's own tokens, all of them to the command line."""
        with self._units.reading() as unit:
            return [one for one in unit.tokens() if _is_own(one, actor)]

    def revoke(self, token: int, actor: Actor, now_us: int) -> None:
        """End a token; a second time changes nothing."""
        with self._units.writing() as unit:
            found = next((one for one in unit.tokens() if one.pk == token and _is_own(one, actor)), None)
            if found is None:
                raise RuleRefused(f"there is no token {token}: see the list", code="unknown_token")
            if found.revoked_us is None:
                unit.revoke(token, now_us)
                unit.log({"what": "token_revoked", "token": token, "by": actor.account}, now_us)
                unit.commit()

    def bearer(self, text: str, now_us: int) -> Bearer | None:
        """Return whoever comes with a token, None for one that is unknown, over, or whose holder is gone."""
        with self._units.reading() as unit:
            token = unit.by_digest(digest_of(text))
        if token is None or not token.is_good(now_us):
            return None
        if token.account is None:
            return Bearer(token.pk, Actor(NO_ACCOUNT, token.name, member=token.member), token.scopes)
        account = self._accounts.by_pk(token.account)
        if account is None or not account.is_active:
            return None
        return Bearer(token.pk, Actor(account.pk, account.name, account.reach, account.member), token.scopes)


def _is_own(token: Token, actor: Actor) -> bool:
    if actor.account is None:
        return True
    is_account = token.account is not None and token.account == actor.account
    return is_account or (token.member is not None and token.member == actor.member)
