"""When members may come in by what they booked: what access lists are made of, beside memberships."""

from collections.abc import Sequence
from typing import Final

from sqlalchemy import Engine, bindparam, select

from hub.domain.access import Booked
from hub.domain.booking import BookingKind
from hub.domain.time import Interval
from hub.storage.availability import unavailable_when_down
from hub.storage.booking_tables import BookingRow
from hub.storage.engine import reading
from hub.storage.tables import SpaceRow


class SqlBookedTimes:
    """Gives the bookings of a space within a stretch of time (`hub.services.publish_access.BookingsOf`).

    Args:
        engine: from `hub.storage.engine.make_engine`.
    """

    def __init__(self, engine: Engine) -> None:
        self._reading = reading(engine)

    def __call__(self, space: str, time: Interval) -> Sequence[Booked]:
        """Return active bookings that touch the time, by member and begin; they open every door of the space."""
        wanted = {"space": space, "start_us": time.start_us, "end_us": time.end_us}
        with unavailable_when_down(), self._reading.connect() as connection:
            return [
                Booked(row.member_pk, (), Interval(row.start_us, row.end_us), row.any_hours)
                for row in connection.execute(_BOOKED, wanted)
            ]


_BOOKED: Final = (
    select(BookingRow.member_pk, BookingRow.start_us, BookingRow.end_us, BookingRow.any_hours)
    .join(SpaceRow, SpaceRow.pk == BookingRow.space_pk)
    .where(
        SpaceRow.id == bindparam("space"),
        BookingRow.is_active,
        BookingRow.member_pk.is_not(None),
        # What is held for somebody opens no door: it may never become theirs.
        BookingRow.kind.in_((BookingKind.DESK, BookingKind.EVENT)),
        BookingRow.end_us > bindparam("start_us"),
        BookingRow.start_us < bindparam("end_us"),
    )
    .order_by(BookingRow.member_pk, BookingRow.start_us, BookingRow.pk)
)
