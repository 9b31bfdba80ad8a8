"""Sensors on the Pi's pins, and the pins themselves: the only module that knows gpiozero (and lgpio under it).

Edges get lost now and then (lg#18), so an edge is only a hint to look at once: what is told is always a level that was
read. Short pulses are judged in the pure core; gpiozero's own `bounce_time` drops edges (gpiozero#550) and is not used.
"""

import contextlib
import logging
import os
import sys
import tempfile
import threading
import time
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Literal

from device.core.inputs import Level, SensorLevel
from device.errors import MissingExtra
from device.ports import Put
from wire.errors import InvalidSetting

try:
    import gpiozero
except ImportError:
    gpiozero = None

REREAD_S: Final = 1.0
"""How often every level is read whether or not an edge came."""
REPEAT_S: Final = 10.0
"""How often a level is told although it is the same."""
RETRY_S: Final = 10.0
"""How long a pin that could not be opened is left alone."""
NO_ECHO_S: Final = 2.0
"""A distance sensor that heard no echo for this long is unplugged: without an object in sight it still answers."""
MAX_DISTANCE_M: Final = 4.0

Kind = Literal["pir", "mmwave", "mat", "distance"]

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class GpioSensor:
    """A sensor of the settings.

    Args:
        sensor: its id.
        desk: the desk it watches.
        kind: how it senses.
        pin: GPIO number; of a distance sensor's echo.
        active_high: whether a high level says that somebody is there; a mat that switches to ground has False.
        trigger_pin: GPIO number of a distance sensor's trigger.
        near_m: somebody is there below this distance, in metres, under `MAX_DISTANCE_M`.
    """

    sensor: str
    desk: str
    kind: Kind
    pin: int
    active_high: bool = True
    trigger_pin: int | None = None
    near_m: float = 0.8


def open_lgpio(work_folder: Path | None = None) -> Any:
    """Open the machine's GPIO with lgpio, and with nothing else: gpiozero alone would fall back in silence.

    Args:
        work_folder: where lgpio may write; None takes the folder for temporary files.

    Raises:
        Exception: whatever lgpio or gpiozero say when this is no Pi, or its GPIO may not be used.
    """
    # lgpio makes a file in its working folder when it is imported, and fails on a read-only one.
    os.environ.setdefault("LG_WD", str(work_folder or tempfile.gettempdir()))
    from gpiozero.pins.lgpio import LGPIOFactory

    return LGPIOFactory()


class PinUnusable(Exception):
    """A pin can't be opened; the text names the pin, who wants it, and who has it where that can be known."""


