"""Tables of the access store about how somebody signs in: links by mail, second factor, passkeys, single sign-on."""

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, LargeBinary, Text
from sqlalchemy.orm import Mapped, mapped_column

from hub.domain.accounts import LinkPurpose
from hub.storage.types import Base, InstantUs, Key, Name


class SignInLinkRow(Base):
    """A link that lets somebody in once; of its secret a digest is kept, which opens nothing."""

    __tablename__ = "sign_in_link"
    __table_args__ = (
        CheckConstraint("length(digest) = 32", name="digest_length"),
        Index("ix_sign_in_link_account_pk_made_us", "account_pk", "made_us"),
    )

    digest: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)
    account_pk: Mapped[int] = mapped_column(Key, ForeignKey("account.pk"))
    purpose: Mapped[LinkPurpose] = mapped_column(Name(LinkPurpose))
    made_us: Mapped[int] = mapped_column(InstantUs)
    until_us: Mapped[int] = mapped_column(InstantUs, index=True)
    used_us: Mapped[int | None] = mapped_column(InstantUs)


class SecondFactorRow(Base):
    """An account asks for the code of an app, too; `last_step` is that of the last code, which counts once."""

    __tablename__ = "second_factor"
    __table_args__ = (CheckConstraint("last_step >= 0", name="last_step"),)

    account_pk: Mapped[int] = mapped_column(Key, ForeignKey("account.pk"), primary_key=True)
    sealed: Mapped[bytes] = mapped_column(LargeBinary)
    last_step: Mapped[int] = mapped_column(BigInteger)
    made_us: Mapped[int] = mapped_column(InstantUs)


class RecoveryCodeRow(Base):
    """A code for whoever has lost the app; it counts once."""

    __tablename__ = "recovery_code"
    __table_args__ = (CheckConstraint("length(digest) = 32", name="digest_length"),)

    account_pk: Mapped[int] = mapped_column(Key, ForeignKey("account.pk"), primary_key=True)
    digest: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)
    used_us: Mapped[int | None] = mapped_column(InstantUs)


class PasskeyRow(Base):
    """A passkey of an account: what its device has the private half of."""

    __tablename__ = "passkey"
    __table_args__ = (
        CheckConstraint("sign_count >= 0", name="sign_count"),
        CheckConstraint(
            "length(credential_id) >= 1 AND length(credential_id) <= 1023", name="credential_id_length"
        ),
    )

    pk: Mapped[int] = mapped_column(Key, primary_key=True)
    account_pk: Mapped[int] = mapped_column(Key, ForeignKey("account.pk"), index=True)
    credential_id: Mapped[bytes] = mapped_column(LargeBinary, unique=True)
    public_key: Mapped[bytes] = mapped_column(LargeBinary)
    sign_count: Mapped[int] = mapped_column(BigInteger)
    name: Mapped[str] = mapped_column(Text)
    made_us: Mapped[int] = mapped_column(InstantUs)
    used_us: Mapped[int | None] = mapped_column(InstantUs)


class SsoSubjectRow(Base):
    """Whose account somebody has whom an identity provider knows."""

    __tablename__ = "sso_subject"

    issuer: Mapped[str] = mapped_column(Text, primary_key=True)
    subject: Mapped[str] = mapped_column(Text, primary_key=True)
    account_pk: Mapped[int] = mapped_column(Key, ForeignKey("account.pk"), index=True)
