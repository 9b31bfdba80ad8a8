"""What the pages say, in the language of the moment: short words, one sentence before any picture, *unknown* in words.

Texts are English here and German in `translations/de`; times are the space's own.
"""

from datetime import date, datetime, time, timedelta
from typing import Final

from babel.dates import format_date

from hub.domain.life import next_move, opens_on
from hub.domain.occupancy import Counts, DeskState, DeskView, Trouble
from hub.domain.space import Space, SpaceKind
from hub.domain.time import Interval, OpeningState, local_date, to_local
from hub.web.language import N_, gettext, language, ngettext

_WORTH_TELLING_DAYS: Final = 7
"""A space that stays open for longer than this has no closing time worth telling."""

STATES: Final[dict[DeskState, str]] = {
    DeskState.FREE: N_("free"),
    DeskState.OCCUPIED: N_("occupied"),
    DeskState.UNKNOWN: N_("unknown"),
    DeskState.OUT_OF_SERVICE: N_("out of service"),
}

RESERVED: Final = N_("reserved")
LEGEND: Final[dict[str, str]] = {
    "free": STATES[DeskState.FREE],
    "occupied": STATES[DeskState.OCCUPIED],
    "booked": RESERVED,
    "unknown": STATES[DeskState.UNKNOWN],
    "out_of_service": STATES[DeskState.OUT_OF_SERVICE],
}
"""What the plan's marks mean; the first two are always there."""

KINDS: Final[dict[SpaceKind, str]] = {
    SpaceKind.COWORKING: N_("Coworking space"),
    SpaceKind.POP_UP: N_("Pop-up coworking space"),
    SpaceKind.CLUB: N_("Coworking in a clubhouse"),
    SpaceKind.ANKERORT: N_("Ankerort"),
    SpaceKind.TOWN_LAB: N_("Town lab"),
    SpaceKind.MAKERSPACE: N_("Makerspace"),
    SpaceKind.SATELLITE: N_("Satellite office"),
}

LANDS: Final = {
    "BB": "Brandenburg",
    "BE": "Berlin",
    "BW": "Baden-Württemberg",
    "BY": "Bayern",
    "HB": "Bremen",
    "HE": "Hessen",
    "HH": "Hamburg",
    "MV": "Mecklenburg-Vorpommern",
    "NI": "Niedersachsen",
    "NW": "Nordrhein-Westfalen",
    "RP": "Rheinland-Pfalz",
    "SH": "Schleswig-Holstein",
    "SL": "Saarland",
    "SN": "Sachsen",
    "ST": "Sachsen-Anhalt",
    "TH": "Thüringen",
}
"""Länder by the second part of ISO 3166-2:DE."""

_WEEKDAYS: Final = (
    N_("on Monday"),
    N_("on Tuesday"),
    N_("on Wednesday"),
    N_("on Thursday"),
    N_("on Friday"),
    N_("on Saturday"),
    N_("on Sunday"),
)


def sentence(counts: Counts | None, booked: int = 0) -> str:
    """Return the one sentence about the desks ("3 von 12 Plätzen frei"); desks out of service are not among them.

    Args:
        booked: how many of the free ones are reserved now or soon: nobody should count on them.
    """
    if counts is None or (counts.in_service and counts.unknown == counts.in_service):
        return gettext("Occupancy not known at the moment")
    if not counts.total:
        return gettext("No desks set up yet")
    if not counts.in_service:
        return gettext("No desk in service at the moment")
    return ngettext(
        "%(free)s of %(num)s desk free",
        "%(free)s of %(num)s desks free",
        counts.in_service,
        free=counts.free - booked,
    )


def besides(counts: Counts | None, booked: int = 0) -> str:
    """Return what the sentence leaves out, counted apart ("1 reserviert, 2 unbekannt"), or nothing."""
    if counts is None:
        return ""
    said = [gettext("%(count)s reserved", count=booked)] if booked else []
    if counts.unknown and counts.unknown != counts.in_service:
        said.append(gettext("%(count)s unknown", count=counts.unknown))
    return ", ".join(said)


def reserved_text(time: Interval, zone: str, now_us: int) -> str:
    """Return from when, or until when, a desk is reserved: "reserviert ab 14:00"."""
    now, start, end = (to_local(at_us, zone) for at_us in (now_us, time.start_us, time.end_us))
    if time.start_us > now_us:
        return gettext("reserved from %(time)s", time=clock_text(start))
    if end.date() == now.date():
        return gettext("reserved until %(time)s", time=clock_text(end))
    return gettext("reserved for all of today")


def opening_line(space: Space, opening: OpeningState, now_us: int) -> str:
    """Return whether the space is open, and until when, or when it opens next."""
    now = to_local(now_us, space.time_zone)
    if space.valid_to is not None and now.date() > space.valid_to:
        return gettext("Closed for good since %(date)s", date=day_text(space.valid_to + timedelta(days=1)))
    if opening.until_us is not None:
        closes = to_local(opening.until_us, space.time_zone)
        if (closes - now).days > _WORTH_TELLING_DAYS:
            return gettext("Open around the clock")
        return gettext("Open until %(time)s", time=_closing(closes, now))
    if opening.next_us is not None:
        begins = to_local(opening.next_us, space.time_zone)
        return gettext("Closed, opens %(day)s at %(time)s", day=_day(begins, now), time=clock_text(begins))
    return gettext("Closed") if space.opening else gettext("No opening hours given")


