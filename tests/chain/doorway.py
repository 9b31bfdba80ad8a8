"""A hub with keys and a Pi with a lock, a contact and a real card reader, and cards with real cryptography."""

import secrets
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.chain.installation import PI, SITE, SPACE, Hub, Pi
from tests.parts.native_card import NativeCard
from tests.parts.pcscd import Pcscd
from tests.parts.virtual_card import PAUSE_S, VirtualCard
from tests.parts.waiting import wait_until

DOOR = "haupttuer"
READER = "tuer"
LOCK_PIN, CONTACT_PIN, EXIT_PIN = 5, 6, 13
SOON_S = 15.0

_DECISIONS = "SELECT granted, reason FROM door_log WHERE what = 'access' ORDER BY epoch_pk, seq"


class Doorway:
    """One door of one space, from the host's command line to the lock.

    Args:
        folder: for everything.
        mqtt_url: the broker, as both sides reach it.
        pcscd: real, with virtual readers.
        pi_mqtt_url: the broker as the Pi reaches it, when that is another way.
        site: what is imported.
        more: further settings of the Pi.
    """

    def __init__(
        self,
        folder: Path,
        mqtt_url: str,
        pcscd: Pcscd,
        pi_mqtt_url: str = "",
        *,
        site: str = SITE,
        more: str = "",
    ) -> None:
        self.folder, self._pcscd, self._site = folder, pcscd, site
        self.hub = Hub(folder, mqtt_url)
        self.hub.variables |= {
            "ANKERORT_KEYS_FILE": str(folder / "keys.json"),
            "ANKERORT_KEYS_LEDGER_FILE": str(folder / "ledger.jsonl"),
        }
        self.trust = folder / "trust.json"
        settings = f"""
[access]
trust_file = "{self.trust}"
list_file = "{folder / "access.list"}"

[[reader]]
id = "{READER}"
door = "{DOOR}"
match = "Virtual PCD 00 00"

[[door]]
id = "{DOOR}"
lock_pin = {LOCK_PIN}
open_s = 1
longer_s = 3
"""
        self.pi = Pi(folder, pi_mqtt_url or mqtt_url, settings + more)
        self.pi.variables["PLAYED_TIME_SERVICE"] = "1"

    def set_up(self, *, serve: bool = True) -> None:
        """Make keys and trust, and start hub and Pi."""
        self.hub.set_up(self._site)
        phrase = self.folder / "passphrase"
        phrase.write_text("fünf ganz gewöhnliche Wörter hintereinander", "utf-8")
        phrase.chmod(0o600)
        sheet = self.folder / "recovery.txt"
        self.hub.call("keys", "init", "--recovery", sheet, "--passphrase-file", phrase)
        self.hub.call("device", "add", f"{SPACE}/{PI}", "--out", self.trust)
        if serve:
            self.hub.start("serve")
        self.pi.start()
        wait_until(self.is_online, SOON_S, "the Pi to be heard, with its reader")

    def is_online(self) -> bool:
        """Say whether the hub knows the Pi and its reader."""
        rows = self.hub.query("SELECT status, meta FROM device_state")
        return any(status == "online" and READER in (meta or "") for status, meta in rows)

    def add_member(self, name: str = "Jo Beispiel", *options: str) -> int:
        """Add a member who may come at any hour; return the number."""
        told = self.hub.call("member", "add", SPACE, name, "--hours", "always", *options)
        return int(told.split()[1])

    def put(self, card: NativeCard) -> VirtualCard:
        """Return a card that can be put on the reader of the door."""
        return VirtualCard(self._pcscd, card.uid, handler=card.handle, on_reset=card.power_off)

    def enrol(self, card: NativeCard, member: int | None, label: str = "Karte 1") -> int:
        """Enrol and personalise a card from the command line, at the reader of the door; return its number."""
        at = f"{PI}/{READER}"
        of = [] if member is None else ["--member", str(member)]
        with self._calling("card", "enrol", SPACE, label, "--at", at, *of) as told:
            # The reader must wait before the card comes: a card that nobody asked for is nobody's.
            wait_until(
                lambda: self.count("card_order", "state = 'waiting'") > 0, SOON_S, "the reader to wait"
            )
            with self.put(card):
                told.join(40)
                number = int(told.text().split()[1])
                self.hub.call("card", "personalise", str(number), "--at", at)
        self.wait_until_empty()
        return number

    @contextmanager
    def _calling(self, *arguments: str) -> Iterator["_Call"]:
        call = _Call(self.hub, arguments)
        call.start()
        yield call
        call.join(40)
        assert not call.is_alive(), f"{arguments} did not end"

    def count(self, table: str, where: str = "1 = 1") -> int:
        """Return how many rows of the hub's database fit."""
        return self.hub.number(f"SELECT count(*) FROM {table} WHERE {where}")

    def wait_until_applied(self) -> None:
        """Wait until the Pi has confirmed the newest list."""
        ready = "wanted = compiled AND version > 0 AND applied >= version"
        wait_until(lambda: self.count("access_state", ready) == 1, SOON_S, "the Pi to apply the newest list")

    def decisions(self) -> list[tuple[bool, str]]:
        """Return what the door decided, as the hub's log has it: granted, and why or why not."""
        return [(bool(granted), reason) for granted, reason in self.hub.query(_DECISIONS)]

    def tap(self, card: VirtualCard) -> tuple[bool, str]:
        """Hold a card to the reader until the door has decided; return what the log says."""
        before = len(self.decisions())
        with card:
            wait_until(lambda: len(self.decisions()) > before, SOON_S, "the door to decide")
        self.wait_until_empty()
        return self.decisions()[-1]

    def wait_until_empty(self) -> None:
        """Wait until the reader has seen that the card is gone, and a card that comes back is a new one."""
        threading.Event().wait(PAUSE_S + 3.0)

    def lock_rose(self) -> int:
        """Return how often the lock was released."""
        return sum(level == 1 for _, level in self.lock_levels())

    def lock_levels(self) -> list[tuple[int, int]]:
        """Return each change of the lock's pin: monotonic nanoseconds, level."""
        if not self.pi.outputs.exists():
            return []
        lines = [line.split() for line in self.pi.outputs.read_text("ascii").splitlines()]
        return [(int(at), int(level)) for at, pin, level in lines if int(pin) == LOCK_PIN]

    def is_locked(self) -> bool:
        """Say whether the lock holds now."""
        levels = self.lock_levels()
        return not levels or levels[-1][1] == 0

    def stop(self) -> None:
        """End Pi and hub."""
        self.pi.stop()
        self.hub.__exit__(None, None, None)


class _Call(threading.Thread):
    """A command that waits for somebody to come with a card."""

    def __init__(self, hub: Hub, arguments: tuple[Any, ...]) -> None:
        super().__init__(name="call", daemon=True)
        self._hub, self._arguments = hub, arguments
        self._told: str | BaseException = ""

    def run(self) -> None:
        try:
            self._told = self._hub.call(*self._arguments)
        except BaseException as error:
            self._told = error

    def text(self) -> str:
        """Return what it printed; raise what it raised."""
        if isinstance(self._told, BaseException):
            raise self._told
        return self._told


def new_uid() -> bytes:
    """Return a UID as NXP's cards have one."""
    return b"\x04" + secrets.token_bytes(6)


@contextmanager
def running(doorway: Doorway) -> Iterator[Doorway]:
    """Set a doorway up and end it at the end; a failure is given the ends of the logs."""
    try:
        doorway.set_up()
        yield doorway
    except BaseException as error:
        error.add_note(f"log of the device:\n{doorway.pi.process.log_tail()}")
        for process in doorway.hub.processes.values():
            error.add_note(f"log of {process.name}:\n{process.log_tail()}")
        raise
    finally:
        doorway.stop()
