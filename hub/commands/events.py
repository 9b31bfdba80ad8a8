"""Commands on the log of events: quarantine, alarms, and making the pictures again."""

from datetime import UTC, datetime

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from hub import bootstrap, desks
from hub.cli import Invocation
from hub.domain.texts import shown
from hub.event_ports import QuarantineEntry
from hub.services.quarantine import Retried

_NOTHING = "nothing is in quarantine"

_NUMBER = click.IntRange(1, 2**63 - 1)
"""An entry of the quarantine, as databases count."""


@click.command()
@click.option(
    "--check", is_flag=True, help="Write nothing; exit code 1 when a picture is not what the log says."
)
@click.option(
    "--facts", is_flag=True, help="The facts of days that are not sealed, instead of the live pictures."
)
@click.pass_obj
@click.pass_context
def rebuild(ctx: click.Context, invocation: Invocation, check: bool, facts: bool) -> None:
    """Make the live pictures again from the log of events, or the facts of days that are not sealed.

    It may be interrupted, and intake may go on meanwhile.

    \b
    Examples:
      ankerort-hub rebuild --check
      ankerort-hub rebuild
      ankerort-hub rebuild --facts
    """
    if facts:
        _rebuild_facts(ctx, invocation, is_check=check)
        return
    columns = TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn()
    with bootstrap.open_database(invocation.settings) as database:
        store, work = bootstrap.rebuilding(database)
        with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
            task = bar.add_task("events", total=store.amount())
            found = work.run(is_check=check, progress=lambda amount: bar.advance(task, amount))
    if not found.total:
        click.echo("all pictures are what the log says")
        return
    state = "differ from the log" if check else "were put right"
    told = f"{found.live + found.doors} live states and {found.sessions} pieces of use"
    click.echo(f"{told} {state}")
    if check:
        ctx.exit(1)


def _rebuild_facts(ctx: click.Context, invocation: Invocation, *, is_check: bool) -> None:
    columns = TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn()
    with bootstrap.open_database(invocation.settings) as database:
        work, spaces = desks.daily_facts(database), bootstrap.live_queries(database).towns()
        with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
            task = bar.add_task("spaces", total=sum(len(town.spaces) for town in spaces))
            found = work.rebuild(
                bootstrap.system_clock().now_us(), is_check=is_check, progress=lambda _: bar.advance(task)
            )
    if not found:
        click.echo("all facts of days that are not sealed are what events, bookings and visits say")
        return
    click.echo(f"{found} facts {'differ' if is_check else 'were put right'}")
    if is_check:
        ctx.exit(1)


@click.group()
def quarantine() -> None:
    """List, show and retry what could not be counted.

    \b
    Examples:
      ankerort-hub quarantine list
      ankerort-hub quarantine show 17
      ankerort-hub quarantine retry
    """


@quarantine.command("list")
@click.option("--all", "with_resolved", is_flag=True, help="Also what a retry has counted since.")
@click.pass_obj
def list_entries(invocation: Invocation, with_resolved: bool) -> None:
    """List what is in quarantine, oldest first.

    \b
    Example:
      ankerort-hub quarantine list --all
    """
    with bootstrap.open_database(invocation.settings) as database:
        entries = bootstrap.refusals(database).entries(with_resolved=with_resolved)
    for entry in entries:
        number = f" event {entry.seq}" if entry.seq else ""
        state = " (counted since)" if entry.resolved_us is not None else ""
        line = f"{entry.pk:>6}  {_time(entry.last_us)}  {entry.subject}{number}: {entry.reason}{state}"
        click.echo(shown(f"{line} ({entry.times} times): {entry.detail}"))
    if not entries:
        click.echo(_NOTHING)


@quarantine.command()
@click.argument("number", type=_NUMBER)
@click.pass_obj
def show(invocation: Invocation, number: int) -> None:
    """Show one entry with its payload; the payload may hold a card's look-up value.

    \b
    Example:
      ankerort-hub quarantine show 17
    """
    with bootstrap.open_database(invocation.settings) as database:
        entry = bootstrap.refusals(database).entry(number)
    if entry is None:
        raise click.ClickException(f"quarantine has no entry {number}: see `ankerort-hub quarantine list`")
    for name, value in (
        ("subject", entry.subject),
        ("event", entry.seq or "(whole batch)"),
        ("reason", f"{entry.reason}: {entry.detail}"),
        ("first", _time(entry.first_us)),
        ("last", f"{_time(entry.last_us)}, {entry.times} times"),
        ("counted", "no" if entry.resolved_us is None else _time(entry.resolved_us)),
        ("payload", f"{entry.size_bytes} bytes{_cut(entry)}"),
    ):
        click.echo(shown(f"{name:<8} {value}"))
    click.echo(shown(entry.payload.decode("utf-8", "backslashreplace")))


@quarantine.command()
@click.argument("numbers", type=_NUMBER, nargs=-1)
@click.pass_obj
@click.pass_context
def retry(ctx: click.Context, invocation: Invocation, numbers: tuple[int, ...]) -> None:
    """Count refused events whose reason is gone: a desk that the site file has now, a version that can read them.

    Without numbers, all are tried. Exit code 1 when one stays refused.

    \b
    Examples:
      ankerort-hub quarantine retry
      ankerort-hub quarantine retry 17 18
    """
    stays = False
    with bootstrap.open_database(invocation.settings) as database:
        entries = bootstrap.refusals(database).entries(with_resolved=False)
        if unknown := set(numbers) - {entry.pk for entry in entries}:
            raise click.ClickException(f"not in quarantine: {', '.join(map(str, sorted(unknown)))}")
        work = bootstrap.retrying(database)
        for entry in entries:
            if not numbers or entry.pk in numbers:
                became = work.retry(entry, bootstrap.system_clock().now_us())
                stays |= became is Retried.STILL_REFUSED
                click.echo(shown(f"{entry.pk:>6}  {entry.subject} event {entry.seq}: {became.value}"))
    if not entries:
        click.echo(_NOTHING)
    if stays:
        ctx.exit(1)


@click.command()
@click.option("--clear", is_flag=True, help="Forget them all, so that each rings anew.")
@click.pass_obj
def alarms(invocation: Invocation, clear: bool) -> None:
    """List what a person must know, latest first.

    \b
    Examples:
      ankerort-hub alarms
      ankerort-hub alarms --clear
    """
    with bootstrap.open_database(invocation.settings) as database:
        store = bootstrap.refusals(database)
        rung = store.alarms()
        cleared = store.clear_alarms() if clear else 0
    for alarm in rung:
        line = f"{_time(alarm.last_us)}  {alarm.kind} {alarm.subject}: {alarm.detail}"
        click.echo(shown(f"{line} ({alarm.times} times since {_time(alarm.first_us)})"))
    if not rung:
        click.echo("no alarms")
    if cleared:
        click.echo(f"{cleared} alarms forgotten")


def _time(at_us: int) -> str:
    return datetime.fromtimestamp(at_us / 1_000_000, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _cut(entry: QuarantineEntry) -> str:
    return "" if len(entry.payload) == entry.size_bytes else f", the first {len(entry.payload)} are kept"
