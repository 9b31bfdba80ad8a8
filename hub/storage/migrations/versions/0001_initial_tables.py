"""initial tables."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Apply this step."""
    op.create_table(
        "alarm",
        sa.Column("pk", KEY, nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.Column("times", sa.BigInteger(), nullable=False),
        sa.Column("first_us", sa.BigInteger(), nullable=False),
        sa.Column("last_us", sa.BigInteger(), nullable=False),
        sa.CheckConstraint(
            "kind = 'unknown_device' OR kind = 'unknown_topic' OR kind = 'unreadable_header' OR kind = 'unprocessable' OR kind = 'refused_event' OR kind = 'other_content' OR kind = 'events_lost' OR kind = 'new_epoch'",
            name=op.f("ck_alarm_kind"),
        ),
        sa.CheckConstraint(
            "first_us >= 0 AND first_us <= 253402300799999999", name=op.f("ck_alarm_first_us")
        ),
        sa.CheckConstraint("last_us >= 0 AND last_us <= 253402300799999999", name=op.f("ck_alarm_last_us")),
        sa.CheckConstraint("times >= 1", name=op.f("ck_alarm_times")),
        sa.PrimaryKeyConstraint("pk", name=op.f("pk_alarm")),
        sa.UniqueConstraint("kind", "subject", name=op.f("uq_alarm_kind_subject")),
    )
    op.create_table(
        "job_run",
        sa.Column("job", sa.Text(), nullable=False),
        sa.Column("period", sa.Text(), nullable=False),
        sa.Column("done_us", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("done_us >= 0 AND done_us <= 253402300799999999", name=op.f("ck_job_run_done_us")),
        sa.PrimaryKeyConstraint("job", "period", name=op.f("pk_job_run")),
    )
    op.create_table(
        "lease",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("holder", sa.Text(), nullable=False),
        sa.Column("until_us", sa.BigInteger(), nullable=False),
        sa.CheckConstraint(
            "until_us >= 0 AND until_us <= 253402300799999999", name=op.f("ck_lease_until_us")
        ),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_lease")),
    )
    op.create_table(
        "town",
        sa.Column("pk", KEY, nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("ags", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("land", sa.Text(), nullable=False),
        sa.Column("catholic", sa.Boolean(), nullable=False),
        sa.Column("inhabitants", sa.Integer(), nullable=True),
        sa.Column("inhabitants_on", sa.Date(), nullable=True),
        sa.Column("note_de", sa.Text(), nullable=False),
        sa.Column("note_en", sa.Text(), nullable=False),
        sa.Column("retired_us", sa.BigInteger(), nullable=True),
        sa.CheckConstraint("inhabitants IS NULL OR inhabitants > 0", name=op.f("ck_town_inhabitants")),
        sa.CheckConstraint("length(ags) = 8", name=op.f("ck_town_ags_length")),
        sa.CheckConstraint("length(land) = 2", name=op.f("ck_town_land_length")),
        sa.CheckConstraint(
            "retired_us >= 0 AND retired_us <= 253402300799999999", name=op.f("ck_town_retired_us")
        ),
        sa.PrimaryKeyConstraint("pk", name=op.f("pk_town")),
        sa.UniqueConstraint("ags", name=op.f("uq_town_ags")),
        sa.UniqueConstraint("id", name=op.f("uq_town_id")),
    )
    op.create_table(
        "space",
        sa.Column("pk", KEY, nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("town_pk", KEY, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("phase", sa.Text(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_to", sa.Date(), nullable=True),
        sa.Column("time_zone", sa.Text(), nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("controller", sa.Text(), nullable=False),
        sa.Column("granularity", sa.Text(), nullable=False),
        sa.Column("public_detail", sa.Text(), nullable=False),
        sa.Column("public_detail_reason", sa.Text(), nullable=False),
        sa.Column("plan_width", sa.Integer(), nullable=False),
        sa.Column("plan_depth", sa.Integer(), nullable=False),
        sa.Column("host_secret", sa.Text(), nullable=False),
        sa.CheckConstraint(
            "granularity = 'hour' OR granularity = 'half-day' OR granularity = 'day'",
            name=op.f("ck_space_granularity"),
        ),
        sa.CheckConstraint(
            "kind = 'coworking' OR kind = 'pop-up' OR kind = 'club' OR kind = 'ankerort' OR kind = 'town-lab' OR kind = 'makerspace' OR kind = 'satellite'",
            name=op.f("ck_space_kind"),
        ),
        sa.CheckConstraint(
            "phase = 'exploration' OR phase = 'test' OR phase = 'pop-up' OR phase = 'operation'",
            name=op.f("ck_space_phase"),
        ),
        sa.CheckConstraint(
            "public_detail = 'state' OR public_detail = 'count' OR public_detail = 'desks'",
            name=op.f("ck_space_public_detail"),
        ),
        sa.CheckConstraint("length(host_secret) >= 32", name=op.f("ck_space_host_secret_length")),
        sa.CheckConstraint("plan_width > 0 AND plan_depth > 0", name=op.f("ck_space_plan_size")),
        sa.CheckConstraint("valid_to IS NULL OR valid_from <= valid_to", name=op.f("ck_space_valid_range")),
        sa.ForeignKeyConstraint(["town_pk"], ["town.pk"], name=op.f("fk_space_town_pk")),
        sa.PrimaryKeyConstraint("pk", name=op.f("pk_space")),
        sa.UniqueConstraint("id", name=op.f("uq_space_id")),
    )
    with op.batch_alter_table("space", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_space_town_pk"), ["town_pk"], unique=False)

    op.create_table(
        "town_neighbour",
        sa.Column("town_pk", KEY, nullable=False),
        sa.Column("neighbour_pk", KEY, nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.CheckConstraint("town_pk <> neighbour_pk", name=op.f("ck_town_neighbour_another")),
        sa.ForeignKeyConstraint(["neighbour_pk"], ["town.pk"], name=op.f("fk_town_neighbour_neighbour_pk")),
        sa.ForeignKeyConstraint(["town_pk"], ["town.pk"], name=op.f("fk_town_neighbour_town_pk")),
        sa.PrimaryKeyConstraint("town_pk", "neighbour_pk", name=op.f("pk_town_neighbour")),
    )
    op.create_table(
        "closing_day",
        sa.Column("space_pk", KEY, nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.ForeignKeyConstraint(["space_pk"], ["space.pk"], name=op.f("fk_closing_day_space_pk")),
        sa.PrimaryKeyConstraint("space_pk", "day", name=op.f("pk_closing_day")),
    )
    op.create_table(
        "device",
        sa.Column("pk", KEY, nullable=False),
        sa.Column("space_pk", KEY, nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("retired_us", sa.BigInteger(), nullable=True),
        sa.CheckConstraint(
            "retired_us >= 0 AND retired_us <= 253402300799999999", name=op.f("ck_device_retired_us")
        ),
        sa.ForeignKeyConstraint(["space_pk"], ["space.pk"], name=op.f("fk_device_space_pk")),
        sa.PrimaryKeyConstraint("pk", name=op.f("pk_device")),
        sa.UniqueConstraint("space_pk", "id", name=op.f("uq_device_space_pk_id")),
        sa.UniqueConstraint("space_pk", "pk", name=op.f("uq_device_space_pk_pk")),
    )
    op.create_table(
        "opening_period",
        sa.Column("space_pk", KEY, nullable=False),
        sa.Column("weekday", sa.Integer(), nullable=False),
        sa.Column("opens_min", sa.Integer(), nullable=False),
        sa.Column("closes_min", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "opens_min >= 0 AND opens_min < closes_min AND closes_min <= 1440",
            name=op.f("ck_opening_period_minutes"),
        ),
        sa.CheckConstraint("weekday BETWEEN 0 AND 6", name=op.f("ck_opening_period_weekday")),
        sa.ForeignKeyConstraint(["space_pk"], ["space.pk"], name=op.f("fk_opening_period_space_pk")),
        sa.PrimaryKeyConstraint("space_pk", "weekday", "opens_min", name=op.f("pk_opening_period")),
    )
    op.create_table(
        "published_count",
        sa.Column("space_pk", KEY, nullable=False),
        sa.Column("at_us", sa.BigInteger(), nullable=False),
        sa.Column("free", sa.Integer(), nullable=False),
        sa.Column("occupied", sa.Integer(), nullable=False),
        sa.Column("unknown", sa.Integer(), nullable=False),
        sa.Column("out_of_service", sa.Integer(), nullable=False),
        sa.CheckConstraint("at_us % 300000000 = 0", name=op.f("ck_published_count_boundary")),
        sa.CheckConstraint(
            "at_us >= 0 AND at_us <= 253402300799999999", name=op.f("ck_published_count_at_us")
        ),
        sa.CheckConstraint(
            "free >= 0 AND occupied >= 0 AND unknown >= 0 AND out_of_service >= 0",
            name=op.f("ck_published_count_not_negative"),
        ),
        sa.ForeignKeyConstraint(["space_pk"], ["space.pk"], name=op.f("fk_published_count_space_pk")),
        sa.PrimaryKeyConstraint("space_pk", "at_us", name=op.f("pk_published_count")),
    )
    op.create_table(
        "zone",
        sa.Column("pk", KEY, nullable=False),
        sa.Column("space_pk", KEY, nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("retired_us", sa.BigInteger(), nullable=True),
        sa.CheckConstraint(
            "retired_us >= 0 AND retired_us <= 253402300799999999", name=op.f("ck_zone_retired_us")
        ),
        sa.ForeignKeyConstraint(["space_pk"], ["space.pk"], name=op.f("fk_zone_space_pk")),
        sa.PrimaryKeyConstraint("pk", name=op.f("pk_zone")),
        sa.UniqueConstraint("space_pk", "id", name=op.f("uq_zone_space_pk_id")),
        sa.UniqueConstraint("space_pk", "pk", name=op.f("uq_zone_space_pk_pk")),
    )
    op.create_table(
        "boot",
        sa.Column("pk", KEY, nullable=False),
        sa.Column("device_pk", KEY, nullable=False),
        sa.Column("boot", sa.Text(), nullable=False),
        sa.Column("not_before_us", sa.BigInteger(), nullable=False),
        sa.Column("offset_us", sa.BigInteger(), nullable=True),
        sa.Column("offset_ordinal", sa.Integer(), nullable=True),
        sa.Column("offset_seq", sa.BigInteger(), nullable=True),
        sa.CheckConstraint(
            "(offset_us IS NULL) = (offset_ordinal IS NULL) AND (offset_us IS NULL) = (offset_seq IS NULL)",
            name=op.f("ck_boot_offset_source"),
        ),
        sa.CheckConstraint("abs(offset_us) <= 4611686018427387904", name=op.f("ck_boot_offset_us")),
        sa.CheckConstraint("length(boot) = 16", name=op.f("ck_boot_boot_length")),
        sa.CheckConstraint(
            "not_before_us >= 0 AND not_before_us <= 253402300799999999", name=op.f("ck_boot_not_before_us")
        ),
        sa.ForeignKeyConstraint(["device_pk"], ["device.pk"], name=op.f("fk_boot_device_pk")),
        sa.PrimaryKeyConstraint("pk", name=op.f("pk_boot")),
        sa.UniqueConstraint("device_pk", "boot", name=op.f("uq_boot_device_pk_boot")),
    )
    op.create_table(
        "desk",
        sa.Column("pk", KEY, nullable=False),
        sa.Column("space_pk", KEY, nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("retired_us", sa.BigInteger(), nullable=True),
        sa.Column("zone_pk", KEY, nullable=True),
        sa.Column("device_pk", KEY, nullable=True),
        sa.Column("sensor", sa.Text(), nullable=False),
        sa.Column("x", sa.Integer(), nullable=False),
        sa.Column("y", sa.Integer(), nullable=False),
        sa.Column("width", sa.Integer(), nullable=False),
        sa.Column("depth", sa.Integer(), nullable=False),
        sa.Column("angle", sa.Integer(), nullable=False),
        sa.Column("in_service", sa.Boolean(), nullable=False),
        sa.CheckConstraint("sensor IN ('', 'pir', 'mmwave', 'mat', 'distance')", name=op.f("ck_desk_sensor")),
        sa.CheckConstraint("angle BETWEEN 0 AND 359", name=op.f("ck_desk_angle")),
        sa.CheckConstraint(
            "retired_us >= 0 AND retired_us <= 253402300799999999", name=op.f("ck_desk_retired_us")
        ),
        sa.CheckConstraint("width > 0 AND depth > 0", name=op.f("ck_desk_size")),
        sa.ForeignKeyConstraint(
            ["space_pk", "device_pk"],
            ["device.space_pk", "device.pk"],
            name=op.f("fk_desk_space_pk_device_pk"),
        ),
        sa.ForeignKeyConstraint(
            ["space_pk", "zone_pk"], ["zone.space_pk", "zone.pk"], name=op.f("fk_desk_space_pk_zone_pk")
        ),
        sa.ForeignKeyConstraint(["space_pk"], ["space.pk"], name=op.f("fk_desk_space_pk")),
        sa.PrimaryKeyConstraint("pk", name=op.f("pk_desk")),
        sa.UniqueConstraint("space_pk", "id", name=op.f("uq_desk_space_pk_id")),
    )
    op.create_table(
        "device_state",
        sa.Column("device_pk", KEY, nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("session", sa.Text(), nullable=False),
        sa.Column("status_us", sa.BigInteger(), nullable=False),
        sa.Column("heard_us", sa.BigInteger(), nullable=False),
        sa.Column("meta", sa.Text(), nullable=True),
        sa.Column("health", sa.Text(), nullable=True),
        sa.CheckConstraint(
            "status = 'never' OR status = 'online' OR status = 'offline' OR status = 'lost'",
            name=op.f("ck_device_state_status"),
        ),
        sa.CheckConstraint(
            "heard_us >= 0 AND heard_us <= 253402300799999999", name=op.f("ck_device_state_heard_us")
        ),
        sa.CheckConstraint(
            "status_us >= 0 AND status_us <= 253402300799999999", name=op.f("ck_device_state_status_us")
        ),
        sa.ForeignKeyConstraint(["device_pk"], ["device.pk"], name=op.f("fk_device_state_device_pk")),
        sa.PrimaryKeyConstraint("device_pk", name=op.f("pk_device_state")),
    )
    op.create_table(
        "door",
        sa.Column("pk", KEY, nullable=False),
        sa.Column("space_pk", KEY, nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("retired_us", sa.BigInteger(), nullable=True),
        sa.Column("device_pk", KEY, nullable=True),
        sa.CheckConstraint(
            "retired_us >= 0 AND retired_us <= 253402300799999999", name=op.f("ck_door_retired_us")
        ),
        sa.ForeignKeyConstraint(
            ["space_pk", "device_pk"],
            ["device.space_pk", "device.pk"],
            name=op.f("fk_door_space_pk_device_pk"),
        ),
        sa.ForeignKeyConstraint(["space_pk"], ["space.pk"], name=op.f("fk_door_space_pk")),
        sa.PrimaryKeyConstraint("pk", name=op.f("pk_door")),
        sa.UniqueConstraint("space_pk", "id", name=op.f("uq_door_space_pk_id")),
    )
    op.create_table(
        "epoch",
        sa.Column("pk", KEY, nullable=False),
        sa.Column("device_pk", KEY, nullable=False),
        sa.Column("epoch", sa.Text(), nullable=False),
        sa.Column("ordinal", sa.Integer(), nullable=False),
        sa.Column("first_seen_us", sa.BigInteger(), nullable=False),
        sa.CheckConstraint(
            "first_seen_us >= 0 AND first_seen_us <= 253402300799999999", name=op.f("ck_epoch_first_seen_us")
        ),
        sa.CheckConstraint("length(epoch) = 16", name=op.f("ck_epoch_epoch_length")),
        sa.CheckConstraint("ordinal >= 1", name=op.f("ck_epoch_ordinal")),
        sa.ForeignKeyConstraint(["device_pk"], ["device.pk"], name=op.f("fk_epoch_device_pk")),
        sa.PrimaryKeyConstraint("pk", name=op.f("pk_epoch")),
        sa.UniqueConstraint("device_pk", "epoch", name=op.f("uq_epoch_device_pk_epoch")),
        sa.UniqueConstraint("device_pk", "ordinal", name=op.f("uq_epoch_device_pk_ordinal")),
    )
    op.create_table(
        "cursor",
        sa.Column("epoch_pk", KEY, nullable=False),
        sa.Column("upto", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("upto >= 0", name=op.f("ck_cursor_upto")),
        sa.ForeignKeyConstraint(["epoch_pk"], ["epoch.pk"], name=op.f("fk_cursor_epoch_pk")),
        sa.PrimaryKeyConstraint("epoch_pk", name=op.f("pk_cursor")),
    )
    op.create_table(
        "desk_live",
        sa.Column("desk_pk", KEY, nullable=False),
        sa.Column("device_pk", KEY, nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("since_us", sa.BigInteger(), nullable=False),
        sa.Column("time_quality", sa.Text(), nullable=False),
        sa.Column("epoch_pk", KEY, nullable=False),
        sa.Column("epoch_ordinal", sa.Integer(), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("state IN ('vacant', 'occupied', 'unknown')", name=op.f("ck_desk_live_state")),
        sa.CheckConstraint(
            "time_quality = 'exact' OR time_quality = 'derived' OR time_quality = 'unknown'",
            name=op.f("ck_desk_live_time_quality"),
        ),
        sa.CheckConstraint(
            "since_us >= 0 AND since_us <= 253402300799999999", name=op.f("ck_desk_live_since_us")
        ),
        sa.ForeignKeyConstraint(["desk_pk"], ["desk.pk"], name=op.f("fk_desk_live_desk_pk")),
        sa.ForeignKeyConstraint(["device_pk"], ["device.pk"], name=op.f("fk_desk_live_device_pk")),
        sa.ForeignKeyConstraint(["epoch_pk"], ["epoch.pk"], name=op.f("fk_desk_live_epoch_pk")),
        sa.PrimaryKeyConstraint("desk_pk", "device_pk", name=op.f("pk_desk_live")),
    )
    with op.batch_alter_table("desk_live", schema=None) as batch_op:
        batch_op.create_index("ix_desk_live_event", ["epoch_pk", "seq"], unique=False)

    op.create_table(
        "desk_session",
        sa.Column("epoch_pk", KEY, nullable=False),
        sa.Column("seq", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("desk_pk", KEY, nullable=False),
        sa.Column("start_us", sa.BigInteger(), nullable=False),
        sa.Column("end_us", sa.BigInteger(), nullable=False),
        sa.Column("slack_us", sa.BigInteger(), nullable=False),
        sa.Column("time_quality", sa.Text(), nullable=False),
        sa.Column("continues", sa.Boolean(), nullable=False),
        sa.Column("is_open", sa.Boolean(), nullable=False),
        sa.CheckConstraint(
            "time_quality = 'exact' OR time_quality = 'derived' OR time_quality = 'unknown'",
            name=op.f("ck_desk_session_time_quality"),
        ),
        sa.CheckConstraint(
            "end_us >= 0 AND end_us <= 253402300799999999", name=op.f("ck_desk_session_end_us")
        ),
        sa.CheckConstraint("slack_us >= 0", name=op.f("ck_desk_session_slack_us")),
        sa.CheckConstraint("start_us <= end_us", name=op.f("ck_desk_session_order")),
        sa.CheckConstraint(
            "start_us >= 0 AND start_us <= 253402300799999999", name=op.f("ck_desk_session_start_us")
        ),
        sa.ForeignKeyConstraint(["desk_pk"], ["desk.pk"], name=op.f("fk_desk_session_desk_pk")),
        sa.ForeignKeyConstraint(["epoch_pk"], ["epoch.pk"], name=op.f("fk_desk_session_epoch_pk")),
        sa.PrimaryKeyConstraint("epoch_pk", "seq", name=op.f("pk_desk_session")),
    )
    with op.batch_alter_table("desk_session", schema=None) as batch_op:
        batch_op.create_index("ix_desk_session_desk_pk_start_us", ["desk_pk", "start_us"], unique=False)

    op.create_table(
        "event",
        sa.Column("epoch_pk", KEY, nullable=False),
        sa.Column("seq", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("boot_pk", KEY, nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("mono_us", sa.BigInteger(), nullable=False),
        sa.Column("earliest_us", sa.BigInteger(), nullable=False),
        sa.Column("latest_us", sa.BigInteger(), nullable=False),
        sa.Column("time_quality", sa.Text(), nullable=False),
        sa.Column("received_us", sa.BigInteger(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("payload", sa.LargeBinary(), nullable=False),
        sa.CheckConstraint(
            "kind = 'device_started' OR kind = 'clock_synchronised' OR kind = 'card_read' OR kind = 'reader_state' OR kind = 'desk_state' OR kind = 'desk_session'",
            name=op.f("ck_event_kind"),
        ),
        sa.CheckConstraint(
            "time_quality = 'exact' OR time_quality = 'derived' OR time_quality = 'unknown'",
            name=op.f("ck_event_time_quality"),
        ),
        sa.CheckConstraint("earliest_us <= latest_us", name=op.f("ck_event_bounds")),
        sa.CheckConstraint(
            "earliest_us >= 0 AND earliest_us <= 253402300799999999", name=op.f("ck_event_earliest_us")
        ),
        sa.CheckConstraint(
            "latest_us >= 0 AND latest_us <= 253402300799999999", name=op.f("ck_event_latest_us")
        ),
        sa.CheckConstraint("length(digest) = 32", name=op.f("ck_event_digest_length")),
        sa.CheckConstraint("mono_us >= 0", name=op.f("ck_event_mono_us")),
        sa.CheckConstraint(
            "received_us >= 0 AND received_us <= 253402300799999999", name=op.f("ck_event_received_us")
        ),
        sa.CheckConstraint("seq >= 1", name=op.f("ck_event_seq")),
        sa.ForeignKeyConstraint(["boot_pk"], ["boot.pk"], name=op.f("fk_event_boot_pk")),
        sa.ForeignKeyConstraint(["epoch_pk"], ["epoch.pk"], name=op.f("fk_event_epoch_pk")),
        sa.PrimaryKeyConstraint("epoch_pk", "seq", name=op.f("pk_event")),
        sqlite_with_rowid=False,
    )
    with op.batch_alter_table("event", schema=None) as batch_op:
        batch_op.create_index(
            "ix_event_boot_unsynced",
            ["boot_pk"],
            unique=False,
            sqlite_where=sa.text("time_quality <> 'exact'"),
            postgresql_where=sa.text("time_quality <> 'exact'"),
        )
        batch_op.create_index("ix_event_received_us", ["received_us"], unique=False)

    op.create_table(
        "lost_range",
        sa.Column("epoch_pk", KEY, nullable=False),
        sa.Column("first", sa.BigInteger(), nullable=False),
        sa.Column("last", sa.BigInteger(), nullable=False),
        sa.Column("noted_us", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("first >= 1 AND first <= last", name=op.f("ck_lost_range_range")),
        sa.CheckConstraint(
            "noted_us >= 0 AND noted_us <= 253402300799999999", name=op.f("ck_lost_range_noted_us")
        ),
        sa.ForeignKeyConstraint(["epoch_pk"], ["epoch.pk"], name=op.f("fk_lost_range_epoch_pk")),
        sa.PrimaryKeyConstraint("epoch_pk", "first", name=op.f("pk_lost_range")),
    )
    op.create_table(
        "quarantine",
        sa.Column("pk", KEY, nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("epoch_pk", KEY, nullable=True),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.Column("payload", sa.LargeBinary(), nullable=False),
        sa.Column("size_bytes", sa.Integer(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("times", sa.Integer(), nullable=False),
        sa.Column("first_us", sa.BigInteger(), nullable=False),
        sa.Column("last_us", sa.BigInteger(), nullable=False),
        sa.Column("resolved_us", sa.BigInteger(), nullable=True),
        sa.CheckConstraint(
            "reason = 'unreadable_header' OR reason = 'unprocessable' OR reason = 'unreadable_event' OR reason = 'unknown_desk' OR reason = 'other_content'",
            name=op.f("ck_quarantine_reason"),
        ),
        sa.CheckConstraint(
            "first_us >= 0 AND first_us <= 253402300799999999", name=op.f("ck_quarantine_first_us")
        ),
        sa.CheckConstraint(
            "last_us >= 0 AND last_us <= 253402300799999999", name=op.f("ck_quarantine_last_us")
        ),
        sa.CheckConstraint("length(digest) = 32", name=op.f("ck_quarantine_digest_length")),
        sa.CheckConstraint(
            "resolved_us >= 0 AND resolved_us <= 253402300799999999", name=op.f("ck_quarantine_resolved_us")
        ),
        sa.CheckConstraint("seq >= 0", name=op.f("ck_quarantine_seq")),
        sa.CheckConstraint("times >= 1", name=op.f("ck_quarantine_times")),
        sa.ForeignKeyConstraint(["epoch_pk"], ["epoch.pk"], name=op.f("fk_quarantine_epoch_pk")),
        sa.PrimaryKeyConstraint("pk", name=op.f("pk_quarantine")),
        sa.UniqueConstraint("subject", "digest", "seq", name=op.f("uq_quarantine_subject_digest_seq")),
    )
    with op.batch_alter_table("quarantine", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_quarantine_epoch_pk"), ["epoch_pk"], unique=False)
        batch_op.create_index(
            "ix_quarantine_open",
            ["pk"],
            unique=False,
            sqlite_where=sa.text("resolved_us IS NULL"),
            postgresql_where=sa.text("resolved_us IS NULL"),
        )

    op.create_table(
        "received_range",
        sa.Column("epoch_pk", KEY, nullable=False),
        sa.Column("first", sa.BigInteger(), nullable=False),
        sa.Column("last", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("first >= 1 AND first <= last", name=op.f("ck_received_range_range")),
        sa.ForeignKeyConstraint(["epoch_pk"], ["epoch.pk"], name=op.f("fk_received_range_epoch_pk")),
        sa.PrimaryKeyConstraint("epoch_pk", "first", name=op.f("pk_received_range")),
    )


def downgrade() -> None:
    """Undo this step."""
    op.drop_table("received_range")
    with op.batch_alter_table("quarantine", schema=None) as batch_op:
        batch_op.drop_index(
            "ix_quarantine_open",
            sqlite_where=sa.text("resolved_us IS NULL"),
            postgresql_where=sa.text("resolved_us IS NULL"),
        )
        batch_op.drop_index(batch_op.f("ix_quarantine_epoch_pk"))

    op.drop_table("quarantine")
    op.drop_table("lost_range")
    with op.batch_alter_table("event", schema=None) as batch_op:
        batch_op.drop_index("ix_event_received_us")
        batch_op.drop_index(
            "ix_event_boot_unsynced",
            sqlite_where=sa.text("time_quality <> 'exact'"),
            postgresql_where=sa.text("time_quality <> 'exact'"),
        )

    op.drop_table("event")
    with op.batch_alter_table("desk_session", schema=None) as batch_op:
        batch_op.drop_index("ix_desk_session_desk_pk_start_us")

    op.drop_table("desk_session")
    with op.batch_alter_table("desk_live", schema=None) as batch_op:
        batch_op.drop_index("ix_desk_live_event")

    op.drop_table("desk_live")
    op.drop_table("cursor")
    op.drop_table("epoch")
    op.drop_table("door")
    op.drop_table("device_state")
    op.drop_table("desk")
    op.drop_table("boot")
    op.drop_table("zone")
    op.drop_table("published_count")
    op.drop_table("opening_period")
    op.drop_table("device")
    op.drop_table("closing_day")
    op.drop_table("town_neighbour")
    with op.batch_alter_table("space", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_space_town_pk"))

    op.drop_table("space")
    op.drop_table("town")
    op.drop_table("lease")
    op.drop_table("job_run")
    op.drop_table("alarm")
