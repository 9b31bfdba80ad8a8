"""What people write down for statistics: `hub.figure_ports.FigureDesk` and `WayDesk`, one transaction each."""

from collections.abc import Collection, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import replace
from datetime import date
from typing import Protocol

from hub.domain.errors import RuleRefused
from hub.domain.people import Actor
from hub.domain.space import Town
from hub.domain.statistics.findings import Flag, Place, PlaceLevel
from hub.domain.statistics.gaps import Given, gaps
from hub.domain.statistics.hand_file import EntryFate, EntryRow, HandFile, key_of
from hub.domain.statistics.periods import Span
from hub.domain.statistics.printed import Target
from hub.domain.statistics.written import HandFigure, TownStatistics, Way, WayCount
from hub.domain.statistics.written_rules import (
    Where,
    checked_entry,
    checked_settings,
    checked_target,
    may_write,
    need_statistics,
    where,
)
from hub.figure_ports import GapList, KeptTarget
from hub.statistics_ports import FactReader


class FigureUnit(Protocol):
    """What was written down, within one transaction; rolled back unless committed."""

    def towns(self) -> Sequence[Town]:
        """Return every town, with its spaces."""
        ...

    def lock(self, at: Where) -> None:
        """Have others that write figures of the town wait."""
        ...

    def entries(self, town: str, places: Collection[Place] | None = None) -> Sequence[HandFigure]:
        """Return what was written down of a town (AGS) and what lies in it, latest days first."""
        ...

    def add(self, entry: HandFigure, at: Where, now_us: int) -> int:
        """Store an entry; return its key."""
        ...

    def change(self, entry: HandFigure, now_us: int) -> None:
        """Make a stored entry be as given."""
        ...

    def remove(self, pk: int) -> None:
        """Delete an entry."""
        ...

    def targets(self, town: str) -> Sequence[KeptTarget]:
        """Return the targets of a town and what lies in it."""
        ...

    def add_target(self, target: Target, at: Where) -> None:
        """Store a target."""
        ...

    def remove_target(self, pk: int) -> None:
        """Delete a target."""
        ...

    def settings(self, town: str) -> TownStatistics:
        """Return the settings of a town; empty ones when it has none."""
        ...

    def save_settings(self, settings: TownStatistics, at: Where) -> None:
        """Make a town's settings be as given."""
        ...

    def count_way(self, space: str, way: Way, month: date) -> None:
        """Count an answer; refused when there is no such space."""
        ...

    def ways(self, spaces: Collection[str], span: Span) -> Sequence[WayCount]:
        """Return answers on ways to work."""
        ...

    def log(self, what: Mapping[str, object], now_us: int, card: int | None = None) -> None:
        """Add an entry to the log of actions."""
        ...

    def commit(self) -> None:
        """Make all of it durable."""
        ...


class FigureUnits(Protocol):
    """Begins transactions; each raises `StoreUnavailable` when the database can't be used now."""

    def writing(self) -> AbstractContextManager[FigureUnit]:
        """Begin one that may commit."""
        ...

    def reading(self) -> AbstractContextManager[FigureUnit]:
        """Begin one that only looks."""
        ...


