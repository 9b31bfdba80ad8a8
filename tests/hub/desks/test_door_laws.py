"""Laws of door events: no order, repetition or cut into batches changes log, live state, alarms, or what is rebuilt."""

import shutil
from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hub.domain.door_events import FAMILIES, Sign, alarms_of
from hub.ingest.translate import read_event
from hub.projections.rebuild import Rebuild
from hub.services.daily_work import DAY_US, Purge
from hub.storage.duties import SqlJobRuns, SqlPurgeLog, SqlRetention
from hub.storage.engine import make_engine
from hub.storage.picture_store import SqlPictureStore
from hub.storage.schema import migrate
from tests.hub.desks.world import CLI, LOOKUPS, SPACE, DoorSpool, World
from tests.hub.ingest.hub import NOW_US

FROM = "{} x JOIN epoch e ON e.pk = x.epoch_pk JOIN device d ON d.pk = e.device_pk ORDER BY 1, 2, 3, 4"
LOG = "SELECT d.id, e.epoch, x.seq, x.at_us, x.time_quality, x.what, x.granted, x.reason, x.card_pk FROM "
LIVE = "SELECT x.door_pk, d.id, e.epoch, x.seq, x.mode, x.contact, x.released, x.since_us FROM "
ALARMS = "SELECT x.door_pk, d.id, e.epoch, x.seq, x.kind, x.began_us, x.ended_us FROM "
PICTURES = (
    LOG + FROM.format("door_log"),
    LIVE + FROM.format("door_live"),
    ALARMS + FROM.format("door_alarm"),
)


@pytest.fixture(scope="module")
def fresh(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[], World]]:
    """A function that gives the two spaces on a fresh SQLite database, quickly: a copy of one that was made once."""
    folder = tmp_path_factory.mktemp("laws")
    engine = make_engine(f"sqlite:///{folder / 'template.db'}")
    migrate(engine)
    world = World(engine)
    world.set_up()
    world.card(member=world.member())
    engine.dispose()
    made: list[World] = []

    def make() -> World:
        path = folder / f"{len(made)}.db"
        shutil.copy(folder / "template.db", path)
        made.append(World(make_engine(f"sqlite:///{path}")))
        return made[-1]

    yield make
    for one in made:
        discard(one)


def discard(world: World) -> None:
    world.engine.dispose()
    for end in ("", "-wal", "-shm"):
        Path(f"{world.engine.url.database}{end}").unlink(missing_ok=True)


one_event = st.tuples(
    st.sampled_from(
        [
            "forced",
            "held",
            "tamper",
            "tamper_ended",
            "closed",
            "contact",
            "started",
            "mode",
            "access",
            "synchronised",
        ]
    ),
    st.sampled_from(["haupt", "hof"]),
    st.sampled_from(["open", "closed", "unknown"]),
    st.booleans(),
)


@st.composite
def spools(draw: st.DrawFn, device: str, epoch: str) -> DoorSpool:
    spool = DoorSpool(device=device, epoch=epoch)
    for at_s, (what, door, contact, synced) in enumerate(
        draw(st.lists(one_event, min_size=1, max_size=20)), 100
    ):
        if what == "access":
            spool.access(LOOKUPS[1], at_s, door=door, synced=synced)
        elif what == "synchronised":
            spool.synchronised(at_s)
        else:
            spool.door(what, at_s, door=door, contact=contact, synced=synced)
    return spool


all_spools = st.tuples(
    spools(device="pi-1", epoch="e000000000000001"),
    spools(device="pi-1", epoch="e000000000000002"),
    spools(device="pi-2", epoch="e000000000000001"),
)


def pictures(world: World) -> list[list[tuple[Any, ...]]]:
    return [world.rows(query) for query in PICTURES]


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.data())
def test_D9_the_pictures_of_doors_do_not_depend_on_the_way(  # noqa: N802  (rule D9)
    fresh: Callable[[], World], data: st.DataObject
) -> None:
    given_spools = data.draw(all_spools)
    straight, bent = fresh(), fresh()
    for spool in given_spools:
        # The hub numbers epochs as it meets them: in the same order here, as a device begins them in time.
        bent.take(spool.batch(1, 1))
        straight.take(spool.batch(1))
    messages = [message for spool in given_spools for message in spool.batches(data.draw(st.integers(1, 5)))]
    shuffled = data.draw(st.permutations(messages + messages[::3]))
    size = data.draw(st.integers(1, 6))
    for begin in range(0, len(shuffled), size):
        bent.take(*shuffled[begin : begin + size])
    assert pictures(bent) == pictures(straight)
    events = sum(spool.next_seq - 1 for spool in given_spools) - sum(
        b"clock_synchronised" in line for spool in given_spools for line in spool.lines.values()
    )
    assert bent.rows("SELECT count(*) FROM chain_entry WHERE chain LIKE :pi", pi=f"{SPACE}/%") == [(events,)]
    for world in (straight, bent):
        check = Rebuild(SqlPictureStore(world.engine), read_event).run(is_check=True, progress=lambda _: None)
        assert check.total == 0
        discard(world)


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.lists(st.tuples(st.integers(0, 70), st.booleans()), min_size=1, max_size=6),
    st.booleans(),
    st.data(),
)
def test_D9_visits_do_not_depend_on_the_way(  # noqa: N802  (rule D9)
    fresh: Callable[[], World], came: list[tuple[int, bool]], is_synchronised: bool, data: st.DataObject
) -> None:
    spool = DoorSpool()
    for at_hours, synced in sorted(came):
        spool.access(LOOKUPS[1], at_hours * 3600 + 1, synced=synced)
    if is_synchronised:
        spool.synchronised(71 * 3600)
    straight, bent = fresh(), fresh()
    straight.take(spool.batch(1))
    for message in data.draw(st.permutations([*spool.batches(1), *spool.batches(2)])):
        bent.take(message)
    visits = "SELECT space_pk, member_pk, day FROM visit ORDER BY 1, 2, 3"
    assert bent.rows(visits) == straight.rows(visits)
    assert straight.rows(visits)
    for world in (straight, bent):
        discard(world)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(all_spools)
