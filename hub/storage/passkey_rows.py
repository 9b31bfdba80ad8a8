"""Passkeys of accounts, in SQL (`hub.sign_in_ports.Passkeys`)."""

from collections.abc import Sequence
from typing import Any, Final

from sqlalchemy import Engine, delete, insert, select, update

from hub.domain.accounts import Passkey
from hub.domain.errors import RuleRefused
from hub.domain.letters import AccountChange
from hub.storage.access_unit import SqlUnits
from hub.storage.account_rows import AccountUnit
from hub.storage.account_tables import PasskeyRow

MAX_PASSKEYS: Final = 20


class SqlPasskeys:
    """Passkeys of accounts.

    Args:
        engine: from `hub.storage.engine.make_engine`.
    """

    def __init__(self, engine: Engine) -> None:
        self._units = SqlUnits(engine, _Unit)

    def of(self, account: int) -> Sequence[Passkey]:
        """Return the passkeys of an account, oldest first."""
        with self._units.reading() as unit:
            return unit.passkeys(PasskeyRow.account_pk == account)

    def find(self, credential_id: bytes) -> Passkey | None:
        """Return a passkey, or None when nobody has it."""
        with self._units.reading() as unit:
            found = unit.passkeys(PasskeyRow.credential_id == credential_id)
        return found[0] if found else None

    def add(
        self, account: int, credential_id: bytes, public_key: bytes, sign_count: int, name: str, now_us: int
    ) -> None:
        """Give an account a passkey.

        Raises:
            RuleRefused: when somebody has it, or the account has too many.
        """
        with self._units.writing() as unit:
            if unit.passkeys(PasskeyRow.credential_id == credential_id):
                raise RuleRefused(
                    "this passkey is known already: use it, or make another one", code="known_passkey"
                )
            if len(unit.passkeys(PasskeyRow.account_pk == account)) >= MAX_PASSKEYS:
                raise RuleRefused(
                    f"an account has {MAX_PASSKEYS} passkeys at most: remove one that is not used",
                    code="many_passkeys",
                    most=MAX_PASSKEYS,
                )
            unit.put(account, credential_id, public_key, sign_count, name, now_us)
            unit.change(account, AccountChange.PASSKEY_ADDED, now_us, account)
            unit.commit()

    def remove(self, account: int, passkey: int, now_us: int) -> None:
        """Take a passkey away.

        Raises:
            RuleRefused: when the account has none of this key.
        """
        with self._units.writing() as unit:
            if not unit.drop(account, passkey):
                raise RuleRefused("this passkey was removed meanwhile", code="unknown_passkey")
            unit.change(account, AccountChange.PASSKEY_REMOVED, now_us, account)
            unit.commit()

    def note_use(self, passkey: int, sign_count: int, now_us: int) -> None:
        """Note that a passkey signed in."""
        with self._units.writing() as unit:
            unit.note_use(passkey, sign_count, now_us)
            unit.commit()


class _Unit(AccountUnit):
    def passkeys(self, condition: Any) -> list[Passkey]:
        """Return passkeys, oldest first."""
        rows = self._connection.execute(_PASSKEYS.where(condition).order_by(PasskeyRow.pk))
        return [
            Passkey(
                row.pk, row.account_pk, bytes(row.credential_id), bytes(row.public_key), row.sign_count, row.name,
                row.made_us, row.used_us,
            )
            for row in rows
        ]  # fmt: skip

    def put(
        self, account: int, credential_id: bytes, public_key: bytes, sign_count: int, name: str, now_us: int
    ) -> None:
        """Write a passkey."""
        self._connection.execute(
            insert(PasskeyRow).values(
                account_pk=account, credential_id=credential_id, public_key=public_key, sign_count=sign_count,
                name=name, made_us=now_us, used_us=None,
            )
        )  # fmt: skip

    def drop(self, account: int, passkey: int) -> bool:
        """Take a passkey away; say whether it was there."""
        gone = (
            delete(PasskeyRow)
            .where(PasskeyRow.pk == passkey, PasskeyRow.account_pk == account)
            .returning(PasskeyRow.pk)
        )
        return self._connection.execute(gone).scalar() is not None

    def note_use(self, passkey: int, sign_count: int, now_us: int) -> None:
        """Write when a passkey signed in, and its counter."""
        used = update(PasskeyRow).where(PasskeyRow.pk == passkey)
        self._connection.execute(used.values(sign_count=sign_count, used_us=now_us))


_PASSKEYS: Final = select(
    PasskeyRow.pk,
    PasskeyRow.account_pk,
    PasskeyRow.credential_id,
    PasskeyRow.public_key,
    PasskeyRow.sign_count,
    PasskeyRow.name,
    PasskeyRow.made_us,
    PasskeyRow.used_us,
)
