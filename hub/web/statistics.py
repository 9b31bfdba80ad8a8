"""Releases, for the role Statistik: what is due, what would be printed and why, publishing, internal figures."""

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from flask import Blueprint, flash, redirect, request, url_for
from werkzeug.exceptions import NotFound, ServiceUnavailable
from werkzeug.wrappers import Response as AnyResponse
from wtforms import BooleanField, Form
from wtforms.validators import InputRequired

from hub.domain.errors import NotAllowed, RuleRefused
from hub.domain.people import Actor, Role
from hub.domain.space import Town
from hub.domain.statistics.findings import NETWORK, Place, PlaceLevel
from hub.domain.statistics.periods import Span
from hub.domain.statistics.releases import (
    Change,
    Due,
    Release,
    has_news,
    may_extract,
    may_release,
    need_statistics,
    subject_of,
)
from hub.domain.time import local_date
from hub.statistics_ports import Internal, ReleaseDesk, Review, Step, Wish
from hub.web.accounts import present
from hub.web.figure_words import (
    CHANGES,
    figure_name,
    last_year,
    network_name,
    percent_text,
    period_text,
    place_text,
    read_period,
    read_place,
    site_names,
    status_text,
    value_text,
    written,
)
from hub.web.forms import form_page, sent, text, tidy
from hub.web.language import N_, gettext
from hub.web.long_looks import Look, LooksFull
from hub.web.parts import parts
from hub.web.refusals import is_missing, refusal_text
from hub.web.report_view import ReportView, report_view
from hub.web.wording import day_and_clock, day_text

blueprint = Blueprint("statistics", __name__)

TIME_ZONE: Final = "Europe/Berlin"
SHADES: Final = 5
MIN_PURPOSE: Final = 5
WAIT_S: Final = 2.0
"""How long an answer waits for a review before it says how far it is."""
AGAIN_S: Final = 2
RETRY_S: Final = 30


class PublishForm(Form):
    """Whoever publishes has looked, and knows that it stays."""

    looked = BooleanField(
        N_("I have looked at the numbers. What is published stays, and a correction is a new version."),
        [InputRequired(N_("Please tick this box: what is published can't be taken back."))],
    )


class PurposeForm(Form):
    """Why somebody looks at internal figures (requirement S6); the log keeps it."""

    purpose = text(
        N_("What do you need them for?"),
        least=MIN_PURPOSE,
        least_text=N_("Please say why, with five characters or more."),
    )


@dataclass(frozen=True, slots=True)
class Here:
    """Who looks at statistics, when, and of what site."""

    actor: Actor
    controller: str
    desk: ReleaseDesk
    towns: Sequence[Town]
    now_us: int

    @property
    def today(self) -> date:
        """The local day."""
        return local_date(self.now_us, TIME_ZONE)

    @property
    def names(self) -> dict[Place, str]:
        """Names of all places of the site."""
        return site_names(self.towns)

    def may(self, place: Place) -> bool:
        """Say whether the reader has the role for a place."""
        try:
            return may_release(self.actor, place, subject_of(place, self.towns))
        except RuleRefused:
            return False

    def subject(self, level: str, id_: str) -> Place:
        """Return the subject of an address, or the page that says that it is not there: also for whoever may not."""
        place = read_place(level, id_)
        need_statistics(self.actor, place, subject_of(place, self.towns))
        return place


def has_role(actor: Actor) -> bool:
    """Say whether somebody has the role Statistik anywhere."""
    return any(role is Role.STATISTICS for role, _ in actor.roles)


def here() -> Here:
    """Return who looks at statistics, and when."""
    access, who = parts().desks, present()
    if access.statistics is None:
        raise NotFound
    return Here(
        who.actor, who.account.controller, access.statistics, parts().live.towns(), parts().clock.now_us()
    )


@blueprint.get("/statistics/")
def page() -> AnyResponse:
    """Show what is due and what was published; a form leads to any report."""
    at, refused = here(), ""
    if request.args.get("subject"):
        try:
            return redirect(_chosen(at), code=303)
        except RuleRefused as error:
            if isinstance(error, NotAllowed) or is_missing(error):
                raise
            refused = refusal_text(error)
    names = at.names
    return form_page(
        "statistics/list.html",
        due=[_due(one, at, names) for one in at.desk.due(at.today) if at.may(one.subject)],
        releases=[_release(one, at, names) for one in at.desk.releases() if at.may(one.subject)],
        subjects=[(f"{place.level}/{place.id}", name) for place, name in _subjects(at)],
        chosen=request.args.get("subject", ""),
        first=tidy(request.args.get("first")) or f"{last_year(at.today)}-01",
        last=tidy(request.args.get("last")) or f"{last_year(at.today)}-12",
        refused=refused,
        towns=_towns(at),
    )


