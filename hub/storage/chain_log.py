"""Reads the chains of the log for whoever verifies them, signs anchors, and deletes behind them."""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from typing import Any

from sqlalchemy import (
    Connection,
    Dialect,
    Engine,
    Integer,
    LargeBinary,
    TypeDecorator,
    case,
    cast,
    delete,
    func,
    insert,
    literal,
    select,
    tuple_,
    type_coerce,
)

from hub.domain.audit import (
    ANCHORED,
    HOST_CHAIN,
    LIST_LIFE_US,
    Anchor,
    AnchorKind,
    Entry,
    Finding,
    Head,
    LogRow,
    is_excused,
)
from hub.domain.events import AlarmKind
from hub.storage.availability import unavailable_when_down
from hub.storage.chains import add_entry
from hub.storage.door_tables import ChainAnchorRow, ChainEntryRow, ChainRow, DoorLogRow
from hub.storage.engine import reading
from hub.storage.event_tables import AlarmRow
from hub.storage.tables import DeviceRow, DeviceStateRow, DoorRow, SpaceRow


class _AnyText(TypeDecorator[str]):
    """Text as bytes, whatever they are: SQLite keeps what is no UTF-8, and the driver would not read its row."""

    impl = LargeBinary
    cache_ok = True

    def process_result_value(self, value: bytes | None, dialect: Dialect) -> str | None:
        return None if value is None else value.decode("utf-8", "replace")


class SqlChainReader:
    """One consistent look at all chains (`hub.services.audit.ChainReader`)."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def chains(self) -> Mapping[str, tuple[int, bytes]]:
        """Return length and head of every chain that has a row."""
        rows = self._connection.execute(
            select(self._text(ChainRow.name), self._number(ChainRow.length), self._bytes(ChainRow.head))
        )
        return {name: (length, head) for name, length, head in rows}

    def strays(self) -> Mapping[str, int]:
        """Return chains without a row of their own that have entries or anchors, each with its first number."""
        found: dict[str, int] = {}
        known = select(ChainRow.name)
        for table in (ChainAnchorRow, ChainEntryRow):
            query = select(self._text(table.chain), func.min(self._number(table.number)))
            found |= dict(
                self._connection.execute(query.where(table.chain.not_in(known)).group_by(table.chain)).all()
            )
        return dict(sorted(found.items()))

    @property
    def _is_sqlite(self) -> bool:
        return self._connection.dialect.name == "sqlite"

    def _number(self, column: Any) -> Any:
        """Return a column of numbers, -1 for what is none: SQLite keeps whatever somebody writes into a row."""
        return self._of_kind(column, "integer", type_coerce(literal(-1), column.type))

    def _bytes(self, column: Any) -> Any:
        return self._of_kind(column, "blob", literal(b"", LargeBinary()))

    def _text(self, column: Any) -> Any:
        return type_coerce(cast(column, LargeBinary), _AnyText) if self._is_sqlite else column

    def _of_kind(self, column: Any, kind: str, otherwise: Any) -> Any:
        if not self._is_sqlite:
            return column
        return case((func.typeof(column).in_((kind, "null")), column), else_=otherwise)

    def entries(self, chain: str) -> Iterator[Entry]:
        """Give the entries of a chain by number."""
        columns = (
            self._number(ChainEntryRow.number),
            self._number(ChainEntryRow.at_us),
            self._bytes(ChainEntryRow.payload),
            self._bytes(ChainEntryRow.salt),
            self._bytes(ChainEntryRow.commitment),
            self._bytes(ChainEntryRow.hash),
            self._number(ChainEntryRow.card_pk),
        )
        statement = select(*columns).where(ChainEntryRow.chain == chain).order_by(ChainEntryRow.number)
        for row in self._connection.execute(statement):
            yield Entry(*row)

    def anchors(self, chain: str) -> Sequence[Anchor]:
        """Return the anchors of a chain by number."""
        columns = (
            self._number(ChainAnchorRow.number),
            self._bytes(ChainAnchorRow.hash),
            self._number(ChainAnchorRow.at_us),
            self._text(ChainAnchorRow.kind),
            self._bytes(ChainAnchorRow.signature),
        )
        statement = select(*columns).where(ChainAnchorRow.chain == chain).order_by(ChainAnchorRow.number)
        return [_anchor(chain, *row) for row in self._connection.execute(statement)]

    def heads(self) -> Mapping[str, Sequence[Head]]:
        """Return by chain what devices hand back; a message that is none says nothing."""
        rows = self._connection.execute(
            select(SpaceRow.id, DeviceRow.id, DeviceStateRow.meta)
            .join(DeviceRow, DeviceRow.pk == DeviceStateRow.device_pk)
            .join(SpaceRow, SpaceRow.pk == DeviceRow.space_pk)
            .where(DeviceStateRow.meta.is_not(None))
        )
        found: dict[str, list[Head]] = {}
        for space, device, meta in rows:
            with suppress(AttributeError, KeyError, TypeError, ValueError):
                said = json.loads(meta or "{}")
                told_us = max(0, int(said.get("access_until_us", 0)) - LIST_LIFE_US)
                for head in said.get("heads", ()):
                    handed = Head(
                        int(head["length"]), bytes.fromhex(head["head"]), told_us, f"{space}/{device}"
                    )
                    found.setdefault(str(head["chain"]), []).append(handed)
        return found

    def noted(self) -> Sequence[Finding]:
        """Return what was noted as devices handed heads back, unless a restore was declared since."""
        rows = self._connection.execute(
            select(AlarmRow.subject, AlarmRow.detail, AlarmRow.last_us).where(
                AlarmRow.kind == AlarmKind.LOG_DIFFERS
            )
        ).all()
        found = []
        for subject, detail, last_us in rows:
            chain = subject.partition(" ")[2]
            restores = (one for one in self.anchors(chain) if one.kind is AnchorKind.RESTORE)
            if not any(restore.at_us >= last_us for restore in restores):
                found.append(Finding(chain, 0, detail))
        return found

    def door_log(self) -> Mapping[tuple[int, int], LogRow]:
        """Return the hosts' log by (epoch key, number)."""
        # As a number: a truth value that somebody has written as text would not even be read.
        granted = type_coerce(DoorLogRow.granted, Integer) if self._is_sqlite else DoorLogRow.granted
        rows = self._connection.execute(
            select(
                self._number(DoorLogRow.epoch_pk),
                self._number(DoorLogRow.seq),
                self._text(DoorLogRow.what),
                self._number(granted),
                self._text(DoorLogRow.reason),
                self._number(DoorLogRow.card_pk),
                func.coalesce(DoorRow.id, "?"),
                self._text(DoorLogRow.command),
                self._number(DoorLogRow.at_us),
            ).outerjoin(DoorRow, DoorRow.pk == DoorLogRow.door_pk)
        )
        return {(epoch, seq): LogRow(*row) for epoch, seq, *row in rows}


