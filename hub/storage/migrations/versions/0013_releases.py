"""releases: reports as they were published, every row ever printed, and charts."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")

_FROZEN = "what was published is never changed and never deleted: publish a new version"
_LEVELS = "level = 'space' OR level = 'town' OR level = 'network'"


def upgrade() -> None:
    """Apply this step."""
    op.create_table(
        "report",
        sa.Column("pk", KEY, nullable=False),
        sa.Column("level", sa.Text(), nullable=False),
        sa.Column("place", sa.Text(), nullable=False),
        sa.Column("first_month", sa.Text(), nullable=False),
        sa.Column("last_month", sa.Text(), nullable=False),
        sa.Column("audience", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("made_on", sa.Date(), nullable=False),
        sa.Column("published_us", sa.BigInteger(), nullable=False),
        sa.Column("checksum", sa.Text(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.CheckConstraint(
            "audience = 'public' OR audience = 'internal' OR audience = 'research'",
            name=op.f("ck_report_audience"),
        ),
        sa.CheckConstraint("length(checksum) = 64", name=op.f("ck_report_checksum_length")),
        sa.CheckConstraint(_LEVELS, name=op.f("ck_report_level")),
        sa.CheckConstraint("first_month <= last_month", name=op.f("ck_report_month_order")),
        sa.CheckConstraint(
            "length(first_month) = 7 AND length(last_month) = 7", name=op.f("ck_report_months")
        ),
        sa.CheckConstraint(
            "published_us >= 0 AND published_us <= 253402300799999999", name=op.f("ck_report_published_us")
        ),
        sa.CheckConstraint("version >= 1", name=op.f("ck_report_version")),
        sa.PrimaryKeyConstraint("pk", name=op.f("pk_report")),
        sa.UniqueConstraint("checksum", name=op.f("uq_report_checksum")),
        sa.UniqueConstraint(
            "level",
            "place",
            "first_month",
            "last_month",
            "audience",
            "version",
            name=op.f("uq_report_level_place_first_month_last_month_audience_version"),
        ),
    )
    op.create_table(
        "report_row",
        sa.Column("report_pk", KEY, nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("level", sa.Text(), nullable=False),
        sa.Column("place", sa.Text(), nullable=False),
        sa.Column("first_month", sa.Text(), nullable=False),
        sa.Column("last_month", sa.Text(), nullable=False),
        sa.Column("figure", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("value", sa.Text(), nullable=True),
        sa.Column("low", sa.Text(), nullable=True),
        sa.Column("high", sa.Text(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("method", sa.Text(), nullable=False),
        sa.Column("valid_pct", sa.Integer(), nullable=True),
        sa.Column("flags", sa.Text(), nullable=False),
        sa.CheckConstraint("high IS NULL OR low IS NOT NULL", name=op.f("ck_report_row_band")),
        sa.CheckConstraint(_LEVELS, name=op.f("ck_report_row_level")),
        sa.CheckConstraint(
            "value IS NULL OR (low IS NULL AND high IS NULL)", name=op.f("ck_report_row_number_or_band")
        ),
        sa.CheckConstraint(
            "status = 'ok' OR status = 'rounded' OR status = 'suppressed' OR status = 'unreliable' OR "
            "status = 'not_applicable' OR status = 'pending' OR status = 'estimated' OR status = 'revised'",
            name=op.f("ck_report_row_status"),
        ),
        sa.CheckConstraint("valid_pct BETWEEN 0 AND 100", name=op.f("ck_report_row_valid_pct")),
        sa.ForeignKeyConstraint(["report_pk"], ["report.pk"], name=op.f("fk_report_row_report_pk")),
        sa.PrimaryKeyConstraint("report_pk", "position", name=op.f("pk_report_row")),
    )
    op.create_table(
        "report_picture",
        sa.Column("report_pk", KEY, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("svg", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["report_pk"], ["report.pk"], name=op.f("fk_report_picture_report_pk")),
        sa.PrimaryKeyConstraint("report_pk", "name", name=op.f("pk_report_picture")),
    )
    is_postgres = op.get_bind().dialect.name == "postgresql"
    if is_postgres:
        op.execute(
            "CREATE OR REPLACE FUNCTION report_is_frozen() RETURNS trigger LANGUAGE plpgsql AS "
            f"'BEGIN RAISE EXCEPTION USING MESSAGE = TG_TABLE_NAME || '': {_FROZEN}'', "
            "ERRCODE = ''restrict_violation''; END'"
        )
    for table in ("report", "report_row"):
        for doing in ("UPDATE", "DELETE"):
            body = (
                " EXECUTE FUNCTION report_is_frozen()"
                if is_postgres
                else f" BEGIN\n    SELECT RAISE(ABORT, '{table}: {_FROZEN}');\nEND"
            )
            op.execute(f"CREATE TRIGGER {table}_{doing.lower()} BEFORE {doing} ON {table} FOR EACH ROW{body}")


def downgrade() -> None:
    """Undo this step; triggers go with their tables."""
    op.drop_table("report_picture")
    op.drop_table("report_row")
    op.drop_table("report")
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP FUNCTION IF EXISTS report_is_frozen()")
