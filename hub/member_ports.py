"""What pages and commands need of groups, tariffs and passes, as protocols; members themselves: `hub.access_ports`.

Every method raises `RuleRefused` when a rule says no, in words for the person, and `StoreUnavailable` when the database
can't be used now. Whoever acts is an `Actor`; every change is written into the log of actions in its own transaction.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Protocol

from hub.domain.admission import AccessPhase, Admission, Group
from hub.domain.best_price import Saving
from hub.domain.due import DueLine
from hub.domain.people import Actor
from hub.domain.person import PersonData
from hub.domain.requests import Request
from hub.domain.tariffs import Pass, Tariff, WithoutPass


class GroupDesk(Protocol):
    """Groups of a space, and whom it lets in from which day on."""

    def admission(self, space: str, actor: Actor) -> Admission:
        """Return groups and phases; hosts only."""
        ...

    def save_group(self, space: str, group: Group, actor: Actor, now_us: int) -> None:
        """Make a group be as given; managers only."""
        ...

    def drop_group(self, space: str, group: str, actor: Actor, now_us: int) -> None:
        """Take a group away, from its members too; refused while a phase lets it in. Managers only."""
        ...

    def save_phases(self, space: str, phases: Sequence[AccessPhase], actor: Actor, now_us: int) -> None:
        """Make the phases of a space be as given; managers only."""
        ...


@dataclass(frozen=True, slots=True)
class PassView:
    """A pass as hosts and its member see it.

    Args:
        name: of the member; empty when erased.
        left: units that are left today, None for any number.
        opens_today: whether it opens doors today.
        saving: of one that was sold just now, when it costs less together with others of its day.
    """

    held: Pass
    space: str
    name: str
    left: int | None
    opens_today: bool
    saving: Saving | None = None


@dataclass(frozen=True, slots=True)
class Due:
    """What members owe for a month.

    Args:
        month: its first day.
        is_settled: whether it is accounted for, so that its visits keep their passes.
    """

    month: date
    lines: tuple[DueLine, ...]
    is_settled: bool


class PersonDesk(Protocol):
    """All that is stored about somebody: given to the person, and erased (requirement P5)."""

    def find(self, name: str, actor: Actor) -> Sequence[int]:
        """Return the keys of members of a name; for commands on the hub's own machine."""
        ...

    def export(self, member: int, reason: str, actor: Actor, now_us: int) -> PersonData:
        """Return all that is stored about a member: to the member, or to a manager of all spaces with a reason.

        Whoever takes it, and why, is logged (requirement P7).
        """
        ...

    def erase(self, member: int, actor: Actor, now_us: int) -> None:
        """Erase a member for ever: oneself, or as a manager of all the member's spaces. Counts stay.

        Cards open nothing any more, the account ends, and no restored backup brings the person back.
        """
        ...


class PassDesk(Protocol):
    """Tariffs of a space, the passes that members have, and what is due."""

    def tariffs(self, space: str, actor: Actor) -> Sequence[Tariff]:
        """Return the tariffs of a space, offered ones first; hosts only."""
        ...

    def save_tariff(self, space: str, tariff: Tariff, actor: Actor, now_us: int) -> None:
        """Make a tariff be as given; passes that were sold keep their price and units. Managers only."""
        ...

    def rule(self, space: str, actor: Actor) -> WithoutPass:
        """Return what doors do for members without a valid pass; hosts only."""
        ...

    def save_rule(self, space: str, rule: WithoutPass, actor: Actor, now_us: int) -> None:
        """Say what doors do for members without a valid pass; managers only."""
        ...

    def passes(self, space: str, actor: Actor, now_us: int) -> Sequence[PassView]:
        """Return the passes of a space that are not over, by name of their members; hosts only."""
        ...

    def own_passes(self, actor: Actor, now_us: int) -> Sequence[PassView]:
        """Return the actor's own passes that are not over, of all spaces."""
        ...

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
        """Give a member a pass from a day on, today without one; hosts only.

        The same request again returns what it made the first time.
        """
        ...

    def end(self, space: str, held: int, last: date, actor: Actor, now_us: int) -> None:
        """Let a pass be over after a day; visits on later days look for another one. Managers only."""
        ...

    def note_visit(self, space: str, member: int, day: date, actor: Actor, now_us: int) -> bool:
        """Write down that a member came; false when that day is known already. Hosts only."""
        ...

    def without_pass_today(self, space: str, actor: Actor, now_us: int) -> int:
        """Return how many members came today without a valid pass; hosts only."""
        ...

    def due(self, space: str, month: date, actor: Actor) -> Due:
        """Return what members owe for a month, `month` any day of it; managers only."""
        ...

    def settle(self, space: str, month: date, actor: Actor, now_us: int) -> Due:
        """Say that a month that is over is accounted for, and return it; managers only."""
        ...
