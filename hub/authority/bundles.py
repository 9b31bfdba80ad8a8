"""Bundles of new devices: made, kept until they are on a card, and the settings of a device for its successor."""

import os
import tomllib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from cryptography import x509

from hub.append_only import sync_folder
from hub.authority.broker_files import PRIVATE, BrokerFiles, replace_file
from hub.authority.certificates import Use, client_name
from hub.authority.folder import Authority, Issued
from hub.key_file import write_new
from wire.bundle import Bundle, read_bundle, write_bundle
from wire.errors import InvalidSetting

_DAY_US: Final = 86_400_000_000
_OURS: Final = ("device", "space", "mqtt", "access")
"""What a device's settings say of itself; the rest is its hardware."""


@dataclass(frozen=True, slots=True)
class Terms:
    """For how long, and where to.

    Args:
        broker_url: the broker's address as devices know it.
        device_days: how long a certificate holds.
        bundle_days: within how many days a bundle must be unpacked.
    """

    broker_url: str
    device_days: int
    bundle_days: int


class Bundles:
    """The folder in which bundles wait.

    Args:
        folder: its owner's alone.
        authority: issues the certificates.
        broker: learns of each new device.
        terms: for how long, and where to.
    """

    def __init__(self, folder: Path, authority: Authority, broker: BrokerFiles, terms: Terms) -> None:
        self._folder, self._authority, self._broker, self._terms = folder, authority, broker, terms

    def add(
        self,
        space: str,
        device: str,
        hardware: str | None,
        now_us: int,
        *,
        trust: bytes,
        commit: Callable[[], object],
        to: Path | None,
    ) -> Path:
        """Make a device's bundle, in place of one that was not used; certificates of its predecessor are revoked.

        Args:
            space, device: ids, of the site file.
            hardware: the rest of its settings in TOML: doors, readers, sensors; None for what was given last.
            now_us: the time.
            trust: its trust file.
            commit: trusts the device, once its bundle is written.
            to: where to write it; None for the folder.

        Raises:
            InvalidSetting: when something can't be used or written; a certificate that was made is revoked.
        """
        name = client_name(space, device)
        hardware = self._hardware(space, device) if hardware is None else hardware
        settings = self._settings(space, device, hardware)
        file = self._file(space, device) if to is None else to
        self._make_folder()
        if to is not None and to.exists():
            raise InvalidSetting(f"{to} is there already: it is not overwritten; name another file")
        made = self._authority.issue(name, Use.CLIENT, now_us, self._terms.device_days)
        try:
            bundle = self._bundle(space, device, made, now_us, trust=trust.decode("utf-8"), settings=settings)
            self._write(file, bundle, is_named=to is not None)
            try:
                commit()
            except BaseException:
                file.unlink()
                raise
        except BaseException:
            self._authority.take_back(made.serial, now_us)
            raise
        replace_file(self._hardware_file(space, device), hardware.encode("utf-8"), PRIVATE)
        self._authority.revoke(name, "replaced", now_us, keep=made.serial)
        self.tell_broker(now_us)
        return file

    def renew(self, space: str, device: str, now_us: int, *, to: Path) -> None:
        """Make a bundle with a new certificate alone; the one before holds until its own end.

        It never waits in the folder: on the card of a new Pi it would be of no use.

        Raises:
            InvalidSetting: when the device has no good certificate, or the file can't be written.
        """
        name = client_name(space, device)
        if not any(one.name == name and one.is_good(now_us) for one in self._authority.certificates()):
            raise InvalidSetting(
                f"{name} has no certificate that could be renewed: `ankerort-hub device replace`"
            )
        made = self._authority.issue(name, Use.CLIENT, now_us, self._terms.device_days)
        bundle = self._bundle(space, device, made, now_us)
        try:
            self._write(to, bundle, is_named=True)
        except BaseException:
            self._authority.take_back(made.serial, now_us)
            raise

    def revoke(self, space: str, device: str, reason: str, now_us: int) -> int:
        """Revoke all certificates of a device and delete its bundle; return how many certificates were good."""
        ended = self._authority.revoke(client_name(space, device), reason, now_us)
        self.delete(space, device)
        self.tell_broker(now_us)
        return ended

    def waiting(self, space: str, device: str, now_us: int) -> Path:
        """Return the bundle that waits for a card.

        Raises:
            InvalidSetting: when there is none, or it has expired.
        """
        file = self._file(space, device)
        if not file.exists():
            raise InvalidSetting(
                f"no bundle waits for {space}/{device}: `ankerort-hub device add` makes one, for a Pi that is "
                "replaced `ankerort-hub device replace`"
            )
        if read_bundle(file).expires_us <= now_us:
            raise InvalidSetting(
                f"{file} has expired: make a new one with `ankerort-hub device replace {space}/{device}`"
            )
        return file

    def delete(self, space: str, device: str) -> None:
        """Delete a bundle, when there is one: its secrets are then on the card alone."""
        file = self._file(space, device)
        if file.exists():
            with file.open("r+b") as stream:
                stream.write(b"\0" * file.stat().st_size)
                stream.flush()
                os.fsync(stream.fileno())
            file.unlink()
            sync_folder(self._folder)

    def delete_expired(self, now_us: int) -> list[str]:
        """Delete bundles that nobody fetched in time, revoke their certificates, and return whose they were."""
        names = []
        for file in sorted(self._folder.glob("*.bundle")):
            try:
                bundle = read_bundle(file)
            except InvalidSetting:
                continue  # half of one: `device card` names it, and a person decides
            if bundle.expires_us > now_us:
                continue
            # No card has the key: what nobody holds need not be good for years.
            certificate = x509.load_pem_x509_certificate(bundle.certificate.encode("ascii"))
            self._authority.take_back(f"{certificate.serial_number:x}", now_us)
            self.delete(bundle.space, bundle.device)
            names.append(f"{bundle.space}/{bundle.device}")
        return names

    def tell_broker(self, now_us: int) -> None:
        """Write the broker's rules anew, when its files are on this machine."""
        if self._broker.exists:
            self._broker.write_rules(now_us)

    @property
    def has_broker(self) -> bool:
        """Whether the broker's files are on this machine."""
        return self._broker.exists

    def _settings(self, space: str, device: str, hardware: str) -> str:
        try:
            given = tomllib.loads(hardware)
        except tomllib.TOMLDecodeError as error:
            raise InvalidSetting(f"the hardware of {space}/{device} is not TOML: {error}") from error
        taken = [key for key in _OURS if key in given]
        if taken:
            raise InvalidSetting(
                f"the hardware of {space}/{device} sets {', '.join(taken)}, which its bundle does: leave it out"
            )
        # A string of TOML and one of JSON look the same for what an address may hold.
        url = self._terms.broker_url.replace("\\", "\\\\").replace('"', '\\"')
        own = f"""\
# Written by `ankerort-hub device add`.
space = "{space}"
device = "{device}"

mqtt.url = "{url}"
mqtt.ca_file = "{{identity}}/ca.pem"
mqtt.cert_file = "{{identity}}/device.pem"
mqtt.key_file = "{{identity}}/device.key"
access.trust_file = "{{identity}}/trust.json"
"""
        text = (
            own if not hardware.strip() else f"{own}\n# Its hardware, as it was given.\n{hardware.strip()}\n"
        )
        tomllib.loads(text)
        return text

    def _hardware(self, space: str, device: str) -> str:
        file = self._hardware_file(space, device)
        return file.read_text("utf-8") if file.exists() else ""

    def _hardware_file(self, space: str, device: str) -> Path:
        return self._folder / f"{space}--{device}.hardware.toml"

    def _file(self, space: str, device: str) -> Path:
        # Ids have no double hyphens, so this is one device's alone.
        return self._folder / f"{space}--{device}.bundle"

    def _bundle(
        self, space: str, device: str, made: Issued, now_us: int, *, trust: str = "", settings: str = ""
    ) -> Bundle:
        return Bundle(
            space=space,
            device=device,
            made_us=now_us,
            expires_us=now_us + self._terms.bundle_days * _DAY_US,
            authority=self._authority.trusted().decode("ascii"),
            certificate=made.certificate.decode("ascii"),
            key=made.key.decode("ascii"),
            trust=trust,
            settings=settings,
        )

    def _write(self, file: Path, bundle: Bundle, *, is_named: bool) -> None:
        if is_named:
            write_new(file, write_bundle(bundle))
        else:
            replace_file(file, write_bundle(bundle), PRIVATE)
        assert read_bundle(file) == bundle, "what was written is what is read"

    def _make_folder(self) -> None:
        try:
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError as error:
            raise InvalidSetting(
                f"provisioning.bundle_folder {self._folder}: {error.strerror}; check the folder above it"
            ) from error
