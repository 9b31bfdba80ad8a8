"""Which doors a member opens by phone now, and why not the others; pure.

The phone is no key of its own: it opens what a card of the member would open at this moment. That somebody stands at
the door is for the door to judge: its device obeys only within `CALLED_S` of a press of the button outside.
"""

from collections.abc import Collection, Container, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final, NamedTuple

from hub.domain.access import Booked, CardFacts, CardFlag
from hub.domain.admission import EVERYONE, Admission
from hub.domain.cards import CardKind, CardState
from hub.domain.door_now import DoorFacts, last_word
from hub.domain.doors import DoorMode
from hub.domain.errors import RuleRefused
from hub.domain.pass_windows import NO_FACTS, PassFacts
from hub.domain.people import Member, Membership
from hub.domain.space import Space, SpaceAccess
from hub.domain.space_rights import space_rights
from hub.domain.time import local_date

CALLED_S: Final = 30
"""How long after a press of the button outside a member may still open."""

NO_CARD: Final = 0
"""Stands for the card of a member who has none in the space: the membership alone says when."""


class PhoneSpace(NamedTuple):
    """A space that lets members open by phone, and what decides beside memberships when its doors open.

    Args:
        land, catholic: of its town: the law by which it keeps holidays.
        admission: whom it lets in.
        passes: that may be valid today or later, and what is used of them.
    """

    space: Space
    land: str
    catholic: bool
    admission: Admission = EVERYONE
    passes: PassFacts = NO_FACTS


@dataclass(frozen=True, slots=True)
class PhoneDoor:
    """A door of a space that offers it, to a member whose membership opens it.

    Args:
        space, space_name, door, name: ids and names.
        refusal: why it does not open by phone now; None when it does.
        card: key of the card in whose stead it opens, `NO_CARD` for none.
    """

    space: str
    space_name: str
    door: str
    name: str
    refusal: RuleRefused | None
    card: int = NO_CARD


def phone_doors(
    at: PhoneSpace,
    member: Member,
    cards: Sequence[CardFacts],
    doors: Sequence[DoorFacts],
    holidays: Container[date],
    now_us: int,
    *,
    bookings: Sequence[Booked] = (),
) -> list[PhoneDoor]:
    """Return the doors of a space that a member may ask for, each with why not; none where the space offers none.

    Doors without a button outside, and those that neither membership nor booking opens, are not among them.

    Args:
        cards: the member's, of this space.
        doors: all of the space, as they are stored.
        holidays: days on which the space keeps to no opening hours.
        bookings: of the space, as its access lists have them.
    """
    space = at.space
    membership = next((one for one in member.memberships if one.space == space.id), None)
    if membership is None or not (space.access or SpaceAccess()).phone_opening:
        return []
    by_door = _open_now(at, member, cards, holidays, now_us, bookings)
    return [
        PhoneDoor(
            space.id,
            space.name,
            facts.id,
            facts.name,
            _why_not(space, membership, cards, facts, now_us, opens=facts.id in by_door),
            by_door.get(facts.id, NO_CARD),
        )
        for facts in doors
        if _has_button(facts)
        and (not membership.doors or facts.id in membership.doors or facts.id in by_door)
    ]


def _open_now(
    at: PhoneSpace,
    member: Member,
    cards: Sequence[CardFacts],
    holidays: Container[date],
    now_us: int,
    bookings: Sequence[Booked],
) -> dict[str, int]:
    """Return by door the card that opens it now by the very windows of the access list."""
    if not _usable(cards) and not _blocked(cards):
        cards = [CardFacts(NO_CARD, CardKind.DESFIRE, CardState.ACTIVE, member.pk)]
    rules = at.space.access or SpaceAccess()
    found: dict[str, int] = {}
    for rights in space_rights(
        at.space,
        rules,
        [member],
        cards,
        holidays,
        now_us,
        days=1,
        bookings=bookings,
        admission=at.admission,
        passes=at.passes,
    ).values():
        for card in rights.cards:
            for door, schedule in () if card.flags & CardFlag.BLOCKED else card.rights:
                if any(now_us in window for window in rights.schedules[schedule]):
                    found.setdefault(rights.doors[door].id, card.pk)
    return found


def _why_not(
    space: Space,
    membership: Membership,
    cards: Sequence[CardFacts],
    facts: DoorFacts,
    now_us: int,
    *,
    opens: bool,
) -> RuleRefused | None:
    """Return what keeps a member out, what the member can do something about first."""
    today = local_date(now_us, space.time_zone)
    if today < membership.valid_from or (membership.valid_to is not None and membership.valid_to < today):
        return _refused(facts, "phone_no_member", "the membership is not valid today: ask the host")
    if not _usable(cards) and _blocked(cards):
        return _refused(facts, "phone_blocked", "the card is blocked, so the phone is too: ask the host")
    if not opens:
        return _refused(facts, "phone_not_now", "no right at this time: come in the hours of the membership")
    if facts.lists is None or not facts.is_there(now_us):
        return _refused(facts, "phone_device_away", "its device is away: use the card")
    if facts.health.get("time_trusted") is False:
        return _refused(facts, "phone_no_time", "it does not know the time for certain: use the card")
    word = last_word(facts)
    if word is not None and word.mode is DoorMode.LOCKDOWN:
        return _refused(facts, "phone_lockdown", "it is locked down: a host must end that first")
    return None


def _refused(facts: DoorFacts, code: str, why: str) -> RuleRefused:
    return RuleRefused(f"{facts.name} does not open by phone: {why}", code=code, door=facts.id)


def _has_button(facts: DoorFacts) -> bool:
    return facts.id in facts.meta.get("calls", ())


def _usable(cards: Collection[CardFacts]) -> bool:
    return any(card.state is CardState.ACTIVE for card in cards)


def _blocked(cards: Collection[CardFacts]) -> bool:
    return any(card.state is CardState.BLOCKED for card in cards)
