"""Accounts of those whom an identity provider knows, in SQL (`hub.sign_in_ports.SingleSignOn`)."""

from dataclasses import replace
from typing import Final

from sqlalchemy import Engine, insert, select

from hub.access_ports import Account
from hub.domain.errors import RuleRefused
from hub.domain.people import Actor
from hub.domain.sso import Known, new_roles
from hub.storage.access_tables import AccountRow
from hub.storage.access_unit import SqlUnits
from hub.storage.account_rows import AccountUnit
from hub.storage.account_tables import SsoSubjectRow

_PROVIDER: Final = Actor(None, "single sign-on")
"""Whoever runs the hub has said in its settings what the provider's groups may do."""


class SqlSingleSignOn:
    """Single sign-on.

    Args:
        engine: from `hub.storage.engine.make_engine`.
    """

    def __init__(self, engine: Engine) -> None:
        self._units = SqlUnits(engine, _Unit)

    def enter(self, known: Known, now_us: int) -> Account:
        """Return the account of somebody, with the roles that the provider's groups give by now.

        Raises:
            RuleRefused: see `hub.sign_in_ports.SingleSignOn.enter`.
        """
        with self._units.writing() as unit:
            account, is_bound = unit.account_of(known)
            wanted = new_roles(account.roles, known.roles)
            if not wanted and account.member is None:
                # Whoever left all groups has no roles any more, and does not get in to find out.
                if account.pk:
                    unit.save(replace(account, roles=wanted), _PROVIDER, now_us)
                    unit.commit()
                raise RuleRefused(
                    "none of the groups that the provider names gives a role here: see [[oidc.group]]",
                    code="sso_no_role",
                )
            # Who works for somebody already goes on to.
            controller = account.controller or known.controller
            name = known.name or account.name
            if (wanted, name) != (account.roles, account.name) or not account.pk:
                changed = replace(account, roles=wanted, name=name, controller=controller)
                account = replace(changed, pk=unit.save(changed, _PROVIDER, now_us))
            if not is_bound:
                unit.bind(known, account.pk)
                unit.log({"what": "single_sign_on_bound", "account": account.pk, "by": account.pk}, now_us)
            found = unit.find(AccountRow.pk == account.pk)
            unit.commit()
        assert found is not None
        return found


class _Unit(AccountUnit):
    def account_of(self, known: Known) -> tuple[Account, bool]:
        """Return the account of somebody, a new one with key 0 when there is none, and whether it was bound before."""
        query = select(SsoSubjectRow.account_pk).where(
            SsoSubjectRow.issuer == known.issuer, SsoSubjectRow.subject == known.subject
        )
        pk = self._connection.execute(query).scalar()
        by_key = None if pk is None else self.find(AccountRow.pk == pk)
        if by_key is not None:
            return _checked(by_key), True
        if not known.mail:
            raise RuleRefused(
                "the provider tells no mail address, by which the account would be known: have it told (scope email)",
                code="sso_no_mail",
            )
        by_mail = self.find(AccountRow.mail == known.mail.strip().lower())
        if by_mail is None:
            return Account(
                0, known.mail, known.name, "", None, True, None, frozenset(), known.controller
            ), False
        if not known.is_mail_proved:
            raise RuleRefused(
                "an account has this mail address, and the provider has not proved that it is the same person's: have "
                "it proved there, or set oidc.trusts_mail",
                code="sso_mail_not_proved",
            )
        return _checked(by_mail), False

    def bind(self, known: Known, account: int) -> None:
        """Note whose account somebody has."""
        values = {"issuer": known.issuer, "subject": known.subject, "account_pk": account}
        self._connection.execute(insert(SsoSubjectRow).values(values))


def _checked(account: Account) -> Account:
    if not account.is_active:
        raise RuleRefused("the account is switched off", code="sso_switched_off")
    return account
