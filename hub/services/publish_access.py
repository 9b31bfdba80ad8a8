"""Compiles, stores and publishes access lists; what was stored is published, whatever crashes in between.

The ledger is written first, then the database, then the broker: a card that was blocked at a door stays blocked though
an older backup of the database comes back.
"""

import hashlib
import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
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
from hub.domain.errors import StoreUnavailable
from hub.domain.public_holidays import public_holidays
from hub.domain.space_rights import space_rights
from hub.domain.time import Interval

_log = logging.getLogger(__name__)

DAY_US: Final = 86_400_000_000
VALID_US: Final = DAYS * DAY_US
STILL_GOOD_US: Final = VALID_US - DAY_US
"""A list that says the same is published again only when it is valid for less."""

RETRY_US: Final = 30_000_000
"""After a list that can't be made; each further time twice as long, up to the longest. A change of rights is tried at
once."""
MAX_RETRY_US: Final = 240_000_000

BookingsOf = Callable[[str, Interval], Sequence[Booked]]
"""Gives the bookings of a space within a stretch of time."""

_WORDS: Final = {CardState.BLOCKED: "blocked", CardState.RETIRED: "retired"}


def no_bookings(_space: str, _time: Interval) -> Sequence[Booked]:
    """Return none."""
    return ()


@dataclass(frozen=True, slots=True)
class _Failure:
    """A device whose list could not be made.

    Args:
        why: as it was told.
        wanted: of the rights that were tried.
        wait_us: the last wait.
    """

    why: str
    wanted: int
    wait_us: int
    next_us: int


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
        self._failures: dict[int, _Failure] = {}  # by key of the device

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
            wanted = [one for one in devices if not one.is_gone and self._is_time(one, now_us)]
            if wanted:
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
            try:
                look = self._lists.look(space, now_us)
                if look is not None:
                    self._reconcile(look, now_us)
            except StoreUnavailable:
                raise
            except Exception:  # noqa: BLE001 - the other spaces' doors must not wait; its own lists are refused next
                _log.exception(
                    "space %s: its cards can't be compared with the ledger of blocked cards", space
                )

    def _publish(self, sealing: Sealing, space: str, due: Sequence[Due], now_us: int) -> int:
        """Make the lists of one space; what can't be made keeps neither another space nor another device waiting."""
        try:
            look = self._lists.look(space, now_us)
            if look is not None and self._reconcile(look, now_us):
                look = self._lists.look(space, now_us)
            if look is None:
                for one in due:
                    self._lists.note_same(one.device_pk, one.wanted)
                return 0
            compiled = self._compile(look, now_us)
        except StoreUnavailable:
            raise
        except Exception as error:  # noqa: BLE001 - whatever is stored, other spaces have doors, too
            self._note_failure(due, error, now_us)
            return 0
        return sum(self._make(sealing, look, one, compiled, now_us) for one in due)

    def _compile(self, look: SpaceLook, now_us: int) -> dict[str, Rights]:
        days = horizon(look.space, now_us)
        holidays = public_holidays(look.land, {day.year for day in days}, catholic=look.catholic)
        booked = self._bookings(look.space.id, Interval(now_us, now_us + VALID_US))
        return space_rights(
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

    def _make(
        self, sealing: Sealing, look: SpaceLook, due: Due, compiled: Mapping[str, Rights], now_us: int
    ) -> bool:
        device = look.devices.get(due.device)
        if device is None:
            return False  # revoked between two looks: it is due again as one that is gone
        try:
            rights = compiled.get(due.device, Rights(look.rules))
            digest = _digest(rights, look.cards, device)
            is_published = False
            if digest == device.digest and device.valid_until_us - now_us >= STILL_GOOD_US:
                self._lists.note_same(device.pk, device.wanted)
            else:
                is_published = self._seal(sealing, look, device, rights, digest, now_us)
        except StoreUnavailable:
            raise
        except Exception as error:  # noqa: BLE001 - as above, of a device
            self._note_failure([due], error, now_us)
            return False
        if self._failures.pop(due.device_pk, None) is not None:
            _log.info("device %s/%s: its access list can be made again", due.space, due.device)
        return is_published

    def _is_time(self, due: Due, now_us: int) -> bool:
        failed = self._failures.get(due.device_pk)
        # A clock that was set back must not make it wait for as long.
        return (
            failed is None
            or due.wanted != failed.wanted
            or not failed.next_us - failed.wait_us <= now_us < failed.next_us
        )

    def _note_failure(self, due: Sequence[Due], error: Exception, now_us: int) -> None:
        """Wait longer and longer with these devices, and say why: once, not each time."""
        why, is_new = f"{type(error).__name__}: {error}", False
        for one in due:
            before = self._failures.get(one.device_pk)
            is_new |= before is None or before.why != why
            wait_us = RETRY_US if before is None else min(before.wait_us * 2, MAX_RETRY_US)
            self._failures[one.device_pk] = _Failure(why, one.wanted, wait_us, now_us + wait_us)
        if is_new:
            _log.error(
                "space %s: no access list can be made for %s, whose doors go on with the last one (%s): put right "
                "what is named, in the members, cards or site file of this space; it is tried again by itself",
                due[0].space,
                ", ".join(one.device for one in due),
                why,
                # Of what was foreseen, the text says all.
                exc_info=None if isinstance(error, CustodyBroken | ValueError) else error,
            )

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
