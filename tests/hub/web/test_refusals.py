"""Every rule that says no has words for people, in both languages, with all that they name."""

import inspect
import re
from dataclasses import replace
from datetime import date, time
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

import hub
from hub.domain import booking_refusals
from hub.domain.booking_refusals import (
    BookingRefused,
    DeskTaken,
    InvalidSeries,
    NoMembership,
    TooFarAhead,
    TwoDesksAtOnce,
)
from hub.domain.series import Frequency, SeriesRule, expand
from hub.web.language import speaking
from hub.web.refusals import TEXTS, refusal_text

ROOT = Path(hub.__file__).parent
COMMAND_LINE_ONLY = {
    "column_twice", "known_card", "no_csv", "no_rows", "no_text", "not_trusted", "refused",
    "too_many_rows", "unknown_column", "unknown_device",
}  # fmt: skip
"""Codes that only commands meet, which show the text itself."""
START_US = 1_795_075_200_000_000
HOUR_US = 3_600_000_000


def codes() -> set[str]:
    """Return every code that stands in the source as such."""
    sources = [
        *(ROOT / "domain").glob("*.py"),
        *(ROOT / "domain" / "statistics").glob("*.py"),
        *(ROOT / "services").glob("*.py"),
        *(ROOT / "storage").glob("*.py"),
    ]
    return {code for path in sources for code in re.findall(r'code="([a-z_]+)"', path.read_text("utf-8"))}


def test_every_code_has_words() -> None:
    states = {f"is_{state}" for state in ("booked", "checked_in", "cancelled", "released_no_show")}
    assert codes() | states | {"desk_taken", "desk_taken_now"} <= set(TEXTS) | COMMAND_LINE_ONLY


def instances() -> list[BookingRefused]:
    """Return one refusal of each class, with something for each of its values."""
    samples: dict[str, Any] = {
        "int": START_US, "str": "2026-11-19", "Sequence[str]": ["2026-11-19"], "desk": "f1", "zone": "Europe/Berlin",
        "state": "booked", "code": "invalid_series",
    }  # fmt: skip
    found = []
    for _, kind in inspect.getmembers(booking_refusals, inspect.isclass):
        if issubclass(kind, BookingRefused) and kind is not BookingRefused:
            wanted = inspect.signature(kind).parameters.values()
            values = [
                samples.get(
                    one.name, samples.get(getattr(one.annotation, "__name__", str(one.annotation)), ["x"])
                )
                for one in wanted
            ]
            found.append(kind(*values))
    return found


@pytest.mark.parametrize("language", ["de", "en"])
def test_all_that_words_name_is_in_the_refusal(app: Flask, language: str) -> None:
    with speaking(app, language):
        for refusal in instances():
            text = refusal_text(refusal)
            assert "%(" not in text
            assert text != str(refusal), f"{refusal.code} has no words"


def test_moments_are_those_of_the_spaces_clock(app: Flask) -> None:
    refused = DeskTaken("f1", START_US, START_US + HOUR_US, "Europe/Berlin", "Fenster 1")
    whole = TwoDesksAtOnce("f1", START_US, START_US + 15 * HOUR_US, "Europe/Berlin", "Fenster 1")
    with speaking(app, "de"):
        assert "Fenster 1 ist von 19.11.2026, 09:00 bis 19.11.2026, 10:00 vergeben" in refusal_text(refused)
        assert "Fenster 1 ist von 19.11.2026, 09:00 bis 19.11.2026, 24:00 schon gebucht" in refusal_text(
            whole
        )
        ahead = TooFarAhead(7, START_US + 15 * HOUR_US, "Europe/Berlin")
        assert "Spätestens geht 19.11.2026, 24:00." in refusal_text(ahead)
        assert "Am 19.11.2026 gilt keine" in refusal_text(NoMembership("Mölln", "2026-11-19"))
    with speaking(app, "en"):
        assert "at most. The latest is 19 November 2026, 03:00." in refusal_text(
            TooFarAhead(7, START_US, "America/New_York")
        )


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"ends": time(8)}, "Das Ende muss hinter dem Beginn liegen"),
        ({"last": date(2028, 11, 18)}, "höchstens 400 Tage"),
        ({"last": date(2026, 11, 18)}, "kein solcher Tag"),
        ({"frequency": Frequency.WEEKLY}, "mindestens einen Wochentag"),
        ({"interval": 0}, "wie oft und an welchen Wochentagen"),
        (
            {"first": date(2027, 3, 28), "last": date(2027, 3, 28), "starts": time(2), "ends": time(3)},
            "umgestellt",
        ),
    ],
    ids=["hours", "too many days", "days", "no weekday", "interval", "clocks"],
)
def test_of_a_series_it_is_told_what_is_wrong(app: Flask, changed: dict[str, Any], words: str) -> None:
    rule = SeriesRule(Frequency.DAILY, date(2026, 11, 19), date(2026, 11, 26), time(9), time(12))
    with pytest.raises(InvalidSeries) as refused:
        expand(replace(rule, **changed), "Europe/Berlin")
    with speaking(app, "de"):
        assert words in refusal_text(refused.value)
