"""Days of spaces counted by hand from what really happened: slow, plain, and apart from the code that it is to check.

Who sat where comes from the truth of `hub.demo_data`; when nobody could tell, from the raw lines of the devices, read
as docs/explanation/statistics.md says. Time is cut at every moment at which anything changes, and each slice is asked
what held in it. Holidays are counted from Easter, opening hours with `zoneinfo`.
"""

import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

from hub.demo_data.truth import Booked, SpaceDay, SpaceStory

Times = list[tuple[int, int]]
QUARTER_US = 15 * 60 * 1_000_000
TOLD_WITHIN_US = 45 * 60 * 1_000_000
DAY = timedelta(days=1)
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def moment(day: date, wall: time, zone: str) -> int:
    """Return a wall time in microseconds of UTC; none of those used here falls into a change of the clock."""
    return (datetime.combine(day, wall, ZoneInfo(zone)).astimezone(UTC) - EPOCH) // timedelta(microseconds=1)


def easter(year: int) -> date:
    """Return Easter Sunday (Gauss, with Lichtenberg's corrections)."""
    k = year // 100
    m, s = 15 + (3 * k + 3) // 4 - (8 * k + 13) // 25, 2 - (3 * k + 3) // 4
    a = year % 19
    d = (19 * a + m) % 30
    r = (d + a // 11) // 29
    og = 21 + d - r
    sz = 7 - (year + year // 4 + s) % 7
    return date(year, 3, 1) + (og + (7 - (og - sz) % 7) - 1) * DAY


def holidays(land: str, year: int, *, catholic: bool) -> set[date]:
    """Return the public holidays of five Länder, as their laws have them."""
    sunday = easter(year)
    found = {date(year, 1, 1), date(year, 5, 1), date(year, 10, 3), date(year, 12, 25), date(year, 12, 26)}
    found |= {sunday + ahead * DAY for ahead in (-2, 1, 39, 50)}
    if land == "BB":
        found |= {sunday, sunday + 49 * DAY}
    if land in ("BB", "SH", "SN"):
        found.add(date(year, 10, 31))
    if land in ("BY", "HE"):
        found.add(sunday + 60 * DAY)
    if land == "BY":
        found |= {date(year, 1, 6), date(year, 11, 1)}
        if catholic:
            found.add(date(year, 8, 15))
    if land == "SN":
        # The Wednesday before 23 November.
        found.add(max(date(year, 11, on) for on in range(16, 23) if date(year, 11, on).weekday() == 2))
    return found


@dataclass(slots=True)
class Desk:
    """What one desk has to be asked for; all times over the whole span."""

    id: str
    has_sensor: bool
    in_service: bool
    sat: Times = field(default_factory=list)
    blind: Times = field(default_factory=list)
    unknown: Times = field(default_factory=list)
    blocked: Times = field(default_factory=list)
    bookings: list[Booked] = field(default_factory=list)


@dataclass(slots=True)
class DayCount:
    """A space's day, counted."""

    counts: bool
    staffed_us: int = 0
    access_us: int = 0
    desks: int = 0
    sensed_desks: int = 0
    peak_desks: int = 0
    visits: int = 0
    events: int = 0
    bookings: int = 0
    no_shows: int = 0
    booked_us: int = 0
    all_offered_us: int = 0
    sensor_days: int = 0
    desk_days: int = 0
    staffed: Counter[str] = field(default_factory=Counter)
    access: Counter[str] = field(default_factory=Counter)
    noon: Counter[str] = field(default_factory=Counter)


class SlowSpace:
    """One space, counted day by day.

    Args:
        story: what was there.
        days: what happened.
        lines: of each device, by id: the lines of its log with their numbers, rising.
        heard: of each device: when it said last that nothing is left to tell.
    """

    def __init__(
        self,
        story: SpaceStory,
        days: Sequence[SpaceDay],
        lines: Mapping[str, Sequence[tuple[int, Mapping[str, Any]]]],
        heard: Mapping[str, int],
    ) -> None:
        self.story, self.space, self.zone, self.told = story, story.space, story.space.time_zone, days
        self.desks = {
            desk.id: Desk(desk.id, bool(desk.sensor and desk.device), desk.in_service)
            for desk in self.space.desks
        }
        self._is_open_always = any(one.hours.value == "always" and one.is_offered for one in story.tariffs)
        for day in days:
            for sat in day.sat:
                self.desks[sat.desk].sat.append((sat.time.start_us, sat.time.end_us))
            for booked in day.booked:
                for desk in booked.desks:
                    if booked.kind.value != "desk":
                        self.desks[desk].blocked.append((booked.time.start_us, booked.time.end_us))
                    elif booked.state.value != "cancelled":
                        self.desks[desk].bookings.append(booked)
        for place in self.space.desks:
            mine = self.desks[place.id]
            mine.blind = [(one.time.start_us, one.time.end_us) for one in story.blind.get(place.id, ())]
            if mine.has_sensor:
                mine.unknown = list(unknown_times(place.id, lines[place.device], heard[place.device]))
        years = range(story.first.year, story.last.year + 1)
        town = story.town
        self._holidays = {day for year in years for day in holidays(town.land, year, catholic=town.catholic)}
        self.days = {day.day: self._count(day) for day in days}
        self.visitors: dict[int, set[int]] = defaultdict(set)
        for day in days:
            self.visitors[day.day.year] |= {visit.person for visit in day.visits}

    def _opening(self, day: date) -> Times:
        if day in self.space.closed_on or day in self._holidays:
            return []
        found = []
        for period in self.space.opening:
            if period.weekday == day.weekday():
                ends = day + DAY if period.closes == time() else day
                found.append((moment(day, period.opens, self.zone), moment(ends, period.closes, self.zone)))
        return found

    def _count(self, told: SpaceDay) -> DayCount:
        day, zone = told.day, self.zone
        begin, end = moment(day, time(), zone), moment(day + DAY, time(), zone)
        opening = self._opening(day)
        access = [(begin, end)] if self._is_open_always else opening
        noon = [(moment(day, time(11, 30), zone), moment(day, time(13, 30), zone))]
        found = DayCount(
            counts=self.space.phase.value != "test",
            staffed_us=sum(b - a for a, b in opening),
            access_us=sum(b - a for a, b in access),
            desks=sum(desk.in_service for desk in self.desks.values()),
            sensed_desks=sum(desk.in_service and desk.has_sensor for desk in self.desks.values()),
            visits=len({visit.person for visit in told.visits}),
            events=sum(one.kind.value == "event" for one in told.booked),
        )
        in_quarter: Counter[int] = Counter()
        for desk in self.desks.values():
            in_quarter.update(self._count_desk(desk, (begin, end), opening, access, noon, found))
        found.peak_desks = max(in_quarter.values(), default=0)
        return found

    def _count_desk(
        self,
        desk: Desk,
        whole: tuple[int, int],
        opening: Times,
        access: Times,
        noon: Times,
        found: DayCount,
    ) -> set[int]:
        """Add what one desk has to the day; return the quarters of an hour in which it was in use."""
        begin, end = whole
        sat, blind, unknown, blocked = (
            [one for one in times if one[0] < end and one[1] > begin]
            for times in (desk.sat, desk.blind, desk.unknown, desk.blocked)
        )
        kept = [
            (one.time.start_us, one.time.end_us)
            for one in desk.bookings
            if one.state.value != "released_no_show" and one.time.start_us < end and one.time.end_us > begin
        ]
        begun = [one for one in desk.bookings if begin <= one.time.start_us < end]
        found.bookings += len(begun)
        found.no_shows += sum(one.state.value == "released_no_show" for one in begun)
        found.sensor_days += desk.has_sensor
        cuts = sorted(
            {begin, end}
            | {
                at
                for times in (sat, blind, unknown, blocked, kept, opening, access, noon)
                for one in times
                for at in one
                if begin < at < end
            }
        )
        was_used, quarters = False, set()
        for start, stop in pairwise(cuts):
            is_offered = desk.in_service and not _in(blocked, start)
            if not is_offered:
                continue
            is_staffed, is_access = _in(opening, start), _in(access, start)
            length = stop - start
            if is_staffed:
                found.all_offered_us += length
                found.booked_us += length * _in(kept, start)
            if not desk.has_sensor:
                continue
            is_used = _in(sat, start) and not _in(blind, start)
            what = "used" if is_used else "unknown" if _in(unknown, start) else "free"
            for measured, applies in (
                (found.staffed, is_staffed),
                (found.access, is_access),
                (found.noon, is_staffed and _in(noon, start)),
            ):
                if applies:
                    measured[what] += length
            if is_used:
                was_used |= is_staffed or is_access
                quarters |= set(range(start // QUARTER_US, (stop - 1) // QUARTER_US + 1))
        found.desk_days += was_used
        return quarters


def _in(times: Times, at: int) -> bool:
    return any(start <= at < end for start, end in times)


def unknown_times(
    desk: str, lines: Sequence[tuple[int, Mapping[str, Any]]], heard_us: int
) -> Iterator[tuple[int, int]]:
    """Give the times in which nobody can say whether a desk was in use, from the lines of its device.

    Known begins with a word on the desk. It ends with a word that it is unknown (from the last word `occupied` on,
    if that was the last), and where the device stopped or numbers are missing; use may be told 45 minutes late, so
    then it ends that much earlier, unless the desk had been free for so long.
    """
    log, began = _Log(), clocks(line for _, line in lines)
    for seq, line in lines:
        at_us = line["wall_us"] if line["synced"] else line["mono_us"] + began[line["boot"]]
        if log.seq and seq != log.seq + 1:
            log.doubt(log.at_us)
        if line["type"] == "device_started":
            log.doubt(min(max(log.at_us, line.get("not_before_us", 0)), at_us))
        if line["type"] == "desk_state" and line["desk"] == desk:
            if line["state"] == "unknown":
                log.end(log.said_us if log.said == "occupied" else at_us)
            elif not log.is_known:
                yield log.turned_us, at_us
                log.is_known, log.turned_us = True, at_us
            log.said, log.said_us = line["state"], at_us
        log.seq, log.at_us = seq, at_us
    log.doubt(max(heard_us, log.at_us))
    yield log.turned_us, 2**62


@dataclass(slots=True)
class _Log:
    """Where the reading of a log stands; `turned_us` is when the desk became known or unknown last."""

    seq: int = 0
    at_us: int = 0
    said: str = "unknown"
    said_us: int = 0
    is_known: bool = False
    turned_us: int = 0

    def end(self, at_us: int) -> None:
        """Let it be unknown from a moment on."""
        if self.is_known:
            self.is_known, self.turned_us = False, max(self.turned_us, at_us)

    def doubt(self, at_us: int) -> None:
        """Let it be unknown from a moment on, and from before where use may not have been told yet."""
        is_quiet = self.said == "vacant" and self.said_us <= at_us - TOLD_WITHIN_US
        self.end(at_us if is_quiet else at_us - TOLD_WITHIN_US)


def clocks(lines: Iterable[Mapping[str, Any]]) -> dict[str, int]:
    """Return when each run of a device began, from what it said once its clock was right."""
    found: dict[str, int] = {}
    for line in lines:
        if line["synced"]:
            found.setdefault(line["boot"], line["wall_us"] - line["mono_us"])
    return found


def parse(payload: bytes) -> Mapping[str, Any]:
    """Return a line of a device's log."""
    found: dict[str, Any] = json.loads(payload)
    return found
