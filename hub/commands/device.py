"""Commands on devices: who is trusted with cards' keys and doors, and may connect to the broker."""

from datetime import UTC, datetime
from pathlib import Path

import click

from hub import bootstrap
from hub.cli import Invocation
from hub.commands.device_bundle import (
    add_whole,
    bundle_option,
    card,
    certificate_ends,
    hardware_option,
    name_argument,
    new_trust,
    renew,
    replace,
    revoke_certificates,
    space_option,
    split,
)
from hub.custody import device_trusts
from hub.custody_ports import TrustedDevice
from hub.domain.texts import check_reason, shown
from hub.key_file import load_keys, write_new
from wire.errors import InvalidSetting


@click.group()
def device() -> None:
    """Add, replace, renew and revoke devices, put them on cards, list them.

    \b
    Examples:
      ankerort-hub device add pi-1 --space wittenberge --hardware pi-1.toml
      ankerort-hub device card wittenberge/pi-1 --out /media/$USER/bootfs
      ankerort-hub device list
      ankerort-hub device revoke wittenberge/pi-1 --reason "stolen"
    """


device.add_command(replace)
device.add_command(renew)
device.add_command(card)


@device.command()
@name_argument
@space_option
@hardware_option
@bundle_option
@click.option(
    "--out",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Only trust it, without a certificate, and write its trust file here; it must not be there yet.",
)
@click.pass_obj
def add(
    invocation: Invocation,
    name: str,
    space: str | None,
    hardware: Path | None,
    bundle: Path | None,
    out: Path | None,
) -> None:
    """Trust a device of the site file, and write what it needs: keys, certificate, settings, in one bundle.

    The bundle holds the device's secret keys, which are nowhere else. Adding a device again replaces it: the Pi before,
    and lists that it has, get nothing any more.

    \b
    Examples:
      ankerort-hub device add pi-1 --space wittenberge --hardware pi-1.toml
      ankerort-hub device add wittenberge/pi-1 --bundle pi-1.bundle
      ankerort-hub device add wittenberge/pi-1 --out trust.json
    """
    where = split(name, space)
    if out is None:
        add_whole(invocation.settings, where, hardware, bundle)
        return
    if bundle is not None or hardware is not None:
        raise InvalidSetting("--out writes a trust file alone: leave --bundle and --hardware out")
    settings = invocation.settings
    with bootstrap.open_database(settings) as database:
        keys, trusts = load_keys(settings.keys.file), device_trusts(database)
        was_trusted = trusts.check(*where)
        trust, public = new_trust(keys, where)
        write_new(out, trust)
        try:
            generation = trusts.add(*where, public, bootstrap.system_clock().now_us())
        except BaseException:
            out.unlink(missing_ok=True)
            raise
    click.echo(f"{'/'.join(where)} is trusted now (generation {generation}); its file is {out}")
    if was_trusted:
        click.echo("it replaces the one before, which gets no list any more")
    click.echo("bring the file to the device, then delete it here")


@device.command("list")
@click.pass_obj
def list_devices(invocation: Invocation) -> None:
    """List the devices that are or were trusted, with the list that each has.

    \b
    Example:
      ankerort-hub device list
    """
    with bootstrap.open_database(invocation.settings) as database:
        devices = device_trusts(database).devices()
    ends_us = certificate_ends(invocation.settings, bootstrap.system_clock().now_us())
    for one in devices:
        end_us = ends_us.get(f"{one.space}/{one.device}")
        click.echo(_line(one) + ("" if end_us is None else f"  certificate until {_time(end_us)[:10]}"))
    if not devices:
        click.echo("no device is trusted yet: `ankerort-hub device add`")


@device.command()
@name_argument
@space_option
@click.option("--reason", required=True, help="Why, for the log of actions.")
@click.pass_obj
def revoke(invocation: Invocation, name: str, space: str | None, reason: str) -> None:
    """Trust a device no more: it gets no list and no command from now on, and its certificates are revoked.

    What it has already it keeps until its list is dead, at most 14 days: take the Pi down. The cards whose read keys
    were on it are listed: rotate the keys, then personalise them again.

    \b
    Example:
      ankerort-hub device revoke wittenberge/pi-1 --reason "stolen"
    """
    where = split(name, space)
    reason = check_reason(reason)
    settings, now_us = invocation.settings, bootstrap.system_clock().now_us()
    # Certificates first: whatever stops this in between, the device is shut out.
    ended = revoke_certificates(settings, where, reason, now_us)
    with bootstrap.open_database(settings) as database:
        cards = device_trusts(database).revoke(*where, reason, now_us)
    click.echo(f"{'/'.join(where)} is not trusted any more; `jobs` takes its list from the broker")
    if ended:
        click.echo(f"{ended} certificates are revoked: the broker knows after `systemctl reload mosquitto`")
    if cards:
        click.echo(
            f"{len(cards)} cards' keys were on it: run `ankerort-hub keys rotate`, then personalise them again:"
        )
    for label in cards:
        click.echo(shown(f"  {label}"))


def _line(one: TrustedDevice) -> str:
    if one.revoked_us is not None:
        return f"{one.space}/{one.device}  revoked {_time(one.revoked_us)}"
    state = "pending" if one.is_pending else "up to date"
    heard = _time(one.heard_us) if one.heard_us else "never"
    return (
        f"{one.space}/{one.device}  generation {one.generation}  list {one.version}, applied {one.applied}: {state}"
        f"  heard {heard}"
    )


def _time(at_us: int) -> str:
    return datetime.fromtimestamp(at_us / 1_000_000, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
