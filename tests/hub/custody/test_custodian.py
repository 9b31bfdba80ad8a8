"""The custodian as a thread: what is asked for happens at once, with keys that come later, over a real broker."""

import logging
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from sqlalchemy import Engine

from hub.broker import BackOff, Broker, Role
from hub.config import KeySettings
from hub.custody import sealing_of
from hub.custody_ports import Sealing
from hub.domain.audit import HOST_CHAIN
from hub.domain.cards import CardState
from hub.domain.doors import CommandKind
from hub.domain.errors import StoreUnavailable
from hub.key_file import create_keys, replace_keys
from hub.mqtt import Link
from hub.outbound import MqttDeviceMail
from hub.services.audit import KeepChains
from hub.services.custodian import Bell, Custodian, RingingUnits
from hub.services.keep_erasures import KeepErasures
from hub.services.publish_access import PublishAccess
from hub.services.send_commands import SendCommands
from hub.storage.access_unit import SqlUnits
from hub.storage.chain_log import SqlChainLog
from hub.storage.command_queue import SqlCommandQueue
from hub.storage.person_rows import ErasureRows
from tests.hub.custody.world import DEVICES, NOW_US, SPACE, World
from tests.hub.ear import Ear
from tests.parts.mosquitto import Mosquitto
from tests.parts.waiting import wait_until

QUICK = BackOff(base_s=0.05, cap_s=0.2)
ACCESS = f"ankerort/v1/{SPACE}/{DEVICES[0]}/access"
COMMAND = f"ankerort/v1/{SPACE}/{DEVICES[0]}/command"
UID = bytes.fromhex("04112233445566")


class SystemClock:
    """The real clock: lists that are issued for another time would not be good for long."""

    def now_us(self) -> int:
        return time.time_ns() // 1000


class SetClock:
    """A clock that a test moves."""

    def __init__(self) -> None:
        self.at_us = NOW_US

    def now_us(self) -> int:
        return self.at_us


def custodian_of(
    world: World, load: Callable[[], Sealing | None], clock: SetClock | SystemClock
) -> Custodian:
    return Custodian(
        load=load,
        look=world.lists,
        publish=world.publish,
        commands=world.commands,
        offers=world.offers,
        chains=KeepChains(SqlChainLog(world.engine), door_days=30),
        erasures=KeepErasures(SqlUnits(world.engine, ErasureRows), world.ledger),
        clock=clock,
        bell=Bell(),
    )


@pytest.fixture
def sqlite_world(sqlite_engine: Engine, tmp_path: Path) -> World:
    made = World(sqlite_engine, tmp_path)
    made.set_up()
    return made


@pytest.fixture
def connected(sqlite_world: World, mosquitto: Mosquitto) -> Iterator[tuple[World, Custodian]]:
    """A custodian that runs, connected to a broker."""
    link = Link(Broker("127.0.0.1", mosquitto.port), Role("custody"), back_off=QUICK)
    mail = MqttDeviceMail(link)
    sqlite_world.publish = PublishAccess(sqlite_world.lists, sqlite_world.ledger, mail)
    sqlite_world.commands = SendCommands(SqlCommandQueue(sqlite_world.engine), mail)
    custodian = custodian_of(sqlite_world, lambda: sqlite_world.sealing, SystemClock())
    link.on_up = custodian.publish_again
    link.start()
    assert link.wait_until_up(10)
    custodian.start()
    yield sqlite_world, custodian
    custodian.stop()
    link.stop()


