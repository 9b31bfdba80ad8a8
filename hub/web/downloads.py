"""Reports as files: frozen public ones for everyone, what is not published yet for the role Statistik.

What holds drawn charts takes seconds: then a page tells how far it is, and comes back by itself.
"""

from typing import Final

from flask import Blueprint, Response, make_response, render_template, request
from werkzeug.exceptions import NotFound, ServiceUnavailable

from hub.domain.errors import RuleRefused
from hub.domain.statistics.findings import Place
from hub.domain.statistics.periods import Span
from hub.domain.statistics.printed import Audience, Report
from hub.domain.statistics.releases import may_release, subject_of
from hub.domain.time import local_date
from hub.export.report_files import DRAWN, MEDIA_TYPES, Format, packed, report_files
from hub.export.report_package import file_name
from hub.statistics_ports import ReleaseDesk
from hub.web.accounts import visitor
from hub.web.figure_words import read_period, read_place
from hub.web.language import language
from hub.web.parts import parts
from hub.web.security import keep_from_caches
from hub.web.workshop import WorkshopFull

blueprint = Blueprint("downloads", __name__)

TIME_ZONE: Final = "Europe/Berlin"

ENDS: Final[dict[str, Format]] = {
    "csv": Format.CSV,
    "excel-de.csv": Format.CSV_EXCEL_DE,
    "xlsx": Format.XLSX,
    "json": Format.JSON,
    "zip": Format.DATAPACKAGE,
    "pdf": Format.PDF,
    "html": Format.HTML,
}
"""What addresses end with."""

WAIT_S: Final = 2.0
"""How long an answer waits for a file before it says how far it is."""

AGAIN_S: Final = 2


@blueprint.get("/statistics/<level>/<id_>/<period>/download.<end>")
def download(level: str, id_: str, period: str, end: str) -> Response:
    """Give a report as a file."""
    try:
        report = _report(read_place(level, id_), read_period(period))
    except RuleRefused:
        raise NotFound from None
    if end not in ENDS:
        raise NotFound
    wanted, spoken = ENDS[end], language()
    if wanted in DRAWN:
        return _drawn(report, wanted, spoken, end)
    files = report_files(report, wanted, spoken)
    body = packed(files) if wanted is Format.DATAPACKAGE else next(iter(files.values()))
    return _file(report, wanted, body, end)


def desk() -> ReleaseDesk:
    """Return the desk of statistics, or say that there is none."""
    access = parts().access
    if access is None or access.statistics is None:
        raise NotFound
    return access.statistics


def _report(subject: Place, span: Span) -> Report:
    """Return the newest frozen public report; to the role Statistik else what would be printed now."""
    found = [
        one for one in desk().releases(subject) if one.period == span and one.audience is Audience.PUBLIC
    ]
    if found:
        newest = max(found, key=lambda one: one.version)
        frozen = desk().frozen(newest.checksum)
        if frozen is None:
            raise NotFound
        return frozen
    who = visitor()
    if who is None or not may_release(who.actor, subject, subject_of(subject, parts().live.towns())):
        raise NotFound
    return desk().draft(subject, span, local_date(parts().clock.now_us(), TIME_ZONE))


def _drawn(report: Report, wanted: Format, spoken: str, end: str) -> Response:
    try:
        work = parts().workshop.make(report, wanted, spoken)
    except WorkshopFull:
        raise ServiceUnavailable(retry_after=30) from None
    work.is_over.wait(WAIT_S)
    if work.body is not None:
        return _file(report, wanted, work.body, end)
    page = render_template("download.html", work=work, kind=end.upper())
    response = make_response(page, 500 if work.has_failed else 202)
    if not work.has_failed:
        response.headers["Refresh"] = f"{AGAIN_S}; url={request.full_path.rstrip('?')}"
    keep_from_caches(response)
    return response


def _file(report: Report, wanted: Format, body: bytes, end: str) -> Response:
    response = Response(body, content_type=MEDIA_TYPES[wanted])
    name = file_name(report) + ("-" if end.startswith("excel") else ".") + end
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    if report.is_preliminary:
        keep_from_caches(response)
    return response
