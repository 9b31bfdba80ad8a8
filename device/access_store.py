"""The access list that applies: what comes from the hub is checked, kept on disk as it came, and only then used.

Kept are the sealed bytes, so that a disk shows no card and whoever can write to it can't write a list. A new list is
written beside the old one and renamed over it; at every moment one whole list lies there. On a disk that is full or
dead the list applies all the same, until a restart.
"""

import contextlib
import hashlib
import logging
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from device.core.inputs import CommandArrived, ListArrived, Moment
from device.errors import NotTaken, WhyNotTaken
from device.kept_state import KeptState, sync_folder
from wire.access import decode_access_list, decode_command
from wire.codec import MAX_BYTES, decode
from wire.errors import MessageTooLarge, NotAuthentic, WireError
from wire.messages import Sealed
from wire.signing import CHANNEL_OF, Purpose, SealedHeader, unseal
from wire.trust import DeviceTrust

log = logging.getLogger(__name__)

# What the seal's refusals say, in the order in which it looks; all others can't be read.
_REASONS: Final[tuple[tuple[str, WhyNotTaken], ...]] = (
    ("signature is not the hub's", "wrong-signature"),
    (", not for ", "wrong-recipient"),
    ("does not open with this device's key", "wrong-recipient"),
)


@dataclass(frozen=True, slots=True)
class _Applied:
    """The list that applies, and how it can be known again.

    Args:
        sealed_sum: of the bytes as they came.
        body_sum: of what was in them.
        on_disk: whether a restart has it.
    """

    arrival: ListArrived
    sealed_sum: bytes
    body_sum: bytes
    on_disk: bool


