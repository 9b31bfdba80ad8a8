"""What the hub says and hears over a link to the broker, in messages of the contract."""

import contextlib
import logging
from collections.abc import Callable, Sequence

from hub.broker import Broker, Role, Will
from hub.domain.occupancy import SpaceLive
from hub.mqtt import Link, Received
from wire import codec
from wire.errors import UnknownTopic
from wire.identifiers import new_hex16
from wire.messages import DeskOccupancy, Mark, Occupancy, Status
from wire.topics import ACCESS, COMMAND, HUB_STATUS, MARK, OCCUPANCY, Topic, parse_topic

_log = logging.getLogger(__name__)


class MqttOutbound:
    """Marks and occupancy as messages (`hub.ports.Outbound`).

    Args:
        link: that they go over.
    """

    def __init__(self, link: Link) -> None:
        self._link = link

    def mark(self, space: str, device: str, epoch: str, upto: int) -> None:
        """Publish a mark, retained."""
        self._link.retain(str(Topic(MARK, space, device)), codec.encode(Mark(epoch=epoch, upto=upto)))

    def occupancy(self, space: SpaceLive) -> None:
        """Publish a space's desk states, retained; no person."""
        desks = [DeskOccupancy(desk=view.desk.id, state=view.state.value) for view in space.desks]
        message = Occupancy(at_us=space.now_us, desks=desks)
        self._link.retain(str(Topic(OCCUPANCY, space.space.id)), codec.encode(message))


class MqttDeviceMail:
    """Access lists and commands, sealed already (`hub.custody_ports.DeviceMail`).

    Args:
        link: that they go over.
    """

    def __init__(self, link: Link) -> None:
        self._link = link

    def access(self, space: str, device: str, payload: bytes) -> None:
        """Publish a list, retained; an empty one takes it from the broker."""
        self._link.retain(str(Topic(ACCESS, space, device)), payload)

    def command(self, space: str, device: str, payload: bytes) -> None:
        """Publish a command, never retained."""
        topic = str(Topic(COMMAND, space, device))
        if not self._link.send(topic, payload):
            _log.warning("%s: no connection to the broker, the command is dropped", topic)


def hub_status() -> Will:
    """Return the hub's birth, farewell and will, with a session of their own."""
    session = new_hex16()
    birth, farewell, lost = (
        codec.encode(Status(state=state, session=session)) for state in ("online", "offline", "lost")
    )
    return Will(str(Topic(HUB_STATUS)), birth, farewell, lost)


def availability(topic: str) -> Will:
    """Return birth, farewell and will as Home Assistant reads them: a hub that is lost is offline."""
    return Will(topic, b"online", b"offline", b"offline")


def wake_on_occupancy(broker: Broker, ring: Callable[[str], None]) -> Link:
    """Return a connection that rings, with a space's id, whenever that space's occupancy is published."""

    def handle(messages: Sequence[Received]) -> None:
        for message in messages:
            with contextlib.suppress(UnknownTopic):
                ring(parse_topic(message.topic).space)

    return Link(broker, Role(f"ankerort-web-{new_hex16()}", (OCCUPANCY.wildcard,)), handle)
