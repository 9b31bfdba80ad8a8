"""Each worked example of docs/reference/kennzahlen.md, worked out by the code that makes reports."""

import pytest

from docs.generate.key_figures import EXAMPLES, example_findings, example_value
from hub.domain.statistics.figures import REGISTRY


def test_every_figure_has_a_worked_example_and_no_other_has() -> None:
    assert set(EXAMPLES) == set(REGISTRY) == set(example_findings())


@pytest.mark.parametrize("figure", REGISTRY)
def test_a_worked_example_comes_out_as_the_page_says(figure: str) -> None:
    assert example_value(figure) == EXAMPLES[figure][1]
