"""A space whose devices tell what a test writes down in minutes, and its facts."""

import itertools
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time
from typing import Any, NamedTuple

from sqlalchemy import Engine, insert, text

from hub import desks
from hub.domain.space import Desk, Device, OpeningPeriod, Phase, Space, SpaceBookings, SpaceKind, Town
from hub.domain.statistics.facts import DeskDay, SpaceDay
from hub.domain.statistics.month_facts import added_up
from hub.domain.statistics.periods import Month, Span
from hub.domain.time import to_us
from hub.ingest.intake import Message
from hub.services.import_site import import_site
from hub.storage.booking_tables import BookingRow, ClaimRow
from hub.storage.unit_of_work import UnitFactory
from tests.hub.ingest.hub import Hub
from tests.hub.ingest.spool import Spool
from wire.events import ClockSynchronised, DeskSession, DeskState, DeviceStarted

MINUTE_US = 60_000_000
DAY_US = 86_400_000_000
SPACE = "stadtlabor"
DESKS = {"fenster": "pi-1", "flur": "pi-1", "sofa": "pi-2", "stehtisch": ""}
ALL = Span(Month(2026, 1), Month(2027, 12))


def utc(year: int, month: int, day: int, hour: int = 0, minute: int = 0) -> int:
    """Return a moment of UTC."""
    return to_us(datetime(year, month, day, hour, minute, tzinfo=UTC))


class Line(NamedTuple):
    """What a device wrote down; times in microseconds.

    Args:
        what: `started`, `word` (of a desk), `use` (a piece of it), or `clock`.
        start_us: of a piece of use; of `started` the time stored before.
    """

    what: str
    at_us: int
    desk: str = ""
    state: str = ""
    start_us: int = 0


def town(zone: str = "Europe/Berlin", first: date = date(2026, 3, 20), **changes: Any) -> Town:
    """Return a town in Brandenburg with one space, open from 9 to 17 on weekdays and all night on Sundays."""
    opening = [OpeningPeriod(day, time(9), time(17)) for day in range(5)]
    opening += [OpeningPeriod(6, time(0), time(6)), OpeningPeriod(6, time(10, 10), time(0))]
    space = Space(
        id=SPACE,
        town="stadt",
        name="Stadtlabor",
        kind=SpaceKind.COWORKING,
        phase=Phase.OPERATION,
        valid_from=first,
        time_zone=zone,
        controller="Stadt",
        opening=tuple(opening),
        bookings=SpaceBookings(),
        desks=tuple(
            Desk(id=desk, name=desk, sensor="pir" if device else "", device=device, x=200 * i, y=100)
            for i, (desk, device) in enumerate(DESKS.items())
        ),
        devices=(Device("pi-1", "pi-1"), Device("pi-2", "pi-2")),
    )
    return Town("stadt", "12070424", "Stadt", "BB", spaces=(space,), **changes)


def spool(device: str, lines: Iterable[Line], epoch: str = "e000000000000001") -> Spool:
    """Return a device's spool of some lines; its boot began in 1970, so that its clock is UTC."""
    made = Spool(space=SPACE, device=device, epoch=epoch)
    for line in lines:
        at = {"boot": made.boot, "mono_us": line.at_us, "wall_us": line.at_us, "synced": True}
        made.add(_event(line, at))
    return made


def _event(line: Line, at: dict[str, Any]) -> Any:
    if line.what == "started":
        return DeviceStarted(**at, version="1", not_before_us=line.start_us)
    if line.what == "word":
        reason: Any = "unplugged" if line.state == "unknown" else ""
        state: Any = line.state
        return DeskState(**at, desk=line.desk, state=state, reason=reason)
    if line.what == "use":
        return DeskSession(**at, desk=line.desk, start_ago_us=line.at_us - line.start_us, end_ago_us=0)
    return ClockSynchronised(**at)


