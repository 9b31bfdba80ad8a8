"""Compiles, stores and publishes access lists; what was stored is published, whatever crashes in between.

The ledger is written first, then the database, then the broker: a card that was blocked at a door stays blocked though
an older backup of the database comes back.
"""

import hashlib
import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import groupby
from typing import Final

from hub.custody_ports import (
    AccessLists,
    Compiled,
    CustodyBroken,
    DeviceMail,
    Due,
    Ledger,
    LedgerWord,
    ListDates,
    ListedDevice,
    SealedCard,
    Sealing,
    SpaceLook,
)
from hub.domain.access import DAYS, Booked, CardFacts, Rights, horizon
from hub.domain.cards import CardState
from hub.domain.public_holidays import public_holidays
from hub.domain.space_rights import space_rights
from hub.domain.time import Interval

_log = logging.getLogger(__name__)

DAY_US: Final = 86_400_000_000
VALID_US: Final = DAYS * DAY_US
STILL_GOOD_US: Final = VALID_US - DAY_US
"""A list that says the same is published again only when it is valid for less."""

RETRY_US: Final = 30_000_000
"""After a list that can't be made."""

BookingsOf = Callable[[str, Interval], Sequence[Booked]]
"""Gives the bookings of a space within a stretch of time."""

_WORDS: Final = {CardState.BLOCKED: "blocked", CardState.RETIRED: "retired"}


def no_bookings(_space: str, _time: Interval) -> Sequence[Booked]:
    """Return none."""
    return ()


