"""Who may see and do what on the pages of hosts and members (requirement P7), and that nothing else happens by them."""

import re
from collections.abc import Callable

import pytest
from werkzeug.exceptions import NotFound

from hub.domain.cards import CardState
from hub.domain.doors import DoorEventView, DoorMode
from hub.domain.errors import RuleRefused
from hub.domain.people import Member
from hub.domain.space import PublicDetail
from tests.hub.web.access_fakes import (
    ELSEWHERE,
    HOST,
    MANAGER,
    MEMBER,
    MINUTE_US,
    TECHNICIAN,
    Fakes,
)
from tests.hub.web.booking_fakes import LATE, MAINTENANCE
from tests.hub.web.conftest import Person
from tests.hub.web.fakes import TUESDAY_MORNING_US as NOW_US
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


def test_a_last_day_beyond_all_sense_is_refused_at_its_form(signed_in: SignedIn, fakes: Fakes) -> None:
    answer = signed_in(HOST).post(f"{AT}/cards/4/give", {"member": "1", "until": "9999-12-31"})
    assert answer.status_code == 422
    assert "Möglich sind nur Tage der Jahre 2000 bis 2199." in answer.text
    assert calls(fakes) == []


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


def test_a_list_that_the_hub_has_not_made_is_told_apart_from_one_on_its_way(
    signed_in: SignedIn, fakes: Fakes
) -> None:
    fakes.doors.change("vorn", is_pending=True, is_unmade=True)
    page = signed_in(HOST).get(f"{AT}/doors").text
    assert (
        page.count("wartet im Hub, der noch keine neue Liste gemacht hat; die Tür hat noch Version 12") == 1
    )
    assert page.count("eine Änderung ist unterwegs") == 1, "the other door's"


def test_the_time_of_a_mode_is_the_mode_s_own_and_an_opening_from_afar_has_its_own_words(
    signed_in: SignedIn, fakes: Fakes
) -> None:
    person = signed_in(HOST)
    assert ", seit" not in person.get(f"{AT}/doors").text, "when it began is not known"
    recent = tuple(DoorEventView(NOW_US, True, what, is_remote=True) for what in ("taken", "not_opened"))
    fakes.doors.change("keller", mode_since_us=NOW_US - 95 * MINUTE_US, recent=recent)
    page = person.get(f"{AT}/doors").text
    assert re.search("<dd>[^<]*, seit 08:40</dd>", page)
    assert "Von hier aus geöffnet und benutzt" in page
    assert "Von hier aus entriegelt, aber niemand öffnete" in page


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


@pytest.mark.parametrize("who", [HOST, MANAGER, MEMBER])
def test_a_form_that_is_shown_is_taken_and_one_that_is_not_does_nothing(
    signed_in: SignedIn, fakes: Fakes, who: str
) -> None:
    person = signed_in(who)
    rules = person.client.application.url_map
    takes = {rule.endpoint for rule in rules.iter_rules() if "POST" in (rule.methods or ())}
    shown, missing = [], []
    for _, address in PAGES.values():
        if rules.bind("localhost").match(address.partition("?")[0])[0] in takes:
            answer = person.get(address)
            if answer.status_code == 404:
                missing.append(address)
            elif "<form" in answer.text.partition("<main")[2].partition("</main>")[0]:
                shown.append(address)
    for address in missing:
        # Or it leads to the card, which somebody else was quicker to change.
        assert person.post(address, {}).status_code in (404, 303), address
        assert calls(fakes) == []
    for address in sorted(shown, key=lambda one: one.startswith(("/me/sign-out", "/sign-out"))):
        assert person.post(address, {}).status_code != 404, address
    assert len(shown) + len(missing) >= 15


@pytest.mark.parametrize("key", [2**63, 10**30])
@pytest.mark.parametrize(
    "address", [f"{AT}/members/%s", f"{AT}/cards/%s", f"{AT}/cards/%s/block", "/me/cards/%s/block"]
)
def test_a_key_that_no_database_can_hold_is_a_page_that_is_not_there(
    signed_in: SignedIn, fakes: Fakes, address: str, key: int
) -> None:
    person = signed_in(MANAGER)
    assert person.get(address % key).status_code == 404
    adapter = person.client.application.url_map.bind("localhost")
    with pytest.raises(NotFound):
        adapter.match(address % key)
    adapter.match(address % (2**63 - 1))


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
