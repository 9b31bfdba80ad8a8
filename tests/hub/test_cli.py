"""The command line of the hub, as whoever operates it meets it."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import click
import pytest
from click.testing import CliRunner, Result

import hub
from hub.cli import COMMANDS, main
from hub.key_file import create_keys
from hub.keys import Keys
from hub.storage.duties import SqlPurgeLog
from hub.storage.engine import make_engine
from hub.storage.schema import head

DEMO = Path(hub.__file__).parent / "demo" / "site.toml"

Run = Callable[..., Result]


@pytest.fixture
def run(sqlite_url: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Run:
    """Run a command on a SQLite file of this test, with no settings of this machine."""
    monkeypatch.setattr("hub.config.DEFAULT_FILE", tmp_path / "none.toml")
    monkeypatch.delenv("ANKERORT_CONFIG", raising=False)

    def call(*arguments: str, **environ: str) -> Result:
        return CliRunner().invoke(main, arguments, env={"ANKERORT_DATABASE_URL": sqlite_url, **environ})

    return call


@pytest.fixture
def site(run: Run) -> Run:
    """The same, with a migrated database and the five towns in it."""
    assert run("migrate").exit_code == 0
    assert run("import-site", str(DEMO)).exit_code == 0
    return run


def test_help_of_each_command_is_its_own_sentence_and_has_an_example(run: Run) -> None:
    listed = run("--help").output
    for name, (where, text) in COMMANDS.items():
        command = main.get_command(click.Context(main), name)
        assert command is not None, where
        assert command.get_short_help_str(limit=200) == text
        assert name in listed
        shown = run(name, "--help").output
        assert "Example" in shown, name
        assert f"ankerort-hub {name}" in shown or "--config hub.toml" in shown, name


def test_help_imports_nothing_slow() -> None:
    code = (
        "import sys; from hub.cli import main; main(['--help'], standalone_mode=False);"
        "print(*sorted({'flask', 'sqlalchemy', 'paho', 'alembic', 'apscheduler', 'rich'} & set(sys.modules)), 'end')"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=30
    )
    assert done.stdout.rstrip().endswith("\nend")


def test_what_the_nights_deleted_is_told_in_numbers(run: Run, sqlite_url: str) -> None:
    run("migrate")
    assert "no night's purge is noted yet" in run("purges").output
    engine = make_engine(sqlite_url)
    for period in ("2026-11-22", "2026-11-23"):
        SqlPurgeLog(engine).add(period, {"events": 3, "visits": 0})
    engine.dispose()
    assert run("purges", "--nights", "1").output == "2026-11-23  events 3, visits 0\n"


def test_there_is_no_such_command(run: Run) -> None:
    result = run("imprt-site")
    assert result.exit_code == 2
    assert "No such command" in result.output


def test_migrate_says_what_it_did_and_the_second_time_that_nothing_was_to_do(run: Run) -> None:
    assert run("migrate").output == f"the database went from empty to revision {head()}\n"
    assert run("migrate").output == f"the database is up to date (revision {head()})\n"


@pytest.mark.parametrize(
    ("environ", "expected"),
    [
        pytest.param({"ANKERORT_WEB_PORT": "99999"}, 'ANKERORT_WEB_PORT = "99999"', id="a port out of range"),
        pytest.param({"ANKERORT_WEB_PORT": "http"}, 'ANKERORT_WEB_PORT = "http"', id="a port in words"),
        pytest.param(
            {"ANKERORT_DATABASE_URL": "hub.db"}, "database_url can't be read: write", id="no address"
        ),
        pytest.param(
            {"ANKERORT_DATABASE_URL": "sqlite:////no/where/hub.db"}, "check database_url", id="no folder"
        ),
        pytest.param({"ANKERORT_DATABASE_PASSWORD_FILE": "/no/secret"}, "/no/secret", id="no secret"),
        pytest.param({"ANKERORT_CONFIG": "/no/hub.toml"}, "/no/hub.toml", id="no settings file"),
    ],
)
def test_a_setting_that_can_not_be_used_is_one_line_and_exit_code_2(
    run: Run, environ: dict[str, str], expected: str
) -> None:
    result = run("migrate", **environ)
    assert result.exit_code == 2
    assert result.stderr.startswith("ankerort-hub: ")
    assert result.stderr.count("\n") == 1
    assert expected in result.stderr


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("ANKERORT_MQTT_URL", "http://x"),
        ("ANKERORT_WEB_PUBLIC_URL", "javascript:alert(1)"),
        ("ANKERORT_WEB_PUBLIC_URL", "plaetze.example"),
        ("ANKERORT_WEB_PUBLIC_URL", "https://"),
        ("ANKERORT_WEB_PUBLIC_URL", "https://plaetze.example?x"),
    ],
)
def test_an_address_of_another_kind_is_refused_with_one_that_works(run: Run, name: str, value: str) -> None:
    done = run("show-config", **{name: value})
    assert (done.exit_code, done.stdout) == (2, "")
    assert repr(value) in done.stderr
    assert "mqtts://host:8883" in done.stderr or "https://name.example" in done.stderr


@pytest.mark.parametrize(
    "command", [("user", "list"), ("alarms",), ("audit", "verify"), ("member", "list", "moelln")]
)
def test_only_migrate_makes_a_database(run: Run, tmp_path: Path, command: tuple[str, ...]) -> None:
    create_keys(tmp_path / "keys.json", Keys.new())
    file = tmp_path / "new" / "hub.db"
    file.parent.mkdir()
    url = {"ANKERORT_DATABASE_URL": f"sqlite:///{file}", "ANKERORT_KEYS_FILE": str(tmp_path / "keys.json")}
    done = run(*command, **url)
    assert (done.exit_code, done.stderr) == (
        2,
        f"ankerort-hub: there is no database {file} yet: run `ankerort-hub migrate`\n",
    )
    assert list(file.parent.iterdir()) == []


def test_show_config_tells_each_value_and_its_origin_and_no_password(run: Run, tmp_path: Path) -> None:
    file = tmp_path / "hub.toml"
    file.write_text('[web]\nport = 8123\n[mqtt]\nurl = "mqtt://broker:1884"\n', "utf-8")
    result = run(
        "--config", str(file), "show-config",
        ANKERORT_DATABASE_URL="postgresql://hub:geheim@db/hub", ANKERORT_WEB_THREADS="3",
    )  # fmt: skip
    assert result.exit_code == 0
    rows = {row[0]: row[1:] for row in (line.split() for line in result.output.splitlines())}
    assert rows["web.port"] == ["8123", "file", "hub.toml"]
    assert rows["web.threads"] == ["3", "ANKERORT_WEB_THREADS"]
    assert rows["web.host"] == ['"127.0.0.1"', "default"]
    assert rows["database_url"][-1] == "ANKERORT_DATABASE_URL"
    assert "geheim" not in result.output


ADDRESSES = {
    "database_url": "sqlite:////x.db",
    "home_assistant.url": "mqtt://broker",
    "mqtt.url": "mqtt://broker",
    "statistics.contributor": "http://dcat-ap.de/def/contributors/beispiel",
    "web.public_url": "https://plaetze.example",
}


def test_the_example_of_every_setting_can_be_set_by_its_variable(run: Run) -> None:
    names = [line.split()[0] for line in run("show-config").output.splitlines()]
    assert {"database_url", "mqtt.url", "web.port", "ingest.worker", "retention.event_days"} <= set(names)
    for name in names:
        variable = "ANKERORT_" + name.upper().replace(".", "_")
        value = ADDRESSES.get(name, "7")
        assert variable in run("show-config", **{variable: value}).output, name


def test_import_site_tells_what_it_made_and_the_second_time_that_nothing_changed(run: Run) -> None:
    run("migrate")
    first = run("import-site", str(DEMO))
    assert first.exit_code == 0
    assert "added town wittenberge\n" in first.output
    assert first.output.endswith("made 65 changes\n")
    assert run("import-site", str(DEMO)).output == "nothing changed\n"


def test_a_dry_run_says_that_it_would(run: Run) -> None:
    run("migrate")
    assert run("import-site", str(DEMO), "--dry-run").output.endswith("would make 65 changes\n")
    assert run("import-site", str(DEMO), "--dry-run").output.endswith("would make 65 changes\n")


def test_what_the_file_leaves_out_is_told_with_the_remedy(site: Run, tmp_path: Path) -> None:
    text = DEMO.read_text("utf-8")
    fewer = tmp_path / "fewer.toml"
    fewer.write_text("\n".join(line for line in text.split("\n") if '"w2"' not in line), "utf-8")
    told = site("import-site", str(fewer)).output
    assert told == (
        "not in the file any more: desk diessen/w2\n"
        "nothing changed\n"
        "1 not in the file: they stay as they are; --remove-missing retires them and keeps their history\n"
    )
    assert (
        site("import-site", str(fewer), "--remove-missing").output
        == "retired desk diessen/w2\nmade 1 change\n"
    )
    assert site("import-site", str(fewer)).output == "nothing changed\n"


def test_every_mistake_of_a_site_file_is_a_line_and_nothing_is_imported(run: Run, tmp_path: Path) -> None:
    run("migrate")
    broken = tmp_path / "site.toml"
    broken.write_text(
        DEMO.read_text("utf-8").replace('"12070424"', '"1207"').replace('"pir"', '"per"', 1), "utf-8"
    )
    result = run("import-site", str(broken))
    assert result.exit_code == 2
    assert [line.split(": ")[0] for line in result.stderr.splitlines()] == [
        "ankerort-hub",
        "site.toml line 40",
    ]
    assert "site.toml line 11: town " in result.stderr
    assert run("import-site", str(DEMO)).output.endswith("made 65 changes\n")


def test_warnings_of_a_site_file_go_to_stderr_and_it_is_imported(run: Run, tmp_path: Path) -> None:
    run("migrate")
    text = DEMO.read_text("utf-8").replace("at = [300, 70]", "at = [160, 70]")
    (tmp_path / "site.toml").write_text(text, "utf-8")
    result = run("import-site", str(tmp_path / "site.toml"))
    assert result.exit_code == 0
    assert result.stderr.startswith("warning: site.toml line ")
    assert "cover common ground" in result.stderr


def test_a_site_file_that_is_not_there_is_named(run: Run) -> None:
    result = run("import-site", "/no/site.toml")
    assert result.exit_code == 2
    assert result.stderr == "ankerort-hub: /no/site.toml: No such file or directory; check the path\n"


def test_a_database_without_schema_is_told_to_be_migrated(run: Run) -> None:
    result = run("import-site", str(DEMO))
    assert result.exit_code == 2
    assert "run `ankerort-hub migrate`" in result.stderr
    assert result.stderr.count("\n") == 1


def test_the_host_link_stays_until_it_is_renewed(site: Run) -> None:
    first = site("host-link", "moelln").output
    assert first.startswith("http://127.0.0.1:8080/spaces/moelln?key=")
    assert site("host-link", "moelln").output == first
    renewed = site("host-link", "moelln", "--renew").output
    assert renewed != first
    assert site("host-link", "moelln").output == renewed


def test_the_host_link_uses_the_public_address(site: Run) -> None:
    output = site("host-link", "diessen", ANKERORT_WEB_PUBLIC_URL="https://plaetze.example/").output
    assert output.startswith("https://plaetze.example/spaces/diessen?key=")


def test_a_space_that_is_not_there_is_told_beside_those_that_are(site: Run) -> None:
    result = site("host-link", "kiel")
    assert result.exit_code == 2
    assert 'no space "kiel"; known are diessen, moelln, oestrich-winkel, wittenberge' in result.stderr


@pytest.mark.parametrize("command", ["show", "retry"])
def test_a_number_that_no_database_can_hold_is_refused_in_words(run: Run, command: str) -> None:
    refused = run("quarantine", command, str(2**63))
    assert refused.exit_code == 2
    assert f"{2**63} is not in the range" in refused.output
