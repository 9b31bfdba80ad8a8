"""Every derived number once more, from printed rows alone and written apart from the code under test (S4)."""

from collections.abc import Mapping, Sequence
from fractions import Fraction
from math import ceil, floor

from hub.domain.disclosure import Nesting
from hub.domain.statistics.findings import NETWORK, Place, PlaceLevel
from hub.domain.statistics.periods import Span
from hub.domain.statistics.printed import Printed, ValueStatus

Key = tuple[Place, str, Span]
SUMMED = ("visits", "bookings", "no_shows")
MEANS = {
    "occupancy": ("open_hours", "sensed_desks"),
    "access_occupancy": ("access_hours", "sensed_desks"),
    "noon_occupancy": ("open_days", "sensed_desks"),
}


def spaces_in(nesting: Nesting, place: Place) -> list[Place]:
    if place.level is PlaceLevel.SPACE:
        return [place]
    ids = [
        id_
        for town, ids in nesting.spaces.items()
        if place in (NETWORK, Place(PlaceLevel.TOWN, town))
        for id_ in ids
    ]
    return [Place(PlaceLevel.SPACE, id_) for id_ in ids]


def latest(releases: Sequence[Sequence[Printed]]) -> dict[Key, Printed]:
    return {(row.place, row.figure, row.period): row for rows in releases for row in rows}


def wrong_rows(releases: Sequence[Sequence[Printed]], nesting: Nesting) -> list[str]:
    """Return what of the last release is not arithmetic on printed rows."""
    known = latest(releases)
    found = []
    for row in releases[-1]:
        wanted = expected(known, nesting, row)
        if wanted is None:
            continue
        got = span_of(row)
        if got != wanted:
            found.append(f"{row.place.id} {row.figure} {row.period}: {got} ({row.reason}) and not {wanted}")
    return found


def span_of(row: Printed) -> tuple[Fraction, Fraction | None] | str:
    if row.value is not None:
        return Fraction(row.value), Fraction(row.value)
    if row.low is not None:
        return Fraction(row.low), None if row.high is None else Fraction(row.high)
    return "nothing"


def expected(
    known: Mapping[Key, Printed], nesting: Nesting, row: Printed
) -> tuple[Fraction, Fraction | None] | str | None:
    """Return what a derived row must be; None for a row that is none."""
    spaces = spaces_in(nesting, row.place)
    is_long = not row.period.is_month
    is_total = is_long or row.place.level is not PlaceLevel.SPACE
    if row.figure in (*SUMMED, *MEANS) and is_total:
        cells = [(space, Span.of_month(month)) for space in spaces for month in row.period.months()]
        parts = [known.get((space, row.figure, month)) for space, month in cells]
        if row.figure in SUMMED:
            return _sum(parts)
        return _mean(known, row.figure, cells, parts)
    if row.figure in ("users", "new_users", "returning_users") and row.place.level is not PlaceLevel.SPACE:
        parts = [known.get((space, row.figure, row.period)) for space in spaces]
        return _persons(parts, may_overlap=row.figure != "users")
    if row.figure == "no_show_rate":
        cells = [(space, Span.of_month(month)) for space in spaces for month in row.period.months()]
        return _rate(known, row, cells)
    if row.figure == "visits_per_open_hour":
        return _ratio(known, row, "visits", "open_hours", 100)
    if row.figure == "visits_per_desk":
        return _ratio(known, row, "visits", "desks", 1)
    return None


def _there(parts: Sequence[Printed | None]) -> list[Printed | None]:
    return [one for one in parts if one is None or one.status is not ValueStatus.NOT_APPLICABLE]


def _bounds(parts: Sequence[Printed | None]) -> list[tuple[Fraction, Fraction | None]] | None:
    rows = _there(parts)
    spans = [span_of(one) for one in rows if one is not None]
    found = [one for one in spans if not isinstance(one, str)]
    return found if found and len(found) == len(rows) else None


def _sum(parts: Sequence[Printed | None]) -> tuple[Fraction, Fraction | None] | str:
    found = _bounds(parts)
    if found is None:
        return "nothing"
    lows = sum((low for low, _ in found), Fraction(0))
    if any(high is None for _, high in found):
        return lows, None
    return lows, sum((high or Fraction(0) for _, high in found), Fraction(0))


def _persons(parts: Sequence[Printed | None], *, may_overlap: bool) -> tuple[Fraction, Fraction | None] | str:
    found = _bounds(parts)
    if found is None:
        return "nothing"
    low = Fraction(0) if may_overlap and len(found) > 1 else max(low for low, _ in found)
    if any(high is None for _, high in found):
        return low, None
    return low, sum((high or Fraction(0) for _, high in found), Fraction(0))


def _mean(
    known: Mapping[Key, Printed],
    figure: str,
    cells: Sequence[tuple[Place, Span]],
    parts: Sequence[Printed | None],
) -> tuple[Fraction, Fraction | None] | str:
    found = _bounds(parts)
    if found is None:
        return "nothing"
    hours, desks = MEANS[figure]
    weights = []
    for (space, month), one in zip(cells, parts, strict=True):
        if one is not None and one.status is ValueStatus.NOT_APPLICABLE:
            continue
        weight = Fraction(1)
        for name in (hours, desks):
            weight *= Fraction(known[space, name, month].value or 0)
        weights.append(weight)
    whole = sum(weights, Fraction(0))
    low = sum((weight * one[0] for weight, one in zip(weights, found, strict=True)), Fraction(0)) / whole
    high = (
        sum((weight * (one[1] or 0) for weight, one in zip(weights, found, strict=True)), Fraction(0)) / whole
    )
    if low == high:
        rounded = Fraction(floor(low + Fraction(1, 2)))
        return rounded, rounded
    return Fraction(floor(low)), Fraction(ceil(high))


def _rate(
    known: Mapping[Key, Printed], row: Printed, cells: Sequence[tuple[Place, Span]]
) -> tuple[Fraction, Fraction | None] | str:
    """Return from the fewest of the most to the most of the fewest that the printed numbers can stand for."""
    no_shows = known.get((row.place, "no_shows", row.period))
    bookings = known.get((row.place, "bookings", row.period))
    if no_shows is None or bookings is None or no_shows.value is None or bookings.value is None:
        return "nothing"
    if bookings.value < 30:
        return "nothing"
    ends = []
    for name, count in (("no_shows", no_shows), ("bookings", bookings)):
        parts = [known.get((space, name, month)) for space, month in cells]
        tens = sum(one is not None and one.value is not None for one in parts)
        assert count.value is not None
        ends.append((max(int(count.value) - 5 * tens, 0), int(count.value) + 4 * tens))
    (few, many), (least, most) = ends
    return Fraction(few * 100 // most), Fraction(min(100, -(-many * 100 // max(least, 1))))


def _ratio(
    known: Mapping[Key, Printed], row: Printed, upper: str, lower: str, scale: int
) -> tuple[Fraction, Fraction | None] | str:
    above, below = known.get((row.place, upper, row.period)), known.get((row.place, lower, row.period))
    if above is None or below is None or not below.value:
        return "nothing"
    span = span_of(above)
    if isinstance(span, str):
        return "nothing"
    by = Fraction(below.value)

    def tenth(value: Fraction) -> Fraction:
        return Fraction(floor(value * scale / by * 10 + Fraction(1, 2)), 10)

    return tenth(span[0]), None if span[1] is None else tenth(span[1])
