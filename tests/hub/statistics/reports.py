"""Reports by hand: of the five towns of the pages' tests, with something of every status and every reason."""

from collections.abc import Iterator, Sequence
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Final

from hub.domain.space import Town
from hub.domain.statistics.findings import NETWORK, Flag, Place, PlaceLevel
from hub.domain.statistics.periods import Month, Span
from hub.domain.statistics.printed import Audience, Printed, Report, Target, ValueStatus
from hub.domain.statistics.releases import notes, subject_of
from hub.site_file.towns import read_site

SITE: Final = Path(__file__).parents[1] / "web" / "five_towns.toml"
YEAR: Final = Span.of_year(2026)
WITTENBERGE, DIPPOLDISWALDE = Place(PlaceLevel.TOWN, "12070424"), Place(PlaceLevel.TOWN, "14628060")
SPACE: Final = Place(PlaceLevel.SPACE, "wittenberge")
MADE_ON: Final = date(2027, 1, 18)
PACKAGES: Final = (("ankerort", "0.9.0"), ("holidays", "0.77"))

MONTHLY: Final = ("visits", "occupancy", "booking_utilisation", "no_show_rate")

TARGET: Final = Target(
    WITTENBERGE, "visits", YEAR, Decimal(1000), Decimal(400), date(2025, 12, 31), "Förderantrag"
)


def towns() -> Sequence[Town]:
    """Return the five towns, Dippoldiswalde without a space among them."""
    return read_site(SITE.read_bytes(), SITE.name).towns


def month(number: int) -> Span:
    """Return a month of 2026."""
    return Span.of_month(Month(2026, number))


def row(
    place: Place, figure: str, value: str | None, span: Span = YEAR, reason: str = "", **more: object
) -> Printed:
    """Return a row: a number, a band as `5-9` or `20-`, or with the status that stands for none."""
    if value in {status.value for status in ValueStatus}:
        return Printed(place, span, figure, ValueStatus(value), reason=reason, **more)  # type: ignore[arg-type]
    assert value is not None
    low, dash, high = value.partition("-")
    if dash:
        top = Decimal(high) if high else None
        return Printed(place, span, figure, ValueStatus.ROUNDED, None, Decimal(low), top, reason, **more)  # type: ignore[arg-type]
    return Printed(place, span, figure, ValueStatus.ROUNDED, Decimal(value), reason=reason, **more)  # type: ignore[arg-type]


def _months(place: Place) -> Iterator[Printed]:
    visits = ("40", "60", "70", "suppressed", "90", "110", "unreliable", "80", "120", "130", "110", "70")
    for number, value in enumerate(visits, 1):
        at, hidden = month(number), value == "suppressed"
        dark = value == "unreliable"
        yield row(
            place,
            "visits",
            value,
            at,
            "few_persons" if hidden else "little_data" if dark else "",
            valid_pct=61 if dark else 97,
        )
        share = value if dark or hidden else str(12 + number)
        yield row(
            place,
            "occupancy",
            share,
            at,
            "few_persons" if hidden else "little_data" if dark else "",
            valid_pct=61 if dark else 97,
        )
        yield row(
            place,
            "booking_utilisation",
            "suppressed" if hidden else str(18 + number),
            at,
            "few_persons" if hidden else "",
        )
        yield row(
            place,
            "no_show_rate",
            "unreliable" if number < 3 else str(20 - number),
            at,
            "few_cases" if number < 3 else "",
        )


def _year(place: Place, scale: int = 1) -> Iterator[Printed]:
    supply = ValueStatus.OK
    for figure, value in (
        ("desks", 12),
        ("sensed_desks", 10),
        ("open_days", 247),
        ("open_hours", 2210),
        ("events", 34),
    ):
        if figure != "open_days" or place.level is PlaceLevel.SPACE:
            yield Printed(place, YEAR, figure, supply, Decimal(value * scale))
    yield row(place, "visits", str(950 * scale), valid_pct=94, flags=frozenset({Flag.PRELIMINARY}))
    yield row(place, "bookings", str(720 * scale))
    yield row(place, "booking_utilisation", "24.5")
    yield row(
        place,
        "occupancy",
        "0-24" if place.level is PlaceLevel.SPACE else "18.5",
        reason="dominance_band" if place.level is PlaceLevel.SPACE else "",
        valid_pct=94,
    )
    yield row(place, "no_show_rate", "11")
    yield row(place, "users", "20-")
    yield row(place, "new_users", "5-9")
    yield row(place, "returning_users", "10-19")
    yield row(place, "enquiries", "60", flags=frozenset({Flag.ESTIMATED}))
    if place.level is not PlaceLevel.SPACE:
        yield row(place, "visits_per_open_hour", "43", valid_pct=94)
        yield row(place, "visits_per_desk", "79.2")


def _nothing(place: Place) -> Iterator[Printed]:
    for figure in ("visits", "occupancy", "users", "visits_per_open_hour", "visits_per_desk"):
        yield row(place, figure, "not_applicable", reason="no_space")


def rows(subject: Place) -> tuple[Printed, ...]:
    """Return the rows of a year."""
    if subject == WITTENBERGE:
        return tuple(
            one for place in (WITTENBERGE, SPACE) for make in (_year, _months) for one in make(place)
        )
    found = list(_year(NETWORK, 4))
    for number, town in enumerate(towns()):
        place = Place(PlaceLevel.TOWN, town.ags)
        found += _nothing(place) if not town.spaces else _year(place, 1 + number % 2)
    return tuple(found)


def report(subject: Place = WITTENBERGE, **changed: object) -> Report:
    """Return the report of a year, as it would be published."""
    values: dict[str, object] = {
        "subject": subject, "period": YEAR, "audience": Audience.PUBLIC, "version": 1, "made_on": MADE_ON,
        "publisher": "Stadt Wittenberge, Stabsstelle Stadtentwicklung",
        "places": notes(subject, subject_of(subject, towns()), YEAR.last_day), "rows": rows(subject),
        "targets": (TARGET,),
        "packages": PACKAGES,
        "previous": (row(WITTENBERGE, "visits", "620", Span.of_year(2025)),),
    }  # fmt: skip
    return Report(**(values | changed))  # type: ignore[arg-type]
