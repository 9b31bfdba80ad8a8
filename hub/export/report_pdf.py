"""A report as PDF/UA-1: an annex to a Sachbericht that can be handed to the council (requirements F1, A9); pure.

The words are worked out in `report_document`; `report.typ` sets them, as data. The day of the report stands in place of
the moment of writing, and the fonts are those that come with typst, so the same report gives the same bytes.
"""

import json
from collections.abc import Callable
from datetime import UTC, datetime, time
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Final

from hub.domain.statistics.printed import Report
from hub.export.charts import draw
from hub.export.document import Block, Bullets, Document, Heading, Paragraph, Picture, quiet
from hub.export.report_document import document_of
from hub.export.report_document_words import DOCUMENT

if TYPE_CHECKING:
    import typst

_TEMPLATE: Final = Path(__file__).with_name("report.typ")


def report_pdf(report: Report, language: str = "de", told: Callable[[int, int], None] = quiet) -> bytes:
    """Return a report as PDF.

    It is PDF/UA-1, unless a name has letters that no font here can show: then it is a plain one with what can be shown.

    Args:
        told: told after each step how many of how many are done.
    """
    document = document_of(report, language)
    steps, blocks = len(document.blocks) + 1, list[dict[str, object]]()
    for block in document.blocks:
        blocks.append(_block(block))
        told(len(blocks), steps)
    moment = datetime.combine(report.made_on, time(12), UTC)
    pdf = _set(json.dumps({**_frame(document), "blocks": blocks}), moment)
    told(steps, steps)
    return pdf


def _set(sheet: str, moment: datetime) -> bytes:
    import typst

    inputs = {"sheet": sheet}
    try:
        return typst.compile(
            str(_TEMPLATE), sys_inputs=inputs, font_paths=_fonts(), pdf_standards="ua-1", timestamp=moment
        )
    except typst.TypstError:
        # Letters that no font has: a report with gaps in a name is better than none.
        return typst.compile(
            str(_TEMPLATE), sys_inputs=inputs, font_paths=_fonts(is_plain=False), timestamp=moment
        )


@lru_cache(maxsize=2)
def _fonts(*, is_plain: bool = True) -> "typst.Fonts":
    import typst

    return typst.Fonts(include_system_fonts=not is_plain, include_embedded_fonts=True)


def _frame(document: Document) -> dict[str, object]:
    said = DOCUMENT[document.language]
    return {
        "lang": document.language,
        "title": document.title,
        "subtitle": document.subtitle,
        "banner": document.banner,
        "author": document.author,
        "facts": document.facts,
        "foot": document.foot,
        "words": {"page": said["page"], "of": said["of"]},
    }


def _block(block: Block) -> dict[str, object]:
    if isinstance(block, Heading):
        return {"kind": "heading", "level": block.level, "text": block.text}
    if isinstance(block, Paragraph):
        return {"kind": "paragraph", "text": block.text, "is_loud": block.is_loud, "is_note": block.is_note}
    if isinstance(block, Bullets):
        return {"kind": "bullets", "items": block.items}
    if isinstance(block, Picture):
        return {
            "kind": "picture",
            "svg": draw(block.chart),
            "alt": block.chart.alt,
            "caption": block.caption,
        }
    return {
        "kind": "table",
        "caption": block.caption,
        "header": block.header,
        "rows": block.rows,
        "numeric": block.numeric,
        "widths": block.widths,
        "is_dense": block.is_dense,
    }
