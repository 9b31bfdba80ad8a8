"""Card readers through PC/SC: the only module that knows pyscard.

pyscard's own monitors die with the daemon and tell nobody, so one thread here waits for status changes itself and makes
its connection anew as often as needed. A second thread watches over it: a call into a hung daemon never returns.
What is done with a card is the desk's to say; here are only the bytes between them.

A card is used in shared mode within a transaction: nobody else's commands come between ours, as in exclusive mode, but
a program that merely has the reader open (gpg's scdaemon, a browser) does not shut the door.
"""

import contextlib
import logging
import random
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from device.backends.daemon_sockets import cut_connections
from device.backends.reader_rescue import ReaderRescue
from device.backends.reader_slots import Slot, found, slots_of
from device.core.inputs import CardRefused, CardRemoved, Input, ReaderPresence
from device.errors import MissingExtra
from device.ports import CardDesk, Put, ReaderPower

try:
    # The package's own __init__ pulls in all its classes, but `scard` is all that is used.
    from smartcard import scard
except ImportError:
    scard = None

POLL_S: Final = 0.5
"""How often the list of readers, and orders for a card that lies there, are looked at when nothing was notified."""
HANG_S: Final = 5.0
"""A call that takes this much longer than it may is taken for hung."""
MAX_PAUSE_S: Final = 2.0
MAX_BUSY_TRIES: Final = 3

DAEMON_SOCKET: Final = "/pcscd.comm"
"""How the path of the daemon's socket ends."""

_NOTIFICATION: Final = "\\\\?PnP?\\Notification"
_TRY_AGAIN_S: Final = 0.03
_BUZZER_OFF: Final = bytes.fromhex("FF00520000")

_log = logging.getLogger(__name__)


class _PcscFailure(Exception):
    """A call failed; the connection to the daemon is of no more use."""

    def __init__(self, call: str, code: int) -> None:
        told = f"{call}: {scard.SCardGetErrorMessage(code)} (0x{code:08X})"
        if call == "SCardEstablishContext":
            told = f"pcscd does not answer ({told}): apt install pcscd, or systemctl start pcscd.socket"
        super().__init__(told)
        self.code = code


class _CardFailure(_PcscFailure):
    """A call about a card failed; the connection to the daemon stands."""


class _CardGone(_CardFailure):
    """The card is no longer there."""


