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
from device.core.presence import PresenceSettings, SensorKind
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
