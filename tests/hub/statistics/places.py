"""A small network, and facts of it in few words."""

from collections.abc import Iterable, Sequence
from datetime import date, timedelta

from hub.domain.space import Desk, Phase, Space, SpaceKind, Town
from hub.domain.statistics.compute import Known, findings
from hub.domain.statistics.facts import Contribution, DeskDay, Measured, SpaceDay
from hub.domain.statistics.findings import Finding, Place, PlaceLevel
from hub.domain.statistics.periods import Month, Span

HOUR_US = 3_600_000_000
AGS, OTHER_AGS, EMPTY_AGS = "01053090", "06439012", "14628060"
TOWN, OTHER, EMPTY = (Place(PlaceLevel.TOWN, ags) for ags in (AGS, OTHER_AGS, EMPTY_AGS))
CLUB, LAB, SHOP = (Place(PlaceLevel.SPACE, space) for space in ("club", "lab", "shop"))
TODAY = date(2027, 6, 1)
YEAR, MARCH = Span.of_year(2026), Span.of_month(Month(2026, 3))
"""Whole months: the spaces live from 2026-03-01, the shop to 2026-06-30."""


def space(id_: str, town: str, last: date | None = None, phase: Phase = Phase.OPERATION) -> Space:
    """Return a space with two desks with a sensor and one without."""
    desks = (Desk("a", "A", sensor="pir"), Desk("b", "B", sensor="pir"), Desk("c", "C"))
    return Space(id_, town, id_, SpaceKind.COWORKING, phase, date(2026, 3, 1), valid_to=last, desks=desks)


NETWORK_OF_THREE = (
    Town("moelln", AGS, "Mölln", "SH", inhabitants=20_000, spaces=(space("club", "moelln"), space("lab", "moelln"))),
    Town("winkel", OTHER_AGS, "Winkel", "HE", spaces=(space("shop", "winkel", date(2026, 6, 30)),)),
    Town("leer", EMPTY_AGS, "Leer", "SN", inhabitants=14_000),
)  # fmt: skip


def hours(offered: float, occupied: float = 0, unknown: float = 0) -> Measured:
    """Return a measured time."""
    return Measured(int(offered * HOUR_US), int(occupied * HOUR_US), int(unknown * HOUR_US))


def days(first: date, last: date) -> list[date]:
    """Return days, both ends inclusive."""
    return [first + timedelta(days=ahead) for ahead in range((last - first).days + 1)]


def sealed(where: str, when: Iterable[date], **values: int) -> list[SpaceDay]:
    """Return sealed days of a space, open for 8 hours and with access for 12."""
    told = {"staffed_us": 8 * HOUR_US, "access_us": 12 * HOUR_US, "desks": 3, "sensed_desks": 2, **values}
    return [SpaceDay(where, day, is_sealed=True, **told) for day in when]  # type: ignore[arg-type]


def people(where: str, month: date, visits: Sequence[int], prefix: str = "p") -> list[Contribution]:
    """Return contributions of as many persons."""
    return [
        Contribution(where, month, f"{prefix}{number}", count, was_here=False)
        for number, count in enumerate(visits)
    ]


def desk(where: str, day: date, name: str = "a", **values: object) -> DeskDay:
    """Return a day of a desk; `c` has no sensor."""
    return DeskDay(where, name, day, name != "c", **values)  # type: ignore[arg-type]


def found(known: Known, place: Place, period: Span, figure: str, *, preliminary: bool = False) -> Finding:
    """Return one finding of a report on that place and period."""
    listed = findings(NETWORK_OF_THREE, known, place, period, TODAY, preliminary=preliminary)
    return next(one for one in listed if (one.place, one.period, one.figure) == (place, period, figure))
