"""Key figures counted by hand from what really happened: slow, plain, and apart from the code that it is to check.

Who sat where comes from the truth of `hub.demo_data`; when nobody could tell, from the raw lines of the devices, read
as docs/explanation/statistics.md says. Time is cut at every moment at which anything changes, and each slice is asked
what held in it. Holidays are counted from Easter, opening hours with `zoneinfo`.
"""

import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from fractions import Fraction
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

from hub.demo_data.truth import Booked, Person, SpaceDay, SpaceStory

Times = list[tuple[int, int]]
QUARTER_US = 15 * 60 * 1_000_000
TOLD_WITHIN_US = 45 * 60 * 1_000_000
DAY = timedelta(days=1)
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(slots=True)
class Told:
    """One figure as it comes out; of a figure that can't be, all is None."""

    value: Fraction | None
    numerator: int | None = None
    denominator: int | None = None
    valid: Fraction | None = None
    cases: int | None = None
    persons: int | None = None


X = Told(None)


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
        self._opens = list(self._always(days))
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

    def _always(self, days: Iterable[SpaceDay]) -> Iterator[tuple[date, date | None]]:
        """Give the days on which somebody's card or pass opens at any hour."""
        at_any_hour = {one.id for one in self.story.tariffs if one.hours.value == "always"}
        for person in self.story.people:
            if person.space == self.space.id and person.tariff in at_any_hour:
                yield person.since, person.until
        for day in days:
            yield from ((one.valid_from, one.valid_to) for one in day.sold if one.tariff in at_any_hour)

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
        is_open_always = any(first <= day and (last is None or day <= last) for first, last in self._opens)
        access = [(begin, end)] if is_open_always else opening
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


@dataclass(slots=True)
class Did:
    """What one person did in one year in some spaces."""

    visits: int = 0
    booked_us: int = 0


