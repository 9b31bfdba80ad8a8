"""The hub's connections on a real Mosquitto: acknowledged after commit, back by themselves, marks retained."""

import logging
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path

import pytest
from prometheus_client import CollectorRegistry
from sqlalchemy import Engine

from hub.broker import BackOff, Broker, Role
from hub.demo.broker import running_broker
from hub.domain.errors import StoreUnavailable
from hub.ingest.worker import IngestWorker
from hub.metrics import IntakeMetrics
from hub.mqtt import SHARED_EVENTS, Link, Received
from hub.outbound import MqttOutbound, hub_status, wake_on_occupancy
from hub.services.announce import Announcer
from hub.storage.live_queries import SqlLiveQueries
from hub.storage.unit_of_work import UnitFactory
from hub.wakeups import SpaceBells
from tests.hub.ear import Ear
from tests.hub.ingest.hub import NOW_US, Hub
from tests.hub.ingest.spool import Spool
from tests.parts.mosquitto import Mosquitto
from tests.parts.waiting import wait_until
from wire import codec
from wire.messages import Mark, Occupancy, Status
from wire.topics import HUB_STATUS, OCCUPANCY, STATUS

QUICK = BackOff(base_s=0.05, cap_s=0.2)
INGEST = Role("ingest-1", (SHARED_EVENTS,), session_expiry_s=3600)
MARK = "ankerort/v1/stadtlabor/pi-1/mark"


class SetClock:
    """A clock that stands."""

    def now_us(self) -> int:
        return NOW_US


class Intaking:
    """An ingest worker with its connection, as `ankerort-hub ingest` has them."""

    def __init__(self, hub: Hub, port: int, role: Role = INGEST) -> None:
        self.registry = CollectorRegistry()
        self.link = Link(Broker("127.0.0.1", port), role, self.handle, back_off=QUICK)
        outbound = MqttOutbound(self.link)
        self.announcer = Announcer(SqlLiveQueries(UnitFactory(hub.engine)), outbound, SetClock())
        self._worker = IngestWorker(
            hub.intake, outbound, self.announcer, IntakeMetrics(self.registry), SetClock()
        )
        self.groups: list[int] = []

    def handle(self, group: Sequence[Received]) -> None:
        self.groups.append(len(group))
        self._worker.handle(group)

    def start(self) -> None:
        self.announcer.start()
        self.link.start()
        assert self.link.wait_until_up(10)

    def stop(self) -> None:
        self.link.stop()
        self.announcer.stop()


@pytest.fixture
def intaking(sqlite_engine: Engine, mosquitto: Mosquitto) -> Iterator[Intaking]:
    hub = Hub(sqlite_engine)
    hub.import_site()
    made = Intaking(hub, mosquitto.port)
    made.start()
    yield made
    made.stop()


@pytest.fixture
def links() -> Iterator[Callable[..., Link]]:
    """A function that starts connections; they are ended at the end."""
    made: list[Link] = []

    def start(
        broker: Mosquitto, role: Role, handle: Callable[[Sequence[Received]], None], **more: object
    ) -> Link:
        link = Link(Broker("127.0.0.1", broker.port), role, handle, back_off=QUICK, **more)  # type: ignore[arg-type]
        made.append(link)
        link.start()
        assert link.wait_until_up(10)
        return link

    yield start
    for link in made:
        link.stop()


def mark(upto: int, epoch: str = Spool.epoch) -> bytes:
    return codec.encode(Mark(epoch=epoch, upto=upto))


def test_d3_events_are_answered_with_a_retained_mark(
    intaking: Intaking, mosquitto: Mosquitto, spool: Spool
) -> None:
    spool.many(5)
    with Ear(mosquitto.port) as ear:
        ear.say(spool.batch(1, 3))
        ear.wait_for(MARK, mark(3))
        ear.say(spool.batch(4))
        ear.wait_for(MARK, mark(5))
    with Ear(mosquitto.port, MARK) as later:
        later.wait_for(MARK, mark(5))
        assert later.heard[0][2], "retained"


def test_d3_a_repeated_batch_is_answered_too(intaking: Intaking, mosquitto: Mosquitto, spool: Spool) -> None:
    spool.many(5)
    with Ear(mosquitto.port) as ear:
        ear.say(spool.batch(1))
        ear.wait_for(MARK, mark(5))
        before = len(ear.payloads(MARK))
        ear.say(spool.batch(2, 3))
        wait_until(lambda: len(ear.payloads(MARK)) > before, 10, "an answer")
        assert ear.payloads(MARK)[-1] == mark(5)


def test_the_broker_of_the_demo_shares_and_retains_as_mosquitto_does(
    sqlite_engine: Engine, tmp_path: Path, spool: Spool
) -> None:
    hub = Hub(sqlite_engine)
    hub.import_site()
    spool.many(30)
    with running_broker(tmp_path) as url:
        port = int(url.rpartition(":")[2])
        made = Intaking(hub, port)
        made.start()
        with Ear(port) as ear:
            ear.say(*spool.batches(3))
            ear.wait_for(MARK, mark(30))
        with Ear(port, MARK) as later:
            later.wait_for(MARK, mark(30))
        made.stop()
    assert len(hub.payloads()) == 30


