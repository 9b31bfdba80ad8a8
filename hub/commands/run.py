"""Commands that run until they are told to end: web, ingest, jobs, or all three in one process."""

import logging
import os
from collections.abc import Callable, Sequence

import click

from hub import bootstrap
from hub.bootstrap import Part
from hub.cli import Invocation
from hub.config import HubSettings
from hub.liveness import Pulses, Supervisor
from hub.stopping import ended_by_signal
from hub.storage.unit_of_work import UnitFactory

_LOG_FORMAT = "%(asctime)s %(levelname)s %(name)s: %(message)s"
_CHATTY = ("alembic", "apscheduler")


@click.command()
@click.pass_obj
def serve(invocation: Invocation) -> None:
    """Run web, ingest and jobs in one process, for a single Pi.

    It ends in order at SIGTERM and Ctrl-C: what was taken from the broker is committed and acknowledged first.

    \b
    Example:
      ankerort-hub --config hub.toml serve
    """
    _run(invocation.settings, bootstrap.serve_parts)


@click.command()
@click.pass_obj
def web(invocation: Invocation) -> None:
    """Serve the pages and the API.

    Any number of these may run. They need the database; without the broker, live pages look every few seconds.

    \b
    Example:
      ANKERORT_WEB_PORT=8081 ankerort-hub --config hub.toml web
    """
    _run(invocation.settings, bootstrap.web_parts)


@click.command()
@click.pass_obj
def ingest(invocation: Invocation) -> None:
    """Take the devices' events from the broker.

    On PostgreSQL several may run, each with a name of its own in ingest.worker; on SQLite one.

    \b
    Example:
      ANKERORT_INGEST_WORKER=2 ankerort-hub --config hub.toml ingest
    """
    _run(invocation.settings, bootstrap.ingest_parts)


@click.command()
@click.pass_obj
def jobs(invocation: Invocation) -> None:
    """Do the work that has its time: retention, five-minute counts.

    A second one waits until the first is gone.

    \b
    Example:
      ankerort-hub --config hub.toml jobs
    """
    _run(invocation.settings, bootstrap.jobs_parts)


def _run(settings: HubSettings, make: Callable[[HubSettings, UnitFactory, Pulses], Sequence[Part]]) -> None:
    logging.basicConfig(level=logging.INFO, format=_LOG_FORMAT)
    for library in _CHATTY:
        logging.getLogger(library).setLevel(logging.WARNING)
    pulses = Pulses()
    with (
        ended_by_signal() as ended,
        bootstrap.open_database(settings) as database,
        bootstrap.running(make(settings, database, pulses)),
    ):
        click.echo("running; end it with SIGTERM or Ctrl-C", err=True)
        supervisor = Supervisor(os.environ, pulses)
        supervisor.watch(ended)
        supervisor.stopping()
