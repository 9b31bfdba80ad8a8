"""Looks for the commonest faults of a hub (`hub.domain.faults`), one small check each; nothing is changed or sent."""

import os
import shutil
import socket
import ssl
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

from cryptography import x509

from hub import backups, bootstrap
from hub.broker import read_broker
from hub.config import HubSettings
from hub.domain.backups import OLD_US, BackupState
from hub.domain.errors import StoreUnavailable
from hub.domain.faults import Fault, Finding, judge_device
from hub.key_file import load_keys
from hub.storage import schema
from hub.storage.doctor_look import SqlDoctorLook
from hub.storage.errors import StorageError
from hub.storage.unit_of_work import UnitFactory
from wire.errors import InvalidSetting

CONNECT_S: Final = 5.0
DAY_S: Final = 86_400
CERTIFICATE_DAYS: Final = 30
MIN_FREE_BYTES: Final = 500_000_000

FreeBytes = Callable[[Path], int]
May = Callable[[Path, int], bool]


def free_bytes_of(folder: Path) -> int:
    """Return how much room there is for a folder.

    Raises:
        OSError: when there is none.
    """
    return shutil.disk_usage(folder).free


def examine(
    settings: HubSettings, now_us: int, free_bytes: FreeBytes = free_bytes_of, may: May = os.access
) -> list[Finding]:
    """Return what is wrong, in the order in which it is best put right.

    Args:
        settings: of the hub.
        now_us: the time.
        free_bytes: how much room there is for a folder.
        may: whether the hub may do something (`os.W_OK` and so on) with a file or folder.
    """
    found = [
        *_disk(settings, free_bytes),
        *_keys(settings),
        *_ledger(settings, may),
        *_pages(settings),
        *_broker(settings, now_us),
        *_mail_server(settings),
        *_backup_settings(settings),
    ]
    try:
        with bootstrap.open_database(settings, migrated=False) as database:
            # A file that connecting has made is no database.
            lacking = schema.missing(database.engine)
            if lacking:
                return [*(Finding(Fault.DATABASE, one) for one in lacking), *found]
            return [*found, *_stored(settings, database, now_us)]
    except (InvalidSetting, StorageError, StoreUnavailable) as error:
        return [Finding(Fault.DATABASE, str(error)), *found]


def _disk(settings: HubSettings, free_bytes: FreeBytes) -> Iterator[Finding]:
    seen: set[int] = set()
    for folder in (_database_folder(settings), settings.keys.file.parent, settings.backup.folder):
        try:
            device, room = folder.stat().st_dev, free_bytes(folder)
        except OSError:
            continue
        if room < MIN_FREE_BYTES and device not in seen:
            yield Finding(Fault.DISK_FULL, f"{room // 1_000_000} MB are free at {folder}")
        seen.add(device)


def _keys(settings: HubSettings) -> Iterator[Finding]:
    file = settings.keys.file
    try:
        if not file.exists():
            yield Finding(Fault.KEYS_MISSING, f"there is no {file}")
            return
        load_keys(file)
    except PermissionError as error:
        yield Finding(Fault.KEYS_UNUSABLE, f"{file}: {error.strerror}; call this as root, who can read it")
    except InvalidSetting as error:
        yield Finding(Fault.KEYS_UNUSABLE, str(error))


def _ledger(settings: HubSettings, may: May) -> Iterator[Finding]:
    file = settings.keys.ledger_file
    place = file if file.exists() else file.parent
    if file.is_dir() or not place.exists() or not may(place, os.W_OK):
        yield Finding(Fault.LEDGER, f"{file} can't be written")


def _pages(settings: HubSettings) -> Iterator[Finding]:
    if settings.web.secret_file is None:
        yield Finding(Fault.SECRET, "web.secret_file is not set")
    if not settings.web.public_url:
        yield Finding(Fault.PUBLIC_URL, "web.public_url is not set")


