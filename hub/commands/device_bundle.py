"""Commands that make a Pi one of the hub's devices: its bundle, the card that it boots from, its next certificate."""

from pathlib import Path

import click
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from hub import bootstrap
from hub.authority.boot_partition import Card, Wifi, write_card
from hub.authority.broker_files import BrokerFiles
from hub.authority.bundles import Bundles, Terms
from hub.authority.folder import Authority
from hub.cli import Invocation
from hub.commands.broker import device_address
from hub.config import HubSettings
from hub.custody import device_trusts
from hub.custody_ports import DeviceTrusts
from hub.domain.errors import RuleRefused
from hub.key_file import load_keys
from hub.keys import Keys
from wire.errors import InvalidSetting
from wire.settings import read_secret_text
from wire.trust import DeviceTrust, write_trust

_File = click.Path(path_type=Path, dir_okay=False)
_Folder = click.Path(path_type=Path, file_okay=False, exists=True)

name_argument = click.argument("name", metavar="DEVICE")
space_option = click.option("--space", help="Id of its space; or write SPACE/DEVICE.")
hardware_option = click.option(
    "--hardware",
    type=_File,
    help="Its doors, readers and sensors in TOML, as in device.toml; without it, what was given last.",
)
bundle_option = click.option(
    "--bundle", type=_File, help="Write the bundle to this file; without it, it waits for `device card`."
)


@click.command()
@name_argument
@space_option
@hardware_option
@bundle_option
@click.pass_obj
def replace(
    invocation: Invocation, name: str, space: str | None, hardware: Path | None, bundle: Path | None
) -> None:
    """Make a bundle for another Pi, or another card, in the place of one that there was.

    It is the same device in the same place, and keeps its history. The Pi before it is refused from now on.

    \b
    Examples:
      ankerort-hub device replace wittenberge/pi-1
      ankerort-hub device replace pi-1 --space wittenberge --bundle pi-1.bundle
    """
    where = split(name, space)
    with bootstrap.open_database(invocation.settings) as database:
        trusts = device_trusts(database)
        if not trusts.check(*where):
            raise RuleRefused(
                f"{'/'.join(where)} is not trusted, so nothing is replaced: `ankerort-hub device add`"
            )
        make_bundle(invocation.settings, trusts, where, hardware, bundle)


@click.command()
@name_argument
@space_option
@click.option("--bundle", type=_File, required=True, help="Write the bundle to this file.")
@click.pass_obj
def renew(invocation: Invocation, name: str, space: str | None, bundle: Path) -> None:
    """Make a bundle with a new certificate for a device that runs; the old one holds until its own end.

    Bring it to the device, call `ankerort-device enrol` there, and restart the agent.

    \b
    Example:
      ankerort-hub device renew wittenberge/pi-1 --bundle renewal.bundle
    """
    settings = invocation.settings
    where = split(name, space)
    with bootstrap.open_database(settings) as database:
        if not device_trusts(database).check(*where):
            raise RuleRefused(
                f"{'/'.join(where)} is not trusted, so nothing is renewed: `ankerort-hub device add`"
            )
    bundles = bundles_of(settings)
    now_us = bootstrap.system_clock().now_us()
    bundles.renew(*where, now_us, to=bundle)
    bundles.tell_broker(now_us)
    click.echo(
        f"{'/'.join(where)} has a new certificate in {bundle}; `ankerort-device enrol` there installs it"
    )
    _tell_broker(bundles)


@click.command()
@name_argument
@space_option
@click.option("--out", type=_Folder, required=True, help="The card's boot partition, as it is mounted here.")
@click.option(
    "--ssh-key", type=_File, help="Public key of who looks after the Pi; without it nobody can sign in."
)
@click.option("--wifi", "wifi_name", help="Name of the wireless network, when there is no cable.")
@click.option("--wifi-password-file", type=_File, help="File that holds its password.")
@click.option(
    "--wheels", type=_Folder, help="Folder with the program's wheels, when the Pi has no package index."
)
@click.pass_obj
def card(
    invocation: Invocation,
    *,
    name: str,
    space: str | None,
    out: Path,
    ssh_key: Path | None,
    wifi_name: str | None,
    wifi_password_file: Path | None,
    wheels: Path | None,
) -> None:
    """Put the bundle of a device on a freshly written card: the Pi then sets itself up at its first boot.

    The card is one with 64-bit Raspberry Pi OS (Trixie) that has not been booted yet.

    \b
    Examples:
      ankerort-hub device card wittenberge/pi-1 --out /media/$USER/bootfs
      ankerort-hub device card wittenberge/pi-1 --out /media/$USER/bootfs --ssh-key ~/.ssh/id_ed25519.pub
    """
    where = split(name, space)
    if (wifi_name is None) != (wifi_password_file is None):
        raise InvalidSetting(
            "a wireless network has a name and a password: give --wifi and --wifi-password-file"
        )
    wifi = None
    if wifi_name is not None and wifi_password_file is not None:
        wifi = Wifi(wifi_name, read_secret_text(wifi_password_file))
    bundles = bundles_of(invocation.settings)
    bundle = bundles.waiting(*where, bootstrap.system_clock().now_us())
    written = write_card(out, bundle, Card(*where, ssh_key, wifi, wheels))
    bundles.delete(*where)
    for file in written:
        click.echo(f"written: {file}")
    click.echo(f"{'/'.join(where)}: eject the card, put it into the Pi, and switch it on")


