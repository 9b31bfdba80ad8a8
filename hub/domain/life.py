"""The life of a space: a test, the opening, moves, the end. Which day belongs to what, and what may be decided; pure.

Where nobody decided anything in the hub, the site file's days hold: open from `valid_from` (a test where its phase is
`test`) to `valid_to`. What is decided replaces them: docs/decisions/0023.
"""

from collections.abc import Iterable
from dataclasses import replace
from datetime import date, timedelta
from typing import Final

from hub.domain.errors import RuleRefused
from hub.domain.space import Period, PeriodKind, Phase, Space, SpaceKind
from hub.domain.time import checked_day

_DAY: Final = timedelta(days=1)
_OPENS: Final = (PeriodKind.OPEN, PeriodKind.MOVED)


class LifeRefused(RuleRefused):
    """A rule of the life of spaces says no."""


def life_of(space: Space) -> tuple[Period, ...]:
    """Return the periods of a space by first day, decided or from the site file's days; one at least."""
    if space.periods:
        return space.periods
    first = PeriodKind.TEST if space.phase is Phase.TEST else PeriodKind.OPEN
    begin = (Period(space.valid_from, first),)
    if space.valid_to is None or space.valid_to >= date.max:
        return begin
    return (*begin, Period(space.valid_to + _DAY, PeriodKind.CLOSED))


def period_on(space: Space, day: date) -> Period | None:
    """Return the period to which a day belongs, or None before the first one."""
    begun = [one for one in life_of(space) if one.starts_on <= day]
    return begun[-1] if begun else None


def counts_on(space: Space, day: date) -> bool:
    """Say whether statistics count a day: a test and what comes before and after a space do not."""
    period = period_on(space, day)
    return period is not None and period.kind in _OPENS


def opens_on(space: Space) -> date | None:
    """Return the first day on which a space is open to everyone, or None while it only has a test."""
    return next((one.starts_on for one in life_of(space) if one.kind in _OPENS), None)


def closes_on(space: Space) -> date | None:
    """Return the first day on which a space is there no more, or None when it has no end."""
    return next((one.starts_on for one in life_of(space) if one.kind is PeriodKind.CLOSED), None)


def next_move(space: Space, day: date) -> Period | None:
    """Return the next move after a day, or None."""
    moves = (one for one in life_of(space) if one.kind is PeriodKind.MOVED and one.starts_on > day)
    return next(moves, None)


def address_on(space: Space, day: date) -> str:
    """Return where a space is on a day."""
    moves = [one for one in space.periods if one.kind is PeriodKind.MOVED and one.starts_on <= day]
    return next((one.address for one in reversed(moves) if one.address), space.address)


def phase_on(space: Space, day: date) -> Phase:
    """Return how far a space has come on a day (requirement K8): a test ends with the opening, whatever a file says."""
    period = period_on(space, day)
    if period is not None and period.kind is PeriodKind.TEST:
        return Phase.TEST
    if space.phase is Phase.TEST and space.periods and period is not None:
        return Phase.POP_UP if space.kind is SpaceKind.POP_UP else Phase.OPERATION
    return space.phase


def opened(space: Space, on: date, test_from: date | None, today: date) -> tuple[Period, ...]:
    """Return a life in which a space opens on a day, after a test or without one.

    Args:
        test_from: first day of the test; None for the one that is decided already, if any.

    Raises:
        LifeRefused: when it has closed, is open already, or something that is decided would come before.
    """
    _check_not_over(space, today)
    checked_day(on)
    before = life_of(space)
    first = opens_on(space)
    if test_from is None:
        if before[0].kind is PeriodKind.TEST:
            test_from = before[0].starts_on
        elif first is not None and first <= today and first < on:
            raise LifeRefused(
                f"{space.name} is open since {first}: where it was a test until {on}, say from which day on",
                code="open_already",
                space=space.name,
                since=first,
            )
    elif checked_day(test_from) >= on:
        raise LifeRefused(
            f"the test would begin on {test_from}, and the space opens on {on}: choose an earlier day for the test",
            code="test_after_opening",
        )
    begin = [Period(on, PeriodKind.OPEN)]
    if test_from is not None and test_from < on:
        begin.insert(0, Period(test_from, PeriodKind.TEST))
    rest = [one for one in before if one.kind in (PeriodKind.MOVED, PeriodKind.CLOSED)]
    return _in_order(space, [*begin, *rest])


