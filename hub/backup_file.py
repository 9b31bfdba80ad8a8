"""The files of backups, and the only place that knows age: manifest and dump, compressed, encrypted, atomic.

A file is an age file (age-encryption.org/v1) for one recipient, whose key is worked out from the hub's custody key:
what a backup holds of cards can't be read without that key anyway, so there is one secret to keep, and one sheet of
paper (docs/decisions/0034). Within is one line of JSON, then the dump, both as one zlib stream.
"""

import fcntl
import os
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Final

import msgspec

from hub.append_only import sync_folder
from hub.backup_ports import Dump, Scratch
from hub.domain.backups import BackupDamaged, BackupFailed, Manifest

if TYPE_CHECKING:
    from pyrage.x25519 import Identity

MODE: Final = 0o600
MAX_MANIFEST_BYTES: Final = 1 << 20
_PART: Final = ".part"
_PIECE_BYTES: Final = 1 << 20
_FORMAT: Final = 1
_LETTERS: Final = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"
_PREFIX: Final = "age-secret-key-"


class _Head(msgspec.Struct, frozen=True, kw_only=True):
    format: int
    kind: str
    revision: str
    made_us: int
    rows: dict[str, int]


class AgeVault:
    """A folder of encrypted backups (`hub.backup_ports.Vault`).

    Args:
        folder: is made when the one above it is there.
        secret: 32 bytes, of which the key is made.
    """

    def __init__(self, folder: Path, secret: bytes) -> None:
        self._folder, self._secret = folder, secret

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Let nobody else make one meanwhile; what an interrupted one left is deleted.

        Raises:
            BackupFailed: when somebody does, or the folder can't be used.
        """
        try:
            self._folder.mkdir(mode=0o700, exist_ok=True)
            handle = os.open(self._folder / ".lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, MODE)
        except OSError as error:
            raise BackupFailed(
                f"backup.folder {self._folder} can't be used: {error.strerror}; is the disk or stick mounted, and may "
                "the hub write there?"
            ) from error
        try:
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise BackupFailed(f"another backup is being made in {self._folder}: wait for it") from None
            for name in self.names():
                if name.endswith(_PART):
                    self.delete(name.removesuffix(_PART))
            yield
        finally:
            os.close(handle)

    def names(self) -> Sequence[str]:
        """Return the names of the files in it."""
        try:
            return sorted(file.name for file in self._folder.iterdir())
        except OSError:
            return []

    def write(self, name: str, dump: Dump) -> int:
        """Write one, durably, as one that does not count yet; return its size in bytes.

        Raises:
            BackupFailed: when it can't be written; nothing stays of it.
        """
        import pyrage

        part = self._part(name)
        try:
            part.unlink(missing_ok=True)
            handle = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, MODE)
            with os.fdopen(handle, "wb") as stream:
                pyrage.encrypt_io(_Compressed(dump), stream, [self._identity().to_public()])
                stream.flush()
                os.fsync(stream.fileno())
            return part.stat().st_size
        except (OSError, pyrage.EncryptError) as error:
            self.delete(name)
            raise BackupFailed(
                f"backup {part} can't be written: {_cause(error)}; is the disk full?"
            ) from error

    def read_new(self, name: str, scratch: Scratch) -> Manifest:
        """Read what `write` wrote, from the disk, into a database.

        Raises:
            BackupDamaged: when it is not what was written.
        """
        return self.read(self._part(name), scratch)

    def read(self, file: Path, scratch: Scratch | None = None) -> Manifest:
        """Read a backup to its end, into a database or, without one, to see that it can be read.

        Raises:
            BackupFailed: when the file can't be opened, or finds no room.
            BackupDamaged: when it is none, was made with other keys, or is not as it was written.
        """
        import pyrage

        expanded = _Expanded(scratch)
        try:
            with file.open("rb") as stream:
                # What the disk has, not what is still in memory of its writing.
                with suppress(OSError):
                    os.posix_fadvise(stream.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
                pyrage.decrypt_io(stream, expanded, [self._identity()])
                return expanded.finish()
        except FileNotFoundError:
            raise BackupFailed(f"there is no backup {file}: `ankerort-hub backup list` names them") from None
        except pyrage.DecryptError as error:
            if expanded.failure is not None:
                raise expanded.failure from None
            raise BackupDamaged(
                f"{file} does not open ({error}): it is no backup of a hub with these keys, or its head is damaged; "
                "take another one, or bring its keys back with `ankerort-hub keys recover`"
            ) from None
        except (OSError, zlib.error) as error:
            if expanded.failure is not None:
                raise expanded.failure from None
            raise BackupDamaged(f"{file} is damaged or cut off ({_cause(error)}): take another one") from None

    def keep(self, name: str) -> None:
        """Have what `write` wrote count.

        Raises:
            BackupFailed: when it can't be named.
        """
        try:
            self._part(name).replace(self._folder / name)
            sync_folder(self._folder)
        except OSError as error:
            raise BackupFailed(f"{self._folder / name} can't be named: {error.strerror}") from error

    def delete(self, name: str) -> None:
        """Delete one, whether it counts or not; one that is not there is no error.

        Raises:
            BackupFailed: when it can't be deleted.
        """
        try:
            for file in (self._part(name), self._folder / name):
                file.unlink(missing_ok=True)
        except OSError as error:
            raise BackupFailed(f"{self._folder / name} can't be deleted: {error.strerror}") from error

    def _part(self, name: str) -> Path:
        return self._folder / (name + _PART)

    def _identity(self) -> "Identity":
        from pyrage import x25519

        return x25519.Identity.from_str(identity_text(self._secret))


class _Compressed:
    """Manifest and dump, as age reads them."""

    def __init__(self, dump: Dump) -> None:
        manifest = dump.manifest
        head = _Head(
            format=_FORMAT,
            kind=manifest.kind,
            revision=manifest.revision,
            made_us=manifest.made_us,
            rows=dict(manifest.rows),
        )
        self._dump, self._deflate = dump, zlib.compressobj(6)
        self._ready = bytearray(self._deflate.compress(msgspec.json.encode(head) + b"\n"))
        self._is_over = False

    def read(self, size: int = -1) -> bytes:
        """Return at most so many bytes, none at the end."""
        wanted = _PIECE_BYTES if size < 0 else size
        while len(self._ready) < wanted and not self._is_over:
            piece = self._dump.read(_PIECE_BYTES)
            self._ready += self._deflate.compress(piece) if piece else self._deflate.flush()
            self._is_over = not piece
        data = bytes(self._ready[:wanted])
        del self._ready[:wanted]
        return data


class _Expanded:
    """What age writes: takes the manifest off, and hands the dump on."""

    def __init__(self, scratch: Scratch | None) -> None:
        self._scratch, self._inflate = scratch, zlib.decompressobj()
        self._head: bytearray | None = bytearray()
        self._manifest: Manifest | None = None
        self.failure: BackupFailed | None = None

    def write(self, data: bytes) -> int:
        """Take the next bytes."""
        try:
            rest = bytes(data)
            while rest:
                self._take(self._inflate.decompress(rest, _PIECE_BYTES))
                rest = self._inflate.unconsumed_tail
        except BackupFailed as error:
            # age would tell it as an error of its own.
            self.failure = error
            raise
        return len(data)

    def flush(self) -> None:
        """Nothing waits here."""

    def finish(self) -> Manifest:
        """Return what stood at the head."""
        self._take(self._inflate.flush())
        if not self._inflate.eof or self._manifest is None:
            raise BackupDamaged("it ends in the middle: take another backup")
        return self._manifest

    def _take(self, data: bytes) -> None:
        if self._head is not None:
            self._head += data
            line, end, data = bytes(self._head).partition(b"\n")
            if not end:
                if len(line) > MAX_MANIFEST_BYTES:
                    raise BackupDamaged("it has no head: it is no backup of a hub")
                return
            self._manifest, self._head = _manifest(line), None
        if data and self._scratch is not None:
            self._scratch.write(data)


def _manifest(line: bytes) -> Manifest:
    try:
        head = msgspec.json.decode(line, type=_Head)
    except msgspec.MsgspecError as error:
        raise BackupDamaged(f"its head can't be read ({error}): it is no backup of a hub") from None
    if head.format != _FORMAT:
        raise BackupDamaged(f"it is of format {head.format}: install the version of the hub that made it")
    return Manifest(head.kind, head.revision, head.made_us, head.rows)


def identity_text(secret: bytes) -> str:
    """Return an X25519 key as age writes it: Bech32 (BIP-173), in capitals, with `AGE-SECRET-KEY-` before it.

    Args:
        secret: 32 bytes.
    """
    bits = int.from_bytes(secret, "big") << 4
    values = [bits >> shift & 31 for shift in range(255, -1, -5)]
    head = [ord(letter) >> 5 for letter in _PREFIX] + [0] + [ord(letter) & 31 for letter in _PREFIX]
    check = _polymod([*head, *values, 0, 0, 0, 0, 0, 0]) ^ 1
    values += [check >> shift & 31 for shift in range(25, -1, -5)]
    return (_PREFIX + "1" + "".join(_LETTERS[value] for value in values)).upper()


def _polymod(values: Sequence[int]) -> int:
    check = 1
    for value in values:
        top = check >> 25
        check = (check & 0x1FFFFFF) << 5 ^ value
        for bit, generator in enumerate((0x3B6A57B2, 0x26508E6D, 0x1EA119FA, 0x3D4233DD, 0x2A1462B3)):
            check ^= generator if top >> bit & 1 else 0
    return check


def _cause(error: Exception) -> str:
    return (error.strerror if isinstance(error, OSError) else None) or str(error)
