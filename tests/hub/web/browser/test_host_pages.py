"""EN 301 549 on the pages that take signing in: axe, keyboard and two widths, in both languages and schemes."""

import re
from collections.abc import Callable
from dataclasses import replace

import pytest
from flask import Flask
from playwright.sync_api import Page, expect

from hub.domain.doors import CommandState
from hub.domain.errors import RuleRefused
from hub.web.server import WebServer
from tests.hub.web.access_fakes import MANAGER, MEMBER, Fakes
from tests.hub.web.browser.conftest import (
    axe_findings,
    disordered_headings,
    in_language,
    keep_screenshot,
    looks,
    small_targets,
    tab_through,
)
from tests.hub.web.conftest import Person
from tests.hub.web.fakes import TUESDAY_MORNING_US as NOW_US
from tests.hub.web.host_pages import AT, PAGES, SENT, fill, secure

OpenPage = Callable[..., Page]

LOOKS = looks(PAGES)


@pytest.fixture
def server(staffed: Flask, make_server: Callable[..., WebServer]) -> WebServer:
    """The one that `open_page` asks too."""
    return make_server(staffed)


@pytest.fixture
def open_signed_in(
    open_page: OpenPage,
    server: WebServer,
    fakes: Fakes,
    signed_in: Callable[[str], Person],
) -> OpenPage:
    """A function that opens a page as somebody who has signed in: `open_signed_in(MANAGER, "/me/", width=320)`."""
    fill(fakes)

    def open_as(mail: str, address: str, **options: object) -> Page:
        cookie = signed_in(mail).client.get_cookie("session") if mail else None
        if mail == MANAGER:
            secure(fakes)
        page = open_page("/robots.txt", **options)
        if cookie is not None:
            page.context.add_cookies(
                [{"name": "session", "value": cookie.value, "url": f"http://127.0.0.1:{server.port}"}]
            )
        page.goto(f"http://127.0.0.1:{server.port}{address}")
        return page

    return open_as


@pytest.fixture(params=PAGES)
def name(request: pytest.FixtureRequest, fakes: Fakes) -> str:
    if request.param == "today with names":
        fakes.doors.open_until_us = NOW_US + 900_000_000
    return str(request.param)


