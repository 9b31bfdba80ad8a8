"""`ankerort-device replay`: recordings in, sessions or live states out, and bad files refused in one line."""

import csv
import io
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from device.core.inputs import Level
from device.core.presence import Presence
from device.recording import BadRecording, read_recording, time_text
from device.replay import replay
from tests.device.core.traces import PIR, Step, every, play, pulses, us

MONDAY = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
SITS = every(40, 1000, 5000)


@pytest.fixture
def run(tmp_path: Path) -> "Run":
    return Run(tmp_path)


class Run:
    """Writes a file and replays it."""

    def __init__(self, folder: Path) -> None:
        self.file = folder / "monday.csv"

    def __call__(self, text: str | bytes, *options: str) -> Result:
        self.file.write_bytes(text if isinstance(text, bytes) else text.encode("utf-8"))
        return CliRunner().invoke(replay, [str(self.file), *options])

    def rows(self, text: str, *options: str) -> list[list[str]]:
        result = self(text, *options)
        assert result.exit_code == 0, result.output
        return list(csv.reader(io.StringIO(result.stdout)))


def text_of(steps: list[Step], *, zone: str = "Z", sep: str = "T", header: str = "at,level") -> str:
    lines = [header]
    for at_us, level in steps:
        moment = (MONDAY + timedelta(microseconds=at_us)).replace(tzinfo=None)
        lines.append(f"{moment.isoformat(sep=sep)}{zone},{level.value}")
    return "\n".join(lines) + "\n"


def sampled(steps: list[Step], every_s: int, end_s: int) -> list[Step]:
    """Return what a logger writes that reads a sensor at a steady pace."""
    rows: list[Step] = []
    level = Level.IDLE
    todo = list(steps)
    for at_s in range(0, end_s, every_s):
        while todo and todo[0][0] <= us(at_s):
            level = todo.pop(0)[1]
        rows.append((us(at_s), level))
    return rows


# -- what comes out ------------------------------------------------------------------------------------------


def test_sessions_run_from_the_first_motion_to_the_last(run: Run) -> None:
    steps = [*pulses(*SITS, *every(40, 8000, 9000)), (us(20_000), Level.IDLE)]
    assert run.rows(text_of(steps), "--sensor", "pir") == [
        ["start", "end"],
        ["2026-03-02T08:16:40Z", "2026-03-02T09:23:22Z"],
        ["2026-03-02T10:13:20Z", "2026-03-02T10:30:02Z"],
    ]


def test_pieces_are_joined_and_the_last_session_needs_no_end(run: Run) -> None:
    steps = pulses(*every(40, 1000, 5 * 3600))
    assert run.rows(text_of(steps)) == [["start", "end"], ["2026-03-02T08:16:40Z", "2026-03-02T13:00:02Z"]]


def test_live_begins_with_the_state_at_the_first_row(run: Run) -> None:
    rows = run.rows(text_of([*pulses(*SITS), (us(20_000), Level.IDLE)]), "--live")
    assert rows[:3] == [
        ["at", "state"],
        ["2026-03-02T08:00:00Z", "unknown"],
        ["2026-03-02T08:00:30Z", "vacant"],
    ]
    assert [state for _at, state in rows[3:]] == ["occupied", "vacant"]


def test_live_steps_through_deadlines_between_rows(run: Run) -> None:
    rows = run.rows(text_of([*pulses(*SITS), (us(900_000), Level.IDLE)]), "--live")
    released = datetime.fromisoformat(rows[-1][0]) - MONDAY
    assert timedelta(seconds=5002) < released <= timedelta(seconds=5002 + PIR.hold_s)


def test_it_is_the_machine_of_the_agent(run: Run) -> None:
    steps = [*pulses(*SITS, 7000, *every(25, 9000, 9700)), (us(30_000), Level.IDLE)]
    outcome = play(Presence(PIR), steps, us(30_000))
    rows = run.rows(text_of(steps), "--live")
    expected = [
        [(MONDAY + timedelta(microseconds=one.at_us)).isoformat()[:19] + "Z", one.state]
        for one in outcome.live
    ]
    assert rows[2:] == expected


