"""Collects all that is stored about a person, and erases it (`hub.services.person_desk.PersonUnit`)."""

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date
from functools import partial
from typing import Any, Final

from sqlalchemy import Table, and_, delete, or_, select, tuple_, update

from hub.domain.booking import BookingState
from hub.domain.errors import RuleRefused
from hub.domain.mail import SECRET
from hub.domain.person import PersonData, Section
from hub.domain.time import to_utc
from hub.domain.webhooks import TOLD, Happening, booking_data
from hub.storage.access_tables import MemberRow, MembershipRow
from hub.storage.access_unit import AccessUnit
from hub.storage.booking_reads import load_bookings
from hub.storage.booking_tables import BookingRow
from hub.storage.chains import erase_texts
from hub.storage.contribution_tables import ContributionRow
from hub.storage.contributions import contributions_of, loosen
from hub.storage.door_tables import ChainEntryRow, DoorLogRow
from hub.storage.member_tables import ErasureRow
from hub.storage.person_tables import BLANKED, BY_TRACE, OWN, PERSON, Pointer, goes, is_hidden, pointers_to
from hub.storage.person_trace import trace_of
from hub.storage.statements import upsert
from hub.storage.tables import DoorRow, SpaceRow
from hub.storage.waiting_tables import WaitingRow
from hub.storage.webhook_rows import Teller

CHUNK: Final = 500


class PersonRows(AccessUnit):
    """One person within one transaction."""

    def find(self, name: str) -> Sequence[int]:
        """Return the keys of members of a name, upper or lower case."""
        rows = self._connection.execute(select(MemberRow.pk, MemberRow.name).order_by(MemberRow.pk))
        return [row.pk for row in rows if row.name.casefold() == name.casefold()]

    def spaces_of(self, member: int) -> Sequence[str]:
        """Return the ids of the spaces that a member belongs to; refused when there is no such member."""
        self._name(member)
        query = (
            select(SpaceRow.id)
            .join(MembershipRow, MembershipRow.space_pk == SpaceRow.pk)
            .where(MembershipRow.member_pk == member)
        )
        return list(self._connection.execute(query.order_by(SpaceRow.id)).scalars())

    def collect(self, member: int, now_us: int) -> PersonData:
        """Return all that is stored about a member."""
        name = self._name(member)
        found: dict[str, list[Mapping[str, Any]]] = {}
        hidden: set[str] = set()

        def take(table: Table, rows: Iterable[Any]) -> None:
            kept = found.setdefault(table.name, [])
            for row in rows:
                if (shown := self._shown(table, row._mapping, hidden)) not in kept:  # noqa: SLF001 - its public name
                    kept.append(shown)

        take(_MEMBER, self._connection.execute(select(_MEMBER).where(_MEMBER.c.pk == member)))
        own = {PERSON: [member]}
        for target in (PERSON, *OWN):
            for pointer in pointers_to(target):
                if pointer.table.name not in BY_TRACE:
                    rows = self._pointing(pointer, own.get(target, ()))
                    take(pointer.table, rows)
                    if target == PERSON and pointer.table.name in OWN:
                        own[pointer.table.name] = [row.pk for row in rows]
        ref = self._connection.execute(select(MemberRow.ref).where(MemberRow.pk == member)).scalar_one()
        take(_CONTRIBUTION, contributions_of(self._connection, ref))
        trace = trace_of(self._connection, member)
        for table, columns, keys in (
            (_DOOR_LOG, (DoorLogRow.epoch_pk, DoorLogRow.seq), trace.events),
            (_CHAIN, (ChainEntryRow.chain, ChainEntryRow.number), trace.entries | trace.acts),
        ):
            for some in _chunks(sorted(keys)):
                take(table, self._connection.execute(select(table).where(tuple_(*columns).in_(some))))
        sections = [Section(table, tuple(rows)) for table, rows in found.items() if rows]
        return PersonData(member, name, now_us, sections, sorted(hidden))

    def erase(self, member: int, now_us: int) -> None:
        """Take a person out of every table; counts stay. The log declares what it lost, and still verifies."""
        trace = trace_of(self._connection, member)
        for some in _chunks(sorted(trace.events)):
            key = tuple_(DoorLogRow.epoch_pk, DoorLogRow.seq)
            self._connection.execute(update(DoorLogRow).where(key.in_(some)).values(card_pk=None))
        erase_texts(self._connection, trace.entries, now_us)
        ref = self._connection.execute(select(MemberRow.ref).where(MemberRow.pk == member)).scalar_one()
        loosen(self._connection, ref)
        self._cancel_bookings(member, now_us)
        self._take_out(PERSON, [member], now_us)
        self._connection.execute(
            update(MemberRow).where(MemberRow.answers_pk == member).values(answers_pk=None)
        )
        self._connection.execute(delete(MemberRow).where(MemberRow.pk == member))
        noted = upsert(self._connection.dialect.name, ErasureRow).on_conflict_do_nothing()
        self._connection.execute(noted, {"ref": ref, "erased_us": now_us})

    def _cancel_bookings(self, member: int, now_us: int) -> None:
        """Free the desks of what is still to come, or held; the database takes the claims along."""
        held = select(WaitingRow.hold_pk).where(WaitingRow.member_pk == member)
        own = or_(BookingRow.member_pk == member, BookingRow.pk.in_(held))
        to_come = and_(own, BookingRow.is_active, BookingRow.end_us > now_us)
        ended = load_bookings(self._connection, to_come)
        values = {"state": BookingState.CANCELLED, "is_active": False, "ended_us": now_us}
        self._connection.execute(
            update(BookingRow).where(to_come).values(**values, version=BookingRow.version + 1)
        )
        teller = Teller(self._connection)
        for one in ended:
            if one.kind in TOLD:
                # Without the person: who mirrors bookings learns that the desk is free.
                gone = replace(one, state=BookingState.CANCELLED, version=one.version + 1)
                key = f"booking/{gone.id}/{gone.version}"
                told = partial(booking_data, gone)
                teller.tell(self.space(gone.space).pk, Happening.BOOKING_CANCELLED, key, told)

    def _take_out(self, target: str, keys: Collection[int], now_us: int) -> None:
        """Free rows from what points to them: from the outside in, because foreign keys hold all the time."""
        for pointer in pointers_to(target):
            table, points = pointer.table, pointer.column.in_(sorted(keys))
            if "pk" in table.c:
                pks = self._connection.execute(select(table.c.pk).where(points)).scalars().all()
                if pks and goes(pointer):
                    self._take_out(table.name, pks, now_us)
                elif pks and table.name == "card":
                    # What devices still report of these cards is nobody's from now on.
                    self._take_out_lookups(pks)
            if goes(pointer):
                self._connection.execute(delete(table).where(points))
            else:
                values = {pointer.column.name: None, **BLANKED.get(table.name, {})}
                if table.name == "card":
                    values["changed_us"] = now_us
                self._connection.execute(update(table).where(points).values(values))

    def _take_out_lookups(self, cards: Sequence[int]) -> None:
        for pointer in pointers_to("card"):
            if pointer.table.name not in BY_TRACE and goes(pointer):
                self._connection.execute(delete(pointer.table).where(pointer.column.in_(sorted(cards))))

    def _pointing(self, pointer: Pointer, keys: Collection[int]) -> Sequence[Any]:
        if not keys:
            return ()
        query = select(pointer.table).where(pointer.column.in_(sorted(keys)))
        return self._connection.execute(query.order_by(*pointer.table.primary_key.columns)).all()

    def _name(self, member: int) -> str:
        name = self._connection.execute(select(MemberRow.name).where(MemberRow.pk == member)).scalar()
        if name is None:
            raise RuleRefused(
                f"there is no member {member}: see the members of a space", code="unknown_member"
            )
        return name

    def _shown(self, table: Table, row: Mapping[str, Any], hidden: set[str]) -> Mapping[str, Any]:
        """Return a row as it is given away: without what opens something, with names and times that can be read."""
        shown: dict[str, Any] = {}
        for column, value in row.items():
            if is_hidden(column) or (column == "letter" and row["kind"] in SECRET):
                # A letter that waits may hold a link that lets somebody in.
                hidden.add(f"{table.name}.{column}")
            elif column == "space_pk" and value is not None:
                shown["space"] = self._id(SpaceRow.__table__, value)
            elif column == "door_pk" and value is not None:
                shown["door"] = self._id(DoorRow.__table__, value)
            elif column == "payload" and table.name == ChainEntryRow.__tablename__:
                shown["text"] = None if value is None else json.loads(value)
            elif column.endswith("_us") and isinstance(value, int):
                shown[column.removesuffix("_us")] = to_utc(value).isoformat()
            elif isinstance(value, (bytes, memoryview)):
                hidden.add(f"{table.name}.{column}")
            elif isinstance(value, date):
                shown[column] = value.isoformat()
            else:
                shown[column] = value
        return shown

    def _id(self, table: Any, pk: int) -> str:
        return str(self._connection.execute(select(table.c.id).where(table.c.pk == pk)).scalar_one())


