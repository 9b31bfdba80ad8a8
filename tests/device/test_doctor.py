"""`doctor` names each fault that is put into a machine that has none, and nothing else."""

import contextlib
import os
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest
from click.testing import CliRunner
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from device.config import (
    DeviceSettings,
    HealthSettings,
    MqttSettings,
    ReaderSettings,
    SensorSettings,
    SpoolSettings,
)
from device.doctor import doctor, show
from device.door_settings import AccessSettings, ClockSettings, OwnDoorSettings
from device.examine import DAY_S, examine
from device.faults import REMEDIES, Fault, Finding
from device.machine import Machine
from tests.parts.ports import LOOPBACK, free_port
from wire.codec import encode
from wire.messages import DeviceHealth, DoorHealth

NOW_S = 1_795_000_200.0
ROOMY = (10**10, 10**11, False)


@dataclass
class Patient:
    """A Pi with a door, a reader and a sensor that lacks nothing, and what a test does to it."""

    folder: Path
    port: int
    usage: tuple[int, int, bool] = ROOMY
    synced: bool = True
    now_s: float = NOW_S
    changes: dict[str, Any] = field(default_factory=dict)
    denied: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        for path in ("run/pcscd/pcscd.comm", "dev/gpiochip0", "dev/watchdog", "access.list", "lib/spool.db"):
            self.write(path, "")
        self.write("sys/class/rtc/rtc0/hctosys", "1\n")
        self.write("sys/devices/platform/soc/soc:firmware/get_throttled", "0\n")
        self.write("sys/class/thermal/thermal_zone0/temp", "48312\n")
        self.say()

    def write(self, path: str, text: str | bytes, age_s: float = 0.0) -> None:
        file = self.folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(text if isinstance(text, bytes) else text.encode())
        os.utime(file, (NOW_S - age_s, NOW_S - age_s))

    def remove(self, path: str) -> None:
        (self.folder / path).unlink()

    def say(self, **more: Any) -> None:
        """Write the agent's health file."""
        said = DeviceHealth(boot="0" * 16, mono_us=1, wall_us=1, synced=True, spool_depth=0)
        self.write("health.json", encode(msgspec.structs.replace(said, **more)))

    def settings(self) -> DeviceSettings:
        made = DeviceSettings(
            device="pi-1",
            space="werkstatt",
            mqtt=MqttSettings(url=f"mqtt://{LOOPBACK}:{self.port}"),
            spool=SpoolSettings(path=self.folder / "lib/spool.db"),
            health=HealthSettings(file=self.folder / "health.json"),
            access=AccessSettings(list_file=self.folder / "access.list"),
            clock=ClockSettings(battery=True),
            door=[OwnDoorSettings(id="tuer", lock_pin=5)],
            reader=[ReaderSettings(id="leser", door="tuer", match="ACR")],
            sensor=[SensorSettings(id="matte", desk="t1", kind="mat", pin=17)],
        )
        return msgspec.structs.replace(made, **self.changes)

    def mqtt(self, **values: Any) -> None:
        self.changes["mqtt"] = msgspec.structs.replace(self.settings().mqtt, **values)

    def examined(self) -> list[Finding]:
        def usage(folder: Path) -> tuple[int, int, bool]:
            folder.stat()
            return self.usage

        machine = Machine(
            lambda: self.synced, self.folder, self.now_s, usage, lambda path, _: path.name not in self.denied
        )
        return examine(self.settings(), machine)


@pytest.fixture(scope="module")
def listening() -> Iterator[int]:
    """A port where somebody accepts connections, and says nothing."""
    with socket.create_server((LOOPBACK, 0)) as server:
        yield server.getsockname()[1]


@pytest.fixture
def patient(tmp_path: Path, listening: int) -> Patient:
    return Patient(tmp_path, listening)


