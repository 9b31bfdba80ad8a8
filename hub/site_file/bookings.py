"""Reads `[town.space.bookings]`: what a space has decided about bookings."""

from datetime import time
from typing import Final

from hub.domain.booking_limits import HORIZON_DAYS
from hub.domain.space import Granularity, SpaceBookings
from hub.site_file.fields import Table

MAX_MINUTES: Final = 7 * 24 * 60
MAX_NUMBER: Final = 1000

_DEFAULT: Final = SpaceBookings()


def read_bookings(space: Table, granularity: Granularity) -> SpaceBookings | None:
    """Return what a space says of bookings, None when it says nothing; mistakes go to the table's report.

    Args:
        space: `[[town.space]]`.
        granularity: of the space.
    """
    table = space.table("bookings", f"{space.what}: bookings")
    if table is None:
        return None
    rules = SpaceBookings(
        bookable=table.flag("bookable", _DEFAULT.bookable),
        half_day_at=_read_wall(table),
        advance_days=table.whole("advance_days", _DEFAULT.advance_days, 0, HORIZON_DAYS),
        concurrent=table.whole("concurrent", _DEFAULT.concurrent, 0, MAX_NUMBER),
        per_week=table.whole("per_week", _DEFAULT.per_week, 0, MAX_NUMBER),
        cancel_until_min=table.whole("cancel_until_min", _DEFAULT.cancel_until_min, 0, MAX_MINUTES),
        several_desks=table.flag("several_desks", _DEFAULT.several_desks),
        early_min=table.whole("early_min", _DEFAULT.early_min, 0, MAX_MINUTES),
        release=table.flag("release", _DEFAULT.release),
        grace_min=table.whole("grace_min", _DEFAULT.grace_min, 1, MAX_MINUTES),
        entry_needs_booking=table.flag("entry_needs_booking", _DEFAULT.entry_needs_booking),
        holidays_open=table.flag("holidays_open", _DEFAULT.holidays_open),
        hold_min=table.whole("hold_min", _DEFAULT.hold_min, 0, MAX_MINUTES),
    )
    table.finish()
    if "half_day_at" in table.data and granularity is not Granularity.HALF_DAY:
        table.warn("half_day_at", f'says nothing with granularity = "{granularity}"')
    if "grace_min" in table.data and not rules.release:
        table.warn("grace_min", "says nothing with release = false")
    if rules.entry_needs_booking and not rules.bookable:
        table.warn(
            "entry_needs_booking",
            "with bookable = false lets members in only while a host has booked for them",
        )
    return rules


def _read_wall(table: Table) -> time:
    text = table.text("half_day_at")
    if not text:
        return _DEFAULT.half_day_at
    try:
        wall = time.fromisoformat(text)
    except ValueError:
        wall = time()
    if wall == time() or wall.second or wall.microsecond or wall.tzinfo or wall.minute % 15:
        table.error("half_day_at", f'"{text}" is no quarter of an hour of a day: write for instance "13:00"')
        return _DEFAULT.half_day_at
    return wall
