"""Every command's `--help`, on one page: `docs/reference/cli.md`."""

from collections.abc import Iterator
from typing import Final

import click

from device.cli import main as device
from docs.generate import NOTE
from hub.cli import main as hub

_WIDTH: Final = 100


def pages() -> dict[str, str]:
    """Return the page of all commands of both programs."""
    sections = [section for program, name in ((hub, "ankerort-hub"), (device, "ankerort-device"))
                for section in _sections(program, name, None)]  # fmt: skip
    text = f"""\
<!-- {NOTE} -->

# Commands

What `--help` says of each. Settings come from a file and from variables: [settings](settings.md).

| status | means |
| --- | --- |
| 0 | done, or ended as asked |
| 1 | not done, or something was found: the output says what |
| 2 | the command, its settings or a file can't be used as they are: one line says why, and what to do |

{"".join(sections)}"""
    return {"reference/cli.md": text.rstrip() + "\n"}


def commands() -> dict[str, click.Command]:
    """Return every command by its whole name: `ankerort-hub quarantine list`."""
    found: dict[str, click.Command] = {}
    for program, name in ((hub, "ankerort-hub"), (device, "ankerort-device")):
        found |= {context.command_path: context.command for context in _contexts(program, name, None)}
    return found


def _contexts(command: click.Command, name: str, above: click.Context | None) -> Iterator[click.Context]:
    context = click.Context(
        command, info_name=name, parent=above, terminal_width=_WIDTH, **command.context_settings
    )
    yield context
    if isinstance(command, click.Group):
        for part in command.list_commands(context):
            inner = command.get_command(context, part)
            assert inner is not None
            yield from _contexts(inner, part, context)


def _sections(command: click.Command, name: str, above: click.Context | None) -> Iterator[str]:
    for context in _contexts(command, name, above):
        yield f"## {context.command_path}\n\n```text\n{context.get_help()}\n```\n\n"
