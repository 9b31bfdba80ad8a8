"""Tables of bookings (DESIGN section 7): who has which desk when, checked in how, and what spaces have decided.

A booking has no desk of its own: it has one *claim* per desk, one for somebody's desk and as many as there are desks
for a whole space. The database itself refuses a second active claim of a desk at one instant (`claim_guards`), and
keeps claims as their booking is, whoever writes.
"""

from datetime import date
from typing import Final

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    LargeBinary,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from hub.domain.booking import MAX_LENGTH_US, BookingKind, BookingState, CheckInWay
from hub.domain.series import Frequency
from hub.storage.tables import MINUTES_OF_DAY
from hub.storage.types import Base, InstantUs, Key, Name

LONG_US: Final = 2 * 86_400_000_000
LONG: Final = f"end_us - start_us > {LONG_US}"
"""Condition of bookings that last longer than almost all others, word for word as in their index."""


class SpaceBookingsRow(Base):
    """What a space has decided about bookings; without a row, the defaults of `hub.domain.space.SpaceBookings`."""

    __tablename__ = "space_bookings"
    __table_args__ = (
        CheckConstraint(f"half_day_min > 0 AND half_day_min < {MINUTES_OF_DAY}", name="half_day_min"),
        CheckConstraint(
            "advance_days >= 0 AND concurrent >= 0 AND per_week >= 0 AND cancel_until_min >= 0 AND early_min >= 0"
            " AND grace_min >= 0",
            name="not_negative",
        ),
        CheckConstraint("hold_min >= 0", name="hold_min"),
    )

    space_pk: Mapped[int] = mapped_column(Key, ForeignKey("space.pk"), primary_key=True)
    bookable: Mapped[bool]
    half_day_min: Mapped[int]
    advance_days: Mapped[int]
    concurrent: Mapped[int]
    per_week: Mapped[int]
    cancel_until_min: Mapped[int]
    several_desks: Mapped[bool]
    early_min: Mapped[int]
    release: Mapped[bool]
    grace_min: Mapped[int]
    entry_needs_booking: Mapped[bool]
    holidays_open: Mapped[bool]
    hold_min: Mapped[int] = mapped_column(server_default="30")


class BookingSeriesRow(Base):
    """The rule of a series, as it was made; what came of each day stands in its bookings.

    Args of the rule as in `hub.domain.series.SeriesRule`; `weekdays` has a bit for each, Monday the lowest.
    """

    __tablename__ = "booking_series"
    __table_args__ = (
        UniqueConstraint("space_pk", "pk"),
        ForeignKeyConstraint(["space_pk", "desk_pk"], ["desk.space_pk", "desk.pk"]),
        CheckConstraint("length(id) = 16", name="id_length"),
        CheckConstraint("every >= 1", name="every"),
        CheckConstraint("weekdays BETWEEN 0 AND 127", name="weekdays"),
        CheckConstraint("nth BETWEEN -1 AND 4", name="nth"),
        CheckConstraint("first_day <= last_day", name="days"),
        CheckConstraint(
            f"starts_min >= 0 AND starts_min < ends_min AND ends_min <= {MINUTES_OF_DAY}", name="minutes"
        ),
    )

    pk: Mapped[int] = mapped_column(Key, primary_key=True)
    id: Mapped[str] = mapped_column(Text, unique=True)
    space_pk: Mapped[int] = mapped_column(Key, ForeignKey("space.pk"))
    desk_pk: Mapped[int | None] = mapped_column(Key)
    """None for a series of the whole space."""
    member_pk: Mapped[int | None] = mapped_column(Key, ForeignKey("member.pk"), index=True)
    kind: Mapped[BookingKind] = mapped_column(Name(BookingKind))
    frequency: Mapped[Frequency] = mapped_column(Name(Frequency))
    every: Mapped[int]
    weekdays: Mapped[int]
    nth: Mapped[int]
    first_day: Mapped[date]
    last_day: Mapped[date]
    starts_min: Mapped[int]
    ends_min: Mapped[int]
    created_us: Mapped[int] = mapped_column(InstantUs)


