"""`doctor` names each fault that is put into a hub that has none, and nothing else."""

import json
import socket
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
from sqlalchemy import Engine

from hub.cli import main
from hub.config import BackupSettings, HubSettings, KeySettings, MqttSettings, WebSettings
from hub.doctor import examine
from hub.domain.backups import OLD_US, BackupRun, BackupState
from hub.domain.faults import REMEDIES, DeviceLook, Fault, Finding, judge_device
from hub.domain.occupancy import STALE_AFTER_US, DeviceStatus
from hub.key_file import create_keys
from hub.keys import Keys
from hub.storage.backup_runs import SqlBackupRuns
from hub.storage.duties import SqlLeases
from tests.hub.custody.world import NOW_US, SPACE, World
from tests.parts.ports import LOOPBACK, free_port

MINUTE_US = 60_000_000


@dataclass
class Patient:
    """A hub that lacks nothing, with one device, and what a test does to it."""

    engine: Engine
    folder: Path
    port: int
    free_bytes: int = 10**10
    changes: dict[str, Any] = field(default_factory=dict)
    denied: set[Path] = field(default_factory=set)

    def __post_init__(self) -> None:
        (self.folder / "secret").write_text("x")
        create_keys(self.folder / "keys.json", Keys.new())
        for name in ("jobs", "device-words"):
            SqlLeases(self.engine).take(name, "pi", NOW_US, NOW_US + 20_000_000)
        self.note(BackupState.VERIFIED, NOW_US - OLD_US)

    def note(self, state: BackupState, at_us: int, problem: str = "") -> None:
        SqlBackupRuns(self.engine).note(BackupRun(at_us, state, "x.age", 1, 1, problem))

    def sql(self, statement: str) -> None:
        with self.engine.begin() as connection:
            connection.exec_driver_sql(statement)

    def settings(self) -> HubSettings:
        made = HubSettings(
            database_url=str(self.engine.url),
            mqtt=MqttSettings(url=f"mqtt://{LOOPBACK}:{self.port}"),
            web=WebSettings(public_url="https://plaetze.example.org", secret_file=self.folder / "secret"),
            keys=KeySettings(file=self.folder / "keys.json", ledger_file=self.folder / "ledger.jsonl"),
            # On another disk than the database, as on a stick.
            backup=BackupSettings(folder=Path("/dev/shm")),
        )
        return msgspec.structs.replace(made, **self.changes)

    def set(self, table: str, **values: Any) -> None:
        self.changes[table] = msgspec.structs.replace(getattr(self.settings(), table), **values)

    def examined(self) -> list[Finding]:
        return examine(
            self.settings(),
            NOW_US,
            lambda folder: self.free_bytes if folder == self.folder else 10**10,
            lambda path, _: path not in self.denied,
        )


@pytest.fixture(scope="module")
def listening() -> Iterator[int]:
    """A port where somebody accepts connections, and says nothing."""
    with socket.create_server((LOOPBACK, 0)) as server:
        yield server.getsockname()[1]


@pytest.fixture
def patient(sqlite_engine: Engine, tmp_path: Path, listening: int) -> Patient:
    return Patient(sqlite_engine, tmp_path, listening)


def certificate(patient: Patient) -> None:
    key = generate_private_key(SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "hub")])
    ends = datetime.fromtimestamp(NOW_US / 1_000_000, UTC) + timedelta(days=29)
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
    file = patient.folder / "hub.pem"
    file.write_bytes(
        made.public_bytes(Encoding.PEM) + key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    )
    patient.set("mqtt", cert_file=file)


def quarantined(patient: Patient) -> None:
    patient.sql(
        "INSERT INTO quarantine (subject, seq, reason, detail, digest, payload, size_bytes, times, first_us, last_us)"
        " VALUES ('a', 1, 'unreadable_event', '', zeroblob(32), '', 0, 1, 1, 1)"
    )


def dead_mail(patient: Patient) -> None:
    patient.sql("INSERT INTO member (name, mail, needs_longer, created_us, phone, shows_presence, in_statistics, ref)"
                f" VALUES ('Jo', '', FALSE, 1, '', FALSE, FALSE, '{'a' * 32}')")  # fmt: skip
    patient.sql("INSERT INTO outbox (key, kind, state, member_pk, created_us, due_us, until_us, tries, reason,"
                " ended_us) VALUES ('k', 'booking_made', 'dead', 1, 1, 1, 1, 3, 'no', 2)")  # fmt: skip


Put = Callable[[Patient], object]

