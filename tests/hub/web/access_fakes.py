"""The ports of cards, doors, members and accounts without a database: Mölln, with something of everything."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Final

from argon2 import PasswordHasher

from hub.access_ports import Account, HostDay, Taking
from hub.booking_ports import Query
from hub.domain.booking import ACTIVE
from hub.domain.cards import (
    CardKind,
    CardState,
    CardView,
    OrderKind,
    OrderState,
    OrderView,
    ReaderView,
)
from hub.domain.doors import (
    CommandKind,
    CommandState,
    CommandView,
    Contact,
    DoorAlarm,
    DoorAlarmKind,
    DoorEventView,
    DoorMode,
    DoorView,
    Today,
)
from hub.domain.errors import NotAllowed, RuleRefused, StoreUnavailable
from hub.domain.occupancy import DeviceStatus
from hub.domain.people import HOSTS, AccessHours, Actor, Member, Membership, Role
from hub.domain.phone_opening import PhoneDoor
from hub.domain.requests import Request
from hub.domain.space import Space
from hub.domain.time import Interval, day_bounds, local_date
from hub.web.parts import Access
from tests.hub.web.booking_fakes import BookingFakes
from tests.hub.web.fakes import TUESDAY_MORNING_US as NOW_US
from tests.hub.web.figure_fakes import FakeFigures
from tests.hub.web.life_fakes import FakeLife
from tests.hub.web.mail_fakes import FakeMail
from tests.hub.web.pass_fakes import FakeGroups, FakePasses, FakePersons
from tests.hub.web.sign_in_fakes import FakeFactors, FakeLinks, FakePasskeys, FakeSso
from tests.hub.web.site_fakes import FakeSite
from tests.hub.web.statistics_fakes import FakeStatistics
from tests.hub.web.webhook_fakes import FakeWebhooks

MINUTE_US: Final = 60_000_000
PASSWORD: Final = "vier Worte ohne Bezug"
SPACE: Final = "moelln"
HOST, MANAGER, MEMBER, ELSEWHERE, TECHNICIAN, STATISTICS, RESEARCH = (
    f"{name}@moelln.example"
    for name in ("empfang", "verwaltung", "mitglied", "anderswo", "technik", "statistik", "forschung")
)
# As the hub stores it, but for a fortieth of its work: a stored hash says itself what it takes to check it.
PASSWORD_HASH: Final = PasswordHasher(time_cost=1, memory_cost=1024, parallelism=1).hash(PASSWORD)


class FakeAccounts:
    """`Accounts` from memory."""

    def __init__(self) -> None:
        roles: list[tuple[str, str, set[tuple[Role, str]], int | None]] = [
            (HOST, "Eva König", {(Role.HOST, SPACE)}, None),
            (MANAGER, "Jürgen Ämter", {(Role.MANAGER, SPACE), (Role.HOST, SPACE)}, None),
            (MEMBER, "Özlem Şahin", {(Role.MEMBER, SPACE)}, 2),
            (ELSEWHERE, "Ute Fremd", {(Role.HOST, "wittenberge")}, None),
            (TECHNICIAN, "Timo Technik", {(Role.TECHNICIAN, "")}, None),
            (STATISTICS, "Stine Statistik", {(Role.STATISTICS, "")}, None),
            (RESEARCH, "Fria Forschung", {(Role.STATISTICS, ""), (Role.RESEARCH, "")}, None),
        ]
        self.kept = {
            pk: Account(
                pk,
                mail,
                name,
                f"unique-{pk}",
                PASSWORD_HASH,
                True,
                member,
                frozenset(given),
                "",
                frozenset(given),
            )
            for pk, (mail, name, given, member) in enumerate(roles, 1)
        }
        self.broken = False

    def by_mail(self, mail: str) -> Account | None:
        return self._find("mail", mail.strip().lower())

    def by_uniquifier(self, uniquifier: str) -> Account | None:
        return self._find("uniquifier", uniquifier)

    def by_pk(self, pk: int) -> Account | None:
        return self.kept.get(pk)

    def by_member(self, member: int) -> Account | None:
        return next((one for one in self.kept.values() if one.member == member), None)

    def all(self) -> Sequence[Account]:
        return sorted(self.kept.values(), key=lambda account: account.mail)

    def save(self, account: Account, actor: Actor, now_us: int) -> int:
        pk = account.pk or max(self.kept) + 1
        self.kept[pk] = replace(account, pk=pk)
        return pk

    def change(self, mail: str, **changed: object) -> None:
        """Let an account be otherwise."""
        account = self.by_mail(mail)
        assert account is not None
        if "roles" in changed:
            changed.setdefault("reach", changed["roles"])
        self.kept[account.pk] = replace(account, **changed)  # type: ignore[arg-type]

    def _find(self, name: str, value: str) -> Account | None:
        if self.broken:
            raise StoreUnavailable("the database does not answer")
        return next((one for one in self.kept.values() if getattr(one, name) == value), None)


def _need(actor: Actor, space: str) -> None:
    if not actor.may(space, *HOSTS):
        raise NotAllowed("this takes a host", code="not_allowed")


class FakeCards:
    """`CardDesk` from memory; a test moves its orders."""

    def __init__(self) -> None:
        self.kept = {
            card.pk: card
            for card in (
                CardView(1, "Karte 1", SPACE, CardKind.DESFIRE, CardState.ACTIVE, 1, "Anna Ärmel"),
                CardView(
                    2, "Karte 2", SPACE, CardKind.NTAG424, CardState.ACTIVE, 2, "Özlem Şahin",
                    pending_at=("Tür zum Platz",),
                ),
                CardView(
                    3, "Karte 3", SPACE, CardKind.DESFIRE, CardState.BLOCKED, 2, "Özlem Şahin",
                    blocked_reason="verloren", pending_at=("Haupteingang", "Tür zum Platz"),
                ),
                CardView(4, "Karte 4", SPACE, CardKind.DESFIRE, CardState.SPARE, None, ""),
                CardView(5, "Karte 5", SPACE, CardKind.DESFIRE, CardState.BLANK, None, ""),
                CardView(
                    6, "Gästekarte mit einem sehr langen Namen", SPACE, CardKind.UID, CardState.ACTIVE, 3,
                    "Bernd-Christian von Müller-Lüdenscheidt", active_until_us=NOW_US + 40 * 60 * MINUTE_US,
                    rekey_needed=True,
                ),
                CardView(7, "Karte 7", SPACE, CardKind.NTAG424, CardState.RETIRED, 1, "Anna Ärmel"),
                CardView(8, "Fremde Karte", "wittenberge", CardKind.DESFIRE, CardState.ACTIVE, 9, "Weit Weg"),
            )
        }  # fmt: skip
        self.orders: dict[str, OrderView] = {}
        self.calls: list[tuple[object, ...]] = []
        self.refuses: RuleRefused | None = None
        self.readers_there = True

    def cards(self, space: str, actor: Actor) -> Sequence[CardView]:
        _need(actor, space)
        return [card for card in self.kept.values() if card.space == space]

    def own_cards(self, actor: Actor) -> Sequence[CardView]:
        return [
            card for card in self.kept.values() if actor.member is not None and card.member == actor.member
        ]

    def readers(self, space: str, actor: Actor) -> Sequence[ReaderView]:
        _need(actor, space)
        return [
            ReaderView("pi-saal", "vorn", "Haupteingang", self.readers_there),
            ReaderView("pi-saal", "tresen", "Tresen", self.readers_there),
            ReaderView("pi-platz", "platz", "Tür zum Platz", False),
        ]

    def ask_for_card(
        self, space: str, at: tuple[str, str], label: str, member: int | None, actor: Actor, now_us: int
    ) -> str:
        self._call("ask_for_card", space, at, label, member, actor)
        return self._add(OrderView("0" * 15 + "1", OrderKind.READ, OrderState.ASKED, now_us + MINUTE_US))

    def personalise(self, card: int, at: tuple[str, str], actor: Actor, now_us: int) -> str:
        self._call("personalise", card, at, actor)
        return self._add(
            OrderView("0" * 15 + "2", OrderKind.WRITE, OrderState.WAITING, now_us + MINUTE_US, card)
        )

    def order(self, order: str, actor: Actor, now_us: int) -> OrderView:
        if order not in self.orders:
            raise RuleRefused("there is no such order", code="unknown_order")
        return self.orders[order]

    def cancel(self, order: str, actor: Actor, now_us: int) -> None:
        self._call("cancel", order, actor)
        self.orders[order] = replace(self.orders[order], state=OrderState.FAILED, problem="cancelled")

    def block(self, card: int, reason: str, actor: Actor, now_us: int) -> None:
        self._call("block", card, reason, actor)
        self._set(card, state=CardState.BLOCKED, blocked_reason=reason, pending_at=("Haupteingang",))

    def unblock(self, card: int, actor: Actor, now_us: int) -> None:
        self._call("unblock", card, actor)
        self._set(card, state=CardState.ACTIVE)

    def give(self, card: int, member: int, until_us: int | None, actor: Actor, now_us: int) -> None:
        self._call("give", card, member, until_us, actor)
        self._set(card, state=CardState.ACTIVE, member=member, member_name="Anna Ärmel")

    def take_back(self, card: int, actor: Actor, now_us: int) -> None:
        self._call("take_back", card, actor)
        self._set(card, state=CardState.SPARE, member=None, member_name="")

    def retire(self, card: int, actor: Actor, now_us: int) -> None:
        self._call("retire", card, actor)
        self._set(card, state=CardState.RETIRED)

    def move(self, order: str, state: OrderState, **changed: object) -> None:
        """Let an order go on."""
        self.orders[order] = replace(self.orders[order], state=state, **changed)  # type: ignore[arg-type]

    def _add(self, order: OrderView) -> str:
        self.orders[order.id] = order
        return order.id

    def _set(self, card: int, **changed: object) -> None:
        self.kept[card] = replace(self.kept[card], **changed)  # type: ignore[arg-type]

    def _call(self, *call: object) -> None:
        if self.refuses is not None:
            raise self.refuses
        self.calls.append(call)


class FakeDoors:
    """`DoorDesk` from memory; a test moves its commands."""

    def __init__(self) -> None:
        self.alarmed = [
            DoorAlarm(
                1, "platz", "Tür zum Platz", DoorAlarmKind.FORCED, NOW_US - 13 * MINUTE_US, called="Eva König"
            ),
            DoorAlarm(
                2, "vorn", "Haupteingang", DoorAlarmKind.HELD, NOW_US - 40 * MINUTE_US,
                NOW_US - 35 * MINUTE_US, NOW_US - 37 * MINUTE_US, "Jürgen Ämter",
            ),
        ]  # fmt: skip
        recent = (
            DoorEventView(NOW_US - 2 * MINUTE_US, True, "closed"),
            DoorEventView(NOW_US - 3 * MINUTE_US, True, "taken"),
            DoorEventView(NOW_US - 3 * MINUTE_US, True, "access", True, "granted"),
            DoorEventView(NOW_US - 9 * MINUTE_US, True, "access", False, "outside_window"),
            DoorEventView(NOW_US - 20 * MINUTE_US, True, "mode", reason="normal"),
            DoorEventView(NOW_US - 2000 * MINUTE_US, False, "started", reason="unknown"),
        )
        self.kept = {
            "vorn": DoorView(
                "vorn", "Haupteingang", "pi-saal", True, DeviceStatus.ONLINE, DoorMode.NORMAL, Contact.CLOSED,
                False, NOW_US - 2 * MINUTE_US, 12, 12, NOW_US + 14 * 1440 * MINUTE_US, False, (), recent,
            ),
            "platz": DoorView(
                "platz", "Tür zum Platz", "pi-platz", True, DeviceStatus.LOST, DoorMode.OFFICE, Contact.UNKNOWN,
                True, NOW_US - 95 * MINUTE_US, 12, 11, NOW_US + 3 * 1440 * MINUTE_US, True, (self.alarmed[0],),
            ),
            "keller": DoorView(
                "keller", "Keller", "pi-saal", True, DeviceStatus.ONLINE, DoorMode.LOCKDOWN, Contact.UNKNOWN,
                False, NOW_US - 70 * MINUTE_US, 12, 12, NOW_US + 14 * 1440 * MINUTE_US, False,
            ),
            "lager": DoorView(
                "lager", "Lager", "", False, DeviceStatus.NEVER, DoorMode.NORMAL, Contact.UNKNOWN,
                False, 0, 0, 0, 0, False,
            ),
        }  # fmt: skip
        self.commands: dict[str, CommandView] = {}
        self.calls: list[tuple[object, ...]] = []
        self.refuses: RuleRefused | None = None
        self.open_until_us = 0
        self.looks: Counter[str] = Counter()

    def doors(self, space: str, actor: Actor, now_us: int) -> Sequence[DoorView]:
        _need(actor, space)
        self.looks["doors"] += 1
        return list(self.kept.values()) if space == SPACE else []

    def open_once(self, space: str, door: str, reason: str, actor: Actor, now_us: int) -> str:
        self._call("open_once", space, door, reason, actor)
        return self._add(CommandView("a" * 16, CommandKind.OPEN, CommandState.ASKED, door))

    def set_mode(self, space: str, door: str, mode: DoorMode, reason: str, actor: Actor, now_us: int) -> str:
        self._call("set_mode", space, door, mode, reason, actor)
        return self._add(CommandView("b" * 16, CommandKind.MODE, CommandState.ASKED, door))

    def command(self, command: str, actor: Actor, now_us: int) -> CommandView:
        if command not in self.commands:
            raise RuleRefused("there is no such command", code="unknown_command")
        return self.commands[command]

    def alarms(self, space: str, actor: Actor, now_us: int) -> Sequence[DoorAlarm]:
        _need(actor, space)
        return self.alarmed if space == SPACE else []

    def take_on(self, alarm: int, actor: Actor, now_us: int) -> None:
        self._call("take_on", alarm, actor)
        self.alarmed = [
            replace(one, seen_us=now_us, seen_by=actor.name) if one.pk == alarm else one
            for one in self.alarmed
        ]

    def today(self, space: str, actor: Actor, now_us: int) -> Today:
        _need(actor, space)
        is_open = self.open_until_us > now_us
        entries = tuple(
            DoorEventView(
                NOW_US - minutes * MINUTE_US, True, "access", True, "granted",
                who if is_open else "", card if is_open else "",
            )
            for minutes, who, card in (
                (3, "Anna Ärmel", "Karte 1"), (61, "Özlem Şahin", "Karte 2"), (80, "", "Karte 4"),
            )
        )  # fmt: skip
        return Today(entries, 2, self.open_until_us if is_open else 0)

    def open_log(self, space: str, reason: str, actor: Actor, now_us: int) -> int:
        self._call("open_log", space, reason, actor)
        self.open_until_us = now_us + 15 * MINUTE_US
        return self.open_until_us

    def move(self, command: str, state: CommandState, outcome: str = "") -> None:
        """Let a command go on."""
        self.commands[command] = replace(self.commands[command], state=state, outcome=outcome)

    def change(self, door: str, **changed: object) -> None:
        """Let a door be otherwise."""
        self.kept[door] = replace(self.kept[door], **changed)  # type: ignore[arg-type]

    def _add(self, command: CommandView) -> str:
        self.commands[command.id] = command
        return command.id

    def _call(self, *call: object) -> None:
        if self.refuses is not None:
            raise self.refuses
        self.calls.append(call)


class FakeMembers:
    """`MemberDesk` from memory."""

    def __init__(self) -> None:
        def of(pk: int, name: str, hours: AccessHours, **more: object) -> Member:
            membership = Membership(SPACE, hours, date(2026, 1, 1), **more)  # type: ignore[arg-type]
            return Member(pk, name, f"person{pk}@example.org", memberships=(membership,))

        self.kept = {
            1: of(1, "Anna Ärmel", AccessHours.ALWAYS, is_host=True, works_offline=True),
            2: of(2, "Özlem Şahin", AccessHours.OPENING, valid_to=date(2027, 3, 31)),
            3: of(3, "Bernd-Christian von Müller-Lüdenscheidt", AccessHours.NONE, doors=("vorn",)),
            4: of(4, "Zoë Zuletzt", AccessHours.OPENING, valid_to=date(2026, 6, 30)),
        }
        self.saved: list[Member] = []
        self.refuses: RuleRefused | None = None

    def members(self, space: str, actor: Actor) -> Sequence[Member]:
        _need(actor, space)
        return [one for one in self.kept.values() if any(m.space == space for m in one.memberships)]

    def member(self, member: int, actor: Actor) -> Member:
        if member not in self.kept:
            raise RuleRefused("there is no such member", code="unknown_member")
        return self.kept[member]

    def save_member(
        self,
        member: Member,
        actor: Actor,
        now_us: int,
        *,
        seen: Member | None = None,
        request: Request | None = None,
    ) -> int:
        if self.refuses is not None:
            raise self.refuses
        self.saved.append(member)
        pk = member.pk or max(self.kept) + 1
        self.kept[pk] = replace(member, pk=pk)
        return pk

    def save_choices(
        self, member: int, actor: Actor, now_us: int, *, shows_presence: bool, in_statistics: bool
    ) -> None:
        changed = replace(self.kept[member], shows_presence=shows_presence, in_statistics=in_statistics)
        self.saved.append(changed)
        self.kept[member] = changed


class FakePhone:
    """`PhoneDesk` from memory: two doors for the member, of which one opens now; commands are `FakeDoors`'."""

    def __init__(self, doors: FakeDoors) -> None:
        self._doors = doors
        self.kept = [
            PhoneDoor(SPACE, "Clubheim Mölln", "vorn", "Haupteingang", None),
            PhoneDoor(
                SPACE, "Clubheim Mölln", "platz", "Tür zum Platz", RuleRefused("no", code="phone_device_away")
            ),
        ]
        self.calls: list[tuple[object, ...]] = []
        self.refuses: RuleRefused | None = None

    def phone_doors(self, actor: Actor, now_us: int) -> Sequence[PhoneDoor]:
        return self.kept if actor.member == 2 else []

    def open_by_phone(self, space: str, door: str, actor: Actor, now_us: int) -> str:
        if self.refuses is not None:
            raise self.refuses
        self.calls.append(("open_by_phone", space, door, actor))
        id_ = "b" * 16
        self._doors.commands[id_] = CommandView(id_, CommandKind.OPEN, CommandState.ASKED, door)
        return id_


