"""Settings that can't be used: every refusal names place, key, value and remedy."""

import os
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.contract.example_program import Program, load_text
from wire.errors import InvalidSetting, WireError
from wire.settings import load

_WRONG_FILES: dict[str, tuple[str | bytes, str]] = {
    "an unknown setting": (
        'device = "a"\ndatabse_url = "x"',
        r"^file device.toml: unknown setting 'databse_url'; known here: device, database_url, share",
    ),
    "an unknown setting in a table": (
        'device = "a"\n[mqtt]\nurI = "x"',
        r"^file device.toml: unknown setting 'mqtt.urI'; known here: url, keep_alive_s, tls$",
    ),
    "an unknown setting two tables deep": (
        'device = "a"\n[mqtt.tls]\ncafile = "x"',
        r"unknown setting 'mqtt.tls.cafile'; known here: ca_file, verify$",
    ),
    "an unknown setting in a list of tables": (
        'device = "a"\n[[reader]]\nid = "r"\nport = 1',
        r"unknown setting 'reader.port'; known here: id, backend$",
    ),
    "an unknown table": ('device = "a"\n[mqqt]', r"unknown setting 'mqqt'"),
    "a missing setting": (
        "share = 0.5",
        r"^setting 'device' is missing: add it to file device.toml or set ANKERORT_DEVICE$",
    ),
    "a missing setting in a list of tables": (
        'device = "a"\n[[reader]]\nid = "x"\n[[reader]]\nbackend = "pcsc"',
        r"^setting 'reader\[1\].id' is missing: add it to file device.toml$",
    ),
    "a number instead of a text": (
        "device = 7",
        r"^file device.toml: setting 'device' = 7: Expected `str`, got `int`; change it in file device.toml$",
    ),
    "a text instead of a number": (
        'device = "a"\nshare = "half"',
        r"setting 'share' = \"half\": Expected `float`, got `str`; change it in file device.toml$",
    ),
    "a number in quotes": (
        'device = "a"\n[mqtt]\nkeep_alive_s = "30"',
        r"'mqtt.keep_alive_s' = \"30\": Expected `int`",
    ),
    "a number too low": (
        'device = "a"\n[mqtt]\nkeep_alive_s = 4',
        r"setting 'mqtt.keep_alive_s' = 4: Expected `int` >= 5; change it in file device.toml$",
    ),
    "a number too high": ('device = "a"\n[mqtt]\nkeep_alive_s = 601', r"'mqtt.keep_alive_s' = 601: .*<= 600"),
    "a word that is no choice": (
        'device = "a"\n[[reader]]\nid = "r"\nbackend = "usb"',
        r"^file device.toml: setting 'reader\[0\].backend' = \"usb\": Invalid enum value 'usb'; change it in",
    ),
    "a wrong item of a list": (
        'device = "a"\nhosts = ["a", 2]',
        r"^file device.toml: setting 'hosts\[1\]' = 2: Expected `str`, got `int`; change it in file device.toml$",
    ),
    "a value instead of a table": (
        'device = "a"\nmqtt = "mqtt://x"',
        r"^file device.toml: setting 'mqtt' = \"mqtt://x\": write it as \[mqtt\]$",
    ),
    "a list instead of a table": ('device = "a"\n[[mqtt]]\nurl = "x"', r"'mqtt' = .*: write it as \[mqtt\]$"),
    "a table instead of a list of tables": (
        'device = "a"\n[reader]\nid = "r"',
        r"'reader' = .*: Expected `array`, got `object`; change it in file device.toml$",
    ),
    "a wrong value of a table with free keys": (
        'device = "a"\n[weights]\npir = 1\nmat = "heavy"',
        r"'weights\[\.\.\.\]' = \{\"pir\":1,\"mat\":\"heavy\"\}: Expected `int`, got `str`; change it in file",
    ),
    "values that do not go together": (
        'device = "a"\nshare = 1.5',
        r"^file device.toml: a share is at most 1; change it in file device.toml$",
    ),
    "a date instead of a text": (
        "device = 2026-03-29",
        r"'device' = \"2026-03-29\": Expected `str`, got `date`",
    ),
    "a number instead of a path": (
        'device = "a"\n[mqtt.tls]\nca_file = 1',
        r"'mqtt.tls.ca_file' = 1: Expected a path as text, got `int`",
    ),
    "a setting that is set twice": (
        'device = "a"\ndevice = "b"',
        r"device.toml is not TOML: Cannot overwrite a value",
    ),
    "no TOML": ("device: a", r"device.toml is not TOML: .*line 1, column 7.*; correct that place$"),
    "a text without end": ('device = "a', r"device.toml is not TOML"),
    "Latin-1": (
        'device = "Mölln"'.encode("latin-1"),
        r"device.toml: not UTF-8 at byte 11; save as UTF-8$",
    ),
    "UTF-16": ('device = "a"'.encode("utf-16"), r"device.toml: not UTF-8 at byte 0; save as UTF-8$"),
    "zero bytes": (bytes(64), r"device.toml is not TOML"),
}


