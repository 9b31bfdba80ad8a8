"""A space as one kind of viewer is shown it, in words: the same for page and stream, so they can't differ."""

import msgspec

from hub.domain.occupancy import Counts, DeskState, DeskView, SpaceLive
from hub.domain.space import PublicDetail
from hub.domain.time import opening_at, to_local
from hub.domain.visibility import Seen, Viewer, detail_for, see
from hub.web.floor_plan import layout_id
from hub.web.language import gettext
from hub.web.wording import STATES, besides, clock_text, has_life, opening_line, sentence, trouble_note


class DeskWords(msgspec.Struct, frozen=True):
    """A desk in words.

    Args:
        state: a `DeskState`, for marks and colours.
        word: the state in the language of the viewer.
        note: why the state is not known, or empty.
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


class LiveView(msgspec.Struct, frozen=True):
    """All that changes on a live page, except for the time.

    Args:
        layout: stands for desks and plan; when it changes, a page must be loaded again.
        sentence: the state in one sentence.
        besides: what the sentence leaves out ("2 unbekannt"), or empty.
        opening: until when it is open, or when it opens; empty when the sentence says so.
        tally: None when it may not be seen, or is not known.
    """

    detail: str
    layout: str
    is_open: bool
    sentence: str
    besides: str
    opening: str
    tally: Tally | None
    desks: tuple[DeskWords, ...]


def seen_by(live: SpaceLive, viewer: Viewer) -> Seen:
    """Return what this viewer may see of a space."""
    return see(live, detail_for(live.space, viewer))


def live_view(seen: Seen) -> LiveView:
    """Return what is seen, in the language of the moment."""
    space, opening = seen.space, opening_at(seen.space, seen.now_us)
    line = opening_line(space, opening, seen.now_us)
    has_desks = seen.detail is not PublicDetail.STATE and has_life(space, seen.now_us)
    return LiveView(
        detail=seen.detail,
        layout=layout_id(space),
        is_open=opening.is_open,
        sentence=sentence(seen.counts) if has_desks else line,
        besides=besides(seen.counts) if has_desks else "",
        opening=line if has_desks else "",
        tally=_tally(seen.counts) if has_desks else None,
        desks=tuple(_desk(desk, seen) for desk in seen.desks),
    )


def as_of(seen: Seen) -> str:
    """Return the time that the view is true for: to the second when that is now, to the minute when it is older."""
    return clock_text(to_local(seen.as_of_us, seen.space.time_zone), seconds=seen.as_of_us == seen.now_us)


def _desk(view: DeskView, seen: Seen) -> DeskWords:
    return DeskWords(
        id=view.desk.id,
        name=view.desk.name,
        state=view.state,
        word=gettext(STATES[view.state]),
        note=trouble_note(view, seen.space, seen.now_us) if view.state is DeskState.UNKNOWN else "",
    )


def _tally(counts: Counts | None) -> Tally | None:
    if counts is None:
        return None
    return Tally(counts.free, counts.occupied, counts.unknown, counts.out_of_service)
