"""The law of intake: whatever is lost, repeated, reordered or restarted on the way, the store is what was spooled."""

import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hub.domain.events import Reported
from hub.ingest.intake import Message
from hub.ingest.translate import read_event
from hub.projections.rebuild import Rebuild
from hub.storage.duties import SqlRetention
from hub.storage.engine import make_engine
from hub.storage.picture_store import SqlPictureStore
from hub.storage.schema import migrate
from tests.hub.ingest.hub import DESKS, Hub
from tests.hub.ingest.spool import Spool

EPOCHS = ("e000000000000001", "e000000000000002")

LIVE = (
    "SELECT desk.id, device.id, l.state, l.reason, l.since_us, l.time_quality, epoch.epoch, l.epoch_ordinal, l.seq"
    " FROM desk_live l JOIN desk ON desk.pk = l.desk_pk JOIN device ON device.pk = l.device_pk"
    " JOIN epoch ON epoch.pk = l.epoch_pk ORDER BY 1, 2"
)
SESSIONS = (
    "SELECT device.id, epoch.epoch, s.seq, desk.id, s.start_us, s.end_us, s.slack_us, s.time_quality"
    " FROM desk_session s JOIN desk ON desk.pk = s.desk_pk JOIN epoch ON epoch.pk = s.epoch_pk"
    " JOIN device ON device.pk = epoch.device_pk ORDER BY 1, 2, 3"
)
TIMES = (
    "SELECT device.id, epoch.epoch, v.seq, v.kind, v.earliest_us, v.latest_us, v.time_quality FROM event v"
    " JOIN epoch ON epoch.pk = v.epoch_pk JOIN device ON device.pk = epoch.device_pk ORDER BY 1, 2, 3"
)


@pytest.fixture(scope="module")
def fresh_hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[], Hub]]:
    """A function that gives a hub on a fresh SQLite database with a site, quickly: a copy of one that was made once."""
    folder = tmp_path_factory.mktemp("interleaving")
    engine = make_engine(f"sqlite:///{folder / 'template.db'}")
    migrate(engine)
    Hub(engine).import_site()
    engine.dispose()
    made: list[Hub] = []

    def make() -> Hub:
        path = folder / f"{len(made)}.db"
        shutil.copy(folder / "template.db", path)
        made.append(Hub(make_engine(f"sqlite:///{path}")))
        return made[-1]

    yield make
    for hub in made:
        discard(hub)


def discard(hub: Hub) -> None:
    hub.engine.dispose()
    for end in ("", "-wal", "-shm"):
        Path(f"{hub.engine.url.database}{end}").unlink(missing_ok=True)


# -- what devices spool
# -------------------------------------------------------------------------------------------------

one_event = st.one_of(
    st.tuples(
        st.just("desk"), st.sampled_from(DESKS), st.sampled_from(["occupied", "vacant"]), st.booleans()
    ),
    st.tuples(st.just("session"), st.sampled_from(DESKS), st.integers(0, 50), st.booleans()),
    st.tuples(st.just("started"), st.just(""), st.integers(0, 10**15), st.just(False)),
    st.tuples(st.just("card"), st.just(""), st.just(0), st.booleans()),
    st.tuples(st.just("synchronised"), st.just(""), st.just(0), st.just(True)),
    st.tuples(st.just("boot"), st.just(""), st.integers(0, 15), st.just(False)),
    st.tuples(st.just("unknown desk"), st.just("keller"), st.just("occupied"), st.just(True)),
    st.tuples(st.just("rubbish"), st.just(""), st.binary(max_size=20), st.just(False)),
)


@st.composite
def spools(draw: st.DrawFn, device: str, epoch: str) -> Spool:
    spool = Spool(device=device, epoch=epoch)
    for at_s, (kind, desk, value, synced) in enumerate(
        draw(st.lists(one_event, min_size=1, max_size=25)), 100
    ):
        write(spool, kind, desk, value, at_s, synced=synced)
    return spool


def write(spool: Spool, kind: str, desk: str, value: Any, at_s: int, *, synced: bool) -> None:
    match kind:
        case "desk" | "unknown desk":
            spool.desk(desk, value, at_s, synced=synced)
        case "session":
            spool.session(desk, value + 10, value, at_s, synced=synced)
        case "started":
            spool.started(at_s, value, synced=synced)
        case "card":
            spool.card(at_s, synced=synced)
        case "synchronised":
            spool.synchronised(at_s)
        case "boot":
            spool.boot = f"b{value:015x}"
        case "rubbish":
            # A line feed would be two lines: the device never writes one inside an event.
            spool.add(bytes(value).replace(b"\n", b" "))


# -- what happens on the way
# --------------------------------------------------------------------------------------------


