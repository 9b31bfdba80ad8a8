"""cards doors and accounts."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


_EVENTS = ("device_started", "clock_synchronised", "card_read", "reader_state", "desk_state", "desk_session")
_DOOR_EVENTS = ("access_decided", "door_changed", "command_answered", "card_offered", "card_personalised")
_ALARMS = (
    "unknown_device",
    "unknown_topic",
    "unreadable_header",
    "unprocessable",
    "refused_event",
    "other_content",
    "events_lost",
    "new_epoch",
)
_REASONS = ("unreadable_header", "unprocessable", "unreadable_event", "unknown_desk")


def _is_one_of(column: str, values: tuple[str, ...]) -> str:
    return " OR ".join(f"{column} = '{value}'" for value in values)


def _check_names(kinds: tuple[str, ...], reasons: tuple[str, ...], alarms: tuple[str, ...]) -> None:
    """Renew the CHECKs on what an event may be, and why a payload may be refused."""
    # SQLite copies the table; the copy must be as the original, which alembic does not see by itself.
    with op.batch_alter_table("event", table_kwargs={"sqlite_with_rowid": False}) as event:
        event.drop_constraint(op.f("ck_event_kind"), type_="check")
        event.create_check_constraint(op.f("ck_event_kind"), _is_one_of("kind", kinds))
    with op.batch_alter_table("alarm") as alarm:
        alarm.drop_constraint(op.f("ck_alarm_kind"), type_="check")
        alarm.create_check_constraint(op.f("ck_alarm_kind"), _is_one_of("kind", alarms))
    with op.batch_alter_table("quarantine") as quarantine:
        quarantine.drop_constraint(op.f("ck_quarantine_reason"), type_="check")
        quarantine.create_check_constraint(op.f("ck_quarantine_reason"), _is_one_of("reason", reasons))


def upgrade() -> None:
    """Apply this step."""
    with op.batch_alter_table("door") as door:
        door.create_unique_constraint(op.f("uq_door_space_pk_pk"), ["space_pk", "pk"])
    _check_names(
        (*_EVENTS, *_DOOR_EVENTS), (*_REASONS, "unknown_door", "other_content"), (*_ALARMS, "log_differs")
    )
    op.create_table(
        "chain",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("length", sa.BigInteger(), nullable=False),
        sa.Column("head", sa.LargeBinary(), nullable=False),
        sa.CheckConstraint("length >= 0", name=op.f("ck_chain_length")),
        sa.CheckConstraint("length(head) = 32", name=op.f("ck_chain_head_length")),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_chain")),
    )
    op.create_table(
        "member",
        sa.Column("pk", KEY, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("mail", sa.Text(), nullable=False),
        sa.Column("needs_longer", sa.Boolean(), nullable=False),
        sa.Column("created_us", sa.BigInteger(), nullable=False),
        sa.CheckConstraint(
            "created_us >= 0 AND created_us <= 253402300799999999", name=op.f("ck_member_created_us")
        ),
        sa.PrimaryKeyConstraint("pk", name=op.f("pk_member")),
    )
    op.create_table(
        "account",
        sa.Column("pk", KEY, nullable=False),
        sa.Column("mail", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("uniquifier", sa.Text(), nullable=False),
        sa.Column("password_hash", sa.Text(), nullable=True),
        sa.Column("is_active", sa.Boolean(), nullable=False),
        sa.Column("member_pk", KEY, nullable=True),
        sa.Column("created_us", sa.BigInteger(), nullable=False),
        sa.CheckConstraint(
            "created_us >= 0 AND created_us <= 253402300799999999", name=op.f("ck_account_created_us")
        ),
        sa.ForeignKeyConstraint(["member_pk"], ["member.pk"], name=op.f("fk_account_member_pk")),
        sa.PrimaryKeyConstraint("pk", name=op.f("pk_account")),
        sa.UniqueConstraint("mail", name=op.f("uq_account_mail")),
        sa.UniqueConstraint("uniquifier", name=op.f("uq_account_uniquifier")),
    )
    op.create_index("ix_account_member_pk", "account", ["member_pk"], unique=False)
    op.create_table(
        "chain_anchor",
        sa.Column("chain", sa.Text(), nullable=False),
        sa.Column("number", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.Column("at_us", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("signature", sa.LargeBinary(), nullable=False),
        sa.CheckConstraint("at_us >= 0 AND at_us <= 253402300799999999", name=op.f("ck_chain_anchor_at_us")),
        sa.CheckConstraint("length(hash) = 32", name=op.f("ck_chain_anchor_hash_length")),
        sa.ForeignKeyConstraint(["chain"], ["chain.name"], name=op.f("fk_chain_anchor_chain")),
        sa.PrimaryKeyConstraint("chain", "number", name=op.f("pk_chain_anchor")),
    )
    op.create_table(
        "account_role",
        sa.Column("account_pk", KEY, nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("space", sa.Text(), nullable=False),
        sa.CheckConstraint(
            "role = 'member' OR role = 'host' OR role = 'manager' OR role = 'statistics' OR role = 'technician'",
            name=op.f("ck_account_role_role"),
        ),
        sa.ForeignKeyConstraint(["account_pk"], ["account.pk"], name=op.f("fk_account_role_account_pk")),
        sa.PrimaryKeyConstraint("account_pk", "role", "space", name=op.f("pk_account_role")),
    )
    op.create_table(
        "card",
        sa.Column("pk", KEY, nullable=False),
        sa.Column("space_pk", KEY, nullable=False),
        sa.Column("member_pk", KEY, nullable=True),
        sa.Column("label", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("uid_tag", sa.LargeBinary(), nullable=False),
        sa.Column("sealed_uid", sa.LargeBinary(), nullable=False),
        sa.Column("sealed_id", sa.LargeBinary(), nullable=True),
        sa.Column("generation", sa.Integer(), nullable=False),
        sa.Column("active_until_us", sa.BigInteger(), nullable=True),
        sa.Column("changed_us", sa.BigInteger(), nullable=False),
        sa.Column("blocked_reason", sa.Text(), nullable=False),
        sa.Column("rekey_needed", sa.Boolean(), nullable=False),
        sa.CheckConstraint(
            "(state = 'active') <= (member_pk IS NOT NULL)", name=op.f("ck_card_active_has_member")
        ),
        sa.CheckConstraint("kind = 'uid' OR kind = 'desfire' OR kind = 'ntag424'", name=op.f("ck_card_kind")),
        sa.CheckConstraint(
            "state = 'blank' OR state = 'spare' OR state = 'active' OR state = 'blocked' OR state = 'retired'",
            name=op.f("ck_card_state"),
        ),
        sa.CheckConstraint(
            "active_until_us >= 0 AND active_until_us <= 253402300799999999",
            name=op.f("ck_card_active_until_us"),
        ),
        sa.CheckConstraint(
            "changed_us >= 0 AND changed_us <= 253402300799999999", name=op.f("ck_card_changed_us")
        ),
        sa.CheckConstraint("generation >= 0", name=op.f("ck_card_generation")),
        sa.CheckConstraint("length(uid_tag) = 32", name=op.f("ck_card_uid_tag_length")),
        sa.ForeignKeyConstraint(["member_pk"], ["member.pk"], name=op.f("fk_card_member_pk")),
        sa.ForeignKeyConstraint(["space_pk"], ["space.pk"], name=op.f("fk_card_space_pk")),
        sa.PrimaryKeyConstraint("pk", name=op.f("pk_card")),
        sa.UniqueConstraint("space_pk", "uid_tag", name=op.f("uq_card_space_pk_uid_tag")),
    )
    op.create_index("ix_card_member_pk", "card", ["member_pk"], unique=False)
    op.create_index("ix_card_space_pk", "card", ["space_pk"], unique=False)
    op.create_table(
        "log_opening",
        sa.Column("space_pk", KEY, nullable=False),
        sa.Column("account_pk", KEY, nullable=False),
        sa.Column("until_us", sa.BigInteger(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.CheckConstraint(
            "until_us >= 0 AND until_us <= 253402300799999999", name=op.f("ck_log_opening_until_us")
        ),
        sa.ForeignKeyConstraint(["account_pk"], ["account.pk"], name=op.f("fk_log_opening_account_pk")),
        sa.ForeignKeyConstraint(["space_pk"], ["space.pk"], name=op.f("fk_log_opening_space_pk")),
        sa.PrimaryKeyConstraint("space_pk", "account_pk", name=op.f("pk_log_opening")),
    )
    op.create_table(
        "membership",
        sa.Column("pk", KEY, nullable=False),
        sa.Column("member_pk", KEY, nullable=False),
        sa.Column("space_pk", KEY, nullable=False),
        sa.Column("hours", sa.Text(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_to", sa.Date(), nullable=True),
        sa.Column("is_host", sa.Boolean(), nullable=False),
        sa.Column("works_offline", sa.Boolean(), nullable=False),
        sa.CheckConstraint(
            "hours = 'opening' OR hours = 'always' OR hours = 'none'", name=op.f("ck_membership_hours")
        ),
        sa.CheckConstraint(
            "valid_to IS NULL OR valid_from <= valid_to", name=op.f("ck_membership_valid_range")
        ),
        sa.ForeignKeyConstraint(["member_pk"], ["member.pk"], name=op.f("fk_membership_member_pk")),
        sa.ForeignKeyConstraint(["space_pk"], ["space.pk"], name=op.f("fk_membership_space_pk")),
        sa.PrimaryKeyConstraint("pk", name=op.f("pk_membership")),
        sa.UniqueConstraint("member_pk", "space_pk", name=op.f("uq_membership_member_pk_space_pk")),
        sa.UniqueConstraint("space_pk", "pk", name=op.f("uq_membership_space_pk_pk")),
    )
    op.create_index("ix_membership_space_pk", "membership", ["space_pk"], unique=False)
    op.create_table(
        "rota",
        sa.Column("space_pk", KEY, nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("account_pk", KEY, nullable=False),
        sa.ForeignKeyConstraint(["account_pk"], ["account.pk"], name=op.f("fk_rota_account_pk")),
        sa.ForeignKeyConstraint(["space_pk"], ["space.pk"], name=op.f("fk_rota_space_pk")),
        sa.PrimaryKeyConstraint("space_pk", "position", name=op.f("pk_rota")),
    )
    op.create_table(
        "space_access",
        sa.Column("space_pk", KEY, nullable=False),
        sa.Column("uid_cards", sa.Boolean(), nullable=False),
        sa.Column("uid_cards_reason", sa.Text(), nullable=False),
        sa.Column("lockdown_hosts", sa.Boolean(), nullable=False),
        sa.Column("office_hours", sa.Boolean(), nullable=False),
        sa.Column("office_from_first", sa.Boolean(), nullable=False),
        sa.Column("round_trip_ms", sa.Integer(), nullable=False),
        sa.Column("open_s", sa.Integer(), nullable=False),
        sa.Column("longer_s", sa.Integer(), nullable=False),
        sa.Column("held_s", sa.Integer(), nullable=False),
        sa.Column("phone_opening", sa.Boolean(), nullable=False),
        sa.CheckConstraint(
            "NOT uid_cards OR length(uid_cards_reason) > 0", name=op.f("ck_space_access_uid_cards_reason")
        ),
        sa.CheckConstraint("round_trip_ms >= 0", name=op.f("ck_space_access_round_trip_ms")),
        sa.ForeignKeyConstraint(["space_pk"], ["space.pk"], name=op.f("fk_space_access_space_pk")),
        sa.PrimaryKeyConstraint("space_pk", name=op.f("pk_space_access")),
    )
    op.create_table(
        "access_state",
        sa.Column("device_pk", KEY, nullable=False),
        sa.Column("wanted", sa.BigInteger(), nullable=False),
        sa.Column("compiled", sa.BigInteger(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("issued_us", sa.BigInteger(), nullable=False),
        sa.Column("valid_until_us", sa.BigInteger(), nullable=False),
        sa.Column("applied", sa.BigInteger(), nullable=False),
        sa.Column("applied_us", sa.BigInteger(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=True),
        sa.CheckConstraint(
            "applied_us >= 0 AND applied_us <= 253402300799999999", name=op.f("ck_access_state_applied_us")
        ),
        sa.CheckConstraint(
            "issued_us >= 0 AND issued_us <= 253402300799999999", name=op.f("ck_access_state_issued_us")
        ),
        sa.CheckConstraint(
            "valid_until_us >= 0 AND valid_until_us <= 253402300799999999",
            name=op.f("ck_access_state_valid_until_us"),
        ),
        sa.CheckConstraint(
            "wanted >= 0 AND compiled >= 0 AND version >= 0 AND applied >= 0",
            name=op.f("ck_access_state_not_negative"),
        ),
        sa.ForeignKeyConstraint(["device_pk"], ["device.pk"], name=op.f("fk_access_state_device_pk")),
        sa.PrimaryKeyConstraint("device_pk", name=op.f("pk_access_state")),
    )
    op.create_index(
        "ix_access_state_wanted",
        "access_state",
        ["device_pk"],
        unique=False,
        sqlite_where=sa.text("wanted > compiled"),
        postgresql_where=sa.text("wanted > compiled"),
    )
    op.create_table(
        "card_lookup",
        sa.Column("device_pk", KEY, nullable=False),
        sa.Column("lookup", sa.Text(), nullable=False),
        sa.Column("card_pk", KEY, nullable=False),
        sa.ForeignKeyConstraint(["card_pk"], ["card.pk"], name=op.f("fk_card_lookup_card_pk")),
        sa.ForeignKeyConstraint(["device_pk"], ["device.pk"], name=op.f("fk_card_lookup_device_pk")),
        sa.PrimaryKeyConstraint("device_pk", "lookup", name=op.f("pk_card_lookup")),
    )
    op.create_index("ix_card_lookup_card_pk", "card_lookup", ["card_pk"], unique=False)
    op.create_table(
        "chain_entry",
        sa.Column("chain", sa.Text(), nullable=False),
        sa.Column("number", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("at_us", sa.BigInteger(), nullable=False),
        sa.Column("payload", sa.LargeBinary(), nullable=True),
        sa.Column("salt", sa.LargeBinary(), nullable=True),
        sa.Column("commitment", sa.LargeBinary(), nullable=False),
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.Column("card_pk", KEY, nullable=True),
        sa.CheckConstraint("(payload IS NULL) = (salt IS NULL)", name=op.f("ck_chain_entry_erased_whole")),
        sa.CheckConstraint("at_us >= 0 AND at_us <= 253402300799999999", name=op.f("ck_chain_entry_at_us")),
        sa.CheckConstraint("length(commitment) = 32", name=op.f("ck_chain_entry_commitment_length")),
        sa.CheckConstraint("length(hash) = 32", name=op.f("ck_chain_entry_hash_length")),
        sa.CheckConstraint("number >= 1", name=op.f("ck_chain_entry_number")),
        sa.ForeignKeyConstraint(["card_pk"], ["card.pk"], name=op.f("fk_chain_entry_card_pk")),
        sa.ForeignKeyConstraint(["chain"], ["chain.name"], name=op.f("fk_chain_entry_chain")),
        sa.PrimaryKeyConstraint("chain", "number", name=op.f("pk_chain_entry")),
    )
    op.create_index("ix_chain_entry_card_pk", "chain_entry", ["card_pk"], unique=False)
    op.create_table(
        "device_trust",
        sa.Column("device_pk", KEY, nullable=False),
        sa.Column("sealing_key", sa.LargeBinary(), nullable=False),
        sa.Column("generation", sa.Integer(), nullable=False),
        sa.Column("added_us", sa.BigInteger(), nullable=False),
        sa.Column("revoked_us", sa.BigInteger(), nullable=True),
        sa.CheckConstraint(
            "added_us >= 0 AND added_us <= 253402300799999999", name=op.f("ck_device_trust_added_us")
        ),
        sa.CheckConstraint("generation >= 1", name=op.f("ck_device_trust_generation")),
        sa.CheckConstraint("length(sealing_key) = 32", name=op.f("ck_device_trust_sealing_key_length")),
        sa.CheckConstraint(
            "revoked_us >= 0 AND revoked_us <= 253402300799999999", name=op.f("ck_device_trust_revoked_us")
        ),
        sa.ForeignKeyConstraint(["device_pk"], ["device.pk"], name=op.f("fk_device_trust_device_pk")),
        sa.PrimaryKeyConstraint("device_pk", name=op.f("pk_device_trust")),
    )
    op.create_table(
        "command",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("device_pk", KEY, nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("door_pk", KEY, nullable=True),
        sa.Column("mode", sa.Text(), nullable=True),
        sa.Column("reader", sa.Text(), nullable=False),
        sa.Column("account_pk", KEY, nullable=True),
        sa.Column("asked_us", sa.BigInteger(), nullable=False),
        sa.Column("sent_us", sa.BigInteger(), nullable=True),
        sa.Column("until_us", sa.BigInteger(), nullable=False),
        sa.Column("answered_us", sa.BigInteger(), nullable=True),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.Column("called_s", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "kind = 'open' OR kind = 'mode' OR kind = 'read_card' OR kind = 'write_card' OR kind = 'cancel'",
            name=op.f("ck_command_kind"),
        ),
        sa.CheckConstraint(
            "mode = 'normal' OR mode = 'office' OR mode = 'evacuate' OR mode = 'lockdown'",
            name=op.f("ck_command_mode"),
        ),
        sa.CheckConstraint(
            "state = 'asked' OR state = 'sent' OR state = 'answered' OR state = 'expired'",
            name=op.f("ck_command_state"),
        ),
        sa.CheckConstraint(
            "answered_us >= 0 AND answered_us <= 253402300799999999", name=op.f("ck_command_answered_us")
        ),
        sa.CheckConstraint(
            "asked_us >= 0 AND asked_us <= 253402300799999999", name=op.f("ck_command_asked_us")
        ),
        sa.CheckConstraint("called_s >= 0", name=op.f("ck_command_called_s")),
        sa.CheckConstraint("length(id) = 16", name=op.f("ck_command_id_length")),
        sa.CheckConstraint("sent_us >= 0 AND sent_us <= 253402300799999999", name=op.f("ck_command_sent_us")),
        sa.CheckConstraint(
            "until_us >= 0 AND until_us <= 253402300799999999", name=op.f("ck_command_until_us")
        ),
        sa.ForeignKeyConstraint(["account_pk"], ["account.pk"], name=op.f("fk_command_account_pk")),
        sa.ForeignKeyConstraint(["device_pk"], ["device.pk"], name=op.f("fk_command_device_pk")),
        sa.ForeignKeyConstraint(["door_pk"], ["door.pk"], name=op.f("fk_command_door_pk")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_command")),
    )
    op.create_index("ix_command_asked_us", "command", ["asked_us"], unique=False)
    op.create_index(
        "ix_command_open",
        "command",
        ["device_pk"],
        unique=False,
        sqlite_where=sa.text("state IN ('asked', 'sent')"),
        postgresql_where=sa.text("state IN ('asked', 'sent')"),
    )
    op.create_table(
        "door_alarm",
        sa.Column("pk", KEY, nullable=False),
        sa.Column("door_pk", KEY, nullable=False),
        sa.Column("epoch_pk", KEY, nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("began_us", sa.BigInteger(), nullable=False),
        sa.Column("ended_us", sa.BigInteger(), nullable=True),
        sa.Column("seen_us", sa.BigInteger(), nullable=True),
        sa.Column("seen_by_pk", KEY, nullable=True),
        sa.CheckConstraint(
            "kind = 'forced' OR kind = 'held' OR kind = 'tamper'", name=op.f("ck_door_alarm_kind")
        ),
        sa.CheckConstraint(
            "began_us >= 0 AND began_us <= 253402300799999999", name=op.f("ck_door_alarm_began_us")
        ),
        sa.CheckConstraint(
            "ended_us >= 0 AND ended_us <= 253402300799999999", name=op.f("ck_door_alarm_ended_us")
        ),
        sa.CheckConstraint(
            "seen_us >= 0 AND seen_us <= 253402300799999999", name=op.f("ck_door_alarm_seen_us")
        ),
        sa.ForeignKeyConstraint(["door_pk"], ["door.pk"], name=op.f("fk_door_alarm_door_pk")),
        sa.ForeignKeyConstraint(["epoch_pk"], ["epoch.pk"], name=op.f("fk_door_alarm_epoch_pk")),
        sa.ForeignKeyConstraint(["seen_by_pk"], ["account.pk"], name=op.f("fk_door_alarm_seen_by_pk")),
        sa.PrimaryKeyConstraint("pk", name=op.f("pk_door_alarm")),
        sa.UniqueConstraint("epoch_pk", "seq", name=op.f("uq_door_alarm_epoch_pk_seq")),
    )
    op.create_index(
        "ix_door_alarm_open",
        "door_alarm",
        ["door_pk"],
        unique=False,
        sqlite_where=sa.text("seen_us IS NULL"),
        postgresql_where=sa.text("seen_us IS NULL"),
    )
    op.create_table(
        "door_live",
        sa.Column("door_pk", KEY, nullable=False),
        sa.Column("device_pk", KEY, nullable=False),
        sa.Column("mode", sa.Text(), nullable=False),
        sa.Column("contact", sa.Text(), nullable=False),
        sa.Column("released", sa.Boolean(), nullable=False),
        sa.Column("since_us", sa.BigInteger(), nullable=False),
        sa.Column("epoch_pk", KEY, nullable=False),
        sa.Column("epoch_ordinal", sa.Integer(), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.CheckConstraint(
            "contact = 'open' OR contact = 'closed' OR contact = 'unknown'", name=op.f("ck_door_live_contact")
        ),
        sa.CheckConstraint(
            "mode = 'normal' OR mode = 'office' OR mode = 'evacuate' OR mode = 'lockdown'",
            name=op.f("ck_door_live_mode"),
        ),
        sa.CheckConstraint(
            "since_us >= 0 AND since_us <= 253402300799999999", name=op.f("ck_door_live_since_us")
        ),
        sa.ForeignKeyConstraint(["device_pk"], ["device.pk"], name=op.f("fk_door_live_device_pk")),
        sa.ForeignKeyConstraint(["door_pk"], ["door.pk"], name=op.f("fk_door_live_door_pk")),
        sa.ForeignKeyConstraint(["epoch_pk"], ["epoch.pk"], name=op.f("fk_door_live_epoch_pk")),
        sa.PrimaryKeyConstraint("door_pk", "device_pk", name=op.f("pk_door_live")),
    )
    op.create_table(
        "door_log",
        sa.Column("epoch_pk", KEY, nullable=False),
        sa.Column("seq", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("door_pk", KEY, nullable=False),
        sa.Column("at_us", sa.BigInteger(), nullable=False),
        sa.Column("time_quality", sa.Text(), nullable=False),
        sa.Column("what", sa.Text(), nullable=False),
        sa.Column("granted", sa.Boolean(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("card_pk", KEY, nullable=True),
        sa.Column("command", sa.Text(), nullable=True),
        sa.CheckConstraint(
            "time_quality = 'exact' OR time_quality = 'derived' OR time_quality = 'unknown'",
            name=op.f("ck_door_log_time_quality"),
        ),
        sa.CheckConstraint("at_us >= 0 AND at_us <= 253402300799999999", name=op.f("ck_door_log_at_us")),
        sa.ForeignKeyConstraint(["card_pk"], ["card.pk"], name=op.f("fk_door_log_card_pk")),
        sa.ForeignKeyConstraint(["door_pk"], ["door.pk"], name=op.f("fk_door_log_door_pk")),
        sa.ForeignKeyConstraint(["epoch_pk"], ["epoch.pk"], name=op.f("fk_door_log_epoch_pk")),
        sa.PrimaryKeyConstraint("epoch_pk", "seq", name=op.f("pk_door_log")),
    )
    op.create_index("ix_door_log_at_us", "door_log", ["at_us"], unique=False)
    op.create_index("ix_door_log_card_pk", "door_log", ["card_pk"], unique=False)
    op.create_index("ix_door_log_door_pk_at_us", "door_log", ["door_pk", "at_us"], unique=False)
    op.create_table(
        "membership_door",
        sa.Column("space_pk", KEY, nullable=False),
        sa.Column("membership_pk", KEY, nullable=False),
        sa.Column("door_pk", KEY, nullable=False),
        sa.ForeignKeyConstraint(
            ["space_pk", "door_pk"],
            ["door.space_pk", "door.pk"],
            name=op.f("fk_membership_door_space_pk_door_pk"),
        ),
        sa.ForeignKeyConstraint(
            ["space_pk", "membership_pk"],
            ["membership.space_pk", "membership.pk"],
            name=op.f("fk_membership_door_space_pk_membership_pk"),
        ),
        sa.PrimaryKeyConstraint("membership_pk", "door_pk", name=op.f("pk_membership_door")),
    )
    op.create_table(
        "card_order",
        sa.Column("command", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("space_pk", KEY, nullable=False),
        sa.Column("card_pk", KEY, nullable=True),
        sa.Column("member_pk", KEY, nullable=True),
        sa.Column("label", sa.Text(), nullable=False),
        sa.Column("offer", sa.Text(), nullable=True),
        sa.Column("offer_kind", sa.Text(), nullable=True),
        sa.Column("problem", sa.Text(), nullable=False),
        sa.Column("generation", sa.Integer(), nullable=False),
        sa.CheckConstraint("kind = 'read' OR kind = 'write'", name=op.f("ck_card_order_kind")),
        sa.CheckConstraint(
            "offer_kind = 'uid' OR offer_kind = 'desfire' OR offer_kind = 'ntag424'",
            name=op.f("ck_card_order_offer_kind"),
        ),
        sa.CheckConstraint(
            "state = 'asked' OR state = 'waiting' OR state = 'read' OR state = 'done' OR state = 'failed'",
            name=op.f("ck_card_order_state"),
        ),
        sa.ForeignKeyConstraint(["card_pk"], ["card.pk"], name=op.f("fk_card_order_card_pk")),
        sa.ForeignKeyConstraint(["command"], ["command.id"], name=op.f("fk_card_order_command")),
        sa.ForeignKeyConstraint(["member_pk"], ["member.pk"], name=op.f("fk_card_order_member_pk")),
        sa.ForeignKeyConstraint(["space_pk"], ["space.pk"], name=op.f("fk_card_order_space_pk")),
        sa.PrimaryKeyConstraint("command", name=op.f("pk_card_order")),
    )
    op.create_index(
        "ix_card_order_offer",
        "card_order",
        ["command"],
        unique=False,
        sqlite_where=sa.text("offer IS NOT NULL"),
        postgresql_where=sa.text("offer IS NOT NULL"),
    )


def downgrade() -> None:
    """Undo this step."""
    op.drop_table("card_order")
    op.drop_table("membership_door")
    op.drop_table("door_log")
    op.drop_table("door_live")
    op.drop_table("door_alarm")
    op.drop_table("command")
    op.drop_table("device_trust")
    op.drop_table("chain_entry")
    op.drop_table("card_lookup")
    op.drop_table("access_state")
    op.drop_table("space_access")
    op.drop_table("rota")
    op.drop_table("membership")
    op.drop_table("log_opening")
    op.drop_table("card")
    op.drop_table("account_role")
    op.drop_table("chain_anchor")
    op.drop_table("account")
    op.drop_table("member")
    op.drop_table("chain")
    # An earlier version could not read them.
    event = sa.table("event", sa.column("kind"))
    op.execute(event.delete().where(event.c.kind.in_(_DOOR_EVENTS)))
    op.execute("DELETE FROM quarantine WHERE reason = 'unknown_door'")
    op.execute("DELETE FROM alarm WHERE kind = 'log_differs'")
    _check_names(_EVENTS, (*_REASONS, "other_content"), _ALARMS)
    with op.batch_alter_table("door") as door:
        door.drop_constraint(op.f("uq_door_space_pk_pk"), type_="unique")
