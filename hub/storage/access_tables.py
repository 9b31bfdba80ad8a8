"""Tables of the access store: who may come in, with which card, and what devices were told (DESIGN section 6, 8).

Persons are here and nowhere near occupancy. A card's number and id are sealed under the custody key, which is not in
the database; `uid_tag` tells two cards apart without showing either (requirement P9).
"""

from datetime import date
from secrets import token_hex

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    LargeBinary,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from hub.domain.cards import CardKind, CardState, OrderKind, OrderState
from hub.domain.doors import CommandKind, CommandState, DoorMode
from hub.domain.people import AccessHours, Role
from hub.storage.types import Base, InstantUs, Key, Name


class MemberRow(Base):
    """Somebody who uses spaces.

    `ref` stands for the person alone and for ever, where a key may be given again after a restore: the ledger of erased
    persons has it. `answers_pk` is the member who answers for a guest.
    """

    __tablename__ = "member"
    __table_args__ = (
        UniqueConstraint("ref"),
        CheckConstraint("length(ref) = 32", name="ref_length"),
        Index("ix_member_answers_pk", "answers_pk"),
    )

    pk: Mapped[int] = mapped_column(Key, primary_key=True)
    name: Mapped[str] = mapped_column(Text)
    mail: Mapped[str] = mapped_column(Text)
    needs_longer: Mapped[bool]
    created_us: Mapped[int] = mapped_column(InstantUs)
    phone: Mapped[str] = mapped_column(Text, default="")
    shows_presence: Mapped[bool] = mapped_column(default=False)
    in_statistics: Mapped[bool] = mapped_column(default=False)
    answers_pk: Mapped[int | None] = mapped_column(Key, ForeignKey("member.pk"))
    ref: Mapped[str] = mapped_column(Text, default=lambda: token_hex(16))


class MembershipRow(Base):
    """A member's right to a space; see `hub.domain.people.Membership`."""

    __tablename__ = "membership"
    __table_args__ = (
        UniqueConstraint("member_pk", "space_pk"),
        UniqueConstraint("space_pk", "pk"),
        CheckConstraint("valid_to IS NULL OR valid_from <= valid_to", name="valid_range"),
        Index("ix_membership_space_pk", "space_pk"),
    )

    pk: Mapped[int] = mapped_column(Key, primary_key=True)
    member_pk: Mapped[int] = mapped_column(Key, ForeignKey("member.pk"))
    space_pk: Mapped[int] = mapped_column(Key, ForeignKey("space.pk"))
    hours: Mapped[AccessHours] = mapped_column(Name(AccessHours))
    valid_from: Mapped[date]
    valid_to: Mapped[date | None]
    is_host: Mapped[bool]
    works_offline: Mapped[bool]


class MembershipDoorRow(Base):
    """One of the only doors that a membership opens; without any, it opens every door of its space."""

    __tablename__ = "membership_door"
    __table_args__ = (
        ForeignKeyConstraint(["space_pk", "membership_pk"], ["membership.space_pk", "membership.pk"]),
        ForeignKeyConstraint(["space_pk", "door_pk"], ["door.space_pk", "door.pk"]),
    )

    space_pk: Mapped[int] = mapped_column(Key)
    membership_pk: Mapped[int] = mapped_column(Key, primary_key=True)
    door_pk: Mapped[int] = mapped_column(Key, primary_key=True)


class AccountRow(Base):
    """Somebody who can sign in; `mail` is stored in lower case."""

    __tablename__ = "account"

    pk: Mapped[int] = mapped_column(Key, primary_key=True)
    mail: Mapped[str] = mapped_column(Text, unique=True)
    name: Mapped[str] = mapped_column(Text)
    uniquifier: Mapped[str] = mapped_column(Text, unique=True)
    password_hash: Mapped[str | None] = mapped_column(Text)
    is_active: Mapped[bool]
    member_pk: Mapped[int | None] = mapped_column(Key, ForeignKey("member.pk"), index=True)
    created_us: Mapped[int] = mapped_column(InstantUs)
    controller: Mapped[str] = mapped_column(Text, server_default="")
    """For whom the account works: of the spaces of others it sees no person (requirement P7)."""


