"""Making cards ours, with virtual cards that are pulled away at every moment."""

import random
from collections.abc import Callable

import pytest

from device.cards.errors import CannotPersonalise, CardError, CardUnusable, NotAuthentic
from device.cards.personalise import Generation, Kind, Order, Personalised, personalise
from device.cards.secure_messaging import authenticate_ev2_first
from tests.device.cards.personalising import (
    CREDENTIAL,
    UID,
    at_door,
    content,
    credential_id,
    generation,
    known,
    order,
)
from tests.device.cards.published import always
from tests.parts.card_memory import AES_TYPE, Application, DataFile, Key
from tests.parts.native_card import NativeCard
from tests.parts.virtual_card import CardPulled
from tests.parts.virtual_desfire import VirtualDesfire
from tests.parts.virtual_ntag424 import VirtualNtag424
from wire.card_keys import DESFIRE_APPLICATION

KINDS: tuple[Kind, ...] = ("desfire", "ntag424")
both_kinds = pytest.mark.parametrize("kind", KINDS)


def fresh(kind: Kind, seed: int = 7) -> NativeCard:
    rng = random.Random(seed).randbytes
    return VirtualDesfire(UID, rng=rng) if kind == "desfire" else VirtualNtag424(UID, rng=rng)


def ours(kind: Kind, number: int) -> NativeCard:
    card = fresh(kind)
    personalise(card.handle, order(kind, number))
    card.power_off()
    return card


def begins(kind: Kind, begin: str) -> tuple[NativeCard, Order]:
    """A card and the order for it."""
    if begin == "fresh":
        return fresh(kind), order(kind, 2, old=(1,))
    return ours(kind, 1), order(kind, 2, old=(0, 1))


@both_kinds
def test_a_card_from_the_factory_becomes_ours(kind: Kind) -> None:
    card = fresh(kind)
    assert personalise(card.handle, order(kind)) == Personalised(kind, changed=True)
    assert card.default_keys() == []
    assert content(card) == credential_id(1)
    assert at_door(card.handle, known(kind)).credential == CREDENTIAL


@pytest.mark.parametrize("version", ["ev2", "ev3"])
def test_both_generations_of_desfire_become_ours(version: str) -> None:
    card = VirtualDesfire(UID, version=version)
    personalise(card.handle, order("desfire"))
    assert card.default_keys() == []


@both_kinds
def test_a_complete_card_is_left_as_it_is(kind: Kind) -> None:
    card = ours(kind, 1)
    before = card.twin().all_applications()
    assert personalise(card.handle, order(kind, 1)) == Personalised(kind, changed=False)
    assert card.all_applications() == before


@both_kinds
def test_a_card_of_an_older_generation_gets_the_new_keys_and_id(kind: Kind) -> None:
    card, ordered = begins(kind, "ours")
    assert personalise(card.handle, ordered) == Personalised(kind, changed=True)
    assert at_door(card.handle, known(kind, 2)).known
    with pytest.raises(NotAuthentic):
        at_door(card.handle, known(kind, 1))


@both_kinds
def test_a_card_that_changes_hands_gets_the_new_id_under_the_same_keys(kind: Kind) -> None:
    card = ours(kind, 1)
    personalise(card.handle, Order(UID, kind, credential_id(5), generation(kind, 1)))
    assert content(card) == credential_id(5)
    with pytest.raises(NotAuthentic, match="another credential id"):
        at_door(card.handle, known(kind, 1))


# --- pulled away ---


def pull(card: NativeCard, ordered: Order, count: int, *, processed: bool) -> bool:
    """Give the order and pull the card at an APDU; False when the order was done before."""
    card.power_off()
    card.pull_after(count, processed=processed)
    try:
        personalise(card.handle, ordered)
    except CardPulled:
        return True
    # It was done before: let it lie from now on.
    card.pull_after(1_000_000)
    return False


