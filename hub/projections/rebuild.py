"""Makes the pictures again from the log, or checks that they are what the log says.

It goes through the log in pieces, each in a transaction of its own that holds off only the intake of that one device;
every piece leaves whole pictures behind, so it may be interrupted at any time, and intake goes on meanwhile.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import Final, Generic, NamedTuple, Protocol, TypeVar

from hub.domain.door_events import DoorWord
from hub.domain.events import Refused, Reported
from hub.event_ports import DeskEvent, DoorNow, LiveRow, LoggedEvent, Pictures, SessionRow, ToldEvent
from hub.projections.doors import last_door_words
from hub.projections.live import last_words
from hub.projections.sessions import sessions

PIECE: Final = 2000

END: Final = 2**63 - 1
"""No number is above it."""


class PictureUnit(Pictures, Protocol):
    """One writing transaction on the pictures; rolled back unless committed."""

    def events(self, epoch_pk: int, above: int, limit: int) -> Sequence[LoggedEvent]:
        """Return events of desks and doors of an epoch, rising, above a number."""
        ...

    def event(self, epoch_pk: int, seq: int) -> LoggedEvent | None:
        """Return one event of a desk or door, or None when the log does not have it."""
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
        """Take last words on desks away."""
        ...

    def doors(self) -> Sequence[DoorNow]:
        """Return the last words on doors that stand there."""
        ...

    def drop_doors(self, rows: Sequence[DoorNow]) -> None:
        """Take last words on doors away."""
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
        """Return how many events of desks and doors there are."""
        ...

    def desks(self) -> Mapping[int, Mapping[str, int]]:
        """Return, by device key, the keys of its space's desks by id; retired ones included."""
        ...

    def doors(self) -> Mapping[int, Mapping[str, int]]:
        """Return, by device key, the keys of its space's doors by id; retired ones included."""
        ...

    def writing(self, epoch_pk: int | None) -> AbstractContextManager[PictureUnit]:
        """Begin a transaction that holds off the intake of one epoch, or of all with None."""
        ...


@dataclass(slots=True)
class Difference:
    """What the pictures had wrong: live states and pieces of use that were missing, false or too many."""

    live: int = 0
    sessions: int = 0
    doors: int = 0

    @property
    def total(self) -> int:
        """All rows that were wrong."""
        return self.live + self.sessions + self.doors


W = TypeVar("W", LiveRow, DoorNow)
"""The last word on something: it begins with the keys of thing and device, and ends with ordinal and number."""


@dataclass(slots=True)
class _Words(Generic[W]):
    """The last words on desks, or on doors, as the log tells them, by the keys of thing and device."""

    told: dict[tuple[int, int], W] = field(default_factory=dict)

    def hear(self, words: Mapping[tuple[int, int], W]) -> None:
        for key, row in words.items():
            if key not in self.told or row[-2:] > self.told[key][-2:]:
                self.told[key] = row

    def wrong(self, stored: Sequence[W], is_told: Callable[[W], bool]) -> tuple[list[W], list[W]]:
        """Return rows that must go, and rows that must be written.

        A word that came since the log was read is right when the log has it by now.
        """
        found = {row[:2]: row for row in stored}
        surplus = []
        for key, row in found.items():
            told = self.told.get(key)
            if row != told and not (told is not None and row[-2:] < told[-2:]) and not is_told(row):
                surplus.append(row)
        for row in surplus:
            del found[row[:2]]
        missing = [row for key, row in self.told.items() if key not in found or _is_behind(found[key], row)]
        return surplus, sorted(missing)


class _Places(NamedTuple):
    """By device key, the keys of its space's desks and doors by id."""

    desks: Mapping[int, Mapping[str, int]]
    doors: Mapping[int, Mapping[str, int]]


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
        places = _Places(self._store.desks(), self._store.doors())
        difference = Difference()
        desk_words, door_words = _Words[LiveRow](), _Words[DoorNow]()
        for epoch_pk in self._store.epochs():
            for desks, doors in self._pieces(epoch_pk, places, difference, is_check=is_check):
                desk_words.hear(last_words(desks))
                door_words.hear(last_door_words(doors))
                progress(len(desks) + len(doors))
        self._put_words_right(desk_words, door_words, places, difference, is_check=is_check)
        return difference

    def _pieces(
        self, epoch_pk: int, places: _Places, difference: Difference, *, is_check: bool
    ) -> Iterator[tuple[list[DeskEvent], list[ToldEvent]]]:
        above = 0
        while above < END:
            with self._store.writing(epoch_pk) as unit:
                logged = unit.events(epoch_pk, above, PIECE)
                upto = logged[-1].seq if len(logged) == PIECE else END
                read = [self._event(one, places) for one in logged]
                desks = [event for event in read if isinstance(event, DeskEvent)]
                right = {row[:2]: row for row in sessions(desks)}
                found = {row[:2]: row for row in unit.sessions(epoch_pk, above, upto)}
                missing = [row for key, row in right.items() if found.get(key) != row]
                surplus = [row for key, row in found.items() if key not in right]
                difference.sessions += len(missing) + len(surplus)
                if (missing or surplus) and not is_check:
                    unit.drop_sessions(surplus)
                    unit.put_sessions(missing)
                    unit.commit()
            above = upto
            yield desks, [event for event in read if isinstance(event, ToldEvent)]

    def _put_words_right(
        self,
        desk_words: _Words[LiveRow],
        door_words: _Words[DoorNow],
        places: _Places,
        difference: Difference,
        *,
        is_check: bool,
    ) -> None:
        """Write what the log said last."""
        with self._store.writing(None) as unit:

            def is_desk_told(row: LiveRow) -> bool:
                event = self._logged(unit, row, places)
                return isinstance(event, DeskEvent) and last_words([event]).get(row[:2]) == row

            def is_door_told(row: DoorNow) -> bool:
                event = self._logged(unit, row, places)
                return isinstance(event, ToldEvent) and last_door_words([event]).get(row[:2]) == row

            desks, live = desk_words.wrong(unit.live(), is_desk_told)
            doors, now = door_words.wrong(unit.doors(), is_door_told)
            difference.live += len({row[:2] for row in (*desks, *live)})
            difference.doors += len({row[:2] for row in (*doors, *now)})
            if (desks or live or doors or now) and not is_check:
                unit.drop_live(desks)
                unit.put_live(live)
                unit.drop_doors(doors)
                unit.put_doors(now)
                unit.commit()

    def _logged(
        self, unit: PictureUnit, row: LiveRow | DoorNow, places: _Places
    ) -> DeskEvent | ToldEvent | None:
        logged = unit.event(row.epoch_pk, row.seq)
        return None if logged is None else self._event(logged, places)

    def _event(self, logged: LoggedEvent, places: _Places) -> DeskEvent | ToldEvent | None:
        event = self._read_event(logged.payload)
        if isinstance(event, Refused):
            # An older version understood it, this one does not: it can't be pictured, and is told by the difference.
            return None
        if isinstance(event.told, DoorWord):
            door_pk = places.doors.get(logged.device_pk, {}).get(event.told.door)
            at = (logged.epoch_pk, logged.ordinal, logged.seq, logged.latest_us, logged.time_quality)
            return None if door_pk is None else ToldEvent(door_pk, logged.device_pk, "", *at, event.told)
        desk_pk = places.desks.get(logged.device_pk, {}).get(event.desk)
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


def _is_behind(found: LiveRow | DoorNow, told: LiveRow | DoorNow) -> bool:
    return found[-2:] < told[-2:] or (found[-2:] == told[-2:] and found != told)
