"""Floor plan and settings of a space: `hub.site_ports.SiteDesk`, one transaction each."""

from collections.abc import Collection, Container, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import replace
from datetime import date
from typing import Protocol

from hub.custody_ports import SpaceLook
from hub.domain.access import horizon
from hub.domain.booking import Booking
from hub.domain.errors import RuleRefused
from hub.domain.granularity import days_of
from hub.domain.people import HOSTS, Actor, Role, need_role
from hub.domain.public_holidays import public_holidays
from hub.domain.settings_effect import Effect, Windows, effect, windows_of
from hub.domain.site_edits import DeskPlace, changed_meanwhile, moved, with_desk, without_desk
from hub.domain.space import Desk, Space, SpaceAccess
from hub.domain.space_rights import space_rights
from hub.domain.space_settings import SpaceSettings, checked, differences, settings_of, with_settings
from hub.domain.tariffs import WithoutPass
from hub.domain.time import Interval
from hub.services.attempts import again_when_busy
from hub.services.publish_access import VALID_US, BookingsOf, no_bookings
from hub.site_ports import DeskSaved, SiteLook


class SiteEditUnit(Protocol):
    """A space within one transaction; rolled back unless committed."""

    def stored(self, space: str) -> tuple[Space, int, WithoutPass]:
        """Return a space, its version, and its rule for members without a pass; held until the end.

        Raises:
            RuleRefused: when there is no such space.
        """
        ...

    def save(self, space: Space) -> None:
        """Make a space be as given, and count it as a change in the browser."""
        ...

    def save_rule(self, space: str, rule: WithoutPass) -> None:
        """Write what doors do for members without a pass."""
        ...

    def retire_desk(self, space: str, desk: str, now_us: int) -> None:
        """Take a desk out of use and keep its history."""
        ...

    def desk_ids(self, space: str) -> Collection[str]:
        """Return the ids of all desks that a space has or ever had."""
        ...

    def coming(self, space: str, now_us: int) -> Sequence[Booking]:
        """Return the active bookings of a space that are not over, by begin."""
        ...

    def rights_look(self, space: str, now_us: int) -> SpaceLook | None:
        """Return what the space's access lists are made of."""
        ...

    def log(self, what: Mapping[str, object], now_us: int, card: int | None = None) -> None:
        """Add an entry to the log of actions."""
        ...

    def commit(self) -> None:
        """Make all of it durable."""
        ...


class SiteEditUnits(Protocol):
    """Begins transactions; each raises `StoreUnavailable` when the database can't be used now."""

    def writing(self) -> AbstractContextManager[SiteEditUnit]:
        """Begin one that may commit."""
        ...

    def reading(self) -> AbstractContextManager[SiteEditUnit]:
        """Begin one that sees one state."""
        ...


