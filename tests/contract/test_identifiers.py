"""Ids, and the credential that never shows itself."""

import copy
import json
import logging
import pickle
import traceback
from collections.abc import Callable

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.contract.golden import CREDENTIAL, MESSAGES, WALL_US
from tests.contract.strategies import ids
from wire.codec import encode_event
from wire.errors import InvalidIdentifier, WireError
from wire.identifiers import (
    MAX_ID_LENGTH,
    RESERVED_IDS,
    CredentialId,
    check_id,
    new_hex16,
)
from wire.messages import Mark

_DIGITS = "0123456789abcdef" * 4


@given(text=ids.filter(lambda text: text not in RESERVED_IDS))
def test_an_id_of_the_right_form_is_returned_unchanged(text: str) -> None:
    assert check_id(text) == text


@pytest.mark.parametrize("text", ["a", "0", "desk-1", "a" * 39, "a" * 40, "1-2-3-4", "hubs", "the-hub"])
def test_these_ids_are_usable(text: str) -> None:
    assert check_id(text) == text


_UNUSABLE = {
    "empty": "",
    "one too long": "a" * (MAX_ID_LENGTH + 1),
    "capitals": "Desk",
    "an umlaut": "mölln",
    "an underscore": "desk_1",
    "a dot": "desk.1",
    "a space": "desk 1",
    "a leading hyphen": "-desk",
    "a trailing hyphen": "desk-",
    "two hyphens": "desk--1",
    "a level": "desk/1",
    "one level up": "..",
    "the single wildcard": "+",
    "the multi wildcard": "#",
    "a broker's own topic": "$sys",
    "a line feed behind": "desk-1\n",
    "a line feed before": "\ndesk-1",
    "a NUL": "desk\x00",
    "another script's digit": "desk-\N{ARABIC-INDIC DIGIT ONE}",
    "a full-width letter": "\N{FULLWIDTH LATIN SMALL LETTER D}esk",
    "a combining accent": "e\u0301",
    "a lone surrogate": "\ud800",
    "per cent": "desk%2f1",
    "a quote": "desk'1",
}


@pytest.mark.parametrize("label", _UNUSABLE)
def test_an_id_of_another_form_is_refused_with_the_remedy(label: str) -> None:
    with pytest.raises(InvalidIdentifier, match=r"^desk .* is not usable: use 1 to 40 of a-z, 0-9"):
        check_id(_UNUSABLE[label], "desk")


@pytest.mark.parametrize("reserved", sorted(RESERVED_IDS))
def test_a_reserved_id_is_refused(reserved: str) -> None:
    with pytest.raises(InvalidIdentifier, match="space 'hub' is reserved for the hub: choose another"):
        check_id(reserved, "space")


@given(text=st.text())
def test_any_text_is_either_an_id_or_refused_in_one_printable_line(text: str) -> None:
    try:
        said = check_id(text)
    except InvalidIdentifier as error:
        said = str(error)
    assert said.isprintable()
    assert len(said) < 800


def test_new_ids_have_the_form_that_messages_demand_and_differ() -> None:
    made = {new_hex16() for _ in range(1_000)}
    assert len(made) == 1_000
    for text in made:
        assert msgspec.convert({"epoch": text, "upto": 0}, Mark).epoch == text


_WRONG_CREDENTIALS = {
    "a digit too few": _DIGITS[:-1],
    "a digit too many": _DIGITS + "0",
    "capitals": _DIGITS.upper(),
    "a line feed behind": _DIGITS + "\n",
    "a line feed instead of a digit": _DIGITS[:-1] + "\n",
    "another letter": _DIGITS[:-1] + "g",
}


@pytest.mark.parametrize("label", _WRONG_CREDENTIALS)
def test_a_wrong_credential_is_refused_without_being_repeated(label: str) -> None:
    value = _WRONG_CREDENTIALS[label]
    with pytest.raises(InvalidIdentifier) as refusal:
        CredentialId(value)
    assert str(refusal.value) == "a credential is not 64 lower-case hex digits"


@pytest.mark.parametrize(
    "value", [_DIGITS.encode(), 7, None, CredentialId(_DIGITS)], ids=lambda one: type(one).__name__
)
def test_what_is_no_text_is_no_credential_and_not_repeated(value: object) -> None:
    with pytest.raises(TypeError) as refusal:
        CredentialId(value)  # type: ignore[arg-type]
    assert _DIGITS[:8] not in str(refusal.value)


