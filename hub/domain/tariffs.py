"""Tariffs of a space and the passes that members have of them; pure. Nothing here takes a payment.

A visit is a member on a local date. It uses a pass once, however often the member comes on that day.
"""

from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from typing import Final

from hub.domain.people import AccessHours

MINUTES_OF_DAY: Final = 24 * 60


class TariffKind(StrEnum):
    """What is counted.

    DAY, HALF_DAY, HOURS: visits, each of which uses days, half-days or hours up. MONTHLY: days within each calendar
    month; without a number, any. FIXED_DESK, FREE: nothing is counted.
    """

    DAY = "day"
    HALF_DAY = "half-day"
    HOURS = "hours"
    MONTHLY = "monthly"
    FIXED_DESK = "fixed-desk"
    FREE = "free"


BY_MONTH: Final = (TariffKind.MONTHLY, TariffKind.FIXED_DESK)
"""Paid for each month that they touch; all others are paid once."""
BY_USE: Final = (TariffKind.DAY, TariffKind.HALF_DAY, TariffKind.HOURS)
"""They hold a number of units that visits use up."""


class WithoutPass(StrEnum):
    """What a space's doors do for members who have no valid pass.

    OPEN: they open as the membership says, and the host is told. SHUT: they open for hosts and with a pass alone.
    """

    OPEN = "open"
    SHUT = "shut"


@dataclass(frozen=True, slots=True)
class Tariff:
    """What a space offers.

    Args:
        id: in its space.
        price_cents: of one pass, or of one month.
        units: what one pass holds; 0 for any number.
        per_visit: how many of them a visit uses.
        valid_days: how many days one pass is valid, its first included; 0 for no end.
        hours: whether its passes open doors in the opening hours alone, or always.
        starts_min, ends_min: part of the local day in which they open doors, in minutes, half-open.
        is_offered: whether new passes are sold of it.
    """

    id: str
    name: str
    kind: TariffKind
    price_cents: int = 0
    units: int = 0
    per_visit: int = 1
    valid_days: int = 0
    hours: AccessHours = AccessHours.OPENING
    starts_min: int = 0
    ends_min: int = MINUTES_OF_DAY
    is_offered: bool = True

    @property
    def is_counted(self) -> bool:
        """Whether visits use anything up."""
        return self.units > 0


@dataclass(frozen=True, slots=True)
class Pass:
    """What a member has of a tariff; price and units are those of the day on which it was sold.

    Args:
        pk: key; rises with each sale.
        member: key; None when the member was erased.
        sold_on: local day.
        valid_from, valid_to: local days, both inclusive; None for no end.
        units: that it held at first; 0 for any number. Of `MONTHLY`: for each calendar month.
        spent: units used by visits of which no row is kept any more.
    """

    pk: int
    member: int | None
    tariff: Tariff
    sold_on: date
    valid_from: date
    valid_to: date | None
    units: int
    price_cents: int
    spent: int = 0

    def is_valid(self, day: date) -> bool:
        """Say whether a day lies in its time."""
        return self.valid_from <= day and (self.valid_to is None or day <= self.valid_to)

    def period(self, day: date) -> date:
        """Return the first day of the time whose visits share its units with a day."""
        return day.replace(day=1) if self.tariff.kind is TariffKind.MONTHLY else self.valid_from

    def expires_on(self, day: date) -> date:
        """Return the last day on which what is left on a day can be used; `date.max` for no end."""
        last = date.max if self.valid_to is None else self.valid_to
        if self.units and self.tariff.kind is TariffKind.MONTHLY:
            return min(last, last_of_month(day))
        return last


def sale(tariff: Tariff, member: int, today: date, starts_on: date) -> Pass:
    """Return a pass as it is sold today, not stored yet (key 0)."""
    ends_on = starts_on + timedelta(days=tariff.valid_days - 1) if tariff.valid_days else None
    return Pass(0, member, tariff, today, starts_on, ends_on, tariff.units, tariff.price_cents)


def last_of_month(day: date) -> date:
    """Return the last day of a day's month."""
    following = (day.replace(day=28) + timedelta(days=4)).replace(day=1)
    return following - timedelta(days=1)
