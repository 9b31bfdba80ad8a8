"""The waiting list within a transaction on bookings (`hub.services.booking_unit.WaitingUnit`)."""

from collections.abc import Sequence
from typing import Any, Final

from sqlalchemy import ColumnElement, delete, insert, select, update

from hub.domain.booking_refusals import UnknownWait
from hub.domain.people import Membership
from hub.domain.time import Interval
from hub.domain.waiting import Wait
from hub.storage.access_unit import AccessUnit
from hub.storage.booking_reads import is_id
from hub.storage.booking_tables import BookingRow
from hub.storage.member_rows import MemberRows
from hub.storage.tables import DeskRow, SpaceRow
from hub.storage.waiting_tables import WaitingRow


class WaitingRows(AccessUnit):
    """Who waits for what."""

    def waits(self, space: str) -> Sequence[Wait]:
        """Return who waits in a space, first come first."""
        return self._waits(SpaceRow.id == space)

    def waits_of(self, member: int) -> Sequence[Wait]:
        """Return what a member waits for, in all spaces, first come first."""
        return self._waits(WaitingRow.member_pk == member)

    def wait(self, id_: str) -> Wait:
        """Return one place in line.

        Raises:
            UnknownWait: when there is none of this id.
        """
        found = self._waits(WaitingRow.id == id_) if is_id(id_) else ()
        if not found:
            raise UnknownWait(id_)
        return found[0]

    def waiting_spaces(self) -> Sequence[str]:
        """Return the ids of the spaces in which anybody waits."""
        query = select(SpaceRow.id).where(SpaceRow.pk.in_(select(WaitingRow.space_pk)))
        return list(self._connection.execute(query.order_by(SpaceRow.id)).scalars())

    def right_of(self, member: int, space: str) -> Membership | None:
        """Return a member's membership of a space without holding the member."""
        found = MemberRows(self._connection, is_writing=False).member(member)
        return next((one for one in found.memberships if one.space == space), None)

    def add_wait(self, wait: Wait) -> None:
        """Let somebody wait."""
        space_pk = self.space(wait.space).pk
        desk_pk = None
        if wait.desk:
            query = select(DeskRow.pk).where(DeskRow.space_pk == space_pk, DeskRow.id == wait.desk)
            desk_pk = self._connection.execute(query).scalar_one()
        self._connection.execute(
            insert(WaitingRow).values(
                id=wait.id,
                space_pk=space_pk,
                desk_pk=desk_pk,
                member_pk=wait.member,
                start_us=wait.time.start_us,
                end_us=wait.time.end_us,
                created_us=wait.created_us,
            )
        )

    def hold_for(self, wait: str, booking: str, until_us: int) -> None:
        """Note what is held for somebody; nothing with an empty id."""
        hold = select(BookingRow.pk).where(BookingRow.id == booking).scalar_subquery() if booking else None
        values = {"hold_pk": hold, "until_us": until_us if booking else None}
        self._connection.execute(update(WaitingRow).where(WaitingRow.id == wait).values(values))

    def end_wait(self, wait: str) -> None:
        """Let somebody wait no more."""
        self._connection.execute(delete(WaitingRow).where(WaitingRow.id == wait))

    def _waits(self, condition: ColumnElement[bool]) -> Sequence[Wait]:
        return [_wait(row) for row in self._connection.execute(_WAITS.where(condition))]


def _wait(row: Any) -> Wait:
    return Wait(
        id=row.id,
        space=row.space,
        member=row.member_pk,
        desk=row.desk or "",
        time=Interval(row.start_us, row.end_us),
        created_us=row.created_us,
        hold=row.hold or "",
        until_us=row.until_us or 0,
    )


_WAITS: Final = (
    select(
        WaitingRow.id,
        SpaceRow.id.label("space"),
        WaitingRow.member_pk,
        DeskRow.id.label("desk"),
        WaitingRow.start_us,
        WaitingRow.end_us,
        WaitingRow.created_us,
        BookingRow.id.label("hold"),
        WaitingRow.until_us,
    )
    .join(SpaceRow, SpaceRow.pk == WaitingRow.space_pk)
    .outerjoin(DeskRow, DeskRow.pk == WaitingRow.desk_pk)
    .outerjoin(BookingRow, BookingRow.pk == WaitingRow.hold_pk)
    .order_by(WaitingRow.created_us, WaitingRow.pk)
)
