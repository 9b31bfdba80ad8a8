"""What may be written down beside what is measured, and by whom: counts by hand, targets, settings (K9, K10); pure."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Final, NamedTuple

from hub.domain.errors import NotAllowed, RuleRefused
from hub.domain.people import Actor, Role, town_scope
from hub.domain.space import Town
from hub.domain.statistics.figure import Figure, Grain, Unit
from hub.domain.statistics.figures import REGISTRY, figure_of
from hub.domain.statistics.findings import Place, PlaceLevel
from hub.domain.statistics.outcomes import WRITTEN
from hub.domain.statistics.periods import PeriodRefused
from hub.domain.statistics.printed import Target
from hub.domain.statistics.written import EmissionFactor, HandFigure, TownStatistics
from hub.domain.texts import check_text
from hub.domain.time import LAST_DAY, checked_day

MAX_VALUE: Final = Decimal(10_000_000)
MIN_SOURCE: Final = 3
MIN_WHO: Final = 2
MIN_GRAMS: Final = 1
MAX_GRAMS: Final = 1000
FIRST_FACTOR_YEAR: Final = 1990
ZONE: Final = "Europe/Berlin"
"""Whose calendar says which day it is in a town, which has no zone of its own."""


class Where(NamedTuple):
    """A place and the town that it is in."""

    place: Place
    town: Town
    name: str


def where(towns: Sequence[Town], place: Place) -> Where:
    """Return where a place is.

    Raises:
        RuleRefused: when there is no such town or space; the text names those that are.
    """
    for town in towns:
        if place == Place(PlaceLevel.TOWN, town.ags):
            return Where(place, town, town.name)
        for space in town.spaces:
            if place == Place(PlaceLevel.SPACE, space.id):
                return Where(place, town, space.name)
    if place.level is PlaceLevel.SPACE:
        known = ", ".join(sorted(space.id for town in towns for space in town.spaces)) or "none yet"
        raise RuleRefused(
            f'there is no space "{place.id[:40]}"; known are {known}',
            code="unknown_space",
            space=place.id[:40],
        )
    known = ", ".join(f"{town.ags} {town.name}" for town in towns) or "none yet: import a site file"
    raise RuleRefused(
        f'there is no town with the AGS "{place.id[:40]}"; known are {known}',
        code="unknown_town",
        town=place.id[:40],
    )


def place_named(towns: Sequence[Town], text: str) -> Place:
    """Return the place that somebody named: an AGS, or the id of a town or a space.

    Raises:
        RuleRefused: when nothing has this name.
    """
    wanted = text.strip()
    if wanted.isdecimal():
        return where(towns, Place(PlaceLevel.TOWN, wanted)).place
    for town in towns:
        if any(space.id == wanted for space in town.spaces):
            return Place(PlaceLevel.SPACE, wanted)
    for town in towns:
        if town.id == wanted:
            return Place(PlaceLevel.TOWN, town.ags)
    return where(towns, Place(PlaceLevel.SPACE, wanted)).place


def may_write(actor: Actor, at: Where) -> bool:
    """Say whether an actor writes figures of a place: the role Statistik there, or in all of its town."""
    scopes = [town_scope(at.town.id)]
    if at.place.level is PlaceLevel.SPACE:
        scopes.append(at.place.id)
    return any(actor.may(scope, Role.STATISTICS) for scope in scopes)


def need_statistics(actor: Actor, at: Where) -> None:
    """Refuse whoever does not write figures of a place.

    Raises:
        NotAllowed: when the actor has not the role.
    """
    if not may_write(actor, at):
        raise NotAllowed(
            f"this takes the role statistics in {at.name}: ask who manages accounts for it",
            code="not_allowed",
            space=at.place.id,
        )


def by_hand() -> tuple[Figure, ...]:
    """Return the figures that somebody writes down, in the order of the registry."""
    return tuple(one for one in REGISTRY.values() if one.id in WRITTEN)


def checked_entry(entry: HandFigure, at: Where, today: date) -> HandFigure:
    """Return an entry as it is stored.

    Raises:
        RuleRefused: when it can't be; the text says what would work.
    """
    figure = figure_of(entry.figure)
    if figure.id not in WRITTEN:
        raise RuleRefused(
            f"{figure.name_de} ({figure.id}) is not written down by hand; what is: {', '.join(WRITTEN)}",
            code="figure_not_by_hand",
            figure=figure.name_de,
        )
    _check_days(entry, figure, at, today)
    return replace(
        entry,
        value=checked_value(entry.value, figure),
        source=check_text(entry.source, "a source", least=MIN_SOURCE),
        noted_by=check_text(entry.noted_by, "who counted", least=MIN_WHO),
    )


def _check_days(entry: HandFigure, figure: Figure, at: Where, today: date) -> None:
    first, last = checked_day(entry.first), checked_day(entry.last)
    if last < first:
        raise PeriodRefused(
            f"the period ends ({last}) before it begins ({first}): swap the days",
            code="days_reversed",
            first=first,
            last=last,
        )
    if last > today:
        raise RuleRefused(
            f"{last} is still to come: write down what was counted until today ({today})",
            code="figure_to_come",
            last=last,
        )
    if (first.year, first.month) != (last.year, last.month) and figure.grain is Grain.MONTH:
        raise RuleRefused(
            f"{figure.name_de} is told by the month, and {first} to {last} lies in several: write one row for each",
            code="figure_by_month",
        )
    if first.year != last.year:
        raise RuleRefused(
            f"{figure.name_de} is told by the year, and {first} to {last} lies in several: write one row for each",
            code="figure_by_year",
        )
    begins = next((one.valid_from for one in at.town.spaces if one.id == at.place.id), None)
    if begins is not None and at.place.level is PlaceLevel.SPACE and first < begins:
        raise RuleRefused(
            f"{at.name} has its first desk since {begins}: {first} lies before; write it down for the town",
            code="before_first_desk",
            space=at.name,
            since=begins,
        )


def checked_value(value: Decimal, figure: Figure) -> Decimal:
    """Return a number that somebody wrote: whole, euros with cents, percentages with up to two places.

    Raises:
        RuleRefused: when it is none, negative or too large.
    """
    fine = figure.unit in (Unit.EURO, Unit.PERCENT, Unit.HOURS, Unit.PER_THOUSAND)
    exact = Decimal("0.01") if fine else Decimal(1)
    if not (value.is_finite() and 0 <= value <= MAX_VALUE and value % exact == 0):
        kind = "a number with two decimals at most" if fine else "a whole number"
        raise RuleRefused(
            f"{figure.name_de} is {kind} between 0 and {MAX_VALUE}: correct it",
            code="no_figure_value",
            figure=figure.name_de,
            most=int(MAX_VALUE),
        )
    return value


def checked_target(target: Target, at: Where) -> Target:
    """Return a target as it is stored.

    Raises:
        RuleRefused: when it can't be.
    """
    figure = figure_of(target.figure)
    if figure.is_internal or at.place.level not in figure.places:
        raise RuleRefused(
            f"{figure.name_de} is not reported for {at.name}: choose another figure",
            code="no_target_here",
            figure=figure.name_de,
            place=at.name,
        )
    if figure.grain is Grain.YEAR and target.period.is_month:
        raise RuleRefused(
            f"{figure.name_de} is told by the year: choose a longer period", code="figure_by_year"
        )
    baseline = target.baseline
    if (baseline is None) != (target.baseline_on is None):
        raise RuleRefused(
            "a baseline has a value and the day on which it held: write both, or neither",
            code="half_baseline",
        )
    return replace(
        target,
        target=checked_value(target.target, figure),
        baseline=None if baseline is None else checked_value(baseline, figure),
        baseline_on=None if target.baseline_on is None else checked_day(target.baseline_on),
        source=check_text(target.source, "a source", least=MIN_SOURCE),
    )


def checked_settings(settings: TownStatistics) -> TownStatistics:
    """Return a town's settings as they are stored.

    Raises:
        RuleRefused: when they can't be.
    """
    if (settings.report_on is None) != (settings.report_of is None):
        raise RuleRefused(
            "a report has a day on which it is due and a period: write both, or neither",
            code="half_report_date",
        )
    if settings.report_on is not None and settings.report_of is not None:
        checked_day(settings.report_on)
        if settings.report_on <= settings.report_of.last_day:
            raise RuleRefused(
                f"a report on {settings.report_of} is due after {settings.report_of.last_day}: choose a later day",
                code="report_too_early",
                last=settings.report_of.last_day,
            )
    factor = settings.factor
    return replace(settings, factor=None if factor is None else _checked_factor(factor))


def _checked_factor(factor: EmissionFactor) -> EmissionFactor:
    if not MIN_GRAMS <= factor.g_per_km <= MAX_GRAMS:
        raise RuleRefused(
            f"a car gives off {MIN_GRAMS} to {MAX_GRAMS} g CO₂ for a kilometre, not {factor.g_per_km}: correct it",
            code="no_emission_factor",
            least=MIN_GRAMS,
            most=MAX_GRAMS,
        )
    if not FIRST_FACTOR_YEAR <= factor.year <= LAST_DAY.year:
        raise RuleRefused(
            f"{factor.year} is no year to which an emission factor applies: correct it", code="no_factor_year"
        )
    return replace(
        factor, source=check_text(factor.source, "the source of an emission factor", least=MIN_SOURCE)
    )
