"""The papers that the law asks of a space, for those who manage it, and what the settings still lack."""

from typing import Final

from flask import Blueprint, Response, render_template
from werkzeug.exceptions import NotFound

from hub.domain.duties import DutyKind, practice_of
from hub.web.host.at import At, at
from hub.web.language import N_
from hub.web.papers import OPEN, WORDS, controller_of, pdf, shown
from hub.web.parts import parts

blueprint = Blueprint("duties", __name__)

RISKS: Final[dict[str, str]] = {
    "uid_cards": N_("Cards without a key open doors: a phone can copy them."),
    "small_space_shows": N_(
        "A space with few desks shows more than open or closed: who knows its only user sees when."
    ),
    "phone_opening": N_("Members open doors by phone: who has the phone and the account comes in."),
    "exits": N_("Readers at the exit log who goes out: how long somebody stayed can be told."),
}
"""By code of `hub.domain.duties.Practice.risks` (requirement P6)."""

MISSING: Final[dict[str, str]] = {
    "address": N_("address"),
    "contact": N_("contact"),
    "officer": N_("data protection officer"),
    "authority": N_("supervisory authority"),
    "basis_access": N_("legal basis of access"),
    "basis_bookings": N_("legal basis of bookings"),
    "basis_occupancy": N_("legal basis of the sensors"),
    "basis_statistics": N_("legal basis of statistics"),
    "accessibility_contact": N_("contact for barriers"),
    "enforcement": N_("body for arbitration"),
}
"""By name of the setting of `[[controller]]`."""


@blueprint.get("/spaces/<space>/host/papers")
def page(space: str) -> str:
    """List all papers, what the settings lack, and which settings raise the risk."""
    here = _managed(space)
    controller = controller_of(here.space)
    does = practice_of(here.space, has_mail=parts().config.has_mail)
    return render_template(
        "host/papers.html",
        at=here,
        open_kinds=OPEN,
        own_kinds=[kind for kind in DutyKind if kind not in OPEN],
        words=WORDS,
        controller=controller,
        missing=[MISSING[name] for name in controller.missing],
        risks=[RISKS[code] for code in does.risks],
    )


@blueprint.get("/spaces/<space>/host/papers/<kind>")
def paper(space: str, kind: str) -> str:
    """Show a paper that is not for everyone."""
    here = _managed(space)
    return render_template("host/paper.html", at=here, **shown(here.space, _kind(kind)))


@blueprint.get("/spaces/<space>/host/papers/<kind>.pdf")
def download(space: str, kind: str) -> Response:
    """Give a paper that is not for everyone as PDF."""
    return pdf(_managed(space).space, _kind(kind))


def _managed(space: str) -> At:
    here = at(space)
    if not here.is_manager:
        raise NotFound
    return here


def _kind(kind: str) -> DutyKind:
    found = next((one for one in DutyKind if one == kind and one not in OPEN), None)
    if found is None:
        raise NotFound
    return found
