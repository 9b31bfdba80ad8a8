"""Who may do what: roles of those who sign in, members of spaces, and whoever acts, for the log of actions."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Final, NamedTuple

from hub.domain.errors import NotAllowed


class Role(StrEnum):
    """What somebody who signs in may do (requirement P7).

    MEMBER: one's own cards. HOST (Empfang): cards, doors and alarms of a space. MANAGER (Verwaltung): members and
    settings too. STATISTICS and TECHNICIAN see no person. RESEARCH, beside STATISTICS, makes extracts for studies (P8).

    A role is held in a scope: a space's id, `town:` and a town's id for all its spaces, or empty for every space, also
    later ones. What sees persons reaches only into the spaces of the controller that the account works for.
    """

    MEMBER = "member"
    HOST = "host"
    MANAGER = "manager"
    STATISTICS = "statistics"
    TECHNICIAN = "technician"
    RESEARCH = "research"


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
        roles: (role, space id) pairs; an empty space id stands for every space. Of an account, its `reach`.
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


TOWN: Final = "town:"
"""What the scope of a town begins with; no space's id has a colon."""

EVERYWHERE: Final = "*"
"""What a reach has for a role that was given for every space: it lets give such roles, and opens no space by itself."""


class SpacePlace(NamedTuple):
    """Where a space belongs."""

    id: str
    town: str
    controller: str


def town_scope(town: str) -> str:
    """Return the scope of a town."""
    return f"{TOWN}{town}"


def is_in(scope: str, place: SpacePlace) -> bool:
    """Say whether a space is in a scope."""
    return scope in ("", place.id, town_scope(place.town))


def reach_of(
    roles: Iterable[tuple[Role, str]], controller: str, places: Iterable[SpacePlace]
) -> frozenset[tuple[Role, str]]:
    """Return what roles come to: (role, space id) pairs, and their scopes, for whoever gives roles on.

    Args:
        roles: as they were given, with their scopes.
        controller: for whom the account works: of spaces of others it sees no person (requirement P7).
        places: the spaces of these scopes, at least.
    """
    known, found = list(places), set[tuple[Role, str]]()
    for role, scope in roles:
        sees_persons = role in HOSTS
        if scope == "" and not sees_persons:
            found.add((role, ""))
        if not scope or scope.startswith(TOWN):
            found.add((role, scope or EVERYWHERE))
        found.update(
            (role, place.id)
            for place in known
            if is_in(scope, place) and (not sees_persons or place.controller == controller)
        )
    return frozenset(found)


def controllers_of(roles: Iterable[tuple[Role, str]], places: Iterable[SpacePlace]) -> frozenset[str]:
    """Return the controllers of the spaces in which roles see persons."""
    scopes = [scope for role, scope in roles if role in HOSTS]
    return frozenset(place.controller for place in places if any(is_in(scope, place) for scope in scopes))


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
    # A role for a town or for every space is given by whoever manages all of that.
    return bool(roles) and all(_manages(actor, scope) for _, scope in roles)


def _manages(actor: Actor, scope: str) -> bool:
    if actor.may(scope, Role.MANAGER):
        return True
    return (not scope or scope.startswith(TOWN)) and (Role.MANAGER, EVERYWHERE) in actor.roles
