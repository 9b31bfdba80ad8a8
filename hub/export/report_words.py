"""What exports of statistics say, in German and English, for a member of the council; pure.

Words of a *refused* number never tell more than its code: a value that is hidden for too few persons and one that is
hidden because another could be worked out from it read the same (requirement S4).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from hub.domain.space import Phase, SpaceKind
from hub.domain.statistics.figures import Origin, Unit
from hub.domain.statistics.findings import Flag
from hub.domain.statistics.printed import ValueStatus

ZERO: Final = "–"
"""Exactly none."""

STATUS_FLAGS: Final[Mapping[ValueStatus, Flag]] = {
    ValueStatus.ESTIMATED: Flag.ESTIMATED,
    ValueStatus.REVISED: Flag.REVISED,
}
"""Letters that a status puts behind a number."""

_HIDDEN_DE: Final = (
    "verborgen, damit niemand erkennbar wird: zu wenige Personen stehen dahinter, oder ein anderer verborgener Wert "
    "ließe sich daraus errechnen"
)
_HIDDEN_EN: Final = (
    "hidden so that nobody can be recognised: too few persons stand behind it, or another hidden value could be "
    "worked out from it"
)


@dataclass(frozen=True, slots=True)
class ReportWords:
    """The fixed words of one language.

    Args:
        thousands, decimal: as numbers are written.
        date: format of days.
        months, short_months: their names.
        units: what stands behind a number, with `{}` for it.
        under, between, over: of bands; `share_over` of bands of percentages.
        reasons: of codes of `Printed.reason`.
        statuses: of a value without a code of its own.
        flags: of a value, beside what became of it.
        measured: how much of the time is known, with `{pct}`.
        signs: legend of the signs, in the order in which they are explained.
        not_for_others: of a number that only the role Statistik sees, with `{why}`.
    """

    thousands: str
    decimal: str
    date: str
    months: tuple[str, ...]
    short_months: tuple[str, ...]
    units: Mapping[str, str]
    unit_names: Mapping[str, str]
    under: str
    between: str
    over: str
    share_over: str
    reasons: Mapping[str, str]
    statuses: Mapping[ValueStatus, str]
    flags: Mapping[Flag, str]
    measured: str
    signs: tuple[tuple[str, str], ...]
    kinds: Mapping[str, str]
    phases: Mapping[str, str]
    origins: Mapping[Origin, str]
    network: str
    not_for_others: str


WORDS: Final[dict[str, ReportWords]] = {
    "de": ReportWords(
        thousands=".",
        decimal=",",
        date="%d.%m.%Y",
        months=(
            "Januar", "Februar", "März", "April", "Mai", "Juni", "Juli", "August", "September", "Oktober",
            "November", "Dezember",
        ),
        short_months=("Jan", "Feb", "Mär", "Apr", "Mai", "Jun", "Jul", "Aug", "Sep", "Okt", "Nov", "Dez"),
        units={
            Unit.COUNT: "{}", Unit.PERSONS: "{}", Unit.DAYS: "{}", Unit.HOURS: "{}", Unit.PERCENT: "{}\u00a0%",
            Unit.KILOGRAMS: "{}\u00a0kg", Unit.KILOMETRES: "{}\u00a0km", Unit.EURO: "{}\u00a0€",
            Unit.PER_THOUSAND: "{}",
        },
        unit_names={
            Unit.COUNT: "Anzahl", Unit.PERSONS: "Personen", Unit.DAYS: "Tage", Unit.HOURS: "Stunden",
            Unit.PERCENT: "Prozent", Unit.KILOGRAMS: "Kilogramm", Unit.KILOMETRES: "Kilometer", Unit.EURO: "Euro",
            Unit.PER_THOUSAND: "je 1.000 Einwohnerinnen und Einwohner",
        },
        under="unter {high}",
        between="{low} bis {high}",
        over="{low} und mehr",
        share_over="über {low}",
        reasons={
            "few_persons": _HIDDEN_DE,
            "secondary": _HIDDEN_DE,
            "spans_hidden": "nicht gebildet, weil eine verborgene Zahl darin stünde",
            "dominance_band": "nur als Spanne, weil eine einzelne Person einen großen Teil davon ausmachen könnte",
            "person_band": "nur als Spanne, weil genaue Personenzahlen in kleinen Räumen Einzelne verraten können",
            "few_cases": "nicht aussagekräftig: weniger als 20 Fälle",
            "little_data": "nicht aussagekräftig: für weniger als 80 % der Zeit liegen Messwerte vor",
            "no_sensor": "nicht messbar: kein Arbeitsplatz hat einen Sensor",
            "no_space": "entfällt: es gibt hier keinen Coworking-Raum",
            "dominance": _HIDDEN_DE,
            "popup_few_persons": (
                "Fallzahl zu gering: im ganzen Zeitraum zu wenige Nutzende, daher nur Angaben zum Angebot"
            ),
            "uncounted_persons": (
                "verborgen: Wie viele Personen dahinterstehen, lässt sich seit dem 31. März des Folgejahres nicht mehr "
                "zählen"
            ),
            "spans_unreliable": "nicht gebildet, weil eine nicht aussagekräftige Zahl darin stünde",
            "of_printed": "gerechnet aus den hier gedruckten Zahlen",
            "of_rounded": "nur als Spanne, weil die Zahlen, aus denen der Anteil entsteht, auf Zehner gerundet sind",
            "coarse_band": "nur als Spanne, damit sich kein verborgener Wert errechnen lässt",
            "per_year_only": "Personen werden nur je Jahr gezählt",
            "few_days": "nicht aussagekräftig: an zu wenigen Tagen geöffnet",
            "no_parts": "nicht gebildet, weil eine Zahl fehlt, aus der sie entstünde",
            "months_missing": "nicht gebildet, weil Monate fehlen",
            "closed": "entfällt: in dieser Zeit war geschlossen",
            "capped": "nur als „und mehr“, weil die genaue Zahl etwas über die Zahl der Personen verriete",
            "not_collected": "nicht erhoben: niemand hat es aufgeschrieben, und nichts misst es",
            "not_applicable": "entfällt, weil es das hier nicht gibt",
            "pending": "folgt, sobald der Zeitraum zu Ende ist und alle Messwerte vorliegen",
            "unreliable": "nicht aussagekräftig: zu wenige Fälle oder zu wenige Messwerte",
            "internal": "wird nicht veröffentlicht",
        },
        statuses={
            ValueStatus.OK: "genau",
            ValueStatus.ROUNDED: "gerundet",
            ValueStatus.SUPPRESSED: _HIDDEN_DE,
            ValueStatus.UNRELIABLE: "nicht aussagekräftig: zu wenige Fälle oder zu wenige Messwerte",
            ValueStatus.NOT_APPLICABLE: "entfällt, weil es das hier nicht gibt",
            ValueStatus.PENDING: "folgt, sobald der Zeitraum zu Ende ist und alle Messwerte vorliegen",
            ValueStatus.ESTIMATED: "geschätzt",
            ValueStatus.REVISED: "berichtigt",
        },
        flags={Flag.ESTIMATED: "geschätzt", Flag.REVISED: "berichtigt", Flag.PRELIMINARY: "vorläufig"},
        measured="Messwerte für {pct}\u00a0% der Zeit",
        signs=(
            (ZERO, "genau null"),
            (".", "Zahl verborgen, damit niemand erkennbar wird"),
            ("…", "Angabe folgt später"),
            ("/", "keine Angabe, weil nicht aussagekräftig genug"),
            ("x", "Angabe entfällt, weil es das hier nicht gibt"),
            ("p", "vorläufige Zahl"),
            ("r", "berichtigte Zahl"),
            ("s", "geschätzte Zahl"),
        ),
        kinds={
            SpaceKind.COWORKING: "Coworking-Raum", SpaceKind.POP_UP: "Pop-up", SpaceKind.CLUB: "Vereinsheim",
            SpaceKind.ANKERORT: "Ankerort", SpaceKind.TOWN_LAB: "Stadtlabor", SpaceKind.MAKERSPACE: "Werkstatt",
            SpaceKind.SATELLITE: "Behördensatellit",
        },
        phases={
            Phase.EXPLORATION: "Erkundung", Phase.TEST: "Probebetrieb", Phase.POP_UP: "Pop-up",
            Phase.OPERATION: "Betrieb",
        },
        origins={
            Origin.SITE: "Angaben zum Raum", Origin.SENSOR: "Sensoren an den Plätzen", Origin.CARD: "Karten an der Tür",
            Origin.BOOKING: "Buchungen", Origin.HAND: "Zählung von Hand", Origin.SURVEY: "Befragung",
        },
        network="Alle Städte zusammen",
        not_for_others="in der Veröffentlichung: {why}",
    ),
    "en": ReportWords(
        thousands=",",
        decimal=".",
        date="%d/%m/%Y",
        months=(
            "January", "February", "March", "April", "May", "June", "July", "August", "September", "October",
            "November", "December",
        ),
        short_months=("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"),
        units={
            Unit.COUNT: "{}", Unit.PERSONS: "{}", Unit.DAYS: "{}", Unit.HOURS: "{}", Unit.PERCENT: "{}%",
            Unit.KILOGRAMS: "{}\u00a0kg", Unit.KILOMETRES: "{}\u00a0km", Unit.EURO: "€{}", Unit.PER_THOUSAND: "{}",
        },
        unit_names={
            Unit.COUNT: "number", Unit.PERSONS: "persons", Unit.DAYS: "days", Unit.HOURS: "hours",
            Unit.PERCENT: "per cent", Unit.KILOGRAMS: "kilograms", Unit.KILOMETRES: "kilometres", Unit.EURO: "euros",
            Unit.PER_THOUSAND: "per 1,000 inhabitants",
        },
        under="under {high}",
        between="{low} to {high}",
        over="{low} and more",
        share_over="over {low}",
        reasons={
            "few_persons": _HIDDEN_EN,
            "secondary": _HIDDEN_EN,
            "spans_hidden": "not worked out, because it would contain a hidden value",
            "dominance_band": "as a range only, because a single person could make up a large part of it",
            "person_band": "as a range only, because exact numbers of persons can give somebody away in a small space",
            "few_cases": "not meaningful: fewer than 20 cases",
            "little_data": "not meaningful: less than 80% of the time was measured",
            "no_sensor": "can't be measured: no desk has a sensor",
            "no_space": "does not apply: there is no coworking space here",
            "dominance": _HIDDEN_EN,
            "popup_few_persons": "too few cases: too few users in the whole run, so only what was offered is told",
            "uncounted_persons": (
                "hidden: since 31 March of the year after, nobody can count any more how many persons stand behind it"
            ),
            "spans_unreliable": "not worked out, because it would be made of a value that is not meaningful",
            "of_printed": "worked out from the numbers printed here",
            "of_rounded": "as a range only, because the numbers that it is a share of are rounded to tens",
            "coarse_band": "as a range only, so that no hidden value can be worked out",
            "per_year_only": "persons are counted by the year alone",
            "few_days": "not meaningful: open on too few days",
            "no_parts": "not worked out, because a value is missing that it is made of",
            "months_missing": "not worked out, because months are missing",
            "closed": "does not apply: it was closed at the time",
            "capped": "as “and more” only, because the exact number would tell something of how many persons came",
            "not_collected": "not collected: nobody wrote it down, and nothing measures it",
            "not_applicable": "does not apply, because there is no such thing here",
            "pending": "to come, when the period is over and everything measured has arrived",
            "unreliable": "not meaningful: too few cases or too few measurements",
            "internal": "is not published",
        },
        statuses={
            ValueStatus.OK: "exact",
            ValueStatus.ROUNDED: "rounded",
            ValueStatus.SUPPRESSED: _HIDDEN_EN,
            ValueStatus.UNRELIABLE: "not meaningful: too few cases or too few measurements",
            ValueStatus.NOT_APPLICABLE: "does not apply, because there is no such thing here",
            ValueStatus.PENDING: "to come, when the period is over and everything measured has arrived",
            ValueStatus.ESTIMATED: "estimated",
            ValueStatus.REVISED: "corrected",
        },
        flags={Flag.ESTIMATED: "estimated", Flag.REVISED: "corrected", Flag.PRELIMINARY: "preliminary"},
        measured="{pct}% of the time measured",
        signs=(
            (ZERO, "exactly none"),
            (".", "number hidden so that nobody can be recognised"),
            ("…", "to come later"),
            ("/", "not given, because not meaningful enough"),
            ("x", "does not apply, because there is no such thing here"),
            ("p", "preliminary"),
            ("r", "corrected"),
            ("s", "estimated"),
        ),
        kinds={
            SpaceKind.COWORKING: "coworking space", SpaceKind.POP_UP: "pop-up", SpaceKind.CLUB: "clubhouse",
            SpaceKind.ANKERORT: "Ankerort", SpaceKind.TOWN_LAB: "town lab", SpaceKind.MAKERSPACE: "makerspace",
            SpaceKind.SATELLITE: "satellite office",
        },
        phases={
            Phase.EXPLORATION: "exploration", Phase.TEST: "trial", Phase.POP_UP: "pop-up",
            Phase.OPERATION: "operation",
        },
        origins={
            Origin.SITE: "what is known of the space", Origin.SENSOR: "sensors at desks",
            Origin.CARD: "cards at the door", Origin.BOOKING: "bookings", Origin.HAND: "counts by hand",
            Origin.SURVEY: "a survey",
        },
        network="All towns together",
        not_for_others="in what is published: {why}",
    ),
}  # fmt: skip
"""By language."""
