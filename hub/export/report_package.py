"""A report as Data Package v2: both CSV dialects and `datapackage.json` beside them (requirement O4); pure.

https://datapackage.org/standard/data-package/ and https://datapackage.org/standard/table-schema/
"""

import hashlib
import json
from typing import Final

from hub.domain.statistics.findings import Place, PlaceLevel
from hub.domain.statistics.printed import Audience, Report
from hub.export.csv_dialects import Dialect
from hub.export.report_answers import method_note, title
from hub.export.report_csv import report_csv
from hub.export.report_table import COLUMNS, Column, Kind

DESCRIPTION: Final = "datapackage.json"
MACHINE: Final = "daten.csv"
EXCEL_DE: Final = "daten-excel-de.csv"
NOTE: Final = "methode.md"

_NOT_PUBLIC: Final = {Audience.INTERNAL: "-intern", Audience.RESEARCH: "-forschung"}

LICENCE: Final = {
    "name": "dl-de-by-2.0",
    "title": "Datenlizenz Deutschland – Namensnennung – Version 2.0",
    "path": "https://www.govdata.de/dl-de/by-2-0",
}


def report_package(report: Report) -> dict[str, bytes]:
    """Return the files by name; all paths in the description are relative."""
    machine, excel = report_csv(report, Dialect.MACHINE), report_csv(report, Dialect.EXCEL_DE)
    description = package_description(report, {MACHINE: machine, EXCEL_DE: excel})
    note = f"# {title(report, 'de')}\n\n" + "\n\n".join(method_note(report, "de")) + "\n"
    return {DESCRIPTION: description, MACHINE: machine, EXCEL_DE: excel, NOTE: note.encode("utf-8")}


def package_description(report: Report, tables: dict[str, bytes]) -> bytes:
    """Return `datapackage.json`.

    Args:
        tables: bytes of the machine table and of the one for Excel, by file name, in this order.
    """
    dialects = (Dialect.MACHINE, Dialect.EXCEL_DE)
    package = {
        "$schema": "https://datapackage.org/profiles/2.0/datapackage.json",
        "name": package_name(report),
        "title": title(report, "de"),
        "description": "\n\n".join(method_note(report, "de")),
        "version": f"{report.version}.0.0",
        "created": f"{report.made_on.isoformat()}T00:00:00Z",
        "licenses": [LICENCE],
        "contributors": [{"title": report.publisher, "roles": ["publisher"]}] if report.publisher else [],
        "resources": [
            _resource(name, body, dialect)
            for (name, body), dialect in zip(tables.items(), dialects, strict=True)
        ],
    }
    if not report.publisher:
        del package["contributors"]
    return (json.dumps(package, ensure_ascii=False, indent=2) + "\n").encode("utf-8")


def package_name(report: Report) -> str:
    """Return a name of small letters, digits and hyphens; what is not public says so."""
    span = str(report.period).replace("/", "-bis-")
    return f"{dataset_name(report.subject)}-{span}{_NOT_PUBLIC.get(report.audience, '')}".lower()


def dataset_name(subject: Place) -> str:
    """Return the name of all that is told of a subject, whatever the period: `coworking-12070424`."""
    if subject.level is PlaceLevel.NETWORK:
        return "coworking-netz"
    return f"coworking-raum-{subject.id}" if subject.level is PlaceLevel.SPACE else f"coworking-{subject.id}"


def _resource(path: str, body: bytes, dialect: Dialect) -> dict[str, object]:
    is_german = dialect is Dialect.EXCEL_DE
    csv: dict[str, object] = {
        "delimiter": ";" if is_german else ",",
        "lineTerminator": "\r\n",
        "quoteChar": '"',
        "doubleQuote": True,
        "header": True,
    }
    return {
        "name": path.removesuffix(".csv"),
        "type": "table",
        "title": "Daten für deutsches Excel" if is_german else "Daten für Programme",
        "path": path,
        "scheme": "file",
        "format": "csv",
        "mediatype": "text/csv",
        # Python's name for UTF-8 that begins with a byte order mark, which frictionless knows.
        "encoding": "utf-8-sig" if is_german else "utf-8",
        "bytes": len(body),
        "hash": f"sha256:{hashlib.sha256(body).hexdigest()}",
        "dialect": csv,
        "schema": {
            "$schema": "https://datapackage.org/profiles/2.0/tableschema.json",
            "fields": [_field(column, is_german=is_german) for column in COLUMNS],
            "missingValues": [""],
            "primaryKey": ["level", "ags", "space_id", "period", "figure"],
        },
    }


def _field(column: Column, *, is_german: bool) -> dict[str, object]:
    field: dict[str, object] = {
        "name": column.name,
        "title": column.title,
        "type": column.kind.value,
        "description": column.says,
    }
    if column.kind is Kind.NUMBER:
        field["decimalChar"] = "," if is_german else "."
        field["groupChar"] = ""
    if column.kind is Kind.DATE:
        field["format"] = "%d.%m.%Y" if is_german else "default"
    constraints: dict[str, object] = {}
    if column.is_required:
        constraints["required"] = True
    if column.among:
        constraints["enum"] = list(column.among)
    if column.pattern:
        constraints["pattern"] = column.pattern
    if constraints:
        field["constraints"] = constraints
    return field


def file_name(report: Report) -> str:
    """Return how files of a report are called, without the end: `coworking-12070424-2026`."""
    name = package_name(report)
    return name if report.version == 1 else f"{name}-v{report.version}"
