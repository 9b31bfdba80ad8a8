"""Lists, commands and offers, made with the hub's keys: here the domain's words become the wire's.

A card's number, id and keys live in local variables only, for as long as one list or command takes.
"""

import logging
import secrets
from collections.abc import Iterable, Mapping, Sequence
from typing import Final, Literal, cast

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PublicKey

from hub.custody_ports import (
    AskedCommand,
    ChainHead,
    CommandDates,
    CustodyBroken,
    ListDates,
    OpenedOffer,
    Recipient,
    SealedCard,
    SealedList,
)
from hub.domain.access import CardFlag, CardRights, Rights, Windows
from hub.domain.cards import CardKind
from hub.domain.doors import CommandKind
from hub.keys import Keys, NotOurs
from wire import access, events, messages
from wire.card_keys import CREDENTIAL_ID_BYTES, UID_BYTES, lookup
from wire.codec import encode
from wire.errors import NotAuthentic
from wire.signing import Purpose, SealedHeader, open_offer, seal

_log = logging.getLogger(__name__)

FLAGS: Final[dict[CardFlag, int]] = {
    CardFlag.BLOCKED: access.BLOCKED,
    CardFlag.ALWAYS_WORKS: access.ALWAYS_WORKS,
    CardFlag.HOST: access.HOST,
    CardFlag.LONGER: access.LONGER,
}
"""The domain's flags as the wire's."""

MAX_HEADS: Final = 256

_UID_SIZES: Final = (4, 7, 10)
"""Of single, double and triple numbers (ISO/IEC 14443-3)."""
_RANDOM: Final = 0x08
"""First byte of a four-byte number that is another one each time (ISO/IEC 14443-3, table 8)."""