class SiteService:
    """Changes spaces.

    Args:
        units: where they are kept.
        bookings: what members have booked, for what doors do.
    """

    def __init__(self, units: SiteEditUnits, bookings: BookingsOf = no_bookings) -> None:
        self._units, self._bookings = units, bookings

    def look(self, space: str, actor: Actor) -> SiteLook:
        """Return a space, for its hosts."""
        need_role(actor, space, *HOSTS)
        with self._units.reading() as unit:
            stored, version, rule = unit.stored(space)
        return SiteLook(stored, version, settings_of(stored, rule))

    def move_desks(
        self, space: str, version: int, places: Mapping[str, DeskPlace], actor: Actor, now_us: int
    ) -> Space:
        """Put desks elsewhere, by id; all of them or none."""
        need_role(actor, space, *HOSTS)

        def move() -> Space:
            with self._units.writing() as unit:
                before = _newest(unit, space, version)
                after = moved(before, places)
                told = {
                    new.id: [[old.x, old.y, old.angle], [new.x, new.y, new.angle]]
                    for old, new in zip(before.desks, after.desks, strict=True)
                    if old != new
                }
                if told:
                    unit.save(after)
                    unit.log(_entry("desks_moved", space, actor, desks=told), now_us)
                    unit.commit()
            return after

        return again_when_busy(move)

    def save_desk(self, space: str, version: int, desk: Desk, actor: Actor, now_us: int) -> DeskSaved:
        """Change a desk, or add one that has no id yet."""
        need_role(actor, space, *HOSTS)

        def save() -> DeskSaved:
            with self._units.writing() as unit:
                before = _newest(unit, space, version)
                after, saved = with_desk(before, desk, unit.desk_ids(space))
                if after != before:
                    what = "desk_changed" if desk.id else "desk_added"
                    unit.save(after)
                    unit.log(_entry(what, space, actor, desk=saved.id, **_changed(before, saved)), now_us)
                    unit.commit()
                coming = sum(saved.id in one.desks for one in unit.coming(space, now_us))
            return DeskSaved(saved, coming)

        return again_when_busy(save)

    def remove_desk(self, space: str, version: int, desk: str, actor: Actor, now_us: int) -> None:
        """Take a desk away, unless it has bookings to come."""
        need_role(actor, space, *HOSTS)

        def remove() -> None:
            with self._units.writing() as unit:
                after = without_desk(_newest(unit, space, version), desk)
                coming = sum(desk in one.desks for one in unit.coming(space, now_us))
                if coming:
                    raise RuleRefused(
                        f"{coming} bookings of this desk are still to come: cancel or move them first",
                        code="desk_is_booked",
                        number=coming,
                    )
                unit.retire_desk(space, desk, now_us)
                unit.save(after)
                unit.log(_entry("desk_removed", space, actor, desk=desk), now_us)
                unit.commit()

        again_when_busy(remove)

    def preview(self, space: str, settings: SpaceSettings, actor: Actor, now_us: int) -> Effect:
        """Return what settings would do; nothing is changed."""
        need_role(actor, space, Role.MANAGER)
        with self._units.reading() as unit:
            before, _, rule = unit.stored(space)
            settings = checked(before, settings)
            coming, look = unit.coming(space, now_us), unit.rights_look(space, now_us)
        after = with_settings(before, settings)
        days = {day for one in coming for day in days_of(one.time, before.time_zone)} | set(
            horizon(before, now_us)
        )
        if look is None:
            return effect(before, after, coming, frozenset(), ({}, {}), now_us)
        holidays = public_holidays(look.land, {day.year for day in days}, catholic=look.catholic)
        windows = (
            self._windows(look, before, rule, holidays, now_us),
            self._windows(look, after, settings.without_pass, holidays, now_us),
        )
        return effect(before, after, coming, holidays, windows, now_us)

    def save_settings(
        self, space: str, version: int, settings: SpaceSettings, actor: Actor, now_us: int
    ) -> SpaceSettings:
        """Have a space be set so."""
        need_role(actor, space, Role.MANAGER)

        def save() -> SpaceSettings:
            with self._units.writing() as unit:
                stored, newest, rule = unit.stored(space)
                if newest != version:
                    raise changed_meanwhile()
                wanted = checked(stored, settings)
                told = differences(settings_of(stored, rule), wanted)
                if told:
                    if wanted.without_pass is not rule:
                        unit.save_rule(space, wanted.without_pass)
                    unit.save(with_settings(stored, wanted))
                    unit.log(_entry("space_settings_changed", space, actor, changed=told), now_us)
                    unit.commit()
            return wanted

        return again_when_busy(save)

    def _windows(
        self, look: SpaceLook, space: Space, rule: WithoutPass, holidays: Container[date], now_us: int
    ) -> Windows:
        rights = space_rights(
            space,
            space.access or SpaceAccess(),
            look.members,
            look.states,
            holidays,
            now_us,
            bookings=self._bookings(space.id, Interval(now_us, now_us + VALID_US)),
            admission=look.admission,
            passes=look.passes._replace(rule=rule),
        )
        return windows_of(rights, {card.pk: card.member for card in look.states if card.member is not None})


def _newest(unit: SiteEditUnit, space: str, version: int) -> Space:
    stored, newest, _ = unit.stored(space)
    if newest != version:
        raise changed_meanwhile()
    return stored


def _changed(before: Space, desk: Desk) -> dict[str, object]:
    old = next((one for one in before.desks if one.id == desk.id), replace(desk, name=""))
    names = [name for name in desk.__dataclass_fields__ if getattr(old, name) != getattr(desk, name)]
    return {"changed": {name: [getattr(old, name), getattr(desk, name)] for name in names}}


def _entry(what: str, space: str, actor: Actor, **more: object) -> dict[str, object]:
    return {"what": what, "space": space, **more, "by": actor.account}
