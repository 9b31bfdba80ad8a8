"""Which days can be meant; pure. Outside of them lie slips of the pen, and calendars that end."""

from datetime import date
from typing import Final

from hub.domain.errors import RuleRefused

FIRST_DAY: Final = date(1990, 1, 1)
LAST_DAY: Final = date(2199, 12, 31)


def check_days(*days: date | None) -> None:
    """Refuse days that nobody means.

    Raises:
        RuleRefused: when one lies outside of `FIRST_DAY … LAST_DAY`.
    """
    for day in days:
        if day is not None and not FIRST_DAY <= day <= LAST_DAY:
            raise RuleRefused(
                f"{day} can't be meant: days lie between {FIRST_DAY} and {LAST_DAY}",
                code="no_such_day",
                first=FIRST_DAY.year,
                last=LAST_DAY.year,
            )
