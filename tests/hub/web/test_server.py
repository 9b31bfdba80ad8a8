"""The real server: streams flow unbuffered, readers who go free their places, and it stops at once."""

import contextlib
import http.client
import json
import selectors
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager

import pytest
from flask import Flask

from hub.web.app import MAX_BODY_BYTES
from hub.web.feed import Timing
from hub.web.parts import Parts, WebConfig
from hub.web.server import WebServer
from tests.hub.web.access_fakes import Fakes
from tests.hub.web.fakes import FakeLive, FakeWakeups
from tests.parts.waiting import wait_until


@contextmanager
def stream(server: WebServer, space: str = "wittenberge") -> Iterator[http.client.HTTPResponse]:
    with closing(http.client.HTTPConnection("127.0.0.1", server.port, timeout=5)) as connection:
        connection.request("GET", f"/spaces/{space}/stream")
        yield connection.getresponse()


def get(server: WebServer, path: str) -> tuple[int, dict[str, str], bytes]:
    with closing(http.client.HTTPConnection("127.0.0.1", server.port, timeout=5)) as connection:
        connection.request("GET", path)
        answer = connection.getresponse()
        return answer.status, dict(answer.headers), answer.read()


def next_event(response: http.client.HTTPResponse, kind: str = "occupancy") -> str:
    """Read lines up to the end of the next event of a kind."""
    is_it, data = False, ""
    while True:
        line = response.readline().decode()
        assert line, "the stream ended"
        if line.startswith("event: "):
            is_it = line[7:].strip() == kind
        elif line.startswith("data: "):
            data = line[6:]
        elif line == "\n" and is_it and data:
            return data


def viewers(app: Flask) -> int:
    kept: Parts = app.extensions["ankerort"]
    return kept.feeds.viewers


def test_pages_are_served_on_the_port_that_it_names(server: WebServer) -> None:
    status, headers, body = get(server, "/")
    assert (status, headers["Server"]) == (200, "ankerort")
    assert "Wittenberge" in body.decode()
    assert server.address == f"http://127.0.0.1:{server.port}"


# cheroot leaves the socket that could not be bound to the garbage collector.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_a_taken_port_is_an_error_at_the_start(server: WebServer, app: Flask) -> None:
    with pytest.raises(OSError, match="Address already in use"):
        WebServer(app, "127.0.0.1", server.port, threads=1, max_viewers=1).start()


def test_a_change_arrives_at_once_in_a_stream_that_stays_open(
    server: WebServer, live: FakeLive, wakeups: FakeWakeups
) -> None:
    with stream(server) as response:
        assert response.headers["Content-Type"].startswith("text/event-stream")
        assert response.headers["X-Accel-Buffering"] == "no"
        first = json.loads(next_event(response))
        assert first["view"]["sentence"] == "11 von 11 Plätzen frei"
        wait_until(lambda: wakeups.subscriptions == 1, 10, "the feed")
        live.set_desk("wittenberge", "f1", "occupied")
        began = time.monotonic()
        wakeups.wake("wittenberge")
        assert json.loads(next_event(response))["view"]["sentence"] == "10 von 11 Plätzen frei"
        assert time.monotonic() - began < 1


def test_signs_of_life_bring_the_time(server: WebServer) -> None:
    with stream(server) as response:
        assert json.loads(next_event(response, "stand")) == {"as_of": "10:15:30"}


def test_a_reader_who_goes_frees_the_place_without_any_change(server: WebServer, app: Flask) -> None:
    with stream(server) as response:
        next_event(response)
        assert viewers(app) == 1
    wait_until(lambda: viewers(app) == 0, 10, "the place to be free")


def test_a_reader_who_is_cut_off_frees_the_place(server: WebServer, app: Flask) -> None:
    with socket.create_connection(("127.0.0.1", server.port), timeout=5) as reader:
        reader.sendall(b"GET /spaces/wittenberge/stream HTTP/1.1\r\nHost: x\r\n\r\n")
        assert reader.recv(100)
        # A reset instead of a farewell.
        reader.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\0\0\0\0\0\0\0")
    wait_until(lambda: viewers(app) == 0, 10, "the place to be free")


