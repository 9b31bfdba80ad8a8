"""Tariffs, passes and visits in SQL (`hub.services.pass_desk.PassUnit`)."""

from collections.abc import Collection, Mapping, Sequence
from datetime import date

from sqlalchemy import insert, or_, select, update
from sqlalchemy.orm import Session

from hub.domain.collation import german_key
from hub.domain.tariffs import Pass, Tariff, WithoutPass
from hub.domain.visits import Kept
from hub.storage.access_tables import MemberRow, MembershipRow
from hub.storage.member_tables import PassRow, PassRuleRow, SettlementRow, TariffRow, VisitRow
from hub.storage.pass_store import (
    insert_visit,
    load_passes,
    load_rule,
    load_visits,
    settled_months,
    tariff_of,
    use_passes_anew,
)
from hub.storage.request_rows import RequestRows
from hub.storage.site_store import SqlSiteStore
from hub.storage.statements import upsert
from hub.storage.tables import SpaceRow


class PassRows(RequestRows):
    """Tariffs, passes and visits within one transaction."""

    def time_zone(self, space: str) -> str:
        """Return a space's zone."""
        return self.space(space).time_zone

    def tariffs(self, space: str) -> Sequence[Tariff]:
        """Return the tariffs of a space, offered ones first, by name as Germans sort it."""
        query = select(TariffRow.__table__).where(TariffRow.space_pk == self.space(space).pk)
        found = [tariff_of(row) for row in self._connection.execute(query)]
        return sorted(found, key=lambda one: (not one.is_offered, german_key(one.name), one.id))

    def save_tariff(self, space: str, tariff: Tariff) -> None:
        """Make a tariff be as given."""
        values = {
            "name": tariff.name,
            "kind": tariff.kind,
            "price_cents": tariff.price_cents,
            "units": tariff.units,
            "per_visit": tariff.per_visit,
            "valid_days": tariff.valid_days,
            "hours": tariff.hours,
            "starts_min": tariff.starts_min,
            "ends_min": tariff.ends_min,
            "is_offered": tariff.is_offered,
        }
        statement = upsert(self._connection.dialect.name, TariffRow)
        self._connection.execute(
            statement.on_conflict_do_update(index_elements=[TariffRow.space_pk, TariffRow.id], set_=values),
            {"space_pk": self.space(space).pk, "id": tariff.id, **values},
        )

    def rule(self, space: str) -> WithoutPass:
        """Return what doors do for members without a pass."""
        return load_rule(self._connection, self.space(space).pk)

    def save_rule(self, space: str, rule: WithoutPass) -> None:
        """Write what doors do for members without a pass."""
        statement = upsert(self._connection.dialect.name, PassRuleRow)
        self._connection.execute(
            statement.on_conflict_do_update(
                index_elements=[PassRuleRow.space_pk], set_={"without_pass": rule}
            ),
            {"space_pk": self.space(space).pk, "without_pass": rule},
        )
        # It stands among the settings of the space, too: a page that shows the old one is told.
        with Session(bind=self._connection) as session:
            SqlSiteStore(session).note_change(space, is_edit=False)

    def passes(self, space: str) -> Sequence[Pass]:
        """Return all passes of a space, in the order in which they were sold."""
        return load_passes(
            self._connection, PassRow.space_pk == self.space(space).pk, locked=self._is_writing
        )

    def passes_of(self, member: int) -> Mapping[str, Sequence[Pass]]:
        """Return all passes of a member, by space."""
        spaces = self._connection.execute(
            select(SpaceRow.id, SpaceRow.pk)
            .where(SpaceRow.pk.in_(select(PassRow.space_pk).where(PassRow.member_pk == member)))
            .order_by(SpaceRow.id)
        ).all()
        return {
            space: load_passes(self._connection, PassRow.space_pk == pk, PassRow.member_pk == member)
            for space, pk in spaces
        }

    def visits(self, space: str, since: date | None = None, to: date | None = None) -> Mapping[int, Kept]:
        """Return by member which passes visits used."""
        where = [VisitRow.space_pk == self.space(space).pk]
        if since is not None:
            where.append(VisitRow.day >= since)
        if to is not None:
            where.append(VisitRow.day <= to)
        return load_visits(self._connection, *where)

    def visits_of(self, space: str, member: int) -> Kept:
        """Return which passes a member's visits used."""
        here = VisitRow.space_pk == self.space(space).pk
        return load_visits(self._connection, here, VisitRow.member_pk == member).get(member, {})

    def names(self, space: str) -> Mapping[int, str]:
        """Return the names of the members of a space, and of whoever has a pass or a visit of it."""
        pk = self.space(space).pk
        query = select(MemberRow.pk, MemberRow.name).where(
            or_(
                MemberRow.pk.in_(select(MembershipRow.member_pk).where(MembershipRow.space_pk == pk)),
                MemberRow.pk.in_(select(PassRow.member_pk).where(PassRow.space_pk == pk)),
                MemberRow.pk.in_(select(VisitRow.member_pk).where(VisitRow.space_pk == pk)),
            )
        )
        return {row.pk: row.name for row in self._connection.execute(query)}

    def is_member(self, member: int, space: str) -> bool:
        """Say whether somebody is, was or will be a member of a space."""
        query = select(MembershipRow.pk).where(
            MembershipRow.member_pk == member, MembershipRow.space_pk == self.space(space).pk
        )
        return self._connection.execute(query).scalar() is not None

    def add_pass(self, space: str, sold: Pass) -> int:
        """Store a new pass; return its key."""
        space_pk = self.space(space).pk
        tariff_pk = select(TariffRow.pk).where(TariffRow.space_pk == space_pk, TariffRow.id == sold.tariff.id)
        made = self._connection.execute(
            insert(PassRow).values(
                space_pk=space_pk,
                member_pk=sold.member,
                tariff_pk=self._connection.execute(tariff_pk).scalar_one(),
                sold_on=sold.sold_on,
                valid_from=sold.valid_from,
                valid_to=sold.valid_to,
                units=sold.units,
                price_cents=sold.price_cents,
                spent=sold.spent,
            )
        )
        key = made.inserted_primary_key
        assert key is not None
        return int(key[0])

    def end_pass(self, space: str, held: int, last: date) -> None:
        """Write the last day of a pass."""
        here = (PassRow.space_pk == self.space(space).pk, PassRow.pk == held)
        self._connection.execute(update(PassRow).where(*here).values(valid_to=last))

    def add_visit(self, space: str, member: int, day: date) -> bool:
        """Store a visit; false when it is there already."""
        return insert_visit(
            self._connection, {"space_pk": self.space(space).pk, "member_pk": member, "day": day}
        )

    def use_passes_anew(self, space: str, members: Collection[int], today: date) -> bool:
        """Have visits use passes as they should; say whether doors must learn of it."""
        return use_passes_anew(self._connection, self.space(space).pk, members, today=today)

    def settled(self, space: str) -> Collection[date]:
        """Return the first days of months that are accounted for."""
        return settled_months(self._connection, self.space(space).pk)

    def settle(self, space: str, month: date, now_us: int) -> None:
        """Note that a month is accounted for."""
        self._connection.execute(
            insert(SettlementRow).values(space_pk=self.space(space).pk, month=month, settled_us=now_us)
        )
