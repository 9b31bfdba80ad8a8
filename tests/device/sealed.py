"""A hub's hand for tests: keys of one device and its hub, lists and commands as the hub would seal them."""

import time
from collections.abc import Sequence
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from wire.access import AccessList, Command, Credential, DoorRule, Right, Window, encode_body
from wire.card_keys import lookup
from wire.codec import encode
from wire.signing import Purpose, SealedHeader, seal
from wire.trust import DeviceTrust, write_trust

SPACE, DEVICE, DOOR = "town", "door", "front"
HOUR_US = 3_600_000_000
LOOKUP_KEY = bytes(range(32))
ALWAYS = [Window(0, 4_000_000_000_000_000)]

SIGNING, SEALING, OWN = Ed25519PrivateKey.generate(), X25519PrivateKey.generate(), X25519PrivateKey.generate()
TRUST = DeviceTrust(SPACE, DEVICE, OWN, SIGNING.public_key(), SEALING.public_key())


def now_us() -> int:
    """The wall clock."""
    return time.time_ns() // 1000


def write_trust_file(folder: Path) -> Path:
    """Write the device's trust as the hub does."""
    file = folder / "trust.json"
    file.write_bytes(write_trust(TRUST))
    file.chmod(0o600)
    return file


def credential(uid: bytes, **more: object) -> Credential:
    """A card by its UID, with a right at the only door at any time."""
    values: dict[str, object] = {"kind": "uid", "flags": 0, "key": b"", "proof": b"", "rights": [Right(0, 0)]}
    return Credential(lookup=bytes.fromhex(lookup(LOOKUP_KEY, uid).digits), **values | more)  # type: ignore[arg-type]


def access_list(*credentials: Credential, **rule: object) -> AccessList:
    """A list for the only door, where cards without a key open it too."""
    values: dict[str, object] = {"id": DOOR, "uid_cards": True} | rule
    return AccessList(
        lookup_key=LOOKUP_KEY,
        doors=[DoorRule(**values)],  # type: ignore[arg-type]
        schedules=[ALWAYS],
        credentials=list(credentials),
    )


def sealed_list(
    version: int,
    body: AccessList | None = None,
    *,
    valid_us: int = 14 * 24 * HOUR_US,
    issued_us: int | None = None,
) -> bytes:
    """A list as it comes."""
    issued = now_us() if issued_us is None else issued_us
    return sealed("access", version, encode_body(body or access_list()), issued, issued + valid_us)


def sealed_command(command: Command, number: int, *, valid_us: int = 10_000_000, ago_us: int = 0) -> bytes:
    """A command as it comes."""
    issued = now_us() - ago_us
    return sealed("command", number, encode_body(command), issued, issued + valid_us)


def sealed(
    purpose: Purpose,
    version: int,
    body: bytes,
    issued_us: int,
    until_us: int,
    *,
    device: str = DEVICE,
    signing: Ed25519PrivateKey = SIGNING,
    recipient: X25519PrivateKey = OWN,
) -> bytes:
    """Anything that a hub might seal."""
    header = SealedHeader(
        purpose=purpose,
        space=SPACE,
        device=device,
        version=version,
        issued_us=issued_us,
        valid_until_us=until_us,
    )
    return encode(seal(header, body, signing, recipient.public_key()))


def many_cards(count: int, schedules: int = 1) -> Sequence[Credential]:
    """Cards with keys."""
    return [
        credential(
            number.to_bytes(7, "big"),
            kind="desfire",
            key=number.to_bytes(16, "big"),
            proof=number.to_bytes(16, "little"),
            rights=[Right(0, number % schedules)],
        )
        for number in range(count)
    ]
