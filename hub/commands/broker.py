"""The command that writes what Mosquitto needs."""

from pathlib import Path

import click

from hub import bootstrap
from hub.authority.broker_files import HUB_USER, BrokerFiles, Listeners, configuration, replace_file
from hub.authority.bundles import Bundles, Terms
from hub.authority.folder import Authority
from hub.broker import broker_address
from hub.cli import Invocation
from hub.config import ProvisioningSettings
from wire.errors import InvalidSetting


@click.command()
@click.option(
    "--conf",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Also write Mosquitto's configuration, as in /etc/mosquitto/conf.d/ankerort.conf.",
)
@click.option(
    "--hub-port", type=click.IntRange(1, 65535), default=8884, show_default=True, help="For the hub itself."
)
@click.option("--hub-host", default="127.0.0.1", show_default=True, help="The address for the hub itself.")
@click.option("--owner", default="mosquitto", show_default=True, help="User that Mosquitto runs as.")
@click.option("--hub-owner", default=HUB_USER, show_default=True, help="User that the hub runs as.")
@click.pass_obj
def broker(
    invocation: Invocation, conf: Path | None, hub_port: int, hub_host: str, owner: str, hub_owner: str
) -> None:
    """Write certificates, revocations and access rules for Mosquitto, and the hub's own certificate.

    Call it as often as you like; ankerort-hub-broker.timer does so each day: certificates of broker and hub are renewed
    when a third of their time is left. What it wrote counts after `systemctl reload mosquitto`.

    \b
    Examples:
      ankerort-hub broker --conf /etc/mosquitto/conf.d/ankerort.conf
      ankerort-hub broker
    """
    settings = invocation.settings.provisioning
    now_us = bootstrap.system_clock().now_us()
    host, port = device_address(settings)
    authority = Authority(settings.authority_folder)
    login = BrokerFiles(settings.hub_folder, authority, hub_owner)
    files = BrokerFiles(settings.broker_folder, authority, owner)
    addresses = list(dict.fromkeys([host, *settings.broker_names, "localhost", "127.0.0.1"]))
    if files.write_server(addresses, now_us):
        click.echo(f"the broker has a new certificate for {', '.join(addresses)}")
    if login.write_login(now_us):
        click.echo("the hub has a new certificate: restart its processes")
    terms = Terms(settings.broker_url, settings.device_days, settings.bundle_days)
    for name in Bundles(settings.bundle_folder, authority, files, terms).delete_expired(now_us):
        click.echo(f"the bundle of {name} has expired and is deleted: `ankerort-hub device replace {name}`")
    files.write_rules(now_us)
    if conf is not None:
        text = configuration(settings.broker_folder, Listeners(port, hub_port, hub_host))
        replace_file(conf, text.encode("utf-8"), 0o644)
        click.echo(f"Mosquitto's configuration is {conf}")
    click.echo(f"Mosquitto's files are in {settings.broker_folder}: systemctl reload mosquitto")
    folder = settings.hub_folder
    if invocation.settings.mqtt.cert_file != folder / "hub.pem":
        click.echo("for the hub's settings file:")
        click.echo(f'  mqtt.url = "mqtts://{_host_of(hub_host)}:{hub_port}"')
        click.echo(f'  mqtt.ca_file = "{folder}/ca.pem"')
        click.echo(f'  mqtt.cert_file = "{folder}/hub.pem"')
        click.echo(f'  mqtt.key_file = "{folder}/hub.key"')


def device_address(settings: ProvisioningSettings) -> tuple[str, int]:
    """Return host and port by which devices know the broker.

    Raises:
        InvalidSetting: when they are not set, or not encrypted.
    """
    if not settings.broker_url:
        raise InvalidSetting(
            "provisioning.broker_url is not set: write the address of the broker as devices know it, "
            "as in mqtts://hub.example:8883"
        )
    scheme, host, port, _ = broker_address(settings.broker_url)
    if scheme != "mqtts":
        raise InvalidSetting(
            f"provisioning.broker_url {settings.broker_url!r} is not encrypted: use mqtts://"
        )
    return host, port or 8883


def _host_of(hub_host: str) -> str:
    return f"[{hub_host}]" if ":" in hub_host else hub_host
