"""Quarantine and alarms in SQL: what was not counted, and what a person must know (D7)."""

from collections.abc import Sequence
from typing import Final

from sqlalchemy import Connection, Engine, bindparam, delete, func, select

from hub.domain.events import Alarm
from hub.event_ports import QuarantineEntry, Refusal, RungAlarm
from hub.storage.availability import unavailable_when_down
from hub.storage.engine import reading
from hub.storage.event_tables import AlarmRow, QuarantineRow
from hub.storage.statements import upsert

MAX_BATCHES_PER_SUBJECT: Final = 200
"""Unreadable batches kept of one device; more would only fill the disk: no mark moves, so the device has them."""

MAX_SUBJECTS: Final = 200
"""Alarms of one kind; further subjects share the alarm `OTHERS`, so that a flood of names can't fill the disk."""

OTHERS: Final = "(others)"


def note_refusals(connection: Connection, refusals: Sequence[Refusal], now_us: int) -> None:
    """Put payloads into quarantine; the same one again is counted up (D9).

    A refused event is always kept, because the mark passes it. Of unreadable batches only so many per device are.
    """
    kept = [refusal for refusal in refusals if refusal.epoch_pk is not None]
    batches = [refusal for refusal in refusals if refusal.epoch_pk is None]
    if batches:
        room = _room(connection, {refusal.subject for refusal in batches})
        for refusal in batches:
            if room[refusal.subject] > 0:
                room[refusal.subject] -= 1
                kept.append(refusal)
    if not kept:
        return
    statement = upsert(connection.dialect.name, QuarantineRow)
    connection.execute(
        statement.on_conflict_do_update(
            index_elements=[
                QuarantineRow.subject,
                QuarantineRow.digest,
                QuarantineRow.seq,
            ],
            set_={
                "times": QuarantineRow.times + 1,
                "last_us": statement.excluded.last_us,
            },
        ),
        [{**refusal._asdict(), "times": 1, "first_us": now_us, "last_us": now_us} for refusal in kept],
    )


def _room(connection: Connection, subjects: set[str]) -> dict[str, int]:
    rows = connection.execute(_BATCHES_OF, {"subjects": sorted(subjects)})
    used = {row.subject: row.amount for row in rows}
    return {subject: MAX_BATCHES_PER_SUBJECT - used.get(subject, 0) for subject in subjects}


def note_alarms(connection: Connection, alarms: Sequence[Alarm], now_us: int) -> list[Alarm]:
    """Note alarms; one that is there already is counted up instead of ringing again.

    Returns:
        Those that were not there.
    """
    statement = upsert(connection.dialect.name, AlarmRow)
    rows, new = [], []
    for kind in sorted({alarm.kind for alarm in alarms}):
        known = set(connection.execute(_SUBJECTS, {"kind": kind}).scalars())
        for alarm in sorted(a for a in alarms if a.kind == kind):
            subject = alarm.subject if alarm.subject in known or len(known) < MAX_SUBJECTS else OTHERS
            if subject not in known:
                known.add(subject)
                new.append(alarm._replace(subject=subject))
            rows.append({**alarm._asdict(), "subject": subject, "first_us": now_us, "last_us": now_us})
    if rows:
        connection.execute(
            statement.on_conflict_do_update(
                index_elements=[AlarmRow.kind, AlarmRow.subject],
                set_={
                    "times": AlarmRow.times + statement.excluded.times,
                    "last_us": statement.excluded.last_us,
                    "detail": statement.excluded.detail,
                },
            ),
            rows,
        )
    return new


def find_entry(connection: Connection, pk: int, *, lock: bool = False) -> QuarantineEntry | None:
    """Return one entry, or None."""
    query = _ENTRIES.where(QuarantineRow.pk == pk)
    row = connection.execute(query.with_for_update() if lock else query).one_or_none()
    return None if row is None else QuarantineEntry(*row)


class SqlRefusals:
    """Quarantine and alarms, to be read (`hub.event_ports.Refusals`).

    Args:
        engine: from `hub.storage.engine.make_engine`.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine, self._reading = engine, reading(engine)

    def entries(self, *, with_resolved: bool) -> Sequence[QuarantineEntry]:
        """Return the quarantine, oldest first."""
        query = _ENTRIES if with_resolved else _ENTRIES.where(QuarantineRow.resolved_us.is_(None))
        with unavailable_when_down(), self._reading.connect() as connection:
            return [QuarantineEntry(*row) for row in connection.execute(query.order_by(QuarantineRow.pk))]

    def entry(self, pk: int) -> QuarantineEntry | None:
        """Return one entry, or None."""
        with unavailable_when_down(), self._reading.connect() as connection:
            return find_entry(connection, pk)

    def alarms(self) -> Sequence[RungAlarm]:
        """Return the alarms, latest first."""
        with unavailable_when_down(), self._reading.connect() as connection:
            return [RungAlarm(*row) for row in connection.execute(_ALARMS)]

    def waiting(self) -> int:
        """Return how many entries of the quarantine no retry has counted yet."""
        query = select(func.count()).select_from(QuarantineRow).where(QuarantineRow.resolved_us.is_(None))
        with unavailable_when_down(), self._reading.connect() as connection:
            return int(connection.execute(query).scalar_one())

    def clear_alarms(self) -> int:
        """Forget all alarms, so that each rings anew; return how many there were."""
        with unavailable_when_down(), self._engine.begin() as connection:
            return len(connection.execute(delete(AlarmRow).returning(AlarmRow.pk)).all())


_ENTRIES = select(
    QuarantineRow.pk,
    QuarantineRow.subject,
    QuarantineRow.seq,
    QuarantineRow.reason,
    QuarantineRow.detail,
    QuarantineRow.payload,
    QuarantineRow.size_bytes,
    QuarantineRow.times,
    QuarantineRow.first_us,
    QuarantineRow.last_us,
    QuarantineRow.resolved_us,
)
_ALARMS = select(
    AlarmRow.kind, AlarmRow.subject, AlarmRow.detail, AlarmRow.times, AlarmRow.first_us, AlarmRow.last_us
).order_by(AlarmRow.last_us.desc(), AlarmRow.pk)
_BATCHES_OF = (
    select(QuarantineRow.subject, func.count().label("amount"))
    .where(
        QuarantineRow.subject.in_(bindparam("subjects", expanding=True)),
        QuarantineRow.epoch_pk.is_(None),
    )
    .group_by(QuarantineRow.subject)
)
_SUBJECTS = select(AlarmRow.subject).where(AlarmRow.kind == bindparam("kind"))
