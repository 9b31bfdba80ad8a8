"""A command that is retained, repeated, late or another connection's opens nothing, and fills no spool."""

from collections.abc import Callable

import pytest

from device.core.commands import MAX_COUNT, MAX_REASONS, OTHER, Refusals
from device.core.effects import UseReader
from device.core.inputs import CommandArrived, LinkDown, LinkUp, MessageRefused
from tests.device.core.door_kit import (
    AT_DESK,
    BACK,
    FRONT,
    IN,
    SESSION,
    T0,
    Site,
    answers,
    arrival,
    events,
    locks,
)
from tests.device.core.traces import us
from wire.access import Cancel, CardKeys, Command, OpenDoor, ReadCard, SetMode, WriteCard
from wire.codec import encode
from wire.events import DoorModeName
from wire.messages import DeviceHealth

ID = "00000000000000c1"
ELSEWHERE = "00000000000000ff"


def opening(door: str = FRONT, session: str = SESSION) -> OpenDoor:
    return OpenDoor(command=ID, session=session, door=door)


def mode(name: DoorModeName, door: str = FRONT) -> SetMode:
    return SetMode(command=ID, session=SESSION, door=door, mode=name)


def reading(reader: str = IN) -> ReadCard:
    return ReadCard(command=ID, session=SESSION, reader=reader)


def writing(reader: str = AT_DESK) -> WriteCard:
    return WriteCard(
        command=ID,
        session=SESSION,
        reader=reader,
        uid=bytes(7),
        kind="desfire",
        credential_id=bytes(16),
        new=CardKeys(picc=bytes(16), keys=[bytes(16)]),
    )


def test_a_valid_command_opens_and_is_answered_after_what_it_did() -> None:
    effects = Site().shut().command(opening())
    assert locks(effects) == [(FRONT, True)]
    assert answers(effects) == [(ID, "done")]
    assert [type(one).__name__ for one in events(effects)] == ["DoorChanged", "CommandAnswered"]


@pytest.mark.parametrize(
    ("label", "valid_s", "refusal"),
    [
        ("long over", -100, "expired"),
        ("just over", -0.000_001, "expired"),
        ("over now", 0, "expired"),
        ("just valid", 0.000_001, ""),
        ("as the hub makes them", 10, ""),
        ("for as long as is believed", 30, ""),
        ("for longer", 30.000_001, "valid-too-long"),
    ],
)
def test_a_command_is_valid_for_a_moment(label: str, valid_s: float, refusal: str) -> None:
    site = Site().shut()
    effects = site.command(opening(), valid_s=valid_s)
    assert locks(effects) == ([] if refusal else [(FRONT, True)]), label
    assert answers(effects) == [(ID, "expired" if refusal else "done")], label
    assert site.agent.refused() == ({refusal: 1} if refusal else {}), label


@pytest.mark.parametrize(
    ("label", "give", "refusal"),
    [
        ("kept by the broker", lambda site: site.command(opening(), retained=True), "retained"),
        ("another connection's", lambda site: site.command(opening(session=ELSEWHERE)), "other-session"),
        ("with a number as high as the last", lambda site: site.command(opening(), number=5), "repeated"),
        ("with a lower one", lambda site: site.command(opening(), number=4), "repeated"),
    ],
)
def test_what_is_not_given_now_for_the_first_time_is_counted_and_not_answered(
    label: str, give: Callable[[Site], object], refusal: str
) -> None:
    site = Site().shut()
    site.command(mode("normal"), number=5)
    site.effects.clear()
    for _ in range(3):
        give(site)
    assert site.effects == [], label
    assert site.agent.refused() == {refusal: 3}, label


def test_numbers_count_also_when_their_command_was_refused() -> None:
    site = Site().shut()
    site.command(opening("cellar"), number=9)
    assert site.command(opening(), number=9) == []
    assert site.command(opening(), number=10)


def test_a_new_connection_begins_anew_and_the_old_ones_commands_are_void() -> None:
    site = Site().shut()
    site.command(opening(), number=9)
    site.do(LinkUp(ELSEWHERE))
    assert answers(site.command(opening(session=ELSEWHERE), number=0)) == [(ID, "done")]
    assert site.command(opening(), number=10) == []


