"""Asks whoever runs a command for a secret, at a terminal alone."""

import getpass
import warnings

import click

from hub.domain.errors import RuleRefused


def ask_secret(what: str, instead: str, *, again: str | bool = False) -> str:
    """Return a secret that somebody types and nobody sees.

    Args:
        what: is asked for.
        instead: how to give it where there is no terminal.
        again: with what words it is asked for once more.

    Raises:
        RuleRefused: when there is no terminal, on which it would be seen or could not be typed.
    """
    with warnings.catch_warnings():
        # Python would warn, and go on to read what everybody can see.
        warnings.simplefilter("error", getpass.GetPassWarning)
        try:
            return str(click.prompt(what, hide_input=True, confirmation_prompt=again, err=True))
        except getpass.GetPassWarning:
            raise RuleRefused(f"there is no terminal to ask for it at: {instead}") from None
