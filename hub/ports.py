"""What services, ingest, jobs and web need from the outside, as small protocols; each says what happens on failure."""

from collections.abc import Collection, Mapping, Sequence
from contextlib import AbstractContextManager
from datetime import date
from typing import Protocol

from hub.domain.audit import Head
from hub.domain.device_words import DeviceWords
from hub.domain.events import Alarm
from hub.domain.occupancy import Counts, SpaceLive
from hub.domain.site_changes import Edition
from hub.domain.space import Town


class Clock(Protocol):
    """The hub's clock."""

    def now_us(self) -> int:
        """Return microseconds since 1970 UTC."""
        ...


class Pulse(Protocol):
    """The sign of life of a loop: when it stays away, systemd starts the process anew. Never fails, never waits."""

    def beat(self) -> None:
        """Say that the loop turns."""
        ...

    def rest(self) -> None:
        """Say that it was ended on purpose."""
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
        """Return what is wrong with the database (unreachable, migration or trigger missing); empty when nothing is."""
        ...


class SiteStore(Protocol):
    """Towns, spaces and what stands in them, within one unit of work; what is retired stays stored, unseen here."""

    def towns(self) -> Sequence[Town]:
        """Return every town that is not retired, with its spaces, ended ones included."""
        ...

    def save(self, town: Town) -> None:
        """Make a town with all its spaces be as given: new things are made, retired ones come back.

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

    def editions(self) -> Mapping[str, Edition]:
        """Return how often each space was changed, by id; a space that is not named here never was."""
        ...

    def note_change(self, space: str, *, is_edit: bool, is_told: bool = False) -> None:
        """Count a change of a space.

        Args:
            is_edit: whether it was made in the browser, so that no site file has it yet.
            is_told: whether a site file now says all that is stored: nothing is left that an import could undo.
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


class DeviceWordsUnit(Protocol):
    """One writing transaction on what devices said of themselves; rolled back unless committed."""

    def load(self, device_pks: Collection[int]) -> dict[int, DeviceWords]:
        """Return what is stored of devices, locked until the end; of one never heard, `DeviceWords()`."""
        ...

    def save(self, words: Mapping[int, DeviceWords]) -> None:
        """Write what is known of devices."""
        ...

    def note_applied(self, versions: Mapping[int, int], now_us: int) -> None:
        """Note which version of its access list each trusted device applies; others have none.

        One that is above what was published comes from before a restore: the device gets a newer list.
        """
        ...

    def differing(self, heads: Sequence[tuple[str, Head]]) -> Sequence[str]:
        """Return the chains of the log that do not hold what a device was told of them."""
        ...

    def alarm(self, alarms: Sequence[Alarm], now_us: int) -> Sequence[Alarm]:
        """Note alarms; one that is there already is counted up. Return those that were not."""
        ...

    def commit(self) -> None:
        """Make all of it durable."""
        ...


class DeviceWordsStore(Protocol):
    """What devices said of themselves."""

    def writing(self) -> AbstractContextManager[DeviceWordsUnit]:
        """Begin a transaction.

        Raises:
            StoreUnavailable: when the database can't begin one now.
        """
        ...

    def fallen_silent(self, after_us: int, until_us: int) -> Sequence[str]:
        """Return the ids of spaces of which a device was heard last after `after_us`, up to and with `until_us`."""
        ...


class Leases(Protocol):
    """Works that only one process may do."""

    def take(self, name: str, holder: str, now_us: int, until_us: int) -> bool:
        """Take or renew a lease; false while another holder's has not run out.

        Raises:
            StoreUnavailable: when the database can't say now.
        """
        ...

    def give_back(self, name: str, holder: str) -> None:
        """End a lease early; one that another holder has is left alone.

        Raises:
            StoreUnavailable: when the database can't do it now.
        """
        ...


class JobRuns(Protocol):
    """Which periods' work is done."""

    def is_done(self, job: str, period: str) -> bool:
        """Say whether a job has done its work for a period."""
        ...

    def note_done(self, job: str, period: str, now_us: int) -> None:
        """Note that it has; noting it twice does nothing."""
        ...


class PurgeLog(Protocol):
    """What went in which night: numbers alone (requirement P3)."""

    def add(self, period: str, amounts: Mapping[str, int]) -> None:
        """Note how many rows of each kind went; more of the same night is added."""
        ...

    def nights(self, limit: int) -> Sequence[tuple[str, Mapping[str, int]]]:
        """Return the last nights, newest first, each with how many rows of each kind went."""
        ...


class Retention(Protocol):
    """Deletes what is older than it may be, in short transactions; marks and losses stay (D2)."""

    def purge_events(self, before_us: int, limit: int, at_most_us: int = 0) -> int:
        """Delete at most so many events received before, with their sessions; return how many went.

        The last word on each desk and door stays: the live page shows it, and a rebuild needs it. What facts of days
        that are not sealed come from stays, too, unless it was received before `at_most_us`.
        """
        ...

    def purge_rest(self, quarantine_before_us: int, counts_before_us: int) -> int:
        """Delete quarantine entries, published counts and job runs that are older; return how many went."""
        ...

    def purge_bookings(self, before_us: int, limit: int) -> int:
        """Take the person and all that was written off at most so many bookings that ended before; return how many.

        Bookings and series stay, as nobody's; check-ins that are older go. Visits: `purge_visits`.
        """
        ...

    def purge_access(self, log_before_us: int, orders_before_us: int) -> int:
        """Delete rows of the hosts' log, ended alarms and commands that are older than one time; return how many went.

        Ended orders for cards, and openings of the log, go when they are older than the other.
        """
        ...

    def purge_visits(self, settled_before_us: int, day_before: date) -> int:
        """Delete visits of months that were settled before a time, and of days before another; return how many went.

        What they used of their passes stays used.
        """
        ...


class PublishedCounts(Protocol):
    """The five-minute counts of spaces."""

    def add(self, at_us: int, counts: Mapping[str, Counts]) -> None:
        """Write the counts of a boundary by space id; what stands there already stays."""
        ...
