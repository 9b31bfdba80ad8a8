"""Home Assistant on a real Mosquitto: found, told what everyone may see, and taken back when it is switched off."""

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import jsonschema
import pytest
from sqlalchemy import Engine

from hub.config import HubSettings, load_settings
from hub.domain.doors import Contact
from hub.domain.home_assistant import House, Topics, discovery, state
from hub.domain.occupancy import Counts, DeviceStatus
from hub.domain.space import Door, PublicDetail
from hub.domain.visibility import PUBLIC, detail_for, see
from hub.home_assistant import Together, home_assistant
from hub.neighbour_settings import HomeAssistantSettings
from hub.storage.house_look import SqlHouseLook
from hub.storage.unit_of_work import UnitFactory
from tests.hub.desks.world import SPACE as DOORED
from tests.hub.desks.world import DoorSpool, World
from tests.hub.ear import Ear
from tests.hub.ingest.hub import Hub, town
from tests.hub.web.fakes import TUESDAY_MORNING_US, FakeLive, SetClock
from tests.parts.mosquitto import Mosquitto
from tests.parts.waiting import wait_until
from wire.errors import InvalidSetting

SPACE: Final = "wittenberge"
TOPICS: Final = Topics()
CONFIG: Final = "homeassistant/device/ankerort-ha_wittenberge/config"
STATE: Final = "ankerort-ha/wittenberge/state"
LOOK_S: Final = 0.15
NOTHING: Final = House()
BOUNDARY_US: Final = TUESDAY_MORNING_US - TUESDAY_MORNING_US % 300_000_000

# Written from Home Assistant's documentation of MQTT device discovery, of its sensors and binary sensors.
COMPONENT: Final = {
    "type": "object",
    "required": ["p", "unique_id", "name", "val_tpl"],
    "properties": {
        "p": {"enum": ["sensor", "binary_sensor"]},
        "unique_id": {"type": "string", "pattern": "^[A-Za-z0-9_-]+$"},
        "name": {"type": "string"},
        "val_tpl": {"type": "string", "pattern": r"^\{\{ value_json\..+ \}\}$"},
        "dev_cla": {"enum": ["occupancy", "door", "problem"]},
        "stat_cla": {"const": "measurement"},
        "unit_of_meas": {"type": "string"},
    },
    "additionalProperties": False,
}
DISCOVERY: Final = {
    "type": "object",
    "required": ["dev", "o", "cmps", "avty_t", "stat_t"],
    "properties": {
        "dev": {
            "type": "object",
            "required": ["ids", "name"],
            "properties": {name: {"type": "string"} for name in ("name", "mf", "mdl", "cu")}
            | {"ids": {"type": "array", "minItems": 1, "items": {"type": "string"}}},
            "additionalProperties": False,
        },
        "o": {"type": "object", "required": ["name"], "properties": {"name": {"type": "string"}}},
        "avty_t": {"type": "string"},
        "stat_t": {"type": "string"},
        "qos": {"enum": [0, 1, 2]},
        "cmps": {"type": "object", "minProperties": 1, "additionalProperties": COMPONENT},
    },
    "additionalProperties": False,
}


@pytest.fixture
def live() -> FakeLive:
    live = FakeLive()
    live.everyone_online()
    return live


@pytest.fixture
def start(sqlite_engine: Engine, mosquitto: Mosquitto, live: FakeLive) -> Iterator[Callable[..., Together]]:
    """A function that starts what tells Home Assistant: `start(spaces=(…))`."""
    Hub(sqlite_engine).import_site(replace(town(SPACE), id="stadt"))
    running: list[Together] = []

    def make(*spaces: str, **more: Any) -> Together:
        told = HomeAssistantSettings(url=mosquitto.url, spaces=spaces, **more)
        settings = HubSettings(home_assistant=told)
        part = home_assistant(settings, live, UnitFactory(sqlite_engine), SetClock(), look_s=LOOK_S)
        part.start()
        running.append(part)
        return part

    yield make
    for part in running:
        part.stop()


def said(ear: Ear, topic: str) -> Any:
    found = ear.payloads(topic)
    return json.loads(found[-1]) if found and found[-1] else None


