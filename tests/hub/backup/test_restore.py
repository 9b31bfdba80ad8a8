"""What a restore refuses, leaving everything as it was, and what it puts aside."""

import shutil
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from hub import backups
from hub.backup_file import AgeVault
from hub.cli import main
from hub.domain.backups import BackupFailed, Manifest
from hub.domain.errors import RuleRefused
from hub.keys import Keys
from hub.storage.duties import SqlLeases
from hub.storage.engine import make_engine
from hub.storage.schema import head, migrate, revision
from hub.storage.unit_of_work import UnitFactory
from tests.hub.backup.site import DAY_US, NOW_US, Site
from tests.hub.storage.rows import fill

COUNT = "SELECT count(*) FROM desk"


@pytest.fixture
def made(sqlite_site: Site) -> str:
    """The name of a backup; since then the town has lost its desks."""
    fill(sqlite_site.engine)
    return sqlite_site.back_up().file


def files(site: Site) -> dict[str, bytes]:
    return {
        file.name: file.read_bytes() for file in site.settings.keys.file.parent.glob("*") if file.is_file()
    }


def truncate(site: Site, name: str) -> Path:
    file = site.folder / name
    file.write_bytes(file.read_bytes()[:-50])
    return file


def of_another_hub(site: Site, name: str) -> Path:
    file = site.folder / name
    with backups.databases_of(UnitFactory(site.engine)).dump(NOW_US) as dump:
        vault = AgeVault(site.folder, Keys.new().backup_secret())
        vault.write(name, dump)
        vault.keep(name)
    return file


class Forged:
    """A dump that a hub made, with a manifest that says otherwise."""

    def __init__(self, kind: str, data: bytes, rows: dict[str, int]) -> None:
        self.manifest = Manifest(kind, head(), NOW_US, rows)
        self._data = data

    def read(self, size: int) -> bytes:
        data, self._data = self._data[:size], self._data[size:]
        return data


def forge(site: Site, name: str, dump: Forged) -> Path:
    vault = backups.vault(site.settings, site.keys)
    vault.write(name, dump)
    vault.keep(name)
    return site.folder / name


def of_postgresql(site: Site, name: str) -> Path:
    return forge(site, name, Forged("postgresql", b"PGDMP", {}))


def of_no_database(site: Site, name: str) -> Path:
    return forge(site, name, Forged("sqlite", b"no database at all" * 1000, {}))


def with_fewer_rows(site: Site, name: str) -> Path:
    data = Path(site.engine.url.database or "").read_bytes()
    return forge(site, name, Forged("sqlite", data, {"desk": 99}))


def missing(site: Site, name: str) -> Path:
    (site.folder / name).unlink()
    return site.folder / name


@pytest.mark.parametrize(
    ("spoil", "told"),
    [
        pytest.param(truncate, "is damaged or cut off", id="cut off"),
        pytest.param(of_another_hub, "no backup of a hub with these keys", id="another hub's"),
        pytest.param(of_postgresql, "is of postgresql, and database_url names sqlite", id="another kind"),
        pytest.param(of_no_database, "no SQLite database", id="no database"),
        pytest.param(with_fewer_rows, "were backed up", id="other rows"),
        pytest.param(missing, "there is no backup", id="not there"),
    ],
)
def test_what_can_not_be_restored_leaves_everything_as_it_was(
    sqlite_site: Site, made: str, spoil: Callable[[Site, str], Path], told: str
) -> None:
    site = sqlite_site
    file = spoil(site, made)
    site.engine.dispose()
    before = files(site)
    with pytest.raises(BackupFailed, match=told):
        site.restore(file)
    assert files(site) == before


def test_a_hub_that_runs_is_not_replaced_under_its_feet(sqlite_site: Site, made: str) -> None:
    site, now_us = sqlite_site, NOW_US + DAY_US
    SqlLeases(site.engine).take("jobs", "pi", now_us, now_us + 20_000_000)
    with pytest.raises(BackupFailed, match=r"the hub runs \(jobs\): stop it first"):
        site.restore(made, now_us)
    site.restore(made, now_us + 20_000_000)


