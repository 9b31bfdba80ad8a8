"""what people write down for statistics: counts by hand, targets, settings of towns, ways to work."""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Apply this step."""
    op.create_table(
        "town_statistics",
        sa.Column("town_pk", KEY, autoincrement=False, nullable=False),
        sa.Column("report_on", sa.Date(), nullable=True),
        sa.Column("report_first", sa.Date(), nullable=True),
        sa.Column("report_last", sa.Date(), nullable=True),
        sa.Column("co2_g_per_km", sa.Integer(), nullable=True),
        sa.Column("co2_source", sa.Text(), nullable=False),
        sa.Column("co2_year", sa.Integer(), nullable=True),
        sa.CheckConstraint(
            "(co2_g_per_km IS NULL) = (co2_year IS NULL)", name=op.f("ck_town_statistics_factor")
        ),
        sa.CheckConstraint(
            "(report_first IS NULL) = (report_last IS NULL)", name=op.f("ck_town_statistics_report_span")
        ),
        sa.CheckConstraint(
            "(report_on IS NULL) = (report_first IS NULL)", name=op.f("ck_town_statistics_report")
        ),
        sa.CheckConstraint("co2_g_per_km > 0", name=op.f("ck_town_statistics_grams")),
        sa.CheckConstraint("report_first <= report_last", name=op.f("ck_town_statistics_report_order")),
        sa.ForeignKeyConstraint(["town_pk"], ["town.pk"], name=op.f("fk_town_statistics_town_pk")),
        sa.PrimaryKeyConstraint("town_pk", name=op.f("pk_town_statistics")),
    )
    op.create_table(
        "figure_target",
        sa.Column("pk", KEY, nullable=False),
        sa.Column("town_pk", KEY, nullable=False),
        sa.Column("space_pk", KEY, nullable=True),
        sa.Column("figure", sa.Text(), nullable=False),
        sa.Column("first_month", sa.Date(), nullable=False),
        sa.Column("last_month", sa.Date(), nullable=False),
        sa.Column("target_hundredths", sa.BigInteger(), nullable=False),
        sa.Column("baseline_hundredths", sa.BigInteger(), nullable=True),
        sa.Column("baseline_on", sa.Date(), nullable=True),
        sa.Column("source", sa.Text(), nullable=False),
        sa.CheckConstraint(
            "(baseline_hundredths IS NULL) = (baseline_on IS NULL)", name=op.f("ck_figure_target_baseline_on")
        ),
        sa.CheckConstraint("baseline_hundredths >= 0", name=op.f("ck_figure_target_baseline")),
        sa.CheckConstraint("first_month <= last_month", name=op.f("ck_figure_target_order")),
        sa.CheckConstraint("target_hundredths >= 0", name=op.f("ck_figure_target_target")),
        sa.ForeignKeyConstraint(["space_pk"], ["space.pk"], name=op.f("fk_figure_target_space_pk")),
        sa.ForeignKeyConstraint(["town_pk"], ["town.pk"], name=op.f("fk_figure_target_town_pk")),
        sa.PrimaryKeyConstraint("pk", name=op.f("pk_figure_target")),
    )
    op.create_index(op.f("ix_figure_target_space_pk"), "figure_target", ["space_pk"], unique=False)
    op.create_index(op.f("ix_figure_target_town_pk"), "figure_target", ["town_pk"], unique=False)
    op.create_table(
        "hand_figure",
        sa.Column("pk", KEY, nullable=False),
        sa.Column("town_pk", KEY, nullable=False),
        sa.Column("space_pk", KEY, nullable=True),
        sa.Column("figure", sa.Text(), nullable=False),
        sa.Column("first_day", sa.Date(), nullable=False),
        sa.Column("last_day", sa.Date(), nullable=False),
        sa.Column("hundredths", sa.BigInteger(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("noted_by", sa.Text(), nullable=False),
        sa.Column("noted_us", sa.BigInteger(), nullable=False),
        sa.Column("flags", sa.Text(), nullable=False),
        sa.CheckConstraint("first_day <= last_day", name=op.f("ck_hand_figure_order")),
        sa.CheckConstraint("hundredths >= 0", name=op.f("ck_hand_figure_hundredths")),
        sa.CheckConstraint(
            "noted_us >= 0 AND noted_us <= 253402300799999999", name=op.f("ck_hand_figure_noted_us")
        ),
        sa.ForeignKeyConstraint(["space_pk"], ["space.pk"], name=op.f("fk_hand_figure_space_pk")),
        sa.ForeignKeyConstraint(["town_pk"], ["town.pk"], name=op.f("fk_hand_figure_town_pk")),
        sa.PrimaryKeyConstraint("pk", name=op.f("pk_hand_figure")),
    )
    op.create_index(op.f("ix_hand_figure_space_pk"), "hand_figure", ["space_pk"], unique=False)
    op.create_index("ix_hand_figure_town_pk_first_day", "hand_figure", ["town_pk", "first_day"], unique=False)
    op.create_table(
        "contribution_before",
        sa.Column("space_pk", KEY, nullable=False),
        sa.Column("year", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("pseudonym", sa.Text(), nullable=False),
        sa.CheckConstraint(
            "length(pseudonym) = 32 OR length(pseudonym) = 0",
            name=op.f("ck_contribution_before_pseudonym_length"),
        ),
        sa.ForeignKeyConstraint(["space_pk"], ["space.pk"], name=op.f("fk_contribution_before_space_pk")),
        sa.PrimaryKeyConstraint("space_pk", "year", "pseudonym", name=op.f("pk_contribution_before")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "way_answer",
        sa.Column("space_pk", KEY, autoincrement=False, nullable=False),
        sa.Column("month", sa.Date(), nullable=False),
        sa.Column("would_drive", sa.Boolean(), nullable=False),
        sa.Column("distance", sa.Text(), nullable=False),
        sa.Column("mode", sa.Text(), nullable=False),
        sa.Column("destination", sa.Text(), nullable=False),
        sa.Column("answers", sa.Integer(), nullable=False),
        sa.CheckConstraint("answers > 0", name=op.f("ck_way_answer_answers")),
        sa.ForeignKeyConstraint(["space_pk"], ["space.pk"], name=op.f("fk_way_answer_space_pk")),
        sa.PrimaryKeyConstraint(
            "space_pk", "month", "would_drive", "distance", "mode", "destination", name=op.f("pk_way_answer")
        ),
    )


def downgrade() -> None:
    """Undo this step."""
    op.drop_table("way_answer")
    op.drop_table("contribution_before")
    op.drop_table("hand_figure")
    op.drop_table("figure_target")
    op.drop_table("town_statistics")
