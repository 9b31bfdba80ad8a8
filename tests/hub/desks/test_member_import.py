"""`member import`: each row has its fate, and either all of a file is written or nothing."""

from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from hub.cli import main
from hub.domain.admission import Group
from tests.hub.desks.world import CLI, SPACE, World

Import = Callable[..., Result]


@pytest.fixture
def take(sqlite_world: World, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Import:
    """Import bytes or a text, in UTF-8, as a file."""
    monkeypatch.setattr("hub.config.DEFAULT_FILE", tmp_path / "none.toml")
    monkeypatch.delenv("ANKERORT_CONFIG", raising=False)
    monkeypatch.setattr("hub.bootstrap.SystemClock.now_us", lambda _: sqlite_world.now_us)
    environ = {"ANKERORT_DATABASE_URL": str(sqlite_world.engine.url)}

    def call(data: str | bytes, *options: str) -> Result:
        file = tmp_path / "liste.csv"
        file.write_bytes(data.encode() if isinstance(data, str) else data)
        return CliRunner().invoke(main, ["member", "import", SPACE, str(file), *options], env=environ)

    return call


def names(world: World) -> list[str]:
    return [member.name for member in world.members.members(SPACE, CLI)]


LIST = (
    "Name;E-Mail;Telefon;Zeiten;Von;Bis;Gruppen;Länger\r\n"
    "Jürgen Groß;j@example.org;+49 170;immer;01.12.2026;31.12.2027;verein;ja\r\n"
    "Özlem Şahin;;;;;;;\r\n"
    "\r\n"
)


def test_a_list_is_tried_then_taken_and_a_second_time_changes_nothing(
    take: Import, sqlite_world: World
) -> None:
    world = sqlite_world
    world.groups.save_group(SPACE, Group("verein", "Verein"), CLI, world.now_us)
    tried = take(LIST, "--dry-run")
    assert tried.stdout == "line 2: Jürgen Groß: added\nline 3: Özlem Şahin: added\n"
    assert tried.stderr == "UTF-8, parted by semicolons: 2 added; nothing is written, as asked\n"
    assert (tried.exit_code, names(world)) == (0, [])
    before = world.wanted()[f"{SPACE}/pi-1"]
    assert take(LIST).stderr == "UTF-8, parted by semicolons: 2 added; written\n"
    assert world.wanted()[f"{SPACE}/pi-1"] == before + 1
    first, second = world.members.members(SPACE, CLI)
    assert (first.name, first.mail, first.phone, first.needs_longer) == (
        "Jürgen Groß", "j@example.org", "+49 170", True,
    )  # fmt: skip
    (right,) = first.memberships
    assert (right.hours, str(right.valid_from), str(right.valid_to), right.groups) == (
        "always", "2026-12-01", "2027-12-31", ("verein",),
    )  # fmt: skip
    assert str(second.memberships[0].valid_from) == "2026-11-18", "where nothing is said, today"
    assert world.chain()[-1] == {"what": "members_imported", "space": SPACE, "members": [1, 2], "by": None}
    again = take(LIST)
    assert again.stdout == "line 2: Jürgen Groß: same\nline 3: Özlem Şahin: same\n"
    changed = take("mail,name\nj@example.org,Jürgen Klein\n")
    assert changed.stdout == "line 2: Jürgen Klein: changed\n"
    assert world.members.member(1, CLI).memberships == first.memberships, "what no column says stays"


def test_nothing_is_written_when_a_row_is_refused_but_for_whoever_asks(
    take: Import, sqlite_world: World
) -> None:
    told = "name,until\nJo,2026-12-31\nKim,31.2.2026\n"
    refused = take(told)
    assert refused.stdout == (
        'line 2: Jo: added\nline 3: Kim 31.2.2026: refused: "31.2.2026" is no day: write 2026-12-31 or 31.12.2026\n'
    )
    assert refused.stderr.endswith("1 added, 1 refused; nothing is written\n")
    assert (refused.exit_code, names(sqlite_world), sqlite_world.chain()) == (1, [], [])
    assert take(told, "--skip-refused").exit_code == 1
    assert names(sqlite_world) == ["Jo"]


ROWS = [
    ("fĂĽr;;", 'was decoded wrongly before: was it "für"?'),
    ("J\ufffdrgen;;", "lost letters"),
    (f"{'x' * 10_000};;", "200 characters at most"),
    (";;", "needs a name"),
    ("Jo;kein;", '"kein" is no mail address'),
    ("Jo;jo@example.org Bcc: eva@example.org;", "is no mail address"),
    ("Jo;;chor", 'there is no group "chor"; known are none'),
    ("Jo;", "has 2 fields, the header has 3"),
    ("Doppelt;;", "2 members have this name"),
    ("Erste;;", ""),
    ("erste;;", "is in the file twice: see line"),
]


def test_a_row_that_can_not_be_taken_says_why(take: Import, sqlite_world: World) -> None:
    for _ in range(2):
        sqlite_world.member("Doppelt")
    told = take("name;mail;groups\n" + "\n".join(row for row, _ in ROWS if row != ";;") + "\n")
    lines = told.stdout.splitlines()
    for line, why in zip(lines, [why for row, why in ROWS if row != ";;"], strict=True):
        assert (": refused: " in line) is bool(why)
        assert why in line
    assert max(map(len, lines)) < 300


def test_hostile_texts_are_texts(take: Import, sqlite_world: World) -> None:
    hostile = ["<script>alert(1)</script>", "=HYPERLINK(1)", "מרים", "Jo'); DROP TABLE member;--", "نور"]
    told = take("name\n" + "\n".join(f'"{one}"' for one in [*hostile, "Jo\u202egpj.exe"]) + "\n")
    assert told.exit_code == 0, told.output
    assert sorted(names(sqlite_world)) == sorted([*hostile, "Jo gpj.exe"])


@pytest.mark.parametrize(
    ("data", "problem"),
    [
        (b"", "the file is empty"),
        (b"name;alter\nJo;7\n", 'no column is called "alter"'),
        (b"mail\nj@example.org\n", "a column name is missing"),
        (b"name;Name\nJo;Jo\n", "two columns are name"),
        (b'name\n"Jo\n', "is no CSV"),
        (b"name\nJo\x81\n", "store it as CSV in UTF-8"),
        (b"name\n" + b"J\n" * 10_001, "more than 10000 rows"),
        (b"x" * 5_000_001, "more than 5 MB"),
    ],
)
def test_a_file_that_can_not_be_used_is_refused_in_one_line(
    take: Import, sqlite_world: World, data: bytes, problem: str
) -> None:
    result = take(data)
    assert (result.exit_code, result.stderr.count("\n"), names(sqlite_world)) == (2, 1, [])
    assert problem in result.stderr


def test_rows_of_another_encoding_than_the_rest_are_refused(take: Import, sqlite_world: World) -> None:
    data = "name\nJürgen\nÖzlem\n".encode() + "Käthe\n".encode("cp1252")
    result = take(data)
    assert "line 4: Käthe: refused: is in another encoding than the rest" in result.stdout
    assert names(sqlite_world) == []
    assert take("name\nJürgen Groß\n".encode("cp1252")).stderr.startswith("Windows-1252, ")
    assert take(b"\xff\xfe" + "name\tmail\nÖzlem\t\n".encode("utf-16-le")).stderr.startswith(
        "UTF-16 with a mark at its begin, parted by tabs"
    )
