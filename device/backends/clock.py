"""The device's clocks: the Pi's own, and one that tests and the simulator set."""

import ctypes
import hashlib
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final

from device.core.inputs import Moment
from wire.identifiers import new_hex16

BOOT_ID_PATH: Final = Path("/proc/sys/kernel/random/boot_id")
ASK_AGAIN_US: Final = 5_000_000
"""How long one answer of the kernel is good for; asking costs a system call and changes nothing within seconds."""
MAX_STEP_US: Final = 1_000_000
"""A wall clock that moved against the time since boot by more than this was set by somebody."""

_STA_UNSYNC: Final = 0x0040
_TIME_ERROR: Final = 5


RTC_FOLDER: Final = Path("/sys/class/rtc")
MAX_APART_S: Final = 60
"""A system clock further than this from the battery-backed one was set by somebody since the boot."""


class _Timex(ctypes.Structure):
    # The head of `struct timex` (adjtimex(2)); the kernel writes all of it, so the rest has to be there.
    _fields_ = (
        ("modes", ctypes.c_uint),
        ("offset", ctypes.c_long),
        ("freq", ctypes.c_long),
        ("maxerror", ctypes.c_long),
        ("esterror", ctypes.c_long),
        ("status", ctypes.c_int),
        ("rest", ctypes.c_byte * 256),
    )


def is_kernel_synchronised() -> bool:
    """Return whether the kernel says that a time service keeps its wall clock right.

    It is the answer of adjtimex(2) with `modes` 0: neither `TIME_ERROR` nor `STA_UNSYNC`. The kernel takes it back when
    the clock is set by hand, and after some nine hours without a time service.

    Returns:
        False also when the question can't be asked (another system, a sandbox that forbids it).
    """
    try:
        adjtimex = ctypes.CDLL(None, use_errno=True).adjtimex
    except (OSError, AttributeError):
        return False
    timex = _Timex(modes=0)
    state = adjtimex(ctypes.byref(timex))
    return state not in (-1, _TIME_ERROR) and not timex.status & _STA_UNSYNC


def is_set_by_battery(folder: Path = RTC_FOLDER, now_s: float | None = None) -> bool:
    """Return whether a battery-backed clock has set the system's clock in this boot, and both still agree.

    The kernel says so of the clock that it took (`hctosys`, Documentation/ABI/testing/rtc-cdev). One without a battery
    begins at its epoch, which the kernel does not take, or takes to be long ago; the core refuses what is before the
    last time that the device knows.

    Args:
        folder: sysfs' folder of such clocks.
        now_s: the system's wall clock, in seconds since 1970; None takes it.
    """
    for clock in sorted(folder.glob("rtc*")):
        try:
            took = (clock / "hctosys").read_text("ascii").strip() == "1"
            its_s = int((clock / "since_epoch").read_text("ascii"))
        except (OSError, ValueError):
            continue
        if took and abs((time.time() if now_s is None else now_s) - its_s) <= MAX_APART_S:
            return True
    return False


