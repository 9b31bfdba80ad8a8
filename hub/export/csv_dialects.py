"""Two dialects of CSV, never mixed: one for machines, one for German Excel (requirements O1, O5); pure."""

import csv
import io
import re
from collections.abc import Iterable, Sequence
from datetime import date
from enum import StrEnum
from typing import Final

BOM: Final = b"\xef\xbb\xbf"


class Dialect(StrEnum):
    """How a table is written.

    MACHINE: comma, decimal point, ISO 8601, UTF-8 without BOM. EXCEL_DE: semicolon, decimal comma, dd.mm.yyyy, UTF-8
    with BOM. Both end lines with CRLF (RFC 4180).
    """

    MACHINE = "machine"
    EXCEL_DE = "excel-de"


_STARTS: Final = ("=", "+", "-", "@", "\t", "\r", "\n")
_NUMBER: Final = re.compile(r"[+-]?\d+([.,]\d+)?")


def guarded(text: str) -> str:
    """Return a text that no spreadsheet takes for a formula; negative numbers stay numbers.

    A formula may hide behind spaces, which some programs take away.
    """
    if text.lstrip(" \u00a0\ufeff").startswith(_STARTS) and not _NUMBER.fullmatch(text):
        return "'" + text
    return text


def money(cents: int, dialect: Dialect) -> str:
    """Return an amount as a number of the dialect, without its currency."""
    point = "," if dialect is Dialect.EXCEL_DE else "."
    sign = "-" if cents < 0 else ""
    return f"{sign}{abs(cents) // 100}{point}{abs(cents) % 100:02}"


def day(given: date | None, dialect: Dialect) -> str:
    """Return a date as the dialect writes it; empty for none."""
    if given is None:
        return ""
    return f"{given:%d.%m.%Y}" if dialect is Dialect.EXCEL_DE else given.isoformat()


def table(columns: Sequence[str], rows: Iterable[Sequence[str]], dialect: Dialect) -> bytes:
    """Return one header row and the rows; every text is guarded."""
    written = io.StringIO(newline="")
    writer = csv.writer(written, delimiter=";" if dialect is Dialect.EXCEL_DE else ",", lineterminator="\r\n")
    writer.writerow(columns)
    writer.writerows([[guarded(cell) for cell in row] for row in rows])
    text = written.getvalue().encode("utf-8")
    return BOM + text if dialect is Dialect.EXCEL_DE else text
