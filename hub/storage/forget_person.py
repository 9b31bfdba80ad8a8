"""Takes what mail and signing in keep of a person, in the transaction of an erasure (requirement P5, Art. 17)."""

from collections.abc import Collection
from typing import Any, Final

from sqlalchemy import Connection, delete, or_, select

from hub.storage.account_tables import (
    PasskeyRow,
    RecoveryCodeRow,
    SecondFactorRow,
    SignInLinkRow,
    SsoSubjectRow,
)
from hub.storage.mail_tables import MailChoiceRow, MailOffRow, OutboxRow


def forget_mail_and_ways_in(
    connection: Connection, *, members: Collection[int] = (), accounts: Collection[int] = ()
) -> None:
    """Delete letters, choices about letters, and all by which accounts are entered.

    The accounts and members themselves, their roles and their places in a rota stay for whoever erases them.

    Args:
        members, accounts: keys of the person's.
    """
    for table in _OF_ACCOUNTS:
        connection.execute(delete(table).where(table.account_pk.in_(accounts)))
    choices = select(MailChoiceRow.pk).where(_is_of(MailChoiceRow, members, accounts))
    connection.execute(delete(MailOffRow).where(MailOffRow.choice_pk.in_(choices)))
    for table_of_both in (MailChoiceRow, OutboxRow):
        connection.execute(delete(table_of_both).where(_is_of(table_of_both, members, accounts)))


def _is_of(
    table: type[MailChoiceRow] | type[OutboxRow], members: Collection[int], accounts: Collection[int]
) -> Any:
    return or_(table.member_pk.in_(members), table.account_pk.in_(accounts))


_OF_ACCOUNTS: Final = (PasskeyRow, RecoveryCodeRow, SecondFactorRow, SignInLinkRow, SsoSubjectRow)
