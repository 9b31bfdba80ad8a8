"""Today: what needs a person, and who came in; names only for whoever says why, for 15 minutes (requirement P7)."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

from flask import Blueprint, flash, redirect, request, session, url_for
from werkzeug.wrappers import Response as AnyResponse

from hub.domain.doors import DoorAlarm, Today
from hub.domain.entries import BY_PHONE
from hub.domain.errors import RuleRefused
from hub.domain.space import PublicDetail
from hub.domain.time import local_date
from hub.domain.visibility import see
from hub.web.door_words import ALARM_HELP, ALARMS, alarm_time, door_words, event_time
from hub.web.floor_plan import floor_plan
from hub.web.forms import LogForm, form_page, sent
from hub.web.host.at import At, at, shown_at_form
from hub.web.host.board import board
from hub.web.language import gettext, ngettext
from hub.web.live_view import live_view
from hub.web.pass_words import without_text
from hub.web.sign_in import safe_next
from hub.web.wording import day_and_clock, long_day, wall_clock

blueprint = Blueprint("today", __name__)

_CLOSED: Final = "log_closed"
"""In the session: until when a log would be open that the host has closed, by space."""


@dataclass(frozen=True, slots=True)
class AlarmWords:
    """An alarm in words."""

    alarm: DoorAlarm
    what: str
    when: str
    help: str


@dataclass(frozen=True, slots=True)
class LogWords:
    """Who came in, as far as may be shown.

    Args:
        open_until: as a wall time; empty while no names are shown.
        entries: time, name and card of each; empty while no names are shown.
    """

    sentence: str
    open_until: str
    left_minutes: int
    entries: tuple[tuple[str, str, str], ...]


@blueprint.route("/spaces/<space>/host/", methods=["GET", "POST"])
def today(space: str) -> AnyResponse:
    """Show alarms and who came; the form asks why somebody wants to read names."""
    here = at(space)
    form, refused = LogForm(request.form), ""
    if sent() and form.validate():
        try:
            until_us = here.desks.doors.open_log(space, form.reason.data or "", here.actor, here.now_us)
        except RuleRefused as error:
            refused = shown_at_form(error)
        else:
            _set_closed(space, 0)
            until = day_and_clock(until_us, here.zone, here.now_us)
            flash(gettext("Names can be read until %(time)s. Your reason is in the log.", time=until))
            return redirect(url_for("today.today", space=space) + "#log", code=303)
    seen = here.desks.day.today(here.space, here.actor, here.now_us)
    view = live_view(see(here.live, PublicDetail.DESKS))
    return form_page(
        "host/today.html",
        at=here,
        day=long_day(local_date(here.now_us, here.zone)),
        as_of=wall_clock(here.now_us, here.zone),
        alarms=alarm_words(here, seen.alarms),
        log=_log(here, seen.log),
        without=without_text(seen.without_pass),
        board=board(here, seen.takings),
        plan=floor_plan(here.space) if here.space.desks else None,
        words_of={words.id: words for words in view.desks},
        view=view,
        doors=[door_words(door, here.zone, here.now_us) for door in seen.doors],
        form=form,
        refused=refused,
    )


@blueprint.post("/spaces/<space>/host/log/close")
def close_log(space: str) -> AnyResponse:
    """Hide the names again, before their time is over."""
    here = at(space)
    until_us = here.desks.doors.today(space, here.actor, here.now_us).open_until_us
    _set_closed(space, until_us)
    flash(gettext("Names are hidden again."))
    return redirect(url_for("today.today", space=space), code=303)


@blueprint.post("/spaces/<space>/host/alarms/<int:alarm>/take-on")
def take_on(space: str, alarm: int) -> AnyResponse:
    """Take an alarm on."""
    here = at(space)
    # One of this space: the address says which one the host works at.
    if any(one.pk == alarm for one in here.desks.doors.alarms(space, here.actor, here.now_us)):
        here.desks.doors.take_on(alarm, here.actor, here.now_us)
        flash(gettext("You have taken the alarm on. Nobody else is called."))
    else:
        flash(gettext("This alarm is over, and somebody has taken it on."))
    return redirect(safe_next(request.form.get("next") or url_for("today.today", space=space)), code=303)


def alarms(here: At) -> list[AlarmWords]:
    """Return the alarms of a space in words; those that nobody has taken on first."""
    return alarm_words(here, here.desks.doors.alarms(here.space.id, here.actor, here.now_us))


def alarm_words(here: At, found: Sequence[DoorAlarm]) -> list[AlarmWords]:
    """Return alarms in words; those that nobody has taken on first."""
    return [
        AlarmWords(
            alarm,
            gettext(ALARMS[alarm.kind]),
            alarm_time(alarm, here.zone, here.now_us),
            gettext(ALARM_HELP[alarm.kind]),
        )
        for alarm in sorted(found, key=lambda one: (one.seen_us is not None, -one.began_us))
    ]


def _log(here: At, seen: Today) -> LogWords:
    if seen.open_until_us and _closed(here.space.id) == seen.open_until_us:
        seen = _without_names(seen)
    sentence = (
        ngettext("%(num)s member came in today", "%(num)s members came in today", seen.visits)
        if seen.visits
        else gettext("Nobody has come in with a card today")
    )
    if not seen.open_until_us:
        return LogWords(sentence, "", 0, ())
    entries = tuple(
        (
            event_time(entry, here.zone, here.now_us),
            entry.who or gettext("not known"),
            entry.card or (gettext("by phone") if entry.reason == BY_PHONE else gettext("not known")),
        )
        for entry in seen.entries
    )
    left_minutes = max(1, -(-(seen.open_until_us - here.now_us) // 60_000_000))
    return LogWords(sentence, wall_clock(seen.open_until_us, here.zone), left_minutes, entries)


def _without_names(seen: Today) -> Today:
    return replace(seen, entries=(), open_until_us=0)


def _closed(space: str) -> int:
    kept = session.get(_CLOSED)
    return int(kept.get(space, 0)) if isinstance(kept, dict) else 0


def _set_closed(space: str, until_us: int) -> None:
    kept = session.get(_CLOSED)
    session[_CLOSED] = {**(kept if isinstance(kept, dict) else {}), space: until_us}
