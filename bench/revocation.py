"""(g) From a host's click on "block" to the door that refuses: 200 blocks, 500 cards, over the pages and the broker.

The time begins when the browser's request leaves, and ends when the hub knows that the door's device applies the list
in which the card is blocked: the device refuses it before it says so, so the way back counts as well.
"""

import http.cookiejar
import re
import secrets
import sqlite3
import time
import urllib.parse
import urllib.request
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from bench.world import percentile
from hub.bootstrap import open_database, system_clock
from hub.config import HubSettings
from hub.demo.doors import _InventedReader
from hub.desks import member_desk
from hub.domain.people import AccessHours, Actor, Member, Membership
from hub.domain.time import local_date
from hub.key_file import load_keys
from hub.services.local_cards import LocalCards
from hub.storage.access_unit import SqlUnits
from hub.storage.local_cards import LocalCardRows
from tests.chain.installation import PI, SPACE, Hub, Pi
from tests.parts.mosquitto import Mosquitto
from tests.parts.ports import LOOPBACK
from tests.parts.waiting import wait_until
from wire.card_keys import CREDENTIAL_ID_BYTES

CARDS: Final = 500
BLOCKS: Final = 200
WARM_UP: Final = 3
MAIL, PASSWORD = "host@example.org", "vier ganz lange Wörter"
_TOKEN: Final = re.compile(r'name="csrf_token"[^>]*value="([^"]+)"')
_UP_TO_DATE: Final = "SELECT count(*) FROM access_state WHERE wanted = compiled AND applied >= version"
_BENCH: Final = Actor(None, "bench")


def measure() -> dict[str, float]:
    """Return p50, p99 and the slowest, in milliseconds."""
    with TemporaryDirectory(prefix="ankerort-bench-") as folder:
        return _measure(Path(folder))


def _measure(folder: Path) -> dict[str, float]:
    broker = Mosquitto(folder / "mosquitto")
    broker.start()
    hub = Hub(folder, broker.url)
    hub.variables |= {
        "ANKERORT_KEYS_FILE": str(folder / "keys.json"),
        "ANKERORT_KEYS_LEDGER_FILE": str(folder / "ledger.jsonl"),
        "ANKERORT_BACKUP_ENABLED": "false",
    }
    trust = folder / "trust.json"
    pi = Pi(folder, broker.url, _door(trust, folder / "access.list"))
    try:
        with hub:
            _set_up(hub, trust)
            cards = _add_cards(hub)
            hub.start("serve")
            pi.start()
            wait_until(
                lambda: hub.number(_UP_TO_DATE + " AND version > 0") == 1, 60, "the door to have its list"
            )
            times_ms = _block(hub, cards[: WARM_UP + BLOCKS])[WARM_UP:]
    finally:
        pi.stop()
        broker.stop()
    times_ms.sort()
    return {
        "cards": CARDS,
        "blocks": len(times_ms),
        "p50_ms": percentile(times_ms, 0.5),
        "p99_ms": percentile(times_ms, 0.99),
        "max_ms": times_ms[-1],
    }


def _door(trust: Path, access_list: Path) -> str:
    access = f'\n[access]\ntrust_file = "{trust}"\nlist_file = "{access_list}"\n'
    return f'{access}\n[[door]]\nid = "haupttuer"\nbackend = "simulated"\n'


def _set_up(hub: Hub, trust: Path) -> None:
    hub.set_up()
    phrase, secret = hub.folder / "passphrase", hub.folder / "password"
    for file, text in ((phrase, "fünf ganz gewöhnliche Wörter hintereinander"), (secret, PASSWORD)):
        file.write_text(text, "utf-8")
        file.chmod(0o600)
    hub.call("keys", "init", "--recovery", hub.folder / "sheet.txt", "--passphrase-file", phrase)
    hub.call("device", "add", f"{SPACE}/{PI}", "--out", trust)
    hub.call(
        "user", "add", MAIL, "--name", "Host", "--role", "host", "--space", SPACE, "--password-file", secret
    )


def _add_cards(hub: Hub) -> list[int]:
    keys = load_keys(hub.folder / "keys.json")
    settings = HubSettings(database_url=hub.database_url)
    with open_database(settings) as database:
        now_us = system_clock().now_us()
        desk = member_desk(database)
        enrol = LocalCards(
            SqlUnits(database.engine, LocalCardRows),
            keys,
            _InventedReader(SPACE),
            new_id=lambda: secrets.token_bytes(CREDENTIAL_ID_BYTES),
        )
        cards = []
        since = local_date(now_us, "Europe/Berlin")
        for number in range(CARDS):
            right = Membership(SPACE, AccessHours.ALWAYS, since)
            member = desk.save_member(Member(0, f"Mitglied {number}", memberships=(right,)), _BENCH, now_us)
            card, _ = enrol.enrol(SPACE, f"Karte {number}", member, _BENCH, now_us)
            enrol.personalise(card, _BENCH, now_us)
            cards.append(card)
    return cards


def _block(hub: Hub, cards: list[int]) -> list[float]:
    browser = _Browser(f"http://{LOOPBACK}:{hub.port}")
    browser.send("/sign-in", mail=MAIL, password=PASSWORD)
    database = sqlite3.connect(hub.file, isolation_level=None)
    blocked = (
        "SELECT count(*) FROM access_state WHERE wanted = compiled AND applied >= version AND wanted > ?"
    )
    times_ms = []
    try:
        for card in cards:
            (wanted,) = database.execute("SELECT wanted FROM access_state").fetchone()
            submit = browser.prepare(f"/spaces/{SPACE}/host/cards/{card}/block", reason="verloren")
            began = time.monotonic()
            submit()
            while database.execute(blocked, (wanted,)).fetchone() != (1,):
                if time.monotonic() - began > 30:
                    raise RuntimeError(f"the block of card {card} did not reach the door in 30 s")
                time.sleep(0.002)
            times_ms.append((time.monotonic() - began) * 1000)
    finally:
        database.close()
    return times_ms


class _Browser:
    """As much of a browser as a form needs: cookies, and the form's token."""

    def __init__(self, base: str) -> None:
        self._base = base
        jar = urllib.request.HTTPCookieProcessor(http.cookiejar.CookieJar())
        self._opener = urllib.request.build_opener(jar)

    def send(self, path: str, **fields: str) -> None:
        """Load a form and send it."""
        self.prepare(path, **fields)()

    def prepare(self, path: str, **fields: str) -> Callable[[], None]:
        """Load a form; return what sends it."""
        with self._opener.open(self._base + path, timeout=30) as page:
            token = _TOKEN.search(page.read().decode())
        assert token is not None, f"{path} has no form"
        data = urllib.parse.urlencode({**fields, "csrf_token": token[1]}).encode()
        request = urllib.request.Request(self._base + path, data, {"Referer": self._base + path})

        def submit() -> None:
            with self._opener.open(request, timeout=30) as answer:
                assert answer.geturl() != self._base + path, f"{path} was not taken"

        return submit
