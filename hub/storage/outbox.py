"""The outbox in SQL: written in the transaction of what caused a mail, emptied by `jobs` (`hub.mail_ports.Outbox`)."""

import secrets
from collections.abc import Sequence
from typing import Any, Final

from sqlalchemy import Connection, CursorResult, Engine, bindparam, case, delete, or_, select, update

from hub.domain.errors import NotTrue, UnknownSpace
from hub.domain.letters import kind_of, read_letter, write_letter
from hub.domain.mail import SECRET, TOPICS, Addressee, Draft, MailState, Reader, Tone, Topic
from hub.mail_ports import WaitingMail
from hub.storage.access_tables import AccountRow, MemberRow
from hub.storage.availability import unavailable_when_down
from hub.storage.engine import reading
from hub.storage.mail_tables import MailChoiceRow, MailOffRow, OutboxRow, SpaceMailRow
from hub.storage.statements import upsert
from hub.storage.tables import SpaceRow

TAKEN_US: Final = 300_000_000
"""So long a mail belongs to whoever took it; longer than any server takes for one."""

SECRET_BYTES: Final = 32


def add_mail(connection: Connection, draft: Draft, now_us: int, language: str | None = None) -> bool:
    """Write a mail into the outbox, in the transaction of what it tells.

    Args:
        language: `de` or `en`, for a reader who has chosen none.

    Returns:
        Whether it is new: one whose key is there already is left out.

    Raises:
        UnknownSpace: when it is about a space that is not there.
    """
    space_pk = None
    if draft.space:
        space_pk = connection.execute(select(SpaceRow.pk).where(SpaceRow.id == draft.space)).scalar()
        if space_pk is None:
            raise UnknownSpace(f'there is no space "{draft.space}"', code="unknown_space", space=draft.space)
    statement = (
        upsert(connection.dialect.name, OutboxRow)
        .on_conflict_do_nothing(index_elements=[OutboxRow.key])
        .returning(OutboxRow.pk)
    )
    values = {
        "key": draft.key, "kind": kind_of(draft.letter), "state": MailState.WAITING,
        "account_pk": draft.reader.account, "member_pk": draft.reader.member, "space_pk": space_pk,
        "language": language, "letter": write_letter(draft.letter), "created_us": now_us, "due_us": now_us,
        "until_us": draft.until_us, "tries": 0, "reason": "", "ended_us": None,
    }  # fmt: skip
    return connection.execute(statement, values).scalar() is not None


def reader_of(connection: Connection, member: int) -> Reader | None:
    """Return who gets a member's letters: the member, at the address on file or of the own account; else nobody."""
    row = connection.execute(_REACHED, {"member": member}).one_or_none()
    return Reader(member=member) if row is not None and (row.mail or row.own_mail) else None


def choice_of(connection: Connection, account: int | None, member: int | None) -> tuple[int, str]:
    """Return key and secret of what a person has chosen; made when there is nothing yet."""
    person = (
        {"account_pk": None, "member_pk": member} if member else {"account_pk": account, "member_pk": None}
    )
    column = MailChoiceRow.member_pk if member else MailChoiceRow.account_pk
    made = upsert(connection.dialect.name, MailChoiceRow).on_conflict_do_nothing(index_elements=[column])
    secret = secrets.token_urlsafe(SECRET_BYTES)
    connection.execute(made, {**person, "language": None, "tone": None, "secret": secret})
    found = connection.execute(
        select(MailChoiceRow.pk, MailChoiceRow.secret).where(column == (member or account))
    ).one()
    return found.pk, found.secret


