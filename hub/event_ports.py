"""What counting events needs from the store, as protocols and the rows that pass through them (DESIGN section 5).

Separate from `hub.ports` by noun: these know epochs, marks and the log; pages never see them.
"""

from collections.abc import Collection, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import NamedTuple, Protocol

from hub.domain.delivery import BatchRange, Ledger
from hub.domain.door_events import Told
from hub.domain.events import Alarm, AlarmKind, EventTime, RefusalReason, Refused, Reported
from hub.domain.number_ranges import Range


class KnownDevice(NamedTuple):
    """A device of the site file, with the keys of its space's desks and doors; retired ones have their past told."""

    pk: int
    space_pk: int
    space: str
    device: str
    desks: Mapping[str, int]
    doors: Mapping[str, int]


class SiteDirectory(Protocol):
    """Which devices and desks there are."""

    def devices(self) -> Mapping[tuple[str, str], KnownDevice]:
        """Return every device that is not retired, by (space id, device id).

        Raises:
            StoreUnavailable: when the database can't be read now.
        """
        ...


@dataclass(slots=True)
class Epoch:
    """An epoch that this transaction holds the lock of; `ledger` is brought forward batch by batch, `lost` included."""

    pk: int
    device_pk: int
    ordinal: int
    ledger: Ledger
    is_new: bool = False


@dataclass(slots=True)
class Boot:
    """A boot and its clock (D8); `offset_at` is (epoch ordinal, seq) of the event that `offset_us` comes from."""

    pk: int
    not_before_us: int
    offset_us: int | None
    offset_at: tuple[int, int] | None


class StoredEvent(NamedTuple):
    """A row of the log; the order of its fields is that of the table's columns."""

    epoch_pk: int
    seq: int
    boot_pk: int
    kind: str
    mono_us: int
    earliest_us: int
    latest_us: int
    time_quality: str
    received_us: int
    digest: bytes
    payload: bytes


class DeskEvent(NamedTuple):
    """What projections see of an event of a desk."""

    desk_pk: int
    device_pk: int
    epoch_pk: int
    ordinal: int
    seq: int
    earliest_us: int
    latest_us: int
    time_quality: str
    reported: Reported


class ToldEvent(NamedTuple):
    """An event of a door, a command or a card.

    Args:
        door_pk: of what happened at a door, None otherwise.
        chain: of the device in the log, `space/device`.
        latest_us: the latest that it can have happened.
    """

    door_pk: int | None
    device_pk: int
    chain: str
    epoch_pk: int
    ordinal: int
    seq: int
    latest_us: int
    time_quality: str
    told: Told


class DoorNow(NamedTuple):
    """The last word on a door; the order of its fields is that of the table's columns."""

    door_pk: int
    device_pk: int
    mode: str
    contact: str
    released: bool
    since_us: int
    epoch_pk: int
    epoch_ordinal: int
    seq: int


class LiveRow(NamedTuple):
    """The last word on a desk; the order of its fields is that of the table's columns."""

    desk_pk: int
    device_pk: int
    state: str
    reason: str
    since_us: int
    time_quality: str
    epoch_pk: int
    epoch_ordinal: int
    seq: int


class SessionRow(NamedTuple):
    """One piece of use of a desk; the order of its fields is that of the table's columns."""

    epoch_pk: int
    seq: int
    desk_pk: int
    start_us: int
    end_us: int
    slack_us: int
    time_quality: str
    continues: bool
    is_open: bool


class LoggedEvent(NamedTuple):
    """An event of a desk or a door as the log has it."""

    epoch_pk: int
    ordinal: int
    seq: int
    device_pk: int
    earliest_us: int
    latest_us: int
    time_quality: str
    payload: bytes


class Pictures(Protocol):
    """What projections write, inside the transaction of the events that they come from."""

    def put_live(self, rows: Sequence[LiveRow]) -> None:
        """Write the last words on desks; one that is earlier (by ordinal and seq) than what stands is left out."""
        ...

    def put_sessions(self, rows: Sequence[SessionRow]) -> None:
        """Write pieces of use, over what stands under their keys."""
        ...

    def put_doors(self, rows: Sequence[DoorNow]) -> None:
        """Write the last words on doors; one that is earlier (by ordinal and seq) than what stands is left out."""
        ...


class DoorProjection(Protocol):
    """Makes a picture of what happens at doors; the same events again, in any order, give the same picture."""

    def apply(self, events: Sequence[ToldEvent], pictures: Pictures) -> None:
        """Take events in."""
        ...


class Projection(Protocol):
    """Makes a picture of the log; the same events again, in any order, give the same picture."""

    def apply(self, events: Sequence[DeskEvent], pictures: Pictures) -> None:
        """Take events in."""
        ...


class Refusal(NamedTuple):
    """A payload for quarantine.

    Args:
        subject: `space/device/epoch` of a refused event, `space/device` for a whole batch.
        epoch_pk, seq: of a refused event; None and 0 for a whole batch.
        size_bytes: of the payload before it was cut.
    """

    subject: str
    epoch_pk: int | None
    seq: int
    reason: RefusalReason
    detail: str
    payload: bytes
    size_bytes: int
    digest: bytes


class QuarantineEntry(NamedTuple):
    """A payload that was not counted.

    Args:
        subject, seq, reason, detail, payload, size_bytes: as it was refused (`Refusal`).
        times: how often it came.
        resolved_us: when a retry counted it, or None.
    """

    pk: int
    subject: str
    seq: int
    reason: RefusalReason
    detail: str
    payload: bytes
    size_bytes: int
    times: int
    first_us: int
    last_us: int
    resolved_us: int | None


