"""Sensors on the Pi's pins, and the pins themselves: the only module that knows gpiozero (and lgpio under it).

Short pulses are judged in the pure core; gpiozero's own `bounce_time` drops edges (gpiozero#550) and is not used.
"""

import contextlib
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

from device.backends.levels import LevelSource, PinUnusable, Wire
from device.core.inputs import Level, SensorLevel
from device.errors import MissingExtra
from wire.errors import InvalidSetting

try:
    import gpiozero
except ImportError:
    gpiozero = None

REREAD_S: Final = 1.0
"""How often every level is read whether or not an edge came."""
NO_ECHO_S: Final = 2.0
"""A distance sensor that heard no echo for this long is unplugged: without an object in sight it still answers."""
MAX_DISTANCE_M: Final = 4.0

Kind = Literal["pir", "mmwave", "mat", "distance"]


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
    import lgpio
    from gpiozero.pins.lgpio import LGPIOFactory, LGPIOPin

    class Pin(LGPIOPin):  # type: ignore[misc]
        """An output that begins with its level: gpiozero claims it low first, and an inverting relay would click."""

        def output_with_state(self, state: bool) -> None:
            handle = self.factory._handle  # noqa: SLF001 - gpiozero has no public way to its chip
            # A line that is claimed already keeps its level when it is claimed anew: it is given free first.
            lgpio.gpio_free(handle, self._number)
            lgpio.gpio_claim_output(handle, self._number, int(state))

    factory = LGPIOFactory()
    factory.pin_class = Pin
    return factory


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

    def open_switch(self, pin: int, owner: str, *, active_high: bool, on: bool) -> Any:
        """Make an output that is on or off from its first moment; its `value` switches it.

        Args:
            active_high: whether a high level is on.
            on: how it begins.

        Raises:
            PinUnusable: when that fails.
        """

        def make(factory: Any) -> Any:
            return gpiozero.DigitalOutputDevice(
                pin, active_high=active_high, initial_value=on, pin_factory=factory
            )

        return self.open(pin, owner, make)

    def open_contact(self, pin: int, owner: str, *, pull_up: bool, on_edge: Callable[[], None]) -> Any:
        """Make an input; `device.pin.state` is its level.

        Args:
            pull_up: where it is pulled when nothing drives it.
            on_edge: called, from another thread, when the level may have changed.

        Raises:
            PinUnusable: when that fails.
        """

        def make(factory: Any) -> Any:
            device = gpiozero.DigitalInputDevice(pin, pull_up=pull_up, pin_factory=factory)
            device.when_activated = device.when_deactivated = on_edge
            return device

        return self.open(pin, owner, make)

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


class _Sensor(Wire):
    """One sensor's wire."""

    def __init__(self, board: GpioBoard, sensor: GpioSensor) -> None:
        super().__init__(
            f"sensor {sensor.sensor}", sensor.pin, "its desk", lambda level: SensorLevel(sensor.desk, level)
        )
        self._sensor = sensor
        self._board = board
        board.claim(sensor.pin, self.owner)
        if sensor.kind == "distance":
            if sensor.trigger_pin is None:
                raise InvalidSetting(f"{self.owner}: a distance sensor needs `trigger_pin` as well as `pin`")
            board.claim(sensor.trigger_pin, self.owner)

    def open(self, on_edge: Callable[[], None]) -> Any:
        device = self._board.open(self._sensor.pin, self.owner, self._make)
        if self._sensor.kind != "distance":
            device.when_activated = device.when_deactivated = on_edge
        return device

    def release(self, device: Any) -> None:
        self._board.release(device)

    def _make(self, factory: Any) -> Any:
        sensor = self._sensor
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

    def level(self, device: Any) -> Level:
        if self._sensor.kind == "distance":
            if time.monotonic() - device.heard_at > NO_ECHO_S:
                return Level.MISSING
            return Level.ACTIVE if device.distance < self._sensor.near_m else Level.IDLE
        # The pin itself, not gpiozero's average of it.
        is_high = bool(device.pin.state)
        return Level.ACTIVE if is_high is self._sensor.active_high else Level.IDLE


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


class GpioSensors(LevelSource):
    """Every sensor on the pins of a device, as one source of inputs.

    Args:
        board: the pins; shared with the signal and the doors.
        sensors: of the settings.
        reread_s: see `REREAD_S`.

    Raises:
        InvalidSetting: when a pin is asked for twice, or a distance sensor has no trigger.
    """

    def __init__(
        self, board: GpioBoard, sensors: Sequence[GpioSensor], *, reread_s: float = REREAD_S
    ) -> None:
        super().__init__([_Sensor(board, sensor) for sensor in sensors], "gpio-sensors", reread_s)
