"""Makes releases for devices: a folder of wheels and their signed manifest. The key is of its own, and on no hub."""

import base64
import binascii
import hashlib
import re
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from hub.append_only import sync_folder
from hub.key_file import write_new
from wire.errors import InvalidSetting
from wire.release import MANIFEST_FILE, Release, Wheel, compare_key, sign_release, write_release_key
from wire.settings import read_secret

_OURS: Final = re.compile(r"ankerort-([^-]+)-")


def make_key(file: Path) -> str:
    """Write a new key that signs releases; return its public half, as devices are given it.

    Raises:
        InvalidSetting: when the file is there already, or can't be written.
    """
    key = Ed25519PrivateKey.generate()
    write_new(file, base64.b64encode(key.private_bytes_raw()) + b"\n")
    return write_release_key(key.public_key())


def read_key(file: Path) -> Ed25519PrivateKey:
    """Return the key in a file.

    Raises:
        InvalidSetting: when it can't be read, others may read it, or it is none; the text never holds it.
    """
    try:
        return Ed25519PrivateKey.from_private_bytes(base64.b64decode(read_secret(file), validate=True))
    except (binascii.Error, ValueError) as error:
        if isinstance(error, InvalidSetting):
            raise
        raise InvalidSetting(f"{file} is no key of `ankerort-hub release key`: name the right file") from None


def make_release(
    wheels: Path, extras: Sequence[str], key: Ed25519PrivateKey, folder: Path, now_us: int
) -> tuple[Path, Release]:
    """Copy wheels into a new folder and sign what is there; return the folder and what it holds.

    Args:
        wheels: folder with the program's wheel and those of all that it needs.
        extras: of the program, which devices install.
        key: signs.
        folder: gets a folder `ankerort-VERSION`.
        now_us: the time.

    Raises:
        InvalidSetting: when there is not exactly one wheel of the program, its version can't be compared, a name is no
            wheel's, the new folder is there already, or something can't be read or written.
    """
    files = sorted(wheels.glob("*.whl"))
    versions = {match[1] for file in files if (match := _OURS.match(file.name))}
    if len(versions) != 1:
        found = ", ".join(sorted(versions)) or "none"
        raise InvalidSetting(f"--wheels {wheels} must have one version of Ankerort, and has {found}")
    (version,) = versions
    if compare_key(version) is None:
        raise InvalidSetting(
            f"version {version} is not three numbers: devices could not compare it with others"
        )
    made = folder / f"ankerort-{version}"
    try:
        made.mkdir(parents=True)
        copies = [Path(shutil.copyfile(file, made / file.name)) for file in files]
        listed = tuple(_wheel(copy) for copy in copies)
        release = Release(version=version, made_us=now_us, extras=tuple(extras), wheels=listed)
        # The manifest comes last: a folder without one is no release.
        (made / MANIFEST_FILE).write_bytes(sign_release(release, key))
        sync_folder(made)
    except FileExistsError:
        raise InvalidSetting(f"{made} is there already: a release is made once; raise the version") from None
    except OSError as error:
        raise InvalidSetting(f"{error.filename or made}: {error.strerror}; check folder and disk") from error
    except ValueError as error:
        shutil.rmtree(made)
        raise InvalidSetting(f"{error}; check the names in {wheels}") from error
    return made, release


def _wheel(file: Path) -> Wheel:
    with file.open("rb") as stream:
        checksum = hashlib.file_digest(stream, "sha256").hexdigest()
    return Wheel(name=file.name, size_bytes=file.stat().st_size, sha256=checksum)
