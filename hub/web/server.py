"""The web server: cheroot in a thread of its own, with a thread for each request and each live page.

Why cheroot: docs/decisions/0006-web-server.md.
"""

import logging
import select
import socket
import threading
import time
from functools import partial
from types import TracebackType
from typing import Any, Final, Self

from cheroot import wsgi
from cheroot.makefile import MakeFile, StreamReader
from cheroot.server import HTTPConnection, HTTPRequest
from flask import Flask

from hub.web.app import MAX_BODY_BYTES, close_streams
from hub.web.stream import VIEWER_GONE

_log = logging.getLogger(__name__)

_BACKLOG: Final = 256
_MAX_HEADER_BYTES: Final = 16 * 1024
_MAX_BODY_BYTES: Final = 16 * MAX_BODY_BYTES
"""Beyond it the server itself refuses, in its own few words; what is less, and too much, the application refuses."""

_SOCKET_TIMEOUT_S: Final = 10
"""A client that takes nothing, or sends nothing, for this long is let go."""

_REQUEST_S: Final = 10.0
"""How long a whole request may take to arrive: one that trickles in would keep a thread for as long as it likes."""

_STOP_TIMEOUT_S: Final = 3


class WebServer:
    """Serves an application until it is stopped; also a context manager."""

    def __init__(
        self,
        app: Flask,
        host: str,
        port: int,
        *,
        threads: int,
        max_viewers: int,
        request_s: float = _REQUEST_S,
    ) -> None:
        """Nothing listens yet.

        Args:
            app: from `create_app`; its streams are ended by `stop`.
            host: address to listen on; 127.0.0.1 unless a reverse proxy stands elsewhere.
            port: 0 for any free one.
            threads: how many requests are answered at once besides the live pages.
            max_viewers: how many live pages may stay connected, as the application was told.
            request_s: how long a whole request may take to arrive.
        """
        self._app = app
        self._server = _Cheroot(
            (host, port),
            app,
            numthreads=threads + max_viewers,
            server_name="ankerort",
            request_queue_size=_BACKLOG,
            timeout=_SOCKET_TIMEOUT_S,
            shutdown_timeout=_STOP_TIMEOUT_S,
        )
        self._server.gateway = _Gateway
        self._server.ConnectionClass = _connection(request_s)
        self._server.max_request_header_size = _MAX_HEADER_BYTES
        self._server.max_request_body_size = _MAX_BODY_BYTES
        self._thread = threading.Thread(target=self._serve, name="web server", daemon=True)

    @property
    def port(self) -> int:
        """The port that is listened on, once started."""
        return int(self._server.bind_addr[1])

    @property
    def address(self) -> str:
        """Where a browser on this machine finds the pages, once started."""
        host = str(self._server.bind_addr[0])
        host = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(host, f"[{host}]" if ":" in host else host)  # noqa: S104
        return f"http://{host}:{self.port}"

    def start(self) -> None:
        """Listen and serve; returns as soon as connections are accepted.

        Raises:
            OSError: when the address is taken or not this machine's.
        """
        self._server.prepare()
        self._thread.start()

    def stop(self) -> None:
        """End all streams, answer what is begun, and stop listening; returns when no thread of it runs any more."""
        close_streams(self._app)
        self._server.stop()
        if self._thread.is_alive():
            self._thread.join()

    def __enter__(self) -> Self:
        """Start."""
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop."""
        self.stop()

    def _serve(self) -> None:
        self._server.serve()


class _Cheroot(wsgi.Server):
    def error_log(self, msg: str = "", level: int = logging.INFO, traceback: bool = False) -> None:  # noqa: FBT002
        """Log as the rest of the program does."""
        _log.log(level, "%s", msg, exc_info=traceback)

    def put_conn(self, conn: HTTPConnection) -> None:
        """Keep a connection for its next request, or close it when the server is being stopped."""
        try:
            super().put_conn(conn)
        except (OSError, ValueError):
            # cheroot looks whether it is stopping, and may be stopped between this look and the use of its selector.
            if self.ready:
                raise
            conn.close()


class _PunctualSocket(socket.SocketIO):
    """Reads from a connection, but not past a moment."""

    until_s: float | None = None

    def readinto(self, buffer: Any) -> int | None:
        """Read what there is; a wait ends with `TimeoutError` at the moment at the latest."""
        connection: socket.socket = self._sock  # type: ignore[attr-defined]
        usual_s = connection.gettimeout()
        if self.until_s is not None:
            left_s = self.until_s - time.monotonic()
            if left_s <= 0:
                raise TimeoutError("timed out")
            connection.settimeout(left_s if usual_s is None else min(left_s, usual_s))
        try:
            return super().readinto(buffer)
        finally:
            connection.settimeout(usual_s)


class _PunctualReader(StreamReader):
    def __init__(self, connection: socket.socket, size: int) -> None:
        self.punctual = _PunctualSocket(connection, "r")
        # As cheroot's own does it, which makes its raw socket itself.
        super(StreamReader, self).__init__(self.punctual, size)
        self.bytes_read = 0


def _make_file(connection: socket.socket, mode: str, size: int) -> Any:
    return _PunctualReader(connection, size) if "r" in mode else MakeFile(connection, mode, size)


def _connection(request_s: float) -> type[HTTPConnection]:
    """Return what cheroot makes of each connection: one whose requests must have arrived after this time."""

    class Request(HTTPRequest):
        def parse_request(self) -> None:
            """Give the request its time, from its first byte or from a new connection on."""
            self.conn.rfile.punctual.until_s = time.monotonic() + request_s
            super().parse_request()

    class Connection(HTTPConnection):
        RequestHandlerClass = Request

        def __init__(self, server: Any, sock: socket.socket, _makefile: Any = None) -> None:
            super().__init__(server, sock, _make_file)

    return Connection


class _Gateway(wsgi.Gateway_10):
    # cheroot's own types say that it returns nothing.
    def get_environ(self) -> dict[str, Any]:  # type: ignore[override]
        """Let a stream find out that its reader has gone before the next event fails to reach it."""
        environ: dict[str, Any] = super().get_environ()  # type: ignore[no-untyped-call]
        environ[VIEWER_GONE] = partial(_has_closed, self.req.conn.socket)
        return environ


def _has_closed(connection: socket.socket) -> bool:
    """Say whether the other end has closed; what it may have sent is left for whoever reads."""
    poller = select.poll()
    try:
        poller.register(connection, select.POLLIN)
        return bool(poller.poll(0)) and connection.recv(1, socket.MSG_PEEK) == b""
    except (OSError, ValueError):
        # Reset, or closed on our side.
        return True
