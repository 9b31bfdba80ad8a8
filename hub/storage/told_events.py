"""Writes what events tell of doors, commands and cards: the hosts' log, alarms, chains, answers, check-ins."""

from collections.abc import Sequence
from itertools import groupby
from typing import Any, Final, TypeGuard

from sqlalchemy import Connection, bindparam, select, update

from hub.domain.cards import CardState, OrderKind, OrderState
from hub.domain.door_events import LEAVING, AnswerWord, DoorWord, OfferWord, TapWord, Told, WrittenWord
from hub.domain.doors import CommandState
from hub.event_ports import ToldEvent
from hub.storage.access_tables import CardLookupRow, CardOrderRow, CardRow, CommandRow, SpaceAccessRow
from hub.storage.chains import add_entries, add_entry
from hub.storage.door_alarms import At, Key, settle_alarms
from hub.storage.door_tables import DoorLogRow
from hub.storage.statements import upsert
from hub.storage.tables import DoorRow
from hub.storage.taps import Taps
from hub.storage.visit_rows import Came, Said, add_visits, came_in, retime_visits
from hub.storage.wanted_lists import want_lists

OFFER_GRACE_US: Final = 120_000_000
"""A card that came later than that after its order's time was not meant: the host has gone."""

_ENDS_ORDER: Final = {
    "expired": "expired",
    "nobody_came": "expired",
    "cancelled": "cancelled",
    "unknown_reader": "offline",
}
"""What a device's answer means for an order; any other ends it as `refused`."""


