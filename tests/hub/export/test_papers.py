"""Papers that the law asks for: they tell what a space does and what nobody decided, and are accessible documents."""

import re
from dataclasses import replace
from datetime import date

import pytest

from hub.domain.duties import Controller, DutyKind, Kept, Paper
from hub.domain.space import Desk, Door, Phase, PublicDetail, Space, SpaceAccess, SpaceBookings, SpaceKind
from hub.export.papers import paper
from hub.export.papers.setting import paper_pdf

SPACE = Space(
    "moelln", "moelln", "Clubheim Mölln", SpaceKind.CLUB, Phase.OPERATION, date(2022, 4, 1),
    controller="Sportverein Mölln e. V.", doors=(Door("vorn", "Haupteingang"),),
    desks=(Desk("s1", "Saal 1", sensor="pir", device="pi"), Desk("s2", "Saal 2")),
)  # fmt: skip
BARE = replace(SPACE, doors=(), desks=(Desk("s2", "Saal 2"),), bookings=SpaceBookings(bookable=False))
NOBODY = Controller("Sportverein Mölln e. V.")
SOMEBODY = Controller(
    "Sportverein Mölln e. V.", "Am Sportplatz 5", "verein@example.org", "Dr. Jo Beispiel", "ULD (Beispiel)",
    "Art. 6 (1) b DSGVO", "Art. 6 (1) b DSGVO", "Art. 6 (1) f DSGVO", "Einwilligung",
    accessibility_contact="barrieren@example.org", enforcement="Schlichtung (Beispiel)",
)  # fmt: skip
KEPT = Kept(door_log_days=21)


def made(
    kind: DutyKind, space: Space = SPACE, controller: Controller = SOMEBODY, language: str = "de"
) -> Paper:
    return paper(kind, space, controller, KEPT, language, has_mail=True)


def text(found: Paper) -> str:
    """Return all words of a paper."""
    words = [found.title, found.lead, found.warning]
    for part in found.parts:
        words += [
            part.heading,
            *part.paragraphs,
            *part.points,
            *part.head,
            *(cell for row in part.rows for cell in row),
        ]
    return "\n".join(words)


@pytest.mark.parametrize("kind", DutyKind)
@pytest.mark.parametrize("language", ["de", "en"])
def test_each_paper_is_an_accessible_document_and_the_same_each_time(kind: DutyKind, language: str) -> None:
    found = made(kind, language=language)
    pdf = paper_pdf(found, SPACE.controller, "Seite")
    assert re.search(rb"pdfuaid:part>\s*1", pdf)
    assert f"/Lang({found.language})".encode() in pdf
    assert pdf == paper_pdf(found, SPACE.controller, "Seite")


@pytest.mark.parametrize("kind", DutyKind)
def test_what_nobody_decided_is_said_and_never_made_up(kind: DutyKind) -> None:
    lacking, full = text(made(kind, controller=NOBODY)), text(made(kind))
    assert "[noch nicht angegeben]" in lacking
    assert "[noch nicht angegeben]" not in full
    assert "Art. 6" not in lacking, "a legal basis is an operator's decision"


def test_P4_the_notice_tells_terms_and_sensors_as_they_are_set() -> None:  # noqa: N802
    notice = text(made(DutyKind.NOTICE))
    assert "21 Tage; einzelne Einträge länger" in notice
    assert "Bewegungsmelder" in notice
    assert "Radarsensoren" not in notice
    assert "ULD (Beispiel)" in notice
    english = text(made(DutyKind.NOTICE, language="en"))
    assert "21 days; single entries longer" in english
    bare = text(made(DutyKind.NOTICE, BARE))
    for word in (
        "Türprotokoll: welche",
        "Buchungen mit Ihrem Namen",
        "Was die Sensoren messen",
        "Belegung von Plätzen",
    ):
        assert word in notice
        assert word not in bare


def test_P6_the_record_names_settings_that_raise_the_risk_with_their_reason() -> None:  # noqa: N802
    assert "Keine." in text(made(DutyKind.RECORD))
    daring = replace(
        SPACE,
        public_detail=PublicDetail.DESKS,
        public_detail_reason="Alle Nutzenden sind einverstanden",
        access=SpaceAccess(uid_cards=True, uid_cards_reason="Alte Vereinskarten", phone_opening=True),
    )
    record = text(made(DutyKind.RECORD, daring))
    assert "Alte Vereinskarten" in record
    assert "Alle Nutzenden sind einverstanden" in record
    assert "mit dem Telefon" in record


def test_P2_a_space_that_logs_exits_says_so_and_why() -> None:  # noqa: N802
    logs = replace(SPACE, access=SpaceAccess(exits_reason="Die Feuerwehr fragt danach"))
    assert "nur Eintritt" in text(made(DutyKind.NOTICE))
    notice, record = text(made(DutyKind.NOTICE, logs)), text(made(DutyKind.RECORD, logs))
    assert "beim Kommen und beim Gehen" in notice
    assert "ohne Uhrzeit" in notice
    assert "nur Eintritt" not in notice
    assert "Die Feuerwehr fragt danach" in record
    assert "der Austritt nicht" not in record
    begun = text(made(DutyKind.ASSESSMENT, logs))
    assert "wie lange jemand da war" in begun
    assert "kein Austritt" not in begun
    assert "kein Austritt" in text(made(DutyKind.ASSESSMENT))


def test_A10_A11_what_no_named_person_tested_is_marked() -> None:  # noqa: N802
    assert "Entwurf" in made(DutyKind.ACCESSIBILITY).warning
    assert "noch nicht geprüft" in made(DutyKind.EASY).warning
    tested = replace(
        SOMEBODY, checked_by="Kim Muster", checked_on=date(2026, 5, 4), easy_checked_by="Prüfgruppe Mölln",
        easy_checked_on=date(2026, 6, 1), gaps=("Der Grundriss ist ein Bild; daneben steht eine Tabelle.",),
    )  # fmt: skip
    statement, easy = made(DutyKind.ACCESSIBILITY, controller=tested), made(DutyKind.EASY, controller=tested)
    assert (statement.warning, easy.warning) == ("", "")
    assert "Kim Muster am 04.05.2026" in text(statement)
    assert "teilweise" in text(statement)
    assert "Der Grundriss ist ein Bild" in text(statement)
    assert "Geprüft von Prüfgruppe Mölln am 01.06.2026." in text(easy)


def test_A11_sentences_in_leichte_sprache_are_short() -> None:  # noqa: N802
    found = made(DutyKind.EASY)
    sentences = [words for part in found.parts for words in part.paragraphs]
    assert max(len(sentence.split()) for sentence in sentences) <= 12