class AccountRoleRow(Base):
    """A role of an account; `space` is where it holds: see `hub.domain.people.Account` on how that is written."""

    __tablename__ = "account_role"

    account_pk: Mapped[int] = mapped_column(Key, ForeignKey("account.pk"), primary_key=True)
    role: Mapped[Role] = mapped_column(Name(Role), primary_key=True)
    space: Mapped[str] = mapped_column(Text, primary_key=True)


class CardRow(Base):
    """A card.

    `sealed_uid` and `sealed_id` open with the custody key alone; `generation` is that of the keys that are on it, 0 for
    a card without keys.
    """

    __tablename__ = "card"
    __table_args__ = (
        UniqueConstraint("space_pk", "uid_tag"),
        CheckConstraint("length(uid_tag) = 32", name="uid_tag_length"),
        CheckConstraint("(state = 'active') <= (member_pk IS NOT NULL)", name="active_has_member"),
        CheckConstraint("generation >= 0", name="generation"),
    )

    pk: Mapped[int] = mapped_column(Key, primary_key=True)
    space_pk: Mapped[int] = mapped_column(Key, ForeignKey("space.pk"), index=True)
    member_pk: Mapped[int | None] = mapped_column(Key, ForeignKey("member.pk"), index=True)
    label: Mapped[str] = mapped_column(Text)
    kind: Mapped[CardKind] = mapped_column(Name(CardKind))
    state: Mapped[CardState] = mapped_column(Name(CardState))
    uid_tag: Mapped[bytes] = mapped_column(LargeBinary)
    sealed_uid: Mapped[bytes] = mapped_column(LargeBinary)
    sealed_id: Mapped[bytes | None] = mapped_column(LargeBinary)
    generation: Mapped[int]
    active_until_us: Mapped[int | None] = mapped_column(InstantUs)
    changed_us: Mapped[int] = mapped_column(InstantUs)
    blocked_reason: Mapped[str] = mapped_column(Text)
    rekey_needed: Mapped[bool]


class CardLookupRow(Base):
    """Under which look-up value a device reports a card; written by `jobs` with each list."""

    __tablename__ = "card_lookup"

    device_pk: Mapped[int] = mapped_column(Key, ForeignKey("device.pk"), primary_key=True)
    lookup: Mapped[str] = mapped_column(Text, primary_key=True)
    card_pk: Mapped[int] = mapped_column(Key, ForeignKey("card.pk"), index=True)


class DeviceTrustRow(Base):
    """A device that the hub trusts with a list: its public sealing key, and the generation of its look-up key."""

    __tablename__ = "device_trust"
    __table_args__ = (
        CheckConstraint("length(sealing_key) = 32", name="sealing_key_length"),
        CheckConstraint("generation >= 1", name="generation"),
    )

    device_pk: Mapped[int] = mapped_column(Key, ForeignKey("device.pk"), primary_key=True)
    sealing_key: Mapped[bytes] = mapped_column(LargeBinary)
    generation: Mapped[int]
    added_us: Mapped[int] = mapped_column(InstantUs)
    revoked_us: Mapped[int | None] = mapped_column(InstantUs)


class AccessStateRow(Base):
    """How far a device's access list is.

    A change of rights raises `wanted` in its own transaction; `jobs` compiles and notes in `compiled` which `wanted` it
    had read. `digest` is that of the rights compiled last, so that a list that says the same is not published again.
    `applied` is what the device said.
    """

    __tablename__ = "access_state"
    __table_args__ = (
        CheckConstraint(
            "wanted >= 0 AND compiled >= 0 AND version >= 0 AND applied >= 0", name="not_negative"
        ),
        Index(
            "ix_access_state_wanted",
            "device_pk",
            sqlite_where=text("wanted > compiled"),
            postgresql_where=text("wanted > compiled"),
        ),
    )

    device_pk: Mapped[int] = mapped_column(Key, ForeignKey("device.pk"), primary_key=True)
    wanted: Mapped[int] = mapped_column(BigInteger)
    compiled: Mapped[int] = mapped_column(BigInteger)
    version: Mapped[int] = mapped_column(BigInteger)
    digest: Mapped[bytes] = mapped_column(LargeBinary)
    issued_us: Mapped[int] = mapped_column(InstantUs)
    valid_until_us: Mapped[int] = mapped_column(InstantUs)
    applied: Mapped[int] = mapped_column(BigInteger)
    applied_us: Mapped[int] = mapped_column(InstantUs)
    sealed: Mapped[bytes | None] = mapped_column(LargeBinary)
    """The list as it was published, for a broker that lost it; only its device can read it."""


