"""What Mosquitto reads (access rules, certificates, what is revoked, its configuration), and the hub's own login.

Everything but the configuration follows from the authority's folder, so it may be written again at any time.
"""

import os
import shutil
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Final

from cryptography import x509

from hub.append_only import sync_folder
from hub.authority.certificates import Use
from hub.authority.folder import Authority
from wire.errors import InvalidSetting
from wire.topics import CHANNELS, Channel, Scope, Writer

HUB_NAME: Final = "hub"
"""Common name of the hub's own certificate; reserved, and without a slash, so that no device can have it."""
HUB_USER: Final = "ankerort-hub"
"""Whom its services run as (systemd/sysusers.d/ankerort.conf)."""
SERVER_NAME: Final = "broker"
SERVICE_DAYS: Final = 825
"""How long the certificates of broker and hub hold; they are renewed when a third of it is left."""

PRIVATE: Final = 0o600
PUBLIC: Final = 0o644

_SHIPPED: Final = "/etc/mosquitto/ankerort"
"""The folder that the configuration names as it is shipped."""


@dataclass(frozen=True, slots=True)
class Listeners:
    """Where the broker listens.

    Args:
        device_port: for devices, on all addresses.
        hub_port: for the hub's processes.
        hub_host: the address for those.
    """

    device_port: int = 8883
    hub_port: int = 8884
    hub_host: str = "127.0.0.1"


def access_rules(devices: Iterable[str]) -> str:
    """Return Mosquitto's access rules: what the channel table says, for each device in words of its own.

    They are written out and not made with `%u`: in the sources of Mosquitto 2.1 a pattern's level is compared with a
    name up to the end of the shorter one, which lets `pi-12` through for `pi-1`, and knows no name of two levels.

    Args:
        devices: names as `SPACE/DEVICE`.
    """
    lines = [
        "# Written by `ankerort-hub broker` from the channel table and the good certificates: changes are lost.",
        "",
        f"user {HUB_NAME}",
    ]
    lines += [
        f"topic {'readwrite' if channel.writer is Writer.HUB else 'read'} {channel.wildcard}"
        for channel in CHANNELS
    ]
    for name in devices:
        space, _, device = name.partition("/")
        lines += ["", f"user {name}"]
        lines += [
            f"topic {'write' if channel.writer is Writer.DEVICE else 'read'} {_address(channel, space, device)}"
            for channel in CHANNELS
        ]
    return "\n".join(lines) + "\n"


def configuration(folder: Path, listeners: Listeners) -> str:
    """Return `ankerort.conf` with the paths and ports of this broker."""
    text = shipped("firmware_config", "mosquitto/ankerort.conf").read_text("utf-8")
    for before, after in (
        (_SHIPPED, str(folder)),
        ("\nlistener 8883\n", f"\nlistener {listeners.device_port}\n"),
        ("\nlistener 8884 127.0.0.1\n", f"\nlistener {listeners.hub_port} {listeners.hub_host}\n"),
    ):
        assert before in text, before
        text = text.replace(before, after)
    return text


def shipped(folder: str, name: str) -> Path:
    """Return a file of `firmware_config` or `systemd`: from the wheel, or beside the package in a clone."""
    package = Path(str(resources.files("hub")))
    for place in (package / folder, package.parent / folder):
        if (place / name).exists():
            return place / name
    raise InvalidSetting(f"{folder}/{name} is missing: install the hub again")


