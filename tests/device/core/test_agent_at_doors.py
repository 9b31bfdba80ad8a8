"""The agent at doors: which reader decides, what the lamp rests on, and what the hub may ask of a reader."""

import pytest

from device.core.agent import Agent
from device.core.effects import Pattern, SetLock, Show, in_order
from device.core.inputs import (
    CardOffer,
    CardPresented,
    CardRefused,
    CardRemoved,
    Level,
    ReaderPresence,
    WaitEnded,
    WriteEnded,
)
from tests.device.core.door_kit import (
    AT_DESK,
    BACK,
    DEAD,
    FRONT,
    IN,
    IN_BACK,
    MEMBER,
    OUT,
    SESSION,
    UNKNOWN,
    Site,
    access_list,
    answers,
    arrival,
    decisions,
    events,
    locks,
    reason,
    shown,
)
from wire.access import Cancel, ReadCard
from wire.codec import decode_event, encode_event
from wire.events import CardOffered, CardPersonalised, CardRead
from wire.messages import ChainHead, DoorHealth

ID, NEXT = "00000000000000c1", "00000000000000c2"


def read_card(reader: str = IN, command: str = ID, wait_s: int = 60) -> ReadCard:
    return ReadCard(command=command, session=SESSION, reader=reader, wait_s=wait_s)


# -- readers ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("reader", [AT_DESK, "elsewhere"])
def test_a_reader_at_a_desk_or_at_another_devices_door_only_reads(reader: str) -> None:
    effects = Site().shut().tap(MEMBER, reader)
    [read] = events(effects)
    assert isinstance(read, CardRead)
    assert locks(effects) == []
    assert shown(effects) == [Pattern.CARD_SEEN]


def test_an_agent_without_doors_decides_nothing_and_rests_as_ever() -> None:
    agent = Agent({}, [IN], "0" * 16, "1.2.3", 0)
    site = Site()
    site.synced = False
    assert shown(agent.started(site.now)) == [Pattern.READY]
    effects, deadline = agent.handle(CardPresented(IN, MEMBER), site.now)
    assert isinstance(events(effects)[0], CardRead)
    assert deadline is None
    assert not agent.doors()
    assert not agent.refused()
    assert (agent.access_version, agent.access_until_us, agent.heads) == (0, 0, [])


@pytest.mark.parametrize(
    ("label", "refusal", "expected", "pattern"),
    [
        ("a phone", "random_id", "card_unusable", Pattern.CARD_UNUSABLE),
        ("badly held", "unreadable", "card_unusable", Pattern.HOLD_CARD),
        ("a copy", "not_authentic", "not_authentic", Pattern.REFUSED),
        ("relayed", "too_slow", "too_slow", Pattern.HOLD_CARD),
    ],
)
def test_a_card_that_can_not_be_used_at_a_door_is_told_of(
    label: str, refusal: str, expected: str, pattern: Pattern
) -> None:
    site = Site().shut()
    card = MEMBER if refusal in {"not_authentic", "too_slow"} else None
    effects = site.do(CardRefused(IN, refusal, card))
    [decided] = decisions(effects)
    assert (decided.reason, decided.granted, decided.credential) == (expected, False, card), label
    assert shown(effects) == [pattern], label


def test_a_card_that_lies_on_a_doors_reader_is_decided_on_once() -> None:
    site = Site().shut()
    for _ in range(20):
        site.do(CardPresented(IN, MEMBER, proven=True))
        site.wait(0.5)
        site.do(CardRefused(IN, "unreadable"))
        site.do(CardRemoved(IN))
        site.wait(0.5)
    assert len(decisions(site.effects)) == 1


def test_a_card_that_was_misread_is_decided_on_as_soon_as_it_is_read() -> None:
    site = Site().shut()
    site.do(CardRefused(IN, "unreadable"))
    assert reason(site.do(CardPresented(IN, MEMBER, proven=False))) == "not_authentic"
    assert reason(site.do(CardPresented(IN, MEMBER, proven=True))) == "granted"


@pytest.mark.parametrize(("pause_s", "decided"), [(0.999, 0), (1.0, 1), (1.001, 1)])
def test_whoever_taps_again_after_a_second_is_decided_on_again(pause_s: float, decided: int) -> None:
    site = Site().shut()
    site.tap(UNKNOWN)
    site.effects.clear()
    site.wait(pause_s)
    site.tap(UNKNOWN)
    assert len(decisions(site.effects)) == decided