def _anchor(chain: str, number: int, hash_: bytes, at_us: int, kind: str, signature: bytes) -> Anchor:
    # One of a kind that there is not was written by somebody else: it bears no signature.
    known = kind in set(AnchorKind)
    return Anchor(
        chain,
        number,
        hash_,
        at_us,
        AnchorKind(kind) if known else AnchorKind.DAILY,
        signature if known else b"",
    )


def differing(connection: Connection, heads: Sequence[tuple[str, Head]]) -> list[str]:
    """Return the chains that do not hold what devices were told of them, and of which no restore was declared."""
    if not heads:
        return []
    look = SqlChainReader(connection)
    names = {chain for chain, _ in heads}
    lengths = {name: length for name, (length, _) in look.chains().items() if name in names}
    query = select(ChainEntryRow.chain, ChainEntryRow.number, ChainEntryRow.hash).where(
        tuple_(ChainEntryRow.chain, ChainEntryRow.number).in_([(chain, head.length) for chain, head in heads])
    )
    hashes = {(chain, number): hash_ for chain, number, hash_ in connection.execute(query)}
    return [
        chain
        for chain, head in heads
        if (head.length > lengths.get(chain, 0) or hashes.get((chain, head.length), head.hash) != head.hash)
        and not is_excused(head, (one for one in look.anchors(chain) if one.kind is AnchorKind.RESTORE))
    ]


