"""Tables of the site: towns, spaces, what stands in them, and what each device said of itself last.

Occupancy has no person column (P1); tests/hub/storage/test_privacy.py keeps it so. A thing that is no longer
there is *retired*, never deleted: its events and statistics go on pointing to it.
"""

from datetime import date

from sqlalchemy import CheckConstraint, ForeignKey, ForeignKeyConstraint, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from hub.domain.occupancy import DeviceStatus
from hub.domain.space import Granularity, PeriodKind, Phase, PublicDetail, SensorKind, SpaceKind
from hub.storage.types import Base, InstantUs, Key, Name

MINUTES_OF_DAY = 24 * 60
_SENSORS = ", ".join(f"'{kind}'" for kind in ("", *SensorKind))


class TownRow(Base):
    """A town of the network, with or without a space."""

    __tablename__ = "town"
    __table_args__ = (
        CheckConstraint("length(ags) = 8", name="ags_length"),
        CheckConstraint("length(land) = 2", name="land_length"),
        CheckConstraint("inhabitants IS NULL OR inhabitants > 0", name="inhabitants"),
    )

    pk: Mapped[int] = mapped_column(Key, primary_key=True)
    id: Mapped[str] = mapped_column(Text, unique=True)
    ags: Mapped[str] = mapped_column(Text, unique=True)
    name: Mapped[str] = mapped_column(Text)
    land: Mapped[str] = mapped_column(Text)
    catholic: Mapped[bool]
    inhabitants: Mapped[int | None]
    inhabitants_on: Mapped[date | None]
    note_de: Mapped[str] = mapped_column(Text)
    note_en: Mapped[str] = mapped_column(Text)
    retired_us: Mapped[int | None] = mapped_column(InstantUs)


class TownNeighbourRow(Base):
    """A town that another one points to when it has no space itself."""

    __tablename__ = "town_neighbour"
    __table_args__ = (CheckConstraint("town_pk <> neighbour_pk", name="another"),)

    town_pk: Mapped[int] = mapped_column(Key, ForeignKey("town.pk"), primary_key=True)
    neighbour_pk: Mapped[int] = mapped_column(Key, ForeignKey("town.pk"), primary_key=True)
    position: Mapped[int]


class SpaceRow(Base):
    """A space.

    `host_secret` is the secret of its host link: whoever has it sees the desks without signing in.
    """

    __tablename__ = "space"
    __table_args__ = (
        CheckConstraint("valid_to IS NULL OR valid_from <= valid_to", name="valid_range"),
        CheckConstraint("plan_width > 0 AND plan_depth > 0", name="plan_size"),
        CheckConstraint("length(host_secret) >= 32", name="host_secret_length"),
    )

    pk: Mapped[int] = mapped_column(Key, primary_key=True)
    id: Mapped[str] = mapped_column(Text, unique=True)
    town_pk: Mapped[int] = mapped_column(Key, ForeignKey("town.pk"), index=True)
    name: Mapped[str] = mapped_column(Text)
    kind: Mapped[SpaceKind] = mapped_column(Name(SpaceKind))
    phase: Mapped[Phase] = mapped_column(Name(Phase))
    valid_from: Mapped[date]
    valid_to: Mapped[date | None]
    time_zone: Mapped[str] = mapped_column(Text)
    address: Mapped[str] = mapped_column(Text)
    controller: Mapped[str] = mapped_column(Text)
    granularity: Mapped[Granularity] = mapped_column(Name(Granularity))
    public_detail: Mapped[PublicDetail] = mapped_column(Name(PublicDetail))
    public_detail_reason: Mapped[str] = mapped_column(Text)
    plan_width: Mapped[int]
    plan_depth: Mapped[int]
    host_secret: Mapped[str] = mapped_column(Text)


class SpaceEditionRow(Base):
    """How often a space was changed, for those who change it at the same time; without a row, never.

    `edited` is the version of the last change in the browser that no site file says yet; 0 for none
    (docs/decisions/0024).
    """

    __tablename__ = "space_edition"
    __table_args__ = (CheckConstraint("edited >= 0 AND edited <= version", name="edited"),)

    space_pk: Mapped[int] = mapped_column(Key, ForeignKey("space.pk"), primary_key=True)
    version: Mapped[int]
    edited: Mapped[int]


class SpacePeriodRow(Base):
    """A stretch of a space's life, until the next one begins (`hub.domain.life`).

    Without any, the site file's days hold. `address` is where it is from a move on. Of an end, `done_us` says when what
    follows from it was done, from which moment on its report is frozen, and `erased_us` when its persons were erased.
    """

    __tablename__ = "space_period"
    __table_args__ = (
        CheckConstraint("address = '' OR kind = 'moved'", name="address_of_a_move"),
        CheckConstraint("(done_us IS NULL AND erased_us IS NULL) OR kind = 'closed'", name="done_of_an_end"),
    )

    space_pk: Mapped[int] = mapped_column(Key, ForeignKey("space.pk"), primary_key=True)
    starts_on: Mapped[date] = mapped_column(primary_key=True)
    kind: Mapped[PeriodKind] = mapped_column(Name(PeriodKind))
    address: Mapped[str] = mapped_column(Text)
    decided_us: Mapped[int] = mapped_column(InstantUs)
    done_us: Mapped[int | None] = mapped_column(InstantUs)
    erased_us: Mapped[int | None] = mapped_column(InstantUs)


