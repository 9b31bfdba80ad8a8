"""The command that writes the signs of a space."""

from dataclasses import replace
from pathlib import Path

import click

from hub.bootstrap import open_database, system_clock
from hub.cli import Invocation
from hub.domain.errors import InvalidSite, RuleRefused, UnknownSpace
from hub.domain.life import address_on
from hub.domain.space import Space
from hub.domain.time import local_date
from hub.export.sign_words import WORDS


@click.command()
@click.argument("space")
@click.option(
    "--out",
    type=click.Path(path_type=Path, file_okay=False),
    required=True,
    help="Folder for the files; made when it is not there.",
)
@click.option(
    "--language", type=click.Choice(list(WORDS)), default="de", show_default=True, help="Of the words."
)
@click.option("--desk", "desks", multiple=True, help="Id of a desk, for its sign alone; may be repeated.")
@click.pass_obj
def signs(invocation: Invocation, space: str, out: Path, language: str, desks: tuple[str, ...]) -> None:
    """Write the signs for door and desks of a space as PDF.

    Files are SPACE-door-a5.pdf, SPACE-desks-a6.pdf (one to a page) and SPACE-desks-a4.pdf (four to a page, to be cut).
    Each sign has a code that leads to the pages at `web.public_url`.

    \b
    Examples:
      ankerort-hub signs wittenberge --out signs
      ankerort-hub signs wittenberge --out signs --language en --desk f1
    """
    from hub.export.signs import Layout, signs_pdf

    settings = invocation.settings
    with open_database(settings) as database, database.reading() as unit:
        spaces = {one.id: one for town in unit.sites.towns() for one in town.spaces}
    found = _find(spaces, space, desks)
    today = local_date(system_clock().now_us(), found.time_zone)
    found = replace(found, address=address_on(found, today))
    base = settings.web.public_url.rstrip("/")
    if not base:
        raise RuleRefused(
            "web.public_url is not set: the codes on the signs would lead nowhere; set the address that people use"
        )
    address = f"{base}/spaces/{space}"
    layouts = [one for one in Layout if found.desks or one is Layout.DOOR_A5]
    try:
        out.mkdir(parents=True, exist_ok=True)
        for layout in layouts:
            if desks and layout is Layout.DOOR_A5:
                continue
            pdf = signs_pdf(
                found, layout, language, address, lambda desk: f"{address}/desks/{desk}/check-in", desks
            )
            file = out / f"{space}-{layout}.pdf"
            file.write_bytes(pdf)
            click.echo(f"wrote {file}")
    except OSError as error:
        raise InvalidSite(f"{out}: {error.strerror}; check the path") from error


def _find(spaces: dict[str, Space], space: str, desks: tuple[str, ...]) -> Space:
    if space not in spaces:
        known = ", ".join(sorted(spaces)) or "none yet: import a site file"
        raise UnknownSpace(f'there is no space "{space}"; known are {known}')
    known_desks = [desk.id for desk in spaces[space].desks]
    for desk in desks:
        if desk not in known_desks:
            raise RuleRefused(
                f'space "{space}" has no desk "{desk}"; known are {", ".join(known_desks) or "none"}'
            )
    return spaces[space]
