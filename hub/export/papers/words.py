"""Words that several papers share, and how they say that something was not decided yet."""

from datetime import date
from enum import Enum, auto
from typing import Final

from hub.domain.duties import BACKUP_DAYS, MOST_EVENT_DAYS, QUARTER_DAYS, VISIT_DAYS, Basis, Controller, Kept
from hub.domain.space import SensorKind

SENSORS: Final[dict[str, dict[SensorKind, str]]] = {
    "de": {
        SensorKind.PIR: "Bewegungsmelder (bemerken Wärme, die sich bewegt)",
        SensorKind.MMWAVE: "Radarsensoren (bemerken Bewegung durch Funkwellen)",
        SensorKind.MAT: "Sitzmatten (bemerken Gewicht)",
        SensorKind.DISTANCE: "Abstandssensoren (messen, wie weit etwas entfernt ist)",
    },
    "en": {
        SensorKind.PIR: "motion sensors (notice warmth that moves)",
        SensorKind.MMWAVE: "radar sensors (notice movement by radio waves)",
        SensorKind.MAT: "seat mats (notice weight)",
        SensorKind.DISTANCE: "distance sensors (measure how far away something is)",
    },
}

_OPEN: Final = {"de": "noch nicht angegeben", "en": "not stated yet"}


def said(text: str, language: str) -> str:
    """Return what the operator wrote, or that it is still missing."""
    return text or f"[{_OPEN[language]}]"


def day_text(day: date, language: str) -> str:
    """Return a day as the language writes it."""
    return f"{day:%d.%m.%Y}" if language == "de" else f"{day.day} {day:%B %Y}"


def answers(controller: Controller, language: str) -> tuple[str, ...]:
    """Return name, address and contact of whoever answers."""
    lines = (controller.name, said(controller.address, language), said(controller.contact, language))
    return tuple(line for line in lines if line)


class _Of(Enum):
    """What a processing rests on."""

    ACCESS = auto()
    BOOKINGS = auto()
    OCCUPANCY = auto()
    STATISTICS = auto()


class _If(Enum):
    """Where there is such data."""

    ALWAYS = auto()
    ENTRIES = auto()
    EXITS = auto()
    BOOKINGS = auto()
    SENSORS = auto()


_Row = tuple[_If, str, str, _Of, str]


def kept_rows(basis: Basis) -> tuple[tuple[str, str, str, str], ...]:
    """Return what is kept: data, purpose, basis, term; only what the space really does (requirements P3, P4)."""
    rows = _german_rows(basis.kept) if basis.language == "de" else _english_rows(basis.kept)
    given = {
        _Of.ACCESS: basis.controller.basis_access,
        _Of.BOOKINGS: basis.controller.basis_bookings,
        _Of.OCCUPANCY: basis.controller.basis_occupancy,
        _Of.STATISTICS: basis.controller.basis_statistics,
    }
    does = {
        _If.ALWAYS: True,
        _If.ENTRIES: basis.does.has_doors and not basis.does.logs_exits,
        _If.EXITS: basis.does.has_doors and basis.does.logs_exits,
        _If.BOOKINGS: basis.does.is_bookable,
        _If.SENSORS: bool(basis.does.sensors),
    }
    return tuple(
        (data, purpose, said(given[rests_on], basis.language), term)
        for when, data, purpose, rests_on, term in rows
        if does[when]
    )


