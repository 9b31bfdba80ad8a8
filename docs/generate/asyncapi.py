"""The contract as AsyncAPI 3.0, seen from the hub: `docs/reference/asyncapi.yaml`.

Channels and operations come from `wire.topics`, schemas from the messages, examples from the golden payloads.
"""

import json
from pathlib import Path
from typing import Any, Final

import yaml

from docs.generate import NOTE, schemas
from wire import codec
from wire.identifiers import ID_PATTERN, MAX_ID_LENGTH
from wire.messages import Status
from wire.topics import ACCESS, CHANNELS, COMMAND, EVENT, HUB_STATUS, QOS, Channel, Scope, Writer

MQTT_BINDING: Final = "0.2.0"
GOLDEN: Final = Path(__file__).resolve().parents[2] / "tests" / "contract" / "v1"

_INTRODUCTION: Final = f"""\
What devices and hub say to each other over MQTT 5, as the hub sees it: it *receives* what devices write and *sends* \
what they read. The major version is a level of every topic. Within it fields are only added, always with a default, \
and a reader ignores fields that it does not know.

Integers may have 64 bits: read them with a parser that does not turn them into floating-point numbers. \
`…_us` are whole microseconds. Every message is UTF-8 JSON and at most as large as its channel's `x-max-bytes`; with \
its topic it stays under {codec.MAX_PACKET_BYTES} bytes. `docs/explanation/delivery.md` tells how nothing gets lost.
"""

_BATCH: Final = f"""\
Lines of JSON, separated by one line feed, without one at the end: first the header, then one event per line. The \
schema shows them as an array, one item per line.

The header accounts for every number from `first` to `last`: each is either in `lost` or is the next of the events \
that follow, in order. A line that is no event spoils only itself. At most {codec.MAX_BATCH_EVENTS} events of \
{codec.MAX_EVENT_BYTES} bytes, and a header of {codec.MAX_HEADER_BYTES} bytes.
"""


_INSIDE: Final = {ACCESS: "an AccessList", COMMAND: "one of the commands, named by `type`"}


class _Dumper(yaml.SafeDumper):
    """Writes every part out where it stands, long texts as blocks."""

    def ignore_aliases(self, data: object) -> bool:
        return True


def _text(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style="|" if "\n" in text else None)


_Dumper.add_representer(str, _text)


def pages() -> dict[str, str]:
    """Return the AsyncAPI document."""
    text = yaml.dump(document(), Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=110)
    return {"reference/asyncapi.yaml": f"# {NOTE}\n{text}"}


def document() -> dict[str, Any]:
    """Return the document as it stands before it is written as YAML."""
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "Ankerort: the contract between devices and hub",
            "version": "1.0.0",
            "description": _INTRODUCTION,
            "license": {
                "name": "EUPL-1.2",
                "url": "https://joinup.ec.europa.eu/collection/eupl/eupl-text-eupl-12",
            },
        },
        "defaultContentType": "application/json",
        "servers": {"broker": _server()},
        "channels": {channel_key(channel): _channel(channel) for channel in CHANNELS},
        "operations": {operation_key(channel): _operation(channel) for channel in CHANNELS},
        "components": {
            "messages": {message_key(channel): _message(channel) for channel in CHANNELS},
            "parameters": {
                "space": {"description": f"Id of the space. {_id_form()} `hub` is reserved."},
                "device": {
                    "description": f"Id of the device within its space. {_id_form()} `hub` is reserved."
                },
            },
            "schemas": _schemas(),
        },
    }


def channel_key(channel: Channel) -> str:
    """Return a channel's name in the document: `deviceStatus`, `hubStatus`, `spaceOccupancy`."""
    return channel.scope.name.lower() + channel.name.capitalize()


def operation_key(channel: Channel) -> str:
    """Return the name of what the hub does on a channel: `receiveDeviceStatus`, `sendHubStatus`."""
    key = channel_key(channel)
    return _action(channel) + key[0].upper() + key[1:]


def message_key(channel: Channel) -> str:
    """Return the name of what a channel carries: `batch` for events, else the channel's own."""
    return "batch" if channel is EVENT else channel_key(channel)


def _action(channel: Channel) -> str:
    return "receive" if channel.writer is Writer.DEVICE else "send"


def _id_form() -> str:
    return f"1 to {MAX_ID_LENGTH} characters that match `{ID_PATTERN}`."


