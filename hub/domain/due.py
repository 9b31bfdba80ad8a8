"""What members of a space owe for a month: a list for whoever writes the bills; pure. Nothing here takes a payment."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from hub.domain.best_price import savings
from hub.domain.collation import german_key
from hub.domain.tariffs import BY_MONTH, Pass, Tariff, last_of_month
from hub.domain.visits import Kept


class DueKind(StrEnum):
    """What a line is for.

    SOLD: a pass, in the month. COMBINED: passes of one day cost that much less together (`hub.domain.best_price`).
    MONTH: of a tariff that is paid for each month. UNCOVERED: visits for which there was no valid pass; what they cost
    is for the space to say.
    """

    SOLD = "sold"
    COMBINED = "combined"
    MONTH = "month"
    UNCOVERED = "uncovered"


@dataclass(frozen=True, slots=True)
class DueLine:
    """One line.

    Args:
        member: key; None when the person was erased.
        name: of the member; empty when erased.
        tariff: name; empty for visits without a pass; of COMBINED the one whose price counts.
        since: day of the sale, the first day of the month that is due, or the day that passes combine for.
        count: of passes, months or visits.
        amount_cents: None where nothing is set; of COMBINED below 0.
        visits: of the month that used this pass.
    """

    kind: DueKind
    member: int | None
    name: str
    tariff: str
    since: date
    count: int
    amount_cents: int | None
    visits: int


def due_lines(
    month: date,
    passes: Sequence[Pass],
    visits: Mapping[int, Kept],
    names: Mapping[int, str],
    tariffs: Sequence[Tariff] = (),
) -> list[DueLine]:
    """Return what is due for a month, by name as Germans sort it.

    A month that a pass touches is due as a whole: shares of months are for the space to grant.

    Args:
        month: its first day.
        passes: of the space.
        visits: of the month, by member.
        names: of members.
        tariffs: of the space, at whose prices passes of one day combine.
    """
    used: dict[int, int] = {}
    for kept in visits.values():
        for pass_pk in kept.values():
            if pass_pk is not None:
                used[pass_pk] = used.get(pass_pk, 0) + 1
    lines = [
        line
        for one in passes
        for line in _of_pass(month, one, names.get(one.member or 0, ""), used.get(one.pk, 0))
    ]
    lines += [
        DueLine(
            DueKind.COMBINED,
            one.member,
            names.get(one.member, ""),
            one.instead,
            one.day,
            one.number,
            -one.cents,
            0,
        )
        for one in savings(passes, tariffs)
        if month <= one.completed_on <= last_of_month(month)
    ]
    for member, kept in visits.items():
        without = sorted(day for day, pass_pk in kept.items() if pass_pk is None)
        if without:
            name = names.get(member, "")
            lines.append(
                DueLine(DueKind.UNCOVERED, member, name, "", without[0], len(without), None, len(without))
            )
    return sorted(lines, key=lambda line: (german_key(line.name), line.member or 0, line.kind, line.since))


def total_cents(lines: Iterable[DueLine]) -> int:
    """Return the sum of what is set."""
    return sum(line.amount_cents or 0 for line in lines)


def _of_pass(month: date, one: Pass, name: str, visits: int) -> Iterable[DueLine]:
    last = last_of_month(month)
    touches = one.valid_from <= last and (one.valid_to is None or max(month, one.valid_from) <= one.valid_to)
    if one.tariff.kind in BY_MONTH:
        if touches:
            yield DueLine(DueKind.MONTH, one.member, name, one.tariff.name, month, 1, one.price_cents, visits)
    elif month <= one.sold_on <= last:
        yield DueLine(
            DueKind.SOLD, one.member, name, one.tariff.name, one.sold_on, 1, one.price_cents, visits
        )
