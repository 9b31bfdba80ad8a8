"""Tables of facts: what days came to, and what is kept of a log whose events are gone (DESIGN section 8).

They belong to the occupancy store: no person, and no column for one (requirement P1). Contributions are a store of
their own, `hub.storage.contribution_tables`.
"""

from datetime import date
from typing import Final

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, ForeignKeyConstraint, Index, Text, false
from sqlalchemy.orm import Mapped, mapped_column

from hub.storage.types import Base, InstantUs, Key

MEASURES: Final = ("staffed", "access", "noon", "first", "second")
"""Parts of a day that a desk is measured in; each has three columns."""


class FactTouchRow(Base):
    """A quarter of an hour of a device's log that events have touched since its days were worked out.

    Written in the transaction of the events, so that no late one is missed; goes when its days are worked out again.
    """

    __tablename__ = "fact_touch"
    __table_args__ = (
        CheckConstraint("quarter >= 0", name="quarter"),
        CheckConstraint("events >= 0", name="events"),
        {"sqlite_with_rowid": False},
    )

    epoch_pk: Mapped[int] = mapped_column(Key, ForeignKey("epoch.pk"), primary_key=True)
    quarter: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    """Number of the quarter of an hour since 1970 UTC."""
    events: Mapped[int]
    """How many events happened in it; 0 where one only reaches back into it."""


class FactSpaceRow(Base):
    """How far a space's days are sealed, and which edition of its facts this is, so that none is written twice."""

    __tablename__ = "fact_space"
    __table_args__ = (CheckConstraint("version >= 1", name="version"),)

    space_pk: Mapped[int] = mapped_column(Key, ForeignKey("space.pk"), primary_key=True)
    version: Mapped[int]
    first_open: Mapped[date]
    """The first day that is not sealed."""
    made_until: Mapped[date]
    """The first day that was not worked out yet."""


class FactDeviceRow(Base):
    """How far a device's days are sealed, and what its log meant up to there (`hub.domain.statistics.desk_log`)."""

    __tablename__ = "fact_device"

    device_pk: Mapped[int] = mapped_column(Key, ForeignKey("device.pk"), primary_key=True)
    first_open: Mapped[date]
    ordinal: Mapped[int]
    seq: Mapped[int] = mapped_column(BigInteger)
    alive_us: Mapped[int] = mapped_column(InstantUs)
    heard_us: Mapped[int] = mapped_column(InstantUs)
    """When it was heard last with nothing left to tell."""


class FactWordRow(Base):
    """The last word on a desk before the days of its device that are not sealed yet."""

    __tablename__ = "fact_word"
    __table_args__ = (CheckConstraint("state IN ('vacant', 'occupied', 'unknown')", name="state"),)

    device_pk: Mapped[int] = mapped_column(Key, ForeignKey("device.pk"), primary_key=True)
    desk_pk: Mapped[int] = mapped_column(Key, ForeignKey("desk.pk"), primary_key=True)
    state: Mapped[str] = mapped_column(Text)
    since_us: Mapped[int] = mapped_column(InstantUs)
    known_us: Mapped[int | None] = mapped_column(InstantUs)


class QuarterFactRow(Base):
    """A desk in a quarter of an hour, for 30 days; without a row nothing was used or unknown."""

    __tablename__ = "quarter_fact"
    __table_args__ = (
        CheckConstraint("start_us % 900000000 = 0", name="quarter"),
        CheckConstraint(
            "occupied_us >= 0 AND unknown_us >= 0 AND occupied_us + unknown_us <= offered_us"
            " AND offered_us <= 900000000",
            name="times",
        ),
        Index("ix_quarter_fact_start_us", "start_us"),
        {"sqlite_with_rowid": False},
    )

    desk_pk: Mapped[int] = mapped_column(Key, ForeignKey("desk.pk"), primary_key=True)
    start_us: Mapped[int] = mapped_column(InstantUs, primary_key=True)
    offered_us: Mapped[int] = mapped_column(BigInteger)
    occupied_us: Mapped[int] = mapped_column(BigInteger)
    unknown_us: Mapped[int] = mapped_column(BigInteger)


