"""Counts by hand as CSV: what each row says, and what would become of it; pure. All rows are taken, or none."""

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from typing import Final

from hub.domain.decoding import Decoded, one_line, problem_of
from hub.domain.errors import RuleRefused
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
        self._decoded = decoded
        self._cells = list(_cells(decoded.text))
        if not self._cells:
            raise RuleRefused("the file is empty: its first line names the columns", code="no_rows")
        if len(self._cells) - 1 > MAX_ROWS:
            raise RuleRefused(
                f"the file has more than {MAX_ROWS} rows: import it in parts", code="too_many_rows"
            )
        self._columns = _header(self._cells[0][1])

    def rows(self, towns: Sequence[Town], known: Sequence[HandFigure], today: date) -> list[EntryRow]:
        """Return what would become of each row.

        Args:
            known: entries that are there.
        """
        stored = {key_of(one): one for one in known}
        seen: dict[object, int] = {}
        found = []
        for line, cells in self._cells[1:]:
            said = one_line(" ".join(cells))[:60]
            try:
                entry = self._entry(line, cells, towns, today)
                key = key_of(entry)
                _check_once(seen, key)
                seen[key] = line
            except RuleRefused as error:
                found.append(EntryRow(line, said, EntryFate.REFUSED, refused=error))
            else:
                found.append(_fate(line, said, entry, stored.get(key)))
        return found

    def _entry(self, line: int, cells: Sequence[str], towns: Sequence[Town], today: date) -> HandFigure:
        if len(cells) != len(self._columns):
            raise RuleRefused(
                f"has {len(cells)} fields, the header has {len(self._columns)}: put texts with a separator into quotes",
                code="row_fields",
                found=len(cells),
                wanted=len(self._columns),
            )
        lines = range(line - sum(cell.count("\n") for cell in cells), line + 1)
        if not self._decoded.odd_lines.isdisjoint(lines):
            raise RuleRefused(
                "is in another encoding than the rest of the file: store all of it as UTF-8",
                code="row_encoding",
            )
        for cell in cells:
            if problem := problem_of(cell):
                raise RuleRefused(problem)
        told = {name: one_line(cell) for name, cell in zip(self._columns, cells, strict=True)}
        return _read(told, towns, today)


def _check_once(seen: Mapping[object, int], key: object) -> None:
    if key in seen:
        raise RuleRefused(f"is in the file twice: see line {seen[key]}", code="row_twice", line=seen[key])


def _read(told: Mapping[str, str], towns: Sequence[Town], today: date) -> HandFigure:
    place = place_named(towns, told["place"])
    first = _day(told["from"])
    entry = HandFigure(
        0,
        place,
        told["figure"],
        first,
        _day(told["to"]) if told.get("to") else first,
        number(told["value"]),
        told["source"],
        told["who"],
        flags=_flags(told.get("flags", "")),
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


def _day(text: str) -> date:
    for pattern in ("%Y-%m-%d", "%d.%m.%Y"):
        try:
            return datetime.strptime(text, pattern).date()  # noqa: DTZ007 - a calendar day has no zone
        except ValueError:
            continue
    raise RuleRefused(
        f'"{text[:40]}" is no day: write 2026-12-31 or 31.12.2026', code="no_written_day", written=text[:40]
    )


def _cells(text: str) -> Iterator[tuple[int, list[str]]]:
    header = text.lstrip("\r\n").partition("\n")[0]
    outside = "".join(header.split('"')[::2])
    delimiter = max((";", ",", "\t"), key=outside.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    try:
        for cells in reader:
            if any(cell.strip() for cell in cells):
                yield reader.line_num, cells
    except csv.Error as error:
        raise RuleRefused(
            f"line {reader.line_num} is no CSV ({error}): see whether a quote is left open", code="no_csv"
        ) from error


def _header(cells: Sequence[str]) -> list[str]:
    names = {called: name for name, all_of_it in COLUMNS.items() for called in all_of_it}
    told = [one_line(cell).casefold() for cell in cells]
    if unknown := [one_line(cell)[:40] for cell in cells if one_line(cell).casefold() not in names]:
        raise RuleRefused(
            f'no column is called "{unknown[0]}": rename or remove it; columns are {", ".join(COLUMNS)}',
            code="unknown_column",
        )
    found = [names[called] for called in told]
    if twice := [name for name in found if found.count(name) > 1]:
        raise RuleRefused(f"two columns are {twice[0]}: remove one", code="column_twice")
    if lacking := [name for name in _NEEDED if name not in found]:
        raise RuleRefused(f"the column {lacking[0]} is missing: add it", code="column_missing")
    return found
