"""Every figure of the registry, counted a second time by hand over made-up months: equal to the microsecond.

By default two months in spring and two in autumn, each time with a change of the clock, and two in winter with the one
before them, in another year; with ANKERORT_LONG=1 two whole years.
"""

import os
import shutil
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from fractions import Fraction
from pathlib import Path

import pytest
from sqlalchemy import Engine, select

from hub.demo_data.filling import Fill
from hub.demo_data.network import Network
from hub.demo_data.truth import BlindReason, SpaceDay
from hub.desks import daily_facts, figure_desk, way_desk
from hub.domain.people import Actor
from hub.domain.space import Town
from hub.domain.statistics.compute import Known, findings
from hub.domain.statistics.facts import Contribution
from hub.domain.statistics.figures import REGISTRY
from hub.domain.statistics.findings import NETWORK, Finding, Flag, Missing, Place, PlaceLevel
from hub.domain.statistics.month_facts import MonthFacts, added_up
from hub.domain.statistics.periods import Month, Span
from hub.domain.statistics.written import Distance, EmissionFactor, HandFigure, Mode, TownStatistics, Way
from hub.domain.time import day_bounds
from hub.services.import_site import import_site
from hub.storage.demo_rows import DemoRows
from hub.storage.engine import make_engine
from hub.storage.event_tables import EpochRow, EventRow
from hub.storage.fact_store import SqlFactReader
from hub.storage.figure_rows import SqlWritten
from hub.storage.tables import DeviceRow, DeviceStateRow, SpaceRow
from hub.storage.unit_of_work import UnitFactory
from tests.hub.statistics.slow_days import SlowSpace, parse
from tests.hub.statistics.slow_path import SlowPlace, Told, X
from tests.hub.statistics.slow_written import Lists, SlowWritten, lists
from tests.hub.statistics.small_network import towns

IS_LONG = os.environ.get("ANKERORT_LONG") == "1"
# Two years take two minutes on a quiet machine.
pytestmark = [pytest.mark.timeout(1800)] if IS_LONG else []
YEARS = Span(Month(2025, 1), Month(2026, 12))
SPRING, AUTUMN = Span(Month(2026, 3), Month(2026, 4)), Span(Month(2026, 10), Month(2026, 11))
WINTER = Span(Month(2026, 1), Month(2026, 2))
SPANS = [YEARS] if IS_LONG else [SPRING, AUTUMN, WINTER]
BEGINS = {WINTER: Month(2025, 12)}
"""Where people came before what is counted: the month in which they did first."""
LEFT_OUT = {
    SPRING: {"laden", "seewerk"},
    AUTUMN: {"laden", "seewerk"},
    WINTER: {"bahnhof", "laden", "seewerk"},
}
"""The pop-up and the space without sensors are in the long run."""
ZONE = "Europe/Berlin"
CLI = Actor(None, "command line")


@dataclass(frozen=True, slots=True)
class Counted:
    """One network, worked out by the hub and by hand."""

    span: Span
    towns: Sequence[Town]
    network: Network
    told: Mapping[str, Sequence[SpaceDay]]
    spaces: Mapping[str, SlowSpace]
    known: Known
    found: Sequence[Finding]
    months: Sequence[MonthFacts]
    lists: Lists


@pytest.fixture(scope="module", params=SPANS, ids=str)
def counted(
    request: pytest.FixtureRequest, _migrated_file: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Counted]:
    path = tmp_path_factory.mktemp("counted") / "hub.db"
    shutil.copy(_migrated_file, path)
    engine = make_engine(f"sqlite:///{path}")
    yield _count(engine, request.param)
    engine.dispose()


def _count(engine: Engine, span: Span) -> Counted:
    whole = Span(BEGINS.get(span, span.first), span.last)
    out = LEFT_OUT.get(span, set())
    there = [
        town
        for town in towns(whole.first_day, whole.last_day)
        if not out & {space.id for space in town.spaces}
    ]
    units = UnitFactory(engine)
    fill = Fill(there, 5, whole.last_day, sum(1 for _ in whole.months()))
    assert fill.network.first <= whole.first_day
    import_site(units, there, 1_000)
    fill.run(DemoRows(engine, Fill.JOB), lambda _: None)
    work, reader = daily_facts(units), SqlFactReader(engine)
    ids = [space.id for town in there for space in town.spaces]
    people = dict[tuple[str, date, str], Contribution]()
    today = whole.last_day + timedelta(days=45)
    # As it goes: at the end of each month, and once everything can be sealed. A year's pseudonyms end on 31 March.
    for night in (*(month.last_day + timedelta(days=3) for month in whole.months()), today):
        work.nightly(day_bounds(night, ZONE).start_us)
        for one in reader.contributions(ids, span):
            people[one.space, one.month, one.person] = one
    on_lists = lists(there, [(month.first_day, month.last_day) for month in span.months()])
    _write_down(units, on_lists, today)
    written = SqlWritten(engine)
    known = Known(
        reader.desk_days(ids, span),
        reader.space_days(ids, span),
        list(people.values()),
        written.written([town.ags for town in there]),
        written.ways(ids, span),
        written.settings(),
    )
    told: dict[str, list[SpaceDay]] = defaultdict(list)
    for _, days in fill.network.days():
        for day in days:
            told[day.space].append(day)
    found = findings(there, known, NETWORK, span, today)
    slow = _slow(engine, fill.network, told)
    months = reader.month_facts(ids, span)
    return Counted(span, there, fill.network, told, slow, known, found, months, on_lists)


