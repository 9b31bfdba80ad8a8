"""Words of devices into the store: status, meta and health, translated and answered with marks."""

import logging
from collections.abc import Sequence
from typing import Protocol

from hub.domain.audit import LIST_LIFE_US, Head
from hub.domain.device_words import HealthWord, MetaWord, StatusWord, Word
from hub.domain.occupancy import DeviceStatus
from hub.ports import Clock, Outbound
from hub.services.announce import Announcer
from hub.services.hear_devices import Heard, HearDevices
from wire import codec
from wire.errors import PeerSentRubbish, UnknownTopic
from wire.messages import DeviceHealth, DeviceMeta, Status
from wire.topics import HEALTH, META, STATUS, Channel, parse_topic

_log = logging.getLogger(__name__)


class Arrival(Protocol):
    """A message as the connection hands it over."""

    @property
    def topic(self) -> str: ...  # noqa: D102 - as the broker gave it
    @property
    def payload(self) -> bytes: ...  # noqa: D102
    @property
    def retained(self) -> bool: ...  # noqa: D102 - whether the broker had kept it


class DeviceListener:
    """Takes groups of devices' words in and answers births with marks (D3).

    Args:
        hear: keeps them.
        outbound: where marks go.
        announcer: tells the pages which spaces changed.
        clock: the hub's clock.
    """

    def __init__(self, hear: HearDevices, outbound: Outbound, announcer: Announcer, clock: Clock) -> None:
        self._hear, self._outbound, self._announcer, self._clock = hear, outbound, announcer, clock

    def handle(self, arrivals: Sequence[Arrival]) -> None:
        """Take a group in.

        Raises:
            StoreUnavailable: when the database can't take it now: give the same group again later.
        """
        heard: list[Heard] = []
        unreadable: list[tuple[str, str]] = []
        for arrival in arrivals:
            try:
                topic = parse_topic(arrival.topic)
                word = read_word(topic.channel, arrival.payload)
            except UnknownTopic as error:
                _log.warning("%s", error)
            except PeerSentRubbish as error:
                unreadable.append((f"{topic.space}/{topic.device}", str(error)))
            else:
                if word is not None:
                    heard.append(Heard(topic.space, topic.device, word, arrival.retained))
        answer = self._hear.hear(heard, unreadable, self._clock.now_us())
        for (space, device, epoch), upto in answer.marks.items():
            self._outbound.mark(space, device, epoch, upto)
        self._announcer.changed(answer.changed)
        for alarm in answer.rang:
            _log.warning(
                "%s %s: %s; see `ankerort-hub alarms`", alarm.kind.value, alarm.subject, alarm.detail
            )


def read_word(channel: Channel, payload: bytes) -> Word | None:
    """Return what a device says of itself, or None for a channel that says nothing of it.

    An empty payload takes a retained message away and says nothing either.

    Raises:
        PeerSentRubbish: when it can't be read.
    """
    if not payload:
        return None
    if channel is STATUS:
        status = codec.decode(channel, Status, payload)
        return StatusWord(DeviceStatus(status.state), status.session, status.epoch)
    if channel is META:
        meta = codec.decode(channel, DeviceMeta, payload)
        return MetaWord(payload.decode("utf-8"), meta.access_version, _heads(meta))
    if channel is HEALTH:
        health = codec.decode(channel, DeviceHealth, payload)
        return HealthWord(payload.decode("utf-8"), health.wall_us if health.synced else None)
    return None


def _heads(meta: DeviceMeta) -> tuple[tuple[str, Head], ...]:
    told_us = max(0, meta.access_until_us - LIST_LIFE_US)
    return tuple((one.chain, Head(one.length, bytes.fromhex(one.head), told_us)) for one in meta.heads)
