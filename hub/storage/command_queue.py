"""Commands on their way to devices, in SQL: `hub.custody_ports.CommandQueue`."""

from collections.abc import Sequence
from typing import Any, Final

from sqlalchemy import Connection, Engine, select, text, update

from hub.custody_ports import AskedCommand, Recipient, SealedCard
from hub.domain.cards import ANSWER_GRACE_US, OrderKind, OrderState
from hub.domain.doors import CommandKind, CommandState
from hub.domain.occupancy import DeviceStatus
from hub.storage.access_tables import CardOrderRow, CardRow, CommandRow, DeviceTrustRow
from hub.storage.availability import unavailable_when_down
from hub.storage.engine import reading
from hub.storage.tables import DeviceRow, DeviceStateRow, DoorRow, SpaceRow

_PROBLEMS: Final = {"no_answer": "expired"}
"""What a command's end means for its order, where it is not the same word."""

_ANSWER_GRACE_US: Final = 10_000_000
"""So long after its time a door's answer may still be on its way."""


class SqlCommandQueue:
    """Commands on their way.

    Args:
        engine: from `hub.storage.engine.make_engine`.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine, self._reading = engine, reading(engine)

    def asked(self) -> Sequence[AskedCommand]:
        """Return the commands that are not sent, in the order in which they were asked for."""
        with unavailable_when_down(), self._reading.connect() as connection:
            return [_asked(row) for row in connection.execute(_ASKED)]

    def note_sent(self, command: str, now_us: int, generation: int, new_id: bytes | None) -> bool:
        """Note that a command is being sent: from now on it never is again."""
        with unavailable_when_down(), self._engine.connect() as connection:
            connection.begin()
            noted = connection.execute(
                update(CommandRow)
                .where(CommandRow.id == command, CommandRow.state == CommandState.ASKED)
                .values(state=CommandState.SENT, sent_us=now_us)
            )
            if not noted.rowcount:
                return False
            connection.execute(
                update(CardOrderRow)
                .where(CardOrderRow.command == command, CardOrderRow.state == OrderState.ASKED)
                .values(state=OrderState.WAITING, generation=generation)
            )
            if new_id is not None:
                card = select(CardOrderRow.card_pk).where(CardOrderRow.command == command).scalar_subquery()
                connection.execute(
                    update(CardRow)
                    .where(CardRow.pk == card, CardRow.sealed_id.is_(None))
                    .values(sealed_id=new_id)
                )
            connection.commit()
        return True

    def give_up(self, command: str, outcome: str) -> None:
        """End a command that can't be sent, and its order."""
        with unavailable_when_down(), self._engine.begin() as connection:
            self._end(connection, command, outcome)

    def expire(self, now_us: int) -> int:
        """End commands that nobody answered in time; a card at a reader may take its time."""
        with unavailable_when_down(), self._reading.connect() as connection:
            if (
                connection.execute(
                    select(CommandRow.id).where(_OPEN, CommandRow.until_us < now_us).limit(1)
                ).first()
                is None
            ):
                return 0
        with unavailable_when_down(), self._engine.begin() as connection:
            rows = connection.execute(
                select(CommandRow.id, CommandRow.kind, CommandRow.until_us).where(_OPEN).with_for_update()
            )
            over = [
                row.id for row in rows if row.until_us + _GRACE_US.get(row.kind, _ANSWER_GRACE_US) < now_us
            ]
            for command in over:
                self._end(connection, command, "no_answer")
        return len(over)

    def _end(self, connection: Connection, command: str, outcome: str) -> None:
        ended = connection.execute(
            update(CommandRow)
            .where(CommandRow.id == command, CommandRow.state.in_((CommandState.ASKED, CommandState.SENT)))
            .values(state=CommandState.EXPIRED, outcome=outcome)
        )
        if ended.rowcount:
            connection.execute(
                update(CardOrderRow)
                .where(
                    CardOrderRow.command == command,
                    CardOrderRow.state.in_((OrderState.ASKED, OrderState.WAITING)),
                )
                .values(state=OrderState.FAILED, problem=_PROBLEMS.get(outcome, outcome), offer=None)
            )


def _asked(row: Any) -> AskedCommand:
    is_trusted = row.sealing_key is not None
    card = (
        None
        if row.card_pk is None
        else SealedCard(
            row.card_pk,
            row.card_kind,
            bytes(row.uid_tag),
            bytes(row.sealed_uid),
            None if row.sealed_id is None else bytes(row.sealed_id),
            row.card_generation,
        )
    )
    return AskedCommand(
        id=row.id,
        kind=row.kind,
        to=Recipient(row.space, row.device, bytes(row.sealing_key), row.generation) if is_trusted else None,
        session=(row.session or "") if row.status is DeviceStatus.ONLINE else "",
        door=row.door or "",
        mode=row.mode.value if row.mode is not None else "",
        reader=row.reader,
        until_us=row.until_us,
        card=card if row.kind is CommandKind.WRITE_CARD else None,
        called_s=row.called_s,
    )


_GRACE_US: Final = {CommandKind.READ_CARD: ANSWER_GRACE_US, CommandKind.WRITE_CARD: ANSWER_GRACE_US}
# Written out, because the partial index is used only for a condition that names it word for word.
_OPEN: Final = text("command.state IN ('asked', 'sent')")
_ASKED: Final = (
    select(
        CommandRow.id,
        CommandRow.kind,
        CommandRow.mode,
        CommandRow.reader,
        CommandRow.until_us,
        CommandRow.called_s,
        SpaceRow.id.label("space"),
        DeviceRow.id.label("device"),
        DoorRow.id.label("door"),
        DeviceStateRow.session,
        DeviceStateRow.status,
        DeviceTrustRow.sealing_key,
        DeviceTrustRow.generation,
        CardRow.pk.label("card_pk"),
        CardRow.kind.label("card_kind"),
        CardRow.uid_tag,
        CardRow.sealed_uid,
        CardRow.sealed_id,
        CardRow.generation.label("card_generation"),
    )
    .join(DeviceRow, DeviceRow.pk == CommandRow.device_pk)
    .join(SpaceRow, SpaceRow.pk == DeviceRow.space_pk)
    .outerjoin(DoorRow, DoorRow.pk == CommandRow.door_pk)
    .outerjoin(DeviceStateRow, DeviceStateRow.device_pk == CommandRow.device_pk)
    .outerjoin(
        DeviceTrustRow,
        (DeviceTrustRow.device_pk == CommandRow.device_pk) & DeviceTrustRow.revoked_us.is_(None),
    )
    .outerjoin(CardOrderRow, (CardOrderRow.command == CommandRow.id) & (CardOrderRow.kind == OrderKind.WRITE))
    .outerjoin(CardRow, CardRow.pk == CardOrderRow.card_pk)
    .where(_OPEN, text("command.state = 'asked'"))
    .order_by(CommandRow.asked_us, CommandRow.id)
)
