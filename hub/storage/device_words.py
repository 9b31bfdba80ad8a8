"""What devices said of themselves, in SQL: `hub.event_ports.DeviceWordsStore`."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Final

from sqlalchemy import Connection, Engine, bindparam, case, select, update

from hub.domain.audit import Head
from hub.domain.device_words import DeviceWords
from hub.domain.events import Alarm
from hub.ports import DeviceWordsUnit
from hub.storage.access_tables import AccessStateRow
from hub.storage.availability import unavailable_when_down
from hub.storage.chain_log import differing
from hub.storage.engine import reading
from hub.storage.refusals import note_alarms
from hub.storage.statements import upsert
from hub.storage.tables import DeviceRow, DeviceStateRow, SpaceRow

_FIELDS: Final = ("status", "session", "status_us", "heard_us", "meta", "health")


class SqlDeviceWords:
    """What devices said of themselves.

    Args:
        engine: from `hub.storage.engine.make_engine`.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine, self._reading = engine, reading(engine)

    @contextmanager
    def writing(self) -> Iterator[DeviceWordsUnit]:
        """Begin a transaction."""
        with unavailable_when_down(), self._engine.connect() as connection:
            connection.begin()
            yield _Unit(connection)

    def fallen_silent(self, after_us: int, until_us: int) -> Sequence[str]:
        """Return the ids of spaces of which a device was heard last in a stretch of time."""
        with unavailable_when_down(), self._reading.connect() as connection:
            return list(connection.execute(_SILENT, {"after_us": after_us, "until_us": until_us}).scalars())


class _Unit:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def load(self, device_pks: Collection[int]) -> dict[int, DeviceWords]:
        words = dict.fromkeys(device_pks, DeviceWords())
        if words:
            for row in self._connection.execute(_LOAD, {"devices": sorted(words)}):
                words[row.device_pk] = DeviceWords(*row[1:])
        return words

    def save(self, words: Mapping[int, DeviceWords]) -> None:
        if not words:
            return
        statement = upsert(self._connection.dialect.name, DeviceStateRow)
        self._connection.execute(
            statement.on_conflict_do_update(
                index_elements=[DeviceStateRow.device_pk],
                set_={name: statement.excluded[name] for name in _FIELDS},
            ),
            [
                {"device_pk": pk, **{name: getattr(said, name) for name in _FIELDS}}
                for pk, said in sorted(words.items())
            ],
        )

    def note_applied(self, versions: Mapping[int, int], now_us: int) -> None:
        for pk, version in sorted(versions.items()):
            self._connection.execute(
                update(AccessStateRow)
                .where(AccessStateRow.device_pk == pk, AccessStateRow.applied != version)
                .values(
                    applied=version,
                    applied_us=now_us,
                    wanted=AccessStateRow.wanted + case((AccessStateRow.version < version, 1), else_=0),
                )
            )

    def differing(self, heads: Sequence[tuple[str, Head]]) -> Sequence[str]:
        return differing(self._connection, heads)

    def alarm(self, alarms: Sequence[Alarm], now_us: int) -> Sequence[Alarm]:
        return note_alarms(self._connection, alarms, now_us)

    def commit(self) -> None:
        self._connection.commit()


_LOAD = (
    select(DeviceStateRow.device_pk, *(getattr(DeviceStateRow, name) for name in _FIELDS))
    .where(DeviceStateRow.device_pk.in_(bindparam("devices", expanding=True)))
    .order_by(DeviceStateRow.device_pk)
    .with_for_update()
)
_SILENT = (
    select(SpaceRow.id)
    .distinct()
    .join(DeviceRow, DeviceRow.space_pk == SpaceRow.pk)
    .join(DeviceStateRow, DeviceStateRow.device_pk == DeviceRow.pk)
    .where(DeviceStateRow.heard_us > bindparam("after_us"), DeviceStateRow.heard_us <= bindparam("until_us"))
)
