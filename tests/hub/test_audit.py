"""The chains of the log: each way of meddling with them is found, and what may be deleted may be."""

import json
import sqlite3
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import Connection, Engine, text

from hub.domain.audit import HOST_CHAIN, LIST_LIFE_US, Anchor, AnchorKind, Finding, commit_to, link
from hub.services.audit import DAY_US, KeepChains, verify_log
from hub.storage.chain_log import SqlChainLog
from hub.storage.chains import add_entry
from hub.storage.person_rows import PersonRows
from tests.hub.storage.rows import ROWS

NOW_US = 1_795_000_200_000_000
DEVICE = "moelln/pi-1"
KEY = Ed25519PrivateKey.from_private_bytes(b"s" * 32)
MINE = 2
"""A second card, of a second member; the first one's member is erased."""


def sign(anchor: Anchor) -> bytes:
    return KEY.sign(anchor.signed())


def is_signed(anchor: Anchor) -> bool:
    try:
        KEY.public_key().verify(anchor.signature, anchor.signed())
    except InvalidSignature:
        return False
    return True


@pytest.fixture
def log(engine: Engine) -> SqlChainLog:
    return filled(engine)


def filled(engine: Engine) -> SqlChainLog:
    """A site, two members with a card each, and ten entries in the chain of its device."""
    with engine.begin() as connection:
        for table in ("town", "space", "device", "door", "member", "card", "device_state", "epoch"):
            insert(connection, table, ROWS[table] | ({"meta": None} if table == "device_state" else {}))
        insert(connection, "member", ROWS["member"] | {"pk": MINE, "name": "Kim", "ref": "f" * 32})
        insert(connection, "card", ROWS["card"] | {"pk": MINE, "member_pk": MINE, "uid_tag": b"T" * 32})
        for number in range(1, 11):
            card = 1 + number % 2
            happened = {"door": "tuer", "happened_us": NOW_US + number, "time": "exact"}
            told = {
                "what": "access",
                "granted": True,
                "reason": "granted",
                "epoch": 1,
                "seq": number,
                **happened,
            }
            add_entry(connection, DEVICE, told, NOW_US + number, card)
            row = {"seq": number, "card_pk": card, "at_us": NOW_US + number}
            insert(connection, "door_log", ROWS["door_log"] | row)
        add_entry(connection, HOST_CHAIN, {"what": "card_blocked", "by": 1}, NOW_US, 1)
    return SqlChainLog(engine)


def insert(connection: Connection, table: str, row: dict[str, Any]) -> None:
    names = ", ".join(row)
    values = ", ".join(f":{name}" for name in row)
    connection.execute(text(f"INSERT INTO {table} ({names}) VALUES ({values})"), row)


def meddle(engine: Engine, *statements: str, **values: Any) -> None:
    with engine.begin() as connection:
        for statement in statements:
            connection.execute(text(statement), values)


def erase(engine: Engine) -> None:
    with engine.begin() as connection:
        PersonRows(connection, True).erase(1, NOW_US + 50)


def findings(log: SqlChainLog, kept_from_us: int = NOW_US) -> list[Finding]:
    return verify_log(log, is_signed, kept_from_us)


def hand_back(engine: Engine, *, told_us: int = NOW_US) -> None:
    """Have the device hand back how the chains stand now."""
    with engine.connect() as connection:
        heads = [
            {"chain": name, "length": length, "head": bytes(head).hex()}
            for name, length, head in connection.execute(text("SELECT name, length, head FROM chain"))
        ]
    meta = json.dumps({"access_until_us": told_us + LIST_LIFE_US, "heads": heads})
    meddle(engine, "UPDATE device_state SET meta = :meta", meta=meta)


def forge(engine: Engine, number: int, payload: bytes) -> None:
    """Rewrite an entry and all hashes after it, as anybody can who writes into the database."""
    with engine.begin() as connection:
        rows = connection.execute(
            text(
                "SELECT number, at_us, salt, commitment, hash FROM chain_entry WHERE chain = :c ORDER BY number"
            ),
            {"c": DEVICE},
        ).all()
        before = bytes(32)
        for row in rows:
            commitment = commit_to(payload, row.salt) if row.number == number else bytes(row.commitment)
            before = link(DEVICE, row.number, row.at_us, commitment, before)
            connection.execute(
                text("UPDATE chain_entry SET commitment = :k, hash = :h WHERE chain = :c AND number = :n"),
                {"k": commitment, "h": before, "c": DEVICE, "n": row.number},
            )
        connection.execute(
            text("UPDATE chain_entry SET payload = :p WHERE chain = :c AND number = :n"),
            {"p": payload, "c": DEVICE, "n": number},
        )
        connection.execute(text("UPDATE chain SET head = :h WHERE name = :c"), {"h": before, "c": DEVICE})


