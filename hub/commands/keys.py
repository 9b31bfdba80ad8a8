"""Commands on the hub's keys. They print generations and fingerprints, never a key."""

import shlex
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import click

from hub import bootstrap
from hub.cli import Invocation
from hub.commands.asking import ask_secret
from hub.custody import device_trusts
from hub.key_file import KeysInPlace, create_keys, load_keys, replace_keys, write_new
from hub.keys import Keys
from hub.recovery import MIN_PASSPHRASE, read_sheet, write_sheet
from wire.errors import InvalidSetting
from wire.settings import read_secret_text

_MAX_SHEET_BYTES: Final = 64 * 1024

_File = click.Path(path_type=Path, dir_okay=False)
_passphrase_file = click.option(
    "--passphrase-file", type=_File, help="File with the passphrase; without it, it is asked for."
)
_recovery = click.option(
    "--recovery",
    type=_File,
    required=True,
    help="Where to write the recovery sheet; it must not be there yet.",
)


@click.group()
def keys() -> None:
    """Make, show, rotate and recover the hub's keys.

    Whoever has the key file can forge cards and open doors; whoever loses it, and the recovery sheet, must begin anew
    with every card and every device.

    \b
    Examples:
      ankerort-hub keys init --recovery recovery.txt
      ankerort-hub keys show
    """


@keys.command()
@_recovery
@_passphrase_file
@click.pass_obj
def init(invocation: Invocation, recovery: Path, passphrase_file: Path | None) -> None:
    """Make the keys of a new installation, and a recovery sheet.

    The sheet holds all keys, encrypted under a passphrase: print it, and keep it apart from the passphrase.

    \b
    Example:
      ankerort-hub keys init --recovery recovery.txt
    """
    file = invocation.settings.keys.file
    if file.exists():
        raise KeysInPlace(
            f"{file} is there already: with other keys, every card and every device would be a stranger. "
            "`ankerort-hub keys rotate` makes new card keys"
        )
    made = Keys.new()
    _write_sheet(made, recovery, passphrase_file)
    try:
        create_keys(file, made)
    except InvalidSetting:
        recovery.unlink(missing_ok=True)  # of keys that never were
        raise
    click.echo(f"keys are in {file}: they belong into no backup of the database")
    _tell_sheet(recovery)


@keys.command()
@click.pass_obj
def show(invocation: Invocation) -> None:
    """Show generations and the fingerprints of the public keys, never a key.

    \b
    Example:
      ankerort-hub keys show
    """
    found = load_keys(invocation.settings.keys.file)
    click.echo(f"file         {invocation.settings.keys.file}")
    click.echo(f"system       {found.system_id.hex()}")
    click.echo(f"card keys    generation {found.newest}")
    for name, fingerprint in found.fingerprints().items():
        click.echo(f"{name:<12} {fingerprint}")


@keys.command()
@click.argument("sheet", type=_File)
@_passphrase_file
@click.pass_obj
def recover(invocation: Invocation, sheet: Path, passphrase_file: Path | None) -> None:
    """Make the key file again from a recovery sheet.

    The sheet may be typed in from paper: upper or lower case, O for 0 and I or L for 1 are read alike, and a line that
    is mistyped is named.

    \b
    Example:
      ankerort-hub keys recover recovery.txt
    """
    file = invocation.settings.keys.file
    if file.exists():
        raise KeysInPlace(f"{file} is there already: move it away first, if it is not the one that you need")
    found = read_sheet(_read_text(sheet), _passphrase(passphrase_file, is_new=False))
    create_keys(file, found)
    click.echo(f"keys are in {file}: card keys up to generation {found.newest}")


@keys.command()
@_recovery
@_passphrase_file
@click.pass_obj
def rotate(invocation: Invocation, recovery: Path, passphrase_file: Path | None) -> None:
    """Make a new generation of card keys, and a new recovery sheet.

    Cards with older keys go on working; each gets new ones when it is personalised again at a reader. Do this when a
    door's Pi was stolen, or every few years. `jobs` takes the new keys by itself, unless systemd hands it the file:
    then restart it.

    \b
    Example:
      ankerort-hub keys rotate --recovery recovery-2.txt
    """
    settings = invocation.settings
    file = settings.keys.file
    with bootstrap.open_database(settings) as database:
        try:
            made = load_keys(file).rotated()
        except ValueError as error:
            raise InvalidSetting(str(error)) from None
        _write_sheet(made, recovery, passphrase_file)
        replace_keys(file, made)
        cards = device_trusts(database).want_new_keys(made.newest, bootstrap.system_clock().now_us())
    click.echo(f"card keys are of generation {made.newest} now; {cards} cards wait to be personalised again")
    click.echo("the recovery sheet before this one is out of date: destroy it")
    _tell_sheet(recovery)


def _write_sheet(made: Keys, recovery: Path, passphrase_file: Path | None) -> None:
    """Write the recovery sheet, and try that it gives the keys back before anything depends on it."""
    if recovery.exists():
        raise KeysInPlace(f"{recovery} is there already: name a new file for the recovery sheet")
    passphrase = _passphrase(passphrase_file, is_new=True)
    text = write_sheet(made, passphrase, datetime.now(UTC).date().isoformat())
    write_new(recovery, text.encode("ascii"))
    if read_sheet(_read_text(recovery), passphrase).raw() != made.raw():
        raise InvalidSetting(f"{recovery} does not give the keys back: nothing was changed")


def _tell_sheet(recovery: Path) -> None:
    click.echo(
        f"the recovery sheet is {recovery}: print it (lpr {shlex.quote(str(recovery))}), put the paper into the town's "
        "safe (Tresor) and the passphrase into another place, then delete the file"
    )


def _passphrase(file: Path | None, *, is_new: bool) -> str:
    if file is not None:
        return read_secret_text(file)
    if is_new:
        click.echo(
            f"choose a passphrase of at least {MIN_PASSPHRASE} characters: five or six words", err=True
        )
    instead = "write it into a file of mode 0600 and name it with --passphrase-file"
    return ask_secret("Passphrase of the recovery sheet", instead, again=is_new)


def _read_text(sheet: Path) -> str:
    try:
        data = sheet.read_bytes()
    except OSError as error:
        raise InvalidSetting(f"{sheet}: {error.strerror}; check the path") from error
    if len(data) > _MAX_SHEET_BYTES:
        raise InvalidSetting(f"{sheet} is too long for a recovery sheet")
    return data.decode("utf-8", "replace")