INJECTED: list[tuple[Fault, str, Put]] = [
    (Fault.DATABASE, "trigger", lambda p: p.sql("DROP TRIGGER " + first_trigger(p))),
    (Fault.DATABASE, "table purge_log is missing", lambda p: p.sql("DROP TABLE purge_log")),
    (
        Fault.DATABASE,
        "is at revision 0001",
        lambda p: p.sql("UPDATE alembic_version SET version_num = '0001'"),
    ),
    (Fault.DATABASE, "can't be", lambda p: p.changes.update(database_url="sqlite:////none/hub.db")),
    (Fault.DISK_FULL, "499 MB", lambda p: setattr(p, "free_bytes", 499_999_999)),
    (Fault.KEYS_MISSING, "keys.json", lambda p: (p.folder / "keys.json").unlink()),
    (Fault.KEYS_UNUSABLE, "chmod 0600", lambda p: (p.folder / "keys.json").chmod(0o644)),
    (Fault.KEYS_UNUSABLE, "was damaged", lambda p: (p.folder / "keys.json").write_text("{")),
    (Fault.LEDGER, "ledger.jsonl", lambda p: (p.folder / "ledger.jsonl").mkdir()),
    (Fault.LEDGER, "ledger.jsonl", lambda p: p.denied.add(p.folder)),
    (Fault.BACKUP_OFF, "enabled", lambda p: p.set("backup", enabled=False)),
    (Fault.BACKUP_FAILED, "no room", lambda p: p.note(BackupState.FAILED, NOW_US, "no room")),
    (Fault.BACKUP_OLD, "30 hours", lambda p: p.sql("UPDATE backup_run SET at_us = at_us - 1")),
    (Fault.BACKUP_OLD, "none yet", lambda p: p.sql("DELETE FROM backup_run")),
    (Fault.BACKUP_SAME_DISK, "", lambda p: p.set("backup", folder=p.folder)),
    (Fault.BROKER_AWAY, "refused", lambda p: p.set("mqtt", url=f"mqtt://{LOOPBACK}:{free_port()}")),
    (Fault.BROKER_UNTRUSTED, "certificates", lambda p: p.set("mqtt", url="mqtts://a", ca_file=Path("/none"))),
    (Fault.JOBS, "jobs", lambda p: p.sql("DELETE FROM lease WHERE name = 'jobs'")),
    (Fault.INGEST, "devices", lambda p: p.sql(f"UPDATE lease SET until_us = {NOW_US} WHERE name <> 'jobs'")),
    (Fault.QUARANTINE, "1 payloads", quarantined),
    (Fault.MAIL_AWAY, "refused", lambda p: p.set("mail", host=LOOPBACK, port=free_port())),
    (Fault.MAIL_DEAD, "1 mails", dead_mail),
    (Fault.SECRET, "secret_file", lambda p: p.set("web", secret_file=None)),
    (Fault.PUBLIC_URL, "public_url", lambda p: p.set("web", public_url="")),
]


def first_trigger(patient: Patient) -> str:
    with patient.engine.connect() as connection:
        query = "SELECT name FROM sqlite_master WHERE type = 'trigger' ORDER BY name LIMIT 1"
        return str(connection.exec_driver_sql(query).scalar_one())


def test_of_a_hub_that_lacks_nothing_nothing_is_said(patient: Patient) -> None:
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


def test_whoever_may_not_look_at_the_keys_is_told_who_may(
    patient: Patient, monkeypatch: pytest.MonkeyPatch
) -> None:
    exists = Path.exists

    def closed(path: Path) -> bool:
        if path.name == "keys.json":
            raise PermissionError(13, "Permission denied")
        return exists(path)

    monkeypatch.setattr(Path, "exists", closed)
    (found,) = patient.examined()
    assert found.fault is Fault.KEYS_UNUSABLE
    assert found.detail.endswith("keys.json: Permission denied; call this as root, who can read it")


def test_a_certificate_that_runs_out_is_named_before_it_does(patient: Patient) -> None:
    certificate(patient)
    # The address is not encrypted: that a certificate is set beside it is said, too.
    ends, _ = patient.examined()
    assert ends.fault is Fault.CERTIFICATE_ENDS
    assert ends.detail.endswith("hub.pem ends in 29 days")


# -- devices
# -------------------------------------------------------------------------------------------------------------

HEALTHY = {
    "time_trusted": True, "synced": True, "wall_us": NOW_US - 1, "spool_depth": 0, "spool_store": "disk",
    "readers": {"leser": True}, "doors": {"tuer": {"lock_works": True}}, "throttled": False, "disk_free_bytes": 10**10,
}  # fmt: skip
WELL = DeviceLook("werkstatt/pi-1", True, True, DeviceStatus.ONLINE, NOW_US, None, HEALTHY)


