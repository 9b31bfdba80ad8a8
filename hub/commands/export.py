"""`ankerort-hub export`: a report as files."""

import os
import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Final

import click
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeElapsedColumn

from hub import bootstrap, desks
from hub.cli import Invocation
from hub.commands.days import COMMAND_LINE, DAY
from hub.domain.disclosure.research import Study
from hub.domain.errors import RuleRefused
from hub.domain.statistics.findings import NETWORK, Place, PlaceLevel
from hub.domain.statistics.periods import Month, Span
from hub.domain.statistics.printed import Audience, Report
from hub.domain.time import local_date
from hub.statistics_ports import ReleaseDesk, Wish

FORMATS: Final = ("csv", "csv-excel-de", "xlsx", "json", "datapackage", "pdf", "html")
"""As in `hub.export.report_files`, whose libraries `--help` does without; a test keeps them equal."""

_AGS: Final = re.compile(r"\d{8}", re.ASCII)
ZONE: Final = "Europe/Berlin"
"""Of the day on which reports are made: all towns lie in it."""


@click.command()
@click.option("--town", metavar="AGS", help="Key of a town, eight digits.")
@click.option("--network", is_flag=True, help="All towns together.")
@click.option("--space", metavar="SPACE", help="Id of a space.")
@click.option("--from", "first", metavar="MONTH", required=True, help="First month, as 2026-01.")
@click.option("--to", "last", metavar="MONTH", required=True, help="Last month, inclusive, as 2026-12.")
@click.option(
    "--audience",
    type=click.Choice([one.value for one in Audience]),
    default=Audience.PUBLIC.value,
    show_default=True,
    help="public: as council, funder and open data get it; internal and research are not for publication.",
)
@click.option(
    "--purpose", default="", help="Of what is not for publication: what it is for; the log keeps it."
)
@click.option("--study", default="", help="Of research: name of the study that gets the records.")
@click.option("--recipient", default="", help="Of research: who gets them, by name and institution.")
@click.option("--contract", default="", help="Of research: file number and date of what was agreed.")
@click.option(
    "--delete-by",
    type=DAY,
    help="Of research: the last day on which the recipient may have them, as 2028-02-01.",
)
@click.option(
    "--format", "formats", type=click.Choice(FORMATS), multiple=True, required=True, help="May be repeated."
)
@click.option(
    "--out",
    type=click.Path(path_type=Path, file_okay=False),
    required=True,
    help="Folder for the files; made when it is not there.",
)
@click.option(
    "--language",
    type=click.Choice(["de", "en"]),
    default="de",
    show_default=True,
    help="Of xlsx, pdf and html.",
)
@click.pass_obj
def export(  # noqa: PLR0913 - its options
    invocation: Invocation,
    /,
    *,
    town: str | None,
    network: bool,
    space: str | None,
    first: str,
    last: str,
    audience: str,
    purpose: str,
    study: str,
    recipient: str,
    contract: str,
    delete_by: datetime | None,
    formats: tuple[str, ...],
    out: Path,
    language: str,
) -> None:
    """Write what may be told of the use of a town, a space or the network, for whole months.

    What is public is written as it was published (see `publish`): figures that nobody has published are checked against
    none of those that are. Each file is written whole or not at all, and replaces one of the same name.

    For research, records of one calendar year are written instead, for one study, as csv, csv-excel-de or json. At
    least five persons look like each record, and nothing joins two extracts. It takes a year that is over and fixed,
    and goes until 31 March of the next.

    \b
    csv           one table for programs: comma, point, UTF-8
    csv-excel-de  the same for German Excel: semicolon, decimal comma
    xlsx          a workbook with charts and method note
    json          the table with all that is to be known about it
    datapackage   a folder with both tables and datapackage.json
    pdf           an annex to a Sachbericht, accessible (PDF/UA)
    html          one page that needs nothing else

    \b
    Examples:
      ankerort-hub export --town 12070424 --from 2026-01 --to 2026-12 --format pdf --out berichte
      ankerort-hub export --network --from 2026-01 --to 2026-12 --format xlsx --format csv --out berichte
      ankerort-hub export --space oestrich --from 2026-05 --to 2026-08 --format csv-excel-de --out pop-up
      ankerort-hub export --network --from 2026-01 --to 2026-12 --audience research --study "Kleinstadt 2026" \\
        --recipient "Dr. Vogt, Hochschule Harz" --contract "Az. 41/2027" --delete-by 2028-02-01 \\
        --purpose "Nutzung im Vergleich" --format csv --out studie
    """
    subject = subject_of(town, space, is_network=network)
    span = Span(Month.parse(first), Month.parse(last))
    if audience == Audience.RESEARCH.value:
        asked = _study(study, recipient, contract, delete_by, purpose)
        _write_extract(invocation, subject, span, asked, purpose, formats, out)
        return
    if study or recipient or contract or delete_by:
        raise RuleRefused(
            "--study, --recipient, --contract and --delete-by belong to --audience research: add it, or leave them out",
            code="study_without_audience",
        )
    with bootstrap.open_database(invocation.settings) as database, _bar() as step:
        step("figures", 0, 1)
        now_us = bootstrap.system_clock().now_us()
        desk = desks.reports(database, invocation.settings.statistics.publisher)
        report = _report(desk, subject, span, Audience(audience), purpose, now_us)
        step("figures", 1, 1)
        written = [
            file for name in dict.fromkeys(formats) for file in _write(report, name, out, language, step)
        ]
    for file in written:
        click.echo(f"wrote {file}")
    if report.is_preliminary:
        click.echo("These figures are preliminary: nobody has published them yet.", err=True)
    if report.audience is not Audience.PUBLIC:
        click.echo("Not for publication: single persons might be recognised.", err=True)


