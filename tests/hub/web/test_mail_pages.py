"""What somebody chooses about mail, and the link that ends a topic without signing in."""

from collections.abc import Callable

import pytest
from flask import Flask

from hub.domain.mail import Tone, Topic
from hub.mail_ports import MailChoice
from tests.hub.web.access_fakes import MEMBER, Fakes
from tests.hub.web.conftest import Person
from tests.hub.web.mail_fakes import TOKEN

SignedIn = Callable[[str], Person]


def test_choices_are_saved_and_shown(signed_in: SignedIn, fakes: Fakes) -> None:
    person = signed_in(MEMBER)
    page = person.get("/me/mail").text
    assert page.count("checked") == 2 + len(Topic)
    answer = person.post("/me/mail", {"language": "en", "tone": "du", "topics": ["passes", "bookings"]})
    assert answer.status_code == 303
    assert fakes.mail.choices == {3: MailChoice("en", Tone.DU, frozenset({Topic.WAITING_LIST}))}
    person.post("/me/mail", {"language": "de", "tone": ""})
    assert fakes.mail.choices[3] == MailChoice("de", None, frozenset(Topic))


@pytest.mark.parametrize("sent", [{}, {"language": "fr", "tone": ""}, {"language": "de", "tone": "ihr"}])
def test_what_is_no_choice_is_refused(signed_in: SignedIn, fakes: Fakes, sent: dict[str, str]) -> None:
    answer = signed_in(MEMBER).post("/me/mail", sent)
    assert (answer.status_code, fakes.mail.choices) == (422, {})


def test_what_is_no_choice_is_never_markup(signed_in: SignedIn) -> None:
    answer = signed_in(MEMBER).post("/me/mail", {"language": "de", "tone": "", "topics": "<b>zq7</b>"})
    assert "zq7" in answer.text
    assert "<b>zq7" not in answer.text


def test_looking_at_the_link_ends_nothing_and_the_button_does(staffed: Flask, fakes: Fakes) -> None:
    stranger = staffed.test_client()
    page = stranger.get(f"/mail/end/{TOKEN}")
    assert (page.status_code, fakes.mail.ended) == (200, [])
    assert "Meine Buchungen" in page.text
    assert page.headers["Cache-Control"] == "no-store"
    assert "Set-Cookie" not in page.headers
    ended = stranger.post(f"/mail/end/{TOKEN}")
    assert "keine dieser Nachrichten mehr" in ended.text
    again = stranger.post(f"/mail/end/{TOKEN}", data={"undo": "1"})
    assert (again.status_code, fakes.mail.ended) == (200, [(TOKEN, False), (TOKEN, True)])


def test_the_button_of_a_mail_program_needs_no_page_of_ours(staffed: Flask, fakes: Fakes) -> None:
    # RFC 8058, 3.2: without cookies, with this one field.
    answer = staffed.test_client(use_cookies=False).post(
        f"/mail/end/{TOKEN}", data={"List-Unsubscribe": "One-Click"}
    )
    assert (answer.status_code, fakes.mail.ended) == (200, [(TOKEN, False)])


@pytest.mark.parametrize("method", ["get", "post"])
def test_a_link_that_is_none_of_ours_is_no_page(staffed: Flask, fakes: Fakes, method: str) -> None:
    assert getattr(staffed.test_client(), method)("/mail/end/8.bookings.abc").status_code == 404
    assert fakes.mail.ended == []
