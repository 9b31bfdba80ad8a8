"""What the API takes and says of passes, tariffs and visits, as types."""

from datetime import date
from typing import Annotated

from msgspec import Meta, Struct

from hub.web.api_booking_models import Id, Key
from hub.web.api_member_models import Cursor, Limit


class TariffOut(Struct, frozen=True):
    """What a space offers."""

    id: str
    name: str
    kind: Annotated[
        str,
        Meta(
            description="What is counted: day, half-day, hours, monthly (days of each month), fixed-desk or free."
        ),
    ]
    price_cents: Annotated[int, Meta(description="Of one pass, or of one month.")]
    units: Annotated[int, Meta(description="What one pass holds; 0 for any number.")]
    per_visit: Annotated[int, Meta(description="How many of them a visit uses.")]
    valid_days: Annotated[int, Meta(description="How many days a pass is valid; 0 for no end.")]
    is_offered: Annotated[bool, Meta(description="Whether new passes are sold of it.")]


class Tariffs(Struct, frozen=True):
    """The tariffs of a space, offered ones first."""

    tariffs: list[TariffOut]


class PassOut(Struct, frozen=True):
    """What a member has of a tariff; price and units are those of the day on which it was sold."""

    number: int
    space: str
    member: Annotated[int | None, Meta(description="Number of the member.")]
    tariff: Annotated[str, Meta(description="Id of the tariff.")]
    sold_on: date
    valid_from: Annotated[date, Meta(description="First local day.")]
    valid_to: Annotated[date | None, Meta(description="Last local day; null for no end.")]
    units: Annotated[int, Meta(description="That it held at first; 0 for any number.")]
    left: Annotated[int | None, Meta(description="Units that are left today; null for any number.")]
    price_cents: int
    opens_today: Annotated[bool, Meta(description="Whether it opens doors today.")]


class PassPage(Struct, frozen=True):
    """Passes by number."""

    passes: list[PassOut]
    cursor: Annotated[
        str | None, Meta(description="To be given as `cursor` for what follows; null when nothing does.")
    ]


class PassQuery(Struct, frozen=True, forbid_unknown_fields=True):
    """Which passes are asked for; none that are over."""

    space: Annotated[Id | None, Meta(description="Id of a space; hosts must name one.")] = None
    member: Annotated[
        Key | None,
        Meta(description="Number of a member; left out: that of the token, or for hosts everybody."),
    ] = None
    cursor: Cursor = 0
    limit: Limit = 100


class PassIn(Struct, frozen=True, forbid_unknown_fields=True):
    """A pass that is sold."""

    space: Id
    member: Annotated[Key, Meta(description="Number of the member.")]
    tariff: Annotated[Id, Meta(description="Id of the tariff.")]
    starts_on: Annotated[date | None, Meta(description="First local day; today if left out.")] = None


class PassEnd(Struct, frozen=True, forbid_unknown_fields=True):
    """When a pass is over."""

    space: Annotated[Id, Meta(description="Id of the space that sold it.")]
    last: Annotated[date, Meta(description="Its last local day.")]


class VisitIn(Struct, frozen=True, forbid_unknown_fields=True):
    """That a member came."""

    space: Id
    member: Annotated[Key, Meta(description="Number of the member.")]
    day: Annotated[date, Meta(description="Local day, today or before.")]


class VisitOut(Struct, frozen=True):
    """A visit: a member on a local day, never a time of day."""

    space: str
    member: int
    day: date
