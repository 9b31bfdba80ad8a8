"""Offered cards become cards of the space; their numbers are nowhere in clear."""

import pytest

from hub.domain.cards import CardKind, CardState, OrderKind, OrderState
from tests.hub.custody.world import DEVICES, NOW_US, SPACE, World
from wire.signing import seal_offer

UID = bytes.fromhex("04a1b2c3d4e5f6")
ORDER = "00000000000000c1"


def offer(
    world: World, uid: bytes = UID, kind: CardKind = CardKind.DESFIRE, id_: str = ORDER, **values: object
) -> int:
    """Have a reader offer a card, and open it; return how many became cards."""
    told = values.pop("told", id_)
    sealed = seal_offer(uid, str(told), SPACE, DEVICES[0], world.keys.sealing_key)
    world.order(
        OrderKind.READ, id_, **{"state": OrderState.READ, "offer": sealed, "offer_kind": kind, **values}
    )
    return world.offers.run(world.sealing, NOW_US)


def order(world: World) -> tuple[str, str, str | None]:
    ((state, problem, left),) = world.rows(
        "SELECT state, problem, offer FROM card_order WHERE command = :c", c=ORDER
    )
    return state, problem, left


def test_a_card_with_keys_waits_blank_until_it_is_personalised(world: World) -> None:
    member = world.member()
    assert offer(world, member_pk=member) == 1
    ((pk, state, label, holder, generation, sealed_uid, tag),) = world.rows(
        "SELECT pk, state, label, member_pk, generation, sealed_uid, uid_tag FROM card"
    )
    assert (state, label, holder, generation) == ("blank", "Karte 7", member, 0)
    assert world.keys.open_uid(bytes(sealed_uid)) == UID
    assert bytes(tag) == world.keys.uid_tag(UID)
    assert order(world) == ("done", "", None)
    assert world.rows("SELECT card_pk FROM card_order") == [(pk,)]


@pytest.mark.parametrize("has_member", [True, False])
def test_a_plain_card_works_at_once_when_it_has_a_member(world: World, has_member: bool) -> None:
    world.run()
    member = world.member() if has_member else None
    world.run()
    offer(world, bytes(4), CardKind.UID, member_pk=member)
    assert world.rows("SELECT state FROM card") == [("active" if has_member else "spare",)]
    assert world.run() == (2 if has_member else 0)


def test_enrolling_stands_in_the_host_chain_and_no_number_stands_anywhere(world: World) -> None:
    offer(world)
    (entry,) = world.rows("SELECT payload, card_pk FROM chain_entry WHERE card_pk IS NOT NULL")
    assert b"card_read" in bytes(entry.payload)
    for table in ("card", "card_order", "chain_entry", "command"):
        for row in world.rows(f"SELECT * FROM {table}"):
            assert all(UID not in bytes(value) for value in row if isinstance(value, bytes | memoryview))
            assert all(UID.hex() not in value.lower() for value in row if isinstance(value, str))


@pytest.mark.parametrize(
    ("uid", "kind", "told", "problem"),
    [
        pytest.param(
            bytes.fromhex("08aabbcc"), CardKind.UID, ORDER, "random_id", id="another number each time"
        ),
        pytest.param(
            bytes.fromhex("08aabbcc"), CardKind.DESFIRE, ORDER, "random_id", id="DESFire with random ids"
        ),
        pytest.param(bytes(4), CardKind.DESFIRE, ORDER, "refused", id="too short for a card with keys"),
        pytest.param(bytes(5), CardKind.UID, ORDER, "refused", id="no card has such a number"),
        pytest.param(UID, CardKind.DESFIRE, "00000000000000ff", "refused", id="answer to another question"),
    ],
)
def test_what_can_not_be_a_card_of_ours_is_refused(
    world: World, uid: bytes, kind: CardKind, told: str, problem: str
) -> None:
    assert offer(world, uid, kind, told=told) == 0
    assert order(world) == ("failed", problem, None)
    assert world.rows("SELECT count(*) FROM card") == [(0,)]


@pytest.mark.parametrize("state", [CardState.SPARE, CardState.BLOCKED, CardState.RETIRED])
def test_a_card_that_the_space_has_is_not_taken_twice(world: World, state: CardState) -> None:
    world.card(uid=UID, state=state)
    assert offer(world) == 0
    assert order(world) == ("failed", "known_card", None)


def test_a_card_that_was_never_finished_may_be_begun_again(world: World) -> None:
    card = world.card(uid=UID, state=CardState.BLANK, sealed_id=None, generation=0, label="alt")
    assert offer(world) == 1
    assert world.rows("SELECT pk, label, state FROM card") == [(card, "Karte 7", "blank")]


def test_a_card_that_was_begun_with_keys_is_not_taken_without(world: World) -> None:
    world.card(uid=UID, state=CardState.BLANK, sealed_id=None, generation=0)
    assert offer(world, UID, CardKind.UID) == 0
    assert order(world) == ("failed", "known_card", None)


def test_opening_again_after_a_restart_makes_no_second_card(world: World) -> None:
    offer(world)
    restarted = world.restarted()
    assert restarted.offers.run(restarted.sealing, NOW_US) == 0
    assert restarted.rows("SELECT count(*) FROM card") == [(1,)]
