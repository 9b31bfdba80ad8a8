"""P5: one person's data is given whole and erased whole; counts stay, the log verifies, no backup undoes it."""

import json
import shutil
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import Engine, MetaData, update

from hub.access_ports import Account
from hub.cli import main
from hub.domain.errors import NotAllowed, RuleRefused
from hub.domain.people import AccessHours, Member, Membership, Role
from hub.domain.tariffs import Tariff, TariffKind
from hub.export.person import person_html, person_json
from hub.ledger import FileLedger
from hub.services.audit import verify_log
from hub.services.keep_erasures import KeepErasures
from hub.services.person_desk import PersonService
from hub.storage.access_tables import CardRow
from hub.storage.access_unit import SqlUnits
from hub.storage.chain_log import SqlChainLog
from hub.storage.engine import make_engine
from hub.storage.person_rows import ErasureRows, PersonRows
from tests.hub.desks.world import CLI, LOOKUPS, OTHER, SPACE, DoorSpool, World

NAME, MAIL, PHONE = "Özlem Şahin-Ärmel", "oezlem@privat.example", "0170 5550199"
WORDS = (NAME, MAIL, PHONE, "Özlems Karte", "gestohlen im Zug", "oezlem@")
TODAY = date(2026, 11, 18)


def desk(world: World) -> PersonService:
    return PersonService(SqlUnits(world.engine, PersonRows))


def everywhere(engine: Engine) -> Iterator[tuple[str, str]]:
    """Give (table.column, value) of every value of the database, as text."""
    tables = MetaData()
    with engine.connect() as connection:
        tables.reflect(connection)
        for table in tables.sorted_tables:
            for row in connection.execute(table.select()):
                for column, value in row._mapping.items():
                    shown = value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)
                    yield f"{table.name}.{column}", shown


def found(engine: Engine, *words: str) -> list[tuple[str, str]]:
    return [(where, word) for where, value in everywhere(engine) for word in words if word in value]


def live(world: World) -> int:
    """Have somebody live with everything that a person can have; return the member's key."""
    membership = Membership(SPACE, AccessHours.ALWAYS, date(2026, 1, 1), doors=("haupt",))
    person = Member(0, NAME, MAIL, True, (membership,), PHONE, True, True)
    pk = world.members.save_member(person, CLI, world.now_us)
    world.passes.save_tariff(
        SPACE, Tariff("zehn", "Zehnerkarte", TariffKind.DAY, units=10), CLI, world.now_us
    )
    world.passes.sell(SPACE, pk, "zehn", None, CLI, world.now_us)
    account = Account(0, MAIL, NAME, "", None, True, pk, frozenset({(Role.MEMBER, SPACE)}))
    own = replace(world.actor(world.accounts.save(account, CLI, world.now_us)), member=pk)
    card = world.card(member=pk)
    with world.engine.begin() as connection:
        connection.execute(update(CardRow).where(CardRow.pk == card).values(label="Özlems Karte"))
    spare = world.card("Karte 2")
    world.cards.give(spare, pk, None, CLI, world.now_us)
    come(world, 3_700)
    world.now_us += 3_600_000_000
    world.cards.take_back(spare, CLI, world.now_us)
    world.cards.block(card, "gestohlen im Zug", own, world.now_us)
    world.now_us += 60_000_000
    return pk


def come(world: World, at_s: float, epoch: str = "e000000000000001") -> DoorSpool:
    spool = DoorSpool(epoch=epoch)
    spool.access(LOOKUPS[1], at_s)
    spool.access(LOOKUPS[2], at_s + 5)
    world.take(spool.batch(1))
    return spool


def test_P5_all_that_is_stored_is_given_and_nothing_that_opens_a_door(world: World) -> None:  # noqa: N802
    pk = live(world)
    data = desk(world).export(pk, "asked by mail", world.actor(2), world.now_us)
    sections = {section.table: section.rows for section in data.sections}
    assert sections.keys() == {
        "member", "account", "account_role", "card", "card_lookup", "member_pass", "membership", "membership_door",
        "visit", "door_log", "chain_entry", "check_in",
    }  # fmt: skip
    (visit,) = sections["visit"]
    assert (visit["space"], visit["member_pk"], visit["day"], visit["pass_pk"]) == (
        SPACE,
        pk,
        "2026-11-18",
        1,
    )
    assert [row["seq"] for row in sections["door_log"]] == [1, 2], "with the card that was lent, too"
    whats = {row["text"]["what"] for row in sections["chain_entry"]}
    assert whats == {
        "member_saved", "pass_sold", "account_saved", "card_given", "card_taken_back", "card_blocked", "access",
        "person_exported",
    }  # fmt: skip
    assert "account.password_hash" in data.hidden
    told = json.loads(person_json(data))
    assert told["sections"]["member"][0]["name"] == NAME
    for language, said in (("de", "Türprotokoll"), ("en", "Log of doors")):
        page = person_html(data, language).decode()
        assert said in page
        assert MAIL in page
    last = world.chain()[-1]
    assert (last["what"], last["reason"], last["by"]) == ("person_exported", "asked by mail", 2)


