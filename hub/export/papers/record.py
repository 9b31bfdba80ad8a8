"""The record of processing activities of Art. 30 GDPR (requirement P6): one for each activity that the space has."""

from typing import Final

from hub.domain.duties import Basis, DutyKind, Paper, Part, Practice
from hub.domain.space import PublicDetail, Space
from hub.export.papers.words import SENSORS, answers, kept_rows, said

RISKS: Final[dict[str, str]] = {
    "uid_cards": "Karten ohne Schlüssel öffnen Türen: Ein Telefon kann sie kopieren. Begründung des Raums: {uid}",
    "small_space_shows": (
        "Der Raum hat weniger als sechs Plätze und zeigt öffentlich mehr als offen oder geschlossen: Wer die einzige "
        "Person kennt, sieht, wann sie da ist. Begründung des Raums: {shown}"
    ),
    "phone_opening": "Mitglieder öffnen Türen mit dem Telefon: Wer das Telefon und den Zugang hat, kommt hinein.",
    "exits": (
        "Leser am Ausgang halten fest, wer geht: Aus Kommen und Gehen wird, wie lange jemand da war. Begründung des "
        "Raums: {exits}"
    ),
}
"""By code of `hub.domain.duties.Practice.risks`."""

_DETAILS: Final = {
    PublicDetail.STATE: "nur offen oder geschlossen",
    PublicDetail.COUNT: "die Zahl freier Plätze, alle fünf Minuten",
    PublicDetail.DESKS: "jeder Platz",
}

MEASURES: Final = (
    "Kartennummern liegen verschlüsselt; auf Leitung und Gerät steht nur ein Wert, aus dem keine Nummer wird.",
    "Verbindungen sind verschlüsselt, Listen und Aufträge an Türen unterschrieben.",
    "Jede Rolle sieht nur ihren Raum; niemand sieht Personen eines anderen Verantwortlichen.",
    "Einblick in persönliche Protokolle braucht einen Grund und wird selbst protokolliert.",
    "Jede Nacht um 03:30 Uhr löscht das Programm, was älter ist, als es sein darf, und schreibt auf, wie viel.",
    "Nach einer Wiederherstellung werden Löschungen wiederholt.",
)


def record(basis: Basis) -> Paper:
    """Return the record."""
    space, does, controller, language = basis.space, basis.does, basis.controller, basis.language
    parts = [
        Part("Verantwortliche Stelle", answers(controller, language)),
        Part("Datenschutzbeauftragte Person", (said(controller.officer, language),)),
        Part(
            "Zwecke, Daten, Rechtsgrundlagen und Fristen",
            head=("Daten", "Zweck", "Rechtsgrundlage", "Löschfrist"),
            rows=kept_rows(basis),
        ),
        Part(
            "Betroffene Personen",
            points=("Mitglieder und Gäste des Raums", "Beschäftigte, die den Raum betreuen (Zugänge, Protokoll)"),
        ),
        Part(
            "Empfänger",
            (f"{controller.recipients or 'Keine außerhalb der verantwortlichen Stelle.'}",
             "Keine Übermittlung in Drittländer.")
            + (("E-Mails gehen über den eingestellten Mailserver.",) if does.has_mail else ()),
        ),
        Part(
            "Was gemessen und gezeigt wird",
            points=(
                f"Sensoren: {', '.join(SENSORS['de'][kind] for kind in does.sensors) or 'keine'}",
                f"Öffentlich sichtbar: {_DETAILS[does.detail]}",
                "An der Tür werden Eintritt und Austritt aufgezeichnet."
                if does.logs_exits
                else "An der Tür wird der Eintritt aufgezeichnet, der Austritt nicht.",
            ),
        ),
        Part("Einstellungen, die das Risiko erhöhen", *_risks(space, does)),
        Part("Technische und organisatorische Maßnahmen", points=MEASURES),
    ]  # fmt: skip
    return Paper(
        DutyKind.RECORD,
        language,
        f"Verzeichnis von Verarbeitungstätigkeiten, {space.name}",
        "Nach Artikel 30 der Datenschutz-Grundverordnung, aus den geltenden Einstellungen",
        tuple(parts),
        f"Angaben fehlen noch: {', '.join(controller.missing)}." if controller.missing else "",
    )


def _risks(space: Space, does: Practice) -> tuple[tuple[str, ...], tuple[str, ...]]:
    if not does.risks:
        return ("Keine.",), ()
    reasons = {
        "uid": (space.access.uid_cards_reason if space.access else "") or "keine",
        "shown": space.public_detail_reason or "keine",
        "exits": (space.access.exits_reason if space.access else "") or "keine",
    }
    return (), tuple(RISKS[code].format(**reasons) for code in does.risks)
