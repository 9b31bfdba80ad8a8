"""From findings to what is printed (requirements S1 to S9)."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Final

from hub.domain.disclosure import rows
from hub.domain.disclosure.audit import Auditor, Solver, audited
from hub.domain.disclosure.book import Book, Cell, Key, key_of
from hub.domain.disclosure.by_hand import hand_row, is_of_persons, own_part
from hub.domain.disclosure.derived import derived_row, is_leaf, ratio_row
from hub.domain.disclosure.inside import exact, internal_row
from hub.domain.disclosure.months import VISITS, month_row, space_month
from hub.domain.disclosure.nesting import Nesting
from hub.domain.disclosure.persons import NEW, RETURNING, USERS, person_row
from hub.domain.disclosure.rules import ALL_RULES, FEW, DisclosureRefused, Rules
from hub.domain.statistics.figures import REGISTRY, Figure, Guard
from hub.domain.statistics.findings import Finding, Missing, Place, PlaceLevel
from hub.domain.statistics.periods import Span
from hub.domain.statistics.printed import NOT_COLLECTED, Audience, Printed, ValueStatus

_FIRST: Final = (VISITS, USERS, NEW, RETURNING)
"""What is printed before what looks at it."""
_Month = tuple[Place, Span]


def disclose(
    findings: Sequence[Finding],
    ledger: Sequence[Printed],
    audience: Audience = Audience.PUBLIC,
    *,
    nesting: Nesting,
    solver: Solver | None = None,
    rules: Rules = ALL_RULES,
    registry: Mapping[str, Figure] = REGISTRY,
) -> tuple[Printed, ...]:
    """Return what may be printed of findings, in their order: one row for each figure that an audience sees.

    Args:
        findings: of some places with all that lies in them, for months, years and a whole period.
        ledger: every row ever printed for the public, in the order of printing (S5).
        audience: `PUBLIC`, or `INTERNAL` for the role Statistik alone: exact values, each with the reason why others
            don't see it. What is internal never enters the ledger.
        solver: for the audit; None leaves it out, which nothing that is published may do.

    Raises:
        DisclosureRefused: when a figure is unknown or has no version of its method, when one stands there twice or has
            neither a value nor a reason; and for the audience `RESEARCH`, whose rules are others.
        SolverFailed: when the audit can't tell.
    """
    if audience is Audience.RESEARCH:
        raise DisclosureRefused(
            "figures for research are no printed figures: they are made of pseudonyms for one study (requirement P8)"
        )
    _check(findings, registry)
    public = [one for one in findings if not registry[one.figure].is_internal]

    def made(hide: frozenset[Cell]) -> Book:
        return _Press(Book(nesting, registry, ledger), public, rules, hide).run()

    book = audited(made, Auditor(solver)) if rules.audit and solver is not None else made(frozenset())
    if audience is Audience.PUBLIC:
        return tuple(_printed(book, one) for one in public)
    return tuple(
        internal_row(one, figure, None if figure.is_internal else _printed(book, one))
        for one in findings
        for figure in (registry[one.figure],)
    )


def _printed(book: Book, finding: Finding) -> Printed:
    row = book.row(finding.place, finding.figure, finding.period)
    assert row is not None
    return rows.again(row, finding)


def _check(findings: Sequence[Finding], registry: Mapping[str, Figure]) -> None:
    seen: set[Key] = set()
    for one in findings:
        figure = registry.get(one.figure)
        if figure is None:
            raise _refused(one, "there is no such key figure; add it to the registry before it is printed")
        if not figure.method.strip():
            raise _refused(
                one,
                "the key figure has no version of its method; write one into the registry, such as 1 (K1)",
            )
        if (one.value is None) == (one.missing is None):
            raise _refused(one, "a finding has either a value or a reason why there is none")
        key = key_of(one.place, one.figure, one.period)
        if key in seen:
            raise _refused(one, "stands there twice; which of them holds can't be told")
        seen.add(key)


def _refused(one: Finding, why: str) -> DisclosureRefused:
    return DisclosureRefused(f"{one.figure} of {one.place.level} {one.place.id}, {one.period}: {why}")


class _Press:
    """Prints findings into a book, in the order in which rows look at each other."""

    def __init__(self, book: Book, findings: Sequence[Finding], rules: Rules, hide: frozenset[Cell]) -> None:
        self.book, self.rules, self.hide = book, rules, hide
        self.findings = findings
        self.few = _few_in_run(findings, book.nesting)

    def run(self) -> Book:
        """Print everything."""
        by_guard: dict[Guard, list[Finding]] = defaultdict(list)
        for one in self.findings:
            by_guard[self.book.registry[one.figure].guard].append(one)
        for one in by_guard[Guard.SUPPLY]:
            self._supply(one)
        self._months([*by_guard[Guard.COUNT], *by_guard[Guard.SHARE]])
        self._persons(by_guard[Guard.PERSONS])
        for one in (*by_guard[Guard.COUNT], *by_guard[Guard.SHARE], *by_guard[Guard.PERSONS]):
            if not self._is_leaf(one):
                self.book.print(derived_row(self.book, one, self._figure(one), self.rules))
        self._by_hand(by_guard[Guard.HAND])
        for guard in (Guard.RATE, Guard.DERIVED):
            for one in by_guard[guard]:
                self.book.print(ratio_row(self.book, one, self._figure(one), self.rules))
        return self.book

    def _figure(self, finding: Finding) -> Figure:
        return self.book.registry[finding.figure]

    def _is_leaf(self, finding: Finding) -> bool:
        return is_leaf(self.book, self._figure(finding), finding.place, finding.period)

    def _must_hide(self, finding: Finding) -> bool:
        return bool(self.hide) and self.book.cell(finding.place, finding.figure, finding.period) in self.hide

    def _supply(self, finding: Finding) -> None:
        figure = self._figure(finding)
        if finding.value is None:
            made = rows.absent(finding, figure, self._why_absent(finding))
        else:
            made = rows.number(finding, figure, exact(finding.value), ValueStatus.OK)
        self.book.print(rows.revised(made, self.book.before(finding.place, finding.figure, finding.period)))

    def _why_absent(self, finding: Finding) -> str:
        if finding.missing is Missing.PENDING:
            return "pending"
        is_empty = finding.place.level is PlaceLevel.TOWN and not self.book.nesting.spaces_of(finding.place)
        return "no_space" if is_empty else "not_applicable"

    def _months(self, findings: Sequence[Finding]) -> None:
        groups: dict[_Month, dict[str, Finding]] = defaultdict(dict)
        for one in findings:
            if self._is_leaf(one):
                groups[one.place, one.period][one.figure] = one
        for (place, period), group in groups.items():
            month = space_month(self.book, place, period, group, few=place in self.few)
            # Whatever is printed of a month tells as much of its persons as the visits do.
            hide_all = bool(self.hide) and self.book.cell(place, VISITS, period) in self.hide
            for name in sorted(group, key=_rank):
                one = group[name]
                self.book.print(
                    month_row(
                        self.book,
                        one,
                        self._figure(one),
                        month,
                        self.rules,
                        must_hide=hide_all or self._must_hide(one),
                    )
                )

    def _persons(self, findings: Sequence[Finding]) -> None:
        own = [one for one in findings if one.place.level is PlaceLevel.SPACE and self._is_leaf(one)]
        for one in sorted(own, key=lambda each: (each.period.first, _rank(each.figure))):
            self.book.print(
                person_row(
                    self.book,
                    one,
                    self._figure(one),
                    self.rules,
                    few=one.place in self.few,
                    must_hide=self._must_hide(one),
                )
            )

    def _by_hand(self, findings: Sequence[Finding]) -> None:
        values = {(one.place, one.figure, one.period): one.value for one in findings if one.value is not None}
        # Its leaves depend on what was written down where: spaces first, and months before longer periods.
        for one in sorted(findings, key=lambda each: (_DEPTH[each.place.level], each.period.length_months)):
            figure = self._figure(one)
            if one.missing is not None:
                why = self._why_absent(one)
                # Enquiries may well have come: nobody wrote them down.
                why = NOT_COLLECTED if why == "not_applicable" else why
                self.book.print(rows.absent(one, figure, why))
            elif self._is_leaf(one) or not is_of_persons(figure):
                few = one.place in self.few
                self.book.print(hand_row(self.book, one, figure, self.rules, few=few))
            else:
                own = own_part(self.book, figure, one.place, one.period, values)
                self.book.print(derived_row(self.book, one, figure, self.rules, own=own))


_DEPTH: Final = {PlaceLevel.SPACE: 0, PlaceLevel.TOWN: 1, PlaceLevel.NETWORK: 2}


def _rank(figure: str) -> tuple[int, str]:
    return (_FIRST.index(figure) if figure in _FIRST else len(_FIRST)), figure


def _few_in_run(findings: Sequence[Finding], nesting: Nesting) -> frozenset[Place]:
    """Return the pop-ups whose whole run had fewer than five persons (S9), as far as the findings cover it.

    Pseudonyms are of one calendar year; over two of them, the larger number counts.
    """
    found: set[Place] = set()
    for one in findings:
        run = nesting.runs.get(one.place.id) if one.place.level is PlaceLevel.SPACE else None
        if one.figure != USERS or run is None or one.value is None:
            continue
        if one.period.first <= run.first and run.last <= one.period.last and one.value < FEW:
            found.add(one.place)
    return frozenset(found)
