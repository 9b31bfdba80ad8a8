"""What working out the facts of days needs from the store, and the rows that pass through it (DESIGN section 8)."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import date
from typing import NamedTuple, Protocol

from hub.domain.space import Space, Town
from hub.domain.statistics.access_hours import Opens
from hub.domain.statistics.desk_day import DayHours, DeskPlace, DeskPlans, Piece, Quarter
from hub.domain.statistics.desk_log import LogState
from hub.domain.statistics.facts import DeskDay, SpaceDay


class RawEntry(NamedTuple):
    """An event of a device's log; `payload` is None for one that says nothing of desks."""

    ordinal: int
    seq: int
    earliest_us: int
    latest_us: int
    payload: bytes | None


class Touch(NamedTuple):
    """A quarter of an hour of a device's log that events touched; `events` happened in it."""

    device_pk: int
    epoch_pk: int
    quarter: int
    events: int


@dataclass(frozen=True, slots=True)
class DeviceMark:
    """How far a device's days are sealed.

    Args:
        first_open: the first day that is not.
        log: what its log meant up to there.
        heard_us: when it was heard last with nothing left to tell.
    """

    first_open: date
    log: LogState
    heard_us: int = 0


class StoredDesk(NamedTuple):
    """A desk's day as it is stored."""

    place: DeskPlace
    day: DeskDay
    unknown_us: int


@dataclass(frozen=True, slots=True)
class StoredDay:
    """A space's day as it is stored: its hours are written down, whatever settings say since."""

    hours: DayHours
    facts: SpaceDay
    desks: Mapping[int, StoredDesk]


class FactLook(Protocol):
    """One consistent look at everything that the facts of a space come from.

    Each method raises `StoreUnavailable` when the database can't be read now.
    """

    @property
    def town(self) -> Town:
        """The town of the space."""
        ...

    @property
    def space(self) -> Space:
        """The space as it is now."""
        ...

    @property
    def space_pk(self) -> int:
        """Its key."""
        ...

    def first_known(self) -> date | None:
        """Return the first day of which there is a word: of a device, a booking or a visit; None for none."""
        ...

    def progress(self) -> tuple[int, date] | None:
        """Return the edition of the facts, and the first day that is not sealed; None where there are none yet."""
        ...

    def marks(self) -> Mapping[int, DeviceMark]:
        """Return how far each device is sealed, by key."""
        ...

    def desks(self) -> Sequence[DeskPlace]:
        """Return the desks as they stand now."""
        ...

    def heard(self) -> Mapping[int, int]:
        """Return by device key when it was heard last with nothing left to tell."""
        ...

    def days(self, first: date) -> Mapping[date, StoredDay]:
        """Return the stored days from one on."""
        ...

    def quarters(self, from_us: int) -> Sequence[Quarter]:
        """Return the stored quarters of an hour from a moment on."""
        ...

    def entries(self, device_pk: int, ordinal: int, seq: int) -> Iterator[RawEntry]:
        """Return a device's log above a place, in its order."""
        ...

    def device_desks(self) -> Mapping[str, int]:
        """Return the keys of all desks that the space ever had, by id."""
        ...

    def pieces(self, desk_pk: int, from_us: int) -> Sequence[Piece]:
        """Return the pieces of a desk's use that begin at a moment or later."""
        ...

    def plans(self, from_us: int, until_us: int) -> tuple[Mapping[int, DeskPlans], Sequence[int]]:
        """Return what was planned by desk key, and the begins of events, within a stretch of time."""
        ...

    def opens(self) -> Sequence[Opens]:
        """Return when doors open outside of the opening hours: to anyone, and to each who holds a right to it."""
        ...

    def visits(self, first: date) -> Mapping[date, int]:
        """Return how many persons came, by day, from a day on."""
        ...

    def unassigned(self, from_us: int, until_us: int) -> Sequence[int]:
        """Return when somebody came in of whom nobody can be told."""
        ...

    def touches(self) -> Sequence[Touch]:
        """Return what events touched since the days were worked out."""
        ...


@dataclass(slots=True)
class MadeDays:
    """What is to be written of a space: all that differs from what is stored.

    Args:
        version: of the facts that it was made from; 0 for none.
        first_open, made_until: as in `hub.storage.fact_tables.FactSpaceRow`.
        late: how many events came for days that were sealed before.
        touches: that are worked in.
    """

    space_pk: int
    version: int
    first_open: date
    made_until: date
    days: list[tuple[DayHours, SpaceDay]] = field(default_factory=list)
    desks: list[tuple[DeskPlace, DeskDay, int]] = field(default_factory=list)
    gone_desks: list[tuple[date, int]] = field(default_factory=list)
    quarters: list[Quarter] = field(default_factory=list)
    gone_quarters: list[tuple[int, int]] = field(default_factory=list)
    marks: dict[int, DeviceMark] = field(default_factory=dict)
    late: dict[date, int] = field(default_factory=dict)
    touches: Sequence[Touch] = ()

    @property
    def changes(self) -> int:
        """How many facts differ from what is stored."""
        return len(self.days) + len(self.desks) + len(self.gone_desks)


class DueSpace(NamedTuple):
    """A space with days that were not worked out yet, or whose past events touched.

    Args:
        made_until: the first day that was not worked out; None for none at all.
        touched_us: the earliest moment that was touched, or None.
    """

    space: str
    time_zone: str
    made_until: date | None
    touched_us: int | None


class FactStore(Protocol):
    """Facts and what they come from; each method raises `StoreUnavailable` when the database can't be used now."""

    def spaces(self) -> Sequence[DueSpace]:
        """Return all spaces that are not retired, by id."""
        ...

    def looking(self, space: str) -> AbstractContextManager[FactLook]:
        """Look at one space; nothing that is written meanwhile is seen."""
        ...

    def write(self, made: MadeDays) -> bool:
        """Write facts, all at once; say false, and write none, when others were written since they were looked at."""
        ...

    def purge_quarters(self, before_us: int, limit: int) -> int:
        """Delete at most so many quarters of an hour that began before; return how many went."""
        ...


class ContributionStore(Protocol):
    """What persons did in a month, under pseudonyms; errors as in `FactStore`."""

    def renew(self, space: str, today: date, now_us: int) -> int:
        """Work out again what persons did in the months whose visits are all still there; return how many changed."""
        ...

    def end(self, today: date) -> int:
        """Delete keys, and what is under them, of years that ended before the last 31 March; return how many went."""
        ...
