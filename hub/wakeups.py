"""Wakes whoever waits for a space to change: `hub.ports.Wakeups` inside one process."""

import threading

from hub.ports import Subscription


class SpaceBells:
    """One bell per space; `ring` never blocks, however many wait."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._waiting: dict[str, set[_Place]] = {}

    def subscribe(self, space: str) -> Subscription:
        """Return a place that hears the bell of one space from now on."""
        place = _Place(self, space)
        with self._lock:
            self._waiting.setdefault(space, set()).add(place)
        return place

    def ring(self, space: str) -> None:
        """Wake everyone who waits for a space."""
        with self._lock:
            places = list(self._waiting.get(space, ()))
        for place in places:
            place.rang.set()

    def leave(self, place: "_Place") -> None:
        """Forget a place; once more does nothing."""
        with self._lock:
            places = self._waiting.get(place.space, set())
            places.discard(place)
            if not places:
                self._waiting.pop(place.space, None)


class _Place:
    """One viewer's waiting place (`hub.ports.Subscription`)."""

    def __init__(self, bells: SpaceBells, space: str) -> None:
        self.space = space
        self.rang = threading.Event()
        self._bells = bells

    def wait(self, timeout_s: float) -> bool:
        """Return true as soon as the bell has rung since the last call, false after the time-out."""
        if self.rang.wait(timeout_s):
            # Cleared before the caller looks: a change that comes while it looks wakes it again.
            self.rang.clear()
            return True
        return False

    def close(self) -> None:
        """Give the place back."""
        self._bells.leave(self)