class SqlOutbox:
    """Mails that wait (`hub.mail_ports.Outbox`).

    Args:
        engine: from `hub.storage.engine.make_engine`.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine, self._reading = engine, reading(engine)

    def due(self, now_us: int, limit: int, *, late_only: bool = False) -> Sequence[int]:
        """Return keys of mails that are due, oldest first; with `late_only` those that are of no use any more."""
        query = _LATE if late_only else _DUE
        with unavailable_when_down(), self._reading.connect() as connection:
            return list(connection.execute(query.limit(limit), {"now_us": now_us}).scalars())

    def take(self, pk: int, now_us: int) -> WaitingMail | None:
        """Take a mail for five minutes; None when it is gone, or somebody else's."""
        with unavailable_when_down(), self._engine.begin() as connection:
            row = connection.execute(_MAIL.with_for_update(of=OutboxRow), {"pk": pk}).one_or_none()
            if row is None or row.state is not MailState.WAITING:
                return None
            is_late = row.until_us <= now_us
            if row.due_us > now_us and not is_late:
                return None
            taken = {"due_us": now_us + TAKEN_US, "tries": row.tries + 1}
            connection.execute(update(OutboxRow).where(OutboxRow.pk == pk).values(taken))
            addressee, problem = (None, "") if is_late else self._addressee(connection, row)
        try:
            letter = read_letter(row.kind, row.letter or "")
        except NotTrue as error:
            letter, addressee, problem = None, None, str(error)
        return WaitingMail(pk, row.key, letter, row.tries + 1, addressee, problem, is_late)

    def end(self, pk: int, state: MailState, reason: str, now_us: int) -> None:
        """Note what became of a mail; only of one that may be tried again by hand is the text kept."""
        kept = case((OutboxRow.kind.in_(SECRET), None), else_=OutboxRow.letter)
        self._update(
            OutboxRow.pk == pk,
            state=state,
            reason=reason,
            ended_us=now_us,
            letter=kept if state is MailState.DEAD else None,
        )

    def try_later(self, pk: int, reason: str, due_us: int) -> None:
        """Have a mail that was taken tried again."""
        self._update(OutboxRow.pk == pk, reason=reason, due_us=due_us)

    def put_off(self, reason: str, due_us: int, now_us: int) -> None:
        """Have all that is due wait until a moment, without counting a try."""
        self._update(OutboxRow.due_us <= now_us, reason=reason, due_us=due_us)

    def purge(self, before_us: int) -> int:
        """Delete what ended before a moment; return how many."""
        with unavailable_when_down(), self._engine.begin() as connection:
            result = connection.execute(delete(OutboxRow).where(OutboxRow.ended_us < before_us))
            assert isinstance(result, CursorResult)
            return result.rowcount

    def _update(self, condition: Any, **values: Any) -> None:
        waiting = OutboxRow.state == MailState.WAITING
        with unavailable_when_down(), self._engine.begin() as connection:
            connection.execute(update(OutboxRow).where(condition, waiting).values(values))

    @staticmethod
    def _addressee(connection: Connection, row: Any) -> tuple[Addressee | None, str]:
        """Return who gets a mail, or why nobody does."""
        address = row.account_mail if row.account_pk else row.member_mail or row.own_mail
        if row.account_pk and not row.is_active:
            return None, "the account is switched off"
        if not address:
            return None, "there is no mail address: write one to the member"
        member = row.of_member if row.account_pk else row.member_pk
        column = MailChoiceRow.member_pk if member else MailChoiceRow.account_pk
        chosen = connection.execute(_CHOICE.where(column == (member or row.account_pk))).one_or_none()
        choice, secret = (chosen.pk, chosen.secret) if chosen else (0, "")
        off = frozenset[Topic]()
        if row.kind in TOPICS:
            choice, secret = choice_of(connection, row.account_pk, member)
            topics = select(MailOffRow.topic).where(MailOffRow.choice_pk == choice)
            off = frozenset(connection.execute(topics).scalars())
        return Addressee(
            address=address,
            name=row.account_name if row.account_pk else row.member_name,
            language=(chosen.language if chosen else None) or row.language or "de",
            tone=(chosen.tone if chosen else None) or row.space_tone or Tone.SIE,
            choice=choice,
            secret=secret,
            off=off,
            reply_to=row.reply_to or "",
        ), ""


_WAITING: Final = OutboxRow.state == MailState.WAITING
_DUE: Final = (
    select(OutboxRow.pk)
    .where(_WAITING, or_(OutboxRow.due_us <= bindparam("now_us"), OutboxRow.until_us <= bindparam("now_us")))
    .order_by(OutboxRow.due_us, OutboxRow.pk)
)
_LATE: Final = (
    select(OutboxRow.pk).where(_WAITING, OutboxRow.until_us <= bindparam("now_us")).order_by(OutboxRow.pk)
)
_OWN_MAIL: Final = (
    select(AccountRow.mail)
    .where(AccountRow.member_pk == MemberRow.pk, AccountRow.is_active)
    .order_by(AccountRow.pk)
    .limit(1)
    .correlate(MemberRow)
    .scalar_subquery()
)
_MAIL: Final = (
    select(
        OutboxRow.key,
        OutboxRow.kind,
        OutboxRow.state,
        OutboxRow.letter,
        OutboxRow.language,
        OutboxRow.tries,
        OutboxRow.due_us,
        OutboxRow.until_us,
        OutboxRow.account_pk,
        OutboxRow.member_pk,
        AccountRow.mail.label("account_mail"),
        AccountRow.name.label("account_name"),
        AccountRow.is_active,
        AccountRow.member_pk.label("of_member"),
        MemberRow.mail.label("member_mail"),
        _OWN_MAIL.label("own_mail"),
        MemberRow.name.label("member_name"),
        SpaceMailRow.tone.label("space_tone"),
        SpaceMailRow.reply_to,
    )
    .outerjoin(AccountRow, AccountRow.pk == OutboxRow.account_pk)
    .outerjoin(MemberRow, MemberRow.pk == OutboxRow.member_pk)
    .outerjoin(SpaceMailRow, SpaceMailRow.space_pk == OutboxRow.space_pk)
    .where(OutboxRow.pk == bindparam("pk"))
)
_REACHED: Final = select(MemberRow.mail, _OWN_MAIL.label("own_mail")).where(
    MemberRow.pk == bindparam("member")
)
_CHOICE: Final = select(MailChoiceRow.pk, MailChoiceRow.secret, MailChoiceRow.language, MailChoiceRow.tone)
