"""`ankerort-hub user`: who can sign in, as whoever runs the hub says it."""

from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import text

import hub
from hub.bootstrap import open_database
from hub.cli import main
from hub.config import HubSettings
from hub.desks import accounts
from hub.domain.people import Role
from hub.passwords import is_password

DEMO = Path(hub.__file__).parent / "demo" / "site.toml"
PASSWORD = "vier Worte ohne Bezug"
FOR = "for Stadt Wittenberge (Beispiel)"

Run = Callable[..., Result]


@pytest.fixture
def run(sqlite_url: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Run:
    """Run a command on a database of this test with the demo's spaces in it."""
    monkeypatch.setattr("hub.config.DEFAULT_FILE", tmp_path / "none.toml")
    monkeypatch.delenv("ANKERORT_CONFIG", raising=False)

    def call(*arguments: str, given: str | None = None) -> Result:
        return CliRunner().invoke(main, arguments, env={"ANKERORT_DATABASE_URL": sqlite_url}, input=given)

    assert call("migrate").exit_code == 0
    assert call("import-site", str(DEMO)).exit_code == 0
    return call


@pytest.fixture
def eva(run: Run) -> Run:
    """The same, with a host of Wittenberge."""
    added = run(
        "user", "add", "Eva@Example.org", "--name", "Eva König", "--role", "host", "--space", "wittenberge",
        given=f"{PASSWORD}\n{PASSWORD}\n",
    )  # fmt: skip
    assert (added.exit_code, added.stdout) == (0, "Eva@Example.org can sign in: host of wittenberge\n")
    return run


@pytest.fixture
def stored(sqlite_url: str) -> Callable[[], object]:
    def find() -> object:
        with open_database(HubSettings(database_url=sqlite_url)) as database:
            return accounts(database).by_mail("eva@example.org")

    return find


def test_an_added_account_has_its_role_and_its_password_as_a_hash(
    eva: Run, stored: Callable[..., object]
) -> None:
    account = stored()
    assert account.roles == {(Role.HOST, "wittenberge")}  # type: ignore[attr-defined]
    kept = account.password_hash  # type: ignore[attr-defined]
    assert kept.startswith("$argon2id$")
    assert PASSWORD not in kept
    assert is_password(PASSWORD, kept)
    assert eva("user", "list").stdout == f"eva@example.org  Eva König  host of wittenberge  {FOR}\n"


@pytest.mark.parametrize("name", ["", "Eva\x1b[2J", "Eva\nroot", "x" * 100_000, "Eva\u202e"])
def test_a_name_that_is_none_is_refused_before_a_password_is_asked_for(eva: Run, name: str) -> None:
    for done in (
        eva("user", "add", "jo@example.org", "--name", name, "--role", "host", "--space", "moelln"),
        eva("member", "add", "moelln", name),
    ):
        assert (done.exit_code, done.stdout) == (2, "")
        assert done.stderr.rstrip("\n").isprintable()
        assert "name" in done.stderr


def test_what_was_stored_before_drives_no_terminal_and_its_account_can_be_disabled(
    eva: Run, sqlite_url: str
) -> None:
    with (
        open_database(HubSettings(database_url=sqlite_url)) as database,
        database.engine.begin() as connection,
    ):
        connection.execute(text("UPDATE account SET name = 'Eva' || char(27) || '[2J' || char(10) || 'x'"))
    assert eva("user", "list").stdout == f"eva@example.org  Eva\\x1b[2J\\nx  host of wittenberge  {FOR}\n"
    assert eva("user", "disable", "eva@example.org").exit_code == 0


def test_a_password_is_asked_for_and_never_shown(eva: Run) -> None:
    result = eva("user", "reset", "eva@example.org", given=f"{PASSWORD}!\n{PASSWORD}!\n")
    assert result.exit_code == 0
    assert PASSWORD not in result.output


def test_a_generated_password_is_shown_once_and_works(eva: Run, stored: Callable[..., object]) -> None:
    result = eva("user", "reset", "eva@example.org", "--generate")
    shown = result.stdout.splitlines()[1].removeprefix("password: ")
    assert len(shown) == 19
    assert is_password(shown, stored().password_hash)  # type: ignore[attr-defined]
    assert not is_password(PASSWORD, stored().password_hash)  # type: ignore[attr-defined]


@pytest.mark.parametrize("how", ["a file", "standard input"])
def test_a_password_comes_from_a_file(
    eva: Run, stored: Callable[..., object], tmp_path: Path, how: str
) -> None:
    file = tmp_path / "password"
    file.write_text("ein anderes Passwort\nzweite Zeile\n", "utf-8")
    named = str(file) if how == "a file" else "-"
    given = None if how == "a file" else file.read_text("utf-8")
    assert eva("user", "reset", "eva@example.org", "--password-file", named, given=given).exit_code == 0
    assert is_password("ein anderes Passwort", stored().password_hash)  # type: ignore[attr-defined]


@pytest.mark.parametrize("command", [("reset", "--generate"), ("disable",), ("disable", "--undo")])
def test_all_sessions_end_with_a_reset_and_when_disabled(
    eva: Run, stored: Callable[..., object], command: tuple[str, ...]
) -> None:
    before = stored().uniquifier  # type: ignore[attr-defined]
    assert eva("user", command[0], "eva@example.org", *command[1:]).exit_code == 0
    assert stored().uniquifier != before  # type: ignore[attr-defined]


def test_a_disabled_account_says_so_until_it_is_undone(eva: Run) -> None:
    assert eva("user", "disable", "eva@example.org").stdout == "eva@example.org can't sign in any more\n"
    assert "disabled" in eva("user", "list").stdout
    eva("user", "disable", "eva@example.org", "--undo")
    assert "disabled" not in eva("user", "list").stdout


def test_roles_are_given_and_taken(eva: Run) -> None:
    role = ("user", "role", "eva@example.org", "--role")
    given = eva(*role, "manager", "--space", "wittenberge", "--town", "wittenberge")
    told = "eva@example.org: host of wittenberge, manager of the town wittenberge, manager of wittenberge\n"
    assert given.stdout == told
    taken = eva(*role, "host", "--space", "wittenberge", "--remove")
    assert taken.stdout == "eva@example.org: manager of the town wittenberge, manager of wittenberge\n"
    again = eva(*role, "manager", "--space", "wittenberge")
    assert again.stdout.startswith("nothing was changed: eva@example.org has this already: ")
    everywhere = eva(*role, "technician", "--all-spaces")
    assert "technician of every space" in everywhere.stdout


def test_an_account_works_for_one_controller(eva: Run, stored: Callable[..., object]) -> None:
    refused = eva("user", "role", "eva@example.org", "--role", "host", "--space", "moelln")
    assert refused.exit_code == 2
    assert "moelln belongs to Sportverein Mölln e. V. (Beispiel), and the account works for" in refused.stderr
    both = ("--role", "host", "--space", "moelln", "--space", "wittenberge", "--generate")
    refused = eva("user", "add", "jo@example.org", "--name", "Jo", *both)
    assert "several controllers" in refused.stderr
    club = "Sportverein Mölln e. V. (Beispiel)"
    every = ("--role", "host", "--all-spaces", "--controller", club, "--generate")
    assert eva("user", "add", "jo@example.org", "--name", "Jo", *every).exit_code == 0
    assert f"host of every space  for {club}" in eva("user", "list").stdout
    moved = eva("user", "controller", "jo@example.org", "Seewerk eG (Beispiel)")
    assert moved.stdout == "jo@example.org works for Seewerk eG (Beispiel)\n"
    wrong = eva("user", "controller", "eva@example.org", "Seewerk eG (Beispiel)")
    assert "wittenberge belongs to Stadt Wittenberge (Beispiel)" in wrong.stderr


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        pytest.param("add eva@example.org --name E --role host --space moelln", "already", id="twice"),
        pytest.param("add a@b.de --name A --role host", "--all-spaces", id="no space"),
        pytest.param(
            "add a@b.de --name A --role host --space nirgends --generate", "nirgends", id="unknown space"
        ),
        pytest.param("add kein --name A --role host --space moelln --generate", "mail", id="no address"),
        pytest.param(
            "add a@b.de --name A --role member --space moelln --member 99 --generate", "member 99",
            id="unknown member",
        ),
        pytest.param(
            "role eva@example.org --role manager --space moelln --remove",
            "is not manager of moelln, but host of wittenberge", id="a role that is not there",
        ),
        pytest.param("rota wittenberge eva@example.org Eva@example.org", "named twice", id="called twice"),
        pytest.param("rota moelln eva@example.org", "is no host of", id="called without a role"),
        pytest.param("reset nobody@b.de", "no account", id="unknown account"),
        pytest.param("reset eva@example.org --generate --password-file -", "choose one", id="two ways"),
        pytest.param("reset eva@example.org --mail --generate", "three ways", id="mail and password"),
        pytest.param("reset eva@example.org --mail", "sends no mail", id="no mail server"),
        pytest.param(
            "add a@b.de --name A --role host --space moelln --invite", "sends no mail", id="invited without mail"
        ),
        pytest.param(
            "add a@b.de --name A --role host --town nirgends --generate", 'town "nirgends"', id="unknown town"
        ),
        pytest.param("reset eva@example.org --password-file /nirgends", "can't be read", id="no file"),
    ],
)  # fmt: skip
def test_what_can_not_be_done_is_one_line_with_a_remedy(eva: Run, arguments: str, said: str) -> None:
    result = eva("user", *arguments.split())
    assert (result.exit_code, result.stdout) == (2, "")
    assert said in result.stderr
    assert len(result.stderr.splitlines()) == 1


