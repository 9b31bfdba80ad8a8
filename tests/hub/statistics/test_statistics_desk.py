"""Compute, review, publish, freeze: on the real store, with facts, formulas and rules from memory."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal

import pytest
from sqlalchemy import Engine

from hub.domain.disclosure.research import Extract, Study
from hub.domain.errors import NotAllowed, RuleRefused
from hub.domain.people import Actor, Role
from hub.domain.space import Town
from hub.domain.statistics.facts import Contribution, DeskDay, Measured, SpaceDay
from hub.domain.statistics.findings import NETWORK, Finding, Place, PlaceLevel
from hub.domain.statistics.month_facts import MonthFacts, added_up
from hub.domain.statistics.periods import Month, Span
from hub.domain.statistics.printed import Audience, Printed, Target, ValueStatus
from hub.domain.statistics.releases import ChangeKind, counted_days
from hub.services.statistics_desk import Facts, StatisticsService
from hub.statistics_ports import Wish
from hub.storage.report_store import SqlReports
from tests.hub.statistics.reports import DIPPOLDISWALDE, WITTENBERGE, towns
from tests.hub.storage.rows import NOW_US

JUNE = Span.of_month(Month(2026, 6))
JULY_10 = date(2026, 7, 10)
SPACE = Place(PlaceLevel.SPACE, "wittenberge")
HOUR_US = 3_600_000_000
NOBODY = Actor(9, "Ute", frozenset({(Role.HOST, "wittenberge")}))
STINE = Actor(8, "Stine", frozenset({(Role.STATISTICS, "")}))


@dataclass
class FakeFacts:
    """Every day of every space is sealed, but those that a test names."""

    site: Sequence[Town]
    open_days: set[date] = field(default_factory=set)
    begins_on: date = date.min
    asked: list[tuple[str, Span]] = field(default_factory=list)

    def desk_days(self, spaces: Collection[str], span: Span) -> Sequence[DeskDay]:
        self.asked.append(("desk_days", span))
        used = Measured(4 * HOUR_US, HOUR_US, 0)
        return [DeskDay(space, "t1", day, True, first_half=used) for space in spaces for day in span.days()]

    def space_days(self, spaces: Collection[str], span: Span) -> Sequence[SpaceDay]:
        found = [space for town in self.site for space in town.spaces if space.id in spaces]
        return [
            SpaceDay(space.id, day, visits=2, is_sealed=day not in self.open_days)
            for space in found
            for day in counted_days(space, span)
            if day >= self.begins_on
        ]

    def month_facts(self, spaces: Collection[str], span: Span) -> Sequence[MonthFacts]:
        self.asked.append(("month_facts", span))
        return added_up(self.space_days(spaces, span), ())

    def contributions(self, spaces: Collection[str], span: Span) -> Sequence[Contribution]:
        self.asked.append(("contributions", span))
        return []


@dataclass
class FakeRules:
    """Sums visits; the public gets tens, and is told how many rows the ledger had."""

    more: int = 0
    questions: int = 0
    ledgers: list[int] = field(default_factory=list)

    def compute(
        self, towns: Sequence[Town], facts: Facts, subject: Place, span: Span, today: date
    ) -> Sequence[Finding]:
        visits = sum(month.visits for month in facts.month_facts) + self.more
        return [Finding(subject, span, "visits", Decimal(visits))]

    def disclose(
        self,
        findings: Sequence[Finding],
        ledger: Sequence[Printed],
        audience: Audience,
        asked: Callable[[], object] = lambda: None,
    ) -> Sequence[Printed]:
        self.ledgers.append(len(ledger))
        for _ in range(self.questions):
            asked()
        digits = -1 if audience is Audience.PUBLIC else 0
        return [
            Printed(
                one.place, one.period, one.figure, ValueStatus.ROUNDED, round(one.value or Decimal(), digits)
            )
            for one in findings
        ]


@dataclass
class World:
    """The service and what it stands on."""

    desk: StatisticsService
    facts: FakeFacts
    rules: FakeRules
    reports: SqlReports

    def publish(self, subject: Place = WITTENBERGE) -> object:
        return self.desk.publish(subject, JUNE, JULY_10, NOW_US, 8)


@pytest.fixture
def world(sqlite_engine: Engine) -> World:
    site, rules = towns(), FakeRules()
    site = [
        replace(town, spaces=tuple(replace(one, controller="Stadt") for one in town.spaces)) for town in site
    ]
    facts, reports = FakeFacts(site), SqlReports(sqlite_engine)
    desk = StatisticsService(
        facts,
        reports,
        lambda: site,
        rules.compute,
        rules.disclose,
        (("holidays", "0.77"),),
    )
    return World(desk, facts, rules, reports)


def test_a_report_is_preliminary_until_it_is_published_and_then_stays(world: World) -> None:
    draft = world.desk.report(WITTENBERGE, JUNE, Audience.PUBLIC, JULY_10)
    assert draft.is_preliminary
    assert (draft.version, draft.checksum, draft.made_on) == (1, "", JULY_10)
    assert [note.name for note in draft.places] == ["Wittenberge", "Bahnhof Wittenberge"]
    frozen = world.publish()
    world.rules.more = 500
    again = world.desk.report(WITTENBERGE, JUNE, Audience.PUBLIC, date(2030, 1, 1))
    assert again == frozen
    assert draft.publisher == "Stadt"
    assert (again.is_preliminary, again.packages) == (False, (("holidays", "0.77"),))


@pytest.mark.parametrize(("questions", "done"), [(0, 2), (1, 3), (4, 3)])
def test_a_review_tells_how_far_it_is_and_never_more_than_all(
    world: World, questions: int, done: int
) -> None:
    world.rules.questions = questions
    told: list[tuple[int, int]] = []
    world.desk.review(WITTENBERGE, JUNE, JULY_10, lambda *step: told.append(step))
    assert told[0] == (0, 3)
    assert told[-1] == (done, 3)
    assert told == sorted(told)


def test_a_correction_is_a_new_version_checked_with_all_that_was_printed(world: World) -> None:
    world.publish()
    world.rules.more = 500
    review = world.desk.review(WITTENBERGE, JUNE, JULY_10)
    (change,) = review.changed
    assert review.last is not None
    assert (change.kind, change.before) == (ChangeKind.CHANGED, review.last.rows[0])
    assert change.row.value == Decimal(560)
    assert review.can_be_published
    second = world.desk.release(WITTENBERGE, JUNE, review.digest, JULY_10, NOW_US, 8)
    assert second.version == 2
    assert world.rules.ledgers == [0, 1, 1]
    assert [one.version for one in world.desk.releases(WITTENBERGE)] == [2, 1]
    assert not world.desk.review(WITTENBERGE, JUNE, JULY_10).can_be_published


def test_a_version_that_corrects_nothing_is_refused_however_it_is_asked_for(world: World) -> None:
    """A form that was sent twice, or a command that was repeated, would look like a correction."""
    first = world.desk.review(WITTENBERGE, JUNE, JULY_10)
    world.desk.release(WITTENBERGE, JUNE, first.digest, JULY_10, NOW_US, 8)
    with pytest.raises(RuleRefused, match="nothing has changed since version 1") as refused:
        world.desk.release(WITTENBERGE, JUNE, first.digest, JULY_10, NOW_US, 8)
    assert (refused.value.code, refused.value.data["version"]) == ("nothing_new", 1)
    with pytest.raises(RuleRefused, match="nothing to correct"):
        world.publish()
    assert len(world.desk.releases()) == 1


def test_a_target_that_was_set_later_is_news_and_so_is_last_year(world: World) -> None:
    world.publish()
    desk = replace(
        world.desk, targets=lambda *_: (Target(WITTENBERGE, "visits", JUNE, Decimal(50), source="Rat"),)
    )
    assert not world.desk.review(WITTENBERGE, JUNE, JULY_10).can_be_published
    review = desk.review(WITTENBERGE, JUNE, JULY_10)
    assert (review.changed, review.can_be_published) == ((), True)
    assert desk.publish(WITTENBERGE, JUNE, JULY_10, NOW_US, 8).version == 2


def test_what_was_looked_at_is_what_is_frozen(world: World) -> None:
    review = world.desk.review(WITTENBERGE, JUNE, JULY_10)
    world.rules.more = 500
    with pytest.raises(RuleRefused, match="look at them again") as refused:
        world.desk.release(WITTENBERGE, JUNE, review.digest, JULY_10, NOW_US, 8)
    assert refused.value.code == "draft_changed"
    assert world.reports.ledger_size() == 0


def test_days_that_are_not_sealed_hold_a_report_back(world: World) -> None:
    world.facts.open_days = {date(2026, 6, 29), date(2026, 6, 30)}
    review = world.desk.review(WITTENBERGE, JUNE, JULY_10)
    assert (review.unsealed_days, review.unsealed_from, review.can_be_published) == (
        2,
        date(2026, 6, 29),
        False,
    )
    with pytest.raises(
        RuleRefused, match="2 days of 2026-06 are not fixed yet, the first of them 2026-06-29"
    ):
        world.publish()
    world.facts.open_days.clear()
    world.publish()


def test_old_days_that_nobody_counted_hold_no_report_back_and_young_ones_do(world: World) -> None:
    world.facts.begins_on = date(2026, 6, 20)
    # What happened up to the ninth may still be told of.
    assert world.desk.review(WITTENBERGE, JUNE, JULY_10).unsealed_days == 10
    assert world.desk.review(WITTENBERGE, JUNE, date(2026, 7, 25)).unsealed_days == 0


def test_a_month_is_published_when_it_is_over(world: World) -> None:
    for today in (date(2026, 6, 1), date(2026, 6, 30)):
        assert world.desk.report(WITTENBERGE, JUNE, Audience.PUBLIC, today).rows
        with pytest.raises(RuleRefused, match="not over yet"):
            world.desk.publish(WITTENBERGE, JUNE, today, NOW_US, 8)


@pytest.mark.parametrize(
    ("subject", "span", "code"),
    [
        pytest.param(WITTENBERGE, Span.of_year(2027), "period_in_future", id="in the future"),
        pytest.param(WITTENBERGE, Span.of_year(2018), "before_first_desk", id="before the first desk"),
        pytest.param(Place(PlaceLevel.TOWN, "99999999"), JUNE, "unknown_town", id="town unknown"),
        pytest.param(Place(PlaceLevel.SPACE, "nirgends"), JUNE, "unknown_space", id="space unknown"),
        pytest.param(Place(PlaceLevel.NETWORK, "hanse"), JUNE, "unknown_network", id="another network"),
    ],
)
def test_of_what_nothing_can_be_said_is_refused(world: World, subject: Place, span: Span, code: str) -> None:
    for call in (
        lambda: world.desk.report(subject, span, Audience.PUBLIC, JULY_10),
        lambda: world.desk.draft(subject, span, JULY_10),
        lambda: world.desk.publish(subject, span, JULY_10, NOW_US, 8),
        lambda: world.desk.review(subject, span, JULY_10),
    ):
        with pytest.raises(RuleRefused) as refused:
            call()
        assert refused.value.code == code


def test_a_town_without_a_space_has_a_report(world: World) -> None:
    frozen = world.desk.publish(DIPPOLDISWALDE, JUNE, JULY_10, NOW_US, 8)
    assert [(note.name, note.has_space) for note in frozen.places] == [("Dippoldiswalde", False)]


def test_who_is_new_is_known_from_the_whole_year(world: World) -> None:
    world.desk.draft(WITTENBERGE, JUNE, JULY_10)
    assert world.facts.asked == [
        ("month_facts", JUNE), ("contributions", Span(Month(2026, 1), Month(2026, 6))),
    ]  # fmt: skip


def test_S6_internal_figures_ask_for_role_controller_and_purpose_and_are_logged(world: World) -> None:  # noqa: N802
    def look(
        actor: Actor = STINE, controller: str = "Stadt", purpose: str = "Bericht an den Träger"
    ) -> object:
        return world.desk.internal(SPACE, JUNE, Wish(actor, controller, purpose), JULY_10, NOW_US)

    with pytest.raises(NotAllowed):
        look(NOBODY)
    with pytest.raises(RuleRefused, match="say why"):
        look(purpose="ja")
    with pytest.raises(RuleRefused, match="Bahnhof Wittenberge"):
        look(controller="Verein")
    assert world.rules.ledgers == []
    seen = world.desk.internal(SPACE, JUNE, Wish(STINE, "Stadt", "Bericht an den Träger"), JULY_10, NOW_US)
    assert seen.report.audience is Audience.INTERNAL
    forenoon = next(one for one in seen.half_days if one.half == 0)
    assert (forenoon.weekday, forenoon.occupied_pct) == (0, 25)
    assert all(one.occupied_pct is None for one in seen.half_days if one.half == 1)


def test_P8_an_extract_takes_both_roles_the_controller_a_purpose_and_a_year_that_is_fixed(  # noqa: N802
    world: World,
) -> None:
    fria = Actor(7, "Fria", STINE.roles | {(Role.RESEARCH, "wittenberge")})
    study = Study("Kleinstadt 2026", "Hochschule Harz", "Az. 41/2027", date(2028, 2, 1))
    year, today = Span.of_year(2026), date(2027, 2, 10)

    def make(
        actor: Actor, place: Place = SPACE, controller: str = "Stadt", purpose: str = "Vergleich"
    ) -> Extract:
        return world.desk.research(place, year, Wish(actor, controller, purpose), study, today, NOW_US)

    for actor, place in ((STINE, SPACE), (NOBODY, SPACE), (fria, WITTENBERGE), (fria, NETWORK)):
        with pytest.raises(NotAllowed):
            make(actor, place)
    with pytest.raises(RuleRefused, match="say why"):
        make(fria, purpose="ja")
    with pytest.raises(RuleRefused, match="Bahnhof Wittenberge"):
        make(fria, controller="Verein")
    assert world.facts.asked == []
    world.facts.open_days.add(date(2026, 12, 24))
    with pytest.raises(RuleRefused, match="1 days of 2026 are not fixed yet"):
        make(fria)
    world.facts.open_days.clear()
    assert make(fria) == Extract(study, SPACE, 2026, today, ())


def test_last_year_s_reports_are_due_until_the_pseudonyms_end(world: World) -> None:
    due = world.desk.due(date(2027, 1, 10))
    assert [one.name for one in due] == [
        town.name
        for town in towns()
        if town.spaces and any(counted_days(one, Span.of_year(2026)) for one in town.spaces)
    ] + [""]
    assert {(one.period, one.by) for one in due} == {(Span.of_year(2026), date(2027, 3, 31))}
    assert not due[0].is_late(date(2027, 3, 31))
    assert due[0].is_late(date(2027, 4, 1))
    asked = {
        WITTENBERGE.id: (JUNE, date(2026, 12, 1)),
        DIPPOLDISWALDE.id: (Span.of_year(2026), date(2027, 2, 1)),
    }
    with_days = replace(world.desk, asked=lambda: asked).due(date(2027, 1, 10))
    assert [(one.name, one.by) for one in with_days[:2]] == [
        ("Wittenberge", date(2026, 12, 1)), ("Dippoldiswalde", date(2027, 2, 1)),
    ]  # fmt: skip
    assert len(with_days) == len(due) + 2
    world.desk.publish(NETWORK, Span.of_year(2026), date(2027, 1, 10), NOW_US, None)
    assert NETWORK not in {one.subject for one in world.desk.due(date(2027, 1, 10))}
