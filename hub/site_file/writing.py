"""Writes a site as a site file: what `hub.site_file.towns.read_site` reads comes out as it was."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import fields
from datetime import date, time
from json import dumps
from typing import Any, Final

from hub.domain.site_changes import Edition
from hub.domain.space import Desk, OpeningPeriod, Space, Town
from hub.site_file.spaces import WEEKDAYS

HEAD: Final = """\
# Written by `ankerort-hub site export`. Change what you like and import it again; `edition` says from which state of
# a space it was written, so that nothing is undone that somebody changes in the browser meanwhile.
"""


def write_site(towns: Sequence[Town], editions: Mapping[str, Edition]) -> str:
    """Return a site file.

    Args:
        towns: with their spaces.
        editions: how often each space was changed, by id.
    """
    return HEAD + "".join(_town(town, editions) for town in towns)


def _town(town: Town, editions: Mapping[str, Edition]) -> str:
    lines = _lines(
        {
            "id": town.id,
            "ags": town.ags,
            "name": town.name,
            "land": town.land,
            "catholic": town.catholic or None,
            "inhabitants": town.inhabitants,
            "inhabitants_on": town.inhabitants_on,
            "neighbours": town.neighbours or None,
            "note_de": town.note_de or None,
            "note_en": town.note_en or None,
        }
    )
    return f"\n[[town]]\n{lines}" + "".join(_space(space, editions) for space in town.spaces)


def _space(space: Space, editions: Mapping[str, Edition]) -> str:
    edition = editions.get(space.id)
    lines = _lines(
        {
            "id": space.id,
            "edition": edition.version if edition else None,
            "name": space.name,
            "kind": space.kind,
            "phase": space.phase,
            "valid_from": space.valid_from,
            "valid_to": space.valid_to,
            "time_zone": space.time_zone,
            "address": space.address or None,
            "controller": space.controller or None,
            "granularity": space.granularity,
            "public_detail": space.public_detail,
            "public_detail_reason": space.public_detail_reason or None,
            "plan": (space.plan_width, space.plan_depth),
            **_opening(space.opening),
            "closed_on": space.closed_on or None,
        }
    )
    parts: dict[str, Iterable[Mapping[str, Any]]] = {
        "zone": ({"id": zone.id, "name": zone.name} for zone in space.zones),
        "device": ({"id": device.id, "name": device.name} for device in space.devices),
        "door": ({"id": door.id, "name": door.name, "device": door.device or None} for door in space.doors),
        "desk": map(_desk, space.desks),
    }
    text = f"\n[[town.space]]\n{lines}"
    for name, found in parts.items():
        rows = [f"  {_inline(part)},\n" for part in found]
        text += f"{name} = [\n{''.join(rows)}]\n" if rows else ""
    for name, decided in (("access", space.access), ("bookings", space.bookings)):
        if decided is not None:
            values = {one.name: getattr(decided, one.name) for one in fields(decided)}
            text += f"\n[town.space.{name}]\n{_lines(values)}"
    return text


def _opening(periods: Sequence[OpeningPeriod]) -> dict[str, tuple[str, ...]]:
    days: dict[int, tuple[str, ...]] = {}
    for one in periods:
        closes = "24:00" if one.closes == time() else f"{one.closes:%H:%M}"
        days[one.weekday] = (*days.get(one.weekday, ()), f"{one.opens:%H:%M}-{closes}")
    return {f"opening.{WEEKDAYS[day]}": spans for day, spans in sorted(days.items())}


def _desk(desk: Desk) -> dict[str, Any]:
    return {
        "id": desk.id,
        "name": desk.name,
        "zone": desk.zone or None,
        "at": (desk.x, desk.y),
        "size": (desk.width, desk.depth),
        "angle": desk.angle or None,
        "sensor": desk.sensor or None,
        "device": desk.device or None,
        "in_service": None if desk.in_service else False,
    }


def _lines(values: Mapping[str, Any]) -> str:
    return "".join(f"{name} = {_value(value)}\n" for name, value in values.items() if value is not None)


def _inline(values: Mapping[str, Any]) -> str:
    told = (f"{name} = {_value(value)}" for name, value in values.items() if value is not None)
    return f"{{ {', '.join(told)} }}"


def _value(value: Any) -> str:
    match value:
        case bool():
            return str(value).lower()
        case int():
            return str(value)
        case date():
            return value.isoformat()
        case time():
            return f'"{value:%H:%M}"'
        case str():
            # JSON writes texts as TOML does, but for one character.
            return dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
        case _:
            return f"[{', '.join(map(_value, value))}]"
