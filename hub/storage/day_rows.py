"""What a space's hosts see of a day, in SQL (`hub.services.host_day.DayUnit`): few queries, however much there is."""

from collections.abc import Sequence
from datetime import date

from sqlalchemy import func, select

from hub.access_ports import Taking
from hub.domain.time import Interval
from hub.storage.access_unit import SpaceKey
from hub.storage.booking_reads import load_takings
from hub.storage.door_rows import DoorRows
from hub.storage.door_tables import LogOpeningRow
from hub.storage.entry_rows import EntryRows
from hub.storage.member_tables import VisitRow
from hub.storage.tables import SpaceRow


class DayRows(DoorRows, EntryRows):
    """Doors, entries and bookings within one transaction."""

    def head(self, space: str, account: int | None, day: date) -> tuple[int, int]:
        """Return until when an account may read persons, 0 for never, and how many came on a day without a pass.

        Raises:
            UnknownSpace: when there is no such space.
        """
        until_us = select(LogOpeningRow.until_us).where(
            LogOpeningRow.space_pk == SpaceRow.pk, LogOpeningRow.account_pk == account
        )
        without = select(func.count()).where(
            VisitRow.space_pk == SpaceRow.pk, VisitRow.day == day, VisitRow.pass_pk.is_(None)
        )
        query = select(
            SpaceRow.pk,
            SpaceRow.id,
            SpaceRow.time_zone,
            until_us.scalar_subquery().label("until_us"),
            without.scalar_subquery().label("without"),
        ).where(SpaceRow.id == space)
        row = self._connection.execute(query).one_or_none()
        if row is None:
            # Refuses, and says which ones there are.
            self.space(space)
            return 0, 0
        # Whatever else is read of the space needs its key, which has been read with this.
        self._spaces[space] = SpaceKey(row.pk, row.id, row.time_zone)
        return row.until_us or 0, row.without

    def takings(self, space: str, time: Interval, limit: int) -> Sequence[Taking]:
        """Return what takes desks of a space in a time, by begin; one query."""
        return load_takings(self._connection, space, time, limit)
