"""Rows for the database of what happened and of what devices told: plain values by table.

Keys are given out here, from 1 on: the database is one that has none of these rows yet. What projections make is made
by them, from the events, not here; only pieces of use and last words, which intake writes together with an event, are.
"""

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any, Final, NamedTuple

from hub.demo_data.dice import token
from hub.demo_data.faults import DeviceLife
from hub.demo_data.network import Network
from hub.demo_data.payloads import encode, health, is_synced, zero_us
from hub.demo_data.truth import Booked, Person, SpaceDay, SpaceStory
from hub.demo_data.words import DeviceWords, Word, WordKind
from hub.domain.booking import BookingKind, BookingState, CheckInWay
from hub.domain.events import EventKind, TimeQuality
from hub.domain.people import AccessHours
from hub.domain.time import day_bounds
from hub.event_ports import DoorNow, LiveRow, SessionRow, StoredEvent

JOB: Final = "demo-data"
"""Under which the database notes how far it has come."""
_STAYS_US: Final = 3_600_000_000
"""How long a device stays on after the last day: it says that nothing is left to tell."""
TOLD_US: Final = 180_000
"""How long a word takes to the hub."""
_ACTIVE: Final = (BookingState.BOOKED, BookingState.CHECKED_IN)
_EXACT, _DERIVED = TimeQuality.EXACT.value, TimeQuality.DERIVED.value
_KINDS: Final = {
    WordKind.STARTED: EventKind.DEVICE_STARTED.value,
    WordKind.READER: EventKind.READER_STATE.value,
    WordKind.DOOR_STARTED: EventKind.DOOR_CHANGED.value,
    WordKind.STATE: EventKind.DESK_STATE.value,
    WordKind.SYNCHRONISED: EventKind.CLOCK_SYNCHRONISED.value,
    WordKind.PIECE: EventKind.DESK_SESSION.value,
    WordKind.ENTRY: EventKind.ACCESS_DECIDED.value,
    WordKind.TAKEN: EventKind.DOOR_CHANGED.value,
    WordKind.CLOSED: EventKind.DOOR_CHANGED.value,
}

Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class SpaceKeys:
    """Keys of a space and of what stands in it, by id."""

    pk: int
    devices: Mapping[str, int]
    desks: Mapping[str, int]
    doors: Mapping[str, int]


@dataclass(slots=True)
class Batch:
    """What is written in one transaction.

    Args:
        rows: by name of the table.
        events, pieces, desks, doors: of the log and its pictures.
        cursors: epoch key to how far it is counted.
        day: the last one that is in it.
    """

    day: date
    rows: dict[str, list[Row]] = field(default_factory=dict)
    events: list[StoredEvent] = field(default_factory=list)
    pieces: list[SessionRow] = field(default_factory=list)
    desks: dict[tuple[int, int], LiveRow] = field(default_factory=dict)
    doors: dict[tuple[int, int], DoorNow] = field(default_factory=dict)
    cursors: dict[int, int] = field(default_factory=dict)

    def add(self, table: str, row: Row) -> None:
        """Add a row."""
        self.rows.setdefault(table, []).append(row)

    def join(self, later: "Batch") -> None:
        """Take in the batch that follows."""
        self.day = later.day
        for table, rows in later.rows.items():
            self.rows.setdefault(table, []).extend(rows)
        self.events += later.events
        self.pieces += later.pieces
        self.desks |= later.desks
        self.doors |= later.doors
        self.cursors |= later.cursors


class _Told(NamedTuple):
    """An entry that a device told: its place in the log."""

    epoch_pk: int
    seq: int


