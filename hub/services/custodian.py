"""Does at once what waits for the keys: lists, commands, offered cards. A thread of `jobs`, woken by a bell or a look.

In one process (`serve`) whoever changed something rings. Otherwise the database is looked at four times a second, with
one query that partial indexes answer: docs/decisions/0008 says why not over the broker.
"""

import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Final, Generic, Protocol, TypeVar

from hub.custody_ports import Sealing, WorkLook
from hub.domain.errors import StoreUnavailable
from hub.ports import Clock, Pulse
from hub.services.audit import KeepChains
from hub.services.keep_erasures import KeepErasures
from hub.services.open_offers import OpenOffers
from hub.services.publish_access import PublishAccess
from hub.services.send_commands import SendCommands

_log = logging.getLogger(__name__)

LOOK_S: Final = 0.25
SLOW_LOOK_US: Final = 60_000_000
"""How often lists older than a day are looked for."""

EXPIRE_US: Final = 1_000_000
"""How often commands are ended that nobody answered."""

CHAINS_US: Final = 86_400_000_000
"""How often the log's chains are anchored, and their old part let go; at each start, too."""

KEYS_US: Final = 5_000_000
"""How often the key file is looked at."""

RETRY_S: Final = 1.0
STOP_S: Final = 8.0
"""A large space's list is finished before the thread ends."""


class Bell:
    """Wakes the custodian of the same process; rung without one, it does nothing."""

    def __init__(self) -> None:
        self._rung = threading.Event()

    @property
    def is_rung(self) -> bool:
        """Whether somebody rang since the last wait."""
        return self._rung.is_set()

    def ring(self) -> None:
        """Say that something changed: after the commit."""
        self._rung.set()

    def wait(self, timeout_s: float) -> None:
        """Wait until it is rung, or for some seconds."""
        self._rung.wait(timeout_s)
        self._rung.clear()


U_co = TypeVar("U_co", covariant=True)


class Units(Protocol[U_co]):
    """Begins transactions."""

    def writing(self) -> AbstractContextManager[U_co]:
        """Begin one that may commit."""
        ...

    def reading(self) -> AbstractContextManager[U_co]:
        """Begin one that only looks."""
        ...


class RingingUnits(Generic[U_co]):
    """Transactions after which the custodian of the same process looks at once.

    Args:
        units: what begins them.
        bell: is rung when one has ended, whether it committed or not.
    """

    def __init__(self, units: Units[U_co], bell: Bell) -> None:
        self._units, self._bell = units, bell

    @contextmanager
    def writing(self) -> Iterator[U_co]:
        """Begin one that may commit, and ring when it has ended."""
        with self._units.writing() as unit:
            yield unit
        self._bell.ring()

    def reading(self) -> AbstractContextManager[U_co]:
        """Begin one that only looks."""
        return self._units.reading()


class Custodian:
    """Runs from `start` to `stop`, in one process at a time (by the lease of `jobs`).

    Args:
        load: returns what is made with the hub's keys, anew when their file has changed; None while there is none.
        look: says whether there is anything to do.
        publish, commands, offers: do it.
        chains: of the log, that are signed each day.
        erasures: kept over restores; looked at first of all, and each minute.
        clock: the hub's clock.
        bell: of the same process.
        pulse: beats each time round.
    """

    def __init__(  # noqa: PLR0913 - one for each work
        self,
        *,
        load: Callable[[], Sealing | None],
        look: WorkLook,
        publish: PublishAccess,
        commands: SendCommands,
        offers: OpenOffers,
        chains: KeepChains,
        erasures: KeepErasures,
        clock: Clock,
        bell: Bell,
        pulse: Pulse | None = None,
    ) -> None:
        self._load, self._look, self._clock, self._bell = load, look, clock, bell
        self._publish, self._commands, self._offers, self._chains = publish, commands, offers, chains
        self._erasures, self._pulse = erasures, pulse
        self._sealing: Sealing | None = None
        self._next_us = dict.fromkeys(("keys", "slow", "expire", "chains"), 0)
        self._told = ""
        self._reconciled = False
        self._again = threading.Event()
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Begin; what is overdue is done at once."""
        self._thread = threading.Thread(target=self._run, name="custodian", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """End, after what is at hand."""
        self._stopping.set()
        self._bell.ring()
        if self._thread is not None:
            self._thread.join(STOP_S)
        if self._pulse is not None:
            self._pulse.rest()

    def publish_again(self) -> None:
        """Have unconfirmed lists published again, soon: the connection to the broker is back."""
        self._again.set()
        self._bell.ring()

    def step(self) -> None:
        """Do what there is to do now.

        Raises:
            StoreUnavailable: when the database can't be used now.
        """
        now_us = self._clock.now_us()
        if self._is_time("keys", KEYS_US, now_us):
            self._load_keys()
        if not self._reconciled:
            # Before any list is made: who was erased must not come back with a backup.
            self._erasures.run(now_us)
            self._publish.reconcile_all(now_us)
            self._reconciled = True
        if self._again.is_set():
            self._again.clear()
            self._publish_again()
        work, is_slow = self._look.work(), self._is_time("slow", SLOW_LOOK_US, now_us)
        if is_slow:
            self._erasures.run(now_us)
        # A host waits at the door: commands come first.
        if work.commands:
            self._commands.run(self._sealing, now_us)
        if self._sealing is not None and work.offers:
            self._offers.run(self._sealing, now_us)
        if self._sealing is not None and (work.lists or work.offers or is_slow):
            self._publish.run(self._sealing, now_us, with_stale=is_slow)
        if self._is_time("expire", EXPIRE_US, now_us):
            self._commands.expire(now_us)
        if self._sealing is not None and self._is_time("chains", CHAINS_US, now_us):
            signed, gone = self._chains.run(self._sealing.sign, now_us)
            _log.info("the log: %d chains anchored, %d entries were older than they may be", signed, gone)

    def _publish_again(self) -> None:
        try:
            self._publish.publish_again()
        except StoreUnavailable:
            self._again.set()
            raise

    def _is_time(self, what: str, every_us: int, now_us: int) -> bool:
        # A clock that was set back must not make it wait for as long.
        if self._next_us[what] - every_us <= now_us < self._next_us[what]:
            return False
        self._next_us[what] = now_us + every_us
        return True

    def _load_keys(self) -> None:
        try:
            self._sealing = self._load()
        except Exception as error:  # noqa: BLE001 - a file that is being replaced must not end the keys that are there
            self._tell(f"the hub's keys can't be loaded: {error}")
            return
        self._tell(
            ""
            if self._sealing is not None
            else "there is no key file: doors are off until `ankerort-hub keys init`"
        )

    def _tell(self, text: str) -> None:
        if text and text != self._told:
            _log.warning("%s", text)
        self._told = text

    def _run(self) -> None:
        failing = ""
        while not self._stopping.is_set():
            if self._pulse is not None:
                self._pulse.beat()
            try:
                self.step()
            except StoreUnavailable as error:
                _log.warning("custodian: %s; trying again", error)
                self._stopping.wait(RETRY_S)
            except Exception as error:  # noqa: BLE001 - whatever it is, doors depend on the next time
                text = f"{type(error).__name__}: {error}"
                if text != failing:
                    _log.exception("custodian: unexpected error; trying again each second, told once")
                failing = text
                self._stopping.wait(RETRY_S)
            else:
                failing = ""
                self._bell.wait(LOOK_S)
