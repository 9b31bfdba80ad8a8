"""The commands `member` and `card`, as whoever operates the hub meets them."""

import json
import sys
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

import hub.commands.card as card_commands
from hub.card_station import card_station
from hub.cli import main
from hub.domain.errors import RuleRefused
from hub.key_file import create_keys, load_keys
from hub.keys import Keys
from tests.hub.desks.world import SPACE, DoorSpool, World
from tests.parts.waiting import wait_until

Run = Callable[..., Result]
UID = bytes.fromhex("04a1b2c3d4e5f6")

STATION = """
import json, sys
for line in sys.stdin:
    asked = json.loads(line)
    if asked["ask"] == "ready":
        there = json.loads(sys.argv[2]) != {"error": "no_reader"}
        print(json.dumps({"ready": True} if there else {"error": "no_reader"}), flush=True)
        continue
    with open(sys.argv[1], "a") as notes:
        notes.write(line)
    print(sys.argv[2 if asked["ask"] == "read" else 3], flush=True)
"""
"""A reader that gives the answers of its command line."""


@pytest.fixture
def run(sqlite_world: World, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Run:
    """Run a command on the database of `sqlite_world`, with no settings of this machine."""
    monkeypatch.setattr("hub.config.DEFAULT_FILE", tmp_path / "none.toml")
    monkeypatch.delenv("ANKERORT_CONFIG", raising=False)
    monkeypatch.setattr(card_commands, "POLL_S", 0.02)
    monkeypatch.setattr("hub.bootstrap.SystemClock.now_us", lambda _: sqlite_world.now_us)
    environ = {
        "ANKERORT_DATABASE_URL": str(sqlite_world.engine.url),
        "ANKERORT_KEYS_FILE": str(tmp_path / "keys.json"),
    }

    def call(*arguments: str) -> Result:
        return CliRunner().invoke(main, arguments, env=environ)

    return call


def test_a_member_is_added_changed_listed_and_ended(run: Run) -> None:
    assert run("member", "list", SPACE).output == f"{SPACE} has no member yet: `ankerort-hub member add`\n"
    added = run("member", "add", SPACE, "Jo Beispiel", "--hours", "always", "--door", "haupt", "--host")
    assert added.output == (f"member 1 is added to {SPACE}: at any hour, from 2026-11-18, only haupt, host\n")
    changed = run(
        "member", "change", "1", SPACE, "--until", "2026-12-31", "--all-doors", "--name", "Jo B.", "--longer"
    )
    assert (
        changed.output == f"member 1 is changed\n{SPACE}: at any hour, from 2026-11-18 to 2026-12-31, host\n"
    )
    for again in (("1",), ("1", SPACE), ("1", "--name", "Jo B."), ("1", SPACE, "--no-host", "--host")):
        same = run("member", "change", *again)
        assert (same.exit_code, same.stdout) == (2, "")
        assert "nothing was changed, member 1 is so already" in same.stderr
    assert run("member", "list", SPACE).output == (
        "     1  Jo B.: at any hour, from 2026-11-18 to 2026-12-31, host, doors stay open longer\n"
    )
    assert run("member", "end", "1", SPACE, "--on", "2026-11-20").output == (
        f"the membership of {SPACE} ends with 2026-11-20\n"
    )
    assert (
        run("member", "end", "1", SPACE).output
        == f"the membership of {SPACE} had not begun: it is taken away\n"
    )


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        (("add", "kiel", "Jo"), 'no space "kiel"'),
        (("add", SPACE, "Jo", "--door", "dach"), 'no door "dach"'),
        (("change", "1", "--hours", "always"), "rights are of a space"),
        (("change", "9"), "no member 9"),
        (("end", "9", SPACE), "no member 9"),
        (("add", SPACE, "Jo", "--until", "9999-12-31"), "9999-12-31 lies outside of the years 2000 to 2199"),
    ],
)
def test_what_can_not_be_done_with_members_is_one_line(
    run: Run, arguments: Sequence[str], problem: str
) -> None:
    result = run("member", *arguments)
    assert result.exit_code == 2
    assert problem in result.stderr
    assert result.stderr.count("\n") == 1


