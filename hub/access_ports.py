"""What pages and commands need of cards, doors, members and accounts, as protocols (DESIGN section 6).

Every method raises `RuleRefused` when a rule says no, in words for the person, and `StoreUnavailable` when the database
can't be used now. Whoever acts is an `Actor`; every change is written into the log of actions in its own transaction.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from hub.domain.booking import Booking
from hub.domain.cards import CardView, OrderView, ReaderView
from hub.domain.doors import CommandView, DoorAlarm, DoorMode, DoorView, Today
from hub.domain.people import Actor, Member, Role
from hub.domain.phone_opening import PhoneDoor
from hub.domain.requests import Request
from hub.domain.space import Space
from hub.domain.time import Interval


class CardDesk(Protocol):
    """What hosts, members and commands do with cards."""

    def cards(self, space: str, actor: Actor) -> Sequence[CardView]:
        """Return the cards of a space, by label; hosts only."""
        ...

    def own_cards(self, actor: Actor) -> Sequence[CardView]:
        """Return the actor's own cards."""
        ...

    def readers(self, space: str, actor: Actor) -> Sequence[ReaderView]:
        """Return the readers at which a card can be enrolled, doors first."""
        ...

    def ask_for_card(
        self, space: str, at: tuple[str, str], label: str, member: int | None, actor: Actor, now_us: int
    ) -> str:
        """Ask a reader, `at` = (device, reader), for the next card, for 60 seconds; return the order's id.

        The card becomes the member's (or a spare one) when it comes: `uid` cards at once, others when personalised.
        """
        ...

    def personalise(self, card: int, at: tuple[str, str], actor: Actor, now_us: int) -> str:
        """Have keys and id written to a card at a reader; return the order's id. Repeating finishes a broken one."""
        ...

    def order(self, order: str, actor: Actor, now_us: int) -> OrderView:
        """Return how far an order is."""
        ...

    def cancel(self, order: str, actor: Actor, now_us: int) -> None:
        """Stop an order; one that has ended stays as it is."""
        ...

    def block(self, card: int, reason: str, actor: Actor, now_us: int) -> None:
        """Block a card at once; its own member may, at any hour, and hosts of its space."""
        ...

    def unblock(self, card: int, actor: Actor, now_us: int) -> None:
        """Let a blocked card work again; hosts only."""
        ...

    def give(self, card: int, member: int, until_us: int | None, actor: Actor, now_us: int) -> None:
        """Give a spare card to a member, for good or until a moment; hosts only."""
        ...

    def take_back(self, card: int, actor: Actor, now_us: int) -> None:
        """Make an active card a spare one again."""
        ...

    def retire(self, card: int, actor: Actor, now_us: int) -> None:
        """Take a card out of use for ever."""
        ...


class DoorDesk(Protocol):
    """What hosts do with doors."""

    def doors(self, space: str, actor: Actor, now_us: int) -> Sequence[DoorView]:
        """Return the doors of a space as they are now."""
        ...

    def open_once(self, space: str, door: str, reason: str, actor: Actor, now_us: int) -> str:
        """Have a door opened once; return the command's id. Refused without a reason, and when its device is away."""
        ...

    def set_mode(self, space: str, door: str, mode: DoorMode, reason: str, actor: Actor, now_us: int) -> str:
        """Put a door into a mode; return the command's id."""
        ...

    def command(self, command: str, actor: Actor, now_us: int) -> CommandView:
        """Return what became of a command."""
        ...

    def alarms(self, space: str, actor: Actor, now_us: int) -> Sequence[DoorAlarm]:
        """Return the alarms that last or that nobody has taken on, latest first."""
        ...

    def take_on(self, alarm: int, actor: Actor, now_us: int) -> None:
        """Take an alarm on: the rota calls nobody further."""
        ...

    def today(self, space: str, actor: Actor, now_us: int) -> Today:
        """Return who came in today (requirement P7)."""
        ...

    def open_log(self, space: str, reason: str, actor: Actor, now_us: int) -> int:
        """Let the actor read persons in the log for 15 minutes; return until when. The reason is logged (P7)."""
        ...


@dataclass(frozen=True, slots=True)
class Taking:
    """A booking that takes desks.

    Args:
        who: name of its member; None for nobody's, and for who is no member of the space any more.
    """

    booking: Booking
    who: str | None