def test_a_member_that_no_database_can_hold_is_refused_in_words(run: Run) -> None:
    arguments = ("--name", "A", "--role", "member", "--space", "moelln", "--generate")
    result = run("user", "add", "a@b.de", *arguments, "--member", "9" * 23)
    assert result.exit_code == 2
    assert "is not in the range 1<=x<=9223372036854775807" in result.stderr


@pytest.mark.parametrize(
    "password",
    [
        *("neun Zei.", "eva@example.org", "EVA@example.org", "aaaaaaaaaaaaaa", ""),
        *("passwordpassword", "Passwort2026!", "abcdabcdab", "abcdefghijkl", "9876543210", "Ankerort-2026"),
        *("qwertzuiop123", "Willkommen1!", "Example.org-1", "p@ssw0rd2025"),
    ],
)
def test_a_password_that_others_guess_is_refused(
    eva: Run, password: str, stored: Callable[..., object]
) -> None:
    before = stored()
    result = eva("user", "reset", "eva@example.org", "--password-file", "-", given=f"{password}\n")
    assert result.exit_code == 2
    assert stored() == before


def test_who_is_called_about_alarms_is_set_and_shown_in_order(eva: Run) -> None:
    assert "nobody is called" in eva("user", "rota", "wittenberge").stdout
    arguments = ("--name", "Jo", "--role", "host", "--space", "wittenberge", "--generate")
    assert eva("user", "add", "jo@example.org", *arguments).exit_code == 0
    told = eva("user", "rota", "wittenberge", "jo@example.org", "eva@example.org").stdout.splitlines()
    assert [line.split()[1:4] for line in told] == [
        ["0", "min", "jo@example.org"],
        ["15", "min", "eva@example.org"],
    ]
    assert eva("user", "rota", "wittenberge").stdout.splitlines() == told
    assert "nobody is called" in eva("user", "rota", "wittenberge", "--nobody").stdout


