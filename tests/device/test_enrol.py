"""Enrolment: a bundle makes a device, and whatever interrupts that, calling it again ends right."""

import itertools
import os
import re
import shutil
import stat
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest
from click.testing import CliRunner
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from cryptography.x509.oid import NameOID

from device.cli import main
from device.config import load_settings
from device.enrol import FOLDER, GROUP, Enrolled, enrol
from wire.bundle import Bundle, write_bundle
from wire.errors import InvalidSetting
from wire.trust import DeviceTrust, write_trust

UNIT = Path(__file__).parents[2] / "systemd" / "ankerort-device.service"
MADE_US = 1_796_000_000_000_000
NOW_US = MADE_US + 3_600_000_000
SETTINGS = """
device = "pi-1"
space = "werkstatt"
mqtt.url = "mqtts://hub.example:8883"
mqtt.ca_file = "{identity}/ca.pem"
mqtt.cert_file = "{identity}/device.pem"
mqtt.key_file = "{identity}/device.key"
access.trust_file = "{identity}/trust.json"
"""


def certificate() -> tuple[str, str]:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "werkstatt/pi-1")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now)
        .not_valid_after(now + timedelta(days=1))
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return made.public_bytes(serialization.Encoding.PEM).decode(), private.decode()


def bundle(**changes: Any) -> Bundle:
    pem, key = certificate()
    hub = Ed25519PrivateKey.generate().public_key(), X25519PrivateKey.generate().public_key()
    trust = write_trust(DeviceTrust("werkstatt", "pi-1", X25519PrivateKey.generate(), *hub))
    made = Bundle(
        space="werkstatt",
        device="pi-1",
        made_us=MADE_US,
        expires_us=MADE_US + 7 * 86_400_000_000,
        authority=pem,
        certificate=pem,
        key=key,
        trust=trust.decode(),
        settings=SETTINGS,
    )
    return msgspec.structs.replace(made, **changes)


FIRST = bundle()
SECOND = bundle()
RENEWAL = msgspec.structs.replace(bundle(), trust="", settings="")


class Pi:
    """The two folders that matter: the card's boot partition, and the settings."""

    def __init__(self, folder: Path) -> None:
        self.file = folder / "boot" / "ankerort.bundle"
        self.folder = folder / "etc"
        self.file.parent.mkdir(parents=True)

    def give(self, given: Bundle) -> None:
        self.file.write_bytes(write_bundle(given))

    def enrol(self, now_us: int = NOW_US) -> Enrolled:
        return enrol(self.file, self.folder, None, now_us)

    def state(self) -> dict[str, bytes]:
        """Return all files of the settings, by name."""
        return {
            str(path.relative_to(self.folder)): path.read_bytes()
            for path in sorted(self.folder.rglob("*"))
            if path.is_file()
        }

    def boot(self) -> list[str]:
        return [path.name for path in self.file.parent.iterdir()]


@pytest.fixture
def pi(tmp_path: Path) -> Pi:
    return Pi(tmp_path)


def test_a_bundle_makes_settings_that_the_agent_can_start_with_and_is_gone(pi: Pi) -> None:
    pi.give(FIRST)
    assert pi.enrol() == Enrolled("werkstatt/pi-1")
    settings = load_settings(pi.folder / "device.toml", {}).settings
    assert settings.mqtt.key_file is not None
    assert settings.mqtt.key_file.read_text() == FIRST.key
    assert pi.boot() == []


def test_what_is_installed_is_its_owners_alone(pi: Pi) -> None:
    pi.give(FIRST)
    pi.enrol()
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in pi.folder.rglob("*")}
    assert {name: oct(mode) for name, mode in modes.items() if mode & 0o077} == {}


def test_the_agents_group_may_read_the_settings_and_only_root_the_secrets(
    pi: Pi, monkeypatch: pytest.MonkeyPatch
) -> None:
    given: list[tuple[str, str]] = []
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    monkeypatch.setattr(shutil, "chown", lambda path, group: given.append((Path(path).name, group)))
    # As systemd/install leaves it: the hub's settings may be in there, too.
    pi.folder.mkdir(mode=0o755)
    pi.give(FIRST)
    enrol(pi.file, pi.folder, GROUP, NOW_US)
    assert given == [(".device.toml.new", "ankerort-device")]
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in pi.folder.rglob("*") if path.is_file()}
    assert modes == {
        "device.toml": 0o640, "ca.pem": 0o600, "device.pem": 0o600, "device.key": 0o600, "trust.json": 0o600,
    }  # fmt: skip
    assert stat.S_IMODE(pi.folder.stat().st_mode) == 0o755
    assert stat.S_IMODE((pi.folder / "secrets").stat().st_mode) == 0o700


