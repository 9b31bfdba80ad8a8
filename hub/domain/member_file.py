"""A list of members as CSV: what each row says, and what would become of it; pure."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum
from typing import Final

from hub.domain.decoding import Decoded, one_line
from hub.domain.errors import RuleRefused
from hub.domain.member_rules import checked_member
from hub.domain.named_columns import NamedColumns, check_once, written_day
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
        self._space, self._today = space, today
        self._table = NamedColumns(decoded, COLUMNS, {"name": "it may hold pseudonyms"}, MAX_ROWS)
        self.delimiter = self._table.delimiter

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
        seen: dict[object, int] = {}
        found = []
        for line, cells in self._table.rows:
            try:
                told = self._table.told(line, cells)
                key = told["mail"].casefold() or told["name"].casefold()
                check_once(seen, key)
                before = _same(told, by_mail, by_name)
                row = self._row(line, told, before, groups)
                seen[key] = line
            except RuleRefused as error:
                row = Row(line, one_line(" ".join(cells))[:60], Fate.REFUSED, why=str(error))
            found.append(row)
        return found

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
    return written_day(text) if text else None


def _groups(text: str, known: Collection[str]) -> tuple[str, ...]:
    wanted = tuple(sorted({part.strip() for part in text.replace("|", " ").replace("/", " ").split()}))
    if unknown := [group for group in wanted if group not in known]:
        told = ", ".join(sorted(known)) or "none: `ankerort-hub group add`"
        raise RuleRefused(f'there is no group "{unknown[0][:40]}"; known are {told}')
    return wanted
