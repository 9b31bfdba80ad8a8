"""What a freshly written card is given on its boot partition, so that the Pi sets itself up at its first boot."""

import hashlib
import json
import re
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from hub.authority.broker_files import replace_file, shipped
from wire.bundle import read_bundle
from wire.errors import InvalidSetting

BUNDLE: Final = "ankerort.bundle"
_SCRIPT: Final = "ankerort-first-boot"
_SYSTEM: Final = "ankerort"
"""The folder with what the script puts into the system."""
_NOT_FOR_DEVICES: Final = ("cloud-init", "first-boot", "mosquitto")
_WHEELS: Final = "ankerort-wheels"
_MAX_HOST_NAME: Final = 63
_PLACE: Final = re.compile(r"@([A-Z_]+)@")


@dataclass(frozen=True, slots=True)
class Wifi:
    """A wireless network (WPA2 or WPA3 with a password).

    Args:
        name: as its access point tells it.
        password: 8 to 63 characters.
    """

    name: str
    password: str

    def __repr__(self) -> str:
        return f"Wifi({self.name!r})"

    @property
    def key(self) -> str:
        """The network's key as 64 hex digits (IEEE 802.11i, annex J.4).

        Raises:
            InvalidSetting: when name or password can't be that of a network.
        """
        name, password = self.name.encode("utf-8"), self.password.encode("utf-8")
        if not 1 <= len(name) <= 32 or not 8 <= len(password) <= 63:
            raise InvalidSetting(
                f"wireless network {self.name!r}: a name has up to 32 bytes, a password 8 to 63: check both"
            )
        return hashlib.pbkdf2_hmac("sha1", password, name, 4096, 32).hex()


@dataclass(frozen=True, slots=True)
class Card:
    """What is put on a card.

    Args:
        space, device: whose it is.
        ssh_key: file with public keys of who looks after the Pi, or None.
        wifi: the network, or None for a cable.
        wheels: folder with the program's wheels, or None for the package index.
    """

    space: str
    device: str
    ssh_key: Path | None = None
    wifi: Wifi | None = None
    wheels: Path | None = None

    @property
    def host_name(self) -> str:
        """What the Pi is called on its network."""
        return f"{self.space}-{self.device}"[:_MAX_HOST_NAME].rstrip("-")


def write_card(folder: Path, bundle: Path, card: Card) -> list[Path]:
    """Write everything to a boot partition; the bundle comes last, and is read back.

    Args:
        folder: the partition, as it is mounted here.
        bundle: file of the device.
        card: what else.

    Returns:
        The files.

    Raises:
        InvalidSetting: when that is no boot partition, or something can't be read or written.
    """
    if not (folder / "config.txt").exists():
        raise InvalidSetting(
            f"{folder} is no boot partition of Raspberry Pi OS (it has no config.txt): name the folder that shows up "
            "when the card is put in, often called bootfs"
        )
    content = read_bundle(bundle)
    files = {name: text.encode("utf-8") for name, text in cloud_init(card, content.digest[:16]).items()}
    files[_SCRIPT] = shipped("firmware_config", f"first-boot/{_SCRIPT}").read_bytes()
    written = []
    for name, data in files.items():
        file = folder / name
        _keep_foreign(file)
        replace_file(file, data, None)
        written.append(file)
    written.append(_copy_system(folder / _SYSTEM))
    if card.wheels is not None:
        written += _copy_wheels(card.wheels, folder / _WHEELS)
    replace_file(folder / BUNDLE, bundle.read_bytes(), None)
    if read_bundle(folder / BUNDLE) != content:
        raise InvalidSetting(f"{folder / BUNDLE} is not what was written: take another card")
    return [*written, folder / BUNDLE]


def cloud_init(card: Card, instance: str) -> dict[str, str]:
    """Return cloud-init's files by their names, filled in."""
    network = "network-config" if card.wifi is None else "network-config-wifi"
    # JSON is YAML: whatever is in a value, it stays that value.
    values = {
        "HOSTNAME": json.dumps(card.host_name),
        "SSH_KEYS": json.dumps(_keys(card.ssh_key)),
        "INSTANCE": json.dumps(f"ankerort-{instance}"),
    }
    if card.wifi is not None:
        values |= {"WIFI_NAME": json.dumps(card.wifi.name), "WIFI_KEY": json.dumps(card.wifi.key)}
    files = {
        name: shipped("firmware_config", f"cloud-init/{template}").read_text("utf-8")
        for name, template in (
            ("user-data", "user-data"),
            ("network-config", network),
            ("meta-data", "meta-data"),
        )
    }
    if card.ssh_key is None:
        # cloud-init takes no empty list.
        files["user-data"] = files["user-data"].replace("    ssh_authorized_keys: @SSH_KEYS@\n", "")
    return {name: _PLACE.sub(lambda place: values[place[1]], text) for name, text in files.items()}


def _keys(file: Path | None) -> list[str]:
    if file is None:
        return []
    try:
        text = file.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise InvalidSetting(f"--ssh-key {file}: {error}; name the file that ends in .pub") from error
    keys = [line.strip() for line in text.splitlines() if line.strip() and not line.startswith("#")]
    if "PRIVATE KEY" in text or not keys or any(len(key.split()) < 2 for key in keys):
        raise InvalidSetting(f"--ssh-key {file} holds no public key: name the file that ends in .pub")
    return keys


def _copy_system(target: Path) -> Path:
    """Write `systemd/` and `firmware_config/` with their scripts, in the place of those of an earlier card."""
    try:
        shutil.rmtree(target, ignore_errors=True)
        for name in ("systemd", "firmware_config"):
            source = shipped(name, "install").parent
            for file in sorted(source.rglob("*")):
                path = file.relative_to(source)
                if file.is_dir() or path.parts[0] in _NOT_FOR_DEVICES:
                    continue
                place = target / name / path
                place.parent.mkdir(parents=True, exist_ok=True)
                # Its content alone: a card's partition knows neither modes nor owners.
                shutil.copyfile(file, place)
    except OSError as error:
        raise InvalidSetting(f"{target}: {error.strerror}; is the card full?") from error
    return target


def _keep_foreign(file: Path) -> None:
    """Set aside what an imaging program wrote for somebody, as it may have cost work."""
    if file.exists() and b"ankerort-hub" not in file.read_bytes():
        file.replace(file.with_name(f"{file.name}.before"))


def _copy_wheels(source: Path, target: Path) -> list[Path]:
    wheels = sorted(source.glob("*.whl"))
    if not any(wheel.name.startswith("ankerort-") for wheel in wheels):
        raise InvalidSetting(f"--wheels {source} has no wheel of Ankerort")
    try:
        target.mkdir(exist_ok=True)
        return [Path(shutil.copyfile(wheel, target / wheel.name)) for wheel in wheels]
    except OSError as error:
        raise InvalidSetting(f"{target}: {error.strerror}; is the card full?") from error
