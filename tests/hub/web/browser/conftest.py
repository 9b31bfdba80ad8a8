"""Pages in Chromium, served by the real server on fakes that a test moves."""

import os
import re
from collections.abc import Callable, Iterable, Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page

from hub.domain.occupancy import Counts, DeviceStatus
from hub.domain.space import PublicDetail
from hub.web.server import WebServer
from tests.hub.web.fakes import TUESDAY_MORNING_US, FakeLive, FakeWakeups

# language, width, colour scheme: each pair of two occurs.
VIEWS = [("de", 320, "light"), ("de", 1280, "dark"), ("en", 320, "dark"), ("en", 1280, "light")]


def looks(pages: Iterable[str]) -> list[tuple[str, str, int, str]]:
    """Return (page, *view): each page in both languages and at both widths, by turns in light and dark.

    With `ANKERORT_ALL_VIEWS`, each page in all four views.
    """
    return [
        (page, *view)
        for number, page in enumerate(pages)
        for view in (
            VIEWS if os.environ.get("ANKERORT_ALL_VIEWS") else (VIEWS[number % 2], VIEWS[3 - number % 2])
        )
    ]


MOST_STOPS = 400

# Looked at by eye after each change of style, and taken with ANKERORT_SCREENSHOTS=1 only; kept out of git.
SCREENSHOTS = Path(__file__).parents[3] / "artefacts" / "screenshots"


@pytest.fixture
def lively(live: FakeLive) -> FakeLive:
    """A morning with something of everything: all states of desks, and a space for each public detail."""
    for desk in ("f1", "f2", "f4", "h1", "r1"):
        live.set_desk("wittenberge", desk, "occupied")
    live.set_desk("wittenberge", "r2", "unknown", "silent", TUESDAY_MORNING_US - 4_000_000_000)
    live.set_detail("moelln", PublicDetail.COUNT)
    live.published["moelln"] = Counts(4, 3, 1, 0), TUESDAY_MORNING_US - TUESDAY_MORNING_US % 300_000_000
    live.set_detail("oestrich-winkel", PublicDetail.STATE)
    live.set_device("diessen", "pi-see", DeviceStatus.LOST, TUESDAY_MORNING_US - 900_000_000)
    return live


@pytest.fixture
def change(live: FakeLive, wakeups: FakeWakeups) -> Callable[..., None]:
    """A function that lets a desk of Wittenberge change: `change("f1", "occupied")`."""

    def change(desk: str, state: str) -> None:
        live.set_desk("wittenberge", desk, state)
        wakeups.wake("wittenberge")

    return change


@pytest.fixture
def open_page(browser: Browser, server: WebServer) -> Iterator[Callable[..., Page]]:
    """A function that opens an address in a window of its own: `open_page("/", width=320, scheme="dark")`.

    What the browser complains about on its console fails the test.
    """
    contexts = []
    complaints: list[str] = []

    def open_page(
        address: str,
        *,
        width: int = 1280,
        height: int = 800,
        scheme: str = "light",
        scripts: bool = True,
        port: int | None = None,
        may_complain: bool = False,
    ) -> Page:
        context = browser.new_context(
            viewport={"width": width, "height": height},
            color_scheme="dark" if scheme == "dark" else "light",
            locale="de-DE",
            java_script_enabled=scripts,
            reduced_motion="reduce",
        )
        contexts.append(context)
        page = context.new_page()
        if not may_complain:
            page.on("console", lambda said: complaints.append(f"{said.type}: {said.text}"))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.goto(f"http://127.0.0.1:{port or server.port}{address}")
        return page

    yield open_page
    for context in contexts:
        context.close()
    # A page that is not there is on purpose, and the browser says so.
    assert [text for text in complaints if "404" not in text] == []


def keep_screenshot(page: Page, name: str, *, whole: bool = True) -> None:
    """Keep a picture of a page, when `ANKERORT_SCREENSHOTS` asks for it.

    Of the whole page in a window as high as it, so that nothing sticks in its middle.
    """
    if not os.environ.get("ANKERORT_SCREENSHOTS"):
        return
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    size = page.viewport_size
    assert size is not None
    if whole:
        height = int(page.evaluate("document.documentElement.scrollHeight"))
        page.set_viewport_size({"width": size["width"], "height": max(height, size["height"])})
    page.screenshot(path=SCREENSHOTS / f"{re.sub(r'[^a-z0-9]+', '-', name.lower()).strip('-')}.png")
    page.set_viewport_size(size)


def in_language(address: str, language: str) -> str:
    return f"{address}{'&' if '?' in address else '?'}lang={language}"


def axe_findings(page: Page) -> list[tuple[str, list[str]]]:
    """Return what axe finds at any severity: rule and places."""
    found: dict[str, Any] = Axe().run(page).response
    return [(rule["id"], [node["html"] for node in rule["nodes"]]) for rule in found["violations"]]


def small_targets(page: Page) -> list[str]:
    """Return links and buttons that are too small to hit (WCAG 2.5.8)."""
    found: list[str] = page.evaluate(
        """() => [...document.querySelectorAll("a, button")].filter(target => {
            const box = target.getBoundingClientRect();
            // Links within a sentence are as high as its line (WCAG 2.5.8, inline).
            const inSentence = target.closest("p, td, li") && getComputedStyle(target).display === "inline";
            return box.height > 0 && !inSentence && (box.height < 24 || box.width < 24);
        }).map(target => target.outerHTML)"""
    )
    return found


def disordered_headings(page: Page) -> list[int]:
    """Return the levels of a page's headings when they do not begin with the one of level 1, or leave one out."""
    levels: list[int] = page.evaluate(
        "[...document.querySelectorAll('h1,h2,h3,h4')].map(h => Number(h.tagName[1]))"
    )
    is_right = (
        levels[:1] == [1]
        and levels.count(1) == 1
        and all(later <= before + 1 for before, later in pairwise(levels))
    )
    return [] if is_right else levels or [0]


def tab_through(page: Page) -> list[dict[str, Any]]:
    """Press Tab until the page's end; return what each stop is, and whether its focus can be seen."""
    stops: list[dict[str, Any]] = []
    while len(stops) < MOST_STOPS:
        page.keyboard.press("Tab")
        stop = page.evaluate(
            """async () => {
                // The browser scrolls to what has the focus with its next picture.
                await new Promise(drawn => requestAnimationFrame(() => requestAnimationFrame(drawn)));
                const at = document.activeElement;
                if (!at || at === document.body) return null;
                const style = getComputedStyle(at), box = at.getBoundingClientRect();
                return {
                    tag: at.tagName, text: at.textContent.trim() || at.getAttribute("aria-label"),
                    outlined: style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2,
                    inView: box.top >= -1 && box.left >= -1
                        && box.right <= innerWidth + 1 && box.bottom <= innerHeight + 1,
                };
            }"""
        )
        if stop is None:
            return stops
        stops.append(stop)
    raise AssertionError("the keyboard does not find the page's end")
