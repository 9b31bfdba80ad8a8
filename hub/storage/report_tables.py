"""Tables of releases: reports as they were published, every row ever printed (requirement S5), and charts of them.

Reports and their rows are never changed and never deleted: the database itself refuses it (`report_guards`). A
correction is another version. Charts are drawn from them, and may be drawn again.
"""

from datetime import date

from sqlalchemy import CheckConstraint, ForeignKey, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from hub.domain.statistics.findings import PlaceLevel
from hub.domain.statistics.printed import Audience, ValueStatus
from hub.storage.types import Base, InstantUs, Key, Name


class ReportRow(Base):
    """A frozen report; `body` is its whole text, of which `checksum` is (`hub.domain.statistics.frozen`)."""

    __tablename__ = "report"
    __table_args__ = (
        UniqueConstraint("level", "place", "first_month", "last_month", "audience", "version"),
        CheckConstraint("version >= 1", name="version"),
        CheckConstraint("length(checksum) = 64", name="checksum_length"),
        CheckConstraint("length(first_month) = 7 AND length(last_month) = 7", name="months"),
        CheckConstraint("first_month <= last_month", name="month_order"),
    )

    pk: Mapped[int] = mapped_column(Key, primary_key=True)
    level: Mapped[PlaceLevel] = mapped_column(Name(PlaceLevel))
    place: Mapped[str] = mapped_column(Text)
    first_month: Mapped[str] = mapped_column(Text)
    last_month: Mapped[str] = mapped_column(Text)
    audience: Mapped[Audience] = mapped_column(Name(Audience))
    version: Mapped[int]
    made_on: Mapped[date]
    published_us: Mapped[int] = mapped_column(InstantUs)
    checksum: Mapped[str] = mapped_column(Text, unique=True)
    body: Mapped[str] = mapped_column(Text)


class PrintedRow(Base):
    """A row as it was printed: the release ledger. Numbers are texts, to the last digit; months as `2026-11`."""

    __tablename__ = "report_row"
    __table_args__ = (
        CheckConstraint("value IS NULL OR (low IS NULL AND high IS NULL)", name="number_or_band"),
        CheckConstraint("high IS NULL OR low IS NOT NULL", name="band"),
        CheckConstraint("valid_pct BETWEEN 0 AND 100", name="valid_pct"),
    )

    report_pk: Mapped[int] = mapped_column(Key, ForeignKey("report.pk"), primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True)
    level: Mapped[PlaceLevel] = mapped_column(Name(PlaceLevel))
    place: Mapped[str] = mapped_column(Text)
    first_month: Mapped[str] = mapped_column(Text)
    last_month: Mapped[str] = mapped_column(Text)
    figure: Mapped[str] = mapped_column(Text)
    status: Mapped[ValueStatus] = mapped_column(Name(ValueStatus))
    value: Mapped[str | None] = mapped_column(Text)
    low: Mapped[str | None] = mapped_column(Text)
    high: Mapped[str | None] = mapped_column(Text)
    reason: Mapped[str] = mapped_column(Text)
    method: Mapped[str] = mapped_column(Text)
    valid_pct: Mapped[int | None]
    flags: Mapped[str] = mapped_column(Text)


class ReportPictureRow(Base):
    """A chart of a report, as SVG."""

    __tablename__ = "report_picture"

    report_pk: Mapped[int] = mapped_column(Key, ForeignKey("report.pk"), primary_key=True)
    name: Mapped[str] = mapped_column(Text, primary_key=True)
    svg: Mapped[str] = mapped_column(Text)
