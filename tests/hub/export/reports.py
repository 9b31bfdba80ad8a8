"""Reports made by hand: every status, umlauts, names that look like formulas, a town without a space."""

from datetime import date
from decimal import Decimal
from typing import Any, Final

from hub.domain.statistics.findings import NETWORK, Flag, Place, PlaceLevel
from hub.domain.statistics.periods import Month, Span
from hub.domain.statistics.printed import Audience, PlaceNote, Printed, Report, Target, ValueStatus

TOWN: Final = Place(PlaceLevel.TOWN, "12070424")
SPACE: Final = Place(PlaceLevel.SPACE, "wittenberge")
CLUB: Final = Place(PlaceLevel.SPACE, "formel")
MOELLN: Final = Place(PlaceLevel.TOWN, "01053090")
DIPPS: Final = Place(PlaceLevel.TOWN, "14628060")
YEAR: Final = Span.of_year(2026)

WITTENBERGE: Final = PlaceNote(
    TOWN, "Wittenberge", town="Wittenberge", ags="12070424", land="BB", inhabitants=16_900,
    inhabitants_on=date(2024, 12, 31), desks=12, sensed_desks=10,
)  # fmt: skip
STATION: Final = PlaceNote(
    SPACE, "Bahnhof Wittenberge", town="Wittenberge", ags="12070424", land="BB", kind="coworking",
    phase="operation", desks=8, sensed_desks=8,
)  # fmt: skip
FORMULA: Final = PlaceNote(
    CLUB, '=HYPERLINK("http://x";"Grüß Gott") #[*_$', town="Wittenberge", ags="12070424", land="BB",
    kind="pop-up", phase="pop-up", desks=4, sensed_desks=2,
)  # fmt: skip

_VISITS: Final = (None, 20, 30, 40, 40, 50, 40, None, 60, 70, 60, 40)
_BOOKED: Final = (18, 22, 31, 35, 38, 41, 30, 12, 44, 52, 47, 33)
_IN_USE: Final = ("12.5", "15.5", "24", "27.5", "30", "33.5", None, None, "38", "45.5", "41", "28")


def printed(place: Place, period: Span, figure: str, value: Any = None, **more: Any) -> Printed:
    status = more.pop("status", ValueStatus.OK)
    return Printed(place, period, figure, status, None if value is None else Decimal(str(value)), **more)


def months(place: Place, year: int = 2026) -> list[Printed]:
    """Return a year of months: visits with two hidden, occupancy with an outage, bookings, events."""
    rows = []
    for number in range(12):
        month = Span.of_month(Month(year, number + 1))
        visits, in_use = _VISITS[number], _IN_USE[number]
        if visits is None:
            hidden = "few_persons" if number == 0 else "secondary"
            rows.append(printed(place, month, "visits", status=ValueStatus.SUPPRESSED, reason=hidden))
        else:
            rows.append(printed(place, month, "visits", visits, status=ValueStatus.ROUNDED))
        rows.append(printed(place, month, "events", number % 3))
        rows.append(printed(place, month, "booking_utilisation", _BOOKED[number]))
        if number == 3:
            rows.append(
                printed(place, month, "occupancy", status=ValueStatus.ROUNDED, low=Decimal(25), high=Decimal(50),
                        reason="dominance_band", valid_pct=97)
            )  # fmt: skip
        elif in_use is None:
            little = {"status": ValueStatus.UNRELIABLE, "reason": "little_data", "valid_pct": 61}
            rows.append(printed(place, month, "occupancy", **little))
        else:
            rows.append(printed(place, month, "occupancy", in_use, valid_pct=99))
    return rows


def whole(place: Place, period: Span = YEAR) -> list[Printed]:
    """Return a whole year's figures, with every status."""
    return [
        printed(place, period, "desks", 12),
        printed(place, period, "open_days", 248),
        printed(place, period, "open_hours", "1984.5"),
        printed(place, period, "visits", 450, status=ValueStatus.ROUNDED),
        printed(place, period, "events", 12),
        printed(place, period, "booking_utilisation", "33.6"),
        printed(place, period, "occupancy", "29.6", valid_pct=93),
        printed(place, period, "peak", status=ValueStatus.ROUNDED, low=Decimal(50), reason="dominance_band"),
        printed(place, period, "noon_occupancy", status=ValueStatus.SUPPRESSED, reason="spans_hidden"),
        printed(place, period, "no_show_rate", status=ValueStatus.UNRELIABLE, reason="few_cases"),
        printed(place, period, "users", status=ValueStatus.ROUNDED, low=Decimal(10), high=Decimal(19),
                reason="person_band"),
        printed(place, period, "new_users", status=ValueStatus.ROUNDED, low=Decimal(0), high=Decimal(4)),
        printed(place, period, "returning_users", status=ValueStatus.PENDING, reason="not_over"),
        printed(place, period, "hand_count", 130, status=ValueStatus.ESTIMATED, flags=frozenset({Flag.ESTIMATED})),
        printed(place, period, "enquiries", 20, status=ValueStatus.REVISED),
        printed(place, period, "event_guests", 0),
        printed(place, period, "visits_per_desk", "37.5", flags=frozenset({Flag.PRELIMINARY})),
    ]  # fmt: skip


