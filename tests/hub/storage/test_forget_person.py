"""What mail and signing in keep of a person goes whole, and nobody else's with it."""

from sqlalchemy import Engine, insert, select

from hub.storage.forget_person import forget_mail_and_ways_in
from hub.storage.mail_tables import OutboxRow
from hub.storage.schema import metadata
from hub.storage.types import Base
from tests.hub.storage.rows import ROWS, fill

# They point to a person, and are not this function's.
OTHERS = {
    "account", "account_role", "card", "card_order", "command", "door_alarm", "log_opening", "membership", "rota",
}  # fmt: skip
GONE = {
    "mail_choice", "mail_off", "outbox", "passkey", "recovery_code", "second_factor", "sign_in_link", "sso_subject",
}  # fmt: skip


def left(engine: Engine, table: str) -> int:
    with engine.connect() as connection:
        return len(connection.execute(select(Base.metadata.tables[table])).all())


def test_P5_every_table_that_points_to_a_person_is_somebody_s_to_erase() -> None:  # noqa: N802
    pointing = {
        table.name
        for table in metadata().sorted_tables
        for key in table.foreign_keys
        if key.column.table.name in ("account", "member")
    }
    # `mail_off` points to a choice, which points to a person. Bookings and passes have an erasure of their own.
    assert (GONE | OTHERS) - {"mail_off"} <= pointing
    assert (
        pointing & {name for name in metadata().tables if name.startswith(("mail_", "sign_in", "sso"))}
        <= GONE
    )


def test_P5_nothing_is_left_of_a_person(engine: Engine) -> None:  # noqa: N802
    fill(engine)
    with engine.begin() as connection:
        for_member = {"pk": 2, "key": "booking/1", "account_pk": None, "member_pk": 1}
        connection.execute(insert(OutboxRow), ROWS["outbox"] | for_member)
        forget_mail_and_ways_in(connection, members=[1], accounts=[1])
    assert {table: left(engine, table) for table in GONE} == dict.fromkeys(GONE, 0)


def test_P5_what_is_somebody_else_s_stays(engine: Engine) -> None:  # noqa: N802
    fill(engine)
    before = {table: left(engine, table) for table in GONE}
    with engine.begin() as connection:
        forget_mail_and_ways_in(connection, members=[99], accounts=[99])
        forget_mail_and_ways_in(connection)
    assert {table: left(engine, table) for table in GONE} == before
    assert before["outbox"] == before["mail_choice"] == before["sign_in_link"] == 1
