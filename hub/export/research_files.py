"""An extract for one study as files, each marked with whose it is and until when (requirement P8); pure."""

import json
from collections.abc import Callable, Sequence
from typing import Final

from hub.domain.disclosure.research import Extract, Record
from hub.domain.disclosure.rules import Band
from hub.domain.errors import RuleRefused
from hub.domain.statistics.printed import Audience
from hub.export.csv_dialects import Dialect, day, table
from hub.export.report_package import dataset_name

COLUMNS: Final = (
    "audience", "study", "recipient", "contract", "delete_by", "ags", "space", "year", "record",
    "visits_low", "visits_high", "months_low", "months_high", "persons_low", "persons_high",
)  # fmt: skip
"""What is open above ("and more") has no high."""

_NOTE: Final = """\
NICHT ZUR VERÖFFENTLICHUNG: Auszug für eine Studie

Studie:            {study}
Empfänger:         {recipient}
Vertrag:           {contract}
Erstellt am:       {made_on}
Zu löschen bis:    {delete_by}
Zeitraum:          Kalenderjahr {year}

Eine Zeile beschreibt eine Person eines Ortes in diesem Jahr: die Klasse ihrer Besuche (visits) und der Monate, in denen
sie da war (months). Mindestens fünf Personen haben dieselben Angaben; persons nennt, wie viele es sind, als Band. Von
ihnen stehen so viele Zeilen hier, wie das Band beginnt. Ein leeres Feld hinter „high“ heißt „und mehr“.
Wie fein die Klassen sind, hängt vom Ort ab: so fein, dass keine weniger als fünf Personen hat. Orte mit weniger als
fünf Personen fehlen ebenso wie Orte ohne Besuche. Wer der Statistik widersprochen hat, ist nicht enthalten.
record ist ein Schlüsselwort, das nur in dieser Datei gilt. Sein Schlüssel ist gelöscht: Zeilen lassen sich mit keinem
anderen Ort, keinem anderen Jahr und keinem anderen Auszug verbinden. Versuchen Sie nicht, Personen zu erkennen, und
geben Sie die Dateien nicht weiter. Ergebnisse dürfen keine Angaben zu weniger als fünf Personen enthalten.

NOT FOR PUBLICATION: an extract for one study. A row is one person of a space in this year; at least five persons look
the same. The key of “record” is destroyed. Do not try to recognise anybody, do not pass it on, and delete it by
{delete_by}.
"""


def check_formats(formats: Sequence[str]) -> None:
    """Refuse what no extract is written in.

    Raises:
        RuleRefused: when there is such a format among them.
    """
    if others := sorted(set(formats) - FORMATS.keys()):
        raise RuleRefused(
            f"extracts for research are tables of records: choose {', '.join(FORMATS)}, not {', '.join(others)}",
            code="study_format",
        )


def research_files(extract: Extract, formats: Sequence[str]) -> dict[str, bytes]:
    """Return the files by name, and beside them a note that says the conditions; refused as `check_formats`.

    Args:
        formats: of `FORMATS`.
    """
    check_formats(formats)
    name = f"{dataset_name(extract.subject)}-{extract.year}-forschung"
    files = {f"{name}{_ENDS[one]}": FORMATS[one](extract) for one in dict.fromkeys(formats)}
    return {**files, f"{name}-hinweis.txt": _note(extract)}


def _csv(extract: Extract, dialect: Dialect) -> bytes:
    study = extract.study
    marks = (Audience.RESEARCH.value, study.name, study.recipient, study.contract)
    until = day(study.delete_by, dialect)
    return table(COLUMNS, ((*marks, until, *_cells(one)) for one in extract.records), dialect)


def _cells(one: Record) -> tuple[str, ...]:
    ends = (text for band in (one.visits, one.months, one.persons) for text in _ends(band))
    return (one.ags, one.space, str(one.year), one.name, *ends)


def _ends(band: Band) -> tuple[str, str]:
    return str(band.low), "" if band.high is None else str(band.high)


def _json(extract: Extract) -> bytes:
    study = extract.study
    said = {
        "audience": Audience.RESEARCH.value,
        "note": "Nicht zur Veröffentlichung / not for publication",
        "study": study.name,
        "recipient": study.recipient,
        "contract": study.contract,
        "delete_by": study.delete_by.isoformat(),
        "made_on": extract.made_on.isoformat(),
        "year": extract.year,
        "records": [
            {
                "ags": one.ags,
                "space": one.space,
                "year": one.year,
                "record": one.name,
                **{
                    f"{name}_{end}": number
                    for name, band in (
                        ("visits", one.visits),
                        ("months", one.months),
                        ("persons", one.persons),
                    )
                    for end, number in zip(("low", "high"), band, strict=True)
                },
            }
            for one in extract.records
        ],
    }
    return (json.dumps(said, ensure_ascii=False, indent=2) + "\n").encode("utf-8")


def _note(extract: Extract) -> bytes:
    study = extract.study
    return _NOTE.format(
        study=study.name,
        recipient=study.recipient,
        contract=study.contract,
        made_on=f"{extract.made_on:%d.%m.%Y}",
        delete_by=f"{study.delete_by:%d.%m.%Y}",
        year=extract.year,
    ).encode("utf-8")


FORMATS: Final[dict[str, Callable[[Extract], bytes]]] = {
    "csv": lambda extract: _csv(extract, Dialect.MACHINE),
    "csv-excel-de": lambda extract: _csv(extract, Dialect.EXCEL_DE),
    "json": _json,
}

_ENDS: Final = {"csv": ".csv", "csv-excel-de": "-excel-de.csv", "json": ".json"}
