"""An MQTT broker for the demonstration: rumqttd, out of the wheel `iotcore`, on loopback, nothing durable."""

import signal
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from hub.demo.errors import DemoRefused

LOOPBACK: Final = "127.0.0.1"
_TRIES: Final = 5
_MAX_PAYLOAD_BYTES: Final = 512 * 1024
"""Above every message of ours."""

# rumqttd speaks MQTT 5 on the listeners of its `v5` table only.
_SETTINGS: Final = """\
id = 0
[router]
id = 0
max_connections = 200
max_outgoing_packet_count = 200
max_segment_size = 104857600
max_segment_count = 10
[v5.1]
name = "demo"
listen = "{host}:{port}"
next_connection_delay_ms = 1
[v5.1.connections]
connection_timeout_ms = 60000
max_payload_size = {limit}
max_inflight_count = 100
"""


@contextmanager
def running_broker(folder: Path) -> Iterator[str]:
    """Run a broker in a child process that ends with this one, whatever way that ends.

    Args:
        folder: where its settings are written.

    Yields:
        Its address, `mqtt://127.0.0.1:PORT`.

    Raises:
        DemoRefused: when the wheel is not installed, or no broker could be started.
    """
    try:
        from iotcore import Broker
    except ImportError:
        raise DemoRefused(
            "the demo brings its own broker, which is not installed: pip install 'ankerort[demo]'"
        ) from None
    settings = folder / "broker.toml"
    problem = ""
    for _ in range(_TRIES):
        # Another program may take the port between asking for it and using it: then ask again.
        port = free_port()
        settings.write_text(_SETTINGS.format(host=LOOPBACK, port=port, limit=_MAX_PAYLOAD_BYTES), "utf-8")
        broker = Broker(config_path=str(settings))
        try:
            with _deaf_to_ctrl_c():
                broker.start()
        except (OSError, RuntimeError) as error:
            problem = str(error)
            continue
        try:
            yield f"mqtt://{LOOPBACK}:{port}"
        finally:
            broker.stop()
        return
    raise DemoRefused(f"the broker of the demo does not start: {problem}")


def free_port() -> int:
    """Return a TCP port of this machine on which nobody listens at this moment."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.bind((LOOPBACK, 0))
        port: int = probe.getsockname()[1]
        return port


@contextmanager
def _deaf_to_ctrl_c() -> Iterator[None]:
    """Let children started now never hear Ctrl-C, which a terminal sends to all: the demo itself ends them, in order.

    They inherit that the signal is held back. Held back, not ignored: a Ctrl-C that comes meanwhile reaches the demo
    afterwards, instead of being lost.
    """
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
