"""Figures in words, in the language of the moment: names, numbers, periods, and why something is not shown."""

from datetime import date
from decimal import Decimal
from typing import Final

from babel.numbers import format_decimal

from hub.domain.errors import RuleRefused
from hub.domain.statistics.figures import REGISTRY, Unit
from hub.domain.statistics.findings import Flag, Place, PlaceLevel
from hub.domain.statistics.periods import Month, Span
from hub.domain.statistics.printed import SIGNS, PlaceNote, Printed, ValueStatus
from hub.domain.statistics.releases import ChangeKind
from hub.web.language import N_, gettext, language
from hub.web.wording import month_text

STATUSES: Final[dict[ValueStatus, str]] = {
    ValueStatus.OK: N_("exact"),
    ValueStatus.ROUNDED: N_("rounded"),
    ValueStatus.SUPPRESSED: N_("hidden"),
    ValueStatus.UNRELIABLE: N_("not reliable"),
    ValueStatus.NOT_APPLICABLE: N_("does not exist here"),
    ValueStatus.PENDING: N_("still to come"),
    ValueStatus.ESTIMATED: N_("estimated"),
    ValueStatus.REVISED: N_("corrected"),
}

SIGN_WORDS: Final[dict[ValueStatus, str]] = {
    ValueStatus.SUPPRESSED: N_("hidden, so that nobody can be recognised"),
    ValueStatus.UNRELIABLE: N_("too little is known for a number that can be relied on"),
    ValueStatus.NOT_APPLICABLE: N_("does not exist here; this is not zero"),
    ValueStatus.PENDING: N_("still to come"),
}

REASONS: Final[dict[str, str]] = {
    "few_persons": N_("Fewer than five people stand behind it."),
    "popup_few_persons": N_("Too few people came in the whole run; only what was offered is shown."),
    "secondary": N_("Together with other numbers it would tell one that is hidden."),
    "spans_hidden": N_("It would be made of a number that is hidden."),
    "spans_unreliable": N_("It would be made of a number that can't be relied on."),
    "of_printed": N_("Made of the numbers that are printed here."),
    "person_band": N_("People are shown as a range, and by the year."),
    "dominance": N_("Few people make up most of it."),
    "dominance_band": N_("Only a range: few people make up most of it."),
    "coarse_band": N_("Only a range, so that nothing hidden can be worked out."),
    "per_year_only": N_("People are counted by the year alone."),
    "few_cases": N_("Fewer than 20 cases."),
    "few_days": N_("Too few days."),
    "little_data": N_("Less than 80 per cent of the time was measured."),
    "no_sensor": N_("No desk has a sensor."),
    "no_space": N_("There is no space in this town."),
    "no_parts": N_("What it is made of is missing."),
    "months_missing": N_("Months of it are missing."),
    "closed": N_("It was closed all the time."),
}
"""By reason code; one that has no words here is told by its status."""

FLAGS: Final[dict[Flag, str]] = {
    Flag.ESTIMATED: N_("estimated"),
    Flag.REVISED: N_("corrected"),
    Flag.PRELIMINARY: N_("preliminary"),
}

CHANGES: Final[dict[ChangeKind, str]] = {
    ChangeKind.NEW: N_("new"),
    ChangeKind.GONE: N_("left out"),
    ChangeKind.CHANGED: N_("changed"),
}

PHASES: Final = {
    "exploration": N_("Exploration"),
    "test": N_("Test"),
    "pop-up": N_("Pop-up"),
    "operation": N_("Operation"),
}

RELEASE_REFUSALS: Final[dict[str, str]] = {
    "audit_failed": N_(
        "It could not be worked out whether these numbers give somebody away, so nothing is shown. Try again later, or "
        "a shorter period."
    ),
    "before_first_desk": N_("The first desk stood there on %(first)s. Choose a later period."),
    "days_not_sealed": N_(
        "%(days)s days are not fixed yet, the first of them %(first)s. Days are fixed a week after they end, or after "
        "30 days where a device still owes data."
    ),
    "draft_changed": N_(
        "The numbers have changed since you looked at them. Look at them again, then publish."
    ),
    "month_out_of_range": N_("Write a year from %(first)s to %(last)s."),
    "no_month": N_("“%(written)s” is no month. Write year and month as 2026-01."),
    "other_controller": N_(
        "Internal figures come near to persons, and these spaces have another controller than the one that you work "
        "for: %(spaces)s. Look at single spaces of your own."
    ),
    "period_in_future": N_("This period lies in the future. Choose one that has begun."),
    "period_not_over": N_("This period is not over yet. Publish it after %(last)s."),
    "period_reversed": N_("The period ends before it begins. Swap the months."),
    "printed_meanwhile": N_(
        "Another report was published meanwhile, and this one was not checked with it. Look at it again."
    ),
    "unknown_network": N_("There is no such network."),
    "version_left_out": N_("Versions are published one after the other. Load the page again."),
    "version_published": N_(
        "This version is published already. Look at it again: a correction is a new version."
    ),
}
"""What the rules of releases say no with; part of `hub.web.refusals`."""


