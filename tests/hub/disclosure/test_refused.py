"""What can't be printed at all is refused, and the text says what and why (must show 9)."""

from dataclasses import replace
from decimal import Decimal

import pytest

from hub.domain.disclosure import DisclosureRefused, Nesting, disclose
from hub.domain.statistics.findings import Finding, Missing, Place, PlaceLevel
from hub.domain.statistics.periods import Month, Span
from hub.domain.statistics.printed import Audience
from tests.hub.disclosure.world import FIGURES

MARCH = Span.of_month(Month(2026, 3))
HERE = Place(PlaceLevel.SPACE, "here")
GOOD = Finding(HERE, MARCH, "visits", Decimal(40))
NESTING = Nesting({"06439012": ("here",)})


@pytest.mark.parametrize(
    ("findings", "told"),
    [
        ([GOOD._replace(figure="vistis")], "vistis of space here, 2026-03: there is no such key figure"),
        ([GOOD, GOOD], "visits of space here, 2026-03: stands there twice"),
        ([GOOD._replace(value=None)], "either a value or a reason"),
        ([GOOD._replace(missing=Missing.PENDING)], "either a value or a reason"),
    ],
)
def test_findings_that_make_no_sense_are_refused(findings: list[Finding], told: str) -> None:
    with pytest.raises(DisclosureRefused, match=told):
        disclose(findings, (), nesting=NESTING)


@pytest.mark.parametrize("method", ["", " "])
def test_a_figure_without_a_version_of_its_method_is_refused(method: str) -> None:
    registry = {**FIGURES, "visits": replace(FIGURES["visits"], method=method)}
    with pytest.raises(DisclosureRefused, match="no version of its method; write one into the registry"):
        disclose([GOOD], (), nesting=NESTING, registry=registry)


def test_research_has_other_rules() -> None:
    with pytest.raises(DisclosureRefused, match="P8"):
        disclose([GOOD], (), Audience.RESEARCH, nesting=NESTING)
