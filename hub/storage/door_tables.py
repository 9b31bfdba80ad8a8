"""Tables of what happens at doors: the last word on each, the log with persons, alarms and who is called."""

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

from hub.domain.doors import Contact, DoorAlarmKind, DoorMode
from hub.domain.events import TimeQuality
from hub.storage.types import Base, InstantUs, Key, Name


class DoorLiveRow(Base):
    """What a device said last of a door, last by (`epoch_ordinal`, `seq`)."""

    __tablename__ = "door_live"

    door_pk: Mapped[int] = mapped_column(Key, ForeignKey("door.pk"), primary_key=True)
    device_pk: Mapped[int] = mapped_column(Key, ForeignKey("device.pk"), primary_key=True)
    mode: Mapped[DoorMode] = mapped_column(Name(DoorMode))
    contact: Mapped[Contact] = mapped_column(Name(Contact))
    released: Mapped[bool]
    since_us: Mapped[int] = mapped_column(InstantUs)
    epoch_pk: Mapped[int] = mapped_column(Key, ForeignKey("epoch.pk"))
    epoch_ordinal: Mapped[int]
    seq: Mapped[int] = mapped_column(BigInteger)


class DoorLogRow(Base):
    """One thing that happened at a door, with the card that it was about; kept for 30 days (DESIGN section 8)."""

    __tablename__ = "door_log"
    __table_args__ = (
        Index("ix_door_log_door_pk_at_us", "door_pk", "at_us"),
        Index("ix_door_log_card_pk", "card_pk"),
        Index("ix_door_log_at_us", "at_us"),
    )

    epoch_pk: Mapped[int] = mapped_column(Key, ForeignKey("epoch.pk"), primary_key=True)
    seq: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    door_pk: Mapped[int] = mapped_column(Key, ForeignKey("door.pk"))
    at_us: Mapped[int] = mapped_column(InstantUs)
    """The latest that it can have happened."""
    time_quality: Mapped[TimeQuality] = mapped_column(Name(TimeQuality))
    what: Mapped[str] = mapped_column(Text)
    """`access`, or the wire's `DoorWhat`."""
    granted: Mapped[bool | None]
    reason: Mapped[str] = mapped_column(Text)
    card_pk: Mapped[int | None] = mapped_column(Key, ForeignKey("card.pk"))
    command: Mapped[str | None] = mapped_column(Text)


class DoorAlarmRow(Base):
    """Something at a door that needs a person."""

    __tablename__ = "door_alarm"
    __table_args__ = (
        UniqueConstraint("epoch_pk", "seq"),
        Index(
            "ix_door_alarm_open",
            "door_pk",
            sqlite_where=text("seen_us IS NULL"),
            postgresql_where=text("seen_us IS NULL"),
        ),
    )

    pk: Mapped[int] = mapped_column(Key, primary_key=True)
    door_pk: Mapped[int] = mapped_column(Key, ForeignKey("door.pk"))
    epoch_pk: Mapped[int] = mapped_column(Key, ForeignKey("epoch.pk"))
    seq: Mapped[int] = mapped_column(BigInteger)
    kind: Mapped[DoorAlarmKind] = mapped_column(Name(DoorAlarmKind))
    began_us: Mapped[int] = mapped_column(InstantUs)
    ended_us: Mapped[int | None] = mapped_column(InstantUs)
    seen_us: Mapped[int | None] = mapped_column(InstantUs)
    seen_by_pk: Mapped[int | None] = mapped_column(Key, ForeignKey("account.pk"))


class RotaRow(Base):
    """Who is called about alarms of a space, in this order; each 15 minutes after the one before."""

    __tablename__ = "rota"

    space_pk: Mapped[int] = mapped_column(Key, ForeignKey("space.pk"), primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True)
    account_pk: Mapped[int] = mapped_column(Key, ForeignKey("account.pk"))


class LogOpeningRow(Base):
    """Who may read persons in a space's door log until when, and the reason that was given (requirement P7)."""

    __tablename__ = "log_opening"

    space_pk: Mapped[int] = mapped_column(Key, ForeignKey("space.pk"), primary_key=True)
    account_pk: Mapped[int] = mapped_column(Key, ForeignKey("account.pk"), primary_key=True)
    until_us: Mapped[int] = mapped_column(InstantUs)
    reason: Mapped[str] = mapped_column(Text)


class ChainRow(Base):
    """A chain of the log: `host`, or `space/device`; its row is locked by whoever adds to it."""

    __tablename__ = "chain"
    __table_args__ = (
        CheckConstraint("length >= 0", name="length"),
        CheckConstraint("length(head) = 32", name="head_length"),
    )

    name: Mapped[str] = mapped_column(Text, primary_key=True)
    length: Mapped[int] = mapped_column(BigInteger)
    head: Mapped[bytes] = mapped_column(LargeBinary)


class ChainEntryRow(Base):
    """One entry of a chain (`hub.domain.audit`): a commitment to what was done, which outlives its text.

    Erasure takes `payload` and `salt`; retention takes whole rows behind an anchor.
    """

    __tablename__ = "chain_entry"
    __table_args__ = (
        CheckConstraint("number >= 1", name="number"),
        CheckConstraint("length(commitment) = 32", name="commitment_length"),
        CheckConstraint("length(hash) = 32", name="hash_length"),
        CheckConstraint("(payload IS NULL) = (salt IS NULL)", name="erased_whole"),
    )

    chain: Mapped[str] = mapped_column(Text, ForeignKey("chain.name"), primary_key=True)
    number: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    at_us: Mapped[int] = mapped_column(InstantUs)
    payload: Mapped[bytes | None] = mapped_column(LargeBinary)
    salt: Mapped[bytes | None] = mapped_column(LargeBinary)
    commitment: Mapped[bytes] = mapped_column(LargeBinary)
    hash: Mapped[bytes] = mapped_column(LargeBinary)
    card_pk: Mapped[int | None] = mapped_column(Key, ForeignKey("card.pk"), index=True)
    """Of whose member's erasure takes the text."""


class ChainAnchorRow(Base):
    """A signed statement of how a chain stood, up to which retention may have deleted (DESIGN section 6)."""

    __tablename__ = "chain_anchor"
    __table_args__ = (CheckConstraint("length(hash) = 32", name="hash_length"),)

    chain: Mapped[str] = mapped_column(Text, ForeignKey("chain.name"), primary_key=True)
    number: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    hash: Mapped[bytes] = mapped_column(LargeBinary)
    at_us: Mapped[int] = mapped_column(InstantUs)
    kind: Mapped[str] = mapped_column(Text)
    """`daily`, or `restore` for a declared one."""
    signature: Mapped[bytes] = mapped_column(LargeBinary)
