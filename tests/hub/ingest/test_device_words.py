"""Births, wills, meta and health into the store; births are answered with marks (D3)."""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import Engine, insert, select

from hub.domain.occupancy import SpaceLive
from hub.ingest.device_words import DeviceListener
from hub.mqtt import Received
from hub.services.announce import Announcer
from hub.services.directory import RETRY_US, Directory
from hub.services.hear_devices import HearDevices
from hub.storage.access_tables import AccessStateRow
from hub.storage.device_words import SqlDeviceWords
from hub.storage.live_queries import SqlLiveQueries
from hub.storage.site_directory import SqlSiteDirectory
from hub.storage.tables import DeviceRow
from hub.storage.unit_of_work import UnitFactory
from tests.hub.ingest.hub import NOW_US, Hub
from tests.hub.ingest.spool import BOOT, Spool
from tests.parts.waiting import wait_until
from wire import codec
from wire.messages import DeviceHealth, DeviceMeta, Status

if TYPE_CHECKING:
    from collections.abc import Callable


@dataclass
class Said:
    """An outbound that keeps what it is told."""

    marks: list[tuple[str, str, str, int]] = field(default_factory=list)
    spaces: list[SpaceLive] = field(default_factory=list)

    def mark(self, space: str, device: str, epoch: str, upto: int) -> None:
        self.marks.append((space, device, epoch, upto))

    def occupancy(self, space: SpaceLive) -> None:
        self.spaces.append(space)


@dataclass
class Clock:
    at_us: int = NOW_US

    def now_us(self) -> int:
        return self.at_us


@dataclass
class Listening:
    hub: Hub
    said: Said
    listener: DeviceListener
    announcer: Announcer

    def hear(self, *messages: tuple[str, bytes], retained: bool = False, device: str = "pi-1") -> None:
        self.listener.handle(
            [Received(f"ankerort/v1/stadtlabor/{device}/{name}", data, retained) for name, data in messages]
        )

    def stored(self) -> list[tuple[object, ...]]:
        return self.hub.rows("SELECT status, session, heard_us FROM device_state")


@pytest.fixture
def listening(engine: Engine) -> Listening:
    hub = Hub(engine)
    hub.import_site()
    said, clock = Said(), Clock()
    announcer = Announcer(SqlLiveQueries(UnitFactory(engine)), said, clock)
    hear = HearDevices(SqlDeviceWords(engine), hub.store, Directory(SqlSiteDirectory(engine)))
    return Listening(hub, said, DeviceListener(hear, said, announcer, clock), announcer)


def status(state: str, session: str = "a" * 16, epoch: str | None = None) -> tuple[str, bytes]:
    return "status", codec.encode(Status(state=state, session=session, epoch=epoch))  # type: ignore[arg-type]


def health() -> tuple[str, bytes]:
    return "health", codec.encode(
        DeviceHealth(boot=BOOT, mono_us=1, wall_us=NOW_US, synced=True, spool_depth=0)
    )


def test_d3_a_birth_is_answered_with_the_committed_mark(listening: Listening, spool: Spool) -> None:
    spool.many(4)
    listening.hub.take(spool.batch(1))
    listening.hear(status("online", epoch=spool.epoch), status("online", epoch="f" * 16))
    assert listening.said.marks == [
        ("stadtlabor", "pi-1", spool.epoch, 4),
        ("stadtlabor", "pi-1", "f" * 16, 0),
    ]
    assert listening.stored() == [("online", "a" * 16, NOW_US)]


def test_a_will_of_an_older_session_is_ignored(listening: Listening) -> None:
    listening.hear(status("online", "a" * 16))
    listening.hear(status("online", "b" * 16), status("lost", "a" * 16))
    assert listening.stored() == [("online", "b" * 16, NOW_US)]
    listening.hear(status("lost", "b" * 16))
    assert listening.stored() == [("lost", "b" * 16, NOW_US)]


def test_meta_and_health_are_kept_as_they_came(listening: Listening) -> None:
    meta = "meta", codec.encode(DeviceMeta(version="1", boot=BOOT))
    listening.hear(meta, health())
    [stored] = listening.hub.rows("SELECT meta, health FROM device_state")
    assert stored == (meta[1].decode(), health()[1].decode())


