"""The tariffs of a space, and what its doors do for members without a pass."""

from dataclasses import dataclass

from flask import Blueprint, flash, redirect, render_template, request, url_for
from werkzeug.exceptions import NotFound
from werkzeug.wrappers import Response as AnyResponse

from hub.domain.errors import RuleRefused
from hub.domain.money import cents_of
from hub.domain.people import AccessHours
from hub.domain.slugs import slug
from hub.domain.tariffs import MINUTES_OF_DAY, Tariff, TariffKind, WithoutPass
from hub.web.forms import form_page, sent
from hub.web.host.at import At, at, shown_at_form
from hub.web.language import gettext
from hub.web.member_words import HOURS
from hub.web.pass_forms import RuleForm, TariffForm
from hub.web.pass_words import KIND_NOTES, KINDS, RULES, clock_of, tariff_text

blueprint = Blueprint("tariffs", __name__)


@dataclass(frozen=True, slots=True)
class TariffRow:
    """A tariff in words."""

    tariff: Tariff
    said: str


@blueprint.get("/spaces/<space>/host/tariffs")
def tariffs(space: str) -> str:
    """Show the tariffs of a space and its rule."""
    here = at(space)
    found = here.desks.passes.tariffs(space, here.actor)
    rule = here.desks.passes.rule(space, here.actor)
    return render_template(
        "host/tariffs.html",
        at=here,
        rows=[TariffRow(one, tariff_text(one)) for one in found],
        rule=gettext(RULES[rule]),
    )


@blueprint.route("/spaces/<space>/host/tariffs/rule", methods=["GET", "POST"])
def rule(space: str) -> AnyResponse:
    """Say what doors do for members without a valid pass."""
    here = _manager(space)
    before = here.desks.passes.rule(space, here.actor)
    form = RuleForm(request.form if sent() else None, data={"rule": before.value})
    form.rule.choices = [(one.value, gettext(said)) for one, said in RULES.items()]
    if sent() and form.validate():
        here.desks.passes.save_rule(space, WithoutPass(form.rule.data), here.actor, here.now_us)
        flash(gettext("It is saved. Doors learn of it within moments."))
        return redirect(url_for("tariffs.tariffs", space=space), code=303)
    return form_page("host/pass_rule.html", at=here, form=form)


@blueprint.route("/spaces/<space>/host/tariffs/new", methods=["GET", "POST"])
def new(space: str) -> AnyResponse:
    """Add a tariff."""
    here = _manager(space)
    return _form(here, Tariff("", "", TariffKind.DAY, units=1))


@blueprint.route("/spaces/<space>/host/tariffs/<tariff>", methods=["GET", "POST"])
def tariff(space: str, tariff: str) -> AnyResponse:
    """Change a tariff."""
    here = _manager(space)
    known = {one.id: one for one in here.desks.passes.tariffs(space, here.actor)}
    if tariff not in known:
        raise NotFound
    return _form(here, known[tariff])


def _manager(space: str) -> At:
    here = at(space)
    if not here.is_manager:
        raise NotFound
    return here


def _form(here: At, before: Tariff) -> AnyResponse:
    form, refused = _filled(before), ""
    if sent() and form.validate():
        try:
            changed = _changed(here, before, form)
            here.desks.passes.save_tariff(here.space.id, changed, here.actor, here.now_us)
        except RuleRefused as error:
            refused = shown_at_form(error)
        else:
            flash(gettext("“%(name)s” is saved.", name=form.name.data))
            return redirect(url_for("tariffs.tariffs", space=here.space.id), code=303)
    notes = {kind.value: gettext(note) for kind, note in KIND_NOTES.items()}
    return form_page("host/tariff.html", at=here, tariff=before, form=form, refused=refused, notes=notes)


def _filled(before: Tariff) -> TariffForm:
    values = {
        "name": before.name,
        "kind": before.kind.value,
        "price": f"{before.price_cents // 100},{before.price_cents % 100:02}" if before.price_cents else "",
        "units": str(before.units or ""),
        "per_visit": str(before.per_visit),
        "valid_days": str(before.valid_days or ""),
        "hours": before.hours.value,
        "starts": clock_of(before.starts_min),
        "ends": clock_of(before.ends_min),
        "is_offered": before.is_offered,
    }
    form = TariffForm(request.form if sent() else None, data=values)
    form.kind.choices = [(kind.value, gettext(said)) for kind, said in KINDS.items()]
    form.hours.choices = [
        (hours.value, gettext(HOURS[hours])) for hours in (AccessHours.OPENING, AccessHours.ALWAYS)
    ]
    return form


def _changed(here: At, before: Tariff, form: TariffForm) -> Tariff:
    taken = {one.id for one in here.desks.passes.tariffs(here.space.id, here.actor)}
    return Tariff(
        id=before.id or slug(form.name.data or "", taken, "tarif"),
        name=form.name.data or "",
        kind=TariffKind(form.kind.data),
        price_cents=cents_of(form.price.data or ""),
        units=int(form.units.data or 0),
        per_visit=int(form.per_visit.data or 1) if form.kind.data == TariffKind.HOURS else 1,
        valid_days=int(form.valid_days.data or 0),
        hours=AccessHours(form.hours.data),
        starts_min=_minutes(form.starts.data or ""),
        ends_min=_minutes(form.ends.data or ""),
        is_offered=form.is_offered.data,
    )


def _minutes(clock: str) -> int:
    hours, _, minutes = clock.partition(":")
    return min(int(hours) * 60 + int(minutes), MINUTES_OF_DAY)
