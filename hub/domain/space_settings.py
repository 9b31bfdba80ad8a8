"""What whoever manages a space sets in the browser, and what of it can't be; pure."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date, time
from itertools import pairwise
from typing import Final

from hub.domain.booking_limits import HORIZON_DAYS
from hub.domain.errors import RuleRefused
from hub.domain.site_edits import FieldsRefused, out_of_range
from hub.domain.space import (
    SMALL_SPACE_DESKS,
    Granularity,
    OpeningPeriod,
    PublicDetail,
    Space,
    SpaceAccess,
    SpaceBookings,
)
from hub.domain.tariffs import WithoutPass
from hub.domain.texts import check_text
from hub.domain.time import checked_day

MAX_MINUTES: Final = 7 * 24 * 60
MAX_NUMBER: Final = 1_000
MAX_CLOSING_DAYS: Final = 400
QUARTER_MIN: Final = 15

RANGES: Final = {
    "advance_days": (0, HORIZON_DAYS),
    "concurrent": (0, MAX_NUMBER),
    "per_week": (0, MAX_NUMBER),
    "cancel_until_min": (0, MAX_MINUTES),
    "early_min": (0, MAX_MINUTES),
    "grace_min": (1, MAX_MINUTES),
}
"""Numbers of `SpaceBookings`, with the closed range of each."""


@dataclass(frozen=True, slots=True)
class SpaceSettings:
    """What is set; the fields are those of `Space` and its parts.

    Args:
        phone_opening: of `SpaceAccess`.
        without_pass: what doors do for members without a valid pass.
    """

    opening: tuple[OpeningPeriod, ...] = ()
    closed_on: tuple[date, ...] = ()
    granularity: Granularity = Granularity.HOUR
    public_detail: PublicDetail = PublicDetail.STATE
    public_detail_reason: str = ""
    bookings: SpaceBookings = field(default_factory=SpaceBookings)
    phone_opening: bool = False
    without_pass: WithoutPass = WithoutPass.OPEN


def settings_of(space: Space, without_pass: WithoutPass) -> SpaceSettings:
    """Return what is set in a space."""
    return SpaceSettings(
        opening=space.opening,
        closed_on=space.closed_on,
        granularity=space.granularity,
        public_detail=space.public_detail,
        public_detail_reason=space.public_detail_reason,
        bookings=space.booking_rules,
        phone_opening=(space.access or SpaceAccess()).phone_opening,
        without_pass=without_pass,
    )


def with_settings(space: Space, settings: SpaceSettings) -> Space:
    """Return a space as it is with other settings; what nobody decided stays undecided."""
    access = replace(space.access or SpaceAccess(), phone_opening=settings.phone_opening)
    return replace(
        space,
        opening=settings.opening,
        closed_on=settings.closed_on,
        granularity=settings.granularity,
        public_detail=settings.public_detail,
        public_detail_reason=settings.public_detail_reason,
        bookings=space.bookings if settings.bookings == space.booking_rules else settings.bookings,
        access=space.access if access == (space.access or SpaceAccess()) else access,
    )


def checked(space: Space, settings: SpaceSettings) -> SpaceSettings:
    """Return settings in order: hours rising, days once.

    Raises:
        FieldsRefused: by name of the field; hours of a weekday are `opening_0` (Monday) to `opening_6`.
    """
    problems: dict[str, RuleRefused] = {}
    opening = tuple(sorted(settings.opening, key=lambda one: (one.weekday, one.opens)))
    problems |= _overlapping(opening)
    days = tuple(sorted(set(settings.closed_on)))
    try:
        for day in days:
            checked_day(day)
    except RuleRefused as error:
        problems["closed_on"] = error
    if len(days) > MAX_CLOSING_DAYS:
        problems["closed_on"] = RuleRefused(
            f"{MAX_CLOSING_DAYS} closing days at most: take past ones out",
            code="too_many_days",
            most=MAX_CLOSING_DAYS,
        )
    reason = settings.public_detail_reason
    try:
        reason = check_text(reason, "a reason")
    except RuleRefused as error:
        problems["public_detail_reason"] = error
    shows_more = settings.public_detail is not PublicDetail.STATE
    if shows_more and not reason and len(space.desks) < SMALL_SPACE_DESKS:
        problems.setdefault(
            "public_detail_reason",
            RuleRefused(
                f"with fewer than {SMALL_SPACE_DESKS} desks this tells when single persons are in: say why it may",
                code="small_space_shows_more",
                desks=SMALL_SPACE_DESKS,
            ),
        )
    for name, (least, most) in RANGES.items():
        if not least <= getattr(settings.bookings, name) <= most:
            problems[name] = out_of_range(least, most)
    wall = settings.bookings.half_day_at
    if wall == time() or wall.minute % QUARTER_MIN or wall.second or wall.microsecond:
        problems["half_day_at"] = RuleRefused(
            "a half day ends at a quarter of an hour, such as 12:00", code="no_quarter"
        )
    if problems:
        raise FieldsRefused(problems)
    return replace(settings, opening=opening, closed_on=days, public_detail_reason=reason)


def _overlapping(opening: Sequence[OpeningPeriod]) -> dict[str, RuleRefused]:
    problems = {}
    for one, other in pairwise(opening):
        if one.weekday == other.weekday and (one.closes == time() or other.opens < one.closes):
            problems[f"opening_{one.weekday}"] = RuleRefused(
                "these hours overlap: join them or part them", code="hours_overlap"
            )
    for one in opening:
        if one.closes != time() and one.closes <= one.opens:
            problems[f"opening_{one.weekday}"] = RuleRefused(
                "these hours end before they begin: past midnight, write up to 24:00 and the next day's from 00:00",
                code="hours_backwards",
            )
    return problems


def differences(before: SpaceSettings, after: SpaceSettings) -> dict[str, tuple[str, str]]:
    """Return what changed, by field, as the log of actions keeps it."""
    old, new = _told(before), _told(after)
    return {name: (old[name], new[name]) for name in old if old[name] != new[name]}


def _told(settings: SpaceSettings) -> dict[str, str]:
    bookings = settings.bookings
    hours: dict[str, str] = {}
    for one in settings.opening:
        name = f"opening_{one.weekday}"
        hours[name] = " ".join(filter(None, (hours.get(name), f"{one.opens:%H:%M}-{one.closes:%H:%M}")))
    return {
        **{f"opening_{day}": hours.get(f"opening_{day}", "") for day in range(7)},
        "closed_on": " ".join(day.isoformat() for day in settings.closed_on),
        "granularity": settings.granularity.value,
        "public_detail": settings.public_detail.value,
        "public_detail_reason": settings.public_detail_reason,
        "phone_opening": str(settings.phone_opening),
        "without_pass": settings.without_pass.value,
        **{name: str(getattr(bookings, name)) for name in bookings.__dataclass_fields__},
    }
