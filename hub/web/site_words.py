"""Why a floor plan or a setting can't be as somebody wants it, and what would work instead: by code."""

from typing import Final

from hub.web.language import N_

REFUSALS: Final[dict[str, str]] = {
    "desk_is_booked": N_("%(number)s bookings of this desk are still to come. Cancel or move them first."),
    "desk_outside": N_("Its edge lies outside of the plan of %(width)s × %(depth)s cm. Move or turn it."),
    "fields_refused": N_("Not saved yet: please look at the marked fields."),
    "hours_backwards": N_(
        "These hours end before they begin. Past midnight, write up to 24:00, and on the next day from 00:00."
    ),
    "hours_overlap": N_("These hours overlap. Join them, or part them."),
    "no_quarter": N_("Half a day ends at a quarter of an hour, for example 13:00."),
    "no_such_choice": N_("This is not there any more. Choose something else."),
    "no_such_number": N_("Please write a whole number from %(least)s to %(most)s."),
    "sensor_without_device": N_("Say which device reads the sensor."),
    "small_space_shows_more": N_(
        "With fewer than %(desks)s desks this tells when single persons are in. Say why it may be shown all the same."
    ),
    "space_changed_meanwhile": N_(
        "Somebody has changed this space meanwhile, perhaps you in another window. Below is how it is now. Please "
        "repeat your change."
    ),
    "too_many_days": N_("%(most)s closing days at most. Take out those that have passed."),
    "too_many_desks": N_("A space has %(most)s desks at most. Make it two spaces."),
}
