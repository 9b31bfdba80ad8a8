"""One week of one small space, by hand: what the worked examples of docs/reference/kennzahlen.md are counted from.

A pop-up on the market place of a town of 12,000, open for one week, Monday to Friday from 9 to 17 o'clock, its door
from 8 to 20 o'clock. Three desks, two of them with a sensor. tests/hub/statistics/test_worked_figures.py checks every
number.
"""

from datetime import date, timedelta
from decimal import Decimal
from typing import Final

from hub.domain.space import Desk, Phase, Space, SpaceKind, Town
from hub.domain.statistics.compute import Known
from hub.domain.statistics.facts import Contribution, DeskDay, Measured, SpaceDay
from hub.domain.statistics.findings import Place, PlaceLevel
from hub.domain.statistics.outcomes import HOUR_US
from hub.domain.statistics.periods import Span
from hub.domain.statistics.written import (
    Destination,
    Distance,
    EmissionFactor,
    HandFigure,
    Mode,
    TownStatistics,
    Way,
    WayCount,
)

AGS: Final = "01053999"
MONDAY: Final = date(2026, 3, 2)
DAYS: Final = tuple(MONDAY + timedelta(days=ahead) for ahead in range(5))
TODAY: Final = date(2027, 2, 1)
YEAR: Final = Span.of_year(2026)

TOWN: Final = Place(PlaceLevel.TOWN, AGS)
SPACE: Final = Place(PlaceLevel.SPACE, "markt")

TOWNS: Final = (
    Town(
        "beispielstadt", AGS, "Beispielstadt", "SH", inhabitants=12_000, inhabitants_on=date(2025, 12, 31),
        spaces=(
            Space(
                "markt", "beispielstadt", "Markt 1", SpaceKind.POP_UP, Phase.POP_UP, DAYS[0], valid_to=DAYS[-1],
                desks=(Desk("t1", "Tisch 1", sensor="pir"), Desk("t2", "Tisch 2", sensor="pir"), Desk("t3", "Tisch 3")),
            ),
        ),
    ),
)  # fmt: skip


def _hours(offered: float, occupied: float = 0, unknown: float = 0) -> Measured:
    return Measured(*(int(hours * HOUR_US) for hours in (offered, occupied, unknown)))


def _desk(
    desk: str, day: date, access: Measured, staffed: Measured, noon: Measured, booked: float
) -> DeskDay:
    # On Monday each desk had three bookings, and at desks 1 and 2 nobody came for one. Then these had two a day.
    is_monday, has_sensor = day == MONDAY, desk != "t3"
    return DeskDay(
        "markt", desk, day, has_sensor, staffed, access, noon, booked_us=int(booked * HOUR_US),
        bookings=3 if is_monday else 2 * has_sensor, no_shows=int(is_monday and has_sensor),
    )  # fmt: skip


def _desks() -> list[DeskDay]:
    found = []
    for at, day in enumerate(DAYS):
        # An event held desk 1 on Friday from 11:30 to 15:30.
        event = 4 if at == 4 else 0
        found.append(_desk(
            "t1", day, _hours(12 - event, 4 if at < 4 else 0), _hours(8 - event, 3.75 if at < 4 else 0),
            _hours(2 - event / 2, 1 if at < 4 else 0), 3,
        ))  # fmt: skip
        # The sensor of desk 2 said nothing for four hours on Tuesday, one of them before closing time.
        dumb = 4 if at == 1 else 0
        found.append(_desk("t2", day, _hours(12, 5.2, dumb), _hours(8, 3, dumb / 4), _hours(2, 1), 2.8))
        found.append(_desk("t3", day, _hours(12), _hours(8), _hours(2), 0))
    return found


KNOWN: Final = Known(
    desk_days=_desks(),
    space_days=[
        SpaceDay(
            "markt", day, staffed_us=8 * HOUR_US, access_us=12 * HOUR_US, desks=3, sensed_desks=2,
            peak_desks=2 if at == 2 else 1, visits=visits, events=int(at == 4), is_sealed=True,
        )
        for at, (day, visits) in enumerate(zip(DAYS, (6, 5, 5, 4, 4), strict=True))
    ],
    contributions=[
        Contribution("markt", MONDAY.replace(day=1), person, visits, visits * HOUR_US, tariff, True, was_here)
        for person, visits, tariff, was_here in (
            ("a", 5, "monthly", True), ("b", 5, "monthly", True), ("c", 5, "free", True), ("d", 4, "day", False),
            ("e", 3, "half-day", False), ("f", 2, "", False),
        )
    ],
    written=[
        HandFigure(0, place, figure, DAYS[0], DAYS[-1], Decimal(value), source, "Stadtverwaltung")
        for place, figure, value, source in (
            (SPACE, "hand_count", 25, "Strichliste"), (TOWN, "hand_count", 15, "Strichliste im Rathaus"),
            (TOWN, "enquiries", 12, "Telefon und Mail"), (SPACE, "hand_events", 2, "Kalender"),
            (SPACE, "event_guests", 35, "Strichliste"), (SPACE, "revenue", 450, "Kassenbuch"),
            (SPACE, "costs", 1800, "Kassenbuch"), (TOWN, "survey_asked", 40, "Fragebogen"),
            (TOWN, "survey_answers", 24, "Fragebogen"), (TOWN, "survey_satisfied", 21, "Fragebogen"),
        )
    ],
    ways=[
        WayCount("markt", MONDAY.replace(day=1), way, answers)
        for way, answers in (
            (Way(True, Distance.FROM_20, Mode.TRANSIT, Destination.CITY), 4),
            (Way(True, Distance.FROM_5, Mode.BICYCLE, Destination.DISTRICT), 2),
            (Way(True, Distance.FROM_10, Mode.CAR, Destination.DISTRICT), 1),
            (Way(would_drive=False), 5),
        )
    ],
    settings={AGS: TownStatistics(AGS, factor=EmissionFactor(150, "Beispiel, keine Empfehlung", 2025))},
)  # fmt: skip
