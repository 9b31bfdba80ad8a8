"""The file that the hub's keys are in: JSON, its owner's alone; or as systemd hands it over (`LoadCredential`)."""

import base64
import binascii
import os
from pathlib import Path
from typing import Annotated, Final

import msgspec
from msgspec import Meta, Struct

from hub.append_only import sync_folder
from hub.keys import Keys
from wire.errors import InvalidSetting
from wire.settings import read_secret

MODE: Final = 0o600
_Text = Annotated[str, Meta(max_length=64)]


class KeysInPlace(InvalidSetting):
    """There is a key file already: writing another one would make every card and device a stranger."""


class _KeyFile(Struct, frozen=True, kw_only=True):
    version: Annotated[int, Meta(ge=1, le=1)]
    system_id: _Text
    signing_key: _Text
    sealing_key: _Text
    custody_key: _Text
    master_keys: dict[str, _Text]

    def __repr__(self) -> str:
        return "_KeyFile(…)"


def load_keys(file: Path) -> Keys:
    """Return the keys of a file.

    Raises:
        InvalidSetting: when it can't be read, others may read it, or it is no key file; the text never holds a key.
    """
    if not file.exists():
        raise InvalidSetting(
            f"there is no key file {file}: `ankerort-hub keys init` makes new keys, "
            "`ankerort-hub keys recover` brings those of a recovery sheet back"
        )
    data = read_secret(file)
    try:
        found = msgspec.json.decode(data, type=_KeyFile)
        return Keys(
            signing=_bytes(found.signing_key),
            sealing=_bytes(found.sealing_key),
            custody=_bytes(found.custody_key),
            system_id=bytes.fromhex(found.system_id),
            masters={int(generation): _bytes(key) for generation, key in found.master_keys.items()},
        )
    except (msgspec.MsgspecError, binascii.Error, ValueError, RecursionError):
        raise InvalidSetting(
            f"{file} is no key file of `ankerort-hub keys init`, or was damaged: "
            "move it away and restore it with `ankerort-hub keys recover`"
        ) from None


def write_new(file: Path, data: bytes) -> None:
    """Write a secret to a file that is not there yet, durably and readable for its owner alone.

    Raises:
        KeysInPlace: when there is one.
        InvalidSetting: when it can't be written.
    """
    try:
        handle = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, MODE)
    except FileExistsError:
        raise KeysInPlace(
            f"{file} is there already: it is not overwritten; name another file or move it away"
        ) from None
    except OSError as error:
        raise InvalidSetting(f"{file} can't be written: {error.strerror}; check the folder") from error
    try:
        with os.fdopen(handle, "wb") as stream:
            stream.write(data)
            stream.flush()
            os.fsync(stream.fileno())
        sync_folder(file.parent)
    except OSError as error:
        file.unlink(missing_ok=True)
        raise InvalidSetting(f"{file} can't be written: {error.strerror}; check the disk") from error


def create_keys(file: Path, keys: Keys) -> None:
    """Write a new key file; see `write_new`."""
    write_new(file, _encoded(keys))


def replace_keys(file: Path, keys: Keys) -> None:
    """Write keys in place of those in a file: at every moment one whole file is there.

    Raises:
        InvalidSetting: when it can't be written.
    """
    beside = file.with_name(file.name + ".new")
    beside.unlink(missing_ok=True)
    write_new(beside, _encoded(keys))
    try:
        beside.replace(file)
        sync_folder(file.parent)
    except OSError as error:
        raise InvalidSetting(f"{file} can't be replaced: {error.strerror}; check the folder") from error


class KeyFile:
    """A key file that may come, be rotated, or go; used by one thread at a time.

    Args:
        file: where it is.
    """

    def __init__(self, file: Path) -> None:
        self._file = file
        self._seen: tuple[int, int, int] | None = None
        self._keys: Keys | None = None

    def load(self) -> Keys | None:
        """Return the keys, the same object as long as the file is the same; None without a file.

        Raises:
            InvalidSetting: when the file can't be used.
        """
        try:
            status = self._file.stat()
        except FileNotFoundError:
            self._seen = self._keys = None
            return None
        except OSError as error:
            raise InvalidSetting(
                f"key file {self._file}: {error.strerror}; check its folder and owner"
            ) from error
        seen = status.st_ino, status.st_mtime_ns, status.st_size
        if self._keys is None or seen != self._seen:
            self._keys = load_keys(self._file)
            self._seen = seen
        return self._keys


def _encoded(keys: Keys) -> bytes:
    signing, sealing, custody, masters = keys.raw()
    return msgspec.json.format(
        msgspec.json.encode(
            _KeyFile(
                version=1,
                system_id=keys.system_id.hex(),
                signing_key=_text(signing),
                sealing_key=_text(sealing),
                custody_key=_text(custody),
                master_keys={str(generation): _text(key) for generation, key in masters.items()},
            )
        )
    )


def _text(key: bytes) -> str:
    return base64.b64encode(key).decode("ascii")


def _bytes(text: str) -> bytes:
    return base64.b64decode(text, validate=True)
