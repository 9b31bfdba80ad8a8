"""Figures that somebody counted by hand: the list, adding, correcting, removing, taking a file in (requirement K10)."""

from dataclasses import dataclass
from typing import Any, Final

from flask import Blueprint, flash, redirect, request, url_for
from werkzeug.exceptions import NotFound
from werkzeug.wrappers import Response as AnyResponse
from wtforms import BooleanField, Form, SelectField
from wtforms.fields import DateField
from wtforms.validators import InputRequired, Optional

from hub.domain.decoding import Decoded
from hub.domain.errors import RuleRefused
from hub.domain.statistics.figures import REGISTRY
from hub.domain.statistics.findings import Flag
from hub.domain.statistics.hand_file import EntryFate, EntryRow, HandFile, number
from hub.domain.statistics.written import HandFigure
from hub.domain.statistics.written_rules import by_hand
from hub.web.figures_at import (
    FiguresAt,
    figure_name,
    figures_at,
    flag_text,
    shown_at_figures,
    value_of,
)
from hub.web.forms import CHOOSE, NEEDED, form_page, sent, text
from hub.web.language import N_, gettext, language
from hub.web.refusals import refusal_text
from hub.web.wording import day_text

blueprint = Blueprint("figure_entries", __name__)

FATES: Final[dict[EntryFate, str]] = {
    EntryFate.ADDED: N_("new"),
    EntryFate.CORRECTED: N_("corrects an entry"),
    EntryFate.SAME: N_("stands there already"),
    EntryFate.REFUSED: N_("can't be taken"),
}


class EntryForm(Form):
    """A number that somebody counted."""

    place = SelectField(N_("Of what?"), [InputRequired(CHOOSE)])
    figure = SelectField(N_("Which figure?"), [InputRequired(CHOOSE)])
    first = DateField(N_("First day"), [InputRequired(NEEDED)])
    last = DateField(N_("Last day (may stay empty)"), [Optional()])
    value = text(N_("Number"))
    source = text(N_("How is it known?"))
    who = text(N_("Who counted?"))
    estimated = BooleanField(N_("Estimated"))
    preliminary = BooleanField(N_("Preliminary"))


@dataclass(frozen=True, slots=True)
class EntryWords:
    """An entry in words."""

    entry: HandFigure
    what: str
    value: str
    when: str
    said: str


@dataclass(frozen=True, slots=True)
class RowWords:
    """What becomes of a row of a file, in words."""

    row: EntryRow
    fate: str
    why: str


@blueprint.route("/statistics/towns/<ags>/entries", methods=["GET", "POST"])
def page(ags: str) -> AnyResponse:
    """List what was written down of a town and its spaces; the form adds to it."""
    here = figures_at(ags)
    form, refused = _form(here), ""
    if sent() and form.validate():
        try:
            here.desk.add(_entry(here, form), here.actor, here.today, here.now_us)
        except RuleRefused as error:
            refused = shown_at_figures(error)
        else:
            flash(gettext("The number is written down."))
            return redirect(url_for("figure_entries.page", ags=ags), code=303)
    entries = [_words(here, one) for one in here.desk.entries(here.place, here.actor)]
    return form_page("figures/entries.html", at=here, form=form, refused=refused, entries=entries)


@blueprint.route("/statistics/towns/<ags>/entries/<int:entry>", methods=["GET", "POST"])
def correct(ags: str, entry: int) -> AnyResponse:
    """Correct an entry; it says from then on that it was."""
    here = figures_at(ags)
    before = _found(here, entry)
    form, refused = _form(here, before), ""
    if sent() and form.validate():
        try:
            wanted = _entry(here, form, before.pk)
            if wanted.place != before.place:
                raise NotFound
            here.desk.correct(wanted, here.actor, here.today, here.now_us)
        except RuleRefused as error:
            refused = shown_at_figures(error)
        else:
            flash(gettext("The number is corrected."))
            return redirect(url_for("figure_entries.page", ags=ags), code=303)
    form.place.choices = [(value_of(before.place), here.name(before.place))]
    return form_page("figures/entry.html", at=here, form=form, refused=refused, entry=_words(here, before))


