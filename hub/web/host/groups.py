"""Groups of members, and whom a space lets in from which day on; for managers alone."""

from dataclasses import dataclass, replace

from flask import Blueprint, flash, redirect, request, url_for
from werkzeug.exceptions import NotFound
from werkzeug.wrappers import Response as AnyResponse

from hub.domain.admission import AccessPhase, Admission, Group
from hub.domain.errors import RuleRefused
from hub.domain.slugs import slug
from hub.domain.time import local_date
from hub.web.forms import form_page, sent
from hub.web.host.at import At, at, shown_at_form
from hub.web.language import gettext
from hub.web.pass_forms import GroupForm, PhaseForm
from hub.web.wording import day_text

blueprint = Blueprint("groups", __name__)


@dataclass(frozen=True, slots=True)
class GroupWords:
    """A group in words."""

    group: Group
    said: str


@dataclass(frozen=True, slots=True)
class PhaseWords:
    """A phase in words; `day` names it in forms."""

    day: str
    since: str
    who: str


@blueprint.route("/spaces/<space>/host/groups", methods=["GET", "POST"])
def groups(space: str) -> AnyResponse:
    """Show groups and phases; the form adds a phase, or changes the one of the same day."""
    here = _manager(space)
    admission = here.desks.groups.admission(space, here.actor)
    today = local_date(here.now_us, here.zone)
    form, refused = PhaseForm(request.form if sent() else None, data={"starts_on": today}), ""
    form.groups.choices = [(group.id, group.name) for group in admission.groups]
    if sent() and form.validate():
        assert form.starts_on.data is not None
        phase = AccessPhase(form.starts_on.data, tuple(form.groups.data or ()))
        others = [one for one in admission.phases if one.starts_on != phase.starts_on]
        try:
            here.desks.groups.save_phases(space, [*others, phase], here.actor, here.now_us)
        except RuleRefused as error:
            refused = shown_at_form(error)
        else:
            flash(gettext("It is saved. Doors learn of it within moments."))
            return redirect(url_for("groups.groups", space=space), code=303)
    return form_page(
        "host/groups.html",
        at=here,
        groups=[GroupWords(one, _group_text(one)) for one in admission.groups],
        phases=[_phase_words(one, admission) for one in admission.phases],
        form=form,
        refused=refused,
    )


@blueprint.post("/spaces/<space>/host/groups/phases/<day>/remove")
def remove_phase(space: str, day: str) -> AnyResponse:
    """Take a phase away; the one before it goes on."""
    here = _manager(space)
    phases = here.desks.groups.admission(space, here.actor).phases
    left = [one for one in phases if one.starts_on.isoformat() != day]
    if len(left) < len(phases):
        here.desks.groups.save_phases(space, left, here.actor, here.now_us)
        flash(gettext("It is taken away. Doors learn of it within moments."))
    return redirect(url_for("groups.groups", space=space), code=303)


@blueprint.route("/spaces/<space>/host/groups/new", methods=["GET", "POST"])
def new(space: str) -> AnyResponse:
    """Add a group."""
    return _form(_manager(space), Group("", ""))


@blueprint.route("/spaces/<space>/host/groups/<group>", methods=["GET", "POST"])
def group(space: str, group: str) -> AnyResponse:
    """Change a group."""
    here = _manager(space)
    known = {one.id: one for one in here.desks.groups.admission(space, here.actor).groups}
    if group not in known:
        raise NotFound
    return _form(here, known[group])


def _manager(space: str) -> At:
    here = at(space)
    if not here.is_manager:
        raise NotFound
    return here


def _form(here: At, before: Group) -> AnyResponse:
    values = {"name": before.name, "starts_on": before.starts_on, "ends_on": before.ends_on}
    form, refused = GroupForm(request.form if sent() else None, data=values), ""
    if sent() and form.validate():
        taken = {one.id for one in here.desks.groups.admission(here.space.id, here.actor).groups}
        name = form.name.data or ""
        changed = replace(
            before,
            id=before.id or slug(name, taken, "gruppe"),
            name=name,
            starts_on=form.starts_on.data,
            ends_on=form.ends_on.data,
        )
        try:
            here.desks.groups.save_group(here.space.id, changed, here.actor, here.now_us)
        except RuleRefused as error:
            refused = shown_at_form(error)
        else:
            flash(gettext("“%(name)s” is saved. Doors learn of it within moments.", name=name))
            return redirect(url_for("groups.groups", space=here.space.id), code=303)
    return form_page("host/group.html", at=here, group=before, form=form, refused=refused)


def _group_text(group: Group) -> str:
    said = []
    if group.starts_on is not None:
        said.append(gettext("from %(date)s", date=day_text(group.starts_on)))
    if group.ends_on is not None:
        said.append(gettext("until %(date)s", date=day_text(group.ends_on)))
    return " · ".join(said) or gettext("without an end")


def _phase_words(phase: AccessPhase, admission: Admission) -> PhaseWords:
    names = {group.id: group.name for group in admission.groups}
    who = ", ".join(names.get(group, group) for group in phase.groups) or gettext(
        "everyone with a membership"
    )
    since = gettext("from %(date)s", date=day_text(phase.starts_on))
    return PhaseWords(phase.starts_on.isoformat(), since, who)