def test_a_card_goes_its_way_through_the_key_box(run: Run, sqlite_world: World) -> None:
    sqlite_world.card("Karte 1")
    sqlite_world.member("Jo")
    sqlite_world.confirm()
    assert run("card", "give", "1", "1", "--space", SPACE, "--until", "2026-11-20").output == (
        "card 1 is member 1's up to 2026-11-20\n"
    )
    assert run("card", "list", SPACE).output == (
        "     1  Karte 1: desfire, active, Jo (1), until 2026-11-20 23:59; not yet known at Haupteingang, Hoftür\n"
    )
    assert "is blocked" in run("card", "block", "1", "--reason", "weg").output
    assert "desfire, blocked, Jo (1), until 2026-11-20 23:59, weg" in run("card", "list", SPACE).output
    assert run("card", "unblock", "1").output == "card 1 works again\n"
    assert run("card", "take-back", "1").output == "card 1 is a spare card\n"
    assert run("card", "retire", "1").output == "card 1 is out of use for ever\n"


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        (("enrol", SPACE, "Karte 1"), "name a reader"),
        (("enrol", SPACE, "Karte 1", "--at", "pi-1"), "name a reader"),
        (("enrol", SPACE, "Karte 1", "--at", "pi-1/leser", "--local", "ACR"), "choose one"),
        (("enrol", SPACE, "Karte 1", "--at", "pi-9/leser"), "no reader pi-9/leser"),
        (("give", "1", "1", "--until", "2026-12-31"), "name the space"),
        (
            ("give", "1", "1", "--until", "9999-12-31", "--space", SPACE),
            "9999-12-31 lies outside of the years",
        ),
        (("personalise", "9", "--at", "pi-1/leser"), "no card 9"),
        (("list", "kiel"), 'no space "kiel"'),
    ],
)
def test_what_can_not_be_done_with_cards_is_one_line(
    run: Run, arguments: Sequence[str], problem: str
) -> None:
    result = run("card", *arguments)
    assert result.exit_code == 2
    assert problem in result.stderr
    assert result.stderr.count("\n") == 1


def answer(world: World, kind: str, tell: Callable[[DoorSpool, str], Any]) -> threading.Thread:
    """Answer the next order of a kind as its device does."""

    def orders() -> list[tuple[Any, ...]]:
        return world.rows("SELECT id FROM command WHERE kind = :kind", kind=kind)

    def work() -> None:
        wait_until(lambda: bool(orders()), 10, "an order")
        ((order,),) = orders()
        world.send(order)
        spool = DoorSpool(epoch=order)
        tell(spool, order)
        world.take(spool.batch(1))

    thread = threading.Thread(target=work)
    thread.start()
    return thread


def test_personalise_waits_until_the_device_has_written(run: Run, sqlite_world: World) -> None:
    card = sqlite_world.card(state="blank")
    thread = answer(sqlite_world, "write_card", lambda spool, order: spool.written(order))
    result = run("card", "personalise", str(card), "--at", "pi-1/leser")
    thread.join()
    assert result.exit_code == 0
    assert result.stdout == f"card {card} is personalised\n"
    assert result.stderr == f"hold card {card} to pi-1/leser, until it is done\n"


def test_an_order_that_failed_says_what_to_do(run: Run, sqlite_world: World) -> None:
    thread = answer(sqlite_world, "read_card", lambda spool, order: spool.answered(order, "nobody_came"))
    result = run("card", "enrol", SPACE, "Karte 1", "--at", "pi-1/leser")
    thread.join()
    assert result.exit_code == 2
    assert "no card came in time: try again" in result.stderr


# -- a reader at this machine
# -------------------------------------------------------------------------------------------------------------


@pytest.fixture
def station(tmp_path: Path) -> Callable[..., Any]:
    """Start a reader that gives certain answers."""

    def start(read: Any = None, written: Any = None) -> Any:
        program = (
            sys.executable,
            "-c",
            STATION,
            str(tmp_path / "asked"),
            json.dumps(read),
            json.dumps(written),
        )
        return card_station("ACR122U", program)

    return start


