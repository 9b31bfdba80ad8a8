"""What members of a space owe for a month: a list for whoever writes the bills; pure. Nothing here takes a payment."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from hub.domain.collation import german_key
from hub.domain.tariffs import BY_MONTH, Pass, last_of_month
from hub.domain.visits import Kept


class DueKind(StrEnum):
    """What a line is for.

    SOLD: a pass, in the month. MONTH: of a tariff that is paid for each month. UNCOVERED: visits for which
    there was no valid pass; what they cost is for the space to say.
    """

    SOLD = "sold"
    MONTH = "month"
    UNCOVERED = "uncovered"


@dataclass(frozen=True, slots=True)
class DueLine:
    """One line.

    Args:
        member: key; None when the person was erased.
        name: of the member; empty when erased.
        tariff: name; empty for visits without a pass.
        since: day of the sale, or the first day of the month that is due.
        count: of passes, months or visits.
        amount_cents: None where nothing is set.
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
) -> list[DueLine]:
    """Return what is due for a month, by name as Germans sort it.

    A month that a pass touches is due as a whole: shares of months are for the space to grant.

    Args:
        month: its first day.
        passes: of the space.
        visits: of the month, by member.
        names: of members.
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