@pytest.mark.parametrize(
    ("applied", "version", "wanted"),
    [
        pytest.param(3, 3, 5, id="the list that was published"),
        pytest.param(2, 3, 5, id="an older one"),
        pytest.param(9, 3, 6, id="one from before a restore: it gets a newer one"),
        pytest.param(2**60, 3, 5, id="one that can not be is not believed"),
    ],
)
def test_a_device_says_which_access_list_it_applies(
    listening: Listening, applied: int, version: int, wanted: int
) -> None:
    with listening.hub.engine.begin() as connection:
        device = select(DeviceRow.pk).where(DeviceRow.id == "pi-1").limit(1)
        zero = {
            "compiled": 5,
            "digest": b"",
            "issued_us": 0,
            "valid_until_us": 0,
            "applied": 0,
            "applied_us": 0,
        }
        pk = connection.execute(device).scalar_one()
        connection.execute(insert(AccessStateRow).values(device_pk=pk, wanted=5, version=version, **zero))
    meta = "meta", codec.encode(DeviceMeta(version="1", boot=BOOT, access_version=applied))
    listening.hear(meta, meta)
    listening.hear(meta, retained=True)
    [row] = listening.hub.rows("SELECT applied, wanted FROM access_state")
    assert row == (applied if applied < 2**53 else 0, wanted)


@pytest.mark.parametrize(
    "message",
    [
        ("status", b"{}"),
        ("meta", b"\xff"),
        ("health", b"[" * 5000),
        ("status", b'{"state":"lost","session":"x"}'),
    ],
    ids=["empty", "not UTF-8", "deep", "bad session"],
)
def test_a_word_that_can_not_be_read_rings_and_the_others_are_heard(
    listening: Listening, message: tuple[str, bytes]
) -> None:
    listening.hear(message, health())
    assert listening.hub.alarms() == {"unreadable_header": 1}
    assert listening.stored() == [("online", "", NOW_US)]


def test_d3_a_birth_before_the_site_file_came_is_answered_with_the_next_word(engine: Engine) -> None:
    hub, said, clock = Hub(engine), Said(), Clock(NOW_US - RETRY_US)
    announcer = Announcer(SqlLiveQueries(UnitFactory(engine)), said, clock)
    hear = HearDevices(SqlDeviceWords(engine), hub.store, Directory(SqlSiteDirectory(engine)))
    listening = Listening(hub, said, DeviceListener(hear, said, announcer, clock), announcer)

    listening.hear(status("online", epoch="e" * 16), retained=True)
    assert said.marks == []
    hub.import_site()
    clock.at_us = NOW_US
    listening.hear(health())
    listening.hear(health())

    assert said.marks == [("stadtlabor", "pi-1", "e" * 16, 0)]
    assert listening.stored() == [("online", "a" * 16, NOW_US)]


def test_words_of_strangers_ring_and_are_not_kept(listening: Listening) -> None:
    listening.hear(health(), device="pi-99")
    assert listening.hub.alarms() == {"unknown_device": 1}
    assert listening.stored() == []


def test_a_message_that_was_taken_away_says_nothing(listening: Listening) -> None:
    listening.hear(("status", b""), ("mark", b"{}"))
    assert (listening.stored(), listening.hub.alarms()) == ([], {})


def test_a_device_that_comes_back_changes_its_space_on_the_pages(listening: Listening, spool: Spool) -> None:
    spool.desk("flur", "occupied")
    listening.hub.take(spool.batch(1))
    listening.announcer.start()
    listening.hear(health())
    wait_until(lambda: listening.said.spaces, 10, "an announcement")
    listening.announcer.stop()
    states = {view.desk.id: view.state.value for view in listening.said.spaces[-1].desks}
    assert states["flur"] == "occupied"


def test_announcements_of_one_space_are_put_together(listening: Listening) -> None:
    for _ in range(100):
        listening.announcer.changed(["stadtlabor", "werkhalle"])
    listening.announcer.start()
    wait_until(lambda: len(listening.said.spaces) == 2, 10, "both spaces")
    listening.announcer.stop()
    assert [live.space.id for live in listening.said.spaces] == ["stadtlabor", "werkhalle"]


def test_an_announcement_that_fails_is_made_again(
    listening: Listening, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    look: Callable[[SqlLiveQueries, str, int], SpaceLive | None] = SqlLiveQueries.space
    failures = [1]

    def fail_once(queries: SqlLiveQueries, space: str, now_us: int) -> SpaceLive | None:
        if failures:
            failures.pop()
            raise ConnectionError
        return look(queries, space, now_us)

    monkeypatch.setattr(SqlLiveQueries, "space", fail_once)
    listening.announcer.start()
    listening.announcer.changed(["stadtlabor"])
    wait_until(lambda: listening.said.spaces, 10, "a second try")
    listening.announcer.stop()
    assert "can't look space stadtlabor up" in caplog.text
