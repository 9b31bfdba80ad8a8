"""The channel table: every topic, who writes it, its QoS and whether the broker keeps it (DESIGN section 4).

A topic is `ankerort/v1/{space}/{device}/{channel}`, `ankerort/v1/{space}/occupancy` or
`ankerort/v1/hub/status`. The major version is a level of the topic, so two versions can live on one broker.
"""

from dataclasses import dataclass
from enum import Enum
from typing import Final

from wire.errors import InvalidIdentifier, UnknownTopic
from wire.identifiers import check_id

ROOT: Final = "ankerort/v1"
QOS: Final = 1
MAX_TOPIC_LENGTH: Final = 160


class Writer(Enum):
    """Who may publish on a channel; everyone else is refused by the broker's access list."""

    DEVICE = "device"
    HUB = "hub"


class Scope(Enum):
    """Which ids stand before the channel's name."""

    DEVICE = "{space}/{device}/"
    SPACE = "{space}/"
    HUB = "hub/"


@dataclass(frozen=True, slots=True)
class Channel:
    """One row of the channel table.

    Args:
        name: last level of the topic.
        scope: which ids stand before it.
        writer: who publishes.
        retained: whether the broker keeps the last message for later subscribers.
        purpose: one sentence for the generated reference.
    """

    name: str
    scope: Scope
    writer: Writer
    retained: bool
    purpose: str

    @property
    def address(self) -> str:
        """The topic with its parameters in braces, as AsyncAPI writes it."""
        return f"{ROOT}/{self.scope.value}{self.name}"

    @property
    def wildcard(self) -> str:
        """The MQTT filter that matches every topic of this channel."""
        return self.address.replace("{space}", "+").replace("{device}", "+")


STATUS: Final = Channel(
    "status", Scope.DEVICE, Writer.DEVICE, True, "Whether the device is there; also its last will."
)
META: Final = Channel("meta", Scope.DEVICE, Writer.DEVICE, True, "What the device is and has.")
HEALTH: Final = Channel(
    "health", Scope.DEVICE, Writer.DEVICE, True, "How the device is, each minute; never spooled."
)
EVENT: Final = Channel(
    "event", Scope.DEVICE, Writer.DEVICE, False, "A batch of events behind a readable header."
)
MARK: Final = Channel(
    "mark", Scope.DEVICE, Writer.HUB, True, "How far the hub has committed this device's events."
)
ACCESS: Final = Channel(
    "access", Scope.DEVICE, Writer.HUB, True, "The device's access list, signed and sealed."
)
COMMAND: Final = Channel(
    "command", Scope.DEVICE, Writer.HUB, False, "A signed command that expires in seconds."
)
OCCUPANCY: Final = Channel("occupancy", Scope.SPACE, Writer.HUB, True, "Desk states of a space, no person.")
HUB_STATUS: Final = Channel(
    "status", Scope.HUB, Writer.HUB, True, "Whether the hub is there; also its last will."
)

CHANNELS: Final = (STATUS, META, HEALTH, EVENT, MARK, ACCESS, COMMAND, OCCUPANCY, HUB_STATUS)

_DEVICE_CHANNELS: Final = {c.name: c for c in CHANNELS if c.scope is Scope.DEVICE}


@dataclass(frozen=True, slots=True)
class Topic:
    """A topic of the channel table with its ids.

    Args:
        channel: the row of the table.
        space: id of the space, or empty for a hub topic.
        device: id of the device, or empty for a space or hub topic.

    Raises:
        InvalidIdentifier: when an id that the channel needs is not usable, or one has no place in its topic.
    """

    channel: Channel
    space: str = ""
    device: str = ""

    def __post_init__(self) -> None:
        scope = self.channel.scope
        if scope is not Scope.HUB:
            check_id(self.space, "space")
        if scope is Scope.DEVICE:
            check_id(self.device, "device")
        if (scope is Scope.HUB and self.space) or (scope is not Scope.DEVICE and self.device):
            raise InvalidIdentifier(f"{self.channel.address} has no place for {self.space!r} {self.device!r}")

    def __str__(self) -> str:
        return self.channel.address.replace("{space}", self.space).replace("{device}", self.device)


def parse_topic(text: str) -> Topic:
    """Return the topic that a string names.

    Args:
        text: a topic as it came from the broker, of any form.

    Raises:
        UnknownTopic: when it is not in the channel table or an id in it is not usable.
    """
    if len(text) > MAX_TOPIC_LENGTH or not text.startswith(ROOT + "/"):
        raise UnknownTopic(f"topic {text[:MAX_TOPIC_LENGTH]!r} is not under {ROOT}")
    levels = text[len(ROOT) + 1 :].split("/")
    try:
        match levels:
            case ["hub", name] if name == HUB_STATUS.name:
                return Topic(HUB_STATUS)
            case [space, name] if name == OCCUPANCY.name:
                return Topic(OCCUPANCY, space)
            case [space, device, name] if name in _DEVICE_CHANNELS:
                return Topic(_DEVICE_CHANNELS[name], space, device)
    except InvalidIdentifier as error:
        raise UnknownTopic(f"topic {text!r}: {error}") from error
    raise UnknownTopic(f"topic {text!r} is not in the channel table")
