"""The pages for people, as text, and apart from each other as prose and code."""

import re
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parents[2]
PAGES: Final = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), ROOT / "tests/README.md"])
NAMES: Final = [str(page.relative_to(ROOT)) for page in PAGES]

_FENCED: Final = re.compile(r"^ *```(\w*)\n(.*?)^ *```$", re.MULTILINE | re.DOTALL)
_INDENTED: Final = re.compile(r"(?:(?<=\n\n)|\A)(?: {4}.*\n|\n)+", re.MULTILINE)
_INLINE: Final = re.compile(r"(`+)(.+?)\1", re.DOTALL)
_HEADING: Final = re.compile(r"^#{1,6} +(.+?) *$", re.MULTILINE)


def text_of(name: str) -> str:
    """Return a page."""
    return (ROOT / name).read_text("utf-8")


def prose_of(text: str) -> str:
    """Return a page without its code: a link in an example need not lead anywhere."""
    for code in (_FENCED, _INDENTED, _INLINE):
        text = code.sub("\n", text) if code is not _INLINE else code.sub("", text)
    return text


def code_of(text: str) -> list[str]:
    """Return what is code in a page: blocks, and spans within a line."""
    blocks = [body for _, body in _FENCED.findall(text)]
    rest = _FENCED.sub("\n", text)
    blocks += _INDENTED.findall(rest)
    return blocks + [span for _, span in _INLINE.findall(_INDENTED.sub("\n", rest))]


def blocks_of(text: str, language: str) -> list[str]:
    """Return the fenced blocks in a language."""
    return [body for found, body in _FENCED.findall(text) if found == language]


def anchors_of(text: str) -> set[str]:
    """Return the anchors of a page's headings, as the forges make them: small letters, digits and hyphens."""
    anchors: set[str] = set()
    for heading in _HEADING.findall(_FENCED.sub("", text)):
        plain = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading.replace("`", "")).lower()
        anchor = re.sub(r"[^\w\- ]", "", plain).replace(" ", "-")
        number = 0
        while (numbered := f"{anchor}-{number}" if number else anchor) in anchors:
            number += 1
        anchors.add(numbered)
    return anchors
