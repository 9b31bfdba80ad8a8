"""Cards that answer anything at all: the only way out is an error of this package, or the truth.

300,000 arbitrary answers and more, from fixed seeds, in a plain loop: quick, and the same in each run.
"""

import random
import secrets
from collections import Counter
from collections.abc import Callable, Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from device.cards import desfire, ntag424
from device.cards.apdu import Transmit
from device.cards.commands import change_key, get_file_settings, read_credential_id, write_credential_id
from device.cards.errors import CardError
from device.cards.factory_key import FactorySession, authenticate_iso
from device.cards.identify import KnownCard
from device.cards.personalise import Kind, personalise
from device.cards.secure_messaging import Session, authenticate_ev2_first, authenticate_ev2_non_first
from device.cards.uid import read_uid
from device.cards.version import get_version, kind_of
from tests.device.cards.personalising import CREDENTIAL, UID, at_door, content, credential_id, known, order
from tests.parts.native_card import NativeCard
from tests.parts.virtual_desfire import VirtualDesfire
from tests.parts.virtual_ntag424 import VirtualNtag424

ANSWERS = 300_000
_STATUS = (b"\x91\x00", b"\x91\xaf", b"\x90\x00", b"\x91\xae", b"\x91\xa0", b"\x6a\x82")
_LENGTHS = (0, 1, 7, 8, 9, 15, 16, 17, 24, 28, 29, 32, 40, 48, 64, 256)
_KEY = bytes(range(16))


class Arbitrary:
    """Answers with anything, more often with what is nearly right, and counts."""

    def __init__(self, seed: int) -> None:
        self._rng = random.Random(seed)
        self.count = 0

    def __call__(self, command: bytes) -> bytes:
        self.count += 1
        choice = self._rng.random()
        if command[:1] == b"\xff" and choice < 0.9:
            return UID + b"\x90\x00"
        if command[:1] == b"\x00" and choice < 0.7:
            return b"\x90\x00"
        if choice < 0.02:
            return b""
        if choice < 0.04:
            return self._rng.randbytes(1)
        if choice < 0.05:
            return self._rng.randbytes(self._rng.choice((257, 258, 259, 300, 4096)))
        if choice < 0.15:
            return self._rng.randbytes(self._rng.randrange(2, 80))
        if choice < 0.5:
            # What an authentication or a session waits for.
            first = command[1:2] in {b"\x71", b"\x77", b"\x1a"}
            right = 8 if command[1:2] == b"\x1a" else 16 if first else self._rng.choice((32, 24, 16, 8))
            return self._rng.randbytes(right) + (b"\x91\xaf" if first else b"\x91\x00")
        return self._rng.randbytes(self._rng.choice(_LENGTHS)) + self._rng.choice(_STATUS)


def session(card: Transmit, key_no: int = 0) -> Session:
    return Session(card, key_no=key_no, ti=b"TITI", enc_key=_KEY, mac_key=_KEY)


def uid_card(card: Transmit) -> object:
    # A card that is known by its UID alone is the only one that may be taken without proof.
    return at_door(card, KnownCard(CREDENTIAL, "uid"))


TALKS: dict[str, Callable[[Transmit], object]] = {
    "read the UID": read_uid,
    "ask for the version": get_version,
    "authenticate": lambda card: authenticate_ev2_first(card, 0, _KEY),
    "authenticate again": lambda card: authenticate_ev2_non_first(session(card), 1, _KEY),
    "authenticate with the factory's key": authenticate_iso,
    "replace the factory's key": lambda card: FactorySession(card, _KEY).change_to_aes(_KEY),
    "read": lambda card: read_credential_id(session(card), 1),
    "write": lambda card: write_credential_id(session(card), 1, _KEY),
    "change the own key": lambda card: change_key(session(card), 0, _KEY),
    "change another key": lambda card: change_key(session(card), 1, _KEY, _KEY),
    "ask for settings": lambda card: get_file_settings(session(card), 1),
    "send plainly": lambda card: session(card).plain(0x60),
    "select an application": desfire.select_application,
    "select by name": ntag424.select,
    "create an application": lambda card: desfire.create_application(session(card)),
    "look for the file": lambda card: desfire.has_file(session(card)),
    "identify a card with a UID": uid_card,
    "identify a DESFire": lambda card: at_door(card, known("desfire")),
    "identify an NTAG": lambda card: at_door(card, known("ntag424")),
    "personalise a DESFire": lambda card: personalise(card, order("desfire", old=(2, 3))),
    "personalise an NTAG": lambda card: personalise(card, order("ntag424", old=(2, 3))),
}
# What no arbitrary answer may ever bring about.
NEVER = {
    "authenticate",
    "authenticate again",
    "authenticate with the factory's key",
    "read",
    "write",
    "change another key",
    "ask for settings",
    "create an application",
    "look for the file",
    "identify a DESFire",
    "identify an NTAG",
    "personalise a DESFire",
    "personalise an NTAG",
}


