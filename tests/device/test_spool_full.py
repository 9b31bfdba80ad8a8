"""A spool that is full drops what is least precious, and says so (D6)."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from device.spool import Spool
from device.spool_records import Limits
from tests.device.conftest import OpenSpool
from tests.device.entries import access, batches, held, lost, presence, rows
from tests.parts.requirement import missing
from wire.fields import MAX_LOST_RANGES


def fill(spool: Spool, kinds: str) -> None:
    """Append one event for each letter: `a` an access event, `p` a presence event."""
    for number, kind in enumerate(kinds, spool.state.highest + 1):
        spool.append([access(number) if kind == "a" else presence(number)])


# Room for five; the letters are appended one by one.
FULL = [
    ("just full: nothing goes", "apapa", 0, [1, 2, 3, 4, 5]),
    ("the oldest presence goes first", "apapaa", 0, [1, 3, 4, 5, 6]),
    ("then the next", "apapaaa", 0, [1, 3, 5, 6, 7]),
    ("presence goes for presence", "pppppp", 0, [2, 3, 4, 5, 6]),
    ("access goes only when all presence is gone", "aaaaaa", 0, [2, 3, 4, 5, 6]),
    ("presence never displaces access", "aaaaap", 0, [1, 2, 3, 4, 5]),
    ("what the hub has goes before anything else", "aapppp", 1, [2, 3, 4, 5, 6]),
    ("what the hub has goes first, then presence", "aappppa", 1, [2, 4, 5, 6, 7]),
]


@pytest.mark.parametrize(("kinds", "mark", "left"), [row[1:] for row in FULL], ids=[row[0] for row in FULL])
def test_d6_a_full_spool_drops_in_order_of_worth(
    open_spool: OpenSpool, kinds: str, mark: int, left: list[int]
) -> None:
    spool = open_spool(limits=Limits(max_events=5))
    fill(spool, kinds[:5])
    spool.set_mark(mark)
    fill(spool, kinds[5:])
    assert rows(spool) == left
    assert spool.state.highest == len(kinds)


def test_d6_every_number_is_accounted_for_as_event_or_as_lost(open_spool: OpenSpool) -> None:
    spool = open_spool(limits=Limits(max_events=20))
    fill(spool, "pap" * 20)
    seen = sorted([*held(spool), *lost(spool)])
    assert seen == list(range(1, 61))
    assert len(held(spool)) == 20
    assert spool.state.dropped == 40


def test_d6_the_header_tells_floor_and_lost_ranges(open_spool: OpenSpool) -> None:
    spool = open_spool(limits=Limits(max_events=5))
    fill(spool, "ppaappap")
    [(header, events)] = batches(spool)
    assert (header.first, header.last, header.floor) == (1, 8, 3)
    assert [(r.first, r.last) for r in header.lost] == [(1, 2), (5, 5)]
    assert sorted(events) == [3, 4, 6, 7, 8]


def test_d6_an_event_lost_at_the_end_is_told_too(open_spool: OpenSpool) -> None:
    spool = open_spool(limits=Limits(max_events=3))
    fill(spool, "aaapp")
    [(header, events)] = batches(spool)
    assert (header.first, header.last) == (1, 5)
    assert sorted(events) == [1, 2, 3]
    assert lost(spool) == [4, 5]
    assert spool.append([access(6)]) == range(6, 7), "a lost number is not given again"


def test_d6_more_lost_ranges_than_a_header_holds_are_told_in_several_batches(open_spool: OpenSpool) -> None:
    spool = open_spool(limits=Limits(max_events=200))
    fill(spool, "ap" * 150)
    headers = [header for header, _ in batches(spool)]
    assert all(len(header.lost) <= MAX_LOST_RANGES for header in headers)
    assert len(headers) > 1
    assert sorted([*held(spool), *lost(spool)]) == list(range(1, 301))
    assert lost(spool) == list(range(2, 201, 2))


def test_d6_more_at_once_than_the_spool_holds_leaves_the_last(open_spool: OpenSpool) -> None:
    spool = open_spool(limits=Limits(max_events=5))
    assert spool.append([access(n) for n in range(1, 13)]) == range(1, 13)
    assert rows(spool) == [8, 9, 10, 11, 12]
    assert lost(spool) == list(range(1, 8))


def test_d6_the_limit_in_bytes_holds_too(open_spool: OpenSpool, tmp_path: Path) -> None:
    spool = open_spool(limits=Limits(max_bytes=300_000))
    for start in range(1, 5_001, 100):
        spool.append([presence(n) for n in range(start, start + 100)])
    assert spool._used_bytes() <= 300_000 + 100_000
    assert rows(spool)[-1] == 5_000
    assert sorted([*held(spool), *lost(spool)]) == list(range(1, 5_001))
    spool.close()
    assert (tmp_path / "spool.db").stat().st_size < 500_000


def test_d6_dropped_numbers_stay_dropped_after_a_restart(open_spool: OpenSpool) -> None:
    limits = Limits(max_events=5)
    spool = open_spool(limits=limits)
    fill(spool, "pppppppp")
    spool.close()
    again = open_spool(limits=limits)
    assert (lost(again), rows(again)) == ([1, 2, 3], [4, 5, 6, 7, 8])


FULL_DISK = """
import json, sys
from device.spool import Spool
from device.spool_records import Limits
from tests.device.entries import BOOT, OWNER, access, presence, rows, held, lost
spool = Spool(sys.argv[1], owner=OWNER, boot=BOOT)
for start in range(1, 40_001, 20):
    spool.append([(presence if n % 10 else access)(n) for n in range(start, start + 20)])