@blueprint.get("/statistics/<level>/<id_>/<period>")
def review(level: str, id_: str, period: str) -> AnyResponse:
    """Show what would be printed now, what is hidden and why, and what changed."""
    at = here()
    return _review_page(at, at.subject(level, id_), read_period(period), PublishForm(), "")


@blueprint.post("/statistics/<level>/<id_>/<period>/publish")
def publish(level: str, id_: str, period: str) -> AnyResponse:
    """Freeze what was looked at."""
    at, form, refused = here(), PublishForm(request.form), ""
    subject, span = at.subject(level, id_), read_period(period)
    if form.validate():
        digest = request.form.get("digest", "")
        try:
            report = at.desk.release(subject, span, digest, at.today, at.now_us, at.actor.account)
        except RuleRefused as error:
            if isinstance(error, NotAllowed) or is_missing(error):
                raise
            refused = refusal_text(error)
        else:
            flash(
                gettext(
                    "Version %(version)s is published. Its charts are drawn within a minute.",
                    version=report.version,
                )
            )
            return redirect(_address(subject, span), code=303)
    return _review_page(at, subject, span, form, refused)


@blueprint.route("/statistics/<level>/<id_>/<period>/internal", methods=["GET", "POST"])
def internal(level: str, id_: str, period: str) -> AnyResponse:
    """Ask what for, then show more than is printed; never for publication."""
    at, form, refused = here(), PurposeForm(request.form), ""
    subject, span = at.subject(level, id_), read_period(period)
    said = {
        "subject_name": place_text(subject, at.names),
        "period": period_text(span),
        "back": _address(subject, span),
    }
    if sent() and form.validate():
        wish = Wish(at.actor, at.controller, form.purpose.data or "")
        try:
            seen = at.desk.internal(subject, span, wish, at.today, at.now_us)
        except RuleRefused as error:
            if isinstance(error, NotAllowed) or is_missing(error):
                raise
            refused = refusal_text(error)
        else:
            return _internal_page(seen, wish.purpose, said)
    return form_page("statistics/internal_ask.html", form=form, refused=refused, **said)


@blueprint.get("/statistics/versions/<checksum>")
def version(checksum: str) -> AnyResponse:
    """Show a version as it was published."""
    at = here()
    report = at.desk.frozen(checksum)
    if report is None or not at.may(report.subject):
        raise NotFound
    view = report_view(report, at.desk.picture_names(checksum))
    return form_page(
        "statistics/version.html",
        view=view,
        checksum=checksum,
        made_on=day_text(report.made_on),
        back=_address(report.subject, report.period),
    )


def _review_page(at: Here, subject: Place, span: Span, form: PublishForm, refused: str) -> AnyResponse:
    """Show a review, or how far it is; what a form sent is refused after another look, however long that takes."""
    desk, today = at.desk, at.today
    if sent():
        found = desk.review(subject, span, today)
    else:
        look = _look(("review", subject, span, today), lambda step: desk.review(subject, span, today, step))
        if not look.is_over.is_set():
            return _working_page(look, place_text(subject, at.names), period_text(span))
        if look.error is not None:
            raise look.error
        assert look.found is not None
        found = look.found
    view = report_view(found.draft, every_row=True)
    names: dict[str, Any] = {"level": subject.level.value, "id_": subject.id, "period": written(span)}
    return form_page(
        "statistics/review.html",
        view=view,
        found=found,
        state=_state(found),
        unsealed=day_text(found.unsealed_from) if found.unsealed_from else "",
        changed=[_change(change, view) for change in found.changed],
        releases=[_release(one, at, at.names) for one in at.desk.releases(subject) if one.period == span],
        form=form,
        refused=refused,
        may_publish=found.can_be_published,
        publish_address=url_for("statistics.publish", **names),
        internal_address=url_for("statistics.internal", **names),
        research_address=url_for("research.extract", **names)
        if may_extract(at.actor, subject, subject_of(subject, at.towns))
        else "",
        made_on=day_text(found.draft.made_on),
    )


def _look(key: Hashable, work_out: Callable[[Step], Review]) -> Look[Review]:
    try:
        return parts().looks.look(key, work_out, WAIT_S)
    except LooksFull:
        raise ServiceUnavailable(retry_after=RETRY_S) from None


def _working_page(look: Look[Review], name: str, period: str) -> AnyResponse:
    page = form_page("statistics/working.html", look=look, name=name, period=period)
    page.status_code = 202
    page.headers["Refresh"] = f"{AGAIN_S}; url={request.full_path.rstrip('?')}"
    return page


