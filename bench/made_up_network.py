"""Years of a network's use, made up and turned into facts at once: the raw events are counted and shown, not stored."""

from array import array
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, time, timedelta
from hashlib import sha256
from typing import Any, Final, NamedTuple, TypeVar

from hub.demo_data.network import Network, network
from hub.demo_data.truth import SpaceDay, SpaceStory
from hub.demo_data.words import DeviceWords, Word, WordKind
from hub.domain.booking import BookingKind, BookingState
from hub.domain.public_holidays import public_holidays
from hub.domain.space import Desk, Device, Door, OpeningPeriod, Phase, Space, SpaceKind, Town
from hub.domain.statistics.access_hours import access_hours
from hub.domain.statistics.desk_day import (
    BookedDesk,
    DayHours,
    DeskPlace,
    DeskPlans,
    DeskUse,
    Piece,
    Quarter,
    day_hours,
    desk_day,
    desk_use,
    peak,
)
from hub.domain.statistics.desk_log import DeskLog, LogEntry, LogState
from hub.domain.statistics.facts import SpaceDay as SpaceFacts
from hub.domain.statistics.stretches import Stretch, joined, length, without
from hub.domain.time import day_bounds, opening_of
from hub.fact_ports import MadeDays
from hub.storage.demo_rows import Keys

SEED: Final = 4
LAENDER: Final = ("12070424", "06439012", "01053090", "14628060", "09181114")
BUSTLE: Final = 10.0
"""Whoever belongs to a space comes on every day of the week: it takes that to make 20 million events of 500 desks."""
ZONE: Final = "Europe/Berlin"
T = TypeVar("T")
_ByDay = defaultdict[tuple[str, date], list[T]]
"""By desk and day."""
_LAND: Final = {"12": "BB", "06": "HE", "01": "SH", "14": "SN", "09": "BY"}


def towns(spaces: int, desks: int, first: date) -> tuple[Town, ...]:
    """Return five towns in five Länder, with so many spaces each and so many desks in each."""
    week = tuple(OpeningPeriod(day, time(7), time(21)) for day in range(7))
    sensors = ("pir", "mmwave", "mat", "distance")
    found = []
    for at, ags in enumerate(LAENDER):
        there = tuple(
            Space(
                f"s-{at}-{number}", f"t-{at}", f"Raum {at}-{number}", SpaceKind.COWORKING, Phase.OPERATION, first,
                controller="Stadt", opening=week, devices=(Device("pi", "Pi"),), doors=(Door("tuer", "Tür", "pi"),),
                desks=tuple(
                    Desk(f"d-{desk}", f"Platz {desk}", sensor=sensors[desk % 4], device="pi") for desk in range(desks)
                ),
            )
            for number in range(spaces)
        )  # fmt: skip
        found.append(
            Town(
                f"t-{at}",
                ags,
                f"Stadt {at}",
                _LAND[ags[:2]],
                inhabitants=15_000,
                inhabitants_on=first,
                spaces=there,
            )
        )
    return tuple(found)


@dataclass(slots=True)
class Raw:
    """Raw events as columns, for a database of analysts: what a desk's sensor told, and when spaces were open.

    Args:
        desk, kind: codes; `kind` 0 is a piece of use, 1 a word that the state is known, 2 one that it is not, 3 all
            that says nothing of a desk's use, 4 a start, from when the device had run last.
    """

    space: "array[int]" = field(default_factory=lambda: array("h"))
    desk: "array[int]" = field(default_factory=lambda: array("h"))
    kind: "array[int]" = field(default_factory=lambda: array("b"))
    start_us: "array[int]" = field(default_factory=lambda: array("q"))
    end_us: "array[int]" = field(default_factory=lambda: array("q"))

    def take(self, space: int, events: Sequence[tuple[int, int, int, int]]) -> None:
        """Take in the events of a space: desk, kind, start, end."""
        if events:
            self.space.extend([space] * len(events))
            for column, values in zip(
                (self.desk, self.kind, self.start_us, self.end_us), zip(*events, strict=True), strict=True
            ):
                column.extend(values)

    def __len__(self) -> int:
        return len(self.kind)


@dataclass(slots=True)
class Offered:
    """When desks could be used within the opening hours, as columns; days are numbered as `date.toordinal` does."""

    space: "array[int]" = field(default_factory=lambda: array("h"))
    desk: "array[int]" = field(default_factory=lambda: array("h"))
    day: "array[int]" = field(default_factory=lambda: array("l"))
    start_us: "array[int]" = field(default_factory=lambda: array("q"))
    end_us: "array[int]" = field(default_factory=lambda: array("q"))

    def add(self, space: int, desk: int, day: date, time: Stretch) -> None:
        """Add a stretch."""
        self.space.append(space)
        self.desk.append(desk)
        self.day.append(day.toordinal())
        self.start_us.append(time[0])
        self.end_us.append(time[1])


