"""One row for every table, so that migrations and constraints are tried on data."""

from datetime import date
from typing import Any

from sqlalchemy import Engine, insert

from hub.storage.types import Base

NOW_US = 1_795_000_200_000_000
HOUR_US = 3_600_000_000

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
    "space_edition": {"space_pk": 1, "version": 3, "edited": 2},
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
    "backup_run": {
        "pk": 7, "at_us": NOW_US, "state": "verified", "file": "ankerort-20261122T011000Z.age", "size_bytes": 9,
        "amount": 7, "problem": "",
    },
    "purge_log": {"period": "2026-11-22", "kind": "events", "amount": 3},
    "job_run": {"job": "purge", "period": "2026-11-22", "done_us": NOW_US},
    "member": {
        "pk": 1, "name": "Jo", "mail": "", "needs_longer": True, "created_us": NOW_US, "phone": "",
        "shows_presence": True, "in_statistics": False, "answers_pk": None, "ref": "0123456789abcdef" * 2,
    },
    "membership": {
        "pk": 1, "member_pk": 1, "space_pk": 1, "hours": "opening", "valid_from": date(2026, 1, 1), "valid_to": None,
        "is_host": False, "works_offline": False,
    },
    "membership_door": {"space_pk": 1, "membership_pk": 1, "door_pk": 1},
    "account": {
        "pk": 1, "mail": "host@example.org", "name": "Host", "uniquifier": "u" * 32, "password_hash": None,
        "is_active": True, "member_pk": 1, "created_us": NOW_US, "controller": "",
    },
    "account_role": {"account_pk": 1, "role": "host", "space": "moelln"},
    "card": {
        "pk": 1, "space_pk": 1, "member_pk": 1, "label": "Karte 1", "kind": "desfire", "state": "active",
        "uid_tag": b"t" * 32, "sealed_uid": b"u", "sealed_id": b"i", "generation": 1, "active_until_us": None,
        "changed_us": NOW_US, "blocked_reason": "", "rekey_needed": False,
    },
    "card_lookup": {"device_pk": 1, "lookup": "ab" * 32, "card_pk": 1},
    "device_trust": {
        "device_pk": 1, "sealing_key": b"k" * 32, "generation": 1, "added_us": NOW_US, "revoked_us": None,
    },
    "access_state": {
        "device_pk": 1, "wanted": 3, "compiled": 2, "version": 7, "digest": b"d" * 32, "issued_us": NOW_US,
        "valid_until_us": NOW_US + 1, "applied": 6, "applied_us": NOW_US, "sealed": b"{}",
    },
    "space_access": {
        "space_pk": 1, "uid_cards": True, "uid_cards_reason": "Wir wissen, was das heißt.", "lockdown_hosts": True,
        "office_hours": True, "office_from_first": True, "round_trip_ms": 0, "open_s": 5, "longer_s": 15, "held_s": 30,
        "phone_opening": True, "exits_reason": "Feuerwehr will es wissen.",
    },
    "command": {
        "id": "00000000000000cc", "device_pk": 1, "kind": "read_card", "state": "sent", "door_pk": 1, "mode": None,
        "reader": "reader", "account_pk": 1, "asked_us": NOW_US, "sent_us": NOW_US, "until_us": NOW_US + 9,
        "answered_us": None, "outcome": "", "called_s": 0,
    },
    "card_order": {
        "command": "00000000000000cc", "kind": "read", "state": "waiting", "space_pk": 1, "card_pk": None,
        "member_pk": 1, "label": "Karte 2", "offer": None, "offer_kind": None, "problem": "",
        "generation": 0,
    },
    "door_live": {
        "door_pk": 1, "device_pk": 1, "mode": "normal", "contact": "closed", "released": False, "since_us": NOW_US,
        "epoch_pk": 1, "epoch_ordinal": 1, "seq": 8,
    },
    "door_log": {
        "epoch_pk": 1, "seq": 8, "door_pk": 1, "at_us": NOW_US, "time_quality": "exact", "what": "access",
        "granted": True, "reason": "granted", "card_pk": 1, "command": None,
    },
    "door_alarm": {
        "pk": 1, "door_pk": 1, "epoch_pk": 1, "seq": 9, "kind": "forced", "began_us": NOW_US, "ended_us": None,
        "seen_us": None, "seen_by_pk": None,
    },
    "rota": {"space_pk": 1, "position": 0, "account_pk": 1},
    "log_opening": {"space_pk": 1, "account_pk": 1, "until_us": NOW_US, "reason": "Fundsache"},
    "chain": {"name": "host", "length": 1, "head": b"h" * 32},
    "chain_entry": {
        "chain": "host", "number": 1, "at_us": NOW_US, "payload": b"{}", "salt": b"s" * 32, "commitment": b"c" * 32,
        "hash": b"h" * 32, "card_pk": 1,
    },
    "chain_anchor": {
        "chain": "host", "number": 1, "hash": b"h" * 32, "at_us": NOW_US, "kind": "daily", "signature": b"s" * 64,
    },
    "space_bookings": {
        "space_pk": 1, "bookable": True, "half_day_min": 720, "advance_days": 60, "concurrent": 0, "per_week": 5,
        "cancel_until_min": 0, "several_desks": False, "early_min": 30, "release": True, "grace_min": 30,
        "entry_needs_booking": False, "holidays_open": False, "hold_min": 30,
    },
    "booking_series": {
        "pk": 1, "id": "00000000000000c5", "space_pk": 1, "desk_pk": 1, "member_pk": 1, "kind": "desk",
        "frequency": "weekly", "every": 1, "weekdays": 5, "nth": 0, "first_day": date(2026, 11, 16),
        "last_day": date(2026, 12, 31), "starts_min": 540, "ends_min": 720, "created_us": NOW_US,
    },
    "booking": {
        "pk": 1, "id": "00000000000000b0", "space_pk": 1, "kind": "desk", "state": "booked", "is_active": True,
        "start_us": NOW_US, "end_us": NOW_US + HOUR_US, "member_pk": 1, "series_pk": 1,
        "series_day": date(2026, 11, 22), "any_hours": False, "note": "", "version": 1, "created_us": NOW_US,
        "fresh_us": NOW_US, "ended_us": None, "ended_reason": "", "request": "1:abc", "request_digest": b"r" * 32,
    },
    "claim": {
        "pk": 1, "booking_pk": 1, "space_pk": 1, "desk_pk": 1, "start_us": NOW_US, "end_us": NOW_US + HOUR_US,
        "is_active": True,
    },
    "check_in": {
        "pk": 1, "space_pk": 1, "booking_pk": 1, "desk_pk": 1, "member_pk": 1, "at_us": NOW_US, "how": "door",
        "account_pk": None, "epoch_pk": 1, "seq": 7,
    },
    "waiting": {
        "pk": 1, "id": "00000000000000d1", "space_pk": 1, "desk_pk": 1, "member_pk": 1, "start_us": NOW_US,
        "end_us": NOW_US + HOUR_US, "created_us": NOW_US, "hold_pk": None, "until_us": None,
    },
    "webhook": {
        "pk": 1, "id": "00000000000000e1", "space_pk": 1, "url": "https://example.org/hook", "kinds": "booking.made",
        "with_names": False, "sealed": b"s" * 60, "created_us": NOW_US,
    },
    "webhook_event": {
        "pk": 1, "webhook_pk": 1, "key": "booking/00000000000000b0/1", "kind": "booking.made", "data": "{}",
        "member_pk": 1, "state": "waiting", "due_us": 0, "tries": 0, "reason": "", "ended_us": None,
    },
    "hand_figure": {
        "pk": 1, "town_pk": 1, "space_pk": 1, "figure": "hand_count", "first_day": date(2026, 11, 2),
        "last_day": date(2026, 11, 8), "hundredths": 4200, "source": "Strichliste", "noted_by": "Rathaus",
        "noted_us": NOW_US, "flags": "s",
    },
    "figure_target": {
        "pk": 1, "town_pk": 1, "space_pk": None, "figure": "visits", "first_month": date(2026, 1, 1),
        "last_month": date(2026, 12, 1), "target_hundredths": 50000, "baseline_hundredths": 30000,
        "baseline_on": date(2025, 12, 31), "source": "Zuwendungsbescheid",
    },
    "town_statistics": {
        "town_pk": 1, "report_on": date(2027, 2, 15), "report_first": date(2026, 1, 1),
        "report_last": date(2026, 12, 1), "co2_g_per_km": 150, "co2_source": "Beispiel", "co2_year": 2025,
    },
    "way_answer": {
        "space_pk": 1, "month": date(2026, 11, 1), "would_drive": True, "distance": "10-20", "mode": "transit",
        "destination": "city", "answers": 3,
    },
    "api_token": {
        "pk": 1, "name": "Kalender", "digest": b"t" * 32, "scopes": "bookings:read", "member_pk": 1,
        "account_pk": None, "created_us": NOW_US, "until_us": None, "revoked_us": None,
    },
    "calendar_feed": {"member_pk": 1, "digest": b"f" * 32, "made_us": NOW_US},
    "api_request": {
        "key": "1:abc", "digest": b"r" * 32, "made": "1", "member_pk": 1, "made_us": NOW_US,
    },
    "member_group": {
        "pk": 1, "space_pk": 1, "id": "verein", "name": "Verein", "starts_on": None, "ends_on": date(2026, 12, 31),
    },
    "membership_group": {"space_pk": 1, "membership_pk": 1, "group_pk": 1},
    "access_phase": {"pk": 1, "space_pk": 1, "starts_on": date(2026, 1, 1)},
    "access_phase_group": {"space_pk": 1, "phase_pk": 1, "group_pk": 1},
    "tariff": {
        "pk": 1, "space_pk": 1, "id": "tag", "name": "Tagespass", "kind": "day", "price_cents": 1200, "units": 1,
        "per_visit": 1, "valid_days": 30, "hours": "opening", "starts_min": 0, "ends_min": 1440, "is_offered": True,
    },
    "member_pass": {
        "pk": 1, "space_pk": 1, "member_pk": 1, "tariff_pk": 1, "sold_on": date(2026, 11, 1),
        "valid_from": date(2026, 11, 1), "valid_to": None, "units": 1, "price_cents": 1200, "spent": 0,
    },
    "pass_told": {"pass_pk": 1, "told_us": NOW_US},
    "pass_rule": {"space_pk": 1, "without_pass": "shut"},
    "visit": {
        "pk": 1, "space_pk": 1, "member_pk": 1, "day": date(2026, 11, 18), "pass_pk": 1, "epoch_pk": 1, "seq": 8,
    },
    "stay": {"space_pk": 1, "day": date(2026, 11, 18), "member_pk": 1, "kind": "2_to_4h", "stays": 2},
    "settlement": {"space_pk": 1, "month": date(2026, 10, 1), "settled_us": NOW_US},
    "erasure": {"ref": "fedcba9876543210" * 2, "erased_us": NOW_US},
    "outbox": {
        "pk": 1, "key": "alarm/moelln/tuer/ee-9/1", "kind": "alarm", "state": "waiting", "account_pk": 1,
        "member_pk": None, "space_pk": 1, "language": None, "letter": "{}", "created_us": NOW_US, "due_us": NOW_US,
        "until_us": NOW_US + 9, "tries": 0, "reason": "", "ended_us": None,
    },
    "mail_choice": {
        "pk": 1, "account_pk": None, "member_pk": 1, "language": "en", "tone": "du", "secret": "s" * 43,
    },
    "mail_off": {"choice_pk": 1, "topic": "bookings"},
    "space_mail": {"space_pk": 1, "tone": "du", "reply_to": "club@example.org"},
    "sign_in_link": {
        "digest": b"d" * 32, "account_pk": 1, "purpose": "sign_in", "made_us": NOW_US, "until_us": NOW_US + 9,
        "used_us": None,
    },
    "second_factor": {"account_pk": 1, "sealed": b"s", "last_step": 0, "made_us": NOW_US},
    "recovery_code": {"account_pk": 1, "digest": b"c" * 32, "used_us": None},
    "passkey": {
        "pk": 1, "account_pk": 1, "credential_id": b"i", "public_key": b"k", "sign_count": 0, "name": "Telefon",
        "made_us": NOW_US, "used_us": None,
    },
    "sso_subject": {"issuer": "https://login.example.org", "subject": "eva", "account_pk": 1},
    "space_period": {
        "space_pk": 1, "starts_on": date(2026, 10, 1), "kind": "moved", "address": "Am Bahnhof 1",
        "decided_us": NOW_US, "done_us": None, "erased_us": None,
    },
    "report": {
        "pk": 1, "level": "town", "place": "01053090", "first_month": "2026-01", "last_month": "2026-12",
        "audience": "public", "version": 1, "made_on": date(2027, 1, 15), "published_us": NOW_US,
        "checksum": "c" * 64, "body": "{}",
    },
    "report_row": {
        "report_pk": 1, "position": 0, "level": "town", "place": "01053090", "first_month": "2026-01",
        "last_month": "2026-12", "figure": "visits", "status": "rounded", "value": "120", "low": None, "high": None,
        "reason": "", "method": "1", "valid_pct": 97, "flags": "ps",
    },
    "report_picture": {"report_pk": 1, "name": "visits-wide-de", "svg": "<svg/>"},
    "town_neighbour": {"town_pk": 1, "neighbour_pk": 2, "position": 0},
    "fact_touch": {"epoch_pk": 1, "quarter": NOW_US // 900_000_000, "events": 3},
    "fact_space": {
        "space_pk": 1, "version": 4, "first_open": date(2026, 11, 16), "made_until": date(2026, 11, 22),
    },
    "fact_device": {
        "device_pk": 1, "first_open": date(2026, 11, 16), "ordinal": 1, "seq": 6, "alive_us": NOW_US - 5,
        "heard_us": NOW_US,
    },
    "fact_word": {"device_pk": 1, "desk_pk": 1, "state": "vacant", "since_us": NOW_US - 9, "known_us": None},
    "quarter_fact": {
        "desk_pk": 1, "start_us": NOW_US - NOW_US % 900_000_000, "offered_us": 900_000_000, "occupied_us": 60_000_000,
        "unknown_us": 0,
    },
    "desk_day": {
        "space_pk": 1, "day": date(2026, 11, 18), "desk_pk": 1, "device_pk": 1, "has_sensor": True, "in_service": True,
        **{f"{part}_{what}_us": amount for part in ("staffed", "access", "noon", "first", "second")
           for what, amount in (("offered", 9), ("occupied", 5), ("unknown", 4))},
        "booked_us": 3, "bookings": 2, "no_shows": 1, "unknown_us": 4,
    },
    "space_day": {
        "space_pk": 1, "day": date(2026, 11, 18), "counts": True, "is_holiday": True, "hours": "{}", "staffed_us": 9,
        "access_us": 9, "desks": 1, "sensed_desks": 1, "peak_desks": 1, "visits": 2, "unassigned": 1, "events": 1,
        "is_sealed": True, "late": 3, "gap_us": 4, "logs_exits": True,
    },
    "space_month": {
        "space_pk": 1, "month": date(2026, 11, 1), "present": 1 << 17, "counted": 1 << 17, "sealed": 1 << 17,
        "desks": 1, "sensed_desks": 1, "open_days": 1, "open_us": 9, "access_us": 9, "visits": 2, "events": 1,
        "peak_desks": 1, "peak_of": 1, "bookings": 2, "no_shows": 1, "booked_us": 3, "offered_us": 9,
        "sensor_days": 1, "desk_days": 1,
        **{f"{part}_{what}_us": amount for part in ("staffed", "access", "noon")
           for what, amount in (("offered", 9), ("occupied", 5), ("unknown", 4))},
    },
    "contribution_before": {"space_pk": 1, "year": 2026, "pseudonym": "0123456789abcdef" * 2},
    "contribution_key": {"year": 2026, "key": b"k" * 32},
    "contribution": {
        "space_pk": 1, "month": date(2026, 11, 1), "pseudonym": "ab" * 16, "tariff_class": "day", "visits": 2,
        "booked_us": HOUR_US, "stays_under_2h": 1, "stays_2_to_4h": 0, "stays_4_to_8h": 2, "stays_from_8h": 0,
        "stays_auto_closed": 1, "opted_in": True, "is_loose": False,
    },
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