def _sign_row(
    connection: Connection, row: Any, kind: AnchorKind, sign: Callable[[Anchor], bytes], now_us: int
) -> None:
    anchor = Anchor(row.name, row.length, row.head, now_us, kind)
    # At most one anchor for an entry: the newest word on it, of a restore, is kept.
    connection.execute(
        delete(ChainAnchorRow).where(ChainAnchorRow.chain == row.name, ChainAnchorRow.number >= row.length)
    )
    connection.execute(
        insert(ChainAnchorRow).values(
            chain=row.name,
            number=row.length,
            hash=row.head,
            at_us=now_us,
            kind=kind.value,
            signature=sign(anchor),
        )
    )


class SqlChainLog:
    """The chains (`hub.services.audit.ChainLog`).

    Args:
        engine: from `hub.storage.engine.make_engine`.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine, self._reading = engine, reading(engine)

    @contextmanager
    def looking(self) -> Iterator[SqlChainReader]:
        """Give one consistent look."""
        with unavailable_when_down(), self._reading.connect() as connection:
            yield SqlChainReader(connection)

    def anchor(self, kind: AnchorKind, sign: Callable[[Anchor], bytes], now_us: int) -> int:
        """Sign how every chain stands, each that grew since its last anchor, or all for a restore; return how many.

        The host chain says which were signed, and is signed last: an anchor that is gone is missed.
        """
        with unavailable_when_down(), self._engine.begin() as connection:
            last = select(ChainAnchorRow.chain, func.max(ChainAnchorRow.number)).group_by(
                ChainAnchorRow.chain
            )
            anchored: dict[str, int] = {name: number for name, number in connection.execute(last)}  # noqa: C416 - rows, not pairs
            rows = connection.execute(_CHAINS).all()
            due = [
                row for row in rows if kind is AnchorKind.RESTORE or anchored.get(row.name, 0) < row.length
            ]
            if not due:
                return 0
            others = [row for row in due if row.name != HOST_CHAIN]
            said = {"what": ANCHORED, "anchors": {row.name: row.length for row in others}}
            add_entry(connection, HOST_CHAIN, said, now_us)
            host = connection.execute(_CHAINS.where(ChainRow.name == HOST_CHAIN)).one()
            for row in (*others, host):
                _sign_row(connection, row, kind, sign, now_us)
        return len(others) + 1

    def anchor_restored(self, sign: Callable[[Anchor], bytes], now_us: int) -> None:
        """Sign how the chains stand in a backup, before anything is added: what devices know beyond it is excused."""
        with unavailable_when_down(), self._engine.begin() as connection:
            for row in connection.execute(_CHAINS).all():
                _sign_row(connection, row, AnchorKind.RESTORE, sign, now_us)

    def declare(self, what: Mapping[str, object], now_us: int) -> None:
        """Add an entry to the host chain."""
        with unavailable_when_down(), self._engine.begin() as connection:
            add_entry(connection, HOST_CHAIN, what, now_us)

    def purge(self, before_us: Callable[[str], int]) -> int:
        """Delete entries that are older than a chain's may be, up to its last anchor; return how many went.

        Args:
            before_us: gives for a chain the moment before which its entries are too old.
        """
        gone = 0
        with unavailable_when_down(), self._engine.begin() as connection:
            for chain in connection.execute(select(ChainRow.name)).scalars().all():
                gone += self._purge(connection, chain, before_us(chain))
        return gone

    def _purge(self, connection: Connection, chain: str, before_us: int) -> int:
        old = select(func.max(ChainEntryRow.number)).where(
            ChainEntryRow.chain == chain, ChainEntryRow.at_us < before_us
        )
        newest_old = connection.execute(old).scalar()
        if newest_old is None:
            return 0
        upto = connection.execute(
            select(func.max(ChainAnchorRow.number)).where(
                ChainAnchorRow.chain == chain, ChainAnchorRow.number <= newest_old
            )
        ).scalar()
        if not upto:
            return 0
        gone = connection.execute(
            delete(ChainEntryRow).where(ChainEntryRow.chain == chain, ChainEntryRow.number <= upto)
        )
        # Earlier anchors say nothing any more, but for restores, which excuse what devices still hand back.
        connection.execute(
            delete(ChainAnchorRow).where(
                ChainAnchorRow.chain == chain,
                ChainAnchorRow.number < upto,
                ChainAnchorRow.kind == AnchorKind.DAILY.value,
            )
        )
        return gone.rowcount


_CHAINS = select(ChainRow.name, ChainRow.length, ChainRow.head).with_for_update().order_by(ChainRow.name)
