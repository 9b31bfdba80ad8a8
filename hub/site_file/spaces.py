"""Reads one `[[town.space]]` with its hours, zones, devices, desks and doors, and checks that they fit together."""

import re
from collections.abc import Iterable
from datetime import date, time
from functools import cache
from itertools import pairwise
from typing import Final
from zoneinfo import available_timezones

from hub.domain.plan import MAX_DESK_CM, MAX_DESKS, MIN_DESK_CM, is_inside, overlaps
from hub.domain.space import (
    SMALL_SPACE_DESKS,
    Desk,
    Device,
    Door,
    Granularity,
    OpeningPeriod,
    Phase,
    PublicDetail,
    SensorKind,
    Space,
    SpaceKind,
    Zone,
)
from hub.site_file.access import read_access
from hub.site_file.bookings import read_bookings
from hub.site_file.fields import Problem, Table

MAX_PLAN_CM: Final = 20_000
MIN_PLAN_CM: Final = 100
MAX_EDITION: Final = 2**31 - 1
WEEKDAYS: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_HOURS: Final = re.compile(r"([01]\d|2[0-3]):([0-5]\d)-(?:([01]\d|2[0-3]):([0-5]\d)|24:00)")


def read_space(table: Table, town: str) -> tuple[Space, int]:
    """Return a space, and which edition of it the file was written from (0 when it does not say).

    Mistakes go to the table's report.

    Args:
        table: `[[town.space]]`.
        town: id of its town.
    """
    space_id = table.id()
    valid_from, valid_to = table.day("valid_from", required=True), table.day("valid_to")
    plan = table.pair("plan", (1000, 600), MIN_PLAN_CM, MAX_PLAN_CM)
    granularity = table.member("granularity", Granularity, Granularity.HOUR)
    space = Space(
        id=space_id,
        town=town,
        name=table.text("name", required=True),
        kind=table.member("kind", SpaceKind),
        phase=table.member("phase", Phase),
        valid_from=valid_from or date.min,
        valid_to=valid_to,
        time_zone=_read_time_zone(table),
        address=table.text("address"),
        controller=table.text("controller"),
        granularity=granularity,
        public_detail=table.member("public_detail", PublicDetail, PublicDetail.STATE),
        public_detail_reason=table.text("public_detail_reason"),
        plan_width=plan[0],
        plan_depth=plan[1],
        opening=_read_opening(table),
        closed_on=tuple(sorted(set(table.days("closed_on")))),
        zones=_read_zones(table),
        devices=_read_devices(table),
        desks=_read_desks(table),
        doors=_read_doors(table),
        access=read_access(table),
        bookings=read_bookings(table, granularity),
    )
    edition = table.whole("edition", 0, 0, MAX_EDITION)
    table.finish()
    if valid_from and valid_to and valid_from > valid_to:
        table.error("valid_to", f"{valid_to} lies before valid_from, {valid_from}")
    if space.kind is SpaceKind.POP_UP and valid_to is None:
        table.warn("valid_to", "is missing: a pop-up usually has a last day")
    _check_parts(table, space)
    return space, edition


@cache
def _time_zones() -> frozenset[str]:
    # Goes through the system's folders, which takes some milliseconds.
    return frozenset(available_timezones())


def _read_time_zone(table: Table) -> str:
    zone = table.text("time_zone") or "Europe/Berlin"
    if zone not in _time_zones():
        table.error("time_zone", f'"{zone}" is no IANA time zone: write for instance "Europe/Berlin"')
    return zone


def _read_opening(table: Table) -> tuple[OpeningPeriod, ...]:
    hours = table.table("opening", f"{table.what}: opening")
    if hours is None:
        return ()
    periods: list[OpeningPeriod] = []
    for key in hours.data:
        days = _weekdays(key)
        if days is None:
            hours.error(
                key, "is no weekday: use mon, tue, wed, thu, fri, sat, sun, or a range such as mon-fri"
            )
            continue
        for text in hours.texts(key):
            if (span := _read_hours(hours, key, text)) is not None:
                periods += [OpeningPeriod(day, *span) for day in days]
    ordered = sorted(periods, key=lambda period: (period.weekday, period.opens))
    for one, other in pairwise(ordered):
        if one.weekday == other.weekday and (one.closes == time() or other.opens < one.closes):
            spans = f"{one.opens:%H:%M}-{_end(one.closes)} and {other.opens:%H:%M}-{_end(other.closes)}"
            table.error("opening", f"on {WEEKDAYS[one.weekday]} {spans} overlap: join them or part them")
    return tuple(ordered)


def _weekdays(key: str) -> range | None:
    first, _, last = key.partition("-")
    if first not in WEEKDAYS or (last or first) not in WEEKDAYS or key.endswith("-"):
        return None
    days = range(WEEKDAYS.index(first), WEEKDAYS.index(last or first) + 1)
    return days or None


