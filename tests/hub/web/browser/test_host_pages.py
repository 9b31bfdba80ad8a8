"""EN 301 549 on the pages that take signing in: axe, keyboard and two widths, in both languages and schemes."""

from collections.abc import Callable

import pytest
from flask import Flask
from playwright.sync_api import Page, expect

from hub.domain.doors import CommandState
from hub.web.server import WebServer
from tests.hub.web.access_fakes import MANAGER, Fakes
from tests.hub.web.browser.conftest import (
    VIEWS,
    axe_findings,
    disordered_headings,
    in_language,
    keep_screenshot,
    small_targets,
    tab_through,
)
from tests.hub.web.conftest import Person
from tests.hub.web.fakes import TUESDAY_MORNING_US as NOW_US
from tests.hub.web.host_pages import AT, PAGES, SENT, fill

OpenPage = Callable[..., Page]


@pytest.fixture
def open_signed_in(
    open_page: OpenPage,
    staffed: Flask,
    fakes: Fakes,
    signed_in: Callable[[str], Person],
    make_server: Callable[..., WebServer],
) -> OpenPage:
    """A function that opens a page as somebody who has signed in: `open_signed_in(MANAGER, "/me/", width=320)`."""
    fill(fakes)
    server = make_server(staffed)

    def open_as(mail: str, address: str, **options: object) -> Page:
        cookie = signed_in(mail).client.get_cookie("session") if mail else None
        page = open_page("/robots.txt", port=server.port, **options)
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
    ("language", "width", "scheme"), VIEWS, ids=["-".join(map(str, view)) for view in VIEWS]
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
    assert can_be_used <= len(stops) <= can_be_used + 3 * dates + 1
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
