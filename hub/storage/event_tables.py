"""Tables of events and of everything that is made from them (DESIGN section 5).

`event` is the log; `desk_live` and `desk_session` are pictures of it, made in the same transaction and made again by
`ankerort-hub rebuild`. `cursor`, `received_range` and `lost_range` say what is counted (D2, D3, D6) and outlive the
events. No table here has a person: a card stands in the payload of its event alone, as a keyed look-up value
(requirement P1).
"""

from typing import Final

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    ForeignKey,
    Index,
    LargeBinary,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from hub.domain.events import AlarmKind, EventKind, RefusalReason, TimeQuality
from hub.storage.types import Base, InstantUs, Key, Name

MAX_SEQ: Final = 2**63 - 1
MAX_OFFSET_US: Final = 2**62
NO_RESOLUTION: Final = text("resolved_us IS NULL")


class EpochRow(Base):
    """A numbering of a device, born with its spool file (D1).

    `ordinal` counts the device's epochs in the order in which the hub met them; (`ordinal`, `seq`) orders a device's
    events.
    """

    __tablename__ = "epoch"
    __table_args__ = (
        UniqueConstraint("device_pk", "epoch"),
        UniqueConstraint("device_pk", "ordinal"),
        CheckConstraint("length(epoch) = 16", name="epoch_length"),
        CheckConstraint("ordinal >= 1", name="ordinal"),
    )

    pk: Mapped[int] = mapped_column(Key, primary_key=True)
    device_pk: Mapped[int] = mapped_column(Key, ForeignKey("device.pk"))
    epoch: Mapped[str] = mapped_column(Text)
    ordinal: Mapped[int]
    first_seen_us: Mapped[int] = mapped_column(InstantUs)


class CursorRow(Base):
    """The mark of an epoch: every number up to `upto` is counted, lost or refused (D3). Workers lock its row."""

    __tablename__ = "cursor"
    __table_args__ = (CheckConstraint("upto >= 0", name="upto"),)

    epoch_pk: Mapped[int] = mapped_column(Key, ForeignKey("epoch.pk"), primary_key=True)
    upto: Mapped[int] = mapped_column(BigInteger)


class ReceivedRangeRow(Base):
    """A run of numbers above the mark that is already counted, because batches came out of order (D3)."""

    __tablename__ = "received_range"
    __table_args__ = (CheckConstraint("first >= 1 AND first <= last", name="range"),)

    epoch_pk: Mapped[int] = mapped_column(Key, ForeignKey("epoch.pk"), primary_key=True)
    first: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    last: Mapped[int] = mapped_column(BigInteger)


class LostRangeRow(Base):
    """A run of numbers that the device had to drop (D6): never counted, unless it still arrives."""

    __tablename__ = "lost_range"
    __table_args__ = (CheckConstraint("first >= 1 AND first <= last", name="range"),)

    epoch_pk: Mapped[int] = mapped_column(Key, ForeignKey("epoch.pk"), primary_key=True)
    first: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    last: Mapped[int] = mapped_column(BigInteger)
    noted_us: Mapped[int] = mapped_column(InstantUs)


class BootRow(Base):
    """A boot of a device and what is known of its clock (D8).

    `offset_us` is wall minus monotonic time, from the first synchronised event of the boot in the order of the log
    (`offset_ordinal`, `offset_seq`), so that it does not depend on the order of arrival.
    """

    __tablename__ = "boot"
    __table_args__ = (
        UniqueConstraint("device_pk", "boot"),
        CheckConstraint("length(boot) = 16", name="boot_length"),
        CheckConstraint(f"abs(offset_us) <= {MAX_OFFSET_US}", name="offset_us"),
        CheckConstraint(
            "(offset_us IS NULL) = (offset_ordinal IS NULL) AND (offset_us IS NULL) = (offset_seq IS NULL)",
            name="offset_source",
        ),
    )

    pk: Mapped[int] = mapped_column(Key, primary_key=True)
    device_pk: Mapped[int] = mapped_column(Key, ForeignKey("device.pk"))
    boot: Mapped[str] = mapped_column(Text)
    not_before_us: Mapped[int] = mapped_column(InstantUs)
    offset_us: Mapped[int | None] = mapped_column(BigInteger)
    offset_ordinal: Mapped[int | None]
    offset_seq: Mapped[int | None] = mapped_column(BigInteger)


