"""The life of spaces in SQL (`hub.services.life_unit.LifeUnit`): a transaction of bookings, with cards and persons."""

from collections.abc import Sequence
from typing import Any, Final

from sqlalchemy import ColumnElement, and_, delete, exists, func, insert, select, update
from sqlalchemy.orm import aliased

from hub.domain.booking import Booking
from hub.domain.cards import CardState
from hub.domain.life import bounds_of
from hub.domain.space import Period, PeriodKind
from hub.life_ports import EndedSpace, Reach
from hub.storage.access_tables import AccountRoleRow, AccountRow, CardRow, DeviceTrustRow, MembershipRow
from hub.storage.booking_reads import load_bookings
from hub.storage.booking_rows import BookingRows
from hub.storage.booking_tables import BookingRow
from hub.storage.person_rows import PersonRows
from hub.storage.tables import DeviceRow, SpacePeriodRow, SpaceRow, TownRow


class LifeRows(BookingRows):
    """The life of spaces within one transaction."""

    def active_after(self, space: str, at_us: int) -> Sequence[Booking]:
        """Return the active bookings of a space that end after a moment, blockings too, by begin."""
        return load_bookings(
            self._connection,
            BookingRow.space_pk == self.space(space).pk,
            BookingRow.is_active.is_(True),
            BookingRow.end_us > at_us,
        )

    def reach(self, space: str) -> Reach:
        """Return how much an end would take now."""
        space_pk = self.space(space).pk
        cards = select(func.count()).where(CardRow.space_pk == space_pk, CardRow.state.in_(_OPENING))
        devices = (
            select(func.count())
            .select_from(DeviceTrustRow)
            .join(DeviceRow, DeviceRow.pk == DeviceTrustRow.device_pk)
            .where(DeviceRow.space_pk == space_pk, DeviceTrustRow.revoked_us.is_(None))
        )
        return Reach(
            self._connection.execute(cards).scalar_one(),
            len(self._only_here(space_pk)),
            self._connection.execute(devices).scalar_one(),
        )

    def save_life(self, space: str, periods: Sequence[Period], now_us: int) -> None:
        """Make the life of a space be as given, and its first and last day with it."""
        space_pk = self.space(space).pk
        here = SpacePeriodRow.space_pk == space_pk
        columns = (SpacePeriodRow.starts_on, SpacePeriodRow.kind, SpacePeriodRow.decided_us)
        known = {
            (row.starts_on, row.kind): row.decided_us
            for row in self._connection.execute(select(*columns).where(here))
        }
        self._connection.execute(delete(SpacePeriodRow).where(here))
        rows = [
            {
                "space_pk": space_pk,
                "starts_on": one.starts_on,
                "kind": one.kind,
                "address": one.address,
                "decided_us": known.get((one.starts_on, one.kind), now_us),
                "done_us": one.done_us,
                "erased_us": None,
            }
            for one in periods
        ]
        self._connection.execute(insert(SpacePeriodRow), rows)
        first, last = bounds_of(periods)
        self._connection.execute(
            update(SpaceRow).where(SpaceRow.pk == space_pk).values(valid_from=first, valid_to=last)
        )

    def ended(self) -> Sequence[EndedSpace]:
        """Return the spaces with an end of which not all is done, by id."""
        query = (
            select(SpaceRow.id, SpaceRow.time_zone, SpacePeriodRow.starts_on, SpacePeriodRow.done_us)
            .join(SpacePeriodRow, SpacePeriodRow.space_pk == SpaceRow.pk)
            .join(TownRow, TownRow.pk == SpaceRow.town_pk)
            .where(_IS_END, SpacePeriodRow.erased_us.is_(None), TownRow.retired_us.is_(None))
            .order_by(SpaceRow.id)
        )
        return [EndedSpace(*row) for row in self._connection.execute(query)]

    def block_cards(self, space: str, reason: str, now_us: int) -> int:
        """Block all cards of a space that may open something, with an entry in the log for each."""
        query = select(CardRow.pk).where(
            CardRow.space_pk == self.space(space).pk, CardRow.state.in_(_OPENING)
        )
        cards = self._connection.execute(query.order_by(CardRow.pk)).scalars().all()
        for card in cards:
            self._connection.execute(
                update(CardRow)
                .where(CardRow.pk == card)
                .values(state=CardState.BLOCKED, blocked_reason=reason, changed_us=now_us)
            )
            self.log({"what": "card_blocked", "by": None, "reason": reason, "own": False}, now_us, card)
        return len(cards)

    def note_done(self, space: str, now_us: int) -> None:
        """Note that cards are blocked."""
        self._note(space, {"done_us": now_us})

    def only_here(self, space: str) -> Sequence[int]:
        """Return the keys of a space's members who have no membership and no role in a space that lives."""
        return self._only_here(self.space(space).pk)

    def erase(self, member: int, now_us: int) -> None:
        """Take a person out of every table; counts stay."""
        PersonRows(self._connection, self._is_writing).erase(member, now_us)

    def note_erased(self, space: str, now_us: int) -> None:
        """Note that persons are erased."""
        self._note(space, {"erased_us": now_us})

    def _note(self, space: str, values: dict[str, Any]) -> None:
        here = SpacePeriodRow.space_pk == self.space(space).pk
        self._connection.execute(update(SpacePeriodRow).where(here, _IS_END).values(values))

    def _only_here(self, space_pk: int) -> Sequence[int]:
        elsewhere = aliased(MembershipRow)
        lives = and_(elsewhere.space_pk != space_pk, ~_has_ended(elsewhere.space_pk))
        # A role is written with the id of its space, or for a town, or for all.
        works = (
            select(AccountRow.member_pk)
            .join(AccountRoleRow, AccountRoleRow.account_pk == AccountRow.pk)
            .outerjoin(SpaceRow, SpaceRow.id == AccountRoleRow.space)
            .where(
                AccountRow.member_pk == MembershipRow.member_pk,
                SpaceRow.pk.is_(None) | and_(SpaceRow.pk != space_pk, ~_has_ended(SpaceRow.pk)),
            )
        )
        query = select(MembershipRow.member_pk).where(
            MembershipRow.space_pk == space_pk,
            ~exists(select(elsewhere.pk).where(elsewhere.member_pk == MembershipRow.member_pk, lives)),
            ~exists(works),
        )
        return self._connection.execute(query.order_by(MembershipRow.member_pk)).scalars().all()


def _has_ended(space_pk: Any) -> ColumnElement[bool]:
    return exists(
        select(SpacePeriodRow.space_pk).where(
            SpacePeriodRow.space_pk == space_pk, _IS_END, SpacePeriodRow.done_us.is_not(None)
        )
    )


_IS_END: Final = SpacePeriodRow.kind == PeriodKind.CLOSED
_OPENING: Final = (CardState.ACTIVE, CardState.SPARE)
"""Cards that open something, or will when they are given out."""
