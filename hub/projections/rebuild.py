"""Makes the pictures again from the log, or checks that they are what the log says.

It goes through the log in pieces, each in a transaction of its own that holds off only the intake of that one device;
every piece leaves whole pictures behind, so it may be interrupted at any time, and intake goes on meanwhile.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Final, Protocol

from hub.domain.events import Refused, Reported
from hub.event_ports import DeskEvent, LiveRow, LoggedEvent, Pictures, SessionRow
from hub.projections.live import last_words
from hub.projections.sessions import sessions

PIECE: Final = 2000

END: Final = 2**63 - 1
"""No number is above it."""


class PictureUnit(Pictures, Protocol):
    """One writing transaction on the pictures; rolled back unless committed."""

    def events(self, epoch_pk: int, above: int, limit: int) -> Sequence[LoggedEvent]:
        """Return events of desks of an epoch, rising, above a number."""
        ...

    def event(self, epoch_pk: int, seq: int) -> LoggedEvent | None:
        """Return one event of a desk, or None when the log does not have it."""
        ...

    def sessions(self, epoch_pk: int, above: int, upto: int) -> Sequence[SessionRow]:
        """Return the pieces of use that stand there, of numbers above one up to and with another."""
        ...

    def drop_sessions(self, rows: Sequence[SessionRow]) -> None:
        """Take pieces of use away."""
        ...

    def live(self) -> Sequence[LiveRow]:
        """Return the last words on desks that stand there."""
        ...

    def drop_live(self, rows: Sequence[LiveRow]) -> None:
        """Take last words away."""
        ...

    def commit(self) -> None:
        """Make all of it durable."""
        ...


class PictureStore(Protocol):
    """Log and pictures; each method raises `StoreUnavailable` when the database can't be used now."""

    def epochs(self) -> Sequence[int]:
        """Return the keys of all epochs."""
        ...

    def amount(self) -> int:
        """Return how many events of desks there are."""
        ...

    def desks(self) -> Mapping[int, Mapping[str, int]]:
        """Return, by device key, the keys of its space's desks by id; retired ones included."""
        ...

    def writing(self, epoch_pk: int | None) -> AbstractContextManager[PictureUnit]:
        """Begin a transaction that holds off the intake of one epoch, or of all with None."""
        ...


@dataclass(slots=True)
class Difference:
    """What the pictures had wrong: rows of the live state and of pieces of use that were missing, false or too many."""

    live: int = 0
    sessions: int = 0

    @property
    def total(self) -> int:
        """All rows that were wrong."""
        return self.live + self.sessions


class Rebuild:
    """Goes through the log and puts the pictures right.

    Args:
        store: log and pictures.
        read_event: reads a stored event; from `hub.ingest.translate`.
    """

    def __init__(self, store: PictureStore, read_event: Callable[[bytes], Reported | Refused]) -> None:
        self._store, self._read_event = store, read_event

    def run(self, *, is_check: bool, progress: Callable[[int], None]) -> Difference:
        """Compare all pictures with the log, and put them right unless this is a check.

        Args:
            is_check: whether nothing is written.
            progress: told how many events were gone through since it was told last.
        """
        desks = self._store.desks()
        difference = Difference()
        words: dict[tuple[int, int], LiveRow] = {}
        for epoch_pk in self._store.epochs():
            for piece in self._pieces(epoch_pk, desks, difference, is_check=is_check):
                for key, row in last_words(piece).items():
                    if key not in words or row[7:] > words[key][7:]:
                        words[key] = row
                progress(len(piece))
        self._put_live_right(words, desks, difference, is_check=is_check)
        return difference

    def _pieces(
        self, epoch_pk: int, desks: Mapping[int, Mapping[str, int]], difference: Difference, *, is_check: bool
    ) -> Iterator[list[DeskEvent]]:
        above = 0
        while above < END:
            with self._store.writing(epoch_pk) as unit:
                logged = unit.events(epoch_pk, above, PIECE)
                upto = logged[-1].seq if len(logged) == PIECE else END
                events = [event for event in (self._desk_event(one, desks) for one in logged) if event]
                right = {row[:2]: row for row in sessions(events)}
                found = {row[:2]: row for row in unit.sessions(epoch_pk, above, upto)}
                missing = [row for key, row in right.items() if found.get(key) != row]
                surplus = [row for key, row in found.items() if key not in right]
                difference.sessions += len(missing) + len(surplus)
                if (missing or surplus) and not is_check:
                    unit.drop_sessions(surplus)
                    unit.put_sessions(missing)
                    unit.commit()
            above = upto
            yield events

    def _put_live_right(
        self,
        words: Mapping[tuple[int, int], LiveRow],
        desks: Mapping[int, Mapping[str, int]],
        difference: Difference,
        *,
        is_check: bool,
    ) -> None:
        """Write what the log said last; a word that came since is right when the log has it by now."""
        with self._store.writing(None) as unit:
            found = {row[:2]: row for row in unit.live()}
            surplus = []
            for key, row in found.items():
                told = words.get(key)
                if (
                    row != told
                    and not (told is not None and row[7:] < told[7:])
                    and not self._is_told(unit, row, desks)
                ):
                    surplus.append(row)
            for row in surplus:
                del found[row[:2]]
            missing = [row for key, row in words.items() if key not in found or _is_behind(found[key], row)]
            difference.live += len({row[:2] for row in surplus} | {row[:2] for row in missing})
            if (missing or surplus) and not is_check:
                unit.drop_live(surplus)
                unit.put_live(sorted(missing))
                unit.commit()

    def _is_told(self, unit: PictureUnit, row: LiveRow, desks: Mapping[int, Mapping[str, int]]) -> bool:
        logged = unit.event(row.epoch_pk, row.seq)
        event = None if logged is None else self._desk_event(logged, desks)
        return event is not None and last_words([event]).get(row[:2]) == row

    def _desk_event(self, logged: LoggedEvent, desks: Mapping[int, Mapping[str, int]]) -> DeskEvent | None:
        event = self._read_event(logged.payload)
        if isinstance(event, Refused):
            # An older version understood it, this one does not: it can't be pictured, and is told by the difference.
            return None
        desk_pk = desks.get(logged.device_pk, {}).get(event.desk)
        if desk_pk is None:
            return None
        return DeskEvent(
            desk_pk,
            logged.device_pk,
            logged.epoch_pk,
            logged.ordinal,
            logged.seq,
            logged.earliest_us,
            logged.latest_us,
            logged.time_quality,
            event,
        )


def _is_behind(found: LiveRow, told: LiveRow) -> bool:
    return found[7:] < told[7:] or (found[7:] == told[7:] and found != told)
