"""The settings of a space, with a look at what they would do before they are kept."""

from dataclasses import dataclass, fields
from datetime import time
from hashlib import blake2b
from typing import Final

from flask import Blueprint, flash, redirect, request, url_for
from werkzeug.exceptions import NotFound
from werkzeug.wrappers import Response as AnyResponse

from hub.domain.errors import RuleRefused
from hub.domain.settings_effect import Effect
from hub.domain.site_edits import FieldsRefused, changed_meanwhile
from hub.domain.space import Granularity, OpeningPeriod, PublicDetail, SpaceBookings
from hub.domain.space_settings import RANGES, SpaceSettings, differences
from hub.domain.tariffs import WithoutPass
from hub.domain.time import Interval
from hub.site_ports import SiteLook
from hub.web.booking_text import desk_names, hours_text, span_text
from hub.web.forms import form_page, sent
from hub.web.host.at import At, at, shown_at_form
from hub.web.host.plan import mark, version_sent
from hub.web.language import N_, gettext, ngettext
from hub.web.pass_words import RULES
from hub.web.setting_forms import (
    DAYS_TEXT,
    HOURS_TEXT,
    SettingsForm,
    days_of_text,
    hours_of_text,
    text_of_days,
    text_of_hours,
)
from hub.web.wording import long_day

blueprint = Blueprint("settings", __name__)

SHOWN: Final = 5
"""Bookings that are named; of further ones the number is told."""

GRANULARITIES: Final[dict[Granularity, str]] = {
    Granularity.HOUR: N_("Hours"),
    Granularity.HALF_DAY: N_("Half days"),
    Granularity.DAY: N_("Days"),
}
DETAILS: Final[dict[PublicDetail, str]] = {
    PublicDetail.STATE: N_("Whether the space is open"),
    PublicDetail.COUNT: N_("How many desks are free"),
    PublicDetail.DESKS: N_("The floor plan, live"),
}
DETAIL_NOTES: Final[dict[PublicDetail, str]] = {
    PublicDetail.STATE: N_("Open or closed, and until when. Right below six desks or five regular users."),
    PublicDetail.COUNT: N_("As of the last five minutes, never of this moment."),
    PublicDetail.DESKS: N_("Which desk is free or in use. Never by whom."),
}


@dataclass(frozen=True, slots=True)
class DayRow:
    """A day of the preview in words."""

    day: str
    before: str
    after: str

    @property
    def differs(self) -> bool:
        """Whether the day would be otherwise."""
        return self.before != self.after


@dataclass(frozen=True, slots=True)
class Preview:
    """What settings would do, in words.

    Args:
        changed: labels of the fields that are otherwise.
        effects: sentences, the weightiest first.
        examples: bookings that would lie outside of the hours.
        public: what everyone would see.
    """

    changed: tuple[str, ...]
    effects: tuple[str, ...]
    examples: tuple[str, ...]
    more: int
    week: tuple[DayRow, ...]
    public: str


@blueprint.route("/spaces/<space>/host/settings", methods=["GET", "POST"])
def page(space: str) -> AnyResponse:
    """Show the settings of a space; the form is looked at first, and saved then."""
    here = at(space)
    if not here.is_manager:
        raise NotFound
    look = here.desks.site.look(space, here.actor)
    form, refused, preview, digest = _filled(look), "", None, ""
    if sent():
        try:
            wanted = _wanted(form) if form.validate() else None
            if wanted is not None:
                if version_sent() != look.version:
                    raise changed_meanwhile()
                digest = _digest(wanted, look.version)
                if request.form.get("do") == "save" and request.form.get("previewed") == digest:
                    here.desks.site.save_settings(space, look.version, wanted, here.actor, here.now_us)
                    flash(gettext("The settings are saved. Doors and pages learn of them within moments."))
                    return redirect(url_for("settings.page", space=space), code=303)
                effect = here.desks.site.preview(space, wanted, here.actor, here.now_us)
                preview = _in_words(here, look, wanted, effect, form)
        except FieldsRefused as error:
            mark(form, error.problems)
        except RuleRefused as error:
            refused, form = shown_at_form(error), _filled(look, fresh=True)
    answer = form_page(
        "host/settings.html",
        at=here,
        form=form,
        version=look.version,
        refused=refused,
        preview=preview,
        digest=digest if preview else "",
        detail_notes={one.value: gettext(note) for one, note in DETAIL_NOTES.items()},
        changed=preview.changed if preview else (),
    )
    if preview is not None:
        answer.status_code = 200  # It was asked for, and here it is.
    return answer