def looked(live: FakeLive, house: House = NOTHING) -> tuple[dict[str, Any], dict[str, Any]]:
    one = live.space(SPACE, TUESDAY_MORNING_US)
    assert one is not None
    seen = see(one, detail_for(one.space, PUBLIC))
    return discovery(seen, house, TOPICS, "https://plaetze.example.org/spaces/wittenberge"), state(
        seen, house
    )


@pytest.mark.parametrize("detail", PublicDetail)
@pytest.mark.parametrize("house", [NOTHING, House(((Door("d", "Tür"), Contact.OPEN),), 2)])
def test_what_is_said_has_the_shape_that_home_assistant_reads(
    live: FakeLive, detail: PublicDetail, house: House
) -> None:
    live.set_detail(SPACE, detail)
    live.published[SPACE] = Counts(5, 4, 2, 1), BOUNDARY_US
    config, told = looked(live, house)
    jsonschema.validate(config, DISCOVERY)
    for key, part in config["cmps"].items():
        # Each template leads to a value: for Home Assistant an undefined one is an error in its log.
        path = part["val_tpl"].removeprefix("{{ value_json.").removesuffix(" }}")
        name, _, inner = path.partition("['")
        value = told[name][inner.removesuffix("']")] if inner else told[name]
        assert value in ("ON", "OFF", "None") or isinstance(value, int), key
    ids = [part["unique_id"] for part in config["cmps"].values()]
    assert len(set(ids)) == len(ids)


@pytest.mark.parametrize(
    ("detail", "keys"),
    [
        (PublicDetail.STATE, {"open"}),
        (PublicDetail.COUNT, {"open", "free", "occupied", "unknown"}),
        (PublicDetail.DESKS, {"open", "free", "occupied", "unknown", "desks"}),
    ],
)
def test_no_more_is_said_than_everyone_may_see(live: FakeLive, detail: PublicDetail, keys: set[str]) -> None:
    live.set_detail(SPACE, detail)
    live.published[SPACE] = Counts(5, 4, 2, 1), BOUNDARY_US
    before = looked(live)
    assert set(before[1]) == keys
    live.set_desk(SPACE, "f1", "occupied")
    assert (looked(live) == before) == (detail is not PublicDetail.DESKS)


def test_what_is_not_known_is_neither_free_nor_closed(live: FakeLive) -> None:
    for device in ("pi-halle", "pi-ruhe"):
        live.set_device(SPACE, device, DeviceStatus.LOST)
    live.change_space(SPACE, opening=())
    _, told = looked(live, House(((Door("d", "Tür"), Contact.UNKNOWN),)))
    assert {told["open"], told["free"], told["occupied"], *told["desks"].values(), told["doors"]["d"]} == {
        "None"
    }


def test_it_finds_the_space_and_follows_it(
    start: Callable[..., Together], live: FakeLive, mosquitto: Mosquitto
) -> None:
    start(SPACE)
    with Ear(mosquitto.port, "#") as ear:
        wait_until(lambda: said(ear, STATE), 10, "the state")
        jsonschema.validate(said(ear, CONFIG), DISCOVERY)
        assert ear.payloads("ankerort-ha/status")[-1] == b"online"
        assert said(ear, STATE)["desks"]["f1"] == "OFF"
        live.set_desk(SPACE, "f1", "occupied")
        wait_until(lambda: said(ear, STATE)["desks"]["f1"] == "ON", 10, "the change")
    with Ear(mosquitto.port, "#") as later:
        wait_until(lambda: said(later, CONFIG) and said(later, STATE), 10, "what is retained")
        assert all(retained for _, _, retained in later.heard)


def test_all_is_said_again_when_home_assistant_begins_anew(
    start: Callable[..., Together], mosquitto: Mosquitto
) -> None:
    start(SPACE)
    with Ear(mosquitto.port, "#") as ear:
        wait_until(lambda: said(ear, STATE), 10, "the state")
        before = len(ear.payloads(CONFIG))
        ear.say(("homeassistant/status", b"online"))
        wait_until(lambda: len(ear.payloads(CONFIG)) > before, 10, "discovery again")


def test_a_hub_that_ends_is_offline_and_what_it_said_stays(
    start: Callable[..., Together], mosquitto: Mosquitto
) -> None:
    part = start(SPACE)
    with Ear(mosquitto.port, "#") as ear:
        wait_until(lambda: said(ear, STATE), 10, "the state")
        part.stop()
        ear.wait_for("ankerort-ha/status", b"offline")
        assert said(ear, CONFIG) is not None


