"""A space closes: bookings end, cards are blocked and stay so, devices forget, persons are erased some time later."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from click.testing import CliRunner

from hub.booking_ports import Query, Wish
from hub.cli import main
from hub.domain.booking import BookingKind, BookingState
from hub.domain.booking_refusals import ClosedForGood, NotOpenYet
from hub.domain.errors import NotAllowed, RuleRefused
from hub.domain.life import LifeRefused, counts_on
from hub.domain.people import AccessHours, Member, Membership
from hub.domain.site_changes import ChangeKind
from hub.domain.space import PeriodKind, Space
from hub.domain.time import Interval
from hub.services.close_spaces import DAY_US, LISTS_DEAD_US, CloseSpaces
from hub.services.import_site import import_site
from hub.services.life_desk import LifeService
from hub.storage.access_unit import SqlUnits
from hub.storage.calendar_rows import CalendarRows
from hub.storage.device_trust import SqlDeviceTrusts
from hub.storage.life_rows import LifeRows
from hub.storage.live_queries import SqlLiveQueries
from hub.storage.unit_of_work import UnitFactory
from hub.waiting_ports import WaitWish
from tests.hub.bookings.world import A, B, BookingWorld, berlin, span
from tests.hub.desks.world import CLI, OTHER, SPACE
from tests.hub.ingest.hub import town

END = date(2026, 12, 1)
BEYOND = "2026-12-02"
REASON = "Der Verein zieht aus"


class Life:
    """A world whose spaces open and close."""

    def __init__(self, world: BookingWorld, person_days: int = 90) -> None:
        self.world = world
        units = SqlUnits(world.engine, LifeRows)
        self.desk = LifeService(units)
        self.closings = CloseSpaces(units, SqlDeviceTrusts(world.engine), person_days=person_days)

    @property
    def now_us(self) -> int:
        return self.world.now_us

    def close(self, on: date = END) -> None:
        self.desk.close(SPACE, on, REASON, CLI, self.now_us)

    def space(self) -> Space:
        found = SqlLiveQueries(UnitFactory(self.world.engine)).space(SPACE, self.now_us)
        assert found is not None
        return found.space

    def periods(self) -> Sequence[tuple[str, str, bool]]:
        return [
            (kind, str(starts_on), done is not None)
            for kind, starts_on, done in self.world.rows(
                "SELECT kind, starts_on, done_us FROM space_period ORDER BY starts_on"
            )
        ]


@pytest.fixture
def life(world: BookingWorld) -> Life:
    """On each kind of database in turn."""
    return Life(world)


@pytest.fixture
def sqlite_life(sqlite_world: BookingWorld) -> Life:
    """On SQLite."""
    return Life(sqlite_world)


def test_what_lies_beyond_the_end_is_listed_cancelled_with_the_reason_and_not_booked_again(
    life: Life,
) -> None:
    world = life.world
    stays = world.book(span("09:00", "10:00", "2026-11-30"))
    late = world.book(span("09:00", "10:00", BEYOND))
    night = Interval(berlin("2026-11-30T22:00"), berlin("2026-12-01T02:00"))
    event = world.bookings.book(
        Wish(SPACE, "", night, None, BookingKind.EVENT, reason="Lange Nacht", beyond_rules=True),
        CLI,
        world.now_us,
    )
    found = life.desk.look_at_closing(SPACE, END, CLI, life.now_us)
    assert ([one.id for one in found.cancelled], [one.id for one in found.cut]) == ([late.id], [event.id])
    assert (found.reach.members, found.reach.devices) == (2, 2)
    assert life.periods() == [], "looking changes nothing"
    life.close()
    me = world.me(world.jo)
    cancelled = world.bookings.booking(late.id, me)
    assert (cancelled.state, cancelled.ended_reason) == (BookingState.CANCELLED, REASON)
    assert world.bookings.booking(event.id, CLI).time.end_us == berlin("2026-12-01T00:00")
    assert world.bookings.booking(stays.id, me).state is BookingState.BOOKED
    assert life.periods() == [("open", str(life.space().valid_from), False), ("closed", "2026-12-01", False)]
    assert life.space().valid_to == date(2026, 11, 30)
    with pytest.raises(ClosedForGood, match="its last day on 2026-11-30"):
        world.book(span("09:00", "10:00", BEYOND))
    with pytest.raises(ClosedForGood):
        world.book(span("09:00", "10:00", BEYOND), actor=CLI, reason="trotzdem", beyond_rules=True)
    with pytest.raises(ClosedForGood):
        world.bookings.restore(late.id, me, world.now_us)
    whats = [entry["what"] for entry in world.chain()]
    assert whats[-3:] == ["booking_cancelled", "booking_changed", "space_end_decided"]


def test_members_are_told_and_nobody_waits_for_what_lies_beyond(sqlite_life: Life) -> None:
    life, world = sqlite_life, sqlite_life.world
    jo = world.members.member(world.jo, CLI)
    world.members.save_member(replace(jo, mail="jo@example.org"), CLI, world.now_us)
    world.book(span("09:00", "10:00", BEYOND))
    world.book(span("10:00", "11:00", BEYOND))
    for day in ("2026-11-20", BEYOND):
        world.book(span("14:00", "15:00", day), A)
        world.waiting.wait(WaitWish(SPACE, A, span("14:00", "15:00", day)), world.me(world.mia), world.now_us)
    life.close()
    letters = world.rows("SELECT letter FROM outbox WHERE kind = 'booking_released'")
    assert len(letters) == 1, "one act, one letter"
    assert REASON in letters[0][0]
    assert world.rows("SELECT count(*) FROM waiting") == [(1,)]


def test_on_the_day_cards_are_blocked_and_devices_forget_them_once_they_have_said_so(life: Life) -> None:
    world = life.world
    card = world.card(member=world.jo)
    spare, lost = world.card("Karte 2"), world.card("Karte 3", member=world.mia, state="retired")
    life.close()
    assert life.closings.run(life.now_us) == []
    world.at("2026-11-30T23:59")
    assert life.closings.run(life.now_us) == []
    world.confirm()
    wanted = world.wanted()[f"{SPACE}/pi-1"]
    world.at("2026-12-01T00:00")
    assert life.closings.run(life.now_us) == [SPACE]
    assert world.rows("SELECT pk, state FROM card ORDER BY pk") == [
        (card, "blocked"), (spare, "blocked"), (lost, "retired"),
    ]  # fmt: skip
    assert world.wanted()[f"{SPACE}/pi-1"] == wanted + 1
    assert life.periods()[-1] == ("closed", "2026-12-01", True)
    assert world.chain()[-1] == {"what": "space_closed", "space": SPACE, "on": "2026-12-01", "cards": 2}
    assert life.closings.run(life.now_us) == []
    assert trusted(world) == ["pi-1", "pi-2"], "the empty list has not reached them yet"
    world.confirm()
    assert life.closings.run(life.now_us) == []
    assert trusted(world) == []


def test_a_device_that_never_answers_is_trusted_no_more_when_its_list_is_dead(sqlite_life: Life) -> None:
    life, world = sqlite_life, sqlite_life.world
    life.close()
    world.at("2026-12-01T00:00")
    life.closings.run(life.now_us)
    life.closings.run(life.now_us + LISTS_DEAD_US - 1)
    assert trusted(world) == ["pi-1", "pi-2"]
    life.closings.run(life.now_us + LISTS_DEAD_US)
    assert trusted(world) == []


def trusted(world: BookingWorld) -> list[str]:
    return [device for (device,) in world.rows(
        "SELECT d.id FROM device_trust t JOIN device d ON d.pk = t.device_pk WHERE t.revoked_us IS NULL ORDER BY 1"
    )]  # fmt: skip


def test_who_has_no_other_space_is_erased_when_the_term_is_over_and_counts_stay(life: Life) -> None:
    world = life.world
    here, there = (Membership(space, AccessHours.ALWAYS, date(2026, 1, 1)) for space in (SPACE, OTHER))
    both = world.members.save_member(Member(0, "Bea Beide", memberships=(here, there)), CLI, world.now_us)
    works = world.somebody("Wanda Werk")
    with world.engine.begin() as connection:
        connection.exec_driver_sql(f"UPDATE account SET member_pk = {works} WHERE pk = 3")
    world.book(span("09:00", "12:00"))
    life.close()
    world.at("2026-12-01T00:00")
    life.closings.run(life.now_us)
    end_us = life.now_us
    bookings = world.rows("SELECT count(*) FROM booking")
    life.closings.run(end_us + 90 * DAY_US - 1)
    assert names(world) == ["Bea Beide", "Jo", "Mia", "Wanda Werk"]
    life.closings.run(end_us + 90 * DAY_US)
    assert names(world) == ["Bea Beide", "Wanda Werk"], "one has another space, one works in another"
    assert world.rows("SELECT count(*) FROM booking") == bookings
    assert world.rows("SELECT count(*) FROM erasure") == [(2,)]
    assert {"what": "member_erased", "spaces": [SPACE], "because": "space_closed"} in world.chain()
    assert world.members.member(both, CLI).memberships[0].space in (SPACE, OTHER)
    life.closings.run(end_us + 91 * DAY_US)
    assert world.rows("SELECT count(*) FROM erasure") == [(2,)]


def names(world: BookingWorld) -> list[str]:
    return [name for (name,) in world.rows("SELECT name FROM member ORDER BY name")]


def test_a_trial_is_bookable_before_it_nothing_is_and_statistics_leave_it_out(sqlite_life: Life) -> None:
    life, world = sqlite_life, sqlite_life.world
    life.desk.open_space(SPACE, date(2026, 12, 1), date(2026, 11, 20), CLI, life.now_us)
    with pytest.raises(NotOpenYet, match="its first day on 2026-11-20"):
        world.book(span("09:00", "10:00", "2026-11-19"))
    world.book(span("09:00", "10:00", "2026-11-20"))
    space = life.space()
    assert [counts_on(space, day) for day in (date(2026, 11, 30), date(2026, 12, 1))] == [False, True]


def test_a_move_keeps_id_desks_and_bookings(sqlite_life: Life) -> None:
    life, world = sqlite_life, sqlite_life.world
    made = world.book(span("09:00", "10:00", BEYOND))
    space_before = life.space().address
    life.desk.move(SPACE, END, "  Am  Hafen 2 ", CLI, life.now_us)
    assert [(one.kind, one.address) for one in life.space().periods][-1] == (PeriodKind.MOVED, "Am Hafen 2")
    assert world.bookings.booking(made.id, CLI).state is BookingState.BOOKED
    world.book(span("09:00", "10:00", "2026-11-30"))
    with SqlUnits(world.engine, CalendarRows).reading() as unit:
        addresses = [entry.stay.address for entry in unit.entries(world.jo, 0)]
    assert addresses == [space_before, "Am Hafen 2"], "each booking is where the space is on its day"
    life.desk.take_back(SPACE, PeriodKind.MOVED, CLI, life.now_us)
    assert [kind for kind, _, _ in life.periods()] == ["open"]
    with pytest.raises(RuleRefused, match="say where to"):
        life.desk.move(SPACE, END, " ", CLI, life.now_us)


def test_an_end_is_taken_back_until_it_has_come(sqlite_life: Life) -> None:
    life, world = sqlite_life, sqlite_life.world
    late = world.book(span("09:00", "10:00", BEYOND))
    life.close()
    life.desk.take_back(SPACE, PeriodKind.CLOSED, CLI, life.now_us)
    assert life.space().valid_to is None
    world.bookings.restore(late.id, world.me(world.jo), world.now_us)
    life.close()
    world.at("2026-12-01T08:00")
    with pytest.raises(LifeRefused, match="nothing of that kind"):
        life.desk.take_back(SPACE, PeriodKind.CLOSED, CLI, life.now_us)
    life.closings.run(life.now_us)
    with pytest.raises(LifeRefused, match="is closed since 2026-12-01"):
        life.desk.open_space(SPACE, date(2027, 1, 1), None, CLI, life.now_us)


def test_only_managers_decide(sqlite_life: Life) -> None:
    life, world = sqlite_life, sqlite_life.world
    for account in (1, 3, 4, 5):
        actor = world.actor(account)
        with pytest.raises(NotAllowed):
            life.desk.open_space(SPACE, END, None, actor, life.now_us)
        with pytest.raises(NotAllowed):
            life.desk.move(SPACE, END, "Am Hafen", actor, life.now_us)
        with pytest.raises(NotAllowed):
            life.desk.look_at_closing(SPACE, END, actor, life.now_us)
        with pytest.raises(NotAllowed):
            life.desk.close(SPACE, END, REASON, actor, life.now_us)
        with pytest.raises(NotAllowed):
            life.desk.take_back(SPACE, PeriodKind.CLOSED, actor, life.now_us)
    assert life.periods() == []
    life.desk.close(SPACE, END, REASON, world.actor(2), life.now_us)


def test_a_site_file_changes_no_day_that_was_decided_and_is_told_so(life: Life) -> None:
    units, now_us = UnitFactory(life.world.engine), life.now_us
    life.close()
    before = life.space()
    file = town(SPACE)
    changed = import_site(units, [file], now_us)
    kept = [one.name for one in changed if one.kind is ChangeKind.KEPT]
    assert kept == [f"space {SPACE} (valid_to: 2026-11-30 → none in the file)"]
    after = life.space()
    assert (after.periods, after.valid_to) == (before.periods, before.valid_to)
    again = [one.kind for one in import_site(units, [file], now_us)]
    assert ChangeKind.CHANGED not in again
    # Without the space in the file it ends sooner, and the life with it.
    empty = replace(file, spaces=())
    import_site(units, [empty], now_us, remove_missing=True)
    assert life.periods()[-1] == ("closed", "2026-11-18", False)
    assert life.space().valid_to == date(2026, 11, 17)


def test_the_command_lists_what_ends_and_wants_the_id(
    sqlite_life: Life, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    world = sqlite_life.world
    monkeypatch.setattr("hub.config.DEFAULT_FILE", tmp_path / "none.toml")
    monkeypatch.delenv("ANKERORT_CONFIG", raising=False)
    monkeypatch.setattr("hub.bootstrap.SystemClock.now_us", lambda _: world.now_us)
    late = world.book(span("09:00", "10:00", BEYOND), B)

    def run(*arguments: str, typed: str = "") -> str:
        environ = {"ANKERORT_DATABASE_URL": str(world.engine.url)}
        done = CliRunner().invoke(main, ["space", *arguments], env=environ, input=typed)
        assert done.exit_code in (0, 2), done.output
        return done.output

    close = ("close", SPACE, "--on", "2026-12-01", "--reason", REASON)
    listed = f"cancelled: {late.id} 2026-12-02 09:00 to 10:00 {B} (desk, member {world.jo})\n"
    assert run(*close, "--dry-run").startswith(listed)
    assert f"that is not {SPACE}: nothing is changed" in run(*close, typed="doch nicht\n")
    assert "by the site file" in run("list", SPACE)
    assert f"{SPACE} closes on 2026-12-01" in run(*close, typed=f"{SPACE}\n")
    assert "closed from 2026-12-01 (decided here)" in run("list", SPACE)
    assert world.bookings.bookings(Query(SPACE), CLI).bookings[0].state is BookingState.CANCELLED
    assert "stay cancelled" in run("close", SPACE, "--never")
    assert "moved from 2026-12-01 at Am Hafen 2" in run(
        "move", SPACE, "--on", "2026-12-01", "--to", "Am Hafen 2"
    )
    assert "moved" not in run("move", SPACE, "--never")
    assert "test from 2026-11-20, open from 2026-12-01" in run(
        "open", SPACE, "--on", "2026-12-01", "--test-from", "2026-11-20"
    )
    assert "say when" in run("close", SPACE)
    assert "say when and where to" in run("move", SPACE, "--on", "2026-12-01")
    assert "known are" in run("list", "nirgends")
