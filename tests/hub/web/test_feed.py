"""Live feeds: each change once, worded once, handed to all; and what happens when nothing can be looked up."""

import json
import threading
import time
from collections.abc import Callable, Iterator

import pytest

from hub.domain.occupancy import SpaceLive
from hub.web.feed import AGAIN, BEAT, FeedKey, LiveStream, Picture, SpaceGone, Timing
from hub.web.feeds import Feeds, TooManyViewers
from tests.hub.web.conftest import QUICK
from tests.hub.web.fakes import FakeLive, FakeWakeups, SetClock
from tests.parts.waiting import wait_until

KEY = FeedKey(trusted=False, language="de")
STATE_ONLY = FeedKey(trusted=False, language="state")
ENGLISH = FeedKey(trusted=False, language="en")


class Renders:
    """Words a space as the states of its desks, and counts how often."""

    def __init__(self) -> None:
        self.of: list[FeedKey] = []

    def __call__(self, live: SpaceLive, key: FeedKey) -> Picture:
        self.of.append(key)
        states = {view.desk.id: view.state for view in live.desks}
        content = json.dumps([key.language, states]).encode()
        return Picture(content, str(live.now_us), follows_desks=key != STATE_ONLY)


class Watcher:
    """Reads a stream in a thread, as a request does."""

    def __init__(self, viewer: LiveStream) -> None:
        self.frames: list[bytes] = []
        self.is_gone = threading.Event()
        self._thread = threading.Thread(target=self._read, args=(viewer,))
        self._thread.start()

    def _read(self, viewer: LiveStream) -> None:
        try:
            for frame in viewer.frames(self.is_gone.is_set):
                self.frames.append(frame)
        finally:
            viewer.leave()

    @property
    def events(self) -> list[bytes]:
        return [frame for frame in self.frames if b"event: occupancy" in frame]

    @property
    def has_ended(self) -> bool:
        return not self._thread.is_alive()

    def join(self) -> None:
        self._thread.join(5)


@pytest.fixture
def renders() -> Renders:
    return Renders()


@pytest.fixture
def make_feeds(
    live: FakeLive, wakeups: FakeWakeups, clock: SetClock, renders: Renders
) -> Iterator[Callable[..., Feeds]]:
    made: list[Feeds] = []

    def make(timing: Timing = QUICK, max_viewers: int = 10) -> Feeds:
        feeds = Feeds(live, wakeups, clock, renders, max_viewers, timing)
        made.append(feeds)
        return feeds

    yield make
    for feeds in made:
        feeds.close()


@pytest.fixture
def feeds(make_feeds: Callable[..., Feeds]) -> Feeds:
    return make_feeds()


@pytest.fixture
def watch(feeds: Feeds) -> Iterator[Callable[..., Watcher]]:
    watchers: list[Watcher] = []

    def begin(space: str = "wittenberge", key: FeedKey = KEY) -> Watcher:
        watcher = Watcher(feeds.join(space, key))
        watchers.append(watcher)
        return watcher

    yield begin
    feeds.close()
    for watcher in watchers:
        watcher.join()


def test_a_viewer_gets_the_present_picture_at_once(watch: Callable[..., Watcher]) -> None:
    watcher = watch()
    wait_until(lambda: watcher.events, 10, "the first picture")
    assert watcher.frames[0].startswith(b"retry: 3000\n\nevent: occupancy\nid: ")
    assert b'"f1": "free"' in watcher.frames[0]


def test_a_change_reaches_all_viewers_and_is_worded_once_for_each_kind(
    watch: Callable[..., Watcher], live: FakeLive, wakeups: FakeWakeups, renders: Renders, feeds: Feeds
) -> None:
    watchers = [watch(), watch(), watch(), watch(key=ENGLISH)]
    wait_until(lambda: all(watcher.events for watcher in watchers), 10, "four first pictures")
    wait_until(lambda: wakeups.subscriptions == 1, 10, "the feed")
    # A look by the clock may be under way: it was counted, and may see the change.
    renders.of.clear()
    before = live.calls["space"] - 1
    live.set_desk("wittenberge", "f1", "occupied")
    wakeups.wake("wittenberge")
    wait_until(lambda: all(len(watcher.events) == 2 for watcher in watchers), 10, "four changes")
    assert all(b'"f1": "occupied"' in watcher.events[1] for watcher in watchers)
    # However many looks there were, each is worded once for each kind.
    assert renders.of.count(KEY) == renders.of.count(ENGLISH) <= live.calls["space"] - before


