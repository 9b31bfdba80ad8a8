"""Which card opens which door when, worked out for each device of a space; pure, and without a card's number.

A device is told absolute windows: rules, opening hours, bookings and both changes of the clock are the hub's business
(DESIGN section 6). The windows reach from the local midnight before now to one after the list is dead: so they stay the
same all day, and a window that is open "always" holds to the list's end also for a device that knows no time.
"""

import hashlib
from collections.abc import Collection, Container, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from enum import IntFlag
from typing import Final, NamedTuple

from hub.domain.admission import EVERYONE, Admission
from hub.domain.cards import CardKind, CardState
from hub.domain.people import AccessHours, Member, Membership
from hub.domain.space import Space, SpaceAccess
from hub.domain.time import Interval, day_bounds, local_date, opening_of

DAYS: Final = 14
"""For how long a list is valid."""

MAX_CARDS: Final = 2_200
"""Cards in one list: the wire's limit. The latest blocked ones take the room that is left."""

MAX_DOORS: Final = 32
"""Doors of one device: the wire's limit."""

MAX_VERSION: Final = 2**53
"""Of lists: a device that claims to have more is not believed, or there would be no next one."""

Windows = tuple[Interval, ...]


@dataclass(frozen=True, slots=True)
class CardFacts:
    """A card of the space, as far as rights need it.

    Args:
        pk: key.
        active_until_us: of a spare card that was given for a while; it opens nothing from then on.
        changed_us: when its state changed last.
    """

    pk: int
    kind: CardKind
    state: CardState
    member: int | None
    active_until_us: int | None = None
    changed_us: int = 0


class Booked(NamedTuple):
    """A member's time in a space by a booking or a pass.

    Args:
        doors: ids of the only ones that open; none for every door.
        any_hours: whether it opens them outside the opening hours, too.
    """

    member: int
    doors: tuple[str, ...]
    time: Interval
    any_hours: bool = True


class Passes(NamedTuple):
    """What passes open in a space.

    Args:
        windows: by member; rising and apart.
        are_needed: whether doors stay shut for members without one, hosts excepted.
    """

    windows: Mapping[int, Windows] = {}
    are_needed: bool = False


NO_PASSES: Final = Passes()


class CardFlag(IntFlag):
    """What a list says of a card beside its rights; the names are the wire's."""

    NONE = 0
    BLOCKED = 1
    ALWAYS_WORKS = 2
    HOST = 4
    LONGER = 8


@dataclass(frozen=True, slots=True)
class DoorRights:
    """A door in a list."""

    id: str
    office: Windows


@dataclass(frozen=True, slots=True)
class CardRights:
    """A card in a list.

    Args:
        pk: its key.
        rights: (number of the door, number of the schedule) pairs.
    """

    pk: int
    kind: CardKind
    flags: CardFlag
    rights: tuple[tuple[int, int], ...] = ()


@dataclass(frozen=True, slots=True)
class Rights:
    """What one device is told.

    Args:
        doors: its doors, by id.
        schedules: windows that cards share; half-open, rising and apart.
        cards: by key.
    """

    rules: SpaceAccess
    doors: tuple[DoorRights, ...] = ()
    schedules: tuple[Windows, ...] = ()
    cards: tuple[CardRights, ...] = ()

    def digest(self) -> bytes:
        """Return the same 32 bytes for the same rights."""
        return hashlib.sha256(repr(self).encode("utf-8")).digest()


def horizon(space: Space, now_us: int, days: int = DAYS) -> tuple[date, ...]:
    """Return the local days that a list issued now must know: today, and all up to the one on which it is dead."""
    first = local_date(now_us, space.time_zone)
    return tuple(first + timedelta(days=ahead) for ahead in range(days + 2))