def test_P5_after_an_erasure_no_table_has_the_person_and_counts_stay(world: World) -> None:  # noqa: N802
    pk = live(world)
    kim = world.member("Kim Keil")
    assert {word for _, word in found(world.engine, *WORDS)} == set(WORDS)
    before = {
        table: world.rows(f"SELECT count(*) FROM {table}")
        for table in ("visit", "door_log", "member_pass", "card")
    }
    lists = world.wanted()[f"{SPACE}/pi-1"]
    desk(world).erase(pk, CLI, world.now_us)
    assert found(world.engine, *WORDS) == []
    for table, count in before.items():
        assert world.rows(f"SELECT count(*) FROM {table}") == count, table
    assert world.rows("SELECT day, member_pk FROM visit") == [
        (world.rows("SELECT day FROM visit")[0][0], None)
    ]
    assert world.rows("SELECT card_pk FROM door_log WHERE card_pk IS NOT NULL") == []
    assert world.rows("SELECT state FROM card ORDER BY pk") == [("retired",), ("spare",)]
    assert world.rows("SELECT pk FROM account WHERE pk > 5") == []
    assert world.wanted()[f"{SPACE}/pi-1"] == lists + 1
    assert verify_log(SqlChainLog(world.engine), lambda _: True) == []
    assert world.members.members(SPACE, CLI) == [world.members.member(kim, CLI)]
    assert world.doors.today(SPACE, world.actor(1), world.now_us).visits == 0
    assert {"what": "member_erased", "spaces": [SPACE], "own": False, "by": None} in world.chain()
    with pytest.raises(RuleRefused, match=f"no member {pk}"):
        desk(world).export(pk, "once more", CLI, world.now_us)


def test_a_card_that_was_lent_keeps_what_others_did_with_it(world: World) -> None:
    first, second = world.member("Erste Person"), world.member("Zweite Person")
    card = world.card()
    world.cards.give(card, first, None, CLI, world.now_us)
    world.now_us += 3_600_000_000
    world.cards.take_back(card, CLI, world.now_us)
    world.cards.give(card, second, None, CLI, world.now_us)
    world.now_us += 7_200_000_000
    spool = DoorSpool()
    for at_s in (3_700, 9_500):
        spool.access(LOOKUPS[1], at_s)
    world.take(spool.batch(1))
    desk(world).erase(first, CLI, world.now_us)
    assert world.rows("SELECT seq, card_pk FROM door_log ORDER BY seq") == [(1, None), (2, card)]
    data = desk(world).export(second, "asked by mail", CLI, world.now_us)
    sections = {section.table: section.rows for section in data.sections}
    assert [row["seq"] for row in sections["door_log"]] == [2]
    assert verify_log(SqlChainLog(world.engine), lambda _: True) == []


def test_an_older_backup_and_a_refill_from_the_devices_bring_nobody_back(
    sqlite_world: World, tmp_path: Path
) -> None:
    world, ledger = sqlite_world, FileLedger(tmp_path / "ledger.jsonl")
    pk = live(world)
    world.engine.dispose()
    file, backup = Path(world.engine.url.database or ""), tmp_path / "backup.db"
    shutil.copy(file, backup)
    world.now_us += 60_000_000
    spool = DoorSpool(epoch="e000000000000002")
    spool.access(LOOKUPS[1], 7_000)
    world.take(spool.batch(1))
    desk(world).erase(pk, CLI, world.now_us)
    assert keep(world.engine, ledger).run(world.now_us) == 0
    world.engine.dispose()
    for rest in tmp_path.glob(f"{file.name}-*"):
        rest.unlink()
    shutil.copy(backup, file)
    restored = World(make_engine(str(world.engine.url)), world.now_us)
    try:
        assert found(restored.engine, NAME)
        # A second person has got the key that the erased one had: the ledger means the person, not the key.
        fresh = FileLedger(ledger._file)
        assert keep(restored.engine, fresh).run(restored.now_us) == 1
        assert keep(restored.engine, fresh).run(restored.now_us) == 0
        visits = restored.rows("SELECT count(*) FROM visit")
        restored.take(spool.batch(1), come_again().batch(1))
        assert found(restored.engine, *WORDS) == []
        assert restored.rows("SELECT count(*) FROM visit") == visits, "who is erased visits no more"
        assert restored.rows("SELECT count(*) FROM door_log WHERE card_pk IS NOT NULL") == [(0,)]
        assert verify_log(SqlChainLog(restored.engine), lambda _: True) == []
        assert restored.chain()[-1]["what"] == "member_erased_again"
    finally:
        restored.engine.dispose()


def come_again() -> DoorSpool:
    spool = DoorSpool()
    spool.access(LOOKUPS[1], 3_700)
    spool.access(LOOKUPS[2], 3_705)
    return spool


def keep(engine: Engine, ledger: FileLedger) -> KeepErasures:
    return KeepErasures(SqlUnits(engine, ErasureRows), ledger)


