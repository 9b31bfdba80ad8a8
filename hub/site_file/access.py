"""Reads `[town.space.access]`: what a space has decided about its doors."""

from typing import Final

from hub.domain.space import SpaceAccess
from hub.site_file.fields import Table

MAX_S: Final = 600
"""Longest that a door is released or may stand open: the wire's limit."""
MAX_ROUND_TRIP_MS: Final = 10_000

_DEFAULT: Final = SpaceAccess()


def read_access(space: Table) -> SpaceAccess | None:
    """Return what a space says of its doors, None when it says nothing; mistakes go to the table's report.

    Args:
        space: `[[town.space]]`.
    """
    table = space.table("access", f"{space.what}: access")
    if table is None:
        return None
    access = SpaceAccess(
        uid_cards=table.flag("uid_cards", _DEFAULT.uid_cards),
        uid_cards_reason=table.text("uid_cards_reason"),
        lockdown_hosts=table.flag("lockdown_hosts", _DEFAULT.lockdown_hosts),
        office_hours=table.flag("office_hours", _DEFAULT.office_hours),
        office_from_first=table.flag("office_from_first", _DEFAULT.office_from_first),
        round_trip_ms=table.whole("round_trip_ms", _DEFAULT.round_trip_ms, 0, MAX_ROUND_TRIP_MS),
        open_s=table.whole("open_s", _DEFAULT.open_s, 1, MAX_S),
        longer_s=table.whole("longer_s", _DEFAULT.longer_s, 1, MAX_S),
        held_s=table.whole("held_s", _DEFAULT.held_s, 1, MAX_S),
        phone_opening=table.flag("phone_opening", _DEFAULT.phone_opening),
        exits_reason=table.text("exits_reason"),
    )
    table.finish()
    if access.uid_cards and not access.uid_cards_reason:
        table.error(
            "uid_cards_reason",
            "is missing: any phone can copy a card without a key; say why such cards may open doors all the same",
        )
    if access.uid_cards_reason and not access.uid_cards:
        table.warn("uid_cards_reason", "gives a reason for what is not switched on: add uid_cards = true")
    if access.longer_s < access.open_s:
        table.error(
            "longer_s",
            f"{access.longer_s} is below open_s, {access.open_s}: it is for who needs longer",
        )
    if not access.office_from_first and not access.office_hours:
        table.warn("office_from_first", "says nothing without office_hours = true")
    return access
