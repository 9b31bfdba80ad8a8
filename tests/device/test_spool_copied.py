"""A spool that was copied, or restored from an SD card's image, never uses a number again (D10)."""

import shutil
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import given, settings
from hypothesis import strategies as st

from device.core.delivery import BeginEpoch, Delivery, SendFrom
from device.spool import Spool
from tests.device.conftest import OpenSpool
from tests.device.entries import OTHER_BOOT, OWNER, access, held, number_of, rows
from wire.codec import batch_seqs, decode_batch
from wire.identifiers import new_hex16


class HubOnPaper:
    """Commits batches that begin at its mark, and remembers keys that came with other content (D2)."""

    def __init__(self) -> None:
        self.events: dict[tuple[str, int], int] = {}
        self.marks: dict[str, int] = {}
        self.collisions: list[tuple[str, int]] = []

    def take(self, payload: bytes) -> None:
        """Commit a batch."""
        header, lines = decode_batch(payload)
        for seq, line in zip(batch_seqs(header), lines, strict=True):
            key, number = (header.epoch, seq), number_of(line)
            if self.events.setdefault(key, number) != number:
                self.collisions.append(key)
        self.marks[header.epoch] = max(self.marks.get(header.epoch, 0), header.last)


def connect(spool: Spool, hub: HubOnPaper) -> None:
    """Connect a device as the loop does, until everything is acknowledged."""
    state = spool.state
    delivery = Delivery(state.epoch, state.mark, state.published, random=lambda: 0.0)
    delivery.link_up(0)
    delivery.mark_arrived(state.epoch, hub.marks.get(state.epoch, 0), 0)
    while step := delivery.next_step(spool.lowest, spool.state.highest, 0):
        match step:
            case BeginEpoch(mark):
                spool.begin_epoch(mark)
                delivery.begin(spool.state.epoch)
            case SendFrom(first):
                batch = spool.take_batch(first)
                assert batch is not None
                hub.take(batch.payload)
                delivery.sent(batch.first, batch.last, 0)
                delivery.mark_arrived(spool.state.epoch, hub.marks[spool.state.epoch], 0)
        spool.set_mark(delivery.mark)


def test_d10_a_spool_copied_from_an_sd_image_goes_on_under_a_new_epoch(
    open_spool: OpenSpool, tmp_path: Path
) -> None:
    hub = HubOnPaper()
    original = open_spool("original.db")
    original.append([access(n) for n in range(1, 11)])
    connect(original, hub)
    original.close()
    shutil.copyfile(tmp_path / "original.db", tmp_path / "copy.db")

    original = open_spool("original.db")
    original.append([access(n) for n in range(11, 16)])
    connect(original, hub)

    copy = open_spool("copy.db", boot=OTHER_BOOT)
    copy.append([access(n) for n in range(101, 104)])
    connect(copy, hub)

    assert copy.state.epoch != original.state.epoch
    assert sorted(hub.events.values()) == [*range(1, 16), 101, 102, 103]
    assert hub.collisions == []


def test_d10_a_copy_that_recorded_more_than_the_original_is_noticed_too(
    open_spool: OpenSpool, tmp_path: Path
) -> None:
    hub = HubOnPaper()
    original = open_spool("original.db")
    original.append([access(1)])
    connect(original, hub)
    original.close()
    shutil.copyfile(tmp_path / "original.db", tmp_path / "copy.db")
    original = open_spool("original.db")
    original.append([access(2)])
    connect(original, hub)

    copy = open_spool("copy.db", boot=OTHER_BOOT)
    copy.append([access(n) for n in range(101, 111)])
    assert copy.state.highest > hub.marks[original.state.epoch], "the numbers alone tell nothing"
    connect(copy, hub)

    assert sorted(hub.events.values()) == [1, 2, *range(101, 111)]
    assert hub.collisions == []


def test_d10_an_older_image_on_the_same_card_is_noticed_by_its_boot(
    open_spool: OpenSpool, tmp_path: Path
) -> None:
    # An image written back keeps the file's inode: only the boot is another one.
    hub = HubOnPaper()
    spool = open_spool()
    spool.append([access(n) for n in range(1, 11)])
    connect(spool, hub)
    spool.close()
    image = (tmp_path / "spool.db").read_bytes()
    spool = open_spool()
    spool.append([access(n) for n in range(11, 21)])
    connect(spool, hub)
    spool.close()
    with (tmp_path / "spool.db").open("r+b") as file:
        file.write(image)
        file.truncate()

    restored = open_spool(boot=OTHER_BOOT)
    restored.append([access(201), access(202)])
    connect(restored, hub)

    assert sorted(hub.events.values()) == [*range(1, 21), 201, 202]
    assert hub.collisions == []


