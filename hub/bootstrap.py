"""Chooses the real parts: which database, broker, clock and server. Nothing is opened at import.

What a process is made of is a list of *parts*, each with `start` and `stop`; `running` starts them in order and stops
them in reverse, whatever happens in between. Slow libraries are imported by the function that needs them.
"""

import logging
import socket
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, Final, Protocol

from hub import desks
from hub.broker import Role, read_broker
from hub.config import HubSettings
from hub.domain.occupancy import SpaceLive
from hub.event_ports import Refusals
from hub.ingest.device_words import DeviceListener
from hub.ingest.intake import Intake
from hub.ingest.translate import read_event
from hub.ingest.worker import IngestWorker
from hub.liveness import LONG, Pulses
from hub.ports import Clock, LiveQueries, Outbound
from hub.projections.doors import DoorLive
from hub.projections.live import DeskLive
from hub.projections.rebuild import PictureStore, Rebuild
from hub.projections.sessions import DeskSessions
from hub.services.announce import Announcer
from hub.services.count_events import CountEvents
from hub.services.custodian import Bell
from hub.services.directory import Directory
from hub.services.hear_devices import HearDevices
from hub.services.lease import LeaseKeeper
from hub.services.quarantine import RetryRefused
from hub.storage.device_words import SqlDeviceWords
from hub.storage.duties import SqlLeases
from hub.storage.engine import check_reachable, check_there, make_engine
from hub.storage.event_log import SqlEventStore
from hub.storage.live_queries import SqlLiveQueries
from hub.storage.picture_store import SqlPictureStore
from hub.storage.refusals import SqlRefusals
from hub.storage.schema import check_revision
from hub.storage.site_directory import SqlSiteDirectory
from hub.storage.unit_of_work import UnitFactory
from hub.wakeups import SpaceBells
from wire.identifiers import new_hex16
from wire.settings import read_secret_text

if TYPE_CHECKING:
    from prometheus_client import CollectorRegistry

    from hub.serving import Pages

_log = logging.getLogger(__name__)

INGEST_SESSION_S: Final = 7
"""How long the broker keeps the messages of an ingest process that is away: over a restart, and no longer.

The devices keep them anyway (D4). As long as a dead process has a session, Mosquitto gives it its share of the events.
Devices send those again after 10 s at first (`delivery.resend_s`): by then they must go to a process that lives.
"""


class Part(Protocol):
    """Something that runs in threads of its own."""

    def start(self) -> None:
        """Begin; returns at once."""
        ...

    def stop(self) -> None:
        """End, and return when it has ended."""
        ...


class SystemClock:
    """The clock of this machine."""

    def now_us(self) -> int:
        """Return microseconds since 1970 UTC."""
        return time.time_ns() // 1000


def system_clock() -> Clock:
    """Return the hub's clock."""
    return SystemClock()


@contextmanager
def open_database(settings: HubSettings, *, migrated: bool = True) -> Iterator[UnitFactory]:
    """Give units of work on the database of the settings; its connections are closed at the end.

    Args:
        migrated: whether it must have the schema of this version.

    Raises:
        DatabaseUnusable: when the address can't be used, nothing answers there, or its schema is another version's.
        InvalidSetting: when the password's file can't be read.
    """
    file = settings.database_password_file
    engine = make_engine(settings.database_url, None if file is None else read_secret_text(file))
    try:
        if migrated:
            check_there(engine)
        check_reachable(engine)
        if migrated:
            check_revision(engine)
        yield UnitFactory(engine)
    finally:
        engine.dispose()


def live_queries(database: UnitFactory) -> LiveQueries:
    """Return what the pages read."""
    return SqlLiveQueries(database)


@contextmanager
def running(parts: Sequence[Part]) -> Iterator[None]:
    """Start parts in order, and stop them in reverse at the end, also when one of them does not start."""
    with ExitStack() as started:
        for part in parts:
            part.start()
            started.callback(part.stop)
        yield


class Ringing:
    """Says what another outbound says, and rings this process's own pages without the way over the broker.

    Args:
        outbound: what publishes.
        bells: what this process's live pages wait for.
    """

    def __init__(self, outbound: Outbound, bells: SpaceBells) -> None:
        self._outbound, self._bells = outbound, bells

    def mark(self, space: str, device: str, epoch: str, upto: int) -> None:
        """Publish a mark."""
        self._outbound.mark(space, device, epoch, upto)

    def occupancy(self, space: SpaceLive) -> None:
        """Ring, then publish: whoever waits reads the database, which has it already."""
        self._bells.ring(space.space.id)
        self._outbound.occupancy(space)


