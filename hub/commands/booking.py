"""Commands on bookings: whoever runs them acts as a host, with a reason that the log keeps."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final, NamedTuple

import click

from hub import bootstrap, desks
from hub.booking_ports import Blocking, Query, Wish
from hub.cli import Invocation
from hub.commands.booking_series import cancel_series, series
from hub.commands.local_times import day_of, read_time, tell, zone_of
from hub.domain.booking import BLOCKINGS, Booking, BookingKind, BookingState
from hub.domain.booking_limits import DAY_US
from hub.domain.people import Actor
from hub.domain.time import Interval

COMMAND_LINE: Final = Actor(None, "command line")
"""Whoever may run commands on the hub's own machine."""

LISTED_DAYS: Final = 14
_REASON: Final = click.option("--reason", required=True, help="Why; the log keeps it.")
_FROM: Final = click.option(
    "--from", "starts", required=True, help="Begin on the space's clock, as 2026-11-19T09:00, or a day."
)
_TO: Final = click.option(
    "--to", "ends", required=True, help="End: 12:00 of the same day, or as --from; a day means its end."
)


class _At(NamedTuple):
    """Where and when a command is run."""

    database: Any
    zone: str
    now_us: int


@contextmanager
def _at(invocation: Invocation, space: str) -> Iterator[_At]:
    with bootstrap.open_database(invocation.settings) as database:
        now_us = bootstrap.system_clock().now_us()
        yield _At(database, zone_of(database, space, now_us), now_us)


@click.group()
def booking() -> None:
    """Book desks for members, list, cancel and restore bookings, block desks, book the whole space.

    Times are those of the space's own wall clock. Whoever runs a command acts as a host: a reason goes into the log.

    \b
    Examples:
      ankerort-hub booking add wittenberge f1 --member 17 --from 2026-11-19T09:00 --to 12:00 --reason "by phone"
      ankerort-hub booking list wittenberge --day 2026-11-19
      ankerort-hub booking series wittenberge f1 --member 17 --weekly mon,thu --from 09:00 --to 12:00
        --first 2026-11-19 --last 2027-03-31 --reason "regular guest"
      ankerort-hub booking block wittenberge --desk f1 --from 2026-11-20 --to 2026-11-22 --note "new lamp"
      ankerort-hub booking cancel 0123456789abcdef --reason "called in sick"
    """


booking.add_command(series)
booking.add_command(cancel_series)


@booking.command()
@click.argument("space")
@click.argument("desk", required=False, default="")
@_FROM
@_TO
@_REASON
@click.option(
    "--member", type=click.IntRange(min=1), help="Number of the member; without one it is a guest's."
)
@click.option("--event", is_flag=True, help="Book the whole space; name no desk.")
@click.option("--note", default="", help="What it is for, as hosts and the member see it.")
@click.option("--beyond-rules", is_flag=True, help="Go beyond hours, limits and membership of the space.")
@click.pass_obj
def add(invocation: Invocation, /, space: str, desk: str, starts: str, ends: str, **given: Any) -> None:
    """Book a desk for a member or a guest, or the whole space for an event; prints the booking's id.

    \b
    Examples:
      ankerort-hub booking add wittenberge f1 --member 17 --from 2026-11-19T09:00 --to 12:00 --reason "by phone"
      ankerort-hub booking add wittenberge --event --from 2026-11-20T18:00 --to 22:00 --reason "Reading"
    """
    kind = BookingKind.EVENT if given.pop("event") else BookingKind.DESK
    with _at(invocation, space) as at:
        wish = Wish(space, desk, read_time(starts, ends, at.zone), kind=kind, **given)
        made = desks.booking_desk(at.database).book(wish, COMMAND_LINE, at.now_us)
    click.echo(f"booking {made.id}: {_where(made)}, {tell(made.time, at.zone)}")


@booking.command("list")
@click.argument("space")
@click.option("--day", help="A local day; without it, from today on for two weeks.")
@click.option("--member", type=click.IntRange(min=1), help="Only this member's.")
@click.option("--all", "with_ended", is_flag=True, help="Cancelled and released ones, too.")
@click.pass_obj
def list_bookings(
    invocation: Invocation, space: str, day: str | None, member: int | None, with_ended: bool
) -> None:
    """List bookings and blockings of a space, by begin.

    \b
    Examples:
      ankerort-hub booking list wittenberge
      ankerort-hub booking list wittenberge --day 2026-11-19 --all
    """
    with _at(invocation, space) as at:
        span = day_of(day, at.zone, at.now_us)
        if day is None:
            span = Interval(span.start_us, span.end_us + (LISTED_DAYS - 1) * DAY_US)
        states = (
            frozenset(BookingState)
            if with_ended
            else frozenset({BookingState.BOOKED, BookingState.CHECKED_IN})
        )
        desk, after, number = desks.booking_desk(at.database), "", 0
        while True:
            page = desk.bookings(Query(space, member, span, states, after=after), COMMAND_LINE)
            for one in page.bookings:
                click.echo(_line(one, at.zone))
            number, after = number + len(page.bookings), page.after
            if not after:
                break
    if not number:
        click.echo(f"nothing is booked in {space} from {tell(span, at.zone)}")


