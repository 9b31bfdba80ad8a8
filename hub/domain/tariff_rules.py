"""What a tariff may be; pure."""

import re
from dataclasses import replace
from typing import Final

from hub.domain.errors import RuleRefused
from hub.domain.people import AccessHours
from hub.domain.tariffs import BY_USE, MINUTES_OF_DAY, Tariff, TariffKind

MAX_TEXT: Final = 200
MAX_CENTS: Final = 10_000_000
MAX_UNITS: Final = 10_000
MAX_DAYS: Final = 3_660
_ID: Final = re.compile(r"[a-z0-9]([a-z0-9-]{0,38}[a-z0-9])?")


def checked_tariff(tariff: Tariff) -> Tariff:
    """Return a tariff with a tidy name.

    Raises:
        RuleRefused: when it can't be sold as it is; the text says what would work.
    """
    name = " ".join(tariff.name.split())
    if not _ID.fullmatch(tariff.id):
        raise RuleRefused(
            f'"{tariff.id[:40]}" is no id of a tariff: use up to 40 of a-z, 0-9 and -, as in zehnerkarte',
            code="no_tariff_id",
        )
    if not name or len(name) > MAX_TEXT:
        raise RuleRefused(f"a tariff needs a name of up to {MAX_TEXT} characters", code="no_tariff_name")
    if not 0 <= tariff.price_cents <= MAX_CENTS:
        raise RuleRefused(
            f"a price lies between 0 and {MAX_CENTS // 100} euros", code="no_price", most=MAX_CENTS // 100
        )
    if not (0 <= tariff.units <= MAX_UNITS and 1 <= tariff.per_visit <= MAX_UNITS):
        raise RuleRefused(
            f"a pass holds up to {MAX_UNITS} units, of which a visit uses one or more", code="no_units"
        )
    if not 0 <= tariff.valid_days <= MAX_DAYS:
        raise RuleRefused(
            f"a pass is valid for up to {MAX_DAYS} days; 0 stands for no end", code="no_days", most=MAX_DAYS
        )
    if not 0 <= tariff.starts_min < tariff.ends_min <= MINUTES_OF_DAY:
        raise RuleRefused("its part of the day must begin before it ends", code="no_part_of_day")
    if tariff.hours is AccessHours.NONE:
        raise RuleRefused("a pass opens doors in the opening hours, or always", code="no_hours")
    _check_kind(tariff)
    return replace(tariff, name=name)


def _check_kind(tariff: Tariff) -> None:
    if tariff.kind in BY_USE:
        if tariff.units < tariff.per_visit:
            raise RuleRefused(
                f"a pass of kind {tariff.kind} holds enough for one visit or more: {tariff.per_visit} at least",
                code="too_few_units",
                least=tariff.per_visit,
            )
    elif tariff.kind is TariffKind.MONTHLY:
        if tariff.per_visit != 1:
            raise RuleRefused("a visit uses one of a month's days", code="no_units")
    elif tariff.units:
        raise RuleRefused(
            f"nothing is counted of kind {tariff.kind}: leave the units at 0", code="units_for_nothing"
        )
    if tariff.kind is TariffKind.FREE and tariff.price_cents:
        raise RuleRefused(
            "what is free of charge has no price: choose another kind, or 0", code="free_has_price"
        )
