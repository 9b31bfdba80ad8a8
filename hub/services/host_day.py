"""What hosts look at all day: `hub.access_ports.DayDesk`, each call one look."""

from collections.abc import Sequence
from contextlib import AbstractContextManager
from datetime import date
from typing import Final, Protocol

from hub.access_ports import HostDay, Taking
from hub.domain.door_now import AlarmFacts, DoorFacts, door_view
from hub.domain.people import HOSTS, Actor, need_role
from hub.domain.space import Space
from hub.domain.time import Interval, day_bounds, local_date
from hub.services.door_desk import WhoCameUnit, who_came

MOST: Final = 2000
"""So many bookings are shown at most."""


class DayUnit(WhoCameUnit, Protocol):
    """Doors, entries and bookings within one transaction."""

    def head(self, space: str, account: int | None, day: date) -> tuple[int, int]:
        """Return until when an account may read persons, 0 for never, and how many came on a day without a pass.

        Refused when there is no such space; whatever else is asked of it then needs no look of its own.
        """
        ...

    def doors(self, space: str) -> Sequence[DoorFacts]:
        """Return what is stored of a space's doors, in the order of the site."""
        ...

    def alarms(self, space: str, now_us: int) -> Sequence[AlarmFacts]:
        """Return alarms that last or that nobody has taken on, latest first."""
        ...

    def takings(self, space: str, time: Interval, limit: int) -> Sequence[Taking]:
        """Return what takes desks of a space in a time, by begin, with the names of members."""
        ...


class DayUnits(Protocol):
    """Begins looks; raises `StoreUnavailable` when the database can't be used now."""

    def reading(self) -> AbstractContextManager[DayUnit]:
        """Begin one."""
        ...


class DayService:
    """Today, and the bookings of a time (`hub.access_ports.DayDesk`).

    Args:
        units: where all of it is kept.
    """

    def __init__(self, units: DayUnits) -> None:
        self._units = units

    def today(self, space: Space, actor: Actor, now_us: int) -> HostDay:
        """Return what a space's hosts see of today."""
        need_role(actor, space.id, *HOSTS)
        day = local_date(now_us, space.time_zone)
        whole = day_bounds(day, space.time_zone)
        with self._units.reading() as unit:
            until_us, without_pass = unit.head(space.id, actor.account, day)
            doors, alarms = unit.doors(space.id), unit.alarms(space.id, now_us)
            log = who_came(unit, space.id, whole, until_us if until_us > now_us else 0)
            takings = unit.takings(space.id, whole, MOST)
        return HostDay(
            [door_view(facts, alarms, (), now_us) for facts in doors],
            [facts.alarm for facts in alarms],
            log,
            without_pass,
            takings,
        )

    def takings(self, space: Space, time: Interval, actor: Actor) -> Sequence[Taking]:
        """Return what takes desks of a space in a time, by begin; hosts only."""
        need_role(actor, space.id, *HOSTS)
        with self._units.reading() as unit:
            return unit.takings(space.id, time, MOST)
