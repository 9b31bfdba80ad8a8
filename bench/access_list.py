"""(g) The decision at a door alone, and (h) a sealed access list made ready, both with 2,000 cards and 50 schedules.

The list comes from keys that are made here: no hub is needed to be a hub.
"""

import base64
import secrets
import time
import zlib
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from cryptography.hazmat.primitives.hpke import AEAD, KDF, KEM, Suite

from bench.world import percentile
from device.access_store import AccessStore
from device.cards.identify import proof_of
from device.core.access import AccessBook
from device.core.agent import Agent
from device.core.door_settings import DoorSettings, ReaderPlace
from device.core.effects import Effect, SetLock
from device.core.inputs import CardPresented, CardRemoved, ListArrived, Moment
from device.kept_state import KeptState
from wire.access import AccessList, Credential, DoorRule, Right, Window, decode_access_list, encode_body
from wire.card_keys import lookup
from wire.codec import encode
from wire.identifiers import CredentialId
from wire.messages import Sealed
from wire.signing import SEAL_DOMAIN, SIGNATURE_DOMAIN, SealedHeader, seal
from wire.trust import DeviceTrust, write_trust

SPACE, DEVICE, DOOR, READER = "bench", "pi-1", "door-1", "reader"
CARDS = 2_000
SCHEDULES = 50
WINDOWS = 100
DECISIONS = 20_000
ROUNDS = 20
TAP_US = 7_000_000
"""Between two cards of the decision's measurement: the lock holds again."""
HOUR_US = 3_600_000_000
DAY_US = 24 * HOUR_US


@dataclass(frozen=True, slots=True)
class KnownKey:
    """What a list says of a card that lies on a reader of the bench.

    Args:
        uid: of the card.
        read_key: its read key.
        credential_id: what it holds.
    """

    uid: bytes
    read_key: bytes
    credential_id: bytes


class SealedList:
    """Keys of a hub and of one device, and a full list from one to the other.

    Args:
        known: cards that may come at any time.
    """

    def __init__(self, *known: KnownKey) -> None:
        self._own, self._signing = X25519PrivateKey.generate(), Ed25519PrivateKey.generate()
        sealing = X25519PrivateKey.generate()
        self.trust = DeviceTrust(SPACE, DEVICE, self._own, self._signing.public_key(), sealing.public_key())
        self.lookup_key = secrets.token_bytes(32)
        issued_us = time.time_ns() // 1000
        self._header = SealedHeader(
            purpose="access",
            space=SPACE,
            device=DEVICE,
            version=1,
            issued_us=issued_us,
            valid_until_us=issued_us + 14 * DAY_US,
        )
        self.body = encode_body(self._content(known, issued_us))
        self.payload = encode(seal(self._header, self.body, self._signing, self._own.public_key()))

    def write(self, folder: Path) -> tuple[Path, Path]:
        """Write the device's trust file and the list as the agent keeps it; return both paths."""
        trust_file, list_file = folder / "trust.json", folder / "access.list"
        trust_file.write_bytes(write_trust(self.trust))
        trust_file.chmod(0o600)
        list_file.write_bytes(self.payload)
        return trust_file, list_file

    @property
    def arrived(self) -> ListArrived:
        """The list as the core gets it."""
        return ListArrived(
            self._header.version,
            self._header.issued_us,
            self._header.valid_until_us,
            decode_access_list(self.body),
        )

    def _content(self, known: tuple[KnownKey, ...], now_us: int) -> AccessList:
        always = [Window(now_us - DAY_US, now_us + 15 * DAY_US)]
        cards = [self._credential(card, Right(0, 0)) for card in known]
        for number in range(len(known), CARDS):
            card = KnownKey(
                b"\x04" + number.to_bytes(6, "big"), secrets.token_bytes(16), secrets.token_bytes(16)
            )
            cards.append(self._credential(card, Right(0, number % SCHEDULES)))
        return AccessList(
            lookup_key=self.lookup_key,
            doors=[DoorRule(id=DOOR, open_s=1)],
            schedules=[always, *(_days(now_us, number) for number in range(1, SCHEDULES))],
            credentials=cards,
        )

    def _credential(self, card: KnownKey, right: Right) -> Credential:
        return Credential(
            lookup=bytes.fromhex(lookup(self.lookup_key, card.uid).digits),
            kind="desfire",
            flags=0,
            key=card.read_key,
            proof=proof_of(self.lookup_key, card.credential_id),
            rights=[right],
        )


