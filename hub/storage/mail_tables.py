"""Tables of the access store about mail: what waits to be sent, and what readers have chosen.

A mail names its reader by key: name and address are looked up when it is sent, so that nothing of a person is here but
what the letter itself tells.
"""

from sqlalchemy import CheckConstraint, ForeignKey, Index, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from hub.domain.letters import LetterKind
from hub.domain.mail import MailState, Tone, Topic
from hub.storage.types import Base, InstantUs, Key, Name


class OutboxRow(Base):
    """A mail, written in the transaction of what caused it; `key` lets nothing be told twice."""

    __tablename__ = "outbox"
    __table_args__ = (
        CheckConstraint("(account_pk IS NULL) <> (member_pk IS NULL)", name="one_reader"),
        CheckConstraint("length(key) >= 1 AND length(key) <= 200", name="key_length"),
        CheckConstraint("tries >= 0", name="tries"),
        CheckConstraint("(state = 'waiting') = (ended_us IS NULL)", name="ended"),
        CheckConstraint("language = 'de' OR language = 'en'", name="language"),
        Index(
            "ix_outbox_due_us",
            "due_us",
            sqlite_where=text("state = 'waiting'"),
            postgresql_where=text("state = 'waiting'"),
        ),
    )

    pk: Mapped[int] = mapped_column(Key, primary_key=True)
    key: Mapped[str] = mapped_column(Text, unique=True)
    kind: Mapped[LetterKind] = mapped_column(Name(LetterKind))
    state: Mapped[MailState] = mapped_column(Name(MailState))
    account_pk: Mapped[int | None] = mapped_column(Key, ForeignKey("account.pk"), index=True)
    member_pk: Mapped[int | None] = mapped_column(Key, ForeignKey("member.pk"), index=True)
    space_pk: Mapped[int | None] = mapped_column(Key, ForeignKey("space.pk"))
    language: Mapped[str | None] = mapped_column(Text)
    """Of whoever asked for it, when the reader has chosen none."""
    letter: Mapped[str | None] = mapped_column(Text)
    """What it tells (`hub.domain.letters`); none once it was sent."""
    created_us: Mapped[int] = mapped_column(InstantUs)
    due_us: Mapped[int] = mapped_column(InstantUs)
    until_us: Mapped[int] = mapped_column(InstantUs)
    tries: Mapped[int]
    reason: Mapped[str] = mapped_column(Text)
    ended_us: Mapped[int | None] = mapped_column(InstantUs, index=True)


class MailChoiceRow(Base):
    """What the person of an account or a member has chosen; `secret` signs the links that end a topic."""

    __tablename__ = "mail_choice"
    __table_args__ = (
        CheckConstraint("(account_pk IS NULL) <> (member_pk IS NULL)", name="one_reader"),
        CheckConstraint("language = 'de' OR language = 'en'", name="language"),
        CheckConstraint("length(secret) = 43", name="secret_length"),
    )

    pk: Mapped[int] = mapped_column(Key, primary_key=True)
    account_pk: Mapped[int | None] = mapped_column(Key, ForeignKey("account.pk"), unique=True)
    member_pk: Mapped[int | None] = mapped_column(Key, ForeignKey("member.pk"), unique=True)
    language: Mapped[str | None] = mapped_column(Text)
    tone: Mapped[Tone | None] = mapped_column(Name(Tone))
    secret: Mapped[str] = mapped_column(Text)


class MailOffRow(Base):
    """A topic that a reader wants no more."""

    __tablename__ = "mail_off"

    choice_pk: Mapped[int] = mapped_column(Key, ForeignKey("mail_choice.pk"), primary_key=True)
    topic: Mapped[Topic] = mapped_column(Name(Topic), primary_key=True)


class SpaceMailRow(Base):
    """How letters about a space address their readers, and whom answers reach; without a row, Sie and the sender."""

    __tablename__ = "space_mail"

    space_pk: Mapped[int] = mapped_column(Key, ForeignKey("space.pk"), primary_key=True)
    tone: Mapped[Tone] = mapped_column(Name(Tone))
    reply_to: Mapped[str] = mapped_column(Text)