class OpeningPeriodRow(Base):
    """One stretch of opening on one weekday, in minutes of the local day, half-open."""

    __tablename__ = "opening_period"
    __table_args__ = (
        CheckConstraint("weekday BETWEEN 0 AND 6", name="weekday"),
        CheckConstraint(
            f"opens_min >= 0 AND opens_min < closes_min AND closes_min <= {MINUTES_OF_DAY}", name="minutes"
        ),
    )

    space_pk: Mapped[int] = mapped_column(Key, ForeignKey("space.pk"), primary_key=True)
    weekday: Mapped[int] = mapped_column(primary_key=True)
    opens_min: Mapped[int] = mapped_column(primary_key=True)
    closes_min: Mapped[int]


class ClosingDayRow(Base):
    """A day on which a space stays closed."""

    __tablename__ = "closing_day"

    space_pk: Mapped[int] = mapped_column(Key, ForeignKey("space.pk"), primary_key=True)
    day: Mapped[date] = mapped_column(primary_key=True)


class StandingRow(Base):
    """What all things in a space have; `position` is their order in the site file."""

    __abstract__ = True

    # First of the columns, although they are inherited.
    pk: Mapped[int] = mapped_column(Key, primary_key=True, sort_order=-6)
    space_pk: Mapped[int] = mapped_column(Key, ForeignKey("space.pk"), sort_order=-5)
    id: Mapped[str] = mapped_column(Text, sort_order=-4)
    position: Mapped[int] = mapped_column(sort_order=-3)
    name: Mapped[str] = mapped_column(Text, sort_order=-2)
    retired_us: Mapped[int | None] = mapped_column(InstantUs, sort_order=-1)


class ZoneRow(StandingRow):
    """A part of a space."""

    __tablename__ = "zone"
    # (space_pk, pk) is what a desk points to: the database refuses a zone of another space.
    __table_args__ = (UniqueConstraint("space_pk", "id"), UniqueConstraint("space_pk", "pk"))


class DeviceRow(StandingRow):
    """A Raspberry Pi of a space."""

    __tablename__ = "device"
    __table_args__ = (UniqueConstraint("space_pk", "id"), UniqueConstraint("space_pk", "pk"))


class DeskRow(StandingRow):
    """A desk and its place on the floor plan, in centimetres."""

    __tablename__ = "desk"
    __table_args__ = (
        UniqueConstraint("space_pk", "id"),
        UniqueConstraint("space_pk", "pk"),
        ForeignKeyConstraint(["space_pk", "zone_pk"], ["zone.space_pk", "zone.pk"]),
        ForeignKeyConstraint(["space_pk", "device_pk"], ["device.space_pk", "device.pk"]),
        CheckConstraint("width > 0 AND depth > 0", name="size"),
        CheckConstraint("angle BETWEEN 0 AND 359", name="angle"),
        CheckConstraint(f"sensor IN ({_SENSORS})", name="sensor"),
    )

    zone_pk: Mapped[int | None] = mapped_column(Key)
    device_pk: Mapped[int | None] = mapped_column(Key)
    sensor: Mapped[str] = mapped_column(Text)
    x: Mapped[int]
    y: Mapped[int]
    width: Mapped[int]
    depth: Mapped[int]
    angle: Mapped[int]
    in_service: Mapped[bool]


class DoorRow(StandingRow):
    """A door; its device reads cards there."""

    __tablename__ = "door"
    __table_args__ = (
        UniqueConstraint("space_pk", "id"),
        UniqueConstraint("space_pk", "pk"),
        ForeignKeyConstraint(["space_pk", "device_pk"], ["device.space_pk", "device.pk"]),
    )

    device_pk: Mapped[int | None] = mapped_column(Key)


class DeviceStateRow(Base):
    """What a device, or its last will, said of itself last; written by the ingest worker that holds the lease.

    `session` is that of the birth: a will of an older session is ignored. `meta` and `health` are the messages as they
    came, JSON.
    """

    __tablename__ = "device_state"

    device_pk: Mapped[int] = mapped_column(Key, ForeignKey("device.pk"), primary_key=True)
    status: Mapped[DeviceStatus] = mapped_column(Name(DeviceStatus))
    session: Mapped[str] = mapped_column(Text)
    status_us: Mapped[int] = mapped_column(InstantUs)
    heard_us: Mapped[int] = mapped_column(InstantUs)
    meta: Mapped[str | None] = mapped_column(Text)
    health: Mapped[str | None] = mapped_column(Text)
