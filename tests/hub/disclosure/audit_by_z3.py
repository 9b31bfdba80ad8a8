"""What a reader can conclude from every release together, by z3: written from docs/explanation/disclosure.md.

Nothing here is taken from the code under test. A reader keeps all releases and knows the program. Persons of a month
and of a year are one number each over all releases (whoever compares two releases thinks of one person more or less);
visits, bookings and desk time are a number of their own in each version.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from fractions import Fraction

import z3

from hub.domain.disclosure import Nesting
from hub.domain.statistics.findings import Place, PlaceLevel
from hub.domain.statistics.periods import Month, Span
from hub.domain.statistics.printed import Printed, ValueStatus
from tests.hub.disclosure.recompute import SUMMED, expected, latest, spaces_in

BANDS = ((0, 4), (5, 9), (10, 19), (20, None))
SHARES = ((0, 25), (25, 50), (50, 100))
PERSONS = ("users", "new_users")
TIMES = ("occupancy", "access_occupancy", "noon_occupancy", "peak", "booking_utilisation")

Cell = tuple[Place, str, Span]


def leaks(releases: Sequence[Sequence[Printed]], nesting: Nesting) -> list[str]:
    """Return each number that a reader of all releases knows better than S3 would print it; empty when all is well."""
    versions: dict[Cell, list[Printed]] = defaultdict(list)
    for rows in releases:
        for row in rows:
            said = versions[row.place, row.figure, _persons_period(nesting, row)]
            if not said or _said(said[-1]) != _said(row):
                said.append(row)
    spaces = [Place(PlaceLevel.SPACE, id_) for ids in nesting.spaces.values() for id_ in ids]
    own_totals = _own_totals(releases, nesting)
    if own_totals:
        reader = _Reader(nesting, versions)
        for space in spaces:
            reader.learn(space)
        for row in own_totals:
            reader.learn_total(row)
        return reader.leaks()
    found = []
    for space in spaces:
        reader = _Reader(nesting, versions)
        reader.learn(space)
        found += reader.leaks()
    return found


def _persons_period(nesting: Nesting, row: Printed) -> Span:
    """A pop-up's whole run within one year is that year: the same persons."""
    run = nesting.runs.get(row.place.id)
    is_persons = row.figure in (*PERSONS, "returning_users")
    if not is_persons or run is None or row.place.level is not PlaceLevel.SPACE:
        return row.period
    first, last = row.period.first, row.period.last
    if first <= run.first and run.last <= last and first.year == last.year:
        return Span.of_year(first.year)
    return row.period


def _said(row: Printed) -> tuple[object, ...]:
    return row.status is ValueStatus.SUPPRESSED, row.is_shown, row.value, row.low, row.high, row.reason


def _own_totals(releases: Sequence[Sequence[Printed]], nesting: Nesting) -> list[Printed]:
    """Totals of counts that are not the sum of the rows printed by then: they say something of their own."""
    found = []
    for at in range(len(releases)):
        known = latest(releases[: at + 1])
        for row in releases[at]:
            if row.figure in SUMMED and row.value is not None:
                wanted = expected(known, nesting, row)
                if wanted is not None and wanted != (Fraction(row.value), Fraction(row.value)):
                    found.append(row)
    return found


