"""The commands, options and make targets that the pages name are there."""

import re
from collections.abc import Iterator

import click
import pytest

from docs.generate.cli import commands
from tests.docs.pages import NAMES, ROOT, code_of, text_of

_COMMANDS = commands()
_CALL = re.compile(r"(?:^|[\s/(])(ankerort-(?:hub|device))((?:[ \t]+[^\s|;&()]+)*)", re.MULTILINE)
_MAKE = re.compile(r"(?:^|\s)make((?:[ \t]+[A-Z]+=(?:\"[^\"]*\"|\S+))*)[ \t]+([a-z]+)", re.MULTILINE)
_WORD = re.compile(r"[a-z][a-z-]*")


def targets() -> set[str]:
    """Return what `make` can make."""
    return set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE))


def problems_of(program: str, arguments: list[str]) -> Iterator[str]:
    """Say what a call names that is not there: commands, or options of the command."""
    path, command = program, _COMMANDS[program]
    left = list(arguments)
    while left:
        word = left.pop(0)
        if word == "#":
            return
        if word.startswith("-"):
            name, _, value = word.rstrip(",.:").partition("=")
            option = next((p for p in command.params if name in p.opts), None)
            if option is None and name not in ("-h", "--help"):
                yield f"{path} has no option {name}"
            elif isinstance(option, click.Option) and not option.is_flag and not value and left:
                left.pop(0)
        elif isinstance(command, click.Group) and _WORD.fullmatch(word):
            path = f"{path} {word}"
            if path not in _COMMANDS:
                yield f"there is no command {path}"
                return
            command = _COMMANDS[path]


def calls_of(text: str) -> list[tuple[str, list[str]]]:
    """Return each call of a program in a page's code, as program and arguments."""
    joined = "\n".join(code_of(text)).replace("\\\n", " ")
    return [(program, rest.split()) for program, rest in _CALL.findall(joined)]


@pytest.mark.parametrize("name", NAMES)
def test_every_command_and_option_that_a_page_names_is_there(name: str) -> None:
    calls = calls_of(text_of(name))
    assert [problem for program, rest in calls for problem in problems_of(program, rest)] == []


@pytest.mark.parametrize("name", NAMES)
def test_every_make_target_that_a_page_names_is_there(name: str) -> None:
    named = {target for code in code_of(text_of(name)) for _, target in _MAKE.findall(code)}
    assert named - targets() == set()


@pytest.mark.parametrize("command", [name for name in _COMMANDS if name.count(" ")])
def test_every_command_is_on_the_page_of_commands(command: str) -> None:
    assert f"\n## {command}\n" in text_of("docs/reference/cli.md")


_CALLS = {
    "a command that is not there": ("ankerort-hub sing", ["there is no command ankerort-hub sing"]),
    "a part that is not there": (
        "ankerort-hub quarantine eat",
        ["there is no command ankerort-hub quarantine eat"],
    ),
    "an option that is not there": ("ankerort-hub demo --loud", ["ankerort-hub demo has no option --loud"]),
    "an option of another command": ("ankerort-hub --fleet 3 demo", ["ankerort-hub has no option --fleet"]),
    "options with values": ("ankerort-hub --config demo.toml import-site site.toml --dry-run", []),
    "a value behind an equals sign": ("ankerort-device simulate --fleet=3 --rate 5", []),
    "a comment": ("ankerort-hub web   # --any number", []),
    "a program alone": ("ankerort-device", []),
}


@pytest.mark.parametrize("label", _CALLS)
def test_what_is_wrong_with_a_call_is_told(label: str) -> None:
    line, expected = _CALLS[label]
    for text in (f"See `{line}`.", f"```console\n$ {line}\n```\n", f"Do\n\n    {line}\n\nthen"):
        ((program, rest),) = calls_of(text)
        assert list(problems_of(program, rest)) == expected
