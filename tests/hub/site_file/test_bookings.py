"""What a space says of bookings: read, refused by line, stored, changed, and left alone where nothing is said."""

from dataclasses import fields, replace
from datetime import time

import pytest

from hub.domain.errors import InvalidSite
from hub.domain.space import SpaceBookings
from hub.services.import_site import import_site
from hub.storage.unit_of_work import UnitFactory
from tests.hub.desks.world import SPACE
from tests.hub.ingest.hub import NOW_US, town
from tests.hub.site_file.test_access import read

DECIDED = SpaceBookings(
    bookable=False, half_day_at=time(13, 15), advance_days=14, concurrent=3, per_week=5, cancel_until_min=120,
    several_desks=True, early_min=10, release=False, grace_min=20, entry_needs_booking=True, holidays_open=True,
    hold_min=45,
)  # fmt: skip


def test_everything_that_a_space_may_say_is_read() -> None:
    said = {field.name: getattr(DECIDED, field.name) for field in fields(DECIDED)} | {
        "half_day_at": '"13:15"'
    }
    lines = "\n".join(f"{name} = {str(value).lower()}" for name, value in said.items())
    assert read(f"[town.space.bookings]\n{lines}\n").towns[0].spaces[0].bookings == DECIDED
    assert read("[town.space.bookings]\n").towns[0].spaces[0].bookings == SpaceBookings()
    assert read("").towns[0].spaces[0].bookings is None


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        (
            "grace_min = 0",
            'line 13: space "clubheim": bookings: grace_min: 0 is no whole number from 1 to 10080',
        ),
        ("advance_days = 731", "0 to 730"),
        ('half_day_at = "13:10"', "no quarter of an hour"),
        ('half_day_at = "00:00"', "no quarter of an hour"),
        ('half_day_at = "mittags"', "no quarter of an hour"),
        ("half_day_at = 12", "is no text"),
        ("per_week = true", "is no whole number"),
        ("grace = 3", "grace: is unknown here; known are bookable"),
    ],
)
def test_a_mistake_is_told_with_its_line(line: str, problem: str) -> None:
    with pytest.raises(InvalidSite) as refused:
        read(f"[town.space.bookings]\n{line}\n")
    assert problem in str(refused.value)


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ('half_day_at = "13:00"', 'says nothing with granularity = "hour"'),
        ("release = false\ngrace_min = 5", "says nothing with release = false"),
        ("bookable = false\nentry_needs_booking = true", "while a host has booked"),
    ],
)
def test_what_is_probably_not_meant_so_is_told(line: str, problem: str) -> None:
    (warning,) = read(f"[town.space.bookings]\n{line}\n").warnings
    assert problem in warning


def test_what_was_decided_is_stored_changed_and_not_forgotten_when_nothing_is_said(
    units: UnitFactory,
) -> None:
    def run(rules: SpaceBookings | None) -> list[str]:
        made = town(SPACE)
        towns = [replace(made, spaces=(replace(made.spaces[0], bookings=rules),))]
        return [f"{change.kind} {change.name}" for change in import_site(units, towns, NOW_US)]

    def stored() -> SpaceBookings | None:
        with units.reading() as unit:
            return unit.sites.towns()[0].spaces[0].bookings

    run(None)
    assert stored() is None
    assert run(SpaceBookings(grace_min=20)) == [f"changed space {SPACE} (bookings.grace_min: 30 → 20)"]
    assert run(SpaceBookings(grace_min=20)) == []
    assert run(None) == []
    assert stored() == SpaceBookings(grace_min=20)
    run(DECIDED)
    assert stored() == DECIDED
