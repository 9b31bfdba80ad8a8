"""Key figures of persons: of a year or a shorter run of months within one; their pseudonyms last no longer."""

from typing import Final

from hub.domain.statistics.figure import Figure, Grain, Guard, Level, Origin, Unit

_TAKE_PART: Final = "Gezählt werden nur Personen, die an der freiwilligen Statistik teilnehmen"
_TAKE_PART_EN: Final = "Only of persons who take part in optional statistics"
_VOLUNTARY: Final = f"{_TAKE_PART}. Rückschau: das Kalenderjahr und das Kalenderjahr davor"


def _class(id_: str, de: str, en: str, which_de: str, which_en: str) -> Figure:
    return Figure(
        id_, f"Besuche: {de}", f"Visits: {en}", Unit.COUNT, Level.OUTCOME, Origin.CARD, Guard.COUNT, Grain.YEAR,
        formula_de=f"Besuche von Personen, {which_de}; je Monat nach dem meistgenutzten Tarif der Person. {_TAKE_PART}",
        formula_en=f"visits of persons {which_en}; by the tariff that a person used most in a month. {_TAKE_PART_EN}",
        goal_de="Welche Angebote gebraucht werden",
        part_of="visits",
        # Of 4 to 30 persons a table by tariff tells too much; docs/explanation/figures.md.
        is_internal=True,
    )  # fmt: skip


def _dwell(id_: str, de: str, en: str, what_de: str = "", what_en: str = "") -> Figure:
    return Figure(
        id_, f"Aufenthalte {de}", f"Stays {en}", Unit.COUNT, Level.OUTCOME, Origin.CARD, Guard.COUNT, Grain.YEAR,
        formula_de=f"Aufenthalte {what_de or de}; nur mit Lesern am Ausgang, sonst „x“: ein Eintritt sagt nicht, wie "
        f"lange jemand bleibt. {_TAKE_PART}",
        formula_en=f"stays {what_en or en}; only with readers at the exit, else “x”: an entry does not say how long "
        f"one stays. {_TAKE_PART_EN}",
        goal_de="Art der Nutzung",
        is_internal=True,
        is_optional=True,
    )  # fmt: skip


PERSONS: Final = (
    Figure(
        "users", "Nutzende", "Users", Unit.PERSONS, Level.OUTCOME, Origin.CARD, Guard.PERSONS, Grain.YEAR,
        formula_de="verschiedene Personen mit mindestens einem Besuch oder einer genutzten Buchung; wer mehrere Orte "
        "nutzt, zählt in der Stadt und im Netzwerk einmal",
        formula_en="different persons with at least one visit or one booking they came for; who uses several spaces "
        "counts once in a town and in the network",
        goal_de="Reichweite",
    ),
    Figure(
        "new_users", "Neue Nutzende", "New users", Unit.PERSONS, Level.OUTCOME, Origin.CARD, Guard.PERSONS,
        Grain.YEAR,
        formula_de=f"Nutzende, die im Kalenderjahr davor nicht da waren. {_VOLUNTARY}",
        formula_en="users who were not there in the calendar year before; only those who take part in optional "
        "statistics. Look-back: the calendar year and the one before",
        goal_de="Gewinnung",
    ),
    Figure(
        "returning_users", "Wiederkehrende Nutzende", "Returning users", Unit.PERSONS, Level.OUTCOME, Origin.CARD,
        Guard.PERSONS, Grain.YEAR,
        formula_de=f"Nutzende, die schon im Kalenderjahr davor da waren. {_VOLUNTARY}",
        formula_en="users who were there in the calendar year before already; only those who take part in optional "
        "statistics. Look-back: the calendar year and the one before",
        goal_de="Bindung",
    ),
    _class("visits_by_use", "Tages- und Mehrfachkarten", "day and multiple passes",
           "die nach Tagen, halben Tagen oder Stunden zahlen", "who pay by days, half days or hours"),
    _class("visits_monthly", "Monatskarten", "monthly passes", "die monatlich zahlen", "who pay by the month"),
    _class("visits_fixed_desk", "fester Platz", "fixed desk", "die einen festen Platz haben",
           "who have a fixed desk"),
    _class("visits_free", "kostenfrei", "free of charge", "die einen kostenfreien Tarif haben",
           "with a tariff that is free of charge"),
    _class("visits_without_pass", "ohne Tarif", "without a tariff", "die keinen Tarif genutzt haben",
           "who used no tariff"),
    _dwell("stays_under_2h", "unter 2 Stunden", "under 2 hours"),
    _dwell("stays_2_to_4h", "von 2 bis unter 4 Stunden", "of 2 to under 4 hours"),
    _dwell("stays_4_to_8h", "von 4 bis unter 8 Stunden", "of 4 to under 8 hours"),
    _dwell("stays_from_8h", "ab 8 Stunden", "of 8 hours and more"),
    _dwell("stays_auto_closed", "ohne Abmeldung", "without signing off",
           "ohne Abmeldung, um 4 Uhr früh geschlossen; sie stehen in keiner anderen Klasse",
           "without signing off, closed at four in the morning; they stand in no other class"),
)  # fmt: skip
