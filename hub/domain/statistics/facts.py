"""What happened in a space, by day of its own calendar: all that figures are made of (DESIGN section 8).

Times are sums of whole microseconds, so that adding them up in any order gives the same; they are rounded where a
reader sees them. A fact is *frozen* with what held on its day: opening hours, holidays, which desks had a sensor. A
later change of the site, or a newer list of holidays, alters no old denominator.
"""

from dataclasses import dataclass
from datetime import date
from typing import Final, NamedTuple


class Measured(NamedTuple):
    """Time of one desk within certain hours, in microseconds.

    Args:
        offered_us: how long the desk could be used: in service, not blocked, not held for an event.
        occupied_us: of that, how long it was sensed in use, overlaps once.
        unknown_us: of that, how long nobody can say; disjoint from `occupied_us`. Unknown is never free (K2).
    """

    offered_us: int = 0
    occupied_us: int = 0
    unknown_us: int = 0

    @property
    def known_us(self) -> int:
        """The denominator of an occupancy: what was offered and is known."""
        return self.offered_us - self.unknown_us

    def plus(self, other: "Measured") -> "Measured":
        """Return both together."""
        return Measured(
            self.offered_us + other.offered_us,
            self.occupied_us + other.occupied_us,
            self.unknown_us + other.unknown_us,
        )


NOTHING: Final = Measured()


@dataclass(frozen=True, slots=True)
class DeskDay:
    """One desk on one local day.

    Args:
        space, desk: ids.
        has_sensor: whether it was measured at all; if not, the times say only what was offered.
        staffed, access: within the opening hours, and within the hours in which members' cards open.
        noon: within 11:30 to 13:30 of the staffed hours (K3, a proxy for presence in the town centre).
        first_half, second_half: of the staffed hours, before and after the space's noon; internal only (S3).
        booked_us: how long it was booked within the staffed hours, cancelled and released bookings left out.
        bookings, no_shows: how many began on that day, and how many of them were released because nobody came.
    """

    space: str
    desk: str
    day: date
    has_sensor: bool
    staffed: Measured = NOTHING
    access: Measured = NOTHING
    noon: Measured = NOTHING
    first_half: Measured = NOTHING
    second_half: Measured = NOTHING
    booked_us: int = 0
    bookings: int = 0
    no_shows: int = 0

    @property
    def was_used(self) -> bool:
        """Whether it counts as a desk-day in use (K3)."""
        return self.access.occupied_us > 0 or self.staffed.occupied_us > 0


class DeskSums(NamedTuple):
    """Sums over the desks and days of a space in a month, of days that count: what a year's figures are made of.

    Args:
        offered_us: of all desks, within the opening hours; everything from `sensor_days` on is of desks with a sensor.
        desk_days: days of desks that were used.
    """

    bookings: int = 0
    no_shows: int = 0
    booked_us: int = 0
    offered_us: int = 0
    sensor_days: int = 0
    desk_days: int = 0
    staffed_offered_us: int = 0
    staffed_occupied_us: int = 0
    staffed_unknown_us: int = 0
    access_offered_us: int = 0
    access_occupied_us: int = 0
    access_unknown_us: int = 0
    noon_offered_us: int = 0
    noon_occupied_us: int = 0
    noon_unknown_us: int = 0

    @property
    def staffed(self) -> Measured:
        """Within the opening hours."""
        return Measured(self.staffed_offered_us, self.staffed_occupied_us, self.staffed_unknown_us)

    @property
    def access(self) -> Measured:
        """Within the hours in which members' cards open."""
        return Measured(self.access_offered_us, self.access_occupied_us, self.access_unknown_us)

    @property
    def noon(self) -> Measured:
        """Around noon."""
        return Measured(self.noon_offered_us, self.noon_occupied_us, self.noon_unknown_us)


NO_SUMS: Final = DeskSums()


@dataclass(frozen=True, slots=True)
class SpaceDay:
    """One space on one local day.

    Args:
        counts: whether statistics count the day (a test phase, and what lies outside of a space's life, do not).
        is_holiday: whether it was a public holiday there.
        staffed_us, access_us: how long it was open; 0 on a closing day.
        desks, sensed_desks: in service, and those of them with a sensor.
        peak_desks: the most desks in use within one quarter of an hour.
        visits: distinct persons who came in, by card, phone or a host's hand.
        unassigned: entries that nobody could be told of; kept apart, never added to visits.
        events: bookings of the whole space for an event that began on that day.
        is_sealed: whether the day is fixed: raw events may go, later ones are counted `late`.
        late: how many events came after that.
        gap_us: how much of the day, over all desks with a sensor, nobody can say anything about for good.
        logs_exits: whether the space logged who goes out.
    """

    space: str
    day: date
    counts: bool = True
    is_holiday: bool = False
    staffed_us: int = 0
    access_us: int = 0
    desks: int = 0
    sensed_desks: int = 0
    peak_desks: int = 0
    visits: int = 0
    unassigned: int = 0
    events: int = 0
    is_sealed: bool = False
    late: int = 0
    gap_us: int = 0
    logs_exits: bool = False


class Stays(NamedTuple):
    """How many stays of which length; of those that were closed at the daily cut-off nobody knows it."""

    under_2h: int = 0
    from_2h: int = 0
    from_4h: int = 0
    from_8h: int = 0
    auto_closed: int = 0


NO_STAYS: Final = Stays()


class Contribution(NamedTuple):
    """What one person did in one space in one month, under a pseudonym (requirement P1).

    Args:
        month: its first day.
        person: keyed pseudonym, the same in all spaces for one calendar year; its key ends on the 31 March after.
        tariff_class: of the pass that most of the visits used; empty for none.
        visits: days.
        booked_us: time of bookings that the person checked in to.
        opted_in: whether the person takes part in optional statistics (Art. 21 GDPR).
        was_here: whether the person had visited this space in the calendar year before; None where nobody can say any
            more, its key being gone.
        was_at: other spaces that the person had visited in the calendar year before: in a town, who changes from one to
            the other is not new.
        stays: of spaces that log exits.
    """

    space: str
    month: date
    person: str
    visits: int
    booked_us: int = 0
    tariff_class: str = ""
    opted_in: bool = True
    was_here: bool | None = None
    was_at: frozenset[str] = frozenset()
    stays: Stays = NO_STAYS