class BookingRow(Base):
    """A booking; `is_active` says whether its state takes desks, and its claims follow it (see the module).

    `request` is what made it, so that the same request again makes no second one; `request_digest` tells whether it is
    the same. Retention takes the person and the note, not the row.
    """

    __tablename__ = "booking"
    __table_args__ = (
        # What claims point to: a claim can't have another time, or be more alive, than its booking.
        UniqueConstraint("pk", "space_pk", "start_us", "end_us", "is_active"),
        UniqueConstraint("series_pk", "series_day"),
        ForeignKeyConstraint(["space_pk", "series_pk"], ["booking_series.space_pk", "booking_series.pk"]),
        CheckConstraint("length(id) = 16", name="id_length"),
        CheckConstraint("start_us < end_us", name="order"),
        CheckConstraint(f"end_us - start_us <= {MAX_LENGTH_US}", name="length"),
        CheckConstraint("is_active = (state = 'booked' OR state = 'checked_in')", name="is_active"),
        CheckConstraint("is_active = (ended_us IS NULL)", name="ended"),
        CheckConstraint("version >= 1", name="version"),
        CheckConstraint("(series_pk IS NULL) = (series_day IS NULL)", name="series_day"),
        CheckConstraint("(request IS NULL) = (request_digest IS NULL)", name="request"),
        Index("ix_booking_space_pk_start_us", "space_pk", "start_us"),
        Index("ix_booking_member_pk_end_us", "member_pk", "end_us"),
        # Small: what reaches far; see `hub.storage.booking_reads.reaching`.
        Index(
            "ix_booking_long",
            "space_pk",
            "start_us",
            sqlite_where=text(LONG),
            postgresql_where=text(LONG),
        ),
        # Small: what may be released.
        Index(
            "ix_booking_unconfirmed",
            "start_us",
            sqlite_where=text("state = 'booked'"),
            postgresql_where=text("state = 'booked'"),
        ),
    )

    pk: Mapped[int] = mapped_column(Key, primary_key=True)
    id: Mapped[str] = mapped_column(Text, unique=True)
    space_pk: Mapped[int] = mapped_column(Key, ForeignKey("space.pk"))
    kind: Mapped[BookingKind] = mapped_column(Name(BookingKind))
    state: Mapped[BookingState] = mapped_column(Name(BookingState))
    is_active: Mapped[bool]
    start_us: Mapped[int] = mapped_column(InstantUs)
    end_us: Mapped[int] = mapped_column(InstantUs)
    member_pk: Mapped[int | None] = mapped_column(Key, ForeignKey("member.pk"))
    series_pk: Mapped[int | None] = mapped_column(Key)
    series_day: Mapped[date | None]
    any_hours: Mapped[bool]
    note: Mapped[str] = mapped_column(Text)
    version: Mapped[int]
    created_us: Mapped[int] = mapped_column(InstantUs)
    fresh_us: Mapped[int] = mapped_column(InstantUs)
    ended_us: Mapped[int | None] = mapped_column(InstantUs)
    ended_reason: Mapped[str] = mapped_column(Text)
    request: Mapped[str | None] = mapped_column(Text, unique=True)
    request_digest: Mapped[bytes | None] = mapped_column(LargeBinary)


class ClaimRow(Base):
    """A desk that a booking takes, for all its time and as long as it is active; claims of one desk never overlap."""

    __tablename__ = "claim"
    __table_args__ = (
        UniqueConstraint("booking_pk", "desk_pk"),
        ForeignKeyConstraint(
            ["booking_pk", "space_pk", "start_us", "end_us", "is_active"],
            ["booking.pk", "booking.space_pk", "booking.start_us", "booking.end_us", "booking.is_active"],
            onupdate="CASCADE",
        ),
        ForeignKeyConstraint(["space_pk", "desk_pk"], ["desk.space_pk", "desk.pk"]),
        CheckConstraint("start_us < end_us", name="order"),
        Index(
            "ix_claim_active",
            "desk_pk",
            "start_us",
            # As SQLAlchemy writes it there: an index is used only for a condition that names it word for word.
            sqlite_where=text("is_active = 1"),
            postgresql_where=text("is_active"),
        ),
    )

    pk: Mapped[int] = mapped_column(Key, primary_key=True)
    booking_pk: Mapped[int] = mapped_column(Key)
    space_pk: Mapped[int] = mapped_column(Key)
    desk_pk: Mapped[int] = mapped_column(Key)
    start_us: Mapped[int] = mapped_column(InstantUs)
    end_us: Mapped[int] = mapped_column(InstantUs)
    is_active: Mapped[bool]


