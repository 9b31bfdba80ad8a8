"""When a booking that nobody came for is released: card *and* sensor silent, and both could be heard; pure.

Presence blocks a release ("belegt, nicht bestätigt"), whoever it is: it checks nobody in and charges nobody. Somebody
who sat down and left again gives fresh grace from then on. What can't be heard is never silence: with its sensor
unknown, or a door's device away, a booking stands.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from hub.domain.booking import Booking, BookingKind, BookingState
from hub.domain.booking_limits import MINUTE_US
from hub.domain.occupancy import DeskState, DeskView, DeviceStatus, Trouble
from hub.domain.space import SpaceBookings


class Verdict(StrEnum):
    """What becomes of a booking now.

    NOT_DUE: nothing, it is no matter of grace or grace still lasts. RELEASE. CONTINUES: the same member's booking of
    the desk before it was checked in: so is this one. OCCUPIED: somebody is there, not confirmed. SENSOR_UNKNOWN,
    CARDS_UNKNOWN: nobody may say that nobody came.
    """

    NOT_DUE = "not_due"
    RELEASE = "release"
    CONTINUES = "continues"
    OCCUPIED = "occupied"
    SENSOR_UNKNOWN = "sensor_unknown"
    CARDS_UNKNOWN = "cards_unknown"


@dataclass(frozen=True, slots=True)
class Silence:
    """What is heard at a booking's desk and at the doors of its space.

    Args:
        desk: as it is now.
        card_devices: what is known of the devices that read cards; none where cards are not read at all.
        continues: whether the same member's booking of the desk ended as this one began, and was checked in.
    """

    desk: DeskView
    card_devices: tuple[DeviceStatus, ...] = ()
    continues: bool = False


RELEASED_REASON: Final = {
    True: "neither card nor sensor noticed anybody",
    False: "no card was presented, and the desk has no sensor",
}
"""Why a booking was released, by whether its desk has a sensor."""


def due_us(booking: Booking, rules: SpaceBookings) -> int:
    """Return when grace ends at the earliest: a booking that was made, moved or restored late has fresh grace."""
    return max(booking.time.start_us, booking.fresh_us) + rules.grace_min * MINUTE_US


def judge(booking: Booking, rules: SpaceBookings, silence: Silence, now_us: int) -> Verdict:
    """Return what becomes of a booking at a moment.

    Args:
        rules: of its space.
        silence: what is known at that moment.
    """
    if booking.kind is not BookingKind.DESK or booking.state is not BookingState.BOOKED or not rules.release:
        return Verdict.NOT_DUE
    if now_us < booking.time.start_us or now_us >= booking.time.end_us:
        # Before it begins nobody is late; what is over takes no desk from anybody.
        return Verdict.NOT_DUE
    if silence.continues:
        return Verdict.CONTINUES
    if now_us < due_us(booking, rules):
        return Verdict.NOT_DUE
    if any(status is not DeviceStatus.ONLINE for status in silence.card_devices):
        return Verdict.CARDS_UNKNOWN
    return _by_sensor(rules, silence.desk, now_us)


def _by_sensor(rules: SpaceBookings, desk: DeskView, now_us: int) -> Verdict:
    if desk.trouble is Trouble.NO_SENSOR:
        return Verdict.RELEASE
    match desk.state:
        case DeskState.OCCUPIED:
            return Verdict.OCCUPIED
        case DeskState.FREE:
            # The desk has been silent since its last presence ended: that long it has to be.
            silent_us = now_us - (desk.since_us or 0)
            return Verdict.RELEASE if silent_us >= rules.grace_min * MINUTE_US else Verdict.OCCUPIED
        case DeskState.UNKNOWN | DeskState.OUT_OF_SERVICE:
            return Verdict.SENSOR_UNKNOWN


def release_reason(desk: DeskView) -> str:
    """Return in words why a booking was released."""
    return RELEASED_REASON[desk.trouble is not Trouble.NO_SENSOR]
