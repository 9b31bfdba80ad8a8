"""The words of the pages: one sentence for each situation, in German and English."""

from collections.abc import Iterator
from datetime import date, time
from typing import Any

import pytest
from flask import Flask

from hub.domain.occupancy import Counts, DeskState, DeskView, Trouble
from hub.domain.space import Desk, OpeningPeriod, Phase, Space, SpaceKind
from hub.domain.time import opening_at
from hub.web.language import speaking
from hub.web.wording import besides, day_text, life_text, opening_line, sentence, trouble_note
from tests.hub.web.fakes import TUESDAY_MORNING_US as NOW_US

MINUTE_US = 60_000_000
DAY_US = 24 * 60 * MINUTE_US


@pytest.fixture
def _in_german(app: Flask) -> Iterator[None]:
    with speaking(app, "de"):
        yield


@pytest.fixture
def _in_english(app: Flask) -> Iterator[None]:
    with speaking(app, "en"):
        yield


def space(*opening: tuple[int, str, str], **changed: Any) -> Space:
    periods = tuple(
        OpeningPeriod(day, time.fromisoformat(opens), time.fromisoformat(closes))
        for day, opens, closes in opening
    )
    values = {"valid_from": date(2024, 1, 1), "opening": periods, **changed}
    return Space("s", "t", "Ort", SpaceKind.COWORKING, Phase.OPERATION, **values)


# free, occupied, unknown, out of service
SENTENCES = [
    ("some free", Counts(3, 7, 0, 0), "3 von 10 Plätzen frei", "3 of 10 desks free"),
    ("unknown is never free", Counts(3, 7, 2, 0), "3 von 12 Plätzen frei", "3 of 12 desks free"),
    ("none free", Counts(0, 4, 0, 0), "0 von 4 Plätzen frei", "0 of 4 desks free"),
    ("a single desk", Counts(1, 0, 0, 0), "1 von 1 Platz frei", "1 of 1 desk free"),
    ("out of service does not count", Counts(2, 2, 0, 3), "2 von 4 Plätzen frei", "2 of 4 desks free"),
    (
        "nothing known",
        Counts(0, 0, 5, 0),
        "Belegung zurzeit nicht bekannt",
        "Occupancy not known at the moment",
    ),
    (
        "nothing known, one out",
        Counts(0, 0, 5, 1),
        "Belegung zurzeit nicht bekannt",
        "Occupancy not known at the moment",
    ),
    ("no count", None, "Belegung zurzeit nicht bekannt", "Occupancy not known at the moment"),
    (
        "all out of service",
        Counts(0, 0, 0, 2),
        "Zurzeit ist kein Platz in Betrieb",
        "No desk in service at the moment",
    ),
    ("no desks", Counts(0, 0, 0, 0), "Noch keine Plätze eingerichtet", "No desks set up yet"),
]


@pytest.mark.usefixtures("_in_german")
@pytest.mark.parametrize(
    ("counts", "said"), [row[1:3] for row in SENTENCES], ids=[str(row[0]) for row in SENTENCES]
)
def test_one_german_sentence_says_the_state(counts: Counts | None, said: str) -> None:
    assert sentence(counts) == said


@pytest.mark.usefixtures("_in_english")
@pytest.mark.parametrize(
    ("counts", "said"), [row[1::2] for row in SENTENCES], ids=[str(row[0]) for row in SENTENCES]
)
def test_one_english_sentence_says_the_state(counts: Counts | None, said: str) -> None:
    assert sentence(counts) == said


@pytest.mark.usefixtures("_in_german")
@pytest.mark.parametrize(
    ("counts", "said"),
    [
        (Counts(3, 7, 2, 0), "2 unbekannt"),
        (Counts(3, 7, 0, 4), ""),
        pytest.param(Counts(0, 0, 5, 1), "", id="the sentence says it already"),
        (None, ""),
    ],
)
def test_unknown_desks_are_counted_apart(counts: Counts | None, said: str) -> None:
    assert besides(counts) == said