def test_facts_that_grow_stale_reach_viewers_without_any_wakeup(
    watch: Callable[..., Watcher], clock: SetClock
) -> None:
    watcher = watch()
    wait_until(lambda: watcher.events, 10, "the first picture")
    clock.us += 200_000_000
    wait_until(lambda: len(watcher.events) == 2, 10, "the desks to become unknown")
    assert b'"f1": "unknown"' in watcher.events[1]


def test_a_look_that_shows_nothing_new_sends_no_picture_but_signs_of_life_with_the_time(
    watch: Callable[..., Watcher], wakeups: FakeWakeups, clock: SetClock
) -> None:
    watcher = watch()
    wait_until(lambda: watcher.events, 10, "the first picture")
    clock.us += 1_000_000
    wakeups.wake("wittenberge")
    wait_until(
        lambda: str(clock.us).encode() in b"".join(watcher.frames), 10, "a sign of life with the new time"
    )
    assert len(watcher.events) == 1
    assert watcher.frames[-1].startswith(BEAT + b"event: stand\n")


def test_a_burst_of_changes_is_shown_at_once_and_then_together(
    make_feeds: Callable[..., Feeds], live: FakeLive, wakeups: FakeWakeups
) -> None:
    feeds = make_feeds(timing=Timing(look_s=60, coalesce_s=0.3, beat_s=60, slice_s=0.1))
    watcher = Watcher(feeds.join("wittenberge", KEY))
    wait_until(lambda: wakeups.subscriptions == 1, 10, "the feed")
    for turn in range(40):
        live.set_desk("wittenberge", f"f{turn % 5 + 1}", "occupied" if turn % 2 else "vacant")
        wakeups.wake("wittenberge")
    live.set_desk("wittenberge", "h1", "occupied")
    wakeups.wake("wittenberge")
    wait_until(lambda: b'"h1": "occupied"' in watcher.frames[-1], 10, "the last change")
    assert len(watcher.events) <= 4
    feeds.close()
    watcher.join()


def test_while_the_space_cannot_be_looked_up_the_time_stands_still_and_goes_on_after(
    watch: Callable[..., Watcher], live: FakeLive, clock: SetClock, caplog: pytest.LogCaptureFixture
) -> None:
    watcher = watch()
    wait_until(lambda: watcher.events, 10, "the first picture")
    live.broken = True
    wait_until(lambda: BEAT in watcher.frames, 10, "a sign of life without the time")
    assert "can't be looked up" in caplog.text
    live.set_desk("wittenberge", "f1", "occupied")
    live.broken = False
    wait_until(lambda: len(watcher.events) == 2, 10, "the change, once it can be looked up")
    assert caplog.text.count("can't be looked up") == 1
    assert "can be looked up again" in caplog.text


def test_an_unknown_space_is_refused_and_costs_no_thread(feeds: Feeds) -> None:
    before = threading.active_count()
    with pytest.raises(SpaceGone):
        feeds.join("nirgends", KEY)
    assert (threading.active_count(), feeds.viewers) == (before, 0)


def test_a_space_that_is_taken_out_ends_its_streams(watch: Callable[..., Watcher], live: FakeLive) -> None:
    watcher = watch()
    wait_until(lambda: watcher.events, 10, "the first picture")
    live.remove_space("wittenberge")
    wait_until(lambda: watcher.has_ended, 10, "the stream's end")


def test_when_all_places_are_taken_the_next_viewer_is_refused_until_one_leaves(
    make_feeds: Callable[..., Feeds],
) -> None:
    feeds = make_feeds(max_viewers=2)
    first, _ = feeds.join("wittenberge", KEY), feeds.join("moelln", KEY)
    with pytest.raises(TooManyViewers):
        feeds.join("wittenberge", KEY)
    first.leave()
    first.leave()
    assert feeds.viewers == 1
    feeds.join("wittenberge", KEY)


def test_a_failure_at_the_door_gives_the_place_back(feeds: Feeds, live: FakeLive) -> None:
    live.broken = True
    with pytest.raises(ConnectionError):
        feeds.join("wittenberge", KEY)
    assert feeds.viewers == 0


def test_the_last_viewer_takes_the_thread_and_the_subscription_along(
    feeds: Feeds, wakeups: FakeWakeups
) -> None:
    viewer = feeds.join("wittenberge", KEY)
    wait_until(lambda: wakeups.subscriptions == 1, 10, "the feed")
    viewer.leave()
    wait_until(lambda: wakeups.subscriptions == 0, 10, "the feed's end")
    # And whoever comes afterwards is served.
    assert next(feeds.join("wittenberge", KEY).frames())


def test_closing_ends_all_streams_at_once_and_admits_nobody(
    feeds: Feeds, watch: Callable[..., Watcher], wakeups: FakeWakeups
) -> None:
    watchers = [watch(), watch("moelln")]
    feeds.close()
    wait_until(lambda: all(watcher.has_ended for watcher in watchers), 10, "both streams' ends")
    assert wakeups.subscriptions == 0
    with pytest.raises(TooManyViewers):
        feeds.join("wittenberge", KEY)


