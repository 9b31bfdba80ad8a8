"""What is done with a card on a reader, with virtual cards and without a reader."""

from collections.abc import Callable

import pytest

from device.card_desk import Desk
from device.cards.identify import proof_of
from device.cards.personalise import personalise
from device.core.inputs import CardOffer, CardPresented, CardRefused, WaitEnded, WriteEnded
from tests.device.cards.personalising import UID, content, credential_id, generation
from tests.device.cards.personalising import order as card_order
from tests.device.sealed import LOOKUP_KEY, SEALING, TRUST, access_list, credential
from tests.parts.virtual_desfire import VirtualDesfire
from wire.access import BLOCKED, AccessList, Cancel, CardKeys, ReadCard, WriteCard
from wire.card_keys import DESFIRE_KEY_NUMBERS, READ_KEY, lookup
from wire.events import CardKind
from wire.identifiers import CredentialId
from wire.signing import open_offer

COMMAND, SESSION = "c" * 16, "5" * 16
OTHER_UID = bytes.fromhex("0411223344556A")

Transmit = Callable[[bytes], bytes]


class Clock:
    """A clock that is moved by hand."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


class Gone(Exception):
    """What a reader's library raises when a card is pulled away."""


def on_reader(card: VirtualDesfire) -> Transmit:
    """A card as a reader gives it, without a session of before: the reader itself answers what is for it."""
    card.power_off()

    def transmit(apdu: bytes) -> bytes:
        return card.uid + b"\x90\x00" if apdu[0] == 0xFF else card.handle(apdu)

    return transmit


def plain_card(uid: bytes) -> Transmit:
    """Any card that has a UID and knows nothing else."""
    return lambda apdu: uid + b"\x90\x00" if apdu[0] == 0xFF else b"\x6d\x00"


def pulled_after(transmit: Transmit, count: int) -> Transmit:
    """Raise from a certain command on."""
    left = count

    def pulled(apdu: bytes) -> bytes:
        nonlocal left
        left -= 1
        if left < 0:
            raise Gone
        return transmit(apdu)

    return pulled


def named(uid: bytes, key: bytes = LOOKUP_KEY) -> CredentialId:
    return lookup(key, uid)


def read_order(wait_s: int = 60) -> ReadCard:
    return ReadCard(command=COMMAND, session=SESSION, reader="r1", wait_s=wait_s)


def write_order(number: int = 1, *, command: str = COMMAND, old: tuple[int, ...] = ()) -> WriteCard:
    return WriteCard(
        command=command,
        session=SESSION,
        reader="r1",
        uid=UID,
        kind="desfire",
        credential_id=credential_id(number),
        new=card_keys(number),
        old=[card_keys(one) for one in old],
    )


def card_keys(number: int) -> CardKeys:
    made = generation("desfire", number)
    return CardKeys(picc=made.card_key or b"", keys=[made.keys[at] for at in DESFIRE_KEY_NUMBERS])


def personalised() -> VirtualDesfire:
    card = VirtualDesfire(UID)
    personalise(on_reader(card), card_order("desfire"))
    return card


def keyed_list(**more: object) -> AccessList:
    entry: dict[str, object] = {
        "kind": "desfire",
        "key": generation("desfire", 1).keys[READ_KEY],
        "proof": proof_of(LOOKUP_KEY, credential_id(1)),
    }
    return access_list(credential(UID, **entry | more), credential(OTHER_UID))


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def desk(clock: Clock) -> Desk:
    return Desk({"r1": "front"}, b"k" * 32, TRUST, clock=clock)


def test_without_a_list_a_card_is_named_under_the_key_of_the_settings(desk: Desk) -> None:
    assert desk.serve("r1", plain_card(UID)) == CardPresented("r1", named(UID, b"k" * 32))


def test_without_a_key_too_nobody_knows_the_names_after_a_restart() -> None:
    names = {desk.serve("r1", plain_card(UID)) for desk in (Desk({}, None, None), Desk({}, None, None))}
    assert len(names) == 2


def test_a_card_that_proves_key_and_id_is_proven(desk: Desk) -> None:
    desk.learn(keyed_list())
    assert desk.serve("r1", on_reader(personalised())) == CardPresented("r1", named(UID), proven=True)


def test_a_card_without_a_key_is_named_and_not_proven(desk: Desk) -> None:
    desk.learn(keyed_list())
    assert desk.serve("r1", plain_card(OTHER_UID)) == CardPresented("r1", named(OTHER_UID))


def test_a_card_that_the_list_has_not_is_named_and_not_proven(desk: Desk) -> None:
    desk.learn(access_list())
    assert desk.serve("r1", on_reader(personalised())) == CardPresented("r1", named(UID))


def test_a_copy_of_the_uid_alone_is_not_authentic(desk: Desk) -> None:
    desk.learn(keyed_list())
    for copy in (plain_card(UID), on_reader(VirtualDesfire(UID))):
        assert desk.serve("r1", copy) == CardRefused("r1", "not_authentic", named(UID))


