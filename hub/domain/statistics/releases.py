"""Releases: what was published when, what is due next, and what changed from one version to the next; pure."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum
from typing import Final

from hub.domain.errors import NotAllowed, RuleRefused
from hub.domain.life import counts_on, life_of
from hub.domain.people import Actor, Role, town_scope
from hub.domain.space import Space, Town
from hub.domain.statistics.findings import NETWORK, Place, PlaceLevel
from hub.domain.statistics.periods import Month, Span
from hub.domain.statistics.printed import Audience, PlaceNote, Printed, Report

KEYS_END: Final = (3, 31)
"""Month and day of the year after, on which the pseudonyms of a year end (DESIGN section 8)."""


@dataclass(frozen=True, slots=True)
class Release:
    """A frozen report, without its rows: for lists."""

    subject: Place
    period: Span
    audience: Audience
    version: int
    made_on: date
    published_us: int
    checksum: str


@dataclass(frozen=True, slots=True)
class Due:
    """A report that is still to be published.

    Args:
        by: until when.
    """

    subject: Place
    name: str
    period: Span
    by: date

    @property
    def is_when_keys_end(self) -> bool:
        """Whether that day is the one on which the pseudonyms of the period's last year end."""
        return self.by == date(self.period.last.year + 1, *KEYS_END)

    def is_late(self, today: date) -> bool:
        """Say whether that day is over."""
        return self.by < today


class ChangeKind(StrEnum):
    """What became of a row from one version to the next."""

    NEW = "new"
    GONE = "gone"
    CHANGED = "changed"


@dataclass(frozen=True, slots=True)
class Change:
    """A row that is not what it was.

    Args:
        before, after: None where there is none.
    """

    before: Printed | None
    after: Printed | None

    @property
    def kind(self) -> ChangeKind:
        """What became of it."""
        if self.before is None:
            return ChangeKind.NEW
        return ChangeKind.GONE if self.after is None else ChangeKind.CHANGED

    @property
    def row(self) -> Printed:
        """The row as it is, or as it was last."""
        row = self.after or self.before
        assert row is not None
        return row


def changes(before: Sequence[Printed], after: Sequence[Printed]) -> tuple[Change, ...]:
    """Return what differs between the rows of two versions, in the order of the later one; what is gone comes last."""
    was = {_key(row): row for row in before}
    is_now = {_key(row) for row in after}
    found = [Change(was.get(_key(row)), row) for row in after if was.get(_key(row)) != row]
    return (*found, *(Change(row, None) for row in before if _key(row) not in is_now))


def has_news(draft: Report, last: Report | None) -> bool:
    """Say whether a report says anything that its last version does not: a number, a target, a name, last year's."""
    if last is None:
        return True
    beside = [(one.places, one.targets, one.previous, one.publisher) for one in (last, draft)]
    return bool(changes(last.rows, draft.rows)) or beside[0] != beside[1]


def _key(row: Printed) -> tuple[Place, Span, str]:
    return row.place, row.period, row.figure


def subject_of(place: Place, towns: Sequence[Town]) -> tuple[Town, ...]:
    """Return the towns that a report is about, each with those of its spaces that it is about.

    Raises:
        RuleRefused: when there is no such town or space.
    """
    if place.level is PlaceLevel.NETWORK:
        if place != NETWORK:
            raise RuleRefused(
                f'there is one network, and it is called "{NETWORK.id}"', code="unknown_network"
            )
        return tuple(towns)
    if place.level is PlaceLevel.TOWN:
        found = tuple(town for town in towns if town.ags == place.id)
        if not found:
            known = ", ".join(f"{town.ags} {town.name}" for town in towns) or "none yet: import a site file"
            raise RuleRefused(
                f'there is no town with the AGS "{place.id[:20]}"; known are {known}',
                code="unknown_town",
                town=place.id,
            )
        return found
    for town in towns:
        for space in town.spaces:
            if space.id == place.id:
                return (replace(town, spaces=(space,)),)
    known = ", ".join(space.id for town in towns for space in town.spaces) or "none yet: import a site file"
    raise RuleRefused(
        f'there is no space "{place.id[:60]}"; known are {known}', code="unknown_space", space=place.id
    )


def check_period(span: Span, towns: Sequence[Town], today: date) -> None:
    """Refuse a period of which nothing can be said.

    Args:
        towns: what the report is about.

    Raises:
        RuleRefused: when it lies in the future, or ends before the first desk stood there.
    """
    if span.first_day > today:
        raise RuleRefused(
            f"{span} lies in the future: choose a period that has begun",
            code="period_in_future",
            period=str(span),
        )
    began = [first for town in towns for space in town.spaces if (first := first_day(space)) is not None]
    if began and min(began) > span.last_day:
        raise RuleRefused(
            f"{span} ends before the first desk stood there: choose a period from {Month.of(min(began))} on",
            code="before_first_desk",
            period=str(span),
            first=min(began),
        )


def first_day(space: Space) -> date | None:
    """Return the first day that statistics count, or None while there is only a test, or nothing."""
    found = [one.starts_on for one in life_of(space) if counts_on(space, one.starts_on)]
    return min(found, default=None)


def counted_days(space: Space, span: Span) -> Iterator[date]:
    """Give the days of a period that statistics count of a space."""
    return (day for day in span.days() if counts_on(space, day))


