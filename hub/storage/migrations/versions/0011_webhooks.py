"""webhooks: where spaces tell what happens, and what is to be told."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Apply this step."""
    op.create_table(
        "webhook",
        sa.Column("pk", KEY, nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("space_pk", KEY, nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("kinds", sa.Text(), nullable=False),
        sa.Column("with_names", sa.Boolean(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("created_us", sa.BigInteger(), nullable=False),
        sa.CheckConstraint(
            "created_us >= 0 AND created_us <= 253402300799999999", name=op.f("ck_webhook_created_us")
        ),
        sa.CheckConstraint("length(id) = 16", name=op.f("ck_webhook_id_length")),
        sa.ForeignKeyConstraint(["space_pk"], ["space.pk"], name=op.f("fk_webhook_space_pk")),
        sa.PrimaryKeyConstraint("pk", name=op.f("pk_webhook")),
        sa.UniqueConstraint("id", name=op.f("uq_webhook_id")),
    )
    op.create_index(op.f("ix_webhook_space_pk"), "webhook", ["space_pk"], unique=False)
    op.create_table(
        "webhook_event",
        sa.Column("pk", KEY, nullable=False),
        sa.Column("webhook_pk", KEY, nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("data", sa.Text(), nullable=False),
        sa.Column("member_pk", KEY, nullable=True),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("due_us", sa.BigInteger(), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("ended_us", sa.BigInteger(), nullable=True),
        sa.CheckConstraint(
            "due_us >= 0 AND due_us <= 253402300799999999", name=op.f("ck_webhook_event_due_us")
        ),
        sa.CheckConstraint("(state = 'waiting') = (ended_us IS NULL)", name=op.f("ck_webhook_event_ended")),
        sa.CheckConstraint(
            "ended_us >= 0 AND ended_us <= 253402300799999999", name=op.f("ck_webhook_event_ended_us")
        ),
        sa.CheckConstraint(
            "kind = 'booking.made' OR kind = 'booking.changed' OR kind = 'booking.cancelled' OR kind = 'booking.released' OR kind = 'check_in' OR kind = 'alarm'",
            name=op.f("ck_webhook_event_kind"),
        ),
        sa.CheckConstraint(
            "state = 'waiting' OR state = 'sent' OR state = 'dead'", name=op.f("ck_webhook_event_state")
        ),
        sa.CheckConstraint("tries >= 0", name=op.f("ck_webhook_event_tries")),
        sa.ForeignKeyConstraint(["member_pk"], ["member.pk"], name=op.f("fk_webhook_event_member_pk")),
        sa.ForeignKeyConstraint(["webhook_pk"], ["webhook.pk"], name=op.f("fk_webhook_event_webhook_pk")),
        sa.PrimaryKeyConstraint("pk", name=op.f("pk_webhook_event")),
        sa.UniqueConstraint("webhook_pk", "key", name=op.f("uq_webhook_event_webhook_pk_key")),
    )
    op.create_index(
        "ix_webhook_event_due_us",
        "webhook_event",
        ["due_us"],
        unique=False,
        sqlite_where=sa.text("state = 'waiting'"),
        postgresql_where=sa.text("state = 'waiting'"),
    )
    op.create_index(op.f("ix_webhook_event_ended_us"), "webhook_event", ["ended_us"], unique=False)
    op.create_index(op.f("ix_webhook_event_member_pk"), "webhook_event", ["member_pk"], unique=False)


def downgrade() -> None:
    """Undo this step."""
    op.drop_table("webhook_event")
    op.drop_table("webhook")
