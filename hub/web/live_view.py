"""A space as one kind of viewer is shown it, in words: the same for page and stream, so they can't differ."""

from typing import Final

import msgspec

from hub.domain.occupancy import Counts, DeskState, DeskView, Reserved, SpaceLive
from hub.domain.space import PublicDetail
from hub.domain.time import local_date, opening_at, to_local
from hub.domain.visibility import Seen, Viewer, detail_for, see
from hub.web.floor_plan import layout_id
from hub.web.language import gettext
from hub.web.wording import (
    STATES,
    besides,
    clock_text,
    has_life,
    opening_line,
    reserved_text,
    sentence,
    trouble_note,
)

SOON_US: Final = 3_600_000_000
"""A desk that is taken within the hour is not offered as free."""

BOOKED: Final = "booked"
"""The state of a free desk that is reserved now or soon."""

SCREEN_LINES: Final = 4


class DeskWords(msgspec.Struct, frozen=True):
    """A desk in words.

    Args:
        state: a `DeskState` or `BOOKED`, for marks and colours.
        word: the state in the language of the viewer.
        note: why the state is not known, or from when it is reserved, or empty.
    """

    id: str
    name: str
    state: str
    word: str
    note: str


class Tally(msgspec.Struct, frozen=True):
    """Desks by state."""

    free: int
    occupied: int
    unknown: int
    out_of_service: int
    booked: int = 0


class LiveView(msgspec.Struct, frozen=True):
    """All that changes on a live page, except for the time.

    Args:
        layout: stands for desks and plan; when it changes, a page must be loaded again.
        sentence: the state in one sentence.
        besides: what the sentence leaves out ("2 unbekannt"), or empty.
        opening: until when it is open, or when it opens; empty when the sentence says so.
        tally: None when it may not be seen, or is not known.
        reserved_now, reserved_next: what a screen says of bookings, without persons; or empty.
    """

    detail: str
    layout: str
    is_open: bool
    sentence: str
    besides: str
    opening: str
    tally: Tally | None
    desks: tuple[DeskWords, ...]
    reserved_now: str = ""
    reserved_next: str = ""


def seen_by(live: SpaceLive, viewer: Viewer) -> Seen:
    """Return what this viewer may see of a space."""
    return see(live, detail_for(live.space, viewer))


def live_view(seen: Seen) -> LiveView:
    """Return what is seen, in the language of the moment."""
    space, opening = seen.space, opening_at(seen.space, seen.now_us)
    line = opening_line(space, opening, seen.now_us)
    has_desks = seen.detail is not PublicDetail.STATE and has_life(space, seen.now_us)
    desks = tuple(_desk(desk, seen) for desk in seen.desks)
    booked = sum(words.state == BOOKED for words in desks)
    now_text, next_text = _on_screen(seen)
    return LiveView(
        detail=seen.detail,
        layout=layout_id(space),
        is_open=opening.is_open,
        sentence=sentence(seen.counts, booked) if has_desks else line,
        besides=besides(seen.counts, booked) if has_desks else "",
        opening=line if has_desks else "",
        tally=_tally(seen.counts, booked) if has_desks else None,
        desks=desks,
        reserved_now=now_text,
        reserved_next=next_text,
    )


def as_of(seen: Seen) -> str:
    """Return the time that the view is true for: to the second when that is now, to the minute when it is older."""
    return clock_text(to_local(seen.as_of_us, seen.space.time_zone), seconds=seen.as_of_us == seen.now_us)


def _desk(view: DeskView, seen: Seen) -> DeskWords:
    state: str = view.state
    word = gettext(STATES[view.state])
    note = trouble_note(view, seen.space, seen.now_us) if view.state is DeskState.UNKNOWN else ""
    reserved = next((one.time for one in seen.reserved if one.desk == view.desk.id), None)
    if (
        reserved is not None
        and view.state is not DeskState.OUT_OF_SERVICE
        and _is_today(reserved.start_us, seen)
    ):
        when = reserved_text(reserved, seen.space.time_zone, seen.now_us)
        if view.state is DeskState.FREE and reserved.start_us - seen.now_us < SOON_US:
            state, word = BOOKED, when
        elif view.state is not DeskState.OCCUPIED or reserved.start_us > seen.now_us:
            # Of a desk in use it is not told whether whoever sits there has booked it.
            note = ", ".join(filter(None, (note, when)))
    return DeskWords(id=view.desk.id, name=view.desk.name, state=state, word=word, note=note)


def _is_today(at_us: int, seen: Seen) -> bool:
    zone = seen.space.time_zone
    return at_us <= seen.now_us or local_date(at_us, zone) == local_date(seen.now_us, zone)


def _on_screen(seen: Seen) -> tuple[str, str]:
    """Return which desks are reserved now, and which next, for those who stand before a screen."""
    today = [one for one in seen.reserved if _is_today(one.time.start_us, seen)]
    now = [one for one in today if one.time.start_us <= seen.now_us]
    later = [one for one in today if one.time.start_us > seen.now_us]
    first_us = min((one.time.start_us for one in later), default=0)
    coming = [one for one in later if one.time.start_us == first_us]
    return _listed(now, seen), _listed(coming, seen)


def _listed(reserved: list[Reserved], seen: Seen) -> str:
    if not reserved:
        return ""
    in_service = [view.desk for view in seen.desks if view.desk.in_service]
    if len(in_service) > 1 and len({one.time for one in reserved}) == 1 and len(reserved) >= len(in_service):
        what = [gettext("the whole space")]
    else:
        names = {view.desk.id: view.desk.name for view in seen.desks}
        what = [names[one.desk] for one in reserved if one.desk in names]
    more = len(what) - SCREEN_LINES
    said = ", ".join(what[:SCREEN_LINES]) + (f" +{more}" if more > 0 else "")
    ends = {one.time.end_us for one in reserved}
    starts = {one.time.start_us for one in reserved}
    zone = seen.space.time_zone
    if min(starts) > seen.now_us:
        return gettext("%(desk)s from %(time)s", desk=said, time=clock_text(to_local(min(starts), zone)))
    if len(ends) == 1:
        return gettext("%(desk)s until %(time)s", desk=said, time=clock_text(to_local(min(ends), zone)))
    return said


def _tally(counts: Counts | None, booked: int) -> Tally | None:
    if counts is None:
        return None
    return Tally(counts.free - booked, counts.occupied, counts.unknown, counts.out_of_service, booked)
