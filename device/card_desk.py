"""What is done with a card on a reader: told apart and tested for a door, or read or written for the hub.

Readers ask here from their threads, the loop gives orders and lists. A card's UID lives in local variables, and leaves
them only as a look-up value or sealed to the hub.
"""

import secrets
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from device.cards.apdu import Transmit
from device.cards.errors import CannotPersonalise, CardError, CardUnusable, TooSlow
from device.cards.identify import KnownCard, identify
from device.cards.personalise import Generation, Order, personalise
from device.cards.uid import read_uid
from device.cards.version import kind_of
from device.core.inputs import CardOffer, CardPresented, CardRefused, Input, WaitEnded, WriteEnded
from wire.access import BLOCKED, LOOKUP_BYTES, AccessList, Cancel, CardKeys, Credential, ReadCard, WriteCard
from wire.card_keys import lookup
from wire.signing import seal_offer
from wire.trust import DeviceTrust

_WHY_NOT: Final = {"wrong_card": "another_card", "foreign": "foreign"}


@dataclass(frozen=True, slots=True)
class _Cards:
    """The cards of one access list, or none."""

    lookup_key: bytes
    by_lookup: Mapping[bytes, Credential]
    round_trips_s: Mapping[str, float]


@dataclass(slots=True)
class _Armed:
    """An order at a reader; `busy` while a card is being written for it."""

    order: ReadCard | WriteCard
    until_s: float
    busy: bool = False


