"""(k) Statistics: five years of five towns as facts, a year's report, beside DuckDB on raw events; a night's work.

    python -m bench.statistics [--spaces 5] [--years 5]

With five spaces of 20 desks a town it is 20 million raw events. All of them are made up, as the devices of these spaces
would tell them, read by the code that makes facts of a log (`hub.domain.statistics`), and written as facts by the hub's
own store. They are not written into the hub's database one by one: after five years it would have purged all but the
last days. What comes in from devices, and what a night makes of it, is measured on a month that is written in full.
Raw events go to DuckDB as columns of numbers, which is better than it would have them: it need not read any JSON.

Reports are those of `ankerort-hub export`, disclosure control and audit included, in a process of their own, so that
its memory is theirs. No audit is without what was printed before: the figures say how much that was.
"""

import argparse
import gc
import json
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

import duckdb
import numpy as np
import psutil
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn
from sqlalchemy import insert

from bench.made_up_network import BUSTLE, ZONE, Offered, Raw, make_network, steps, straight, towns
from bench.world import percentile
from hub import desks
from hub.cli import COLLECT_EVERY
from hub.demo_data.filling import Fill
from hub.domain.statistics.findings import NETWORK, Place, PlaceLevel
from hub.domain.statistics.periods import Month, Span
from hub.domain.statistics.printed import Audience
from hub.domain.time import day_bounds
from hub.services.import_site import import_site
from hub.storage.contribution_tables import ContributionBeforeRow, ContributionRow
from hub.storage.demo_rows import DemoRows
from hub.storage.engine import make_engine
from hub.storage.fact_store import SqlFactStore
from hub.storage.schema import migrate
from hub.storage.unit_of_work import UnitFactory

SPACES: Final = 5
YEARS: Final = 5
DESKS: Final = 20
LAST: Final = date(2025, 12, 31)
YEAR: Final = Span.of_year(2025)
TODAY: Final = date(2026, 3, 1)
REPORTS: Final = 20
QUERIES: Final = 5
NIGHTS_MONTHS: Final = 1
_DAY_US: Final = 86_400_000_000

Answer = dict[tuple[int, Month], tuple[int, int]]
"""By space and month: how long desks with a sensor were in use in opening hours, and of how long that is known."""

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


def measure(spaces: int = SPACES, years: int = YEARS) -> dict[str, float]:
    """Return figures."""
    columns = (TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn())
    with TemporaryDirectory(prefix="ankerort-bench-") as name, Progress(*columns, transient=True) as bar:
        folder = Path(name)
        found = _write_years(folder, spaces, years, bar)
        waiting = bar.add_task("statistics: reports", total=None)
        reports = _apart("--report", folder)
        bar.update(waiting, description="statistics: the same question to DuckDB")
        duck_ms, theirs = _duckdb(folder)
        ours = {
            (at, Month(year, month)): (used, known) for at, year, month, used, known in reports.pop("answer")
        }
        _compare(ours, theirs)
        bar.update(waiting, description="statistics: a month and its nights")
        nights = _apart("--nights", folder, "--spaces", str(spaces))
    return {**found, **reports, "duckdb_query_ms": percentile(duck_ms, 0.5), **nights}


