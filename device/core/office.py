"""When mode office may hold one door open: in a window, once somebody came, and never longer than was known then."""

from device.core.access import AccessBook
from device.core.trusted_time import Known


class Office:
    """The office window that one door is in.

    The end is kept in monotonic time and only comes nearer: a wall clock that is set back does not keep a door open.

    Args:
        door: its id.
    """

    __slots__ = ("_declined_us", "_door", "_end_us", "_version", "deadline_us")

    def __init__(self, door: str) -> None:
        self._door = door
        self._end_us = 0  # of the window, in wall time
        self._version = 0  # of the list that said so
        self._declined_us: int | None = None  # end of the window that a host called off
        self.deadline_us: int | None = None

    def may_hold(self, book: AccessBook | None, time: Known) -> bool:
        """Say whether the door may be held open now."""
        return book is not None and book.office_end_us(self._door, time) is not None

    def may_begin(self, book: AccessBook | None, time: Known) -> bool:
        """Say whether a first grant begins the mode now: not in a window that a host has called off."""
        rule = None if book is None else book.rule(self._door)
        if book is None or rule is None or not rule.office_from_first:
            return False
        end_us = book.office_end_us(self._door, time)
        return end_us is not None and end_us != self._declined_us

    def begin(self, book: AccessBook | None, time: Known, mono_us: int) -> None:
        """Take note that the mode begins."""
        self._declined_us = self.deadline_us = None
        self.still_holds(book, time, mono_us)

    def decline(self, book: AccessBook | None, time: Known) -> None:
        """Take note that a host wants another mode: in this window only a host begins office again."""
        self.end()
        self._declined_us = None if book is None else book.office_end_us(self._door, time)

    def end(self) -> None:
        """Take note that the mode is over."""
        self.deadline_us = None

    def still_holds(self, book: AccessBook | None, time: Known, mono_us: int) -> bool:
        """Say whether the mode, once begun, goes on; sets the deadline."""
        end_us = None if book is None else book.office_end_us(self._door, time)
        if book is None or end_us is None:
            return False
        due_us = mono_us + end_us - time.at_us
        if self.deadline_us is None or book.version != self._version:
            self._version, self._end_us, self.deadline_us = book.version, end_us, due_us
        # A clock that was set came into another window, which nobody has begun.
        if end_us != self._end_us or mono_us >= self.deadline_us:
            return False
        self.deadline_us = min(self.deadline_us, due_us)
        return True
