"""The page in Leichte Sprache (requirement A11): short sentences, one thought each."""

from typing import Final

from hub.domain.duties import Basis, Controller, DutyKind, Paper, Part
from hub.export.papers.words import day_text, said


def easy(basis: Basis) -> Paper:
    """Return what the space is and does, in Leichte Sprache."""
    space, does, controller, language = basis.space, basis.does, basis.controller, basis.language
    parts = [
        Part(
            "Was ist das hier?",
            (
                f"Dieser Ort heißt: {space.name}.",
                "Hier können Menschen arbeiten.",
                "Es gibt Tische und Stühle.",
                "Einen Tisch zum Arbeiten nennen wir: Platz.",
            ),
        )
    ]
    if does.has_doors:
        parts.append(
            Part(
                "Wie komme ich hinein?",
                (
                    "Sie bekommen eine Karte.",
                    "Halten Sie die Karte an den Leser an der Tür.",
                    "Leuchtet das Licht grün? Dann ist die Tür offen.",
                    "Leuchtet das Licht rot? Dann fragen Sie bitte einen Menschen.",
                ),
            )
        )
    if does.is_bookable:
        parts.append(
            Part(
                "Wie bekomme ich einen Platz?",
                (
                    "Sie können einen Platz buchen.",
                    "Buchen heißt: Der Platz ist dann für Sie frei.",
                    "Sie buchen im Internet.",
                    "Oder Sie fragen jemanden vor Ort.",
                ),
            )
        )
    if does.sensors:
        parts.append(
            Part(
                "Was merken die Geräte?",
                (
                    "An den Plätzen sind kleine Geräte.",
                    "Die Geräte merken: Ist jemand am Platz?",
                    "Die Geräte merken nicht: Wer ist da?",
                    "Es gibt keine Kamera.",
                    "Niemand hört zu.",
                ),
            )
        )
    keeps = ["Wir schreiben auf: Ihren Namen und wie wir Sie erreichen."]
    if does.has_doors:
        keeps += [
            "Wir schreiben auch auf: Wann hat Ihre Karte die Tür geöffnet?",
            f"Das löschen wir nach {basis.kept.door_log_days} Tagen.",
        ]
    keeps += [
        "Sie dürfen fragen: Was haben Sie über mich aufgeschrieben?",
        "Sie dürfen sagen: Bitte löschen Sie alles.",
    ]
    parts += [
        Part("Was schreiben wir auf?", tuple(keeps)),
        Part(
            "Wer hilft mir?",
            (
                f"Verantwortlich ist: {said(controller.name, language)}.",
                f"So erreichen Sie uns: {said(controller.contact, language)}",
                "Finden Sie etwas schwer? Bitte sagen Sie es uns.",
            ),
        ),
    ]
    return Paper(
        DutyKind.EASY,
        language,
        f"{space.name} in Leichter Sprache",
        " ".join(("Hier steht das Wichtigste in einfachen Sätzen.", _checked(controller))).strip(),
        tuple(parts),
        "" if _checked(controller) else _UNCHECKED,
    )


def _checked(controller: Controller) -> str:
    if not controller.easy_checked_by or controller.easy_checked_on is None:
        return ""
    return f"Geprüft von {controller.easy_checked_by} am {day_text(controller.easy_checked_on, 'de')}."


_UNCHECKED: Final = "Diesen Text hat noch keine Prüf-Gruppe gelesen. Er ist noch nicht geprüft."
