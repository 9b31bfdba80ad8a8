"""EN 301 549: what axe and the keyboard tell of every page, at two widths, in both languages and schemes (A1 to A6)."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page

from tests.hub.web.browser.conftest import (
    axe_findings,
    disordered_headings,
    in_language,
    keep_screenshot,
    looks,
    small_targets,
    tab_through,
)
from tests.hub.web.fakes import HOST_SECRET, FakeLive

OpenPage = Callable[..., Page]

PAGES = {
    "overview": "/",
    "live page": "/spaces/wittenberge",
    "live page of a count": "/spaces/moelln",
    "live page of a state": "/spaces/oestrich-winkel",
    "live page without sensors": "/spaces/diessen",
    "live page of a host": f"/spaces/moelln?key={HOST_SECRET}-moelln",
    "screen": "/spaces/wittenberge?screen=1",
    "no such space": "/spaces/nirgends",
    "open data": "/api/docs",
}

LOOKS = looks(PAGES)

pytestmark = pytest.mark.usefixtures("lively")


@pytest.fixture(params=PAGES)
def name(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.mark.parametrize(
    ("name", "language", "width", "scheme"),
    LOOKS,
    ids=["-".join(map(str, look)) for look in LOOKS],
    indirect=["name"],
)
def test_axe_finds_nothing_and_nothing_scrolls_sideways(
    open_page: OpenPage, name: str, language: str, width: int, scheme: str
) -> None:
    page = open_page(in_language(PAGES[name], language), width=width, scheme=scheme)
    keep_screenshot(page, f"{name} {language} {width} {scheme}")
    assert axe_findings(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert page.locator("html").get_attribute("lang") == language


@pytest.mark.parametrize(
    ("address", "width", "height"),
    [
        ("/spaces/wittenberge?screen=1", 1920, 1080),
        ("/spaces/diessen?screen=1", 1920, 1080),
        ("/spaces/moelln?screen=1", 1920, 1080),
        ("/spaces/oestrich-winkel?screen=1", 1080, 1920),
        ("/spaces/wittenberge?screen=1", 1080, 1920),
    ],
)
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_screen_on_the_wall_shows_all_without_scrolling(
    open_page: OpenPage, address: str, width: int, height: int, scheme: str
) -> None:
    page = open_page(address, width=width, height=height, scheme=scheme)
    keep_screenshot(page, f"screen {address[8:]} {width} {scheme}", whole=False)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert page.evaluate("document.documentElement.scrollHeight") <= height


@pytest.mark.parametrize("width", [320, 1280])
def test_the_keyboard_reaches_everything_and_the_focus_is_seen(
    open_page: OpenPage, name: str, width: int
) -> None:
    page = open_page(PAGES[name], width=width)
    if page.locator("[data-pause]").count():
        page.locator("[data-pause]").wait_for(state="visible")
    can_be_used = page.locator("a[href]:visible, button:visible, [tabindex='0']:visible").count()
    stops = tab_through(page)
    assert [stop["text"] for stop in stops if not (stop["outlined"] and stop["inView"])] == []
    assert len(stops) == can_be_used
    assert stops[0]["text"] == "Zum Inhalt springen"


def test_the_skip_link_leads_to_the_content(open_page: OpenPage) -> None:
    page = open_page("/spaces/wittenberge")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Alle Orte"


@pytest.mark.parametrize("width", [320, 1280])
def test_targets_are_large_enough_to_hit(open_page: OpenPage, name: str, width: int) -> None:
    page = open_page(PAGES[name], width=width)
    assert small_targets(page) == []


def test_headings_and_landmarks_are_in_order(open_page: OpenPage, name: str) -> None:
    page = open_page(PAGES[name])
    assert disordered_headings(page) == []
    assert page.locator("main").count() == 1
    assert page.title()


def test_text_twice_as_large_still_fits(open_page: OpenPage, name: str) -> None:
    # Zoom by 200 % at 1280 pixels is a window of 640.
    page = open_page(PAGES[name], width=640)
    assert page.evaluate("document.documentElement.scrollWidth") <= 640


def test_each_state_has_a_word_a_mark_and_a_pattern(open_page: OpenPage, lively: FakeLive) -> None:
    page = open_page("/spaces/wittenberge")
    looks = page.evaluate(
        """() => ["free", "occupied", "unknown", "out_of_service"].map(state => {
            const desk = document.querySelector(`g.desk[data-state=${state}]`);
            const row = document.querySelector(`tr[data-state=${state}]`);
            const top = getComputedStyle(desk.querySelector(".desk-top"));
            const cross = getComputedStyle(desk.querySelector(".desk-cross")).display;
            return {
                word: row.querySelector("[data-word]").textContent,
                mark: desk.querySelector("use").getAttribute("href"),
                markOfRow: row.querySelector("use").getAttribute("href"),
                pattern: [top.fill, top.strokeDasharray, cross].join(),
            };
        })"""
    )
    for part in ("word", "mark", "pattern"):
        assert len({look[part] for look in looks}) == 4, part
    assert all(look["mark"] == look["markOfRow"] for look in looks)