@pytest.mark.parametrize("label", _WRONG_FILES)
def test_a_wrong_file_is_refused_with_place_value_and_remedy(tmp_path: Path, label: str) -> None:
    text, reason = _WRONG_FILES[label]
    with pytest.raises(InvalidSetting, match=reason):
        load_text(tmp_path, text)


_WRONG_VARIABLES: dict[str, tuple[str, str, str]] = {
    "a text instead of a number": (
        "MQTT_KEEP_ALIVE_S",
        "long",
        r"^ANKERORT_MQTT_KEEP_ALIVE_S = \"long\": Expected `int`, got `str`; change ANKERORT_MQTT_KEEP_ALIVE_S$",
    ),
    "a number too low": (
        "MQTT_KEEP_ALIVE_S",
        "4",
        r"^ANKERORT_MQTT_KEEP_ALIVE_S = \"4\": Expected `int` >= 5",
    ),
    "nothing instead of a number": (
        "MQTT_KEEP_ALIVE_S",
        "",
        r"ANKERORT_MQTT_KEEP_ALIVE_S = \"\": Expected `int`",
    ),
    "another word for true": (
        "MQTT_TLS_VERIFY",
        "yes",
        r"^ANKERORT_MQTT_TLS_VERIFY = \"yes\": Expected `bool`",
    ),
    "a wrong item of a list": (
        "PORTS",
        "1,x",
        r"^ANKERORT_PORTS = \"1,x\": Expected `int`.*; change ANKERORT_PORTS$",
    ),
    "a list of tables": (
        "READER",
        "front",
        r"^ANKERORT_READER can't set a list of tables: unset it and write them into the file$",
    ),
    "bytes that are no text": (
        "LABEL",
        os.fsdecode(b"\xff"),
        r"^ANKERORT_LABEL is not UTF-8; change ANKERORT_LABEL$",
    ),
}


@pytest.mark.parametrize("label", _WRONG_VARIABLES)
def test_a_wrong_variable_is_refused_with_its_name_value_and_remedy(tmp_path: Path, label: str) -> None:
    name, text, reason = _WRONG_VARIABLES[label]
    with pytest.raises(InvalidSetting, match=reason):
        load_text(tmp_path, **{f"ANKERORT_{name}": text})


def test_without_file_and_variable_the_remedy_names_both() -> None:
    with pytest.raises(
        InvalidSetting, match=r"^setting 'device' is missing: give a settings file or set ANKERORT_DEVICE$"
    ):
        load(Program, None, {})


def test_a_missing_file_is_named_with_the_remedy(tmp_path: Path) -> None:
    with pytest.raises(InvalidSetting, match=r"nowhere\.toml: No such file or directory; check the path"):
        load(Program, tmp_path / "nowhere.toml", {})


def test_a_folder_is_no_file(tmp_path: Path) -> None:
    with pytest.raises(InvalidSetting, match="Is a directory; check the path"):
        load(Program, tmp_path, {})


@given(content=st.binary() | st.text().map(lambda text: text.encode("utf-8", "surrogatepass")))
def test_any_file_is_either_loaded_or_refused(content: bytes) -> None:
    with TemporaryDirectory() as folder, suppress(InvalidSetting):
        assert load_text(Path(folder), content).settings.device


@given(
    environ=st.dictionaries(
        st.sampled_from(["DEVICE", "SHARE", "HOSTS", "PORTS", "MQTT_KEEP_ALIVE_S"]), st.text()
    )
)
def test_any_variables_are_either_loaded_or_refused(environ: dict[str, str]) -> None:
    given_variables = {f"ANKERORT_{name}": text for name, text in environ.items()}
    try:
        loaded = load(Program, None, given_variables)
    except InvalidSetting as refusal:
        said = str(refusal)
    else:
        said = "".join(value for _, value, _ in loaded.rows())
    assert said.encode("utf-8")


def test_an_invalid_setting_is_an_error_of_the_contract_and_of_the_value() -> None:
    assert issubclass(InvalidSetting, WireError)
    assert issubclass(InvalidSetting, ValueError)
