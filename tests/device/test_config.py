"""Settings of the device: what is refused, with which words, and where each value came from."""

from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path

import pytest

from device.bootstrap import broker
from device.config import (
    DeviceSettings,
    MqttSettings,
    SensorSettings,
    broker_address,
    check,
    load_settings,
    presence_settings,
    read_card_key,
)
from device.core.doors import ReaderPlace
from device.core.presence import PresenceSettings, SensorKind
from device.described import describe, own_doors, reader_places
from tests.device.sealed import write_trust_file
from wire.errors import InvalidSetting

KEY = "0123456789abcdef" * 4
WriteSettings = Callable[[str], Path]


@pytest.fixture
def write(tmp_path: Path) -> WriteSettings:
    """A function that writes a settings file beside a usable card key, `{key}` in the text."""
    key = tmp_path / "card.key"
    key.write_text(KEY + "\n")
    key.chmod(0o600)

    def write_it(text: str) -> Path:
        file = tmp_path / "device.toml"
        file.write_text('device = "door"\nspace = "town"\n' + text.replace("{key}", str(key)))
        return file

    return write_it


WHOLE = """
[mqtt]
url = "mqtts://door@hub.example"
[card]
key_file = "{key}"
[[reader]]
id = "front"
door = "front-door"
match = "ACR122U"
[[reader]]
id = "desk-reader"
desk = "d1"
backend = "simulated"
[[sensor]]
id = "s1"
desk = "d1"
kind = "pir"
pin = 17
hold_s = 300
[[sensor]]
id = "s2"
desk = "d2"
kind = "distance"
pin = 22
trigger_pin = 23
[signal]
red = 5
buzzer = 6
"""


def test_a_whole_file_is_taken(write: WriteSettings) -> None:
    loaded = load_settings(write(WHOLE), {})
    settings = loaded.settings
    assert (settings.space, settings.device) == ("town", "door")
    assert broker_address(settings.mqtt) == (True, "hub.example", 8883, "door")
    assert [sensor.kind for sensor in settings.sensor] == ["pir", "distance"]
    assert settings.signal.buzzer == 6
    assert read_card_key(settings.card) == bytes.fromhex(KEY)


def test_a_device_needs_no_more_than_its_ids(write: WriteSettings) -> None:
    settings = load_settings(write(""), {}).settings
    assert settings.spool.keep_days == 7
    assert settings.mqtt.url == "mqtt://127.0.0.1:1883"


def test_variables_go_on_top_of_the_file_and_each_value_knows_its_origin(write: WriteSettings) -> None:
    file = write('[spool]\nkeep_days = 9\n[mqtt]\nurl = "mqtt://one"\n')
    loaded = load_settings(file, {"ANKERORT_MQTT_URL": "mqtt://two:1884", "ANKERORT_SPOOL_PATH": "/tmp/s.db"})
    assert broker_address(loaded.settings.mqtt) == (False, "two", 1884, "")
    assert loaded.settings.spool.path == Path("/tmp/s.db")
    assert loaded.origins["mqtt.url"] == "ANKERORT_MQTT_URL"
    assert loaded.origins["spool.keep_days"] == "file device.toml"
    assert loaded.origins["spool.max_events"] == "default"


def test_a_device_can_live_on_variables_alone() -> None:
    loaded = load_settings(None, {"ANKERORT_DEVICE": "door", "ANKERORT_SPACE": "town"})
    assert loaded.settings.device == "door"


