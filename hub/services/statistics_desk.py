"""Releases: compute, review, publish, freeze (`hub.statistics_ports.ReleaseDesk`).

Facts become findings, and disclosure control makes of them what may be printed; both are given, so that this module
knows neither a formula nor a rule. What was published is read back as it was frozen, and nothing is worked out again.
"""

import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Final, NamedTuple, Protocol

from hub.domain.disclosure.research import KEY_BYTES, Extract, Study, check_study, extract, year_of
from hub.domain.errors import RuleRefused
from hub.domain.life import counts_on
from hub.domain.space import Space, Town
from hub.domain.statistics.compute import LATEST_FACT
from hub.domain.statistics.facts import Contribution, DeskDay
from hub.domain.statistics.findings import Finding, Place
from hub.domain.statistics.frozen import rows_digest
from hub.domain.statistics.half_days import half_days
from hub.domain.statistics.month_facts import MonthFacts, bit, days_without
from hub.domain.statistics.periods import Month, Span
from hub.domain.statistics.printed import Audience, PlaceNote, Printed, Report, Target
from hub.domain.statistics.releases import (
    KEYS_END,
    Due,
    Release,
    changes,
    check_period,
    due,
    has_news,
    need_research,
    need_statistics,
    notes,
    subject_of,
    year_before,
)
from hub.domain.texts import check_reason
from hub.statistics_ports import FactReader, Internal, ReleaseStore, Review, Step, Wish, no_step

MIN_PURPOSE: Final = 5
"""Characters of what somebody wants to see internal figures for."""


class Facts(NamedTuple):
    """What figures are made of."""

    month_facts: Sequence[MonthFacts]
    contributions: Sequence[Contribution]
    desk_days: Sequence[DeskDay] = ()
    """Only where somebody asks for single days."""


class Compute(Protocol):
    """Works figures out; `hub.domain.statistics.compute`."""

    def __call__(
        self, towns: Sequence[Town], facts: Facts, subject: Place, span: Span, today: date
    ) -> Sequence[Finding]:
        """Return the findings of a subject, its towns and its spaces.

        Args:
            towns: what it is about, each with those of its spaces that it is about.
        """
        ...


class Disclose(Protocol):
    """Makes of findings what may be printed; `hub.domain.disclosure`."""

    def __call__(
        self,
        findings: Sequence[Finding],
        ledger: Sequence[Printed],
        audience: Audience,
        asked: Callable[[], object] = ...,
    ) -> Sequence[Printed]:
        """Return the rows for an audience, by place, figure and period.

        Args:
            ledger: all that was ever printed; what is printed now must tell nothing together with it (S5).
            asked: called at each question of the audit: one for each space, more where something has to be hidden.
        """
        ...


def no_targets(_subject: Place, _span: Span, _towns: Sequence[Town]) -> Sequence[Target]:
    """Return none: where nobody has set any."""
    return ()


