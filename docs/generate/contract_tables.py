"""The contract as tables for people: `docs/reference/channels.md` and `docs/reference/messages.md`."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final, get_args

import msgspec
from msgspec import inspect

from docs.generate import NOTE, asyncapi, schemas
from wire import access, codec, signing
from wire.fields import BASE64_PATTERN, TEXT_PATTERN
from wire.identifiers import CREDENTIAL_PATTERN, HEX16_PATTERN, ID_PATTERN, MAX_ID_LENGTH
from wire.topics import CHANNELS, EVENT, QOS, ROOT, Channel, Scope, Writer

_FORMS: Final = {
    ID_PATTERN: "id",
    HEX16_PATTERN: "16 hex digits",
    CREDENTIAL_PATTERN: "64 hex digits",
    TEXT_PATTERN: "text without control characters",
    BASE64_PATTERN: "base64 text",
}
_LIST_PARTS: Final = (
    access.AccessList,
    access.DoorRule,
    access.Window,
    access.Credential,
    access.Right,
)
_COMMAND_PARTS: Final = (*get_args(access.Command), access.CardKeys)
BODY_STRUCTS: Final[tuple[type[msgspec.Struct], ...]] = (*_LIST_PARTS, *_COMMAND_PARTS)
"""What is inside sealed messages, in the order of the page."""

_GOLDEN: Final = Path(__file__).resolve().parents[2] / "tests" / "contract" / "v1"


def pages() -> dict[str, str]:
    """Return the channel table and the message tables."""
    return {"reference/channels.md": _channels(), "reference/messages.md": _messages()}


def _channels() -> str:
    rows = [_channel_row(channel) for channel in CHANNELS]
    head = ["topic", "written by", "retained", "largest payload", "carries", "what"]
    batch = (_GOLDEN / "batch_with_losses.ndjson").read_text("utf-8").strip()
    return f"""\
<!-- {NOTE} -->

# Channels

Every topic of version 1, all under `{ROOT}/`, all with QoS {QOS}. A device may write and read in its own space and
under its own id only; `hub` is no space and no device. The same as AsyncAPI: [asyncapi.yaml](asyncapi.yaml); the
fields: [messages.md](messages.md); why it is so: [delivery](../explanation/delivery.md).

{_table(head, rows)}

What a device's certificate allows it, with its own `{{space}}` and `{{device}}`:

- write: {_topics(channel for channel in CHANNELS if channel.writer is Writer.DEVICE)}
- read: {_topics(channel for channel in CHANNELS if channel.writer is Writer.HUB)}

An id has 1 to {MAX_ID_LENGTH} characters: `a-z`, `0-9` and single hyphens inside.

## A batch

The topic `event` carries lines of JSON, separated by one line feed, without one at the end: the header, then one
event per line. The header accounts for every number from `first` to `last`: each is either in `lost` or is the next
of the events that follow, in order. A line that is no event spoils only itself. Here four events have the numbers
101, 102, 106 and 107, and six are lost:

```json
{batch}
```

| limit | bytes or number |
| --- | --- |
| whole batch | {codec.MAX_BATCH_BYTES} |
| header | {codec.MAX_HEADER_BYTES} |
| event | {codec.MAX_EVENT_BYTES} |
| events | {codec.MAX_BATCH_EVENTS} |
| the broker's `max_packet_size` | {codec.MAX_PACKET_BYTES} |
"""


def _channel_row(channel: Channel) -> list[str]:
    return [
        f"`{channel.address.removeprefix(ROOT + '/')}`",
        channel.writer.value + (", last will" if channel.name == "status" else ""),
        "yes" if channel.retained else "no",
        str(asyncapi.max_bytes(channel)),
        f"[{asyncapi.schema_title(channel)}]({_link(channel)})",
        channel.purpose,
    ]


def _link(channel: Channel) -> str:
    return "#a-batch" if channel is EVENT else f"messages.md#{asyncapi.schema_title(channel).lower()}"


def _topics(channels: Iterator[Channel]) -> str:
    places = {Scope.DEVICE: "…/", Scope.SPACE: "{space}/", Scope.HUB: "hub/"}
    return ", ".join(f"`{places[channel.scope]}{channel.name}`" for channel in channels)


def _messages() -> str:
    _, definitions = schemas.components("{name}")
    events = [name for name, schema in definitions.items() if "type" in schema.get("properties", {})]
    others = [name for name in definitions if name not in events]
    return (
        f"""\
<!-- {NOTE} -->

# Messages

