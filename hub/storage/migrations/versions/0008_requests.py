"""requests: what a request of a program has made, so that one that comes again makes no second thing."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Apply this step."""
    op.create_table(
        "api_request",
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("made", sa.Text(), nullable=False),
        sa.Column("member_pk", KEY, nullable=True),
        sa.Column("made_us", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("length(digest) = 32", name=op.f("ck_api_request_digest_length")),
        sa.CheckConstraint(
            "made_us >= 0 AND made_us <= 253402300799999999", name=op.f("ck_api_request_made_us")
        ),
        sa.ForeignKeyConstraint(["member_pk"], ["member.pk"], name=op.f("fk_api_request_member_pk")),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_api_request")),
    )
    op.create_index(op.f("ix_api_request_made_us"), "api_request", ["made_us"], unique=False)
    op.create_index(op.f("ix_api_request_member_pk"), "api_request", ["member_pk"], unique=False)


def downgrade() -> None:
    """Undo this step."""
    op.drop_table("api_request")
