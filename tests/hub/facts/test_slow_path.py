"""Facts equal those of a slow path that counts minutes: both changes of the clock, blocked desks, holidays, gaps."""

from collections.abc import Sequence
from datetime import date, time, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine

from hub.domain.statistics.desk_day import DeskPlace, DeskPlans, Piece, day_hours, desk_day, desk_use
from hub.domain.statistics.desk_log import DeskLog, LogEntry, LogState
from hub.domain.time import opening_of
from tests.hub.facts.slow_path import Truth, measure
from tests.hub.facts.world import DAY_US, DESKS, MINUTE_US, SPACE, Line, World, spool, town, utc

HOLIDAYS = [
    date(2026, 5, 14),
    date(2026, 4, 3),
    date(2026, 4, 5),
    date(2026, 4, 6),
    date(2026, 10, 31),
    date(2026, 10, 3),
]
"""Of Brandenburg, as far as these tests go."""


def opening() -> list[tuple[int, time, time]]:
    [space] = town().spaces
    return [(one.weekday, one.opens, one.closes) for one in space.opening]


def busy(first_us: int, days: int, device: str) -> list[Line]:
    """Return a device's lines over some days: comings and goings, a power cut, a loose cable."""
    desks = [desk for desk, own in DESKS.items() if own == device]
    lines = [Line("started", first_us)]
    lines += [Line("word", first_us + MINUTE_US, desk, "vacant") for desk in desks]
    for day in range(days):
        for hour, desk in ((2, desks[0]), (8, desks[-1]), (10, desks[0]), (23, desks[-1])):
            at_us = first_us + day * DAY_US + hour * 60 * MINUTE_US + 7 * MINUTE_US
            lines.append(Line("word", at_us, desk, "occupied"))
            for piece in range(4):
                begin = at_us + piece * 15 * MINUTE_US
                lines.append(Line("use", begin + 15 * MINUTE_US, desk, start_us=begin))
            lines.append(Line("word", at_us + 75 * MINUTE_US, desk, "vacant"))
            if hour == 8 and day % 5 == 1:
                # Somebody comes back, and the cable comes loose: whether anybody sat there is not known.
                lines.append(Line("word", at_us + 80 * MINUTE_US, desk, "occupied"))
                lines.append(Line("word", at_us + 95 * MINUTE_US, desk, "unknown"))
                lines.append(Line("word", at_us + 110 * MINUTE_US, desk, "vacant"))
            if hour == 10 and day % 4 == 2:
                # The power fails while somebody sits there, and comes back three hours later.
                cut_us = at_us + 95 * MINUTE_US
                lines.append(Line("word", cut_us - 10 * MINUTE_US, desk, "occupied"))
                lines.append(Line("started", cut_us + 180 * MINUTE_US, start_us=cut_us))
                lines += [Line("word", cut_us + 181 * MINUTE_US, one, "vacant") for one in desks]
    return lines


def compare(
    world: World, days: Sequence[date], truths: Sequence[Truth], closed: Sequence[date] = HOLIDAYS
) -> None:
    found = world.desk_days()
    zone = world.site.spaces[0].time_zone
    for day in days:
        for truth in truths:
            right = measure(truth, day, zone, opening(), closed)
            fact = found[day, truth.desk]
            got = {
                "staffed": fact.staffed,
                "noon": fact.noon,
                "first": fact.first_half,
                "second": fact.second_half,
            }
            assert {name: tuple(one) for name, one in got.items()} == {
                name: one.as_us() for name, one in right.items()
            }, (day, truth.desk)


@pytest.mark.parametrize(
    ("label", "first", "change"),
    [
        ("spring", date(2026, 3, 28), date(2026, 3, 29)),
        ("autumn", date(2026, 10, 24), date(2026, 10, 25)),
    ],
)
def test_days_on_which_the_clock_changes(
    sqlite_engine: Engine, label: str, first: date, change: date
) -> None:
    world = World(sqlite_engine, town(first=first))
    begin_us = utc(first.year, first.month, first.day)
    days = 9
    event = (begin_us + 4 * DAY_US + 9 * 3600_000_000, begin_us + 4 * DAY_US + 12 * 3600_000_000)
    repair = (begin_us + 1 * DAY_US - 3600_000_000, begin_us + 1 * DAY_US + 4 * 3600_000_000)
    world.book("event", DESKS, *event)
    world.book("maintenance", ["flur"], *repair)
    lines = {device: busy(begin_us, days, device) for device in ("pi-1", "pi-2")}
    end_us = begin_us + days * DAY_US
    for device, told in lines.items():
        world.tell(device, told, now_us=end_us)
        world.healthy(device, end_us)
    world.facts.nightly(end_us)
    truths = [
        Truth(
            desk,
            lines.get(device, ()),
            end_us,
            [event, repair] if desk == "flur" else [event],
            has_sensor=bool(device),
        )
        for desk, device in DESKS.items()
    ]
    compare(world, [first + timedelta(days=i) for i in range(days)], truths)
    hours = {"spring": 23, "autumn": 25}[label]
    [sofa] = [one for (day, desk), one in world.desk_days().items() if (day, desk) == (change, "sofa")]
    # Open from midnight to six, and from ten past ten to the end: of the night one hour is missing, or there twice.
    assert sofa.staffed.offered_us == (hours - 24 + 6) * 3600_000_000 + (13 * 60 + 50) * MINUTE_US
    assert world.space_days()[first + timedelta(days=4)].events == 1


