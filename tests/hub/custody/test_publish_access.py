"""Access lists as their devices open them: what is in them, their versions, and what a crash leaves."""

import logging
import time
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, insert, select, text

from hub.booking_ports import Wish
from hub.custody_ports import LedgerWord, Recipient, SealedList, SpaceLook
from hub.domain.cards import CardKind, CardState
from hub.domain.people import AccessHours, Actor
from hub.domain.time import Interval
from hub.keys import Keys
from hub.sealing import Sealer
from hub.services.booking_desk import BookingService
from hub.services.publish_access import DAY_US, VALID_US
from hub.storage.access_tables import CardRow
from hub.storage.access_unit import SqlUnits
from hub.storage.booking_rows import BookingRows
from tests.hub.custody.world import DEVICES, NOW_US, SPACE, TOWN, World
from wire.access import ALWAYS_WORKS, BLOCKED, HOST, AccessList, Credential
from wire.card_keys import lookup
from wire.errors import NotAuthentic

UID = bytes.fromhex("04112233445566")


def find(body: AccessList, uid: bytes) -> Credential | None:
    """Return what a list has for a card, as a reader looks it up."""
    wanted = bytes.fromhex(lookup(body.lookup_key, uid).digits)
    return next((one for one in body.credentials if one.lookup == wanted), None)


def test_a_device_opens_its_list_and_finds_the_card_with_its_own_key(world: World) -> None:
    world.card(world.member(is_host=True, works_offline=True), UID)
    assert world.run() == 2
    header, body = world.list_of()
    assert (header.version, header.issued_us, header.valid_until_us) == (1, NOW_US, NOW_US + VALID_US)
    assert [door.id for door in body.doors] == ["haupttuer"]
    card = find(body, UID)
    assert card is not None
    assert card.key == world.keys.read_key(UID, "desfire", 1)
    assert card.flags == HOST | ALWAYS_WORKS
    assert [body.doors[right.door].id for right in card.rights] == ["haupttuer"]
    (window,) = body.schedules[card.rights[0].schedule]
    assert window.start_us <= NOW_US
    assert window.end_us >= header.valid_until_us


def test_doors_follow_bookings(world: World) -> None:
    """Also those of a member whose membership opens nothing; clipped to the opening hours, of 8 to 18 in Berlin."""
    member = world.member(hours=AccessHours.NONE)
    world.card(member, UID)
    world.run()
    assert find(world.list_of()[1], UID) is None
    bookings = BookingService(SqlUnits(world.engine, BookingRows))
    me, hour_us = Actor(1, "Jo", member=member), 3_600_000_000
    at_us = NOW_US - NOW_US % hour_us + 20 * hour_us
    late = Interval(at_us + 9 * hour_us, at_us + 13 * hour_us)
    first = bookings.book(Wish(SPACE, "t1", Interval(at_us, at_us + 2 * hour_us), member), me, NOW_US)
    bookings.book(
        Wish(SPACE, "t1", late, member, reason="Lesung", beyond_rules=True), Actor(None, "cli"), NOW_US
    )
    assert world.run() == 2

    def windows() -> list[tuple[int, int]]:
        body = world.list_of()[1]
        card = find(body, UID)
        assert card is not None
        return [(one.start_us, one.end_us) for one in body.schedules[card.rights[0].schedule]]

    assert windows() == [(at_us, at_us + 2 * hour_us), (late.start_us, late.end_us)]
    bookings.cancel(first.id, me, NOW_US)
    world.run()
    assert windows() == [(late.start_us, late.end_us)]


def test_a_list_opens_for_its_own_device_alone(world: World) -> None:
    world.run()
    payload = world.mail.lists[SPACE, DEVICES[0]]
    world.secrets[DEVICES[0]] = world.secrets[DEVICES[1]]
    with pytest.raises(NotAuthentic, match="does not open"):
        world.open(payload, "access", DEVICES[0])


