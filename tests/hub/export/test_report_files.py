"""Every format of a report, held against what reads it: frictionless, openpyxl, LibreOffice, pikepdf, pypdf."""

import csv
import io
import json
import os
import re
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import openpyxl
import pikepdf
import pytest
from pypdf import PdfReader

from hub.commands.export import FORMATS
from hub.domain.statistics.printed import Report
from hub.export import report_pdf as pdf_module
from hub.export.charts import Chart, Point, Series, Shape, draw
from hub.export.report_answers import answers, method_note
from hub.export.report_files import DRAWN, MEDIA_TYPES, Format, packed, report_files
from hub.export.report_html import report_html
from hub.export.report_package import report_package
from hub.export.report_pdf import report_pdf
from hub.export.report_xlsx import report_xlsx
from tests.hub.export.reports import network_report, town_report, town_without_space
from tests.parts.requirement import require_program

ROOT = Path(__file__).parents[3]
FORMULA = '=HYPERLINK("http://x";"Grüß Gott") #[*_$'


def told(text: str) -> str:
    """Return text without what setting it has added: line ends, and hyphens at them."""
    return re.sub(r"\s+", "", text.replace("\u00ad", "")).replace("-", "")


@pytest.fixture(scope="module")
def town_pdf() -> bytes:
    return report_pdf(town_report())


@pytest.mark.parametrize("wanted", [one for one in Format if one not in DRAWN])
@pytest.mark.parametrize("made", [town_report, network_report, town_without_space])
def test_the_same_report_gives_the_same_files_byte_for_byte(
    made: Callable[[], Report], wanted: Format
) -> None:
    assert report_files(made(), wanted) == report_files(made(), wanted)


def test_the_same_report_gives_the_same_pdf_and_page_byte_for_byte(town_pdf: bytes) -> None:
    assert report_pdf(town_report()) == town_pdf
    assert report_html(town_report()) == report_html(town_report())


def test_all_formats_have_a_type_and_the_command_knows_them() -> None:
    assert tuple(Format) == FORMATS
    assert MEDIA_TYPES.keys() == set(Format)


def test_files_are_called_after_place_and_period_and_say_what_is_not_public() -> None:
    from hub.domain.statistics.printed import Audience

    assert list(report_files(town_report(), Format.CSV_EXCEL_DE)) == ["coworking-12070424-2026-excel-de.csv"]
    assert list(report_files(town_report(version=2), Format.CSV)) == ["coworking-12070424-2026-v2.csv"]
    internal = town_report(audience=Audience.INTERNAL)
    assert list(report_files(internal, Format.JSON)) == ["coworking-12070424-2026-intern.json"]


def test_a_packed_folder_is_the_same_each_time_and_whole() -> None:
    files = report_files(town_report(), Format.DATAPACKAGE)
    assert packed(files) == packed(files)
    with ZipFile(io.BytesIO(packed(files))) as archive:
        assert {name: archive.read(name) for name in archive.namelist()} == files


