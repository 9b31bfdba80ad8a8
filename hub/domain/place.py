"""A space where something is booked, with what its town's calendar says."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from hub.domain.booking_refusals import UnknownDesk
from hub.domain.granularity import days_of
from hub.domain.public_holidays import public_holidays
from hub.domain.space import Desk, Space
from hub.domain.time import Interval


@dataclass(frozen=True, slots=True)
class Place:
    """A space and its town's holidays.

    Args:
        land: two letters, as in ISO 3166-2:DE.
        catholic: whether holidays of Catholic municipalities count.
    """

    space: Space
    land: str
    catholic: bool

    def holidays(self, times: Iterable[Interval]) -> frozenset[date]:
        """Return the public holidays of all years that some times touch."""
        years = {day.year for time in times for day in days_of(time, self.space.time_zone)}
        return public_holidays(self.land, years, catholic=self.catholic)

    def desk(self, id_: str) -> Desk:
        """Return a desk.

        Raises:
            UnknownDesk: when the space has none of this id.
        """
        for desk in self.space.desks:
            if desk.id == id_:
                return desk
        raise UnknownDesk(self.space.id, id_, [desk.id for desk in self.space.desks])