def test_two_devices_look_the_same_card_up_under_different_values(world: World) -> None:
    world.card(world.member(), UID)
    world.run()
    values = [lookup(world.list_of(device)[1].lookup_key, UID).digits for device in DEVICES]
    assert values[0] != values[1]
    assert {row[0] for row in world.rows("SELECT lookup FROM card_lookup")} == set(values)


def test_a_blocked_card_stands_in_the_list_without_a_key(world: World) -> None:
    card = world.card(world.member(), UID)
    world.run()
    world.block(card)
    world.run()
    found = find(world.list_of()[1], UID)
    assert found is not None
    assert (found.flags, found.key, found.proof, found.rights) == (BLOCKED, b"", b"", [])


def test_a_list_that_says_the_same_is_not_published_again_while_it_is_good(world: World) -> None:
    card = world.card(world.member(), UID)
    world.run()
    world.change_card(card, label="Karte 8")
    assert world.run(NOW_US + 3_600_000_000) == 0
    assert world.state().compiled == world.state().wanted


def test_every_list_is_published_anew_after_a_day(world: World) -> None:
    world.card(world.member(), UID)
    world.run()
    assert world.run(NOW_US + DAY_US, with_stale=True) == 0
    assert world.run(NOW_US + DAY_US + 1, with_stale=True) == 2
    header, _ = world.list_of()
    assert (header.version, header.valid_until_us) == (2, NOW_US + DAY_US + 1 + VALID_US)


def test_a_crash_between_commit_and_publish_loses_nothing(world: World) -> None:
    world.card(world.member(), UID)
    world.publish._mail = World(
        world.engine, world.folder, world.keys
    ).mail  # what is said there, nobody hears
    world.run()
    assert not world.mail.lists
    restarted = world.restarted()
    assert restarted.run() == 0, "stored already"
    assert restarted.publish.publish_again() == 2
    assert find(restarted.list_of()[1], UID) is not None


def test_what_devices_confirmed_is_not_published_again(world: World) -> None:
    world.run()
    for device in DEVICES:
        world.apply(1, device)
    restarted = world.restarted()
    assert restarted.publish.publish_again() == 0
    assert not restarted.mail.lists


def test_a_restored_hub_publishes_above_what_its_devices_have(world: World) -> None:
    world.run()
    world.apply(41)
    world.card(world.member(), UID)
    world.run()
    assert world.list_of()[0].version == 42
    assert world.list_of(DEVICES[1])[0].version == 2


