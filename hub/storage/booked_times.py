"""When members may come in by what they booked: what access lists are made of, beside memberships."""

from collections.abc import Sequence

from sqlalchemy import Engine, select

from hub.domain.access import Booked
from hub.domain.booking import BookingKind
from hub.domain.time import Interval
from hub.storage.availability import unavailable_when_down
from hub.storage.booking_reads import reaching, space_key
from hub.storage.booking_tables import BookingRow
from hub.storage.engine import reading


class SqlBookedTimes:
    """Gives the bookings of a space within a stretch of time (`hub.services.publish_access.BookingsOf`).

    Args:
        engine: from `hub.storage.engine.make_engine`.
    """

    def __init__(self, engine: Engine) -> None:
        self._reading = reading(engine)

    def __call__(self, space: str, time: Interval) -> Sequence[Booked]:
        """Return active bookings that touch the time, by member and begin; they open every door of the space."""
        query = (
            select(BookingRow.member_pk, BookingRow.start_us, BookingRow.end_us, BookingRow.any_hours)
            .where(
                BookingRow.space_pk == space_key(space),
                BookingRow.is_active,
                BookingRow.member_pk.is_not(None),
                # What is held for somebody opens no door: it may never become theirs.
                BookingRow.kind.in_((BookingKind.DESK, BookingKind.EVENT)),
                *reaching(time, space),
            )
            .order_by(BookingRow.member_pk, BookingRow.start_us, BookingRow.pk)
        )
        with unavailable_when_down(), self._reading.connect() as connection:
            return [
                Booked(row.member_pk, (), Interval(row.start_us, row.end_us), row.any_hours)
                for row in connection.execute(query)
            ]