@dataclass(frozen=True, slots=True)
class StatisticsService:
    """What pages and commands do with statistics.

    Args:
        towns: returns the site.
        packages: names and versions of what the numbers depend on.
        targets: of a subject in a period (requirement K9).
        asked: by AGS, which period a town has to report on, and until when (requirement S10).
        publisher: who answers for all reports; empty for whoever answers for the spaces of each.
    """

    facts: FactReader
    reports: ReleaseStore
    towns: Callable[[], Sequence[Town]]
    compute: Compute
    disclose: Disclose
    packages: tuple[tuple[str, str], ...] = ()
    targets: Callable[[Place, Span, Sequence[Town]], Sequence[Target]] = field(default=no_targets)
    asked: Callable[[], Mapping[str, tuple[Span, date]]] = field(default=dict)
    publisher: str = ""

    def report(self, subject: Place, span: Span, audience: Audience, today: date) -> Report:
        """Return the frozen report, or else one computed now, which is preliminary."""
        frozen = self.reports.published(subject, span, audience)
        return frozen or self._made(subject, span, audience, today)[0]

    def draft(self, subject: Place, span: Span, today: date) -> Report:
        """Return what would be printed now."""
        return self._made(subject, span, Audience.PUBLIC, today)[0]

    def publish(self, subject: Place, span: Span, today: date, now_us: int, account: int | None) -> Report:
        """Freeze the draft."""
        seen = self.reports.ledger_size()
        draft, facts, last = self._made(subject, span, Audience.PUBLIC, today)
        self._check_whole(subject, span, facts, today)
        _check_news(draft, last)
        return self.reports.release(draft, account, seen, now_us)

    def release(
        self, subject: Place, span: Span, digest: str, today: date, now_us: int, account: int | None
    ) -> Report:
        """Freeze what was reviewed."""
        seen = self.reports.ledger_size()
        draft, facts, last = self._made(subject, span, Audience.PUBLIC, today)
        self._check_whole(subject, span, facts, today)
        if rows_digest(draft.rows) != digest:
            raise RuleRefused(
                "the numbers are not those that were looked at any more: look at them again, then publish",
                code="draft_changed",
            )
        _check_news(draft, last)
        return self.reports.release(draft, account, seen, now_us)

    def review(self, subject: Place, span: Span, today: date, step: Step = no_step) -> Review:
        """Return what would be printed now beside what was."""
        draft, facts, last = self._made(subject, span, Audience.PUBLIC, today, step)
        unsealed = _unsealed(subject_of(subject, self.towns()), span, facts.month_facts, today)
        return Review(
            draft=draft,
            last=last,
            changed=() if last is None else changes(last.rows, draft.rows),
            digest=rows_digest(draft.rows),
            unsealed_days=len(unsealed),
            unsealed_from=min(unsealed, default=None),
            is_over=span.last_day < today,
        )

    def internal(self, subject: Place, span: Span, wish: Wish, today: date, now_us: int) -> Internal:
        """Return more than is printed; the purpose is logged before anything is shown."""
        towns = subject_of(subject, self.towns())
        need_statistics(wish.actor, subject, towns)
        purpose = check_reason(wish.purpose, MIN_PURPOSE)
        _check_controller(wish, towns)
        check_period(span, towns, today)
        self.reports.note(
            {
                "what": "figures_read",
                "level": subject.level.value,
                "place": subject.id,
                "period": str(span),
                "reason": purpose,
                "by": wish.actor.account,
            },
            now_us,
        )
        report, facts, _ = self._made(subject, span, Audience.INTERNAL, today)
        return Internal(report, half_days(facts.desk_days))

    def research(
        self, subject: Place, span: Span, wish: Wish, study: Study, today: date, now_us: int
    ) -> Extract:
        """Return records for a study; the key of their names ends with this call, and is stored nowhere."""
        towns = subject_of(subject, self.towns())
        need_research(wish.actor, subject, towns)
        purpose, study, year = (
            check_reason(wish.purpose, MIN_PURPOSE),
            check_study(study, today),
            year_of(span),
        )
        _check_controller(wish, towns)
        check_period(span, towns, today)
        if today > (end := date(year + 1, *KEYS_END)):
            raise RuleRefused(
                f"the pseudonyms of {year} ended on {end}: nobody can tell persons apart any more",
                code="study_too_late",
                last=end,
            )
        facts = self._facts(towns, span, by_day=False)
        self._check_whole(subject, span, facts, today)
        self.reports.note(
            {
                "what": "research_extract",
                "level": subject.level.value,
                "place": subject.id,
                "period": str(span),
                "study": study.name,
                "recipient": study.recipient,
                "contract": study.contract,
                "delete_by": study.delete_by.isoformat(),
                "reason": purpose,
                "by": wish.actor.account,
            },
            now_us,
        )
        spaces = {space.id: town.ags for town in towns for space in town.spaces}
        records = extract(facts.contributions, spaces, year, secrets.token_bytes(KEY_BYTES))
        return Extract(study, subject, year, today, records)

    def versions(self, subject: Place | None = None) -> Sequence[Report]:
        """Return frozen reports, newest first."""
        return self.reports.versions(subject)

    def releases(self, subject: Place | None = None) -> Sequence[Release]:
        """Return what was published, newest first, without rows."""
        return self.reports.releases(subject)

    def frozen(self, checksum: str) -> Report | None:
        """Return a frozen report, or None when there is no such one."""
        return self.reports.read(checksum)

    def due(self, today: date) -> Sequence[Due]:
        """Return the reports that are to be published next."""
        return due(self.towns(), self.reports.releases(), today, self.asked())

    def picture_names(self, checksum: str) -> frozenset[str]:
        """Return the names of a report's charts."""
        return self.reports.picture_names(checksum)

    def picture(self, checksum: str, name: str) -> str | None:
        """Return a chart as SVG, or None when there is no such one."""
        return self.reports.picture(checksum, name)

    def _made(
        self, subject: Place, span: Span, audience: Audience, today: date, step: Step = no_step
    ) -> tuple[Report, Facts, Report | None]:
        towns = subject_of(subject, self.towns())
        check_period(span, towns, today)
        progress = _Progress(step, 2 + len(_spaces(towns)))
        facts = self._facts(towns, span, by_day=audience is Audience.INTERNAL)
        progress.next()
        findings = self.compute(towns, facts, subject, span, today)
        progress.next()
        rows = self.disclose(findings, self.reports.ledger(), audience, progress.next)
        last = self.reports.published(subject, span, audience)
        before = self.reports.published(subject, year_before(span), audience)
        made = Report(
            subject=subject,
            period=span,
            audience=audience,
            version=1 if last is None else last.version + 1,
            made_on=today,
            publisher=self.publisher or _publisher(towns),
            places=self._notes(subject, towns, span),
            rows=tuple(rows),
            targets=tuple(self.targets(subject, span, towns)),
            packages=self.packages,
            previous=() if before is None else before.rows,
        )
        return made, facts, last

    def _facts(self, towns: Sequence[Town], span: Span, *, by_day: bool) -> Facts:
        spaces = [space.id for town in towns for space in town.spaces]
        # Who is new in a month is known from the year that it lies in: its pseudonyms are those of the year.
        years = Span(Month(span.first.year, 1), span.last)
        return Facts(
            self.facts.month_facts(spaces, span),
            self.facts.contributions(spaces, years),
            self.facts.desk_days(spaces, span) if by_day else (),
        )

    @staticmethod
    def _notes(subject: Place, towns: Sequence[Town], span: Span) -> tuple[PlaceNote, ...]:
        return notes(subject, towns, span.last_day)

    def _check_whole(self, subject: Place, span: Span, facts: Facts, today: date) -> None:
        if span.last_day >= today:
            raise RuleRefused(
                f"{span} is not over yet: publish it when the next month has begun",
                code="period_not_over",
                period=str(span),
                last=span.last_day,
            )
        unsealed = _unsealed(subject_of(subject, self.towns()), span, facts.month_facts, today)
        if unsealed:
            raise RuleRefused(
                f"{len(unsealed)} days of {span} are not fixed yet, the first of them {min(unsealed)}: "
                "days are fixed a week after they end, or 30 days where a device still owes data",
                code="days_not_sealed",
                days=len(unsealed),
                first=min(unsealed),
            )


