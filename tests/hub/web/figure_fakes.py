"""Figures written down, from memory, behind the real service: one entry, one target and a report that is due."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Final

from hub.domain.space import Town
from hub.domain.statistics.findings import Flag, Place, PlaceLevel
from hub.domain.statistics.periods import Month, Span
from hub.domain.statistics.printed import Target
from hub.domain.statistics.written import EmissionFactor, HandFigure, TownStatistics, Way, WayCount
from hub.domain.statistics.written_rules import Where
from hub.figure_ports import KeptTarget
from hub.services.figure_desk import FigureService, WayService
from hub.site_file.towns import read_site
from tests.hub.web.fakes import TUESDAY_MORNING_US as NOW_US

AGS: Final = "12070424"
ENTRY, TARGET = 1, 1
_SITE = Path(__file__).with_name("five_towns.toml")
_TOWN = Place(PlaceLevel.TOWN, AGS)
_SPAN = Span(Month(2026, 1), Month(2026, 10))


class FakeFigures:
    """What was written down of Wittenberge; a unit and what begins one at the same time."""

    def __init__(self) -> None:
        self.site: Sequence[Town] = read_site(_SITE.read_bytes(), _SITE.name).towns
        day = date(2026, 10, 5)
        self.kept = {
            ENTRY: HandFigure(
                ENTRY, _TOWN, "enquiries", day, day, Decimal(7), "Telefon", "Rathaus", NOW_US,
                frozenset({Flag.ESTIMATED}),
            )
        }  # fmt: skip
        goal = Target(
            _TOWN, "visits", _SPAN, Decimal(500), Decimal(300), date(2025, 12, 31), "Zuwendungsbescheid"
        )
        self.goals = {TARGET: KeptTarget(TARGET, goal)}
        self.set: dict[str, TownStatistics] = {AGS: TownStatistics(AGS, date(2026, 12, 1), _SPAN)}
        self.counted: list[tuple[str, Way, date]] = []
        self.logged: list[Mapping[str, object]] = []

    @property
    def desk(self) -> FigureService:
        return FigureService(self)

    @property
    def ways_desk(self) -> WayService:
        return WayService(self)

    @contextmanager
    def writing(self) -> Iterator["FakeFigures"]:
        yield self

    reading = writing

    def towns(self) -> Sequence[Town]:
        return self.site

    def lock(self, at: Where) -> None:
        pass

    def entries(self, town: str, places: Collection[Place] | None = None) -> Sequence[HandFigure]:
        inside = self._inside(town)
        found = [one for one in self.kept.values() if one.place in inside]
        return found if places is None else [one for one in found if one.place in places]

    def add(self, entry: HandFigure, at: Where, now_us: int) -> int:
        pk = max(self.kept, default=0) + 1
        self.kept[pk] = replace(entry, pk=pk, noted_us=now_us)
        return pk

    def change(self, entry: HandFigure, now_us: int) -> None:
        self.kept[entry.pk] = entry

    def remove(self, pk: int) -> None:
        del self.kept[pk]

    def targets(self, town: str) -> Sequence[KeptTarget]:
        return [one for one in self.goals.values() if one.target.place in self._inside(town)]

    def add_target(self, target: Target, at: Where) -> None:
        pk = max(self.goals, default=0) + 1
        self.goals[pk] = KeptTarget(pk, target)

    def remove_target(self, pk: int) -> None:
        del self.goals[pk]

    def settings(self, town: str) -> TownStatistics:
        return self.set.get(town, TownStatistics(town))

    def save_settings(self, settings: TownStatistics, at: Where) -> None:
        self.set[settings.ags] = settings

    def count_way(self, space: str, way: Way, month: date) -> None:
        self.counted.append((space, way, month))

    def ways(self, spaces: Collection[str], span: Span) -> Sequence[WayCount]:
        return []

    def log(self, what: Mapping[str, object], now_us: int, card: int | None = None) -> None:
        self.logged.append(what)

    def commit(self) -> None:
        pass

    def _inside(self, ags: str) -> set[Place]:
        spaces = [space.id for town in self.site if town.ags == ags for space in town.spaces]
        return {Place(PlaceLevel.TOWN, ags), *(Place(PlaceLevel.SPACE, space) for space in spaces)}


FACTOR: Final = EmissionFactor(142, "Umweltbundesamt", 2024)
