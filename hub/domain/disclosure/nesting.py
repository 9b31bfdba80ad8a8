"""What lies in what: spaces in towns, towns in the network; and the runs of pop-ups."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from hub.domain.life import closes_on, opens_on
from hub.domain.space import Phase, Space, SpaceKind, Town
from hub.domain.statistics.findings import Place, PlaceLevel
from hub.domain.statistics.periods import Month, Span


@dataclass(frozen=True, slots=True)
class Nesting:
    """The network as disclosure control sees it.

    Args:
        spaces: ids of the spaces of each town, by its AGS; a town without one has none.
        runs: of pop-ups, by id of the space: from the first month to the last (S9).
    """

    spaces: Mapping[str, tuple[str, ...]]
    runs: Mapping[str, Span] = field(default_factory=dict)

    @classmethod
    def of(cls, towns: Sequence[Town]) -> "Nesting":
        """Return the nesting of a site."""
        everywhere = [space for town in towns for space in town.spaces]
        runs = ((space.id, run) for space in everywhere if (run := _run(space)) is not None)
        return cls({town.ags: tuple(space.id for space in town.spaces) for town in towns}, dict(runs))

    def spaces_of(self, place: Place) -> tuple[Place, ...]:
        """Return the spaces that lie in a place; a space lies in itself."""
        if place.level is PlaceLevel.SPACE:
            return (place,)
        towns = (
            self.spaces.values() if place.level is PlaceLevel.NETWORK else (self.spaces.get(place.id, ()),)
        )
        return tuple(Place(PlaceLevel.SPACE, id_) for ids in towns for id_ in ids)

    def towns_of(self, place: Place) -> tuple[Place, ...]:
        """Return the towns of the network; none of any other place."""
        if place.level is not PlaceLevel.NETWORK:
            return ()
        return tuple(Place(PlaceLevel.TOWN, ags) for ags in self.spaces)

    def is_outside(self, space: Place, month: Month) -> bool:
        """Say whether a month is known to lie outside of a pop-up's run."""
        run = self.runs.get(space.id)
        return run is not None and not run.first <= month <= run.last

    def year_of(self, space: Place, period: Span) -> Span | None:
        """Return the calendar year that a period stands for where persons are counted, or None.

        It is that year, or holds, within it, all of a pop-up's months.
        """
        if period.is_year:
            return period
        run, year = self.runs.get(space.id), Span.of_year(period.first.year)
        whole = run is not None and period.first <= run.first and run.last <= period.last
        return year if whole and period.last <= year.last else None


def _run(space: Space) -> Span | None:
    if space.kind is not SpaceKind.POP_UP and space.phase is not Phase.POP_UP:
        return None
    first, end = opens_on(space), closes_on(space)
    if first is None or end is None or end <= first:
        return None
    last = Month.of(end)
    return Span(Month.of(first), last.plus(-1) if end.day == 1 else last)