class Records:
    """Makes the rows of a network.

    Args:
        network: what happens.
        keys: of its spaces, by id.
    """

    def __init__(self, network: Network, keys: Mapping[str, SpaceKeys]) -> None:
        self._network, self._keys = network, keys
        self._stories = {story.space.id: story for story in network.stories}
        self._devices = [
            _Device(at, network, story, network.lives[key], keys[story.space.id])
            for at, (story, key) in enumerate(
                (
                    (story, (story.space.id, device.id))
                    for story in network.stories
                    for device in story.space.devices
                ),
                1,
            )
        ]
        self._tariffs = {
            (story.space.id, tariff.id): at
            for at, (story, tariff) in enumerate(
                ((story, tariff) for story in network.stories for tariff in story.tariffs), 1
            )
        }
        self._claims = self._check_ins = self._visits = self._runs = 0

    def batches(self) -> Iterator[Batch]:
        """Give the rows: first what is there from the beginning, then day by day."""
        yield self._beginning()
        for day, spaces in self._network.days():
            batch = Batch(day)
            for space in spaces:
                self._day(space, batch)
            if day == self._network.last:
                self._end(batch)
            yield batch

    def _beginning(self) -> Batch:
        batch = Batch(self._network.first - timedelta(days=1))
        people = self._network.people
        for person in people:
            batch.add("member", _member(self._network.seed, person, self._since_us(person)))
        memberships = 0
        for at, story in enumerate(self._network.stories, 1):
            pk = self._keys[story.space.id].pk
            for tariff in story.tariffs:
                batch.add(
                    "tariff",
                    {
                        "pk": self._tariffs[story.space.id, tariff.id], "space_pk": pk, "id": tariff.id,
                        "name": tariff.name, "kind": tariff.kind, "price_cents": tariff.price_cents,
                        "units": tariff.units, "per_visit": tariff.per_visit, "valid_days": tariff.valid_days,
                        "hours": tariff.hours, "starts_min": tariff.starts_min, "ends_min": tariff.ends_min,
                        "is_offered": True,
                    },
                )  # fmt: skip
            if story.opened_to_all is not None:
                batch.add("member_group", _group(at, pk))
                batch.add("access_phase", {"pk": 2 * at - 1, "space_pk": pk, "starts_on": story.first})
                batch.add("access_phase", {"pk": 2 * at, "space_pk": pk, "starts_on": story.opened_to_all})
                batch.add("access_phase_group", {"space_pk": pk, "phase_pk": 2 * at - 1, "group_pk": at})
            for person in story.people:
                memberships += 1
                batch.add("membership", _membership(memberships, person, pk, _hours(story, person)))
                if story.opened_to_all is not None and person.in_club:
                    batch.add(
                        "membership_group", {"space_pk": pk, "membership_pk": memberships, "group_pk": at}
                    )
        for device in self._devices:
            self._runs = device.begin(batch, self._runs)
        return batch

    def _since_us(self, person: Person) -> int:
        story = self._stories[person.space]
        return day_bounds(person.since, story.space.time_zone).start_us

    def _day(self, space: SpaceDay, batch: Batch) -> None:
        story, keys = self._stories[space.space], self._keys[space.space]
        told: dict[tuple[int, int], _Told] = {}
        for device in self._devices:
            if device.story is story:
                device.day(space, batch, told)
        for sold in space.sold:
            batch.add(
                "member_pass",
                {
                    "pk": sold.number, "space_pk": keys.pk, "member_pk": sold.person,
                    "tariff_pk": self._tariffs[sold.space, sold.tariff], "sold_on": sold.sold_on,
                    "valid_from": sold.valid_from, "valid_to": sold.valid_to, "units": sold.units,
                    "price_cents": sold.price_cents, "spent": 0,
                },
            )  # fmt: skip
        for booking in space.booked:
            self._book(booking, keys, batch, told)
        first_taps: dict[int, _Told] = {}
        for came in space.came:
            first_taps.setdefault(came.person, told[came.person, came.at_us])
        for visit in space.visits:
            self._visits += 1
            at = first_taps[visit.person] if visit.by_card else None
            batch.add(
                "visit",
                {
                    "pk": self._visits, "space_pk": keys.pk, "member_pk": visit.person, "day": space.day,
                    "pass_pk": visit.pass_number, "epoch_pk": at and at.epoch_pk, "seq": at and at.seq,
                },
            )  # fmt: skip

    def _book(
        self, one: Booked, keys: SpaceKeys, batch: Batch, told: Mapping[tuple[int, int], _Told]
    ) -> None:
        is_active = one.state in _ACTIVE
        times = {"start_us": one.time.start_us, "end_us": one.time.end_us, "is_active": is_active}
        batch.add(
            "booking",
            {
                "pk": one.number, "id": token(self._network.seed, "booking", one.number), "space_pk": keys.pk,
                "kind": one.kind, "state": one.state, **times, "member_pk": one.person or None, "series_pk": None,
                "series_day": None, "any_hours": False, "note": one.note, "version": 1,
                "created_us": one.created_us, "fresh_us": one.created_us, "ended_us": one.ended_us,
                "ended_reason": one.ended_reason, "request": None, "request_digest": None,
            },
        )  # fmt: skip
        for desk in one.desks:
            self._claims += 1
            claim = {
                "pk": self._claims,
                "booking_pk": one.number,
                "space_pk": keys.pk,
                "desk_pk": keys.desks[desk],
            }
            batch.add("claim", {**claim, **times})
        if one.checked_in_us is not None and one.kind is BookingKind.DESK:
            self._check_ins += 1
            at = told.get((one.person, one.checked_in_us))
            batch.add(
                "check_in",
                {
                    "pk": self._check_ins, "space_pk": keys.pk, "booking_pk": one.number,
                    "desk_pk": keys.desks[one.desks[0]], "member_pk": one.person, "at_us": one.checked_in_us,
                    "how": CheckInWay.PHONE if at is None else CheckInWay.DOOR, "account_pk": None,
                    "epoch_pk": at and at.epoch_pk, "seq": at and at.seq,
                },
            )  # fmt: skip

    def _end(self, batch: Batch) -> None:
        """What devices still tell, and when each of them was heard last."""
        for device in self._devices:
            device.rest(batch)


