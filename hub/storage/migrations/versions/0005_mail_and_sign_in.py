"""mail and sign in: outbox, choices, links, second factor, passkeys, single sign-on; for whom an account works."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")

# Hosts and managers work for the controller of their spaces. Who has spaces of several is bound to none, and sees no
# person until `ankerort-hub user controller` says for whom.
_BIND = """
UPDATE account SET controller = (
  SELECT min(s.controller) FROM account_role AS r JOIN space AS s ON s.id = r.space OR r.space = ''
  WHERE r.account_pk = account.pk AND r.role IN ('host', 'manager')
) WHERE 1 = (
  SELECT count(DISTINCT s.controller) FROM account_role AS r JOIN space AS s ON s.id = r.space OR r.space = ''
  WHERE r.account_pk = account.pk AND r.role IN ('host', 'manager')
)
"""


def upgrade() -> None:
    """Apply this step."""
    op.create_table(
        "mail_choice",
        sa.Column("pk", KEY, nullable=False),
        sa.Column("account_pk", KEY, nullable=True),
        sa.Column("member_pk", KEY, nullable=True),
        sa.Column("language", sa.Text(), nullable=True),
        sa.Column("tone", sa.Text(), nullable=True),
        sa.Column("secret", sa.Text(), nullable=False),
        sa.CheckConstraint("language = 'de' OR language = 'en'", name=op.f("ck_mail_choice_language")),
        sa.CheckConstraint("tone = 'sie' OR tone = 'du'", name=op.f("ck_mail_choice_tone")),
        sa.CheckConstraint(
            "(account_pk IS NULL) <> (member_pk IS NULL)", name=op.f("ck_mail_choice_one_reader")
        ),
        sa.CheckConstraint("length(secret) = 43", name=op.f("ck_mail_choice_secret_length")),
        sa.ForeignKeyConstraint(["account_pk"], ["account.pk"], name=op.f("fk_mail_choice_account_pk")),
        sa.ForeignKeyConstraint(["member_pk"], ["member.pk"], name=op.f("fk_mail_choice_member_pk")),
        sa.PrimaryKeyConstraint("pk", name=op.f("pk_mail_choice")),
        sa.UniqueConstraint("account_pk", name=op.f("uq_mail_choice_account_pk")),
        sa.UniqueConstraint("member_pk", name=op.f("uq_mail_choice_member_pk")),
    )
    op.create_table(
        "outbox",
        sa.Column("pk", KEY, nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("account_pk", KEY, nullable=True),
        sa.Column("member_pk", KEY, nullable=True),
        sa.Column("space_pk", KEY, nullable=True),
        sa.Column("language", sa.Text(), nullable=True),
        sa.Column("letter", sa.Text(), nullable=True),
        sa.Column("created_us", sa.BigInteger(), nullable=False),
        sa.Column("due_us", sa.BigInteger(), nullable=False),
        sa.Column("until_us", sa.BigInteger(), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("ended_us", sa.BigInteger(), nullable=True),
        sa.CheckConstraint("(state = 'waiting') = (ended_us IS NULL)", name=op.f("ck_outbox_ended")),
        sa.CheckConstraint(
            "kind = 'sign_in_link' OR kind = 'password_reset' OR kind = 'invitation' OR kind = 'account_changed' OR kind = 'alarm' OR kind = 'booking_made' OR kind = 'booking_changed' OR kind = 'booking_released' OR kind = 'place_free' OR kind = 'pass_ends'",
            name=op.f("ck_outbox_kind"),
        ),
        sa.CheckConstraint("language = 'de' OR language = 'en'", name=op.f("ck_outbox_language")),
        sa.CheckConstraint(
            "state = 'waiting' OR state = 'sent' OR state = 'dead' OR state = 'unwanted'",
            name=op.f("ck_outbox_state"),
        ),
        sa.CheckConstraint("(account_pk IS NULL) <> (member_pk IS NULL)", name=op.f("ck_outbox_one_reader")),
        sa.CheckConstraint(
            "created_us >= 0 AND created_us <= 253402300799999999", name=op.f("ck_outbox_created_us")
        ),
        sa.CheckConstraint("due_us >= 0 AND due_us <= 253402300799999999", name=op.f("ck_outbox_due_us")),
        sa.CheckConstraint(
            "ended_us >= 0 AND ended_us <= 253402300799999999", name=op.f("ck_outbox_ended_us")
        ),
        sa.CheckConstraint("length(key) >= 1 AND length(key) <= 200", name=op.f("ck_outbox_key_length")),
        sa.CheckConstraint("tries >= 0", name=op.f("ck_outbox_tries")),
        sa.CheckConstraint(
            "until_us >= 0 AND until_us <= 253402300799999999", name=op.f("ck_outbox_until_us")
        ),
        sa.ForeignKeyConstraint(["account_pk"], ["account.pk"], name=op.f("fk_outbox_account_pk")),
        sa.ForeignKeyConstraint(["member_pk"], ["member.pk"], name=op.f("fk_outbox_member_pk")),
        sa.ForeignKeyConstraint(["space_pk"], ["space.pk"], name=op.f("fk_outbox_space_pk")),
        sa.PrimaryKeyConstraint("pk", name=op.f("pk_outbox")),
        sa.UniqueConstraint("key", name=op.f("uq_outbox_key")),
    )
    op.create_index(op.f("ix_outbox_account_pk"), "outbox", ["account_pk"], unique=False)
    op.create_index(
        "ix_outbox_due_us",
        "outbox",
        ["due_us"],
        unique=False,
        sqlite_where=sa.text("state = 'waiting'"),
        postgresql_where=sa.text("state = 'waiting'"),
    )
    op.create_index(op.f("ix_outbox_ended_us"), "outbox", ["ended_us"], unique=False)
    op.create_index(op.f("ix_outbox_member_pk"), "outbox", ["member_pk"], unique=False)
    op.create_table(
        "passkey",
        sa.Column("pk", KEY, nullable=False),
        sa.Column("account_pk", KEY, nullable=False),
        sa.Column("credential_id", sa.LargeBinary(), nullable=False),
        sa.Column("public_key", sa.LargeBinary(), nullable=False),
        sa.Column("sign_count", sa.BigInteger(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("made_us", sa.BigInteger(), nullable=False),
        sa.Column("used_us", sa.BigInteger(), nullable=True),
        sa.CheckConstraint(
            "length(credential_id) >= 1 AND length(credential_id) <= 1023",
            name=op.f("ck_passkey_credential_id_length"),
        ),
        sa.CheckConstraint("made_us >= 0 AND made_us <= 253402300799999999", name=op.f("ck_passkey_made_us")),
        sa.CheckConstraint("sign_count >= 0", name=op.f("ck_passkey_sign_count")),
        sa.CheckConstraint("used_us >= 0 AND used_us <= 253402300799999999", name=op.f("ck_passkey_used_us")),
        sa.ForeignKeyConstraint(["account_pk"], ["account.pk"], name=op.f("fk_passkey_account_pk")),
        sa.PrimaryKeyConstraint("pk", name=op.f("pk_passkey")),
        sa.UniqueConstraint("credential_id", name=op.f("uq_passkey_credential_id")),
    )
    op.create_index(op.f("ix_passkey_account_pk"), "passkey", ["account_pk"], unique=False)
    op.create_table(
        "recovery_code",
        sa.Column("account_pk", KEY, nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("used_us", sa.BigInteger(), nullable=True),
        sa.CheckConstraint("length(digest) = 32", name=op.f("ck_recovery_code_digest_length")),
        sa.CheckConstraint(
            "used_us >= 0 AND used_us <= 253402300799999999", name=op.f("ck_recovery_code_used_us")
        ),
        sa.ForeignKeyConstraint(["account_pk"], ["account.pk"], name=op.f("fk_recovery_code_account_pk")),
        sa.PrimaryKeyConstraint("account_pk", "digest", name=op.f("pk_recovery_code")),
    )
    op.create_table(
        "second_factor",
        sa.Column("account_pk", KEY, nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("last_step", sa.BigInteger(), nullable=False),
        sa.Column("made_us", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("last_step >= 0", name=op.f("ck_second_factor_last_step")),
        sa.CheckConstraint(
            "made_us >= 0 AND made_us <= 253402300799999999", name=op.f("ck_second_factor_made_us")
        ),
        sa.ForeignKeyConstraint(["account_pk"], ["account.pk"], name=op.f("fk_second_factor_account_pk")),
        sa.PrimaryKeyConstraint("account_pk", name=op.f("pk_second_factor")),
    )
    op.create_table(
        "sign_in_link",
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("account_pk", KEY, nullable=False),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("made_us", sa.BigInteger(), nullable=False),
        sa.Column("until_us", sa.BigInteger(), nullable=False),
        sa.Column("used_us", sa.BigInteger(), nullable=True),
        sa.CheckConstraint(
            "purpose = 'sign_in' OR purpose = 'reset' OR purpose = 'invitation'",
            name=op.f("ck_sign_in_link_purpose"),
        ),
        sa.CheckConstraint("length(digest) = 32", name=op.f("ck_sign_in_link_digest_length")),
        sa.CheckConstraint(
            "made_us >= 0 AND made_us <= 253402300799999999", name=op.f("ck_sign_in_link_made_us")
        ),
        sa.CheckConstraint(
            "until_us >= 0 AND until_us <= 253402300799999999", name=op.f("ck_sign_in_link_until_us")
        ),
        sa.CheckConstraint(
            "used_us >= 0 AND used_us <= 253402300799999999", name=op.f("ck_sign_in_link_used_us")
        ),
        sa.ForeignKeyConstraint(["account_pk"], ["account.pk"], name=op.f("fk_sign_in_link_account_pk")),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_sign_in_link")),
    )
    op.create_index(
        "ix_sign_in_link_account_pk_made_us", "sign_in_link", ["account_pk", "made_us"], unique=False
    )
    op.create_index(op.f("ix_sign_in_link_until_us"), "sign_in_link", ["until_us"], unique=False)
    op.create_table(
        "space_mail",
        sa.Column("space_pk", KEY, nullable=False),
        sa.Column("tone", sa.Text(), nullable=False),
        sa.Column("reply_to", sa.Text(), nullable=False),
        sa.CheckConstraint("tone = 'sie' OR tone = 'du'", name=op.f("ck_space_mail_tone")),
        sa.ForeignKeyConstraint(["space_pk"], ["space.pk"], name=op.f("fk_space_mail_space_pk")),
        sa.PrimaryKeyConstraint("space_pk", name=op.f("pk_space_mail")),
    )
    op.create_table(
        "sso_subject",
        sa.Column("issuer", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("account_pk", KEY, nullable=False),
        sa.ForeignKeyConstraint(["account_pk"], ["account.pk"], name=op.f("fk_sso_subject_account_pk")),
        sa.PrimaryKeyConstraint("issuer", "subject", name=op.f("pk_sso_subject")),
    )
    op.create_index(op.f("ix_sso_subject_account_pk"), "sso_subject", ["account_pk"], unique=False)
    op.create_table(
        "mail_off",
        sa.Column("choice_pk", KEY, nullable=False),
        sa.Column("topic", sa.Text(), nullable=False),
        sa.CheckConstraint(
            "topic = 'bookings' OR topic = 'waiting_list' OR topic = 'passes'", name=op.f("ck_mail_off_topic")
        ),
        sa.ForeignKeyConstraint(["choice_pk"], ["mail_choice.pk"], name=op.f("fk_mail_off_choice_pk")),
        sa.PrimaryKeyConstraint("choice_pk", "topic", name=op.f("pk_mail_off")),
    )
    with op.batch_alter_table("account") as account:
        account.add_column(sa.Column("controller", sa.Text(), server_default="", nullable=False))
    op.execute(_BIND)


def downgrade() -> None:
    """Undo this step."""
    with op.batch_alter_table("account") as account:
        account.drop_column("controller")

    op.drop_table("mail_off")
    op.drop_table("sso_subject")
    op.drop_table("space_mail")
    op.drop_table("sign_in_link")
    op.drop_table("second_factor")
    op.drop_table("recovery_code")
    op.drop_table("passkey")
    op.drop_table("outbox")
    op.drop_table("mail_choice")
