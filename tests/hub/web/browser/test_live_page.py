"""The live page in a browser: it moves, can be paused, says when the connection breaks, works without scripts."""

from collections.abc import Callable

import pytest
from flask import Flask
from playwright.sync_api import Page, expect

from hub.domain.space import PublicDetail
from hub.web.feed import Timing
from hub.web.parts import WebConfig
from hub.web.server import WebServer
from tests.hub.web.browser.conftest import keep_screenshot
from tests.hub.web.fakes import FakeLive, SetClock
from tests.parts.tcp_proxy import TcpProxy

OpenPage = Callable[..., Page]
Change = Callable[[str, str], None]

ADDRESS = "/spaces/wittenberge"


def status(page: Page) -> str:
    return page.locator("[data-status]").inner_text()


@pytest.fixture
def live_page(open_page: OpenPage) -> Page:
    """The live page of Wittenberge, connected."""
    page = open_page(ADDRESS)
    expect(page.locator("[data-status]")).to_have_text("Stand 10:15:30, live")
    return page


def test_a_change_moves_sentence_plan_table_and_legend(live_page: Page, change: Change) -> None:
    change("f1", "occupied")
    expect(live_page.locator("[data-sentence]")).to_have_text("10 von 11 Plätzen frei")
    desk, row = live_page.locator("g[data-desk=f1]"), live_page.locator("tr[data-desk=f1]")
    expect(desk).to_have_attribute("data-state", "occupied")
    expect(desk.locator("use")).to_have_attribute("href", "#mark-occupied")
    expect(desk.locator("title")).to_have_text("Fenster 1: belegt")
    expect(row.locator("[data-word]")).to_have_text("belegt")
    expect(row.locator("use")).to_have_attribute("href", "#mark-occupied")
    expect(live_page.locator("[data-count=occupied]")).to_have_text("1")


def test_what_becomes_unknown_is_said_in_words_and_the_legend_grows(
    live_page: Page, change: Change, live: FakeLive
) -> None:
    expect(live_page.locator("li", has=live_page.locator("[data-count=unknown]"))).to_be_hidden()
    change("f1", "unknown")
    expect(live_page.locator("[data-besides]")).to_have_text("1 unbekannt")
    expect(live_page.locator("li", has=live_page.locator("[data-count=unknown]"))).to_be_visible()
    expect(live_page.locator("tr[data-desk=f1] [data-note]")).to_have_text(
        "Sensor hat sich noch nicht gemeldet seit 10:15"
    )


def test_time_goes_on_while_nothing_happens(live_page: Page, clock: SetClock) -> None:
    clock.us += 7_000_000
    expect(live_page.locator("[data-status]")).to_have_text("Stand 10:15:37, live")


def test_a_paused_page_stands_still_and_goes_on_where_things_are(live_page: Page, change: Change) -> None:
    live_page.get_by_role("button", name="Anhalten").click()
    expect(live_page.locator("[data-status]")).to_have_text("Angehalten, Stand von 10:15:30")
    change("f1", "occupied")
    live_page.wait_for_timeout(400)
    expect(live_page.locator("[data-sentence]")).to_have_text("11 von 11 Plätzen frei")
    live_page.get_by_role("button", name="Fortsetzen").click()
    expect(live_page.locator("[data-sentence]")).to_have_text("10 von 11 Plätzen frei")
    expect(live_page.locator("[data-status]")).to_have_text("Stand 10:15:30, live")


