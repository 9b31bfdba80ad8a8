"""`ankerort-hub mail`: what waits and what failed, a try, and how letters sound."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import Engine

from hub.cli import main
from hub.domain.letters import Alarm, Letter, SignInLink
from hub.domain.mail import Draft, MailState, Reader
from hub.storage.access_unit import AccessUnit, SqlUnits
from hub.storage.outbox import SqlOutbox
from tests.hub.desks.world import SPACE, World
from tests.parts.smtp_server import SmtpServer

Run = Callable[..., Result]
ALARM = Alarm("Mölln", "Haupteingang", "held", 1, None, "Europe/Berlin", 0, "/")


@pytest.fixture
def world(sqlite_engine: Engine) -> World:
    made = World(sqlite_engine)
    made.set_up()
    return made


@pytest.fixture
def run(world: World, sqlite_url: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Run:
    """Run a command on the database of this test."""
    monkeypatch.setattr("hub.config.DEFAULT_FILE", tmp_path / "none.toml")
    monkeypatch.delenv("ANKERORT_CONFIG", raising=False)

    def call(*arguments: str, **environ: str) -> Result:
        env = {f"ANKERORT_{name}": value for name, value in environ.items()}
        return CliRunner().invoke(
            main, ["mail", *arguments], env={"ANKERORT_DATABASE_URL": sqlite_url, **env}
        )

    return call


@pytest.fixture
def server() -> Iterator[SmtpServer]:
    made = SmtpServer()
    made.start()
    yield made
    made.stop()


@pytest.fixture
def dead(world: World) -> None:
    """A dead alarm, a dead link, and one that waits."""
    now_us = 4_000_000_000_000_000
    letters: list[Letter] = [ALARM, SignInLink("/x", 15), ALARM]
    with SqlUnits(world.engine, AccessUnit).writing() as unit:
        for number, letter in enumerate(letters):
            unit.mail(Draft(f"k{number}", Reader(account=1), letter, now_us), world.now_us)
        unit.commit()
    for pk in (1, 2):
        SqlOutbox(world.engine).end(pk, MailState.DEAD, "550 no such user", world.now_us)


def test_the_list_says_what_each_was_about_and_never_to_whom_or_what(run: Run, dead: None) -> None:
    lines = run("list").stdout.splitlines()
    assert [line.split() for line in lines] == [
        ["3", "2026-11-18", "13:06", "alarm", "to", "account", "1", "waiting"],
        [
            "2",
            "2026-11-18",
            "13:06",
            "sign_in_link",
            "to",
            "account",
            "1",
            "dead",
            "550",
            "no",
            "such",
            "user",
        ],
        ["1", "2026-11-18", "13:06", "alarm", "to", "account", "1", "dead", "550", "no", "such", "user"],
    ]
    assert len(run("list", "--state", "dead", "--limit", "1").stdout.splitlines()) == 1


def test_an_empty_list_says_so(run: Run) -> None:
    assert run("list").stdout == "no mail was ever written\n"
    assert run("list", "--state", "dead").stdout == "no mail is dead\n"


def test_dead_mails_are_tried_again(run: Run, dead: None, world: World) -> None:
    assert run("retry", "1").stdout == "mail 1 is tried again\n"
    assert world.rows("SELECT state FROM outbox WHERE pk = 1") == [("waiting",)]
    all_dead = run("retry", "--all-dead")
    assert all_dead.exit_code == 0
    assert all_dead.stdout.startswith("left: mail 2 held a link that lets somebody in")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ("retry", "name the numbers"),
        ("retry 1 --all-dead", "name the numbers"),
        ("retry 99", "there is no mail 99"),
        ("tone kiel du", "known are stadtlabor, werkhalle"),
        (f"tone {SPACE} du --reply-to club", "is no mail address"),
        ("test eva@example.org", "set mail.host, mail.sender and web.public_url"),
    ],
)
def test_what_can_not_be_done_is_one_line_with_a_remedy(run: Run, arguments: str, said: str) -> None:
    result = run(*arguments.split())
    assert (result.exit_code, result.stdout) == (2, "")
    assert said in result.stderr
    assert len(result.stderr.splitlines()) == 1


def test_the_tone_of_a_space_is_kept(run: Run, world: World) -> None:
    assert (
        run("tone", SPACE, "du", "--reply-to", "club@example.org").stdout == f"letters about {SPACE} say Du\n"
    )
    run("tone", SPACE, "sie")
    assert world.rows("SELECT tone, reply_to FROM space_mail") == [("sie", "")]


def test_a_try_arrives_with_umlauts_or_says_what_is_wrong(run: Run, server: SmtpServer) -> None:
    settings = {
        "MAIL_HOST": server.host, "MAIL_PORT": str(server.port), "MAIL_SECURITY": "none",
        "MAIL_SENDER": "Plätze <plaetze@example.org>", "WEB_PUBLIC_URL": "https://plaetze.example.org",
    }  # fmt: skip
    told = run("test", "eva@example.org", **settings)
    assert told.exit_code == 0, told.output
    assert "took a mail to eva@example.org" in told.stdout
    assert "äöüß ÄÖÜ ẞ €" in server.received[0].text
    server.answers.append("550 5.7.1 spam")
    refused = run("test", "eva@example.org", **settings)
    assert (refused.exit_code, refused.stderr) == (2, "ankerort-hub: 550 5.7.1 spam\n")