class AccessStore:
    """Lists and commands of the hub for one device; used by one thread at a time.

    Args:
        path: where the list is kept; `.old` beside it is the one before.
        state: keeps the highest version, so that a damaged disk lets no older list in.
        trust: keys of the device; None for a device without doors, which takes nothing.
    """

    def __init__(self, path: Path, state: KeptState, trust: DeviceTrust | None) -> None:
        self._path = path
        self._state = state
        self._trust = trust
        self._applied: _Applied | None = None

    def load(self) -> ListArrived | None:
        """Return the newest list on disk that is whole and the hub's, also when its time is over; None without one.

        It is not held against a list that the highest version is another's: what is there is all there is.
        """
        if self._trust is None:
            return None
        found: list[tuple[_Applied, Path]] = []
        for path in self._files():
            try:
                found.append((self._read_list(path.read_bytes(), on_disk=path == self._path), path))
            except FileNotFoundError:
                continue
            except (OSError, NotTaken) as error:
                detail = error.detail if isinstance(error, NotTaken) else error.strerror
                # Half a list under its first name is what a power cut leaves.
                level = logging.INFO if path == self._beside(".new") else logging.CRITICAL
                log.log(level, "access list %s can't be used, looking for the one before: %s", path, detail)
        if not found:
            return None
        self._applied, path = max(found, key=lambda one: one[0].arrival.version)
        if path == self._beside(".new"):
            # A power cut fell between the two renames; the next list would be written over this one.
            with contextlib.suppress(OSError):
                path.replace(self._path)
        self._state.keep_version(self._applied.arrival.version)
        return self._applied.arrival

    def take_list(self, payload: bytes, now: Moment) -> ListArrived | None:
        """Check a list and keep it; None when it is the one that applies already.

        Args:
            payload: as it came; anyone may have written it.
            now: tells whether its time is over, where the time is trusted.

        Raises:
            NotTaken: when it is not taken; the list before goes on.
        """
        self._refuse_large(payload, "access")
        applied = self._applied
        if applied is not None and hashlib.sha256(payload).digest() == applied.sealed_sum:
            if not applied.on_disk:
                self._keep(applied, payload)
            return None
        new = self._read_list(payload)
        arrival = new.arrival
        if applied is not None and arrival.version == applied.arrival.version:
            if new.body_sum == applied.body_sum:
                return None
            raise NotTaken("older-list", f"another list of version {arrival.version} applies already")
        # Without the list of the highest version, that version itself is what is missing.
        lowest = max(self._state.version, applied.arrival.version + 1 if applied is not None else 0)
        if arrival.version < lowest:
            raise NotTaken(
                "older-list", f"version {arrival.version} came, {lowest} is the lowest that is taken"
            )
        if now.trusted and arrival.valid_until_us <= now.wall_us:
            raise NotTaken("expired-list", f"version {arrival.version} is over")
        self._keep(new, payload)
        return arrival

    def take_command(self, payload: bytes, *, retained: bool) -> CommandArrived:
        """Check a command.

        Args:
            payload: as it came; anyone may have written it.
            retained: whether the broker had kept it.

        Raises:
            NotTaken: when it is not the hub's for this device.
        """
        self._refuse_large(payload, "command")
        header, body = self._unseal(payload, "command")
        try:
            command = decode_command(body)
        except WireError as error:
            raise NotTaken("unreadable", str(error)) from None
        return CommandArrived(command, header.version, header.valid_until_us, retained)

    # -- checking -------------------------------------------------------------------------------------------------

    def _read_list(self, payload: bytes, *, on_disk: bool = False) -> _Applied:
        header, body = self._unseal(payload, "access")
        try:
            content = decode_access_list(body)
        except WireError as error:
            raise NotTaken("unreadable", str(error)) from None
        return _Applied(
            ListArrived(header.version, header.issued_us, header.valid_until_us, content),
            hashlib.sha256(payload).digest(),
            hashlib.sha256(body).digest(),
            on_disk,
        )

    def _refuse_large(self, payload: bytes, purpose: Purpose) -> None:
        limit = MAX_BYTES[CHANNEL_OF[purpose]]
        if len(payload) > limit:
            raise NotTaken("too-large", f"{purpose} of {len(payload)} bytes is over the limit of {limit}")

    def _unseal(self, payload: bytes, purpose: Purpose) -> tuple[SealedHeader, bytes]:
        trust = self._trust
        if trust is None:
            raise NotTaken("wrong-recipient", "this device has no access.trust_file")
        try:
            return unseal(
                decode(CHANNEL_OF[purpose], Sealed, payload),
                trust.hub_signing_key,
                trust.secret_key,
                purpose=purpose,
                space=trust.space,
                device=trust.device,
            )
        except MessageTooLarge as error:
            raise NotTaken("too-large", str(error)) from None
        except NotAuthentic as error:
            text = str(error)
            reason: WhyNotTaken = next((reason for part, reason in _REASONS if part in text), "unreadable")
            raise NotTaken(reason, text) from None
        except WireError as error:
            raise NotTaken("unreadable", str(error)) from None

    # -- keeping --------------------------------------------------------------------------------------------------

    def _files(self) -> list[Path]:
        # A power cut between the two renames leaves the new list under its first name.
        return [self._path, self._beside(".new"), self._beside(".old")]

    def _beside(self, suffix: str) -> Path:
        return self._path.with_name(self._path.name + suffix)

    def _keep(self, new: _Applied, payload: bytes) -> None:
        """Put a list on disk, and let it apply in any case."""
        on_disk = True
        before = self._applied
        # When nobody has a card here any more, as when a space has closed, no list of before shall name one either.
        is_last = (
            before is not None and bool(before.arrival.body.credentials) and not new.arrival.body.credentials
        )
        try:
            self._write(payload, keeps_old=not is_last)
        except OSError as error:
            on_disk = False
            log.critical(
                "access list %s can't be written (%s): version %d applies until a restart",
                self._path,
                error.strerror,
                new.arrival.version,
            )
        self._applied = _Applied(new.arrival, new.sealed_sum, new.body_sum, on_disk)
        self._state.keep_version(new.arrival.version)

    def _write(self, payload: bytes, *, keeps_old: bool) -> None:
        beside = self._beside(".new")
        handle = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        try:
            rest = payload
            while rest:
                rest = rest[os.write(handle, rest) :]
            os.fsync(handle)
        except OSError:
            os.close(handle)
            # Half a list would only take room that is missing.
            beside.unlink(missing_ok=True)
            raise
        os.close(handle)
        if not keeps_old:
            self._beside(".old").unlink(missing_ok=True)
        elif self._path.exists():
            self._path.replace(self._beside(".old"))
        beside.replace(self._path)
        sync_folder(self._path.parent)
