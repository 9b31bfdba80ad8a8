"""What statistics need from the outside: facts, what was printed, and reports."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple, Protocol

from hub.domain.disclosure.research import Extract, Study
from hub.domain.people import Actor
from hub.domain.statistics.facts import Contribution, DeskDay, SpaceDay
from hub.domain.statistics.findings import Place
from hub.domain.statistics.half_days import HalfDay
from hub.domain.statistics.month_facts import MonthFacts
from hub.domain.statistics.periods import Span
from hub.domain.statistics.printed import Audience, Printed, Report
from hub.domain.statistics.releases import Change, Due, Release, has_news

Step = Callable[[int, int], object]
"""Is told (done, count): how many steps of a work are done, and how many there are."""


def no_step(_done: int, _count: int) -> None:
    """Tell nobody."""


class FactReader(Protocol):
    """Facts of days; each method raises `StoreUnavailable` when the database can't be used now."""

    def desk_days(self, spaces: Collection[str], span: Span) -> Sequence[DeskDay]:
        """Return the facts of desks, by space, day and desk; days without a fact are not there."""
        ...

    def space_days(self, spaces: Collection[str], span: Span) -> Sequence[SpaceDay]:
        """Return the facts of spaces, by space and day."""
        ...

    def month_facts(self, spaces: Collection[str], span: Span) -> Sequence[MonthFacts]:
        """Return what the facts of days add up to, by space and month: at any moment the same as adding them up."""
        ...

    def contributions(self, spaces: Collection[str], span: Span) -> Sequence[Contribution]:
        """Return what persons did, by space, month and pseudonym; nothing once a year's key has ended."""
        ...


class ReportStore(Protocol):
    """Reports, and everything ever printed (requirement S5); errors as in `FactReader`."""

    def ledger(self) -> Sequence[Printed]:
        """Return every row that was ever printed, in any version, in the order of printing."""
        ...

    def published(self, subject: Place, span: Span, audience: Audience) -> Report | None:
        """Return the newest frozen report of a subject, or None; bytes and numbers are those of its day (F2)."""
        ...

    def versions(self, subject: Place | None = None) -> Sequence[Report]:
        """Return all frozen reports, newest first."""
        ...

    def publish(self, report: Report, now_us: int) -> Report:
        """Freeze a report and add its rows to the ledger, at once or not at all.

        Raises:
            RuleRefused: when this version is published already.
        """
        ...


class StatisticsDesk(Protocol):
    """What pages and commands do with statistics."""

    def report(self, subject: Place, span: Span, audience: Audience, today: date) -> Report:
        """Return the frozen report, or else one computed now, which is preliminary.

        Raises:
            RuleRefused: when the subject is not known, or the period lies in the future or before its first desk.
        """
        ...

    def draft(self, subject: Place, span: Span, today: date) -> Report:
        """Return what would be printed now: the next version, checked together with all that was printed."""
        ...

    def publish(self, subject: Place, span: Span, today: date, now_us: int, account: int | None) -> Report:
        """Freeze the draft.

        Raises:
            RuleRefused: when days are not sealed yet, or the audit finds that it would tell something.
        """
        ...

    def versions(self, subject: Place | None = None) -> Sequence[Report]:
        """Return frozen reports, newest first."""
        ...


class Picture(NamedTuple):
    """A chart of a report.

    Args:
        name: what it shows, its width and its language: `visits-wide-de`.
        svg: the drawing.
    """

    name: str
    svg: str


