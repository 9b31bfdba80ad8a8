"""The delivery rules on the hub's side, on SQLite and PostgreSQL; each test is named after its rule."""

import pytest

from hub.ingest.intake import Message
from tests.hub.ingest.hub import NOW_US, Hub, town
from tests.hub.ingest.spool import WALL_US, Spool
from wire import codec
from wire.messages import BatchHeader

ME = ("stadtlabor", "pi-1", "e000000000000001")


def test_d2_a_repeated_event_is_counted_once(hub: Hub, spool: Spool) -> None:
    spool.many(6)
    hub.take(spool.batch(1, 6))
    before = hub.pictures()
    outcome = hub.take(spool.batch(1, 6), spool.batch(2, 4))
    assert (outcome.counted, outcome.repeated) == (0, 9)
    assert len(hub.payloads()) == 6
    assert hub.pictures() == before


def test_d2_an_event_repeated_within_one_group_is_counted_once(hub: Hub, spool: Spool) -> None:
    spool.many(6)
    outcome = hub.take(spool.batch(1, 4), spool.batch(3, 6), spool.batch(1, 6))
    assert (outcome.counted, outcome.repeated) == (6, 8)
    assert len(hub.payloads()) == 6


def test_d2_a_purged_event_that_comes_again_is_not_counted_again(hub: Hub, spool: Spool) -> None:
    spool.many(6)
    spool.session("flur", 60, 30)
    hub.take(spool.batch(1))
    with hub.engine.begin() as connection:
        for table in ("desk_live", "desk_session", "event"):
            connection.exec_driver_sql(f"DELETE FROM {table}")
    outcome = hub.restarted().take(spool.batch(1))
    assert (outcome.counted, outcome.repeated) == (0, 7)
    assert outcome.marks == {ME: 7}
    assert hub.payloads() == {}
    assert hub.pictures() == ([], [])
    assert hub.quarantine() == []


def test_d2_other_content_under_a_counted_number_is_quarantined_and_rings(hub: Hub, spool: Spool) -> None:
    spool.many(3)
    hub.take(spool.batch(1))
    copy = Spool(floor=1)
    copy.many(1)
    copy.desk("flur", "occupied")
    copy.many(1)
    outcome = hub.take(copy.batch(1))
    assert (outcome.counted, outcome.refused) == (0, 2)
    assert hub.quarantine() == [(2, "other_content"), (3, "other_content")]
    assert hub.alarms() == {"other_content": 2}
    assert hub.payloads()["pi-1", spool.epoch, 2] == spool.lines[2]


def test_d2_other_content_within_one_group_is_quarantined_too(hub: Hub, spool: Spool) -> None:
    spool.many(2)
    copy = Spool()
    copy.card()
    outcome = hub.take(spool.batch(1), copy.batch(1))
    assert (outcome.counted, outcome.refused) == (2, 1)
    assert hub.quarantine() == [(1, "other_content")]
    assert hub.payloads()["pi-1", spool.epoch, 1] == spool.lines[1]


def test_d2_other_content_that_comes_again_is_quarantined_once(hub: Hub, spool: Spool) -> None:
    spool.many(1)
    hub.take(spool.batch(1))
    copy = Spool()
    copy.card()
    for _ in range(3):
        hub.take(copy.batch(1))
    assert hub.quarantine() == [(1, "other_content")]


def test_d3_the_mark_is_the_end_of_the_committed_run(hub: Hub, spool: Spool) -> None:
    spool.many(10)
    outcome = hub.take(spool.batch(1, 4), spool.batch(5, 10))
    assert outcome.marks == {ME: 10}
    assert (outcome.counted, hub.mark()) == (10, 10)
    assert hub.payloads() == {("pi-1", spool.epoch, seq): line for seq, line in spool.lines.items()}


def test_d3_the_mark_is_answered_to_a_repeated_batch(hub: Hub, spool: Spool) -> None:
    spool.many(5)
    hub.take(spool.batch(1))
    assert hub.take(spool.batch(1, 2)).marks == {ME: 5}


def test_d3_a_batch_above_a_gap_is_kept_and_the_mark_waits_for_the_gap(hub: Hub, spool: Spool) -> None:
    spool.many(12)
    assert hub.take(spool.batch(7, 9)).marks == {ME: 0}
    assert hub.take(spool.batch(12, 12)).marks == {ME: 0}
    assert hub.restarted().take(spool.batch(1, 4)).marks == {ME: 4}
    assert hub.take(spool.batch(5, 6)).marks == {ME: 9}
    assert hub.take(spool.batch(10, 11)).marks == {ME: 12}
    assert len(hub.payloads()) == 12
    assert hub.rows("SELECT * FROM received_range") == []


