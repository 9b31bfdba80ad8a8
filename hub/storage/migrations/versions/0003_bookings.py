"""bookings: claims of desks that never overlap, series, check-ins, visits, tokens of the API."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")

_CLAIM = """BEGIN
    SELECT RAISE(ABORT, 'ex_claim_desk_pk: the desk is taken for a part of that time') WHERE NEW.is_active AND (
        SELECT c.end_us FROM claim c WHERE c.desk_pk = NEW.desk_pk AND c.is_active = 1 AND c.start_us < NEW.end_us
            AND c.pk <> NEW.pk ORDER BY c.start_us DESC LIMIT 1
    ) > NEW.start_us;
    SELECT RAISE(ABORT, 'claim: its time or state is not that of its booking') WHERE NOT EXISTS (
        SELECT 1 FROM booking b WHERE b.pk = NEW.booking_pk AND b.space_pk = NEW.space_pk
            AND b.start_us = NEW.start_us AND b.end_us = NEW.end_us AND b.is_active = NEW.is_active
    );
END"""
_BOOKING = """CREATE TRIGGER booking_updated AFTER UPDATE OF space_pk, start_us, end_us, is_active ON booking FOR EACH ROW BEGIN
    UPDATE claim SET space_pk = NEW.space_pk, start_us = NEW.start_us, end_us = NEW.end_us, is_active = NEW.is_active
        WHERE booking_pk = NEW.pk;
