"""The commands `group`, `tariff`, `pass` and `member due`, as whoever operates the hub meets them."""

from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from hub.cli import main
from tests.hub.desks.test_passes import come
from tests.hub.desks.world import SPACE, World

Run = Callable[..., Result]


@pytest.fixture
def run(sqlite_world: World, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Run:
    """Run a command on the database of `sqlite_world`, with no settings of this machine."""
    monkeypatch.setattr("hub.config.DEFAULT_FILE", tmp_path / "none.toml")
    monkeypatch.delenv("ANKERORT_CONFIG", raising=False)
    monkeypatch.setattr("hub.bootstrap.SystemClock.now_us", lambda _: sqlite_world.now_us)
    environ = {"ANKERORT_DATABASE_URL": str(sqlite_world.engine.url)}
    return lambda *arguments: CliRunner().invoke(main, arguments, env=environ)


def said(result: Result) -> str:
    assert result.exit_code == 0, result.output
    return result.stdout


def test_a_club_comes_first_and_everyone_from_a_day_on(run: Run) -> None:
    assert said(run("group", "list", SPACE)) == (
        f"{SPACE} has no group yet: `ankerort-hub group add`\neveryone with a membership is let in\n"
    )
    assert said(run("group", "add", SPACE, "verein", "Sportverein", "--until", "2026-12-31")) == (
        f"group verein is added to {SPACE}: Sportverein, to 2026-12-31\n"
    )
    assert said(run("group", "change", SPACE, "verein", "--no-end", "--from", "2026-01-01")) == (
        "group verein is changed: Sportverein, from 2026-01-01\n"
    )
    run("group", "phase", SPACE, "--from", "2027-01-01", "--for-everyone")
    assert said(run("group", "phase", SPACE, "--from", "2026-01-01", "--for", "verein")) == (
        "from 2026-01-01: verein\nfrom 2027-01-01: everyone with a membership\n"
    )
    added = said(run("member", "add", SPACE, "Jo", "--group", "verein", "--phone", "0170", "--presence"))
    assert added == f"member 1 is added to {SPACE}: in the opening hours, from 2026-11-18, of verein\n"
    assert said(run("member", "change", "1", SPACE, "--no-groups", "--statistics")).endswith(
        "from 2026-11-18\n"
    )
    assert said(run("group", "phase", SPACE, "--from", "2026-01-01", "--remove")).startswith("from 2027")
    run("group", "phase", SPACE, "--from", "2027-01-01", "--remove")
    assert said(run("group", "drop", SPACE, "verein")).startswith("group verein of stadtlabor is gone")


def test_a_pass_is_sold_used_and_due(run: Run, sqlite_world: World, tmp_path: Path) -> None:
    world = sqlite_world
    assert "has no tariff yet" in said(run("tariff", "list", SPACE))
    run("tariff", "add", SPACE, "tag", "day", "Tagespass", "--price", "15", "--units", "1", "--days", "30")
    run("tariff", "add", SPACE, "fest", "fixed-desk", "=Fest", "--price", "220,5", "--hours", "always")
    assert said(run("tariff", "change", SPACE, "tag", "--price", "16.50", "--between", "08:00-24:00")) == (
        "tariff tag is changed: Tagespass (day), 16.50 EUR, holds 1, valid for 30 days, 08:00 to 24:00\n"
    )
    assert said(run("tariff", "rule", SPACE, "--without-pass", "shut")) == (
        f"{SPACE}: doors stay shut for members without a valid pass\n"
    )
    assert said(run("tariff", "list", SPACE)) == (
        "fest: =Fest (fixed-desk), 220.50 EUR a month, at any hour\n"
        "tag: Tagespass (day), 16.50 EUR, holds 1, valid for 30 days, 08:00 to 24:00\n"
        "doors stay shut for members without a valid pass\n"
    )
    member = world.member("Jö;rg")
    world.card(member=member)
    assert said(run("pass", "sell", SPACE, str(member), "tag")) == (
        f"pass 1 is member {member}'s: Tagespass, from 2026-11-18 to 2026-12-17, 1 of 1 left\n"
    )
    come(world, 1)
    assert said(run("pass", "visit", SPACE, str(member))).endswith("that was known already\n")
    assert said(run("pass", "visit", SPACE, str(member), "--on", "2026-11-02")).endswith(
        "came on 2026-11-02\n"
    )
    assert said(run("pass", "list", SPACE)) == (
        f"     1  Jö;rg ({member}): Tagespass, from 2026-11-18 to 2026-12-17, 0 of 1 left\n"
    )
    run("pass", "sell", SPACE, str(member), "fest", "--from", "2026-12-01")
    due = run("member", "due", SPACE, "--month", "2026-11")
    assert due.stdout_bytes.decode() == (
        "month,member,name,kind,tariff,since,count,amount_eur,visits\r\n"
        f"2026-11,{member},Jö;rg,sold,Tagespass,2026-11-18,1,16.50,1\r\n"
        f"2026-11,{member},Jö;rg,visits_without_pass,,2026-11-02,1,,1\r\n"
    )
    assert due.stderr == "2 lines, 16.50 EUR.\n"
    out = tmp_path / "dezember.csv"
    run("member", "due", SPACE, "--month", "2026-12", "--dialect", "excel-de", "--out", str(out))
    assert (
        out.read_bytes()
        == (
            "\ufeffmonth;member;name;kind;tariff;since;count;amount_eur;visits\r\n"
            f'2026-12;{member};"Jö;rg";month;\'=Fest;01.12.2026;1;220,50;0\r\n'
        ).encode()
    )
    again = run("member", "due", SPACE, "--month", "2026-12", "--out", str(out))
    assert (again.exit_code, "is there already" in again.stderr) == (2, True)
    assert said(run("pass", "end", SPACE, "1", "--on", "2026-11-30")) == "pass 1 is over after 2026-11-30\n"
    assert run("member", "due", SPACE, "--month", "2026-10", "--settle").stderr.endswith("It is settled.\n")


def test_a_guest_has_one_day_and_somebody_who_answers(run: Run, sqlite_world: World) -> None:
    host = sqlite_world.member("Hanna")
    run("tariff", "add", SPACE, "gast", "day", "Gastpass", "--units", "1", "--days", "1")
    assert said(run("member", "guest", SPACE, "Gesa", "--host", str(host), "--tariff", "gast")) == (
        f"guest 2 is added to {SPACE}: by bookings and passes alone, from 2026-11-18 to 2026-11-18;"
        f" member {host} answers for them\n"
    )
    assert "Gesa (2): Gastpass" in said(run("pass", "list", SPACE))
    assert "2026-11-20 to 2026-11-21" in said(
        run("member", "guest", SPACE, "G", "--host", str(host), "--on", "2026-11-20", "--days", "2")
    )


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        (("group", "add", "kiel", "a", "A"), 'no space "kiel"'),
        (("group", "change", SPACE, "chor"), 'has no group "chor"; known are none'),
        (("group", "phase", SPACE, "--from", "2026-01-01"), "say who is let in"),
        (("group", "phase", SPACE, "--from", "2026-01-01", "--remove"), "no phase of stadtlabor begins"),
        (("tariff", "add", SPACE, "t", "day", "T", "--units", "1", "--price", "viel"), '"viel" is no price'),
        (("tariff", "add", SPACE, "t", "day", "T", "--units", "1", "--between", "8-9"), "no part of a day"),
        (("tariff", "change", SPACE, "t"), 'has no tariff "t"'),
        (("pass", "sell", SPACE, "1", "t"), 'offers no tariff "t"'),
        (("member", "guest", SPACE, "G", "--host", "1", "--tariff", "t"), 'offers no tariff "t"'),
        (("member", "due", SPACE, "--month", "2026-11", "--settle"), "is not over yet"),
    ],
)
def test_what_can_not_be_done_is_one_line(run: Run, arguments: Sequence[str], problem: str) -> None:
    result = run(*arguments)
    assert result.exit_code == 2
    assert problem in result.stderr
    assert result.stderr.count("\n") == 1
