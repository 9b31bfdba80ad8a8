"""Commands of whoever makes releases for devices; they need no hub, and belong on another machine."""

from pathlib import Path

import click

from hub import bootstrap
from hub.authority.releases import make_key, make_release, read_key

_File = click.Path(path_type=Path, dir_okay=False)


@click.group()
def release() -> None:
    """Make signed releases for devices, on a machine that is no hub.

    \b
    Examples:
      ankerort-hub release key --out release.key
      ankerort-hub release make --wheels wheels --key release.key --out releases
    """


@release.command()
@click.option("--out", type=_File, required=True, help="File for the key, which must not be there yet.")
def key(out: Path) -> None:
    """Make the key that signs releases, and print the line that devices know it by.

    Whoever has it can put any program on every device: keep it on no hub.

    \b
    Example:
      ankerort-hub release key --out release.key
    """
    public = make_key(out)
    click.echo(f"the key is in {out}: keep it, and a copy, where no hub is")
    click.echo("next: this line to /etc/ankerort/release.pub on each device")
    click.echo(public)


@release.command()
@click.option(
    "--wheels",
    type=click.Path(path_type=Path, file_okay=False, exists=True),
    required=True,
    help="Folder with the program's wheel and those of all that it needs.",
)
@click.option("--key", "key_file", type=_File, required=True, help="File of `release key`.")
@click.option(
    "--out",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path(),
    show_default=True,
    help="Gets a folder ankerort-VERSION.",
)
@click.option(
    "--extra",
    "extras",
    multiple=True,
    default=("device", "reader"),
    show_default=True,
    help="Part of the program that devices install; again for several.",
)
def make(wheels: Path, key_file: Path, out: Path, extras: tuple[str, ...]) -> None:
    """Copy wheels into a new folder and sign what is there.

    `ankerort-device update FOLDER` installs it on a device.

    \b
    Examples:
      ankerort-hub release make --wheels wheels --key release.key
      ankerort-hub release make --wheels wheels --key release.key --extra device
    """
    now_us = bootstrap.system_clock().now_us()
    folder, made = make_release(wheels, extras, read_key(key_file), out, now_us)
    click.echo(f"{folder}: version {made.version}, {len(made.wheels)} wheels, signed")
