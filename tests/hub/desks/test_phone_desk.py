"""Opening by phone on a real database: what is asked, stored, sent, logged, and seen by hosts."""

from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from sqlalchemy import update

from hub.domain.admission import AccessPhase, Group
from hub.domain.cards import CardState
from hub.domain.entries import BY_PHONE
from hub.domain.errors import NotAllowed, RuleRefused
from hub.domain.people import AccessHours, Actor
from hub.domain.space import SpaceAccess
from hub.domain.tariffs import Tariff, TariffKind, WithoutPass
from hub.services.group_desk import GroupService
from hub.services.import_site import import_site
from hub.services.pass_desk import PassService
from hub.services.phone_desk import PhoneService
from hub.storage.access_tables import AccountRow, CardRow
from hub.storage.access_unit import SqlUnits
from hub.storage.command_queue import SqlCommandQueue
from hub.storage.group_rows import GroupRows
from hub.storage.pass_rows import PassRows
from hub.storage.phone_rows import PhoneRows
from hub.storage.unit_of_work import UnitFactory
from tests.hub.desks.world import CLI, DOORS, LOOKUPS, OTHER, SPACE, DoorSpool, World
from tests.hub.ingest.hub import town
from tests.parts.queries import counting

S = 1_000_000


class AtTheDoor:
    """A member with an account and a card in a space that offers it, and a door with a button."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.phone = PhoneService(SqlUnits(world.engine, PhoneRows))
        self.member = world.member("Jo Beispiel")
        self.card = world.card(member=self.member)
        with world.engine.begin() as connection:
            connection.execute(update(AccountRow).where(AccountRow.pk == 4).values(member_pk=self.member))
        self.actor = world.actor(4, self.member)
        self.offer()
        self.say()

    def offer(self, *, on: bool = True) -> None:
        one = town(SPACE)
        space = replace(one.spaces[0], doors=DOORS, access=SpaceAccess(phone_opening=on))
        import_site(UnitFactory(self.world.engine), [replace(one, spaces=(space,))], self.world.now_us)

    def say(self, **more: Any) -> None:
        """Have the device say that its door has a button."""
        self.world.say("pi-1", calls=["haupt"], **more)

    def open(self, door: str = "haupt", actor: Actor | None = None, space: str = SPACE) -> str:
        return self.phone.open_by_phone(space, door, actor or self.actor, self.world.now_us)

    def refusal(self) -> str:
        with pytest.raises(RuleRefused) as refused:
            self.open()
        (seen,) = self.phone.phone_doors(self.actor, self.world.now_us)
        assert seen.refusal is not None
        assert seen.refusal.code == refused.value.code
        return refused.value.code

    def nothing_happened(self) -> bool:
        return self.world.rows("SELECT id FROM command") == [] and not [
            entry for entry in self.world.chain() if entry["what"] == "door_opened_by_phone"
        ]


@pytest.fixture
def here(world: World) -> AtTheDoor:
    """On each kind of database in turn."""
    return AtTheDoor(world)


@pytest.fixture
def here_sqlite(sqlite_world: World) -> AtTheDoor:
    """On SQLite."""
    return AtTheDoor(sqlite_world)


def test_a_member_is_offered_the_door_with_the_button_and_opens_it(here: AtTheDoor) -> None:
    (door,) = here.phone.phone_doors(here.actor, here.world.now_us)
    assert (door.space, door.door, door.name, door.refusal) == (SPACE, "haupt", "Haupteingang", None)
    command = here.open()
    (asked,) = SqlCommandQueue(here.world.engine).asked()
    assert (asked.id, asked.door, asked.called_s) == (command, "haupt", 30)
    assert asked.until_us == here.world.now_us + 10 * S
    view = here.world.doors.command(command, here.actor, here.world.now_us)
    assert (view.state, view.door) == ("asked", "haupt")


def test_the_phone_asks_for_a_pass_as_the_card_does(here: AtTheDoor) -> None:
    passes = PassService(SqlUnits(here.world.engine, PassRows))
    passes.save_rule(SPACE, WithoutPass.SHUT, CLI, here.world.now_us)
    assert here.refusal() == "phone_not_now"
    assert here.nothing_happened()
    day = Tariff("tag", "Tagespass", TariffKind.DAY, units=1, hours=AccessHours.ALWAYS)
    passes.save_tariff(SPACE, day, CLI, here.world.now_us)
    passes.sell(SPACE, here.member, "tag", None, CLI, here.world.now_us)
    assert here.open()


def test_the_phone_keeps_to_phases_as_the_card_does(here: AtTheDoor) -> None:
    groups = GroupService(SqlUnits(here.world.engine, GroupRows))
    groups.save_group(SPACE, Group("verein", "Verein"), CLI, here.world.now_us)
    groups.save_phases(SPACE, [AccessPhase(date(2026, 1, 1), ("verein",))], CLI, here.world.now_us)
    assert here.refusal() == "phone_not_now"


def test_it_stands_in_the_log_of_actions_with_the_account_and_by_the_card(here: AtTheDoor) -> None:
    command = here.open()
    assert here.world.chain()[-1] == {
        "what": "door_opened_by_phone", "door": f"{SPACE}/haupt", "command": command, "by": 4,
        "card": here.card,
    }  # fmt: skip
    rows = here.world.rows("SELECT card_pk FROM chain_entry WHERE chain = 'host' ORDER BY number")
    assert rows[-1] == (here.card,)


def test_hosts_see_who_came_in_by_phone_as_with_a_card(here: AtTheDoor) -> None:
    command, host = here.open(), here.world.actor(1)
    spool = DoorSpool()
    spool.door("called", 1)
    spool.door("opened_remotely", 2, released=True, command=command)
    spool.answered(command, at_s=2)
    spool.access(LOOKUPS[here.card], 9)
    here.world.take(spool.batch(1))
    assert here.world.doors.command(command, here.actor, here.world.now_us).outcome == "done"
    assert "called" in [one.what for one in here.world.doors.doors(SPACE, host, here.world.now_us)[0].recent]
    here.world.doors.open_log(SPACE, "Fundsache", host, here.world.now_us)
    seen = here.world.doors.today(SPACE, host, here.world.now_us)
    assert seen.visits == 1
    assert [(one.who, one.card, one.reason) for one in seen.entries] == [
        ("Jo Beispiel", "Karte 1", "granted"),
        ("Jo Beispiel", "", BY_PHONE),
    ]


def test_what_a_host_opens_is_nobody_s_entry(here: AtTheDoor) -> None:
    host = here.world.actor(1)
    command = here.world.doors.open_once(SPACE, "haupt", "Paket", host, here.world.now_us)
    (asked,) = SqlCommandQueue(here.world.engine).asked()
    assert asked.called_s == 0
    spool = DoorSpool()
    spool.door("opened_remotely", 2, released=True, command=command)
    here.world.take(spool.batch(1))
    assert here.world.doors.today(SPACE, host, here.world.now_us).visits == 0


def test_a_blocked_card_ends_the_phone_at_once(here_sqlite: AtTheDoor) -> None:
    here_sqlite.world.cards.block(here_sqlite.card, "verloren", here_sqlite.actor, here_sqlite.world.now_us)
    assert here_sqlite.refusal() == "phone_blocked"
    assert here_sqlite.nothing_happened()


def test_an_ended_membership_ends_the_phone_at_once(here_sqlite: AtTheDoor) -> None:
    here = here_sqlite
    member = here.world.members.member(here.member, CLI)
    over = replace(member.memberships[0], valid_to=member.memberships[0].valid_from)
    here.world.members.save_member(replace(member, memberships=(over,)), CLI, here.world.now_us)
    assert here.refusal() == "phone_no_member"
    assert here.nothing_happened()


def test_a_device_that_is_away_or_unsure_of_the_time_is_asked_nothing(here_sqlite: AtTheDoor) -> None:
    here_sqlite.say(status="lost")
    assert here_sqlite.refusal() == "phone_device_away"
    here_sqlite.say(time_trusted=False)
    assert here_sqlite.refusal() == "phone_no_time"
    assert here_sqlite.nothing_happened()


@pytest.mark.parametrize(
    ("label", "space", "door"),
    [
        ("a door without a button", SPACE, "hof"),
        ("no such door", SPACE, "fenster"),
        ("a space that offers nothing", OTHER, "haupt"),
        ("no such space", "nirgends", "haupt"),
    ],
)
def test_what_is_not_offered_is_not_there(here_sqlite: AtTheDoor, label: str, space: str, door: str) -> None:
    with pytest.raises(RuleRefused) as refused:
        here_sqlite.open(door, space=space)
    assert refused.value.code == "unknown_door", label
    assert here_sqlite.nothing_happened()


def test_a_space_that_switches_it_off_offers_nothing_from_then_on(here_sqlite: AtTheDoor) -> None:
    here_sqlite.offer(on=False)
    assert here_sqlite.phone.phone_doors(here_sqlite.actor, here_sqlite.world.now_us) == []
    with pytest.raises(RuleRefused, match="offers this member no door"):
        here_sqlite.open()
    assert here_sqlite.nothing_happened()


def test_a_membership_of_another_space_opens_nothing_here(here_sqlite: AtTheDoor) -> None:
    stranger = here_sqlite.world.member("Uta Fremd", space=OTHER)
    with pytest.raises(RuleRefused):
        here_sqlite.open(actor=here_sqlite.world.actor(3, stranger))
    assert here_sqlite.nothing_happened()


@pytest.mark.parametrize("label", ["the command line", "an account without a member", "a member who is gone"])
def test_who_is_no_member_opens_nothing_by_phone(here_sqlite: AtTheDoor, label: str) -> None:
    actor = {
        "the command line": CLI,
        "an account without a member": here_sqlite.world.actor(1),
        "a member who is gone": here_sqlite.world.actor(4, 99),
    }[label]
    assert here_sqlite.phone.phone_doors(actor, here_sqlite.world.now_us) == []
    with pytest.raises((NotAllowed, RuleRefused)):
        here_sqlite.open(actor=actor)
    assert here_sqlite.nothing_happened()


def test_a_card_of_another_member_opens_nothing_for_this_one(here_sqlite: AtTheDoor) -> None:
    here = here_sqlite
    here.world.card("Karte 2", member=here.world.member("Kim"))
    with here.world.engine.begin() as connection:
        connection.execute(update(CardRow).where(CardRow.pk == here.card).values(state=CardState.BLOCKED))
    assert here.refusal() == "phone_blocked"


def test_a_command_is_shown_to_whoever_gave_it_and_to_hosts(here_sqlite: AtTheDoor) -> None:
    command = here_sqlite.open()
    for account in (1, 4):
        assert here_sqlite.world.doors.command(command, here_sqlite.world.actor(account), 0).id == command
    with pytest.raises(NotAllowed):
        here_sqlite.world.doors.command(command, here_sqlite.world.actor(5), here_sqlite.world.now_us)


def test_where_nobody_offers_it_the_page_asks_the_database_no_more_than_that(here_sqlite: AtTheDoor) -> None:
    here_sqlite.offer(on=False)
    with counting(here_sqlite.world.engine) as asked:
        here_sqlite.phone.phone_doors(here_sqlite.actor, here_sqlite.world.now_us)
    looks = [one for one in asked.statements if one.startswith("SELECT")]
    assert len(looks) == 3, "two for the member, one for who offers it"
