"""Tariffs, passes and what is due: `hub.member_ports.PassDesk`, one transaction each."""

from collections.abc import Collection, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import replace
from datetime import date, timedelta
from typing import Protocol

from hub.domain.best_price import savings
from hub.domain.collation import german_key
from hub.domain.due import due_lines
from hub.domain.errors import RuleRefused
from hub.domain.people import HOSTS, Actor, Role, need_role
from hub.domain.requests import Request
from hub.domain.tariff_rules import checked_tariff
from hub.domain.tariffs import Pass, Tariff, TariffKind, WithoutPass, last_of_month, sale
from hub.domain.time import checked_day, local_date
from hub.domain.visits import Kept, Spending, open_passes
from hub.member_ports import Due, PassView


class PassUnit(Protocol):
    """Tariffs, passes and visits within one transaction; rolled back unless committed."""

    def time_zone(self, space: str) -> str:
        """Return a space's zone; refused when there is no such space."""
        ...

    def tariffs(self, space: str) -> Sequence[Tariff]:
        """Return the tariffs of a space, offered ones first, by name."""
        ...

    def save_tariff(self, space: str, tariff: Tariff) -> None:
        """Make a tariff be as given."""
        ...

    def rule(self, space: str) -> WithoutPass:
        """Return what doors do for members without a pass."""
        ...

    def save_rule(self, space: str, rule: WithoutPass) -> None:
        """Write what doors do for members without a pass."""
        ...

    def passes(self, space: str) -> Sequence[Pass]:
        """Return all passes of a space, in the order in which they were sold."""
        ...

    def passes_of(self, member: int) -> Mapping[str, Sequence[Pass]]:
        """Return all passes of a member, by space."""
        ...

    def visits(self, space: str, since: date | None = None, to: date | None = None) -> Mapping[int, Kept]:
        """Return by member which passes visits used, of all days or of some, both inclusive."""
        ...

    def visits_of(self, space: str, member: int) -> Kept:
        """Return which passes a member's visits used."""
        ...

    def names(self, space: str) -> Mapping[int, str]:
        """Return the names of the members of a space, and of whoever has a pass of it."""
        ...

    def is_member(self, member: int, space: str) -> bool:
        """Say whether somebody is, was or will be a member of a space."""
        ...

    def made_by(self, request: Request, now_us: int) -> str | None:
        """Return the key of what a request has made; None for a new one, whose like waits until the end."""
        ...

    def note_made(self, request: Request, made: str, member: int | None) -> None:
        """Note what a new request has made, and for whom."""
        ...

    def add_pass(self, space: str, sold: Pass) -> int:
        """Store a new pass; return its key."""
        ...

    def end_pass(self, space: str, held: int, last: date) -> None:
        """Write the last day of a pass."""
        ...

    def add_visit(self, space: str, member: int, day: date) -> bool:
        """Store a visit; false when it is there already."""
        ...

    def use_passes_anew(self, space: str, members: Collection[int], today: date) -> bool:
        """Have visits use passes as they should; say whether doors must learn of it."""
        ...

    def settled(self, space: str) -> Collection[date]:
        """Return the first days of months that are accounted for."""
        ...

    def settle(self, space: str, month: date, now_us: int) -> None:
        """Note that a month is accounted for."""
        ...

    def log(self, what: Mapping[str, object], now_us: int, card: int | None = None) -> None:
        """Add an entry to the log of actions."""
        ...

    def want_lists(self, space: str) -> None:
        """Have every trusted device of a space get a list that says what holds now."""
        ...

    def commit(self) -> None:
        """Make all of it durable."""
        ...


class PassUnits(Protocol):
    """Begins transactions; each raises `StoreUnavailable` when the database can't be used now."""

    def writing(self) -> AbstractContextManager[PassUnit]:
        """Begin one that may commit."""
        ...

    def reading(self) -> AbstractContextManager[PassUnit]:
        """Begin one that only looks."""
        ...


