"""What a town, and the network, have published: for everyone, and from frozen reports alone."""

from flask import Blueprint, Response, make_response, render_template, request, url_for
from werkzeug.exceptions import NotFound

from hub.domain.errors import RuleRefused
from hub.domain.space import Town
from hub.domain.statistics.findings import NETWORK, Place, PlaceLevel
from hub.domain.statistics.periods import Span
from hub.domain.statistics.printed import Audience
from hub.domain.statistics.releases import Release
from hub.statistics_ports import ReleaseDesk
from hub.web.figure_words import network_name, period_text, read_period, written
from hub.web.parts import parts
from hub.web.report_view import report_view
from hub.web.wording import day_text

blueprint = Blueprint("town_statistics", __name__)

KEEP_S = 31_536_000
"""A drawing is named after the checksum of its report, and its report never changes."""


@blueprint.get("/towns/<ags>/statistics")
def town(ags: str) -> Response:
    """Show the newest report of a town, or that of a period."""
    found = next((one for one in parts().live.towns() if one.ags == ags), None)
    if found is None:
        raise NotFound
    return _page(Place(PlaceLevel.TOWN, ags), found)


@blueprint.get("/statistics/network")
def network() -> Response:
    """Show the newest report of the network, or that of a period: towns side by side."""
    return _page(NETWORK, None)


@blueprint.get("/statistics/charts/<checksum>/<name>.svg")
def chart(checksum: str, name: str) -> Response:
    """Give a drawing."""
    svg = _desk().picture(checksum, name)
    if not svg:
        raise NotFound
    response = Response(svg, content_type="image/svg+xml; charset=utf-8")
    response.headers["Cache-Control"] = f"public, max-age={KEEP_S}, immutable"
    return response


def _page(subject: Place, town: Town | None) -> Response:
    desk = _desk()
    newest = _newest(desk, subject)
    name = network_name() if town is None else town.name
    if not newest:
        page = render_template("statistics/nothing.html", name=name, town=town)
        return make_response(page)
    release = _wanted(newest)
    report = desk.frozen(release.checksum)
    if report is None:
        raise NotFound
    links = [
        (period_text(span), f"{request.path}?period={written(span)}", span == release.period)
        for span in newest
    ]
    page = render_template(
        "statistics/public.html",
        view=report_view(report, desk.picture_names(release.checksum)),
        name=name,
        town=town,
        checksum=release.checksum,
        periods=links,
        made_on=day_text(report.made_on),
        towns=[(one.name, url_for("town_statistics.town", ags=one.ags)) for one in parts().live.towns()]
        if town is None
        else [],
        network_address="" if town is None else url_for("town_statistics.network"),
    )
    return make_response(page)


def _newest(desk: ReleaseDesk, subject: Place) -> dict[Span, Release]:
    """Return the newest public version of each period; the latest and longest period first."""
    found: dict[Span, Release] = {}
    for one in desk.releases(subject):
        if one.audience is Audience.PUBLIC:
            found.setdefault(one.period, one)
    return dict(
        sorted(found.items(), key=lambda item: (item[0].last, len(list(item[0].months()))), reverse=True)
    )


def _wanted(newest: dict[Span, Release]) -> Release:
    asked = request.args.get("period")
    if not asked:
        return next(iter(newest.values()))
    try:
        return newest[read_period(asked)]
    except (RuleRefused, KeyError):
        raise NotFound from None


def _desk() -> ReleaseDesk:
    access = parts().access
    if access is None or access.statistics is None:
        raise NotFound
    return access.statistics
