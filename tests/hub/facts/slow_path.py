"""The facts of a desk's day once more, minute by minute in plain Python, from what was written down: to compare with.

Written apart from the hub's code, and knows nothing of it: every minute of a local day asks of itself whether the space
was open, whether the desk could be used, whether somebody sat there, and whether anybody can know.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from tests.hub.facts.world import MINUTE_US, Line

TOLD_LATE_US = 45 * MINUTE_US


@dataclass
class Sums:
    """Minutes of one kind of hours."""

    offered: int = 0
    occupied: int = 0
    unknown: int = 0

    def as_us(self) -> tuple[int, int, int]:
        return self.offered * MINUTE_US, self.occupied * MINUTE_US, self.unknown * MINUTE_US


@dataclass
class Truth:
    """What is written down of one desk.

    Args:
        lines: of its device, in the order of the log; None stands for numbers that are missing.
        heard_us: when the device was heard last, with everything told.
        blocked: (begin, end) of what keeps the desk out of use.
    """

    desk: str
    lines: Sequence[Line | None]
    heard_us: int
    blocked: Iterable[tuple[int, int]] = ()
    has_sensor: bool = True

    def is_used(self, at_us: int) -> bool:
        return any(
            line is not None
            and line.what == "use"
            and line.desk == self.desk
            and line.start_us <= at_us < line.at_us
            for line in self.lines
        )

    def is_known(self, at_us: int) -> bool:
        words = [
            i
            for i, line in enumerate(self.lines)
            if line is not None and line.what == "word" and line.desk == self.desk and line.at_us <= at_us
        ]
        if not words:
            return False
        last = self.lines[words[-1]]
        assert last is not None
        if last.state == "unknown":
            return False
        return at_us < self._doubt_after(words[-1])

    def _doubt_after(self, index: int) -> int:
        """Return from when on the desk is not known any more after a word on it."""
        word = self.lines[index]
        assert word is not None
        alive_us = word.at_us
        for line in self.lines[index + 1 :]:
            if line is None:
                return self._back(word, alive_us)
            if line.what == "started":
                return self._back(word, min(max(alive_us, line.start_us), line.at_us))
            if line.what == "word" and line.desk == self.desk:
                if line.state == "unknown":
                    return word.at_us if word.state == "occupied" else line.at_us
                word = line
            alive_us = line.at_us
        return self._back(word, max(alive_us, self.heard_us))

    @staticmethod
    def _back(word: Line, at_us: int) -> int:
        if word.state == "vacant" and word.at_us <= at_us - TOLD_LATE_US:
            return at_us
        return at_us - TOLD_LATE_US

    def is_blocked(self, at_us: int) -> bool:
        return any(start <= at_us < end for start, end in self.blocked)


def minutes_of(day: date, zone: str) -> list[datetime]:
    """Return the minutes of a local day, as moments of UTC: 1,380, 1,440 or 1,500."""
    tz = ZoneInfo(zone)
    minute = datetime.combine(day, time(), tz).astimezone(UTC) - timedelta(hours=3)
    found: list[datetime] = []
    while len(found) < 1500:
        local = minute.astimezone(tz).date()
        if local == day:
            found.append(minute)
        elif local > day:
            break
        minute += timedelta(minutes=1)
    return found


def measure(
    truth: Truth, day: date, zone: str, opening: Sequence[tuple[int, time, time]], closed: Iterable[date] = ()
) -> dict[str, Sums]:
    """Return minutes by kind of hours: `staffed`, `noon`, `first` and `second` half.

    Args:
        opening: (weekday, from, to) in wall times; midnight as an end is the day's.
        closed: days on which the space stays closed.
    """
    found = {name: Sums() for name in ("staffed", "noon", "first", "second")}
    tz, shut = ZoneInfo(zone), set(closed)
    for minute in minutes_of(day, zone):
        wall = minute.astimezone(tz).time()
        is_open = day not in shut and any(
            weekday == day.weekday() and opens <= wall and (closes == time() or wall < closes)
            for weekday, opens, closes in opening
        )
        at_us = int(minute.timestamp()) * 1_000_000
        if not is_open or truth.is_blocked(at_us):
            continue
        used = truth.has_sensor and truth.is_used(at_us)
        unknown = truth.has_sensor and not used and not truth.is_known(at_us)
        kinds = ["staffed", "first" if wall < time(12) else "second"]
        if time(11, 30) <= wall < time(13, 30):
            kinds.append("noon")
        for kind in kinds:
            found[kind].offered += 1
            found[kind].occupied += used
            found[kind].unknown += unknown
    return found
