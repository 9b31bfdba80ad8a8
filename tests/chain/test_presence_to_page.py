"""A person on a mat becomes a change of the page that somebody looks at, and so does whatever breaks on the way."""

import re
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from tests.chain.installation import Hub, Pi
from tests.parts.mosquitto import Mosquitto

SOON_S = 10.0
"""What comes by itself comes within this: presence is confirmed after half a second here, everything else is pushed."""
AFTER_RETURN_S = 60.0
"""A connection that broke is made anew after a random wait, and what was sent into the gap is sent again after 10 s."""

SILENT = re.compile(r"^Sensor meldet sich nicht seit \d\d:\d\d$")


class Window:
    """A browser's window on the live page; `desk` is what its table says of one."""

    def __init__(self, page: Page, address: str) -> None:
        page.goto(address)
        # A page that was loaded again would have forgotten this.
        page.evaluate("window.sinceTheBeginning = true")
        self.page = page

    def desk(self, desk: str) -> Locator:
        """Return the desk's row."""
        return self.page.locator(f'table [data-desk="{desk}"]')

    def shows(
        self, desk: str, state: str, word: str, note: str | re.Pattern[str] = "", within_s: float = SOON_S
    ) -> None:
        """Wait until plan, table and words agree on a desk's state, without the page being loaded again."""
        row, within_ms = self.desk(desk), within_s * 1000
        expect(row).to_have_attribute("data-state", state, timeout=within_ms)
        expect(row.locator("[data-word]")).to_have_text(word)
        expect(row.locator("[data-note]")).to_have_text(note)
        expect(self.page.locator(f'svg [data-desk="{desk}"]')).to_have_attribute("data-state", state)
        expect(self.page.locator(f'svg [data-desk="{desk}"] title')).to_have_text(re.compile(f": {word}$"))
        assert self.page.evaluate("window.sinceTheBeginning") is True, "the page was loaded again"


def check_without_javascript(browser: Browser, address: str, **words: str) -> None:
    """Load the page as a browser without JavaScript does, and compare what it says of each desk."""
    context = browser.new_context(java_script_enabled=False, locale="de-DE")
    page = context.new_page()
    page.goto(address)
    for desk, expected in words.items():
        said = page.locator(f'table [data-desk="{desk}"] td').inner_text()
        assert " ".join(said.split()).startswith(expected)
    expect(page.get_by_role("link", name="Neu laden")).to_be_visible()
    context.close()


def follow_a_day(hub: Hub, mosquitto: Mosquitto, page: Page, browser: Browser) -> None:
    """Let people come and go, and kill device and broker, while a window shows the page."""
    window = Window(page, hub.address())
    sentence = page.locator("[data-sentence]")
    window.shows("fenster", "unknown", "unbekannt", "Sensor hat sich noch nicht gemeldet")
    with Pi(hub.folder, mosquitto.url) as pi:
        window.shows("fenster", "free", "frei", within_s=AFTER_RETURN_S)
        window.shows("tuer", "free", "frei")
        expect(sentence).to_have_text("2 von 2 Plätzen frei")
        expect(page.locator("[data-live-bar]")).to_have_attribute("data-mode", "live")

        pi.sit_down("fenster")
        window.shows("fenster", "occupied", "belegt")
        window.shows("tuer", "free", "frei")
        expect(sentence).to_have_text("1 von 2 Plätzen frei")
        pi.get_up("fenster")
        window.shows("fenster", "free", "frei")
        pi.sit_down("tuer")
        window.shows("tuer", "occupied", "belegt")
        check_without_javascript(browser, hub.address(), fenster="frei", tuer="belegt")

        pi.kill()
        window.shows("tuer", "unknown", "unbekannt", SILENT)
        window.shows("fenster", "unknown", "unbekannt", SILENT)
        expect(sentence).to_have_text("Belegung zurzeit nicht bekannt")
        silent = "unbekannt Sensor meldet sich nicht"
        check_without_javascript(browser, hub.address(), fenster=silent, tuer=silent)
        pi.start()
        window.shows("tuer", "occupied", "belegt", within_s=AFTER_RETURN_S)
        window.shows("fenster", "free", "frei")

        mosquitto.kill()
        # Nobody hears of this one before the broker is back.
        pi.get_up("tuer")
        mosquitto.start()
        window.shows("tuer", "free", "frei", within_s=AFTER_RETURN_S)
        pi.sit_down("fenster")
        window.shows("fenster", "occupied", "belegt")
        check_without_javascript(browser, hub.address(), fenster="belegt", tuer="frei")


@pytest.mark.slow
def test_a_page_follows_people_devices_and_broker_with_the_hub_in_one_process(
    mosquitto: Mosquitto, page: Page, browser: Browser, tmp_path: Path
) -> None:
    with Hub(tmp_path, mosquitto.url) as hub:
        hub.set_up()
        hub.start("serve")
        follow_a_day(hub, mosquitto, page, browser)


@pytest.mark.slow
def test_a_page_follows_people_devices_and_broker_with_three_processes_on_postgresql(
    mosquitto: Mosquitto, page: Page, browser: Browser, postgres_url: str, tmp_path: Path
) -> None:
    with Hub(tmp_path, mosquitto.url, postgres_url) as hub:
        hub.set_up()
        for command in ("ingest", "web", "jobs"):
            hub.start(command)
        follow_a_day(hub, mosquitto, page, browser)
