"""What a report answers in its own words: five sentences to read aloud, ten questions, and the method note (S8); pure.

All of it is said of printed values alone: what is compared or added up here was printed before (requirement S4).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from hub.domain.statistics.figures import Unit
from hub.domain.statistics.findings import PlaceLevel
from hub.domain.statistics.periods import Span
from hub.domain.statistics.printed import Audience, PlaceNote, Printed, Report, Target, ValueStatus
from hub.export import report_values as values
from hub.export.report_months import part_sentence, value_or_part
from hub.export.report_sentences import SENTENCES
from hub.export.report_words import WORDS

_BUSY: Final = (
    "booking_utilisation",
    "occupancy",
    "access_occupancy",
    "peak",
    "noon_occupancy",
    "no_show_rate",
)
_AT_MOST: Final = frozenset({"no_show_rate"})
"""Figures whose target is to stay below."""
_HALF_TEN: Final = 5
_COMPARED: Final = ("visits", "events", "bookings", "occupancy", "booking_utilisation", "users")


@dataclass(frozen=True, slots=True)
class Answer:
    """A question that a member of the council asks, and the sentences that answer it."""

    question: str
    sentences: tuple[str, ...]


def title(report: Report, language: str) -> str:
    """Return the title: what it is about, and the period."""
    return title_of(values.place_name(report, report.subject, language), report.period, language)


def title_of(subject: str, period: Span, language: str) -> str:
    """Return the title of a report about a subject of that name."""
    return f"{SENTENCES[language]['title'].format(subject=subject)}, {values.span_name(period, language)}"


def subtitle(report: Report, language: str) -> str:
    """Return what kind of document it is."""
    return SENTENCES[language][f"subtitle_{report.audience.value}"]


def highlights(report: Report, language: str) -> tuple[str, ...]:
    """Return up to five sentences, visits and events first (requirement K3)."""
    said, period = SENTENCES[language], values.span_name(report.period, language)
    if not spaces_of(report):
        town = values.place_name(report, report.subject, language)
        return (said["lead_no_space"].format(town=town, period=period),)
    row = {figure: values.whole_row(report, report.subject, figure) for figure in _LEADS}
    lines = []
    visits, events, users = row["visits"], row["events"], row["users"]
    if visits is not None and visits.is_shown:
        lines.append(said["lead_visits"].format(period=period, value=about(visits, language)))
    elif visits is not None:
        hidden = said["lead_visits_hidden"].format(period=period, why=values.why(visits, language))
        lines.append(part_sentence(report, visits, language) or hidden)
    if events is not None and events.value is not None:
        key = {0: "lead_events_none", 1: "lead_events_one"}.get(int(events.value), "lead_events")
        lines.append(said[key].format(value=about(events, language)))
    if users is not None and users.is_shown:
        lines.append(
            said["lead_users"].format(
                period=values.span_name(users.period, language), value=about(users, language)
            )
        )
    busy = row["occupancy"]
    if busy is not None and busy.is_shown:
        lines.append(said["lead_occupancy"].format(value=about(busy, language)))
    elif busy is not None:
        hidden = said["lead_occupancy_hidden"].format(why=values.why(busy, language))
        lines.append(part_sentence(report, busy, language) or hidden)
    hours, days = row["open_hours"], row["open_days"]
    if hours is not None and hours.value is not None:
        key = "lead_open_days" if days is not None and days.value is not None else "lead_open"
        in_days = values.number(days.value, language) if days is not None and days.value is not None else ""
        lines.append(said[key].format(value=values.number(hours.value, language), days=in_days))
    return tuple(lines)


_LEADS: Final = ("visits", "events", "users", "occupancy", "open_hours", "open_days")


def answers(report: Report, language: str) -> tuple[Answer, ...]:
    """Return the ten questions with their answers."""
    said = SENTENCES[language]
    return (
        Answer(said["ask_what"], _what(report, language)),
        Answer(said["ask_how"], _how(report, language)),
        Answer(said["ask_busy"], _busy(report, language)),
        Answer(said["ask_hidden"], _hidden(report, language)),
        Answer(said["ask_sure"], _sure(report, language)),
        Answer(said["ask_changed"], _changed(report, language)),
        Answer(said["ask_goals"], _goals(report, language)),
        Answer(said["ask_not"], (said["not"], said["not_noon"], said["not_compare"])),
        Answer(said["ask_persons"], _persons(report, language)),
        Answer(said["ask_who"], _who(report, language)),
    )


def method_note(report: Report, language: str) -> tuple[str, ...]:
    """Return the note that every export has (requirement S8), as paragraphs."""
    said, words = SENTENCES[language], WORDS[language]
    signs = "; ".join(f"{sign} {meaning}" for sign, meaning in words.signs)
    return (
        confidentiality(report, language),
        " ".join(_what(report, language)),
        " ".join(_how(report, language)[:2]),
        " ".join(_hidden(report, language)),
        " ".join(_sure(report, language)),
        said["not"],
        said["note_signs"].format(signs=signs),
        f"{said['note_method']} {' '.join(_who(report, language))}",
    )


def confidentiality(report: Report, language: str) -> str:
    """Return the note on confidentiality (requirement F1)."""
    is_public = report.audience is Audience.PUBLIC
    return SENTENCES[language]["note_confidential" if is_public else "note_internal"]


def spaces_of(report: Report) -> list[PlaceNote]:
    """Return the spaces that a report counts; of a town or network without rows of spaces, what has one."""
    spaces = [note for note in report.places if note.place.level is PlaceLevel.SPACE]
    return spaces or [
        note for note in report.places if note.has_space and note.place.level is PlaceLevel.TOWN
    ]


def about(row: Printed, language: str) -> str:
    """Return a value within a sentence: "rund 120", "5 bis 9"."""
    if row.status is ValueStatus.ROUNDED and row.value is not None:
        return SENTENCES[language]["about"].format(value=values.in_sentence(row, language))
    return values.in_sentence(row, language)


def year_before(span: Span) -> Span:
    """Return the same months a year earlier."""
    return Span(span.first.plus(-12), span.last.plus(-12))


def difference(now: Printed, before: Printed, language: str) -> str:
    """Return the difference of two printed values in words; empty where one is a band or not shown."""
    if now.value is None or before.value is None:
        return ""
    said, unit, more = SENTENCES[language], values.figure_of(now.figure).unit, now.value - before.value
    if not more:
        return said["same"]
    size = values.number(abs(more), language)
    if unit is Unit.PERCENT:
        size = said["points"].format(value=size)
    return said["more" if more > 0 else "less"].format(value=size)


def compared(report: Report, row: Printed) -> Printed | None:
    """Return what was printed of the same figure a year earlier, where a number or a band was."""
    earlier = year_before(row.period)
    for one in report.previous:
        if (one.place, one.figure, one.period) == (row.place, row.figure, earlier) and one.is_shown:
            return one
    return None


def is_met(row: Printed | None, target: Target) -> bool | None:
    """Say whether a target is met; None where what is printed does not tell."""
    if row is None or not row.is_shown:
        return None
    low, high = (row.low, row.high) if row.value is None else (row.value, row.value)
    assert low is not None
    if target.figure in _AT_MOST:
        if high is not None and high <= target.target:
            return True
        return False if low > target.target else None
    if low >= target.target:
        return True
    return False if high is not None and high < target.target else None


def _what(report: Report, language: str) -> tuple[str, ...]:
    said, spaces = SENTENCES[language], spaces_of(report)
    first, last = _day(report.period.first_day, language), _day(report.period.last_day, language)
    key = "counted" if spaces else "counted_none"
    names = values.joined([note.name for note in spaces], language)
    lines = [said["what"].format(first=first, last=last), said[key].format(spaces=names)]
    without = [
        note.name for note in report.places if note.place.level is PlaceLevel.TOWN and not note.has_space
    ]
    if without:
        key = "without" if len(without) == 1 else "without_many"
        lines.append(said[key].format(towns=values.joined(without, language)))
    return tuple(lines)


def _how(report: Report, language: str) -> tuple[str, ...]:
    said, spaces = SENTENCES[language], spaces_of(report)
    sensed, desks = sum(note.sensed_desks for note in spaces), sum(note.desks for note in spaces)
    measured = said["how_sensors"].format(sensed=sensed, desks=desks) if sensed else said["how_no_sensors"]
    return (said["how_visits"], measured, said["how_formulas"])


def _busy(report: Report, language: str) -> tuple[str, ...]:
    said = SENTENCES[language]
    found = [values.whole_row(report, report.subject, figure) for figure in _BUSY]
    rows = [row for row in found if row is not None]
    if not rows:
        return (said["busy_none"],)
    parts, hidden = list[str](), dict[str, list[str]]()
    for row in rows:
        name, value = values.figure_name(row.figure, language), value_or_part(report, row, language)
        if value:
            parts.append(f"{name}: {value}")
        else:
            hidden.setdefault(values.why(row, language), []).append(name)
    # What is not told for the same reason is said once.
    parts += [f"{values.joined(names, language)}: {why}" for why, names in hidden.items()]
    return (said["busy"].format(figures="; ".join(parts)), said["busy_means"])


def _value_or_why(row: Printed, language: str) -> str:
    return values.shown(row, language) if row.is_shown else values.why(row, language)


def _hidden(report: Report, language: str) -> tuple[str, ...]:
    said = SENTENCES[language]
    hidden = sum(row.status is ValueStatus.SUPPRESSED for row in report.rows)
    if not hidden:
        return (said["hidden_none"], said["hidden_rules"])
    are = said["is" if hidden == 1 else "are"]
    some = said["hidden_some"].format(count=len(report.rows), hidden=hidden, are=are)
    too_late = [said["hidden_uncounted"]] if report.is_uncounted else []
    return (some, *too_late, said["hidden_zero"], said["hidden_rules"])


def _sure(report: Report, language: str) -> tuple[str, ...]:
    said = SENTENCES[language]
    measured = values.whole_row(report, report.subject, "occupancy")
    lines = []
    if measured is not None and measured.valid_pct is not None:
        lines.append(said["sure"].format(pct=measured.valid_pct))
    else:
        lines.append(said["sure_none"])
    if (rounded := _rounded(report)) > 1:
        lines.append(said["sure_rounded"].format(count=rounded, off=_HALF_TEN * rounded))
    unreliable = sum(row.status is ValueStatus.UNRELIABLE for row in report.rows)
    key = "sure_unreliable" if unreliable else "sure_reliable"
    lines.append(said[key].format(count=unreliable))
    estimated = sum("s" in values.letters(row) for row in report.rows if row.is_shown)
    if estimated:
        lines.append(said["sure_estimated"].format(count=estimated))
    return tuple(lines)


def _rounded(report: Report) -> int:
    """Return how many rounded numbers the visits of the whole report are the sum of; 0 where they are not told."""
    whole = values.whole_row(report, report.subject, "visits")
    if whole is None or not whole.is_shown:
        return 0
    return sum(
        row.is_shown
        for row in report.rows
        if row.figure == "visits" and row.place.level is PlaceLevel.SPACE and row.period.is_month
    )


def _changed(report: Report, language: str) -> tuple[str, ...]:
    said, parts = SENTENCES[language], list[str]()
    for figure in _COMPARED:
        now = values.whole_row(report, report.subject, figure)
        before = compared(report, now) if now is not None and now.is_shown else None
        if now is None or before is None:
            continue
        key = "changed_one" if now.value is not None and before.value is not None else "changed_band"
        parts.append(
            said[key].format(
                figure=values.figure_name(figure, language),
                now=values.shown(now, language),
                before=values.shown(before, language),
                difference=difference(now, before, language),
            )
        )
    earlier = values.span_name(year_before(report.period), language)
    if not parts:
        return (said["changed_none"].format(earlier=earlier),)
    return (said["changed"].format(earlier=earlier, changes="; ".join(parts)), said["changed_rounded"])


def _goals(report: Report, language: str) -> tuple[str, ...]:
    said, targets = SENTENCES[language], own_targets(report)
    if not targets:
        return (said["goals_none"],)
    return (said["goals"].format(goals="; ".join(_goal(report, one, language) for one in targets)),)


def own_targets(report: Report) -> Sequence[Target]:
    """Return the targets of the report's own subject, in the registry's order."""
    order = values.in_order({one.figure for one in report.targets})
    own = [one for one in report.targets if one.place == report.subject]
    return sorted(own, key=lambda one: (order.index(one.figure), one.period))


def _goal(report: Report, target: Target, language: str) -> str:
    said = SENTENCES[language]
    row = report.row(target.place, target.figure, target.period)
    met = is_met(row, target)
    name = values.figure_name(target.figure, language)
    wanted = values.with_unit(target.target, values.figure_of(target.figure).unit, language)
    if met is None or row is None:
        why = said["goal_no_value"] if row is None else _value_or_why(row, language)
        return said["goal_open"].format(figure=name, target=wanted, why=why)
    key = "goal_met" if met else "goal_missed"
    return said[key].format(figure=name, target=wanted, actual=values.shown(row, language))


def _persons(report: Report, language: str) -> tuple[str, ...]:
    said = SENTENCES[language]
    if report.audience is Audience.PUBLIC:
        return (said["persons_public"], said["persons_same"])
    return (said["persons_internal"],)


def _who(report: Report, language: str) -> tuple[str, ...]:
    said = SENTENCES[language]
    key = "who" if report.publisher else "who_nobody"
    lines = [
        said[key].format(
            publisher=report.publisher, version=report.version, made_on=_day(report.made_on, language)
        ),
        said["who_preliminary" if report.is_preliminary else "who_frozen"],
    ]
    return tuple(lines)


def _day(day: date, language: str) -> str:
    return f"{day:{WORDS[language].date}}"