def test_a_desk_that_changes_is_published_without_a_person(
    intaking: Intaking, mosquitto: Mosquitto, spool: Spool
) -> None:
    spool.desk("flur", "occupied")
    topic = "ankerort/v1/stadtlabor/occupancy"
    with Ear(mosquitto.port) as ear:
        ear.say(spool.batch(1))
        occupancy = codec.decode(OCCUPANCY, Occupancy, ear.wait_for(topic))
    # No health was heard yet: the desk is not claimed to be anything.
    assert {desk.desk: desk.state for desk in occupancy.desks} == {
        "fenster-1": "unknown",
        "fenster-2": "unknown",
        "flur": "unknown",
    }


def test_what_waits_is_taken_together(intaking: Intaking, mosquitto: Mosquitto, spool: Spool) -> None:
    spool.many(300)
    with Ear(mosquitto.port) as ear:
        ear.say(*spool.batches(1))
        ear.wait_for(MARK, mark(300), deadline_s=30)
    assert sum(intaking.groups) == 300
    assert len(intaking.groups) < 300


def test_nothing_is_acknowledged_while_the_store_is_away(
    mosquitto: Mosquitto, links: Callable[..., Link]
) -> None:
    """The messages come again on the next connection: the broker still has them."""
    away, seen = threading.Event(), list[bytes]()
    away.set()

    def handle(group: Sequence[Received]) -> None:
        seen.extend(message.payload for message in group)
        if away.is_set():
            raise StoreUnavailable("disk full")

    first = links(mosquitto, INGEST, handle)
    with Ear(mosquitto.port, "") as ear:
        ear.say(*[("ankerort/v1/a/b/event", b"%d" % i) for i in range(30)])
        wait_until(lambda: seen.count(b"29") >= 2, 10, "a second try")
        first.stop()
        seen.clear()
        away.clear()
        links(mosquitto, INGEST, handle)
        wait_until(lambda: len(seen) >= 30, 10, "all of them again")
    assert seen == [b"%d" % i for i in range(30)]


def test_a_store_that_comes_back_gets_what_waited_in_order_and_once(
    mosquitto: Mosquitto, links: Callable[..., Link]
) -> None:
    failures, taken = [3], list[bytes]()

    def handle(group: Sequence[Received]) -> None:
        if failures[0]:
            failures[0] -= 1
            raise StoreUnavailable("locked")
        taken.extend(message.payload for message in group)

    links(mosquitto, INGEST, handle)
    with Ear(mosquitto.port, "") as ear:
        ear.say(*[("ankerort/v1/a/b/event", b"%d" % i) for i in range(50)])
        wait_until(lambda: len(taken) >= 50, 10, "all of them")
    assert taken == [b"%d" % i for i in range(50)]


def test_a_handler_that_fails_does_not_end_delivery(
    mosquitto: Mosquitto, links: Callable[..., Link], caplog: pytest.LogCaptureFixture
) -> None:
    taken: list[bytes] = []

    def handle(group: Sequence[Received]) -> None:
        taken.extend(message.payload for message in group)
        if taken[-1] == b"poison":
            raise ZeroDivisionError

    links(mosquitto, INGEST, handle)
    with Ear(mosquitto.port, "") as ear:
        ear.say(("ankerort/v1/a/b/event", b"poison"))
        wait_until(lambda: taken, 10, "the poison to be taken")
        ear.say(("ankerort/v1/a/b/event", b"food"))
        wait_until(lambda: b"food" in taken, 10, "the next message")
    assert "a group of 1 messages failed" in caplog.text


def test_a_broker_that_is_killed_and_comes_back_finds_the_link_again(
    intaking: Intaking, mosquitto: Mosquitto, spool: Spool
) -> None:
    spool.many(4)
    with Ear(mosquitto.port) as ear:
        ear.say(spool.batch(1, 2))
        ear.wait_for(MARK, mark(2))
    mosquitto.restart(kill=True)
    wait_until(
        lambda: not intaking.link.is_up or intaking.link.wait_until_up(0), 10, "the loss to be noticed"
    )
    assert intaking.link.wait_until_up(10)
    with Ear(mosquitto.port) as ear:
        ear.say(spool.batch(3))
        ear.wait_for(MARK, mark(4))


def test_of_what_could_not_be_published_only_the_latest_is(mosquitto: Mosquitto) -> None:
    link = Link(Broker("127.0.0.1", mosquitto.port), Role("late"), back_off=QUICK)
    outbound = MqttOutbound(link)
    for upto in range(1000):
        outbound.mark("stadtlabor", "pi-1", Spool.epoch, upto)
    with Ear(mosquitto.port) as ear:
        link.start()
        ear.wait_for(MARK, mark(999))
        link.stop()
        assert ear.payloads(MARK) == [mark(999)]