class Made(NamedTuple):
    """All that the hub keeps of a space.

    Args:
        contributions, before: rows of `ContributionRow` and `ContributionBeforeRow` of the last year: the keys of
            earlier ones have ended.
    """

    days: MadeDays
    contributions: list[dict[str, Any]]
    before: list[dict[str, Any]]


def make_network(spaces: int, desks: int, first: date, last: date) -> Network:
    """Return the network that is measured."""
    return network(towns(spaces, desks, first), SEED, first, last, bustle=BUSTLE)


def straight(
    there: Network, keys: dict[str, Keys], raw: Raw, offered: Offered, step: Callable[[], None]
) -> Iterator[Made]:
    """Give the facts of each space, made from the words of its devices and never stored in between.

    Args:
        keys: of the spaces, by id.
        raw, offered: are filled on the way.
        step: called for each day of the network, and then for each space: see `steps`.
    """
    told: dict[str, list[SpaceDay]] = {story.space.id: [] for story in there.stories}
    for _, days in there.days():
        for day in days:
            told[day.space].append(day)
        step()
    for number, story in enumerate(there.stories):
        days_of_space = told.pop(story.space.id)
        space = _Straight(there, story, days_of_space, keys[story.space.id], number)
        yield Made(space.made(raw, offered), *space.persons(there.last.year))
        for _ in days_of_space:
            step()


def steps(there: Network) -> int:
    """Return how often `straight` calls its step."""
    return there.length * (1 + len(there.stories))


