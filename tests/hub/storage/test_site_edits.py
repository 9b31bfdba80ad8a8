"""Changes in the browser and site files side by side: no file undoes what it does not know (decision 0024)."""

from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import Engine

import hub
from hub.domain.errors import InvalidSite
from hub.domain.site_changes import Edition
from hub.domain.space import Desk, Space, Town
from hub.services.import_site import import_site
from hub.site_file.towns import read_site
from hub.site_file.writing import write_site
from hub.storage.unit_of_work import UnitFactory

NOW_US = 1_795_000_200_000_000
DEMO = Path(hub.__file__).parent / "demo" / "site.toml"
TOWNS = read_site(DEMO.read_bytes(), DEMO.name).towns


@pytest.fixture
def units(sqlite_engine: Engine) -> UnitFactory:
    """With the five towns."""
    units = UnitFactory(sqlite_engine)
    import_site(units, TOWNS, NOW_US)
    return units


def edit(units: UnitFactory, **values: object) -> None:
    """Change the Clubheim as the pages do."""
    with units.writing() as unit:
        before = next(one for town in unit.sites.towns() for one in town.spaces if one.id == "moelln")
        unit.sites.save_space(replace(before, **values))  # type: ignore[arg-type]
        unit.sites.note_change("moelln", is_edit=True)
        unit.commit()


def with_clubheim(**values: object) -> tuple[Town, ...]:
    """Return the towns of the file with another Clubheim."""
    return tuple(
        replace(town, spaces=(replace(town.spaces[0], **values),)) if town.id == "moelln" else town  # type: ignore[arg-type]
        for town in TOWNS
    )


def clubheim(units: UnitFactory) -> Space:
    with units.reading() as unit:
        return next(one for town in unit.sites.towns() for one in town.spaces if one.id == "moelln")


def edition(units: UnitFactory) -> Edition:
    with units.reading() as unit:
        return unit.sites.editions()["moelln"]


def exported(units: UnitFactory) -> str:
    with units.reading() as unit:
        return write_site(unit.sites.towns(), unit.sites.editions())


def test_importing_what_was_exported_changes_nothing(units: UnitFactory) -> None:
    edit(units, name="Neues Heim", desks=(*clubheim(units).desks, Desk("neu", "Neuer", x=700, y=580)))
    file = read_site(exported(units).encode(), "export.toml")
    assert import_site(units, file.towns, NOW_US, editions=file.editions, remove_missing=True) == []
    assert clubheim(units).name == "Neues Heim"
    assert edition(units).edited == 0


def test_a_file_that_does_not_know_a_change_in_the_browser_is_refused(units: UnitFactory) -> None:
    edit(units, name="Neues Heim")
    with pytest.raises(InvalidSite) as refused:
        import_site(units, TOWNS, NOW_US)
    assert 'space "moelln" was changed in the browser' in str(refused.value)
    assert "name: Neues Heim → Clubheim Mölln" in str(refused.value)
    assert "site export" in str(refused.value)
    assert clubheim(units).name == "Neues Heim"


def test_it_may_be_overwritten_by_somebody_who_says_so(units: UnitFactory) -> None:
    edit(units, name="Neues Heim")
    import_site(units, TOWNS, NOW_US, overwrite_edits=True)
    assert clubheim(units).name == "Clubheim Mölln"
    import_site(units, with_clubheim(address="Neu 1"), NOW_US)
    assert clubheim(units).address == "Neu 1"


def test_other_spaces_of_the_file_are_free_to_change(units: UnitFactory) -> None:
    edit(units, name="Neues Heim")
    towns = tuple(town for town in with_clubheim(name="Neues Heim") if town.id != "diessen")
    towns = tuple(replace(town, neighbours=()) for town in towns)
    assert import_site(units, towns, NOW_US)
    assert edition(units).edited == 0


def test_a_desk_that_was_added_in_the_browser_is_only_retired_by_who_knows_it(units: UnitFactory) -> None:
    edit(units, desks=(*clubheim(units).desks, Desk("neu", "Neuer", x=700, y=580)))
    # What a file leaves out stays, as ever; and it is still no file's.
    import_site(units, TOWNS, NOW_US)
    assert edition(units).edited
    with pytest.raises(InvalidSite, match="desk moelln/neu"):
        import_site(units, TOWNS, NOW_US, remove_missing=True)
    file = read_site(exported(units).encode(), "export.toml")
    import_site(units, TOWNS, NOW_US, editions=file.editions, remove_missing=True)
    assert "neu" not in [desk.id for desk in clubheim(units).desks]


def test_each_change_has_a_version_of_its_own(units: UnitFactory) -> None:
    before = edition(units).version
    edit(units, name="Neues Heim")
    assert edition(units) == Edition(before + 1, before + 1)
    import_site(units, TOWNS, NOW_US, overwrite_edits=True)
    assert edition(units) == Edition(before + 2, 0)
    import_site(units, TOWNS, NOW_US)
    assert edition(units) == Edition(before + 2, 0)
