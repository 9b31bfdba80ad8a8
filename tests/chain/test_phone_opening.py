"""A member at the door with a phone: the button outside, then the page's, and the lock lets go; nothing less does."""

import re
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.cookiejar import CookieJar
from pathlib import Path
from urllib.error import HTTPError
from urllib.parse import urlencode
from urllib.request import HTTPCookieProcessor, OpenerDirector, build_opener

import pytest

from tests.chain.doorway import DOOR, LOCK_PIN, SOON_S
from tests.chain.installation import PI, SITE, SPACE, Hub, Pi
from tests.parts.mosquitto import Mosquitto
from tests.parts.ports import LOOPBACK
from tests.parts.waiting import wait_until

BUTTON_PIN = 19
CALLED_S = 30.0
PASSWORD = "vier ganz lange Wörter"
OFFERING = SITE + "access = { phone_opening = true, open_s = 1 }\n"


class Place:
    """A hub, and a Pi with a lock and a button outside, whose members have no card yet."""

    def __init__(self, folder: Path, mqtt_url: str) -> None:
        self.folder = folder
        self.hub = Hub(folder, mqtt_url)
        self.hub.variables |= {
            "ANKERORT_KEYS_FILE": str(folder / "keys.json"),
            "ANKERORT_KEYS_LEDGER_FILE": str(folder / "ledger.jsonl"),
        }
        trust = folder / "trust.json"
        self.pi = Pi(
            folder,
            mqtt_url,
            f'\n[access]\ntrust_file = "{trust}"\nlist_file = "{folder / "access.list"}"\n'
            f'\n[[door]]\nid = "{DOOR}"\nlock_pin = {LOCK_PIN}\nopen_s = 1\nlonger_s = 3\n'
            f"button_pin = {BUTTON_PIN}\nbutton_active_high = true\n",
        )
        self.pi.variables["PLAYED_TIME_SERVICE"] = "1"
        self.hub.set_up(OFFERING)
        phrase = self._secret("passphrase", "fünf ganz gewöhnliche Wörter hintereinander")
        self.hub.call("keys", "init", "--recovery", folder / "recovery.txt", "--passphrase-file", phrase)
        self.hub.call("device", "add", f"{SPACE}/{PI}", "--out", trust)
        self.hub.start("serve")
        self.pi.start()
        wait_until(self._is_known, SOON_S, "the hub to know that the Pi is there, and what time it has")

    def _is_known(self) -> bool:
        rows = self.hub.query("SELECT status, meta, health FROM device_state")
        return any(
            status == "online"
            and f'"calls":["{DOOR}"]' in (meta or "")
            and '"time_trusted":true' in (health or "")
            for status, meta, health in rows
        )

    def _secret(self, name: str, text: str) -> Path:
        file = self.folder / name
        file.write_text(text, "utf-8")
        file.chmod(0o600)
        return file

    def member(self, name: str, hours: str) -> "Phone":
        """Add a member with an account, and sign in."""
        told = self.hub.call("member", "add", SPACE, name, "--hours", hours)
        mail = f"{name.lower()}@example.org"
        secret = self._secret(f"{name}-password", PASSWORD)
        self.hub.call(
            "user", "add", mail, "--name", name, "--role", "member", "--space", SPACE,
            "--member", told.split()[1], "--password-file", secret,
        )  # fmt: skip
        return Phone(f"http://{LOOPBACK}:{self.hub.port}", mail)

    def press(self) -> None:
        """Press the button outside for a moment; IEC 60839-11-1 takes 400 ms."""
        self.pi.press(BUTTON_PIN)
        threading.Event().wait(0.4)
        self.pi.release(BUTTON_PIN)

    def rose(self) -> int:
        """Return how often the lock was released."""
        if not self.pi.outputs.exists():
            return 0
        lines = [line.split() for line in self.pi.outputs.read_text("ascii").splitlines()]
        return sum((int(pin), int(level)) == (LOCK_PIN, 1) for _, pin, level in lines)


