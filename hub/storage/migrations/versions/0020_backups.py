"""What was backed up and restored, and the alarm of a backup that failed."""

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")

_ALARMS = (
    "unknown_device", "unknown_topic", "unreadable_header", "unprocessable", "refused_event", "other_content",
    "events_lost", "new_epoch", "log_differs",
)  # fmt: skip


def upgrade() -> None:
    """Apply this step."""
    _check_alarms((*_ALARMS, "backup_failed"))
    op.create_table(
        "backup_run",
        sa.Column("pk", KEY, nullable=False),
        sa.Column("at_us", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("file", sa.Text(), nullable=False),
        sa.Column("size_bytes", sa.BigInteger(), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("problem", sa.Text(), nullable=False),
        sa.CheckConstraint("size_bytes >= 0 AND amount >= 0", name=op.f("ck_backup_run_not_negative")),
        sa.CheckConstraint(
            "(state = 'failed') = (problem <> '')", name=op.f("ck_backup_run_problem_of_a_failure")
        ),
        sa.CheckConstraint("at_us >= 0 AND at_us <= 253402300799999999", name=op.f("ck_backup_run_at_us")),
        sa.CheckConstraint(
            "state = 'verified' OR state = 'failed' OR state = 'restored'", name=op.f("ck_backup_run_state")
        ),
        sa.PrimaryKeyConstraint("pk", name=op.f("pk_backup_run")),
    )
    op.create_index(op.f("ix_backup_run_at_us"), "backup_run", ["at_us"])


def downgrade() -> None:
    """Undo this step."""
    op.drop_table("backup_run")
    op.execute("DELETE FROM alarm WHERE kind = 'backup_failed'")
    _check_alarms(_ALARMS)


def _check_alarms(kinds: tuple[str, ...]) -> None:
    with op.batch_alter_table("alarm") as alarm:
        alarm.drop_constraint(op.f("ck_alarm_kind"), type_="check")
        alarm.create_check_constraint(
            op.f("ck_alarm_kind"), " OR ".join(f"kind = '{kind}'" for kind in kinds)
        )