def notes(place: Place, towns: Sequence[Town], on: date) -> tuple[PlaceNote, ...]:
    """Return what a report says of its places: the whole first, then town by town with its spaces.

    Args:
        towns: what it is about.
        on: last day of the period.
    """
    found = [_space_note(space, town, on) for town in towns for space in town.spaces]
    if place.level is PlaceLevel.SPACE:
        return tuple(found)
    by_town = [
        note
        for town in towns
        for note in (_town_note(town, found), *(one for one in found if one.ags == town.ags))
    ]
    if place.level is PlaceLevel.TOWN:
        return tuple(by_town)
    whole = PlaceNote(
        NETWORK,
        "",
        desks=sum(one.desks for one in found),
        sensed_desks=sum(one.sensed_desks for one in found),
    )
    return (whole, *by_town)


def _town_note(town: Town, spaces: Iterable[PlaceNote]) -> PlaceNote:
    own = [one for one in spaces if one.ags == town.ags]
    return PlaceNote(
        Place(PlaceLevel.TOWN, town.ags),
        town.name,
        town=town.name,
        ags=town.ags,
        land=town.land,
        inhabitants=town.inhabitants,
        inhabitants_on=town.inhabitants_on,
        desks=sum(one.desks for one in own),
        sensed_desks=sum(one.sensed_desks for one in own),
        has_space=bool(own),
    )


def _space_note(space: Space, town: Town, on: date) -> PlaceNote:
    in_service = [desk for desk in space.desks if desk.in_service] if counts_on(space, on) else []
    return PlaceNote(
        Place(PlaceLevel.SPACE, space.id),
        space.name,
        town=town.name,
        ags=town.ags,
        land=town.land,
        kind=space.kind.value,
        phase=space.phase.value,
        desks=len(in_service),
        sensed_desks=sum(1 for desk in in_service if desk.sensor),
    )


def within(report: Report, places: Collection[Place]) -> Report:
    """Return the part of a report that is about some places; its checksum stays that of the whole."""
    return replace(
        report,
        places=tuple(note for note in report.places if note.place in places),
        rows=tuple(row for row in report.rows if row.place in places),
        targets=tuple(target for target in report.targets if target.place in places),
        previous=tuple(row for row in report.previous if row.place in places),
    )


def due(
    towns: Sequence[Town],
    releases: Sequence[Release],
    today: date,
    asked: Mapping[str, tuple[Span, date]] | None = None,
) -> tuple[Due, ...]:
    """Return the reports that towns have a day for, by that day; then those of last year that are not published.

    A town counts where a space had a day that counts. Those of last year are due before its pseudonyms end: later,
    nobody could be counted. The network's comes last.

    Args:
        asked: by AGS, which period a town has to report on, and until when (S10).
    """
    span, by = Span.of_year(today.year - 1), date(today.year, *KEYS_END)
    public = {(one.subject, one.period) for one in releases if one.audience is Audience.PUBLIC}
    wanted = [
        Due(Place(PlaceLevel.TOWN, town.ags), town.name, *asked[town.ags])
        for town in towns
        if asked and town.ags in asked
    ]
    found = [one for one in wanted if (one.subject, one.period) not in public]
    done = public | {(one.subject, one.period) for one in wanted}
    counted = [town for town in towns if any(_counts_in(space, span) for space in town.spaces)]
    subjects = [(Place(PlaceLevel.TOWN, town.ags), town.name) for town in counted]
    if counted:
        subjects.append((NETWORK, ""))
    found += [Due(place, name, span, by) for place, name in subjects if (place, span) not in done]
    return tuple(sorted(found, key=lambda one: one.by))


def _counts_in(space: Space, span: Span) -> bool:
    return next(counted_days(space, span), None) is not None


def year_before(span: Span) -> Span:
    """Return the same run of months a year earlier."""
    return Span(span.first.plus(-12), span.last.plus(-12))


def need_statistics(actor: Actor, subject: Place, towns: Sequence[Town]) -> None:
    """Refuse whoever has not the role Statistik for a subject.

    Raises:
        NotAllowed: when the actor has not.
    """
    if not may_release(actor, subject, towns):
        raise _not_allowed(Role.STATISTICS, subject)


def need_research(actor: Actor, subject: Place, towns: Sequence[Town]) -> None:
    """Refuse whoever has not the roles Statistik and Forschung for a subject (requirement P8).

    Raises:
        NotAllowed: when the actor has not.
    """
    need_statistics(actor, subject, towns)
    if not may_extract(actor, subject, towns):
        raise _not_allowed(Role.RESEARCH, subject)


def may_release(actor: Actor, subject: Place, towns: Sequence[Town]) -> bool:
    """Say whether an actor has the role Statistik for a subject: of a space, of its town, or of every space.

    Args:
        towns: what the subject is about (`subject_of`).
    """
    return _has(Role.STATISTICS, actor, subject, towns)


def may_extract(actor: Actor, subject: Place, towns: Sequence[Town]) -> bool:
    """Say whether an actor may make extracts for studies: that takes a role of its own beside Statistik."""
    return may_release(actor, subject, towns) and _has(Role.RESEARCH, actor, subject, towns)


def _has(role: Role, actor: Actor, subject: Place, towns: Sequence[Town]) -> bool:
    if subject.level is PlaceLevel.SPACE:
        return actor.may(subject.id, role)
    if subject.level is PlaceLevel.TOWN:
        return all(actor.may(town_scope(town.id), role) for town in towns)
    return actor.may("", role)


def _not_allowed(role: Role, subject: Place) -> NotAllowed:
    return NotAllowed(
        f"this takes the role {role} for {subject.level} {subject.id}: ask for it", code="not_allowed"
    )