def _days(now_us: int, number: int) -> list[Window]:
    """Return ten hours of each day, beginning at another minute for each schedule."""
    first_us = now_us - DAY_US - number * HOUR_US // 4
    return [Window(first_us + day * DAY_US, first_us + day * DAY_US + 10 * HOUR_US) for day in range(WINDOWS)]


def measure() -> dict[str, dict[str, float]]:
    """Return times of the decision (milliseconds), and of the list beside its floor (seconds)."""
    sealed = SealedList()
    return {"decision": _decide(sealed), "list": _make_ready(sealed)}


def _decide(sealed: SealedList) -> dict[str, float]:
    """Let the core decide on a card after the other, with everything that it does beside."""
    arrived = sealed.arrived
    agent = Agent(
        {},
        [READER],
        "b0" * 8,
        "bench",
        0,
        doors={DOOR: DoorSettings(has_contact=False)},
        reader_doors={READER: ReaderPlace(DOOR)},
    )
    moment = Moment(1_000_000, arrived.issued_us, synced=True)
    agent.started(moment)
    agent.handle(arrived, moment)
    credentials = [CredentialId(card.lookup.hex()) for card in arrived.body.credentials]
    times_ms, granted = [], 0
    for number in range(DECISIONS):
        at_us = 1_000_000 + (number + 1) * TAP_US
        moment = Moment(at_us, arrived.issued_us + at_us, synced=True)
        # A step that shares no factor with the number of cards: all of them, and never neighbours.
        given = CardPresented(READER, credentials[number * 787 % CARDS], proven=True)
        begin = time.perf_counter_ns()
        effects, _ = agent.handle(given, moment)
        times_ms.append((time.perf_counter_ns() - begin) / 1e6)
        granted += _releases(effects)
        agent.handle(CardRemoved(READER), moment)
    if not 0 < granted < DECISIONS:
        raise SystemExit(f"{granted} of {DECISIONS} cards were let in: this is not what a list of hours does")
    return {
        "cards": CARDS,
        "decisions": DECISIONS,
        "granted": granted,
        "p50_ms": percentile(times_ms, 0.50),
        "p99_ms": percentile(times_ms, 0.99),
        "max_ms": max(times_ms),
    }


def _releases(effects: list[Effect]) -> bool:
    return any(isinstance(effect, SetLock) and effect.released for effect in effects)


def _make_ready(sealed: SealedList) -> dict[str, float]:
    """Compare the device's way from the file to the book with the bare steps on the same bytes, in turns."""
    ours, floors = [], []
    bare = _Bare(sealed)
    with TemporaryDirectory(prefix="ankerort-bench-") as folder:
        _, list_file = sealed.write(Path(folder))
        for _ in range(ROUNDS):
            begin = time.perf_counter()
            bare.run()
            floors.append(time.perf_counter() - begin)
            begin = time.perf_counter()
            arrived = AccessStore(list_file, KeptState(None), sealed.trust).load()
            if arrived is None:
                raise SystemExit("the list that was just made can't be read")
            AccessBook(arrived.version, arrived.valid_until_us, arrived.body)
            ours.append(time.perf_counter() - begin)
    return {
        "cards": CARDS,
        "schedules": SCHEDULES,
        "windows": SCHEDULES * WINDOWS,
        "bytes": len(sealed.payload),
        "ready_s": median(ours),
        "worst_s": max(ours),
        "floor_s": median(floors),
        "ratio_to_floor": median(mine / floor for mine, floor in zip(ours, floors, strict=True)),
    }


class _Bare:
    """The floor: Ed25519, HPKE, zlib and MessagePack on the bytes of a list, without a type or a check of ours."""

    def __init__(self, sealed: SealedList) -> None:
        fields: Sealed = msgspec.json.decode(sealed.payload, type=Sealed)
        self._header = fields.header.encode("ascii")
        self._body = base64.b64decode(fields.body)
        self._signature = base64.b64decode(fields.signature)
        lengths = len(self._header).to_bytes(8, "big") + len(self._body).to_bytes(8, "big")
        self._signed = SIGNATURE_DOMAIN + lengths + self._header + self._body
        self._trust = sealed.trust
        self._suite = Suite(KEM.X25519, KDF.HKDF_SHA256, AEAD.CHACHA20_POLY1305)

    def run(self) -> Any:
        """Do it once."""
        self._trust.hub_signing_key.verify(self._signature, self._signed)
        data = self._suite.decrypt(self._body, self._trust.secret_key, info=SEAL_DOMAIN + self._header)
        return msgspec.msgpack.decode(zlib.decompress(data))
