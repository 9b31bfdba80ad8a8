"""A report as one page, in a real browser: nothing that axe finds, no sideways scrolling, and not a single request."""

from pathlib import Path

from playwright.sync_api import Page

from hub.export.report_html import report_html
from tests.hub.export.reports import network_report
from tests.hub.web.browser.conftest import axe_findings, keep_screenshot


def test_a_report_is_an_accessible_page_that_asks_nobody_for_anything(page: Page, tmp_path: Path) -> None:
    file = tmp_path / "bericht.html"
    file.write_bytes(report_html(network_report()))
    asked = list[str]()
    page.on("request", lambda request: asked.append(request.url.partition(":")[0]))
    complaints = list[str]()
    page.on("console", lambda said: complaints.append(said.text))
    page.goto(file.as_uri())
    assert [scheme for scheme in asked if scheme != "data"] == ["file"]
    for width in (320, 1280):
        page.set_viewport_size({"width": width, "height": 800})
        keep_screenshot(page, f"report page {width}")
        assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert axe_findings(page) == []
    drawn = "[...document.images].every(image => image.complete && image.naturalWidth > 0)"
    assert page.evaluate(drawn)
    assert complaints == []
