"""The feed of one's bookings for calendars: asked for without signing in, made and ended on one's own page.

Whoever has the address reads the bookings, so it is as long as a key, and shown once. It takes no cookie and sets none.
"""

from hashlib import sha256
from typing import Final

from flask import Blueprint, Response, flash, redirect, request, url_for
from werkzeug.exceptions import NotFound
from werkzeug.wrappers import Response as AnyResponse

from hub.calendar_ports import CalendarDesk
from hub.domain.time import local_date, to_utc
from hub.web.accounts import present
from hub.web.forms import form_page, sent
from hub.web.language import gettext
from hub.web.parts import parts
from hub.web.wording import day_text

blueprint = Blueprint("calendar_feed", __name__)
own_blueprint = Blueprint("my_calendar", __name__)

_ZONE: Final = "Europe/Berlin"


@blueprint.get("/calendar/<secret>.ics")
def feed(secret: str) -> AnyResponse:
    """Give the bookings of whoever made this address."""
    found = _desk().feed(secret, parts().clock.now_us())
    if found is None:
        raise NotFound
    response = Response(found.file, content_type="text/calendar; charset=utf-8")
    response.set_etag(sha256(found.file).hexdigest()[:32])
    # Kept by the one who asks, and asked about each time.
    response.headers["Cache-Control"] = "private, no-cache"
    response.headers["Content-Disposition"] = 'inline; filename="ankerort.ics"'
    response.headers["X-Robots-Tag"] = "noindex, nofollow"
    response.headers["Referrer-Policy"] = "no-referrer"
    answer = response.make_conditional(request)
    # Told, and not compared: what leaves a feed changes it without being changed itself. The tag says what is the same.
    answer.last_modified = to_utc(found.changed_us)
    return answer


@own_blueprint.get("/me/calendar")
def page() -> AnyResponse:
    """Say what a feed is, and whether the visitor has one."""
    member = _member()
    since_us = _desk().since_us(member, present().actor)
    since = "" if since_us is None else day_text(local_date(since_us, _ZONE))
    return form_page("me_calendar.html", since=since)


@own_blueprint.route("/me/calendar/new", methods=["GET", "POST"])
def make() -> AnyResponse:
    """Make the visitor's feed, in place of what there was, and show its address this once."""
    if not sent():
        # Loaded again in another language, say: what was shown is not kept.
        _member()
        return redirect(url_for("my_calendar.page"), code=303)
    secret = _desk().make(_member(), present().actor, parts().clock.now_us())
    path, base = url_for("calendar_feed.feed", secret=secret), parts().config.public_url.rstrip("/")
    address = base + path if base else request.host_url.rstrip("/") + path
    answer = form_page(
        "me_calendar_made.html", address=address, subscribe=f"webcal:{address.partition(':')[2]}"
    )
    answer.status_code = 200
    return answer


@own_blueprint.post("/me/calendar/end")
def end() -> AnyResponse:
    """End the visitor's feed."""
    if _desk().end(_member(), present().actor, parts().clock.now_us()):
        flash(gettext("The calendar address has ended. Calendars that had it get nothing any more."))
    return redirect(url_for("my_calendar.page"), code=303)


def _desk() -> CalendarDesk:
    booking = parts().desks.booking
    if booking is None:
        raise NotFound
    return booking.calendar


def _member() -> int:
    """Return the visitor as a member; to whoever is none, these pages are not there."""
    member = present().actor.member
    if member is None:
        raise NotFound
    return member
