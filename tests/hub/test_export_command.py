"""`ankerort-hub export`: whole files of what is frozen, and errors that name the thing and the remedy."""

from collections.abc import Callable
from pathlib import Path
from typing import Final

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import Engine, text

from hub.cli import main
from hub.commands import export as command
from hub.domain.errors import RuleRefused
from hub.domain.statistics.printed import Report
from hub.export.report_files import Format, report_files
from hub.storage.report_store import SqlReports
from tests.hub.desks.world import World
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
    ((*TOWN, "--audience", "research"), "none set up here"),
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