def test_a_log_that_nobody_touched_holds(log: SqlChainLog, engine: Engine) -> None:
    assert findings(log) == []
    log.anchor(AnchorKind.DAILY, sign, NOW_US)
    hand_back(engine)
    assert findings(log) == []


MEDDLING = [
    ("an edited text", ["UPDATE chain_entry SET payload = :p WHERE chain = :c AND number = 4"], 4, "altered"),
    ("an edited time", ["UPDATE chain_entry SET at_us = at_us + 1 WHERE chain = :c AND number = 4"], 4, "altered"),
    ("another card", ["UPDATE chain_entry SET card_pk = 2 WHERE chain = :c AND number = 4"], 4, "another card"),
    ("a text that is gone", ["UPDATE chain_entry SET payload = NULL, salt = NULL WHERE chain = :c AND number = 4"], 4,
     "no erasure was declared"),
    ("a deleted row", ["DELETE FROM chain_entry WHERE chain = :c AND number = 4"], 4, "deleted"),
    ("a deleted first row", ["DELETE FROM chain_entry WHERE chain = :c AND number = 1"], 1, "without a signed anchor"),
    ("swapped rows",
     ["UPDATE chain_entry SET number = 99 WHERE chain = :c AND number = 4",
      "UPDATE chain_entry SET number = 4 WHERE chain = :c AND number = 5",
      "UPDATE chain_entry SET number = 5 WHERE chain = :c AND number = 99"], 4, "in another place"),
    ("an inserted row",
     [
         "INSERT INTO chain_entry SELECT chain, 11, at_us, payload, salt, commitment, hash, card_pk "  # noqa: ISC004
         "FROM chain_entry WHERE chain = :c AND number = 10"
     ], 11, "does not follow"),
    ("a cut tail", ["DELETE FROM chain_entry WHERE chain = :c AND number > 8"], 9, "cut off"),
    ("a hosts' log with another reason", ["UPDATE door_log SET reason = 'blocked' WHERE seq = 4"], 4, "hosts' log"),
    ("a hosts' log with another time", ["UPDATE door_log SET at_us = at_us + 1 WHERE seq = 4"], 4, "hosts' log"),
    ("a hosts' log with another card", ["UPDATE door_log SET card_pk = 2 WHERE seq = 4"], 4, "hosts' log"),
    ("a hosts' log without a row", ["DELETE FROM door_log WHERE seq = 4"], 4, "its row was deleted"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("statements", "number", "what"), [m[1:] for m in MEDDLING], ids=[m[0] for m in MEDDLING]
)
def test_what_was_done_to_a_row_is_found_and_named(
    log: SqlChainLog, engine: Engine, statements: list[str], number: int, what: str
) -> None:
    payload = b'{"card":1,"what":"access"}'
    for statement in statements:
        named = {"c": DEVICE, "p": payload}
        meddle(engine, statement, **{name: named[name] for name in named if f":{name}" in statement})
    (finding,) = findings(log)
    assert (finding.chain, finding.number) == (DEVICE, number)
    assert what in finding.what


@pytest.mark.parametrize("value", ["NULL", "'abc'", "-1", "CAST(x'ff' AS TEXT)"])
def test_whatever_somebody_writes_into_a_row_is_named_and_breaks_nothing(
    sqlite_engine: Engine, value: str
) -> None:
    engine, log = sqlite_engine, filled(sqlite_engine)
    log.anchor(AnchorKind.DAILY, sign, NOW_US)
    for table, columns, least in (
        ("chain_entry", ("at_us", "payload", "salt", "commitment", "hash", "card_pk"), "number = 4"),
        ("chain_anchor", ("hash", "at_us", "kind", "signature"), f"chain = '{DEVICE}'"),
        ("door_log", ("what", "granted", "reason", "card_pk", "command", "at_us"), "seq = 4"),
    ):
        for column in columns:
            raw = sqlite3.connect(str(engine.url.database))
            raw.execute("PRAGMA ignore_check_constraints = ON")
            before = raw.execute(f"SELECT {column} FROM {table} WHERE {least}").fetchone()
            try:
                raw.execute(f"UPDATE {table} SET {column} = {value} WHERE {least}")
            except sqlite3.IntegrityError:
                assert value == "NULL"
            else:
                raw.commit()
                found = [(one.chain, one.number) for one in findings(log)]
                is_same = value == "NULL" and before[0] is None
                number = 10 if table == "chain_anchor" else 4
                assert found == ([] if is_same else [(DEVICE, number)]), column
            raw.rollback()
            raw.execute(f"UPDATE {table} SET {column} = ? WHERE {least}", before)
            raw.commit()
            raw.close()
    assert findings(log) == []


def test_a_chain_that_nobody_began_and_one_whose_row_is_gone_are_told_apart(sqlite_engine: Engine) -> None:
    log = filled(sqlite_engine)
    log.anchor(AnchorKind.DAILY, sign, NOW_US)
    raw = sqlite3.connect(str(sqlite_engine.url.database))
    raw.execute(
        "INSERT INTO chain_entry SELECT 'ghost', 1, at_us, payload, salt, commitment, hash, card_pk "
        "FROM chain_entry WHERE chain = 'host' AND number = 1"
    )
    raw.execute("DELETE FROM chain WHERE name = 'moelln/pi-1'")
    raw.commit()
    raw.close()
    assert [(one.chain, one.what) for one in findings(log)] == [
        ("ghost", "added: there is no such chain"),
        (DEVICE, "missing: the chain's own row"),
    ]


@pytest.mark.parametrize("gone", [HOST_CHAIN, DEVICE])
def test_an_anchor_that_was_deleted_is_missed_until_retention_takes_it(
    log: SqlChainLog, engine: Engine, gone: str
) -> None:
    log.anchor(AnchorKind.DAILY, sign, NOW_US)
    with engine.begin() as connection:
        add_entry(connection, DEVICE, {"what": "door"}, NOW_US + 20)
    log.anchor(AnchorKind.DAILY, sign, NOW_US + 30)
    assert findings(log) == []
    meddle(engine, "DELETE FROM chain_anchor WHERE chain = :c AND number < 11", c=gone)
    (finding,) = findings(log)
    assert (finding.chain, finding.number) == (gone, 2 if gone == HOST_CHAIN else 10)
    assert "the anchor that was signed at it was deleted" in finding.what
    meddle(engine, "DELETE FROM chain_anchor")
    assert {one.chain for one in findings(log)} == {HOST_CHAIN, DEVICE}


def test_a_row_of_the_hosts_log_that_is_old_enough_to_be_gone_is_not_missed(
    log: SqlChainLog, engine: Engine
) -> None:
    meddle(engine, "DELETE FROM door_log WHERE seq < 5")
    assert findings(log, NOW_US + 5) == []
    assert [one.number for one in findings(log, NOW_US + 4)] == [4]


def test_an_entry_that_was_made_to_point_to_a_card_is_not_erased_with_its_member(
    log: SqlChainLog, engine: Engine
) -> None:
    meddle(engine, "UPDATE chain_entry SET card_pk = 1 WHERE chain = :c AND number = 5", c=DEVICE)
    erase(engine)
    found = findings(log)
    assert [one.number for one in found if "another card than its text" in one.what] == [5]


def test_an_erased_text_gets_no_card_again(log: SqlChainLog, engine: Engine) -> None:
    erase(engine)
    meddle(engine, "UPDATE chain_entry SET card_pk = 2 WHERE chain = :c AND payload IS NULL", c=DEVICE)
    assert [(one.number, "points to a card again" in one.what) for one in findings(log)] == [(2, True)]


def test_a_row_of_the_hosts_log_that_no_chain_knows_is_found(log: SqlChainLog, engine: Engine) -> None:
    with engine.begin() as connection:
        insert(connection, "door_log", ROWS["door_log"] | {"seq": 77})
    (finding,) = findings(log)
    assert (finding.chain, finding.number) == ("door_log", 77)


def test_a_tail_that_was_cut_with_the_chains_row_is_found_by_the_anchor(
    log: SqlChainLog, engine: Engine
) -> None:
    log.anchor(AnchorKind.DAILY, sign, NOW_US)
    cut_with_row(engine, 8)
    (finding,) = findings(log)
    assert (finding.chain, finding.number) == (DEVICE, 9)
    assert "anchor was signed at entry 10" in finding.what


def cut_with_row(engine: Engine, upto: int) -> None:
    meddle(engine, "DELETE FROM chain_entry WHERE chain = :c AND number > :n", c=DEVICE, n=upto)
    meddle(engine, "DELETE FROM door_log WHERE seq > :n", n=upto)
    meddle(
        engine,
        "UPDATE chain SET length = :n, head = (SELECT hash FROM chain_entry WHERE chain = :c AND number = :n) "
        "WHERE name = :c",
        c=DEVICE,
        n=upto,
    )


def test_a_chain_that_was_worked_out_anew_is_found_by_the_anchor(log: SqlChainLog, engine: Engine) -> None:
    log.anchor(AnchorKind.DAILY, sign, NOW_US)
    forge(engine, 4, b'{"card":1,"epoch":1,"granted":true,"reason":"granted","seq":4,"what":"access"} ')
    (finding,) = findings(log)
    assert (finding.chain, finding.number) == (DEVICE, 10)
    assert "anchored" in finding.what


def test_an_older_database_is_found_by_what_a_device_was_told(log: SqlChainLog, engine: Engine) -> None:
    hand_back(engine)
    cut_with_row(engine, 8)
    (finding,) = findings(log)
    assert (finding.chain, finding.number) == (DEVICE, 9)
    assert "moelln/pi-1 was told of 10 entries" in finding.what


def test_an_anchor_that_somebody_else_signed_is_found(log: SqlChainLog, engine: Engine) -> None:
    other = Ed25519PrivateKey.generate()
    log.anchor(AnchorKind.DAILY, lambda anchor: other.sign(anchor.signed()), NOW_US)
    assert {found.what for found in findings(log)} == {
        "altered: its anchor does not bear the hub's signature"
    }


def test_a_restore_that_was_declared_is_no_finding_and_what_comes_after_it_is(
    log: SqlChainLog, engine: Engine
) -> None:
    hand_back(engine)
    cut_with_row(engine, 8)
    keep = KeepChains(log, door_days=30)
    assert keep.declare_restore("Platte ersetzt", KEY.sign, NOW_US + 1) == 2
    assert findings(log) == []
    with engine.begin() as connection:
        add_entry(connection, DEVICE, {"what": "door"}, NOW_US + 2)
        add_entry(connection, DEVICE, {"what": "door"}, NOW_US + 3)
    assert findings(log) == []
    hand_back(engine, told_us=NOW_US + 9)
    assert findings(log) == []
    cut_with_row(engine, 9)
    assert [finding.number for finding in findings(log)] == [10]


def test_old_entries_go_up_to_a_signed_anchor_only_and_the_rest_still_verifies(
    log: SqlChainLog, engine: Engine
) -> None:
    later_us = NOW_US + 31 * DAY_US
    hand_back(engine)
    assert log.purge(lambda _: later_us) == 0
    keep = KeepChains(log, door_days=30)
    keep.run(KEY.sign, NOW_US + DAY_US)
    with engine.begin() as connection:
        add_entry(connection, DEVICE, {"what": "door"}, later_us)
    assert keep.run(KEY.sign, later_us) == (2, 10)
    meddle(engine, "DELETE FROM door_log")
    assert findings(log) == []
    with engine.connect() as connection:
        rows = connection.execute(text("SELECT number FROM chain_entry WHERE chain = :c"), {"c": DEVICE})
        assert rows.scalars().all() == [11]
    keep.run(KEY.sign, later_us + 31 * DAY_US)
    assert findings(log) == []


def test_a_members_erasure_takes_every_text_about_the_cards_and_the_chains_verify(
    log: SqlChainLog, engine: Engine
) -> None:
    hand_back(engine)
    log.anchor(AnchorKind.DAILY, sign, NOW_US)
    erase(engine)
    assert findings(log) == []
    with engine.connect() as connection:
        left = connection.execute(text("SELECT payload FROM chain_entry WHERE payload IS NOT NULL")).scalars()
        assert not [payload for payload in left if b'"card":1' in bytes(payload)]


def test_an_entry_of_another_chain_does_not_fit() -> None:
    one = link("moelln/pi-1", 1, NOW_US, b"c" * 32, bytes(32))
    assert one != link("moelln/pi-2", 1, NOW_US, b"c" * 32, bytes(32))


@pytest.mark.parametrize(
    "change",
    [
        lambda a: replace(a, chain="host"),
        lambda a: replace(a, number=a.number + 1),
        lambda a: replace(a, hash=b"x" * 32),
        lambda a: replace(a, at_us=a.at_us + 1),
        lambda a: replace(a, kind=AnchorKind.RESTORE),
    ],
)
def test_a_signature_holds_for_every_word_of_its_anchor(change: Callable[[Anchor], Anchor]) -> None:
    anchor = Anchor(DEVICE, 3, b"h" * 32, NOW_US, AnchorKind.DAILY)
    signed = replace(anchor, signature=sign(anchor))
    assert is_signed(signed)
    assert not is_signed(change(signed))
