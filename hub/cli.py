"""The command line `ankerort-hub`: a table of commands, each loaded when it is called, so that `--help` is quick."""

import gc
import os
from dataclasses import dataclass
from functools import cached_property
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from hub.domain.backups import BackupFailed
from hub.domain.errors import RuleRefused, StoreUnavailable
from hub.domain.texts import shown
from hub.storage.errors import StorageError
from wire.errors import InvalidSetting

if TYPE_CHECKING:
    from hub.config import HubSettings
    from wire.settings import Loaded

COMMANDS: Final[dict[str, tuple[str, str]]] = {
    "demo": ("hub.demo.command:demo", "Show five towns with simulated devices, on this machine alone."),
    "demo-data": (
        "hub.commands.demo_data:demo_data",
        "Fill an empty database with months of believable use.",
    ),
    "serve": ("hub.commands.run:serve", "Run web, ingest and jobs in one process, for a single Pi."),
    "web": ("hub.commands.run:web", "Serve the pages and the API."),
    "ingest": ("hub.commands.run:ingest", "Take the devices' events from the broker."),
    "jobs": ("hub.commands.run:jobs", "Do the work that has its time: retention, five-minute counts."),
    "migrate": ("hub.commands.database:migrate", "Bring the database to the schema of this version."),
    "import-site": ("hub.commands.site:import_site", "Create and update towns, spaces, desks and devices."),
    "site": ("hub.commands.site_export:site", "Write the present site as a site file."),
    "signs": ("hub.commands.signs:signs", "Write the signs for door and desks of a space as PDF."),
    "host-link": ("hub.commands.site:host_link", "Show or renew the secret link to a space's desks."),
    "space": ("hub.commands.space:space", "Open, move and close spaces, and list their life."),
    "keys": ("hub.commands.keys:keys", "Make, show, rotate and recover the hub's keys."),
    "ca": (
        "hub.commands.ca:ca",
        "Make, show and renew the authority that says who may connect to the broker.",
    ),
    "broker": (
        "hub.commands.broker:broker",
        "Write certificates, revocations and access rules for Mosquitto, and the hub's own certificate.",
    ),
    "check-store": (
        "hub.commands.check_store:check_store",
        "Set Mosquitto's store aside when a power cut damaged it, so that Mosquitto starts.",
    ),
    "device": (
        "hub.commands.device:device",
        "Add, replace, renew and revoke devices, put them on cards, list them.",
    ),
    "release": (
        "hub.commands.release:release",
        "Make signed releases for devices, on a machine that is no hub.",
    ),
    "member": (
        "hub.commands.member:member",
        "Add members and guests, list them, change and end their rights, say what is due.",
    ),
    "group": (
        "hub.commands.group:group",
        "Keep groups of members, and say whom a space lets in from which day on.",
    ),
    "tariff": ("hub.commands.tariff:tariff", "Keep the tariffs of a space."),
    "pass": ("hub.commands.passes:passes", "Sell passes, list and end them, note visits."),
    "booking": (
        "hub.commands.booking:booking",
        "Book desks for members, list, cancel and restore bookings, block desks, book the whole space.",
    ),
    "card": (
        "hub.commands.card:card",
        "List, enrol and personalise cards; block, give and retire them.",
    ),
    "user": (
        "hub.commands.user:user",
        "Add those who sign in, list them, change their roles, reset or disable them.",
    ),
    "token": (
        "hub.commands.token:token",
        "Make tokens that programs sign in with at the API, list them, revoke them.",
    ),
    "mail": (
        "hub.commands.mail:mail",
        "List mails that wait or failed, have them tried again, try the server, say how letters sound.",
    ),
    "webhook": (
        "hub.commands.webhook:webhook",
        "Tell other programs what happens in a space: add, list and remove webhooks, retry what failed.",
    ),
    "figures": (
        "hub.commands.figures:figures",
        "Show which key figures the hub tells, and how each is worked out.",
    ),
    "hand-count": (
        "hub.commands.hand_count:hand_count",
        "Write down what nothing measures: counts by hand, enquiries, events, surveys, money.",
    ),
    "publish": (
        "hub.commands.publish:publish",
        "Publish a report: its numbers are frozen and never change; a correction is a new version.",
    ),
    "export": (
        "hub.commands.export:export",
        "Write what may be told of the use of a town, a space or the network, for whole months.",
    ),
    "audit": ("hub.commands.audit:audit", "Verify the log of actions and doors."),
    "backup": ("hub.commands.backup:backup", "Make a backup and try it, list backups, try one again."),
    "restore": ("hub.commands.restore:restore", "Put a backup in the place of the database."),
    "doctor": (
        "hub.commands.doctor:doctor",
        "Find the commonest faults of the hub and its devices, and say what to do about each.",
    ),
    "purges": (
        "hub.commands.purges:purges",
        "Say how much was deleted in which night because its time was over.",
    ),
    "rebuild": (
        "hub.commands.events:rebuild",
        "Make the live pictures again from the log of events, or the facts of days that are not sealed.",
    ),
    "alarms": ("hub.commands.events:alarms", "List what a person must know, latest first."),
    "quarantine": ("hub.commands.events:quarantine", "List, show and retry what could not be counted."),
    "show-config": ("hub.commands.database:show_config", "Print each setting and where it came from."),
}
"""Command to where its code is and what `--help` says of it; a test keeps the texts equal to the commands' own."""