SENSOR = '[[sensor]]\nid = "s1"\ndesk = "d1"\nkind = "pir"\npin = 17\n'
READER = '[card]\nkey_file = "{key}"\n[[reader]]\nid = "r1"\nmatch = "ACR"\ndoor = "front"\n'
REFUSED = [
    ("unknown key", 'colour = "red"', ["colour", "known here"]),
    ("unknown key in a table", "[spool]\nkeep = 3", ["spool.keep"]),
    ("wrong type", '[spool]\nkeep_days = "many"', ["spool.keep_days", "file device.toml"]),
    ("out of range", "[spool]\nkeep_days = 0", ["spool.keep_days", ">= 1"]),
    ("unknown kind of sensor", SENSOR.replace("pir", "sonar"), ["sonar"]),
    ("sensor without a pin", SENSOR.replace("pin = 17", ""), ["s1", "pin"]),
    ("pin that does not exist", SENSOR.replace("17", "99"), ["pin", "<= 27"]),
    ("distance sensor without a trigger", SENSOR.replace("pir", "distance"), ["s1", "trigger_pin"]),
    ("seconds below nothing", SENSOR + "hold_s = -1\n", ["[[sensor]] s1", "hold_s is -1", "from 0"]),
    (
        "sensor id twice",
        SENSOR + SENSOR.replace("d1", "d2").replace("17", "18"),
        ["[[sensor]] id 's1'", "twice"],
    ),
    ("desk twice", SENSOR + SENSOR.replace("s1", "s2").replace("17", "18"), ["desk 'd1'", "twice"]),
    ("pin twice", SENSOR + SENSOR.replace("s1", "s2").replace("d1", "d2"), ["GPIO17", "s1", "s2"]),
    ("pin of a lamp twice", SENSOR + "[signal]\nred = 17", ["GPIO17", "s1", "red"]),
    ("unusable desk id", SENSOR.replace('"d1"', '"Desk 1"'), ["[[sensor]] s1: desk 'Desk 1'", "a-z"]),
    ("reader nowhere", READER.replace('door = "front"', ""), ["r1", "door or desk"]),
    ("reader at two places", READER + 'desk = "d1"', ["r1", "door or desk"]),
    ("reader without a name to match", READER.replace('match = "ACR"', ""), ["r1", "match", "pcsc_scan"]),
    (
        "reader without a card key",
        READER.replace('key_file = "{key}"', ""),
        ["card.key_file", "openssl rand -hex 32"],
    ),
    ("broker of another kind", '[mqtt]\nurl = "http://hub"', ["http://hub", "mqtt://host:1883"]),
    ("broker without a host", '[mqtt]\nurl = "mqtt://"', ["mqtt.url"]),
    ("broker's port is no number", '[mqtt]\nurl = "mqtt://hub:x"', ["mqtt.url"]),
    ("password in the address", '[mqtt]\nurl = "mqtt://door:s3cret@hub"', ["mqtt.password_file"]),
    ("certificate without a key", '[mqtt]\ncert_file = "c.pem"', ["mqtt.cert_file", "mqtt.key_file"]),
]


@pytest.mark.parametrize(("text", "words"), [row[1:] for row in REFUSED], ids=[row[0] for row in REFUSED])
def test_what_cannot_be_used_is_named_with_its_remedy(
    write: WriteSettings, text: str, words: list[str]
) -> None:
    with pytest.raises(InvalidSetting) as refusal:
        load_settings(write(text), {})
    message = str(refusal.value)
    for word in words:
        assert word in message
    assert "s3cret" not in message


@pytest.mark.parametrize(
    "value", ["Door 1", "", "hub", "door-", "a" * 41], ids=["blank", "empty", "reserved", "hyphen", "long"]
)
def test_an_unusable_device_id_is_refused(value: str) -> None:
    with pytest.raises(InvalidSetting, match="device"):
        check(DeviceSettings(device=value, space="town"))


KEYS = [
    ("too short", "0123", 0o600, "64 hex digits"),
    ("not hexadecimal", "z" * 64, 0o600, "64 hex digits"),
    ("empty", "", 0o600, "empty"),
    ("open to everyone", KEY, 0o644, "chmod 0600"),
]


@pytest.mark.parametrize(("text", "mode", "words"), [row[1:] for row in KEYS], ids=[row[0] for row in KEYS])
def test_a_card_key_that_is_weak_or_open_is_refused_and_never_shown(
    tmp_path: Path, text: str, mode: int, words: str
) -> None:
    key = tmp_path / "weak.key"
    key.write_text(text)
    key.chmod(mode)
    file = tmp_path / "device.toml"
    file.write_text(f'device = "door"\nspace = "town"\n{READER.replace("{key}", str(key))}')
    with pytest.raises(InvalidSetting, match=words) as refusal:
        load_settings(file, {})
    assert not text or text not in str(refusal.value)