def _apart(*arguments: object) -> dict[str, Any]:
    """Return what a process of its own finds."""
    command = [sys.executable, "-m", "bench.statistics", *map(str, arguments)]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def _write_years(folder: Path, spaces: int, years: int, bar: Progress) -> dict[str, float]:
    """Make events of years up; write facts of them for the hub, and all of them for DuckDB."""
    first = date(LAST.year - years + 1, 1, 1)
    engine = make_engine(f"sqlite:///{folder / 'years.db'}")
    try:
        migrate(engine)
        import_site(UnitFactory(engine), towns(spaces, DESKS, first), 1_000)
        begin = time.perf_counter()
        there = make_network(spaces, DESKS, first, LAST)
        raw, offered, store = Raw(), Offered(), SqlFactStore(engine)
        task = bar.add_task("statistics: events of years, and facts", total=steps(there))
        keys = DemoRows(engine, Fill.JOB).keys()
        for made in straight(there, keys, raw, offered, lambda: bar.advance(task)):
            assert store.write(made.days)
            with engine.begin() as connection:
                connection.execute(insert(ContributionRow), made.contributions)
                connection.execute(insert(ContributionBeforeRow), made.before)
        made_s = time.perf_counter() - begin
    finally:
        engine.dispose()
    bar.remove_task(task)
    with duckdb.connect(str(folder / "raw.duckdb")) as connection:
        connection.register("raw_columns", _columns(raw))
        days = np.frombuffer(offered.day, "i8") - date(1970, 1, 1).toordinal()
        connection.register(
            "offered_columns",
            {**_columns(offered), "day": days.astype("datetime64[D]").astype("datetime64[s]")},
        )
        connection.execute(_SETUP)
    desk_days = spaces * len(there.towns) * DESKS * there.length
    return {
        "raw_events": float(len(raw)),
        "desk_days": float(desk_days),
        "years": float(years),
        "made_events_per_s": len(raw) / made_s,
    }


def _columns(table: Raw | Offered) -> dict[str, Any]:
    found = {}
    for name in table.__slots__:
        column = getattr(table, name)
        found[name] = np.frombuffer(column, dtype=f"i{column.itemsize}")
    return found


def _report(folder: Path) -> dict[str, Any]:
    """Return how long the reports of a year take, and the answer to the question that DuckDB is asked, too."""
    gc.set_threshold(COLLECT_EVERY)
    engine = make_engine(f"sqlite:///{folder / 'years.db'}")
    try:
        figures, disclosure = list[float](), list[float]()
        service = desks.reports(UnitFactory(engine))
        service = replace(
            service,
            compute=_watched(service.compute, figures),
            disclose=_watched(service.disclose, disclosure),
        )
        sites = service.towns()
        before_mb = _rss_mb()

        def report(subject: Place) -> None:
            assert service.report(subject, YEAR, Audience.PUBLIC, TODAY).rows

        cold_ms = _timed_ms(lambda: report(NETWORK))
        figures.clear()
        disclosure.clear()
        network_ms = [_timed_ms(lambda: report(NETWORK)) for _ in range(REPORTS)]
        found = {
            "network_year_first_ms": cold_ms,
            "network_year_p50_ms": percentile(network_ms, 0.5),
            "network_year_p95_ms": percentile(network_ms, 0.95),
            "network_year_figures_ms": percentile(figures, 0.5),
            "network_year_disclosure_ms": percentile(disclosure, 0.5),
            "network_year_rows": float(len(service.report(NETWORK, YEAR, Audience.PUBLIC, TODAY).rows)),
        }
        town = Place(PlaceLevel.TOWN, sites[0].ags)
        town_ms = [_timed_ms(lambda: report(town)) for _ in range(REPORTS)]
        # Ids rise as spaces are numbered in what DuckDB reads.
        ids = sorted(space.id for one in sites for space in one.spaces)

        def question() -> list[tuple[int, int, int, int, int]]:
            return [
                (
                    ids.index(one.space),
                    one.month.year,
                    one.month.month,
                    one.sums.staffed_occupied_us,
                    one.sums.staffed.known_us,
                )
                for one in service.facts.month_facts(ids, YEAR)
            ]

        facts_ms = [_timed_ms(question) for _ in range(QUERIES)]
        return {
            **found,
            "town_year_p50_ms": percentile(town_ms, 0.5),
            "town_year_p95_ms": percentile(town_ms, 0.95),
            "facts_query_ms": percentile(facts_ms, 0.5),
            "report_mb": _peak_mb(),
            "report_more_mb": _peak_mb() - before_mb,
            "answer": question(),
        }
    finally:
        engine.dispose()


def _watched(work: Callable[..., Any], took_ms: list[float]) -> Callable[..., Any]:
    """Return work that notes how long it takes."""

    def watched(*arguments: Any) -> Any:
        begin = time.perf_counter()
        found = work(*arguments)
        took_ms.append((time.perf_counter() - begin) * 1000)
        return found

    return watched