_SHOWN: dict[str, Callable[[CredentialId], str]] = {
    "repr": repr,
    "str": str,
    "f-string": lambda one: f"{one}",
    "f-string with !r": lambda one: f"{one!r}",
    "f-string with !s": lambda one: f"{one!s}",
    "f-string with !a": lambda one: f"{one!a}",
    "format": format,
    "str.format": "{}".format,
    "%s": lambda one: "%s" % one,  # noqa: UP031, this way of formatting is what is tested
    "%r": lambda one: "%r" % one,  # noqa: UP031, this way of formatting is what is tested
    "in a list": lambda one: str([one]),
    "in a table": lambda one: str({one: one}),
    "in an event": lambda one: repr(
        msgspec.structs.replace(MESSAGES["event_card_read.json"].message, credential=one)
    ),
    "json with default=str": lambda one: json.dumps({"credential": one}, default=str),
    "json with default=repr": lambda one: json.dumps({"credential": one}, default=repr),
    "dir": lambda one: str([getattr(one, "__dict__", ""), dir(one)]),
}


@pytest.mark.parametrize("way", _SHOWN)
def test_a_credential_never_shows_its_digits(way: str) -> None:
    shown = _SHOWN[way](CredentialId(_DIGITS))
    assert _DIGITS not in shown
    assert _DIGITS[:8] not in shown


_REFUSING: dict[str, Callable[[CredentialId], object]] = {
    "a format of its own": lambda one: f"{one:>80}",
    "json": json.dumps,
    "json as a key": lambda one: json.dumps({one: 1}),
    "msgspec without the contract's hook": msgspec.json.encode,
    "msgspec's builtins": msgspec.to_builtins,
    "pickle": pickle.dumps,
    "pickle, oldest protocol": lambda one: pickle.dumps(one, protocol=0),
    "int": int,  # type: ignore[dict-item]
    "bytes": bytes,  # type: ignore[dict-item]
    "joining": lambda one: "".join(iter([one])),  # type: ignore[arg-type]
    "adding to a text": lambda one: "card " + one,  # type: ignore[operator]
    "sorting": lambda one: sorted([one, CREDENTIAL]),  # type: ignore[type-var]
    "vars": vars,
}


@pytest.mark.parametrize("way", _REFUSING)
def test_a_credential_is_refused_by_whatever_would_write_it_out(way: str) -> None:
    with pytest.raises(TypeError) as refusal:
        _REFUSING[way](CredentialId(_DIGITS))
    assert _DIGITS[:8] not in "".join(traceback.format_exception(refusal.value))


def test_a_logged_event_does_not_show_the_card(caplog: pytest.LogCaptureFixture) -> None:
    event = MESSAGES["event_card_read.json"].message
    with caplog.at_level(logging.INFO):
        logging.getLogger("device").info("spooled %s at %d: %r", event, WALL_US, [event])
    assert "CredentialId(…)" in caplog.text
    assert CREDENTIAL.digits[:8] not in caplog.text


def test_the_digits_are_there_for_storage_and_the_wire_alone() -> None:
    assert CREDENTIAL.digits == "c4" * 32
    assert CREDENTIAL.digits.encode() in encode_event(MESSAGES["event_card_read.json"].message)  # type: ignore[arg-type]


def test_equal_digits_are_one_credential() -> None:
    assert CredentialId(_DIGITS) == CredentialId(_DIGITS)
    assert len({CredentialId(_DIGITS), CredentialId(_DIGITS), CREDENTIAL}) == 2
    assert CredentialId(_DIGITS) != CREDENTIAL
    assert CredentialId(_DIGITS) != _DIGITS


def test_a_copied_credential_is_the_same() -> None:
    assert copy.copy(CREDENTIAL) is CREDENTIAL
    assert copy.deepcopy({"credential": CREDENTIAL}) == {"credential": CREDENTIAL}


def test_errors_about_ids_are_errors_of_the_contract_and_of_the_value() -> None:
    assert issubclass(InvalidIdentifier, WireError)
    assert issubclass(InvalidIdentifier, ValueError)
