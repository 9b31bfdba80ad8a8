"""Who may do what: roles of those who sign in, members of spaces, and whoever acts, for the log of actions."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from hub.domain.errors import NotAllowed


class Role(StrEnum):
    """What somebody who signs in may do (requirement P7).

    MEMBER: one's own cards. HOST (Empfang): cards, doors and alarms of a space. MANAGER (Verwaltung): members and
    settings too. STATISTICS and TECHNICIAN see no person.
    """

    MEMBER = "member"
    HOST = "host"
    MANAGER = "manager"
    STATISTICS = "statistics"
    TECHNICIAN = "technician"


class AccessHours(StrEnum):
    """When a membership opens its doors.

    OPENING: in the opening hours of the space. ALWAYS: at any hour. NONE: only by bookings and passes.
    """

    OPENING = "opening"
    ALWAYS = "always"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class Actor:
    """Whoever does something, for the log and for what may be done.

    Args:
        account: key of the account; None for a command on the hub's own machine, which may do everything.
        name: as the log shows it.
        roles: (role, space id) pairs; an empty space id stands for every space.
        member: key of the member that the account belongs to, or None.
    """

    account: int | None
    name: str
    roles: frozenset[tuple[Role, str]] = frozenset()
    member: int | None = None

    def may(self, space: str, *roles: Role) -> bool:
        """Say whether the actor has one of some roles in a space."""
        return self.account is None or any((role, at) in self.roles for role in roles for at in (space, ""))


@dataclass(frozen=True, slots=True)
class Membership:
    """A member's right to a space.

    Args:
        space: id of the space.
        hours: when its doors open.
        doors: ids of the only doors that open; empty for every door of the space.
        valid_from, valid_to: local days; `valid_to` is inclusive.
        is_host: whether cards of this member are hosts' cards.
        works_offline: whether they open when the device's list is dead or its time is not trusted.
        groups: ids of the groups of the space that the member belongs to (`hub.domain.admission`).
    """

    space: str
    hours: AccessHours
    valid_from: date
    valid_to: date | None = None
    doors: tuple[str, ...] = ()
    is_host: bool = False
    works_offline: bool = False
    groups: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Member:
    """Somebody who uses spaces.

    Args:
        pk: key; 0 for one that is not stored yet.
        needs_longer: whether doors stay open longer for this person (extended unlock time).
        phone: as it was told; empty for none.
        shows_presence: whether others may see that this person is there (requirement P2: only who wants to).
        in_statistics: whether this person takes part in optional statistics (requirement P5, Art. 21 GDPR).
        answers: key of the member who answers for a guest; None for who is no guest.
    """

    pk: int
    name: str
    mail: str = ""
    needs_longer: bool = False
    memberships: tuple[Membership, ...] = ()
    phone: str = ""
    shows_presence: bool = False
    in_statistics: bool = False
    answers: int | None = None


HOSTS = (Role.HOST, Role.MANAGER)
"""Who works with cards, doors and alarms of a space."""


def need_role(actor: Actor, space: str, *roles: Role) -> None:
    """Refuse whoever has none of some roles in a space.

    Raises:
        NotAllowed: when the actor has not.
    """
    if not actor.may(space, *roles):
        wanted = " or ".join(roles)
        raise NotAllowed(
            f'this takes the role {wanted} in space "{space}": ask its manager for it',
            code="not_allowed",
            space=space,
        )


def may_save_account(
    actor: Actor, account: int, before: frozenset[tuple[Role, str]], after: frozenset[tuple[Role, str]]
) -> bool:
    """Say whether an actor may save an account: managers those of their spaces, everyone one's own, but for its roles.

    Args:
        account: key of the account, 0 for a new one.
        before, after: its roles.
    """
    if actor.account is None:
        return True
    if account == actor.account and before == after:
        return True
    roles = before | after
    # A role for every space is given by whoever has the role for every space: `may` asks for exactly that.
    return bool(roles) and all(actor.may(space, Role.MANAGER) for _, space in roles)