def test_a_reader_that_has_gone_is_noticed_while_nothing_happens(
    watch: Callable[..., Watcher], feeds: Feeds
) -> None:
    watcher = watch()
    watcher.is_gone.set()
    wait_until(lambda: watcher.has_ended, 10, "the stream's end")
    assert feeds.viewers == 0


def test_a_stream_that_has_lived_long_asks_its_page_to_come_again(make_feeds: Callable[..., Feeds]) -> None:
    feeds = make_feeds(timing=Timing(look_s=0.1, beat_s=0.1, lifetime_s=0.3, slice_s=0.1))
    watcher = Watcher(feeds.join("wittenberge", KEY))
    wait_until(lambda: watcher.has_ended, 10, "the stream's end")
    assert watcher.frames[-1] == AGAIN


def test_a_reader_that_was_slow_gets_the_newest_picture_only(
    feeds: Feeds, live: FakeLive, wakeups: FakeWakeups
) -> None:
    viewer = feeds.join("wittenberge", KEY)
    frames = viewer.frames()
    next(frames)
    wait_until(lambda: wakeups.subscriptions == 1, 10, "the feed")
    for desk in ("f1", "f2", "f3"):
        live.set_desk("wittenberge", desk, "occupied")
        waiting = viewer.queue.qsize()
        wait_until(lambda waiting=waiting: viewer.queue.qsize() > waiting, 10, "the change")  # type: ignore[misc]
    assert b'"f3": "occupied"' in next(frames)
    assert viewer.queue.qsize() == 0


def test_an_event_is_one_line_of_data_whatever_the_words_are() -> None:
    picture = Picture(json.dumps({"note": "a\nb\r\nc\u2028d"}).encode(), "10:15:30", follows_desks=True)
    lines = picture.event.split(b"\n")
    assert [line.split(b":")[0] for line in lines] == [b"event", b"id", b"data", b"", b""]
    assert json.loads(lines[2][6:]) == {"as_of": "10:15:30", "view": {"note": "a\nb\r\nc\u2028d"}}


def test_the_id_of_an_event_tells_nothing_but_what_is_shown() -> None:
    one, later = Picture(b"[1]", "10:15:30", True), Picture(b"[1]", "11:00:00", True)
    assert one.id == later.id != Picture(b"[2]", "10:15:30", True).id


def test_what_shows_no_desks_is_made_by_the_clock_alone_so_that_its_time_does_not_tell_who_came(
    make_feeds: Callable[..., Feeds], live: FakeLive, wakeups: FakeWakeups, clock: SetClock, renders: Renders
) -> None:
    feeds = make_feeds(timing=Timing(look_s=1.0, coalesce_s=0.01, beat_s=60, slice_s=0.05))
    desks, state = Watcher(feeds.join("wittenberge", KEY)), Watcher(feeds.join("wittenberge", STATE_ONLY))
    wait_until(lambda: renders.of.count(STATE_ONLY) >= 2, 10, "the first look by the clock")
    renders.of.clear()
    began = time.monotonic()
    while time.monotonic() - began < 4:
        clock.us += 1_000
        seen = len(desks.events)
        live.set_desk("wittenberge", "f1", "occupied" if seen % 2 else "vacant")
        wakeups.wake("wittenberge")
        wait_until(lambda seen=seen: len(desks.events) > seen, 10, "the change for who sees desks")  # type: ignore[misc]
    # Many changes passed; looks by the clock were neither more for them, nor moved by them.
    assert len(renders.of) > 20
    assert 3 <= renders.of.count(STATE_ONLY) <= 5
    feeds.close()
    desks.join()
    state.join()


def test_a_newcomer_who_sees_no_desks_learns_nothing_of_the_last_change_either(
    make_feeds: Callable[..., Feeds], live: FakeLive, wakeups: FakeWakeups, clock: SetClock
) -> None:
    feeds = make_feeds(timing=Timing(look_s=60, coalesce_s=0.01, beat_s=60, slice_s=0.05))
    desks = Watcher(feeds.join("wittenberge", KEY))
    wait_until(lambda: wakeups.subscriptions == 1, 10, "the feed")
    before = str(clock.us).encode()
    clock.us += 2_000_000
    live.set_desk("wittenberge", "f1", "occupied")
    wakeups.wake("wittenberge")
    wait_until(lambda: len(desks.events) == 2, 10, "the change for who sees desks")
    assert before in next(feeds.join("wittenberge", STATE_ONLY).frames())
    feeds.close()
    desks.join()
