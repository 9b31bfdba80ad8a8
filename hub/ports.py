"""What services, ingest, jobs and web need from the outside, as small protocols; each says what happens on failure."""

from collections.abc import Sequence
from contextlib import AbstractContextManager
from typing import Protocol

from hub.domain.occupancy import SpaceLive
from hub.domain.space import Town


class Clock(Protocol):
    """The hub's clock."""

    def now_us(self) -> int:
        """Return microseconds since 1970 UTC."""
        ...


class LiveQueries(Protocol):
    """What the pages read; each call is one consistent look at the database."""

    def towns(self) -> Sequence[Town]:
        """Return all towns with their spaces, by name as Germans sort them."""
        ...

    def overview(self, now_us: int) -> Sequence[SpaceLive]:
        """Return every space's live view in a constant number of queries."""
        ...

    def space(self, space: str, now_us: int) -> SpaceLive | None:
        """Return one space's live view, or None when there is no such space."""
        ...

    def host_link(self, space: str) -> str:
        """Return the secret of the space's host link; made at import, changed by `ankerort-hub host-link --renew`."""
        ...

    def ready(self) -> Sequence[str]:
        """Return what is wrong with the database (unreachable, migration missing, trigger missing); empty when nothing is."""
        ...


class SiteStore(Protocol):
    """Towns, spaces and what stands in them, within one unit of work; what is retired stays in the database, unseen here."""

    def towns(self) -> Sequence[Town]:
        """Return every town that is not retired, with its spaces, ended ones included."""
        ...

    def save(self, town: Town) -> None:
        """Make a town with all its spaces be as given: new things are made, retired ones come back, no other is touched.

        Its neighbours are left alone, because they may not be there yet.
        """
        ...

    def save_neighbours(self, town: str, neighbours: Sequence[str]) -> None:
        """Say which towns a town points to, in this order and no others; all must have been saved."""
        ...

    def retire(self, what: str, path: tuple[str, ...], now_us: int) -> None:
        """Take a thing out of use and keep its history: a space gets its last day, anything else is hidden from now on.

        Args:
            what: `town`, `space`, `zone`, `desk`, `door` or `device`.
            path: its ids from the outside in, as in `hub.domain.site_changes.Change`.
        """
        ...

    def host_secret(self, space: str) -> str:
        """Return the secret of a space's host link.

        Raises:
            UnknownSpace: when there is no such space.
        """
        ...

    def renew_host_secret(self, space: str) -> str:
        """Give a space's host link a new secret and return it; the old link is dead from the commit on.

        Raises:
            UnknownSpace: when there is no such space.
        """
        ...


class SiteUnit(Protocol):
    """One transaction on the site, rolled back unless committed."""

    @property
    def sites(self) -> SiteStore:
        """The store of this transaction."""
        ...

    def commit(self) -> None:
        """Make all of it durable."""
        ...


class SiteUnits(Protocol):
    """Begins transactions on the site."""

    def writing(self) -> AbstractContextManager[SiteUnit]:
        """Begin one; others that write wait for it."""
        ...


class Wakeups(Protocol):
    """Tells web processes that a space changed; losing one only delays a page until its next look."""

    def subscribe(self, space: str) -> "Subscription":
        """Return a subscription to one space's changes; close it when the viewer has gone."""
        ...


class Subscription(Protocol):
    """One viewer's waiting place."""

    def wait(self, timeout_s: float) -> bool:
        """Return true as soon as the space has changed since the last call, false after the time-out."""
        ...

    def close(self) -> None:
        """Give the place back."""
        ...


class Outbound(Protocol):
    """What the hub says to devices and to its own web processes; at most once, never raising: devices ask again."""

    def mark(self, space: str, device: str, epoch: str, upto: int) -> None:
        """Publish a mark, retained, after its commit (D3)."""
        ...

    def occupancy(self, space: SpaceLive) -> None:
        """Publish a space's desk states, retained; no person."""
        ...
