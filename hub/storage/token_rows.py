"""Tokens of the API in SQL (`hub.services.token_desk.TokenUnit`)."""

from collections.abc import Sequence
from typing import Any, Final

from sqlalchemy import exists, insert, select, update

from hub.domain.errors import RuleRefused
from hub.domain.tokens import Scope, Token
from hub.storage.access_tables import AccountRow, MemberRow
from hub.storage.access_unit import AccessUnit
from hub.storage.booking_tables import ApiTokenRow


class TokenRows(AccessUnit):
    """Tokens within one transaction."""

    def add(self, token: Token, digest: bytes) -> int:
        """Store a new token; return its key.

        Raises:
            RuleRefused: when there is no such member or account.
        """
        holders: tuple[tuple[str, Any, int | None], ...] = (
            ("member", MemberRow.pk, token.member),
            ("account", AccountRow.pk, token.account),
        )
        for what, column, pk in holders:
            known = pk is None or self._connection.execute(select(exists().where(column == pk))).scalar()
            if not known:
                raise RuleRefused(f"there is no {what} {pk}: see the list", code=f"unknown_{what}")
        made = self._connection.execute(
            insert(ApiTokenRow).values(
                name=token.name,
                digest=digest,
                scopes=" ".join(sorted(token.scopes)),
                member_pk=token.member,
                account_pk=token.account,
                created_us=token.created_us,
                until_us=token.until_us,
                revoked_us=None,
            )
        )
        key = made.inserted_primary_key
        assert key is not None
        return int(key[0])

    def tokens(self) -> Sequence[Token]:
        """Return all tokens, by key."""
        return [_token(row) for row in self._connection.execute(_TOKENS)]

    def by_digest(self, digest: bytes) -> Token | None:
        """Return a token, or None."""
        row = self._connection.execute(_TOKENS.where(ApiTokenRow.digest == digest)).one_or_none()
        return None if row is None else _token(row)

    def revoke(self, pk: int, now_us: int) -> None:
        """Note when a token was ended."""
        self._connection.execute(update(ApiTokenRow).where(ApiTokenRow.pk == pk).values(revoked_us=now_us))


def _token(row: Any) -> Token:
    # A scope of a later version that went back is none of ours.
    known = {scope.value for scope in Scope}
    scopes = frozenset(Scope(name) for name in row.scopes.split() if name in known)
    return Token(
        row.pk, row.name, scopes, row.member_pk, row.account_pk, row.created_us, row.until_us, row.revoked_us
    )


_TOKENS: Final = select(
    ApiTokenRow.pk,
    ApiTokenRow.name,
    ApiTokenRow.scopes,
    ApiTokenRow.member_pk,
    ApiTokenRow.account_pk,
    ApiTokenRow.created_us,
    ApiTokenRow.until_us,
    ApiTokenRow.revoked_us,
).order_by(ApiTokenRow.pk)
