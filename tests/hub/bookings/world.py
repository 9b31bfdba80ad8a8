"""The two spaces of `tests.hub.desks.world`, with opening hours, rules and members who book."""

from dataclasses import replace
from datetime import date, datetime, time
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Engine

from hub.booking_ports import Wish
from hub.domain.booking import Booking
from hub.domain.people import AccessHours, Actor, Membership
from hub.domain.people import Member as Person
from hub.domain.space import Desk, Granularity, OpeningPeriod, SpaceBookings
from hub.domain.time import Interval, to_us
from hub.domain.waiting import Wait
from hub.services.blocking_desk import BlockingService
from hub.services.booking_desk import BookingService
from hub.services.import_site import import_site
from hub.services.no_show import ReleaseNoShows
from hub.services.series_desk import SeriesService
from hub.services.waiting_desk import KeepTheLine, WaitingService
from hub.storage.access_unit import SqlUnits
from hub.storage.booking_rows import BookingRows
from hub.storage.unit_of_work import UnitFactory
from hub.waiting_ports import WaitWish
from tests.hub.desks.world import CLI, DOORS, OTHER, SPACE, World
from tests.hub.ingest.hub import DESKS, town

BERLIN = ZoneInfo("Europe/Berlin")
A, B, C = DESKS
BARE = "sofa"
"""A desk without a sensor."""


def berlin(text: str) -> int:
    """Return a wall time in Berlin (`2026-11-18T09:00`) as microseconds."""
    return to_us(datetime.fromisoformat(text).replace(tzinfo=BERLIN))


def span(start: str, end: str, day: str = "2026-11-19") -> Interval:
    """Return a time by the wall clock in Berlin; `24:00` is the day's end."""
    end_day = date.fromisoformat(day)
    if end == "24:00":
        end, end_day = "00:00", date.fromordinal(end_day.toordinal() + 1)
    return Interval(berlin(f"{day}T{start}"), berlin(f"{end_day}T{end}"))


class BookingWorld(World):
    """Whatever is booked is at SPACE, open from 8 to 18 on weekdays; it is Wednesday 2026-11-18, 9:40 in Berlin."""

    def __init__(self, engine: Engine) -> None:
        super().__init__(engine, berlin("2026-11-18T09:40"))
        units = SqlUnits(engine, BookingRows)
        self.bookings = BookingService(units)
        self.series = SeriesService(units)
        self.blockings = BlockingService(units)
        self.release = ReleaseNoShows(units)
        self.waiting, self.line = WaitingService(units, self.bookings), KeepTheLine(units)
        self.jo = self.mia = 0

    def set_up(self) -> None:
        super().set_up()
        self.space()
        self.jo, self.mia = self.somebody("Jo"), self.somebody("Mia")

    def space(
        self, granularity: Granularity = Granularity.HOUR, zone: str = "Europe/Berlin", **rules: Any
    ) -> None:
        """Have the space decide something about bookings."""
        towns = [town(SPACE), town(OTHER, name="b")]
        opening = tuple(OpeningPeriod(day, time(8), time(18)) for day in range(5))
        for index, one in enumerate(towns):
            space = one.spaces[0]
            desks = (*space.desks, Desk(BARE, "Sofa", x=900, y=100))
            towns[index] = replace(
                one,
                spaces=(
                    replace(
                        space, doors=DOORS, desks=desks, opening=opening, granularity=granularity,
                        time_zone=zone, bookings=SpaceBookings(**rules),
                    ),
                ),
            )  # fmt: skip
        import_site(UnitFactory(self.engine), towns, self.now_us)

    def somebody(self, name: str, hours: AccessHours = AccessHours.OPENING, **more: Any) -> int:
        """Add a member of the space."""
        membership = Membership(SPACE, hours, date(2026, 1, 1), **more)
        return self.members.save_member(Person(0, name, memberships=(membership,)), CLI, self.now_us)

    def me(self, member: int) -> Actor:
        """Return a member who signs in."""
        return self.actor(4, member)

    def book(
        self,
        time: Interval,
        desk: str = A,
        member: int | None = None,
        actor: Actor | None = None,
        **more: Any,
    ) -> Booking:
        """Book for Jo, or somebody else, by oneself unless said otherwise."""
        member = self.jo if member is None else member
        wish = Wish(SPACE, desk, time, member, **more)
        return self.bookings.book(wish, actor or self.me(member), self.now_us)

    def wait(self, time: Interval, desk: str = A, member: int | None = None) -> Wait:
        """Have Mia, or somebody else, wait."""
        wish = WaitWish(SPACE, desk, time)
        return self.waiting.wait(wish, self.me(self.mia if member is None else member), self.now_us)

    def at(self, text: str) -> None:
        """Let it be another moment by the wall clock in Berlin; devices go on saying that they are there."""
        self.now_us = berlin(text)
        for device in ("pi-1", "pi-2"):
            self.say(device)

    def states(self) -> dict[str, str]:
        """Return the stored state of each booking."""
        return dict(self.rows("SELECT id, state FROM booking"))

    def active(self) -> list[tuple[str, int, int]]:
        """Return (desk, begin, end) of each active claim."""
        return [
            (desk, start, end)
            for desk, start, end in self.rows(
                "SELECT d.id, c.start_us, c.end_us FROM claim c JOIN desk d ON d.pk = c.desk_pk"
                " WHERE c.is_active ORDER BY 1, 2"
            )
        ]
