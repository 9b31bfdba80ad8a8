"""Towns, spaces and what stands in them."""

from dataclasses import dataclass, field
from datetime import date, time
from enum import StrEnum
from typing import Final


class SpaceKind(StrEnum):
    """What kind of place a space is."""

    COWORKING = "coworking"
    POP_UP = "pop-up"
    CLUB = "club"
    ANKERORT = "ankerort"
    TOWN_LAB = "town-lab"
    MAKERSPACE = "makerspace"
    SATELLITE = "satellite"


class Phase(StrEnum):
    """How far a space has come (requirement K8)."""

    EXPLORATION = "exploration"
    TEST = "test"
    POP_UP = "pop-up"
    OPERATION = "operation"


class PeriodKind(StrEnum):
    """What a space is during a stretch of its life (`hub.domain.life`)."""

    TEST = "test"
    OPEN = "open"
    MOVED = "moved"
    """Open, at another address than before."""
    CLOSED = "closed"


class Granularity(StrEnum):
    """The smallest time that can be booked."""

    HOUR = "hour"
    HALF_DAY = "half-day"
    DAY = "day"


class PublicDetail(StrEnum):
    """What everyone may see of a space's occupancy (DESIGN section 8, requirement S7)."""

    STATE = "state"
    COUNT = "count"
    DESKS = "desks"


class SensorKind(StrEnum):
    """How a desk notices that it is in use; each gives a yes or no, never a picture or a name."""

    PIR = "pir"
    MMWAVE = "mmwave"
    MAT = "mat"
    DISTANCE = "distance"


@dataclass(frozen=True, slots=True)
class OpeningPeriod:
    """One stretch of opening on one weekday, in the space's local wall time, half-open.

    Args:
        weekday: 0 is Monday, 6 is Sunday.
        opens, closes: wall times; `closes` of 00:00 means the end of the day.
    """

    weekday: int
    opens: time
    closes: time


@dataclass(frozen=True, slots=True)
class Zone:
    """A part of a space: a room, a quiet corner."""

    id: str
    name: str


@dataclass(frozen=True, slots=True)
class Desk:
    """A desk and its place on the floor plan.

    Args:
        zone: id of its zone, or empty.
        x, y: centre on the plan, in centimetres from the plan's top left corner.
        width, depth: in centimetres.
        angle: clockwise, in degrees.
        sensor: a `SensorKind`, or empty when it has none.
        device: id of the device that reads the sensor, or empty.
        in_service: false while it can't be used.
    """

    id: str
    name: str
    zone: str = ""
    x: int = 0
    y: int = 0
    width: int = 140
    depth: int = 70
    angle: int = 0
    sensor: str = ""
    device: str = ""
    in_service: bool = True


@dataclass(frozen=True, slots=True)
class Door:
    """A door; `device` is what reads cards there."""

    id: str
    name: str
    device: str = ""


@dataclass(frozen=True, slots=True)
class Device:
    """A Raspberry Pi of a space."""

    id: str
    name: str


@dataclass(frozen=True, slots=True)
class Period:
    """A stretch of a space's life, until the next one begins.

    Args:
        starts_on: local day.
        address: of `MOVED`: where the space is from then on.
        done_us: of `CLOSED`: when the hub did what follows from it, and the report is frozen; None until then.
    """

    starts_on: date
    kind: PeriodKind
    address: str = ""
    done_us: int | None = None


@dataclass(frozen=True, slots=True)
class SpaceAccess:
    """What a space has decided about its doors.

    Args:
        uid_cards: whether cards without a key open doors; a phone can copy them, so the space must want it in words.
        uid_cards_reason: those words.
        lockdown_hosts: whether a lockdown lets hosts' cards in.
        office_hours: whether doors may be held open in the opening hours (mode office).
        office_from_first: whether the first card of the hours does it; otherwise only a host does.
        round_trip_ms: longest answer of a card that is believed (relay attacks); 0 for no bound.
        open_s, longer_s: for how long a door is released, and for members who need longer.
        held_s: how long a door may stand open.
        phone_opening: whether members open doors by phone, for as long as their card would, after they pressed the
            button outside.
        exits_reason: why who goes out is logged, in the space's own words (requirement P2); empty: it is not.
    """

    uid_cards: bool = False
    uid_cards_reason: str = ""
    lockdown_hosts: bool = True
    office_hours: bool = False
    office_from_first: bool = True
    round_trip_ms: int = 0
    open_s: int = 5
    longer_s: int = 15
    held_s: int = 30
    phone_opening: bool = False
    exits_reason: str = ""


