"""An invented fleet: its settings, its site file, and the agent that counts."""

from dataclasses import asdict
from pathlib import Path

import msgspec
import pytest

from device.backends.clock import SimulatedClock
from device.config import CardSettings, check, presence_settings
from device.core.effects import Record, Show
from device.core.inputs import CardPresented, Moment, Stop
from device.core.sensing import PresenceSettings, SensorKind
from device.fleet import DEVICES_PER_SPACE, hurry, invent_fleet, invent_key, site_file, without_settling
from device.limited_agent import LimitedAgent
from hub.site_file.towns import read_site
from wire.codec import encode_event
from wire.errors import InvalidIdentifier
from wire.identifiers import CredentialId

SPOOLS = Path("/var/spools")


def test_a_fleet_has_ids_of_its_own_and_settings_that_pass_every_check(tmp_path: Path) -> None:
    key = tmp_path / "card.key"
    key.write_text(invent_key("a").hex())
    key.chmod(0o600)
    fleet = invent_fleet(30, "mill", 8, "mqtt://127.0.0.1:1883", SPOOLS)
    for settings in fleet:
        check(msgspec.structs.replace(settings, card=CardSettings(key_file=key)))
    assert len({(settings.space, settings.device) for settings in fleet}) == 30
    assert len({settings.spool.path for settings in fleet}) == 30
    assert len({(settings.space, sensor.desk) for settings in fleet for sensor in settings.sensor}) == 240
    assert {sensor.kind for sensor in fleet[0].sensor} == {kind.value for kind in SensorKind}


def test_a_large_fleet_is_spread_over_spaces_that_hold_their_desks() -> None:
    fleet = invent_fleet(2 * DEVICES_PER_SPACE + 1, "mill", 8, "mqtt://127.0.0.1:1883", SPOOLS)
    spaces = [settings.space for settings in fleet]
    assert spaces == ["mill"] * DEVICES_PER_SPACE + ["mill-2"] * DEVICES_PER_SPACE + ["mill-3"]


def test_a_space_whose_id_is_not_usable_is_refused() -> None:
    with pytest.raises(InvalidIdentifier, match="space 'No Space'"):
        invent_fleet(1, "No Space", 4, "mqtt://127.0.0.1:1883", SPOOLS)


@pytest.mark.parametrize(("devices", "desks"), [(1, 4), (3, 0), (60, 8), (25, 1)])
def test_the_site_file_is_one_that_the_hub_reads_without_a_word(devices: int, desks: int) -> None:
    fleet = invent_fleet(devices, "mill", desks, "mqtt://127.0.0.1:1883", SPOOLS)
    site = read_site(site_file(fleet).encode(), "site.toml")
    spaces = {space.id: space for town in site.towns for space in town.spaces}
    assert site.warnings == ()
    assert set(spaces) == {settings.space for settings in fleet}
    for settings in fleet:
        space = spaces[settings.space]
        assert settings.device in {device.id for device in space.devices}
        assert {reader.door for reader in settings.reader} <= {door.id for door in space.doors}
        known = {(desk.id, desk.sensor, desk.device) for desk in space.desks}
        assert {(s.desk, s.kind, settings.device) for s in settings.sensor} <= known


def test_two_fleets_of_different_spaces_are_two_towns() -> None:
    first, second = (
        read_site(site_file(invent_fleet(1, space, 1, "mqtt://127.0.0.1:1883", SPOOLS)).encode(), "site.toml")
        for space in ("mill", "barn")
    )
    assert first.towns[0].id != second.towns[0].id
    assert first.towns[0].ags != second.towns[0].ags


def test_twice_the_speed_halves_every_time_of_a_sensor() -> None:
    settings = hurry(invent_fleet(1, "mill", 1, "mqtt://127.0.0.1:1883", SPOOLS)[0], 2.0)
    defaults = PresenceSettings.defaults(SensorKind.MAT)
    assert asdict(presence_settings(settings.sensor[0])) == {
        name: pytest.approx(value / 2) for name, value in asdict(defaults).items()
    }


def moment(clock: SimulatedClock) -> Moment:
    clock.advance(1_000_000)
    return clock.now()


def test_a_limited_agent_records_up_to_its_limit_and_still_lights_its_lamp() -> None:
    clock = SimulatedClock(0, speed=0)
    sensors = {
        sensor.desk: presence_settings(sensor)
        for sensor in without_settling(invent_fleet(1, "mill", 2, "mqtt://127.0.0.1:1883", SPOOLS)[0]).sensor
    }
    agent = LimitedAgent(sensors, ["reader"], clock.boot_id(), "1", 0, room=lambda: 5)
    effects = agent.started(moment(clock))
    for number in range(10):
        effects += agent.handle(CardPresented("reader", CredentialId(f"{number:064x}")), moment(clock))[0]
    effects += agent.handle(Stop(), moment(clock))[0]
    records = [effect for effect in effects if isinstance(effect, Record)]
    assert [type(record.event).__name__ for record in records] == [
        "DeviceStarted", "DeskState", "DeskState", "CardRead", "CardRead",
    ]  # fmt: skip
    assert all(encode_event(record.event) for record in records)
    assert sum(isinstance(effect, Show) for effect in effects) == 12


def test_a_limited_agent_without_room_records_nothing() -> None:
    clock = SimulatedClock(0, speed=0)
    agent = LimitedAgent({}, ["reader"], clock.boot_id(), "1", 0, room=lambda: 0)
    assert not [effect for effect in agent.started(moment(clock)) if isinstance(effect, Record)]
