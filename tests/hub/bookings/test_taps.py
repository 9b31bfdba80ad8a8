"""A card at a door or a desk checks in, once, and whatever else it says it is a visit."""

from typing import Any

import pytest

from hub.domain.booking import BookingState
from hub.domain.time import Interval
from tests.hub.bookings.world import BARE, A, BookingWorld
from tests.hub.desks.world import CLI, LOOKUPS, DoorSpool
from tests.hub.ingest.spool import WALL_US
from wire.events import CardRead
from wire.identifiers import CredentialId

HOUR_US = 3_600_000_000
BEGIN_US = WALL_US - WALL_US % HOUR_US
"""11:00 UTC, noon in Berlin; the devices began to write four hundred seconds later."""
FLUR = "flur"
"""The desk where device pi-1 says that its reader `tisch` is."""


class TapSpool(DoorSpool):
    """A device's spool that also tells of cards at readers that open nothing."""

    def tap(self, at_s: float = 1, *, reader: str = "tisch", synced: bool = True) -> int:
        credential = CredentialId(LOOKUPS[1])
        return self.add(CardRead(**self._base(at_s, synced), reader=reader, credential=credential))


@pytest.fixture
def noon(world: BookingWorld) -> BookingWorld:
    """Jo has card 1; it is a little after noon."""
    assert world.card(member=world.jo) == 1
    world.now_us = WALL_US
    for device in ("pi-1", "pi-2"):
        world.say(device)
    return world


def hours(start: int, end: int) -> Interval:
    return Interval(BEGIN_US + start * HOUR_US, BEGIN_US + end * HOUR_US)


def check_ins(world: BookingWorld) -> list[tuple[Any, ...]]:
    return world.rows(
        "SELECT b.id, d.id, c.member_pk, c.at_us - :base, c.how FROM check_in c"
        " LEFT JOIN booking b ON b.pk = c.booking_pk LEFT JOIN desk d ON d.pk = c.desk_pk ORDER BY c.pk",
        base=WALL_US,
    )


def test_a_card_at_the_door_checks_in_once_however_often_its_event_comes(noon: BookingWorld) -> None:
    made = noon.book(hours(0, 3), A)
    spool = TapSpool()
    spool.access(LOOKUPS[1], 5)
    spool.access(LOOKUPS[1], 60)
    for message in (spool.batch(1, 1), spool.batch(1, 1), spool.batch(1, 2), spool.batch(2, 2)):
        noon.take(message)
    found = noon.bookings.booking(made.id, CLI)
    assert (found.state, found.version) == (BookingState.CHECKED_IN, 2)
    assert check_ins(noon) == [
        (made.id, None, noon.jo, 5_000_000, "door"),
        (made.id, None, noon.jo, 60_000_000, "door"),
    ]
    assert noon.rows("SELECT member_pk FROM visit") == [(noon.jo,)]


@pytest.mark.parametrize(
    ("desk", "reader", "is_in"),
    [
        pytest.param(FLUR, "tisch", True, id="at the booked desk"),
        pytest.param(A, "tisch", False, id="at another desk"),
        pytest.param(A, "leser", True, id="at a door that is only watched"),
        pytest.param(A, "anderer", True, id="at a reader that stands nowhere"),
    ],
)
def test_a_card_at_a_desk_checks_in_at_that_desk(
    noon: BookingWorld, desk: str, reader: str, is_in: bool
) -> None:
    made = noon.book(hours(0, 3), desk)
    spool = TapSpool()
    spool.tap(5, reader=reader)
    noon.take(spool.batch(1))
    assert noon.states() == {made.id: "checked_in" if is_in else "booked"}
    assert check_ins(noon) == [
        (
            made.id if is_in else None, FLUR if reader == "tisch" else None, noon.jo, 5_000_000,
            "desk" if reader == "tisch" else "door",
        )
    ]  # fmt: skip
    assert len(noon.rows("SELECT * FROM visit")) == 1


