"""Opens what readers offer: a card's number, sealed for the hub alone, becomes a card of the space."""

import logging

from hub.custody_ports import Offers, OfferUnit, OpenedOffer, Sealing, WaitingOffer
from hub.domain.cards import CardKind, CardState

_log = logging.getLogger(__name__)


class OpenOffers:
    """Opens offers, each in a transaction of its own.

    Args:
        offers: that wait.
    """

    def __init__(self, offers: Offers) -> None:
        self._offers = offers

    def run(self, sealing: Sealing, now_us: int) -> int:
        """Open all that wait; return how many became cards.

        Raises:
            StoreUnavailable: when the database can't be used now; they go on waiting.
        """
        return sum(self._open(sealing, offer, now_us) for offer in self._offers.waiting())

    def _open(self, sealing: Sealing, offer: WaitingOffer, now_us: int) -> bool:
        opened = sealing.open_offer(offer.offer, offer.kind, offer.command, offer.space, offer.device)
        with self._offers.writing() as unit:
            if not unit.is_waiting(offer.command):
                return False
            card, problem = (None, opened.problem) if opened.problem else _enrol(unit, offer, opened, now_us)
            unit.finish(offer, card, problem, now_us)
            unit.commit()
        if problem:
            _log.warning("a card at %s/%s is not taken: %s", offer.space, offer.device, problem)
        return not problem


def _enrol(unit: OfferUnit, offer: WaitingOffer, opened: OpenedOffer, now_us: int) -> tuple[int | None, str]:
    """Return the card's key, or None and why it is not taken."""
    is_plain = offer.kind is CardKind.UID
    known = unit.known(offer.space, opened.uid_tag)
    if known is not None:
        # One that was never finished may be begun again, but never as one without a key.
        is_unfinished = known.state is CardState.BLANK and not is_plain
        if not is_unfinished and known.pk != offer.card:
            return None, "known_card"
        if is_unfinished:
            unit.adopt(offer, known.pk)
        return known.pk, ""
    state = CardState.BLANK
    if is_plain:
        state = CardState.SPARE if offer.member is None else CardState.ACTIVE
    card = unit.add_card(offer, opened, state, now_us)
    if state is CardState.ACTIVE:
        unit.want_lists(offer.space)
    return card, ""
