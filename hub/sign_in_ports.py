"""How somebody signs in without a password, or with more than one, as protocols: links, second factor, passkeys, SSO.

Every method is one transaction and raises `StoreUnavailable` when the database can't be used now. What changes how an
account is entered is written into the log of actions, and its owner gets a letter about it.
"""

from collections.abc import Sequence
from typing import Protocol

from hub.access_ports import Account
from hub.domain.accounts import LinkPurpose, Passkey, SecondFactor
from hub.domain.people import Actor
from hub.domain.sso import Known


class SignInLinks(Protocol):
    """Links by mail that let somebody in, once."""

    def send(self, mail: str, purpose: LinkPurpose, language: str, now_us: int) -> None:
        """Have a link sent to the account of an address, if there is one; nobody is told whether there is.

        More than a few in an hour are not sent.
        """
        ...

    def invite(self, account: int, now_us: int) -> None:
        """Have a link sent by which an account's owner chooses a password."""
        ...

    def look(self, token: str, purposes: Sequence[LinkPurpose], now_us: int) -> Account | None:
        """Return whose link it is, and leave it as it is; None when it is none, used or too old."""
        ...

    def use(self, token: str, now_us: int) -> Account | None:
        """Return whose sign-in link it is, and use it up; None when it is none, used or too old."""
        ...

    def choose_password(self, token: str, password_hash: str, now_us: int) -> Account | None:
        """Use up a link of a reset or an invitation: the account gets a password, and all its sessions end."""
        ...


class SecondFactors(Protocol):
    """Codes of an app, and recovery codes."""

    def get(self, account: int) -> SecondFactor | None:
        """Return an account's second factor, or None when it has none."""
        ...

    def turn_on(self, account: int, sealed: bytes, step: int, codes: Sequence[bytes], now_us: int) -> None:
        """Have an account ask for codes; earlier ones are void.

        Args:
            sealed: the secret.
            step: of the code that proved that the app has it.
            codes: digests of recovery codes.
        """
        ...

    def turn_off(self, account: int, now_us: int) -> None:
        """Have an account ask for a password alone."""
        ...

    def renew_codes(self, account: int, codes: Sequence[bytes], now_us: int) -> None:
        """Give an account other recovery codes."""
        ...

    def use_step(self, account: int, step: int) -> bool:
        """Note that the code of a step was used; False when it or a later one was, by whoever was quicker."""
        ...

    def use_code(self, account: int, digest: bytes, now_us: int) -> bool:
        """Use up a recovery code; False when it is none, or was used."""
        ...

    def take_away(self, account: int, actor: Actor, now_us: int) -> None:
        """Take second factor and passkeys from an account whose owner has lost them."""
        ...


class Passkeys(Protocol):
    """Passkeys of accounts."""

    def of(self, account: int) -> Sequence[Passkey]:
        """Return the passkeys of an account, oldest first."""
        ...

    def find(self, credential_id: bytes) -> Passkey | None:
        """Return a passkey, or None when nobody has it."""
        ...

    def add(
        self, account: int, credential_id: bytes, public_key: bytes, sign_count: int, name: str, now_us: int
    ) -> None:
        """Give an account a passkey.

        Raises:
            RuleRefused: when somebody has it, or the account has too many.
        """
        ...

    def remove(self, account: int, passkey: int, now_us: int) -> None:
        """Take a passkey away.

        Raises:
            RuleRefused: when the account has none of this key.
        """
        ...

    def note_use(self, passkey: int, sign_count: int, now_us: int) -> None:
        """Note that a passkey signed in."""
        ...


class SingleSignOn(Protocol):
    """Accounts of those whom an identity provider knows."""

    def enter(self, known: Known, now_us: int) -> Account:
        """Return the account of somebody, with the roles that the provider's groups give by now.

        The first time it is the account of the same mail address, if the provider has proved that, or a new one.

        Raises:
            RuleRefused: when there is none and no group gives a role, when it is switched off, when the address is
                somebody's and not proved, or when the groups' roles can't be given.
        """
        ...