def _read_hours(table: Table, key: str, text: str) -> tuple[time, time] | None:
    found = _HOURS.fullmatch(text)
    if found is None:
        table.error(key, f'"{text}" are no hours: write for instance "08:00-18:30", up to "24:00"')
        return None
    opens = time(int(found[1]), int(found[2]))
    closes = time(int(found[3]), int(found[4])) if found[3] else time()
    if found[3] and closes <= opens:
        table.error(
            key,
            f'"{text}" ends before it begins: past midnight, write "{found[1]}:{found[2]}-24:00" and the next day',
        )
        return None
    return opens, closes


def _end(closes: time) -> str:
    return "24:00" if closes == time() else f"{closes:%H:%M}"


def _read_zones(table: Table) -> tuple[Zone, ...]:
    zones = []
    for part in table.tables("zone"):
        zones.append(Zone(part.id(), part.text("name", required=True)))
        part.finish()
    _check_ids(table, "zone", [zone.id for zone in zones])
    return tuple(zones)


def _read_devices(table: Table) -> tuple[Device, ...]:
    devices = []
    for part in table.tables("device"):
        devices.append(Device(part.id(), part.text("name", required=True)))
        part.finish()
    _check_ids(table, "device", [device.id for device in devices])
    return tuple(devices)


def _read_doors(table: Table) -> tuple[Door, ...]:
    doors = []
    for part in table.tables("door"):
        doors.append(Door(part.id(), part.text("name", required=True), part.text("device")))
        part.finish()
    _check_ids(table, "door", [door.id for door in doors])
    return tuple(doors)


def _read_desks(table: Table) -> tuple[Desk, ...]:
    desks = []
    for part in table.tables("desk"):
        id_ = part.id()
        at = part.pair("at", None, 0, MAX_PLAN_CM)
        size = part.pair("size", (140, 70), MIN_DESK_CM, MAX_DESK_CM)
        desk = Desk(
            id=id_,
            name=part.text("name", required=True),
            zone=part.text("zone"),
            x=at[0],
            y=at[1],
            width=size[0],
            depth=size[1],
            angle=part.whole("angle", 0, 0, 359),
            sensor=_read_sensor(part),
            device=part.text("device"),
            in_service=part.flag("in_service", True),
        )
        if desk.sensor and not desk.device:
            part.error("device", f"is missing: say which device reads the {desk.sensor} sensor")
        part.finish()
        desks.append(desk)
    _check_ids(table, "desk", [desk.id for desk in desks])
    if len(desks) > MAX_DESKS:
        table.error("desk", f"{len(desks)} desks are too many: {MAX_DESKS} at most, make it two spaces")
    return tuple(desks)


def _read_sensor(part: Table) -> str:
    return (
        str(part.member("sensor", SensorKind)) if part.data.get("sensor", "") != "" else part.text("sensor")
    )


def _check_ids(table: Table, key: str, ids: Iterable[str]) -> None:
    seen: set[str] = set()
    for index, id_ in enumerate(ids):
        if id_ and id_ in seen:
            text = f'{table.what}: {key} "{id_}": id: "{id_}" is there twice: each {key} of a space needs its own'
            table.report.errors.append(Problem((*table.place, key, index, "id"), text))
        seen.add(id_)


def _check_parts(table: Table, space: Space) -> None:
    zones, devices = {zone.id for zone in space.zones}, {device.id for device in space.devices}
    for index, desk in enumerate(space.desks):
        part = Table(
            table.data["desk"][index], (*table.place, "desk", index), f'desk "{desk.id}"', table.report
        )
        _check_known(part, "zone", desk.zone, zones)
        _check_known(part, "device", desk.device, devices)
        if not is_inside(desk, space.plan_width, space.plan_depth):
            size = f"{space.plan_width} × {space.plan_depth}"
            part.error(
                "at", f"[{desk.x}, {desk.y}] puts its edge outside of the plan of {size} cm: move or turn it"
            )
    for index, door in enumerate(space.doors):
        part = Table(
            table.data["door"][index], (*table.place, "door", index), f'door "{door.id}"', table.report
        )
        _check_known(part, "device", door.device, devices)
    for one, other in overlaps(space):
        table.warn("desk", f'"{one.id}" and "{other.id}" cover common ground on the plan: move one of them')
    shows_more = space.public_detail is not PublicDetail.STATE and not space.public_detail_reason
    if shows_more and len(space.desks) < SMALL_SPACE_DESKS:
        table.warn(
            "public_detail",
            f'"{space.public_detail}" with {len(space.desks)} desks tells when single persons are in: use "state", '
            "or say why in public_detail_reason",
        )


def _check_known(part: Table, key: str, value: str, known: set[str]) -> None:
    if value and value not in known:
        choice = ", ".join(sorted(known)) or f"none: add [[town.space.{key}]]"
        part.error(key, f'"{value}" is no {key} of this space: known are {choice}')
