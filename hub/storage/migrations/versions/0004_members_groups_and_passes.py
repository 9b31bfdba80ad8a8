"""members groups and passes."""

import secrets

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Apply this step."""
    op.create_table(
        "erasure",
        sa.Column("ref", sa.Text(), nullable=False),
        sa.Column("erased_us", sa.BigInteger(), nullable=False),
        sa.CheckConstraint(
            "erased_us >= 0 AND erased_us <= 253402300799999999", name=op.f("ck_erasure_erased_us")
        ),
        sa.CheckConstraint("length(ref) = 32", name=op.f("ck_erasure_ref_length")),
        sa.PrimaryKeyConstraint("ref", name=op.f("pk_erasure")),
    )
    op.create_table(
        "access_phase",
        sa.Column("pk", KEY, nullable=False),
        sa.Column("space_pk", KEY, nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.ForeignKeyConstraint(["space_pk"], ["space.pk"], name=op.f("fk_access_phase_space_pk")),
        sa.PrimaryKeyConstraint("pk", name=op.f("pk_access_phase")),
        sa.UniqueConstraint("space_pk", "pk", name=op.f("uq_access_phase_space_pk_pk")),
        sa.UniqueConstraint("space_pk", "starts_on", name=op.f("uq_access_phase_space_pk_starts_on")),
    )
    op.create_table(
        "member_group",
        sa.Column("pk", KEY, nullable=False),
        sa.Column("space_pk", KEY, nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=True),
        sa.Column("ends_on", sa.Date(), nullable=True),
        sa.CheckConstraint(
            "starts_on IS NULL OR ends_on IS NULL OR starts_on <= ends_on",
            name=op.f("ck_member_group_valid_range"),
        ),
        sa.ForeignKeyConstraint(["space_pk"], ["space.pk"], name=op.f("fk_member_group_space_pk")),
        sa.PrimaryKeyConstraint("pk", name=op.f("pk_member_group")),
        sa.UniqueConstraint("space_pk", "id", name=op.f("uq_member_group_space_pk_id")),
        sa.UniqueConstraint("space_pk", "pk", name=op.f("uq_member_group_space_pk_pk")),
    )
    op.create_table(
        "pass_rule",
        sa.Column("space_pk", KEY, nullable=False),
        sa.Column("without_pass", sa.Text(), nullable=False),
        sa.CheckConstraint(
            "without_pass = 'open' OR without_pass = 'shut'", name=op.f("ck_pass_rule_without_pass")
        ),
        sa.ForeignKeyConstraint(["space_pk"], ["space.pk"], name=op.f("fk_pass_rule_space_pk")),
        sa.PrimaryKeyConstraint("space_pk", name=op.f("pk_pass_rule")),
    )
    op.create_table(
        "settlement",
        sa.Column("space_pk", KEY, nullable=False),
        sa.Column("month", sa.Date(), nullable=False),
        sa.Column("settled_us", sa.BigInteger(), nullable=False),
        sa.CheckConstraint(
            "settled_us >= 0 AND settled_us <= 253402300799999999", name=op.f("ck_settlement_settled_us")
        ),
        sa.ForeignKeyConstraint(["space_pk"], ["space.pk"], name=op.f("fk_settlement_space_pk")),
        sa.PrimaryKeyConstraint("space_pk", "month", name=op.f("pk_settlement")),
    )
    op.create_table(
        "tariff",
        sa.Column("pk", KEY, nullable=False),
        sa.Column("space_pk", KEY, nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("price_cents", sa.BigInteger(), nullable=False),
        sa.Column("units", sa.Integer(), nullable=False),
        sa.Column("per_visit", sa.Integer(), nullable=False),
        sa.Column("valid_days", sa.Integer(), nullable=False),
        sa.Column("hours", sa.Text(), nullable=False),
        sa.Column("starts_min", sa.Integer(), nullable=False),
        sa.Column("ends_min", sa.Integer(), nullable=False),
        sa.Column("is_offered", sa.Boolean(), nullable=False),
        sa.CheckConstraint(
            "hours = 'opening' OR hours = 'always' OR hours = 'none'", name=op.f("ck_tariff_hours")
        ),
        sa.CheckConstraint(
            "kind = 'day' OR kind = 'half-day' OR kind = 'hours' OR kind = 'monthly' OR kind = 'fixed-desk' OR kind = 'free'",
            name=op.f("ck_tariff_kind"),
        ),
        sa.CheckConstraint("price_cents >= 0", name=op.f("ck_tariff_price_cents")),
        sa.CheckConstraint(
            "starts_min >= 0 AND starts_min < ends_min AND ends_min <= 1440", name=op.f("ck_tariff_minutes")
        ),
        sa.CheckConstraint(
            "units >= 0 AND per_visit >= 1 AND valid_days >= 0", name=op.f("ck_tariff_numbers")
        ),
        sa.ForeignKeyConstraint(["space_pk"], ["space.pk"], name=op.f("fk_tariff_space_pk")),
        sa.PrimaryKeyConstraint("pk", name=op.f("pk_tariff")),
        sa.UniqueConstraint("space_pk", "id", name=op.f("uq_tariff_space_pk_id")),
        sa.UniqueConstraint("space_pk", "pk", name=op.f("uq_tariff_space_pk_pk")),
    )
    op.create_table(
        "access_phase_group",
        sa.Column("space_pk", KEY, nullable=False),
        sa.Column("phase_pk", KEY, nullable=False),
        sa.Column("group_pk", KEY, nullable=False),
        sa.ForeignKeyConstraint(
            ["space_pk", "group_pk"],
            ["member_group.space_pk", "member_group.pk"],
            name=op.f("fk_access_phase_group_space_pk_group_pk"),
        ),
        sa.ForeignKeyConstraint(
            ["space_pk", "phase_pk"],
            ["access_phase.space_pk", "access_phase.pk"],
            name=op.f("fk_access_phase_group_space_pk_phase_pk"),
        ),
        sa.PrimaryKeyConstraint("phase_pk", "group_pk", name=op.f("pk_access_phase_group")),
    )
    op.create_table(
        "member_pass",
        sa.Column("pk", KEY, nullable=False),
        sa.Column("space_pk", KEY, nullable=False),
        sa.Column("member_pk", KEY, nullable=True),
        sa.Column("tariff_pk", KEY, nullable=False),
        sa.Column("sold_on", sa.Date(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_to", sa.Date(), nullable=True),
        sa.Column("units", sa.Integer(), nullable=False),
        sa.Column("price_cents", sa.BigInteger(), nullable=False),
        sa.Column("spent", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "units >= 0 AND spent >= 0 AND price_cents >= 0", name=op.f("ck_member_pass_not_negative")
        ),
        sa.ForeignKeyConstraint(["member_pk"], ["member.pk"], name=op.f("fk_member_pass_member_pk")),
        sa.ForeignKeyConstraint(
            ["space_pk", "tariff_pk"],
            ["tariff.space_pk", "tariff.pk"],
            name=op.f("fk_member_pass_space_pk_tariff_pk"),
        ),
        sa.ForeignKeyConstraint(["space_pk"], ["space.pk"], name=op.f("fk_member_pass_space_pk")),
        sa.PrimaryKeyConstraint("pk", name=op.f("pk_member_pass")),
        sa.UniqueConstraint("space_pk", "pk", name=op.f("uq_member_pass_space_pk_pk")),
    )
    op.create_index("ix_member_pass_member_pk", "member_pass", ["member_pk"], unique=False)
    op.create_index(
        "ix_member_pass_space_pk_member_pk", "member_pass", ["space_pk", "member_pk"], unique=False
    )
    op.create_table(
        "membership_group",
        sa.Column("space_pk", KEY, nullable=False),
        sa.Column("membership_pk", KEY, nullable=False),
        sa.Column("group_pk", KEY, nullable=False),
        sa.ForeignKeyConstraint(
            ["space_pk", "group_pk"],
            ["member_group.space_pk", "member_group.pk"],
            name=op.f("fk_membership_group_space_pk_group_pk"),
        ),
        sa.ForeignKeyConstraint(
            ["space_pk", "membership_pk"],
            ["membership.space_pk", "membership.pk"],
            name=op.f("fk_membership_group_space_pk_membership_pk"),
        ),
        sa.PrimaryKeyConstraint("membership_pk", "group_pk", name=op.f("pk_membership_group")),
    )
    op.create_table(
        "visit",
        sa.Column("pk", KEY, nullable=False),
        sa.Column("space_pk", KEY, nullable=False),
        sa.Column("member_pk", KEY, nullable=True),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("pass_pk", KEY, nullable=True),
        sa.Column("epoch_pk", KEY, nullable=True),
        sa.Column("seq", sa.BigInteger(), nullable=True),
        sa.CheckConstraint("(epoch_pk IS NULL) = (seq IS NULL)", name=op.f("ck_visit_event")),
        sa.ForeignKeyConstraint(["member_pk"], ["member.pk"], name=op.f("fk_visit_member_pk")),
        sa.ForeignKeyConstraint(
            ["space_pk", "pass_pk"],
            ["member_pass.space_pk", "member_pass.pk"],
            name=op.f("fk_visit_space_pk_pass_pk"),
        ),
        sa.ForeignKeyConstraint(["space_pk"], ["space.pk"], name=op.f("fk_visit_space_pk")),
        sa.PrimaryKeyConstraint("pk", name=op.f("pk_visit")),
        sa.UniqueConstraint("space_pk", "member_pk", "day", name=op.f("uq_visit_space_pk_member_pk_day")),
    )
    op.create_index(
        "ix_visit_event",
        "visit",
        ["epoch_pk", "seq"],
        unique=False,
        sqlite_where=sa.text("epoch_pk IS NOT NULL"),
        postgresql_where=sa.text("epoch_pk IS NOT NULL"),
    )
    op.create_index("ix_visit_member_pk", "visit", ["member_pk"], unique=False)
    op.create_index("ix_visit_space_pk_day", "visit", ["space_pk", "day"], unique=False)
    with op.batch_alter_table("member") as member:
        member.add_column(sa.Column("phone", sa.Text(), nullable=False, server_default=""))
        member.add_column(
            sa.Column("shows_presence", sa.Boolean(), nullable=False, server_default=sa.false())
        )
        member.add_column(sa.Column("in_statistics", sa.Boolean(), nullable=False, server_default=sa.false()))
        member.add_column(sa.Column("answers_pk", KEY, nullable=True))
        member.add_column(sa.Column("ref", sa.Text(), nullable=True))
    _give_refs()
    with op.batch_alter_table("member") as member:
        # The defaults were for the rows that were there.
        member.alter_column("phone", server_default=None)
        member.alter_column("shows_presence", server_default=None)
        member.alter_column("in_statistics", server_default=None)
        member.alter_column("ref", nullable=False)
        member.create_unique_constraint(op.f("uq_member_ref"), ["ref"])
        member.create_check_constraint(op.f("ck_member_ref_length"), "length(ref) = 32")
        member.create_foreign_key(op.f("fk_member_answers_pk"), "member", ["answers_pk"], ["pk"])
        member.create_index("ix_member_answers_pk", ["answers_pk"], unique=False)


def _give_refs() -> None:
    """Give everyone who is there a random word of their own."""
    member = sa.table("member", sa.column("pk"), sa.column("ref"))
    connection = op.get_bind()
    for pk in connection.execute(sa.select(member.c.pk)).scalars().all():
        connection.execute(sa.update(member).where(member.c.pk == pk).values(ref=secrets.token_hex(16)))


def downgrade() -> None:
    """Undo this step."""
    with op.batch_alter_table("member") as member:
        member.drop_index("ix_member_answers_pk")
        member.drop_constraint(op.f("fk_member_answers_pk"), type_="foreignkey")
        member.drop_constraint(op.f("uq_member_ref"), type_="unique")
        member.drop_constraint(op.f("ck_member_ref_length"), type_="check")
        member.drop_column("ref")
        member.drop_column("answers_pk")
        member.drop_column("in_statistics")
        member.drop_column("shows_presence")
        member.drop_column("phone")
    op.drop_table("visit")
    op.drop_table("membership_group")
    op.drop_table("member_pass")
    op.drop_table("access_phase_group")
    op.drop_table("tariff")
    op.drop_table("settlement")
    op.drop_table("pass_rule")
    op.drop_table("member_group")
    op.drop_table("access_phase")
    op.drop_table("erasure")
