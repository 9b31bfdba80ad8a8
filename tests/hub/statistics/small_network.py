"""A network for counting by hand: five spaces in five Länder, with everything that makes counting hard."""

from dataclasses import replace
from datetime import date, time

from hub.domain.space import (
    Desk,
    Device,
    Door,
    Granularity,
    OpeningPeriod,
    Phase,
    PublicDetail,
    Space,
    SpaceKind,
    Town,
)

WEEK = range(5)


def _desks(*sensors: str, device: str = "pi") -> tuple[Desk, ...]:
    return tuple(
        Desk(f"d{at}", f"Platz {at}", sensor=sensor, device=device if sensor else "")
        for at, sensor in enumerate(sensors, 1)
    )


def _space(
    id_: str, name: str, kind: SpaceKind, first: date, *, opening: tuple[OpeningPeriod, ...], **more: object
) -> Space:
    values = {
        "phase": Phase.OPERATION,
        "controller": "Verein",
        "public_detail": PublicDetail.DESKS,
        "devices": (Device("pi", "Pi"),),
        "doors": (Door("tuer", "Tür", "pi"),),
        **more,
    }
    return Space(id_, f"{id_}-stadt", name, kind, valid_from=first, opening=opening, **values)  # type: ignore[arg-type]


def towns(first: date, last: date) -> tuple[Town, ...]:
    """Return five towns with a space, and one without.

    Args:
        first, last: days that are counted; the pop-up lasts for a part of them.
    """
    hours = tuple(OpeningPeriod(day, time(8), time(18)) for day in WEEK)
    always = tuple(OpeningPeriod(day, time(), time()) for day in range(7))
    halves = (
        *(OpeningPeriod(day, time(8), time(12)) for day in WEEK),
        *(OpeningPeriod(day, time(13), time(17)) for day in WEEK),
        OpeningPeriod(6, time(10), time(13)),
    )
    out = Desk("d9", "Wackeltisch", sensor="pir", device="pi", in_service=False)
    spaces = {
        # Open at any hour: days of 23 and 25 hours; a desk that is out of service, two devices.
        "bahnhof": _space(
            "bahnhof", "Bahnhof", SpaceKind.COWORKING, first, opening=always,
            desks=(*_desks("pir", "pir", "mmwave", "mat"), *(
                Desk(f"r{at}", f"Ruhe {at}", sensor="pir", device="pi-ruhe") for at in (1, 2, 3)
            ), out),
            devices=(Device("pi", "Pi"), Device("pi-ruhe", "Pi im Ruheraum")),
        ),
        # First for a club, then for all; half-days, Sundays, a desk without a sensor.
        "clubheim": _space(
            "clubheim", "Clubheim", SpaceKind.CLUB, first, opening=halves, granularity=Granularity.HALF_DAY,
            desks=_desks("pir", "distance", "", "mmwave"),
        ),
        # Saxony, where Buß- und Bettag is a holiday; closed on a day of its own.
        "werkraum": _space(
            "werkraum", "Werkraum", SpaceKind.ANKERORT, first, opening=hours, closed_on=(date(2026, 10, 14),),
            desks=_desks("mmwave", "mmwave", "pir"),
        ),
        "laden": _space(
            "laden", "Laden", SpaceKind.POP_UP, first + (last - first) / 4, opening=hours,
            granularity=Granularity.DAY, desks=_desks("pir", "pir", "distance"),
            valid_to=last - (last - first) / 4,
        ),
        # No sensor at all: nothing can be said of its occupancy.
        "seewerk": _space(
            "seewerk", "Seewerk", SpaceKind.COWORKING, first, opening=hours, desks=_desks("", "", ""),
        ),
        # A test counts for nothing.
        "probe": _space(
            "probe", "Probe", SpaceKind.MAKERSPACE, first, opening=hours, desks=_desks("pir", "pir"), phase=Phase.TEST,
        ),
    }  # fmt: skip
    return (
        _town("12070424", "BB", spaces["bahnhof"], 17_000),
        _town("01053090", "SH", spaces["clubheim"], 19_000),
        _town("14628060", "SN", spaces["werkraum"], 14_000, spaces["probe"]),
        _town("06439012", "HE", spaces["laden"], 12_000),
        _town("09181114", "BY", spaces["seewerk"], None, is_catholic=True),
        Town("leer", "14628110", "Leer", "SN"),
    )


def _town(
    ags: str, land: str, space: Space, inhabitants: int | None, *more: Space, is_catholic: bool = False
) -> Town:
    spaces = tuple(replace(one, town=space.town) for one in (space, *more))
    return Town(
        space.town, ags, space.town.title(), land, is_catholic, inhabitants,
        None if inhabitants is None else date(2025, 12, 31), spaces=spaces,
    )  # fmt: skip