def _filled(look: SiteLook, *, fresh: bool = False) -> SettingsForm:
    settings = look.settings
    rules = {one.name: getattr(settings.bookings, one.name) for one in fields(SpaceBookings)}
    values: dict[str, object] = {
        **{name: str(value) if name in RANGES else value for name, value in rules.items()},
        **{f"opening_{day}": text_of_hours(settings.opening, day) for day in range(7)},
        "half_day_at": f"{settings.bookings.half_day_at:%H:%M}",
        "closed_on": text_of_days(settings.closed_on),
        "granularity": settings.granularity.value,
        "public_detail": settings.public_detail.value,
        "public_detail_reason": settings.public_detail_reason,
        "phone_opening": settings.phone_opening,
        "without_pass": settings.without_pass.value,
    }
    form = SettingsForm(request.form if sent() and not fresh else None, data=values)
    form.granularity.choices = [(one.value, gettext(word)) for one, word in GRANULARITIES.items()]
    form.public_detail.choices = [(one.value, gettext(word)) for one, word in DETAILS.items()]
    form.without_pass.choices = [(one.value, gettext(word)) for one, word in RULES.items()]
    return form


def _wanted(form: SettingsForm) -> SpaceSettings | None:
    """Return what the form says; None when a field of it can't be read, which says so then."""
    opening: list[OpeningPeriod] = []
    for day in range(7):
        field = form[f"opening_{day}"]
        periods = hours_of_text(field.data or "", day)
        if periods is None:
            field.errors = [HOURS_TEXT]
        else:
            opening += periods
    closed_on = days_of_text(form.closed_on.data or "")
    if closed_on is None:
        form.closed_on.errors = [DAYS_TEXT]
    if any(field.errors for field in form) or closed_on is None:
        return None
    rules: dict[str, object] = {name: int(form[name].data) for name in RANGES}
    flags = ("bookable", "several_desks", "release", "entry_needs_booking", "holidays_open")
    rules |= {name: bool(form[name].data) for name in flags}
    half_day_at = time.fromisoformat(form.half_day_at.data or "12:00")
    return SpaceSettings(
        opening=tuple(opening),
        closed_on=closed_on,
        granularity=Granularity(form.granularity.data),
        public_detail=PublicDetail(form.public_detail.data),
        public_detail_reason=form.public_detail_reason.data or "",
        bookings=SpaceBookings(half_day_at=half_day_at, **rules),  # type: ignore[arg-type]
        phone_opening=bool(form.phone_opening.data),
        without_pass=WithoutPass(form.without_pass.data),
    )


def _in_words(here: At, look: SiteLook, wanted: SpaceSettings, effect: Effect, form: SettingsForm) -> Preview:
    names = differences(look.settings, wanted)
    examples = [
        f"{desk_names(one, here.space)}, {span_text(one.time, here.zone, here.now_us)}"
        for one in effect.outside[:SHOWN]
    ]
    return Preview(
        changed=tuple(gettext(form[name].label.text) for name in names if name in form),
        effects=tuple(_effects(effect)),
        examples=tuple(examples),
        more=max(len(effect.outside) - SHOWN, 0),
        week=tuple(
            DayRow(long_day(day.day), _hours(here, day.before), _hours(here, day.after))
            for day in effect.week
        ),
        public=_public(wanted),
    )


def _effects(effect: Effect) -> list[str]:
    told = [
        (
            len(effect.outside),
            ngettext(
                "%(num)s coming booking lies outside of the new opening hours. It stays until you cancel it.",
                "%(num)s coming bookings lie outside of the new opening hours. They stay until you cancel them.",
                len(effect.outside),
            ),
        ),
        (
            effect.losing,
            ngettext(
                "The card of %(num)s member opens doors for less time.",
                "The cards of %(num)s members open doors for less time.",
                effect.losing,
            ),
        ),
        (
            effect.gaining,
            ngettext(
                "The card of %(num)s member opens doors for more time.",
                "The cards of %(num)s members open doors for more time.",
                effect.gaining,
            ),
        ),
        (
            len(effect.off_grid),
            ngettext(
                "%(num)s coming booking does not fit the new grid. It stays as it is.",
                "%(num)s coming bookings do not fit the new grid. They stay as they are.",
                len(effect.off_grid),
            ),
        ),
        (
            effect.too_far,
            ngettext(
                "%(num)s coming booking lies further ahead than could be booked then. It stays.",
                "%(num)s coming bookings lie further ahead than could be booked then. They stay.",
                effect.too_far,
            ),
        ),
        (
            effect.over_limit,
            ngettext(
                "%(num)s member has more open bookings than could be made then. They stay.",
                "%(num)s members have more open bookings than could be made then. They stay.",
                effect.over_limit,
            ),
        ),
    ]
    return [sentence for number, sentence in told if number]


def _public(settings: SpaceSettings) -> str:
    return f"{gettext(DETAILS[settings.public_detail])}. {gettext(DETAIL_NOTES[settings.public_detail])}"


def _hours(here: At, opening: tuple[Interval, ...]) -> str:
    return ", ".join(hours_text(one, here.zone) for one in opening) or gettext("closed")


def _digest(settings: SpaceSettings, version: int) -> str:
    """Return what stands for settings that were looked at: others are looked at first, too."""
    return blake2b(repr((settings, version)).encode("utf-8"), digest_size=16).hexdigest()
