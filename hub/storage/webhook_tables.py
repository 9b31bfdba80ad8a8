"""Tables of webhooks: where spaces tell what happens, and what is to be told."""

from sqlalchemy import CheckConstraint, ForeignKey, Index, LargeBinary, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from hub.domain.webhooks import DeliveryState, Happening
from hub.storage.types import Base, InstantUs, Key, Name


class WebhookRow(Base):
    """A webhook; `kinds` has spaces between, and the secret is sealed (`hub.webhooks`)."""

    __tablename__ = "webhook"
    __table_args__ = (CheckConstraint("length(id) = 16", name="id_length"),)

    pk: Mapped[int] = mapped_column(Key, primary_key=True)
    id: Mapped[str] = mapped_column(Text, unique=True)
    space_pk: Mapped[int] = mapped_column(Key, ForeignKey("space.pk"), index=True)
    url: Mapped[str] = mapped_column(Text)
    kinds: Mapped[str] = mapped_column(Text)
    with_names: Mapped[bool]
    sealed: Mapped[bytes] = mapped_column(LargeBinary)
    created_us: Mapped[int] = mapped_column(InstantUs)


class WebhookEventRow(Base):
    """What one webhook is to be told, written in the transaction of what happened; `key` lets nothing be told twice.

    The member stands apart from what is told, so that an erasure takes the row.
    """

    __tablename__ = "webhook_event"
    __table_args__ = (
        UniqueConstraint("webhook_pk", "key"),
        CheckConstraint("tries >= 0", name="tries"),
        CheckConstraint("(state = 'waiting') = (ended_us IS NULL)", name="ended"),
        Index(
            "ix_webhook_event_due_us",
            "due_us",
            sqlite_where=text("state = 'waiting'"),
            postgresql_where=text("state = 'waiting'"),
        ),
    )

    pk: Mapped[int] = mapped_column(Key, primary_key=True)
    webhook_pk: Mapped[int] = mapped_column(Key, ForeignKey("webhook.pk"))
    key: Mapped[str] = mapped_column(Text)
    kind: Mapped[Happening] = mapped_column(Name(Happening))
    data: Mapped[str] = mapped_column(Text)
    member_pk: Mapped[int | None] = mapped_column(Key, ForeignKey("member.pk"), index=True)
    state: Mapped[DeliveryState] = mapped_column(Name(DeliveryState))
    due_us: Mapped[int] = mapped_column(InstantUs)
    tries: Mapped[int]
    reason: Mapped[str] = mapped_column(Text)
    ended_us: Mapped[int | None] = mapped_column(InstantUs, index=True)