class FigureService:
    """Hand-entered figures, targets and settings of towns.

    Args:
        units: where they are kept.
        facts: of days, for the list of gaps; without, all days are missing.
    """

    def __init__(self, units: FigureUnits, facts: FactReader | None = None) -> None:
        self._units, self._facts = units, facts

    def where(self, place: Place, actor: Actor) -> Where:
        """Return a place and its town, for whoever may write down figures of it or of something in it."""
        with self._units.reading() as unit:
            at = where(unit.towns(), place)
        if not any(may_write(actor, one) for one in _inside(at)):
            need_statistics(actor, at)
        return at

    def entries(self, place: Place, actor: Actor) -> Sequence[HandFigure]:
        """Return what was written down of a place and what lies in it, latest days first."""
        at = self.where(place, actor)
        with self._units.reading() as unit:
            return unit.entries(at.town.ags, _allowed(at, actor))

    def add(self, entry: HandFigure, actor: Actor, today: date, now_us: int) -> HandFigure:
        """Write down a number."""
        with self._units.writing() as unit:
            at = self._at(unit, entry.place, actor)
            fresh = replace(checked_entry(entry, at, today), pk=0)
            if any(key_of(one) == key_of(fresh) for one in unit.entries(at.town.ags)):
                raise RuleRefused(
                    "this figure stands there already for these days, from the same source: correct that one",
                    code="figure_twice",
                )
            stored = replace(fresh, pk=unit.add(fresh, at, now_us), noted_us=now_us)
            _log(unit, "figure_added", stored, actor, now_us)
            unit.commit()
        return stored

    def correct(self, entry: HandFigure, actor: Actor, today: date, now_us: int) -> HandFigure:
        """Change a number that was written down; it carries the flag `r` from then on."""
        with self._units.writing() as unit:
            at = self._at(unit, entry.place, actor)
            before = _entry(unit, at, entry.pk)
            wanted = replace(entry, place=before.place, flags=entry.flags | {Flag.REVISED})
            stored = replace(checked_entry(wanted, at, today), noted_us=now_us)
            if any(
                key_of(one) == key_of(stored) and one.pk != stored.pk for one in unit.entries(at.town.ags)
            ):
                raise RuleRefused(
                    "this figure stands there already for these days, from the same source: correct that one",
                    code="figure_twice",
                )
            unit.change(stored, now_us)
            _log(unit, "figure_corrected", stored, actor, now_us)
            unit.commit()
        return stored

    def remove(self, place: Place, pk: int, actor: Actor, now_us: int) -> None:
        """Take an entry away."""
        with self._units.writing() as unit:
            at = self._at(unit, place, actor)
            before = _entry(unit, at, pk)
            unit.remove(pk)
            _log(unit, "figure_removed", before, actor, now_us)
            unit.commit()

    def take_in(
        self,
        file: HandFile,
        actor: Actor,
        today: date,
        now_us: int,
        *,
        dry_run: bool,
        only: Place | None = None,
    ) -> Sequence[EntryRow]:
        """Return what became of each row of a file; when one is refused, none is written."""
        with self._units.writing() as unit:
            towns = unit.towns()
            for town in towns:
                unit.lock(Where(Place(PlaceLevel.TOWN, town.ags), town, town.name))
            known = [one for town in towns for one in unit.entries(town.ags)]
            rows = [_permitted(row, towns, actor, only) for row in file.rows(towns, known, today)]
            if dry_run or any(row.fate is EntryFate.REFUSED for row in rows):
                return rows
            for row in rows:
                _take(unit, row, towns, now_us)
            counts = {fate.value: sum(row.fate is fate for row in rows) for fate in EntryFate}
            unit.log({"what": "figures_imported", **counts, "by": actor.account}, now_us)
            unit.commit()
        return rows

    def targets(self, place: Place, actor: Actor) -> Sequence[KeptTarget]:
        """Return the targets of a place and what lies in it."""
        at = self.where(place, actor)
        allowed = _allowed(at, actor)
        with self._units.reading() as unit:
            return [one for one in unit.targets(at.town.ags) if one.target.place in allowed]

    def set_target(self, target: Target, actor: Actor, now_us: int) -> None:
        """Set what a figure should reach in a period; what was set for the same is replaced."""
        with self._units.writing() as unit:
            at = self._at(unit, target.place, actor)
            wanted = checked_target(target, at)
            key = (wanted.place, wanted.figure, wanted.period)
            for one in unit.targets(at.town.ags):
                if (one.target.place, one.target.figure, one.target.period) == key:
                    unit.remove_target(one.pk)
            unit.add_target(wanted, at)
            said = {"figure": wanted.figure, "place": wanted.place.id, "period": str(wanted.period)}
            unit.log({"what": "target_set", **said, "by": actor.account}, now_us)
            unit.commit()

    def remove_target(self, place: Place, pk: int, actor: Actor, now_us: int) -> None:
        """Take a target away."""
        with self._units.writing() as unit:
            at = self._at(unit, place, actor)
            found = next((one for one in unit.targets(at.town.ags) if one.pk == pk), None)
            if found is None or found.target.place != place:
                raise RuleRefused(
                    "this target is not there any more: load the list again", code="unknown_target"
                )
            unit.remove_target(pk)
            said = {"figure": found.target.figure, "place": place.id}
            unit.log({"what": "target_removed", **said, "by": actor.account}, now_us)
            unit.commit()

    def settings(self, ags: str, actor: Actor) -> TownStatistics:
        """Return a town's settings; empty ones when it has none."""
        at = self.where(Place(PlaceLevel.TOWN, ags), actor)
        with self._units.reading() as unit:
            return unit.settings(at.town.ags)

    def set_settings(self, settings: TownStatistics, actor: Actor, now_us: int) -> None:
        """Set a town's report date and emission factor."""
        with self._units.writing() as unit:
            at = self._at(unit, Place(PlaceLevel.TOWN, settings.ags), actor)
            unit.save_settings(checked_settings(settings), at)
            unit.log({"what": "town_statistics_set", "town": settings.ags, "by": actor.account}, now_us)
            unit.commit()

    def gaps(self, ags: str, actor: Actor, today: date) -> GapList:
        """Return what a town's next report lacks; nothing where none is due."""
        at = self.where(Place(PlaceLevel.TOWN, ags), actor)
        spaces = [space.id for space in at.town.spaces]
        with self._units.reading() as unit:
            settings = unit.settings(ags)
            span = settings.report_of
            if span is None:
                return GapList(settings, ())
            written, ways = unit.entries(ags), unit.ways(spaces, span)
        given = Given(written=written, ways=ways)
        if self._facts is not None:
            given = Given(
                self._facts.desk_days(spaces, span), self._facts.space_days(spaces, span), written, ways
            )
        return GapList(settings, gaps(at.town, span, given, settings, today))

    @staticmethod
    def _at(unit: FigureUnit, place: Place, actor: Actor) -> Where:
        at = where(unit.towns(), place)
        need_statistics(actor, at)
        unit.lock(at)
        return at


