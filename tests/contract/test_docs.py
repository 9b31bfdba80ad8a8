"""What the hand-written pages about the contract promise: links that lead somewhere, tests that exist."""

import re
from pathlib import Path
from typing import Final

import pytest

from docs.generate import FOLDER

TESTS: Final = Path(__file__).resolve().parents[1]
DELIVERY: Final = (FOLDER / "explanation/delivery.md").read_text("utf-8")
DECISIONS: Final = sorted((FOLDER / "decisions").glob("[0-9]*.md"))

_LINK = re.compile(r"\]\(([^)#\s]*)(?:#([^)\s]*))?\)")
_RULES = [f"D{number}" for number in range(1, 11)]
_EXISTING = {
    name
    for file in TESTS.rglob("test_*.py")
    for name in re.findall(r"^def (test_\w+)\(", file.read_text("utf-8"), re.MULTILINE)
}


def _named_tests(text: str) -> list[str]:
    return re.findall(r"`(test_\w+)`", text)


@pytest.mark.parametrize("rule", _RULES)
def test_each_delivery_rule_is_told_with_tests_named_after_it(rule: str) -> None:
    section = DELIVERY.partition(f"\n### {rule}: ")[2].partition("\n### ")[0].partition("\n## ")[0]
    named = _named_tests(section)
    assert len(named) >= 3
    for name in named:
        assert re.search(rf"_{rule.lower()}_", name), f"{name} is not named after {rule}"


@pytest.mark.parametrize("name", sorted(set(_named_tests(DELIVERY))))
def test_a_test_that_the_page_names_exists(name: str) -> None:
    assert name in _EXISTING, f"docs/explanation/delivery.md names {name}: it was renamed or is gone"


_PAGES = sorted(FOLDER.rglob("*.md"))


def _anchors(file: Path) -> set[str]:
    headings = re.findall(r"^#+ (.+)$", file.read_text("utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", _PAGES, ids=lambda page: str(page.relative_to(FOLDER)))
def test_every_link_of_a_page_leads_somewhere(page: Path) -> None:
    for target, anchor in _LINK.findall(page.read_text("utf-8")):
        if "://" in target or target.startswith("mailto:"):
            continue
        file = (page.parent / target).resolve() if target else page
        assert file.exists(), f"{page.name} links to {target}"
        if anchor and file.suffix == ".md":
            assert anchor in _anchors(file), f"{page.name} links to {target}#{anchor}"


@pytest.mark.parametrize("page", DECISIONS, ids=lambda page: page.stem)
def test_a_decision_says_context_choice_and_consequence_and_stands_in_the_list(page: Path) -> None:
    text = page.read_text("utf-8")
    number = page.name.partition("-")[0]
    assert text.startswith(f"# {number}: ")
    assert re.findall(r"^## (.+)$", text, re.MULTILINE) == ["Context", "Choice", "Consequence"]
    assert f"[{number}]({page.name})" in (FOLDER / "decisions/README.md").read_text("utf-8")


def test_no_two_decisions_share_a_number() -> None:
    numbers = [page.name.partition("-")[0] for page in DECISIONS]
    assert len(numbers) == len(set(numbers))
