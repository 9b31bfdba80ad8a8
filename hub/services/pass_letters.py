"""Tells members that a pass runs out: once for each pass, by a look each day."""

import logging
from collections.abc import Sequence
from contextlib import AbstractContextManager
from datetime import timedelta
from functools import partial
from typing import Final, Protocol

from hub.domain.letters import PassEnds
from hub.domain.mail import Draft, Reader
from hub.domain.pass_ends import EndingPass, Holder, ending_passes
from hub.domain.time import day_bounds, local_date
from hub.services.attempts import again_when_busy

_log = logging.getLogger(__name__)

LATE_US: Final = 7 * 86_400_000_000
"""So long after it was written a letter is still of use, if it can't be sent at once."""

PATH: Final = "/me/"


class PassLetterUnit(Protocol):
    """Passes and letters within one transaction; rolled back unless committed."""

    def spaces(self) -> Sequence[tuple[str, str, str]]:
        """Return (id, name, zone) of the spaces in which passes were sold."""
        ...

    def holders(self, space: str) -> Sequence[Holder]:
        """Return who has passes of a space of which nothing was told yet."""
        ...

    def reader(self, member: int) -> Reader | None:
        """Return who gets a member's letters; None when nobody can be reached."""
        ...

    def mail(self, draft: Draft, now_us: int) -> bool:
        """Write a mail into the outbox; false when its key is there already."""
        ...

    def note_told(self, held: int, now_us: int) -> None:
        """Note that a pass's member was told."""
        ...

    def commit(self) -> None:
        """Make all of it durable."""
        ...


class PassLetterUnits(Protocol):
    """Begins transactions; each raises `StoreUnavailable` when the database can't be used now."""

    def writing(self) -> AbstractContextManager[PassLetterUnit]:
        """Begin one that may commit."""
        ...

    def reading(self) -> AbstractContextManager[PassLetterUnit]:
        """Begin one that only looks."""
        ...


class TellPassEnds:
    """Looks at all passes and tells of those that run out.

    Args:
        units: where they are kept.
    """

    def __init__(self, units: PassLetterUnits) -> None:
        self._units = units

    def run(self, now_us: int) -> int:
        """Write what there is to tell into the outbox; return how many letters.

        Raises:
            StoreUnavailable: when the database can't now; the next run finds the same.
        """
        with self._units.reading() as unit:
            spaces = unit.spaces()
        return sum(again_when_busy(partial(self._tell, space, now_us)) for space in spaces)

    def _tell(self, space: tuple[str, str, str], now_us: int) -> int:
        id_, name, zone = space
        today, told = local_date(now_us, zone), 0
        with self._units.writing() as unit:
            for holder in unit.holders(id_):
                ending = [
                    one
                    for one in ending_passes(holder.passes, holder.visits, today)
                    if one.held.pk in holder.untold
                ]
                reader = unit.reader(holder.member) if ending else None
                if reader is None:
                    # Once an address is known, there may still be something to tell.
                    continue
                for one in ending:
                    key = f"pass/{id_}/{one.held.pk}/{one.held.sold_on}/{holder.ref}"
                    letter = _letter(one, name, zone)
                    unit.mail(Draft(key, reader, letter, now_us + LATE_US, id_), now_us)
                    unit.note_told(one.held.pk, now_us)
                    told += 1
            if told:
                unit.commit()
                _log.info("space %s: %d members are told that a pass runs out", id_, told)
        return told


def _letter(ending: EndingPass, space_name: str, zone: str) -> PassEnds:
    last = ending.held.valid_to
    ends_us = None if last is None else day_bounds(last + timedelta(days=1), zone).start_us
    return PassEnds(space_name, ending.held.tariff.name, ends_us, ending.left, ending.unit, zone, PATH)
