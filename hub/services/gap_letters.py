"""Tells what a town's next report lacks, four weeks before it is due, to whoever can fill it (requirement S10).

Each person is told once for each report: the key of the letter names town, day, period and account, and what waits or
was sent is known for longer than those four weeks.
"""

import logging
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from datetime import date
from functools import partial
from typing import Final, Protocol

from hub.domain.letters import Lack, ReportGaps
from hub.domain.mail import Draft, Reader
from hub.domain.people import HOSTS, Actor, Role
from hub.domain.space import Town
from hub.domain.statistics.findings import PlaceLevel
from hub.domain.statistics.gaps import Filler, Gap, is_near
from hub.domain.statistics.periods import Span
from hub.domain.statistics.written import TownStatistics
from hub.domain.statistics.written_rules import ZONE, may_write, where
from hub.domain.time import day_bounds, local_date
from hub.figure_ports import GapList
from hub.services.attempts import again_when_busy

_log = logging.getLogger(__name__)

LISTED: Final = 30
"""So many gaps stand in a letter; the page has them all."""
_JOBS: Final = Actor(None, "jobs")


class GapLetterUnit(Protocol):
    """Towns, accounts and letters within one transaction; rolled back unless committed."""

    def towns(self) -> Sequence[Town]:
        """Return every town, with its spaces."""
        ...

    def all_settings(self) -> Mapping[str, TownStatistics]:
        """Return the settings of all towns that have any, by AGS."""
        ...

    def actors(self) -> Sequence[Actor]:
        """Return the accounts that can sign in, with what their roles come to."""
        ...

    def mail(self, draft: Draft, now_us: int) -> bool:
        """Write a mail into the outbox; false when its key is there already."""
        ...

    def commit(self) -> None:
        """Make all of it durable."""
        ...


class GapLetterUnits(Protocol):
    """Begins transactions; each raises `StoreUnavailable` when the database can't be used now."""

    def writing(self) -> AbstractContextManager[GapLetterUnit]:
        """Begin one that may commit."""
        ...

    def reading(self) -> AbstractContextManager[GapLetterUnit]:
        """Begin one that only looks."""
        ...


class GapSource(Protocol):
    """Knows what reports lack (`hub.figure_ports.FigureDesk`)."""

    def gaps(self, ags: str, actor: Actor, today: date) -> GapList:
        """Return what a town's next report lacks."""
        ...


class TellGaps:
    """Looks at all towns and tells of reports that are due soon.

    Args:
        units: where towns, accounts and letters are kept.
        source: of gaps.
    """

    def __init__(self, units: GapLetterUnits, source: GapSource) -> None:
        self._units, self._source = units, source

    def run(self, now_us: int) -> int:
        """Write what there is to tell into the outbox; return how many letters are new.

        Raises:
            StoreUnavailable: when the database can't now; the next run finds the same.
        """
        today = local_date(now_us, ZONE)
        with self._units.reading() as unit:
            near = [one.ags for one in unit.all_settings().values() if is_near(one, today)]
            towns = [town for town in unit.towns() if town.ags in near] if near else []
        told = 0
        for town in towns:
            found = self._source.gaps(town.ags, _JOBS, today)
            told += again_when_busy(partial(self._tell, town, found, now_us))
        return told

    def _tell(self, town: Town, found: GapList, now_us: int) -> int:
        due, span = found.settings.report_on, found.settings.report_of
        can_fill = [gap for gap in found.gaps if gap.filler is not Filler.NOBODY]
        if due is None or span is None or not can_fill:
            return 0
        told, has_reader = 0, False
        with self._units.writing() as unit:
            for actor in unit.actors():
                mine = [gap for gap in can_fill if concerns(actor, gap, town)]
                if not mine:
                    continue
                has_reader = True
                key = f"gaps/{town.ags}/{due}/{span}/{actor.account}"
                letter = _letter(actor, town, due, span, mine)
                until_us = day_bounds(due, ZONE).end_us
                told += unit.mail(Draft(key, Reader(account=actor.account), letter, until_us), now_us)
            if told:
                unit.commit()
                _log.info("%s: %d people are told what the report of %s lacks", town.name, told, due)
        if not has_reader:
            _log.warning(
                "%s: its report is due on %s and lacks %d things, and no account has the role statistics, "
                "technician or host there: give one (`ankerort-hub user role`)",
                town.name,
                due,
                len(can_fill),
            )
        return told


def concerns(actor: Actor, gap: Gap, town: Town) -> bool:
    """Say whether a gap is for somebody: who writes figures of its place sees all, others what is theirs to fill."""
    if may_write(actor, where((town,), gap.place)):
        return True
    spaces = [gap.place.id] if gap.place.level is PlaceLevel.SPACE else [space.id for space in town.spaces]
    roles = {Filler.TECHNICIAN: (Role.TECHNICIAN,), Filler.HOST: HOSTS}.get(gap.filler, ())
    return any(actor.may(space, *roles) for space in spaces)


def _letter(actor: Actor, town: Town, due: date, span: Span, gaps: Sequence[Gap]) -> ReportGaps:
    places = [gap.place for gap in gaps]
    sees_list = any(may_write(actor, where((town,), place)) for place in places)
    return ReportGaps(
        town_name=town.name,
        due_us=_begin_us(due),
        first_us=_begin_us(span.first_day),
        last_us=_begin_us(span.last_day),
        time_zone=ZONE,
        lacks=tuple(_lacks(gaps[:LISTED], town)),
        more=max(len(gaps) - LISTED, 0),
        path=f"/statistics/towns/{town.ags}/gaps" if sees_list else "",
    )


def _lacks(gaps: Iterable[Gap], town: Town) -> Iterator[Lack]:
    spaces = {space.id: space for space in town.spaces}
    for gap in gaps:
        at = where((town,), gap.place)
        yield Lack(
            gap.kind.value,
            at.name,
            _begin_us(gap.first),
            _begin_us(gap.last),
            spaces[gap.place.id].desk_name(gap.desk) if gap.desk else "",
            gap.figure,
            gap.known_pct,
            gap.may_stand_in,
        )


def _begin_us(day: date) -> int:
    return day_bounds(day, ZONE).start_us