@booking.command()
@click.argument("booking_id", metavar="BOOKING")
@_REASON
@click.pass_obj
def cancel(invocation: Invocation, booking_id: str, reason: str) -> None:
    """Cancel a booking; until its end it can be restored.

    \b
    Example:
      ankerort-hub booking cancel 0123456789abcdef --reason "called in sick"
    """
    with bootstrap.open_database(invocation.settings) as database:
        now_us = bootstrap.system_clock().now_us()
        desks.booking_desk(database).cancel(booking_id, COMMAND_LINE, now_us, reason=reason)
    click.echo(f"booking {booking_id} is cancelled")


@booking.command()
@click.argument("booking_id", metavar="BOOKING")
@_REASON
@click.pass_obj
def restore(invocation: Invocation, booking_id: str, reason: str) -> None:
    """Take up a booking again that was cancelled or released, if its desk is free.

    \b
    Example:
      ankerort-hub booking restore 0123456789abcdef --reason "comes after all"
    """
    with bootstrap.open_database(invocation.settings) as database:
        now_us = bootstrap.system_clock().now_us()
        desks.booking_desk(database).restore(booking_id, COMMAND_LINE, now_us, reason=reason)
    click.echo(f"booking {booking_id} stands again")


@booking.command("check-in")
@click.argument("booking_id", metavar="BOOKING")
@click.pass_obj
def check_in(invocation: Invocation, booking_id: str) -> None:
    """Check somebody in, as a host does who sees that the person is there.

    \b
    Example:
      ankerort-hub booking check-in 0123456789abcdef
    """
    with bootstrap.open_database(invocation.settings) as database:
        desks.booking_desk(database).check_in(booking_id, COMMAND_LINE, bootstrap.system_clock().now_us())
    click.echo(f"booking {booking_id} is checked in")


@booking.command()
@click.argument("space")
@click.option(
    "--desk", "blocked", multiple=True, help="A desk, by id; may be repeated. Without any, all of them."
)
@_FROM
@_TO
@click.option("--note", required=True, help="Why, as everybody may read it; the log keeps it, too.")
@click.option(
    "--kind",
    type=click.Choice(sorted(kind.value for kind in BLOCKINGS)),
    default=BookingKind.MAINTENANCE.value,
    show_default=True,
    help="Out of use, closed, or held for somebody.",
)
@click.option("--member", type=click.IntRange(min=1), help="Number of the member whom desks are held for.")
@click.option("--displace", is_flag=True, help="Cancel bookings that are in the way; else they refuse it.")
@click.pass_obj
def block(
    invocation: Invocation, /, space: str, blocked: tuple[str, ...], starts: str, ends: str, **given: Any
) -> None:
    """Take desks, or the whole space, out of use for a time; nobody can book them then.

    Opening hours, closing days and public holidays need no blocking: they are in the site file.

    \b
    Examples:
      ankerort-hub booking block wittenberge --desk f1 --from 2026-11-20 --to 2026-11-22 --note "new lamp"
      ankerort-hub booking block wittenberge --kind closing --from 2026-12-24 --to 2027-01-01 --note Holidays --displace
    """
    with _at(invocation, space) as at:
        time = read_time(starts, ends, at.zone)
        wanted = Blocking(space, BookingKind(given.pop("kind")), time, blocked, **given)
        made, gone = desks.blocking_desk(at.database).block(wanted, COMMAND_LINE, at.now_us)
    click.echo(f"blocking {made.id}: {_where(made)}, {tell(made.time, at.zone)}")
    for one in gone:
        click.echo(f"gave way: {_line(one, at.zone)}")


@booking.command()
@click.argument("booking_id", metavar="BOOKING")
@click.pass_obj
def lift(invocation: Invocation, booking_id: str) -> None:
    """Lift a blocking; of one that has begun the rest.

    \b
    Example:
      ankerort-hub booking lift 0123456789abcdef
    """
    with bootstrap.open_database(invocation.settings) as database:
        desks.blocking_desk(database).lift(booking_id, COMMAND_LINE, bootstrap.system_clock().now_us())
    click.echo(f"blocking {booking_id} is lifted")


def _where(one: Booking) -> str:
    return f"desk {one.desks[0]}" if len(one.desks) == 1 else f"{len(one.desks)} desks"


def _line(one: Booking, zone: str) -> str:
    whose = f"member {one.member}" if one.member else "nobody's" if one.kind in BLOCKINGS else "a guest"
    kind = "" if one.kind is BookingKind.DESK else f", {one.kind}"
    note = f", {one.note}" if one.note else ""
    return f"{one.id}  {tell(one.time, zone)}  {_where(one)}, {whose}{kind}, {one.state}{note}"
