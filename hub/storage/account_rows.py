"""Who can sign in, in SQL: `hub.access_ports.Accounts`."""

import secrets
from collections.abc import Collection, Sequence
from typing import Any, Final

from sqlalchemy import Engine, delete, insert, select, update

from hub.access_ports import Account
from hub.domain.errors import NotAllowed, RuleRefused
from hub.domain.letters import AccountChange, AccountChanged
from hub.domain.mail import Draft, Reader, check_address
from hub.domain.people import (
    HOSTS,
    TOWN,
    Actor,
    Role,
    SpacePlace,
    controllers_of,
    may_save_account,
    reach_of,
)
from hub.domain.texts import check_text
from hub.storage.access_tables import AccountRoleRow, AccountRow, MemberRow, MembershipRow
from hub.storage.access_unit import AccessUnit, SqlUnits
from hub.storage.door_tables import RotaRow
from hub.storage.tables import SpaceRow, TownRow

UNIQUIFIER_BYTES: Final = 32
_NEWS_US: Final = 3 * 86_400_000_000
"""So long it is worth telling that an account was changed."""


class SqlAccounts:
    """Who can sign in.

    Args:
        engine: from `hub.storage.engine.make_engine`.
    """

    def __init__(self, engine: Engine) -> None:
        self._units = SqlUnits(engine, AccountUnit)

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

    def by_member(self, member: int) -> Account | None:
        """Return the account of a member, or None."""
        with self._units.reading() as unit:
            return unit.find(AccountRow.member_pk == member)

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


