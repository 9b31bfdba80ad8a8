"""What a log says of a desk: each rule of when it can be believed."""

import pytest

from hub.domain.statistics.desk_day import Piece, desk_use
from hub.domain.statistics.desk_log import TOLD_WITHIN_US, DeskLog, DeskWord, LogEntry, LogState
from hub.domain.statistics.sealing import SEALED_AFTER_US, WAITS_US, is_complete
from hub.domain.statistics.stretches import both, joined, length, within, without

H = 3_600_000_000
DESK = 7


def word(seq: int, at_us: int, state: str, *, earliest_us: int | None = None, ordinal: int = 1) -> LogEntry:
    return LogEntry(ordinal, seq, at_us if earliest_us is None else earliest_us, at_us, DESK, state)


def started(seq: int, at_us: int, not_before_us: int = 0) -> LogEntry:
    return LogEntry(1, seq, at_us, at_us, started=True, not_before_us=not_before_us)


def other(seq: int, at_us: int) -> LogEntry:
    return LogEntry(1, seq, at_us, at_us)


def known(*entries: LogEntry, heard_us: int = 0) -> list[tuple[int, int]]:
    log = DeskLog(LogState())
    log.read(entries)
    return joined(log.finish(heard_us).get(DESK, ()))


@pytest.mark.parametrize(
    ("label", "entries", "heard_us", "right"),
    [
        ("nothing was ever said", [started(1, H)], 9 * H, []),
        ("vacant, and heard later", [word(1, H, "vacant")], 9 * H, [(H, 9 * H)]),
        ("vacant, and never heard again", [word(1, H, "vacant")], 0, []),
        ("vacant, and another event later", [word(1, H, "vacant"), other(2, 5 * H)], 0, [(H, 5 * H)]),
        (
            "occupied: what was not told yet is not known",
            [word(1, H, "occupied")],
            9 * H,
            [(H, 9 * H - TOLD_WITHIN_US)],
        ),
        (
            "vacant for too short a time before the device fell silent",
            [word(1, H, "occupied"), word(2, 9 * H - 1, "vacant")],
            9 * H,
            [(H, 9 * H - TOLD_WITHIN_US)],
        ),
        ("unknown", [word(1, H, "vacant"), word(2, 3 * H, "unknown")], 9 * H, [(H, 3 * H)]),
        (
            "unknown after occupied: the sensor was not to be believed",
            [word(1, H, "vacant"), word(2, 2 * H, "occupied"), word(3, 3 * H, "unknown")],
            9 * H,
            [(H, 2 * H)],
        ),
        (
            "known again",
            [word(1, H, "vacant"), word(2, 3 * H, "unknown"), word(3, 4 * H, "vacant")],
            9 * H,
            [(H, 3 * H), (4 * H, 9 * H)],
        ),
        (
            "a power cut: from the last time that was stored",
            [word(1, H, "vacant"), started(2, 6 * H, 5 * H), word(3, 7 * H, "vacant")],
            9 * H,
            [(H, 5 * H), (7 * H, 9 * H)],
        ),
        (
            "a power cut: from the last event, when that was later",
            [word(1, H, "vacant"), other(2, 5 * H), started(3, 6 * H, 2 * H), word(4, 7 * H, "vacant")],
            9 * H,
            [(H, 5 * H), (7 * H, 9 * H)],
        ),
        (
            "missing numbers: from the last event before",
            [word(1, H, "vacant"), word(3, 4 * H, "vacant")],
            9 * H,
            [(4 * H, 9 * H)],
        ),
        (
            "missing numbers: until the next word, not the next event",
            [word(1, H, "vacant"), other(3, 4 * H), word(4, 5 * H, "occupied"), other(5, 8 * H)],
            9 * H,
            [(5 * H, 9 * H - TOLD_WITHIN_US)],
        ),
        (
            "a new epoch: what the old one held is lost",
            [word(1, H, "vacant"), word(1, 4 * H, "vacant", ordinal=2)],
            9 * H,
            [(4 * H, 9 * H)],
        ),
        (
            "a time that is not known: only after the latest",
            [word(1, H, "vacant"), word(2, 5 * H, "vacant", earliest_us=3 * H)],
            9 * H,
            [(H, 3 * H), (5 * H, 9 * H)],
        ),
    ],
)
def test_when_a_desk_is_known(
    label: str, entries: list[LogEntry], heard_us: int, right: list[tuple[int, int]]
) -> None:
    assert known(*entries, heard_us=heard_us) == right, label


