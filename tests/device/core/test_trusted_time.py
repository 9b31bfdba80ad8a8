"""Without trusted time a lower bound is known, and it only rises."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from device.core.inputs import Moment
from device.core.trusted_time import BEHIND_US, Known, TrustedTime
from tests.device.core.traces import us

STORED = us(1_760_000_000)


def moment(mono_s: float, wall_us: int = 0, *, synced: bool = False, battery: bool = False) -> Moment:
    return Moment(us(mono_s), wall_us, synced, battery)


def test_the_bound_counts_from_the_first_look_for_the_time_may_have_been_stored_in_this_boot() -> None:
    time = TrustedTime(STORED)
    assert time.look(moment(5_000)) == Known(trusted=False, at_us=STORED)
    assert time.look(moment(5_060)) == Known(trusted=False, at_us=STORED + us(60))


def test_a_wall_clock_that_is_not_trusted_counts_for_nothing() -> None:
    time = TrustedTime(STORED)
    time.look(moment(0))
    for wall_us in (0, STORED + us(10**6)):
        assert time.look(moment(1, wall_us)) == Known(trusted=False, at_us=STORED + us(1))


@pytest.mark.parametrize(
    ("label", "issued_us", "bound_us"),
    [
        ("earlier", STORED - 1, STORED),
        ("the same", STORED, STORED),
        ("later", STORED + 1, STORED + 1),
    ],
)
def test_what_the_hub_signed_raises_the_bound(label: str, issued_us: int, bound_us: int) -> None:
    time = TrustedTime(STORED)
    time.look(moment(0))
    time.raise_to(issued_us)
    assert time.look(moment(0)).at_us == bound_us, label
    assert time.look(moment(9)).at_us == bound_us + us(9), label


def test_synchronised_time_is_the_time_and_is_remembered_when_it_is_trusted_no_more() -> None:
    time = TrustedTime(STORED)
    time.look(moment(0))
    right_us = STORED + us(86_400)
    assert time.look(moment(10, right_us, synced=True)) == Known(trusted=True, at_us=right_us)
    assert time.look(moment(15, 0)) == Known(trusted=False, at_us=right_us + us(5))


def test_synchronised_time_is_believed_also_when_it_is_behind_the_bound() -> None:
    time = TrustedTime(STORED)
    assert time.look(moment(0, STORED - us(999), synced=True)) == Known(trusted=True, at_us=STORED - us(999))


@pytest.mark.parametrize(
    ("label", "behind_us", "trusted"),
    [
        ("a little", BEHIND_US - 1, True),
        ("just as much as is forgiven", BEHIND_US, True),
        ("more", BEHIND_US + 1, False),
    ],
)
def test_a_battery_backed_clock_behind_what_is_known_lost_the_time(
    label: str, behind_us: int, trusted: bool
) -> None:
    known = TrustedTime(STORED).look(moment(0, STORED - behind_us, battery=True))
    assert known == Known(trusted, STORED - behind_us if trusted else STORED), label


@given(
    st.lists(
        st.tuples(st.integers(0, us(10_000)), st.integers(0, 2 * STORED), st.booleans(), st.booleans()),
        max_size=30,
    ),
    st.lists(st.integers(0, 2 * STORED), max_size=5),
)
def test_the_bound_never_goes_back(steps: list[tuple[int, int, bool, bool]], issues: list[int]) -> None:
    time, mono_us, least_us = TrustedTime(STORED), 0, STORED
    time.look(moment(0))
    for number, (later_us, wall_us, synced, battery) in enumerate(steps):
        mono_us += later_us
        time.look(Moment(mono_us, wall_us, synced, battery))
        if number < len(issues):
            time.raise_to(issues[number])
        bound_us = time.look(Moment(mono_us, 0, synced=False)).at_us
        assert bound_us >= least_us + later_us
        least_us = bound_us