class ToldEvents:
    """What fresh events tell, in the transaction of a connection; a repeated event never gets here (D9).

    Args:
        connection: inside a writing transaction; this class commits nothing.
    """

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def take(self, events: Sequence[ToldEvent], now_us: int) -> None:
        """Take events in.

        Args:
            now_us: when they arrived.
        """
        events = self._without_exits(events)
        # Chains and cards are locked in one order everywhere: two workers must not wait for each other.
        came: list[Came] = []
        said: list[Said] = []
        for chain, group in groupby(sorted(events, key=_by_device), key=lambda event: event.chain):
            at_doors, at_desks = self._take_device(chain, list(group), now_us)
            came += at_doors
            said += at_desks
        # After all devices, in one order: two workers must not wait for each other's visits.
        add_visits(self._connection, came, now_us, said=said)

    def _without_exits(self, events: Sequence[ToldEvent]) -> Sequence[ToldEvent]:
        """Return events without the cards of who leaves, but for spaces that have said why they log it (P2)."""
        doors = {
            event.door_pk for event in events if event.door_pk is not None and _says_who_leaves(event.told)
        }
        if not doors:
            return events
        logged = set(self._connection.execute(_LOGGED_EXITS, {"doors": sorted(doors)}).scalars())
        return [
            event
            if event.door_pk in logged
            else event._replace(told=event.told._replace(credential=""))
            if _says_who_leaves(event.told)
            else event
            for event in events
        ]

    def retime(self, events: Sequence[ToldEvent], now_us: int) -> None:
        """Give what happened at doors the time that is known now (D8)."""
        rows = [
            {"of_epoch": e.epoch_pk, "of_seq": e.seq, "at": e.latest_us, "quality": e.time_quality}
            for e in events
            if e.door_pk is not None
        ]
        if rows:
            self._connection.execute(_RETIME, rows)
            self._settle(events, now_us)
        said: list[Said] = []
        for _, group in groupby(sorted(events, key=_by_device), key=lambda event: event.chain):
            told = list(group)
            said += Taps(self._connection).take(told, self._cards(told))
        retime_visits(self._connection, events, now_us)
        add_visits(self._connection, (), now_us, said=said)

    def _take_device(
        self, chain: str, events: Sequence[ToldEvent], now_us: int
    ) -> tuple[list[Came], list[Said]]:
        """Take the events of one device in; return who was let in, and who said to be at a desk."""
        doors = [event for event in events if event.door_pk is not None]
        cards = self._cards(events)
        if doors:
            self._log(chain, doors, cards, now_us)
            self._settle(doors, now_us)
        said = Taps(self._connection).take(events, cards)
        for event in events:
            match event.told:
                case DoorWord() | TapWord():
                    pass
                case AnswerWord():
                    self._answer(event, event.told)
                case OfferWord():
                    self._offer(event, event.told)
                case WrittenWord():
                    self._written(event, event.told, now_us)
        return came_in(doors, cards), said

    def _cards(self, events: Sequence[ToldEvent]) -> dict[str, int]:
        wanted = {
            event.told.credential
            for event in events
            if isinstance(event.told, DoorWord | TapWord) and event.told.credential
        }
        if not wanted:
            return {}
        rows = self._connection.execute(
            _LOOKUPS, {"device_pk": events[0].device_pk, "lookups": sorted(wanted)}
        )
        return {row.lookup: row.card_pk for row in rows}

    def _log(self, chain: str, events: Sequence[ToldEvent], cards: dict[str, int], now_us: int) -> None:
        statement = upsert(self._connection.dialect.name, DoorLogRow).on_conflict_do_nothing()
        self._connection.execute(statement, [_log_row(event, cards) for event in events])
        entries = [_entry(event, cards) for event in events]
        add_entries(self._connection, chain, entries, now_us)

    def _settle(self, events: Sequence[ToldEvent], now_us: int) -> None:
        signs: dict[At, list[tuple[Key, str]]] = {}
        for event in events:
            if event.door_pk is not None and isinstance(event.told, DoorWord):
                key = Key(event.ordinal, event.epoch_pk, event.seq)
                signs.setdefault(At(event.door_pk, event.device_pk), []).append((key, event.told.what))
        for at in sorted(signs):
            settle_alarms(self._connection, at, signs[at], now_us)

    def _answer(self, event: ToldEvent, word: AnswerWord) -> None:
        if self._close(event, word.command, word.outcome) and word.outcome != "done":
            self._connection.execute(
                update(CardOrderRow)
                .where(CardOrderRow.command == word.command, CardOrderRow.state.in_(_OPEN))
                .values(state=OrderState.FAILED, problem=_ENDS_ORDER.get(word.outcome, "refused"), offer=None)
            )

    def _offer(self, event: ToldEvent, word: OfferWord) -> None:
        order = self._order(event, word.command, OrderKind.READ)
        if order is None:
            return
        self._close(event, word.command, "done")
        if order.state not in _OPEN:
            return
        is_late = event.latest_us > order.until_us + OFFER_GRACE_US
        values = (
            {"state": OrderState.FAILED, "problem": "expired"}
            if is_late
            else {"state": OrderState.READ, "offer": word.sealed, "offer_kind": word.kind}
        )
        self._connection.execute(
            update(CardOrderRow).where(CardOrderRow.command == word.command).values(values)
        )

    def _written(self, event: ToldEvent, word: WrittenWord, now_us: int) -> None:
        order = self._order(event, word.command, OrderKind.WRITE)
        if order is None or order.state == OrderState.DONE:
            return
        self._close(event, word.command, word.reason or "done")
        # A card that was written is written, whatever had become of the order meanwhile.
        state = OrderState.FAILED if word.reason else OrderState.DONE
        self._connection.execute(
            update(CardOrderRow)
            .where(CardOrderRow.command == word.command)
            .values(state=state, problem=word.reason)
        )
        if not word.reason:
            card_written(self._connection, order.card_pk, order.generation, now_us)
            entry = {"what": "card_written", "command": word.command}
            add_entry(self._connection, event.chain, entry, now_us, order.card_pk)

    def _order(self, event: ToldEvent, command: str, kind: OrderKind) -> Any:
        found = {"command": command, "device_pk": event.device_pk, "kind": kind}
        return self._connection.execute(_ORDER, found).one_or_none()

    def _close(self, event: ToldEvent, command: str, outcome: str) -> bool:
        """Note an answer of the command's own device, the first one; say whether it was that."""
        result = self._connection.execute(
            update(CommandRow)
            .where(
                CommandRow.id == command,
                CommandRow.device_pk == event.device_pk,
                CommandRow.state != CommandState.ANSWERED,
            )
            .values(state=CommandState.ANSWERED, outcome=outcome, answered_us=event.latest_us)
        )
        return result.rowcount > 0


