"""Groups and phases of spaces: `hub.member_ports.GroupDesk`, one transaction each."""

import re
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import replace
from typing import Final, Protocol

from hub.domain.admission import AccessPhase, Admission, Group
from hub.domain.errors import RuleRefused
from hub.domain.people import HOSTS, Actor, Role, need_role
from hub.domain.time import checked_day

MAX_TEXT: Final = 200
MAX_PHASES: Final = 50
_ID: Final = re.compile(r"[a-z0-9]([a-z0-9-]{0,38}[a-z0-9])?")


class GroupUnit(Protocol):
    """Groups and phases within one transaction; rolled back unless committed."""

    def admission(self, space: str) -> Admission:
        """Return groups and phases of a space."""
        ...

    def save_group(self, space: str, group: Group) -> None:
        """Make a group be as given."""
        ...

    def drop_group(self, space: str, group: str) -> None:
        """Take a group away; refused while a phase lets it in, and when there is none of this id."""
        ...

    def save_phases(self, space: str, phases: Sequence[AccessPhase]) -> None:
        """Make the phases be as given; refused when one lets in a group that is not there."""
        ...

    def log(self, what: Mapping[str, object], now_us: int, card: int | None = None) -> None:
        """Add an entry to the log of actions."""
        ...

    def want_lists(self, space: str) -> None:
        """Have every trusted device of a space get a list that says what holds now."""
        ...

    def commit(self) -> None:
        """Make all of it durable."""
        ...


class GroupUnits(Protocol):
    """Begins transactions; each raises `StoreUnavailable` when the database can't be used now."""

    def writing(self) -> AbstractContextManager[GroupUnit]:
        """Begin one that may commit."""
        ...

    def reading(self) -> AbstractContextManager[GroupUnit]:
        """Begin one that only looks."""
        ...


class GroupService:
    """Groups and phases (`hub.member_ports.GroupDesk`).

    Args:
        units: where they are kept.
    """

    def __init__(self, units: GroupUnits) -> None:
        self._units = units

    def admission(self, space: str, actor: Actor) -> Admission:
        """Return groups and phases; hosts only."""
        need_role(actor, space, *HOSTS)
        with self._units.reading() as unit:
            return unit.admission(space)

    def save_group(self, space: str, group: Group, actor: Actor, now_us: int) -> None:
        """Make a group be as given; managers only."""
        need_role(actor, space, Role.MANAGER)
        group = _checked(group)
        with self._units.writing() as unit:
            unit.save_group(space, group)
            self._changed(unit, space, {"what": "group_saved", "group": group.id}, actor, now_us)

    def drop_group(self, space: str, group: str, actor: Actor, now_us: int) -> None:
        """Take a group away, from its members too; managers only."""
        need_role(actor, space, Role.MANAGER)
        with self._units.writing() as unit:
            unit.drop_group(space, group)
            self._changed(unit, space, {"what": "group_dropped", "group": group}, actor, now_us)

    def save_phases(self, space: str, phases: Sequence[AccessPhase], actor: Actor, now_us: int) -> None:
        """Make the phases of a space be as given; managers only."""
        need_role(actor, space, Role.MANAGER)
        days = [phase.starts_on for phase in phases]
        for day in days:
            checked_day(day)
        if len(set(days)) < len(days):
            twice = next(day for day in days if days.count(day) > 1)
            raise RuleRefused(
                f"two phases begin on {twice}: join their groups in one", code="phase_twice", day=twice
            )
        if len(phases) > MAX_PHASES:
            raise RuleRefused(
                f"a space has {MAX_PHASES} phases at most: leave out past ones", code="too_many_phases"
            )
        ordered = sorted(phases, key=lambda phase: phase.starts_on)
        with self._units.writing() as unit:
            unit.save_phases(space, ordered)
            told = [f"{phase.starts_on} {','.join(phase.groups) or '*'}" for phase in ordered]
            self._changed(unit, space, {"what": "phases_saved", "phases": told}, actor, now_us)

    @staticmethod
    def _changed(unit: GroupUnit, space: str, what: Mapping[str, object], actor: Actor, now_us: int) -> None:
        unit.want_lists(space)
        unit.log({**what, "space": space, "by": actor.account}, now_us)
        unit.commit()


def _checked(group: Group) -> Group:
    name = " ".join(group.name.split())
    if not _ID.fullmatch(group.id):
        raise RuleRefused(
            f'"{group.id[:40]}" is no id of a group: use up to 40 of a-z, 0-9 and -, as in sommer-2026',
            code="no_group_id",
        )
    if not name or len(name) > MAX_TEXT:
        raise RuleRefused(f"a group needs a name of up to {MAX_TEXT} characters", code="no_group_name")
    for day in (group.starts_on, group.ends_on):
        if day is not None:
            checked_day(day)
    if group.starts_on and group.ends_on and group.ends_on < group.starts_on:
        raise RuleRefused(
            f"the group would end on {group.ends_on}, before it begins on {group.starts_on}",
            code="ends_before_it_begins",
        )
    return replace(group, name=name)