class _Straight:
    """One space."""

    def __init__(
        self, there: Network, story: SpaceStory, days: Sequence[SpaceDay], keys: Keys, number: int
    ) -> None:
        self._there, self._story, self._space = there, story, story.space
        self._days, self._keys, self._number = days, keys, number
        self._words = {
            device.id: DeviceWords(there.seed, story, there.lives[self._space.id, device.id])
            for device in self._space.devices
        }
        self._desks = [desk.id for desk in self._space.desks]
        self._holidays = public_holidays(
            story.town.land, range(there.first.year, there.last.year + 1), catholic=story.town.catholic
        )

    def made(self, raw: Raw, offered: Offered) -> MadeDays:
        """Return all facts of the space."""
        entries, pieces = self._heard(raw)
        log = DeskLog(LogState())
        log.read(entries)
        known = log.finish(self._days[-1].bounds.end_us + 3_600_000_000)
        uses = {
            desk: desk_use(joined(known.get(pk, ())), pieces[desk]) for desk, pk in self._keys.desks.items()
        }
        blocked, bookings = self._plans()
        device_pk = self._keys.devices["pi"]
        after = self._days[-1].day + timedelta(days=1)
        made = MadeDays(self._keys.pk, 0, after, after)
        for day in self._days:
            at = day.day
            plans = {desk: DeskPlans(blocked[desk, at], bookings[desk, at]) for desk in self._desks}
            self._day(day, uses, plans, device_pk, made, offered)
        return made

    def persons(self, year: int) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
        """Return what persons did in the months of a year, and who was there in the year before."""
        kinds = {tariff.id: tariff.kind for tariff in self._story.tariffs}
        people = {one.number: one for one in self._story.people}
        visits, booked = Counter[tuple[int, date]](), Counter[tuple[int, date]]()
        before: set[int] = set()
        for day in self._days:
            month = day.day.replace(day=1)
            if day.day.year == year - 1:
                before |= {one.person for one in day.visits if one.person}
            if day.day.year == year:
                visits.update((one.person, month) for one in day.visits if one.person)
                for one in day.booked:
                    if one.checked_in_us is not None and one.kind is BookingKind.DESK:
                        booked[one.person, month] += one.time.end_us - one.time.start_us
        rows = [
            {
                "space_pk": self._keys.pk, "month": month, "pseudonym": _pseudonym(year, person),
                "tariff_class": kinds[people[person].tariff].value if people[person].tariff in kinds else "",
                "visits": amount, "booked_us": booked[person, month], "opted_in": people[person].opted_in,
                "is_loose": False,
            }
            for (person, month), amount in visits.items()
        ]  # fmt: skip
        names = ["", *(_pseudonym(year, one) for one in before if people[one].opted_in)]
        return rows, [{"space_pk": self._keys.pk, "year": year, "pseudonym": name} for name in names]

    def _heard(self, raw: Raw) -> tuple[list[LogEntry], dict[str, list[Piece]]]:
        entries: list[LogEntry] = []
        pieces: dict[str, list[Piece]] = {desk: [] for desk in self._desks}
        code = {desk: at for at, desk in enumerate(self._desks)}
        events: list[tuple[int, int, int, int]] = []
        seq = 0
        for device, words in self._words.items():
            gaps = self._there.lives[self._space.id, device].gaps
            for word in _all(words, self._days):
                if word.kind is WordKind.LOST:
                    seq += word.amount
                    continue
                if word.kind is WordKind.PIECE:
                    pieces[word.subject].append(Piece(word.start_us, word.end_us))
                    events.append((code[word.subject], 0, word.start_us, word.end_us))
                    continue
                desk = self._keys.desks.get(word.subject) if word.kind is WordKind.STATE else None
                if desk is not None:
                    kind = 2 if word.state == "unknown" else 1
                    events.append((code[word.subject], kind, word.at_us, word.at_us))
                elif word.kind is WordKind.STARTED:
                    gap = gaps[word.boot]
                    events.append((-1, 4, gap.start_us, gap.end_us))
                else:
                    events.append((-1, 3, word.at_us, word.at_us))
                # Pieces are left out of the log that is read: its numbers are those of the words that stay.
                seq += 1
                started = word.kind is WordKind.STARTED
                entries.append(
                    LogEntry(
                        1, seq, word.at_us, word.at_us, desk, word.state if desk is not None else "", started,
                        gaps[word.boot].start_us if started else 0,
                    )
                )  # fmt: skip
        raw.take(self._number, events)
        return entries, pieces

    def _plans(self) -> tuple[_ByDay[Stretch], _ByDay[BookedDesk]]:
        """Return what was planned, by desk and each day that it touches."""
        blocked: _ByDay[Stretch] = defaultdict(list)
        bookings: _ByDay[BookedDesk] = defaultdict(list)
        for day in self._days:
            for one in day.booked:
                time = (one.time.start_us, one.time.end_us)
                for desk in one.desks:
                    for at in _touched(time, day):
                        if one.kind is not BookingKind.DESK:
                            blocked[desk, at].append(time)
                        elif one.state is not BookingState.CANCELLED:
                            missed = one.state is BookingState.RELEASED_NO_SHOW
                            bookings[desk, at].append(BookedDesk(*time, missed))
        for those in blocked.values():
            those[:] = joined(those)
        for listed in bookings.values():
            listed.sort()
        return blocked, bookings

    def _day(
        self,
        day: SpaceDay,
        uses: dict[str, DeskUse],
        plans: dict[str, DeskPlans],
        device_pk: int,
        made: MadeDays,
        offered: Offered,
    ) -> None:
        opening = [(one.start_us, one.end_us) for one in opening_of(self._space, day.day, self._holidays)]
        access = access_hours(self._space, day.day, opening, ())
        hours = day_hours(self._space, day.day, opening, access, is_holiday=day.day in self._holidays)
        quarters: list[Quarter] = []
        unknown_us = 0
        for code, desk in enumerate(self._desks):
            place = DeskPlace(self._keys.desks[desk], desk, True, True, device_pk)
            facts = desk_day(self._space.id, hours, place, uses[desk], plans[desk])
            made.desks.append((place, facts.day, facts.unknown_us))
            quarters += facts.quarters
            unknown_us += facts.unknown_us
            for stretch in without(opening, plans[desk].blocked):
                offered.add(self._number, code, day.day, stretch)
        events = sum(one.kind is BookingKind.EVENT for one in day.booked)
        made.days.append((hours, self._facts(day, hours, peak(quarters), events, unknown_us)))

    def _facts(self, day: SpaceDay, hours: DayHours, most: int, events: int, unknown_us: int) -> SpaceFacts:
        desks = len(self._desks)
        return SpaceFacts(
            self._space.id, day.day, True, hours.is_holiday, length(hours.staffed), length(hours.access), desks, desks,
            most, len(day.visits), 0, events, True, 0, unknown_us,
        )  # fmt: skip


def _all(words: DeviceWords, days: Sequence[SpaceDay]) -> Iterator[Word]:
    for day in days:
        yield from words.of_day(day)
    yield from words.rest()


def _touched(time: Stretch, day: SpaceDay) -> Iterator[date]:
    """Give the days that a plan touches which begins on one."""
    at = day.day
    while day_bounds(at, ZONE).start_us < time[1]:
        yield at
        at += timedelta(days=1)


def _pseudonym(year: int, person: int) -> str:
    return sha256(f"{year} {person}".encode()).hexdigest()[:32]
