"""The German texts: complete, fresh, and with all their placeholders."""

from gettext import GNUTranslations
from io import BytesIO
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract_from_dir
from babel.messages.frontend import parse_mapping_cfg
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

import hub.web

WEB = Path(hub.web.__file__).parent
TRANSLATIONS = WEB / "translations"
REMEDY = "docs/how-to/translate.md says how to bring it up to date"


@pytest.fixture(scope="module")
def german() -> Catalog:
    with (TRANSLATIONS / "de/LC_MESSAGES/messages.po").open("rb") as file:
        return read_po(file, locale="de")


@pytest.fixture(scope="module")
def used() -> set[str | tuple[str, ...]]:
    """All texts that the pages use, as `pybabel extract` finds them."""
    with (TRANSLATIONS / "babel.cfg").open(encoding="utf-8") as file:
        methods, options = parse_mapping_cfg(file)  # type: ignore[no-untyped-call]
    return {message for _, _, message, _, _ in extract_from_dir(WEB, methods, options)}


def texts(message: Message) -> list[str]:
    return [message.string] if isinstance(message.string, str) else list(message.string or ())


def test_every_text_has_its_german(german: Catalog, used: set[str | tuple[str, ...]]) -> None:
    known = {message.id for message in german if message.id and all(texts(message)) and not message.fuzzy}
    assert used - known == set(), REMEDY


def test_no_text_is_left_that_nobody_uses(german: Catalog, used: set[str | tuple[str, ...]]) -> None:
    assert {message.id for message in german if message.id} - used == set(), REMEDY


def test_placeholders_are_the_same_in_both_languages(german: Catalog) -> None:
    for message in german:
        if message.id:
            assert [str(error) for error in message.check(german)] == []
            ids = [message.id] if isinstance(message.id, str) else list(message.id)
            for text in texts(message):
                assert text.count("{time}") == ids[0].count("{time}")


def test_the_compiled_catalogue_is_that_of_the_source(german: Catalog) -> None:
    compiled = BytesIO()
    write_mo(compiled, german)
    compiled.seek(0)
    with (TRANSLATIONS / "de/LC_MESSAGES/messages.mo").open("rb") as file:
        kept, fresh = (GNUTranslations(source)._catalog for source in (file, compiled))  # type: ignore[attr-defined]
    assert {**kept, "": ""} == {**fresh, "": ""}, REMEDY


def test_readers_are_addressed_with_sie(german: Catalog) -> None:
    for message in german:
        for text in texts(message):
            assert not {"du", "dein", "deine", "dir", "dich", "euch"} & set(text.lower().split())
