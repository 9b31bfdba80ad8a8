"""The cheapest combination of passes: half-days of one day cost no more than a day; pure.

Meant are passes that hold for one day: two half-days that were sold for the same day, or a half-day and then a day.
What is sold stays as it was sold; that it was cheaper together is a line of its own, of the month of the last sale, so
that no sale changes a month before. Passes for several visits are left alone: their visits are days already.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from hub.domain.people import AccessHours
from hub.domain.tariffs import Pass, Tariff, TariffKind


@dataclass(frozen=True, slots=True)
class Saving:
    """Passes of one day that cost less together.

    Args:
        member: key of whose they are.
        day: that they are for.
        completed_on: day on which the last of them was sold.
        number: of passes.
        instead: name of the tariff whose price counts for all of them.
        cents: how much less that is, above 0.
    """

    member: int
    day: date
    completed_on: date
    number: int
    instead: str
    cents: int


def savings(passes: Iterable[Pass], tariffs: Sequence[Tariff]) -> list[Saving]:
    """Return what combines, by member and day; in which order passes were sold, or come here, does not matter.

    Args:
        passes: of a space; those of erased members combine no more, as nobody can say whose they were.
        tariffs: of the space.
    """
    together: dict[tuple[int, date], list[Pass]] = {}
    for one in passes:
        if one.member is not None and _is_for_one_day(one):
            together.setdefault((one.member, one.valid_from), []).append(one)
    found = (_combined(member, day, some, tariffs) for (member, day), some in sorted(together.items()))
    return [one for one in found if one is not None]


def _combined(member: int, day: date, passes: Sequence[Pass], tariffs: Sequence[Tariff]) -> Saving | None:
    halves = [one for one in passes if one.tariff.kind is TariffKind.HALF_DAY]
    if len(passes) < 2 or not halves:
        return None
    # A day that was sold to them counts at its own price, also when it is offered no more.
    days = [(one.price_cents, one.tariff.name) for one in passes if one.tariff.kind is TariffKind.DAY]
    days += [
        (tariff.price_cents, tariff.name)
        for tariff in tariffs
        if tariff.is_offered and _is_a_day(tariff) and all(_covers(tariff, one.tariff) for one in halves)
    ]
    if not days:
        return None
    cents, instead = min(days)
    saved = sum(one.price_cents for one in passes) - cents
    if saved <= 0:
        return None
    return Saving(member, day, max(one.sold_on for one in passes), len(passes), instead, saved)


def _is_for_one_day(one: Pass) -> bool:
    is_daily = one.tariff.kind in {TariffKind.DAY, TariffKind.HALF_DAY}
    return is_daily and one.valid_from == one.valid_to and one.units <= one.tariff.per_visit


def _is_a_day(tariff: Tariff) -> bool:
    is_single = tariff.valid_days == 1 or tariff.units == tariff.per_visit
    return tariff.kind is TariffKind.DAY and is_single


def _covers(day: Tariff, half: Tariff) -> bool:
    """Say whether a day's pass opens whenever a half-day's does."""
    hours = day.hours is AccessHours.ALWAYS or half.hours is day.hours
    return hours and day.starts_min <= half.starts_min and half.ends_min <= day.ends_min
