"""Tables for machines and for spreadsheets: no text is a formula, no number is a text, nothing is lost."""

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.export.csv_dialects import BOM, Dialect, guarded, money, table


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("=1+1", "'=1+1"), ("+49 170", "'+49 170"), ("@SUM(A1)", "'@SUM(A1)"), ("\t=1", "'\t=1"), ("\r=1", "'\r=1"),
        ("  =1", "'  =1"), ("-cmd|' /C calc'!A0", "'-cmd|' /C calc'!A0"), ("-12,50", "-12,50"), ("-3", "-3"),
        ("+4.5", "+4.5"), ("Ärger=1", "Ärger=1"), ("", ""), ("\u202e=1", "\u202e=1"),
    ],
)  # fmt: skip
def test_O5_a_text_is_no_formula_and_a_number_stays_one(text: str, written: str) -> None:  # noqa: N802
    assert guarded(text) == written


@pytest.mark.parametrize(
    ("cents", "machine", "excel"),
    [(0, "0.00", "0,00"), (-5, "-0.05", "-0,05"), (123456, "1234.56", "1234,56")],
)
def test_money_is_a_number_of_its_dialect(cents: int, machine: str, excel: str) -> None:
    assert (money(cents, Dialect.MACHINE), money(cents, Dialect.EXCEL_DE)) == (machine, excel)


@given(st.lists(st.tuples(st.text(), st.text()), max_size=5), st.sampled_from(Dialect))
def test_O1_every_row_reads_back_with_its_guard(rows: list[tuple[str, str]], dialect: Dialect) -> None:  # noqa: N802
    kept = [row for row in rows if not any("\ud800" <= c <= "\udfff" for cell in row for c in cell)]
    written = table(("a", "b"), kept, dialect)
    assert written.startswith(BOM) is (dialect is Dialect.EXCEL_DE)
    text = written.removeprefix(BOM).decode("utf-8")
    delimiter = ";" if dialect is Dialect.EXCEL_DE else ","
    read = list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter))
    assert read == [["a", "b"], *([guarded(a), guarded(b)] for a, b in kept)]