# NOW_US is Tuesday, 17 November 2026, 10:15:30 in Berlin.
OPENINGS: list[tuple[str, Space, str]] = [
    ("open", space((1, "08:00", "18:00")), "Geöffnet bis 18:00 Uhr"),
    ("a break at noon", space((1, "08:00", "12:00"), (1, "13:00", "18:00")), "Geöffnet bis 12:00 Uhr"),
    ("until midnight", space((1, "08:00", "00:00")), "Geöffnet bis 24:00 Uhr"),
    (
        "over midnight",
        space((1, "08:00", "00:00"), (2, "00:00", "02:00")),
        "Geöffnet bis morgen, 02:00 Uhr",
    ),
    ("always", space(*[(day, "00:00", "00:00") for day in range(7)]), "Rund um die Uhr geöffnet"),
    ("later today", space((1, "14:00", "18:00")), "Geschlossen, öffnet heute um 14:00 Uhr"),
    ("tomorrow", space((2, "09:00", "18:00")), "Geschlossen, öffnet morgen um 09:00 Uhr"),
    ("on Friday", space((4, "09:00", "18:00")), "Geschlossen, öffnet am Freitag um 09:00 Uhr"),
    ("a week ahead", space((1, "08:00", "10:00")), "Geschlossen, öffnet am 24.11.2026 um 08:00 Uhr"),
    (
        "a closing day",
        space((1, "08:00", "18:00"), (2, "08:00", "18:00"), closed_on=(date(2026, 11, 17),)),
        "Geschlossen, öffnet morgen um 08:00 Uhr",
    ),
    (
        "not yet born",
        space((1, "08:00", "18:00"), valid_from=date(2026, 12, 1)),
        "Geschlossen, öffnet am 01.12.2026 um 08:00 Uhr",
    ),
    (
        "a pop-up that is over",
        space((1, "08:00", "18:00"), valid_to=date(2026, 11, 16)),
        "Endgültig geschlossen seit 17.11.2026",
    ),
    ("its last day", space((1, "08:00", "18:00"), valid_to=date(2026, 11, 17)), "Geöffnet bis 18:00 Uhr"),
    ("no hours", space(), "Keine Öffnungszeiten angegeben"),
    (
        "closed for months",
        space((1, "08:00", "18:00"), valid_from=date(2028, 1, 1)),
        "Geschlossen",
    ),
]


@pytest.mark.usefixtures("_in_german")
@pytest.mark.parametrize(("where", "said"), [row[1:] for row in OPENINGS], ids=[row[0] for row in OPENINGS])
def test_a_line_says_until_when_or_when_next(where: Space, said: str) -> None:
    assert opening_line(where, opening_at(where, NOW_US), NOW_US) == said


@pytest.mark.usefixtures("_in_english")
def test_the_same_in_english() -> None:
    where = space((4, "09:00", "18:00"))
    line = opening_line(where, opening_at(where, NOW_US), NOW_US)
    assert line == "Closed, opens on Friday at 09:00"


@pytest.mark.usefixtures("_in_german")
@pytest.mark.parametrize(
    ("trouble", "since_us", "said"),
    [
        (Trouble.DEVICE_LOST, NOW_US - 13 * MINUTE_US, "Sensor meldet sich nicht seit 10:02"),
        (Trouble.STALE, NOW_US - 13 * MINUTE_US, "Sensor meldet sich nicht seit 10:02"),
        (Trouble.DEVICE_LOST, NOW_US - DAY_US, "Sensor meldet sich nicht seit 16.11.2026, 10:15"),
        (Trouble.DEVICE_OFFLINE, NOW_US, "Sensor ausgeschaltet seit 10:15"),
        (Trouble.STUCK, NOW_US, "Sensor hängt seit 10:15"),
        (Trouble.SILENT, NOW_US, "Sensor ungewöhnlich lange still seit 10:15"),
        (Trouble.UNPLUGGED, None, "Sensor abgezogen"),
        (Trouble.NO_DATA, None, "Sensor hat sich noch nicht gemeldet"),
        (Trouble.NO_SENSOR, None, "hat keinen Sensor"),
        (Trouble.NONE, NOW_US, ""),
    ],
)
def test_trouble_is_said_in_words_with_its_beginning(
    trouble: Trouble, since_us: int | None, said: str
) -> None:
    view = DeskView(Desk("d", "Platz"), DeskState.UNKNOWN, trouble, since_us)
    assert trouble_note(view, space(), NOW_US) == said


@pytest.mark.usefixtures("_in_german")
@pytest.mark.parametrize("trouble", Trouble)
def test_every_trouble_has_words(trouble: Trouble) -> None:
    view = DeskView(Desk("d", "Platz"), DeskState.UNKNOWN, trouble)
    assert bool(trouble_note(view, space(), NOW_US)) is (trouble is not Trouble.NONE)


@pytest.mark.usefixtures("_in_english")
def test_dates_are_written_as_the_language_writes_them() -> None:
    assert day_text(date(2022, 10, 24)) == "24 October 2022"
    assert life_text(space(valid_to=date(2027, 1, 31)), NOW_US) == "until 31 January 2027"
