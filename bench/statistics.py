"""(k) Statistics: five years of five towns as facts, a year's figures, beside DuckDB on raw events; a night's work.

`ANKERORT_BENCH_SPACES` says how many spaces of 20 desks each town has: with four it is 20 million raw events.
"""

import os
import time
from collections.abc import Callable
from datetime import date, timedelta
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

import duckdb
import numpy as np
import psutil

from bench.made_up_network import Offered, Raw, make_network, straight, towns
from bench.world import percentile
from hub import desks
from hub.demo_data.filling import Fill
from hub.domain.statistics.compute import Known, findings
from hub.domain.statistics.findings import NETWORK, Place, PlaceLevel
from hub.domain.statistics.periods import Month, Span
from hub.domain.time import day_bounds
from hub.services.import_site import import_site
from hub.storage.demo_rows import DemoRows
from hub.storage.engine import make_engine
from hub.storage.fact_store import SqlFactReader, SqlFactStore
from hub.storage.schema import migrate
from hub.storage.unit_of_work import UnitFactory

SPACES: Final = int(os.environ.get("ANKERORT_BENCH_SPACES", "4"))
DESKS: Final = 20
FIRST: Final = date(2021, 1, 1)
LAST: Final = date(2025, 12, 31)
YEAR: Final = Span.of_year(2025)
REPORTS: Final = 20
QUERIES: Final = 5
NIGHTS_MONTHS: Final = 1
ZONE: Final = "Europe/Berlin"

_SETUP: Final = """
CREATE TABLE offered AS
    SELECT space, desk, day, date_trunc('month', day) AS month, start_us, end_us FROM offered_columns;
CREATE TABLE raw AS SELECT space, desk, kind, start_us, end_us FROM raw_columns ORDER BY start_us;
"""
_QUESTION: Final = """
WITH words AS (
    SELECT space, desk, kind, start_us,
        lead(start_us, 1, $until) OVER (PARTITION BY space, desk ORDER BY start_us, kind) AS end_us
    FROM raw WHERE kind IN (1, 2) AND start_us >= $before AND start_us < $until
), parts AS (
    SELECT space, desk, kind, start_us, end_us FROM raw WHERE kind = 0 AND start_us >= $before AND start_us < $until
    UNION ALL SELECT space, desk, 2, start_us, end_us FROM words WHERE kind = 2
    UNION ALL SELECT r.space, d.desk, 2, r.start_us, r.end_us FROM raw r
        JOIN (SELECT DISTINCT space, desk FROM offered) d ON d.space = r.space
        WHERE r.kind = 4 AND r.start_us >= $before AND r.start_us < $until
), cut AS (
    SELECT o.space, o.month, p.kind, least(p.end_us, o.end_us) - greatest(p.start_us, o.start_us) AS length_us
    FROM offered o JOIN parts p
        ON p.space = o.space AND p.desk = o.desk AND p.start_us < o.end_us AND p.end_us > o.start_us
    WHERE o.start_us >= $from AND o.start_us < $until
), whole AS (
    SELECT space, month, sum(end_us - start_us) AS offered_us FROM offered
    WHERE start_us >= $from AND start_us < $until GROUP BY space, month
)
SELECT w.space, w.month, sum(length_us) FILTER (kind = 0) AS occupied_us,
    any_value(w.offered_us) - coalesce(sum(length_us) FILTER (kind = 2), 0) AS known_us
FROM whole w JOIN cut c ON c.space = w.space AND c.month = w.month GROUP BY w.space, w.month ORDER BY w.space, w.month
"""
"""Occupancy of each space and month in opening hours, as an analyst asks it of raw events: pieces and unknown times cut
with the hours that desks were offered in."""


def measure() -> dict[str, float]:
    """Return figures."""
    with TemporaryDirectory(prefix="ankerort-bench-") as folder:
        found = _years(Path(folder))
        return found | _night(Path(folder))


def _years(folder: Path) -> dict[str, float]:
    engine = make_engine(f"sqlite:///{folder / 'years.db'}")
    try:
        migrate(engine)
        units = UnitFactory(engine)
        import_site(units, towns(SPACES, DESKS, FIRST), 1_000)
        begin = time.perf_counter()
        there = make_network(SPACES, DESKS, FIRST, LAST)
        raw, offered, store = Raw(), list[Offered](), SqlFactStore(engine)
        keys = DemoRows(engine, Fill.JOB).keys()
        for made in straight(there, keys, raw, offered, lambda _: None):
            assert store.write(made)
        made_s = time.perf_counter() - begin
        reader = SqlFactReader(engine)
        ids = [space.id for town in there.towns for space in town.spaces]
        first_town = there.towns[0]
        own = [space.id for space in first_town.spaces]
        before_mb = _rss_mb()

        def report(spaces: list[str], subject: Place) -> None:
            known = Known(
                space_days=reader.space_days(spaces, YEAR),
                contributions=reader.contributions(spaces, YEAR),
                desk_sums=reader.desk_sums(spaces, YEAR),
            )
            assert findings(there.towns, known, subject, YEAR, date(2026, 3, 1))

        network_ms = [_timed_ms(lambda: report(ids, NETWORK)) for _ in range(REPORTS)]
        town = Place(PlaceLevel.TOWN, first_town.ags)
        town_ms = [_timed_ms(lambda: report(own, town)) for _ in range(REPORTS)]
        report_mb = _rss_mb() - before_mb

        def question() -> dict[tuple[int, Month], tuple[int, int]]:
            return {
                (ids.index(space), month): (
                    one.staffed_occupied_us,
                    one.staffed_offered_us - one.staffed_unknown_us,
                )
                for (space, month), one in reader.desk_sums(ids, YEAR).items()
            }

        facts_ms = [_timed_ms(question) for _ in range(QUERIES)]
        duck_ms, told = _duckdb(folder, raw, offered)
        _compare(question(), told)
        return {
            "raw_events": float(len(raw)),
            "desk_days": float(len(ids) * DESKS * there.length),
            "made_events_per_s": len(raw) / made_s,
            "network_year_p50_ms": percentile(network_ms, 0.5),
            "network_year_p95_ms": percentile(network_ms, 0.95),
            "town_year_p50_ms": percentile(town_ms, 0.5),
            "town_year_p95_ms": percentile(town_ms, 0.95),
            "facts_query_ms": percentile(facts_ms, 0.5),
            "duckdb_query_ms": percentile(duck_ms, 0.5),
            "report_rss_mb": report_mb,
        }
    finally:
        engine.dispose()


