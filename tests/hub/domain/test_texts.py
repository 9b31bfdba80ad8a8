"""What a name or a reason may be: whatever people are called, and nothing that drives a terminal or forges a line."""

import pytest

from hub.domain.errors import RuleRefused
from hub.domain.texts import MAX_TEXT, check_reason, check_text, shown


@pytest.mark.parametrize(
    "text",
    [
        "Jürgen Ämter",
        "Łukasz",
        "مریم",
        "بی\u200cبی",
        "李雷",
        "O'Neil-Großmann 2",
        "👩\u200d💻",
        "x" * MAX_TEXT,
    ],
)
def test_whatever_people_are_called_is_a_name(text: str) -> None:
    assert check_text(text, "a name", least=1) == text


def test_spaces_around_and_doubled_are_not_kept() -> None:
    assert check_text("  Jo   Beispiel ", "a name") == "Jo Beispiel"


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "short_text"),
        (" \u200d ", "short_text"),
        ("x" * (MAX_TEXT + 1), "long_text"),
        ("Jo\x1b[2J", "unseen_text"),
        ("Jo\nroot", "unseen_text"),
        ("Jo\x00", "unseen_text"),
        ("Jo\x85x", "unseen_text"),
        ("Jo\u202egnp", "unseen_text"),
        ("Jo\u2066x", "unseen_text"),
        ("Jo\ud800", "unseen_text"),
        ("Jo\u2028x", "unseen_text"),
    ],
)
def test_what_can_not_be_seen_on_one_line_is_no_name(text: str, code: str) -> None:
    with pytest.raises(RuleRefused) as refused:
        check_text(text, "a name", least=1)
    assert refused.value.code == code
    assert str(refused.value).isprintable()


@pytest.mark.parametrize(
    ("reason", "code"), [("", "no_reason"), ("ab", "no_reason"), ("a\x1bbc", "unseen_text")]
)
def test_a_reason_is_a_text_of_some_length(reason: str, code: str) -> None:
    with pytest.raises(RuleRefused) as refused:
        check_reason(reason, 3)
    assert refused.value.code == code


def test_what_was_stored_before_it_was_refused_reaches_no_terminal() -> None:
    assert shown("Jo \x1b[2J\n\u202eÄ\U000e0041") == "Jo \\x1b[2J\\n\\u202eÄ\\U000e0041"