def test_without_a_booking_it_is_a_visit(noon: BookingWorld) -> None:
    noon.book(hours(1, 3), A)
    noon.book(hours(0, 3), BARE, member=noon.mia)
    spool = TapSpool()
    spool.access(LOOKUPS[1], 5)
    noon.take(spool.batch(1))
    assert check_ins(noon) == [(None, None, noon.jo, 5_000_000, "door")]
    assert set(noon.states().values()) == {"booked"}, "it begins in 53 minutes, and the other is Mia's"


def test_shortly_before_it_begins_a_card_checks_in(noon: BookingWorld) -> None:
    made = noon.book(hours(1, 3), A)
    spool = TapSpool()
    spool.access(LOOKUPS[1], (made.time.start_us - WALL_US) / 1e6 - 30 * 60 - 1)
    noon.take(spool.batch(1))
    assert noon.states() == {made.id: "booked"}
    spool.access(LOOKUPS[1], (made.time.start_us - WALL_US) / 1e6 - 30 * 60)
    noon.take(spool.batch(2))
    assert noon.states() == {made.id: "checked_in"}


def test_a_card_that_opened_nothing_or_is_nobodys_says_nothing(noon: BookingWorld) -> None:
    noon.book(hours(0, 3), A)
    spool = TapSpool()
    spool.access(LOOKUPS[1], 5, reason="outside_window")
    spool.access("cd" * 32, 6)
    spool.access(None, 7)
    noon.take(spool.batch(1))
    noon.cards.block(1, "verloren", CLI, noon.now_us)
    spool.tap(8)
    noon.take(spool.batch(4))
    assert check_ins(noon) == []
    assert noon.rows("SELECT * FROM visit") == []


def test_D8_a_tap_counts_once_its_time_is_known(noon: BookingWorld) -> None:  # noqa: N802  (rule D8)
    made = noon.book(hours(0, 3), A)
    spool = TapSpool()
    spool.access(LOOKUPS[1], 5, synced=False)
    spool.tap(7, synced=False)
    noon.take(spool.batch(1))
    assert check_ins(noon) == []
    spool.synchronised(60)
    noon.take(spool.batch(3))
    noon.take(spool.batch(1))
    assert [row[3] for row in check_ins(noon)] == [5_000_000, 7_000_000]
    assert noon.states() == {made.id: "checked_in"}


@pytest.mark.parametrize("is_taken", [False, True])
def test_a_tap_that_the_hub_hears_of_too_late_gives_the_desk_back_if_it_is_free(
    noon: BookingWorld, is_taken: bool
) -> None:
    made = noon.book(hours(0, 3), BARE)
    spool = TapSpool()
    spool.access(LOOKUPS[1], 5)
    noon.now_us = WALL_US + 2 * HOUR_US
    for device in ("pi-1", "pi-2"):
        noon.say(device)
    assert noon.release.run(noon.now_us) != []
    if is_taken:
        noon.book(hours(2, 3), BARE, member=noon.mia)
    noon.take(spool.batch(1))
    found = noon.bookings.booking(made.id, CLI)
    assert found.state is (BookingState.RELEASED_NO_SHOW if is_taken else BookingState.CHECKED_IN)
    assert check_ins(noon) == [(made.id, None, noon.jo, 5_000_000, "door")]
    assert len(noon.active()) == 1


def test_D8_a_visit_that_moves_leaves_the_one_of_whoever_said_to_be_there(noon: BookingWorld) -> None:  # noqa: N802
    made, spool = noon.book(hours(48, 51), A), TapSpool()
    spool.access(LOOKUPS[1], 1, synced=False)
    noon.now_us = WALL_US + 2 * 24 * HOUR_US
    noon.take(spool.batch(1))
    noon.bookings.check_in(made.id, noon.me(noon.jo), noon.now_us)
    days = "SELECT day FROM visit ORDER BY day"
    assert [str(day) for (day,) in noon.rows(days)] == ["2026-11-20"], "one day, told by door and phone"
    # It turns out that the door opened two days before.
    spool.synchronised(2 * 86_400 + 60)
    noon.now_us += 3_600_000_000
    noon.take(spool.batch(2))
    assert [str(day) for (day,) in noon.rows(days)] == ["2026-11-18", "2026-11-20"]
