"""Cuts the power of a reader that hangs: a PN532 may be wedged until then (nfcpy#63), with the Pi in best health.

Nothing here waits: who watches the readers calls `look` again and again.
"""

import logging
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from device.ports import ReaderPower

FAILURES: Final = 3
"""So many cards in a row that could not be read, and did not go away, are the reader's fault."""
MISSING_S: Final = 30.0
"""A reader that is gone for so long may come back with new power."""
OFF_S: Final = 2.0
PAUSE_S: Final = 300.0
"""Between two cuts: a reader that is unplugged, or broken, is not helped by more of them."""

_log = logging.getLogger(__name__)


@dataclass(slots=True)
class _Patient:
    power: ReaderPower
    failures: int = 0
    missing_since: float | None = None
    on_at: float | None = None
    not_before: float = 0.0


class ReaderRescue:
    """Looks after those readers whose power can be switched; knows nothing of the others.

    Args:
        powers: reader id to its supply.
        clock: seconds, rising.
    """

    def __init__(
        self, powers: Mapping[str, ReaderPower], *, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._clock = clock
        self._patients = {reader: _Patient(power) for reader, power in powers.items()}

    def begin(self) -> None:
        """Switch all on."""
        for patient in self._patients.values():
            patient.power.set(on=True)
            patient.on_at = None

    def end(self) -> None:
        """Leave all on."""
        for patient in self._patients.values():
            patient.power.close()

    def worked(self, reader: str) -> None:
        """Take note that a reader does its work."""
        if reader in self._patients:
            self._patients[reader].failures = 0

    def failed(self, reader: str) -> None:
        """Take note that a card could not be read although it lay there."""
        if reader in self._patients:
            self._patients[reader].failures += 1

    def hung(self) -> None:
        """Take note that the readers' service does not answer, perhaps because of one of them."""
        for patient in self._patients.values():
            patient.failures = FAILURES

    def present(self, reader: str, *, there: bool) -> None:
        """Take note whether a reader is there."""
        if reader in self._patients:
            patient = self._patients[reader]
            if there:
                patient.missing_since = None
            elif patient.missing_since is None:
                patient.missing_since = self._clock()

    def look(self) -> None:
        """Cut a reader's power, or give it back, when it is time for that."""
        now = self._clock()
        for reader, patient in self._patients.items():
            if patient.on_at is not None:
                if now >= patient.on_at:
                    patient.power.set(on=True)
                    patient.on_at = None
                continue
            gone = patient.missing_since is not None and now - patient.missing_since >= MISSING_S
            if (gone or patient.failures >= FAILURES) and now >= patient.not_before:
                _log.warning("reader %s hangs, or is gone: cutting its power for %g s", reader, OFF_S)
                patient.power.set(on=False)
                patient.failures, patient.missing_since = 0, None
                patient.on_at, patient.not_before = now + OFF_S, now + PAUSE_S
