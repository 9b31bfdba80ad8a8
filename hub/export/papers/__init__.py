"""Papers that the law asks for, worded from live settings, and set as PDF/UA: no database, no web, no decision."""

from collections.abc import Callable, Mapping
from typing import Final

from hub.domain.duties import Basis, Controller, DutyKind, Kept, Paper, practice_of
from hub.domain.space import Space
from hub.export.papers import accessibility, assessment, easy, notice, record

__all__ = ["GERMAN_ONLY", "paper"]

GERMAN_ONLY: Final = frozenset({DutyKind.RECORD, DutyKind.ASSESSMENT, DutyKind.EASY})
"""Papers for German authorities, and the one in Leichte Sprache."""

_MAKERS: Final[Mapping[DutyKind, Callable[[Basis], Paper]]] = {
    DutyKind.NOTICE: notice.notice,
    DutyKind.RECORD: record.record,
    DutyKind.ASSESSMENT: assessment.assessment,
    DutyKind.ACCESSIBILITY: accessibility.statement,
    DutyKind.EASY: easy.easy,
}


def paper(
    kind: DutyKind, space: Space, controller: Controller, kept: Kept, language: str, *, has_mail: bool
) -> Paper:
    """Return a paper of a space as its settings are now.

    Args:
        language: `de` or `en`; the papers of `GERMAN_ONLY` are German in any case.
    """
    spoken = "de" if kind in GERMAN_ONLY else language
    return _MAKERS[kind](Basis(space, practice_of(space, has_mail=has_mail), controller, kept, spoken))
