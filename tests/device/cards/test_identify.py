"""What a door makes of a card."""

from collections.abc import Callable

import pytest

from device.cards.errors import CardUnusable, NotAuthentic, TooSlow
from device.cards.identify import Identified, KnownCard, identify, proof_of
from device.cards.personalise import Kind, personalise
from tests.device.cards.personalising import (
    CREDENTIAL,
    LOOKUP_KEY,
    UID,
    at_door,
    credential_id,
    generation,
    known,
    order,
)
from tests.device.cards.published import always
from tests.parts.native_card import NativeCard
from tests.parts.virtual_desfire import VirtualDesfire
from tests.parts.virtual_ntag424 import VirtualNtag424

KINDS: tuple[Kind, ...] = ("desfire", "ntag424")
both_kinds = pytest.mark.parametrize("kind", KINDS)
MS = 0.001


def ours(kind: Kind) -> NativeCard:
    card: NativeCard = VirtualDesfire(UID) if kind == "desfire" else VirtualNtag424(UID)
    personalise(card.handle, order(kind))
    card.power_off()
    return card


@both_kinds
def test_a_card_of_ours_is_identified(kind: Kind) -> None:
    assert at_door(ours(kind).handle, known(kind)) == Identified(CREDENTIAL, kind, known=True)


def test_the_list_is_asked_for_the_cards_uid() -> None:
    asked: list[bytes] = []
    identify(ours("desfire").handle, asked.append, lookup_key=LOOKUP_KEY)
    assert asked == [UID]


@both_kinds
def test_an_unknown_card_is_named_and_asked_nothing(kind: Kind) -> None:
    card = ours(kind)
    heard = card.record()
    assert at_door(card.handle, None) == Identified(CREDENTIAL, "uid", known=False)
    assert heard == []


def test_a_card_without_a_key_is_its_uid() -> None:
    card = KnownCard(CREDENTIAL, "uid")
    assert at_door(always(UID + b"\x90\x00"), card) == Identified(CREDENTIAL, "uid", known=True)


@both_kinds
def test_a_blocked_card_is_named_and_asked_nothing(kind: Kind) -> None:
    card = ours(kind)
    heard = card.record()
    blocked = KnownCard(CREDENTIAL, kind, blocked=True)
    assert at_door(card.handle, blocked) == Identified(CREDENTIAL, kind, known=True, blocked=True)
    assert heard == []


# --- impostors ---


def only_uid(_card: NativeCard) -> Callable[[bytes], bytes]:
    return lambda apdu: UID + b"\x90\x00" if apdu[0] == 0xFF else b"\x6d\x00"


def agrees_to_all(_card: NativeCard) -> Callable[[bytes], bytes]:
    return lambda apdu: UID + b"\x90\x00" if apdu[0] == 0xFF else b"\x90\x00" if apdu[0] == 0 else b"\x91\x00"


def silent(_card: NativeCard) -> Callable[[bytes], bytes]:
    return lambda apdu: UID + b"\x90\x00" if apdu[0] == 0xFF else b""


def another_id(card: NativeCard) -> Callable[[bytes], bytes]:
    for application in card.all_applications().values():
        for file in application.files.values():
            file.data[0] ^= 1
    return card.handle


def played_back(card: NativeCard) -> Callable[[bytes], bytes]:
    """A recorded run of the true card, again."""
    heard = card.record()
    at_door(card.handle, known("desfire" if isinstance(card, VirtualDesfire) else "ntag424"))
    answers = iter([exchange.answer for exchange in heard])
    return lambda apdu: UID + b"\x90\x00" if apdu[0] == 0xFF else next(answers)


@pytest.mark.parametrize(
    "disguise",
    [
        pytest.param(only_uid, id="a phone with the UID"),
        pytest.param(agrees_to_all, id="a card that says yes to everything"),
        pytest.param(silent, id="a card that says nothing"),
        pytest.param(lambda card: card.clone_uid().handle, id="a card with the UID and other keys"),
        pytest.param(lambda card: card.with_wrong_key().handle, id="the content under other keys"),
        pytest.param(another_id, id="the true keys and another id"),
        pytest.param(played_back, id="a recording"),
    ],
)
@both_kinds
def test_a_card_with_a_key_is_never_taken_by_its_uid(
    kind: Kind, disguise: Callable[[NativeCard], Callable[[bytes], bytes]]
) -> None:
    transmit = disguise(ours(kind))
    with pytest.raises(NotAuthentic) as refused:
        at_door(transmit, known(kind))
    assert refused.value.credential == CREDENTIAL
    assert UID.hex() not in f"{refused.value!r} {refused.value}".lower()


@both_kinds
def test_a_factory_card_with_the_uid_is_refused(kind: Kind) -> None:
    card = VirtualDesfire(UID) if kind == "desfire" else VirtualNtag424(UID)
    with pytest.raises(NotAuthentic):
        at_door(card.handle, known(kind))


