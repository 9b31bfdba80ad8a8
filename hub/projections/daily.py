"""Makes the facts of days: of what devices told, what was booked and who came (docs/explanation/statistics.md).

All days of a space that are not sealed are worked out together, from the last sealed one on, and only what differs from
what is stored is written. So it does not matter in which order events came, or how often this runs: a rebuild is the
same work, and gives the same.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date, timedelta
from threading import Lock
from typing import Final

from hub.domain.errors import StoreBusy
from hub.domain.events import EventKind, Refused, Reported
from hub.domain.life import counts_on, life_of
from hub.domain.public_holidays import public_holidays
from hub.domain.space import Space
from hub.domain.statistics.access_hours import access_hours
from hub.domain.statistics.desk_day import (
    QUARTER_US,
    DayHours,
    DeskPlace,
    DeskPlans,
    DeskUse,
    Quarter,
    day_hours,
    desk_day,
    desk_use,
    peak,
)
from hub.domain.statistics.desk_log import DeskLog, LogEntry, LogState
from hub.domain.statistics.facts import SpaceDay
from hub.domain.statistics.sealing import SEALED_AFTER_US, sealed_until
from hub.domain.statistics.stretches import Stretch, joined, length
from hub.domain.time import day_bounds, local_date, opening_of, to_utc
from hub.fact_ports import (
    ContributionStore,
    DeviceMark,
    DueSpace,
    FactLook,
    FactStore,
    MadeDays,
    RawEntry,
    StoredDay,
    StoredDesk,
)

ATTEMPTS: Final = 3
PURGE_CHUNK: Final = 500
QUARTERS_KEPT_US: Final = 30 * 86_400_000_000
LONGEST_PIECE_US: Final = 2 * 86_400_000_000
"""Use that began earlier than that before a day does not reach into it: devices tell it every 15 minutes."""

_NEXT: Final = timedelta(days=1)
_NO_PLANS: Final = DeskPlans()
_STATE: Final = EventKind.DESK_STATE.value
_STARTED: Final = EventKind.DEVICE_STARTED.value

ReadEvent = Callable[[bytes], Reported | Refused]

_STILL_TO_COME: Final = timedelta(days=7)
"""So long before the first word that the hub heard a device may have been there: its spool keeps that much (D5)."""


class DailyFacts:
    """Works out the facts of days.

    Args:
        store: facts, and what they come from.
        contributions: what persons did in a month.
        read_event: reads a stored event; from `hub.ingest.translate`.
    """

    def __init__(self, store: FactStore, contributions: ContributionStore, read_event: ReadEvent) -> None:
        self._store, self._contributions, self._read_event = store, contributions, read_event
        self._one_at_a_time = Lock()

    def refresh(self, now_us: int) -> int:
        """Work out the days of spaces that have a new one, or an old one that events touched; return what changed.

        Nothing while a night's work is done by the same object: it does this, too.
        """
        if not self._one_at_a_time.acquire(blocking=False):
            return 0
        try:
            return sum(self.make(due.space, now_us) for due in self._store.spaces() if _is_due(due, now_us))
        finally:
            self._one_at_a_time.release()

    def nightly(self, now_us: int) -> int:
        """Work out all that is not sealed, seal what is due, and delete what has its end; return what changed."""
        with self._one_at_a_time:
            changes = self.rebuild(now_us, is_check=False, progress=lambda _: None)
        self._contributions.end(to_utc(now_us).date())
        while self._store.purge_quarters(max(now_us - QUARTERS_KEPT_US, 0), PURGE_CHUNK):
            pass
        return changes

    def rebuild(self, now_us: int, *, is_check: bool, progress: Callable[[str], None]) -> int:
        """Work out all days that are not sealed, and months; return how many facts of days differed.

        Args:
            is_check: whether nothing is written.
            progress: told each space that is done.
        """
        changes = 0
        for due in self._store.spaces():
            changes += self.make(due.space, now_us, is_check=is_check)
            if not is_check:
                self._contributions.renew(due.space, local_date(now_us, due.time_zone), now_us)
            progress(due.space)
        return changes

    def make(self, space: str, now_us: int, *, is_check: bool = False) -> int:
        """Work out the days of one space that are not sealed; return how many facts differed.

        Raises:
            StoreBusy: when somebody else wrote them again and again meanwhile.
        """
        for _ in range(ATTEMPTS):
            with self._store.looking(space) as look:
                made = _Making(look, self._read_event, now_us).made()
            if made is None:
                return 0
            if is_check or self._store.write(made):
                return made.changes
        raise StoreBusy(f"the facts of {space} were written by somebody else meanwhile: try again")


def _is_due(due: DueSpace, now_us: int) -> bool:
    """Say whether a day is over that has no facts yet, or an earlier one was touched."""
    today = local_date(now_us, due.time_zone)
    if due.made_until is None or due.made_until < today:
        return True
    return due.touched_us is not None and due.touched_us < day_bounds(today, due.time_zone).start_us


class _Making:
    """The work on one space; `made` does it.

    Args:
        look: at the space.
    """

    def __init__(self, look: FactLook, read_event: ReadEvent, now_us: int) -> None:
        self._look, self._read_event, self._now_us = look, read_event, now_us
        self._space = look.space
        self._zone = self._space.time_zone
        self._today = local_date(now_us, self._zone)
        self._desk_keys = look.device_desks()
        self._logs_exits = self._space.access is not None and bool(self._space.access.exits_reason)

    def made(self) -> MadeDays | None:
        """Return what is to be written, None before the first day is over."""
        progress = self._look.progress()
        version, first = progress or (0, self._begin())
        if first >= self._today and progress is None:
            return None
        stored = self._look.days(first)
        marks = dict(self._look.marks())
        days = self._days(first, stored)
        made = MadeDays(self._look.space_pk, version, first, self._today, touches=self._look.touches())
        self._sort_touches(made, marks, first)
        if days:
            uses, marks_after = self._uses(days, marks, first)
            made.marks = {pk: mark for pk, mark in marks_after.items() if marks.get(pk) != mark}
            made.first_open = self._sealed_until(days, marks_after)
            self._write_days(made, days, stored, uses, marks)
        return made

    def _begin(self) -> date:
        """Return the first day that is worked out: of those long before the first word, nobody counted any."""
        known = min(self._look.first_known() or self._today, self._today)
        return min(max(life_of(self._space)[0].starts_on, known - _STILL_TO_COME), self._today)

    # Which days, and what held on them.

    def _days(
        self, first: date, stored: Mapping[date, StoredDay]
    ) -> dict[date, tuple[DayHours, Sequence[DeskPlace]]]:
        """Return hours and desks of each day that is over: as they were written down, or as they are now."""
        found: dict[date, tuple[DayHours, Sequence[DeskPlace]]] = {}
        fresh: tuple[Sequence[DeskPlace], DayRules] | None = None
        day = first
        while day < self._today:
            known = stored.get(day)
            if known is not None:
                found[day] = (known.hours, [one.place for one in known.desks.values()])
            else:
                if fresh is None:
                    fresh = self._look.desks(), DayRules(self._look, first, self._today)
                found[day] = (fresh[1].hours(day), fresh[0])
            day += _NEXT
        return found

    # What is known of desks.

    def _uses(
        self,
        days: Mapping[date, tuple[DayHours, Sequence[DeskPlace]]],
        marks: Mapping[int, DeviceMark],
        first: date,
    ) -> tuple[dict[int, DeskUse], dict[int, DeviceMark]]:
        """Return what is known of each desk, and how far each device is sealed now."""
        place_of = {
            place.pk: place for _, places in days.values() for place in places if place.device_pk is not None
        }
        devices = {place.device_pk for place in place_of.values() if place.device_pk is not None}
        heard = self._look.heard()
        ends = {day: hours.whole[1] for day, (hours, _) in days.items()}
        logs: dict[int, DeskLog] = {}
        known: dict[int, Mapping[int, Sequence[Stretch]]] = {}
        after: dict[int, DeviceMark] = {}
        for device_pk in sorted(devices | marks.keys()):
            mark = marks.get(device_pk) or DeviceMark(first, LogState())
            boundaries = [end_us for day, end_us in sorted(ends.items()) if day >= mark.first_open]
            log = logs[device_pk] = DeskLog(mark.log, boundaries)
            log.read(self._entries(device_pk, mark.log))
            heard_us = max(mark.heard_us, heard.get(device_pk, 0), log.alive_us)
            known[device_pk] = log.finish(heard_us)
            first_open = sealed_until(
                mark.first_open, self._today, self._zone, log.holes, heard_us, self._now_us
            )
            state = (
                mark.log
                if first_open == mark.first_open
                else log.at[day_bounds(first_open, self._zone).start_us]
            )
            after[device_pk] = DeviceMark(first_open, state, heard_us)
        from_us = min(hours.whole[0] for hours, _ in days.values()) - LONGEST_PIECE_US
        uses = {
            pk: desk_use(_known(place, logs, known), self._look.pieces(pk, max(from_us, 0)))
            for pk, place in place_of.items()
        }
        return uses, after

    def _entries(self, device_pk: int, state: LogState) -> Iterator[LogEntry]:
        for raw in self._look.entries(device_pk, state.ordinal, state.seq):
            yield self._entry(raw)

    def _entry(self, raw: RawEntry) -> LogEntry:
        place = raw.ordinal, raw.seq, raw.earliest_us, raw.latest_us
        event = None if raw.payload is None else self._read_event(raw.payload)
        if not isinstance(event, Reported):
            return LogEntry(*place)
        if event.kind == _STARTED:
            return LogEntry(*place, started=True, not_before_us=event.not_before_us)
        desk = self._desk_keys.get(event.desk) if event.kind == _STATE else None
        return LogEntry(*place, desk=desk, state=event.state if desk is not None else "")

    def _sealed_until(
        self, days: Mapping[date, tuple[DayHours, Sequence[DeskPlace]]], marks: Mapping[int, DeviceMark]
    ) -> date:
        """Return the first day that is not sealed: its devices are, and it had time to take in the rest."""
        for day, (hours, places) in days.items():
            devices = {place.device_pk for place in places if place.device_pk is not None}
            if self._now_us < hours.whole[1] + SEALED_AFTER_US or any(
                marks[pk].first_open <= day for pk in devices
            ):
                return day
        return self._today

    # What is written.

    def _sort_touches(self, made: MadeDays, marks: Mapping[int, DeviceMark], first: date) -> None:
        """Count what came for days that were sealed before."""
        for touch in made.touches:
            day = local_date(touch.quarter * QUARTER_US, self._zone)
            mark = marks.get(touch.device_pk)
            sealed_before = mark.first_open if mark is not None else first
            if day < sealed_before and touch.events:
                made.late[day] = made.late.get(day, 0) + touch.events

    def _write_days(
        self,
        made: MadeDays,
        days: Mapping[date, tuple[DayHours, Sequence[DeskPlace]]],
        stored: Mapping[date, StoredDay],
        uses: Mapping[int, DeskUse],
        marks: Mapping[int, DeviceMark],
    ) -> None:
        from_us = min(hours.whole[0] for hours, _ in days.values())
        until_us = max(hours.whole[1] for hours, _ in days.values())
        plans, events = self._look.plans(from_us, until_us)
        visits = self._look.visits(min(days))
        unassigned = self._look.unassigned(from_us, until_us)
        quarters_by_day = _by_day(self._look.quarters(from_us), days)
        for day, (hours, places) in days.items():
            before = stored.get(day)
            kept = quarters_by_day.get(day, {})
            right: dict[tuple[int, int], Quarter] = {}
            rows: list[tuple[DeskPlace, StoredDesk]] = []
            for place in places:
                mark = marks.get(place.device_pk) if place.device_pk is not None else None
                old = before.desks.get(place.pk) if before is not None else None
                if old is not None and mark is not None and day < mark.first_open:
                    rows.append((place, old))
                    right |= {key: one for key, one in kept.items() if key[0] == place.pk}
                    continue
                facts = desk_day(
                    self._space.id, hours, place, uses.get(place.pk, _NOTHING), plans.get(place.pk, _NO_PLANS)
                )
                new = StoredDesk(place, facts.day, facts.unknown_us)
                rows.append((place, new))
                right |= {(one.desk_pk, one.start_us): one for one in facts.quarters}
                if new != old:
                    made.desks.append((place, facts.day, facts.unknown_us))
            if hours.whole[1] > self._now_us - QUARTERS_KEPT_US:
                made.quarters += [one for key, one in right.items() if kept.get(key) != one]
                made.gone_quarters += [key for key in kept if key not in right]
            space_day = SpaceDay(
                self._space.id,
                day,
                counts_on(self._space, day),
                hours.is_holiday,
                length(hours.staffed),
                length(hours.access),
                sum(place.in_service for place in places),
                sum(place.in_service and place.has_sensor for place in places),
                peak(right.values()),
                visits.get(day, 0),
                _amount(unassigned, hours.whole),
                _amount(events, hours.whole),
                day < made.first_open,
                before.facts.late if before is not None else 0,
                sum(one.unknown_us for place, one in rows if place.has_sensor),
                self._logs_exits if before is None else before.facts.logs_exits,
            )
            if before is None or before.facts != space_day:
                made.days.append((hours, space_day))


class DayRules:
    """What holds for days that have no facts yet.

    Args:
        first, until: which days are asked for.
    """

    def __init__(self, look: FactLook, first: date, until: date) -> None:
        self._space, self._opens = look.space, look.opens()
        town = look.town
        self._holidays = public_holidays(town.land, range(first.year, until.year + 1), catholic=town.catholic)

    def hours(self, day: date) -> DayHours:
        """Return the hours of a day."""
        closed: Iterable[date] = () if self._space.booking_rules.holidays_open else self._holidays
        opening = opening_of(_whole_life(self._space), day, frozenset(closed))
        staffed = joined((one.start_us, one.end_us) for one in opening)
        access = access_hours(self._space, day, staffed, self._opens)
        return day_hours(self._space, day, staffed, access, is_holiday=day in self._holidays)


_NOTHING: Final = DeskUse()


def _whole_life(space: Space) -> Space:
    """Return a space whose first day is that of its life: a test before its opening has hours, too."""
    return replace(space, valid_from=min(space.valid_from, life_of(space)[0].starts_on))


def _known(
    place: DeskPlace, logs: Mapping[int, DeskLog], known: Mapping[int, Mapping[int, Sequence[Stretch]]]
) -> list[Stretch]:
    """Return when a desk is known: by its device, and by those that had it before, until that one speaks."""
    assert place.device_pk is not None
    own = logs.get(place.device_pk)
    speaks_us = None if own is None else own.first_us.get(place.pk)
    found: list[Stretch] = []
    for device_pk, by_desk in known.items():
        parts = by_desk.get(place.pk, ())
        if device_pk == place.device_pk or speaks_us is None:
            found += parts
        else:
            found += [(start, min(end, speaks_us)) for start, end in parts]
    return joined(found)


def _by_day(
    quarters: Iterable[Quarter], days: Mapping[date, tuple[DayHours, Sequence[DeskPlace]]]
) -> dict[date, dict[tuple[int, int], Quarter]]:
    found: dict[date, dict[tuple[int, int], Quarter]] = {}
    ordered = sorted((hours.whole, day) for day, (hours, _) in days.items())
    index = 0
    for one in sorted(quarters, key=lambda quarter: quarter.start_us):
        while index < len(ordered) and one.start_us >= ordered[index][0][1]:
            index += 1
        if index < len(ordered) and one.start_us >= ordered[index][0][0]:
            found.setdefault(ordered[index][1], {})[one.desk_pk, one.start_us] = one
    return found


def _amount(moments: Iterable[int], whole: Stretch) -> int:
    return sum(whole[0] <= at_us < whole[1] for at_us in moments)
