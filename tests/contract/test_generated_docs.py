"""What `make docs` makes from code is what stands in docs/, and it describes the messages that really travel."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
from jsonschema import Draft202012Validator

from docs.generate import FOLDER, NOTE, all_pages, contract_tables, schemas, stale_pages, write_pages
from tests.contract.golden import BATCHES, MESSAGES, NEWER, OLDER, Golden, payload_of
from wire import access
from wire.topics import CHANNELS, EVENT, HUB_STATUS

_PAGES = all_pages()
_SCHEMAS: dict[str, dict[str, Any]] = {
    name: json.loads((FOLDER / f"reference/schema/{name}.json").read_text()) for name in schemas.TYPES
}


@pytest.mark.parametrize("path", _PAGES)
def test_a_generated_page_is_up_to_date(path: str) -> None:
    file = FOLDER / path
    assert file.is_file(), f"docs/{path} is missing: run `make docs` and commit what it writes"
    assert file.read_text("utf-8") == _PAGES[path], (
        f"docs/{path} is stale: run `make docs` and commit what it writes"
    )


def test_no_schema_is_left_over_from_a_message_that_is_gone() -> None:
    made = {path for path in _PAGES if path.startswith("reference/schema/")}
    assert {f"reference/schema/{file.name}" for file in (FOLDER / "reference/schema").iterdir()} == made


def test_pages_are_written_when_they_differ_and_only_then(tmp_path: Path) -> None:
    pages = {"reference/a.md": "Tür\n", "b.md": "b\n"}
    assert stale_pages(pages, tmp_path) == ["reference/a.md", "b.md"]
    assert write_pages(pages, tmp_path) == ["reference/a.md", "b.md"]
    assert (tmp_path / "reference/a.md").read_text("utf-8") == "Tür\n"
    assert stale_pages(pages, tmp_path) == write_pages(pages, tmp_path) == []
    (tmp_path / "b.md").write_text("changed by hand\n")
    assert stale_pages(pages, tmp_path) == ["b.md"]


@pytest.mark.parametrize("path", [path for path in _PAGES if path.endswith((".md", ".yaml"))])
def test_a_generated_page_says_so_in_its_first_line(path: str) -> None:
    assert NOTE in _PAGES[path].partition("\n")[0]


@pytest.mark.parametrize("name", schemas.TYPES)
def test_a_schema_is_valid_json_schema(name: str) -> None:
    Draft202012Validator.check_schema(_SCHEMAS[name])
    assert _SCHEMAS[name]["$schema"] == Draft202012Validator.META_SCHEMA["$id"]


def _schema_of(golden: Golden) -> dict[str, Any]:
    if golden.channel is EVENT:
        return _SCHEMAS["event"]
    name = type(golden.message).__name__.removeprefix("Device").lower()
    return _SCHEMAS[name]


@pytest.mark.parametrize(("name", "golden"), [*MESSAGES.items(), *OLDER.items(), *NEWER.items()])
def test_a_golden_payload_is_valid_under_its_schema(name: str, golden: Golden) -> None:
    Draft202012Validator(_schema_of(golden)).validate(json.loads(payload_of(name)))


@pytest.mark.parametrize("name", BATCHES)
def test_the_lines_of_a_golden_batch_are_valid_under_their_schemas(name: str) -> None:
    header, *events = payload_of(name).split(b"\n")
    Draft202012Validator(_SCHEMAS["batch-header"]).validate(json.loads(header))
    for event in events:
        Draft202012Validator(_SCHEMAS["event"]).validate(json.loads(event))


@pytest.mark.parametrize("purpose", ["access", "command"])
def test_the_header_of_a_golden_envelope_is_valid_under_its_schema(purpose: str) -> None:
    sealed = json.loads(payload_of(f"sealed_{purpose}.json"))
    Draft202012Validator(_SCHEMAS["sealed"]).validate(sealed)
    Draft202012Validator(_SCHEMAS["sealed-header"]).validate(json.loads(sealed["header"]))


_NOT_VALID: dict[str, tuple[str, dict[str, Any]]] = {
    "a missing field": ("mark.json", {"upto": None}),
    "an id with a line feed": ("event_desk_state_vacant.json", {"desk": "desk-1\n"}),
    "a wildcard id": ("event_desk_state_vacant.json", {"desk": "+"}),
    "an unknown state": ("event_desk_state_vacant.json", {"state": "free"}),
    "an unknown event": ("event_desk_state_vacant.json", {"type": "door_opened"}),
    "a credential in capitals": ("event_card_read.json", {"credential": "C4" * 32}),
    "a number too high": ("mark.json", {"upto": 2**63}),
    "a text for a number": ("mark.json", {"upto": "1"}),
    "a door event of an unknown kind": ("event_door_changed_forced.json", {"what": "opened"}),
    "an offer that is not base64": ("event_card_offered_uid.json", {"sealed": "YWFh\n"}),
    "a refusal with an underscore": ("health_doors.json", {"refused": {"wrong_signature": 1}}),
    "a wrong key in a table": ("health.json", {"readers": {"Front": True}}),
}


@pytest.mark.parametrize("label", _NOT_VALID)
def test_what_the_codec_refuses_is_not_valid_under_the_schema_either(label: str) -> None:
    name, change = _NOT_VALID[label]
    changed = {**json.loads(payload_of(name)), **change}
    payload = {field: value for field, value in changed.items() if value is not None}
    assert not Draft202012Validator(_schema_of(MESSAGES[name])).is_valid(payload)
    with pytest.raises(ValueError, match="can't be read"):
        MESSAGES[name].decoded(json.dumps(payload).encode())


def _properties(schema: Any, place: str) -> Iterator[tuple[str, dict[str, Any]]]:
    for one in [schema, *schema.get("$defs", {}).values()]:
        for name, described in one.get("properties", {}).items():
            yield f"{place}: {one['title']}.{name}", described


@pytest.mark.parametrize("name", schemas.TYPES)
def test_every_field_of_a_schema_is_described(name: str) -> None:
    for place, described in _properties(_SCHEMAS[name], name):
        assert described.get("description"), f"{place} has no line under Args in its docstring"


def test_the_channel_table_has_every_channel() -> None:
    table = _PAGES["reference/channels.md"]
    for channel in CHANNELS:
        assert f"| `{channel.address.removeprefix('ankerort/v1/')}` | {channel.writer.value}" in table
    assert HUB_STATUS.purpose in table


@pytest.mark.parametrize("struct", contract_tables.BODY_STRUCTS)
def test_the_message_tables_have_every_field_of_what_is_sealed(struct: type[msgspec.Struct]) -> None:
    section = (
        _PAGES["reference/messages.md"].partition(f"\n### {struct.__name__}\n")[2].partition("\n### ")[0]
    )
    for field in msgspec.structs.fields(struct):
        row = re.search(rf"^\| `{field.encode_name}` \| (.+) \| (.+) \| (.+) \|$", section, re.MULTILINE)
        assert row, f"{struct.__name__}.{field.encode_name}"
        assert (row[2] == "required") == field.required
    assert ("Stands as a list." in section) == struct.__struct_config__.array_like


def test_everything_that_is_sealed_is_in_the_message_tables() -> None:
    own = {
        one
        for one in vars(access).values()
        if isinstance(one, type) and issubclass(one, msgspec.Struct) and one.__module__ == access.__name__
    }
    assert set(contract_tables.BODY_STRUCTS) == own - {access.CommandBase}


def test_the_message_tables_have_every_field() -> None:
    text = _PAGES["reference/messages.md"]
    for name, schema in _SCHEMAS.items():
        for place, _ in _properties(schema, name):
            _, _, field = place.partition(": ")
            title, _, key = field.partition(".")
            section = text.partition(f"### {title}\n")[2].partition("\n### ")[0]
            assert f"| `{key}` |" in section, place
