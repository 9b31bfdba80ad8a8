"""Sets documents with typst, as PDF/UA-1 where the fonts have all letters."""

from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import typst


def typeset(template: Path, sheet: str) -> bytes:
    """Return a PDF: PDF/UA-1, unless a text has letters that no font here can show; then a plain one with gaps.

    Args:
        template: a typst file that reads its words from `sys.inputs.sheet`.
        sheet: those words, JSON.
    """
    import typst

    inputs = {"sheet": sheet}
    try:
        return typst.compile(str(template), sys_inputs=inputs, font_paths=_fonts(), pdf_standards="ua-1")
    except typst.TypstError:
        # Letters that no font has: a document with gaps is better than none.
        return typst.compile(str(template), sys_inputs=inputs, font_paths=_fonts())


@lru_cache(maxsize=1)
def _fonts() -> "typst.Fonts":
    """The fonts that come with typst; those of the machine only for letters that they lack."""
    import typst

    return typst.Fonts(include_system_fonts=True, include_embedded_fonts=True)
