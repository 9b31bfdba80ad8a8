"""The AsyncAPI document: well-formed by the specification (3.0.0), whole, and true.

No Python package carries the specification's own JSON Schema, so the objects that we use are checked here against the
fields that the specification allows them, and every reference is followed.
"""

from collections.abc import Iterator
from typing import Any, Final

import pytest
import yaml
from jsonschema import Draft7Validator

from docs.generate import FOLDER, asyncapi
from wire.codec import MAX_PACKET_BYTES, STRUCTS
from wire.topics import CHANNELS, EVENT, QOS, Channel, Writer

DOCUMENT: Final[dict[str, Any]] = yaml.safe_load((FOLDER / "reference/asyncapi.yaml").read_text("utf-8"))

# Specification 3.0.0, section "Schema", and MQTT bindings 0.2.0: the fixed fields of each object that we use; `!` for
# required.
_FIELDS: Final = {
    "root": "asyncapi! info! id servers defaultContentType channels operations components",
    "info": "title! version! description termsOfService contact license tags externalDocs",
    "license": "name! url",
    "server": "host! protocol! protocolVersion pathname description title summary variables security tags bindings",
    "variable": "enum default description examples",
    "channel": "address messages title summary description servers parameters tags externalDocs bindings",
    "parameter": "enum default description examples location",
    "operation": "action! channel! title summary description security tags bindings traits messages reply",
    "message": "headers payload correlationId contentType name title summary description tags bindings examples",
    "example": "headers payload name summary",
    "components": "schemas servers channels operations messages parameters",
    "mqtt server": "clientId cleanSession lastWill keepAlive sessionExpiryInterval maximumPacketSize bindingVersion",
    "last will": "topic! qos! message! retain!",
    "mqtt operation": "qos retain messageExpiryInterval bindingVersion",
}


