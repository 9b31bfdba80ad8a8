"""Cards: who may do what with them, what devices are told, and what comes of orders; read back by new transactions."""

from collections.abc import Callable

import pytest

from hub.domain.cards import CardState, OrderState
from hub.domain.errors import NotAllowed, RuleRefused, UnknownSpace
from hub.domain.people import Actor
from tests.hub.desks.world import CLI, OTHER, SPACE, DoorSpool, World
from tests.parts.queries import counting

S = 1_000_000
AT = ("pi-1", "leser")


def view(world: World, card: int) -> tuple[CardState, int | None, str]:
    found = next(one for one in world.cards.cards(SPACE, CLI) if one.pk == card)
    return found.state, found.member, found.blocked_reason


Act = Callable[[World, int, Actor], object]

ACTS: dict[str, Act] = {
    "cards": lambda world, _, actor: world.cards.cards(SPACE, actor),
    "readers": lambda world, _, actor: world.cards.readers(SPACE, actor),
    "ask": lambda world, _, actor: world.cards.ask_for_card(SPACE, AT, "Karte 9", None, actor, world.now_us),
    "personalise": lambda world, card, actor: world.cards.personalise(card, AT, actor, world.now_us),
    "block": lambda world, card, actor: world.cards.block(card, "weg", actor, world.now_us),
    "unblock": lambda world, card, actor: world.cards.unblock(card, actor, world.now_us),
    "give": lambda world, card, actor: world.cards.give(card, 1, None, actor, world.now_us),
    "take back": lambda world, card, actor: world.cards.take_back(card, actor, world.now_us),
    "retire": lambda world, card, actor: world.cards.retire(card, actor, world.now_us),
}


@pytest.mark.parametrize("act", ACTS)
@pytest.mark.parametrize("account", [3, 4, 5], ids=["another space's", "a member", "statistics"])
def test_who_is_no_host_of_the_space_may_do_nothing_with_its_cards(
    sqlite_world: World, act: str, account: int
) -> None:
    world = sqlite_world
    card = world.card(member=world.member())
    before = world.rows("SELECT * FROM card"), world.chain()
    with pytest.raises(NotAllowed):
        ACTS[act](world, card, world.actor(account, member=77))
    assert (world.rows("SELECT * FROM card"), world.chain()) == before
    assert world.rows("SELECT * FROM command") == []


@pytest.mark.parametrize("actor", [1, 2, None], ids=["host", "manager", "command line"])
def test_a_host_blocks_and_unblocks_a_card_and_every_door_is_told(world: World, actor: int | None) -> None:
    who = CLI if actor is None else world.actor(actor)
    member = world.member()
    card = world.card(member=member)
    wanted = world.wanted()
    world.cards.block(card, "  verloren ", who, world.now_us)
    assert view(world, card) == (CardState.BLOCKED, member, "verloren")
    assert world.wanted() == {key: count + 1 for key, count in wanted.items()}
    world.cards.unblock(card, who, world.now_us)
    assert view(world, card) == (CardState.ACTIVE, member, "")
    assert [(e["what"], e["by"], e.get("card")) for e in world.chain()[-2:]] == [
        ("card_blocked", who.account, card),
        ("card_unblocked", who.account, card),
    ]


def test_members_block_their_own_card_and_no_other_and_do_not_unblock(world: World) -> None:
    own, others = world.card("A", member=world.member("Jo")), world.card("B", member=world.member("Al"))
    jo = world.actor(4, member=1)
    with pytest.raises(NotAllowed):
        world.cards.block(others, "", jo, world.now_us)
    world.cards.block(own, "weg", jo, world.now_us)
    assert [card.state for card in world.cards.own_cards(jo)] == [CardState.BLOCKED]
    with pytest.raises(NotAllowed):
        world.cards.unblock(own, jo, world.now_us)
    assert world.cards.own_cards(world.actor(4)) == ()


def test_blocking_twice_blocks_once(world: World) -> None:
    card = world.card(member=world.member())
    world.cards.block(card, "weg", CLI, world.now_us)
    told = world.chain(), world.wanted()
    world.cards.block(card, "nochmal", CLI, world.now_us)
    assert (world.chain(), world.wanted()) == told


