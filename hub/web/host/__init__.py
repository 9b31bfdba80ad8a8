"""The pages of a space's hosts: today, doors, cards, members. May not be reached by strangers (`hub.web.app`)."""

from typing import Final

from flask import request

from hub.web.host import (
    blockings,
    bookings,
    calendar,
    card_changes,
    cards,
    doors,
    enrol,
    members,
    signs,
    today,
)

GROUPS: Final = (
    today.blueprint,
    doors.blueprint,
    cards.blueprint,
    card_changes.blueprint,
    enrol.blueprint,
    members.blueprint,
    calendar.blueprint,
    bookings.blueprint,
    blockings.blueprint,
    signs.blueprint,
)
"""All their blueprints; every address has the space in it."""


def host_words() -> dict[str, object]:
    """Return what templates of hosts use: which part of the navigation is the present one."""
    return {"host_part": PARTS.get(request.blueprint or "", "")}


PARTS: Final = {
    "today": "today", "doors": "doors", "cards": "cards", "card_changes": "cards", "enrol": "cards",
    "members": "members", "calendar": "calendar", "bookings": "calendar", "blockings": "calendar", "signs": "calendar",
}  # fmt: skip
