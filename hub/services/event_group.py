"""One group of batches inside its transaction: what is fresh goes into the log, what is not is told apart."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from itertools import chain
from typing import Final

from hub.domain.delivery import account, continues
from hub.domain.door_events import DoorWord, TapWord, Told
from hub.domain.events import (
    Alarm,
    AlarmKind,
    EventKind,
    EventTime,
    RefusalReason,
    Refused,
    Reported,
    TimeQuality,
    event_time,
)
from hub.domain.number_ranges import Range, amount
from hub.event_ports import (
    Batch,
    Boot,
    DeskEvent,
    Epoch,
    EventUnit,
    KnownDevice,
    Refusal,
    StoredEvent,
    ToldEvent,
)
from hub.services.directory import Directory

RETIME_CHUNK: Final = 2000

_EXACT: Final = TimeQuality.EXACT.value
_STARTED: Final = EventKind.DEVICE_STARTED.value
_DESK_STATE: Final = EventKind.DESK_STATE.value


class EventGroup:
    """Counts batches in one transaction: `take` each in the order of arrival, then `finish`; the caller commits.

    Args:
        unit: the transaction.
        batches: all of the group, so that epochs and boots are locked once and in order (D3).
        now_us: when they arrived.
    """

    def __init__(
        self,
        unit: EventUnit,
        directory: Directory,
        read_event: Callable[[bytes], Reported | Refused],
        batches: Sequence[tuple[Batch, KnownDevice]],
        now_us: int,
    ) -> None:
        self._unit = unit
        self._directory = directory
        self._read_event = read_event
        self._now_us = now_us
        self._devices = {device.pk: device for _, device in batches}
        self._epochs = unit.lock_epochs({(device.pk, batch.epoch) for batch, device in batches}, now_us)
        self._boots = unit.boots(
            {
                (device.pk, event.boot)
                for batch, device in batches
                for event in batch.events
                if isinstance(event, Reported)
            }
        )
        self._before = {epoch.pk: epoch.ledger for epoch in self._epochs.values()}
        self._lost_known: set[int] = set()
        self._changed_boots: dict[int, tuple[int, Boot]] = {}
        self._rows: list[StoredEvent] = []
        self._desk_events: list[DeskEvent] = []
        self._told: list[ToldEvent] = []
        self.refusals: list[Refusal] = []
        self.alarms: list[Alarm] = []
        self.changed: set[str] = set()
        self.counted = self.repeated = self.lost = self.scattered = 0

    def epochs_of(self, batches: Iterable[tuple[Batch, KnownDevice]]) -> list[Epoch]:
        """Return the epoch of each batch."""
        return [self._epochs[device.pk, batch.epoch] for batch, device in batches]

    def take(self, batch: Batch, device: KnownDevice) -> None:
        """Count what is fresh of a batch; compare what is not with what is stored (D2); note what is lost (D6)."""
        epoch = self._epochs[device.pk, batch.epoch]
        if continues(epoch.ledger, batch.numbers):
            epoch.ledger = replace(epoch.ledger, upto=batch.numbers.last)
            self._count(batch, device, epoch, range(len(batch.seqs)))
            return
        self._load_lost(epoch)
        accounted = account(epoch.ledger, batch.numbers)
        subject = f"{device.space}/{device.device}"
        if accounted is None:
            self.scattered += 1
            self.alarms.append(
                Alarm(AlarmKind.UNPROCESSABLE, subject, "too many gaps above its mark: it must send in order")
            )
            return
        epoch.ledger = accounted.ledger
        lost = amount(accounted.newly_lost)
        if lost:
            self.lost += lost
            self.alarms.append(
                Alarm(AlarmKind.EVENTS_LOST, subject, _tell_lost(accounted.newly_lost, batch.epoch))
            )
        if accounted.repeated:
            self._compare(batch, device, epoch, accounted.repeated)
        if accounted.fresh:
            fresh = set(chain.from_iterable(range(first, last + 1) for first, last in accounted.fresh))
            self._count(batch, device, epoch, [i for i, seq in enumerate(batch.seqs) if seq in fresh])

    def recount(self, batch: Batch, device: KnownDevice) -> None:
        """Count events that were refused before, under numbers that the mark passed; what is stored already is left."""
        epoch = self._epochs[device.pk, batch.epoch]
        stored = self._unit.digests(epoch.pk, batch.numbers.first, batch.numbers.last)
        self._count(batch, device, epoch, [i for i, seq in enumerate(batch.seqs) if seq not in stored])

    def finish(self) -> None:
        """Write what is left: events, clocks and the times they change, marks."""
        self._flush()
        for device_pk, boot in self._changed_boots.values():
            self._unit.save_boot(boot)
            self._retime(self._devices[device_pk], boot)
        self._unit.save_ledgers(
            [(epoch.pk, self._before[epoch.pk], epoch.ledger) for epoch in self._epochs.values()],
            self._now_us,
        )

    def _load_lost(self, epoch: Epoch) -> None:
        if epoch.pk not in self._lost_known:
            self._lost_known.add(epoch.pk)
            lost = self._unit.lost(epoch.pk)
            epoch.ledger = replace(epoch.ledger, lost=lost)
            self._before[epoch.pk] = replace(self._before[epoch.pk], lost=lost)

    def _count(self, batch: Batch, device: KnownDevice, epoch: Epoch, which: Iterable[int]) -> None:
        """The hot loop: what is not needed for each event stands outside."""
        now_us, device_pk, epoch_pk, ordinal = self._now_us, device.pk, epoch.pk, epoch.ordinal
        boots, desks, events, seqs = self._boots, device.desks, batch.events, batch.seqs
        payloads, digests, rows = batch.payloads, batch.digests, self._rows
        before = len(rows)
        for i in which:
            event, seq = events[i], seqs[i]
            if isinstance(event, Refused):
                self._refuse(batch, epoch, i, event)
                continue
            # Of a desk the key is there at once; all else takes the longer way.
            place_pk = desks.get(event.desk)
            if place_pk is None and (event.desk or event.told is not None):
                found = self._place(device, event)
                if isinstance(found, Refused):
                    self._refuse(batch, epoch, i, found)
                    continue
                place_pk = found
            boot = boots[device_pk, event.boot]
            if event.synced:
                earliest_us = latest_us = event.wall_us
                quality = _EXACT
                if boot.offset_at is None or (ordinal, seq) < boot.offset_at:
                    boot.offset_us, boot.offset_at = event.wall_us - event.mono_us, (ordinal, seq)
                    self._changed_boots[boot.pk] = (device_pk, boot)
            else:
                earliest_us, latest_us, quality = _inexact(event.mono_us, boot, now_us)
            if event.kind == _STARTED and event.not_before_us > boot.not_before_us:
                boot.not_before_us = event.not_before_us
                self._changed_boots[boot.pk] = (device_pk, boot)
            rows.append(
                StoredEvent(
                    epoch_pk,
                    seq,
                    boot.pk,
                    event.kind,
                    event.mono_us,
                    earliest_us,
                    latest_us,
                    quality,
                    now_us,
                    digests[i],
                    payloads[i],
                )
            )
            if event.desk:
                assert place_pk is not None
                self._desk_events.append(
                    DeskEvent(
                        place_pk,
                        device_pk,
                        epoch_pk,
                        ordinal,
                        seq,
                        earliest_us,
                        latest_us,
                        quality,
                        event,
                    )
                )
                if event.kind == _DESK_STATE:
                    self.changed.add(device.space)
            else:
                self._tell(place_pk, device, ordinal, rows[-1], event.told)
        self.counted += len(rows) - before

    def _tell(
        self, door_pk: int | None, device: KnownDevice, ordinal: int, row: StoredEvent, told: Told | None
    ) -> None:
        if told is not None:
            chain_name = f"{device.space}/{device.device}"
            at = (row.epoch_pk, ordinal, row.seq, row.latest_us, row.time_quality)
            self._told.append(ToldEvent(door_pk, device.pk, chain_name, *at, told))

    def _place(self, device: KnownDevice, event: Reported) -> int | Refused | None:
        """Return the key of the desk or door that an event is about, None when it is of neither."""
        pk: int | None
        if event.desk:
            what, id_, reason = "desk", event.desk, RefusalReason.UNKNOWN_DESK
            pk = self._directory.desk(device, id_, self._now_us)
        elif isinstance(event.told, DoorWord):
            what, id_, reason = "door", event.told.door, RefusalReason.UNKNOWN_DOOR
            pk = self._directory.door(device, id_, self._now_us)
        else:
            return None
        if pk is None:
            return Refused(
                reason, f"space {device.space} has no {what} {id_}: add it to the site file, then retry"
            )
        return pk

    def _refuse(self, batch: Batch, epoch: Epoch, i: int, refused: Refused) -> None:
        payload = batch.payloads[i]
        self.refusals.append(
            Refusal(
                f"{batch.space}/{batch.device}/{batch.epoch}",
                epoch.pk,
                batch.seqs[i],
                refused.reason,
                refused.detail,
                payload,
                len(payload),
                batch.digests[i],
            )
        )
        other = refused.reason is RefusalReason.OTHER_CONTENT
        kind = AlarmKind.OTHER_CONTENT if other else AlarmKind.REFUSED_EVENT
        self.alarms.append(Alarm(kind, f"{batch.space}/{batch.device}", refused.detail))

    def _compare(self, batch: Batch, device: KnownDevice, epoch: Epoch, repeated: Sequence[Range]) -> None:
        """A repeated number changes nothing (D9), but other content under it is told (D2)."""
        self._flush()
        self.repeated += amount(repeated)
        index = {seq: i for i, seq in enumerate(batch.seqs)}
        for first, last in repeated:
            for seq, digest in self._unit.digests(epoch.pk, first, last).items():
                if batch.digests[index[seq]] != digest:
                    detail = f"number {seq} was counted before with other content: was the spool copied?"
                    self._refuse(batch, epoch, index[seq], Refused(RefusalReason.OTHER_CONTENT, detail))

    def _flush(self) -> None:
        if self._rows:
            self._unit.append(self._rows, self._desk_events, self._told, self._now_us)
            self._rows, self._desk_events, self._told = [], [], []

    def _retime(self, device: KnownDevice, boot: Boot) -> None:
        """Work out again when the events of a boot happened that had no synchronised clock (D8)."""
        after = (0, 0)
        while found := self._unit.events_of_boot(boot.pk, after, RETIME_CHUNK):
            times: list[tuple[int, int, EventTime]] = []
            desk_events: list[DeskEvent] = []
            told: list[ToldEvent] = []
            for stored in found:
                earliest_us, latest_us, quality = _inexact(stored.mono_us, boot, stored.received_us)
                times.append(
                    (stored.epoch_pk, stored.seq, EventTime(earliest_us, latest_us, TimeQuality(quality)))
                )
                event = self._read_event(stored.payload)
                desk_pk = device.desks.get(event.desk) if isinstance(event, Reported) and event.desk else None
                if desk_pk is not None and isinstance(event, Reported):
                    desk_events.append(
                        DeskEvent(
                            desk_pk,
                            device.pk,
                            stored.epoch_pk,
                            stored.ordinal,
                            stored.seq,
                            earliest_us,
                            latest_us,
                            quality,
                            event,
                        )
                    )
                elif isinstance(event, Reported) and isinstance(event.told, DoorWord | TapWord):
                    told.append(
                        ToldEvent(
                            device.doors.get(event.told.door) if isinstance(event.told, DoorWord) else None,
                            device.pk,
                            f"{device.space}/{device.device}",
                            stored.epoch_pk,
                            stored.ordinal,
                            stored.seq,
                            latest_us,
                            quality,
                            event.told,
                        )
                    )
            self._unit.retime(times, desk_events, told, self._now_us)
            after = (found[-1].epoch_pk, found[-1].seq)


def _inexact(mono_us: int, boot: Boot, received_us: int) -> tuple[int, int, str]:
    time = event_time(
        mono_us=mono_us,
        wall_us=0,
        synced=False,
        boot_offset_us=boot.offset_us,
        not_before_us=boot.not_before_us,
        received_us=received_us,
    )
    return time.earliest_us, time.latest_us, time.quality.value


def _tell_lost(ranges: Sequence[Range], epoch: str) -> str:
    shown = ", ".join(f"{first}-{last}" for first, last in ranges[:5])
    more = f" and {len(ranges) - 5} more ranges" if len(ranges) > 5 else ""
    return f"the device had to drop {amount(ranges)} events: {shown}{more} of epoch {epoch}"
