"""Key figures of what a space offers: of nobody, and printed as they are."""

from typing import Final

from hub.domain.statistics.figure import Figure, Guard, Level, Origin, Unit
from hub.domain.statistics.findings import PlaceLevel

SUPPLY: Final = (
    Figure(
        "desks", "Arbeitsplätze", "Desks", Unit.COUNT, Level.OUTPUT, Origin.SITE, Guard.SUPPLY,
        formula_de="Arbeitsplätze, die am letzten zählenden Tag des Zeitraums in Betrieb waren",
        formula_en="desks in service on the last day of the period that counts",
        goal_de="Umfang des Angebots",
    ),
    Figure(
        "sensed_desks", "Arbeitsplätze mit Sensor", "Desks with a sensor", Unit.COUNT, Level.OUTPUT, Origin.SITE,
        Guard.SUPPLY,
        formula_de="davon Arbeitsplätze mit Sensor am selben Tag",
        formula_en="of these, desks with a sensor on the same day",
        goal_de="Reichweite der Messung",
    ),
    Figure(
        "open_days", "Öffnungstage", "Days open", Unit.DAYS, Level.OUTPUT, Origin.SITE, Guard.SUPPLY,
        formula_de="Tage mit Öffnungszeit; Schließtage, Feiertage und Tage im Testbetrieb zählen nicht",
        formula_en="days with opening hours; closing days, holidays and days of a test do not count",
        goal_de="Umfang des Angebots",
        places=(PlaceLevel.SPACE,),
    ),
    Figure(
        "open_hours", "Öffnungsstunden", "Hours open", Unit.HOURS, Level.OUTPUT, Origin.SITE, Guard.SUPPLY,
        formula_de="Summe der Öffnungszeiten nach der Uhr des Ortes; Tage der Zeitumstellung haben 23 oder 25 Stunden",
        formula_en="sum of the opening hours by the local clock; days on which clocks change have 23 or 25 hours",
        goal_de="Umfang des Angebots",
    ),
    Figure(
        "access_hours", "Zugangsstunden", "Hours of access", Unit.HOURS, Level.OUTPUT, Origin.SITE, Guard.SUPPLY,
        formula_de="Öffnungsstunden und die Stunden, in denen Tarife im Angebot, oder Rechte von mindestens fünf "
        "Mitgliedern, die Tür öffnen",
        formula_en="hours open, and the hours in which tariffs on sale, or rights of at least five members, open the "
        "door",
        goal_de="Umfang des Angebots",
    ),
)  # fmt: skip
