"""What letters tell: one frozen set of facts for each kind, without a word of text; texts are in `hub.letters`.

Instants are microseconds of UTC with the zone that they are read in. A path is an address of the pages without its
beginning (`/me/`), which is a setting.
"""

import json
from dataclasses import asdict, dataclass, fields
from enum import StrEnum
from typing import Any, Final

from hub.domain.errors import NotTrue


class LetterKind(StrEnum):
    """Kinds of letters."""

    SIGN_IN_LINK = "sign_in_link"
    PASSWORD_RESET = "password_reset"  # noqa: S105 - a kind of letter
    INVITATION = "invitation"
    ACCOUNT_CHANGED = "account_changed"
    ALARM = "alarm"
    BOOKING_MADE = "booking_made"
    BOOKING_CHANGED = "booking_changed"
    BOOKING_RELEASED = "booking_released"
    PLACE_FREE = "place_free"
    PASS_ENDS = "pass_ends"  # noqa: S105 - a kind of letter
    REPORT_GAPS = "report_gaps"


@dataclass(frozen=True, slots=True)
class SignInLink:
    """A link that signs in, once.

    Args:
        minutes: for how long.
    """

    path: str
    minutes: int


@dataclass(frozen=True, slots=True)
class PasswordReset:
    """A link to choose another password, once.

    Args:
        minutes: for how long.
    """

    path: str
    minutes: int


@dataclass(frozen=True, slots=True)
class Invitation:
    """A link to choose the first password of a new account.

    Args:
        days: for how long.
    """

    path: str
    days: int


class AccountChange(StrEnum):
    """What was changed of an account that its owner should hear of, lest it was somebody else."""

    PASSWORD = "password"  # noqa: S105 - what was changed
    PASSKEY_ADDED = "passkey_added"
    PASSKEY_REMOVED = "passkey_removed"
    SECOND_FACTOR_ON = "second_factor_on"
    SECOND_FACTOR_OFF = "second_factor_off"
    RECOVERY_CODE_USED = "recovery_code_used"


@dataclass(frozen=True, slots=True)
class AccountChanged:
    """Something about how an account is entered was changed.

    Args:
        change: a value of `AccountChange`.
        at_us: when.
    """

    change: str
    at_us: int
    time_zone: str = "Europe/Berlin"


@dataclass(frozen=True, slots=True)
class Alarm:
    """Something at a door needs a person.

    Args:
        kind: a value of `hub.domain.doors.DoorAlarmKind`.
        began_us, ended_us: when it began, and was over when the letter was written; None while it lasts.
        position: 0 for whoever is called first, 1 for the deputy, and so on.
    """

    space_name: str
    door_name: str
    kind: str
    began_us: int
    ended_us: int | None
    time_zone: str
    position: int
    path: str


@dataclass(frozen=True, slots=True)
class Stay:
    """What was booked: a place and a time.

    Args:
        uid: the same in every letter about this booking, for calendars.
        sequence: counts the changes, from 0.
        place: the desk or the room; empty for the whole space.
        address: of the space; may be empty.
    """

    uid: str
    sequence: int
    space_name: str
    place: str
    start_us: int
    end_us: int
    time_zone: str
    address: str = ""


@dataclass(frozen=True, slots=True)
class BookingMade:
    """Somebody has a booking, or several as a series, made by oneself or by a host.

    Args:
        is_again: whether it had been cancelled or released, and was taken up again.
        more: further ones that the same act made, by begin.
    """

    stay: Stay
    path: str
    by_host: bool = False
    is_again: bool = False
    more: tuple[Stay, ...] = ()


@dataclass(frozen=True, slots=True)
class BookingChanged:
    """A booking is at another time or place now.

    Args:
        old_place, old_start_us, old_end_us: what it was.
        more: further ones that the same act changed, by begin.
    """

    stay: Stay
    old_place: str
    old_start_us: int
    old_end_us: int
    path: str
    by_host: bool = False
    more: tuple[Stay, ...] = ()


class Release(StrEnum):
    """Why a booking is none any more."""

    CANCELLED = "cancelled"
    BY_HOST = "by_host"
    NO_SHOW = "no_show"
    BLOCKED = "blocked"


