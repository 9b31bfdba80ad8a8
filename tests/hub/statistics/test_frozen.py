"""F2: a report is frozen as one text with one checksum, and comes back to the last digit."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.domain.errors import NotTrue
from hub.domain.statistics.findings import NETWORK, Flag, Place, PlaceLevel
from hub.domain.statistics.frozen import checksum_of, freeze, from_text, rows_digest, to_text
from hub.domain.statistics.periods import Month, Span
from hub.domain.statistics.printed import Printed, ValueStatus
from tests.hub.statistics.reports import report

numbers = st.none() | st.decimals(allow_nan=False, allow_infinity=False)
months = st.builds(Month, st.integers(2000, 2099), st.integers(1, 12))
printed = st.builds(
    Printed,
    place=st.builds(Place, st.sampled_from(PlaceLevel), st.text(max_size=9)),
    period=st.builds(lambda a, b: Span(min(a, b), max(a, b)), months, months),
    figure=st.text(max_size=9),
    status=st.sampled_from(ValueStatus),
    value=numbers,
    low=numbers,
    high=numbers,
    reason=st.text(max_size=9),
    valid_pct=st.none() | st.integers(0, 100),
    flags=st.frozensets(st.sampled_from(Flag)),
)


@given(st.lists(printed, max_size=4))
def test_F2_what_is_read_is_what_was_frozen_and_has_the_same_text(found: list[Printed]) -> None:  # noqa: N802
    frozen = freeze(report(rows=tuple(found)))
    again = from_text(to_text(frozen))
    assert again == frozen
    assert to_text(again) == to_text(frozen)


def test_the_whole_report_comes_back() -> None:
    for subject in (report().subject, NETWORK):
        frozen = freeze(report(subject))
        assert from_text(to_text(frozen)) == frozen
        assert not frozen.is_preliminary


def test_a_zero_more_is_another_text_and_another_checksum() -> None:
    one, other = (
        Printed(NETWORK, Span.of_year(2026), "visits", ValueStatus.OK, Decimal(text))
        for text in ("1.5", "1.50")
    )
    assert checksum_of(report(rows=(one,))) != checksum_of(report(rows=(other,)))


def test_the_checksum_holds_the_rows_the_day_and_the_packages() -> None:
    frozen = freeze(report())
    for changed in (
        {"made_on": date(2027, 1, 19)},
        {"packages": (("holidays", "1"),)},
        {"rows": frozen.rows[1:]},
    ):
        assert freeze(report(**changed)).checksum != frozen.checksum
    assert rows_digest(frozen.rows) == rows_digest(replace(frozen, made_on=date(2027, 1, 19)).rows)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        pytest.param('"950"', '"951"', id="a number"),
        pytest.param('"format":1', '"format":2', id="a format to come"),
        pytest.param('"status":"suppressed"', '"status":"ok"', id="what was hidden"),
        pytest.param('"rows"', '"lines"', id="a part that is missing"),
        pytest.param("}", "", id="the end"),
    ],
)
def test_a_text_that_somebody_changed_is_refused(old: str, new: str) -> None:
    text = to_text(freeze(report()))
    assert old in text
    with pytest.raises(NotTrue, match="restore it from a backup"):
        from_text(text.replace(old, new))
