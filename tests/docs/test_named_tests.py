"""Every test that a page names is there, so that what a page claims can be looked up and run."""

import ast
import re
from functools import cache
from pathlib import Path

import pytest

from tests.docs.pages import NAMES, ROOT, code_of, text_of

_IN_FILE = re.compile(r"\b(tests/[\w./-]+\.py)::(\w+)")
_BARE = re.compile(r"^test_\w+$")


@cache
def functions_of(file: Path) -> frozenset[str]:
    """Return the names of a file's test functions."""
    tree = ast.parse(file.read_text("utf-8"))
    functions = (node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef))
    return frozenset(one.name for one in functions if one.name.startswith("test_"))


@cache
def all_tests() -> frozenset[str]:
    """Return the names of all tests."""
    return frozenset(name for file in ROOT.glob("tests/**/test_*.py") for name in functions_of(file))


def missing(text: str) -> list[str]:
    """Return the tests that a page names and that are not there."""
    named = [(ROOT / file, file, name) for file, name in _IN_FILE.findall(text)]
    gone = [
        f"{file}::{name}" for path, file, name in named if not path.exists() or name not in functions_of(path)
    ]
    return gone + [name for name in code_of(text) if _BARE.match(name) and name not in all_tests()]


@pytest.mark.parametrize("name", NAMES)
def test_every_test_that_a_page_names_is_there(name: str) -> None:
    assert missing(text_of(name)) == []


def test_a_test_that_is_not_there_is_told() -> None:
    here = "tests/docs/test_named_tests.py"
    text = f"`{here}::test_a_test_that_is_not_there_is_told` `{here}::test_no` `tests/no.py::test_x` `test_nowhere`"
    assert missing(text) == [f"{here}::test_no", "tests/no.py::test_x", "test_nowhere"]
