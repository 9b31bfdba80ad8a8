"""P5 on real files: after an erasure no file of the hub tells of the person, nor does a backup, nor one put back."""

import sqlite3
from dataclasses import replace
from datetime import date, time
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from sqlalchemy import Engine, text

from hub.booking_ports import SeriesWish
from hub.cli import main
from hub.domain.series import Frequency, SeriesRule
from hub.ledger import FileLedger
from hub.services.keep_erasures import KeepErasures
from hub.services.series_desk import SeriesService
from hub.storage.access_unit import SqlUnits
from hub.storage.booking_rows import BookingRows
from hub.storage.engine import forget_deleted, make_engine
from hub.storage.person_rows import ErasureRows
from tests.hub.desks.test_person import MAIL, NAME, PHONE, come_again, live
from tests.hub.desks.world import LOOKUPS, SPACE, DoorSpool, World

NOTE, SUBJECT, PASSKEY, TOKEN = (
    "mit Blindenhund Ölli",
    "oidc-oezlem-4711",
    "Özlems Telefon",
    "Özlems Kalender",
)
SECRET = "geheimnis-der-abmeldung-oezlem".ljust(43, "x")
CREDENTIAL, LINK = b"credential-of-oezlem", b"digest-of-a-link-oezlem".ljust(32, b".")
"""What stands in no text, and leads to the person all the same."""
WORDS = (
    NAME,
    "Özlem",
    MAIL,
    PHONE,
    "Özlems Karte",
    "gestohlen im Zug",
    NOTE,
    SUBJECT,
    PASSKEY,
    TOKEN,
    SECRET,
)
TRACES = (*(word.encode() for word in WORDS), CREDENTIAL, LINK)