class Phone:
    """A member's browser."""

    def __init__(self, base: str, mail: str) -> None:
        self._base = base
        self._opener: OpenerDirector = build_opener(HTTPCookieProcessor(CookieJar()))
        self._send("/sign-in", "/sign-in", mail=mail, password=PASSWORD)

    def get(self, address: str) -> str:
        """Return a page."""
        with self._opener.open(self._base + address, timeout=10) as answer:
            return str(answer.read().decode("utf-8"))

    def open(self, form: str = f"/me/doors/{SPACE}/{DOOR}") -> str:
        """Press the page's button; return the page that says what became of it.

        Args:
            form: of which page the token is.
        """
        address, page = self._send(f"/me/doors/{SPACE}/{DOOR}", form)
        if "/commands/" not in address:
            return page
        path = address.removeprefix(self._base)

        def ended() -> str:
            return "" if 'data-outcome="waiting"' in (now := self.get(path)) else now

        return str(wait_until(ended, SOON_S, "the door's answer"))

    def _send(self, address: str, form: str, **fields: str) -> tuple[str, str]:
        found = re.search(r'name="csrf_token" value="([^"]+)"', self.get(form))
        assert found is not None, f"{form} has no form"
        data = urlencode({"csrf_token": found[1], **fields}).encode()
        try:
            with self._opener.open(self._base + address, data, timeout=10) as answer:
                return answer.url, answer.read().decode("utf-8")
        except HTTPError as error:
            with error:
                return address, error.read().decode("utf-8")


@contextmanager
def running(folder: Path, mqtt_url: str) -> Iterator[Place]:
    """Set a place up and end it at the end; a failure is given the ends of the logs."""
    place = None
    try:
        place = Place(folder, mqtt_url)
        yield place
    except BaseException as error:
        if place is not None:
            for process in (place.pi.process, *place.hub.processes.values()):
                error.add_note(f"log of {process.name}:\n{process.log_tail()}")
        raise
    finally:
        if place is not None:
            place.pi.stop()
            place.hub.__exit__(None, None, None)


@pytest.mark.slow
@pytest.mark.timeout(180)
def test_a_member_opens_after_a_press_of_the_button_and_nothing_less_opens(
    mosquitto: Mosquitto, tmp_path: Path
) -> None:
    with running(tmp_path, mosquitto.url) as place:
        jo, kim = place.member("Jo", "always"), place.member("Kim", "none")

        page = jo.open()
        assert 'data-outcome="failed"' in page, page
        assert "nicht gedrückt" in page
        assert place.rose() == 0

        pressed = time.monotonic()
        place.press()
        assert place.rose() == 0, "a press alone opens nothing"
        # Kim has a membership without hours, and sends the form that her page does not have.
        assert "Um diese Zeit dürfen Sie hier nicht hinein" in kim.open(form="/me/password")
        assert place.hub.number("SELECT count(*) FROM command") == 1

        assert 'data-outcome="done"' in jo.open()
        assert time.monotonic() - pressed < CALLED_S
        wait_until(lambda: place.rose() == 1, SOON_S, "the lock to let go")
        assert "nicht gedrückt" in jo.open(), "one press, one opening"

        place.press()
        wait_until(
            lambda: place.hub.number("SELECT count(*) FROM door_log WHERE what = 'called'"), SOON_S, "word"
        )
        threading.Event().wait(CALLED_S + 0.5)
        assert "nicht gedrückt" in jo.open(), "the press is over"
        assert place.rose() == 1

        outcomes = place.hub.query(
            "SELECT outcome, called_s, count(*) FROM command GROUP BY outcome, called_s"
        )
        assert sorted(outcomes) == [("done", 30, 1), ("not_called", 30, 3)]
        actions = [row[0] for row in place.hub.query("SELECT payload FROM chain_entry WHERE chain = 'host'")]
        assert sum(b"door_opened_by_phone" in payload for payload in actions) == 4
        assert "whole" in place.hub.call("audit", "verify")