def test_d10_a_copied_file_is_told_from_its_original_within_one_boot(
    open_spool: OpenSpool, tmp_path: Path
) -> None:
    hub = HubOnPaper()
    original = open_spool("original.db")
    original.append([access(n) for n in range(1, 6)])
    original.close()
    shutil.copyfile(tmp_path / "original.db", tmp_path / "copy.db")
    original = open_spool("original.db")
    connect(original, hub)

    copy = open_spool("copy.db")
    copy.append([access(101)])
    connect(copy, hub)

    assert sorted(hub.events.values()) == [1, 2, 3, 4, 5, 101]
    assert hub.collisions == []


def test_d10_only_what_the_hub_cannot_have_is_carried(open_spool: OpenSpool) -> None:
    spool = open_spool()
    spool.append([access(n) for n in range(1, 11)])
    spool.close()
    spool = open_spool(boot=OTHER_BOOT)
    spool.append([access(11), access(12)])
    epoch = spool.state.epoch
    # The hub has up to 8: 9 and 10 never arrived, 11 and 12 are of this boot.
    assert spool.begin_epoch(8) == 4
    assert spool.state.epoch != epoch
    assert held(spool) == {1: 9, 2: 10, 3: 11, 4: 12}


def test_d10_this_boots_events_are_carried_even_below_the_mark(open_spool: OpenSpool) -> None:
    spool = open_spool()
    spool.append([access(n) for n in range(1, 11)])
    spool.close()
    spool = open_spool(boot=OTHER_BOOT)
    spool.append([access(11), access(12)])
    assert spool.begin_epoch(50) == 2
    assert held(spool) == {1: 11, 2: 12}


def test_d10_what_was_acknowledged_to_us_is_not_carried(open_spool: OpenSpool) -> None:
    spool = open_spool()
    spool.append([access(n) for n in range(1, 11)])
    spool.set_mark(6)
    assert spool.begin_epoch(50) == 4
    assert held(spool) == {1: 7, 2: 8, 3: 9, 4: 10}


def test_d10_a_new_epoch_survives_a_restart_as_a_whole(open_spool: OpenSpool) -> None:
    spool = open_spool()
    spool.append([access(n) for n in range(1, 11)])
    spool.begin_epoch(3)
    epoch = spool.state.epoch
    spool.close()
    again = open_spool()
    assert again.state.epoch == epoch
    assert rows(again) == list(range(1, again.state.highest + 1))
    assert again.append([access(99)]) == range(again.state.highest, again.state.highest + 1)


def test_what_was_published_is_remembered_before_it_is_given(open_spool: OpenSpool) -> None:
    spool = open_spool()
    spool.append([access(1)])
    assert spool.state.published == 0
    assert spool.take_batch(1) is not None
    spool._db.close()  # as after a power cut
    again = open_spool()
    assert again.state.published == 1
    again.append([access(2)], publishing=True)
    again._db.close()
    assert open_spool().state.published == 2


@settings(max_examples=30, deadline=None)
@given(
    before=st.integers(0, 5),
    drained=st.booleans(),
    turns=st.lists(
        st.tuples(st.sampled_from(["original", "copy", "second copy"]), st.integers(0, 4)), max_size=8
    ),
)
def test_d10_however_a_spool_and_its_copies_take_turns_each_event_counts_once(
    before: int, drained: bool, turns: list[tuple[str, int]]
) -> None:
    numbers = count(1)
    hub = HubOnPaper()
    with TemporaryDirectory() as folder:
        path = Path(folder)

        def turn(name: str, events: int, *, is_connected: bool = True) -> None:
            """One boot of one of them: it records, connects, and is switched off."""
            spool = Spool(path / name, owner=OWNER, boot=new_hex16())
            spool.append([access(next(numbers)) for _ in range(events)])
            if is_connected:
                connect(spool, hub)
            spool.save()
            spool.close()

        turn("original", before, is_connected=drained)
        for name in ("copy", "second copy"):
            shutil.copyfile(path / "original", path / name)
        for name, events in turns:
            turn(name, events)
        turn("original", 0)
    assert hub.collisions == []
    assert sorted(hub.events.values()) == list(range(1, next(numbers)))
