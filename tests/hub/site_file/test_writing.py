"""What is written as a site file reads back as it was."""

import re
from dataclasses import replace
from datetime import date, time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import hub
from hub.domain.site_changes import Edition
from hub.domain.space import (
    Desk,
    Device,
    Door,
    OpeningPeriod,
    Phase,
    PublicDetail,
    Space,
    SpaceAccess,
    SpaceBookings,
    SpaceKind,
    Town,
    Zone,
)
from hub.domain.texts import is_unseen
from hub.site_file.towns import read_site
from hub.site_file.writing import write_site

ROOT = Path(hub.__file__).parents[1]
EVERYTHING = Town(
    "moelln", "01053090", "Mölln", "SH", True, 19_000, date(2024, 12, 31), (), "Ein „Satz“ \\ mit\nZeile", "A \t tab",
    (
        Space(
            "clubheim", "moelln", 'Club "heim"', SpaceKind.POP_UP, Phase.TEST, date(2022, 4, 1), "Europe/Vienna",
            date(2027, 3, 31), "Am Sportplatz 5", "Sportverein e. V.", public_detail=PublicDetail.COUNT,
            plan_width=900, plan_depth=700, public_detail_reason="Beschluss",
            opening=(
                OpeningPeriod(0, time(8), time(12)), OpeningPeriod(0, time(13), time()),
                OpeningPeriod(6, time(), time()),
            ),
            closed_on=(date(2026, 12, 24), date(2026, 12, 31)), zones=(Zone("saal", "Saal"),),
            devices=(Device("pi", "Pi"),), doors=(Door("vorn", "Vorn", "pi"), Door("hinten", "Hinten")),
            desks=(
                Desk("s1", "1", "saal", 150, 150, 160, 80, 45, "mat", "pi"),
                Desk("s2", "Größe Ⅱ", x=400, y=400, in_service=False),
            ),
            access=SpaceAccess(True, "darum", False, True, False, 9, 4, 16, 31, True),
            bookings=SpaceBookings(False, time(13, 15), 0, 3, 4, 60, True, 5, False, 7, True, True),
        ),
    ),
)  # fmt: skip


def read(text: str) -> tuple[Town, ...]:
    return read_site(text.encode(), "export.toml").towns


def test_the_demo_and_a_space_with_everything_come_back_as_they_were() -> None:
    assert read(write_site([EVERYTHING], {})) == (EVERYTHING,)
    demo = read_site((ROOT / "hub" / "demo" / "site.toml").read_bytes(), "site.toml").towns
    assert read(write_site(demo, {})) == demo


def test_the_file_says_which_edition_it_was_written_from() -> None:
    text = write_site([EVERYTHING], {"clubheim": Edition(7, 5)})
    assert read_site(text.encode(), "export.toml").editions == {"clubheim": 7}
    assert read_site(write_site([EVERYTHING], {}).encode(), "export.toml").editions == {}


# Texts that a page or a file takes; what looks like a broken encoding is refused by both.
TEXTS = st.text(
    st.characters(codec="utf-8", exclude_characters="\ufffd", exclude_categories=["Cs"]),
    min_size=1,
    max_size=30,
).filter(
    lambda text: (
        text == text.strip() and not any(map(is_unseen, text)) and not re.search(r"[^\x00-\x7f]{2}", text)
    )
)


@settings(max_examples=20)
@given(TEXTS)
def test_every_name_comes_back(name: str) -> None:
    space = replace(
        EVERYTHING.spaces[0], desks=(replace(EVERYTHING.spaces[0].desks[0], name=name),), name=name
    )
    towns = (replace(EVERYTHING, name=name, spaces=(space,)),)
    assert read(write_site(towns, {})) == towns


@pytest.mark.parametrize("edition", ["-1", "true", '"3"'])
def test_an_edition_is_a_number(edition: str) -> None:
    text = write_site([EVERYTHING], {"clubheim": Edition(7, 5)}).replace(
        "edition = 7", f"edition = {edition}"
    )
    with pytest.raises(ValueError, match=r"space \"clubheim\": edition: .* is no whole number"):
        read(text)
