"""When the power of a reader that hangs is cut, and when not."""

from device.backends.reader_rescue import FAILURES, MISSING_S, OFF_S, PAUSE_S, ReaderRescue


class Power:
    """A supply that remembers what it was told."""

    def __init__(self) -> None:
        self.told: list[bool] = []

    def set(self, *, on: bool) -> None:
        self.told.append(on)

    def close(self) -> None:
        self.told.append(True)


class Bench:
    """One reader, and a clock that is moved by hand."""

    def __init__(self) -> None:
        self.now = 0.0
        self.power = Power()
        self.rescue = ReaderRescue({"r1": self.power}, clock=lambda: self.now)
        self.rescue.begin()
        self.power.told.clear()

    def look_at(self, now: float) -> list[bool]:
        self.now = now
        self.rescue.look()
        return self.power.told


def test_cards_that_lie_there_and_cannot_be_read_cut_it_once_and_it_comes_back() -> None:
    bench = Bench()
    for _ in range(FAILURES - 1):
        bench.rescue.failed("r1")
    assert bench.look_at(1.0) == []
    bench.rescue.failed("r1")
    assert bench.look_at(2.0) == [False]
    assert bench.look_at(2.0 + OFF_S - 0.1) == [False]
    assert bench.look_at(2.0 + OFF_S) == [False, True]


def test_a_card_that_was_read_in_between_forgives() -> None:
    bench = Bench()
    for _ in range(5):
        bench.rescue.failed("r1")
        bench.rescue.worked("r1")
    assert bench.look_at(1.0) == []


def test_a_reader_that_stays_away_is_cut_and_one_that_comes_back_is_not() -> None:
    bench = Bench()
    bench.rescue.present("r1", there=False)
    assert bench.look_at(MISSING_S - 1) == []
    bench.rescue.present("r1", there=True)
    assert bench.look_at(MISSING_S + 1) == []
    bench.rescue.present("r1", there=False)
    assert bench.look_at(2 * MISSING_S + 1) == [False]


def test_it_is_not_cut_again_and_again() -> None:
    bench = Bench()
    for now in range(0, int(PAUSE_S), 3):
        bench.rescue.hung()
        bench.look_at(float(now))
    assert bench.power.told == [False, True]
    bench.rescue.hung()
    assert bench.look_at(PAUSE_S + 1) == [False, True, False]


def test_readers_without_a_switch_are_let_be() -> None:
    rescue = ReaderRescue({})
    rescue.begin()
    rescue.failed("r1")
    rescue.present("r1", there=False)
    rescue.look()
    rescue.end()
