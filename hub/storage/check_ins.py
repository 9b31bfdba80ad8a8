"""Writes who said to be there, inside somebody else's transaction."""

from typing import NamedTuple

from sqlalchemy import Connection

from hub.domain.booking import CheckInWay
from hub.storage.access_unit import SpaceKey
from hub.storage.booking_tables import CheckInRow
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
    """Note it; say whether it is new: an event is noted once (D9). Its visit is for the caller to add."""
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
    return bool(made.rowcount)
