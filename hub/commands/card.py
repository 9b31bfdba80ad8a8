"""Commands on cards: what is done at the key box, from the command line."""

import secrets
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from functools import partial
from typing import Any, Final

import click

from hub import bootstrap, desks
from hub.access_ports import CardDesk
from hub.card_station import card_station
from hub.cli import Invocation
from hub.commands.days import COMMAND_LINE
from hub.domain.cards import CardKind, CardView, OrderState, OrderView
from hub.domain.errors import RuleRefused, UnknownSpace
from hub.domain.texts import shown
from hub.domain.time import checked_day, day_bounds, to_local
from hub.services.local_cards import LocalCards

POLL_S: Final = 0.5
ID_BYTES: Final = 16

_CARD: Final = click.IntRange(1, 2**63 - 1)
_DAY: Final = click.DateTime(["%Y-%m-%d"])

PROBLEMS: Final = {
    "expired": "no card came in time: try again",
    "offline": "the device is away, or `ankerort-hub jobs` does not run: start it, or use another reader",
    "known_card": "the space has this card already: see `ankerort-hub card list`",
    "random_id": "this card has another number each time: take another one",
    "removed": "the card was taken away too early: hold it until it is done, and try again",
    "another_card": "this is another card: hold the right one to the reader",
    "foreign": "the card has somebody else's keys: take another one",
    "refused": "the card or the device refused: try again, or take another one",
    "cancelled": "it was cancelled",
    "no_keys": "the hub has no keys: run `ankerort-hub keys init`",
}
"""What an order's problem means for whoever stands at the reader."""


def _where(command: Any) -> Any:
    """Add the options that name a reader to a command."""
    command = click.option(
        "--local", metavar="TEXT", help="A reader at this machine, by a part of its name."
    )(command)
    return click.option("--at", metavar="DEVICE/READER", help="A reader of a device of the space.")(command)


@click.group()
def card() -> None:
    """List, enrol and personalise cards; block, give and retire them.

    \b
    Examples:
      ankerort-hub card list wittenberge
      ankerort-hub card enrol wittenberge "Karte 12" --at pi-1/front
      ankerort-hub card personalise 12 --at pi-1/front
      ankerort-hub card give 12 17
      ankerort-hub card block 12 --reason "lost"
    """


@card.command("list")
@click.argument("space")
@click.pass_obj
def list_cards(invocation: Invocation, space: str) -> None:
    """List the cards of a space, by label, and where a change has not arrived yet.

    \b
    Example:
      ankerort-hub card list wittenberge
    """
    with bootstrap.open_database(invocation.settings) as database:
        cards = desks.card_desk(database, bootstrap.system_clock()).cards(space, COMMAND_LINE)
        zone = _zone(database, space)
    for one in cards:
        click.echo(shown(f"{one.pk:>6}  {one.label}: {_tell(one, zone)}"))
    if not cards:
        click.echo(f"{space} has no card yet: `ankerort-hub card enrol`")


@card.command()
@click.argument("space")
@click.argument("label")
@click.option("--member", type=_CARD, help="Whose it becomes, by number; without it is a spare card.")
@_where
@click.pass_obj
def enrol(
    invocation: Invocation, space: str, label: str, member: int | None, at: str | None, local: str | None
) -> None:
    """Add the next card that is held to a reader to a space.

    A card without keys works at once, where the space allows such cards; any other one is personalised next.

    \b
    Examples:
      ankerort-hub card enrol wittenberge "Karte 12" --at pi-1/front --member 17
      ankerort-hub card enrol wittenberge "Karte 12" --local ACR122U
    """
    with bootstrap.open_database(invocation.settings) as database:
        if local is None:
            desk = desks.card_desk(database, bootstrap.system_clock())
            order = desk.ask_for_card(space, _reader(at), label, member, COMMAND_LINE, _now_us())
            found = _wait(desk, order, f"hold the card to {at}")
            number = found.card
            kind = next(one.kind for one in desk.cards(space, COMMAND_LINE) if one.pk == number)
        else:
            _one_reader(at)
            with _local(invocation, database, local) as cards:
                number, kind = cards.enrol(space, label, member, COMMAND_LINE, _now_us())
    click.echo(f"card {number} is enrolled, of kind {kind}")
    if kind is not CardKind.UID:
        reader = f"--at {at}" if local is None else f"--local {local}"
        click.echo(f"it opens nothing yet: ankerort-hub card personalise {number} {reader}")


@card.command()
@click.argument("number", type=_CARD)
@_where
@click.pass_obj
def personalise(invocation: Invocation, number: int, at: str | None, local: str | None) -> None:
    """Write the hub's keys and an id to a card; again, it finishes one that broke off, or brings newer keys.

    \b
    Examples:
      ankerort-hub card personalise 12 --at pi-1/front
      ankerort-hub card personalise 12 --local ACR122U
    """
    with bootstrap.open_database(invocation.settings) as database:
        if local is None:
            desk = desks.card_desk(database, bootstrap.system_clock())
            order = desk.personalise(number, _reader(at), COMMAND_LINE, _now_us())
            _wait(desk, order, f"hold card {number} to {at}, until it is done")
        else:
            _one_reader(at)
            with _local(invocation, database, local) as cards:
                cards.personalise(number, COMMAND_LINE, _now_us())
    click.echo(f"card {number} is personalised")


@card.command()
@click.argument("number", type=_CARD)
@click.option("--reason", default="", help="Why, as hosts see it.")
@click.pass_obj
def block(invocation: Invocation, number: int, reason: str) -> None:
    """Block a card at once.

    \b
    Example:
      ankerort-hub card block 12 --reason "lost"
    """
    with bootstrap.open_database(invocation.settings) as database:
        desks.card_desk(database, bootstrap.system_clock()).block(number, reason, COMMAND_LINE, _now_us())
    click.echo(f"card {number} is blocked; `ankerort-hub card list` shows doors that do not know it yet")


