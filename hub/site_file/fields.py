"""Reads fields out of TOML tables, collecting every mistake with its place instead of stopping at the first."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import Any, Final, TypeVar

from hub.domain.errors import RuleRefused
from hub.domain.time import checked_day
from hub.site_file.lines import Place
from wire.errors import InvalidIdentifier
from wire.identifiers import check_id

MAX_TEXT: Final = 200
MAX_NOTE: Final = 1000

_CONTROL: Final = re.compile(r"[\x00-\x08\x0b-\x1f\x7f\ufffd]")
_FOREIGN: Final = re.compile(r"[^\x00-\x7f]{2,}")
_CODE_PAGES: Final = ("cp1252", "cp1250", "latin-1", "mac_roman")
# What German umlauts, French accents, dashes, quotes and the euro sign decode to; anything else is a coincidence.
_PLAUSIBLE: Final = re.compile(r"[\u00a0-\u00ff\u2010-\u203a\u20ac]+")

N = TypeVar("N", bound=StrEnum)


@dataclass(frozen=True, slots=True)
class Problem:
    """Something wrong with one value.

    Args:
        place: where it stands.
        text: what is wrong, with the value and the remedy.
    """

    place: Place
    text: str


@dataclass(slots=True)
class Report:
    """What was found while reading: errors make the file unusable, warnings are told."""

    errors: list[Problem] = field(default_factory=list)
    warnings: list[Problem] = field(default_factory=list)


class Table:
    """One TOML table that is being read.

    Args:
        data: the table.
        place: where it stands.
        what: what it describes, for messages (`desk "t1"`).
        report: where mistakes go.
    """

    def __init__(self, data: Mapping[str, Any], place: Place, what: str, report: Report) -> None:
        self.data, self.place, self.what, self.report = data, place, what, report
        self._known: list[str] = []

    def error(self, key: str, problem: str) -> None:
        """Note that a field can't be used."""
        place = (*self.place, key) if key in self.data else self.place
        self.report.errors.append(Problem(place, f"{self.what}: {key}: {problem}"))

    def warn(self, key: str, problem: str) -> None:
        """Note that a field can be used but is probably not meant so."""
        place = (*self.place, key) if key in self.data else self.place
        self.report.warnings.append(Problem(place, f"{self.what}: {key}: {problem}"))

    def id(self) -> str:
        """Return the table's `id`, and name the table after it from now on; empty when it is unusable."""
        value = self.text("id", required=True)
        if not value:
            return ""
        self.what = f'{self.what} "{value}"'
        try:
            return check_id(value)
        except InvalidIdentifier as error:
            self.error("id", str(error).removeprefix("id "))
            return ""

    def text(self, key: str, *, required: bool = False, limit: int = MAX_TEXT) -> str:
        """Return a text, without white space around it; empty when it is missing or unusable."""
        value = self._take(key, required)
        if value is None:
            return ""
        if not isinstance(value, str):
            self.error(key, f"{_show(value)} is no text: put it in quotes")
            return ""
        value = value.strip()
        if required and not value:
            self.error(key, "is empty: write something")
        elif len(value) > limit:
            self.error(key, f"{len(value)} characters are too many: {limit} at most")
        elif broken := _CONTROL.search(value):
            self.error(key, f"{_show(value)} holds the unreadable character {broken[0]!r}: write it again")
        elif (mended := mend(value)) != value:
            self.error(
                key, f"{_show(value)} has a broken encoding: did you mean {_show(mended)}? Save as UTF-8"
            )
        else:
            return value
        return ""

    def flag(self, key: str, default: bool) -> bool:
        """Return a boolean."""
        value = self._take(key, False)
        if value is None or isinstance(value, bool):
            return default if value is None else value
        self.error(key, f"{_show(value)} is neither true nor false")
        return default

    def whole(self, key: str, default: int, low: int, high: int) -> int:
        """Return a whole number of the closed range `low` to `high`."""
        value = self._take(key, False)
        if value is None:
            return default
        if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
            self.error(key, f"{_show(value)} is no whole number from {low} to {high}")
            return default
        return value

    def pair(self, key: str, default: tuple[int, int] | None, low: int, high: int) -> tuple[int, int]:
        """Return two whole numbers of the closed range `low` to `high`; no default makes them required."""
        value = self._take(key, default is None)
        fallback = default or (low, low)
        if value is None:
            return fallback
        fits = isinstance(value, list) and len(value) == 2
        if not fits or not all(
            isinstance(n, int) and not isinstance(n, bool) and low <= n <= high for n in value
        ):
            self.error(
                key,
                f"{_show(value)} is not two whole numbers from {low} to {high}: write [{low + 400}, {low + 300}]",
            )
            return fallback
        return value[0], value[1]

    def day(self, key: str, *, required: bool = False) -> date | None:
        """Return a date."""
        value = self._take(key, required)
        if value is None:
            return None
        if isinstance(value, datetime) or not isinstance(value, date):
            self.error(key, f"{_show(value)} is no date: write it as 2026-12-24, without quotes")
            return None
        return value if self._is_usable_day(key, value) else None

    def member(self, key: str, enum: type[N], default: N | None = None) -> N:
        """Return a member of an enum; no default makes it required."""
        value = self._take(key, default is None)
        fallback = default or next(iter(enum))
        if value is None:
            return fallback
        try:
            return enum(value)
        except ValueError:
            self.error(key, f"{_show(value)} is unknown: use one of {', '.join(enum)}")
            return fallback

    def texts(self, key: str) -> list[str]:
        """Return a list of texts."""
        value = self._take(key, False)
        if value is None:
            return []
        if not isinstance(value, list) or not all(isinstance(part, str) for part in value):
            self.error(key, f'{_show(value)} is no list of texts: write ["one", "two"]')
            return []
        return value

    def days(self, key: str) -> list[date]:
        """Return a list of dates."""
        value = self._take(key, False)
        if value is None:
            return []
        if not isinstance(value, list) or not all(type(part) is date for part in value):
            self.error(key, f"{_show(value)} is no list of dates: write [2026-12-24, 2026-12-31]")
            return []
        return [day for day in value if self._is_usable_day(key, day)]

    def table(self, key: str, what: str) -> "Table | None":
        """Return a table in this one, or None when it is missing."""
        value = self._take(key, False)
        if value is None:
            return None
        if not isinstance(value, dict):
            self.error(key, f"{_show(value)} is no table")
            return None
        return Table(value, (*self.place, key), what, self.report)

    def tables(self, key: str) -> Iterator["Table"]:
        """Yield the tables of an array of tables."""
        value = self._take(key, False)
        if value is None:
            return
        if not isinstance(value, list):
            self.error(key, f"is no list of tables: write [[{key}]] above each")
            return
        for index, part in enumerate(value):
            if isinstance(part, dict):
                yield Table(part, (*self.place, key, index), key, self.report)
            else:
                self.report.errors.append(
                    Problem((*self.place, key, index), f"{self.what}: {key}: {_show(part)} is no table")
                )

    def finish(self) -> None:
        """Note every key that nobody asked for: a misspelt one must not silently do nothing."""
        for key in self.data:
            if key not in self._known:
                self.error(key, f"is unknown here; known are {', '.join(self._known)}")

    def _is_usable_day(self, key: str, day: date) -> bool:
        try:
            checked_day(day)
        except RuleRefused as error:
            self.error(key, str(error))
            return False
        return True

    def _take(self, key: str, required: bool) -> Any:
        self._known.append(key)
        if key not in self.data and required:
            self.error(key, "is missing: add it")
        return self.data.get(key)


def mend(text: str) -> str:
    """Return a text as it was before its UTF-8 was read as another encoding, or the text itself when it is sound.

    "fÃ¼r" and "fĂĽr" both become "für": the bytes of the code page they were read in are the UTF-8 that was meant.
    """
    return _FOREIGN.sub(lambda found: _mend_run(found[0]), text)


def _mend_run(run: str) -> str:
    for code_page in _CODE_PAGES:
        try:
            meant = run.encode(code_page).decode("utf-8")
        except UnicodeError:
            continue
        if _PLAUSIBLE.fullmatch(meant):
            return meant
    return run


def _show(value: Any) -> str:
    if isinstance(value, str):
        return f'"{value[:60]}"'
    if isinstance(value, bool):
        return str(value).lower()
    return str(value)[:60]