def test_a_rota_with_an_unknown_address_changes_nothing(eva: Run) -> None:
    refused = eva("user", "rota", "wittenberge", "eva@example.org", "nobody@example.org")
    assert refused.exit_code == 2
    assert "there is no account nobody@example.org" in refused.stderr
    assert "nobody is called" in eva("user", "rota", "wittenberge").stdout


MAIL = {
    "ANKERORT_MAIL_HOST": "mail.example.org",
    "ANKERORT_MAIL_SENDER": "plaetze@example.org",
    "ANKERORT_WEB_PUBLIC_URL": "https://plaetze.example.org",
}


def test_whoever_is_invited_gets_a_link_and_has_no_password_until_then(
    eva: Run, sqlite_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in MAIL.items():
        monkeypatch.setenv(name, value)
    told = eva(
        "user", "add", "jo@example.org", "--name", "Jo", "--role", "host", "--space", "moelln", "--invite"
    )
    assert told.exit_code == 0, told.output
    assert told.stdout.splitlines()[1] == "jobs send a link by which its owner chooses a password"
    assert "jo@example.org  Jo  host of moelln  no password" in eva("user", "list").stdout
    again = eva("user", "reset", "eva@example.org", "--mail")
    assert "everything stays as it is" in again.stdout
    waiting = eva("mail", "list").stdout.splitlines()
    assert [line.split()[3:] for line in waiting] == [
        ["invitation", "to", "account", "1", "waiting"],
        ["invitation", "to", "account", "2", "waiting"],
    ]


def test_whoever_lost_the_second_factor_is_helped_in(eva: Run, stored: Callable[..., object]) -> None:
    before = stored().uniquifier  # type: ignore[attr-defined]
    told = eva("user", "reset", "eva@example.org", "--second-factor")
    assert "has neither second factor nor passkeys" in told.stdout
    assert stored().uniquifier != before  # type: ignore[attr-defined]
