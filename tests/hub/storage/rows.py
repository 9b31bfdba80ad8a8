"""One row for every table of the site, so that migrations and constraints are tried on data."""

from datetime import date
from typing import Any

from sqlalchemy import Engine, insert

from hub.storage.types import Base

NOW_US = 1_795_000_000_000_000

ROWS: dict[str, dict[str, Any]] = {
    "town": {
        "pk": 1, "id": "moelln", "ags": "01053090", "name": "Mölln", "land": "SH", "catholic": False,
        "inhabitants": 19_000, "inhabitants_on": date(2023, 12, 31), "note_de": "", "note_en": "", "retired_us": None,
    },
    "space": {
        "pk": 1, "id": "moelln", "town_pk": 1, "name": "Clubheim", "kind": "club", "phase": "test",
        "valid_from": date(2026, 1, 1), "valid_to": None, "time_zone": "Europe/Berlin", "address": "", "controller": "",
        "granularity": "hour", "public_detail": "state", "public_detail_reason": "",
        "plan_width": 1000, "plan_depth": 600, "host_secret": "s" * 43,
    },
    "opening_period": {"space_pk": 1, "weekday": 0, "opens_min": 480, "closes_min": 1080},
    "closing_day": {"space_pk": 1, "day": date(2026, 12, 24)},
    "zone": {"pk": 1, "space_pk": 1, "id": "saal", "position": 0, "name": "Saal", "retired_us": None},
    "device": {"pk": 1, "space_pk": 1, "id": "pi-1", "position": 0, "name": "Pi", "retired_us": None},
    "desk": {
        "pk": 1, "space_pk": 1, "id": "t1", "position": 0, "name": "1", "zone_pk": 1, "device_pk": 1, "sensor": "pir",
        "x": 100, "y": 100, "width": 140, "depth": 70, "angle": 0, "in_service": True, "retired_us": None,
    },
    "door": {"pk": 1, "space_pk": 1, "id": "tuer", "position": 0, "name": "Tür", "device_pk": 1, "retired_us": None},
    "device_state": {
        "device_pk": 1, "status": "online", "session": "00000000000000aa", "status_us": NOW_US, "heard_us": NOW_US,
        "meta": "{}", "health": None,
    },
}  # fmt: skip


def fill(engine: Engine) -> None:
    """Write the rows, in the order in which they point to each other."""
    with engine.begin() as connection:
        for table in Base.metadata.sorted_tables:
            if table.name in ROWS:
                connection.execute(insert(table), ROWS[table.name])
