"""Commands as their devices open them: in time, once, and only to whoever is there."""

import pytest

from hub.domain.cards import CardKind, CardState, OrderKind
from hub.domain.doors import CommandKind, DoorMode
from hub.keys import Keys
from hub.sealing import Sealer
from tests.hub.custody.world import DEVICES, NOW_US, SESSION, World
from wire.access import Cancel, OpenDoor, ReadCard, SetMode, WriteCard
from wire.card_keys import DESFIRE_APPLICATION, card_key_message, diversify_aes128

UID = bytes.fromhex("04112233445566")


def send(world: World, now_us: int = NOW_US) -> int:
    return world.commands.run(world.sealing, now_us)


def command(world: World) -> tuple[str, str]:
    ((state, outcome),) = world.rows("SELECT state, outcome FROM command")
    return state, outcome


def order(world: World) -> tuple[str, str]:
    ((state, problem),) = world.rows("SELECT state, problem FROM card_order")
    return state, problem


def test_a_door_is_opened_by_a_command_for_the_present_connection_that_dies_in_ten_seconds(
    world: World,
) -> None:
    world.online()
    id_ = world.ask(CommandKind.OPEN, until_us=NOW_US + 60_000_000)
    assert send(world) == 1
    ((header, body),) = world.sent()
    assert body == OpenDoor(command=id_, session=SESSION, door="haupttuer")
    assert header.valid_until_us == NOW_US + 10_000_000
    assert command(world) == ("sent", "")


def test_an_opening_that_leans_on_the_button_outside_tells_the_device_so(world: World) -> None:
    world.online()
    id_ = world.ask(CommandKind.OPEN, called_s=30)
    assert send(world) == 1
    assert world.sent()[0][1] == OpenDoor(command=id_, session=SESSION, door="haupttuer", called_s=30)


def test_a_command_is_void_when_whoever_asked_has_given_up(world: World) -> None:
    world.online()
    world.ask(CommandKind.OPEN, until_us=NOW_US + 4_000_000)
    send(world)
    assert world.sent()[0][0].valid_until_us == NOW_US + 4_000_000


def test_numbers_rise_also_when_the_clock_is_set_back(world: World) -> None:
    world.online()
    numbers = []
    for id_, now_us in (
        ("00000000000000c1", NOW_US),
        ("00000000000000c2", NOW_US - 5),
        ("00000000000000c3", NOW_US),
    ):
        world.ask(CommandKind.OPEN, id_)
        send(world, now_us)
        numbers.append(world.sent()[-1][0].version)
    assert numbers == sorted(set(numbers))


