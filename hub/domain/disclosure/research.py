"""An extract for one study (requirement P8): records of a year, each of which looks like at least five persons.

A record has no date and no name. It tells in which class of visits, and of months with a visit, a person of a space
was in a calendar year. Its own name is keyed for this extract, space and year: the key is gone when the extract is
made, so that nobody can join it to another one, a person's other spaces, or another year. What one space tells does
not depend on any other: a town's extract is those of its spaces, and subtracting one from another gives a third.

docs/explanation/disclosure.md says what it does not tell, and why.
"""

import hmac
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final, NamedTuple, TypeAlias

from hub.domain.disclosure.rules import FEW, PERSON_BANDS, Band
from hub.domain.errors import RuleRefused
from hub.domain.statistics.facts import Contribution
from hub.domain.statistics.findings import Place
from hub.domain.statistics.periods import Month, Span
from hub.domain.texts import check_text

KEEP_FOR: Final = timedelta(days=731)
"""So long a study may keep its extract at most; no German figure was found."""
KEY_BYTES: Final = 32
_NAME_BYTES: Final = 16
_LEAST: Final = 3
_MONTHS: Final = 12

Classes: TypeAlias = tuple[Band, ...]

VISITS: Final[Classes] = (Band(1, 11), Band(12, 47), Band(48, None))
"""In a year: less than monthly, less than weekly, weekly and more."""
TWO_VISITS: Final[Classes] = (Band(1, 23), Band(24, None))
ANY_VISITS: Final[Classes] = (Band(1, None),)
ACTIVE: Final[Classes] = (Band(1, 3), Band(4, 8), Band(9, _MONTHS))
"""Months of the year with a visit."""
ANY_ACTIVE: Final[Classes] = (Band(1, _MONTHS),)

SCHEMES: Final[tuple[tuple[Classes, Classes], ...]] = (
    (VISITS, ACTIVE),
    (VISITS, ANY_ACTIVE),
    (TWO_VISITS, ANY_ACTIVE),
    (ANY_VISITS, ANY_ACTIVE),
)
"""Classes of visits and of months, finest first: a space gets the first pair in which no class is of few."""


class Study(NamedTuple):
    """For whom an extract is made; all of it stands in each file and in the log.

    Args:
        name: of the study.
        recipient: who gets it, by name and institution.
        contract: where it is agreed that nobody is to be recognised, as its file number and date.
        delete_by: the last day on which the recipient may have it.
    """

    name: str
    recipient: str
    contract: str
    delete_by: date


class Record(NamedTuple):
    """What is told of one person, and as well of everybody else in the same cell.

    Args:
        name: 32 hexadecimal digits that mean nothing elsewhere.
        persons: how many were in that cell; a cell has as many records as this band begins with.
    """

    ags: str
    space: str
    year: int
    name: str
    visits: Band
    months: Band
    persons: Band


@dataclass(frozen=True, slots=True)
class Extract:
    """Records for a study; spaces with fewer than five persons have none, as those with nobody."""

    study: Study
    subject: Place
    year: int
    made_on: date
    records: tuple[Record, ...]


def check_study(study: Study, today: date) -> Study:
    """Return what was said of a study, tidied.

    Raises:
        RuleRefused: when something is missing, or the day of deletion is over or too far away.
    """
    last = today + KEEP_FOR
    if not today < study.delete_by <= last:
        raise RuleRefused(
            f"the extract is to be deleted by {study.delete_by}: give a day from {today + timedelta(days=1)} to {last}",
            code="study_expiry",
            first=today + timedelta(days=1),
            last=last,
        )
    return Study(
        check_text(study.name, "the study's name", least=_LEAST),
        check_text(study.recipient, "the recipient", least=_LEAST),
        check_text(study.contract, "the contract", least=_LEAST),
        study.delete_by,
    )


def year_of(span: Span) -> int:
    """Return the calendar year that a period is.

    Raises:
        RuleRefused: when it is none. Parts of years that overlap would tell single months by subtraction.
    """
    if span != Span(Month(span.first.year, 1), Month(span.first.year, _MONTHS)):
        raise RuleRefused(
            f"{span} is no calendar year: an extract for research is of one whole year, from January to December",
            code="study_year",
        )
    return span.first.year


def extract(
    contributions: Iterable[Contribution], spaces: Mapping[str, str], year: int, key: bytes
) -> tuple[Record, ...]:
    """Return the records of a year, by space, class and name.

    Args:
        contributions: of months; those of other years and spaces, and of whoever takes no part, are left out.
        spaces: by their ids, the AGS of their towns.
        key: of this one extract; whoever made it forgets it.
    """
    visits: dict[str, Counter[str]] = defaultdict(Counter)
    months: dict[str, Counter[str]] = defaultdict(Counter)
    for one in contributions:
        if one.month.year == year and one.space in spaces and one.opted_in and one.visits > 0:
            visits[one.space][one.person] += one.visits
            months[one.space][one.person] += 1
    return tuple(
        record
        for space in sorted(visits)
        for record in _of_space(spaces[space], space, year, (visits[space], months[space]), key)
    )


def _of_space(
    ags: str, space: str, year: int, done: tuple[Mapping[str, int], Mapping[str, int]], key: bytes
) -> list[Record]:
    found = list[Record]()
    for (visits, months), persons in sorted(_cells(*done).items()):
        band = next(band for band in reversed(PERSON_BANDS) if len(persons) >= band.low)
        names = sorted(_name(key, space, year, person) for person in persons)
        # So many as the band begins with: an exact number of people is printed nowhere (S3).
        found += [Record(ags, space, year, name, visits, months, band) for name in names[: band.low]]
    return found


def _cells(visits: Mapping[str, int], months: Mapping[str, int]) -> Mapping[tuple[Band, Band], Sequence[str]]:
    """Return persons by their classes in the finest scheme that tells of nobody, or nothing where none does."""
    for scheme in SCHEMES:
        cells: dict[tuple[Band, Band], list[str]] = defaultdict(list)
        for person, count in visits.items():
            cells[_class(count, scheme[0]), _class(months[person], scheme[1])].append(person)
        # What all of a space have in common would be told of each of them, however many they are.
        tells_all = any(
            len(classes) > 1 and len({cell[at] for cell in cells}) == 1 for at, classes in enumerate(scheme)
        )
        if not tells_all and all(len(persons) >= FEW for persons in cells.values()):
            return cells
    return {}


def _class(count: int, classes: Classes) -> Band:
    return next(one for one in reversed(classes) if count >= one.low)


def _name(key: bytes, space: str, year: int, person: str) -> str:
    return hmac.digest(key, f"{space}|{year}|{person}".encode("ascii"), "sha256")[:_NAME_BYTES].hex()
