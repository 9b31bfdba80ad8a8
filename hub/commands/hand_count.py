"""Commands on figures that somebody counts by hand (requirement K10)."""

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from hub import bootstrap, desks
from hub.commands.days import COMMAND_LINE, DAY, day_of
from hub.domain.decoding import decode_file
from hub.domain.errors import RuleRefused
from hub.domain.statistics.findings import Flag
from hub.domain.statistics.hand_file import EntryFate, HandFile, number
from hub.domain.statistics.written import HandFigure
from hub.domain.statistics.written_rules import ZONE, by_hand, place_named
from hub.domain.time import local_date

if TYPE_CHECKING:
    from hub.cli import Invocation

MAX_BYTES: Final = 2_000_000
_FLAGS: Final = {"estimated": Flag.ESTIMATED, "preliminary": Flag.PRELIMINARY}


@click.group("hand-count")
def hand_count() -> None:
    """Write down what nothing measures: counts by hand, enquiries, events, surveys, money.

    \b
    Examples:
      ankerort-hub hand-count add moelln hand_count 42 --from 2026-03-02 --source Strichliste --who Empfang
      ankerort-hub hand-count import zaehlung.csv --dry-run
    """


@hand_count.command()
@click.argument("place")
@click.argument("figure", type=click.Choice([one.id for one in by_hand()]))
@click.argument("value")
@click.option("--from", "first", type=DAY, required=True, help="First day.")
@click.option("--to", "last", type=DAY, help="Last day; the first one when left out.")
@click.option("--source", required=True, help="How it is known: a tally sheet, a cash book, a questionnaire.")
@click.option("--who", required=True, help="Who counted; an office will do.")
@click.option(
    "--flag", "flags", multiple=True, type=click.Choice(sorted(_FLAGS)), help="What else is to be known."
)
@click.pass_obj
def add(  # noqa: PLR0913 - each is an option of the command
    invocation: "Invocation",
    /,
    *,
    place: str,
    figure: str,
    value: str,
    first: datetime,
    last: datetime | None,
    source: str,
    who: str,
    flags: tuple[str, ...],
) -> None:
    """Write down one number of a town (AGS or id) or a space (id).

    \b
    Examples:
      ankerort-hub hand-count add 14628060 enquiries 7 --from 2026-03-01 --to 2026-03-31 --source Telefon --who Rathaus
      ankerort-hub hand-count add moelln event_guests 35 --from 2026-03-05 --source Foto --who Empfang --flag estimated
    """
    with bootstrap.open_database(invocation.settings) as database:
        now_us = bootstrap.system_clock().now_us()
        desk = desks.figure_desk(database)
        wanted = place_named(bootstrap.live_queries(database).towns(), place)
        entry = HandFigure(
            0,
            wanted,
            figure,
            first.date(),
            day_of(last) or first.date(),
            number(value),
            source,
            who,
            flags=frozenset(_FLAGS[one] for one in flags),
        )
        stored = desk.add(entry, COMMAND_LINE, local_date(now_us, ZONE), now_us)
    click.echo(
        f"{stored.figure} {stored.value} of {stored.place.id}, {stored.first} to {stored.last}: written"
    )


@hand_count.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--dry-run", is_flag=True, help="Say what would become of each row, and write nothing.")
@click.pass_context
def import_counts(context: click.Context, /, file: Path, *, dry_run: bool) -> None:
    """Take counts in from a CSV file; says what becomes of each row, and writes all of them or none.

    The first line names the columns: place, figure, from, value, source, who, and if need be to, flags; German names
    will do (ort, kennzahl, von, bis, wert, quelle, wer, vermerk). Semicolon, comma or tab; UTF-8, UTF-16 or
    Windows-1252. A row of the same place, figure, days and source corrects what stands there. When a row is refused,
    nothing is written and the status is 1.

    \b
    Examples:
      ankerort-hub hand-count import zaehlung.csv --dry-run
      ankerort-hub hand-count import zaehlung.csv
    """
    invocation: Invocation = context.obj
    if file.stat().st_size > MAX_BYTES:
        raise RuleRefused(f"{file} has more than {MAX_BYTES // 1_000_000} MB: import it in parts")
    told = HandFile(decode_file(file.read_bytes()))
    with bootstrap.open_database(invocation.settings) as database:
        now_us = bootstrap.system_clock().now_us()
        today = local_date(now_us, ZONE)
        rows = desks.figure_desk(database).take_in(told, COMMAND_LINE, today, now_us, dry_run=dry_run)
    for row in rows:
        click.echo(f"line {row.line}: {row.said}: {row.fate}" + (f": {row.why}" if row.why else ""))
    counts = {fate: sum(row.fate is fate for row in rows) for fate in EntryFate}
    said = ", ".join(f"{count} {fate}" for fate, count in counts.items() if count) or "no rows"
    refused = counts[EntryFate.REFUSED] > 0
    kept = "nothing is written, as asked" if dry_run else ("nothing is written" if refused else "written")
    click.echo(f"{said}; {kept}", err=True)
    if refused:
        context.exit(1)
