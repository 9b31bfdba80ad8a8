"""What pages and commands work on, over the real database."""

from collections.abc import Mapping
from datetime import date
from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING, TypeVar

from hub.access_ports import Accounts, CardDesk, DayDesk, MemberDesk, PhoneDesk
from hub.domain.disclosure import Solver
from hub.domain.statistics.periods import Span
from hub.domain.statistics.printed import Report
from hub.ingest.translate import read_event
from hub.life_ports import LifeDesk
from hub.mail_ports import MailDesk
from hub.member_ports import GroupDesk, PassDesk, PersonDesk
from hub.ports import Clock, PurgeLog
from hub.projections.daily import DailyFacts
from hub.services.blocking_desk import BlockingService
from hub.services.booking_desk import BookingService
from hub.services.calendar_desk import CalendarService
from hub.services.card_desk import CardService
from hub.services.close_spaces import CloseSpaces
from hub.services.count_stays import CountStays
from hub.services.custodian import Bell, RingingUnits
from hub.services.door_desk import DoorService
from hub.services.draw_charts import DrawCharts
from hub.services.figure_desk import FigureService, WayService
from hub.services.gap_letters import TellGaps
from hub.services.group_desk import GroupService
from hub.services.hide_persons import HidePersons
from hub.services.host_day import DayService
from hub.services.import_members import ImportMembers
from hub.services.life_desk import LifeService
from hub.services.member_desk import MemberService
from hub.services.no_show import ReleaseNoShows
from hub.services.pass_desk import PassService
from hub.services.pass_letters import TellPassEnds
from hub.services.person_desk import PersonService
from hub.services.phone_desk import PhoneService
from hub.services.series_desk import SeriesService
from hub.services.site_desk import SiteService
from hub.services.statistics_desk import StatisticsService
from hub.services.token_desk import TokenService
from hub.services.waiting_desk import KeepTheLine, WaitingService
from hub.services.webhook_desk import WebhookService
from hub.services.work_out import WorkOut
from hub.sign_in_ports import SecondFactors, SignInLinks
from hub.site_ports import SiteDesk
from hub.statistics_ports import FactReader, Picture
from hub.storage.access_unit import AccessUnit, SqlUnits
from hub.storage.account_rows import SqlAccounts
from hub.storage.booked_times import SqlBookedTimes
from hub.storage.booking_rows import BookingRows
from hub.storage.calendar_rows import CalendarRows
from hub.storage.card_rows import CardRows
from hub.storage.contributions import SqlContributions
from hub.storage.day_rows import DayRows
from hub.storage.device_trust import SqlDeviceTrusts
from hub.storage.door_rows import DoorRows
from hub.storage.duties import SqlPurgeLog
from hub.storage.entry_rows import EntryRows
from hub.storage.fact_store import SqlFactReader, SqlFactStore
from hub.storage.figure_rows import FigureRows, SqlWritten
from hub.storage.gap_letter_rows import GapLetterRows
from hub.storage.group_rows import GroupRows
from hub.storage.life_rows import LifeRows
from hub.storage.live_queries import SqlLiveQueries
from hub.storage.mail_desk import SqlMailDesk
from hub.storage.member_rows import MemberRows
from hub.storage.pass_letter_rows import PassLetterRows
from hub.storage.pass_rows import PassRows
from hub.storage.passkey_rows import SqlPasskeys
from hub.storage.person_rows import PersonRows
from hub.storage.phone_rows import PhoneRows
from hub.storage.report_store import SqlReports
from hub.storage.rights_rows import RightsRows
from hub.storage.second_factors import SqlSecondFactors
from hub.storage.sign_in_links import SqlSignInLinks
from hub.storage.single_sign_on import SqlSingleSignOn
from hub.storage.site_edit_rows import SiteEditRows
from hub.storage.stay_rows import StayRows
from hub.storage.token_rows import TokenRows
from hub.storage.unit_of_work import UnitFactory
from hub.storage.webhook_rows import WebhookRows

if TYPE_CHECKING:
    from hub.web.parts import Access

