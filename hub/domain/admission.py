"""Groups of a space and its phases: who is let in from which day on; pure.

Two stories: a club whose space is first for club members and, from a day on, for everyone (Mölln); a cohort of
temporary residents whose time ends for all of them on one day (the summer pioneers of Wittenberge).
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Final

from hub.domain.people import Membership


@dataclass(frozen=True, slots=True)
class Group:
    """People of a space who belong together.

    Args:
        id: in its space.
        starts_on, ends_on: first and last local day, both inclusive; None for no such bound.
    """

    id: str
    name: str
    starts_on: date | None = None
    ends_on: date | None = None

    def lasts(self, day: date) -> bool:
        """Say whether the group is there on a day."""
        return (self.starts_on is None or self.starts_on <= day) and (
            self.ends_on is None or day <= self.ends_on
        )


@dataclass(frozen=True, slots=True)
class AccessPhase:
    """Whom a space lets in from a day on, until the next phase begins.

    Args:
        starts_on: local day.
        groups: ids of the groups that are let in; empty for everyone with a membership.
    """

    starts_on: date
    groups: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Admission:
    """What a space has decided about who is let in; without phases, everyone with a membership is.

    Args:
        phases: by first day, one for each.
    """

    groups: tuple[Group, ...] = ()
    phases: tuple[AccessPhase, ...] = ()

    def admits(self, membership: Membership, day: date) -> bool:
        """Say whether a membership has any right on a day, whatever its own days say.

        Who belongs to groups has rights for as long as one of them lasts. Hosts are always let in: somebody has to
        open.
        """
        if membership.is_host:
            return True
        lasting = {group.id for group in self.groups if group.id in membership.groups and group.lasts(day)}
        if membership.groups and not lasting:
            return False
        phase = self._phase(day)
        return phase is None or not phase.groups or not lasting.isdisjoint(phase.groups)

    def admits_next(self, membership: Membership, day: date) -> date | None:
        """Return the first day after another on which a membership has any right, or None when none is known."""
        begins = {phase.starts_on for phase in self.phases}
        begins |= {group.starts_on for group in self.groups if group.starts_on is not None}
        # Rights begin with a phase or a group, and on no day between.
        later = sorted(one for one in begins if one > day)
        return next((one for one in later if self.admits(membership, one)), None)

    def admits_for_good(self, membership: Membership, day: date) -> bool:
        """Say whether a membership has its rights from a day on without any end that is known today."""
        later = (phase.starts_on for phase in self.phases if phase.starts_on > day)
        return all(self.admits(membership, one) for one in (day, *later, date.max))

    def admitted(self, membership: Membership, days: Iterable[date]) -> tuple[date, ...]:
        """Return those of some days on which a membership has any right."""
        if not self.phases and not membership.groups:
            return tuple(days)  # of most spaces, and asked for each of their members
        return tuple(day for day in days if self.admits(membership, day))

    def _phase(self, day: date) -> AccessPhase | None:
        begun = [phase for phase in self.phases if phase.starts_on <= day]
        return max(begun, key=lambda phase: phase.starts_on, default=None)


EVERYONE: Final = Admission()
"""A space that has decided nothing."""