def _write_down(units: UnitFactory, on_lists: Lists, today: date) -> None:
    """Have the hub take in what stands on lists, as pages do."""
    figures, ways = figure_desk(units), way_desk(units)
    for one in on_lists.entries:
        level = PlaceLevel.TOWN if one.where.isdecimal() else PlaceLevel.SPACE
        flags = frozenset(map(Flag, one.flags))
        figures.add(
            HandFigure(
                0, Place(level, one.where), one.figure, one.first, one.last, one.value, "Liste", "Amt", flags=flags
            ),
            CLI, today, 1_000,
        )  # fmt: skip
    for ags, grams in on_lists.grams.items():
        figures.set_settings(TownStatistics(ags, factor=EmissionFactor(grams, "Quelle", 2025)), CLI, 1_000)
    for said in on_lists.answers:
        distance, mode = said.distance and Distance(said.distance), said.mode and Mode(said.mode)
        ways.answer(said.space, Way(said.would_drive, distance or None, mode or None), said.month)


def _slow(engine: Engine, network: Network, told: Mapping[str, Sequence[SpaceDay]]) -> dict[str, SlowSpace]:
    lines: dict[tuple[str, str], list[tuple[int, Mapping[str, object]]]] = defaultdict(list)
    with engine.connect() as connection:
        where = (
            select(SpaceRow.id, DeviceRow.id, EventRow.seq, EventRow.payload)
            .join(EpochRow, EpochRow.pk == EventRow.epoch_pk)
            .join(DeviceRow, DeviceRow.pk == EpochRow.device_pk)
            .join(SpaceRow, SpaceRow.pk == DeviceRow.space_pk)
            .order_by(EventRow.epoch_pk, EventRow.seq)
        )
        for space, device, seq, payload in connection.execute(where):
            lines[space, device].append((seq, parse(payload)))
        heard = {
            (space, device): heard_us
            for space, device, heard_us in connection.execute(
                select(SpaceRow.id, DeviceRow.id, DeviceStateRow.heard_us)
                .join(DeviceRow, DeviceRow.pk == DeviceStateRow.device_pk)
                .join(SpaceRow, SpaceRow.pk == DeviceRow.space_pk)
            )
        }
    return {
        story.space.id: SlowSpace(
            story,
            told[story.space.id],
            {device.id: lines[story.space.id, device.id] for device in story.space.devices},
            {device.id: heard[story.space.id, device.id] for device in story.space.devices},
        )
        for story in network.stories
    }


def _places(counted: Counted) -> Iterator[tuple[tuple[PlaceLevel, str], list[SlowSpace], int | None]]:
    every = list(counted.spaces.values())
    yield (PlaceLevel.NETWORK, "network"), every, None
    for town in counted.towns:
        inside = [counted.spaces[space.id] for space in town.spaces]
        yield (PlaceLevel.TOWN, town.ags), inside, town.inhabitants
        for space in inside:
            yield (PlaceLevel.SPACE, space.space.id), [space], None


def _by_hand(
    counted: Counted,
) -> dict[tuple[tuple[PlaceLevel, str], Span], tuple[SlowPlace, dict[str, Told]]]:
    """Return all figures that are counted by hand, by place and period."""
    periods = {one.period for one in counted.found}
    ags = {space.id: town.ags for town in counted.towns for space in town.spaces}
    found = {}
    for place, spaces, inhabitants in _places(counted):
        names = {space.space.id for space in spaces}
        names |= {town.ags for town in counted.towns} if place[0] is PlaceLevel.NETWORK else {place[1]}
        for period in periods:
            days = list(period.days())
            slow = SlowPlace(spaces, days, counted.network.people, counted.told, inhabitants)
            on_lists = SlowWritten(counted.lists, names, set(days), ags)
            found[place, period] = slow, {**slow.figures(), **on_lists.figures(slow.visits())}
    return found


def test_every_figure_of_the_registry_is_counted_by_hand_too(counted: Counted) -> None:
    """A figure that is new has to be counted here as well, by other means."""
    slow, figures = _by_hand(counted)[(PlaceLevel.NETWORK, "network"), counted.span]
    assert slow.visits()
    assert set(figures) == set(REGISTRY) == {one.figure for one in counted.found}


