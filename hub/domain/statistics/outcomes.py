"""How each key figure is worked out from sums; the formulas stand in words in the registry; pure."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from decimal import Context, Decimal
from fractions import Fraction
from typing import Final, NamedTuple

from hub.domain.statistics.facts import Measured
from hub.domain.statistics.findings import Flag, Missing
from hub.domain.statistics.tally import Person, Persons, Tally, TariffClass
from hub.domain.statistics.written import BOUNDS, EmissionFactor, Way

HOUR_US: Final = 3_600_000_000
_EXACT: Final = Context(prec=28)


class Total(NamedTuple):
    """What was written down of one figure."""

    value: Decimal
    flags: frozenset[Flag]


class TownWays(NamedTuple):
    """Equal answers on ways to work in one town, and what its car kilometres give off."""

    way: Way
    answers: int
    factor: EmissionFactor | None


@dataclass(frozen=True, slots=True)
class Scene:
    """All that is known of one place and period.

    Args:
        inhabitants: of a town; None where they are not known.
        written: by figure.
        spaces: ids of those that lie in the place.
    """

    tally: Tally
    inhabitants: int | None = None
    written: Mapping[str, Total] = field(default_factory=dict)
    ways: tuple[TownWays, ...] = ()
    spaces: frozenset[str] = frozenset()


class Outcome(NamedTuple):
    """A figure's value, or why there is none; see `Finding` for what each part means."""

    value: Decimal | None = None
    numerator: int | None = None
    denominator: int | None = None
    missing: Missing | None = None
    cases: int | None = None
    valid: Fraction | None = None
    persons: Persons | None = None
    flags: frozenset[Flag] = frozenset()


X: Final = Outcome(missing=Missing.NOT_APPLICABLE)
Rule = Callable[[Scene], Outcome]


def quotient(numerator: int, denominator: int) -> Decimal:
    """Return a quotient to 28 digits, whatever the thread's own context is."""
    return _EXACT.divide(Decimal(numerator), Decimal(denominator))


def _sum(name: str) -> Rule:
    def rule(scene: Scene) -> Outcome:
        number = getattr(scene.tally, name)
        return Outcome(Decimal(number), number)

    return rule


def _hours(name: str) -> Rule:
    def rule(scene: Scene) -> Outcome:
        length_us = getattr(scene.tally, name)
        return Outcome(quotient(length_us, HOUR_US), length_us)

    return rule


def _share(name: str) -> Rule:
    """Return the rule of an occupancy: in use, of what is known; desks without a sensor are not in it (K2)."""

    def rule(scene: Scene) -> Outcome:
        measured: Measured = getattr(scene.tally, name)
        valid = _valid(measured)
        if not measured.known_us:
            return X._replace(valid=valid)
        part, whole = measured.occupied_us, measured.known_us
        return Outcome(quotient(part * 100, whole), part, whole, valid=valid)

    return _sensed(rule)


def _valid(measured: Measured) -> Fraction | None:
    return Fraction(measured.known_us, measured.offered_us) if measured.offered_us else None


def _sensed(rule: Rule) -> Rule:
    return lambda scene: rule(scene) if scene.tally.sensor_days else X


def _desk_days(scene: Scene) -> Outcome:
    used = scene.tally.desk_days
    return Outcome(Decimal(used), used, valid=_valid(scene.tally.access) or _valid(scene.tally.staffed))


def _peak(scene: Scene) -> Outcome:
    part, whole = scene.tally.peak
    if not whole:
        return X
    valid = _valid(scene.tally.staffed)
    return Outcome(quotient(part * 100, whole), part, whole, valid=valid)


def _booking_utilisation(scene: Scene) -> Outcome:
    part, whole = scene.tally.booked_us, scene.tally.offered_us
    return Outcome(quotient(part * 100, whole), part, whole) if whole else X


def _rate(part: int, whole: int) -> Outcome:
    """Return a rate; one of no cases at all is 0 of 0, and too few of them, as any below 20 (K3)."""
    return Outcome(quotient(part * 100, whole) if whole else Decimal(0), part, whole, cases=whole)


