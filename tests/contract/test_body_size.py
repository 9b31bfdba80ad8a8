"""The largest lists and commands fit into their channels."""

import random
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from tests.contract.golden import WALL_US
from tests.contract.golden_bodies import HOUR_US
from wire.access import (
    MAX_CREDENTIALS,
    AccessList,
    CardKeys,
    Command,
    Credential,
    DoorRule,
    Right,
    Window,
    WriteCard,
    decode_access_list,
    decode_command,
    encode_body,
)
from wire.codec import decode, encode
from wire.messages import ChainHead, Sealed
from wire.signing import SealedHeader, seal, unseal
from wire.topics import ACCESS, COMMAND

HUB_KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
DEVICE_KEY = X25519PrivateKey.from_private_bytes(bytes(range(32, 64)))


def _sealed(purpose: Any, body: AccessList | Command) -> bytes:
    header = SealedHeader(
        purpose=purpose,
        space="wittenberge",
        device="front-door",
        version=1,
        issued_us=WALL_US,
        valid_until_us=WALL_US + 1,
    )
    return encode(seal(header, encode_body(body), HUB_KEY, DEVICE_KEY.public_key()))


def _unsealed(purpose: Any, payload: bytes) -> bytes:
    channel = ACCESS if purpose == "access" else COMMAND
    return unseal(
        decode(channel, Sealed, payload),
        HUB_KEY.public_key(),
        DEVICE_KEY,
        purpose=purpose,
        space="wittenberge",
        device="front-door",
    )[1]


def _large_list(cards: int, heads: int) -> AccessList:
    rng = random.Random(7)
    doors = [DoorRule(id=f"door-{number}") for number in range(4)]
    end = WALL_US + 200 * HOUR_US
    schedules = [
        [
            Window(begin, begin + HOUR_US - rng.randrange(4) * HOUR_US // 4)
            for begin in range(WALL_US + n * HOUR_US // 60, end, 2 * HOUR_US)
        ]
        for n in range(50)
    ]
    assert all(len(windows) == 100 for windows in schedules)
    return AccessList(
        lookup_key=rng.randbytes(32),
        doors=doors,
        schedules=schedules,
        credentials=[
            Credential(
                rng.randbytes(32),
                rng.choice(["desfire", "ntag424"]),
                rng.choice([0, 2, 4, 6, 8]),
                rng.randbytes(16),
                rng.randbytes(16),
                [Right(door, rng.randrange(50)) for door in range(rng.randint(1, 4))],
            )
            for _ in range(cards)
        ],
        heads=[
            ChainHead(chain=f"space-{n}/door", length=n, head=rng.randbytes(32).hex()) for n in range(heads)
        ],
    )


@pytest.mark.parametrize(("cards", "heads"), [(2_000, 1), (MAX_CREDENTIALS, 256)])
def test_two_thousand_cards_with_fifty_schedules_of_a_hundred_windows_fit_into_a_sealed_list(
    cards: int, heads: int
) -> None:
    body = _large_list(cards, heads)
    assert decode_access_list(_unsealed("access", _sealed("access", body))) == body


def test_the_largest_command_fits_into_its_channel() -> None:
    rng = random.Random(8)

    def keys() -> CardKeys:
        return CardKeys(picc=rng.randbytes(16), keys=[rng.randbytes(16) for _ in range(14)])

    body = WriteCard(
        command="0" * 16,
        session="f" * 16,
        reader="r" * 40,
        wait_s=600,
        uid=rng.randbytes(7),
        kind="desfire",
        credential_id=rng.randbytes(16),
        new=keys(),
        old=[keys() for _ in range(8)],
    )
    assert decode_command(_unsealed("command", _sealed("command", body))) == body
