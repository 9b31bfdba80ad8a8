"""What is sold, used, and decided about groups reaches the doors with the next list (DESIGN section 6)."""

from datetime import date

from hub.domain.admission import AccessPhase, Group
from hub.domain.people import Actor
from hub.domain.tariffs import Tariff, TariffKind, WithoutPass
from hub.domain.time import day_bounds
from hub.services.group_desk import GroupService
from hub.services.pass_desk import PassService
from hub.storage.access_unit import SqlUnits
from hub.storage.group_rows import GroupRows
from hub.storage.pass_rows import PassRows
from tests.hub.custody.world import DEVICES, NOW_US, SPACE, World
from wire.access import AccessList

CLI = Actor(None, "command line")
TODAY = date(2026, 11, 18)
DAY_US = 86_400_000_000


def entries(world: World, now_us: int = NOW_US) -> AccessList:
    """Return the list of the first device after everything due was published."""
    world.run(now_us, with_stale=True)
    return world.list_of(DEVICES[0])[1]


def test_a_list_opens_by_pass_until_the_day_on_which_it_is_used_up_is_over(world: World) -> None:
    world.set_up()
    member = world.member()
    world.card(member)
    passes = PassService(SqlUnits(world.engine, PassRows))
    assert len(entries(world).credentials) == 1, "without a rule, the membership opens"
    passes.save_rule(SPACE, WithoutPass.SHUT, CLI, NOW_US)
    assert entries(world).credentials == []
    tariff = Tariff("tag", "Tag", TariffKind.DAY, units=1, valid_days=3)
    passes.save_tariff(SPACE, tariff, CLI, NOW_US)
    passes.sell(SPACE, member, "tag", None, CLI, NOW_US)
    sold = entries(world)
    assert len(sold.credentials) == 1
    assert len(sold.schedules[0]) == 3, "the opening hours of three days"
    passes.note_visit(SPACE, member, TODAY, CLI, NOW_US)
    used = entries(world)
    assert len(used.schedules[0]) == 1, "who came in may come in again today"
    assert entries(world, NOW_US + DAY_US + 1).credentials == []


def test_a_list_tells_the_door_of_a_phase_before_it_begins(world: World) -> None:
    world.set_up()
    world.card(world.member())
    groups = GroupService(SqlUnits(world.engine, GroupRows))
    groups.save_group(SPACE, Group("verein", "Verein"), CLI, NOW_US)
    opens = date(2026, 11, 25)
    phases = [AccessPhase(date(2026, 1, 1), ("verein",)), AccessPhase(opens)]
    groups.save_phases(SPACE, phases, CLI, NOW_US)
    (schedule,) = entries(world).schedules
    assert [window.start_us for window in schedule] == [day_bounds(opens, "Europe/Berlin").start_us]
