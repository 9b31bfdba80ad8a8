"""Commands on the database as a whole and on the settings."""

import click

from hub.bootstrap import open_database
from hub.cli import Invocation
from hub.storage import schema


@click.command()
@click.pass_obj
def migrate(invocation: Invocation) -> None:
    """Bring the database to the schema of this version.

    It is safe to call at every start: a database that is up to date is left alone. All steps are one transaction.

    \b
    Examples:
      ankerort-hub migrate
      ANKERORT_DATABASE_URL=sqlite:////var/lib/ankerort/hub.db ankerort-hub migrate
    """
    with open_database(invocation.settings, migrated=False) as database:
        before, after = schema.migrate(database.engine)
    if before == after:
        click.echo(f"the database is up to date (revision {after})")
    else:
        click.echo(f"the database went from {before or 'empty'} to revision {after}")


@click.command("show-config")
@click.pass_obj
def show_config(invocation: Invocation) -> None:
    """Print each setting and where it came from.

    The origin is `default`, the settings file or the variable that set it. Secrets are never settings: a setting whose
    name ends in `_file` names the file that holds one.

    \b
    Example:
      ankerort-hub --config hub.toml show-config
    """
    rows = invocation.load().rows()
    keys, values = (max(len(row[column]) for row in rows) for column in (0, 1))
    for key, value, origin in rows:
        click.echo(f"{key:<{keys}}  {value:<{min(values, 60)}}  {origin}")
