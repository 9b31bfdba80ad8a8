"""The statement on accessibility (requirement A10): the model of (EU) 2018/1523, filled in from the settings."""

from hub.domain.duties import Basis, Controller, DutyKind, Paper, Part, Practice
from hub.domain.space import Space
from hub.export.papers.words import day_text, said


def statement(basis: Basis) -> Paper:
    """Return the statement; it claims no conformity that nobody tested."""
    controller, language = basis.controller, basis.language
    checked = controller.checked_by and controller.checked_on
    if language == "de":
        title, lead, parts = _german(basis.space, basis.does, controller)
        warning = (
            ""
            if checked
            else "Diese Seiten hat noch niemand mit Namen geprüft. Die Erklärung ist ein Entwurf."
        )
    else:
        title, lead, parts = _english(basis.space, basis.does, controller)
        warning = "" if checked else "Nobody has tested these pages by name yet. This statement is a draft."
    return Paper(DutyKind.ACCESSIBILITY, language, title, lead, parts, warning)


def _german(space: Space, does: Practice, controller: Controller) -> tuple[str, str, tuple[Part, ...]]:
    if controller.checked_by and controller.checked_on:
        made = f"Geprüft von {controller.checked_by} am {day_text(controller.checked_on, 'de')}."
        state = (
            "Die Seiten sind teilweise mit den Anforderungen vereinbar. Was noch fehlt, steht unten."
            if controller.gaps
            else "Bei der Prüfung wurde nichts gefunden, das den Anforderungen widerspricht."
        )
    else:
        made = "Eine Prüfung durch eine benannte Person steht noch aus. Programme prüfen jede Änderung der Seiten."
        state = "Ob die Seiten mit den Anforderungen vereinbar sind, ist noch nicht festgestellt."
    parts = (
        Part(
            "Wofür diese Erklärung gilt",
            (
                (
                    f"Für die Seiten von {space.name}, auf denen Sie freie Plätze sehen, buchen und Zahlen lesen, "
                    "und für die PDF-Dateien dort. Maßstab ist die BITV 2.0 "
                    "mit EN 301 549 V3.2.1, also WCAG 2.1 Stufe AA."
                ),
            ),
        ),
        Part("Stand", (state,)),
        Part(
            "Was nicht barrierefrei ist", () if controller.gaps else ("Bekannt ist nichts.",), controller.gaps
        ),
        Part(
            "Was statt der Bilder da ist",
            (
                "Grundriss und Diagramme haben eine Tabelle mit demselben Inhalt. Alles geht auch ohne JavaScript.",
            )
            + (
                ("An der Tür zeigen Licht und Ton dasselbe, an Mustern zu erkennen und nicht an der Farbe.",)
                if does.has_doors
                else ()
            ),
        ),
        Part("Wie sie entstand", (made,)),
        Part(
            "Barriere melden",
            (
                "Sie brauchen dafür keine Anmeldung. Wir antworten innerhalb von sechs Wochen.",
                said(controller.accessibility_contact, "de"),
            ),
        ),
        Part(
            "Schlichtung",
            (
                "Hilft unsere Antwort nicht, vermittelt diese Stelle kostenlos:",
                said(controller.enforcement, "de"),
            ),
        ),
    )
    return "Erklärung zur Barrierefreiheit", space.name, parts


def _english(space: Space, does: Practice, controller: Controller) -> tuple[str, str, tuple[Part, ...]]:
    if controller.checked_by and controller.checked_on:
        made = f"Tested by {controller.checked_by} on {day_text(controller.checked_on, 'en')}."
        state = (
            "The pages conform in part. What is missing stands below."
            if controller.gaps
            else "The test found nothing against the requirements."
        )
    else:
        made = "A test by a named person is still to come. Programs test every change of the pages."
        state = "Whether the pages conform has not been established yet."
    parts = (
        Part(
            "What this statement is about",
            (
                (
                    f"The pages of {space.name}, on which you see free desks, book and read figures, and the PDF files "
                    "there. The measure is BITV 2.0 with EN 301 549 V3.2.1, which is WCAG 2.1 level AA."
                ),
            ),
        ),
        Part("How it stands", (state,)),
        Part("What is not accessible", () if controller.gaps else ("Nothing is known.",), controller.gaps),
        Part(
            "What there is beside pictures",
            ("Floor plan and charts have a table that says the same. All works without JavaScript.",)
            + (
                ("At the door light and sound say the same, told apart by patterns and not by colour.",)
                if does.has_doors
                else ()
            ),
        ),
        Part("How it was made", (made,)),
        Part(
            "Tell us of a barrier",
            (
                "You need not sign in. We answer within six weeks.",
                said(controller.accessibility_contact, "en"),
            ),
        ),
        Part(
            "Arbitration",
            (
                "If our answer does not help, this body mediates free of charge:",
                said(controller.enforcement, "en"),
            ),
        ),
    )
    return "Accessibility statement", space.name, parts
