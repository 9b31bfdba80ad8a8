"""Sets a paper as PDF/UA; words reach the template as data, so that no name is ever read as markup."""

import json
from dataclasses import asdict
from pathlib import Path
from typing import Final

from hub.domain.duties import Paper
from hub.export.typesetting import typeset

_TEMPLATE: Final = Path(__file__).with_name("paper.typ")


def paper_pdf(paper: Paper, publisher: str, page_word: str) -> bytes:
    """Return a paper as PDF/UA-1, A4.

    Args:
        publisher: who answers; the document's author.
        page_word: "Seite" or "Page", before its number.
    """
    return typeset(_TEMPLATE, json.dumps(asdict(paper) | {"publisher": publisher, "page_word": page_word}))
