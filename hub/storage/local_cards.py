"""Cards that are read and written at the hub's own machine, in SQL (`hub.services.local_cards.LocalCardUnit`)."""

from typing import NamedTuple

from sqlalchemy import insert, select, update

from hub.domain.cards import CardState, NewCard
from hub.domain.errors import RuleRefused
from hub.storage.access_tables import CardRow
from hub.storage.card_rows import CardRows
from hub.storage.told_events import card_written


class SealedFacts(NamedTuple):
    """What is sealed of a card."""

    uid_tag: bytes
    sealed_uid: bytes
    sealed_id: bytes | None


class LocalCardRows(CardRows):
    """Cards within one transaction, with what is sealed of them."""

    def known(self, space: str, uid_tag: bytes) -> tuple[int, CardState] | None:
        """Return key and state of the space's card of a number, or None."""
        query = select(CardRow.pk, CardRow.state).where(
            CardRow.space_pk == self.space(space).pk, CardRow.uid_tag == uid_tag
        )
        row = self._connection.execute(query).one_or_none()
        return None if row is None else (row.pk, row.state)

    def add_card(self, card: NewCard, now_us: int) -> int:
        """Add a card; return its key. One that another space has keeps the id that is on it."""
        elsewhere = select(CardRow.sealed_id).where(
            CardRow.uid_tag == card.uid_tag, CardRow.sealed_id.is_not(None)
        )
        added = insert(CardRow).values(
            space_pk=self.space(card.space).pk,
            member_pk=card.member,
            label=card.label,
            kind=card.kind,
            state=card.state,
            uid_tag=card.uid_tag,
            sealed_uid=card.sealed_uid,
            sealed_id=self._connection.execute(elsewhere.limit(1)).scalar(),
            generation=0,
            active_until_us=None,
            changed_us=now_us,
            blocked_reason="",
            rekey_needed=False,
        )
        return int(self._connection.execute(added.returning(CardRow.pk)).scalar_one())

    def sealed(self, card: int) -> SealedFacts:
        """Return what is sealed of a card."""
        query = select(CardRow.uid_tag, CardRow.sealed_uid, CardRow.sealed_id).where(CardRow.pk == card)
        row = self._connection.execute(query).one_or_none()
        if row is None:
            raise RuleRefused(f"there is no card {card}: see the cards of its space", code="unknown_card")
        return SealedFacts(*row)

    def note_id(self, card: int, sealed_id: bytes) -> None:
        """Note which id a card is about to get: should writing break off, the next attempt writes the same."""
        self._connection.execute(update(CardRow).where(CardRow.pk == card).values(sealed_id=sealed_id))

    def written(self, card: int, generation: int, now_us: int) -> None:
        """Note that a card holds our id, and keys of a generation."""
        card_written(self._connection, card, generation, now_us)