def compile_rights(  # noqa: PLR0913 - all that a list is made of
    space: Space,
    rules: SpaceAccess,
    members: Iterable[Member],
    cards: Iterable[CardFacts],
    holidays: Container[date],
    now_us: int,
    *,
    days: int = DAYS,
    bookings: Sequence[Booked] = (),
    admission: Admission = EVERYONE,
    passes: Passes = NO_PASSES,
) -> dict[str, Rights]:
    """Return by device id what each device of a space that has doors is told.

    A member's card stands in a device's list when it has any right at its doors within the days, or works offline; a
    blocked one stands there so that the log can name it.

    Args:
        members: who has a membership of this space; others count for nothing.
        cards: of this space.
        holidays: days on which the space keeps to no opening hours.
        now_us: when the list is issued; after the space's last day it has no card any more.
        days: for how long it is valid.
        bookings: of members, beside what their membership opens.
        admission: whom the space lets in on which days; a booking stands for itself.
        passes: of members, and whether doors need one.
    """
    week = horizon(space, now_us, days)
    whole = _of_life(space, week)
    if whole.start_us >= whole.end_us:
        # It has closed: the last list has nobody's card and no key, so that devices forget all that they had.
        cards = ()
    opening = joined(interval for day in week for interval in opening_of(space, day, holidays))
    memberships = {
        member.pk: (member, membership)
        for member in members
        for membership in member.memberships
        if membership.space == space.id
    }
    booked: dict[int, list[Booked]] = {}
    for booking in bookings:
        booked.setdefault(booking.member, []).append(booking)
    maker = _Maker(space, week, whole, opening, memberships, booked, admission, passes)
    all_cards = sorted(cards, key=lambda card: card.pk)
    office = opening if rules.office_hours else ()
    devices = sorted({door.device for door in space.doors if door.device})
    return {device: maker.rights(device, rules, office, all_cards, now_us) for device in devices}


_DAY: Final = timedelta(days=1)


def _of_life(space: Space, week: Sequence[date]) -> Interval:
    """Return the time of some days until the space's end; empty when that lies back."""
    zone = space.time_zone
    last = week[-1] if space.valid_to is None else min(week[-1], max(space.valid_to, week[0] - _DAY))
    return Interval(day_bounds(week[0], zone).start_us, day_bounds(last, zone).end_us)


