"""Simulated people with a list: whose cards they carry, and what a door makes of them."""

import hashlib

from device.backends.stories import people_source
from device.card_desk import Desk
from device.config import ReaderSettings, SensorSettings
from device.core.inputs import CardPresented
from device.fleet import invent_uid, invented_uids
from tests.device.backends.recorder import Recorder
from tests.device.sealed import LOOKUP_KEY, access_list, credential
from wire.card_keys import lookup
from wire.identifiers import CredentialId

READER = ReaderSettings(id="r1", door="front", backend="simulated")
EXIT = ReaderSettings(id="r2", door="front", leaving=True, backend="simulated")
SENSORS = [SensorSettings(id=f"s{n}", desk=f"d{n}", kind="mat", backend="simulated") for n in range(3)]


def seen(recorder: Recorder) -> set[CredentialId]:
    return {given.credential for given in recorder.inputs if isinstance(given, CardPresented)}


def test_the_rule_for_invented_cards_is_the_one_that_a_hub_repeats() -> None:
    assert invent_uid("mill", 0) == b"\x04" + hashlib.sha256(b"ankerort-demo/mill/0").digest()[:6]
    assert invented_uids("mill", 2) == [invent_uid("mill", 0), invent_uid("mill", 1)]


def test_people_carry_the_first_cards_of_their_space_under_the_lists_key() -> None:
    desk, recorder = Desk({"r1": "front"}, b"k" * 32, None), Recorder()
    people = {lookup(LOOKUP_KEY, uid) for uid in invented_uids("mill", 6)}
    desk.learn(access_list(*(credential(uid) for uid in invented_uids("mill", 6))))
    source = people_source([READER], SENSORS, desk.play, "mill", "a", 500.0, locked=["front"])
    source.start(recorder)
    recorder.wait_for(lambda r: len(seen(r) & people) >= 3, "three people")
    source.stop()
    stranger = lookup(LOOKUP_KEY, invent_uid("mill", "stranger"))
    assert seen(recorder) <= people | {stranger}


def test_a_list_that_comes_later_counts_for_the_next_tap() -> None:
    desk, recorder = Desk({"r1": "front"}, b"k" * 32, None), Recorder()
    source = people_source([READER], SENSORS, desk.play, "mill", "a", 500.0)
    source.start(recorder)
    recorder.wait_for(lambda r: bool(seen(r)), "somebody without a list")
    assert seen(recorder) <= {lookup(b"k" * 32, uid) for uid in invented_uids("mill", 6)}
    desk.learn(access_list())
    people = {lookup(LOOKUP_KEY, uid) for uid in invented_uids("mill", 6)}
    recorder.wait_for(lambda r: bool(seen(r) & people), "somebody under the list's key")
    source.stop()


def test_a_door_without_sensed_desks_has_visitors_and_strangers() -> None:
    desk, recorder = Desk({"r1": "front"}, LOOKUP_KEY, None), Recorder()
    source = people_source([READER, EXIT], [], desk.play, "mill", "a", 900.0, locked=["front"])
    source.start(recorder)
    stranger = lookup(LOOKUP_KEY, invent_uid("mill", "stranger"))
    recorder.wait_for(lambda r: stranger in seen(r), "a stranger", deadline_s=30)
    source.stop()
    people = {lookup(LOOKUP_KEY, uid) for uid in invented_uids("mill", 6)}
    assert len(seen(recorder) & people) >= 3
    assert {given.reader for given in recorder.inputs if isinstance(given, CardPresented)} == {"r1"}
