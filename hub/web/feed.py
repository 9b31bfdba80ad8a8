"""One space's live feed.

A thread looks when the space changed, words it once for each kind of viewer, and hands the same bytes to all of them.
"""

import logging
import random
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from hashlib import blake2b
from queue import Empty, SimpleQueue
from typing import Final, NamedTuple

import msgspec

from hub.domain.occupancy import SpaceLive

_log = logging.getLogger(__name__)

RETRY_MS: Final = 3000
"""How long a browser waits before it connects again."""

BEAT: Final = b": beat\n\n"
AGAIN: Final = b"event: again\ndata: {}\n\n"


class FeedKey(NamedTuple):
    """What viewers must share to be given the same bytes.

    Args:
        trusted: sees the desks even when the public may not.
        language: `de` or `en`.
    """

    trusted: bool
    language: str


@dataclass(frozen=True, slots=True)
class Picture:
    """A space, worded for one kind of viewer.

    Args:
        content: JSON of all that is shown, except for the time; equal content means that nothing visible changed.
        as_of: the time that it is true for, as shown.
        follows_desks: whether it may be made anew when a desk changes. One that shows no desks must not be: its time
            alone would tell when somebody came.
    """

    content: bytes
    as_of: str
    follows_desks: bool

    @property
    def id(self) -> str:
        """A name for the content; it does not tell how often the space changed."""
        return blake2b(self.content, digest_size=9).hexdigest()

    @property
    def json(self) -> bytes:
        """Content and time as one JSON object: `{"as_of": …, "view": {…}}`."""
        return b'{"as_of":%b,"view":%b}' % (msgspec.json.encode(self.as_of), self.content)

    @property
    def event(self) -> bytes:
        """The picture as an event of a stream."""
        return b"event: occupancy\nid: %b\ndata: %b\n\n" % (self.id.encode("ascii"), self.json)

    @property
    def beat(self) -> bytes:
        """A sign of life that only brings the time up to date."""
        return BEAT + b'event: stand\ndata: {"as_of":%b}\n\n' % msgspec.json.encode(self.as_of)


@dataclass(frozen=True, slots=True, kw_only=True)
class Timing:
    """How often things happen, in seconds.

    Args:
        look_s: a space is looked up this often even when nobody says that it changed: facts grow stale by time alone.
        coalesce_s: the first change is shown at once, then those of this time together.
        beat_s: a connection on which nothing happens says this often that it lives.
        lifetime_s: a connection is closed after about this long, and the page comes again: rights are asked anew.
        slice_s: how soon a thread notices that it should end.
    """

    look_s: float = 5.0
    coalesce_s: float = 0.1
    beat_s: float = 15.0
    lifetime_s: float = 900.0
    slice_s: float = 1.0


class SpaceGone(Exception):
    """There is no such space."""


Look = Callable[[], SpaceLive | None]
Render = Callable[[SpaceLive, FeedKey], Picture]


class Awaited(NamedTuple):
    """How a feed learns of changes: a subscription's two methods."""

    wait: Callable[[float], bool]
    close: Callable[[], None]