def outcome(card: NativeCard, kind: Kind, number: int) -> bool:
    """Whether a door that knows the card of a generation lets it in."""
    card.power_off()
    try:
        return at_door(card.handle, known(kind, number)).known
    except NotAuthentic:
        return False


@pytest.mark.parametrize("processed", [False, True], ids=["unprocessed", "processed"])
@pytest.mark.parametrize("begin", ["fresh", "ours"])
@both_kinds
def test_a_card_pulled_away_at_any_apdu_is_finished_by_the_same_order(
    kind: Kind, begin: str, *, processed: bool
) -> None:
    count = 0
    while True:
        count += 1
        card, ordered = begins(kind, begin)
        if not pull(card, ordered, count, processed=processed):
            break
        # Half done, a door takes it for nobody else: only with the very keys and id that its list has.
        holds = content(card)
        assert outcome(card, kind, 1) <= (holds == credential_id(1))
        assert outcome(card, kind, 2) <= (holds == credential_id(2))
        card.power_off()
        personalise(card.handle, ordered)
        assert card.default_keys() == []
        assert content(card) == credential_id(2)
        assert outcome(card, kind, 2)
        assert not outcome(card, kind, 1)
    assert count > 25


@both_kinds
def test_a_card_pulled_away_again_and_again_is_finished_in_the_end(kind: Kind) -> None:
    choose = random.Random(11)
    for seed in range(20):
        card, ordered = begins(kind, choose.choice(["fresh", "ours"]))
        for _ in range(12):
            pull(card, ordered, choose.randint(1, 60), processed=choose.random() < 0.5)
        card.power_off()
        personalise(card.handle, ordered)
        assert card.default_keys() == [], f"round {seed}"
        assert content(card) == credential_id(2)


@both_kinds
def test_an_order_of_the_next_generation_finishes_what_an_older_one_began(kind: Kind) -> None:
    for count in range(1, 60, 3):
        card = fresh(kind)
        pull(card, order(kind, 1), count, processed=True)
        card.power_off()
        personalise(card.handle, order(kind, 2, old=(1,)))
        assert card.default_keys() == []
        assert content(card) == credential_id(2)


@both_kinds
def test_the_id_is_on_no_card_that_a_factory_key_opens(kind: Kind) -> None:
    """The id is written last: until then, whoever knows the factory's keys finds nothing."""
    card = fresh(kind)
    seen: list[tuple[bool, bool]] = []

    def watched(apdu: bytes) -> bytes:
        answer = card.handle(apdu)
        seen.append((bool(card.default_keys()), content(card) == credential_id(1)))
        return answer

    personalise(watched, order(kind))
    assert (True, True) not in seen
    assert seen[0] == (True, False)
    assert seen[-1] == (False, True)


@both_kinds
def test_what_the_card_does_not_keep_is_noticed(kind: Kind) -> None:
    card = fresh(kind)

    def forgetful(apdu: bytes) -> bytes:
        answer = card.handle(apdu)
        if apdu[1] == 0x8D:
            for application in card.all_applications().values():
                for file in application.files.values():
                    file.data[0] ^= 1
        return answer

    with pytest.raises(CardError, match="does not hold"):
        personalise(forgetful, order(kind))


@pytest.mark.parametrize("number", range(5))
def test_a_key_that_is_the_factorys_again_is_noticed(number: int) -> None:
    card = fresh("ntag424")

    def falls_back(apdu: bytes) -> bytes:
        answer = card.handle(apdu)
        if apdu[1] == 0x8D:
            (application,) = (it for it in card.all_applications().values() if it.files)
            application.keys[number].value = bytes(16)
        return answer

    with pytest.raises(NotAuthentic):
        personalise(falls_back, order("ntag424"))
    assert len(card.default_keys()) == 1


