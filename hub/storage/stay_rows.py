"""Stays in SQL (`hub.services.count_stays.StayUnit`)."""

from collections.abc import Sequence
from datetime import date
from typing import Final

from sqlalchemy import delete, insert, select, update

from hub.domain.door_events import ACCESS, LEAVING
from hub.domain.entries import Entry
from hub.domain.events import TimeQuality
from hub.domain.statistics.stays import Counted, Passed, StayKind
from hub.storage.access_tables import MembershipRow, SpaceAccessRow
from hub.storage.door_tables import DoorLogRow
from hub.storage.entry_rows import EntryRows
from hub.storage.member_tables import StayRow
from hub.storage.tables import DoorRow, SpaceRow


class StayRows(EntryRows):
    """Entries, exits and stays within one transaction."""

    def spaces(self) -> Sequence[tuple[str, str]]:
        """Return (id, zone) of the spaces that log exits."""
        return [(row.id, row.time_zone) for row in self._connection.execute(_SPACES)]

    def passages(self, space: str, start_us: int, end_us: int) -> Sequence[Passed]:
        """Return who came in and went out by card within a stretch of time."""
        query = _PASSAGES.where(
            DoorRow.space_pk == self.space(space).pk, DoorLogRow.at_us >= start_us, DoorLogRow.at_us < end_us
        )
        return [
            Passed(
                Entry(row.at_us, row.time_quality != TimeQuality.UNKNOWN, "", row.card_pk, ""),
                row.what == LEAVING,
            )
            for row in self._connection.execute(query)
        ]

    def put_stays(self, space: str, day: date, counted: Counted) -> int:
        """Make a day's stays be as given, of those who still are members; return how many rows changed."""
        space_pk = self.space(space).pk
        here = (StayRow.space_pk == space_pk, StayRow.day == day)
        rows = self._connection.execute(select(StayRow.member_pk, StayRow.kind, StayRow.stays).where(*here))
        stored = {(row.member_pk, StayKind(row.kind)): row.stays for row in rows}
        of_space = set(
            self._connection.execute(
                select(MembershipRow.member_pk).where(
                    MembershipRow.space_pk == space_pk,
                    MembershipRow.member_pk.in_({member for member, _ in counted}),
                )
            ).scalars()
        )
        right = {key: count for key, count in counted.items() if key[0] in of_space}
        for member, kind in sorted(stored.keys() - right.keys()):
            at = (*here, StayRow.member_pk == member, StayRow.kind == kind)
            self._connection.execute(delete(StayRow).where(*at))
        for (member, kind), count in sorted(right.items()):
            if (member, kind) not in stored:
                values = {"space_pk": space_pk, "day": day, "member_pk": member, "kind": kind, "stays": count}
                self._connection.execute(insert(StayRow).values(values))
            elif stored[member, kind] != count:
                at = (*here, StayRow.member_pk == member, StayRow.kind == kind)
                self._connection.execute(update(StayRow).where(*at).values(stays=count))
        return len(stored.items() ^ right.items())


_SPACES: Final = (
    select(SpaceRow.id, SpaceRow.time_zone)
    .join(SpaceAccessRow, SpaceAccessRow.space_pk == SpaceRow.pk)
    .where(SpaceAccessRow.exits_reason != "")
    .order_by(SpaceRow.id)
)
_PASSAGES: Final = (
    select(DoorLogRow.at_us, DoorLogRow.time_quality, DoorLogRow.what, DoorLogRow.card_pk)
    .join(DoorRow, DoorRow.pk == DoorLogRow.door_pk)
    .where(
        DoorLogRow.what.in_((ACCESS, LEAVING)),
        DoorLogRow.granted.is_(True),
        DoorLogRow.card_pk.is_not(None),
    )
    .order_by(DoorLogRow.at_us)
)