class _Device:
    """The log of one device.

    Args:
        epoch_pk: key of its epoch; there is one.
    """

    def __init__(
        self, epoch_pk: int, network: Network, story: SpaceStory, life: DeviceLife, keys: SpaceKeys
    ) -> None:
        self.story = story
        self._seed, self._life, self._keys, self._epoch_pk = network.seed, life, keys, epoch_pk
        self._device_pk = keys.devices[life.device]
        self._words = DeviceWords(network.seed, story, life)
        self._seq = 0
        self._boot_pks: list[int] = []
        self._away = iter(life.away)
        self._now_away = next(self._away, None)

    def begin(self, batch: Batch, runs: int) -> int:
        """Add its epoch, cursor and runs; return the last key of a run."""
        first_us = self._life.boots[0].start_us
        batch.add(
            "epoch",
            {
                "pk": self._epoch_pk, "device_pk": self._device_pk, "epoch": self._life.epoch, "ordinal": 1,
                "first_seen_us": first_us,
            },
        )  # fmt: skip
        batch.add("cursor", {"epoch_pk": self._epoch_pk, "upto": 0})
        for at, boot in enumerate(self._life.boots, runs + 1):
            self._boot_pks.append(at)
            batch.add(
                "boot",
                {
                    "pk": at, "device_pk": self._device_pk, "boot": boot.id, "not_before_us": boot.not_before_us,
                    "offset_us": None, "offset_ordinal": None, "offset_seq": None,
                },
            )  # fmt: skip
        return runs + len(self._life.boots)

    def day(self, space: SpaceDay, batch: Batch, told: dict[tuple[int, int], _Told]) -> None:
        """Add what it tells on a day; entries are noted in `told` by person and moment."""
        for word in self._words.of_day(space):
            self._take(word, batch)
            if word.kind is WordKind.ENTRY:
                told[word.person, word.at_us] = _Told(self._epoch_pk, self._seq)
        batch.cursors[self._epoch_pk] = self._seq

    def rest(self, batch: Batch) -> None:
        """Add what it tells after the last day."""
        last_us = day_bounds(self.story.last, self.story.space.time_zone).end_us
        for word in self._words.rest():
            self._take(word, batch)
            last_us = max(last_us, word.at_us)
        heard_us = last_us + _STAYS_US
        batch.cursors[self._epoch_pk] = self._seq
        batch.add(
            "device_state",
            {
                "device_pk": self._device_pk, "status": "offline", "session": token(self._life.epoch, "session"),
                "status_us": heard_us, "heard_us": heard_us, "meta": None,
                "health": health(self._life.boots[-1], heard_us),
            },
        )  # fmt: skip

    def _take(self, word: Word, batch: Batch) -> None:
        if word.kind is WordKind.LOST:
            first, self._seq = self._seq + 1, self._seq + word.amount
            row = {"epoch_pk": self._epoch_pk, "first": first, "last": self._seq, "noted_us": word.at_us}
            batch.add("lost_range", row)
            return
        self._seq += 1
        boot = self._life.boots[word.boot]
        synced = is_synced(word, boot)
        quality = _EXACT if synced else _DERIVED
        payload = encode(self._seed, word, boot)
        batch.events.append(
            StoredEvent(
                self._epoch_pk, self._seq, self._boot_pks[word.boot], _KINDS[word.kind], word.at_us - zero_us(boot),
                word.at_us, word.at_us, quality, self._received_us(word.at_us), hashlib.sha256(payload).digest(),
                payload,
            )
        )  # fmt: skip
        if word.kind is WordKind.PIECE:
            batch.pieces.append(
                SessionRow(
                    self._epoch_pk, self._seq, self._keys.desks[word.subject], word.start_us, word.end_us, 0, quality,
                    word.continues, word.is_open,
                )
            )  # fmt: skip
        elif word.kind is WordKind.STATE:
            desk_pk = self._keys.desks[word.subject]
            reason = word.reason if word.state == "unknown" else ""
            batch.desks[desk_pk, self._device_pk] = LiveRow(
                desk_pk, self._device_pk, word.state, reason, word.at_us, quality, self._epoch_pk, 1, self._seq
            )  # fmt: skip
        elif word.kind in (WordKind.TAKEN, WordKind.CLOSED, WordKind.DOOR_STARTED):
            door_pk, is_open = self._keys.doors[word.subject], word.kind is WordKind.TAKEN
            batch.doors[door_pk, self._device_pk] = DoorNow(
                door_pk, self._device_pk, "normal", "open" if is_open else "closed", is_open, word.at_us,
                self._epoch_pk, 1, self._seq,
            )  # fmt: skip
        if word.kind is (WordKind.STARTED if boot.synced_us <= boot.start_us else WordKind.SYNCHRONISED):
            batch.add(
                "boot_clock",
                {
                    "of_pk": self._boot_pks[word.boot], "offset_us": zero_us(boot), "offset_ordinal": 1,
                    "offset_seq": self._seq,
                },
            )  # fmt: skip

    def _received_us(self, at_us: int) -> int:
        """Return when the hub has a word: at once, or when the network is back."""
        while self._now_away is not None and at_us >= self._now_away.end_us:
            self._now_away = next(self._away, None)
        if self._now_away is not None and at_us in self._now_away:
            return self._now_away.end_us + TOLD_US
        return at_us + TOLD_US


