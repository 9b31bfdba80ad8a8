"""What readers and operators do with mail, in SQL (`hub.mail_ports.MailDesk`)."""

from collections.abc import Sequence
from typing import Final

from sqlalchemy import Connection, Engine, bindparam, delete, insert, select, update

from hub.domain.errors import RuleRefused, UnknownSpace
from hub.domain.mail import (
    SECRET,
    MailState,
    MailView,
    Reader,
    Tone,
    Topic,
    check_address,
    is_end_token,
    read_end_token,
)
from hub.mail_ports import MailChoice
from hub.storage.access_tables import AccountRow
from hub.storage.availability import unavailable_when_down
from hub.storage.engine import reading
from hub.storage.mail_tables import MailChoiceRow, MailOffRow, OutboxRow, SpaceMailRow
from hub.storage.outbox import choice_of
from hub.storage.statements import upsert
from hub.storage.tables import SpaceRow


class SqlMailDesk:
    """What somebody has chosen, links that end a topic, and the outbox as operators see it.

    Args:
        engine: from `hub.storage.engine.make_engine`.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine, self._reading = engine, reading(engine)

    def choice(self, account: int) -> MailChoice:
        """Return what the person of an account has chosen."""
        with unavailable_when_down(), self._reading.connect() as connection:
            member = connection.execute(_MEMBER, {"pk": account}).scalar()
            column = MailChoiceRow.member_pk if member else MailChoiceRow.account_pk
            row = connection.execute(_CHOICES.where(column == (member or account))).one_or_none()
            if row is None:
                return MailChoice()
            topics = connection.execute(_OFF, {"choice_pk": row.pk}).scalars()
            return MailChoice(row.language or "de", row.tone, frozenset(topics))

    def choose(self, account: int, choice: MailChoice) -> None:
        """Write it."""
        with unavailable_when_down(), self._engine.begin() as connection:
            member = connection.execute(_MEMBER, {"pk": account}).scalar()
            pk, _ = choice_of(connection, account, member)
            connection.execute(
                update(MailChoiceRow)
                .where(MailChoiceRow.pk == pk)
                .values(language=choice.language, tone=choice.tone)
            )
            connection.execute(delete(MailOffRow).where(MailOffRow.choice_pk == pk))
            rows = [{"choice_pk": pk, "topic": topic} for topic in sorted(choice.off)]
            if rows:
                connection.execute(insert(MailOffRow), rows)

    def topic_of(self, token: str) -> Topic | None:
        """Return what a link would end; None when it is none of ours."""
        with unavailable_when_down(), self._reading.connect() as connection:
            found = _checked(connection, token)
        return None if found is None else found[1]

    def end_topic(self, token: str, *, undo: bool = False) -> Topic | None:
        """End a topic, or take that back, for whoever got the link; None when the link is none of ours."""
        with unavailable_when_down(), self._engine.begin() as connection:
            found = _checked(connection, token)
            if found is None:
                return None
            values = {"choice_pk": found[0], "topic": found[1]}
            if undo:
                row = (MailOffRow.choice_pk == found[0]) & (MailOffRow.topic == found[1])
                connection.execute(delete(MailOffRow).where(row))
            else:
                statement = upsert(connection.dialect.name, MailOffRow).on_conflict_do_nothing()
                connection.execute(statement, values)
        return found[1]

    def mails(self, state: MailState | None, limit: int) -> Sequence[MailView]:
        """Return mails, latest first, of one state or all."""
        query = _MAILS if state is None else _MAILS.where(OutboxRow.state == state)
        with unavailable_when_down(), self._reading.connect() as connection:
            rows = connection.execute(query.limit(limit)).all()
        return [
            MailView(
                pk=row.pk,
                kind=row.kind,
                state=row.state,
                reader=Reader(row.account_pk, row.member_pk),
                created_us=row.created_us,
                due_us=row.due_us,
                tries=row.tries,
                reason=row.reason,
                ended_us=row.ended_us,
            )
            for row in rows
        ]

    def retry(self, pk: int, now_us: int) -> None:
        """Have a dead mail tried again, as if it were new.

        Raises:
            RuleRefused: when there is none, it is not dead, or what it told is of no use any more.
        """
        with unavailable_when_down(), self._engine.begin() as connection:
            query = select(OutboxRow.state, OutboxRow.kind, OutboxRow.until_us).where(OutboxRow.pk == pk)
            row = connection.execute(query.with_for_update()).one_or_none()
            if row is None:
                raise RuleRefused(f"there is no mail {pk}: see `ankerort-hub mail list`")
            if row.state is not MailState.DEAD:
                raise RuleRefused(f"mail {pk} is {row.state.value}: only dead ones can be tried again")
            if row.kind in SECRET:
                raise RuleRefused(
                    f"mail {pk} held a link that lets somebody in, which is not kept: have a new one sent"
                )
            if row.until_us <= now_us:
                raise RuleRefused(f"mail {pk} is of no use any more: what it told is over")
            again = {"state": MailState.WAITING, "due_us": now_us, "tries": 0, "ended_us": None}
            connection.execute(update(OutboxRow).where(OutboxRow.pk == pk).values(again))

    def set_tone(self, space: str, tone: Tone, reply_to: str) -> None:
        """Write how letters about a space address their readers, and whom an answer reaches.

        Raises:
            UnknownSpace: when there is none of this id.
            RuleRefused: when an answer would reach nobody.
        """
        values = {"tone": tone, "reply_to": check_address(reply_to) if reply_to else ""}
        with unavailable_when_down(), self._engine.begin() as connection:
            space_pk = connection.execute(select(SpaceRow.pk).where(SpaceRow.id == space)).scalar()
            if space_pk is None:
                known = ", ".join(sorted(connection.execute(select(SpaceRow.id)).scalars()))
                raise UnknownSpace(f'there is no space "{space}"; known are {known}', code="unknown_space")
            statement = upsert(connection.dialect.name, SpaceMailRow).on_conflict_do_update(
                index_elements=[SpaceMailRow.space_pk], set_=values
            )
            connection.execute(statement, {"space_pk": space_pk, **values})


def _checked(connection: Connection, token: str) -> tuple[int, Topic] | None:
    found = read_end_token(token)
    if found is None:
        return None
    secret = connection.execute(_SECRET, {"pk": found[0]}).scalar()
    return found if secret is not None and is_end_token(token, *found, secret) else None


_MEMBER: Final = select(AccountRow.member_pk).where(AccountRow.pk == bindparam("pk"))
_CHOICES: Final = select(MailChoiceRow.pk, MailChoiceRow.language, MailChoiceRow.tone)
_OFF: Final = select(MailOffRow.topic).where(MailOffRow.choice_pk == bindparam("choice_pk"))
_SECRET: Final = select(MailChoiceRow.secret).where(MailChoiceRow.pk == bindparam("pk"))
_MAILS: Final = select(
    OutboxRow.pk,
    OutboxRow.kind,
    OutboxRow.state,
    OutboxRow.account_pk,
    OutboxRow.member_pk,
    OutboxRow.created_us,
    OutboxRow.due_us,
    OutboxRow.tries,
    OutboxRow.reason,
    OutboxRow.ended_us,
).order_by(OutboxRow.created_us.desc(), OutboxRow.pk.desc())
