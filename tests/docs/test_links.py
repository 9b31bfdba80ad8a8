"""Every relative link of README.md and docs/ leads to a file, and to a heading where it names one."""

import re
from pathlib import Path
from urllib.parse import unquote

import pytest

from tests.docs.pages import NAMES, ROOT, anchors_of, prose_of, text_of

_LINKS = (
    re.compile(r"\]\(\s*<?([^)\s>]+)>?(?:\s+\"[^\"]*\")?\s*\)"),
    re.compile(r"^ *\[[^\]]+\]:\s*(\S+)", re.MULTILINE),
    re.compile(r"(?:href|src)=\"([^\"]+)\""),
)


def links_of(text: str) -> list[str]:
    """Return the targets of a page's links that stay within the project."""
    found = [target for link in _LINKS for target in link.findall(prose_of(text))]
    return [target for target in found if not re.match(r"[a-z]+:", target)]


def problem_of(page: Path, target: str) -> str:
    """Say what is wrong with a link, or nothing."""
    path, _, anchor = unquote(target).partition("#")
    file = (page.parent / path).resolve() if path else page
    if not file.is_relative_to(ROOT):
        return "leads out of the project"
    if not file.exists():
        return "there is no such file"
    if anchor and anchor not in anchors_of(file.read_text("utf-8")):
        return f"{file.relative_to(ROOT)} has no heading for it"
    return ""


@pytest.mark.parametrize("name", NAMES)
def test_every_relative_link_leads_somewhere(name: str) -> None:
    problems = {target: problem_of(ROOT / name, target) for target in links_of(text_of(name))}
    assert {target: problem for target, problem in problems.items() if problem} == {}


def test_links_are_found_and_broken_ones_told() -> None:
    text = (
        '# Two words, and `code`\n\n[a](other.md#top "t") ![b](<x.svg>) [c](https://example.org) `[d](no.md)`\n\n'
        '    [e](no.md)\n\n```text\n[f](no.md)\n```\n\n[g]: ref.md\n<img src="i.png">\n'
    )
    assert links_of(text) == ["other.md#top", "x.svg", "ref.md", "i.png"]
    assert anchors_of(text) == {"two-words-and-code"}
    readme = ROOT / "README.md"
    assert problem_of(readme, "README.md#ankerort") == problem_of(readme, "#ankerort") == ""
    assert problem_of(readme, "README.md#nowhere") == "README.md has no heading for it"
    assert problem_of(readme, "docs/nowhere.md") == "there is no such file"
    assert problem_of(readme, "../README.md") == "leads out of the project"


def test_every_page_can_be_reached_from_the_readme() -> None:
    reached, new = set(), {ROOT / "README.md"}
    while new:
        page = new.pop()
        reached.add(page)
        targets = {
            (page.parent / link.partition("#")[0]).resolve() for link in links_of(page.read_text("utf-8"))
        }
        # A folder shows its README.
        targets |= {target / "README.md" for target in targets if (target / "README.md").exists()}
        new |= {target for target in targets if target.suffix == ".md" and target.exists()} - reached
    expected = {name for name in NAMES if name.startswith("docs/")}
    assert expected - {str(page.relative_to(ROOT)) for page in reached if page.is_relative_to(ROOT)} == set()
