"""Two hundred at once from several processes: a free time is booked once, others are told, nobody meets an error."""

import json
import os
import random
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any, Final

import pytest

from hub import desks
from hub.domain.time import Interval, to_us, to_utc
from hub.domain.tokens import Scope
from hub.storage.unit_of_work import UnitFactory
from tests.hub.bookings.world import A, BookingWorld, berlin
from tests.hub.desks.world import CLI, SPACE

ROUNDS: Final = int(os.environ.get("ANKERORT_BOOKING_ROUNDS", "5"))
"""50 of them in `make load`."""
PROCESSES: Final = 4
THREADS: Final = 4
POSTS: Final = 200
HOUR_US: Final = 3_600_000_000


@contextmanager
def processes(world: BookingWorld, tokens: list[str]) -> Iterator[list[subprocess.Popen[str]]]:
    """Start the processes; each is ready when the context begins, and has ended when it ends."""
    url = world.engine.url.render_as_string(hide_password=False)
    command = [
        sys.executable,
        "-m",
        "tests.hub.bookings.many_posts",
        url,
        str(world.now_us),
        str(THREADS),
        *tokens,
    ]
    running = [
        subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        for _ in range(PROCESSES)
    ]
    try:
        for one in running:
            assert one.stdout is not None
            assert one.stdout.readline() == "ready\n"
        yield running
    finally:
        for one in running:
            assert one.stdin is not None
            assert one.stdout is not None
            one.stdin.close()
            if one.wait(60) != 0:
                one.kill()
            one.stdout.close()


def post_all(running: list[subprocess.Popen[str]], bodies: list[Any]) -> list[tuple[int, str, Any]]:
    """Have the processes post at the same moment; return status, code and body of each."""
    share = len(bodies) // len(running)
    for index, one in enumerate(running):
        assert one.stdin is not None
        one.stdin.write(json.dumps(bodies[index * share : (index + 1) * share]) + "\n")
    for one in running:
        assert one.stdin is not None
        one.stdin.flush()
    answers: list[tuple[int, str, Any]] = []
    for one in running:
        assert one.stdout is not None
        answers += [tuple(answer) for answer in json.loads(one.stdout.readline())]
    return answers


def body(day: int, start: int, length: int) -> dict[str, str]:
    begin_us = berlin("2026-11-18T00:00") + (day * 24 + start) * HOUR_US
    starts, ends = (to_utc(at_us).isoformat() for at_us in (begin_us, begin_us + length * HOUR_US))
    return {"space": SPACE, "desk": A, "starts_at": starts, "ends_at": ends}


def span(wanted: dict[str, str]) -> Interval:
    return Interval(
        to_us(datetime.fromisoformat(wanted["starts_at"])), to_us(datetime.fromisoformat(wanted["ends_at"]))
    )


def overlap(one: Interval, other: Interval) -> bool:
    return one.start_us < other.end_us and other.start_us < one.end_us


@pytest.mark.slow
@pytest.mark.timeout(300 + 30 * ROUNDS)
def test_of_many_at_once_each_free_time_goes_to_exactly_one(world: BookingWorld) -> None:
    world.space(several_desks=True, advance_days=0, holidays_open=True)
    desk = desks.token_desk(UnitFactory(world.engine))
    members = [world.jo, world.mia, *(world.somebody(f"M{number}") for number in range(6))]
    tokens = [
        desk.create("Probe", [Scope.WRITE_BOOKINGS], (member, None), None, CLI, world.now_us)[1]
        for member in members
    ]
    dice = random.Random(20261118)
    # Weekdays, one for each round; the first ones are fought for as a whole, the others in pieces.
    days = [day for day in range(1, 700) if (2 + day) % 7 < 5][:ROUNDS]
    counted: Counter[int] = Counter()
    begin = time.monotonic()
    with processes(world, tokens) as running:
        for number, day in enumerate(days):
            if number % 2 == 0:
                bodies = [body(day, 9, 3) for _ in range(POSTS)]
            else:
                bodies = [
                    body(day, start := dice.randint(8, 16), dice.randint(1, 18 - start)) for _ in range(POSTS)
                ]
            answers = post_all(running, bodies)
            counted.update(status for status, _, _ in answers)
            told = {(status, code) for status, code, _ in answers if status != 201}
            assert told <= {(409, "desk_taken"), (409, "desk_taken_now")}, told
            won = [span(wanted) for status, _, wanted in answers if status == 201]
            assert len(won) == 1 or number % 2
            for index, one in enumerate(won):
                assert not any(overlap(one, other) for other in won[:index])
            for status, _, wanted in answers:
                if status == 409:
                    assert any(overlap(span(wanted), one) for one in won), "refused though it was free"
            stored = [(start_us, end_us) for _, start_us, end_us in world.active()]
            assert {(one.start_us, one.end_us) for one in won} <= set(stored)
    assert len(world.active()) == len(set(world.active()))
    sys.stdout.write(
        f"{world.engine.dialect.name}: {len(days)} rounds of {POSTS}, answers {dict(counted)}, "
        f"{sum(counted.values()) / (time.monotonic() - begin):.0f} a second\n"
    )