@pytest.fixture
def here(
    run: Run, station: Callable[..., Any], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> Callable[..., Callable[..., Result]]:
    """Give `card … --local`, with keys and a reader that gives certain answers."""
    create_keys(tmp_path / "keys.json", Keys.new())

    def with_answers(read: Any = None, written: Any = None) -> Callable[..., Result]:
        monkeypatch.setattr(card_commands, "card_station", lambda _: station(read, written))
        return lambda *arguments: run("card", *arguments, "--local", "ACR122U")

    return with_answers


def test_a_card_is_enrolled_and_personalised_at_a_reader_of_the_hub(
    here: Callable[..., Any], sqlite_world: World, tmp_path: Path
) -> None:
    member = sqlite_world.member()
    card = here({"kind": "desfire", "uid": UID.hex()}, {"done": True, "reason": ""})
    enrolled = card("enrol", SPACE, " Karte 1 ", "--member", str(member))
    assert enrolled.stdout == (
        "card 1 is enrolled, of kind desfire\n"
        "it opens nothing yet: ankerort-hub card personalise 1 --local ACR122U\n"
    )
    assert sqlite_world.rows("SELECT label, state, member_pk, generation, sealed_id FROM card") == [
        ("Karte 1", "blank", member, 0, None)
    ]
    wanted = sqlite_world.wanted()
    assert card("personalise", "1").stdout == "card 1 is personalised\n"
    assert sqlite_world.rows("SELECT state, generation, rekey_needed FROM card") == [("active", 1, False)]
    assert sqlite_world.wanted() == {key: count + 1 for key, count in wanted.items()}
    assert [entry["what"] for entry in sqlite_world.chain()] == ["member_saved", "card_read", "card_written"]
    read, write = map(json.loads, (tmp_path / "asked").read_text().splitlines())
    assert read == {"ask": "read", "wait_s": 60}
    keys = load_keys(tmp_path / "keys.json")
    picc, of_ours = keys.card_keys(UID, "desfire", 1)
    assert write["new"] == {"picc": picc.hex(), "keys": [key.hex() for key in of_ours]}
    assert (write["uid"], write["old"], len(write["credential_id"])) == (UID.hex(), [], 32)
    ((tag, sealed_uid, sealed_id),) = sqlite_world.rows("SELECT uid_tag, sealed_uid, sealed_id FROM card")
    assert keys.open_uid(bytes(sealed_uid)) == UID
    assert keys.open_id(bytes(sealed_id), bytes(tag)).hex() == write["credential_id"]


def test_a_write_that_broke_off_is_finished_with_the_same_id(
    here: Callable[..., Any], sqlite_world: World, tmp_path: Path
) -> None:
    here({"kind": "ntag424", "uid": UID.hex()})("enrol", SPACE, "Karte 1")
    broken = here(written={"done": False, "reason": "removed"})("personalise", "1")
    assert broken.exit_code == 2
    assert "Karte 1 is not written (removed): hold the same card" in broken.stderr
    assert sqlite_world.rows("SELECT state, generation FROM card") == [("blank", 0)]
    assert here(written={"done": True})("personalise", "1").exit_code == 0
    asked = [json.loads(line) for line in (tmp_path / "asked").read_text().splitlines()][1:]
    assert asked[0] == asked[1]


@pytest.mark.parametrize(
    ("read", "problem"),
    [
        ({"error": "nobody_came"}, "no card came to the reader in time"),
        ({"error": "unusable"}, "take another one"),
        ({"error": "no_reader"}, "plug it in"),
        ({"error": "purple"}, "the reader says purple"),
        ({"kind": "desfire", "uid": "04a1b2c3"}, "has a number of 7 bytes"),
    ],
)
def test_a_card_that_can_not_be_read_here_is_no_card(
    here: Callable[..., Any], sqlite_world: World, read: Any, problem: str
) -> None:
    result = here(read)("enrol", SPACE, "Karte 1")
    assert result.exit_code == 2
    assert problem in result.stderr
    assert sqlite_world.rows("SELECT * FROM card") == []


def test_a_card_that_the_space_has_already_is_told_by_its_number(
    here: Callable[..., Any], sqlite_world: World
) -> None:
    card = here({"kind": "uid", "uid": "a1b2c3d4"})
    assert card("enrol", SPACE, "Karte 1").stdout == "card 1 is enrolled, of kind uid\n"
    assert sqlite_world.rows("SELECT state FROM card") == [("spare",)]
    assert "it is card 1, spare" in card("enrol", SPACE, "Karte 2").stderr
    assert "is on another card" in card("enrol", SPACE, "Karte 1").stderr
    assert "only a card with keys" in card("personalise", "1").stderr


def test_nobody_is_asked_for_a_card_before_label_member_and_reader_are_checked(
    here: Callable[..., Any], sqlite_world: World
) -> None:
    card = here({"error": "no_reader"})
    gone = card("enrol", SPACE, "Karte 1")
    assert gone.stderr.startswith("ankerort-hub: no reader with 'ACR122U' in its name is there: plug it in")
    assert "pcscd" in gone.stderr
    assert "no member of space" in card("enrol", SPACE, "Karte 1", "--member", "99").stderr
    assert "a card's label is missing" in card("enrol", SPACE, " ").stderr
    assert card("enrol", SPACE, "Karte\x1b[2J").stderr.startswith(
        "ankerort-hub: a card's label has a character"
    )
    held = here({"kind": "uid", "uid": "a1b2c3d4"})("enrol", SPACE, "Karte 1")
    assert held.stderr == "hold Karte 1 to the reader, until it is done\n"


def test_a_reader_program_that_ends_is_told(tmp_path: Path) -> None:
    with (
        card_station("ACR", (sys.executable, "-c", "pass")) as station,
        pytest.raises(RuleRefused, match="the reader's program ended"),
    ):
        station.read(1)


def test_the_real_program_says_that_there_is_no_such_reader() -> None:
    # Without a PC/SC service, or with one that has no such reader: both are told in the same way.
    with card_station("no reader has this name") as station, pytest.raises(RuleRefused):
        station.read(1)