@pytest.mark.parametrize("interval_s", [1, 2])
def test_samples_and_changes_of_one_day_give_the_same_sessions(run: Run, interval_s: int) -> None:
    steps = pulses(*SITS, *every(40, 8000, 9000))
    of_changes = run.rows(text_of([*steps, (us(15_000), Level.IDLE)]))
    assert run.rows(text_of(sampled(steps, interval_s, 15_000))) == of_changes


def test_a_recording_of_any_kind_of_sensor_uses_its_defaults(run: Run) -> None:
    text = text_of([(0, Level.IDLE), (us(100), Level.ACTIVE), (us(400), Level.IDLE), (us(900), Level.IDLE)])
    assert run.rows(text, "--sensor", "pir") == [["start", "end"]]
    assert run.rows(text, "--sensor", "mat") == [
        ["start", "end"],
        ["2026-03-02T08:01:40Z", "2026-03-02T08:06:40Z"],
    ]


def test_an_option_replaces_a_default(run: Run) -> None:
    text = text_of([*pulses(*SITS, *every(40, 8000, 9000)), (us(20_000), Level.IDLE)])
    assert len(run.rows(text)) == 3
    assert len(run.rows(text, "--bridge-s", "3600")) == 2
    assert run(text, "--hold-s", "-1").exit_code == 2
    assert "hold_s" in run(text, "--hold-s", "-1").stderr


# -- times ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("zone", "sep", "start"),
    [
        ("Z", "T", "2026-03-02T08:16:40Z"),
        ("Z", " ", "2026-03-02T08:16:40Z"),
        ("+00:00", "T", "2026-03-02T08:16:40Z"),
        ("+01:00", "T", "2026-03-02T07:16:40Z"),
        ("-05:30", " ", "2026-03-02T13:46:40Z"),
        ("", "T", "2026-03-02T08:16:40"),
        ("", " ", "2026-03-02T08:16:40"),
    ],
)
def test_times_come_out_in_utc_and_with_an_offset_if_they_had_one(
    run: Run, zone: str, sep: str, start: str
) -> None:
    assert run.rows(text_of(pulses(*SITS), zone=zone, sep=sep))[1][0] == start


def test_times_come_out_as_fine_as_they_came_in(run: Run) -> None:
    halves = [(at_us + 500_000, level) for at_us, level in pulses(*SITS)]
    assert run.rows(text_of(halves))[1] == ["2026-03-02T08:16:40.500Z", "2026-03-02T09:23:22.500Z"]
    micros = [(at_us + 7, level) for at_us, level in pulses(*SITS)]
    assert run.rows(text_of(micros))[1] == ["2026-03-02T08:16:40.000007Z", "2026-03-02T09:23:22.000007Z"]


def test_a_recording_across_the_change_of_summer_time_has_no_jump(run: Run) -> None:
    lines = ["at,level", "2026-03-29T01:59:50+01:00,1", "2026-03-29T03:00:10+02:00,0"]
    lines += [
        f"2026-03-29T03:{minute:02}:{second},{level}"
        for minute in range(1, 30)
        for second, level in (("00+02:00", 1), ("05+02:00", 0))
    ]
    assert run.rows("\n".join(lines))[1] == ["2026-03-29T00:59:50Z", "2026-03-29T01:29:05Z"]


@pytest.mark.parametrize("at_us", [0, 1, -1, 1_772_440_000_123_456])
def test_time_text_is_read_back(at_us: int) -> None:
    read = datetime.fromisoformat(time_text(at_us, 1, aware=True))
    assert (read - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1) == at_us


