"""The commonest faults of a hub and its devices, each with the remedy that `doctor` says; what devices say, judged."""

from collections.abc import Iterator, Mapping
from enum import Enum
from typing import Any, Final, NamedTuple

from hub.domain.occupancy import STALE_AFTER_US, DeviceStatus


class Fault(Enum):
    """What may be wrong; the value is what `doctor` calls it."""

    SETTINGS = "settings"
    DATABASE = "database"
    DISK_FULL = "disk-full"
    KEYS_MISSING = "no-keys"
    KEYS_UNUSABLE = "keys-unusable"
    LEDGER = "ledger-not-writable"
    BACKUP_OFF = "no-backups"
    BACKUP_FAILED = "backup-failed"
    BACKUP_OLD = "backup-old"
    BACKUP_SAME_DISK = "backup-on-the-same-disk"
    BROKER_AWAY = "broker-away"
    BROKER_UNTRUSTED = "broker-not-trusted"
    CERTIFICATE_ENDS = "certificate-ends"
    JOBS = "jobs-not-running"
    INGEST = "ingest-not-running"
    QUARANTINE = "events-refused"
    MAIL_AWAY = "mail-server-away"
    MAIL_DEAD = "mails-not-sent"
    SECRET = "sessions-not-kept"  # noqa: S105 - the name of a fault
    PUBLIC_URL = "no-public-address"
    DEVICE_LOST = "device-lost"
    DEVICE_CLOCK = "device-without-trusted-time"
    CLOCKS_DIFFER = "clocks-differ"
    SPOOL_GROWS = "spool-grows"
    SPOOL_IN_MEMORY = "spool-in-memory"
    READER_SILENT = "reader-silent"
    LOCK = "lock-does-not-answer"
    POWER = "power-too-weak"
    DEVICE_DISK = "device-disk-full"
    LIST_PENDING = "access-list-pending"


REMEDIES: Final[dict[Fault, str]] = {
    Fault.SETTINGS: "correct the line of the settings that is named",
    Fault.DATABASE: "do what the line says; `ankerort-hub migrate` after an update, "
    "`ankerort-hub restore` when it is damaged",
    Fault.DISK_FULL: "make room: `journalctl --vacuum-size=50M`, `apt clean`; a larger disk",
    Fault.KEYS_MISSING: "doors and backups need keys: `ankerort-hub keys init`, or `keys recover` with "
    "the recovery sheet",
    Fault.KEYS_UNUSABLE: "give the key file to root alone (chmod 0600), from whom systemd hands it over, or "
    "`ankerort-hub keys recover`",
    Fault.LEDGER: "give it to the hub's user, as `chown -R ankerort-hub: /var/lib/ankerort` does: blocks and erasures "
    "could not be kept",
    Fault.BACKUP_OFF: "set backup.enabled, and backup.folder to a folder on another disk",
    Fault.BACKUP_FAILED: "do what the line says, then `ankerort-hub backup`; backup.folder belongs to the user "
    "ankerort-hub, below /media or /mnt",
    Fault.BACKUP_OLD: "run `ankerort-hub backup` and see what it says; do `jobs` run?",
    Fault.BACKUP_SAME_DISK: "set backup.folder to a stick or a share: when this disk dies, the backups die with it",
    Fault.BROKER_AWAY: "start the broker (`systemctl status mosquitto`), and check mqtt.url and the firewall",
    Fault.BROKER_UNTRUSTED: "check mqtt.ca_file, cert_file and key_file, and the name in mqtt.url",
    Fault.CERTIFICATE_ENDS: "`ankerort-hub broker && systemctl reload mosquitto`, restart the hub, and have it done "
    "each day: `systemd/install broker`, `systemctl enable --now ankerort-hub-broker.timer`",
    Fault.JOBS: "start `ankerort-hub jobs` (or `serve`): lists, mails, backups and retention stand still",
    Fault.INGEST: "start `ankerort-hub ingest` (or `serve`): devices are not heard, and keep their events",
    Fault.QUARANTINE: "look at `ankerort-hub quarantine list`, put the reason right, then `quarantine retry`",
    Fault.MAIL_AWAY: "check mail.host, mail.port and the firewall; `ankerort-hub mail test ADDRESS` tries it",
    Fault.MAIL_DEAD: "`ankerort-hub mail list` has the reasons; put them right, then `mail retry`",
    Fault.SECRET: "set web.secret_file: without it, each restart signs everybody out",
    Fault.PUBLIC_URL: "set web.public_url to the address that people type: signs, letters and passkeys need it",
    Fault.DEVICE_LOST: "is there power and network? `ankerort-device doctor` on the Pi says more",
    Fault.DEVICE_CLOCK: "the Pi has no battery clock, or no time service: `ankerort-device doctor` there says which",
    Fault.CLOCKS_DIFFER: "one of the two clocks is wrong: `timedatectl` here and on the Pi",
    Fault.SPOOL_GROWS: "do the broker and `ingest` run? Look at `ankerort-hub alarms`",
    Fault.SPOOL_IN_MEMORY: "replace the Pi's SD card soon: a restart loses what waits",
    Fault.READER_SILENT: "unplug the reader and plug it in again; `ankerort-device doctor` on the Pi",
    Fault.LOCK: "check the wires of the lock's relay; `ankerort-device selftest` on the Pi",
    Fault.POWER: "use the power supply made for that Pi, and feed locks from their own",
    Fault.DEVICE_DISK: "make room on the Pi's card: `journalctl --vacuum-size=50M`",
    Fault.LIST_PENDING: "see `ankerort-hub device list`; is the device connected, and was it added again since?",
}


