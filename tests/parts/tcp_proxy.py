"""A bad network: a TCP proxy that delays, stalls, cuts or refuses."""

import asyncio
import enum
import socket
import struct
import threading
from collections.abc import Callable, Coroutine
from contextlib import suppress
from types import TracebackType
from typing import Any, Self, TypeVar

from tests.parts.ports import LOOPBACK, free_port

T = TypeVar("T")

_CHUNK_BYTES = 65_536
_CALL_S = 10.0


class _Net(enum.Enum):
    OPEN = "open"
    STALLED = "stalled"
    REFUSING = "refusing"


class TcpProxy:
    """Stands between a client and a server on loopback; it runs in one thread of its own.

    The client is given `port` instead of the server's. `restore` ends whatever was done to the network.
    """

    def __init__(self, target_port: int, *, target_host: str = LOOPBACK) -> None:
        """Prepare; `start`, or entering the context, opens the port.

        Args:
            target_port: where the server listens, now or later.
            target_host: the server's address.
        """
        self.port = free_port()
        self._target = (target_host, target_port)
        self._delay_s = 0.0
        self._net = _Net.OPEN
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(
            target=self._loop.run_forever, name=f"tcp-proxy-{self.port}", daemon=True
        )
        self._server: asyncio.Server | None = None
        self._flowing = asyncio.Event()
        self._flowing.set()
        self._connections: dict[asyncio.Task[None], list[asyncio.StreamWriter]] = {}

    @property
    def connections(self) -> int:
        """How many clients are connected through it now."""
        return len(self._connections)

    def start(self) -> None:
        """Open the port."""
        self._thread.start()
        self._call(self._listen())

    def close(self) -> None:
        """Cut every connection, close the port and end the thread."""
        self._call(self._shut())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(_CALL_S)
        self._loop.close()

    def __enter__(self) -> Self:
        """Open the port."""
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close everything."""
        self.close()

    def delay(self, delay_s: float) -> None:
        """Let each chunk of data arrive later, in both directions; throughput stays.

        Args:
            delay_s: one way, in seconds; for data that is read from now on.
        """
        self._do(lambda: setattr(self, "_delay_s", delay_s))

    def cut(self, *, reset: bool = True) -> None:
        """End every connection now; new ones are served.

        Args:
            reset: with RST, what is on its way is lost; else with FIN, as an orderly end.
        """
        self._do(lambda: self._cut_all(reset))

    def blackhole(self) -> None:
        """Let nothing through and say nothing: old connections stall, new ones are accepted and stay silent."""
        self._do(lambda: self._set(_Net.STALLED))

    def refuse(self) -> None:
        """Cut every connection, and refuse new ones, as a host without the server does."""
        self._do(lambda: self._cut_all(reset=True))
        self._call(self._refuse())

    def restore(self) -> None:
        """Make the network whole: no delay, stalled data flows on, connections are accepted."""
        self._do(lambda: setattr(self, "_delay_s", 0.0))
        self._call(self._listen())

    # Everything below runs in the proxy's thread.

    def _call(self, coroutine: Coroutine[Any, Any, T]) -> T:
        return asyncio.run_coroutine_threadsafe(coroutine, self._loop).result(_CALL_S)

    def _do(self, action: Callable[[], object]) -> None:
        async def run() -> None:
            action()

        self._call(run())

    def _set(self, net: _Net) -> None:
        self._net = net
        if net is _Net.STALLED:
            self._flowing.clear()
        else:
            self._flowing.set()

    async def _listen(self) -> None:
        self._set(_Net.OPEN)
        if self._server is None:
            self._server = await asyncio.start_server(self._accept, LOOPBACK, self.port)

    async def _refuse(self) -> None:
        self._set(_Net.REFUSING)
        if self._server is not None:
            self._server.close()
            self._server = None

    async def _shut(self) -> None:
        await self._refuse()
        # A client may have been accepted a moment ago and have no task of its own yet, so: until nothing runs.
        while others := asyncio.all_tasks() - {asyncio.current_task()}:
            self._cut_all(reset=True)
            await asyncio.wait(others, timeout=_CALL_S)
        await asyncio.sleep(0)

    def _cut_all(self, reset: bool) -> None:
        for task, writers in list(self._connections.items()):
            for writer in writers:
                if reset:
                    _reset_on_close(writer)
                    writer.transport.abort()
                else:
                    writer.close()
            task.cancel()

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        writers = self._connections[task] = [writer]
        try:
            if self._net is _Net.REFUSING:
                # It came before the port was closed and was served after.
                _reset_on_close(writer)
                return
            await self._flowing.wait()
            upstream_reader, upstream_writer = await self._connect()
            writers.append(upstream_writer)
            await asyncio.gather(self._pump(reader, upstream_writer), self._pump(upstream_reader, writer))
        except (OSError, asyncio.CancelledError):
            # Cut, or the server is not there: both ends are closed below, which is all that a network would say.
            pass
        finally:
            for each in writers:
                each.close()
            # Until what is unsent has gone, or is cut: a task that ends before leaves its socket to nobody.
            with suppress(OSError, asyncio.CancelledError):
                await asyncio.gather(*(each.wait_closed() for each in writers))
            del self._connections[task]

    async def _connect(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        opening = asyncio.ensure_future(asyncio.open_connection(*self._target))
        try:
            return await asyncio.shield(opening)
        except asyncio.CancelledError:
            # Cut while it connects: what it opens is closed, not forgotten.
            opening.add_done_callback(_close_opened)
            raise

    async def _pump(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Carry one direction: reading goes on while chunks wait for their time."""
        waiting: asyncio.Queue[tuple[float, bytes]] = asyncio.Queue(maxsize=256)

        async def deliver() -> None:
            while True:
                due, chunk = await waiting.get()
                await asyncio.sleep(max(0.0, due - self._loop.time()))
                await self._flowing.wait()
                if not chunk:
                    if writer.can_write_eof():
                        writer.write_eof()
                    return
                writer.write(chunk)
                await writer.drain()

        delivery = asyncio.ensure_future(deliver())
        try:
            while True:
                chunk = await reader.read(_CHUNK_BYTES)
                await waiting.put((self._loop.time() + self._delay_s, chunk))
                if not chunk:
                    break
            await delivery
        finally:
            delivery.cancel()


def _close_opened(opening: "asyncio.Future[tuple[asyncio.StreamReader, asyncio.StreamWriter]]") -> None:
    if not opening.cancelled() and opening.exception() is None:
        opening.result()[1].close()


def _reset_on_close(writer: asyncio.StreamWriter) -> None:
    """Make closing send RST: lingering for zero seconds throws away what is unsent."""
    raw = writer.get_extra_info("socket")
    if raw is not None and raw.fileno() >= 0:
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
