"""What follows when the last day of a space is over: cards, devices, and some time later its persons.

A step of `jobs`. It runs where somebody has said that the space closes (`hub.services.life_desk`): the last day of a
site file alone blocks no card. Each part is done once, and again where it was interrupted.
"""

import logging
from collections.abc import Iterable
from typing import Final

from hub.custody_ports import DeviceTrusts
from hub.domain.errors import RuleRefused
from hub.domain.people import Actor
from hub.domain.time import day_bounds, local_date
from hub.life_ports import EndedSpace
from hub.services.life_desk import closing, end_bookings
from hub.services.life_unit import LifeUnits

_log = logging.getLogger(__name__)

DAY_US: Final = 86_400_000_000
LISTS_DEAD_US: Final = 15 * DAY_US
"""After it every list of before is dead, also of a device that never said that it has the empty one."""

REASON: Final = "Der Ort ist geschlossen"
"""On blocked cards and cancelled bookings, for those who read them."""

_JOBS: Final = Actor(None, "jobs")


class CloseSpaces:
    """Does what follows from the end of spaces.

    Args:
        units: the life of spaces.
        trusts: of devices.
        person_days: how long after the last day persons without any other space are kept.
    """

    def __init__(self, units: LifeUnits, trusts: DeviceTrusts, *, person_days: int) -> None:
        self._units, self._trusts, self._person_us = units, trusts, person_days * DAY_US

    def run(self, now_us: int) -> list[str]:
        """Do what is due; return the ids of spaces whose pages look different now.

        Raises:
            StoreUnavailable: when the database can't be used now; what was not done is due again.
        """
        with self._units.reading() as unit:
            ended = [one for one in unit.ended() if local_date(now_us, one.time_zone) >= one.on]
        fresh = [one for one in ended if one.done_us is None]
        for one in fresh:
            self._close(one, now_us)
        done = [one for one in ended if one.done_us is not None]
        if done:
            self._distrust(done, now_us)
        for one in done:
            if now_us >= day_bounds(one.on, one.time_zone).start_us + self._person_us:
                self._erase(one, now_us)
        return [one.space for one in fresh]

    def _close(self, one: EndedSpace, now_us: int) -> None:
        """Block cards and end bookings; lists without any card follow, and the ledger keeps the blocks."""
        with self._units.writing() as unit:
            place = unit.place(one.space)
            # What was booked in the very moment in which the end was decided.
            end_bookings(unit, place, closing(unit, place, one.on, now_us), REASON, _JOBS, now_us)
            cards = unit.block_cards(one.space, REASON, now_us)
            unit.note_done(one.space, now_us)
            unit.log({"what": "space_closed", "space": one.space, "on": str(one.on), "cards": cards}, now_us)
            unit.want_lists(one.space)
            unit.commit()
        _log.info("space %s has closed: %d cards are blocked", one.space, cards)

    def _distrust(self, ended: Iterable[EndedSpace], now_us: int) -> None:
        """Take the trust from devices that have the empty list, and from those whose last list is dead."""
        since = {one.space: one.done_us or now_us for one in ended}
        for device in self._trusts.devices():
            done_us = since.get(device.space)
            if done_us is None or device.revoked_us is not None:
                continue
            if not device.is_pending or now_us - done_us >= LISTS_DEAD_US:
                try:
                    self._trusts.revoke(device.space, device.device, REASON, now_us)
                except RuleRefused as refused:
                    # The site file has it no more: no list is made for it any longer.
                    _log.debug("%s/%s: %s", device.space, device.device, refused)

    def _erase(self, one: EndedSpace, now_us: int) -> None:
        """Erase persons who have no other space, each in a transaction of its own."""
        with self._units.reading() as unit:
            members = unit.only_here(one.space)
        for member in members:
            with self._units.writing() as unit:
                unit.erase(member, now_us)
                unit.log({"what": "member_erased", "spaces": [one.space], "because": "space_closed"}, now_us)
                unit.commit()
        with self._units.writing() as unit:
            unit.note_erased(one.space, now_us)
            unit.commit()
        _log.info("space %s closed on %s: %d persons are erased", one.space, one.on, len(members))
