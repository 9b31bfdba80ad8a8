"""Fills a database: checks that it may, writes batch by batch, goes on where an earlier run was interrupted."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, ClassVar, Protocol

from hub.demo_data.dice import token
from hub.demo_data.network import begin_of, network
from hub.demo_data.records import JOB, Batch, Records, SpaceKeys
from hub.domain.errors import RuleRefused
from hub.domain.space import Town
from hub.domain.time import day_bounds
from hub.event_ports import DoorNow, LiveRow, SessionRow, StoredEvent

_ZONE = "Europe/Berlin"
_DONE = "done"
MONTH_IS_IN = 3
"""Day of a month on which everything of the month before has been told, mostly."""
_TOGETHER = 10_000
"""Events in one transaction, about; whole days in any case."""


class DemoDataRefused(RuleRefused):
    """The database can't be filled."""


class Keys(Protocol):
    """Keys of a space and of what stands in it, by id."""

    @property
    def pk(self) -> int:
        """Of the space."""
        ...

    @property
    def devices(self) -> Mapping[str, int]:
        """Of its devices."""
        ...

    @property
    def desks(self) -> Mapping[str, int]:
        """Of its desks."""
        ...

    @property
    def doors(self) -> Mapping[str, int]:
        """Of its doors."""
        ...


class Target(Protocol):
    """What is filled; see `hub.storage.demo_rows.DemoRows`."""

    def used(self) -> Sequence[str]:
        """Return the names of tables that should be empty and are not."""
        ...

    def progress(self) -> str | None:
        """Return the note of the last batch, None when there was none."""
        ...

    def keys(self) -> Mapping[str, Keys]:
        """Return the keys of all spaces, by id."""
        ...

    def write(
        self,
        note: str,
        now_us: int,
        *,
        rows: Mapping[str, Sequence[Mapping[str, Any]]],
        events: Sequence[StoredEvent],
        pieces: Sequence[SessionRow],
        desks: Sequence[LiveRow],
        doors: Sequence[DoorNow],
        cursors: Mapping[int, int],
    ) -> None:
        """Write a batch and its note, all or nothing."""
        ...


@dataclass(slots=True)
class Filled:
    """What there is now."""

    seed: int
    first: date
    last: date
    towns: int
    spaces: int
    people: int
    bookings: int = 0
    visits: int = 0
    events: int = 0


class Fill:
    """One filling.

    Args:
        towns: as a site file has them.
        seed: of the dice.
        last: last day.
        months: how many of them end with that day.
        bustle: how many times as many visits as usual.
    """

    JOB: ClassVar[str] = JOB

    def __init__(
        self, towns: Sequence[Town], seed: int, last: date, months: int, *, bustle: float = 1.0
    ) -> None:
        self.towns = tuple(towns)
        self.network = network(towns, seed, begin_of(last, months), last, bustle=bustle)
        self._name = token(seed, self.network.first, last, bustle, repr(self.towns))

    @property
    def length(self) -> int:
        """How many days there are to be written."""
        return self.network.length

    def check(self, target: Target) -> None:
        """Check that a database may be filled.

        Raises:
            DemoDataRefused: when somebody uses it, it is filled already, or an interrupted run had other options.
        """
        note = target.progress()
        if note is not None:
            name, _, day = note.partition(" ")
            if day == _DONE:
                raise DemoDataRefused(
                    "this database has demonstration data already: take an empty one",
                    code="demo_data_there",
                )
            if name != self._name:
                raise DemoDataRefused(
                    f"a run with other options was interrupted after {day}: call it again with those, among them "
                    "--until, or take an empty database",
                    code="demo_data_differs",
                    day=day,
                )
            return
        used = target.used()
        if used:
            raise DemoDataRefused(
                f"this database is in use (rows in {', '.join(used)}): made-up people would stand among real ones; "
                "take an empty one, for instance with ANKERORT_DATABASE_URL=sqlite:////tmp/demo-data.db",
                code="database_in_use",
                tables=", ".join(used),
            )
        if not self.network.stories:
            raise DemoDataRefused(
                f"no space of the site file exists between {self.network.first} and {self.network.last}: choose "
                "another --until, or more --months",
                code="no_space_then",
            )

    def run(
        self,
        target: Target,
        step: Callable[[date], object],
        written: Callable[[date], object] = lambda _: None,
    ) -> Filled:
        """Write everything that is not there yet.

        Args:
            target: with the site of these towns.
            step: told each day when it is made.
            written: told days up to which everything is in the database, the third of each month among them.
        """
        there = self.network
        keys = {
            id_: SpaceKeys(one.pk, one.devices, one.desks, one.doors) for id_, one in target.keys().items()
        }
        _, _, noted = (target.progress() or "").partition(" ")
        done = date.fromisoformat(noted) if noted else date.min
        found = Filled(
            there.seed, there.first, there.last, len(there.towns), len(there.stories), len(there.people)
        )
        waiting: Batch | None = None
        for batch in Records(there, keys).batches():
            found.bookings += len(batch.rows.get("booking", ()))
            found.visits += len(batch.rows.get("visit", ()))
            found.events += len(batch.events)
            # What is there is made again, too: later days follow from it.
            if batch.day > done:
                if waiting is None:
                    waiting = batch
                else:
                    waiting.join(batch)
                if (
                    len(waiting.events) >= _TOGETHER
                    or batch.day == there.last
                    or batch.day.day == MONTH_IS_IN
                ):
                    self._write(target, waiting)
                    written(batch.day)
                    waiting = None
            if batch.day >= there.first:
                step(batch.day)
        return found

    def _write(self, target: Target, batch: Batch) -> None:
        is_last = batch.day == self.network.last
        target.write(
            f"{self._name} {_DONE if is_last else batch.day}",
            day_bounds(batch.day + timedelta(days=1), _ZONE).start_us,
            rows=batch.rows,
            events=batch.events,
            pieces=batch.pieces,
            desks=list(batch.desks.values()),
            doors=list(batch.doors.values()),
            cursors=batch.cursors,
        )