def test_a_space_that_is_switched_off_is_taken_back_and_strangers_stay(
    start: Callable[..., Together], mosquitto: Mosquitto
) -> None:
    foreign = "homeassistant/device/lamp/config"
    other = "homeassistant/device/other-ha_wittenberge/config"
    with Ear(mosquitto.port, "#") as ear:
        config, _ = looked(FakeLive())
        other_hub = {**config, "avty_t": "other-ha/status", "stat_t": "other-ha/wittenberge/state"}
        ear.say((foreign, b'{"dev": {}, "cmps": {}}'), (other, json.dumps(other_hub).encode()), retain=True)
        start(SPACE).stop()
        part = start(SPACE)
        wait_until(lambda: said(ear, STATE), 10, "the state")
        part.stop()
        start()
        wait_until(
            lambda: ear.payloads(CONFIG)[-1] == b"" == ear.payloads(STATE)[-1], 10, "that it is taken back"
        )
    with Ear(mosquitto.port, "homeassistant/#") as later:
        wait_until(lambda: len(later.heard) == 2, 10, "what is left")
        assert {topic for topic, _, _ in later.heard} == {foreign, other}


def test_desks_that_are_not_shown_any_more_go_also_after_a_restart(
    start: Callable[..., Together], live: FakeLive, mosquitto: Mosquitto
) -> None:
    part = start(SPACE)
    with Ear(mosquitto.port, "#") as ear:
        wait_until(lambda: said(ear, STATE), 10, "the state")
        part.stop()
        live.set_detail(SPACE, PublicDetail.STATE)
        start(SPACE)
        wait_until(lambda: set((said(ear, CONFIG) or {}).get("cmps", ())) == {"open"}, 10, "less")
        assert b"" in ear.payloads(CONFIG), "a component that is only left out stays in Home Assistant"
        wait_until(lambda: set(said(ear, STATE) or ()) == {"open"}, 10, "the state without desks")


def test_a_broker_that_lost_everything_is_told_again(
    start: Callable[..., Together], make_mosquitto: Callable[..., Mosquitto], mosquitto: Mosquitto
) -> None:
    start(SPACE)
    with Ear(mosquitto.port, "#") as ear:
        wait_until(lambda: said(ear, STATE), 10, "the state")
        ear.say((CONFIG, b""), (STATE, b""), retain=True)
    mosquitto.restart(kill=True)
    with Ear(mosquitto.port, "#") as later:
        wait_until(lambda: said(later, STATE) and said(later, CONFIG), 20, "all of it")


def test_doors_and_alarms_come_from_the_database(sqlite_engine: Engine) -> None:
    world, spool, look = World(sqlite_engine), DoorSpool(), SqlHouseLook(sqlite_engine)
    world.set_up()
    spool.door("forced", 3_590, contact="open")
    world.take(*spool.batches(100))
    assert look.alarms(DOORED, world.now_us) == 1
    doors = {door.id: (door.name, contact) for door, contact in look.doors(DOORED, world.now_us)}
    assert doors["hof"] == ("Hoftür", Contact.UNKNOWN), "its device was never heard"
    assert set(doors) == {"haupt", "hof", "keller"}


def test_alarms_are_told_where_they_are_wanted(start: Callable[..., Together], mosquitto: Mosquitto) -> None:
    start(SPACE, alarms=True)
    with Ear(mosquitto.port, "#") as ear:
        wait_until(lambda: said(ear, STATE), 10, "the state")
        assert said(ear, STATE)["alarm"] == "OFF"
        assert said(ear, CONFIG)["cmps"]["alarm"]["dev_cla"] == "problem"


def test_it_is_off_until_somebody_sets_a_broker(tmp_path: Path) -> None:
    assert HubSettings().home_assistant == HomeAssistantSettings(url="", spaces=(), doors=False, alarms=False)
    file = tmp_path / "hub.toml"
    for text, wrong in (
        ('url = "http://x"', "home_assistant.url 'http://x' is not usable"),
        ('url = "mqtt://a:b@x"', "home_assistant.url holds a password"),
        ('url = "mqtt://x"\nbase_topic = "a/#"', "base_topic"),
    ):
        file.write_text(f"[home_assistant]\n{text}\n")
        with pytest.raises(InvalidSetting, match=wrong):
            load_settings(file, {})