class Sealer:
    """Makes and opens what only the hub can.

    Args:
        keys: of the installation.
    """

    def __init__(self, keys: Keys) -> None:
        self._keys = keys

    @property
    def newest(self) -> int:
        """Generation of card keys that cards get when they are written."""
        return self._keys.newest

    def access_list(
        self,
        to: Recipient,
        rights: Rights,
        cards: Mapping[int, SealedCard],
        heads: Sequence[ChainHead],
        dates: ListDates,
    ) -> SealedList:
        """Return a list, signed and sealed.

        Raises:
            CustodyBroken: when no card opens.
            ValueError: when the list is more than the wire allows.
        """
        lookup_key = self._keys.lookup_key(to.space, to.device, to.generation)
        lookups: dict[str, int] = {}
        credentials: list[access.Credential] = []
        for card in rights.cards:
            try:
                made = self._credential(card, cards[card.pk], lookup_key)
            except NotOurs:
                _log.exception("card %d: left out of the list of %s/%s", card.pk, to.space, to.device)
                continue
            credentials.append(made)
            lookups[made.lookup.hex()] = card.pk
        if rights.cards and not credentials:
            raise CustodyBroken(
                f"none of {len(rights.cards)} cards opens with these keys: is it the right key file?"
            )
        body = access.AccessList(
            lookup_key=lookup_key,
            doors=_doors(rights),
            schedules=[_windows(schedule) for schedule in rights.schedules],
            credentials=credentials,
            heads=[
                messages.ChainHead(chain=head.chain, length=head.length, head=head.head.hex())
                for head in heads[:MAX_HEADS]
            ],
        )
        payload = self._seal("access", to, body, dates.version, dates.issued_us, dates.valid_until_us)
        return SealedList(payload, lookups)

    def command(self, to: Recipient, asked: AskedCommand, dates: CommandDates) -> bytes:
        """Return a command, signed and sealed.

        Raises:
            CustodyBroken: when the number or id of its card does not open.
            ValueError: when the command lacks what its kind needs.
        """
        body = self._command(asked, dates.wait_s)
        return self._seal("command", to, body, dates.number, dates.issued_us, dates.valid_until_us)

    def sign(self, data: bytes) -> bytes:
        """Return the hub's signature over what says by itself what it is."""
        return self._keys.sign(data)

    def new_id(self, uid_tag: bytes) -> bytes:
        """Return a new random credential id, sealed."""
        return self._keys.seal_id(secrets.token_bytes(CREDENTIAL_ID_BYTES), uid_tag)

    def open_offer(self, offer: str, kind: CardKind, command: str, space: str, device: str) -> OpenedOffer:
        """Open what a reader offered; whatever is wrong with it becomes its `problem`."""
        try:
            uid = open_offer(offer, command, space, device, self._keys.opening_key)
        except NotAuthentic as error:
            _log.warning("offer of %s/%s for command %s: %s", space, device, command, error)
            return OpenedOffer(b"", b"", "refused")
        if len(uid) == 4 and uid[0] == _RANDOM:
            return OpenedOffer(b"", b"", "random_id")
        if len(uid) not in (_UID_SIZES if kind is CardKind.UID else (UID_BYTES,)):
            return OpenedOffer(b"", b"", "refused")
        return OpenedOffer(self._keys.uid_tag(uid), self._keys.seal_uid(uid))

    # -- parts --------------------------------------------------------------------------------------------------------

    def _credential(self, card: CardRights, stored: SealedCard, lookup_key: bytes) -> access.Credential:
        uid = self._keys.open_uid(stored.sealed_uid)
        key = proof = b""
        if card.kind is not CardKind.UID and not card.flags & CardFlag.BLOCKED:
            credential_id = self._id(stored)
            try:
                key = self._keys.read_key(uid, card.kind.value, stored.generation)
            except KeyError:
                raise NotOurs(
                    f"a card has keys of generation {stored.generation}, which are not here"
                ) from None
            proof = bytes.fromhex(lookup(lookup_key, credential_id).digits)[: access.PROOF_BYTES]
        return access.Credential(
            lookup=bytes.fromhex(lookup(lookup_key, uid).digits),
            kind=card.kind.value,
            flags=sum(FLAGS[flag] for flag in FLAGS if flag & card.flags),
            key=key,
            proof=proof,
            rights=[access.Right(door, schedule) for door, schedule in card.rights],
        )

    def _id(self, card: SealedCard) -> bytes:
        if card.sealed_id is None:
            raise NotOurs("a card with keys has no id yet: it was never written")
        return self._keys.open_id(card.sealed_id, card.uid_tag)

    def _command(self, asked: AskedCommand, wait_s: int) -> access.Command:
        match asked.kind:
            case CommandKind.OPEN:
                return access.OpenDoor(
                    command=asked.id, session=asked.session, door=asked.door, called_s=asked.called_s
                )
            case CommandKind.MODE:
                mode = cast("events.DoorModeName", asked.mode)
                return access.SetMode(command=asked.id, session=asked.session, door=asked.door, mode=mode)
            case CommandKind.READ_CARD:
                return access.ReadCard(
                    command=asked.id, session=asked.session, reader=asked.reader, wait_s=wait_s
                )
            case CommandKind.CANCEL:
                return access.Cancel(command=asked.id, session=asked.session, reader=asked.reader)
            case CommandKind.WRITE_CARD:
                return self._write_card(asked, wait_s)

    def _write_card(self, asked: AskedCommand, wait_s: int) -> access.WriteCard:
        card = asked.card
        if card is None or card.kind is CardKind.UID:
            raise ValueError(f"command {asked.id} is to write a card that has no keys")
        try:
            uid, credential_id = self._keys.open_uid(card.sealed_uid), self._id(card)
        except NotOurs as error:
            raise CustodyBroken(f"card {card.pk}: {error}") from None
        kind = card.kind.value
        new, *old = (access.CardKeys(picc=picc, keys=keys) for picc, keys in self._generations(uid, kind))
        return access.WriteCard(
            command=asked.id,
            session=asked.session,
            reader=asked.reader,
            wait_s=wait_s,
            uid=uid,
            kind=cast("Literal['desfire', 'ntag424']", kind),
            credential_id=credential_id,
            new=new,
            old=old,
        )

    def _generations(self, uid: bytes, kind: str) -> Iterable[tuple[bytes, list[bytes]]]:
        """Give the keys of a card by all generations, newest first: a card may have any of them, or be half way."""
        return (self._keys.card_keys(uid, kind, number) for number in range(self._keys.newest, 0, -1))

    def _seal(
        self,
        purpose: Purpose,
        to: Recipient,
        body: access.AccessList | access.Command,
        version: int,
        issued_us: int,
        valid_until_us: int,
    ) -> bytes:
        header = SealedHeader(
            purpose=purpose,
            space=to.space,
            device=to.device,
            version=version,
            issued_us=issued_us,
            valid_until_us=valid_until_us,
        )
        recipient = X25519PublicKey.from_public_bytes(to.sealing_key)
        return encode(seal(header, access.encode_body(body), self._keys.signing_key, recipient))


def _doors(rights: Rights) -> list[access.DoorRule]:
    rules = rights.rules
    return [
        access.DoorRule(
            id=door.id,
            open_s=rules.open_s,
            longer_s=rules.longer_s,
            held_s=rules.held_s,
            uid_cards=rules.uid_cards,
            office=_windows(door.office),
            office_from_first=rules.office_from_first,
            lockdown_hosts=rules.lockdown_hosts,
            round_trip_ms=rules.round_trip_ms,
        )
        for door in rights.doors
    ]


def _windows(windows: Windows) -> list[access.Window]:
    return [access.Window(window.start_us, window.end_us) for window in windows]
