"""Puts a signed release in the place of the one that runs, which comes back when the new one fails."""

import fcntl
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import click

from device.releases import FOLDER, PROGRAM, Releases
from device.service import Agent
from wire.errors import InvalidSetting, NotAuthentic
from wire.release import (
    MANIFEST_FILE,
    MAX_MANIFEST_BYTES,
    Release,
    compare_key,
    read_release_keys,
    verify_release,
)

KEYS_FILE: Final = Path("/etc/ankerort/release.pub")

_BUILD_S: Final = 1800
"""A Zero 2 W takes minutes; more than this, and something hangs."""
_TRY_S: Final = 120
_LAST_CHARACTERS: Final = 500


def read_release(source: Path, keys_file: Path, running: str | None) -> Release:
    """Return what a release's manifest says, when it may be installed here.

    Args:
        source: folder of the release.
        keys_file: public keys of those whose releases are taken.
        running: the version that runs.

    Raises:
        InvalidSetting: when it is not signed by one of them, was changed, is older than what runs, or can't be read.
    """
    keys = read_release_keys(keys_file)
    try:
        with (source / MANIFEST_FILE).open("rb") as stream:
            data = stream.read(MAX_MANIFEST_BYTES + 1)
    except OSError as error:
        raise InvalidSetting(
            f"release {source}: {MANIFEST_FILE}: {error.strerror}; name its folder"
        ) from error
    try:
        release = verify_release(data, keys)
    except NotAuthentic as error:
        raise InvalidSetting(f"release {source} is refused: {error}. Keys: {keys_file}") from error
    now = compare_key(running) if running is not None else None
    then = compare_key(release.version)
    assert then is not None, "a manifest has no other"
    if now is not None and then < now:
        raise InvalidSetting(
            f"release {source} is refused: {release.version} is older than {running}, which runs here, and may lack "
            "what was mended since; take a newer one"
        )
    return release


def build_program(folder: Path, wheels: Path, release: Release) -> None:
    """Make a Python environment with the program, from nothing but a release's wheels, and start it once.

    Raises:
        InvalidSetting: when that fails; the text has the end of what was said.
    """
    # The agent is another user, and reads what root makes.
    before = os.umask(0o022)
    try:
        _call([sys.executable, "-I", "-m", "venv", str(folder)], _BUILD_S)
        wanted = f"ankerort[{','.join(release.extras)}]=={release.version}"
        _call(
            [
                str(folder / "bin/python"), "-I", "-m", "pip", "install", "--isolated", "--quiet", "--no-input",
                "--disable-pip-version-check", "--no-cache-dir", "--no-index", "--only-binary=:all:",
                f"--find-links={wheels}", wanted,
            ],
            _BUILD_S,
        )  # fmt: skip
    finally:
        os.umask(before)
    said = _call([str(folder / PROGRAM), "--version"], _TRY_S)
    if said.split()[-1:] != [release.version]:
        raise InvalidSetting(f"release {release.version}: its program says that it is {said.strip()}")


def try_settings(program: Path, file: Path | None) -> None:
    """Refuse a release that can't read this machine's settings, while the one before still runs.

    Raises:
        InvalidSetting: with what it says.
    """
    _call([str(program), "show-config", *([] if file is None else ["--config", str(file)])], _TRY_S)


@click.command(
    "update",
    epilog="""Examples:

\b
  sudo ankerort-device update ./ankerort-0.2.0
  sudo ankerort-device update ./ankerort-0.2.0 --without-link""",
)
@click.argument("release", type=click.Path(path_type=Path, file_okay=False))
@click.option(
    "--keys",
    type=click.Path(path_type=Path, dir_okay=False),
    default=KEYS_FILE,
    show_default=True,
    help="Public keys of those whose releases are taken.",
)
@click.option(
    "--folder",
    type=click.Path(path_type=Path, file_okay=False),
    default=FOLDER,
    show_default=True,
    help="Where the releases are.",
)
@click.option(
    "--config",
    "-c",
    type=click.Path(path_type=Path, dir_okay=False),
    envvar="ANKERORT_CONFIG",
    help="Settings file; /etc/ankerort/device.toml when it exists.",
)
@click.option(
    "--without-link", is_flag=True, help="Keep the new release also when it does not reach the broker."
)
def command(release: Path, keys: Path, folder: Path, config: Path | None, without_link: bool) -> None:
    """Install a signed release beside the one that runs, switch, and return by itself when it fails.

    RELEASE is a folder that `ankerort-hub release make` made. The new one must be ready, stay so for two minutes and
    reach the broker. Whatever interrupts this, also a power cut, leaves one of both that works.
    Status 0 when the new release runs, 1 when the one before is back.
    """
    releases = Releases(folder)
    with _alone(folder):
        if releases.is_on_trial:
            raise InvalidSetting(
                f"{folder}: an update is on trial: wait for it, or `systemctl start ankerort-device-trial`"
            )
        running = releases.version()
        found = read_release(release, keys, running)
        if found.version == running:
            click.echo(f"{running} runs here already")
            return
        service = Agent()
        if not without_link and not service.look().is_linked:
            raise InvalidSetting(
                "the agent has no connection to the broker now, so nobody could say whether the new one gets one: "
                "mend that first, or take --without-link"
            )

        def build(made: Path, wheels: Path, release: Release) -> None:
            build_program(made, wheels, release)
            try_settings(made / PROGRAM, config)

        click.echo(f"{found.version}: signed, and newer than {running}; installing")
        try:
            releases.install(found, release, build)
        except NotAuthentic as error:
            raise InvalidSetting(f"release {release} is refused: {error}") from error
        click.echo("switching; now it has two minutes to prove itself")
        releases.switch(found.version, needs_link=not without_link)
        service.try_out()
    click.echo(releases.last_words())
    if releases.version() != found.version:
        sys.exit(1)


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Keep a second update away."""
    if not (folder / "current").is_symlink():
        raise InvalidSetting(
            f"there is no {folder}/current: install the service with `systemd/install device` first"
        )
    try:
        handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    except OSError as error:
        raise InvalidSetting(f"{folder}: {error.strerror}; run this as root") from error
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
    except BlockingIOError as error:
        raise InvalidSetting(f"{folder}: another update is at work; wait for it") from error
    finally:
        os.close(handle)


def _call(command: list[str], timeout_s: int) -> str:
    try:
        done = subprocess.run(
            command, capture_output=True, text=True, timeout=timeout_s, check=False, stdin=subprocess.DEVNULL
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise InvalidSetting(
            f"{Path(command[0]).name}: {error}; the release that runs is untouched"
        ) from error
    if done.returncode != 0:
        said = (done.stderr or done.stdout).strip()[-_LAST_CHARACTERS:]
        raise InvalidSetting(f"the new release can't be used, and the one that runs is untouched: {said}")
    return done.stdout