def test_what_a_log_meant_goes_on_where_it_was_cut() -> None:
    entries = [
        word(1, H, "vacant"), other(2, 2 * H), word(3, 3 * H, "occupied"), word(4, 4 * H, "unknown"),
        word(6, 6 * H, "vacant"), started(7, 9 * H, 8 * H), word(8, 10 * H, "vacant"), other(9, 12 * H),
    ]  # fmt: skip
    whole = known(*entries)
    boundaries = [hour * H for hour in range(1, 12)]
    log = DeskLog(LogState(), boundaries)
    log.read(entries)
    log.finish(0)
    for boundary in boundaries:
        rest = DeskLog(log.at[boundary])
        rest.read([entry for entry in entries if entry.seq > log.at[boundary].seq])
        found = joined(rest.finish(0).get(DESK, ()))
        assert within(found, boundary, 99 * H) == within(whole, boundary, 99 * H), boundary // H


def test_a_state_that_is_kept_does_not_change_with_its_log() -> None:
    state = LogState(1, 4, H, {DESK: DeskWord("vacant", H, H)})
    log = DeskLog(state)
    log.read([word(5, 2 * H, "unknown")])
    assert state.words[DESK] == DeskWord("vacant", H, H)


def test_a_hole_reaches_from_before_the_last_event_to_the_next() -> None:
    log = DeskLog(LogState())
    log.read([word(1, 2 * H, "vacant"), other(5, 4 * H)])
    assert log.holes == [(2 * H - TOLD_WITHIN_US, 4 * H)]


def test_use_of_an_unknown_time_counts_only_where_every_time_agrees() -> None:
    use = desk_use([], [Piece(5 * H, 9 * H, H), Piece(20 * H, 21 * H, 3 * H), Piece(30 * H, 31 * H)])
    assert list(use.used) == [(5 * H, 8 * H), (30 * H, 31 * H)]
    assert list(use.doubtful) == [(4 * H, 5 * H), (8 * H, 9 * H), (17 * H, 21 * H)]


@pytest.mark.parametrize(
    ("label", "holes", "heard_us", "right"),
    [
        ("heard late enough", [], 24 * H + TOLD_WITHIN_US, True),
        ("heard a moment too early", [], 24 * H + TOLD_WITHIN_US - 1, False),
        ("a hole that ends as the day begins", [(-H, 0)], 99 * H, True),
        ("a hole that reaches into the day", [(-H, 1)], 99 * H, False),
        ("a hole that begins as the day ends", [(24 * H, 25 * H)], 99 * H, True),
        ("a hole at the end of the day", [(24 * H - 1, 25 * H)], 99 * H, False),
    ],
)
def test_when_a_day_is_complete(label: str, holes: list[tuple[int, int]], heard_us: int, right: bool) -> None:
    assert is_complete((0, 24 * H), holes, heard_us) is right, label


def test_no_raw_event_waits_longer_than_thirty_days() -> None:
    assert SEALED_AFTER_US == 7 * 24 * H
    assert WAITS_US + 24 * H == 30 * 24 * H


def test_sets_of_moments() -> None:
    one = joined([(5, 9), (0, 3), (2, 4), (9, 9), (8, 12)])
    assert one == [(0, 4), (5, 12)]
    assert both(one, [(3, 6), (11, 20)]) == [(3, 4), (5, 6), (11, 12)]
    assert without(one, [(1, 2), (3, 6), (7, 8), (12, 20)]) == [(0, 1), (2, 3), (6, 7), (8, 12)]
    assert within(one, 3, 7) == [(3, 4), (5, 7)]
    assert within(one, 4, 5) == []
    assert within(one, 12, 99) == []
    assert length(one) == 11
