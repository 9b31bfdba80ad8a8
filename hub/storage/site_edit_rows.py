"""A space that is changed in the browser, in SQL (`hub.services.site_desk.SiteEditUnit`)."""

from collections.abc import Collection, Sequence
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from hub.custody_ports import SpaceLook
from hub.domain.booking import Booking
from hub.domain.errors import UnknownSpace
from hub.domain.space import Space
from hub.domain.tariffs import WithoutPass
from hub.domain.time import Interval
from hub.storage.booking_reads import load_bookings, reaching, space_key
from hub.storage.booking_tables import BookingRow
from hub.storage.pass_rows import PassRows
from hub.storage.pass_store import load_rule
from hub.storage.site_rows import load_space
from hub.storage.site_store import SqlSiteStore
from hub.storage.space_look import look_at
from hub.storage.tables import DeskRow, SpaceEditionRow, SpaceRow

AHEAD_US: Final = 1_200 * 86_400_000_000
"""Beyond every booking: two years ahead, and as long as the longest."""


class SiteEditRows(PassRows):
    """A space, its desks and its settings within one transaction."""

    def stored(self, space: str) -> tuple[Space, int, WithoutPass]:
        """Return a space, its version, and its rule for members without a pass; held until the end.

        Raises:
            UnknownSpace: when there is no such space, or its town is retired.
        """
        space_pk = self.space(space).pk
        if self._is_writing:
            # Bookings of the space go on meanwhile; whoever else changes it waits.
            held = select(SpaceRow.pk).where(SpaceRow.pk == space_pk).with_for_update(key_share=True)
            self._connection.execute(held)
        version = self._connection.execute(
            select(SpaceEditionRow.version).where(SpaceEditionRow.space_pk == space_pk)
        ).scalar()
        with Session(bind=self._connection) as session:
            found = load_space(session, space)
        if found is None:
            raise UnknownSpace(f'the town of space "{space}" is retired', code="unknown_space", space=space)
        return found[1], version or 0, load_rule(self._connection, space_pk)

    def save(self, space: Space) -> None:
        """Make a space be as given, and count it as a change in the browser."""
        with Session(bind=self._connection) as session:
            store = SqlSiteStore(session)
            store.save_space(space)
            store.note_change(space.id, is_edit=True)

    def retire_desk(self, space: str, desk: str, now_us: int) -> None:
        """Take a desk out of use and keep its history."""
        with Session(bind=self._connection) as session:
            SqlSiteStore(session).retire("desk", (space, desk), now_us)

    def desk_ids(self, space: str) -> Collection[str]:
        """Return the ids of all desks that a space has or ever had."""
        query = select(DeskRow.id).where(DeskRow.space_pk == self.space(space).pk)
        return frozenset(self._connection.execute(query).scalars())

    def coming(self, space: str, now_us: int) -> Sequence[Booking]:
        """Return the active bookings of a space that are not over, by begin."""
        return load_bookings(
            self._connection,
            BookingRow.space_pk == space_key(space),
            BookingRow.is_active.is_(True),
            *reaching(Interval(now_us, now_us + AHEAD_US), space),
        )

    def rights_look(self, space: str, now_us: int) -> SpaceLook | None:
        """Return what the space's access lists are made of."""
        return look_at(self._connection, space, now_us)
