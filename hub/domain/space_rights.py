"""The one way in which rights are worked out: what an access list says, and what a phone opens, never differ."""

from collections.abc import Container, Iterable, Sequence
from datetime import date

from hub.domain.access import DAYS, Booked, CardFacts, Rights, compile_rights, horizon
from hub.domain.admission import EVERYONE, Admission
from hub.domain.pass_windows import NO_FACTS, PassFacts, passes_open
from hub.domain.people import Member
from hub.domain.space import Space, SpaceAccess


def space_rights(  # noqa: PLR0913 - all that a list is made of
    space: Space,
    rules: SpaceAccess,
    members: Iterable[Member],
    cards: Iterable[CardFacts],
    holidays: Container[date],
    now_us: int,
    *,
    days: int = DAYS,
    bookings: Sequence[Booked] = (),
    admission: Admission = EVERYONE,
    passes: PassFacts = NO_FACTS,
) -> dict[str, Rights]:
    """Return by device id what each device of a space that has doors is told.

    Args:
        passes: as they are stored; all else as for `hub.domain.access.compile_rights`.
    """
    return compile_rights(
        space,
        rules,
        members,
        cards,
        holidays,
        now_us,
        days=days,
        bookings=bookings,
        admission=admission,
        passes=passes_open(space, passes, horizon(space, now_us, days), holidays),
    )
