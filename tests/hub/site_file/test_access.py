"""What a space says of its doors: read, refused by line, stored, changed, and left alone where nothing is said."""

from dataclasses import replace

import pytest

from hub.domain.errors import InvalidSite
from hub.domain.space import PublicDetail, SpaceAccess, Town
from hub.domain.visibility import PUBLIC, Viewer, detail_for, see
from hub.services.import_site import import_site
from hub.site_file.towns import SiteFile, read_site
from hub.storage.live_queries import SqlLiveQueries
from hub.storage.unit_of_work import UnitFactory
from tests.hub.desks.world import SPACE, World
from tests.hub.ingest.hub import NOW_US, town

HEAD = """[[town]]
id = "moelln"
ags = "01053090"
name = "Mölln"
land = "SH"
[[town.space]]
id = "clubheim"
name = "Clubheim"
kind = "club"
phase = "operation"
valid_from = 2022-04-01
"""
DECIDED = SpaceAccess(
    uid_cards=True,
    uid_cards_reason="Vereinsausweise",
    lockdown_hosts=False,
    office_hours=True,
    office_from_first=False,
    round_trip_ms=80,
    open_s=4,
    longer_s=20,
    held_s=45,
    phone_opening=True,
    exits_reason="Die Feuerwehr fragt danach",
)


def read(text: str) -> SiteFile:
    return read_site((HEAD + text).encode(), "site.toml")


def test_a_space_that_says_nothing_of_its_doors_has_decided_nothing() -> None:
    assert read("").towns[0].spaces[0].access is None
    assert read("[town.space.access]\n").towns[0].spaces[0].access == SpaceAccess()


def test_everything_that_a_space_may_say_is_read() -> None:
    text = """[town.space.access]
    uid_cards = true
    uid_cards_reason = "Vereinsausweise"
    lockdown_hosts = false
    office_hours = true
    office_from_first = false
    round_trip_ms = 80
    open_s = 4
    longer_s = 20
    held_s = 45
    phone_opening = true
    exits_reason = "Die Feuerwehr fragt danach"
    """
    assert read(text).towns[0].spaces[0].access == DECIDED


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        (
            "uid_cards = true",
            'line 12: space "clubheim": access: uid_cards_reason: is missing: any phone can copy',
        ),
        ('uid_cards = true\nuid_cards_reason = " "', "line 14: "),
        ("open_s = 0", 'line 13: space "clubheim": access: open_s: 0 is no whole number from 1 to 600'),
        ("held_s = 601", "line 13: "),
        ("round_trip_ms = -1", "line 13: "),
        ("open_s = 20", "longer_s: 15 is below open_s, 20"),
        (
            "lockdown = true",
            "lockdown: is unknown here; known are uid_cards, uid_cards_reason, lockdown_hosts",
        ),
        ('office_hours = "yes"', "is neither true nor false"),
    ],
)
def test_a_mistake_is_told_with_its_line(line: str, problem: str) -> None:
    with pytest.raises(InvalidSite) as refused:
        read(f"[town.space.access]\n{line}\n")
    assert problem in str(refused.value)


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ('uid_cards_reason = "weil"', "for what is not switched on"),
        ("office_from_first = false", "says nothing without office_hours"),
    ],
)
def test_what_is_probably_not_meant_so_is_told(line: str, problem: str) -> None:
    (warning,) = read(f"[town.space.access]\n{line}\n").warnings
    assert problem in warning


def towns(access: SpaceAccess | None) -> list[Town]:
    made = town(SPACE)
    return [replace(made, spaces=(replace(made.spaces[0], access=access),))]


def stored(units: UnitFactory) -> SpaceAccess | None:
    with units.reading() as unit:
        return unit.sites.towns()[0].spaces[0].access


def run(units: UnitFactory, access: SpaceAccess | None) -> list[str]:
    return [f"{change.kind} {change.name}" for change in import_site(units, towns(access), NOW_US)]


def test_what_was_decided_is_stored_changed_and_not_forgotten_when_nothing_is_said(
    units: UnitFactory,
) -> None:
    run(units, None)
    assert stored(units) is None
    assert run(units, SpaceAccess()) == [f"changed space {SPACE} (access: none → as by default)"]
    assert run(units, SpaceAccess()) == []
    assert run(units, SpaceAccess(open_s=4, office_hours=True)) == [
        f"changed space {SPACE} (access.office_hours: False → True, access.open_s: 5 → 4)"
    ]
    assert stored(units) == SpaceAccess(open_s=4, office_hours=True)
    assert run(units, None) == [], "a file that says nothing leaves what is stored alone"
    assert stored(units) == SpaceAccess(open_s=4, office_hours=True)
    run(units, DECIDED)
    assert stored(units) == DECIDED


def test_a_new_space_has_what_its_file_says(units: UnitFactory) -> None:
    run(units, DECIDED)
    assert stored(units) == DECIDED


def test_devices_get_lists_with_what_was_decided(world: World) -> None:
    before = world.wanted()
    made = town(SPACE)
    space = replace(made.spaces[0], access=DECIDED)
    import_site(UnitFactory(world.engine), [replace(made, spaces=(space,))], world.now_us)
    assert all(count > before.get(key, 0) for key, count in world.wanted().items())


@pytest.mark.parametrize("viewer", [PUBLIC, Viewer(signed_in=True)], ids=["public", "signed in"])
@pytest.mark.parametrize("detail", list(PublicDetail))
def test_pages_are_not_given_what_a_space_has_decided_about_its_doors(
    units: UnitFactory, viewer: Viewer, detail: PublicDetail
) -> None:
    made = town(SPACE)
    space = replace(made.spaces[0], access=DECIDED, public_detail=detail)
    import_site(units, [replace(made, spaces=(space,))], NOW_US)
    live = SqlLiveQueries(units).space(SPACE, NOW_US)
    assert live is not None
    assert see(live, detail_for(live.space, viewer)).space.access is None
