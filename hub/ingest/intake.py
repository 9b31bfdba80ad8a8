"""Groups of messages into the store: translate, count, and let no message stand in the way of another.

Drivable without a broker: `take` gets topics and payloads, and says what to answer.
"""

import logging
from collections.abc import Sequence
from typing import NamedTuple

from hub.domain.errors import StoreUnavailable
from hub.domain.events import RefusalReason
from hub.event_ports import Arrived, Stray, Unreadable
from hub.ingest.translate import read_message
from hub.services.count_events import CountEvents, Outcome

_log = logging.getLogger(__name__)


class Message(NamedTuple):
    """A message as the broker gave it."""

    topic: str
    payload: bytes


class Intake:
    """Takes messages of the event channel into the store.

    Args:
        count: counts a group in one transaction.
    """

    def __init__(self, count: CountEvents) -> None:
        self._count = count

    def take(self, messages: Sequence[Message], now_us: int) -> Outcome:
        """Take messages in and commit; when this returns, every one of them may be acknowledged.

        Args:
            messages: in the order of arrival.
            now_us: when they arrived.

        Raises:
            StoreUnavailable: when the database can't now: acknowledge nothing, and take the same messages again later.
        """
        arrived = [_read(message) for message in messages]
        try:
            return self._count.count(arrived, now_us)
        except StoreUnavailable:
            raise
        except Exception:  # noqa: BLE001 - whatever it is, each message is tried alone
            _log.exception("a group of %d messages failed: taking them one by one", len(messages))
        outcome = Outcome()
        for item in arrived:
            outcome.add(self._take_alone(item, now_us))
        return outcome

    def _take_alone(self, item: Arrived, now_us: int) -> Outcome:
        try:
            return self._count.count([item], now_us)
        except StoreUnavailable:
            raise
        except Exception as error:
            if isinstance(item, Stray):
                raise StoreUnavailable("not even an alarm can be written") from error
            _log.exception("a message of %s/%s can't be taken in", item.space, item.device)
            return self._set_aside(item, error, now_us)

    def _set_aside(self, item: Arrived, error: Exception, now_us: int) -> Outcome:
        """Put a message on which our own code fails into quarantine; its device sends it again, the others go on."""
        assert not isinstance(item, Stray)
        payload = item.payload if isinstance(item, Unreadable) else b"\n".join(item.payloads)
        # The error's text may hold values of the message: its type must do.
        detail = f"{type(error).__name__}: our own code failed over it; the log of ingest says where"
        failed = Unreadable(item.space, item.device, payload, detail, RefusalReason.UNPROCESSABLE)
        try:
            return self._count.count([failed], now_us)
        except StoreUnavailable:
            raise
        except Exception as second:
            raise StoreUnavailable("not even a refusal can be written") from second


def _read(message: Message) -> Arrived:
    try:
        return read_message(message.topic, message.payload)
    except Exception as error:  # noqa: BLE001 - nothing a peer sends may end the intake
        _log.exception("a message of %d bytes can't be translated", len(message.payload))
        return Stray(f"{type(error).__name__} while reading a message")
