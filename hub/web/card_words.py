"""Cards in words: what each is and opens, and how far it is with a reader."""

from dataclasses import dataclass
from typing import Final

from hub.domain.cards import CardKind, CardState, CardView, OrderKind, OrderState, OrderView
from hub.web.language import N_, gettext
from hub.web.wording import day_and_clock

STATES: Final[dict[CardState, str]] = {
    CardState.BLANK: N_("not ready"),
    CardState.SPARE: N_("spare"),
    CardState.ACTIVE: N_("active"),
    CardState.BLOCKED: N_("blocked"),
    CardState.RETIRED: N_("out of use"),
}

STATE_NOTES: Final[dict[CardState, str]] = {
    CardState.BLANK: N_("Known, but without keys: it opens nothing. Personalise it."),
    CardState.SPARE: N_("Ready in the key box: it opens nothing until somebody gets it."),
    CardState.ACTIVE: N_("Opens what its member may open."),
    CardState.BLOCKED: N_("Opens nothing until a host unblocks it."),
    CardState.RETIRED: N_("Opens nothing, for ever."),
}

KINDS: Final[dict[CardKind, str]] = {
    CardKind.UID: N_("Simple card, known by its number alone: can be copied"),
    CardKind.DESFIRE: N_("Card with keys (DESFire)"),
    CardKind.NTAG424: N_("Card with keys (NTAG 424)"),
}

PROBLEMS: Final[dict[str, str]] = {
    "expired": N_("No card came in time. Begin again and hold the card to the reader within a minute."),
    "offline": N_("The reader's device was away. Nothing was written; try again or use another reader."),
    "known_card": N_("This card is known already. Look for it in the list of cards."),
    "random_id": N_(
        "This card shows another number each time and can't be used (most telephones and bank cards)."
    ),
    "removed": N_("The card was taken away too soon. Nothing is lost: begin again and keep it still."),
    "another_card": N_("This was another card than the one to be written. Nothing was changed; begin again."),
    "foreign": N_("This card belongs to another system and can't be written. Take a new one."),
    "refused": N_("The card refused. Nothing is lost: try again; if it stays so, take a new card."),
    "cancelled": N_("Cancelled. Nothing was changed."),
    "no_keys": N_("The hub has no keys yet, so no card can be written. Whoever runs it must set them up."),
}


@dataclass(frozen=True, slots=True)
class OrderWords:
    """How far a card is with a reader.

    Args:
        state: `waiting`, `done` or `failed`.
        left_s: how long the reader still waits; 0 when it does not.
    """

    state: str
    sentence: str
    left_s: int


def order_words(order: OrderView, place: str, now_us: int) -> OrderWords:
    """Return what to do now.

    Args:
        place: name of the reader's door or desk; empty when it is not known.
    """
    left_s = max(0, -(-(order.until_us - now_us) // 1_000_000))
    is_read = order.kind is OrderKind.READ
    if order.state is OrderState.FAILED:
        text = PROBLEMS.get(order.problem)
        return OrderWords("failed", gettext(text) if text else order.problem, 0)
    if order.state is OrderState.DONE:
        done = (
            gettext("The card is known now.") if is_read else gettext("The card has its keys and is ready.")
        )
        return OrderWords("done", done, 0)
    if order.state is OrderState.ASKED:
        return OrderWords("waiting", gettext("The reader is being asked …"), left_s)
    if order.state is OrderState.READ:
        return OrderWords("waiting", gettext("The card was read. One moment …"), 0)
    if not left_s:
        return OrderWords(
            "waiting", gettext("The time is over; waiting for the last word of the reader …"), 0
        )
    if place:
        return OrderWords(
            "waiting", gettext("Hold the card to the reader now: %(place)s", place=place), left_s
        )
    return OrderWords("waiting", gettext("Hold the card to the reader now"), left_s)


def until_text(card: CardView, zone: str, now_us: int) -> str:
    """Return until when a card was given, or nothing."""
    if card.active_until_us is None:
        return ""
    return gettext("until %(time)s", time=day_and_clock(card.active_until_us, zone, now_us))


def search_text(card: CardView) -> str:
    """Return what a search looks through: what the page shows of a card."""
    return " ".join(
        (card.label, card.member_name, gettext(STATES[card.state]), card.blocked_reason)
    ).casefold()


def blocked_text(card: CardView) -> str:
    """Return that a card is blocked, and at which doors that is not certain yet."""
    if card.pending_at:
        return gettext(
            "“%(label)s” is blocked. Not confirmed yet by: %(doors)s. This page shows when it is.",
            label=card.label,
            doors=", ".join(card.pending_at),
        )
    return gettext("“%(label)s” is blocked and opens no door any more.", label=card.label)