END"""


def upgrade() -> None:
    """Apply this step."""
    with op.batch_alter_table("desk") as desk:
        desk.create_unique_constraint(op.f("uq_desk_space_pk_pk"), ["space_pk", "pk"])
    op.create_table(
        "api_token",
        sa.Column("pk", KEY, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("scopes", sa.Text(), nullable=False),
        sa.Column("member_pk", KEY, nullable=True),
        sa.Column("account_pk", KEY, nullable=True),
        sa.Column("created_us", sa.BigInteger(), nullable=False),
        sa.Column("until_us", sa.BigInteger(), nullable=True),
        sa.Column("revoked_us", sa.BigInteger(), nullable=True),
        sa.CheckConstraint(
            "(member_pk IS NULL) <> (account_pk IS NULL)", name=op.f("ck_api_token_one_holder")
        ),
        sa.CheckConstraint(
            "created_us >= 0 AND created_us <= 253402300799999999", name=op.f("ck_api_token_created_us")
        ),
        sa.CheckConstraint("length(digest) = 32", name=op.f("ck_api_token_digest_length")),
        sa.CheckConstraint(
            "revoked_us >= 0 AND revoked_us <= 253402300799999999", name=op.f("ck_api_token_revoked_us")
        ),
        sa.CheckConstraint(
            "until_us >= 0 AND until_us <= 253402300799999999", name=op.f("ck_api_token_until_us")
        ),
        sa.ForeignKeyConstraint(["account_pk"], ["account.pk"], name=op.f("fk_api_token_account_pk")),
        sa.ForeignKeyConstraint(["member_pk"], ["member.pk"], name=op.f("fk_api_token_member_pk")),
        sa.PrimaryKeyConstraint("pk", name=op.f("pk_api_token")),
        sa.UniqueConstraint("digest", name=op.f("uq_api_token_digest")),
    )
    op.create_index("ix_api_token_member_pk", "api_token", ["member_pk"], unique=False)

    op.create_table(
        "space_bookings",
        sa.Column("space_pk", KEY, nullable=False),
        sa.Column("bookable", sa.Boolean(), nullable=False),
        sa.Column("half_day_min", sa.Integer(), nullable=False),
        sa.Column("advance_days", sa.Integer(), nullable=False),
        sa.Column("concurrent", sa.Integer(), nullable=False),
        sa.Column("per_week", sa.Integer(), nullable=False),
        sa.Column("cancel_until_min", sa.Integer(), nullable=False),
        sa.Column("several_desks", sa.Boolean(), nullable=False),
        sa.Column("early_min", sa.Integer(), nullable=False),
        sa.Column("release", sa.Boolean(), nullable=False),
        sa.Column("grace_min", sa.Integer(), nullable=False),
        sa.Column("entry_needs_booking", sa.Boolean(), nullable=False),
        sa.Column("holidays_open", sa.Boolean(), nullable=False),
        sa.CheckConstraint(
            "advance_days >= 0 AND concurrent >= 0 AND per_week >= 0 AND cancel_until_min >= 0 AND early_min >= 0 AND grace_min >= 0",
            name=op.f("ck_space_bookings_not_negative"),
        ),
        sa.CheckConstraint(
            "half_day_min > 0 AND half_day_min < 1440", name=op.f("ck_space_bookings_half_day_min")
        ),
        sa.ForeignKeyConstraint(["space_pk"], ["space.pk"], name=op.f("fk_space_bookings_space_pk")),
        sa.PrimaryKeyConstraint("space_pk", name=op.f("pk_space_bookings")),
    )
    op.create_table(
        "booking_series",
        sa.Column("pk", KEY, nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("space_pk", KEY, nullable=False),
        sa.Column("desk_pk", KEY, nullable=True),
        sa.Column("member_pk", KEY, nullable=True),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("frequency", sa.Text(), nullable=False),
        sa.Column("every", sa.Integer(), nullable=False),
        sa.Column("weekdays", sa.Integer(), nullable=False),
        sa.Column("nth", sa.Integer(), nullable=False),
        sa.Column("first_day", sa.Date(), nullable=False),
        sa.Column("last_day", sa.Date(), nullable=False),
        sa.Column("starts_min", sa.Integer(), nullable=False),
        sa.Column("ends_min", sa.Integer(), nullable=False),
        sa.Column("created_us", sa.BigInteger(), nullable=False),
        sa.CheckConstraint(
            "frequency = 'daily' OR frequency = 'weekly' OR frequency = 'monthly'",
            name=op.f("ck_booking_series_frequency"),
        ),
        sa.CheckConstraint(
            "kind = 'desk' OR kind = 'event' OR kind = 'maintenance' OR kind = 'closing' OR kind = 'hold'",
            name=op.f("ck_booking_series_kind"),
        ),
        sa.CheckConstraint(
            "created_us >= 0 AND created_us <= 253402300799999999", name=op.f("ck_booking_series_created_us")
        ),
        sa.CheckConstraint("every >= 1", name=op.f("ck_booking_series_every")),
        sa.CheckConstraint("first_day <= last_day", name=op.f("ck_booking_series_days")),
        sa.CheckConstraint("length(id) = 16", name=op.f("ck_booking_series_id_length")),
        sa.CheckConstraint("nth BETWEEN -1 AND 4", name=op.f("ck_booking_series_nth")),
        sa.CheckConstraint(
            "starts_min >= 0 AND starts_min < ends_min AND ends_min <= 1440",
            name=op.f("ck_booking_series_minutes"),
        ),
        sa.CheckConstraint("weekdays BETWEEN 0 AND 127", name=op.f("ck_booking_series_weekdays")),
        sa.ForeignKeyConstraint(["member_pk"], ["member.pk"], name=op.f("fk_booking_series_member_pk")),
        sa.ForeignKeyConstraint(
            ["space_pk", "desk_pk"],
            ["desk.space_pk", "desk.pk"],
            name=op.f("fk_booking_series_space_pk_desk_pk"),
        ),
        sa.ForeignKeyConstraint(["space_pk"], ["space.pk"], name=op.f("fk_booking_series_space_pk")),
        sa.PrimaryKeyConstraint("pk", name=op.f("pk_booking_series")),
        sa.UniqueConstraint("id", name=op.f("uq_booking_series_id")),
        sa.UniqueConstraint("space_pk", "pk", name=op.f("uq_booking_series_space_pk_pk")),
    )
    op.create_index("ix_booking_series_member_pk", "booking_series", ["member_pk"], unique=False)

    op.create_table(
        "booking",
        sa.Column("pk", KEY, nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("space_pk", KEY, nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("is_active", sa.Boolean(), nullable=False),
        sa.Column("start_us", sa.BigInteger(), nullable=False),
        sa.Column("end_us", sa.BigInteger(), nullable=False),
        sa.Column("member_pk", KEY, nullable=True),
        sa.Column("series_pk", KEY, nullable=True),
        sa.Column("series_day", sa.Date(), nullable=True),
        sa.Column("any_hours", sa.Boolean(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_us", sa.BigInteger(), nullable=False),
        sa.Column("fresh_us", sa.BigInteger(), nullable=False),
        sa.Column("ended_us", sa.BigInteger(), nullable=True),
        sa.Column("ended_reason", sa.Text(), nullable=False),
        sa.Column("request", sa.Text(), nullable=True),
        sa.Column("request_digest", sa.LargeBinary(), nullable=True),
        sa.CheckConstraint(
            "is_active = (state = 'booked' OR state = 'checked_in')", name=op.f("ck_booking_is_active")
        ),
        sa.CheckConstraint(
            "kind = 'desk' OR kind = 'event' OR kind = 'maintenance' OR kind = 'closing' OR kind = 'hold'",
            name=op.f("ck_booking_kind"),
        ),
        sa.CheckConstraint(
            "state = 'booked' OR state = 'checked_in' OR state = 'cancelled' OR state = 'released_no_show'",
            name=op.f("ck_booking_state"),
        ),
        sa.CheckConstraint("(request IS NULL) = (request_digest IS NULL)", name=op.f("ck_booking_request")),
        sa.CheckConstraint("(series_pk IS NULL) = (series_day IS NULL)", name=op.f("ck_booking_series_day")),
        sa.CheckConstraint(
            "created_us >= 0 AND created_us <= 253402300799999999", name=op.f("ck_booking_created_us")
        ),
        sa.CheckConstraint("end_us - start_us <= 34560000000000", name=op.f("ck_booking_length")),
        sa.CheckConstraint("end_us >= 0 AND end_us <= 253402300799999999", name=op.f("ck_booking_end_us")),
        sa.CheckConstraint(
            "ended_us >= 0 AND ended_us <= 253402300799999999", name=op.f("ck_booking_ended_us")
        ),
        sa.CheckConstraint(
            "fresh_us >= 0 AND fresh_us <= 253402300799999999", name=op.f("ck_booking_fresh_us")
        ),
        sa.CheckConstraint("is_active = (ended_us IS NULL)", name=op.f("ck_booking_ended")),
        sa.CheckConstraint("length(id) = 16", name=op.f("ck_booking_id_length")),
        sa.CheckConstraint("start_us < end_us", name=op.f("ck_booking_order")),
        sa.CheckConstraint(
            "start_us >= 0 AND start_us <= 253402300799999999", name=op.f("ck_booking_start_us")
        ),
        sa.CheckConstraint("version >= 1", name=op.f("ck_booking_version")),
        sa.ForeignKeyConstraint(["member_pk"], ["member.pk"], name=op.f("fk_booking_member_pk")),
        sa.ForeignKeyConstraint(
            ["space_pk", "series_pk"],
            ["booking_series.space_pk", "booking_series.pk"],
            name=op.f("fk_booking_space_pk_series_pk"),
        ),
        sa.ForeignKeyConstraint(["space_pk"], ["space.pk"], name=op.f("fk_booking_space_pk")),
        sa.PrimaryKeyConstraint("pk", name=op.f("pk_booking")),
        sa.UniqueConstraint("id", name=op.f("uq_booking_id")),
        sa.UniqueConstraint(
            "pk",
            "space_pk",
            "start_us",
            "end_us",
            "is_active",
            name=op.f("uq_booking_pk_space_pk_start_us_end_us_is_active"),
        ),
        sa.UniqueConstraint("request", name=op.f("uq_booking_request")),
        sa.UniqueConstraint("series_pk", "series_day", name=op.f("uq_booking_series_pk_series_day")),
    )
    op.create_index("ix_booking_member_pk_end_us", "booking", ["member_pk", "end_us"], unique=False)
    op.create_index("ix_booking_space_pk_start_us", "booking", ["space_pk", "start_us"], unique=False)
    op.create_index(
        "ix_booking_long",
        "booking",
        ["space_pk", "start_us"],
        unique=False,
        sqlite_where=sa.text("end_us - start_us > 172800000000"),
        postgresql_where=sa.text("end_us - start_us > 172800000000"),
    )
    op.create_index(
        "ix_booking_unconfirmed",
        "booking",
        ["start_us"],
        unique=False,
        sqlite_where=sa.text("state = 'booked'"),
        postgresql_where=sa.text("state = 'booked'"),
    )

    op.create_table(
        "check_in",
        sa.Column("pk", KEY, nullable=False),
        sa.Column("space_pk", KEY, nullable=False),
        sa.Column("booking_pk", KEY, nullable=True),
        sa.Column("desk_pk", KEY, nullable=True),
        sa.Column("member_pk", KEY, nullable=True),
        sa.Column("at_us", sa.BigInteger(), nullable=False),
        sa.Column("how", sa.Text(), nullable=False),
        sa.Column("account_pk", KEY, nullable=True),
        sa.Column("epoch_pk", KEY, nullable=True),
        sa.Column("seq", sa.BigInteger(), nullable=True),
        sa.CheckConstraint(
            "how = 'door' OR how = 'desk' OR how = 'phone' OR how = 'host' OR how = 'continued'",
            name=op.f("ck_check_in_how"),
        ),
        sa.CheckConstraint("(epoch_pk IS NULL) = (seq IS NULL)", name=op.f("ck_check_in_event")),
        sa.CheckConstraint("at_us >= 0 AND at_us <= 253402300799999999", name=op.f("ck_check_in_at_us")),
        sa.ForeignKeyConstraint(["account_pk"], ["account.pk"], name=op.f("fk_check_in_account_pk")),
        sa.ForeignKeyConstraint(["booking_pk"], ["booking.pk"], name=op.f("fk_check_in_booking_pk")),
        sa.ForeignKeyConstraint(["epoch_pk"], ["epoch.pk"], name=op.f("fk_check_in_epoch_pk")),
        sa.ForeignKeyConstraint(["member_pk"], ["member.pk"], name=op.f("fk_check_in_member_pk")),
        sa.ForeignKeyConstraint(
            ["space_pk", "desk_pk"], ["desk.space_pk", "desk.pk"], name=op.f("fk_check_in_space_pk_desk_pk")
        ),
        sa.ForeignKeyConstraint(["space_pk"], ["space.pk"], name=op.f("fk_check_in_space_pk")),
        sa.PrimaryKeyConstraint("pk", name=op.f("pk_check_in")),
        sa.UniqueConstraint("epoch_pk", "seq", name=op.f("uq_check_in_epoch_pk_seq")),
    )
    op.create_index("ix_check_in_booking_pk", "check_in", ["booking_pk"], unique=False)
    op.create_index("ix_check_in_member_pk_at_us", "check_in", ["member_pk", "at_us"], unique=False)
    op.create_index("ix_check_in_space_pk_at_us", "check_in", ["space_pk", "at_us"], unique=False)

    op.create_table(
        "claim",
        sa.Column("pk", KEY, nullable=False),
        sa.Column("booking_pk", KEY, nullable=False),
        sa.Column("space_pk", KEY, nullable=False),
        sa.Column("desk_pk", KEY, nullable=False),
        sa.Column("start_us", sa.BigInteger(), nullable=False),
        sa.Column("end_us", sa.BigInteger(), nullable=False),
        sa.Column("is_active", sa.Boolean(), nullable=False),
        sa.CheckConstraint("end_us >= 0 AND end_us <= 253402300799999999", name=op.f("ck_claim_end_us")),
        sa.CheckConstraint("start_us < end_us", name=op.f("ck_claim_order")),
        sa.CheckConstraint(
            "start_us >= 0 AND start_us <= 253402300799999999", name=op.f("ck_claim_start_us")
        ),
        sa.ForeignKeyConstraint(
            ["booking_pk", "space_pk", "start_us", "end_us", "is_active"],
            ["booking.pk", "booking.space_pk", "booking.start_us", "booking.end_us", "booking.is_active"],
            name=op.f("fk_claim_booking_pk_space_pk_start_us_end_us_is_active"),
            onupdate="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["space_pk", "desk_pk"], ["desk.space_pk", "desk.pk"], name=op.f("fk_claim_space_pk_desk_pk")
        ),
        sa.PrimaryKeyConstraint("pk", name=op.f("pk_claim")),
        sa.UniqueConstraint("booking_pk", "desk_pk", name=op.f("uq_claim_booking_pk_desk_pk")),
    )
    op.create_index(
        "ix_claim_active",
        "claim",
        ["desk_pk", "start_us"],
        unique=False,
        sqlite_where=sa.text("is_active = 1"),
        postgresql_where=sa.text("is_active"),
    )
    _guard()


def _guard() -> None:
    """Let no desk be taken twice at one instant, whoever writes."""
    if op.get_bind().dialect.name == "postgresql":
        op.execute(
            "ALTER TABLE claim ADD CONSTRAINT ex_claim_desk_pk EXCLUDE USING gist "
            "(int8range(desk_pk, desk_pk, '[]') WITH &&, int8range(start_us, end_us) WITH &&) WHERE (is_active)"
        )
        return
    for name, when in (("claim_inserted", "INSERT"), ("claim_updated", "UPDATE")):
        op.execute(f"CREATE TRIGGER {name} AFTER {when} ON claim FOR EACH ROW {_CLAIM}")
    op.execute(_BOOKING)


def downgrade() -> None:
    """Undo this step; triggers go with their tables."""
    op.drop_table("claim")
    op.drop_table("check_in")
    op.drop_table("booking")
    op.drop_table("booking_series")
    op.drop_table("space_bookings")
    op.drop_table("api_token")
    with op.batch_alter_table("desk") as desk:
        desk.drop_constraint(op.f("uq_desk_space_pk_pk"), type_="unique")
