"""Commands on the log of actions and doors: whether it is whole, and saying that the database was restored."""

from functools import partial

import click

from hub import bootstrap
from hub.cli import Invocation
from hub.domain.audit import Anchor
from hub.domain.texts import check_reason, shown
from hub.key_file import load_keys
from hub.keys import Keys
from hub.services.audit import KeepChains, rows_kept_from_us, verify_log
from hub.storage.chain_log import SqlChainLog


@click.group()
def audit() -> None:
    """Verify the log of actions and doors.

    \b
    Examples:
      ankerort-hub audit verify
      ankerort-hub audit declare-restore --reason "disk replaced, backup of 3 May"
    """


@audit.command()
@click.pass_obj
@click.pass_context
def verify(ctx: click.Context, invocation: Invocation) -> None:
    """Verify every chain of the log, and name the first row of each that was altered, is missing or was added.

    Exit code 1 when something is wrong. What devices hand back is compared as well: a database that was swapped for an
    older one is noticed as soon as one device has spoken. The hosts' log of doors is compared with the chains; what no
    chain commits to is not looked at: the events of desks and devices, members, cards, and how far access lists are.

    \b
    Example:
      ankerort-hub audit verify
    """
    settings = invocation.settings
    keys = load_keys(settings.keys.file)
    with bootstrap.open_database(settings) as database:
        log = SqlChainLog(database.engine)
        kept_from_us = rows_kept_from_us(settings.retention.door_log_days, bootstrap.system_clock().now_us())
        findings = verify_log(log, partial(_is_signed, keys), kept_from_us)
        with log.looking() as look:
            chains = look.chains()
    for finding in findings:
        click.echo(shown(f"{finding.chain}, entry {finding.number}: {finding.what}"))
    if findings:
        ctx.exit(1)
    entries = sum(length for length, _ in chains.values())
    click.echo(f"{len(chains)} chains with {entries} entries are whole")


@audit.command("declare-restore")
@click.option("--reason", required=True, help="Why, and from which backup; it stands in the log.")
@click.pass_obj
def declare_restore(invocation: Invocation, reason: str) -> None:
    """Say that the database was restored from a backup.

    What devices remember of the part that was lost is excused then, and the restore itself stands in the log, signed.

    \b
    Example:
      ankerort-hub audit declare-restore --reason "disk replaced, backup of 3 May"
    """
    reason = check_reason(reason)
    settings = invocation.settings
    keys = load_keys(settings.keys.file)
    with bootstrap.open_database(settings) as database:
        keep = KeepChains(SqlChainLog(database.engine), door_days=settings.retention.door_log_days)
        signed = keep.declare_restore(reason, keys.sign, bootstrap.system_clock().now_us())
    click.echo(f"the restore stands in the log; {signed} chains were anchored as they are now")


def _is_signed(keys: Keys, anchor: Anchor) -> bool:
    return keys.is_signed(anchor.signed(), anchor.signature)
