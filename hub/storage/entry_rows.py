"""Who came in, in SQL (`hub.services.door_desk.EntryUnit`): the only place that reads persons out of the hosts' log."""

import json
from collections.abc import Collection, Sequence
from typing import Any, Final

from sqlalchemy import bindparam, select

from hub.domain.audit import HOST_CHAIN
from hub.domain.door_events import ACCESS, OPENED_REMOTELY
from hub.domain.entries import BY_PHONE, Entry, Holding
from hub.domain.events import TimeQuality
from hub.storage.access_tables import AccountRow, CardRow, CommandRow, MemberRow
from hub.storage.access_unit import AccessUnit
from hub.storage.door_tables import ChainEntryRow, DoorLogRow, LogOpeningRow
from hub.storage.statements import together, upsert
from hub.storage.tables import DoorRow


class EntryRows(AccessUnit):
    """Entries within one transaction."""

    def entries(self, space: str, start_us: int, end_us: int) -> Sequence[Entry]:
        """Return entries of a stretch of time, latest first, by card or phone; whose a card was says `holdings`."""
        query = _ENTRIES.where(
            DoorRow.space_pk == self.space(space).pk, DoorLogRow.at_us >= start_us, DoorLogRow.at_us < end_us
        ).order_by(DoorLogRow.at_us.desc(), DoorLogRow.epoch_pk.desc(), DoorLogRow.seq.desc())
        return [
            Entry(
                row.at_us,
                row.time_quality != TimeQuality.UNKNOWN,
                row.reason if row.what == ACCESS else BY_PHONE,
                row.card_pk,
                row.label or "",
                row.member_pk,
            )
            for row in self._connection.execute(query)
        ]

    def holdings(self, cards: Collection[int]) -> Sequence[Holding]:
        """Return whose cards were when: as the log of actions says, and as it is now.

        A spare card is given to one after the other: today's holder is not whoever came in with it yesterday.
        """
        if not cards:
            return []
        found: list[Holding] = []
        rows = self._connection.execute(_HOLDINGS, {"cards": sorted(cards)})
        for row in sorted(rows, key=lambda row: row.number or 0):
            if row.number is None:
                found.append(Holding(row.card_pk, None, row.member_pk))
                continue
            text = json.loads(row.payload)
            if isinstance(text, dict) and text.get("what") in ("card_given", "card_taken_back"):
                found.append(Holding(row.card_pk, row.at_us, text.get("member"), text.get("before")))
        return found

    def names(self, members: Collection[int]) -> dict[int, str]:
        """Return the names of members by key."""
        if not members:
            return {}
        query = select(MemberRow.pk, MemberRow.name).where(MemberRow.pk.in_(sorted(members)))
        return {row.pk: row.name for row in self._connection.execute(query)}

    def open_until_us(self, space: str, account: int) -> int:
        """Return until when an account may read persons, 0 for never."""
        query = select(LogOpeningRow.until_us).where(
            LogOpeningRow.space_pk == self.space(space).pk, LogOpeningRow.account_pk == account
        )
        return self._connection.execute(query).scalar() or 0

    def open_log(self, space: str, account: int, until_us: int, reason: str) -> None:
        """Note that an account may read persons until then."""
        statement = upsert(self._connection.dialect.name, LogOpeningRow)
        values: dict[str, Any] = {"until_us": until_us, "reason": reason}
        self._connection.execute(
            statement.on_conflict_do_update(
                index_elements=[LogOpeningRow.space_pk, LogOpeningRow.account_pk], set_=values
            ),
            {"space_pk": self.space(space).pk, "account_pk": account, **values},
        )

    def time_zone(self, space: str) -> str:
        """Return a space's zone."""
        return self.space(space).time_zone


_ENTRIES: Final = (
    select(
        DoorLogRow.at_us,
        DoorLogRow.time_quality,
        DoorLogRow.what,
        DoorLogRow.reason,
        DoorLogRow.card_pk,
        CardRow.label,
        AccountRow.member_pk,
    )
    .join(DoorRow, DoorRow.pk == DoorLogRow.door_pk)
    .outerjoin(CardRow, CardRow.pk == DoorLogRow.card_pk)
    # Of what was opened from afar, only what a member opened for coming in: a host opens for others.
    .outerjoin(CommandRow, (CommandRow.id == DoorLogRow.command) & (CommandRow.called_s > 0))
    .outerjoin(AccountRow, AccountRow.pk == CommandRow.account_pk)
    .where(
        ((DoorLogRow.what == ACCESS) & DoorLogRow.granted.is_(True))
        | ((DoorLogRow.what == OPENED_REMOTELY) & CommandRow.id.is_not(None))
    )
)
_HOLDINGS: Final = together(
    select(CardRow.pk.label("card_pk"), CardRow.member_pk).where(
        CardRow.pk.in_(bindparam("cards", expanding=True))
    ),
    select(ChainEntryRow.card_pk, ChainEntryRow.number, ChainEntryRow.at_us, ChainEntryRow.payload).where(
        ChainEntryRow.chain == HOST_CHAIN,
        ChainEntryRow.card_pk.in_(bindparam("cards", expanding=True)),
        ChainEntryRow.payload.is_not(None),
    ),
)
