"""What a door has, and where its readers are."""

from dataclasses import dataclass, fields

from device.core.inputs import DoorLine


@dataclass(frozen=True, slots=True, kw_only=True)
class DoorSettings:
    """What a door has, and its times for as long as no access list says otherwise.

    Args:
        has_contact: whether a contact tells that it is closed; without one it is unknown for ever.
        has_exit: whether there is a request-to-exit button.
        has_tamper: whether a switch tells that the housing was opened.
        has_button: whether there is a button outside, which says that somebody is at the door.
        exit_reader: whether there is a reader for leaving.
        open_s: for how long a grant releases the lock.
        longer_s: the same for members with an extended unlock time.
        held_s: how long the door may stand open before the pre-alarm; the alarm follows after as long again.
        rex_s: for how long the request-to-exit button releases the lock.

    Raises:
        ValueError: when a time is not from 1 to 600 seconds; names it.
    """

    has_contact: bool = True
    has_exit: bool = False
    has_tamper: bool = False
    has_button: bool = False
    exit_reader: bool = False
    open_s: float = 5
    longer_s: float = 15
    held_s: float = 30
    rex_s: float = 5

    def __post_init__(self) -> None:
        for field in fields(self):
            value = getattr(self, field.name)
            if field.name.endswith("_s") and not 1 <= value <= 600:
                raise ValueError(f"{field.name} is {value}: use a number from 1 to 600")

    def has(self, line: DoorLine) -> bool:
        """Say whether the door has a line."""
        return {
            DoorLine.CONTACT: self.has_contact,
            DoorLine.EXIT: self.has_exit,
            DoorLine.TAMPER: self.has_tamper,
            DoorLine.BUTTON: self.has_button,
        }[line]


@dataclass(frozen=True, slots=True)
class ReaderPlace:
    """Where a reader is that stands at a door with a lock of this device.

    Args:
        door: which door.
        leaving: whether it is the reader for going out.
    """

    door: str
    leaving: bool = False
