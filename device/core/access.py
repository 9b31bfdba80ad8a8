"""Whether a card opens a door, with a reason for every answer; pure, and quick however long the list is."""

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from device.core.door_mode import Mode
from device.core.trusted_time import Known
from wire.access import ALWAYS_WORKS, BLOCKED, HOST, LONGER, AccessList, Credential, DoorRule, Window
from wire.events import AccessReason
from wire.identifiers import CredentialId

_REFUSALS: Final[dict[str, AccessReason]] = {
    "not_authentic": "not_authentic",
    "too_slow": "too_slow",
}


def reason_of(refusal: str) -> AccessReason:
    """Return why a card opens nothing that could not be read or did not prove itself (`inputs.CardRefused`)."""
    return _REFUSALS.get(refusal, "card_unusable")


class Schedule:
    """Windows of absolute time, half-open: summer time and time zones were the hub's business.

    Args:
        windows: in any order; those that touch or overlap count as one.
    """

    __slots__ = ("_ends", "_starts")

    def __init__(self, windows: Sequence[Window]) -> None:
        self._starts: list[int] = []
        self._ends: list[int] = []
        for window in sorted(windows):
            if window.end_us <= window.start_us:
                continue
            if self._ends and window.start_us <= self._ends[-1]:
                self._ends[-1] = max(self._ends[-1], window.end_us)
            else:
                self._starts.append(window.start_us)
                self._ends.append(window.end_us)

    def end_of(self, at_us: int) -> int | None:
        """Return the end of the window that a time lies in, or None."""
        number = bisect_right(self._starts, at_us) - 1
        return self._ends[number] if number >= 0 and at_us < self._ends[number] else None


@dataclass(frozen=True, slots=True)
class _Entry:
    """A card as it is looked up.

    Args:
        doors: its schedules at each door where it has a right.
    """

    flags: int
    is_keyed: bool
    doors: dict[str, tuple[Schedule, ...]]


@dataclass(frozen=True, slots=True)
class Decision:
    """What became of a card.

    Args:
        longer: whether the door is to be released for the extended time.
    """

    reason: AccessReason
    longer: bool = False

    @property
    def granted(self) -> bool:
        """Whether it opens the door."""
        return self.reason == "granted"


class AccessBook:
    """An access list, ready to be looked up.

    Args:
        version: of the list.
        valid_until_us: from when on the list is dead.
        body: the list.
    """

    def __init__(self, version: int, valid_until_us: int, body: AccessList) -> None:
        self.version = version
        self.valid_until_us = valid_until_us
        self.heads = body.heads
        self._rules = {rule.id: rule for rule in body.doors}
        self._office = {rule.id: Schedule(rule.office) for rule in body.doors}
        schedules = [Schedule(windows) for windows in body.schedules]
        self._entries: dict[str, _Entry] = {}
        for card in body.credentials:
            lookup = card.lookup.hex()
            entry = _entry(card, body.doors, schedules)
            known = self._entries.get(lookup)
            # The hub lists a card once. Should it be there twice, what blocks it counts.
            if known is None or not known.flags & BLOCKED:
                self._entries[lookup] = entry

    def rule(self, door: str) -> DoorRule | None:
        """Return what holds for a door, if the list knows it."""
        return self._rules.get(door)

    def is_dead(self, time: Known) -> bool:
        """Say whether the list's time is over for sure."""
        return time.at_us >= self.valid_until_us

    def office_end_us(self, door: str, time: Known) -> int | None:
        """Return until when, in wall time, a door may be held open by mode office; None when it may not now."""
        schedule = self._office.get(door)
        if schedule is None or not time.trusted or self.is_dead(time):
            return None
        end_us = schedule.end_of(time.at_us)
        return None if end_us is None else min(end_us, self.valid_until_us)

    def decide(
        self, door: str, credential: CredentialId, *, proven: bool, time: Known, mode: Mode
    ) -> Decision:
        """Say whether a card opens a door now.

        Args:
            door: which door.
            credential: look-up value of the card.
            proven: whether it has shown that it holds the key and the id that the list has for it.
            time: what is known of the time.
            mode: of the door.
        """
        entry = self._entries.get(credential.digits)
        if entry is None:
            return Decision("unknown_card")
        if entry.flags & BLOCKED:
            return Decision("blocked")
        if entry.is_keyed and not proven:
            return Decision("not_authentic")
        schedules = entry.doors.get(door)
        if schedules is None:
            return Decision("wrong_door")
        rule = self._rules[door]
        if not entry.is_keyed and not rule.uid_cards:
            return Decision("uid_not_allowed")
        if mode is Mode.LOCKDOWN and not (entry.flags & HOST and rule.lockdown_hosts):
            return Decision("lockdown")
        return Decision(self._in_time(entry, schedules, time), longer=bool(entry.flags & LONGER))

    def _in_time(self, entry: _Entry, schedules: tuple[Schedule, ...], time: Known) -> AccessReason:
        """Judge the windows; where they can't be judged, a card that always works does without them."""
        always = bool(entry.flags & ALWAYS_WORKS)
        if self.is_dead(time):
            return "granted" if always else "list_expired"
        if time.trusted:
            ends = (schedule.end_of(time.at_us) for schedule in schedules)
            return "granted" if any(end is not None for end in ends) else "outside_window"
        holds = any((one.end_of(time.at_us) or 0) >= self.valid_until_us for one in schedules)
        return "granted" if always or holds else "time_not_trusted"


def decide(
    book: AccessBook | None, door: str, credential: CredentialId, *, proven: bool, time: Known, mode: Mode
) -> Decision:
    """Say whether a card opens a door, also where no list has come yet; see `AccessBook.decide`."""
    if book is None:
        return Decision("no_list")
    return book.decide(door, credential, proven=proven, time=time, mode=mode)


def _entry(card: Credential, doors: Sequence[DoorRule], schedules: Sequence[Schedule]) -> _Entry:
    rights: dict[str, tuple[Schedule, ...]] = {}
    for right in card.rights:
        door = doors[right.door].id
        rights[door] = (*rights.get(door, ()), schedules[right.schedule])
    return _Entry(card.flags, card.kind != "uid", rights)
