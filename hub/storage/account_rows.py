"""Who can sign in, in SQL: `hub.access_ports.Accounts`."""

import secrets
from collections.abc import Sequence
from typing import Any, Final

from sqlalchemy import Engine, delete, insert, select, update

from hub.access_ports import Account
from hub.domain.errors import NotAllowed, RuleRefused
from hub.domain.people import Actor, Role, may_save_account
from hub.domain.texts import check_text
from hub.storage.access_tables import AccountRoleRow, AccountRow, MemberRow, MembershipRow
from hub.storage.access_unit import AccessUnit, SqlUnits
from hub.storage.tables import SpaceRow

UNIQUIFIER_BYTES: Final = 32


class SqlAccounts:
    """Who can sign in.

    Args:
        engine: from `hub.storage.engine.make_engine`.
    """

    def __init__(self, engine: Engine) -> None:
        self._units = SqlUnits(engine, _Unit)

    def by_mail(self, mail: str) -> Account | None:
        """Return the account of a mail address, upper or lower case, or None."""
        with self._units.reading() as unit:
            return unit.find(AccountRow.mail == _mail(mail))

    def by_uniquifier(self, uniquifier: str) -> Account | None:
        """Return the account of a session, or None."""
        with self._units.reading() as unit:
            return unit.find(AccountRow.uniquifier == uniquifier)

    def by_pk(self, pk: int) -> Account | None:
        """Return an account by its key, or None."""
        with self._units.reading() as unit:
            return unit.find(AccountRow.pk == pk)

    def all(self) -> Sequence[Account]:
        """Return all accounts, by mail address."""
        with self._units.reading() as unit:
            return unit.select(AccountRow.pk.is_not(None))

    def save(self, account: Account, actor: Actor, now_us: int) -> int:
        """Store a new (pk 0) or changed account with its roles; return its key.

        An empty uniquifier makes a new one: all sessions of the account end.

        Raises:
            NotAllowed: when the actor may not give or take these roles.
            RuleRefused: when the address is another account's, a role names no space, or the account is gone.
        """
        with self._units.writing() as unit:
            pk = unit.save(account, actor, now_us)
            unit.commit()
        return pk


