"""Writes who said to be there, and the visits that follow from it; inside somebody else's transaction."""

from typing import NamedTuple

from sqlalchemy import Connection

from hub.domain.booking import CheckInWay
from hub.domain.time import local_date
from hub.storage.access_unit import SpaceKey
from hub.storage.booking_tables import CheckInRow, VisitRow
from hub.storage.statements import upsert


class CheckIn(NamedTuple):
    """Somebody said to be there.

    Args:
        account: key of the host by whose hand it is.
        event: (epoch key, number) of the event that told it.
    """

    space: SpaceKey
    member: int | None
    at_us: int
    way: CheckInWay
    booking_pk: int | None = None
    desk_pk: int | None = None
    account: int | None = None
    event: tuple[int, int] | None = None


def add_check_in(connection: Connection, one: CheckIn) -> bool:
    """Note it, and the member's visit of that local day; say whether it is new: an event is noted once (D9)."""
    epoch_pk, seq = one.event or (None, None)
    made = connection.execute(
        upsert(connection.dialect.name, CheckInRow).on_conflict_do_nothing(),
        {
            "space_pk": one.space.pk,
            "booking_pk": one.booking_pk,
            "desk_pk": one.desk_pk,
            "member_pk": one.member,
            "at_us": one.at_us,
            "how": one.way,
            "account_pk": one.account or None,
            "epoch_pk": epoch_pk,
            "seq": seq,
        },
    )
    if made.rowcount and one.member is not None:
        note_visit(connection, one.space, one.member, one.at_us)
    return bool(made.rowcount)


def note_visit(connection: Connection, space: SpaceKey, member: int, at_us: int) -> None:
    """Note that a member was in a space on a local day; the earliest moment of it stays."""
    statement = upsert(connection.dialect.name, VisitRow)
    connection.execute(
        statement.on_conflict_do_update(
            index_elements=[VisitRow.space_pk, VisitRow.day, VisitRow.member_pk],
            set_={"first_us": statement.excluded.first_us},
            where=statement.excluded.first_us < VisitRow.first_us,
        ),
        {
            "space_pk": space.pk,
            "day": local_date(at_us, space.time_zone),
            "member_pk": member,
            "first_us": at_us,
        },
    )