def test_P5_no_file_tells_of_whoever_was_erased_and_no_backup_brings_the_person_back(  # noqa: N802
    sqlite_world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    world, file = sqlite_world, Path(sqlite_world.engine.url.database or "")
    pk = live(world)
    belongings(world, pk)
    yesterday, later, ledger = tmp_path / "yesterday.db", tmp_path / "later.db", tmp_path / "ledger.jsonl"
    back_up(file, yesterday)
    assert [word for word in TRACES if word not in yesterday.read_bytes()] == [], "all of it was there"

    since = DoorSpool(epoch="e000000000000002")
    since.access(LOOKUPS[1], 7_000)
    world.take(since.batch(1))
    counts = count(world)
    monkeypatch.setattr("hub.config.DEFAULT_FILE", tmp_path / "none.toml")
    monkeypatch.setattr("hub.bootstrap.SystemClock.now_us", lambda _: world.now_us)
    environ = {"ANKERORT_DATABASE_URL": str(world.engine.url)}
    erased = CliRunner().invoke(main, ["member", "erase", str(pk), "--yes"], env=environ)
    assert erased.exit_code == 0, erased.output
    # A minute of `jobs`, while pages have the database open.
    with world.engine.connect():
        assert keep(world.engine, ledger).run(world.now_us) == 0
    back_up(file, later)
    for one in (file, file.with_name("hub.db-wal"), later, ledger):
        assert found_in(one) == [], one.name
    assert count(world) == counts

    # The disk breaks, and yesterday's copy is put in place.
    world.engine.dispose()
    for rest in tmp_path.glob("hub.db*"):
        rest.unlink()
    file.write_bytes(yesterday.read_bytes())
    assert CliRunner().invoke(main, ["migrate"], env=environ).exit_code == 0
    restored = World(make_engine(str(world.engine.url)), world.now_us)
    try:
        assert keep(restored.engine, ledger).run(world.now_us) == 1
        restored.take(come_again().batch(1), since.batch(1))
        assert keep(restored.engine, ledger).run(world.now_us) == 0
        assert restored.rows("SELECT count(*) FROM door_log WHERE card_pk IS NOT NULL") == [(0,)]
        assert count(restored) == counts
        back_up(file, later)
        for one in (file, file.with_name("hub.db-wal"), later, ledger):
            assert found_in(one) == [], f"{one.name} after the restore"
    finally:
        restored.engine.dispose()
    assert [word for word in WORDS if word in caplog.text + erased.output] == []


def found_in(file: Path) -> list[bytes]:
    """Return the traces that a file has anywhere, also where nothing points to any more."""
    data = file.read_bytes() if file.exists() else b""
    return [word for word in TRACES if word in data]


def back_up(file: Path, to: Path) -> None:
    """Copy a database as docs/how-to/run-a-hub.md says."""
    to.unlink(missing_ok=True)
    with sqlite3.connect(file) as source, sqlite3.connect(to) as target:
        source.backup(target)
    source.close()
    target.close()


def keep(engine: Engine, ledger: Path) -> KeepErasures:
    return KeepErasures(SqlUnits(engine, ErasureRows), FileLedger(ledger), lambda: forget_deleted(engine))


def count(world: World) -> list[tuple[Any, ...]]:
    """Return how many rows there are of what is counted."""
    return [world.rows(f"SELECT count(*) FROM {table}")[0] for table in COUNTED]


COUNTED = ("booking", "booking_series", "visit", "member_pass", "card", "door_log")


def belongings(world: World, pk: int) -> None:
    """Have the person book, get letters, and know every way to sign in."""
    units = SqlUnits(world.engine, BookingRows)
    me = replace(world.actor(4), member=pk)
    rule = SeriesRule(Frequency.DAILY, date(2026, 11, 20), date(2026, 11, 21), time(9), time(12))
    SeriesService(units).book_series(SeriesWish(SPACE, "flur", rule, pk, note=NOTE), me, world.now_us)
    now = {"now": world.now_us, "later": world.now_us + 1, "member": pk}
    with world.engine.begin() as connection:
        account = connection.execute(
            text("SELECT pk FROM account WHERE member_pk = :member"), now
        ).scalar_one()
        for statement in _ROWS.split(";"):
            connection.execute(text(statement), now | {"account": account} | _VALUES)


_VALUES = {
    "passkey": PASSKEY, "credential": CREDENTIAL, "subject": SUBJECT, "token": TOKEN, "secret": SECRET, "link": LINK,
    "letter": '{"kind": "booking_made", "greeting": "Guten Tag ' + NAME + '", "note": "' + NOTE + '"}',
    "key": f"booking/{MAIL}", "blob": b"b" * 32,
}  # fmt: skip
_ROWS = """
INSERT INTO passkey (account_pk, credential_id, public_key, sign_count, name, made_us)
    VALUES (:account, :credential, :blob, 0, :passkey, :now);
INSERT INTO sign_in_link (digest, account_pk, purpose, made_us, until_us)
    VALUES (:link, :account, 'sign_in', :now, :later);
INSERT INTO second_factor (account_pk, sealed, last_step, made_us) VALUES (:account, :blob, 0, :now);
INSERT INTO recovery_code (account_pk, digest) VALUES (:account, :blob);
INSERT INTO sso_subject (issuer, subject, account_pk) VALUES ('https://login.example.org', :subject, :account);
INSERT INTO mail_choice (member_pk, language, tone, secret) VALUES (:member, 'en', 'du', :secret);
INSERT INTO mail_off (choice_pk, topic) SELECT pk, 'bookings' FROM mail_choice WHERE member_pk = :member;
INSERT INTO api_token (name, digest, scopes, member_pk, created_us)
    VALUES (:token, :blob, 'bookings:read', :member, :now);
INSERT INTO outbox (key, kind, state, member_pk, letter, created_us, due_us, until_us, tries, reason)
    VALUES (:key, 'booking_made', 'waiting', :member, :letter, :now, :now, :later, 0, '');
INSERT INTO outbox (key, kind, state, account_pk, letter, created_us, due_us, until_us, tries, reason, ended_us)
    VALUES (:key || '/2', 'alarm', 'dead', :account, :letter, :now, :now, :later, 3, '550 ' || :key, :now)
"""
