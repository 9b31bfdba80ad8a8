"""Every figure of the registry, counted a second time by hand over made-up months: equal to the microsecond.

By default two months in spring and two in autumn, each time with a change of the clock; with ANKERORT_LONG=1 two whole
years.
"""

import os
import shutil
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from fractions import Fraction
from pathlib import Path

import pytest
from sqlalchemy import Engine, select

from hub.demo_data.filling import Fill
from hub.demo_data.network import Network
from hub.demo_data.truth import SpaceDay
from hub.desks import daily_facts
from hub.domain.space import Town
from hub.domain.statistics.compute import Known, findings
from hub.domain.statistics.facts import Contribution, DeskSums
from hub.domain.statistics.findings import NETWORK, Finding, Missing, PlaceLevel
from hub.domain.statistics.outcomes import FROM_FACTS
from hub.domain.statistics.periods import Month, Span
from hub.domain.time import day_bounds
from hub.services.import_site import import_site
from hub.storage.demo_rows import DemoRows
from hub.storage.engine import make_engine
from hub.storage.event_tables import EpochRow, EventRow
from hub.storage.fact_store import SqlFactReader
from hub.storage.tables import DeviceRow, DeviceStateRow, SpaceRow
from hub.storage.unit_of_work import UnitFactory
from tests.hub.statistics.slow_path import SlowPlace, SlowSpace, Told, X, parse
from tests.hub.statistics.small_network import towns

IS_LONG = os.environ.get("ANKERORT_LONG") == "1"
SPANS = (
    [Span(Month(2025, 1), Month(2026, 12))]
    if IS_LONG
    else [Span(Month(2026, 3), Month(2026, 4)), Span(Month(2026, 10), Month(2026, 11))]
)
ZONE = "Europe/Berlin"
NEEDS_ANOTHER_YEAR = {"new_users", "returning_users"}


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
    sums: Mapping[tuple[str, Month], DeskSums]


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
    there = list(towns(span.first_day, span.last_day))
    if not IS_LONG:
        # The pop-up and the space without sensors are in the long run.
        there = [town for town in there if not {one.id for one in town.spaces} & {"laden", "seewerk"}]
    units = UnitFactory(engine)
    months = sum(1 for _ in span.months())
    fill = Fill(there, 5, span.last_day, months)
    assert fill.network.first == span.first_day
    import_site(units, there, 1_000)
    fill.run(DemoRows(engine, Fill.JOB), lambda _: None)
    work, reader = daily_facts(units), SqlFactReader(engine)
    ids = [space.id for town in there for space in town.spaces]
    people = dict[tuple[str, date, str], Contribution]()
    today = span.last_day + timedelta(days=45)
    # As it goes: at the end of each month, and once everything can be sealed. A year's pseudonyms end on 31 March.
    for night in (*(month.last_day + timedelta(days=3) for month in span.months()), today):
        work.nightly(day_bounds(night, ZONE).start_us)
        for one in reader.contributions(ids, span):
            people[one.space, one.month, one.person] = one
    known = Known(reader.desk_days(ids, span), reader.space_days(ids, span), list(people.values()))
    told: dict[str, list[SpaceDay]] = defaultdict(list)
    for _, days in fill.network.days():
        for day in days:
            told[day.space].append(day)
    found = findings(there, known, NETWORK, span, today)
    return Counted(
        span,
        there,
        fill.network,
        told,
        _slow(engine, fill.network, told),
        known,
        found,
        reader.desk_sums(ids, span),
    )


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


def test_every_figure_is_what_counting_by_hand_gives(counted: Counted) -> None:
    periods = {one.period for one in counted.found}
    by_hand: dict[tuple[tuple[PlaceLevel, str], Span], tuple[SlowPlace, dict[str, Told]]] = {}
    for place, spaces, inhabitants in _places(counted):
        for period in periods:
            slow = SlowPlace(spaces, list(period.days()), counted.network.people, counted.told, inhabitants)
            by_hand[place, period] = slow, slow.figures()
    compared = set()
    for one in counted.found:
        if one.figure not in FROM_FACTS or one.figure in NEEDS_ANOTHER_YEAR:
            continue
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
            if told.persons is not None:
                assert len(one.persons) == told.persons, where
            compared.add(one.figure)
        assert one.valid_share == told.valid, where
        if one.figure == "visits" and one.value is not None:
            assert len(one.persons) == slow.distinct(), where
            assert one.top_share == slow.top_share(), where
    wanted = {one for one in FROM_FACTS if not one.startswith("stays_")} - NEEDS_ANOTHER_YEAR
    assert compared == wanted


def test_sums_that_the_database_adds_up_give_the_same_figures(counted: Counted) -> None:
    known = Known((), counted.known.space_days, counted.known.contributions, desk_sums=counted.sums)
    today = counted.span.last_day + timedelta(days=45)
    assert findings(counted.towns, known, NETWORK, counted.span, today) == counted.found


def test_what_is_compared_is_worth_comparing(counted: Counted) -> None:
    """Not by chance equal, because nothing happened: everything that makes counting hard is in it."""
    visits = sum(one.visits for one in counted.known.space_days)
    assert visits > 60
    days = list(counted.known.space_days)
    assert all(one.is_sealed for one in days)
    lengths = {(one.day, day_bounds(one.day, ZONE).length_us // 3_600_000_000) for one in days}
    assert {hours for _, hours in lengths} & {23, 25}
    assert any(one.is_holiday and not one.staffed_us for one in days) or counted.span.last == Month(2026, 3)
    assert sum(one.events for one in days) > 0
    desks = list(counted.known.desk_days)
    assert any(not one.has_sensor for one in desks)
    assert any(one.staffed.unknown_us for one in desks)
    assert sum(one.no_shows for one in desks) > 0
    assert any(not one.counts for one in days)
