"""A role more, for extracts for studies."""

from alembic import op

revision = "0019"
down_revision = "0017"
branch_labels = None
depends_on = None

_BEFORE = ("member", "host", "manager", "statistics", "technician")


def _check(roles: tuple[str, ...]) -> None:
    with op.batch_alter_table("account_role") as account_role:
        account_role.drop_constraint(op.f("ck_account_role_role"), type_="check")
        account_role.create_check_constraint(
            op.f("ck_account_role_role"), " OR ".join(f"role = '{role}'" for role in roles)
        )


def upgrade() -> None:
    """Apply this step."""
    _check((*_BEFORE, "research"))


def downgrade() -> None:
    """Undo this step."""
    op.execute("DELETE FROM account_role WHERE role = 'research'")
    _check(_BEFORE)
