"""Which rows of which tables are about a person, worked out from the foreign keys: a new table is found by itself.

What points to a member, or to what is a member's own (`OWN`), is about that member. When the member is erased, a row
goes when its column takes no NULL or `GOES` says so; otherwise it stays without the person, so that counts stay.
tests/hub/storage/test_erasure_is_decided.py asks of every new table what shall become of it.
"""

from collections.abc import Iterator, Mapping
from typing import Any, Final, NamedTuple

from sqlalchemy import Column, Table

from hub.domain.cards import CardState
from hub.storage.types import Base

PERSON: Final = "member"

OWN: Final = ("account", "booking", "booking_series", "card", "mail_choice", "member_pass", "membership")
"""Tables whose rows are a member's own, so that whatever points to them is about the member."""

GOES: Final = frozenset(
    {
        "account",
        "api_request",
        "api_token",
        "card_lookup",
        "card_order",
        "mail_choice",
        "outbox",
        "webhook_event",
    }
)
"""Tables whose rows go with the person, although they could stay without."""

BLANKED: Final[Mapping[str, Mapping[str, Any]]] = {
    "booking": {"note": "", "request": None, "request_digest": None, "ended_reason": ""},
    "card": {
        "state": CardState.RETIRED,
        "label": "–",
        "blocked_reason": "",
        "active_until_us": None,
        "rekey_needed": False,
    },
}
"""What a row that stays without the person says from then on: a card that nobody gave back opens nothing any more."""

BY_TRACE: Final = frozenset({"chain_entry", "door_log"})
"""Tables of which more than the present cards' rows are about a person: see `hub.storage.person_trace`."""

_HIDDEN: Final = (
    "hash",
    "secret",
    "token",
    "uniquifier",
    "salt",
    "commitment",
    "sealed",
    "uid_tag",
    "digest",
)
"""Parts of names of columns that are not given away, not even to the person: they open something."""


class Pointer(NamedTuple):
    """A column that points to the key of a table."""

    table: Table
    column: Column[Any]


def pointers_to(target: str) -> list[Pointer]:
    """Return the columns that point to the key of a table, itself left out, in the order of the tables' names."""
    found = [
        Pointer(table, key.parent)
        for table in Base.metadata.tables.values()
        for key in table.foreign_keys
        if key.column.table.name == target and key.column.name == "pk" and table.name != target
    ]
    return sorted(found, key=lambda pointer: (pointer.table.name, pointer.column.name))


def about_a_person() -> Iterator[tuple[str, Pointer]]:
    """Give (table pointed to, column) of all that is about a member."""
    for target in (PERSON, *OWN):
        for pointer in pointers_to(target):
            yield target, pointer


def goes(pointer: Pointer) -> bool:
    """Say whether a row goes with the person it points to."""
    return pointer.table.name in GOES or not pointer.column.nullable


def is_hidden(column: str) -> bool:
    """Say whether a column is not given away."""
    return any(part in column for part in _HIDDEN)