COLLECT_EVERY: Final = 50_000
"""So many new objects there are before Python looks for circles among them; 700 by default.

A report on a year makes a hundred thousand, and none goes in circles: a fourth of its time went into looking.
"""


@dataclass(frozen=True)
class Invocation:
    """What every command gets.

    Args:
        file: the settings file named on the command line or in `ANKERORT_CONFIG`, or None.
    """

    file: Path | None

    def load(self) -> "Loaded[HubSettings]":
        """Return the settings with their origins.

        Raises:
            InvalidSetting: when one can't be used.
        """
        return self._loaded

    @cached_property
    def _loaded(self) -> "Loaded[HubSettings]":
        from hub.config import load_settings

        return load_settings(self.file, os.environ)

    @property
    def was_asked(self) -> bool:
        """Whether a command has asked for the settings, and got them."""
        return "_loaded" in self.__dict__

    @property
    def settings(self) -> "HubSettings":
        """The settings."""
        return self.load().settings


class _Refused(click.ClickException):
    """Whoever operates the hub must change something: one line for each thing, exit code 2."""

    exit_code = 2

    def show(self, file: Any = None) -> None:
        click.echo("\n".join(map(shown, f"ankerort-hub: {self.message}".split("\n"))), err=True)


class LazyGroup(click.Group):
    """A group that imports a command's module when the command is called."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the commands in the order of the table."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Return one command, or None when there is no such."""
        if cmd_name not in COMMANDS:
            return None
        module, _, name = COMMANDS[cmd_name][0].partition(":")
        command: click.Command = getattr(import_module(module), name)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the table, importing nothing."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, text) for name, (_, text) in COMMANDS.items()])

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command; what the operator can put right becomes one line and exit code 2."""
        try:
            return super().invoke(ctx)
        except (BackupFailed, InvalidSetting, RuleRefused, StorageError, StoreUnavailable) as error:
            raise _Refused(str(error)) from error
        finally:
            _give_back(ctx.obj)


def _give_back(invocation: Invocation | None) -> None:
    """After a command of root's: what it made in the hub's folders is the hub's."""
    if invocation is None or not invocation.was_asked or os.geteuid() != 0:
        return
    from hub.state_owner import give_back

    give_back(invocation.settings)


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="ankerort")
@click.option(
    "--config",
    "file",
    type=click.Path(path_type=Path, dir_okay=False),
    envvar="ANKERORT_CONFIG",
    help="Settings file (TOML); /etc/ankerort/hub.toml when it is there.",
)
@click.pass_context
def main(ctx: click.Context, file: Path | None) -> None:
    """The hub of Ankerort: keeps the truth about desks and doors, and shows it.

    \b
    Examples:
      ankerort-hub demo
      ankerort-hub --config hub.toml migrate
      ankerort-hub --config hub.toml import-site site.toml
      ankerort-hub --config hub.toml serve
    """
    gc.set_threshold(COLLECT_EVERY)
    ctx.obj = Invocation(file)


if __name__ == "__main__":
    main(prog_name="ankerort-hub")
