"""Small made-up networks, and the findings of what happened there; nothing of it comes from the code under test."""

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from decimal import Decimal
from fractions import Fraction

from hub.domain.disclosure import Nesting
from hub.domain.statistics.figures import REGISTRY, Figure, Guard, Level, Origin, Unit
from hub.domain.statistics.findings import NETWORK, Finding, Missing, Place, PlaceLevel
from hub.domain.statistics.periods import Month, Span

FIRST, LAST = Month(2026, 1), Month(2027, 12)
DESKS, HOURS = 8, 8

FIGURES: dict[str, Figure] = {
    **REGISTRY,
    "no_shows": Figure(
        "no_shows", "Nicht genutzt", "No-shows", Unit.COUNT, Level.OUTCOME, Origin.BOOKING, Guard.COUNT
    ),
    "no_show_rate": replace(REGISTRY["no_show_rate"], parts=("no_shows", "bookings")),
}


@dataclass
class Deed:
    """What one person did in one space and month."""

    visits: int
    minutes: int
    bookings: int = 0
    no_shows: int = 0


@dataclass
class SpaceWorld:
    """One space: which months it exists, on how many days it is open, and who did what."""

    id: str
    town: str
    months: tuple[Month, ...]
    days: dict[Month, int]
    is_popup: bool = False
    deeds: dict[Month, dict[str, Deed]] = field(default_factory=dict)

    @property
    def place(self) -> Place:
        return Place(PlaceLevel.SPACE, self.id)

    def in_months(self, span: Span) -> list[Month]:
        return [month for month in span.months() if month in self.days]


@dataclass
class World:
    towns: tuple[str, ...]
    spaces: list[SpaceWorld]

    @property
    def nesting(self) -> Nesting:
        return Nesting(
            {town: tuple(one.id for one in self.spaces if one.town == town) for town in self.towns},
            {one.id: Span(one.months[0], one.months[-1]) for one in self.spaces if one.is_popup},
        )

    def findings(self, span: Span, until: Month = LAST) -> list[Finding]:
        """Return all findings of a report of the network."""
        periods = [Span.of_month(month) for month in span.months()]
        periods += [year for year in span.years() if year not in periods]
        periods += [] if span in periods else [span]
        places = [(one.place, [one]) for one in self.spaces]
        places += [
            (Place(PlaceLevel.TOWN, town), [one for one in self.spaces if one.town == town])
            for town in self.towns
        ]
        places.append((NETWORK, self.spaces))
        return [
            finding
            for place, spaces in places
            for period in periods
            for finding in _findings(place, spaces, period, is_over=period.last <= until)
        ]


@dataclass(frozen=True)
class Summed:
    """What happened in some spaces and months."""

    days: int
    deeds: dict[str, list[Deed]]

    def total(self, what: str) -> int:
        return sum(getattr(deed, what) for deeds in self.deeds.values() for deed in deeds)

    def who(self, what: str) -> frozenset[str]:
        return frozenset(
            one for one, deeds in self.deeds.items() if any(getattr(deed, what) for deed in deeds)
        )

    @property
    def share(self) -> Decimal | None:
        offered = self.days * HOURS * 60 * DESKS
        return Decimal(100 * min(self.total("minutes"), offered)) / offered if offered else None

    @property
    def top_share(self) -> Fraction:
        each = [sum(deed.minutes for deed in deeds) for deeds in self.deeds.values()]
        return Fraction(max(each), max(sum(each), 1)) if each else Fraction(0)


