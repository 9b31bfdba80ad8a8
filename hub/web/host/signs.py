"""Signs to print: A5 for the door, A6 for each desk, with a QR code and what the sensor sees and does not see."""

from dataclasses import dataclass

from flask import Blueprint, render_template, request, url_for
from markupsafe import Markup

from hub.domain.space import Desk, SensorKind
from hub.web.host.at import at
from hub.web.language import N_, gettext
from hub.web.qr import qr_code
from hub.web.space_pages import public_address

blueprint = Blueprint("signs", __name__)

SENSES = {
    SensorKind.PIR: N_("It notices warmth that moves: that somebody is there, never who."),
    SensorKind.MMWAVE: N_("It notices movement by radio waves: that somebody is there, never who."),
    SensorKind.MAT: N_("It notices weight on the chair: that somebody sits there, never who."),
    SensorKind.DISTANCE: N_("It measures how far away something is: that somebody is there, never who."),
}
"""What a sensor sees, by kind; none has a camera or a microphone."""


@dataclass(frozen=True, slots=True)
class DeskSign:
    """A desk's sign."""

    desk: Desk
    zone: str
    sees: str
    code: Markup
    address: str


@blueprint.get("/spaces/<space>/host/signs")
def page(space: str) -> str:
    """Show all signs of a space as they are printed; `desk=` for one alone."""
    here = at(space)
    zones = {zone.id: zone.name for zone in here.space.zones}
    only = request.args.get("desk")
    signs = []
    for desk in here.space.desks:
        if only and desk.id != only:
            continue
        address = public_address(space).removesuffix(f"/spaces/{space}") + url_for(
            "check_in.page", space=space, desk=desk.id
        )
        sees = gettext(SENSES[SensorKind(desk.sensor)]) if desk.sensor else ""
        signs.append(DeskSign(desk, zones.get(desk.zone, ""), sees, qr_code(address), address))
    door_address = public_address(space)
    return render_template(
        "host/signs.html",
        at=here,
        signs=signs,
        door_code=qr_code(door_address),
        door_address=door_address,
        only=only,
    )
