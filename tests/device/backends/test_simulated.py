"""A story told in time, and the steady load."""

import itertools
import time
from collections.abc import Iterator

import pytest

from device.backends.load import tell_load
from device.backends.simulated import Happening, SimulatedSource
from device.cards.uid import credential_of
from device.core.inputs import CardPresented, CardRemoved, Level, SensorLevel
from tests.device.backends.recorder import Recorder
from wire.identifiers import CredentialId


def card_of(person: str) -> CredentialId:
    return credential_of(b"k" * 32, person.encode())


def every_100_ms() -> Iterator[Happening]:
    return (Happening(number * 100_000, CardRemoved(f"r{number}")) for number in itertools.count())


def test_a_story_is_told_when_its_time_comes() -> None:
    recorder = Recorder()
    source = SimulatedSource(every_100_ms)
    began = time.monotonic()
    source.start(recorder)
    recorder.wait_for(lambda r: len(r.inputs) >= 4, "four happenings")
    source.stop()
    assert recorder.inputs[:4] == [CardRemoved("r0"), CardRemoved("r1"), CardRemoved("r2"), CardRemoved("r3")]
    for number, at in enumerate(recorder.times[:4]):
        assert at - began >= number * 0.1 - 0.001


def test_ten_times_the_speed_takes_a_tenth_of_the_time() -> None:
    recorder = Recorder()
    source = SimulatedSource(every_100_ms, speed=10.0)
    began = time.monotonic()
    source.start(recorder)
    recorder.wait_for(lambda r: len(r.inputs) >= 20, "twenty happenings", deadline_s=1.8)
    source.stop()
    assert recorder.times[19] - began >= 0.19


def test_a_speed_of_zero_is_refused() -> None:
    with pytest.raises(ValueError, match="speed 0 is not above 0: use 1 for real time"):
        SimulatedSource(every_100_ms, speed=0.0)


def test_a_story_that_ends_leaves_a_source_that_can_be_stopped() -> None:
    recorder = Recorder()
    source = SimulatedSource(lambda: [Happening(0, CardRemoved("r0"))])
    source.start(recorder)
    recorder.wait_for(lambda r: bool(r.inputs), "the only happening")
    source.stop()
    assert recorder.inputs == [CardRemoved("r0")]


def test_the_load_has_its_rate_and_mixes_cards_no_one_saw_before_with_changes_of_desks() -> None:
    told = list(itertools.islice(tell_load(["r1", "r2"], ["d1", "d2"], card_of, 50.0, "a"), 1000))
    assert [h.at_us for h in told] == [number * 20_000 for number in range(1000)]
    cards = [h.input for h in told if isinstance(h.input, CardPresented)]
    assert 400 < len(cards) < 600
    assert len({card.credential for card in cards}) == len(cards)
    for desk in ("d1", "d2"):
        levels = [h.input.level for h in told if isinstance(h.input, SensorLevel) and h.input.desk == desk]
        assert levels == [Level.IDLE, Level.MISSING] * (len(levels) // 2) + [Level.IDLE] * (len(levels) % 2)


@pytest.mark.parametrize(
    ("readers", "desks", "kind"),
    [
        pytest.param(["r1"], [], CardPresented, id="only a reader"),
        pytest.param([], ["d1"], SensorLevel, id="only a desk"),
    ],
)
def test_a_device_with_one_kind_of_hardware_has_a_load_of_that_kind(
    readers: list[str], desks: list[str], kind: type
) -> None:
    told = itertools.islice(tell_load(readers, desks, card_of, 50.0, "a"), 100)
    assert {type(happening.input) for happening in told} == {kind}


def test_the_load_is_the_same_for_the_same_seed() -> None:
    first, second, other = (
        list(itertools.islice(tell_load(["r1"], ["d1"], card_of, 1.0, seed), 200)) for seed in ("a", "a", "b")
    )
    assert first == second
    assert first != other


def test_a_device_without_hardware_has_no_load() -> None:
    with pytest.raises(ValueError, match="a load needs a reader or a sensor"):
        next(tell_load([], [], card_of, 1.0, "a"))
