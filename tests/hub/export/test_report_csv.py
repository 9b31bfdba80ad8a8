"""Reports as CSV: tidy, stable columns, two dialects, no number that is not printed, nothing that is run."""

import csv
import io
import re
from decimal import Decimal

import pytest

from hub.domain.statistics.printed import Report
from hub.export.csv_dialects import BOM, Dialect
from hub.export.report_csv import report_csv
from hub.export.report_table import COLUMNS, NAMES
from tests.hub.export.reports import TOWN, YEAR, network_report, printed, town_report

GERMAN_NUMBER = re.compile(r"-?\d+(,\d+)?")


def read(body: bytes, dialect: Dialect) -> list[dict[str, str]]:
    text = body.decode("utf-8-sig" if dialect is Dialect.EXCEL_DE else "utf-8")
    return list(
        csv.DictReader(io.StringIO(text, newline=""), delimiter=";" if dialect is Dialect.EXCEL_DE else ",")
    )


def row(
    report: Report, figure: str, dialect: Dialect = Dialect.MACHINE, period: str = "2026"
) -> dict[str, str]:
    rows = read(report_csv(report, dialect), dialect)
    return next(
        one for one in rows if (one["level"], one["figure"], one["period"]) == ("town", figure, period)
    )


@pytest.mark.parametrize("dialect", Dialect)
def test_each_place_period_and_figure_has_one_row_below_one_header(dialect: Dialect) -> None:
    report = town_report()
    body = report_csv(report, dialect)
    rows = read(body, dialect)
    assert tuple(rows[0]) == NAMES
    assert len(rows) == len(report.rows)
    keys = {(one["level"], one["space_id"], one["period"], one["figure"]) for one in rows}
    assert len(keys) == len(rows)
    assert body.count(b"\r\n") == body.count(b"\n") == len(rows) + 1
    assert body.startswith(BOM) is (dialect is Dialect.EXCEL_DE)


def test_columns_keep_their_names_and_order() -> None:
    assert NAMES == (
        "level", "ags", "town", "space_id", "space", "space_kind", "phase", "period", "period_start", "period_end",
        "figure", "figure_name", "unit", "value", "low", "high", "value_status", "sign", "reason", "reason_text",
        "method_version", "valid_data_pct", "flags", "baseline", "target", "audience", "report_version", "made_on",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("figure", "shown"),
    [
        ("open_hours", {"value": "1984.5", "value_status": "ok", "sign": "", "reason": ""}),
        ("visits", {"value": "450", "value_status": "rounded", "target": "400", "baseline": "150"}),
        ("peak", {"value": "", "low": "50", "high": "", "reason": "dominance_band"}),
        ("noon_occupancy", {"value": "", "low": "", "value_status": "suppressed", "sign": "."}),
        ("no_show_rate", {"value": "", "value_status": "unreliable", "sign": "/"}),
        ("users", {"value": "", "low": "10", "high": "19", "value_status": "rounded"}),
        ("returning_users", {"value": "", "value_status": "pending", "sign": "…"}),
        ("hand_count", {"value": "130", "value_status": "estimated", "sign": "s", "flags": "s"}),
        ("enquiries", {"value": "20", "value_status": "revised", "sign": "r"}),
        ("event_guests", {"value": "0", "value_status": "ok", "sign": "–"}),
        ("visits_per_desk", {"value": "37.5", "sign": "p", "flags": "p"}),
        ("occupancy", {"value": "29.6", "valid_data_pct": "93", "unit": "percent", "method_version": "1"}),
    ],
)
def test_each_status_has_its_sign_and_a_number_only_where_one_is_printed(
    figure: str, shown: dict[str, str]
) -> None:
    found = row(town_report(), figure)
    assert {name: found[name] for name in shown} == shown


def test_german_excel_gets_decimal_commas_german_days_and_the_key_of_the_town_as_it_is() -> None:
    found = row(town_report(), "open_hours", Dialect.EXCEL_DE)
    assert (found["value"], found["period_start"], found["made_on"]) == ("1984,5", "01.01.2026", "20.01.2027")
    rows = read(report_csv(network_report(), Dialect.EXCEL_DE), Dialect.EXCEL_DE)
    assert {one["ags"] for one in rows} == {"", "12070424", "01053090", "14628060"}
    numeric = [column.name for column in COLUMNS if column.kind == "number"]
    cells = [one[name] for one in rows for name in numeric if one[name]]
    assert cells
    assert all(GERMAN_NUMBER.fullmatch(cell) for cell in cells)


def test_a_town_without_a_space_is_x_and_never_zero() -> None:
    rows = [one for one in read(report_csv(network_report(), Dialect.MACHINE), Dialect.MACHINE)
            if one["town"] == "Dippoldiswalde"]  # fmt: skip
    assert {(one["value"], one["sign"], one["reason"]) for one in rows} == {("", "x", "no_space")}


@pytest.mark.parametrize("dialect", Dialect)
def test_a_name_that_looks_like_a_formula_is_guarded_and_a_negative_number_is_none(dialect: Dialect) -> None:
    below = town_report(rows=(*town_report().rows, printed(TOWN, YEAR, "bookings", Decimal("-12.5"))))
    body = report_csv(below, dialect)
    names = {one["space"] for one in read(body, dialect)}
    assert '\'=HYPERLINK("http://x";"Grüß Gott") #[*_$' in names
    assert not {name for name in names if name.startswith("=")}
    assert row(below, "bookings", dialect)["value"] in {"-12.5", "-12,5"}


def test_the_same_report_gives_the_same_bytes_in_whatever_order_its_rows_come() -> None:
    report = town_report()
    mixed = town_report(rows=tuple(reversed(report.rows)))
    assert report_csv(report, Dialect.MACHINE) == report_csv(mixed, Dialect.MACHINE)
