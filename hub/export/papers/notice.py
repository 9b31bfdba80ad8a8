"""The notice of Art. 13 GDPR for members and visitors of a space (requirement P4)."""

from typing import Final

from hub.domain.duties import Basis, DutyKind, Paper, Part
from hub.export.papers.words import SENSORS, answers, kept_rows, said

_WARNING: Final = {
    "de": "Der Betreiber hat noch nicht alles angegeben. Was fehlt, steht unten in eckigen Klammern.",
    "en": "The operator has not stated everything yet. What is missing stands in square brackets below.",
}


def notice(basis: Basis) -> Paper:
    """Return the notice."""
    title, lead, parts = _german(basis) if basis.language == "de" else _english(basis)
    warning = _WARNING[basis.language] if basis.controller.missing else ""
    return Paper(DutyKind.NOTICE, basis.language, title, lead, parts, warning)


def _german(basis: Basis) -> tuple[str, str, tuple[Part, ...]]:
    does, controller = basis.does, basis.controller
    sees = ", ".join(SENSORS["de"][kind] for kind in does.sensors)
    parts = [
        Part("Wer verantwortlich ist", answers(controller, "de")),
        Part("Datenschutzbeauftragte Person", (said(controller.officer, "de"),)),
    ]
    if does.sensors:
        parts.append(
            Part(
                "Was die Sensoren messen",
                (
                    f"An Plätzen stehen {sees}. Sie melden nur, ob ein Platz benutzt wird: ja oder nein.",
                    "Sie haben keine Kamera und kein Mikrofon.",
                    "Sie wissen nicht, wer da ist, und kein Name wird dazu gespeichert.",
                ),
            )
        )
    parts += [
        Part(
            "Welche Daten wozu und wie lange",
            head=("Daten", "Wozu", "Rechtsgrundlage", "Wie lange"),
            rows=kept_rows(basis),
        ),
        Part(
            "Wer Daten erhält",
            (
                "Wer den Raum betreut, sieht gebuchte Namen und den Stand des Tages.",
                "In das Türprotokoll sieht nur, wer einen Grund angibt; der Einblick wird selbst protokolliert.",
                "Arbeitgeber erhalten nie Zeiten.",
                f"Außerhalb: {controller.recipients or 'niemand'}. Daten gehen in kein Land außerhalb der EU.",
            ),
        ),
        Part(
            "Ihre Rechte",
            ("Sie können verlangen:",),
            (
                "Auskunft und eine Kopie Ihrer Daten (Art. 15, 20 DSGVO): auf Ihrer Seite unter „Meine Daten“",
                "Berichtigung (Art. 16)",
                "Löschung (Art. 17): ebenso unter „Meine Daten“; veröffentlichte Zahlen bleiben, sie zeigen niemanden",
                "Einschränkung (Art. 18)",
                "Widerspruch, etwa gegen freiwillige Statistik (Art. 21)",
                f"Beschwerde bei der Aufsichtsbehörde: {said(controller.authority, 'de')}",
            ),
        ),
        Part(
            "Was Sie angeben müssen",
            (
                "Ohne Namen und Kontakt ist keine Mitgliedschaft möglich. Alles andere ist freiwillig.",
                "Über Sie entscheidet kein Automat: Türen öffnen nach Regeln, die Sie auf Ihrer Seite sehen.",
            ),
        ),
    ]
    return (
        f"Datenschutzhinweise, {basis.space.name}",
        "Nach Artikel 13 der Datenschutz-Grundverordnung",
        tuple(parts),
    )


def _english(basis: Basis) -> tuple[str, str, tuple[Part, ...]]:
    does, controller = basis.does, basis.controller
    sees = ", ".join(SENSORS["en"][kind] for kind in does.sensors)
    parts = [
        Part("Who answers", answers(controller, "en")),
        Part("Data protection officer", (said(controller.officer, "en"),)),
    ]
    if does.sensors:
        parts.append(
            Part(
                "What the sensors measure",
                (
                    f"At desks there are {sees}. They tell only whether a desk is in use: yes or no.",
                    "They have no camera and no microphone.",
                    "They do not know who is there, and nobody's name is kept with it.",
                ),
            )
        )
    parts += [
        Part(
            "Which data, for what, and for how long",
            head=("Data", "For what", "Legal basis", "For how long"),
            rows=kept_rows(basis),
        ),
        Part(
            "Who receives data",
            (
                "Hosts of the space see booked names and how the day stands.",
                "Only who gives a reason sees the door log, and looking is logged itself.",
                "Employers never receive times.",
                f"Outside: {controller.recipients or 'nobody'}. No data leave the EU.",
            ),
        ),
        Part(
            "Your rights",
            ("You may ask for:",),
            (
                "access and a copy of your data (Art. 15, 20 GDPR): on your page under “My data”",
                "rectification (Art. 16)",
                "erasure (Art. 17): also under “My data”; published figures stay, they show nobody",
                "restriction (Art. 18)",
                "objection, such as to optional statistics (Art. 21)",
                f"complaint to the supervisory authority: {said(controller.authority, 'en')}",
            ),
        ),
        Part(
            "What you must state",
            (
                "Without name and contact there is no membership. All else is voluntary.",
                "No machine decides about you: doors open by rules that you see on your page.",
            ),
        ),
    ]
    return (
        f"Privacy notice, {basis.space.name}",
        "Article 13 of the General Data Protection Regulation",
        tuple(parts),
    )
