"""Releases without a database: a year of Wittenberge in two versions, one of the network, and drafts of both."""

import threading
from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from typing import Final

from hub.domain.disclosure.research import Extract, Study, check_study, extract, year_of
from hub.domain.errors import RuleRefused
from hub.domain.statistics.facts import Contribution, Measured
from hub.domain.statistics.findings import NETWORK, Place, PlaceLevel
from hub.domain.statistics.frozen import freeze, rows_digest
from hub.domain.statistics.half_days import HalfDay
from hub.domain.statistics.periods import Span
from hub.domain.statistics.printed import Audience, Printed, Report
from hub.domain.statistics.releases import (
    Due,
    Release,
    changes,
    check_period,
    need_research,
    need_statistics,
    subject_of,
)
from hub.statistics_ports import Internal, Review, Step, Wish, no_step
from tests.hub.statistics.reports import TARGET, WITTENBERGE, YEAR, report, row, towns
from tests.hub.web.fakes import TUESDAY_MORNING_US as NOW_US

SVG = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 720 300"><rect width="720" height="300" fill="#fff"/></svg>'
YEAR_BEFORE = Span.of_year(2025)


class FakeStatistics:
    """`ReleaseDesk` from memory; a test says what is not sealed, what is refused, and when a review goes on."""

    def __init__(self) -> None:
        made, target = report(), replace(TARGET, period=YEAR_BEFORE)
        moved = {"rows": _moved(made.rows), "previous": _moved(made.previous), "targets": (target,)}
        first = freeze(report(WITTENBERGE, period=YEAR_BEFORE, **moved))
        second = freeze(replace(first, version=2, rows=first.rows[:-1]))
        self.kept = [
            freeze(report(NETWORK, period=YEAR_BEFORE, rows=_moved(report(NETWORK).rows))),
            second,
            first,
        ]
        self.pictures: dict[str, str] = {
            f"{kind}-{size}-{language}": SVG
            for kind in ("visits", "shares", "no-shows", "quality", "towns")
            for size in ("wide", "narrow")
            for language in ("de", "en")
        }
        self.unsealed = 0
        self.refuses: RuleRefused | None = None
        self.calls: list[tuple[object, ...]] = []
        self.looks: list[tuple[Place, Span]] = []
        self.breaks: Exception | None = None
        self.may_go_on = threading.Event()
        self.may_go_on.set()

    def report(self, subject: Place, span: Span, audience: Audience, today: date) -> Report:
        return self.draft(subject, span, today)

    def draft(self, subject: Place, span: Span, today: date) -> Report:
        check_period(span, subject_of(subject, towns()), today)
        made = report(subject if subject in (WITTENBERGE, NETWORK) else WITTENBERGE, made_on=today)
        rows = made.rows if span == YEAR else _moved(made.rows)
        last = self._last(subject, span)
        version = 1 if last is None else last.version + 1
        return replace(made, subject=subject, period=span, rows=rows, version=version)

    def publish(self, subject: Place, span: Span, today: date, now_us: int, account: int | None) -> Report:
        if self.refuses is not None:
            raise self.refuses
        self.calls.append(("publish", subject, span, account))
        self.kept.insert(0, freeze(self.draft(subject, span, today)))
        return self.kept[0]

    def release(
        self, subject: Place, span: Span, digest: str, today: date, now_us: int, account: int | None
    ) -> Report:
        if digest != rows_digest(self.draft(subject, span, today).rows):
            raise RuleRefused("they have changed", code="draft_changed")
        return self.publish(subject, span, today, now_us, account)

    def review(self, subject: Place, span: Span, today: date, step: Step = no_step) -> Review:
        self.looks.append((subject, span))
        step(3, 7)
        self.may_go_on.wait(20)
        if self.breaks is not None:
            raise self.breaks
        draft, last = self.draft(subject, span, today), self._last(subject, span)
        changed = () if last is None else changes(last.rows, draft.rows)
        first = date(2025, 12, 24) if self.unsealed else None
        return Review(
            draft, last, changed, rows_digest(draft.rows), self.unsealed, first, span.last_day < today
        )

    def internal(self, subject: Place, span: Span, wish: Wish, today: date, now_us: int) -> Internal:
        need_statistics(wish.actor, subject, subject_of(subject, towns()))
        if self.refuses is not None:
            raise self.refuses
        self.calls.append(("internal", subject, span, wish.purpose))
        exact = row(subject, "visits", "947", span)
        seen = replace(self.draft(subject, span, today), audience=Audience.INTERNAL)
        halves = tuple(
            HalfDay(weekday, half, Measured(1000 if weekday < 6 else 0, 140 * weekday + 60 * half, 20))
            for weekday in range(7)
            for half in (0, 1)
        )
        return Internal(replace(seen, rows=(exact, *seen.rows[1:])), halves)

    def research(
        self, subject: Place, span: Span, wish: Wish, study: Study, today: date, now_us: int
    ) -> Extract:
        need_research(wish.actor, subject, subject_of(subject, towns()))
        if self.refuses is not None:
            raise self.refuses
        study, year = check_study(study, today), year_of(span)
        self.calls.append(("research", subject, span, wish.purpose, study))
        came = [Contribution("wittenberge", date(year, 3, 1), f"p{at}", 3) for at in range(6)]
        return Extract(
            study, subject, year, today, extract(came, {"wittenberge": subject.id}, year, b"k" * 32)
        )

    def due(self, today: date) -> Sequence[Due]:
        place = Place(PlaceLevel.TOWN, "01053090")
        return [
            Due(place, "Mölln", YEAR_BEFORE, date(2026, 3, 31)),
            Due(NETWORK, "", YEAR_BEFORE, date(2027, 3, 31)),
        ]

    def versions(self, subject: Place | None = None) -> Sequence[Report]:
        return [one for one in self.kept if subject in (None, one.subject)]

    def releases(self, subject: Place | None = None) -> Sequence[Release]:
        return [
            Release(one.subject, one.period, one.audience, one.version, one.made_on, NOW_US, one.checksum)
            for one in self.versions(subject)
        ]

    def frozen(self, checksum: str) -> Report | None:
        return next((one for one in self.kept if one.checksum == checksum), None)

    def picture_names(self, checksum: str) -> frozenset[str]:
        return frozenset(self.pictures)

    def picture(self, checksum: str, name: str) -> str | None:
        return self.pictures.get(name) if self.frozen(checksum) else None

    def _last(self, subject: Place, span: Span) -> Report | None:
        return next((one for one in self.versions(subject) if one.period == span), None)


def _moved(rows: Sequence[Printed]) -> tuple[Printed, ...]:
    """Return the rows of 2026 as those of a year earlier, which is over."""
    return tuple(
        replace(one, period=Span(one.period.first.plus(-12), one.period.last.plus(-12))) for one in rows
    )


CHECKSUM: Final = FakeStatistics().kept[1].checksum
"""Of the second version of Wittenberge's year."""