def _german_rows(kept: Kept) -> tuple[_Row, ...]:
    sensed = (
        f"Meldungen {kept.event_days} Tage, höchstens {MOST_EVENT_DAYS}; Viertelstunden {QUARTER_DAYS} Tage"
    )
    return (
        (_If.ALWAYS, "Mitgliedsdaten (Name, Kontakt, Tarif, Karten)", "Zugang und Abrechnung", _Of.ACCESS,
         f"solange Sie Mitglied sind; nach Schließung eines Raums {kept.closed_space_days} Tage"),
        (_If.ENTRIES, "Türprotokoll: welche Karte wann geöffnet hat (nur Eintritt)",
         "Sicherheit, Klärung von Vorfällen", _Of.ACCESS,
         f"{kept.door_log_days} Tage; einzelne Einträge länger, wenn es Streit gibt"),
        (_If.EXITS, "Türprotokoll: welche Karte wann geöffnet hat, beim Kommen und beim Gehen",
         "Sicherheit, Klärung von Vorfällen; Dauer von Aufenthalten", _Of.ACCESS,
         f"{kept.door_log_days} Tage; einzelne Einträge länger, wenn es Streit gibt"),
        (_If.EXITS, "Aufenthalte (Tag und Klasse der Dauer, ohne Uhrzeit)", "Statistik der Nutzung", _Of.STATISTICS,
         f"wie Besuche: bis zur Abrechnung und {VISIT_DAYS} Tage danach"),
        (_If.ALWAYS, "Besuche (Tag, benutzter Pass)", "Abrechnung", _Of.ACCESS,
         f"bis zur Abrechnung und {VISIT_DAYS} Tage danach"),
        (_If.BOOKINGS, "Buchungen mit Ihrem Namen", "Plätze freihalten", _Of.BOOKINGS,
         f"{kept.booking_days} Tage nach ihrem Ende"),
        (_If.SENSORS, "Belegung von Plätzen (ohne Person)", "freie Plätze zeigen, Statistik", _Of.OCCUPANCY,
         f"{sensed}; danach Tagessummen"),
        (_If.ALWAYS, "Besuche je Monat unter einem Pseudonym", "Statistik der Nutzung", _Of.STATISTICS,
         "bis zum 31. März des Folgejahres, mit ihrem Schlüssel"),
        (_If.ALWAYS, "Veröffentlichte Zahlen (ohne Person)", "Rat, Fördergeber, Öffentlichkeit", _Of.STATISTICS,
         "dauerhaft, mindestens fünf Jahre"),
        (_If.ALWAYS, "Sicherungen", "Wiederherstellung nach einem Ausfall", _Of.ACCESS, f"{BACKUP_DAYS} Tage"),
    )  # fmt: skip


def _english_rows(kept: Kept) -> tuple[_Row, ...]:
    sensed = f"messages {kept.event_days} days, at most {MOST_EVENT_DAYS}; quarter hours {QUARTER_DAYS} days"
    return (
        (_If.ALWAYS, "Members' data (name, contact, tariff, cards)", "access and settlement", _Of.ACCESS,
         f"while you are a member; {kept.closed_space_days} days after a space closes"),
        (_If.ENTRIES, "Door log: which card opened when (entry only)", "safety, settling incidents", _Of.ACCESS,
         f"{kept.door_log_days} days; single entries longer in a dispute"),
        (_If.EXITS, "Door log: which card opened when, on the way in and out",
         "safety, settling incidents; length of stays", _Of.ACCESS,
         f"{kept.door_log_days} days; single entries longer in a dispute"),
        (_If.EXITS, "Stays (day and class of length, no time)", "usage statistics", _Of.STATISTICS,
         f"as visits: until settled, and {VISIT_DAYS} days more"),
        (_If.ALWAYS, "Visits (day, pass used)", "settlement", _Of.ACCESS, f"until settled, and {VISIT_DAYS} days more"),
        (_If.BOOKINGS, "Bookings with your name", "keeping desks free", _Of.BOOKINGS,
         f"{kept.booking_days} days after their end"),
        (_If.SENSORS, "Use of desks (nobody's)", "showing free desks, statistics", _Of.OCCUPANCY,
         f"{sensed}; then sums of days"),
        (_If.ALWAYS, "Visits by month under a pseudonym", "usage statistics", _Of.STATISTICS,
         "until 31 March of the following year, with their key"),
        (_If.ALWAYS, "Published figures (nobody's)", "council, funder, public", _Of.STATISTICS,
         "for good, five years at least"),
        (_If.ALWAYS, "Backups", "restoring after a failure", _Of.ACCESS, f"{BACKUP_DAYS} days"),
    )  # fmt: skip
