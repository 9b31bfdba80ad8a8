"""The table of the waiting list; what is held is a booking with a claim (`hub.storage.booking_tables`)."""

from sqlalchemy import CheckConstraint, ForeignKey, ForeignKeyConstraint, Text
from sqlalchemy.orm import Mapped, mapped_column

from hub.storage.types import Base, InstantUs, Key


class WaitingRow(Base):
    """Somebody who waits; the row goes when they have a booking, leave, or let what was held pass."""

    __tablename__ = "waiting"
    __table_args__ = (
        ForeignKeyConstraint(["space_pk", "desk_pk"], ["desk.space_pk", "desk.pk"]),
        CheckConstraint("length(id) = 16", name="id_length"),
        CheckConstraint("start_us < end_us", name="order"),
        CheckConstraint("(hold_pk IS NULL) = (until_us IS NULL)", name="hold"),
    )

    pk: Mapped[int] = mapped_column(Key, primary_key=True)
    id: Mapped[str] = mapped_column(Text, unique=True)
    space_pk: Mapped[int] = mapped_column(Key, ForeignKey("space.pk"), index=True)
    desk_pk: Mapped[int | None] = mapped_column(Key)
    """None for any desk of the space."""
    member_pk: Mapped[int] = mapped_column(Key, ForeignKey("member.pk"), index=True)
    start_us: Mapped[int] = mapped_column(InstantUs)
    end_us: Mapped[int] = mapped_column(InstantUs)
    created_us: Mapped[int] = mapped_column(InstantUs)
    hold_pk: Mapped[int | None] = mapped_column(Key, ForeignKey("booking.pk"), unique=True)
    until_us: Mapped[int | None] = mapped_column(InstantUs)
