"""Takes refused events out of quarantine once the reason is gone; each is counted once (D7, D9)."""

from collections.abc import Callable
from enum import Enum
from hashlib import sha256
from typing import Final

from hub.domain.delivery import BatchRange
from hub.domain.events import RefusalReason, Refused, Reported
from hub.event_ports import Batch, EventStore, QuarantineEntry
from hub.services.directory import Directory
from hub.services.event_group import EventGroup

WHOLE_BATCHES: Final = (RefusalReason.UNREADABLE_HEADER, RefusalReason.UNPROCESSABLE)


class Retried(Enum):
    """What became of a retry."""

    COUNTED = "counted"
    STILL_REFUSED = "still refused"
    SENT_AGAIN = "nothing to retry: it moved no mark, so the device sends it again by itself"
    OTHER_CONTENT = "stays: its number was counted with other content"
    GONE = "counted already, or not in quarantine"


class RetryRefused:
    """Counts refused events again, each in a transaction of its own.

    Args:
        store: the log.
        directory: which devices and desks there are now.
        read_event: reads an event as this version does.
    """

    def __init__(
        self, store: EventStore, directory: Directory, read_event: Callable[[bytes], Reported | Refused]
    ) -> None:
        self._store, self._directory, self._read_event = store, directory, read_event

    def retry(self, entry: QuarantineEntry, now_us: int) -> Retried:
        """Try to count one entry; twice at once, or again later, counts it once.

        Raises:
            StoreUnavailable: when the database can't now.
        """
        if entry.reason in WHOLE_BATCHES:
            return Retried.SENT_AGAIN
        if entry.reason is RefusalReason.OTHER_CONTENT:
            return Retried.OTHER_CONTENT
        space, device_id, epoch = entry.subject.split("/")
        device = self._directory.device(space, device_id, now_us)
        if device is None:
            return Retried.STILL_REFUSED
        with self._store.writing() as unit:
            if unit.entry(entry.pk) is None:
                return Retried.GONE
            batch = Batch(
                space,
                device_id,
                epoch,
                BatchRange(entry.seq, entry.seq, entry.seq),
                [entry.seq],
                [entry.payload],
                [sha256(entry.payload).digest()],
                [self._read_event(entry.payload)],
            )
            # It arrived when it was refused first: that bounds when it can have happened (D8).
            group = EventGroup(unit, self._directory, self._read_event, [(batch, device)], entry.first_us)
            group.recount(batch, device)
            if group.refusals:
                return Retried.STILL_REFUSED
            group.finish()
            unit.resolve(entry.pk, now_us)
            unit.commit()
        return Retried.COUNTED