def test_a_command_is_sent_once_whatever_crashes(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    world.online()
    world.ask(CommandKind.OPEN)

    def crash(*_: object) -> None:
        raise RuntimeError("power cut")

    monkeypatch.setattr(world.mail, "command", crash)
    with pytest.raises(RuntimeError):
        send(world)
    restarted = world.restarted()
    assert send(restarted) == 0
    assert command(restarted) == ("sent", "")


def test_other_kinds_carry_what_they_need(world: World) -> None:
    world.online()
    world.ask(CommandKind.MODE, "00000000000000c1", mode=DoorMode.LOCKDOWN)
    world.ask(CommandKind.CANCEL, "00000000000000c2", asked_us=NOW_US + 1)
    world.order(OrderKind.READ, "00000000000000c3")
    assert send(world) == 3
    bodies = {body.command: body for _, body in world.sent()}
    mode, cancel, read = (bodies[f"00000000000000c{n}"] for n in (1, 2, 3))
    assert isinstance(mode, SetMode)
    assert mode.mode == "lockdown"
    assert isinstance(cancel, Cancel)
    assert isinstance(read, ReadCard)
    assert (read.reader, read.wait_s) == ("leser", 60)
    assert order(world) == ("waiting", "")


@pytest.mark.parametrize(
    ("prepare", "outcome"),
    [
        pytest.param(lambda _world: None, "offline", id="never heard"),
        pytest.param(lambda world: world.online(status="lost"), "offline", id="its connection broke"),
        pytest.param(lambda world: world.online(session=""), "offline", id="without a session"),
    ],
)
def test_who_is_not_there_is_told_nothing(world: World, prepare: object, outcome: str) -> None:
    assert callable(prepare)
    prepare(world)
    world.order(OrderKind.READ)
    assert send(world) == 0
    assert command(world) == ("expired", outcome)
    assert order(world) == ("failed", outcome)
    assert not world.mail.commands


def test_a_device_without_trust_gets_no_command(world: World) -> None:
    world.online()
    world.trusts.revoke("werkstatt", DEVICES[0], "gestohlen", NOW_US)
    world.order(OrderKind.READ)
    send(world)
    assert command(world) == ("expired", "no_keys")
    assert order(world) == ("failed", "no_keys")


def test_without_keys_nobody_waits(world: World) -> None:
    world.online()
    world.ask(CommandKind.OPEN)
    world.commands.run(None, NOW_US)
    assert command(world) == ("expired", "no_keys")


def test_what_came_too_late_is_not_sent(world: World) -> None:
    world.online()
    world.ask(CommandKind.OPEN)
    assert send(world, NOW_US + 10_000_000) == 0
    assert command(world) == ("expired", "no_answer")


@pytest.mark.parametrize(
    ("late_us", "expected"),
    [
        pytest.param(10_000_000, "sent", id="its answer may still come"),
        pytest.param(10_000_001, "expired", id="nobody answered"),
    ],
)
def test_a_command_that_nobody_answers_ends(world: World, late_us: int, expected: str) -> None:
    world.online()
    world.ask(CommandKind.OPEN)
    send(world)
    world.commands.expire(NOW_US + 10_000_000 + late_us)
    assert command(world)[0] == expected


def test_a_reader_is_given_time_to_write_a_card_that_came_at_the_end(world: World) -> None:
    world.online()
    world.order(OrderKind.READ)
    send(world)
    assert world.commands.expire(NOW_US + 60_000_000 + 65_000_000) == 0
    assert world.commands.expire(NOW_US + 60_000_000 + 65_000_001) == 1
    assert order(world) == ("failed", "expired")


# -- writing cards ------------------------------------------------------------


def test_a_blank_card_gets_an_id_and_keys_of_the_newest_generation(world: World) -> None:
    world.online()
    world.keys = world.keys.rotated()
    world.sealing = Sealer(world.keys)
    card = world.card(uid=UID, state=CardState.BLANK, sealed_id=None, generation=0)
    world.order(OrderKind.WRITE, card_pk=card)
    assert send(world) == 1
    ((_, body),) = world.sent()
    assert isinstance(body, WriteCard)
    assert body.uid == UID
    assert len(body.new.keys) == 3
    assert [len(body.old), len(body.new.picc)] == [1, 16]
    ((sealed_id, generation),) = world.rows(
        "SELECT c.sealed_id, o.generation FROM card c JOIN card_order o ON o.card_pk = c.pk"
    )
    assert generation == 2
    assert world.keys.open_id(bytes(sealed_id), world.keys.uid_tag(UID)) == body.credential_id
    message = card_key_message(UID, DESFIRE_APPLICATION, world.keys.system_id, 1)
    masters = world.keys.raw()[3]
    assert body.new.keys[1] == diversify_aes128(masters[2], message)
    assert body.old[0].keys[1] == diversify_aes128(masters[1], message)


def test_writing_again_keeps_the_id(world: World) -> None:
    world.online()
    card = world.card(uid=UID, kind=CardKind.NTAG424)
    world.order(OrderKind.WRITE, card_pk=card)
    send(world)
    ((_, body),) = world.sent()
    assert isinstance(body, WriteCard)
    assert (body.new.picc, len(body.new.keys)) == (b"", 5)
    ((sealed_id,),) = world.rows("SELECT sealed_id FROM card")
    assert world.keys.open_id(bytes(sealed_id), world.keys.uid_tag(UID)) == body.credential_id


def test_a_card_of_other_keys_is_not_written(world: World, caplog: pytest.LogCaptureFixture) -> None:
    world.online()
    world.order(OrderKind.WRITE, card_pk=world.card(uid=UID))
    assert world.commands.run(Sealer(Keys.new()), NOW_US) == 0
    assert order(world) == ("failed", "refused")
    assert UID.hex() not in caplog.text