def test_a_missing_card_key_is_named(write: WriteSettings, tmp_path: Path) -> None:
    with pytest.raises(InvalidSetting, match=r"nowhere\.key"):
        load_settings(write(READER.replace("{key}", str(tmp_path / "nowhere.key"))), {})


@pytest.mark.parametrize("kind", ["pir", "mmwave", "mat", "distance"])
def test_a_sensor_has_its_kinds_defaults_and_what_its_settings_say(kind: str) -> None:
    defaults = PresenceSettings.defaults(SensorKind(kind))
    plain = SensorSettings(id="s", desk="d", kind=kind, pin=1)  # type: ignore[arg-type]
    assert presence_settings(plain) == defaults
    patient = SensorSettings(id="s", desk="d", kind=kind, pin=1, hold_s=700)  # type: ignore[arg-type]
    assert asdict(presence_settings(patient)) == {**asdict(defaults), "hold_s": 700}


def test_every_time_of_a_sensor_can_be_set() -> None:
    assert set(PresenceSettings.__dataclass_fields__) <= set(SensorSettings.__struct_fields__)


TLS_FILES = [
    ("ca_file", {"ca_file": Path("/nowhere/ca.pem")}),
    ("cert_file", {"cert_file": Path("/nowhere/c.pem"), "key_file": Path("/nowhere/c.key")}),
]


@pytest.mark.parametrize(("word", "files"), TLS_FILES, ids=[row[0] for row in TLS_FILES])
def test_a_certificate_that_cannot_be_read_is_named(word: str, files: dict[str, Path]) -> None:
    with pytest.raises(InvalidSetting, match=f"mqtt.{word} /nowhere"):
        broker(MqttSettings(url="mqtts://hub", **files))  # type: ignore[arg-type]


def test_the_password_comes_from_its_file(tmp_path: Path) -> None:
    secret = tmp_path / "password"
    secret.write_text("s3cret\n")
    secret.chmod(0o600)
    found = broker(MqttSettings(url="mqtt://hub", username="door", password_file=secret))
    assert (found.username, found.password, found.tls) == ("door", "s3cret", None)


# --- doors ---

DOOR = """
[access]
trust_file = "{trust}"
[[door]]
id = "front"
lock_pin = 17
contact_pin = 22
exit_pin = 23
tamper_pin = 24
reader_power_pin = 25
[[reader]]
id = "r1"
door = "front"
match = "ACR"
[[reader]]
id = "r2"
door = "front"
leaving = true
match = "Exit"
"""


@pytest.fixture
def write_door(tmp_path: Path, write: WriteSettings) -> WriteSettings:
    """A function that writes a settings file beside the device's trust, `{trust}` in the text."""
    write_trust_file(tmp_path)
    return lambda text: write(text.replace("{trust}", str(tmp_path / "trust.json")))


def test_a_door_is_taken_and_needs_no_card_key(write_door: WriteSettings) -> None:
    settings = load_settings(write_door(DOOR), {}).settings
    (door,) = settings.door
    assert (door.id, door.lock, door.open_s, door.held_s) == ("front", "energise_to_open", 5.0, 30.0)
    assert not door.contact_closed_high
    assert [reader.leaving for reader in settings.reader] == [False, True]
    assert settings.access.list_file == Path("/var/lib/ankerort-device/access.list")
    core = own_doors(settings)["front"]
    assert (core.has_contact, core.has_exit, core.has_tamper, core.exit_reader) == (True, True, True, True)
    assert reader_places(settings) == {"r1": ReaderPlace("front"), "r2": ReaderPlace("front", leaving=True)}
    assert describe(settings, "b" * 16).readers[1].leaving


def test_a_door_with_a_button_outside_is_told_to_the_hub_as_one_that_can_be_called(
    write_door: WriteSettings,
) -> None:
    with_button = load_settings(
        write_door(DOOR.replace("exit_pin", "button_pin = 26\nexit_pin")), {}
    ).settings
    assert own_doors(with_button)["front"].has_button
    assert describe(with_button, "b" * 16).calls == ["front"]
    without = load_settings(write_door(DOOR), {}).settings
    assert not own_doors(without)["front"].has_button
    assert describe(without, "b" * 16).calls == []