def test_a_card_that_only_says_it_changed_the_key_is_noticed() -> None:
    card = fresh("ntag424")

    def lazy(apdu: bytes) -> bytes:
        # Key 0 is the last; its change is answered without a proof.
        return b"\x91\x00" if apdu[1] == 0xC4 and apdu[5] == 0 else card.handle(apdu)

    with pytest.raises(CardError):
        personalise(lazy, order("ntag424"))


# --- cards that can't become ours ---


def strange_master() -> NativeCard:
    card = VirtualDesfire(UID)
    card.master.keys[0] = Key(b"\x5a" * 16, 3, AES_TYPE)
    return card


def strange_des_master() -> NativeCard:
    card = VirtualDesfire(UID)
    card.master.keys[0].value = b"\x5a" * 16
    return card


def strange_application() -> NativeCard:
    card = VirtualDesfire(UID)
    card.applications[DESFIRE_APPLICATION] = Application([Key(b"\x5a" * 16) for _ in range(3)], 0x0F)
    return card


def strange_ntag() -> NativeCard:
    return fresh("ntag424").with_wrong_key()


def own_keys_strange_master() -> NativeCard:
    card = ours("desfire", 1)
    assert isinstance(card, VirtualDesfire)
    card.master.keys[0].value = b"\x5a" * 16
    return card


@pytest.mark.parametrize(
    ("make", "kind"),
    [
        pytest.param(strange_master, "desfire", id="an unknown AES card master key"),
        pytest.param(strange_des_master, "desfire", id="an unknown DES card master key"),
        pytest.param(strange_application, "desfire", id="somebody's application under our number"),
        pytest.param(own_keys_strange_master, "desfire", id="our application on somebody's card"),
        pytest.param(strange_ntag, "ntag424", id="an NTAG with other keys"),
    ],
)
def test_a_card_of_another_system_is_refused_and_left_as_it_is(
    make: Callable[[], NativeCard], kind: Kind
) -> None:
    card = make()
    before = card.twin().all_applications()
    with pytest.raises(CannotPersonalise, match="another system") as refused:
        personalise(card.handle, order(kind, 2, old=(1,)))
    assert refused.value.reason == "foreign"
    assert card.all_applications() == before


def test_other_applications_on_the_card_stay() -> None:
    card = VirtualDesfire(UID)
    other = Application([Key(b"\x11" * 16)], 0x0F, {1: DataFile(0, 0xEEEE, bytearray(b"library"))})
    card.applications[b"LIB"] = other
    personalise(card.handle, order("desfire"))
    assert card.applications[b"LIB"] == Application(
        [Key(b"\x11" * 16)], 0x0F, {1: DataFile(0, 0xEEEE, bytearray(b"library"))}
    )


def test_a_full_card_says_so() -> None:
    card = VirtualDesfire(UID)
    card.applications[b"BIG"] = Application([Key()], 0x0F, {1: DataFile(0, 0xEEEE, bytearray(8190))})
    with pytest.raises(CannotPersonalise, match="no space"):
        personalise(card.handle, order("desfire"))


@pytest.mark.parametrize("kind", KINDS)
def test_a_file_of_another_size_in_our_place_is_refused(kind: Kind) -> None:
    card = ours(kind, 1)
    for application in card.all_applications().values():
        for file in application.files.values():
            if file.option & 3 == 3:
                file.data = file.data[:8]
    with pytest.raises(CannotPersonalise, match="type or size"):
        personalise(card.handle, order(kind, 1))


@both_kinds
def test_rights_that_were_changed_are_put_right(kind: Kind) -> None:
    card = ours(kind, 1)
    for application in card.all_applications().values():
        for file in application.files.values():
            if file.option & 3 == 3:
                file.rights = 0xEEE0
    personalise(card.handle, order(kind, 1))
    (rights,) = {
        file.rights
        for it in card.all_applications().values()
        for file in it.files.values()
        if file.option == 3
    }
    assert rights == 0x12F0


