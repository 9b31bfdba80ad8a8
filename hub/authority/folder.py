"""The folder of an authority: its generations, what each issued, and what is good no more.

`generation-1/` and so on hold a key and a certificate; `issued.jsonl` only grows, one line for each certificate, each
revocation and each generation that ended.
"""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Annotated, Final

import msgspec
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from msgspec import Meta, Struct

from hub.append_only import append_durably, sync_folder
from hub.authority.certificates import (
    Use,
    as_pem,
    key_as_pem,
    make_authority,
    make_certificate,
    make_revocation_list,
    new_key,
    to_time,
)
from hub.key_file import write_new
from wire.errors import InvalidSetting
from wire.settings import read_secret

_LOG: Final = "issued.jsonl"
_KEY: Final = "authority.key"
_CERTIFICATE: Final = "authority.pem"

_Serial = Annotated[str, Meta(pattern=r"^[0-9a-f]{1,40}(?![\s\S])")]


class AuthorityInPlace(InvalidSetting):
    """There is an authority already: another one would make every device a stranger to the broker."""


class _Issued(Struct, frozen=True, kw_only=True, tag="issued", tag_field="what"):
    serial: _Serial
    name: str
    use: Use
    generation: int
    ends_us: int


class _Revoked(Struct, frozen=True, kw_only=True, tag="revoked", tag_field="what"):
    serial: _Serial
    at_us: int
    reason: str


class _Retired(Struct, frozen=True, kw_only=True, tag="retired", tag_field="what"):
    generation: int
    at_us: int


_Line = _Issued | _Revoked | _Retired


@dataclass(frozen=True, slots=True)
class Certificate:
    """A certificate that was issued.

    Args:
        serial: in hex digits.
        name: its common name.
        use: what it is good for.
        generation: of the authority that signed it.
        ends_us: when it runs out.
        revoked_us: since when it is good no more, or None.
    """

    serial: str
    name: str
    use: Use
    generation: int
    ends_us: int
    revoked_us: int | None

    def is_good(self, now_us: int) -> bool:
        """Return whether it is neither revoked nor run out."""
        return self.revoked_us is None and now_us < self.ends_us


@dataclass(frozen=True, slots=True, repr=False)
class Issued:
    """A new certificate with its key, both as PEM; the key is nowhere else."""

    certificate: bytes
    key: bytes
    serial: str


@dataclass(frozen=True, slots=True, repr=False)
class _Generation:
    number: int
    key: ec.EllipticCurvePrivateKey
    certificate: x509.Certificate


