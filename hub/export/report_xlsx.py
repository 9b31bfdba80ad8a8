"""A report as a workbook: overview, course with native charts, tidy data, method note (requirements O1, A9, S8); pure.

Nothing in it is a formula or a link, whatever somebody is called; keys of towns are text. The day of the report stands
in place of the moment of writing, so the same report gives the same bytes.
"""

from collections.abc import Sequence
from datetime import date, datetime, time
from decimal import Decimal
from io import BytesIO
from typing import TYPE_CHECKING, Any, Final

from hub.domain.statistics.figures import Unit
from hub.domain.statistics.periods import Span
from hub.domain.statistics.printed import Printed, Report
from hub.export import report_answers as words
from hub.export import report_values as values
from hub.export.charts import DARK, GRID, LIGHT
from hub.export.document import Document, Paragraph, Table
from hub.export.report_charts import TRENDS
from hub.export.report_document import document_of
from hub.export.report_document_words import DOCUMENT
from hub.export.report_months import lines_of
from hub.export.report_table import COLUMNS, Cell, Kind, tidy
from hub.export.report_words import WORDS
from hub.export.report_xlsx_words import XLSX

if TYPE_CHECKING:
    from xlsxwriter.format import Format
    from xlsxwriter.workbook import Workbook
    from xlsxwriter.worksheet import Worksheet

_A4: Final = 9
_WIDTHS: Final = {
    "figure_name": 34, "reason_text": 60, "space": 24, "town": 20, "period": 17, "figure": 22, "value_status": 14,
    "reason": 16, "ags": 11, "method_version": 15, "valid_data_pct": 14, "report_version": 14,
}  # fmt: skip


def report_xlsx(report: Report, language: str = "de") -> bytes:
    """Return a report as a workbook for Excel and LibreOffice."""
    from xlsxwriter.workbook import Workbook

    written = BytesIO()
    # A text is never taken for a formula, a link or a number.
    options = {
        "in_memory": True,
        "strings_to_formulas": False,
        "strings_to_urls": False,
        "strings_to_numbers": False,
        "default_date_format": "dd.mm.yyyy" if language == "de" else "dd/mm/yyyy",
    }
    with Workbook(written, options) as book:
        _Book(book, report, language).write()
    return written.getvalue()


