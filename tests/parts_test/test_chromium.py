"""The browser of the test bench renders, runs scripts, and gives each test a fresh page."""

import http.server
import threading
from collections.abc import Iterator

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

HTML = b"""<!doctype html><html lang="de"><head><title>Probe</title></head><body><main><h1>Guten Tag</h1>
<p id="who">niemand</p><script>
  document.querySelector("#who").textContent = localStorage.getItem("seen") ?? "zum ersten Mal";
  localStorage.setItem("seen", "wieder da");
</script></main></body></html>"""


class Pages(http.server.BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.end_headers()
        self.wfile.write(HTML)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class calls it so
        """Stay silent."""


@pytest.fixture
def address() -> Iterator[str]:
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Pages) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()
        thread.join()


@pytest.mark.parametrize("visit", ["first", "second"])
def test_each_test_gets_a_page_that_has_seen_nothing(page: Page, address: str, visit: str) -> None:
    page.goto(address)
    assert page.locator("#who").inner_text() == "zum ersten Mal", visit


def test_the_browser_prefers_german(page: Page, address: str) -> None:
    page.goto(address)
    assert page.evaluate("navigator.language") == "de-DE"


def test_axe_finds_what_is_wrong_and_nothing_else(page: Page, address: str) -> None:
    page.goto(address)
    assert Axe().run(page).violations_count == 0
    page.evaluate("document.documentElement.removeAttribute('lang')")
    assert [violation["id"] for violation in Axe().run(page).response["violations"]] == ["html-has-lang"]
