"""The key figures that the hub tells: `docs/reference/kennzahlen.md`, in German, for those who read reports."""

import re
from decimal import Decimal
from functools import cache
from typing import Final

from docs.example_week import KNOWN, SPACE, TODAY, TOWN, TOWNS, YEAR
from docs.generate import NOTE
from hub.domain.statistics.compute import findings
from hub.domain.statistics.figures import REGISTRY, Figure, Grain, Guard, Level, Origin, Unit
from hub.domain.statistics.findings import Finding, PlaceLevel

_LEVELS: Final = {
    Level.OUTPUT: "Output (was angeboten oder getan wird)",
    Level.OUTCOME: "Outcome (was davon genutzt wird)",
    Level.IMPACT: "Impact (was es in der Stadt bewirkt)",
}
_ORIGINS: Final = {
    Origin.SITE: "Beschreibung des Ortes",
    Origin.SENSOR: "Sensoren an den Plätzen",
    Origin.CARD: "Karten und Einlass",
    Origin.BOOKING: "Buchungen",
    Origin.HAND: "von Hand erfasst",
    Origin.SURVEY: "freiwillige Befragung",
}
_UNITS: Final = {
    Unit.COUNT: "Anzahl",
    Unit.PERSONS: "Personen",
    Unit.DAYS: "Tage",
    Unit.HOURS: "Stunden",
    Unit.PERCENT: "Prozent",
    Unit.KILOGRAMS: "Kilogramm",
    Unit.KILOMETRES: "Kilometer",
    Unit.EURO: "Euro",
    Unit.PER_THOUSAND: "je 1.000",
}
_GUARDS: Final = {
    Guard.SUPPLY: "Angebot, betrifft niemanden: steht, wie es ist",
    Guard.COUNT: "ab fünf Personen, auf Zehner gerundet",
    Guard.SHARE: "ab fünf Personen; als Spanne (unter 25, 25 bis 50, über 50 %), wenn auf eine Person mehr als die "
    "Hälfte entfällt",
    Guard.RATE: "aus gedruckten Zahlen berechnet, nicht unter 20 Fällen",
    Guard.PERSONS: "nur in Klassen (unter 5, 5 bis 9, 10 bis 19, 20 und mehr)",
    Guard.DERIVED: "aus gedruckten Zahlen berechnet",
    Guard.HAND: "auf Zehner gerundet, mit Vermerk",
}
_PLACES: Final = {PlaceLevel.SPACE: "Ort", PlaceLevel.TOWN: "Stadt", PlaceLevel.NETWORK: "Netzwerk"}
_GRAINS: Final = {
    Grain.MONTH: "Monat, Jahr, ganzer Zeitraum",
    Grain.YEAR: "Jahr, ganzer Zeitraum",
}

