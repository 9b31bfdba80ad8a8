"""Cards as the hub keeps them: what they are, whose they are, and what a host may do with them."""

from dataclasses import dataclass, field
from enum import StrEnum


class CardKind(StrEnum):
    """How a card proves itself; the wire's words. A `uid` card proves nothing: a comfort class (DESIGN section 6)."""

    UID = "uid"
    DESFIRE = "desfire"
    NTAG424 = "ntag424"


class CardState(StrEnum):
    """What a card opens.

    BLANK: known, not personalised yet: nothing. SPARE: ready in the key box, nobody's: nothing. ACTIVE: what its member
    may. BLOCKED: nothing, until a host unblocks it. RETIRED: nothing, for ever: replaced or returned.
    """

    BLANK = "blank"
    SPARE = "spare"
    ACTIVE = "active"
    BLOCKED = "blocked"
    RETIRED = "retired"


class OrderKind(StrEnum):
    """What the hub asks a reader for: the next card's number, or to write keys and id to a card."""

    READ = "read"
    WRITE = "write"


class OrderState(StrEnum):
    """How far an order is.

    ASKED: jobs have not sent it. WAITING: the reader waits for the card. READ: the card's number has arrived. DONE and
    FAILED end it.
    """

    ASKED = "asked"
    WAITING = "waiting"
    READ = "read"
    DONE = "done"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class CardView:
    """A card as pages show it; never its number.

    Args:
        pk: key.
        label: what is written on it ("Karte 12").
        member, member_name: whose it is; None and empty for a spare one.
        active_until_us: for a spare card that was activated for a while.
        blocked_reason: in the words of who blocked it.
        pending_at: names of doors that have not confirmed the present state yet.
        rekey_needed: whether its keys are of an old generation, or were on a device that was revoked.
    """

    pk: int
    label: str
    space: str
    kind: CardKind
    state: CardState
    member: int | None
    member_name: str
    active_until_us: int | None = None
    changed_us: int = 0
    blocked_reason: str = ""
    pending_at: tuple[str, ...] = ()
    rekey_needed: bool = False


@dataclass(frozen=True, slots=True)
class ReaderView:
    """A reader at which a card can be enrolled.

    Args:
        device, reader: ids.
        place: name of the door or desk where it is.
        is_online: whether its device is there.
    """

    device: str
    reader: str
    place: str
    is_online: bool


@dataclass(frozen=True, slots=True)
class OrderView:
    """How far an order is.

    Args:
        id: 16 hex digits.
        until_us: until when the reader waits.
        card: key of the card it is about, once known.
        problem: why it failed: `expired`, `offline`, `known_card`, `random_id`, `removed`, `another_card`, `foreign`,
            `refused`, `cancelled`, `no_keys`; empty otherwise.
    """

    id: str
    kind: OrderKind
    state: OrderState
    until_us: int
    card: int | None = None
    problem: str = ""


@dataclass(frozen=True, slots=True)
class CardOrder:
    """An order as it is stored.

    Args:
        id: of the command that brings it to the reader, 16 hex digits.
        device, reader: where.
        until_us: until when the reader waits.
        member: for whom a card is read.
        label: that the card gets.
        sent_us: when `jobs` sent it; None before.
    """

    id: str
    kind: OrderKind
    state: OrderState
    space: str
    device: str
    reader: str
    until_us: int
    card: int | None = None
    member: int | None = None
    label: str = ""
    problem: str = ""
    sent_us: int | None = None


ANSWER_GRACE_US = 65_000_000
"""So long after a reader's time an answer may still come: a card that came at its end is written for up to a minute."""


def order_view(order: CardOrder, now_us: int) -> OrderView:
    """Return how far an order is: one of which nothing was heard in time has failed."""
    state, problem = order.state, order.problem
    if state is OrderState.ASKED and now_us > order.until_us:
        state, problem = OrderState.FAILED, "offline"
    elif state is OrderState.WAITING and now_us > order.until_us + ANSWER_GRACE_US:
        state, problem = OrderState.FAILED, "expired"
    return OrderView(order.id, order.kind, state, order.until_us, order.card, problem)


@dataclass(frozen=True, slots=True)
class NewCard:
    """A card that a space is about to have.

    Args:
        uid_tag, sealed_uid: by what it is told apart, and its number under the custody key.
    """

    space: str
    label: str
    member: int | None
    kind: CardKind
    state: CardState
    uid_tag: bytes = field(repr=False)
    sealed_uid: bytes = field(repr=False)
