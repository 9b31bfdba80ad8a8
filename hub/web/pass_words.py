"""Tariffs, passes and what is due, in words."""

from datetime import date
from typing import Final

from babel.numbers import format_currency

from hub.domain.best_price import Saving
from hub.domain.due import DueKind
from hub.domain.people import AccessHours
from hub.domain.tariffs import BY_MONTH, MINUTES_OF_DAY, Tariff, TariffKind, WithoutPass
from hub.member_ports import PassView
from hub.web.language import N_, gettext, language, ngettext
from hub.web.wording import day_text

KINDS: Final[dict[TariffKind, str]] = {
    TariffKind.DAY: N_("Day pass"),
    TariffKind.HALF_DAY: N_("Half-day pass"),
    TariffKind.HOURS: N_("Hours"),
    TariffKind.MONTHLY: N_("Monthly"),
    TariffKind.FIXED_DESK: N_("Fixed desk"),
    TariffKind.FREE: N_("Free of charge"),
}
KIND_NOTES: Final[dict[TariffKind, str]] = {
    TariffKind.DAY: N_("Each visit uses one of its days, however often somebody comes on that day."),
    TariffKind.HALF_DAY: N_("As a day pass; give it its part of the day below."),
    TariffKind.HOURS: N_("Each visit uses as many hours as you say below."),
    TariffKind.MONTHLY: N_("So many days in each calendar month; without a number, any."),
    TariffKind.FIXED_DESK: N_("Nothing is counted; it is due each month."),
    TariffKind.FREE: N_("Nothing is counted, and nothing is due."),
}
RULES: Final[dict[WithoutPass, str]] = {
    WithoutPass.OPEN: N_("Doors open all the same, and you are told here"),
    WithoutPass.SHUT: N_("Doors stay shut, for hosts they open"),
}
DUE_KINDS: Final[dict[DueKind, str]] = {
    DueKind.SOLD: N_("sold"),
    DueKind.COMBINED: N_("cheaper together"),
    DueKind.MONTH: N_("month"),
    DueKind.UNCOVERED: N_("visits without a pass"),
}


def without_text(members: int) -> str:
    """Return how many members came today without a valid pass; nothing for none."""
    if not members:
        return ""
    return ngettext(
        "Today %(num)s member came without a valid pass.",
        "Today %(num)s members came without a valid pass.",
        members,
    )


def price_text(cents: int) -> str:
    """Return an amount: "12,50 €", "€12.50"."""
    return format_currency(cents / 100, "EUR", locale="de" if language() == "de" else "en_GB")


def saving_text(saving: Saving) -> str:
    """Return that passes of one day cost less together, and how much less."""
    return ngettext(
        "%(num)s pass for %(day)s costs as much as one of “%(tariff)s”: %(saved)s less.",
        "%(num)s passes for %(day)s cost as much as one of “%(tariff)s”: %(saved)s less.",
        saving.number,
        day=day_text(saving.day),
        tariff=saving.instead,
        saved=price_text(saving.cents),
    )


def clock_of(minutes: int) -> str:
    """Return minutes of a day as a wall time, its end as 24:00."""
    return "{:02}:{:02}".format(*divmod(minutes, 60))


def tariff_text(tariff: Tariff) -> str:
    """Return what a tariff costs, holds and opens, in words."""
    price = price_text(tariff.price_cents) if tariff.price_cents else gettext("free of charge")
    if tariff.kind in BY_MONTH and tariff.price_cents:
        price = gettext("%(price)s a month", price=price)
    said = [gettext(KINDS[tariff.kind]), price]
    if tariff.units:
        said.append(units_text(tariff, tariff.units))
    if tariff.valid_days:
        said.append(ngettext("valid for %(num)s day", "valid for %(num)s days", tariff.valid_days))
    if tariff.hours is AccessHours.ALWAYS:
        said.append(gettext("at any hour"))
    if (tariff.starts_min, tariff.ends_min) != (0, MINUTES_OF_DAY):
        begin, end = clock_of(tariff.starts_min), clock_of(tariff.ends_min)
        said.append(gettext("%(begin)s to %(end)s", begin=begin, end=end))
    return " · ".join(said)


def units_text(tariff: Tariff, number: int) -> str:
    """Return a number of what a tariff counts, in words."""
    match tariff.kind:
        case TariffKind.HALF_DAY:
            return ngettext("%(num)s half-day", "%(num)s half-days", number)
        case TariffKind.HOURS:
            return ngettext("%(num)s hour", "%(num)s hours", number)
        case TariffKind.MONTHLY:
            return ngettext("%(num)s day a month", "%(num)s days a month", number)
        case _:
            return ngettext("%(num)s day", "%(num)s days", number)


def pass_text(view: PassView, today: date) -> str:
    """Return until when a pass is valid and what is left of it, in words."""
    held = view.held
    said = []
    if held.valid_from > today:
        said.append(gettext("from %(date)s", date=day_text(held.valid_from)))
    if held.valid_to is not None:
        said.append(gettext("until %(date)s", date=day_text(held.valid_to)))
    if view.left is not None:
        # Hours, days of this month: what is left is what counts.
        left = units_text(held.tariff, view.left)
        said.append(gettext("%(left)s left", left=left) if view.left else gettext("used up"))
    return " · ".join(said) or gettext("without an end")
