"""What happens in a space on its days, one after the other: who comes, sits where, books, stays away."""

from collections.abc import Callable, Iterator
from datetime import date, timedelta
from typing import Final

from hub.demo_data.calendar import HOUR_US, MINUTE_US, Happening, happenings, pull
from hub.demo_data.dice import Dice
from hub.demo_data.faults import DeviceLife
from hub.demo_data.room import LEAST_US, Room, seen
from hub.demo_data.selling import Selling
from hub.demo_data.truth import Booked, Came, Person, PersonKind, Sat, SpaceDay, SpaceStory, Visit
from hub.domain.booking import BookingKind, BookingState
from hub.domain.granularity import fitted
from hub.domain.no_show import RELEASED_REASON
from hub.domain.time import Interval, day_bounds, opening_of

_CANCELLED: Final = 0.07
_HOURS: Final = (20, 24)
"""Hours of the day from which, rarely, somebody works past midnight where a space never closes."""
_DAY_US: Final = 24 * HOUR_US
_NIGHT_SHARE: Final = 0.02


class SpaceDays:
    """The days of a space.

    Args:
        seed: of the dice.
        story: the space.
        lives: its devices, by id.
        next_booking, next_pass: give the next free number in the whole network.
        bustle: how many times as many visits as usual; for measurements.
    """

    def __init__(
        self,
        seed: int,
        story: SpaceStory,
        lives: dict[str, DeviceLife],
        *,
        next_booking: Callable[[], int],
        next_pass: Callable[[], int],
        bustle: float = 1.0,
    ) -> None:
        self._seed, self._story, self._space, self._bustle = seed, story, story.space, bustle
        self._next_booking = next_booking
        self._selling = Selling(story.space.id, story.tariffs, next_pass)
        self._happenings = happenings(seed, story.space, story.first, story.last, story.holidays)
        self._lasting: list[Happening] = []
        self._overnight: list[Sat] = []
        self._sensed = {desk.id for desk in story.space.desks if desk.sensor and desk.device}
        doors = [door for door in story.space.doors if door.device]
        self._door = doors[0] if doors else None
        self._life = lives[doors[0].device] if doors else None

    def days(self) -> Iterator[SpaceDay]:
        """Give the days of the space's time, rising."""
        day = self._story.first
        while day <= self._story.last:
            yield self._day(day)
            day += timedelta(days=1)

    def _day(self, day: date) -> SpaceDay:
        dice = Dice(self._seed, "day", self._space.id, day)
        made = SpaceDay(self._space.id, day, day_bounds(day, self._space.time_zone))
        room = Room([desk.id for desk in self._space.desks if desk.in_service])
        self._lasting = [one for one in self._lasting if one.time.end_us > made.bounds.start_us]
        for sat in self._overnight:
            room.sit(sat)
        self._overnight = []
        for happening in self._happenings.get(day, ()):
            made.booked.append(self._happening(happening))
            self._lasting.append(happening)
        for happening in self._lasting:
            for desk in happening.desks:
                room.book(desk, happening.time)
            if happening.kind is BookingKind.EVENT:
                self._guests(dice, happening, room, made)
        rules = self._space.booking_rules
        hours = opening_of(self._space, day, () if rules.holidays_open else self._story.holidays)
        if hours and room.desks:
            for person, time in self._coming(dice, day, hours, made.bounds):
                self._come(dice, person, time, hours, room, made)
        self._overnight = [sat for sat in made.sat if sat.time.end_us > made.bounds.end_us]
        return made

    def _happening(self, one: Happening) -> Booked:
        return Booked(
            self._next_booking(), one.kind, one.desks, one.time, 0, BookingState.BOOKED, one.known_us, note=one.note
        )  # fmt: skip

    def _guests(self, dice: Dice, event: Happening, room: Room, made: SpaceDay) -> None:
        """Let guests of an event sit down here and there; nobody knows who they are."""
        length_us = min(event.time.length_us, 5 * HOUR_US)
        begin_us = event.time.start_us + (9 * HOUR_US if event.time.length_us > 12 * HOUR_US else 0)
        for desk in event.desks:
            if dice.chance(0.6):
                continue
            start_us = begin_us + dice.micro(5 * MINUTE_US, 40 * MINUTE_US)
            time = Interval(
                start_us, min(begin_us + length_us, event.time.end_us) - dice.micro(MINUTE_US, 20 * MINUTE_US)
            )
            self._sit(desk, 0, time, room, made)

    def _coming(
        self, dice: Dice, day: date, hours: tuple[Interval, ...], bounds: Interval
    ) -> Iterator[tuple[Person, Interval]]:
        """Give who would come on a day and from when to when, in an order of chance."""
        share = pull(self._space, day, self._story.holidays) * self._bustle
        opened = self._story.opened_to_all
        never_closes = hours == (bounds,) and day < self._story.last
        for person in dice.shuffled(self._story.people):
            chances = person.also_weekdays if person.also == self._space.id else person.weekdays
            often = chances[day.weekday()]
            # A tenant comes whatever the season.
            lean = min(1.0, often * (1.0 if person.kind is PersonKind.TENANT and share > 0.5 else share))
            comes = dice.chance(lean)
            start_us = bounds.start_us + round(dice.about(person.arrives_min, 25)) * MINUTE_US
            length_us = max(LEAST_US, round(dice.about(person.stays_min, 45)) * MINUTE_US)
            if not comes or not person.is_there(day):
                continue
            if opened is not None and day < opened and not person.in_club:
                continue
            if never_closes and dice.chance(_NIGHT_SHARE):
                start_us = bounds.start_us + dice.micro(_HOURS[0] * HOUR_US, _HOURS[1] * HOUR_US - HOUR_US)
            start_us = max(start_us, hours[0].start_us) + dice.micro(0, MINUTE_US)
            end_us = start_us + length_us
            if not never_closes:
                end_us = min(end_us, hours[-1].end_us - dice.micro(0, 5 * MINUTE_US))
            if end_us - start_us >= LEAST_US:
                yield person, Interval(start_us, end_us)

    def _come(
        self,
        dice: Dice,
        person: Person,
        time: Interval,
        hours: tuple[Interval, ...],
        room: Room,
        made: SpaceDay,
    ) -> None:
        """Have somebody come, with a booking or without, or stay away in spite of one."""
        times = _with_breaks(dice, time, hours)
        desks = (
            [person.desk, *dice.shuffled(room.desks)]
            if person.desk in room.desks
            else dice.shuffled(room.desks)
        )
        wants, is_cancelled = dice.chance(person.books), dice.chance(_CANCELLED)
        stays_away, taps, ahead = dice.chance(person.no_show), dice.chance(person.taps), dice.roll()
        is_bookable = wants and self._space.booking_rules.bookable and bool(times)
        booking = (
            self._wish(Interval(times[0].start_us, times[-1].end_us), made.bounds) if is_bookable else None
        )
        if booking is not None and (is_cancelled or stays_away):
            self._stay_away(person, booking, ahead, desks, room, made, is_cancelled=is_cancelled)
            return
        desk = next(
            (
                one
                for one in desks
                if all(room.has_seat(one, time) for time in times)
                and all(room.is_bookable(one, time) for time in (times if booking is None else (booking,)))
            ),
            None,
        )
        if desk is None:
            return
        sat = [
            found for one in times if (found := self._sit(desk, person.number, one, room, made)) is not None
        ]
        if not sat:
            return
        self._arrive(dice, person, sat, made, taps=taps, booking=booking, desk=desk, room=room, ahead=ahead)

    def _arrive(  # noqa: PLR0913 - what is known of somebody who comes, by name
        self,
        dice: Dice,
        person: Person,
        sat: list[Interval],
        made: SpaceDay,
        *,
        taps: bool,
        booking: Interval | None,
        desk: str,
        room: Room,
        ahead: float,
    ) -> None:
        at_us = sat[0].start_us - dice.micro(20_000_000, 90_000_000)
        is_heard = self._life is not None and self._life.is_running(at_us) and at_us >= made.bounds.start_us
        by_card = taps and is_heard
        if by_card:
            self._tap(person, at_us, made)
            for one in sat[1:]:
                again_us = one.start_us - dice.micro(20_000_000, 90_000_000)
                is_heard = self._life is not None and self._life.is_running(again_us)
                if is_heard and again_us < made.bounds.end_us and dice.chance(0.6):
                    self._tap(person, again_us, made)
        if booking is not None:
            room.book(desk, booking)
            made.booked.append(
                Booked(
                    self._next_booking(), BookingKind.DESK, (desk,), booking, person.number, BookingState.CHECKED_IN,
                    _made_us(booking, ahead), checked_in_us=max(at_us, made.bounds.start_us),
                )
            )  # fmt: skip
        # Without card and booking, somebody is noted when a host looks up.
        if by_card or booking is not None or dice.chance(0.4):
            number, sold = self._selling.use(person, made.day, is_away=person.also == self._space.id)
            made.sold += sold
            made.visits.append(Visit(person.number, number, by_card))

    def _tap(self, person: Person, at_us: int, made: SpaceDay) -> None:
        if self._door is not None:
            made.came.append(Came(person.number, self._door.id, at_us))

    def _sit(self, desk: str, person: int, time: Interval, room: Room, made: SpaceDay) -> Interval | None:
        blind = self._story.blind.get(desk, ())
        found = seen(time, blind)
        if found is None or not room.has_seat(desk, found):
            return None
        sat = Sat(desk, person, found)
        room.sit(sat)
        made.sat.append(sat)
        return found

    def _wish(self, time: Interval, bounds: Interval) -> Interval:
        """Return the time that somebody books for a stay."""
        within = Interval(time.start_us, min(time.end_us, bounds.end_us))
        rules = self._space.booking_rules
        return fitted(self._space.granularity, within, self._space.time_zone, rules.half_day_at)

    def _stay_away(
        self,
        person: Person,
        booking: Interval,
        ahead: float,
        desks: list[str],
        room: Room,
        made: SpaceDay,
        *,
        is_cancelled: bool,
    ) -> None:
        desk = next((one for one in desks if room.is_bookable(one, booking)), None)
        if desk is None:
            return
        made_us = _made_us(booking, ahead)
        state, ended_us, reason = BookingState.BOOKED, None, ""
        rules = self._space.booking_rules
        if is_cancelled:
            # Nobody has it then: somebody else may book the desk.
            state, reason = BookingState.CANCELLED, "cancelled by the member"
            ended_us = made_us + round((booking.start_us - made_us) * 0.8)
        else:
            due_us = booking.start_us + rules.grace_min * MINUTE_US
            taken_until_us = booking.end_us
            if rules.release and due_us < booking.end_us and self._is_silent(desk, due_us, made):
                state, reason = BookingState.RELEASED_NO_SHOW, RELEASED_REASON[desk in self._sensed]
                ended_us = taken_until_us = due_us + 15_000_000
            room.book(desk, Interval(booking.start_us, taken_until_us))
        made.booked.append(
            Booked(
                self._next_booking(), BookingKind.DESK, (desk,), booking, person.number, state, made_us, ended_us,
                reason,
            )
        )  # fmt: skip

    def _is_silent(self, desk: str, at_us: int, made: SpaceDay) -> bool:
        """Say whether card and sensor could be heard, and were silent: else a booking stands."""
        if self._life is not None and (
            not self._life.is_running(at_us) or any(at_us in away for away in self._life.away)
        ):
            return False
        if any(one.time.start_us <= at_us < one.known_us for one in self._story.blind.get(desk, ())):
            return False
        return not any(sat.desk == desk and at_us in sat.time for sat in made.sat)


def _with_breaks(dice: Dice, time: Interval, hours: tuple[Interval, ...]) -> list[Interval]:
    """Return when somebody sits: not while it is closed, and not while having lunch."""
    has_lunch, noon, lasts_us = dice.chance(0.6), dice.roll(), dice.micro(28 * MINUTE_US, 65 * MINUTE_US)
    parts = [
        Interval(max(time.start_us, one.start_us), min(time.end_us, one.end_us))
        for one in hours
        if time.start_us < one.end_us and one.start_us < time.end_us
    ]
    if time.end_us > hours[-1].end_us and parts:
        parts[-1] = Interval(parts[-1].start_us, time.end_us)
    if len(parts) == 1 and has_lunch and time.length_us > 9 * HOUR_US // 2:
        cut_us = time.start_us + round(time.length_us * (0.35 + noon * 0.25))
        parts = [Interval(time.start_us, cut_us), Interval(cut_us + lasts_us, time.end_us)]
    return [one for one in parts if one.length_us >= LEAST_US]


def _made_us(booking: Interval, ahead: float) -> int:
    """Return when a booking was made: mostly in the days before it begins."""
    return booking.start_us - round(MINUTE_US + ahead**3 * 14 * _DAY_US)
