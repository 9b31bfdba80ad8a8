"""The ports of groups, passes and persons without a database: Mölln's club, with something of everything."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta

from hub.domain.admission import AccessPhase, Admission, Group
from hub.domain.due import DueKind, DueLine
from hub.domain.errors import NotAllowed, RuleRefused
from hub.domain.people import HOSTS, Actor, Role
from hub.domain.person import PersonData, Section
from hub.domain.requests import Request
from hub.domain.tariffs import Pass, Tariff, TariffKind, WithoutPass, sale
from hub.member_ports import Due, PassView

TODAY = date(2026, 11, 17)
SPACE = "moelln"


def _need(actor: Actor, space: str, *roles: Role) -> None:
    if not actor.may(space, *roles):
        raise NotAllowed("this takes another role", code="not_allowed")


class FakeGroups:
    """`GroupDesk` from memory."""

    def __init__(self) -> None:
        self.kept = Admission(
            (Group("verein", "Möllner Sportverein"), Group("sommer", "Sommergäste", None, date(2026, 9, 30))),
            (AccessPhase(date(2026, 1, 1), ("verein",)), AccessPhase(date(2026, 12, 1))),
        )
        self.calls: list[tuple[object, ...]] = []
        self.refuses: RuleRefused | None = None

    def admission(self, space: str, actor: Actor) -> Admission:
        _need(actor, space, *HOSTS)
        return self.kept

    def save_group(self, space: str, group: Group, actor: Actor, now_us: int) -> None:
        self._call("save_group", space, group, actor)
        others = tuple(one for one in self.kept.groups if one.id != group.id)
        self.kept = replace(self.kept, groups=(*others, group))

    def drop_group(self, space: str, group: str, actor: Actor, now_us: int) -> None:
        self._call("drop_group", space, group, actor)

    def save_phases(self, space: str, phases: Sequence[AccessPhase], actor: Actor, now_us: int) -> None:
        self._call("save_phases", space, tuple(phases), actor)
        self.kept = replace(self.kept, phases=tuple(sorted(phases, key=lambda one: one.starts_on)))

    def _call(self, *call: object) -> None:
        if self.refuses is not None:
            raise self.refuses
        self.calls.append(call)


class FakePasses:
    """`PassDesk` from memory."""

    def __init__(self) -> None:
        day = Tariff("tag", "Tagespass", TariffKind.DAY, price_cents=1500, units=1, valid_days=30)
        ten = Tariff("zehn", "Zehnerkarte mit einem langen Namen", TariffKind.DAY, 12000, 10, valid_days=365)
        morning = Tariff("frueh", "Vormittag", TariffKind.HALF_DAY, 800, 1, ends_min=13 * 60)
        free = Tariff("frei", "Probetag", TariffKind.FREE, is_offered=False)
        self.kept = [morning, day, ten, free]
        self.rule_kept = WithoutPass.OPEN
        self.sold = {
            1: Pass(1, 1, ten, TODAY, TODAY, TODAY + timedelta(days=364), 10, 12000),
            2: Pass(2, 2, day, TODAY, TODAY, TODAY + timedelta(days=29), 1, 1500),
            3: Pass(3, 3, free, TODAY, TODAY + timedelta(days=3), None, 0, 0),
        }
        self.settled = False
        self.calls: list[tuple[object, ...]] = []
        self.refuses: RuleRefused | None = None

    def tariffs(self, space: str, actor: Actor) -> Sequence[Tariff]:
        _need(actor, space, *HOSTS)
        return self.kept

    def save_tariff(self, space: str, tariff: Tariff, actor: Actor, now_us: int) -> None:
        self._call("save_tariff", space, tariff, actor)

    def rule(self, space: str, actor: Actor) -> WithoutPass:
        _need(actor, space, *HOSTS)
        return self.rule_kept

    def save_rule(self, space: str, rule: WithoutPass, actor: Actor, now_us: int) -> None:
        self._call("save_rule", space, rule, actor)
        self.rule_kept = rule

    def passes(self, space: str, actor: Actor, now_us: int) -> Sequence[PassView]:
        _need(actor, space, *HOSTS)
        return [self._view(one) for one in self.sold.values()] if space == SPACE else []

    def own_passes(self, actor: Actor, now_us: int) -> Sequence[PassView]:
        return [self._view(one) for one in self.sold.values() if one.member == actor.member]

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
        self._call("sell", space, member, tariff, starts_on, actor)
        offered = next(one for one in self.kept if one.id == tariff)
        sold = replace(sale(offered, member, TODAY, starts_on or TODAY), pk=len(self.sold) + 1)
        self.sold[sold.pk] = sold
        return self._view(sold)

    def end(self, space: str, held: int, last: date, actor: Actor, now_us: int) -> None:
        self._call("end", space, held, last, actor)

    def note_visit(self, space: str, member: int, day: date, actor: Actor, now_us: int) -> bool:
        self._call("note_visit", space, member, day, actor)
        return True

    def without_pass_today(self, space: str, actor: Actor, now_us: int) -> int:
        _need(actor, space, *HOSTS)
        return 2

    def due(self, space: str, month: date, actor: Actor) -> Due:
        _need(actor, space, Role.MANAGER)
        lines = (
            DueLine(DueKind.SOLD, 1, "Anna Ärmel", "Zehnerkarte", TODAY, 1, 12000, 1),
            DueLine(DueKind.UNCOVERED, 2, "Özlem Şahin", "", TODAY, 3, None, 3),
            DueLine(DueKind.MONTH, None, "", "Fester Platz", month, 1, 22050, 0),
        )
        return Due(month.replace(day=1), lines, self.settled)

    def settle(self, space: str, month: date, actor: Actor, now_us: int) -> Due:
        self._call("settle", space, month, actor)
        self.settled = True
        return self.due(space, month, actor)

    def _view(self, held: Pass) -> PassView:
        names = {1: "Anna Ärmel", 2: "Özlem Şahin", 3: "Bernd-Christian von Müller-Lüdenscheidt"}
        left = {1: 3, 2: 0}.get(held.pk)
        return PassView(held, SPACE, names.get(held.member or 0, ""), left, True)

    def _call(self, *call: object) -> None:
        if self.refuses is not None:
            raise self.refuses
        self.calls.append(call)


class FakePersons:
    """`PersonDesk` from memory."""

    def __init__(self) -> None:
        self.calls: list[tuple[object, ...]] = []

    def find(self, name: str, actor: Actor) -> Sequence[int]:
        return []

    def export(self, member: int, reason: str, actor: Actor, now_us: int) -> PersonData:
        self.calls.append(("export", member, reason, actor))
        rows = ({"pk": member, "name": "<b>Özlem</b> Şahin"},)
        return PersonData(member, "Özlem Şahin", now_us, [Section("member", rows)], ["account.password_hash"])

    def erase(self, member: int, actor: Actor, now_us: int) -> None:
        self.calls.append(("erase", member, actor))
