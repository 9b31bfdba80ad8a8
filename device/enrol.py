"""Makes a Pi the device that a bundle names, and wipes the bundle.

One moment decides: `device.toml` is replaced whole. Before it, all that was there holds; after it, all that is new. The
files of an identity lie in a folder of their own that `device.toml` names, so that they come and go together. Whatever
interrupts this, calling it again ends right.

The folder is among the secrets of which systemd hands the agent each (`LoadCredential=` in its unit): nobody but who
calls this can read it. The settings hold no secret, and the agent's group may read them.
"""

import os
import shutil
import time
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import click

from device.config import USER
from device.kept_state import sync_folder
from wire.bundle import Bundle, read_bundle
from wire.errors import InvalidSetting

FOLDER: Final = Path("/etc/ankerort")
GROUP: Final = USER
"""The agent's: it reads its settings, and root alone writes them."""

_SETTINGS: Final = "device.toml"
_SECRETS: Final = "secrets"
_IDENTITIES: Final = "device"
_DIGITS: Final = 16
"""Of the name of an identity's folder."""
_MARK: Final = "{identity}"
_WIPING: Final = ".wiping"


@dataclass(frozen=True, slots=True)
class Enrolled:
    """What became of it.

    Args:
        name: `SPACE/DEVICE`; empty when only a bundle was left to be wiped.
        is_renewal: whether only the certificate is new.
        is_new: false when the bundle had been installed before, and was only left to be wiped.
    """

    name: str
    is_renewal: bool = False
    is_new: bool = True


def enrol(bundle_file: Path, folder: Path, group: str | None, now_us: int) -> Enrolled:
    """Install a bundle into a folder, then wipe it.

    Args:
        bundle_file: from the hub; it is gone afterwards.
        folder: where `device.toml` is, or will be.
        group: that may read the settings, when this process may give them away and there is such a group.
        now_us: the time, as far as it is known here.

    Raises:
        InvalidSetting: when the bundle can't be used, has expired or is another device's renewal, or something can't
            be written. Then nothing has changed.
    """
    wiping = bundle_file.with_name(bundle_file.name + _WIPING)
    if not bundle_file.exists() and wiping.exists():
        _wipe(wiping)
        return Enrolled("", is_new=False)
    bundle = read_bundle(bundle_file)
    name = f"{bundle.space}/{bundle.device}"
    identity = _identities(folder) / bundle.digest[:_DIGITS]
    try:
        is_new = str(identity) not in _present(folder)
        if is_new:
            _check(bundle, bundle_file, folder, now_us)
            _install(bundle, folder, identity, group)
        _forget_others(folder, identity)
        _replace_name(bundle_file, wiping)
        _wipe(wiping)
    except OSError as error:
        raise InvalidSetting(
            f"{error.filename or folder}: {error.strerror}; mend that, run this as root, and call it again"
        ) from error
    return Enrolled(name, bundle.is_renewal, is_new)


def _check(bundle: Bundle, bundle_file: Path, folder: Path, now_us: int) -> None:
    # A Pi whose clock is behind can't tell; one that says a day from before the bundle was made is surely wrong.
    if now_us >= bundle.expires_us:
        raise InvalidSetting(
            f"{bundle_file} has expired: make a new one with "
            f"`ankerort-hub device replace {bundle.space}/{bundle.device}`"
        )
    if not bundle.is_renewal:
        return
    present = tomllib.loads(_present(folder) or "")
    if (present.get("space"), present.get("device")) != (bundle.space, bundle.device):
        raise InvalidSetting(
            f"{bundle_file} renews {bundle.space}/{bundle.device}, and this is "
            f"{present.get('space', 'no')}/{present.get('device', 'device')}: take the file that was made for it"
        )
    if _identity_of(folder) is None:
        raise InvalidSetting(
            f"{folder / _SETTINGS} names no identity that a bundle brought: make a whole one with "
            f"`ankerort-hub device replace {bundle.space}/{bundle.device}`"
        )


