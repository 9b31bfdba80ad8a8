"""`ankerort-hub demo-data`: months of believable use, for whoever wants to look at statistics without having any."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from importlib.resources import files
from pathlib import Path
from typing import Final

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeRemainingColumn

from hub.bootstrap import open_database, system_clock
from hub.cli import Invocation
from hub.demo.command import alive
from hub.demo.history import Step, fill_database, with_history, yesterday
from hub.demo_data.filling import Fill, Filled
from hub.domain.errors import InvalidSite
from hub.site_file.towns import read_site

_MOST_MONTHS: Final = 120


@click.command("demo-data")
@click.option(
    "--months", type=click.IntRange(1, _MOST_MONTHS), default=24, show_default=True, help="How many months."
)
@click.option("--seed", type=click.IntRange(0, 2**53), default=1, show_default=True, help="Of all dice.")
@click.option(
    "--network",
    "file",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Site file of the towns; without it, the five towns of the demo.",
)
@click.option(
    "--until",
    type=click.DateTime(["%Y-%m-%d"]),
    help="Last day, inclusive; without it, yesterday.",
)
@click.pass_obj
def demo_data(
    invocation: Invocation, months: int, seed: int, file: Path | None, until: datetime | None
) -> None:
    """Fill an empty database with months of believable use.

    People, passes, bookings, visits and everything that devices would have told: regulars and newcomers, holidays and
    seasons, no-shows, events, sensors that fail and devices that are away. All of it is made up; the same seed, file
    and days give the same rows. A run that was interrupted goes on when it is called again with the same options.

    A database that has members, bookings or events is refused.

    \b
    Examples:
      ankerort-hub demo-data --months 24 --seed 1
      ankerort-hub demo-data --months 6 --network site.toml --until 2026-12-31
    """
    data, name = _site(file)
    now_us = system_clock().now_us()
    last = until.date() if until is not None else yesterday(now_us)
    with open_database(invocation.settings) as database:
        towns = read_site(data, name).towns
        if file is None:
            towns = with_history(alive(towns, last), last, months)
        fill = Fill(towns, seed, last, months)
        with _progress() as step:
            done = fill_database(database, fill, now_us, step)
    _tell(done)


def _site(file: Path | None) -> tuple[bytes, str]:
    if file is None:
        return (files("hub.demo") / "site.toml").read_bytes(), "site.toml"
    try:
        return file.read_bytes(), file.name
    except OSError as error:
        raise InvalidSite(f"{file}: {error.strerror}; check the path") from error


@contextmanager
def _progress() -> Iterator[Step]:
    """Show how far it is, day by day."""
    columns = TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn()
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        tasks: dict[str, TaskID] = {}

        def step(what: str, total: int) -> None:
            if what not in tasks:
                tasks[what] = bar.add_task(what, total=total)
            bar.advance(tasks[what])

        yield step


def _tell(done: Filled) -> None:
    click.echo(f"{done.first} to {done.last}: {done.spaces} spaces in {done.towns} towns, seed {done.seed}")
    told = (
        (done.people, "people"),
        (done.bookings, "bookings"),
        (done.visits, "visits"),
        (done.events, "events"),
    )
    click.echo(", ".join(f"{amount:,} {what}" for amount, what in told))