@pytest.mark.parametrize(
    ("name", "language", "width", "scheme"),
    LOOKS,
    ids=["-".join(map(str, look)) for look in LOOKS],
    indirect=["name"],
)
def test_axe_finds_nothing_and_nothing_scrolls_sideways(
    open_signed_in: OpenPage, name: str, language: str, width: int, scheme: str
) -> None:
    who, address = PAGES[name]
    page = open_signed_in(who, in_language(address, language), width=width, scheme=scheme)
    keep_screenshot(page, f"host {name} {language} {width} {scheme}")
    assert axe_findings(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert page.locator("html").get_attribute("lang") == language
    assert small_targets(page) == []
    assert disordered_headings(page) == []
    assert page.locator("main").count() == 1


def test_the_keyboard_reaches_everything_and_the_focus_is_seen(open_signed_in: OpenPage, name: str) -> None:
    who, address = PAGES[name]
    page = open_signed_in(who, address, width=320)
    # Of the answers to one question, the keyboard stops at the chosen one, and the arrows do the rest.
    can_be_used = page.locator(
        "a[href]:not([tabindex='-1']):visible, button:visible, summary:visible, select:visible, textarea:visible, "
        "input:not([type=hidden]):not([type=radio]):visible, input[type=radio]:checked:visible, "
        "[tabindex='0']:visible"
    ).count()
    # A date is several fields to the keyboard, a group without an answer is one stop.
    dates = page.locator("input[type=date]:visible").count()
    stops = tab_through(page)
    assert [stop for stop in stops if not (stop["outlined"] and stop["inView"])] == []
    groups = page.evaluate(
        "new Set([...document.querySelectorAll('input[type=radio]')].map(one => one.name)"
        ".filter(name => !document.querySelector(`input[name='${name}']:checked`))).size"
    )
    assert can_be_used <= len(stops) <= can_be_used + 3 * dates + max(groups, 1)
    assert stops[0]["text"] == "Zum Inhalt springen"


def test_what_becomes_of_a_command_is_shown_without_loading_the_page_again(
    open_signed_in: OpenPage, fakes: Fakes
) -> None:
    page = open_signed_in(MANAGER, f"{AT}/doors/vorn/commands/{SENT}")
    page.evaluate("window.sinceTheBeginning = true")
    outcome = page.locator("[data-outcome]")
    expect(outcome).to_have_attribute("data-outcome", "waiting")
    fakes.doors.move(SENT, CommandState.ANSWERED, "done")
    expect(outcome).to_have_attribute("data-outcome", "done", timeout=10_000)
    assert page.evaluate("window.sinceTheBeginning") is True


def test_without_javascript_a_command_is_given_and_its_outcome_asked_for(
    open_signed_in: OpenPage, fakes: Fakes
) -> None:
    page = open_signed_in(MANAGER, f"{AT}/doors/vorn/open", scripts=False)
    page.get_by_label("Grund").fill("Lieferung")
    page.get_by_role("button", name="Jetzt öffnen").click()
    expect(page.locator("[data-outcome]")).to_have_attribute("data-outcome", "waiting")
    fakes.doors.move("a" * 16, CommandState.ANSWERED, "done")
    page.get_by_role("link", name="Neu laden").click()
    expect(page.locator("[data-outcome]")).to_have_attribute("data-outcome", "done")


@pytest.mark.parametrize("scripts", [True, False], ids=["live", "without JavaScript"])
def test_a_member_opens_by_phone_and_is_told_what_became_of_it(
    open_signed_in: OpenPage, fakes: Fakes, scripts: bool
) -> None:
    page = open_signed_in(MEMBER, "/me/", width=320, scripts=scripts)
    page.get_by_role("link", name="Tür öffnen").click()
    page.get_by_role("button", name="Tür öffnen").click()
    outcome = page.locator("[data-outcome]")
    expect(outcome).to_have_attribute("data-outcome", "waiting")
    fakes.doors.move("b" * 16, CommandState.ANSWERED, "not_called")
    if not scripts:
        page.get_by_role("link", name="Neu laden").click()
    expect(outcome).to_have_attribute("data-outcome", "failed", timeout=10_000)
    expect(outcome).to_contain_text("nicht gedrückt")
    page.get_by_role("link", name="Noch einmal öffnen").click()
    expect(page.get_by_role("button", name="Tür öffnen")).to_be_visible()


def test_the_member_s_page_keeps_its_doors_up_to_date_in_place(
    open_signed_in: OpenPage, fakes: Fakes
) -> None:
    page = open_signed_in(MEMBER, "/me/")
    page.evaluate("window.sinceTheBeginning = true")
    expect(page.get_by_role("link", name="Tür öffnen")).to_have_count(1)
    fakes.phone.kept[0] = replace(fakes.phone.kept[0], refusal=RuleRefused("no", code="phone_not_now"))
    page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    expect(page.get_by_role("link", name="Tür öffnen")).to_have_count(0)
    assert page.evaluate("window.sinceTheBeginning") is True


def test_a_new_member_books_a_desk_in_three_actions_from_the_overview(
    open_signed_in: OpenPage, fakes: Fakes
) -> None:
    page = open_signed_in(MEMBER, "/", width=320, scripts=False)
    page.get_by_role("link", name="Clubheim Mölln").click()
    page.get_by_role("link", name=re.compile("Buchen.*Stehtisch")).click()
    page.get_by_role("button", name="Jetzt buchen").click()
    expect(page.get_by_text("Stehtisch ist für Sie reserviert")).to_be_visible()
    assert [call[0] for call in fakes.booking.calls] == ["book"]


def test_a_list_is_searched_while_typing(open_signed_in: OpenPage) -> None:
    page = open_signed_in(MANAGER, f"{AT}/cards")
    rows = page.locator("[data-search-list] > li:visible")
    before = rows.count()
    page.locator("input[name=q]").press_sequentially("gäste")
    expect(rows).to_have_count(1)
    assert before > 1


def test_a_door_whose_lock_does_not_obey_says_so(open_signed_in: OpenPage, fakes: Fakes) -> None:
    fakes.doors.change("vorn", lock_works=False)
    page = open_signed_in(MANAGER, f"{AT}/doors")
    keep_screenshot(page, "host doors broken lock")
    expect(page.get_by_text("Das Schloss gehorcht dem Gerät nicht")).to_be_visible()


def test_a_desk_is_dragged_moved_by_keys_put_back_and_saved(open_signed_in: OpenPage, fakes: Fakes) -> None:
    page = open_signed_in(MANAGER, f"{AT}/plan")
    desk, left, top = page.locator("[data-desk=s1]"), page.locator("#x-s1"), page.locator("#y-s1")
    before = left.input_value(), top.input_value()
    box = desk.locator(".desk-top").bounding_box()
    assert box is not None
    middle = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    page.mouse.move(*middle)
    page.mouse.down()
    page.mouse.move(middle[0] + 133, middle[1] + 111, steps=4)
    page.mouse.up()
    dragged = left.input_value(), top.input_value()
    assert dragged != before
    assert [int(number) % 10 for number in dragged] == [0, 0]
    assert desk.get_attribute("transform") == f"translate({dragged[0]} {dragged[1]})"
    desk.focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Shift+ArrowUp")
    page.keyboard.press("r")
    assert (left.input_value(), top.input_value()) == (str(int(dragged[0]) + 10), str(int(dragged[1]) - 50))
    assert page.locator("#angle-s1").input_value() == "15"
    expect(page.locator("[data-plan-said]")).to_contain_text("um 15 Grad gedreht")
    page.get_by_role("button", name="Rückgängig").click()
    assert page.locator("#angle-s1").input_value() == "0"
    # At the wall it stops.
    for _ in range(15):
        desk.press("Shift+ArrowLeft")
    assert left.input_value() == "69"
    keep_screenshot(page, "host floor plan changed")
    page.get_by_role("button", name="Speichern", exact=True).click()
    expect(page.get_by_role("status").first).to_contain_text("Der Raumplan ist gespeichert.")
    saved = next(one for one in fakes.site.space.desks if one.id == "s1")
    assert (saved.x, saved.y) == (69, int(dragged[1]) - 50)


def test_what_settings_would_do_is_shown_before_they_are_saved(
    open_signed_in: OpenPage, fakes: Fakes
) -> None:
    page = open_signed_in(MANAGER, f"{AT}/settings", width=320)
    page.get_by_label("Mittwoch").fill("14-17 Uhr")
    page.get_by_role("button", name="Wirkung ansehen").click()
    expect(page.get_by_role("heading", name="Was das bewirken würde")).to_be_visible()
    keep_screenshot(page, "host settings preview")
    assert axe_findings(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= 320
    page.get_by_role("button", name="So speichern").click()
    expect(page.get_by_role("status").first).to_contain_text("Die Einstellungen sind gespeichert.")
    assert fakes.site.version == 4