def test_lists_are_wanted_of_trusted_devices_of_the_space_alone(world: World) -> None:
    world.trust("pi-1", space=OTHER)
    world.trust("pi-2", revoked_us=5)
    card = world.card(member=world.member())
    before = world.wanted()
    world.cards.block(card, "", CLI, world.now_us)
    assert world.wanted() == before | {f"{SPACE}/pi-1": before[f"{SPACE}/pi-1"] + 1}


def test_a_card_is_pending_at_the_doors_that_have_not_confirmed(world: World) -> None:
    card = world.card(member=world.member())
    world.confirm()
    assert world.cards.cards(SPACE, CLI)[0].pending_at == ()
    world.cards.block(card, "", CLI, world.now_us)
    assert world.cards.cards(SPACE, CLI)[0].pending_at == ("Haupteingang", "Hoftür")
    world.trust("pi-2", revoked_us=5)
    assert world.cards.cards(SPACE, CLI)[0].pending_at == ("Haupteingang",)


def test_a_spare_card_is_given_for_a_while_and_again_after_it(world: World) -> None:
    jo, al = world.member("Jo"), world.member("Al")
    card = world.card()
    world.cards.give(card, jo, world.now_us + S, CLI, world.now_us)
    with pytest.raises(RuleRefused, match="take this one back first"):
        world.cards.give(card, al, None, CLI, world.now_us)
    world.cards.give(card, al, None, CLI, world.now_us + S)
    assert view(world, card) == (CardState.ACTIVE, al, "")
    world.cards.take_back(card, CLI, world.now_us + S)
    assert view(world, card) == (CardState.SPARE, None, "")
    assert [(e["member"], e["before"]) for e in world.chain() if e["what"] == "card_given"] == [
        (jo, None),
        (al, jo),
    ]


@pytest.mark.parametrize(
    ("state", "act", "problem"),
    [
        ("retired", "block", "is retired"),
        ("blank", "block", "is blank"),
        ("active", "unblock", "only a blocked card"),
        ("blank", "give", "personalise it"),
        ("blocked", "give", "only a spare card"),
        ("spare", "take back", "somebody has"),
        ("blocked", "personalise", "unblock it"),
        ("retired", "personalise", "take another one"),
    ],
)
def test_what_a_cards_state_does_not_allow_is_refused_with_what_would(
    sqlite_world: World, state: str, act: str, problem: str
) -> None:
    world = sqlite_world
    member = world.member()
    card = world.card(member=member if state == "active" else None, state=state)
    with pytest.raises(RuleRefused, match=problem) as refused:
        ACTS[act](world, card, CLI)
    assert refused.value.code == "wrong_state"
    assert view(world, card)[0] == state


def test_who_is_no_member_of_the_space_gets_none_of_its_cards(world: World) -> None:
    stranger = world.member("Fremd", space=OTHER)
    card = world.card()
    with pytest.raises(RuleRefused, match="add a membership first"):
        world.cards.give(card, stranger, None, CLI, world.now_us)
    with pytest.raises(RuleRefused, match="that moment is over"):
        world.cards.give(card, world.member(), world.now_us, CLI, world.now_us)


def test_a_retired_card_stays_retired(world: World) -> None:
    card = world.card(member=world.member())
    world.cards.retire(card, CLI, world.now_us)
    world.cards.retire(card, CLI, world.now_us)
    assert view(world, card)[0] is CardState.RETIRED
    assert sum(entry["what"] == "card_retired" for entry in world.chain()) == 1


def test_cards_are_sorted_by_label_in_a_constant_number_of_queries(world: World) -> None:
    for label in ("Karte 2", "Ärztin", "Zug"):
        world.card(label, member=world.member(label))
    with counting(world.engine) as few:
        assert [card.label for card in world.cards.cards(SPACE, CLI)] == ["Ärztin", "Karte 2", "Zug"]
    for number in range(20):
        world.card(f"Mehr {number:02}", member=world.member())
    with counting(world.engine) as many:
        assert len(world.cards.cards(SPACE, CLI)) == 23
    assert many.count == few.count


