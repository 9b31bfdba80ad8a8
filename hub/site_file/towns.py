"""Reads a whole site file into towns.

`read_site` gives everything wrong with a file at once: whoever mends one line wants to know of the other four.
"""

import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

from hub.domain.errors import InvalidSite
from hub.domain.space import LAND_OF_AGS, Town
from hub.site_file.fields import MAX_NOTE, Problem, Report, Table
from hub.site_file.lines import Place, lines
from hub.site_file.spaces import read_space

MAX_INHABITANTS: Final = 10_000_000
_AGS: Final = re.compile(r"[0-9]{8}")
_AT_LINE: Final = re.compile(r"\(at line (\d+), column \d+\)|\(at end of document\)")


@dataclass(frozen=True, slots=True)
class SiteFile:
    """What a site file says.

    Args:
        towns: in its order.
        warnings: what is probably not meant so, one sentence each, with file and line.
        editions: by space which edition of it the file was written from; a file by hand does not say.
    """

    towns: tuple[Town, ...]
    warnings: tuple[str, ...]
    editions: Mapping[str, int] = field(default_factory=dict)


def read_site(data: bytes, name: str) -> SiteFile:
    """Return what a site file says.

    Args:
        data: the file's bytes.
        name: the file's name, for messages.

    Raises:
        InvalidSite: when anything in it can't be used; one line for each mistake: file, line, field, value, remedy.
    """
    text, document = _parse(data, name)
    report = Report()
    top = Table(document, (), "file", report)
    tables = list(top.tables("town"))
    editions: dict[str, int] = {}
    towns = [_read_town(table, editions) for table in tables]
    top.finish()
    if not tables and not report.errors:
        report.errors.append(Problem((), "file: town: is missing: begin with [[town]]"))
    _check_unique(tables, "id", [town.id for town in towns])
    _check_unique(tables, "ags", [town.ags for town in towns])
    _check_space_ids(tables, towns, report)
    _check_neighbours(tables, towns)
    where = lines(text)
    if report.errors:
        raise InvalidSite("\n".join(_sentences(report.errors, where, name)))
    return SiteFile(tuple(towns), tuple(_sentences(report.warnings, where, name)), editions)


def _parse(data: bytes, name: str) -> tuple[str, dict[str, object]]:
    try:
        text = data.decode("utf-8-sig").replace("\r\n", "\n")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        byte = data[error.start]
        raise InvalidSite(
            f"{name} line {line}: byte 0x{byte:02x} is not UTF-8: save the file as UTF-8"
        ) from None
    try:
        return text, tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        found = _AT_LINE.search(str(error))
        line = int(found[1]) if found and found[1] else text.count("\n") + 1
        problem = _AT_LINE.sub("", str(error)).strip()
        raise InvalidSite(f"{name} line {line}: not TOML: {problem}") from None
    except RecursionError:
        raise InvalidSite(f"{name}: brackets are nested too deeply: a site file needs three levels") from None


def _read_town(table: Table, editions: dict[str, int]) -> Town:
    id_ = table.id()
    ags, land = _read_ags(table)
    spaces = [read_space(part, id_) for part in table.tables("space")]
    editions.update((space.id, edition) for space, edition in spaces if edition)
    town = Town(
        id=id_,
        ags=ags,
        name=table.text("name", required=True),
        land=land,
        catholic=table.flag("catholic", False),
        inhabitants=table.whole("inhabitants", 0, 1, MAX_INHABITANTS) or None,
        inhabitants_on=table.day("inhabitants_on"),
        neighbours=tuple(table.texts("neighbours")),
        note_de=table.text("note_de", limit=MAX_NOTE),
        note_en=table.text("note_en", limit=MAX_NOTE),
        spaces=tuple(space for space, _ in spaces),
    )
    if (town.inhabitants is None) != (town.inhabitants_on is None):
        table.error(
            "inhabitants_on", "goes together with inhabitants: a number without its day can't be compared"
        )
    table.finish()
    return town


def _read_ags(table: Table) -> tuple[str, str]:
    ags, land = table.text("ags", required=True), table.text("land", required=True)
    if ags and not _AGS.fullmatch(ags):
        table.error("ags", f'"{ags}" is no Amtlicher Gemeindeschlüssel: write eight digits in quotes')
        ags = ""
    if land and land not in LAND_OF_AGS.values():
        table.error("land", f'"{land}" is no Land: use one of {", ".join(LAND_OF_AGS.values())}')
    elif ags and land and LAND_OF_AGS.get(ags[:2]) != land:
        belongs = LAND_OF_AGS.get(ags[:2], "no Land at all")
        table.error("ags", f'"{ags}" begins with {ags[:2]}, which is {belongs}, but land is "{land}"')
    return ags, land


def _check_unique(tables: Iterable[Table], key: str, values: Iterable[str]) -> None:
    seen: set[str] = set()
    for table, value in zip(tables, values, strict=True):
        if value and value in seen:
            table.error(key, f'"{value}" is there twice: each needs its own')
        seen.add(value)


def _check_space_ids(tables: list[Table], towns: list[Town], report: Report) -> None:
    """A space's id is unique in the whole network: it is its address, and its topics'."""
    seen: set[str] = set()
    for table, town in zip(tables, towns, strict=True):
        for index, space in enumerate(town.spaces):
            if space.id and space.id in seen:
                place: Place = (*table.place, "space", index, "id")
                text = f'space "{space.id}": id: "{space.id}" is there twice: each space of the file needs its own'
                report.errors.append(Problem(place, text))
            seen.add(space.id)


def _check_neighbours(tables: list[Table], towns: list[Town]) -> None:
    known = {town.id for town in towns}
    for table, town in zip(tables, towns, strict=True):
        for neighbour in town.neighbours:
            if neighbour == town.id:
                table.error("neighbours", f'"{neighbour}" is the town itself')
            elif neighbour not in known:
                table.error(
                    "neighbours",
                    f'"{neighbour}" is no town of this file: use one of {", ".join(sorted(known))}',
                )
        if len(set(town.neighbours)) != len(town.neighbours):
            table.error("neighbours", "names a town twice")


def _sentences(problems: Iterable[Problem], where: dict[Place, int], name: str) -> list[str]:
    found = [(_line(problem.place, where), problem.text) for problem in problems]
    return [f"{name} line {line}: {text}" for line, text in sorted(found, key=lambda row: row[0])]


def _line(place: Place, where: dict[Place, int]) -> int:
    while place and place not in where:
        place = place[:-1]
    return where.get(place, 1)
