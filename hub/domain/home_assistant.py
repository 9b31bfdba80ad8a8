"""What Home Assistant is told of a space: its discovery message and its state, from what everyone may see.

The shape is that of MQTT device discovery (Home Assistant 2024.12 and later): `dev`, `o`, `cmps`; each component has
`p` and `unique_id`. No member, no card and no booking is in it: Home Assistant records whatever it is told.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from hub.domain.doors import Contact
from hub.domain.occupancy import DeskState
from hub.domain.space import Door, PublicDetail
from hub.domain.time import opening_at
from hub.domain.visibility import Seen

ORIGIN: Final = "Ankerort"
NONE: Final = "None"
"""What Home Assistant takes for "not known", which is neither free nor closed."""

_DESKS: Final = {DeskState.FREE: "OFF", DeskState.OCCUPIED: "ON"}
_CONTACTS: Final = {Contact.OPEN: "ON", Contact.CLOSED: "OFF"}


@dataclass(frozen=True, slots=True)
class Topics:
    """Where Home Assistant listens and what it reads.

    Args:
        prefix: of discovery, as in Home Assistant's settings.
        base: of all that this hub tells; another one for each hub at the same broker.
    """

    prefix: str = "homeassistant"
    base: str = "ankerort-ha"

    @property
    def status(self) -> str:
        """Whether the hub is there: its birth, farewell and will."""
        return f"{self.base}/status"

    @property
    def birth(self) -> str:
        """Where Home Assistant says that it has begun anew."""
        return f"{self.prefix}/status"

    @property
    def configs(self) -> str:
        """The filter of all discovery messages for whole devices."""
        return f"{self.prefix}/device/+/config"

    def config(self, space: str) -> str:
        """Where a space is announced."""
        return f"{self.prefix}/device/{self.node(space)}/config"

    def state(self, space: str) -> str:
        """Where its state is."""
        return f"{self.base}/{space}/state"

    def node(self, space: str) -> str:
        """A name that no other device has."""
        return f"{self.base}_{space}".replace("/", "_")


@dataclass(frozen=True, slots=True)
class Chosen:
    """What Home Assistant is to know.

    Args:
        spaces: their ids.
        doors, alarms: whether doors, and their alarms, are told, too.
        public_url: of the pages, or empty.
    """

    spaces: tuple[str, ...]
    doors: bool = False
    alarms: bool = False
    public_url: str = ""


@dataclass(frozen=True, slots=True)
class House:
    """What a hub was told to add, which a space's public detail does not cover.

    Args:
        doors: doors and whether they stand open; empty when they are not to be told.
        alarms: how many alarms of doors last or wait for somebody; None when they are not to be told.
    """

    doors: tuple[tuple[Door, Contact], ...] = ()
    alarms: int | None = None


def discovery(seen: Seen, house: House, topics: Topics, page: str = "") -> dict[str, Any]:
    """Return the discovery message of a space.

    Args:
        seen: as everyone sees it: what may not be seen has no component.
        page: address of its live page, or empty.
    """
    node, name = topics.node(seen.space.id), seen.space.name
    device: dict[str, Any] = {"ids": [node], "name": name, "mf": ORIGIN, "mdl": "Space"}
    if page:
        device["cu"] = page
    parts = _components(seen, house)
    return {
        "dev": device,
        "o": {"name": ORIGIN},
        "avty_t": topics.status,
        "stat_t": topics.state(seen.space.id),
        "qos": 1,
        "cmps": {key: {"unique_id": f"{node}_{key}", **part} for key, part in parts.items()},
    }


def state(seen: Seen, house: House) -> dict[str, Any]:
    """Return the state of a space: one message, so that all of it is of one moment."""
    is_open = opening_at(seen.space, seen.now_us).is_open
    told: dict[str, Any] = {"open": ("ON" if is_open else "OFF") if seen.space.opening else NONE}
    if seen.detail is not PublicDetail.STATE:
        counts = seen.counts
        is_known = counts is not None and counts.unknown < counts.in_service
        told["free"] = counts.free if counts is not None and is_known else NONE
        told["occupied"] = counts.occupied if counts is not None and is_known else NONE
        told["unknown"] = counts.unknown if counts is not None else NONE
    if seen.desks:
        told["desks"] = {view.desk.id: _DESKS.get(view.state, NONE) for view in seen.desks}
    if house.doors:
        told["doors"] = {door.id: _CONTACTS.get(contact, NONE) for door, contact in house.doors}
    if house.alarms is not None:
        told["alarm"] = "ON" if house.alarms else "OFF"
    return told


def _components(seen: Seen, house: House) -> Mapping[str, Mapping[str, Any]]:
    parts: dict[str, Mapping[str, Any]] = {"open": _binary("Geöffnet", "value_json.open")}
    if seen.detail is not PublicDetail.STATE:
        for key, name in (("free", "Freie Plätze"), ("occupied", "Belegte Plätze"), ("unknown", "Unbekannt")):
            parts[key] = _number(name, f"value_json.{key}")
    for view in seen.desks:
        path = f"value_json.desks['{view.desk.id}']"
        parts[f"desk_{view.desk.id}"] = _binary(view.desk.name, path, "occupancy")
    for door, _ in house.doors:
        parts[f"door_{door.id}"] = _binary(door.name, f"value_json.doors['{door.id}']", "door")
    if house.alarms is not None:
        parts["alarm"] = _binary("Alarm an einer Tür", "value_json.alarm", "problem")
    return parts


def _binary(name: str, path: str, kind: str = "") -> dict[str, Any]:
    part = {"p": "binary_sensor", "name": name, "val_tpl": f"{{{{ {path} }}}}"}
    return {**part, "dev_cla": kind} if kind else part


def _number(name: str, path: str) -> dict[str, Any]:
    return {
        "p": "sensor",
        "name": name,
        "val_tpl": f"{{{{ {path} }}}}",
        "stat_cla": "measurement",
        "unit_of_meas": "Plätze",
    }