def test_every_figure_is_what_counting_by_hand_gives(counted: Counted) -> None:
    by_hand = _by_hand(counted)
    compared = set()
    for one in counted.found:
        slow, figures = by_hand[(one.place.level, one.place.id), one.period]
        told = figures.get(one.figure, X)
        where = f"{one.figure} of {one.place.id} in {one.period}: {one} against {told}"
        if told.value is None:
            assert one.value is None, where
            assert one.missing is Missing.NOT_APPLICABLE, where
        else:
            assert one.value is not None, where
            assert one.numerator == told.numerator, where
            assert one.denominator == told.denominator, where
            assert abs(Fraction(one.value) - told.value) < Fraction(1, 10**18), where
            assert one.cases == told.cases, where
            assert "".join(sorted(one.flags)) == told.flags, where
            if told.persons is not None:
                assert len(one.persons) == told.persons, where
            compared.add(one.figure)
        assert one.valid_share == told.valid, where
        if one.figure == "visits" and one.value is not None:
            assert len(one.persons) == slow.distinct(), where
            assert one.top_share == slow.top_share(), where
    assert compared == {one for one in REGISTRY if not one.startswith("stays_")}


def test_months_that_are_stored_are_what_the_days_add_up_to_and_give_the_same_figures(
    counted: Counted,
) -> None:
    known = replace(counted.known, desk_days=(), space_days=(), month_facts=counted.months)
    assert list(counted.months) == list(added_up(counted.known.space_days, counted.known.desk_days))
    today = counted.span.last_day + timedelta(days=45)
    assert findings(counted.towns, known, NETWORK, counted.span, today) == counted.found


def test_what_is_compared_is_worth_comparing(counted: Counted) -> None:
    """Not by chance equal, because nothing happened: everything that makes counting hard is in it."""
    days, desks = list(counted.known.space_days), list(counted.known.desk_days)
    assert sum(one.visits for one in days) > 60
    assert all(one.is_sealed for one in days)
    assert any(not one.has_sensor for one in desks)
    assert any(one.staffed.unknown_us for one in desks)
    assert sum(one.no_shows for one in desks) > 0
    assert any(not one.counts for one in days), "a test"
    hours = {day_bounds(one.day, ZONE).length_us // 3_600_000_000 for one in days}
    assert hours == {YEARS: {23, 24, 25}, SPRING: {23, 24}, AUTUMN: {24, 25}, WINTER: {24}}[counted.span]
    assert {space.space for space in days if space.events} >= ({"bahnhof", "clubheim"} if IS_LONG else set())
    assert sum(one.events for one in days) > 0 or counted.span == WINTER
    whole = {one.figure: one for one in counted.found if one.place == NETWORK and not one.period.is_month}
    assert (whole["new_users"].value or 0) > 0
    if counted.span in (YEARS, WINTER):
        assert (whole["returning_users"].value or 0) > 0


HOLIDAYS = {
    "BB": [(4, 5), (5, 24), (10, 31)],
    "BY": [(1, 6), (6, 4), (8, 15), (11, 1)],
    "HE": [(4, 3), (6, 4)],
    "SH": [(10, 31)],
    "SN": [(10, 31), (11, 18)],
}
"""Of 2026: those that not all Länder have; the pop-up in Hesse is there in the first half of it."""


def test_holidays_of_five_laender_and_faults_of_all_kinds_are_in_it(counted: Counted) -> None:
    here = {space.id: town.land for town in counted.towns for space in town.spaces}
    closed = {
        (here[one.space], one.day)
        for one in counted.known.space_days
        if one.is_holiday and not one.staffed_us
    }
    wanted = {
        (land, day)
        for land, those in HOLIDAYS.items()
        for month, of_month in those
        if (day := date(2026, month, of_month)) in counted.span and land in here.values()
    }
    assert wanted <= closed
    assert ("SH", date(2026, 11, 18)) not in closed
    assert len(wanted) == (12 if IS_LONG else {SPRING: 1, AUTUMN: 4, WINTER: 0}[counted.span])
    reasons = {
        one.reason for story in counted.network.stories for those in story.blind.values() for one in those
    }
    away = [time for life in counted.network.lives.values() for time in life.away]
    assert reasons >= (set(BlindReason) if IS_LONG else {BlindReason.OFF})
    assert away
    if IS_LONG:
        assert {town.land for town in counted.towns} == set(HOLIDAYS)
        assert any(time.length_us > 7 * 86_400_000_000 for time in away), "a device that was silent for long"
        assert {one.space for one in counted.known.desk_days if one.has_sensor} >= {"bahnhof", "laden"}
        assert "seewerk" not in {one.space for one in counted.known.desk_days if one.has_sensor}
