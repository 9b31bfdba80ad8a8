"""Commands on the site as a whole."""

from pathlib import Path

import click

from hub.bootstrap import open_database
from hub.cli import Invocation
from hub.domain.errors import InvalidSite
from hub.site_file.towns import read_site
from hub.site_file.writing import write_site


@click.group()
def site() -> None:
    """Write the present site as a site file.

    \b
    Examples:
      ankerort-hub site export --out site.toml
    """


@site.command()
@click.option(
    "--out", type=click.Path(path_type=Path, dir_okay=False), help="File to write; else it is printed."
)
@click.pass_obj
def export(invocation: Invocation, out: Path | None) -> None:
    """Write towns, spaces, desks and devices as they are now, also what hosts have changed in the browser.

    Importing what was written changes nothing. A file that is there is replaced.

    \b
    Examples:
      ankerort-hub site export
      ankerort-hub site export --out site.toml
    """
    with open_database(invocation.settings) as database, database.reading() as unit:
        text = write_site(unit.sites.towns(), unit.sites.editions())
    # What could not be read in again would be no copy of anything.
    read_site(text.encode("utf-8"), out.name if out else "export")
    if out is None:
        click.echo(text, nl=False)
        return
    try:
        out.write_text(text, encoding="utf-8")
    except OSError as error:
        raise InvalidSite(f"{out}: {error.strerror}; check the path") from error
    click.echo(f"wrote {out}")
