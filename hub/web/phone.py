"""Opening a door by phone: the button at the door first, then here; the page says what became of it."""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from flask import Blueprint, redirect, render_template, request, url_for
from werkzeug.exceptions import NotFound
from werkzeug.wrappers import Response as AnyResponse

from hub.domain.doors import CommandKind
from hub.domain.errors import RuleRefused
from hub.domain.phone_opening import CALLED_S, PhoneDoor
from hub.web.accounts import present
from hub.web.door_words import command_words
from hub.web.forms import Confirm, form_page, sent
from hub.web.host.at import shown_at_form
from hub.web.language import gettext
from hub.web.parts import parts
from hub.web.refusals import TEXTS, refusal_text

blueprint = Blueprint("phone", __name__)


@dataclass(frozen=True, slots=True)
class PhoneWords:
    """A door, and in words why it does not open by phone now; empty when it does."""

    door: PhoneDoor
    refusal: str


def phone_words(doors: Iterable[PhoneDoor]) -> list[PhoneWords]:
    """Return doors in words."""
    return [PhoneWords(one, "" if one.refusal is None else refusal_text(one.refusal)) for one in doors]


@blueprint.route("/me/doors/<space>/<door>", methods=["GET", "POST"])
def open_door(space: str, door: str) -> AnyResponse:
    """Say how it goes, and have the door opened."""
    words = _door(space, door)
    refused = words.refusal
    if sent():
        try:
            command = parts().desks.phone.open_by_phone(space, door, present().actor, parts().clock.now_us())
        except RuleRefused as error:
            refused = shown_at_form(error)
        else:
            return redirect(url_for("phone.command", space=space, door=door, command=command), code=303)
    return form_page(
        "phone_open.html", words=words, form=Confirm(request.form), refused=refused, called_s=CALLED_S
    )


@blueprint.get("/me/doors/<space>/<door>/commands/<command>")
def command(space: str, door: str, command: str) -> str:
    """Say what became of it."""
    words = _door(space, door)
    view = parts().desks.doors.command(command, present().actor, parts().clock.now_us())
    if view.kind is not CommandKind.OPEN or view.door != door:
        raise NotFound
    outcome = command_words(view)
    if view.outcome == "lockdown":
        # What a host is told to do first is not a member's to do.
        text = TEXTS["phone_lockdown"]
        outcome = replace(outcome, sentence=gettext(text))
    return render_template("phone_command.html", words=words, outcome=outcome)


def _door(space: str, door: str) -> PhoneWords:
    """Return a door that the visitor may ask for, or the page that says that it is not there."""
    found = parts().desks.phone.phone_doors(present().actor, parts().clock.now_us())
    for words in phone_words(found):
        if (words.door.space, words.door.door) == (space, door):
            return words
    raise NotFound
