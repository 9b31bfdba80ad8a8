"""Tables of the access store that say who belongs where, pays what and came when (DESIGN section 8).

A visit is a member on a local date, never a time of day. What outlives a person (counts, sold passes) outlives with an
empty `member_pk`.
"""

from datetime import date

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from hub.domain.people import AccessHours
from hub.domain.statistics.stays import StayKind
from hub.domain.tariffs import TariffKind, WithoutPass
from hub.storage.types import Base, InstantUs, Key, Name


class MemberGroupRow(Base):
    """People of a space who belong together; see `hub.domain.admission.Group`."""

    __tablename__ = "member_group"
    __table_args__ = (
        UniqueConstraint("space_pk", "id"),
        UniqueConstraint("space_pk", "pk"),
        CheckConstraint("starts_on IS NULL OR ends_on IS NULL OR starts_on <= ends_on", name="valid_range"),
    )

    pk: Mapped[int] = mapped_column(Key, primary_key=True)
    space_pk: Mapped[int] = mapped_column(Key, ForeignKey("space.pk"))
    id: Mapped[str] = mapped_column(Text)
    name: Mapped[str] = mapped_column(Text)
    starts_on: Mapped[date | None]
    ends_on: Mapped[date | None]


class MembershipGroupRow(Base):
    """A group that a member of its space belongs to."""

    __tablename__ = "membership_group"
    __table_args__ = (
        ForeignKeyConstraint(["space_pk", "membership_pk"], ["membership.space_pk", "membership.pk"]),
        ForeignKeyConstraint(["space_pk", "group_pk"], ["member_group.space_pk", "member_group.pk"]),
    )

    space_pk: Mapped[int] = mapped_column(Key)
    membership_pk: Mapped[int] = mapped_column(Key, primary_key=True)
    group_pk: Mapped[int] = mapped_column(Key, primary_key=True)


class AccessPhaseRow(Base):
    """From which day on a space lets in whom; without groups, everyone with a membership."""

    __tablename__ = "access_phase"
    __table_args__ = (UniqueConstraint("space_pk", "starts_on"), UniqueConstraint("space_pk", "pk"))

    pk: Mapped[int] = mapped_column(Key, primary_key=True)
    space_pk: Mapped[int] = mapped_column(Key, ForeignKey("space.pk"))
    starts_on: Mapped[date]


class AccessPhaseGroupRow(Base):
    """A group that is let in from a phase on."""

    __tablename__ = "access_phase_group"
    __table_args__ = (
        ForeignKeyConstraint(["space_pk", "phase_pk"], ["access_phase.space_pk", "access_phase.pk"]),
        ForeignKeyConstraint(["space_pk", "group_pk"], ["member_group.space_pk", "member_group.pk"]),
    )

    space_pk: Mapped[int] = mapped_column(Key)
    phase_pk: Mapped[int] = mapped_column(Key, primary_key=True)
    group_pk: Mapped[int] = mapped_column(Key, primary_key=True)


class TariffRow(Base):
    """What a space offers; see `hub.domain.tariffs.Tariff`. Never deleted: sold passes point to it."""

    __tablename__ = "tariff"
    __table_args__ = (
        UniqueConstraint("space_pk", "id"),
        UniqueConstraint("space_pk", "pk"),
        CheckConstraint("price_cents >= 0", name="price_cents"),
        CheckConstraint("units >= 0 AND per_visit >= 1 AND valid_days >= 0", name="numbers"),
        CheckConstraint("starts_min >= 0 AND starts_min < ends_min AND ends_min <= 1440", name="minutes"),
    )

    pk: Mapped[int] = mapped_column(Key, primary_key=True)
    space_pk: Mapped[int] = mapped_column(Key, ForeignKey("space.pk"))
    id: Mapped[str] = mapped_column(Text)
    name: Mapped[str] = mapped_column(Text)
    kind: Mapped[TariffKind] = mapped_column(Name(TariffKind))
    price_cents: Mapped[int] = mapped_column(BigInteger)
    units: Mapped[int]
    per_visit: Mapped[int]
    valid_days: Mapped[int]
    hours: Mapped[AccessHours] = mapped_column(Name(AccessHours))
    starts_min: Mapped[int]
    ends_min: Mapped[int]
    is_offered: Mapped[bool]


