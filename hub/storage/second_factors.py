"""Second factors of accounts, in SQL (`hub.sign_in_ports.SecondFactors`)."""

from collections.abc import Sequence

from sqlalchemy import Engine, delete, func, insert, select, update

from hub.domain.accounts import SecondFactor
from hub.domain.letters import AccountChange
from hub.domain.people import Actor
from hub.storage.access_unit import SqlUnits
from hub.storage.account_rows import AccountUnit
from hub.storage.account_tables import PasskeyRow, RecoveryCodeRow, SecondFactorRow


class SqlSecondFactors:
    """Codes of an app, and recovery codes.

    Args:
        engine: from `hub.storage.engine.make_engine`.
    """

    def __init__(self, engine: Engine) -> None:
        self._units = SqlUnits(engine, _Unit)

    def get(self, account: int) -> SecondFactor | None:
        """Return an account's second factor, or None when it has none."""
        with self._units.reading() as unit:
            return unit.get(account)

    def turn_on(self, account: int, sealed: bytes, step: int, codes: Sequence[bytes], now_us: int) -> None:
        """Have an account ask for codes; earlier ones are void."""
        with self._units.writing() as unit:
            unit.drop(account)
            unit.put(account, sealed, step, now_us)
            unit.put_codes(account, codes)
            unit.change(account, AccountChange.SECOND_FACTOR_ON, now_us, account)
            unit.commit()

    def turn_off(self, account: int, now_us: int) -> None:
        """Have an account ask for a password alone."""
        with self._units.writing() as unit:
            unit.drop(account)
            unit.change(account, AccountChange.SECOND_FACTOR_OFF, now_us, account)
            unit.commit()

    def renew_codes(self, account: int, codes: Sequence[bytes], now_us: int) -> None:
        """Give an account other recovery codes."""
        with self._units.writing() as unit:
            unit.put_codes(account, codes)
            unit.log({"what": "recovery_codes_renewed", "account": account, "by": account}, now_us)
            unit.commit()

    def use_step(self, account: int, step: int) -> bool:
        """Note that the code of a step was used; False when it or a later one was."""
        with self._units.writing() as unit:
            is_first = unit.use_step(account, step)
            unit.commit()
        return is_first

    def use_code(self, account: int, digest: bytes, now_us: int) -> bool:
        """Use up a recovery code; False when it is none, or was used."""
        with self._units.writing() as unit:
            is_one = unit.use_code(account, digest, now_us)
            if is_one:
                unit.change(account, AccountChange.RECOVERY_CODE_USED, now_us, account)
            unit.commit()
        return is_one

    def take_away(self, account: int, actor: Actor, now_us: int) -> None:
        """Take second factor and passkeys from an account whose owner has lost them."""
        with self._units.writing() as unit:
            unit.drop(account)
            unit.drop_passkeys(account)
            unit.change(account, AccountChange.SECOND_FACTOR_OFF, now_us, actor.account)
            unit.commit()


class _Unit(AccountUnit):
    def get(self, account: int) -> SecondFactor | None:
        """Return an account's second factor, or None."""
        query = select(SecondFactorRow.sealed, SecondFactorRow.last_step)
        row = self._connection.execute(query.where(SecondFactorRow.account_pk == account)).one_or_none()
        if row is None:
            return None
        left = (
            select(func.count())
            .select_from(RecoveryCodeRow)
            .where(RecoveryCodeRow.account_pk == account, RecoveryCodeRow.used_us.is_(None))
        )
        count = int(self._connection.execute(left).scalar_one())
        return SecondFactor(bytes(row.sealed), row.last_step, count)

    def put(self, account: int, sealed: bytes, step: int, now_us: int) -> None:
        """Write a second factor."""
        values = {"account_pk": account, "sealed": sealed, "last_step": step, "made_us": now_us}
        self._connection.execute(insert(SecondFactorRow).values(values))

    def put_codes(self, account: int, codes: Sequence[bytes]) -> None:
        """Write recovery codes in place of those that were there."""
        self._connection.execute(delete(RecoveryCodeRow).where(RecoveryCodeRow.account_pk == account))
        rows = [{"account_pk": account, "digest": digest, "used_us": None} for digest in codes]
        self._connection.execute(insert(RecoveryCodeRow), rows)

    def drop(self, account: int) -> None:
        """Take second factor and recovery codes away."""
        for table in (RecoveryCodeRow, SecondFactorRow):
            self._connection.execute(delete(table).where(table.account_pk == account))

    def drop_passkeys(self, account: int) -> None:
        """Take all passkeys away."""
        self._connection.execute(delete(PasskeyRow).where(PasskeyRow.account_pk == account))

    def use_step(self, account: int, step: int) -> bool:
        """Raise the last step; of two who bring the same code at once, one does."""
        raised = (
            update(SecondFactorRow)
            .where(SecondFactorRow.account_pk == account, SecondFactorRow.last_step < step)
            .values(last_step=step)
            .returning(SecondFactorRow.account_pk)
        )
        return self._connection.execute(raised).scalar() is not None

    def use_code(self, account: int, digest: bytes, now_us: int) -> bool:
        """Use up a recovery code."""
        used = (
            update(RecoveryCodeRow)
            .where(
                RecoveryCodeRow.account_pk == account,
                RecoveryCodeRow.digest == digest,
                RecoveryCodeRow.used_us.is_(None),
            )
            .values(used_us=now_us)
            .returning(RecoveryCodeRow.account_pk)
        )
        return self._connection.execute(used).scalar() is not None
