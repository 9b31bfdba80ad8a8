"""The address that calendars ask: without signing in and without cookies; made and ended by its owner alone."""

import logging
from collections.abc import Callable

import pytest
from flask import Flask

from hub.domain.errors import StoreUnavailable
from tests.hub.web.access_fakes import HOST, MEMBER, Fakes
from tests.hub.web.booking_fakes import CALENDAR
from tests.hub.web.conftest import Person

SignedIn = Callable[[str], Person]
FEED = f"/calendar/{CALENDAR}.ics"


def test_a_calendar_gets_the_feed_and_asks_again_without_getting_it_twice(
    staffed: Flask, fakes: Fakes
) -> None:
    calendar = staffed.test_client()
    answer = calendar.get(FEED)
    assert (answer.status_code, answer.data) == (200, fakes.booking.calendar.file)
    assert answer.headers["Content-Type"] == "text/calendar; charset=utf-8"
    assert answer.headers["Cache-Control"] == "private, no-cache"
    assert (answer.headers["Referrer-Policy"], answer.headers["X-Robots-Tag"]) == (
        "no-referrer",
        "noindex, nofollow",
    )
    assert "Set-Cookie" not in answer.headers
    assert answer.last_modified is not None
    tag, since = answer.headers["ETag"], answer.headers["Last-Modified"]
    again = calendar.get(FEED, headers={"If-None-Match": tag})
    assert (again.status_code, again.data) == (304, b"")
    assert (again.headers["ETag"], again.headers["Cache-Control"]) == (tag, "private, no-cache")
    head = calendar.head(FEED)
    assert (head.status_code, head.headers["ETag"]) == (200, tag)
    # A booking that is older than 30 days leaves the feed without anything having been changed.
    fakes.booking.calendar.file += b" "
    assert calendar.get(FEED, headers={"If-None-Match": tag}).status_code == 200
    assert calendar.get(FEED, headers={"If-Modified-Since": since}).status_code == 200


@pytest.mark.parametrize("secret", ["2-falsch", "3-geheim", "ä", "..", "x" * 4000])
def test_a_wrong_secret_is_no_page(staffed: Flask, secret: str) -> None:
    answer = staffed.test_client().get(f"/calendar/{secret}.ics")
    assert (answer.status_code, answer.headers["Cache-Control"]) == (404, "no-store")


def test_no_log_keeps_the_secret(
    staffed: Flask, fakes: Fakes, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def away(*_: object) -> None:
        raise StoreUnavailable("the database can't be used now")

    def broken(*_: object) -> None:
        raise ValueError("a bug")

    caplog.set_level(logging.DEBUG)
    for failure in (away, broken):
        monkeypatch.setattr(fakes.booking.calendar, "feed", failure)
        assert staffed.test_client().get(FEED).status_code in (500, 503)
    assert caplog.text.count("/calendar/….ics") == 2
    assert CALENDAR not in caplog.text


def test_a_member_makes_an_address_sees_it_once_and_ends_it(signed_in: SignedIn, fakes: Fakes) -> None:
    fakes.booking.calendar.made.clear()
    person = signed_in(MEMBER)
    assert "Adresse beenden" not in person.get("/me/calendar").text
    made = person.post("/me/calendar/new")
    assert (made.status_code, made.headers["Cache-Control"]) == (200, "no-store")
    assert f"<code>http://localhost{FEED}</code>" in made.text
    assert f'href="webcal://localhost{FEED}"' in made.text
    page = person.get("/me/calendar").text
    assert "seit 17.11.2026" in page
    assert CALENDAR not in page
    assert person.client.get(FEED).status_code == 200
    assert person.post("/me/calendar/end").status_code == 303
    assert fakes.booking.calendar.made == {}
    assert person.client.get(FEED).status_code == 404


def test_who_is_no_member_has_no_such_page(signed_in: SignedIn) -> None:
    host = signed_in(HOST)
    assert host.get("/me/calendar").status_code == 404
    assert "/me/calendar" not in host.get("/me/").text
