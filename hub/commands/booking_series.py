"""Commands on series of bookings."""

from dataclasses import replace
from datetime import date, datetime
from typing import Any, Final

import click

from hub import bootstrap, desks
from hub.booking_ports import Days, SeriesWish, Which
from hub.cli import Invocation
from hub.commands.local_times import read_wall, tell, zone_of
from hub.domain.booking import BookingKind
from hub.domain.errors import RuleRefused
from hub.domain.people import Actor
from hub.domain.series import LAST, Frequency, SeriesRule

COMMAND_LINE: Final = Actor(None, "command line")
"""Whoever may run commands on the hub's own machine."""

WEEKDAYS: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
PLACES: Final = {"1st": 1, "2nd": 2, "3rd": 3, "4th": 4, "last": LAST}
_DAY: Final = click.DateTime(["%Y-%m-%d"])
_REASON: Final = click.option("--reason", required=True, help="Why; the log keeps it.")


@click.command()
@click.argument("space")
@click.argument("desk", required=False, default="")
@click.option("--daily", is_flag=True, help="Each day.")
@click.option("--weekly", metavar="DAYS", help="On these weekdays, as mon,thu.")
@click.option("--monthly", metavar="PLACE-DAY", help="On one weekday of the month, as 2nd-tue or last-fri.")
@click.option(
    "--every", type=click.IntRange(1, 99), default=1, help="Only each so many days, weeks or months."
)
@click.option("--first", type=_DAY, required=True, help="First day that it may come on.")
@click.option("--last", type=_DAY, required=True, help="Last day that it may come on.")
@click.option("--from", "starts", required=True, help="Begin on the space's clock, as 09:00.")
@click.option("--to", "ends", required=True, help="End, as 12:00, up to 24:00.")
@_REASON
@click.option(
    "--member", type=click.IntRange(min=1), help="Number of the member; without one it is a guest's."
)
@click.option("--event", is_flag=True, help="Book the whole space; name no desk.")
@click.option("--note", default="", help="What it is for.")
@click.option("--beyond-rules", is_flag=True, help="Go beyond hours, limits and membership of the space.")
@click.option(
    "--without-conflicts", is_flag=True, help="Book the days that can be, and leave the others out."
)
@click.option("--dry-run", is_flag=True, help="Only tell what could be booked.")
@click.pass_obj
def series(invocation: Invocation, /, space: str, **given: Any) -> None:
    """Book a series; days that can't be booked are listed first, and nothing is kept unless all can be.

    \b
    Examples:
      ankerort-hub booking series wittenberge f1 --member 17 --weekly mon,thu --from 09:00 --to 12:00
        --first 2026-11-19 --last 2027-03-31 --reason "regular guest" --dry-run
      ankerort-hub booking series wittenberge --event --monthly last-fri --from 19:00 --to 24:00
        --first 2026-11-01 --last 2027-10-31 --reason "Regulars' table" --without-conflicts
    """
    with bootstrap.open_database(invocation.settings) as database:
        now_us, desk = bootstrap.system_clock().now_us(), desks.series_desk(database)
        zone = zone_of(database, space, now_us)
        wish = SeriesWish(
            space,
            given["desk"],
            _rule(**given),
            given["member"],
            BookingKind.EVENT if given["event"] else BookingKind.DESK,
            given["note"],
            reason=given["reason"],
            beyond_rules=given["beyond_rules"],
        )
        plan = desk.plan(wish, COMMAND_LINE, now_us)
        for conflict in plan.conflicts:
            click.echo(f"not possible: {tell(conflict.time, zone)} ({conflict.refusal})")
        for day in plan.nothing_left:
            click.echo(f"left out: {day}, the clock is put forward over it")
        if given["dry_run"]:
            click.echo(f"{len(plan.free)} days could be booked")
            return
        made = desk.book_series(wish, COMMAND_LINE, now_us, without_conflicts=given["without_conflicts"])
    click.echo(f"series {made.id}: {len(made.bookings)} days are booked")


@click.command("cancel-series")
@click.argument("series_id", metavar="SERIES")
@click.option("--which", type=click.Choice([one.value for one in Which]), required=True, help="Which days.")
@click.option("--day", type=_DAY, help="The day, or the first one.")
@click.option("--last", type=_DAY, help="The last day of a range.")
@_REASON
@click.pass_obj
def cancel_series(
    invocation: Invocation,
    series_id: str,
    which: str,
    day: datetime | None,
    last: datetime | None,
    reason: str,
) -> None:
    """Cancel days of a series that have not begun: one, that and all following, all, or a range.

    \b
    Examples:
      ankerort-hub booking cancel-series 0123456789abcdef --which following --day 2026-12-24 --reason "moves away"
      ankerort-hub booking cancel-series 0123456789abcdef --which range --day 2026-12-24 --last 2027-01-06
        --reason "on holiday"
    """
    days = Days(Which(which), _date(day), _date(last))
    with bootstrap.open_database(invocation.settings) as database:
        now_us = bootstrap.system_clock().now_us()
        done = desks.series_desk(database).cancel_days(series_id, days, COMMAND_LINE, now_us, reason=reason)
    click.echo(
        f"series {series_id}: {len(done.changed)} days are cancelled, {len(done.kept)} stay as they are"
    )


def _rule(
    *,
    daily: bool,
    weekly: str | None,
    monthly: str | None,
    first: datetime,
    last: datetime,
    **given: Any,
) -> SeriesRule:
    chosen = [name for name, value in (("daily", daily), ("weekly", weekly), ("monthly", monthly)) if value]
    if len(chosen) != 1:
        raise RuleRefused("say how often: one of --daily, --weekly DAYS, --monthly PLACE-DAY")
    starts, ends = read_wall(given["starts"]), read_wall(given["ends"])
    rule = SeriesRule(Frequency(chosen[0]), first.date(), last.date(), starts, ends, given["every"])
    if weekly:
        return replace(rule, weekdays=tuple(_weekday(name) for name in weekly.split(",")))
    if monthly:
        place, _, day = monthly.partition("-")
        if place not in PLACES:
            raise RuleRefused(f'"{place}" is no place in a month: write {", ".join(PLACES)}, as in 2nd-tue')
        return replace(rule, weekdays=(_weekday(day),), nth=PLACES[place])
    return rule


def _weekday(name: str) -> int:
    if name not in WEEKDAYS:
        raise RuleRefused(f'"{name}" is no weekday: write {", ".join(WEEKDAYS)}')
    return WEEKDAYS.index(name)


def _date(moment: datetime | None) -> date | None:
    return None if moment is None else moment.date()