def test_a_space_that_is_not_there_is_told_beside_those_that_are(world: World) -> None:
    with pytest.raises(UnknownSpace, match=f'no space "kiel"; known are {SPACE}, {OTHER}'):
        world.cards.cards("kiel", CLI)


# -- readers and orders
# -------------------------------------------------------------------------------------------------------------


def test_readers_at_doors_come_first_and_untrusted_devices_have_none(world: World) -> None:
    world.trust("pi-2", revoked_us=5)
    assert [(r.device, r.reader, r.place, r.is_online) for r in world.cards.readers(SPACE, CLI)] == [
        ("pi-1", "leser", "Haupteingang", True),
        ("pi-1", "tisch", "flur", True),
        ("pi-1", "kabel", "kabel", True),
    ]
    world.now_us += 200 * S
    assert not any(reader.is_online for reader in world.cards.readers(SPACE, CLI))


def test_an_order_waits_for_its_card_and_no_second_one_at_the_same_reader(world: World) -> None:
    order = world.cards.ask_for_card(SPACE, AT, " Karte 7 ", None, world.actor(1), world.now_us)
    assert world.rows("SELECT id, kind, state, reader, account_pk, until_us FROM command") == [
        (order, "read_card", "asked", "leser", 1, world.now_us + 60 * S)
    ]
    assert world.cards.order(order, CLI, world.now_us).state is OrderState.ASKED
    with pytest.raises(RuleRefused, match="waits for another card for 61 s"):
        world.cards.ask_for_card(SPACE, AT, "Karte 8", None, CLI, world.now_us)
    world.cards.ask_for_card(SPACE, ("pi-1", "tisch"), "Karte 8", None, CLI, world.now_us)
    assert world.cards.order(order, CLI, world.now_us + 60 * S + 1).problem == "offline"
    world.send(order)
    assert world.cards.order(order, CLI, world.now_us + 65 * S).state is OrderState.WAITING
    assert world.cards.order(order, CLI, world.now_us + 126 * S).problem == "expired"
    with pytest.raises(NotAllowed):
        world.cards.order(order, world.actor(3), world.now_us)


@pytest.mark.parametrize(
    ("label", "at", "problem"),
    [
        ("", AT, "needs a label"),
        ("Karte 1", AT, "is on another card"),
        ("Karte 2", ("pi-1", "nichts"), "no reader pi-1/nichts; known are pi-1/leser"),
        ("Karte 2", ("pi-3", "leser"), "no reader pi-3/leser"),
        ("Karte 2", ("pi-2", "leser"), "device pi-2 is away"),
    ],
)
def test_an_order_that_can_not_be_is_refused(
    sqlite_world: World, label: str, at: tuple[str, str], problem: str
) -> None:
    world = sqlite_world
    world.card("Karte 1")
    world.say("pi-2", status="lost")
    with pytest.raises(RuleRefused, match=problem):
        world.cards.ask_for_card(SPACE, at, label, None, CLI, world.now_us)
    assert world.rows("SELECT * FROM card_order") == []


def test_a_card_that_comes_is_kept_sealed_once(world: World) -> None:
    order = world.cards.ask_for_card(SPACE, AT, "Karte 7", None, CLI, world.now_us)
    world.send(order)
    spool, other = DoorSpool(), DoorSpool(device="pi-2")
    other.offered(order, kind="uid")
    world.take(other.batch(1))
    assert world.rows("SELECT state, offer FROM card_order") == [("waiting", None)], (
        "not the device that was asked"
    )
    spool.offered(order)
    spool.answered(order)
    spool.offered(order, kind="uid")
    world.take(spool.batch(1))
    world.take(spool.batch(1))
    assert world.rows("SELECT state, offer, offer_kind FROM card_order") == [("read", "c2VhbGVk", "desfire")]
    assert world.rows("SELECT state, outcome FROM command") == [("answered", "done")]


@pytest.mark.parametrize(
    ("outcome", "problem"),
    [
        ("nobody_came", "expired"),
        ("cancelled", "cancelled"),
        ("unknown_reader", "offline"),
        ("lockdown", "refused"),
    ],
)
def test_an_order_that_a_device_could_not_do_says_why(
    sqlite_world: World, outcome: str, problem: str
) -> None:
    world = sqlite_world
    order = world.cards.ask_for_card(SPACE, AT, "Karte 7", None, CLI, world.now_us)
    world.send(order)
    spool = DoorSpool()
    spool.answered(order, outcome)
    world.take(spool.batch(1))
    found = world.cards.order(order, CLI, world.now_us)
    assert (found.state, found.problem) == (OrderState.FAILED, problem)


