"""Who uses a space: regulars, a tenant, newcomers who try it, and regulars of other spaces who drop in."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from typing import Final

from hub.demo_data.dice import Dice
from hub.demo_data.truth import Person, PersonKind
from hub.domain.people import AccessHours
from hub.domain.space import Space, SpaceKind
from hub.domain.tariffs import Tariff, TariffKind

_GIVEN: Final = (
    "Anna", "Bruno", "Carla", "Deniz", "Elif", "Frieda", "Gustav", "Hatice", "Ina", "Jannis", "Käthe", "Lars", "Maja",
    "Nora", "Oskar", "Paula", "Quirin", "Rosa", "Sören", "Tilda", "Uwe", "Vera", "Wanda", "Xaver", "Yara", "Zeno",
)  # fmt: skip
_FAMILY: Final = (
    "Acker", "Bühler", "Carstens", "Döring", "Ebert", "Fähnrich", "Gärtner", "Hübner", "Ihlenfeld", "Jörgens", "Köhler",
    "Lüders", "Mönch", "Nowak", "Öztürk", "Pfäffle", "Quast", "Rösler", "Schäfer", "Thömmes", "Ünal", "Vößing", "Weiß",
    "Yildiz", "Zöllner",
)  # fmt: skip

_PRIVATE: Final = (SpaceKind.COWORKING, SpaceKind.ANKERORT, SpaceKind.SATELLITE)
"""Kinds of spaces in which somebody has a desk of one's own."""
_WEEK: Final = timedelta(days=7)
_MONTH_DAYS: Final = 30

FREE: Final = Tariff("frei", "Kostenfrei", TariffKind.FREE)
CLUB: Final = Tariff("verein", "Vereinsmitglied", TariffKind.FREE)
MONTH: Final = Tariff("monat", "Monatskarte", TariffKind.MONTHLY, 12_000, hours=AccessHours.ALWAYS)
TEN: Final = Tariff("zehner", "Zehnerkarte", TariffKind.DAY, 10_000, units=10, valid_days=365)
DAY: Final = Tariff("tag", "Tageskarte", TariffKind.DAY, 1_500, units=1, valid_days=1)
FIXED: Final = Tariff("platz", "Fester Platz", TariffKind.FIXED_DESK, 18_000, hours=AccessHours.ALWAYS)


def tariffs_of(space: Space) -> tuple[Tariff, ...]:
    """Return what a space offers: a pop-up is free of charge, a club is for its members."""
    if space.kind is SpaceKind.POP_UP:
        return (FREE,)
    if space.kind is SpaceKind.CLUB:
        return (CLUB, TEN, DAY)
    return (MONTH, TEN, DAY, FIXED)


def settle(seed: int, space: Space, first: date, last: date, opened_to_all: date | None) -> list[Person]:
    """Return who belongs to a space, numbered from 1 on.

    Args:
        first, last: days on which somebody may come.
        opened_to_all: first day on which others than club members come; None for no such rule.
    """
    dice = Dice(seed, "people", space.id)
    desks = [desk.id for desk in space.desks if desk.in_service]
    if not desks:
        return []
    people = [
        *_regulars(dice, space, desks, first, last),
        *_newcomers(dice, space, desks, first, last),
    ]
    if opened_to_all is not None:
        people = [_of_club(one, opened_to_all) for one in people]
    return [replace(one, number=at) for at, one in enumerate(people, 1)]


def visiting(dice: Dice, person: Person, space: Space) -> Person:
    """Return a regular of another space as somebody who also comes to this one, once in a while on a Friday."""
    weekdays = tuple(0.0 if day == 4 else chance for day, chance in enumerate(person.weekdays))
    there = (0.0, 0.0, 0.0, 0.0, 0.2 + dice.roll() / 5, 0.0, 0.0)
    return replace(person, kind=PersonKind.TRAVELLER, weekdays=weekdays, also=space.id, also_weekdays=there)


def _regulars(dice: Dice, space: Space, desks: list[str], first: date, last: date) -> Iterator[Person]:
    there = max(4, round(len(desks) * 0.9))
    has_tenant = space.kind in _PRIVATE and len(desks) >= 6
    for at in range(there):
        is_tenant = has_tenant and at == 0
        # Some are there from the beginning, the others come within the first year.
        since = first if at < there / 2 else first + timedelta(days=dice.whole(20, 300))
        kind = PersonKind.TENANT if is_tenant else PersonKind.REGULAR
        while since <= last:
            ends = since + timedelta(days=dice.whole(120, 900))
            until = None if is_tenant or ends >= last else ends
            yield _person(dice, space, kind, desks[at % len(desks)], since, until)
            # Somebody else comes sooner or later.
            since = last + _WEEK if until is None else until + timedelta(days=dice.whole(5, 60))


def _newcomers(dice: Dice, space: Space, desks: list[str], first: date, last: date) -> Iterator[Person]:
    share = 0.5 if space.kind is SpaceKind.POP_UP else 0.12
    day = first + timedelta(days=dice.whole(0, 20))
    while day <= last:
        until = min(day + _WEEK * dice.whole(1, 10), last)
        yield _person(dice, space, PersonKind.NEWCOMER, dice.pick(desks), day, until)
        day += timedelta(days=max(1, round(dice.about(_MONTH_DAYS / (len(desks) * share), 4))))


def _person(dice: Dice, space: Space, kind: PersonKind, desk: str, since: date, until: date | None) -> Person:
    is_tenant, is_new = kind is PersonKind.TENANT, kind is PersonKind.NEWCOMER
    often = 0.93 if is_tenant else dice.about(0.18, 0.04) if is_new else dice.about(0.48, 0.1)
    work = [min(1.0, often * (1.0 if is_tenant else dice.about(1.0, 0.2))) for _ in range(5)]
    weekend = [0.03 if is_tenant else 0.05 + dice.roll() / 20 for _ in range(2)]
    return Person(
        number=0,
        name=f"{dice.pick(_GIVEN)} {dice.pick(_FAMILY)}",
        kind=kind,
        space=space.id,
        since=since,
        until=until,
        weekdays=(*work, *weekend),
        arrives_min=dice.whole(7 * 60 + 40, 10 * 60 + 30)
        if dice.chance(0.8)
        else dice.whole(12 * 60, 15 * 60),
        stays_min=dice.whole(150, 320) if is_new else dice.whole(240, 520),
        desk=desk,
        books=0.95 if is_tenant else 0.25 + dice.roll() / 2,
        no_show=0.01 if is_tenant else 0.03 + dice.roll() * 0.1,
        taps=0.97 if is_tenant else 0.9 + dice.roll() * 0.1,
        tariff=_tariff(dice, space, kind).id,
        opted_in=dice.chance(0.8),
    )


def _tariff(dice: Dice, space: Space, kind: PersonKind) -> Tariff:
    if space.kind is SpaceKind.POP_UP:
        return FREE
    if space.kind is SpaceKind.CLUB:
        return CLUB
    if kind is PersonKind.TENANT:
        return FIXED
    if kind is PersonKind.NEWCOMER:
        return DAY if dice.chance(0.6) else TEN
    return MONTH if dice.chance(0.6) else TEN


def _of_club(person: Person, opened_to_all: date) -> Person:
    """Members of the club come from the beginning, all others once the space is open to them."""
    if person.since < opened_to_all:
        return replace(person, in_club=True)
    return replace(person, tariff=(DAY if person.kind is PersonKind.NEWCOMER else TEN).id)