class DeskDayRow(Base):
    """A desk on a local day; see `hub.domain.statistics.facts.DeskDay`. `first` and `second` are the day's halves."""

    __tablename__ = "desk_day"
    __table_args__ = (
        ForeignKeyConstraint(["space_pk", "desk_pk"], ["desk.space_pk", "desk.pk"]),
        ForeignKeyConstraint(["space_pk", "device_pk"], ["device.space_pk", "device.pk"]),
        CheckConstraint(
            " AND ".join(
                f"{part}_occupied_us >= 0 AND {part}_unknown_us >= 0"
                f" AND {part}_occupied_us + {part}_unknown_us <= {part}_offered_us"
                for part in MEASURES
            ),
            name="times",
        ),
        CheckConstraint("bookings >= no_shows AND no_shows >= 0 AND booked_us >= 0", name="bookings"),
        # Rows lie as reports read them.
        {"sqlite_with_rowid": False},
    )

    space_pk: Mapped[int] = mapped_column(Key, ForeignKey("space.pk"), primary_key=True)
    day: Mapped[date] = mapped_column(primary_key=True)
    desk_pk: Mapped[int] = mapped_column(Key, primary_key=True)
    device_pk: Mapped[int | None] = mapped_column(Key)
    has_sensor: Mapped[bool]
    in_service: Mapped[bool]
    staffed_offered_us: Mapped[int] = mapped_column(BigInteger)
    staffed_occupied_us: Mapped[int] = mapped_column(BigInteger)
    staffed_unknown_us: Mapped[int] = mapped_column(BigInteger)
    access_offered_us: Mapped[int] = mapped_column(BigInteger)
    access_occupied_us: Mapped[int] = mapped_column(BigInteger)
    access_unknown_us: Mapped[int] = mapped_column(BigInteger)
    noon_offered_us: Mapped[int] = mapped_column(BigInteger)
    noon_occupied_us: Mapped[int] = mapped_column(BigInteger)
    noon_unknown_us: Mapped[int] = mapped_column(BigInteger)
    first_offered_us: Mapped[int] = mapped_column(BigInteger)
    first_occupied_us: Mapped[int] = mapped_column(BigInteger)
    first_unknown_us: Mapped[int] = mapped_column(BigInteger)
    second_offered_us: Mapped[int] = mapped_column(BigInteger)
    second_occupied_us: Mapped[int] = mapped_column(BigInteger)
    second_unknown_us: Mapped[int] = mapped_column(BigInteger)
    booked_us: Mapped[int] = mapped_column(BigInteger)
    bookings: Mapped[int]
    no_shows: Mapped[int]
    unknown_us: Mapped[int] = mapped_column(BigInteger)
    """Of the whole day."""


class SpaceDayRow(Base):
    """A space on a local day; see `hub.domain.statistics.facts.SpaceDay`.

    `hours` are the hours of that day, JSON (`hub.storage.fact_rows`): written when the day is over, and never worked
    out again from settings or holidays of later.
    """

    __tablename__ = "space_day"
    __table_args__ = (
        CheckConstraint(
            "staffed_us >= 0 AND access_us >= 0 AND desks >= 0 AND sensed_desks >= 0 AND peak_desks >= 0"
            " AND visits >= 0 AND unassigned >= 0 AND events >= 0 AND late >= 0 AND gap_us >= 0",
            name="not_negative",
        ),
        {"sqlite_with_rowid": False},
    )

    space_pk: Mapped[int] = mapped_column(Key, ForeignKey("space.pk"), primary_key=True)
    day: Mapped[date] = mapped_column(primary_key=True)
    counts: Mapped[bool]
    is_holiday: Mapped[bool]
    hours: Mapped[str] = mapped_column(Text)
    staffed_us: Mapped[int] = mapped_column(BigInteger)
    access_us: Mapped[int] = mapped_column(BigInteger)
    desks: Mapped[int]
    sensed_desks: Mapped[int]
    peak_desks: Mapped[int]
    visits: Mapped[int]
    unassigned: Mapped[int]
    events: Mapped[int]
    is_sealed: Mapped[bool]
    late: Mapped[int]
    gap_us: Mapped[int] = mapped_column(BigInteger)
    logs_exits: Mapped[bool] = mapped_column(server_default=false())


class SpaceMonthRow(Base):
    """What the days of a space add up to in a month; see `hub.domain.statistics.month_facts.MonthFacts`.

    Written with the days, in the same transaction: so that a report on years need not read a hundred thousand of them.
    """

    __tablename__ = "space_month"
    __table_args__ = (
        CheckConstraint("present > 0 AND counted >= 0 AND sealed >= 0", name="days"),
        {"sqlite_with_rowid": False},
    )

    space_pk: Mapped[int] = mapped_column(Key, ForeignKey("space.pk"), primary_key=True)
    month: Mapped[date] = mapped_column(primary_key=True)
    """Its first day."""
    present: Mapped[int]
    counted: Mapped[int]
    sealed: Mapped[int]
    desks: Mapped[int]
    sensed_desks: Mapped[int]
    open_days: Mapped[int]
    open_us: Mapped[int] = mapped_column(BigInteger)
    access_us: Mapped[int] = mapped_column(BigInteger)
    visits: Mapped[int]
    events: Mapped[int]
    peak_desks: Mapped[int]
    peak_of: Mapped[int]
    bookings: Mapped[int]
    no_shows: Mapped[int]
    booked_us: Mapped[int] = mapped_column(BigInteger)
    offered_us: Mapped[int] = mapped_column(BigInteger)
    sensor_days: Mapped[int]
    desk_days: Mapped[int]
    staffed_offered_us: Mapped[int] = mapped_column(BigInteger)
    staffed_occupied_us: Mapped[int] = mapped_column(BigInteger)
    staffed_unknown_us: Mapped[int] = mapped_column(BigInteger)
    access_offered_us: Mapped[int] = mapped_column(BigInteger)
    access_occupied_us: Mapped[int] = mapped_column(BigInteger)
    access_unknown_us: Mapped[int] = mapped_column(BigInteger)
    noon_offered_us: Mapped[int] = mapped_column(BigInteger)
    noon_occupied_us: Mapped[int] = mapped_column(BigInteger)
    noon_unknown_us: Mapped[int] = mapped_column(BigInteger)
    exit_days: Mapped[int] = mapped_column(server_default="0")
