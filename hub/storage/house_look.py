"""Doors for Home Assistant, in SQL (`hub.services.tell_home_assistant.HouseLook`): no person, no card."""

from collections.abc import Sequence

from sqlalchemy import Engine

from hub.domain.door_now import door_view
from hub.domain.doors import Contact
from hub.domain.space import Door
from hub.storage.availability import unavailable_when_down
from hub.storage.door_rows import DoorRows
from hub.storage.engine import reading


class SqlHouseLook:
    """Looks at doors.

    Args:
        engine: from `hub.storage.engine.make_engine`.
    """

    def __init__(self, engine: Engine) -> None:
        self._reading = reading(engine)

    def doors(self, space: str, now_us: int) -> Sequence[tuple[Door, Contact]]:
        """Return a space's doors, and whether each stands open; unknown while its device is away."""
        with unavailable_when_down(), self._reading.connect() as connection:
            found = DoorRows(connection, is_writing=False).doors(space)
        views = [door_view(facts, (), (), now_us) for facts in found]
        return [(Door(view.id, view.name, view.device), view.contact) for view in views]

    def alarms(self, space: str, now_us: int) -> int:
        """Return how many alarms of its doors last or wait for somebody."""
        with unavailable_when_down(), self._reading.connect() as connection:
            return len(DoorRows(connection, is_writing=False).alarms(space, now_us))
