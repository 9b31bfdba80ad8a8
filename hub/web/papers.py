"""Papers that the law asks for, from the live settings: three for everyone, two for those who manage a space."""

from dataclasses import dataclass
from io import BytesIO
from typing import Final

from flask import Blueprint, Response, render_template, send_file
from werkzeug.exceptions import NotFound

from hub.domain.duties import Controller, DutyKind, Paper
from hub.domain.space import Space
from hub.export.papers import paper
from hub.web.errors import SpaceNotFound
from hub.web.language import N_, gettext, language
from hub.web.parts import parts

blueprint = Blueprint("papers", __name__)

OPEN: Final = (DutyKind.NOTICE, DutyKind.ACCESSIBILITY, DutyKind.EASY)
"""For everyone; the others are for those who manage the space."""

WORDS: Final[dict[DutyKind, str]] = {
    DutyKind.NOTICE: N_("Privacy notice"),
    DutyKind.ACCESSIBILITY: N_("Accessibility statement"),
    DutyKind.EASY: N_("Leichte Sprache"),
    DutyKind.RECORD: N_("Record of processing activities (Art. 30 GDPR)"),
    DutyKind.ASSESSMENT: N_("Template of an impact assessment (Art. 35 GDPR)"),
}


@dataclass(frozen=True, slots=True)
class SpacePapers:
    """A space and its open papers."""

    space: Space
    kinds: tuple[DutyKind, ...] = OPEN


@blueprint.get("/papers")
def overview() -> str:
    """List the open papers of all spaces."""
    spaces = [SpacePapers(space) for town in parts().live.towns() for space in town.spaces]
    return render_template("papers.html", spaces=spaces, words=WORDS)


@blueprint.get("/spaces/<space>/papers/<kind>")
def page(space: str, kind: str) -> str:
    """Show a paper of a space."""
    return render_template("paper.html", **shown(_space(space), open_kind(kind)))


@blueprint.get("/spaces/<space>/papers/<kind>.pdf")
def download(space: str, kind: str) -> Response:
    """Give a paper of a space as PDF."""
    return pdf(_space(space), open_kind(kind))


def open_kind(kind: str) -> DutyKind:
    """Return the open paper that an address names."""
    found = next((one for one in OPEN if one == kind), None)
    if found is None:
        raise NotFound
    return found


def shown(space: Space, kind: DutyKind) -> dict[str, object]:
    """Return what the template of papers needs."""
    return {"paper": made(space, kind), "space": space, "kind": kind, "words": WORDS, "others": OPEN}


def pdf(space: Space, kind: DutyKind) -> Response:
    """Return a paper of a space as PDF, to be kept."""
    # Typesetting is loaded by whoever asks for a file.
    from hub.export.papers.setting import paper_pdf

    found = made(space, kind)
    file = paper_pdf(found, space.controller or space.name, "Seite" if found.language == "de" else "Page")
    name = f"{space.id}-{kind}.pdf"
    return send_file(BytesIO(file), mimetype="application/pdf", as_attachment=True, download_name=name)


def made(space: Space, kind: DutyKind) -> Paper:
    """Return a paper of a space as the settings are now."""
    config = parts().config
    return paper(kind, space, controller_of(space), config.kept, language(), has_mail=config.has_mail)


def controller_of(space: Space) -> Controller:
    """Return who answers for a space, with what the settings say of it."""
    name = space.controller or gettext("nobody named yet")
    return next((one for one in parts().config.controllers if one.name == space.controller), Controller(name))


def _space(space: str) -> Space:
    found = next((one for town in parts().live.towns() for one in town.spaces if one.id == space), None)
    if found is None:
        raise SpaceNotFound
    return found
