"""Commands on webhooks."""

from secrets import token_hex
from typing import Final

import click

from hub import bootstrap, desks
from hub.cli import Invocation
from hub.commands.days import COMMAND_LINE
from hub.domain.errors import RuleRefused
from hub.domain.time import to_utc
from hub.domain.webhooks import DeliveryState, DeliveryView, Happening, Webhook, check_url
from hub.pages import kept_key
from hub.webhooks import HookSealer, new_secret

ID_BYTES: Final = 8


@click.group()
def webhook() -> None:
    """Tell other programs what happens in a space: add, list and remove webhooks, retry what failed.

    \b
    Examples:
      ankerort-hub webhook add moelln https://example.org/hook --event booking.made --event booking.cancelled
      ankerort-hub webhook list moelln
      ankerort-hub webhook retry moelln
    """


@webhook.command()
@click.argument("space")
@click.argument("url")
@click.option(
    "--event",
    "events",
    multiple=True,
    type=click.Choice([one.value for one in Happening]),
    help="What is told; may be repeated. Without it, everything.",
)
@click.option("--with-names", is_flag=True, help="Send the member's name along, and not only a number.")
@click.pass_obj
def add(invocation: Invocation, /, space: str, url: str, events: tuple[str, ...], with_names: bool) -> None:
    """Add a webhook and print its secret, this once.

    \b
    Examples:
      ankerort-hub webhook add moelln https://example.org/hook
      ankerort-hub webhook add moelln https://example.org/alarms --event alarm
    """
    settings = invocation.settings
    url = check_url(url, allow_private=settings.webhooks.allow_private)
    key = kept_key(settings.web)
    if key is None:
        raise RuleRefused(
            "web.secret_file is not set: the secrets of webhooks are sealed with it; set it first"
        )
    now_us, id_, secret = bootstrap.system_clock().now_us(), token_hex(ID_BYTES), new_secret()
    made = Webhook(id_, space, url, frozenset(map(Happening, events or Happening)), with_names, now_us)
    with bootstrap.open_database(settings) as database:
        desks.webhook_desk(database).add(made, HookSealer(key).seal(secret, id_), COMMAND_LINE, now_us)
    click.echo(secret)
    click.echo(f"webhook {id_}: its secret is shown this once, give it to whoever listens", err=True)


@webhook.command("list")
@click.argument("space")
@click.option(
    "--state",
    type=click.Choice([state.value for state in DeliveryState]),
    default="dead",
    show_default=True,
    help="Which deliveries are listed.",
)
@click.option(
    "--limit", type=click.IntRange(1, 10_000), default=50, show_default=True, help="At most so many."
)
@click.pass_obj
def list_webhooks(invocation: Invocation, /, space: str, state: str, limit: int) -> None:
    """List the webhooks of a space, and deliveries that nobody took.

    \b
    Examples:
      ankerort-hub webhook list moelln
      ankerort-hub webhook list moelln --state waiting
    """
    with bootstrap.open_database(invocation.settings) as database:
        desk = desks.webhook_desk(database)
        hooks = desk.webhooks(space, COMMAND_LINE)
        found = desk.deliveries(space, DeliveryState(state), limit, COMMAND_LINE)
    for one in hooks:
        names = ", with names" if one.with_names else ""
        click.echo(f"{one.id}  {one.url}: {', '.join(sorted(one.kinds))}{names}")
    if not hooks:
        click.echo(f"{space} has no webhook: `ankerort-hub webhook add`")
    for delivery in found:
        click.echo(_line(delivery))


@webhook.command()
@click.argument("space")
@click.argument("webhook_id", metavar="WEBHOOK")
@click.pass_obj
def remove(invocation: Invocation, /, space: str, webhook_id: str) -> None:
    """Remove a webhook, with all that waits for it.

    \b
    Example:
      ankerort-hub webhook remove moelln 5f0c2a9b7d5e4418
    """
    with bootstrap.open_database(invocation.settings) as database:
        now_us = bootstrap.system_clock().now_us()
        desks.webhook_desk(database).remove(space, webhook_id, COMMAND_LINE, now_us)
    click.echo(f"webhook {webhook_id} is removed")


@webhook.command()
@click.argument("space")
@click.argument("numbers", metavar="[NUMBER]...", nargs=-1, type=click.IntRange(min=1))
@click.pass_obj
def retry(invocation: Invocation, /, space: str, numbers: tuple[int, ...]) -> None:
    """Have dead deliveries tried again, as if they were new; without numbers, all of the space.

    \b
    Examples:
      ankerort-hub webhook retry moelln
      ankerort-hub webhook retry moelln 17 18
    """
    with bootstrap.open_database(invocation.settings) as database:
        now_us = bootstrap.system_clock().now_us()
        again = desks.webhook_desk(database).retry(space, numbers or None, COMMAND_LINE, now_us)
    click.echo(f"{again} deliveries are tried again")


def _line(one: DeliveryView) -> str:
    parts = [f"{one.pk:>6}", one.kind.value, f"to {one.webhook}", one.state.value, f"{one.tries} tries"]
    if one.state is DeliveryState.WAITING and one.due_us:
        parts.append(f"next {to_utc(one.due_us):%Y-%m-%d %H:%M} UTC")
    if one.reason:
        parts.append(one.reason)
    return "  ".join(parts)
