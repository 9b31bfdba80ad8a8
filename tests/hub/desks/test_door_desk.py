"""Doors: how they are shown, what hosts may have them do, alarms and their rota, who came in today."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from hub.domain.doors import CommandState, Contact, DoorMode
from hub.domain.errors import NotAllowed, RuleRefused
from hub.domain.occupancy import DeviceStatus
from hub.domain.people import Actor, Role
from hub.domain.time import to_us
from tests.hub.desks.world import CLI, LOOKUPS, OTHER, SPACE, DoorSpool, World
from tests.hub.ingest.hub import NOW_US
from tests.hub.ingest.spool import WALL_US
from tests.parts.queries import counting

S = 1_000_000
MINUTE_US = 60 * S

Act = Callable[[World, Actor], object]

ACTS: dict[str, Act] = {
    "doors": lambda world, actor: world.doors.doors(SPACE, actor, world.now_us),
    "open": lambda world, actor: world.doors.open_once(SPACE, "haupt", "Paket", actor, world.now_us),
    "mode": lambda world, actor: world.doors.set_mode(
        SPACE, "haupt", DoorMode.LOCKDOWN, "Gefahr", actor, world.now_us
    ),
    "alarms": lambda world, actor: world.doors.alarms(SPACE, actor, world.now_us),
    "take on": lambda world, actor: world.doors.take_on(1, actor, world.now_us),
    "today": lambda world, actor: world.doors.today(SPACE, actor, world.now_us),
    "open the log": lambda world, actor: world.doors.open_log(SPACE, "Fundsache", actor, world.now_us),
    "rota": lambda world, actor: world.doors.rota(SPACE, actor),
    "save the rota": lambda world, actor: world.doors.save_rota(SPACE, [1], actor, world.now_us),
}


def forced(world: World, at_s: float = 10) -> None:
    spool = DoorSpool()
    spool.door("forced", at_s, contact="open")
    world.take(spool.batch(1))


@pytest.mark.parametrize("act", ACTS)
@pytest.mark.parametrize("account", [3, 4, 5], ids=["another space's", "a member", "statistics"])
def test_who_is_no_host_of_the_space_may_do_nothing_with_its_doors(
    sqlite_world: World, act: str, account: int
) -> None:
    world = sqlite_world
    forced(world)
    before = world.chain()
    with pytest.raises(NotAllowed):
        ACTS[act](world, world.actor(account, member=7))
    assert world.chain() == before
    assert world.rows("SELECT * FROM command") == world.rows("SELECT * FROM log_opening") == []


# -- how doors are shown
# -------------------------------------------------------------------------------------------------------------


def test_a_door_is_shown_as_its_device_told_last(world: World) -> None:
    spool = DoorSpool()
    spool.door("contact", 5, contact="open", released=True)
    world.take(spool.batch(1))
    main, yard, cellar = world.doors.doors(SPACE, world.actor(1), world.now_us)
    assert (main.id, main.device, main.has_lock, main.status) == ("haupt", "pi-1", True, DeviceStatus.ONLINE)
    assert (main.mode, main.contact, main.released) == (DoorMode.NORMAL, Contact.OPEN, True)
    assert (main.since_us, main.list_until_us) == (WALL_US + 5 * S, NOW_US + 86_400 * S)
    assert (yard.has_lock, yard.contact) == (False, Contact.UNKNOWN)
    assert (cellar.device, cellar.status, cellar.is_pending) == ("", DeviceStatus.NEVER, False)


@pytest.mark.parametrize("status", ["offline", "lost", "stale"])
def test_the_contact_of_a_door_whose_device_is_away_is_unknown(sqlite_world: World, status: str) -> None:
    world = sqlite_world
    spool = DoorSpool()
    spool.door("mode", 5, mode="lockdown")
    world.take(spool.batch(1))
    if status == "stale":
        world.say("pi-1", heard_us=world.now_us - 151 * S)
    else:
        world.say("pi-1", status=status)
    main = world.doors.doors(SPACE, CLI, world.now_us)[0]
    assert (main.contact, main.mode) == (Contact.UNKNOWN, DoorMode.LOCKDOWN)
    assert main.status is (DeviceStatus.OFFLINE if status == "offline" else DeviceStatus.LOST)


@pytest.mark.parametrize(
    ("health_s", "synced", "expected"),
    [
        pytest.param(4, True, Contact.CLOSED, id="older than the event"),
        pytest.param(6, True, Contact.OPEN, id="younger than the event"),
        pytest.param(6, False, Contact.CLOSED, id="of an unknown time"),
    ],
)
def test_health_tells_what_no_event_has_told_yet(
    sqlite_world: World, health_s: int, synced: bool, expected: Contact
) -> None:
    world = sqlite_world
    spool = DoorSpool()
    spool.door("closed", 5)
    world.take(spool.batch(1))
    door = {"mode": "normal", "contact": "open", "released": False}
    world.say("pi-1", wall_us=WALL_US + health_s * S, synced=synced, doors={"haupt": door})
    assert world.doors.doors(SPACE, CLI, world.now_us)[0].contact is expected


@pytest.mark.parametrize("works", [True, False])
def test_a_lock_that_does_not_obey_is_told(sqlite_world: World, works: bool) -> None:
    world = sqlite_world
    door = {"mode": "normal", "contact": "closed", "released": False, "lock_works": works}
    world.say("pi-1", wall_us=WALL_US, synced=True, doors={"haupt": door})
    assert world.doors.doors(SPACE, CLI, world.now_us)[0].lock_works is works


def test_a_door_is_pending_until_its_device_confirms(world: World) -> None:
    world.card(member=world.member())
    assert [door.is_pending for door in world.doors.doors(SPACE, CLI, world.now_us)] == [True, True, False]
    assert [door.is_unmade for door in world.doors.doors(SPACE, CLI, world.now_us)] == [True, True, False]
    world.confirm()
    main = world.doors.doors(SPACE, CLI, world.now_us)[0]
    assert (main.is_pending, main.is_unmade, main.list_version, main.applied_version) == (False, False, 1, 1)


def test_the_last_ten_events_are_shown_without_persons_in_a_constant_number_of_queries(world: World) -> None:
    card = world.card(member=world.member("Jo Beispiel"))
    spool = DoorSpool()
    for at_s in range(12):
        spool.access(LOOKUPS[card], at_s)
    with counting(world.engine) as few:
        world.doors.doors(SPACE, CLI, world.now_us)
    world.take(spool.batch(1))
    with counting(world.engine) as many:
        main = world.doors.doors(SPACE, CLI, world.now_us)[0]
    assert many.count == few.count
    assert [event.at_us for event in main.recent] == [WALL_US + at_s * S for at_s in range(11, 1, -1)]
    assert {(event.what, event.granted, event.who, event.card) for event in main.recent} == {
        ("access", True, "", "")
    }


def test_the_mode_has_its_own_time_and_an_opening_from_afar_is_no_cards(sqlite_world: World) -> None:
    world = sqlite_world
    world.say("pi-1")
    spool = DoorSpool()
    spool.door("mode", at_s=3, mode="lockdown")
    spool.door("taken", at_s=7, mode="lockdown", contact="open", command="00000000000000c1")
    spool.door("closed", at_s=8, mode="lockdown")
    world.take(spool.batch(1))
    main = world.doors.doors(SPACE, CLI, world.now_us)[0]
    assert (main.mode, main.mode_since_us, main.since_us) == (
        DoorMode.LOCKDOWN,
        WALL_US + 3 * S,
        WALL_US + 8 * S,
    )
    assert [(event.what, event.is_remote) for event in main.recent] == [
        ("closed", False),
        ("taken", True),
        ("mode", False),
    ]
    # It began anew in another mode, of which it has told nothing.
    spool.door("started", at_s=9, mode="normal")
    world.take(spool.batch(4))
    main = world.doors.doors(SPACE, CLI, world.now_us)[0]
    assert (main.mode, main.mode_since_us) == (DoorMode.NORMAL, 0)


# -- commands
# -------------------------------------------------------------------------------------------------------------


def test_a_door_is_opened_once_with_a_reason(world: World) -> None:
    host = world.actor(1)
    command = world.doors.open_once(SPACE, "haupt", " Paket ", host, world.now_us)
    assert world.rows("SELECT id, kind, state, account_pk, until_us FROM command") == [
        (command, "open", "asked", 1, world.now_us + 10 * S)
    ]
    assert world.chain()[-1] == {
        "what": "door_opened", "door": f"{SPACE}/haupt", "reason": "Paket", "command": command, "by": 1,
    }  # fmt: skip
    world.send(command)
    spool = DoorSpool()
    spool.answered(command, at_s=8)
    spool.answered(command, "expired", at_s=9)
    other = DoorSpool(device="pi-2")
    other.answered(command, "expired", at_s=7)
    world.take(other.batch(1))
    world.take(spool.batch(1))
    world.take(spool.batch(1))
    view = world.doors.command(command, host, world.now_us)
    assert (view.state, view.outcome, view.answered_us, view.door) == (
        CommandState.ANSWERED,
        "done",
        WALL_US + 8 * S,
        "haupt",
    )


@pytest.mark.parametrize(
    ("sent", "after_s", "state", "outcome"),
    [
        (False, 10, CommandState.ASKED, ""),
        (False, 11, CommandState.EXPIRED, "offline"),
        (True, 15, CommandState.SENT, ""),
        (True, 16, CommandState.EXPIRED, "no_answer"),
    ],
)
def test_a_command_that_nobody_answers_is_over(
    sqlite_world: World, sent: bool, after_s: int, state: CommandState, outcome: str
) -> None:
    world = sqlite_world
    command = world.doors.open_once(SPACE, "haupt", "Paket", CLI, world.now_us)
    if sent:
        world.send(command)
    view = world.doors.command(command, CLI, world.now_us + after_s * S)
    assert (view.state, view.outcome) == (state, outcome)


def test_a_command_is_told_to_hosts_of_its_space_alone(sqlite_world: World) -> None:
    command = sqlite_world.doors.open_once(SPACE, "haupt", "Paket", CLI, sqlite_world.now_us)
    sqlite_world.doors.command(command, sqlite_world.actor(2), sqlite_world.now_us)
    with pytest.raises(NotAllowed):
        sqlite_world.doors.command(command, sqlite_world.actor(3), sqlite_world.now_us)


@pytest.mark.parametrize(
    ("door", "reason", "what", "problem"),
    [
        ("haupt", " ab ", "", "say why, in 3 characters"),
        ("dach", "Paket", "", 'no door "dach"; known are haupt, hof, keller'),
        ("keller", "Paket", "", "no device that the hub trusts"),
        ("hof", "Paket", "away", "the device of Hoftür is away"),
        ("haupt", "Paket", "lockdown", "put it into normal mode first"),
    ],
)
def test_a_door_is_not_opened_without_reason_device_or_in_a_lockdown(
    sqlite_world: World, door: str, reason: str, what: str, problem: str
) -> None:
    world = sqlite_world
    if what == "away":
        world.say("pi-2", heard_us=world.now_us - 151 * S)
    if what == "lockdown":
        spool = DoorSpool()
        spool.door("mode", 5, mode="lockdown")
        world.take(spool.batch(1))
    with pytest.raises(RuleRefused, match=problem):
        world.doors.open_once(SPACE, door, reason, CLI, world.now_us)
    assert world.rows("SELECT * FROM command") == []


def test_a_lockdown_is_ended_by_setting_another_mode(world: World) -> None:
    spool = DoorSpool()
    spool.door("mode", 5, mode="lockdown")
    world.take(spool.batch(1))
    world.doors.set_mode(SPACE, "haupt", DoorMode.NORMAL, "vorbei", world.actor(2), world.now_us)
    assert world.rows("SELECT kind, mode FROM command") == [("mode", "normal")]
    assert (world.chain()[-1]["what"], world.chain()[-1]["mode"]) == ("door_mode", "normal")


# -- alarms
# -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("after_min", "called"),
    [(0, "Hanna Host"), (14.9, "Hanna Host"), (15, "Mara Manager"), (30, "Olaf Other"), (600, "Olaf Other")],
)
def test_the_rota_calls_one_after_the_other_and_the_last_one_from_then_on(
    sqlite_world: World, after_min: float, called: str
) -> None:
    world = sqlite_world
    olaf = world.accounts.by_pk(3)
    assert olaf is not None
    host_of_all = world.accounts.save(replace(olaf, roles=frozenset({(Role.HOST, "")})), CLI, world.now_us)
    world.doors.save_rota(SPACE, [1, 2, host_of_all], world.actor(2), world.now_us)
    forced(world)
    now_us = WALL_US + 10 * S + int(after_min * MINUTE_US)
    (alarm,) = world.doors.alarms(SPACE, world.actor(1), now_us)
    assert (alarm.door_name, alarm.called) == ("Haupteingang", called)


def test_whoever_takes_an_alarm_on_is_named_and_nobody_is_called(world: World) -> None:
    world.doors.save_rota(SPACE, [2], CLI, world.now_us)
    forced(world)
    (alarm,) = world.doors.alarms(SPACE, CLI, world.now_us)
    world.doors.take_on(alarm.pk, world.actor(1), world.now_us)
    world.doors.take_on(alarm.pk, world.actor(2), world.now_us)
    (seen,) = world.doors.alarms(SPACE, CLI, world.now_us)
    assert (seen.seen_by, seen.seen_us, seen.called) == ("Hanna Host", world.now_us, "")
    assert world.doors.doors(SPACE, CLI, world.now_us)[0].alarms == (seen,)
    spool = DoorSpool()
    spool.door("forced", 10, contact="open")
    spool.door("closed", 20)
    world.take(spool.batch(1))
    assert world.doors.alarms(SPACE, CLI, world.now_us) == []


def test_an_alarm_that_nobody_took_on_stays_after_its_end(world: World) -> None:
    spool = DoorSpool()
    spool.door("forced", 10, contact="open")
    spool.door("closed", 20)
    world.take(spool.batch(1))
    (alarm,) = world.doors.alarms(SPACE, CLI, world.now_us)
    assert alarm.ended_us == WALL_US + 20 * S
    world.doors.take_on(alarm.pk, CLI, world.now_us)
    assert world.doors.alarms(SPACE, CLI, world.now_us) == []


@pytest.mark.parametrize("account", [3, 4, 5], ids=["another space's", "member", "statistics"])
def test_a_rota_is_of_hosts_of_the_space(sqlite_world: World, account: int) -> None:
    world = sqlite_world
    with pytest.raises(RuleRefused, match=f'is no host of space "{SPACE}": give them the role'):
        world.doors.save_rota(SPACE, [1, account], CLI, world.now_us)
    with pytest.raises(RuleRefused, match="somebody is named twice"):
        world.doors.save_rota(SPACE, [1, 2, 1], CLI, world.now_us)
    assert world.doors.rota(SPACE, CLI) == []


def test_a_rota_is_of_active_accounts(world: World) -> None:
    with pytest.raises(RuleRefused, match="account 99 is not active"):
        world.doors.save_rota(SPACE, [1, 99], CLI, world.now_us)
    world.doors.save_rota(SPACE, [1, 2], CLI, world.now_us)
    world.doors.save_rota(SPACE, [2], CLI, world.now_us)
    assert world.doors.rota(SPACE, world.actor(1)) == [2]
    with pytest.raises(NotAllowed):
        world.doors.save_rota(SPACE, [1], world.actor(1), world.now_us)


# -- who came in
# -------------------------------------------------------------------------------------------------------------


def test_P7_today_names_nobody_until_the_log_is_opened_with_a_reason(world: World) -> None:  # noqa: N802
    card = world.card(member=world.member("Jo Beispiel"))
    spool = DoorSpool()
    spool.access(LOOKUPS[card], 1)
    spool.access(LOOKUPS[card], 2)
    spool.access(LOOKUPS[card], 3, reason="outside_window")
    spool.access(LOOKUPS[card], 4, leaving=True)
    world.take(spool.batch(1))
    host, manager = world.actor(1), world.actor(2)
    today = world.doors.today(SPACE, host, world.now_us)
    assert [(e.at_us, e.who, e.card) for e in today.entries] == [
        (WALL_US + 2 * S, "", ""),
        (WALL_US + 1 * S, "", ""),
    ]
    assert (today.visits, today.open_until_us) == (1, 0)
    with pytest.raises(RuleRefused, match="say why, in 5 characters"):
        world.doors.open_log(SPACE, " nun ", host, world.now_us)
    until_us = world.doors.open_log(SPACE, "Fundsache", host, world.now_us)
    assert until_us == world.now_us + 15 * MINUTE_US
    assert world.chain()[-1] == {"what": "log_opened", "space": SPACE, "reason": "Fundsache", "by": 1}
    shown = world.doors.today(SPACE, host, until_us - 1)
    assert [(e.who, e.card) for e in shown.entries] == [("Jo Beispiel", "Karte 1")] * 2
    assert shown.open_until_us == until_us
    for actor, at_us in ((manager, world.now_us), (host, until_us), (CLI, world.now_us)):
        assert {e.who for e in world.doors.today(SPACE, actor, at_us).entries} == {""}
    assert "Beispiel" not in str(world.chain())


def test_P7_the_log_is_opened_to_a_person_and_not_to_a_command(sqlite_world: World) -> None:  # noqa: N802
    with pytest.raises(NotAllowed, match="sign in"):
        sqlite_world.doors.open_log(SPACE, "Fundsache", CLI, sqlite_world.now_us)


def test_whoever_gets_a_spare_card_later_did_not_come_in_with_it_before(world: World) -> None:
    jo, al = world.member("Jo"), world.member("Al")
    card = world.card()
    world.now_us = WALL_US
    world.cards.give(card, jo, None, CLI, WALL_US)
    spool = DoorSpool()
    for at_s in (10, 30, 50):
        spool.access(LOOKUPS[card], at_s)
    world.cards.take_back(card, CLI, WALL_US + 20 * S)
    world.cards.give(card, al, None, CLI, WALL_US + 40 * S)
    world.now_us = NOW_US
    world.take(spool.batch(1))
    world.doors.open_log(SPACE, "Fundsache", world.actor(1), world.now_us)
    today = world.doors.today(SPACE, world.actor(1), world.now_us)
    assert [entry.who for entry in today.entries] == ["Al", "", "Jo"]
    assert today.visits == 2


@pytest.mark.parametrize(
    ("at", "is_today"),
    [
        (datetime(2026, 11, 18, 22, 59, 59, tzinfo=UTC), False),
        (datetime(2026, 11, 18, 23, 0, 0, tzinfo=UTC), True),
        (datetime(2026, 11, 19, 22, 59, 59, tzinfo=UTC), True),
        (datetime(2026, 11, 19, 23, 0, 0, tzinfo=UTC), False),
    ],
)
def test_today_is_the_spaces_own_day(sqlite_world: World, at: datetime, is_today: bool) -> None:
    world = sqlite_world
    card = world.card(member=world.member())
    spool = DoorSpool()
    spool.access(LOOKUPS[card], (to_us(at) - WALL_US) / S)
    world.take(spool.batch(1))
    noon_us = to_us(datetime(2026, 11, 19, 12, tzinfo=UTC))
    assert len(world.doors.today(SPACE, CLI, noon_us).entries) == is_today


def test_entries_of_another_space_are_not_of_this_one(world: World) -> None:
    world.card(member=world.member(space=OTHER), space=OTHER)
    spool = DoorSpool(space=OTHER)
    spool.access(LOOKUPS[1])
    world.take(spool.batch(1))
    assert world.doors.today(SPACE, CLI, world.now_us).entries == ()
    assert len(world.doors.today(OTHER, CLI, world.now_us).entries) == 1