def _no_show_rate(scene: Scene) -> Outcome:
    return _rate(scene.tally.no_shows, scene.tally.bookings)


def _users(scene: Scene) -> Outcome:
    everyone = scene.tally.persons
    if not everyone and scene.tally.visits:
        # Their key has ended: only what was printed before that day still tells of persons.
        return X
    found = {person: did for person, did in everyone.items() if did.visits > 0 or did.booked_us > 0}
    return Outcome(Decimal(len(found)), len(found), persons=found)


def _seen_before(wanted: bool) -> Rule:
    """Return the rule of those who take part in optional statistics, and were there in the year before, or not."""

    def rule(scene: Scene) -> Outcome:
        everyone = {person: did for person, did in scene.tally.persons.items() if did.opted_in}
        if not everyone and scene.tally.visits:
            return X
        was_in = {person: did.was_in(scene.spaces) for person, did in everyone.items()}
        found = {person: did for person, did in everyone.items() if was_in[person] is wanted}
        known = sum(one is not None for one in was_in.values())
        if not known and everyone:
            return X
        valid = Fraction(known, len(everyone)) if known < len(everyone) else None
        return Outcome(Decimal(len(found)), len(found), persons=found, valid=valid)

    return rule


def _by_class(kind: str) -> Rule:
    def rule(scene: Scene) -> Outcome:
        if not scene.tally.persons and scene.tally.visits:
            return X
        by_person = scene.tally.by_class.get(kind, {})
        visits = sum(by_person.values())
        persons = {one: Person(scene.tally.persons[one].year, own) for one, own in by_person.items()}
        return Outcome(Decimal(visits), visits, persons=persons)

    return rule


def _stays(length: str) -> Rule:
    """Return the rule of stays: of spaces that log who goes out, an entry does not say how long one stays (K4, P2)."""

    def rule(scene: Scene) -> Outcome:
        tally = scene.tally
        if not tally.exit_days or (not tally.persons and tally.visits):
            return X
        by_person = tally.by_stay.get(length, {})
        persons = {one: Person(tally.persons[one].year, own) for one, own in by_person.items()}
        is_part = tally.exit_days < tally.exit_from_days
        valid = Fraction(tally.exit_days, tally.exit_from_days) if is_part else None
        number = sum(by_person.values())
        return Outcome(Decimal(number), number, persons=persons, valid=valid)

    return rule


def _written(figure: str) -> Rule:
    def rule(scene: Scene) -> Outcome:
        total = scene.written.get(figure)
        if total is None:
            return X
        return Outcome(total.value, int(total.value), flags=total.flags)

    return rule


def _written_rate(upper: str, lower: str, *, is_rate: bool = True) -> Rule:
    def rule(scene: Scene) -> Outcome:
        part, whole = scene.written.get(upper), scene.written.get(lower)
        if part is None or whole is None:
            return X
        flags = part.flags | whole.flags
        if is_rate:
            return _rate(int(part.value), int(whole.value))._replace(flags=flags)
        # Money is told in cents.
        part_cents, whole_cents = int(part.value * 100), int(whole.value * 100)
        if not whole_cents:
            return X
        return Outcome(quotient(part_cents * 100, whole_cents), part_cents, whole_cents, flags=flags)

    return rule


def _answered(rule: Callable[[Scene, int], Outcome]) -> Rule:
    """Return a rule that takes the number of answers on ways to work; without any there is no figure."""

    def answered(scene: Scene) -> Outcome:
        answers = sum(one.answers for one in scene.ways)
        return rule(scene, answers) if answers else X

    return answered


def _drivers(scene: Scene) -> int:
    return sum(one.answers for one in scene.ways if one.way.saves)


def _km(scene: Scene, at: int) -> int:
    return sum(
        2 * BOUNDS[one.way.distance][at] * one.answers
        for one in scene.ways
        if one.way.distance and one.way.saves
    )


def _co2(scene: Scene, at: int) -> Outcome:
    grams = 0
    for one in scene.ways:
        if one.factor is None:
            # No default, and no sum of some towns alone (K5).
            return X
        if one.way.distance and one.way.saves:
            grams += 2 * BOUNDS[one.way.distance][at] * one.answers * one.factor.g_per_km
    return Outcome(quotient(grams, 1000), grams)


