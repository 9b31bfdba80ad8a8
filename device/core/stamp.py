"""When something happened, as every event says it (D8)."""

from typing import TypedDict

from device.core.inputs import Moment


class When(TypedDict):
    """The fields of `wire.events.EventBase`."""

    boot: str
    mono_us: int
    wall_us: int
    synced: bool


class Stamp:
    """Puts the boot to a moment.

    Args:
        boot: id of this boot.
    """

    __slots__ = ("_boot",)

    def __init__(self, boot: str) -> None:
        self._boot = boot

    def at(self, now: Moment) -> When:
        """Return what an event of this moment says about when it happened."""
        return {"boot": self._boot, "mono_us": now.mono_us, "wall_us": now.wall_us, "synced": now.synced}