def says(**more: object) -> DeviceLook:
    return WELL._replace(health={**HEALTHY, **more})


DEVICES: list[tuple[Fault, DeviceLook, bool]] = [
    (Fault.DEVICE_LOST, WELL._replace(heard_us=NOW_US - STALE_AFTER_US - 1), True),
    (
        Fault.DEVICE_LOST,
        says(wall_us=NOW_US - STALE_AFTER_US)._replace(heard_us=NOW_US - STALE_AFTER_US),
        False,
    ),
    (Fault.DEVICE_LOST, WELL._replace(status=DeviceStatus.NEVER, heard_us=0), True),
    (Fault.DEVICE_CLOCK, says(time_trusted=False, synced=False), True),
    (Fault.DEVICE_CLOCK, says(time_trusted=False, synced=False)._replace(has_doors=False), False),
    (Fault.CLOCKS_DIFFER, says(wall_us=NOW_US - MINUTE_US - 1), True),
    (Fault.CLOCKS_DIFFER, says(wall_us=NOW_US + MINUTE_US), False),
    (Fault.CLOCKS_DIFFER, says(wall_us=0, synced=False), False),
    (Fault.SPOOL_GROWS, says(spool_depth=1000), True),
    (Fault.SPOOL_GROWS, says(spool_depth=999), False),
    (Fault.SPOOL_IN_MEMORY, says(spool_store="memory", spool_depth=5000), True),
    (Fault.READER_SILENT, says(readers={"leser": False}), True),
    (Fault.LOCK, says(doors={"tuer": {"lock_works": False}}), True),
    (Fault.POWER, says(throttled=True), True),
    (Fault.POWER, says(throttled=None), False),
    (Fault.DEVICE_DISK, says(disk_free_bytes=199_999_999), True),
    (Fault.DEVICE_DISK, says(disk_free_bytes=None), False),
    (Fault.LIST_PENDING, WELL._replace(pending_us=NOW_US - 60 * MINUTE_US - 1), True),
    (Fault.LIST_PENDING, WELL._replace(pending_us=NOW_US - 60 * MINUTE_US), False),
    (Fault.LIST_PENDING, WELL._replace(pending_us=0, is_trusted=False), False),
]


@pytest.mark.parametrize(("fault", "device", "is_found"), DEVICES)
def test_what_a_device_says_is_judged(fault: Fault, device: DeviceLook, *, is_found: bool) -> None:
    assert [one.fault for one in judge_device(device, NOW_US)] == [fault] * is_found


def test_what_a_device_says_that_is_no_health_harms_nobody() -> None:
    strange = WELL._replace(
        health={"readers": [1], "doors": {"a": 1}, "spool_depth": "x", "wall_us": None, "synced": 1}
    )
    assert list(judge_device(strange, NOW_US)) == []


def test_every_fault_was_put_in_and_has_a_remedy() -> None:
    put_in = {fault for fault, _, _ in INJECTED} | {fault for fault, _, is_found in DEVICES if is_found}
    assert put_in | {Fault.SETTINGS, Fault.CERTIFICATE_ENDS} == set(Fault) == set(REMEDIES)
    assert len(Fault) >= 20


def test_devices_are_found_in_the_database_as_they_are(engine: Engine, tmp_path: Path) -> None:
    from hub.storage.doctor_look import SqlDoctorLook

    world = World(engine, tmp_path)
    world.set_up()
    world.online()
    with engine.begin() as connection:
        connection.exec_driver_sql(f"UPDATE device_state SET health = '{json.dumps(HEALTHY)}'")
    world.card(world.member())
    world.run()
    first, second = SqlDoctorLook(engine).devices()
    assert first == WELL._replace(name=f"{SPACE}/pi-1", pending_us=NOW_US)
    assert (second.status, second.is_trusted, second.health) == (DeviceStatus.NEVER, True, {})


def test_the_command_says_fault_and_remedy_and_ends_with_one(
    patient: Patient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("hub.config.DEFAULT_FILE", patient.folder / "none.toml")
    environ = {
        "ANKERORT_DATABASE_URL": str(patient.engine.url),
        "ANKERORT_KEYS_FILE": str(patient.folder / "keys.json"),
        "ANKERORT_MQTT_URL": f"mqtt://{LOOPBACK}:{patient.port}",
    }
    done = CliRunner().invoke(main, ["doctor"], env=environ)
    assert done.exit_code == 1
    assert f"  → {REMEDIES[Fault.PUBLIC_URL]}" in done.output.splitlines()
    done = CliRunner().invoke(main, ["doctor"], env={"ANKERORT_WEB_PORT": "none"})
    assert done.output.startswith("settings: ")
