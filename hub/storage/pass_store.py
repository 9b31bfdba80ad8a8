"""Reads passes and visits of members, and has visits use passes anew, for whatever transaction needs it."""

from collections.abc import Collection, Mapping, Sequence
from datetime import date
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, select, update

from hub.domain.pass_windows import PassFacts
from hub.domain.tariffs import Pass, Tariff, WithoutPass
from hub.domain.visits import Spending, assign
from hub.storage.member_tables import PassRow, PassRuleRow, SettlementRow, TariffRow, VisitRow
from hub.storage.statements import upsert


def tariff_of(row: Any) -> Tariff:
    """Return a tariff from a row that has its columns."""
    return Tariff(
        id=row.id,
        name=row.name,
        kind=row.kind,
        price_cents=row.price_cents,
        units=row.units,
        per_visit=row.per_visit,
        valid_days=row.valid_days,
        hours=row.hours,
        starts_min=row.starts_min,
        ends_min=row.ends_min,
        is_offered=row.is_offered,
    )


def load_passes(connection: Connection, *where: ColumnElement[bool], locked: bool = False) -> list[Pass]:
    """Return passes with their tariffs, in the order in which they were sold.

    Args:
        where: conditions on `PassRow`.
        locked: whether they stay locked until the transaction ends.
    """
    query = _PASSES.where(*where).order_by(PassRow.pk)
    if locked:
        query = query.with_for_update(of=PassRow)
    return [
        Pass(
            pk=row.pass_pk,
            member=row.member_pk,
            tariff=tariff_of(row),
            sold_on=row.sold_on,
            valid_from=row.valid_from,
            valid_to=row.valid_to,
            units=row.held,
            price_cents=row.paid_cents,
            spent=row.spent,
        )
        for row in connection.execute(query)
    ]


def load_visits(connection: Connection, *where: ColumnElement[bool]) -> dict[int, dict[date, int | None]]:
    """Return by member and day which pass a visit used; of erased persons nothing.

    Args:
        where: conditions on `VisitRow`.
    """
    query = select(VisitRow.member_pk, VisitRow.day, VisitRow.pass_pk).where(*where)
    found: dict[int, dict[date, int | None]] = {}
    for member, day, pass_pk in connection.execute(query):
        if member is not None:
            found.setdefault(member, {})[day] = pass_pk
    return found


def insert_visit(connection: Connection, values: Mapping[str, Any]) -> bool:
    """Store a visit; say whether it is new."""
    statement = upsert(connection.dialect.name, VisitRow).on_conflict_do_nothing()
    # What a driver counts of an INSERT that may do nothing differs; what it returns does not.
    return connection.execute(statement.values(**values).returning(VisitRow.pk)).scalar() is not None


def load_rule(connection: Connection, space_pk: int) -> WithoutPass:
    """Return what a space's doors do for members without a pass."""
    query = select(PassRuleRow.without_pass).where(PassRuleRow.space_pk == space_pk)
    return connection.execute(query).scalar() or WithoutPass.OPEN


def settled_months(connection: Connection, space_pk: int) -> frozenset[date]:
    """Return the first days of a space's months that are accounted for."""
    query = select(SettlementRow.month).where(SettlementRow.space_pk == space_pk)
    return frozenset(connection.execute(query).scalars())


def pass_facts(connection: Connection, space_pk: int, today: date) -> PassFacts:
    """Return what access lists need of a space's passes from a day on; at most three queries."""
    rule = load_rule(connection, space_pk)
    passes = load_passes(
        connection,
        PassRow.space_pk == space_pk,
        PassRow.member_pk.is_not(None),
        PassRow.valid_to.is_(None) | (PassRow.valid_to >= today),
    )
    if not passes:
        return PassFacts(rule)
    by_member: dict[int, list[Pass]] = {}
    for one in passes:
        assert one.member is not None
        by_member.setdefault(one.member, []).append(one)
    # Units count over a pass's whole life, so all visits that used one of these are needed.
    counted = [one.pk for one in passes if one.units]
    visits = load_visits(connection, VisitRow.space_pk == space_pk, VisitRow.pass_pk.in_(counted))
    return PassFacts(rule, by_member, visits)


def facts_of_member(connection: Connection, space_pk: int, member: int, day: date) -> PassFacts:
    """Return the same of one member, from a day on, where doors need a pass; at most three queries."""
    rule = load_rule(connection, space_pk)
    if rule is WithoutPass.OPEN:
        return PassFacts(rule)
    passes = load_passes(
        connection,
        PassRow.space_pk == space_pk,
        PassRow.member_pk == member,
        PassRow.valid_to.is_(None) | (PassRow.valid_to >= day),
    )
    if not passes:
        return PassFacts(rule)
    visits = load_visits(connection, VisitRow.space_pk == space_pk, VisitRow.member_pk == member)
    return PassFacts(rule, {member: passes}, visits)


def use_passes_anew(connection: Connection, space_pk: int, members: Collection[int], *, today: date) -> bool:
    """Have the visits of some members use their passes as they should; say whether doors must learn of it.

    Visits of months that are accounted for stay as they are.

    Args:
        today: local day; what is left tomorrow tells whether a pass opens doors any longer.
    """
    doors_change = False
    settled = settled_months(connection, space_pk)
    # In one order everywhere: two workers must not wait for each other's rows.
    for member in sorted(members):
        mine = (PassRow.space_pk == space_pk, PassRow.member_pk == member)
        passes = load_passes(connection, *mine, locked=True)
        if not passes:
            continue
        visits = load_visits(connection, VisitRow.space_pk == space_pk, VisitRow.member_pk == member)
        before = visits.get(member, {})
        fixed = {day: used for day, used in before.items() if day.replace(day=1) in settled}
        changed = {
            day: used for day, used in assign(passes, before.keys(), fixed).items() if before[day] != used
        }
        for day, used in sorted(changed.items()):
            connection.execute(
                update(VisitRow)
                .where(VisitRow.space_pk == space_pk, VisitRow.member_pk == member, VisitRow.day == day)
                .values(pass_pk=used)
            )
        doors_change |= _doors_change(passes, before, {**before, **changed}, today)
    return doors_change


def _doors_change(
    passes: Sequence[Pass],
    before: Mapping[date, int | None],
    after: Mapping[date, int | None],
    today: date,
) -> bool:
    old, new = Spending(passes, before), Spending(passes, after)
    return before.get(today) != after.get(today) or any(
        old.has_room(one, today) != new.has_room(one, today) for one in passes if one.units
    )


_PASSES: Final = select(
    PassRow.pk.label("pass_pk"),
    PassRow.member_pk,
    PassRow.sold_on,
    PassRow.valid_from,
    PassRow.valid_to,
    PassRow.units.label("held"),
    PassRow.price_cents.label("paid_cents"),
    PassRow.spent,
    TariffRow.id,
    TariffRow.name,
    TariffRow.kind,
    TariffRow.price_cents,
    TariffRow.units,
    TariffRow.per_visit,
    TariffRow.valid_days,
    TariffRow.hours,
    TariffRow.starts_min,
    TariffRow.ends_min,
    TariffRow.is_offered,
).join(TariffRow, TariffRow.pk == PassRow.tariff_pk)
