"""P8: an extract for a study shows nobody, and joins to nothing."""

from collections import Counter
from collections.abc import Sequence
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.domain.disclosure.research import (
    ANY_ACTIVE,
    ANY_VISITS,
    KEEP_FOR,
    TWO_VISITS,
    Record,
    Study,
    check_study,
    extract,
    year_of,
)
from hub.domain.disclosure.rules import PERSON_BANDS, Band
from hub.domain.errors import RuleRefused
from hub.domain.statistics.facts import Contribution
from hub.domain.statistics.periods import Month, Span

SITE = {"halle": "12070424", "bahnhof": "12070424", "club": "01053090"}
KEY, OTHER_KEY = b"k" * 32, b"o" * 32
TODAY = date(2027, 2, 10)
STUDY = Study(
    "Kleinstadt 2026", "Dr. Lena Vogt, Hochschule Harz", "Az. 41/2027 vom 12.01.2027", date(2028, 2, 1)
)


def person(
    name: str, visits: int, months: int = 1, space: str = "halle", year: int = 2026
) -> list[Contribution]:
    """Return somebody with so many visits in the year, in so many months."""
    each, rest = divmod(visits, months)
    return [
        Contribution(space, date(year, 1 + month, 1), name, each + (rest if month == 0 else 0))
        for month in range(months)
    ]


def people(prefix: str, count: int, visits: int, months: int = 1, space: str = "halle") -> list[Contribution]:
    """Return so many alike."""
    return [one for at in range(count) for one in person(f"{prefix}{at}", visits, months, space)]


def told(rows: Sequence[Contribution], key: bytes = KEY) -> tuple[Record, ...]:
    return extract(rows, SITE, 2026, key)


def cells(records: Sequence[Record]) -> Counter[tuple[Band, Band, Band]]:
    return Counter((one.visits, one.months, one.persons) for one in records)


def test_five_in_each_class_are_told_apart() -> None:
    records = told([*people("a", 5, 6, 2), *people("b", 5, 60, 10)])
    assert cells(records) == {
        (Band(1, 11), Band(1, 3), Band(5, 9)): 5,
        (Band(48, None), Band(9, 12), Band(5, 9)): 5,
    }


def test_one_class_of_four_makes_the_classes_of_its_space_coarser() -> None:
    records = told([*people("a", 9, 6, 2), *people("b", 4, 20, 5), *people("c", 5, 60, 10)])
    # Four with 20 visits join the nine below 24; months are told of nobody any more.
    assert cells(records) == {
        (TWO_VISITS[0], ANY_ACTIVE[0], Band(10, 19)): 10,
        (TWO_VISITS[1], ANY_ACTIVE[0], Band(5, 9)): 5,
    }


@pytest.mark.parametrize(
    ("count", "shown"), [(0, 0), (4, 0), (5, 5), (9, 5), (10, 10), (19, 10), (20, 20), (26, 20)]
)
def test_a_space_has_as_many_records_as_its_band_begins_with(count: int, shown: int) -> None:
    assert len(told(people("a", count, 3))) == shown


def test_what_all_have_in_common_is_told_of_nobody() -> None:
    records = told(people("a", 7, 200, 12))
    assert {(one.visits, one.months) for one in records} == {(ANY_VISITS[0], ANY_ACTIVE[0])}


def test_who_objected_and_who_did_not_come_count_for_nobody() -> None:
    rows = people("a", 5, 3)
    assert told([rows[0]._replace(opted_in=False), *rows[1:]]) == ()
    assert told([rows[0]._replace(visits=0), *rows[1:]]) == ()


def test_other_years_and_other_spaces_are_not_in_it() -> None:
    rows = people("a", 6, 3)
    more = [*person("x", 9, 3, "fremd"), *person("y", 9, 3, "halle", 2025)]
    assert told([*rows, *more]) == told(rows)


def test_one_person_in_two_spaces_or_two_extracts_has_names_that_do_not_meet() -> None:
    here, there = people("a", 6, 3), people("a", 6, 3, space="bahnhof")
    names = [one.name for one in told([*here, *there])]
    assert len(set(names)) == len(names) == 10
    assert not {one.name for one in told(here, OTHER_KEY)} & set(names)
    assert not any(one.person in names for one in here)


def test_one_person_in_two_years_has_names_that_do_not_meet() -> None:
    rows = people("a", 6, 3)
    before = [one._replace(month=date(2025, 1, 1)) for one in rows]
    both = [extract([*rows, *before], SITE, year, KEY) for year in (2025, 2026)]
    assert not {one.name for one in both[0]} & {one.name for one in both[1]}


def test_no_record_has_a_month_a_day_or_an_exact_number() -> None:
    assert set(Record._fields) == {"ags", "space", "year", "name", "visits", "months", "persons"}


POPULATION = st.lists(
    st.tuples(st.sampled_from(sorted(SITE)), st.integers(1, 250), st.integers(1, 12)), min_size=0, max_size=40
)


@given(POPULATION)
def test_every_record_looks_like_five_persons_or_more(population: list[tuple[str, int, int]]) -> None:
    rows = [
        one
        for at, (space, visits, months) in enumerate(population)
        for one in person(f"p{at}", max(visits, months), months, space)
    ]
    records = told(rows)
    for space in SITE:
        own = [(max(visits, months), months) for name, visits, months in population if name == space]
        mine = [one for one in records if one.space == space]
        assert bool(mine) == (len(own) >= 5)
        for (visits, months, persons), shown in cells(mine).items():
            alike = sum(
                visits.low <= came <= (visits.high or came)
                and months.low <= active <= (months.high or active)
                for came, active in own
            )
            assert alike >= 5
            assert persons == next(band for band in reversed(PERSON_BANDS) if alike >= band.low)
            assert shown == persons.low <= alike


@given(POPULATION)
def test_a_town_s_extract_is_those_of_its_spaces(population: list[tuple[str, int, int]]) -> None:
    rows = [
        one
        for at, (space, visits, months) in enumerate(population)
        for one in person(f"p{at}", max(visits, months), months, space)
    ]
    apart = [one for space in sorted(SITE) for one in extract(rows, {space: SITE[space]}, 2026, KEY)]
    assert list(told(rows)) == apart


@pytest.mark.parametrize(
    ("days", "is_refused"), [(0, True), (1, False), (KEEP_FOR.days, False), (KEEP_FOR.days + 1, True)]
)
def test_an_extract_has_an_end_that_can_be_waited_for(days: int, is_refused: bool) -> None:
    study = STUDY._replace(delete_by=TODAY + timedelta(days=days))
    if is_refused:
        with pytest.raises(RuleRefused, match="give a day from 2027-02-11 to 2029-02-10"):
            check_study(study, TODAY)
    else:
        assert check_study(study, TODAY) == study


@pytest.mark.parametrize(
    "study",
    [STUDY._replace(name=" "), STUDY._replace(recipient=" "), STUDY._replace(contract=" ")],
    ids=["name", "recipient", "contract"],
)
def test_an_extract_is_for_somebody_named_under_a_contract(study: Study) -> None:
    with pytest.raises(RuleRefused, match="missing or too short"):
        check_study(study, TODAY)


def test_only_a_whole_calendar_year_is_extracted() -> None:
    assert year_of(Span.of_year(2026)) == 2026
    for span in (
        Span.of_month(Month(2026, 6)),
        Span(Month(2025, 7), Month(2026, 6)),
        Span(Month(2025, 1), Month(2026, 12)),
    ):
        with pytest.raises(RuleRefused, match="no calendar year"):
            year_of(span)