def _findings(place: Place, spaces: list[SpaceWorld], period: Span, *, is_over: bool) -> Iterator[Finding]:
    there = [(one, month) for one in spaces for month in one.in_months(period)]
    deeds: dict[str, list[Deed]] = {}
    for one, month in there:
        for person, deed in one.deeds.get(month, {}).items():
            deeds.setdefault(person, []).append(deed)
    sums = Summed(sum(one.days[month] for one, month in there), deeds)

    def made(figure: str, value: Decimal | int | None, **more: object) -> Finding:
        if not there or value is None:
            return Finding(place, period, figure, None, Missing.NOT_APPLICABLE)
        if not is_over:
            return Finding(place, period, figure, None, Missing.PENDING)
        return Finding(place, period, figure, Decimal(value), **more)  # type: ignore[arg-type]

    yield made("desks", DESKS * len(spaces))
    yield made("sensed_desks", DESKS * len(spaces))
    yield made("open_hours", HOURS * sums.days)
    yield made("access_hours", HOURS * sums.days * 5 // 4)
    if place.level is PlaceLevel.SPACE:
        yield made("open_days", sums.days)
    yield from _of_use(made, sums, is_space=place.level is PlaceLevel.SPACE)
    yield made("enquiries", 7 * len(there))
    yield made("hand_count", sums.total("visits") + 2)
    if period.is_year or (place.level is PlaceLevel.SPACE and not period.is_month):
        yield from _of_persons(made, spaces, period, sums.who("visits"))
    if not period.is_month:
        yield made("visits_per_open_hour", 0)
        yield made("visits_per_desk", 0)
        if place.level is PlaceLevel.TOWN:
            yield made("visits_per_thousand", 0, denominator=18_000)


def _of_use(made: Callable[..., Finding], sums: Summed, *, is_space: bool) -> Iterator[Finding]:
    bookings, no_shows = sums.total("bookings"), sums.total("no_shows")
    bookers, share = sums.who("bookings"), sums.share
    yield made("visits", sums.total("visits"), persons=sums.who("visits"))
    yield made("bookings", bookings, persons=bookers)
    yield made("no_shows", no_shows, persons=bookers)
    yield made("no_show_rate", 0, numerator=no_shows, denominator=bookings, cases=bookings, persons=bookers)
    desk_time = {
        "occupancy": share,
        "access_occupancy": None if share is None else share * 4 / 5,
        "noon_occupancy": None if share is None else min(share * 2, Decimal(100)),
        "peak": None if share is None or not is_space else min(100, int(share * 2) + 5),
    }
    for figure, value in desk_time.items():
        if figure != "peak" or is_space:
            yield made(
                figure,
                value,
                persons=sums.who("visits"),
                top_share=sums.top_share,
                valid_share=Fraction(19, 20),
            )


def _of_persons(
    made: Callable[..., Finding], spaces: list[SpaceWorld], period: Span, everyone: frozenset[str]
) -> Iterator[Finding]:
    before = {
        person
        for one in spaces
        for month, deeds in one.deeds.items()
        if month.year == period.first.year - 1
        for person, deed in deeds.items()
        if deed.visits
    }
    yield made("users", len(everyone), persons=frozenset(everyone))
    yield made("new_users", len(set(everyone) - before), persons=frozenset(set(everyone) - before))
    yield made("returning_users", len(set(everyone) & before), persons=frozenset(set(everyone) & before))


def random_world(seed: int, spaces: int, persons: int) -> World:
    """Return a network: regulars, daily tenants and people who come once; a pop-up, closed months, growth."""
    dice = random.Random(seed)
    towns = ("06439012", "12070424", "14628060")
    made = []
    everyone = [f"p{number}" for number in range(persons)]
    all_months = tuple(Span(FIRST, LAST).months())
    for number in range(spaces):
        is_popup = dice.random() < 0.3
        begin = dice.randrange(12) if dice.random() < 0.5 else 0
        months = all_months[begin : begin + dice.randint(1, 6)] if is_popup else all_months[begin:]
        days = {month: dice.choice((*[20, 21, 21, 22, 23] * 4, 0, 2, 8, 15)) for month in months}
        made.append(SpaceWorld(f"space-{number}", towns[dice.randrange(2)], months, days, is_popup))
    for one in made:
        # Around where rules change.
        about = dice.choice(
            (dice.randint(0, 4), dice.randint(4, 6), dice.randint(8, 12), dice.randint(18, 30))
        )
        mine = dice.sample(everyone, min(about, len(everyone)))
        for person in mine:
            habit = dice.choice(("daily", "daily", "regular", "rare", "once"))
            joins = dice.choice((0, 0, 0, 6, 12))
            once = dice.choice(one.months)
            for month in one.months[joins:] if habit != "once" else (once,):
                _act(dice, one, month, person, habit)
    return World(towns, made)


_VISITS = {"daily": (18, 23), "regular": (4, 10), "rare": (0, 2), "once": (1, 1)}


def _act(dice: random.Random, one: SpaceWorld, month: Month, person: str, habit: str) -> None:
    visits = min(dice.randint(*_VISITS[habit]), one.days[month])
    if not visits:
        return
    bookings = dice.randint(0, visits)
    deed = Deed(visits, visits * dice.choice((120, 300, 420)), bookings, dice.randint(0, bookings) // 3)
    one.deeds.setdefault(month, {})[person] = deed


def corrected(world: World, seed: int) -> World:
    """Return the network after late events: somebody was there after all, or was not."""
    dice = random.Random(seed)
    spaces = [
        replace(one, deeds={month: dict(deeds) for month, deeds in one.deeds.items()}) for one in world.spaces
    ]
    for one in spaces:
        for month in one.months:
            if dice.random() < 0.7 or not one.days[month]:
                continue
            deeds = one.deeds.setdefault(month, {})
            if deeds and dice.random() < 0.5:
                del deeds[dice.choice(sorted(deeds))]
            else:
                _act(dice, one, month, f"late-{dice.randrange(3)}", "regular")
    return World(world.towns, spaces)