def _state(found: Review) -> str:
    """Return in a sentence how far a report is."""
    if not found.is_over:
        return gettext("This period is not over yet: these numbers are preliminary.")
    if found.unsealed_days:
        return gettext("Days are still open: these numbers may change.")
    if found.last is None:
        return gettext("Ready to be published as version 1.")
    if has_news(found.draft, found.last):
        return gettext(
            "Version %(last)s is published. A correction would be version %(next)s.",
            last=found.last.version,
            next=found.draft.version,
        )
    return gettext("Version %(last)s is published, and nothing has changed since.", last=found.last.version)


def _change(change: Change, view: ReportView) -> tuple[str, str, str, str, str]:
    row, names = change.row, {one.note.place: one.name for one in view.places}
    return (
        f"{figure_name(row.figure)}, {place_text(row.place, names)}, {period_text(row.period)}",
        gettext(CHANGES[change.kind]),
        "–" if change.before is None else value_text(change.before),
        "–" if change.after is None else value_text(change.after),
        "" if change.after is None else status_text(change.after),
    )


@dataclass(frozen=True, slots=True)
class HalfCell:
    """Half of a weekday in words; `shade` from 0 to 4, or -1 where nothing is said."""

    text: str
    shade: int


_WEEKDAYS: Final = (
    N_("Monday"), N_("Tuesday"), N_("Wednesday"), N_("Thursday"), N_("Friday"), N_("Saturday"), N_("Sunday"),
)  # fmt: skip


def _internal_page(seen: Internal, purpose: str, said: dict[str, str]) -> AnyResponse:
    halves = {(one.weekday, one.half): one.occupied_pct for one in seen.half_days}
    week = [
        (gettext(_WEEKDAYS[weekday]), *(_half(halves.get((weekday, half))) for half in (0, 1)))
        for weekday in range(len(_WEEKDAYS))
    ]
    page = form_page(
        "statistics/internal.html",
        view=report_view(seen.report, every_row=True),
        week=week,
        purpose=purpose,
        **said,
    )
    page.status_code = 200
    return page


def _half(pct: int | None) -> HalfCell:
    if pct is None:
        return HalfCell("–", -1)
    return HalfCell(percent_text(pct), min(SHADES - 1, pct * SHADES // 100))


@dataclass(frozen=True, slots=True)
class DueWords:
    """What is due, in words."""

    name: str
    period: str
    by: str
    is_late: bool
    is_when_keys_end: bool
    address: str


def _due(one: Due, at: Here, names: dict[Place, str]) -> DueWords:
    return DueWords(
        name=place_text(one.subject, names),
        period=period_text(one.period),
        by=day_text(one.by),
        is_late=one.is_late(at.today),
        is_when_keys_end=one.is_when_keys_end,
        address=_address(one.subject, one.period),
    )


@dataclass(frozen=True, slots=True)
class ReleaseWords:
    """A release in words."""

    name: str
    period: str
    version: int
    published: str
    checksum: str
    address: str
    version_address: str


def _release(one: Release, at: Here, names: dict[Place, str]) -> ReleaseWords:
    return ReleaseWords(
        name=place_text(one.subject, names),
        period=period_text(one.period),
        version=one.version,
        published=day_and_clock(one.published_us, TIME_ZONE, at.now_us),
        checksum=one.checksum,
        address=_address(one.subject, one.period),
        version_address=url_for("statistics.version", checksum=one.checksum),
    )


def _towns(at: Here) -> list[tuple[str, str]]:
    """Return name and AGS of the towns that the reader writes something down for."""
    if parts().desks.figures is None:
        return []
    return [
        (town.name, town.ags)
        for town in at.towns
        if at.may(Place(PlaceLevel.TOWN, town.ags))
        or any(at.may(Place(PlaceLevel.SPACE, space.id)) for space in town.spaces)
    ]


def _subjects(at: Here) -> list[tuple[Place, str]]:
    found = [(NETWORK, network_name())]
    for town in at.towns:
        found.append((Place(PlaceLevel.TOWN, town.ags), town.name))
        found += [(Place(PlaceLevel.SPACE, space.id), f"{town.name}: {space.name}") for space in town.spaces]
    return [(place, name) for place, name in found if at.may(place)]


def _chosen(at: Here) -> str:
    level, _, id_ = request.args["subject"].partition("/")
    first, last = (tidy(request.args.get(name)) for name in ("first", "last"))
    return _address(at.subject(level, id_), read_period(f"{first}_{last}"))


def _address(subject: Place, span: Span) -> str:
    return url_for("statistics.review", level=subject.level, id_=subject.id, period=written(span))
