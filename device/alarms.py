"""Named times at which the loop does something by itself."""


class Alarms:
    """Times on one monotonic clock, in microseconds.

    Args:
        names: those that are due at once.
    """

    def __init__(self, *names: str) -> None:
        self._times = dict.fromkeys(names, 0)

    def set(self, name: str, at_us: int) -> None:
        """Set or move one."""
        self._times[name] = at_us

    def is_due(self, name: str, now_us: int, every_us: int) -> bool:
        """Say whether one has come, and set it anew when it has."""
        if self._times[name] > now_us:
            return False
        self._times[name] = now_us + every_us
        return True

    def next_us(self) -> int:
        """Return the earliest."""
        return min(self._times.values())
