"""Fills in the texts of letters: one file for each kind, language and tone, in `templates/`.

The first line of a file is the subject, the rest the text. Texts are plain: a letter that anyone can read, on any
device, with any program. Dates and times are those of the space, in the language of the letter.
"""

import unicodedata
from dataclasses import asdict
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import Final, NamedTuple

from babel.dates import format_date, format_time
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from hub.domain.calendar_files import WHOLE_SPACE, in_words
from hub.domain.letters import Letter, kind_of
from hub.domain.mail import Tone
from hub.domain.statistics.figures import REGISTRY
from hub.domain.time import to_local

FOLDER: Final = Path(__file__).parent / "templates"
LANGUAGES: Final = ("de", "en")
MAX_SUBJECT: Final = 150
_LOCALES: Final = {"de": "de_DE", "en": "en_GB"}


class Text(NamedTuple):
    """A letter in words."""

    subject: str
    body: str


def letter_text(letter: Letter, *, name: str, language: str, tone: Tone, base: str, end: str = "") -> Text:
    """Return a letter in words.

    Args:
        name: whom it greets; empty for nobody by name.
        language: `de` or `en`.
        base: beginning of the addresses of pages (`https://plaetze.example.org`).
        end: address that ends its topic; empty for a letter that is necessary.
    """
    facts = {field: getattr(letter, field) for field in asdict(letter)}
    if "stay" in facts:
        facts["stay"] = in_words(facts["stay"], language)
        facts["more"] = [in_words(one, language) for one in facts.get("more", ())]
        facts["old_place"] = facts.get("old_place") or WHOLE_SPACE[language]
    path = str(facts.get("path", ""))
    words = {**facts, "name": one_line(name), "link": base + path, "base": base, "end": end}
    template = _texts(language).get_template(f"{_folder(language, tone)}/{kind_of(letter).value}.txt")
    subject, _, body = template.render(words).strip().partition("\n")
    return Text(one_line(subject)[:MAX_SUBJECT], body.strip() + "\n")


def one_line(text: str) -> str:
    """Return a text on one line, without what can't be seen."""
    seen = "".join(" " if unicodedata.category(c) in ("Cc", "Cf", "Zl", "Zp") else c for c in text)
    return " ".join(seen.split())


def _folder(language: str, tone: Tone) -> str:
    # English has one way to address somebody.
    return f"de/{tone.value}" if language == "de" else "en"


@lru_cache(maxsize=len(LANGUAGES))
def _texts(language: str) -> Environment:
    # Plain text: there is nothing to escape, and what comes from people is on one line.
    made = Environment(  # noqa: S701
        loader=FileSystemLoader(FOLDER), undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True,
        keep_trailing_newline=True, finalize=lambda value: one_line(value) if isinstance(value, str) else value,
    )  # fmt: skip
    locale = _LOCALES[language]

    def day(at_us: int, zone: str) -> str:
        return format_date(
            to_local(at_us, zone), "EEEE, d. MMMM y" if language == "de" else "EEEE d MMMM y", locale
        )

    def clock(at_us: int, zone: str) -> str:
        told = _clock(to_local(at_us, zone), locale)
        return f"{told} Uhr" if language == "de" else told

    def span(start_us: int, end_us: int, zone: str) -> str:
        start, end = to_local(start_us, zone), to_local(end_us, zone)
        joined = "bis" if language == "de" else "to"
        if start.date() == end.date():
            begins = day(start_us, zone)
            return f"{begins}, {_clock(start, locale)} {joined} {clock(end_us, zone)}"
        first = f"{day(start_us, zone)}, {clock(start_us, zone)}"
        return f"{first} {joined} {day(end_us, zone)}, {clock(end_us, zone)}"

    def date(at_us: int, zone: str) -> str:
        return format_date(to_local(at_us, zone), "dd.MM.y" if language == "de" else "d MMM y", locale)

    def figure(id_: str) -> str:
        found = REGISTRY.get(id_)
        return id_ if found is None else found.name_de if language == "de" else found.name_en

    made.globals.update(day=day, clock=clock, span=span, date=date, figure=figure)
    return made


def _clock(moment: datetime, locale: str) -> str:
    return format_time(moment, "HH:mm", locale=locale)