def test_doors_are_off_until_there_are_keys_and_it_is_said_once(
    sqlite_world: World, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    world, clock, file = sqlite_world, SetClock(), tmp_path / "keys.json"
    custodian = custodian_of(world, KeyFileLoad(file), clock)
    world.online()
    world.ask(CommandKind.OPEN)
    with caplog.at_level(logging.WARNING):
        custodian.step()
        clock.at_us += 6_000_000
        custodian.step()
    assert caplog.text.count("doors are off until `ankerort-hub keys init`") == 1
    assert world.rows("SELECT state, outcome FROM command") == [("expired", "no_keys")]
    assert not world.mail.lists
    create_keys(file, world.keys)
    clock.at_us += 6_000_000
    custodian.step()
    assert len(world.mail.lists) == 2


class KeyFileLoad:
    """What the hub loads keys with, from a file of the test."""

    def __init__(self, file: Path) -> None:
        self._load = sealing_of(KeySettings(file=file))

    def __call__(self) -> Sealing | None:
        return self._load()


def test_rotated_keys_are_taken_without_a_restart(sqlite_world: World, tmp_path: Path) -> None:
    world, file = sqlite_world, tmp_path / "keys.json"
    create_keys(file, world.keys)
    load = KeyFileLoad(file)
    first = load()
    assert first is not None
    assert load() is first
    replace_keys(file, world.keys.rotated())
    again = load()
    assert again is not None
    assert again.newest == 2


def test_a_key_file_that_breaks_does_not_end_the_keys_that_are_there(
    sqlite_world: World, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    world, clock, file = sqlite_world, SetClock(), tmp_path / "keys.json"
    create_keys(file, world.keys)
    custodian = custodian_of(world, KeyFileLoad(file), clock)
    custodian.step()
    file.write_bytes(b"{")
    clock.at_us += 6_000_000
    world.card(world.member(), UID)
    custodian.step()
    assert "can't be loaded" in caplog.text
    assert len(world.list_of()[1].credentials) == 1


def test_lists_of_yesterday_are_found_within_a_minute(sqlite_world: World) -> None:
    world, clock = sqlite_world, SetClock()
    custodian = custodian_of(world, lambda: world.sealing, clock)
    custodian.step()
    clock.at_us += 86_400_000_000 + 61_000_000
    custodian.step()
    assert world.list_of()[0].version == 2


def test_a_clock_that_was_set_back_stops_nothing(sqlite_world: World) -> None:
    world, clock = sqlite_world, SetClock()
    custodian = custodian_of(world, lambda: world.sealing, clock)
    custodian.step()
    clock.at_us -= 10 * 86_400_000_000
    world.online()
    world.ask(CommandKind.OPEN, until_us=clock.at_us + 10_000_000)
    custodian.step()
    assert len(world.sent()) == 1


def test_a_database_that_is_away_for_a_while_ends_nothing(
    sqlite_world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = sqlite_world
    custodian = custodian_of(world, lambda: world.sealing, SystemClock())
    work, fails = world.lists.work, [StoreUnavailable("locked"), RuntimeError("bug")]

    def look() -> object:
        if fails:
            raise fails.pop()
        return work()

    monkeypatch.setattr(world.lists, "work", look)
    custodian.start()
    wait_until(lambda: len(world.mail.lists) == 2, 10, "both lists")
    custodian.stop()


def test_lists_are_retained_and_commands_are_not(
    connected: tuple[World, Custodian], mosquitto: Mosquitto
) -> None:
    world, _ = connected
    with Ear(mosquitto.port, f"ankerort/v1/{SPACE}/{DEVICES[0]}/+") as ear:
        world.online()
        world.ask(CommandKind.OPEN, until_us=SystemClock().now_us() + 10_000_000)
        wait_until(lambda: any(topic == COMMAND for topic, _, _ in ear.heard), 10, "the command")
        wait_until(lambda: any(topic == ACCESS for topic, _, _ in ear.heard), 10, "the list")
    with Ear(mosquitto.port, f"ankerort/v1/{SPACE}/{DEVICES[0]}/+") as later:
        wait_until(lambda: later.heard, 10, "what the broker kept")
        assert {topic for topic, _, _ in later.heard} == {ACCESS}


def test_a_broker_that_lost_everything_is_given_the_lists_again(
    connected: tuple[World, Custodian], mosquitto: Mosquitto
) -> None:
    world, custodian = connected
    wait_until(lambda: world.state().version == 1, 10, "a stored list")
    with Ear(mosquitto.port, ACCESS) as ear:
        wait_until(lambda: ear.heard, 10, "the list")
        number = len(ear.heard)
        custodian.publish_again()
        wait_until(lambda: len(ear.heard) > number, 10, "the list again")
        assert ear.heard[-1][1] == ear.heard[0][1]


def test_whoever_changes_rights_in_the_same_process_rings_after_the_commit(sqlite_world: World) -> None:
    bell, seen = Bell(), list[bool]()

    class Units:
        @contextmanager
        def writing(self) -> Iterator[str]:
            yield "unit"
            seen.append(bell.is_rung)

        reading = writing

    units = RingingUnits(Units(), bell)
    with units.reading():
        pass
    seen.append(bell.is_rung)
    with units.writing() as unit:
        assert unit == "unit"
    seen.append(bell.is_rung)
    bell.wait(0.0)
    seen.append(bell.is_rung)
    assert seen == [False, False, False, True, False], "not before the end, and not for a look"


@pytest.mark.alone
def test_a_block_reaches_the_doors_device_within_a_second_with_500_cards(
    connected: tuple[World, Custodian], mosquitto: Mosquitto
) -> None:
    world, _ = connected
    member = world.member()
    cards = [world.card(member) for _ in range(500)]
    wait_until(lambda: world.state().compiled == world.state().wanted, 30, "all cards listed")
    took = []
    with Ear(mosquitto.port, ACCESS) as ear:
        # Lists of the last cards may still be on their way.
        wait_until(lambda: ear.payloads(ACCESS)[-1:] == [world.state().sealed], 10, "the newest list")
        for card in cards[:20]:
            version, began = world.state().version, time.monotonic()
            number = len(ear.heard)
            world.change_card(card, state=CardState.BLOCKED, changed_us=SystemClock().now_us())
            wait_until(lambda number=number: len(ear.heard) > number, 5, "the list")  # type: ignore[misc]
            took.append(time.monotonic() - began)
            assert world.state().version > version
    assert max(took) < 1.0, sorted(took)


def test_without_a_connection_a_command_is_dropped_and_a_list_waits(
    sqlite_world: World, make_mosquitto: Callable[..., Mosquitto]
) -> None:
    broker = make_mosquitto(durable=False)
    broker.stop()
    link = Link(Broker("127.0.0.1", broker.port), Role("custody"), back_off=QUICK)
    mail = MqttDeviceMail(link)
    link.start()
    try:
        mail.command(SPACE, DEVICES[0], b"command")
        mail.access(SPACE, DEVICES[0], b"list")
        broker.start()
        with Ear(broker.port, "ankerort/#") as ear:
            wait_until(lambda: ear.heard, 10, "the list")
            assert [(topic, payload) for topic, payload, _ in ear.heard] == [(ACCESS, b"list")]
    finally:
        link.stop()


def test_the_chains_of_the_log_are_anchored_with_the_hubs_key_once_a_day(sqlite_world: World) -> None:
    world, clock = sqlite_world, SetClock()
    custodian = custodian_of(world, lambda: world.sealing, clock)
    log = SqlChainLog(world.engine)
    log.declare({"what": "something"}, NOW_US)

    def anchors() -> int:
        with log.looking() as look:
            found = look.anchors(HOST_CHAIN)
        assert all(world.keys.is_signed(anchor.signed(), anchor.signature) for anchor in found)
        return len(found)

    custodian.step()
    assert anchors() == 1
    log.declare({"what": "something else"}, NOW_US)
    clock.at_us += 3_600_000_000
    custodian.step()
    assert anchors() == 1
    clock.at_us += 86_400_000_000
    custodian.step()
    assert anchors() == 2
