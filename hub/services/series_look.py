"""What a series would be, and which of its days are meant; looked at before anything is kept."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, time, timedelta
from typing import Final

from hub.booking_ports import Conflict, DayChange, Days, SeriesPlan, SeriesWish, Which
from hub.domain.booking import Booking, BookingKind
from hub.domain.booking_limits import HORIZON_DAYS, Held, check_deadline, check_limits
from hub.domain.booking_refusals import BookingRefused, InvalidSeries, SeriesTaken, desk_taken
from hub.domain.place import Place
from hub.domain.series import Expanded, expand
from hub.domain.time import Interval, day_bounds, local_date, to_local, wall_us
from hub.services.booking_rules import Rules, all_desks, tidy
from hub.services.booking_unit import BookingUnit
from hub.services.no_show import clear_the_way

_MINUTES_OF_DAY: Final = 24 * 60


class _Look:
    """Looks at the times of a series one after the other, each with those before it.

    Args:
        unit: the transaction; what nobody came for is released in it.
        wish: what is wanted.
    """

    def __init__(self, unit: BookingUnit, rules: Rules, wish: SeriesWish) -> None:
        self._unit, self._rules, self._wish = unit, rules, wish
        self.desks = _desks(rules, wish)
        self._accepted: list[Held] = []

    def plan(self) -> SeriesPlan:
        """Return what can be booked, in the order of days, and what can't and why."""
        expanded = self._expand()
        times = [one.time for one in expanded.occurrences]
        space, now_us = self._rules.place.space, self._rules.now_us
        way = [one.time for _, one in clear_the_way(self._unit, self._rules.place, self.desks, times, now_us)]
        wanted = [Held("", self._wish.desk, one) for one in times]
        held = self._rules.held(self._unit, wanted) if self._wish.kind is BookingKind.DESK else None
        free: list[tuple[date, Interval]] = []
        conflicts: list[Conflict] = []
        for one, new in zip(expanded.occurrences, wanted, strict=True):
            try:
                self._rules.check_time(one.time)
                if any(_overlap(one.time, other) for other in way):
                    raise desk_taken(space, self._wish.desk, one.time)
                if held is not None:
                    check_limits(space, held, [*self._accepted, new], now_us)
            except BookingRefused as refused:
                conflicts.append(Conflict(one.day, one.time, refused.code))
            else:
                free.append((one.day, one.time))
                self._accepted.append(new)
        return SeriesPlan(tuple(free), tuple(conflicts), expanded.nothing_left)

    def _expand(self) -> Expanded:
        zone, rule = self._rules.place.space.time_zone, self._wish.rule
        today = local_date(self._rules.now_us, zone)
        if not today <= rule.first <= rule.last <= today + timedelta(days=HORIZON_DAYS):
            raise InvalidSeries(
                f"the series goes from {rule.first} to {rule.last}",
                f"begin with today or later, and end within {HORIZON_DAYS} days",
                code="series_days",
            )
        return expand(rule, zone)


def _overlap(one: Interval, other: Interval) -> bool:
    return one.start_us < other.end_us and other.start_us < one.end_us


def _desks(rules: Rules, wish: SeriesWish) -> tuple[str, ...]:
    if wish.kind is BookingKind.DESK:
        rules.check_desk(wish.desk)
        return (wish.desk,)
    if wish.kind is not BookingKind.EVENT or wish.desk:
        raise BookingRefused("a series is of one desk, or of events in the whole space", code="bad_kind")
    return all_desks(rules.place)


def look_at(unit: BookingUnit, rules: Rules, wish: SeriesWish) -> tuple[SeriesPlan, tuple[str, ...]]:
    """Return what a series would be, and the desks that it takes."""
    look = _Look(unit, rules, wish)
    return look.plan(), look.desks


def chosen(bookings: Sequence[Booking], days: Days) -> list[Booking]:
    """Return the bookings of a series that are meant.

    Raises:
        BookingRefused: when it is not said which: nothing said never means all.
    """
    if days.which is Which.ALL:
        return list(bookings)
    if days.first is None or (days.which is Which.RANGE and days.last is None):
        raise BookingRefused("say which days of the series are meant", code="which_days")
    last = {Which.THIS: days.first, Which.FOLLOWING: None, Which.RANGE: days.last}[days.which]
    return [
        one
        for one in bookings
        if one.series_day is not None
        and days.first <= one.series_day
        and (last is None or one.series_day <= last)
    ]


def check_days(
    unit: BookingUnit, rules: Rules, before: Sequence[Booking], after: Sequence[Booking], *, is_host: bool
) -> None:
    """Refuse days of a series that can't be as they shall be; all of them are looked at together.

    Raises:
        BookingRefused: the first rule that says no.
        SeriesTaken: with the days on which a desk is taken.
    """
    moved = [
        (old, new)
        for old, new in zip(before, after, strict=True)
        if (old.time, old.desks) != (new.time, new.desks)
    ]
    if not moved:
        return
    ids = [old.id for old, _ in moved]
    desks = sorted({desk for _, new in moved for desk in new.desks})
    for old, new in moved:
        if not is_host:
            check_deadline(rules.place.space, old, rules.now_us)
        rules.check_time(new.time)
    if all(new.kind is BookingKind.DESK for _, new in moved):
        for desk in desks:
            rules.check_desk(desk)
        rules.check_limits(unit, [Held(new.id, new.desks[0], new.time) for _, new in moved], ids)
    way = clear_the_way(unit, rules.place, desks, [new.time for _, new in moved], rules.now_us, ids)
    taken = {
        (new.series_day or local_date(new.time.start_us, rules.place.space.time_zone)).isoformat()
        for _, new in moved
        for desk, other in way
        if desk in new.desks and _overlap(new.time, other.time)
    }
    if taken:
        raise SeriesTaken(sorted(taken))


def otherwise(one: Booking, to: DayChange, place: Place) -> Booking:
    """Return a booking of a series with other hours of its own local day."""
    zone = place.space.time_zone
    day = local_date(one.time.start_us, zone)
    starts = _minute(to_local(one.time.start_us, zone).time()) if to.starts_min is None else to.starts_min
    ends_local = to_local(one.time.end_us, zone)
    same_day = ends_local.date() == day
    ends = (
        (_minute(ends_local.time()) if same_day else _MINUTES_OF_DAY) if to.ends_min is None else to.ends_min
    )
    if not 0 <= starts < ends <= _MINUTES_OF_DAY:
        raise InvalidSeries(
            "it ends before it begins", "choose a later end, or two series for a night", code="series_hours"
        )
    start_us = wall_us(day, _wall(starts), zone)
    end_us = (
        day_bounds(day, zone).end_us
        if ends == _MINUTES_OF_DAY
        else wall_us(day, _wall(ends), zone, ends=True)
    )
    return replace(
        one,
        desks=one.desks if to.desk is None else (to.desk,),
        time=one.time if to.starts_min is None and to.ends_min is None else Interval(start_us, end_us),
        note=one.note if to.note is None else tidy(to.note),
    )


def _minute(wall: time) -> int:
    return wall.hour * 60 + wall.minute


def _wall(minutes: int) -> time:
    return time(minutes // 60, minutes % 60)