@dataclass(frozen=True, slots=True)
class HostDay:
    """What hosts see of their space today, all of one moment.

    Args:
        doors: without what they told of late.
        alarms: that last or that nobody has taken on, latest first.
        log: who came in (requirement P7).
        without_pass: how many members came without a valid pass.
        takings: what takes desks today, by begin.
    """

    doors: Sequence[DoorView]
    alarms: Sequence[DoorAlarm]
    log: Today
    without_pass: int
    takings: Sequence[Taking]


class DayDesk(Protocol):
    """What hosts look at all day: few queries, however many desks and bookings there are."""

    def today(self, space: Space, actor: Actor, now_us: int) -> HostDay:
        """Return what a space's hosts see of today."""
        ...

    def takings(self, space: Space, time: Interval, actor: Actor) -> Sequence[Taking]:
        """Return what takes desks of a space in a time, by begin, at most 2,000; hosts only."""
        ...


class PhoneDesk(Protocol):
    """What members do with doors by phone, where their space offers it."""

    def phone_doors(self, actor: Actor, now_us: int) -> Sequence[PhoneDoor]:
        """Return the doors that the actor may ask for, each with why it does not open now."""
        ...

    def open_by_phone(self, space: str, door: str, actor: Actor, now_us: int) -> str:
        """Have a door opened if its button is pressed; return the command's id. Refused with why not."""
        ...


class Rota(Protocol):
    """Who is called about alarms of a space, each 15 minutes after the one before."""

    def rota(self, space: str, actor: Actor) -> Sequence[int]:
        """Return keys of accounts, in order; hosts only."""
        ...

    def save_rota(self, space: str, accounts: Sequence[int], actor: Actor, now_us: int) -> None:
        """Write the keys of accounts, in order; managers only."""
        ...


class MemberDesk(Protocol):
    """Members and their rights; groups and passes: `hub.member_ports`."""

    def members(self, space: str, actor: Actor) -> Sequence[Member]:
        """Return the members of a space, by name."""
        ...

    def save_member(
        self,
        member: Member,
        actor: Actor,
        now_us: int,
        *,
        seen: Member | None = None,
        request: Request | None = None,
    ) -> int:
        """Store a new or changed member; return the key. Managers only.

        Memberships of spaces that the actor manages become as given; those of other spaces stay as they are.

        Args:
            seen: as it was looked at; refused when it is otherwise by now.
            request: the same one again returns what it made the first time.
        """
        ...

    def member(self, member: int, actor: Actor) -> Member:
        """Return one member, with the memberships that the actor may see."""
        ...

    def save_choices(
        self, member: int, actor: Actor, now_us: int, *, shows_presence: bool, in_statistics: bool
    ) -> None:
        """Write what somebody wants others to see and to count: one's own alone."""
        ...


@dataclass(frozen=True, slots=True)
class Account:
    """Somebody who can sign in.

    Args:
        uniquifier: changes when all sessions must end.
        password_hash: argon2; None without a password.
        roles: (role, scope) pairs as they were given; see `hub.domain.people.Role`.
        controller: for whom it works: of spaces of others it sees no person (requirement P7).
        reach: what the roles come to, space by space; worked out by the store.
    """

    pk: int
    mail: str
    name: str
    uniquifier: str
    password_hash: str | None
    is_active: bool
    member: int | None
    roles: frozenset[tuple[Role, str]]
    controller: str = ""
    reach: frozenset[tuple[Role, str]] = frozenset()


class Accounts(Protocol):
    """Who can sign in."""

    def by_mail(self, mail: str) -> Account | None:
        """Return the account of a mail address, upper or lower case, or None."""
        ...

    def by_uniquifier(self, uniquifier: str) -> Account | None:
        """Return the account of a session, or None."""
        ...

    def by_pk(self, pk: int) -> Account | None:
        """Return an account by its key, or None."""
        ...

    def by_member(self, member: int) -> Account | None:
        """Return the account of a member, or None; of several the first by mail address."""
        ...

    def all(self) -> Sequence[Account]:
        """Return all accounts, by mail address."""
        ...

    def save(self, account: Account, actor: Actor, now_us: int) -> int:
        """Store a new (pk 0) or changed account with its roles; return its key.

        An empty uniquifier makes a new one, which ends all sessions. Everyone may save the own account but for its
        roles; others are saved by managers of all their spaces. An account without a controller gets that of its
        spaces, when there is but one.
        """
        ...