# -- what files may look like --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("label", "change"),
    [
        ("a byte order mark", lambda text: "\ufeff" + text),
        ("lines that end like on Windows", lambda text: text.replace("\n", "\r\n")),
        ("no line feed at the end", lambda text: text.rstrip("\n")),
        ("blank lines", lambda text: text.replace("\n", "\n\n")),
        ("quotes", lambda text: '"at","level"\n' + text.split("\n", 1)[1]),
        ("blanks around the names", lambda text: text.replace("at,level", " at , level ")),
        ("further columns", lambda text: text.replace("\n", ",desk 1\n")),
        (
            "columns in another order",
            lambda text: "\n".join(",".join(reversed(line.split(","))) for line in text.splitlines()),
        ),
    ],
)
def test_a_file_may_have(run: Run, label: str, change: object) -> None:
    text = text_of([*pulses(*SITS), (us(9000), Level.IDLE)])
    assert callable(change)
    assert run.rows(change(text)) == run.rows(text), label


def test_pulses_within_one_second_of_a_file_with_whole_seconds_are_motion(run: Run) -> None:
    steps = [(0, Level.IDLE)]
    for at_s in SITS:
        steps += [(us(at_s), Level.ACTIVE), (us(at_s), Level.IDLE)]
    [_header, [start, end]] = run.rows(text_of(steps))
    assert (start, end) == ("2026-03-02T08:16:40Z", "2026-03-02T09:23:20Z")


def test_a_hole_in_samples_is_a_missing_sensor_and_not_a_level_that_lasts(run: Run) -> None:
    rows = sampled(pulses(*SITS), 10, 4_984)
    assert rows[-1][1] is Level.IDLE
    rows = [*rows, (us(4_990), Level.ACTIVE), *((us(at), Level.IDLE) for at in range(40_000, 41_000, 10))]
    assert run.rows(text_of(rows)) == [["start", "end"], ["2026-03-02T08:16:40Z", "2026-03-02T09:23:20Z"]]
    live = run.rows(text_of(rows), "--live")
    assert [state for _at, state in live[1:]] == ["unknown", "vacant", "occupied", "unknown", "vacant"]


def test_a_pause_between_changes_is_silence(run: Run) -> None:
    live = run.rows(text_of([*pulses(*SITS), (us(200_000), Level.ACTIVE)]), "--live")
    assert [state for _at, state in live[1:]] == ["unknown", "vacant", "occupied", "vacant"]


# -- what is refused -----------------------------------------------------------------------------------------

GOOD = "2026-03-02T08:00:00Z,0\n2026-03-02T08:00:05Z,1\n"


