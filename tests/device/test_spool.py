"""The spool on a healthy disk: numbers, order, durability, batches, purge (D1, D5)."""

import signal
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from device.errors import SpoolInUse
from device.spool_records import Entry, Limits
from tests.device.conftest import OpenSpool
from tests.device.entries import OTHER_BOOT, access, batches, held, lost, presence, rows
from tests.parts.waiting import wait_until
from wire.codec import MAX_BATCH_BYTES, MAX_BATCH_EVENTS, decode_batch


def test_d1_numbers_begin_at_one_and_rise_without_gaps(open_spool: OpenSpool) -> None:
    spool = open_spool()
    assert spool.append([access(1)]) == range(1, 2)
    assert spool.append([access(2), presence(3)]) == range(2, 4)
    assert held(spool) == {1: 1, 2: 2, 3: 3}


def test_d1_events_numbers_and_epoch_survive_a_restart(open_spool: OpenSpool) -> None:
    spool = open_spool()
    spool.append([access(n) for n in range(1, 11)])
    epoch = spool.state.epoch
    spool.close()
    again = open_spool()
    assert again.state.epoch == epoch
    assert held(again) == {n: n for n in range(1, 11)}
    assert again.append([access(11)]) == range(11, 12)


def test_d1_a_row_cannot_be_changed(open_spool: OpenSpool, tmp_path: Path) -> None:
    spool = open_spool()
    spool.append([access(1)])
    spool.close()
    with (
        closing(sqlite3.connect(tmp_path / "spool.db")) as other,
        pytest.raises(sqlite3.IntegrityError, match="immutable"),
    ):
        other.execute("UPDATE event SET payload = x'00'")


def test_d1_every_commit_is_synchronised_to_the_disk(open_spool: OpenSpool) -> None:
    spool = open_spool()
    assert spool._db.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    assert spool._db.execute("PRAGMA synchronous").fetchone() == (2,), "FULL"


def test_two_new_spools_have_different_epochs(open_spool: OpenSpool) -> None:
    assert open_spool("one.db").state.epoch != open_spool("two.db").state.epoch


def test_a_second_agent_on_the_same_spool_is_refused(open_spool: OpenSpool) -> None:
    spool = open_spool()
    spool.append([access(1)])
    with pytest.raises(SpoolInUse, match=r"spool\.db"):
        open_spool()
    assert spool.append([access(2)]) == range(2, 3)


KILLED_WRITER = """
import sys
from device.spool import Spool
from tests.device.entries import OWNER, BOOT, access, presence
spool = Spool(sys.argv[1], owner=OWNER, boot=BOOT)
n = spool.state.highest
while True:
    n += 1
    spool.append([access(n)] if n % 3 else [presence(n)])
    sys.stdout.write(f"{n}\\n")
    sys.stdout.flush()
"""


def write_and_kill(spool: Path, output: Path, enough: int) -> int:
    """Run the writer until it has told so many commits, and kill it; return the last one it told."""
    with output.open("wb") as out:
        writer = subprocess.Popen(
            [sys.executable, "-c", KILLED_WRITER, spool], stdout=out, cwd=Path(__file__).parents[2]
        )
        try:
            wait_until(lambda: output.read_bytes().count(b"\n") >= enough, 20, "acknowledged commits")
        finally:
            writer.kill()
        assert writer.wait() == -signal.SIGKILL
    told = output.read_text().splitlines(keepends=True)
    return int(next(line for line in reversed(told) if line.endswith("\n")))


def test_d1_kill_in_the_middle_of_commits_loses_nothing_that_was_acknowledged(
    open_spool: OpenSpool, tmp_path: Path
) -> None:
    # Each round is cut at another place.
    for round_number, enough in enumerate([40, 77, 131, 160, 199]):
        acknowledged = write_and_kill(tmp_path / "spool.db", tmp_path / f"told-{round_number}", enough)
        spool = open_spool()
        # At most the one commit that was under way has come without being told.
        assert acknowledged <= spool.state.highest <= acknowledged + 1
        assert held(spool) == {n: n for n in range(1, spool.state.highest + 1)}
        spool.close()
    assert acknowledged >= 607


def test_a_batch_stays_within_the_limits_of_the_contract(open_spool: OpenSpool) -> None:
    spool = open_spool()
    spool.append([access(n) for n in range(1, 2_001)])
    sizes = []
    first = 1
    while (batch := spool.take_batch(first)) is not None:
        header, lines = decode_batch(batch.payload)
        assert len(batch.payload) <= MAX_BATCH_BYTES
        assert len(lines) <= MAX_BATCH_EVENTS
        sizes.append(len(lines))
        first = batch.last + 1
    assert sum(sizes) == 2_000
    assert sizes[0] == MAX_BATCH_EVENTS
    assert header.last == 2_000


def test_a_batch_of_large_events_is_cut_by_bytes(open_spool: OpenSpool) -> None:
    spool = open_spool()
    spool.append([Entry(b'{"x":"' + b"y" * 4_000 + b'"}', presence=False)] * 100)
    batch = spool.take_batch(1)
    assert batch is not None
    assert MAX_BATCH_BYTES - 2 * 4_096 - 8 * 1024 < len(batch.payload) <= MAX_BATCH_BYTES
    assert batch.last < 100


