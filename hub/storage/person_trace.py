"""What the log says of a person: by the cards that the person has or had, while they were the person's, and by name."""

import json
from collections.abc import Iterator
from typing import Any, Final, NamedTuple

from sqlalchemy import Connection, select

from hub.domain.audit import HOST_CHAIN
from hub.domain.entries import Holding, holder
from hub.storage.access_tables import AccountRow, CardRow, MemberRow
from hub.storage.door_tables import ChainEntryRow, DoorLogRow
from hub.storage.entry_rows import EntryRows

LEAST_NAME: Final = 4
"""A shorter name is part of too many words to be looked for."""


class Trace(NamedTuple):
    """What is about a person.

    Args:
        events: (epoch key, number) of rows of the hosts' log.
        entries: (chain, number) of the log's entries.
        acts: as `entries`, of what the person did with an account. They say the account's number alone, which says
            nothing any more when the account has gone; so they stay when the person is erased.
    """

    events: frozenset[tuple[int, int]]
    entries: frozenset[tuple[str, int]]
    acts: frozenset[tuple[str, int]]


def trace_of(connection: Connection, member: int) -> Trace:
    """Return what the log says of a member."""
    cards = set(connection.execute(select(CardRow.pk).where(CardRow.member_pk == member)).scalars())
    entries: set[tuple[str, int]] = set()
    acts: set[tuple[str, int]] = set()
    for number, card, is_act in _mentions(connection, member):
        (acts if is_act else entries).add((HOST_CHAIN, number))
        if card is not None:
            cards.add(card)
    if not cards:
        return Trace(frozenset(), frozenset(entries), frozenset(acts))
    by_card: dict[int, list[Holding]] = {}
    for holding in EntryRows(connection, False).holdings(cards):
        by_card.setdefault(holding.card, []).append(holding)

    def was_theirs(card: int | None, at_us: int) -> bool:
        return card is not None and holder(by_card.get(card, ()), card, at_us) == member

    log = select(DoorLogRow.epoch_pk, DoorLogRow.seq, DoorLogRow.card_pk, DoorLogRow.at_us)
    events = {
        (row.epoch_pk, row.seq)
        for row in connection.execute(log.where(DoorLogRow.card_pk.in_(sorted(cards))))
        if was_theirs(row.card_pk, row.at_us)
    }
    query = select(
        ChainEntryRow.chain,
        ChainEntryRow.number,
        ChainEntryRow.card_pk,
        ChainEntryRow.at_us,
        ChainEntryRow.payload,
    ).where(ChainEntryRow.card_pk.in_(sorted(cards)), ChainEntryRow.payload.is_not(None))
    for row in connection.execute(query):
        told = _told(row.payload)
        # Of a door's event, what counts is when it happened, not when the hub heard of it. A row that was made to point
        # to another card than its text names is not this member's: `audit verify` names it.
        if told.get("card") == row.card_pk and was_theirs(row.card_pk, told.get("happened_us", row.at_us)):
            entries.add((row.chain, row.number))
    return Trace(frozenset(events), frozenset(entries), frozenset(acts - entries))


def _mentions(connection: Connection, member: int) -> Iterator[tuple[int, int | None, bool]]:
    """Give number and card of the actions that name a member by key, name or address, and of the member's own acts."""
    person = connection.execute(select(MemberRow.name, MemberRow.mail).where(MemberRow.pk == member)).one()
    accounts = connection.execute(
        select(AccountRow.pk, AccountRow.mail, AccountRow.name).where(AccountRow.member_pk == member)
    ).all()
    names = {person.name, person.mail, *(row.mail for row in accounts), *(row.name for row in accounts)}
    words = [name.casefold() for name in names if len(name) >= LEAST_NAME]
    keys = {row.pk for row in accounts}
    query = select(ChainEntryRow.number, ChainEntryRow.payload, ChainEntryRow.card_pk).where(
        ChainEntryRow.chain == HOST_CHAIN, ChainEntryRow.payload.is_not(None)
    )
    for row in connection.execute(query):
        told = _told(row.payload)
        is_named = member in (told.get("member"), told.get("before")) or member in told.get("members", ())
        said = json.dumps(told, ensure_ascii=False).casefold()
        if is_named or told.get("account") in keys or any(word in said for word in words):
            yield row.number, row.card_pk if is_named else None, False
        elif told.get("by") in keys:
            yield row.number, None, True


def _told(payload: bytes | None) -> dict[str, Any]:
    told = json.loads(payload or b"{}")
    return told if isinstance(told, dict) else {}
