"""The demonstration's doors: keys, trusted devices, members with cards, and a host and a member who can sign in.

Everything is made as an operator makes it, by the same services; only the reader that the cards lie on is invented.
"""

import hashlib
import secrets
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from hub.access_ports import Account
from hub.config import HubSettings
from hub.custody import device_trusts
from hub.desks import accounts, member_desk
from hub.domain.cards import CardKind
from hub.domain.people import AccessHours, Actor, Member, Membership, Role
from hub.domain.space import Space
from hub.domain.time import local_date
from hub.key_file import create_keys, load_keys
from hub.keys import Keys
from hub.passwords import hash_password
from hub.services.local_cards import LocalCards
from hub.storage.access_unit import SqlUnits
from hub.storage.local_cards import LocalCardRows
from hub.storage.unit_of_work import UnitFactory
from wire.card_keys import CREDENTIAL_ID_BYTES
from wire.trust import DeviceTrust, write_trust

HOST_MAIL: Final = "host@demo.example"
"""Of the first space with doors; the hosts of another one have an account of their own, `host_mail`."""
MEMBER_MAIL: Final = "jo@demo.example"
PASSWORD: Final = "ankerort-demo"  # noqa: S105 - of a demonstration that listens on loopback only
"""Of all accounts; the demo says so when it starts."""

NAMES: Final = (
    "Jo Albers", "Mia Brandt", "Cem Demir", "Nele Evers", "Ole Franke", "Ida Groth", "Tom Hansen", "Lea Ihde",
    "Max Jansen", "Pia Krüger", "Ben Lorenz", "Zoë Maaß",
)  # fmt: skip
"""The members of each space; the first one hosts it. More people than that come, and stay outside."""

_DEMO: Final = Actor(None, "demo")


def set_up_doors(settings: HubSettings, database: UnitFactory, spaces: Sequence[Space], now_us: int) -> None:
    """Make keys, members, cards and accounts, unless a kept folder has them already.

    Args:
        settings: with files for the keys.
        spaces: whose doors they are.
        now_us: from when on memberships hold.
    """
    if settings.keys.file.exists():
        return
    create_keys(settings.keys.file, Keys.new())
    keys = load_keys(settings.keys.file)
    locked = [space for space in spaces if any(door.device for door in space.doors)]
    first_member: int | None = None
    for space in locked:
        reader = _InventedReader(space.id)
        cards = LocalCards(
            SqlUnits(database.engine, LocalCardRows),
            keys,
            reader,
            new_id=lambda: secrets.token_bytes(CREDENTIAL_ID_BYTES),
        )
        for number, name in enumerate(NAMES):
            is_host = number == 0
            since = local_date(now_us, space.time_zone)
            hours = AccessHours.ALWAYS
            right = Membership(space.id, hours, since, is_host=is_host, works_offline=is_host)
            member = member_desk(database).save_member(Member(0, name, memberships=(right,)), _DEMO, now_us)
            first_member = first_member or member
            card, _ = cards.enrol(space.id, f"Karte {number + 1}", member, _DEMO, now_us)
            cards.personalise(card, _DEMO, now_us)
    password = hash_password(PASSWORD)
    # Each space of the demo has a controller of its own, and nobody sees the persons of two.
    hosts = [(host_mail(space.id), "Hanna Host", Role.MANAGER, space.id, None) for space in locked[1:]]
    for mail, name, role, scope, of in (
        *((HOST_MAIL, "Hanna Host", Role.MANAGER, space.id, None) for space in locked[:1]),
        *hosts,
        (MEMBER_MAIL, NAMES[0], Role.MEMBER, "", first_member),
    ):
        roles = frozenset({(role, scope)})
        account = Account(0, mail, name, "", password, is_active=True, member=of, roles=roles)
        accounts(database).save(account, _DEMO, now_us)


def host_mail(space: str) -> str:
    """Return the address with which the host of a space signs in, but for the first one."""
    return f"host-{space}@demo.example"


def trust_device(
    settings: HubSettings, database: UnitFactory, space: str, device: str, file: Path, now_us: int
) -> None:
    """Trust a device and write its file, unless a kept folder has it already."""
    if file.exists():
        return
    keys = load_keys(settings.keys.file)
    secret = X25519PrivateKey.generate()
    device_trusts(database).add(space, device, secret.public_key().public_bytes_raw(), now_us)
    file.touch(0o600)
    file.write_bytes(write_trust(DeviceTrust(space, device, secret, keys.verify_key, keys.sealing_key)))


class _InventedReader:
    """A reader on which the cards of a space lie, one after the other (`device.fleet.invent_uid` has their rule)."""

    def __init__(self, space: str) -> None:
        self._space, self._next = space, 0

    def read(self, _wait_s: int) -> tuple[CardKind, bytes]:
        """Return kind and number of the next card."""
        told = f"ankerort-demo/{self._space}/{self._next}"
        self._next += 1
        return CardKind.DESFIRE, b"\x04" + hashlib.sha256(told.encode()).digest()[:6]

    def write(self, *_card: object) -> str:
        """Write nothing: a card that is not there needs no keys on it."""
        return ""