def test_without_a_connection_there_is_no_command_and_its_return_makes_no_old_one_valid() -> None:
    site = Site(link=False).shut()
    assert site.command(opening()) == []
    site.do(LinkUp(SESSION))
    given = CommandArrived(opening(), 7, T0 + site.at_us + us(10), retained=False)
    assert site.do(given)
    site.do(LinkDown())
    assert site.do(given) == []
    site.do(LinkUp(SESSION))
    assert site.do(given) == []
    assert site.agent.refused() == {"other-session": 2, "repeated": 1}


_UNSURE: list[tuple[str, Command, str]] = [
    ("opening", opening(), "time_not_trusted"),
    ("office", mode("office"), "time_not_trusted"),
    ("evacuate", mode("evacuate"), "time_not_trusted"),
    ("normal, which only locks", mode("normal"), "done"),
    ("lockdown, which only locks", mode("lockdown"), "done"),
    ("an unknown door", opening("cellar"), "unknown_door"),
    ("an unknown door's mode", mode("lockdown", "cellar"), "unknown_door"),
    ("a reader that is not there", reading("cellar"), "unknown_reader"),
    ("a reader's stop", Cancel(command=ID, session=SESSION, reader=IN), "done"),
]


@pytest.mark.parametrize(("label", "command", "outcome"), _UNSURE)
def test_without_trusted_time_nothing_opens_and_what_locks_is_done(
    label: str, command: Command, outcome: str
) -> None:
    site = Site(synced=False).shut()
    effects = site.command(command, valid_s=10**6)
    assert answers(effects) == [(ID, outcome)], label
    assert locks(effects) == [], label
    if outcome != "done":
        assert site.agent.refused() == {outcome.replace("_", "-"): 1}


def test_without_trusted_time_a_lockdown_is_not_ended() -> None:
    site = Site(synced=False, kept_modes={FRONT: "lockdown"}).shut()
    assert answers(site.command(mode("normal"), valid_s=10**6)) == [(ID, "time_not_trusted")]
    assert site.agent.doors()[FRONT].mode == "lockdown"


def test_a_command_that_is_over_for_sure_is_so_without_trusted_time_too() -> None:
    site = Site(synced=False).shut()
    given = CommandArrived(mode("lockdown"), 1, arrival().issued_us, retained=False)
    assert answers(site.do(given)) == [(ID, "expired")]


@pytest.mark.parametrize("command", [reading(), writing()], ids=["read", "write"])
def test_an_order_for_a_reader_is_handed_on_and_answered_by_what_comes_of_it(command: Command) -> None:
    effects = Site().shut().command(command)
    assert [one for one in effects if isinstance(one, UseReader)] == [UseReader(command)]  # type: ignore[arg-type]
    assert answers(effects) == []


def test_a_message_that_was_not_taken_is_counted() -> None:
    site = Site()
    for reason in ("wrong-signature", "wrong-signature", "not-ours"):
        site.do(MessageRefused(reason))
    assert site.agent.refused() == {"wrong-signature": 2, "not-ours": 1}


def test_an_older_list_is_counted_and_does_not_apply() -> None:
    site = Site(has_list=False)
    site.do(arrival(version=5))
    site.do(arrival(version=4))
    assert site.agent.access_version == 5
    assert site.agent.refused() == {"outdated": 1}


def test_counts_end_somewhere_and_pass_the_wire() -> None:
    refusals = Refusals()
    for number in range(100):
        refusals.count(f"reason-{number}")
    assert len(refusals.counts()) == MAX_REASONS
    assert refusals.counts()[OTHER] == 100 - (MAX_REASONS - 1)
    refusals._counts["reason-0"] = MAX_COUNT
    refusals.count("reason-0")
    assert refusals.counts()["reason-0"] == MAX_COUNT
    health = DeviceHealth(
        boot="0" * 16, mono_us=0, wall_us=0, synced=True, spool_depth=0, refused=refusals.counts()
    )
    assert encode(health)


def test_each_door_has_its_own_mode() -> None:
    site = Site().shut()
    site.command(mode("lockdown", BACK))
    assert {door: one.mode for door, one in site.agent.doors().items()} == {FRONT: "normal", BACK: "lockdown"}