def test_a_space_in_another_zone(sqlite_engine: Engine) -> None:
    first = date(2026, 5, 4)
    world = World(sqlite_engine, town("Asia/Kathmandu", first))
    begin_us = utc(2026, 5, 4)
    lines = busy(begin_us, 4, "pi-1")
    world.tell("pi-1", lines, now_us=begin_us + 5 * DAY_US)
    world.healthy("pi-1", begin_us + 5 * DAY_US)
    world.facts.nightly(begin_us + 5 * DAY_US)
    truths = [Truth(desk, lines, begin_us + 5 * DAY_US) for desk in ("fenster", "flur")]
    compare(world, [first + timedelta(days=i) for i in range(4)], truths)


def test_a_gap_in_the_log_is_unknown_until_it_closes(sqlite_engine: Engine) -> None:
    first = date(2026, 5, 4)
    world = World(sqlite_engine, town(first=first))
    begin_us = utc(2026, 5, 4)
    lines = busy(begin_us, 4, "pi-2")
    whole = spool("pi-2", lines)
    end_us = begin_us + 4 * DAY_US
    world.take(whole.batch(1, 20), whole.batch(30), now_us=end_us)
    world.healthy("pi-2", end_us)
    world.facts.nightly(end_us)
    days = [first + timedelta(days=i) for i in range(4)]
    compare(world, days, [Truth("sofa", [*lines[:20], None, *lines[29:]], end_us)])
    world.take(whole.batch(21, 29), now_us=end_us + MINUTE_US)
    assert world.facts.refresh(end_us + MINUTE_US) > 0
    compare(world, days, [Truth("sofa", lines, end_us)])


MINUTES = st.integers(0, 3 * 24 * 60 - 1)
TURNS = st.lists(
    st.tuples(
        st.integers(1, 300),
        st.sampled_from(["vacant", "occupied", "unknown", "started", "use", "clock", "missing"]),
        st.integers(0, 90),
    ),
    max_size=25,
)


@given(turns=TURNS, heard_after=st.integers(-3000, 3000))
@settings(max_examples=40)
def test_whatever_a_device_tells_the_minutes_say_the_same(
    turns: list[tuple[int, str, int]], heard_after: int
) -> None:
    [space] = town(first=date(2026, 10, 23)).spaces
    at_us = utc(2026, 10, 23, 20)
    lines: list[Line | None] = []
    for wait, what, back in turns:
        at_us += wait * MINUTE_US
        if what == "missing":
            lines.append(None)
        elif what == "started":
            lines.append(Line("started", at_us, start_us=at_us - back * MINUTE_US))
        elif what == "use":
            lines.append(Line("use", at_us, "sofa", start_us=at_us - back * MINUTE_US))
        elif what == "clock":
            lines.append(Line("clock", at_us))
        else:
            lines.append(Line("word", at_us, "sofa", what))
    heard_us = at_us + heard_after * MINUTE_US
    entries = [
        LogEntry(
            1,
            seq,
            line.at_us,
            line.at_us,
            7 if line.what == "word" else None,
            line.state,
            started=line.what == "started",
            not_before_us=line.start_us if line.what == "started" else 0,
        )
        for seq, line in enumerate(lines, 1)
        if line is not None
    ]
    # What is missing at the beginning or the end is not known to be missing.
    while lines and lines[0] is None:
        lines.pop(0)
    while lines and lines[-1] is None:
        lines.pop()
    log = DeskLog(LogState())
    log.read(entries)
    known = log.finish(heard_us)
    pieces = [Piece(one.start_us, one.at_us) for one in lines if one is not None and one.what == "use"]
    use = desk_use(known.get(7, ()), pieces)
    truth = Truth("sofa", lines, heard_us)
    place = DeskPlace(7, "sofa", True, True, 1)
    for number in range(4):
        day = date(2026, 10, 23) + timedelta(days=number)
        staffed = [(one.start_us, one.end_us) for one in opening_of(space, day)]
        hours = day_hours(space, day, staffed, staffed, is_holiday=False)
        facts = desk_day(SPACE, hours, place, use, DeskPlans())
        right = measure(truth, day, space.time_zone, opening())
        assert tuple(facts.day.staffed) == right["staffed"].as_us(), day
