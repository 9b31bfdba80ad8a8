"""Adds to the chains of the log, and erases texts in them, inside the transaction of what is logged or erased."""

import json
import secrets
from collections.abc import Collection, Mapping, Sequence
from typing import Final

from sqlalchemy import Connection, insert, select, update

from hub.domain.audit import EMPTY_HEAD, ERASED, HOST_CHAIN, SALT_BYTES, next_link, text_of
from hub.storage.door_tables import ChainEntryRow, ChainRow
from hub.storage.statements import upsert


def add_entry(
    connection: Connection, chain: str, what: Mapping[str, object], now_us: int, card: int | None = None
) -> None:
    """Add an entry; the chain's row stays locked until the transaction ends, so that entries follow each other.

    Args:
        chain: `hub.domain.audit.HOST_CHAIN`, or `space/device`.
        what: what happened; keys of members and cards, never a number of a card.
        card: key of the card that it is about, whose member's erasure takes the text.
    """
    add_entries(connection, chain, [(what, card)], now_us)


def add_entries(
    connection: Connection,
    chain: str,
    entries: Sequence[tuple[Mapping[str, object], int | None]],
    now_us: int,
) -> None:
    """Add several entries at once, in order.

    Args:
        entries: what happened and the card that it is about, as `add_entry` takes them.
    """
    made = upsert(connection.dialect.name, ChainRow).on_conflict_do_nothing()
    connection.execute(made, {"name": chain, "length": 0, "head": EMPTY_HEAD})
    locked = select(ChainRow.length, ChainRow.head).where(ChainRow.name == chain).with_for_update()
    length, head = connection.execute(locked).one()
    rows = []
    for what, card in entries:
        text, salt = (
            text_of(what if card is None else {**what, "card": card}),
            secrets.token_bytes(SALT_BYTES),
        )
        entry = next_link(chain, length, head, now_us, text, salt)
        length, head = entry.number, entry.hash
        rows.append(
            {
                "chain": chain,
                "number": entry.number,
                "at_us": now_us,
                "payload": text,
                "salt": salt,
                "commitment": entry.commitment,
                "hash": entry.hash,
                "card_pk": card,
            }
        )
    if rows:
        connection.execute(insert(ChainEntryRow), rows)
        connection.execute(update(ChainRow).where(ChainRow.name == chain).values(length=length, head=head))


def erase_texts(connection: Connection, entries: Collection[tuple[str, int]], now_us: int) -> None:
    """Erase the texts of entries, and declare in the host chain which they were: commitments stay, chains verify.

    Args:
        entries: (chain, number) of each.
    """
    numbers: dict[str, list[int]] = {}
    for chain, number in sorted(entries):
        numbers.setdefault(chain, []).append(number)
    for chain, erased in numbers.items():
        events: list[tuple[int, int]] = []
        for start in range(0, len(erased), ERASED_AT_ONCE):
            some = erased[start : start + ERASED_AT_ONCE]
            here = (ChainEntryRow.chain == chain, ChainEntryRow.number.in_(some))
            for payload in connection.execute(select(ChainEntryRow.payload).where(*here)).scalars():
                told = json.loads(payload or b"{}")
                if "epoch" in told:
                    events.append((told["epoch"], told["seq"]))
            connection.execute(
                update(ChainEntryRow).where(*here).values(payload=None, salt=None, card_pk=None)
            )
        declared = {"what": ERASED, "chain": chain, "numbers": erased, "events": events}
        add_entry(connection, HOST_CHAIN, declared, now_us)


ERASED_AT_ONCE: Final = 500
