"""Who may see and do what on the pages of hosts and members (requirement P7), and that nothing else happens by them."""

from collections.abc import Callable

import pytest

from hub.domain.cards import CardState
from hub.domain.doors import DoorMode
from hub.domain.errors import RuleRefused
from hub.domain.people import Member
from hub.domain.space import PublicDetail
from tests.hub.web.access_fakes import (
    ELSEWHERE,
    HOST,
    MANAGER,
    MEMBER,
    TECHNICIAN,
    Fakes,
)
from tests.hub.web.booking_fakes import LATE, MAINTENANCE
from tests.hub.web.conftest import Person
from tests.hub.web.fakes import FakeLive
from tests.hub.web.host_pages import AT, HOST_PAGES, PAGES, fill

SignedIn = Callable[[str], Person]

CHANGES = {
    "take an alarm on": (f"{AT}/alarms/1/take-on", {}),
    "read names": (f"{AT}/", {"reason": "Fundsache"}),
    "open": (f"{AT}/doors/vorn/open", {"reason": "Lieferung"}),
    "lock down": (f"{AT}/doors/vorn/lockdown", {"reason": "Bedrohung"}),
    "change a mode": (f"{AT}/doors/vorn/mode", {"reason": "Fest", "mode": "office"}),
    "block": (f"{AT}/cards/1/block", {"reason": "verloren"}),
    "unblock": (f"{AT}/cards/3/unblock", {}),
    "give": (f"{AT}/cards/4/give", {"member": "1"}),
    "take back": (f"{AT}/cards/1/take-back", {}),
    "retire": (f"{AT}/cards/1/retire", {"label": "Karte 1"}),
    "ask for a card": (f"{AT}/cards/new", {"reader": "pi-saal/vorn", "label": "Karte 9", "member": ""}),
    "personalise": (f"{AT}/cards/5/personalise", {"reader": "pi-saal/vorn"}),
    "check somebody in": (f"{AT}/bookings/{LATE}/check-in", {}),
    "cancel a booking": (f"{AT}/bookings/{LATE}", {"reason": "krank gemeldet"}),
    "book for somebody": (
        f"{AT}/bookings/new",
        {"desk": "s5", "day": "2026-11-18", "part": "day", "reason": "Anruf"},
    ),
    "block a desk": (
        f"{AT}/blockings",
        {"kind": "maintenance", "desk": "s5", "day": "2026-11-18", "note": "Lampe"},
    ),
    "lift a blocking": (f"{AT}/blockings/{MAINTENANCE}/lift", {}),
}
"""What a host's forms send."""


def calls(fakes: Fakes) -> list[object]:
    return [*fakes.cards.calls, *fakes.doors.calls, *fakes.members.saved, *fakes.booking.calls]


@pytest.fixture(autouse=True)
def filled(fakes: Fakes) -> None:
    fill(fakes)


@pytest.mark.parametrize(
    "name", [name for name, (who, _) in PAGES.items() if who and name != "live page of a member"]
)
def test_a_stranger_is_asked_to_sign_in_and_sees_nothing(person: Person, name: str) -> None:
    answer = person.get(PAGES[name][1])
    if PAGES[name][1] == "/sign-out":
        assert answer.status_code in (302, 303)
        return
    assert answer.status_code in (302, 303)
    assert answer.headers["Location"].startswith("/sign-in")
    assert "Ärmel" not in answer.text


@pytest.mark.parametrize("who", [ELSEWHERE, MEMBER, TECHNICIAN])
@pytest.mark.parametrize("name", HOST_PAGES)
def test_to_whoever_is_no_host_of_the_space_its_pages_are_not_there(
    signed_in: SignedIn, name: str, who: str
) -> None:
    assert signed_in(who).get(HOST_PAGES[name]).status_code == 404


@pytest.mark.parametrize("who", [ELSEWHERE, MEMBER, TECHNICIAN])
@pytest.mark.parametrize("what", CHANGES)
def test_nor_can_they_change_anything(signed_in: SignedIn, fakes: Fakes, what: str, who: str) -> None:
    address, fields = CHANGES[what]
    assert signed_in(who).post(address, fields).status_code == 404
    assert calls(fakes) == []


@pytest.mark.parametrize("what", CHANGES)
def test_a_host_s_form_does_one_thing_once(signed_in: SignedIn, fakes: Fakes, what: str) -> None:
    address, fields = CHANGES[what]
    answer = signed_in(HOST).post(address, fields)
    assert answer.status_code == 303, answer.text
    assert len(calls(fakes)) == 1
    (call,) = calls(fakes)
    assert isinstance(call, tuple)
    actor = call[-1]
    assert (actor.account, actor.name) == (1, "Eva König")


@pytest.mark.parametrize("what", CHANGES)
def test_a_form_without_its_token_does_nothing(signed_in: SignedIn, fakes: Fakes, what: str) -> None:
    address, fields = CHANGES[what]
    host = signed_in(HOST)
    assert host.client.post(address, data=fields).status_code in (302, 303, 400)
    assert calls(fakes) == []


@pytest.mark.parametrize("what", CHANGES)
def test_looking_at_a_form_does_nothing(signed_in: SignedIn, fakes: Fakes, what: str) -> None:
    signed_in(HOST).get(CHANGES[what][0])
    assert calls(fakes) == []


