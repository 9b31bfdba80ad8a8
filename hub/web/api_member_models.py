"""What the API takes and says of members, as types."""

from datetime import date
from typing import Annotated, Literal

from msgspec import UNSET, Meta, Struct, UnsetType

from hub.web.api_booking_models import MAX_PAGE, Id, Key, Text

Hours = Literal["opening", "always", "none"]
Cursor = Annotated[int, Meta(ge=0, le=2**63 - 1, description="Of the page before.")]
Limit = Annotated[int, Meta(ge=1, le=MAX_PAGE, description="How many at most.")]
_HOURS = (
    "When its doors open: opening (in the opening hours), always, or none (by bookings and passes alone)."
)
_Ids = Annotated[list[Id], Meta(max_length=100)]


class MembershipOut(Struct, frozen=True):
    """A member's right to a space."""

    space: str
    hours: Annotated[str, Meta(description=_HOURS)]
    valid_from: Annotated[date, Meta(description="First local day.")]
    valid_to: Annotated[date | None, Meta(description="Last local day; null for no end.")]
    doors: Annotated[list[str], Meta(description="Ids of the only doors that open; empty for all.")]
    groups: Annotated[list[str], Meta(description="Ids of groups of the space.")]
    is_host: Annotated[bool, Meta(description="Whether the member's cards are hosts' cards.")]
    works_offline: Annotated[bool, Meta(description="Whether they open when a door knows no time.")]


class MemberOut(Struct, frozen=True):
    """A member, with the memberships that whoever asks may see."""

    number: int
    name: str
    mail: Annotated[str, Meta(description="Empty for none.")]
    phone: Annotated[str, Meta(description="Empty for none.")]
    needs_longer: Annotated[bool, Meta(description="Whether doors stay open longer for this person.")]
    shows_presence: Annotated[bool, Meta(description="Whether others may see that this person is there.")]
    in_statistics: Annotated[bool, Meta(description="Whether this person takes part in optional statistics.")]
    answers: Annotated[
        int | None,
        Meta(description="Number of the member who answers for a guest; null for who is no guest."),
    ]
    memberships: list[MembershipOut]


class MemberPage(Struct, frozen=True):
    """Members by number."""

    members: list[MemberOut]
    cursor: Annotated[
        str | None, Meta(description="To be given as `cursor` for what follows; null when nothing does.")
    ]


class MemberQuery(Struct, frozen=True, forbid_unknown_fields=True):
    """Which members are asked for."""

    space: Annotated[Id, Meta(description="Id of the space.")]
    q: Annotated[Text, Meta(description="Parts of name or mail address, all of which must be in them.")] = ""
    cursor: Cursor = 0
    limit: Limit = 100


class MembershipIn(Struct, frozen=True, forbid_unknown_fields=True):
    """A right to a space as it shall be."""

    space: Id
    valid_from: Annotated[date, Meta(description="First local day.")]
    hours: Annotated[Hours, Meta(description=_HOURS)] = "opening"
    valid_to: Annotated[date | None, Meta(description="Last local day; null for no end.")] = None
    doors: Annotated[_Ids, Meta(description="Ids of the only doors that open; empty for all.")] = []
    groups: Annotated[_Ids, Meta(description="Ids of groups of the space.")] = []
    is_host: bool = False
    works_offline: bool = False


class MemberIn(Struct, frozen=True, forbid_unknown_fields=True):
    """A member who is wanted."""

    name: Annotated[Text, Meta(min_length=1, description="May be a pseudonym.")]
    memberships: Annotated[list[MembershipIn], Meta(min_length=1, max_length=100)]
    mail: Text = ""
    phone: Text = ""
    needs_longer: bool = False
    answers: Annotated[
        Key | None, Meta(description="Number of the member who answers for a guest, whose right has an end.")
    ] = None


class MemberChange(Struct, frozen=True, forbid_unknown_fields=True):
    """What shall be otherwise of a member; what is left out stays."""

    name: Annotated[Text, Meta(min_length=1)] | UnsetType = UNSET
    mail: Text | UnsetType = UNSET
    phone: Text | UnsetType = UNSET
    needs_longer: bool | UnsetType = UNSET
    answers: Key | UnsetType | None = UNSET
    memberships: Annotated[
        Annotated[list[MembershipIn], Meta(max_length=100)] | UnsetType,
        Meta(description="Become as given; those of spaces that are not named stay."),
    ] = UNSET


class EndQuery(Struct, frozen=True, forbid_unknown_fields=True):
    """Which membership ends when."""

    space: Annotated[Id, Meta(description="Id of the space.")]
    last: Annotated[
        date | None, Meta(description="Last day; yesterday if left out, so that doors stay shut from now on.")
    ] = None


class Choices(Struct, frozen=True, forbid_unknown_fields=True):
    """What somebody wants others to see and to count."""

    shows_presence: Annotated[bool, Meta(description="Whether others may see that this person is there.")]
    in_statistics: Annotated[bool, Meta(description="Whether this person takes part in optional statistics.")]