def moved(space: Space, on: date, address: str, today: date) -> tuple[Period, ...]:
    """Return a life in which a space moves on a day; a move that is still to come is replaced.

    Raises:
        LifeRefused: when it has closed, or is not open before that day.
    """
    _check_not_over(space, today)
    checked_day(on)
    kept = [
        one
        for one in life_of(space)
        if one.kind is not PeriodKind.MOVED or (one.starts_on <= today and one.starts_on != on)
    ]
    return _in_order(space, [*kept, Period(on, PeriodKind.MOVED, address)])


def closed(space: Space, on: date, today: date) -> tuple[Period, ...]:
    """Return a life that ends: `on` is the first day on which the space is closed. An end to come is replaced.

    Raises:
        LifeRefused: when it has closed, or the day has begun.
    """
    end = closes_on(space)
    # The site file's end may lie back: then it is still to be said that the space has closed.
    if not (on == end and not is_done(space)):
        _check_not_over(space, today)
        if checked_day(on) <= today:
            raise LifeRefused(
                f"a space closes tomorrow or later, and not on {on}: whoever is in must come out",
                code="closes_too_soon",
                on=on,
            )
    kept = [one for one in life_of(space) if one.kind is not PeriodKind.CLOSED]
    late = [one for one in kept if one.kind is PeriodKind.MOVED and one.starts_on >= on]
    return _in_order(space, [*(one for one in kept if one not in late), Period(on, PeriodKind.CLOSED)])


def without(space: Space, kind: PeriodKind, today: date) -> tuple[Period, ...]:
    """Return a life without the move or the end that is still to come.

    Raises:
        LifeRefused: when there is none, or it has come.
    """
    found = [one for one in life_of(space) if one.kind is kind and one.starts_on > today]
    if not found:
        raise LifeRefused(
            f"{space.name} has nothing of that kind to come: see `ankerort-hub space list`",
            code="nothing_to_come",
            space=space.name,
        )
    return tuple(one for one in life_of(space) if one not in found)


def is_done(space: Space) -> bool:
    """Say whether the hub did what follows from a space's end."""
    return any(one.done_us is not None for one in space.periods)


def keeps_life(stored: Space, wanted: Space) -> Space:
    """Return a space of a site file with the first and last day that were decided in the hub, if any were."""
    if not stored.periods:
        return wanted
    return replace(wanted, valid_from=stored.valid_from, valid_to=stored.valid_to, periods=stored.periods)


def bounds_of(periods: Iterable[Period]) -> tuple[date, date | None]:
    """Return first and last day of a life."""
    listed = list(periods)
    end = next((one.starts_on for one in listed if one.kind is PeriodKind.CLOSED), None)
    return listed[0].starts_on, None if end is None else end - _DAY


def _check_not_over(space: Space, today: date) -> None:
    end = closes_on(space)
    if is_done(space) or (end is not None and end <= today):
        raise LifeRefused(
            f"{space.name} is closed since {end}: a space that comes again gets an id of its own in the site file",
            code="space_is_closed",
            space=space.name,
            since=end,
        )


def _in_order(space: Space, periods: list[Period]) -> tuple[Period, ...]:
    """Return periods by first day.

    Raises:
        LifeRefused: when a space would move or close before it is there.
    """
    ordered = tuple(sorted(periods, key=lambda one: one.starts_on))
    days = [one.starts_on for one in ordered]
    kinds = [one.kind for one in ordered]
    ends_early = PeriodKind.CLOSED in kinds and kinds[-1] is not PeriodKind.CLOSED
    moves_early = PeriodKind.MOVED in kinds and PeriodKind.OPEN not in kinds[: kinds.index(PeriodKind.MOVED)]
    if len(set(days)) < len(days) or ends_early or moves_early:
        told = ", ".join(f"{one.kind} {one.starts_on}" for one in ordered)
        raise LifeRefused(
            f"a space is opened, moves and closes in this order, on different days; {space.name} would have: {told}",
            code="life_out_of_order",
            space=space.name,
        )
    return ordered
