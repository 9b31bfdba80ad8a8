"""A small hub on a real broker: counts each event once, keeps a gap-free mark, answers every batch and birth (D2, D3).

It stands in for the hub where only the device is under test; what it keeps can be cut back, like a restored backup.
"""

import threading
from collections.abc import Callable
from typing import Any, Self

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion

from wire.codec import batch_seqs, decode, decode_batch, encode
from wire.messages import DeviceHealth, Mark, Status
from wire.topics import EVENT, HEALTH, MARK, STATUS, Topic, parse_topic


class SmallHub:
    """One hub for every device of a broker; a context manager.

    Args:
        port: of the broker on loopback.
        before_mark: called before each mark goes out; False keeps it back.
    """

    def __init__(self, port: int, *, before_mark: Callable[[], bool] = lambda: True) -> None:
        self.port = port
        self.events: dict[str, dict[int, bytes]] = {}
        self.marks: dict[str, int] = {}
        self.lost: set[tuple[str, int]] = set()
        self.conflicts: list[tuple[str, int]] = []
        self.statuses: list[Status] = []
        self.healths: list[DeviceHealth] = []
        self.batches = 0
        self._before_mark = before_mark
        self._ready = threading.Event()
        self._client = mqtt.Client(
            CallbackAPIVersion.VERSION2,
            client_id="small-hub",
            protocol=mqtt.MQTTv5,
            reconnect_on_failure=True,
        )
        self._client.reconnect_delay_set(0.1, 0.5)  # type: ignore[arg-type]
        self._client.on_connect = self._on_connect
        self._client.on_subscribe = lambda *_: self._ready.set()
        self._client.on_message = self._on_message

    def __enter__(self) -> Self:
        """Connect and listen."""
        self._client.connect("127.0.0.1", self.port, clean_start=False)
        self._client.loop_start()
        assert self._ready.wait(10), "the broker did not answer the small hub"
        return self

    def __exit__(self, *_: object) -> None:
        """Disconnect and end the thread."""
        self._client.disconnect()
        self._client.loop_stop()

    @property
    def payloads(self) -> list[bytes]:
        """Every counted event, epoch by epoch, in order."""
        return [events[seq] for events in self.events.values() for seq in sorted(events)]

    def restore(self, epoch: str, upto: int) -> None:
        """Become the hub of an older backup: nothing above `upto` is known."""
        self.events[epoch] = {seq: p for seq, p in self.events.get(epoch, {}).items() if seq <= upto}
        self.marks[epoch] = min(upto, self.marks.get(epoch, 0))

    def tell_mark(self, space: str, device: str, epoch: str) -> None:
        """Publish the mark of an epoch as it is."""
        mark = Mark(epoch=epoch, upto=self.marks.get(epoch, 0))
        self._client.publish(str(Topic(MARK, space, device)), encode(mark), qos=1, retain=True)

    def _on_connect(self, client: mqtt.Client, *_: Any) -> None:
        client.subscribe([(channel.wildcard, 1) for channel in (EVENT, STATUS, HEALTH)])

    def _on_message(self, _client: Any, _data: Any, message: mqtt.MQTTMessage) -> None:
        topic = parse_topic(message.topic)
        payload = bytes(message.payload)
        if topic.channel is EVENT:
            self._take_batch(topic, payload)
        elif topic.channel is STATUS:
            status = decode(STATUS, Status, payload)
            self.statuses.append(status)
            if status.state == "online" and status.epoch is not None:
                self.tell_mark(topic.space, topic.device, status.epoch)
        else:
            self.healths.append(decode(HEALTH, DeviceHealth, payload))

    def _take_batch(self, topic: Topic, payload: bytes) -> None:
        header, lines = decode_batch(payload)
        self.batches += 1
        known = self.events.setdefault(header.epoch, {})
        for seq, line in zip(batch_seqs(header), lines, strict=True):
            if known.get(seq, line) != line:
                self.conflicts.append((header.epoch, seq))
            known.setdefault(seq, line)
        self.lost |= {(header.epoch, seq) for r in header.lost for seq in range(r.first, r.last + 1)}
        mark = self.marks.get(header.epoch, 0)
        # What the device no longer holds will never come: the mark passes over (D6).
        mark = max(mark, header.floor - 1 if mark < header.floor <= header.first else mark)
        while mark + 1 in known or (header.epoch, mark + 1) in self.lost:
            mark += 1
        self.marks[header.epoch] = mark
        if self._before_mark():
            self.tell_mark(topic.space, topic.device, header.epoch)