def test_D2_after_a_purge_everything_again_changes_nothing(  # noqa: N802  (rule D2)
    fresh: Callable[[], World], given_spools: tuple[DoorSpool, ...]
) -> None:
    world = fresh()
    messages = [message for spool in given_spools for message in spool.batches(4)]
    world.take(*messages)
    before = pictures(world), world.chain(f"{SPACE}/pi-1")
    purge = Purge(
        SqlRetention(world.engine),
        SqlJobRuns(world.engine),
        SqlPurgeLog(world.engine),
        event_days=7,
        quarantine_days=30,
    )
    purge.run(NOW_US + 8 * DAY_US)
    world.take(*messages)
    assert (pictures(world), world.chain(f"{SPACE}/pi-1")) == before
    check = Rebuild(SqlPictureStore(world.engine), read_event).run(is_check=True, progress=lambda _: None)
    assert check.total == 0, "the last word on each door stays with its event"
    discard(world)


signs = st.lists(
    st.tuples(
        st.sampled_from(["forced", "held", "closed", "contact", "started"]),
        st.sampled_from(["", "closed", "open"]),
    ),
    max_size=30,
)


@given(signs)
def test_alarms_of_a_kind_never_overlap_and_each_ends_with_the_first_end_after_it(
    told: list[tuple[str, str]],
) -> None:
    family = FAMILIES[0]
    rows = [Sign((1, number), number, what, reason) for number, (what, reason) in enumerate(told)]
    ends = [row.at_us for row in rows if family.is_end(row.what, row.reason)]
    for kind in family.begins.values():
        found = [alarm for alarm in alarms_of(family, rows) if alarm.kind is kind]
        for alarm in found:
            assert alarm.ended_us == min((at_us for at_us in ends if at_us > alarm.began_us), default=None)
        for before, after in pairwise(found):
            assert before.ended_us is not None
            assert before.ended_us < after.began_us


def test_what_is_older_than_it_may_be_goes_and_what_lasts_stays(world: World) -> None:
    card = world.card(member=world.member())
    spool = DoorSpool()
    spool.access(LOOKUPS[card], 1)
    spool.door("forced", 2, contact="open")
    spool.door("closed", 3)
    spool.door("tamper", 4)
    world.take(spool.batch(1))
    done = world.cards.ask_for_card(SPACE, ("pi-1", "leser"), "Karte 8", None, CLI, NOW_US)
    world.cards.cancel(done, CLI, NOW_US)
    world.cards.ask_for_card(SPACE, ("pi-1", "tisch"), "Karte 9", None, CLI, NOW_US)
    world.doors.open_log(SPACE, "Fundsache", world.actor(1), NOW_US)

    def counts(days: float) -> dict[str, int]:
        purge = Purge(
            SqlRetention(world.engine),
            SqlJobRuns(world.engine),
            SqlPurgeLog(world.engine),
            event_days=7,
            quarantine_days=30,
            door_log_days=30,
        )
        purge.run(NOW_US + int(days * DAY_US))
        tables = ("door_log", "door_alarm", "command", "card_order", "log_opening")
        return {table: world.rows(f"SELECT count(*) FROM {table}")[0][0] for table in tables}

    assert counts(1) == {"door_log": 4, "door_alarm": 2, "command": 2, "card_order": 2, "log_opening": 1}
    assert counts(2) == {"door_log": 4, "door_alarm": 2, "command": 2, "card_order": 1, "log_opening": 0}
    assert counts(29) == {"door_log": 4, "door_alarm": 2, "command": 2, "card_order": 1, "log_opening": 0}
    assert counts(31) == {"door_log": 0, "door_alarm": 1, "command": 0, "card_order": 0, "log_opening": 0}
    assert [row[0] for row in world.rows("SELECT kind FROM door_alarm")] == ["tamper"]


@pytest.mark.parametrize(
    "damage",
    [
        "UPDATE door_live SET contact = 'open' WHERE contact = 'closed'",
        "UPDATE door_live SET since_us = since_us + 1",
        "UPDATE door_live SET seq = seq - 1",
        "UPDATE door_live SET seq = seq + 1000",
        "DELETE FROM door_live",
        "UPDATE door_live SET door_pk = (SELECT max(pk) FROM door) WHERE device_pk = (SELECT min(pk) FROM device)",
    ],
)
def test_a_damaged_picture_of_doors_is_found_and_put_right(world: World, damage: str) -> None:
    for device in ("pi-1", "pi-2"):
        spool = DoorSpool(device=device)
        spool.door("started", 1, contact="unknown")
        spool.door("closed", 2)
        spool.desk("flur", "occupied", 3)
        world.take(spool.batch(1))
    before = pictures(world)
    rebuild = Rebuild(SqlPictureStore(world.engine), read_event)
    with world.engine.begin() as connection:
        connection.exec_driver_sql(damage)
    assert rebuild.run(is_check=True, progress=lambda _: None).doors > 0
    assert pictures(world) != before
    rebuild.run(is_check=False, progress=lambda _: None)
    assert pictures(world) == before
