"""An agent that makes so many events and no more, for measurements and endurance tests that count them."""

from collections.abc import Callable
from typing import Any

from device.core.agent import Agent
from device.core.effects import Effect, Record
from device.core.inputs import Input, Moment


class LimitedAgent(Agent):
    """Decides as any agent does, but records nothing beyond its limit.

    What is not recorded never was an event (D1), so a device that was killed and started again comes to the same
    total: also what each start records by itself counts.

    Args:
        room: how many events may still be made; asked once, at the start.
        rest: as for `Agent`.
    """

    def __init__(self, *rest: Any, room: Callable[[], int], **more: Any) -> None:
        super().__init__(*rest, **more)
        self._room = room
        self._left = 0

    def started(self, now: Moment) -> list[Effect]:
        """As `Agent.started`, within the limit."""
        self._left = self._room()
        return self._within_limit(super().started(now))

    def handle(self, given: Input, now: Moment) -> tuple[list[Effect], int | None]:
        """As `Agent.handle`, within the limit."""
        effects, deadline_us = super().handle(given, now)
        return self._within_limit(effects), deadline_us

    def _within_limit(self, effects: list[Effect]) -> list[Effect]:
        kept: list[Effect] = []
        for effect in effects:
            if isinstance(effect, Record):
                if self._left <= 0:
                    continue
                self._left -= 1
            kept.append(effect)
        return kept
