"""A CSV file whose first line names its columns, in any order and by any of the names that people give them; pure."""

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime
from typing import Final

from hub.domain.decoding import Decoded, one_line, problem_of
from hub.domain.errors import RuleRefused

_DELIMITERS: Final = (";", ",", "\t")


class NamedColumns:
    """The rows of a file.

    Args:
        decoded: its text.
        columns: what each column may be called, in small letters.
        needed: columns that must be there, each with what to do when it is not.
        most_rows: more are refused.

    Raises:
        RuleRefused: when it has no header that can be used, or too many rows.
    """

    def __init__(
        self,
        decoded: Decoded,
        columns: Mapping[str, Sequence[str]],
        needed: Mapping[str, str],
        most_rows: int,
    ) -> None:
        self._odd_lines, self._known = decoded.odd_lines, columns
        self.delimiter = _delimiter(decoded.text)
        found = list(_cells(decoded.text, self.delimiter))
        if not found:
            raise RuleRefused("the file is empty: its first line names the columns", code="no_rows")
        if len(found) - 1 > most_rows:
            raise RuleRefused(
                f"the file has more than {most_rows} rows: import it in parts", code="too_many_rows"
            )
        self._columns = _header(found[0][1], columns, needed)
        self.rows: Sequence[tuple[int, Sequence[str]]] = found[1:]
        """Each with the number of its last line."""

    def told(self, line: int, cells: Sequence[str]) -> dict[str, str]:
        """Return what a row says in each column, empty where it says nothing.

        Raises:
            RuleRefused: when it can't be read.
        """
        if len(cells) != len(self._columns):
            raise RuleRefused(
                f"has {len(cells)} fields, the header has {len(self._columns)}: put texts with a "
                f'"{self.delimiter}" into quotes',
                code="row_fields",
                found=len(cells),
                wanted=len(self._columns),
            )
        # A text in quotes may go over several lines.
        lines = range(line - sum(cell.count("\n") for cell in cells), line + 1)
        if not self._odd_lines.isdisjoint(lines):
            raise RuleRefused(
                "is in another encoding than the rest of the file: store all of it as UTF-8",
                code="row_encoding",
            )
        for cell in cells:
            if problem := problem_of(cell):
                raise RuleRefused(problem)
        told = dict.fromkeys(self._known, "")
        return told | {name: one_line(cell) for name, cell in zip(self._columns, cells, strict=True)}


def check_once(seen: Mapping[object, int], key: object) -> None:
    """Refuse what stands in the file already.

    Args:
        seen: keys with their lines.
    """
    if key in seen:
        raise RuleRefused(f"is in the file twice: see line {seen[key]}", code="row_twice", line=seen[key])


def written_day(text: str) -> date:
    """Return a day as programs or as Germans write it.

    Raises:
        RuleRefused: when it is none.
    """
    for pattern in ("%Y-%m-%d", "%d.%m.%Y"):
        try:
            return datetime.strptime(text, pattern).date()  # noqa: DTZ007 - a calendar day has no zone
        except ValueError:
            continue
    raise RuleRefused(
        f'"{text[:40]}" is no day: write 2026-12-31 or 31.12.2026', code="no_written_day", written=text[:40]
    )


def _delimiter(text: str) -> str:
    """Return what parts the columns: whatever the header has most of, outside of quotes."""
    header = text.lstrip("\r\n").partition("\n")[0]
    return max(_DELIMITERS, key="".join(header.split('"')[::2]).count)


def _cells(text: str, delimiter: str) -> Iterator[tuple[int, list[str]]]:
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    try:
        for cells in reader:
            if any(cell.strip() for cell in cells):
                yield reader.line_num, cells
    except csv.Error as error:
        raise RuleRefused(
            f"line {reader.line_num} is no CSV ({error}): see whether a quote is left open", code="no_csv"
        ) from error


def _header(
    cells: Sequence[str], columns: Mapping[str, Sequence[str]], needed: Mapping[str, str]
) -> list[str]:
    names = {called: name for name, all_of_it in columns.items() for called in all_of_it}
    told = [one_line(cell) for cell in cells]
    if unknown := [cell[:40] for cell in told if cell.casefold() not in names]:
        raise RuleRefused(
            f'no column is called "{unknown[0]}": rename or remove it; columns are {", ".join(columns)}',
            code="unknown_column",
        )
    found = [names[cell.casefold()] for cell in told]
    if twice := [name for name in found if found.count(name) > 1]:
        raise RuleRefused(f"two columns are {twice[0]}: remove one", code="column_twice")
    if lacking := [name for name in needed if name not in found]:
        raise RuleRefused(f"a column {lacking[0]} is missing: {needed[lacking[0]]}", code="column_missing")
    return found