class PublishAccess:
    """Makes lists and publishes them.

    Args:
        lists: how far they are.
        ledger: blocked cards, outside the database.
        mail: to the devices.
        bookings: what members have booked.
    """

    def __init__(
        self, lists: AccessLists, ledger: Ledger, mail: DeviceMail, bookings: BookingsOf = no_bookings
    ) -> None:
        self._lists, self._ledger, self._mail, self._bookings = lists, ledger, mail, bookings
        self._not_before_us: dict[str, int] = {}

    def run(self, sealing: Sealing, now_us: int, *, with_stale: bool) -> int:
        """Publish what is due; return how many lists were.

        Args:
            sealing: made with the hub's keys.
            with_stale: whether to look for lists that are older than a day, too.

        Raises:
            StoreUnavailable: when the database can't be used now; what was not stored is due again.
        """
        due = self._lists.due(max(now_us - DAY_US, 0) if with_stale else None)
        published = 0
        for space, group in groupby(due, key=lambda one: one.space):
            devices = list(group)
            for gone in [one for one in devices if one.is_gone]:
                self._mail.access(gone.space, gone.device, b"")
                self._lists.take_away(gone.device_pk, gone.wanted)
            wanted = [one for one in devices if not one.is_gone]
            if wanted and self._not_before_us.get(space, 0) <= now_us:
                published += self._publish(sealing, space, wanted, now_us)
        return published

    def publish_again(self) -> int:
        """Publish the stored lists that devices have not confirmed: the broker may have lost or never had them."""
        number = 0
        for space, device, payload in self._lists.unconfirmed():
            self._mail.access(space, device, payload)
            number += bool(payload)
        return number

    def reconcile_all(self, now_us: int) -> None:
        """Compare all cards with the ledger: after a restore, before any list is made."""
        for space in self._lists.spaces():
            look = self._lists.look(space, now_us)
            if look is not None:
                self._reconcile(look, now_us)

    def _publish(self, sealing: Sealing, space: str, due: Sequence[Due], now_us: int) -> int:
        try:
            look = self._lists.look(space, now_us)
            if look is not None and self._reconcile(look, now_us):
                look = self._lists.look(space, now_us)
            if look is None:
                for one in due:
                    self._lists.note_same(one.device_pk, one.wanted)
                return 0
            return self._make(sealing, look, due, now_us)
        except (CustodyBroken, ValueError) as error:
            # One space must not keep the others waiting, nor be tried four times a second.
            self._not_before_us[space] = now_us + RETRY_US
            _log.error(
                "space %s: no access list can be made, its doors go on with the last one: %s", space, error
            )
            return 0

    def _make(self, sealing: Sealing, look: SpaceLook, due: Iterable[Due], now_us: int) -> int:
        days = horizon(look.space, now_us)
        holidays = public_holidays(look.land, {day.year for day in days}, catholic=look.catholic)
        booked = self._bookings(look.space.id, Interval(now_us, now_us + VALID_US))
        compiled = space_rights(
            look.space,
            look.rules,
            look.members,
            look.states,
            holidays,
            now_us,
            bookings=booked,
            admission=look.admission,
            passes=look.passes,
        )
        published = 0
        for one in due:
            device = look.devices.get(one.device)
            if device is None:
                continue  # revoked between two looks: it is due again as one that is gone
            rights = compiled.get(one.device, Rights(look.rules))
            digest = _digest(rights, look.cards, device)
            if digest == device.digest and device.valid_until_us - now_us >= STILL_GOOD_US:
                self._lists.note_same(device.pk, device.wanted)
                continue
            published += self._seal(sealing, look, device, rights, digest, now_us)
        return published

    def _seal(
        self,
        sealing: Sealing,
        look: SpaceLook,
        device: ListedDevice,
        rights: Rights,
        digest: bytes,
        now_us: int,
    ) -> bool:
        dates = ListDates(next_version(device), now_us, now_us + VALID_US)
        sealed = sealing.access_list(device.to, rights, look.cards, look.heads, dates)
        if not self._lists.store(Compiled(device, dates, digest, sealed)):
            return False
        self._mail.access(device.to.space, device.to.device, sealed.payload)
        _log.info(
            "access list %d of %s/%s: %d cards",
            dates.version,
            device.to.space,
            device.to.device,
            len(rights.cards),
        )
        return True

    def _reconcile(self, look: SpaceLook, now_us: int) -> bool:
        """Bring ledger and cards together; say whether cards were changed."""
        space, told = look.space.id, self._told()
        words: list[LedgerWord] = []
        again: dict[int, LedgerWord] = {}
        for card in look.states:
            tag = look.cards[card.pk].uid_tag.hex()
            word = told.get((space, tag))
            if word is not None and is_older(card, word):
                again[card.pk] = word
            elif (what := _says(card, word)) is not None:
                words.append(LedgerWord(space, tag, what, card.changed_us))
        if words:
            try:
                self._ledger.append(words)
            except OSError as error:
                # A block must reach the door, whatever becomes of the ledger; the next look tries again.
                _log.critical(
                    "the ledger of blocked cards can't be written (%s): free space on its disk", error
                )
        if again:
            _log.warning(
                "space %s: %d cards are blocked or retired in the ledger and were not in the database: is it a backup?",
                space,
                len(again),
            )
            self._lists.block_again(space, again, now_us)
        return bool(again)

    def _told(self) -> Mapping[tuple[str, str], LedgerWord]:
        try:
            return self._ledger.words()
        except OSError as error:
            _log.critical(
                "the ledger of blocked cards can't be read (%s): check the file and its owner", error
            )
            return {}


def next_version(device: ListedDevice) -> int:
    """Return the version of a device's next list: above what is stored and what it has (a hub may be restored)."""
    return max(device.version, device.applied) + 1


def is_older(card: CardFacts, word: LedgerWord) -> bool:
    """Say whether the database has a card as it was before the ledger's word on it."""
    state = {"blocked": CardState.BLOCKED, "retired": CardState.RETIRED}.get(word.what)
    return state is not None and card.state is not state and card.changed_us < word.changed_us


def _says(card: CardFacts, word: LedgerWord | None) -> str | None:
    """Return what the ledger must be told of a card; None when it says so already."""
    what = _WORDS.get(card.state)
    if what is None:
        return "unblocked" if word is not None and word.what != "unblocked" else None
    return what if word is None or word.what != what else None


def _digest(rights: Rights, cards: Mapping[int, SealedCard], device: ListedDevice) -> bytes:
    """Return the same bytes for a list that says the same: rights, keys on the cards, and whom it is sealed to."""
    keys = [(card.pk, cards[card.pk].generation, cards[card.pk].sealed_id) for card in rights.cards]
    return hashlib.sha256(rights.digest() + repr((keys, device.to)).encode("utf-8")).digest()
