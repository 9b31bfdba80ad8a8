"""What encoding a text file is in, and whether one of its texts was decoded wrongly before; pure.

Lists of members come from many programs. What can be told for sure is told ("fĂĽr" was "für"), and nothing is guessed
that would go into the database.
"""

import re
import unicodedata
from dataclasses import dataclass
from typing import Final

from hub.domain.errors import RuleRefused

_BOMS: Final = ((b"\xef\xbb\xbf", "utf-8"), (b"\xff\xfe", "utf-16-le"), (b"\xfe\xff", "utf-16-be"))
_WIDE_SHARE: Final = 0.3
"""Zero bytes at every other place: text of two bytes a letter, without a mark at its begin."""

_MISREAD_AS: Final = ("cp1252", "cp1250", "latin-1")
_DOS_INSIDE_WORD: Final = re.compile(r"[^\W\d_][„”][^\W\d_]")
"""What ä and ö of DOS are in Windows-1252."""


@dataclass(frozen=True, slots=True)
class Decoded:
    """A file's text.

    Args:
        encoding: in words for people.
        odd_lines: numbers, from 1, of lines in another encoding than the rest.
    """

    text: str
    encoding: str
    odd_lines: frozenset[int] = frozenset()


def decode_file(data: bytes) -> Decoded:
    """Return a file's text.

    Raises:
        RuleRefused: when it is no text in UTF-8, UTF-16 or Windows-1252; the text says how to store it.
    """
    for mark, name in _BOMS:
        if data.startswith(mark):
            return Decoded(_decoded(data[len(mark) :], name), f"{_words(name)} with a mark at its begin")
    if wide := _wide(data):
        return Decoded(_decoded(data, wide), _words(wide))
    try:
        return Decoded(data.decode("utf-8"), "UTF-8")
    except UnicodeDecodeError:
        return _by_lines(data)


def problem_of(text: str) -> str:
    """Return what is wrong with the letters of a text, in words with a remedy; empty when nothing is."""
    if "\ufffd" in text or "\x00" in text:
        return f"{_shown(text)} lost letters when it was stored: write them again"
    if _DOS_INSIDE_WORD.search(text):
        return f"{_shown(text)} looks like a file of DOS: store it as UTF-8"
    meant = meant_text(text)
    return f"{_shown(text)} was decoded wrongly before: was it {_shown(meant)}?" if meant else ""


def meant_text(text: str) -> str:
    """Return what a text was before somebody read UTF-8 as something else; empty when nobody did."""
    if text.isascii():
        return ""
    for misread in _MISREAD_AS:
        try:
            meant = text.encode(misread).decode("utf-8")
        except UnicodeError:
            continue
        if meant != text and all(unicodedata.category(letter) != "Cc" for letter in meant):
            return meant
    return ""


def one_line(text: str) -> str:
    """Return a text on one line, without what can't be seen: marks that turn the direction of writing, too."""
    seen = "".join(" " if unicodedata.category(c) in ("Cc", "Cf", "Zl", "Zp") else c for c in text)
    return " ".join(seen.split())


def _by_lines(data: bytes) -> Decoded:
    """Decode a file that is not UTF-8 throughout: Windows-1252, or a mix of both."""
    lines = data.split(b"\n")
    utf8 = {number for number, line in enumerate(lines, 1) if not line.isascii() and _is_utf8(line)}
    other = {number for number, line in enumerate(lines, 1) if not line.isascii()} - utf8
    text = "\n".join(
        _decoded(line, "utf-8" if number in utf8 else "cp1252", number)
        for number, line in enumerate(lines, 1)
    )
    if not utf8:
        return Decoded(text, "Windows-1252")
    odd = min(utf8, other, key=len)
    return Decoded(text, "UTF-8 and Windows-1252 mixed", frozenset(odd))


def _is_utf8(line: bytes) -> bool:
    try:
        line.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def _wide(data: bytes) -> str:
    half = max(len(data) // 2, 1)
    if data[1::2].count(0) > half * _WIDE_SHARE:
        return "utf-16-le"
    return "utf-16-be" if data[::2].count(0) > half * _WIDE_SHARE else ""


def _decoded(data: bytes, name: str, line: int = 0) -> str:
    try:
        return data.decode(name)
    except UnicodeDecodeError as error:
        where = f" (line {line})" if line else ""
        raise RuleRefused(
            f"the file is no text in UTF-8, UTF-16 or Windows-1252{where}: store it as CSV in UTF-8",
            code="no_text",
        ) from error


def _words(name: str) -> str:
    return "UTF-8" if name == "utf-8" else "UTF-16"


def _shown(text: str) -> str:
    return f'"{one_line(text)[:60]}"'
