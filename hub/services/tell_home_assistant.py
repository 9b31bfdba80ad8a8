"""Tells Home Assistant of the spaces that were chosen for it, and takes back what it must not know any more."""

import json
import logging
import threading
from collections.abc import Sequence
from typing import Final, Protocol

from hub.domain.doors import Contact
from hub.domain.errors import StoreUnavailable
from hub.domain.home_assistant import Chosen, House, Topics, discovery, state
from hub.domain.space import Door
from hub.domain.visibility import PUBLIC, detail_for, see
from hub.ports import Clock, LiveQueries, Pulse

_log = logging.getLogger(__name__)

LOOK_S: Final = 5.0
"""How often it looks; a count moves each five minutes anyway."""

STOP_S: Final = 10.0


class HouseLook(Protocol):
    """Doors as the hub knows them; raises `StoreUnavailable` when the database can't be read now."""

    def doors(self, space: str, now_us: int) -> Sequence[tuple[Door, Contact]]:
        """Return a space's doors, and whether each stands open."""
        ...

    def alarms(self, space: str, now_us: int) -> int:
        """Return how many alarms of its doors last or wait for somebody."""
        ...


class Broadcast(Protocol):
    """A connection to Home Assistant's broker; never fails, and publishes once it stands."""

    def retain(self, topic: str, payload: bytes) -> None:
        """Publish a retained message; an empty one takes it from the broker."""
        ...


class TellHomeAssistant:
    """Looks every few seconds, and publishes what differs from what was published.

    What is retained at the broker is read first, so that also what an earlier start left there is taken back: spaces
    that are not chosen any more, desks that are not shown any more.

    Args:
        link: to Home Assistant's broker.
        live, house: what is looked at.
        topics: where it is said.
        chosen: what it is to know.
        look_s: how often it looks.
    """

    def __init__(
        self,
        link: Broadcast,
        live: LiveQueries,
        house: HouseLook,
        clock: Clock,
        topics: Topics,
        chosen: Chosen,
        *,
        look_s: float = LOOK_S,
        pulse: Pulse | None = None,
    ) -> None:
        self._link, self._live, self._house, self._clock = link, live, house, clock
        self._topics, self._chosen, self._look_s, self._pulse = topics, chosen, look_s, pulse
        self._lock = threading.Lock()
        self._told: dict[str, bytes] = {}
        self._there: dict[str, frozenset[str]] = {}
        self._is_up = self._is_settled = False
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Begin to look."""
        self._thread = threading.Thread(target=self._run, name="home assistant", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """End; what is retained stays, and the farewell says that the hub is away."""
        self._stopping.set()
        if self._thread is not None:
            self._thread.join(STOP_S)
        if self._pulse is not None:
            self._pulse.rest()

    def came_up(self) -> None:
        """Note that a connection stands: the broker may have forgotten everything."""
        with self._lock:
            self._told.clear()
            self._there.clear()
            self._is_up, self._is_settled = True, False

    def hear(self, topic: str, payload: bytes, *, retained: bool) -> None:
        """Take Home Assistant's birth, after which all is said again, and what is retained of ours."""
        if topic == self._topics.birth:
            if payload == b"online":
                with self._lock:
                    self._told.clear()
            return
        space = self._of(topic, payload) if retained else None
        if space is None:
            return
        if space in self._chosen.spaces:
            with self._lock:
                self._there[space] = frozenset(json.loads(payload)["cmps"])
        else:
            self._take_back(space)

    def look(self, now_us: int) -> None:
        """Publish what differs."""
        for space in self._chosen.spaces:
            self._beat()
            live = self._live.space(space, now_us)
            if live is None:
                if space in self._there or self._topics.config(space) in self._told:
                    self._take_back(space)
                continue
            seen, house = see(live, detail_for(live.space, PUBLIC)), self._looked(space, now_us)
            page = f"{self._chosen.public_url}/spaces/{space}" if self._chosen.public_url else ""
            message = discovery(seen, house, self._topics, page)
            components = frozenset(message["cmps"])
            if not self._there.get(space, frozenset()) <= components:
                # Home Assistant keeps a component that is only left out: the whole device goes, and comes next time.
                self._take_back(space)
                continue
            self._tell(self._topics.config(space), message)
            self._tell(self._topics.state(space), state(seen, house))
            self._there[space] = components

    def _looked(self, space: str, now_us: int) -> House:
        doors = tuple(self._house.doors(space, now_us)) if self._chosen.doors else ()
        return House(doors, self._house.alarms(space, now_us) if self._chosen.alarms else None)

    def _tell(self, topic: str, message: object) -> None:
        payload = json.dumps(message, ensure_ascii=False, sort_keys=True).encode("utf-8")
        with self._lock:
            if self._told.get(topic) == payload:
                return
            self._told[topic] = payload
        self._link.retain(topic, payload)

    def _take_back(self, space: str) -> None:
        with self._lock:
            self._there.pop(space, None)
            for topic in (self._topics.config(space), self._topics.state(space)):
                self._told.pop(topic, None)
                self._link.retain(topic, b"")

    def _of(self, topic: str, payload: bytes) -> str | None:
        """Return the space of a discovery message of this hub; None for anybody else's."""
        try:
            said = json.loads(payload)
            is_ours = said["avty_t"] == self._topics.status and isinstance(said["cmps"], dict)
            space = str(said["stat_t"]).removeprefix(f"{self._topics.base}/").removesuffix("/state")
        except (ValueError, KeyError, TypeError):
            return None
        return space if is_ours and topic == self._topics.config(space) else None

    def _run(self) -> None:
        while not self._stopping.wait(self._look_s):
            self._beat()
            # Once round after each connection, what the broker has retained is heard first.
            is_due, self._is_settled = self._is_settled, self._is_up
            if not is_due:
                continue
            try:
                self.look(self._clock.now_us())
            except StoreUnavailable as error:
                _log.warning("home assistant: %s; it is tried again", error)
            except Exception:  # noqa: BLE001 - the next look may go well, and its doors are no business of this
                _log.exception("home assistant: a look failed")

    def _beat(self) -> None:
        if self._pulse is not None:
            self._pulse.beat()