def has_life(space: Space, now_us: int) -> bool:
    """Say whether the moment lies between a space's first and last day: else nothing is to be said of its desks."""
    today = local_date(now_us, space.time_zone)
    return space.valid_from <= today and (space.valid_to is None or today <= space.valid_to)


def life_text(space: Space, now_us: int) -> str:
    """Return what is to come in the life of a space ("öffnet am 01.02.2027, bis 31.05.2027"), or nothing."""
    today = local_date(now_us, space.time_zone)
    if space.valid_to is not None and space.valid_to < today:
        return ""  # its opening line says so
    said = []
    opens = opens_on(space)
    if space.valid_from <= today and (opens is None or opens > today):
        said.append(gettext("on trial"))
    if opens is not None and opens > today:
        said.append(gettext("opens on %(date)s", date=day_text(opens)))
    move = next_move(space, today)
    if move is not None:
        said.append(
            gettext("moves on %(date)s to %(place)s", date=day_text(move.starts_on), place=move.address)
        )
    if space.valid_to is not None:
        said.append(gettext("until %(date)s", date=day_text(space.valid_to)))
    return ", ".join(said)


def trouble_note(view: DeskView, space: Space, now_us: int) -> str:
    """Return in words why a desk's state is not known, or nothing."""
    if view.trouble is Trouble.NONE:
        return ""
    if view.trouble is Trouble.NO_SENSOR:
        return gettext("has no sensor")
    if view.since_us is None:
        return gettext(_TROUBLES[view.trouble])
    since = _since(to_local(view.since_us, space.time_zone), to_local(now_us, space.time_zone))
    return gettext("%(trouble)s since %(time)s", trouble=gettext(_TROUBLES[view.trouble]), time=since)


_TROUBLES: Final[dict[Trouble, str]] = {
    Trouble.NO_DATA: N_("Sensor has not reported yet"),
    Trouble.DEVICE_LOST: N_("Sensor not heard from"),
    Trouble.DEVICE_OFFLINE: N_("Sensor switched off"),
    Trouble.STALE: N_("Sensor not heard from"),
    Trouble.STUCK: N_("Sensor stuck"),
    Trouble.SILENT: N_("Sensor silent for unusually long"),
    Trouble.UNPLUGGED: N_("Sensor unplugged"),
}


def clock_text(at: datetime, *, seconds: bool = False) -> str:
    """Return a wall time: "14:32", "14:32:05"; German and English write it alike here."""
    return f"{at:%H:%M:%S}" if seconds else f"{at:%H:%M}"


def wall_clock(at_us: int, time_zone: str = "Europe/Berlin") -> str:
    """Return an instant as the wall time of a place: "14:32"."""
    return clock_text(to_local(at_us, time_zone))


def day_text(day: date) -> str:
    """Return a date as the language writes it: "24.10.2022", "24 October 2022"."""
    if language() == "de":
        return format_date(day, "dd.MM.yyyy", "de")
    return format_date(day, "long", "en_GB")


def day_and_clock(at_us: int, time_zone: str, now_us: int, *, seconds: bool = False) -> str:
    """Return an instant: "14:32" when it is today, else with its date."""
    at, now = to_local(at_us, time_zone), to_local(now_us, time_zone)
    clock = clock_text(at, seconds=seconds)
    return clock if at.date() == now.date() else f"{day_text(at.date())}, {clock}"


def long_day(day: date) -> str:
    """Return a date with its weekday: "Dienstag, 17. November 2026"."""
    return format_date(day, "full", "de" if language() == "de" else "en_GB")


def month_text(month: date) -> str:
    """Return a month: "November 2026"."""
    return format_date(month, "LLLL yyyy", "de" if language() == "de" else "en_GB")


def short_day(day: date, today: date) -> str:
    """Return a date as lists say it: "today", "tomorrow", "Do., 19.11.2026"."""
    if day == today:
        return gettext("today")
    if day == today + timedelta(days=1):
        return gettext("tomorrow")
    if language() == "de":
        return format_date(day, "EEE, dd.MM.yyyy", "de")
    return format_date(day, "EEE d MMM yyyy", "en_GB")


def _closing(closes: datetime, now: datetime) -> str:
    if closes.date() == now.date():
        return clock_text(closes)
    if closes.time() == time(0) and closes.date() - now.date() == timedelta(days=1):
        return "24:00"
    return f"{_day(closes, now)}, {clock_text(closes)}"


def _day(at: datetime, now: datetime) -> str:
    days = (at.date() - now.date()).days
    if days == 0:
        return gettext("today")
    if days == 1:
        return gettext("tomorrow")
    if days < 7:
        return gettext(_WEEKDAYS[at.weekday()])
    return gettext("on %(date)s", date=day_text(at.date()))


def _since(since: datetime, now: datetime) -> str:
    if since.date() == now.date():
        return clock_text(since)
    return f"{day_text(since.date())}, {clock_text(since)}"