def test_a_card_that_came_long_after_nobody_waited_is_not_taken(world: World) -> None:
    world.now_us -= 3600 * S
    order = world.cards.ask_for_card(SPACE, ("pi-1", "leser"), "Karte 7", None, CLI, world.now_us)
    world.send(order)
    world.now_us += 3600 * S
    spool = DoorSpool()
    spool.offered(order, at_s=3600)
    world.take(spool.batch(1))
    assert world.rows("SELECT state, problem, offer FROM card_order") == [("failed", "expired", None)]


@pytest.mark.parametrize("is_given", [False, True], ids=["spare", "a member's"])
def test_a_written_card_is_ready_and_keeps_the_generation_that_was_sent(world: World, is_given: bool) -> None:
    card = world.card(state="blank")
    member = world.member()
    if is_given:
        with world.engine.begin() as connection:
            connection.exec_driver_sql(f"UPDATE card SET member_pk = {member}")
    order = world.cards.personalise(card, AT, world.actor(1), world.now_us)
    world.send(order)
    with world.engine.begin() as connection:
        connection.exec_driver_sql("UPDATE card_order SET generation = 3")
    wanted = world.wanted()
    spool = DoorSpool()
    spool.written(order)
    world.take(spool.batch(1))
    world.take(spool.batch(1))
    expected = (CardState.ACTIVE, member, "") if is_given else (CardState.SPARE, None, "")
    assert view(world, card) == expected
    assert world.rows("SELECT generation, rekey_needed FROM card") == [(3, False)]
    assert world.cards.order(order, CLI, world.now_us).state is OrderState.DONE
    assert world.wanted() == {key: count + 1 for key, count in wanted.items()}
    assert world.chain(f"{SPACE}/pi-1") == [{"what": "card_written", "command": order, "card": card}]


def test_a_card_that_was_pulled_away_may_be_written_again(world: World) -> None:
    card = world.card(state="blank")
    order = world.cards.personalise(card, AT, CLI, world.now_us)
    world.send(order)
    spool = DoorSpool()
    spool.written(order, "removed")
    world.take(spool.batch(1))
    found = world.cards.order(order, CLI, world.now_us)
    assert (found.state, found.problem, found.card) == (OrderState.FAILED, "removed", card)
    assert view(world, card)[0] is CardState.BLANK
    again = world.cards.personalise(card, AT, CLI, world.now_us)
    assert again != order


def test_a_card_that_was_written_after_all_is_ready_though_its_order_was_cancelled(world: World) -> None:
    card = world.card(state="blank")
    order = world.cards.personalise(card, AT, CLI, world.now_us)
    world.send(order)
    world.cards.cancel(order, CLI, world.now_us)
    assert world.cards.order(order, CLI, world.now_us).problem == "cancelled"
    assert world.rows("SELECT reader, state FROM command WHERE kind = 'cancel'") == [("leser", "asked")]
    spool = DoorSpool()
    spool.written(order)
    world.take(spool.batch(1))
    assert view(world, card)[0] is CardState.SPARE


def test_an_order_that_was_not_sent_is_cancelled_without_a_word_to_the_device(world: World) -> None:
    order = world.cards.ask_for_card(SPACE, AT, "Karte 7", None, CLI, world.now_us)
    world.cards.cancel(order, CLI, world.now_us)
    world.cards.cancel(order, CLI, world.now_us)
    assert world.rows("SELECT kind, state, outcome FROM command") == [("read_card", "expired", "cancelled")]
    assert sum(entry["what"] == "order_cancelled" for entry in world.chain()) == 1


def test_a_card_without_keys_is_not_written(world: World) -> None:
    card = world.card(kind="uid")
    with pytest.raises(RuleRefused, match="can't hold keys"):
        world.cards.personalise(card, AT, CLI, world.now_us)
