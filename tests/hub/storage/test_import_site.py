"""Importing a site: made, changed, left alone, retired, brought back; each time read through a new transaction."""

from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, func, select, text

import hub
from hub.domain.errors import InvalidSite, UnknownSpace
from hub.domain.space import Desk, Device, Space, Town, Zone
from hub.domain.time import to_us
from hub.services.import_site import import_site
from hub.site_file.towns import read_site
from hub.storage.tables import DeskRow, SpaceRow, TownRow
from hub.storage.unit_of_work import UnitFactory

NOW_US = to_us(datetime(2026, 11, 23, 12, tzinfo=UTC))
DEMO = Path(hub.__file__).parent / "demo" / "site.toml"


@pytest.fixture
def towns() -> tuple[Town, ...]:
    """The five towns of the demo."""
    return read_site(DEMO.read_bytes(), DEMO.name).towns


def stored(units: UnitFactory) -> dict[str, Town]:
    """Return what is in the database, by id."""
    with units.reading() as unit:
        return {town.id: town for town in unit.sites.towns()}


def run(units: UnitFactory, towns: tuple[Town, ...], **how: Any) -> list[str]:
    """Import, and return what was told."""
    return [f"{change.kind} {change.name}" for change in import_site(units, towns, NOW_US, **how)]


def with_space(towns: tuple[Town, ...], **values: object) -> tuple[Town, ...]:
    """Return the towns with another Clubheim."""
    return tuple(
        replace(town, spaces=(replace(town.spaces[0], **values),)) if town.id == "moelln" else town  # type: ignore[arg-type]
        for town in towns
    )


def space_of(towns: tuple[Town, ...], id_: str = "moelln") -> Space:
    return next(space for town in towns for space in town.spaces if space.id == id_)


def without_diessen(towns: tuple[Town, ...]) -> tuple[Town, ...]:
    """Return the towns without Dießen, which no other points to any more."""
    return tuple(replace(town, neighbours=town.neighbours[:1]) for town in towns if town.id != "diessen")


def row_counts(engine: Engine) -> dict[str, int]:
    tables = (
        "town",
        "space",
        "zone",
        "device",
        "desk",
        "door",
        "opening_period",
        "closing_day",
        "town_neighbour",
    )
    with engine.connect() as connection:
        return {
            name: connection.execute(text(f"SELECT count(*) FROM {name}")).scalar() or 0 for name in tables
        }


def test_what_was_imported_reads_back_equal(units: UnitFactory, towns: tuple[Town, ...]) -> None:
    told = run(units, towns)
    assert stored(units) == {town.id: town for town in towns}
    assert told[0] == "added town wittenberge"
    assert "added desk wittenberge/f1" in told


@pytest.mark.parametrize("remove_missing", [False, True])
def test_a_town_with_another_ones_ags_is_refused_by_name(
    units: UnitFactory, towns: tuple[Town, ...], remove_missing: bool
) -> None:
    run(units, towns)
    renamed = tuple(
        replace(town, id="molln") if town.id == "moelln" else town for town in without_diessen(towns)
    )
    renamed = tuple(replace(town, neighbours=(), spaces=()) for town in renamed)
    before = stored(units)
    with pytest.raises(InvalidSite, match='town "molln": its ags .* is that of town "moelln"'):
        run(units, renamed, remove_missing=remove_missing)
    assert stored(units) == before


def test_towns_come_back_in_german_order(units: UnitFactory, towns: tuple[Town, ...]) -> None:
    run(units, towns)
    assert list(stored(units)) == ["diessen", "dippoldiswalde", "moelln", "oestrich-winkel", "wittenberge"]


def test_a_second_import_changes_nothing(units: UnitFactory, engine: Engine, towns: tuple[Town, ...]) -> None:
    run(units, towns)
    with units.reading() as unit:
        secrets = dict(unit.session.execute(select(SpaceRow.id, SpaceRow.host_secret)).fetchall())
    before = row_counts(engine)
    assert run(units, towns) == []
    assert row_counts(engine) == before
    with units.reading() as unit:
        assert dict(unit.session.execute(select(SpaceRow.id, SpaceRow.host_secret)).fetchall()) == secrets


