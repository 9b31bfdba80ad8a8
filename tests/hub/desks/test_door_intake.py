"""What doors tell: the hosts' log, the live state, alarms, the chain; each once, whatever the order (D2, D9)."""

import json

import pytest

from hub.domain.events import Reported
from hub.ingest.translate import read_event
from hub.storage.door_alarms import LATE_US
from tests.contract.golden import MESSAGES, payload_of
from tests.hub.desks.world import LOOKUPS, SPACE, DoorSpool, World
from tests.hub.ingest.hub import NOW_US
from tests.hub.ingest.spool import WALL_US

LOG = "SELECT what, granted, reason, card_pk, command FROM door_log ORDER BY epoch_pk, seq"
ALARMS = "SELECT kind, began_us, ended_us, seen_us FROM door_alarm ORDER BY began_us, pk"
S = 1_000_000


@pytest.mark.parametrize("name", [name for name in MESSAGES if name.startswith("event_")])
def test_every_event_of_the_contract_is_understood(name: str) -> None:
    event = read_event(payload_of(name))
    assert isinstance(event, Reported), name
    assert event.kind == json.loads(payload_of(name))["type"]


def test_an_entry_is_logged_with_its_card_and_chained_without_a_name(world: World) -> None:
    card = world.card(member=world.member("Jo Beispiel"))
    spool = DoorSpool()
    spool.access(LOOKUPS[card])
    spool.access(LOOKUPS[card], reason="lockdown")
    spool.access(None, reason="card_unusable")
    spool.access("ff" * 32, reason="unknown_card")
    world.take(spool.batch(1))
    assert world.rows(LOG) == [
        ("access", True, "granted", card, None),
        ("access", False, "lockdown", card, None),
        ("access", False, "card_unusable", None, None),
        ("access", False, "unknown_card", None, None),
    ]
    chain = world.chain(f"{SPACE}/pi-1")
    assert [(entry["what"], entry["granted"], entry.get("card")) for entry in chain] == [
        ("access", True, card),
        ("access", False, card),
        ("access", False, None),
        ("access", False, None),
    ]
    stored = world.rows("SELECT card_pk FROM chain_entry WHERE chain = :c ORDER BY number", c=f"{SPACE}/pi-1")
    assert stored == [(card,), (card,), (None,), (None,)]
    assert "Beispiel" not in str(chain)
    assert LOOKUPS[card] not in str(chain)


def test_P2_who_leaves_is_not_told(world: World) -> None:  # noqa: N802  (requirement P2)
    card = world.card(member=world.member())
    spool = DoorSpool()
    spool.access(LOOKUPS[card], leaving=True)
    spool.door("taken", contact="open", released=True, credential=None)
    world.take(spool.batch(1))
    assert [(what, pk) for what, _, _, pk, _ in world.rows(LOG)] == [("leaving", None), ("taken", None)]
    assert "card" not in world.chain(f"{SPACE}/pi-1")[0]


def test_a_card_of_another_device_is_not_known_by_its_look_up_value(world: World) -> None:
    card = world.card(member=world.member())
    spool = DoorSpool(device="pi-3")
    spool.access(LOOKUPS[card])
    world.take(spool.batch(1))
    assert world.rows(LOG)[0][3] is None


def test_the_last_word_on_a_door_is_kept_whatever_the_order(world: World) -> None:
    spool = DoorSpool()
    spool.door("started", 1, contact="unknown")
    spool.door("mode", 2, mode="lockdown", command="c0" * 8)
    spool.door("contact", 3, mode="lockdown", contact="closed")
    world.take(spool.batch(3))
    world.take(spool.batch(1, 2), spool.batch(1))
    assert world.rows("SELECT mode, contact, released, since_us, seq FROM door_live") == [
        ("lockdown", "closed", False, WALL_US + 3 * S, 3)
    ]
    assert [(what, reason) for what, _, reason, _, _ in world.rows(LOG)] == [
        ("started", "unknown"),
        ("mode", "lockdown"),
        ("contact", "closed"),
    ]


def test_an_unknown_door_is_set_aside_with_a_remedy_and_counted_after_the_site_file_has_it(
    world: World,
) -> None:
    spool = DoorSpool()
    spool.access(None, door="dach", reason="unknown_card")
    outcome = world.take(spool.batch(1))
    assert (outcome.counted, outcome.refused) == (0, 1)
    assert world.rows("SELECT reason, detail FROM quarantine") == [
        ("unknown_door", f"space {SPACE} has no door dach: add it to the site file, then retry")
    ]
    assert world.rows(LOG) == []


