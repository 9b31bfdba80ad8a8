"""Doors: how each is, and what a host may have it do. Every change asks first, and its page says what became of it."""

from dataclasses import dataclass

from flask import Blueprint, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from hub.domain.doors import CommandKind, DoorMode
from hub.domain.errors import RuleRefused
from hub.web.door_words import (
    MODE_NOTES,
    MODES,
    DoorWords,
    command_words,
    door_words,
    event_text,
    event_time,
)
from hub.web.forms import ModeForm, ReasonForm, form_page, sent
from hub.web.host.at import At, at, shown_at_form
from hub.web.host.today import alarms
from hub.web.language import gettext
from hub.web.wording import wall_clock

blueprint = Blueprint("doors", __name__)


@dataclass(frozen=True, slots=True)
class DoorCard:
    """A door with its last events: time and words of each."""

    words: DoorWords
    events: tuple[tuple[str, str], ...]


@blueprint.get("/spaces/<space>/host/doors")
def doors(space: str) -> str:
    """Show all doors of a space."""
    here = at(space)
    found = here.desks.doors.doors(space, here.actor, here.now_us)
    cards = [
        DoorCard(
            door_words(door, here.zone, here.now_us),
            tuple((event_time(event, here.zone, here.now_us), event_text(event)) for event in door.recent),
        )
        for door in found
    ]
    return render_template(
        "host/doors.html",
        at=here,
        cards=cards,
        alarms=alarms(here),
        as_of=wall_clock(here.now_us, here.zone),
    )


@blueprint.route("/spaces/<space>/host/doors/<door>/open", methods=["GET", "POST"])
def open_once(space: str, door: str) -> AnyResponse:
    """Ask why, and open a door once."""
    here = at(space)
    form, refused = ReasonForm(request.form), ""
    words = door_words(here.door(door), here.zone, here.now_us)
    if sent() and form.validate():
        try:
            command = here.desks.doors.open_once(space, door, form.reason.data or "", here.actor, here.now_us)
        except RuleRefused as error:
            refused = shown_at_form(error)
        else:
            return _to_command(space, command, door)
    return form_page("host/door_open.html", at=here, words=words, form=form, refused=refused)


@blueprint.route("/spaces/<space>/host/doors/<door>/mode", methods=["GET", "POST"])
def mode(space: str, door: str) -> AnyResponse:
    """Choose another mode for a door, but for a lockdown: that has its own page."""
    here = at(space)
    words = door_words(here.door(door), here.zone, here.now_us)
    form = ModeForm(request.form)
    # A lockdown does not become another mode but the normal one, or an evacuation, at one stroke.
    offered = [one for one in DoorMode if one is not DoorMode.LOCKDOWN]
    if words.is_locked_down:
        offered.remove(DoorMode.OFFICE)
    form.mode.choices = [(one.value, gettext(MODES[one])) for one in offered]
    return _set_mode(here, words, form, "host/door_mode.html", None)


@blueprint.route("/spaces/<space>/host/doors/<door>/lockdown", methods=["GET", "POST"])
def lockdown(space: str, door: str) -> AnyResponse:
    """Lock a door down, after saying who still gets in."""
    here = at(space)
    words = door_words(here.door(door), here.zone, here.now_us)
    return _set_mode(here, words, ReasonForm(request.form), "host/door_lockdown.html", DoorMode.LOCKDOWN)


@blueprint.get("/spaces/<space>/host/doors/<door>/commands/<command>")
def command(space: str, door: str, command: str) -> str:
    """Say what became of a command."""
    here = at(space)
    view = here.desks.doors.command(command, here.actor, here.now_us)
    return render_template(
        "host/door_command.html",
        at=here,
        door=here.door(door),
        is_open=view.kind is CommandKind.OPEN,
        words=command_words(view),
    )


def _set_mode(
    here: At, words: DoorWords, form: ReasonForm, template: str, wanted: DoorMode | None
) -> AnyResponse:
    refused = ""
    if sent() and form.validate():
        to = wanted or DoorMode(form["mode"].data)
        try:
            made = here.desks.doors.set_mode(
                here.space.id, words.door.id, to, form.reason.data or "", here.actor, here.now_us
            )
        except RuleRefused as error:
            refused = shown_at_form(error)
        else:
            return _to_command(here.space.id, made, words.door.id)
    notes = {one.value: gettext(note) for one, note in MODE_NOTES.items()}
    return form_page(template, at=here, words=words, form=form, refused=refused, notes=notes)


def _to_command(space: str, command: str, door: str) -> AnyResponse:
    return redirect(url_for("doors.command", space=space, door=door, command=command), code=303)
