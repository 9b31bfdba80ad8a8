"""The commands `booking` and `token`, as whoever operates the hub meets them."""

import re
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from hub.cli import main
from hub.desks import token_desk
from hub.domain.people import Role
from hub.domain.tokens import Scope
from hub.storage.unit_of_work import UnitFactory
from tests.hub.bookings.world import A, B, BookingWorld
from tests.hub.desks.world import SPACE

Run = Callable[..., Result]
DAY = "2026-11-19"


@pytest.fixture
def run(sqlite_world: BookingWorld, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Run:
    """Run a command on the database of `sqlite_world`, with no settings of this machine."""
    monkeypatch.setattr("hub.config.DEFAULT_FILE", tmp_path / "none.toml")
    monkeypatch.delenv("ANKERORT_CONFIG", raising=False)
    monkeypatch.setattr("hub.bootstrap.SystemClock.now_us", lambda _: sqlite_world.now_us)
    environ = {"ANKERORT_DATABASE_URL": str(sqlite_world.engine.url)}

    def call(*arguments: str) -> Result:
        return CliRunner().invoke(main, arguments, env=environ)

    return call


def id_of(result: Result) -> str:
    """Return the id that a command told."""
    found = re.search(r"^\w+ ([0-9a-f]{16}): ", result.output, re.MULTILINE)
    assert found is not None, result.output + result.stderr
    return found[1]


def add(run: Run, desk: str = A, starts: str = f"{DAY}T09:00", ends: str = "12:00", *more: str) -> str:
    member = () if "--event" in more else ("--member", "1")
    return id_of(
        run(
            "booking",
            "add",
            SPACE,
            *([desk] if desk else []),
            *member,
            "--from",
            starts,
            "--to",
            ends,
            "--reason",
            "am Telefon",
            *more,
        )
    )


def test_a_booking_is_made_listed_cancelled_restored_and_checked_in(
    run: Run, sqlite_world: BookingWorld
) -> None:
    assert run("booking", "list", SPACE, "--day", DAY).output == (
        f"nothing is booked in {SPACE} from {DAY} 00:00 to 24:00\n"
    )
    made = add(run, A, f"{DAY}T09:00", "12:00", "--note", "Fensterplatz")
    line = f"{made}  {DAY} 09:00 to 12:00  desk {A}, member 1, booked, Fensterplatz\n"
    assert run("booking", "list", SPACE).output == line
    assert run("booking", "cancel", made, "--reason", "krank").output == f"booking {made} is cancelled\n"
    assert "nothing is booked" in run("booking", "list", SPACE).output
    assert "cancelled" in run("booking", "list", SPACE, "--all").output
    assert run("booking", "restore", made, "--reason", "doch").output == f"booking {made} stands again\n"
    sqlite_world.at(f"{DAY}T08:50")
    assert run("booking", "check-in", made).output == f"booking {made} is checked in\n"
    assert "checked_in" in run("booking", "list", SPACE, "--member", "1").output


def test_events_and_blockings_take_all_desks(run: Run) -> None:
    event = add(run, "", f"{DAY}T19:00", "24:00", "--event")
    assert (
        f"{event}  {DAY} 19:00 to 24:00  4 desks, a guest, event, booked"
        in run("booking", "list", SPACE).output
    )
    booked = add(run)
    closing = (
        "booking",
        "block",
        SPACE,
        "--kind",
        "closing",
        "--from",
        DAY,
        "--to",
        f"{DAY}T18:00",
        "--note",
        "Rohrbruch",
    )
    assert run(*closing).exit_code == 2
    blocked = run(*closing, "--displace")
    made = id_of(blocked)
    assert f"gave way: {booked}  {DAY} 09:00 to 12:00  desk {A}, member 1, cancelled" in blocked.output
    assert run("booking", "lift", made).output == f"blocking {made} is lifted\n"


def test_a_series_is_looked_at_booked_and_cancelled(run: Run) -> None:
    add(run, A, "2026-11-26T10:00", "11:00")
    series = (
        "booking", "series", SPACE, A, "--member", "2", "--weekly", "thu", "--from", "09:00", "--to", "12:00",
        "--first", DAY, "--last", "2026-12-03", "--reason", "Stammgast",
    )  # fmt: skip
    told = run(*series, "--dry-run").output
    assert told == "not possible: 2026-11-26 09:00 to 12:00 (desk_taken)\n2 days could be booked\n"
    assert run(*series).exit_code == 2
    made = id_of(run(*series, "--without-conflicts"))
    done = run(
        "booking", "cancel-series", made, "--which", "following", "--day", "2026-12-03", "--reason", "weg"
    )
    assert done.output == f"series {made}: 1 days are cancelled, 0 stay as they are\n"
    monthly = run(
        "booking", "series", SPACE, B, "--monthly", "last-fri", "--from", "14:00", "--to", "16:00", "--first",
        DAY, "--last", "2027-01-31", "--reason", "Verein", "--beyond-rules",
    )  # fmt: skip
    assert "3 days are booked" in monthly.output


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        (("add", "kiel", A, "--from", DAY, "--to", "12:00", "--reason", "Anruf"), 'no space "kiel"'),
        (("add", SPACE, "x9", "--from", DAY, "--to", "12:00", "--reason", "Anruf"), 'no desk "x9"'),
        (("add", SPACE, A, "--from", "morgen", "--to", "12:00", "--reason", "Anruf"), '"morgen" is no time'),
        (("add", SPACE, A, "--from", "9999-12-31T23:00", "--to", "24:00", "--reason", "Anruf"), "outside of the years"),
        (("block", SPACE, "--from", DAY, "--to", "9999-12-31", "--note", "Umbau"), "outside of the years"),
        (("list", SPACE, "--day", "0001-01-01"), "outside of the years"),
        (("add", SPACE, A, "--from", DAY, "--to", "25:00", "--reason", "Anruf"), '"25:00" is no time of the day'),
        (("add", SPACE, A, "--from", f"{DAY}T09:00Z", "--to", "12:00", "--reason", "Anruf"), "names a zone"),
        (("add", SPACE, A, "--from", f"{DAY}T09:00", "--to", "12:00", "--reason", "x"), "say why"),
        (("cancel", "nichts", "--reason", "Anruf"), "no booking nichts"),
        (("lift", "nichts"), "no booking nichts"),
        (
            ("series", SPACE, A, "--from", "09:00", "--to", "12:00", "--first", DAY, "--last", DAY,
             "--reason", "Anruf"),
            "say how often",
        ),
        (
            ("series", SPACE, A, "--weekly", "do", "--from", "09:00", "--to", "12:00", "--first", DAY, "--last", DAY,
             "--reason", "Anruf"),
            '"do" is no weekday',
        ),
        (
            ("series", SPACE, A, "--monthly", "5th-mon", "--from", "09:00", "--to", "12:00", "--first", DAY, "--last",
             DAY, "--reason", "Anruf"),
            '"5th" is no place in a month',
        ),
        (("cancel-series", "nichts", "--which", "all", "--reason", "Anruf"), "no series nichts"),
    ],
)  # fmt: skip
def test_what_can_not_be_done_is_one_line(run: Run, arguments: Sequence[str], problem: str) -> None:
    result = run("booking", *arguments)
    assert result.exit_code == 2
    assert problem in result.stderr
    assert result.stderr.count("\n") == 1


