"""What a key figure is (requirement K1); all of them stand in `hub.domain.statistics.figures`."""

from dataclasses import dataclass
from enum import StrEnum

from hub.domain.statistics.findings import PlaceLevel


class Unit(StrEnum):
    """What a figure is counted in."""

    COUNT = "count"
    PERSONS = "persons"
    DAYS = "days"
    HOURS = "hours"
    PERCENT = "percent"
    KILOGRAMS = "kg"
    KILOMETRES = "km"
    EURO = "euro"
    PER_THOUSAND = "per_thousand"


class Level(StrEnum):
    """Where it stands in a chain of effects."""

    OUTPUT = "output"
    OUTCOME = "outcome"
    IMPACT = "impact"


class Origin(StrEnum):
    """What it is counted from."""

    SITE = "site"
    SENSOR = "sensor"
    CARD = "card"
    BOOKING = "booking"
    HAND = "hand"
    SURVEY = "survey"


class Guard(StrEnum):
    """How disclosure control treats it (requirement S3).

    SUPPLY: what is offered; of nobody, printed as it is. COUNT: to the nearest ten, from five persons on. SHARE: a
    percentage of desk time, from five persons on; a band where one person makes up more than half. RATE: a percentage
    of printed counts (S4), none below 20 cases. PERSONS: per year, in bands. DERIVED: arithmetic on printed values
    (S4). HAND: somebody wrote it down; flagged, to the nearest ten.
    """

    SUPPLY = "supply"
    COUNT = "count"
    SHARE = "share"
    RATE = "rate"
    PERSONS = "persons"
    DERIVED = "derived"
    HAND = "hand"


class Grain(StrEnum):
    """The shortest period that it is printed for (requirement S2); longer ones are made of these."""

    MONTH = "month"
    YEAR = "year"


@dataclass(frozen=True, slots=True)
class Figure:
    """A key figure.

    Args:
        id: stable, snake_case, as it stands in every export.
        name_de, name_en: as it is called.
        formula_de, formula_en: how it is worked out, for a member of the council.
        numerator_de, denominator_de: of a ratio; empty of others.
        goal_de: what it serves.
        places: levels that it exists at.
        parts: ids of figures that a derived one, or a rate, is made of.
        part_of: id of the figure that this one makes up together with all others of the same; for the audit (S5).
        is_internal: whether it is shown to the role Statistik only.
        is_optional: whether it is left out where nobody collects it.
    """

    id: str
    name_de: str
    name_en: str
    unit: Unit
    level: Level
    origin: Origin
    guard: Guard
    grain: Grain = Grain.MONTH
    formula_de: str = ""
    formula_en: str = ""
    numerator_de: str = ""
    denominator_de: str = ""
    goal_de: str = ""
    method: str = "1"
    places: tuple[PlaceLevel, ...] = tuple(PlaceLevel)
    parts: tuple[str, ...] = ()
    part_of: str = ""
    is_internal: bool = False
    is_optional: bool = False