class FakeDay:
    """`DayDesk`, as the other fakes say."""

    def __init__(self, fakes: "Fakes") -> None:
        self._fakes = fakes

    def today(self, space: Space, actor: Actor, now_us: int) -> HostDay:
        doors = self._fakes.doors
        return HostDay(
            doors.doors(space.id, actor, now_us),
            doors.alarms(space.id, actor, now_us),
            doors.today(space.id, actor, now_us),
            self._fakes.passes.without_pass_today(space.id, actor, now_us),
            self.takings(space, day_bounds(local_date(now_us, space.time_zone), space.time_zone), actor),
        )

    def takings(self, space: Space, time: Interval, actor: Actor) -> Sequence[Taking]:
        query = Query(space.id, time=time, states=ACTIVE)
        names = {one.pk: one.name for one in self._fakes.members.members(space.id, actor)}
        found = self._fakes.booking.bookings.bookings(query, actor).bookings
        return [Taking(one, None if one.member is None else names.get(one.member)) for one in found]


@dataclass
class Fakes:
    """All of them."""

    accounts: FakeAccounts = field(default_factory=FakeAccounts)
    cards: FakeCards = field(default_factory=FakeCards)
    doors: FakeDoors = field(default_factory=FakeDoors)
    members: FakeMembers = field(default_factory=FakeMembers)
    groups: FakeGroups = field(default_factory=FakeGroups)
    passes: FakePasses = field(default_factory=FakePasses)
    persons: FakePersons = field(default_factory=FakePersons)
    life: FakeLife = field(default_factory=FakeLife)
    booking: BookingFakes = field(default_factory=BookingFakes)

    mail: FakeMail = field(default_factory=FakeMail)
    webhooks: FakeWebhooks = field(default_factory=FakeWebhooks)
    factors: FakeFactors = field(default_factory=FakeFactors)
    passkeys: FakePasskeys = field(default_factory=FakePasskeys)
    site: FakeSite = field(default_factory=FakeSite)
    figures: FakeFigures = field(default_factory=FakeFigures)
    statistics: FakeStatistics = field(default_factory=FakeStatistics)

    def __post_init__(self) -> None:
        self.phone = FakePhone(self.doors)
        self.links, self.sso = FakeLinks(self.accounts), FakeSso(self.accounts)

    @property
    def access(self) -> Access:
        """As the application takes them."""
        return Access(
            accounts=self.accounts,
            cards=self.cards,
            doors=self.doors,
            day=FakeDay(self),
            members=self.members,
            phone=self.phone,
            groups=self.groups,
            passes=self.passes,
            persons=self.persons,
            booking=self.booking.desks,
            mail=self.mail,
            links=self.links,
            factors=self.factors,
            passkeys=self.passkeys,
            sso=self.sso,
            site=self.site,
            life=self.life,
            webhooks=self.webhooks,
            figures=self.figures.desk,
            ways=self.figures.ways_desk,
            statistics=self.statistics,
        )
