"""All that is stored about somebody: given to the person, and erased. `hub.member_ports.PersonDesk`."""

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from typing import Final, Protocol

from hub.domain.decoding import one_line
from hub.domain.errors import NotAllowed, RuleRefused
from hub.domain.people import Actor, Role
from hub.domain.person import PersonData

MIN_REASON: Final = 5
MAX_TEXT: Final = 200


class PersonUnit(Protocol):
    """One person within one transaction; rolled back unless committed."""

    def find(self, name: str) -> Sequence[int]:
        """Return the keys of members of a name, upper or lower case."""
        ...

    def spaces_of(self, member: int) -> Sequence[str]:
        """Return the ids of the spaces that a member belongs to; refused when there is no such member."""
        ...

    def collect(self, member: int, now_us: int) -> PersonData:
        """Return all that is stored about a member."""
        ...

    def erase(self, member: int, now_us: int) -> None:
        """Take a person out of every table; counts stay."""
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


class PersonUnits(Protocol):
    """Begins transactions; each raises `StoreUnavailable` when the database can't be used now."""

    def writing(self) -> AbstractContextManager[PersonUnit]:
        """Begin one that may commit."""
        ...

    def reading(self) -> AbstractContextManager[PersonUnit]:
        """Begin one that only looks."""
        ...


class PersonService:
    """What is stored about somebody (`hub.member_ports.PersonDesk`).

    Args:
        units: where it is kept.
    """

    def __init__(self, units: PersonUnits) -> None:
        self._units = units

    def find(self, name: str, actor: Actor) -> Sequence[int]:
        """Return the keys of members of a name; for commands on the hub's own machine."""
        if actor.account is not None:
            raise NotAllowed("members are looked for on the hub's own machine", code="not_allowed")
        with self._units.reading() as unit:
            return unit.find(one_line(name))

    def export(self, member: int, reason: str, actor: Actor, now_us: int) -> PersonData:
        """Return all that is stored about a member, and log who took it and why (requirement P7)."""
        reason = one_line(reason)[:MAX_TEXT]
        is_own = actor.member == member
        with self._units.writing() as unit:
            self._check(actor, member, unit.spaces_of(member))
            if not is_own and len(reason) < MIN_REASON:
                raise RuleRefused(
                    f"say why, in {MIN_REASON} characters or more: the log keeps it",
                    code="no_reason",
                    least=MIN_REASON,
                )
            entry = {"what": "person_exported", "member": member, "own": is_own, "reason": reason}
            unit.log({**entry, "by": actor.account}, now_us)
            data = unit.collect(member, now_us)
            unit.commit()
        return data

    def erase(self, member: int, actor: Actor, now_us: int) -> None:
        """Erase a member for ever. The entry in the log does not say whom."""
        is_own = actor.member == member
        with self._units.writing() as unit:
            spaces = unit.spaces_of(member)
            self._check(actor, member, spaces)
            unit.erase(member, now_us)
            by = None if is_own else actor.account
            unit.log({"what": "member_erased", "spaces": list(spaces), "own": is_own, "by": by}, now_us)
            for space in spaces:
                unit.want_lists(space)
            unit.commit()

    @staticmethod
    def _check(actor: Actor, member: int, spaces: Sequence[str]) -> None:
        """Refuse whoever is neither the person nor manager of all the spaces: each may have another controller."""
        if actor.account is None or actor.member == member:
            return
        if not spaces or not all(actor.may(space, Role.MANAGER) for space in spaces):
            raise NotAllowed("this takes a manager of all the member's spaces", code="not_allowed")
