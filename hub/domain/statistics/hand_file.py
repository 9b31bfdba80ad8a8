"""Counts by hand as CSV: what each row says, and what would become of it; pure. All rows are taken, or none."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from typing import Final

from hub.domain.decoding import Decoded, one_line
from hub.domain.errors import RuleRefused
from hub.domain.named_columns import NamedColumns, check_once, written_day
from hub.domain.space import Town
from hub.domain.statistics.findings import Flag, Place
from hub.domain.statistics.written import HandFigure
from hub.domain.statistics.written_rules import checked_entry, place_named, where

MAX_ROWS: Final = 5_000

COLUMNS: Final[dict[str, tuple[str, ...]]] = {
    "place": ("place", "ort", "stadt", "ags", "space", "town"),
    "figure": ("figure", "kennzahl", "kennung"),
    "from": ("from", "von", "tag", "datum", "day"),
    "to": ("to", "bis"),
    "value": ("value", "wert", "anzahl"),
    "source": ("source", "quelle"),
    "who": ("who", "wer", "erfasst von", "gezählt von"),
    "flags": ("flags", "vermerk"),
}
"""Columns, and what they may be called in the file, in small letters."""

_NEEDED: Final = ("place", "figure", "from", "value", "source", "who")


class EntryFate(StrEnum):
    """What becomes of a row."""

    ADDED = "added"
    CORRECTED = "corrected"
    SAME = "same"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class EntryRow:
    """One row.

    Args:
        line: of the file, on which it ends.
        said: as far as it can be read.
        entry: as it would be stored; None when the row is refused.
        refused: why; None when it is not.
    """

    line: int
    said: str
    fate: EntryFate
    entry: HandFigure | None = None
    refused: RuleRefused | None = None

    @property
    def why(self) -> str:
        """What is wrong and what would work; empty when nothing is."""
        return "" if self.refused is None else str(self.refused)


def key_of(entry: HandFigure) -> tuple[Place, str, date, date, str]:
    """Return what makes an entry the one that it is: the same again corrects it."""
    return entry.place, entry.figure, entry.first, entry.last, entry.source.casefold()


class HandFile:
    """What a file says.

    Args:
        decoded: its text.

    Raises:
        RuleRefused: when it has no header that can be used, or too many rows.
    """

    def __init__(self, decoded: Decoded) -> None:
        self._table = NamedColumns(decoded, COLUMNS, dict.fromkeys(_NEEDED, "add it"), MAX_ROWS)

    def rows(self, towns: Sequence[Town], known: Sequence[HandFigure], today: date) -> list[EntryRow]:
        """Return what would become of each row.

        Args:
            known: entries that are there.
        """
        stored = {key_of(one): one for one in known}
        seen: dict[object, int] = {}
        found = []
        for line, cells in self._table.rows:
            said = one_line(" ".join(cells))[:60]
            try:
                entry = _read(self._table.told(line, cells), towns, today)
                key = key_of(entry)
                check_once(seen, key)
                seen[key] = line
            except RuleRefused as error:
                found.append(EntryRow(line, said, EntryFate.REFUSED, refused=error))
            else:
                found.append(_fate(line, said, entry, stored.get(key)))
        return found


def _read(told: Mapping[str, str], towns: Sequence[Town], today: date) -> HandFigure:
    place = place_named(towns, told["place"])
    first = written_day(told["from"])
    entry = HandFigure(
        0,
        place,
        told["figure"],
        first,
        written_day(told["to"]) if told["to"] else first,
        number(told["value"]),
        told["source"],
        told["who"],
        flags=_flags(told["flags"]),
    )
    return checked_entry(entry, where(towns, place), today)


def _fate(line: int, said: str, entry: HandFigure, before: HandFigure | None) -> EntryRow:
    if before is None:
        return EntryRow(line, said, EntryFate.ADDED, entry)
    if (before.value, before.noted_by, before.flags - {Flag.REVISED}) == (
        entry.value,
        entry.noted_by,
        entry.flags - {Flag.REVISED},
    ):
        return EntryRow(line, said, EntryFate.SAME, before)
    corrected = replace(entry, pk=before.pk, flags=entry.flags | {Flag.REVISED})
    return EntryRow(line, said, EntryFate.CORRECTED, corrected)


def number(text: str) -> Decimal:
    """Return a number that somebody wrote, 1.234,50 or 1234.50.

    Raises:
        RuleRefused: when it is none.
    """
    plain = text.replace(" ", "").replace("\N{NO-BREAK SPACE}", "").replace("'", "")
    if "," in plain:
        plain = plain.replace(".", "").replace(",", ".")
    elif plain.count(".") == 1 and len(plain.partition(".")[2]) == 3:
        # 1.234 in a German file is a thousand and more; no figure has three decimals.
        plain = plain.replace(".", "")
    try:
        found = Decimal(plain)
    except InvalidOperation:
        raise RuleRefused(f'"{text[:40]}" is no number: write 12, or 12,50', code="no_number") from None
    if not plain.replace(".", "").isdecimal():
        raise RuleRefused(f'"{text[:40]}" is no number: write 12, or 12,50', code="no_number")
    return found


def _flags(text: str) -> frozenset[Flag]:
    letters = [letter for letter in text.casefold() if letter not in " ,;/"]
    try:
        return frozenset(map(Flag, letters))
    except ValueError:
        raise RuleRefused(
            f'"{text[:20]}" are no flags: write s (estimated), r (corrected) or p (preliminary), or nothing',
            code="no_flags",
        ) from None
