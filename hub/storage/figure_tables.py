"""Tables of what people write down for statistics: counts, targets, a town's settings, ways to work; of no person."""

from datetime import date

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, Text
from sqlalchemy.orm import Mapped, mapped_column

from hub.storage.types import Base, InstantUs, Key


class HandFigureRow(Base):
    """A number that somebody counted, for some days of a town or of one of its spaces.

    `noted_by` is who counted, as it was told: an office will do. Which account entered it stands in the log alone.
    """

    __tablename__ = "hand_figure"
    __table_args__ = (
        CheckConstraint("first_day <= last_day", name="order"),
        CheckConstraint("hundredths >= 0", name="hundredths"),
        Index("ix_hand_figure_town_pk_first_day", "town_pk", "first_day"),
    )

    pk: Mapped[int] = mapped_column(Key, primary_key=True)
    town_pk: Mapped[int] = mapped_column(Key, ForeignKey("town.pk"))
    space_pk: Mapped[int | None] = mapped_column(Key, ForeignKey("space.pk"), index=True)
    figure: Mapped[str] = mapped_column(Text)
    first_day: Mapped[date]
    last_day: Mapped[date]
    hundredths: Mapped[int] = mapped_column(BigInteger)
    source: Mapped[str] = mapped_column(Text)
    noted_by: Mapped[str] = mapped_column(Text)
    noted_us: Mapped[int] = mapped_column(InstantUs)
    flags: Mapped[str] = mapped_column(Text)


class FigureTargetRow(Base):
    """What a figure should reach in a run of whole months, and where it began (requirement K9)."""

    __tablename__ = "figure_target"
    __table_args__ = (
        CheckConstraint("first_month <= last_month", name="order"),
        CheckConstraint("target_hundredths >= 0", name="target"),
        CheckConstraint("baseline_hundredths >= 0", name="baseline"),
        CheckConstraint("(baseline_hundredths IS NULL) = (baseline_on IS NULL)", name="baseline_on"),
    )

    pk: Mapped[int] = mapped_column(Key, primary_key=True)
    town_pk: Mapped[int] = mapped_column(Key, ForeignKey("town.pk"), index=True)
    space_pk: Mapped[int | None] = mapped_column(Key, ForeignKey("space.pk"), index=True)
    figure: Mapped[str] = mapped_column(Text)
    first_month: Mapped[date]
    last_month: Mapped[date]
    target_hundredths: Mapped[int] = mapped_column(BigInteger)
    baseline_hundredths: Mapped[int | None] = mapped_column(BigInteger)
    baseline_on: Mapped[date | None]
    source: Mapped[str] = mapped_column(Text)


class TownStatisticsRow(Base):
    """What a town has set for its figures; without a row, nothing: no report is due, and figures of CO₂ are "x"."""

    __tablename__ = "town_statistics"
    __table_args__ = (
        CheckConstraint("(report_on IS NULL) = (report_first IS NULL)", name="report"),
        CheckConstraint("(report_first IS NULL) = (report_last IS NULL)", name="report_span"),
        CheckConstraint("report_first <= report_last", name="report_order"),
        CheckConstraint("(co2_g_per_km IS NULL) = (co2_year IS NULL)", name="factor"),
        CheckConstraint("co2_g_per_km > 0", name="grams"),
    )

    town_pk: Mapped[int] = mapped_column(Key, ForeignKey("town.pk"), primary_key=True, autoincrement=False)
    report_on: Mapped[date | None]
    report_first: Mapped[date | None]
    report_last: Mapped[date | None]
    co2_g_per_km: Mapped[int | None]
    co2_source: Mapped[str] = mapped_column(Text)
    co2_year: Mapped[int | None]


class WayAnswerRow(Base):
    """How many gave the same answer on their way to work in one space and month (K5).

    Single answers are not kept: no time, no booking, no address of a network. Empty texts stand for what was not told.
    """

    __tablename__ = "way_answer"
    __table_args__ = (CheckConstraint("answers > 0", name="answers"),)

    space_pk: Mapped[int] = mapped_column(Key, ForeignKey("space.pk"), primary_key=True, autoincrement=False)
    month: Mapped[date] = mapped_column(primary_key=True)
    would_drive: Mapped[bool] = mapped_column(primary_key=True)
    distance: Mapped[str] = mapped_column(Text, primary_key=True)
    mode: Mapped[str] = mapped_column(Text, primary_key=True)
    destination: Mapped[str] = mapped_column(Text, primary_key=True)
    answers: Mapped[int]
