"""The commands `keys` and `device`, as whoever operates the hub meets them."""

import getpass
import warnings
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import create_engine, text

import hub
from hub.cli import main
from hub.key_file import load_keys
from hub.recovery import read_sheet
from wire.trust import read_trust

DEMO = Path(hub.__file__).parent / "demo" / "site.toml"
PASSPHRASE = "korrekt pferd batterie"

Run = Callable[..., Result]


@pytest.fixture
def run(sqlite_url: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Run:
    """Run a command on files of this test."""
    monkeypatch.setattr("hub.config.DEFAULT_FILE", tmp_path / "none.toml")
    monkeypatch.delenv("ANKERORT_CONFIG", raising=False)
    monkeypatch.setattr("hub.recovery._SCRYPT", {"length": 32, "n": 2**10, "r": 8, "p": 1})
    environ = {"ANKERORT_DATABASE_URL": sqlite_url, "ANKERORT_KEYS_FILE": str(tmp_path / "keys.json")}

    def call(*arguments: str, typed: str | None = None) -> Result:
        return CliRunner().invoke(main, arguments, env=environ, input=typed)

    return call


@pytest.fixture
def made(run: Run, tmp_path: Path) -> Run:
    """The same, with keys, and with the five towns in a database."""
    assert run("migrate").exit_code == 0
    assert run("import-site", str(DEMO)).exit_code == 0
    passphrase = tmp_path / "passphrase"
    passphrase.write_text(PASSPHRASE)
    passphrase.chmod(0o600)
    done = run(
        "keys", "init", "--recovery", str(tmp_path / "sheet.txt"), "--passphrase-file", str(passphrase)
    )
    assert done.exit_code == 0, done.output
    return run


def number(run_url: str, query: str) -> int:
    engine = create_engine(run_url)
    with engine.connect() as connection:
        found = int(connection.execute(text(query)).scalar_one())
    engine.dispose()
    return found


def test_init_asks_twice_and_leaves_a_sheet_that_gives_the_keys_back(run: Run, tmp_path: Path) -> None:
    sheet = tmp_path / "sheet.txt"
    done = run("keys", "init", "--recovery", str(sheet), typed=f"{PASSPHRASE}\n{PASSPHRASE}\n")
    assert done.exit_code == 0, done.output
    assert "print it" in done.output
    assert "Tresor" in done.output
    assert PASSPHRASE not in done.output
    assert sheet.stat().st_mode & 0o777 == 0o600
    assert read_sheet(sheet.read_text(), PASSPHRASE).raw() == load_keys(tmp_path / "keys.json").raw()


def test_the_hint_to_print_can_be_pasted_whatever_the_file_is_called(run: Run, tmp_path: Path) -> None:
    sheet = tmp_path / "Nöt fall ☃.txt"
    done = run("keys", "init", "--recovery", str(sheet), typed=f"{PASSPHRASE}\n{PASSPHRASE}\n")
    assert f"(lpr '{sheet}')" in done.output


def test_without_a_terminal_no_passphrase_is_asked_for(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_terminal(*_: object, **__: object) -> str:
        warnings.warn("Can not control echo on the terminal.", getpass.GetPassWarning, stacklevel=2)
        return ""

    monkeypatch.setattr("click.prompt", no_terminal)
    done = run("keys", "init", "--recovery", str(tmp_path / "sheet.txt"))
    assert done.exit_code == 2
    assert "there is no terminal" in done.stderr
    assert "--passphrase-file" in done.stderr
    assert list(tmp_path.iterdir()) == []


def test_init_without_a_recovery_sheet_makes_nothing(run: Run, tmp_path: Path) -> None:
    assert run("keys", "init").exit_code == 2
    too_short = run("keys", "init", "--recovery", str(tmp_path / "sheet.txt"), typed="kurz\nkurz\n")
    assert too_short.exit_code == 2
    assert "12 characters" in too_short.output
    assert (
        run("keys", "init", "--recovery", "/no/where/s", typed=f"{PASSPHRASE}\n{PASSPHRASE}\n").exit_code == 2
    )
    assert list(tmp_path.iterdir()) == []


def test_init_overwrites_neither_keys_nor_a_sheet(made: Run, tmp_path: Path) -> None:
    before = (tmp_path / "keys.json").read_bytes()
    again = made(
        "keys", "init", "--recovery", str(tmp_path / "other.txt"), typed=f"{PASSPHRASE}\n{PASSPHRASE}\n"
    )
    assert again.exit_code == 2
    assert "is there already" in again.output
    (tmp_path / "keys.json").unlink()
    sheet = made(
        "keys", "init", "--recovery", str(tmp_path / "sheet.txt"), typed=f"{PASSPHRASE}\n{PASSPHRASE}\n"
    )
    assert sheet.exit_code == 2
    assert not (tmp_path / "keys.json").exists()
    (tmp_path / "keys.json").write_bytes(before)


def test_show_tells_fingerprints_and_no_key(made: Run, tmp_path: Path) -> None:
    done = made("keys", "show")
    keys = load_keys(tmp_path / "keys.json")
    assert keys.fingerprints()["signing"] in done.output
    assert "generation 1" in done.output
    signing, sealing, custody, masters = keys.raw()
    for secret in (signing, sealing, custody, *masters.values()):
        assert secret.hex() not in done.output


def test_show_without_keys_says_what_to_do(run: Run) -> None:
    done = run("keys", "show")
    assert done.exit_code == 2
    assert done.stderr.startswith("ankerort-hub: there is no key file")
    assert "`ankerort-hub keys init`" in done.stderr
    assert "`ankerort-hub keys recover`" in done.stderr


def test_recover_makes_the_same_keys_again(made: Run, tmp_path: Path) -> None:
    file, sheet = tmp_path / "keys.json", str(tmp_path / "sheet.txt")
    before = load_keys(file).raw()
    assert made("keys", "recover", sheet, typed=f"{PASSPHRASE}\n").exit_code == 2, "they are there"
    file.unlink()
    wrong = made("keys", "recover", sheet, typed="falsches pferd\n")
    assert wrong.exit_code == 2
    assert "passphrase is another one" in wrong.output
    assert not file.exists()
    assert made("keys", "recover", sheet, typed=f"{PASSPHRASE}\n").exit_code == 0
    assert load_keys(file).raw() == before
    file.unlink()
    Path(sheet).write_text(Path(sheet).read_text().lower())
    assert made("keys", "recover", sheet, typed=f"{PASSPHRASE}\n").exit_code == 0, "all typed in lower case"
    assert load_keys(file).raw() == before


def test_rotate_makes_a_further_generation_and_a_new_sheet(made: Run, tmp_path: Path) -> None:
    sheet = tmp_path / "sheet-2.txt"
    done = made("keys", "rotate", "--recovery", str(sheet), typed=f"{PASSPHRASE}\n{PASSPHRASE}\n")
    assert done.exit_code == 0, done.output
    assert "generation 2 now; 0 cards" in done.output
    assert load_keys(tmp_path / "keys.json").newest == 2
    assert read_sheet(sheet.read_text(), PASSPHRASE).newest == 2
    again = made("keys", "rotate", "--recovery", str(sheet), typed=f"{PASSPHRASE}\n{PASSPHRASE}\n")
    assert again.exit_code == 2, "the sheet is there"
    assert load_keys(tmp_path / "keys.json").newest == 2


def test_a_device_is_added_with_a_file_of_its_own(made: Run, tmp_path: Path, sqlite_url: str) -> None:
    out = tmp_path / "trust.json"
    done = made("device", "add", "wittenberge/pi-halle", "--out", str(out))
    assert done.exit_code == 0, done.output
    assert "generation 1" in done.output
    assert out.stat().st_mode & 0o777 == 0o600
    trust = read_trust(out, "wittenberge", "pi-halle")
    keys = load_keys(tmp_path / "keys.json")
    assert trust.hub_signing_key == keys.verify_key
    assert trust.secret_key.private_bytes_raw().hex() not in done.output
    assert number(sqlite_url, "SELECT count(*) FROM device_trust") == 1
    assert number(sqlite_url, "SELECT wanted FROM access_state") == 1


def test_adding_a_device_again_replaces_it(made: Run, tmp_path: Path) -> None:
    made("device", "add", "wittenberge/pi-halle", "--out", str(tmp_path / "a.json"))
    done = made("device", "add", "wittenberge/pi-halle", "--out", str(tmp_path / "b.json"))
    assert "generation 2" in done.output
    assert "replaces the one before" in done.output


def test_a_trust_file_is_not_overwritten_and_nothing_changes_then(
    made: Run, tmp_path: Path, sqlite_url: str
) -> None:
    out = tmp_path / "trust.json"
    out.write_text("mine")
    done = made("device", "add", "wittenberge/pi-halle", "--out", str(out))
    assert done.exit_code == 2
    assert out.read_text() == "mine"
    assert number(sqlite_url, "SELECT count(*) FROM device_trust") == 0


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        pytest.param(
            ("add", "wittenberge/pi-9", "--out", "x.json"),
            "there is no device wittenberge/pi-9",
            id="unknown",
        ),
        pytest.param(("add", "wittenberge", "--out", "x.json"), "SPACE/DEVICE", id="no device"),
        pytest.param(("revoke", "wittenberge/pi-halle", "--reason", "x"), "is not trusted", id="not trusted"),
        pytest.param(("revoke", "wittenberge/pi-halle", "--reason", " "), "say why", id="no reason"),
        pytest.param(
            ("revoke", "wittenberge/pi-halle", "--reason", "x\x1b[2J"), "(U+001B)", id="control character"
        ),
    ],
)
def test_what_can_not_be_done_says_why(made: Run, arguments: tuple[str, ...], expected: str) -> None:
    done = made("device", *arguments)
    assert done.exit_code == 2
    assert expected in done.stderr
    assert not Path("x.json").exists()


def test_the_reason_of_a_restore_is_a_line_of_text(made: Run) -> None:
    for reason, said in (
        ("x" * 100_000, "200 characters at most"),
        ("x\ny", "can't be seen"),
        ("", "say why"),
    ):
        done = made("audit", "declare-restore", "--reason", reason)
        assert (done.exit_code, said in done.stderr) == (2, True)
    assert made("audit", "declare-restore", "--reason", "Platte ersetzt, Sicherung vom 3. Mai").exit_code == 0
    assert made("audit", "verify").output == "1 chains with 2 entries are whole\n"


def test_devices_are_listed_with_what_they_have(made: Run, tmp_path: Path) -> None:
    assert "no device is trusted yet" in made("device", "list").output
    made("device", "add", "wittenberge/pi-halle", "--out", str(tmp_path / "a.json"))
    assert "list 0, applied 0: pending  heard never" in made("device", "list").output
    done = made("device", "revoke", "wittenberge/pi-halle", "--reason", "gestohlen")
    assert done.exit_code == 0
    assert "not trusted any more" in done.output
    assert "wittenberge/pi-halle  revoked 20" in made("device", "list").output
