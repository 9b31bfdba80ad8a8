"""`SiteDesk` from memory: the Clubheim, with the rules of the real one; a test moves its version."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

from hub.domain.booking import Booking, BookingKind, BookingState
from hub.domain.people import HOSTS, Actor, Role, need_role
from hub.domain.settings_effect import Effect, effect
from hub.domain.site_edits import DeskPlace, changed_meanwhile, moved, with_desk, without_desk
from hub.domain.space import Desk, Space
from hub.domain.space_settings import SpaceSettings, checked, settings_of, with_settings
from hub.domain.tariffs import WithoutPass
from hub.domain.time import Interval, to_us
from hub.site_ports import DeskSaved, SiteLook
from tests.hub.web.fakes import five_towns


def clubheim() -> Space:
    return next(one for town in five_towns() for one in town.spaces if one.id == "moelln")


class FakeSite:
    """One space; bookings of it come each weekday morning."""

    def __init__(self) -> None:
        self.space, self.version, self.rule = clubheim(), 3, WithoutPass.OPEN
        self.calls: list[str] = []
        self.coming = [_booking(date(2026, 11, 18) + timedelta(days=ahead)) for ahead in range(3)]

    def look(self, space: str, actor: Actor) -> SiteLook:
        need_role(actor, space, *HOSTS)
        return SiteLook(self.space, self.version, settings_of(self.space, self.rule))

    def move_desks(
        self, space: str, version: int, places: Mapping[str, DeskPlace], actor: Actor, now_us: int
    ) -> Space:
        self._begin("move_desks", version)
        self._keep(moved(self.space, places))
        return self.space

    def save_desk(self, space: str, version: int, desk: Desk, actor: Actor, now_us: int) -> DeskSaved:
        self._begin("save_desk", version)
        after, saved = with_desk(self.space, desk, {one.id for one in self.space.desks})
        self._keep(after)
        return DeskSaved(saved, 2 if saved.id == "s1" else 0)

    def remove_desk(self, space: str, version: int, desk: str, actor: Actor, now_us: int) -> None:
        self._begin("remove_desk", version)
        self._keep(without_desk(self.space, desk))

    def preview(self, space: str, settings: SpaceSettings, actor: Actor, now_us: int) -> Effect:
        need_role(actor, space, Role.MANAGER)
        after = with_settings(self.space, checked(self.space, settings))
        found = effect(self.space, after, self.coming, frozenset(), ({}, {}), now_us)
        return replace(found, losing=4 if settings.opening != self.space.opening else 0)

    def save_settings(
        self, space: str, version: int, settings: SpaceSettings, actor: Actor, now_us: int
    ) -> SpaceSettings:
        need_role(actor, space, Role.MANAGER)
        self._begin("save_settings", version)
        wanted = checked(self.space, settings)
        self.rule = wanted.without_pass
        self._keep(with_settings(self.space, wanted))
        return wanted

    def _begin(self, what: str, version: int) -> None:
        if version != self.version:
            raise changed_meanwhile()
        self.calls.append(what)

    def _keep(self, space: Space) -> None:
        self.space, self.version = space, self.version + 1


def _booking(day: date) -> Booking:
    start_us = to_us(datetime(day.year, day.month, day.day, 7, tzinfo=UTC))
    time = Interval(start_us, start_us + 4 * 3_600_000_000)
    return Booking(
        f"{day.day:016x}",
        "moelln",
        BookingKind.DESK,
        ("s1",),
        time,
        BookingState.BOOKED,
        1,
        1,
        start_us,
        start_us,
    )