def test_a_blocked_card_is_named_without_being_asked_to_prove_anything(desk: Desk) -> None:
    desk.learn(keyed_list(flags=BLOCKED, key=b"", proof=b""))
    asked: list[bytes] = []

    def counted(apdu: bytes) -> bytes:
        asked.append(apdu)
        return plain_card(UID)(apdu)

    assert desk.serve("r1", counted) == CardPresented("r1", named(UID))
    assert len(asked) == 1


def test_a_card_whose_answers_come_late_is_too_slow_at_a_door_that_has_a_bound(
    desk: Desk, clock: Clock
) -> None:
    virtual = personalised()
    card = on_reader(virtual)

    def late(apdu: bytes) -> bytes:
        clock.now += 0.05
        return card(apdu)

    desk.learn(keyed_list())
    assert isinstance(desk.serve("r1", late), CardPresented)
    virtual.power_off()
    body = keyed_list()
    bounded = access_list(*body.credentials, round_trip_ms=40)
    desk.learn(bounded)
    assert desk.serve("r1", late) == CardRefused("r1", "too_slow", named(UID))
    virtual.power_off()
    assert desk.serve("other", late) == CardPresented("other", named(UID), proven=True), "no door, no bound"


def test_a_card_with_a_random_id_is_refused(desk: Desk) -> None:
    assert desk.serve("r1", plain_card(bytes.fromhex("08112233"))) == CardRefused("r1", "random_id")


def test_a_card_pulled_away_at_any_command_raises_and_the_next_one_is_served(desk: Desk) -> None:
    desk.learn(keyed_list())
    card = personalised()
    for count in range(6):
        card.power_off()
        try:
            given = desk.serve("r1", pulled_after(on_reader(card), count))
        except Gone:
            assert desk.broken_off("r1") is None
        else:
            assert given == CardPresented("r1", named(UID), proven=True)
            break
    else:
        pytest.fail("more commands than expected")
    assert count >= 4


# --- for the hub ---


@pytest.mark.parametrize(
    ("transmit", "uid", "kind"),
    [
        pytest.param(on_reader(VirtualDesfire(UID)), UID, "desfire", id="DESFire EV2"),
        pytest.param(on_reader(VirtualDesfire(UID, version="ev1")), UID, "uid", id="DESFire EV1"),
        pytest.param(plain_card(bytes.fromhex("AABBCCDD")), bytes.fromhex("AABBCCDD"), "uid", id="any card"),
    ],
)
def test_a_card_that_is_asked_for_is_told_to_the_hub_alone(
    desk: Desk, transmit: Transmit, uid: bytes, kind: CardKind
) -> None:
    assert desk.use(read_order()) == []
    assert desk.waiting("r1") == COMMAND
    given = desk.serve("r1", transmit)
    assert isinstance(given, CardOffer)
    assert (given.reader, given.command, given.kind) == ("r1", COMMAND, kind)
    assert open_offer(given.sealed, COMMAND, TRUST.space, TRUST.device, SEALING) == uid
    assert uid.hex() not in repr(given).lower()
    assert desk.waiting("r1") == ""
    assert isinstance(desk.serve("r1", transmit), CardPresented | CardRefused), "the next card is a visitor's"


def test_a_card_that_cannot_be_used_leaves_the_reader_waiting(desk: Desk) -> None:
    desk.use(read_order())
    assert desk.serve("r1", plain_card(bytes.fromhex("08112233"))) == CardRefused("r1", "random_id")
    assert desk.waiting("r1") == COMMAND


def test_a_card_is_written_and_then_proves_itself(desk: Desk) -> None:
    card = VirtualDesfire(UID)
    desk.use(write_order())
    assert desk.serve("r1", on_reader(card)) == WriteEnded("r1", COMMAND, done=True)
    assert content(card) == credential_id(1)
    desk.learn(keyed_list())
    assert desk.serve("r1", on_reader(card)) == CardPresented("r1", named(UID), proven=True)


def test_a_card_with_an_older_generation_of_keys_is_written_over(desk: Desk) -> None:
    card = personalised()
    desk.use(write_order(2, old=(1,)))
    assert desk.serve("r1", on_reader(card)) == WriteEnded("r1", COMMAND, done=True)
    assert content(card) == credential_id(2)


@pytest.mark.parametrize(
    ("card", "reason"),
    [
        pytest.param(VirtualDesfire(OTHER_UID), "another_card", id="another card"),
        pytest.param(VirtualDesfire(UID, version="ev1"), "refused", id="too old a card"),
    ],
)
def test_a_card_that_is_not_written_says_why(desk: Desk, card: VirtualDesfire, reason: str) -> None:
    desk.use(write_order())
    assert desk.serve("r1", on_reader(card)) == WriteEnded("r1", COMMAND, done=False, reason=reason)
    assert desk.waiting("r1") == ""