class GpioBoard:
    """The pins of one machine: who has which, and the pin factory that all share.

    Args:
        open_factory: opens a pin factory of gpiozero; called when the first pin is needed, and again after a failure.

    Raises:
        MissingExtra: when gpiozero is not installed.
    """

    def __init__(self, open_factory: Callable[[], Any] = open_lgpio) -> None:
        if gpiozero is None:
            raise MissingExtra(
                "sensors and lamps on pins need gpiozero, which is not installed: pip install 'ankerort[device]'"
            )
        for expected in (gpiozero.PWMSoftwareFallback, gpiozero.DistanceSensorNoEcho):
            # Told for each reading; an unplugged sensor is reported as MISSING instead.
            warnings.filterwarnings("ignore", category=expected)
        self._open_factory = open_factory
        self._lock = threading.Lock()
        self._owners: dict[int, str] = {}
        self._factory: Any = None
        self._users = 0

    def claim(self, pin: int, owner: str) -> None:
        """Note that a pin of the settings belongs to somebody.

        Raises:
            InvalidSetting: when it belongs to somebody else; the text names both.
        """
        other = self._owners.setdefault(pin, owner)
        if other != owner:
            raise InvalidSetting(f"GPIO{pin}: {owner} asks for it, but {other} has it: give one another pin")

    def use(self) -> Any:
        """Return the pin factory, opened if need be; `leave` must follow once for each call that returned."""
        with self._lock:
            if self._factory is None:
                self._factory = self._open_factory()
            self._users += 1
            return self._factory

    def leave(self) -> None:
        """Close the pin factory when nobody uses it any more."""
        with self._lock:
            self._users -= 1
            if self._users == 0:
                self._factory.close()
                self._factory = None

    def open(self, pin: int, owner: str, make: Callable[[Any], Any]) -> Any:
        """Make a device on a pin; the board counts as used until `release`.

        Args:
            owner: whose pin it is, for the error.
            make: makes a device of gpiozero with the pin factory that it is given.

        Raises:
            PinUnusable: when that fails.
        """
        try:
            factory = self.use()
        except Exception as error:
            raise PinUnusable(f"{owner} on GPIO{pin}: {error or type(error).__name__}") from error
        try:
            return make(factory)
        except Exception as error:
            text = f"{owner} on GPIO{pin}: {error or type(error).__name__}{_other_user(factory, pin)}"
            self.leave()
            raise PinUnusable(text) from error

    def open_output(self, pin: int, owner: str, *, tones: bool) -> Any:
        """Make a device that is dark, or silent.

        Args:
            tones: whether it is a buzzer: its `frequency` can be set, and half of 1 is its loudest `value`.

        Raises:
            PinUnusable: when that fails.
        """
        kind = gpiozero.PWMOutputDevice if tones else gpiozero.LED
        return self.open(pin, owner, lambda factory: kind(pin, pin_factory=factory))

    def release(self, device: Any) -> None:
        """Close a device and leave the board; raises nothing."""
        # A pin that failed may fail again on its way out.
        with contextlib.suppress(Exception):
            device.close()
        self.leave()


def _other_user(factory: Any, pin: int) -> str:
    """Return in words which other program has a pin, as far as the kernel knows one."""
    with contextlib.suppress(Exception):
        # Loaded if it is what the factory rests on; importing it here would start its thread for nothing.
        handle = factory._handle  # noqa: SLF001 - gpiozero has no public way to its chip
        _, _, _, _, user = sys.modules["lgpio"].gpio_get_line_info(handle, pin)
        if user:
            # Every program on lgpio goes by the name of "lg", the agent itself included.
            return f" (in use by {user!r}: end it, or take another pin)"
    return ""


class _Wire:
    """One sensor's device object, opened and closed as its pin allows."""

    def __init__(self, board: GpioBoard, sensor: GpioSensor) -> None:
        self.sensor = sensor
        self.owner = f"sensor {sensor.sensor}"
        self._board = board
        self._device: Any = None
        self._retry_at = 0.0
        self._complaint = ""
        board.claim(sensor.pin, self.owner)
        if sensor.kind == "distance":
            if sensor.trigger_pin is None:
                raise InvalidSetting(f"{self.owner}: a distance sensor needs `trigger_pin` as well as `pin`")
            board.claim(sensor.trigger_pin, self.owner)

    def read(self, on_edge: Callable[[], None]) -> Level:
        """Return the level now; MISSING when the pin can't be opened or read. Raises nothing."""
        try:
            if self._device is None:
                if time.monotonic() < self._retry_at:
                    return Level.MISSING
                self._open(on_edge)
            level = self._level()
        except Exception as error:  # noqa: BLE001 - lgpio and gpiozero raise errors of many kinds
            complaint = str(error)
            if not isinstance(error, PinUnusable):
                complaint = f"{self.owner} on GPIO{self.sensor.pin}: {complaint or type(error).__name__}"
            if complaint != self._complaint:
                self._complaint = complaint
                _log.warning("%s; its desk is unknown, trying again every %g s", complaint, RETRY_S)
            self.close()
            self._retry_at = time.monotonic() + RETRY_S
            return Level.MISSING
        if self._complaint:
            self._complaint = ""
            _log.info("%s is back", self.owner)
        return level

    def close(self) -> None:
        device, self._device = self._device, None
        self._retry_at = 0.0
        if device is not None:
            self._board.release(device)

    def _open(self, on_edge: Callable[[], None]) -> None:
        self._device = self._board.open(self.sensor.pin, self.owner, self._make)
        if self.sensor.kind != "distance":
            self._device.when_activated = self._device.when_deactivated = on_edge

    def _make(self, factory: Any) -> Any:
        sensor = self.sensor
        # Pulled to its idle level: a wire that came off reads as nobody there, not as noise.
        pulled: dict[str, Any] = {"pull_up": not sensor.active_high, "pin_factory": factory}
        match sensor.kind:
            case "pir":
                return gpiozero.MotionSensor(sensor.pin, partial=True, sample_rate=5, **pulled)
            case "mmwave":
                return gpiozero.DigitalInputDevice(sensor.pin, **pulled)
            case "mat":
                return _make_mat(sensor.pin, pulled)
            case "distance":
                return _make_ranging(sensor, factory)

    def _level(self) -> Level:
        if self.sensor.kind == "distance":
            if time.monotonic() - self._device.heard_at > NO_ECHO_S:
                return Level.MISSING
            return Level.ACTIVE if self._device.distance < self.sensor.near_m else Level.IDLE
        # The pin itself, not gpiozero's average of it.
        is_high = bool(self._device.pin.state)
        return Level.ACTIVE if is_high is self.sensor.active_high else Level.IDLE


