"""All doors of one device."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ReaderPlace:
    """Where a reader is that stands at a door with a lock of this device.

    Args:
        door: which door.
        leaving: whether it is the reader for going out.
    """

    door: str
    leaving: bool = False