def test_a_reader_at_a_door_of_somebody_else_reports_as_ever(write: WriteSettings) -> None:
    settings = load_settings(write(READER), {}).settings
    assert own_doors(settings) == {}
    meta = describe(settings, "b" * 16)
    assert (meta.doors, meta.capabilities) == ([], []), "it opens none"
    assert [reader.door for reader in meta.readers] == ["front"]


REFUSED_DOORS = [
    (
        "no trust file",
        DOOR.replace('trust_file = "{trust}"', ""),
        ["front", "access.trust_file", "device add"],
    ),
    ("no such trust file", DOOR.replace("{trust}", "/nowhere/trust"), ["/nowhere/trust"]),
    ("lock without a pin", DOOR.replace("lock_pin = 17\n", ""), ["[[door]] front", "lock_pin"]),
    (
        "pin twice in a door",
        DOOR.replace("exit_pin = 23", "exit_pin = 22"),
        ["GPIO22", "contact_pin", "exit_pin"],
    ),
    (
        "button on the exit button's pin",
        DOOR.replace("exit_pin", "button_pin = 23\nexit_pin"),
        ["GPIO23", "button_pin", "exit_pin"],
    ),
    ("pin of a sensor", DOOR + SENSOR, ["GPIO17", "[[sensor]] s1", "[[door]] front lock_pin"]),
    ("pin of the lamp", DOOR + "[signal]\nred = 23\n", ["GPIO23", "[signal] red", "exit_pin"]),
    (
        "unknown kind of lock",
        DOOR.replace("lock_pin = 17", 'lock_pin = 17\nlock = "magic"'),
        ["lock", "magic"],
    ),
    ("door twice", DOOR + '[[door]]\nid = "front"\nlock_pin = 5\n', ["[[door]] id 'front'", "twice"]),
    ("open for no time", DOOR.replace("lock_pin = 17", "lock_pin = 17\nopen_s = 0"), ["open_s", ">= 1"]),
    (
        "less for those who need more",
        DOOR.replace("lock_pin = 17", "lock_pin = 17\nlonger_s = 2"),
        ["longer_s is 2"],
    ),
    ("unusable id", DOOR.replace('id = "front"', 'id = "Front door"'), ["[[door]] id", "Front door"]),
    (
        "leaving from a desk",
        DOOR + '[[reader]]\nid="r3"\ndesk="d1"\nmatch="X"\nleaving=true\n',
        ["r3", "leaving"],
    ),
    ("list where none can be", DOOR + "[[door]]\nid = 'b'\nlock_pinn = 3\n", ["door.lock_pinn"]),
]


@pytest.mark.parametrize(
    ("text", "says"), [pytest.param(text, says, id=label) for label, text, says in REFUSED_DOORS]
)
def test_a_door_that_can_not_work_is_refused_with_words(
    write_door: WriteSettings, text: str, says: list[str]
) -> None:
    with pytest.raises(InvalidSetting) as refused:
        load_settings(write_door(text), {})
    for part in says:
        assert part in str(refused.value)


def test_another_devices_trust_file_is_refused(write_door: WriteSettings) -> None:
    file = write_door(DOOR)
    with pytest.raises(InvalidSetting, match="is for town/door, but this device is town/other"):
        load_settings(file, {"ANKERORT_DEVICE": "other"})


def test_a_trust_file_that_everyone_may_read_is_refused(write_door: WriteSettings, tmp_path: Path) -> None:
    file = write_door(DOOR)
    (tmp_path / "trust.json").chmod(0o644)
    with pytest.raises(InvalidSetting, match="open to everyone"):
        load_settings(file, {})


def test_a_simulated_door_needs_no_pins(write_door: WriteSettings) -> None:
    text = DOOR.split("lock_pin", maxsplit=1)[0] + 'backend = "simulated"\n'
    core = own_doors(load_settings(write_door(text), {}).settings)["front"]
    assert (core.has_contact, core.has_exit, core.has_tamper) == (True, True, False)


def test_a_machine_with_a_battery_backed_clock_says_so(write: WriteSettings) -> None:
    assert not load_settings(write(""), {}).settings.clock.battery
    assert load_settings(write("[clock]\nbattery = true\n"), {}).settings.clock.battery