@dataclass(slots=True)
class _Maker:
    """Works rights out for the devices of one space.

    Args:
        week: the local days that the list must know.
        whole: all time that windows are given for.
        opening: when the space is open within it.
    """

    space: Space
    week: Sequence[date]
    whole: Interval
    opening: Windows
    memberships: Mapping[int, tuple[Member, Membership]]
    booked: Mapping[int, Collection[Booked]]
    admission: Admission
    passes: Passes
    cut: dict[tuple[Membership, int | None], Windows] = field(default_factory=dict)

    def rights(
        self, device: str, rules: SpaceAccess, office: Windows, cards: Sequence[CardFacts], now_us: int
    ) -> Rights:
        """Return what one device is told."""
        doors = [door.id for door in self.space.doors if door.device == device][:MAX_DOORS]
        schedules: dict[Windows, int] = {}
        found = [card for card in (self._card(card, doors, schedules, now_us) for card in cards) if card]
        blocked = sorted(
            (card for card in cards if card.state is CardState.BLOCKED), key=lambda card: -card.changed_us
        )
        room = max(MAX_CARDS - len(found), 0)
        found += [CardRights(card.pk, card.kind, CardFlag.BLOCKED) for card in blocked[:room]]
        return Rights(
            rules,
            tuple(DoorRights(door, office) for door in doors),
            tuple(schedules),
            tuple(sorted(found, key=lambda card: card.pk)),
        )

    def _card(
        self, card: CardFacts, doors: Sequence[str], schedules: dict[Windows, int], now_us: int
    ) -> CardRights | None:
        if card.state is not CardState.ACTIVE or card.member is None or card.member not in self.memberships:
            return None
        member, membership = self.memberships[card.member]
        flags = self._flags(card, member, membership, now_us)
        windows = {door: self._windows(card, membership, door) for door in doors}
        # A card that always works needs the door in its list, also while its hours open nothing.
        always = bool(flags & CardFlag.ALWAYS_WORKS)
        allowed = {door: w for door, w in windows.items() if w or (always and _opens(membership, door))}
        if not allowed:
            return None
        rights = tuple(
            (number, schedules.setdefault(allowed[door], len(schedules)))
            for number, door in enumerate(doors)
            if door in allowed
        )
        return CardRights(card.pk, card.kind, flags, rights)

    def _flags(self, card: CardFacts, member: Member, membership: Membership, now_us: int) -> CardFlag:
        flags = CardFlag.LONGER if member.needs_longer else CardFlag.NONE
        valid = self._valid(membership)
        if membership.is_host and now_us in valid:
            flags |= CardFlag.HOST
        # On a device without trusted time, or with a dead list, this flag outlives every date: it is for cards that
        # have none.
        endless = (
            card.active_until_us is None
            and membership.valid_to is None
            and (self.space.valid_to is None or self.space.valid_to > self.week[-1])
            and self.admission.admits_for_good(membership, self.week[0])
            and not self._needs_pass(membership)
        )
        if membership.works_offline and endless and now_us in valid:
            flags |= CardFlag.ALWAYS_WORKS
        return flags

    def _windows(self, card: CardFacts, membership: Membership, door: str) -> Windows:
        assert card.member is not None
        bought: Windows = ()
        if (by_pass := self.passes.windows.get(card.member)) is not None:
            bought = self._admitted(membership, by_pass, card.active_until_us)
        windows: Windows = ()
        if _opens(membership, door):
            windows = self._base(membership, card.active_until_us)
            if not self._needs_booking(membership):
                windows = joined(sorted((*windows, *bought)))
        booked = [
            part
            for one in self.booked.get(card.member, ())
            if not one.doors or door in one.doors
            for part in self._of_booking(one, membership, bought)
        ]
        if not booked:
            return windows
        limit = self._limit(card.active_until_us)
        return joined(sorted((*windows, *_clipped(booked, limit))))

    def _of_booking(self, one: Booked, membership: Membership, bought: Windows) -> Windows:
        """Return when a booking opens: what a host granted stands for itself, all else needs a pass where doors do."""
        if one.any_hours:
            return (one.time,)
        return _clipped(bought if self._needs_pass(membership) else self.opening, one.time)

    def _base(self, membership: Membership, active_until_us: int | None) -> Windows:
        """Return what a membership opens, without bookings and passes; most members share it."""
        key = (membership, active_until_us)
        if key not in self.cut:
            windows: Windows = ()
            if not self._needs_pass(membership) and not self._needs_booking(membership):
                match membership.hours:
                    case AccessHours.OPENING:
                        windows = self.opening
                    case AccessHours.ALWAYS:
                        windows = (self.whole,)
                    case AccessHours.NONE:
                        pass
            self.cut[key] = self._admitted(membership, windows, active_until_us)
        return self.cut[key]

    def _needs_booking(self, membership: Membership) -> bool:
        return self.space.booking_rules.entry_needs_booking and not membership.is_host

    def _needs_pass(self, membership: Membership) -> bool:
        return self.passes.are_needed and not membership.is_host

    def _admitted(self, membership: Membership, windows: Windows, active_until_us: int | None) -> Windows:
        """Return what lies within a membership's days, its card's time, and the days on which the space lets it in."""
        valid, limit = self._valid(membership), self._limit(active_until_us)
        bounds = Interval(max(valid.start_us, limit.start_us), min(valid.end_us, limit.end_us))
        within = _clipped(windows, bounds)
        let_in = self.admission.admitted(membership, self.week)
        if len(let_in) == len(self.week) or not within:
            return within
        days = joined(day_bounds(day, self.space.time_zone) for day in let_in)
        return tuple(part for day in days for part in _clipped(within, day))

    def _limit(self, active_until_us: int | None) -> Interval:
        end_us = self.whole.end_us if active_until_us is None else min(self.whole.end_us, active_until_us)
        return Interval(self.whole.start_us, end_us)

    def _valid(self, membership: Membership) -> Interval:
        """Return the days of a membership, as far as the windows reach; empty ones end before they start."""
        first, last = self.week[0], self.week[-1]
        # Cut as days: whatever day is stored, only moments near the list's own are ever reckoned.
        begins = min(max(membership.valid_from, first), last + _DAY)
        ends = last if membership.valid_to is None else min(max(membership.valid_to, first - _DAY), last)
        zone = self.space.time_zone
        return Interval(day_bounds(begins, zone).start_us, day_bounds(ends, zone).end_us)


def joined(intervals: Iterable[Interval]) -> Windows:
    """Join rising intervals that touch or overlap; empty ones are left out."""
    found: list[Interval] = []
    for interval in intervals:
        if interval.start_us >= interval.end_us:
            continue
        if found and interval.start_us <= found[-1].end_us:
            found[-1] = Interval(found[-1].start_us, max(found[-1].end_us, interval.end_us))
        else:
            found.append(interval)
    return tuple(found)


def _opens(membership: Membership, door: str) -> bool:
    return not membership.doors or door in membership.doors


def _clipped(intervals: Iterable[Interval], bounds: Interval) -> Windows:
    cut = (Interval(max(i.start_us, bounds.start_us), min(i.end_us, bounds.end_us)) for i in intervals)
    return tuple(interval for interval in cut if interval.start_us < interval.end_us)
