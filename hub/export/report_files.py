"""All formats of a report, by name: which files there are, and what each is good for; pure."""

from collections.abc import Callable
from enum import StrEnum
from io import BytesIO
from typing import Final, TypeAlias
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

from hub.domain.statistics.printed import Report
from hub.export.csv_dialects import Dialect
from hub.export.document import quiet
from hub.export.report_csv import report_csv
from hub.export.report_html import report_html
from hub.export.report_json import report_json
from hub.export.report_package import file_name, report_package
from hub.export.report_pdf import report_pdf
from hub.export.report_xlsx import report_xlsx


class Format(StrEnum):
    """A format of exports."""

    CSV = "csv"
    CSV_EXCEL_DE = "csv-excel-de"
    XLSX = "xlsx"
    JSON = "json"
    DATAPACKAGE = "datapackage"
    PDF = "pdf"
    HTML = "html"


DRAWN: Final = frozenset({Format.PDF, Format.HTML})
"""What holds drawn charts: they take two seconds and 125 MB, so no web worker makes them."""

MEDIA_TYPES: Final[dict[Format, str]] = {
    Format.CSV: "text/csv; charset=utf-8; header=present",
    Format.CSV_EXCEL_DE: "text/csv; charset=utf-8; header=present",
    Format.XLSX: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    Format.JSON: "application/json",
    Format.DATAPACKAGE: "application/zip",
    Format.PDF: "application/pdf",
    Format.HTML: "text/html; charset=utf-8",
}

Progress: TypeAlias = Callable[[int, int], None]

_ENDS: Final[dict[Format, str]] = {Format.CSV_EXCEL_DE: "-excel-de.csv"}

_MAKERS: Final[dict[Format, Callable[[Report, str, Progress], bytes]]] = {
    Format.CSV: lambda report, *_: report_csv(report, Dialect.MACHINE),
    Format.CSV_EXCEL_DE: lambda report, *_: report_csv(report, Dialect.EXCEL_DE),
    Format.XLSX: lambda report, language, _: report_xlsx(report, language),
    Format.JSON: lambda report, *_: report_json(report),
    Format.PDF: report_pdf,
    Format.HTML: report_html,
}


def report_files(
    report: Report, wanted: Format, language: str = "de", told: Progress = quiet
) -> dict[str, bytes]:
    """Return the files of a format, by name; of a Data Package several, in a folder of their own.

    Args:
        language: `de` or `en`, of formats for people; tables for programs are the same in both.
        told: told after each step how many of how many are done.
    """
    name = file_name(report)
    if wanted is Format.DATAPACKAGE:
        return {f"{name}/{path}": body for path, body in report_package(report).items()}
    return {f"{name}{_ENDS.get(wanted, f'.{wanted}')}": _MAKERS[wanted](report, language, told)}


def packed(files: dict[str, bytes]) -> bytes:
    """Return files as one ZIP; the same files give the same bytes."""
    written = BytesIO()
    with ZipFile(written, "w", ZIP_DEFLATED) as archive:
        for name, body in files.items():
            archive.writestr(ZipInfo(name), body, ZIP_DEFLATED)
    return written.getvalue()
