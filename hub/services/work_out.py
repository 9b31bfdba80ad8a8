"""Works key figures out for reports: facts of days, and beside them what people wrote down."""

from collections.abc import Collection, Mapping, Sequence
from datetime import date
from typing import Protocol

from hub.domain.space import Town
from hub.domain.statistics.compute import Known, findings
from hub.domain.statistics.facts import Contribution
from hub.domain.statistics.findings import Finding, Place, PlaceLevel
from hub.domain.statistics.month_facts import MonthFacts
from hub.domain.statistics.periods import Span
from hub.domain.statistics.printed import Target
from hub.domain.statistics.written import HandFigure, TownStatistics, WayCount


class Facts(Protocol):
    """What happened."""

    @property
    def month_facts(self) -> Sequence[MonthFacts]:
        """What days of spaces and desks add up to."""
        ...

    @property
    def contributions(self) -> Sequence[Contribution]:
        """What persons did, under pseudonyms."""
        ...


class Written(Protocol):
    """What people wrote down; each raises `StoreUnavailable` when the database can't be used now."""

    def written(self, towns: Collection[str]) -> Sequence[HandFigure]:
        """Return what was written down of towns (AGS) and what lies in them."""
        ...

    def ways(self, spaces: Collection[str], span: Span) -> Sequence[WayCount]:
        """Return answers on ways to work."""
        ...

    def settings(self) -> Mapping[str, TownStatistics]:
        """Return the settings of all towns that have any, by AGS."""
        ...

    def targets(self, towns: Collection[str]) -> Sequence[Target]:
        """Return the targets of towns (AGS) and what lies in them."""
        ...


class WorkOut:
    """Works figures out.

    Args:
        store: what people wrote down.
    """

    def __init__(self, store: Written) -> None:
        self._store = store

    def __call__(
        self, towns: Sequence[Town], facts: Facts, subject: Place, span: Span, today: date
    ) -> Sequence[Finding]:
        """Return all figures of a subject and of what lies in it.

        Args:
            towns: what it is about, each with those of its spaces that it is about.
        """
        ags = [town.ags for town in towns]
        known = Known(
            contributions=facts.contributions,
            written=self._store.written(ags),
            ways=self._store.ways([space.id for town in towns for space in town.spaces], span),
            settings=self._store.settings(),
            month_facts=facts.month_facts,
        )
        return findings(towns, known, subject, span, today)

    def targets(self, subject: Place, span: Span, towns: Sequence[Town]) -> Sequence[Target]:
        """Return the targets of a subject, and of what lies in it, whose months lie in a period."""
        if subject.level is PlaceLevel.NETWORK:
            inside = list(towns)
        else:
            inside = [
                one for one in towns if subject.id == one.ags or any(subject.id == s.id for s in one.spaces)
            ]
        found = self._store.targets([town.ags for town in inside])
        if subject.level is PlaceLevel.SPACE:
            found = [one for one in found if one.place == subject]
        return [one for one in found if span.first <= one.period.first and one.period.last <= span.last]