def test_going_out_is_told_as_such_and_twice_in_a_row_is_told_too() -> None:
    site = Site().shut()
    found = []
    for reader in (IN, OUT, OUT, IN, IN):
        [decided] = decisions(site.tap(MEMBER, reader))
        found.append((decided.leaving, decided.passback, decided.granted))
        site.open()
        site.close()
        site.wait(120)
    assert found == [
        (False, False, True),
        (True, False, True),
        (True, True, True),
        (False, False, True),
        (False, True, True),
    ]


def test_where_there_is_no_reader_for_leaving_coming_twice_is_no_news() -> None:
    site = Site().shut()
    for _ in range(3):
        [decided] = decisions(site.tap(MEMBER, IN_BACK))
        assert not decided.passback
        site.wait(120)


# -- the hub's cards -------------------------------------------------------------------------------------------


def test_a_reader_that_waits_for_the_hubs_card_opens_no_door_and_the_lamp_says_so() -> None:
    site = Site().shut()
    assert shown(site.command(read_card())) == [Pattern.CARD_WANTED]
    assert site.tap(MEMBER) == []
    assert reason(site.tap(MEMBER, OUT)) == "granted"
    effects = site.do(CardOffer(IN, ID, "desfire", "c2VhbGVk"))
    assert shown(effects) == [Pattern.READY, Pattern.CARD_DONE]
    [offered] = events(effects)
    assert isinstance(offered, CardOffered)
    assert (offered.command, offered.reader, offered.kind, offered.sealed) == (ID, IN, "desfire", "c2VhbGVk")


def test_the_card_that_was_just_read_is_not_judged_before_it_was_lifted() -> None:
    site = Site().shut()
    site.command(read_card())
    site.do(CardOffer(IN, ID, "desfire", "c2VhbGVk"))
    assert site.do(CardPresented(IN, MEMBER, proven=True)) == []
    site.do(CardRemoved(IN))
    site.wait(1)
    assert reason(site.do(CardPresented(IN, MEMBER, proven=True))) == "granted"


@pytest.mark.parametrize(("after_s", "decided"), [(4.999, 0), (5, 1)])
def test_a_back_end_that_does_not_tell_of_lifting_blocks_no_reader(after_s: float, decided: int) -> None:
    site = Site().shut()
    site.command(read_card())
    site.do(CardOffer(IN, ID, "desfire", "c2VhbGVk"))
    site.wait(after_s)
    assert len(decisions(site.do(CardPresented(IN, MEMBER, proven=True)))) == decided


@pytest.mark.parametrize(
    ("label", "done", "why", "pattern"),
    [("done", True, "", Pattern.CARD_DONE), ("pulled away", False, "removed", Pattern.CARD_FAILED)],
)
def test_what_became_of_writing_is_told(label: str, done: bool, why: str, pattern: Pattern) -> None:
    effects = Site().shut().do(WriteEnded(IN, ID, done, why))
    assert shown(effects) == [pattern], label
    [written] = events(effects)
    assert isinstance(written, CardPersonalised)
    assert (written.command, written.reader, written.done, written.reason) == (ID, IN, done, why), label


def test_a_wait_that_ends_is_answered_and_the_reader_is_the_doors_again() -> None:
    site = Site().shut()
    site.command(read_card())
    effects = site.do(WaitEnded(IN, ID, "nobody_came"))
    assert answers(effects) == [(ID, "nobody_came")]
    assert shown(effects) == [Pattern.READY]
    assert reason(site.tap(MEMBER)) == "granted"


def test_the_end_of_an_older_wait_does_not_end_the_newer_one() -> None:
    site = Site().shut()
    site.command(read_card())
    site.command(read_card(command=NEXT))
    site.do(WaitEnded(IN, ID, "cancelled"))
    assert site.tap(MEMBER) == []
    site.do(WaitEnded(IN, NEXT, "nobody_came"))
    assert reason(site.tap(MEMBER)) == "granted"