def _check_news(draft: Report, last: Report | None) -> None:
    """Refuse a second version that corrects nothing: a form that was sent twice, or a command that was repeated."""
    if last is not None and not has_news(draft, last):
        raise RuleRefused(
            f"nothing has changed since version {last.version} of {draft.period} was published: there is nothing to "
            "correct",
            code="nothing_new",
            version=last.version,
        )


class _Progress:
    """Counts steps; those that nobody could foresee leave it at the last one.

    Args:
        step: told each of them.
        count: how many there are.
    """

    def __init__(self, step: Step, count: int) -> None:
        self._step, self._count, self._done = step, count, 0
        step(0, count)

    def next(self) -> None:
        """Take one more step."""
        self._done = min(self._done + 1, self._count)
        self._step(self._done, self._count)


def _publisher(towns: Sequence[Town]) -> str:
    """Return who answers for the spaces of a report; for a town without one, the town."""
    names = dict.fromkeys(space.controller for space in _spaces(towns) if space.controller)
    return ", ".join(names) or ", ".join(town.name for town in towns)


def _check_controller(wish: Wish, towns: Sequence[Town]) -> None:
    if wish.actor.account is None:
        return
    others = sorted(space.name for space in _spaces(towns) if space.controller != wish.controller)
    if others:
        raise RuleRefused(
            "internal figures come near to persons, and these spaces have another controller than the one that you "
            f"work for: {', '.join(others)}. Look at single spaces of your own",
            code="other_controller",
            spaces=", ".join(others),
        )


def _unsealed(towns: Sequence[Town], span: Span, months: Sequence[MonthFacts], today: date) -> list[date]:
    """Return the days that have begun, count, and are not fixed; a day of two spaces stands twice."""
    known = {(one.space, one.month): one for one in months}
    return [
        day
        for space in _spaces(towns)
        for month in span.months()
        for found in (known.get((space.id, month), MonthFacts(space.id, month)),)
        for day in days_without(month, found.sealed)
        # Of an old day without a fact nobody knew anything: there will be none.
        if day <= today and counts_on(space, day) and (found.present & bit(day) or day > today - LATEST_FACT)
    ]


def _spaces(towns: Sequence[Town]) -> Sequence[Space]:
    return [space for town in towns for space in town.spaces]