def test_nothing_is_given_beyond_the_last_number(open_spool: OpenSpool) -> None:
    spool = open_spool()
    assert spool.take_batch(1) is None
    spool.append([access(1)])
    assert spool.take_batch(2) is None


def test_depth_counts_what_lies_above_the_mark(open_spool: OpenSpool) -> None:
    spool = open_spool()
    spool.append([access(n) for n in range(1, 11)])
    assert spool.depth() == 10
    spool.set_mark(7)
    assert spool.depth() == 3


def test_the_mark_survives_a_restart_with_the_next_commit_or_by_save(open_spool: OpenSpool) -> None:
    spool = open_spool()
    spool.append([access(1), access(2)])
    spool.set_mark(1)
    spool.append([access(3)])
    spool.close()
    again = open_spool()
    assert again.state.mark == 1
    again.set_mark(3)
    # A purge that finds nothing writes nothing, and must not pass the mark off as written.
    assert again.purge(today=20_000) == 0
    again.save()
    again.close()
    assert open_spool().state.mark == 3


def test_the_latest_synchronised_wall_time_survives_and_never_goes_back(open_spool: OpenSpool) -> None:
    spool = open_spool()
    spool.append([access(1)], wall_us=5_000)
    spool.save(wall_us=4_000)
    spool.close()
    again = open_spool()
    assert again.state.last_wall_us == 5_000
    again.save(wall_us=6_000)
    again.close()
    assert open_spool().state.last_wall_us == 6_000


def test_save_writes_nothing_when_nothing_changed(open_spool: OpenSpool) -> None:
    spool = open_spool()
    spool.append([access(1)], wall_us=5_000)
    before = spool._db.total_changes
    spool.save(wall_us=5_000)
    assert spool._db.total_changes == before
    spool.save(wall_us=5_001)
    assert spool._db.total_changes == before + 1


TODAY = 20_000

# keep_days is 7: an event of day 19_993 is just kept.
PURGES = [
    ("nothing acknowledged", 0, [19_000, 19_000], 0, [1, 2]),
    ("acknowledged and old", 2, [19_992, 19_992], 2, []),
    ("acknowledged and just young enough", 2, [19_993, 19_993], 0, [1, 2]),
    ("a mark in the middle", 1, [19_000, 19_000], 1, [2]),
    ("old above young stays with it", 3, [19_000, 19_999, 19_000], 1, [2, 3]),
    ("an unknown day goes with the next old one", 3, [None, 19_000, 19_999], 2, [3]),
    ("an unknown day without a later one is kept", 2, [19_000, None], 1, [2]),
]


@pytest.mark.parametrize(
    ("mark", "days", "gone", "left"), [row[1:] for row in PURGES], ids=[row[0] for row in PURGES]
)
def test_d5_purge_takes_acknowledged_events_beyond_keep_days(
    open_spool: OpenSpool, mark: int, days: list[int | None], gone: int, left: list[int]
) -> None:
    spool = open_spool()
    spool.append([access(n, day=day) for n, day in enumerate(days, 1)])
    spool.set_mark(mark)
    assert spool.purge(TODAY) == gone
    assert rows(spool) == left
    assert lost(spool) == [], "what was purged is not lost: the hub had it"


def test_d5_below_the_mark_the_spool_keeps_what_is_not_older_than_keep_days(open_spool: OpenSpool) -> None:
    spool = open_spool(limits=Limits(keep_days=7))
    spool.append([access(n, day=TODAY - 20 + n) for n in range(1, 21)])
    spool.set_mark(20)
    spool.purge(TODAY)
    assert sorted(held(spool)) == list(range(13, 21))
    header, _ = next(iter(batches(spool)))
    assert (header.first, header.floor) == (13, 13)


def test_d2_numbers_go_on_after_everything_was_purged(open_spool: OpenSpool) -> None:
    spool = open_spool()
    spool.append([access(n, day=1) for n in range(1, 11)])
    spool.set_mark(10)
    assert spool.purge(TODAY) == 10
    spool.close()
    again = open_spool(boot=OTHER_BOOT)
    assert again.lowest == 11
    assert again.take_batch(1) is None
    assert again.append([access(11)]) == range(11, 12)
    header, events = next(iter(batches(again)))
    assert (header.first, header.floor, events) == (11, 11, {11: 11})


def test_a_purge_of_many_goes_in_steps(open_spool: OpenSpool) -> None:
    spool = open_spool()
    spool.append([access(n, day=1) for n in range(1, 6_001)])
    spool.set_mark(6_000)
    assert [spool.purge(TODAY) for _ in range(3)] == [5_000, 1_000, 0]


def test_another_devices_spool_is_set_aside_and_never_sent(
    open_spool: OpenSpool, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    spool = open_spool(owner="town/old-name")
    spool.append([access(1)])
    spool.close()
    mine = open_spool()
    assert held(mine) == {}
    assert mine.state.highest == 0
    aside = tmp_path / "spool.db.foreign.1"
    assert f"belongs to town/old-name, this is town/door: moved to {aside}" in caplog.text
    with closing(sqlite3.connect(aside)) as other:
        assert other.execute("SELECT count(*) FROM event").fetchone() == (1,)