def _server() -> dict[str, Any]:
    return {
        "host": "{broker}",
        "protocol": "secure-mqtt",
        "protocolVersion": "5.0",
        "description": "The site's or the network's broker; every program logs in with a certificate of its own.",
        "variables": {"broker": {"default": "broker.example.org:8883", "description": "Host and port."}},
        "security": [{"type": "X509"}],
        "bindings": {
            "mqtt": {
                "cleanSession": False,
                "lastWill": {
                    "topic": HUB_STATUS.address,
                    "qos": QOS,
                    "message": codec.encode(Status(state="lost", session="0123456789abcdef")).decode(),
                    "retain": HUB_STATUS.retained,
                },
                "maximumPacketSize": codec.MAX_PACKET_BYTES,
                "bindingVersion": MQTT_BINDING,
            }
        },
    }


def _channel(channel: Channel) -> dict[str, Any]:
    key = message_key(channel)
    parameters = [name for name in ("space", "device") if "{" + name + "}" in channel.address]
    described: dict[str, Any] = {
        "address": channel.address,
        "title": channel.name,
        "summary": channel.purpose,
        "messages": {key: {"$ref": f"#/components/messages/{key}"}},
        "parameters": {name: {"$ref": f"#/components/parameters/{name}"} for name in parameters},
        "x-max-bytes": max_bytes(channel),
    }
    return {name: value for name, value in described.items() if value}


def max_bytes(channel: Channel) -> int:
    """Return the largest payload that a channel may carry."""
    return codec.MAX_BATCH_BYTES if channel is EVENT else codec.MAX_BYTES[channel]


def _operation(channel: Channel) -> dict[str, Any]:
    place = f"#/channels/{channel_key(channel)}"
    return {
        "action": _action(channel),
        "channel": {"$ref": place},
        "summary": channel.purpose,
        "bindings": {"mqtt": {"qos": QOS, "retain": channel.retained, "bindingVersion": MQTT_BINDING}},
        "messages": [{"$ref": f"{place}/messages/{message_key(channel)}"}],
    }


def _message(channel: Channel) -> dict[str, Any]:
    message: dict[str, Any] = {"name": message_key(channel), "title": schema_title(channel)}
    if channel is EVENT:
        message |= {
            "summary": "A header and the events that it accounts for.",
            "description": _BATCH,
            "contentType": "application/x-ndjson",
            "payload": {
                "type": "array",
                "items": [{"$ref": "#/components/schemas/BatchHeader"}],
                "additionalItems": {"$ref": "#/components/schemas/Event"},
                "minItems": 1,
                "maxItems": codec.MAX_BATCH_EVENTS + 1,
            },
        }
    else:
        message |= {
            "summary": channel.purpose,
            "contentType": "application/json",
            "payload": {"$ref": f"#/components/schemas/{schema_title(channel)}"},
        }
    if channel in (ACCESS, COMMAND):
        message["description"] = (
            "`header` is the JSON text of a SealedHeader; `body` only its recipient can open. Opened, it is "
            f"zlib-compressed MessagePack, {_INSIDE[channel]}; `messages.md` has its fields."
        )
    return message | {
        "examples": [{"name": name.partition(".")[0], "payload": _golden(name)} for name in examples(channel)]
    }


def schema_title(channel: Channel) -> str:
    """Return the name of the struct that a channel carries."""
    return "Batch" if channel is EVENT else codec.STRUCTS[channel].__name__


def examples(channel: Channel) -> list[str]:
    """Return the golden payloads that show what a channel carries."""
    if channel is EVENT:
        return ["batch_one_event.ndjson", "batch_with_losses.ndjson"]
    if channel in (ACCESS, COMMAND):
        return [f"sealed_{channel.name}.json"]
    prefix = "hub_status" if channel.scope is Scope.HUB else channel.name
    return sorted(file.name for file in GOLDEN.glob(f"{prefix}*.json"))


def _golden(name: str) -> Any:
    lines = [json.loads(line) for line in (GOLDEN / name).read_text("utf-8").splitlines()]
    return lines if name.endswith(".ndjson") else lines[0]


def _schemas() -> dict[str, dict[str, Any]]:
    """Return the schemas as AsyncAPI wants them: of JSON Schema draft 7, which knows no `prefixItems`."""
    roots, definitions = schemas.components("#/components/schemas/{name}")
    named = {"Event": roots["event"], **definitions}
    return {name: _as_draft_7(named[name]) for name in sorted(named)}


def _as_draft_7(schema: dict[str, Any]) -> dict[str, Any]:
    return {("items" if key == "prefixItems" else key): value for key, value in schema.items()}