class PcscReaders:
    """Every PC/SC reader of a device, as one source of inputs.

    A card is reported once, however long it lies there, and again when it was away in between, even when only the
    daemon's event counter tells so. What lies on a reader when the reader appears counts as presented.

    Args:
        readers: reader id to a part of the name that PC/SC gives it, upper or lower case; a serial number is best.
        desk: says what is done with a card.
        powers: reader id to its supply, where that can be switched.
        poll_s: see `POLL_S`.
        hang_s: see `HANG_S`.

    Raises:
        MissingExtra: when pyscard is not installed.
        InvalidSetting: when two readers have the same `match`.
    """

    def __init__(
        self,
        readers: Mapping[str, str],
        desk: CardDesk,
        *,
        powers: Mapping[str, ReaderPower] | None = None,
        poll_s: float = POLL_S,
        hang_s: float = HANG_S,
    ) -> None:
        if scard is None:
            raise MissingExtra(
                "card readers need pyscard, which is not installed: "
                "apt install pcscd libpcsclite1, then pip install 'ankerort[reader]'"
            )
        self._slots = slots_of(readers)
        self._desk = desk
        self._rescue = ReaderRescue(powers or {})
        self._poll_s = poll_s
        self._hang_s = hang_s
        self._put: Put = _nowhere
        self._stopping = threading.Event()
        self._threads: list[threading.Thread] = []
        self._call_ends_by = float("inf")

    def start(self, put: Put) -> None:
        """Begin to watch; readers that are missing are reported as not connected."""
        if self._threads:
            return
        self._put = put
        self._stopping.clear()
        self._call_ends_by = float("inf")
        for slot in self._slots:
            slot.forget()
        for target in (self._run, self._watch_over):
            thread = threading.Thread(target=target, name=f"pcsc-{target.__name__.strip('_')}", daemon=True)
            self._threads.append(thread)
            thread.start()

    def stop(self) -> None:
        """End both threads; a call that waits for the daemon is cut off."""
        self._stopping.set()
        for thread in self._threads:
            while thread.is_alive():
                # Again and again: a call may have begun after the last cut.
                cut_connections(DAEMON_SOCKET)
                thread.join(0.05)
        self._threads.clear()
        self._put = _nowhere

    # --- the connection to the daemon ---

    def _run(self) -> None:
        pause_s = 0.1
        told = ""
        self._rescue.begin()
        while not self._stopping.is_set():
            self._rescue.look()
            began = time.monotonic()
            try:
                with self._context() as context:
                    self._watch(context)
            except _PcscFailure as failure:
                # pcscd starts on demand and may be away for long: say it once, not every two seconds.
                if str(failure) != told and not self._stopping.is_set():
                    told = str(failure)
                    _log.warning("card readers are out of reach, trying again: %s", failure)
            except Exception:  # noqa: BLE001 - a thread has nobody to raise to, and cards must go on
                _log.exception("reading cards failed, beginning anew")
            self._call_ends_by = float("inf")
            if self._stopping.is_set():
                break
            for slot in self._slots:
                self._lose(slot)
            if time.monotonic() - began > self._poll_s:
                pause_s, told = 0.1, ""
            self._stopping.wait(random.uniform(0.02, pause_s))  # noqa: S311 - spreads retries, guards nothing
            pause_s = min(MAX_PAUSE_S, pause_s * 2)
        self._rescue.end()

    @contextlib.contextmanager
    def _context(self) -> Iterator[int]:
        context = self._call("SCardEstablishContext", scard.SCARD_SCOPE_SYSTEM)
        try:
            yield context
        finally:
            # Frees the connection here, whether or not the daemon still answers.
            self._call_ends_by = time.monotonic() + self._hang_s
            scard.SCardReleaseContext(context)

    def _call(
        self, name: str, *args: Any, may_take_s: float = 0.0, kind: type[_PcscFailure] = _PcscFailure
    ) -> Any:
        """Call PC/SC under the watchdog and return what comes after the code (alone when it is one value).

        Raises:
            _PcscFailure: of `kind`, or its base when it is the daemon that failed.
        """
        self._call_ends_by = time.monotonic() + may_take_s + self._hang_s
        answer = getattr(scard, name)(*args)
        # What has nothing to tell but its code returns it bare.
        code, *values = answer if isinstance(answer, list | tuple) else [answer]
        code &= 0xFFFFFFFF
        if code in _codes("SCARD_S_SUCCESS"):
            return values[0] if len(values) == 1 else values
        if kind is _CardFailure and code in _codes(*_MEANS_CARD_GONE):
            raise _CardGone(name, code)
        raise (_PcscFailure if code in _codes(*_MEANS_DAEMON_GONE) else kind)(name, code)

    def _watch_over(self) -> None:
        while not self._stopping.wait(min(1.0, self._hang_s / 4)):
            if time.monotonic() > self._call_ends_by:
                _log.warning("pcscd does not answer: cutting the connection and beginning anew")
                cut_connections(DAEMON_SOCKET)
                self._rescue.hung()

    # --- readers ---

    def _watch(self, context: int) -> None:
        while not self._stopping.is_set():
            self._assign(self._reader_names(context))
            self._rescue.look()
            self._serve_orders(context)
            slots = {slot.name: slot for slot in self._slots if slot.name}
            asked = [(_NOTIFICATION, 0), *((name, slot.state) for name, slot in slots.items())]
            try:
                answer = self._call(
                    "SCardGetStatusChange",
                    context,
                    round(self._poll_s * 1000),
                    asked,
                    may_take_s=self._poll_s,
                )
            except _PcscFailure as failure:
                if failure.code in _codes("SCARD_E_TIMEOUT"):
                    continue
                if failure.code in _codes("SCARD_E_UNKNOWN_READER"):
                    # It went away between two calls; the next list will not have it.
                    self._stopping.wait(_TRY_AGAIN_S)
                    continue
                raise
            for name, state, _atr in answer:
                if name in slots:
                    self._take(context, slots[name], state)

    def _reader_names(self, context: int) -> Sequence[str]:
        try:
            names: Sequence[str] = self._call("SCardListReaders", context, [])
        except _PcscFailure as failure:
            if failure.code in _codes("SCARD_E_NO_READERS_AVAILABLE"):
                return []
            raise
        return names

    def _assign(self, names: Sequence[str]) -> None:
        """Give each slot the reader that fits it; a reader that a slot has stays with it."""
        for slot in self._slots:
            if slot.name and slot.name not in names:
                self._lose(slot)
        for slot in found(self._slots, names):
            slot.connected = True
            self._rescue.present(slot.reader, there=True)
            self._put(ReaderPresence(slot.reader, connected=True))
        for slot in self._slots:
            if not slot.name:
                self._lose(slot)

    def _lose(self, slot: Slot) -> None:
        if slot.state & scard.SCARD_STATE_PRESENT:
            self._put(CardRemoved(slot.reader))
        slot.name, slot.state = "", 0
        slot.card_gone()
        self._rescue.present(slot.reader, there=False)
        if slot.connected is not False:
            slot.connected = False
            self._put(ReaderPresence(slot.reader, connected=False))

    # --- cards ---

    def _take(self, context: int, slot: Slot, state: int) -> None:
        before, slot.state = slot.state, state & ~scard.SCARD_STATE_CHANGED
        was_there = bool(before & scard.SCARD_STATE_PRESENT)
        is_there = bool(state & scard.SCARD_STATE_PRESENT)
        # The high word counts insertions and removals: other than before means that a removal was missed.
        exchanged = was_there and is_there and before >> 16 != state >> 16
        if was_there and (exchanged or not is_there):
            self._put(CardRemoved(slot.reader))
            slot.card_gone()
        if is_there and (exchanged or not was_there):
            self._read(context, slot)

    def _serve_orders(self, context: int) -> None:
        """Use a card that lies there already for an order that came since."""
        for slot in self._slots:
            order = self._desk.waiting(slot.reader)
            if order and order != slot.served and slot.state & scard.SCARD_STATE_PRESENT:
                self._read(context, slot)

    def _read(self, context: int, slot: Slot) -> None:
        slot.served = self._desk.waiting(slot.reader)
        for tries_left in reversed(range(MAX_BUSY_TRIES)):
            try:
                given = self._converse(context, slot)
            except _CardGone:
                given = self._desk.broken_off(slot.reader)
            except _CardFailure as failure:
                if tries_left:
                    # A card at the edge of the field, or one that another program holds for a moment.
                    self._stopping.wait(_TRY_AGAIN_S)
                    continue
                _log.warning("reader %s: card not readable: %s", slot.reader, failure)
                self._rescue.failed(slot.reader)
                given = self._desk.broken_off(slot.reader) or CardRefused(slot.reader, "unreadable")
            except _PcscFailure:
                # The daemon is gone in the middle of it, and the card with it.
                self._tell(self._desk.broken_off(slot.reader))
                raise
            else:
                self._rescue.worked(slot.reader)
            self._tell(given)
            return

    def _tell(self, given: Input | None) -> None:
        if given is not None:
            self._put(given)

    def _converse(self, context: int, slot: Slot) -> Input | None:
        protocols = scard.SCARD_PROTOCOL_T0 | scard.SCARD_PROTOCOL_T1
        handle, protocol = self._call(
            "SCardConnect", context, slot.name, scard.SCARD_SHARE_SHARED, protocols, kind=_CardFailure
        )
        try:

            def transmit(command: bytes) -> bytes:
                answer = self._call("SCardTransmit", handle, _pci(protocol), list(command), kind=_CardFailure)
                if len(answer) < 2:
                    # No card answers without a status word: it was pulled away, and the reader does not say so.
                    raise _CardFailure("SCardTransmit", int(scard.SCARD_E_NOT_TRANSACTED) & 0xFFFFFFFF)
                return bytes(answer)

            if slot.used:
                # A card that still lies there may be in a session, and then takes no plain command.
                protocol = self._call(
                    "SCardReconnect",
                    handle,
                    scard.SCARD_SHARE_SHARED,
                    protocols,
                    scard.SCARD_RESET_CARD,
                    kind=_CardFailure,
                )
            slot.used = True
            self._call("SCardBeginTransaction", handle, kind=_CardFailure)
            if not slot.greeted:
                for command in commands_at_first(slot.name):
                    transmit(command)
                slot.greeted = True
            return self._desk.serve(slot.reader, transmit)
        finally:
            self._call_ends_by = time.monotonic() + self._hang_s
            # Ends the transaction too.
            scard.SCardDisconnect(handle, scard.SCARD_LEAVE_CARD)