def add_whole(
    settings: HubSettings, where: tuple[str, str], hardware: Path | None, bundle: Path | None
) -> None:
    """Trust a device of the site file and make its bundle."""
    with bootstrap.open_database(settings) as database:
        make_bundle(settings, device_trusts(database), where, hardware, bundle)


def make_bundle(
    settings: HubSettings,
    trusts: DeviceTrusts,
    where: tuple[str, str],
    hardware: Path | None,
    to: Path | None,
) -> None:
    """Make a bundle and say what to do with it."""
    now_us = bootstrap.system_clock().now_us()
    bundles = bundles_of(settings)
    keys = load_keys(settings.keys.file)
    was_trusted = trusts.check(*where)
    text = None if hardware is None else _read(hardware)
    trust, public = new_trust(keys, where)
    file = bundles.add(
        *where, text, now_us, trust=trust, commit=lambda: trusts.add(*where, public, now_us), to=to
    )
    name = "/".join(where)
    click.echo(f"{name} is trusted now; what it needs is in {file}")
    if was_trusted:
        click.echo("it takes the place of the one before, which is refused from now on")
    click.echo(f"it must be on the Pi within {settings.provisioning.bundle_days} days, and holds its keys")
    click.echo(
        f"next: `ankerort-hub device card {name} --out BOOT_PARTITION`"
        if to is None
        else "next: bring it to the Pi and call `ankerort-device enrol`"
    )
    _tell_broker(bundles)


def new_trust(keys: Keys, where: tuple[str, str]) -> tuple[bytes, bytes]:
    """Return a new trust file for a device, and the public half of the key in it."""
    secret = X25519PrivateKey.generate()
    trust = write_trust(DeviceTrust(*where, secret, keys.verify_key, keys.sealing_key))
    return trust + b"\n", secret.public_key().public_bytes_raw()


def bundles_of(settings: HubSettings) -> Bundles:
    """Return the bundles of this hub.

    Raises:
        InvalidSetting: when devices' address of the broker is not set.
    """
    mine = settings.provisioning
    device_address(mine)
    authority = Authority(mine.authority_folder)
    # Owned as `ankerort-hub broker` left them: the user is known from the folder.
    broker = BrokerFiles(mine.broker_folder, authority, _owner(mine.broker_folder))
    terms = Terms(mine.broker_url, mine.device_days, mine.bundle_days)
    return Bundles(mine.bundle_folder, authority, broker, terms)


def certificate_ends(settings: HubSettings, now_us: int) -> dict[str, int]:
    """Return until when the newest good certificate of each name holds; nothing for who may not look at them."""
    authority = Authority(settings.provisioning.authority_folder)
    try:
        good = [one for one in authority.certificates() if one.is_good(now_us)] if authority.exists else []
    except InvalidSetting:
        return {}
    return {one.name: one.ends_us for one in sorted(good, key=lambda one: one.ends_us)}


def revoke_certificates(settings: HubSettings, where: tuple[str, str], reason: str, now_us: int) -> int:
    """Revoke a device's certificates, when this hub gives out any; return how many were good."""
    if not Authority(settings.provisioning.authority_folder).exists:
        return 0
    return bundles_of(settings).revoke(*where, reason, now_us)


def split(name: str, space: str | None) -> tuple[str, str]:
    """Return space and device of `SPACE/DEVICE`, or of a device whose space is said beside it.

    Raises:
        RuleRefused: when it is neither.
    """
    if space is not None and "/" not in name:
        return space, name
    first, slash, device_id = name.partition("/")
    if not (first and slash and device_id) or "/" in device_id or space not in (None, first):
        raise RuleRefused(f"{name!r} names no device: write SPACE/DEVICE, as in wittenberge/pi-1")
    return first, device_id


def _owner(folder: Path) -> str | None:
    try:
        return folder.owner()
    except (OSError, KeyError):
        return None


def _tell_broker(bundles: Bundles) -> None:
    if bundles.has_broker:
        click.echo("the broker learns of it by `systemctl reload mosquitto`")
    else:
        click.echo("the broker learns of it by `ankerort-hub broker` and `systemctl reload mosquitto`")


def _read(file: Path) -> str:
    try:
        return file.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise InvalidSetting(f"{file} can't be read as UTF-8 text: {error}") from error
