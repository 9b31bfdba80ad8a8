"""Reads the chains of the log for whoever verifies them, signs anchors, and deletes behind them."""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager

from sqlalchemy import Connection, Engine, delete, func, insert, select, tuple_

from hub.domain.audit import (
    HOST_CHAIN,
    LIST_LIFE_US,
    Anchor,
    AnchorKind,
    Entry,
    Finding,
    Head,
    is_excused,
)
from hub.domain.events import AlarmKind
from hub.storage.availability import unavailable_when_down
from hub.storage.chains import add_entry
from hub.storage.door_tables import ChainAnchorRow, ChainEntryRow, ChainRow, DoorLogRow
from hub.storage.engine import reading
from hub.storage.event_tables import AlarmRow
from hub.storage.tables import DeviceRow, DeviceStateRow, SpaceRow


class SqlChainReader:
    """One consistent look at all chains (`hub.services.audit.ChainReader`)."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def chains(self) -> Mapping[str, tuple[int, bytes]]:
        """Return length and head of every chain that has a row or an entry."""
        rows = self._connection.execute(
            select(ChainRow.name, ChainRow.length, ChainRow.head).order_by(ChainRow.name)
        )
        return {name: (length, head) for name, length, head in rows}

    def entries(self, chain: str) -> Iterator[Entry]:
        """Give the entries of a chain by number."""
        columns = (
            ChainEntryRow.number,
            ChainEntryRow.at_us,
            ChainEntryRow.payload,
            ChainEntryRow.salt,
            ChainEntryRow.commitment,
            ChainEntryRow.hash,
            ChainEntryRow.card_pk,
        )
        statement = select(*columns).where(ChainEntryRow.chain == chain).order_by(ChainEntryRow.number)
        for row in self._connection.execute(statement):
            yield Entry(*row)

    def anchors(self, chain: str) -> Sequence[Anchor]:
        """Return the anchors of a chain by number."""
        columns = (ChainAnchorRow.number, ChainAnchorRow.hash, ChainAnchorRow.at_us, ChainAnchorRow.kind)
        statement = select(*columns, ChainAnchorRow.signature).where(ChainAnchorRow.chain == chain)
        return [
            Anchor(chain, number, hash_, at_us, AnchorKind(kind), signature)
            for number, hash_, at_us, kind, signature in self._connection.execute(
                statement.order_by(ChainAnchorRow.number)
            )
        ]

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
            said = json.loads(meta or "{}")
            told_us = max(0, int(said.get("access_until_us", 0)) - LIST_LIFE_US)
            for head in said.get("heads", ()):
                handed = Head(head["length"], bytes.fromhex(head["head"]), told_us, f"{space}/{device}")
                found.setdefault(head["chain"], []).append(handed)
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

    def door_log(self) -> Mapping[tuple[int, int], tuple[str, bool | None, str, int | None]]:
        """Return by (epoch key, number) what the hosts' log says: what, granted, reason, card."""
        rows = self._connection.execute(
            select(
                DoorLogRow.epoch_pk,
                DoorLogRow.seq,
                DoorLogRow.what,
                DoorLogRow.granted,
                DoorLogRow.reason,
                DoorLogRow.card_pk,
            )
        )
        return {
            (epoch, seq): (what, granted, reason, card) for epoch, seq, what, granted, reason, card in rows
        }


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
        """Sign how every chain stands, each that grew since its last anchor, or all for a restore; return how many."""
        signed = 0
        with unavailable_when_down(), self._engine.begin() as connection:
            last = select(ChainAnchorRow.chain, func.max(ChainAnchorRow.number)).group_by(
                ChainAnchorRow.chain
            )
            anchored: dict[str, int] = {name: number for name, number in connection.execute(last)}  # noqa: C416 - rows, not pairs
            rows = connection.execute(select(ChainRow).with_for_update().order_by(ChainRow.name)).all()
            for row in rows:
                if kind is AnchorKind.DAILY and anchored.get(row.name, 0) >= row.length:
                    continue
                anchor = Anchor(row.name, row.length, row.head, now_us, kind)
                # At most one anchor for an entry: the newest word on it, of a restore, is kept.
                connection.execute(
                    delete(ChainAnchorRow).where(
                        ChainAnchorRow.chain == row.name, ChainAnchorRow.number >= row.length
                    )
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
                signed += 1
        return signed

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