@card.command()
@click.argument("number", type=_CARD)
@click.pass_obj
def unblock(invocation: Invocation, number: int) -> None:
    """Let a blocked card work again.

    \b
    Example:
      ankerort-hub card unblock 12
    """
    with bootstrap.open_database(invocation.settings) as database:
        desks.card_desk(database, bootstrap.system_clock()).unblock(number, COMMAND_LINE, _now_us())
    click.echo(f"card {number} works again")


@card.command()
@click.argument("number", type=_CARD)
@click.argument("member", type=_CARD)
@click.option("--space", help="Whose local date --until is; needed with --until.")
@click.option("--until", type=_DAY, help="Last day, as 2026-12-31; without one it is for good.")
@click.pass_obj
def give(invocation: Invocation, number: int, member: int, space: str | None, until: datetime | None) -> None:
    """Give a spare card to a member.

    \b
    Examples:
      ankerort-hub card give 12 17
      ankerort-hub card give 12 17 --space wittenberge --until 2026-12-31
    """
    if until is not None and space is None:
        raise RuleRefused("a last day is a space's own: name the space with --space")
    with bootstrap.open_database(invocation.settings) as database:
        until_us = None
        if until is not None and space is not None:
            until_us = day_bounds(checked_day(until.date()), _zone(database, space)).end_us
        desks.card_desk(database, bootstrap.system_clock()).give(
            number, member, until_us, COMMAND_LINE, _now_us()
        )
    click.echo(f"card {number} is member {member}'s" + (f" up to {until.date()}" if until else ""))


@card.command("take-back")
@click.argument("number", type=_CARD)
@click.pass_obj
def take_back(invocation: Invocation, number: int) -> None:
    """Make a card that somebody has a spare one again.

    \b
    Example:
      ankerort-hub card take-back 12
    """
    with bootstrap.open_database(invocation.settings) as database:
        desks.card_desk(database, bootstrap.system_clock()).take_back(number, COMMAND_LINE, _now_us())
    click.echo(f"card {number} is a spare card")


@card.command()
@click.argument("number", type=_CARD)
@click.pass_obj
def retire(invocation: Invocation, number: int) -> None:
    """Take a card out of use for ever.

    \b
    Example:
      ankerort-hub card retire 12
    """
    with bootstrap.open_database(invocation.settings) as database:
        desks.card_desk(database, bootstrap.system_clock()).retire(number, COMMAND_LINE, _now_us())
    click.echo(f"card {number} is out of use for ever")


def _now_us() -> int:
    return bootstrap.system_clock().now_us()


def _reader(at: str | None) -> tuple[str, str]:
    device, slash, reader = (at or "").partition("/")
    if not (device and slash and reader):
        raise RuleRefused(
            "name a reader: --at DEVICE/READER, as in pi-1/front, or --local with a part of its name"
        )
    return device, reader


def _one_reader(at: str | None) -> None:
    if at is not None:
        raise RuleRefused("--at and --local name two readers: choose one")


def _wait(desk: CardDesk, order: str, what: str) -> OrderView:
    """Show how long the reader still waits, and return the order once it is done; ended by Ctrl-C it is cancelled."""
    is_terminal = sys.stderr.isatty()
    if not is_terminal:
        click.echo(what, err=True)
    try:
        while True:
            view = desk.order(order, COMMAND_LINE, _now_us())
            if view.state in (OrderState.DONE, OrderState.FAILED):
                break
            if is_terminal:
                left_s = max(0, (view.until_us - _now_us()) // 1_000_000)
                told = "reading it" if view.state is OrderState.READ else f"{what} … {left_s} s"
                click.echo(f"\r\x1b[K{told}", nl=False, err=True)
            time.sleep(POLL_S)
    except KeyboardInterrupt:
        desk.cancel(order, COMMAND_LINE, _now_us())
        raise
    finally:
        if is_terminal:
            click.echo("\r\x1b[K", nl=False, err=True)
    if view.state is OrderState.FAILED:
        raise RuleRefused(PROBLEMS.get(view.problem, view.problem), code=view.problem)
    return view


@contextmanager
def _local(invocation: Invocation, database: Any, match: str) -> Iterator[LocalCards]:
    from hub.key_file import load_keys
    from hub.storage.access_unit import SqlUnits
    from hub.storage.local_cards import LocalCardRows

    keys = load_keys(invocation.settings.keys.file)
    units = SqlUnits(database.engine, LocalCardRows)
    with card_station(match) as station:

        def ask_for(label: str) -> None:
            station.check_ready()
            click.echo(shown(f"hold {label} to the reader, until it is done"), err=True)

        new_id = partial(secrets.token_bytes, ID_BYTES)
        yield LocalCards(units, keys, station, new_id=new_id, before=ask_for)


def _zone(database: Any, space: str) -> str:
    live = bootstrap.live_queries(database).space(space, _now_us())
    if live is None:
        raise UnknownSpace(f'there is no space "{space}"', code="unknown_space", space=space)
    return live.space.time_zone


def _tell(card: CardView, zone: str) -> str:
    told = f"{card.kind}, {card.state}"
    if card.member is not None:
        told += f", {card.member_name} ({card.member})"
    if card.active_until_us is not None:
        told += f", until {to_local(card.active_until_us, zone) - timedelta(microseconds=1):%Y-%m-%d %H:%M}"
    if card.blocked_reason:
        told += f", {card.blocked_reason}"
    if card.rekey_needed:
        told += ", needs new keys: personalise it again"
    if card.pending_at:
        told += f"; not yet known at {', '.join(card.pending_at)}"
    return told
