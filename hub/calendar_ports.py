"""What pages and commands need of calendar feeds, as a protocol.

A feed is one member's bookings at a secret address that a calendar asks by itself, without signing in. The hub keeps a
digest of the secret alone: it is told once, when it is made.
"""

from typing import NamedTuple, Protocol

from hub.domain.people import Actor


class Feed(NamedTuple):
    """A feed as it is now.

    Args:
        file: for calendars; the same bookings give the same bytes.
        changed_us: when what it tells was last changed.
    """

    file: bytes
    changed_us: int


class Subscription(NamedTuple):
    """Whose feed it is.

    Args:
        language: `de` or `en`.
    """

    member: int
    made_us: int
    language: str


class CalendarDesk(Protocol):
    """Calendar feeds.

    Every method raises `RuleRefused` when a rule says no, and `StoreUnavailable` when the database can't be used now.
    Each member has the own feed, the command line anybody's.
    """

    def since_us(self, member: int, actor: Actor) -> int | None:
        """Return when a member's feed was made; None when there is none."""
        ...

    def make(self, member: int, actor: Actor, now_us: int) -> str:
        """Make a member's feed; return the secret of its address. One that there was before ends."""
        ...

    def end(self, member: int, actor: Actor, now_us: int) -> bool:
        """End a member's feed; return whether there was one."""
        ...

    def feed(self, secret: str, now_us: int) -> Feed | None:
        """Return the feed of a secret, None when it is none's: bookings of the last 30 days and all to come."""
        ...
