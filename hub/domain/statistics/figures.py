"""The registry of key figures (requirement K1): what each is, how it is worked out, and how it is guarded.

Each printed number names the figure and the version of its method. A changed formula is a new version, and reports that
are frozen keep theirs.
"""

from collections.abc import Iterable
from typing import Final

from hub.domain.errors import RuleRefused
from hub.domain.statistics.figure import Figure, Grain, Guard, Level, Origin, Unit
from hub.domain.statistics.findings import PlaceLevel
from hub.domain.statistics.person_figures import PERSONS
from hub.domain.statistics.supply_figures import SUPPLY
from hub.domain.statistics.use_figures import USE
from hub.domain.statistics.written_figures import WRITTEN

__all__ = ["REGISTRY", "Figure", "Grain", "Guard", "Level", "Origin", "Unit", "figure_of"]

COMPARED: Final = (
    Figure(
        "visits_per_open_hour", "Besuche je 100 Öffnungsstunden", "Visits per 100 hours open", Unit.COUNT,
        Level.OUTCOME, Origin.CARD, Guard.DERIVED, Grain.YEAR,
        formula_de="Besuche / Öffnungsstunden × 100",
        formula_en="visits / hours open × 100",
        numerator_de="Besuche", denominator_de="Öffnungsstunden", goal_de="Vergleich zwischen Städten",
        parts=("visits", "open_hours"),
    ),
    Figure(
        "visits_per_desk", "Besuche je Arbeitsplatz", "Visits per desk", Unit.COUNT, Level.OUTCOME, Origin.CARD,
        Guard.DERIVED, Grain.YEAR,
        formula_de="Besuche / Arbeitsplätze",
        formula_en="visits / desks",
        numerator_de="Besuche", denominator_de="Arbeitsplätze", goal_de="Vergleich zwischen Städten",
        parts=("visits", "desks"),
    ),
    Figure(
        "visits_per_thousand", "Besuche je 1.000 Einwohnerinnen und Einwohner", "Visits per 1,000 inhabitants",
        Unit.PER_THOUSAND, Level.OUTCOME, Origin.CARD, Guard.DERIVED, Grain.YEAR,
        formula_de="Besuche / Einwohnerzahl × 1.000; der Stichtag der Einwohnerzahl steht dabei",
        formula_en="visits / inhabitants × 1,000; the date of the number of inhabitants stands beside it",
        numerator_de="Besuche", denominator_de="Einwohnerinnen und Einwohner",
        goal_de="Vergleich zwischen Städten", parts=("visits",), places=(PlaceLevel.TOWN,),
    ),
)  # fmt: skip
"""Towns side by side, by normalised figures alone (K8)."""


def _registry(figures: Iterable[Figure]) -> dict[str, Figure]:
    """Return figures by id.

    Raises:
        ValueError: when one has no method version or no formula, two have the same id, or a part is none.
    """
    found: dict[str, Figure] = {}
    for one in figures:
        if one.id in found:
            raise ValueError(f"two key figures are called {one.id}: rename one")
        if not one.method:
            raise ValueError(f"key figure {one.id} has no method version: write one, such as 1")
        if not (one.formula_de and one.formula_en):
            raise ValueError(f"key figure {one.id} has no formula: write it in both languages")
        found[one.id] = one
    for one in found.values():
        for other in (*one.parts, *((one.part_of,) if one.part_of else ())):
            if other not in found:
                raise ValueError(f"key figure {one.id} is made of {other}, which is none: correct its parts")
    return found


REGISTRY: Final[dict[str, Figure]] = _registry((*SUPPLY, *USE, *PERSONS, *WRITTEN, *COMPARED))
"""All figures by id, in the order in which reports show them."""


def figure_of(id_: str) -> Figure:
    """Return a figure.

    Raises:
        RuleRefused: when there is none of this id.
    """
    found = REGISTRY.get(id_)
    if found is None:
        raise RuleRefused(
            f'there is no key figure "{id_[:40]}": see `ankerort-hub figures list`',
            code="unknown_figure",
            figure=id_[:40],
        )
    return found
