"""Opening a door by phone: who is offered what, one command for one press of the page's button, and a limit."""

from collections.abc import Callable

import pytest

from hub.domain.doors import CommandState
from hub.domain.errors import RuleRefused
from tests.hub.web.access_fakes import HOST, MEMBER, SPACE, Fakes
from tests.hub.web.conftest import Person
from tests.hub.web.host_pages import NOT_CALLED, SENT, fill

SignedIn = Callable[[str], Person]

DOOR = f"/me/doors/{SPACE}/vorn"
COMMAND = "b" * 16


def test_the_member_s_page_offers_doors_and_says_why_one_does_not_open(signed_in: SignedIn) -> None:
    page = signed_in(MEMBER).get("/me/").text
    assert f'href="{DOOR}"' in page
    assert "Diese Tür ist gerade nicht erreichbar" in page
    assert f'href="/me/doors/{SPACE}/platz"' not in page


def test_whoever_is_offered_no_door_hears_nothing_of_it(signed_in: SignedIn, fakes: Fakes) -> None:
    fakes.phone.kept = []
    member = signed_in(MEMBER)
    for address in ("/me/", "/me/?lang=en"):
        page = member.get(address).text
        assert "Handy" not in page
        assert "by phone" not in page
    assert member.get(DOOR).status_code == 404
    assert member.post(DOOR).status_code == 404
    assert fakes.phone.calls == []


def test_the_page_says_to_press_the_button_first_and_how_long_that_counts(signed_in: SignedIn) -> None:
    page = signed_in(MEMBER).get(DOOR).text
    assert page.index("die Taste draußen") < page.index("innerhalb von 30 Sekunden")
    assert signed_in(MEMBER).get(f"{DOOR}?lang=en").text.count("Within 30 seconds") == 1


def test_the_button_asks_once_and_its_page_tells_what_became_of_it(signed_in: SignedIn, fakes: Fakes) -> None:
    member = signed_in(MEMBER)
    answer = member.post(DOOR)
    assert answer.status_code == 303
    assert answer.headers["Location"] == f"{DOOR}/commands/{COMMAND}"
    ((call, space, door, actor),) = fakes.phone.calls
    assert (call, space, door) == ("open_by_phone", SPACE, "vorn")
    assert (actor.account, actor.member) == (3, 2)  # type: ignore[attr-defined]
    assert 'data-outcome="waiting"' in member.get(answer.headers["Location"]).text
    fakes.doors.move(COMMAND, CommandState.ANSWERED, "done")
    assert 'data-outcome="done"' in member.get(answer.headers["Location"]).text


@pytest.mark.parametrize(
    ("outcome", "words"),
    [
        ("not_called", "Die Taste an der Tür wurde in den letzten 30 Sekunden nicht gedrückt"),
        ("lockdown", "Nur Gastgebende können sie aufheben"),
        ("expired", "zu spät"),
        ("offline", "Es ist nichts geschehen"),
    ],
)
def test_what_did_not_open_is_told_in_words_for_members(
    signed_in: SignedIn, fakes: Fakes, outcome: str, words: str
) -> None:
    fill(fakes)
    fakes.doors.move(NOT_CALLED, CommandState.ANSWERED, outcome)
    page = signed_in(MEMBER).get(f"{DOOR}/commands/{NOT_CALLED}").text
    assert 'data-outcome="failed"' in page
    assert words in page


def test_a_refusal_stands_on_the_page_and_is_no_command(signed_in: SignedIn, fakes: Fakes) -> None:
    fakes.phone.refuses = RuleRefused("no", code="phone_not_now")
    answer = signed_in(MEMBER).post(DOOR)
    assert answer.status_code == 422
    assert 'role="alert"' in answer.text
    assert "Um diese Zeit dürfen Sie hier nicht hinein" in answer.text


def test_a_door_that_does_not_open_now_has_no_button(signed_in: SignedIn) -> None:
    page = signed_in(MEMBER).get(f"/me/doors/{SPACE}/platz").text
    assert "gerade nicht erreichbar" in page
    assert page.count('<form method="post">') == 0


def test_neither_looking_nor_a_form_without_its_token_opens(signed_in: SignedIn, fakes: Fakes) -> None:
    member = signed_in(MEMBER)
    member.get(DOOR)
    assert member.client.post(DOOR).status_code in (302, 303, 400)
    assert fakes.phone.calls == []


def test_who_is_not_offered_the_door_finds_neither_it_nor_its_commands(
    signed_in: SignedIn, fakes: Fakes
) -> None:
    fill(fakes)
    host = signed_in(HOST)
    assert host.get(DOOR).status_code == 404
    assert host.post(DOOR).status_code == 404
    assert host.get(f"{DOOR}/commands/{SENT}").status_code == 404
    assert fakes.phone.calls == []


def test_a_command_is_shown_at_its_own_door_only(signed_in: SignedIn, fakes: Fakes) -> None:
    fill(fakes)
    assert signed_in(MEMBER).get(f"/me/doors/{SPACE}/platz/commands/{SENT}").status_code == 404


def test_an_account_asks_six_times_a_minute_and_then_waits(signed_in: SignedIn, fakes: Fakes) -> None:
    member = signed_in(MEMBER)
    assert [member.post(DOOR).status_code for _ in range(6)] == [303] * 6
    answer = member.post(DOOR)
    assert answer.status_code == 429
    assert "zu oft um das Öffnen einer Tür" in answer.text
    assert len(fakes.phone.calls) == 6
    assert member.get(DOOR).status_code == 200


def test_what_one_account_asked_does_not_count_for_another(signed_in: SignedIn, fakes: Fakes) -> None:
    member = signed_in(MEMBER)
    for _ in range(7):
        member.post(DOOR)
    fakes.accounts.change(HOST, member=2)
    assert signed_in(HOST).post(DOOR).status_code == 303