def _duckdb(folder: Path) -> tuple[list[float], Answer]:
    """Return milliseconds of the question, and its answer."""
    from_us, until_us = (
        day_bounds(day, ZONE).start_us for day in (YEAR.first_day, YEAR.last_day + timedelta(days=1))
    )
    # What began earlier may reach in: an outage lasts some days.
    asked = {"from": from_us, "until": until_us, "before": from_us - 10 * _DAY_US}
    with duckdb.connect(str(folder / "raw.duckdb"), read_only=True) as connection:
        took = [_timed_ms(lambda: connection.execute(_QUESTION, asked).fetchall()) for _ in range(QUERIES)]
        rows = connection.execute(_QUESTION, asked).fetchall()
    told = {
        (space, Month(month.year, month.month)): (int(occupied_us), int(known_us))
        for space, month, occupied_us, known_us in rows
    }
    return took, told


def _compare(ours: Answer, theirs: Answer) -> None:
    """Stop when both do not tell the same: what is in use exactly, what is known but for how doubt reaches back."""
    assert ours.keys() == theirs.keys()
    for key, (occupied_us, known_us) in ours.items():
        assert theirs[key][0] == occupied_us, f"{key}: {theirs[key]} against {ours[key]}"
        assert abs(theirs[key][1] - known_us) < 0.02 * known_us, f"{key}: {theirs[key]} against {ours[key]}"


def _nights(folder: Path, spaces: int) -> dict[str, float]:
    """Measure the nightly work after a day, and the rebuild of a month, on rows as devices tell them."""
    engine = make_engine(f"sqlite:///{folder / 'nights.db'}")
    try:
        migrate(engine)
        units = UnitFactory(engine)
        fill = Fill(towns(spaces, DESKS, LAST - timedelta(days=30)), 4, LAST, NIGHTS_MONTHS, bustle=BUSTLE)
        import_site(units, fill.towns, 1_000)
        begin = time.perf_counter()
        done = fill.run(DemoRows(engine, Fill.JOB), lambda _: None)
        fill_s = time.perf_counter() - begin
        work = desks.daily_facts(units)

        def night(day: date) -> None:
            work.nightly(day_bounds(day, ZONE).start_us + 3 * 3_600_000_000)

        rebuild_ms = _timed_ms(lambda: night(LAST + timedelta(days=1)))
        night_ms = [_timed_ms(partial(night, LAST + timedelta(days=at))) for at in (2, 3, 4)]
        return {
            "written_events": float(done.events),
            "written_events_per_s": done.events / fill_s,
            "rebuild_month_s": rebuild_ms / 1000,
            "night_s": percentile(night_ms, 0.5) / 1000,
            "nights_mb": _peak_mb(),
        }
    finally:
        engine.dispose()


def _timed_ms(work: Callable[[], Any]) -> float:
    begin = time.perf_counter()
    work()
    return (time.perf_counter() - begin) * 1000


def _rss_mb() -> float:
    return psutil.Process().memory_info().rss / 1e6


def _peak_mb() -> float:
    """Return the most memory that this process had; `getrusage` would tell that of whoever started it."""
    [line] = [
        one for one in Path("/proc/self/status").read_text("ascii").splitlines() if one.startswith("VmHWM:")
    ]
    return int(line.split()[1]) * 1024 / 1e6


def main() -> int:
    """Measure and print, or measure one part of it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--spaces", type=int, default=SPACES, help="of each of the five towns")
    parser.add_argument("--years", type=int, default=YEARS)
    parser.add_argument("--report", type=Path, metavar="FOLDER", help=argparse.SUPPRESS)
    parser.add_argument("--nights", type=Path, metavar="FOLDER", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.report is not None:
        found = _report(arguments.report)
    elif arguments.nights is not None:
        found = _nights(arguments.nights, arguments.spaces)
    else:
        found = measure(arguments.spaces, arguments.years)
    sys.stdout.write(json.dumps(found) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
