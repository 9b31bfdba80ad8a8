"""Pages of groups, tariffs, passes and one's own data: who may do what, and that each form does one thing once."""

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest

from hub.domain.admission import AccessPhase, Group
from hub.domain.errors import RuleRefused
from hub.domain.people import AccessHours
from hub.domain.tariffs import Tariff, TariffKind, WithoutPass
from tests.hub.web.access_fakes import ELSEWHERE, HOST, MANAGER, MEMBER, TECHNICIAN, Fakes
from tests.hub.web.conftest import Person
from tests.hub.web.host_pages import AT

SignedIn = Callable[[str], Person]

TARIFF = {
    "name": "Größere Zehnerkarte", "kind": "hours", "price": "120,50", "units": "40", "per_visit": "4",
    "valid_days": "", "hours": "always", "starts": "08:00", "ends": "24:00", "is_offered": "y",
}  # fmt: skip
OF_MANAGERS: dict[str, tuple[str, dict[str, Any], tuple[object, ...]]] = {
    "add a tariff": (
        f"{AT}/tariffs/new",
        TARIFF,
        (
            "save_tariff",
            "moelln",
            Tariff(
                "groessere-zehnerkarte", "Größere Zehnerkarte", TariffKind.HOURS, 12050, 40, 4, 0,
                AccessHours.ALWAYS, 480, 1440,
            ),
        ),
    ),
    "change the rule": (f"{AT}/tariffs/rule", {"rule": "shut"}, ("save_rule", "moelln", WithoutPass.SHUT)),
    "end a pass": (f"{AT}/passes/1/end", {"last": "2026-12-31"}, ("end", "moelln", 1, date(2026, 12, 31))),
    "settle": (f"{AT}/due", {"month": "2026-10"}, ("settle", "moelln", date(2026, 10, 1))),
    "add a group": (
        f"{AT}/groups/new",
        {"name": "Möllner Chor", "starts_on": "", "ends_on": "2027-01-31"},
        ("save_group", "moelln", Group("moellner-chor", "Möllner Chor", None, date(2027, 1, 31))),
    ),
    "add a phase": (
        f"{AT}/groups",
        {"starts_on": "2026-12-01", "groups": ["verein", "sommer"]},
        (
            "save_phases",
            "moelln",
            (AccessPhase(date(2026, 1, 1), ("verein",)), AccessPhase(date(2026, 12, 1), ("verein", "sommer"))),
        ),
    ),
    "remove a phase": (
        f"{AT}/groups/phases/2026-01-01/remove",
        {},
        ("save_phases", "moelln", (AccessPhase(date(2026, 12, 1)),)),
    ),
}  # fmt: skip
SELL = (f"{AT}/passes/new", {"member": "1", "tariff": "zehn", "starts_on": "2026-11-20"})


def calls(fakes: Fakes) -> list[tuple[object, ...]]:
    return [*fakes.passes.calls, *fakes.groups.calls, *fakes.persons.calls]


@pytest.mark.parametrize("what", OF_MANAGERS)
def test_a_manager_s_form_does_one_thing_once_and_a_host_s_page_is_not_there(
    signed_in: SignedIn, fakes: Fakes, what: str
) -> None:
    address, fields, call = OF_MANAGERS[what]
    for who in (HOST, ELSEWHERE, MEMBER, TECHNICIAN):
        assert signed_in(who).post(address, fields).status_code == 404, who
    manager = signed_in(MANAGER)
    assert manager.client.post(address, data=fields).status_code in (302, 303, 400), "without its token"
    assert calls(fakes) == []
    answer = manager.post(address, fields)
    assert answer.status_code == 303, answer.text
    assert [one[:-1] for one in calls(fakes)] == [call]