answer = {"dropped": spool.state.dropped, "highest": spool.state.highest, "durable": spool.is_durable}
answer["access"] = sum(n % 10 == 0 for n in held(spool).values())
answer["accounted"] = sorted([*held(spool), *lost(spool)]) == list(range(1, 40_001))
# Somebody else fills the rest: what is only learnt must still be written, and the spool opened again.
with open(sys.argv[1] + ".filler", "wb", buffering=0) as filler:
    try:
        while filler.write(bytes(4096)):
            pass
    except OSError:
        pass
spool._db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
spool.set_mark(20_000)
spool.save(wall_us=77)
spool.close()
again = Spool(sys.argv[1], owner=OWNER, boot="b008" * 4)
answer["learnt"] = [again.state.mark, again.state.last_wall_us]
answer["again"] = [again.state.highest, len(rows(again))]
answer["next"] = list(again.append([access(40_001)]))
print(json.dumps(answer))
"""


def test_d6_a_disk_without_room_drops_presence_and_goes_on(tmp_path: Path) -> None:
    unshare = shutil.which("unshare")
    disk = tmp_path / "disk"
    disk.mkdir()
    command = f'mount -t tmpfs -o size=6m tmpfs {disk} && exec "$@"'
    wrapper = [str(unshare), "--mount", "--user", "--map-root-user", "sh", "-c", command, "sh"]
    if unshare is None or subprocess.run([*wrapper, "true"], capture_output=True, check=False).returncode:
        wrapper = [str(unshare), "--mount", "sh", "-c", command, "sh"]
        if unshare is None or subprocess.run([*wrapper, "true"], capture_output=True, check=False).returncode:
            missing("a small disk to fill", "run as root, or allow user namespaces with mounts")
    done = subprocess.run(
        [*wrapper, sys.executable, "-c", FULL_DISK, disk / "spool.db"],
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "its disk is full" in done.stderr
    answer = json.loads(done.stdout)
    assert answer["dropped"] > 5_000
    assert answer["access"] == 4_000, "no access event was dropped: there was presence left"
    assert answer["accounted"] is True
    assert answer["learnt"] == [20_000, 77]
    assert answer["again"][0] == 40_000
    assert answer["next"] == [40_001]