def test_a_wait_that_is_called_off_is_over_at_once() -> None:
    site = Site().shut()
    site.command(read_card())
    cancel = Cancel(command=NEXT, session=SESSION, reader=IN)
    effects = site.command(cancel)
    assert answers(effects) == [(NEXT, "done")]
    assert shown(effects) == [Pattern.READY]
    assert reason(site.tap(MEMBER)) == "granted"


def test_a_back_end_that_never_ends_a_wait_does_not_take_the_door_away_for_ever() -> None:
    site = Site().shut()
    site.command(read_card(wait_s=10))
    site.wait(69.9)
    assert site.tap(MEMBER) == []
    assert shown(site.wait(0.1)) == [Pattern.READY]
    assert reason(site.tap(MEMBER)) == "granted"


@pytest.mark.parametrize("given", [WriteEnded(IN, ID, False, "whatever"), WaitEnded(IN, ID, "whatever")])
def test_a_word_that_is_not_in_the_contract_is_a_bug(given: WriteEnded | WaitEnded) -> None:
    with pytest.raises(ValueError, match="whatever"):
        Site().do(given)


# -- what the lamp rests on ------------------------------------------------------------------------------------


def test_the_lamp_shows_what_matters_most() -> None:
    site = Site(kept_modes={BACK: "lockdown"}, synced=False)
    assert shown(site.effects) == [Pattern.LOCKDOWN]
    site.shut()
    site.do(ReaderPresence(IN, connected=False))
    assert shown(site.effects) == []
    site.command(read_card(OUT), valid_s=10**6)
    assert shown(site.effects) == [Pattern.CARD_WANTED]
    site.open()
    assert shown(site.effects)[-1] is Pattern.ALARM
    site.close()
    assert shown(site.effects)[-1] is Pattern.CARD_WANTED
    site.do(WaitEnded(OUT, ID, "nobody_came"))
    assert shown(site.effects)[-1] is Pattern.LOCKDOWN


def test_a_door_without_the_right_time_says_so_until_it_has_it() -> None:
    site = Site(synced=False)
    assert shown(site.effects) == [Pattern.TIME_UNTRUSTED]
    assert not site.agent.time_trusted(site.now)
    site.do(ReaderPresence(IN, connected=False))
    assert shown(site.last) == [Pattern.DEGRADED]
    site.do(ReaderPresence(IN, connected=True))
    assert shown(site.last) == [Pattern.TIME_UNTRUSTED]
    site.battery = True
    site.line(Level.ACTIVE)
    assert shown(site.effects)[-1] is Pattern.READY
    assert site.agent.time_trusted(site.now)


# -- health and meta -------------------------------------------------------------------------------------------


def test_health_and_meta_know_the_doors_and_the_list() -> None:
    site = Site(has_list=False).shut()
    assert (site.agent.access_version, site.agent.heads) == (0, [])
    head = ChainHead(chain="host", length=3, head="0" * 64)
    body = access_list()
    body = type(body)(
        lookup_key=body.lookup_key,
        doors=body.doors,
        schedules=body.schedules,
        credentials=body.credentials,
        heads=[head],
    )
    site.do(arrival(body, version=12))
    assert (site.agent.access_version, site.agent.access_until_us, site.agent.heads) == (12, DEAD, [head])
    site.tap(MEMBER)
    assert site.agent.doors() == {
        FRONT: DoorHealth(mode="normal", contact="closed", released=True),
        BACK: DoorHealth(mode="normal", contact="unknown", released=False),
    }


def test_of_several_settings_of_one_lock_the_last_is_left_and_comes_first() -> None:
    effects = in_order(
        [Show(Pattern.GRANTED), SetLock(FRONT, False), SetLock(BACK, True), SetLock(FRONT, True)]
    )
    assert effects == [SetLock(FRONT, True), SetLock(BACK, True), Show(Pattern.GRANTED)]


def test_every_event_of_a_door_passes_the_wire() -> None:
    site = Site()
    site.shut()
    site.tap(MEMBER)
    site.open()
    site.wait(1_000)
    site.do(CardRefused(OUT, "unreadable"))
    site.do(CardOffer(IN, ID, "desfire", "c2VhbGVk"))
    site.do(WriteEnded(IN, ID, done=True))
    for event in events(site.effects):
        assert decode_event(encode_event(event)) == event
    assert len(events(site.effects)) >= 6
