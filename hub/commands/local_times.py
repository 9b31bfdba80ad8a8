"""Times of the command line: written and told on the wall clock of a space."""

from datetime import date, datetime, time, timedelta
from typing import Any

from hub import bootstrap
from hub.domain.errors import RuleRefused
from hub.domain.time import Interval, checked_day, day_bounds, local_date, to_local, wall_us


def zone_of(database: Any, space: str, now_us: int) -> str:
    """Return a space's time zone.

    Raises:
        RuleRefused: when there is no such space.
    """
    live = bootstrap.live_queries(database).space(space, now_us)
    if live is None:
        raise RuleRefused(
            f'there is no space "{space}": see `ankerort-hub import-site`', code="unknown_space"
        )
    return live.space.time_zone


def read_time(starts: str, ends: str, zone: str) -> Interval:
    """Return a time by what was written.

    Args:
        starts: as `2026-11-19T09:00`, or `2026-11-19` for a whole day on.
        ends: the same, or a wall time of the first day as `12:00` or `24:00`.

    Raises:
        RuleRefused: when one of them is no time.
    """
    day, wall = _moment(starts)
    start_us = wall_us(day, wall or time(), zone)
    if ":" in ends and "T" not in ends:
        if ends == "24:00":
            return Interval(start_us, day_bounds(day, zone).end_us)
        return Interval(start_us, wall_us(day, read_wall(ends), zone, ends=True))
    last, end_wall = _moment(ends)
    if end_wall is None:
        # A whole day on: its end.
        return Interval(start_us, day_bounds(last, zone).end_us)
    return Interval(start_us, wall_us(last, end_wall, zone, ends=True))


def _moment(text: str) -> tuple[date, time | None]:
    try:
        if "T" not in text:
            day, moment = date.fromisoformat(text), None
        else:
            moment = datetime.fromisoformat(text)
            day = moment.date()
    except ValueError:
        raise RuleRefused(f'"{text[:40]}" is no time: write 2026-11-19T09:00, or 2026-11-19') from None
    if moment is None:
        return checked_day(day), None
    if moment.tzinfo is not None:
        raise RuleRefused(f'"{text[:40]}" names a zone: times are those of the space, without one')
    return checked_day(day), moment.time()


def read_wall(text: str) -> time:
    """Return a wall time; `24:00` is 00:00, the end of a day.

    Raises:
        RuleRefused: when it is none.
    """
    try:
        return time() if text == "24:00" else time.fromisoformat(text)
    except ValueError:
        raise RuleRefused(f'"{text[:40]}" is no time of the day: write 09:00, up to 24:00') from None


def tell(span: Interval, zone: str) -> str:
    """Return a time on the wall clock of a zone: `2026-11-19 09:00 to 12:00`."""
    first, last = to_local(span.start_us, zone), to_local(span.end_us, zone)
    is_midnight = last.time() == time() and last.date() == first.date() + timedelta(days=1)
    if is_midnight:
        return f"{first:%Y-%m-%d %H:%M} to 24:00"
    if last.date() == first.date():
        return f"{first:%Y-%m-%d %H:%M} to {last:%H:%M}"
    return f"{first:%Y-%m-%d %H:%M} to {last:%Y-%m-%d %H:%M}"


def day_of(text: str | None, zone: str, now_us: int) -> Interval:
    """Return a local day, today without a text."""
    return day_bounds(local_date(now_us, zone) if text is None else _moment(text)[0], zone)
