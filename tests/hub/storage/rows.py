"""One row for every table, so that migrations and constraints are tried on data."""

from datetime import date
from typing import Any

from sqlalchemy import Engine, insert

from hub.storage.types import Base

NOW_US = 1_795_000_200_000_000

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
    "epoch": {"pk": 1, "device_pk": 1, "epoch": "00000000000000ee", "ordinal": 1, "first_seen_us": NOW_US},
    "cursor": {"epoch_pk": 1, "upto": 7},
    "received_range": {"epoch_pk": 1, "first": 9, "last": 12},
    "lost_range": {"epoch_pk": 1, "first": 3, "last": 4, "noted_us": NOW_US},
    "boot": {
        "pk": 1, "device_pk": 1, "boot": "00000000000000bb", "not_before_us": 0, "offset_us": -5, "offset_ordinal": 1,
        "offset_seq": 2,
    },
    "event": {
        "epoch_pk": 1, "seq": 7, "boot_pk": 1, "kind": "desk_state", "mono_us": 5, "earliest_us": NOW_US - 1,
        "latest_us": NOW_US, "time_quality": "unknown", "received_us": NOW_US, "digest": b"d" * 32,
        "payload": b"\x00\xff",
    },
    "desk_live": {
        "desk_pk": 1, "device_pk": 1, "state": "occupied", "reason": "", "since_us": NOW_US, "time_quality": "exact",
        "epoch_pk": 1, "epoch_ordinal": 1, "seq": 7,
    },
    "desk_session": {
        "epoch_pk": 1, "seq": 7, "desk_pk": 1, "start_us": NOW_US - 9, "end_us": NOW_US, "slack_us": 0,
        "time_quality": "derived", "continues": False, "is_open": True,
    },
    "quarantine": {
        "pk": 1, "subject": "moelln/pi-1/00000000000000ee", "epoch_pk": 1, "seq": 5, "reason": "unknown_desk",
        "detail": "t9", "payload": b"{}", "size_bytes": 2, "digest": b"q" * 32, "times": 2, "first_us": NOW_US,
        "last_us": NOW_US, "resolved_us": None,
    },
    "alarm": {
        "pk": 1, "kind": "new_epoch", "subject": "moelln/pi-1", "detail": "", "times": 1, "first_us": NOW_US,
        "last_us": NOW_US,
    },
    "published_count": {
        "space_pk": 1, "at_us": NOW_US, "free": 1, "occupied": 0, "unknown": 0, "out_of_service": 0,
    },
    "lease": {"name": "jobs", "holder": "pi-1", "until_us": NOW_US},
    "job_run": {"job": "purge", "period": "2026-11-22", "done_us": NOW_US},
    "town_neighbour": {"town_pk": 1, "neighbour_pk": 2, "position": 0},
}  # fmt: skip

SECOND_TOWN: dict[str, Any] = ROWS["town"] | {"pk": 2, "id": "diessen", "ags": "09181114"}
"""For the neighbour to point to."""


def fill(engine: Engine) -> None:
    """Write the rows, in the order in which they point to each other."""
    with engine.begin() as connection:
        for table in Base.metadata.sorted_tables:
            if table.name in ROWS:
                connection.execute(insert(table), ROWS[table.name])
            if table.name == "town":
                connection.execute(insert(table), SECOND_TOWN)
