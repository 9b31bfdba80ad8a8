"""The day and hours that somebody asks about, as forms and addresses say them: wall times in the space's own grid."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, time, timedelta
from typing import Any, Final

from hub.domain.booking import MAX_LENGTH_US
from hub.domain.booking_limits import DAY_US
from hub.domain.booking_refusals import NoSuchTime, NothingLeft, TooLong
from hub.domain.space import Granularity, Space
from hub.domain.time import Interval, day_bounds, local_date, opening_of, to_local, wall_us
from hub.web.language import N_, gettext

DAY, FROM, UNTIL, PART = "day", "from", "until", "part"
"""Names of the fields; `PART` stands for both hours where half days are booked."""

MIDNIGHT: Final = time()
END_OF_DAY: Final = "24:00"
SEARCH_DAYS: Final = 60

PARTS: Final[dict[str, str]] = {
    "day": N_("the whole day"),
    "morning": N_("the morning"),
    "afternoon": N_("the afternoon"),
}


@dataclass(frozen=True, slots=True)
class Band:
    """A stretch of one local day.

    Args:
        starts, ends: wall times; `ends` of 00:00 is the end of the day.
    """

    day: date
    starts: time
    ends: time

    def interval(self, zone: str) -> Interval:
        """Return the band as half-open UTC; empty or reversed when it was asked for so."""
        end_us = day_bounds(self.day, zone).end_us
        if self.ends != MIDNIGHT:
            end_us = wall_us(self.day, self.ends, zone, ends=True)
        return Interval(wall_us(self.day, self.starts, zone), end_us)

    def time_of(self, zone: str) -> Interval:
        """Return the band as half-open UTC.

        Raises:
            TooLong: when it ends before it begins.
            NothingLeft: when the clock's change leaves nothing of it.
        """
        found = self.interval(zone)
        if found.length_us > 0:
            return found
        if self.starts < self.ends:
            raise NothingLeft
        raise TooLong(MAX_LENGTH_US // DAY_US)

    @property
    def fields(self) -> dict[str, Any]:
        """What an address says of it."""
        return {DAY: self.day.isoformat(), FROM: key_of(self.starts), UNTIL: end_key(self.ends)}


def key_of(at: time) -> str:
    """Return a wall time as forms say it."""
    return f"{at:%H:%M}"


def end_key(at: time) -> str:
    """Return a wall time at which something ends; midnight is the end of the day."""
    return END_OF_DAY if at == MIDNIGHT else key_of(at)


def band_of(wanted: Interval, zone: str) -> Band:
    """Return a time on the wall clock of its first day; what lasts longer ends with that day."""
    start, end = to_local(wanted.start_us, zone), to_local(wanted.end_us, zone)
    return Band(start.date(), start.time(), end.time() if end.date() == start.date() else MIDNIGHT)


def read_band(values: Mapping[str, str], space: Space, now_us: int) -> Band:
    """Return what a form or an address asks for; what it leaves out is as in `preset`.

    Raises:
        NoSuchTime: when it says what no calendar or clock has: nothing else is taken for it.
    """
    try:
        day = date.fromisoformat(values[DAY]) if values.get(DAY) else None
        starts = _clock(values[FROM]) if values.get(FROM) else None
        ends = _clock(values[UNTIL]) if values.get(UNTIL) else None
    except ValueError as error:
        raise NoSuchTime from error
    if day is not None and not 1971 <= day.year <= 8999:
        raise NoSuchTime
    usual = preset(space, now_us, day)
    if space.granularity is Granularity.DAY:
        return Band(usual.day, MIDNIGHT, MIDNIGHT)
    if space.granularity is Granularity.HALF_DAY and (part := values.get(PART)):
        return part_band(usual.day, part, space)
    return Band(usual.day, usual.starts if starts is None else starts, usual.ends if ends is None else ends)


def part_band(day: date, part: str, space: Space) -> Band:
    """Return a part of a day where half days are booked.

    Raises:
        NoSuchTime: when there is no such part.
    """
    noon = space.booking_rules.half_day_at
    found = {"day": (MIDNIGHT, MIDNIGHT), "morning": (MIDNIGHT, noon), "afternoon": (noon, MIDNIGHT)}
    if part not in found:
        raise NoSuchTime
    return Band(day, *found[part])


def part_of(band: Band) -> str:
    """Return which part of the day a band is where half days are booked."""
    if band.starts == MIDNIGHT:
        return "day" if band.ends == MIDNIGHT else "morning"
    return "afternoon"


def preset(space: Space, now_us: int, day: date | None = None) -> Band:
    """Return what somebody most likely wants: from now until the space closes, or its next day.

    Args:
        day: when a day is already chosen.
    """
    zone = space.time_zone
    today = local_date(now_us, zone)
    chosen = day or _first_day(space, today, now_us)
    opening = [one for one in opening_of(space, chosen) if one.end_us > now_us or chosen != today]
    if space.granularity is Granularity.DAY:
        return Band(chosen, MIDNIGHT, MIDNIGHT)
    if space.granularity is Granularity.HALF_DAY:
        noon_us = wall_us(chosen, space.booking_rules.half_day_at, zone)
        is_late = chosen == today and now_us >= noon_us
        return part_band(chosen, "afternoon" if is_late else "day", space)
    if not opening:
        return Band(chosen, time(9), time(17))
    start_us = max(opening[0].start_us, now_us) if chosen == today else opening[0].start_us
    starts, ends = to_local(start_us, zone), to_local(opening[0].end_us, zone)
    # Hours of the grid: the one that runs counts, and of the last only a whole one.
    begin = starts.time().replace(minute=0, second=0, microsecond=0)
    if starts.minute and chosen != today:
        begin = time((starts.hour + 1) % 24)
    end = MIDNIGHT if ends.date() != chosen else ends.time().replace(minute=0, second=0, microsecond=0)
    return Band(chosen, begin, end)


def hours(space: Space) -> tuple[list[str], list[str]]:
    """Return the hours at which a booking may begin and end: those of the week's opening, or all of them."""
    first, last = 0, 24
    if space.opening:
        first = min(one.opens.hour for one in space.opening)
        last = max(
            24 if one.closes == MIDNIGHT else one.closes.hour + (one.closes.minute > 0)
            for one in space.opening
        )
    return [f"{hour:02}:00" for hour in range(first, last)], [
        f"{hour:02}:00" for hour in range(first + 1, last + 1)
    ]


def part_choices(space: Space) -> list[tuple[str, str]]:
    """Return the parts of a day in words, where half days are booked."""
    return (
        [(key, gettext(word)) for key, word in PARTS.items()]
        if space.granularity is Granularity.HALF_DAY
        else []
    )


def _first_day(space: Space, today: date, now_us: int) -> date:
    for ahead in range(SEARCH_DAYS):
        day = today + timedelta(days=ahead)
        if any(one.end_us > now_us for one in opening_of(space, day)):
            return day
    return today


def _clock(text: str) -> time:
    return MIDNIGHT if text == END_OF_DAY else time.fromisoformat(text)