class _Reader:
    def __init__(self, nesting: Nesting, versions: Mapping[Cell, Sequence[Printed]]) -> None:
        self.nesting, self.versions = nesting, versions
        self.solver = z3.Solver()
        self.solver.set("timeout", 20_000)
        self.questions: list[tuple[str, z3.ArithRef, tuple[tuple[int, int], ...], int | None]] = []
        self.latest_count: dict[Cell, z3.ArithRef] = {}

    def learn(self, space: Place) -> None:
        mine = {cell: rows for cell, rows in self.versions.items() if cell[0] == space}
        months: dict[int, dict[Month, z3.ArithRef]] = defaultdict(dict)
        for (_, figure, period), rows in mine.items():
            if figure == "visits" and period.is_month and any(not _is_open(row) for row in rows):
                months[period.first.year][period.first] = self._visits(space, period, rows)
            elif figure in ("bookings", "no_shows") and period.is_month:
                self._count(space, figure, period, rows)
        for _, figure, period in mine:
            if figure == "no_shows" and period.is_month and ("bookings" in self._figures(space, period)):
                self._add(
                    self.latest_count[space, figure, period] <= self.latest_count[space, "bookings", period]
                )
        for (_, figure, period), rows in mine.items():
            if figure in (*SUMMED, *TIMES) and period.is_month and any(row.is_shown for row in rows):
                # S1: whatever is printed of a month says that five persons came.
                self._add(z3.Int(f"persons {space.id} {period}") >= 5)
        self._desk_time(space, mine)
        years = {period.first.year for _, figure, period in mine if figure in PERSONS and period.is_year}
        for year in sorted(years | set(months)):
            self._year(space, year, months[year], mine)

    def _figures(self, space: Place, period: Span) -> set[str]:
        return {figure for at, figure, when in self.latest_count if at == space and when == period}

    def _add(self, *said: object) -> None:
        self.solver.add(*said)

    def _visits(self, space: Place, period: Span, rows: Sequence[Printed]) -> z3.ArithRef:
        persons = z3.Int(f"persons {space.id} {period}")
        days = self._days(space, period)
        self._add(persons >= 0)
        for at, row in enumerate(rows):
            if row.status is ValueStatus.NOT_APPLICABLE:
                self._add(persons == 0)
                continue
            if _is_open(row):
                continue
            visits = z3.Int(f"visits {space.id} {period} {at}")
            self.latest_count[space, "visits", period] = visits
            # Each person came once at least, and at most once on each day that it was open.
            self._add(persons <= visits, visits <= persons * days)
            if row.value is not None:
                self._add(persons >= 5, visits >= int(row.value) - 5, visits <= int(row.value) + 4)
                # A number that reached the cap of that many persons would have been printed as "and more".
                for low, high in BANDS[1:]:
                    inside = z3.And(persons >= low, True if high is None else persons <= high)
                    self._add(z3.Implies(inside, int(row.value) < _cap(low, days)))
            elif row.low is not None:
                self._add(persons >= 5, visits >= int(row.low) - 5)
                for low, high in BANDS[1:]:
                    inside = z3.And(persons >= low, True if high is None else persons <= high)
                    self._add(z3.Implies(inside, int(row.low) == _cap(low, days)))
            elif row.reason in ("few_persons", "popup_few_persons"):
                self._add(persons <= 4)
                self._ask(f"{space.id} visits {period}", visits, ((0, 4 * days),))
            else:
                self._add(visits >= 0)
                # Hidden, it may be known as well as that of fewer than five persons, or as well as a printed number.
                what = f"{space.id} visits {period}"
                self._ask(
                    what, visits, ((0, min(9, 4 * days)),), width=9 if row.reason == "secondary" else None
                )
        return persons

    def _days(self, space: Place, period: Span) -> int:
        rows = self.versions.get((space, "open_days", period), ())
        values = [int(row.value) for row in rows if row.value is not None]
        return values[-1] if values else sum(1 for _ in period.days())

    def _count(self, space: Place, figure: str, period: Span, rows: Sequence[Printed]) -> None:
        for at, row in enumerate(rows):
            count = z3.Int(f"{figure} {space.id} {period} {at}")
            self.latest_count[space, figure, period] = count
            self._add(count >= 0)
            if row.value is not None:
                self._add(count >= int(row.value) - 5, count <= int(row.value) + 4)
            elif row.status is ValueStatus.SUPPRESSED:
                self._ask(f"{space.id} {figure} {period}", count, ((0, 9),))

    def _desk_time(self, space: Place, mine: Mapping[Cell, Sequence[Printed]]) -> None:
        """Desk time in per cent: opening lies within access, noon within opening, the peak on top."""
        for period in sorted({when for _, figure, when in mine if figure in TIMES and when.is_month}):
            share = {figure: z3.Real(f"{figure} {space.id} {period}") for figure in TIMES}
            for figure in TIMES:
                self._add(share[figure] >= 0, share[figure] <= 100)
                rows = mine.get((space, figure, period), ())
                if rows:
                    self._share(f"{space.id} {figure} {period}", share[figure], rows[-1])
            hours = {
                name: z3.RealVal(str(rows[-1].value))
                for name in ("open_hours", "access_hours", "open_days")
                if (rows := mine.get((space, name, period), ())) and rows[-1].value
            }
            if len(hours) < 3:
                continue
            staffed = share["occupancy"] * hours["open_hours"]
            noon = share["noon_occupancy"] * 2 * hours["open_days"]
            outside = hours["access_hours"] - hours["open_hours"]
            access = share["access_occupancy"] * hours["access_hours"]
            self._add(access >= staffed, access <= staffed + outside * 100)
            self._add(noon <= staffed, share["peak"] >= share["occupancy"])
            self._add(staffed <= noon + (hours["open_hours"] - 2 * hours["open_days"]) * 100)

    def _share(self, what: str, share: z3.ArithRef, row: Printed) -> None:
        if row.value is not None:
            half = Fraction(1, 2)
            low, high = Fraction(row.value) - half, Fraction(row.value) + half
            self._add(share >= z3.RealVal(str(low)), share <= z3.RealVal(str(high)))
        elif row.low is not None and row.high is not None:
            self._add(share >= int(row.low), share <= int(row.high))
            if row.reason == "dominance_band":
                self._ask(what, share, ((int(row.low), int(row.high)),))
        elif row.status is ValueStatus.SUPPRESSED:
            self._ask(what, share, SHARES)

    def _year(
        self,
        space: Place,
        year: int,
        months: Mapping[Month, z3.ArithRef],
        mine: Mapping[Cell, Sequence[Printed]],
    ) -> None:
        span, before = Span.of_year(year), Span.of_year(year - 1)
        users = z3.Int(f"users {space.id} {year}")
        self._add(users >= 0)
        for persons in months.values():
            self._add(persons <= users)
        run = self.nesting.runs.get(space.id)
        unread = [
            month for month in span.months() if month not in months and (run is None or month in _months(run))
        ]
        if not unread and months:
            self._add(users <= z3.Sum(list(months.values())))
        self._band(f"{space.id} users {year}", users, mine.get((space, "users", span), ()))
        if (space, "new_users", span) not in mine:
            return
        new = z3.Int(f"new_users {space.id} {year}")
        self._add(new >= 0, new <= users)
        self._band(f"{space.id} new_users {year}", new, mine[space, "new_users", span])
        if any(
            cell[0] == space and cell[1] in ("users", "visits") and cell[2].last.year == year - 1
            for cell in mine
        ):
            # Who is not new was one of last year's.
            self._add(users - new <= z3.Int(f"users {space.id} {year - 1}"))
        assert before < span

    def _band(self, what: str, number: z3.ArithRef, rows: Sequence[Printed]) -> None:
        for row in rows:
            if row.value is not None:
                self._add(number == int(row.value))
                self._ask(what, number, _within(BANDS))
            elif row.low is not None:
                low, high = int(row.low), None if row.high is None else int(row.high)
                self._add(number >= low)
                if high is not None:
                    self._add(number <= high)
                self._ask(what, number, _within(((low, high),)))
            elif row.status is ValueStatus.SUPPRESSED:
                if row.reason == "popup_few_persons":
                    self._add(number <= 4)
                self._ask(what, number, _within(BANDS))

    def learn_total(self, row: Printed) -> None:
        counts = [
            self.latest_count[space, row.figure, Span.of_month(month)]
            for space in spaces_in(self.nesting, row.place)
            for month in row.period.months()
            if (space, row.figure, Span.of_month(month)) in self.latest_count
        ]
        if counts and row.value is not None:
            total = z3.Sum(counts)
            self._add(total >= int(row.value) - 5, total <= int(row.value) + 4)

    def _ask(
        self, what: str, number: z3.ArithRef, within: tuple[tuple[int, int], ...], width: int | None = None
    ) -> None:
        """Note that one of these ranges must stay possible from end to end; or any of a width, where one is named."""
        self.questions.append((what, number, within, width))

    def leaks(self) -> list[str]:
        if self.solver.check() != z3.sat:
            return ["the releases contradict each other"]
        found = []
        for what, number, within, width in self.questions:
            if any(
                self._may_be(number, low, "low") and self._may_be(number, high, "high")
                for low, high in within
            ):
                continue
            if width is None or not self._is_as_wide(number, width):
                found.append(what)
        return sorted(set(found))

    def _is_as_wide(self, number: z3.ArithRef, width: int) -> bool:
        self.solver.check()
        low = self.solver.model().eval(number, model_completion=True).as_long()
        step = 1 << 12
        while step:
            if low >= step and self._may_be(number, low - step, "low"):
                low -= step
            else:
                step >>= 1
        return self._may_be(number, low + width, "high")

    def _may_be(self, number: z3.ArithRef, end: int, which: str) -> bool:
        # Ends of bands of desk time are just above or below; a number of persons is what it is.
        slack = Fraction(1, 100) if number.is_real() else 0
        bound = (
            number <= z3.RealVal(str(end + slack))
            if which == "low"
            else number >= z3.RealVal(str(end - slack))
        )
        if not number.is_real():
            bound = number <= end if which == "low" else number >= end
        answer = self.solver.check(bound)
        assert answer != z3.unknown, f"z3 can't tell about {number}"
        return bool(answer == z3.sat)


def _is_open(row: Printed) -> bool:
    return row.status in (ValueStatus.PENDING, ValueStatus.UNRELIABLE)


def _cap(low: int, days: int) -> int:
    """The largest multiple of ten c with c - 5 <= low × days."""
    return max(c for c in range(0, low * days + 6, 10) if c - 5 <= low * days)


def _within(bands: Sequence[tuple[int, int | None]]) -> tuple[tuple[int, int], ...]:
    """Each band from end to end; "and more" must stay open for as much again."""
    return tuple((low, 2 * low - 1 if high is None else high) for low, high in bands)


def _months(span: Span) -> Iterator[Month]:
    return span.months()