def test_d3_what_lies_above_a_gap_is_counted_once(hub: Hub, spool: Spool) -> None:
    spool.many(10)
    hub.take(spool.batch(4, 6))
    outcome = hub.take(spool.batch(3, 8))
    assert (outcome.counted, outcome.repeated) == (3, 3)
    assert hub.take(spool.batch(1, 10)).marks == {ME: 10}
    assert len(hub.payloads()) == 10


def test_d3_each_epoch_has_its_own_mark(hub: Hub, spool: Spool) -> None:
    spool.many(3)
    second = Spool(epoch="e000000000000002")
    second.many(5)
    outcome = hub.take(spool.batch(1), second.batch(1))
    assert outcome.marks == {ME: 3, ("stadtlabor", "pi-1", "e000000000000002"): 5}
    assert hub.alarms() == {"new_epoch": 1}


def test_d3_the_store_says_the_mark_of_any_epoch_for_a_birth(hub: Hub, spool: Spool) -> None:
    spool.many(3)
    hub.take(spool.batch(1))
    device = hub.directory.device("stadtlabor", "pi-1", NOW_US)
    assert device is not None
    assert hub.store.mark(device.pk, spool.epoch) == 3
    assert hub.store.mark(device.pk, "ffffffffffffffff") == 0


def test_d6_lost_events_are_recorded_and_ring_and_the_mark_passes_over(hub: Hub, spool: Spool) -> None:
    spool.many(10)
    spool.lose(3, 5)
    spool.lose(8, 8)
    outcome = hub.take(spool.batch(1))
    assert outcome.marks == {ME: 10}
    assert (outcome.counted, outcome.lost) == (6, 4)
    assert hub.rows("SELECT first, last FROM lost_range ORDER BY first") == [(3, 5), (8, 8)]
    assert hub.alarms() == {"events_lost": 1}


def test_d6_losses_told_again_are_not_recorded_or_rung_again(hub: Hub, spool: Spool) -> None:
    spool.many(10)
    spool.lose(3, 5)
    hub.take(spool.batch(1))
    assert hub.restarted().take(spool.batch(1)).lost == 0
    assert hub.alarms() == {"events_lost": 1}


def test_d6_what_lies_below_the_floor_is_lost(hub: Hub, spool: Spool) -> None:
    spool.many(10)
    spool.floor = 7
    outcome = hub.take(spool.batch(7))
    assert outcome.marks == {ME: 10}
    assert (outcome.counted, outcome.lost) == (4, 6)
    assert hub.rows("SELECT first, last FROM lost_range") == [(1, 6)]


def test_d6_a_floor_below_the_mark_loses_nothing(hub: Hub, spool: Spool) -> None:
    spool.many(10)
    hub.take(spool.batch(1, 6))
    spool.floor = 5
    outcome = hub.take(spool.batch(7))
    assert (outcome.lost, hub.mark()) == (0, 10)


def test_d6_a_batch_of_nothing_but_losses_moves_the_mark(hub: Hub, spool: Spool) -> None:
    spool.many(4)
    spool.lose(1, 4)
    assert hub.take(spool.batch(1)).marks == {ME: 4}
    assert hub.rows("SELECT first, last FROM lost_range") == [(1, 4)]


def test_d6_what_was_counted_is_not_lost_when_the_device_drops_it_later(hub: Hub, spool: Spool) -> None:
    spool.many(6)
    hub.take(spool.batch(1, 3))
    spool.lose(2, 4)
    outcome = hub.take(spool.batch(1))
    assert (outcome.lost, outcome.counted) == (1, 2)
    assert hub.rows("SELECT first, last FROM lost_range") == [(4, 4)]


def test_d6_an_event_that_was_on_its_way_when_it_was_dropped_is_counted_after_all(
    hub: Hub, spool: Spool
) -> None:
    spool.many(6)
    on_its_way = spool.batch(1, 4)
    spool.lose(2, 4)
    hub.take(spool.batch(1))
    outcome = hub.take(on_its_way)
    assert (outcome.counted, outcome.repeated) == (3, 1)
    assert hub.rows("SELECT * FROM lost_range") == []
    assert hub.take(on_its_way).counted == 0
    assert len(hub.payloads()) == 6


