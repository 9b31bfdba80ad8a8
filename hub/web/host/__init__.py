"""The pages of a space's hosts: today, doors, cards, members, passes. Not reached by strangers (`hub.web.app`)."""

from typing import Final

from flask import request

from hub.web.host import (
    blockings,
    bookings,
    calendar,
    card_changes,
    cards,
    doors,
    duties,
    enrol,
    groups,
    life,
    member_account,
    members,
    passes,
    plan,
    settings,
    signs,
    tariffs,
    today,
    webhooks,
)

GROUPS: Final = (
    today.blueprint,
    doors.blueprint,
    cards.blueprint,
    card_changes.blueprint,
    enrol.blueprint,
    members.blueprint,
    groups.blueprint,
    passes.blueprint,
    tariffs.blueprint,
    calendar.blueprint,
    bookings.blueprint,
    blockings.blueprint,
    plan.blueprint,
    settings.blueprint,
    signs.blueprint,
    member_account.blueprint,
    life.blueprint,
    duties.blueprint,
    webhooks.blueprint,
)
"""All their blueprints; every address has the space in it."""


def host_words() -> dict[str, object]:
    """Return what templates of hosts use: which part of the navigation is the present one."""
    return {"host_part": PARTS.get(request.blueprint or "", "")}


PARTS: Final = {
    "today": "today", "doors": "doors", "cards": "cards", "card_changes": "cards", "enrol": "cards",
    "members": "members", "member_account": "members", "groups": "members", "passes": "passes", "tariffs": "passes",
    "calendar": "calendar", "bookings": "calendar", "blockings": "calendar", "signs": "calendar",
    "plan": "space", "settings": "space",
    "life": "space", "duties": "space",
    "webhooks": "calendar",
}  # fmt: skip
