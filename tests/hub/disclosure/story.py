"""Releases one after the other, and what is wrong with them; the judge of every disclosure test."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from hub.domain.disclosure import Nesting, Rules, Solver, disclose
from hub.domain.disclosure.rules import ALL_RULES
from hub.domain.statistics.findings import Finding, PlaceLevel
from hub.domain.statistics.periods import Month, Span
from hub.domain.statistics.printed import Printed
from tests.hub.disclosure import audit_by_z3
from tests.hub.disclosure.recompute import SUMMED, wrong_rows
from tests.hub.disclosure.world import FIGURES, World

OF_PERSONS = ("visits", "bookings", "no_shows", "occupancy", "access_occupancy", "noon_occupancy", "peak")


@dataclass
class Story:
    """Everything that was ever printed of a network."""

    nesting: Nesting
    rules: Rules = ALL_RULES
    solver: Solver | None = None
    releases: list[tuple[Printed, ...]] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)

    def release(self, world: World, span: Span, until: Month | None = None) -> tuple[Printed, ...]:
        """Print a report of the network, and look at it."""
        findings = world.findings(span) if until is None else world.findings(span, until)
        ledger = [row for rows in self.releases for row in rows]
        rows = disclose(
            findings, ledger, nesting=self.nesting, solver=self.solver, rules=self.rules, registry=FIGURES
        )
        assert [(row.place, row.figure, row.period) for row in rows] == [
            (one.place, one.figure, one.period) for one in findings
        ]
        self.wrong += wrong_by_truth(findings, rows, ledger)
        self.releases.append(rows)
        self.wrong += wrong_rows(self.releases, self.nesting)
        return rows

    def faults(self) -> list[str]:
        """Return all that is wrong: rows of too few, totals that are none, and what a reader could conclude."""
        return self.wrong + audit_by_z3.leaks(self.releases, self.nesting)


def wrong_by_truth(findings: list[Finding], rows: tuple[Printed, ...], ledger: list[Printed]) -> list[str]:
    """Return rows that say something of fewer than five persons, or more exactly than S3 prints; true values known."""
    said = {(row.place, row.figure, row.period, row.value, row.low, row.high) for row in ledger}
    found = []
    for one, row in zip(findings, rows, strict=True):
        if not row.is_shown or row.place.level is not PlaceLevel.SPACE:
            continue
        if (row.place, row.figure, row.period, row.value, row.low, row.high) in said:
            # Printed before, of the persons of that time.
            continue
        said_wrong = [*_of_use(one, row), *_of_persons(one, row, is_first=not ledger)]
        found += [f"{row.place.id} {row.figure} {row.period}: {what}" for what in said_wrong]
    return found


def _of_use(one: Finding, row: Printed) -> Iterator[str]:
    if row.figure not in OF_PERSONS or not row.period.is_month:
        return
    if len(one.persons) < 5:
        yield f"printed of {len(one.persons)} persons"
    if row.value is None:
        return
    if row.figure in SUMMED and row.value % 10:
        yield f"{row.value} is no multiple of ten"
    if row.figure not in SUMMED and one.top_share > 0.5:
        yield "one person makes up more than half, and it is no band"


def _of_persons(one: Finding, row: Printed, *, is_first: bool) -> Iterator[str]:
    if row.figure not in ("users", "new_users"):
        return
    persons = len(one.persons)
    if row.low is None:
        yield "persons are printed in bands"
    elif is_first and not row.low <= persons <= (persons if row.high is None else row.high):
        yield f"{persons} are not from {row.low} to {row.high}"