U = TypeVar("U", bound=AccessUnit)


def access(database: UnitFactory, clock: Clock, bell: Bell | None = None, publisher: str = "") -> "Access":
    """Return everything that the pages of those who sign in work on.

    Args:
        bell: of `jobs`, when they run in the same process: rung by whatever changes rights.
        publisher: who answers for reports.
    """
    from hub.web.parts import Access, BookingDesks

    return Access(
        accounts=accounts(database),
        cards=card_desk(database, clock, bell),
        doors=door_desk(database, bell),
        day=day_desk(database),
        members=member_desk(database, bell),
        phone=phone_desk(database, bell),
        groups=group_desk(database, bell),
        passes=pass_desk(database, bell),
        persons=person_desk(database, bell),
        booking=BookingDesks(
            bookings=booking_desk(database, bell),
            series=series_desk(database, bell),
            blockings=blocking_desk(database, bell),
            tokens=token_desk(database),
            calendar=calendar_desk(database),
            waiting=waiting_desk(database, bell),
        ),
        mail=mail_desk(database),
        links=sign_in_links(database),
        factors=second_factors(database),
        passkeys=SqlPasskeys(database.engine),
        sso=SqlSingleSignOn(database.engine),
        site=site_desk(database, bell),
        life=life_desk(database, bell),
        webhooks=webhook_desk(database),
        figures=figure_desk(database),
        ways=way_desk(database),
        statistics=reports(database, publisher),
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


def day_desk(database: UnitFactory) -> DayDesk:
    """Return what hosts look at all day."""
    return DayService(SqlUnits(database.engine, DayRows))


def member_desk(database: UnitFactory, bell: Bell | None = None) -> MemberDesk:
    """Return members and their rights; `bell` as in `card_desk`."""
    return MemberService(_ringing(SqlUnits(database.engine, RightsRows), bell))


def phone_desk(database: UnitFactory, bell: Bell | None = None) -> PhoneDesk:
    """Return what members do with doors by phone; `bell` as in `card_desk`."""
    return PhoneService(_ringing(SqlUnits(database.engine, PhoneRows), bell), SqlBookedTimes(database.engine))


def group_desk(database: UnitFactory, bell: Bell | None = None) -> GroupDesk:
    """Return groups and phases; `bell` as in `card_desk`."""
    return GroupService(_ringing(SqlUnits(database.engine, GroupRows), bell))


def pass_desk(database: UnitFactory, bell: Bell | None = None) -> PassDesk:
    """Return tariffs and passes; `bell` as in `card_desk`."""
    return PassService(_ringing(SqlUnits(database.engine, PassRows), bell))


def person_desk(database: UnitFactory, bell: Bell | None = None) -> PersonDesk:
    """Return what gives and erases all that is stored about somebody; `bell` as in `card_desk`."""
    return PersonService(_ringing(SqlUnits(database.engine, PersonRows), bell))


def life_desk(database: UnitFactory, bell: Bell | None = None) -> LifeDesk:
    """Return the life of spaces; `bell` as in `card_desk`."""
    return LifeService(_ringing(SqlUnits(database.engine, LifeRows), bell))


def purge_log(database: UnitFactory) -> PurgeLog:
    """Return what went in which night."""
    return SqlPurgeLog(database.engine)


def daily_facts(database: UnitFactory) -> DailyFacts:
    """Return what works out the facts of days."""
    return DailyFacts(SqlFactStore(database.engine), SqlContributions(database.engine), read_event)


def count_stays(database: UnitFactory, door_log_days: int) -> CountStays:
    """Return what counts stays in spaces that log exits, from as much of the hosts' log as is kept."""
    return CountStays(SqlUnits(database.engine, StayRows), door_log_days)


def fact_reader(database: UnitFactory) -> FactReader:
    """Return the facts of days, for reports."""
    return SqlFactReader(database.engine)


def close_spaces(database: UnitFactory, person_days: int, bell: Bell | None = None) -> CloseSpaces:
    """Return what follows from the end of spaces; `bell` as in `card_desk`."""
    units = _ringing(SqlUnits(database.engine, LifeRows), bell)
    return CloseSpaces(units, SqlDeviceTrusts(database.engine), person_days=person_days)


def import_members(database: UnitFactory) -> ImportMembers:
    """Return what takes lists of members in."""
    return ImportMembers(SqlUnits(database.engine, MemberRows), SqlUnits(database.engine, GroupRows))


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


def calendar_desk(database: UnitFactory) -> CalendarService:
    """Return the feeds of bookings for calendars."""
    return CalendarService(SqlUnits(database.engine, CalendarRows))


def pass_ends(database: UnitFactory) -> TellPassEnds:
    """Return what tells members that a pass runs out."""
    return TellPassEnds(SqlUnits(database.engine, PassLetterRows))


def tell_gaps(database: UnitFactory) -> TellGaps:
    """Return what tells people what reports lack that are due soon."""
    return TellGaps(SqlUnits(database.engine, GapLetterRows), figure_desk(database))


def waiting_desk(database: UnitFactory, bell: Bell | None = None) -> WaitingService:
    """Return the waiting list; `bell` as in `card_desk`."""
    units = _ringing(SqlUnits(database.engine, BookingRows), bell)
    return WaitingService(units, BookingService(units))


def keep_the_line(database: UnitFactory, bell: Bell | None = None) -> KeepTheLine:
    """Return what ends holds and offers what is free; `bell` as in `card_desk`."""
    return KeepTheLine(_ringing(SqlUnits(database.engine, BookingRows), bell))


def webhook_desk(database: UnitFactory) -> WebhookService:
    """Return the webhooks of spaces."""
    return WebhookService(SqlUnits(database.engine, WebhookRows))


def figure_desk(database: UnitFactory) -> FigureService:
    """Return what people write down for statistics."""
    return FigureService(SqlUnits(database.engine, FigureRows), fact_reader(database))


def way_desk(database: UnitFactory) -> WayService:
    """Return what counts answers on ways to work."""
    return WayService(SqlUnits(database.engine, FigureRows))


def token_desk(database: UnitFactory) -> TokenService:
    """Return the tokens of the API."""
    return TokenService(SqlUnits(database.engine, TokenRows), accounts(database))


def site_desk(database: UnitFactory, bell: Bell | None = None) -> SiteDesk:
    """Return what changes floor plan and settings of a space; `bell` as in `card_desk`."""
    units = _ringing(SqlUnits(database.engine, SiteEditRows), bell)
    return SiteService(units, SqlBookedTimes(database.engine))


COUNTED_WITH = ("ankerort", "holidays", "tzdata")
"""Packages that numbers depend on: reports say which versions they were made with."""


def reports(database: UnitFactory, publisher: str = "") -> StatisticsService:
    """Return what computes, reviews and publishes reports.

    Args:
        publisher: who answers for all of them; empty for whoever answers for the spaces of each.
    """
    written, towns = SqlWritten(database.engine), SqlLiveQueries(database).towns
    work_out = WorkOut(written)

    def asked() -> Mapping[str, tuple[Span, date]]:
        return {
            ags: (one.report_of, one.report_on)
            for ags, one in written.settings().items()
            if one.report_of is not None and one.report_on is not None
        }

    return StatisticsService(
        fact_reader(database),
        SqlReports(database.engine),
        towns,
        work_out,
        HidePersons(towns, _solver),
        tuple((name, _version(name)) for name in COUNTED_WITH),
        work_out.targets,
        asked,
        publisher,
    )


def _solver() -> Solver:
    # It is loaded by whoever prints: pages that show what is frozen do without.
    from hub.auditing import HighsSolver

    return HighsSolver()


def draw_charts(database: UnitFactory) -> DrawCharts:
    """Return what draws the charts of published reports."""
    return DrawCharts(SqlReports(database.engine), _drawn)


def _drawn(report: Report) -> list[Picture]:
    from hub.export.report_charts import page_charts

    return [Picture(*one) for one in page_charts(report)]


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        # The system's own time zones, of no version that anybody could name.
        return "system"
