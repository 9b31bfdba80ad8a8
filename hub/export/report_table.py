"""The tidy table of a report: one row for each place, period and figure, with stable columns (requirement O2); pure."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Final, TypeAlias

from hub.domain.statistics.figures import Unit
from hub.domain.statistics.findings import PlaceLevel
from hub.domain.statistics.printed import Audience, Printed, Report, Target, ValueStatus
from hub.export import report_values as values

Cell: TypeAlias = str | int | Decimal | date | None


class Kind(StrEnum):
    """What a column holds, in words of the Table Schema."""

    STRING = "string"
    INTEGER = "integer"
    NUMBER = "number"
    DATE = "date"


@dataclass(frozen=True, slots=True)
class Column:
    """A column.

    Args:
        name: stable, snake_case.
        title: in German, for people.
        says: what it holds, in German.
        among: the only values that it can have; empty for any.
        pattern: regular expression that its text fits; empty for any.
        is_required: whether no row lacks it.
    """

    name: str
    title: str
    says: str
    kind: Kind = Kind.STRING
    among: tuple[str, ...] = ()
    pattern: str = ""
    is_required: bool = False


COLUMNS: Final = (
    Column("level", "Ebene", "Was beschrieben wird: ein Raum (space), eine Stadt (town) oder das ganze Netz (network).",
           among=tuple(PlaceLevel), is_required=True),
    Column("ags", "AGS", "Amtlicher Gemeindeschlüssel, acht Ziffern als Text; leer beim Netz.", pattern=r"\d{8}"),
    Column("town", "Stadt", "Name der Stadt; leer beim Netz."),
    Column("space_id", "Raum-Kennung", "Stabile Kennung des Raums; leer bei Stadt und Netz."),
    Column("space", "Raum", "Name des Raums; leer bei Stadt und Netz."),
    Column("space_kind", "Art", "Art des Raums; leer bei Stadt und Netz."),
    Column("phase", "Phase", "Erkundung (exploration), Probe (test), Pop-up (pop-up) oder Betrieb (operation)."),
    Column("period", "Zeitraum", "Monat (2026-03), Jahr (2026) oder Folge ganzer Monate (2026-01/2026-04).",
           is_required=True),
    Column("period_start", "Beginn", "Erster Tag des Zeitraums.", Kind.DATE, is_required=True),
    Column("period_end", "Ende", "Letzter Tag des Zeitraums.", Kind.DATE, is_required=True),
    Column("figure", "Kennzahl-Kennung", "Stabile Kennung der Kennzahl.", pattern="[a-z][a-z0-9_]*", is_required=True),
    Column("figure_name", "Kennzahl", "Name der Kennzahl auf Deutsch.", is_required=True),
    Column("unit", "Einheit", "Worin gezählt wird.", among=tuple(Unit), is_required=True),
    Column("value", "Wert", "Die Zahl; leer bei einer Spanne und wo keine gezeigt wird.", Kind.NUMBER),
    Column("low", "Spanne von", "Unterer Rand einer Spanne, einschließlich.", Kind.NUMBER),
    Column("high", "Spanne bis", "Oberer Rand einer Spanne, einschließlich; leer für „und mehr“.", Kind.NUMBER),
    Column("value_status", "Status", "Was aus dem Wert wurde: genau (ok), gerundet (rounded), verborgen (suppressed), "
           "nicht aussagekräftig (unreliable), entfällt (not_applicable), folgt (pending), geschätzt (estimated), "
           "berichtigt (revised).", among=tuple(ValueStatus), is_required=True),
    Column("sign", "Zeichen", "Zeichen der amtlichen Statistik: – . … / x p r s; leer bei einer einfachen Zahl."),
    Column("reason", "Grund", "Code, warum der Wert so gezeigt wird; leer bei einem einfachen."),
    Column("reason_text", "Grund in Worten", "Der Grund auf Deutsch."),
    Column("method_version", "Methode", "Version der Berechnungsmethode der Kennzahl.", is_required=True),
    Column("valid_data_pct", "Messwerte in %", "Für wie viel Prozent der angebotenen Zeit Messwerte vorliegen.",
           Kind.INTEGER),
    Column("flags", "Kennzeichen", "p vorläufig, r berichtigt, s geschätzt."),
    Column("baseline", "Ausgangswert", "Wert, bei dem es begann.", Kind.NUMBER),
    Column("target", "Ziel", "Wert, der erreicht werden soll.", Kind.NUMBER),
    Column("audience", "Für wen", "public: zur Veröffentlichung; internal: nicht zur Veröffentlichung.",
           among=tuple(Audience), is_required=True),
    Column("report_version", "Fassung", "Fassung des Berichts; eine Berichtigung ist eine neue.", Kind.INTEGER,
           is_required=True),
    Column("made_on", "Erstellt am", "Tag, an dem gerechnet wurde.", Kind.DATE, is_required=True),
)  # fmt: skip
"""In the order in which they stand; new ones are added at the end."""

NAMES: Final = tuple(column.name for column in COLUMNS)


def tidy(report: Report) -> list[tuple[Cell, ...]]:
    """Return the rows, each with one cell for each of `COLUMNS`."""
    targets = {(one.place, one.figure, one.period): one for one in report.targets}
    return [
        _row(report, one, targets.get((one.place, one.figure, one.period))) for one in values.ordered(report)
    ]


def _row(report: Report, row: Printed, target: Target | None) -> tuple[Cell, ...]:
    note = values.note_of(report, row.place)
    level = row.place.level
    is_space = level is PlaceLevel.SPACE
    town = note.name if level is PlaceLevel.TOWN else note.town
    return (
        level.value,
        note.ags,
        town,
        row.place.id if is_space else "",
        note.name if is_space else "",
        note.kind if is_space else "",
        note.phase if is_space else "",
        str(row.period),
        row.period.first_day,
        row.period.last_day,
        row.figure,
        values.figure_name(row.figure, "de"),
        values.figure_of(row.figure).unit.value,
        row.value,
        row.low,
        row.high,
        row.status.value,
        values.sign(row),
        row.reason,
        values.why(row, "de"),
        row.method,
        row.valid_pct,
        values.flags_text(row.flags),
        target.baseline if target else None,
        target.target if target else None,
        report.audience.value,
        report.version,
        report.made_on,
    )