@pytest.mark.parametrize(
    ("card", "kind", "reason"),
    [
        pytest.param(VirtualDesfire(UID, version="ev1"), "desfire", "too_old", id="DESFire EV1"),
        pytest.param(VirtualNtag424(UID), "desfire", "wrong_kind", id="an NTAG for a DESFire"),
        pytest.param(VirtualDesfire(UID), "ntag424", "wrong_kind", id="a DESFire for an NTAG"),
        pytest.param(VirtualDesfire(UID[:-1] + b"\x00"), "desfire", "wrong_card", id="another DESFire"),
        pytest.param(VirtualNtag424(UID[:-1] + b"\x00"), "ntag424", "wrong_card", id="another NTAG"),
    ],
)
def test_another_card_than_the_ordered_is_refused_in_words(card: NativeCard, kind: Kind, reason: str) -> None:
    before = card.twin().all_applications()
    with pytest.raises(CannotPersonalise) as refused:
        personalise(card.handle, order(kind))
    assert refused.value.reason == reason
    assert " " in str(refused.value)
    assert card.all_applications() == before


@pytest.mark.parametrize("kind", KINDS)
def test_a_card_that_shows_another_uid_than_it_has_is_refused(kind: Kind) -> None:
    card = fresh(kind)
    card.uid = UID[:-1] + b"\x00"

    def dressed_up(apdu: bytes) -> bytes:
        return UID + b"\x90\x00" if apdu[0] == 0xFF else card.handle(apdu)

    with pytest.raises(CannotPersonalise, match="another card"):
        personalise(dressed_up, order(kind))


def test_a_random_id_is_refused() -> None:
    with pytest.raises(CardUnusable, match="random_id"):
        personalise(always("081122339000"), order("desfire"))


# --- orders ---


@pytest.mark.parametrize(
    ("change", "message"),
    [
        pytest.param({"uid": UID[:4]}, "not 4", id="a short UID"),
        pytest.param({"kind": "uid"}, "takes no keys", id="a card without keys"),
        pytest.param({"credential_id": b"x" * 15}, "not 15", id="a short id"),
        pytest.param(
            {"new": Generation({0: b"x" * 16, 1: b"x" * 16}, b"x" * 16)}, "needs keys 0, 1, 2", id="few keys"
        ),
        pytest.param(
            {"new": Generation(dict.fromkeys(range(3), bytes(16)), b"x" * 16)},
            "key 0 is the factory",
            id="zeros",
        ),
        pytest.param(
            {"new": Generation(dict.fromkeys(range(3), b"x" * 16))}, "master key has 16", id="no card key"
        ),
        pytest.param(
            {"new": Generation(dict.fromkeys(range(3), b"x" * 16), bytes(16))},
            "master key is the factory",
            id="a card key of zeros",
        ),
        pytest.param({"old_generations": (Generation({0: b"x"}),)}, "older key", id="a short old key"),
    ],
)
def test_an_order_that_can_not_be_carried_out_is_refused(change: dict[str, object], message: str) -> None:
    right = order("desfire")
    values = {
        name: getattr(right, name) for name in ("uid", "kind", "credential_id", "new", "old_generations")
    }
    with pytest.raises(ValueError, match=message):
        Order(**(values | change))


def test_an_order_shows_no_secret() -> None:
    shown = repr(order("desfire", old=(2,))).lower()
    for secret in (UID, credential_id(1), *generation("desfire", 1).keys.values()):
        assert secret.hex() not in shown
        assert repr(secret)[2:-1].lower() not in shown


def test_the_keys_work_one_by_one_and_only_for_what_they_are_for() -> None:
    card = ours("desfire", 1)
    card.handle(bytes.fromhex("905A000003") + DESFIRE_APPLICATION + b"\x00")
    session = authenticate_ev2_first(card.handle, 2, generation("desfire", 1).keys[2])
    with pytest.raises(CardError):
        session.full(0xAD, bytes([1, 0, 0, 0, 16, 0, 0]))
