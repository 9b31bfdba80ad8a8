"""Calendar feeds in SQL (`hub.services.calendar_desk.CalendarUnit`)."""

from collections.abc import Sequence
from typing import Any, Final

from sqlalchemy import bindparam, delete, func, select

from hub.calendar_ports import Subscription
from hub.domain.booking import BookingKind
from hub.domain.calendar_files import FeedEntry, uid_of
from hub.domain.errors import RuleRefused
from hub.domain.letters import Stay
from hub.domain.space import PeriodKind
from hub.domain.time import local_date
from hub.storage.access_tables import MemberRow
from hub.storage.access_unit import AccessUnit
from hub.storage.booking_tables import BookingRow, CalendarFeedRow, ClaimRow
from hub.storage.mail_tables import MailChoiceRow
from hub.storage.statements import upsert
from hub.storage.tables import DeskRow, SpacePeriodRow, SpaceRow


class CalendarRows(AccessUnit):
    """Feeds within one transaction."""

    def since_us(self, member: int) -> int | None:
        """Return when a member's feed was made; None when there is none.

        Raises:
            RuleRefused: when there is no such member.
        """
        query = select(MemberRow.pk, CalendarFeedRow.made_us).outerjoin(
            CalendarFeedRow, CalendarFeedRow.member_pk == MemberRow.pk
        )
        row = self._connection.execute(query.where(MemberRow.pk == member)).one_or_none()
        if row is None:
            raise RuleRefused(
                f"there is no member {member}: see the members of a space", code="unknown_member"
            )
        found: int | None = row.made_us
        return found

    def keep(self, member: int, digest: bytes, now_us: int) -> None:
        """Store a member's feed in place of what there was."""
        values = {"digest": digest, "made_us": now_us}
        statement = upsert(self._connection.dialect.name, CalendarFeedRow).on_conflict_do_update(
            index_elements=[CalendarFeedRow.member_pk], set_=values
        )
        self._connection.execute(statement, {"member_pk": member, **values})

    def drop(self, member: int) -> None:
        """Delete a member's feed."""
        self._connection.execute(delete(CalendarFeedRow).where(CalendarFeedRow.member_pk == member))

    def by_digest(self, digest: bytes) -> Subscription | None:
        """Return whose feed has a secret of this digest, or None."""
        row = self._connection.execute(_WHOSE, {"digest": digest}).one_or_none()
        return None if row is None else Subscription(row.member_pk, row.made_us, row.language or "de")

    def entries(self, member: int, from_us: int) -> Sequence[FeedEntry]:
        """Return a member's bookings that stand and end after a moment, by begin; two queries."""
        rows = self._connection.execute(_ENTRIES, {"member": member, "from_us": from_us}).all()
        moves: dict[int, list[Any]] = {}
        for move in self._connection.execute(_MOVES, {"spaces": sorted({row.space_pk for row in rows})}):
            moves.setdefault(move.space_pk, []).append(move)
        return [
            FeedEntry(
                Stay(
                    uid_of(row.id),
                    max(row.version - 1, 0),
                    row.space,
                    row.desk if row.desks == 1 else "",
                    row.start_us,
                    row.end_us,
                    row.time_zone,
                    _address(row, moves.get(row.space_pk, ())),
                ),
                max(row.created_us, row.fresh_us),
            )
            for row in rows
        ]


def _address(row: Any, moves: Sequence[Any]) -> str:
    """Return where a space is on the day of a booking."""
    day = local_date(row.start_us, row.time_zone)
    past = [move.address for move in moves if move.starts_on <= day and move.address]
    return str(past[-1]) if past else str(row.address)


_MOVES: Final = (
    select(SpacePeriodRow.space_pk, SpacePeriodRow.starts_on, SpacePeriodRow.address)
    .where(
        SpacePeriodRow.kind == PeriodKind.MOVED,
        SpacePeriodRow.space_pk.in_(bindparam("spaces", expanding=True)),
    )
    .order_by(SpacePeriodRow.space_pk, SpacePeriodRow.starts_on)
)
_WHOSE: Final = (
    select(CalendarFeedRow.member_pk, CalendarFeedRow.made_us, MailChoiceRow.language)
    .outerjoin(MailChoiceRow, MailChoiceRow.member_pk == CalendarFeedRow.member_pk)
    .where(CalendarFeedRow.digest == bindparam("digest"))
)
_ENTRIES: Final = (
    select(
        BookingRow.id,
        BookingRow.version,
        BookingRow.start_us,
        BookingRow.end_us,
        BookingRow.created_us,
        BookingRow.fresh_us,
        SpaceRow.name.label("space"),
        SpaceRow.pk.label("space_pk"),
        SpaceRow.address,
        SpaceRow.time_zone,
        func.min(DeskRow.name).label("desk"),
        func.count().label("desks"),
    )
    .join(SpaceRow, SpaceRow.pk == BookingRow.space_pk)
    .join(ClaimRow, ClaimRow.booking_pk == BookingRow.pk)
    .join(DeskRow, DeskRow.pk == ClaimRow.desk_pk)
    .where(
        BookingRow.member_pk == bindparam("member"),
        BookingRow.end_us > bindparam("from_us"),
        BookingRow.is_active,
        BookingRow.kind.in_((BookingKind.DESK, BookingKind.EVENT)),
    )
    .group_by(BookingRow.pk, SpaceRow.pk)
    .order_by(BookingRow.start_us, BookingRow.id)
)