def test_the_hub_says_that_it_is_there_and_when_it_goes(
    mosquitto: Mosquitto, links: Callable[..., Link]
) -> None:
    topic = "ankerort/v1/hub/status"
    with Ear(mosquitto.port) as ear:
        link = links(mosquitto, Role("hub"), lambda _: None, will=hub_status)
        born = codec.decode(HUB_STATUS, Status, ear.wait_for(topic))
        link.stop()
        wait_until(lambda: len(ear.payloads(topic)) == 2, 10, "the farewell")
        gone = codec.decode(HUB_STATUS, Status, ear.payloads(topic)[1])
    assert (born.state, gone.state) == ("online", "offline")
    assert born.session == gone.session


def test_two_processes_with_one_client_id_are_told_so(
    mosquitto: Mosquitto, links: Callable[..., Link], caplog: pytest.LogCaptureFixture
) -> None:
    links(mosquitto, INGEST, lambda _: None)
    links(mosquitto, INGEST, lambda _: None)
    wait_until(lambda: "ingest.worker" in caplog.text, 10, "the remedy in the log")


@pytest.mark.parametrize("address", ["closed port", "not a broker"])
def test_a_broker_that_is_not_there_is_told_once_and_asked_again(
    address: str, caplog: pytest.LogCaptureFixture, tcp_proxy: Callable[[int], object]
) -> None:
    port = 1 if address == "closed port" else tcp_proxy(1).port  # type: ignore[attr-defined]
    link = Link(Broker("127.0.0.1", port), Role("lonely"), back_off=QUICK)
    with caplog.at_level(logging.WARNING, "hub.mqtt"):
        link.start()
        wait_until(lambda: caplog.records, 10, "a complaint")
        began = time.monotonic()
        wait_until(lambda: time.monotonic() - began > 1, 5, "some tries")
        link.stop()
    assert len({record.getMessage() for record in caplog.records}) == len(caplog.records) <= 2


def test_a_password_is_asked_for_and_given(make_mosquitto: Callable[..., Mosquitto], tmp_path: Path) -> None:
    passwords = tmp_path / "passwords"
    # "geheim", hashed by mosquitto_passwd of Debian's Mosquitto 2.0.
    make_password_file(passwords)
    broker = make_mosquitto(extra=["allow_anonymous false", f"password_file {passwords}"])
    right = Link(
        Broker("127.0.0.1", broker.port, username="hub", password="geheim"), Role("a"), back_off=QUICK
    )
    right.start()
    assert right.wait_until_up(10)
    right.stop()
    wrong = Link(
        Broker("127.0.0.1", broker.port, username="hub", password="falsch"), Role("b"), back_off=QUICK
    )
    wrong.start()
    assert not wrong.wait_until_up(1)
    wrong.stop()


def make_password_file(path: Path) -> None:
    import base64
    import hashlib

    salt = b"123456789012"
    digest = hashlib.pbkdf2_hmac("sha512", b"geheim", salt, 101)
    line = f"hub:$7$101${base64.b64encode(salt).decode()}${base64.b64encode(digest).decode()}\n"
    path.write_text(line, encoding="ascii")
    path.chmod(0o600)


def test_five_hundred_viewers_are_woken_at_five_changes_a_second(mosquitto: Mosquitto) -> None:
    bells = SpaceBells()
    link = wake_on_occupancy(Broker("127.0.0.1", mosquitto.port), bells.ring)
    link.start()
    assert link.wait_until_up(10)
    ended, delays, began = threading.Event(), list[float](), [0.0]

    def watch() -> None:
        place = bells.subscribe("stadtlabor")
        ready.release()
        while not ended.is_set():
            if place.wait(0.5):
                delays.append(time.perf_counter() - began[0])
        place.close()

    ready = threading.Semaphore(0)
    viewers = [threading.Thread(target=watch) for _ in range(500)]
    for viewer in viewers:
        viewer.start()
    for _ in viewers:
        ready.acquire()
    other = bells.subscribe("werkhalle")
    payload = codec.encode(Occupancy(at_us=NOW_US, desks=[]))
    with Ear(mosquitto.port, "") as ear:
        for change in range(1, 11):
            began[0] = time.perf_counter()
            ear.say(("ankerort/v1/stadtlabor/occupancy", payload))
            wait_until(partial(lambda wanted: len(delays) >= wanted, 500 * change), 10, "all viewers to wake")
    ended.set()
    for viewer in viewers:
        viewer.join()
    assert len(delays) == 5000, "one waking per viewer and change"
    assert not other.wait(0)
    other.close()
    link.stop()


def test_a_viewer_that_left_is_forgotten() -> None:
    bells = SpaceBells()
    first, second = bells.subscribe("a"), bells.subscribe("a")
    first.close()
    bells.ring("a")
    assert second.wait(0)
    assert not second.wait(0)
    assert not first.wait(0)
    second.close()
    second.close()
    assert bells._waiting == {}


def test_status_topics_are_the_wires() -> None:
    assert hub_status().topic == str(HUB_STATUS.address)
    assert STATUS.wildcard == "ankerort/v1/+/+/status"


@pytest.fixture
def spool() -> Spool:
    return Spool()
