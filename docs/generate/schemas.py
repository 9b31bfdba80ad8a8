"""JSON Schemas of the contract's messages, from `wire.events` and `wire.messages`: `docs/reference/schema/*.json`."""

import inspect
import json
import re
from typing import Any, Final

import msgspec

import wire.access
import wire.events
import wire.messages
from wire.events import Event
from wire.identifiers import CREDENTIAL_PATTERN, CredentialId
from wire.messages import BatchHeader, DeviceHealth, DeviceMeta, Mark, Occupancy, Sealed, Status
from wire.signing import SealedHeader

DIALECT: Final = "https://json-schema.org/draft/2020-12/schema"

TYPES: Final[dict[str, Any]] = {
    "batch-header": BatchHeader,
    "event": Event,
    "status": Status,
    "meta": DeviceMeta,
    "health": DeviceHealth,
    "mark": Mark,
    "sealed": Sealed,
    "sealed-header": SealedHeader,
    "occupancy": Occupancy,
}
"""File name of each schema to what it describes."""

TITLES: Final = {"event": "Event: one line of a batch"}

_STRUCTS: Final[dict[str, type[msgspec.Struct]]] = {
    one.__name__: one
    for one in (
        *vars(wire.events).values(),
        *vars(wire.messages).values(),
        *vars(wire.access).values(),
        SealedHeader,
    )
    if isinstance(one, type) and issubclass(one, msgspec.Struct)
}
_ARGUMENT = re.compile(r"^    (\w+(?:, \w+)*): ", re.MULTILINE)


def pages() -> dict[str, str]:
    """Return one self-contained JSON Schema per message."""
    return {
        f"reference/schema/{name}.json": json.dumps(schema_of(name), indent=2, ensure_ascii=False) + "\n"
        for name in TYPES
    }


def schema_of(name: str) -> dict[str, Any]:
    """Return the schema of one message with all that it refers to."""
    schema = msgspec.json.schema(TYPES[name], schema_hook=_custom)
    definitions = schema.pop("$defs", {})
    body = _without_discriminator(schema)
    if set(body) == {"$ref"}:
        # The message itself stands at the top, and only what it is made of under `$defs`.
        body = definitions.pop(body["$ref"].rpartition("/")[2])
    head = {"$schema": DIALECT, "$id": f"urn:ankerort:v1:{name}", "title": TITLES.get(name, name)}
    whole = (
        head
        | _described(body)
        | {"$defs": {key: _described(definitions[key]) for key in sorted(definitions)}}
    )
    return whole if definitions else {key: value for key, value in whole.items() if key != "$defs"}


def components(ref_template: str) -> tuple[dict[str, dict[str, Any]], dict[str, dict[str, Any]]]:
    """Return the schemas of all messages, as (file name to schema, and name to what they refer to).

    Args:
        ref_template: where the second are found, with `{name}`.
    """
    roots, definitions = msgspec.json.schema_components(
        TYPES.values(), schema_hook=_custom, ref_template=ref_template
    )
    named = {name: _without_discriminator(root) for name, root in zip(TYPES, roots, strict=True)}
    return named, {name: _described(schema) for name, schema in definitions.items()}


def _custom(kind: type) -> dict[str, Any]:
    if kind is CredentialId:
        return {"type": "string", "pattern": CREDENTIAL_PATTERN}
    raise TypeError(f"{kind.__name__} has no JSON Schema: say how it stands on the wire")


def _without_discriminator(schema: dict[str, Any]) -> dict[str, Any]:
    """Each event says its `type` itself; `discriminator` is OpenAPI's word, unknown to JSON Schema."""
    return {key: value for key, value in schema.items() if key != "discriminator"}


def _described(schema: dict[str, Any]) -> dict[str, Any]:
    """Return a struct's schema with its docstring taken apart: the text for it, each argument for its property."""
    if "title" not in schema:
        return schema
    text, arguments = take_apart(_STRUCTS[schema["title"]])
    described = {**schema, "description": text}
    if "properties" in schema:
        described["properties"] = {
            name: {**property_, "description": arguments[name]} if name in arguments else property_
            for name, property_ in schema["properties"].items()
        }
    return described


def take_apart(struct: type[msgspec.Struct]) -> tuple[str, dict[str, str]]:
    """Return a struct's docstring as (text, argument to text), with the arguments of its bases."""
    text, arguments = "", {"type": "which event this is."}
    for kind in reversed(struct.__mro__):
        if kind.__name__ not in _STRUCTS or not kind.__doc__:
            continue
        text, _, rest = inspect.cleandoc(kind.__doc__).partition("\n\nArgs:\n")
        parts = _ARGUMENT.split(rest)[1:]
        for names, described in zip(parts[::2], parts[1::2], strict=True):
            arguments |= dict.fromkeys(names.split(", "), _one_line(described))
    return "\n\n".join(_one_line(paragraph) for paragraph in text.split("\n\n")), arguments


def _one_line(text: str) -> str:
    return " ".join(text.split())