def test_a_dry_run_tells_the_same_and_writes_nothing(
    units: UnitFactory, engine: Engine, towns: tuple[Town, ...]
) -> None:
    assert run(units, towns, dry_run=True) == run(units, towns, dry_run=True) != []
    assert set(row_counts(engine).values()) == {0}


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        pytest.param({"name": "Halle"}, "changed space moelln (name: Clubheim Mölln → Halle)", id="its name"),
        pytest.param({"valid_to": date(2027, 1, 1)}, "(valid_to: none → 2027-01-01)", id="its last day"),
        pytest.param({"opening": ()}, "(opening: 11 entries → 0 entries)", id="its hours"),
        pytest.param({"closed_on": (date(2026, 12, 24),)}, "closed_on", id="its closing days"),
        pytest.param({"plan_width": 1200}, "(plan_width: 1000 → 1200)", id="its plan"),
    ],
)
def test_a_change_of_a_space_is_told_and_kept(
    units: UnitFactory, towns: tuple[Town, ...], values: dict[str, object], expected: str
) -> None:
    run(units, towns)
    changed = with_space(towns, **values)
    (told,) = run(units, changed)
    assert expected in told
    assert stored(units)["moelln"] == changed[2]


def test_a_desk_that_moves_keeps_its_key(units: UnitFactory, towns: tuple[Town, ...]) -> None:
    run(units, towns)
    with units.reading() as unit:
        before = unit.session.scalar(select(DeskRow.pk).where(DeskRow.id == "k1"))
    desks = tuple(replace(desk, x=500) if desk.id == "k1" else desk for desk in space_of(towns).desks)
    assert run(units, with_space(towns, desks=desks)) == ["changed desk moelln/k1 (x: 820 → 500)"]
    with units.reading() as unit:
        assert unit.session.scalar(select(DeskRow.pk).where(DeskRow.id == "k1")) == before
        assert unit.session.scalar(select(DeskRow.x).where(DeskRow.id == "k1")) == 500


def test_another_order_of_desks_is_a_change(units: UnitFactory, towns: tuple[Town, ...]) -> None:
    run(units, towns)
    turned = with_space(towns, desks=space_of(towns).desks[::-1])
    (told,) = run(units, turned)
    assert told.startswith("changed space moelln (order of desks: s1 s2 ")
    assert stored(units)["moelln"] == turned[2]


def test_a_space_can_move_to_another_town_with_its_key(units: UnitFactory, towns: tuple[Town, ...]) -> None:
    run(units, towns)
    with units.reading() as unit:
        before = unit.session.scalar(select(SpaceRow.pk).where(SpaceRow.id == "moelln"))
    moved = replace(space_of(towns), town="diessen")
    changed = tuple(
        replace(town, spaces=())
        if town.id == "moelln"
        else replace(town, spaces=(*town.spaces, moved))
        if town.id == "diessen"
        else town
        for town in towns
    )
    assert run(units, changed) == ["changed space moelln (town: moelln → diessen)"]
    with units.reading() as unit:
        assert unit.session.scalar(select(SpaceRow.pk).where(SpaceRow.id == "moelln")) == before
    assert {space.id for space in stored(units)["diessen"].spaces} == {"diessen", "moelln"}


def test_neighbours_are_kept_in_order_and_can_be_taken_away(
    units: UnitFactory, towns: tuple[Town, ...]
) -> None:
    run(units, towns)
    assert stored(units)["dippoldiswalde"].neighbours == ("wittenberge", "diessen")
    for neighbours in (("diessen", "wittenberge"), ()):
        changed = tuple(
            replace(town, neighbours=neighbours) if town.id == "dippoldiswalde" else town for town in towns
        )
        assert len(run(units, changed)) == 1
        assert stored(units)["dippoldiswalde"].neighbours == neighbours


def test_what_the_file_leaves_out_is_told_and_stays(
    units: UnitFactory, engine: Engine, towns: tuple[Town, ...]
) -> None:
    towns = tuple(replace(town, neighbours=()) for town in towns)
    run(units, towns)
    before = row_counts(engine)
    fewer = with_space(without_diessen(towns), desks=space_of(towns).desks[1:])
    assert run(units, fewer) == ["missing town diessen", "missing space diessen", "missing desk moelln/s1"]
    assert row_counts(engine) == before
    assert stored(units) == {town.id: town for town in towns}


def test_what_is_missing_is_retired_when_asked_and_no_row_is_deleted(
    units: UnitFactory, engine: Engine, towns: tuple[Town, ...]
) -> None:
    towns = tuple(replace(town, neighbours=town.neighbours[:1]) for town in towns)
    run(units, towns)
    before = row_counts(engine)
    old = space_of(towns)
    fewer = with_space(without_diessen(towns), desks=old.desks[1:], zones=old.zones, doors=old.doors[:1])
    told = run(units, fewer, remove_missing=True)
    assert told == [
        "missing town diessen",
        "missing space diessen",
        "missing desk moelln/s1",
        "missing door moelln/platz",
    ]
    assert row_counts(engine) == before
    assert stored(units) == {town.id: town for town in fewer}
    with units.reading() as unit:
        assert unit.session.scalar(select(DeskRow.retired_us).where(DeskRow.id == "s1")) == NOW_US
        assert unit.session.scalar(select(TownRow.retired_us).where(TownRow.id == "diessen")) == NOW_US
        assert unit.session.scalar(select(SpaceRow.valid_to).where(SpaceRow.id == "diessen")) == date(
            2026, 11, 22
        )
    assert run(units, fewer, remove_missing=True) == []


