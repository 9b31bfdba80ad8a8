"""What somebody would read aloud of a report, in the language of the moment: whole sentences, before any picture."""

from collections.abc import Iterator
from dataclasses import dataclass

from hub.domain.statistics.findings import Place, PlaceLevel
from hub.domain.statistics.periods import Span
from hub.domain.statistics.printed import Printed, Report
from hub.domain.statistics.releases import year_before
from hub.export.report_months import part_sentence
from hub.web.figure_words import figure_name, in_period, percent_text, reason_text, said_text
from hub.web.language import gettext, language, ngettext


@dataclass(frozen=True, slots=True)
class Look:
    """A report with what is needed all the time."""

    report: Report
    names: dict[Place, str]
    pictures: frozenset[str]
    rows: dict[tuple[Place, str, Span], Printed]

    @property
    def name(self) -> str:
        """What the report is about."""
        return self.names.get(self.report.subject, self.report.subject.id)

    def whole(self, figure: str, place: Place | None = None) -> Printed | None:
        """Return a figure for the whole period."""
        return self.row(place or self.report.subject, figure, self.report.period)

    def row(self, place: Place, figure: str, period: Span) -> Printed | None:
        """Return a figure of a place for a period."""
        return self.rows.get((place, figure, period))

    def months(self, figure: str) -> list[Printed]:
        """Return a figure month by month."""
        subject = self.report.subject
        found = [
            row
            for row in self.report.rows
            if row.place == subject and row.figure == figure and row.period.is_month
        ]
        return sorted(found, key=lambda row: row.period)

    def chart(self, kind: str) -> tuple[str, str]:
        """Return the names of a chart's drawings, wide and narrow; empty when they are not there."""
        wide, narrow = (f"{kind}-{size}-{language()}" for size in ("wide", "narrow"))
        return (wide, narrow) if {wide, narrow} <= self.pictures else ("", "")


def sentences(look: Look) -> Iterator[str]:
    """Give what somebody would read aloud: visits, events, people, use, and how sure it is."""
    if not look.report.places[0].has_space:
        yield gettext(
            "%(town)s has no space. What would be counted there is “x”, which is not zero.", town=look.name
        )
        return
    said = (
        ("visits", visit_sentence(look)),
        ("events", event_sentence(look)),
        ("users", person_sentence(look)),
        ("occupancy", use_sentence(look)),
        ("", quality_sentence(look)),
    )
    told, untold = list[str](), list[str]()
    for figure, text in said:
        row = look.whole(figure) if figure else None
        if not figure or (row is not None and (row.is_shown or _part(look, row))):
            told.append(text)
        elif row is not None:
            untold.append(text)
    # What can be told comes first; what is no part of the report is not missed.
    yield from (*told, *untold)


def visit_sentence(look: Look) -> str:
    """Say how many visits there were, and how many a year earlier."""
    row = look.whole("visits")
    if row is None or not row.is_shown:
        return _part(look, row) or not_shown("visits", row)
    when, visits = in_period(look.report.period), said_text(row)
    if look.report.subject.level is PlaceLevel.NETWORK:
        said = gettext("%(when)s, all towns together had %(visits)s visits.", when=when, visits=visits)
    else:
        said = gettext(
            "%(when)s, %(place)s had %(visits)s visits.", when=when, place=look.name, visits=visits
        )
    before = _before(look, "visits")
    if before is None:
        return said
    return f"{said} " + gettext("A year earlier there were %(visits)s.", visits=said_text(before))


def _before(look: Look, figure: str) -> Printed | None:
    for row in look.report.previous:
        is_it = (row.place, row.figure) == (look.report.subject, figure) and row.is_shown
        if is_it and row.period == year_before(look.report.period):
            return row
    return None


def event_sentence(look: Look) -> str:
    """Say how many events took place."""
    row = look.whole("events")
    if row is None or row.value is None:
        return not_shown("events", row)
    return ngettext(
        "%(events)s event took place.",
        "%(events)s events took place.",
        int(row.value),
        events=said_text(row),
    )


def person_sentence(look: Look) -> str:
    """Say how many people came, and how many of them were new."""
    row, new = look.whole("users"), look.whole("new_users")
    if row is None or not row.is_shown:
        return not_shown("users", row)
    if new is None or not new.is_shown:
        return gettext("Users: %(users)s. How many of them were new is not shown.", users=said_text(row))
    return gettext("Users: %(users)s. New among them: %(new)s.", users=said_text(row), new=said_text(new))


def use_sentence(look: Look) -> str:
    """Say how far desks were in use and booked."""
    sensed, booked = look.whole("occupancy"), look.whole("booking_utilisation")
    if sensed is None or not sensed.is_shown:
        return _part(look, sensed) or not_shown("occupancy", sensed)
    said = gettext("Desks were in use for %(share)s of the opening hours.", share=said_text(sensed))
    if booked is None or not booked.is_shown:
        return said
    return f"{said} " + gettext("Booked: %(share)s.", share=said_text(booked))


def quality_sentence(look: Look) -> str:
    """Say how much was measured."""
    row = look.whole("occupancy")
    if row is None or row.valid_pct is None:
        return gettext("How much was measured is not shown, or nothing was.")
    return gettext(
        "%(share)s of the time in which desks could be used was measured; the rest is unknown, and never counts as "
        "free.",
        share=percent_text(row.valid_pct),
    )


def _part(look: Look, row: Printed | None) -> str:
    """Say what the months that are shown tell, where the period has no number."""
    return "" if row is None else part_sentence(look.report, row, language())


def not_shown(figure: str, row: Printed | None) -> str:
    """Say that a figure is not shown, and why."""
    name = figure_name(figure)
    if row is None:
        return gettext("%(figure)s: not part of this report.", figure=name)
    return gettext("%(figure)s: not shown. %(reason)s", figure=name, reason=reason_text(row))
