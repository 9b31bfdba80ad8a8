"""The commonest faults of a device, each with the remedy that `doctor` says."""

from enum import Enum
from typing import Final, NamedTuple


class Fault(Enum):
    """What may be wrong; the value is what `doctor` calls it."""

    SETTINGS = "settings"
    CLOCK_BATTERY = "no-battery-clock"
    CLOCK_BATTERY_UNUSED = "battery-clock-not-used"
    CLOCK_UNSYNCED = "clock-not-synchronised"
    BROKER_AWAY = "broker-away"
    BROKER_UNTRUSTED = "broker-not-trusted"
    CERTIFICATE_ENDS = "certificate-ends"
    READER_SERVICE = "reader-service-stopped"
    READER_TAKEN = "reader-taken-by-kernel"
    READER_SILENT = "reader-silent"
    SENSOR_SILENT = "sensor-silent"
    PINS = "no-pins"
    SPOOL_FOLDER = "spool-folder"
    SPOOL_IN_MEMORY = "spool-in-memory"
    SPOOL_GROWS = "spool-grows"
    DISK_FULL = "disk-full"
    DISK_READ_ONLY = "disk-read-only"
    POWER = "power-too-weak"
    HOT = "too-hot"
    LIST_MISSING = "no-access-list"
    LIST_OLD = "access-list-old"
    LOCK = "lock-does-not-answer"
    AGENT = "agent-not-running"
    WATCHDOG = "no-watchdog"


REMEDIES: Final[dict[Fault, str]] = {
    Fault.SETTINGS: "correct the line of the settings that is named",
    Fault.CLOCK_BATTERY: "fit a clock with a battery (the cell of a Pi 5, or a DS3231 with "
    "`dtoverlay=i2c-rtc,ds3231` in config.txt): after a power cut without network, doors open only for the few cards "
    "that always work",
    Fault.CLOCK_BATTERY_UNUSED: "set clock.battery = true: this machine has a battery clock that set the time at boot",
    Fault.CLOCK_UNSYNCED: "see whether a time service runs and has a server: `chronyc tracking` or `timedatectl`; UDP "
    "port 123 must be open",
    Fault.BROKER_AWAY: "check mqtt.url, the network cable or wireless, and that the broker runs: "
    "`ping` its name from here; events are kept meanwhile",
    Fault.BROKER_UNTRUSTED: "check mqtt.ca_file, the name in mqtt.url, and this device's certificate; a wrong clock "
    "makes good certificates look expired",
    Fault.CERTIFICATE_ENDS: "make it a new one with `ankerort-hub device renew`, bring that here, then "
    "`ankerort-device enrol` and `systemctl restart ankerort-device`",
    Fault.READER_SERVICE: "start the reader's service: `systemctl enable --now pcscd.socket`; install it with "
    "`apt install pcscd`",
    Fault.READER_TAKEN: "keep the kernel's own driver off the reader: `firmware_config/install device` writes "
    "/etc/modprobe.d/ankerort-reader.conf; then restart the machine",
    Fault.READER_SILENT: "unplug the reader and plug it in again; compare its `match` with `pcsc_scan -r`; try another "
    "cable and port",
    Fault.SENSOR_SILENT: "check the sensor's three wires and its pin, then run `ankerort-device selftest`",
    Fault.PINS: "run on a Raspberry Pi, whose pins belong to the group gpio: the agent's unit and "
    "/etc/udev/rules.d/60-ankerort.rules see to that (`systemd/install device`, `firmware_config/install device`)",
    Fault.SPOOL_FOLDER: "the agent's unit makes /var/lib/ankerort-device at its start; another folder of spool.path "
    "needs `install -d --owner=ankerort-device --mode=0700` and ReadWritePaths= "
    "(`systemctl edit ankerort-device`)",
    Fault.SPOOL_IN_MEMORY: "replace the SD card soon: events wait in memory, and a restart loses them",
    Fault.SPOOL_GROWS: "see why the hub does not take events: `ankerort-hub doctor` there, and mqtt.url here",
    Fault.DISK_FULL: "make room on the disk of the spool: `journalctl --vacuum-size=50M`, `apt clean`; a larger card",
    Fault.DISK_READ_ONLY: "the kernel stopped writing to the disk: copy what is on it and replace the SD card",
    Fault.POWER: "use the power supply made for this Pi (5 V, 3 A or more) and a short cable; feed locks from "
    "their own supply",
    Fault.HOT: "give the housing air or the processor a heat sink; keep it out of the sun",
    Fault.LIST_MISSING: "see `ankerort-hub device list` on the hub: is this device trusted, and do `jobs` run there?",
    Fault.LIST_OLD: "the hub has sent no access list for days: bring the connection back before it ends, or doors "
    "open for nobody",
    Fault.LOCK: "check the wires of the lock's relay, and run `ankerort-device selftest`",
    Fault.AGENT: "start the agent: `systemctl enable --now ankerort-device`; `journalctl -u ankerort-device` says "
    "why it ended",
    Fault.WATCHDOG: "switch the hardware watchdog on (`firmware_config/install device`, then a restart): a Pi "
    "that hangs then starts anew by itself",
}


class Finding(NamedTuple):
    """One fault that was found.

    Args:
        detail: which part, and what was seen of it.
    """

    fault: Fault
    detail: str
