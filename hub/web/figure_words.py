"""Figures in words, in the language of the moment: names, numbers, periods, and why something is not shown.

The words are those of exports (`hub.export.report_words`): page, PDF and table say the same of the same number.
"""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import Final

from hub.domain.errors import RuleRefused
from hub.domain.space import Town
from hub.domain.statistics.findings import Place, PlaceLevel
from hub.domain.statistics.periods import Month, Span
from hub.domain.statistics.printed import PlaceNote, Printed, Report
from hub.domain.statistics.releases import ChangeKind
from hub.export import report_values as values
from hub.export.report_words import WORDS
from hub.web.language import N_, gettext, language
from hub.web.wording import month_text

CHANGES: Final[dict[ChangeKind, str]] = {
    ChangeKind.NEW: N_("new"),
    ChangeKind.GONE: N_("left out"),
    ChangeKind.CHANGED: N_("changed"),
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
    "nothing_new": N_(
        "Nothing has changed since version %(version)s was published. There is nothing to correct."
    ),
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
    "study_expiry": N_("Choose a day from %(first)s to %(last)s for the deletion."),
    "study_too_late": N_(
        "The pseudonyms of that year ended on %(last)s. Nobody can tell persons apart any more, so there is no extract."
    ),
    "study_year": N_("An extract is of one whole calendar year. Choose January to December of one year."),
    "unknown_network": N_("There is no such network."),
    "version_left_out": N_("Versions are published one after the other. Load the page again."),
    "version_published": N_(
        "This version is published already. Look at it again: a correction is a new version."
    ),
}
"""What the rules of releases say no with; part of `hub.web.refusals`."""


def figure_name(figure: str) -> str:
    """Return what a figure is called."""
    return values.figure_name(figure, language())


def number_text(value: Decimal, figure: str) -> str:
    """Return a number with its unit: "1.240", "18,5 %", "2.210 Std."."""
    return values.with_unit(value, values.figure_of(figure).unit, language())


def value_text(row: Printed) -> str:
    """Return what is printed, as it stands in a table: a number, a range, or the sign that stands for none."""
    return values.shown(row, language())


def said_text(row: Printed) -> str:
    """Return what is printed, as it stands in a sentence."""
    return values.in_sentence(row, language())


def reason_text(row: Printed) -> str:
    """Return why a row is as it is, in a sentence; empty where nothing is to be said."""
    return sentence(values.why(row, language()))


def status_text(row: Printed) -> str:
    """Return how far a row can be relied on: "gerundet; geschätzt; Messwerte für 94 % der Zeit"."""
    return values.reliability(row, language())


def percent_text(whole: int) -> str:
    """Return whole per cent: "94 %"."""
    return values.percent(whole, language())


def signs_of(report: Report) -> tuple[tuple[str, str], ...]:
    """Return the signs and letters that stand in a report, each with what it means."""
    used = set("".join(values.sign(row) for row in report.rows))
    return tuple((sign, meaning) for sign, meaning in WORDS[language()].signs if sign in used)


def sentence(text: str) -> str:
    """Return words as a sentence of their own."""
    return f"{text[:1].upper()}{text[1:]}." if text else ""


def period_text(span: Span) -> str:
    """Return a period: "2026", "Juni 2026", "Oktober 2026 bis Januar 2027"."""
    return values.span_name(span, language())


def in_period(span: Span) -> str:
    """Return when something was: "Im Jahr 2026", "Im Juni 2026", "Von Oktober 2026 bis Januar 2027"."""
    if span.is_year:
        return gettext("In %(year)s", year=str(span))
    if span.is_month:
        return gettext("In %(month)s", month=month_text(span.first_day))
    return gettext("From %(period)s", period=period_text(span))


def place_name(note: PlaceNote) -> str:
    """Return what a place is called; the network has no name of its own."""
    return network_name() if note.place.level is PlaceLevel.NETWORK else note.name


def place_text(place: Place, names: dict[Place, str]) -> str:
    """Return the name of a place of a site; its id where it is there no more."""
    return network_name() if place.level is PlaceLevel.NETWORK else names.get(place, place.id)


def site_names(towns: Sequence[Town]) -> dict[Place, str]:
    """Return the names of all places of a site."""
    found = {Place(PlaceLevel.TOWN, town.ags): town.name for town in towns}
    return found | {Place(PlaceLevel.SPACE, one.id): one.name for town in towns for one in town.spaces}


def network_name() -> str:
    """Return what all towns together are called."""
    return WORDS[language()].network


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