class PassService:
    """Tariffs and passes (`hub.member_ports.PassDesk`).

    Args:
        units: where they are kept.
    """

    def __init__(self, units: PassUnits) -> None:
        self._units = units

    def tariffs(self, space: str, actor: Actor) -> Sequence[Tariff]:
        """Return the tariffs of a space, offered ones first."""
        need_role(actor, space, *HOSTS)
        with self._units.reading() as unit:
            return unit.tariffs(space)

    def save_tariff(self, space: str, tariff: Tariff, actor: Actor, now_us: int) -> None:
        """Make a tariff be as given; its part of the day and its hours hold for sold passes too."""
        need_role(actor, space, Role.MANAGER)
        tariff = checked_tariff(tariff)
        with self._units.writing() as unit:
            before = next((one for one in unit.tariffs(space) if one.id == tariff.id), None)
            if before is not None and (before.kind, before.per_visit) != (tariff.kind, tariff.per_visit):
                raise RuleRefused(
                    f'what tariff "{tariff.id}" counts stays as it is: passes of it were sold; add another one',
                    code="tariff_kind_stays",
                )
            unit.save_tariff(space, tariff)
            unit.want_lists(space)
            self._log(unit, "tariff_saved", space, actor, now_us, tariff=tariff.id)
            unit.commit()

    def rule(self, space: str, actor: Actor) -> WithoutPass:
        """Return what doors do for members without a valid pass."""
        need_role(actor, space, *HOSTS)
        with self._units.reading() as unit:
            return unit.rule(space)

    def save_rule(self, space: str, rule: WithoutPass, actor: Actor, now_us: int) -> None:
        """Say what doors do for members without a valid pass."""
        need_role(actor, space, Role.MANAGER)
        with self._units.writing() as unit:
            unit.save_rule(space, rule)
            unit.want_lists(space)
            self._log(unit, "pass_rule_saved", space, actor, now_us, rule=rule.value)
            unit.commit()

    def passes(self, space: str, actor: Actor, now_us: int) -> Sequence[PassView]:
        """Return the passes of a space that are not over, by name of their members."""
        need_role(actor, space, *HOSTS)
        with self._units.reading() as unit:
            today = local_date(now_us, unit.time_zone(space))
            names, visits = unit.names(space), unit.visits(space)
            lasting = [one for one in unit.passes(space) if one.member and _is_not_over(one, today)]
        views = [
            _view(one, space, names.get(one.member or 0, ""), visits.get(one.member or 0, {}), today)
            for one in lasting
        ]
        return sorted(views, key=lambda view: (german_key(view.name), view.held.pk))

    def own_passes(self, actor: Actor, now_us: int) -> Sequence[PassView]:
        """Return the actor's own passes that are not over."""
        if actor.member is None:
            return ()
        found = []
        with self._units.reading() as unit:
            for space, passes in unit.passes_of(actor.member).items():
                today = local_date(now_us, unit.time_zone(space))
                visits = unit.visits_of(space, actor.member)
                found += [
                    _view(one, space, actor.name, visits, today) for one in passes if _is_not_over(one, today)
                ]
        return found

    def sell(
        self,
        space: str,
        member: int,
        tariff: str,
        starts_on: date | None,
        actor: Actor,
        now_us: int,
        *,
        request: Request | None = None,
    ) -> PassView:
        """Give a member a pass; visits that had none use it when its days hold theirs."""
        need_role(actor, space, *HOSTS)
        if starts_on is not None:
            checked_day(starts_on)
        with self._units.writing() as unit:
            if request is not None and (made := unit.made_by(request, now_us)) is not None:
                return self._sold(unit, space, int(made), now_us)
            offered = self._tariff(unit, space, tariff)
            if not unit.is_member(member, space):
                raise RuleRefused(
                    f'member {member} is no member of space "{space}": add a membership first',
                    code="no_membership",
                    member=member,
                )
            today = local_date(now_us, unit.time_zone(space))
            sold = sale(offered, member, today, starts_on or today)
            sold = replace(sold, pk=unit.add_pass(space, sold))
            unit.use_passes_anew(space, [member], today)
            unit.want_lists(space)
            if request is not None:
                unit.note_made(request, str(sold.pk), member)
            self._log(unit, "pass_sold", space, actor, now_us, member=member, tariff=tariff, held=sold.pk)
            visits = unit.visits_of(space, member)
            name = unit.names(space).get(member, "")
            combined = [
                one
                for one in savings(unit.passes(space), unit.tariffs(space))
                if (one.member, one.day) == (member, sold.valid_from)
            ]
            unit.commit()
        view = _view(sold, space, name, visits, today)
        is_part = sold.valid_from == sold.valid_to and sold.tariff.kind in {
            TariffKind.DAY,
            TariffKind.HALF_DAY,
        }
        return replace(view, saving=combined[0]) if combined and is_part else view

    def end(self, space: str, held: int, last: date, actor: Actor, now_us: int) -> None:
        """Let a pass be over after a day, which no settled month may hold or follow."""
        need_role(actor, space, Role.MANAGER)
        checked_day(last)
        with self._units.writing() as unit:
            found = next((one for one in unit.passes(space) if one.pk == held), None)
            if found is None or found.member is None:
                raise RuleRefused(f'space "{space}" has no pass {held}', code="unknown_pass")
            settled = max(unit.settled(space), default=None)
            if (
                settled is not None
                and last < last_of_month(settled)
                and found.valid_from <= last_of_month(settled)
            ):
                raise RuleRefused(
                    f"{settled:%Y-%m} is accounted for: a pass ends on {last_of_month(settled)} or later",
                    code="month_settled",
                    first=last_of_month(settled),
                )
            # One that had not begun is over before it begins.
            unit.end_pass(space, held, max(last, found.valid_from - timedelta(days=1)))
            unit.use_passes_anew(space, [found.member], local_date(now_us, unit.time_zone(space)))
            unit.want_lists(space)
            self._log(unit, "pass_ended", space, actor, now_us, held=held, member=found.member)
            unit.commit()

    def note_visit(self, space: str, member: int, day: date, actor: Actor, now_us: int) -> bool:
        """Write down that a member came."""
        need_role(actor, space, *HOSTS)
        checked_day(day)
        with self._units.writing() as unit:
            today = local_date(now_us, unit.time_zone(space))
            if day > today:
                raise RuleRefused(
                    f"{day} is still to come: note visits of today or before", code="day_to_come"
                )
            if day.replace(day=1) in unit.settled(space):
                raise RuleRefused(
                    f"{day:%Y-%m} is accounted for: note the visit on a later day",
                    code="month_settled",
                    first=day,
                )
            if not unit.is_member(member, space):
                raise RuleRefused(
                    f'member {member} is no member of space "{space}": add a membership first',
                    code="no_membership",
                    member=member,
                )
            if not unit.add_visit(space, member, day):
                return False
            if unit.use_passes_anew(space, [member], today):
                unit.want_lists(space)
            self._log(unit, "visit_noted", space, actor, now_us, member=member)
            unit.commit()
        return True

    def without_pass_today(self, space: str, actor: Actor, now_us: int) -> int:
        """Return how many members came today without a valid pass."""
        need_role(actor, space, *HOSTS)
        with self._units.reading() as unit:
            today = local_date(now_us, unit.time_zone(space))
            return sum(kept[today] is None for kept in unit.visits(space, today, today).values())

    def due(self, space: str, month: date, actor: Actor) -> Due:
        """Return what members owe for a month."""
        need_role(actor, space, Role.MANAGER)
        checked_day(month)
        with self._units.reading() as unit:
            return self._due(unit, space, month.replace(day=1))

    def settle(self, space: str, month: date, actor: Actor, now_us: int) -> Due:
        """Say that a month is accounted for; saying it twice changes nothing."""
        need_role(actor, space, Role.MANAGER)
        checked_day(month)
        month = month.replace(day=1)
        with self._units.writing() as unit:
            if last_of_month(month) >= local_date(now_us, unit.time_zone(space)):
                raise RuleRefused(
                    f"{month:%Y-%m} is not over yet: settle it from {last_of_month(month) + timedelta(days=1)} on",
                    code="month_not_over",
                )
            if month not in unit.settled(space):
                unit.settle(space, month, now_us)
                self._log(unit, "month_settled", space, actor, now_us, month=f"{month:%Y-%m}")
            due = self._due(unit, space, month)
            unit.commit()
        return due

    @staticmethod
    def _sold(unit: PassUnit, space: str, held: int, now_us: int) -> PassView:
        today = local_date(now_us, unit.time_zone(space))
        found = next(one for one in unit.passes(space) if one.pk == held)
        member = found.member or 0
        return _view(found, space, unit.names(space).get(member, ""), unit.visits_of(space, member), today)

    @staticmethod
    def _due(unit: PassUnit, space: str, month: date) -> Due:
        visits = unit.visits(space, month, last_of_month(month))
        lines = due_lines(month, unit.passes(space), visits, unit.names(space), unit.tariffs(space))
        return Due(month, tuple(lines), month in unit.settled(space))

    @staticmethod
    def _tariff(unit: PassUnit, space: str, id_: str) -> Tariff:
        offered = {one.id: one for one in unit.tariffs(space) if one.is_offered}
        if id_ not in offered:
            known = ", ".join(offered) or "none: `ankerort-hub tariff add`"
            raise RuleRefused(
                f'space "{space}" offers no tariff "{id_}"; offered are {known}',
                code="unknown_tariff",
                tariff=id_,
            )
        return offered[id_]

    @staticmethod
    def _log(unit: PassUnit, what: str, space: str, actor: Actor, now_us: int, **more: object) -> None:
        unit.log({"what": what, "space": space, "by": actor.account, **more}, now_us)


def _is_not_over(held: Pass, today: date) -> bool:
    return held.valid_to is None or held.valid_to >= today


def _view(held: Pass, space: str, name: str, visits: Kept, today: date) -> PassView:
    left = Spending([held], visits).left(held, max(today, held.valid_from))
    return PassView(held, space, name, left, bool(open_passes([held], visits, [today])))
