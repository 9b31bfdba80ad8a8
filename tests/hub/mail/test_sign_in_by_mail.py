"""From the sign-in page to the mail server and back in: real pages, outbox, postman and server, on a real database."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask

from hub import desks
from hub.bootstrap import live_queries, system_clock
from hub.config import HubSettings, WebSettings
from hub.pages import web_config
from hub.post import postman
from hub.storage.unit_of_work import UnitFactory
from hub.wakeups import SpaceBells
from hub.web.app import close_streams, create_app
from tests.hub.desks.world import World
from tests.hub.mail.conftest import settings_of
from tests.hub.web.conftest import Person
from tests.parts.smtp_server import Received, SmtpServer
from tests.parts.templates import keep_compiled
from tests.parts.waiting import wait_until

BASE = "http://localhost"
MAIL = "hanna@example.org"
NEW = "vier Worte aus dem Test"


@pytest.fixture
def app(sqlite_world: World, smtp: SmtpServer, tmp_path: Path) -> Iterator[Flask]:
    """The pages, and the postman of `jobs`, on one database."""
    settings = HubSettings(
        mail=settings_of(smtp, sent_file=tmp_path / "sent.jsonl"), web=WebSettings(public_url=BASE)
    )
    database, clock = UnitFactory(sqlite_world.engine), system_clock()
    app = create_app(
        live=live_queries(database), wakeups=SpaceBells(), clock=clock, config=web_config(settings),
        access=desks.access(database, clock),
    )  # fmt: skip
    worker = postman(settings, database, clock)
    worker.start()
    yield keep_compiled(app)
    worker.stop()
    close_streams(app)


def letter(smtp: SmtpServer, count: int) -> Received:
    """Return the letter that arrives as the last of so many."""
    wait_until(lambda: len(smtp.received) >= count, 20, f"letter {count}")
    assert len(smtp.received) == count
    return smtp.received[-1]


def link(received: Received) -> str:
    found = re.search(rf"^{BASE}(/\S+)$", received.text, re.MULTILINE)
    assert found is not None
    return found[1]


def test_a_link_that_was_asked_for_arrives_and_signs_in_and_a_password_is_chosen_by_another(
    app: Flask, smtp: SmtpServer
) -> None:
    person = Person(app)
    assert (
        "Eine Mail ist unterwegs" in person.post("/sign-in/link", {"mail": MAIL}, follow_redirects=True).text
    )
    first = letter(smtp, 1)
    assert first.to == [MAIL]
    assert first.message["Subject"] == "Ihr Link zum Anmelden"
    assert "Guten Tag Hanna Host," in first.text
    assert person.post(link(first)).location == "/me/"
    assert "Hanna Host" in person.get("/me/").text
    other = Person(app)
    other.post("/sign-in/forgot", {"mail": MAIL.upper()})
    reset = letter(smtp, 2)
    assert other.post(link(reset), {"new": NEW, "again": NEW}).location == "/me/"
    told = letter(smtp, 3)
    assert told.message["Subject"] == "Ihr Passwort wurde geändert"
    assert person.get("/me/").status_code == 303, "signed out on the other device"
    assert Person(app).sign_in(MAIL, NEW).status_code == 303
    other.post("/sign-in/link", {"mail": "niemand@example.org"})
    assert len(smtp.received) == 3