def _broker(settings: HubSettings, now_us: int) -> Iterator[Finding]:
    yield from _certificate(settings.mqtt.cert_file, now_us)
    try:
        broker = read_broker(settings.mqtt)
    except InvalidSetting as error:
        yield Finding(Fault.BROKER_UNTRUSTED, str(error))
        return
    at = f"{broker.host}:{broker.port}"
    try:
        with socket.create_connection((broker.host, broker.port), CONNECT_S) as plain:
            if broker.tls is not None:
                with broker.tls.wrap_socket(plain, server_hostname=broker.host) as secured:
                    served = x509.load_der_x509_certificate(secured.getpeercert(binary_form=True) or b"")
                    yield from _ends(served, f"the broker's at {at}", now_us)
    except ssl.SSLError as error:
        yield Finding(Fault.BROKER_UNTRUSTED, f"{at}: {error.reason or error}")
    except OSError as error:
        yield Finding(Fault.BROKER_AWAY, f"{at}: {error.strerror or error}")


def _certificate(file: Path | None, now_us: int) -> Iterator[Finding]:
    try:
        found = None if file is None else x509.load_pem_x509_certificate(file.read_bytes())
    except (OSError, ValueError):
        # Reading the broker's settings names it.
        return
    if found is not None:
        yield from _ends(found, str(file), now_us)


def _ends(certificate: x509.Certificate, what: str, now_us: int) -> Iterator[Finding]:
    left_days = (certificate.not_valid_after_utc.timestamp() - now_us / 1_000_000) / DAY_S
    if left_days < CERTIFICATE_DAYS:
        when = "has ended" if left_days < 0 else f"ends in {left_days:.0f} days"
        yield Finding(Fault.CERTIFICATE_ENDS, f"{what} {when}")


def _mail_server(settings: HubSettings) -> Iterator[Finding]:
    mail = settings.mail
    if not mail.host:
        return
    try:
        socket.create_connection((mail.host, mail.port), CONNECT_S).close()
    except OSError as error:
        yield Finding(Fault.MAIL_AWAY, f"{mail.host}:{mail.port}: {error.strerror or error}")


def _backup_settings(settings: HubSettings) -> Iterator[Finding]:
    if not settings.backup.enabled:
        yield Finding(Fault.BACKUP_OFF, "backup.enabled is false")
        return
    if not settings.database_url.startswith("sqlite"):
        return
    try:
        is_same = settings.backup.folder.stat().st_dev == _database_folder(settings).stat().st_dev
    except OSError:
        # It is made with the first backup, or that fails and says so.
        return
    if is_same:
        yield Finding(Fault.BACKUP_SAME_DISK, f"{settings.backup.folder}")


def _stored(settings: HubSettings, database: UnitFactory, now_us: int) -> Iterator[Finding]:
    runs, look = backups.backup_runs(database), SqlDoctorLook(database.engine)
    held = runs.holders(now_us)
    if "jobs" not in held:
        yield Finding(Fault.JOBS, "no process holds the lease of jobs")
    if "device-words" not in held:
        yield Finding(Fault.INGEST, "no process listens to devices")
    if settings.backup.enabled:
        latest, verified_us = runs.latest(1), runs.newest_verified_us() or 0
        if latest and latest[0].state is BackupState.FAILED:
            yield Finding(Fault.BACKUP_FAILED, latest[0].problem)
        elif now_us - verified_us > OLD_US:
            hours = (now_us - verified_us) // 3_600_000_000
            yield Finding(
                Fault.BACKUP_OLD, f"the newest is {hours} hours old" if verified_us else "there is none yet"
            )
    waiting = bootstrap.refusals(database).waiting()
    if waiting:
        yield Finding(Fault.QUARANTINE, f"{waiting} payloads could not be counted")
    dead = look.dead_mails()
    if dead:
        yield Finding(Fault.MAIL_DEAD, f"{dead} mails were given up")
    for device in look.devices():
        yield from judge_device(device, now_us)


def _database_folder(settings: HubSettings) -> Path:
    if not settings.database_url.startswith("sqlite"):
        return settings.keys.file.parent
    return Path(settings.database_url.partition("///")[2]).parent
