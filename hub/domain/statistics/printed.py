"""What a reader may see: values after disclosure control, and reports made of nothing else."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Final

from hub.domain.statistics.findings import Flag, Place
from hub.domain.statistics.periods import Span


class ValueStatus(StrEnum):
    """What became of a value (requirement O3); tables for people use the sign in brackets."""

    OK = "ok"
    ROUNDED = "rounded"
    SUPPRESSED = "suppressed"
    """Hidden: too few persons, or it would tell another hidden value (.)."""
    UNRELIABLE = "unreliable"
    """Too little is known, or too few cases (/)."""
    NOT_APPLICABLE = "not_applicable"
    """It can't exist there (x)."""
    PENDING = "pending"
    """It is still to come (…)."""
    ESTIMATED = "estimated"
    REVISED = "revised"


SIGNS: Final = {
    ValueStatus.SUPPRESSED: ".",
    ValueStatus.UNRELIABLE: "/",
    ValueStatus.NOT_APPLICABLE: "x",
    ValueStatus.PENDING: "…",
}
"""What stands in people's tables in place of a number (requirement O3)."""


NOT_COLLECTED: Final = "not_collected"
"""Why a figure that people write down is not there: nobody did."""
UNCOUNTED: Final = "uncounted_persons"
"""Why a row is hidden of which nobody knows any more how many persons stand behind it: neither few nor many."""

REASONS: Final = frozenset(
    {
        # Hidden.
        "few_persons", "popup_few_persons", "secondary", "dominance", "few_days", "per_year_only", "spans_hidden",
        UNCOUNTED,
        # As a range only.
        "capped", "coarse_band", "dominance_band", "of_rounded", "person_band",
        # Not to be relied on.
        "few_cases", "little_data", "spans_unreliable", "unreliable",
        # Not there, or not yet.
        NOT_COLLECTED, "closed", "months_missing", "no_parts", "no_sensor", "no_space", "not_applicable", "pending",
        # A number that others don't see, and one that is made of what they see.
        "internal", "of_printed",
    }
)  # fmt: skip
"""Codes of why a value is as it is; whatever shows one to people has words for all of them."""


class Audience(StrEnum):
    """For whom (requirement S6): council, funder and open data are one, `public`."""

    PUBLIC = "public"
    INTERNAL = "internal"
    RESEARCH = "research"


@dataclass(frozen=True, slots=True)
class Printed:
    """One figure of one place and period, as it is printed everywhere.

    Args:
        value: the printed number; None for a band and for what is not printed.
        low, high: of a band, both inclusive; `high` None for "and more". Else both None.
        status: what became of it.
        reason: code of why, one of `REASONS`, worded by `hub.export.report_words`; empty when it is plain.
        method: version of the figure's method (K1).
        valid_pct: whole per cent of the offered time that is known; None where nothing was sensed or it would tell.
    """

    place: Place
    period: Span
    figure: str
    status: ValueStatus
    value: Decimal | None = None
    low: Decimal | None = None
    high: Decimal | None = None
    reason: str = ""
    method: str = "1"
    valid_pct: int | None = None
    flags: frozenset[Flag] = frozenset()

    @property
    def is_shown(self) -> bool:
        """Whether a reader sees a number or a band."""
        return self.value is not None or self.low is not None


@dataclass(frozen=True, slots=True)
class PlaceNote:
    """What stands beside the figures of a place (requirement K8).

    Args:
        name: as people call it.
        town, ags: of a space or a town; empty of the network.
        kind, phase: of a space, values of `SpaceKind` and `Phase`; empty of others.
        inhabitants, inhabitants_on: of a town, when known.
        desks, sensed_desks: in service on the last day of the period.
        has_space: false for a town without one: its figures are "x", never 0.
    """

    place: Place
    name: str
    town: str = ""
    ags: str = ""
    land: str = ""
    kind: str = ""
    phase: str = ""
    inhabitants: int | None = None
    inhabitants_on: date | None = None
    desks: int = 0
    sensed_desks: int = 0
    has_space: bool = True


@dataclass(frozen=True, slots=True)
class Target:
    """What a figure should reach, and where it began (requirement K9)."""

    place: Place
    figure: str
    period: Span
    target: Decimal
    baseline: Decimal | None = None
    baseline_on: date | None = None
    source: str = ""


@dataclass(frozen=True, slots=True)
class Report:
    """Figures of one place and what lies in it, for one period: what is reviewed, frozen, exported and shown.

    Args:
        subject: what it is about; `rows` hold it, and the towns and spaces within it.
        version: 1 for the first, one more for each correction.
        made_on: local day on which it was computed; stands in every file in place of the moment of writing, so that the
            same report gives the same bytes.
        publisher: who answers for it.
        places: in the order in which they are shown.
        rows: by place, figure and period; each at most once.
        packages: versions of what the numbers depend on, `holidays` among them.
        checksum: SHA-256 of the rows in hex, once frozen; empty before.
        previous: rows of the report a year earlier that are printed already, for "changed since".
    """

    subject: Place
    period: Span
    audience: Audience
    version: int
    made_on: date
    publisher: str
    places: tuple[PlaceNote, ...]
    rows: tuple[Printed, ...]
    targets: tuple[Target, ...] = ()
    packages: tuple[tuple[str, str], ...] = ()
    checksum: str = ""
    previous: tuple[Printed, ...] = ()
    is_preliminary: bool = True

    @property
    def is_uncounted(self) -> bool:
        """Whether something is hidden because the pseudonyms of its year have ended."""
        return any(row.reason == UNCOUNTED for row in self.rows)

    def row(self, place: Place, figure: str, period: Span) -> Printed | None:
        """Return a figure, or None when the report has none such."""
        for one in self.rows:
            if (one.place, one.figure, one.period) == (place, figure, period):
                return one
        return None