class Duty:
    """A part that runs only while a lease is held, made anew each time.

    Args:
        make: returns the part.
    """

    def __init__(self, make: Callable[[], Part]) -> None:
        self._make = make
        self._part: Part | None = None

    def begin(self) -> None:
        """Make and start it."""
        self._part = self._make()
        self._part.start()

    def end(self) -> None:
        """Stop it."""
        part, self._part = self._part, None
        if part is not None:
            part.stop()


def serve_parts(settings: HubSettings, database: UnitFactory, pulses: Pulses | None = None) -> list[Part]:
    """Return web, ingest and jobs for one process; a change rings the pages without the way over the broker."""
    pulses = pulses or Pulses()
    bells, registry = SpaceBells(), _registry(database)
    intake = _Ingest(settings, database, registry, pulses, bells)
    bell = Bell()
    jobs = _jobs(settings, database, intake.announcer, bell, pulses)
    return [_pages(settings, database, bells, registry, pulses, bell), *intake.parts, jobs]


def web_parts(settings: HubSettings, database: UnitFactory, pulses: Pulses | None = None) -> list[Part]:
    """Return the pages and the connection that wakes them."""
    from hub.outbound import wake_on_occupancy

    bells = SpaceBells()
    link = wake_on_occupancy(read_broker(settings.mqtt), bells.ring)
    return [_pages(settings, database, bells, _registry(database), pulses or Pulses()), link]


def ingest_parts(settings: HubSettings, database: UnitFactory, pulses: Pulses | None = None) -> list[Part]:
    """Return the intake of events, and of devices' words in turns with other processes."""
    return _Ingest(settings, database, _registry(database), pulses or Pulses()).parts


def jobs_parts(settings: HubSettings, database: UnitFactory, pulses: Pulses | None = None) -> list[Part]:
    """Return the work that has its time, and the connection over which pages are woken."""
    from hub.mqtt import Link
    from hub.outbound import MqttOutbound

    link = Link(read_broker(settings.mqtt), Role(f"ankerort-jobs-{new_hex16()}"))
    announcer = Announcer(live_queries(database), MqttOutbound(link), system_clock())
    return [link, announcer, _jobs(settings, database, announcer, Bell(), pulses or Pulses())]


class _Ingest:
    """The parts of intake.

    Args:
        pulses: of this process.
        bells: of the pages in the same process, when there are any.
    """

    def __init__(
        self,
        settings: HubSettings,
        database: UnitFactory,
        registry: "CollectorRegistry",
        pulses: Pulses,
        bells: SpaceBells | None = None,
    ) -> None:
        from hub.metrics import IntakeMetrics
        from hub.mqtt import SHARED_EVENTS, Link, Received
        from hub.outbound import MqttOutbound

        self._clock, self._broker, self._engine = system_clock(), read_broker(settings.mqtt), database.engine
        self._events = _event_store(database)
        ingest = settings.ingest
        role = Role(
            f"ankerort-ingest-{ingest.worker}",
            (SHARED_EVENTS,),
            session_expiry_s=INGEST_SESSION_S,
            receive_maximum=ingest.receive_maximum,
            group=ingest.group_messages,
        )

        # Link and worker need each other: the link asks for worker and announcer when the first message comes.
        def handle(group: Sequence[Received]) -> None:
            worker.handle(group)

        def look_up_all() -> None:
            _log.info("waiting for events as worker %s", ingest.worker)
            self.announcer.announce_all()

        link = Link(self._broker, role, handle, on_up=look_up_all, pulse=pulses.of("intake"))
        self._outbound: Outbound = MqttOutbound(link)
        if bells is not None:
            self._outbound = Ringing(self._outbound, bells)
        self.announcer = Announcer(
            live_queries(database), self._outbound, self._clock, pulses.of("announcer")
        )
        intake = Intake(CountEvents(self._events, self._directory(), read_event))
        worker = IngestWorker(intake, self._outbound, self.announcer, IntakeMetrics(registry), self._clock)
        listening = Duty(self._device_words)
        keeper = _keeper(database, "device-words", listening.begin, listening.end, self._clock, pulses)
        self.parts: list[Part] = [self.announcer, link, keeper]

    def _directory(self) -> Directory:
        return Directory(SqlSiteDirectory(self._engine))

    def _device_words(self) -> Part:
        from hub.mqtt import DEVICE_WORDS, Link
        from hub.outbound import hub_status

        hear = HearDevices(SqlDeviceWords(self._engine), self._events, self._directory())
        listener = DeviceListener(hear, self._outbound, self.announcer, self._clock)
        # One client id for whoever holds the lease: the broker then ends a dead holder's connection, and tells its last
        # will, before the new one's birth and not a minute after it.
        return Link(self._broker, Role("ankerort-hub", DEVICE_WORDS), listener.handle, will=hub_status)