class ReleaseStore(ReportStore, Protocol):
    """Reports as those see them who release them."""

    def releases(self, subject: Place | None = None) -> Sequence[Release]:
        """Return what was published, newest first, without rows."""
        ...

    def read(self, checksum: str) -> Report | None:
        """Return a frozen report, or None when there is no such one.

        Raises:
            NotTrue: when it is not what was frozen.
        """
        ...

    def ledger_size(self) -> int:
        """Return how many rows were ever printed."""
        ...

    def release(self, report: Report, account: int | None, seen: int, now_us: int) -> Report:
        """Publish, and say in the log of actions who did.

        Args:
            account: key of whoever publishes; None for a command.
            seen: how many rows the ledger had that the report was checked with.

        Raises:
            RuleRefused: as `publish`; and when something was printed since the report was checked.
        """
        ...

    def note(self, what: Mapping[str, object], now_us: int) -> None:
        """Add an entry to the log of actions."""
        ...

    def without_pictures(self) -> Sequence[str]:
        """Return the checksums of public reports that no chart was drawn of, oldest first."""
        ...

    def keep_pictures(self, checksum: str, pictures: Sequence[Picture]) -> None:
        """Keep the charts of a report, in place of those that are there."""
        ...

    def picture_names(self, checksum: str) -> frozenset[str]:
        """Return the names of a report's charts."""
        ...

    def picture(self, checksum: str, name: str) -> str | None:
        """Return a chart, or None when there is no such one."""
        ...


@dataclass(frozen=True, slots=True)
class Review:
    """What somebody looks at before it is published.

    Args:
        draft: what would be printed now.
        last: what was published before, or None.
        changed: what is not as it was there.
        digest: of the rows, given back when it is published: what was looked at is what is frozen.
        unsealed_days: days of spaces that are not fixed yet.
        unsealed_from: the first of them; None when there is none.
        is_over: whether the period is.
    """

    draft: Report
    last: Report | None
    changed: tuple[Change, ...]
    digest: str
    unsealed_days: int
    unsealed_from: date | None
    is_over: bool

    @property
    def can_be_published(self) -> bool:
        """Whether nothing is missing, and something is new."""
        return self.is_over and not self.unsealed_days and has_news(self.draft, self.last)


class Wish(NamedTuple):
    """Who wants to see internal figures, and why.

    Args:
        controller: for whom the account works; of spaces of others nothing is shown.
    """

    actor: Actor
    controller: str
    purpose: str


@dataclass(frozen=True, slots=True)
class Internal:
    """What the role Statistik sees besides; never for publication (requirement S6)."""

    report: Report
    half_days: tuple[HalfDay, ...]


class ReleaseDesk(StatisticsDesk, Protocol):
    """What the pages of those who release, and the public ones, do with statistics."""

    def releases(self, subject: Place | None = None) -> Sequence[Release]:
        """Return what was published, newest first, without rows."""
        ...

    def frozen(self, checksum: str) -> Report | None:
        """Return a frozen report, or None when there is no such one."""
        ...

    def review(self, subject: Place, span: Span, today: date, step: Step = no_step) -> Review:
        """Return what would be printed now beside what was; refused as `draft`.

        Args:
            step: told how far it is: facts, figures, and the audit of each space.
        """
        ...

    def release(
        self, subject: Place, span: Span, digest: str, today: date, now_us: int, account: int | None
    ) -> Report:
        """Freeze what was reviewed; refused as `publish`, and when it is not what `review` has shown any more."""
        ...

    def internal(self, subject: Place, span: Span, wish: Wish, today: date, now_us: int) -> Internal:
        """Return more than is printed; the purpose is logged (requirements S6, P7).

        Raises:
            RuleRefused: as `draft`; when the purpose is missing, or a space belongs to another controller.
            NotAllowed: when the actor has not the role there.
        """
        ...

    def research(
        self, subject: Place, span: Span, wish: Wish, study: Study, today: date, now_us: int
    ) -> Extract:
        """Return records for a study; who gets them, why and until when is logged (requirement P8).

        Raises:
            RuleRefused: as `internal`; when the period is no calendar year, its days are not fixed, its pseudonyms have
                ended, or something of the study is missing.
            NotAllowed: when the actor has not the roles Statistik and Forschung there.
        """
        ...

    def due(self, today: date) -> Sequence[Due]:
        """Return the reports that are to be published next."""
        ...

    def picture_names(self, checksum: str) -> frozenset[str]:
        """Return the names of a report's charts."""
        ...

    def picture(self, checksum: str, name: str) -> str | None:
        """Return a chart as SVG, or None when there is no such one."""
        ...