class _Unit(AccessUnit):
    def find(self, condition: Any) -> Account | None:
        found = self.select(condition)
        return found[0] if found else None

    def select(self, condition: Any) -> list[Account]:
        rows = self._connection.execute(_ACCOUNTS.where(condition).order_by(AccountRow.mail)).all()
        roles: dict[int, set[tuple[Role, str]]] = {}
        if rows:
            query = select(AccountRoleRow.account_pk, AccountRoleRow.role, AccountRoleRow.space)
            of_these = query.join(AccountRow, AccountRow.pk == AccountRoleRow.account_pk).where(condition)
            for pk, role, space in self._connection.execute(of_these):
                roles.setdefault(pk, set()).add((role, space))
        return [Account(*row, frozenset(roles.get(row.pk, ()))) for row in rows]

    def save(self, account: Account, actor: Actor, now_us: int) -> int:
        known = self.find(AccountRow.pk == account.pk) if account.pk else None
        if account.pk and known is None:
            raise RuleRefused(
                f"there is no account {account.pk}: it was removed meanwhile", code="unknown_account"
            )
        before = known.roles if known else frozenset()
        if not may_save_account(actor, account.pk, before, account.roles):
            raise NotAllowed(
                "an account with these roles is saved by a manager of all their spaces", code="not_allowed"
            )
        mail = self._check(account)
        if account.member is not None and account.member != (known.member if known else None):
            self._check_member(account.member, actor)
            self._check_twin(account)
        if account.member is not None:
            is_same = known is not None and known.member == account.member
            self._check_spaces(account.member, account.roles - before if is_same else account.roles)
        values = {
            "mail": mail,
            # A name that is stored already may stay: its account must be able to be disabled.
            "name": known.name
            if known and known.name == account.name
            else check_text(account.name, "a name", least=1),
            "uniquifier": account.uniquifier or secrets.token_hex(UNIQUIFIER_BYTES),
            "password_hash": account.password_hash,
            "is_active": account.is_active,
            "member_pk": account.member,
        }
        if known is None:
            made = self._connection.execute(insert(AccountRow).values(**values, created_us=now_us))
            key = made.inserted_primary_key
            assert key is not None
            pk = int(key[0])
        else:
            pk = known.pk
            self._connection.execute(update(AccountRow).where(AccountRow.pk == pk).values(**values))
        if account.roles != before:
            self._connection.execute(delete(AccountRoleRow).where(AccountRoleRow.account_pk == pk))
            rows = [{"account_pk": pk, "role": role, "space": space} for role, space in sorted(account.roles)]
            if rows:
                self._connection.execute(insert(AccountRoleRow), rows)
        roles = [f"{role.value}@{space or '*'}" for role, space in sorted(account.roles)]
        entry = {
            "what": "account_saved", "account": pk, "roles": roles, "is_active": account.is_active,
            "member": account.member, "by": actor.account,
        }  # fmt: skip
        self.log(entry, now_us)
        return pk

    def _check(self, account: Account) -> str:
        """Return the mail address as it is stored, and refuse what can't be."""
        mail = check_text(_mail(account.mail), "a mail address")
        if " " in mail or "@" not in mail[1:-1]:
            raise RuleRefused(f'"{account.mail}" is no mail address: write name@example.org', code="no_mail")
        twin = self._connection.execute(
            select(AccountRow.pk).where(AccountRow.mail == mail, AccountRow.pk != account.pk)
        ).scalar()
        if twin is not None:
            raise RuleRefused(
                f"{mail} has an account already: change that one, or use another address", code="mail_taken"
            )
        spaces = {space for _, space in account.roles if space}
        known = set(self._connection.execute(select(SpaceRow.id)).scalars()) if spaces else set()
        if unknown := sorted(spaces - known):
            raise RuleRefused(
                f'a role is for space "{unknown[0]}", which is not there: use one of {", ".join(sorted(known))}',
                code="unknown_space",
            )
        return mail

    def _check_member(self, member: int, actor: Actor) -> None:
        """Refuse to make somebody a member's account whom no manager of that member has chosen."""
        if self._connection.execute(select(MemberRow.pk).where(MemberRow.pk == member)).scalar() is None:
            raise RuleRefused(f"there is no member {member}", code="unknown_member")
        spaces = self._connection.execute(
            select(SpaceRow.id)
            .join(MembershipRow, MembershipRow.space_pk == SpaceRow.pk)
            .where(MembershipRow.member_pk == member)
        ).scalars()
        if actor.account is not None and not any(actor.may(space, Role.MANAGER) for space in spaces):
            raise NotAllowed(
                "an account gets its member from a manager of that member's space", code="not_allowed"
            )

    def _check_twin(self, account: Account) -> None:
        """Refuse a second account of one member."""
        query = select(AccountRow.mail).where(
            AccountRow.member_pk == account.member, AccountRow.pk != account.pk
        )
        twin = self._connection.execute(query).scalar()
        if twin is not None:
            raise RuleRefused(
                f"member {account.member} has an account already, {twin}: change that one with "
                "`ankerort-hub user role`, or name another member",
                code="member_has_account",
            )

    def _check_spaces(self, member: int, roles: frozenset[tuple[Role, str]]) -> None:
        """Refuse the role of a member in a space that this member does not belong to."""
        query = (
            select(SpaceRow.id)
            .join(MembershipRow, MembershipRow.space_pk == SpaceRow.pk)
            .where(MembershipRow.member_pk == member)
        )
        spaces = set(self._connection.execute(query).scalars())
        strange = sorted(
            space for role, space in roles if role is Role.MEMBER and space and space not in spaces
        )
        if strange:
            told = ", ".join(sorted(spaces)) or "no space"
            raise RuleRefused(
                f"member {member} belongs to {told}, not to {strange[0]}: give the membership first with "
                f"`ankerort-hub member change {member} {strange[0]}`, or name another member or space",
                code="member_elsewhere",
                space=strange[0],
            )


def _mail(mail: str) -> str:
    return mail.strip().lower()


_ACCOUNTS: Final = select(
    AccountRow.pk,
    AccountRow.mail,
    AccountRow.name,
    AccountRow.uniquifier,
    AccountRow.password_hash,
    AccountRow.is_active,
    AccountRow.member_pk,
)