@pytest.mark.parametrize(
    ("label", "text", "said"),
    [
        ("empty", b"", "the file is empty"),
        ("blank", b"\n\n", "the file is empty"),
        ("a header and nothing else", b"at,level\n", "no row below the header"),
        ("no header", GOOD.encode(), "line 1: the header has no column `at`"),
        ("wrong header", b"time,level\n" + GOOD.encode(), "line 1: the header has no column `at`: 'time,level'"),
        ("missing column", b"at\n2026-03-02T08:00:00Z\n", "line 1: the header has no column `level`"),
        ("upper case", b"At,Level\n" + GOOD.encode(), "line 1: the header has no column `at`"),
        ("semicolons", b"at;level\n" + GOOD.replace(",", ";").encode(), "separate the columns with commas"),
        ("tabs", b"at\tlevel\n" + GOOD.replace(",", "\t").encode(), "separate the columns with commas"),
        ("short row", b"at,level\n" + GOOD.encode() + b"2026-03-02T08:00:06Z\n", "line 4: the row has 1 of 2"),
        ("backwards", b"at,level\n2026-03-02T08:00:01Z,1\n2026-03-02T08:00:00Z,0\n", "line 3: the time lies before"),
        ("level 2", b"at,level\n" + GOOD.encode() + b"2026-03-02T08:00:06Z,2\n", "line 4: the level is neither"),
        ("level empty", b"at,level\n2026-03-02T08:00:06Z,\n", "line 2: the level is neither 0 nor 1"),
        ("level true", b"at,level\n2026-03-02T08:00:06Z,true\n", "line 2: the level is neither 0 nor 1: 'true'"),
        ("level 0.5", b"at,level\n2026-03-02T08:00:06Z,0.5\n", "line 2: the level is neither 0 nor 1: '0.5'"),
        ("year 0", b"at,level\n0000-01-01T00:00:00Z,1\n", "line 2: the time can't be read: '0000-01-01T00:00:00Z'"),
        ("year 10000", b"at,level\n10000-01-01T00:00:00Z,1\n", "line 2: the time can't be read"),
        ("before year 1 in UTC", b"at,level\n0001-01-01T00:00:00+14:00,1\n", "line 2: the time is out of range in UTC"),
        ("after year 9999 in UTC", b"at,level\n9999-12-31T23:59:59-01:00,1\n", "line 2: the time is out of range"),
        ("NUL", b"at,level\n2026-03-02T08:00:00\0Z,1\n", "line 2: the time can't be read"),
        ("leap second", b"at,level\n2016-12-31T23:59:60Z,1\n", "line 2: the time can't be read"),
        ("German date", b"at,level\n02.03.2026 08:00,1\n", "line 2: the time can't be read: '02.03.2026 08:00'"),
        ("Unix time", b"at,level\n1772440000,1\n", "line 2: the time can't be read"),
        ("30 February", b"at,level\n2026-02-30T08:00:00Z,1\n", "line 2: the time can't be read"),
        ("mixed offsets", b"at,level\n2026-03-02T08:00:00Z,1\n2026-03-02T08:00:01,0\n", "line 3: the time has an"),
        ("mixed otherwise", b"at,level\n2026-03-02T08:00:00,1\n2026-03-02T08:00:01Z,0\n", "line 3: the time has an"),
        ("bad UTF-8", b"at,level\n" + GOOD.encode() + b"2026-03-02T08:00:06Z,\xff\n", "line 4: byte 0xff is not UTF-8"),
        ("UTF-16", "at,level\n".encode("utf-16"), "line 1: byte 0xff is not UTF-8"),
        ("open quote", b'at,level\n"2026-03-02T08:00:00Z,1\n', "is no CSV"),
        ("a picture", b"\x89PNG\r\n\x1a\n" + bytes(5000), "is not UTF-8"),
        ("one endless line", b"a" * 100_000, "line 1: the line is longer than 4096 bytes"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("options", [[], ["--live"]], ids=["sessions", "live"])
def test_a_bad_file_is_refused_in_one_line_that_names_it(
    run: Run, label: str, text: bytes, said: str, options: list[str]
) -> None:
    result = run(text, *options)
    assert result.exit_code == 2, label
    assert result.stdout == "", "nothing half-printed"
    assert said in result.stderr
    assert "monday.csv" in result.stderr
    assert len(result.stderr.strip().splitlines()) == 1


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    result = CliRunner().invoke(replay, [str(tmp_path / "none.csv")])
    assert result.exit_code == 2
    assert "none.csv" in result.stderr


def test_a_folder_is_no_recording(tmp_path: Path) -> None:
    with pytest.raises(BadRecording, match="directory"):
        read_recording(tmp_path)


def test_an_unknown_sensor_is_refused_with_the_known_ones(run: Run) -> None:
    result = run("at,level\n" + GOOD, "--sensor", "radar")
    assert result.exit_code == 2
    assert "mmwave" in result.stderr


def test_help_describes_every_setting() -> None:
    text = CliRunner().invoke(replay, ["--help"]).stdout
    for name in PIR.__dataclass_fields__:
        assert f"--{name.replace('_', '-')}" in text


# -- size ----------------------------------------------------------------------------------------------------


@pytest.mark.alone
def test_twenty_days_of_samples_each_second_are_replayed_within_half_a_minute(run: Run) -> None:
    day = sampled(pulses(*every(40, 3600, 7200), *every(40, 9000, 20_000)), 1, 86_400)
    lines = ["at,level"]
    for number in range(20):
        start = MONDAY + timedelta(days=number)
        lines += [
            f"{(start + timedelta(microseconds=at_us)).isoformat()},{level.value}" for at_us, level in day
        ]
    began = datetime.now(UTC)
    rows = run.rows("\n".join(lines))
    assert (datetime.now(UTC) - began).total_seconds() < 30
    assert len(rows) == 1 + 2 * 20
    starts = [datetime.fromisoformat(start) for start, _end in rows[1:]]
    assert all(before < after for before, after in pairwise(starts))
