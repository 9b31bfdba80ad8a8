"""Tables of the contribution store: what persons did in a month, under pseudonyms (DESIGN section 8, requirement P1).

A store of its own: nothing in it points to a person, and nothing points to it. A pseudonym is a keyed hash, its key is
that of one calendar year, and key and rows go on the 31 March after.
"""

from datetime import date

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, LargeBinary, Text
from sqlalchemy.orm import Mapped, mapped_column

from hub.storage.types import Base, Key


class ContributionKeyRow(Base):
    """The key of a calendar year's pseudonyms."""

    __tablename__ = "contribution_key"
    __table_args__ = (CheckConstraint("length(key) = 32", name="key_length"),)

    year: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    key: Mapped[bytes] = mapped_column(LargeBinary)


class ContributionRow(Base):
    """What one person did in one space in one month; see `hub.domain.statistics.facts.Contribution`.

    A loose one is of somebody who was erased: its pseudonym is a random word, which no key gives again.
    """

    __tablename__ = "contribution"
    __table_args__ = (
        CheckConstraint("length(pseudonym) = 32", name="pseudonym_length"),
        CheckConstraint("visits >= 0 AND booked_us >= 0", name="not_negative"),
        Index("ix_contribution_pseudonym", "pseudonym"),
        {"sqlite_with_rowid": False},
    )

    space_pk: Mapped[int] = mapped_column(Key, ForeignKey("space.pk"), primary_key=True)
    month: Mapped[date] = mapped_column(primary_key=True)
    pseudonym: Mapped[str] = mapped_column(Text, primary_key=True)
    tariff_class: Mapped[str] = mapped_column(Text)
    visits: Mapped[int]
    booked_us: Mapped[int] = mapped_column(BigInteger)
    opted_in: Mapped[bool]
    is_loose: Mapped[bool]
    stays_under_2h: Mapped[int] = mapped_column(server_default="0")
    stays_2_to_4h: Mapped[int] = mapped_column(server_default="0")
    stays_4_to_8h: Mapped[int] = mapped_column(server_default="0")
    stays_from_8h: Mapped[int] = mapped_column(server_default="0")
    stays_auto_closed: Mapped[int] = mapped_column(server_default="0")


class ContributionBeforeRow(Base):
    """Who had visited a space in the calendar year before, under the pseudonym of this year; of whoever takes part.

    Written while last year's key is still there, and gone with this year's. A row with an empty pseudonym says that
    somebody could look back at all: without it, nobody knows who is new.
    """

    __tablename__ = "contribution_before"
    __table_args__ = (
        CheckConstraint("length(pseudonym) = 32 OR length(pseudonym) = 0", name="pseudonym_length"),
        {"sqlite_with_rowid": False},
    )

    space_pk: Mapped[int] = mapped_column(Key, ForeignKey("space.pk"), primary_key=True)
    year: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    pseudonym: Mapped[str] = mapped_column(Text, primary_key=True)
