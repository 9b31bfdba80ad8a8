"""editions of spaces: how often each was changed, and whether a site file knows."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Apply this step."""
    op.create_table(
        "space_edition",
        sa.Column("space_pk", KEY, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("edited", sa.Integer(), nullable=False),
        sa.CheckConstraint("edited >= 0 AND edited <= version", name=op.f("ck_space_edition_edited")),
        sa.ForeignKeyConstraint(["space_pk"], ["space.pk"], name=op.f("fk_space_edition_space_pk")),
        sa.PrimaryKeyConstraint("space_pk", name=op.f("pk_space_edition")),
    )


def downgrade() -> None:
    """Undo this step."""
    op.drop_table("space_edition")
