"""The commands `site export` and `signs`, and an import that meets a change in the browser."""

from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import Engine

import hub
from hub.cli import main
from hub.domain.people import Actor
from hub.domain.site_edits import DeskPlace
from hub.services.import_site import import_site
from hub.services.site_desk import SiteService
from hub.site_file.towns import read_site
from hub.storage.access_unit import SqlUnits
from hub.storage.site_edit_rows import SiteEditRows
from hub.storage.unit_of_work import UnitFactory

Run = Callable[..., Result]
NOW_US = 1_795_000_200_000_000
DEMO = Path(hub.__file__).parent / "demo" / "site.toml"
SOMEBODY = Actor(None, "command line")


@pytest.fixture
def run(sqlite_engine: Engine, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Run:
    """Run a command on a database with the five towns, with no settings of this machine."""
    monkeypatch.setattr("hub.config.DEFAULT_FILE", tmp_path / "none.toml")
    monkeypatch.delenv("ANKERORT_CONFIG", raising=False)
    monkeypatch.setattr("hub.bootstrap.SystemClock.now_us", lambda _: NOW_US)
    import_site(UnitFactory(sqlite_engine), read_site(DEMO.read_bytes(), DEMO.name).towns, NOW_US)

    def call(*arguments: str, **environ: str) -> Result:
        env = {"ANKERORT_DATABASE_URL": str(sqlite_engine.url), **environ}
        return CliRunner().invoke(main, arguments, env=env)

    return call


def test_a_change_in_the_browser_survives_until_a_file_knows_it(
    run: Run, sqlite_engine: Engine, tmp_path: Path
) -> None:
    old, new = tmp_path / "old.toml", tmp_path / "new.toml"
    assert run("site", "export", "--out", str(old)).output == f"wrote {old}\n"
    assert run("import-site", str(old), "--remove-missing").output == "nothing changed\n"
    site = SiteService(SqlUnits(sqlite_engine, SiteEditRows))
    version = site.look("moelln", SOMEBODY).version
    site.move_desks("moelln", version, {"s6": DeskPlace(800, 560, 90)}, SOMEBODY, NOW_US)
    refused = run("import-site", str(old))
    assert refused.exit_code == 2
    assert 'space "moelln" was changed in the browser' in refused.output
    assert run("site", "export").output.startswith("# Written by `ankerort-hub site export`")
    run("site", "export", "--out", str(new))
    assert run("import-site", str(new)).output == "nothing changed\n"
    site.move_desks("moelln", version + 2, {"s6": DeskPlace(800, 550, 90)}, SOMEBODY, NOW_US)
    over = run("import-site", str(old), "--overwrite-edits")
    assert (
        over.output == "changed desk moelln/s6 (x: 800 → 470, y: 550 → 560, angle: 90 → 0)\nmade 1 change\n"
    )


def test_signs_are_written(run: Run, tmp_path: Path) -> None:
    out = tmp_path / "signs"
    there = {"ANKERORT_WEB_PUBLIC_URL": "https://plaetze.example.org"}
    told = run("signs", "moelln", "--out", str(out), **there)
    assert told.exit_code == 0, told.output
    names = [f"moelln-{layout}.pdf" for layout in ("desks-a4", "desks-a6", "door-a5")]
    assert sorted(path.name for path in out.iterdir()) == names
    assert all(path.read_bytes().startswith(b"%PDF-") for path in out.iterdir())
    one = run("signs", "moelln", "--out", str(tmp_path / "one"), "--desk", "s1", "--language", "en", **there)
    assert one.output.count("wrote") == 2


@pytest.mark.parametrize(
    ("arguments", "url", "told"),
    [
        (["nirgends"], "https://a.example", 'there is no space "nirgends"; known are diessen, moelln'),
        (["moelln", "--desk", "zimmer"], "https://a.example", 'has no desk "zimmer"; known are s1, s2'),
        (["moelln"], "", "web.public_url is not set"),
    ],
)
def test_signs_that_would_lead_nowhere_are_not_made(
    run: Run, tmp_path: Path, arguments: list[str], url: str, told: str
) -> None:
    answer = run("signs", *arguments, "--out", str(tmp_path / "x"), ANKERORT_WEB_PUBLIC_URL=url)
    assert answer.exit_code == 2
    assert told in answer.output
    assert not (tmp_path / "x").exists()
