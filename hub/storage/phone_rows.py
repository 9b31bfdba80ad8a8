"""What opening by phone needs, in SQL (`hub.services.phone_desk.PhoneUnit`)."""

from collections.abc import Collection, Sequence
from typing import Final

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from hub.domain.access import CardFacts
from hub.domain.phone_opening import PhoneSpace
from hub.domain.time import local_date
from hub.storage.access_tables import CardRow, SpaceAccessRow
from hub.storage.door_rows import DoorRows
from hub.storage.group_rows import load_admission
from hub.storage.member_rows import MemberRows
from hub.storage.pass_store import pass_facts
from hub.storage.site_rows import load_towns
from hub.storage.space_look import CARD_FACTS
from hub.storage.tables import SpaceRow


class PhoneRows(DoorRows, MemberRows):
    """Doors, a member and the member's cards within one transaction."""

    def offering(self, spaces: Collection[str], now_us: int) -> Sequence[PhoneSpace]:
        """Return those of some spaces that let members open by phone, by id; one query where none does."""
        towns = self._connection.execute(_OFFERING, {"spaces": sorted(spaces)}).scalars().all()
        if not towns:
            return []
        with Session(bind=self._connection) as session:
            found = [
                (space, town)
                for pk in towns
                for town in load_towns(session, pk)
                for space in town.spaces
                if space.id in spaces and space.access is not None and space.access.phone_opening
            ]
        return [
            PhoneSpace(
                space,
                town.land,
                town.catholic,
                load_admission(self._connection, pk),
                pass_facts(self._connection, pk, local_date(now_us, space.time_zone)),
            )
            for space, town in sorted(found, key=lambda one: one[0].id)
            for pk in (self.space(space.id).pk,)
        ]

    def cards_in(self, space: str, member: int) -> Sequence[CardFacts]:
        """Return a member's cards of a space."""
        of_member = {"space_pk": self.space(space).pk, "member_pk": member}
        return [CardFacts(*row) for row in self._connection.execute(_CARDS, of_member)]


_OFFERING: Final = (
    select(SpaceRow.town_pk)
    .join(SpaceAccessRow, SpaceAccessRow.space_pk == SpaceRow.pk)
    .where(SpaceRow.id.in_(bindparam("spaces", expanding=True)), SpaceAccessRow.phone_opening)
    .distinct()
)
_CARDS: Final = (
    select(*CARD_FACTS)
    .where(CardRow.space_pk == bindparam("space_pk"), CardRow.member_pk == bindparam("member_pk"))
    .order_by(CardRow.pk)
)