def _install(bundle: Bundle, folder: Path, identity: Path, group: str | None) -> None:
    """Put everything in its place; `device.toml` last."""
    before = _identity_of(folder)
    files = bundle.files()
    if bundle.is_renewal:
        assert before is not None, "checked"
        files = {file.name: file.read_bytes() for file in before.iterdir()} | files
        settings = _present(folder).replace(str(before), str(identity))
    else:
        settings = bundle.settings.replace(_MARK, str(identity))
    # Others have their settings in there, too: who may look into it is not this program's to say.
    folder.mkdir(exist_ok=True, parents=True)
    for one in (folder / _SECRETS, _identities(folder)):
        one.mkdir(mode=0o700, exist_ok=True)
    # What an earlier try left may be half of anything.
    shutil.rmtree(identity, ignore_errors=True)
    identity.mkdir(mode=0o700)
    for name, data in files.items():
        _write(identity / name, data, None)
    sync_folder(identity)
    sync_folder(identity.parent)
    old = folder / _SETTINGS
    if old.exists() and not bundle.is_renewal:
        # Pins that somebody wrote into it by hand are worth looking up.
        _write(folder / f"{_SETTINGS}.before", old.read_bytes(), group)
    beside = folder / f".{_SETTINGS}.new"
    _write(beside, settings.encode("utf-8"), group)
    _try(beside)
    _replace_name(beside, old)


def _try(file: Path) -> None:
    """Refuse settings that the agent could not start with, while the ones before are still in place."""
    from device.bootstrap import broker
    from device.config import load_settings

    broker(load_settings(file, {}).settings.mqtt)


def _present(folder: Path) -> str:
    file = folder / _SETTINGS
    return file.read_text("utf-8") if file.exists() else ""


def _identities(folder: Path) -> Path:
    return folder / _SECRETS / _IDENTITIES


def _identity_of(folder: Path) -> Path | None:
    """Return the folder of the identity that `device.toml` names now."""
    text = _present(folder)
    return next((one for one in _all_identities(folder) if str(one) in text), None)


def _all_identities(folder: Path) -> list[Path]:
    """Return them; what else is there somebody put beside them by hand, such as a key of cards."""
    found = _identities(folder)
    return [one for one in found.glob("[0-9a-f]" * _DIGITS) if one.is_dir()] if found.exists() else []


def _forget_others(folder: Path, identity: Path) -> None:
    for other in _all_identities(folder):
        if other != identity:
            shutil.rmtree(other)


def _wipe(file: Path) -> None:
    """Overwrite and delete a file.

    An SD card may keep the old blocks all the same: a card that is given away is destroyed, and its device revoked.
    """
    with file.open("r+b") as stream:
        stream.write(b"\0" * file.stat().st_size)
        stream.flush()
        os.fsync(stream.fileno())
    file.unlink()
    sync_folder(file.parent)


def _replace_name(file: Path, name: Path) -> None:
    file.replace(name)
    sync_folder(name.parent)


def _write(file: Path, data: bytes, group: str | None) -> None:
    file.unlink(missing_ok=True)
    with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600), "wb") as stream:
        stream.write(data)
        if _give(file, group):
            os.fchmod(stream.fileno(), 0o640)
        stream.flush()
        os.fsync(stream.fileno())


def _give(path: Path, group: str | None) -> bool:
    """Let a group read a file, and say whether it may; without root, or such a group, it stays its owner's alone."""
    if group is None or os.geteuid() != 0:
        return False
    try:
        shutil.chown(path, group=group)
    except LookupError:
        return False
    return True


@click.command(
    "enrol",
    epilog="""Examples:

\b
  ankerort-device enrol /boot/firmware/ankerort.bundle
  ankerort-device enrol ./renewal.bundle""",
)
@click.argument("bundle", type=click.Path(path_type=Path, dir_okay=False))
@click.option(
    "--folder",
    type=click.Path(path_type=Path, file_okay=False),
    default=FOLDER,
    show_default=True,
    help="Where device.toml is, or will be.",
)
@click.option(
    "--group", default=GROUP, show_default=True, help="Group of the agent, which may read its settings."
)
def command(bundle: Path, folder: Path, group: str) -> None:
    """Make this machine the device that a bundle names, or renew its certificate; then wipe the bundle.

    When it was interrupted, call it again.
    """
    done = enrol(bundle, folder, group, time.time_ns() // 1000)
    if not done.name:
        click.echo(f"{bundle} had been installed, and is wiped now")
    elif done.is_renewal:
        click.echo(
            f"{done.name} has a new certificate; {bundle} is wiped. Restart the agent: it reads it at its start"
        )
    else:
        click.echo(f"this is {done.name} now, with {folder / _SETTINGS}; {bundle} is wiped")
