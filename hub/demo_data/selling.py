"""Which pass a visit uses, and when somebody buys one: one tariff each, the same in whatever way months are cut."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from hub.demo_data.truth import Passed, Person
from hub.domain.tariffs import Tariff, TariffKind


@dataclass(slots=True)
class _Held:
    sold: Passed
    left: int


class Selling:
    """The passes of a space.

    Args:
        space: its id.
        tariffs: what it offers.
        next_pass: gives the next free number in the whole network.
    """

    def __init__(self, space: str, tariffs: Sequence[Tariff], next_pass: Callable[[], int]) -> None:
        self._space, self._next = space, next_pass
        self._tariffs = {tariff.id: tariff for tariff in tariffs}
        self._held: dict[int, _Held] = {}

    def use(self, person: Person, day: date, *, is_away: bool) -> tuple[int, list[Passed]]:
        """Use a person's pass for a visit, and sell one first where none is left.

        Args:
            is_away: whether this is a space where the person does not belong.

        Returns:
            The number of the pass, and what was sold.
        """
        held = self._held.get(person.number)
        sold: list[Passed] = []
        if held is None or not _has_room(held, day):
            held = self._sell(person, self._tariff(person, is_away=is_away), day)
            self._held[person.number] = held
            sold.append(held.sold)
        held.left -= 1
        return held.sold.number, sold

    def _tariff(self, person: Person, *, is_away: bool) -> Tariff:
        if not is_away:
            return self._tariffs[person.tariff]
        by_day = (one for one in self._tariffs.values() if one.kind is TariffKind.DAY and one.units == 1)
        return next(by_day, next(iter(self._tariffs.values())))

    def _sell(self, person: Person, tariff: Tariff, day: date) -> _Held:
        ends = day + timedelta(days=tariff.valid_days - 1) if tariff.valid_days else None
        sold = Passed(
            self._next(), person.number, self._space, tariff.id, day, day, ends, tariff.units, tariff.price_cents
        )  # fmt: skip
        return _Held(sold, tariff.units)


def _has_room(held: _Held, day: date) -> bool:
    if held.sold.valid_to is not None and day > held.sold.valid_to:
        return False
    return not held.sold.units or held.left > 0
