"""Open data: the catalogue, and one growing file in each format for each town and the network (requirement O6).

Only what is published is read, and the addresses stay.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Final

from flask import Blueprint, Response, render_template, request
from werkzeug.exceptions import NotFound
from werkzeug.wrappers import Response as AnyResponse

from hub.domain.statistics.findings import Place, PlaceLevel
from hub.domain.statistics.periods import Span
from hub.domain.statistics.printed import Audience, Report
from hub.domain.statistics.releases import Release
from hub.export.dcat import FILES, Publisher, catalogue, datasets, open_file
from hub.export.report_answers import title_of
from hub.export.report_package import dataset_name
from hub.web.downloads import desk
from hub.web.figure_words import place_text, site_names
from hub.web.language import N_, gettext, language
from hub.web.parts import parts
from hub.web.wording import day_text

blueprint = Blueprint("opendata", __name__)

KEPT_S: Final = 3600
"""How long others may keep a file: reports are published a few times a year."""


WORDS: Final[dict[str, str]] = {
    ".csv": N_("CSV for programs"),
    "-excel-de.csv": N_("CSV for German Excel"),
    ".xlsx": N_("Excel workbook"),
    ".json": N_("JSON"),
    ".datapackage.json": N_("What each column means (Data Package)"),
}
"""What a file is called, by its end."""


@dataclass(frozen=True, slots=True)
class Dataset:
    """A dataset on the page.

    Args:
        files: what it is, and its address.
    """

    name: str
    title: str
    made_on: str
    files: tuple[tuple[str, str], ...]


@blueprint.get("/opendata/")
def page() -> str:
    """Show all datasets with their files."""
    releases, names = dict[Place, list[Release]](), site_names(parts().live.towns())
    for one in _newest():
        releases.setdefault(one.subject, []).append(one)
    found = [_dataset(subject, releases[subject], names) for subject in sorted(releases)]
    return render_template("opendata.html", datasets=found)


def _dataset(subject: Place, releases: Sequence[Release], names: dict[Place, str]) -> Dataset:
    """Return a dataset as the list of what is published tells it: no report is read for that."""
    name = dataset_name(subject)
    first, last = (min(one.period.first for one in releases), max(one.period.last for one in releases))
    return Dataset(
        name,
        title_of(place_text(subject, names), Span(first, last), language()),
        day_text(max(one.made_on for one in releases)),
        tuple((gettext(WORDS[one.end]), f"{name}{one.end}") for one in FILES),
    )


@blueprint.get("/opendata/catalog.jsonld")
def catalog() -> AnyResponse:
    """Give the catalogue as DCAT-AP.de 3.0, or with `?version=2.0` as portals want it that still read that one."""
    reports = _published()
    body = catalogue(reports, _base(), _publisher(reports), is_version_2=request.args.get("version") == "2.0")
    return _open(body, "application/ld+json")


@blueprint.get("/opendata/<file>")
def file(file: str) -> AnyResponse:
    """Give a file of a dataset."""
    # The longest end first: `x-excel-de.csv` is no file of a dataset "x-excel-de".
    for one in sorted(FILES, key=lambda one: -len(one.end)):
        name = file.removesuffix(one.end)
        if name == file:
            continue
        report = datasets(_published(name)).get(name)
        body = None if report is None else open_file(name, report, one.end)
        if body is None:
            raise NotFound
        charset = "; charset=utf-8" if one.media_type.startswith("text/") else ""
        return _open(body, f"{one.media_type}{charset}")
    raise NotFound


def _newest() -> Sequence[Release]:
    """Return the newest public release of each town, or the network, and period."""
    newest = dict[tuple[Place, Span], Release]()
    for one in desk().releases():
        key = (one.subject, one.period)
        is_open = one.audience is Audience.PUBLIC and one.subject.level is not PlaceLevel.SPACE
        if is_open and (key not in newest or newest[key].version < one.version):
            newest[key] = one
    return list(newest.values())


def _published(name: str = "") -> Sequence[Report]:
    """Return the newest public report of each subject and period; of one dataset alone, where it is named."""
    wanted = [one for one in _newest() if not name or dataset_name(one.subject) == name]
    found = [desk().frozen(one.checksum) for one in wanted]
    return [one for one in found if one is not None]


def _publisher(reports: Sequence[Report]) -> Publisher:
    """Return who publishes, as settings say, or else the newest report."""
    told = parts().config.open_data
    latest = max(reports, key=lambda one: one.made_on, default=None)
    name = told.publisher or (latest.publisher if latest is not None else "")
    return Publisher(name or "Ankerort", _base(), told.mail, told.contributor)


def _base() -> str:
    return (parts().config.public_url or request.url_root).rstrip("/")


def _open(body: bytes, content_type: str) -> AnyResponse:
    response = Response(body, content_type=content_type)
    response.set_etag(sha256(body).hexdigest()[:32])
    response.headers["Cache-Control"] = f"public, max-age={KEPT_S}"
    # Anybody's page may read it.
    response.headers["Access-Control-Allow-Origin"] = "*"
    response.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
    return response.make_conditional(request)