class SlowPlace:
    """Some spaces over some days, counted: a space, a town or the network.

    Args:
        spaces: of the place.
        days: of the period.
        people: by number, 1 at index 0.
        told: what happened, by space.
        inhabitants: of a town.
    """

    def __init__(
        self,
        spaces: Sequence[SlowSpace],
        days: Sequence[date],
        people: Sequence[Person],
        told: Mapping[str, Sequence[SpaceDay]],
        inhabitants: int | None = None,
    ) -> None:
        self._people, self._inhabitants = people, inhabitants
        wanted = set(days)
        self._counts = {
            space.space.id: {
                day: count for day, count in space.days.items() if day in wanted and count.counts
            }
            for space in spaces
        }
        self._spaces = spaces
        self._told = {
            space.space.id: [one for one in told[space.space.id] if one.day in wanted]
            for space in spaces
            if self._counts[space.space.id]
        }
        self._all = [count for by_day in self._counts.values() for count in by_day.values()]

    def _sum(self, name: str) -> int:
        return sum(getattr(count, name) for count in self._all)

    def _last(self, name: str) -> int:
        return sum(getattr(by_day[max(by_day)], name) for by_day in self._counts.values() if by_day)

    def _measured(self, name: str) -> Counter[str]:
        found: Counter[str] = Counter()
        for count in self._all:
            found.update(getattr(count, name))
        return found

    def _valid(self, name: str) -> Fraction | None:
        measured = self._measured(name)
        offered = measured.total()
        return Fraction(measured["used"] + measured["free"], offered) if offered else None

    def _occupancy(self, name: str) -> Told:
        if not self._sum("sensor_days"):
            return X
        measured = self._measured(name)
        known = measured["used"] + measured["free"]
        if not known:
            return Told(None, valid=self._valid(name))
        return Told(Fraction(measured["used"] * 100, known), measured["used"], known, self._valid(name))

    def _peak(self) -> Told:
        if not self._sum("sensor_days"):
            return X
        shares = [
            (Fraction(count.peak_desks, count.sensed_desks), count.peak_desks, count.sensed_desks)
            for count in self._all
            if count.sensed_desks
        ]
        if not shares:
            return X
        share, part, whole = max(shares)
        return Told(share * 100, part, whole, self._valid("staffed"))

    def persons(self) -> dict[tuple[int, int], Did]:
        """Return what each person did in each calendar year."""
        found: dict[tuple[int, int], Did] = defaultdict(Did)
        for days in self._told.values():
            months: dict[int, set[tuple[int, int]]] = defaultdict(set)
            for day in days:
                for visit in day.visits:
                    found[day.day.year, visit.person].visits += 1
                    months[visit.person].add((day.day.year, day.day.month))
            for day in days:
                for one in day.booked:
                    if (
                        one.state.value == "checked_in"
                        and (day.day.year, day.day.month) in months[one.person]
                    ):
                        found[day.day.year, one.person].booked_us += one.time.length_us
        return dict(found)

    def distinct(self) -> int:
        """Return how many different persons there were for sure: nobody is known from one year to the next."""
        return max(Counter(year for year, _ in self.persons()).values(), default=0)

    def top_share(self) -> Fraction:
        """Return the most that one person can have of all visits, or of all booked time."""
        shares = [Fraction(0)]
        for name in ("visits", "booked_us"):
            whole, most = 0, Counter[int]()
            for (year, _), did in self.persons().items():
                whole += getattr(did, name)
                most[year] = max(most[year], getattr(did, name))
            if whole:
                shares.append(Fraction(most.total(), whole))
        return max(shares)

    def _by_class(self, kinds: Sequence[str]) -> Told:
        visits: Counter[int] = Counter()
        for space in self._spaces:
            tariffs = {one.id: one.kind.value for one in space.story.tariffs}
            months: dict[tuple[int, int, int], Counter[str]] = defaultdict(Counter)
            sold = {one.number: tariffs[one.tariff] for day in space.told for one in day.sold}
            for day in self._told.get(space.space.id, ()):
                for visit in day.visits:
                    kind = "" if visit.pass_number is None else sold[visit.pass_number]
                    months[visit.person, day.day.year, day.day.month][kind] += 1
            for (person, _, _), used in months.items():
                most = min(used, key=lambda kind: (-used[kind], kind))
                if most in kinds and self._people[person - 1].opted_in:
                    visits[person] += used.total()
        return Told(Fraction(visits.total()), visits.total(), persons=len(visits))

    def figures(self) -> dict[str, Told]:
        """Return every figure that facts tell, but for who is new: that needs another year."""
        if not self._all:
            return {}
        visits, opened, desks = self._sum("visits"), self._sum("staffed_us"), self._last("desks")
        bookings, missed = self._sum("bookings"), self._sum("no_shows")
        everyone = self.persons()
        used = self._sum("desk_days")
        offered, booked = self._sum("all_offered_us"), self._sum("booked_us")

        def plain(number: int) -> Told:
            return Told(Fraction(number), number)

        hour = 3_600_000_000
        return {
            "desks": plain(desks),
            "sensed_desks": plain(self._last("sensed_desks")),
            "open_days": plain(sum(count.staffed_us > 0 for count in self._all)),
            "open_hours": Told(Fraction(opened, hour), opened),
            "access_hours": Told(Fraction(self._sum("access_us"), hour), self._sum("access_us")),
            "visits": plain(visits),
            "events": plain(self._sum("events")),
            "bookings": plain(bookings),
            "no_shows": plain(missed),
            "no_show_rate": Told(
                Fraction(missed * 100, bookings) if bookings else Fraction(0),
                missed,
                bookings,
                cases=bookings,
            ),
            "booking_utilisation": Told(Fraction(booked * 100, offered), booked, offered) if offered else X,
            "occupancy": self._occupancy("staffed"),
            "access_occupancy": self._occupancy("access"),
            "noon_occupancy": self._occupancy("noon"),
            "desk_days": Told(Fraction(used), used, valid=self._valid("access") or self._valid("staffed"))
            if self._sum("sensor_days")
            else X,
            "peak": self._peak(),
            "users": Told(Fraction(len(everyone)), len(everyone), persons=len(everyone)),
            "visits_by_use": self._by_class(("day", "half-day", "hours")),
            "visits_monthly": self._by_class(("monthly",)),
            "visits_fixed_desk": self._by_class(("fixed-desk",)),
            "visits_free": self._by_class(("free",)),
            "visits_without_pass": self._by_class(("",)),
            "visits_per_open_hour": Told(Fraction(visits * 100 * hour, opened), visits, opened)
            if opened
            else X,
            "visits_per_desk": Told(Fraction(visits, desks), visits, desks) if desks else X,
            "visits_per_thousand": Told(Fraction(visits * 1000, self._inhabitants), visits, self._inhabitants)
            if self._inhabitants
            else X,
            **dict.fromkeys(("stays_under_2h", "stays_2_to_4h", "stays_4_to_8h", "stays_from_8h"), X),
        }
