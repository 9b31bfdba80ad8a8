"""The log of purges: how many rows of which kind went in which night."""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply this step."""
    op.create_table(
        "purge_log",
        sa.Column("period", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("amount >= 0", name=op.f("ck_purge_log_amount")),
        sa.PrimaryKeyConstraint("period", "kind", name=op.f("pk_purge_log")),
    )


def downgrade() -> None:
    """Undo this step."""
    op.drop_table("purge_log")
