"""All live feeds of one process: a thread for each space that someone watches, and a limit on how many may watch."""

import threading
from functools import partial

from hub.domain.occupancy import SpaceLive
from hub.ports import Clock, LiveQueries, Wakeups
from hub.web.feed import Awaited, Feed, FeedKey, LiveStream, Render, SpaceGone, Timing


class TooManyViewers(Exception):
    """All places are taken: the page should ask now and then instead."""


class Feeds:
    """The feeds of one process."""

    def __init__(
        self,
        live: LiveQueries,
        wakeups: Wakeups,
        clock: Clock,
        render: Render,
        max_viewers: int,
        timing: Timing = Timing(),
    ) -> None:
        """Nothing starts before the first viewer comes.

        Args:
            render: words a space for one kind of viewer; called from feeds' threads and from requests.
            max_viewers: how many may be connected at once.
        """
        self._live, self._wakeups, self._clock, self._render = live, wakeups, clock, render
        self._max_viewers = max_viewers
        self._timing = timing
        self._lock = threading.Lock()
        self._feeds: dict[str, tuple[Feed, threading.Thread]] = {}
        self._viewers = 0
        self._closed = False

    @property
    def viewers(self) -> int:
        """How many viewers are connected."""
        return self._viewers

    def join(self, space: str, key: FeedKey) -> LiveStream:
        """Return the stream for a new viewer of a space; its `leave` must be called.

        Raises:
            TooManyViewers: when all places are taken, or the process is about to end.
            SpaceGone: when there is no such space.
        """
        with self._lock:
            if self._closed or self._viewers >= self._max_viewers:
                raise TooManyViewers
            self._viewers += 1
        try:
            while True:
                stream = self._feed(space).admit(key, self._one_less)
                if stream is not None:
                    return stream
        except BaseException:
            self._one_less()
            raise

    def close(self) -> None:
        """End all streams and threads; afterwards nobody is admitted."""
        with self._lock:
            self._closed = True
            running = list(self._feeds.values())
        for feed, _ in running:
            feed.stop()
        for _, thread in running:
            thread.join()

    def _feed(self, space: str) -> Feed:
        with self._lock:
            if space in self._feeds:
                return self._feeds[space][0]
        # A name that nobody gave to a space must not cost a thread.
        if self._look_up(space) is None:
            raise SpaceGone(space)
        with self._lock:
            if space not in self._feeds:
                self._start(space)
            return self._feeds[space][0]

    def _start(self, space: str) -> None:
        if self._closed:
            raise TooManyViewers
        feed = Feed(space, partial(self._look_up, space), self._render, self._timing)
        thread = threading.Thread(target=self._run, args=(feed,), name=f"feed of {space}", daemon=True)
        self._feeds[space] = feed, thread
        thread.start()

    def _run(self, feed: Feed) -> None:
        subscription = self._wakeups.subscribe(feed.space)
        try:
            feed.run(Awaited(subscription.wait, subscription.close))
        finally:
            with self._lock:
                self._feeds.pop(feed.space, None)

    def _look_up(self, space: str) -> SpaceLive | None:
        return self._live.space(space, self._clock.now_us())

    def _one_less(self) -> None:
        with self._lock:
            self._viewers -= 1
