"""Whether motions are a person: someone who sits down moves again, a passer-by or a sunbeam does not."""


class Evidence:
    """Motions gathered until they prove a person.

    Two motions whose first beginning and last end lie `confirm_us` apart prove one, and so does a single motion that
    goes on for `steady_us`. Who gathers says when a silence has been too long, with `clear`.

    Args:
        confirm_us: from the first motion's beginning to the last one's end.
        steady_us: of one unbroken motion; longer than one motion keeps the sensor's output up.
    """

    __slots__ = ("_confirm_us", "_count", "_steady_us", "began_us", "first_us", "proven")

    def __init__(self, confirm_us: int, steady_us: int) -> None:
        self._confirm_us = confirm_us
        self._steady_us = steady_us
        self.clear()

    def clear(self) -> None:
        """Forget every motion."""
        self._count = 0
        self.first_us = 0
        self.began_us = 0
        self.proven = False

    def __bool__(self) -> bool:
        return self._count > 0

    def begin(self, at_us: int) -> None:
        """Take note that a motion began."""
        if not self._count:
            self.first_us = at_us
        self._count += 1
        self.began_us = at_us
        self.reach(at_us)

    def reach(self, at_us: int) -> bool:
        """Take note that the motion goes on, or ended; return whether there is proof now."""
        if self._count and at_us >= self.proof_us():
            self.proven = True
        return self.proven

    def proof_us(self) -> int:
        """Return when there would be proof if the motion that began last went on."""
        steady_us = self.began_us + self._steady_us
        if self._count < 2:
            return steady_us
        return min(steady_us, self.first_us + self._confirm_us)
