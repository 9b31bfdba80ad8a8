"""Key figures of use: visits and events first, then bookings, then what sensors tell; each kept apart (K3)."""

from typing import Final

from hub.domain.statistics.figure import Figure, Guard, Level, Origin, Unit
from hub.domain.statistics.findings import PlaceLevel

_OFFERED: Final = (
    "angebotene Platzzeit in der Öffnungszeit: in Betrieb, nicht gesperrt, nicht für Veranstaltungen vergeben"
)
_KNOWN: Final = (
    "angebotene Zeit von Plätzen mit Sensor, ohne die Zeit, in der niemand weiß, ob der Platz belegt war"
)
_UNKNOWN: Final = "Unbekannt gilt nie als frei; Plätze ohne Sensor zählen nicht mit"

USE: Final = (
    Figure(
        "visits", "Besuche", "Visits", Unit.COUNT, Level.OUTCOME, Origin.CARD, Guard.COUNT,
        formula_de="Summe der Besuche: eine Person an einem Tag in einem Ort zählt einmal, wie oft sie auch kommt",
        formula_en="sum of visits: a person on one day in one space counts once, however often she comes",
        goal_de="Nutzung des Ortes, Belebung der Innenstadt",
    ),
    Figure(
        "events", "Veranstaltungen", "Events", Unit.COUNT, Level.OUTPUT, Origin.BOOKING, Guard.SUPPLY,
        formula_de="Buchungen des ganzen Ortes für eine Veranstaltung, gezählt am Tag des Beginns",
        formula_en="bookings of the whole space for an event, counted on the day they begin",
        goal_de="Begegnung und Vernetzung",
    ),
    Figure(
        "bookings", "Buchungen", "Bookings", Unit.COUNT, Level.OUTCOME, Origin.BOOKING, Guard.COUNT,
        formula_de="Buchungen von Plätzen, gezählt am Tag des Beginns; abgesagte zählen nicht, nicht genutzte zählen",
        formula_en="bookings of desks, counted on the day they begin; cancelled ones do not count, no-shows do",
        goal_de="Nachfrage",
    ),
    Figure(
        "no_shows", "Nicht genutzte Buchungen", "No-shows", Unit.COUNT, Level.OUTCOME, Origin.BOOKING, Guard.COUNT,
        formula_de="Buchungen, die freigegeben wurden, weil niemand kam",
        formula_en="bookings that were released because nobody came",
        goal_de="Verlässlichkeit der Buchungen",
    ),
    Figure(
        "no_show_rate", "Anteil nicht genutzter Buchungen", "Share of no-shows", Unit.PERCENT, Level.OUTCOME,
        Origin.BOOKING, Guard.RATE,
        formula_de="nicht genutzte Buchungen / Buchungen × 100; nicht unter 20 Buchungen",
        formula_en="no-shows / bookings × 100; not below 20 bookings",
        numerator_de="nicht genutzte Buchungen",
        denominator_de="Buchungen",
        goal_de="Verlässlichkeit der Buchungen",
        parts=("no_shows", "bookings"),
    ),
    Figure(
        "booking_utilisation", "Buchungsauslastung", "Booked share", Unit.PERCENT, Level.OUTCOME, Origin.BOOKING,
        Guard.SHARE,
        formula_de="gebuchte Platzzeit / angebotene Platzzeit × 100, in der Öffnungszeit, alle Plätze",
        formula_en="booked desk time / offered desk time × 100, within opening hours, all desks",
        numerator_de="gebuchte Platzzeit in der Öffnungszeit, ohne abgesagte und freigegebene Buchungen",
        denominator_de=_OFFERED,
        goal_de="Nachfrage",
    ),
    Figure(
        "occupancy", "Belegungsauslastung (Öffnungszeiten)", "Occupancy (opening hours)", Unit.PERCENT,
        Level.OUTCOME, Origin.SENSOR, Guard.SHARE,
        formula_de=f"belegte Platzzeit / bekannte Platzzeit × 100, in der Öffnungszeit. {_UNKNOWN}",
        formula_en="desk time in use / known desk time × 100, within opening hours. Unknown is never free; desks "
        "without a sensor do not count",
        numerator_de="Zeit, in der ein Platz belegt gemessen wurde, Überschneidungen einmal",
        denominator_de=_KNOWN,
        goal_de="Nutzung des Ortes",
    ),
    Figure(
        "access_occupancy", "Belegungsauslastung (Zugangszeiten)", "Occupancy (hours of access)", Unit.PERCENT,
        Level.OUTCOME, Origin.SENSOR, Guard.SHARE,
        formula_de=f"belegte Platzzeit / bekannte Platzzeit × 100, in der Zugangszeit. {_UNKNOWN}",
        formula_en="desk time in use / known desk time × 100, within the hours of access. Unknown is never free; desks "
        "without a sensor do not count",
        numerator_de="Zeit, in der ein Platz belegt gemessen wurde, Überschneidungen einmal",
        denominator_de=_KNOWN,
        goal_de="Nutzung des Ortes",
    ),
    Figure(
        "desk_days", "Tagesnutzung", "Desk-days in use", Unit.COUNT, Level.OUTCOME, Origin.SENSOR, Guard.COUNT,
        formula_de="Tage je Platz, an denen der Platz mindestens einmal belegt gemessen wurde",
        formula_en="days of each desk on which it was sensed in use at least once",
        goal_de="Nutzung des Ortes",
    ),
    Figure(
        "peak", "Spitzenbelegung", "Peak occupancy", Unit.PERCENT, Level.OUTCOME, Origin.SENSOR, Guard.SHARE,
        formula_de="höchster Anteil gleichzeitig belegter Plätze innerhalb einer Viertelstunde, unter den Plätzen mit "
        "Sensor",
        formula_en="highest share of desks in use within one quarter of an hour, of the desks with a sensor",
        numerator_de="belegte Plätze in der stärksten Viertelstunde",
        denominator_de="Plätze mit Sensor an diesem Tag",
        goal_de="Reichen die Plätze?",
        places=(PlaceLevel.SPACE,),
    ),
    Figure(
        "noon_occupancy", "Mittagspräsenz (Näherung)", "Presence at noon (proxy)", Unit.PERCENT, Level.IMPACT,
        Origin.SENSOR, Guard.SHARE,
        formula_de="belegte Platzzeit / bekannte Platzzeit × 100 von 11:30 bis 13:30 innerhalb der Öffnungszeit. Eine "
        f"Näherung für Menschen, die mittags in der Innenstadt sind, keine Zählung von Personen. {_UNKNOWN}",
        formula_en="desk time in use / known desk time × 100 from 11:30 to 13:30 within opening hours. A proxy for "
        "people in the town centre at noon, and no count of persons",
        numerator_de="belegte Platzzeit von 11:30 bis 13:30",
        denominator_de=_KNOWN + ", von 11:30 bis 13:30",
        goal_de="Belebung der Innenstadt",
    ),
)  # fmt: skip