def test_asking_for_the_head_of_a_stream_takes_no_place(server: WebServer, app: Flask) -> None:
    with closing(http.client.HTTPConnection("127.0.0.1", server.port, timeout=5)) as connection:
        connection.request("HEAD", "/spaces/wittenberge/stream")
        assert connection.getresponse().status == 200
    wait_until(lambda: viewers(app) == 0, 10, "the place to be free")


def test_pages_are_served_while_all_places_for_viewers_are_taken(
    make_app: Callable[..., Flask], make_server: Callable[..., WebServer]
) -> None:
    server = make_server(make_app(WebConfig(max_viewers=2)), threads=1, max_viewers=2)
    with stream(server) as one, stream(server) as other:
        next_event(one)
        next_event(other)
        status, headers, body = get(server, "/spaces/wittenberge/stream")
        assert (status, headers["Retry-After"], body) == (503, "60", b"")
        assert get(server, "/spaces/wittenberge")[0] == 200
        assert json.loads(get(server, "/spaces/wittenberge/now.json")[2])["view"]["is_open"] is True


def test_stopping_ends_streams_within_a_second_or_two(
    make_app: Callable[..., Flask], make_server: Callable[..., WebServer]
) -> None:
    server = make_server(make_app(timing=Timing()))
    with stream(server) as response:
        next_event(response)
        began = time.monotonic()
        server.stop()
        assert time.monotonic() - began < 2.5
        # The stream ends as it should, not in the middle of a chunk.
        assert b"event: occupancy" not in response.read()


def test_a_reader_who_takes_nothing_holds_up_nobody_else(
    server: WebServer, live: FakeLive, wakeups: FakeWakeups
) -> None:
    with socket.create_connection(("127.0.0.1", server.port), timeout=5) as lazy, stream(server) as response:
        lazy.sendall(b"GET /spaces/wittenberge/stream HTTP/1.1\r\nHost: x\r\n\r\n")
        next_event(response)
        for turn in range(30):
            live.set_desk("wittenberge", "f1", "occupied" if turn % 2 == 0 else "vacant")
            wakeups.wake("wittenberge")
            next_event(response)


@pytest.mark.parametrize(
    "rubbish",
    [
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\n\n",
        b"GET\r\n\r\n",
        b"GET / HTTP/9.9\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: a\r\nX: " + b"y" * 20_000 + b"\r\n\r\n",
        b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 99999999\r\n\r\n",
        b"GET /%ff%fe HTTP/1.1\r\nHost: \xff\r\n\r\n",
    ],
    ids=["TLS", "no path", "version", "huge header", "huge body", "no UTF-8"],
)
def test_rubbish_is_refused_and_the_next_request_served(server: WebServer, rubbish: bytes) -> None:
    with socket.create_connection(("127.0.0.1", server.port), timeout=5) as peer:
        peer.sendall(rubbish)
        assert peer.recv(1000).split(b" ")[1][:1] in (b"4", b"5")
    assert get(server, "/healthz")[0] == 200


def test_what_is_too_long_is_refused_in_words(make_app: Callable[..., Flask], fakes: Fakes) -> None:
    with (
        WebServer(make_app(access=fakes.access), "127.0.0.1", 0, threads=2, max_viewers=0) as served,
        closing(http.client.HTTPConnection("127.0.0.1", served.port, timeout=5)) as connection,
    ):
        connection.request("POST", "/sign-in", b"mail=" + b"x" * MAX_BODY_BYTES)
        answer = connection.getresponse()
        assert answer.status == 413
        assert "länger als 64 KiB" in answer.read().decode()
        connection.request("GET", "/healthz")
        assert connection.getresponse().status == 200, "the same connection goes on"