class BrokerFiles:
    """The broker's folder.

    Args:
        folder: where Mosquitto finds the files; only its owner may look into it.
        authority: whose certificates.
        owner: user that Mosquitto runs as, when this process may give files away; None for nobody else.
    """

    def __init__(self, folder: Path, authority: Authority, owner: str | None) -> None:
        self._folder, self._authority, self._owner = folder, authority, owner

    @property
    def exists(self) -> bool:
        """Whether a broker was set up here."""
        return (self._folder / "server.pem").exists()

    def write_rules(self, now_us: int) -> None:
        """Write who is accepted, and what each may do; the broker takes it up when it is told to reload.

        Raises:
            InvalidSetting: when a file can't be written.
        """
        _make_folder(self._folder, self._owner)
        good = {
            one.name
            for one in self._authority.certificates()
            if one.use is Use.CLIENT and one.is_good(now_us)
        }
        self._write("ca.pem", self._authority.trusted(), PUBLIC)
        self._write("crl.pem", self._authority.revocation_list(now_us), PUBLIC)
        # Only its owner may read it: Mosquitto 2.0.15 and newer warn of any other mode.
        self._write("acl", access_rules(sorted(good - {HUB_NAME})).encode("utf-8"), PRIVATE)

    def write_server(self, addresses: Sequence[str], now_us: int) -> bool:
        """Write the broker's certificate when there is none, it runs out, or the addresses are others.

        Returns:
            Whether there is a new one.
        """
        _make_folder(self._folder, self._owner)
        if self._is_fine("server.pem", addresses, now_us):
            return False
        made = self._authority.issue(SERVER_NAME, Use.SERVER, now_us, SERVICE_DAYS, addresses)
        # Key first: a broker that starts in between finds two that do not fit, says so, and is started again.
        self._write("server.key", made.key, PRIVATE)
        self._write("server.pem", made.certificate, PUBLIC)
        return True

    def write_login(self, now_us: int) -> bool:
        """Write the hub's certificate, with what it knows the broker by, when there is none or it runs out."""
        _make_folder(self._folder, self._owner)
        self._write("ca.pem", self._authority.trusted(), PUBLIC)
        if self._is_fine("hub.pem", (), now_us):
            return False
        made = self._authority.issue(HUB_NAME, Use.CLIENT, now_us, SERVICE_DAYS)
        self._write("hub.key", made.key, PRIVATE)
        self._write("hub.pem", made.certificate, PUBLIC)
        return True

    def _is_fine(self, name: str, addresses: Sequence[str], now_us: int) -> bool:
        try:
            certificate = x509.load_pem_x509_certificate((self._folder / name).read_bytes())
        except (OSError, ValueError):
            return False
        if not self._authority.is_up_to_date(f"{certificate.serial_number:x}", now_us):
            return False
        if addresses and _addresses(certificate) != set(addresses):
            return False
        left_us = int(certificate.not_valid_after_utc.timestamp()) * 1_000_000 - now_us
        return left_us > SERVICE_DAYS * 86_400_000_000 // 3

    def _write(self, name: str, data: bytes, mode: int) -> None:
        replace_file(self._folder / name, data, mode, self._owner)


def replace_file(file: Path, data: bytes, mode: int | None, owner: str | None = None) -> None:
    """Write a file durably in place of what is there: at every moment one whole file is.

    Args:
        file: where.
        data: what.
        mode: its mode; None where files have none, and refuse to be given one (FAT).
        owner: to whom it is given, when this process may.

    Raises:
        InvalidSetting: when it can't be written.
    """
    beside = file.with_name(f".{file.name}.new")
    try:
        beside.unlink(missing_ok=True)
        handle = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, PRIVATE)
        with os.fdopen(handle, "wb") as stream:
            if mode is not None:
                os.fchmod(stream.fileno(), mode)
            stream.write(data)
            stream.flush()
            os.fsync(stream.fileno())
        _give(beside, owner)
        beside.replace(file)
        sync_folder(file.parent)
    except OSError as error:
        raise InvalidSetting(
            f"{file} can't be written: {error.strerror}; check folder, owner and disk"
        ) from error


def _make_folder(folder: Path, owner: str | None) -> None:
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        _give(folder, owner)
    except OSError as error:
        raise InvalidSetting(f"{folder} can't be made: {error.strerror}; run this as root") from error


def _give(file: Path, owner: str | None) -> None:
    """Give a file to another user, whoever may; others leave it their own."""
    if owner is None or os.geteuid() != 0:
        return
    try:
        shutil.chown(file, owner, owner)
    except LookupError:
        raise InvalidSetting(
            f"there is no user {owner} on this machine: install its program first, or name another with an option"
        ) from None


def _addresses(certificate: x509.Certificate) -> set[str]:
    names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    return {str(name.value) for name in names}


def _address(channel: Channel, space: str, device: str) -> str:
    address = channel.address.replace("{space}", space)
    return address.replace("{device}", device) if channel.scope is Scope.DEVICE else address
