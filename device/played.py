"""One simulated device at work: a real loop, spool and uplink, with inputs from a story."""

import logging
import threading
from functools import partial
from typing import Final

from device.bootstrap import build_simulated
from device.config import DeviceSettings
from device.core.agent import Agent
from device.fleet import hurry, without_settling
from device.limited_agent import LimitedAgent

log = logging.getLogger(__name__)

END_S: Final = 10.0
"""How long a device may take to end in the orderly way."""


class PlayedDevice:
    """A device in a thread of its own.

    Args:
        settings: of the device; readers and sensors are simulated, whatever back-end they name.
        key: the device's card key.
        seed: decides what happens.
        speed: how many seconds of people's lives pass in a real one.
        rate_per_s: play a steady load with this many events a second; None plays people.
        limit: make this many events and no more, over all starts with the same spool; None for no limit.

    Raises:
        SpoolInUse, InvalidSetting: as `device.bootstrap.build`.
    """

    def __init__(
        self,
        settings: DeviceSettings,
        key: bytes,
        seed: str,
        *,
        speed: float = 1.0,
        rate_per_s: float | None = None,
        limit: int | None = None,
    ) -> None:
        self.name = f"{settings.space}/{settings.device}"
        self.failure: Exception | None = None
        self._limit = limit
        self._loop, self.clock = build_simulated(
            hurry(settings, speed) if rate_per_s is None else without_settling(settings),
            key=key,
            seed=f"{seed}/{self.name}",
            speed=speed,
            rate_per_s=rate_per_s,
            make_agent=Agent if limit is None else partial(LimitedAgent, room=self._room),
        )
        self._thread = threading.Thread(target=self._run, name=self.name, daemon=True)

    def start(self) -> None:
        """Begin to work."""
        self._thread.start()

    def stop(self) -> None:
        """Ask it to end; `join` waits for that."""
        self._loop.stop()

    def join(self) -> None:
        """Wait until it has ended, for a limited time."""
        self._thread.join(END_S)

    @property
    def is_running(self) -> bool:
        """Whether its loop works."""
        return self._thread.is_alive()

    @property
    def is_connected(self) -> bool:
        """Whether the broker is there."""
        return self._loop.is_connected

    @property
    def made(self) -> int:
        """How many events its spool was ever given."""
        return self._loop.numbers.highest

    @property
    def acknowledged(self) -> int:
        """How many of them the hub is known to have committed."""
        return min(self._loop.numbers.mark, self._loop.numbers.highest)

    @property
    def is_complete(self) -> bool:
        """Whether every event up to the limit is made, and the hub has it."""
        return self._limit is not None and self.acknowledged >= self._limit

    def _room(self) -> int:
        assert self._limit is not None
        return self._limit - self._loop.numbers.highest

    def _run(self) -> None:
        try:
            self._loop.run()
        except Exception as error:
            log.exception("%s ended by a bug", self.name)
            self.failure = error
