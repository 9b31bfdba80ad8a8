"""Members' rights in words."""

from typing import Final

from hub.domain.people import AccessHours, Membership
from hub.web.language import N_, gettext
from hub.web.wording import day_text

HOURS: Final[dict[AccessHours, str]] = {
    AccessHours.OPENING: N_("in the opening hours"),
    AccessHours.ALWAYS: N_("at any hour"),
    AccessHours.NONE: N_("only for bookings and passes"),
}


def membership_text(membership: Membership, doors: dict[str, str]) -> str:
    """Return what a membership opens, in words.

    Args:
        doors: names of the space's doors by id.
    """
    said = [gettext(HOURS[membership.hours])]
    if membership.doors:
        said.append(", ".join(doors.get(door, door) for door in membership.doors))
    if membership.valid_to is not None:
        said.append(gettext("until %(date)s", date=day_text(membership.valid_to)))
    if membership.is_host:
        said.append(gettext("host"))
    return " · ".join(said)