def test_an_alarm_begins_once_and_ends_once(world: World) -> None:
    spool = DoorSpool()
    spool.door("forced", 10, contact="open")
    spool.door("held", 70, contact="open")
    spool.door("tamper", 80, contact="open")
    world.take(spool.batch(1))
    assert [(kind, ended) for kind, _, ended, _ in world.rows(ALARMS)] == [
        ("forced", None),
        ("held", None),
        ("tamper", None),
    ]
    spool.door("closed", 90)
    spool.door("tamper_ended", 95)
    world.take(spool.batch(4))
    expected = [
        ("forced", WALL_US + 10 * S, WALL_US + 90 * S, None),
        ("held", WALL_US + 70 * S, WALL_US + 90 * S, None),
        ("tamper", WALL_US + 80 * S, WALL_US + 95 * S, None),
    ]
    assert world.rows(ALARMS) == expected
    for _ in range(2):
        world.take(*spool.batches(2))
    assert world.rows(ALARMS) == expected, "what is repeated rings nothing and ends nothing"


def test_a_device_that_began_anew_tells_the_same_alarm_once_and_its_end_in_other_words(world: World) -> None:
    spool = DoorSpool()
    spool.door("forced", 10, contact="open")
    spool.door("tamper", 11, contact="open")
    spool.boot = "b" * 16
    spool.door("started", 20, contact="unknown")
    spool.door("tamper", 21, contact="unknown")
    spool.door("contact", 22, contact="closed")
    world.take(spool.batch(1))
    assert [(kind, ended) for kind, _, ended, _ in world.rows(ALARMS)] == [
        ("forced", WALL_US + 22 * S),
        ("tamper", None),
    ]


def test_an_end_that_is_told_before_its_alarm_ends_it_all_the_same(world: World) -> None:
    spool = DoorSpool()
    spool.door("forced", 10, contact="open")
    spool.door("closed", 20)
    world.take(spool.batch(2))
    world.take(spool.batch(1, 1))
    assert world.rows(ALARMS) == [("forced", WALL_US + 10 * S, WALL_US + 20 * S, None)]


def test_whoever_took_an_alarm_on_has_taken_it_on_also_when_it_began_earlier_than_was_known(
    world: World,
) -> None:
    spool = DoorSpool()
    spool.door("tamper", 10)
    spool.door("tamper", 30)
    world.take(spool.batch(2))
    (alarm,) = world.doors.alarms(SPACE, world.actor(1), world.now_us)
    world.doors.take_on(alarm.pk, world.actor(1), world.now_us)
    world.take(spool.batch(1, 1))
    (same,) = world.doors.alarms(SPACE, world.actor(1), world.now_us)
    assert (same.pk, same.began_us, same.seen_by) == (alarm.pk, WALL_US + 10 * S, "Hanna Host")


def test_an_alarm_that_was_over_long_ago_does_not_ring_when_a_hub_is_refilled(world: World) -> None:
    spool = DoorSpool()
    spool.door("forced", 10, contact="open")
    spool.door("closed", 20)
    spool.door("forced", 30, contact="open")
    world.now_us = NOW_US + 2 * LATE_US
    world.take(*spool.batches(1))
    host = world.actor(1)
    assert [(a.began_us, a.ended_us) for a in world.doors.alarms(SPACE, host, world.now_us)] == [
        (WALL_US + 30 * S, None)
    ], "the one that lasts rings all the same"


def test_alarms_of_two_devices_at_one_door_are_apart(world: World) -> None:
    first, second = DoorSpool(), DoorSpool(device="pi-2")
    first.door("forced", 10, contact="open")
    second.door("closed", 20)
    world.take(first.batch(1), second.batch(1))
    assert world.rows(ALARMS)[0][2] is None


def test_D8_log_and_alarm_get_the_time_that_is_known_later(world: World) -> None:  # noqa: N802
    spool = DoorSpool()
    spool.door("forced", 10, contact="open", synced=False)
    spool.door("closed", 20, synced=False)
    world.take(spool.batch(1))
    assert world.rows("SELECT at_us, time_quality FROM door_log ORDER BY seq")[0] == (NOW_US, "unknown")
    spool.synchronised(30)
    world.take(spool.batch(3))
    assert world.rows("SELECT at_us, time_quality FROM door_log ORDER BY seq") == [
        (WALL_US + 10 * S, "derived"),
        (WALL_US + 20 * S, "derived"),
    ]
    assert world.rows(ALARMS) == [("forced", WALL_US + 10 * S, WALL_US + 20 * S, None)]
    assert world.rows("SELECT since_us FROM door_live") == [(WALL_US + 20 * S,)]


def test_an_alarm_over_two_epochs_ends_with_the_later_one(world: World) -> None:
    old, new = DoorSpool(), DoorSpool(epoch="e000000000000002")
    old.door("forced", 10, contact="open")
    new.door("closed", 20)
    new.door("closed", 30)
    world.take(old.batch(1))
    world.take(new.batch(2))
    world.take(new.batch(1, 1))
    assert world.rows(ALARMS) == [("forced", WALL_US + 10 * S, WALL_US + 20 * S, None)]
