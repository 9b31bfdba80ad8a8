"""What figures should reach, what a town sets for them, and what its next report lacks (K5, K9, S10)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from flask import Blueprint, flash, redirect, request, url_for
from werkzeug.exceptions import NotFound
from werkzeug.wrappers import Response as AnyResponse
from wtforms import Form, IntegerField, SelectField
from wtforms.fields import DateField
from wtforms.validators import InputRequired, Optional

from hub.domain.errors import RuleRefused
from hub.domain.statistics.figures import REGISTRY
from hub.domain.statistics.gaps import Filler, Gap, GapKind, by_filler, is_near
from hub.domain.statistics.hand_file import number
from hub.domain.statistics.periods import Month, Span
from hub.domain.statistics.printed import Target
from hub.domain.statistics.written import EmissionFactor, TownStatistics
from hub.web.figures_at import FiguresAt, figure_name, figures_at, shown_at_figures
from hub.web.forms import CHOOSE, form_page, sent, text
from hub.web.language import N_, gettext
from hub.web.qr_codes import qr_code
from hub.web.space_pages import public_address
from hub.web.wording import day_text

blueprint = Blueprint("figure_targets", __name__)


class TargetForm(Form):
    """What a figure should reach."""

    place = SelectField(N_("Of what?"), [InputRequired(CHOOSE)])
    figure = SelectField(N_("Which figure?"), [InputRequired(CHOOSE)])
    first = text(N_("First month"))
    last = text(N_("Last month"))
    target = text(N_("Target"))
    baseline = text(N_("Baseline (may stay empty)"), needed=False)
    baseline_on = DateField(N_("Day of the baseline (may stay empty)"), [Optional()])
    source = text(N_("Where is it from?"))


class SettingsForm(Form):
    """What a town sets."""

    report_on = DateField(N_("Day on which the next report is due (may stay empty)"), [Optional()])
    first = text(N_("First month of that report"), needed=False)
    last = text(N_("Last month of that report"), needed=False)
    grams = IntegerField(N_("Grams of CO₂ for each kilometre by car (may stay empty)"), [Optional()])
    source = text(N_("Source of this number"), needed=False)
    year = IntegerField(N_("Year to which it applies"), [Optional()])


@dataclass(frozen=True, slots=True)
class TargetWords:
    """A target in words."""

    pk: int
    what: str
    value: str
    said: str


GAPS: Final[dict[GapKind, str]] = {
    GapKind.DAYS: N_("No facts of these days: see whether the device runs and has a network."),
    GapKind.UNSEALED: N_("These days are not fixed yet: a device still owes data."),
    GapKind.SENSOR: N_("Too much of this desk's time is unknown: see to its sensor."),
    GapKind.HAND: N_("Nobody has written this down, and nothing measures it."),
    GapKind.FACTOR: N_("There are answers on ways to work, and no emission factor is set."),
    GapKind.INHABITANTS: N_("The number of inhabitants is missing in the site file."),
}
SETTLING: Final = N_("These days are too young to be fixed: they will be a week after they ended.")
FILLERS: Final[dict[Filler, str]] = {
    Filler.TECHNICIAN: N_("Whoever looks after devices"),
    Filler.HOST: N_("Hosts and whoever counts"),
    Filler.STATISTICS: N_("The role Statistik"),
    Filler.NOBODY: N_("Comes by itself"),
}


@dataclass(frozen=True, slots=True)
class GapWords:
    """A gap in words."""

    gap: Gap
    what: str
    why: str


@blueprint.route("/statistics/towns/<ags>/targets", methods=["GET", "POST"])
def page(ags: str) -> AnyResponse:
    """List the targets of a town and its spaces; the form sets one."""
    here = figures_at(ags)
    form, refused = TargetForm(request.form if sent() else None), ""
    form.place.choices = here.choices()
    form.figure.choices = [(one.id, figure_name(one)) for one in REGISTRY.values() if not one.is_internal]
    if sent() and form.validate():
        try:
            here.desk.set_target(_target(here, form), here.actor, here.now_us)
        except RuleRefused as error:
            refused = shown_at_figures(error)
        else:
            flash(gettext("The target is set."))
            return redirect(url_for("figure_targets.page", ags=ags), code=303)
    kept = here.desk.targets(here.place, here.actor)
    targets = [_words(here, one.pk, one.target) for one in kept]
    return form_page("figures/targets.html", at=here, form=form, refused=refused, targets=targets)


@blueprint.post("/statistics/towns/<ags>/targets/<int:target>/remove")
def remove(ags: str, target: int) -> AnyResponse:
    """Take a target away."""
    here = figures_at(ags)
    for one in here.desk.targets(here.place, here.actor):
        if one.pk == target:
            here.desk.remove_target(one.target.place, target, here.actor, here.now_us)
            flash(gettext("The target is removed."))
            return redirect(url_for("figure_targets.page", ags=ags), code=303)
    raise NotFound


@blueprint.route("/statistics/towns/<ags>/settings", methods=["GET", "POST"])
def settings(ags: str) -> AnyResponse:
    """Set when the next report is due, and the emission factor; for the role of the whole town."""
    here = figures_at(ags)
    if not here.is_of_town:
        raise NotFound
    form, refused = _settings_form(here), ""
    if sent() and form.validate():
        try:
            here.desk.set_settings(_settings(here, form), here.actor, here.now_us)
        except RuleRefused as error:
            refused = shown_at_figures(error)
        else:
            flash(gettext("The settings are saved."))
            return redirect(url_for("figure_targets.settings", ags=ags), code=303)
    codes = [
        (space.name, address, qr_code(address))
        for space in here.town.spaces
        if (address := f"{public_address(space.id)}/way")
    ]
    return form_page("figures/settings.html", at=here, form=form, refused=refused, codes=codes)


@blueprint.get("/statistics/towns/<ags>/gaps")
def gaps(ags: str) -> AnyResponse:
    """Show what the next report lacks, by who can fill it."""
    here = figures_at(ags)
    found = here.desk.gaps(ags, here.actor, here.today)
    due, span = found.settings.report_on, found.settings.report_of
    groups = [
        (gettext(FILLERS[filler]), [_gap_words(here, one) for one in those])
        for filler, those in by_filler(found.gaps).items()
    ]
    return form_page(
        "figures/gaps.html",
        at=here,
        due="" if due is None else day_text(due),
        span="" if span is None else f"{day_text(span.first_day)} – {day_text(span.last_day)}",
        is_near=is_near(found.settings, here.today),
        groups=groups,
    )


def _target(here: FiguresAt, form: TargetForm) -> Target:
    baseline = form.baseline.data
    return Target(
        here.place_named(form.place.data or ""),
        form.figure.data or "",
        Span(Month.parse(form.first.data or ""), Month.parse(form.last.data or "")),
        number(form.target.data or ""),
        number(baseline) if baseline else None,
        form.baseline_on.data,
        form.source.data or "",
    )


def _words(here: FiguresAt, pk: int, one: Target) -> TargetWords:
    name = figure_name(REGISTRY[one.figure]) if one.figure in REGISTRY else one.figure
    said = [one.source]
    if one.baseline is not None and one.baseline_on is not None:
        said.append(gettext("%(value)s on %(day)s", value=f"{one.baseline:f}", day=day_text(one.baseline_on)))
    return TargetWords(
        pk, f"{name}, {here.name(one.place)}, {one.period}", f"{one.target:f}", " · ".join(said)
    )


def _settings_form(here: FiguresAt) -> SettingsForm:
    if sent():
        return SettingsForm(request.form)
    kept = here.desk.settings(here.town.ags, here.actor)
    span, factor = kept.report_of, kept.factor
    return SettingsForm(
        data={
            "report_on": kept.report_on,
            "first": "" if span is None else str(span.first),
            "last": "" if span is None else str(span.last),
            "grams": None if factor is None else factor.g_per_km,
            "source": "" if factor is None else factor.source,
            "year": None if factor is None else factor.year,
        }
    )


def _settings(here: FiguresAt, form: SettingsForm) -> TownStatistics:
    first, last, on = form.first.data, form.last.data, form.report_on.data
    if bool(first) != bool(last):
        raise RuleRefused("a period has a first and a last month", code="half_report_date")
    span = Span(Month.parse(first), Month.parse(last)) if first and last else None
    factor = None
    if form.grams.data is not None or form.year.data is not None or form.source.data:
        factor = EmissionFactor(form.grams.data or 0, form.source.data or "", form.year.data or 0)
    return TownStatistics(here.town.ags, on, span, factor)


def _gap_words(here: FiguresAt, gap: Gap) -> GapWords:
    parts = [here.name(gap.place), *_desk_name(here, gap)]
    if gap.figure in REGISTRY and gap.kind is not GapKind.SENSOR:
        parts.append(figure_name(REGISTRY[gap.figure]))
    parts.append(_days(gap.first, gap.last))
    is_usual = gap.kind is GapKind.UNSEALED and gap.filler is Filler.NOBODY
    why = [gettext(SETTLING if is_usual else GAPS[gap.kind])]
    if gap.known_pct is not None:
        why.append(gettext("%(percent)s %% is known.", percent=gap.known_pct))
    if gap.may_stand_in:
        why.append(gettext("Bookings or a count by hand may stand in, marked as such."))
    return GapWords(gap, ", ".join(parts), " ".join(why))


def _desk_name(here: FiguresAt, gap: Gap) -> Sequence[str]:
    spaces = {space.id: space for space in here.town.spaces}
    return [spaces[gap.place.id].desk_name(gap.desk)] if gap.desk and gap.place.id in spaces else []


def _days(first: date, last: date) -> str:
    return day_text(first) if first == last else f"{day_text(first)} – {day_text(last)}"
