"""The life of spaces: a test, the opening, moves, the end, as somebody decided them in the hub."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Apply this step."""
    op.create_table(
        "space_period",
        sa.Column("space_pk", KEY, nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("decided_us", sa.BigInteger(), nullable=False),
        sa.Column("done_us", sa.BigInteger(), nullable=True),
        sa.Column("erased_us", sa.BigInteger(), nullable=True),
        sa.CheckConstraint(
            "kind = 'test' OR kind = 'open' OR kind = 'moved' OR kind = 'closed'",
            name=op.f("ck_space_period_kind"),
        ),
        sa.CheckConstraint("address = '' OR kind = 'moved'", name=op.f("ck_space_period_address_of_a_move")),
        sa.CheckConstraint(
            "(done_us IS NULL AND erased_us IS NULL) OR kind = 'closed'",
            name=op.f("ck_space_period_done_of_an_end"),
        ),
        sa.CheckConstraint(
            "decided_us >= 0 AND decided_us <= 253402300799999999", name=op.f("ck_space_period_decided_us")
        ),
        sa.CheckConstraint(
            "done_us >= 0 AND done_us <= 253402300799999999", name=op.f("ck_space_period_done_us")
        ),
        sa.CheckConstraint(
            "erased_us >= 0 AND erased_us <= 253402300799999999", name=op.f("ck_space_period_erased_us")
        ),
        sa.ForeignKeyConstraint(["space_pk"], ["space.pk"], name=op.f("fk_space_period_space_pk")),
        sa.PrimaryKeyConstraint("space_pk", "starts_on", name=op.f("pk_space_period")),
    )


def downgrade() -> None:
    """Undo this step."""
    op.drop_table("space_period")