class Finding(NamedTuple):
    """One fault that was found.

    Args:
        detail: which part, and what was seen of it.
    """

    fault: Fault
    detail: str


class DeviceLook(NamedTuple):
    """What is stored of a device.

    Args:
        name: `space/device`.
        has_doors: whether it serves doors.
        is_trusted: whether it may have lists.
        heard_us: when it was heard last; 0 for never.
        pending_us: since when its newest list waits to be confirmed; None when it does not.
        health: its last message.
    """

    name: str
    has_doors: bool
    is_trusted: bool
    status: DeviceStatus
    heard_us: int
    pending_us: int | None
    health: Mapping[str, Any]


MANY_EVENTS: Final = 1000
MIN_FREE_BYTES: Final = 200_000_000
APART_US: Final = 60_000_000
PENDING_US: Final = 3_600_000_000


def judge_device(device: DeviceLook, now_us: int) -> Iterator[Finding]:
    """Give what is wrong with a device; what one that is lost said before it was lost is past."""
    if device.status is DeviceStatus.NEVER or now_us - device.heard_us > STALE_AFTER_US:
        told = (
            f"was heard last {_ago(now_us - device.heard_us)} ago" if device.heard_us else "was never heard"
        )
        yield Finding(Fault.DEVICE_LOST, f"{device.name} {told}")
        return
    yield from _clock(device)
    yield from _spool(device)
    yield from _parts(device)
    if device.health.get("throttled"):
        yield Finding(Fault.POWER, f"{device.name} reports under-voltage or throttling")
    if device.is_trusted and device.pending_us is not None and now_us - device.pending_us > PENDING_US:
        waits = _ago(now_us - device.pending_us)
        yield Finding(Fault.LIST_PENDING, f"{device.name} has not confirmed its list for {waits}")


def _clock(device: DeviceLook) -> Iterator[Finding]:
    if device.has_doors and device.health.get("time_trusted") is False:
        yield Finding(Fault.DEVICE_CLOCK, device.name)
    wall_us = device.health.get("wall_us")
    apart_us = abs(wall_us - device.heard_us) if isinstance(wall_us, int) else 0
    if device.health.get("synced") and apart_us > APART_US:
        yield Finding(Fault.CLOCKS_DIFFER, f"{device.name} and the hub are {_ago(apart_us)} apart")


def _spool(device: DeviceLook) -> Iterator[Finding]:
    depth, free_bytes = device.health.get("spool_depth", 0), device.health.get("disk_free_bytes")
    if device.health.get("spool_store") == "memory":
        yield Finding(Fault.SPOOL_IN_MEMORY, f"{device.name} has {depth} events")
    elif isinstance(depth, int) and depth >= MANY_EVENTS:
        yield Finding(Fault.SPOOL_GROWS, f"{device.name} has {depth} events that the hub has not")
    if isinstance(free_bytes, int) and free_bytes < MIN_FREE_BYTES:
        yield Finding(Fault.DEVICE_DISK, f"{device.name} has {free_bytes // 1_000_000} MB left")


def _parts(device: DeviceLook) -> Iterator[Finding]:
    for reader, is_there in _of(device.health, "readers").items():
        if is_there is False:
            yield Finding(Fault.READER_SILENT, f"{device.name}, reader {reader}")
    for door, how in _of(device.health, "doors").items():
        if isinstance(how, dict) and how.get("lock_works") is False:
            yield Finding(Fault.LOCK, f"{device.name}, door {door}")


def _of(health: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    found = health.get(key)
    return found if isinstance(found, dict) else {}


def _ago(length_us: int) -> str:
    minutes = length_us // 60_000_000
    if minutes < 120:
        return f"{minutes} minutes"
    return f"{minutes // 60} hours" if minutes < 2880 else f"{minutes // 1440} days"
