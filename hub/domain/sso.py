"""Single sign-on: whom an identity provider says somebody is, and which roles its groups give. Pure."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from hub.domain.people import Role


@dataclass(frozen=True, slots=True)
class GroupRole:
    """A role that everyone in a group of the provider has.

    Args:
        group: as the provider writes it.
        scope: where it holds; see `hub.domain.people.Role`.
    """

    group: str
    role: Role
    scope: str


@dataclass(frozen=True, slots=True)
class Known:
    """Somebody whom a provider knows.

    Args:
        issuer, subject: who says so, and of whom; the two never change.
        mail: may be empty.
        is_mail_proved: whether the provider has made sure that the address is theirs.
        roles: that the groups give.
        controller: for whom they work.
    """

    issuer: str
    subject: str
    name: str
    mail: str
    is_mail_proved: bool
    roles: frozenset[tuple[Role, str]]
    controller: str = ""


def roles_of(groups: Collection[str], given: Iterable[GroupRole]) -> frozenset[tuple[Role, str]]:
    """Return the roles that groups give."""
    return frozenset((one.role, one.scope) for one in given if one.group in groups)


def new_roles(
    before: frozenset[tuple[Role, str]], given: frozenset[tuple[Role, str]]
) -> frozenset[tuple[Role, str]]:
    """Return the roles of an account after its groups were told: theirs, and what it has as a member."""
    return given | {(role, scope) for role, scope in before if role is Role.MEMBER}
