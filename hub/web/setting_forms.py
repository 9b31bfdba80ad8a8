"""The form of a space's settings, and how hours and days are written in it."""

import re
from collections.abc import Iterable
from datetime import date, time
from typing import Any, Final

from wtforms import BooleanField, Form, StringField, TextAreaField
from wtforms.fields import RadioField
from wtforms.validators import InputRequired, Length, Optional, Regexp

from hub.domain.space import OpeningPeriod
from hub.web.forms import CHOOSE, NEEDED, text, tidy
from hub.web.language import N_, language

HOURS_TEXT: Final = N_(
    "Please write hours as 08:00-12:00, 13:00-17:00, up to 24:00. Leave the field empty for a day that is closed."
)
DAYS_TEXT: Final = N_("Please write days as 24.12.2026 or 2026-12-24, one to a line.")
_NUMBER: Final = Regexp(r"\d{1,5}$", message=N_("Please write a whole number, for example 10."))
_WALL: Final = Regexp(r"([01]\d|2[0-3]):[0-5]\d$", message=N_("Please write a time as 13:00."))
_TOO_LONG: Final = N_("This is too long. Take out days that have passed.")
_SPAN: Final = re.compile(
    r"(\d{1,2})(?:[:.](\d{2}))?\s*(?:Uhr)?\s*(?:-|–|bis|to|until)\s*(\d{1,2})(?:[:.](\d{2}))?\s*(?:Uhr)?",
    re.IGNORECASE | re.ASCII,
)
_DAY_NAMES: Final = (
    N_("Monday"), N_("Tuesday"), N_("Wednesday"), N_("Thursday"), N_("Friday"), N_("Saturday"), N_("Sunday"),
)  # fmt: skip
MIDNIGHT_H: Final = 24


def _hours(day: int) -> Any:
    return StringField(_DAY_NAMES[day], [Optional(), Length(max=200)], filters=[tidy])


def _number(label: str) -> Any:
    return StringField(label, [InputRequired(NEEDED), _NUMBER], filters=[tidy])


class SettingsForm(Form):
    """What is set in a space; names as in `hub.domain.space_settings`."""

    opening_0 = _hours(0)
    opening_1 = _hours(1)
    opening_2 = _hours(2)
    opening_3 = _hours(3)
    opening_4 = _hours(4)
    opening_5 = _hours(5)
    opening_6 = _hours(6)
    closed_on = TextAreaField(N_("Closing days"), [Optional(), Length(max=8_000, message=_TOO_LONG)])
    holidays_open = BooleanField(N_("Can be booked on public holidays"))
    public_detail = RadioField(N_("What everyone sees"), [InputRequired(CHOOSE)])
    public_detail_reason = text(N_("Why a small space shows more than whether it is open"), needed=False)
    bookable = BooleanField(N_("Members book by themselves"))
    granularity = RadioField(N_("Grid of bookings"), [InputRequired(CHOOSE)])
    half_day_at = StringField(
        N_("The first half of a day ends at"), [InputRequired(NEEDED), _WALL], filters=[tidy]
    )
    advance_days = _number(N_("How many days ahead"))
    concurrent = _number(N_("Open bookings of a member at most"))
    per_week = _number(N_("Bookings of a member in a week at most"))
    cancel_until_min = _number(N_("To be cancelled until so many minutes before"))
    several_desks = BooleanField(N_("A member may have several desks at the same time"))
    early_min = _number(N_("Checking in from so many minutes before"))
    release = BooleanField(N_("A booking is released when nobody comes"))
    grace_min = _number(N_("Released after so many minutes"))
    entry_needs_booking = BooleanField(N_("Doors open to members only while they have a booking"))
    without_pass = RadioField(N_("Members without a valid pass"), [InputRequired(CHOOSE)])
    phone_opening = BooleanField(N_("Members open doors by phone, too"))


def hours_of_text(typed: str, weekday: int) -> tuple[OpeningPeriod, ...] | None:
    """Return what hours somebody has typed for a weekday; None when they are none.

    "08:00-12:00, 13:00-17:00", and as people write them: "8–12 Uhr und 13–17 Uhr".
    """
    periods = []
    for part in re.split(r"[,;]|\bund\b|\band\b", typed):
        if not part.strip():
            continue
        found = _SPAN.fullmatch(part.strip())
        if found is None:
            return None
        opens, closes = _wall(found[1], found[2]), _wall(found[3], found[4])
        if opens is None or closes is None or int(found[1]) == MIDNIGHT_H:
            return None
        periods.append(OpeningPeriod(weekday, opens, closes))
    return tuple(periods)


def text_of_hours(opening: Iterable[OpeningPeriod], weekday: int) -> str:
    """Return the hours of a weekday as they are typed."""
    return ", ".join(
        f"{one.opens:%H:%M}-{'24:00' if one.closes == time() else f'{one.closes:%H:%M}'}"
        for one in opening
        if one.weekday == weekday
    )


def days_of_text(typed: str) -> tuple[date, ...] | None:
    """Return the days that somebody has typed, as in German or by ISO 8601; None when one is none."""
    days = []
    for part in re.split(r"[\s,;]+", typed.strip()):
        if not part:
            continue
        german = re.fullmatch(r"(\d{1,2})\.(\d{1,2})\.(\d{4})", part)
        try:
            days.append(
                date(int(german[3]), int(german[2]), int(german[1])) if german else date.fromisoformat(part)
            )
        except ValueError:
            return None
    return tuple(days)


def text_of_days(days: Iterable[date]) -> str:
    """Return days one to a line, as the reader's language writes them."""
    shape = "%d.%m.%Y" if language() == "de" else "%Y-%m-%d"
    return "\n".join(day.strftime(shape) for day in days)


def _wall(hours: str, minutes: str | None) -> time | None:
    if int(hours) == MIDNIGHT_H and int(minutes or 0) == 0:
        return time()
    try:
        return time(int(hours), int(minutes or 0))
    except ValueError:
        return None
