"""Settings of doors whose lock is this device's: `[[door]]`, `[access]` and `[clock]`."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Annotated, Final, Literal

from msgspec import Meta, Struct

from wire.errors import InvalidSetting

Pin = Annotated[int, Meta(ge=0, le=27)]
DoorSeconds = Annotated[float, Meta(ge=1, le=600)]

MAX_DOORS: Final = 16
"""Of one device: more than its pins can serve, and their modes fit in a block of the state file."""


class AccessSettings(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What the hub's access lists and commands are checked with, and where the list is kept.

    Args:
        trust_file: this device's own key and the hub's public ones, from `ankerort-hub device add`; None for a device
            without doors, which takes no list and no command.
        list_file: where the list is kept as it came, sealed; `.old` and `.state` stand beside it.
    """

    trust_file: Path | None = None
    list_file: Path = Path("/var/lib/ankerort-device/access.list")


class ClockSettings(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What keeps the time while there is no network.

    Args:
        battery: whether the machine has a clock with a battery (Pi 5 with its cell, DS3231) that sets the system's
            clock at boot; doors then rely on it until the network's time is there.
    """

    battery: bool = False


class OwnDoorSettings(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A door whose lock is this device's. The seconds hold until an access list says otherwise.

    Args:
        id: of the door, as the site file has it.
        lock_pin: GPIO number (BCM) of what switches the lock's current.
        lock: `energise_to_open` for a strike, which holds without current; `energise_to_lock` for a magnet, which needs
            a holding relay and a fire release of its own.
        lock_active_high: whether a high level lets the current flow; false for relay boards that switch on low.
        contact_pin: GPIO number of the door contact; without one it is never known whether the door is closed.
        contact_closed_high: whether a high level says closed; false for a reed switch to ground.
        exit_pin: GPIO number of the request-to-exit button.
        exit_active_high: whether a high level says pressed; false for a button to ground.
        button_pin: GPIO number of a button outside, not the request-to-exit one: it says that somebody is at the door,
            and opens nothing by itself. A space that lets members open by phone needs it.
        button_active_high: whether a high level says pressed; false for a button to ground.
        tamper_pin: GPIO number of a switch to ground that is closed while the housing is.
        reader_power_pin: GPIO number that switches the supply of the door's readers, high for on; a reader that hangs
            is without power for two seconds.
        open_s: for how long a grant releases the lock.
        longer_s: the same for members who need longer.
        held_s: for how long the door may stand open before the pre-alarm; the alarm follows after as long again.
        exit_s: for how long the button releases the lock.
        backend: `simulated` has a door that is not there.
    """

    id: str
    lock_pin: Pin | None = None
    lock: Literal["energise_to_open", "energise_to_lock"] = "energise_to_open"
    lock_active_high: bool = True
    contact_pin: Pin | None = None
    contact_closed_high: bool = False
    exit_pin: Pin | None = None
    exit_active_high: bool = False
    button_pin: Pin | None = None
    button_active_high: bool = False
    tamper_pin: Pin | None = None
    reader_power_pin: Pin | None = None
    open_s: DoorSeconds = 5.0
    longer_s: DoorSeconds = 15.0
    held_s: DoorSeconds = 30.0
    exit_s: DoorSeconds = 5.0
    backend: Literal["gpio", "simulated"] = "gpio"


def door_pins(doors: Sequence[OwnDoorSettings]) -> Iterator[tuple[str, int | None]]:
    """Give each pin of doors, with its owner in words; None where one is not set."""
    for door in doors:
        for name in ("lock_pin", "contact_pin", "exit_pin", "button_pin", "tamper_pin", "reader_power_pin"):
            yield f"[[door]] {door.id} {name}", getattr(door, name)


def check_doors(doors: Sequence[OwnDoorSettings], access: AccessSettings) -> None:
    """Check what one value alone does not tell.

    Raises:
        InvalidSetting: when there is no trust file, there are too many doors, or a lock has no pin.
    """
    if doors and access.trust_file is None:
        raise InvalidSetting(
            f"[[door]] {doors[0].id}: access.trust_file is not set, so nobody could ever open it: "
            "make one with `ankerort-hub device add` and name the file"
        )
    if len(doors) > MAX_DOORS:
        raise InvalidSetting(f"{len(doors)} [[door]] tables: a device serves up to {MAX_DOORS}")
    for door in doors:
        if door.backend == "gpio" and door.lock_pin is None:
            raise InvalidSetting(f"[[door]] {door.id}: set lock_pin to the GPIO number of its lock")
        if door.longer_s < door.open_s:
            raise InvalidSetting(
                f"[[door]] {door.id}: longer_s is {door.longer_s:g}, below open_s, which is {door.open_s:g}: "
                "members who need longer would have less"
            )
