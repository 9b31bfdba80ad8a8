"""The breakable network of the test bench does what each of its words says."""

import contextlib
import socket
import socketserver
import threading
import time
from collections.abc import Callable, Iterator

import pytest

from tests.parts.ports import free_port
from tests.parts.tcp_proxy import TcpProxy
from tests.parts.waiting import wait_until

MakeProxy = Callable[[int], TcpProxy]


class EchoHandler(socketserver.BaseRequestHandler):
    def handle(self) -> None:
        with contextlib.suppress(OSError):
            while data := self.request.recv(65_536):
                self.request.sendall(data)


class EchoServer(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True


@contextlib.contextmanager
def echo_server(port: int = 0) -> Iterator[int]:
    with EchoServer(("127.0.0.1", port), EchoHandler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        yield server.server_address[1]
        server.shutdown()
        thread.join()


@pytest.fixture
def proxy(tcp_proxy: MakeProxy) -> Iterator[TcpProxy]:
    with echo_server() as port:
        proxy = tcp_proxy(port)
        yield proxy
        # The server waits for its connections: they end with the network.
        proxy.refuse()


@contextlib.contextmanager
def client(proxy: TcpProxy, timeout_s: float = 5.0) -> Iterator[socket.socket]:
    with socket.create_connection(("127.0.0.1", proxy.port), timeout=timeout_s) as connection:
        yield connection


def echo(connection: socket.socket, data: bytes) -> bytes:
    connection.sendall(data)
    return receive(connection, len(data))


def receive(connection: socket.socket, length: int) -> bytes:
    data = b""
    while len(data) < length:
        chunk = connection.recv(length - len(data))
        if not chunk:
            break
        data += chunk
    return data


def test_an_open_network_carries_every_byte_both_ways(proxy: TcpProxy) -> None:
    data = bytes(range(256)) * 2_000
    received = b""
    with client(proxy) as connection:
        sender = threading.Thread(target=connection.sendall, args=(data,))
        sender.start()
        received = receive(connection, len(data))
        sender.join()
    assert received == data


def test_the_end_of_sending_is_carried_while_the_answer_still_comes(proxy: TcpProxy) -> None:
    with client(proxy) as connection:
        connection.sendall(b"question")
        connection.shutdown(socket.SHUT_WR)
        assert receive(connection, 100) == b"question"


def test_a_delay_is_paid_once_in_each_direction(proxy: TcpProxy) -> None:
    with client(proxy) as connection:
        proxy.delay(0.2)
        start = time.monotonic()
        assert echo(connection, b"slow") == b"slow"
        assert 0.4 <= time.monotonic() - start < 2.0
        proxy.restore()
        start = time.monotonic()
        echo(connection, b"fast")
        assert time.monotonic() - start < 0.2


def test_delayed_chunks_overlap_so_that_throughput_stays(proxy: TcpProxy) -> None:
    proxy.delay(0.2)
    with client(proxy) as connection:
        start = time.monotonic()
        for number in range(10):
            connection.sendall(b"%d" % number)
            time.sleep(0.01)
        assert receive(connection, 10) == b"0123456789"
        assert time.monotonic() - start < 1.5


@pytest.mark.parametrize("reset", [True, False], ids=["with RST", "with FIN"])
def test_a_cut_ends_connections_and_new_ones_work(proxy: TcpProxy, reset: bool) -> None:
    with client(proxy) as connection:
        echo(connection, b"before")
        proxy.cut(reset=reset)
        if reset:
            with pytest.raises(ConnectionResetError):
                connection.recv(1)
        else:
            assert connection.recv(1) == b""
    with client(proxy) as connection:
        assert echo(connection, b"after") == b"after"


def test_a_black_hole_is_silent_and_what_was_sent_arrives_when_it_ends(proxy: TcpProxy) -> None:
    with client(proxy, timeout_s=0.3) as old:
        echo(old, b"before")
        proxy.blackhole()
        old.sendall(b"into the dark")
        with pytest.raises(TimeoutError):
            old.recv(1)
        with client(proxy, timeout_s=0.3) as new:
            new.sendall(b"new")
            with pytest.raises(TimeoutError):
                new.recv(1)
            proxy.restore()
            new.settimeout(5.0)
            old.settimeout(5.0)
            assert receive(old, 13) == b"into the dark"
            assert receive(new, 3) == b"new"


def test_a_refusing_network_cuts_and_refuses_until_it_is_restored(proxy: TcpProxy) -> None:
    with client(proxy) as connection:
        echo(connection, b"before")
        proxy.refuse()
        with pytest.raises(ConnectionResetError):
            connection.recv(1)
    with pytest.raises(ConnectionRefusedError), client(proxy):
        pass
    proxy.restore()
    with client(proxy) as connection:
        assert echo(connection, b"after") == b"after"


def test_a_server_that_comes_later_is_reached_at_the_same_port(tcp_proxy: MakeProxy) -> None:
    port = free_port()
    proxy = tcp_proxy(port)
    with client(proxy) as connection:
        assert connection.recv(1) == b""
    with echo_server(port):
        with client(proxy) as connection:
            assert echo(connection, b"at last") == b"at last"
        proxy.cut()


def test_connections_are_counted_until_they_end(proxy: TcpProxy) -> None:
    with client(proxy) as connection:
        echo(connection, b"here")
        assert proxy.connections == 1
    wait_until(lambda: proxy.connections == 0, 5.0, "the proxy to see the end of the connection")


def test_closing_the_proxy_ends_its_thread(tcp_proxy: MakeProxy) -> None:
    with TcpProxy(free_port()) as proxy:
        assert any(thread.name == f"tcp-proxy-{proxy.port}" for thread in threading.enumerate())
    assert not any(thread.name == f"tcp-proxy-{proxy.port}" for thread in threading.enumerate())