class Authority:
    """An authority in a folder; one process at a time changes it, as a person calls one command at a time.

    Args:
        folder: where it is.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    @property
    def exists(self) -> bool:
        """Whether there is one, that this user may look at."""
        try:
            return (self._folder / "generation-1" / _CERTIFICATE).exists()
        except PermissionError as error:
            raise InvalidSetting(
                f"authority {self._folder}: {error.strerror}; call this as its owner"
            ) from error

    def create(self, now_us: int) -> None:
        """Make the first generation.

        Raises:
            AuthorityInPlace: when there is one.
            InvalidSetting: when the folder can't be written.
        """
        if self.exists:
            raise AuthorityInPlace(
                f"{self._folder} has an authority already: with another one, every device would be a stranger to the "
                "broker. `ankerort-hub ca rotate` makes a new generation beside it"
            )
        self._make(1, now_us)

    def rotate(self, now_us: int) -> int:
        """Make a new generation beside those that are; return its number.

        Clients get certificates of the newest; the broker keeps one of the oldest until that is retired, since a device
        knows only generations that were there when it was set up.
        """
        number = self._load()[-1].number + 1
        self._make(number, now_us)
        return number

    def retire(self, generation: int, now_us: int) -> None:
        """End a generation: nothing that it signed is accepted any more.

        Raises:
            InvalidSetting: when it is the last one, is not there, or a client still has a certificate of it only.
        """
        good = [one.number for one in self._load()]
        if generation not in good or len(good) == 1:
            raise InvalidSetting(
                f"generation {generation} can't be retired: there are {', '.join(map(str, good))}, and one must stay"
            )
        held = self._names_that_need(generation, now_us)
        if held:
            raise InvalidSetting(
                f"generation {generation} is still needed by {', '.join(held)}: renew them first, "
                "devices with `ankerort-hub device renew`, the hub with `ankerort-hub broker`"
            )
        self._append(_Retired(generation=generation, at_us=now_us))

    def issue(self, name: str, use: Use, now_us: int, days: int, addresses: Sequence[str] = ()) -> Issued:
        """Return a new certificate and its key; earlier ones of the same name stay good.

        Raises:
            InvalidSetting: when there is no authority, it can't be read, or its own end has come.
        """
        by = self._issuer(use)
        now = to_time(now_us)
        if now >= by.certificate.not_valid_after_utc:
            raise InvalidSetting(
                f"generation {by.number} of the authority has ended: `ankerort-hub ca rotate` makes a new one"
            )
        key = new_key()
        made = make_certificate(
            by.certificate, by.key, key.public_key(), name, use, now, days=days, addresses=addresses
        )
        serial = f"{made.serial_number:x}"
        # Noted before anybody has it: one that nobody knows of could not be revoked.
        self._append(
            _Issued(
                serial=serial,
                name=name,
                use=use,
                generation=by.number,
                ends_us=_us(made.not_valid_after_utc),
            )
        )
        return Issued(as_pem(made), key_as_pem(key), serial)

    def is_up_to_date(self, serial: str, now_us: int) -> bool:
        """Return whether a certificate is good, and of the generation that would issue it today."""
        found = next((one for one in self.certificates() if one.serial == serial), None)
        return (
            found is not None and found.is_good(now_us) and found.generation == self._issuer(found.use).number
        )

    def revoke(self, name: str, reason: str, now_us: int, keep: str = "") -> int:
        """Take every good certificate of a name, but one, for good no more; return how many.

        Args:
            name: the common name.
            reason: why.
            now_us: since when.
            keep: serial number of the one that stays.
        """
        ended = [one for one in self.certificates() if one.name == name and one.is_good(now_us)]
        ended = [one for one in ended if one.serial != keep]
        for one in ended:
            self._append(_Revoked(serial=one.serial, at_us=now_us, reason=reason))
        return len(ended)

    def take_back(self, serial: str, now_us: int) -> None:
        """Revoke one certificate that was issued in vain."""
        self._append(_Revoked(serial=serial, at_us=now_us, reason="nobody got it"))

    def certificates(self) -> list[Certificate]:
        """Return all that were issued, oldest first."""
        lines = self._lines()
        revoked = {line.serial: line.at_us for line in reversed(lines) if isinstance(line, _Revoked)}
        return [
            Certificate(
                line.serial, line.name, line.use, line.generation, line.ends_us, revoked.get(line.serial)
            )
            for line in lines
            if isinstance(line, _Issued)
        ]

    def generations(self) -> list[tuple[int, datetime]]:
        """Return number and end of each generation that is not retired, oldest first."""
        return [(one.number, one.certificate.not_valid_after_utc) for one in self._load()]

    def trusted(self) -> bytes:
        """Return the certificates of all generations that are not retired, as PEM."""
        return b"".join(as_pem(one.certificate) for one in self._load())

    def revocation_list(self, now_us: int) -> bytes:
        """Return what is good no more, as PEM: one list for each generation, for a broker asks for each."""
        certificates = self.certificates()
        return b"".join(
            as_pem(
                make_revocation_list(
                    generation.certificate,
                    generation.key,
                    [
                        (int(one.serial, 16), to_time(one.revoked_us))
                        for one in certificates
                        if one.generation == generation.number and one.revoked_us is not None
                    ],
                    to_time(now_us),
                )
            )
            for generation in self._load()
        )

    def _issuer(self, use: Use) -> _Generation:
        generations = self._load()
        # Devices from before a rotation trust the older one alone; those after it trust both.
        return generations[0] if use is Use.SERVER else generations[-1]

    def _names_that_need(self, generation: int, now_us: int) -> list[str]:
        good = [one for one in self.certificates() if one.use is Use.CLIENT and one.is_good(now_us)]
        later = {one.name for one in good if one.generation > generation}
        return sorted({one.name for one in good if one.generation == generation} - later)

    def _make(self, number: int, now_us: int) -> None:
        key = new_key()
        # Two hubs' authorities must never look like each other's.
        name = f"Ankerort {secrets.token_hex(4)} generation {number}"
        certificate = make_authority(key, name, to_time(now_us))
        folder = self._folder / f"generation-{number}"
        try:
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            folder.mkdir(mode=0o700, exist_ok=True)
        except OSError as error:
            raise InvalidSetting(
                f"authority.folder {self._folder}: {error.strerror}; check the folder above it, or the setting"
            ) from error
        # The certificate comes last and makes it one: a key of a try that was interrupted signed nothing.
        (folder / _KEY).unlink(missing_ok=True)
        write_new(folder / _KEY, key_as_pem(key))
        write_new(folder / _CERTIFICATE, as_pem(certificate))
        sync_folder(self._folder)

    def _load(self) -> list[_Generation]:
        retired = {line.generation for line in self._lines() if isinstance(line, _Retired)}
        found = []
        for file in self._folder.glob(f"generation-*/{_CERTIFICATE}"):
            number = int(file.parent.name.partition("-")[2])
            if number not in retired:
                found.append(_read(number, file.parent))
        if not found:
            raise InvalidSetting(
                f"there is no authority in {self._folder}: `ankerort-hub ca init` makes one; "
                "if there was one, bring its folder back"
            )
        return sorted(found, key=lambda one: one.number)

    def _lines(self) -> list[_Line]:
        file = self._folder / _LOG
        try:
            data = file.read_bytes() if file.exists() else b""
        except OSError as error:
            raise InvalidSetting(f"{file}: {error.strerror}; check its owner") from error
        lines: list[_Line] = []
        for number, text in enumerate(data.splitlines(), 1):
            try:
                lines.append(msgspec.json.decode(text, type=_Line))
            except msgspec.MsgspecError:
                # A power cut in the middle of a line: what it told of was handed to nobody.
                if not text.strip() or not text.endswith(b"}"):
                    continue
                raise InvalidSetting(f"{file}, line {number} can't be read: bring the file back") from None
        return lines

    def _append(self, line: _Line) -> None:
        file = self._folder / _LOG
        try:
            append_durably(file, msgspec.json.encode(line).decode("utf-8") + "\n")
        except OSError as error:
            raise InvalidSetting(
                f"{file} can't be written: {error.strerror}; check disk and owner"
            ) from error


def _read(number: int, folder: Path) -> _Generation:
    try:
        key = serialization.load_pem_private_key(read_secret(folder / _KEY), None)
        certificate = x509.load_pem_x509_certificate((folder / _CERTIFICATE).read_bytes())
    except (OSError, ValueError, TypeError) as error:
        if isinstance(error, InvalidSetting):
            raise
        raise InvalidSetting(f"{folder} holds no authority, or a damaged one: bring it back") from None
    if not isinstance(key, ec.EllipticCurvePrivateKey) or key.public_key() != certificate.public_key():
        raise InvalidSetting(f"{folder}: {_KEY} is not the key of {_CERTIFICATE}: bring both back")
    return _Generation(number, key, certificate)


def _us(at: datetime) -> int:
    return int(at.timestamp()) * 1_000_000