@dataclass
class World:
    """A hub with the space of `town`, and its facts."""

    engine: Engine
    site: Town = field(default_factory=town)

    def __post_init__(self) -> None:
        self.hub = Hub(self.engine, utc(2026, 3, 20))
        self.units = UnitFactory(self.engine)
        self.bring(self.site)
        self.facts = desks.daily_facts(self.units)
        self.reader = desks.fact_reader(self.units)
        self._keys = itertools.count(1)

    def bring(self, site: Town) -> None:
        """Import the site again."""
        self.site = site
        import_site(self.units, [site], self.hub.now_us)

    def take(self, *messages: Message, now_us: int | None = None) -> None:
        """Let messages arrive."""
        self.hub.now_us = now_us or self.hub.now_us
        self.hub.take(*messages)

    def tell(self, device: str, lines: Sequence[Line], now_us: int | None = None) -> Spool:
        """Let a device tell lines in one go."""
        made = spool(device, lines)
        self.take(*made.batches(200), now_us=now_us)
        return made

    def healthy(self, device: str, at_us: int, depth: int = 0) -> None:
        """Have a device heard at a moment."""
        pk = self.rows("SELECT pk FROM device WHERE id = :id", id=device)[0][0]
        health = f'{{"wall_us": {at_us}, "synced": true, "spool_depth": {depth}}}'
        values = {"pk": pk, "at": at_us, "health": health}
        with self.engine.begin() as connection:
            connection.execute(text("DELETE FROM device_state WHERE device_pk = :pk"), {"pk": pk})
            connection.execute(
                text(
                    "INSERT INTO device_state VALUES (:pk, 'online', '00000000000000aa', :at, :at, '{}', :health)"
                ),
                values,
            )

    def book(
        self, kind: str, desks: Iterable[str], start_us: int, end_us: int, state: str = "booked", **more: Any
    ) -> None:
        """Write a booking down."""
        key = next(self._keys)
        is_active = state in ("booked", "checked_in")
        space_pk = self.rows("SELECT pk FROM space WHERE id = :id", id=SPACE)[0][0]
        of_desk: dict[str, int] = {row[0]: row[1] for row in self.rows("SELECT id, pk FROM desk")}
        common = {"space_pk": space_pk, "start_us": start_us, "end_us": end_us, "is_active": is_active}
        values = {
            "pk": key, "id": f"{key:016x}", "kind": kind, "state": state, "any_hours": False, "note": "", "version": 1,
            "created_us": start_us, "fresh_us": start_us, "ended_us": None if is_active else end_us,
            "ended_reason": "", **common, **more,
        }  # fmt: skip
        with self.engine.begin() as connection:
            connection.execute(insert(BookingRow), values)
            for desk in desks:
                connection.execute(insert(ClaimRow), {"booking_pk": key, "desk_pk": of_desk[desk], **common})

    def rows(self, sql: str, **parameters: Any) -> list[tuple[Any, ...]]:
        """Return what a query gives on a connection of its own."""
        return self.hub.rows(sql, **parameters)

    def desk_days(self) -> dict[tuple[date, str], DeskDay]:
        """Return the facts of desks."""
        return {(one.day, one.desk): one for one in self.reader.desk_days([SPACE], ALL)}

    def space_days(self) -> dict[date, SpaceDay]:
        """Return the facts of the space."""
        return {one.day: one for one in self.reader.space_days([SPACE], ALL)}

    def check_months(self) -> None:
        """Check that what is stored of months is what the stored days add up to."""
        right = added_up(self.reader.space_days([SPACE], ALL), self.reader.desk_days([SPACE], ALL))
        assert self.reader.month_facts([SPACE], ALL) == list(right)

    def everything(self) -> dict[str, list[tuple[Any, ...]]]:
        """Return all that is stored of facts, but not how often it was written."""
        tables = {
            "desk_day": "space_pk, day, desk_pk",
            "space_day": "space_pk, day",
            "space_month": "space_pk, month",
            "quarter_fact": "desk_pk, start_us",
            "fact_device": "device_pk",
            "fact_word": "device_pk, desk_pk",
        }
        return {table: self.rows(f"SELECT * FROM {table} ORDER BY {key}") for table, key in tables.items()}
