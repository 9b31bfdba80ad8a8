"""What pages and commands work on, over the real database."""

from typing import TYPE_CHECKING, TypeVar

from hub.access_ports import Accounts, CardDesk, MemberDesk
from hub.ports import Clock
from hub.services.blocking_desk import BlockingService
from hub.services.booking_desk import BookingService
from hub.services.card_desk import CardService
from hub.services.custodian import Bell, RingingUnits
from hub.services.door_desk import DoorService
from hub.services.member_desk import MemberService
from hub.services.no_show import ReleaseNoShows
from hub.services.series_desk import SeriesService
from hub.services.token_desk import TokenService
from hub.storage.access_unit import AccessUnit, SqlUnits
from hub.storage.account_rows import SqlAccounts
from hub.storage.booking_rows import BookingRows
from hub.storage.card_rows import CardRows
from hub.storage.door_rows import DoorRows
from hub.storage.entry_rows import EntryRows
from hub.storage.member_rows import MemberRows
from hub.storage.token_rows import TokenRows
from hub.storage.unit_of_work import UnitFactory

if TYPE_CHECKING:
    from hub.web.parts import Access

U = TypeVar("U", bound=AccessUnit)


def access(database: UnitFactory, clock: Clock, bell: Bell | None = None) -> "Access":
    """Return everything that the pages of those who sign in work on.

    Args:
        bell: of `jobs`, when they run in the same process: rung by whatever changes rights.
    """
    from hub.web.parts import Access, BookingDesks

    return Access(
        accounts=accounts(database),
        cards=card_desk(database, clock, bell),
        doors=door_desk(database, bell),
        members=member_desk(database, bell),
        booking=BookingDesks(
            bookings=booking_desk(database, bell),
            series=series_desk(database, bell),
            blockings=blocking_desk(database, bell),
            tokens=token_desk(database),
        ),
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


def accounts(database: UnitFactory) -> Accounts:
    """Return who can sign in."""
    return SqlAccounts(database.engine)


def booking_desk(database: UnitFactory, bell: Bell | None = None) -> BookingService:
    """Return single bookings; `bell` as in `card_desk`."""
    return BookingService(_ringing(SqlUnits(database.engine, BookingRows), bell))


def series_desk(database: UnitFactory, bell: Bell | None = None) -> SeriesService:
    """Return series of bookings; `bell` as in `card_desk`."""
    return SeriesService(_ringing(SqlUnits(database.engine, BookingRows), bell))


def blocking_desk(database: UnitFactory, bell: Bell | None = None) -> BlockingService:
    """Return what hosts take out of use; `bell` as in `card_desk`."""
    return BlockingService(_ringing(SqlUnits(database.engine, BookingRows), bell))


def release(database: UnitFactory, bell: Bell | None = None) -> ReleaseNoShows:
    """Return what releases bookings that nobody came for; `bell` as in `card_desk`."""
    return ReleaseNoShows(_ringing(SqlUnits(database.engine, BookingRows), bell))


def token_desk(database: UnitFactory) -> TokenService:
    """Return the tokens of the API."""
    return TokenService(SqlUnits(database.engine, TokenRows), accounts(database))
