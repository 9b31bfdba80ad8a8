"""A list of members as CSV: what each row says, and what would become of it; pure."""

import csv
import io
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from enum import StrEnum
from typing import Final

from hub.domain.decoding import Decoded, one_line, problem_of
from hub.domain.errors import RuleRefused
from hub.domain.member_rules import checked_member
from hub.domain.people import AccessHours, Member, Membership

MAX_ROWS: Final = 10_000

COLUMNS: Final[dict[str, tuple[str, ...]]] = {
    "name": ("name", "mitglied", "vor- und nachname"),
    "mail": ("mail", "e-mail", "email", "mailadresse", "e-mail-adresse"),
    "phone": ("phone", "telefon", "tel", "tel.", "mobil"),
    "hours": ("hours", "zeiten"),
    "from": ("from", "von", "ab", "beginn", "eintritt"),
    "until": ("until", "bis", "ende", "austritt"),
    "groups": ("groups", "gruppen", "gruppe"),
    "longer": ("longer", "länger", "länger offen"),
}
"""Columns, and what they may be called in the file, in small letters."""

_HOURS: Final = {
    "": None,
    "opening": AccessHours.OPENING,
    "öffnungszeiten": AccessHours.OPENING,
    "always": AccessHours.ALWAYS,
    "immer": AccessHours.ALWAYS,
    "none": AccessHours.NONE,
    "keine": AccessHours.NONE,
}
_YES: Final = {
    "": False,
    "no": False,
    "nein": False,
    "0": False,
    "yes": True,
    "ja": True,
    "x": True,
    "1": True,
}


class Fate(StrEnum):
    """What becomes of a row."""

    ADDED = "added"
    CHANGED = "changed"
    SAME = "same"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Row:
    """One row.

    Args:
        line: of the file, on which it ends.
        name: as far as it can be read.
        member: as it would be stored; None when the row is refused.
        why: what is wrong and what would work; empty when nothing is.
    """

    line: int
    name: str
    fate: Fate
    member: Member | None = None
    why: str = ""


class MemberFile:
    """What a file says of the members of one space.

    Args:
        decoded: its text.
        space: id of the space.
        today: first day of a membership for which the file names none.

    Raises:
        RuleRefused: when it has no header that can be used, or too many rows.
    """

    def __init__(self, decoded: Decoded, space: str, today: date) -> None:
        self._decoded, self._space, self._today = decoded, space, today
        self.delimiter = _delimiter(decoded.text)
        self._cells = list(_cells(decoded.text, self.delimiter))
        if not self._cells:
            raise RuleRefused("the file is empty: its first line names the columns", code="no_rows")
        if len(self._cells) - 1 > MAX_ROWS:
            raise RuleRefused(
                f"the file has more than {MAX_ROWS} rows: import it in parts", code="too_many_rows"
            )
        self._columns = _header(self._cells[0][1])

    def rows(self, known: Sequence[Member], groups: Collection[str]) -> list[Row]:
        """Return what would become of each row.

        Who has the mail address of a member of the space is that member; without an address, who has the name.

        Args:
            known: members of the space.
            groups: ids of its groups.
        """
        by_mail: dict[str, list[Member]] = {}
        by_name: dict[str, list[Member]] = {}
        for member in known:
            by_mail.setdefault(member.mail.casefold(), []).append(member)
            by_name.setdefault(member.name.casefold(), []).append(member)
        seen: dict[str, int] = {}
        found = []
        for line, cells in self._cells[1:]:
            try:
                told = self._told(line, cells)
                key = told["mail"].casefold() or told["name"].casefold()
                _check_once(seen, key)
                before = _same(told, by_mail, by_name)
                row = self._row(line, told, before, groups)
                seen[key] = line
            except RuleRefused as error:
                row = Row(line, one_line(" ".join(cells))[:60], Fate.REFUSED, why=str(error))
            found.append(row)
        return found

    def _told(self, line: int, cells: Sequence[str]) -> dict[str, str]:
        if len(cells) != len(self._columns):
            raise RuleRefused(
                f"has {len(cells)} fields, the header has {len(self._columns)}: put texts with a "
                f'"{self.delimiter}" into quotes'
            )
        # A text in quotes may go over several lines.
        lines = range(line - sum(cell.count("\n") for cell in cells), line + 1)
        if not self._decoded.odd_lines.isdisjoint(lines):
            raise RuleRefused("is in another encoding than the rest of the file: store all of it as UTF-8")
        for cell in cells:
            if problem := problem_of(cell):
                raise RuleRefused(problem)
        told = dict.fromkeys(COLUMNS, "")
        told |= {name: one_line(cell) for name, cell in zip(self._columns, cells, strict=True)}
        return told

    def _row(self, line: int, told: Mapping[str, str], before: Member | None, groups: Collection[str]) -> Row:
        fresh = Membership(self._space, AccessHours.OPENING, self._today)
        old = (
            next((one for one in before.memberships if one.space == self._space), fresh) if before else fresh
        )
        membership = replace(
            old,
            hours=_hours(told["hours"]) or old.hours,
            valid_from=_day(told["from"]) or old.valid_from,
            valid_to=_day(told["until"]) or old.valid_to,
            groups=_groups(told["groups"], groups) or old.groups,
        )
        person = before or Member(0, "")
        others = tuple(one for one in person.memberships if one.space != self._space)
        member = checked_member(
            replace(
                person,
                name=told["name"] or person.name,
                mail=told["mail"] or person.mail,
                phone=told["phone"] or person.phone,
                needs_longer=_flag(told["longer"]) if told["longer"] else person.needs_longer,
                memberships=(*others, membership),
            )
        )
        if before is None:
            return Row(line, member.name, Fate.ADDED, member)
        is_same = member == replace(before, memberships=(*others, old))
        return Row(line, member.name, Fate.SAME if is_same else Fate.CHANGED, member)


