"""Counts what devices report, each event once: the delivery rules D2, D3, D6, D7, D8 and D9 on the hub's side."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Final

from hub.domain.events import Alarm, AlarmKind, Refused, Reported
from hub.event_ports import (
    Arrived,
    Batch,
    EventStore,
    EventUnit,
    KnownDevice,
    Refusal,
    Stray,
    Unreadable,
)
from hub.services.directory import Directory
from hub.services.event_group import EventGroup

KEPT_BYTES: Final = 4096
"""How much of an unreadable batch is kept; a single event is never longer."""

MAX_DETAIL: Final = 500


@dataclass(slots=True)
class Outcome:
    """What became of a group of messages; all of it is committed.

    Args:
        marks: (space, device, epoch) to mark, for every batch that was taken, repeated ones too (D3).
        changed: ids of spaces of which a desk's live state was told.
        counted, repeated, refused, lost: numbers of events.
        unknown: batches of devices that no site file knows; they move no mark.
        unreadable, stray, scattered: messages that move no mark: no batch, no device's topic, too many gaps.
        rang: alarms that rang for the first time.
    """

    marks: dict[tuple[str, str, str], int] = field(default_factory=dict)
    changed: set[str] = field(default_factory=set)
    counted: int = 0
    repeated: int = 0
    refused: int = 0
    lost: int = 0
    unknown: int = 0
    unreadable: int = 0
    stray: int = 0
    scattered: int = 0
    rang: list[Alarm] = field(default_factory=list)

    def add(self, other: "Outcome") -> None:
        """Add what became of further messages, which came later."""
        self.marks.update(other.marks)
        self.changed |= other.changed
        self.rang += other.rang
        for name in OUTCOME_COUNTS:
            setattr(self, name, getattr(self, name) + getattr(other, name))


OUTCOME_COUNTS: Final = (
    "counted",
    "repeated",
    "refused",
    "lost",
    "unknown",
    "unreadable",
    "stray",
    "scattered",
)
"""Names of the numbers in an outcome."""


class CountEvents:
    """Takes groups of messages into the log, each group in one transaction.

    Args:
        store: the log.
        directory: which devices and desks there are.
        read_event: reads a stored event again (D8); from `hub.ingest.translate`.
    """

    def __init__(
        self, store: EventStore, directory: Directory, read_event: Callable[[bytes], Reported | Refused]
    ) -> None:
        self._store = store
        self._directory = directory
        self._read_event = read_event

    def count(self, arrived: Sequence[Arrived], now_us: int) -> Outcome:
        """Count a group of messages and commit.

        Args:
            arrived: in the order of arrival.
            now_us: when they arrived.

        Raises:
            StoreUnavailable: when the database can't now; nothing of the group was kept.
        """
        outcome = Outcome()
        noted = _Noted()
        batches: list[tuple[Batch, KnownDevice]] = []
        for item in arrived:
            if isinstance(item, Stray):
                outcome.stray += 1
                noted.alarm(AlarmKind.UNKNOWN_TOPIC, "", item.detail)
                continue
            device = self._directory.device(item.space, item.device, now_us)
            if device is None:
                outcome.unknown += 1
                noted.alarm(
                    AlarmKind.UNKNOWN_DEVICE, f"{item.space}/{item.device}", "no site file has this device"
                )
            elif isinstance(item, Unreadable):
                outcome.unreadable += 1
                noted.unreadable(item)
            else:
                batches.append((item, device))
        if batches or noted.alarms:
            with self._store.writing() as unit:
                self._count_batches(unit, batches, outcome, noted, now_us)
                outcome.rang += noted.save(unit, now_us)
                unit.commit()
        return outcome

    def _count_batches(
        self,
        unit: EventUnit,
        batches: Sequence[tuple[Batch, KnownDevice]],
        outcome: Outcome,
        noted: "_Noted",
        now_us: int,
    ) -> None:
        if not batches:
            return
        group = EventGroup(unit, self._directory, self._read_event, batches, now_us)
        for batch, device in batches:
            group.take(batch, device)
        group.finish()
        for (batch, device), epoch in zip(batches, group.epochs_of(batches), strict=True):
            outcome.marks[batch.space, batch.device, batch.epoch] = epoch.ledger.upto
            if epoch.is_new and epoch.ordinal > 1:
                noted.alarm(
                    AlarmKind.NEW_EPOCH,
                    f"{device.space}/{device.device}",
                    f"the device began numbering anew (epoch {batch.epoch}): was its spool replaced?",
                )
        outcome.changed |= group.changed
        outcome.counted += group.counted
        outcome.repeated += group.repeated
        outcome.refused += len(group.refusals)
        outcome.lost += group.lost
        outcome.scattered += group.scattered
        noted.refusals.extend(group.refusals)
        for alarm in group.alarms:
            noted.alarm(alarm.kind, alarm.subject, alarm.detail, alarm.times)


class _Noted:
    """Alarms and refusals of a group; an alarm that rings many times in one group is written once."""

    def __init__(self) -> None:
        self.alarms: dict[tuple[AlarmKind, str], Alarm] = {}
        self.refusals: list[Refusal] = []

    def alarm(self, kind: AlarmKind, subject: str, detail: str, times: int = 1) -> None:
        before = self.alarms.get((kind, subject))
        rung = times + (before.times if before else 0)
        self.alarms[kind, subject] = Alarm(kind, subject, detail[:MAX_DETAIL], rung)

    def unreadable(self, item: Unreadable) -> None:
        subject = f"{item.space}/{item.device}"
        detail = item.detail[:MAX_DETAIL]
        self.refusals.append(
            Refusal(
                subject,
                None,
                0,
                item.reason,
                detail,
                item.payload[:KEPT_BYTES],
                len(item.payload),
                sha256(item.payload).digest(),
            )
        )
        self.alarm(AlarmKind(item.reason.value), subject, detail)

    def save(self, unit: EventUnit, now_us: int) -> Sequence[Alarm]:
        if self.refusals:
            unit.refuse(self.refusals, now_us)
        return unit.alarm(list(self.alarms.values()), now_us) if self.alarms else ()
