"""waiting list: who waits for which desk when, and for how long what became free is held."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Apply this step."""
    op.create_table(
        "waiting",
        sa.Column("pk", KEY, nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("space_pk", KEY, nullable=False),
        sa.Column("desk_pk", KEY, nullable=True),
        sa.Column("member_pk", KEY, nullable=False),
        sa.Column("start_us", sa.BigInteger(), nullable=False),
        sa.Column("end_us", sa.BigInteger(), nullable=False),
        sa.Column("created_us", sa.BigInteger(), nullable=False),
        sa.Column("hold_pk", KEY, nullable=True),
        sa.Column("until_us", sa.BigInteger(), nullable=True),
        sa.CheckConstraint(
            "created_us >= 0 AND created_us <= 253402300799999999", name=op.f("ck_waiting_created_us")
        ),
        sa.CheckConstraint("end_us >= 0 AND end_us <= 253402300799999999", name=op.f("ck_waiting_end_us")),
        sa.CheckConstraint("(hold_pk IS NULL) = (until_us IS NULL)", name=op.f("ck_waiting_hold")),
        sa.CheckConstraint("length(id) = 16", name=op.f("ck_waiting_id_length")),
        sa.CheckConstraint("start_us < end_us", name=op.f("ck_waiting_order")),
        sa.CheckConstraint(
            "start_us >= 0 AND start_us <= 253402300799999999", name=op.f("ck_waiting_start_us")
        ),
        sa.CheckConstraint(
            "until_us >= 0 AND until_us <= 253402300799999999", name=op.f("ck_waiting_until_us")
        ),
        sa.ForeignKeyConstraint(["hold_pk"], ["booking.pk"], name=op.f("fk_waiting_hold_pk")),
        sa.ForeignKeyConstraint(["member_pk"], ["member.pk"], name=op.f("fk_waiting_member_pk")),
        sa.ForeignKeyConstraint(["space_pk"], ["space.pk"], name=op.f("fk_waiting_space_pk")),
        sa.ForeignKeyConstraint(
            ["space_pk", "desk_pk"], ["desk.space_pk", "desk.pk"], name=op.f("fk_waiting_space_pk_desk_pk")
        ),
        sa.PrimaryKeyConstraint("pk", name=op.f("pk_waiting")),
        sa.UniqueConstraint("hold_pk", name=op.f("uq_waiting_hold_pk")),
        sa.UniqueConstraint("id", name=op.f("uq_waiting_id")),
    )
    op.create_index(op.f("ix_waiting_member_pk"), "waiting", ["member_pk"], unique=False)
    op.create_index(op.f("ix_waiting_space_pk"), "waiting", ["space_pk"], unique=False)
    with op.batch_alter_table("space_bookings") as space_bookings:
        space_bookings.add_column(sa.Column("hold_min", sa.Integer(), server_default="30", nullable=False))
        space_bookings.create_check_constraint(op.f("ck_space_bookings_hold_min"), "hold_min >= 0")


def downgrade() -> None:
    """Undo this step."""
    with op.batch_alter_table("space_bookings") as space_bookings:
        space_bookings.drop_constraint(op.f("ck_space_bookings_hold_min"), type_="check")
        space_bookings.drop_column("hold_min")
    # What is held for nobody any more would stay for ever.
    op.execute(
        "UPDATE booking SET state = 'cancelled', is_active = false, ended_us = start_us, version = version + 1"
        " WHERE is_active AND pk IN (SELECT hold_pk FROM waiting WHERE hold_pk IS NOT NULL)"
    )
    op.drop_table("waiting")
