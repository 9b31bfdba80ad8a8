"""What the codec refuses, how it says so, and what it lets pass on purpose."""

import json
from dataclasses import dataclass

import msgspec
import pytest

from tests.contract.golden import BATCHES, EPOCH, MESSAGES, NEWER, Golden, payload_of
from wire.codec import STRUCTS, decode, decode_batch, decode_event, encode
from wire.errors import PeerSentRubbish, UnreadableEvent, UnreadableHeader, UnreadableMessage
from wire.messages import BatchHeader, DeviceHealth, Mark, SeqRange, Status
from wire.topics import HEALTH, MARK, STATUS

_LINE = payload_of("event_desk_state_vacant.json")


def _required(golden: Golden) -> list[str]:
    struct = type(golden.message)
    names = [field.encode_name for field in msgspec.structs.fields(struct) if field.required]
    return ["type", *names] if struct.__struct_config__.tag else names


_REQUIRED_FIELDS = [(name, field) for name, golden in MESSAGES.items() for field in _required(golden)]


@pytest.mark.parametrize(("name", "field"), _REQUIRED_FIELDS)
def test_a_message_without_a_required_field_is_refused_and_the_field_named(name: str, field: str) -> None:
    fields = json.loads(payload_of(name))
    del fields[field]
    with pytest.raises(PeerSentRubbish, match=f"missing required field `{field}`"):
        MESSAGES[name].decoded(json.dumps(fields).encode())


_WRONG_FOR_ALL: dict[str, object] = {
    "a fraction": 0.5,
    "a table": {"a": 1},
    "a list of lists": [[]],
    "a negative number": -1,
    "a huge number": 10**40,
    "a line feed": "\n",
}
_FREE_NUMBERS = {(name, "temperature_c") for name in MESSAGES if name.startswith("health")}
_TABLES = ("readers", "desks", "doors", "refused")
_FREE_TEXTS = {
    (f"{purpose}_envelope.json", field)
    for purpose in ("access", "command")
    for field in ("header", "body", "signature")
}


@pytest.mark.parametrize("label", _WRONG_FOR_ALL)
@pytest.mark.parametrize("name", MESSAGES)
def test_a_value_that_no_field_may_have_is_refused_in_every_field(name: str, label: str) -> None:
    fields, value = json.loads(payload_of(name)), _WRONG_FOR_ALL[label]
    for field in fields:
        number = isinstance(value, int | float)
        if (number and (name, field) in _FREE_NUMBERS) or (
            isinstance(value, str) and (name, field) in _FREE_TEXTS
        ):
            continue
        if field in _TABLES and name.startswith("health") and isinstance(value, dict):
            value = {"a": {}}
        with pytest.raises(PeerSentRubbish):
            MESSAGES[name].decoded(json.dumps({**fields, field: value}).encode())


@dataclass(frozen=True)
class Rubbish:
    """A payload that is no message at all, and what its refusal says."""

    payload: bytes
    reason: str


