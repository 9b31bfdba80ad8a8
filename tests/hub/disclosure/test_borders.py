"""Where one thing becomes another: the numbers at each border, and beside it."""

from dataclasses import replace
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Final

import pytest

from hub.domain.disclosure import Nesting, disclose
from hub.domain.disclosure.rules import cap_of, share_band, to_ten
from hub.domain.space import Phase, Space, SpaceKind, Town
from hub.domain.statistics.figures import Grain
from hub.domain.statistics.findings import Finding, Flag, Missing, Place, PlaceLevel
from hub.domain.statistics.periods import Month, Span
from hub.domain.statistics.printed import Printed, ValueStatus
from tests.hub.disclosure.world import FIGURES

HERE: Final = Place(PlaceLevel.SPACE, "here")
AGS: Final = "06439012"
TOWN: Final = Place(PlaceLevel.TOWN, AGS)
MARCH: Final = Span.of_month(Month(2026, 3))
YEAR: Final = Span.of_year(2026)
NESTING: Final = Nesting({AGS: ("here",)})


def persons(number: int) -> frozenset[str]:
    return frozenset(f"p{at}" for at in range(number))


def printed(
    *findings: Finding, ledger: tuple[Printed, ...] = (), nesting: Nesting = NESTING
) -> dict[str, Printed]:
    rows = disclose(findings, ledger, nesting=nesting, registry=FIGURES)
    return {row.figure: row for row in rows if row.place == findings[-1].place}


def open_days(days: int) -> Finding:
    return Finding(HERE, MARCH, "open_days", Decimal(days))


def visits(value: int, who: int) -> Finding:
    return Finding(HERE, MARCH, "visits", Decimal(value), persons=persons(who))


def share(value: str, *, top: Fraction = Fraction(1, 5), valid: Fraction | None = None) -> Finding:
    return Finding(
        HERE, MARCH, "occupancy", Decimal(value), persons=persons(9), top_share=top, valid_share=valid
    )


@pytest.mark.parametrize(
    ("value", "ten"), [(0, 0), (4, 0), (5, 10), (14, 10), (15, 20), (44, 40), (45, 50), (54, 50)]
)
def test_half_cases_go_up(value: int, ten: int) -> None:
    assert to_ten(value) == ten


@pytest.mark.parametrize(
    ("percent", "low"), [("0", 0), ("24.999", 0), ("25", 25), ("50", 25), ("50.001", 50), ("100", 50)]
)
def test_bands_of_desk_time(percent: str, low: int) -> None:
    assert share_band(Decimal(percent)).low == low


@pytest.mark.parametrize(("who", "reason"), [(0, "few_persons"), (4, "few_persons"), (5, ""), (6, "")])
def test_five_persons(who: int, reason: str) -> None:
    assert printed(open_days(21), visits(40, who))["visits"].reason == reason


def test_who_only_booked_is_none_of_those_who_came() -> None:
    assert printed(open_days(21), visits(4, 9))["visits"].reason == "few_persons"


@pytest.mark.parametrize(
    ("value", "who", "days", "wanted"),
    [
        (104, 5, 21, (100, None)),
        (105, 5, 21, (None, 110)),
        (190, 9, 21, (None, 110)),
        (190, 10, 21, (190, None)),
        (204, 19, 21, (200, None)),
        (206, 19, 21, (None, 210)),
        (206, 20, 21, (210, None)),
        (600, 30, 21, (None, 420)),
        (20, 5, 4, (None, 20)),
    ],
)
def test_visits_are_capped_where_they_would_tell_persons(
    value: int, who: int, days: int, wanted: tuple[int | None, int | None]
) -> None:
    row = printed(open_days(days), visits(value, who))["visits"]
    assert (row.value, row.low) == wanted
    assert row.high is None