class SystemClock:
    """The machine's own clocks: `CLOCK_BOOTTIME`, which also counts a suspend, and the wall clock.

    The wall clock counts as synchronised when the kernel says so, and after that as long as it runs in step with the
    time since boot: a space without internet for a day has the same good time still, one whose clock was set by hand
    has not (D8). The same holds for a battery-backed clock: it is believed until somebody sets the system's clock.

    Args:
        battery: asked once, whether a battery-backed clock has set the system's; None for a machine without one.
        kernel_synchronised: asked at most every `ASK_AGAIN_US`.
        boot_id_path: text that the kernel makes anew at every boot.
    """

    def __init__(
        self,
        *,
        battery: Callable[[], bool] | None = None,
        kernel_synchronised: Callable[[], bool] = is_kernel_synchronised,
        boot_id_path: Path = BOOT_ID_PATH,
    ) -> None:
        self._ask_battery = battery
        self._battery_offset_us: int | None = None
        self._kernel_synchronised = kernel_synchronised
        self._boot_id_path = boot_id_path
        self._boot_id = ""
        self._lock = threading.Lock()
        self._ask_at_us = 0
        self._synced = False
        self._offset_us: int | None = None

    def now(self) -> Moment:
        """Return one reading of both clocks; safe from any thread."""
        mono_us = time.clock_gettime_ns(time.CLOCK_BOOTTIME) // 1000
        wall_us = max(0, time.time_ns() // 1000)
        with self._lock:
            synced = self._is_synced(mono_us, wall_us)
            return Moment(
                mono_us, wall_us, synced, self._is_kept_by_battery(wall_us - mono_us, synced=synced)
            )

    def boot_id(self) -> str:
        """Return the kernel's boot id, hashed to 16 hex digits; without one, random digits of this object."""
        if not self._boot_id:
            try:
                kernels = self._boot_id_path.read_bytes().strip()
            except OSError:
                kernels = b""
            # Hashed, because systemd asks that machine and boot ids are not shown to others as they are.
            self._boot_id = hashlib.sha256(kernels).hexdigest()[:16] if kernels else new_hex16()
        return self._boot_id

    def _is_kept_by_battery(self, offset_us: int, *, synced: bool) -> bool:
        if self._ask_battery is not None:
            ask, self._ask_battery = self._ask_battery, None
            self._battery_offset_us = offset_us if ask() else None
        if self._battery_offset_us is None:
            return False
        if abs(offset_us - self._battery_offset_us) > MAX_STEP_US:
            # A time service may correct it, nobody else; slowly is how clocks drift.
            self._battery_offset_us = offset_us if synced else None
        elif synced:
            self._battery_offset_us = offset_us
        return self._battery_offset_us is not None

    def _is_synced(self, mono_us: int, wall_us: int) -> bool:
        offset_us = wall_us - mono_us
        stepped = self._offset_us is not None and abs(offset_us - self._offset_us) > MAX_STEP_US
        if stepped or mono_us >= self._ask_at_us:
            self._ask_at_us = mono_us + ASK_AGAIN_US
            self._synced = self._kernel_synchronised()
            if self._synced:
                self._offset_us = offset_us
            elif stepped:
                self._offset_us = None
        return self._synced or self._offset_us is not None


class SimulatedClock:
    """A clock that runs as fast as it is told and can be set, for tests and the simulator.

    Args:
        wall_us: wall time at the start; None takes the machine's.
        mono_us: time since boot at the start.
        speed: how many of its seconds pass in a real one; 0 for a clock that only `advance` moves.
        synced, battery: what it says about itself; may be assigned later.
        boot: 16 hex digits; None takes random ones.
    """

    def __init__(
        self,
        wall_us: int | None = None,
        *,
        mono_us: int = 0,
        speed: float = 1.0,
        synced: bool = True,
        battery: bool = False,
        boot: str | None = None,
    ) -> None:
        self.synced = synced
        self.battery = battery
        self._speed = speed
        self._boot = boot or new_hex16()
        self._mono_us = mono_us
        self._wall_offset_us = (time.time_ns() // 1000 if wall_us is None else wall_us) - mono_us
        self._began_ns = time.monotonic_ns()

    def now(self) -> Moment:
        """Return one reading of both clocks."""
        mono_us = self._mono_us + int((time.monotonic_ns() - self._began_ns) * self._speed) // 1000
        return Moment(mono_us, max(0, mono_us + self._wall_offset_us), self.synced, self.battery)

    def boot_id(self) -> str:
        """Return the id it was made with, or that of the last `reboot`."""
        return self._boot

    def advance(self, by_us: int) -> None:
        """Let time pass on both clocks, in microseconds, 0 or more."""
        self._mono_us += by_us

    def jump_wall(self, by_us: int) -> None:
        """Set the wall clock forward, or back when negative; the time since boot stays."""
        self._wall_offset_us += by_us

    def reboot(self, boot: str | None = None) -> None:
        """Begin a new boot: the time since boot is 0 again, the wall clock runs on."""
        wall_us = self.now().wall_us
        self._boot = boot or new_hex16()
        self._mono_us = 0
        self._began_ns = time.monotonic_ns()
        self._wall_offset_us = wall_us