class AccountUnit(AccessUnit):
    """Accounts within one transaction."""

    def find(self, condition: Any) -> Account | None:
        """Return the first account that a condition finds, or None."""
        found = self.select(condition)
        return found[0] if found else None

    def select(self, condition: Any) -> list[Account]:
        """Return the accounts that a condition finds, by mail address; one query, unless a role is for many spaces."""
        found: dict[int, Any] = {}
        roles: dict[int, set[tuple[Role, str]]] = {}
        places: list[SpacePlace] = []
        for row in self._connection.execute(_ACCOUNTS.where(condition).order_by(AccountRow.mail)):
            found[row.pk] = row
            given = roles.setdefault(row.pk, set())
            if row.role is not None:
                given.add((row.role, row.scope))
            if row.town is not None:
                places.append(SpacePlace(row.scope, row.town, row.space_controller))
        wide = {
            scope for given in roles.values() for _, scope in given if not scope or scope.startswith(TOWN)
        }
        places += self._places(wide)
        return [_account(row, frozenset(roles[pk]), places) for pk, row in found.items()]

    def _places(self, scopes: Collection[str]) -> list[SpacePlace]:
        """Return the spaces of some scopes; all of them when one is every space."""
        if not scopes:
            return []
        query = select(SpaceRow.id, TownRow.id.label("town"), SpaceRow.controller).join(
            TownRow, TownRow.pk == SpaceRow.town_pk
        )
        if "" not in scopes:
            towns = [scope.removeprefix(TOWN) for scope in scopes if scope.startswith(TOWN)]
            query = query.where(SpaceRow.id.in_(scopes) | TownRow.id.in_(towns))
        return [SpacePlace(*row) for row in self._connection.execute(query)]

    def change(self, account: int, change: AccountChange, now_us: int, by: int | None) -> None:
        """Write into the log how an account is entered otherwise now, and a letter about it to its owner.

        Args:
            by: key of whose doing it was; None for the command line.
        """
        self.log({"what": f"account_{change.value}", "account": account, "by": by}, now_us)
        key = f"account/{account}/{change.value}/{now_us}"
        letter = AccountChanged(change.value, now_us)
        self.mail(Draft(key, Reader(account=account), letter, now_us + _NEWS_US), now_us)

    def save(self, account: Account, actor: Actor, now_us: int) -> int:
        """Store a new or changed account; see `SqlAccounts.save`."""
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
        controller = self._controller(account, before)
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
            "controller": controller,
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
            self._leave_rotas(pk, account.roles, controller)
        if known is not None and account.password_hash != known.password_hash:
            self.change(pk, AccountChange.PASSWORD, now_us, actor.account)
        roles = [f"{role.value}@{space or '*'}" for role, space in sorted(account.roles)]
        entry = {
            "what": "account_saved", "account": pk, "roles": roles, "is_active": account.is_active,
            "member": account.member, "controller": controller, "by": actor.account,
        }  # fmt: skip
        self.log(entry, now_us)
        return pk

    def _leave_rotas(self, account: int, roles: frozenset[tuple[Role, str]], controller: str) -> None:
        """Take an account out of the rotas of spaces whose host it is no more: it no longer sees their alarms."""
        reach = reach_of(roles, controller, self._places({scope for _, scope in roles}))
        hosted = select(SpaceRow.pk).where(SpaceRow.id.in_({space for role, space in reach if role in HOSTS}))
        self._connection.execute(
            delete(RotaRow).where(RotaRow.account_pk == account, RotaRow.space_pk.not_in(hosted))
        )

    def _check(self, account: Account) -> str:
        """Return the mail address as it is stored, and refuse what can't be."""
        mail = check_address(_mail(account.mail))
        twin = self._connection.execute(
            select(AccountRow.pk).where(AccountRow.mail == mail, AccountRow.pk != account.pk)
        ).scalar()
        if twin is not None:
            raise RuleRefused(
                f"{mail} has an account already: change that one, or use another address", code="mail_taken"
            )
        self._check_scopes({scope for _, scope in account.roles if scope})
        return mail

    def _check_scopes(self, scopes: Collection[str]) -> None:
        """Refuse roles for what is not there."""
        for kind, table, wanted in (
            ("space", SpaceRow, {scope for scope in scopes if not scope.startswith(TOWN)}),
            ("town", TownRow, {scope.removeprefix(TOWN) for scope in scopes if scope.startswith(TOWN)}),
        ):
            known = set(self._connection.execute(select(table.id)).scalars()) if wanted else set()
            if unknown := sorted(wanted - known):
                raise RuleRefused(
                    f'a role is for {kind} "{unknown[0]}", which is not there: use one of {", ".join(sorted(known))}',
                    code=f"unknown_{kind}",
                )

    def _controller(self, account: Account, before: frozenset[tuple[Role, str]]) -> str:
        """Return for whom an account works, and refuse roles that see persons of somebody else (requirement P7)."""
        places = self._places({scope for _, scope in account.roles})
        found = controllers_of(account.roles, places)
        if not account.controller:
            if len(found) > 1 and account.roles != before:
                raise RuleRefused(
                    f"these spaces have several controllers ({', '.join(sorted(map(_named, found)))}), and an account "
                    "sees the persons of one: say for whom it works, or make an account for each",
                    code="several_controllers",
                )
            return next(iter(found)) if len(found) == 1 else ""
        by_id = {place.id: place.controller for place in places}
        for role, scope in sorted(account.roles):
            if role in HOSTS and by_id.get(scope, account.controller) != account.controller:
                raise RuleRefused(
                    f"{scope} belongs to {_named(by_id[scope])}, and the account works for {account.controller}: of "
                    "persons it sees those of one controller; make another account for the other",
                    code="other_controller",
                    space=scope,
                )
        return account.controller

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


def _account(row: Any, roles: frozenset[tuple[Role, str]], places: Sequence[SpacePlace]) -> Account:
    reach = reach_of(roles, row.controller, places)
    return Account(
        pk=row.pk,
        mail=row.mail,
        name=row.name,
        uniquifier=row.uniquifier,
        password_hash=row.password_hash,
        is_active=row.is_active,
        member=row.member_pk,
        roles=roles,
        controller=row.controller,
        reach=reach,
    )


def _named(controller: str) -> str:
    return controller or "nobody by name"


def _mail(mail: str) -> str:
    return mail.strip().lower()


# An account comes once for each of its roles; with those for one space comes the place.
_ACCOUNTS: Final = (
    select(
        AccountRow.pk,
        AccountRow.mail,
        AccountRow.name,
        AccountRow.uniquifier,
        AccountRow.password_hash,
        AccountRow.is_active,
        AccountRow.member_pk,
        AccountRow.controller,
        AccountRoleRow.role,
        AccountRoleRow.space.label("scope"),
        TownRow.id.label("town"),
        SpaceRow.controller.label("space_controller"),
    )
    .outerjoin(AccountRoleRow, AccountRoleRow.account_pk == AccountRow.pk)
    .outerjoin(SpaceRow, SpaceRow.id == AccountRoleRow.space)
    .outerjoin(TownRow, TownRow.pk == SpaceRow.town_pk)
)
