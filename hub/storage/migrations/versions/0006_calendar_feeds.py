"""calendar feeds, and who was told that a pass runs out."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Apply this step."""
    op.create_table(
        "calendar_feed",
        sa.Column("member_pk", KEY, nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("made_us", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("length(digest) = 32", name=op.f("ck_calendar_feed_digest_length")),
        sa.CheckConstraint(
            "made_us >= 0 AND made_us <= 253402300799999999", name=op.f("ck_calendar_feed_made_us")
        ),
        sa.ForeignKeyConstraint(["member_pk"], ["member.pk"], name=op.f("fk_calendar_feed_member_pk")),
        sa.PrimaryKeyConstraint("member_pk", name=op.f("pk_calendar_feed")),
        sa.UniqueConstraint("digest", name=op.f("uq_calendar_feed_digest")),
    )
    op.create_table(
        "pass_told",
        sa.Column("pass_pk", KEY, nullable=False),
        sa.Column("told_us", sa.BigInteger(), nullable=False),
        sa.CheckConstraint(
            "told_us >= 0 AND told_us <= 253402300799999999", name=op.f("ck_pass_told_told_us")
        ),
        sa.ForeignKeyConstraint(["pass_pk"], ["member_pass.pk"], name=op.f("fk_pass_told_pass_pk")),
        sa.PrimaryKeyConstraint("pass_pk", name=op.f("pk_pass_told")),
    )


def downgrade() -> None:
    """Undo this step."""
    op.drop_table("pass_told")
    op.drop_table("calendar_feed")