_MARK = payload_of("mark.json")
_NOT_A_MESSAGE: dict[str, Rubbish] = {
    "nothing": Rubbish(b"", "truncated"),
    "white space": Rubbish(b"   ", "truncated"),
    "zero bytes": Rubbish(b"\x00" * 40, "malformed"),
    "a byte order mark": Rubbish(b"\xef\xbb\xbf" + _MARK, "malformed"),
    "UTF-16": Rubbish(_MARK.decode().encode("utf-16"), "utf-8"),
    "half a message": Rubbish(_MARK[: len(_MARK) // 2], "truncated"),
    "two messages": Rubbish(_MARK + _MARK, "trailing characters"),
    "a list": Rubbish(b"[" + _MARK + b"]", "Expected `object`, got `array`"),
    "a text": Rubbish(json.dumps(_MARK.decode()).encode(), "Expected `object`, got `str`"),
    "null": Rubbish(b"null", "Expected `object`, got `null`"),
    "a comment": Rubbish(b"/* */" + _MARK, "malformed"),
    "a trailing comma": Rubbish(_MARK[:-1] + b",}", "malformed"),
    "single quotes": Rubbish(_MARK.replace(b'"', b"'"), "malformed"),
    "bad UTF-8 in a value": Rubbish(_MARK.replace(EPOCH.encode(), EPOCH[:-1].encode() + b"\xff"), "utf-8"),
    "bad UTF-8 in a field to ignore": Rubbish(_MARK[:-1] + b',"z":"\xff"}', "utf-8"),
    "an overlong line feed": Rubbish(_MARK[:-1] + b',"z":"\xc0\x8a"}', "utf-8"),
    "a surrogate in UTF-8": Rubbish(_MARK[:-1] + b',"z":"\xed\xa0\x80"}', "utf-8"),
    "NaN in a field to ignore": Rubbish(_MARK[:-1] + b',"z":NaN}', "malformed"),
    "a nesting without end": Rubbish(_MARK[:-1] + b',"z":' + b"[" * 900, "truncated|recursion|malformed"),
}


@pytest.mark.parametrize("label", _NOT_A_MESSAGE)
def test_what_is_no_message_is_refused_with_a_reason(label: str) -> None:
    rubbish = _NOT_A_MESSAGE[label]
    with pytest.raises(UnreadableMessage, match=rubbish.reason):
        decode(MARK, Mark, rubbish.payload)


@pytest.mark.parametrize(("opened", "closed"), [("[", "]"), ('{"a":', "}")], ids=["lists", "tables"])
def test_a_nesting_that_is_too_deep_to_skip_is_refused(opened: str, closed: str) -> None:
    deep = opened * 5_000 + "1" + closed * 5_000
    payload = payload_of("health.json")[:-1] + f',"z":{deep}}}'.encode()
    with pytest.raises(UnreadableMessage, match="recursion"):
        decode(HEALTH, DeviceHealth, payload)


@pytest.mark.parametrize(
    "number", ["NaN", "nan", "Infinity", "-Infinity", "1e999", "-1e999", "0x10", "1_0", "+1"]
)
def test_a_temperature_that_json_does_not_know_is_refused(number: str) -> None:
    payload = payload_of("health.json").replace(b"51.5", number.encode())
    with pytest.raises(UnreadableMessage):
        decode(HEALTH, DeviceHealth, payload)


@pytest.mark.parametrize("number", ["1.0", "1e0", '"1"', "true", "01", "1."])
def test_a_whole_number_is_written_in_digits_alone(number: str) -> None:
    with pytest.raises(UnreadableMessage):
        decode(MARK, Mark, f'{{"epoch":"{EPOCH}","upto":{number}}}'.encode())


def test_of_a_repeated_field_the_last_one_counts() -> None:
    """JSON leaves it open (RFC 8259, section 4); pinned, so that a change of the decoder would be noticed."""
    payload = f'{{"epoch":"{EPOCH}","upto":1,"upto":2}}'.encode()
    assert decode(MARK, Mark, payload) == Mark(epoch=EPOCH, upto=2)


def test_a_repeated_field_is_refused_when_an_earlier_one_is_wrong() -> None:
    with pytest.raises(UnreadableMessage):
        decode(MARK, Mark, f'{{"epoch":"{EPOCH}","upto":-1,"upto":2}}'.encode())


def test_fields_may_come_in_any_order() -> None:
    fields = json.loads(payload_of("event_desk_session_piece.json"))
    turned = json.dumps(dict(reversed(fields.items()))).encode()
    assert decode_event(turned) == MESSAGES["event_desk_session_piece.json"].message


def test_unknown_fields_are_ignored_in_every_message() -> None:
    known = {golden.channel for golden in MESSAGES.values()}
    assert {golden.channel.name for golden in NEWER.values()} >= {channel.name for channel in known} - {
        "command"
    }


_LINE_FEED_IDS = ["desk-1\n", "\ndesk-1", "desk-1\r", "desk-1\u2028", "desk-1\x00"]


@pytest.mark.parametrize("desk", _LINE_FEED_IDS)
def test_an_id_with_a_line_feed_is_refused(desk: str) -> None:
    fields = json.loads(_LINE)
    with pytest.raises(UnreadableEvent, match=r"regex.*at `\$\.desk`"):
        decode_event(json.dumps({**fields, "desk": desk}).encode())


@pytest.mark.parametrize("epoch", [EPOCH + "\n", "\n" + EPOCH, EPOCH.upper(), EPOCH[:-1] + "g"])
def test_an_epoch_that_is_not_16_small_hex_digits_is_refused(epoch: str) -> None:
    with pytest.raises(UnreadableMessage, match=r"at `\$\.epoch`"):
        decode(MARK, Mark, json.dumps({"epoch": epoch, "upto": 1}).encode())


@pytest.mark.parametrize("character", ["\x00", "\n", "\x1b", "\x7f"])
def test_a_free_text_with_a_control_character_is_refused(character: str) -> None:
    fields = json.loads(payload_of("event_device_started.json"))
    with pytest.raises(UnreadableEvent, match=r"at `\$\.version`"):
        decode_event(json.dumps({**fields, "version": f"0.1{character}"}).encode())


@pytest.mark.parametrize("name", [name for name in MESSAGES if name.startswith("event_")])
def test_an_event_is_refused_under_a_type_that_does_not_exist(name: str) -> None:
    fields = json.loads(payload_of(name))
    with pytest.raises(UnreadableEvent, match=r"Invalid value 'door_opened' - at `\$\.type`"):
        decode_event(json.dumps({**fields, "type": "door_opened"}).encode())


_SECRET_LOOKING = ["c4" * 32, "04a2b3c4d5e680", "Ada Lovelace", "a\nb", "x' - at `$.type`"]


@pytest.mark.parametrize("value", _SECRET_LOOKING)
def test_a_refusal_never_repeats_a_value_that_could_be_a_card_or_a_name(value: str) -> None:
    fields = json.loads(payload_of("event_desk_state_vacant.json"))
    for field in fields:
        with pytest.raises(UnreadableEvent) as refusal:
            decode_event(json.dumps({**fields, field: value, "wall_us": value}).encode())
        assert value not in str(refusal.value)
        assert refusal.value.__cause__ is None
        assert refusal.value.__suppress_context__ or refusal.value.__context__ is None


@pytest.mark.parametrize("value", _SECRET_LOOKING)
def test_a_refused_choice_never_repeats_a_value_that_could_be_a_card_or_a_name(value: str) -> None:
    payload = json.dumps({"state": value, "session": EPOCH}).encode()
    with pytest.raises(UnreadableMessage, match=r"^status can't be read: Invalid value - at `\$\.state`$"):
        decode(STATUS, Status, payload)


def test_a_refusal_stays_one_short_line_however_long_the_value() -> None:
    payload = json.dumps({"state": "\n" * 300, "session": EPOCH}).encode()
    with pytest.raises(UnreadableMessage) as refusal:
        decode(STATUS, Status, payload)
    assert "\n" not in str(refusal.value)
    assert len(str(refusal.value)) < 200


_CONTRADICTIONS: dict[str, tuple[str, dict[str, object]]] = {
    "granted because it is blocked": ("event_access_decided_granted.json", {"reason": "blocked"}),
    "refused because it is granted": ("event_access_decided_granted.json", {"granted": False}),
    "a card that is done but was removed": ("event_card_personalised_done.json", {"reason": "removed"}),
    "a card that is not done for no reason": ("event_card_personalised_done.json", {"done": False}),
    "a session that ends before it starts": ("event_desk_session_whole.json", {"start_ago_us": 0}),
}


@pytest.mark.parametrize("label", _CONTRADICTIONS)
def test_an_event_that_contradicts_itself_is_refused(label: str) -> None:
    name, other = _CONTRADICTIONS[label]
    with pytest.raises(UnreadableEvent, match="contradict|ends before"):
        decode_event(json.dumps({**json.loads(payload_of(name)), **other}).encode())


@pytest.mark.parametrize("sealed", ["YWFh\n", " YWFh", "YW Fh", "YW-_", "YWF\x00", "Größe", "YQ===", "=="])
def test_an_offer_that_is_not_base64_is_refused_and_not_shown(sealed: str) -> None:
    fields = json.loads(payload_of("event_card_offered_uid.json"))
    with pytest.raises(UnreadableEvent, match=r"at `\$\.sealed`") as refusal:
        decode_event(json.dumps({**fields, "sealed": sealed}).encode())
    assert sealed not in str(refusal.value)


_BAD_BATCHES: dict[str, tuple[dict[str, object], int, str]] = {
    "fewer events than announced": ({"first": 1, "last": 3}, 2, "3 events announced, 2 present"),
    "more events than announced": ({"first": 1, "last": 3}, 4, "3 events announced, 4 present"),
    "a reversed range": ({"first": 3, "last": 1}, 0, "range 3-1 is reversed"),
    "an empty range": ({"first": 3, "last": 2}, 0, "range 3-2 is reversed"),
    "a huge range": ({"first": 1, "last": 2**63 - 1}, 1, "holds 9223372036854775807 events"),
    "a loss before the range": ({"first": 5, "last": 6, "lost": [[4, 5]]}, 1, "4-5 is not rising inside 5-6"),
    "a loss behind the range": ({"first": 5, "last": 6, "lost": [[6, 7]]}, 1, "6-7 is not rising inside 5-6"),
    "a reversed loss": ({"first": 1, "last": 9, "lost": [[5, 4]]}, 9, "5-4 is not rising"),
    "losses out of order": ({"first": 1, "last": 9, "lost": [[5, 6], [2, 3]]}, 5, "2-3 is not rising"),
    "losses that overlap": ({"first": 1, "last": 9, "lost": [[2, 5], [5, 6]]}, 4, "5-6 is not rising"),
    "a loss of one number only": ({"first": 1, "last": 9, "lost": [[2]]}, 8, "at least length 2"),
    "number zero": ({"first": 0, "last": 1}, 2, ">= 1"),
    "a negative number": ({"first": -1, "last": 1}, 3, ">= 1"),
    "no epoch": ({"first": 1, "last": 1, "epoch": None}, 1, "got `null`"),
}


@pytest.mark.parametrize("label", _BAD_BATCHES)
def test_a_batch_whose_header_does_not_account_for_its_lines_is_refused(label: str) -> None:
    fields, events, reason = _BAD_BATCHES[label]
    header = json.dumps({"epoch": EPOCH, "floor": 1, **fields}).encode()
    with pytest.raises(UnreadableHeader, match=reason):
        decode_batch(b"\n".join([header, *([_LINE] * events)]))


def test_a_trailing_line_feed_is_an_event_too_many() -> None:
    with pytest.raises(UnreadableHeader, match="1 events announced, 2 present"):
        decode_batch(payload_of("batch_one_event.ndjson") + b"\n")


def test_d7_an_unreadable_line_leaves_header_and_neighbours_readable() -> None:
    lines = payload_of("batch_with_losses.ndjson").split(b"\n")
    lines[2] = b'{"type":"\xff'
    header, events = decode_batch(b"\n".join(lines))
    assert header == BATCHES["batch_with_losses.ndjson"].header
    with pytest.raises(UnreadableEvent):
        decode_event(events[1])
    assert [decode_event(events[at]) for at in (0, 2, 3)] == [
        MESSAGES[BATCHES["batch_with_losses.ndjson"].events[at]].message for at in (0, 2, 3)
    ]


def test_every_refusal_of_the_codec_is_the_peers_fault() -> None:
    assert issubclass(UnreadableHeader, PeerSentRubbish)
    assert issubclass(UnreadableEvent, PeerSentRubbish)
    assert issubclass(UnreadableMessage, PeerSentRubbish)


def test_a_value_that_has_no_form_on_the_wire_is_a_bug_and_no_message() -> None:
    with pytest.raises(TypeError, match="complex has no form on the wire"):
        encode(Mark(epoch=EPOCH, upto=1j))  # type: ignore[arg-type]


def test_a_message_can_not_be_changed_once_it_is_made() -> None:
    structs: set[type[msgspec.Struct]] = {
        *STRUCTS.values(),
        *(type(golden.message) for golden in MESSAGES.values()),
        BatchHeader,
        SeqRange,
    }
    for struct in structs:
        assert struct.__struct_config__.frozen, struct


def test_asking_a_channel_for_a_struct_that_it_does_not_carry_is_a_bug_and_no_refusal() -> None:
    with pytest.raises(TypeError, match="mark carries Mark, not Status"):
        decode(MARK, Status, _MARK)
    assert STRUCTS[MARK] is Mark