def certificate(patient: Patient, ends_in_days: float) -> None:
    key = generate_private_key(SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    ends = datetime.fromtimestamp(NOW_S, UTC) + timedelta(days=ends_in_days)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(ends - timedelta(days=365))
        .not_valid_after(ends)
        .sign(key, SHA256())
    )
    patient.write("pi.crt", made.public_bytes(Encoding.PEM))
    patient.write("pi.key", key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    patient.mqtt(cert_file=patient.folder / "pi.crt", key_file=patient.folder / "pi.key")


def lacking_ca(patient: Patient) -> None:
    patient.mqtt(url=f"mqtts://{LOOPBACK}:{patient.port}", ca_file=patient.folder / "none.pem")


def unplugged(patient: Patient) -> None:
    patient.mqtt(url=f"mqtt://{LOOPBACK}:{free_port()}")


def no_folder(patient: Patient) -> None:
    patient.changes["spool"] = SpoolSettings(path=patient.folder / "away/spool.db")


def no_battery(patient: Patient) -> None:
    patient.write("sys/class/rtc/rtc0/hctosys", "0\n")


def door(patient: Patient, **values: Any) -> None:
    said = DoorHealth(mode="normal", contact="closed", released=False)
    patient.say(doors={"tuer": msgspec.structs.replace(said, **values)})


Put = Callable[[Patient], object]

INJECTED: list[tuple[Fault, str, Put]] = [
    (Fault.CLOCK_BATTERY, "no battery clock", no_battery),
    (Fault.CLOCK_BATTERY, "no battery clock", lambda p: p.remove("sys/class/rtc/rtc0/hctosys")),
    (Fault.CLOCK_BATTERY_UNUSED, "clock.battery", lambda p: p.changes.update(clock=ClockSettings())),
    (Fault.CLOCK_UNSYNCED, "no time service", lambda p: setattr(p, "synced", False)),
    (Fault.BROKER_AWAY, "Connection refused", unplugged),
    (Fault.BROKER_UNTRUSTED, "not there", lacking_ca),
    (Fault.CERTIFICATE_ENDS, "ends in 29 days", lambda p: certificate(p, 29)),
    (Fault.CERTIFICATE_ENDS, "has ended", lambda p: certificate(p, -1)),
    (Fault.READER_SERVICE, "pcscd.comm", lambda p: p.remove("run/pcscd/pcscd.comm")),
    (Fault.READER_TAKEN, "pn533_usb", lambda p: p.write("sys/module/pn533_usb/refcnt", "0")),
    (Fault.READER_SILENT, "leser", lambda p: p.say(readers={"leser": False})),
    (Fault.SENSOR_SILENT, "t1", lambda p: p.say(desks={"t1": "unknown"})),
    (Fault.PINS, "gpiochip0", lambda p: p.remove("dev/gpiochip0")),
    (Fault.PINS, "may not use", lambda p: p.denied.add("gpiochip0")),
    (Fault.SPOOL_FOLDER, "away", no_folder),
    (Fault.SPOOL_FOLDER, "the agent may not write", lambda p: p.denied.add("lib")),
    (Fault.SPOOL_IN_MEMORY, "3 events", lambda p: p.say(spool_store="memory", spool_depth=3)),
    (Fault.SPOOL_GROWS, "1000 events", lambda p: p.say(spool_depth=1000)),
    (Fault.DISK_FULL, "199 MB", lambda p: setattr(p, "usage", (199_999_999, 10**10, False))),
    (Fault.DISK_READ_ONLY, "nothing can be written", lambda p: setattr(p, "usage", (10**10, 10**11, True))),
    (Fault.POWER, "now", lambda p: p.write("sys/devices/platform/soc/soc:firmware/get_throttled", "50005")),
    (Fault.POWER, "since", lambda p: p.write("sys/devices/platform/soc/soc:firmware/get_throttled", "50000")),
    (Fault.HOT, "80 °C", lambda p: p.write("sys/class/thermal/thermal_zone0/temp", "80000")),
    (Fault.LIST_MISSING, "access.list", lambda p: p.remove("access.list")),
    (Fault.LIST_OLD, "4 days ago", lambda p: p.write("access.list", "", 4 * DAY_S)),
    (Fault.LOCK, "tuer", lambda p: door(p, lock_works=False)),
    (Fault.AGENT, "can't be read", lambda p: p.remove("health.json")),
    (
        Fault.AGENT,
        "4 minutes ago",
        lambda p: p.write("health.json", (p.folder / "health.json").read_bytes(), 240),
    ),
    (Fault.AGENT, "can't be read", lambda p: p.write("health.json", "nonsense")),
    (Fault.WATCHDOG, "watchdog", lambda p: p.remove("dev/watchdog")),
]


def test_of_a_machine_that_lacks_nothing_nothing_is_said(patient: Patient) -> None:
    assert patient.examined() == []


@pytest.mark.parametrize(
    ("fault", "told", "put"), [pytest.param(*one, id=f"{one[0].value}-{i}") for i, one in enumerate(INJECTED)]
)
def test_each_fault_that_is_put_in_is_named_and_no_other(
    patient: Patient, fault: Fault, told: str, put: Put
) -> None:
    put(patient)
    (found,) = patient.examined()
    assert found.fault is fault
    assert told in found.detail


def test_each_fault_was_put_in_once_and_has_a_remedy() -> None:
    assert {fault for fault, _, _ in INJECTED} | {Fault.SETTINGS} == set(Fault) == set(REMEDIES)
    assert len(Fault) >= 20


def test_a_broker_that_no_certificate_of_ours_vouches_for_is_not_trusted(patient: Patient) -> None:
    certificate(patient, 3650)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(patient.folder / "pi.crt", patient.folder / "pi.key")
    with socket.create_server((LOOPBACK, 0)) as server:
        server.settimeout(5)

        def greet() -> None:
            plain, _ = server.accept()
            with plain, contextlib.suppress(OSError):
                context.wrap_socket(plain, server_side=True).close()

        thread = threading.Thread(target=greet)
        thread.start()
        patient.mqtt(url=f"mqtts://{LOOPBACK}:{server.getsockname()[1]}", ca_file=None)
        (found,) = patient.examined()
        thread.join(5)
    assert found.fault is Fault.BROKER_UNTRUSTED
    assert "CERTIFICATE_VERIFY_FAILED" in found.detail


def test_what_a_device_does_not_have_is_not_missed(patient: Patient) -> None:
    patient.changes.update(door=[], reader=[], sensor=[], health=HealthSettings())
    for path in ("run/pcscd/pcscd.comm", "dev/gpiochip0", "access.list", "sys/class/rtc/rtc0/hctosys"):
        patient.remove(path)
    assert patient.examined() == []


def test_settings_that_can_not_be_used_are_the_first_thing_to_put_right(tmp_path: Path) -> None:
    file = tmp_path / "device.toml"
    file.write_text('device = "pi-1"\nspace = "werkstatt"\nspol = 1\n')
    done = CliRunner().invoke(doctor, ["--config", str(file)])
    assert done.exit_code == 1
    assert "settings: " in done.output
    assert "spol" in done.output
    assert f"→ {REMEDIES[Fault.SETTINGS]}" in done.output


def test_this_machine_is_looked_at_without_harm(tmp_path: Path, patient: Patient) -> None:
    file = tmp_path / "device.toml"
    file.write_text(f'device = "pi-1"\nspace = "werkstatt"\nmqtt.url = "mqtt://{LOOPBACK}:{patient.port}"\n')
    before = sorted(tmp_path.iterdir())
    done = CliRunner().invoke(doctor, ["--config", str(file)])
    assert done.exit_code in (0, 1)
    assert "found" in done.output
    assert sorted(tmp_path.iterdir()) == before


def test_each_finding_is_a_line_with_its_remedy_below(capsys: pytest.CaptureFixture[str]) -> None:
    show([Finding(Fault.HOT, "the processor has 81 °C")])
    assert capsys.readouterr().out.splitlines() == [
        "too-hot: the processor has 81 °C",
        f"  → {REMEDIES[Fault.HOT]}",
        "1 found",
    ]
