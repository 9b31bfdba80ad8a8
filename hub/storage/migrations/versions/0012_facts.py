"""facts: what days came to, what persons did in a month under pseudonyms, and what is kept of logs whose events go."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Apply this step."""
    op.create_table(
        "contribution_key",
        sa.Column("year", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("key", sa.LargeBinary(), nullable=False),
        sa.CheckConstraint("length(key) = 32", name=op.f("ck_contribution_key_key_length")),
        sa.PrimaryKeyConstraint("year", name=op.f("pk_contribution_key")),
    )
    op.create_table(
        "contribution",
        sa.Column("space_pk", KEY, nullable=False),
        sa.Column("month", sa.Date(), nullable=False),
        sa.Column("pseudonym", sa.Text(), nullable=False),
        sa.Column("tariff_class", sa.Text(), nullable=False),
        sa.Column("visits", sa.Integer(), nullable=False),
        sa.Column("booked_us", sa.BigInteger(), nullable=False),
        sa.Column("opted_in", sa.Boolean(), nullable=False),
        sa.Column("is_loose", sa.Boolean(), nullable=False),
        sa.CheckConstraint("length(pseudonym) = 32", name=op.f("ck_contribution_pseudonym_length")),
        sa.CheckConstraint("visits >= 0 AND booked_us >= 0", name=op.f("ck_contribution_not_negative")),
        sa.ForeignKeyConstraint(["space_pk"], ["space.pk"], name=op.f("fk_contribution_space_pk")),
        sa.PrimaryKeyConstraint("space_pk", "month", "pseudonym", name=op.f("pk_contribution")),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_contribution_pseudonym", "contribution", ["pseudonym"], unique=False)
    op.create_table(
        "fact_space",
        sa.Column("space_pk", KEY, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("first_open", sa.Date(), nullable=False),
        sa.Column("made_until", sa.Date(), nullable=False),
        sa.CheckConstraint("version >= 1", name=op.f("ck_fact_space_version")),
        sa.ForeignKeyConstraint(["space_pk"], ["space.pk"], name=op.f("fk_fact_space_space_pk")),
        sa.PrimaryKeyConstraint("space_pk", name=op.f("pk_fact_space")),
    )
    op.create_table(
        "space_day",
        sa.Column("space_pk", KEY, nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("counts", sa.Boolean(), nullable=False),
        sa.Column("is_holiday", sa.Boolean(), nullable=False),
        sa.Column("hours", sa.Text(), nullable=False),
        sa.Column("staffed_us", sa.BigInteger(), nullable=False),
        sa.Column("access_us", sa.BigInteger(), nullable=False),
        sa.Column("desks", sa.Integer(), nullable=False),
        sa.Column("sensed_desks", sa.Integer(), nullable=False),
        sa.Column("peak_desks", sa.Integer(), nullable=False),
        sa.Column("visits", sa.Integer(), nullable=False),
        sa.Column("unassigned", sa.Integer(), nullable=False),
        sa.Column("events", sa.Integer(), nullable=False),
        sa.Column("is_sealed", sa.Boolean(), nullable=False),
        sa.Column("late", sa.Integer(), nullable=False),
        sa.Column("gap_us", sa.BigInteger(), nullable=False),
        sa.CheckConstraint(
            "staffed_us >= 0 AND access_us >= 0 AND desks >= 0 AND sensed_desks >= 0 AND peak_desks >= 0 AND visits >= 0 AND unassigned >= 0 AND events >= 0 AND late >= 0 AND gap_us >= 0",
            name=op.f("ck_space_day_not_negative"),
        ),
        sa.ForeignKeyConstraint(["space_pk"], ["space.pk"], name=op.f("fk_space_day_space_pk")),
        sa.PrimaryKeyConstraint("space_pk", "day", name=op.f("pk_space_day")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "fact_device",
        sa.Column("device_pk", KEY, nullable=False),
        sa.Column("first_open", sa.Date(), nullable=False),
        sa.Column("ordinal", sa.Integer(), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("alive_us", sa.BigInteger(), nullable=False),
        sa.Column("heard_us", sa.BigInteger(), nullable=False),
        sa.CheckConstraint(
            "alive_us >= 0 AND alive_us <= 253402300799999999", name=op.f("ck_fact_device_alive_us")
        ),
        sa.CheckConstraint(
            "heard_us >= 0 AND heard_us <= 253402300799999999", name=op.f("ck_fact_device_heard_us")
        ),
        sa.ForeignKeyConstraint(["device_pk"], ["device.pk"], name=op.f("fk_fact_device_device_pk")),
        sa.PrimaryKeyConstraint("device_pk", name=op.f("pk_fact_device")),
    )
    op.create_table(
        "desk_day",
        sa.Column("space_pk", KEY, nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("desk_pk", KEY, nullable=False),
        sa.Column("device_pk", KEY, nullable=True),
        sa.Column("has_sensor", sa.Boolean(), nullable=False),
        sa.Column("in_service", sa.Boolean(), nullable=False),
        sa.Column("staffed_offered_us", sa.BigInteger(), nullable=False),
        sa.Column("staffed_occupied_us", sa.BigInteger(), nullable=False),
        sa.Column("staffed_unknown_us", sa.BigInteger(), nullable=False),
        sa.Column("access_offered_us", sa.BigInteger(), nullable=False),
        sa.Column("access_occupied_us", sa.BigInteger(), nullable=False),
        sa.Column("access_unknown_us", sa.BigInteger(), nullable=False),
        sa.Column("noon_offered_us", sa.BigInteger(), nullable=False),
        sa.Column("noon_occupied_us", sa.BigInteger(), nullable=False),
        sa.Column("noon_unknown_us", sa.BigInteger(), nullable=False),
        sa.Column("first_offered_us", sa.BigInteger(), nullable=False),
        sa.Column("first_occupied_us", sa.BigInteger(), nullable=False),
        sa.Column("first_unknown_us", sa.BigInteger(), nullable=False),
        sa.Column("second_offered_us", sa.BigInteger(), nullable=False),
        sa.Column("second_occupied_us", sa.BigInteger(), nullable=False),
        sa.Column("second_unknown_us", sa.BigInteger(), nullable=False),
        sa.Column("booked_us", sa.BigInteger(), nullable=False),
        sa.Column("bookings", sa.Integer(), nullable=False),
        sa.Column("no_shows", sa.Integer(), nullable=False),
        sa.Column("unknown_us", sa.BigInteger(), nullable=False),
        sa.CheckConstraint(
            "bookings >= no_shows AND no_shows >= 0 AND booked_us >= 0", name=op.f("ck_desk_day_bookings")
        ),
        sa.CheckConstraint(
            "staffed_occupied_us >= 0 AND staffed_unknown_us >= 0 AND staffed_occupied_us + staffed_unknown_us <= staffed_offered_us AND access_occupied_us >= 0 AND access_unknown_us >= 0 AND access_occupied_us + access_unknown_us <= access_offered_us AND noon_occupied_us >= 0 AND noon_unknown_us >= 0 AND noon_occupied_us + noon_unknown_us <= noon_offered_us AND first_occupied_us >= 0 AND first_unknown_us >= 0 AND first_occupied_us + first_unknown_us <= first_offered_us AND second_occupied_us >= 0 AND second_unknown_us >= 0 AND second_occupied_us + second_unknown_us <= second_offered_us",
            name=op.f("ck_desk_day_times"),
        ),
        sa.ForeignKeyConstraint(
            ["space_pk", "desk_pk"], ["desk.space_pk", "desk.pk"], name=op.f("fk_desk_day_space_pk_desk_pk")
        ),
        sa.ForeignKeyConstraint(
            ["space_pk", "device_pk"],
            ["device.space_pk", "device.pk"],
            name=op.f("fk_desk_day_space_pk_device_pk"),
        ),
        sa.ForeignKeyConstraint(["space_pk"], ["space.pk"], name=op.f("fk_desk_day_space_pk")),
        sa.PrimaryKeyConstraint("space_pk", "day", "desk_pk", name=op.f("pk_desk_day")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "fact_touch",
        sa.Column("epoch_pk", KEY, nullable=False),
        sa.Column("quarter", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("events", sa.Integer(), nullable=False),
        sa.CheckConstraint("events >= 0", name=op.f("ck_fact_touch_events")),
        sa.CheckConstraint("quarter >= 0", name=op.f("ck_fact_touch_quarter")),
        sa.ForeignKeyConstraint(["epoch_pk"], ["epoch.pk"], name=op.f("fk_fact_touch_epoch_pk")),
        sa.PrimaryKeyConstraint("epoch_pk", "quarter", name=op.f("pk_fact_touch")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "fact_word",
        sa.Column("device_pk", KEY, nullable=False),
        sa.Column("desk_pk", KEY, nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("since_us", sa.BigInteger(), nullable=False),
        sa.Column("known_us", sa.BigInteger(), nullable=True),
        sa.CheckConstraint("state IN ('vacant', 'occupied', 'unknown')", name=op.f("ck_fact_word_state")),
        sa.CheckConstraint(
            "known_us >= 0 AND known_us <= 253402300799999999", name=op.f("ck_fact_word_known_us")
        ),
        sa.CheckConstraint(
            "since_us >= 0 AND since_us <= 253402300799999999", name=op.f("ck_fact_word_since_us")
        ),
        sa.ForeignKeyConstraint(["desk_pk"], ["desk.pk"], name=op.f("fk_fact_word_desk_pk")),
        sa.ForeignKeyConstraint(["device_pk"], ["device.pk"], name=op.f("fk_fact_word_device_pk")),
        sa.PrimaryKeyConstraint("device_pk", "desk_pk", name=op.f("pk_fact_word")),
    )
    op.create_table(
        "quarter_fact",
        sa.Column("desk_pk", KEY, nullable=False),
        sa.Column("start_us", sa.BigInteger(), nullable=False),
        sa.Column("offered_us", sa.BigInteger(), nullable=False),
        sa.Column("occupied_us", sa.BigInteger(), nullable=False),
        sa.Column("unknown_us", sa.BigInteger(), nullable=False),
        sa.CheckConstraint(
            "occupied_us >= 0 AND unknown_us >= 0 AND occupied_us + unknown_us <= offered_us AND offered_us <= 900000000",
            name=op.f("ck_quarter_fact_times"),
        ),
        sa.CheckConstraint("start_us % 900000000 = 0", name=op.f("ck_quarter_fact_quarter")),
        sa.CheckConstraint(
            "start_us >= 0 AND start_us <= 253402300799999999", name=op.f("ck_quarter_fact_start_us")
        ),
        sa.ForeignKeyConstraint(["desk_pk"], ["desk.pk"], name=op.f("fk_quarter_fact_desk_pk")),
        sa.PrimaryKeyConstraint("desk_pk", "start_us", name=op.f("pk_quarter_fact")),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_quarter_fact_start_us", "quarter_fact", ["start_us"], unique=False)


def downgrade() -> None:
    """Undo this step."""
    op.drop_index("ix_quarter_fact_start_us", table_name="quarter_fact")
    op.drop_table("quarter_fact")
    op.drop_table("fact_word")
    op.drop_table("fact_touch")
    op.drop_table("desk_day")
    op.drop_table("fact_device")
    op.drop_table("space_day")
    op.drop_table("fact_space")
    op.drop_index("ix_contribution_pseudonym", table_name="contribution")
    op.drop_table("contribution")
    op.drop_table("contribution_key")