def town_report(**more: Any) -> Report:
    """Return the report of a town with two spaces, frozen."""
    given: dict[str, Any] = {
        "subject": TOWN,
        "period": YEAR,
        "audience": Audience.PUBLIC,
        "version": 1,
        "made_on": date(2027, 1, 20),
        "publisher": "Stadt Wittenberge",
        "places": (WITTENBERGE, STATION, FORMULA),
        "rows": (*whole(TOWN), *months(TOWN), *whole(SPACE), printed(CLUB, YEAR, "desks", 4),
                 printed(CLUB, YEAR, "visits", status=ValueStatus.SUPPRESSED, reason="popup_few_persons"),
                 printed(CLUB, YEAR, "occupancy", status=ValueStatus.NOT_APPLICABLE, reason="no_sensor")),
        "targets": (
            Target(TOWN, "visits", YEAR, Decimal(400), Decimal(150), date(2024, 12, 31), "Förderantrag"),
            Target(TOWN, "occupancy", YEAR, Decimal(40)),
            Target(TOWN, "no_show_rate", YEAR, Decimal(10)),
        ),
        "packages": (("holidays", "0.87"),),
        "checksum": "ab12" * 16,
        "previous": (
            printed(TOWN, Span.of_year(2025), "visits", 380, status=ValueStatus.ROUNDED),
            printed(TOWN, Span.of_year(2025), "occupancy", "31.1"),
            printed(TOWN, Span.of_year(2025), "users", status=ValueStatus.ROUNDED, low=Decimal(5), high=Decimal(9)),
        ),
        "is_preliminary": False,
    }  # fmt: skip
    return Report(**(given | more))


def network_report(**more: Any) -> Report:
    """Return the report of a network, with a town that has no space."""
    rows = [*whole(NETWORK), *months(NETWORK)]
    for place, per_hour in ((TOWN, "22.7"), (MOELLN, "31.4")):
        rows += [
            *months(place),
            printed(place, YEAR, "visits", 450, status=ValueStatus.ROUNDED),
            printed(place, YEAR, "visits_per_open_hour", per_hour),
            printed(place, YEAR, "visits_per_thousand", "26.6"),
        ]
    none = {"status": ValueStatus.NOT_APPLICABLE, "reason": "no_space"}
    rows += [printed(DIPPS, YEAR, figure, **none) for figure in ("visits", "visits_per_open_hour", "events")]
    given: dict[str, Any] = {
        "subject": NETWORK,
        "publisher": "StadtLabor Kleinstadt",
        "places": (
            PlaceNote(NETWORK, "network", desks=20, sensed_desks=18),
            WITTENBERGE,
            PlaceNote(MOELLN, "Mölln", town="Mölln", ags="01053090", land="SH", desks=8, sensed_desks=8),
            PlaceNote(DIPPS, "Dippoldiswalde", town="Dippoldiswalde", ags="14628060", land="SN", has_space=False),
        ),
        "rows": tuple(rows),
        "targets": (),
        "previous": (),
    }  # fmt: skip
    return town_report(**(given | more))


def town_without_space() -> Report:
    """Return the report of Dippoldiswalde."""
    none = {"status": ValueStatus.NOT_APPLICABLE, "reason": "no_space"}
    return town_report(
        subject=DIPPS,
        publisher="Große Kreisstadt Dippoldiswalde",
        places=(
            PlaceNote(DIPPS, "Dippoldiswalde", town="Dippoldiswalde", ags="14628060", land="SN", has_space=False),
        ),
        rows=tuple(printed(DIPPS, YEAR, figure, **none) for figure in ("visits", "events", "occupancy")),
        targets=(),
        previous=(),
    )  # fmt: skip
