"""The ports of signing in without a database: links, second factor, passkeys, single sign-on."""

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from hub.access_ports import Account
from hub.domain.accounts import LinkPurpose, Passkey, SecondFactor
from hub.domain.errors import RuleRefused
from hub.domain.people import Actor
from hub.domain.sso import Known

if TYPE_CHECKING:
    from tests.hub.web.access_fakes import FakeAccounts


class FakeLinks:
    """`SignInLinks` from memory; a test reads the tokens that would be in letters."""

    def __init__(self, accounts: "FakeAccounts") -> None:
        self._accounts = accounts
        self.sent: list[tuple[str, LinkPurpose, str]] = []
        self.open: dict[str, tuple[int, LinkPurpose]] = {}

    def send(self, mail: str, purpose: LinkPurpose, language: str, now_us: int) -> None:
        self.sent.append((mail, purpose, language))
        account = self._accounts.by_mail(mail)
        if account is not None:
            self.open[f"token-{len(self.sent)}"] = (account.pk, purpose)

    def invite(self, account: int, now_us: int) -> None:
        self.open[f"invited-{account}"] = (account, LinkPurpose.INVITATION)

    def look(self, token: str, purposes: Sequence[LinkPurpose], now_us: int) -> Account | None:
        pk, purpose = self.open.get(token, (0, LinkPurpose.SIGN_IN))
        return self._accounts.by_pk(pk) if purpose in purposes else None

    def use(self, token: str, now_us: int) -> Account | None:
        found = self.look(token, (LinkPurpose.SIGN_IN,), now_us)
        if found is not None:
            del self.open[token]
        return found

    def choose_password(self, token: str, password_hash: str, now_us: int) -> Account | None:
        found = self.look(token, (LinkPurpose.RESET, LinkPurpose.INVITATION), now_us)
        if found is None:
            return None
        del self.open[token]
        self._accounts.change(found.mail, password_hash=password_hash, uniquifier=f"new-{found.pk}")
        return self._accounts.by_pk(found.pk)


class FakeFactors:
    """`SecondFactors` from memory."""

    def __init__(self) -> None:
        self.kept: dict[int, SecondFactor] = {}
        self.codes: dict[int, set[bytes]] = {}

    def get(self, account: int) -> SecondFactor | None:
        found = self.kept.get(account)
        return None if found is None else replace(found, codes_left=len(self.codes[account]))

    def turn_on(self, account: int, sealed: bytes, step: int, codes: Sequence[bytes], now_us: int) -> None:
        self.kept[account], self.codes[account] = SecondFactor(sealed, step, 0), set(codes)

    def turn_off(self, account: int, now_us: int) -> None:
        del self.kept[account]

    def renew_codes(self, account: int, codes: Sequence[bytes], now_us: int) -> None:
        self.codes[account] = set(codes)

    def use_step(self, account: int, step: int) -> bool:
        found = self.kept[account]
        self.kept[account] = replace(found, last_step=max(step, found.last_step))
        return step > found.last_step

    def use_code(self, account: int, digest: bytes, now_us: int) -> bool:
        is_one = digest in self.codes[account]
        self.codes[account].discard(digest)
        return is_one

    def take_away(self, account: int, actor: Actor, now_us: int) -> None:
        self.kept.pop(account, None)


class FakePasskeys:
    """`Passkeys` from memory."""

    def __init__(self) -> None:
        self.kept: dict[int, Passkey] = {}

    def of(self, account: int) -> Sequence[Passkey]:
        return [one for one in self.kept.values() if one.account == account]

    def find(self, credential_id: bytes) -> Passkey | None:
        return next((one for one in self.kept.values() if one.credential_id == credential_id), None)

    def add(
        self, account: int, credential_id: bytes, public_key: bytes, sign_count: int, name: str, now_us: int
    ) -> None:
        pk = len(self.kept) + 1
        self.kept[pk] = Passkey(pk, account, credential_id, public_key, sign_count, name, now_us)

    def remove(self, account: int, passkey: int, now_us: int) -> None:
        del self.kept[passkey]

    def note_use(self, passkey: int, sign_count: int, now_us: int) -> None:
        self.kept[passkey] = replace(self.kept[passkey], sign_count=sign_count, used_us=now_us)


class FakeSso:
    """`SingleSignOn` from memory."""

    def __init__(self, accounts: "FakeAccounts") -> None:
        self._accounts = accounts
        self.came: list[Known] = []

    def enter(self, known: Known, now_us: int) -> Account:
        self.came.append(known)
        account = self._accounts.by_mail(known.mail)
        if account is None or not known.roles:
            raise RuleRefused("no role", code="sso_no_role")
        self._accounts.change(known.mail, roles=known.roles)
        return account
