"""Which passes are about to run out, so that their members should hear of it; pure.

A pass runs out by its last day, or because visits use it up. A pass that is short from the beginning says so when it is
sold: nobody is told again that a day pass is for a day.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final, NamedTuple

from hub.domain.tariffs import BY_USE, Pass, TariffKind
from hub.domain.visits import Kept, Spending

DAYS_BEFORE: Final = 7
SHORT_DAYS: Final = 14
"""Passes that are valid for no more days are not told of by their last day."""

VISITS_LEFT: Final = 1
FEW_VISITS: Final = 3
"""Passes for no more visits are not told of by what is left."""

UNITS: Final = {TariffKind.DAY: "days", TariffKind.HALF_DAY: "half_days", TariffKind.HOURS: "hours"}


class Holder(NamedTuple):
    """A member with passes of a space.

    Args:
        ref: the member's word, which no other one ever has.
        untold: keys of passes of which nothing was told yet.
    """

    member: int
    ref: str
    passes: Sequence[Pass]
    visits: Kept
    untold: frozenset[int]


@dataclass(frozen=True, slots=True)
class EndingPass:
    """A pass that runs out.

    Args:
        left: units that are left; None when what ends is its time.
        unit: `days`, `half_days` or `hours`, of `left`.
    """

    held: Pass
    left: int | None
    unit: str = "days"


def ending_passes(passes: Sequence[Pass], visits: Kept, today: date) -> list[EndingPass]:
    """Return which passes of one member in one space run out.

    One that another pass of the same member goes on after is none of these.
    """
    spending = Spending(passes, visits)
    found = (_ending(one, spending, today) for one in passes if one.is_valid(today))
    return [one for one in found if one is not None and not _is_followed(one, passes, spending, today)]


def _ending(held: Pass, spending: Spending, today: date) -> EndingPass | None:
    per_visit = held.tariff.per_visit
    if held.tariff.kind in BY_USE and held.units > FEW_VISITS * per_visit:
        left = spending.left(held, today)
        if left is not None and left < (VISITS_LEFT + 1) * per_visit:
            return EndingPass(held, left, UNITS[held.tariff.kind])
    if held.valid_to is None or held.valid_to > today + timedelta(days=DAYS_BEFORE):
        return None
    is_short = held.valid_to - held.valid_from < timedelta(days=SHORT_DAYS)
    return None if is_short else EndingPass(held, None)


def _is_followed(ending: EndingPass, passes: Iterable[Pass], spending: Spending, today: date) -> bool:
    held = ending.held
    after = today if ending.left is not None or held.valid_to is None else held.valid_to + timedelta(days=1)
    others = (one for one in passes if one.pk != held.pk)
    return any(spending.has_room(one, max(after, one.valid_from)) for one in others)
