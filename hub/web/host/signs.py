"""Signs to print: A5 for the door, A6 for each desk, with a QR code and what the sensor sees and does not see."""

from dataclasses import dataclass, replace
from io import BytesIO
from typing import Final

from flask import Blueprint, Response, render_template, request, send_file, url_for
from markupsafe import Markup
from werkzeug.exceptions import NotFound

from hub.export.signs import Layout, Sign, desk_sign, door_sign, signs_pdf
from hub.web.host.at import at
from hub.web.language import N_, language
from hub.web.qr_codes import qr_code
from hub.web.space_pages import address_of, public_address

blueprint = Blueprint("signs", __name__)

LAYOUTS: Final[dict[Layout, str]] = {
    Layout.DOOR_A5: N_("Sign at the door, A5"),
    Layout.DESKS_A6: N_("Signs of desks, A6, one to a page"),
    Layout.DESKS_A4: N_("Signs of desks, four on A4 with marks to cut at"),
}


@dataclass(frozen=True, slots=True)
class ShownSign:
    """A sign on the page; its code is drawn by the page's own style."""

    sign: Sign
    code: Markup


@blueprint.get("/spaces/<space>/host/signs")
def page(space: str) -> str:
    """Show all signs of a space as they are printed; `desk=` for one alone."""
    here = at(space)
    shown = replace(here.space, address=address_of(here.space))
    only = request.args.get("desk")
    signs = []
    for desk in here.space.desks:
        if only and desk.id != only:
            continue
        address = desk_address(space, desk.id)
        signs.append(ShownSign(desk_sign(shown, desk, address, language()), qr_code(address)))
    door_address = public_address(space)
    door = ShownSign(door_sign(shown, door_address, language()), qr_code(door_address))
    layouts = [one for one in LAYOUTS if here.space.desks or one is Layout.DOOR_A5]
    return render_template(
        "host/signs.html",
        at=here,
        signs=signs,
        door=door,
        only=only,
        layouts=[(one.value, LAYOUTS[one]) for one in layouts if not only or one is Layout.DESKS_A6],
    )


@blueprint.get("/spaces/<space>/host/signs/<layout>.pdf")
def download(space: str, layout: str) -> Response:
    """Give signs as PDF; `desk=` for one alone."""
    here = at(space)
    try:
        wanted = Layout(layout)
    except ValueError:
        raise NotFound from None
    only = {desk for desk in request.args.getlist("desk") if desk in {one.id for one in here.space.desks}}
    if wanted is not Layout.DOOR_A5 and (not here.space.desks or (request.args.get("desk") and not only)):
        raise NotFound
    pdf = signs_pdf(
        replace(here.space, address=address_of(here.space)),
        wanted,
        language(),
        public_address(space),
        lambda desk: desk_address(space, desk),
        only,
    )
    name = f"{space}-{wanted}.pdf"
    return send_file(BytesIO(pdf), mimetype="application/pdf", as_attachment=True, download_name=name)


def desk_address(space: str, desk: str) -> str:
    """Return where the code on a desk's sign leads."""
    return public_address(space).removesuffix(f"/spaces/{space}") + url_for(
        "check_in.page", space=space, desk=desk
    )
