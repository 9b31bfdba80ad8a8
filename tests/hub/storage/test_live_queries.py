"""What the pages read: right, in one look, and with as many queries for two hundred desks as for six."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import Engine, event, insert, select, text

import hub
from hub.domain.errors import UnknownSpace
from hub.domain.occupancy import Counts, DeskState, DeskView, DeviceStatus, Trouble
from hub.domain.space import Desk, Device, Space, Town
from hub.services.import_site import import_site
from hub.site_file.towns import read_site
from hub.storage.event_tables import DeskLiveRow, EpochRow, PublishedCountRow
from hub.storage.live_queries import SqlLiveQueries
from hub.storage.tables import DeskRow, DeviceRow, DeviceStateRow, SpaceRow
from hub.storage.unit_of_work import UnitFactory

NOW_US = 1_795_000_200_000_000
FIVE_MINUTES_US = 300_000_000
BOUNDARY_US = NOW_US - NOW_US % FIVE_MINUTES_US
DEMO = Path(hub.__file__).parent / "demo" / "site.toml"


@pytest.fixture
def towns() -> tuple[Town, ...]:
    """The five towns of the demo."""
    return read_site(DEMO.read_bytes(), DEMO.name).towns


@pytest.fixture
def live(units: UnitFactory, towns: tuple[Town, ...]) -> SqlLiveQueries:
    """Queries on a database that holds the five towns and has heard of no device."""
    import_site(units, towns, NOW_US)
    return SqlLiveQueries(units)


def say(
    units: UnitFactory, space: str, device: str, *, heard_us: int = NOW_US, status: str = "online"
) -> None:
    """Have a device heard."""
    with units.writing() as unit:
        pk = unit.session.scalars(
            select(DeviceRow.pk).join(SpaceRow, SpaceRow.pk == DeviceRow.space_pk)
            .where(SpaceRow.id == space, DeviceRow.id == device)
        ).one()  # fmt: skip
        unit.session.merge(
            DeviceStateRow(
                device_pk=pk, status=DeviceStatus(status), session="00000000000000aa", status_us=heard_us,
                heard_us=heard_us, meta=None, health=None,
            )
        )  # fmt: skip
        unit.commit()


def tell(
    units: UnitFactory,
    space: str,
    desk: str,
    state: str,
    *,
    device: str,
    since_us: int = NOW_US,
    reason: str = "",
) -> None:
    """Have a device say something of a desk."""
    with units.writing() as unit:
        in_space = select(SpaceRow.pk).where(SpaceRow.id == space).scalar_subquery()
        desk_pk = unit.session.scalars(
            select(DeskRow.pk).where(DeskRow.space_pk == in_space, DeskRow.id == desk)
        ).one()
        device_pk = unit.session.scalars(
            select(DeviceRow.pk).where(DeviceRow.space_pk == in_space, DeviceRow.id == device)
        ).one()
        epoch_pk = unit.session.scalar(select(EpochRow.pk).where(EpochRow.device_pk == device_pk))
        if epoch_pk is None:
            epoch = EpochRow(device_pk=device_pk, epoch="00000000000000ee", ordinal=1, first_seen_us=since_us)
            unit.session.add(epoch)
            unit.session.flush()
            epoch_pk = epoch.pk
        unit.session.execute(
            insert(DeskLiveRow).values(
                desk_pk=desk_pk, device_pk=device_pk, state=state, reason=reason, since_us=since_us,
                time_quality="exact", epoch_pk=epoch_pk, epoch_ordinal=1, seq=1,
            )
        )  # fmt: skip
        unit.commit()


def view(live: SqlLiveQueries, space: str, desk: str, now_us: int = NOW_US) -> DeskView:
    found = live.space(space, now_us)
    assert found is not None
    return next(view for view in found.desks if view.desk.id == desk)


@contextmanager
def counted(engine: Engine) -> Iterator[list[str]]:
    """Collect the SELECTs that a block sends."""
    sent: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        if statement.lstrip().upper().startswith("SELECT"):
            sent.append(statement)

    event.listen(engine, "before_cursor_execute", note)
    try:
        yield sent
    finally:
        event.remove(engine, "before_cursor_execute", note)


def test_towns_are_those_of_the_file_in_german_order(live: SqlLiveQueries, towns: tuple[Town, ...]) -> None:
    assert {town.id: town for town in live.towns()} == {town.id: town for town in towns}
    assert [town.name[:3] for town in live.towns()] == ["Die", "Dip", "Möl", "Oes", "Wit"]


def test_before_any_device_was_heard_nothing_is_free(live: SqlLiveQueries) -> None:
    found = {space.space.id: space for space in live.overview(NOW_US)}
    assert list(found) == ["diessen", "moelln", "oestrich-winkel", "wittenberge"]
    assert {space.counts.free + space.counts.occupied for space in found.values()} == {0}
    assert found["wittenberge"].counts == Counts(free=0, occupied=0, unknown=11, out_of_service=1)
    assert found["wittenberge"].changed_us is None
    assert {device.status for device in found["wittenberge"].devices} == {DeviceStatus.NEVER}


def test_a_desk_shows_what_its_device_said(live: SqlLiveQueries, units: UnitFactory) -> None:
    say(units, "moelln", "pi-saal")
    tell(units, "moelln", "s1", "occupied", device="pi-saal", since_us=NOW_US - 5)
    tell(units, "moelln", "s2", "vacant", device="pi-saal", since_us=NOW_US - 9)
    tell(units, "moelln", "s3", "unknown", device="pi-saal", reason="stuck")
    assert view(live, "moelln", "s1").state is DeskState.OCCUPIED
    assert view(live, "moelln", "s1").since_us == NOW_US - 5
    assert view(live, "moelln", "s2").state is DeskState.FREE
    assert view(live, "moelln", "s3").trouble is Trouble.STUCK
    assert view(live, "moelln", "s4").trouble is Trouble.NO_DATA
    assert view(live, "moelln", "s5").trouble is Trouble.NO_SENSOR


@pytest.mark.parametrize(
    ("heard_ago_us", "status", "expected"),
    [
        pytest.param(0, "online", Trouble.NONE, id="just heard"),
        pytest.param(150_000_000, "online", Trouble.NONE, id="as old as it may be"),
        pytest.param(150_000_001, "online", Trouble.STALE, id="older"),
        pytest.param(0, "lost", Trouble.DEVICE_LOST, id="its last will came"),
        pytest.param(0, "offline", Trouble.DEVICE_OFFLINE, id="it said good-bye"),
    ],
)
def test_a_desk_of_a_silent_device_is_unknown_not_free(
    live: SqlLiveQueries, units: UnitFactory, heard_ago_us: int, status: str, expected: Trouble
) -> None:
    say(units, "moelln", "pi-saal", heard_us=NOW_US - heard_ago_us, status=status)
    tell(units, "moelln", "s1", "vacant", device="pi-saal")
    assert view(live, "moelln", "s1").trouble is expected


def test_one_space_looks_the_same_alone_and_in_the_overview(live: SqlLiveQueries, units: UnitFactory) -> None:
    say(units, "wittenberge", "pi-ruhe")
    say(units, "diessen", "pi-see")
    tell(units, "wittenberge", "r1", "occupied", device="pi-ruhe")
    tell(units, "diessen", "a1", "vacant", device="pi-see")
    for found in live.overview(NOW_US):
        assert live.space(found.space.id, NOW_US) == found


def test_two_spaces_may_use_the_same_ids(
    live: SqlLiveQueries, units: UnitFactory, towns: tuple[Town, ...]
) -> None:
    space = towns[2].spaces[0]
    again = replace(towns[2], spaces=(space, replace(space, id="moelln-2", name="Anbau")))
    import_site(units, (*towns[:2], again, *towns[3:]), NOW_US)
    say(units, "moelln-2", "pi-saal")
    tell(units, "moelln-2", "s1", "occupied", device="pi-saal")
    assert view(live, "moelln-2", "s1").state is DeskState.OCCUPIED
    assert view(live, "moelln", "s1").state is DeskState.UNKNOWN


def test_a_desk_given_to_another_device_no_longer_shows_what_the_old_one_said(
    live: SqlLiveQueries, units: UnitFactory, towns: tuple[Town, ...]
) -> None:
    say(units, "wittenberge", "pi-halle")
    say(units, "wittenberge", "pi-ruhe")
    tell(units, "wittenberge", "f1", "occupied", device="pi-halle")
    assert view(live, "wittenberge", "f1").state is DeskState.OCCUPIED
    space = towns[0].spaces[0]
    desks = tuple(replace(desk, device="pi-ruhe") if desk.id == "f1" else desk for desk in space.desks)
    import_site(units, (replace(towns[0], spaces=(replace(space, desks=desks),)), *towns[1:]), NOW_US)
    assert view(live, "wittenberge", "f1").trouble is Trouble.NO_DATA
    tell(units, "wittenberge", "f1", "vacant", device="pi-ruhe")
    assert view(live, "wittenberge", "f1").state is DeskState.FREE


def test_a_retired_desk_and_device_are_not_shown(
    live: SqlLiveQueries, units: UnitFactory, towns: tuple[Town, ...]
) -> None:
    say(units, "wittenberge", "pi-ruhe")
    tell(units, "wittenberge", "r1", "occupied", device="pi-ruhe")
    space = towns[0].spaces[0]
    fewer = replace(
        space,
        desks=tuple(desk for desk in space.desks if desk.device != "pi-ruhe"),
        devices=space.devices[:1],
    )
    import_site(units, (replace(towns[0], spaces=(fewer,)), *towns[1:]), NOW_US, remove_missing=True)
    found = live.space("wittenberge", NOW_US)
    assert found is not None
    assert found.counts.total == 9
    assert [device.id for device in found.devices] == ["pi-halle"]


def test_changed_is_when_any_desk_changed_last(live: SqlLiveQueries, units: UnitFactory) -> None:
    say(units, "moelln", "pi-saal")
    tell(units, "moelln", "s1", "occupied", device="pi-saal", since_us=NOW_US - 500)
    tell(units, "moelln", "s2", "vacant", device="pi-saal", since_us=NOW_US - 300)
    found = live.space("moelln", NOW_US)
    assert found is not None
    assert found.changed_us == NOW_US - 300


@pytest.mark.parametrize(
    ("published_at_us", "shown_at_us"),
    [
        pytest.param([], None, id="none"),
        pytest.param([BOUNDARY_US], BOUNDARY_US, id="of the last boundary"),
        pytest.param([BOUNDARY_US, BOUNDARY_US - FIVE_MINUTES_US], BOUNDARY_US, id="the newest counts"),
        pytest.param([BOUNDARY_US - FIVE_MINUTES_US], BOUNDARY_US - FIVE_MINUTES_US, id="the one before"),
        pytest.param([BOUNDARY_US - 2 * FIVE_MINUTES_US], None, id="ten minutes old"),
        pytest.param([BOUNDARY_US + FIVE_MINUTES_US], None, id="of a time to come"),
    ],
)
def test_the_published_count_is_that_of_the_last_boundary(
    live: SqlLiveQueries, units: UnitFactory, published_at_us: list[int], shown_at_us: int | None
) -> None:
    with units.writing() as unit:
        pk = unit.session.scalars(select(SpaceRow.pk).where(SpaceRow.id == "moelln")).one()
        for number, at_us in enumerate(published_at_us):
            unit.session.add(
                PublishedCountRow(
                    space_pk=pk, at_us=at_us, free=number, occupied=1, unknown=2, out_of_service=3
                )
            )
        unit.commit()
    found, other = live.space("moelln", NOW_US), live.space("diessen", NOW_US)
    assert found is not None
    assert other is not None
    assert found.published == (None if shown_at_us is None else (Counts(0, 1, 2, 3), shown_at_us))
    assert other.published is None


def test_there_is_no_such_space(live: SqlLiveQueries) -> None:
    assert live.space("kiel", NOW_US) is None
    with pytest.raises(UnknownSpace, match="kiel"):
        live.host_link("kiel")


def test_a_space_of_a_retired_town_is_gone(live: SqlLiveQueries, units: UnitFactory) -> None:
    with units.writing() as unit:
        unit.sites.retire("town", ("moelln",), NOW_US)
        unit.commit()
    assert live.space("moelln", NOW_US) is None
    assert "moelln" not in [town.id for town in live.towns()]


def test_the_host_link_is_the_secret_of_its_space(live: SqlLiveQueries, units: UnitFactory) -> None:
    with units.reading() as unit:
        assert live.host_link("moelln") == unit.sites.host_secret("moelln")
    assert len({live.host_link(space) for space in ("moelln", "diessen", "wittenberge")}) == 3


def test_a_migrated_database_is_ready_and_a_damaged_one_says_what_is_missing(
    live: SqlLiveQueries, engine: Engine
) -> None:
    assert live.ready() == []
    with engine.begin() as connection:
        connection.execute(text("DROP TABLE closing_day"))
    assert live.ready() == ["table closing_day is missing: restore the database from a backup"]


def big(desks: int) -> Town:
    """Return a town whose one space has many desks."""
    rows = tuple(
        Desk(f"d{n}", str(n), "", 100 + n % 20 * 150, 100 + n // 20 * 80, sensor="pir", device="pi")
        for n in range(desks)
    )
    base = read_site(DEMO.read_bytes(), DEMO.name).towns[2].spaces[0]
    space: Space = replace(
        base,
        id="gross",
        town="gross",
        plan_width=4000,
        desks=rows,
        zones=(),
        doors=(),
        devices=(Device("pi", "Pi"),),
    )
    return Town("gross", "01000000", "Groß", "SH", spaces=(space,))


def test_two_hundred_desks_take_as_many_queries_as_six(
    live: SqlLiveQueries, units: UnitFactory, engine: Engine
) -> None:
    with counted(engine) as few:
        live.overview(NOW_US)
    with counted(engine) as few_alone:
        live.space("moelln", NOW_US)
    import_site(units, (big(200),), NOW_US)
    say(units, "gross", "pi")
    for number in range(200):
        tell(units, "gross", f"d{number}", "occupied" if number % 3 else "vacant", device="pi")
    with counted(engine) as many:
        overview = live.overview(NOW_US)
    with counted(engine) as many_alone:
        alone = live.space("gross", NOW_US)
    assert alone is not None
    assert alone.counts == Counts(free=67, occupied=133, unknown=0, out_of_service=0)
    assert alone in overview
    assert len(many) == len(few) == 3
    assert len(many_alone) == len(few_alone) == 3
