"""Commands on which devices are trusted with cards' keys and doors."""

from datetime import UTC, datetime
from pathlib import Path

import click
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from hub import bootstrap
from hub.cli import Invocation
from hub.custody import device_trusts
from hub.custody_ports import TrustedDevice
from hub.domain.errors import RuleRefused
from hub.domain.texts import check_reason, shown
from hub.key_file import load_keys, write_new
from wire.trust import DeviceTrust, write_trust


@click.group()
def device() -> None:
    """Trust devices with access lists, list them, revoke them.

    \b
    Examples:
      ankerort-hub device add wittenberge/pi-1 --out trust.json
      ankerort-hub device list
      ankerort-hub device revoke wittenberge/pi-1 --reason "stolen"
    """


@device.command()
@click.argument("name", metavar="SPACE/DEVICE")
@click.option(
    "--out",
    type=click.Path(path_type=Path, dir_okay=False),
    required=True,
    help="Where to write the device's trust file; it must not be there yet.",
)
@click.pass_obj
def add(invocation: Invocation, name: str, out: Path) -> None:
    """Trust a device of the site file, and write the file that it needs.

    The file holds the device's secret key, which is nowhere else: bring it to the device (access.trust_file), then
    delete it here. Adding a device again replaces it: the Pi before, and lists that it has, get nothing any more.

    \b
    Example:
      ankerort-hub device add wittenberge/pi-1 --out trust.json
    """
    settings = invocation.settings
    space, device_id = _split(name)
    with bootstrap.open_database(settings) as database:
        keys, trusts = load_keys(settings.keys.file), device_trusts(database)
        was_trusted = trusts.check(space, device_id)
        secret = X25519PrivateKey.generate()
        trust = DeviceTrust(space, device_id, secret, keys.verify_key, keys.sealing_key)
        write_new(out, write_trust(trust) + b"\n")
        try:
            generation = trusts.add(
                space, device_id, secret.public_key().public_bytes_raw(), bootstrap.system_clock().now_us()
            )
        except BaseException:
            out.unlink(missing_ok=True)
            raise
    click.echo(f"{name} is trusted now (generation {generation}); its file is {out}")
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
    for one in devices:
        click.echo(_line(one))
    if not devices:
        click.echo("no device is trusted yet: `ankerort-hub device add`")


@device.command()
@click.argument("name", metavar="SPACE/DEVICE")
@click.option("--reason", required=True, help="Why, for the log of actions.")
@click.pass_obj
def revoke(invocation: Invocation, name: str, reason: str) -> None:
    """Trust a device no more: it gets no list and no command from now on.

    What it has already it keeps until its list is dead, at most 14 days: take the Pi down. The cards whose read keys
    were on it are listed: rotate the keys, then personalise them again.

    \b
    Example:
      ankerort-hub device revoke wittenberge/pi-1 --reason "stolen"
    """
    space, device_id = _split(name)
    reason = check_reason(reason)
    with bootstrap.open_database(invocation.settings) as database:
        cards = device_trusts(database).revoke(space, device_id, reason, bootstrap.system_clock().now_us())
    click.echo(f"{name} is not trusted any more; `jobs` takes its list from the broker")
    if cards:
        click.echo(
            f"{len(cards)} cards' keys were on it: run `ankerort-hub keys rotate`, then personalise them again:"
        )
    for label in cards:
        click.echo(shown(f"  {label}"))


def _split(name: str) -> tuple[str, str]:
    space, slash, device_id = name.partition("/")
    if not (space and slash and device_id) or "/" in device_id:
        raise RuleRefused(f"{name!r} names no device: write SPACE/DEVICE, as in wittenberge/pi-1")
    return space, device_id


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
