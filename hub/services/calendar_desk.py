"""Calendar feeds: `hub.calendar_ports.CalendarDesk`, one transaction each."""

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from hashlib import sha256
from secrets import token_urlsafe
from typing import Final, Protocol

from hub.calendar_ports import Feed, Subscription
from hub.domain.calendar_files import FeedEntry, feed_file, in_words
from hub.domain.errors import NotAllowed
from hub.domain.people import Actor

SECRET_BYTES: Final = 32
MAX_SECRET: Final = 64
BACK_US: Final = 30 * 86_400_000_000
"""So long after its end a booking stays in the feed."""

NAMES: Final = {"de": "Meine Plätze", "en": "My desks"}


class CalendarUnit(Protocol):
    """Feeds within one transaction; rolled back unless committed."""

    def since_us(self, member: int) -> int | None:
        """Return when a member's feed was made; None when there is none. Refused when there is no such member."""
        ...

    def keep(self, member: int, digest: bytes, now_us: int) -> None:
        """Store a member's feed in place of what there was."""
        ...

    def drop(self, member: int) -> None:
        """Delete a member's feed."""
        ...

    def by_digest(self, digest: bytes) -> Subscription | None:
        """Return whose feed has a secret of this digest, or None."""
        ...

    def entries(self, member: int, from_us: int) -> Sequence[FeedEntry]:
        """Return a member's bookings that stand and end after a moment, by begin."""
        ...

    def log(self, what: Mapping[str, object], now_us: int, card: int | None = None) -> None:
        """Add an entry to the log of actions."""
        ...

    def commit(self) -> None:
        """Make all of it durable."""
        ...


class CalendarUnits(Protocol):
    """Begins transactions; each raises `StoreUnavailable` when the database can't be used now."""

    def writing(self) -> AbstractContextManager[CalendarUnit]:
        """Begin one that may commit."""
        ...

    def reading(self) -> AbstractContextManager[CalendarUnit]:
        """Begin one that only looks."""
        ...


class CalendarService:
    """Calendar feeds.

    Args:
        units: where they are kept.
    """

    def __init__(self, units: CalendarUnits) -> None:
        self._units = units

    def since_us(self, member: int, actor: Actor) -> int | None:
        """Return when a member's feed was made; None when there is none."""
        _check(member, actor)
        with self._units.reading() as unit:
            return unit.since_us(member)

    def make(self, member: int, actor: Actor, now_us: int) -> str:
        """Make a member's feed; return the secret of its address, which is not kept."""
        _check(member, actor)
        secret = token_urlsafe(SECRET_BYTES)
        with self._units.writing() as unit:
            unit.since_us(member)
            unit.keep(member, digest_of(secret), now_us)
            unit.log({"what": "calendar_feed_made", "member": member, "by": actor.account}, now_us)
            unit.commit()
        return secret

    def end(self, member: int, actor: Actor, now_us: int) -> bool:
        """End a member's feed; return whether there was one."""
        _check(member, actor)
        with self._units.writing() as unit:
            if unit.since_us(member) is None:
                return False
            unit.drop(member)
            unit.log({"what": "calendar_feed_ended", "member": member, "by": actor.account}, now_us)
            unit.commit()
        return True

    def feed(self, secret: str, now_us: int) -> Feed | None:
        """Return the feed of a secret, None when it is none's."""
        with self._units.reading() as unit:
            whose = unit.by_digest(digest_of(secret))
            if whose is None:
                return None
            found = unit.entries(whose.member, max(now_us - BACK_US, 0))
        entries = [FeedEntry(in_words(one.stay, whose.language), one.changed_us) for one in found]
        changed_us = max([whose.made_us, *(one.changed_us for one in entries)])
        return Feed(feed_file(entries, NAMES[whose.language]), changed_us)


def digest_of(secret: str) -> bytes:
    """Return what the hub keeps of a secret; of one that is too long to be ours it is no feed's."""
    return sha256(b"ankerort/calendar\x00" + secret[:MAX_SECRET].encode("utf-8", "replace")).digest()


def _check(member: int, actor: Actor) -> None:
    if actor.account is not None and actor.member != member:
        raise NotAllowed("everyone has the own calendar feed alone", code="not_allowed")
