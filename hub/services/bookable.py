"""What a member should know before booking, whatever the desk: why not, and whether a booking will open the door."""

from hub.domain.booking_refusals import BookingRefused
from hub.domain.granularity import days_of
from hub.domain.pass_windows import passes_open
from hub.domain.tariffs import WithoutPass
from hub.domain.time import Interval
from hub.services.booking_rules import Rules
from hub.services.booking_unit import BookingUnit


def why_not(rules: Rules, time: Interval) -> BookingRefused | None:
    """Return why a member can't book all of a time: the space's life, the membership, or a phase; None when nothing."""
    try:
        rules.check_right(time)
    except BookingRefused as refused:
        return refused
    return None


def pass_hours(unit: BookingUnit, rules: Rules, time: Interval) -> tuple[Interval, ...] | None:
    """Return when a member's passes open doors in a time; None where a booking opens them without one."""
    place, member = rules.place, rules.member
    if member is None or rules.membership is None or rules.membership.is_host:
        return None
    days = days_of(time, place.space.time_zone)
    facts = unit.passes(place.space.id, member, days[0])
    if facts.rule is WithoutPass.OPEN:
        return None
    found = passes_open(place.space, facts, days, place.holidays([time])).windows.get(member, ())
    cut = (Interval(max(one.start_us, time.start_us), min(one.end_us, time.end_us)) for one in found)
    return tuple(one for one in cut if one.start_us < one.end_us)
