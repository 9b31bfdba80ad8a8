"""Alarms that somebody is to be called about, in SQL (`hub.mail_ports.AlarmCalls`)."""

from collections.abc import Sequence
from typing import Final

from sqlalchemy import Engine, bindparam, exists, select

from hub.domain.mail import Draft
from hub.mail_ports import OpenAlarm
from hub.storage.access_tables import AccountRow
from hub.storage.availability import unavailable_when_down
from hub.storage.door_tables import DoorAlarmRow, RotaRow
from hub.storage.engine import reading
from hub.storage.event_tables import EpochRow
from hub.storage.mail_tables import OutboxRow
from hub.storage.outbox import add_mail
from hub.storage.tables import DoorRow, SpaceRow


class SqlAlarmCalls:
    """Alarms and calls.

    Args:
        engine: from `hub.storage.engine.make_engine`.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine, self._reading = engine, reading(engine)

    def open_alarms(self, began_after_us: int) -> Sequence[OpenAlarm]:
        """Return alarms that nobody has taken on, of spaces with a rota; two queries, one when there are none."""
        with unavailable_when_down(), self._reading.connect() as connection:
            alarms = connection.execute(_ALARMS, {"began_after_us": began_after_us}).all()
            if not alarms:
                return []
            rotas: dict[int, list[int]] = {}
            spaces = sorted({row.space_pk for row in alarms})
            for space_pk, account in connection.execute(_ROTAS, {"spaces": spaces}):
                rotas.setdefault(space_pk, []).append(account)
        return [
            OpenAlarm(
                space=row.space,
                space_name=row.space_name,
                time_zone=row.time_zone,
                door=row.door,
                door_name=row.door_name,
                kind=row.kind.value,
                began_us=row.began_us,
                ended_us=row.ended_us,
                source=f"{row.epoch}-{row.seq}",
                rota=tuple(rotas.get(row.space_pk, ())),
            )
            for row in alarms
        ]

    def add(self, drafts: Sequence[Draft], now_us: int) -> int:
        """Write mails into the outbox; those whose key is there are left out, and cost no transaction that writes."""
        with unavailable_when_down():
            with self._reading.connect() as connection:
                keys = [draft.key for draft in drafts]
                known = set(connection.execute(_KNOWN, {"keys": keys}).scalars())
            new = [draft for draft in drafts if draft.key not in known]
            if not new:
                return 0
            with self._engine.begin() as connection:
                return sum(add_mail(connection, draft, now_us) for draft in new)


_ALARMS: Final = (
    select(
        DoorRow.space_pk,
        SpaceRow.id.label("space"),
        SpaceRow.name.label("space_name"),
        SpaceRow.time_zone,
        DoorRow.id.label("door"),
        DoorRow.name.label("door_name"),
        DoorAlarmRow.kind,
        DoorAlarmRow.began_us,
        DoorAlarmRow.ended_us,
        EpochRow.epoch,
        DoorAlarmRow.seq,
    )
    .join(DoorRow, DoorRow.pk == DoorAlarmRow.door_pk)
    .join(SpaceRow, SpaceRow.pk == DoorRow.space_pk)
    .join(EpochRow, EpochRow.pk == DoorAlarmRow.epoch_pk)
    .where(
        DoorAlarmRow.seen_us.is_(None),
        DoorAlarmRow.began_us > bindparam("began_after_us"),
        exists().where(RotaRow.space_pk == DoorRow.space_pk),
    )
    .order_by(DoorAlarmRow.began_us, DoorAlarmRow.pk)
)
_ROTAS: Final = (
    select(RotaRow.space_pk, RotaRow.account_pk)
    .join(AccountRow, AccountRow.pk == RotaRow.account_pk)
    .where(RotaRow.space_pk.in_(bindparam("spaces", expanding=True)), AccountRow.is_active)
    .order_by(RotaRow.space_pk, RotaRow.position)
)
_KNOWN: Final = select(OutboxRow.key).where(OutboxRow.key.in_(bindparam("keys", expanding=True)))
