"""What people write down for statistics, as a protocol; refusals are `RuleRefused` (K5, K9, K10, S10).

Every method raises `StoreUnavailable` when the database can't be used now: then nothing was kept.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Protocol

from hub.domain.people import Actor
from hub.domain.statistics.findings import Place
from hub.domain.statistics.gaps import Gap
from hub.domain.statistics.hand_file import EntryRow, HandFile
from hub.domain.statistics.printed import Target
from hub.domain.statistics.written import HandFigure, TownStatistics, Way
from hub.domain.statistics.written_rules import Where


@dataclass(frozen=True, slots=True)
class KeptTarget:
    """A target with its key."""

    pk: int
    target: Target


@dataclass(frozen=True, slots=True)
class GapList:
    """What a town's next report lacks (requirement S10).

    Args:
        settings: with the day on which it is due.
        gaps: in the order of places and days.
    """

    settings: TownStatistics
    gaps: tuple[Gap, ...]


class FigureDesk(Protocol):
    """Hand-entered figures, targets and settings of towns; for the role Statistik of the town or the space."""

    def where(self, place: Place, actor: Actor) -> Where:
        """Return a place and its town, for whoever may write down figures of it or of something in it.

        Raises:
            RuleRefused: when there is no such place.
            NotAllowed: when the actor may not.
        """
        ...

    def entries(self, place: Place, actor: Actor) -> Sequence[HandFigure]:
        """Return what was written down of a place and what lies in it, latest days first."""
        ...

    def add(self, entry: HandFigure, actor: Actor, today: date, now_us: int) -> HandFigure:
        """Write down a number.

        Raises:
            RuleRefused: when it can't be, or stands there already.
        """
        ...

    def correct(self, entry: HandFigure, actor: Actor, today: date, now_us: int) -> HandFigure:
        """Change a number that was written down; it carries the flag `r` from then on."""
        ...

    def remove(self, place: Place, pk: int, actor: Actor, now_us: int) -> None:
        """Take an entry away."""
        ...

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
        """Return what became of each row of a file; when one is refused, none is written.

        Args:
            dry_run: whether nothing is written in any case.
            only: a town that all rows must be of, or what lies in it; None for any.
        """
        ...

    def targets(self, place: Place, actor: Actor) -> Sequence[KeptTarget]:
        """Return the targets of a place and what lies in it."""
        ...

    def set_target(self, target: Target, actor: Actor, now_us: int) -> None:
        """Set what a figure should reach in a period; what was set for the same is replaced."""
        ...

    def remove_target(self, place: Place, pk: int, actor: Actor, now_us: int) -> None:
        """Take a target away."""
        ...

    def settings(self, ags: str, actor: Actor) -> TownStatistics:
        """Return a town's settings; empty ones when it has none."""
        ...

    def set_settings(self, settings: TownStatistics, actor: Actor, now_us: int) -> None:
        """Set a town's report date and emission factor."""
        ...

    def gaps(self, ags: str, actor: Actor, today: date) -> GapList:
        """Return what a town's next report lacks."""
        ...


class WayDesk(Protocol):
    """Takes answers on ways to work; nobody has to say who she is, and nothing tells it."""

    def answer(self, space: str, way: Way, month: date) -> None:
        """Count an answer.

        Raises:
            RuleRefused: when there is no such space.
        """
        ...