def _objects() -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Yield every object of the document as (what it is, where it stands, itself)."""
    yield "root", "", DOCUMENT
    yield "info", "info", DOCUMENT["info"]
    yield "license", "info.license", DOCUMENT["info"]["license"]
    for name, server in DOCUMENT["servers"].items():
        yield "server", f"servers.{name}", server
        yield "mqtt server", f"servers.{name}.bindings.mqtt", server["bindings"]["mqtt"]
        yield "last will", f"servers.{name}.lastWill", server["bindings"]["mqtt"]["lastWill"]
        for key, variable in server["variables"].items():
            yield "variable", f"servers.{name}.variables.{key}", variable
    for name, channel in DOCUMENT["channels"].items():
        yield "channel", f"channels.{name}", channel
    for name, operation in DOCUMENT["operations"].items():
        yield "operation", f"operations.{name}", operation
        yield "mqtt operation", f"operations.{name}.bindings.mqtt", operation["bindings"]["mqtt"]
    components = DOCUMENT["components"]
    yield "components", "components", components
    for name, parameter in components["parameters"].items():
        yield "parameter", f"components.parameters.{name}", parameter
    for name, message in components["messages"].items():
        yield "message", f"components.messages.{name}", message
        for number, example in enumerate(message["examples"]):
            yield "example", f"components.messages.{name}.examples.{number}", example


_OBJECTS = [pytest.param(kind, value, id=place or "root") for kind, place, value in _objects()]


@pytest.mark.parametrize(("kind", "value"), _OBJECTS)
def test_an_object_has_the_fields_that_the_specification_allows_it(kind: str, value: dict[str, Any]) -> None:
    fields = _FIELDS[kind].split()
    assert {name for name in value if not name.startswith("x-")} <= {name.rstrip("!") for name in fields}
    assert {name.rstrip("!") for name in fields if name.endswith("!")} <= set(value)


def _references(value: object) -> Iterator[str]:
    if isinstance(value, dict):
        if isinstance(value.get("$ref"), str):
            yield value["$ref"]
        for inner in value.values():
            yield from _references(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _references(inner)


def _follow(reference: str) -> Any:
    value: Any = DOCUMENT
    for key in reference.removeprefix("#/").split("/"):
        value = value[key]
    return value


def test_every_reference_leads_somewhere() -> None:
    references = set(_references(DOCUMENT))
    assert len(references) > len(CHANNELS)
    for reference in references:
        assert reference.startswith("#/")
        assert isinstance(_follow(reference), dict), reference


def test_every_component_is_used() -> None:
    used = set(_references(DOCUMENT))
    for kind, named in DOCUMENT["components"].items():
        for name in named:
            # Its JSON text travels as a text inside Sealed, which no reference can show.
            assert f"#/components/{kind}/{name}" in used or name == "SealedHeader"


@pytest.mark.parametrize("channel", CHANNELS, ids=lambda channel: channel.address)
def test_a_channel_of_the_table_stands_in_the_document(channel: Channel) -> None:
    described = DOCUMENT["channels"][asyncapi.channel_key(channel)]
    assert described["address"] == channel.address
    in_braces = {part[1:-1] for part in channel.address.split("/") if part.startswith("{")}
    assert set(described.get("parameters", {})) == in_braces


@pytest.mark.parametrize("channel", CHANNELS, ids=lambda channel: channel.address)
def test_a_channel_has_one_operation_of_the_hub_with_its_qos_and_retain(channel: Channel) -> None:
    place = f"#/channels/{asyncapi.channel_key(channel)}"
    found = [one for one in DOCUMENT["operations"].values() if one["channel"]["$ref"] == place]
    assert len(found) == 1
    assert found[0]["action"] == ("receive" if channel.writer is Writer.DEVICE else "send")
    assert found[0]["bindings"]["mqtt"] == {"qos": QOS, "retain": channel.retained, "bindingVersion": "0.2.0"}
    assert all(message["$ref"].startswith(f"{place}/messages/") for message in found[0]["messages"])


@pytest.mark.parametrize("channel", CHANNELS, ids=lambda channel: channel.address)
def test_the_examples_of_a_message_are_valid_under_its_payload(channel: Channel) -> None:
    message = DOCUMENT["components"]["messages"][asyncapi.message_key(channel)]
    validator = Draft7Validator({**message["payload"], "components": DOCUMENT["components"]})
    assert message["examples"]
    for example in message["examples"]:
        validator.validate(example["payload"])


@pytest.mark.parametrize(
    "channel", [one for one in CHANNELS if one is not EVENT], ids=lambda one: one.address
)
def test_a_message_refers_to_the_struct_that_its_channel_carries(channel: Channel) -> None:
    message = DOCUMENT["components"]["messages"][asyncapi.message_key(channel)]
    assert message["payload"] == {"$ref": f"#/components/schemas/{STRUCTS[channel].__name__}"}


def test_every_schema_is_valid_json_schema_of_draft_7() -> None:
    for schema in DOCUMENT["components"]["schemas"].values():
        Draft7Validator.check_schema(schema)
        assert not {"prefixItems", "$defs", "discriminator"} & set(schema)


def test_a_lost_range_has_two_numbers_also_in_draft_7() -> None:
    ranges = Draft7Validator(DOCUMENT["components"]["schemas"]["SeqRange"])
    assert ranges.is_valid([1, 2])
    assert not ranges.is_valid([1])
    assert not ranges.is_valid([0, 2])


def test_a_batch_without_a_header_is_not_valid() -> None:
    message = DOCUMENT["components"]["messages"]["batch"]
    validator = Draft7Validator({**message["payload"], "components": DOCUMENT["components"]})
    header, *events = message["examples"][1]["payload"]
    assert validator.is_valid([header, *events])
    assert not validator.is_valid(events)
    assert not validator.is_valid([])
    assert not validator.is_valid([header, header])


def test_the_document_names_its_version_and_the_brokers_limit() -> None:
    assert DOCUMENT["asyncapi"] == "3.0.0"
    mqtt = DOCUMENT["servers"]["broker"]["bindings"]["mqtt"]
    assert mqtt["maximumPacketSize"] == MAX_PACKET_BYTES
    assert mqtt["lastWill"]["topic"] == "ankerort/v1/hub/status"