def _member(seed: int, person: Person, since_us: int) -> Row:
    return {
        "pk": person.number, "name": person.name, "mail": "", "needs_longer": False, "created_us": since_us,
        "phone": "", "shows_presence": False, "in_statistics": person.opted_in, "answers_pk": None,
        "ref": token(seed, "ref", person.number, digits=32),
    }  # fmt: skip


def _membership(pk: int, person: Person, space_pk: int, hours: AccessHours) -> Row:
    return {
        "pk": pk, "member_pk": person.number, "space_pk": space_pk, "hours": hours,
        "valid_from": person.since, "valid_to": person.until, "is_host": False, "works_offline": False,
    }  # fmt: skip


def _hours(story: SpaceStory, person: Person) -> AccessHours:
    """Doors open for whoever pays for it at any hour, for all others in the opening hours."""
    at_any_hour = {tariff.id for tariff in story.tariffs if tariff.hours is AccessHours.ALWAYS}
    is_home = person.space == story.space.id
    return AccessHours.ALWAYS if is_home and person.tariff in at_any_hour else AccessHours.OPENING


def _group(pk: int, space_pk: int) -> Row:
    return {
        "pk": pk,
        "space_pk": space_pk,
        "id": "verein",
        "name": "Verein",
        "starts_on": None,
        "ends_on": None,
    }
