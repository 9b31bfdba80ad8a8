"""What a viewer may see (requirement S7): desks leave no trace where a space does not show them to the public."""

from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.domain.occupancy import Counts, DeskState, DeskView, SpaceLive, count
from hub.domain.space import Desk, Device, Door, Phase, PublicDetail, Space, SpaceKind, Town, Zone
from hub.domain.visibility import PUBLIC, Viewer, detail_for, see

DESKS = tuple(Desk(f"d{n}", f"Platz {n}", zone="ruhe", sensor="pir", device="pi") for n in range(1, 8))
SPACE = Space(
    "s",
    "t",
    "Ort",
    SpaceKind.COWORKING,
    Phase.OPERATION,
    date(2024, 1, 1),
    zones=(Zone("ruhe", "Ruhe"),),
    desks=DESKS,
    doors=(Door("d", "Tür"),),
    devices=(Device("pi", "Pi"),),
)
TOWN = Town("t", "12070424", "Wittenberge", "BB", spaces=(SPACE,))
NOW_US = 1_794_906_930_000_000

desks_in_any_state = st.lists(st.sampled_from(DeskState), min_size=len(DESKS), max_size=len(DESKS)).map(
    lambda states: tuple(DeskView(desk, state) for desk, state in zip(DESKS, states, strict=True))
)
published = st.none() | st.tuples(
    st.builds(Counts, *[st.integers(0, 9)] * 4), st.integers(NOW_US - 600_000_000, NOW_US)
)


def live_with(
    desks: tuple[DeskView, ...], counts: tuple[Counts, int] | None = None, changed_us: int | None = None
) -> SpaceLive:
    return SpaceLive(TOWN, SPACE, NOW_US, desks, count(desks), (), changed_us, counts)


@pytest.mark.parametrize(
    ("decided", "viewer", "detail"),
    [
        pytest.param(decided, viewer, detail, id=f"{decided} for {name}")
        for decided in PublicDetail
        for name, viewer, detail in [
            ("everyone", PUBLIC, decided),
            ("the host link", Viewer(host_link=True), PublicDetail.DESKS),
            ("a member", Viewer(signed_in=True), PublicDetail.DESKS),
        ]
    ],
)
def test_the_public_sees_what_the_space_decided_and_trusted_viewers_see_the_desks(
    decided: PublicDetail, viewer: Viewer, detail: PublicDetail
) -> None:
    assert detail_for(replace(SPACE, public_detail=decided), viewer) is detail


@pytest.mark.parametrize("detail", [PublicDetail.STATE, PublicDetail.COUNT])
@given(
    one=desks_in_any_state,
    other=desks_in_any_state,
    counted=published,
    changed_us=st.none() | st.integers(0, NOW_US),
)
def test_below_the_desks_what_is_seen_does_not_depend_on_the_desks(
    detail: PublicDetail,
    one: tuple[DeskView, ...],
    other: tuple[DeskView, ...],
    counted: tuple[Counts, int] | None,
    changed_us: int | None,
) -> None:
    assert see(live_with(one, counted), detail) == see(live_with(other, counted, changed_us), detail)


@given(desks=desks_in_any_state, counted=published)
def test_open_or_closed_does_not_depend_on_the_published_count_either(
    desks: tuple[DeskView, ...], counted: tuple[Counts, int] | None
) -> None:
    assert see(live_with(desks, counted), PublicDetail.STATE) == see(live_with(desks), PublicDetail.STATE)


@pytest.mark.parametrize("detail", [PublicDetail.STATE, PublicDetail.COUNT])
def test_below_the_desks_nothing_inside_the_space_is_named(detail: PublicDetail) -> None:
    seen = see(live_with(tuple(DeskView(desk, DeskState.FREE) for desk in DESKS)), detail)
    assert (seen.desks, seen.space.desks, seen.space.zones) == ((), (), ())
    assert (seen.space.doors, seen.space.devices, seen.town.spaces) == ((), (), ())


def test_a_count_is_that_of_its_boundary_and_says_so() -> None:
    boundary_us = NOW_US - 150_000_000
    seen = see(live_with((), (Counts(1, 2, 3, 4), boundary_us)), PublicDetail.COUNT)
    assert (seen.counts, seen.as_of_us) == (Counts(1, 2, 3, 4), boundary_us)


def test_without_a_published_count_no_count_is_seen() -> None:
    desks = tuple(DeskView(desk, DeskState.FREE) for desk in DESKS)
    assert see(live_with(desks), PublicDetail.COUNT).counts is None


def test_who_may_see_the_desks_sees_all_of_the_space_now() -> None:
    desks = tuple(DeskView(desk, DeskState.OCCUPIED) for desk in DESKS)
    seen = see(live_with(desks, (Counts(9, 9, 9, 9), NOW_US - 1)), PublicDetail.DESKS)
    assert (seen.desks, seen.counts, seen.space, seen.as_of_us) == (desks, count(desks), SPACE, NOW_US)
