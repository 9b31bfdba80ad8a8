"""What services, ingest, jobs and web need from the outside, as small protocols; each says what happens on failure."""

from collections.abc import Sequence
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
