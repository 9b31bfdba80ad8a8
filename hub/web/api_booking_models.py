"""What the API takes and says of bookings, as types."""

from datetime import date, datetime
from typing import Annotated, Final

from msgspec import UNSET, Meta, Struct, UnsetType

_INSTANT: Final = {"format": "date-time"}
MAX_TEXT: Final = 200
MAX_PAGE: Final = 500

Instant = Annotated[
    datetime,
    Meta(tz=True, description="With its offset, as 2026-11-19T08:00:00Z.", extra_json_schema=_INSTANT),
]
Id = Annotated[str, Meta(min_length=1, max_length=40, pattern="^[a-z0-9-]+$")]
Text = Annotated[str, Meta(max_length=MAX_TEXT)]
RequestKey = Annotated[str, Meta(min_length=1, max_length=100, pattern="^[ -~]+$")]
Key = Annotated[int, Meta(ge=1, le=2**63 - 1)]


class BookingOut(Struct, frozen=True):
    """A booking, or what keeps desks out of use. Its time is half-open: it ends as the next may begin."""

    id: str
    space: str
    kind: Annotated[str, Meta(description="desk, event, maintenance, closing or hold.")]
    desks: Annotated[list[str], Meta(description="Ids of the desks that it takes.")]
    starts_at: Annotated[datetime, Meta(extra_json_schema=_INSTANT)]
    ends_at: Annotated[datetime, Meta(extra_json_schema=_INSTANT)]
    state: Annotated[str, Meta(description="booked, checked_in, cancelled or released_no_show.")]
    member: Annotated[
        int | None, Meta(description="Number of the member; null for nobody's, and once forgotten.")
    ]
    version: Annotated[int, Meta(description="To be told with a change: of two the second is refused.")]
    note: str
    series: Annotated[str | None, Meta(description="Id of its series.")]
    series_day: Annotated[date | None, Meta(description="The local day that it stands for in its series.")]
    created_at: Annotated[datetime, Meta(extra_json_schema=_INSTANT)]
    ended_at: Annotated[
        datetime | None, Meta(description="When it was cancelled or released.", extra_json_schema=_INSTANT)
    ]
    ended_reason: Annotated[str, Meta(description="Why, as far as it was said.")]


class BookingPage(Struct, frozen=True):
    """Bookings by begin."""

    bookings: list[BookingOut]
    cursor: Annotated[
        str | None, Meta(description="To be given as `cursor` for what follows; null when nothing does.")
    ]


class BookingIn(Struct, frozen=True, forbid_unknown_fields=True):
    """A booking that is wanted."""

    space: Id
    desk: Id
    starts_at: Instant
    ends_at: Instant
    member: Annotated[
        Key | UnsetType | None, Meta(description="Left out: that of the token. Null: a guest's, for hosts.")
    ] = UNSET
    note: Text = ""
    reason: Annotated[Text, Meta(description="Of hosts who book for somebody else; the log keeps it.")] = ""
    beyond_rules: Annotated[
        bool, Meta(description="Of hosts: go beyond hours, limits and membership of the space.")
    ] = False


class BookingChange(Struct, frozen=True, forbid_unknown_fields=True):
    """What shall be otherwise of a booking; what is left out stays."""

    version: Annotated[int, Meta(ge=1, description="Of the booking as it was looked at.")]
    desk: Id | UnsetType = UNSET
    starts_at: Instant | UnsetType = UNSET
    ends_at: Instant | UnsetType = UNSET
    note: Text | UnsetType = UNSET
    reason: Annotated[Text, Meta(description="Of hosts; the log keeps it.")] = ""
    beyond_rules: bool = False


class BookingQuery(Struct, frozen=True, forbid_unknown_fields=True, rename={"from_": "from"}):
    """Which bookings are asked for."""

    space: Annotated[Id | None, Meta(description="Id of a space; hosts must name one.")] = None
    member: Annotated[
        Key | None,
        Meta(description="Number of a member; left out: that of the token, or for hosts everybody."),
    ] = None
    from_: Annotated[Instant | None, Meta(description="Those that end later.")] = None
    to: Annotated[Instant | None, Meta(description="Those that begin earlier.")] = None
    state: Annotated[
        str | None, Meta(description="booked, checked_in, cancelled or released_no_show; left out: any.")
    ] = None
    series: Annotated[Id | None, Meta(description="Id of the series that they are of.")] = None
    cursor: Annotated[str, Meta(max_length=60, description="Of the page before.")] = ""
    limit: Annotated[int, Meta(ge=1, le=MAX_PAGE, description="How many at most.")] = 100


class ReasonQuery(Struct, frozen=True, forbid_unknown_fields=True):
    """Why something is done."""

    reason: Annotated[Text, Meta(description="Of hosts; the log keeps it.")] = ""


class TimeQuery(Struct, frozen=True, forbid_unknown_fields=True, rename={"from_": "from"}):
    """A time that is asked about, of 62 days at most."""

    from_: Instant
    to: Instant


class RequestHeaders(Struct, frozen=True, rename={"idempotency_key": "Idempotency-Key"}):
    """What a request says beside its body."""

    idempotency_key: Annotated[
        RequestKey | None,
        Meta(description="Made anew for each thing: a request that comes again with it makes no second one."),
    ] = None


class MatchHeaders(Struct, frozen=True, rename={"if_match": "If-Match"}):
    """Which state a change is meant for."""

    if_match: Annotated[
        Annotated[str, Meta(min_length=1, max_length=200, pattern="^[ -~]+$")] | None,
        Meta(description="The ETag of the state that was looked at; of another one nothing is changed."),
    ] = None


class SpanOut(Struct, frozen=True):
    """A stretch of time, half-open."""

    starts_at: Annotated[datetime, Meta(extra_json_schema=_INSTANT)]
    ends_at: Annotated[datetime, Meta(extra_json_schema=_INSTANT)]


class DeskTimesOut(Struct, frozen=True):
    """When a desk is taken; by whom is not told."""

    id: str
    taken: list[SpanOut]


class AvailabilityOut(Struct, frozen=True):
    """Which desks of a space are taken when, and when it is closed; desks out of service are left out."""

    space: str
    granularity: Annotated[str, Meta(description="The grid in which it is booked: hour, half-day or day.")]
    desks: list[DeskTimesOut]
    closed: list[SpanOut]