EXAMPLES: Final[dict[str, tuple[str, str]]] = {
    "desks": ("Am letzten Tag stehen die Tische 1, 2 und 3.", "3"),
    "sensed_desks": ("Die Tische 1 und 2 haben einen Sensor.", "2"),
    "open_days": ("Montag bis Freitag.", "5"),
    "open_hours": ("5 Tage × 8 Stunden.", "40"),
    "access_hours": ("5 Tage × 12 Stunden, in denen Karten öffnen.", "60"),
    "visits": ("6 + 5 + 5 + 4 + 4 Personen an den fünf Tagen.", "24"),
    "events": ("Eine Veranstaltung am Freitag.", "1"),
    "bookings": ("Am Montag je Tisch 3, danach an den Tischen 1 und 2 je 2 am Tag: 9 + 16.", "25"),
    "no_shows": ("Am Montag kam an Tisch 1 und an Tisch 2 je einmal niemand.", "2"),
    "no_show_rate": ("2 / 25 × 100.", "8"),
    "booking_utilisation": (
        (
            "Gebucht: 5 × 3 + 5 × 2,8 = 29 Stunden. Angeboten: 36 (Tisch 1, 4 Stunden Veranstaltung) + 40 + 40 = 116 "
            "Stunden. 29 / 116 × 100."
        ),
        "25",
    ),
    "occupancy": (
        (
            "Belegt: Tisch 1 4 × 3,75, Tisch 2 5 × 3, zusammen 30 Stunden. Bekannt: 36 + 40, ohne 1 Stunde, in der der "
            "Sensor schwieg = 75 Stunden; Tisch 3 hat keinen Sensor. 30 / 75 × 100."
        ),
        "40",
    ),
    "access_occupancy": (
        "Belegt: 4 × 4 + 5 × 5,2 = 42 Stunden. Bekannt: 56 + 60, ohne 4 = 112 Stunden. 42 / 112 × 100.",
        "37.5",
    ),
    "desk_days": ("Tisch 1 an vier, Tisch 2 an fünf Tagen.", "9"),
    "peak": ("Am Mittwoch waren 2 von 2 Tischen mit Sensor zugleich belegt.", "100"),
    "noon_occupancy": (
        (
            "Belegt: 4 × 1 + 5 × 1 = 9 Stunden. Bekannt: 2 Tische × 5 Tage × 2 Stunden, ohne 2 Stunden Veranstaltung = "
            "18. 9 / 18 × 100."
        ),
        "50",
    ),
    "users": ("Die Personen a bis f.", "6"),
    "new_users": ("d, e und f waren im Jahr davor nicht da.", "3"),
    "returning_users": ("a, b und c waren im Jahr davor schon da.", "3"),
    "visits_by_use": ("d mit Tageskarten 4, e mit halben Tagen 3 Besuche.", "7"),
    "visits_monthly": ("a und b zahlen monatlich: 5 + 5 Besuche.", "10"),
    "visits_fixed_desk": ("Niemand hat einen festen Platz.", "0"),
    "visits_free": ("c hat einen kostenfreien Tarif: 5 Besuche.", "5"),
    "visits_without_pass": ("f hat keinen Tarif genutzt: 2 Besuche.", "2"),
    "stays_under_2h": ("Am Ausgang ist kein Leser.", "x"),
    "stays_2_to_4h": ("Am Ausgang ist kein Leser.", "x"),
    "stays_4_to_8h": ("Am Ausgang ist kein Leser.", "x"),
    "stays_from_8h": ("Am Ausgang ist kein Leser.", "x"),
    "stays_auto_closed": ("Am Ausgang ist kein Leser.", "x"),
    "hand_count": ("25 auf der Strichliste am Ort, 15 im Rathaus.", "40"),
    "enquiries": ("12 am Telefon und per Mail.", "12"),
    "hand_events": ("2 Treffen ohne Buchung.", "2"),
    "event_guests": ("35 auf der Strichliste.", "35"),
    "revenue": ("450 Euro im Kassenbuch.", "450"),
    "costs": ("1.800 Euro im Kassenbuch.", "1800"),
    "cost_cover": ("450 / 1.800 × 100.", "25"),
    "survey_asked": ("40 Fragebogen verteilt.", "40"),
    "survey_answers": ("24 kamen zurück.", "24"),
    "survey_satisfied": ("21 sind zufrieden oder sehr zufrieden.", "21"),
    "survey_response_rate": ("24 / 40 × 100.", "60"),
    "survey_satisfaction": ("21 / 24 × 100.", "87.5"),
    "way_answers": ("4 + 2 + 1 + 5 Antworten.", "12"),
    "way_response_rate": ("12 Antworten / 24 Besuche × 100.", "50"),
    "way_drivers": (
        (
            "4 kamen mit Bus oder Bahn (Büro 20 bis 40 km entfernt), 2 mit dem Rad (5 bis 10 km); 1 kam auch hierher "
            "mit dem Auto und zählt nicht."
        ),
        "6",
    ),
    "way_driver_share": ("6 / 12 × 100.", "50"),
    "way_km_low": ("2 × (4 × 20 + 2 × 5).", "180"),
    "way_km_high": ("2 × (4 × 40 + 2 × 10).", "360"),
    "way_co2_low": ("180 km × 150 g (ein Beispiel, kein Vorschlag).", "27"),
    "way_co2_high": ("360 km × 150 g (ein Beispiel, kein Vorschlag).", "54"),
    "visits_per_open_hour": ("24 / 40 × 100.", "60"),
    "visits_per_desk": ("24 / 3.", "8"),
    "visits_per_thousand": ("24 / 12.000 × 1.000.", "2"),
}
"""By figure: how it comes about in the week of docs/example_week.py, and what it is; a test works each out."""