# --- Data Package ---


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The files of a Data Package, in the working folder: frictionless refuses absolute paths."""
    for name, body in report_package(town_report()).items():
        (tmp_path / name).write_bytes(body)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def validated() -> Any:
    import warnings

    with warnings.catch_warnings():
        # Of its own dependencies.
        warnings.simplefilter("ignore")
        from frictionless import validate

        return validate("datapackage.json")


def test_frictionless_finds_both_dialects_valid(package: Path) -> None:
    found = validated()
    assert found.valid, found.flatten(["message"])
    assert [task.stats["rows"] for task in found.tasks] == [len(town_report().rows)] * 2


def test_frictionless_finds_what_does_not_fit_its_dialect(package: Path) -> None:
    file = package / "daten-excel-de.csv"
    file.write_bytes(file.read_bytes().replace(b"1984,5", b"1984.5"))
    errors = {(task.name, error.type) for task in validated().tasks for error in task.errors}
    assert ("daten-excel-de", "type-error") in errors
    assert not {name for name, _ in errors} - {"daten-excel-de"}


def test_the_description_has_relative_paths_a_licence_the_method_and_each_column(package: Path) -> None:
    described = json.loads((package / "datapackage.json").read_bytes())
    assert described["$schema"].endswith("/2.0/datapackage.json")
    assert [one["path"] for one in described["resources"]] == ["daten.csv", "daten-excel-de.csv"]
    assert described["licenses"][0]["name"] == "dl-de-by-2.0"
    assert described["description"].startswith("Hinweis zur Vertraulichkeit")
    for resource in described["resources"]:
        assert all(field["description"] for field in resource["schema"]["fields"])


# --- JSON ---


def test_json_has_rows_method_note_and_answers() -> None:
    (body,) = report_files(town_report(), Format.JSON).values()
    read = json.loads(body)
    assert read["format"] == "ankerort-report/1"
    assert len(read["rows"]) == len(town_report().rows)
    assert read["method_note"] == list(method_note(town_report(), "de"))
    assert len(read["answers"]) == 10
    visits = next(row for row in read["rows"] if (row["figure"], row["period"]) == ("visits", "2026"))
    assert (visits["value"], visits["value_status"], visits["ags"]) == (450, "rounded", "12070424")


# --- Workbook ---


def sheets(body: bytes) -> Any:
    return openpyxl.load_workbook(io.BytesIO(body))


def test_a_workbook_has_named_sheets_with_header_rows_print_setup_and_method_note() -> None:
    book = sheets(report_xlsx(town_report()))
    assert book.sheetnames == ["Überblick", "Verlauf", "Daten", "Methode"]
    for sheet in book:
        assert sheet.print_title_rows
        assert sheet.page_setup.paperSize == 9
        assert sheet.sheet_properties.pageSetUpPr.fitToPage
    text = [row[1].value for row in book["Methode"].iter_rows()]
    assert set(method_note(town_report(), "de")) <= set(text)
    assert book.properties.title == "Nutzung: Wittenberge, 2026"


def test_in_a_workbook_keys_are_text_days_are_days_and_numbers_are_numbers() -> None:
    data = sheets(report_xlsx(network_report()))["Daten"]
    names = [cell.value for cell in data[1]]
    rows = [dict(zip(names, (cell.value for cell in row), strict=True)) for row in data.iter_rows(min_row=2)]
    moelln = next(row for row in rows if row["town"] == "Mölln" and row["period"] == "2026")
    assert moelln["ags"] == "01053090"
    assert f"{moelln['period_start']:%Y-%m-%d}" == "2026-01-01"
    assert moelln["value"] == 450
    hidden = next(row for row in rows if row["value_status"] == "suppressed")
    assert hidden["value"] is None


def test_nothing_in_a_workbook_is_a_formula_or_a_link() -> None:
    book = sheets(report_xlsx(town_report()))
    cells = [cell for sheet in book for row in sheet.iter_rows() for cell in row]
    assert FORMULA in {cell.value for cell in cells}
    assert not [cell for cell in cells if cell.data_type == "f" or cell.hyperlink]


def test_a_workbook_has_native_charts_with_words_for_who_does_not_see_them() -> None:
    body = report_xlsx(town_report())
    assert len(sheets(body)["Verlauf"]._charts) == 3
    with ZipFile(io.BytesIO(body)) as archive:
        drawing = archive.read("xl/drawings/drawing1.xml").decode()
    assert len(re.findall(r'descr="[^"]+ je Monat\.', drawing)) == 3


def office(folder: Path, *arguments: str) -> None:
    """Run LibreOffice with German settings and a profile of its own."""
    soffice = require_program("soffice", "libreoffice-calc-nogui")
    profile = folder / "profile"
    (profile / "user").mkdir(parents=True, exist_ok=True)
    (profile / "user" / "registrymodifications.xcu").write_text(
        '<?xml version="1.0" encoding="UTF-8"?><oor:items xmlns:oor="http://openoffice.org/2001/registry">'
        '<item oor:path="/org.openoffice.Setup/L10N"><prop oor:name="ooSetupSystemLocale" oor:op="fuse">'
        "<value>de-DE</value></prop></item></oor:items>",
        "utf-8",
    )
    subprocess.run(
        [soffice, f"-env:UserInstallation={profile.as_uri()}", "--headless", *arguments],
        check=True, capture_output=True, timeout=90, cwd=folder, env={**os.environ, "HOME": str(folder)},
    )  # fmt: skip


def test_libreoffice_with_german_settings_reads_columns_days_numbers_and_keys(tmp_path: Path) -> None:
    book = tmp_path / "buch.xlsx"
    book.write_bytes(report_xlsx(network_report()))
    # Each sheet, as people see it.
    as_seen = "out.csv:Text - txt - csv (StarCalc):59,34,76,1,,1031,false,true,false,false,false,-1"
    office(tmp_path, "--convert-to", as_seen, str(book))
    (data,) = tmp_path.glob("buch.out-Daten.csv")
    names, *rows = csv.reader(data.read_text("utf-8").splitlines(), delimiter=";")
    found = [dict(zip(names, row, strict=True)) for row in rows]
    assert len(found) == len(network_report().rows)
    moelln = [row for row in found if row["town"] == "Mölln" and row["figure"] == "visits_per_open_hour"]
    assert [(one["ags"], one["period_start"], one["value"]) for one in moelln] == [
        ("01053090", "01.01.2026", "31,4")
    ]


# --- PDF ---


def elements(pdf: pikepdf.Pdf) -> Iterator[Any]:
    """Give all elements of the tree of tags."""
    waiting: list[Any] = [pdf.Root.StructTreeRoot]
    while waiting:
        one = waiting.pop()
        if isinstance(one, pikepdf.Dictionary):
            if "/S" in one:
                yield one
            kids: Any = one.get("/K", [])
            waiting += list(kids) if isinstance(kids, pikepdf.Array) else [kids]


@pytest.mark.parametrize("made", [town_report, network_report, town_without_space])
def test_a_pdf_is_accessible_tagged_german_titled_and_every_chart_has_words(
    made: Callable[[], Report], town_pdf: bytes
) -> None:
    body = town_pdf if made is town_report else report_pdf(made())
    with pikepdf.open(io.BytesIO(body)) as pdf:
        assert pdf.Root.Lang == "de"
        assert pdf.Root.MarkInfo.Marked
        assert pdf.Root.ViewerPreferences.DisplayDocTitle
        with pdf.open_metadata() as about:
            assert about["pdfuaid:part"] == "1"
            assert about["dc:title"].startswith("Nutzung: ")
        tags = list(elements(pdf))
        kinds = [str(one.S) for one in tags]
        figures = [one for one in tags if one.S == "/Figure"]
        assert all(str(one.Alt).startswith("Säulen: ") for one in figures)
        assert len(figures) == {town_report: 3, network_report: 5, town_without_space: 0}[made]
        assert {"/H1", "/H2", "/P", "/Table", "/TH", "/TD", "/Caption"} <= set(kinds)
        assert pdf.docinfo["/Title"] == about["dc:title"]


def test_the_pdf_of_a_town_answers_ten_questions_in_its_own_text(town_pdf: bytes) -> None:
    text = told("".join(page.extract_text() for page in PdfReader(io.BytesIO(town_pdf)).pages[:-1]))
    documented = (ROOT / "docs" / "explanation" / "report.md").read_text("utf-8")
    for one in answers(town_report(), "de"):
        assert told(one.question) in text
        assert f"**{one.question}**" in documented
        for sentence in one.sentences:
            assert told(sentence) in text, sentence
        assert any(told(sentence) in told(documented) for sentence in one.sentences), one.question


def test_a_name_in_a_pdf_is_never_markup(town_pdf: bytes) -> None:
    text = told("".join(page.extract_text() for page in PdfReader(io.BytesIO(town_pdf)).pages))
    assert told(FORMULA) in text


def test_letters_that_no_font_has_make_a_plain_pdf_and_not_none(monkeypatch: pytest.MonkeyPatch) -> None:
    tried = []
    import typst

    compiled = typst.compile

    def compile_(*arguments: Any, **named: Any) -> Any:
        tried.append(named.get("pdf_standards"))
        if named.get("pdf_standards"):
            raise typst.TypstError("no font has this letter", "")
        return compiled(*arguments, **named)

    monkeypatch.setattr(typst, "compile", compile_)
    monkeypatch.setattr(pdf_module, "draw", lambda _: "<svg xmlns='http://www.w3.org/2000/svg'/>")
    assert report_pdf(town_without_space()).startswith(b"%PDF")
    assert tried == ["ua-1", None]


# --- Page and charts ---


def test_a_page_needs_nothing_else_and_runs_nothing() -> None:
    text = report_html(town_report()).decode("utf-8")
    assert text.startswith('<!DOCTYPE html>\n<html lang="de">')
    assert "<script" not in text
    addresses = re.findall(r'(?:src|href)="([^"]*)"', text)
    assert addresses
    assert all(one.startswith("data:image/svg+xml;base64,") for one in addresses)
    assert not re.search(r"url\(|@import", text)
    assert all(alt.startswith("Säulen: ") for alt in re.findall(r'<img [^>]*alt="([^"]*)"', text))
    assert "=HYPERLINK(&quot;http://x&quot;;&quot;Grüß Gott&quot;) #[*_$" in text


def test_a_chart_says_in_words_what_it_shows_and_has_a_sign_where_there_is_no_number() -> None:
    points = (Point("Jan", "."), Point("Feb", "x"))
    chart = Chart(Shape.MONTHS, (Series("Besuche", points),), "Besuche", 'Säulen: "a" & b', "de")
    svg = draw(chart)
    assert 'role="img" aria-label="Säulen: &quot;a&quot; &amp; b"' in svg
    assert ">.</text>" in svg
    assert ">x</text>" in svg
    assert draw(chart) == svg
