"""The floor plan as hosts change it: desks are moved together, and each has a page of its own."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

from flask import Blueprint, flash, redirect, request, url_for
from werkzeug.exceptions import NotFound
from werkzeug.wrappers import Response as AnyResponse
from wtforms import BooleanField, Form, SelectField, StringField
from wtforms.validators import InputRequired, Optional, Regexp

from hub.domain.errors import RuleRefused
from hub.domain.plan import overlaps
from hub.domain.site_edits import CHANGED_MEANWHILE, DeskPlace, FieldsRefused
from hub.domain.space import Desk, SensorKind, Space
from hub.site_ports import SiteLook
from hub.web.floor_plan import floor_plan
from hub.web.forms import NEEDED, form_page, sent, text, tidy
from hub.web.host.at import At, at, shown_at_form
from hub.web.language import N_, gettext, ngettext
from hub.web.refusals import refusal_text

blueprint = Blueprint("plan", __name__)

GRID_CM: Final = 10
BIG_STEP_CM: Final = 50
TURN_DEGREES: Final = 15
NUMBER_TEXT: Final = N_("Please write a whole number, for example 120.")
SENSORS: Final[dict[str, str]] = {
    "": N_("No sensor"),
    SensorKind.PIR: N_("Warmth that moves (PIR)"),
    SensorKind.MMWAVE: N_("Radio waves (mmWave)"),
    SensorKind.MAT: N_("Weight on the chair (mat)"),
    SensorKind.DISTANCE: N_("Distance"),
}
_DIGITS: Final = 5
_NUMBER: Final = Regexp(r"\d{1,5}$", message=NUMBER_TEXT)


def _number(label: str) -> Any:
    return StringField(label, [InputRequired(NEEDED), _NUMBER], filters=[tidy])


class DeskForm(Form):
    """A desk and its place."""

    name = text(N_("Name"))
    zone = SelectField(N_("Zone"), [Optional()])
    x = _number(N_("Centre, from the left edge (cm)"))
    y = _number(N_("Centre, from the upper edge (cm)"))
    width = _number(N_("Width (cm)"))
    depth = _number(N_("Depth (cm)"))
    angle = _number(N_("Turned clockwise (degrees)"))
    sensor = SelectField(N_("Sensor"), [Optional()])
    device = SelectField(N_("Which device reads it?"), [Optional()])
    in_service = BooleanField(N_("Can be used and booked"))


@blueprint.route("/spaces/<space>/host/plan", methods=["GET", "POST"])
def page(space: str) -> AnyResponse:
    """Show the plan; the form puts desks elsewhere."""
    here = at(space)
    look = here.desks.site.look(space, here.actor)
    values = _places_of(look.space)
    errors: dict[str, str] = {}
    refused = ""
    if sent():
        given = _given(look.space)
        places, errors = _read(given)
        if not errors:
            try:
                saved = here.desks.site.move_desks(space, version_sent(), places, here.actor, here.now_us)
            except FieldsRefused as error:
                errors = {desk: refusal_text(problem) for desk, problem in error.problems.items()}
            except RuleRefused as error:
                # What was sent was made from a plan that is gone.
                refused, given = shown_at_form(error), {}
            else:
                _tell_saved(saved)
                return redirect(url_for("plan.page", space=space), code=303)
        values |= given
        refused = refused or refusal_text(FieldsRefused({}))
    drawn = _drawn(look.space, values)
    return form_page(
        "host/plan.html",
        at=here,
        version=look.version,
        plan=floor_plan(drawn),
        desks=look.space.desks,
        sizes={desk.id: desk for desk in look.space.desks},
        values=values,
        errors=errors,
        refused=refused,
        sensors=SENSORS,
        grid=(GRID_CM, BIG_STEP_CM, TURN_DEGREES),
    )


@blueprint.route("/spaces/<space>/host/plan/desks/new", methods=["GET", "POST"])
def new(space: str) -> AnyResponse:
    """Add a desk."""
    here = at(space)
    look = here.desks.site.look(space, here.actor)
    size = look.space.desks[-1] if look.space.desks else Desk("", "")
    desk = Desk(
        "", "", x=look.space.plan_width // 2, y=look.space.plan_depth // 2, width=size.width, depth=size.depth
    )
    return _form(here, look, desk)


@blueprint.route("/spaces/<space>/host/plan/desks/<desk>", methods=["GET", "POST"])
def desk(space: str, desk: str) -> AnyResponse:
    """Change a desk."""
    here = at(space)
    look = here.desks.site.look(space, here.actor)
    return _form(here, look, _find(look.space, desk))


@blueprint.route("/spaces/<space>/host/plan/desks/<desk>/remove", methods=["GET", "POST"])
def remove(space: str, desk: str) -> AnyResponse:
    """Take a desk away; its history stays."""
    here = at(space)
    look = here.desks.site.look(space, here.actor)
    found, refused = _find(look.space, desk), ""
    if sent():
        try:
            here.desks.site.remove_desk(space, version_sent(), desk, here.actor, here.now_us)
        except RuleRefused as error:
            refused = shown_at_form(error)
        else:
            flash(gettext("“%(name)s” is taken away. What was counted there stays.", name=found.name))
            return redirect(url_for("plan.page", space=space), code=303)
    return form_page("host/plan_remove.html", at=here, desk=found, version=look.version, refused=refused)


def _form(here: At, look: SiteLook, before: Desk) -> AnyResponse:
    form, refused = _filled(look.space, before), ""
    if sent() and form.validate():
        try:
            saved = here.desks.site.save_desk(
                here.space.id, version_sent(), _wanted(before, form), here.actor, here.now_us
            )
        except FieldsRefused as error:
            mark(form, error.problems)
        except RuleRefused as error:
            refused = shown_at_form(error)
            if error.code == CHANGED_MEANWHILE:
                # What somebody else did must be seen before it is changed again.
                form = _filled(look.space, before, fresh=True)
        else:
            flash(gettext("“%(name)s” is saved.", name=saved.desk.name))
            if saved.coming and not saved.desk.in_service:
                flash(
                    ngettext(
                        "%(num)s booking is still to come at this desk. It stands in the calendar.",
                        "%(num)s bookings are still to come at this desk. They stand in the calendar.",
                        saved.coming,
                    )
                )
            return redirect(url_for("plan.page", space=here.space.id), code=303)
    return form_page(
        "host/plan_desk.html", at=here, desk=before, form=form, version=look.version, refused=refused
    )


def mark(form: Form, problems: Mapping[str, RuleRefused]) -> None:
    """Have each field of a form say what is wrong with it."""
    for name, problem in problems.items():
        form[name].errors = [*form[name].errors, refusal_text(problem)]


def _filled(space: Space, before: Desk, *, fresh: bool = False) -> DeskForm:
    numbers = {name: str(getattr(before, name)) for name in ("x", "y", "width", "depth", "angle")}
    others = {name: getattr(before, name) for name in ("name", "zone", "sensor", "device", "in_service")}
    form = DeskForm(request.form if sent() and not fresh else None, data=numbers | others)
    form.zone.choices = [("", gettext("None")), *((zone.id, zone.name) for zone in space.zones)]
    form.sensor.choices = [(kind, gettext(word)) for kind, word in SENSORS.items()]
    form.device.choices = [("", gettext("None")), *((device.id, device.name) for device in space.devices)]
    return form


def _wanted(before: Desk, form: DeskForm) -> Desk:
    x, y, width, depth, angle = (int(form[name].data) for name in ("x", "y", "width", "depth", "angle"))
    return Desk(
        id=before.id,
        name=form.name.data or "",
        zone=form.zone.data or "",
        x=x,
        y=y,
        width=width,
        depth=depth,
        angle=angle,
        sensor=form.sensor.data or "",
        device=form.device.data or "",
        in_service=form.in_service.data,
    )


def _find(space: Space, desk: str) -> Desk:
    for one in space.desks:
        if one.id == desk:
            return one
    raise NotFound


def version_sent() -> int:
    """Return the version that the form was made from; one that never was when it says none."""
    given = request.form.get("version", "")
    return int(given) if given.isascii() and given.isdecimal() and len(given) <= 10 else -1


def _places_of(space: Space) -> dict[str, tuple[str, str, str]]:
    return {desk.id: (str(desk.x), str(desk.y), str(desk.angle)) for desk in space.desks}


def _given(space: Space) -> dict[str, tuple[str, str, str]]:
    """Return what the form says of desks that are there, as it was typed."""
    found = {}
    for desk in space.desks:
        typed = [tidy(request.form.get(f"{name}-{desk.id}")) for name in ("x", "y", "angle")]
        if f"x-{desk.id}" in request.form:
            found[desk.id] = (typed[0], typed[1], typed[2])
    return found


def _read(given: Mapping[str, tuple[str, str, str]]) -> tuple[dict[str, DeskPlace], dict[str, str]]:
    places, errors = {}, {}
    for desk, typed in given.items():
        if all(_is_number(one) for one in typed):
            places[desk] = DeskPlace(*map(int, typed))
        else:
            errors[desk] = gettext(NUMBER_TEXT)
    return places, errors


def _is_number(typed: str) -> bool:
    return typed.isascii() and typed.isdecimal() and len(typed) <= _DIGITS


def _drawn(space: Space, values: Mapping[str, tuple[str, str, str]]) -> Space:
    """Return the space with desks where the form has them, as far as that can be drawn."""
    places, _ = _read(values)
    desks = tuple(
        replace(desk, x=place.x, y=place.y, angle=place.angle % 360)
        if (place := places.get(desk.id)) is not None
        else desk
        for desk in space.desks
    )
    return replace(space, desks=desks)


def _tell_saved(space: Space) -> None:
    flash(gettext("The floor plan is saved."))
    for one, other in overlaps(space)[:3]:
        flash(gettext("“%(one)s” and “%(other)s” cover common ground on it.", one=one.name, other=other.name))
