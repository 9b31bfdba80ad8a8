"""The passes of a space: a list to search, selling, ending; and what is due for a month."""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from flask import Blueprint, Response, flash, redirect, render_template, request, url_for
from werkzeug.exceptions import NotFound
from werkzeug.wrappers import Response as AnyResponse

from hub.domain.due import DueLine, total_cents
from hub.domain.errors import RuleRefused
from hub.domain.time import local_date
from hub.export.csv_dialects import Dialect
from hub.export.due import due_csv
from hub.member_ports import PassView
from hub.web.forms import Confirm, form_page, sent, tidy
from hub.web.host.at import At, at, shown_at_form
from hub.web.host.card_changes import member_choices
from hub.web.language import gettext, ngettext
from hub.web.pass_forms import EndForm, SellForm
from hub.web.pass_words import DUE_KINDS, pass_text, price_text, saving_text, tariff_text, without_text
from hub.web.wording import month_text

blueprint = Blueprint("passes", __name__)

MONTHS: Final = 13
"""Offered to look at: this one, and a year back."""


@dataclass(frozen=True, slots=True)
class PassRow:
    """A pass in words; `search` is what a search looks through, in small letters."""

    view: PassView
    said: str
    search: str


@dataclass(frozen=True, slots=True)
class DueWords:
    """A line of what is due, in words."""

    line: DueLine
    what: str
    amount: str


@blueprint.get("/spaces/<space>/host/passes")
def passes(space: str) -> str:
    """Show the passes that match what is searched for, or all."""
    here = at(space)
    wanted = tidy(request.args.get("q"))
    rows = [_row(here, view) for view in here.desks.passes.passes(space, here.actor, here.now_us)]
    shown = [one for one in rows if all(word in one.search for word in wanted.casefold().split())]
    without = here.desks.passes.without_pass_today(space, here.actor, here.now_us)
    return render_template(
        "host/passes.html",
        at=here,
        rows=shown,
        has_any=bool(rows),
        wanted=wanted,
        summary=ngettext("%(num)s pass", "%(num)s passes", len(shown)),
        without=without_text(without),
    )


@blueprint.route("/spaces/<space>/host/passes/new", methods=["GET", "POST"])
def sell(space: str) -> AnyResponse:
    """Give a member a pass."""
    here, today = at(space), None
    today = local_date(here.now_us, here.zone)
    values = {"starts_on": today, "member": request.args.get("member", "")}
    form, refused = SellForm(request.form if sent() else None, data=values), ""
    form.member.choices = member_choices(here, gettext("Please choose"))
    offered = [one for one in here.desks.passes.tariffs(space, here.actor) if one.is_offered]
    form.tariff.choices = [(one.id, one.name) for one in offered]
    if sent() and form.validate():
        try:
            sold = here.desks.passes.sell(
                space, int(form.member.data), form.tariff.data, form.starts_on.data, here.actor, here.now_us
            )
        except RuleRefused as error:
            refused = shown_at_form(error)
        else:
            flash(gettext("%(name)s has “%(tariff)s” now.", name=sold.name, tariff=sold.held.tariff.name))
            if sold.saving is not None:
                flash(saving_text(sold.saving))
            return redirect(url_for("passes.passes", space=space), code=303)
    notes = {one.id: tariff_text(one) for one in offered}
    return form_page("host/pass_new.html", at=here, form=form, refused=refused, notes=notes)


@blueprint.route("/spaces/<space>/host/passes/<int:held>/end", methods=["GET", "POST"])
def end(space: str, held: int) -> AnyResponse:
    """Let a pass be over after a day."""
    here = _manager(space)
    views = here.desks.passes.passes(space, here.actor, here.now_us)
    found = next((one for one in views if one.held.pk == held), None)
    if found is None:
        raise NotFound
    today = local_date(here.now_us, here.zone)
    form, refused = EndForm(request.form if sent() else None, data={"last": today}), ""
    if sent() and form.validate():
        assert form.last.data is not None
        try:
            here.desks.passes.end(space, held, form.last.data, here.actor, here.now_us)
        except RuleRefused as error:
            refused = shown_at_form(error)
        else:
            flash(gettext("The pass of %(name)s has its last day.", name=found.name))
            return redirect(url_for("passes.passes", space=space), code=303)
    return form_page("host/pass_end.html", at=here, row=_row(here, found), form=form, refused=refused)


@blueprint.route("/spaces/<space>/host/due", methods=["GET", "POST"])
def due(space: str) -> AnyResponse:
    """Show what members owe for a month; the button says that it is accounted for."""
    here = _manager(space)
    today = local_date(here.now_us, here.zone)
    month = _month(request.values.get("month"), today)
    refused = ""
    if sent():
        try:
            here.desks.passes.settle(space, month, here.actor, here.now_us)
        except RuleRefused as error:
            refused = shown_at_form(error)
        else:
            flash(gettext("%(month)s is accounted for.", month=month_text(month)))
            return redirect(url_for("passes.due", space=space, month=f"{month:%Y-%m}"), code=303)
    found = here.desks.passes.due(space, month, here.actor)
    return form_page(
        "host/due.html",
        at=here,
        form=Confirm(),
        refused=refused,
        due=found,
        month=f"{month:%Y-%m}",
        month_name=month_text(month),
        months=[(f"{one:%Y-%m}", month_text(one)) for one in _months(today)],
        is_over=month < today.replace(day=1),
        lines=[_due_words(line) for line in found.lines],
        total=price_text(total_cents(found.lines)),
    )


@blueprint.get("/spaces/<space>/host/due.csv")
def due_file(space: str) -> AnyResponse:
    """Give what members owe for a month as a table, `dialect` for machines or for German Excel."""
    here = _manager(space)
    month = _month(request.args.get("month"), local_date(here.now_us, here.zone))
    dialect = Dialect.EXCEL_DE if request.args.get("dialect") == Dialect.EXCEL_DE else Dialect.MACHINE
    found = here.desks.passes.due(space, month, here.actor)
    answer = Response(due_csv(f"{month:%Y-%m}", found.lines, dialect), mimetype="text/csv")
    answer.headers["Content-Disposition"] = f'attachment; filename="{space}-{month:%Y-%m}.csv"'
    return answer


def _manager(space: str) -> At:
    """Return where the request is, for managers alone; to other hosts the page is not there."""
    here = at(space)
    if not here.is_manager:
        raise NotFound
    return here


def _row(here: At, view: PassView) -> PassRow:
    today = local_date(here.now_us, here.zone)
    search = f"{view.name} {view.held.tariff.name}".casefold()
    return PassRow(view, pass_text(view, today), search)


def _due_words(line: DueLine) -> DueWords:
    amount = gettext("not set") if line.amount_cents is None else price_text(line.amount_cents)
    return DueWords(line, gettext(DUE_KINDS[line.kind]), amount)


def _months(today: date) -> list[date]:
    found = [today.replace(day=1)]
    while len(found) < MONTHS:
        found.append((found[-1] - timedelta(days=1)).replace(day=1))
    return found


def _month(given: str | None, today: date) -> date:
    """Return the month that an address names, this one when it names none that is offered."""
    return next((one for one in _months(today) if f"{one:%Y-%m}" == given), today.replace(day=1))