@pytest.mark.parametrize("low", [5, 10, 20])
@pytest.mark.parametrize("days", range(4, 32))
def test_what_a_cap_tells_is_where_the_band_begins(low: int, days: int) -> None:
    # The least number of visits that is printed at a cap comes from no more persons than that.
    assert -(-(cap_of(low, days) - 5) // days) <= low < -(-(cap_of(low, days) + 5) // days)


@pytest.mark.parametrize(("days", "reason"), [(3, "few_days"), (4, ""), (1, "few_days")])
def test_a_month_of_few_days_prints_no_use(days: int, reason: str) -> None:
    row = printed(open_days(days), visits(10, 5))["visits"]
    assert (row.reason == "few_days") is (reason == "few_days")


@pytest.mark.parametrize(
    ("top", "value", "reason"),
    [(Fraction(1, 2), 42, ""), (Fraction(501, 1000), None, "dominance_band")],
)
def test_more_than_half_of_one_person(top: Fraction, value: int | None, reason: str) -> None:
    row = printed(open_days(21), visits(60, 9), share("41.5", top=top))["occupancy"]
    assert row.value == value
    assert row.reason == reason


@pytest.mark.parametrize(
    ("valid", "status", "pct"),
    [
        (Fraction(79999, 100000), ValueStatus.UNRELIABLE, 79),
        (Fraction(80, 100), ValueStatus.OK, 80),
        (Fraction(1), ValueStatus.OK, 100),
    ],
)
def test_below_80_per_cent_of_data_it_is_unreliable(valid: Fraction, status: ValueStatus, pct: int) -> None:
    row = printed(open_days(21), visits(60, 9), share("41.5", valid=valid))["occupancy"]
    assert (row.status, row.valid_pct) == (status, pct)


@pytest.mark.parametrize(
    ("bookings", "no_shows", "range_", "reason"),
    [
        (24, 5, (None, None), "few_cases"),
        # 5 to 14 of 25 to 34.
        (25, 5, (14, 56), "of_rounded"),
        # None to 4 of 50 to 59 bookings: no 0 %.
        (54, 4, (0, 9), "of_rounded"),
        (100, 14, (4, 15), "of_rounded"),
        (100, 15, (14, 26), "of_rounded"),
        (30, 30, (73, 100), "of_rounded"),
    ],
)
def test_no_rate_below_20_cases_and_every_rate_is_of_printed_numbers(
    bookings: int, no_shows: int, range_: tuple[int | None, int | None], reason: str
) -> None:
    counts = {"bookings": bookings, "no_shows": no_shows}
    rows = printed(
        open_days(21),
        visits(60, 9),
        *(Finding(HERE, MARCH, name, Decimal(number), persons=persons(9)) for name, number in counts.items()),
        Finding(HERE, MARCH, "no_show_rate", Decimal(0), persons=persons(9), cases=bookings),
    )
    rate = rows["no_show_rate"]
    assert ((rate.low, rate.high), rate.value, rate.reason) == (range_, None, reason)


def test_a_desk_without_a_sensor_is_x() -> None:
    row = printed(Finding(HERE, MARCH, "occupancy", None, Missing.NOT_APPLICABLE))["occupancy"]
    assert (row.status, row.reason) == (ValueStatus.NOT_APPLICABLE, "no_sensor")


def test_a_closed_month_is_x_and_not_hidden() -> None:
    closed = [Finding(HERE, MARCH, name, Decimal(0)) for name in ("open_days", "open_hours", "access_hours")]
    assert printed(*closed, visits(0, 0))["visits"].reason == "closed"


def test_a_count_by_hand_is_printed_where_the_measured_one_is() -> None:
    by_hand = Finding(HERE, MARCH, "hand_count", Decimal(43), flags=frozenset({Flag.ESTIMATED}))
    enquiries = Finding(HERE, MARCH, "enquiries", Decimal(3))
    shown = printed(open_days(21), visits(40, 5), by_hand, enquiries)
    assert (shown["hand_count"].value, shown["hand_count"].status) == (Decimal(40), ValueStatus.ESTIMATED)
    hidden = printed(open_days(21), visits(40, 4), by_hand, enquiries)
    assert hidden["hand_count"].status is ValueStatus.SUPPRESSED
    assert hidden["enquiries"].value == 0


def test_guests_of_a_town_are_those_of_its_spaces_and_its_own() -> None:
    here = Finding(HERE, MARCH, "event_guests", Decimal(26))
    rows = disclose(
        [here, Finding(TOWN, MARCH, "event_guests", Decimal(66))], (), nesting=NESTING, registry=FIGURES
    )
    assert [row.value for row in rows] == [30, 70]
    alone = [Finding(HERE, MARCH, "event_guests", None, Missing.NOT_APPLICABLE)]
    alone += [Finding(TOWN, MARCH, "event_guests", Decimal(66))]
    assert disclose(alone, (), nesting=NESTING, registry=FIGURES)[1].value == 70


def test_what_nobody_wrote_down_is_not_said_to_be_impossible() -> None:
    rows = printed(Finding(HERE, MARCH, "enquiries", None, Missing.NOT_APPLICABLE))
    assert (rows["enquiries"].status, rows["enquiries"].reason) == (
        ValueStatus.NOT_APPLICABLE,
        "not_collected",
    )


def test_a_correction_is_marked_and_a_form_stays() -> None:
    first = disclose([open_days(21), visits(40, 5)], (), nesting=NESTING, registry=FIGURES)
    more = printed(open_days(21), visits(47, 6), ledger=first)["visits"]
    assert more.value == 50
    assert (more.status, more.flags) == (ValueStatus.REVISED, frozenset({Flag.REVISED}))
    # The same number in a third version is still one that readers were told otherwise at first.
    assert printed(open_days(21), visits(47, 6), ledger=(*first, more))["visits"] == more
    fewer = printed(open_days(21), visits(30, 4), ledger=first)["visits"]
    assert fewer == first[1]
    capped = printed(open_days(21), visits(140, 7), ledger=first)["visits"]
    assert capped == first[1]


def test_parts_of_a_year_are_not_printed_beside_its_months() -> None:
    parts = {**FIGURES, "stays": replace(FIGURES["visits"], id="stays", grain=Grain.YEAR)}
    stays = Finding(HERE, YEAR, "stays", Decimal(300), persons=persons(9))
    assert disclose([stays], (), nesting=NESTING, registry=parts)[0].reason == "secondary"


@pytest.mark.parametrize(
    ("last", "run"),
    [
        (date(2026, 8, 31), Span(Month(2026, 5), Month(2026, 8))),
        (date(2026, 8, 30), Span(Month(2026, 5), Month(2026, 8))),
        (date(2026, 5, 1), Span(Month(2026, 5), Month(2026, 5))),
        (None, None),
    ],
)
def test_the_run_of_a_pop_up(last: date | None, run: Span | None) -> None:
    popup = Space("here", "winkel", "Hier", SpaceKind.POP_UP, Phase.POP_UP, date(2026, 5, 1), valid_to=last)
    lasting = Space(
        "there", "winkel", "Da", SpaceKind.COWORKING, Phase.OPERATION, date(2026, 5, 1), valid_to=last
    )
    nesting = Nesting.of(
        [Town("winkel", AGS, "Winkel", "HE", spaces=(popup, lasting)), Town("leer", "14628060", "Leer", "SN")]
    )
    assert nesting.spaces == {AGS: ("here", "there"), "14628060": ()}
    assert nesting.runs.get("here") == run
    assert "there" not in nesting.runs


@pytest.mark.parametrize(("who", "is_few"), [(4, True), (5, False)])
@pytest.mark.parametrize(
    "period", [YEAR, Span(Month(2026, 5), Month(2026, 8)), Span(Month(2026, 4), Month(2026, 9))]
)
def test_S9_a_pop_up_with_few_in_its_whole_run_says_so(who: int, is_few: bool, period: Span) -> None:  # noqa: N802
    run = Span(Month(2026, 5), Month(2026, 8))
    nesting = Nesting({AGS: ("here",)}, {"here": run})
    months = [Span.of_month(month) for month in run.months()]
    rows = printed(
        *(Finding(HERE, month, "open_days", Decimal(21)) for month in months),
        *(Finding(HERE, month, "visits", Decimal(30), persons=persons(who)) for month in months),
        Finding(HERE, period, "users", Decimal(who), persons=persons(who)),
        nesting=nesting,
    )
    assert rows["open_days"].value == 21
    assert (rows["visits"].reason == "popup_few_persons") is is_few
    assert (rows["users"].reason == "popup_few_persons") is is_few
    assert rows["users"].low == (None if is_few else 5)
