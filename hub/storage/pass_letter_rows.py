"""Passes that letters tell of, in SQL (`hub.services.pass_letters.PassLetterUnit`)."""

from collections.abc import Sequence

from sqlalchemy import select

from hub.domain.pass_ends import Holder
from hub.storage.access_tables import MemberRow
from hub.storage.access_unit import AccessUnit
from hub.storage.member_tables import PassRow, PassToldRow, VisitRow
from hub.storage.pass_store import load_passes, load_visits
from hub.storage.statements import upsert
from hub.storage.tables import SpaceRow


class PassLetterRows(AccessUnit):
    """Passes and letters within one transaction."""

    def spaces(self) -> Sequence[tuple[str, str, str]]:
        """Return (id, name, zone) of the spaces in which passes were sold."""
        query = select(SpaceRow.id, SpaceRow.name, SpaceRow.time_zone).where(
            SpaceRow.pk.in_(select(PassRow.space_pk))
        )
        return [
            (row.id, row.name, row.time_zone) for row in self._connection.execute(query.order_by(SpaceRow.id))
        ]

    def holders(self, space: str) -> Sequence[Holder]:
        """Return who has passes of a space of which nothing was told yet; four queries."""
        space_pk = self.space(space).pk
        here = select(PassRow.pk).where(PassRow.space_pk == space_pk)
        told = select(PassToldRow.pass_pk).where(PassToldRow.pass_pk.in_(here))
        sold = load_passes(
            self._connection,
            PassRow.space_pk == space_pk,
            PassRow.member_pk.is_not(None),
            locked=self._is_writing,
        )
        passes = {one.member: [other for other in sold if other.member == one.member] for one in sold}
        known = set(self._connection.execute(told).scalars())
        visits = load_visits(self._connection, VisitRow.space_pk == space_pk, VisitRow.pass_pk.is_not(None))
        refs = select(MemberRow.pk, MemberRow.ref).where(
            MemberRow.pk.in_(select(PassRow.member_pk).where(PassRow.space_pk == space_pk))
        )
        return [
            Holder(row.pk, row.ref, theirs, visits.get(row.pk, {}), untold)
            for row in self._connection.execute(refs.order_by(MemberRow.pk))
            if (theirs := passes.get(row.pk)) and (untold := frozenset(one.pk for one in theirs) - known)
        ]

    def note_told(self, held: int, now_us: int) -> None:
        """Note that a pass's member was told."""
        statement = upsert(self._connection.dialect.name, PassToldRow).on_conflict_do_nothing()
        self._connection.execute(statement, {"pass_pk": held, "told_us": now_us})