def figure_name(figure: str) -> str:
    """Return what a figure is called."""
    known = REGISTRY.get(figure)
    if known is None:
        # Of a report that a later version of the registry no longer knows.
        return figure
    return known.name_de if language() == "de" else known.name_en


def number_text(value: Decimal, figure: str = "") -> str:
    """Return a number with its unit: "1.240", "18,5 %", "2.210 Std."."""
    text = format_decimal(value, locale="de" if language() == "de" else "en_GB")
    unit = REGISTRY[figure].unit if figure in REGISTRY else Unit.COUNT
    if unit is Unit.PERCENT:
        return f"{text}\u00a0%" if language() == "de" else f"{text}%"
    if unit is Unit.HOURS:
        return gettext("%(number)s h", number=text)
    if unit is Unit.EURO:
        return gettext("%(number)s euros", number=text)
    return f"{text}\u00a0kg" if unit is Unit.KILOGRAMS else text


def value_text(row: Printed) -> str:
    """Return what is printed: a number, a range, or the sign that stands for none."""
    if row.value is not None:
        return number_text(row.value, row.figure)
    if row.low is None:
        return SIGNS.get(row.status, ".")
    if row.high is None:
        return gettext("%(number)s and more", number=number_text(row.low, row.figure))
    if not row.low:
        return gettext("at most %(number)s", number=number_text(row.high, row.figure))
    low = format_decimal(row.low, locale="de" if language() == "de" else "en_GB")
    return gettext("%(low)s to %(high)s", low=low, high=number_text(row.high, row.figure))


def reason_text(row: Printed) -> str:
    """Return why a row is as it is, in a sentence; empty where nothing is to be said."""
    if row.reason in REASONS:
        return gettext(REASONS[row.reason])
    word = SIGN_WORDS.get(row.status)
    return "" if word is None else f"{gettext(word)[:1].upper()}{gettext(word)[1:]}."


def status_text(row: Printed) -> str:
    """Return how far a row can be relied on: "gerundet, 94 % der Zeit gemessen, geschätzt"."""
    said = [gettext(STATUSES[row.status])]
    if row.is_shown and row.valid_pct is not None:
        said.append(gettext("%(share)s of the time measured", share=percent_text(row.valid_pct)))
    flags = [gettext(FLAGS[flag]) for flag in sorted(row.flags)]
    return ", ".join(dict.fromkeys([*said, *flags]))


def percent_text(whole: int) -> str:
    """Return whole per cent: "94 %"."""
    return f"{whole}\u00a0%" if language() == "de" else f"{whole}%"


def period_text(span: Span) -> str:
    """Return a period: "2026", "Juni 2026", "Oktober 2026 bis Januar 2027"."""
    if span.is_year:
        return str(span)
    if span.is_month:
        return month_text(span.first_day)
    return gettext(
        "%(first)s to %(last)s", first=month_text(span.first_day), last=month_text(span.last.first_day)
    )


def in_period(span: Span) -> str:
    """Return when something was: "Im Jahr 2026", "Im Juni 2026", "Von Oktober 2026 bis Januar 2027"."""
    if span.is_year:
        return gettext("In %(year)s", year=str(span))
    if span.is_month:
        return gettext("In %(month)s", month=month_text(span.first_day))
    return gettext("From %(period)s", period=period_text(span))


def place_name(note: PlaceNote) -> str:
    """Return what a place is called; the network has no name of its own."""
    return gettext("All towns together") if note.place.level is PlaceLevel.NETWORK else note.name


def place_text(place: Place, names: dict[Place, str]) -> str:
    """Return the name of a place of a site; its id where it is there no more."""
    return gettext("All towns together") if place.level is PlaceLevel.NETWORK else names.get(place, place.id)


def written(span: Span) -> str:
    """Return a period as addresses have it: `2026`, `2026-06`, `2026-10_2027-01`."""
    return str(span).replace("/", "_")


def read_period(text: str) -> Span:
    """Return the period of an address.

    Raises:
        PeriodRefused: when it is none.
    """
    if text.isascii() and text.isdigit() and len(text) == len("2026"):
        return Span(Month.parse(f"{text}-01"), Month.parse(f"{text}-12"))
    first, _, last = text.partition("_")
    return Span(Month.parse(first), Month.parse(last or first))


def read_place(level: str, id_: str) -> Place:
    """Return the place of an address.

    Raises:
        RuleRefused: when there is no such level.
    """
    if level not in set(PlaceLevel):
        raise RuleRefused(f'there is no level "{level[:20]}"', code="unknown_level")
    return Place(PlaceLevel(level), id_)


def last_year(today: date) -> Span:
    """Return the last calendar year that is over."""
    return Span.of_year(today.year - 1)