class EventRow(Base):
    """One event, exactly as the device wrote it, and when it happened as far as is known (D1, D8).

    `digest` is SHA-256 over the payload: it tells other content under the same key (D2) after the payload was erased.
    """

    __tablename__ = "event"
    __table_args__ = (
        CheckConstraint("seq >= 1", name="seq"),
        CheckConstraint("mono_us >= 0", name="mono_us"),
        CheckConstraint("length(digest) = 32", name="digest_length"),
        CheckConstraint("earliest_us <= latest_us", name="bounds"),
        Index("ix_event_received_us", "received_us"),
        # Small: only events whose boot was not synchronised yet, for the day that it is (D8).
        Index(
            "ix_event_boot_unsynced",
            "boot_pk",
            sqlite_where=text("time_quality <> 'exact'"),
            postgresql_where=text("time_quality <> 'exact'"),
        ),
        # Rows lie in the order of the log: appending and rebuilding touch few pages.
        {"sqlite_with_rowid": False},
    )

    epoch_pk: Mapped[int] = mapped_column(Key, ForeignKey("epoch.pk"), primary_key=True)
    seq: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    boot_pk: Mapped[int] = mapped_column(Key, ForeignKey("boot.pk"))
    kind: Mapped[EventKind] = mapped_column(Name(EventKind))
    mono_us: Mapped[int] = mapped_column(BigInteger)
    earliest_us: Mapped[int] = mapped_column(InstantUs)
    latest_us: Mapped[int] = mapped_column(InstantUs)
    time_quality: Mapped[TimeQuality] = mapped_column(Name(TimeQuality))
    received_us: Mapped[int] = mapped_column(InstantUs)
    digest: Mapped[bytes] = mapped_column(LargeBinary)
    payload: Mapped[bytes] = mapped_column(LargeBinary)


class QuarantineRow(Base):
    """A payload that was not counted, and why (D7). `resolved_us` is when a retry counted it.

    Ids are text: a batch may come from a device that no site file knows. The payload is kept up to a limit.
    """

    __tablename__ = "quarantine"
    __table_args__ = (
        UniqueConstraint("subject", "digest", "seq"),
        CheckConstraint("length(digest) = 32", name="digest_length"),
        CheckConstraint("seq >= 0", name="seq"),
        CheckConstraint("times >= 1", name="times"),
        Index(
            "ix_quarantine_open",
            "pk",
            sqlite_where=NO_RESOLUTION,
            postgresql_where=NO_RESOLUTION,
        ),
    )

    pk: Mapped[int] = mapped_column(Key, primary_key=True)
    subject: Mapped[str] = mapped_column(Text)
    """`space/device` for a whole batch, with `/epoch` for one event of it."""
    epoch_pk: Mapped[int | None] = mapped_column(Key, ForeignKey("epoch.pk"), index=True)
    seq: Mapped[int] = mapped_column(BigInteger)
    """Number of the refused event; 0 for a whole batch."""
    reason: Mapped[RefusalReason] = mapped_column(Name(RefusalReason))
    detail: Mapped[str] = mapped_column(Text)
    payload: Mapped[bytes] = mapped_column(LargeBinary)
    size_bytes: Mapped[int]
    digest: Mapped[bytes] = mapped_column(LargeBinary)
    times: Mapped[int]
    first_us: Mapped[int] = mapped_column(InstantUs)
    last_us: Mapped[int] = mapped_column(InstantUs)
    resolved_us: Mapped[int | None] = mapped_column(InstantUs)


class AlarmRow(Base):
    """Something that a person must know; happening again, it counts up instead of ringing again."""

    __tablename__ = "alarm"
    __table_args__ = (
        UniqueConstraint("kind", "subject"),
        CheckConstraint("times >= 1", name="times"),
    )

    pk: Mapped[int] = mapped_column(Key, primary_key=True)
    kind: Mapped[AlarmKind] = mapped_column(Name(AlarmKind))
    subject: Mapped[str] = mapped_column(Text)
    detail: Mapped[str] = mapped_column(Text)
    times: Mapped[int] = mapped_column(BigInteger)
    first_us: Mapped[int] = mapped_column(InstantUs)
    last_us: Mapped[int] = mapped_column(InstantUs)


