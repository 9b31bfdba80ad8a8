"""How the machine is: temperature, disk, power and memory, as the kernel tells; None where it doesn't.

Sources: sysfs `thermal_zone0` and the Pi firmware's `get_throttled`, statvfs(3), /proc/self/statm.
"""

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Final

THERMAL: Final = Path("/sys/class/thermal/thermal_zone0/temp")
THROTTLED: Final = Path("/sys/devices/platform/soc/soc:firmware/get_throttled")
STATM: Final = Path("/proc/self/statm")
THROTTLED_NOW: Final = 0b1111
"""Bits 0 to 3 of the firmware's word: under-voltage, frequency capped, throttled, soft temperature limit."""


@dataclass(frozen=True, slots=True)
class Vitals:
    """One look at the machine.

    Args:
        temperature_c: of the processor.
        disk_free_bytes: on the file system that was asked about.
        throttled: whether the Pi runs slower now, for want of power or for heat.
        rss_bytes: memory of this process.
    """

    temperature_c: float | None
    disk_free_bytes: int | None
    throttled: bool | None
    rss_bytes: int | None


def read_vitals(folder: Path) -> Vitals:
    """Return how the machine is now; takes well under a millisecond.

    Args:
        folder: whose file system's free room is asked for.
    """
    temperature = _number(THERMAL, 10)
    word = _number(THROTTLED, 16)
    return Vitals(
        temperature_c=None if temperature is None else temperature / 1000,
        disk_free_bytes=_free_bytes(folder),
        throttled=None if word is None else bool(word & THROTTLED_NOW),
        rss_bytes=_rss_bytes(),
    )


def _number(file: Path, base: int) -> int | None:
    try:
        return int(file.read_text("ascii").strip(), base)
    except (OSError, ValueError):
        return None


def _free_bytes(folder: Path) -> int | None:
    try:
        status = os.statvfs(folder)
    except OSError:
        return None
    return status.f_bavail * status.f_frsize


def _rss_bytes() -> int | None:
    try:
        return int(STATM.read_text("ascii").split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except (OSError, ValueError, IndexError):
        return None
