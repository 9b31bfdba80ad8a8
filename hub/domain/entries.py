"""Who came in: entries of the hosts' log, and whose a card was when it was used; pure."""

from collections.abc import Iterable, Sequence
from typing import Final, NamedTuple

BY_PHONE: Final = "phone"
"""Reason of an entry that a member's phone opened the door for."""


class Entry(NamedTuple):
    """A granted entry, without a person.

    Args:
        at_us: the latest that it can have happened.
        is_exact: whether the device knew the time.
        card, label: key and label of the card; None and empty when it is not known.
        member: key of who opened by phone, which takes no card.
    """

    at_us: int
    is_exact: bool
    reason: str
    card: int | None
    label: str
    member: int | None = None


class Holding(NamedTuple):
    """Whose a card is from a moment on.

    Args:
        from_us: when it was given or taken back; None for what is stored now.
        member: key of the member, None for nobody's.
        before: whose it was until then.
    """

    card: int
    from_us: int | None
    member: int | None
    before: int | None = None


def holder(holdings: Iterable[Holding], card: int, at_us: int) -> int | None:
    """Return the key of the member whose a card was at a moment, None for nobody's.

    Args:
        holdings: in the order in which they were noted.
    """
    now: int | None = None
    last: Holding | None = None
    first_later: Holding | None = None
    for holding in holdings:
        if holding.card != card:
            continue
        if holding.from_us is None:
            now = holding.member
        elif holding.from_us <= at_us:
            last = holding
        elif first_later is None:
            first_later = holding
    if last is not None:
        return last.member
    return now if first_later is None else first_later.before


def holders(holdings: Sequence[Holding], entries: Iterable[Entry]) -> list[int | None]:
    """Return for each entry the key of the member who came in, None when nobody is known."""
    by_card: dict[int, list[Holding]] = {}
    for holding in holdings:
        by_card.setdefault(holding.card, []).append(holding)
    return [
        entry.member if entry.card is None else holder(by_card.get(entry.card, ()), entry.card, entry.at_us)
        for entry in entries
    ]
