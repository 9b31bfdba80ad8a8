"""Extracts for research, for the role Forschung: who gets records, why and until when, then a file (requirement P8)."""

from typing import Final

from flask import Blueprint, Response, request, url_for
from werkzeug.wrappers import Response as AnyResponse
from wtforms import Form
from wtforms.fields import DateField
from wtforms.validators import InputRequired

from hub.domain.disclosure.research import Study
from hub.domain.errors import NotAllowed, RuleRefused
from hub.domain.statistics.releases import need_research, subject_of
from hub.export.report_files import packed
from hub.export.research_files import FORMATS, research_files
from hub.statistics_ports import Wish
from hub.web.figure_words import period_text, place_text, read_period, written
from hub.web.forms import NEEDED, form_page, sent, text
from hub.web.language import N_
from hub.web.refusals import is_missing, refusal_text
from hub.web.security import keep_from_caches
from hub.web.statistics import here

blueprint = Blueprint("research", __name__)

LEAST: Final = 5
_TOO_SHORT: Final = N_("Please write five characters or more.")


class StudyForm(Form):
    """The terms of an extract; all of them stand in the log, and most in each file."""

    study = text(N_("Name of the study"), least=LEAST, least_text=_TOO_SHORT)
    recipient = text(N_("Who gets it? (name and institution)"), least=LEAST, least_text=_TOO_SHORT)
    contract = text(N_("Contract (file number and date)"), least=LEAST, least_text=_TOO_SHORT)
    purpose = text(
        N_("What do they need it for?"),
        least=LEAST,
        least_text=N_("Please say why, with five characters or more."),
    )
    delete_by = DateField(N_("To be deleted by"), [InputRequired(NEEDED)])


@blueprint.route("/statistics/<level>/<id_>/<period>/research", methods=["GET", "POST"])
def extract(level: str, id_: str, period: str) -> AnyResponse:
    """Ask for the terms, then give the records of a year as a ZIP."""
    at, form, refused = here(), StudyForm(request.form), ""
    subject, span = at.subject(level, id_), read_period(period)
    need_research(at.actor, subject, subject_of(subject, at.towns))
    if sent() and form.validate():
        assert form.delete_by.data is not None
        study = Study(form.study.data, form.recipient.data, form.contract.data, form.delete_by.data)
        wish = Wish(at.actor, at.controller, form.purpose.data)
        try:
            made = at.desk.research(subject, span, wish, study, at.today, at.now_us)
        except RuleRefused as error:
            if isinstance(error, NotAllowed) or is_missing(error):
                raise
            refused = refusal_text(error)
        else:
            files = research_files(made, tuple(FORMATS))
            answer = Response(packed(files), content_type="application/zip")
            name = f"{subject.id}-{made.year}-forschung.zip"
            answer.headers["Content-Disposition"] = f'attachment; filename="{name}"'
            keep_from_caches(answer)
            return answer
    return form_page(
        "statistics/research_ask.html",
        form=form,
        refused=refused,
        subject_name=place_text(subject, at.names),
        period=period_text(span),
        back=url_for("statistics.review", level=subject.level, id_=subject.id, period=written(span)),
    )