def test_d7_one_bad_event_in_a_batch_is_quarantined_and_the_others_are_counted(
    hub: Hub, spool: Spool
) -> None:
    spool.many(2)
    bad = spool.add(b'{"type":"desk_state","boot":"nonsense"}')
    spool.many(2)
    outcome = hub.take(spool.batch(1))
    assert outcome.marks == {ME: 5}
    assert (outcome.counted, outcome.refused) == (4, 1)
    assert hub.quarantine() == [(bad, "unreadable_event")]
    assert sorted(seq for _, _, seq in hub.payloads()) == [1, 2, 4, 5]
    [(stored,)] = hub.rows("SELECT payload FROM quarantine")
    assert bytes(stored) == spool.lines[bad]


def test_d7_a_refused_event_that_comes_again_changes_nothing(hub: Hub, spool: Spool) -> None:
    spool.add(b"{}")
    hub.take(spool.batch(1))
    assert hub.take(spool.batch(1)).refused == 0
    assert hub.quarantine() == [(1, "unreadable_event")]


@pytest.mark.parametrize(
    "line", [b"", b"{}", b"null", b'{"type":"new_thing"}', b"\xff\xfe", b"x" * 4097], ids=repr
)
def test_d7_whatever_an_event_is_the_mark_passes_it(sqlite_hub: Hub, spool: Spool, line: bytes) -> None:
    spool.add(line)
    assert sqlite_hub.take(spool.batch(1)).marks == {ME: 1}
    assert sqlite_hub.quarantine() == [(1, "unreadable_event")]


def test_d7_an_event_of_a_desk_of_another_space_is_quarantined(hub: Hub, spool: Spool) -> None:
    hub.import_site(town(), town("werkhalle", desks=("hobelbank",), name="b"))
    spool.desk("hobelbank", "occupied")
    spool.desk("flur", "occupied")
    outcome = hub.take(spool.batch(1))
    assert (outcome.counted, outcome.marks) == (1, {ME: 2})
    assert hub.quarantine() == [(1, "unknown_desk")]
    assert list(hub.live()) == ["flur"]


@pytest.mark.parametrize(
    "payload",
    [b"", b"\x00", b"not json", b'{"epoch":"e000000000000001"}\n{}', b"[" * 100_000],
    ids=["empty", "nul", "text", "half a header", "deep"],
)
def test_d7_an_unreadable_header_moves_no_mark_and_rings(hub: Hub, spool: Spool, payload: bytes) -> None:
    spool.many(2)
    outcome = hub.take(Message(spool.topic, payload), spool.batch(1))
    assert (outcome.unreadable, outcome.counted, outcome.marks) == (1, 2, {ME: 2})
    assert hub.quarantine() == [(0, "unreadable_header")]
    assert hub.alarms() == {"unreadable_header": 1}


def test_d7_a_header_that_does_not_account_for_its_lines_moves_no_mark(hub: Hub, spool: Spool) -> None:
    spool.many(3)
    header = BatchHeader(epoch=spool.epoch, first=1, last=5, floor=1)
    outcome = hub.take(Message(spool.topic, codec.encode_batch(header, list(spool.lines.values()))))
    assert (outcome.unreadable, outcome.marks, hub.mark()) == (1, {}, 0)


def test_d7_a_batch_of_an_unknown_device_moves_no_mark_until_the_site_file_has_it(hub: Hub) -> None:
    spool = Spool(space="neubau")
    spool.many(3)
    outcome = hub.take(spool.batch(1))
    assert (outcome.unknown, outcome.counted, outcome.marks) == (1, 0, {})
    assert hub.alarms() == {"unknown_device": 1}
    assert hub.quarantine() == []
    hub.import_site(town(), town("werkhalle", name="b"), town("neubau", name="c"))
    hub.now_us += 2_000_000
    assert hub.take(spool.batch(1)).marks == {("neubau", "pi-1", spool.epoch): 3}


def test_d8_a_boot_that_is_never_synchronised_has_bounds_and_quality_unknown(hub: Hub, spool: Spool) -> None:
    spool.started(not_before_us=WALL_US - 5, synced=False)
    spool.desk("flur", "occupied", at_s=60, synced=False)
    spool.session("flur", 50, 10, at_s=90, synced=False)
    hub.take(spool.batch(1))
    times = hub.rows("SELECT DISTINCT earliest_us, latest_us, time_quality FROM event")
    assert times == [(WALL_US - 5, NOW_US, "unknown")]
    session = hub.rows("SELECT start_us, end_us, slack_us, time_quality FROM desk_session")
    assert session == [(NOW_US - 50_000_000, NOW_US - 10_000_000, NOW_US - WALL_US + 5, "unknown")]
    assert hub.live() == {"flur": ("occupied", 2)}


