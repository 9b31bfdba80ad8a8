"""Where and when somebody writes figures down: the town, its places, the actor, one frozen `now`, and the port."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Final

from werkzeug.exceptions import NotFound

from hub.domain.errors import NotAllowed, RuleRefused
from hub.domain.people import Actor
from hub.domain.space import Town
from hub.domain.statistics.figure import Figure
from hub.domain.statistics.findings import Place, PlaceLevel
from hub.domain.statistics.written_rules import ZONE, Where, may_write
from hub.domain.time import local_date
from hub.figure_ports import FigureDesk
from hub.web.accounts import present
from hub.web.language import N_, gettext, language
from hub.web.parts import parts
from hub.web.refusals import is_missing, refusal_text


@dataclass(frozen=True, slots=True)
class FiguresAt:
    """What each page of a town's figures begins with.

    Args:
        places: that the actor may write figures of, by the value that forms send.
    """

    town: Town
    actor: Actor
    now_us: int
    desk: FigureDesk
    places: Mapping[str, Where]

    @property
    def today(self) -> date:
        """The town's day."""
        return local_date(self.now_us, ZONE)

    @property
    def place(self) -> Place:
        """The town as a place."""
        return Place(PlaceLevel.TOWN, self.town.ags)

    @property
    def is_of_town(self) -> bool:
        """Whether the actor writes figures of the town itself, too."""
        return value_of(self.place) in self.places

    def choices(self) -> list[tuple[str, str]]:
        """Return the places for a form."""
        return [(value, one.name) for value, one in self.places.items()]

    def place_named(self, value: str) -> Place:
        """Return a place that a form sent, or the page that says that it is not there."""
        if value not in self.places:
            raise NotFound
        return self.places[value].place

    def name(self, place: Place) -> str:
        """Return what people call a place."""
        found = self.places.get(value_of(place))
        return place.id if found is None else found.name


def value_of(place: Place) -> str:
    """Return what a form sends for a place."""
    return f"{place.level}:{place.id}"


def figures_at(ags: str) -> FiguresAt:
    """Return where and when the present request is; to whoever has not the role there it is not there."""
    desk = parts().desks.figures
    if desk is None:
        raise NotFound
    actor, place = present().actor, Place(PlaceLevel.TOWN, ags)
    try:
        at = desk.where(place, actor)
    except RuleRefused:
        raise NotFound from None
    inside = [at, *(Where(Place(PlaceLevel.SPACE, one.id), at.town, one.name) for one in at.town.spaces)]
    places = {value_of(one.place): one for one in inside if may_write(actor, one)}
    return FiguresAt(at.town, actor, parts().clock.now_us(), desk, places)


def shown_at_figures(error: RuleRefused) -> str:
    """Return the words of a refusal for its form; what is not for the one who asks is a missing page instead."""
    if isinstance(error, NotAllowed) or (is_missing(error) and error.code != "unknown_figure"):
        raise NotFound
    return refusal_text(error)


def figure_name(figure: Figure) -> str:
    """Return a figure's name in the language of the moment."""
    return figure.name_de if language() == "de" else figure.name_en


FLAG_WORDS: Final = {
    "s": N_("estimated"),
    "r": N_("corrected"),
    "p": N_("preliminary"),
}


def flag_text(letter: str) -> str:
    """Return a flag in words."""
    return gettext(FLAG_WORDS[letter])
