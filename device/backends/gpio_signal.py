"""Lamp and buzzer at the reader, on pins: plays the patterns of `device.core.signal` without making anybody wait."""

import contextlib
import logging
import threading
from dataclasses import dataclass
from typing import Any

from device.backends.gpio import GpioBoard
from device.core.effects import Pattern
from device.core.signal import Step, repeats, steps

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class SignalPins:
    """GPIO numbers of lamp and buzzer; None for what is not there."""

    red: int | None = None
    green: int | None = None
    blue: int | None = None
    buzzer: int | None = None


class GpioSignal:
    """Lamp and buzzer on pins; plays patterns in a thread of its own.

    Args:
        board: the pins; shared with the sensors.
        pins: of the settings.

    Raises:
        InvalidSetting: when a pin is asked for twice.
    """

    def __init__(self, board: GpioBoard, pins: SignalPins) -> None:
        self._board = board
        self._pins = {
            name: pin
            for name in ("red", "green", "blue", "buzzer")
            if (pin := getattr(pins, name)) is not None
        }
        for name, pin in self._pins.items():
            board.claim(pin, f"signal {name}")
        self._outputs: dict[str, Any] = {}
        self._complained: set[str] = set()
        self._lock = threading.Lock()
        self._changed = threading.Event()
        self._pattern = Pattern.OFF
        self._rest = Pattern.OFF
        self._thread: threading.Thread | None = None
        self._stopping = False

    def show(self, pattern: Pattern) -> None:
        """Begin a pattern and return at once; one that does not repeat gives way to the last one that did."""
        with self._lock:
            if self._stopping or not self._pins:
                return
            self._pattern = pattern
            if repeats(pattern):
                self._rest = pattern
            self._changed.set()
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="gpio-signal", daemon=True)
                self._thread.start()

    def close(self) -> None:
        """Go dark, end the thread and release the pins."""
        with self._lock:
            self._stopping = True
            self._changed.set()
        if self._thread is not None:
            self._thread.join()
            self._thread = None

    def _run(self) -> None:
        try:
            while not self._stopping:
                self._changed.clear()
                self._play(self._pattern)
        finally:
            for name in list(self._outputs):
                self._close(name)

    def _play(self, pattern: Pattern) -> None:
        for step in steps(pattern):
            self._output(step)
            if self._changed.wait(step.last_ms / 1000):
                return
        if not repeats(pattern):
            with self._lock:
                if not self._changed.is_set():
                    self._pattern = self._rest

    def _output(self, step: Step) -> None:
        red, green, blue = step.colour.value
        self._set("red", red)
        self._set("green", green)
        self._set("blue", blue)
        self._set("buzzer", step.tone_hz > 0, step.tone_hz)

    def _set(self, name: str, is_on: bool, tone_hz: int = 0) -> None:
        if name not in self._pins:
            return
        try:
            output = self._outputs.get(name)
            if output is None:
                # A buzzer that only knows one tone beeps at any frequency, and a bare piezo needs one.
                output = self._outputs[name] = self._board.open_output(
                    self._pins[name], f"signal {name}", tones=name == "buzzer"
                )
            if tone_hz:
                output.frequency = tone_hz
            output.value = is_on / 2 if name == "buzzer" else is_on
        except Exception as error:  # noqa: BLE001 - a lamp that fails must not stop the others, nor the thread
            if name not in self._complained:
                self._complained.add(name)
                _log.warning("signal %s fails, going on without it: %s", name, error)
            self._close(name)
        else:
            self._complained.discard(name)

    def _close(self, name: str) -> None:
        output = self._outputs.pop(name, None)
        if output is not None:
            # Closing alone leaves a lamp as it was.
            with contextlib.suppress(Exception):
                output.value = 0
            self._board.release(output)