def _delimiter(text: str) -> str:
    """Return what parts the columns: whatever the header has most of, outside of quotes."""
    header = text.lstrip("\r\n").partition("\n")[0]
    outside = "".join(header.split('"')[::2])
    counts = {delimiter: outside.count(delimiter) for delimiter in (";", ",", "\t")}
    return max(counts, key=lambda delimiter: counts[delimiter])


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


def _header(cells: Sequence[str]) -> list[str]:
    names = {called: name for name, all_of_it in COLUMNS.items() for called in all_of_it}
    told = [one_line(cell).casefold() for cell in cells]
    unknown = [one_line(cell)[:40] for cell, called in zip(cells, told, strict=True) if called not in names]
    if unknown:
        raise RuleRefused(
            f'no column is called "{unknown[0]}": rename or remove it; columns are {", ".join(COLUMNS)}',
            code="unknown_column",
        )
    found = [names[called] for called in told]
    if twice := [name for name in found if found.count(name) > 1]:
        raise RuleRefused(f"two columns are {twice[0]}: remove one", code="column_twice")
    if "name" not in found:
        raise RuleRefused("a column name is missing: it may hold pseudonyms", code="no_name_column")
    return found


def _check_once(seen: Mapping[str, int], key: str) -> None:
    if key in seen:
        raise RuleRefused(f"is in the file twice: see line {seen[key]}")


def _same(
    told: Mapping[str, str], by_mail: Mapping[str, list[Member]], by_name: Mapping[str, list[Member]]
) -> Member | None:
    mail, name = told["mail"].casefold(), told["name"].casefold()
    found = by_mail.get(mail, []) if mail else by_name.get(name, [])
    if len(found) > 1:
        what = "mail address" if mail else "name"
        raise RuleRefused(f"{len(found)} members have this {what}: change them one by one, by their numbers")
    return found[0] if found else None


def _hours(text: str) -> AccessHours | None:
    if text.casefold() not in _HOURS:
        raise RuleRefused(f'"{text[:40]}" are no hours: write opening, always or none')
    return _HOURS[text.casefold()]


def _flag(text: str) -> bool:
    if text.casefold() not in _YES:
        raise RuleRefused(f'"{text[:40]}" is neither yes nor no')
    return _YES[text.casefold()]


def _day(text: str) -> date | None:
    if not text:
        return None
    for pattern in ("%Y-%m-%d", "%d.%m.%Y"):
        try:
            return datetime.strptime(text, pattern).date()  # noqa: DTZ007 - a calendar day has no zone
        except ValueError:
            continue
    raise RuleRefused(f'"{text[:40]}" is no day: write 2026-12-31 or 31.12.2026')


def _groups(text: str, known: Collection[str]) -> tuple[str, ...]:
    wanted = tuple(sorted({part.strip() for part in text.replace("|", " ").replace("/", " ").split()}))
    if unknown := [group for group in wanted if group not in known]:
        told = ", ".join(sorted(known)) or "none: `ankerort-hub group add`"
        raise RuleRefused(f'there is no group "{unknown[0][:40]}"; known are {told}')
    return wanted
