"""Forms of tariffs, passes, groups and what is due; see `hub.web.forms`."""

import re
from typing import Any, Final

from wtforms import BooleanField, Form, SelectField, StringField
from wtforms.fields import DateField, RadioField
from wtforms.fields.choices import SelectMultipleField
from wtforms.validators import InputRequired, Optional, Regexp

from hub.web.forms import CHOOSE, NEEDED, text, tidy
from hub.web.language import N_

_NUMBER: Final = Regexp(
    re.compile(r"\d{1,5}\Z", re.ASCII), message=N_("Please write a whole number, for example 10.")
)
_PART: Final = Regexp(
    re.compile(r"(([01]\d|2[0-3]):[0-5]\d|24:00)\Z", re.ASCII),
    message=N_("Please write a time as 08:00, up to 24:00."),
)
_PRICE: Final = Regexp(
    re.compile(r"\d{1,5}([.,]\d{1,2})?( ?€)?\Z", re.ASCII),
    message=N_("Please write an amount in euros, for example 12.50."),
)


def _field(label: str, check: Any, *, needed: bool = False) -> Any:
    return StringField(label, [InputRequired(NEEDED) if needed else Optional(), check], filters=[tidy])


class TariffForm(Form):
    """A tariff; its id is made of its name."""

    name = text(N_("Name"))
    kind = RadioField(N_("What is counted?"), [InputRequired(CHOOSE)])
    price = _field(N_("Price in euros"), _PRICE)
    units = _field(N_("What a pass holds"), _NUMBER)
    per_visit = _field(N_("Hours that a visit uses"), _NUMBER)
    valid_days = _field(N_("Valid for so many days"), _NUMBER)
    hours = RadioField(N_("The doors open"), [InputRequired(CHOOSE)])
    starts = _field(N_("From"), _PART, needed=True)
    ends = _field(N_("Until"), _PART, needed=True)
    is_offered = BooleanField(N_("Is offered: new passes are sold of it"))


class RuleForm(Form):
    """What doors do for members without a valid pass."""

    rule = RadioField(N_("Without a valid pass"), [InputRequired(CHOOSE)])


class SellForm(Form):
    """Who gets a pass of which tariff."""

    member = SelectField(N_("For whom?"), [InputRequired(CHOOSE)])
    tariff = RadioField(N_("Tariff"), [InputRequired(CHOOSE)])
    starts_on = DateField(N_("First day"), [InputRequired(NEEDED)])


class EndForm(Form):
    """The last day of a pass."""

    last = DateField(N_("Last day"), [InputRequired(NEEDED)])


class GroupForm(Form):
    """A group of members; its id is made of its name."""

    name = text(N_("Name"))
    starts_on = DateField(N_("First day (may stay empty)"), [Optional()])
    ends_on = DateField(N_("Last day (may stay empty)"), [Optional()])


class PhaseForm(Form):
    """Whom a space lets in from a day on."""

    starts_on = DateField(N_("From this day on"), [InputRequired(NEEDED)])
    groups = SelectMultipleField(N_("These groups are let in (none chosen: everyone)"), [Optional()])


class ChoicesForm(Form):
    """What somebody wants to be shown and counted."""

    shows_presence = BooleanField(N_("Others may see that I am there"))
    in_statistics = BooleanField(N_("I take part in optional statistics"))


class EraseForm(Form):
    """The name once more, since nothing brings the data back."""

    name = text(N_("Your name"))