def _duckdb(
    folder: Path, raw: Raw, offered: list[Offered]
) -> tuple[list[float], dict[tuple[int, Month], tuple[int, int]]]:
    """Return milliseconds of the question, and its answer."""
    columns = {
        name: np.frombuffer(getattr(raw, name), dtype=kind)
        for name, kind in (
            ("space", "i2"),
            ("desk", "i2"),
            ("kind", "i1"),
            ("start_us", "i8"),
            ("end_us", "i8"),
        )
    }
    hours = {
        "space": np.array([one.space for one in offered], "i2"),
        "desk": np.array([one.desk for one in offered], "i2"),
        "day": np.array([one.day for one in offered], "datetime64[D]").astype("datetime64[s]"),
        "start_us": np.array([one.start_us for one in offered], "i8"),
        "end_us": np.array([one.end_us for one in offered], "i8"),
    }
    with duckdb.connect(str(folder / "raw.duckdb")) as connection:
        connection.register("raw_columns", columns)
        connection.register("offered_columns", hours)
        connection.execute(_SETUP)
        from_us, until_us = (
            day_bounds(day, ZONE).start_us for day in (YEAR.first_day, YEAR.last_day + timedelta(days=1))
        )
        # What began earlier may reach in: an outage lasts some days.
        asked = {"from": from_us, "until": until_us, "before": from_us - 10 * 86_400_000_000}
        took = [_timed_ms(lambda: connection.execute(_QUESTION, asked).fetchall()) for _ in range(QUERIES)]
        rows = connection.execute(_QUESTION, asked).fetchall()
    told = {
        (space, Month(month.year, month.month)): (int(occupied_us), int(known_us))
        for space, month, occupied_us, known_us in rows
    }
    return took, told


def _compare(
    ours: dict[tuple[int, Month], tuple[int, int]], theirs: dict[tuple[int, Month], tuple[int, int]]
) -> None:
    """Stop when both do not tell the same: what is in use exactly, what is known but for how doubt reaches back."""
    assert ours.keys() == theirs.keys()
    for key, (occupied_us, known_us) in ours.items():
        assert theirs[key][0] == occupied_us, f"{key}: {theirs[key]} against {ours[key]}"
        assert abs(theirs[key][1] - known_us) < 0.02 * known_us, f"{key}: {theirs[key]} against {ours[key]}"


def _night(folder: Path) -> dict[str, float]:
    """Measure the nightly work after a day, and the rebuild of a month, on rows as devices tell them."""
    last = LAST
    engine = make_engine(f"sqlite:///{folder / 'night.db'}")
    try:
        migrate(engine)
        units = UnitFactory(engine)
        fill = Fill(towns(SPACES, DESKS, last - timedelta(days=30)), 4, last, NIGHTS_MONTHS)
        import_site(units, fill.towns, 1_000)
        begin = time.perf_counter()
        done = fill.run(DemoRows(engine, Fill.JOB), lambda _: None)
        fill_s = time.perf_counter() - begin
        work = desks.daily_facts(units)

        def night(day: date) -> None:
            work.nightly(day_bounds(day, ZONE).start_us + 3 * 3_600_000_000)

        rebuild_ms = _timed_ms(lambda: night(last + timedelta(days=1)))
        night_ms = [_timed_ms(partial(night, last + timedelta(days=at))) for at in (2, 3, 4)]
        return {
            "written_events": float(done.events),
            "written_events_per_s": done.events / fill_s,
            "rebuild_month_s": rebuild_ms / 1000,
            "night_s": percentile(night_ms, 0.5) / 1000,
            "rss_mb": _rss_mb(),
        }
    finally:
        engine.dispose()


def _timed_ms(work: Callable[[], Any]) -> float:
    begin = time.perf_counter()
    work()
    return (time.perf_counter() - begin) * 1000


def _rss_mb() -> float:
    return psutil.Process().memory_info().rss / 1e6