@dataclass(frozen=True, slots=True)
class SpaceBookings:
    """What a space has decided about bookings; its grid is `Space.granularity`.

    Args:
        bookable: whether members book by themselves; hosts may in any case.
        half_day_at: wall time at which the first half of a day ends.
        advance_days: how far ahead members book; 0 for as far as anyone can.
        concurrent: how many bookings of a member may be open at once; 0 for any number.
        per_week: how many of a member may begin in one week from Monday; 0 for any number.
        cancel_until_min: how long before its begin a member may still cancel or change; 0 for until it begins.
        several_desks: whether a member may have several desks at the same time.
        early_min: how long before its begin a booking can be checked in.
        release: whether a booking is released when nobody came.
        grace_min: after how long.
        entry_needs_booking: whether doors open to members only while they have a booking; hosts always come in.
        holidays_open: whether the space can be booked on public holidays.
        hold_min: how long what became free is held for the first on the waiting list; 0 for no waiting list.
    """

    bookable: bool = True
    half_day_at: time = time(12)
    advance_days: int = 60
    concurrent: int = 0
    per_week: int = 0
    cancel_until_min: int = 0
    several_desks: bool = False
    early_min: int = 30
    release: bool = True
    grace_min: int = 30
    entry_needs_booking: bool = False
    holidays_open: bool = False
    hold_min: int = 30


@dataclass(frozen=True, slots=True)
class Space:
    """A space with everything that stands in it.

    Args:
        valid_from, valid_to: first and, for a pop-up, last day of its life; `valid_to` is inclusive.
        time_zone: IANA name.
        plan_width, plan_depth: of the floor plan, in centimetres.
        controller: who answers for the personal data (GDPR Art. 4(7)).
        public_detail_reason: why a small space shows more than `state`, in its operator's words (requirement P6).
        access: what it has decided about its doors; None where nobody has yet: the defaults hold.
        bookings: the same of bookings.
        periods: of its life, by first day, as somebody decided them in the hub; empty where nobody has, and the site
            file's days hold. First and last day agree with `valid_from` and `valid_to`.
    """

    id: str
    town: str
    name: str
    kind: SpaceKind
    phase: Phase
    valid_from: date
    time_zone: str = "Europe/Berlin"
    valid_to: date | None = None
    address: str = ""
    controller: str = ""
    granularity: Granularity = Granularity.HOUR
    public_detail: PublicDetail = PublicDetail.STATE
    plan_width: int = 1000
    plan_depth: int = 600
    opening: tuple[OpeningPeriod, ...] = ()
    closed_on: tuple[date, ...] = ()
    zones: tuple[Zone, ...] = ()
    desks: tuple[Desk, ...] = ()
    doors: tuple[Door, ...] = ()
    devices: tuple[Device, ...] = ()
    public_detail_reason: str = ""
    access: SpaceAccess | None = None
    bookings: SpaceBookings | None = None
    periods: tuple[Period, ...] = ()

    @property
    def booking_rules(self) -> SpaceBookings:
        """What holds for bookings, decided or by default."""
        return self.bookings or _BOOKINGS

    def desk_name(self, id_: str) -> str:
        """Return what people call a desk; its id where the space has none such any more."""
        return next((desk.name for desk in self.desks if desk.id == id_), id_)


_BOOKINGS: Final = SpaceBookings()

SMALL_SPACE_DESKS = 6
"""Below so many desks a count tells when one person is in (S7): such a space needs a reason to show more."""

LAND_OF_AGS = {
    "01": "SH", "02": "HH", "03": "NI", "04": "HB", "05": "NW", "06": "HE", "07": "RP", "08": "BW",
    "09": "BY", "10": "SL", "11": "BE", "12": "BB", "13": "MV", "14": "SN", "15": "ST", "16": "TH",
}  # fmt: skip
"""First two digits of an Amtlicher Gemeindeschlüssel to the Land's letters (ISO 3166-2:DE)."""


@dataclass(frozen=True, slots=True)
class Town:
    """A town of the network; one without a space is a full member (requirement K8).

    Args:
        ags: Amtlicher Gemeindeschlüssel, eight digits, a string (`01053090`).
        land: two letters, as in ISO 3166-2:DE.
        catholic: whether holidays of the category `catholic` apply in this municipality.
        neighbours: ids of towns to point to when this one has no space.
        note: a kind sentence for a town without a space; German and English.
    """

    id: str
    ags: str
    name: str
    land: str
    catholic: bool = False
    inhabitants: int | None = None
    inhabitants_on: date | None = None
    neighbours: tuple[str, ...] = ()
    note_de: str = ""
    note_en: str = ""
    spaces: tuple[Space, ...] = field(default=())
