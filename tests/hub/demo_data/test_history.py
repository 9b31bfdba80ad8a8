"""Months of use behind a hub: rows, and the facts that it would have made of them night by night."""

from datetime import date, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner
from sqlalchemy import Engine

from hub.cli import main
from hub.demo.history import fill_database, yesterday
from hub.demo_data.filling import Fill
from hub.desks import daily_facts, fact_reader
from hub.domain.statistics.periods import Month, Span
from hub.domain.time import day_bounds
from hub.storage.unit_of_work import UnitFactory
from tests.hub.statistics.small_network import towns

SITE = """
[[town]]
id = "kleinstadt"
ags = "12070424"
name = "Kleinstadt"
land = "BB"

[[town.space]]
id = "bahnhof"
name = "Bahnhof"
kind = "coworking"
phase = "operation"
valid_from = 2026-10-01
controller = "Stadt"
opening.mon-fri = ["08:00-18:00"]
device = [{ id = "pi", name = "Pi" }]
door = [{ id = "tuer", name = "Tür", device = "pi" }]
desk = [
  { id = "d1", name = "Platz 1", at = [100, 100], sensor = "pir", device = "pi" },
  { id = "d2", name = "Platz 2", at = [300, 100], sensor = "mat", device = "pi" },
]
"""


def test_facts_are_those_that_the_rows_tell_and_persons_are_there(sqlite_engine: Engine) -> None:
    first, last = date(2026, 10, 1), date(2026, 11, 15)
    units, now_us = UnitFactory(sqlite_engine), day_bounds(last + timedelta(days=1), "Europe/Berlin").start_us
    there = [town for town in towns(first, last) if town.land in ("BB", "SN")]
    steps: list[str] = []
    done = fill_database(units, Fill(there, 5, last, 1), now_us, lambda what, _total: steps.append(what))
    assert done.first == date(2026, 10, 16)
    assert len(steps) == 31
    span, spaces = Span(Month(2026, 10), Month(2026, 11)), ["bahnhof"]
    reader = fact_reader(units)
    assert sum(one.visits for one in reader.contributions(spaces, span)) == sum(
        one.visits for one in reader.space_days(spaces, span)
    )
    assert daily_facts(units).rebuild(now_us, is_check=True, progress=lambda _: None) == 0


def test_yesterday_is_over() -> None:
    assert yesterday(day_bounds(date(2026, 11, 30), "Europe/Berlin").start_us) == date(2026, 11, 29)


def test_the_command_fills_a_database_once_and_says_what_there_is(
    sqlite_engine: Engine, sqlite_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("hub.config.DEFAULT_FILE", tmp_path / "none.toml")
    sqlite_engine.dispose()
    (tmp_path / "site.toml").write_text(SITE, "utf-8")

    def run(*arguments: str) -> tuple[int, str]:
        command = ["demo-data", "--months", "1", "--network", str(tmp_path / "site.toml"), *arguments]
        result = CliRunner().invoke(main, command, env={"ANKERORT_DATABASE_URL": sqlite_url})
        return result.exit_code, result.output.strip()

    status, told = run("--until", "2026-10-31", "--seed", "2")
    assert status == 0, told
    assert "2026-10-01 to 2026-10-31: 1 spaces in 1 towns, seed 2" in told
    assert " people, " in told
    assert run("--until", "2026-10-31", "--seed", "2") == (
        2,
        "ankerort-hub: this database has demonstration data already: take an empty one",
    )
    status, told = run("--network", str(tmp_path / "no.toml"))
    assert (status, "check the path" in told) == (2, True)
