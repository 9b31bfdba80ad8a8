"""The overview: towns with their spaces, and what is free there now."""

from dataclasses import dataclass

from flask import Blueprint, Response, make_response, render_template

from hub.domain.occupancy import SpaceLive
from hub.domain.space import Space, Town
from hub.domain.visibility import PUBLIC
from hub.web.language import language
from hub.web.live_view import LiveView, live_view, seen_by
from hub.web.parts import parts
from hub.web.wording import life_text, wall_clock

blueprint = Blueprint("overview", __name__)


@dataclass(frozen=True, slots=True)
class SpaceRow:
    """A space on the overview.

    Args:
        life: until when it exists, or empty.
    """

    space: Space
    life: str
    view: LiveView


@dataclass(frozen=True, slots=True)
class TownRow:
    """A town on the overview.

    Args:
        note: a kind sentence when it has no space, or empty.
        neighbours: towns to go to instead.
    """

    town: Town
    spaces: tuple[SpaceRow, ...]
    note: str
    neighbours: tuple[Town, ...]


@blueprint.get("/")
def overview() -> Response:
    """Show all towns; the same for everyone, whatever links they hold."""
    now_us = parts().clock.now_us()
    towns = parts().live.towns()
    lives = {live.space.id: live for live in parts().live.overview(now_us)}
    by_id = {town.id: town for town in towns}
    rows = [_row(town, lives, by_id) for town in towns]
    return make_response(render_template("overview.html", rows=rows, as_of=wall_clock(now_us)))


def _row(town: Town, lives: dict[str, SpaceLive], towns: dict[str, Town]) -> TownRow:
    spaces = tuple(_space_row(lives[space.id]) for space in town.spaces if space.id in lives)
    note = town.note_en if language() == "en" else town.note_de
    neighbours = tuple(towns[name] for name in town.neighbours if name in towns and towns[name].spaces)
    return TownRow(town, spaces, note, () if spaces else neighbours)


def _space_row(live: SpaceLive) -> SpaceRow:
    seen = seen_by(live, PUBLIC)
    return SpaceRow(seen.space, life_text(seen.space, seen.now_us), live_view(seen))
