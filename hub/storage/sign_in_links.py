"""Links by mail that let somebody in, in SQL (`hub.sign_in_ports.SignInLinks`)."""

import hashlib
import secrets
from collections.abc import Sequence
from typing import Final

from sqlalchemy import Engine, delete, func, insert, select, update

from hub.access_ports import Account
from hub.domain.accounts import LINK_US, LINKS_PER_HOUR, LinkPurpose
from hub.domain.letters import AccountChange, Invitation, Letter, PasswordReset, SignInLink
from hub.domain.mail import Draft, Reader
from hub.storage.access_tables import AccountRow
from hub.storage.access_unit import SqlUnits
from hub.storage.account_rows import UNIQUIFIER_BYTES, AccountUnit
from hub.storage.account_tables import SignInLinkRow

HOUR_US: Final = 3_600_000_000
MINUTE_US: Final = 60_000_000
DAY_US: Final = 86_400_000_000
TOKEN_BYTES: Final = 32
KEPT_US: Final = DAY_US
"""So long an old link is known: as long as those of an hour are counted, and more."""


class SqlSignInLinks:
    """Links by mail.

    Args:
        engine: from `hub.storage.engine.make_engine`.
    """

    def __init__(self, engine: Engine) -> None:
        self._units = SqlUnits(engine, _Unit)

    def send(self, mail: str, purpose: LinkPurpose, language: str, now_us: int) -> None:
        """Have a link sent to the account of an address, if there is one; it takes as long when there is none."""
        with self._units.writing() as unit:
            account = unit.find(AccountRow.mail == mail.strip().lower())
            if account is not None and account.is_active and unit.made_since(account.pk, now_us - HOUR_US):
                unit.add(account.pk, purpose, now_us, language)
            unit.commit()

    def invite(self, account: int, now_us: int) -> None:
        """Have a link sent by which an account's owner chooses a password."""
        with self._units.writing() as unit:
            unit.add(account, LinkPurpose.INVITATION, now_us, None)
            unit.commit()

    def look(self, token: str, purposes: Sequence[LinkPurpose], now_us: int) -> Account | None:
        """Return whose link it is, and leave it as it is; None when it is none, used or too old."""
        with self._units.reading() as unit:
            return unit.owner(token, purposes, now_us)

    def use(self, token: str, now_us: int) -> Account | None:
        """Return whose sign-in link it is, and use it up; None when it is none, used or too old."""
        with self._units.writing() as unit:
            account = unit.use(token, (LinkPurpose.SIGN_IN,), now_us)
            unit.commit()
        return account

    def choose_password(self, token: str, password_hash: str, now_us: int) -> Account | None:
        """Use up a link of a reset or an invitation: the account gets a password, and all its sessions end."""
        with self._units.writing() as unit:
            account = unit.use(token, (LinkPurpose.RESET, LinkPurpose.INVITATION), now_us)
            if account is None:
                return None
            unit.set_password(account.pk, password_hash)
            unit.change(account.pk, AccountChange.PASSWORD, now_us, account.pk)
            changed = unit.find(AccountRow.pk == account.pk)
            unit.commit()
        return changed


class _Unit(AccountUnit):
    def made_since(self, account: int, since_us: int) -> bool:
        """Say whether an account may get one more link."""
        count = (
            select(func.count())
            .select_from(SignInLinkRow)
            .where(SignInLinkRow.account_pk == account, SignInLinkRow.made_us > since_us)
        )
        return int(self._connection.execute(count).scalar_one()) < LINKS_PER_HOUR

    def add(self, account: int, purpose: LinkPurpose, now_us: int, language: str | None) -> None:
        """Store a link, and the letter that carries it."""
        token = secrets.token_urlsafe(TOKEN_BYTES)
        until_us = now_us + LINK_US[purpose]
        old = SignInLinkRow.until_us < max(now_us - KEPT_US, 0)
        self._connection.execute(delete(SignInLinkRow).where(old))
        values = {
            "digest": _digest(token), "account_pk": account, "purpose": purpose, "made_us": now_us,
            "until_us": until_us, "used_us": None,
        }  # fmt: skip
        self._connection.execute(insert(SignInLinkRow).values(values))
        key = f"link/{_digest(token).hex()}"
        self.mail(Draft(key, Reader(account=account), _letter(purpose, token), until_us), now_us, language)

    def owner(self, token: str, purposes: Sequence[LinkPurpose], now_us: int) -> Account | None:
        """Return whose link it is; None when it is none, used or too old, or the account is switched off."""
        query = select(SignInLinkRow.account_pk).where(
            SignInLinkRow.digest == _digest(token),
            SignInLinkRow.purpose.in_(purposes),
            SignInLinkRow.used_us.is_(None),
            SignInLinkRow.until_us > now_us,
        )
        pk = self._connection.execute(query).scalar()
        account = None if pk is None else self.find(AccountRow.pk == pk)
        return account if account is not None and account.is_active else None

    def use(self, token: str, purposes: Sequence[LinkPurpose], now_us: int) -> Account | None:
        """Use a link up: of two who try at once, one does."""
        account = self.owner(token, purposes, now_us)
        if account is None:
            return None
        used = (
            update(SignInLinkRow)
            .where(SignInLinkRow.digest == _digest(token), SignInLinkRow.used_us.is_(None))
            .values(used_us=now_us)
            .returning(SignInLinkRow.account_pk)
        )
        return account if self._connection.execute(used).scalar() is not None else None

    def set_password(self, account: int, password_hash: str) -> None:
        """Write a password, and end all sessions and other links of the account."""
        values = {"password_hash": password_hash, "uniquifier": secrets.token_hex(UNIQUIFIER_BYTES)}
        self._connection.execute(update(AccountRow).where(AccountRow.pk == account).values(values))
        open_links = (SignInLinkRow.account_pk == account) & SignInLinkRow.used_us.is_(None)
        self._connection.execute(update(SignInLinkRow).where(open_links).values(until_us=0))


def _letter(purpose: LinkPurpose, token: str) -> Letter:
    held_us = LINK_US[purpose]
    if purpose is LinkPurpose.SIGN_IN:
        return SignInLink(f"/sign-in/link/{token}", held_us // MINUTE_US)
    if purpose is LinkPurpose.RESET:
        return PasswordReset(f"/sign-in/reset/{token}", held_us // MINUTE_US)
    return Invitation(f"/sign-in/reset/{token}", held_us // DAY_US)


def _digest(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()
