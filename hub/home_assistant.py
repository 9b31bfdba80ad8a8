"""Home Assistant as a part of the jobs process: a connection to its own broker, and what looks at the spaces."""

from collections.abc import Sequence
from contextlib import ExitStack
from typing import Protocol

from hub.broker import Role, read_broker
from hub.config import HubSettings
from hub.domain.home_assistant import Chosen, Topics
from hub.mqtt import Link, Received
from hub.outbound import availability
from hub.ports import Clock, LiveQueries, Pulse
from hub.services.tell_home_assistant import LOOK_S, TellHomeAssistant
from hub.storage.house_look import SqlHouseLook
from hub.storage.unit_of_work import UnitFactory
from wire.identifiers import new_hex16


class Startable(Protocol):
    """Something that runs in threads of its own (`hub.bootstrap.Part`)."""

    def start(self) -> None:
        """Begin; returns at once."""
        ...

    def stop(self) -> None:
        """End, and return when it has ended."""
        ...


class Together:
    """Parts that start and stop as one.

    Args:
        parts: in the order of their start.
    """

    def __init__(self, *parts: Startable) -> None:
        self._parts = parts

    def start(self) -> None:
        """Start them in order."""
        for part in self._parts:
            part.start()

    def stop(self) -> None:
        """Stop them in reverse."""
        with ExitStack() as ending:
            for part in self._parts:
                ending.callback(part.stop)


def home_assistant(
    settings: HubSettings,
    live: LiveQueries,
    database: UnitFactory,
    clock: Clock,
    pulse: Pulse | None = None,
    look_s: float = LOOK_S,
) -> Together:
    """Return what tells Home Assistant of spaces, at its own broker."""
    told = settings.home_assistant
    topics = Topics(told.prefix, told.base_topic)

    # Link and teller need each other, as in intake.
    def handle(messages: Sequence[Received]) -> None:
        for one in messages:
            teller.hear(one.topic, one.payload, retained=one.retained)

    def came_up() -> None:
        teller.came_up()

    role = Role(f"ankerort-{told.base_topic}-{new_hex16()}", (topics.birth, topics.configs))
    link = Link(read_broker(told), role, handle, will=lambda: availability(topics.status), on_up=came_up)
    chosen = Chosen(told.spaces, told.doors, told.alarms, settings.web.public_url.rstrip("/"))
    house = SqlHouseLook(database.engine)
    teller = TellHomeAssistant(link, live, house, clock, topics, chosen, look_s=look_s, pulse=pulse)
    return Together(link, teller)
