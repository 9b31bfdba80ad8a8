"""Frozen reports: one text for one report, so that the same numbers always have the same checksum (requirement F2).

The text is JSON with sorted names and no spaces, in UTF-8; numbers of figures are texts, because a binary fraction
would not come back as it was written. What is read again is equal to what was frozen, to the last digit.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import fields, replace
from datetime import date
from decimal import Decimal
from typing import Any, Final

from hub.domain.errors import NotTrue
from hub.domain.statistics.findings import Flag, Place, PlaceLevel
from hub.domain.statistics.periods import Month, Span
from hub.domain.statistics.printed import Audience, PlaceNote, Printed, Report, Target, ValueStatus

FORMAT: Final = 1
"""Of the text; stands in it, so that a report that was frozen ten years ago can be read."""


def freeze(report: Report) -> Report:
    """Return a report as it is published: final, and with the checksum of its text."""
    final = replace(report, is_preliminary=False, checksum="")
    return replace(final, checksum=_digest(_plain(final)))


def checksum_of(report: Report) -> str:
    """Return the SHA-256 of a report's text in hex; what the report says its checksum is does not count."""
    return _digest(_plain(replace(report, checksum="")))


def rows_digest(rows: Sequence[Printed]) -> str:
    """Return a SHA-256 in hex of rows alone: the same on another day, as long as the same would be printed."""
    return _digest([_row(row) for row in rows])


def to_text(report: Report) -> str:
    """Return the text of a report, with its checksum."""
    return _canonical(_plain(report))


def from_text(text: str) -> Report:
    """Return the report of a text.

    Raises:
        NotTrue: when the text is not what was frozen: somebody changed it, or it is not whole.
    """
    try:
        report = _report(json.loads(text))
    except (ValueError, KeyError, TypeError, ArithmeticError) as error:
        raise NotTrue(f"a frozen report can't be read ({error}): restore it from a backup") from error
    # The text itself is what was frozen; its own checksum was not there yet. It stands before all that anyone wrote.
    bare = text.replace(f'"checksum":"{report.checksum}"', '"checksum":""', 1)
    if hashlib.sha256(bare.encode("utf-8")).hexdigest() != report.checksum:
        raise NotTrue(
            f"the frozen report of {report.subject.level} {report.subject.id}, {report.period}, version "
            f"{report.version} does not have its checksum: restore it from a backup"
        )
    return report


def _digest(plain: object) -> str:
    return hashlib.sha256(_canonical(plain).encode("utf-8")).hexdigest()


def _canonical(plain: object) -> str:
    return json.dumps(plain, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def _plain(report: Report) -> dict[str, object]:
    return {
        "format": FORMAT,
        "subject": _place(report.subject),
        "period": _span(report.period),
        "audience": report.audience.value,
        "version": report.version,
        "made_on": report.made_on.isoformat(),
        "publisher": report.publisher,
        "places": [_note(note) for note in report.places],
        "rows": [_row(row) for row in report.rows],
        "targets": [_target(target) for target in report.targets],
        "packages": [list(package) for package in report.packages],
        "checksum": report.checksum,
        "previous": [_row(row) for row in report.previous],
        "is_preliminary": report.is_preliminary,
    }


def _report(plain: Mapping[str, Any]) -> Report:
    if plain["format"] != FORMAT:
        raise ValueError(f"format {plain['format']} is not known to this version")
    return Report(
        subject=_read_place(plain["subject"]),
        period=_read_span(plain["period"]),
        audience=Audience(plain["audience"]),
        version=plain["version"],
        made_on=date.fromisoformat(plain["made_on"]),
        publisher=plain["publisher"],
        places=tuple(_read_note(note) for note in plain["places"]),
        rows=tuple(_read_row(row) for row in plain["rows"]),
        targets=tuple(_read_target(target) for target in plain["targets"]),
        packages=tuple((name, version) for name, version in plain["packages"]),
        checksum=plain["checksum"],
        previous=tuple(_read_row(row) for row in plain["previous"]),
        is_preliminary=plain["is_preliminary"],
    )


def _place(place: Place) -> list[str]:
    return [place.level.value, place.id]


def _read_place(plain: Sequence[str]) -> Place:
    level, id_ = plain
    return Place(PlaceLevel(level), id_)


def _span(span: Span) -> list[str]:
    return [str(span.first), str(span.last)]


def _read_span(plain: Sequence[str]) -> Span:
    first, last = plain
    return Span(Month.parse(first), Month.parse(last))


def _number(value: Decimal | None) -> str | None:
    return None if value is None else str(value)


def _read_number(plain: str | None) -> Decimal | None:
    return None if plain is None else Decimal(plain)


def _day(value: date | None) -> str | None:
    return None if value is None else value.isoformat()


def _read_day(plain: str | None) -> date | None:
    return None if plain is None else date.fromisoformat(plain)


def _row(row: Printed) -> dict[str, object]:
    return {
        "place": _place(row.place),
        "period": _span(row.period),
        "figure": row.figure,
        "status": row.status.value,
        "value": _number(row.value),
        "low": _number(row.low),
        "high": _number(row.high),
        "reason": row.reason,
        "method": row.method,
        "valid_pct": row.valid_pct,
        "flags": sorted(flag.value for flag in row.flags),
    }


def _read_row(plain: Mapping[str, Any]) -> Printed:
    return Printed(
        place=_read_place(plain["place"]),
        period=_read_span(plain["period"]),
        figure=plain["figure"],
        status=ValueStatus(plain["status"]),
        value=_read_number(plain["value"]),
        low=_read_number(plain["low"]),
        high=_read_number(plain["high"]),
        reason=plain["reason"],
        method=plain["method"],
        valid_pct=plain["valid_pct"],
        flags=frozenset(Flag(flag) for flag in plain["flags"]),
    )


def _note(note: PlaceNote) -> dict[str, object]:
    plain = {one.name: getattr(note, one.name) for one in fields(note)}
    return plain | {"place": _place(note.place), "inhabitants_on": _day(note.inhabitants_on)}


def _read_note(plain: Mapping[str, Any]) -> PlaceNote:
    read = {"place": _read_place(plain["place"]), "inhabitants_on": _read_day(plain["inhabitants_on"])}
    return PlaceNote(**{**plain, **read})


def _target(target: Target) -> dict[str, object]:
    return {
        "place": _place(target.place),
        "figure": target.figure,
        "period": _span(target.period),
        "target": _number(target.target),
        "baseline": _number(target.baseline),
        "baseline_on": _day(target.baseline_on),
        "source": target.source,
    }


def _read_target(plain: Mapping[str, Any]) -> Target:
    return Target(
        place=_read_place(plain["place"]),
        figure=plain["figure"],
        period=_read_span(plain["period"]),
        target=Decimal(plain["target"]),
        baseline=_read_number(plain["baseline"]),
        baseline_on=_read_day(plain["baseline_on"]),
        source=plain["source"],
    )
