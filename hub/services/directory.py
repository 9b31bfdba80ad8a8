"""Which devices, desks and doors there are, kept in memory between looks at the database."""

from typing import TYPE_CHECKING, Final

from hub.event_ports import KnownDevice, SiteDirectory

if TYPE_CHECKING:
    from collections.abc import Mapping

FRESH_US: Final = 30_000_000
"""How old the picture may be while everything asked for is in it."""

RETRY_US: Final = 1_000_000
"""How old it may be when something asked for is not: a site file may just have been imported."""


class Directory:
    """Finds devices, desks and doors; looks again when its picture is old, or lacks what is asked for.

    Args:
        site: where to look.
    """

    def __init__(self, site: SiteDirectory) -> None:
        self._site = site
        self._devices: Mapping[tuple[str, str], KnownDevice] = {}
        self._looked_us: int | None = None

    def device(self, space: str, device: str, now_us: int) -> KnownDevice | None:
        """Return a device, or None when no site file has it.

        Raises:
            StoreUnavailable: when the database can't be read now.
        """
        self._look_after(FRESH_US, now_us)
        found = self._devices.get((space, device))
        if found is None and self._look_after(RETRY_US, now_us):
            found = self._devices.get((space, device))
        return found

    def desk(self, device: KnownDevice, desk: str, now_us: int) -> int | None:
        """Return the key of a desk in a device's space, or None when that space has no such desk.

        Raises:
            StoreUnavailable: when the database can't be read now.
        """
        pk = device.desks.get(desk)
        if pk is None:
            again = self.device(device.space, device.device, now_us)
            if again is not None and desk not in again.desks and self._look_after(RETRY_US, now_us):
                again = self.device(device.space, device.device, now_us)
            pk = None if again is None else again.desks.get(desk)
        return pk

    def door(self, device: KnownDevice, door: str, now_us: int) -> int | None:
        """Return the key of a door of a device's space, or None when that space has no such door.

        Raises:
            StoreUnavailable: when the database can't be read now.
        """
        pk = device.doors.get(door)
        if pk is None:
            again = self.device(device.space, device.device, now_us)
            if again is not None and door not in again.doors and self._look_after(RETRY_US, now_us):
                again = self.device(device.space, device.device, now_us)
            pk = None if again is None else again.doors.get(door)
        return pk

    def _look_after(self, age_us: int, now_us: int) -> bool:
        # A clock that was set back makes the age negative: look then, too.
        if self._looked_us is not None and 0 <= now_us - self._looked_us < age_us:
            return False
        self._devices = self._site.devices()
        self._looked_us = now_us
        return True
