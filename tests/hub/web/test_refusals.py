"""Every rule that says no has words for pages, in the language of the moment."""

import re
from pathlib import Path

import hub
from hub.web.refusals import TEXTS

# Told by commands alone.
OF_COMMANDS = {
    "column_twice", "known_card", "no_csv", "no_name_column", "no_rows", "no_text", "not_trusted", "refused",
    "too_many_rows", "unknown_column", "unknown_device",
}  # fmt: skip


def test_a_rule_without_words_for_pages_is_found() -> None:
    folder = Path(hub.__file__).parent
    files = [path for part in ("domain", "services", "storage") for path in (folder / part).rglob("*.py")]
    codes = {code for path in files for code in re.findall(r'\bcode="(\w+)"', path.read_text("utf-8"))}
    assert len(codes) > 40
    assert codes - OF_COMMANDS - TEXTS.keys() == set()
