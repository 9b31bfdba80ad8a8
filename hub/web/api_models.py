"""What the API says, as types: the OpenAPI document is made from them, and every answer is one of them."""

from datetime import date, datetime
from typing import Annotated, Final

from msgspec import UNSET, Meta, Struct, UnsetType

_INSTANT: Final = {"format": "date-time"}


class TownOut(Struct, frozen=True):
    """A town of the network. One without a space is a full member and has an empty list."""

    id: str
    ags: Annotated[str, Meta(description="Amtlicher Gemeindeschlüssel: eight digits, a string.")]
    name: str
    land: Annotated[str, Meta(description="Two letters, as in ISO 3166-2:DE.")]
    spaces: Annotated[list[str], Meta(description="Ids of its spaces.")]


class SpaceOut(Struct, frozen=True):
    """A space: a place to work, with its desks."""

    id: str
    name: str
    town: Annotated[str, Meta(description="Id of its town.")]
    kind: Annotated[
        str,
        Meta(description="coworking, pop-up, club, ankerort, town-lab, makerspace or satellite."),
    ]
    phase: Annotated[str, Meta(description="exploration, test, pop-up or operation.")]
    address: str
    time_zone: Annotated[str, Meta(description="IANA name.")]
    valid_from: Annotated[date, Meta(description="Its first day.")]
    valid_to: Annotated[date | None, Meta(description="Its last day, or null when it has no end.")]
    public_detail: Annotated[
        str,
        Meta(description="What is public of its occupancy: state (open or closed), count, or desks."),
    ]
    occupancy: Annotated[str, Meta(description="Address of its present occupancy.")]
    page: Annotated[str, Meta(description="Address of its page for people.")]


class Network(Struct, frozen=True):
    """All towns and spaces."""

    towns: list[TownOut]
    spaces: list[SpaceOut]


class CountsOut(Struct, frozen=True):
    """Desks by state; they add up to the total. What is unknown is never counted as free."""

    free: int
    occupied: int
    unknown: int
    out_of_service: int
    total: int


class DeskOut(Struct, frozen=True):
    """A desk."""

    id: str
    name: str
    zone: Annotated[str, Meta(description="Name of its zone, or empty.")]
    state: Annotated[str, Meta(description="free, occupied, unknown or out_of_service.")]
    trouble: Annotated[
        str,
        Meta(
            description="Why the state is unknown, or empty: no_sensor, no_data, device_lost, device_offline, "
            "stale, stuck, silent or unplugged."
        ),
    ]


class Occupancy(Struct, frozen=True):
    """What may be known of a space's occupancy."""

    space: str
    detail: Annotated[str, Meta(description="How much is told: state, count or desks.")]
    as_of: Annotated[
        datetime,
        Meta(
            description="The moment that it is true for: now, or for count the last five-minute boundary.",
            extra_json_schema=_INSTANT,
        ),
    ]
    open: Annotated[bool, Meta(description="Whether the opening hours say that it is open now.")]
    closes_at: Annotated[
        datetime | None, Meta(description="When it closes; null when not open.", extra_json_schema=_INSTANT)
    ]
    opens_at: Annotated[
        datetime | None,
        Meta(description="When it opens next; null when open or not known.", extra_json_schema=_INSTANT),
    ]
    counts: Annotated[
        CountsOut | UnsetType | None,
        Meta(description="Left out for state; null when nothing is known."),
    ] = UNSET
    desks: Annotated[list[DeskOut] | UnsetType, Meta(description="Left out unless the detail is desks.")] = (
        UNSET
    )


class Problem(Struct, frozen=True):
    """An error (RFC 9457): what says no, and what it is about."""

    title: str
    status: Annotated[int, Meta(description="The HTTP status.")]
    detail: Annotated[str, Meta(description="What happened, and what would work instead.")]
    code: Annotated[
        str, Meta(description="Which rule, as `desk_taken` or `not_found`; the same in every language.")
    ]
    data: Annotated[
        dict[str, str | int | list[str] | None],
        Meta(description="What it is about, by name; times end in `_at`."),
    ]
    type: str = "about:blank"