@pytest.mark.parametrize("name", TALKS)
def test_arbitrary_answers_end_in_an_error_of_cards(name: str) -> None:
    card = Arbitrary(seed=len(name))
    share = ANSWERS // len(TALKS) + 1
    ends: Counter[str] = Counter()
    named = set()
    while card.count < share:
        try:
            TALKS[name](card)
        except CardError as error:
            ends[type(error).__name__] += 1
            named.add(error.credential)
        else:
            ends["no error"] += 1
    assert named <= {None, CREDENTIAL}
    if name in NEVER:
        assert ends["no error"] == 0, ends
    assert len(ends) > 1, ends


def test_the_kind_of_anything_is_a_kind() -> None:
    card = Arbitrary(seed=5)
    assert {kind_of(card) for _ in range(3_000)} <= {"uid", "desfire", "ntag424"}


# --- true cards whose answers are spoilt on the way ---


def spoilt(answer: bytes, rng: random.Random, heard: list[bytes]) -> bytes:
    match rng.randrange(7):
        case 0:
            at = rng.randrange(len(answer))
            return answer[:at] + bytes([answer[at] ^ 1 << rng.randrange(8)]) + answer[at + 1 :]
        case 1:
            return answer[: rng.randrange(len(answer))]
        case 2:
            return answer + rng.randbytes(rng.randrange(1, 300))
        case 3:
            return rng.choice(heard)
        case 4:
            return rng.randbytes(len(answer) - 2) + answer[-2:]
        case 5:
            return answer[:-2] + rng.choice(_STATUS)
        case _:
            return rng.randbytes(2) + answer


def fresh(kind: Kind) -> NativeCard:
    rng = random.Random(1).randbytes
    return VirtualDesfire(UID, rng=rng) if kind == "desfire" else VirtualNtag424(UID, rng=rng)


def transmit(card: NativeCard, rng: random.Random, chance: float) -> Transmit:
    heard = [b"\x91\x00"]

    def carry(command: bytes) -> bytes:
        answer = card.handle(command)
        heard.append(answer)
        return spoilt(answer, rng, heard) if command[0] != 0xFF and rng.random() < chance else answer

    return carry


def deterministic(monkeypatch: pytest.MonkeyPatch, rng: random.Random) -> None:
    monkeypatch.setattr(secrets, "token_bytes", rng.randbytes)


def rounds(seed: int, count: int) -> Iterator[random.Random]:
    for number in range(count):
        yield random.Random(seed * 100_000 + number)


@pytest.mark.parametrize("kind", ["desfire", "ntag424"])
def test_a_door_takes_a_true_card_with_spoilt_answers_for_nobody_else(
    kind: Kind, monkeypatch: pytest.MonkeyPatch
) -> None:
    card = fresh(kind)
    personalise(card.handle, order(kind))
    ends: Counter[str] = Counter()
    for rng in rounds(1, 4_000):
        deterministic(monkeypatch, rng)
        card.power_off()
        try:
            found = at_door(transmit(card, rng, 0.3), known(kind))
        except CardError as error:
            ends[type(error).__name__] += 1
        else:
            ends["identified"] += 1
            assert (found.credential, found.known) == (CREDENTIAL, True)
    assert set(ends) == {"NotAuthentic", "identified"}


@pytest.mark.parametrize("kind", ["desfire", "ntag424"])
def test_a_card_personalised_over_spoilt_answers_is_finished_or_an_error(
    kind: Kind, monkeypatch: pytest.MonkeyPatch
) -> None:
    ends: Counter[str] = Counter()
    for rng in rounds(2, 150):
        deterministic(monkeypatch, rng)
        card = fresh(kind)
        for _ in range(4):
            card.power_off()
            try:
                personalise(transmit(card, rng, 0.03), order(kind))
            except CardError as error:
                ends[type(error).__name__] += 1
            else:
                ends["finished"] += 1
                assert card.default_keys() == []
                assert content(card) == credential_id(1)
        card.power_off()
        personalise(card.handle, order(kind))
        assert card.default_keys() == []
        assert content(card) == credential_id(1)
    assert ends["finished"] > 10, ends
    assert len(ends) > 2, ends


@given(answers=st.lists(st.binary(max_size=70), min_size=1, max_size=8))
def test_any_conversation_ends_in_an_error_of_cards(answers: list[bytes]) -> None:
    left = iter(answers)
    with pytest.raises(CardError):
        at_door(
            lambda command: UID + b"\x90\x00" if command[0] == 0xFF else next(left, b""), known("desfire")
        )
