"""The contract as tables for people: `docs/reference/channels.md` and `docs/reference/messages.md`."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from docs.generate import NOTE, asyncapi, schemas
from wire import codec
from wire.identifiers import CREDENTIAL_PATTERN, HEX16_PATTERN, ID_PATTERN, MAX_ID_LENGTH
from wire.messages import TEXT_PATTERN
from wire.topics import CHANNELS, EVENT, QOS, ROOT, Channel, Scope, Writer

_FORMS: Final = {
    ID_PATTERN: "id",
    HEX16_PATTERN: "16 hex digits",
    CREDENTIAL_PATTERN: "64 hex digits",
    TEXT_PATTERN: "text without control characters",
}
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
[channels.md](channels.md).

## Besides events

{"".join(_section(name, definitions[name]) for name in sorted(others))}## Events

The lines of a batch; `type` tells which it is. Four more fields are the same for all: when it happened, as far as the
device knew.

{"".join(_section(name, definitions[name]) for name in events)}""".rstrip()
        + "\n"
    )


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