def _report(
    desk: ReleaseDesk, subject: Place, span: Span, audience: Audience, purpose: str, now_us: int
) -> Report:
    """Return what is to be written; whatever is not public asks a purpose, and is logged (requirement S6)."""
    today = local_date(now_us, ZONE)
    if audience is Audience.PUBLIC:
        found = desk.report(subject, span, audience, today)
        if found.is_preliminary:
            raise RuleRefused(
                f"nobody has published {span} yet: look at it in the browser and publish it there, or with "
                "`ankerort-hub publish`; --audience internal shows it before",
                code="not_published",
            )
        return found
    if not purpose.strip():
        raise RuleRefused(
            "internal figures come near to persons: say with --purpose what you need them for; the log keeps it",
            code="no_purpose",
        )
    return desk.internal(subject, span, Wish(COMMAND_LINE, "", purpose), today, now_us).report


def _study(name: str, recipient: str, contract: str, delete_by: datetime | None, purpose: str) -> Study:
    """Return for whom an extract is made, which options say (requirement P8)."""
    given = {
        "--study": name,
        "--recipient": recipient,
        "--contract": contract,
        "--delete-by": delete_by,
        "--purpose": purpose.strip(),
    }
    missing = [option for option, value in given.items() if not value]
    if missing or delete_by is None:
        raise RuleRefused(
            f"an extract for research is made for one study, whose terms it carries: add {', '.join(missing)}; the "
            "log keeps them",
            code="no_study",
        )
    return Study(name, recipient, contract, delete_by.date())


def _write_extract(  # noqa: PLR0917 - what the command was given
    invocation: Invocation,
    subject: Place,
    span: Span,
    study: Study,
    purpose: str,
    formats: Sequence[str],
    out: Path,
) -> None:
    """Write the records for a study, and the note with its terms."""
    from hub.export.research_files import check_formats, research_files

    check_formats(formats)
    with bootstrap.open_database(invocation.settings) as database:
        now_us = bootstrap.system_clock().now_us()
        desk = desks.reports(database, invocation.settings.statistics.publisher)
        wish = Wish(COMMAND_LINE, "", purpose)
        made = desk.research(subject, span, wish, study, local_date(now_us, ZONE), now_us)
    for name, body in research_files(made, formats).items():
        write_whole(out / name, body)
        click.echo(f"wrote {out / name}")
    if not made.records:
        click.echo("No space had five persons or more of whom anything may be told.", err=True)
    click.echo(f"Not for publication, and to be deleted by {study.delete_by}.", err=True)


def subject_of(town: str | None, space: str | None, *, is_network: bool) -> Place:
    """Return what a report is to be about.

    Raises:
        RuleRefused: unless exactly one is given, and as it is written.
    """
    chosen = [one for one in (town, space, "network" if is_network else None) if one is not None]
    if len(chosen) != 1:
        raise RuleRefused(
            f"{len(chosen) or 'none'} of --town, --space and --network given: choose exactly one",
            code="no_subject",
        )
    if is_network:
        return NETWORK
    if space is not None:
        return Place(PlaceLevel.SPACE, space)
    assert town is not None
    if _AGS.fullmatch(town) is None:
        raise RuleRefused(
            f'"{town[:20]}" is no key of a town: write its Amtlicher Gemeindeschlüssel, eight digits, as 01053090',
            code="no_ags",
        )
    return Place(PlaceLevel.TOWN, town)


def _write(
    report: Report, name: str, out: Path, language: str, step: Callable[[str, int, int], None]
) -> list[Path]:
    """Write the files of one format."""
    from hub.export.report_files import Format, report_files

    files = report_files(report, Format(name), language, lambda done, count: step(name, done, count))
    written = []
    # The description of a Data Package comes last: where it is, all that it names is there.
    for path in sorted(files, key=lambda path: path.endswith("datapackage.json")):
        write_whole(out / path, files[path])
        written.append(out / path)
    step(name, 1, 1)
    return written


def write_whole(file: Path, body: bytes) -> None:
    """Write a file beside its place and move it there: a reader sees the old one or the new one, never a half.

    Raises:
        RuleRefused: when it can't be written.
    """
    part = file.with_name(f".{file.name}.{os.getpid()}.part")
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        try:
            with part.open("wb") as opened:
                opened.write(body)
                opened.flush()
                os.fsync(opened.fileno())
            part.replace(file)
        finally:
            part.unlink(missing_ok=True)
    except OSError as error:
        raise RuleRefused(f"{file}: {error.strerror}; check the folder given as --out") from error


@contextmanager
def _bar() -> Iterator[Callable[[str, int, int], None]]:
    """A progress bar on the terminal: one line for the figures, one for each format."""
    console = Console(stderr=True)
    columns = (TextColumn("{task.description:<14}"), BarColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as progress:
        tasks = dict[str, TaskID]()

        def step(name: str, done: int, count: int) -> None:
            if name not in tasks:
                tasks[name] = progress.add_task(name, total=count)
            progress.update(tasks[name], completed=done, total=count)

        yield step