@blueprint.post("/statistics/towns/<ags>/entries/<int:entry>/remove")
def remove(ags: str, entry: int) -> AnyResponse:
    """Take an entry away."""
    here = figures_at(ags)
    before = _found(here, entry)
    here.desk.remove(before.place, entry, here.actor, here.now_us)
    flash(gettext("The entry is removed."))
    return redirect(url_for("figure_entries.page", ags=ags), code=303)


@blueprint.route("/statistics/towns/<ags>/entries/import", methods=["GET", "POST"])
def take_in(ags: str) -> AnyResponse:
    """Take rows of a table in: tried first, then all of them or none."""
    here = figures_at(ags)
    told, refused, rows = request.form.get("table", ""), "", []
    if sent():
        is_dry = "take" not in request.form
        try:
            file = HandFile(Decoded(told, "UTF-8"))
            found = here.desk.take_in(
                file, here.actor, here.today, here.now_us, dry_run=is_dry, only=here.place
            )
        except RuleRefused as error:
            refused = refusal_text(error)
        else:
            rows = [_row_words(row) for row in found]
            if not is_dry and not any(row.fate is EntryFate.REFUSED for row in found):
                flash(gettext("All rows are taken in."))
                return redirect(url_for("figure_entries.page", ags=ags), code=303)
    can_take = bool(rows) and not any(one.row.fate is EntryFate.REFUSED for one in rows)
    return form_page("figures/import.html", at=here, told=told, refused=refused, rows=rows, can_take=can_take)


def _row_words(row: EntryRow) -> RowWords:
    why = "" if row.refused is None else refusal_text(row.refused)
    return RowWords(row, gettext(FATES[row.fate]), why)


def _form(here: FiguresAt, before: HandFigure | None = None) -> EntryForm:
    values: dict[str, Any] = {}
    if before is not None and not sent():
        values = {
            "place": value_of(before.place),
            "figure": before.figure,
            "first": before.first,
            "last": before.last,
            "value": _number(before),
            "source": before.source,
            "who": before.noted_by,
            "estimated": Flag.ESTIMATED in before.flags,
            "preliminary": Flag.PRELIMINARY in before.flags,
        }
    form = EntryForm(request.form if sent() else None, data=values)
    form.place.choices = here.choices()
    form.figure.choices = [(one.id, figure_name(one)) for one in by_hand()]
    return form


def _entry(here: FiguresAt, form: EntryForm, pk: int = 0) -> HandFigure:
    first = form.first.data or here.today
    chosen = {Flag.ESTIMATED: form.estimated.data, Flag.PRELIMINARY: form.preliminary.data}
    return HandFigure(
        pk,
        here.place_named(form.place.data or ""),
        form.figure.data or "",
        first,
        form.last.data or first,
        number(form.value.data or ""),
        form.source.data or "",
        form.who.data or "",
        flags=frozenset(flag for flag, is_set in chosen.items() if is_set),
    )


def _found(here: FiguresAt, pk: int) -> HandFigure:
    for one in here.desk.entries(here.place, here.actor):
        if one.pk == pk:
            return one
    raise NotFound


def _number(entry: HandFigure) -> str:
    plain = f"{entry.value:f}"
    return plain.replace(".", ",") if language() == "de" else plain


def _words(here: FiguresAt, one: HandFigure) -> EntryWords:
    when = day_text(one.first) if one.first == one.last else f"{day_text(one.first)} – {day_text(one.last)}"
    said = [one.source, one.noted_by, *(flag_text(flag) for flag in sorted(one.flags))]
    name = figure_name(REGISTRY[one.figure]) if one.figure in REGISTRY else one.figure
    return EntryWords(one, f"{name}, {here.name(one.place)}", _number(one), when, " · ".join(said))
