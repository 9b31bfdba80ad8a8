"""A secret that only root can read reaches a service through systemd, under the path that the settings name."""

from pathlib import Path

import msgspec
import pytest

from wire.credentials import handed_over
from wire.errors import InvalidSetting
from wire.settings import load


class Table(msgspec.Struct, frozen=True, kw_only=True):
    """One table of a program's settings."""

    key_file: Path | None = None
    port: int = 1


class Program(msgspec.Struct, frozen=True, kw_only=True):
    """A program's settings."""

    secret_file: Path = Path("/nowhere/secret")
    mqtt: Table = Table()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return the folder in which systemd puts what it hands over."""
    made = tmp_path / "credentials"
    made.mkdir()
    return made


def environ(folder: Path) -> dict[str, str]:
    return {"CREDENTIALS_DIRECTORY": str(folder)}


@pytest.mark.parametrize(
    ("name", "path", "is_found"),
    [
        ("card.key", "/nowhere/card.key", True),
        ("device_card.key", "/nowhere/card.key", True),
        ("device_web_secret", "/nowhere/web_secret", True),
        ("web_secret", "/nowhere/web_secret", True),
        ("device_card.key.old", "/nowhere/card.key", False),
        ("a_b_card.key", "/nowhere/card.key", False),
        ("xcard.key", "/nowhere/card.key", False),
        ("device_1f3a_ca.pem", "/nowhere/device/1f3a/ca.pem", True),
        ("device_1f3a_ca.pem", "/nowhere/device/77b0/ca.pem", False),
        ("device_1f3a_ca.pem", "/nowhere/device/ca.pem", False),
    ],
)
def test_a_file_is_known_by_its_name_alone_or_behind_that_of_its_folder(
    folder: Path, name: str, path: str, is_found: bool
) -> None:
    (folder / name).write_text("x")
    assert handed_over(Path(path), environ(folder)) == (folder / name if is_found else Path(path))


def test_a_file_that_can_be_read_is_taken_itself(folder: Path, tmp_path: Path) -> None:
    own = tmp_path / "card.key"
    own.write_text("own")
    (folder / "card.key").write_text("handed over")
    assert handed_over(own, environ(folder)) == own


def test_of_two_files_that_fit_the_one_is_taken_that_has_more_of_the_path(folder: Path) -> None:
    for name in ("device_ca.pem", "device_1f3a_ca.pem", "device_77b0_ca.pem"):
        (folder / name).write_text("x")
    found = {
        path: handed_over(Path("/nowhere/device", path), environ(folder)).name
        for path in ("ca.pem", "1f3a/ca.pem")
    }
    assert found == {"ca.pem": "device_ca.pem", "1f3a/ca.pem": "device_1f3a_ca.pem"}


def test_without_systemd_and_without_its_folder_a_path_stays_as_it_is(tmp_path: Path) -> None:
    path = Path("/nowhere/card.key")
    assert handed_over(path, {}) == handed_over(path, environ(tmp_path / "gone")) == path


def test_two_files_of_one_name_are_refused_with_both(folder: Path) -> None:
    for name in ("hub_ca.pem", "keys_ca.pem"):
        (folder / name).write_text("x")
    with pytest.raises(
        InvalidSetting, match="/nowhere/ca.pem can't be read, .* hub_ca.pem and keys_ca.pem: give"
    ):
        handed_over(Path("/nowhere/ca.pem"), environ(folder))


def test_settings_name_where_each_file_is_and_say_that_systemd_put_it_there(
    folder: Path, tmp_path: Path
) -> None:
    (folder / "secret").write_text("x")
    (folder / "hub_mqtt.key").write_text("x")
    file = tmp_path / "hub.toml"
    file.write_text('mqtt.key_file = "/nowhere/mqtt.key"\nmqtt.port = 7\n')
    loaded = load(Program, file, environ(folder))
    assert loaded.settings == Program(
        secret_file=folder / "secret", mqtt=Table(key_file=folder / "hub_mqtt.key", port=7)
    )
    assert loaded.origins == {
        "secret_file": "default, handed over by systemd",
        "mqtt.key_file": "file hub.toml, handed over by systemd",
        "mqtt.port": "file hub.toml",
    }


def test_a_table_that_is_not_there_stays_away(folder: Path) -> None:
    assert load(Program, None, environ(folder)).settings == Program()