@pytest.mark.parametrize("size", [1, 2, 4])
def test_d8_a_boot_synchronised_later_has_its_earlier_events_and_sessions_derived(
    hub: Hub, spool: Spool, size: int
) -> None:
    spool.started(synced=False)
    spool.desk("flur", "occupied", at_s=60, synced=False)
    spool.session("flur", 50, 10, at_s=90, synced=False)
    spool.synchronised(at_s=120)
    spool.desk("flur", "vacant", at_s=150)
    spool.desk("fenster-1", "occupied", at_s=151, synced=False)
    for message in spool.batches(size):
        hub.take(message)
    times = hub.rows(
        "SELECT seq, earliest_us - :t, latest_us - :t, time_quality FROM event ORDER BY seq", t=WALL_US
    )
    assert times == [
        (1, 0, 0, "derived"),
        (2, 60_000_000, 60_000_000, "derived"),
        (3, 90_000_000, 90_000_000, "derived"),
        (4, 120_000_000, 120_000_000, "exact"),
        (5, 150_000_000, 150_000_000, "exact"),
        (6, 151_000_000, 151_000_000, "derived"),
    ]
    session = hub.rows(
        "SELECT start_us - :t, end_us - :t, slack_us, time_quality FROM desk_session", t=WALL_US
    )
    assert session == [(40_000_000, 80_000_000, 0, "derived")]
    since = hub.rows("SELECT seq, since_us - :t FROM desk_live ORDER BY seq", t=WALL_US)
    assert since == [(5, 150_000_000), (6, 151_000_000)]


def test_d8_a_boot_is_derived_alike_whatever_the_order_of_arrival(hub: Hub, spool: Spool) -> None:
    spool.desk("flur", "occupied", at_s=60, synced=False)
    spool.synchronised(at_s=120)
    # A clock that was put right once more: the boot's first synchronised event stays its measure.
    spool.boot, later = spool.boot, WALL_US
    spool.desk("flur", "vacant", at_s=150)
    for seq in (3, 1, 2):
        hub.take(spool.batch(seq, seq))
    assert hub.rows("SELECT offset_us, offset_seq FROM boot") == [(later, 2)]
    assert hub.rows("SELECT time_quality, latest_us FROM event WHERE seq = 1") == [
        ("derived", WALL_US + 60_000_000)
    ]


def test_d8_boots_do_not_lend_each_other_their_clock(hub: Hub, spool: Spool) -> None:
    spool.desk("flur", "occupied", at_s=60, synced=False)
    spool.boot = "b00700000000000b"
    spool.synchronised(at_s=5)
    hub.take(spool.batch(1))
    assert hub.rows("SELECT time_quality FROM event ORDER BY seq") == [("unknown",), ("exact",)]


def test_d8_order_never_comes_from_the_wall_clock(hub: Hub, spool: Spool) -> None:
    spool.desk("flur", "occupied", at_s=3600)
    spool.desk("flur", "vacant", at_s=10)
    hub.take(spool.batch(2, 2))
    hub.take(spool.batch(1, 1))
    assert hub.live() == {"flur": ("vacant", 2)}


def test_d9_a_refilled_event_does_not_bring_an_old_state_back(hub: Hub, spool: Spool) -> None:
    spool.desk("flur", "occupied", at_s=1)
    spool.desk("flur", "vacant", at_s=2)
    hub.take(spool.batch(1))
    hub.restarted().take(spool.batch(1, 1))
    assert hub.live() == {"flur": ("vacant", 2)}


def test_d9_the_live_state_of_a_later_epoch_wins(hub: Hub, spool: Spool) -> None:
    spool.desk("flur", "occupied", at_s=1)
    spool.desk("flur", "occupied", at_s=2)
    hub.take(spool.batch(1, 1))
    second = Spool(epoch="e000000000000002")
    second.desk("flur", "vacant", at_s=3)
    hub.take(second.batch(1))
    hub.take(spool.batch(2, 2))
    assert hub.live() == {"flur": ("vacant", 1)}