class _Book:
    """One workbook while it is written."""

    def __init__(self, book: "Workbook", report: Report, language: str) -> None:
        self._book, self._report, self._language = book, report, language
        self._said, self._sheets = DOCUMENT[language], XLSX[language]
        self._document: Document = document_of(report, language)
        self._formats: dict[tuple[tuple[str, Any], ...], Format] = {}

    def write(self) -> None:
        """Write all sheets."""
        self._book.set_properties(
            {
                "title": self._document.title,
                "subject": self._document.subtitle,
                "author": self._report.publisher,
                "comments": self._document.foot,
                "created": datetime.combine(self._report.made_on, time(12)),
            }
        )
        self._overview()
        self._course()
        self._data()
        self._method()

    def _format(self, **properties: Any) -> "Format":
        key = tuple(sorted(properties.items()))
        if key not in self._formats:
            self._formats[key] = self._book.add_format({"valign": "top", **properties})
        return self._formats[key]

    def _head(self, side: str) -> "Format":
        return self._format(
            align=side,
            indent=int(side == "left"),
            bold=True,
            bg_color="#EEF3F5",
            bottom=2,
            bottom_color=DARK,
            text_wrap=True,
        )

    def _sheet(self, name: str, *, is_wide: bool, pages: int = 1) -> "Worksheet":
        sheet = self._book.add_worksheet(name)
        sheet.set_paper(_A4)
        if is_wide:
            sheet.set_landscape()
        sheet.fit_to_pages(pages, 0)
        sheet.set_margins(left=0.7, right=0.7, top=0.9, bottom=0.8)
        # In headers "&" begins a code.
        title, foot = (text.replace("&", "&&") for text in (self._document.title, self._document.foot))
        banner = self._document.banner.replace("&", "&&")
        sheet.set_header(f"&L{title[:110]}&R&B{banner}")
        sheet.set_footer(f"&L{foot[:110]}&R{self._said['page']} &P {self._said['of']} &N")
        return sheet

    def _overview(self) -> None:
        sheet = self._sheet(self._sheets["overview"], is_wide=False)
        sheet.set_column(0, 0, 44)
        sheet.set_column(1, 3, 15)
        sheet.set_column(4, 4, 62)
        sheet.write_string(0, 0, self._document.title, self._format(bold=True, font_size=16, font_color=DARK))
        sheet.write_string(1, 0, self._document.subtitle)
        line = 2
        if self._document.banner:
            sheet.write_string(line, 0, self._document.banner, self._format(bold=True))
            line += 1
        for name, text in self._document.facts:
            sheet.write_string(line, 0, name)
            sheet.write_string(line, 1, text)
            line += 1
        line += 1
        for sentence in words.highlights(self._report, self._language):
            sheet.write_string(line, 0, sentence)
            line += 1
        line += 1
        header = [self._said[name] for name in ("figure", "actual", "target", "baseline", "reliability")]
        header[1] = values.span_name(self._report.period, self._language)
        self._header(sheet, line, header, has_words=1)
        sheet.repeat_rows(line)
        targets = {(one.place, one.figure, one.period): one for one in self._report.targets}
        for row, told in lines_of(self._report, self._report.subject, self._language):
            line += 1
            target = targets.get((row.place, row.figure, row.period))
            unit = values.figure_of(row.figure).unit
            sheet.write_string(line, 0, told.name, self._format(align="left", indent=1))
            if row.is_shown:
                self._value(sheet, line, 1, row)
            else:
                sheet.write_string(line, 1, told.value, self._format(align="right"))
            if target is not None:
                self._number(sheet, line, 2, target.target, unit)
                if target.baseline is not None:
                    self._number(sheet, line, 3, target.baseline, unit)
            sheet.write_string(
                line, 4, told.reliability, self._format(align="left", text_wrap=True, indent=1)
            )
            sheet.set_row(line, _height(told.reliability, 60))

    def _course(self) -> None:
        """Write months of the subject, and a native chart for each figure."""
        sheet = self._sheet(self._sheets["course"], is_wide=True)
        months = [Span.of_month(month) for month in self._report.period.months()]
        subject = self._report.subject
        figures = values.in_order(
            {row.figure for row in self._report.rows if row.place == subject and row.period in set(months)}
        )
        names = [values.figure_name(figure, self._language) for figure in figures]
        self._header(sheet, 0, [self._said["month"], *names])
        sheet.repeat_rows(0)
        sheet.freeze_panes(1, 1)
        sheet.set_column(0, 0, 18)
        sheet.set_column(1, max(len(figures), 1), 20)
        for line, month in enumerate(months, start=1):
            sheet.write_string(line, 0, values.month_name(month.first, self._language, is_short=True))
            for column, figure in enumerate(figures, start=1):
                row = self._report.row(subject, figure, month)
                if row is not None:
                    self._value(sheet, line, column, row)
        below = len(months) + 2
        sheet.write_string(below, 0, self._sheets["no_bar"])
        self._charts(sheet, figures, names, len(months), below + 2)

    def _charts(
        self, sheet: "Worksheet", figures: Sequence[str], names: Sequence[str], months: int, line: int
    ) -> None:
        course = self._sheets["course"]
        groups = [[figure for figure in group if figure in figures] for group in TRENDS]
        for number, group in enumerate(group for group in groups if group):
            chart = self._book.add_chart({"type": "column"})
            for fill, figure in zip((DARK, LIGHT), group, strict=False):
                column = figures.index(figure) + 1
                chart.add_series(
                    {
                        "name": [course, 0, column],
                        "categories": [course, 1, 0, months, 0],
                        "values": [course, 1, column, months, column],
                        "fill": {"color": fill},
                        "border": {"color": DARK},
                    }
                )
            called = values.joined([names[figures.index(figure)] for figure in group], self._language)
            title = self._said["by_month"].format(figure=called)
            chart.set_title({"name": title, "name_font": {"size": 12}})
            unit = values.figure_of(group[0]).unit
            axis = WORDS[self._language].unit_names.get(unit, unit.value)
            chart.set_y_axis(
                {"name": axis, "min": 0, "major_gridlines": {"visible": True, "line": {"color": GRID}}}
            )
            chart.set_legend({"position": "bottom"} if len(group) > 1 else {"none": True})
            chart.set_size({"width": 620, "height": 300})
            sheet.insert_chart(
                line + 16 * (number // 2), 5 * (number % 2), chart,
                {"description": f"{title}. {self._sheets['chart_alt']}", "object_position": 2},
            )  # fmt: skip

    def _data(self) -> None:
        sheet = self._sheet(self._sheets["data"], is_wide=True, pages=2)
        rows = tidy(self._report)
        self._header(sheet, 0, [column.name for column in COLUMNS], has_words=len(COLUMNS))
        sheet.repeat_rows(0)
        sheet.freeze_panes(1, 0)
        sheet.autofilter(0, 0, max(len(rows), 1), len(COLUMNS) - 1)
        for number, column in enumerate(COLUMNS):
            sheet.set_column(number, number, _WIDTHS.get(column.name, 12))
            for line, row in enumerate(rows, start=1):
                self._cell(sheet, line, number, row[number], column.kind)

    def _cell(self, sheet: "Worksheet", line: int, number: int, cell: Cell, kind: Kind) -> None:
        if cell is None or cell == "":
            return
        if isinstance(cell, Decimal):
            self._number(sheet, line, number, cell, Unit.COUNT)
        elif isinstance(cell, date):
            sheet.write_datetime(line, number, datetime.combine(cell, time()))
        elif kind is Kind.INTEGER and isinstance(cell, int):
            sheet.write_number(line, number, cell)
        else:
            # "@" keeps the key of a town a text when somebody edits it.
            sheet.write_string(line, number, str(cell), self._format(num_format="@"))

    def _method(self) -> None:
        sheet = self._sheet(self._sheets["method"], is_wide=False)
        sheet.set_column(0, 0, 34)
        sheet.set_column(1, 1, 90)
        wrapped, name = self._format(text_wrap=True), self._format(bold=True, text_wrap=True)
        self._header(sheet, 0, [self._sheets["about"], self._sheets["text"]], has_words=1)
        sheet.repeat_rows(0)
        rows = [(self._sheets["note"], text) for text in words.method_note(self._report, self._language)]
        rows += [
            (one.question, " ".join(one.sentences)) for one in words.answers(self._report, self._language)
        ]
        for block in self._document.blocks:
            if isinstance(block, Table) and block.header[-1] == self._said["formula"]:
                rows += [(row[0], f"{row[2]} ({self._said['version']} {row[1]})") for row in block.rows]
        checksum = [block.text for block in self._document.blocks[-2:] if isinstance(block, Paragraph)]
        rows += [(self._said["version"], text) for text in checksum]
        for line, (about, text) in enumerate(rows, start=1):
            sheet.write_string(line, 0, about, name)
            sheet.write_string(line, 1, text, wrapped)
            sheet.set_row(line, max(_height(about, 34), _height(text, 90)))

    def _header(self, sheet: "Worksheet", line: int, names: Sequence[str], *, has_words: int = 0) -> None:
        for column, text in enumerate(names):
            is_number = 0 < column < len(names) - has_words
            sheet.write_string(line, column, text, self._head("right" if is_number else "left"))
        # Two lines: names of figures are longer than their numbers.
        sheet.set_row(line, 30)

    def _value(self, sheet: "Worksheet", line: int, column: int, row: Printed) -> None:
        """Write a number as a number; a band, a sign, and a number with a letter as people read them."""
        if row.value is not None and not values.letters(row):
            self._number(sheet, line, column, row.value, values.figure_of(row.figure).unit)
        else:
            sheet.write_string(line, column, values.shown(row, self._language), self._format(align="right"))

    def _number(self, sheet: "Worksheet", line: int, column: int, value: Decimal, unit: Unit) -> None:
        exponent = value.as_tuple().exponent
        decimals = -exponent if isinstance(exponent, int) and exponent < 0 else 0
        shape = "#,##0" + (f".{'0' * decimals}" if decimals else "")
        behind = {Unit.PERCENT: '" %"', Unit.EURO: '" €"', Unit.KILOGRAMS: '" kg"'}.get(unit, "")
        sheet.write_number(line, column, float(value), self._format(num_format=shape + behind))


def _height(text: str, width: int) -> float:
    """Return how high a row is whose text is wrapped: LibreOffice does not work it out when it opens a file.

    Args:
        width: of the column, in characters.
    """
    return 15.0 * max(1, -(-len(text) * 11 // (width * 10)))