def _jobs(
    settings: HubSettings, database: UnitFactory, announcer: Announcer, bell: Bell, pulses: Pulses
) -> Part:
    """Return the work that has its time, that of the keys, and mail, all for as long as the lease is held.

    Args:
        bell: rung by whatever changes rights in the same process.
        pulses: of this process.
    """
    from hub import backups
    from hub.custody import Custody, sealing_of
    from hub.home_assistant import home_assistant
    from hub.jobs import Jobs
    from hub.pages import kept_key
    from hub.post import check_mail, postman
    from hub.schedule import schedule
    from hub.webhooks import HttpHookPost

    # Said at the start, not in a thread's log: keys that can't be used are for the operator to put right.
    sealing_of(settings.keys)()
    check_mail(settings)
    clock = system_clock()
    hooks = HttpHookPost(kept_key(settings.web), allow_private=settings.webhooks.allow_private)
    plan = (*schedule(database, settings.retention, bell, hooks), *backups.plan(settings, database))
    jobs = Jobs(plan, announcer.changed, clock, pulses.of("scheduler", LONG))
    custody = Duty(lambda: Custody(settings, database, clock, bell, pulses.of("custodian", LONG)))
    mail = Duty(lambda: postman(settings, database, clock, pulses.of("mail", LONG)))
    works: list[Jobs | Duty] = [jobs, custody, mail]
    if settings.home_assistant.url:
        pulse = pulses.of("home assistant")
        works.append(Duty(lambda: home_assistant(settings, live_queries(database), database, clock, pulse)))
    elif settings.home_assistant.spaces:
        _log.warning("home_assistant.spaces names spaces, but home_assistant.url no broker: nothing is told")

    def begin() -> None:
        for work in works:
            work.begin()

    def end() -> None:
        with ExitStack() as ending:
            for work in works:
                ending.callback(work.end)

    return _keeper(database, "jobs", begin, end, clock, pulses)


def _keeper(
    database: UnitFactory,
    name: str,
    begin: Callable[[], None],
    end: Callable[[], None],
    clock: Clock,
    pulses: Pulses,
) -> LeaseKeeper:
    holder = f"{socket.gethostname()}-{new_hex16()}"
    leases, pulse = SqlLeases(database.engine), pulses.of(f"lease {name}", LONG)
    return LeaseKeeper(leases, name, holder, begin=begin, end=end, clock=clock, pulse=pulse)


def _registry(database: UnitFactory) -> "CollectorRegistry":
    from prometheus_client import CollectorRegistry

    from hub.fleet_metrics import Fleet
    from hub.metrics import BackupAge, StoredTrouble
    from hub.storage.access_state import SqlAccessLists
    from hub.storage.backup_runs import SqlBackupRuns
    from hub.storage.doctor_look import SqlDoctorLook

    registry = CollectorRegistry()
    lists = SqlAccessLists(database.engine)
    registry.register(StoredTrouble(refusals(database), lists, system_clock()))
    registry.register(BackupAge(SqlBackupRuns(database.engine)))
    registry.register(Fleet(SqlDoctorLook(database.engine), system_clock()))
    return registry


def _pages(
    settings: HubSettings,
    database: UnitFactory,
    bells: SpaceBells,
    registry: "CollectorRegistry",
    pulses: Pulses,
    bell: Bell | None = None,
) -> "Pages":
    from hub.pages import web_config
    from hub.serving import Pages
    from hub.web.app import create_app
    from hub.web.server import WebServer

    web, config = settings.web, web_config(settings)
    live, clock = live_queries(database), system_clock()
    access = desks.access(database, clock, bell, settings.statistics.publisher)
    app = create_app(live=live, wakeups=bells, clock=clock, config=config, registry=registry, access=access)
    return Pages(
        WebServer(app, web.host, web.port, threads=web.threads, max_viewers=web.max_viewers), web, pulses
    )


def refusals(database: UnitFactory) -> Refusals:
    """Return quarantine and alarms, to be read."""
    return SqlRefusals(database.engine)


def retrying(database: UnitFactory) -> RetryRefused:
    """Return what counts refused events once their reason is gone."""
    directory = Directory(SqlSiteDirectory(database.engine))
    return RetryRefused(_event_store(database), directory, read_event)


def rebuilding(database: UnitFactory) -> tuple[PictureStore, Rebuild]:
    """Return log and pictures, and what makes the pictures again."""
    store = SqlPictureStore(database.engine)
    return store, Rebuild(store, read_event)


def _event_store(database: UnitFactory) -> SqlEventStore:
    return SqlEventStore(database.engine, [DeskLive(), DeskSessions()], [DoorLive()])