class DeskLiveRow(Base):
    """What a device said last of a desk, last by (`epoch_ordinal`, `seq`), never by a wall clock.

    One row per desk *and* device: when the site file gives a desk to another device, that device's row is the one that
    counts (join on `desk.device_pk`), and nothing has to be rewritten.
    """

    __tablename__ = "desk_live"
    __table_args__ = (
        CheckConstraint("state IN ('vacant', 'occupied', 'unknown')", name="state"),
        Index("ix_desk_live_event", "epoch_pk", "seq"),
    )

    desk_pk: Mapped[int] = mapped_column(Key, ForeignKey("desk.pk"), primary_key=True)
    device_pk: Mapped[int] = mapped_column(Key, ForeignKey("device.pk"), primary_key=True)
    state: Mapped[str] = mapped_column(Text)
    reason: Mapped[str] = mapped_column(Text)
    since_us: Mapped[int] = mapped_column(InstantUs)
    """When it began; with `time_quality` unknown, the latest that it can have begun."""
    time_quality: Mapped[TimeQuality] = mapped_column(Name(TimeQuality))
    epoch_pk: Mapped[int] = mapped_column(Key, ForeignKey("epoch.pk"))
    epoch_ordinal: Mapped[int]
    seq: Mapped[int] = mapped_column(BigInteger)


class DeskSessionRow(Base):
    """One piece of a desk's use, from its first to its last motion; its key is that of the event that told it.

    With `time_quality` unknown, both ends may lie up to `slack_us` earlier. No person, and none can be added
    (requirement P1).
    """

    __tablename__ = "desk_session"
    __table_args__ = (
        CheckConstraint("start_us <= end_us", name="order"),
        CheckConstraint("slack_us >= 0", name="slack_us"),
        Index("ix_desk_session_desk_pk_start_us", "desk_pk", "start_us"),
    )

    epoch_pk: Mapped[int] = mapped_column(Key, ForeignKey("epoch.pk"), primary_key=True)
    seq: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    desk_pk: Mapped[int] = mapped_column(Key, ForeignKey("desk.pk"))
    start_us: Mapped[int] = mapped_column(InstantUs)
    end_us: Mapped[int] = mapped_column(InstantUs)
    slack_us: Mapped[int] = mapped_column(BigInteger)
    time_quality: Mapped[TimeQuality] = mapped_column(Name(TimeQuality))
    continues: Mapped[bool]
    is_open: Mapped[bool]


class PublishedCountRow(Base):
    """The counts of a space at a five-minute boundary: all that a space with `public_detail` = `count` shows."""

    __tablename__ = "published_count"
    __table_args__ = (
        CheckConstraint("at_us % 300000000 = 0", name="boundary"),
        CheckConstraint(
            "free >= 0 AND occupied >= 0 AND unknown >= 0 AND out_of_service >= 0",
            name="not_negative",
        ),
    )

    space_pk: Mapped[int] = mapped_column(Key, ForeignKey("space.pk"), primary_key=True)
    at_us: Mapped[int] = mapped_column(InstantUs, primary_key=True)
    free: Mapped[int]
    occupied: Mapped[int]
    unknown: Mapped[int]
    out_of_service: Mapped[int]


class LeaseRow(Base):
    """Who does a work that only one process may do, and until when without renewing."""

    __tablename__ = "lease"

    name: Mapped[str] = mapped_column(Text, primary_key=True)
    holder: Mapped[str] = mapped_column(Text)
    until_us: Mapped[int] = mapped_column(InstantUs)


class PurgeLogRow(Base):
    """How many rows of a kind went in a night: a log without content (requirement P3)."""

    __tablename__ = "purge_log"
    __table_args__ = (CheckConstraint("amount >= 0", name="amount"),)

    period: Mapped[str] = mapped_column(Text, primary_key=True)
    kind: Mapped[str] = mapped_column(Text, primary_key=True)
    amount: Mapped[int] = mapped_column(BigInteger)


class JobRunRow(Base):
    """A period for which a job has done its work, so that it is done once per (job, period)."""

    __tablename__ = "job_run"

    job: Mapped[str] = mapped_column(Text, primary_key=True)
    period: Mapped[str] = mapped_column(Text, primary_key=True)
    done_us: Mapped[int] = mapped_column(InstantUs)
