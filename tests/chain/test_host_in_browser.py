"""A host at a browser: the door is opened once, a card is blocked, a door is locked down, and the lock obeys."""

import re
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.chain.doorway import DOOR, SOON_S, Doorway, new_uid, running
from tests.chain.installation import SPACE
from tests.parts.mosquitto import Mosquitto
from tests.parts.pcscd import Pcscd
from tests.parts.ports import LOOPBACK
from tests.parts.virtual_desfire import VirtualDesfire
from tests.parts.waiting import wait_until

MAIL, PASSWORD = "host@example.org", "vier ganz lange Wörter"


def sign_in(doorway: Doorway, page: Page) -> str:
    """Make a host and sign in; return the address of the host's pages."""
    secret = doorway.folder / "host-password"
    secret.write_text(PASSWORD, "utf-8")
    doorway.hub.call(
        "user", "add", MAIL, "--name", "Hanna", "--role", "host", "--space", SPACE, "--password-file", secret
    )
    base = f"http://{LOOPBACK}:{doorway.hub.port}"
    page.goto(f"{base}/sign-in")
    page.get_by_label("E-Mail").fill(MAIL)
    page.get_by_label("Passwort").fill(PASSWORD)
    page.locator("main").get_by_role("button", name="Anmelden").click()
    page.goto(f"{base}/spaces/{SPACE}/host/")
    expect(page.get_by_role("heading", name="Heute", level=1)).to_be_visible()
    return f"{base}/spaces/{SPACE}/host"


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_what_a_host_does_in_the_browser_reaches_the_lock(
    mosquitto: Mosquitto, pcscd: Pcscd, page: Page, tmp_path: Path
) -> None:
    with running(Doorway(tmp_path, mosquitto.url, pcscd)) as doorway:
        card = VirtualDesfire(new_uid())
        number = doorway.enrol(card, doorway.add_member("Jo Beispiel"))
        doorway.wait_until_applied()
        at = sign_in(doorway, page)

        # Open once, with a reason; the result comes by itself.
        page.goto(f"{at}/doors/{DOOR}/open")
        page.get_by_label("Grund").fill("Lieferung")
        page.get_by_role("button", name="Jetzt öffnen").click()
        expect(page.locator("[data-outcome]")).to_have_attribute("data-outcome", "done", timeout=10_000)
        assert doorway.lock_rose() == 1
        wait_until(doorway.is_locked, 5.0, "the lock to hold again")

        assert doorway.tap(doorway.put(card)) == (True, "granted")
        assert doorway.lock_rose() == 2
        page.goto(f"{at}/")
        expect(page.get_by_text("Jo Beispiel")).to_have_count(0)
        page.get_by_label("Grund").fill("Fundsache abgeben")
        page.get_by_role("button", name=re.compile("Namen 15 Minuten")).click()
        expect(page.get_by_text("Jo Beispiel").first).to_be_visible()

        page.goto(f"{at}/cards/{number}/block")
        page.get_by_label("Was ist geschehen?").fill("verloren")
        page.get_by_role("button", name="Karte sperren").click()
        expect(page.get_by_text("gesperrt").first).to_be_visible()
        doorway.wait_until_applied()
        assert doorway.tap(doorway.put(card)) == (False, "blocked")
        assert doorway.lock_rose() == 2

        actions = [
            row[0] for row in doorway.hub.query("SELECT payload FROM chain_entry WHERE chain = 'host'")
        ]
        for word in (b"Lieferung", b"Fundsache", b"verloren"):
            assert any(word in payload for payload in actions), f"{word!r} is not in the log of actions"
        assert doorway.count("command", "state = 'answered' AND outcome = 'done' AND kind = 'open'") == 1
        wait_until(lambda: "whole" in doorway.hub.call("audit", "verify"), SOON_S, "the log to be whole")
