"""The life of a space in words, and its forms."""

from typing import Final

from wtforms import Form
from wtforms.fields import DateField
from wtforms.validators import InputRequired, Optional

from hub.domain.life import life_of
from hub.domain.space import Period, PeriodKind, Space
from hub.web.forms import MIN_REASON, NEEDED, text
from hub.web.language import N_, gettext
from hub.web.wording import day_text

KIND_WORDS: Final[dict[PeriodKind, str]] = {
    PeriodKind.TEST: N_("On trial"),
    PeriodKind.OPEN: N_("Open"),
    PeriodKind.MOVED: N_("Open at another address"),
    PeriodKind.CLOSED: N_("Closed for good"),
}
LIFE_REFUSALS: Final[dict[str, str]] = {
    "closes_too_soon": N_(
        "A space closes tomorrow or later. To keep people out today, lock its doors down or block its desks."
    ),
    "life_out_of_order": N_(
        "A space is opened first, then it may move, and in the end it closes, each on a day of its own. "
        "Choose another day."
    ),
    "no_address": N_("Please write the new address, on one line."),
    "nothing_to_come": N_("There is nothing to take back any more. Load the page again."),
    "open_already": N_("%(space)s is open since %(since)s. Write from which day on it was a trial, if it was one."),
    "space_is_closed": N_(
        "%(space)s is closed since %(since)s. A space that comes again gets an id of its own in the site file."
    ),
    "test_after_opening": N_("The trial begins before the opening. Choose an earlier day for it."),
}  # fmt: skip
"""Why a life can't be so, by code of `hub.domain.life.LifeRefused`."""


class OpenForm(Form):
    """When a space opens, and from when on it is tried out."""

    on = DateField(N_("First day for everyone"), [InputRequired(NEEDED)])
    test_from = DateField(N_("First day of a trial (may stay empty)"), [Optional()])


class MoveForm(Form):
    """When a space moves, and where to."""

    on = DateField(N_("First day at the new address"), [InputRequired(NEEDED)])
    address = text(N_("New address"))


class CloseForm(Form):
    """The first day without the space."""

    on = DateField(N_("First day on which it is closed"), [InputRequired(NEEDED)])


class ConfirmCloseForm(CloseForm):
    """The same, with why, and the space's name typed."""

    reason = text(
        N_("Why? Whoever has a booking reads it"),
        least=MIN_REASON,
        least_text=N_("Please write 3 characters or more."),
    )
    name = text(N_("Name of the space"))


def period_text(period: Period) -> str:
    """Return from when a period is, and where: "ab 01.03.2027 · Bahnhofstraße 5"."""
    since = gettext("from %(date)s", date=day_text(period.starts_on))
    return f"{since} · {period.address}" if period.address else since


def life_words(space: Space) -> list[tuple[str, str]]:
    """Return (what, from when) for each period of a space's life."""
    return [(gettext(KIND_WORDS[one.kind]), period_text(one)) for one in life_of(space)]