def test_a_host_sells_a_pass_and_is_told_what_is_missing(signed_in: SignedIn, fakes: Fakes) -> None:
    address, fields = SELL
    host = signed_in(HOST)
    assert host.post(address, {**fields, "member": ""}).status_code == 422
    fakes.passes.refuses = RuleRefused("no", code="no_membership")
    assert "ist hier kein Mitglied" in host.post(address, fields).text
    fakes.passes.refuses = None
    assert host.post(address, fields).status_code == 303
    assert fakes.passes.calls == [
        ("sell", "moelln", 1, "zehn", date(2026, 11, 20), fakes.passes.calls[0][-1])
    ]
    page = host.get(f"{AT}/passes").text
    assert "Anna Ärmel hat jetzt „Zehnerkarte" in page
    assert "Heute waren 2 Mitglieder ohne gültigen Pass da." in page
    assert "noch 3 Tage" in page
    assert "verbraucht" in page
    assert "/end" not in page, "only managers end passes"
    assert "Anna" not in host.get(f"{AT}/passes?q=özlem").text.split("<main")[1]


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [
        ("price", "viel", "Bitte schreiben Sie einen Betrag in Euro"),
        ("units", "-1", "Bitte schreiben Sie eine ganze Zahl"),
        ("units", "10x", "Bitte schreiben Sie eine ganze Zahl"),
        ("valid_days", "\uff11\uff12", "Bitte schreiben Sie eine ganze Zahl"),
        ("starts", "8", "Bitte schreiben Sie eine Uhrzeit"),
        ("ends", "25:00", "Bitte schreiben Sie eine Uhrzeit"),
        ("ends", "18:00:61", "Bitte schreiben Sie eine Uhrzeit"),
        ("name", "", "Bitte füllen Sie dieses Feld aus"),
    ],
)
def test_a_tariff_that_can_not_be_stays_in_its_form(
    signed_in: SignedIn, fakes: Fakes, field: str, value: str, said: str
) -> None:
    answer = signed_in(MANAGER).post(f"{AT}/tariffs/new", {**TARIFF, field: value})
    assert answer.status_code == 422
    assert said in answer.text
    assert calls(fakes) == []


def test_what_is_due_comes_as_a_table_in_two_dialects(signed_in: SignedIn) -> None:
    manager = signed_in(MANAGER)
    page = manager.get(f"{AT}/due?month=2026-10").text
    assert "Zusammen 340,50" in page
    assert "nicht festgelegt" in page
    excel = manager.get(f"{AT}/due.csv?month=2026-10&dialect=excel-de")
    assert excel.data.startswith(b"\xef\xbb\xbfmonth;member;name")
    assert "220,50" in excel.data.decode()
    assert 'filename="moelln-2026-10.csv"' in excel.headers["Content-Disposition"]
    assert manager.get(f"{AT}/due.csv?month=1999-01").data.startswith(b"month,member,name")
    assert signed_in(HOST).get(f"{AT}/due.csv").status_code == 404


def test_a_member_form_keeps_groups_telephone_and_who_answers(signed_in: SignedIn, fakes: Fakes) -> None:
    manager = signed_in(MANAGER)
    fields = {
        "name": "Gesa Gast", "mail": "", "phone": "0170", "hours": "none", "valid_from": "2026-11-17",
        "valid_to": "2026-11-18", "groups": ["verein"], "answers": "1",
    }  # fmt: skip
    assert manager.post(f"{AT}/members/new", fields).status_code == 303
    (saved,) = fakes.members.saved
    assert (saved.phone, saved.answers, saved.memberships[0].groups) == ("0170", 1, ("verein",))
    fakes.members.refuses = RuleRefused("no", code="guest_without_end")
    assert "Ein Gast hat einen letzten Tag" in manager.post(f"{AT}/members/new", fields).text


def test_a_member_takes_the_own_data_along_chooses_and_is_erased_by_typing_the_name(
    signed_in: SignedIn, fakes: Fakes
) -> None:
    member = signed_in(MEMBER)
    assert "Tagespass" in member.get("/me/").text
    answer = member.get("/me/data/export.json")
    assert answer.get_json()["format"] == "ankerort/person/1"
    assert "attachment" in answer.headers["Content-Disposition"]
    page = member.get("/me/data/export.html")
    assert "&lt;b&gt;Özlem" in page.text
    assert "<b>" not in page.text
    assert "attachment" in page.headers["Content-Disposition"]
    assert member.get("/me/data/export.csv").status_code == 404
    assert member.post("/me/data", {"shows_presence": "y"}).status_code == 303
    (chosen,) = fakes.members.saved
    assert (chosen.pk, chosen.shows_presence, chosen.in_statistics) == (2, True, False)
    assert member.post("/me/data/erase", {"name": "Anna Ärmel"}).status_code == 422
    assert [call[0] for call in fakes.persons.calls] == ["export", "export"]
    assert member.post("/me/data/erase", {"name": "özlem  şahin"}).status_code == 303
    assert fakes.persons.calls[-1][:2] == ("erase", 2)
    assert member.get("/me/").status_code in (302, 303), "signed out"


@pytest.mark.parametrize("address", ["/me/data", "/me/data/export.json", "/me/data/erase"])
def test_who_is_no_member_has_no_data_to_take_along(signed_in: SignedIn, address: str) -> None:
    assert signed_in(HOST).get(address).status_code == 404