@dataclass(frozen=True, slots=True)
class BookingReleased:
    """A booking is none any more.

    Args:
        release: a value of `Release`.
        reason: what a host gave as reason; may be empty.
        restorable: whether it can be had back until its start, while the place is free.
        more: further ones that the same act ended, by begin.
    """

    stay: Stay
    release: str
    path: str
    reason: str = ""
    restorable: bool = False
    more: tuple[Stay, ...] = ()


@dataclass(frozen=True, slots=True)
class PlaceFree:
    """What somebody waits for is free, and held for a while.

    Args:
        hold_until_us: until when nobody else can have it.
    """

    stay: Stay
    hold_until_us: int
    path: str


@dataclass(frozen=True, slots=True)
class PassEnds:
    """A pass runs out.

    Args:
        pass_name: as the tariff calls it.
        ends_us: first moment at which it holds no more; None when it ends by being used up.
        left: how many days, half-days or hours are left; None when they are not counted.
        unit: `days`, `half_days` or `hours`, of `left`.
    """

    space_name: str
    pass_name: str
    ends_us: int | None
    left: int | None
    unit: str
    time_zone: str
    path: str


@dataclass(frozen=True, slots=True)
class Lack:
    """Something that a report lacks, of one place.

    Args:
        kind: a value of `hub.domain.statistics.gaps.GapKind`.
        place: name of the space or the town.
        first_us, last_us: begin of its first and last day.
        desk: name of a desk; empty where it is about none.
        figure: id of the key figure that lacks; empty where it is all of them.
        known_pct: how much of a desk's time is known; None where it is about no desk.
        may_stand_in: whether bookings or a count by hand may take its place, marked.
    """

    kind: str
    place: str
    first_us: int
    last_us: int
    desk: str = ""
    figure: str = ""
    known_pct: int | None = None
    may_stand_in: bool = False


@dataclass(frozen=True, slots=True)
class ReportGaps:
    """A town's report is due soon, and lacks what the reader can fill (requirement S10).

    Args:
        due_us, first_us, last_us: begin of the day on which it is due, and of the first and last day that it covers.
        lacks: what the reader can fill, by place and day.
        more: how many there are beside.
        path: of the list on the pages; empty for whoever does not see it.
    """

    town_name: str
    due_us: int
    first_us: int
    last_us: int
    time_zone: str
    lacks: tuple[Lack, ...]
    more: int
    path: str


Letter = (
    SignInLink
    | PasswordReset
    | Invitation
    | AccountChanged
    | Alarm
    | BookingMade
    | BookingChanged
    | BookingReleased
    | PlaceFree
    | PassEnds
    | ReportGaps
)

LETTERS: Final[dict[LetterKind, type[Letter]]] = {
    LetterKind.SIGN_IN_LINK: SignInLink,
    LetterKind.PASSWORD_RESET: PasswordReset,
    LetterKind.INVITATION: Invitation,
    LetterKind.ACCOUNT_CHANGED: AccountChanged,
    LetterKind.ALARM: Alarm,
    LetterKind.BOOKING_MADE: BookingMade,
    LetterKind.BOOKING_CHANGED: BookingChanged,
    LetterKind.BOOKING_RELEASED: BookingReleased,
    LetterKind.PLACE_FREE: PlaceFree,
    LetterKind.PASS_ENDS: PassEnds,
    LetterKind.REPORT_GAPS: ReportGaps,
}

_KINDS: Final = {letter: kind for kind, letter in LETTERS.items()}


def kind_of(letter: Letter) -> LetterKind:
    """Return the kind of a letter."""
    return _KINDS[type(letter)]


def write_letter(letter: Letter) -> str:
    """Return a letter as it is stored."""
    return json.dumps(asdict(letter), ensure_ascii=False, separators=(",", ":"))


def read_letter(kind: LetterKind, text: str) -> Letter:
    """Return a letter as it was stored.

    Raises:
        NotTrue: when the text is none of that kind.
    """
    letter = LETTERS[kind]
    try:
        told: dict[str, Any] = json.loads(text)
        known = {field.name for field in fields(letter)}
        # A field that a later version added has its default; one that it dropped is left out.
        values = {name: value for name, value in told.items() if name in known}
        if "stay" in known:
            values["stay"] = Stay(**values["stay"])
        if "stay" in known and "more" in values:
            values["more"] = tuple(Stay(**one) for one in values["more"])
        if "lacks" in values:
            values["lacks"] = tuple(Lack(**one) for one in values["lacks"])
        return letter(**values)
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise NotTrue(f"what is stored is no letter of kind {kind.value}: {error}") from error
