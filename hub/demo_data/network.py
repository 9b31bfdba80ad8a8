"""A whole network over some months: towns with and without spaces, their people and devices, day after day."""

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Final

from hub.demo_data.days import SpaceDays
from hub.demo_data.dice import Dice
from hub.demo_data.faults import DeviceLife, blind_times, device_life
from hub.demo_data.people import settle, tariffs_of, visiting
from hub.demo_data.truth import Person, PersonKind, SpaceDay, SpaceStory
from hub.domain.public_holidays import public_holidays
from hub.domain.space import Space, SpaceKind, Town
from hub.domain.statistics.periods import Month

LEAST_CLUB_DAYS: Final = 60
"""A club that is watched for less than that stays with its members."""


@dataclass(frozen=True, slots=True)
class Network:
    """Towns and what becomes of them.

    Args:
        seed: of all dice.
        first, last: days of the whole, both inclusive.
        towns: as the site file has them; those without a space are here and in nothing else.
        stories: of spaces that exist within these days, in the order of towns and spaces.
        people: by number, 1 at index 0.
        lives: of devices, by space and id.
    """

    seed: int
    first: date
    last: date
    towns: tuple[Town, ...]
    stories: tuple[SpaceStory, ...]
    people: tuple[Person, ...]
    lives: dict[tuple[str, str], DeviceLife]
    bustle: float = 1.0

    @property
    def length(self) -> int:
        """How many days there are."""
        return (self.last - self.first).days + 1

    def days(self) -> Iterator[tuple[date, list[SpaceDay]]]:
        """Give each day with what happened in the spaces that existed then; anew from the beginning each time."""
        next_booking, next_pass = itertools.count(1).__next__, itertools.count(1).__next__
        running = {
            story.space.id: SpaceDays(
                self.seed,
                story,
                {device.id: self.lives[story.space.id, device.id] for device in story.space.devices},
                next_booking=next_booking,
                next_pass=next_pass,
                bustle=self.bustle,
            ).days()
            for story in self.stories
        }
        for ahead in range(self.length):
            day = self.first + timedelta(days=ahead)
            yield (
                day,
                [next(running[story.space.id]) for story in self.stories if story.first <= day <= story.last],
            )


def begin_of(last: date, months: int) -> date:
    """Return the day on which some months begin that end with a day: the day after the same day of an earlier month."""
    month = Month.of(last).plus(-months)
    return date(month.year, month.month, min(last.day, month.last_day.day)) + timedelta(days=1)


def network(towns: Sequence[Town], seed: int, first: date, last: date, *, bustle: float = 1.0) -> Network:
    """Return a network whose days can be gone through.

    Args:
        towns: from a site file or a database.
        seed: the same one gives the same network.
        first, last: days, both inclusive.
        bustle: how many times as many visits as usual; for measurements.
    """
    years = range(first.year, last.year + 1)
    lives: dict[tuple[str, str], DeviceLife] = {}
    stories: list[SpaceStory] = []
    people: list[Person] = []
    for town in towns:
        holidays = public_holidays(town.land, years, catholic=town.catholic)
        for space in town.spaces:
            begin, end = max(first, space.valid_from), min(last, space.valid_to or last)
            if begin > end:
                continue
            for device in space.devices:
                lives[space.id, device.id] = device_life(seed, space, device.id, begin, end)
            opened = _opened_to_all(space, begin, end)
            there = [
                replace(one, number=len(people) + one.number)
                for one in settle(seed, space, begin, end, opened)
            ]
            people += there
            blind = {
                desk.id: blind_times(seed, space, desk, lives[space.id, desk.device], begin, end)
                for desk in space.desks
                if desk.sensor and desk.device and desk.in_service
            }
            stories.append(
                SpaceStory(town, space, begin, end, holidays, tariffs_of(space), tuple(there), blind, opened)
            )
    travellers = _travellers(seed, stories)
    people = [travellers.get(one.number, one) for one in people]
    return Network(
        seed, first, last, tuple(towns),
        tuple(_with_travellers(story, people) for story in stories),
        tuple(people), lives, bustle,
    )  # fmt: skip


def _opened_to_all(space: Space, first: date, last: date) -> date | None:
    """Return from which day on a club's space is open to others: a first of a month in the middle of the time."""
    if space.kind is not SpaceKind.CLUB or (last - first).days < LEAST_CLUB_DAYS:
        return None
    middle = (first + (last - first) / 2).replace(day=1)
    return middle if middle > first else Month.of(middle).plus(1).first_day


def _travellers(seed: int, stories: Sequence[SpaceStory]) -> dict[int, Person]:
    """Return one regular of each space who also comes to the next one."""
    found: dict[int, Person] = {}
    for home, there in itertools.pairwise(stories):
        regulars = [one for one in home.people if one.kind is PersonKind.REGULAR]
        # A club's space lets in members of the club first, and a pop-up has people of its own.
        if regulars and there.space.kind is not SpaceKind.CLUB:
            one = regulars[-1]
            found[one.number] = visiting(Dice(seed, "traveller", one.number), one, there.space)
    return found


def _with_travellers(story: SpaceStory, people: Sequence[Person]) -> SpaceStory:
    space = story.space.id
    return replace(story, people=tuple(one for one in people if space in (one.space, one.also)))