def test_a_list_for_an_older_trust_is_not_stored(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Somebody replaces the device while its list is being made."""
    look = world.lists.look(SPACE, NOW_US)
    assert look is not None
    world.trust()
    monkeypatch.setattr(world.lists, "look", lambda _space, _now_us: look)
    assert world.run() == 1, "the other device's"
    assert (SPACE, DEVICES[0]) not in world.mail.lists
    assert world.restarted().run() == 1


def test_adding_a_device_again_makes_its_old_list_useless(world: World) -> None:
    world.card(world.member(), UID)
    world.run()
    before = world.list_of()[1].lookup_key
    assert world.trust() == 2
    assert world.run() == 1
    header, body = world.list_of()
    assert header.version == 2
    assert body.lookup_key != before


def test_a_revoked_device_loses_its_list_at_the_broker_and_its_cards_need_new_keys(world: World) -> None:
    world.card(world.member(), UID, label="Karte 1")
    world.card(world.member(), label="Karte 2", kind=CardKind.UID, sealed_id=None, generation=0)
    world.run()
    assert world.trusts.revoke(SPACE, DEVICES[0], "gestohlen", NOW_US) == ["Karte 1"]
    assert world.run() == 0
    assert world.mail.lists[SPACE, DEVICES[0]] == b""
    assert world.rows("SELECT label FROM card WHERE rekey_needed") == [("Karte 1",)]
    assert world.run() == 0, "and that is all"
    assert len(world.mail.published) == 3
    restarted = world.restarted()
    restarted.publish.publish_again()
    assert restarted.mail.lists[SPACE, DEVICES[0]] == b""


def test_a_card_that_does_not_open_is_left_out_and_told_by_its_key_alone(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    world.card(world.member(), UID)
    broken = world.card(world.member(), sealed_uid=b"x" * 40)
    world.run()
    assert len(world.list_of()[1].credentials) == 1
    assert f"card {broken}" in caplog.text
    assert UID.hex() not in caplog.text


def test_other_keys_publish_no_empty_list(world: World, caplog: pytest.LogCaptureFixture) -> None:
    world.card(world.member(), UID)
    world.sealing = Sealer(Keys.new())
    assert world.run() == 0
    assert not world.mail.lists
    assert "is it the right key file?" in caplog.text
    world.sealing = Sealer(world.keys)
    assert world.run() == 0, "not tried again at once"
    assert world.run(NOW_US + 31_000_000) == 2


def test_a_device_whose_list_can_not_be_made_keeps_no_other_one_waiting(
    world: World, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    make, tried = Sealer.access_list, list[str]()

    def fail_for_the_first(self: Sealer, to: Recipient, *more: Any) -> SealedList:
        tried.append(to.device)
        if to.device == DEVICES[0]:
            raise OverflowError("date value out of range")
        return make(self, to, *more)

    monkeypatch.setattr(Sealer, "access_list", fail_for_the_first)
    assert [world.run(NOW_US + second * 1_000_000) for second in (0, 1, 29)] == [1, 0, 0]
    assert tried == list(DEVICES), "it is not tried four times a second"
    for second in (30, 89, 90, 209, 210, 449, 450, 689, 690):
        world.run(NOW_US + second * 1_000_000)
    assert tried[2:] == [DEVICES[0]] * 5, "after 30, 60, 120, 240 and 240 seconds"
    told = f"no access list can be made for {DEVICES[0]}"
    assert caplog.text.count(told) == 1
    assert "OverflowError: date value out of range" in caplog.text
    world.card(world.member(), UID)
    world.run(NOW_US + 691_000_000)
    assert tried[-2:] == list(DEVICES), "a change is tried at once"
    monkeypatch.undo()
    world.card(world.member())
    assert world.run(NOW_US + 692_000_000) == 2
    assert f"{SPACE}/{DEVICES[0]}: its access list can be made again" in caplog.text


def test_a_space_that_can_not_be_read_keeps_no_other_one_waiting(
    sqlite_engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    world = World(sqlite_engine, tmp_path)
    (space,) = TOWN.spaces
    world.set_up(space, replace(space, id="anderswo"))
    world.card(world.member(), UID)
    look = world.lists.look

    def fail_for_one(asked: str, now_us: int) -> SpaceLook | None:
        if asked == "anderswo":
            raise KeyError("a hand in the database")
        return look(asked, now_us)

    monkeypatch.setattr(world.lists, "look", fail_for_one)
    monkeypatch.setattr(world.lists, "spaces", lambda: ["anderswo", SPACE])
    world.publish.reconcile_all(NOW_US)
    assert world.run() == 2
    assert {space for space, _ in world.mail.lists} == {SPACE}
    assert "space anderswo: no access list can be made for pi-1, pi-2" in caplog.text


def test_cards_of_an_older_generation_are_told_with_their_own_keys(world: World) -> None:
    world.card(world.member(), UID)
    world.keys = world.keys.rotated()
    world.sealing = Sealer(world.keys)
    world.run()
    card = find(world.list_of()[1], UID)
    assert card is not None
    assert card.key == world.keys.read_key(UID, "desfire", 1)
    assert world.keys.read_key(UID, "desfire", 2) != card.key


def test_the_list_carries_the_heads_of_the_chains(world: World) -> None:
    world.run()
    heads = {head.chain: head for head in world.list_of()[1].heads}
    (row,) = world.rows("SELECT length, head FROM chain WHERE name = 'host'")
    assert (heads["host"].length, heads["host"].head) == (row[0], bytes(row[1]).hex())


def test_members_come_in_by_the_opening_hours_of_their_space(world: World) -> None:
    world.card(world.member(hours=AccessHours.OPENING), UID)
    world.run()
    _, body = world.list_of()
    card = find(body, UID)
    assert card is not None
    windows = body.schedules[card.rights[0].schedule]
    assert {timedelta(microseconds=w.end_us - w.start_us) for w in windows} == {timedelta(hours=10)}


# -- the ledger ------------------------------------------------------------


def test_a_block_stands_in_the_ledger_before_its_list_is_published(world: World) -> None:
    card = world.card(world.member(), UID)
    world.run()
    world.block(card)
    told: list[object] = []
    world.mail.access = lambda *_: told.append(dict(world.ledger.words()))  # type: ignore[method-assign]
    world.run()
    tag = world.keys.uid_tag(UID).hex()
    assert told[0] == {(SPACE, tag): LedgerWord(SPACE, tag, "blocked", NOW_US)}


def test_a_restored_database_forgets_no_block(world: World) -> None:
    card = world.card(world.member(), UID)
    world.block(card)
    world.run()
    # The backup of the day before.
    world.change_card(card, state=CardState.ACTIVE, blocked_reason="", changed_us=NOW_US - DAY_US)
    restarted = world.restarted()
    restarted.publish.reconcile_all(NOW_US + 1)
    assert restarted.rows("SELECT state FROM card") == [("blocked",)]
    restarted.run(NOW_US + 1)
    restarted.publish.publish_again()
    found = find(restarted.list_of()[1], UID)
    assert found is not None
    assert found.flags == BLOCKED
    entries = restarted.rows("SELECT payload, card_pk FROM chain_entry WHERE chain = 'host'")
    assert [row.card_pk for row in entries if b"card_blocked_again" in bytes(row.payload)] == [card]


def test_a_card_that_was_unblocked_stays_so(world: World) -> None:
    card = world.card(world.member(), UID)
    world.block(card)
    world.run()
    world.change_card(card, state=CardState.ACTIVE, blocked_reason="", changed_us=NOW_US + 5)
    world.run(NOW_US + 5)
    restarted = world.restarted()
    restarted.publish.reconcile_all(NOW_US + 6)
    assert restarted.rows("SELECT state FROM card") == [("active",)]
    assert [word.what for word in restarted.ledger.words().values()] == ["unblocked"]


def test_a_ledger_that_can_not_be_written_stops_no_block(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    card = world.card(world.member(), UID)
    world.ledger._file.mkdir()
    world.block(card)
    world.run()
    found = find(world.list_of()[1], UID)
    assert found is not None
    assert found.flags == BLOCKED
    assert "ledger of blocked cards can't be written" in caplog.text


# -- size ------------------------------------------------------------


@pytest.mark.alone
def test_two_thousand_cards_are_compiled_sealed_and_stored_in_two_seconds(world: World) -> None:
    template = world.card(world.member(), UID)
    with world.engine.begin() as connection:
        row = dict(
            connection.execute(select(CardRow.__table__).where(CardRow.pk == template)).mappings().one()
        )
        del row["pk"]
        rows = []
        for number in range(1999):
            uid = number.to_bytes(7, "big")
            tag = world.keys.uid_tag(uid)
            sealed = {"sealed_uid": world.keys.seal_uid(uid), "sealed_id": world.keys.seal_id(b"i" * 16, tag)}
            rows.append(row | {"uid_tag": tag} | sealed)
        connection.execute(insert(CardRow), rows)
    began = time.monotonic()
    assert world.run() == 2
    assert time.monotonic() - began < 4, "two devices"
    assert len(world.list_of()[1].credentials) == 2000


def test_a_space_of_a_retired_town_gets_no_list(world: World) -> None:
    with world.engine.begin() as connection:
        connection.execute(text("UPDATE town SET retired_us = 1"))
    assert world.run() == 0
    assert world.state().compiled == world.state().wanted
