"""What is wrong with the form of a request to the API, in words: msgspec says it in English, and in its own terms."""

import re
from typing import Final

from hub.web.language import N_, gettext

MOST_LETTERS: Final = 300

_WORDS: Final[tuple[tuple[re.Pattern[str], str], ...]] = tuple(
    (re.compile(pattern), message)
    for pattern, message in (
        (r"Object missing required field `(?P<field>.*)`", N_("The field %(field)s is missing.")),
        (r"Object contains unknown field `(?P<field>.*)`", N_("The field %(field)s is not known here.")),
        (r"`(?P<field>.*)` stands twice in one object", N_("The field %(field)s stands there twice.")),
        (r"Invalid enum value (?P<value>.*)", N_("%(value)s is none of the values that are known here.")),
        (r"Invalid RFC3339 encoded datetime", N_("A moment is written as 2026-03-02T09:00:00+01:00.")),
        (r"Invalid RFC3339 encoded date", N_("A day is written as 2026-03-02.")),
        (r"Expected `(?P<wanted>.*)`, got `(?P<found>.*)`", N_("Asked for is %(wanted)s, and %(found)s was sent.")),
        (r"Expected `.*` of length <= (?P<most>\d+)", N_("That is too long: %(most)s is the most.")),
        (r"Expected `.*` of length >= (?P<least>\d+)", N_("That is too short: %(least)s is the least.")),
        (r"Expected `.*` matching regex (?P<form>.*)", N_("It has not the form %(form)s.")),
        (r"Expected `.*` (?P<rule>[<>]=? \S+)", N_("Asked for is a number %(rule)s.")),
        (r"JSON is malformed: .*?(?P<at>\(byte \d+\))?", N_("This is no JSON %(at)s.")),
        (r"Input data was truncated", N_("The JSON ends too early.")),
    )
)  # fmt: skip


def form_text(error: Exception) -> str:
    """Return what is wrong, and where; what nobody has words for stays as it is."""
    said, _, where = str(error)[:MOST_LETTERS].partition(" - at ")
    for pattern, message in _WORDS:
        found = pattern.fullmatch(said)
        if found is not None:
            text = gettext(message, **{name: value or "" for name, value in found.groupdict().items()})
            text = text.replace(" .", ".")
            return gettext("%(what)s Place: %(where)s", what=text, where=where) if where else text
    return gettext(
        "The request has not the form that is asked for: %(error)s", error=str(error)[:MOST_LETTERS]
    )
