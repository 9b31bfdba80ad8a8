"""What the API takes and says of series and blockings, as types."""

from datetime import date, datetime
from typing import Annotated, Final, Literal

from msgspec import UNSET, Meta, Struct, UnsetType

from hub.web.api_booking_models import BookingOut, Id, Instant, Key, Text

_INSTANT: Final = {"format": "date-time"}
_NUMBER: Final = "Number of the member; null for nobody's, and once forgotten."

Weekday = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
Place = Literal["first", "second", "third", "fourth", "last"]
Starts = Annotated[
    str,
    Meta(pattern="^([01][0-9]|2[0-3]):[0-5][0-9]$", description="On the wall clock of the space, as 09:00."),
]
Ends = Annotated[
    str,
    Meta(
        pattern="^(([01][0-9]|2[0-3]):[0-5][0-9]|24:00)$",
        description="On the wall clock of the space; 24:00 is the end of the day.",
    ),
]


class SeriesIn(Struct, frozen=True, forbid_unknown_fields=True):
    """A series of bookings that is wanted: at the same hours of the wall clock, whatever the clocks do."""

    space: Id
    desk: Id
    frequency: Literal["daily", "weekly", "monthly"]
    first: Annotated[date, Meta(description="First local day.")]
    last: Annotated[date, Meta(description="Last local day.")]
    starts: Starts
    ends: Ends
    interval: Annotated[int, Meta(ge=1, le=99, description="Each so many days, weeks or months.")] = 1
    weekdays: Annotated[
        list[Weekday], Meta(max_length=7, description="Of weekly ones which, of monthly ones the one.")
    ] = []
    of_month: Annotated[
        Place | None, Meta(description="Of monthly ones: which such weekday of the month.")
    ] = None
    member: Annotated[
        Key | UnsetType | None, Meta(description="Left out: that of the token. Null: a guest's, for hosts.")
    ] = UNSET
    note: Text = ""
    reason: Annotated[Text, Meta(description="Of hosts who book for somebody else; the log keeps it.")] = ""
    beyond_rules: Annotated[
        bool, Meta(description="Of hosts: go beyond hours, limits and membership of the space.")
    ] = False
    without_conflicts: Annotated[
        bool, Meta(description="Book the days that can be; otherwise all of them or none.")
    ] = False


class SeriesQuery(Struct, frozen=True, forbid_unknown_fields=True):
    """How a series is asked for."""

    dry_run: Annotated[bool, Meta(description="Say what would be, and keep nothing.")] = False


class DayOut(Struct, frozen=True):
    """A day of a series that can be booked."""

    day: Annotated[date, Meta(description="The local day.")]
    starts_at: Annotated[datetime, Meta(extra_json_schema=_INSTANT)]
    ends_at: Annotated[datetime, Meta(extra_json_schema=_INSTANT)]


class ConflictOut(Struct, frozen=True):
    """A day of a series that can't be booked."""

    day: Annotated[date, Meta(description="The local day.")]
    starts_at: Annotated[datetime, Meta(extra_json_schema=_INSTANT)]
    ends_at: Annotated[datetime, Meta(extra_json_schema=_INSTANT)]
    code: Annotated[str, Meta(description="The rule that says no, as `desk_taken`.")]


class SeriesPlan(Struct, frozen=True):
    """What a series would be."""

    free: list[DayOut]
    conflicts: list[ConflictOut]
    nothing_left: Annotated[
        list[date], Meta(description="Days whose whole time is left out by the clock's change.")
    ]


class SeriesOut(Struct, frozen=True):
    """A series as it was asked for, and its bookings as they are."""

    id: str
    space: str
    desk: Annotated[str, Meta(description="Id of the desk; empty for events in the whole space.")]
    member: Annotated[int | None, Meta(description=_NUMBER)]
    frequency: str
    first: date
    last: date
    starts: str
    ends: str
    interval: int
    weekdays: list[str]
    of_month: str | None
    bookings: list[BookingOut]


class SeriesChange(Struct, frozen=True, forbid_unknown_fields=True):
    """What shall be otherwise on some days of a series; what is left out stays."""

    which: Annotated[
        Literal["this", "following", "all", "range"],
        Meta(
            description="Of `this`, `following` and `range` name the first day, of `range` the last one too."
        ),
    ]
    first: date | None = None
    last: date | None = None
    desk: Id | UnsetType = UNSET
    starts: Starts | UnsetType = UNSET
    ends: Ends | UnsetType = UNSET
    note: Text | UnsetType = UNSET
    reason: Annotated[Text, Meta(description="Of hosts; the log keeps it.")] = ""


class DaysQuery(Struct, frozen=True, forbid_unknown_fields=True):
    """Which days of a series are meant."""

    which: Annotated[
        Literal["this", "following", "all", "range"],
        Meta(
            description="Of `this`, `following` and `range` name the first day, of `range` the last one too."
        ),
    ]
    first: date | None = None
    last: date | None = None
    reason: Annotated[Text, Meta(description="Of hosts; the log keeps it.")] = ""


class SeriesChanged(Struct, frozen=True):
    """What became of days of a series."""

    changed: Annotated[list[BookingOut], Meta(description="Bookings that were changed or cancelled.")]
    kept: Annotated[list[BookingOut], Meta(description="Those that stay: over, begun, or cancelled before.")]


class BlockingIn(Struct, frozen=True, forbid_unknown_fields=True):
    """What hosts take out of use."""

    space: Id
    kind: Literal["maintenance", "closing", "hold"]
    starts_at: Instant
    ends_at: Instant
    note: Annotated[Text, Meta(description="Why; everybody may read it.")]
    desks: Annotated[
        list[Id], Meta(max_length=500, description="Ids of desks; none for the whole space.")
    ] = []
    member: Annotated[Key | None, Meta(description="Of a hold: number of the member it is for.")] = None
    displace: Annotated[
        bool, Meta(description="Cancel bookings that are in the way; otherwise they refuse it.")
    ] = False


class BlockingOut(Struct, frozen=True):
    """A blocking, and what had to give way."""

    blocking: BookingOut
    displaced: Annotated[
        list[BookingOut], Meta(description="Bookings that were cancelled or cut; told the first time.")
    ]