def commands_at_first(reader_name: str) -> list[bytes]:
    """Return what a kind of reader is told once, with its first card.

    An ACR122U beeps at every card by itself, before anybody decided anything (API V2.04, 6.7).
    """
    return [_BUZZER_OFF] if "ACR122U" in reader_name.upper() else []


_MEANS_CARD_GONE: Final = (
    "SCARD_E_NO_SMARTCARD",
    "SCARD_W_REMOVED_CARD",
    "SCARD_E_READER_UNAVAILABLE",
    "SCARD_E_UNKNOWN_READER",
)
_MEANS_DAEMON_GONE: Final = (
    "SCARD_E_NO_SERVICE",
    "SCARD_E_SERVICE_STOPPED",
    "SCARD_E_INVALID_HANDLE",
    "SCARD_F_COMM_ERROR",
    "SCARD_F_INTERNAL_ERROR",
)


def _codes(*names: str) -> set[int]:
    # pyscard gives its constants as signed or unsigned, depending on the platform.
    return {int(getattr(scard, name)) & 0xFFFFFFFF for name in names}


def _pci(protocol: int) -> Any:
    return scard.SCARD_PCI_T1 if protocol == scard.SCARD_PROTOCOL_T1 else scard.SCARD_PCI_T0


def _nowhere(_input: object) -> None:
    """Take what comes before the start or after the end."""