class SpaceAccessRow(Base):
    """What a space has decided about its doors; without a row, the defaults of `hub.domain.space.SpaceAccess`."""

    __tablename__ = "space_access"
    __table_args__ = (
        CheckConstraint("NOT uid_cards OR length(uid_cards_reason) > 0", name="uid_cards_reason"),
        CheckConstraint("round_trip_ms >= 0", name="round_trip_ms"),
    )

    space_pk: Mapped[int] = mapped_column(Key, ForeignKey("space.pk"), primary_key=True)
    uid_cards: Mapped[bool]
    uid_cards_reason: Mapped[str] = mapped_column(Text)
    lockdown_hosts: Mapped[bool]
    office_hours: Mapped[bool]
    office_from_first: Mapped[bool]
    round_trip_ms: Mapped[int]
    open_s: Mapped[int]
    longer_s: Mapped[int]
    held_s: Mapped[int]
    phone_opening: Mapped[bool]
    exits_reason: Mapped[str] = mapped_column(Text, server_default="")


class CommandRow(Base):
    """Something that a device is to do once; also an order for a card."""

    __tablename__ = "command"
    __table_args__ = (
        CheckConstraint("length(id) = 16", name="id_length"),
        CheckConstraint("called_s >= 0", name="called_s"),
        Index(
            "ix_command_open",
            "device_pk",
            sqlite_where=text("state IN ('asked', 'sent')"),
            postgresql_where=text("state IN ('asked', 'sent')"),
        ),
        Index("ix_command_asked_us", "asked_us"),
    )

    id: Mapped[str] = mapped_column(Text, primary_key=True)
    device_pk: Mapped[int] = mapped_column(Key, ForeignKey("device.pk"))
    kind: Mapped[CommandKind] = mapped_column(Name(CommandKind))
    state: Mapped[CommandState] = mapped_column(Name(CommandState))
    door_pk: Mapped[int | None] = mapped_column(Key, ForeignKey("door.pk"))
    mode: Mapped[DoorMode | None] = mapped_column(Name(DoorMode))
    reader: Mapped[str] = mapped_column(Text)
    account_pk: Mapped[int | None] = mapped_column(Key, ForeignKey("account.pk"))
    asked_us: Mapped[int] = mapped_column(InstantUs)
    sent_us: Mapped[int | None] = mapped_column(InstantUs)
    until_us: Mapped[int] = mapped_column(InstantUs)
    answered_us: Mapped[int | None] = mapped_column(InstantUs)
    outcome: Mapped[str] = mapped_column(Text)
    called_s: Mapped[int] = mapped_column(default=0)
    """Within how many seconds the button outside must have been pressed, for the device to judge; 0 for no press."""


class CardOrderRow(Base):
    """What a command about a card is for, and what came of it; `offer` is the sealed number until `jobs` opened it."""

    __tablename__ = "card_order"
    __table_args__ = (
        Index(
            "ix_card_order_offer",
            "command",
            sqlite_where=text("offer IS NOT NULL"),
            postgresql_where=text("offer IS NOT NULL"),
        ),
    )

    command: Mapped[str] = mapped_column(Text, ForeignKey("command.id"), primary_key=True)
    kind: Mapped[OrderKind] = mapped_column(Name(OrderKind))
    state: Mapped[OrderState] = mapped_column(Name(OrderState))
    space_pk: Mapped[int] = mapped_column(Key, ForeignKey("space.pk"))
    card_pk: Mapped[int | None] = mapped_column(Key, ForeignKey("card.pk"))
    member_pk: Mapped[int | None] = mapped_column(Key, ForeignKey("member.pk"))
    label: Mapped[str] = mapped_column(Text)
    offer: Mapped[str | None] = mapped_column(Text)
    offer_kind: Mapped[CardKind | None] = mapped_column(Name(CardKind))
    problem: Mapped[str] = mapped_column(Text)
    generation: Mapped[int] = mapped_column(default=0)
    """Of the keys that it writes; 0 until `jobs` sends it, and for a card that is only read."""