@dataclass
class Way:
    """What happens between spools and hub; each step is drawn."""

    spools: list[Spool]
    hub: Hub
    in_flight: list[Message] = field(default_factory=list)
    was_lost: dict[tuple[str, str, int], bytes] = field(default_factory=dict)

    def step(self, draw: Callable[[st.SearchStrategy[Any]], Any]) -> None:
        spool = draw(st.sampled_from(self.spools))
        kind = draw(
            st.sampled_from(
                ["send", "send", "deliver", "deliver", "deliver", "repeat", "lose", "drop", "restart"]
            )
        )
        last = spool.next_seq - 1
        if kind == "send" and last:
            first = draw(st.integers(1, last))
            self.in_flight.append(spool.batch(first, draw(st.integers(first, last))))
        elif kind == "drop" and last:
            self.drop(spool, draw(st.integers(1, last)), draw(st.integers(0, 3)))
        elif kind == "restart":
            self.hub = self.hub.restarted()
        elif self.in_flight:
            chosen = draw(
                st.lists(st.sampled_from(range(len(self.in_flight))), min_size=1, max_size=4, unique=True)
            )
            messages = [self.in_flight[i] for i in chosen]
            if kind != "lose":
                self.hub.take(*messages)
            if kind != "repeat":
                self.in_flight = [m for i, m in enumerate(self.in_flight) if i not in chosen]

    def drop(self, spool: Spool, first: int, more: int) -> None:
        """The spool is full (D6): what was not lost yet is lost, what is on its way may still arrive."""
        last = min(first + more, spool.next_seq - 1)
        if all(seq in spool.lines for seq in range(first, last + 1)):
            for seq in range(first, last + 1):
                self.was_lost[spool.device, spool.epoch, seq] = spool.lines[seq]
            spool.lose(first, last)

    def finish(self) -> None:
        """At last everything arrives: what is on its way, and what each device still holds."""
        self.hub.take(*self.in_flight)
        for spool in self.spools:
            for message in spool.batches(7):
                self.hub.take(message)


def is_countable(line: bytes) -> bool:
    event = read_event(line)
    return isinstance(event, Reported) and event.desk in ("", *DESKS)


def all_spools() -> st.SearchStrategy[list[Spool]]:
    return st.tuples(
        spools(device="pi-1", epoch=EPOCHS[0]),
        spools(device="pi-1", epoch=EPOCHS[1]),
        spools(device="pi-2", epoch=EPOCHS[0]),
    ).map(list)


@settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.data())
def test_any_interleaving_leaves_the_store_equal_to_what_was_spooled(
    fresh_hub: Callable[[], Hub], data: st.DataObject
) -> None:
    way = Way(data.draw(all_spools()), fresh_hub())
    for _ in range(data.draw(st.integers(0, 25))):
        way.step(data.draw)
    way.finish()
    hub = way.hub
    held = {(s.device, s.epoch, seq): line for s in way.spools for seq, line in s.lines.items()}
    counted = hub.payloads()
    # All that is held is counted, or in quarantine; of what was lost, only what had been on its way.
    assert {key: line for key, line in held.items() if is_countable(line)}.items() <= counted.items()
    assert counted.items() <= (held | way.was_lost).items()
    assert all(map(is_countable, counted.values()))
    refused = hub.rows("SELECT subject, seq FROM quarantine")
    assert len(refused) == len(set(refused))
    assert {key for key, line in held.items() if not is_countable(line)} <= {
        (subject.split("/")[1], subject.split("/")[2], seq) for subject, seq in refused
    }
    for spool in way.spools:
        assert hub.mark(spool.device, spool.epoch) == spool.next_seq - 1
    assert hub.rows("SELECT * FROM received_range") == []
    assert (
        Rebuild(SqlPictureStore(hub.engine), read_event).run(is_check=True, progress=lambda _: None).total
        == 0
    )
    discard(hub)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.data())
def test_the_pictures_do_not_depend_on_the_way(fresh_hub: Callable[[], Hub], data: st.DataObject) -> None:
    given_spools = data.draw(all_spools())
    straight, bent = fresh_hub(), fresh_hub()
    for spool in given_spools:
        # The hub numbers epochs as it meets them: in the same order here, as a device begins them in time.
        bent.take(spool.batch(1, 1))
        straight.take(spool.batch(1))
    messages = [message for spool in given_spools for message in spool.batches(data.draw(st.integers(1, 5)))]
    shuffled = data.draw(st.permutations(messages + messages[::3]))
    size = data.draw(st.integers(1, 6))
    for begin in range(0, len(shuffled), size):
        bent.take(*shuffled[begin : begin + size])
    for query in (TIMES, LIVE, SESSIONS):
        assert bent.rows(query) == straight.rows(query), query
    discard(straight)
    discard(bent)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.data())
def test_after_a_purge_everything_again_changes_nothing(
    fresh_hub: Callable[[], Hub], data: st.DataObject
) -> None:
    hub = fresh_hub()
    given_spools = data.draw(all_spools())
    messages = [message for spool in given_spools for message in spool.batches(5)]
    hub.take(*messages)
    live = hub.rows(LIVE)
    while SqlRetention(hub.engine).purge_events(hub.now_us + 1, data.draw(st.integers(1, 50))):
        pass
    refused = hub.quarantine()
    outcome = hub.restarted().take(*data.draw(st.permutations(messages)))
    assert outcome.counted == outcome.refused == 0
    assert hub.rows(LIVE) == live, "the last word stays with its event"
    assert hub.quarantine() == refused
    assert (
        Rebuild(SqlPictureStore(hub.engine), read_event).run(is_check=True, progress=lambda _: None).total
        == 0
    )
    discard(hub)