def test_a_broken_connection_is_said_and_mends_itself(
    open_page: OpenPage, server: WebServer, tcp_proxy: Callable[[int], TcpProxy], change: Change
) -> None:
    proxy = tcp_proxy(server.port)
    page = open_page(ADDRESS, port=proxy.port, may_complain=True)
    expect(page.locator("[data-status]")).to_have_text("Stand 10:15:30, live")
    proxy.refuse()
    proxy.cut()
    broken = "Verbindung unterbrochen, Stand von 10:15:30. Wird wieder versucht."
    expect(page.locator("[data-status]")).to_have_text(broken)
    expect(page.locator("[role=status]")).to_have_text(broken)
    keep_screenshot(page, "live page broken")
    change("f1", "occupied")
    proxy.restore()
    expect(page.locator("[data-sentence]")).to_have_text("10 von 11 Plätzen frei", timeout=30_000)
    expect(page.locator("[data-status]")).to_have_text("Stand 10:15:30, live")
    expect(page.locator("[role=status]")).to_have_text("Wieder verbunden.")


def test_a_connection_that_falls_silent_is_noticed(
    open_page: OpenPage, server: WebServer, tcp_proxy: Callable[[int], TcpProxy]
) -> None:
    proxy = tcp_proxy(server.port)
    page = open_page(ADDRESS, port=proxy.port, may_complain=True)
    page.clock.install()
    page.reload()
    expect(page.locator("[data-status]")).to_have_text("Stand 10:15:30, live")
    proxy.blackhole()
    page.clock.fast_forward(60_000)
    expect(page.locator("[data-status]")).to_contain_text("Verbindung unterbrochen")


def test_listeners_are_told_a_summary_and_not_each_change(open_page: OpenPage, change: Change) -> None:
    page = open_page(ADDRESS)
    page.clock.install()
    page.reload()
    expect(page.locator("[data-status]")).to_contain_text("live")
    said = page.locator("[role=status]")
    for desk in ("f1", "f2", "f3"):
        change(desk, "occupied")
    expect(page.locator("[data-sentence]")).to_have_text("8 von 11 Plätzen frei")
    expect(said).to_have_text("")
    page.clock.fast_forward(10_000)
    expect(said).to_have_text("8 von 11 Plätzen frei")


def test_when_all_places_are_taken_the_page_asks_instead(
    open_page: OpenPage,
    make_app: Callable[..., Flask],
    make_server: Callable[..., WebServer],
    change: Change,
) -> None:
    full = make_server(make_app(WebConfig(max_viewers=0)), max_viewers=0)
    page = open_page(ADDRESS, port=full.port, may_complain=True)
    page.clock.install()
    page.reload()
    expect(page.locator("[data-status]")).to_have_text("Stand 10:15:30, alle 15 Sekunden neu")
    change("f1", "occupied")
    page.clock.fast_forward(15_000)
    expect(page.locator("[data-sentence]")).to_have_text("10 von 11 Plätzen frei")


def test_a_long_life_of_the_connection_ends_without_a_word(
    open_page: OpenPage, make_app: Callable[..., Flask], make_server: Callable[..., WebServer], change: Change
) -> None:
    restless = make_server(make_app(timing=Timing(look_s=0.1, beat_s=0.2, lifetime_s=0.5, slice_s=0.1)))
    page = open_page(ADDRESS, port=restless.port)
    page.evaluate(
        """() => {
            window.modes = new Set();
            const bar = document.querySelector("[data-live-bar]");
            new MutationObserver(() => modes.add(bar.dataset.mode)).observe(bar, { attributes: true });
        }"""
    )
    page.wait_for_timeout(2_000)
    change("f1", "occupied")
    expect(page.locator("[data-sentence]")).to_have_text("10 von 11 Plätzen frei")
    assert page.evaluate("[...modes]") == ["live"]


@pytest.mark.parametrize("happens", ["shows less", "has another desk"])
def test_a_page_that_has_no_place_for_what_it_gets_loads_itself_again(
    live_page: Page, live: FakeLive, happens: str
) -> None:
    if happens == "shows less":
        live.set_detail("wittenberge", PublicDetail.STATE)
        expect(live_page.locator("[data-sentence]")).to_have_text("Geöffnet bis 20:00 Uhr")
        expect(live_page.locator("svg.floor-plan")).to_have_count(0)
    else:
        desks = live.change_space("wittenberge").desks
        live.change_space("wittenberge", desks=desks[:5])
        expect(live_page.locator("tr[data-desk]")).to_have_count(5)


