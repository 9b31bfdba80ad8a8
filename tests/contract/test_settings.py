"""Settings: defaults, one file, variables on top, and each value with its origin."""

from pathlib import Path
from typing import Any

import pytest

from tests.contract.example_program import Mqtt, Program, Reader, Tls, load_text
from wire.errors import InvalidSetting
from wire.settings import load, show


def test_what_nobody_sets_has_its_default_and_says_so(tmp_path: Path) -> None:
    loaded = load_text(tmp_path)
    assert loaded.settings == Program(device="door-1")
    assert loaded.origins == {
        "device": "file device.toml",
        "database_url": "default",
        "share": "default",
        "label": "default",
        "hosts": "default",
        "ports": "default",
        "mqtt.url": "default",
        "mqtt.keep_alive_s": "default",
        "mqtt.tls": "default",
        "reader": "default",
        "weights": "default",
    }


def test_a_variable_that_sets_nothing_is_named_with_the_nearest_that_does(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    load_text(tmp_path, ANKERORT_SHRE="1", ANKERORT_SHARE="1", ANKERORT_MQTT_TLS_CA_FILE="/ca", ANKERORT_XYZ="1",
              ANKERORT_CONFIG="x", ANKERORT_REQUIRE_ALL="1", PATH="/bin")  # fmt: skip
    assert [record.getMessage() for record in caplog.records] == [
        "ANKERORT_SHRE is no setting of this program: is ANKERORT_SHARE meant?",
        "ANKERORT_XYZ is no setting of this program",
    ]


def test_a_file_sets_values_tables_and_lists_of_tables(tmp_path: Path) -> None:
    loaded = load_text(
        tmp_path,
        """
        device = "door-1"
        share = 1
        hosts = ["a", "b"]
        ports = [1, 2]
        [mqtt]
        url = "mqtts://broker:8883"
        [mqtt.tls]
        ca_file = "/etc/ankerort/ca.pem"
        [[reader]]
        id = "front"
        [[reader]]
        id = "back"
        backend = "simulated"
        """,
    )
    assert loaded.settings == Program(
        device="door-1",
        share=1.0,
        hosts=["a", "b"],
        ports=(1, 2),
        mqtt=Mqtt(url="mqtts://broker:8883", tls=Tls(ca_file=Path("/etc/ankerort/ca.pem"))),
        reader=[Reader(id="front"), Reader(id="back", backend="simulated")],
    )
    assert {key for key, origin in loaded.origins.items() if origin == "file device.toml"} == {
        *("device", "share", "hosts", "ports", "reader", "mqtt.url", "mqtt.tls.ca_file")
    }


def test_without_a_file_variables_are_enough() -> None:
    loaded = load(Program, None, {"ANKERORT_DEVICE": "door-1"})
    assert loaded.settings.device == "door-1"
    assert loaded.origins["device"] == "ANKERORT_DEVICE"


def test_a_variable_beats_the_file_which_beats_the_default(tmp_path: Path) -> None:
    text = 'device = "door-1"\nshare = 0.25\n[mqtt]\nkeep_alive_s = 60\nurl = "mqtt://file:1"'
    loaded = load_text(tmp_path, text, ANKERORT_MQTT_URL="mqtt://variable:2", ANKERORT_SHARE="0.75")
    assert loaded.settings.mqtt == Mqtt(url="mqtt://variable:2", keep_alive_s=60)
    assert loaded.settings.share == 0.75
    assert loaded.origins["mqtt.url"] == "ANKERORT_MQTT_URL"
    assert loaded.origins["share"] == "ANKERORT_SHARE"
    assert loaded.origins["mqtt.keep_alive_s"] == "file device.toml"


def test_a_variable_repairs_a_value_that_is_wrong_in_the_file(tmp_path: Path) -> None:
    loaded = load_text(
        tmp_path, 'device = "a"\n[mqtt]\nkeep_alive_s = "long"', ANKERORT_MQTT_KEEP_ALIVE_S="9"
    )
    assert loaded.settings.mqtt.keep_alive_s == 9


_FROM_TEXT: dict[str, tuple[str, str, str, Any]] = {
    "a text": ("LABEL", "Empore", "label", "Empore"),
    "a text that looks like a number": ("LABEL", "007", "label", "007"),
    "an empty text": ("LABEL", "", "label", ""),
    "a number": ("MQTT_KEEP_ALIVE_S", "9", "mqtt.keep_alive_s", 9),
    "a fraction": ("SHARE", "0.125", "share", 0.125),
    "a list": ("HOSTS", "a, b ,c", "hosts", ["a", "b", "c"]),
    "a list of one": ("HOSTS", "a", "hosts", ["a"]),
    "an empty list": ("HOSTS", "", "hosts", []),
    "a list of numbers": ("PORTS", "1,2", "ports", (1, 2)),
    "a path": ("MQTT_TLS_CA_FILE", "/etc/ca.pem", "mqtt.tls.ca_file", Path("/etc/ca.pem")),
}


@pytest.mark.parametrize("label", _FROM_TEXT)
def test_a_variable_is_read_as_its_settings_type(tmp_path: Path, label: str) -> None:
    name, text, key, expected = _FROM_TEXT[label]
    value: Any = load_text(tmp_path, **{f"ANKERORT_{name}": text}).settings
    for part in key.split("."):
        value = getattr(value, part)
    assert value == expected
    assert type(value) is type(expected) or isinstance(value, Path)


@pytest.mark.parametrize(("text", "expected"), [("true", True), ("false", False), ("1", True), ("0", False)])
def test_a_switch_is_set_with_true_or_false(tmp_path: Path, text: str, expected: object) -> None:
    loaded = load_text(tmp_path, ANKERORT_MQTT_TLS_CA_FILE="/ca.pem", ANKERORT_MQTT_TLS_VERIFY=text)
    assert loaded.settings.mqtt.tls == Tls(ca_file=Path("/ca.pem"), verify=bool(expected))


def test_an_optional_table_that_nobody_mentions_stays_away(tmp_path: Path) -> None:
    assert load_text(tmp_path).settings.mqtt.tls is None


def test_an_optional_table_comes_with_one_variable_and_is_then_complete_or_refused(tmp_path: Path) -> None:
    loaded = load_text(tmp_path, ANKERORT_MQTT_TLS_CA_FILE="/ca.pem")
    assert loaded.origins["mqtt.tls.ca_file"] == "ANKERORT_MQTT_TLS_CA_FILE"
    assert loaded.origins["mqtt.tls.verify"] == "default"
    assert "mqtt.tls" not in loaded.origins
    with pytest.raises(
        InvalidSetting, match=r"'mqtt.tls.ca_file' is missing: add it to file device.toml or set"
    ):
        load_text(tmp_path, ANKERORT_MQTT_TLS_VERIFY="false")


def test_an_empty_table_of_an_optional_setting_is_not_the_same_as_none(tmp_path: Path) -> None:
    with pytest.raises(InvalidSetting, match=r"'mqtt.tls.ca_file' is missing"):
        load_text(tmp_path, 'device = "a"\n[mqtt.tls]')


def test_a_home_folder_is_filled_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    loaded = load_text(tmp_path, 'device = "a"\n[mqtt.tls]\nca_file = "~/ca.pem"')
    assert loaded.settings.mqtt.tls == Tls(ca_file=tmp_path / "ca.pem")


def test_a_byte_order_mark_of_a_windows_editor_is_no_trouble(tmp_path: Path) -> None:
    assert load_text(tmp_path, b'\xef\xbb\xbfdevice = "a"').settings.device == "a"


def test_variables_of_others_are_left_alone(tmp_path: Path) -> None:
    others = {"ANKERORT_REQUIRE_ALL": "1", "DEVICE": "x", "XANKERORT_DEVICE": "x", "ANKERORT_": "x"}
    assert load_text(tmp_path, **others).settings == Program(device="door-1")


def test_another_prefix_is_heeded() -> None:
    loaded = load(Program, None, {"TEST_DEVICE": "a", "ANKERORT_DEVICE": "b"}, prefix="TEST_")
    assert loaded.settings.device == "a"


def test_rows_show_every_setting_in_the_order_of_its_declaration(tmp_path: Path) -> None:
    loaded = load_text(
        tmp_path, 'device = "Tür"\n[[reader]]\nid = "front"', ANKERORT_MQTT_TLS_CA_FILE="/ca.pem"
    )
    assert loaded.rows() == [
        ("device", '"Tür"', "file device.toml"),
        ("database_url", '"sqlite:///ankerort.db"', "default"),
        ("share", "0.5", "default"),
        ("label", "null", "default"),
        ("hosts", '["127.0.0.1"]', "default"),
        ("ports", "[8080]", "default"),
        ("mqtt.url", '"mqtt://127.0.0.1:1883"', "default"),
        ("mqtt.keep_alive_s", "30", "default"),
        ("mqtt.tls.ca_file", '"/ca.pem"', "ANKERORT_MQTT_TLS_CA_FILE"),
        ("mqtt.tls.verify", "true", "default"),
        ("reader", '[{"id":"front","backend":"pcsc"}]', "file device.toml"),
        ("weights", "{}", "default"),
    ]


def test_rows_show_an_optional_table_that_is_away_as_null(tmp_path: Path) -> None:
    assert ("mqtt.tls", "null", "default") in load_text(tmp_path).rows()


_PASSWORDS = {
    "postgresql://hub:s3cret@db/ankerort": '"postgresql://hub:***@db/ankerort"',
    "postgresql+psycopg://hub:p:w@db:5432/a?x=1": '"postgresql+psycopg://hub:***@db:5432/a?x=1"',
    "redis://:s3cret@cache": '"redis://:***@cache"',
    "mqtt://hub@broker:1883": '"mqtt://hub@broker:1883"',
    "mqtt://broker:1883": '"mqtt://broker:1883"',
    "sqlite:////var/lib/a@b:c.db": '"sqlite:////var/lib/a@b:c.db"',
    "http://host:8080/@user:name": '"http://host:8080/@user:name"',
}


@pytest.mark.parametrize("url", _PASSWORDS)
def test_the_password_of_an_address_is_not_shown(url: str) -> None:
    assert show(url) == _PASSWORDS[url]


def test_no_refusal_shows_the_password_of_an_address(tmp_path: Path) -> None:
    with pytest.raises(InvalidSetting) as refusal:
        load_text(tmp_path, ANKERORT_SHARE="postgresql://hub:s3cret@db/ankerort")
    assert "s3cret" not in str(refusal.value)