def test_the_agent_finds_its_identity_where_its_unit_hands_it_over(
    pi: Pi, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    pi.give(FIRST)
    pi.enrol()
    (line,) = re.findall(r"^LoadCredential=(.*)$", UNIT.read_text(), re.MULTILINE)
    name, _, secrets = line.partition(":")
    assert secrets == f"{FOLDER}/secrets/device"
    handed_over = tmp_path / "credentials"
    handed_over.mkdir()
    secret = pi.folder / "secrets" / "device"
    (secret / "card.key").write_text("somebody put it there")
    # systemd.exec(5): a folder's files, and those of the folders in it, with underscores for slashes.
    for path in secret.rglob("*.*"):
        copy = handed_over / f"{name}_{str(path.relative_to(secret)).replace('/', '_')}"
        copy.write_bytes(path.read_bytes())
        copy.chmod(0o400)
    monkeypatch.setattr(os, "access", lambda path, _: not str(path).startswith(str(secret)))
    settings = load_settings(pi.folder / "device.toml", {"CREDENTIALS_DIRECTORY": str(handed_over)}).settings
    assert settings.mqtt.key_file is not None
    assert settings.mqtt.key_file.is_relative_to(handed_over)
    assert settings.mqtt.key_file.read_text() == FIRST.key


def test_what_somebody_put_beside_the_identity_stays(pi: Pi) -> None:
    for given in (FIRST, SECOND):
        pi.give(given)
        pi.enrol()
        (pi.folder / "secrets" / "device" / "card.key").write_text("key")
    assert sorted(path.name for path in (pi.folder / "secrets" / "device").iterdir()) == sorted(
        [SECOND.digest[:16], "card.key"]
    )


def test_a_second_bundle_replaces_the_first_and_keeps_what_was_written_by_hand(pi: Pi) -> None:
    pi.give(FIRST)
    pi.enrol()
    with (pi.folder / "device.toml").open("a") as stream:
        stream.write("clock.battery = true\n")
    pi.give(SECOND)
    assert pi.enrol().is_new
    settings = load_settings(pi.folder / "device.toml", {}).settings
    assert settings.mqtt.key_file is not None
    assert settings.mqtt.key_file.read_text() == SECOND.key
    assert "clock.battery" in (pi.folder / "device.toml.before").read_text()
    assert len(list((pi.folder / "secrets" / "device").iterdir())) == 1, "nothing of the first is left"


def test_a_renewal_changes_the_certificate_and_nothing_else(pi: Pi) -> None:
    pi.give(FIRST)
    pi.enrol()
    with (pi.folder / "device.toml").open("a") as stream:
        stream.write("clock.battery = true\n")
    pi.give(RENEWAL)
    assert pi.enrol() == Enrolled("werkstatt/pi-1", is_renewal=True)
    settings = load_settings(pi.folder / "device.toml", {}).settings
    assert settings.clock.battery
    assert settings.mqtt.key_file is not None
    assert settings.access.trust_file is not None
    assert settings.mqtt.key_file.read_text() == RENEWAL.key
    assert settings.access.trust_file.read_text() == FIRST.trust


@pytest.mark.parametrize(
    ("given", "now_us", "told"),
    [
        (FIRST, FIRST.expires_us, "has expired"),
        (RENEWAL, NOW_US, "this is no/device"),
        (msgspec.structs.replace(FIRST, settings="device = 'x'"), NOW_US, "'space' is missing"),
        (msgspec.structs.replace(FIRST, settings=SETTINGS + "[[door]]\nid = 'a'\n"), NOW_US, "door"),
        (msgspec.structs.replace(FIRST, key=SECOND.key), NOW_US, "mqtt.key_file"),
        (msgspec.structs.replace(FIRST, trust="{}"), NOW_US, "is no file of"),
        (msgspec.structs.replace(FIRST, device="pi-2"), NOW_US, "is for werkstatt/pi-1"),
    ],
    ids=[
        "expired",
        "nothing to renew",
        "no space",
        "no lock",
        "another's key",
        "no trust",
        "another's trust",
    ],
)
def test_a_bundle_that_can_not_be_used_changes_nothing(pi: Pi, given: Bundle, now_us: int, told: str) -> None:
    if given.device != "pi-1":
        given = msgspec.structs.replace(given, settings=SETTINGS.replace("pi-1", given.device))
    pi.give(given)
    with pytest.raises(InvalidSetting, match=told):
        pi.enrol(now_us)
    assert not (pi.folder / "device.toml").exists()
    assert pi.boot() == ["ankerort.bundle"]
    # What it left behind is in nobody's way.
    pi.give(FIRST)
    pi.enrol()
    assert len(list((pi.folder / "secrets" / "device").iterdir())) == 1


def test_a_renewal_for_another_device_is_refused(pi: Pi) -> None:
    pi.give(FIRST)
    pi.enrol()
    before = pi.state()
    pi.give(msgspec.structs.replace(RENEWAL, device="pi-2"))
    with pytest.raises(InvalidSetting, match="renews werkstatt/pi-2, and this is werkstatt/pi-1"):
        pi.enrol()
    assert pi.state() == before


def test_a_renewal_of_settings_that_were_written_by_hand_is_refused(pi: Pi) -> None:
    pi.folder.mkdir()
    (pi.folder / "device.toml").write_text('device = "pi-1"\nspace = "werkstatt"\n')
    pi.give(RENEWAL)
    with pytest.raises(InvalidSetting, match="names no identity"):
        pi.enrol()


class PowerCutError(BaseException):
    """Ends everything, as nothing but a pulled plug does."""


class Disk:
    """Counts the steps on the disk, ends them at one of them, and forgets then what was not synchronised."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self._left, self._unsynced = 10**9, set[str]()
        self._replace(monkeypatch, os, "open", self._opened)
        self._replace(monkeypatch, os, "fsync", self._synced, is_real=False)
        self._replace(monkeypatch, Path, "replace", self._renamed)
        for owner, name in ((os, "fchmod"), (shutil, "rmtree")):
            self._replace(monkeypatch, owner, name)
        for name in ("unlink", "mkdir", "chmod", "open"):
            self._replace(monkeypatch, Path, name)

    def cut_after(self, steps: int) -> None:
        """Have the power fail after so many further steps."""
        self._left = steps

    def come_back(self) -> None:
        """Have the power again; of files that were not synchronised, the names are left."""
        self._left = 10**9
        for name in self._unsynced:
            if Path(name).exists():
                os.truncate(name, 0)
        self._unsynced.clear()

    def _replace(
        self,
        monkeypatch: pytest.MonkeyPatch,
        owner: Any,
        name: str,
        note: Callable[..., None] = lambda *_: None,
        *,
        is_real: bool = True,
    ) -> None:
        real = getattr(owner, name)

        def step(*arguments: Any, **named: Any) -> Any:
            if self._left <= 0:
                raise PowerCutError
            self._left -= 1
            note(*arguments)
            return real(*arguments, **named) if is_real else None

        monkeypatch.setattr(owner, name, step)

    def _opened(self, path: Any, flags: int, *_: Any) -> None:
        if flags & os.O_CREAT:
            self._unsynced.add(str(path))

    def _synced(self, handle: int) -> None:
        self._unsynced.discard(str(Path(f"/proc/self/fd/{handle}").readlink()))

    def _renamed(self, path: Path, target: Path) -> None:
        if str(path) in self._unsynced:
            self._unsynced.remove(str(path))
            self._unsynced.add(str(target))


def agent_settings(pi: Pi) -> str | None:
    """Return the key that the agent would start with, None without settings; fail when it could not start."""
    file = pi.folder / "device.toml"
    if not file.exists():
        return None
    key = load_settings(file, {}).settings.mqtt.key_file
    assert key is not None
    return key.read_text()


@pytest.mark.parametrize(
    ("before", "given"),
    [(None, FIRST), (FIRST, SECOND), (FIRST, RENEWAL)],
    ids=["a new Pi", "another bundle", "a renewal"],
)
def test_a_power_cut_at_any_step_leaves_the_old_or_the_new_and_calling_again_ends_right(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, before: Bundle | None, given: Bundle
) -> None:
    disk = Disk(monkeypatch)
    for steps in itertools.count():
        pi = Pi(tmp_path / str(steps))
        if before is not None:
            pi.give(before)
            pi.enrol()
        pi.give(given)
        disk.cut_after(steps)
        try:
            pi.enrol()
        except PowerCutError:
            disk.come_back()
        else:
            break
        found = agent_settings(pi)
        assert found in (None if before is None else before.key, given.key)
        if pi.boot():
            # What the service does at the next boot; once it was installed, it may be any day.
            pi.enrol(given.expires_us + 1 if found == given.key else NOW_US)
        assert agent_settings(pi) == given.key
        assert pi.boot() == []
        assert len(list((pi.folder / "secrets" / "device").iterdir())) == 1
    disk.come_back()
    assert agent_settings(pi) == given.key
    assert steps > 20, "each write, each rename and each sync was tried"


def test_the_command_says_what_it_did_and_again_that_nothing_is_left(pi: Pi) -> None:
    pi.give(msgspec.structs.replace(FIRST, expires_us=2**52))
    command = ["enrol", str(pi.file), "--folder", str(pi.folder), "--group", "no-such-group"]
    done = CliRunner().invoke(main, command)
    assert done.exit_code == 0, done.output
    assert done.output.startswith("this is werkstatt/pi-1 now")
    again = CliRunner().invoke(main, command)
    assert again.exit_code == 2
    assert "No such file" in again.output
    pi.file.with_name("ankerort.bundle.wiping").write_bytes(b"\0" * 10)
    left = CliRunner().invoke(main, command)
    assert left.exit_code == 0
    assert "is wiped now" in left.output
    assert pi.boot() == []