def test_a_card_of_another_system_is_foreign(desk: Desk) -> None:
    card = VirtualDesfire(UID)
    personalise(on_reader(card), card_order("desfire", 9))
    desk.use(write_order())
    assert desk.serve("r1", on_reader(card)) == WriteEnded("r1", COMMAND, done=False, reason="foreign")


def test_a_card_pulled_away_at_any_command_of_writing_is_finished_by_the_same_order(desk: Desk) -> None:
    for count in range(0, 200, 3):
        card = VirtualDesfire(UID)
        desk.use(write_order())
        try:
            given = desk.serve("r1", pulled_after(on_reader(card), count))
        except Gone:
            assert desk.broken_off("r1") == WriteEnded("r1", COMMAND, done=False, reason="removed")
        else:
            assert given == WriteEnded("r1", COMMAND, done=True)
            break
        card.power_off()
        desk.use(write_order())
        assert desk.serve("r1", on_reader(card)) == WriteEnded("r1", COMMAND, done=True)
    else:
        pytest.fail("more commands than expected")
    assert count > 20


def test_keys_that_do_not_fit_the_kind_are_refused_and_touch_nothing(desk: Desk) -> None:
    card = VirtualDesfire(UID)
    order = write_order()
    bad = WriteCard(
        command=COMMAND,
        session=SESSION,
        reader="r1",
        uid=UID,
        kind="desfire",
        credential_id=order.credential_id,
        new=CardKeys(picc=b"", keys=order.new.keys[:1]),
    )
    desk.use(bad)
    assert desk.serve("r1", on_reader(card)) == WriteEnded("r1", COMMAND, done=False, reason="refused")
    assert card.applications == {}


def test_when_nobody_comes_the_hub_is_told_and_the_reader_goes_back(desk: Desk, clock: Clock) -> None:
    desk.use(read_order(wait_s=30))
    assert desk.due_s == 130.0
    assert desk.expired() == []
    clock.now += 30
    assert desk.expired() == [WaitEnded("r1", COMMAND, "nobody_came")]
    assert desk.waiting("r1") == ""
    assert isinstance(desk.serve("r1", plain_card(UID)), CardPresented)


def test_a_cancel_ends_the_waiting(desk: Desk) -> None:
    desk.use(read_order())
    cancel = Cancel(command="d" * 16, session=SESSION, reader="r1")
    assert desk.use(cancel) == [WaitEnded("r1", COMMAND, "cancelled")]
    assert desk.use(cancel) == []
    assert desk.waiting("r1") == ""


def test_another_order_takes_the_place_of_the_one_before(desk: Desk) -> None:
    desk.use(read_order())
    assert desk.use(write_order(command="d" * 16)) == [WaitEnded("r1", COMMAND, "cancelled")]
    assert desk.waiting("r1") == "d" * 16


def test_a_card_that_is_being_written_is_finished_whatever_is_ordered_meanwhile(
    desk: Desk, clock: Clock
) -> None:
    transmit = on_reader(VirtualDesfire(UID))
    told: list[object] = []

    def interrupted(apdu: bytes) -> bytes:
        clock.now += 30
        told.extend(desk.use(Cancel(command="d" * 16, session=SESSION, reader="r1")))
        told.extend(desk.expired())
        return transmit(apdu)

    desk.use(write_order())
    assert desk.serve("r1", interrupted) == WriteEnded("r1", COMMAND, done=True)
    assert told == []


def test_a_new_order_for_a_reader_that_is_writing_is_cancelled(desk: Desk) -> None:
    transmit = on_reader(VirtualDesfire(UID))
    told: list[object] = []

    def interrupted(apdu: bytes) -> bytes:
        if not told:
            told.extend(desk.use(ReadCard(command="d" * 16, session=SESSION, reader="r1")))
        return transmit(apdu)

    desk.use(write_order())
    assert desk.serve("r1", interrupted) == WriteEnded("r1", COMMAND, done=True)
    assert told == [WaitEnded("r1", "d" * 16, "cancelled")]
    assert desk.waiting("r1") == ""


# --- simulations ---


def test_a_played_card_of_the_list_proves_what_it_must(desk: Desk) -> None:
    desk.learn(keyed_list())
    assert desk.play("r1", UID) == CardPresented("r1", named(UID), proven=True)
    assert desk.play("r1", OTHER_UID) == CardPresented("r1", named(OTHER_UID))
    assert desk.play("r1", b"\x04stran") == CardPresented("r1", named(b"\x04stran"))


def test_a_played_card_answers_the_hubs_orders(desk: Desk) -> None:
    desk.use(read_order())
    assert isinstance(desk.play("r1", UID), CardOffer)
    desk.use(write_order())
    assert desk.wanted("r1") == UID
    assert desk.play("r1", UID) == WriteEnded("r1", COMMAND, done=True)
    desk.use(write_order())
    assert desk.play("r1", OTHER_UID) == WriteEnded("r1", COMMAND, done=False, reason="another_card")
