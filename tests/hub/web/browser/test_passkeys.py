"""Passkeys in Chromium, with the browser's own virtual device: made, shown, and of no use elsewhere."""

from collections.abc import Callable

import pytest
from flask import Flask
from playwright.sync_api import CDPSession, Page, expect

from hub.web.server import WebServer
from tests.hub.web.access_fakes import HOST, PASSWORD, Fakes
from tests.hub.web.browser.conftest import axe_findings, keep_screenshot
from tests.hub.web.fakes import TUESDAY_MORNING_US

OpenPage = Callable[..., Page]


@pytest.fixture
def address(staffed: Flask, make_server: Callable[..., WebServer]) -> str:
    """Where the pages are: passkeys belong to a name, never to a number."""
    return f"http://localhost:{make_server(staffed).port}"


@pytest.fixture
def page(open_page: OpenPage, address: str) -> Page:
    """A page signed in as a host, in a browser with a device for passkeys."""
    page = open_page("/robots.txt", port=int(address.rpartition(":")[2]), may_complain=True)
    sign_in(page, address)
    return page


@pytest.fixture
def device(page: Page) -> "Device":
    return Device(page)


class Device:
    """The browser's virtual device, as a telephone that knows its owner's finger."""

    def __init__(self, page: Page) -> None:
        self._session: CDPSession = page.context.new_cdp_session(page)
        self._session.send("WebAuthn.enable")
        made = self._session.send(
            "WebAuthn.addVirtualAuthenticator",
            {
                "options": {
                    "protocol": "ctap2",
                    "transport": "internal",
                    "hasResidentKey": True,
                    "hasUserVerification": True,
                    "isUserVerified": True,
                    "automaticPresenceSimulation": True,
                }
            },
        )
        self._id = made["authenticatorId"]

    def recognise(self, whether: bool) -> None:
        """Let it know its owner, or not."""
        values = {"authenticatorId": self._id, "isUserVerified": whether}
        self._session.send("WebAuthn.setUserVerified", values)

    def count(self) -> int:
        """Return how many passkeys it has."""
        found = self._session.send("WebAuthn.getCredentials", {"authenticatorId": self._id})
        return len(found["credentials"])

    def rewind(self) -> None:
        """Set the counters of all passkeys back, as a copied device has them."""
        values = {"authenticatorId": self._id}
        for one in self._session.send("WebAuthn.getCredentials", values)["credentials"]:
            self._session.send("WebAuthn.removeCredential", {**values, "credentialId": one["credentialId"]})
            self._session.send("WebAuthn.addCredential", {**values, "credential": {**one, "signCount": 0}})


def sign_in(page: Page, address: str) -> None:
    page.goto(f"{address}/sign-in?next=/me/security/passkeys/new")
    page.locator("[name=mail]").fill(HOST)
    page.locator("[name=password]").fill(PASSWORD)
    page.get_by_role("button", name="Anmelden", exact=True).click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Passkey hinzufügen")


def make(page: Page, name: str = "Telefon") -> None:
    page.get_by_label("Wie nennen Sie ihn?").fill(name)
    page.get_by_role("button", name="Passkey anlegen").click()


def sign_out(page: Page) -> None:
    page.get_by_role("button", name="Abmelden").click()
    expect(page.get_by_role("link", name="Anmelden")).to_be_visible()


def show(page: Page, address: str) -> None:
    page.goto(f"{address}/sign-in?next=/spaces/moelln/host/")
    page.get_by_role("button", name="Passkey verwenden").click()


def test_a_passkey_is_made_signs_in_past_the_second_factor_and_is_removed(
    page: Page, device: Device, address: str, fakes: Fakes
) -> None:
    make(page, "Telefon & <Büro>")
    expect(page.get_by_role("heading", level=3)).to_have_text("Telefon & <Büro>")
    keep_screenshot(page, "security with a passkey")
    assert axe_findings(page) == []
    assert (device.count(), len(fakes.passkeys.kept)) == (1, 1)
    fakes.factors.turn_on(1, b"sealed", 0, [], TUESDAY_MORNING_US)
    sign_out(page)
    show(page, address)
    expect(page).to_have_url(f"{address}/spaces/moelln/host/")
    assert fakes.passkeys.kept[1].used_us == TUESDAY_MORNING_US
    assert fakes.passkeys.kept[1].sign_count > 0
    page.goto(f"{address}/me/security")
    page.get_by_role("link", name="Entfernen").click()
    page.get_by_role("button", name="Passkey entfernen").click()
    expect(page.get_by_text("meldet sich niemand mehr an")).to_be_visible()
    sign_out(page)
    show(page, address)
    expect(page.get_by_text("Diesen Passkey kennen wir hier nicht")).to_be_visible()
    page.goto(f"{address}/me/")
    expect(page.get_by_role("heading", level=1)).to_have_text("Anmelden")


def test_the_same_device_makes_no_second_one(page: Page, device: Device, address: str, fakes: Fakes) -> None:
    make(page)
    expect(page.get_by_role("heading", level=3)).to_have_text("Telefon")
    page.get_by_role("link", name="Passkey hinzufügen").click()
    make(page)
    expect(page.get_by_text("Das ging nicht oder wurde abgebrochen")).to_be_visible()
    assert (device.count(), len(fakes.passkeys.kept)) == (1, 1)


@pytest.mark.parametrize("trouble", ["finger", "copy", "off"])
def test_what_is_not_the_owner_s_own_gets_nobody_in(
    page: Page, device: Device, address: str, fakes: Fakes, trouble: str
) -> None:
    make(page)
    expect(page.get_by_role("heading", level=3)).to_have_text("Telefon")
    sign_out(page)
    if trouble == "finger":
        device.recognise(False)
    elif trouble == "off":
        fakes.accounts.change(HOST, is_active=False)
    else:
        fakes.passkeys.note_use(1, 1000, 0)
        device.rewind()
    show(page, address)
    expect(page.locator("[data-passkey-problem]")).to_be_visible()
    page.goto(f"{address}/me/")
    expect(page.get_by_role("heading", level=1)).to_have_text("Anmelden")