def _says_who_leaves(word: Told) -> TypeGuard[DoorWord]:
    return isinstance(word, DoorWord) and word.what == LEAVING and bool(word.credential)


def _by_device(event: ToldEvent) -> tuple[str, int, int]:
    return event.chain, event.ordinal, event.seq


def card_written(connection: Connection, card_pk: int, generation: int, now_us: int) -> None:
    """Note that a card holds our id and keys of a generation: a blank one is a spare one now, or its member's.

    Args:
        generation: 0 where it is not known any more: what stands there stays.
    """
    row = connection.execute(
        select(CardRow.space_pk, CardRow.state, CardRow.member_pk)
        .where(CardRow.pk == card_pk)
        .with_for_update()
    ).one()
    values: dict[str, Any] = {"rekey_needed": False}
    if generation:
        values["generation"] = generation
    if row.state == CardState.BLANK:
        values["state"] = CardState.SPARE if row.member_pk is None else CardState.ACTIVE
        values["changed_us"] = now_us
    connection.execute(update(CardRow).where(CardRow.pk == card_pk).values(values))
    want_lists(connection, row.space_pk)


def _log_row(event: ToldEvent, cards: dict[str, int]) -> dict[str, Any]:
    word = event.told
    assert isinstance(word, DoorWord)
    return {
        "epoch_pk": event.epoch_pk,
        "seq": event.seq,
        "door_pk": event.door_pk,
        "at_us": event.latest_us,
        "time_quality": event.time_quality,
        "what": word.what,
        "granted": word.granted,
        "reason": word.reason,
        "card_pk": cards.get(word.credential),
        "command": word.command or None,
    }


def _entry(event: ToldEvent, cards: dict[str, int]) -> tuple[dict[str, object], int | None]:
    """Return what the device's chain says of an event, and the card that it is about; no name and no look-up value."""
    word = event.told
    assert isinstance(word, DoorWord)
    entry: dict[str, object] = {
        "epoch": event.epoch_pk,
        "seq": event.seq,
        "door": word.door,
        "what": word.what,
        "reason": word.reason,
        "happened_us": event.latest_us,
        # How sure that is: only what is known stays as it is (D8), and can be looked for in the hosts' log.
        "time": event.time_quality,
    }
    if word.granted is not None:
        entry["granted"] = word.granted
    if word.command:
        entry["command"] = word.command
    return entry, cards.get(word.credential)


_LOGGED_EXITS: Final = (
    select(DoorRow.pk)
    .join(SpaceAccessRow, SpaceAccessRow.space_pk == DoorRow.space_pk)
    .where(DoorRow.pk.in_(bindparam("doors", expanding=True)), SpaceAccessRow.exits_reason != "")
)
_OPEN: Final = (OrderState.ASKED, OrderState.WAITING)
_LOOKUPS: Final = select(CardLookupRow.lookup, CardLookupRow.card_pk).where(
    CardLookupRow.device_pk == bindparam("device_pk"),
    CardLookupRow.lookup.in_(bindparam("lookups", expanding=True)),
)
_ORDER: Final = (
    select(CardOrderRow.state, CardOrderRow.card_pk, CardOrderRow.generation, CommandRow.until_us)
    .join(CommandRow, CommandRow.id == CardOrderRow.command)
    .where(
        CardOrderRow.command == bindparam("command"),
        CardOrderRow.kind == bindparam("kind"),
        CommandRow.device_pk == bindparam("device_pk"),
    )
    .with_for_update()
)
_RETIME: Final = (
    update(DoorLogRow)
    .values(at_us=bindparam("at"), time_quality=bindparam("quality"))
    .where(DoorLogRow.epoch_pk == bindparam("of_epoch"), DoorLogRow.seq == bindparam("of_seq"))
)