def test_a_card_of_the_other_kind_is_refused() -> None:
    with pytest.raises(NotAuthentic):
        at_door(ours("ntag424").handle, known("desfire"))
    with pytest.raises(NotAuthentic):
        at_door(ours("desfire").handle, known("ntag424"))


@pytest.mark.parametrize("changed", range(24))
@both_kinds
def test_any_spoilt_answer_is_refused(kind: Kind, changed: int) -> None:
    card = ours(kind)

    def spoilt(apdu: bytes) -> bytes:
        answer = bytearray(card.handle(apdu))
        if apdu[1] == 0xAD:
            answer[changed] ^= 0x40
        return bytes(answer)

    with pytest.raises(NotAuthentic):
        at_door(spoilt, known(kind))


def test_a_random_id_is_refused_before_the_list_is_asked() -> None:
    with pytest.raises(CardUnusable, match="random_id"):
        identify(always("081122339000"), lambda _uid: pytest.fail("asked"), lookup_key=LOOKUP_KEY)


def test_what_the_reader_raises_passes_through() -> None:
    def gone(apdu: bytes) -> bytes:
        if apdu[0] == 0xFF:
            return UID + b"\x90\x00"
        raise OSError("the reader's own")

    with pytest.raises(OSError, match="the reader's own"):
        at_door(gone, known("desfire"))


# --- relays ---


class Slow:
    """A card, and the clock that its answers move."""

    def __init__(self, kind: Kind, took_ms: dict[int, float]) -> None:
        self.now = 100.0
        self._card = ours(kind)
        self._took_ms = took_ms

    def transmit(self, apdu: bytes) -> bytes:
        self.now += self._took_ms.get(apdu[1], 1.0) * MS
        return self._card.handle(apdu)

    def identify(self, kind: Kind, limit_ms: float | None) -> Identified:
        return identify(
            self.transmit,
            lambda _uid: known(kind),
            lookup_key=LOOKUP_KEY,
            clock=lambda: self.now,
            max_round_trip_s=None if limit_ms is None else limit_ms * MS,
        )


@pytest.mark.parametrize("instruction", [0x71, 0xAF, 0xAD], ids=["challenge", "proof", "reading"])
@both_kinds
def test_an_answer_of_the_proof_that_comes_too_late_is_refused(kind: Kind, instruction: int) -> None:
    with pytest.raises(TooSlow, match="after 31 ms; up to 30 ms") as refused:
        Slow(kind, {instruction: 31.0}).identify(kind, 30.0)
    assert refused.value.credential == CREDENTIAL
    assert Slow(kind, {instruction: 29.0}).identify(kind, 30.0).known
    assert Slow(kind, {instruction: 3000.0}).identify(kind, None).known


def test_reading_the_uid_and_selecting_may_take_longer() -> None:
    assert Slow("desfire", {0xCA: 500.0, 0x5A: 500.0}).identify("desfire", 30.0).known


def test_a_bound_needs_a_clock() -> None:
    with pytest.raises(ValueError, match="clock"):
        identify(always(""), lambda _uid: None, lookup_key=LOOKUP_KEY, max_round_trip_s=0.03)


# --- what a list says ---


@pytest.mark.parametrize(
    ("kind", "key", "proof", "blocked"),
    [
        pytest.param("desfire", None, None, False, id="a keyed card without a key"),
        pytest.param("desfire", bytes(16), None, False, id="no proof"),
        pytest.param("ntag424", None, bytes(16), False, id="a proof alone"),
        pytest.param("desfire", bytes(15), bytes(16), False, id="a short key"),
        pytest.param("desfire", bytes(16), bytes(32), False, id="a long proof"),
        pytest.param("uid", bytes(16), bytes(16), False, id="a UID card with a key"),
        pytest.param("desfire", bytes(16), bytes(16), True, id="a blocked card with a key"),
    ],
)
def test_a_card_whose_key_does_not_fit_its_kind_is_a_bug(
    kind: Kind, key: bytes | None, proof: bytes | None, *, blocked: bool
) -> None:
    with pytest.raises(ValueError, match="do not fit"):
        KnownCard(CREDENTIAL, kind, key, proof, blocked)


def test_a_known_card_shows_nothing() -> None:
    assert repr(known("desfire")) == f"{known('desfire')}" == "KnownCard(…)"


def test_a_proof_is_half_an_hmac() -> None:
    proof = proof_of(LOOKUP_KEY, credential_id(1))
    assert len(proof) == 16
    assert proof != proof_of(LOOKUP_KEY, credential_id(2))
    assert proof != proof_of(bytes(32), credential_id(1))
    assert generation("desfire", 1).keys != generation("desfire", 2).keys
