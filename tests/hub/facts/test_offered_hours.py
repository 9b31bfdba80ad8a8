"""Hours of access in the facts of days: what one person holds is told by none of them."""

from datetime import date
from typing import Any

from sqlalchemy import Engine, insert, update

from hub.storage.access_tables import MemberRow, MembershipRow
from hub.storage.member_tables import PassRow, TariffRow
from tests.hub.facts.world import DAY_US, World, town, utc

FIRST = date(2026, 5, 4)
NOW_US = utc(2026, 5, 4) + 3 * DAY_US
TARIFF = {
    "pk": 1, "space_pk": 1, "id": "monat", "name": "Monat", "kind": "monthly", "price_cents": 0, "units": 0,
    "per_visit": 1, "valid_days": 0, "hours": "always", "starts_min": 0, "ends_min": 1440, "is_offered": False,
}  # fmt: skip


def member(world: World, pk: int, *, holds_pass: bool = False, **of: Any) -> None:
    with world.engine.begin() as connection:
        connection.execute(
            insert(MemberRow),
            {
                "pk": pk, "name": f"M{pk}", "mail": "", "needs_longer": False, "created_us": 0, "phone": "",
                "shows_presence": False, "in_statistics": True, "answers_pk": None, "ref": f"{pk:032x}",
            },
        )  # fmt: skip
        connection.execute(
            insert(MembershipRow),
            {
                "member_pk": pk, "space_pk": 1, "hours": "opening", "valid_from": FIRST, "valid_to": None,
                "is_host": False, "works_offline": False, **of,
            },
        )  # fmt: skip
        if holds_pass:
            connection.execute(
                insert(PassRow),
                {
                    "pk": pk, "space_pk": 1, "member_pk": pk, "tariff_pk": 1, "sold_on": FIRST,
                    "valid_from": FIRST, "valid_to": None, "units": 0, "price_cents": 0, "spent": 0,
                },
            )  # fmt: skip


def extra_us(world: World) -> int:
    """Return by how much the hours of access of three days exceed those of opening, written down for the first time."""
    with world.engine.begin() as connection:
        for table in ("quarter_fact", "desk_day", "space_day", "fact_word", "fact_device", "fact_space"):
            connection.exec_driver_sql(f"DELETE FROM {table}")
    world.facts.rebuild(NOW_US, is_check=False, progress=lambda _: None)
    [(extra,)] = world.rows("SELECT sum(access_us - staffed_us) FROM space_day")
    return int(extra)


def test_the_key_of_one_user_is_no_hour_of_access_and_a_price_list_is(engine: Engine) -> None:
    world = World(engine, town(first=FIRST))
    with engine.begin() as connection:
        connection.execute(insert(TariffRow), TARIFF)
    member(world, 1, hours="always")
    for pk in (2, 3):
        member(world, pk, holds_pass=True)
    member(world, 4, hours="always", is_host=True)
    assert extra_us(world) == 0, "three people and a host"
    with engine.begin() as connection:
        # What is left of a pass whose holder was erased is nobody's right.
        connection.execute(update(PassRow).where(PassRow.pk == 3).values(member_pk=None))
    for pk in (5, 6):
        member(world, pk, hours="always")
    assert extra_us(world) == 0, "four people, and a pass of nobody"
    with engine.begin() as connection:
        connection.execute(update(TariffRow).values(is_offered=True))
    assert extra_us(world) == 3 * (24 - 8) * 3_600_000_000
    with engine.begin() as connection:
        connection.execute(update(TariffRow).values(is_offered=False))
    member(world, 7, hours="always")
    assert extra_us(world) == 3 * (24 - 8) * 3_600_000_000, "five people"
