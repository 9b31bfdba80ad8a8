"""Keeps it that erased persons stay erased: database and ledger tell each other (DESIGN section 5).

The ledger lies outside the database and its backups. A backup that is put back has the person again, and not the
erasure: whoever the ledger knows as erased is erased again, before devices get a list that was made of the backup.
"""

import logging
from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import AbstractContextManager
from typing import Protocol

from hub.custody_ports import ErasedLedger

_log = logging.getLogger(__name__)


class ErasureUnit(Protocol):
    """Erasures within one transaction; rolled back unless committed."""

    def noted(self) -> Mapping[str, int]:
        """Return the words of all who were erased, and when, as the database knows."""
        ...

    def members_of(self, refs: Collection[str]) -> Mapping[str, int]:
        """Return the keys of members that have one of some words."""
        ...

    def spaces_of(self, member: int) -> Sequence[str]:
        """Return the ids of the spaces that a member belongs to."""
        ...

    def erase(self, member: int, now_us: int) -> None:
        """Take a person out of every table."""
        ...

    def note(self, erasures: Mapping[str, int]) -> None:
        """Note erasures that only the ledger knows."""
        ...

    def log(self, what: Mapping[str, object], now_us: int, card: int | None = None) -> None:
        """Add an entry to the log of actions."""
        ...

    def want_lists(self, space: str) -> None:
        """Have every trusted device of a space get a list that says what holds now."""
        ...

    def commit(self) -> None:
        """Make all of it durable."""
        ...


class ErasureUnits(Protocol):
    """Begins transactions; each raises `StoreUnavailable` when the database can't be used now."""

    def writing(self) -> AbstractContextManager[ErasureUnit]:
        """Begin one that may commit."""
        ...

    def reading(self) -> AbstractContextManager[ErasureUnit]:
        """Begin one that only looks."""
        ...


class KeepErasures:
    """Brings database and ledger together.

    Args:
        units: erasures in the database.
        ledger: outside of it.
        forget: has no file of the database hold what was deleted; says whether it could, else it is tried again.
    """

    def __init__(
        self, units: ErasureUnits, ledger: ErasedLedger, forget: Callable[[], bool] = lambda: True
    ) -> None:
        self._units, self._ledger, self._forget = units, ledger, forget
        self._known: int | None = None
        """How many erasures there were when files were clean last."""

    def run(self, now_us: int) -> int:
        """Write down who was erased, and erase again who came back; return how many came back.

        A ledger that can't be used is told, and tried again: until then, erasures stand in the database alone.

        Raises:
            StoreUnavailable: when the database can't be used now.
        """
        with self._units.reading() as unit:
            noted = unit.noted()
        back = self._together(noted, now_us)
        number = len(noted) + back
        if number != self._known and self._forget():
            self._known = number
        return back

    def _together(self, noted: Mapping[str, int], now_us: int) -> int:
        try:
            told = self._ledger.erased()
            fresh = {ref: at_us for ref, at_us in noted.items() if ref not in told}
            if fresh:
                self._ledger.append_erased(fresh)
        except OSError as error:
            _log.critical(
                "the ledger of erased persons can't be used (%s): check the file, its owner and disk", error
            )
            return 0
        unknown = {ref: at_us for ref, at_us in told.items() if ref not in noted}
        return self._again(unknown, now_us) if unknown else 0

    def _again(self, unknown: Mapping[str, int], now_us: int) -> int:
        with self._units.writing() as unit:
            back = unit.members_of(unknown)
            for member in sorted(back.values()):
                spaces = unit.spaces_of(member)
                unit.erase(member, now_us)
                unit.log({"what": "member_erased_again", "spaces": spaces, "because": "ledger"}, now_us)
                for space in spaces:
                    unit.want_lists(space)
            unit.note({ref: at_us for ref, at_us in unknown.items() if ref not in back})
            unit.commit()
        if back:
            _log.warning(
                "%d erased persons were in the database again and are erased: is it a backup?", len(back)
            )
        return len(back)
