"""What a card is given: files that cloud-init takes, and a bundle that is read back."""

import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from hub.authority.boot_partition import Card, Wifi, cloud_init, write_card
from hub.authority.broker_files import shipped
from tests.parts.requirement import require_program
from wire.bundle import Bundle, read_bundle, write_bundle
from wire.errors import InvalidSetting

KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIB wartung@rathaus"
# A name and a password as people choose them.
WIFI = Wifi('Stadt "Labor" #2: @WIFI_KEY@', "geheim: {x} # ü")
BUNDLE = Bundle(
    space="werkstatt",
    device="pi-1",
    made_us=1,
    expires_us=2,
    authority="ca",
    certificate="pi",
    key="secret",
    trust="trust",
    settings="a = 1",
)


@pytest.fixture
def key(tmp_path: Path) -> Path:
    file = tmp_path / "id.pub"
    file.write_text(f"# of the town's IT\n{KEY}\n")
    return file


@pytest.fixture
def bundle(tmp_path: Path) -> Path:
    file = tmp_path / "pi.bundle"
    file.write_bytes(write_bundle(BUNDLE))
    return file


@pytest.fixture
def boot(tmp_path: Path) -> Path:
    folder = tmp_path / "bootfs"
    folder.mkdir()
    (folder / "config.txt").write_text("[all]\n")
    return folder


@pytest.mark.parametrize("is_full", [True, False], ids=["with everything", "with nothing"])
def test_cloud_inits_own_check_takes_it(tmp_path: Path, key: Path, is_full: bool) -> None:
    program = require_program("cloud-init", "cloud-init")
    card = Card("werkstatt", "pi-1", key, WIFI) if is_full else Card("werkstatt", "pi-1")
    files = cloud_init(card, "0123456789abcdef")
    (tmp_path / "user-data").write_text(files["user-data"])
    done = subprocess.run(
        [program, "schema", "--config-file", tmp_path / "user-data"],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    # It passes over keys that it does not know.
    known = {
        "hostname",
        "manage_etc_hosts",
        "timezone",
        "users",
        "ssh_pwauth",
        "disable_root",
        "ssh_deletekeys",
    }
    assert yaml.safe_load(files["user-data"]).keys() == known | {"write_files", "runcmd"}


def test_what_is_filled_in_stays_what_it_was(key: Path) -> None:
    files = cloud_init(Card("werkstatt", "pi-1", key, WIFI), "0123456789abcdef")
    user, network, meta = (
        yaml.safe_load(files[name]) for name in ("user-data", "network-config", "meta-data")
    )
    assert user["hostname"] == "werkstatt-pi-1"
    assert user["users"][0]["ssh_authorized_keys"] == [KEY]
    assert meta == {"instance-id": "ankerort-0123456789abcdef"}
    points: dict[str, Any] = network["wifis"]["wlan0"]["access-points"]
    assert points == {WIFI.name: {"password": WIFI.key}}
    assert "geheim" not in str(files)


def test_the_key_of_a_network_is_the_standards() -> None:
    # IEEE 802.11i, annex J.4.2, test vector 1.
    assert Wifi("IEEE", "password").key == "f42c6fc52df0ebef9ebb4b90b38a5f902e83fe1b135a70e23aed762e9710a12e"
    for name, password in (("IEEE", "short"), ("", "password"), ("n" * 33, "password"), ("IEEE", "p" * 64)):
        with pytest.raises(InvalidSetting, match="8 to 63"):
            _ = Wifi(name, password).key


def test_a_card_without_a_wireless_network_has_none() -> None:
    assert "wifis" not in yaml.safe_load(cloud_init(Card("werkstatt", "pi-1"), "0")["network-config"])


def test_a_name_for_the_network_is_as_long_as_it_may_be() -> None:
    assert Card("a" * 40, "b" * 21 + "-c").host_name == "a" * 40 + "-" + "b" * 21
    assert len(Card("a" * 40, "b" * 40).host_name) == 63


def test_everything_is_on_the_card_and_the_bundle_is_whole(boot: Path, bundle: Path, key: Path) -> None:
    written = write_card(boot, bundle, Card("werkstatt", "pi-1", key))
    assert {file.name for file in written} >= {
        "user-data",
        "network-config",
        "meta-data",
        "ankerort-first-boot",
        "ankerort.bundle",
    }
    assert all(file.exists() for file in written)
    assert read_bundle(boot / "ankerort.bundle") == BUNDLE
    # As the script of the first boot calls them, and nothing that a device has no use for.
    for name in ("systemd/install", "systemd/ankerort-.service.d/10-common.conf", "firmware_config/install"):
        assert (boot / "ankerort" / name).read_bytes() == shipped(*name.split("/", 1)).read_bytes()
    assert not (boot / "ankerort" / "firmware_config" / "mosquitto").exists()
    write_card(boot, bundle, Card("werkstatt", "pi-1", key))
    assert not (boot / "user-data.before").exists(), "our own is written over"


def test_what_an_imaging_program_wrote_is_set_aside(boot: Path, bundle: Path) -> None:
    (boot / "user-data").write_text("#cloud-config\nhostname: mine\n")
    write_card(boot, bundle, Card("werkstatt", "pi-1"))
    assert "mine" in (boot / "user-data.before").read_text()


def test_a_folder_that_is_no_boot_partition_is_refused(tmp_path: Path, bundle: Path) -> None:
    (tmp_path / "photos").mkdir()
    with pytest.raises(InvalidSetting, match=r"has no config\.txt"):
        write_card(tmp_path / "photos", bundle, Card("werkstatt", "pi-1"))
    assert list((tmp_path / "photos").iterdir()) == []


@pytest.mark.parametrize("text", ["", "-----BEGIN OPENSSH PRIVATE KEY-----\nabc def\n", "just-a-word\n"])
def test_a_file_that_is_no_public_key_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "id").write_text(text)
    with pytest.raises(InvalidSetting, match=r"ends in \.pub"):
        cloud_init(Card("werkstatt", "pi-1", tmp_path / "id"), "0")


def test_wheels_are_copied_and_a_folder_without_ours_is_refused(
    boot: Path, bundle: Path, tmp_path: Path
) -> None:
    wheels = tmp_path / "wheels"
    wheels.mkdir()
    with pytest.raises(InvalidSetting, match="no wheel of Ankerort"):
        write_card(boot, bundle, Card("werkstatt", "pi-1", wheels=wheels))
    assert not (boot / "ankerort.bundle").exists(), "a card that is not whole must not look it"
    (wheels / "ankerort-1.0-py3-none-any.whl").write_bytes(b"wheel")
    write_card(boot, bundle, Card("werkstatt", "pi-1", wheels=wheels))
    assert (boot / "ankerort-wheels" / "ankerort-1.0-py3-none-any.whl").read_bytes() == b"wheel"