class CheckInRow(Base):
    """Somebody said to be there: at a door or desk by card, by phone, or by a host's hand.

    With `epoch_pk` and `seq` it is made of an event, once (D9). Without a booking it is a walk-in's.
    """

    __tablename__ = "check_in"
    __table_args__ = (
        UniqueConstraint("epoch_pk", "seq"),
        ForeignKeyConstraint(["space_pk", "desk_pk"], ["desk.space_pk", "desk.pk"]),
        CheckConstraint("(epoch_pk IS NULL) = (seq IS NULL)", name="event"),
        Index("ix_check_in_space_pk_at_us", "space_pk", "at_us"),
        Index("ix_check_in_booking_pk", "booking_pk"),
        Index("ix_check_in_member_pk_at_us", "member_pk", "at_us"),
    )

    pk: Mapped[int] = mapped_column(Key, primary_key=True)
    space_pk: Mapped[int] = mapped_column(Key, ForeignKey("space.pk"))
    booking_pk: Mapped[int | None] = mapped_column(Key, ForeignKey("booking.pk"))
    desk_pk: Mapped[int | None] = mapped_column(Key)
    member_pk: Mapped[int | None] = mapped_column(Key, ForeignKey("member.pk"))
    at_us: Mapped[int] = mapped_column(InstantUs)
    how: Mapped[CheckInWay] = mapped_column(Name(CheckInWay))
    account_pk: Mapped[int | None] = mapped_column(Key, ForeignKey("account.pk"))
    epoch_pk: Mapped[int | None] = mapped_column(Key, ForeignKey("epoch.pk"))
    seq: Mapped[int | None] = mapped_column(BigInteger)


class ApiTokenRow(Base):
    """What a program signs in with; the token itself is not stored, `digest` is its SHA-256.

    It acts for a member or with the rights of an account, and only within its scopes, which stand here with spaces
    between.
    """

    __tablename__ = "api_token"
    __table_args__ = (
        CheckConstraint("length(digest) = 32", name="digest_length"),
        CheckConstraint("(member_pk IS NULL) <> (account_pk IS NULL)", name="one_holder"),
    )

    pk: Mapped[int] = mapped_column(Key, primary_key=True)
    name: Mapped[str] = mapped_column(Text)
    digest: Mapped[bytes] = mapped_column(LargeBinary, unique=True)
    scopes: Mapped[str] = mapped_column(Text)
    member_pk: Mapped[int | None] = mapped_column(Key, ForeignKey("member.pk"), index=True)
    account_pk: Mapped[int | None] = mapped_column(Key, ForeignKey("account.pk"))
    created_us: Mapped[int] = mapped_column(InstantUs)
    until_us: Mapped[int | None] = mapped_column(InstantUs)
    revoked_us: Mapped[int | None] = mapped_column(InstantUs)


class CalendarFeedRow(Base):
    """A member's feed for calendars; the secret of its address is not stored, `digest` is its SHA-256."""

    __tablename__ = "calendar_feed"
    __table_args__ = (CheckConstraint("length(digest) = 32", name="digest_length"),)

    member_pk: Mapped[int] = mapped_column(Key, ForeignKey("member.pk"), primary_key=True)
    digest: Mapped[bytes] = mapped_column(LargeBinary, unique=True)
    made_us: Mapped[int] = mapped_column(InstantUs)


class ApiRequestRow(Base):
    """What a request with an idempotency key has made, beside bookings, which have their request with them.

    `made` is the key or id of what was made. The row goes after a week, and with the member whom it is about.
    """

    __tablename__ = "api_request"
    __table_args__ = (CheckConstraint("length(digest) = 32", name="digest_length"),)

    key: Mapped[str] = mapped_column(Text, primary_key=True)
    digest: Mapped[bytes] = mapped_column(LargeBinary)
    made: Mapped[str] = mapped_column(Text)
    member_pk: Mapped[int | None] = mapped_column(Key, ForeignKey("member.pk"), index=True)
    made_us: Mapped[int] = mapped_column(InstantUs, index=True)
