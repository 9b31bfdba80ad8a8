"""Encodings: what is told for sure, and what is not guessed."""

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.domain.decoding import decode_file, meant_text, one_line, problem_of
from hub.domain.errors import RuleRefused

LINES = "name;mail\nJürgen Groß;j@example.org\nÖzlem Şahin;\n"
UMLAUTS = "name\nJürgen Groß\n"


@pytest.mark.parametrize(
    ("data", "encoding"),
    [
        (LINES.encode(), "UTF-8"),
        (LINES.encode("utf-8-sig"), "UTF-8 with a mark at its begin"),
        (b"\xff\xfe" + LINES.encode("utf-16-le"), "UTF-16 with a mark at its begin"),
        (b"\xfe\xff" + LINES.encode("utf-16-be"), "UTF-16 with a mark at its begin"),
        (LINES.encode("utf-16-le"), "UTF-16"),
        (LINES.encode("utf-16-be"), "UTF-16"),
    ],
)
def test_a_file_says_what_it_is_in(data: bytes, encoding: str) -> None:
    decoded = decode_file(data)
    assert (decoded.text, decoded.encoding, decoded.odd_lines) == (LINES, encoding, frozenset())


def test_windows_1252_is_read_when_nothing_in_the_file_is_utf_8() -> None:
    decoded = decode_file((UMLAUTS + "5 €").encode("cp1252"))
    assert (decoded.text, decoded.encoding) == (UMLAUTS + "5 €", "Windows-1252")


def test_of_a_mix_the_rarer_lines_are_odd() -> None:
    data = "Ä\nÖ\nabc\n".encode() + "Ü\n".encode("cp1252")
    assert decode_file(data).odd_lines == {4}
    assert decode_file(data).text == "Ä\nÖ\nabc\nÜ\n"


@pytest.mark.parametrize(
    "data", [b"a\x81b", b"\xff\xfea", b"\xfe\xff\xd8\x00\x00", "M\u00fcller".encode("cp850")]
)
def test_what_is_no_text_is_refused_with_a_remedy(data: bytes) -> None:
    with pytest.raises(RuleRefused, match="store it as CSV in UTF-8"):
        decode_file(data)


@pytest.mark.parametrize(
    ("broken", "meant"),
    [("fĂĽr", "für"), ("fÃ¼r", "für"), ("MÃ¶lln", "Mölln"), ("GroÃŸ", "Groß"), ("Ă–zlem", "Özlem")],
)
def test_what_was_decoded_wrongly_before_is_told_with_what_was_meant(broken: str, meant: str) -> None:
    assert meant_text(broken) == meant
    assert f'was it "{meant}"?' in problem_of(broken)


@pytest.mark.parametrize(
    "text",
    [
        "Jürgen Groß",
        "Özlem Şahin",
        "Ångström",
        "Łukasz",
        "José Peña",
        "Nguyễn",
        "محمد",
        "Müller-Lüdenscheidt",
        "“Jo”",
        "",
    ],
)
def test_names_of_the_world_are_no_problem(text: str) -> None:
    assert problem_of(text) == ""


@pytest.mark.parametrize("text", ["J\ufffdrgen", "J\x00", "M„rz", "K”ln"])
def test_lost_letters_are_a_problem(text: str) -> None:
    assert problem_of(text)


@given(st.text(alphabet=st.characters(exclude_categories=["Cs"])))
def test_every_text_in_utf_8_is_read_as_it_is(text: str) -> None:
    if text.startswith("\ufeff") or text.encode()[1::2].count(0) or text.encode()[::2].count(0):
        return
    decoded = decode_file(text.encode())
    assert (decoded.text, decoded.encoding) == (text, "UTF-8")


@given(st.binary(max_size=60))
def test_no_bytes_are_anything_but_a_text_or_a_refusal(data: bytes) -> None:
    with suppress(RuleRefused):
        assert isinstance(decode_file(data).text, str)


def test_one_line_has_nothing_that_can_not_be_seen() -> None:
    assert one_line(" Jo\u202e\n\tBei\u200bspiel \x07") == "Jo Bei spiel"