class PassRow(Base):
    """What a member has of a tariff; see `hub.domain.tariffs.Pass`."""

    __tablename__ = "member_pass"
    __table_args__ = (
        ForeignKeyConstraint(["space_pk", "tariff_pk"], ["tariff.space_pk", "tariff.pk"]),
        UniqueConstraint("space_pk", "pk"),
        CheckConstraint("units >= 0 AND spent >= 0 AND price_cents >= 0", name="not_negative"),
        Index("ix_member_pass_space_pk_member_pk", "space_pk", "member_pk"),
        Index("ix_member_pass_member_pk", "member_pk"),
    )

    pk: Mapped[int] = mapped_column(Key, primary_key=True)
    space_pk: Mapped[int] = mapped_column(Key, ForeignKey("space.pk"))
    member_pk: Mapped[int | None] = mapped_column(Key, ForeignKey("member.pk"))
    tariff_pk: Mapped[int] = mapped_column(Key)
    sold_on: Mapped[date]
    valid_from: Mapped[date]
    valid_to: Mapped[date | None]
    """May lie before `valid_from`: such a pass was taken back before it began."""
    units: Mapped[int]
    price_cents: Mapped[int] = mapped_column(BigInteger)
    spent: Mapped[int]


class PassToldRow(Base):
    """When a member was told that a pass runs out: once, however long it goes on lying in a drawer."""

    __tablename__ = "pass_told"

    pass_pk: Mapped[int] = mapped_column(Key, ForeignKey("member_pass.pk"), primary_key=True)
    told_us: Mapped[int] = mapped_column(InstantUs)


class PassRuleRow(Base):
    """What a space's doors do for members without a valid pass; without a row, they open."""

    __tablename__ = "pass_rule"

    space_pk: Mapped[int] = mapped_column(Key, ForeignKey("space.pk"), primary_key=True)
    without_pass: Mapped[WithoutPass] = mapped_column(Name(WithoutPass))


class StayRow(Base):
    """How many stays of one kind a member had on a day of stays, in a space that logs exits; no time of any of them.

    Kept as long as the visit; `day` is that on which the stay began (`hub.domain.statistics.stays`).
    """

    __tablename__ = "stay"
    __table_args__ = (
        CheckConstraint("stays >= 1", name="stays"),
        Index("ix_stay_member_pk", "member_pk"),
    )

    space_pk: Mapped[int] = mapped_column(Key, ForeignKey("space.pk"), primary_key=True)
    day: Mapped[date] = mapped_column(primary_key=True)
    member_pk: Mapped[int] = mapped_column(Key, ForeignKey("member.pk"), primary_key=True)
    kind: Mapped[StayKind] = mapped_column(Name(StayKind), primary_key=True)
    stays: Mapped[int]


class VisitRow(Base):
    """A member in a space on a local date, and the pass that it used.

    Counted once, whatever tells of it again. (`epoch_pk`, `seq`) is the event that told of it first, for the moment in
    which its time becomes known (D8); empty for one that a host wrote down. It points to no row: events go before
    visits do.
    """

    __tablename__ = "visit"
    __table_args__ = (
        UniqueConstraint("space_pk", "member_pk", "day"),
        ForeignKeyConstraint(["space_pk", "pass_pk"], ["member_pass.space_pk", "member_pass.pk"]),
        CheckConstraint("(epoch_pk IS NULL) = (seq IS NULL)", name="event"),
        Index("ix_visit_member_pk", "member_pk"),
        Index("ix_visit_space_pk_day", "space_pk", "day"),
        Index(
            "ix_visit_event",
            "epoch_pk",
            "seq",
            sqlite_where=text("epoch_pk IS NOT NULL"),
            postgresql_where=text("epoch_pk IS NOT NULL"),
        ),
    )

    pk: Mapped[int] = mapped_column(Key, primary_key=True)
    space_pk: Mapped[int] = mapped_column(Key, ForeignKey("space.pk"))
    member_pk: Mapped[int | None] = mapped_column(Key, ForeignKey("member.pk"))
    day: Mapped[date]
    pass_pk: Mapped[int | None] = mapped_column(Key)
    epoch_pk: Mapped[int | None] = mapped_column(Key)
    seq: Mapped[int | None] = mapped_column(BigInteger)


class SettlementRow(Base):
    """A month of a space that is accounted for: its visits keep their passes, and go 60 days later."""

    __tablename__ = "settlement"

    space_pk: Mapped[int] = mapped_column(Key, ForeignKey("space.pk"), primary_key=True)
    month: Mapped[date] = mapped_column(primary_key=True)
    """Its first day."""
    settled_us: Mapped[int] = mapped_column(InstantUs)


class ErasureRow(Base):
    """That somebody was erased: the random word that stood for the person alone, and says nothing now.

    `jobs` writes it into the ledger, so that no restored backup brings the person back (DESIGN section 5).
    """

    __tablename__ = "erasure"
    __table_args__ = (CheckConstraint("length(ref) = 32", name="ref_length"),)

    ref: Mapped[str] = mapped_column(Text, primary_key=True)
    erased_us: Mapped[int] = mapped_column(InstantUs)
