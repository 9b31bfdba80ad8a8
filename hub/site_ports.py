"""What pages need to change a space: its floor plan and its settings (docs/decisions/0024).

Every method raises a `RuleRefused` when a rule says no, and `StoreUnavailable` when the database can't be used now:
then nothing was kept. Whoever saves says from which version of the space the change was made:
`space_changed_meanwhile` when there is a newer one. What was done stands in the log, in the same transaction.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple, Protocol

from hub.domain.people import Actor
from hub.domain.settings_effect import Effect
from hub.domain.site_edits import DeskPlace
from hub.domain.space import Desk, Space
from hub.domain.space_settings import SpaceSettings


@dataclass(frozen=True, slots=True)
class SiteLook:
    """A space as it is stored.

    Args:
        version: to be given back by whoever changes it.
    """

    space: Space
    version: int
    settings: SpaceSettings


class DeskSaved(NamedTuple):
    """A desk as it is now, and how many bookings are still to come at it."""

    desk: Desk
    coming: int


class SiteDesk(Protocol):
    """Changes spaces."""

    def look(self, space: str, actor: Actor) -> SiteLook:
        """Return a space, for its hosts."""
        ...

    def move_desks(
        self, space: str, version: int, places: Mapping[str, DeskPlace], actor: Actor, now_us: int
    ) -> Space:
        """Put desks elsewhere, by id; all of them or none. Return the space as it is then."""
        ...

    def save_desk(self, space: str, version: int, desk: Desk, actor: Actor, now_us: int) -> DeskSaved:
        """Change a desk, or add one that has no id yet: it gets one that nothing of the space ever had."""
        ...

    def remove_desk(self, space: str, version: int, desk: str, actor: Actor, now_us: int) -> None:
        """Take a desk away, unless it has bookings to come; its history stays."""
        ...

    def preview(self, space: str, settings: SpaceSettings, actor: Actor, now_us: int) -> Effect:
        """Return what settings would do, for whoever manages the space; nothing is changed."""
        ...

    def save_settings(
        self, space: str, version: int, settings: SpaceSettings, actor: Actor, now_us: int
    ) -> SpaceSettings:
        """Have a space be set so, for whoever manages it."""
        ...