class Desk:
    """The `device.ports.CardDesk` of one device; safe from any thread.

    Args:
        reader_doors: reader to its door, for those at a door.
        key: look-up key until a list brings one; None for one that nobody else knows: the device has no list then, so
            its doors let nobody in, and cards at desks have other names after each restart.
        trust: the hub's sealing key is in it; None for a device that the hub gives no orders.
        clock: seconds, rising.
    """

    def __init__(
        self,
        reader_doors: Mapping[str, str],
        key: bytes | None,
        trust: DeviceTrust | None,
        *,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._reader_doors = reader_doors
        self._trust = trust
        self._clock = clock
        self._lock = threading.Lock()
        self._cards = _Cards(key or secrets.token_bytes(LOOKUP_BYTES), {}, {})
        self._armed: dict[str, _Armed] = {}

    # -- the loop -------------------------------------------------------------------------------------------------

    def learn(self, body: AccessList) -> None:
        """Tell cards by a list from now on."""
        bounds_ms = {rule.id: rule.round_trip_ms for rule in body.doors if rule.round_trip_ms}
        self._cards = _Cards(
            body.lookup_key,
            {credential.lookup: credential for credential in body.credentials},
            {
                reader: bounds_ms[door] / 1000
                for reader, door in self._reader_doors.items()
                if door in bounds_ms
            },
        )

    def use(self, order: ReadCard | WriteCard | Cancel) -> list[Input]:
        """Let a reader do something else, or go back to its work; return what is to be told of the order before it."""
        with self._lock:
            before = self._armed.get(order.reader)
            if before is not None and before.busy:
                # A card that is half written is finished first; its end is told by who writes it.
                if isinstance(order, Cancel):
                    return []
                return [WaitEnded(order.reader, order.command, "cancelled")]
            self._armed.pop(order.reader, None)
            if not isinstance(order, Cancel):
                self._armed[order.reader] = _Armed(order, self._clock() + order.wait_s)
        return [] if before is None else [WaitEnded(order.reader, before.order.command, "cancelled")]

    @property
    def due_s(self) -> float | None:
        """When `expired` has something to tell, on the clock; None when nobody waits."""
        with self._lock:
            return min((one.until_s for one in self._armed.values() if not one.busy), default=None)

    def expired(self) -> list[Input]:
        """Return what is to be told of orders whose time is over."""
        now_s = self._clock()
        with self._lock:
            over = [reader for reader, one in self._armed.items() if one.until_s <= now_s and not one.busy]
            return [
                WaitEnded(reader, self._armed.pop(reader).order.command, "nobody_came") for reader in over
            ]

    # -- a reader's thread ----------------------------------------------------------------------------------------

    def waiting(self, reader: str) -> str:
        """Return the id of the order that waits for a card at a reader, or an empty text."""
        armed = self._armed.get(reader)
        return "" if armed is None else armed.order.command

    def serve(self, reader: str, transmit: Transmit) -> Input | None:
        """Do with the card on a reader what is to be done; what `transmit` raises passes through."""
        with self._lock:
            armed = self._armed.get(reader)
            if armed is not None:
                armed.busy = True
        try:
            if armed is None:
                return self._identify(reader, transmit)
            if isinstance(armed.order, ReadCard):
                return self._offer(armed.order, transmit)
            return self._write(armed.order, transmit)
        except CardUnusable as unusable:
            return CardRefused(reader, unusable.reason)
        finally:
            # A reading that failed, or a reader that is tried again, waits on.
            if armed is not None:
                armed.busy = False

    def broken_off(self, reader: str) -> Input | None:
        """Take note that a card was gone before `serve` was done."""
        with self._lock:
            armed = self._armed.get(reader)
            if armed is None or isinstance(armed.order, ReadCard):
                return None
            del self._armed[reader]
        return WriteEnded(reader, armed.order.command, done=False, reason="removed")

    def play(self, reader: str, uid: bytes) -> Input:
        """Do as with a card that needs no reader, for simulations: one of the list proves whatever it must."""
        with self._lock:
            armed = self._armed.get(reader)
        if armed is not None:
            if isinstance(armed.order, ReadCard):
                self._done(reader)
                return self._sealed(armed.order, uid, "desfire")
            self._done(reader)
            is_it = armed.order.uid == uid
            return WriteEnded(reader, armed.order.command, done=is_it, reason="" if is_it else "another_card")
        cards = self._cards
        credential = lookup(cards.lookup_key, uid)
        known = cards.by_lookup.get(bytes.fromhex(credential.digits))
        proven = known is not None and known.kind != "uid" and not known.flags & BLOCKED
        return CardPresented(reader, credential, proven)

    def wanted(self, reader: str) -> bytes:
        """Return the UID of the only card that an order at a reader means, or nothing; for simulations."""
        armed = self._armed.get(reader)
        return armed.order.uid if armed is not None and isinstance(armed.order, WriteCard) else b""

    # -- inside ---------------------------------------------------------------------------------------------------

    def _identify(self, reader: str, transmit: Transmit) -> Input:
        cards = self._cards
        try:
            found = identify(
                transmit,
                lambda uid: _find(cards, uid),
                lookup_key=cards.lookup_key,
                clock=self._clock,
                max_round_trip_s=cards.round_trips_s.get(reader),
            )
        except CardUnusable:
            raise
        except CardError as error:
            reason = "too_slow" if isinstance(error, TooSlow) else "not_authentic"
            return CardRefused(reader, reason, error.credential)
        return CardPresented(reader, found.credential, found.kind != "uid" and not found.blocked)

    def _offer(self, order: ReadCard, transmit: Transmit) -> Input:
        uid = read_uid(transmit)
        return self._sealed(order, uid, kind_of(transmit))

    def _sealed(self, order: ReadCard, uid: bytes, kind: str) -> Input:
        trust = self._trust
        assert trust is not None, "without trust no command gets here"
        self._done(order.reader)
        sealed = seal_offer(uid, order.command, trust.space, trust.device, trust.hub_sealing_key)
        return CardOffer(order.reader, order.command, kind, sealed)  # type: ignore[arg-type]

    def _write(self, order: WriteCard, transmit: Transmit) -> Input:
        reason = write_card(order, transmit)
        self._done(order.reader)
        return WriteEnded(order.reader, order.command, done=not reason, reason=reason)

    def _done(self, reader: str) -> None:
        with self._lock:
            self._armed.pop(reader, None)


def write_card(order: WriteCard, transmit: Transmit) -> str:
    """Personalise the card on a reader; return why that failed, in the words of `CardPersonalised`, or nothing.

    What `transmit` raises passes through: the card is gone, or the reader.

    Raises:
        CardUnusable: when it is no card that could be meant: the order stands.
    """
    try:
        personalise(
            transmit,
            Order(
                order.uid,
                order.kind,
                order.credential_id,
                _generation(order.new),
                tuple(_generation(old) for old in order.old),
            ),
        )
    except CardUnusable:
        raise
    except CannotPersonalise as error:
        return _WHY_NOT.get(error.reason, "refused")
    except (CardError, ValueError):
        # ValueError: keys that do not fit the kind. Its text is not logged, nor are those of cards.
        return "refused"
    return ""


def _generation(keys: CardKeys) -> Generation:
    return Generation(dict(enumerate(keys.keys)), keys.picc or None)


def _find(cards: _Cards, uid: bytes) -> KnownCard | None:
    credential = lookup(cards.lookup_key, uid)
    entry = cards.by_lookup.get(bytes.fromhex(credential.digits))
    if entry is None:
        return None
    return KnownCard(
        credential, entry.kind, entry.key or None, entry.proof or None, bool(entry.flags & BLOCKED)
    )