The fields of every message of version 1. A field without a default must be there; one that a reader does not know is
ignored. `…_us` are whole microseconds: `wall_us`, `at_us`, `issued_us` and `valid_until_us` since 1970-01-01T00:00Z,
`mono_us` since the boot that `boot` names. As JSON Schema: [schema/](schema/). On which topic they travel:
[channels.md](channels.md). What a `Sealed` holds is MessagePack and stands at the end:
[access lists](#inside-an-access-list), [commands](#inside-a-command).

## Besides events

{"".join(_section(name, definitions[name]) for name in sorted(others))}## Events

The lines of a batch; `type` tells which it is. Four more fields are the same for all: when it happened, as far as the
device knew.

{"".join(_section(name, definitions[name]) for name in events)}{_bodies()}""".rstrip()
        + "\n"
    )


def _bodies() -> str:
    return f"""\
## Inside an access list

The body of a [Sealed](#sealed) of purpose `access`, once it is opened: one zlib stream (RFC 1950) of one MessagePack
value, nothing behind either; at most {signing.MAX_BODY_BYTES} bytes compressed and {access.MAX_UNPACKED_BYTES}
unpacked. A struct is a table with its fields' names, or, where it says so, a list of its fields in this order. Fields
that a reader does not know are ignored, in a list those behind the last. No card and no door stands twice in a list,
a window ends after it starts, and the windows of a schedule neither overlap nor go back. Flags of a card are added up:

{_flags()}

{"".join(_body_section(struct) for struct in _LIST_PARTS)}## Inside a command

The body of a [Sealed](#sealed) of purpose `command`, in the same form; `type` tells which it is.

{"".join(_body_section(struct) for struct in _COMMAND_PARTS)}"""


def _flags() -> str:
    told = {
        "BLOCKED": "opens nothing; it stands in the list so that the log can name it, and brings no key",
        "ALWAYS_WORKS": "opens also when the list is dead or the time is not trusted",
        "HOST": "a lockdown may let it in",
        "LONGER": "the door stays open longer for it",
    }
    rows = [[str(getattr(access, name)), f"`{name.lower()}`", what] for name, what in told.items()]
    return _table(["flag", "name", "the card"], rows)


def _body_section(struct: type[msgspec.Struct]) -> str:
    text, arguments = schemas.take_apart(struct)
    config = struct.__struct_config__
    form = " Stands as a list." if config.array_like else ""
    tag = [["`type`", f"`{config.tag}`", "required", "which command this is."]] if config.tag else []
    rows = [
        [f"`{field.name}`", _body_values(field.type), _body_default(field), arguments[field.name]]
        for field in _info(struct).fields
    ]
    table = _table(["field", "values", "default", "what"], tag + rows)
    return f"### {struct.__name__}\n\n{text}{form}\n\n{table}\n\n"


def _info(struct: type[msgspec.Struct]) -> inspect.StructType:
    found = inspect.type_info(struct)
    assert isinstance(found, inspect.StructType)
    return found


def _body_values(kind: inspect.Type) -> str:
    """Return what a field of a body may hold, in words."""
    return _BODY_VALUES[type(kind)](kind)


def _bytes(kind: inspect.BytesType) -> str:
    # What may be shorter is `KeyOrNone`: the laws of its structs leave no length between.
    return f"{kind.max_length} bytes" if kind.min_length else f"none or {kind.max_length} bytes"


_BODY_VALUES: Final[dict[type[inspect.Type], Callable[[Any], str]]] = {
    inspect.StructType: lambda kind: f"[{kind.cls.__name__}](#{kind.cls.__name__.lower()})",
    inspect.ListType: lambda kind: (
        f"{kind.min_length or 'up'} to {kind.max_length} of: {_body_values(kind.item_type)}"
    ),
    inspect.StrType: lambda kind: _FORMS[kind.pattern],
    inspect.BytesType: _bytes,
    inspect.IntType: lambda kind: f"{kind.ge} to {kind.le}",
    inspect.BoolType: lambda _: "true or false",
    inspect.LiteralType: lambda kind: ", ".join(f"`{value}`" for value in kind.values),
}


def _body_default(field: inspect.Field) -> str:
    if field.required:
        return "required"
    factory = field.default_factory
    return f"`{json.dumps(factory() if callable(factory) else field.default)}`"


def _section(name: str, schema: dict[str, Any]) -> str:
    text = f"### {name}\n\n{schema['description']}\n\n"
    if "properties" not in schema:
        return text
    rows = [
        [f"`{field}`", _values(property_), _default(field, schema), property_.get("description", "")]
        for field, property_ in schema["properties"].items()
    ]
    return text + _table(["field", "values", "default", "what"], rows) + "\n\n"


def _values(schema: dict[str, Any]) -> str:
    """Return what a field may hold, in words."""
    if "anyOf" in schema:
        return " or ".join(_values(one) for one in schema["anyOf"])
    if "enum" in schema:
        return ", ".join(f"`{value}`" if value else "empty" for value in schema["enum"])
    if "$ref" in schema:
        return f"[{schema['$ref']}](#{schema['$ref'].lower()})"
    match schema["type"]:
        case "array":
            return f"up to {schema['maxItems']} of: {_values(schema['items'])}"
        case "object":
            return f"table of id to {_values(schema['additionalProperties'])}"
        case "integer":
            return f"{schema['minimum']} to {schema['maximum']}"
        case "string":
            form = _FORMS.get(schema.get("pattern", ""), "text")
            return f"{form}, up to {schema['maxLength']} characters" if "text" in form else form
        case kind:
            return {"boolean": "true or false", "number": "number", "null": "null"}[kind]


def _default(field: str, schema: dict[str, Any]) -> str:
    if field in schema["required"]:
        return "required"
    value = schema["properties"][field]["default"]
    return "empty" if value == "" else f"`{json.dumps(value)}`"


def _table(head: list[str], rows: list[list[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |" for line in lines)
