"""The system's Chromium, driven by Playwright."""

from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import Browser, sync_playwright

from tests.parts.requirement import require_program

# No sandbox: tests may run as root. No graphics card, no HTTP/3, and nothing that calls home.
_ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@contextmanager
def chromium() -> Iterator[Browser]:
    """Give a headless browser for as long as the context lasts; the first start of a machine takes 8 s."""
    # The same engine without windows and their frames, which cost more than the pages themselves.
    program = require_program("chromium-headless-shell", "chromium-headless-shell")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=_ARGUMENTS, timeout=60_000)
        try:
            yield browser
        finally:
            browser.close()