def test_a_token_is_shown_once_works_and_works_no_more(run: Run, sqlite_world: BookingWorld) -> None:
    assert run("token", "list").output == "there is no token yet: `ankerort-hub token create`\n"
    made = run("token", "create", "--name", "Jos Telefon", "--scope", "bookings:read", "--member", "1",
               "--until", DAY)  # fmt: skip
    text = made.output.splitlines()[0]
    desk = token_desk(UnitFactory(sqlite_world.engine))
    bearer = desk.bearer(text, sqlite_world.now_us)
    assert bearer is not None
    assert (bearer.actor.member, bearer.scopes) == (1, frozenset({Scope.READ_BOOKINGS}))
    assert not bearer.actor.may(SPACE, *Role), "a member's token has no role, and is not the command line"
    assert text not in str(sqlite_world.rows("SELECT * FROM api_token"))
    told = run("token", "list").output
    assert told == "     1  Jos Telefon: member 1, bookings:read, until 2026-11-20 00:00 UTC\n"
    assert desk.bearer(text, sqlite_world.now_us + 2 * 86_400_000_000) is None
    assert run("token", "revoke", "1").output == "token 1 works no more\n"
    assert desk.bearer(text, sqlite_world.now_us) is None
    assert "works no more" in run("token", "list").output
    assert [one["what"] for one in sqlite_world.chain()[-2:]] == ["token_made", "token_revoked"]


def test_a_token_with_an_accounts_rights_ends_with_the_account(run: Run, sqlite_world: BookingWorld) -> None:
    made = run(
        "token", "create", "--name", "Tafel", "--scope", "availability:read", "--account", "hanna@example.org"
    )
    text = made.output.splitlines()[0]
    desk = token_desk(UnitFactory(sqlite_world.engine))
    bearer = desk.bearer(text, sqlite_world.now_us)
    assert bearer is not None
    assert bearer.actor.account == 1
    assert run("user", "disable", "hanna@example.org").exit_code == 0
    assert desk.bearer(text, sqlite_world.now_us) is None
    for wrong in ("", "ankerort_", text[:-1], text + "x", "é" * 5000):
        assert desk.bearer(wrong, sqlite_world.now_us) is None


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        ((), "name one of them"),
        (("--member", "1", "--account", "hanna@example.org"), "name one of them"),
        (("--member", "99"), "no member 99"),
        (("--account", "niemand@example.org"), "no account niemand@example.org"),
        (("--member", "1", "--until", "2026-11-17"), "that moment is over"),
        (("--member", "1", "--until", "9999-12-31"), "outside of the years"),
    ],
)
def test_a_token_that_can_not_be_is_refused(run: Run, arguments: Sequence[str], problem: str) -> None:
    result = run("token", "create", "--name", "x", "--scope", "bookings:read", *arguments)
    assert result.exit_code == 2
    assert problem in result.stderr
    assert run("token", "revoke", "9").exit_code == 2


def test_a_calendar_address_is_printed_once_and_ended(
    run: Run, sqlite_world: BookingWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    refused = run("member", "calendar", "1")
    assert (refused.exit_code, "set web.public_url first" in refused.stderr) == (2, True)
    monkeypatch.setenv("ANKERORT_WEB_PUBLIC_URL", "https://plaetze.example.org/")
    made = run("member", "calendar", "1").output
    assert re.fullmatch(r"https://plaetze\.example\.org/calendar/[\w-]{43}\.ics\n", made)
    assert run("member", "calendar", "99").exit_code == 2
    ended = [run("member", "calendar", "1", "--end").output for _ in range(2)]
    assert ended == ["member 1's calendar address has ended\n", "member 1 has no calendar address\n"]
    assert sqlite_world.rows("SELECT * FROM calendar_feed") == []