class Feed:
    """The live feed of one space; `run` is its thread."""

    def __init__(self, space: str, look: Look, render: Render, timing: Timing) -> None:
        """Nothing is looked up yet.

        Args:
            look: the space as it is now, or None when there is no such space.
            render: words it for one kind of viewer; called from this feed's thread and from requests.
        """
        self.space, self.timing = space, timing
        self._look_up, self._render = look, render
        self._lock = threading.Lock()
        self._streams: dict[FeedKey, set[LiveStream]] = {}
        self._pictures: dict[FeedKey, Picture] = {}
        # As of the last look, and as of the last one that came by the clock alone.
        self._live: SpaceLive | None = None
        self._live_by_clock: SpaceLive | None = None
        self._looked_s = 0.0
        self._next_look_s = 0.0
        self._failing = False
        self._stopping = threading.Event()
        self._ended = False

    def admit(self, key: FeedKey, on_leave: Callable[[], None]) -> "LiveStream | None":
        """Return a stream for a new viewer, which begins with the present picture; None when this feed has just ended.

        Raises:
            SpaceGone: when there is no such space.
        """
        with self._lock:
            if self._ended:
                return None
            if self._live is None or self._live_by_clock is None:
                self._live = self._live_by_clock = self._look_up()
                self._looked_s = time.monotonic()
            if self._live is None or self._live_by_clock is None:
                raise SpaceGone(self.space)
            if key not in self._pictures:
                picture = self._render(self._live, key)
                if not picture.follows_desks:
                    picture = self._render(self._live_by_clock, key)
                self._pictures[key] = picture
            stream = LiveStream(self, key, self._pictures[key].event, on_leave)
            self._streams.setdefault(key, set()).add(stream)
            return stream

    def run(self, changes: Awaited) -> None:
        """Look and publish until nobody watches any more, the space is gone, or `stop` was called."""
        idle_since = time.monotonic()
        changed = False
        try:
            while not self._stopping.is_set():
                is_due = time.monotonic() >= self._next_look_s
                if is_due:
                    # By the clock alone: a look that came for a change must not move it (see `Picture.follows_desks`).
                    self._next_look_s = time.monotonic() + self.timing.look_s
                if changed or is_due:
                    if not self._look(all_pictures=is_due):
                        return
                    self._stopping.wait(self.timing.coalesce_s)
                with self._lock:
                    if self._streams:
                        idle_since = time.monotonic()
                    elif time.monotonic() - idle_since > self.timing.slice_s:
                        # Under the lock: whoever comes now finds an ended feed and starts another.
                        self._ended = True
                        return
                until_due_s = max(self._next_look_s - time.monotonic(), 0.0)
                changed = changes.wait(min(self.timing.slice_s, until_due_s))
        finally:
            changes.close()
            self._end()

    def stop(self) -> None:
        """Make the thread end, and all streams with it."""
        self._stopping.set()

    def beat(self, key: FeedKey) -> bytes:
        """Return the sign of life of a stream; it brings the time only while the space can be looked up."""
        picture = self._pictures.get(key)
        if picture is None or time.monotonic() - self._looked_s > 2 * self.timing.look_s:
            return BEAT
        return picture.beat

    def forget(self, stream: "LiveStream") -> None:
        """Take out a stream whose page has gone."""
        with self._lock:
            of_key = self._streams.get(stream.key)
            if of_key is not None:
                of_key.discard(stream)
                if not of_key:
                    del self._streams[stream.key]
                    self._pictures.pop(stream.key, None)

    def _look(self, *, all_pictures: bool) -> bool:
        """Look, and publish what visibly changed; false when the space is gone.

        Args:
            all_pictures: also those that do not follow each change of a desk.
        """
        try:
            live = self._look_up()
        except Exception:  # noqa: BLE001
            # Whatever the database's trouble is: pages stay, say how old they are, and go on when it is over.
            if not self._failing:
                _log.exception("space %s can't be looked up; its live pages stand still", self.space)
            self._failing = True
            return True
        if self._failing:
            _log.warning("space %s can be looked up again", self.space)
        self._failing = False
        if live is None:
            return False
        with self._lock:
            self._live = live
            if all_pictures:
                self._live_by_clock = live
            self._looked_s = time.monotonic()
            for key, streams in self._streams.items():
                before = self._pictures[key]
                if not (all_pictures or before.follows_desks):
                    continue
                picture = self._pictures[key] = self._render(live, key)
                if picture.content != before.content:
                    event = picture.event
                    for stream in streams:
                        stream.queue.put(event)
        return True

    def _end(self) -> None:
        with self._lock:
            self._ended = True
            for streams in self._streams.values():
                for stream in streams:
                    stream.queue.put(None)


class LiveStream:
    """What one connected page is sent."""

    def __init__(self, feed: Feed, key: FeedKey, first: bytes, on_leave: Callable[[], None]) -> None:
        """Made by `Feed.admit`."""
        self.key = key
        self.queue: SimpleQueue[bytes | None] = SimpleQueue()
        self._feed, self._first, self._on_leave = feed, first, on_leave
        self._has_left = threading.Event()

    def frames(self, is_gone: Callable[[], bool] = lambda: False) -> Iterator[bytes]:
        """Yield what is to be sent, until the feed ends or the connection has lived long enough.

        Each picture is whole, so of several that wait only the newest is sent.

        Args:
            is_gone: says whether the other end has closed; asked while nothing happens.
        """
        timing = self._feed.timing
        # Not all at once: pages that came together, after a restart, should not come together again.
        ends_s = time.monotonic() + timing.lifetime_s * random.uniform(0.8, 1.2)  # noqa: S311
        beats_s = time.monotonic() + timing.beat_s
        yield b"retry: %d\n\n" % RETRY_MS + self._first
        while time.monotonic() < ends_s:
            try:
                frame = self._newest(timeout_s=min(timing.beat_s, timing.look_s))
            except Empty:
                if is_gone():
                    return
                if time.monotonic() < beats_s:
                    continue
                frame = self._feed.beat(self.key)
            if frame is None:
                return
            beats_s = time.monotonic() + timing.beat_s
            yield frame
        yield AGAIN

    def leave(self) -> None:
        """Give the place back; more than once does no harm."""
        if not self._has_left.is_set():
            self._has_left.set()
            self._feed.forget(self)
            self._on_leave()

    def _newest(self, timeout_s: float) -> bytes | None:
        frame = self.queue.get(timeout=timeout_s)
        while frame is not None and not self.queue.empty():
            frame = self.queue.get_nowait()
        return frame
