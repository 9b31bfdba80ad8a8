"""A begin for the data protection impact assessment of Art. 35 GDPR (requirement P6): what is known is filled in."""

from typing import Final

from hub.domain.duties import Basis, DutyKind, Paper, Part
from hub.export.papers.record import RISKS
from hub.export.papers.words import kept_rows, said

_HEAD: Final = ("Risiko", "Was das Programm dagegen tut", "Verbleibendes Risiko und weitere Maßnahmen")
_OPEN: Final = "________________"

_COMMON: Final = (
    (
        "Jemand erschließt aus Zahlen, wann eine einzelne Person da ist",
        (
            "Fünf-Personen-Regel, Rundung und Bänder; Prüfung jeder Veröffentlichung gegen alle früheren; "
            "die Live-Seite zeigt nur, was der Raum freigibt"
        ),
    ),
    (
        "Zugangsdaten werden zur Überwachung von Beschäftigten benutzt",
        "{door}; Einblick nur mit Grund und Protokoll; Arbeitgeber erhalten keine Zeiten",
    ),
    (
        "Karten werden kopiert",
        "Karten mit eigenem Schlüssel; Karten mit Schlüssel fallen nie auf ihre Nummer zurück",
    ),
    (
        "Ein Gerät oder eine Sicherung wird gestohlen",
        (
            "Listen sind für ein Gerät versiegelt und laufen ab; Kartennummern sind verschlüsselt; "
            "Sicherungen verfallen nach 14 Tagen"
        ),
    ),
    (
        "Gelöschte Personen kehren mit einer Sicherung zurück",
        "Löschungen stehen außerhalb der Datenbank und werden wiederholt",
    ),
)


def assessment(basis: Basis) -> Paper:
    """Return the template; necessity, weighing and decision are for people to write."""
    does, name, language = basis.does, basis.space.name, basis.language
    reasons = dict.fromkeys(("uid", "shown", "exits"), "siehe Verzeichnis")
    door = "Dauer von Aufenthalten nur als Klasse" if does.logs_exits else "Nur Eintritt, kein Austritt"
    rows = [(risk, measure.format(door=door), _OPEN) for risk, measure in _COMMON]
    warned = "Warnung in den Einstellungen, Begründung nötig"
    rows += [(RISKS[code].format(**reasons), warned, _OPEN) for code in does.risks]
    parts = (
        Part(
            "Ist eine Folgenabschätzung nötig?",
            (
                "Vom Verantwortlichen zu entscheiden (Art. 35 Abs. 1 und 3 DSGVO, Liste der Aufsichtsbehörde).",
                f"Entscheidung und Grund: {_OPEN}",
            ),
        ),
        Part(
            "Beschreibung",
            (
                f"{name}: Türen öffnen mit Karten, Sensoren melden die Belegung von Plätzen, Mitglieder buchen.",
            ),
            head=("Daten", "Zweck", "Rechtsgrundlage", "Löschfrist"),
            rows=kept_rows(basis),
        ),
        Part("Notwendigkeit und Verhältnismäßigkeit", (f"Warum es nicht mit weniger Daten geht: {_OPEN}",)),
        Part("Risiken", head=_HEAD, rows=tuple(rows)),
        Part(
            "Beteiligte und Ergebnis",
            (
                f"Datenschutzbeauftragte Person: {said(basis.controller.officer, language)}. Rat vom: {_OPEN}",
                f"Standpunkt der Betroffenen: {_OPEN}",
                f"Ergebnis, Datum, Unterschrift: {_OPEN}",
            ),
        ),
    )
    return Paper(
        DutyKind.ASSESSMENT,
        language,
        f"Datenschutz-Folgenabschätzung (Vorlage), {name}",
        "Nach Artikel 35 der Datenschutz-Grundverordnung; Linien füllt der Verantwortliche aus",
        parts,
        "Eine Vorlage: Abwägung und Entscheidung fehlen, bis Menschen sie geschrieben haben.",
    )
