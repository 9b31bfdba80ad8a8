"""Months, and runs of whole months: the only stretches of time that figures are printed for (requirements K7, S2)."""

import calendar
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from hub.domain.errors import RuleRefused
from hub.domain.time import FIRST_DAY, LAST_DAY

_WRITTEN: Final = re.compile(r"(\d{4})-(\d{2})", re.ASCII)
_MONTHS_OF_YEAR: Final = 12


class PeriodRefused(RuleRefused):
    """No such period can be reported."""


@dataclass(frozen=True, slots=True, order=True)
class Month:
    """A month of the calendar, 2026-03."""

    year: int
    month: int

    def __str__(self) -> str:
        return f"{self.year:04}-{self.month:02}"

    @classmethod
    def of(cls, day: date) -> "Month":
        """Return the month of a day."""
        return cls(day.year, day.month)

    @classmethod
    def parse(cls, text: str) -> "Month":
        """Return a month that somebody wrote.

        Raises:
            PeriodRefused: when it is none, or lies outside of what may be written down.
        """
        found = _WRITTEN.fullmatch(text)
        if found is None or not 1 <= int(found[2]) <= _MONTHS_OF_YEAR:
            raise PeriodRefused(
                f'"{text[:20]}" is no month: write year and month as 2026-01',
                code="no_month",
                written=text[:20],
            )
        if not FIRST_DAY.year <= int(found[1]) <= LAST_DAY.year:
            raise PeriodRefused(
                f"{text} lies outside of the years {FIRST_DAY.year} to {LAST_DAY.year}: write another month",
                code="month_out_of_range",
                written=text,
                first=FIRST_DAY.year,
                last=LAST_DAY.year,
            )
        return cls(int(found[1]), int(found[2]))

    @property
    def first_day(self) -> date:
        """Its first day."""
        return date(self.year, self.month, 1)

    @property
    def last_day(self) -> date:
        """Its last day."""
        return date(self.year, self.month, calendar.monthrange(self.year, self.month)[1])

    def plus(self, months: int) -> "Month":
        """Return the month so many months later, or earlier."""
        years, month = divmod(self.year * _MONTHS_OF_YEAR + self.month - 1 + months, _MONTHS_OF_YEAR)
        return Month(years, month + 1)


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """A run of whole months, both ends inclusive: a month, a calendar year, a grant period, a pop-up's life."""

    first: Month
    last: Month

    def __post_init__(self) -> None:
        if self.last < self.first:
            raise PeriodRefused(
                f"the period ends ({self.last}) before it begins ({self.first}): swap the months",
                code="period_reversed",
                first=str(self.first),
                last=str(self.last),
            )

    def __hash__(self) -> int:
        # What reports look up is of some period: by plain numbers that is three times as quick.
        return hash((self.first.year, self.first.month, self.last.year, self.last.month))

    def __str__(self) -> str:
        if self.is_month:
            return str(self.first)
        return f"{self.first.year:04}" if self.is_year else f"{self.first}/{self.last}"

    def __contains__(self, day: date) -> bool:
        return self.first_day <= day <= self.last_day

    @classmethod
    def of_year(cls, year: int) -> "Span":
        """Return a calendar year."""
        return cls(Month(year, 1), Month(year, _MONTHS_OF_YEAR))

    @classmethod
    def of_month(cls, month: Month) -> "Span":
        """Return one month."""
        return cls(month, month)

    @property
    def is_month(self) -> bool:
        """Whether it is a single month."""
        return self.first is self.last or self.first == self.last

    @property
    def is_year(self) -> bool:
        """Whether it is one calendar year."""
        return self == Span.of_year(self.first.year)

    @property
    def first_day(self) -> date:
        """Its first day."""
        return self.first.first_day

    @property
    def last_day(self) -> date:
        """Its last day."""
        return self.last.last_day

    @property
    def length_months(self) -> int:
        """How many months it has."""
        return (self.last.year - self.first.year) * _MONTHS_OF_YEAR + self.last.month - self.first.month + 1

    def months(self) -> Iterator[Month]:
        """Give its months, rising."""
        month = self.first
        while month <= self.last:
            yield month
            month = month.plus(1)

    def years(self) -> Iterator["Span"]:
        """Give the calendar years that lie in it whole, rising."""
        for year in range(self.first.year, self.last.year + 1):
            whole = Span.of_year(year)
            if self.first <= whole.first and whole.last <= self.last:
                yield whole

    def days(self) -> Iterator[date]:
        """Give its days, rising."""
        day = self.first_day
        while day <= self.last_day:
            yield day
            day += timedelta(days=1)