def test_the_database_before_lies_aside_whole(sqlite_site: Site, made: str) -> None:
    site = sqlite_site
    with site.engine.begin() as connection:
        connection.exec_driver_sql("INSERT INTO job_run VALUES ('since', 'then', 1)")
    # What is committed may still stand in the log beside the file.
    with closing(site.engine.raw_connection()):
        aside = site.restore(made).aside
    site.engine.dispose()
    with site.anew() as engine:
        assert site.rows("SELECT * FROM job_run WHERE job = 'since'", engine) == []
    old = make_engine(f"sqlite:///{aside}")
    assert site.rows("SELECT count(*) FROM job_run WHERE job = 'since'", old) == [(1,)]
    old.dispose()


def test_a_backup_of_an_older_version_gets_the_schema_of_this_one(sqlite_site: Site) -> None:
    site = sqlite_site
    migrate(site.engine, "0014")
    file = site.folder / "ankerort-20261118T111000Z.age"
    with backups.vault(site.settings, site.keys).locked():
        pass
    with backups.databases_of(UnitFactory(site.engine)).dump(NOW_US) as dump:
        vault = backups.vault(site.settings, site.keys)
        vault.write(file.name, dump)
        vault.keep(file.name)
    site.destroy()
    assert site.restore(file).aside == ""
    with site.anew() as engine:
        assert revision(engine) == head()


def test_the_ledger_beside_the_backup_counts_wherever_that_is_now(
    sqlite_site: Site, made: str, tmp_path: Path
) -> None:
    site = sqlite_site
    ledger = site.settings.keys.ledger_file
    ledger.write_bytes(b'{"v":1,"what":"erased","ref":"' + b"a" * 32 + b'","erased_us":1}\n')
    site.copy_ledgers()
    site.destroy()
    # A hub that began anew has a ledger of its own, and does not wipe out what the one before knew.
    ledger.write_bytes(b'{"v":1,"what":"erased","ref":"' + b"b" * 32 + b'","erased_us":2}\n')
    site.copy_ledgers()
    moved = tmp_path / "other stick"
    shutil.move(site.folder, moved)
    site.engine.dispose()
    assert site.restore(moved / made).ledger_lines == 1
    assert [line[30:31] for line in ledger.read_bytes().splitlines()][:2] == [b"a", b"b"], "the older before"


def test_a_reason_is_asked_for(sqlite_site: Site, made: str) -> None:
    with pytest.raises(RuleRefused):
        backups.restore(sqlite_site.settings, sqlite_site.folder / made, "\n", NOW_US)


# -- the commands
# -------------------------------------------------------------------------------------------------------------


def run(site: Site, *arguments: str) -> Result:
    settings = site.settings
    environ = {
        "ANKERORT_DATABASE_URL": settings.database_url,
        "ANKERORT_KEYS_FILE": str(settings.keys.file),
        "ANKERORT_KEYS_LEDGER_FILE": str(settings.keys.ledger_file),
        "ANKERORT_MAIL_SENT_FILE": str(settings.mail.sent_file),
        "ANKERORT_BACKUP_FOLDER": str(site.folder),
    }
    return CliRunner().invoke(main, arguments, env=environ)


def test_the_commands_say_what_was_done(sqlite_site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    site = sqlite_site
    monkeypatch.setattr("hub.config.DEFAULT_FILE", site.folder / "none.toml")
    assert "no backup was made yet" in run(site, "backup", "list").output
    done = run(site, "backup")
    assert done.exit_code == 0, done.output
    assert "restored and compared" in done.output
    (file,) = site.folder.glob("*.age")
    assert f"{file} is whole: sqlite, revision {head()}" in run(site, "backup", "verify", str(file)).output
    site.engine.dispose()
    restored = run(site, "restore", str(file), "--reason", "Übung")
    assert restored.exit_code == 0, restored.output
    assert "start the hub" in restored.output
    assert [line.split()[2] for line in run(site, "backup", "list").output.splitlines()] == ["restored,"]
    assert run(site, "audit", "verify").exit_code == 0
    file.write_bytes(b"age-encryption.org/v1\n")
    broken = run(site, "restore", str(file), "--reason", "Übung")
    assert broken.exit_code == 2
    assert broken.stderr.startswith(f"ankerort-hub: {file} does not open")