class WayService:
    """Counts answers on ways to work (`hub.figure_ports.WayDesk`).

    Args:
        units: where they are kept.
    """

    def __init__(self, units: FigureUnits) -> None:
        self._units = units

    def answer(self, space: str, way: Way, month: date) -> None:
        """Count an answer; what goes with a car trip is left out where there was none."""
        told = way if way.would_drive else Way(would_drive=False)
        with self._units.writing() as unit:
            unit.count_way(space, told, month.replace(day=1))
            unit.commit()


def _inside(at: Where) -> list[Where]:
    if at.place.level is PlaceLevel.SPACE:
        return [at]
    spaces = [Where(Place(PlaceLevel.SPACE, one.id), at.town, one.name) for one in at.town.spaces]
    return [at, *spaces]


def _allowed(at: Where, actor: Actor) -> set[Place]:
    return {one.place for one in _inside(at) if may_write(actor, one)}


def _entry(unit: FigureUnit, at: Where, pk: int) -> HandFigure:
    found = next((one for one in unit.entries(at.town.ags) if one.pk == pk and one.place == at.place), None)
    if found is None:
        raise RuleRefused("this entry is not there any more: load the list again", code="unknown_entry")
    return found


def _permitted(row: EntryRow, towns: Sequence[Town], actor: Actor, only: Place | None) -> EntryRow:
    if row.entry is None:
        return row
    at = where(towns, row.entry.place)
    try:
        need_statistics(actor, at)
    except RuleRefused as error:
        return replace(row, fate=EntryFate.REFUSED, entry=None, refused=error)
    if only is not None and only not in (at.place, Place(PlaceLevel.TOWN, at.town.ags)):
        why = RuleRefused(
            f"is of {at.name}: here are entries of one town and its spaces alone",
            code="not_inside",
            place=at.name,
        )
        return replace(row, fate=EntryFate.REFUSED, entry=None, refused=why)
    return row


def _take(unit: FigureUnit, row: EntryRow, towns: Sequence[Town], now_us: int) -> None:
    if row.entry is None or row.fate is EntryFate.SAME:
        return
    if row.fate is EntryFate.CORRECTED:
        unit.change(row.entry, now_us)
    else:
        unit.add(row.entry, where(towns, row.entry.place), now_us)


def _log(unit: FigureUnit, what: str, entry: HandFigure, actor: Actor, now_us: int) -> None:
    said = {"figure": entry.figure, "place": entry.place.id, "first": entry.first.isoformat()}
    unit.log({"what": what, **said, "by": actor.account}, now_us)
