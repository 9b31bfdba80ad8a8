"""What was backed up and restored: no person, and not the backups themselves."""

from sqlalchemy import BigInteger, CheckConstraint, Text
from sqlalchemy.orm import Mapped, mapped_column

from hub.domain.backups import BackupState
from hub.storage.types import Base, InstantUs, Key, Name


class BackupRunRow(Base):
    """One backup that was tried, or put back."""

    __tablename__ = "backup_run"
    __table_args__ = (
        CheckConstraint("size_bytes >= 0 AND amount >= 0", name="not_negative"),
        CheckConstraint("(state = 'failed') = (problem <> '')", name="problem_of_a_failure"),
    )

    pk: Mapped[int] = mapped_column(Key, primary_key=True)
    at_us: Mapped[int] = mapped_column(InstantUs, index=True)
    state: Mapped[BackupState] = mapped_column(Name(BackupState))
    file: Mapped[str] = mapped_column(Text)
    size_bytes: Mapped[int] = mapped_column(BigInteger)
    amount: Mapped[int] = mapped_column(BigInteger)
    problem: Mapped[str] = mapped_column(Text)
