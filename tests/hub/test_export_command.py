"""`ankerort-hub export`: whole files of what is frozen, and errors that name the thing and the remedy."""

import csv
import json
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Final

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import Engine, insert, text

from hub.cli import main
from hub.commands import export as command
from hub.domain.errors import RuleRefused
from hub.domain.statistics.printed import Report
from hub.export.report_files import Format, report_files
from hub.storage.contribution_tables import ContributionRow
from hub.storage.report_store import SqlReports
from tests.hub.desks.world import SPACE, World
from tests.hub.export.reports import town_report

Run = Callable[..., Result]
TOWN = ("--town", "12070424", "--from", "2026-01", "--to", "2026-12")


@pytest.fixture
def frozen(sqlite_engine: Engine) -> Report:
    """A published report of Wittenberge."""
    World(sqlite_engine).set_up()
    return SqlReports(sqlite_engine).publish(town_report(), 1_800_000_000_000_000)


@pytest.fixture
def run(frozen: Report, sqlite_url: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Run:
    """Run the command on the database of this test."""
    monkeypatch.setattr("hub.config.DEFAULT_FILE", tmp_path / "none.toml")
    monkeypatch.delenv("ANKERORT_CONFIG", raising=False)

    def call(*arguments: str) -> Result:
        return CliRunner().invoke(main, ["export", *arguments], env={"ANKERORT_DATABASE_URL": sqlite_url})

    return call


def test_what_is_frozen_is_written_whole_in_each_format_that_is_asked_for(
    run: Run, frozen: Report, tmp_path: Path
) -> None:
    out = tmp_path / "neu" / "berichte"
    answer = run(*TOWN, "--format", "csv", "--format", "json", "--format", "datapackage", "--out", str(out))
    assert answer.exit_code == 0, answer.output
    wanted = {
        name: body
        for one in (Format.CSV, Format.JSON, Format.DATAPACKAGE)
        for name, body in report_files(frozen, one).items()
    }
    found = {str(file.relative_to(out)): file.read_bytes() for file in out.rglob("*") if file.is_file()}
    assert found == wanted
    assert f"wrote {out}/coworking-12070424-2026.csv" in answer.output
    assert "preliminary" not in answer.output


def test_what_nobody_published_is_no_public_file(run: Run, tmp_path: Path) -> None:
    answer = run(
        "--network", "--from", "2026-01", "--to", "2026-01", "--format", "csv", "--out", str(tmp_path)
    )
    assert answer.exit_code == 2
    assert "nobody has published 2026-01 yet" in answer.output
    assert list(tmp_path.glob("*.csv")) == []


def test_what_is_for_people_is_written_in_the_language_that_is_asked_for(run: Run, tmp_path: Path) -> None:
    answer = run(*TOWN, "--format", "html", "--language", "en", "--out", str(tmp_path))
    assert answer.exit_code == 0, answer.output
    assert b'<html lang="en">' in (tmp_path / "coworking-12070424-2026.html").read_bytes()


REFUSED: Final = [
    (
        ("--from", "2026-01", "--to", "2026-12"),
        "none of --town, --space and --network given: choose exactly one",
    ),
    (("--town", "12070424", "--network", "--from", "2026-01", "--to", "2026-12"), "2 of --town"),
    (
        ("--town", "Wittenberge", "--from", "2026-01", "--to", "2026-12"),
        '"Wittenberge" is no key of a town',
    ),
    (
        ("--town", "12070424", "--from", "2026-12", "--to", "2026-01"),
        "ends (2026-01) before it begins (2026-12)",
    ),
    (("--town", "12070424", "--from", "2026-13", "--to", "2026-12"), '"2026-13" is no month'),
    (("--town", "12070424", "--from", "1026-01", "--to", "2026-12"), "lies outside of the years"),
    (
        (*TOWN, "--audience", "research", "--study", "Kleinstadt 2026"),
        "add --recipient, --contract, --delete-by, --purpose; the",
    ),
    ((*TOWN, "--study", "Kleinstadt 2026"), "belong to --audience research"),
    ((*TOWN, "--audience", "internal"), "say with --purpose what you need them for"),
    (("--town", "99999999", "--from", "2020-01", "--to", "2020-12"), "99999999"),
    (("--space", "nirgends", "--from", "2020-01", "--to", "2020-12"), "nirgends"),
]
"""What is asked for, and what is said."""


def test_what_can_not_be_exported_is_refused_in_words_and_nothing_is_written(
    run: Run, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    for arguments, said in REFUSED:
        answer = run(*arguments, "--format", "csv", "--out", str(out))
        assert answer.exit_code != 0, arguments
        assert said in answer.output
        assert not out.exists()


def test_a_folder_that_is_none_is_named(run: Run, tmp_path: Path) -> None:
    (tmp_path / "datei").write_text("x")
    answer = run(*TOWN, "--format", "csv", "--out", str(tmp_path / "datei" / "unten"))
    assert answer.exit_code != 0
    assert "check the folder given as --out" in answer.output


def test_a_file_that_can_not_be_written_whole_leaves_the_old_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "alt.csv"
    file.write_bytes(b"alt")

    def full(_number: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(RuleRefused, match="No space left on device"):
        command.write_whole(file, b"neu")
    assert [one.name for one in tmp_path.iterdir()] == ["alt.csv"]
    assert file.read_bytes() == b"alt"


def test_internal_figures_are_written_with_a_purpose_that_the_log_keeps(
    run: Run, sqlite_engine: Engine, tmp_path: Path
) -> None:
    answer = run(
        "--network", "--from", "2026-01", "--to", "2026-01", "--audience", "internal", "--purpose",
        "Öffnungszeiten prüfen", "--format", "json", "--out", str(tmp_path),
    )  # fmt: skip
    assert answer.exit_code == 0, answer.output
    assert "Not for publication" in answer.output
    assert b'"audience": "internal"' in (tmp_path / "coworking-netz-2026-01-intern.json").read_bytes()
    with sqlite_engine.connect() as connection:
        entries = [
            str(entry) for entry in connection.execute(text("SELECT payload FROM chain_entry")).scalars()
        ]
    (read,) = [entry for entry in entries if "figures_read" in entry]
    assert "ffnungszeiten pr" in read


FEBRUARY_2027: Final = datetime(2027, 2, 20, 9, tzinfo=UTC)
STUDY: Final = (
    "--space", SPACE, "--from", "2026-01", "--to", "2026-12", "--audience", "research", "--study", "Kleinstadt 2026",
    "--recipient", "Dr. Vogt, Hochschule Harz", "--contract", "Az. 41/2027", "--purpose", "Nutzung im Vergleich",
)  # fmt: skip


class FixedClock:
    """A day on which the year before is over, and its pseudonyms are still there."""

    def __init__(self, now: datetime) -> None:
        self._now_us = round(now.timestamp()) * 1_000_000

    def now_us(self) -> int:
        return self._now_us


def write_visits(engine: Engine, persons: int) -> None:
    """Let so many come to the first space in March and in June."""
    with engine.begin() as connection:
        for person in range(persons):
            for month in (3, 6):
                connection.execute(
                    insert(ContributionRow).values(
                        space_pk=1, month=date(2026, month, 1), pseudonym=f"{person:032}", tariff_class="", visits=2,
                        booked_us=0, opted_in=True, is_loose=False,
                    )
                )  # fmt: skip


def test_P8_a_study_gets_records_that_show_nobody_and_the_log_keeps_its_terms(  # noqa: N802
    run: Run, sqlite_engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("hub.bootstrap.system_clock", lambda: FixedClock(FEBRUARY_2027))
    write_visits(sqlite_engine, 7)
    until = ("--delete-by", "2028-02-01")
    refused = run(*STUDY, *until, "--format", "pdf", "--out", str(tmp_path))
    assert (refused.exit_code, "choose csv, csv-excel-de, json, not pdf" in refused.output) == (2, True)
    late = run(*STUDY, "--delete-by", "2031-01-01", "--format", "csv", "--out", str(tmp_path))
    assert (late.exit_code, "to be deleted by 2031-01-01" in late.output) == (2, True)
    assert extracts(sqlite_engine) == []

    bodies = []
    for folder in ("eins", "zwei"):
        answer = run(*STUDY, *until, "--format", "csv", "--format", "json", "--out", str(tmp_path / folder))
        assert answer.exit_code == 0, answer.output
        assert "Not for publication, and to be deleted by 2028-02-01" in answer.output
        bodies.append((tmp_path / folder / f"coworking-raum-{SPACE}-2026-forschung.csv").read_text())
    first, second = (list(csv.DictReader(body.splitlines())) for body in bodies)
    assert [(one["space"], one["visits_low"], one["persons_low"], one["persons_high"]) for one in first] == [
        (SPACE, "1", "5", "9")
    ] * 5
    assert {(one["audience"], one["study"], one["delete_by"]) for one in first} == {
        ("research", "Kleinstadt 2026", "2028-02-01")
    }
    assert not {one["record"] for one in first} & {one["record"] for one in second}
    note = (tmp_path / "eins" / f"coworking-raum-{SPACE}-2026-forschung-hinweis.txt").read_text()
    assert "NICHT ZUR VERÖFFENTLICHUNG" in note
    assert "Zu löschen bis:    01.02.2028" in note
    logged = extracts(sqlite_engine)
    assert len(logged) == 2
    assert {(one["recipient"], one["contract"], one["delete_by"], one["reason"]) for one in logged} == {
        ("Dr. Vogt, Hochschule Harz", "Az. 41/2027", "2028-02-01", "Nutzung im Vergleich")
    }


@pytest.mark.parametrize(
    ("now", "said"),
    [
        (datetime(2026, 11, 30, 9, tzinfo=UTC), "is not over yet"),
        (datetime(2027, 4, 1, 9, tzinfo=UTC), "the pseudonyms of 2026 ended on 2027-03-31"),
    ],
    ids=["too early", "too late"],
)
def test_P8_a_study_gets_a_year_between_its_end_and_that_of_its_pseudonyms(  # noqa: N802
    run: Run, sqlite_engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, now: datetime, said: str
) -> None:
    monkeypatch.setattr("hub.bootstrap.system_clock", lambda: FixedClock(now))
    answer = run(*STUDY, "--delete-by", "2028-02-01", "--format", "csv", "--out", str(tmp_path / "out"))
    assert (answer.exit_code, said in answer.output) == (2, True), answer.output
    assert not (tmp_path / "out").exists()
    assert extracts(sqlite_engine) == []


def extracts(engine: Engine) -> list[dict[str, object]]:
    """Return the log's entries of extracts for research."""
    with engine.connect() as connection:
        payloads = connection.execute(text("SELECT payload FROM chain_entry")).scalars().all()
    entries = [json.loads(payload) for payload in payloads if payload]
    return [one for one in entries if one.get("what") == "research_extract"]