class RungAlarm(NamedTuple):
    """An alarm as it stands."""

    kind: AlarmKind
    subject: str
    detail: str
    times: int
    first_us: int
    last_us: int


class Refusals(Protocol):
    """What was not counted, and what a person must know.

    Every method raises `StoreUnavailable` when the database can't be read now.
    """

    def entries(self, *, with_resolved: bool) -> Sequence[QuarantineEntry]:
        """Return the quarantine, oldest first."""
        ...

    def entry(self, pk: int) -> QuarantineEntry | None:
        """Return one entry, or None."""
        ...

    def alarms(self) -> Sequence[RungAlarm]:
        """Return the alarms, latest first."""
        ...

    def waiting(self) -> int:
        """Return how many entries of the quarantine no retry has counted yet."""
        ...

    def clear_alarms(self) -> int:
        """Forget all alarms, so that each rings anew; return how many there were."""
        ...


class EventUnit(Protocol):
    """One writing transaction on the log and all that is made from it; rolled back unless committed.

    Every method raises `StoreUnavailable` when the database can't do it now; nothing of the transaction was kept then.
    """

    def lock_epochs(self, keys: Collection[tuple[int, str]], now_us: int) -> dict[tuple[int, str], Epoch]:
        """Return epochs by (device key, epoch), made when they are new, locked until the transaction ends (D3)."""
        ...

    def lost(self, epoch_pk: int) -> tuple[Range, ...]:
        """Return the lost ranges of an epoch; `lock_epochs` leaves them out, because most batches need none."""
        ...

    def boots(self, keys: Collection[tuple[int, str]]) -> dict[tuple[int, str], Boot]:
        """Return the boots by (device key, boot), made when they are new, locked until the end of the transaction."""
        ...

    def append(
        self,
        events: Sequence[StoredEvent],
        desk_events: Sequence[DeskEvent],
        told: Sequence[ToldEvent],
        now_us: int,
    ) -> None:
        """Add events to the log, what they tell of desks and doors to the projections, and what else they tell.

        Of doors that is the hosts' log, alarms and the chain of the device; of commands and cards what became of them.
        """
        ...

    def digests(self, epoch_pk: int, first: int, last: int) -> dict[int, bytes]:
        """Return the digest by number of the events of `first … last` whose rows are still there."""
        ...

    def save_ledgers(self, changes: Sequence[tuple[int, Ledger, Ledger]], now_us: int) -> None:
        """Write what changed of ledgers: (epoch key, before, after) each."""
        ...

    def save_boot(self, boot: Boot) -> None:
        """Write what is known of a boot's clock."""
        ...

    def events_of_boot(self, boot_pk: int, after: tuple[int, int], limit: int) -> Sequence["TimedEvent"]:
        """Return events of a boot that had no synchronised clock, in the order of their keys, above `after`."""
        ...

    def retime(
        self,
        events: Sequence[tuple[int, int, EventTime]],
        desk_events: Sequence[DeskEvent],
        told: Sequence[ToldEvent],
        now_us: int,
    ) -> None:
        """Give events, by (epoch key, seq), another time; projections, the hosts' log and alarms too."""
        ...

    def refuse(self, refusals: Sequence[Refusal], now_us: int) -> None:
        """Put payloads into quarantine; one that is there already is counted up."""
        ...

    def entry(self, pk: int) -> QuarantineEntry | None:
        """Return an entry of the quarantine that no retry has counted yet, locked, or None."""
        ...

    def resolve(self, pk: int, now_us: int) -> None:
        """Note that an entry is counted."""
        ...

    def alarm(self, alarms: Sequence[Alarm], now_us: int) -> Sequence[Alarm]:
        """Note alarms; one that is there already is counted up. Return those that were not."""
        ...

    def commit(self) -> None:
        """Make all of it durable."""
        ...


class TimedEvent(NamedTuple):
    """An event as it must be read to work out its time again."""

    epoch_pk: int
    ordinal: int
    seq: int
    device_pk: int
    mono_us: int
    received_us: int
    payload: bytes


class EventStore(Protocol):
    """The log of events."""

    def writing(self) -> AbstractContextManager[EventUnit]:
        """Begin a transaction.

        Raises:
            StoreUnavailable: when the database can't begin one now.
        """
        ...

    def mark(self, device_pk: int, epoch: str) -> int:
        """Return the committed mark of an epoch, 0 for one that the hub does not know.

        Raises:
            StoreUnavailable: when the database can't be read now.
        """
        ...


@dataclass(frozen=True, slots=True)
class Batch:
    """A batch of a device whose header could be read.

    Args:
        numbers: what the header accounts for.
        seqs, payloads, digests, events: one per event of the batch, in order: its number, its bytes, their SHA-256,
            and what it tells or why it can't be counted.
    """

    space: str
    device: str
    epoch: str
    numbers: BatchRange
    seqs: Sequence[int]
    payloads: Sequence[bytes]
    digests: Sequence[bytes]
    events: Sequence[Reported | Refused]


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A message of a device's event topic that can't be taken as a batch: it moves no mark (D7).

    Args:
        reason: `UNREADABLE_HEADER`, or `UNPROCESSABLE` when our own code failed over it.
    """

    space: str
    device: str
    payload: bytes
    detail: str
    reason: RefusalReason = RefusalReason.UNREADABLE_HEADER


@dataclass(frozen=True, slots=True)
class Stray:
    """A message on a topic that no device has."""

    detail: str


Arrived = Batch | Unreadable | Stray