def test_a_space_that_is_taken_out_becomes_a_page_that_says_so(open_page: OpenPage, live: FakeLive) -> None:
    page = open_page(ADDRESS, may_complain=True)
    expect(page.locator("[data-status]")).to_contain_text("live")
    live.remove_space("wittenberge")
    expect(page.locator("h1")).to_have_text("Diesen Ort gibt es hier nicht", timeout=15_000)


def test_without_scripts_the_page_says_the_same_and_offers_to_load_again(
    open_page: OpenPage, change: Change
) -> None:
    page = open_page(ADDRESS, scripts=False)
    expect(page.locator("[data-sentence]")).to_have_text("11 von 11 Plätzen frei")
    expect(page.locator("tr[data-desk]")).to_have_count(12)
    expect(page.locator("[data-status]")).to_have_text("Stand 10:15:30")
    expect(page.get_by_role("button", name="Anhalten")).to_be_hidden()
    change("f1", "occupied")
    page.get_by_role("link", name="Neu laden").click()
    expect(page.locator("[data-sentence]")).to_have_text("10 von 11 Plätzen frei")
    keep_screenshot(page, "live page without scripts")


def test_the_language_switch_changes_page_and_stream(live_page: Page, change: Change) -> None:
    live_page.get_by_role("link", name="English").click()
    expect(live_page.locator("[data-status]")).to_have_text("As of 10:15:30, live")
    change("f1", "occupied")
    expect(live_page.locator("[data-sentence]")).to_have_text("10 of 11 desks free")


def test_a_host_link_leads_to_an_address_without_it(
    open_page: OpenPage, live: FakeLive, change: Change
) -> None:
    live.set_detail("wittenberge", PublicDetail.STATE)
    page = open_page(f"{ADDRESS}?key={live.host_link('wittenberge')}")
    assert page.url.endswith(ADDRESS)
    change("f1", "occupied")
    expect(page.locator("tr[data-desk=f1] [data-word]")).to_have_text("belegt")
    page.get_by_role("link", name="Auf diesem Gerät beenden").click()
    expect(page.locator("[data-sentence]")).to_have_text("Geöffnet bis 20:00 Uhr")


def test_a_screen_starts_afresh_at_night_and_not_while_the_hub_is_away(
    open_page: OpenPage, server: WebServer, tcp_proxy: Callable[[int], TcpProxy]
) -> None:
    proxy = tcp_proxy(server.port)
    page = open_page(f"{ADDRESS}?screen=1", port=proxy.port, may_complain=True)
    page.clock.install(time="2026-11-17T23:00:00")
    page.reload()
    page.evaluate("window.isOld = true")
    proxy.refuse()
    proxy.cut()
    page.clock.fast_forward("06:00:00")
    expect(page.locator("[data-status]")).to_contain_text("Verbindung unterbrochen")
    assert page.evaluate("window.isOld") is True
    proxy.restore()
    page.clock.fast_forward("02:00")
    page.wait_for_function("() => !window.isOld")
    expect(page.locator("[data-status]")).to_contain_text("live", timeout=15_000)


def test_a_screen_does_not_grow_with_what_it_is_shown(open_page: OpenPage, change: Change) -> None:
    page = open_page(f"{ADDRESS}?screen=1")
    expect(page.locator("[data-status]")).to_contain_text("live")
    before = page.evaluate("document.getElementsByTagName('*').length")
    for turn in range(60):
        change("f1", "vacant" if turn % 2 else "occupied")
        state = "free" if turn % 2 else "occupied"
        expect(page.locator("g[data-desk=f1]")).to_have_attribute("data-state", state)
    assert page.evaluate("document.getElementsByTagName('*').length") == before
