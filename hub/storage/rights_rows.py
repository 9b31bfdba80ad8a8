"""Members with their bookings, in one transaction (`hub.services.member_desk.RightsUnit`)."""

from hub.storage.booking_rows import BookingRows
from hub.storage.member_rows import MemberRows


class RightsRows(MemberRows):
    """Members within one transaction, whose bookings end with their right."""

    def bookings(self) -> BookingRows:
        """Return the bookings within the same transaction."""
        return BookingRows(self._connection, self._is_writing)