@pytest.mark.parametrize("what", ["read names", "open", "lock down", "change a mode"])
@pytest.mark.parametrize("reason", ["", "  ", "x"])
def test_what_takes_a_reason_is_refused_without_one(
    signed_in: SignedIn, fakes: Fakes, what: str, reason: str
) -> None:
    address, fields = CHANGES[what]
    answer = signed_in(HOST).post(address, {**fields, "reason": reason})
    assert answer.status_code in (200, 400, 422)
    assert "Bitte" in answer.text
    assert calls(fakes) == []


def test_a_lockdown_is_asked_for_as_one(signed_in: SignedIn, fakes: Fakes) -> None:
    address, fields = CHANGES["lock down"]
    signed_in(HOST).post(address, fields)
    assert fakes.doors.calls[0][:4] == ("set_mode", "moelln", "vorn", DoorMode.LOCKDOWN)


@pytest.mark.parametrize("label", ["", "Karte 2", "karte"])
def test_a_card_is_retired_only_by_whoever_types_its_label(
    signed_in: SignedIn, fakes: Fakes, label: str
) -> None:
    answer = signed_in(HOST).post(f"{AT}/cards/1/retire", {"label": label})
    assert answer.status_code in (200, 400, 422)
    assert fakes.cards.kept[1].state is CardState.ACTIVE


def test_names_are_hidden_until_a_reason_is_given(signed_in: SignedIn) -> None:
    host = signed_in(HOST)
    assert "Anna Ärmel" not in host.get(f"{AT}/").text
    host.post(f"{AT}/", {"reason": "Fundsache"})
    assert "Anna Ärmel" in host.get(f"{AT}/").text


def test_a_member_sees_the_own_cards_and_nobody_else_s(signed_in: SignedIn) -> None:
    page = signed_in(MEMBER).get("/me/").text
    assert "Karte 2" in page
    assert "Karte 1<" not in page
    assert "Anna Ärmel" not in page


def test_a_member_blocks_the_own_card_and_is_told_where_it_is_pending(
    signed_in: SignedIn, fakes: Fakes
) -> None:
    member = signed_in(MEMBER)
    assert member.post("/me/cards/2/block", {}).status_code == 303
    assert fakes.cards.calls[0][:2] == ("block", 2)
    assert "Haupteingang" in member.get("/me/").text


@pytest.mark.parametrize("card", [1, 4, 8, 99])
def test_a_card_that_is_not_one_s_own_is_not_there(signed_in: SignedIn, fakes: Fakes, card: int) -> None:
    member = signed_in(MEMBER)
    assert member.get(f"/me/cards/{card}/block").status_code == 404
    assert member.post(f"/me/cards/{card}/block", {}).status_code == 404
    assert fakes.cards.calls == []


@pytest.mark.parametrize("card", [8, 99])
def test_a_card_of_another_space_is_not_there_for_a_host(
    signed_in: SignedIn, fakes: Fakes, card: int
) -> None:
    host = signed_in(HOST)
    for change in ("", "/block", "/unblock", "/give", "/take-back", "/retire", "/personalise"):
        assert host.get(f"{AT}/cards/{card}{change}").status_code == 404, change
    assert host.post(f"{AT}/cards/{card}/block", {"reason": "x"}).status_code == 404
    assert calls(fakes) == []


def test_a_refusal_stands_at_its_form_with_what_was_typed(signed_in: SignedIn, fakes: Fakes) -> None:
    fakes.doors.refuses = RuleRefused("no", code="device_away")
    answer = signed_in(HOST).post(f"{AT}/doors/vorn/open", {"reason": "Lieferung von Möbeln"})
    assert "Lieferung von Möbeln" in answer.text
    assert 'role="alert"' in answer.text


def test_names_are_text_and_never_markup(signed_in: SignedIn, fakes: Fakes) -> None:
    evil = "<script>alert(1)</script>"
    fakes.members.kept[9] = Member(9, evil, memberships=fakes.members.kept[1].memberships)
    for address in (f"{AT}/members", f"{AT}/members/9", f"{AT}/cards/new"):
        page = signed_in(MANAGER).get(address).text
        assert evil not in page
        assert "&lt;script&gt;" in page


@pytest.mark.parametrize("name", HOST_PAGES)
def test_pages_of_hosts_are_kept_and_found_nowhere(signed_in: SignedIn, name: str) -> None:
    answer = signed_in(MANAGER).get(HOST_PAGES[name])
    assert answer.status_code == 200
    assert "no-store" in answer.headers["Cache-Control"]
    assert "noindex" in answer.headers.get("X-Robots-Tag", "") + answer.text


def test_a_signed_in_host_sees_desks_that_the_public_and_other_hosts_do_not(
    signed_in: SignedIn, live: FakeLive, person: Person
) -> None:
    live.set_detail("moelln", PublicDetail.STATE)
    seen = {
        who: "data-desk=" in (signed_in(who) if who else person).get("/spaces/moelln").text
        for who in ("", ELSEWHERE, HOST, MEMBER)
    }
    assert seen == {"": False, ELSEWHERE: False, HOST: True, MEMBER: True}