class Crowd:
    """Many readers of one stream in one thread; notes when each of them got each picture."""

    def __init__(self, port: int, size: int) -> None:
        self.arrived_s: list[list[float]] = [[] for _ in range(size)]
        self._selector = selectors.DefaultSelector()
        self._closing = threading.Event()
        for index in range(size):
            reader = socket.create_connection(("127.0.0.1", port), timeout=5)
            reader.sendall(b"GET /spaces/wittenberge/stream HTTP/1.1\r\nHost: x\r\n\r\n")
            reader.setblocking(False)
            self._selector.register(reader, selectors.EVENT_READ, index)
        self._thread = threading.Thread(target=self._read)
        self._thread.start()

    def has_seen(self, pictures: int) -> bool:
        return all(len(arrivals) >= pictures for arrivals in self.arrived_s)

    def close(self) -> None:
        self._closing.set()
        self._thread.join()
        for key in list(self._selector.get_map().values()):
            key.fileobj.close()  # type: ignore[union-attr]
        self._selector.close()

    def _read(self) -> None:
        while not self._closing.is_set():
            for key, _ in self._selector.select(0.1):
                data = key.fileobj.recv(65536)  # type: ignore[union-attr]
                self.arrived_s[key.data] += [time.monotonic()] * data.count(b"event: occupancy")


@pytest.mark.alone
def test_two_hundred_viewers_see_five_changes_a_second_within_a_quarter_of_a_second(
    make_app: Callable[..., Flask],
    make_server: Callable[..., WebServer],
    live: FakeLive,
    wakeups: FakeWakeups,
) -> None:
    size, changes = 200, 20
    crowd = Crowd(make_server(make_app(timing=Timing()), max_viewers=size).port, size)
    try:
        wait_until(lambda: crowd.has_seen(1), 20, "the first pictures")
        sent_s = []
        for turn in range(changes):
            live.set_desk("wittenberge", "f1", "vacant" if turn % 2 else "occupied")
            sent_s.append(time.monotonic())
            wakeups.wake("wittenberge")
            wait_until(lambda turn=turn: crowd.has_seen(turn + 2), 10, "the change")  # type: ignore[misc]
            threading.Event().wait(max(0.0, sent_s[-1] + 0.2 - time.monotonic()))
    finally:
        crowd.close()
    late_s = sorted(
        arrivals[turn + 1] - sent_s[turn] for arrivals in crowd.arrived_s for turn in range(changes)
    )
    assert late_s[int(len(late_s) * 0.99)] < 0.25


def test_requests_that_trickle_in_do_not_keep_others_out(app: Flask) -> None:
    head = b"GET / HTTP/1.1\r\nHost: x\r\nX-Slow: "
    with (
        WebServer(app, "127.0.0.1", 0, threads=2, max_viewers=0, request_s=0.5) as served,
        closing(socket.create_connection(("127.0.0.1", served.port), timeout=5)) as one,
        closing(socket.create_connection(("127.0.0.1", served.port), timeout=5)) as other,
    ):
        ended = threading.Event()

        def trickle() -> None:
            while not ended.wait(0.1):
                for slow in (one, other):
                    with contextlib.suppress(OSError):
                        slow.sendall(b"a")

        one.sendall(head)
        other.sendall(head)
        trickling = threading.Thread(target=trickle)
        trickling.start()
        try:
            assert get(served, "/healthz")[0] == 200
            assert one.recv(100).startswith(b"HTTP/1.1 408 ")
        finally:
            ended.set()
            trickling.join()


class _IdleReader:
    """What cheroot asks before it keeps a connection; the server is stopped between this look and the keeping."""

    def __init__(self, stop: Callable[[], None]) -> None:
        self._stop = stop

    def has_data(self) -> bool:
        self._stop()
        return False


class _IdleConnection:
    def __init__(self, stop: Callable[[], None]) -> None:
        self.rfile = _IdleReader(stop)
        self.socket, self._peer = socket.socketpair()
        self.closed = False

    def close(self) -> None:
        self.closed = True
        self.socket.close()
        self._peer.close()


def test_a_connection_that_is_kept_as_the_server_stops_is_closed(app: Flask) -> None:
    web = WebServer(app, "127.0.0.1", 0, threads=1, max_viewers=1)
    web.start()
    connection = _IdleConnection(web.stop)
    web._server.put_conn(connection)  # type: ignore[arg-type]
    assert connection.closed


def test_an_error_while_the_server_runs_is_not_swallowed(server: WebServer) -> None:
    connection = _IdleConnection(lambda: None)
    connection.socket.close()
    try:
        with pytest.raises((OSError, ValueError)):
            server._server.put_conn(connection)  # type: ignore[arg-type]
        assert not connection.closed
    finally:
        connection.close()