@cache
def example_findings() -> dict[str, Finding]:
    """Return what the hub makes of the example's week: by figure, of the town where it has one, else of the space."""
    found: dict[str, Finding] = {}
    for place in (SPACE, TOWN):
        for one in findings(TOWNS, KNOWN, place, YEAR, TODAY):
            if one.place == place and one.period == YEAR:
                found[one.figure] = one
    return found


def example_value(figure: str) -> str:
    """Return a figure of the example as the page shows it: exact, and `x` where it can't exist."""
    value = example_findings()[figure].value
    return "x" if value is None else f"{value.normalize():f}"


def pages() -> dict[str, str]:
    """Return the page of all key figures."""
    rows = "\n".join(
        f"| [{one.name_de}](#{_anchor(one.name_de)}) | `{one.id}` | {_UNITS[one.unit]} | {_ORIGINS[one.origin]} |"
        for one in REGISTRY.values()
    )
    text = f"""\
<!-- {NOTE} -->

# Kennzahlen

Was der Hub über die Nutzung der Orte sagt, wie jede Zahl zustande kommt und wie sie geschützt wird. Jede
veröffentlichte Zahl nennt ihre Kennung und den Stand ihres Verfahrens. Ändert sich eine Formel, steigt der Stand;
veröffentlichte Berichte behalten ihre Zahlen.

Tage im Testbetrieb zählen nicht. Monate und Tage gelten nach der Uhr des Ortes. Eine Stadt ohne Ort steht mit „x“, nie
mit 0; was noch kommt, mit „…“. Eine amtliche Liste von Kennzahlen der Kleinstadtakademie oder für Coworking gibt es
nicht; mit keiner wird Übereinstimmung behauptet.

Die Beispiele rechnen alle mit derselben Woche: ein Pop-up in einer Stadt mit 12.000 Einwohnerinnen und Einwohnern,
Montag bis Freitag von 9 bis 17 Uhr offen, die Tür von 8 bis 20 Uhr, drei Tische, zwei davon mit Sensor. Sie zeigen die
Rechnung *vor* dem Schutz der Personen: gedruckt würde vieles davon gerundet oder gar nicht.

| Kennzahl | Kennung | Einheit | Quelle |
| --- | --- | --- | --- |
{rows}

{"".join(_section(one) for one in REGISTRY.values())}"""
    return {"reference/kennzahlen.md": text.rstrip() + "\n"}


def _section(one: Figure) -> str:
    words, _ = EXAMPLES[one.id]
    lines = [("Formel", one.formula_de), ("Formula", f"{one.name_en}: {one.formula_en}")]
    if one.numerator_de:
        lines += [("Zähler", one.numerator_de), ("Nenner", one.denominator_de)]
    lines += [
        ("Einheit", _UNITS[one.unit]),
        ("Ebene", _LEVELS[one.level]),
        ("Ziel", one.goal_de),
        ("Quelle", _ORIGINS[one.origin]),
        ("Für", ", ".join(_PLACES[place] for place in one.places) + f"; {_GRAINS[one.grain]}"),
        ("Schutz", _GUARDS[one.guard] + ("; nur für die Rolle Statistik" if one.is_internal else "")),
        ("Stand des Verfahrens", one.method),
        ("Beispiel", f"{words} **{_german(example_value(one.id))}**"),
    ]
    table = "\n".join(f"| {name} | {text} |" for name, text in lines)
    return f"## {one.name_de}\n\n| | |\n| --- | --- |\n{table}\n\n"


def _anchor(heading: str) -> str:
    return re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")


def _german(value: str) -> str:
    if value == "x":
        return value
    number = Decimal(value)
    return f"{number:,}".replace(",", " ").replace(".", ",").replace(" ", ".")
