"""What a name, a label or a reason may be, for pages and commands alike; how a stored one is shown on a terminal."""

import unicodedata
from typing import Final

from hub.domain.errors import RuleRefused

MAX_TEXT: Final = 200
"""Characters of a name, a label, a mail address or a reason at most."""

_UNSEEN: Final = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})
# Words of Persian and Indic scripts, and some emoji, are written with them.
_JOINERS: Final = "\u200c\u200d"


def is_unseen(character: str) -> bool:
    """Say whether a character belongs into no name and no reason.

    Control characters can drive a terminal, line ends forge a line of a list, and marks of direction (bidi controls)
    show other letters in another order than is stored. Text of right-to-left scripts needs none of them.
    """
    return unicodedata.category(character) in _UNSEEN and character not in _JOINERS


def check_text(text: str, what: str, *, least: int = 0, most: int = MAX_TEXT) -> str:
    """Return a text on one line, with single spaces.

    Args:
        text: as somebody gave it.
        what: it is, for the refusal: "a member's name".
        least, most: characters.

    Raises:
        RuleRefused: when it has other than letters that can be seen, or is too long or too short.
    """
    text = text.strip()
    if len(text) > most:
        raise RuleRefused(f"{what} has {most} characters at most: shorten it", code="long_text", most=most)
    unseen = next((c for c in text if is_unseen(c)), None)
    if unseen is not None:
        raise RuleRefused(
            f"{what} has a character that can't be seen (U+{ord(unseen):04X}): "
            "write letters, digits and signs on one line",
            code="unseen_text",
        )
    text = " ".join(text.split())
    if len(text.strip(_JOINERS)) < least:
        raise RuleRefused(
            f"{what} is missing or too short: write {least} characters or more",
            code="short_text",
            least=least,
        )
    return text


def check_reason(reason: str, least: int = 1) -> str:
    """Return the reason of something that the log keeps.

    Args:
        least: characters.

    Raises:
        RuleRefused: as `check_text`; `no_reason` when it is missing or too short.
    """
    reason = check_text(reason, "a reason")
    if len(reason) < least:
        raise RuleRefused(
            f"say why, in {least} characters or more: the log keeps it", code="no_reason", least=least
        )
    return reason


def shown(text: str) -> str:
    """Return a line as a terminal may get it: what can't be seen is written out, as `\\x1b`."""
    return "".join(c.encode("unicode_escape").decode("ascii") if is_unseen(c) else c for c in text)
