"""A kind of letter more, what a report lacks; stays of spaces that log exits."""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")

_BEFORE = (
    "sign_in_link",
    "password_reset",
    "invitation",
    "account_changed",
    "alarm",
    "booking_made",
    "booking_changed",
    "booking_released",
    "place_free",
    "pass_ends",
)
_KINDS = ("under_2h", "2_to_4h", "4_to_8h", "from_8h", "auto_closed")


def _check(kinds: tuple[str, ...]) -> None:
    with op.batch_alter_table("outbox") as outbox:
        outbox.drop_constraint(op.f("ck_outbox_kind"), type_="check")
        outbox.create_check_constraint(
            op.f("ck_outbox_kind"), " OR ".join(f"kind = '{kind}'" for kind in kinds)
        )


def upgrade() -> None:
    """Apply this step."""
    _check((*_BEFORE, "report_gaps"))
    op.add_column("space_access", sa.Column("exits_reason", sa.Text(), server_default="", nullable=False))
    op.add_column(
        "space_day", sa.Column("logs_exits", sa.Boolean(), server_default=sa.false(), nullable=False)
    )
    op.add_column("space_month", sa.Column("exit_days", sa.Integer(), server_default="0", nullable=False))
    for kind in _KINDS:
        op.add_column(
            "contribution", sa.Column(f"stays_{kind}", sa.Integer(), server_default="0", nullable=False)
        )
    op.create_table(
        "stay",
        sa.Column("space_pk", KEY, nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("member_pk", KEY, nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("stays", sa.Integer(), nullable=False),
        sa.CheckConstraint(" OR ".join(f"kind = '{kind}'" for kind in _KINDS), name=op.f("ck_stay_kind")),
        sa.CheckConstraint("stays >= 1", name=op.f("ck_stay_stays")),
        sa.ForeignKeyConstraint(["member_pk"], ["member.pk"], name=op.f("fk_stay_member_pk")),
        sa.ForeignKeyConstraint(["space_pk"], ["space.pk"], name=op.f("fk_stay_space_pk")),
        sa.PrimaryKeyConstraint("space_pk", "day", "member_pk", "kind", name=op.f("pk_stay")),
    )
    op.create_index("ix_stay_member_pk", "stay", ["member_pk"], unique=False)


def downgrade() -> None:
    """Undo this step."""
    op.drop_table("stay")
    for kind in _KINDS:
        op.drop_column("contribution", f"stays_{kind}")
    op.drop_column("space_month", "exit_days")
    op.drop_column("space_day", "logs_exits")
    op.drop_column("space_access", "exits_reason")
    op.execute("DELETE FROM outbox WHERE kind = 'report_gaps'")
    _check(_BEFORE)