def test_a_ledger_that_can_not_be_written_is_told_and_written_later(
    sqlite_world: World, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    desk(sqlite_world).erase(sqlite_world.member(), CLI, sqlite_world.now_us)
    missing = FileLedger(tmp_path / "no" / "ledger.jsonl")
    assert keep(sqlite_world.engine, missing).run(1) == 0
    assert "the ledger of erased persons can't be used" in caplog.text
    (tmp_path / "no").mkdir()
    keep(sqlite_world.engine, missing).run(1)
    ((ref, erased_us),) = missing.erased().items()
    assert sqlite_world.rows("SELECT ref, erased_us FROM erasure") == [(ref, erased_us)]
    assert FileLedger(tmp_path / "no" / "ledger.jsonl").words() == {}


def test_a_host_of_alarms_who_is_a_member_leaves_the_rota_and_their_commands_stay(world: World) -> None:
    pk = world.member("Rita Rota")
    account = Account(0, "rita@example.org", "Rita Rota", "", None, True, pk, frozenset({(Role.HOST, SPACE)}))
    rita = world.actor(world.accounts.save(account, CLI, world.now_us))
    world.doors.save_rota(SPACE, [1, rita.account or 0], CLI, world.now_us)
    world.doors.open_log(SPACE, "Fundsache von Jo", rita, world.now_us)
    world.doors.open_once(SPACE, "haupt", "Lieferung", rita, world.now_us)
    desk(world).erase(pk, replace(rita, member=pk), world.now_us)
    assert world.doors.rota(SPACE, CLI) == [1]
    assert world.rows("SELECT account_pk FROM command") == [(None,)]
    assert world.rows("SELECT * FROM log_opening") == []
    assert found(world.engine, "Rita") == []
    assert world.chain()[-1] == {"what": "member_erased", "spaces": [SPACE], "own": True, "by": None}


def test_who_may_have_and_erase_what_is_stored(sqlite_world: World) -> None:
    world, persons = sqlite_world, desk(sqlite_world)
    pk = world.member("Jo")
    for account in (1, 3, 4, 5):
        with pytest.raises(NotAllowed):
            persons.export(pk, "a good reason", world.actor(account), world.now_us)
        with pytest.raises(NotAllowed):
            persons.erase(pk, world.actor(account), world.now_us)
        with pytest.raises(NotAllowed):
            persons.find("Jo", world.actor(account))
    with pytest.raises(RuleRefused, match="say why"):
        persons.export(pk, "  ", world.actor(2), world.now_us)
    assert persons.export(pk, "", world.actor(4, member=pk), world.now_us).name == "Jo"
    both = world.members.member(pk, CLI)
    there = Membership(OTHER, AccessHours.ALWAYS, date(2026, 1, 1))
    world.members.save_member(replace(both, memberships=(*both.memberships, there)), CLI, world.now_us)
    with pytest.raises(NotAllowed):
        persons.export(pk, "a good reason", world.actor(2), world.now_us)
    persons.erase(pk, world.actor(4, member=pk), world.now_us)
    assert world.rows("SELECT * FROM member") == []


def test_export_and_erase_as_whoever_operates_the_hub_meets_them(
    sqlite_world: World, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    world = sqlite_world
    monkeypatch.setattr("hub.config.DEFAULT_FILE", tmp_path / "none.toml")
    monkeypatch.delenv("ANKERORT_CONFIG", raising=False)
    monkeypatch.setattr("hub.bootstrap.SystemClock.now_us", lambda _: world.now_us)
    environ = {"ANKERORT_DATABASE_URL": str(world.engine.url)}

    def run(*arguments: str, **more: Any) -> Result:
        return CliRunner().invoke(main, ["member", *arguments], env=environ, **more)

    pk, out = live(world), tmp_path / "auskunft"
    world.member("Doppelt")
    world.member("Doppelt")
    _refused(run("export", "Niemand", "--out", str(out), "--reason", "asked"), 'nobody is called "Niemand"')
    _refused(run("export", "doppelt", "--out", str(out), "--reason", "asked"), "name one by number, of 2, 3")
    _refused(run("export", str(pk), "--out", str(out)), "say why")
    _refused(run("erase", "99", "--yes"), "no member 99")
    assert run("export", NAME.upper(), "--out", str(out), "--reason", "asked").stdout == (
        f"{out}/member-{pk}.json\n{out}/member-{pk}.html\n"
    )
    assert {file.stat().st_mode & 0o777 for file in out.iterdir()} == {0o600}
    _refused(run("export", str(pk), "--out", str(out), "--reason", "asked"), "is there already")
    assert run("erase", NAME, input="n\n").exit_code == 1
    assert run("erase", NAME, input="y\n").stdout.startswith(f"member {pk} is erased")
    assert found(world.engine, NAME) == []


def _refused(result: Result, said: str) -> None:
    assert (result.exit_code, result.stderr.count("\n")) == (2, 1), result.stderr
    assert said in result.stderr
