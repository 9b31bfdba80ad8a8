"""Forms: fields with their words, checked here as far as a form can; what only a rule can say comes as `RuleRefused`.

Labels and errors are marked for translation and translated by the template that shows them. The token against forged
requests is checked for the whole application (`hub.web.accounts`).
"""

from typing import Any, Final

from flask import make_response, render_template, request
from werkzeug.wrappers import Response as AnyResponse
from wtforms import BooleanField, Form, PasswordField, SelectField, StringField
from wtforms.fields import DateField, RadioField
from wtforms.fields.choices import SelectMultipleField
from wtforms.validators import InputRequired, Length, Optional

from hub.domain.texts import MAX_TEXT, is_unseen
from hub.web.language import N_

MIN_REASON: Final = 3
MIN_LOG_REASON: Final = 5

NEEDED: Final = N_("Please fill in this field.")
CHOOSE: Final = N_("Please choose one.")
_TOO_LONG: Final = N_("This field takes 200 characters at most. Shorten the text.")


def tidy(text: str | None) -> str:
    """Return a text on one line, without what can't be seen."""
    seen = "".join(" " if is_unseen(c) else c for c in text or "")
    return " ".join(seen.split())


def text(label: str, *, needed: bool = True, least: int = 0, least_text: str = "") -> Any:
    """Return a field for a line of text."""
    checks: list[Any] = [InputRequired(NEEDED)] if needed else [Optional()]
    if least:
        checks.append(Length(min=least, message=least_text))
    checks.append(Length(max=MAX_TEXT, message=_TOO_LONG))
    return StringField(label, checks, filters=[tidy])


class SignInForm(Form):
    """Mail address and password."""

    mail = text(N_("Mail address"))
    password = PasswordField(N_("Password"), [InputRequired(NEEDED)])
    for_long = BooleanField(N_("Stay signed in on this device for 12 hours"))


class PasswordForm(Form):
    """A new password, for whoever knows the old one."""

    old = PasswordField(N_("Password until now"), [InputRequired(NEEDED)])
    new = PasswordField(N_("New password"), [InputRequired(NEEDED)])
    again = PasswordField(N_("New password once more"), [InputRequired(NEEDED)])


class Confirm(Form):
    """Nothing but the button."""


class ReasonForm(Form):
    """Why somebody does something; the log keeps it."""

    reason = text(
        N_("Reason"), least=MIN_REASON, least_text=N_("Please say why, with three characters or more.")
    )


class LogForm(Form):
    """Why somebody reads names in the log (requirement P7)."""

    reason = text(
        N_("Reason"), least=MIN_LOG_REASON, least_text=N_("Please say why, with five characters or more.")
    )


class BlockForm(Form):
    """Why a card is blocked."""

    reason = text(N_("What happened? (may stay empty)"), needed=False)


class ModeForm(ReasonForm):
    """Another mode of a door."""

    mode = RadioField(N_("Mode"), [InputRequired(CHOOSE)], validate_choice=True)


class CardForm(Form):
    """A new card."""

    reader = RadioField(N_("At which reader?"), [InputRequired(CHOOSE)])
    member = SelectField(N_("For whom?"), [Optional()])
    label = text(N_("Label"))


class ReaderForm(Form):
    """Where a card is written."""

    reader = RadioField(N_("At which reader?"), [InputRequired(CHOOSE)])


class GiveForm(Form):
    """Who gets a spare card, and until when."""

    member = SelectField(N_("To whom?"), [InputRequired(CHOOSE)])
    until = DateField(N_("Until the end of this day (may stay empty)"), [Optional()])


class RetireForm(Form):
    """The label once more, since nothing brings a retired card back."""

    label = text(N_("Label of the card"))


class MemberForm(Form):
    """A member and the membership of one space."""

    name = text(N_("Name"))
    mail = text(N_("Mail address"), needed=False)
    hours = RadioField(N_("The doors open"), [InputRequired(CHOOSE)])
    valid_from = DateField(N_("First day"), [InputRequired(NEEDED)])
    valid_to = DateField(N_("Last day (may stay empty)"), [Optional()])
    doors = SelectMultipleField(N_("Only these doors (none chosen: all of them)"), [Optional()])
    is_host = BooleanField(N_("Is a host: the card also opens during a lockdown"))
    works_offline = BooleanField(N_("The card also works when the door has been without the hub for long"))
    needs_longer = BooleanField(N_("Doors stay open longer for this person"))
    phone = text(N_("Telephone"), needed=False)
    groups = SelectMultipleField(N_("Groups"), [Optional()])
    answers = SelectField(N_("Who answers for this guest?"), [Optional()])


def sent() -> bool:
    """Say whether the present request sends a form."""
    return request.method == "POST"


def form_page(template: str, **words: Any) -> AnyResponse:
    """Return a page with a form; when it was sent and comes back, with the status that says so."""
    return make_response(render_template(template, **words), 422 if sent() else 200)
