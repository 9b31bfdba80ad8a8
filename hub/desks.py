"""What pages and commands work on, over the real database."""

from typing import TYPE_CHECKING, TypeVar

from hub.access_ports import Accounts, CardDesk, MemberDesk
from hub.mail_ports import MailDesk
from hub.ports import Clock
from hub.services.card_desk import CardService
from hub.services.custodian import Bell, RingingUnits
from hub.services.door_desk import DoorService
from hub.services.member_desk import MemberService
from hub.sign_in_ports import SecondFactors, SignInLinks
from hub.storage.access_unit import AccessUnit, SqlUnits
from hub.storage.account_rows import SqlAccounts
from hub.storage.card_rows import CardRows
from hub.storage.door_rows import DoorRows
from hub.storage.entry_rows import EntryRows
from hub.storage.mail_desk import SqlMailDesk
from hub.storage.member_rows import MemberRows
from hub.storage.passkey_rows import SqlPasskeys
from hub.storage.second_factors import SqlSecondFactors
from hub.storage.sign_in_links import SqlSignInLinks
from hub.storage.single_sign_on import SqlSingleSignOn
from hub.storage.unit_of_work import UnitFactory

if TYPE_CHECKING:
    from hub.web.parts import Access

U = TypeVar("U", bound=AccessUnit)


def access(database: UnitFactory, clock: Clock, bell: Bell | None = None) -> "Access":
    """Return everything that the pages of those who sign in work on.

    Args:
        bell: of `jobs`, when they run in the same process: rung by whatever changes rights.
    """
    from hub.web.parts import Access

    return Access(
        accounts=accounts(database),
        cards=card_desk(database, clock, bell),
        doors=door_desk(database, bell),
        members=member_desk(database, bell),
        mail=mail_desk(database),
        links=sign_in_links(database),
        factors=second_factors(database),
        passkeys=SqlPasskeys(database.engine),
        sso=SqlSingleSignOn(database.engine),
    )


def card_desk(database: UnitFactory, clock: Clock, bell: Bell | None = None) -> CardDesk:
    """Return what is done with cards.

    Args:
        bell: of `jobs`, when they run in the same process.
    """
    return CardService(_ringing(SqlUnits(database.engine, CardRows), bell), clock.now_us)


def door_desk(database: UnitFactory, bell: Bell | None = None) -> DoorService:
    """Return what is done with doors; `bell` as in `card_desk`."""
    doors, entries = SqlUnits(database.engine, DoorRows), SqlUnits(database.engine, EntryRows)
    return DoorService(_ringing(doors, bell), entries)


def member_desk(database: UnitFactory, bell: Bell | None = None) -> MemberDesk:
    """Return members and their rights; `bell` as in `card_desk`."""
    return MemberService(_ringing(SqlUnits(database.engine, MemberRows), bell))


def _ringing(units: SqlUnits[U], bell: Bell | None) -> SqlUnits[U] | RingingUnits[U]:
    return units if bell is None else RingingUnits(units, bell)


def mail_desk(database: UnitFactory) -> MailDesk:
    """Return what readers and operators do with mail."""
    return SqlMailDesk(database.engine)


def sign_in_links(database: UnitFactory) -> SignInLinks:
    """Return links by mail that let somebody in."""
    return SqlSignInLinks(database.engine)


def second_factors(database: UnitFactory) -> SecondFactors:
    """Return the second factors of accounts."""
    return SqlSecondFactors(database.engine)


def accounts(database: UnitFactory) -> Accounts:
    """Return who can sign in."""
    return SqlAccounts(database.engine)
