"""The channel table, and topics from strangers."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tests.contract.strategies import ids
from wire.codec import MAX_BYTES, STRUCTS
from wire.errors import InvalidIdentifier, UnknownTopic
from wire.identifiers import MAX_ID_LENGTH, RESERVED_IDS
from wire.topics import (
    CHANNELS,
    COMMAND,
    EVENT,
    HUB_STATUS,
    MAX_TOPIC_LENGTH,
    OCCUPANCY,
    QOS,
    ROOT,
    STATUS,
    Channel,
    Scope,
    Topic,
    Writer,
    parse_topic,
)

_usable_ids = ids.filter(lambda text: text not in RESERVED_IDS)

_TABLE = {
    "ankerort/v1/{space}/{device}/status": (Writer.DEVICE, True),
    "ankerort/v1/{space}/{device}/meta": (Writer.DEVICE, True),
    "ankerort/v1/{space}/{device}/health": (Writer.DEVICE, True),
    "ankerort/v1/{space}/{device}/event": (Writer.DEVICE, False),
    "ankerort/v1/{space}/{device}/mark": (Writer.HUB, True),
    "ankerort/v1/{space}/{device}/access": (Writer.HUB, True),
    "ankerort/v1/{space}/{device}/command": (Writer.HUB, False),
    "ankerort/v1/{space}/occupancy": (Writer.HUB, True),
    "ankerort/v1/hub/status": (Writer.HUB, True),
}


def _topic(channel: Channel, space: str = "moelln", device: str = "door-1") -> Topic:
    match channel.scope:
        case Scope.HUB:
            return Topic(channel)
        case Scope.SPACE:
            return Topic(channel, space)
        case Scope.DEVICE:
            return Topic(channel, space, device)


def test_the_table_is_the_one_that_brokers_are_configured_for() -> None:
    assert {channel.address: (channel.writer, channel.retained) for channel in CHANNELS} == _TABLE
    assert QOS == 1


def test_d9_what_acts_or_counts_is_never_retained() -> None:
    assert {channel for channel in CHANNELS if not channel.retained} == {EVENT, COMMAND}


def test_every_channel_but_the_batch_has_a_struct_and_a_limit() -> None:
    assert set(STRUCTS) == set(MAX_BYTES) == set(CHANNELS) - {EVENT}


@given(channel=st.sampled_from(CHANNELS), space=_usable_ids, device=_usable_ids)
def test_a_topic_is_parsed_back_from_its_text(channel: Channel, space: str, device: str) -> None:
    topic = _topic(channel, space, device)
    assert parse_topic(str(topic)) == topic


def test_the_longest_ids_fit_into_a_topic() -> None:
    longest = "a" * MAX_ID_LENGTH
    for channel in CHANNELS:
        topic = _topic(channel, longest, longest)
        assert len(str(topic)) <= MAX_TOPIC_LENGTH
        assert parse_topic(str(topic)) == topic


def test_two_channels_with_one_name_are_told_apart_by_their_place() -> None:
    assert parse_topic("ankerort/v1/hub/status") == Topic(HUB_STATUS)
    assert parse_topic("ankerort/v1/moelln/door-1/status") == Topic(STATUS, "moelln", "door-1")
    assert parse_topic("ankerort/v1/moelln/occupancy") == Topic(OCCUPANCY, "moelln")


@given(text=st.text())
@example(text="ankerort/v1/")
@example(text="ankerort/v1//")
@example(text="ankerort/v1/\ud800/occupancy")
def test_any_text_is_either_a_topic_or_unknown(text: str) -> None:
    _parse_or_refuse(text)
    _parse_or_refuse(f"{ROOT}/{text}")


@given(parts=st.lists(st.sampled_from([*(c.name for c in CHANNELS), "hub", "a", "", "+", "#", "..", "A"])))
def test_any_row_of_levels_is_either_a_topic_or_unknown(parts: list[str]) -> None:
    _parse_or_refuse("/".join([ROOT, *parts]))


def _parse_or_refuse(text: str) -> None:
    try:
        said = str(parse_topic(text))
    except UnknownTopic as error:
        said = str(error)
    else:
        assert said == text
        assert not set("+#$\x00\n ") & set(text)
    assert said.isprintable()
    assert len(said) < 2_000


_REFUSED = {
    "nothing": "",
    "another root": "homie/5/door-1/$state",
    "another version": "ankerort/v2/moelln/door-1/status",
    "a version that begins alike": "ankerort/v10/moelln/door-1/status",
    "the root alone": "ankerort/v1",
    "the root and a slash": "ankerort/v1/",
    "a slash in front": "/ankerort/v1/moelln/door-1/status",
    "a slash behind": "ankerort/v1/moelln/door-1/status/",
    "capitals": "Ankerort/v1/moelln/door-1/status",
    "a level too few": "ankerort/v1/moelln/status",
    "a level too many": "ankerort/v1/moelln/door-1/desk/status",
    "an empty space": "ankerort/v1//door-1/status",
    "an empty device": "ankerort/v1/moelln//status",
    "a channel that does not exist": "ankerort/v1/moelln/door-1/unlock",
    "a channel of another place": "ankerort/v1/moelln/door-1/occupancy",
    "the hub as a space": "ankerort/v1/hub/door-1/status",
    "the hub as a device": "ankerort/v1/moelln/hub/event",
    "the hub's occupancy": "ankerort/v1/hub/occupancy",
    "the single wildcard": "ankerort/v1/moelln/+/event",
    "the multi wildcard": "ankerort/v1/moelln/#",
    "a wildcard inside an id": "ankerort/v1/moelln/door+/event",
    "a shared subscription": "$share/ingest/ankerort/v1/moelln/door-1/event",
    "the broker's own": "$SYS/broker/version",
    "a line feed": "ankerort/v1/moelln/door-1/event\n",
    "a NUL": "ankerort/v1/moelln/door-1\x00/event",
    "one level up": "ankerort/v1/../door-1/event",
    "too long": "ankerort/v1/" + "a" * 200 + "/door-1/event",
}


@pytest.mark.parametrize("label", _REFUSED)
def test_a_topic_outside_the_table_is_unknown(label: str) -> None:
    with pytest.raises(UnknownTopic):
        parse_topic(_REFUSED[label])


@pytest.mark.parametrize("length", [MAX_TOPIC_LENGTH - 1, MAX_TOPIC_LENGTH, MAX_TOPIC_LENGTH + 1])
def test_a_topic_around_the_longest_length_is_refused_in_a_short_line(length: int) -> None:
    with pytest.raises(UnknownTopic) as refusal:
        parse_topic((ROOT + "/").ljust(length, "a"))
    assert len(str(refusal.value)) < MAX_TOPIC_LENGTH + 60


_NO_TOPIC: dict[str, tuple[Channel, str, str]] = {
    "no device": (EVENT, "moelln", ""),
    "no space": (EVENT, "", "door-1"),
    "a wildcard as device": (EVENT, "moelln", "+"),
    "a wildcard as space": (OCCUPANCY, "#", ""),
    "a level in an id": (EVENT, "moelln/door-1", "x"),
    "the hub as space": (OCCUPANCY, "hub", ""),
    "the hub as device": (EVENT, "moelln", "hub"),
    "a device where there is none": (OCCUPANCY, "moelln", "door-1"),
    "a space where there is none": (HUB_STATUS, "moelln", ""),
    "a parameter's own braces": (EVENT, "{device}", "door-1"),
}


@pytest.mark.parametrize("label", _NO_TOPIC)
def test_a_topic_is_not_made_from_ids_that_do_not_fit(label: str) -> None:
    channel, space, device = _NO_TOPIC[label]
    with pytest.raises(InvalidIdentifier):
        Topic(channel, space, device)


def _matches(pattern: str, topic: str) -> bool:
    """Whether an MQTT filter without `#` matches a topic."""
    wanted, levels = pattern.split("/"), topic.split("/")
    return len(wanted) == len(levels) and all(w in ("+", at) for w, at in zip(wanted, levels, strict=True))


def test_a_channels_wildcard_matches_its_own_topics_and_no_others() -> None:
    for channel in CHANNELS:
        matched = [other for other in CHANNELS if _matches(channel.wildcard, str(_topic(other)))]
        assert matched == [channel]