class ErasureRows(AccessUnit):
    """Erasures within one transaction, for the ledger (`hub.services.keep_erasures.ErasureUnit`)."""

    def noted(self) -> Mapping[str, int]:
        """Return the words of all who were erased, and when."""
        rows = self._connection.execute(select(ErasureRow.ref, ErasureRow.erased_us))
        return {row.ref: row.erased_us for row in rows}

    def members_of(self, refs: Collection[str]) -> Mapping[str, int]:
        """Return the keys of members that have one of some words."""
        found: dict[str, int] = {}
        for some in _chunks(sorted(refs)):
            query = select(MemberRow.ref, MemberRow.pk).where(MemberRow.ref.in_(some))
            found |= {row.ref: row.pk for row in self._connection.execute(query)}
        return found

    def spaces_of(self, member: int) -> Sequence[str]:
        """Return the ids of the spaces that a member belongs to."""
        return PersonRows(self._connection, self._is_writing).spaces_of(member)

    def erase(self, member: int, now_us: int) -> None:
        """Take a person out of every table."""
        PersonRows(self._connection, self._is_writing).erase(member, now_us)

    def note(self, erasures: Mapping[str, int]) -> None:
        """Note erasures that the ledger knows and the database does not."""
        rows = [{"ref": ref, "erased_us": at_us} for ref, at_us in sorted(erasures.items())]
        if rows:
            # Another thread of `jobs` may have noted them meanwhile.
            noted = upsert(self._connection.dialect.name, ErasureRow).on_conflict_do_nothing()
            self._connection.execute(noted, rows)


def _chunks(keys: Sequence[Any]) -> Iterable[Sequence[Any]]:
    return (keys[start : start + CHUNK] for start in range(0, len(keys), CHUNK))


_MEMBER: Any = MemberRow.__table__
_DOOR_LOG: Any = DoorLogRow.__table__
_CONTRIBUTION: Any = ContributionRow.__table__
_CHAIN: Any = ChainEntryRow.__table__
