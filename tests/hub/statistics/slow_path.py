"""Key figures of places and periods, added up by hand from days (`tests.hub.statistics.slow_days`) and from people."""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from fractions import Fraction

from hub.demo_data.truth import Person, SpaceDay
from tests.hub.statistics.slow_days import SlowSpace


@dataclass(slots=True)
class Told:
    """One figure as it comes out; of a figure that can't be, all is None."""

    value: Fraction | None
    numerator: int | None = None
    denominator: int | None = None
    valid: Fraction | None = None
    cases: int | None = None
    persons: int | None = None
    flags: str = ""


X = Told(None)
STAYS = ("stays_under_2h", "stays_2_to_4h", "stays_4_to_8h", "stays_from_8h", "stays_auto_closed")
"""No space of the made-up network logs exits: `test_stays.py` counts those."""


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

    def _seen(self) -> dict[int, bool | None]:
        """Return of who takes part in optional statistics whether they had been here in the calendar year before.

        Nobody can tell where a space was there already, and nobody is known to have been in it: then a hub may have
        begun to count only later.
        """
        found: dict[int, bool | None] = {}
        for year, person in self.persons():
            if not self._people[person - 1].opted_in:
                continue
            if any(person in space.visitors[year - 1] for space in self._spaces):
                found[person] = True
                continue
            visited = [space for space in self._spaces if self._was_in(space, person)]
            can_tell = [one for one in visited if one.space.valid_from.year >= year or one.visitors[year - 1]]
            found[person] = False if can_tell else None
        return found

    def _was_in(self, space: SlowSpace, person: int) -> bool:
        days = self._told.get(space.space.id, ())
        return any(visit.person == person for day in days for visit in day.visits)

    def _seen_before(self, *, wanted: bool) -> Told:
        seen = self._seen()
        known = [one for one in seen.values() if one is not None]
        if (seen and not known) or (not seen and self.persons()):
            return X
        count = sum(one is wanted for one in known)
        valid = Fraction(len(known), len(seen)) if len(known) < len(seen) else None
        return Told(Fraction(count), count, valid=valid, persons=count)

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

    def visits(self) -> int:
        """Return how many visits there were."""
        return self._sum("visits")

    def figures(self) -> dict[str, Told]:
        """Return every figure that facts tell; of persons only within one calendar year."""
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
            "new_users": self._seen_before(wanted=False),
            "returning_users": self._seen_before(wanted=True),
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
            **dict.fromkeys(STAYS, X),
        }
