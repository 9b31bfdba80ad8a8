"""What people wrote down and answered, counted by hand; and made-up lists of it, for every place of some towns."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction

from hub.domain.space import Space, Town
from tests.hub.statistics.slow_path import Told, X

KM = {"0-5": (0, 5), "5-10": (5, 10), "10-20": (10, 20), "20-40": (20, 40), "40-80": (40, 80)}
"""Of each class of distance: the least and the most, one way."""
MODES = ("foot", "bicycle", "transit", "car")
COUNTS = (
    "hand_count", "enquiries", "hand_events", "event_guests", "revenue", "costs", "survey_asked", "survey_answers",
    "survey_satisfied",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Entry:
    """A number on a list; `where` is an AGS or the id of a space."""

    where: str
    figure: str
    first: date
    last: date
    value: Decimal
    flags: str = ""


@dataclass(frozen=True, slots=True)
class Answer:
    """What one person said of her way to work."""

    space: str
    month: date
    would_drive: bool
    distance: str = ""
    mode: str = ""


@dataclass(frozen=True, slots=True)
class Lists:
    """All that people wrote down.

    Args:
        grams: of CO₂ for a kilometre, by AGS; a town that has set nothing is not in it.
    """

    entries: Sequence[Entry]
    answers: Sequence[Answer]
    grams: Mapping[str, int]


def lists(towns: Sequence[Town], months: Sequence[tuple[date, date]]) -> Lists:
    """Return lists of all kinds, with holes: towns without revenue, costs or factor, months without a count.

    Args:
        months: first and last days.
    """
    entries: list[Entry] = []
    answers: list[Answer] = []
    for at, town in enumerate(towns):
        spaces = list(town.spaces)
        for number, (first, last) in enumerate(months):
            flags = "s" if number % 3 == 0 else ""
            entries.append(
                Entry(town.ags, "enquiries", first, last, Decimal((at * 7 + number * 5) % 23), flags)
            )
            for inside, space in enumerate(one for one in spaces if _is_there(one, first, last)):
                dice = at * 11 + number * 3 + inside
                if dice % 4:
                    entries.append(Entry(space.id, "hand_count", first, first, Decimal(dice % 41 + 1)))
                    entries.append(Entry(space.id, "hand_count", last, last, Decimal(dice % 7), "p"))
                entries.append(Entry(space.id, "hand_events", first, last, Decimal(dice % 3)))
                entries.append(Entry(space.id, "event_guests", first, last, Decimal(dice % 3 * 17)))
                answers += [_answer(space.id, first, dice + turn) for turn in range(dice % 6 + 1)]
        for year in sorted({first.year for first, _ in months}):
            inside_year = [one for one in months if one[0].year == year]
            days = inside_year[0][0], inside_year[-1][1]
            if at != 1:
                entries.append(Entry(town.ags, "revenue", *days, Decimal(f"{1200 + at * 317}.{at}7"), "s"))
            entries.append(Entry(town.ags, "costs", *days, Decimal(0 if at == 2 else 4000 + at * 1001)))
            for figure, share in (("survey_asked", 30), ("survey_answers", 21), ("survey_satisfied", 19)):
                entries.append(Entry(town.ags, figure, *days, Decimal(share + at)))
    return Lists(entries, answers, {town.ags: 120 + 9 * at for at, town in enumerate(towns) if at != 1})


def _is_there(space: Space, first: date, last: date) -> bool:
    return space.valid_from <= first and (space.valid_to is None or space.valid_to >= last)


def _answer(space: str, month: date, dice: int) -> Answer:
    if dice % 5 == 0:
        return Answer(space, month, would_drive=False)
    return Answer(space, month, would_drive=True, distance=list(KM)[dice % 5], mode=MODES[dice % 4])


def _plain(value: Decimal | int, **more: object) -> Told:
    return Told(Fraction(value), int(value), **more)  # type: ignore[arg-type]


def _rate(part: Told, whole: Told) -> Told:
    if part.value is None or whole.value is None:
        return X
    top, bottom = int(part.value), int(whole.value)
    value = Fraction(top * 100, bottom) if bottom else Fraction(0)
    return Told(value, top, bottom, cases=bottom, flags=_joined((part.flags, whole.flags)))


def _joined(flags: Iterable[str]) -> str:
    return "".join(sorted(set("".join(flags))))


class SlowWritten:
    """What was written down of a place and period.

    Args:
        names: AGS and ids of spaces that are the place or lie in it.
        days: of the period.
        ags: of each space.
    """

    def __init__(self, known: Lists, names: set[str], days: set[date], ags: Mapping[str, str]) -> None:
        self._entries = [
            one for one in known.entries if one.where in names and one.first in days and one.last in days
        ]
        self._answers = [one for one in known.answers if one.space in names and one.month in days]
        self._grams, self._ags = known.grams, ags

    def _count(self, figure: str) -> Told:
        found = [one for one in self._entries if one.figure == figure]
        if not found:
            return X
        total = sum((one.value for one in found), Decimal(0))
        return _plain(total, flags=_joined(one.flags for one in found))

    def _cost_cover(self) -> Told:
        revenue, costs = self._count("revenue"), self._count("costs")
        if revenue.value is None or not costs.value:
            return X
        flags = _joined((revenue.flags, costs.flags))
        cents = revenue.value * 100, costs.value * 100
        return Told(cents[0] * 100 / cents[1], int(cents[0]), int(cents[1]), flags=flags)

    def _saved(self) -> Iterator[Answer]:
        """Give the answers after which a trip by car to the office was not made, and none elsewhere instead."""
        yield from (one for one in self._answers if one.would_drive and one.distance and one.mode != "car")

    def _km(self, end: int) -> int:
        return sum(2 * KM[one.distance][end] for one in self._saved())

    def _co2(self, end: int) -> Told:
        if any(self._ags[one.space] not in self._grams for one in self._answers):
            return X
        grams = sum(2 * KM[one.distance][end] * self._grams[self._ags[one.space]] for one in self._saved())
        return Told(Fraction(grams, 1000), grams, cases=len(self._answers))

    def figures(self, visits: int) -> dict[str, Told]:
        """Return every figure that people wrote down or answered.

        Args:
            visits: of the place and period.
        """
        counts = {figure: self._count(figure) for figure in COUNTS}
        n, saved = len(self._answers), len(list(self._saved()))
        of_ways = {
            "way_answers": _plain(n, cases=n),
            "way_response_rate": _rate(_plain(n), _plain(visits)),
            "way_drivers": _plain(saved, cases=n),
            "way_driver_share": _rate(_plain(saved), _plain(n)),
            "way_km_low": _plain(self._km(0), cases=n),
            "way_km_high": _plain(self._km(1), cases=n),
            "way_co2_low": self._co2(0),
            "way_co2_high": self._co2(1),
        }
        return {
            **counts,
            "cost_cover": self._cost_cover(),
            "survey_response_rate": _rate(counts["survey_answers"], counts["survey_asked"]),
            "survey_satisfaction": _rate(counts["survey_satisfied"], counts["survey_answers"]),
            **(of_ways if n else dict.fromkeys(of_ways, X)),
        }
