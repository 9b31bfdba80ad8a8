"""What a document is made of, for whatever sets it (PDF, HTML): headings, paragraphs, tables and charts; pure."""

from dataclasses import dataclass
from typing import TypeAlias

from hub.export.charts import Chart


@dataclass(frozen=True, slots=True)
class Heading:
    """A heading; the title of the document is none."""

    level: int
    text: str


@dataclass(frozen=True, slots=True)
class Paragraph:
    """A paragraph; `is_loud` of what nobody may overlook, `is_note` of what belongs to the table above."""

    text: str
    is_loud: bool = False
    is_note: bool = False


@dataclass(frozen=True, slots=True)
class Bullets:
    """A list."""

    items: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Table:
    """A table with one header row; its first column names the rows.

    Args:
        numeric: how many columns, from the second on, hold numbers.
        widths: of its columns, each as a share of all; 0 for one that is as wide as what it holds.
        is_dense: of many narrow columns, such as twelve months.
    """

    caption: str
    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    numeric: int
    widths: tuple[float, ...]
    is_dense: bool = False


@dataclass(frozen=True, slots=True)
class Picture:
    """A chart with the sentence above it."""

    chart: Chart
    caption: str


Block: TypeAlias = Heading | Paragraph | Bullets | Table | Picture


@dataclass(frozen=True, slots=True)
class Document:
    """A report in words.

    Args:
        banner: what each page says above all; empty for nothing.
        facts: what stands below the title, as label and text.
        foot: at the bottom of each page.
    """

    language: str
    title: str
    subtitle: str
    banner: str
    author: str
    facts: tuple[tuple[str, str], ...]
    blocks: tuple[Block, ...]
    foot: str


def quiet(_done: int, _count: int) -> None:
    """Tell nobody how far a document is."""