def _make_mat(pin: int, pulled: dict[str, Any]) -> Any:
    class Mat(gpiozero.Button):  # type: ignore[misc]
        """Survives an edge while it is being made or closed.

        A Button has no thread for holding then; its error would end the one thread that tells of edges on any pin.
        """

        def _fire_activated(self) -> None:
            with contextlib.suppress(AttributeError):
                super()._fire_activated()

    return Mat(pin, **pulled)


def _make_ranging(sensor: GpioSensor, factory: Any) -> Any:
    class Ranging(gpiozero.DistanceSensor):  # type: ignore[misc]
        """Remembers when it last heard an echo: the average of old echoes stays as it was for ever."""

        heard_at = time.monotonic()

        def _read(self) -> float | None:
            distance: float | None = super()._read()
            if distance is not None:
                self.heard_at = time.monotonic()
            return distance

    return Ranging(
        sensor.pin, sensor.trigger_pin, max_distance=MAX_DISTANCE_M, threshold_distance=sensor.near_m,
        queue_len=5, partial=True, pin_factory=factory
    )  # fmt: skip


class GpioSensors:
    """Every sensor on the pins of a device, as one source of inputs.

    Args:
        board: the pins; shared with the signal.
        sensors: of the settings.
        reread_s: see `REREAD_S`.

    Raises:
        InvalidSetting: when a pin is asked for twice, or a distance sensor has no trigger.
    """

    def __init__(
        self, board: GpioBoard, sensors: Sequence[GpioSensor], *, reread_s: float = REREAD_S
    ) -> None:
        self._wires = [_Wire(board, sensor) for sensor in sensors]
        self._reread_s = reread_s
        self._put: Put | None = None
        self._told: dict[str, tuple[Level, float]] = {}
        self._look = threading.Event()
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self, put: Put) -> None:
        """Begin to read; a pin that can't be opened is MISSING and tried again."""
        if self._thread is not None:
            return
        self._put = put
        self._told.clear()
        self._stopping.clear()
        self._look.clear()
        self._thread = threading.Thread(target=self._run, name="gpio-sensors", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """End the thread and release the pins."""
        if self._thread is None:
            return
        self._stopping.set()
        self._look.set()
        self._thread.join()
        self._thread = None

    def _run(self) -> None:
        # All reading happens here, also after an edge: two readers could tell their levels in the wrong order.
        while not self._stopping.is_set():
            self._look.clear()
            for wire in self._wires:
                self._tell(wire.sensor.desk, wire.read(self._look.set))
            self._look.wait(self._reread_s)
        for wire in self._wires:
            wire.close()

    def _tell(self, desk: str, level: Level) -> None:
        now = time.monotonic()
        told, at = self._told.get(desk, (None, 0.0))
        if (level is not told or now - at >= REPEAT_S) and self._put is not None:
            self._told[desk] = (level, now)
            self._put(SensorLevel(desk, level))