def test_what_was_retired_comes_back_with_its_key(
    units: UnitFactory, engine: Engine, towns: tuple[Town, ...]
) -> None:
    run(units, towns)
    before = row_counts(engine)
    with units.reading() as unit:
        key = unit.session.scalar(select(DeskRow.pk).where(DeskRow.id == "s1"))
    run(units, with_space(without_diessen(towns), desks=space_of(towns).desks[1:]), remove_missing=True)
    told = run(units, towns)
    assert "added town diessen" in told
    assert "added desk moelln/s1" in told
    assert stored(units) == {town.id: town for town in towns}
    assert row_counts(engine) == before
    with units.reading() as unit:
        assert unit.session.scalar(select(DeskRow.pk).where(DeskRow.id == "s1")) == key


def test_a_space_that_had_its_last_day_is_not_missed(units: UnitFactory, towns: tuple[Town, ...]) -> None:
    run(units, with_space(towns, valid_to=date(2026, 11, 22)))
    without = tuple(replace(town, spaces=()) if town.id == "moelln" else town for town in towns)
    assert run(units, without, remove_missing=True) == []
    run(units, with_space(towns, valid_to=date(2026, 11, 23)))
    assert run(units, without) == ["missing space moelln"]


def test_a_space_that_had_not_begun_is_over_after_its_first_day(
    units: UnitFactory, towns: tuple[Town, ...]
) -> None:
    run(units, with_space(towns, valid_from=date(2027, 5, 1)))
    without = tuple(replace(town, spaces=()) if town.id == "moelln" else town for town in towns)
    run(units, without, remove_missing=True)
    assert stored(units)["moelln"].spaces[0].valid_to == date(2027, 5, 1)


def test_one_impossible_thing_leaves_everything_as_it_was(
    units: UnitFactory, engine: Engine, towns: tuple[Town, ...]
) -> None:
    broken = (*towns, Town("kiel", "0", "Kiel", "SH"))
    with pytest.raises(Exception, match=r"ags_length|CHECK"):
        run(units, broken)
    assert set(row_counts(engine).values()) == {0}


def test_a_desk_goes_to_a_new_zone_and_device_made_in_the_same_import(
    units: UnitFactory, towns: tuple[Town, ...]
) -> None:
    run(units, towns)
    old = space_of(towns)
    changed = with_space(
        towns,
        zones=(*old.zones, Zone("neu", "Neu")),
        devices=(*old.devices, Device("pi-neu", "Neu")),
        desks=(*old.desks, Desk("n1", "Neu 1", "neu", 700, 600, sensor="pir", device="pi-neu")),
    )
    assert run(units, changed) == [
        "added zone moelln/neu",
        "added device moelln/pi-neu",
        "added desk moelln/n1",
    ]
    assert stored(units)["moelln"].spaces[0].desks[-1].device == "pi-neu"


def test_each_space_has_a_secret_of_its_own_that_can_be_renewed(
    units: UnitFactory, towns: tuple[Town, ...]
) -> None:
    run(units, towns)
    with units.reading() as unit:
        secrets = {space.id: unit.sites.host_secret(space.id) for town in towns for space in town.spaces}
        assert unit.session.scalar(select(func.count()).select_from(SpaceRow)) == len(set(secrets.values()))
    with units.writing() as unit:
        renewed = unit.sites.renew_host_secret("moelln")
        unit.commit()
    assert len(renewed) >= 43
    assert renewed not in secrets.values()
    with units.reading() as unit:
        assert unit.sites.host_secret("moelln") == renewed
        assert unit.sites.host_secret("diessen") == secrets["diessen"]


def test_a_space_that_is_not_there_is_named_beside_those_that_are(
    units: UnitFactory, towns: tuple[Town, ...]
) -> None:
    with units.reading() as unit, pytest.raises(UnknownSpace, match='no space "kiel"; known are none yet'):
        unit.sites.host_secret("kiel")
    run(units, towns)
    with (
        units.reading() as unit,
        pytest.raises(UnknownSpace, match="known are diessen, moelln, oestrich-winkel"),
    ):
        unit.sites.host_secret("kiel")