def _count(number: int, cases: int) -> Outcome:
    return Outcome(Decimal(number), number, cases=cases)


def _per_open_hour(scene: Scene) -> Outcome:
    visits, open_us = scene.tally.visits, scene.tally.open_us
    return Outcome(quotient(visits * 100 * HOUR_US, open_us), visits, open_us) if open_us else X


def _per_desk(scene: Scene) -> Outcome:
    visits, desks = scene.tally.visits, scene.tally.desks
    return Outcome(quotient(visits, desks), visits, desks) if desks else X


def _per_thousand(scene: Scene) -> Outcome:
    visits, people = scene.tally.visits, scene.inhabitants
    return Outcome(quotient(visits * 1000, people), visits, people) if people else X


STAYS: Final[dict[str, str]] = {
    "stays_under_2h": "under_2h",
    "stays_2_to_4h": "from_2h",
    "stays_4_to_8h": "from_4h",
    "stays_from_8h": "from_8h",
    "stays_auto_closed": "auto_closed",
}
"""Figures of stays, and what each of them is called in `hub.domain.statistics.facts.Stays`."""
WRITTEN: Final = (
    "hand_count", "enquiries", "hand_events", "event_guests", "revenue", "costs", "survey_asked", "survey_answers",
    "survey_satisfied",
)  # fmt: skip

FROM_FACTS: Final[dict[str, Rule]] = {
    "desks": _sum("desks"),
    "sensed_desks": _sum("sensed_desks"),
    "open_days": _sum("open_days"),
    "open_hours": _hours("open_us"),
    "access_hours": _hours("access_us"),
    "visits": _sum("visits"),
    "events": _sum("events"),
    "bookings": _sum("bookings"),
    "no_shows": _sum("no_shows"),
    "no_show_rate": _no_show_rate,
    "booking_utilisation": _booking_utilisation,
    "occupancy": _share("staffed"),
    "access_occupancy": _share("access"),
    "desk_days": _sensed(_desk_days),
    "peak": _sensed(_peak),
    "noon_occupancy": _share("noon"),
    "users": _users,
    "new_users": _seen_before(wanted=False),
    "returning_users": _seen_before(wanted=True),
    "visits_by_use": _by_class(TariffClass.BY_USE),
    "visits_monthly": _by_class(TariffClass.MONTHLY),
    "visits_fixed_desk": _by_class(TariffClass.FIXED_DESK),
    "visits_free": _by_class(TariffClass.FREE),
    "visits_without_pass": _by_class(TariffClass.NONE),
    **{figure: _stays(length) for figure, length in STAYS.items()},
    "visits_per_open_hour": _per_open_hour,
    "visits_per_desk": _per_desk,
    "visits_per_thousand": _per_thousand,
}
"""Figures that facts of spaces tell; where no day counts, there is none."""

FROM_PEOPLE: Final[dict[str, Rule]] = {
    **{figure: _written(figure) for figure in WRITTEN},
    "cost_cover": _written_rate("revenue", "costs", is_rate=False),
    "survey_response_rate": _written_rate("survey_answers", "survey_asked"),
    "survey_satisfaction": _written_rate("survey_satisfied", "survey_answers"),
    "way_answers": _answered(lambda _, answers: _count(answers, answers)),
    "way_response_rate": _answered(lambda scene, answers: _rate(answers, scene.tally.visits)),
    "way_drivers": _answered(lambda scene, answers: _count(_drivers(scene), answers)),
    "way_driver_share": _answered(lambda scene, answers: _rate(_drivers(scene), answers)),
    "way_km_low": _answered(lambda scene, answers: _count(_km(scene, 0), answers)),
    "way_km_high": _answered(lambda scene, answers: _count(_km(scene, 1), answers)),
    "way_co2_low": _answered(lambda scene, answers: _co2(scene, 0)._replace(cases=answers)),
    "way_co2_high": _answered(lambda scene, answers: _co2(scene, 1)._replace(cases=answers)),
}
"""Figures that people wrote down or answered; a town has them without a space, too."""
