"""A recording of a sensor as a CSV file: read whole and checked, before anything is done with it."""

import contextlib
import csv
import re
from array import array
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import BinaryIO, Final

from device.core.inputs import Level

SECOND_US: Final = 1_000_000
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_LEVELS: Final = {"0": 0, "1": 1}
# Python 3.11 reads over any one character between seconds and offset, a NUL included.
_TIME: Final = re.compile(r"[0-9Ww-]{7,10}([Tt ][0-9:]+([.,][0-9]+)?)? ?([Zz]|[+-][0-9:.]+)?")
_WRITE_TIME: Final = "write it as 2026-03-31T09:15:00Z, years 0001 to 9999"
_SHOWN: Final = 60  # characters of a bad value that an error shows
_MAX_LINE: Final = 4_096
_HOLE_INTERVALS: Final = 10
_HOLE_US: Final = 5 * 60 * SECOND_US


class BadRecording(ValueError):
    """A recording can't be read; the text names file, line, value and remedy."""


@dataclass(frozen=True, slots=True)
class Recording:
    """Levels and when they were read.

    Args:
        at_us: microseconds since 1970 UTC, never falling.
        levels: 0 or 1 for each.
        aware: whether the file gave its times an offset; without one they are taken as UTC.
    """

    at_us: "array[int]"
    levels: bytearray
    aware: bool

    def steps(self) -> Iterator[tuple[int, Level]]:
        """Give each level, and MISSING where a recording that is read at a steady pace has a hole.

        A pulse that began and ended in one second of a recording with whole seconds lasts until the end of that second:
        without that it would have no length at all.
        """
        hole_us, interval_us = self._hole_us(), self.interval_us()
        whole = self.resolution_us() == SECOND_US
        before_us: int | None = None
        was = 0
        for at_us, level in zip(self.at_us, self.levels, strict=True):
            if before_us is not None and hole_us is not None and at_us - before_us > hole_us:
                yield before_us + interval_us, Level.MISSING
            squeezed = whole and was == 1 and level == 0 and at_us == before_us
            yield (at_us + SECOND_US - 1 if squeezed else at_us), (Level.ACTIVE if level else Level.IDLE)
            before_us, was = at_us, level

    def interval_us(self) -> int:
        """Return the usual distance between two rows, in microseconds."""
        stride = max(1, len(self.at_us) // 10_000)
        gaps = sorted(
            after - before for before, after in zip(self.at_us[::stride], self.at_us[1::stride], strict=False)
        )
        return gaps[len(gaps) // 2] if gaps else 0

    def resolution_us(self) -> int:
        """Return the coarsest unit that holds every time of the file: a second, a millisecond or a microsecond."""
        for unit_us in (SECOND_US, 1_000):
            if not any(at_us % unit_us for at_us in self.at_us):
                return unit_us
        return 1

    def _hole_us(self) -> int | None:
        """Return how far two rows may lie apart, or None for a recording of changes only, which has no pace."""
        same = sum(before == after for before, after in zip(self.levels, self.levels[1:], strict=False))
        if 2 * same < len(self.levels):
            return None
        return max(_HOLE_US, _HOLE_INTERVALS * self.interval_us())


def time_text(at_us: int, resolution_us: int, *, aware: bool) -> str:
    """Return a time as ISO text, in UTC.

    Args:
        resolution_us: 1, 1,000 or 1,000,000; what is finer is cut off.
        aware: whether to write `Z`.
    """
    timespec = {SECOND_US: "seconds", 1_000: "milliseconds"}.get(resolution_us, "microseconds")
    moment = (_EPOCH + timedelta(microseconds=at_us)).replace(tzinfo=None)
    return moment.isoformat(timespec=timespec) + ("Z" if aware else "")


def read_recording(path: Path, progress: Callable[[int], None] = lambda _bytes: None) -> Recording:
    """Read a recording and check every row of it.

    Args:
        path: CSV in UTF-8 with a header; `at` is an ISO time, `level` is 0 or 1, other columns are ignored.
        progress: called now and then with the number of bytes read since.

    Raises:
        BadRecording: when the file or a row of it can't be used.
    """
    try:
        with path.open("rb") as file:
            return _Reading(path, file, progress).recording()
    except OSError as error:
        raise BadRecording(f"{path}: {error.strerror}: check the path and that you may read it") from error


class _Reading:
    """One pass over a file, with the place it has come to."""

    def __init__(self, path: Path, file: BinaryIO, progress: Callable[[int], None]) -> None:
        self._path = path
        self._progress = progress
        self._rows = csv.reader(self._lines(file), strict=True)

    def recording(self) -> Recording:
        at_column, level_column = self._columns()
        times: array[int] = array("q")
        levels = bytearray()
        aware: bool | None = None
        width = max(at_column, level_column) + 1
        for row in self._checked_rows():
            if len(row) < width:
                raise self._error(f"the row has {len(row)} of {width} columns", ",".join(row), "complete it")
            moment = self._moment(row[at_column])
            if aware is None:
                aware = moment.tzinfo is not None
            elif aware is not (moment.tzinfo is not None):
                raise self._error(
                    "the time has an offset and earlier ones have none, or the other way round",
                    row[at_column],
                    "give every time an offset (Z, +01:00), or none",
                )
            at_us = self._wall_us(moment, row[at_column])
            if times and at_us < times[-1]:
                raise self._error(
                    "the time lies before that of the row above", row[at_column], "sort the rows"
                )
            level = _LEVELS.get(row[level_column].strip())
            if level is None:
                raise self._error("the level is neither 0 nor 1", row[level_column], "write 0 or 1")
            times.append(at_us)
            levels.append(level)
        if aware is None:
            raise BadRecording(f"{self._path}: there is no row below the header: record something first")
        return Recording(times, levels, aware)

    def _columns(self) -> tuple[int, int]:
        header = next(self._checked_rows(), None)
        if header is None:
            raise BadRecording(
                f"{self._path}: the file is empty: it needs the header `at,level` and rows below it"
            )
        names = [name.strip() for name in header]
        missing = [name for name in ("at", "level") if name not in names]
        if missing:
            remedy = "begin the file with the line `at,level`"
            if len(names) == 1 and re.search(r"[;\t]", names[0]):
                remedy = "separate the columns with commas"
            raise self._error(f"the header has no column `{missing[0]}`", ",".join(header), remedy)
        return names.index("at"), names.index("level")

    def _checked_rows(self) -> Iterator[list[str]]:
        """Give each row that is not blank."""
        try:
            for row in self._rows:
                if row:
                    yield row
        except csv.Error as error:
            raise self._error(f"this is no CSV ({error})", "", "check the quotes in this line") from error

    def _lines(self, file: BinaryIO) -> Iterator[str]:
        read = 0
        number = 0
        while raw := file.readline(_MAX_LINE + 1):
            number += 1
            if len(raw) > _MAX_LINE:
                raise BadRecording(
                    f"{self._path}, line {number}: the line is longer than {_MAX_LINE} bytes: is this a CSV file?"
                )
            try:
                # A byte order mark is what spreadsheets write before UTF-8.
                yield raw.decode("utf-8-sig" if number == 1 else "utf-8")
            except UnicodeDecodeError as error:
                bad = raw[error.start : error.start + 1].hex()
                raise BadRecording(
                    f"{self._path}, line {number}: byte 0x{bad} is not UTF-8: save the file as UTF-8"
                ) from error
            read += len(raw)
            if read > 1 << 18:
                self._progress(read)
                read = 0
        self._progress(read)

    def _moment(self, text: str) -> datetime:
        moment = None
        if _TIME.fullmatch(text.strip()):
            with contextlib.suppress(ValueError):
                moment = datetime.fromisoformat(text.strip())
        if moment is None:
            raise self._error("the time can't be read", text, _WRITE_TIME)
        return moment

    def _wall_us(self, moment: datetime, text: str) -> int:
        try:
            # An offset may carry a time of the first or last day out of the years that there are.
            moment = moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
        except OverflowError as error:
            raise self._error("the time is out of range in UTC", text, _WRITE_TIME) from error
        return (moment - _EPOCH) // timedelta(microseconds=1)

    def _error(self, what: str, value: str, remedy: str) -> BadRecording:
        shown = f": {value[:_SHOWN]!r}" if value else ""
        return BadRecording(f"{self._path}, line {self._rows.line_num}: {what}{shown}: {remedy}")
